"""Which colours of a chart's picture are those of lines and symbols, and how much of each pixel they cover."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.colours import GROUND, MIXED, Layers
from docai.backends.classical.charts.fields import Claims
from docai.backends.classical.charts.threads import Cover
from docai.marks import Mask

LEAST_INK: Final = 14  # pixels of a colour outside of other marks, print, axes and grid, of which a line is made at least
CORE: Final = 5  # pixels that what is no line is thick at least
MOST_CORE: Final = 0.3  # of a colour's pixels that are of something so thick, where it is one of lines
EVEN: Final = 0.02  # of a way that pixels are off two colours' ways alike, where the stronger colour has them
BONUS: Final = 0.3  # of a colour's way that a mixed pixel may be off it for each pure one beside
COLOURED: Final = 40.0  # of 255 that the parts of a colour differ by; greys are often lines of their own
PALER: Final = 0.6  # of a colour's contrast that a thin line shows at least
RARER: Final = 0.7  # of a colour's pixels at most
BESIDE: Final = 0.9  # of a shade's pixels that lie beside those of its colour


def stroke_colours(layers: Layers, taken: Claims, printed: Mask, ruled: Mask) -> tuple[list[int], dict[int, list[int]]]:
    """Return the colours that lines may have, and for each the colours that are its smoothed edges: between it and the ground."""
    free = (printed == 0) & (ruled == 0) & (taken == 0)
    counts = np.bincount(layers.labels[free & (layers.labels > GROUND)], minlength=layers.count)
    candidates = [number for number in range(1, layers.count) if counts[number] >= LEAST_INK and number not in layers.plates]
    shades: dict[int, list[int]] = {number: [] for number in candidates}
    dropped: set[int] = set()
    totals = np.bincount(layers.labels[layers.labels >= 0], minlength=layers.count)
    for number in sorted(candidates, key=lambda n: -_contrast(layers, n)):
        likely = [
            other
            for other in range(1, layers.count)
            if other not in (number, *layers.plates) and other not in dropped and _is_shade(layers, other, number)
        ]
        if not likely:
            continue
        near = cv2.dilate(layers.mask(number), np.ones((3, 3), np.uint8)) > 0
        beside = np.bincount(layers.labels[near & (layers.labels >= 0)], minlength=layers.count)
        for other in likely:
            if beside[other] > BESIDE * totals[other] or _is_paler(layers, other, number, counts):
                shades[number].append(other)
                dropped.add(other)
    return [number for number in candidates if number not in dropped], shades


def _is_paler(layers: Layers, other: int, number: int, counts: NDArray[np.intp]) -> bool:
    """Return whether a colour is what another one is where a thin line lies between pixels: of one hue, nearly as strong, rarer."""
    share = _contrast(layers, other) / _contrast(layers, number)
    coloured = float(np.ptp(layers.palette[number])) > COLOURED
    return coloured and share > PALER and not layers.areas[other] and counts[other] < RARER * counts[number]


def owners_of(layers: Layers, colours: Sequence[int]) -> NDArray[np.int16]:
    """Return to which of some colours each mixed pixel belongs, (height, width), 0 where it is not mixed.

    That is the one which it is on the way to from what is behind it; of several, the one that is pure beside it.
    """
    owners = np.zeros(layers.labels.shape, np.int16)
    rows, columns = np.nonzero(layers.labels == MIXED)
    if not len(rows) or not len(colours):
        return owners
    start = layers.behind[rows, columns]
    off = layers.pixels[rows, columns].astype(np.float32) - start
    length = np.maximum(np.linalg.norm(off, axis=1), 1.0)
    least = np.full(len(rows), np.inf, np.float32)
    best = np.zeros(len(rows), np.int16)
    for number in sorted(colours, key=lambda number: -_contrast(layers, number)):
        way = layers.palette[number] - start
        way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1.0)
        along = (off * way).sum(1)
        beside = np.linalg.norm(off - along[:, None] * way, axis=1) / length
        near = cv2.dilate(layers.mask(number), np.ones((5, 5), np.uint8))[rows, columns] > 0
        cost = np.where(along > 0, beside, np.inf) - BONUS * near
        better = cost < least - EVEN
        least[better], best[better] = cost[better], number
    owners[rows, columns] = best
    return owners


def _contrast(layers: Layers, number: int) -> float:
    return float(np.linalg.norm(layers.palette[number] - layers.palette[GROUND]))


def _is_shade(layers: Layers, other: int, number: int) -> bool:
    """Return whether a colour is a mixture of another and the ground."""
    way = layers.palette[number] - layers.palette[GROUND]
    off = layers.palette[other] - layers.palette[GROUND]
    length = float(way @ way)
    share = float(off @ way) / max(length, 1.0)
    return 0.05 < share < 0.97 and float(np.linalg.norm(off - share * way)) < max(2 * layers.tolerance, 0.12 * math.sqrt(length))


def cover_of(layers: Layers, number: int, shades: Sequence[int], taken: Claims, owners: NDArray[np.int16]) -> Cover:
    """Return how much of each pixel a colour covers outside of other marks."""
    pure = layers.mask(number)
    stronger = [other for other in range(1, layers.count) if other not in layers.plates and _is_shade(layers, number, other)]
    core = cv2.morphologyEx(pure, cv2.MORPH_OPEN, np.ones((CORE, CORE), np.uint8))
    thin = float(core.sum()) < MOST_CORE * float(pure.sum())
    cover = layers.ridges(number) if thin else layers.cover(number)
    if thin:  # mixtures beside pure pixels of other colours are edges of those
        others = np.asarray((layers.labels > GROUND) & (layers.labels != number), np.uint8)
        for plate in (*layers.plates, *shades):
            others[layers.labels == plate] = 0
        near = cv2.dilate(others, np.ones((3, 3), np.uint8)) > 0
        mine = cv2.dilate(pure, np.ones((3, 3), np.uint8)) > 0
        cover[near & ~mine & (layers.labels == MIXED)] = 0
    cover[(owners != number) & (layers.labels == MIXED)] = 0
    for other in stronger:  # the smoothed edges of a line in a stronger shade have this colour
        cover[cv2.dilate(layers.mask(other), np.ones((3, 3), np.uint8)) > 0] = 0
    for shade in shades:
        rows, columns = np.nonzero(layers.labels == shade)
        start = layers.behind[rows, columns]
        way = layers.palette[number] - start
        off = layers.pixels[rows, columns].astype(np.float32) - start
        cover[rows, columns] = np.clip((off * way).sum(1) / np.maximum((way * way).sum(1), 1.0), 0, 1)
    cover[(taken > 0) & ((layers.labels != number) | (taken == number) | (taken == layers.count))] = 0
    return cover
