"""When a table goes on over pages: told page by page, by its place, its header, its columns and what captions say."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from docai import document
from docai.document import MARGIN_ROLES, Block, Figure, Page, Role, Table, Text
from docai.table_parts import Row, folded, leading_rows, number_in, only_says_so, says_so, skipped_rows

MARGIN: Final = 0.12  # of the page's height at the top and bottom where logos stand
SAME_PLACE: Final = 0.012  # of the page's height that a running text may move from page to page
HALF: Final = 0.5  # of the page's height: a table that goes on ends below it, and does so again above it
SIDEWAYS: Final = 0.05  # of the page's width, below which a text that is higher than wide runs up the margin
SHIFTED: Final = 0.1  # of the page's width that left and right pages may differ in their margins
TIGHT: Final = 0.02  # of a ruled table's width that a column's border may move
LOOSE: Final = 0.4  # of a column's width, where only white space tells its border, half way between words
MOST: Final = 0.8  # share of a column's cells that are numbers, from which on it is a column of numbers
FEW: Final = 0.2  # up to which it is a column of words
_NUMBER = re.compile(r"^[-+−–(]?[$€£₩₫¥]?\s?\d[\d\s.,]*\s?[%)]?$")
_YEAR = re.compile(r"^(19|20)\d\d$")


@dataclass(frozen=True, slots=True)
class _Thread:
    """A table whose parts end with `part`, so far; `heads` and `number` are those of the first."""

    part: Block
    heads: tuple[Row, ...]
    number: str


@dataclass(frozen=True, slots=True)
class _Edge:
    """The table at an edge of a page, and what stands between it and the edge."""

    block: Block
    table: Table
    between: tuple[Block, ...]


class Follower:
    """Ties the parts of tables together, page after page; of what came before, the last page is all that is looked at.

    A table goes on where it is the last content of its page, and the first of the next page is a table of the same columns:
    it repeats the header, or has none and its columns stand where they stood, or a caption says so. Running lines, notes and
    repeated captions may lie between. Another caption or another header makes another table.
    """

    def __init__(self) -> None:
        self._before: Page | None = None
        self._thread: _Thread | None = None

    def tied(self, page: Page) -> Page:
        """Return the next page, its first table tied to the last of the page before if it goes on with it.

        What stands above that only repeats, or says that the table goes on, is a running header then.
        """
        page = _with_footers(page)
        link = self._link(self._before, page) if self._before and page.number == self._before.number + 1 else None
        if link:
            thread, edge = link
            tied = document.replace(edge.block, continues=thread.part.id)
            self._thread = replace(thread, part=tied)
            headers = {block.id for block in edge.between}
            blocks = (_running(b, "header") if b.id in headers else tied if b.id == tied.id else b for b in page.blocks)
            page = document.replace(page, blocks=tuple(blocks))
        self._before = page
        return page

    def _link(self, before: Page, page: Page) -> tuple[_Thread, _Edge] | None:
        tail = _last_table(before, {_place(block) for block in _texts(page)})
        head = _first_table(page) if tail else None
        if tail is None or head is None:
            return None
        captions = {block.id: _text(block) for block in _texts(before)}
        numbers = (number_in(captions[name]) for name in tail.block.captions if name in captions)
        thread = self._thread
        if thread is None or thread.part.id != tail.block.id:
            thread = _Thread(tail.block, leading_rows(tail.table), next(filter(None, numbers), ""))
        said = _says_same(thread, head, page, {folded(text) for text in captions.values()})
        if said is None or not _goes_on(thread, tail, head, said=said or any(says_so(_text(b)) for b in tail.between)):
            return None
        return thread, head


def _last_table(page: Page, running: set[tuple[str, int]]) -> _Edge | None:
    """Return the table that a page ends with, and the texts below it that may stand between it and its next part."""
    between: list[Block] = []
    for block in reversed(page.blocks):
        content = block.content
        if isinstance(content, Table):
            own = all(b.id in block.captions or only_says_so(_text(b)) for b in between)
            return _Edge(block, content, tuple(between)) if own else None
        if only_says_so(_text(block)):
            between.append(block)
        elif not _is_aside(block) and running.isdisjoint(_places(block)):
            if not isinstance(content, Text):
                return None
            between.append(block)
    return None


def _first_table(page: Page) -> _Edge | None:
    """Return the table that a page begins with, and the texts above it."""
    between: list[Block] = []
    for block in page.blocks:
        if isinstance(block.content, Table):
            return _Edge(block, block.content, tuple(between))
        if says_so(_text(block)) or not _is_aside(block):
            if not isinstance(block.content, Text):
                return None
            between.append(block)
    return None


def _says_same(thread: _Thread, head: _Edge, page: Page, earlier: set[str]) -> bool | None:
    """Return whether the texts above a table say that it goes on; None where any says that it does not."""
    said = False
    for text in map(_text, head.between):
        number = number_in(text)
        if number and thread.number and number != thread.number:
            return None
        if says_so(text) or (number and number == thread.number):
            said = True
        elif folded(text) not in earlier:
            return None
    captions = (_text(block) for block in _texts(page) if block.id in head.block.captions)
    numbers = {number_in(text) for text in captions} - {""}
    return None if thread.number and numbers - {thread.number} else said


def _goes_on(thread: _Thread, tail: _Edge, head: _Edge, *, said: bool) -> bool:
    if tail.table.column_count != head.table.column_count:
        return False
    fills = said or (tail.block.box.bottom > HALF > head.block.box.top)
    if skipped_rows(thread.heads, head.table):
        return fills
    if _own_header(head.table) or (tail.between and not said):  # a caption below ends a table, as far as one can tell
        return False
    return said or (fills and _same_columns(tail.table, head.table) and _same_kinds(tail.table, head.table))


def _same_columns(one: Table, other: Table) -> bool:
    """Return whether the borders of columns agree, on the page or moved with its margins."""
    here, there = _borders(one), _borders(other)
    shift = statistics.median(b - a for a, b in zip(here, there, strict=True))
    loose = _is_unruled(one) or _is_unruled(other)
    widths = [min(a, b) for a, b in zip(_widths(here), _widths(there), strict=True)]
    beside = [min(pair) for pair in pairwise([widths[0], *widths, widths[-1]])]
    room = [LOOSE * width for width in beside] if loose else [TIGHT * (here[-1] - here[0])] * len(here)
    return abs(shift) < SHIFTED and all(abs(b - a - shift) <= r for a, b, r in zip(here, there, room, strict=True))


def _borders(table: Table) -> list[float]:
    """Return the borders of the columns from left to right; one that all cells span lies where the one before does."""
    places: list[list[float]] = [[] for _ in range(table.column_count + 1)]
    for cell in table.cells:
        places[cell.column].append(cell.box.left)
        places[cell.column + cell.column_span].append(cell.box.right)
    borders = [table.box.left]
    for place in places[1:]:
        borders.append(statistics.median(place) if place else borders[-1])
    return borders


def _widths(borders: Sequence[float]) -> list[float]:
    return [b - a for a, b in pairwise(borders)]


def _is_unruled(table: Table) -> bool:
    """Return whether a table's words reach its edges, so that there is no frame, and white space alone tells its columns."""
    if not table.words:
        return False
    left, right = min(word.box.left for word in table.words), max(word.box.right for word in table.words)
    return max(left - table.box.left, table.box.right - right) < 0.002  # less than the padding of any cell


