"""True tables of benchmarks, which tell cells by their rows and columns and may leave holes, as tables; and tables as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from docai.box import WHOLE
from docai.document import Cell, Table


class Placed(NamedTuple):
    """A cell: its first row and column from 0, what it spans, its text and whether it heads columns."""

    row: int
    column: int
    row_span: int
    column_span: int
    text: str
    header: Literal["none", "column"] = "none"


def table_of(cells: Iterable[Placed]) -> Table | None:
    """Return the table of some cells, empty ones at the positions that none covers; None of no cells.

    Of two cells that overlap, the later one keeps the rows, and in them the columns, up to the first that is taken; one that
    begins where another is, is left out. Nothing tells boxes: those of cells are the whole page.
    """
    taken: set[tuple[int, int]] = set()
    kept = []
    for cell in cells:
        if (cell.row, cell.column) in taken:
            continue
        across = down = 1
        while across < cell.column_span and (cell.row, cell.column + across) not in taken:
            across += 1
        columns = range(cell.column, cell.column + across)
        while down < cell.row_span and not any((cell.row + down, column) in taken for column in columns):
            down += 1
        taken.update((row, column) for row in range(cell.row, cell.row + down) for column in columns)
        kept.append(cell._replace(row_span=down, column_span=across))
    if not kept:
        return None
    rows, columns_count = 1 + max(row for row, _ in taken), 1 + max(column for _, column in taken)
    holes = (Placed(row, column, 1, 1, "") for row in range(rows) for column in range(columns_count) if (row, column) not in taken)
    values = (Cell(**cell._asdict(), box=WHOLE) for cell in (*kept, *holes))
    return Table(
        page_number=1,
        box=WHOLE,
        row_count=rows,
        column_count=columns_count,
        cells=tuple(sorted(values, key=lambda cell: (cell.row, cell.column))),
    )


def told(table: Table) -> str:
    """Return a table as lines of text, a row each: positions that a cell covers from the left are `<`, from above `^`."""
    lines = []
    for row, cells in enumerate(table.grid()):
        shown = []
        for column, cell in enumerate(cells):
            own = "^" if cell.row < row else "<" if cell.column < column else " ".join(cell.text.split())
            shown.append(own)
        lines.append(" | ".join(shown))
    return "\n".join(lines)
