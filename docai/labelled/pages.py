"""Labelled pages of one's own: `invoice.pdf` beside `invoice.pdf.json`, the `Document` that is true of it, each page an item.

So what `docai extract` wrote, corrected by a person, is a data set. A page is scored as far as its truth goes: reading where it has
texts, tables where it has tables, charts where it has charts, boxes where they are not the whole page. Found tables and charts
are paired with true ones by where they lie; what is found beyond those on such a page counts as one that is wholly wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from docai import document
from docai.box import WHOLE
from docai.document import Block, Chart, Document, Page, Table, Text
from docai.errors import NothingToDo, Unreadable
from docai.labelled import Item, Judged, Score
from docai.labelled.files import read_json
from docai.tasks import chart as charts
from docai.tasks.grounding import matched, words_in_place
from docai.tasks.reading import character_errors, word_errors
from docai.tasks.table import adjacency, teds

PAGES: Final = frozenset(".pdf .png .jpg .jpeg .tif .tiff .webp .bmp".split())  # suffixes of what `docai.sources` reads

Thing = TypeVar("Thing", Table, Chart)


class Layout:
    """A folder of pages and their true documents."""

    metrics = ("cer", "wer", "teds", "teds_struct", "adjacency_f1", "rms_f1", "box_iou", "word_f1")

    def __init__(self, path: Path) -> None:
        self.path = path

    def items(self) -> Iterator[Item]:
        """Yield the pages of all documents by their names; those of a folder within are a group."""
        found = sorted(self.path.rglob("*")) if self.path.is_dir() else []
        pairs = [(file, file.with_name(f"{file.name}.json")) for file in found if file.suffix.lower() in PAGES]
        pairs = [(file, truth) for file, truth in pairs if truth.is_file()]
        if not pairs:
            raise NothingToDo(
                f"{self.path}: no page beside its true document (page.png, page.png.json); name the folder with both, or the "
                "--layout of a benchmark"
            )
        for file, beside in pairs:
            place = file.relative_to(self.path)
            truth = _document(beside)
            for page in truth.pages:
                yield Item(
                    name=f"{place.as_posix()}#{page.number}",
                    source=file,
                    truth=document.replace(truth, pages=(page,)),
                    pages=(page.number,),
                    shown=page.number,
                    group=place.parent.as_posix() if place.parent.parts else "",
                )

    def judge(self, item: Item, answer: Any) -> Judged:
        """Return how well the page was read, by each metric that its truth can tell."""
        truth: Document = item.truth
        found = answer if isinstance(answer, Document) else document.replace(truth, pages=())
        here, there = list(found.blocks), list(truth.blocks)
        read, true = found.to_text(margins=True), truth.to_text(margins=True)
        scores: list[Score] = []
        if any(isinstance(block.content, Text) for block in there):
            scores += reading_scores(read, true)
        scores += _table_scores(_things(here, Table), _things(there, Table))
        scores += _paired("rms_f1", _things(here, Chart), _things(there, Chart), lambda one, other: charts.score(one, other).f1)
        scores += _box_scores(found.pages[0] if found.pages else None, truth.pages[0])
        boxes = tuple(block.box for block in here), tuple(block.box for block in there)
        return Judged(tuple(scores), read, true, *boxes)


def _document(file: Path) -> Document:
    """Return the document of a JSON file.

    Raises:
        Unreadable: It is none, or has no pages.
    """
    try:
        truth = Document.model_validate(read_json(file))
    except ValueError as error:
        first = str(error).splitlines()[:3]
        raise Unreadable(f"{file}: not a document ({' '.join(first)}); write it with docai extract --to json") from error
    if not truth.pages:
        raise Unreadable(f"{file}: a document without pages; nothing in it can be true of one")
    return truth


def _things(blocks: Sequence[Block], kind: type[Thing]) -> list[Thing]:
    return [block.content for block in blocks if isinstance(block.content, kind)]


def reading_scores(read: str, truth: str) -> tuple[Score, Score]:
    """Return the rates of wrong characters and words, weighted by how many there are."""
    characters, words = character_errors(read, truth), word_errors(read, truth)
    return (
        Score(metric="cer", value=characters.rate, weight=max(1, characters.length)),
        Score(metric="wer", value=words.rate, weight=max(1, words.length)),
    )


def _table_scores(found: Sequence[Table], expected: Sequence[Table]) -> Iterator[Score]:
    if not expected:
        return
    yield from _paired("teds", found, expected, teds)
    yield from _paired("teds_struct", found, expected, lambda one, other: teds(one, other, structure_only=True))
    agreed = adjacency(found, expected)
    yield Score(metric="adjacency_f1", value=agreed.f1, weight=agreed.found + agreed.expected)


def _paired(
    metric: str, found: Sequence[Thing], expected: Sequence[Thing], score: Callable[[Thing, Thing], float]
) -> Iterator[Score]:
    """Yield the mean score of things paired by where they lie; what has no partner, on either side, counts 0."""
    if not expected:
        return
    pairs = matched([thing.box for thing in found], [thing.box for thing in expected])
    total = sum(score(found[i], expected[j]) for i, j, _ in pairs)
    count = len(found) + len(expected) - len(pairs)
    yield Score(metric=metric, value=total / count, weight=count)


def _box_scores(found: Page | None, truth: Page) -> Iterator[Score]:
    """Yield how far the boxes of blocks are the true ones, and how many words stand in their places; as far as boxes are told."""
    expected = [block.box for block in truth.blocks if block.box != WHOLE]
    if expected:
        pairs = matched([block.box for block in found.blocks] if found else [], expected)
        yield Score(metric="box_iou", value=sum(share for _, _, share in pairs) / len(expected), weight=len(expected))
    words = [word for word in truth.words if word.box != WHOLE]
    if words:
        read = found.words if found else ()
        total = len(read) + len(words)
        yield Score(metric="word_f1", value=2 * words_in_place(read, words) / total, weight=total)
