"""Where translucent bars lie over each other: a third colour that is a mixture of theirs, and belongs to both."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from docai.backends.classical.charts.raster.colours import GROUND, Layers
from docai.marks import Mask

MOST_COLOURS: Final = 16  # that are looked at, the most frequent ones; more are heat maps
LEAST_SHARE, MOST_SHARE = 0.08, 0.92  # of what is below that shines through what is above
MOST_OFF: Final = 8.0  # of 255 that a mixture may be off, rounding and noise
LEAST_WAY: Final = 40.0  # of 255 that colours differ from the ground by at least; mixtures of paler ones are all alike
SAME_WAY: Final = 0.985  # cosine of the angle between the ways to two colours above which one is as well a shade of the other
LEAST_AREA: Final = 40  # pixels that a colour fills at least
SOLID: Final = 4  # pixels a side of the squares that areas are made of
BORDER: Final = 4  # pixels beside an overlap in which its parts begin, smoothed edges left out
OPEN: Final = 0.6  # of a side of an overlap along which one of its parts goes on
LEAST_BESIDE: Final = 3  # areas of overlaps with such a side, at least; lines cut others off from theirs


def find_overlaps(layers: Layers) -> dict[int, tuple[int, int]]:
    """Return the colours of overlaps, and of which two colours each is.

    Over the ground `g`, a colour that shows as `b` there lets a share `s` of what is below shine through, so that over one which
    shows as `a` it shows as `b + s * (a - g)`. (The usual composition of translucent colours, Porter and Duff 1984, section 4.3.)
    """
    areas = {n: _solid(layers, n) for n in range(1, layers.count) if layers.areas[n] and n not in layers.plates}
    numbers = [n for n, solid in areas.items() if int(solid.sum()) >= LEAST_AREA]
    if not 3 <= len(numbers) <= MOST_COLOURS:
        return {}
    off = layers.palette - layers.palette[GROUND]
    length = np.linalg.norm(off, axis=1)
    allowed = min(max(layers.tolerance, 0.5 * MOST_OFF), MOST_OFF)
    found: dict[int, tuple[int, int]] = {}
    for mixture in numbers:
        best: tuple[float, int, int] | None = None
        for below in numbers:
            for above in numbers:
                if len({mixture, below, above}) < 3 or min(length[below], length[above]) < LEAST_WAY:
                    continue
                if float(off[below] @ off[above]) > SAME_WAY * float(length[below] * length[above]):
                    continue
                beyond = off[mixture] - off[above]
                share = float(beyond @ off[below]) / float(length[below] ** 2)
                beside = float(np.linalg.norm(beyond - share * off[below]))
                if LEAST_SHARE < share < MOST_SHARE and beside <= allowed and (best is None or beside < best[0]):
                    best = beside, below, above
        if best is not None and _lies_beside(layers, areas[mixture], best[1:]):
            found[mixture] = best[1], best[2]
    return {mixture: parts for mixture, parts in found.items() if not set(parts) & set(found)}


def _solid(layers: Layers, number: int) -> Mask:
    """Return the pixels of a colour that fill areas."""
    if int(np.count_nonzero(layers.labels == number)) < LEAST_AREA:
        return np.zeros(layers.labels.shape, np.uint8)
    return np.asarray(cv2.morphologyEx(layers.mask(number), cv2.MORPH_OPEN, np.ones((SOLID, SOLID), np.uint8)), np.uint8)


def _lies_beside(layers: Layers, solid: Mask, parts: tuple[int, int]) -> bool:
    """Return whether areas of a mixed colour go on along a whole side in the colours that it is of, some in either."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=4)
    beside = dict.fromkeys(parts, 0)
    either = 0
    for left, top, wide, high, _ in stats[1:count].tolist():
        rows, columns = slice(top, top + high), slice(left, left + wide)
        strips = (
            layers.labels[rows, max(0, left - BORDER) : left],
            layers.labels[max(0, top - BORDER) : top, columns].T,
            layers.labels[rows, left + wide : left + wide + BORDER],
            layers.labels[top + high : top + high + BORDER, columns].T,
        )
        open_to = {part for part in parts for strip in strips if strip.size and float((strip == part).any(1).mean()) > OPEN}
        for part in open_to:
            beside[part] += 1
        either += bool(open_to)
    return min(beside.values()) > 0 and either >= min(LEAST_BESIDE, count - 1)
