"""What becomes of a batch whose documents loop, eat memory or end their process, and whose disk, ledger and clock fail it."""

from __future__ import annotations

import os
import random
import runpy
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from inspect import isfunction
from pathlib import Path

import pytest

from docai.errors import ExitCode
from scripts import kill_test
from tests.faults import files
from tests.faults.batches import (
    PRIVATE,
    Batch,
    arguments,
    attempts_of,
    does_nothing_more,
    endings,
    entries_of,
    leftovers,
    twice,
)
from tests.faults.harness import Ending, command, document_of, environment, fault_of, run
from tests.faults.injected.sitecustomize import STEPS

HERE = Path(__file__).parent
INJECTED = HERE / "injected"
HOSTILE = {
    f"{name}.pdf": value
    for module in ("pdfs", "pictures")
    for name, value in runpy.run_path(str(HERE / f"{module}.py")).items()
    if isfunction(value) and not name.startswith("_")
}
LONG = {"a_million_drawings.pdf", "a_hundred_thousand_words.pdf", "ten_thousand_empty_pages.pdf", "a_bomb_of_spaces.pdf"}
FEW = ("--workers", "2")


def written(folder, documents):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in documents.items():
        (folder / name).write_bytes(data)
    return folder


def sound(count):
    return {f"sound-{number}.pdf": files.one_sentence(f"Number {number}") for number in range(count)}


def judged(ended, code, output, documents, errors=""):
    """Hold a batch, and each of its documents, to have ended well."""
    found = endings(output, documents)
    bad = {name: one for name, one in found.items() if not one.well}
    for name, one in bad.items():
        ended(one, name)
    left = [f"left {path} behind" for path in leftovers(output)]
    wrong = [] if code in (ExitCode.OK, ExitCode.SOME_FAILED) else [f"exit {code}: {errors.strip()[-300:]}"]
    if "Traceback (most recent call last)" in errors or "internal fault" in errors:
        wrong.append(f"traceback: {errors[-400:]}")
    kinds = sorted({" ".join(one.how.split(":")[0].split()[:2]) for one in found.values()})
    told = f"{len(found)} documents: {', '.join(kinds)}"
    ended(Ending("; ".join([*wrong, *left]) or told, not (wrong or left or bad), code))


def batched(ended, folder, documents, *options, **variables):
    """Return the events of a batch over documents, which is held to end well."""
    source, output = written(folder / "in", documents), folder / "out"
    with Batch(source, output, *options, **variables) as batch:
        code, events = batch.finish()
        errors = batch.errors
    judged(ended, code, output, documents, errors)
    assert twice(events) == []
    return events


def fault_of_text(errors):
    return "Traceback (most recent call last)" in errors or "internal fault" in errors


def refused(ran, *words):
    """Return the ending of a batch that cannot work in its folder: a word with the next step, and no internal fault."""
    plain = " ".join(ran.errors.split())
    well = ran.code == ExitCode.INTERNAL and not fault_of_text(plain) and any(word in plain for word in words)
    return Ending(f"typed: {plain[-160:]}" if well else f"{fault_of(ran)}: {plain[-300:]}", well, ran.code, ran.seconds)


# ---- documents that hurt


@pytest.mark.parametrize(
    "make", [files.looping_to_read, pytest.param(files.looping_to_draw, marks=pytest.mark.faults)], ids=lambda make: make.__name__
)
def test_a_document_that_loops_ends_at_its_limit(tmp_path, ended, make):
    limit = 6.0
    documents = {"looping.pdf": make(), **sound(5)}
    batched(ended, tmp_path, documents, *FEW, "--timeout-page", str(limit))
    entries = entries_of(tmp_path / "out")
    assert {entry.status for stem, entry in entries.items() if stem != "looping.pdf"} == {"success"}
    assert entries["looping.pdf"].error.code == "time_limit"
    over = [attempt.seconds for attempt in attempts_of(tmp_path / "out") if attempt.ended == "time_limit"]
    assert over
    assert all(limit <= seconds < limit + 2 for seconds in over), over


@pytest.mark.faults
def test_a_page_that_loops_leaves_the_others(tmp_path, ended):
    batched(ended, tmp_path, {"looping.pdf": files.one_page_loops(pages=4, looping=2)}, *FEW, "--timeout-page", "6")
    document = document_of(tmp_path / "out" / "looping.pdf.json")
    assert [page.number for page in document.pages] == [1, 2, 3, 4]
    assert [[problem.code for problem in page.problems] for page in document.pages] == [[], ["time_limit"], [], []]
    assert document.text.count("All is well here") == 3


