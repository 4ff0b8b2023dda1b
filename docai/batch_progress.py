"""A batch as it goes on, seen by people (a bar, or lines in a log) and by programs (a JSON object a line)."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, Final, Literal

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from docai.presenting import duration, one_line
from docai.work import Event

Kind = Literal["auto", "bar", "json", "none"]

VERSION: Final = 1  # of the JSON objects; keys may be added to a version, none is removed or changes what it means
EVERY: Final = 30.0  # seconds between the lines of a log: a night of ten hours is 1,200 lines
RECENT: Final = 60.0  # seconds over which the rate is told: some pages of a slow model, and yet what happens now
SETTLED: Final = 10.0  # seconds before a rate is told: models are loaded and the first pages are read
LINES: Final = 5  # lines a second about documents: what one can still read; 10,000 failures would bury everything else
LEAST: Final = 16  # columns of a bar that still shows something
LONGEST: Final = 600  # characters of such a line: a message and a path; some errors of libraries tell whole pages


class Pace:
    """How fast a batch goes now, told from the events of the last minute."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque([(0.0, 0)])  # seconds since the run began, pages read until then

    def add(self, event: Event) -> None:
        """Take an event in; those that come late are told as of the latest."""
        seconds = max(event.seconds, self._seen[-1][0])
        if len(self._seen) > 1 and seconds - self._seen[-2][0] < 0.25:  # thousands of events a second need no thousands of places
            self._seen.pop()
        self._seen.append((seconds, event.pages))
        while len(self._seen) > 2 and self._seen[1][0] <= seconds - RECENT:
            self._seen.popleft()

    def pages_per_second(self, now: float) -> float | None:
        """Return the rate of the last minute, `now` seconds after the run began; None in the beginning.

        While nothing comes, it falls.
        """
        if now < SETTLED:
            return None
        since = max(0.0, now - RECENT)
        first = 0  # the run began with no pages
        for seconds, pages in self._seen:
            if seconds > since:
                break
            first = pages
        rate = (self._seen[-1][1] - first) / (now - since)
        return rate if rate > 0 else None

    def seconds_left(self, event: Event, now: float) -> float | None:
        """Return how long the documents that are known will take; None while nobody can say.

        As many pages as those that are done had on average, at the rate of the last minute; where no pages are read, for
        documents that all fail, at the rate of documents.
        """
        rest = event.known - event.done
        if rest <= 0:
            return None if event.more else 0.0
        if not event.done or now < SETTLED:
            return None
        if not event.pages:
            return rest * now / event.done
        rate = self.pages_per_second(now)
        return None if rate is None else rest * (event.pages / event.done) / rate


def as_json(event: Event, pace: Pace) -> dict[str, Any]:
    """Return an event as plain JSON values.

    They are `version`, all fields of `Event` by their names, `pages_per_second` of the last minute and `seconds_left` (None
    while nobody can say). `problem` has the keys of a document's problem: code, message, severity, page_number, block.
    """
    told: dict[str, Any] = {"version": VERSION}
    told |= {name: getattr(event, name) for name in event.__slots__}
    rate, left = pace.pages_per_second(event.seconds), pace.seconds_left(event, event.seconds)
    return told | {
        "problem": event.problem and event.problem.model_dump(),
        "seconds": round(event.seconds, 3),
        "pages_per_second": rate and round(rate, 3),
        "seconds_left": left and round(left, 1),
    }


def _documents(event: Event, partial: int) -> str:
    parts = [f"{event.done:,} of {event.known:,}{'+' if event.more else ''} documents"]
    if partial:
        parts.append(f"{partial:,} in part")
    if event.failed:
        parts.append(f"{event.failed:,} failed")
    return ", ".join(parts)


def _details(event: Event, rate: float | None, left: float | None) -> list[str]:
    told = [f"{event.pages:,} page{'' if event.pages == 1 else 's'}"]
    if rate is not None:
        told.append(_rate(rate))
    if left is not None:
        told.append(f"{duration(left)}{'+' if event.more else ''} left")
    if event.memory:
        told.append(f"{event.memory / 1e9:,.1f} GB")
    told.append(f"{event.workers} worker{'' if event.workers == 1 else 's'}")
    return told


def _rate(rate: float) -> str:
    return f"{rate:,.1f} pages/s" if rate >= 0.95 else f"{rate * 60:,.1f} pages/min"


