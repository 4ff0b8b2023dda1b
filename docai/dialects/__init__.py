"""In which words a family of models is asked, and answers: one file a family, each a codec of text and values.

Law: `decode(task, Said(encode(task, x))).answer == x` for what lies on a dialect's lattice; for the rest, boxes move by at most
half a step of it, and a second round trip changes nothing. Whatever was said and wherever it breaks off, `decode` raises nothing
and keeps every item that is complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from docai.document import NO_USAGE, Likelihood, Problem, Usage
from docai.tasks import Task

Finish = Literal["stop", "length", "loop", "failed"]


class Token(NamedTuple):
    """A token of a text: the characters from `start` to `end`, and the natural logarithm of its probability."""

    start: int
    end: int
    log_probability: float


@dataclass(frozen=True, slots=True)
class Said:
    """What a model said.

    Attributes:
        text: All of it, special tokens of the dialect included, those that end a turn not.
        tokens: Its tokens in order; none where nobody tells their probabilities.
        finish: Why it ended: by itself, at the most tokens allowed, in a loop, or because asking it failed.
        usage: What it cost.
        problems: What went wrong while it was asked.
    """

    text: str
    tokens: tuple[Token, ...] = ()
    finish: Finish = "stop"
    usage: Usage = NO_USAGE
    problems: tuple[Problem, ...] = ()

    def likelihood(self, start: int, end: int) -> Likelihood | None:
        """Return how likely the tokens are that the characters from `start` to `end` are part of; None where nobody tells."""
        logs = [min(0.0, token.log_probability) for token in self.tokens if token.start < end and token.end > start]
        return Likelihood(mean=round(sum(logs) / len(logs), 5), least=round(min(logs), 5)) if logs else None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked, after the pictures; `system` is None where the model's own stands."""

    text: str
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Grammar:
    """What an answer may be: a JSON Schema, or a grammar in the Lark syntax of llguidance."""

    kind: Literal["json_schema", "lark"]
    text: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What a model sees, as far as its words depend on it.

    Attributes:
        languages: ISO 639-1 codes of the languages of the page, most likely first.
        width: Pixels of the picture as the model sees it; for dialects whose boxes are in pixels.
        height: The same, downwards.
    """

    languages: tuple[str, ...] = ("en",)
    width: int = 1000
    height: int = 1000


@dataclass(frozen=True, slots=True)
class Decoded:
    """What an answer means, and what is wrong with it. Boxes are in fractions of the view, page numbers are 1."""

    answer: Any = None
    problems: tuple[Problem, ...] = ()


class Dialect(Protocol):
    """A language of a family of models. Box arguments of tasks are in fractions of the view here."""

    name: str
    tasks: frozenset[str]

    def prompt(self, task: Task, sight: Sight) -> Prompt:
        """Return how a task is asked."""

    def encode(self, task: Task, answer: Any, sight: Sight) -> str:
        """Return an answer in the dialect's words: what a model is trained to say.

        Raises:
            ValueError: The dialect has no words for it.
        """

    def decode(self, task: Task, said: Said, sight: Sight) -> Decoded:
        """Return what was said as an answer of the task's type, None where nothing of it can be read."""

    def grammar(self, task: Task) -> Grammar | None:
        """Return what an answer may be, for decoding that keeps to it; None where anything may be said."""


def joined_likelihood(parts: Sequence[Likelihood | None]) -> Likelihood | None:
    """Return how likely several parts are together, each counting alike; None where nobody tells."""
    known = [part for part in parts if part is not None]
    if not known:
        return None
    return Likelihood(mean=round(sum(part.mean for part in known) / len(known), 5), least=min(part.least for part in known))
