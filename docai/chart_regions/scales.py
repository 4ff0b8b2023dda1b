"""Labels of number axes: numbers in a row or column whose values step as evenly as their places do."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

import numpy as np

from docai.chart_regions.shapes import Place, around

LEVEL: Final = 2.5  # points that the labels of an axis stand out of line at most: half of what text of 5 points is high
LEAST: Final = 3  # labels of an axis
OUT_OF_STEP: Final = 0.06  # of a step that a label stands off its place at most: "1,000" is centred a little left of where "0" is
ROUNDING: Final = 1.2  # points that it does in any case
SURE: Final = 5  # labels from which on chance is no explanation
AGREEING: Final = 4  # labels of an axis in a picture, some of which are read wrongly, at least
MOST_AGREE: Final = 0.6  # of the numbers in line there that fit the scale at least
MOST_LABELS: Final = 40  # numbers in line there that are looked at for it
MISREAD: Final = 0.1  # of a step that the box of a word there is off
CORNER: Final = 45.0  # points that the labels of two axes of a plot stand apart at its corner at most
NEAREST: Final = 8.0  # points between the middles of two labels at least
NEAREST_LINES: Final = 0.9  # of the height of small labels that the same is at least

_NUMBER = re.compile(
    r"^[(]?(?P<minus>[-\u2212–]?)\s?(?:[$€£₩₫¥]|US\$)?(?P<minus2>[-\u2212–]?)(?P<figures>\d+(?:[.,'\u2009\u00a0\u202f ]\d+)*|\.\d+)"
    r"\s?(?P<power>[eE][-+\u2212]?\d+)?\s?(?P<unit>%|‰|[kKMGBT]|bn|mn|m|억|만|천|조|tỷ|triệu|[$€£₩₫]|°[CF]?)?[)]?$"
)
_UNITS: Final = {"k": 1e3, "K": 1e3, "M": 1e6, "m": 1e6, "mn": 1e6, "G": 1e9, "B": 1e9, "bn": 1e9, "T": 1e12}
_KOREAN: Final = {"천": 1e3, "만": 1e4, "억": 1e8, "조": 1e12}


@dataclass(frozen=True, slots=True)
class Token:
    """A word with its place in points, the value that it says, if it is a number, and the line that it stands on."""

    place: Place
    text: str
    value: float | None
    line: int


@dataclass(frozen=True, slots=True)
class Scale:
    """The labels of a number axis, which runs across or up and down; `ruled` where most have a tick or a grid line."""

    across: bool
    tokens: tuple[Token, ...]
    place: Place
    ruled: bool = False


def value_of(text: str) -> float | None:
    """Return the number that a label says; None for what is none.

    A comma or point before three figures parts thousands, if there are others like it or the number has none else: for finding
    an axis it does no harm to be wrong, since all its labels are read alike.
    """
    match = _NUMBER.match(text)
    if match is None or text.startswith("(") != text.endswith(")"):
        return None
    figures = re.sub(r"['\u2009\u00a0\u202f ]", "", match["figures"])
    if figures.count(",") + figures.count(".") > 1 or re.fullmatch(r"[1-9]\d{0,2},\d{3}", figures):
        if "," in figures and "." in figures:  # the last one parts the decimals
            last = max(figures.rfind(","), figures.rfind("."))
            figures = re.sub(r"[.,]", "", figures[:last]) + "." + figures[last + 1 :]
        else:
            figures = re.sub(r"[.,]", "", figures)
    number = float(figures.replace(",", ".") + (match["power"] or "").replace("\u2212", "-"))
    number *= (_UNITS | _KOREAN).get(match["unit"] or "", 1.0)
    return -number if match["minus"] or match["minus2"] or text.startswith("(") else number


def find_scales(tokens: Sequence[Token], *, read: bool = False) -> list[Scale]:
    """Return the number axes among words: three labels and more in line, whose values or their logarithms step evenly.

    Where words were `read` from a picture, some may be read wrongly: most of four and more that fit are enough.
    """
    numbers = [token for token in tokens if token.value is not None]
    scales = []
    for across in (False, True):
        taken: set[int] = set()
        groups = list(_in_line(numbers, across=across))
        found = [run for group in groups for run in (*_repeated(group, across=across), *_runs(group, across=across))]
        if read:
            found += [run for group in groups for run in _agreeing(group, across=across)]
        for run in sorted(found, key=len, reverse=True):
            if not any(id(token) in taken for token in run):
                taken.update(map(id, run))
                lefts, tops, rights, bottoms = zip(*(token.place for token in run), strict=True)
                scales.append(Scale(across, tuple(run), Place(min(lefts), min(tops), max(rights), max(bottoms))))
    return scales


def between(scales: Sequence[Scale]) -> Iterator[Place]:
    """Yield the rectangles that two number axes span, which meet at a corner."""
    for up in (scale for scale in scales if not scale.across):
        for across in (scale for scale in scales if scale.across):
            below = -8 <= across.place.top - up.place.bottom + 8 <= CORNER
            above = -8 <= up.place.top - across.place.bottom + 8 <= CORNER
            left = -CORNER <= up.place.right - across.place.left <= 20 + across.place.width / 3
            right = -CORNER <= across.place.right - up.place.left <= 20 + across.place.width / 3
            if (below or above) and (left or right):
                yield around((up.place, across.place))


def _in_line(numbers: Sequence[Token], *, across: bool) -> Iterator[list[Token]]:
    """Yield groups of numbers that stand in a row or, by their left, right or middle, in a column."""
    sides: list[Callable[[Token], float]] = [lambda t: t.place.right, lambda t: t.place.left, lambda t: t.place.middle[0]]
    if across:
        sides = [lambda t: t.place.bottom]
    for side in sides:
        group: list[Token] = []
        for token in sorted(numbers, key=side):
            if group and side(token) - side(group[0]) > LEVEL:
                if len(group) >= LEAST:
                    yield group
                group = []
            group.append(token)
        if len(group) >= LEAST:
            yield group


def _runs(group: Sequence[Token], *, across: bool) -> Iterator[list[Token]]:
    """Yield the longest stretches of numbers in line that one scale fits; a few that go on as other numbers are a table's."""
    axis = 0 if across else 1
    order = sorted(group, key=lambda token: token.place.middle[axis])
    start = 0
    while start + LEAST <= len(order):
        end = start + LEAST
        if not _fits(order[start:end], axis):
            start += 1
            continue
        while end < len(order) and _fits(order[start : end + 1], axis):
            end += 1
        if end - start >= SURE or not _goes_on(order, start, end, axis):
            yield order[start:end]
        start = end - 1