@pytest.mark.faults
def test_a_document_over_its_time_keeps_the_pages_that_were_read(tmp_path, ended):
    batched(ended, tmp_path, {"slow.pdf": files.slow_pages(60)}, *FEW, "--timeout-doc", "20")
    document = document_of(tmp_path / "out" / "slow.pdf.json")
    codes = [{problem.code for problem in page.problems} for page in document.pages]
    assert codes[0] == set()
    assert "document_time_limit" in codes[-1] or "time_limit" in codes[-1]


@pytest.mark.faults
def test_a_hundred_trillion_forms(tmp_path, ended):
    batched(ended, tmp_path, {"forms.pdf": files.a_hundred_trillion_forms()}, *FEW, "--timeout-page", "6")


@pytest.mark.faults
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs to see what memory processes share")
def test_a_batch_with_a_bomb_stays_under_its_memory(tmp_path, ended):
    limit = 2_600_000_000
    documents = {"eater.pdf": files.eater(3_000), **sound(5)}
    source, output = written(tmp_path / "in", documents), tmp_path / "out"
    with Batch(source, output, *FEW, "--max-memory", str(limit), events=tmp_path / "events") as batch:
        while batch.process.poll() is None:
            batch.memory()
            time.sleep(0.05)
        code, most, errors = batch.process.returncode, batch.most_memory, batch.errors
    found = endings(output, documents)
    judged(ended, code, output, documents, errors)
    ended(Ending(f"document: at most {most / 1e6:,.0f} MB of {limit / 1e6:,.0f}", most < limit))
    assert all(found[stem].how == "document: success" for stem in documents if stem != "eater.pdf")


@pytest.mark.faults
def test_all_hostile_documents_in_one_batch(tmp_path, ended):
    documents = {name: make() for name, make in HOSTILE.items() if name not in LONG}
    for suffix in (".pdf", ".tif"):
        documents |= files.truncations(files.sound_documents()[suffix], suffix)
    documents |= {f"wrong_{name}": data for name, data in files.wrong_suffixes().items()}
    batched(ended, tmp_path, documents, *FEW)


@pytest.mark.faults
@pytest.mark.parametrize("name", sorted(LONG))
def test_a_document_that_takes_long(tmp_path, ended, name):
    batched(ended, tmp_path, {name: HOSTILE[name]()}, *FEW)


@pytest.mark.faults
def test_fifty_thousand_pages_are_known(tmp_path, ended):
    """Two of them are read, by a process that has opened all."""
    batched(ended, tmp_path, {"many.pdf": files.fifty_thousand_pages()}, *FEW, "--pages", "1,50000")


def test_names_in_every_script(tmp_path, ended):
    documents = {}
    for name in files.names().values():
        try:
            written(tmp_path / "in", {name: files.one_sentence(str(len(documents)))})
        except OSError:  # this system has no such names
            continue
        documents[name] = files.one_sentence(str(len(documents)))
    batched(ended, tmp_path, documents, *FEW)
    assert {entry.status for entry in entries_of(tmp_path / "out").values()} == {"success"}


# ---- workers that die


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("way", ["SIGKILL", "SIGSEGV", "SIGBUS", "MEMORY"])
@pytest.mark.faults
def test_a_worker_that_dies_at_each_step_costs_one_attempt(tmp_path, ended, way):
    marks = tmp_path / "marks"
    marks.mkdir()
    documents = {f"{step}-{way}.pdf": files.looping_to_draw(1) for step in STEPS} | sound(3)
    limits = ("--max-memory", "5G") if way == "MEMORY" else ()
    path = os.pathsep.join([str(INJECTED), *filter(None, [os.environ.get("PYTHONPATH")])])
    batched(ended, tmp_path, documents, *FEW, *limits, PYTHONPATH=path, DOCAI_FAULTS=str(marks))
    assert {mark.name for mark in marks.iterdir()} == {
        stem.removesuffix(".pdf") for stem in documents if not stem.startswith("sound")
    }
    if way != "MEMORY":  # which a page may also survive, with a problem
        assert {entry.status for entry in entries_of(tmp_path / "out").values()} == {"success"}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the parent looks how much a process holds")
