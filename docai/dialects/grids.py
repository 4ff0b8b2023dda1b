"""Rows of cells, as HTML, Markdown, CSV and JSON tell them, into tables whose grid is covered once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from docai.box import WHOLE, Box
from docai.dialects import Faults, Said
from docai.document import Cell, Table

MOST_COLUMNS: Final = 1000  # as HTML's colspan; what tells more is no table
MOST_POSITIONS: Final = 100_000  # of a table that one answer tells; ten times what fits on a page
STRETCHED: Final = 20  # columns; a cell over so many is often one over "all", told by a number out of the air
EMPTY_CONFIDENCE: Final = 0.0  # of a cell that nobody told and the grid needs

Header = Literal["none", "column", "row", "both"]


@dataclass(frozen=True, slots=True)
class ToldCell:
    """A cell as it was told: its text from `start` to `end` of what was said, and its box where one was told."""

    text: str
    start: int = 0
    end: int = 0
    row_span: int = 1
    column_span: int = 1
    header: Header = "none"
    box: Box | None = None


def table_of(rows: Sequence[Sequence[ToldCell]], said: Said, faults: Faults, *, box: Box = WHOLE) -> Table | None:
    """Return the table of rows of cells, each put at the next free column of its row as in HTML; None where there are none.

    Where spans overlap, the later one is cut; where positions are left, empty cells are put in. Rows without cells that none
    reaches into are left out. Of rows beyond what an answer can hold, nothing is kept.
    """
    own = [row for row, used in zip(rows, _used(rows), strict=True) if used]
    places = _placed(_without_stretched(own, faults), faults)
    if not places:
        return None
    row_count = max(row + cell.row_span for row, _, cell in places)
    column_count = max(column + cell.column_span for _, column, cell in places)
    cells = [_cell(row, column, cell, said, box) for row, column, cell in places]
    covered = {position for row, column, cell in places for position in _area(row, column, cell)}
    holes = [(r, c) for r in range(row_count) for c in range(column_count) if (r, c) not in covered]
    faults["table_uneven"] += len(holes)
    cells += [Cell(row=r, column=c, box=box, basis="model", confidence=EMPTY_CONFIDENCE) for r, c in holes]
    cells.sort(key=lambda cell: (cell.row, cell.column))
    return Table(page_number=1, box=box, row_count=row_count, column_count=column_count, cells=tuple(cells))


def _without_stretched(rows: Sequence[Sequence[ToldCell]], faults: Faults) -> list[list[ToldCell]]:
    """Return rows whose cells over very many columns reach over no more than the other rows have."""
    widths = [sum(cell.column_span for cell in row) for row in rows if all(cell.column_span < STRETCHED for cell in row)]
    most = max(widths, default=0) or MOST_COLUMNS
    faults["table_uneven"] += sum(cell.column_span > max(most, STRETCHED - 1) for row in rows for cell in row)
    return [
        [replace(cell, column_span=most) if cell.column_span > max(most, STRETCHED - 1) else cell for cell in row] for row in rows
    ]


def _used(rows: Sequence[Sequence[ToldCell]]) -> list[bool]:
    """Return for each row whether it has cells, or one above reaches into it."""
    reach, used = 0, []
    for place, row in enumerate(rows):
        reach = max([reach, *(place + cell.row_span for cell in row)])
        used.append(place < reach)
    return used


def _placed(rows: Sequence[Sequence[ToldCell]], faults: Faults) -> list[tuple[int, int, ToldCell]]:
    """Return cells with their rows and columns, spans cut so that none overlap or reach below the last row."""
    taken: set[tuple[int, int]] = set()
    places: list[tuple[int, int, ToldCell]] = []
    widest = 1
    for row, cells in enumerate(rows):
        column = 0
        for cell in cells:
            while (row, column) in taken:
                column += 1
            across, most = 1, min(cell.column_span, MOST_COLUMNS - column)
            while across < most and (row, column + across) not in taken:
                across += 1
            down = min(cell.row_span, len(rows) - row)
            widest = max(widest, column + across)
            if column >= MOST_COLUMNS or (row + 1) * widest > MOST_POSITIONS or len(taken) + down * across > MOST_POSITIONS:
                faults["table_uneven"] += 1
                continue
            faults["table_uneven"] += (across, down) != (cell.column_span, cell.row_span)
            one = replace(cell, row_span=down, column_span=across)
            taken.update(_area(row, column, one))
            places.append((row, column, one))
            column += across
    return places


def _area(row: int, column: int, cell: ToldCell) -> list[tuple[int, int]]:
    return [(r, c) for r in range(row, row + cell.row_span) for c in range(column, column + cell.column_span)]


def _cell(row: int, column: int, cell: ToldCell, said: Said, box: Box) -> Cell:
    return Cell(
        row=row,
        column=column,
        row_span=cell.row_span,
        column_span=cell.column_span,
        text=cell.text,
        header=cell.header,
        box=cell.box or box,
        confidence=said.confidence(cell.start, cell.end),
        basis="model",
        likelihood=said.likelihood(cell.start, cell.end),
    )


def rows_of(table: Table) -> list[list[Cell]]:
    """Return the cells of a table row by row, each in the row and at the column where it begins."""
    rows: list[list[Cell]] = [[] for _ in range(table.row_count)]
    for cell in sorted(table.cells, key=lambda cell: cell.column):
        rows[cell.row].append(cell)
    return rows
