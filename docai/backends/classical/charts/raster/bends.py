"""Lines of many places made of few: those at their bends, where straight fits of the parts before and behind meet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.scene import Place

LEAST_FIT: Final = 6  # places that a straight fit is made of at least
MARGIN: Final = 2  # places beside a bend that are left out of fits: they are rounded by what smooths edges
LONG: Final = 8  # places from which on there is such a margin
TURN: Final = 0.08  # radians between two parts at least for where they meet to be well defined
SHIFT: Final = 2.5  # pixels that a bend is moved by at most

LEVEL: Final = 1.2  # pixels that a tread of a line of steps rises by at most
UPRIGHT: Final = 2.5  # pixels that a riser is wide at most
BLURRED, STEEP = 4.5, 0.25  # pixels that a high one of a thick line is wide at most between pixels, and of its height
STEPPED: Final = 0.97  # of the length of such a line that treads and risers make
LEAST_TREADS: Final = 3  # the sides and foot of a bar have two

Fit = tuple[float, float, float, float]  # a place on the line, and the line's direction


def simplified(places: Sequence[Place], tolerance: float) -> list[Place]:
    """Return the bends of a line: no place of it is more than about `tolerance` off the straight lines between them.

    Source: U. Ramer, An iterative procedure for the polygonal approximation of plane curves, Computer Graphics and Image
    Processing 1 (1972); D. Douglas and T. Peucker, Cartographica 10 (1973).
    """
    if len(places) < 3:
        return list(places)
    points = np.array(places, np.float64)
    keep = np.zeros(len(points), np.bool_)
    keep[[0, -1]] = True
    stack = [(0, len(points) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        chord = points[last] - points[first]
        length = max(float(np.hypot(*chord)), 1e-9)
        inner = points[first + 1 : last] - points[first]
        off = np.abs(inner[:, 0] * chord[1] - inner[:, 1] * chord[0]) / length
        furthest = int(off.argmax())
        if off[furthest] > tolerance:
            middle = first + 1 + furthest
            keep[middle] = True
            stack += [(first, middle), (middle, last)]
    return _sharpened(points, np.flatnonzero(keep))


def _sharpened(points: NDArray[np.float64], kept: NDArray[np.intp]) -> list[Place]:
    """Return the kept places, each moved to where straight fits of the line before and behind it meet, if that is near."""
    indices = _without_pairs(points, kept.tolist())
    fits = [_fit(points[first : last + 1]) for first, last in pairwise(indices)]
    result: list[Place] = []
    for place, index in enumerate(indices):
        x, y = (float(value) for value in points[index])
        before = fits[place - 1] if place else None
        after = fits[place] if place < len(fits) else None
        moved = _meeting(before, after) if before and after else None
        if place in {0, len(indices) - 1}:
            end = before or after
            moved = _foot((x, y), end) if end else None
        if moved is not None and math.hypot(moved[0] - x, moved[1] - y) < SHIFT:
            x, y = moved
        result.append((x, y))
    return result


def _without_pairs(points: NDArray[np.float64], kept: list[int]) -> list[int]:
    """Return kept places with one of two beside each other left out, where the straight parts around both meet near them."""
    indices = kept[:1]
    for place in range(1, len(kept) - 1):
        before, after = indices[-1], kept[place + 1]
        following = kept[place + 2] if place + 2 < len(kept) else None
        if following is not None and math.dist(points[kept[place]], points[after]) < SHIFT:
            one, other = _fit(points[before : kept[place] + 1]), _fit(points[after : following + 1])
            corner = _meeting(one, other) if one and other else None
            if corner and math.dist(corner, points[after]) < SHIFT:
                continue
        indices.append(kept[place])
    return [*indices, *kept[-1:]]


def _fit(part: NDArray[np.float64]) -> Fit | None:
    """Return the straight line nearest to places, by their squared distances across it; None where they are too few."""
    margin = MARGIN if len(part) > LONG else 0
    part = part[margin : len(part) - margin]
    if len(part) < LEAST_FIT:
        return None
    middle = part.mean(0)
    off = part - middle
    _, _, ways = np.linalg.svd(off, full_matrices=False)
    return float(middle[0]), float(middle[1]), float(ways[0, 0]), float(ways[0, 1])


def _meeting(before: Fit, after: Fit) -> Place | None:
    """Return where two lines meet, None where they run nearly the same way."""
    turn = before[2] * after[3] - before[3] * after[2]
    if abs(turn) < TURN:
        return None
    along = ((after[0] - before[0]) * after[3] - (after[1] - before[1]) * after[2]) / turn
    return before[0] + along * before[2], before[1] + along * before[3]


def _foot(place: Place, fit: Fit) -> Place:
    """Return the place on a line that is nearest to another."""
    along = (place[0] - fit[0]) * fit[2] + (place[1] - fit[1]) * fit[3]
    return fit[0] + along * fit[2], fit[1] + along * fit[3]


def squared(places: Sequence[Place]) -> list[Place] | None:
    """Return the corners of a line of steps, its treads level and its risers upright; None for any other line.

    `places` are its bends, in pixels.
    """
    total = stepped = 0.0
    treads: list[tuple[float, float, float]] = []  # from, to, row
    for (x0, y0), (x1, y1) in pairwise(places):
        length = math.hypot(x1 - x0, y1 - y0)
        total += length
        if x1 - x0 > UPRIGHT and abs(y1 - y0) <= LEVEL:
            stepped += length
            if treads and abs(treads[-1][2] - (y0 + y1) / 2) <= LEVEL:
                start, end, row = treads[-1]
                treads[-1] = start, x1, (row * (end - start) + (y0 + y1) / 2 * (x1 - x0)) / (x1 - start)
            else:
                treads.append((x0, x1, (y0 + y1) / 2))
        elif abs(x1 - x0) <= UPRIGHT or abs(x1 - x0) <= min(BLURRED, STEEP * abs(y1 - y0)):
            stepped += length
    if len(treads) < LEAST_TREADS or stepped < STEPPED * total:
        return None
    corners: list[Place] = [(treads[0][0], treads[0][2])]
    if abs(places[0][1] - treads[0][2]) > 2 * LEVEL:
        corners.insert(0, (treads[0][0], places[0][1]))
    for (_, end, row), (start, _, following) in pairwise(treads):
        corners += [((end + start) / 2, row), ((end + start) / 2, following)]
    corners.append((treads[-1][1], treads[-1][2]))
    if abs(places[-1][1] - treads[-1][2]) > 2 * LEVEL:
        corners.append((treads[-1][1], places[-1][1]))
    return corners
