"""Numbers and names at marks, which tell what the marks are without an axis: bars as long as the numbers at them say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from docai.chart_regions.scales import Token
from docai.chart_regions.shapes import Place, Shape
from docai.chart_regions.texts import Text

LABEL_REACH: Final = 14.0  # points from the end of a bar to its number at most
MOST: Final = 0.6  # of the bars that have numbers, where no axis has any
CORRELATED: Final = 0.9  # the lengths of bars with their numbers at least
MOST_WORDS: Final = 4  # times as many words as bars then: number, name, and those of titles
FEW: Final = 3  # numbers at its marks that a chart without scales has at least
TO_SCALE: Final = (2.0, 0.03)  # points, or that share of the longest, that bars are off what their numbers say
APART: Final = 1.2  # times the shortest that the longest of some bars measures at least
LONG: Final = 25.0  # points that the longest of them measures at least
THICK: Final = 6.0  # points that they are thick at least
LEAST_TABLE: Final = 9  # numbers of a table: three rows of three
IN_LINE: Final = 2.0  # points that numbers of one row or column are out of line at most, in pictures read to a pixel or two
MOSTLY_TABLED: Final = 0.75  # of the numbers that stand so; some are misread
LEAST_ROWS, SAME_ROW = 3, 4.0  # names beside the rows of a heat map in a picture, and points that they are apart at least
NAMED: Final = 3  # rows and columns of cells with a name at least
BESIDE: Final = 30.0  # points between cells and the names of their rows and columns at most


def are_labelled(bars: Sequence[Shape], tokens: Sequence[Token]) -> bool:
    """Return whether most of three and more bars have a number at them, which is the larger the longer the bar is."""
    numbers = [(token.place.middle, abs(token.value)) for token in tokens if token.value is not None]
    pairs = []
    for bar in bars:
        place, (x, y) = bar.place, bar.place.middle
        for (a, b), value in numbers:
            upright = abs(a - x) < 0.4 * place.width and place.top - LABEL_REACH <= b <= place.bottom + LABEL_REACH
            level = abs(b - y) < 0.4 * place.height and place.left - LABEL_REACH <= a <= place.right + 2 * LABEL_REACH
            if upright or level:
                pairs.append((place.height if upright else place.width, value))
                break
    if len(bars) < FEW or len(pairs) < max(FEW, MOST * len(bars)) or len(tokens) > MOST_WORDS * len(bars):
        return False
    lengths, values = np.array(pairs).T
    return bool(lengths.std() > 0 and values.std() > 0 and np.corrcoef(lengths, values)[0, 1] > CORRELATED)


def are_to_scale(shapes: Sequence[Shape], tokens: Sequence[Token]) -> bool:
    """Return whether most of some bars have a number in or at them that is as large as they are long.

    Two are enough where no other numbers and few words are near.
    """
    bars = [s.place for s in shapes if s.kind == "rectangle" and min(s.place.width, s.place.height) >= THICK]
    numbers = [(token.place.middle, abs(token.value)) for token in tokens if token.value is not None]
    if len(bars) < 2 or len(numbers) < 2 or len(tokens) > MOST_WORDS * len(bars) + FEW:
        return False
    for upright in (True, False):
        for group in _of_one_width(bars, upright=upright):
            pairs = np.array(list(_pairs(group, numbers, upright=upright))).reshape(-1, 2)
            if len(pairs) < max(2, MOST * len(bars)):
                continue
            lengths, values = pairs.T
            if lengths.max() < max(LONG, APART * lengths.min()) or not values.any():
                continue
            unit = float((lengths * values).sum() / (values * values).sum())
            if np.abs(lengths - unit * values).max() <= max(TO_SCALE[0], TO_SCALE[1] * lengths.max()):
                return True
    return False


def _of_one_width(bars: Sequence[Place], *, upright: bool) -> Iterator[list[Place]]:
    """Yield groups of places of one width, or one height where they do not stand upright."""
    groups: dict[int, list[Place]] = {}
    for place in bars:
        groups.setdefault(round(place.width if upright else place.height), []).append(place)
    for width, group in groups.items():
        yield [*group, *groups.get(width + 1, [])]


def _pairs(
    bars: Sequence[Place], numbers: Sequence[tuple[tuple[float, float], float]], *, upright: bool
) -> Iterator[tuple[float, float]]:
    """Yield the length of each bar that has a number in it, or else right at one of its ends, with that number."""
    for bar in bars:
        own = bar if upright else Place(bar.top, bar.left, bar.bottom, bar.right)
        aligned = [
            (max(own.top - y, y - own.bottom, 0.0), value)
            for (a, b), value in numbers
            for x, y in [(a, b) if upright else (b, a)]
            if abs(x - own.middle[0]) < 0.4 * own.width
        ]
        gap, value = min(aligned, default=(2 * LABEL_REACH, 0.0))
        if gap < (LABEL_REACH if upright else 2 * LABEL_REACH):
            yield own.height, value


def are_tabled(numbers: Sequence[Place]) -> bool:
    """Return whether most of nine and more numbers stand in rows and in columns of three and more, as those of a table do.

    Numbers at marks stand in columns or in rows, where their marks do, but seldom in both.
    """
    if len(numbers) < LEAST_TABLE:
        return False
    edges = np.array([(*place.middle, place.left, place.right) for place in numbers])
    order = np.argsort(edges[:, 1])
    level = np.zeros(len(numbers), bool)
    for row in np.split(order, np.flatnonzero(np.diff(edges[order, 1]) > IN_LINE) + 1):
        level[row] = len(row) >= FEW and np.ptp(edges[row, 1]) <= IN_LINE  # those at marks go up and down
    flush = (np.abs(edges[:, None, (0, 2, 3)] - edges[None, :, (0, 2, 3)]) <= IN_LINE).any(axis=2)
    tabled = level & (flush.sum(axis=1) >= FEW)
    return bool(tabled.sum() >= max(LEAST_TABLE, MOSTLY_TABLED * len(numbers)))


def names_cells(plotted: Place, texts: Sequence[Text], *, pictured: bool = False) -> bool:
    """Return whether names stand beside the rows of cells and above or below their columns; of those of a picture, beside them."""
    beside = [
        text.place
        for text in texts
        if plotted.top < text.place.middle[1] < plotted.bottom
        and min(abs(plotted.left - text.place.right), abs(text.place.left - plotted.right)) < BESIDE
    ]
    over = [
        text
        for text in texts
        if plotted.left < text.place.middle[0] < plotted.right
        and min(abs(plotted.top - text.place.bottom), abs(text.place.top - plotted.bottom)) < BESIDE
    ]
    if pictured:  # names that are turned may not be read before it is known what they name
        return len({round(place.middle[1] / SAME_ROW) for place in beside}) >= LEAST_ROWS
    return len(beside) >= NAMED and sum(text.count if text.even else 1 for text in over) >= NAMED
