"""Rows of text that stand in columns: what layout finds tables without rules by, and what their structure is read from."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from docai.lines import Line
from docai.sources import Rule, SourceWord

BESIDE: Final = 0.3  # of a line's height that lines side by side overlap by; lines of one text overlap by 0.15 at most
ON_ROW: Final = 0.35  # of a line's height that baselines in a row may differ; superscripts and other sizes included

# Alleys: the white space between columns
PARTED: Final = 0.7  # of the rows with text on both sides of an alley, at least, leave it free; the rest are titles over columns
MET_SHARE: Final = 0.2  # of the narrower of two texts that they overlap by to stand over each other
PARTLY: Final = 0.05  # by which the share may be less than the best of its neighbourhood
ALLEY_EMS: Final = {2: 0.85, 3: 0.7, 4: 0.5, 5: 0.42, 8: 0.36}  # least width by the number of rows that leave it free
APART_EMS: Final = 0.8  # font sizes from which on words stand apart, whatever runs above and below
APART_SPACES: Final = 2.0  # times a usual word space
WIDEST_SPACE: Final = 1.2  # font sizes that a word space may be wide: in fixed-width letters 0.6 and what is free beside them
MIN_BODY: Final = 5  # rows that must leave a narrower alley free, so that word spaces do not line up by chance
WIDER: Final = 1.35  # times a usual word space
WORD_SPACE: Final = 0.28  # font sizes, in most fonts
NARROW_EMS: Final = 0.35  # of such an alley; "Region 1", "Region 2" have their word spaces above each other
SIGN_COLUMN = re.compile(r"^[$€£¥₩₫(+\-−–]+$")  # stands before a number, set flush left in the column
MARK_COLUMN = re.compile(r"^(?:[%)*†‡§¶#]+|[a-z]|\([a-z]\))$")  # stands behind one

Interval = tuple[float, float]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Row:
    """Lines on one baseline, from left to right; `place` is that of its first line among those it was made of."""

    lines: tuple[Line, ...]
    place: int

    @property
    def baseline(self) -> float:
        """The baseline of its first line."""
        return self.lines[0].baseline

    @property
    def words(self) -> tuple[SourceWord, ...]:
        """Its words, line by line."""
        return tuple(word for line in self.lines for word in line.words)


def find_rows(lines: Sequence[Line], *, beside: bool = True) -> list[Row]:
    """Return lines, given from top to bottom, in rows; a line starts a new row where it is not level with the one before.

    With `beside`, lines that stand beside those of a row, half a line higher or lower, are part of it.
    """
    groups: list[tuple[int, list[Line]]] = []
    for place, line in enumerate(lines):
        previous = groups[-1][1][-1] if groups else None
        if previous is not None and abs(previous.baseline - line.baseline) < ON_ROW * min(previous.box.height, line.box.height):
            groups[-1][1].append(line)
        else:
            groups.append((place, [line]))
    rows = [Row(tuple(sorted(group, key=lambda n: n.box.left)), place) for place, group in groups]
    return _with_those_beside(rows) if beside else rows


def _with_those_beside(rows: Sequence[Row]) -> list[Row]:
    """Return rows, those that stand beside the one above made one with it."""
    result: list[Row] = []
    for row in rows:
        if result and _stand_beside(result[-1], row):
            lines = sorted((*result[-1].lines, *row.lines), key=lambda n: n.box.left)
            result[-1] = Row(tuple(lines), result[-1].place)
        else:
            result.append(row)
    return result


def _stand_beside(above: Row, below: Row) -> bool:
    """Return whether the lines of two rows overlap in height, and none stands over another: a label beside two lines of text."""
    shared = max(n.box.bottom for n in above.lines) - min(n.box.top for n in below.lines)
    if shared <= BESIDE * min(n.box.height for n in (*above.lines, *below.lines)):
        return False
    em = below.lines[0].em
    return all(a.box.right + em < b.box.left or b.box.right + em < a.box.left for a in above.lines for b in below.lines)


# Columns


def find_columns(rows: Sequence[Row], rules: Sequence[Rule] = ()) -> list[Interval]:
    """Return the columns that rows of text have in common, as stretches of the page's width from left to right.

    Columns are parted by alleys: stretches that nearly all rows with text on both sides leave free, and wider the fewer
    rows there are. What runs over the columns of several rows, such as a title, does not count. Vertical rules part too.
    """
    if not rows:
        return []
    em = statistics.median(line.em for row in rows for line in row.lines)
    edges, text, between = _profile(rows, _spanning(rows), max(APART_EMS * em, APART_SPACES * _usual_space(rows, em)))
    if len(edges) < 2:
        return []
    ruled = ruled_alleys(rows, rules)
    alleys = [*_alleys(edges, text, between, em), *ruled]
    left, right = float(edges[0]), float(edges[-1])
    columns = _refined(rows, _between_alleys(left, right, alleys), em)
    return _joined(rows, columns, ruled, em)


def _spanning(rows: Sequence[Row]) -> set[int]:
    """Return the lines, by identity, that run over two or more columns of most other rows."""
    lines = [line for row in rows for line in row.lines]
    sides = np.array([(line.box.left, line.box.right) for line in lines])
    left, right = sides[:, 0], sides[:, 1]
    width = right - left
    overlap = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    meets = overlap > MET_SHARE * np.minimum(width[:, None], width)
    starts = np.cumsum([0, *(len(row.lines) for row in rows[:-1])])
    met = np.add.reduceat(meets, starts, axis=1, dtype=np.int32)  # by row
    own = np.repeat(np.arange(len(rows)), [len(row.lines) for row in rows])
    met[np.arange(len(lines)), own] = 0
    several, single = (met > 1).sum(axis=1), (met == 1).sum(axis=1)
    return {id(line) for line, spans in zip(lines, (several > 1) & (several > single), strict=True) if spans}


def _profile(rows: Sequence[Row], spanning: set[int], space: float) -> tuple[NDArray[np.float64], Mask, Mask]:
    """Return the edges of all words, and two masks of rows by stretches between edges: covered by text, and free between text."""
    held = [
        merged(((w.box.left, w.box.right) for line in row.lines if id(line) not in spanning for w in line.words), space)
        for row in rows
    ]
    edges = np.unique([edge for boxes in held for box in boxes for edge in box])
    count = max(0, len(edges) - 1)
    text, between = np.zeros((len(rows), count), bool), np.zeros((len(rows), count), bool)
    for number, boxes in enumerate(held):
        if not boxes:
            continue
        for left, right in boxes:
            text[number, np.searchsorted(edges, left) : np.searchsorted(edges, right)] = True
        between[number, np.searchsorted(edges, boxes[0][0]) : np.searchsorted(edges, boxes[-1][1])] = True
    return edges, text, between & ~text


def _alleys(edges: NDArray[np.float64], text: Mask, between: Mask, em: float) -> list[Interval]:
    """Return the alleys, from left to right."""
    free, covered = between.sum(axis=0), text.sum(axis=0)
    share = free / np.maximum(1, free + covered)
    found: list[Interval] = []
    candidate = (share >= PARTED) & (free > 1)
    for start, end in _runs(candidate):
        best = _plateaus(share[start:end], max(PARTLY, 1.5 / float((free + covered)[start:end].max())))
        for a, b in best:
            left, right = float(edges[start + a]), float(edges[start + b])
            count = int(between[:, start + a : start + b].all(axis=1).sum())
            if count > 1 and right - left >= _least_width(count) * em:
                found.append((left, right))
    return found


def _runs(mask: Mask) -> list[tuple[int, int]]:
    """Return the stretches of true values, as places from and to (exclusive)."""
    steps = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(steps[::2], steps[1::2], strict=True)]


def _plateaus(share: NDArray[np.float64], slack: float) -> list[tuple[int, int]]:
    """Return the stretches where a share is about as high as it gets, each parted from the next by lower places."""
    if not len(share) or share.max() < PARTED:
        return []
    best = _runs(share >= share.max() - slack)
    found = list(best)
    for start, end in zip([0, *(b for _, b in best)], [*(a for a, _ in best), len(share)], strict=True):
        rest = share[start:end].copy()
        if start:  # what falls away from a plateau is its slope, and no height of its own
            rest[: int(np.argmin(rest)) + 1 if len(rest) else 0] = 0.0
        if end < len(share) and len(rest):
            rest[len(rest) - 1 - int(np.argmin(rest[::-1])) :] = 0.0
        found += [(start + a, start + b) for a, b in _plateaus(rest, slack)]
    return sorted(found)


def _least_width(count: int) -> float:
    return next(width for rows, width in sorted(ALLEY_EMS.items(), reverse=True) if count >= rows)


def ruled_alleys(rows: Sequence[Row], rules: Sequence[Rule]) -> list[Interval]:
    """Return an alley without width at each vertical rule that runs along most of the rows."""
    top, bottom = (
        min(line.box.top for row in rows for line in row.lines),
        max(line.box.bottom for row in rows for line in row.lines),
    )
    along: dict[float, float] = {}
    for rule in rules:
        if not rule.horizontal:
            place = next((x for x in along if abs(x - rule.position) < 0.003), rule.position)
            along[place] = along.get(place, 0.0) + max(0.0, min(rule.end, bottom) - max(rule.start, top))
    return [(x, x) for x, length in along.items() if length > 0.5 * (bottom - top)]


def _between_alleys(left: float, right: float, alleys: Iterable[Interval]) -> list[Interval]:
    columns: list[Interval] = []
    start = left
    for a, b in merged(alley for alley in alleys if alley[0] > left and alley[1] < right):
        columns.append((start, a))
        start = b
    return [*columns, (start, right)]


def merged(stretches: Iterable[Interval], slack: float = 0.0) -> list[Interval]:
    """Return stretches from left to right, those that overlap, or lie no more than `slack` apart, made one."""
    result: list[Interval] = []
    for left, right in sorted(stretches):
        if result and left - result[-1][1] <= slack:
            result[-1] = (result[-1][0], max(result[-1][1], right))
        else:
            result.append((left, right))
    return result


def _refined(rows: Sequence[Row], columns: Sequence[Interval], em: float) -> list[Interval]:
    """Return columns with those cut in two that no word of the body runs across: values set so close that they read as one line."""
    body = [row for row in rows if 2 * len(row.lines) > len(columns)]
    if len(body) < MIN_BODY:
        return list(columns)
    space = _usual_space(body, em)
    refined: list[Interval] = []
    for left, right in columns:
        words = [[w for line in row.lines for w in line.words if left <= w.box.left and w.box.right <= right] for row in body]
        gaps = [(a[1], b[0]) for a, b in pairwise(merged((w.box.left, w.box.right) for row in words for w in row))]
        cuts = [gap for gap in gaps if _parts_most(gap, words, max(NARROW_EMS * em, WIDER * space))]
        edges = [left, *(edge for cut in cuts for edge in cut), right]
        refined.extend(zip(edges[::2], edges[1::2], strict=True))
    return refined


def _usual_space(rows: Sequence[Row], em: float) -> float:
    """Return how wide the spaces between the words of a text are: wider in fixed-width letters than in others."""
    gaps = [
        after.box.left - before.box.right
        for row in rows
        for line in row.lines
        for before, after in pairwise(line.words)
        if before.text[-1].isalpha() and after.text[0].isalpha()
    ]
    spaces = sorted(gap for gap in gaps if 0 < gap < WIDEST_SPACE * em)
    return spaces[len(spaces) // 4] if spaces else WORD_SPACE * em


def _parts_most(gap: Interval, rows: Sequence[Sequence[SourceWord]], width: float) -> bool:
    """Return whether a gap is wide enough and has words on both sides in most rows."""
    parted = sum(any(w.box.right <= gap[0] for w in row) and any(w.box.left >= gap[1] for w in row) for row in rows)
    return gap[1] - gap[0] > width and parted > 0.6 * len(rows)


def _joined(rows: Sequence[Row], columns: Sequence[Interval], ruled: Sequence[Interval], em: float) -> list[Interval]:
    """Return columns without those that are part of a neighbour.

    Such are signs before and marks behind numbers, and texts that never stand in one row with the neighbour's, as a heading
    that is wider than its values, unless a rule parts them.
    """
    result = list(columns)
    place = 0
    while place < len(result) - 1:
        left, right = result[place], result[place + 1]
        parted = any(left[0] < a <= right[0] for a, _ in ruled)
        if not parted and _are_one(rows, left, right, em):
            result[place : place + 2] = [(left[0], right[1])]
            place = max(0, place - 1)
        else:
            place += 1
    return result


def _are_one(rows: Sequence[Row], left: Interval, right: Interval, em: float) -> bool:
    """Return whether two neighbouring columns are one."""
    held = [(words_in(row, left), words_in(row, right)) for row in rows]
    both = [(a, b) for a, b in held if a and b and b[0].box.left - a[-1].box.right > WORD_SPACE * em]
    signs = [[word.text for word in a] for a, _ in held if a]
    marks = [[word.text for word in b] for _, b in held if b]
    if not both or not signs or not marks:
        return True
    near = right[0] - left[1] < em
    return all(SIGN_COLUMN.match(text) for texts in signs for text in texts) or (
        near and len(marks) > 1 and all(MARK_COLUMN.match(text) for texts in marks for text in texts)
    )


def words_in(row: Row, column: Interval) -> list[SourceWord]:
    """Return the words of a row whose middles lie in a column."""
    return [word for word in row.words if column[0] <= (word.box.left + word.box.right) / 2 <= column[1]]
