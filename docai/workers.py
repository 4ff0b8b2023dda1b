"""Processes that read documents side by side, each killed when it takes too long or too much, and replaced.

One pipe a worker, and `connection.wait` over all: never a queue or a lock shared with a process that may be killed, which
would leave it locked. Spawned, never forked: a fork inherits the other workers' pipes, whose ends then never close.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator, MutableSequence, Sequence
from dataclasses import dataclass, replace
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal

from docai.errors import BackendUnavailable
from docai.inputs import PRIVATE
from docai.processes import clean_start, cores, kill, memory_limit, memory_of
from docai.registry import load
from docai.work import Outcome, Settings, Setup, Work

Ended = Literal["time_limit", "document_time_limit", "memory_limit", "crashed"]

START_SECONDS: Final = 300.0  # to load what reads, from a disk that may sleep
LOOK_SECONDS: Final = 0.1  # between looks at memory that the system does not refuse by itself
FALSE_STARTS: Final = 3  # workers in a row that end before they are ready: then none will ever be
KILLED_STARTS: Final = 10  # and that are killed: somebody may do so
MEMORY_SHARE: Final = 0.8  # of the machine's, where nothing is said: the rest is the system's and its file cache's
LEAST_MEMORY: Final = 1_000_000_000  # bytes a worker: 400 MB of libraries and OCR, and an A3 page at 600 dpi as pixels three times
MOST_WORDS: Final = 300  # letters of what a process printed last
DATA_SHARE: Final = 0.9  # of a worker's bytes, that it may hold itself; 100 MB more are libraries' code, which lies in files


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a worker may take before it is killed or replaced.

    Attributes:
        page_seconds: Without turning to another page.
        document_seconds: For a document; None for any.
        memory: Bytes; None for any.
        documents: After how many it is replaced, since libraries in C lose some memory with each.
    """

    page_seconds: float = 300.0
    document_seconds: float | None = None
    memory: int | None = None
    documents: int = 1000


