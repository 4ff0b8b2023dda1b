"""Rows of text cut at the columns of a table: the pieces that its cells are made of."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from docai.alignment import WIDER, WORD_SPACE, Interval, Row, merged
from docai.lines import Line
from docai.sources import Rule, SourceWord

MET_EMS: Final = 0.3  # font sizes that text must reach into a column to stand over it
NARROWEST_EMS: Final = 0.33  # of a gap between two columns; a word space is mostly less
WIDE_EMS: Final = 0.8  # from which on a gap parts two texts, whatever stands in the row
NUMERIC = re.compile(
    r"^[<>≤≥~≈(\[±+\-−–]*\s?(?:[$€£₩₫¥]|US\$|USD|VND|KRW|EUR)?\s?[-−–(]?\d[\d\s.,/:×–−±()%‰*†‡+\-]*"
    r"(?:E[-−+]?\d+)?(?:\s?(?:[a-zA-Z]{1,2}|million|billion|만|억|조|원|đ|₫))?[%‰)\]*†‡]{0,4}$"
)
MISSING = re.compile(r"^(?:[-−–—―.…·*]+|n/?a\.?|n\.\s?a\.|nd|x|\.\.\.?|\(\d{1,2}\))$", re.IGNORECASE)
YEAR = re.compile(r"^(?:FY\s?|’|')?(?:1[89]|20)\d\d(?:\s?[-–/]\s?\d{2,4})?[a-z*]?$")


@dataclass(frozen=True, slots=True)
class RuleRow:
    """Rules on one height: the stretches that they run over, and whether any is drawn; others are the edges of shaded rows."""

    position: float
    stretches: tuple[Interval, ...]
    drawn: bool = True

    def covers(self, left: float, right: float) -> bool:
        """Return whether they run along most of a stretch."""
        return sum(max(0.0, min(b, right) - max(a, left)) for a, b in self.stretches) > 0.6 * (right - left)


@dataclass(frozen=True, slots=True)
class Setting:
    """How a table is set: its columns, from left to right, its horizontal rules, from the top, and its usual font size.

    `em` is the font size as a fraction of the page's width, `leading` as one of its height.
    """

    columns: tuple[Interval, ...]
    rules: tuple[RuleRow, ...]
    em: float
    leading: float

    @property
    def count(self) -> int:
        """How many columns there are."""
        return len(self.columns)

    @property
    def left(self) -> float:
        """Where the first column begins."""
        return self.columns[0][0]

    @property
    def right(self) -> float:
        """Where the last column ends."""
        return self.columns[-1][1]

    @property
    def across(self) -> list[float]:
        """The places of the rules that run along most of the table."""
        return [rule.position for rule in self.rules if rule.covers(self.left, self.right)]


@dataclass(frozen=True)
class Piece:
    """Words of a row of text that belong to one cell; `first` and `last` are the columns that it stands over."""

    words: tuple[SourceWord, ...]
    first: int
    last: int

    @cached_property
    def left(self) -> float:
        """Its left end, as a page fraction."""
        return min(word.box.left for word in self.words)

    @cached_property
    def right(self) -> float:
        """Its right end, as a page fraction."""
        return max(word.box.right for word in self.words)

    @property
    def centre(self) -> float:
        """Its middle, as a page fraction of the width."""
        return (self.left + self.right) / 2

    @property
    def width(self) -> float:
        """Its width, as a page fraction."""
        return self.right - self.left

    @cached_property
    def text(self) -> str:
        """Its words with spaces between them."""
        return " ".join(word.text for word in self.words)

    @property
    def spans(self) -> bool:
        """Whether it stands over several columns."""
        return self.last > self.first

    @cached_property
    def is_numeric(self) -> bool:
        """Whether it is a number or what stands in place of one."""
        return bool(NUMERIC.match(self.text) or MISSING.match(self.text))

    @cached_property
    def is_year(self) -> bool:
        """Whether it is a year or a span of years, as headings have them."""
        return bool(YEAR.match(self.text))


@dataclass(frozen=True)
class TextRow:
    """Pieces on one baseline, from left to right."""

    pieces: tuple[Piece, ...]

    @cached_property
    def top(self) -> float:
        """Its upper end, as a page fraction."""
        return min(word.box.top for piece in self.pieces for word in piece.words)

    @cached_property
    def bottom(self) -> float:
        """Its lower end, as a page fraction."""
        return max(word.box.bottom for piece in self.pieces for word in piece.words)

    @cached_property
    def baseline(self) -> float:
        """Its baseline, as a page fraction."""
        return statistics.median_low([word.baseline for piece in self.pieces for word in piece.words])

    @cached_property
    def columns(self) -> frozenset[int]:
        """The columns that it has text over."""
        return frozenset(column for piece in self.pieces for column in range(piece.first, piece.last + 1))


def cut_rows(rows: Sequence[Row], columns: Sequence[Interval], em: float) -> list[TextRow]:
    """Return rows of text with their lines cut where they run from one column into the next; `em` is the usual font size."""
    return [TextRow(tuple(_pieces(row, columns, em))) for row in rows]


def _pieces(row: Row, columns: Sequence[Interval], em: float) -> list[Piece]:
    groups = [group for line in row.lines for group in _cut(line, columns, em)]
    pieces: list[Piece] = []
    for words in sorted(groups, key=lambda group: group[0].box.left):
        first, last = _covered(words[0].box.left, words[-1].box.right, columns, em)
        if pieces and first <= pieces[-1].last:
            met = pieces.pop()
            pieces.append(Piece((*met.words, *words), met.first, max(met.last, last)))
        else:
            pieces.append(Piece(words, first, last))
    return pieces


def _cut(line: Line, columns: Sequence[Interval], em: float) -> list[tuple[SourceWord, ...]]:
    """Return the words of a line in groups, cut in the gaps between columns that are wider than its word spaces."""
    words = sorted(line.words, key=lambda word: word.box.left)
    gaps = [after.box.left - before.box.right for before, after in pairwise(words)]
    groups: list[list[SourceWord]] = [words[:1]]
    for place, (before, after) in enumerate(pairwise(words)):
        alleys = _alleys_over(before, after, columns)
        parted = any(before.box.right <= b + MET_EMS * em and after.box.left >= a - MET_EMS * em for a, b in alleys)
        others = [gap for n, gap in enumerate(gaps) if n != place and 0 < gap < WIDE_EMS * em]
        usual = statistics.median(others) if len(others) > 1 else WORD_SPACE * em
        numbers = bool(NUMERIC.match(before.text)) + bool(NUMERIC.match(after.text))
        least = min(WIDE_EMS * em, max(NARROWEST_EMS * em, (1.0 if numbers else WIDER) * usual)) if numbers < 2 else 0.0
        if parted and gaps[place] >= least:
            groups.append([after])
        else:
            groups[-1].append(after)
    return [tuple(group) for group in groups]


def _alleys_over(before: SourceWord, after: SourceWord, columns: Sequence[Interval]) -> Iterable[Interval]:
    """Return the alleys between columns that lie between the middles of two words."""
    left, right = (before.box.left + before.box.right) / 2, (after.box.left + after.box.right) / 2
    return ((a[1], b[0]) for a, b in pairwise(columns) if left < (a[1] + b[0]) / 2 < right)


def _covered(left: float, right: float, columns: Sequence[Interval], em: float) -> tuple[int, int]:
    """Return the first and last column that text from `left` to `right` stands over; the nearest where it stands between."""
    least = min(MET_EMS * em, 0.5 * (right - left))
    met = [n for n, (a, b) in enumerate(columns) if min(b, right) - max(a, left) > min(least, 0.5 * (b - a))]
    if met:
        return met[0], met[-1]
    near = min(range(len(columns)), key=lambda n: max(columns[n][0] - right, left - columns[n][1]))
    return near, near


# Rules between rows


def find_rule_rows(rules: Iterable[Rule], em: float, leading: float) -> list[RuleRow]:
    """Return the horizontal rules of a table from top to bottom, those on one height together."""
    rows: list[list[Rule]] = []
    for rule in sorted((r for r in rules if r.horizontal), key=lambda r: r.position):
        if rows and rule.position - rows[-1][0].position < 0.25 * leading:
            rows[-1].append(rule)
        else:
            rows.append([rule])
    return [
        RuleRow(
            row[0].position,
            tuple(merged(((rule.start, rule.end) for rule in row), 0.1 * em)),
            any(rule.thickness > 0 for rule in row),
        )
        for row in rows
    ]
