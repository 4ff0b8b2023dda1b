"""Tables: the question, and what readers and exporters ask of an answer. Answered by a `Table`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from docai.document import Cell, Table


@dataclass(frozen=True, slots=True)
class ReadTable:
    """Asks for the cells of the one table in a view."""

    name: str = "table"


def header_row_count(table: Table) -> int:
    """Return how many leading rows consist of column headers only."""
    for number, row in enumerate(table.grid()):
        if any(cell.header not in ("column", "both") for cell in row):
            return number
    return table.row_count


def in_reading_order(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return cells row by row, from left to right."""
    return tuple(sorted(cells, key=lambda cell: (cell.row, cell.column)))
