"""Documents on a Ray cluster: the bytes of the local engine; a driver, an actor and a node are killed: nothing is lost, none twice.

The cluster is a real one of two nodes, in processes of its own; so are the drivers.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pyarrow
import pymupdf
import pytest

from docai.batch_ray import MANIFEST, Cluster, Readers, read_manifest, share_of_gpu
from docai.document import Document
from docai.errors import BackendUnavailable
from docai.inputs import PRIVATE
from docai.work import Recipe, Settings, Work
from docai.worker import DocumentReader
from tests.children import children

ROOT = Path(__file__).resolve().parents[1]
RECIPE = Recipe(formats=("json", "md"), ocr="never")
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
PATIENCE = 240  # seconds until a test gives up on a cluster; on two busy cores its start alone takes half a minute

CLUSTER = """
import json, sys
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
second = cluster.add_node(num_cpus=1)
raylets = [node.all_processes["raylet"][0].process.pid for node in (cluster.head_node, second)]
print(json.dumps([cluster.address, *raylets]), flush=True)
sys.stdin.readline()
cluster.remove_node(second, allow_graceful=False)
sys.stdin.readline()
cluster.shutdown()
"""
DRIVER = """
import sys
from pathlib import Path
from docai.batch_ray import Cluster, ray_run
from docai.work import Recipe, Settings, Work
address, source, output = sys.argv[1:]
works = (Work(path.name, str(path)) for path in sorted(Path(source).iterdir()))
recipe = Recipe(formats=("json", "md"), ocr="never")
for done in ray_run(works, Path(output), recipe, Settings(workers=2), Cluster(address)):
    print("done", done.stem, done.outcome.status, done.outcome.pages, done.attempts, flush=True)