def _same_kinds(one: Table, other: Table) -> bool:
    """Return whether no column holds numbers in one table and words in the other."""
    shares = zip(_numeric_shares(one), _numeric_shares(other), strict=True)
    return not any(a is not None and b is not None and min(a, b) < FEW and max(a, b) > MOST for a, b in shares)


def _numeric_shares(table: Table) -> list[float | None]:
    """Return for each column which share of its cells are numbers; None where they are too few to tell."""
    columns: list[list[bool]] = [[] for _ in range(table.column_count)]
    for cell in table.cells:
        if cell.text.strip() and cell.column_span == 1 and cell.header in ("none", "row"):
            columns[cell.column].append(bool(_NUMBER.match(cell.text.strip())))
    return [statistics.mean(column) if len(column) > 1 else None for column in columns]


def _own_header(table: Table) -> bool:
    """Return whether a table has a header row that names columns; titles of sections and bold numbers are none."""
    for row in table.grid()[: table.header_row_count]:
        texts = {cell.text.strip() for cell in row if cell.text.strip()}
        numbers = [text for text in texts if _NUMBER.match(text) and not _YEAR.match(text)]
        if len(texts) > 1 and 2 * len(numbers) < len(texts):
            return True
    return False


# What stands between


def _texts(page: Page) -> list[Block]:
    return [block for block in page.blocks if isinstance(block.content, Text)]


def _text(block: Block) -> str:
    return block.content.text if isinstance(block.content, Text) else ""


def _is_aside(block: Block) -> bool:
    """Return whether a block is no content: a running line, a footnote, a logo, or text that runs up the margin."""
    content, box = block.content, block.box
    if isinstance(content, Text):
        aside = box.width < SIDEWAYS and box.height > 3 * box.width
        return content.role in MARGIN_ROLES or content.role == "footnote" or aside
    return isinstance(content, Figure) and (box.bottom < MARGIN or box.top > 1 - MARGIN)


def _place(block: Block) -> tuple[str, int]:
    return re.sub(r"\d+", "#", _text(block).casefold()), round(block.box.top / SAME_PLACE)


def _places(block: Block) -> set[tuple[str, int]]:
    text, step = _place(block)
    return {(text, step - 1), (text, step), (text, step + 1)}


def _with_footers(page: Page) -> Page:
    """Return a page on which notes below the last table that it goes on are footers."""
    last = next((n for n, block in reversed(list(enumerate(page.blocks))) if isinstance(block.content, Table)), len(page.blocks))
    notes = {b.id for b in page.blocks[last + 1 :] if only_says_so(_text(b)) and b.id not in page.blocks[last].captions}
    if not notes:
        return page
    return document.replace(page, blocks=tuple(_running(b, "footer") if b.id in notes else b for b in page.blocks))


def _running(block: Block, role: Role) -> Block:
    return document.replace(block, content=document.replace(block.content, role=role, level=None))