def closing(event: Event, partial: int) -> str:
    """Return what a batch ends with, as one line: what became of its documents, how fast, and where the report is."""
    left = event.known - event.done
    parts = [f"{event.done - event.failed - partial:,} of {event.known:,}{'+' if event.more else ''} documents done"]
    parts += [f"{count:,} {what}" for count, what in ((partial, "in part"), (event.failed, "failed"), (left, "put back")) if count]
    if event.before:
        parts.append(f"{event.before:,} done before")
    speed = "" if event.pages_per_second is None else f", {_rate(event.pages_per_second)}"
    told = f"{', '.join(parts)}; {event.pages:,} pages in {duration(event.seconds)}{speed}"
    return f"{told}; {one_line(event.message)}" if event.message else told


class _Board:
    """What people see of a batch: the state of the latest event, and lines about what went wrong, not too many of them."""

    def __init__(self, say: Callable[[str, str], None]) -> None:
        """Begin; `say` shows a line, by a style of rich's that need not be heeded."""
        self._show = say
        self._unsaid: list[tuple[str, str]] = []
        self._lock = threading.Lock()  # the bar and the log are drawn by threads of their own
        self._pace = Pace()
        self._latest: Event | None = None
        self._heard = time.monotonic()
        self._partial = 0
        self._second, self._said, self._withheld = 0, 0, 0

    def take(self, event: Event) -> None:
        """Take an event in, and say what is to be said of it."""
        with self._lock:
            self._pace.add(event)
            self._latest, self._heard = event, time.monotonic()
            self._partial += event.kind == "document" and event.status == "partial_success"
            line = _line(event)
            if event.kind == "note" and event.message:  # rare, and of the whole batch: it is never withheld
                self._say(one_line(event.message, LONGEST), "yellow")
            elif line is not None:
                self._say_of_document(*line)
            elif self._withheld:
                self._catch_up()
        self._say_all()

    def _say(self, line: str, style: str) -> None:
        self._unsaid.append((line, style))

    def _say_all(self) -> None:
        """Show the lines: without the lock, since who draws the bar holds the terminal and waits for it."""
        lines, self._unsaid = self._unsaid, []
        for line in lines:
            self._show(*line)

    def _say_of_document(self, line: str, style: str) -> None:
        self._catch_up()
        if self._said < LINES:
            self._said += 1
            self._say(line, style)
        else:
            self._withheld += 1

    def _catch_up(self) -> None:
        """In a new second, say how many lines were withheld in the one before."""
        if int(time.monotonic()) != self._second:
            self._second, self._said = int(time.monotonic()), 0
            if self._withheld:
                self._said, withheld, self._withheld = 1, self._withheld, 0
                self._say(f"and {withheld:,} more such lines; all are in the ledger", "dim")

    def close(self, say: Callable[[str, str], None]) -> None:
        """Say what was withheld, and by `say` what the batch ends with."""
        with self._lock:
            self._second = -1
            self._catch_up()
        self._say_all()
        if self._latest is not None:
            say(closing(self._latest, self._partial), "bold")

    def line(self) -> str | None:
        """Return how far the batch is, as a line; None before the first event."""
        with self._lock:
            if self._latest is None:
                return None
            now = self._now(self._latest)
            return " · ".join((_clock(now), _documents(self._latest, self._partial), *self._details(self._latest, now)))

    def _now(self, event: Event) -> float:
        """Return the seconds since the run began, which go on while no event comes."""
        return event.seconds + (0.0 if event.kind == "ended" else time.monotonic() - self._heard)

    def _details(self, event: Event, now: float) -> list[str]:
        return _details(event, self._pace.pages_per_second(now), self._pace.seconds_left(event, now))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the bar: how many documents, then all else, in as many lines as it takes."""
        with self._lock:
            event = self._latest
            if event is None:
                yield Text("looking for documents …", "dim")
                return
            now = self._now(event)
            details = [_clock(now), *self._details(event, now)]
        counted = Text(f"{event.done:,} of {event.known:,}{'+' if event.more else ''} documents")
        if event.failed:
            counted.append(f" · {event.failed:,} failed", "red")
        bar = ProgressBar(total=max(1, event.known), completed=event.done)
        first = Table.grid(padding=(0, 1), expand=True)
        first.add_column(ratio=1)
        if counted.cell_len + LEAST <= options.max_width:
            first.add_column(no_wrap=True)
            first.add_row(bar, counted)
        else:
            first.add_row(bar)
            first.add_row(counted)
        yield first
        yield Text("\n".join(_wrapped(details, options.max_width)), "cyan", no_wrap=True, overflow="ellipsis")


def _clock(seconds: float) -> str:
    whole = int(seconds)
    hours = f"{whole // 3600}:" if whole >= 3600 else ""
    return f"{hours}{whole // 60 % 60:02}:{whole % 60:02}"


def _wrapped(parts: Iterable[str], width: int) -> list[str]:
    """Return parts in lines of at most `width` columns, which break between parts, not inside."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + 3 + len(part) <= width:
            lines[-1] += f" · {part}"
        else:
            lines.append(part)
    return lines


