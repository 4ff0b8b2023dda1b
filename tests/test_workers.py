"""The pool of processes: what is given comes back once, whatever becomes of a process, and no process stays behind."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from docai.document import Document, Problem
from docai.work import Recipe, Setup, Work
from docai.worker import DocumentReader
from docai.workers import Bounds, Broken, DocumentDone, PageDone, Pool
from tests.drawn_pages import scans

BLAME = Problem(code="time_limit", message="it took too long", severity="error", page_number=2)


@pytest.fixture
def inputs(tmp_path):
    """Return a function that makes works of the names and page counts that it is given."""

    def made(**counts):
        for name, count in counts.items():
            (tmp_path / f"{name}.pdf").write_bytes(scans(count))
        return [Work(f"{name}.pdf", str(tmp_path / f"{name}.pdf")) for name in counts]

    return made


def setup(folder, deeds=()):
    recipe = Recipe(backend="vlm", model="unruly")
    return Setup(recipe, folder / "out", ("tests.unruly:opened", (tuple(dict(deeds).items()), str(folder))))


def run(works, folder, deeds=(), *, count=2, until=60, **bounds):
    """Return what happened to each work, by stem, and when."""
    ends, began, left = {}, time.monotonic(), list(works)
    with Pool(lambda _: setup(folder, deeds), count, Bounds(**bounds)) as pool:
        while (left or pool.busy) and time.monotonic() - began < until:
            while left and pool.free:
                pool.give(left.pop(0))
            for news in pool.wait(0.2):
                if not isinstance(news, PageDone):
                    assert news.work.stem not in ends
                    ends[news.work.stem] = news
        pids = pool.processes
    assert not any(psutil.pid_exists(pid) for pid in pids)
    return ends


def document_of(folder, stem):
    return Document.model_validate_json((folder / "out" / f"{stem}.json").read_bytes())


@pytest.mark.parametrize(
    ("deed", "ended", "told"),
    [
        ("hang", "time_limit", "longer than 10 s"),
        ("segv", "crashed", "SIGSEGV"),
        ("kill", "crashed", "SIGKILL"),
        ("eat", "memory_limit", "MB"),
    ],
)
def test_a_document_that_breaks_its_process_harms_no_other(tmp_path, inputs, deed, ended, told):
    seconds = 10 if deed == "hang" else 60  # on a busy machine, that which reads takes seconds to load
    ends = run(inputs(a=1, b=3, c=1, d=1), tmp_path, {"b.pdf:2": deed}, page_seconds=seconds, memory=700_000_000)
    broken = ends.pop("b.pdf")
    assert isinstance(broken, Broken)
    assert (broken.ended, broken.page) == (ended, 2)
    assert told in broken.detail
    assert {stem: news.outcome.status for stem, news in ends.items()} == dict.fromkeys(["a.pdf", "c.pdf", "d.pdf"], "success")
    assert not (tmp_path / "out" / "b.pdf.json").exists()


def test_a_page_that_wants_more_than_there_is_costs_that_page_alone(tmp_path, inputs):
    outcome = run(inputs(a=3), tmp_path, {"a.pdf:2": "gulp"}, count=1, memory=700_000_000)["a.pdf"].outcome
    assert (outcome.status, outcome.failed_pages, outcome.error.code) == ("partial_success", 1, "memory_limit")
    assert outcome.peak_memory < 700_000_000


def test_a_hang_that_holds_the_interpreter_ends_at_its_limit(tmp_path, inputs):
    ends = run(inputs(a=1), tmp_path, {"a.pdf:1": "hang"}, count=1, page_seconds=2)
    assert 2 < ends["a.pdf"].seconds < 4


def test_a_document_has_its_own_limit_however_its_pages_go_on(tmp_path, inputs):
    ends = run(inputs(a=9), tmp_path, {f"a.pdf:{n}": "sleep" for n in range(1, 10)}, count=1, page_seconds=20, document_seconds=1)
    assert ends["a.pdf"].ended == "document_time_limit"


def test_pages_that_are_blamed_are_left_out_and_told(tmp_path, inputs):
    (work,) = inputs(a=3)
    blamed = Work(work.stem, work.path, blamed={2: BLAME}, alone=True)
    ends = run([blamed], tmp_path, {"a.pdf:2": "hang"}, count=1, page_seconds=60)
    outcome = ends["a.pdf"].outcome
    assert (outcome.status, outcome.pages, outcome.failed_pages, outcome.error) == ("partial_success", 3, 1, BLAME)
    read = document_of(tmp_path, "a.pdf")
    assert [page.blocks != () for page in read.pages] == [True, False, True]
    assert (tmp_path / "asked").read_text().split() == ["a.pdf:1", "a.pdf:3"]


@pytest.mark.parametrize("left_out", [{"blamed": {2: BLAME}}, {"rest": BLAME}], ids=["page", "rest"])
def test_what_is_not_read_is_not_drawn_either(tmp_path, inputs, left_out):
    (work,) = inputs(a=3)
    reader = DocumentReader(Recipe(overlay=True), tmp_path / "out")
    outcome = reader.read(replace(work, **left_out))
    pictures = sorted(path.name for path in (tmp_path / "out" / "a.pdf.overlay").glob("*"))
    assert (outcome.failed_pages, pictures) == ((1, ["p1.png", "p3.png"]) if "blamed" in left_out else (3, []))


def test_pages_read_before_a_death_are_not_read_again(tmp_path, inputs):
    (work,) = inputs(a=12)
    deeds = {**{f"a.pdf:{n}": "sleep" for n in range(1, 12)}, "a.pdf:12": "segv once"}
    assert isinstance(run([work], tmp_path, deeds, count=1)["a.pdf"], Broken)
    before = (tmp_path / "asked").read_text().split()
    ends = run([work], tmp_path, deeds, count=1)
    after = (tmp_path / "asked").read_text().split()[len(before) :]
    assert ends["a.pdf"].outcome.status == "success"
    assert len(after) < 11
    assert after[-1] == "a.pdf:12"
    assert [page.number for page in document_of(tmp_path, "a.pdf").pages] == list(range(1, 13))
    assert list((tmp_path / "out" / ".docai" / "pages").iterdir()) == []


def test_what_is_not_read_in_time_is_told_and_the_rest_kept(tmp_path, inputs):
    (work,) = inputs(a=12)
    deeds = {f"a.pdf:{n}": "sleep" for n in range(1, 13)}
    broken = run([work], tmp_path, deeds, count=1, document_seconds=3)["a.pdf"]
    rest = Problem(code="time_limit", message="no time", severity="error")
    outcome = run([Work(work.stem, work.path, rest=rest)], tmp_path, deeds, count=1)["a.pdf"].outcome
    assert (broken.ended, outcome.status) == ("document_time_limit", "partial_success")
    assert 0 < outcome.failed_pages < 12
    assert [page.problems[0].page_number for page in document_of(tmp_path, "a.pdf").pages if page.problems][-1] == 12


def test_a_document_out_of_time_before_its_first_page_has_some_to_spare(tmp_path, inputs):
    late, never = inputs(late=12, never=3)
    deeds = {f"late.pdf:{n}": "sleep" for n in range(1, 13)}
    rest = Problem(code="time_limit", message="no time", severity="error")
    works = [replace(late, rest=rest, spare=1.0), replace(never, rest=rest)]
    ends = {stem: news.outcome for stem, news in run(works, tmp_path, deeds, count=1).items()}
    assert (ends["late.pdf"].status, ends["never.pdf"].status) == ("partial_success", "failure")
    read = [page.number for page in document_of(tmp_path, "late.pdf").pages if not page.problems]
    assert read == list(range(1, len(read) + 1))
    assert 0 < len(read) < 12
    assert (tmp_path / "asked").read_text().split() == [f"late.pdf:{n}" for n in read]
    assert ends["never.pdf"].failed_pages == 3


def test_workers_are_replaced_after_enough_documents(tmp_path, inputs):
    works = inputs(**{f"d{n}": 1 for n in range(8)})
    seen = set()
    with Pool(lambda _: setup(tmp_path), 1, Bounds(documents=3)) as pool:
        done = []
        while len(done) < len(works):
            while pool.free and len(done) + len(pool.busy) < len(works):
                pool.give(works[len(done) + len(pool.busy)])
            done += [news for news in pool.wait(0.2) if isinstance(news, DocumentDone)]
            seen.update(pool.processes)
    assert len(seen) >= 2  # one that is to go reads on until the next is ready
    assert {news.outcome.status for news in done} == {"success"}


def test_what_no_worker_can_do_is_raised_once(tmp_path, inputs):
    inputs(a=1)
    with (
        pytest.raises(Exception, match="no backend 'nobody'") as caught,
        Pool(lambda _: Setup(Recipe(backend="nobody"), tmp_path / "out"), 2) as pool,
    ):
        pool.wait(60)
    assert type(caught.value).__name__ == "BackendUnavailable"


PARENT = """
import sys, time
from pathlib import Path
from docai.work import Recipe, Work
from docai.workers import Pool
from tests.test_workers import setup
folder = Path(sys.argv[1])
with Pool(lambda _: setup(folder, {"a.pdf:1": "hang"}), 2) as pool:
    while not pool.free:
        pool.wait(1)
    pool.give(Work("a.pdf", str(folder / "a.pdf")))
    while not (folder / "asked").exists():
        pool.wait(0.1)
    print(*pool.processes, flush=True)
    time.sleep(600)
"""


def test_no_worker_survives_its_parent_even_one_that_hangs(tmp_path, inputs):
    inputs(a=1)
    (tmp_path / "parent.py").write_text(PARENT)
    root = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(
        [sys.executable, tmp_path / "parent.py", tmp_path], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.send_signal(signal.SIGKILL)
    assert len(pids) == 2
    until = time.monotonic() + 2
    while any(psutil.pid_exists(pid) for pid in pids):
        assert time.monotonic() < until
        time.sleep(0.01)
