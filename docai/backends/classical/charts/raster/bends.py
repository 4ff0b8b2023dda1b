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
TURN: Final = 0.08  # radians between two parts at least for where they meet to be well defined
SHIFT: Final = 2.5  # pixels that a bend is moved by at most
ASIDE: Final = 2.0  # pixels to the side that a tip between steep parts is moved by at most: what smooths edges cuts it off
TIP: Final = 5.0  # pixels that what is left of a tip is wide at most
STRAIGHT: Final = 10  # places that the parts beside it are made of at least
STEEPEST: Final = 12.0  # pixels that such a part rises by in one, at most; others stand nearly upright, and tell no tip

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
        if moved is not None and _is_near(moved, (x, y), before, after):
            x, y = moved
        result.append((x, y))
    return result


def _is_near(corner: Place, place: Place | NDArray[np.float64], before: Fit | None, after: Fit | None) -> bool:
    """Return whether where two parts of a line meet is near a place of it; the tip of steep parts may be higher, or lower."""
    across, down = abs(corner[0] - float(place[0])), abs(corner[1] - float(place[1]))
    if math.hypot(across, down) < SHIFT:
        return True
    if before is None or after is None or before[2] * after[2] * before[3] * after[3] > 0:  # no tip: it goes on the same way
        return False
    steep = [abs(fit[3]) / max(abs(fit[2]), 1e-9) for fit in (before, after)]
    return across < ASIDE and max(steep) <= STEEPEST and down < SHIFT + ASIDE * min(steep)


def _without_pairs(points: NDArray[np.float64], kept: list[int]) -> list[int]:
    """Return kept places with one of several beside each other, where the straight parts around them meet near them."""
    indices = kept[:1]
    place = 1
    while place < len(kept) - 1:
        last = place
        while last + 2 < len(kept) and abs(points[kept[last + 1], 0] - points[kept[place], 0]) <= TIP:
            last += 1
        while last > place:
            own = _common(points, indices[-1], kept[place : last + 2])
            if own is not None:
                break
            last -= 1
        indices.append(kept[place] if last == place or own is None else own)
        place = last + 1
    return [*indices, *kept[-1:]]


def _common(points: NDArray[np.float64], before: int, kept: Sequence[int]) -> int | None:
    """Return the one of kept places that is nearest to where the parts before and behind them meet; None where that is not near.

    The last of `kept` is the next place behind them.
    """
    beside = kept[:-1]
    one, other = _fit(points[before : beside[0] + 1]), _fit(points[beside[-1] : kept[-1] + 1])
    corner = _meeting(one, other) if one and other else None
    if corner is None:
        return None
    nearest = min(beside, key=lambda at: math.dist(points[at], corner))
    if len(beside) == 2 and math.dist(points[beside[0]], points[beside[1]]) < SHIFT:
        return nearest if math.dist(points[beside[1]], corner) < SHIFT else None
    if min(beside[0] - before, kept[-1] - beside[-1]) < STRAIGHT:
        return None
    inside = float(points[beside[0], 0]) - 1 <= corner[0] <= float(points[beside[-1], 0]) + 1
    return nearest if inside and _is_near(corner, points[nearest], one, other) else None


def _fit(part: NDArray[np.float64]) -> Fit | None:
    """Return the straight line nearest to places, by their squared distances across it; None where they are too few."""
    margin = max(0, min(MARGIN, (len(part) - LEAST_FIT) // 2))
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
