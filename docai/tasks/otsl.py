"""Tables as OTSL, a language of eight words for the structure of tables, in which small models answer well.

Position by position, row by row: a cell begins with `<fcel>` (`<ecel>` if it is empty), `<ched>` if it heads columns, `<rhed>`
if it heads rows, `<srow>` if it heads a section, as wide as the table; then comes its text. A position that a cell covers is
`<lcel>` where it goes on with its left neighbour, `<ucel>` with its upper one, `<xcel>` with both. `<nl>` ends a row.

Law: `from_otsl(to_otsl(table))` are the cells of `table`, in reading order, but that it has no boxes, numbers or confidences,
and that of a header of both rows and columns it says only that it heads columns. Once more, it changes nothing.

Source: Lysak et al. 2023, "Optimized table tokenization for table structure recognition", arXiv 2305.03393, section 4; the
words for headers are those of DocTags (docling-core, types/doc/tokens.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from docai.box import WHOLE, Box
from docai.document import Cell, Table

Header = Literal["none", "column", "row"]

_HEADERS: Final[dict[str, Header]] = {"fcel": "none", "ecel": "none", "ched": "column", "rhed": "row", "srow": "row"}
COVERED: Final = ("lcel", "ucel", "xcel")  # words of positions that a cell from the left or above covers
_WORD: Final = re.compile(rf"<({'|'.join([*_HEADERS, *COVERED, 'nl'])})>")
_WRAPPER: Final = re.compile(r"\A\s*<otsl>|</otsl>\s*\Z")
_MISLEADING: Final = re.compile(rf"<(?=(?:{'|'.join([*_HEADERS, *COVERED, 'nl'])}|/?otsl)>)|&(?=(?:lt|amp);)")


class _Position(NamedTuple):
    word: str
    text: str


def to_otsl(table: Table) -> str:
    """Return `table` as OTSL.

    Texts stand as they are, but for a `<` that would begin a word of OTSL, and an `&` that would make `&lt;` or `&amp;`:
    these become `&lt;` and `&amp;`.
    """
    return "".join(
        "".join(_position(cell, row, column, table) for column, cell in enumerate(cells)) + "<nl>"
        for row, cells in enumerate(table.grid())
    )


def _position(cell: Cell, row: int, column: int, table: Table) -> str:
    word = word_at(cell, row, column, table)
    if word in COVERED:
        return f"<{word}>"
    return f"<{word}>{_MISLEADING.sub(lambda match: '&lt;' if match[0] == '<' else '&amp;', cell.text)}"


def word_at(cell: Cell, row: int, column: int, table: Table) -> str:
    """Return the word of OTSL, without its brackets, at a position that a cell of a table covers."""
    if (row, column) != (cell.row, cell.column):
        return "lcel" if row == cell.row else "ucel" if column == cell.column else "xcel"
    section = cell.header == "row" and 1 < cell.column_span == table.column_count
    filled = "fcel" if cell.text else "ecel"
    return {"none": filled, "row": "srow" if section else "rhed"}.get(cell.header, "ched")


def from_otsl(text: str, *, box: Box = WHOLE) -> tuple[Cell, ...]:
    """Return the cells that OTSL describes, in reading order; `box` is where they stand, which OTSL does not tell.

    White space after `<nl>` and round the whole is nothing, as is an `<otsl>` round it. What breaks the rules is not mended,
    for each mending makes cells up; of an answer that breaks off, what stands before the last `<nl>` holds.

    Raises:
        ValueError: It is no OTSL: rows differ in length, a cell goes on with a neighbour that is not there or is no
            rectangle, or a text stands where none belongs. The message names the row and column, from 0.
    """
    rows = _rows(_WRAPPER.sub("", text))
    words = [[position.word for position in row] for row in rows]
    covered = [[False] * len(row) for row in rows]
    cells = []
    for r, row in enumerate(rows):
        for c, position in enumerate(row):
            if position.word in _HEADERS:
                down, across = _extent(words, r, c)
                for line in covered[r : r + down]:
                    line[c : c + across] = [True] * across
                cells.append(_cell(position, Cell(row=r, column=c, row_span=down, column_span=across, box=box)))
            elif not covered[r][c]:
                raise ValueError(f"<{position.word}> at row {r}, column {c} goes on with no cell, or makes one no rectangle")
    return tuple(cells)


def _rows(text: str) -> list[list[_Position]]:
    """Return the words of OTSL, row by row, each with the text that follows it."""
    pieces = _WORD.split(text)
    if pieces[0].strip() or len(pieces) == 1:
        raise ValueError(f"OTSL begins with a cell, not with {pieces[0][:40]!r}")
    if pieces[-2] != "nl":
        raise ValueError("the last row has no <nl>; the answer may have been cut off")
    rows: list[list[_Position]] = [[]]
    for word, said in zip(pieces[1::2], pieces[2::2], strict=True):
        if word in ("nl", "ecel", *COVERED) and said.strip():
            place = f"row {len(rows) - 1}, column {len(rows[-1])}"
            raise ValueError(f"a text stands behind <{word}> at {place}, where none belongs: {said.strip()[:40]!r}")
        if word == "nl":
            rows.append([])
        else:
            rows[-1].append(_Position(word, said))
    rows.pop()  # what follows the last <nl>
    uneven = next((n for n, row in enumerate(rows) if not row or len(row) != len(rows[0])), None)
    if uneven is not None:
        raise ValueError(f"row {uneven} has {len(rows[uneven])} positions, the first has {len(rows[0])}")
    return rows


def _extent(words: Sequence[Sequence[str]], row: int, column: int) -> tuple[int, int]:
    """Return how many rows and columns the cell that begins at a position covers."""
    across, down = 1, 1
    while column + across < len(words[row]) and words[row][column + across] == "lcel":
        across += 1
    while row + down < len(words) and words[row + down][column : column + across] == ["ucel", *["xcel"] * (across - 1)]:
        down += 1
    return down, across


def _cell(position: _Position, place: Cell) -> Cell:
    text = "" if position.word == "ecel" else re.sub("&(lt|amp);", lambda match: {"lt": "<", "amp": "&"}[match[1]], position.text)
    return Cell.model_validate({**place.model_dump(), "text": text, "header": _HEADERS[position.word], "basis": "model"})
