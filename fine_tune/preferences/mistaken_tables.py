"""Mistakes in tables, made on purpose: rows dropped and repeated, columns merged, spans wrong."""

from __future__ import annotations

from random import Random
from typing import Final

from docai.document import Cell, Table, replace

MOST_AGAIN: Final = 8  # times that a row or line comes again; loops of a model are longer, but teach no more


def without_row(table: Table, random: Random) -> Table | None:
    """Return a table without a row that no cell reaches over; one of its body, where it has one."""
    rows = [row for row in _plain_rows(table) if row >= table.header_row_count]
    if not rows or table.row_count < 2:
        return None
    row = random.choice(rows)
    cells = tuple(_moved(cell, down=-(cell.row > row)) for cell in table.cells if cell.row != row)
    return replace(table, row_count=table.row_count - 1, cells=cells)


def _plain_rows(table: Table) -> list[int]:
    crossed = {row for cell in table.cells if cell.row_span > 1 for row in range(cell.row, cell.row + cell.row_span)}
    return [row for row in range(table.row_count) if row not in crossed]


def _moved(cell: Cell, down: int = 0, across: int = 0) -> Cell:
    return replace(cell, row=cell.row + down, column=cell.column + across) if down or across else cell


def with_rows_again(table: Table, random: Random) -> Table | None:
    """Return a table in which a row that has texts comes again up to `MOST_AGAIN` times."""
    rows = [row for row in _plain_rows(table) if any(cell.text for cell in table.cells if cell.row == row)]
    if not rows:
        return None
    row, times = random.choice(rows), random.randint(2, MOST_AGAIN)
    own = [cell for cell in table.cells if cell.row == row]
    again = (_moved(cell, down=time) for time in range(1, times + 1) for cell in own)
    cells = (*(_moved(cell, down=times * (cell.row > row)) for cell in table.cells), *again)
    return replace(table, row_count=table.row_count + times, cells=cells)


def with_columns_merged(table: Table, random: Random) -> Table | None:
    """Return a table of which two columns beside each other are one, their texts side by side."""
    grid = table.grid()
    columns = [column for column in range(table.column_count - 1) if all(_may_merge(*row[column : column + 2]) for row in grid)]
    if not columns:
        return None
    column = random.choice(columns)
    cells = []
    for cell in table.cells:
        if cell.column <= column and cell.column + cell.column_span > column + 1:
            cells.append(replace(cell, column_span=cell.column_span - 1))
        elif cell.column == column:
            right = grid[cell.row][column + 1]
            text, box = f"{cell.text} {right.text}".strip(), cell.box.union(right.box)
            cells.append(replace(cell, text=text, number=None, box=box))
        elif cell.column != column + 1:
            cells.append(_moved(cell, across=-(cell.column > column)))
    return replace(table, column_count=table.column_count - 1, cells=tuple(cells))


def _may_merge(left: Cell, right: Cell) -> bool:
    """Return whether two positions beside each other are of one cell, or of two that can be one."""
    alone = left.column_span == right.column_span == 1
    return left is right or (alone and (left.row, left.row_span) == (right.row, right.row_span))


def with_wrong_span(table: Table, random: Random) -> Table | None:
    """Return a table in which a cell that spans several positions is single cells, or two beside each other are one."""
    wide = [place for place, cell in enumerate(table.cells) if cell.row_span * cell.column_span > 1]
    own = {(cell.row, cell.column, cell.row_span): place for place, cell in enumerate(table.cells)}
    joins = [
        (place, own[cell.row, cell.column + cell.column_span, cell.row_span])
        for place, cell in enumerate(table.cells)
        if (cell.row, cell.column + cell.column_span, cell.row_span) in own
    ]
    if wide and (not joins or random.random() < 0.5):  # of tables with spans, as often the one as the other
        return _split(table, random.choice(wide))
    return _joined(table, *random.choice(joins)) if joins else None


def _split(table: Table, place: int) -> Table:
    cell = table.cells[place]
    parts = tuple(
        replace(cell, row=row, column=column, row_span=1, column_span=1, text=cell.text if first else "", number=None)
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
        for first in [(row, column) == (cell.row, cell.column)]
    )
    return replace(table, cells=(*table.cells[:place], *parts, *table.cells[place + 1 :]))


def _joined(table: Table, left: int, right: int) -> Table:
    one, other = table.cells[left], table.cells[right]
    text = f"{one.text} {other.text}".strip()
    span = one.column_span + other.column_span
    whole = replace(one, column_span=span, text=text, number=None, box=one.box.union(other.box))
    return replace(table, cells=tuple(whole if cell is one else cell for cell in table.cells if cell is not other))
