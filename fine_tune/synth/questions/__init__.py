"""From drawn pages to what is learnt: questions of nine kinds with their answers, in the tasks of `docai.tasks`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final, Literal, get_args

import numpy as np

from docai.dialects import Dialect
from docai.document import replace as changed
from fine_tune.samples import Sample
from fine_tune.synth.drawn import DrawnPage, PageKind
from fine_tune.synth.questions.counting import questions
from fine_tune.synth.questions.finding import grounding, keys, referring
from fine_tune.synth.questions.paper import Paper
from fine_tune.synth.questions.texts import Form, Made, captions, charts, pages, reading, tables

Kind = Literal["reading", "captions", "grounding", "referring", "tables", "charts", "keys", "questions", "pages"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
TASKS: Final[dict[Kind, str]] = {  # which task of a dialect each is
    "reading": "reading",
    "captions": "ask",
    "grounding": "grounding",
    "referring": "referring",
    "tables": "table",
    "charts": "chart",
    "keys": "ask",
    "questions": "ask",
    "pages": "page",
}
# On which pages there is something of a kind; on all where none are named
DRAWN_FOR: Final[dict[Kind, tuple[PageKind, ...]]] = {
    "tables": ("table", "invoice", "report"),
    "charts": ("chart", "report"),
    "keys": ("invoice", "receipt", "form", "letter"),
    "questions": ("table", "table", "chart", "chart", "report", "invoice"),
}
MOST_TURNS: Final = 3  # questions about one page; a picture is dear, and an answer more costs a tenth of it
# How families tell what they read: VARCO-VISION each word with its box; InternVL lines of text; our own markup blocks
FORMS: Final[dict[str, Form]] = {"varco": "words", "internvl": "lines", "markup": "blocks"}


def learnable(dialect: Dialect) -> tuple[Kind, ...]:
    """Return the kinds that a dialect has words for."""
    return tuple(kind for kind in KINDS if TASKS[kind] in dialect.tasks)


def form_of(dialect: Dialect) -> Form:
    """Return how a dialect tells what is read; as blocks where that is not known."""
    return FORMS.get(dialect.name, "blocks")


def asked_about(
    drawn: DrawnPage, kind: Kind, seed: int, *, form: Form = "blocks", turns: int = MOST_TURNS, held_out: bool = False
) -> Sample | None:
    """Return a sample of a kind about a page, the same for the same seed; None where there is nothing of the kind on the page.

    Args:
        drawn: The page.
        kind: What is asked.
        seed: Any number.
        form: How readings are told: each word with its box, blocks with their boxes, or lines of text as the answer itself.
        turns: How many questions there are at most, where there may be several.
        held_out: Whether the questions are in wordings that others do not have.

    Raises:
        KeyError: There is no such kind.
    """
    random = Random(f"ask {kind} {seed}")
    paper = Paper(drawn)
    ways: dict[Kind, Callable[[], Made | None]] = {
        "reading": lambda: reading(paper, random, form),
        "captions": lambda: captions(paper, random, held_out=held_out),
        "grounding": lambda: grounding(paper, random, turns),
        "referring": lambda: referring(paper, random, turns),
        "tables": lambda: tables(paper, random),
        "charts": lambda: charts(paper, random),
        "keys": lambda: keys(paper, random, turns, held_out=held_out),
        "questions": lambda: questions(paper, random, turns, held_out=held_out),
        "pages": lambda: pages(paper),
    }
    made = ways[kind]()
    if made is None:
        return None
    view, told = made
    return Sample((view,), told, f"synth/{kind}:{drawn.seed}")


def blank(drawn: DrawnPage) -> DrawnPage:
    """Return the paper of a page with nothing on it."""
    page = changed(drawn.document.pages[0], blocks=())
    pixels = np.empty_like(drawn.pixels)
    pixels[:] = drawn.paper
    return replace(drawn, pixels=pixels, document=changed(drawn.document, pages=(page,)), fields=(), marks=())
