"""Where labelled pages come from: one file a layout on disk, each giving items, and how an answer to one is scored.

A layout is the way in which a benchmark is published, or our own: a page beside the `Document` that is true of it. Items are made
one at a time, in order, and are the same each time; pictures are not looked at before they are asked about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field

from docai.box import Box
from docai.document import Answer, Mention
from docai.tasks import Task


class Metric(NamedTuple):
    """A figure that tells how good answers are: how it is called, whether more of it is better."""

    title: str
    higher_is_better: bool = True


METRICS: Final = {
    "accuracy": Metric("accuracy"),
    "adjacency_f1": Metric("adjacency F1"),
    "adjacency_precision": Metric("adjacency precision"),
    "adjacency_recall": Metric("adjacency recall"),
    "anls": Metric("ANLS"),
    "box_iou": Metric("IoU of blocks"),
    "cer": Metric("CER", higher_is_better=False),
    "exact": Metric("exact match"),
    "iou": Metric("IoU"),
    "iou_50": Metric("IoU at least 0.5"),
    "relaxed": Metric("relaxed accuracy, 5 %"),
    "rms_f1": Metric("RMS F1"),
    "teds": Metric("TEDS"),
    "teds_struct": Metric("TEDS-struct"),
    "wer": Metric("WER", higher_is_better=False),
    "word_f1": Metric("F1 of words in place"),
    "words_f1": Metric("F1 of words"),
}


def metric_of(name: str) -> Metric:
    """Return the metric of a name."""
    return METRICS[name]


class Score(BaseModel):
    """A figure of one item; the figure of all is the mean of theirs by weight.

    So the edits of a page by its characters give the rate of all characters, and an F1 by what was found and expected that of
    all pages together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    metric: str
    value: float
    weight: Annotated[float, Field(ge=0.0)] = 1.0


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to ask or to read, and what is true of it.

    Attributes:
        name: What the data set calls it: the number of a question, a file.
        source: The picture or PDF: a path, or its bytes.
        truth: What an answer is held against; the layout that made the item knows its type.
        task: What is asked about the first page; None where the pages are read whole, as `docai.extract` does.
        pages: Which pages are read then, from 1; None for all.
        group: A kind of item that is also scored apart; "" where there are none.
        shown: The page that a report shows, from 1.
    """

    name: str
    source: Path | bytes
    truth: Any
    task: Task | None = None
    pages: tuple[int, ...] | None = None
    group: str = ""
    shown: int = 1


@dataclass(frozen=True, slots=True)
class Judged:
    """How good an answer is, and both sides of it as text, to look at; `found` and `expected` are the boxes of both."""

    scores: tuple[Score, ...]
    prediction: str
    truth: str
    found: tuple[Box, ...] = ()
    expected: tuple[Box, ...] = ()


class Layout(Protocol):
    """A data set on disk in one layout.

    Made of its path, a folder or file.

    Raises:
        InputError: The path does not hold data of this layout; told when it is made, or when its items are.
    """

    metrics: tuple[str, ...]  # names of `METRICS`, the most important first

    def items(self) -> Iterator[Item]:
        """Yield the items in order; the same each time."""

    def judge(self, item: Item, answer: Any) -> Judged:
        """Return how good an answer is.

        It is of the answer type of the item's task, or a `Document` where the item was read whole; None where there is none,
        which counts as wrong by each metric.
        """


def said(answer: Any) -> str:
    """Return the words of an answer, "" of none."""
    return answer.text if isinstance(answer, Answer) else ""


def pointed(answer: Any) -> tuple[Box, ...]:
    """Return the boxes of a mention, none of no mention."""
    return answer.boxes if isinstance(answer, Mention) else ()


def judged(metric: str, value: float, prediction: str, truths: tuple[str, ...]) -> Judged:
    """Return what one metric says of an answer in words; several true answers stand in lines."""
    return Judged((Score(metric=metric, value=value),), prediction, "\n".join(truths))
