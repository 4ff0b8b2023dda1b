"""What a drawn table is: its page, and what stands there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from docai.box import Box
from docai.document import Cell, Table
from fine_tune.synth.content import HEADS, Content, Entry
from fine_tune.synth.words import Language

FEWEST_COLUMNS: Final = 2
MOST_COLUMNS: Final = 9
FEWEST_ROWS: Final = 3
MOST_ROWS: Final = 25


@dataclass(frozen=True, slots=True)
class DrawnTable:
    """A page with one table: the PDF, the table that is on it, how it looks and in which language."""

    pdf: bytes
    table: Table
    style: str
    language: Language


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
