"""A table that goes on over pages: what its parts repeat, and the parts as one table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Final, Literal

from rapidfuzz.distance import Levenshtein

from docai import document
from docai.document import MAX_POSITIONS, Cell, Table
from docai.lines import join_texts

ALIKE: Final = 0.9  # of two header rows' letters that agree; scans are not read alike twice
MORE_HEADS: Final = 2  # rows of words below those known as headers that may be headers too

_GOES_ON = (
    r"(?:(?:xem|to be|다음|이전|앞|뒤|뒷|전)\s*(?:페이지|쪽|장|면|표)?\S{0,3}\s*)?"
    r"(?:continue[ds]|cont[’']?d\b|cont\b|계속|이어짐|이어집니다|이어서|tiếp theo|còn tiếp|tiếp tục|tiếp)"
    r"(?:\s*(?:됨|됩니다|on|from|over|overleaf|ở|từ|sang|trang|bảng)\b[^()\[\]]{0,30})?\.?"
)
_NAME = r"(?:table|exhibit|schedule|표|bảng)\s*\.?\s*([A-Z]?\d+(?:[.\-–]\d+)*[a-z]?|[IVXLC]+)\b"
_NAMED = re.compile(rf"^[<\[(【〈]?\s*{_NAME}", re.IGNORECASE)
_BRACKETED = re.compile(rf"[(\[（〈<]\s*{_GOES_ON}\s*[)\]）〉>]", re.IGNORECASE)
_NAMED_ON = re.compile(rf"^[<\[(【〈]?\s*{_NAME}.*[\W_]{_GOES_ON}[\W_]*$", re.IGNORECASE | re.DOTALL)
_DASHED = re.compile(rf"[–—]\s*{_GOES_ON}[\W_]*$", re.IGNORECASE)
_NOTES_LATER = r"see (?:foot)?notes? (?:at|on) (?:the )?end of (?:the )?table"
_NOTE = re.compile(rf"^[\W_]*(?:(?:{_NAME}[\W_]*)?{_GOES_ON}|{_NOTES_LATER})[\W_]*$", re.IGNORECASE)
_OPEN = re.compile(r"[\w,(\[/&-]$")  # no sentence, and no label with its colon, ends so
_BROKEN = re.compile(r"[^\W\d_][-\u2010]$")

Row = tuple[str, ...]


def only_says_so(text: str) -> bool:
    """Return whether a text says that a table goes on and nothing else: "(continued on next page)", "표 3 (계속)"."""
    return bool(_NOTE.match(text.strip()))


def says_so(text: str) -> bool:
    """Return whether a caption or heading says that its table began earlier: "Table 3: Depots (continued)"."""
    return only_says_so(text) or any(sign.search(text.strip()) for sign in (_BRACKETED, _NAMED_ON, _DASHED))


def number_in(text: str) -> str:
    """Return the number of the table that a caption names, "" where it names none."""
    match = _NAMED.match(text.strip())
    return match[1].casefold() if match else ""


# The parts as one


def join_tables(parts: Sequence[Table]) -> Table | None:
    """Return the parts of a table, each from a page of its own, as one; None where it would be larger than tables may be.

    Headers that later parts repeat, and rows that only say that the table goes on, stand once or not at all. A row that runs
    over the end of a page is one again where its texts show it: no key of its own, and each text goes on with one above.
    Cells tell their page; page, box and words are those of the first part, which its other parts keep for themselves.
    """
    width, first = max(part.column_count for part in parts), parts[0]
    if width * sum(part.row_count for part in parts) > MAX_POSITIONS:
        return None
    heads = leading_rows(first)
    rows: list[tuple[Table, list[Cell]]] = []
    for number, part in enumerate(parts):
        begin = skipped_rows(heads, part) if number else 0
        end = part.row_count if number == len(parts) - 1 else _end(part)
        added = _rows(part)[begin:end]
        merged = _merged(rows[-1][1], added[0]) if rows and added and not _blank_keys(added[1:]) else None
        if merged:
            rows[-1] = rows[-1][0], merged
            del added[0]
        rows += [(part, row) for row in added]
    if not rows:
        return None
    cells = (_placed(cell, number, part, first, width) for number, (part, row) in enumerate(rows) for cell in row)
    return document.replace(first, row_count=len(rows), column_count=width, cells=tuple(cells))


def _rows(part: Table) -> list[list[Cell]]:
    """Return the cells of a part by the row that they begin in."""
    rows: list[list[Cell]] = [[] for _ in range(part.row_count)]
    for cell in sorted(part.cells, key=lambda cell: cell.column):
        rows[cell.row].append(cell)
    return rows


def _placed(cell: Cell, row: int, part: Table, first: Table, width: int) -> Cell:
    """Return a cell of a part in row `row` of the whole, `width` columns wide; what is no header of the first part is none."""
    missing = width - part.column_count if cell.column + cell.column_span == part.column_count else 0
    return document.replace(
        cell,
        row=row,
        column_span=cell.column_span + missing,
        header=cell.header if part is first else _of_rows(cell),
        page_number=cell.page_number or part.page_number,
    )


def _of_rows(cell: Cell) -> Literal["row", "none"]:
    return "row" if cell.header in ("row", "both") else "none"


def _end(part: Table) -> int:
    """Return how many rows of a part are left without those at its end that only say that it goes on."""
    grid = part.grid()
    end = part.row_count
    while end and _is_note(grid[end - 1]) and not is_crossed(part, end - 1):
        end -= 1
    return end


def _is_note(row: Iterable[Cell]) -> bool:
    """Return whether a row is a note or a caption saying that the table goes on; a section's title that says so is none."""
    texts = {cell.text for cell in row if cell.text.strip()}
    return len(texts) == 1 and all(only_says_so(text) or (says_so(text) and number_in(text)) for text in texts)


