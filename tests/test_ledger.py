"""What is known of a batch outlives every death, is never wrong about what is done, and says so when it cannot be read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from docai.document import Problem
from docai.errors import ExitCode, LedgerDamaged, NothingToDo, OutputInUse, OutputUnwritable
from docai.ledger import BATCH, Ledger
from docai.ledger_view import Counts, LedgerView
from docai.work import Outcome, Recipe, Work

RECIPE = Recipe()
CRASHED = Problem(code="crashed", message="the page ended the process", severity="error", page_number=2)


@dataclass(frozen=True)
class Job:
    path: Path | str
    stem: Path
    signature: str | None = None


@pytest.fixture
def job(tmp_path):
    """A document of which nothing is known."""
    path = tmp_path / "in" / "a.pdf"
    path.parent.mkdir()
    path.write_bytes(b"one")
    return Job(path, Path("sub/a.pdf"))


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def outcome_of(data, **told):
    told = {"status": "success", "pages": 3, "outputs": ("sub/a.pdf.json",), **told}
    return Outcome(content_hash=f"sha256:{hashlib.sha256(data).hexdigest()}", **told)


def read(out, job, recipe=RECIPE, **told):
    """Run a batch of one document and return whether it was due."""
    with Ledger.open(out) as ledger:
        ledger.begin(recipe, {})
        work = ledger.due(job)
        if work is not None:
            outcome = outcome_of(Path(job.path).read_bytes(), **told)
            ledger.started(work.stem)
            for name in outcome.outputs:
                (out / name).parent.mkdir(parents=True, exist_ok=True)
                (out / name).write_bytes(b"{}")
            ledger.finished(work.stem, outcome)
        ledger.end(0)
    return work is not None


def due(out, job, recipe=RECIPE):
    with Ledger.open(out) as ledger:
        ledger.begin(recipe, {})
        return ledger.due(job)


def entry_of(out):
    with LedgerView.open(out) as view:
        (entry,) = view.entries()
        return entry


# What is due


def test_a_document_is_read_once(out, job):
    assert read(out, job)
    assert not read(out, job)


def test_all_that_came_of_a_document_is_told(out, job):
    problem = Problem(code="page_failed", message="line\nbreak", severity="error", page_number=2)
    told = {"failed_pages": 1, "confidence": 0.75, "engines": ({"backend": "classical"},), "seconds": 1.5, "peak_memory": 7}
    read(out, job, status="partial_success", error=problem, **told)
    entry = entry_of(out)
    assert (entry.stem, entry.path, entry.state, entry.status) == ("sub/a.pdf", str(job.path), "done", "partial_success")
    assert entry.recipe == RECIPE.digest
    assert (entry.pages, entry.error, entry.outputs) == (3, problem, ("sub/a.pdf.json",))
    assert {name: getattr(entry, name) for name in told} == told
    assert (entry.attempts, entry.run) == (1, 1)
    assert abs(entry.finished_at.timestamp() - time.time()) < 60
    assert 0 <= entry.elapsed < 60
    with LedgerView.open(out) as view:
        assert view.counts() == Counts(done=1, partial=1, pages=3, failed_pages=1)
        ((run,), (attempt,)) = (view.runs(), view.attempts())
    assert (run.recipe, run.settings, run.code, run.pid, run.host) == (RECIPE, {}, 0, os.getpid(), socket.gethostname())
    assert (attempt.stem, attempt.run, attempt.ended, attempt.pages) == ("sub/a.pdf", 1, "partial_success", 3)


def test_a_changed_file_is_read_again_though_its_size_and_time_are_as_they_were(out, job, monkeypatch):
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + 3600)  # long after it was written, so that its signature is believed
    read(out, job)
    before = job.path.stat()
    job.path.write_bytes(b"two")
    os.utime(job.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (job.path.stat().st_size, job.path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert read(out, job)


def test_a_file_changed_within_a_tick_of_the_clock_is_read_again(out, job):
    looks_same = Job(job.path, job.stem)
    read(out, looks_same)
    with contextlib.closing(sqlite3.connect(out / ".docai" / "ledger.sqlite")) as database, database:
        job.path.write_bytes(b"two")
        found = job.path.stat()
        same = f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"
        database.execute("UPDATE documents SET signature = ?", (same,))  # as a file system with a slow clock has it
    assert read(out, looks_same)


def test_a_touched_or_copied_file_is_not_read_again(out, job):
    read(out, job)
    os.utime(job.path, (1, 1))
    assert not read(out, job)
    copy = job.path.with_name("copy")
    shutil.copy(job.path, copy)
    copy.replace(job.path)  # another inode
    assert not read(out, job)


def test_a_document_is_read_again_when_an_output_is_gone(out, job):
    read(out, job)
    (out / "sub/a.pdf.json").unlink()
    assert due(out, job) == Work("sub/a.pdf", str(job.path))
    entry = entry_of(out)
    assert (entry.state, entry.status, entry.pages, entry.outputs) == ("waiting", None, 0, ())


def test_a_document_is_read_again_by_another_recipe_or_from_another_place(out, job, tmp_path):
    read(out, job)
    assert read(out, job, Recipe(pages="1"))
    elsewhere = tmp_path / "b.pdf"
    shutil.copy(job.path, elsewhere)
    assert read(out, Job(elsewhere, job.stem), Recipe(pages="1"))
    assert entry_of(out).path == str(elsewhere)


def test_a_failed_document_is_left_until_it_changes_or_is_asked_for(out, job):
    read(out, job, status="failure")
    assert not read(out, job)
    job.path.write_bytes(b"mended, perhaps")
    assert read(out, job, status="failure")
    with Ledger.open(out) as ledger:
        assert ledger.forgive(["partial_success"]) == 0
        assert ledger.forgive(["partial_success", "failure"]) == 1
        assert ledger.forgive(["failure"]) == 0
    assert read(out, job)


def test_a_missing_file_is_tried_once_and_again_when_it_is_there(out, job):
    job.path.unlink()
    for found in (True, False):
        with Ledger.open(out) as ledger:
            ledger.begin(RECIPE, {})
            assert (ledger.due(job) is not None) == found
            if found:
                ledger.finished("sub/a.pdf", Outcome("failure"))
    job.path.write_bytes(b"here")
    assert due(out, job) is not None


def test_blame_is_kept_for_the_next_run_until_the_file_or_the_recipe_changes(out, job):
    with Ledger.open(out) as ledger:
        ledger.begin(RECIPE, {})
        ledger.due(job)
        ledger.started("sub/a.pdf")
        ledger.broken_off("sub/a.pdf", "transient", page=None, seconds=0.1, blamed={})
        assert not ledger.due(job).alone
        ledger.broken_off("sub/a.pdf", "crashed", page=2, seconds=0.5, blamed={2: CRASHED})
        ledger.broken_off("sub/a.pdf", "time_limit", page=7, seconds=9.0, blamed={7: CRASHED})
    kept = Work("sub/a.pdf", str(job.path), blamed={2: CRASHED, 7: CRASHED}, alone=True)
    assert due(out, job) == kept
    assert due(out, job) == kept
    assert entry_of(out).attempts == 3
    with LedgerView.open(out) as view:
        told = [(attempt.ended, attempt.page, attempt.seconds) for attempt in view.attempts()]
    assert told == [("transient", None, 0.1), ("crashed", 2, 0.5), ("time_limit", 7, 9.0)]
    assert due(out, job, Recipe(pages="1")) == Work("sub/a.pdf", str(job.path))
    assert entry_of(out).attempts == 0


def test_what_is_put_back_is_charged_nothing(out, job):
    with Ledger.open(out) as ledger:
        ledger.begin(RECIPE, {})
        ledger.due(job)
        ledger.started("sub/a.pdf")
        ledger.put_back("sub/a.pdf")
    assert (entry_of(out).state, entry_of(out).attempts) == ("waiting", 0)
    with Ledger.open(out) as ledger:
        with pytest.raises(KeyError, match=r"b\.pdf"):
            ledger.put_back("b.pdf")
        ledger.put_back("sub/a.pdf")


def test_of_a_url_its_signature_decides_or_else_its_bytes(out):
    url, stem = "https://example.org/a.pdf", Path("a.pdf")
    hashed = outcome_of(b"one", outputs=()).content_hash
    for signature in ("etag 1", None):
        with Ledger.open(out) as ledger:
            ledger.begin(RECIPE, {})
            assert ledger.due(Job(url, stem, signature)) == Work("a.pdf", url)
            ledger.finished("a.pdf", outcome_of(b"one", outputs=()))
            assert (ledger.due(Job(url, stem, signature)) is None) == (signature is not None)
    with Ledger.open(out) as ledger:
        ledger.begin(RECIPE, {})
        assert ledger.due(Job(url, stem)) is not None
        assert ledger.known_hash("a.pdf") == hashed
        ledger.unchanged("a.pdf")
        assert (entry_of(out).state, entry_of(out).pages) == ("done", 3)
        assert ledger.due(Job(url, stem, "etag 2")) is not None
        assert ledger.known_hash("a.pdf") == hashed  # nobody knew before what the server called them
        ledger.unchanged("a.pdf")
        assert ledger.due(Job(url, stem, "etag 2")) is None
        assert ledger.due(Job(url, stem, "etag 3")) is not None
        assert ledger.known_hash("a.pdf") == ""


@pytest.mark.parametrize("name", [b"na\xefve \xff.pdf", "두 줄\n.pdf".encode(), b"'; DROP TABLE documents; --"])
def test_any_name_a_file_can_have_is_kept(out, tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    try:
        path.write_bytes(b"one")
    except OSError:
        pytest.skip("no such names on this file system")
    job = Job(path, Path(path.name))
    outputs = (f"{path.name}.json",)
    assert read(out, job, outputs=outputs)
    assert not read(out, job)
    assert (entry_of(out).path, entry_of(out).stem, entry_of(out).outputs) == (str(path), path.name, outputs)


def test_a_clock_that_goes_back_changes_nothing(out, job, monkeypatch):
    read(out, job)
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() - 400 * 86400)
    assert not read(out, job)
    job.path.write_bytes(b"two")
    assert read(out, job)
    with LedgerView.open(out) as view:
        (first, second, third) = view.runs()
        assert first.started_at > third.started_at
        assert [run.number for run in (first, second, third)] == [1, 2, 3]
        assert all(run.seconds >= 0 for run in (first, second, third))
        assert [attempt.run for attempt in view.attempts()] == [1, 3]
    assert entry_of(out).elapsed >= 0


def test_many_documents_are_seen_in_the_order_in_which_they_were_found(out):
    names = [f"{number}.pdf" for number in range(2 * BATCH + 10)]
    random.Random(0).shuffle(names)
    with Ledger.open(out) as ledger, LedgerView.open(out) as view:
        ledger.begin(RECIPE, {})
        for name in names:
            ledger.due(Job(out / name, Path(name)))
        assert view.counts().known >= 2 * BATCH
        ledger.started(names[-1])
        assert view.counts() == Counts(waiting=len(names) - 1, running=1)
        assert [entry.stem for entry in view.entries()] == names
        assert [entry.stem for entry in view.entries({"running"})] == [names[-1]]


# Deaths

WRITER = """
import sys
from pathlib import Path
from types import SimpleNamespace
from docai.ledger import Ledger
from docai.work import Outcome, Recipe