def share_of(settings: Settings) -> tuple[int, Bounds]:
    """Return how many workers there are, and what each may take.

    Raises:
        ValueError: There is less memory than the workers asked for need.
    """
    whole = settings.max_memory if settings.max_memory is not None else int(MEMORY_SHARE * memory_limit())
    (own,) = memory_of([os.getpid()]).values()
    room = max(0, whole - own)
    count = settings.workers if settings.workers is not None else max(1, min(cores(), room // LEAST_MEMORY))
    if room < count * LEAST_MEMORY and settings.max_memory is not None:
        want = (count * LEAST_MEMORY + own) / 1e9
        raise ValueError(f"{count} workers need {want:.1f} GB, and may take {whole / 1e9:.1f} GB; allow more, or fewer workers")
    memory = room // count if settings.max_memory is not None else max(room // count, LEAST_MEMORY)
    return count, Bounds(settings.page_seconds, settings.document_seconds, memory, settings.recycle)


@dataclass(frozen=True, slots=True)
class PageDone:
    """A worker has read a page."""

    work: Work
    page: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class DocumentDone:
    """A worker has done with a document."""

    work: Work
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Broken:
    """A worker was killed, or died, over a document.

    Attributes:
        page: The page that it was at; None before the first and after the last.
        seconds: Since it began with the document.
        detail: What is known of the end, in words.
    """

    work: Work
    ended: Ended
    page: int | None
    seconds: float
    detail: str


News = PageDone | DocumentDone | Broken


@dataclass(slots=True, eq=False)
class _Hand:
    """A worker, as its parent sees it."""

    process: BaseProcess
    pipe: connection.Connection
    log: Path
    place: MutableSequence[int]
    news_at: float
    changes: int = 0
    ready: bool = False
    leaving: bool = False
    work: Work | None = None
    began: float = 0.0
    documents: int = 0
    peak: int = 0

    @property
    def page(self) -> int | None:
        """The page that is being read."""
        return self.place[0] or None

    @property
    def idle(self) -> bool:
        return self.ready and not self.leaving and self.work is None


class Pool:
    """A number of workers.

    Law: of each work that is given, exactly one `DocumentDone` or `Broken` comes back, unless the pool is closed before.
    """

    def __init__(
        self, setup: Callable[[int], Setup], count: int, bounds: Bounds = Bounds(), clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin to start workers.

        Args:
            setup: How the worker of a number, from 0, reads.
            count: How many; at least 1.
            bounds: What each may take.
            clock: That tells seconds, and never goes back.
        """
        if count < 1:
            raise ValueError(f"{count} workers; want at least 1")
        self.bounds, self.count = bounds, count
        self._setup, self._clock = setup, clock
        self._context = multiprocessing.get_context("spawn")
        self._hands: list[_Hand | None] = [None] * count
        self._old: list[_Hand] = []  # to be replaced once the ones after them are ready
        self._false_starts = self._started = 0
        self._mark = secrets.token_hex(4)  # pools on several machines may share a folder
        self._looked = -1.0
        self._memory: dict[int, int] = {}

    def __enter__(self) -> Pool:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Kill all that is left."""
        for hand in self._all():
            kill(hand.process) if hand.work is not None or not hand.ready else self._dismiss(hand)
        for hand in self._all():
            hand.process.join(1.0)
            self._forget(hand)
        self._hands, self._old = [None] * self.count, []

    @property
    def free(self) -> int:
        """How many works can be given now."""
        return sum(hand.idle for hand in self._all())

    @property
    def busy(self) -> tuple[Work, ...]:
        """What is being read."""
        return tuple(hand.work for hand in self._all() if hand.work is not None)

    @property
    def memory(self) -> int:
        """How many bytes all workers and this process held when they were last looked at."""
        return sum(self._memory.values())

    @property
    def processes(self) -> tuple[int, ...]:
        """Their numbers in the system."""
        return tuple(hand.process.pid for hand in self._all() if hand.process.pid is not None)

    def give(self, work: Work) -> None:
        """Have a document read by a worker that is idle."""
        hand = next(hand for hand in self._all() if hand.idle)
        now = self._clock()
        hand.work, hand.began, hand.news_at, hand.peak = work, now, now, 0
        hand.place[0] = 0
        hand.documents += 1
        with contextlib.suppress(OSError):  # it has died, which `wait` finds out and tells
            hand.pipe.send(work)

    def wait(self, seconds: float) -> list[News]:
        """Return what happened, after at most some seconds; starts workers where they are missing.

        Raises:
            DocaiError: No worker can do its work, for the same reason.
        """
        self._fill()
        until = self._clock() + seconds
        while True:
            pipes = {hand.pipe: hand for hand in self._all()}
            left = max(0.0, min(until - self._clock(), LOOK_SECONDS))
            news: list[News] = []
            for pipe in connection.wait(list(pipes), left):
                news += self._heard(pipes[pipe])  # type: ignore[index]
            news += self._looked_after()
            if news or self.free or self._clock() >= until:
                return news

    def _all(self) -> list[_Hand]:
        return [*self._old, *(hand for hand in self._hands if hand is not None)]

    def _fill(self) -> None:
        for number, hand in enumerate(self._hands):
            if hand is None:
                self._hands[number] = self._start(number)
            elif hand.documents >= self.bounds.documents and len(self._old) < self.count:
                self._old.append(hand)  # it goes on until the one that takes its place is ready
                self._hands[number] = self._start(number)

    def _start(self, number: int) -> _Hand:
        setup = self._setup(number)
        private = setup.output / PRIVATE
        temporary = private / "temporary"
        temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._started += 1
        log = private / f"{self._mark}-{self._started}.log"
        ours, theirs = self._context.Pipe()
        bound = None if self.bounds.memory is None else int(self.bounds.memory * DATA_SHARE)
        place = self._context.RawArray("q", 2)  # shared without a lock, which a process that is killed would keep
        told = (theirs, place, setup, log, bound)
        process = self._context.Process(target=_serve, args=told, name=f"docai worker {number}", daemon=True)
        with clean_start({"TMPDIR": str(temporary.resolve()), "TEMP": str(temporary.resolve())}):
            process.start()
        theirs.close()  # or its end would not be seen
        return _Hand(process, ours, log, place, self._clock())

    def _heard(self, hand: _Hand) -> Iterator[News]:
        """Yield what a worker tells, until it has told all or is dead."""
        try:
            while hand in self._all() and hand.pipe.poll():
                yield from self._told(hand, hand.pipe.recv())
        except (EOFError, OSError):
            yield from self._gone(hand)

    def _told(self, hand: _Hand, message: Sequence[Any]) -> Iterator[News]:
        hand.news_at = self._clock()
        what, *more = message
        if what == "ready":
            hand.ready, self._false_starts = True, 0
            self._retire()
        elif what == "unable":
            self._forget(hand)
            raise more[0]
        elif what == "full":
            yield from self._killed(hand, "memory_limit", "it wanted more memory than it may hold")
        elif what == "page" and hand.work is not None:
            yield PageDone(hand.work, *more)
        elif what == "done" and hand.work is not None:
            work, hand.work = hand.work, None
            yield DocumentDone(work, replace(more[0], peak_memory=hand.peak))
            self._retire()

    def _retire(self) -> None:
        """Let go of workers that have done enough, as far as others have taken their places."""
        starting = sum(hand is None or not hand.ready for hand in self._hands)
        staying = [hand for hand in self._old if not hand.leaving]
        for hand in [hand for hand in staying if hand.idle][: max(0, len(staying) - starting)]:
            self._dismiss(hand)

    def _dismiss(self, hand: _Hand) -> None:
        hand.leaving, hand.news_at = True, self._clock()
        with contextlib.suppress(OSError):
            hand.pipe.send(None)

    def _gone(self, hand: _Hand) -> Iterator[News]:
        """Tell of a worker that has died by itself."""
        hand.process.join(1.0)
        code, work, words = hand.process.exitcode, hand.work, _last_words(hand.log)
        self._forget(hand)
        if work is not None:
            detail = f"{_ending(code)}{f' ({words})' if words else ''}"
            yield Broken(work, "crashed", hand.page, self._clock() - hand.began, detail)
        elif not hand.ready:
            self._false_starts += 1
            if self._false_starts >= (FALSE_STARTS if code is None or code >= 0 else KILLED_STARTS):
                raise BackendUnavailable(f"workers die when they start: {_ending(code)} {words}; run docai doctor")

    def _forget(self, hand: _Hand) -> None:
        _kill(hand)
        hand.log.unlink(missing_ok=True)
        self._hands = [None if one is hand else one for one in self._hands]
        self._old = [one for one in self._old if one is not hand]

    def _looked_after(self) -> Iterator[News]:
        """Kill workers that take too long or too much, and tell of what they were at."""
        now = self._clock()
        for hand in self._all():
            if not hand.ready:
                if now - hand.news_at > START_SECONDS:
                    yield from self._killed(hand, "time_limit", f"it did not start within {START_SECONDS:.0f} s")
            elif hand.leaving:
                if now - hand.news_at > self.bounds.page_seconds:
                    self._forget(hand)
            elif hand.work is not None:
                if hand.place[1] != hand.changes:
                    hand.changes, hand.news_at = hand.place[1], now
                yield from self._over_time(hand, now)
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        hands = {hand.process.pid: hand for hand in self._all() if hand.process.pid is not None}
        self._memory = memory_of([*hands, os.getpid()])
        for pid, hand in hands.items():
            held = self._memory.get(pid, 0)
            hand.peak = max(hand.peak, held)
            if self.bounds.memory is not None and held > self.bounds.memory and hand in self._all():
                told = f"it held {held / 1e6:,.0f} MB, and may hold {self.bounds.memory / 1e6:,.0f} MB"
                yield from self._killed(hand, "memory_limit", told)

    def _over_time(self, hand: _Hand, now: float) -> Iterator[News]:
        if now - hand.news_at > self.bounds.page_seconds:
            yield from self._killed(hand, "time_limit", f"it took longer than {self.bounds.page_seconds:g} s")
        elif self.bounds.document_seconds is not None and now - hand.began > self.bounds.document_seconds:
            yield from self._killed(hand, "document_time_limit", f"it took longer than {self.bounds.document_seconds:g} s in all")

    def _killed(self, hand: _Hand, ended: Ended, detail: str) -> Iterator[News]:
        work, seconds = hand.work, self._clock() - hand.began
        self._forget(hand)
        if work is not None:
            yield Broken(work, ended, hand.page, seconds, detail)


def _serve(*arguments: Any) -> None:
    """Read documents; what that takes is imported in the worker alone."""
    load("docai.worker:serve")(*arguments)


def _last_words(log: Path) -> str:
    """Return the last line of what a process that died has printed; nothing if it printed none."""
    with contextlib.suppress(OSError):
        lines = log.read_bytes()[-8192:].decode("utf-8", "replace").split("\n")
        found = [line.strip() for line in lines if line.strip()]
        fatal = [line for line in found if line.startswith(("Fatal Python error", "terminate called", "MemoryError"))]
        return next((line[:MOST_WORDS] for line in reversed(fatal or found)), "")
    return ""


def _kill(hand: _Hand) -> None:
    kill(hand.process)
    hand.pipe.close()


def _ending(code: int | None) -> str:
    """Return how a process ended, in words."""
    if code is None:
        return "the process closed its pipe"
    if code >= 0:
        return f"the process ended with code {code}"
    try:
        return f"the process was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"the process was ended by signal {-code}"
