"""Pairs of answers from what people put right: as it was read, and as it should have been."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from docai.box import WHOLE
from docai.corrections import Correction, apply
from docai.dialects import Dialect, Said
from docai.document import Block, Chart, Content, Document, Page, Problem, Table, Text, replace
from docai.errors import InputError
from docai.sources import Origin
from docai.tasks import Task
from docai.tasks.chart import ReadChart
from docai.tasks.page import ReadPage
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from fine_tune.preferences.diagnosis import kinds_of, likeness
from fine_tune.preferences.making import AnyLens, Book, Outcome, main_kind, question
from fine_tune.preferences.pairs import Paged, Pair, paged_view, relative, task_json
from fine_tune.samples import Turn

_BLOCK: Final = 4  # tokens that lead to a block: pages, its page, blocks, itself


def documents_in(folder: Path) -> Iterator[tuple[Document, Path]]:
    """Yield the documents whose JSON lies in a folder or below beside the file that they were read from, with that file.

    `report.pdf.json` is of `report.pdf`; other JSON, and that of files which are not there or have changed since, is none.
    """
    for path in sorted(folder.rglob("*.json")):
        file = path.with_suffix("")
        if not file.is_file():
            continue
        try:
            document = Document.model_validate_json(path.read_bytes())
        except ValueError:
            continue
        if Origin(str(file)).sha256() == document.content_hash:
            yield document, file


def pairs_from_corrections(
    documents: Iterable[tuple[Document, Path]],
    corrections: Sequence[Correction],
    dialect: Dialect,
    lens: AnyLens,
    path: Path,
) -> tuple[Outcome, tuple[Problem, ...]]:
    """Write down what people put right as pairs, and return how many, and what could not be put right.

    A corrected table, chart or text gives a pair of its own; where blocks were added, taken away or made another kind of thing,
    all of their page does. What a dialect does not tell, as boxes of cells, gives none, and so do form fields and data. Places
    that are in the file are passed over.

    Args:
        documents: As they were read, with their files.
        corrections: Of any documents.
        dialect: Of the model that is to learn from them.
        lens: How it sees.
        path: Of the file, made or gone on with.
    """
    book, outcome, faults = Book(path, "correction"), Outcome(), list[Problem]()
    for document, file in documents:
        own = [one for one in corrections if one.document == document.content_hash]
        if not own:
            continue
        corrected, problems = apply(document, own)
        faults += problems
        outcome["of no block"] += sum(one.within == "data" or one.tokens[:1] != ("pages",) for one in own)
        for page, places in _touched(document, corrected, own):
            before, after = document.pages[page], corrected.pages[page]
            for block in places:
                old, new = (one.blocks if block is None else one.blocks[block : block + 1] for one in (before, after))
                place = Paged(
                    file=relative(file, path.parent),
                    document=document.content_hash,
                    page_number=after.number,
                    box=WHOLE if block is None else old[0].box.union(new[0].box),
                    quarter=after.quarter,
                )
                if not book.asked(place):
                    found = _pair(place, _turn(old, new, whole=block is None), dialect, lens, path.parent)
                    outcome += book.write(place, [found])
    return +outcome, tuple(faults)


def _touched(before: Document, after: Document, own: Sequence[Correction]) -> Iterator[tuple[int, list[int | None]]]:
    """Yield the places of pages with corrections in them, and those of their blocks; None for a page as a whole."""
    places = sorted(
        (int(tokens[1]), int(tokens[3]) if len(tokens) >= _BLOCK and tokens[2] == "blocks" else -1)
        for tokens in {one.tokens for one in own if one.within == "document"}
        if len(tokens) > 1 and tokens[0] == "pages" and tokens[1].isdecimal() and (len(tokens) < _BLOCK or tokens[3].isdecimal())
    )
    for page, group in groupby(places, key=lambda place: place[0]):
        if page >= len(after.pages) or before.pages[page].blocks == after.pages[page].blocks:
            continue
        blocks = sorted({block for _, block in group})
        whole = blocks[0] < 0 or any(not _alike(before.pages[page], after.pages[page], block) for block in blocks)
        yield page, [None] if whole else list(blocks)


def _alike(before: Page, after: Page, block: int) -> bool:
    """Return whether a block is there on both, and of a kind that can be asked for alone."""
    if len(before.blocks) != len(after.blocks) or block >= len(before.blocks):
        return False
    old, new = before.blocks[block].content, after.blocks[block].content
    return type(old) is type(new) and isinstance(old, (Text, Table, Chart))


def _turn(old: Sequence[Block], new: Sequence[Block], *, whole: bool) -> Turn:
    """Return the question that blocks answer, with what people say and, as rejected, what was read."""
    if whole:
        return Turn(ReadPage(), *(tuple(_retold(block.content) for block in blocks) for blocks in (new, old)))
    after, before = new[0].content, old[0].content
    if isinstance(after, Text):
        return Turn(ReadText(), (_retold(after),), (_retold(before),))
    task: Task = ReadTable() if isinstance(after, Table) else ReadChart()
    return Turn(task, after, before)


def _retold(content: Content) -> Content:
    """Return a text whose words say what it says: word for word where they are as many, else without them."""
    if not isinstance(content, Text) or not content.words:
        return content
    told = content.text.split()
    if len(told) != len(content.words):
        return replace(content, words=())
    return replace(content, words=tuple(replace(word, text=text) for word, text in zip(content.words, told, strict=True)))


def _pair(place: Paged, turn: Turn, dialect: Dialect, lens: AnyLens, folder: Path) -> Pair | str:
    """Return a pair of what people say and what was read, or why there is none."""
    try:
        view = paged_view(place, folder)
        right = question(turn, (view,), None, dialect, lens)
        wrong = question(Turn(turn.task, turn.rejected), (view,), None, dialect, lens)
    except (InputError, ValueError) as error:
        return f"cannot be asked: {error}"
    if right.right == wrong.right:
        return "says the same"
    if not right.right.strip() or not wrong.right.strip():
        return "says nothing"
    kinds = kinds_of(dialect.decode(right.put, Said(wrong.right), right.sight).answer, right.truth)
    kinds = kinds or type(kinds)(["misread"])  # roles and headers, which are no kind of their own
    return Pair(
        place=place,
        how="correction",
        task=task_json(turn.task),
        chosen=right.right,
        rejected=wrong.right,
        kind=main_kind(kinds),
        kinds=dict(kinds),
        scores=(1.0, min(1.0, likeness(wrong.truth, right.truth))),
        dialect=dialect.name,
    )