folder, stop = Path(sys.argv[1]), int(sys.argv[2])
with Ledger.open(folder) as ledger:
    ledger.begin(Recipe(), {"workers": 1})
    jobs = [SimpleNamespace(path=folder / f"{n}.pdf", stem=f"{n}.pdf") for n in range(400)]
    for work in [work for work in map(ledger.due, jobs) if work is not None]:
        ledger.started(work.stem)
        print("began", work.stem, flush=True)
        stop -= 1
        if stop == 0:
            sys.stdin.read()
        ledger.finished(work.stem, Outcome("success", pages=3, seconds=0.5))
        print("ended", work.stem, flush=True)
    ledger.end(0)
"""


def start(out, stop):
    """Start a run of 400 documents, which stands still while it is at document `stop` of those that are due."""
    command = [sys.executable, "-c", WRITER, str(out), str(stop)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_run_killed_at_any_moment_forgets_nothing_and_does_nothing_twice(out):
    chance = random.Random(1)
    said = []
    for killed, documents in enumerate((chance.randrange(1, 10), chance.randrange(50, 100), chance.randrange(10, 50), 400), 1):
        with start(out, documents + 50) as writer:
            if documents < 400:
                lines = [writer.stdout.readline() for _ in range(2 * documents)]
                with LedgerView.open(out) as view:  # while it writes
                    assert view.holder().pid == writer.pid
                    assert view.counts().done >= len(said) + documents
                    assert all((entry.pages, entry.status) == (3, "success") for entry in view.entries({"done"}))
                writer.kill()
            else:
                lines = []
            said += [line.split()[1] for line in [*lines, *writer.stdout] if line.startswith("ended ") and line.endswith("\n")]
        with LedgerView.open(out) as view:
            assert view.holder() is None
            counts, done = view.counts(), {entry.stem for entry in view.entries({"done"})}
        assert counts.known == 400
        assert counts.running <= 1
        assert done >= set(said)
        assert len(done) <= len(said) + killed  # what it was killed between writing and saying
    assert len(said) == len(set(said))
    assert (writer.returncode, counts) == (0, Counts(done=400, pages=1200))
    with LedgerView.open(out) as view:
        assert sorted(attempt.stem for attempt in view.attempts()) == sorted(done)
        assert [run.code for run in view.runs()] == [None, None, None, 0]


def test_what_a_killed_run_was_at_is_waiting_when_the_next_begins(out, job):
    with start(out, 1) as writer:
        assert writer.stdout.readline() == "began 0.pdf\n"
        with pytest.raises(OutputInUse, match=rf"{socket.gethostname()}, process {writer.pid}, since 2.*; wait") as refused:
            Ledger.open(out)
        assert refused.value.exit_code == ExitCode.INTERNAL
        writer.kill()
        writer.wait()
    with Ledger.open(out) as ledger, LedgerView.open(out) as view:
        assert [entry.stem for entry in view.entries({"running"})] == ["0.pdf"]
        assert view.holder().pid == os.getpid()
        ledger.begin(RECIPE, {})
        assert view.counts() == Counts(waiting=400)
        assert next(view.entries()).attempts == 0
    with LedgerView.open(out) as view:
        assert view.holder() is None


# Ledgers that are none


def cut(path):
    path.write_bytes(path.read_bytes()[:-4096])


def scribble(path):
    data = bytearray(path.read_bytes())
    data[4096 : 4096 * 3] = os.urandom(4096 * 2)
    path.write_bytes(data)


def of_another(path):
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE documents (x)")


@pytest.mark.parametrize("harm", [cut, scribble, of_another, lambda path: path.write_bytes(b"no database" * 1000)])
def test_a_damaged_ledger_is_told_and_can_be_moved_away(out, job, harm):
    read(out, job)
    harm(out / ".docai" / "ledger.sqlite")
    with pytest.raises(LedgerDamaged, match=r"move the folder .*\.docai away and run again"):
        Ledger.open(out)
    (out / ".docai").rename(out / "moved")
    assert read(out, job)


def test_a_ledger_of_a_newer_docai_is_left_alone(out, job):
    read(out, job)
    path = out / ".docai" / "ledger.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 2")
    before = path.read_bytes()
    for kind in (Ledger, LedgerView):
        with pytest.raises(LedgerDamaged, match="pip install -U docai"):
            kind.open(out)
    assert path.read_bytes() == before


def test_an_empty_file_is_a_ledger_that_was_not_begun(out, job):
    (out / ".docai").mkdir(parents=True)
    (out / ".docai" / "ledger.sqlite").touch()
    with pytest.raises(LedgerDamaged, match="empty"):
        LedgerView.open(out)
    assert read(out, job)


def test_without_a_ledger_there_is_nothing_to_look_at(tmp_path):
    with pytest.raises(NothingToDo, match="no batch"):
        LedgerView.open(tmp_path)
    assert not list(tmp_path.iterdir())


# Folders that cannot be written


def test_a_folder_that_cannot_be_made_is_told(job):
    with pytest.raises(OutputUnwritable, match="run again"):
        Ledger.open(job.path / "out")


def test_a_ledger_that_is_removed_meanwhile_is_told(out, job):
    with Ledger.open(out) as ledger:
        ledger.begin(RECIPE, {})
        ledger.due(job)
        shutil.rmtree(out)
        with pytest.raises(OutputUnwritable, match="removed"):
            ledger.started("sub/a.pdf")
        ledger._found.clear()


def test_a_run_goes_on_when_there_is_room_again(out, job):
    resource = pytest.importorskip("resource", reason="limits of file sizes stand for a full disk")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    big = Problem(code="x", message="x" * 100_000)
    with Ledger.open(out) as ledger, LedgerView.open(out) as view:
        ledger.begin(RECIPE, {})
        ledger.due(job)
        ledger.started("sub/a.pdf")
        ledger.due(Job(job.path, Path("b.pdf")))
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
            with pytest.raises(OutputUnwritable, match="free space"):
                ledger.broken_off("sub/a.pdf", "crashed", page=1, seconds=1, blamed={1: big})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert view.counts() == Counts(running=1)
        ledger.started("b.pdf")
        assert view.counts() == Counts(running=2)
        assert list(view.attempts()) == []
        ledger.broken_off("sub/a.pdf", "crashed", page=1, seconds=1, blamed={1: big})
        assert next(view.entries()).blamed == {1: big}


# Whatever happens, in any order


class Batches(RuleBasedStateMachine):
    """A folder of one document over many runs, beside the plainest idea of what is known of it."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.job = Job(self.folder / "a.pdf", Path("a.pdf"))
        self.out, self.output = self.folder / "out", self.folder / "out" / "a.pdf.json"
        self.job.path.write_bytes(b"0")
        self.recipe = RECIPE
        self.state, self.of, self.attempts = "waiting", None, 0  # `of`: the bytes and recipe that it was read from
        self.open()

    def open(self):
        self.ledger = Ledger.open(self.out)
        self.ledger.begin(self.recipe, {})
        self.asked = False

    def now(self):
        return self.job.path.read_bytes(), self.recipe

    @rule(data=st.sampled_from([b"0", b"1", b"22"]))
    def write(self, data):
        self.job.path.write_bytes(data)

    @rule()
    def touch(self):
        os.utime(self.job.path, (5, 5))

    @rule()
    def remove_output(self):
        self.output.unlink(missing_ok=True)

    @rule(pages=st.sampled_from([None, "1"]))
    def run_again(self, pages):
        self.ledger.close()
        self.recipe = Recipe(pages=pages)
        self.open()

    @rule()
    def die(self):
        self.ledger._held.close()  # as the system does for a process that ends: what was not written is not
        self.open()

    @precondition(lambda self: not self.asked)
    @rule()
    def ask(self):
        work = self.ledger.due(self.job)
        same = self.of == self.now()
        left = same and (self.state == "failed" or (self.state == "done" and self.output.exists()))
        assert (work is None) == left
        if work is not None:
            self.state, self.asked, self.read = "waiting", True, self.now()

    @precondition(lambda self: self.asked)
    @rule(status=st.sampled_from(["success", "partial_success", "failure"]))
    def finish(self, status):
        self.ledger.started("a.pdf")
        self.output.write_bytes(b"{}")
        data, recipe = self.now()[0], self.recipe
        self.ledger.finished("a.pdf", outcome_of(data, status=status, outputs=("a.pdf.json",)))
        self.state, self.of, self.asked = "failed" if status == "failure" else "done", (data, recipe), False

    @precondition(lambda self: self.asked)
    @rule()
    def put_back(self):
        self.ledger.started("a.pdf")
        self.ledger.put_back("a.pdf")

    def teardown(self):
        self.ledger.close()
        shutil.rmtree(self.folder)


TestBatches = Batches.TestCase
TestBatches.settings = settings(max_examples=15, stateful_step_count=20, deadline=None, derandomize=True)
