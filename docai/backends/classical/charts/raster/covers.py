"""Which colours of a chart's picture are those of lines and symbols, and how much of each pixel they cover."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.arrays import bounds, components, dot, magnitude, within
from docai.backends.classical.charts.raster.colours import GROUND, MIXED, Layers
from docai.backends.classical.charts.raster.fields import Claims
from docai.backends.classical.charts.raster.threads import Cover
from docai.marks import Mask

LEAST_INK: Final = 14  # pixels of a colour outside of other marks, print, axes and grid, of which a line is made at least
CORE: Final = 5  # pixels that what is no line is thick at least
MOST_CORE: Final = 0.3  # of a colour's pixels that are of something so thick, where it is one of lines
EVEN: Final = 0.02  # of a way that pixels are off two colours' ways alike, where the stronger colour has them
BONUS: Final = 0.3  # of a colour's way that a mixed pixel may be off it for each pure one beside
COLOURED: Final = 40.0  # of 255 that the parts of a colour differ by; greys are often lines of their own
LEAST_SHARE: Final = 0.02  # of the way to a colour that its faintest smoothed edge is
PALER: Final = 0.6  # of a colour's contrast that a thin line shows at least
SOLID: Final = 3  # pixels that an area is thick at least
NEARBY: Final = 4  # pixels from a colour within which what is only paler lies mostly
MOSTLY_AWAY: Final = 0.4  # of what is a colour of its own lies further off at least
RARER: Final = 0.7  # of a colour's pixels at most
BESIDE: Final = 0.9  # of a shade's pixels that lie beside those of its colour
STRONGER: Final = 1.2  # times as far on the way to a colour as a shade that is its smoothed edge, some pixel within two is,
ALONG: Final = 0.85  # of that shade's pixels
DASH: Final = 40  # pixels that a legend's swatch, or a level piece of a line, is long at most; half between two rows it is paler
DASH_HIGH: Final = 3  # rows that it covers at most
MOST_DASHES: Final = 3  # of one shade; more are a dashed line in a colour of its own
INSIDE: Final = 7  # pixels of a square around a pixel that an area holds, where that lies inside of it
WIDE, UPRIGHT = 0.2, 0.9  # of a picture that an area is wide at least, and of its box that it fills at most; bars fill theirs
EDGE: Final = 2  # pixels beside a stronger shade that have its smoothed edge, where the line is steep
OFF_WAY: Final = 0.12  # of that way's length that a mixture is off it at most


@dataclass(frozen=True, slots=True)
class Inks:
    """The colours that lines and symbols of a picture may have.

    Attributes:
        layers: The picture's colours.
        taken: Where other marks were found.
        colours: The numbers of those that lines and symbols may have.
        shades: For each the colours that are its smoothed edges: between it and the ground.
        owners: To which of them each mixed pixel belongs, (height, width), 0 where it is not mixed.
    """

    layers: Layers
    taken: Claims
    colours: list[int]
    shades: dict[int, list[int]]
    owners: NDArray[np.int16]

    def cover(self, number: int) -> Cover:
        """Return how much of each pixel a colour covers outside of other marks."""
        return cover_of(self.layers, number, self.shades[number], self.taken, self.owners)


def find_inks(layers: Layers, taken: Claims, printed: Mask, ruled: Mask) -> Inks:
    """Return the colours that lines and symbols may have, outside of what is `taken`, print, and where axes and grids run."""
    colours, shades = stroke_colours(layers, taken, printed, ruled)
    return Inks(layers, taken, colours, shades, owners_of(layers, colours))


def stroke_colours(layers: Layers, taken: Claims, printed: Mask, ruled: Mask) -> tuple[list[int], dict[int, list[int]]]:
    """Return the colours that lines may have, and for each the colours that are its smoothed edges: between it and the ground."""
    free = (printed == 0) & (ruled == 0) & ((taken == 0) | _over_areas(layers, taken))
    labels = np.where(free, layers.labels, np.int16(MIXED))
    counts = np.bincount(labels[labels >= 0], minlength=layers.count)
    candidates = [number for number in range(1, layers.count) if counts[number] >= LEAST_INK and number not in layers.plates]
    kept: list[int] = []
    shades: dict[int, list[int]] = {number: [] for number in candidates}
    near: dict[int, NDArray[np.bool_]] = {}
    shaded = [number for number in range(1, layers.count) if counts[number] and number not in layers.plates]
    for other in sorted(shaded, key=lambda n: -_contrast(layers, n)):
        stronger = [number for number in kept if _is_shade(layers, other, number)]
        own = _places_of(labels, other) if stronger else None
        owner, least = None, math.inf
        for number in stronger:
            if number not in near:
                near[number] = _grown(layers.mask(number), 1) > 0
            off = _off_way(layers, other, number)
            if off >= least:
                continue
            if own is None or _is_edge(layers, number, own, near[number]) or _is_paler(layers, other, number, counts):
                owner, least = number, off
        if owner is not None:
            shades[owner].append(other)
        elif other in candidates:
            kept.append(other)
    return [number for number in candidates if number in kept], shades


def _over_areas(layers: Layers, taken: Claims) -> NDArray[np.bool_]:
    """Return where other colours lie inside one area, away from its edges: lines that run over it. Bars are no such areas."""
    inside = np.zeros(taken.shape, np.bool_)
    for number in range(1, layers.count):
        own = np.asarray(taken == number, np.uint8)
        if not layers.areas[number] or not own.any():
            continue
        own = np.asarray(cv2.erode(own, np.ones((INSIDE, INSIDE), np.uint8)), np.uint8)
        _, pieces, stats = components(own, 4)
        wide, high, area = (stats[:, side] for side in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
        chosen = (wide >= WIDE * taken.shape[1]) & (area < UPRIGHT * wide * high)
        chosen[0] = False
        inside |= chosen[pieces]
    return np.asarray(inside & (layers.labels > GROUND) & (layers.labels != taken))


def _places_of(labels: NDArray[np.int16], other: int) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Return the rows and columns where a shade is that tells whether it is one; None where only few level dashes have it."""
    own = np.asarray(labels == other, np.uint8)
    place = bounds(own)
    own = np.ascontiguousarray(own[within(place)])
    _, pieces, stats = components(own, 8)
    wide, high, area = (stats[:, side] for side in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    dashes = (wide <= DASH) & (high <= DASH_HIGH) & (wide > 2 * high) & (area == wide * high)
    dashes[0] = False
    few = 0 < int(dashes.sum()) <= MOST_DASHES
    if few and bool(dashes[1:].all()):
        return None
    rows, columns = np.nonzero(own)
    if few:
        telling = ~dashes[pieces[rows, columns]]
        rows, columns = rows[telling], columns[telling]
    return rows + place.top, columns + place.left


def _is_edge(layers: Layers, number: int, own: tuple[NDArray[np.intp], NDArray[np.intp]], near: NDArray[np.bool_]) -> bool:
    """Return whether a shade, by its places, is the smoothed edge of a colour, which is `near`: beside it, or on the way to it."""
    if float(near[own].mean()) > BESIDE:
        return True
    limit = STRONGER * float(np.median(_shares(layers, number, *own)))
    height, width = near.shape
    top, left = max(0, int(own[0].min()) - 2), max(0, int(own[1].min()) - 2)
    shown = np.zeros((min(height, int(own[0].max()) + 3) - top, min(width, int(own[1].max()) + 3) - left), np.uint8)
    shown[own[0] - top, own[1] - left] = 1
    rows, columns = np.nonzero(_grown(shown, 2))
    stronger = np.zeros_like(shown)
    stronger[rows, columns] = _shares(layers, number, rows + top, columns + left) > limit
    return float(_grown(stronger, 2)[shown > 0].mean(dtype=np.float64)) > ALONG


def _off_way(layers: Layers, other: int, number: int) -> float:
    """Return how far a colour is off the way from the ground to another, as a share of its own contrast."""
    way = layers.palette[number] - layers.palette[GROUND]
    off = layers.palette[other] - layers.palette[GROUND]
    along = float(off @ way) / max(float(way @ way), 1.0)
    return float(np.linalg.norm(off - along * way)) / max(float(np.linalg.norm(off)), 1.0)


def _shares(layers: Layers, number: int, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return how far some pixels are on the way from what is behind them to a colour; 0 where they lie beside that."""
    share, beside, length = layers.toward(number, rows, columns)
    allowed = np.maximum(2 * layers.tolerance, OFF_WAY * np.sqrt(length))
    return np.asarray(np.where((beside < allowed) & (share < 1 + OFF_WAY), share, 0), np.float32)


def _grown(mask: Mask, reach: int) -> Mask:
    return np.asarray(cv2.dilate(mask, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)), np.uint8)


def _is_paler(layers: Layers, other: int, number: int, counts: NDArray[np.intp]) -> bool:
    """Return whether a colour is what another one is where a thin line lies between pixels.

    It is of one hue, nearly as strong, rarer, fills nothing, and is mostly near to that.
    """
    share = _contrast(layers, other) / _contrast(layers, number)
    coloured = float(np.ptp(layers.palette[number])) > COLOURED
    if not coloured or share <= PALER or counts[other] >= RARER * counts[number]:
        return False
    own = layers.mask(other)
    solid = cv2.erode(own, np.ones((SOLID, SOLID), np.uint8)).any()
    return not solid and float((_grown(layers.mask(number), NEARBY) > 0)[own > 0].mean()) > 1 - MOSTLY_AWAY


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
    length = np.maximum(magnitude(off), 1.0)
    least = np.full(len(rows), np.inf, np.float32)
    best = np.zeros(len(rows), np.int16)
    for number in sorted(colours, key=lambda number: -_contrast(layers, number)):
        way = layers.palette[number] - start
        way /= np.maximum(magnitude(way), 1.0)[:, None]
        along = dot(off, way)
        beside = magnitude(off - along[:, None] * way) / length
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
    return LEAST_SHARE < share < 0.97 and float(np.linalg.norm(off - share * way)) < max(
        2 * layers.tolerance, OFF_WAY * math.sqrt(length)
    )


def cover_of(layers: Layers, number: int, shades: Sequence[int], taken: Claims, owners: NDArray[np.int16]) -> Cover:
    """Return how much of each pixel a colour covers outside of other marks."""
    pure = layers.mask(number)
    stronger = [other for other in range(1, layers.count) if other not in layers.plates and _is_shade(layers, number, other)]
    core = cv2.morphologyEx(pure, cv2.MORPH_OPEN, np.ones((CORE, CORE), np.uint8))
    thin = float(core.sum()) < MOST_CORE * float(pure.sum())
    cover = pure.astype(np.float32)
    owned = owners == number  # only mixed pixels are; thin strokes have such where no pixel shows them purely
    rows, columns = np.nonzero(owned if thin else owned & (_grown(pure, 2) > 0))
    cover[rows, columns] = layers.share(number, rows, columns)
    if thin:  # mixtures beside pure pixels of other colours are edges of those
        others = np.asarray((layers.labels > GROUND) & (layers.labels != number), np.uint8)
        for plate in (*layers.plates, *shades):
            others[layers.labels == plate] = 0
        near = cv2.dilate(others, np.ones((3, 3), np.uint8)) > 0
        mine = cv2.dilate(pure, np.ones((3, 3), np.uint8)) > 0
        cover[near & ~mine & (layers.labels == MIXED)] = 0
    for other in stronger:  # the smoothed edges of a line in a stronger shade have this colour
        cover[_grown(layers.mask(other), EDGE) > 0] = 0
    for shade in shades:
        rows, columns = np.nonzero(layers.labels == shade)
        start = layers.behind[rows, columns]
        way = layers.palette[number] - start
        off = layers.pixels[rows, columns].astype(np.float32) - start
        cover[rows, columns] = np.clip(dot(off, way) / np.maximum(dot(way, way), 1.0), 0, 1)
    cover[(taken > 0) & ((layers.labels != number) | (taken == number) | (taken == layers.count))] = 0
    return cover
