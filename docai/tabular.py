"""What tells rows of text in columns from other rows: running text, lists, contents pages, forms, notes and captions."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from docai.alignment import Interval, Row, find_rows, words_in
from docai.box import Box
from docai.captions import is_caption
from docai.lines import BULLET, NUMBERED, Line
from docai.sources import Rule, VectorPath

LEADERS = re.compile(r"\.{4,}|(?:\. ){4,}|…{2,}")
NUMBER = re.compile(r"^\W{0,3}\d")
NOTE = re.compile(
    r"^(?:notes?|sources?|(?:exhibit|table|figure) reads|legend|abbreviations?|ghi chú|chú thích|nguồn|주|자료|출처|비고)\s*[:.)]"
    r"|^(?:[*†‡§¶]+|[¹²³⁴-⁹]|\d\)|[a-z]\))\s*\w",
    re.IGNORECASE,
)
ENUMERATOR = re.compile(r"^\d{1,3}[:.]?$")
FORMULA_NUMBER = re.compile(r"^\(\d+(?:[.\-]\d+)*[a-z]?\)$")
LIST_WORDS: Final = 4.0  # that an item of a list or a line of a program has at least, on average
PROSE_WORDS: Final = 6.0  # words a piece of text in a row has in running text; in tables of figures one or two
FILLED: Final = 0.4  # share of the places in rows of several texts that hold one
MOST_LABELS: Final = 4  # rows of text in a row that hold a label only
SAME_HEIGHT: Final = 0.0015  # of the page, a point: the edges of the shades of one row
SHADE_EMS: Final = 0.7, 9.0  # font sizes that a shaded row is high
WRAPPED: Final = 1.5  # font sizes between the baselines of a label that runs over lines
ROW_GAP: Final = 3.2  # font sizes between baselines, above which a table ends unless its rows stand as far apart
GAP_EMS: Final = 5.0  # font sizes between rows, from which on a table ends
REGULAR: Final = 1.3  # times the least distance of rows that the greatest is, where all stand alike


@dataclass(frozen=True, slots=True)
class Found:
    """A table on the page: its box, lines and rules."""

    box: Box
    lines: tuple[Line, ...]
    rules: tuple[Rule, ...]


def starts_in(line: Line, box: Box) -> bool:
    """Return whether the middle of a line lies in a box."""
    x, y = (line.box.left + line.box.right) / 2, (line.box.top + line.box.bottom) / 2
    return box.left <= x <= box.right and box.top <= y <= box.bottom


def rows_from(lines: Iterable[Line], *, beside: bool = False) -> list[Row]:
    """Return lines in rows, from top to bottom; with `beside`, a label beside two lines of text is in one row with them."""
    return find_rows(sorted(lines, key=lambda line: (line.baseline, line.box.left)), beside=beside)


def text_in(row: Row, column: Interval) -> str:
    """Return the words of a row that stand in a column."""
    return " ".join(word.text for word in words_in(row, column))


def fits(row: Row, columns: Sequence[Interval]) -> bool:
    """Return whether no word of a row runs over two columns."""
    return all(sum(min(b, w.box.right) > max(a, w.box.left) for a, b in columns) < 2 for w in row.words)


def is_filled(rows: Sequence[Row], columns: Sequence[Interval]) -> bool:
    """Return whether rows have text in enough of the columns; the labels of a chart hardly ever stand in one row."""
    return filled_share(rows, columns) >= FILLED


def filled_share(rows: Sequence[Row], columns: Sequence[Interval]) -> float:
    """Return the share, 0..1, of the places of rows in columns that hold text."""
    return sum(bool(words_in(row, column)) for row in rows for column in columns) / (len(rows) * len(columns))


def is_prose(rows: Sequence[Row], pieces: Sequence[Line]) -> bool:
    """Return whether rows are running text side by side: most pieces have many words."""
    words = statistics.mean(len(piece.words) for piece in pieces)
    long = sum(len(piece.words) >= PROSE_WORDS for piece in pieces)
    return len(rows) > 4 and words > PROSE_WORDS and long > 0.6 * len(pieces)


def is_contents(held: Sequence[Sequence[str]]) -> bool:
    """Return whether columns are those of a contents page: titles before page numbers that never fall."""
    pages = [int(text) for text in held[-1] if text.isdigit() and len(text) < 5]
    titles = [text for column in (held[1:-1] or held[:-1]) for text in column if text]
    rising = all(a <= b for a, b in pairwise(pages)) and len(set(pages)) > len(pages) // 3
    named = sum(sum(letter.isalpha() for letter in text) > 2 for text in titles)
    return (
        len(held) <= 4 and len(pages) > 2 and len(pages) >= 0.8 * sum(map(bool, held[-1])) and rising and named > 0.9 * len(titles)
    )


def is_list(held: Sequence[Sequence[str]]) -> bool:
    """Return whether the first of two columns holds bullets or numbers of a list only, or the last those of formulas."""
    first, last = [text for text in held[0] if text], [text for text in held[-1] if text]
    marked = sum(bool(BULLET.match(text) or NUMBERED.match(text) or ENUMERATOR.match(text)) for text in first)
    words = statistics.mean(len(text.split()) for text in last) if last else 0.0
    listed = len(held) == 2 and (marked == len(first) or (marked > 0.7 * len(first) and words > LIST_WORDS))
    return listed or all(FORMULA_NUMBER.match(text) for text in last)


def is_form(held: Sequence[Sequence[str]]) -> bool:
    """Return whether the first column holds the labels of fields, with a colon behind most."""
    labels = [text for text in held[0] if text]
    return len(held) <= 4 and sum(text.endswith((":", "：")) for text in labels) > 0.6 * len(labels)


def is_headed(rows: Sequence[Row]) -> bool:
    """Return whether the first row is set otherwise than most others: all in bold, or in another colour."""

    def style(row: Row) -> tuple[bool, int]:
        return all(line.bold for line in row.lines), row.words[0].colour

    first, rest = style(rows[0]), [style(row) for row in rows[1:]]
    return (
        len(rows[0].lines) > 1 and sum(other != first for other in rest) > 0.6 * len(rest) and (first[0] or first[1] != rest[-1][1])
    )


def is_note(text: str) -> bool:
    """Return whether a text begins like the notes under a table: "Note:", "Source:", "* p < 0.05", "주:", "Nguồn:"."""
    return bool(NOTE.match(text))


def is_captioned(rows: Sequence[Row]) -> bool:
    """Return whether the last of some rows is part of a caption, which may run over lines."""
    for above, row in zip([*reversed(rows[:-1]), None], reversed(rows), strict=True):
        if any(is_caption(line.text) for line in row.lines):
            return True
        if above is None or row.baseline - above.baseline > WRAPPED * row.lines[0].leading:
            return False
    return False


def rules_of(box: Box, rules: Iterable[Rule], slack: float) -> list[Rule]:
    """Return the rules of the table in a box: those that lie in it or by its sides, without the edges of shades of one cell."""
    near = [rule for rule in rules if touches(rule, box, slack)]
    return [rule for rule in near if tells(rule, near, box)]


def touches(rule: Rule, box: Box, slack: float) -> bool:
    """Return whether a rule lies in a box, or not further from its sides than `slack`, a page fraction."""
    if rule.horizontal:
        return box.top - slack <= rule.position <= box.bottom + slack and min(rule.end, box.right) > max(rule.start, box.left)
    return box.left - slack <= rule.position <= box.right + slack and min(rule.end, box.bottom) > max(rule.start, box.top)


def tells(rule: Rule, rules: Sequence[Rule], box: Box) -> bool:
    """Return whether a rule is drawn, or the edge of shades that run along most of the table and not of one cell."""
    if rule.thickness:
        return True
    level = [r for r in rules if r.horizontal and abs(r.position - rule.position) < SAME_HEIGHT]
    return sum(r.end - r.start for r in level) > 0.7 * box.width


def shades(paths: Sequence[VectorPath], em: float, leading: float) -> Iterator[Rule]:
    """Yield the upper and lower edges of shaded rows, which tell rows as rules do."""
    for path in paths:
        box = path.box
        if not path.fill or path.fill == "#ffffff" or not SHADE_EMS[0] * leading < box.height < SHADE_EMS[1] * leading:
            continue
        if box.width > em and all(segment[0] == "rectangle" for segment in path.segments):
            for position in (box.top, box.bottom):
                yield Rule(horizontal=True, position=position, start=box.left, end=box.right, thickness=0.0)


def most_step(steps: Sequence[float], leading: float) -> float:
    """Return how far the next row may stand below the last of a run whose rows stand so far apart; page fractions."""
    if len(steps) > 2 and max(steps) < REGULAR * min(steps):
        return max(1.6 * max(steps), 1.9 * leading)
    return min(max(ROW_GAP * leading, 1.6 * max(steps, default=0.0)), GAP_EMS * leading)


def from_top(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Return lines from top to bottom."""
    return tuple(sorted(lines, key=lambda line: line.box.top))
