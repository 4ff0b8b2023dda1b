"""What a model learns from: what it is shown, what it is asked, and what it should say."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Protocol

from docai.document import Word
from docai.tasks import Task
from docai.tiling import View


class BadSample(ValueError):
    """A sample that cannot be learnt from; where it stands, and why, are its message: "invoices.jsonl:17: no such picture …"."""

    def __init__(self, origin: str, reason: str) -> None:
        """Tell where the sample stands and what is wrong with it."""
        super().__init__(f"{origin}: {reason}")
        self.origin, self.reason = origin, reason

    def __reduce__(self) -> tuple[type[BadSample], tuple[str, str]]:
        """Return how it is made again in another process."""
        return type(self), (self.origin, self.reason)


@dataclass(frozen=True, slots=True)
class Cut:
    """An answer that was broken off, in the words of the model: what would have followed is not known, nor that it ended there."""

    text: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and the answer that should be given.

    Attributes:
        task: What is asked; free questions are `docai.tasks.asking.Ask`. Boxes of tasks are in the frame of the view's page.
        answer: Of the task's answer type, boxes in the frame of the page (as `Reply.answer` has them), for the dialect to
            encode; or a string, which is taken as it stands: it is in the words of the model already.
        rejected: An answer of the same kinds that is worse, for learning by preference, or one that is `Cut`, of whose end nothing
            is learnt; None where there is none.
    """

    task: Task
    answer: Any
    rejected: Any = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A conversation about views, or, without any, about nothing but words.

    Attributes:
        views: What is shown before the first question, in order.
        turns: Questions and answers, in order; at least one.
        origin: Where it comes from: "invoices.jsonl:17", "synth/pages:4711".
        system: Words of the system; None for those of the dialect or of the checkpoint.
        glyphs: The letters of the first view, where they are known, with their boxes in the frame of its page; for models from
            nothing, which are asked place by place what stands there.
    """

    views: tuple[View, ...]
    turns: tuple[Turn, ...]
    origin: str
    system: str | None = None
    glyphs: tuple[Word, ...] = ()


class Source(Protocol):
    """Where samples come from: each has a number from 0, and is the same each time it is asked for, in any process.

    Attributes:
        name: As mixtures and messages call it.
        count: How many samples there are; None where they are made as they are asked for and never end.
    """

    @property
    def name(self) -> str: ...
    @property
    def count(self) -> int | None: ...

    def sample(self, number: int) -> Sample:
        """Return a sample.

        Raises:
            BadSample: It cannot be used; the message tells the file, the line and the reason.
            IndexError: There are not so many.
        """


class Listed:
    """Samples at hand, as a source."""

    def __init__(self, name: str, samples: Sequence[Sample]) -> None:
        """Hold some samples."""
        self.name, self.samples, self.count = name, samples, len(samples)

    def sample(self, number: int) -> Sample:
        """Return a sample, by its number from 0."""
        return self.samples[number]


class Joined:
    """Several finite sources, one behind the other, as one."""

    def __init__(self, name: str, sources: Sequence[Source]) -> None:
        """Join sources.

        Raises:
            ValueError: One of them never ends, so that none can stand behind it.
        """
        counts = []
        for source in sources:
            if source.count is None:
                raise ValueError(f"{source.name} never ends; give it a weight of its own in the mixture")
            counts.append(source.count)
        self.name, self.sources = name, tuple(sources)
        self._ends = tuple(accumulate(counts))
        self.count = self._ends[-1] if counts else 0

    def sample(self, number: int) -> Sample:
        """Return a sample, by its number from 0 among all."""
        if not 0 <= number < self.count:
            raise IndexError(f"{self.name} has {self.count} samples, and none of number {number}")
        place = bisect_right(self._ends, number)
        return self.sources[place].sample(number - (self._ends[place - 1] if place else 0))


class Chosen:
    """Some of the samples of a source, by their numbers there, as a source."""

    def __init__(self, source: Source, numbers: Sequence[int]) -> None:
        """Hold the numbers, in order."""
        self.name, self.source, self.numbers, self.count = source.name, source, array("q", numbers), len(numbers)

    def sample(self, number: int) -> Sample:
        """Return a sample, by its number from 0 among those chosen."""
        return self.source.sample(self.numbers[number])
