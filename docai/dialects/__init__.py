"""In which words a family of models is asked, and answers: one file a family, each a codec of text and values.

Law: `decode(task, Said(encode(task, x))).answer == x` for what lies on a dialect's lattice; for the rest, boxes move by at most
half a step of it, and a second round trip changes nothing. Whatever was said and wherever it breaks off, `decode` raises nothing
and keeps every item that is complete. On a lattice lies what its dialect can tell: a box that it does not tell is the whole view,
a confidence 0.5 where nobody tells probabilities. Boxes thinner than a step are made a step wide, and move by up to one.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NamedTuple, Protocol

from docai.document import NO_USAGE, Likelihood, Problem, Severity, Usage
from docai.tasks import Task

Finish = Literal["stop", "length", "loop", "failed"]
LEAST_LOG: Final = -100.0  # of a probability; what a backend tells as minus infinity is as good as this
UNTOLD: Final = 0.5  # confidence where nobody tells probabilities: as likely right as wrong, until somebody has looked


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
        logs = []
        for place in range(bisect_left(self.tokens, end, key=lambda token: token.start) - 1, -1, -1):
            token = self.tokens[place]
            if token.end <= start and token.end > token.start:  # one without characters is a part of a letter before it
                break
            if token.end > start:
                known = not math.isnan(token.log_probability)
                logs.append(max(LEAST_LOG, min(0.0, token.log_probability)) if known else LEAST_LOG)
        return Likelihood(mean=round(math.fsum(logs) / len(logs), 5), least=round(min(logs), 5)) if logs else None

    def confidence(self, start: int, end: int) -> float:
        """Return the geometric mean of the probabilities of those tokens, 0..1, to 4 decimals; 0.5 where nobody tells them."""
        return confidence_of(self.likelihood(start, end))


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


def confidence_of(likelihood: Likelihood | None) -> float:
    """Return the geometric mean of the probabilities of a value's tokens, 0..1, to 4 decimals; 0.5 where nobody tells them."""
    return round(math.exp(likelihood.mean), 4) if likelihood is not None else UNTOLD


# What can be wrong with an answer

Faults = Counter[str]  # how often each of these was met
_HALF: Final = re.compile("[\ud800-\udfff]")  # surrogates
_FAULTS: Final[dict[str, tuple[Severity, str]]] = {
    "answer_unreadable": ("error", "nothing of the answer can be read; ask again, or closer"),
    "answer_truncated": ("error", "the answer breaks off; what was complete before is kept; allow more tokens, or ask in parts"),
    "answer_loops": ("warning", "the answer says the same again and again; once is kept"),
    "answer_strayed": ("note", "{count} pieces of the answer are not in the words of the task and were left out"),
    "box_invalid": ("warning", "{count} boxes of the answer are none, or without area, or off the view; what they held is kept"),
    "box_missing": ("note", "{count} items of the answer have no box; theirs is the whole view"),
    "table_uneven": ("warning", "{count} cells of the table are missing, or overlap; empty ones were put in, or spans cut"),
    "value_unreadable": ("warning", "{count} values of the chart are no numbers; they are left out"),
}


def problems_of(faults: Faults) -> tuple[Problem, ...]:
    """Return what was met as problems, one a kind."""
    return tuple(
        Problem(code=code, message=_FAULTS[code][1].format(count=count), severity=_FAULTS[code][0])
        for code, count in faults.items()
        if count
    )


def readable(said: Said) -> Said:
    """Return what was said with halves of letters, which no value can hold, as U+FFFD; places stay as they are."""
    return said if said.text.isascii() else replace(said, text=_HALF.sub("\ufffd", said.text))


def finished(said: Said, faults: Faults) -> None:
    """Note what the way that an answer ended says about it."""
    if said.finish == "length":
        faults["answer_truncated"] += 1
    if said.finish == "loop":
        faults["answer_loops"] += 1


def faithful(text: str, decode: Callable[[Said], Decoded], write: Callable[[Any], str]) -> str:
    """Return `text`, an answer in a dialect's words, if it is read back and written again as the same.

    Raises:
        ValueError: It is not: the dialect has no words for the answer.
    """
    answer = decode(Said(text)).answer
    if answer is None or write(answer) != text:
        raise ValueError(f"the answer cannot be said so that it is read back as the same: {text[:80]!r}; leave it out")
    return text