def test_memory_that_is_refused_outside_of_a_page_costs_one_attempt(tmp_path, ended):
    marks = tmp_path / "marks"
    marks.mkdir()
    path = os.pathsep.join([str(INJECTED), *filter(None, [os.environ.get("PYTHONPATH")])])
    documents = {"closing-MEMORY.pdf": files.one_sentence("All is well"), **sound(1)}
    batched(ended, tmp_path, documents, *FEW, "--max-memory", "3G", PYTHONPATH=path, DOCAI_FAULTS=str(marks))
    assert {entry.status for entry in entries_of(tmp_path / "out").values()} == {"success"}
    assert [attempt.ended for attempt in attempts_of(tmp_path / "out") if attempt.stem.startswith("closing")] == [
        "memory_limit",
        "success",
    ]


@pytest.mark.faults
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_document_that_always_ends_its_process_is_given_up(tmp_path, ended):
    marks = tmp_path / "marks"
    marks.mkdir()
    steps = ("opening", "reading", "writing", "telling")  # each death costs a new process
    documents = {f"{step}-SIGSEGV-always.pdf": files.looping_to_draw(1) for step in steps} | sound(3)
    path = os.pathsep.join([str(INJECTED), *filter(None, [os.environ.get("PYTHONPATH")])])
    batched(ended, tmp_path, documents, *FEW, "--retries", "1", PYTHONPATH=path, DOCAI_FAULTS=str(marks))
    for stem, entry in entries_of(tmp_path / "out").items():
        assert entry.status == "success" if stem.startswith("sound") else entry.error.code == "crashed"


@pytest.mark.faults
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("when", ["starting", "idle"])
def test_a_worker_that_dies_without_a_document_costs_nothing(tmp_path, ended, when):
    documents = {"slow.pdf": files.slow_pages(12)}
    source, output = written(tmp_path / "in", documents | sound(1)), tmp_path / "out"
    with Batch(source, output, *FEW, events=tmp_path / "events") as batch:
        while batch.process.poll() is None and not (
            batch.workers() if when == "starting" else (output / "sound-0.pdf.json").exists()
        ):
            time.sleep(0.01)
        if when == "starting":
            assert batch.hit()
        else:  # the one that is not reading uses no time
            time.sleep(0.3)
            idle = min(batch.workers(), key=lambda worker: sum(worker.cpu_times()[:2]))
            idle.kill()
        code = batch.process.wait(300)
        errors = batch.errors
    documents |= sound(1)
    judged(ended, code, output, documents, errors)


@pytest.mark.parametrize(
    ("count", "parents", "workers"), [(30, 2, 4), pytest.param(60, 4, 12, marks=pytest.mark.faults)], ids=["small", "larger"]
)
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_nothing_is_lost_or_done_twice_whoever_is_killed(tmp_path, ended, count, parents, workers):
    made = kill_test.documents(count)
    source, output = written(tmp_path / "in", made), tmp_path / "out"
    began = time.monotonic()
    tally = kill_test.attack(source, output, (parents, workers), random.Random(7), FEW)
    wrong = kill_test.verdict(source, output, made, tally)
    told = f"document: {count} through {tally.parents} deaths of the batch and {tally.workers} of workers"
    ended(Ending("; ".join(wrong) or told, not wrong, tally.code, time.monotonic() - began))
    assert tally.parents + tally.workers > (parents + workers) // 2


# ---- disks


