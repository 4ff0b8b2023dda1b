"""A batch as it is seen: the same numbers on wide, narrow and no terminals, and nothing there that could break it."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from docai import batch_progress
from docai.batch_progress import LINES, Pace, shown
from docai.document import Problem
from docai.work import Event

NAME = "in/[red]\x1b]0;owned\x07\nfailed: b\u202e스캔.pdf"
SAFE = "in/[red]\\x1b]0;owned\\x07\\x0afailed: b\\u202e스캔.pdf"
NOTHING = {"stem": None, "page": None, "status": None, "problem": None, "message": "", "more": False}
ZEROS = dict.fromkeys("done failed known before pages memory workers".split(), 0)
PROBLEM = Problem(code="encrypted", message="a.pdf is encrypted; give its password", severity="error", page_number=3)
FAR = {"done": 1204, "failed": 13, "known": 10_000, "more": True, "pages": 24_310, "memory": 3_210_000_000, "workers": 4}
# A process that shows events; told on its standard error or in a file that it got to its end
PROGRAM = """
import sys
from pathlib import Path
from rich.console import Console
from docai.batch_progress import shown
from docai.document import Problem
from tests.test_batch_progress import NAME, PROBLEM, event

with shown(sys.argv[1], Console(stderr=True)) as show:
    for number in range(int(sys.argv[2])):
        show(event("document", stem=NAME, status="failure", problem=PROBLEM, done=number + 1, failed=number + 1, known=20_000,
                   pages=number, seconds=number / 10))
    show(event("ended", done=number + 1, failed=number + 1, known=20_000, message="report: out/docai-report.html"))
