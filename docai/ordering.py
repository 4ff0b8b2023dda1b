"""Reading order: a page cut into bands and columns until what remains is read from top to bottom.

A recursive cut after Nagy and Seth's XY-cut ("Hierarchical representation of optically scanned documents", ICPR 1984),
with two changes: neighbouring bands are grouped as long as a common gutter runs through them, so that a heading between
two columns of text does not tear them; and a gutter counts only where text really runs in columns, so that labels stay
with their values.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from docai.box import Box

GUTTER_EMS: Final = 0.5  # narrowest gutter between columns; journals set 0.7 em and more, and a word space is inside a line
FILLED: Final = 0.72  # share of its column's widest lines that a line of running text is wide
ON_ROW: Final = 0.12  # of a line's height that baselines of one row may differ; neighbouring columns set apart differ by more
PROSE_ROWS: Final = 0.4  # share of rows that are so wide; the rest are headings, lists and the last lines of paragraphs
PROSE_EMS: Final = 9.0  # narrowest column of running text
MIN_GUTTER: Final = 0.008  # of the page's width, 5 points on A4; what must be left of a gutter after all bands have narrowed it
MAX_DEPTH: Final = 12  # of the recursion; real pages need 5


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """Something to put in order: a line, or a region taken as a whole. `em` is its font size in page widths."""

    box: Box
    em: float
    baseline: float
    is_line: bool


Interval = tuple[float, float]


def order(items: Sequence[Item], depth: int = 0) -> list[list[Item]]:
    """Return `items` as columns in reading order, each from top to bottom; every item once."""
    if len(items) <= 1 or depth >= MAX_DEPTH:
        return [_rows(items)] if items else []
    groups = _groups(items)
    if len(groups) > 1:
        return [leaf for group in groups for leaf in order(group, depth + 1)]
    for left, right in _gutters(items):
        sides = [i for i in items if i.box.right <= left + 1e-6], [i for i in items if i.box.left >= right - 1e-6]
        if len(sides[0]) + len(sides[1]) == len(items) and all(sides) and _are_columns(*sides):
            return order(sides[0], depth + 1) + order(sides[1], depth + 1)
    return [_rows(items)]


def _bands(items: Sequence[Item]) -> list[list[Item]]:
    """Return items in bands with white space above and below each."""
    bands: list[list[Item]] = []
    bottom = -1.0
    for item in sorted(items, key=lambda i: i.box.top):
        slack = 0.25 * item.box.height if item.is_line else 0.0  # boxes reach from ascender to descender; print does not
        if item.box.top + slack >= bottom:
            bands.append([])
        bands[-1].append(item)
        bottom = max(bottom, item.box.bottom - slack)
    return bands


def _groups(items: Sequence[Item]) -> list[list[Item]]:
    """Return the bands in groups, each with a gutter through it all, or none at all."""
    groups: list[list[Item]] = []
    free: list[Interval] = []
    for band in _bands(items):
        own = _free(band)
        common = _common(free, own) if groups else own
        one_column = not _inner(free) and not _inner(own)
        same_columns = bool(_inner(free)) and bool(_inner(common))
        if groups and (one_column or same_columns):
            groups[-1].extend(band)
            free = common
        else:
            groups.append(list(band))
            free = own
    return groups


def _free(items: Sequence[Item]) -> list[Interval]:
    """Return the stretches of the page's width that no item covers: the left margin, gaps fit for gutters, the right margin."""
    em = statistics.median(i.em for i in items)
    by_left = sorted(items, key=lambda i: i.box.left)
    gaps = [(0.0, by_left[0].box.left)]
    right = by_left[0].box.right
    for item in by_left[1:]:
        if item.box.left - right >= GUTTER_EMS * em:
            gaps.append((right, item.box.left))
        right = max(right, item.box.right)
    return [*gaps, (right, 1.0)]


def _inner(free: Sequence[Interval]) -> Sequence[Interval]:
    return free[1:-1]


def _common(ours: Sequence[Interval], theirs: Sequence[Interval]) -> list[Interval]:
    """Return the stretches free in both, the margins first and last."""
    left, right = min(ours[0][1], theirs[0][1]), max(ours[-1][0], theirs[-1][0])
    shared = [(max(a, c), min(b, d)) for a, b in ours for c, d in theirs]
    inner = [(a, b) for a, b in shared if a >= left and b <= right and b - a > MIN_GUTTER]
    return [(0.0, left), *sorted(inner), (right, 1.0)]


def _gutters(items: Sequence[Item]) -> list[Interval]:
    """Return the gutters through all items, the widest first."""
    return sorted(_inner(_free(items)), key=lambda gap: gap[0] - gap[1])


def _are_columns(left: Sequence[Item], right: Sequence[Item]) -> bool:
    """Return whether both sides are read one after the other, rather than row by row."""
    if max(i.box.bottom for i in left) <= min(i.box.top for i in right) or max(i.box.bottom for i in right) <= min(
        i.box.top for i in left
    ):
        return False  # one above the other: read from top to bottom
    lines = [i for i in left if i.is_line], [i for i in right if i.is_line]
    if not all(lines):  # a picture or table beside text: one stands beside the other, row by row makes no sense
        return True
    if _is_prose(left) and _is_prose(right):
        return True
    fewer, more = sorted(lines, key=len)
    places = sorted(i.baseline for i in more)
    matched = sum(any(abs(i.baseline - place) < ON_ROW * i.box.height for place in places) for i in fewer)
    return matched < 0.6 * len(fewer) and len(fewer) > 1


def _is_prose(items: Sequence[Item]) -> bool:
    """Return whether most rows have a line about as wide as the widest, as running text has and labels and numbers have not."""
    lines = [i for i in items if i.is_line]
    widths = sorted(i.box.width for i in lines)
    wide = widths[int(0.9 * (len(widths) - 1))]
    em = statistics.median(i.em for i in lines)
    rows: dict[float, bool] = {}
    for line in lines:
        place = round(line.baseline, 3)
        rows[place] = rows.get(place, False) or line.box.width >= FILLED * wide
    return len(rows) >= 3 and wide >= PROSE_EMS * em and sum(rows.values()) >= PROSE_ROWS * len(rows)


def _rows(items: Sequence[Item]) -> list[Item]:
    """Return items from top to bottom, those on one row from left to right."""
    rows: list[list[Item]] = []
    for item in sorted(items, key=lambda i: i.box.top + i.box.bottom):
        middle = (item.box.top + item.box.bottom) / 2
        if rows and item.is_line and any(o.is_line and o.box.top < middle < o.box.bottom and _level(o, item) for o in rows[-1]):
            rows[-1].append(item)
        else:
            rows.append([item])
    return [item for row in rows for item in sorted(row, key=lambda i: i.box.left)]


def _level(one: Item, other: Item) -> bool:
    return abs(one.baseline - other.baseline) < 0.5 * min(one.box.height, other.box.height)
