"""Samples without end: each is drawn, scanned and asked about when its number is asked for, and nothing is stored."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Generator
from dataclasses import dataclass
from itertools import count as counting
from multiprocessing.connection import Connection
from random import Random
from typing import Any, Final

import cv2

from docai.dialects import Dialect
from docai.errors import BackendError
from fine_tune.samples import BadSample, Sample, Source
from fine_tune.synth import strips
from fine_tune.synth.drawn import DrawnPage
from fine_tune.synth.pages import draw_page
from fine_tune.synth.questions import DRAWN_FOR, KINDS, MOST_TURNS, Kind, asked_about, blank, form_of
from fine_tune.synth.questions.texts import Form
from fine_tune.synth.scanning import scanned
from fine_tune.synth.scanning.hand import WRITTEN_KINDS, handwritten
from fine_tune.synth.words import LANGUAGES, Language

PREFIX: Final = "synth/"
TRIES: Final = 20  # pages that are drawn until there is something of the kind on one
BLANK: Final = 0.03  # of samples are of empty pages, so that nothing is read where nothing stands
BLANK_KINDS: Final = frozenset({"reading", "captions", "grounding", "questions", "pages"})  # which an empty page has an answer to
BY_HAND: Final = 0.35  # of pages that people fill in are filled in by hand
FAREWELL: Final = 5.0  # seconds that a process is given to end once nobody listens to it


@dataclass(frozen=True, slots=True)
class SynthSource:
    """Samples of one kind about drawn pages, as a `fine_tune.samples.Source` without end.

    A sample is a pure function of the source and of its number, in any process, on machines with the same fonts.

    Attributes:
        kind: What is asked: one of `fine_tune.synth.questions.KINDS`.
        seed: Sources of other seeds have other pages.
        languages: Of the pages.
        held_out: Whether pages and questions are of fonts, words and wordings that the others do not have: for measuring.
        scanned: The share of pages, 0..1, that come from a scanner or a telephone; the rest are as they were drawn.
        strength: How bad these are, 0..1; by chance if None.
        dpi: Pixels per inch that pages are drawn at.
        form: How readings are told: "words" with boxes, plain "lines", or "blocks" with boxes.
        turns: How many questions a page is asked at most.
    """

    kind: Kind
    seed: int = 0
    languages: tuple[Language, ...] = LANGUAGES
    held_out: bool = False
    scanned: float = 0.5
    strength: float | None = None
    dpi: int = 100
    form: Form = "blocks"
    turns: int = MOST_TURNS

    @property
    def name(self) -> str:
        """As mixtures call it: "synth/reading"."""
        return f"{PREFIX}{self.kind}"

    @property
    def count(self) -> int | None:
        """None: there is no last one."""
        return None

    def sample(self, number: int) -> Sample:
        """Return a sample, by its number from 0.

        Raises:
            BadSample: No page had anything of the kind on it.
            MissingDependency: No font on this machine has the letters of the language.
        """
        origin = f"{self.name}:{number}"
        for attempt in range(TRIES):
            random = Random(f"{self.name} {self.seed} {number} {attempt} {self.held_out}")
            drawn = self._page(random)
            told = asked_about(drawn, self.kind, random.getrandbits(32), form=self.form, turns=self.turns, held_out=self.held_out)
            if told is not None:
                return Sample(told.views, told.turns, origin)
        raise BadSample(origin, f"none of {TRIES} pages had anything to ask of the kind {self.kind!r}; draw other kinds of pages")

    def _page(self, random: Random) -> DrawnPage:
        kinds = DRAWN_FOR.get(self.kind)
        drawn = page_of(
            random.getrandbits(32),
            kind=random.choice(kinds) if kinds else None,
            language=random.choice(self.languages),
            held_out=self.held_out,
            dpi=self.dpi,
        )
        if self.kind in BLANK_KINDS and random.random() < BLANK:
            drawn = blank(drawn)
        return scanned(drawn, random.getrandbits(32), self.strength) if random.random() < self.scanned else drawn


def page_of(seed: int, **options: Any) -> DrawnPage:
    """Return a drawn page, which may be filled in by hand; `options` are those of `fine_tune.synth.pages.draw_page`."""
    drawn = draw_page(seed, **options)
    by_hand = drawn.kind in WRITTEN_KINDS and Random(f"by hand {seed}").random() < BY_HAND
    return handwritten(drawn, seed, held_out=bool(options.get("held_out"))) if by_hand else drawn


def synth_source(name: str, *, seed: int = 0, dialect: Dialect | None = None, **options: Any) -> Source:
    """Return the source that a mixture calls "synth/reading", or by another of the kinds; "synth/strips/reading" are tiny pictures.

    Args:
        name: With its prefix.
        seed: Sources of other seeds have other pages.
        dialect: Whose readers are to learn from it: readings are told as it tells them.
        options: The other attributes of `SynthSource`.

    Raises:
        ValueError: There is none of that name.
    """
    if name.startswith(strips.PREFIX):
        return strips.strips_source(name, seed=seed)
    kind = name.removeprefix(PREFIX)
    if not name.startswith(PREFIX) or kind not in KINDS:
        raise ValueError(f"no source {name!r}; there are {', '.join(f'{PREFIX}{known}' for known in KINDS)}")
    if dialect is not None:
        options = {"form": form_of(dialect), **options}
    return SynthSource(kind=kind, seed=seed, **options)


# Many at once


def stream(source: Source, workers: int, *, start: int = 0, count: int | None = None) -> Generator[Sample | BadSample, None, None]:
    """Give the samples of a source in order, made by so many processes; those that cannot be used as the `BadSample` that says why.

    Each process makes every so many-th sample and is one ahead at most, so that memory stays flat. They end when the generator is
    closed, or with this process, however it ends.

    Args:
        source: What pickles, as all sources do that are values.
        workers: Processes, at least 1.
        start: The first number.
        count: How many samples; without, there is no end.

    Raises:
        ValueError: There are no workers.
        BackendError: A process ended before its time; what it wrote on the terminal says why.
    """
    if workers < 1:
        raise ValueError(f"{workers} workers; want at least 1")
    context = multiprocessing.get_context("spawn")
    ends: list[Connection] = []
    processes = []
    try:
        for place in range(workers):
            here, there = context.Pipe(duplex=False)
            process = context.Process(target=_work, args=(source, there, start + place, workers), daemon=True)
            ends.append(here)
            process.start()
            processes.append(process)
            there.close()  # or its end would not be seen
        for number in range(start, start + count) if count is not None else counting(start):
            yield _next(ends[(number - start) % workers], source, number)
    finally:
        for end in ends:
            end.close()  # a process that writes to it then ends
        for process in processes:
            process.join(FAREWELL)
            if process.is_alive():
                process.terminate()
                process.join()


def _next(end: Connection, source: Source, number: int) -> Sample | BadSample:
    try:
        made: Sample | tuple[str, str] = end.recv()
    except EOFError as error:
        message = (
            f"the process that makes {source.name}:{number} has ended; see what it wrote above, and try source.sample({number})"
        )
        raise BackendError(message) from error
    return BadSample(*made) if isinstance(made, tuple) else made


def _work(source: Source, end: Connection, start: int, step: int) -> None:
    """Make every `step`-th sample until nobody listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that listens
    cv2.setNumThreads(1)  # as many processes as there are cores already
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for number in counting(start, step):
            try:
                made: Sample | tuple[str, str] = source.sample(number)
            except BadSample as error:
                made = error.origin, error.reason
            except IndexError:
                return
            end.send(made)
