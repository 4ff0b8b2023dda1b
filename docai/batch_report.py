"""What became of a batch, told from its ledger: how it stands now, and a report as JSON, CSV and one page of HTML."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any, Final, Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from docai.batch_page import page_of, when
from docai.batch_tally import ENDED, Tally, Troubles
from docai.exporters import Files, program
from docai.ledger_view import Attempt, Counts, Entry, LedgerView, Run
from docai.presenting import duration, one_line, spreadsheet_text

Format = Literal["json", "csv", "html"]

FORMATS: Final[tuple[Format, ...]] = ("json", "csv", "html")
NAME: Final = "docai-report"  # of the files; what they are made of is in .docai/
VERSION: Final = 1  # of the JSON of reports and of what `docai status` prints
RECENT: Final = 300.0  # seconds over which the rate of a run under way is told: it is only seen when documents end
COLUMNS: Final = (
    "document path state status attempts pages failed_pages confidence error_code error_page error_message seconds "
    "peak_memory finished_at".split()
)


# How it stands


@dataclass(frozen=True, slots=True)
class Status:
    """How a batch stands.

    Attributes:
        folder: That of its outputs.
        counts: Documents in each state, and pages.
        process: The one that is at work there, "host, process 123"; None where none is.
        since: When the last run began; None where none did.
        code: Its exit code; None while it goes on, and where it was killed.
        pages_per_second: Of a run under way, over the last five minutes; None while nobody can say.
        seconds_left: How long the documents that are known will take at that rate.
        failures: Failed documents by the code of what went wrong, what is most frequent first.
    """

    folder: str
    counts: Counts
    process: str | None
    since: datetime | None
    code: int | None
    pages_per_second: float | None
    seconds_left: float | None
    failures: Mapping[str, int]

    def told(self) -> dict[str, Any]:
        """Return it as plain JSON values; `running` tells whether a run is at work."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return {
            "version": VERSION,
            **told,
            "counts": {"known": self.counts.known, **asdict(self.counts)},
            "running": self.process is not None,
            "since": when(self.since) or None,
            "failures": dict(self.failures),
        }

    def printed(self) -> RenderableType:
        """Return it as a table for people."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim")
        grid.add_column(justify="right")
        counts = self.counts
        rows = [
            ("documents", counts.known, ""),
            ("read whole", counts.done - counts.partial, "green"),
            ("read in part", counts.partial, "yellow"),
            ("failed", counts.failed, "red"),
            ("being read", counts.running if self.process is not None else 0, "cyan"),
            ("waiting", counts.waiting + (0 if self.process is not None else counts.running), ""),
            ("pages", counts.pages, ""),
        ]
        for name, count, style in rows:
            if count or name == "documents":
                grid.add_row(name, Text(f"{count:,}", style))
        parts: list[RenderableType] = [Text(one_line(self._state()), "bold"), grid]
        if self.failures:
            table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
            table.add_column("what went wrong")
            table.add_column("documents", justify="right")
            for code, count in self.failures.items():
                table.add_row(Text(one_line(code.replace("_", " "))), f"{count:,}")
            parts += [Text(), table]
        again = [flag for flag, count in (("--failed", counts.failed), ("--partial", counts.partial)) if count]
        if again and self.process is None:
            parts += [Text(), Text(f"to read them again: docai retry {one_line(str(self.folder))} {' '.join(again)}", "dim")]
        return Group(*parts)

    def _state(self) -> str:
        if self.process is not None:
            rate = f", {self.pages_per_second:,.2f} pages/s" if self.pages_per_second is not None else ""
            left = f", {duration(self.seconds_left)} left" if self.seconds_left is not None else ""
            return f"{self.folder}: at work since {when(self.since)} ({self.process}){rate}{left}"
        if self.since is None:
            return f"{self.folder}: no run has begun"
        ended = "ended" if self.code is not None else "was broken off: run it again, and it goes on where it was"
        return f"{self.folder}: the run of {when(self.since)} {ended}" + (f" with exit code {self.code}" if self.code else "")


def status_of(folder: Path) -> Status:
    """Return how the batch of an output folder stands, which may be under way.

    Raises:
        NothingToDo: No batch wrote there.
        LedgerDamaged: Its ledger cannot be read.
    """
    with LedgerView.open(folder) as view:
        runs, counts, holder = view.runs(), view.counts(), view.holder()
        last = runs[-1] if runs else None
        rate = None if holder is None or last is None else _recent_rate(view.attempts(), last)
        failures = Counter(entry.error.code if entry.error is not None else "unknown" for entry in view.entries({"failed"}))
    ended = counts.done + counts.failed
    left = None if not rate or not counts.pages else (counts.waiting + counts.running) * (counts.pages / ended) / rate
    return Status(
        folder=str(folder),
        counts=counts,
        process=None if holder is None else f"{holder.host}, process {holder.pid}",
        since=None if last is None else last.started_at,
        code=None if last is None else last.code,
        pages_per_second=rate,
        seconds_left=left,
        failures=dict(sorted(failures.items(), key=lambda item: (-item[1], item[0]))),
    )


def _recent_rate(attempts: Iterator[Attempt], run: Run) -> float | None:
    """Return the pages a second of the last minutes of a run under way; None where none were read in them."""
    seen = [(attempt.elapsed, attempt.pages) for attempt in attempts if attempt.run == run.number and attempt.pages]
    if not seen:
        return None
    # by the wall clock, which may have been set back: then by what was seen
    now = max(seen[-1][0], (datetime.now(timezone.utc) - run.started_at).total_seconds())
    since = max(0.0, now - RECENT)
    pages = sum(pages for elapsed, pages in seen if elapsed > since)
    return pages / (now - since) if pages and now > since else None


# The report


@dataclass(frozen=True, slots=True)
class Report:
    """The report of an output folder, made of its ledger as it is when it is written.

    Law: all files of one call tell the same; no ledger is too long for it.
    """

    folder: Path

    def write(self, formats: Sequence[Format] = FORMATS, target: Path | None = None) -> tuple[Path, ...]:
        """Write `docai-report.json`, `.csv` and `.html` to a folder (by default that of the outputs) and return the files.

        Each appears whole or not at all. Documents are sorted by name.

        - JSON is an object with `version`, `program`, `made_at`, `counts`, `failures` (documents by code), `runs`, `attempts`
          (those that ended badly) and `documents`, of which each is a line. But for times, the same ledger gives the same bytes.
        - CSV has a row for each document. It is UTF-8 with a byte order mark, without which Excel takes names for another
          encoding, and a text that a spreadsheet would take for a formula has a "'" before it; JSON has it as it is.
        - HTML is one page with nothing from elsewhere; its lists are cut, and say so.

        Raises:
            NothingToDo: No batch wrote there.
            LedgerDamaged: The ledger cannot be read.
            OSError: The folder cannot be written.
        """
        target = self.folder if target is None else target
        made = datetime.now(timezone.utc)
        with ExitStack() as stack:
            view = stack.enter_context(LedgerView.open(self.folder))
            rows = _Rows(stack.enter_context(tempfile.TemporaryFile()))
            places = {name: stack.enter_context(Files(target / NAME, name)) for name in dict.fromkeys(formats)}
            runs, going, tally, troubles = view.runs(), view.holder() is not None, Tally(), Troubles()
            last = runs[-1].number if runs else None
            for entry in view.entries():
                tally.add(entry)
                rows.add(entry)
                if entry.run == last:
                    tally.span = max(tally.span, entry.elapsed or 0.0)
            tally.span = max(tally.span, (runs[-1].seconds or 0.0) if runs else 0.0)
            for attempt in view.attempts():
                troubles.add(attempt)
                if attempt.run == last:
                    tally.spread(attempt)
            if "json" in places:
                summary = {"version": VERSION, "program": program(), "made_at": when(made), **_summary(tally, runs)}
                _write_json(places["json"].open(), summary, view.attempts(), rows)
            if "csv" in places:
                _write_csv(places["csv"].open(), rows)
            if "html" in places:
                stream = places["html"].open()
                name = self.folder.absolute().name
                for piece in page_of(name, tally, runs, troubles, made=f"made by {program()} at {when(made)}", going=going):
                    stream.write(f"{piece}\n".encode())
        return tuple(path for place in places.values() for path in place.paths)


def report(folder: Path) -> Report:
    """Return the report of an output folder.

    Raises:
        NothingToDo: No batch wrote there.
        LedgerDamaged: Its ledger cannot be read.
    """
    with LedgerView.open(folder):
        return Report(folder)


class _Rows:
    """Documents as lines of JSON, kept on disk, to be had in the order of their names."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._places: list[tuple[str, int]] = []

    def add(self, entry: Entry) -> None:
        self._places.append((entry.stem, self._file.tell()))
        self._file.write(_json(_told(entry)) + b"\n")

    def __iter__(self) -> Iterator[bytes]:
        for _, place in sorted(self._places):
            self._file.seek(place)
            yield self._file.readline().rstrip(b"\n")