Path(sys.argv[3]).write_text("ended well")
"""


def event(kind="page", seconds=0.0, **told):
    return Event(**{**NOTHING, **ZEROS, "kind": kind, "seconds": seconds, **told})


def started(kind, count, mark):
    command = [sys.executable, "-c", PROGRAM, kind, str(count), str(mark)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def terminal(width):
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system="standard")


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


# The pace


def test_the_rate_is_that_of_the_last_minute_and_falls_while_nothing_comes():
    pace = Pace()
    assert pace.pages_per_second(100.0) is None
    for second in range(601):  # one page a second, then four
        pace.add(event(seconds=second, pages=second if second < 300 else 300 + 4 * (second - 300)))
    assert pace.pages_per_second(600.0) == pytest.approx(4.0, rel=0.05)
    assert pace.pages_per_second(630.0) == pytest.approx(2.0, rel=0.1)
    assert pace.pages_per_second(700.0) is None


def test_nothing_is_said_of_the_rate_or_the_rest_in_the_beginning():
    pace, early = Pace(), event(seconds=2.0, pages=90, done=3, known=10)
    pace.add(early)
    assert pace.pages_per_second(2.0) is None
    assert pace.seconds_left(early, 2.0) is None


def test_thousands_of_events_a_second_take_little_room_and_lose_no_page():
    pace = Pace()
    for number in range(100_000):
        pace.add(event(seconds=number / 1000, pages=number))
    assert len(pace._seen) < 300
    assert pace.pages_per_second(100.0) == pytest.approx(1000, rel=0.02)


def test_the_rest_takes_as_long_as_its_documents_have_pages_at_the_rate_of_now():
    pace = Pace()
    for second in range(0, 401, 4):  # 400 s, 2 pages a second, 40 documents of 20 pages
        pace.add(event(seconds=second, pages=2 * second))
    last = event(seconds=400.0, pages=800, done=40, known=100)
    assert pace.seconds_left(last, 400.0) == pytest.approx(60 * 20 / 2, rel=0.1)
    assert pace.seconds_left(event(seconds=400.0, pages=800, done=100, known=100), 400.0) == 0.0
    assert pace.seconds_left(event(seconds=400.0, done=40, known=100), 400.0) == pytest.approx(600.0)  # all failed, no pages


def test_an_event_tells_its_own_means_and_nothing_before_there_are_any():
    told = event(seconds=100.0, pages=50, done=10, known=40)
    assert (told.pages_per_second, told.seconds_left) == (0.5, 300.0)
    assert event(seconds=1.0).pages_per_second is event(seconds=1.0, known=3).seconds_left is None
    assert event(seconds=100.0, done=10, known=40, more=True).seconds_left is None


# The bar


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_the_bar_tells_all_and_fits_the_terminal(width):
    console = terminal(width)
    board = batch_progress._Board(batch_progress._nothing)
    for second in range(100):
        board.take(event(**{**FAR, "seconds": second, "pages": 24_310 - 11 * (99 - second)}))
    with console.capture() as captured:
        console.print(board)
    lines = plain(captured.get()).splitlines()
    assert max(map(len, lines)) <= width
    for part in ["1,204 of 10,000+", "24,310 pages", "left", "3.2 GB", "4 workers", "01:39"]:
        assert any(part in line for line in lines), part
    if width >= 40:
        assert "13 failed" in "".join(lines)
        assert "pages/s" in "".join(lines)


def test_ten_thousand_failures_do_not_flood_and_none_is_forgotten():
    console, began = terminal(80), time.monotonic()
    with shown("bar", console) as show:
        for number in range(10_000):
            show(event("document", stem=NAME, status="failure", problem=PROBLEM, done=number, failed=number, known=10_000))
    told = plain(console.file.getvalue())
    lines = told.count(f"failed: {SAFE}, page 3: a.pdf is encrypted; give its password")
    assert 0 < lines <= LINES * (time.monotonic() - began + 2)
    assert lines + sum(int(count.replace(",", "")) for count in re.findall(r"and ([\d,]+) more such lines", told)) == 10_000
    assert "\x1b]0;" not in console.file.getvalue()
    assert "\u202e" not in told


def test_retries_documents_in_part_and_notes_are_told_and_what_went_well_is_not():
    console = terminal(120)
    with shown("auto", console) as show:
        show(event("begun", known=3))
        show(event("retry", stem="slow.pdf", page=7, message="over its time limit; once more, page by page", known=3))
        show(event("document", stem="part.pdf", status="partial_success", problem=PROBLEM, done=1, known=3))
        show(event("document", stem="well.pdf", status="success", done=2, known=3))
        show(event("note", message="the disk is nearly full\x1b[2J", done=2, known=3))
        show(event("ended", seconds=90.0, pages=45, done=2, known=3, before=5, message="report: out/docai-report.html"))
    told = plain(console.file.getvalue())
    assert "once more: slow.pdf, page 7: over its time limit; once more, page by page" in told
    assert "in part: part.pdf, page 3: a.pdf is encrypted" in told
    assert "the disk is nearly full\\x1b[2J" in told
    assert "well.pdf" not in told
    end = (
        "1 of 3 documents done, 1 in part, 1 put back, 5 done before; "
        "45 pages in 1 min 30 s, 30.0 pages/min; report: out/docai-report.html"
    )
    assert told.rstrip().endswith(end)


# Without a terminal


def test_a_log_gets_a_line_now_and_then_though_nothing_happens(monkeypatch):
    monkeypatch.setattr(batch_progress, "EVERY", 0.01)
    console = Console(file=io.StringIO(), force_terminal=False)
    with shown("auto", console) as show:
        show(event(**FAR, seconds=3600.0))
        deadline = time.monotonic() + 10
        while console.file.getvalue().count("\n") < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    lines = console.file.getvalue().splitlines()
    expected = "1:00:00 · 1,204 of 10,000+ documents, 13 failed · 24,310 pages · 6.8 pages/s"
    assert len(lines) >= 3
    assert all(line.startswith(expected[:50]) and line.endswith("3.2 GB · 4 workers") for line in lines[:-1])
    assert lines[-1].startswith("1,191 of 10,000+ documents done, 13 failed, 8,796 put back; 24,310 pages in 1 h 00 min")
    assert "\x1b" not in console.file.getvalue()


def test_programs_get_an_object_a_line_and_people_the_closing_line(tmp_path):
    out, log = started("json", 200, tmp_path / "mark").communicate(timeout=60)
    lines = [json.loads(line) for line in out.decode("ascii").splitlines()]
    assert len(lines) == 201
    assert lines[150] == {
        "version": 1,
        "kind": "document",
        "stem": NAME,
        "page": None,
        "status": "failure",
        "message": "",
        "more": False,
        "done": 151,
        "failed": 151,
        "known": 20_000,
        "before": 0,
        "pages": 150,
        "seconds": 15.0,
        "memory": 0,
        "workers": 0,
        "problem": {"code": "encrypted", "message": PROBLEM.message, "severity": "error", "page_number": 3, "block": None},
        "pages_per_second": 10.0,
        "seconds_left": lines[150]["seconds_left"],
    }
    assert lines[150]["seconds_left"] == pytest.approx((20_000 - 151) * (150 / 151) / 10, rel=0.01)
    assert log.decode().splitlines() == [
        "0 of 20,000 documents done, 200 failed, 19,800 put back; 0 pages in 0.0 s; report: out/docai-report.html"
    ]


@pytest.mark.parametrize(("kind", "stream"), [("json", "stdout"), ("auto", "stderr")])
def test_a_reader_that_goes_away_ends_no_batch(kind, stream, tmp_path):
    process = started(kind, 5000, tmp_path / "mark")
    getattr(process, stream).readline()
    getattr(process, stream).close()
    other = process.stderr if stream == "stdout" else process.stdout
    rest = other.read()
    other.close()
    assert process.wait(timeout=60) == 0
    assert (tmp_path / "mark").read_text() == "ended well"
    assert b"Traceback" not in rest
    assert b"BrokenPipe" not in rest


def test_none_says_nothing(tmp_path):
    assert started("none", 10, tmp_path / "mark").communicate(timeout=60) == (b"", b"")
    assert (tmp_path / "mark").exists()