"""


def draw(path: Path, pages: int = 1) -> Path:
    with pymupdf.open() as document:
        for number in range(pages):
            page = document.new_page()
            for line in range(25):
                page.insert_text((60, 60 + 20 * line), f"{path.stem}, page {number + 1}: line {line} says what there is to say")
        document.save(path, no_new_id=True)
    return path


def started(script: str, *arguments: Path | str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **QUIET})


def wait_for(condition: Callable[[], Any], driver: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "the cluster does not get on"
        assert driver.poll() is None, "the driver ended too early"
        time.sleep(0.02)


def outputs(folder: Path) -> dict[Path, bytes]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path: (folder / path).read_bytes() for path in found if path.parts[0] != PRIVATE}


def kill_an_actor_of(raylets: list[int]) -> bool:
    """Kill the actor of the first node that has one; return whether one had."""
    for raylet in raylets:  # one node may have read all before the other's actor has started
        for actor in children(raylet, "Readers"):
            actor.kill()
            return True
    return False


def example(*arguments: Path | str) -> list[str]:
    """Return the lines that the example prints of documents."""
    command = [sys.executable, str(ROOT / "examples" / "ray_dataset.py"), *map(str, arguments)]
    done = subprocess.run(command, env={**os.environ, **QUIET}, capture_output=True, text=True, check=True, timeout=PATIENCE)
    return sorted(line.partition(" in ")[0] for line in done.stdout.splitlines() if ": success, " in line)


@pytest.fixture
def cluster() -> Iterator[tuple[subprocess.Popen[str], str, list[int]]]:
    process = started(CLUSTER)
    address, *raylets = json.loads(process.stdout.readline())
    yield process, address, raylets
    process.communicate("\n\n", timeout=PATIENCE)


@pytest.mark.slow
def test_whoever_is_killed_each_document_is_done_once_with_the_bytes_of_the_local_engine(cluster, tmp_path):
    process, address, raylets = cluster
    source, output, local = tmp_path / "in", tmp_path / "out", tmp_path / "local"
    for folder in (source, local):
        folder.mkdir()
    stems = [draw(source / f"{number:02}.pdf", pages=3).name for number in range(29)]
    (source / "broken.pdf").write_bytes(b"no document")

    first = started(DRIVER, address, source, output)
    wait_for(lambda: len(read_manifest(output)) >= 4, first)
    first.kill()
    first.communicate()
    before = read_manifest(output)
    left = 30 - len(before)
    assert left >= 4
    written = {name: (output / name).stat().st_mtime_ns for row in before.values() for name in row["outputs"]}
    kept = {stem for stem, row in before.items() if row["status"] == "success"}

    second = started(DRIVER, address, source, output)
    wait_for(lambda: len(read_manifest(output)) >= len(before) + left // 4, second)
    wait_for(lambda: kill_an_actor_of(raylets), second)
    wait_for(lambda: len(read_manifest(output)) >= len(before) + left // 2, second)
    process.stdin.write("\n")  # the other node is lost, with its actor
    process.stdin.flush()
    printed = second.communicate(timeout=PATIENCE)[0].splitlines()
    told = [line.removeprefix("done ") for line in printed if line.startswith("done ")]  # Ray tells of the node between them

    assert second.returncode == 0
    assert sorted(told) == sorted(["broken.pdf failure 0 1", *(f"{stem} success 3 1" for stem in stems)])
    for name in (f"{stem}.{kind}" for stem in kept for kind in RECIPE.formats):
        assert (output / name).stat().st_mtime_ns == written[name]  # not written again
    reader = DocumentReader(RECIPE, local)
    for path in source.iterdir():
        reader.read(Work(path.name, str(path)))
    assert outputs(output) == outputs(local)

    some, of_example = tmp_path / "some", tmp_path / "of_example"
    some.mkdir()
    (some / "00.pdf").write_bytes((source / "00.pdf").read_bytes())
    assert example(some, of_example, address) == ["00.pdf: success, 3 pages"]
    written = (of_example / "00.pdf.json").stat().st_mtime_ns
    (some / "01.pdf").write_bytes((source / "01.pdf").read_bytes())
    assert example(some, of_example, address) == ["00.pdf: success, 3 pages", "01.pdf: success, 3 pages"]
    assert (of_example / "00.pdf.json").stat().st_mtime_ns == written  # told by the manifest, not read again
    assert outputs(of_example).items() <= outputs(local).items()


@pytest.fixture
def actor_in(tmp_path):
    """Make actors as Ray makes them, but in this process."""
    actors = []

    def make(settings: Settings) -> Readers:
        mark = tmp_path / "out" / MANIFEST / "here.mark"
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        actors.append(Readers(RECIPE, tmp_path / "out", settings, Cluster(), mark, metadata.version("docai"), {}))
        return actors[-1]

    yield make
    for actor in actors:
        actor.close()


def test_a_document_over_its_time_fails_alone_and_one_whose_process_dies_is_read_again(tmp_path, actor_in):
    output, work = tmp_path / "out", Work("a.pdf", str(draw(tmp_path / "a.pdf", pages=40)))
    task = pyarrow.Table.from_pylist([{"stem": work.stem, "work": pickle.dumps(work)}])

    (row,) = actor_in(Settings(retries=0, document_seconds=0.01))(task).to_pylist()
    assert (row["status"], json.loads(row["error"])["code"], row["attempts"]) == ("failure", "time_limit", 1)
    assert json.loads((output / "a.pdf.json").read_text("utf-8"))["status"] == "failure"

    def kill() -> None:
        while not list((output / PRIVATE / "parts").glob("*.part")):  # the second actor has begun to write
            time.sleep(0.002)
        children()[-1].kill()

    for left in (output / PRIVATE / "parts").iterdir():  # of the one that was killed over its time
        left.unlink()
    killer = threading.Thread(target=kill)
    killer.start()
    (row,) = actor_in(Settings())(task).to_pylist()
    killer.join()
    assert (row["stem"], row["status"], row["pages"], row["attempts"]) == ("a.pdf", "success", 40, 2)
    assert len(Document.model_validate_json((output / "a.pdf.json").read_text("utf-8")).pages) == 40

    for part in (output / MANIFEST).glob("*.jsonl"):
        part.write_text(f'{part.read_text("utf-8")}{{"stem": "b.p', "utf-8")  # a node died while it wrote
    assert set(read_manifest(output)) == {"a.pdf"}


@pytest.mark.parametrize(
    ("version", "mark", "told"),
    [(None, "gone.mark", "give a folder that all nodes share"), ("0.0.0", ".", "the same on all nodes")],
)
def test_an_actor_refuses_a_folder_that_is_not_the_drivers_and_another_docai(tmp_path, version, mark, told):
    actor = Readers(RECIPE, tmp_path, Settings(), Cluster(), tmp_path / mark, version or metadata.version("docai"), {})
    (row,) = actor(pyarrow.Table.from_pylist([{"stem": "a.pdf", "work": pickle.dumps(Work("a.pdf", "a.pdf"))}])).to_pylist()
    actor.close()
    assert row["unable"] == "BackendUnavailable"
    assert told in json.loads(row["error"])["message"]
    assert read_manifest(tmp_path) == {}  # nothing was said of the document


@pytest.mark.parametrize(("needed", "share"), [(70, 1), (44, 1 / 2), (30, 1 / 3), (2, 1 / 8)])
def test_shares_of_a_gpu_fill_it_and_leave_a_tenth_free(needed, share):
    assert share_of_gpu(needed * 10**9, 100 * 10**9) == share


def test_a_model_too_large_for_a_gpu_is_told():
    with pytest.raises(BackendUnavailable, match=r"needs 75\.0 GB and the GPU has 80\.0"):
        share_of_gpu(75 * 10**9, 80 * 10**9)
