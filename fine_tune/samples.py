"""What a model learns from: what it is shown, what it is asked, and what it should say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from docai.tasks import Task
from docai.tiling import View


class BadSample(ValueError):
    """A sample that cannot be learnt from; where it stands, and why, are its message: "invoices.jsonl:17: no such picture …"."""

    def __init__(self, origin: str, reason: str) -> None:
        """Tell where the sample stands and what is wrong with it."""
        super().__init__(f"{origin}: {reason}")
        self.origin, self.reason = origin, reason


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and the answer that should be given.

    Attributes:
        task: What is asked; free questions are `docai.tasks.asking.Ask`. Boxes of tasks are in the frame of the view's page.
        answer: Of the task's answer type, boxes in the frame of the page (as `Reply.answer` has them), for the dialect to
            encode; or a string, which is taken as it stands: it is in the words of the model already.
        rejected: An answer of the same kinds that is worse, for learning by preference; None where there is none.
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
    """

    views: tuple[View, ...]
    turns: tuple[Turn, ...]
    origin: str
    system: str | None = None


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