def roots():
    """Return whether this process may mount."""
    if not shutil.which("unshare") or not shutil.which("mount"):
        return False
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.faults
@pytest.mark.skipif(not roots(), reason="may not mount")
@pytest.mark.parametrize("kilobytes", [40, 200, 400])
def test_a_disk_that_is_full_ends_the_batch_which_goes_on_when_there_is_room(tmp_path, ended, kilobytes):
    made = {f"{number:03}.pdf": files.one_sentence(f"{number} {'x' * 400}") for number in range(60)}
    source, output, kept = written(tmp_path / "in", made), tmp_path / "out", tmp_path / "kept"
    output.mkdir()
    again = " ".join(map(repr, map(str, command(*arguments(source, output, *FEW)))))
    script = f"""
        mount -t tmpfs -o size={kilobytes}k tmpfs {output} || exit 99
        {again} > {tmp_path}/first.out 2> {tmp_path}/first.err; echo $? > {tmp_path}/first
        find {output} -name '*.part' > {tmp_path}/left
        mount -o remount,size=200m {output} || exit 99
        {again} > {tmp_path}/second.out 2> {tmp_path}/second.err; echo $? > {tmp_path}/second
        cp -a {output} {kept}
    """
    began = time.monotonic()
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], env=environment(), check=False, timeout=500)
    assert done.returncode == 0
    first, second = (int((tmp_path / name).read_text()) for name in ("first", "second"))
    said = (tmp_path / "first.err").read_text()
    well = first == ExitCode.INTERNAL and not fault_of_text(said) and "full" in said.lower() + said.replace("No space left", "full")
    ended(Ending(f"typed: {said.strip()[-160:]}", well, first, time.monotonic() - began), "full")
    assert (tmp_path / "left").read_text() == ""
    judged(ended, second, kept, made, (tmp_path / "second.err").read_text())


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
@pytest.mark.faults
def test_files_that_cannot_grow(tmp_path, ended):
    """The limit of a file's size strikes the ledger too."""
    made = sound(5)
    source = written(tmp_path / "in", made)
    ran = run(*arguments(source, tmp_path / "out", *FEW), memory=None, file_size=20_000, PYTHONDONTWRITEBYTECODE="1")
    ended(refused(ran, "output folder", "free", "disk"))
    with Batch(source, tmp_path / "out", *FEW) as batch:
        code, _ = batch.finish()
    judged(ended, code, tmp_path / "out", made)


@pytest.mark.faults
@pytest.mark.skipif(not roots(), reason="may not mount")
def test_an_output_folder_that_is_read_only(tmp_path, ended):
    source, output = written(tmp_path / "in", sound(2)), tmp_path / "out"
    output.mkdir()
    words = " ".join(map(repr, map(str, command(*arguments(source, output, *FEW)))))
    script = f"mount --bind {output} {output} && mount -o remount,ro,bind {output} && exec {words}"
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], env=environment(), capture_output=True, text=True, check=False)
    well = done.returncode == ExitCode.INTERNAL and not fault_of_text(done.stderr) and "ead-only" in done.stderr
    ended(Ending(f"typed: {done.stderr.strip()[-200:]}", well, done.returncode))


def test_a_file_in_the_place_of_the_output_folder(tmp_path, ended):
    source = written(tmp_path / "in", sound(1))
    (tmp_path / "out").write_text("in the way")
    ran = run(*arguments(source, tmp_path / "out", *FEW), memory=None)
    assert (tmp_path / "out").read_text() == "in the way"
    ended(refused(ran, "folder"))


@pytest.mark.faults
def test_an_output_folder_that_vanishes(tmp_path, ended):
    source, output = written(tmp_path / "in", {"slow.pdf": files.slow_pages(20), **sound(3)}), tmp_path / "out"
    began = time.monotonic()
    with Batch(source, output, *FEW, events=tmp_path / "events") as batch:
        while batch.process.poll() is None and not (output / "sound-0.pdf.json").exists():
            time.sleep(0.01)
        shutil.rmtree(output, ignore_errors=True)
        shutil.rmtree(output, ignore_errors=True)
        code = batch.process.wait(300)
        errors = batch.errors
    well = code == ExitCode.INTERNAL and not fault_of_text(errors) and bool(errors.strip())
    ended(Ending(f"typed: {errors.strip()[-200:]}", well, code, time.monotonic() - began))


@pytest.mark.faults
def test_an_input_that_vanishes_or_changes_while_it_waits(tmp_path, ended):
    documents = {"a-slow.pdf": files.slow_pages(8), "z-gone.pdf": files.one_sentence("gone")}
    source, output = written(tmp_path / "in", documents), tmp_path / "out"
    with Batch(source, output, "--workers", "1", events=tmp_path / "events") as batch:
        while batch.process.poll() is None and not batch.workers():
            time.sleep(0.01)
        (source / "z-gone.pdf").unlink()
        code = batch.process.wait(300)
        errors = batch.errors
    found = endings(output, documents)
    judged(ended, code, output, documents, errors)
    assert found["z-gone.pdf"].how.startswith("typed")