def _line(event: Event) -> tuple[str, str] | None:
    """Return what is to be said of a document, and the style; None where all is well."""
    if event.kind == "retry":
        what, style = "once more", "yellow"
    elif event.kind == "document" and event.status == "failure":
        what, style = "failed", "red"
    elif event.kind == "document" and event.status == "partial_success":
        what, style = "in part", "yellow"
    else:
        return None
    page = event.page or (event.problem.page_number if event.problem is not None else None)
    where = f"{one_line(event.stem or '')}{f', page {page}' if page else ''}"
    told = event.message or (event.problem.message if event.problem is not None else "")
    return one_line(f"{what}: {where}{f': {told}' if told else ''}", LONGEST), style


class _Lines:
    """Lines written to a stream, each at once; nothing more once whoever reads them is gone."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._open = True

    def write(self, line: str, _: str = "") -> None:
        """Write a line; a style means nothing here."""
        if not self._open:
            return
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except OSError:  # a closed pipe, or a log on a full disk: no reason to lose a batch
            self._open = False
            with suppress(OSError, ValueError):  # what is still buffered must not raise again when Python ends
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, self._stream.fileno())
                os.close(nothing)


def _nothing(*_: object) -> None:
    """Show nothing."""


@contextmanager
def shown(kind: Kind, console: Console) -> Iterator[Callable[[Event], None]]:
    r"""Give a function that shows the events of a batch; what is shown of failures is cut to five lines a second.

    Args:
        kind: `bar` is drawn on `console`, where that is a terminal; elsewhere it is a plain line each 30 seconds, for logs.
            `auto` is the same. `json` writes each event to the standard output, an object a line as `as_json` tells, and
            flushes it. `none` shows nothing. All but `none` end with a line on `console` that sums the batch up.
        console: That of the standard error.

    Who reads the output may go away at any time: the batch goes on, unseen. Control characters in names and messages are
    shown by their numbers (`\x1b`).
    """
    if kind == "none":
        yield _nothing
    elif kind == "json":
        with _for_programs(_Lines(sys.stdout), _Lines(console.file)) as show:
            yield show
    elif console.is_terminal and not console.is_dumb_terminal:
        with _live(console) as show:
            yield show
    else:
        with _logged(_Lines(console.file)) as show:
            yield show


@contextmanager
def _for_programs(output: _Lines, log: _Lines) -> Iterator[Callable[[Event], None]]:
    pace = Pace()
    board = _Board(_nothing)

    def show(event: Event) -> None:
        pace.add(event)
        board.take(event)
        output.write(json.dumps(as_json(event, pace)))  # in ASCII, so that no control character is in it

    try:
        yield show
    finally:
        board.close(log.write)


@contextmanager
def _live(console: Console) -> Iterator[Callable[[Event], None]]:
    def say(line: str, style: str) -> None:
        console.print(Text(line, style), soft_wrap=True)

    board = _Board(say)
    try:  # what others print on stderr appears above the bar; stdout is no business of it
        with Live(board, console=console, refresh_per_second=4, transient=True, redirect_stdout=False):
            yield board.take
    finally:
        board.close(say)


@contextmanager
def _logged(log: _Lines) -> Iterator[Callable[[Event], None]]:
    board = _Board(log.write)
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(EVERY):
            line = board.line()
            if line is not None:
                log.write(line)

    teller = threading.Thread(target=tell, name="docai-progress", daemon=True)
    teller.start()
    try:
        yield board.take
    finally:
        ended.set()
        teller.join()
        board.close(log.write)
