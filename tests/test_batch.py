"""Many documents: what is done stays done, what fails is told, and whatever is killed, nothing is lost and nothing done twice."""

import json
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pymupdf
import pytest

from docai.batch import retry, run_batch
from docai.document import Document
from docai.errors import ExitCode, NothingToDo, OutputInUse
from docai.ledger import Ledger
from docai.ledger_view import LedgerView
from docai.limits import Limits
from docai.work import Recipe, Settings
from docai.workers import LEAST_MEMORY
from tests.children import children
from tests.drawn_pages import pages_of_text

ROOT = Path(__file__).parents[1]
ONE = Settings(workers=1)


@pytest.fixture
def folder(tmp_path):
    """Return a folder of three documents, one of them below another folder."""
    for name, pages in {"a.pdf": 1, "b.pdf": 3, "sub/a.pdf": 2}.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pages_of_text(pages))
    return tmp_path


def run(folder, recipe=Recipe(), settings=ONE, on_progress=lambda _: None):
    return run_batch([str(folder / "in")], folder / "out", recipe, settings, on_progress)


def written(folder):
    out = folder / "out"
    return {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file() and ".docai" not in path.parts}


def read(folder):
    """Return which documents were read since, by when their outputs appeared."""
    return {name: path.stat().st_mtime_ns for name, path in written(folder).items()}