# ---- the ledger


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return the folder of a batch that is done, to be copied."""
    folder = tmp_path_factory.mktemp("finished")
    ran = run(*arguments(written(folder / "in", sound(3)), folder / "out", *FEW), memory=None)
    assert ran.code == ExitCode.OK, ran.errors
    return folder


DAMAGES = {
    "of garbage": lambda path: path.write_bytes(random.Random(3).randbytes(path.stat().st_size)),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "with garbage in its middle": lambda path: path.write_bytes(_spoilt(path.read_bytes())),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


def _spoilt(data):
    return data[:5000] + random.Random(4).randbytes(6000) + data[11000:]


def _of_another(path):
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE shopping (what TEXT)")
    database.close()


DAMAGES["of another program"] = _of_another


@pytest.mark.faults
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_ledger_is_told_and_left(tmp_path, ended, finished, damage):
    shutil.copytree(finished, tmp_path / "copy")
    source, output = tmp_path / "copy" / "in", tmp_path / "copy" / "out"
    ledger = output / PRIVATE / "ledger.sqlite"
    for log in ledger.parent.glob("ledger.sqlite-*"):
        log.unlink()
    DAMAGES[damage](ledger)
    kept = ledger.read_bytes() if ledger.is_file() else b""
    ended(refused(run(*arguments(source, output, *FEW), memory=None), "ledger"), "batch")
    ended(refused(run("status", output, memory=None), "ledger"), "status")
    assert (ledger.read_bytes() if ledger.is_file() else b"") == kept
    assert all(document_of(output / f"{name}.json").status == "success" for name in sound(3))


@pytest.mark.faults
def test_a_second_batch_in_the_same_folder_is_refused(tmp_path, ended, finished):
    shutil.copytree(finished, tmp_path / "copy")
    source, output = tmp_path / "copy" / "in", tmp_path / "copy" / "out"
    (source / "slow.pdf").write_bytes(files.looping_to_read())
    with Batch(source, output, *FEW, events=tmp_path / "events") as batch:
        while batch.process.poll() is None and not batch.workers():
            time.sleep(0.01)
        ended(refused(run(*arguments(source, output, *FEW), memory=None), "another", "in use"))
        assert batch.process.poll() is None


@pytest.mark.faults
def test_a_ledger_that_somebody_locks_for_a_while_is_waited_for(tmp_path, ended):
    documents = {f"{number}.pdf": files.slow_pages(2) for number in range(3)}
    source, output = written(tmp_path / "in", documents), tmp_path / "out"
    with Batch(source, output, *FEW, events=tmp_path / "events") as batch:
        while batch.process.poll() is None and not batch.workers():
            time.sleep(0.01)
        database = sqlite3.connect(output / PRIVATE / "ledger.sqlite", isolation_level=None, timeout=20)
        database.execute("BEGIN IMMEDIATE")
        time.sleep(5)
        database.execute("ROLLBACK")
        database.close()
        code, errors = batch.process.wait(300), batch.errors
    judged(ended, code, output, documents, errors)


@pytest.mark.faults
def test_a_ledger_that_stays_locked_is_told(tmp_path, ended, finished):
    shutil.copytree(finished, tmp_path / "copy")
    source, output = tmp_path / "copy" / "in", tmp_path / "copy" / "out"
    database = sqlite3.connect(output / PRIVATE / "ledger.sqlite", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    try:
        ended(refused(run(*arguments(source, output, *FEW), memory=None), "ledger"))
    finally:
        database.close()


# ---- the clock


@pytest.mark.faults
def test_a_clock_that_goes_back_changes_nothing(tmp_path, ended):
    documents = {"looping.pdf": files.looping_to_read(), **sound(4)}
    path = os.pathsep.join([str(INJECTED), *filter(None, [os.environ.get("PYTHONPATH")])])
    variables = {"PYTHONPATH": path, "DOCAI_CLOCK_BACK": "600"}
    batched(ended, tmp_path, documents, *FEW, "--timeout-page", "6", **variables)
    assert entries_of(tmp_path / "out")["looping.pdf"].error.code == "time_limit"
    assert does_nothing_more(tmp_path / "in", tmp_path / "out", "--timeout-page", "6")


# ---- interrupts


@pytest.mark.faults
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_batch_that_is_told_to_stop_goes_on_later(tmp_path, ended, number):
    documents = {f"{n}.pdf": files.slow_pages(3) for n in range(4)}
    source, output = written(tmp_path / "in", documents), tmp_path / "out"
    with Batch(source, output, *FEW, events=tmp_path / "events") as batch:
        while batch.process.poll() is None and not any(output.glob("*.json")):
            time.sleep(0.01)
        batch.process.send_signal(number)
        code, errors = batch.process.wait(300), batch.errors
    assert not fault_of_text(errors)
    assert code in (ExitCode.INTERRUPTED, -number)
    with Batch(source, output, *FEW) as batch:
        code, _ = batch.finish()
    judged(ended, code, output, documents)
