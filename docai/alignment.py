"""Rows of text that stand in columns: what layout finds tables without rules by, and what their structure is read from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from docai.lines import Line
from docai.sources import Rule, SourceWord

ON_ROW: Final = 0.35  # of a line's height that baselines in a row may differ; superscripts and other sizes included
ROW_GAP: Final = 3.2  # font sizes between baselines, above which a table ends
WRAPPED: Final = 1.5  # font sizes between the baselines of a label that runs over lines
MIN_ROWS: Final = 3  # with two cells and more; fewer are a heading with a date, or a signature
NUMERIC_SHARE: Final = 0.4  # of cells behind the first column that hold a digit, where no rule tells a table
LEADERS = re.compile(r"\.{4,}|(?:\. ){4,}|…{2,}")
MIN_BODY: Final = 5  # rows that must leave a gap free, so that word spaces do not line up by chance
MIN_GAP_EMS: Final = 0.35  # of such a gap; a word space is 0.25 to 0.3, and "Region 1", "Region 2" have theirs above each other
_DIGIT = re.compile(r"\d")

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Row:
    """Lines on one baseline, from left to right; `place` is that of its first line among those it was made of."""

    lines: tuple[Line, ...]
    place: int

    @property
    def baseline(self) -> float:
        """The baseline of its first line."""
        return self.lines[0].baseline


def find_rows(lines: Sequence[Line]) -> list[Row]:
    """Return lines, given from top to bottom, in rows; a line starts a new row where it is not level with the one before."""
    groups: list[tuple[int, list[Line]]] = []
    for place, line in enumerate(lines):
        previous = groups[-1][1][-1] if groups else None
        if previous is not None and abs(previous.baseline - line.baseline) < ON_ROW * min(previous.box.height, line.box.height):
            groups[-1][1].append(line)
        else:
            groups.append((place, [line]))
    return [Row(tuple(sorted(group, key=lambda n: n.box.left)), place) for place, group in groups]


def find_aligned(lines: Sequence[Line], rules: Sequence[Rule]) -> list[tuple[int, int]]:
    """Return the stretches, as places from and to (exclusive) in `lines`, that are tables without a grid of rules.

    Rows of two cells and more follow each other; columns hold through them; and numbers, or horizontal rules, tell that
    this is a table and not names side by side. A contents page with leaders is none.
    """
    rows = find_rows(lines)
    found = []
    start = 0
    while start < len(rows):
        end = _run(rows, start)
        if end - start >= MIN_ROWS and _is_table(rows[start:end], rules):
            found.append((rows[start].place, rows[end].place if end < len(rows) else len(lines)))
            start = end
        else:
            start = max(end, start + 1)
    return found


def _run(rows: Sequence[Row], start: int) -> int:
    """Return where the run of rows with several cells ends that begins at `start`; a single row of one cell may lie between."""
    end = start
    if len(rows[start].lines) < 2:
        return start
    for n in range(start + 1, len(rows)):
        step = (rows[n].baseline - rows[n - 1].baseline) / rows[n].lines[0].leading
        if not 0 < step < ROW_GAP:
            break
        if len(rows[n].lines) > 1:
            end = n
        elif n > end + (2 if step < WRAPPED else 1) or rows[n].lines[0].box.right > _right(rows[start:n]) + rows[n].lines[0].em:
            break
    return end + 1


def _right(rows: Sequence[Row]) -> float:
    return max(row.lines[-1].box.right for row in rows)


def _is_table(rows: Sequence[Row], rules: Sequence[Rule]) -> bool:
    several = [row for row in rows if len(row.lines) > 1]
    count = len(find_columns(rows))
    if len(several) < MIN_ROWS or count < 2:
        return False
    if sum(bool(LEADERS.search(line.text)) for row in rows for line in row.lines) > 0.3 * len(rows):
        return False
    behind = [line for row in several for line in row.lines[1:]]
    numeric = sum(bool(_DIGIT.search(line.text)) and len(line.words) <= 4 for line in behind) / len(behind)
    if count == 2:
        return numeric > 0.7 and len(several) > MIN_ROWS
    return numeric >= NUMERIC_SHARE or (
        _rule_count(rows, rules) >= 2 and sum(len(line.words) for line in behind) <= 6 * len(behind)
    )


def _rule_count(rows: Sequence[Row], rules: Sequence[Rule]) -> int:
    """Return how many horizontal rules run across most of the rows' width, at or between them."""
    left, right = min(row.lines[0].box.left for row in rows), _right(rows)
    top, bottom = rows[0].lines[0].box.top, rows[-1].lines[0].box.bottom
    margin = 1.5 * rows[0].lines[0].leading
    return len(
        {
            round(rule.position, 3)
            for rule in rules
            if rule.horizontal
            and top - margin <= rule.position <= bottom + margin
            and min(rule.end, right) - max(rule.start, left) > 0.7 * (right - left)
        }
    )


def find_columns(rows: Sequence[Row]) -> list[Interval]:
    """Return the columns that rows have in common, as stretches of the page's width from left to right.

    Rows with few cells, whose headings may span, do not count where fuller rows tell the columns.
    """
    counts = sorted((len(row.lines) for row in rows), reverse=True)
    usual = counts[min(len(counts) - 1, max(1, len(counts) // 3))]  # reached by a third of the rows
    full = [row for row in rows if len(row.lines) >= max(2, usual)]
    return _merged((line.box.left, line.box.right) for row in full for line in row.lines)


def _merged(stretches: Iterable[Interval]) -> list[Interval]:
    """Return stretches from left to right, those that overlap made one."""
    merged: list[Interval] = []
    for left, right in sorted(stretches):
        if merged and left < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], right))
        else:
            merged.append((left, right))
    return merged


def refine_columns(rows: Sequence[Row], columns: Sequence[Interval]) -> list[Interval]:
    """Return columns with those cut in two that no word of the body runs across: values set so close that they read as one line."""
    body = [row for row in rows if 2 * len(row.lines) > len(columns)]
    if len(body) < MIN_BODY:
        return list(columns)
    refined: list[Interval] = []
    for left, right in columns:
        words = [[w for line in row.lines for w in line.words if left <= w.box.left and w.box.right <= right] for row in body]
        gaps = [(a[1], b[0]) for a, b in pairwise(_merged((w.box.left, w.box.right) for row in words for w in row))]
        cuts = [gap for gap in gaps if _parts_most(gap, words, body[0].lines[0].em)]
        edges = [left, *(edge for cut in cuts for edge in cut), right]
        refined.extend(zip(edges[::2], edges[1::2], strict=True))
    return refined


def _parts_most(gap: Interval, rows: Sequence[Sequence[SourceWord]], em: float) -> bool:
    """Return whether a gap is wide enough and has words on both sides in most rows."""
    parted = sum(any(w.box.right <= gap[0] for w in row) and any(w.box.left >= gap[1] for w in row) for row in rows)
    return gap[1] - gap[0] > MIN_GAP_EMS * em and parted > 0.6 * len(rows)