def is_crossed(table: Table, row: int) -> bool:
    """Return whether a cell reaches over the upper border of a row."""
    return any(cell.row < row < cell.row + cell.row_span for cell in table.cells)


def _merged(above: Sequence[Cell], below: Sequence[Cell]) -> list[Cell] | None:
    """Return two rows on both sides of a page's end as one, where they evidently are."""
    places = [(cell.column, cell.column_span) for cell in above]
    tall = any(cell.row_span > 1 for cell in (*above, *below))
    if tall or places != [(c.column, c.column_span) for c in below] or below[0].column or "column" in (c.header for c in above):
        return None
    pairs = list(zip(above, below, strict=True))
    filled = [(one.text.strip(), other.text.strip()) for one, other in pairs if other.text.strip()]
    if not above[0].text.strip() or below[0].text.strip() or not filled or not all(_is_cut(*texts) for texts in filled):
        return None
    return [
        document.replace(
            one, text=join_texts([one.text, other.text]), confidence=min(one.confidence, other.confidence), readings=()
        )
        if other.text.strip()
        else one
        for one, other in pairs
    ]


def _is_cut(text: str, following: str) -> bool:
    return (bool(_OPEN.search(text)) and following[0].islower()) or bool(_BROKEN.search(text) and following[0].isalpha())


def _blank_keys(rows: Iterable[Sequence[Cell]]) -> bool:
    """Return whether rows without a key are usual in a part, so that one at its start need not belong to the row above."""
    return any(row and row[0].column == 0 and not row[0].text.strip() and any(c.text.strip() for c in row) for row in rows)


# Headers


def leading_rows(table: Table) -> tuple[Row, ...]:
    """Return the texts of the rows that a later part may repeat: the headers, and words right below that may be some too."""
    known = table.header_row_count
    rows: list[Row] = []
    for number, cells in enumerate(table.grid()[: max(known, 1) + MORE_HEADS]):
        row = tuple(folded(cell.text) for cell in cells)
        if number >= known and (any(map(str.isdigit, "".join(row))) or len({text for text in row if text}) < 2):
            break
        rows.append(row)
    return tuple(rows)


def skipped_rows(heads: Sequence[Row], part: Table) -> int:
    """Return how many leading rows of a later part say nothing new: that it goes on, and the headers again."""
    grid = part.grid()
    begin = next((n for n, row in enumerate(grid) if not _is_note(row)), 0)
    rows = [tuple(folded(cell.text) for cell in row) for row in grid[begin : begin + len(heads)]]
    repeated = max((_agreeing(heads[start:], rows) for start in range(len(heads))), default=0)
    end = begin + repeated
    return 0 if is_crossed(part, end) else end


def _agreeing(heads: Sequence[Row], rows: Sequence[Row]) -> int:
    return len(list(takewhile(lambda pair: _alike(*pair), zip(heads, rows, strict=False))))


def _alike(one: Row, other: Row) -> bool:
    """Return whether two rows say the same; letters may be misread, digits tell years and quarters apart."""
    here, there = "|".join(one), "|".join(other)
    if not here.strip("|") or re.findall(r"\d", here) != re.findall(r"\d", there):
        return False
    return here == there or float(Levenshtein.normalized_similarity(here, there)) >= ALIKE


def folded(text: str) -> str:
    return re.sub(r"[\W_]+", "", _BRACKETED.sub("", text)).casefold()