def _json(value: Any) -> bytes:
    """Return a value as JSON on one line; half characters, which names of files may have, as their escapes."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _told(entry: Entry) -> dict[str, Any]:
    error = entry.error
    return {
        "document": entry.stem,
        "path": entry.path,
        "state": entry.state,
        "status": entry.status,
        "attempts": entry.attempts,
        "pages": entry.pages,
        "failed_pages": entry.failed_pages,
        "confidence": entry.confidence,
        "error": None if error is None else {"code": error.code, "page": error.page_number, "message": error.message},
        "blamed_pages": sorted(entry.blamed),
        "seconds": round(entry.seconds, 3),
        "peak_memory": entry.peak_memory,
        "finished_at": when(entry.finished_at) or None,
        "content_hash": entry.content_hash,
        "engines": list(entry.engines),
        "outputs": list(entry.outputs),
    }


def _summary(tally: Tally, runs: Sequence[Run]) -> dict[str, Any]:
    states = ("waiting", "running", "done", "failed")
    return {
        "counts": {
            "known": tally.count,
            **{state: tally.states[state] for state in states},
            "partial": tally.partial,
            "pages": tally.pages,
            "failed_pages": tally.failed_pages,
        },
        "failures": {code: {"failed": one.failed, "partial": one.partial} for code, one in sorted(tally.failures.items())},
        "runs": [
            {
                "number": run.number,
                "started_at": when(run.started_at),
                "ended_at": when(run.ended_at) or None,
                "seconds": run.seconds,
                "code": run.code,
                "recipe": run.recipe.told(),
                "settings": dict(run.settings),
            }
            for run in runs
        ],
    }


def _write_json(stream: IO[bytes], summary: Mapping[str, Any], attempts: Iterator[Attempt], rows: _Rows) -> None:
    stream.write(b"{\n")
    for name, value in summary.items():
        stream.write(_json(name) + b": " + _json(value) + b",\n")
    bad = (_json(_told_attempt(attempt)) for attempt in attempts if attempt.ended in ENDED)
    _write_list(stream, "attempts", bad)
    stream.write(b",\n")
    _write_list(stream, "documents", iter(rows))
    stream.write(b"\n}\n")


def _told_attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "document": attempt.stem,
        "run": attempt.run,
        "ended": attempt.ended,
        "page": attempt.page,
        "seconds": round(attempt.seconds, 3),
        "ended_at": when(attempt.ended_at),
    }


def _write_list(stream: IO[bytes], name: str, lines: Iterator[bytes]) -> None:
    stream.write(_json(name) + b": [")
    between = b"\n"
    for line in lines:
        stream.write(between + line)
        between = b",\n"
    stream.write(b"\n]")


def _write_csv(stream: IO[bytes], rows: _Rows) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", write_through=True)
    try:
        writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)  # quoted, a name is one cell where ";" parts them, too
        writer.writerow(COLUMNS)
        for row in rows:
            told = json.loads(row)
            error = told["error"] or {"code": None, "page": None, "message": None}
            told |= {f"error_{name}": value for name, value in error.items()}
            cells = (told[name] for name in COLUMNS)
            writer.writerow([spreadsheet_text(cell) if isinstance(cell, str) else cell for cell in cells])
    finally:
        text.detach()  # the place closes the stream