def test_each_document_has_the_outputs_that_extract_writes(folder):
    events = []
    summary = run(folder, Recipe(formats=("json", "md")), Settings(workers=2), events.append)
    command = [sys.executable, "-m", "docai", "extract", folder / "in", "-o", folder / "one", "--to", "json,md", "-q"]
    subprocess.run(command, check=True, cwd=ROOT)
    alone = {path.relative_to(folder / "one").as_posix(): path.read_bytes() for path in (folder / "one").rglob("*.*")}
    assert {name: path.read_bytes() for name, path in written(folder).items()} == alone
    assert len(alone) == 6
    assert (summary.done, summary.failed, summary.left, summary.code) == (3, 0, 0, ExitCode.OK)
    assert [event.kind for event in events].count("page") == 6
    assert (events[0].kind, events[-1].kind, events[-1].done, events[-1].known) == ("begun", "ended", 3, 3)
    left = {path.name for path in (folder / "out" / ".docai").iterdir()}
    assert left <= {"ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "lock", "pages"}


def test_a_second_run_does_nothing_and_starts_no_process(folder):
    run(folder)
    before = read(folder)
    summary = run(folder, on_progress=lambda _: pytest.fail("a process") if children() else None)
    assert (summary.done, summary.before) == (0, 3)
    assert read(folder) == before


@pytest.mark.parametrize("change", ["bytes", "output", "options", "another"])
def test_only_what_changed_is_read_again(folder, change):
    run(folder)
    before, recipe, again = read(folder), Recipe(), {"b.pdf.json"}
    if change == "bytes":
        (folder / "in" / "b.pdf").write_bytes(pages_of_text(4))
    elif change == "output":
        (folder / "out" / "b.pdf.json").unlink()
    elif change == "options":
        recipe, again = Recipe(pages="1"), set(before)
    else:
        (folder / "in" / "c.pdf").write_bytes(pages_of_text(1))
        again = {"c.pdf.json"}
    summary = run(folder, recipe)
    after = read(folder)
    assert {name for name in after if after[name] != before.get(name)} == again
    assert (summary.done, summary.before) == (len(again), len(after) - len(again))


def test_what_cannot_be_read_is_told_in_its_output_and_the_ledger(folder):
    (folder / "in" / "bad.pdf").write_bytes(b"%PDF-1.7 nothing")
    summary = run(folder)
    told = Document.model_validate_json((folder / "out" / "bad.pdf.json").read_bytes())
    assert (told.status, told.name, told.problems[0].code, told.pages) == ("failure", "bad.pdf", "unreadable", ())
    assert (summary.done, summary.failed, summary.code) == (4, 1, ExitCode.SOME_FAILED)
    assert run(folder).code == ExitCode.SOME_FAILED
    with LedgerView.open(folder / "out") as view:
        (entry,) = view.entries({"failed"})
    assert (entry.stem, entry.error, entry.content_hash) == ("bad.pdf", told.problems[0], told.content_hash)


def test_an_input_without_documents_is_told_and_does_not_hold_up_the_others(folder):
    (folder / "empty").mkdir()
    events = []
    summary = run_batch([str(folder / "empty"), str(folder / "in")], folder / "out", settings=ONE, on_progress=events.append)
    assert (summary.done, summary.code) == (3, ExitCode.SOME_FAILED)
    assert ["no documents found" in event.message for event in events if event.kind == "note"] == [True]


def test_a_single_document_fails_with_its_own_code(tmp_path):
    (tmp_path / "in.pdf").write_bytes(b"")
    assert run_batch([str(tmp_path / "in.pdf")], tmp_path / "out", settings=ONE).code == ExitCode.UNREADABLE


def test_what_failed_is_read_again_when_asked_for(folder):
    with pymupdf.open() as document:
        document.new_page()
        document.save(folder / "in" / "locked.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="a secret of its own")
    assert run(folder).failed == 1
    before = read(folder)
    summary = retry(folder / "out", Settings(workers=1, password="a secret of its own"))
    assert (summary.done, summary.failed, summary.code) == (1, 0, ExitCode.OK)
    assert {name for name, when in read(folder).items() if when != before[name]} == {"locked.pdf.json"}
    with pytest.raises(NothingToDo, match="no document came out as failure"):
        retry(folder / "out")
    assert b"a secret of its own" not in b"".join(path.read_bytes() for path in (folder / "out" / ".docai").glob("ledger*"))


def test_what_was_read_in_part_is_read_again_when_asked_for(folder):
    recipe = Recipe(limits=Limits(decompressed_bytes=3000))
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "light")
        heavy = document.new_page()
        for line in range(60):
            heavy.insert_text((72, 10 + 12 * line), "heavy " * 12)
        document.save(folder / "in" / "heavy.pdf")
    assert run(folder, recipe).partial == 1
    before = read(folder)
    with pytest.raises(NothingToDo, match="no document came out as failure"):
        retry(folder / "out")
    summary = retry(folder / "out", ONE, statuses=["partial_success"])
    assert (summary.done, summary.partial, summary.code) == (1, 1, ExitCode.SOME_FAILED)
    assert {name for name, when in read(folder).items() if when != before[name]} == {"heavy.pdf.json"}


def test_two_runs_refuse_each_other(folder):
    with Ledger.open(folder / "out"), pytest.raises(OutputInUse, match="another run"):
        run(folder)


def test_on_an_error_it_stops_when_told_to(folder):
    (folder / "in" / "0.pdf").write_bytes(b"no pdf")
    summary = run(folder, settings=Settings(workers=1, stop_on_error=True))
    assert (summary.done, summary.failed, summary.left, summary.code) == (1, 1, 3, ExitCode.SOME_FAILED)
    assert run(folder).done == 3


def killer(number, count):
    """Return what kills all workers when a page was read, so many times; what one that is dead had still told kills nobody."""
    killed = []

    def on_progress(event):
        if event.kind == "page" and len(killed) < count and event.page > len(killed) and (alive := children()):
            killed.append(event)
            for worker in alive:
                worker.send_signal(number)

    return killed, on_progress


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_that_dies_costs_one_attempt(folder, number):
    (folder / "in" / "long.pdf").write_bytes(pages_of_text(60))
    killed, on_progress = killer(number, 2)
    summary = run(folder, on_progress=on_progress)
    assert (len(killed), summary.done, summary.failed) == (2, 4, 0)
    with LedgerView.open(folder / "out") as view:
        assert [one.ended for one in view.attempts()].count("crashed") in {1, 2}  # one may have died with nothing in hand
    long = Document.model_validate_json((folder / "out" / "long.pdf.json").read_bytes())
    assert (len(long.pages), long.status) == (60, "success")


def test_a_document_that_always_ends_its_process_is_given_up_and_told(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "long.pdf").write_bytes(pages_of_text(400))
    killed, on_progress = killer(signal.SIGKILL, 10)
    summary = run(tmp_path, settings=Settings(workers=1, retries=1), on_progress=on_progress)
    told = Document.model_validate_json((tmp_path / "out" / "long.pdf.json").read_bytes())
    assert (told.status, told.problems[0].code, summary.code) == ("failure", "crashed", ExitCode.UNREADABLE)
    assert len(killed) >= 2
    assert "SIGKILL" in told.problems[0].message


def start(folder, *options):
    command = [sys.executable, "-m", "docai", "batch", folder / "in", "-o", folder / "out", "--workers", "1", *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def events_until(process, kind, count=1):
    seen = 0
    for line in process.stdout:
        seen += json.loads(line)["kind"] == kind
        if seen == count:
            return
    raise AssertionError(process.stderr.read())


def test_ctrl_c_finishes_what_is_in_hand_and_the_next_run_the_rest(folder):
    for n in range(20):
        (folder / "in" / f"more{n}.pdf").write_bytes(pages_of_text(2))
    with start(folder, "--progress", "json") as process:
        events_until(process, "document", 2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "the same command goes on" in said
    with LedgerView.open(folder / "out") as view:
        counts = view.counts()
    assert counts.running == 0
    assert 2 <= counts.done < 23
    assert len(written(folder)) == counts.done
    assert run(folder).done == 23 - counts.done


def test_killed_at_any_moment_nothing_is_lost_and_nothing_done_twice(folder):
    for n in range(12):
        (folder / "in" / f"more{n}.pdf").write_bytes(pages_of_text(2))
    for moment in range(4):
        with start(folder, "--progress", "json") as process:
            events_until(process, "document" if moment else "page")
            time.sleep(0.02 * moment)
            process.kill()
    before = read(folder)
    with LedgerView.open(folder / "out") as view:
        done = {f"{entry.stem}.json" for entry in view.entries({"done"})}
    assert done
    summary = run(folder)
    after = read(folder)
    assert (summary.code, summary.done + summary.before, len(after)) == (ExitCode.OK, 15, 15)
    assert all(after[name] == before[name] for name in done)
    assert {Document.model_validate_json(path.read_bytes()).status for path in written(folder).values()} == {"success"}
    assert not list((folder / "out").rglob("*.part"))


def test_more_memory_than_may_be_taken_is_refused_before_anything_begins(folder):
    with pytest.raises(ValueError, match="allow more, or fewer workers"):
        run(folder, settings=Settings(workers=8, max_memory=2 * LEAST_MEMORY))


def test_an_output_folder_that_cannot_be_written_stops_the_run_and_nothing_is_lost(folder):
    def vanish(event):
        if event.kind == "document":
            (folder / "out").rename(folder / "gone")

    with pytest.raises(Exception, match=r"run again|run the same command again"):
        run(folder, on_progress=vanish)
    if (folder / "out").exists():
        subprocess.run(["rm", "-r", folder / "out"], check=True)
    (folder / "gone").rename(folder / "out")
    assert run(folder).code == ExitCode.OK
    assert len(written(folder)) == 3


def test_a_url_that_nobody_vouches_for_is_fetched_and_read_only_if_its_bytes_changed(tmp_path):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(held[0])

        def log_message(self, *_):
            pass

    held = [pages_of_text(1)]
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/a.pdf"
        when = []
        for pages in (1, 1, 2):
            held[0] = pages_of_text(pages) if pages == 2 else held[0]
            assert run_batch([url], tmp_path / "out", settings=ONE).code == ExitCode.OK
            when.append((tmp_path / "out" / "a.pdf.json").stat().st_mtime_ns)
        server.shutdown()
    assert when[0] == when[1] < when[2]
