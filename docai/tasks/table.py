"""Tables: the question, and the law that every answer keeps. Answered by a `Table`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from docai.document import Cell, Table


@dataclass(frozen=True, slots=True)
class ReadTable:
    """Asks for the cells of the one table in a view."""

    name: str = "table"


def grid(table: Table) -> list[list[Cell]]:
    """Return the table as rows of cells, a spanning cell at each position it covers.

    Law: every position is covered exactly once.

    Raises:
        ValueError: A position is covered twice or not at all, or a cell reaches out of the table.
    """
    rows: list[list[Cell | None]] = [[None] * table.column_count for _ in range(table.row_count)]
    for cell in table.cells:
        for row in range(cell.row, cell.row + cell.row_span):
            for column in range(cell.column, cell.column + cell.column_span):
                if row >= table.row_count or column >= table.column_count:
                    raise ValueError(
                        f"cell {cell.row},{cell.column} reaches out of a {table.row_count} x {table.column_count} table"
                    )
                if rows[row][column] is not None:
                    raise ValueError(f"position {row},{column} is covered twice")
                rows[row][column] = cell
    empty = next(((r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell is None), None)
    if empty:
        raise ValueError(f"position {empty[0]},{empty[1]} is not covered")
    return [[cell for cell in row if cell is not None] for row in rows]


def header_row_count(table: Table) -> int:
    """Return how many leading rows consist of column headers only."""
    for number, row in enumerate(grid(table)):
        if any(cell.header not in ("column", "both") for cell in row):
            return number
    return table.row_count


def in_reading_order(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return cells row by row, from left to right."""
    return tuple(sorted(cells, key=lambda cell: (cell.row, cell.column)))