def _repeated(group: Sequence[Token], *, across: bool) -> Iterator[list[Token]]:
    """Yield the axes of small multiples in one row or column: the same numbers at the same steps, again and again.

    Three numbers that come twice are enough, and two that come three times.
    """
    axis = 0 if across else 1
    order = sorted(group, key=lambda token: token.place.middle[axis])
    places, values = [token.place.middle[axis] for token in order], [token.value for token in order]
    for length in range(LEAST - 1, len(order) // 2 + 1):
        starts = range(0, len(order), length)
        if len(order) % length or length * len(starts) < 2 * LEAST or values != values[:length] * len(starts):
            continue
        own = [[place - places[start] for place in places[start : start + length]] for start in starts]
        off = max(abs(one - other) for steps in own for one, other in zip(steps, own[0], strict=True))
        gaps = [places[start] - places[start - 1] for start in starts[1:]]
        widest = max(b - a for a, b in pairwise(own[0]))
        if off > ROUNDING or min(gaps) < NEAREST or max(gaps) - min(gaps) > 2 * ROUNDING:
            continue
        if _fits(order[:length], axis) if length >= LEAST else values[0] != values[1] and widest >= 2 * NEAREST:
            yield from (order[start : start + length] for start in starts)
            return


def _agreeing(group: Sequence[Token], *, across: bool) -> Iterator[list[Token]]:
    """Yield the most numbers in line that one linear scale fits, if they are most of them: the others are read wrongly."""
    if not AGREEING <= len(group) <= MOST_LABELS:
        return
    axis = 0 if across else 1
    order = sorted(group, key=lambda token: token.place.middle[axis])
    places = np.array([token.place.middle[axis] for token in order])
    values = np.array([token.value for token in order], float)
    reach = max(MISREAD * (places[-1] - places[0]) / (len(order) - 1), ROUNDING)
    best = np.zeros(len(order), bool)
    for first, last in combinations(range(len(order)), 2):
        if values[first] == values[last] or places[last] - places[first] < NEAREST:
            continue
        slope = (places[last] - places[first]) / (values[last] - values[first])
        fits = np.abs(places[first] + slope * (values - values[first]) - places) <= reach
        if fits.sum() > best.sum():
            best = fits
    run = [token for token, fits in zip(order, best, strict=True) if fits]
    steps, apart = np.diff(values[best]), np.diff(places[best])
    if not ((steps > 0).all() or (steps < 0).all()):
        return
    if len(run) >= max(AGREEING, MOST_AGREE * len(order)) and (apart >= NEAREST).all() and _are_round(steps.tolist()):
        yield run


def _goes_on(order: Sequence[Token], start: int, end: int, axis: int) -> bool:
    """Return whether more numbers stand in line as near to a stretch as its own stand to each other."""
    middles = [token.place.middle[axis] for token in order]
    reach = 1.5 * (middles[end - 1] - middles[start]) / (end - start - 1)
    before = start > 0 and middles[start] - middles[start - 1] < reach
    return before or (end < len(order) and middles[end] - middles[end - 1] < reach)


def _fits(run: Sequence[Token], axis: int) -> bool:
    """Return whether the values, or their logarithms, are a straight line over the places, give or take what centring does."""
    places = [token.place.middle[axis] for token in run]
    values = [token.value for token in run if token.value is not None]
    if min(b - a for a, b in pairwise(places)) < min(NEAREST, NEAREST_LINES * max(token.place.height for token in run)):
        return False
    steps = [b - a for a, b in pairwise(values)]
    if not (all(step > 0 for step in steps) or all(step < 0 for step in steps)):
        return False
    if _is_straight(places, values):
        return len(run) >= SURE or _are_round(steps)
    if min(values) <= 0 or max(values) < 4 * min(values):
        return False
    logarithms = [math.log10(value) for value in values]
    return _is_straight(places, logarithms) and _are_round([10 ** abs(b - a) for a, b in pairwise(logarithms)])


def _are_round(steps: Sequence[float]) -> bool:
    """Return whether steps are of two figures at most, or multiples of one that is, as people and programs choose them."""
    least = min(map(abs, steps))
    figures = least / 10 ** math.floor(math.log10(least)) * 10
    if abs(figures - round(figures)) > 0.01 * figures:
        return False
    return all(abs(step / least - round(step / least)) < 0.01 for step in steps)


def _is_straight(places: Sequence[float], values: Sequence[float]) -> bool:
    """Return whether each value lies on the straight line through the first and last, give or take a share of a step."""
    slope = (values[-1] - values[0]) / (places[-1] - places[0])
    step = (places[-1] - places[0]) / (len(places) - 1)
    off = max(abs((value - values[0]) / slope - (place - places[0])) for place, value in zip(places, values, strict=True))
    return off <= max(OUT_OF_STEP * step, ROUNDING)
