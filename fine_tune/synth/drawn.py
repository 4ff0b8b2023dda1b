"""What is drawn: a table or a whole page, and what stands there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from docai.box import Box
from docai.document import Cell, Document, Table
from fine_tune.synth.content import HEADS, Content, Entry
from fine_tune.synth.words import Language

FEWEST_COLUMNS: Final = 2
MOST_COLUMNS: Final = 9
FEWEST_ROWS: Final = 3
MOST_ROWS: Final = 25


PageKind = Literal["letter", "invoice", "receipt", "form", "report", "table", "chart", "mixed"]


@dataclass(frozen=True, slots=True)
class DrawnTable:
    """A page with one table: the PDF, the table that is on it, how it looks and in which language."""

    pdf: bytes
    table: Table
    style: str
    language: Language


class PrintedField(NamedTuple):
    """A field of a page that says what it is: a number of an invoice, a name in a form.

    Attributes:
        name: What it is, in English, of small letters with underscores: "invoice_number".
        label: The words on the page that say so, in the language of the page: "Số hóa đơn".
        value: What is printed there.
        box: Where the value stands: the ink of its words, in fractions of the page.
    """

    name: str
    label: str
    value: str
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPage:
    """A picture of a page, and what is on it.

    All ink on the paper lies in the box of a word, of a block that is a figure or a chart, or in one of the marks.

    Attributes:
        pixels: The picture: (height, width, 3) bytes, red, green, blue.
        dpi: Pixels per inch.
        document: One page, blocks in reading order with all their words, each with the box of its ink; boxes are in fractions
            of the picture.
        language: That of the page; of pages in several languages, the one that most is written in.
        kind: What sort of page it is.
        seed: The number that it was drawn for.
        paper: The colour of the paper where nothing is printed.
        fields: Fields of the page and where their values stand, in reading order; none on pages that have no such things.
        marks: Where there is ink that says nothing: rules, bands, boxes to fill in, bullets drawn as dots; often over words.
    """

    pixels: NDArray[np.uint8]
    dpi: int
    document: Document
    language: Language
    kind: PageKind
    seed: int
    paper: tuple[int, int, int]
    fields: tuple[PrintedField, ...]
    marks: tuple[Box, ...]


def truth(content: Content, boxes: Mapping[Entry, Box]) -> Table:
    """Return the table that a content is, with the place of each cell."""
    labels = 1 + max(entry.column for entry in content.entries if entry.role == "label")
    cells = tuple(
        Cell(
            row=entry.row,
            column=entry.column,
            row_span=entry.row_span,
            column_span=entry.column_span,
            text=entry.text + entry.mark,
            header=_header(entry, labels),
            box=boxes[entry],
        )
        for entry in content.entries
    )
    whole = cells[0].box.union(*(cell.box for cell in cells[1:]))
    return Table(page_number=1, box=whole, row_count=content.row_count, column_count=len(content.columns), cells=cells)


def _header(entry: Entry, labels: int) -> Literal["none", "column", "row", "both"]:
    if entry.role in HEADS:
        return "both" if entry.column < labels else "column"
    return "none" if entry.role == "value" else "row"
