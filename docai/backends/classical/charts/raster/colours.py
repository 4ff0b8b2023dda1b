"""The flat colours of a chart's picture: which pixel shows which, and how much of it where edges are smoothed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.arrays import dot, largest, magnitude, spread
from docai.marks import Mask

if TYPE_CHECKING:
    from docai.sources import Pixels

MIXED: Final = -1  # the label of pixels between colours: smoothed edges, text, noise
GROUND: Final = 0  # the label of the picture's ground

# Noise, measured on charts drawn by three programs: of a lossless picture 0 to 2.5 % of the pixels differ from their right
# neighbour by 1 to 6 of 255, of one saved as JPEG (quality 40 to 95) 7 % and more.
LITTLE: Final = 6  # of 255
LOSSY_SHARE: Final = 0.03
CRISP: Final = 5.0  # of 255, the tolerance in lossless pictures: rounding, and colours that are drawn slightly translucent
MOST_NOISE: Final = 36.0  # of 255, the tolerance in the worst: half of what light bars stand out of their ground by

FRAME: Final = 4  # pixels that a frame around a picture is thick at most
AROUND: Final = 0.5  # of a picture's border that shows the ground at least, where another colour may fill more of the picture
LEAST_GROUND: Final = 0.05  # of a picture that the ground covers at least

LEAST_CORE: Final = 6  # pixels that an area of one colour has at least, in rows and columns of three
LEAST_RUN: Final = 7  # pixels that a straight stroke of one colour is long at least
LEAST_STROKES: Final = 14  # pixels on the ridges of slanted strokes and symbols of one colour
NEAR: Final = 42.0  # of 255 that the colours of slanted strokes differ by at least to count as two
DULL, LIVELY = 10.0, 30.0  # of 255 that the parts of a grey differ by at most, of a colour at least, to be two, however near
STANDS_OUT: Final = 13.0  # of 255 that a colour differs from the ground by at least; paler stripes are ground
PALER_IS_GROUND: Final = 0.5  # times as far off as it is counts such a stripe where noise has scattered the pale colours beside it
MOST_COLOURS: Final = 200  # a heat map has as many; more are photographs
# Of photographs, as against charts that were stored with loss: more colours than these (charts of Vega-Lite and Statista, as JPEG
# of quality 60, have 42 at most), less ground (those charts have 0.47 at least), and no cells as heat maps have, whose colours
# change in some rows and columns of pixels and not in others (drawn ones of 2,500 colours at qualities 30 to 90: 0.72 at least;
# photographs and drawn noise: 0.59 at most)
MOST_LOSSY: Final = 100
MOST_GROUND: Final = 0.4
FIRST: Final = 0.4  # of the columns, or rows, those in which most changes
CELLS: Final = 0.65  # of all changes that lie in these
MOST_STROKES: Final = 12  # colours that are only in slanted strokes, those of small print included
# Chroma is kept in blocks of 16 pixels, so that it bleeds over edges
FRINGE_LEVEL: Final = 45.0  # of 255 that it changes a colour by at most
FRINGE_TIMES: Final = 5  # times as many pixels that the area has at least
FRINGE_WIDE: Final = 6  # pixels that a fringe is wide at most
FRINGE_BESIDE: Final = 0.85  # of its pixels that lie within 4 of the area
PLATE_SHARE: Final = 0.15  # of a picture that a plate's box covers at least: the grey panel behind a plot
PLATE_GROUND: Final = 0.12  # of a plate that shows the ground at most: grid lines of its colour, and print
PLATE_GAP: Final = 4  # pixels between the parts of a plate that grid lines cut at most
PLATE_PIECE: Final = 12  # pixels that such a part measures at least
PLATE_FAR: Final = 200.0  # of 441 that a plate's colour is off the ground's from which on it may as well be that of bars on a plate
SIDE_SHARE: Final = 0.1  # of a row or column of pixels that a plate shows in at least
PALE: Final = 40.0  # of 255 that the parts of a pale colour differ by at most


@dataclass(frozen=True, slots=True)
class Layers:
    """A picture of a chart, told apart by its colours.

    Attributes:
        pixels: (height, width, 3) uint8 RGB, the picture itself.
        labels: (height, width) int16, the number of each pixel's colour: its place in `palette`, `GROUND` or `MIXED`.
        palette: (colours, 3) float32 RGB, first the ground's, then from frequent to rare.
        areas: Which colours fill areas; the others are only in strokes and small symbols.
        tolerance: How far a pixel may be off its colour, 0..255 (Euclidean).
        behind: (height, width, 3) float32 RGB, the ground or plate that each pixel lies on.
        plates: The numbers of the plates' colours.
    """

    pixels: Pixels
    labels: NDArray[np.int16]
    palette: NDArray[np.float32]
    areas: NDArray[np.bool_]
    tolerance: float
    behind: NDArray[np.float32] = field(repr=False)
    plates: frozenset[int] = frozenset()

    @property
    def count(self) -> int:
        """How many colours there are, the ground's included."""
        return len(self.palette)

    @property
    def lossy(self) -> bool:
        """Whether the picture went through a format that blurs colours."""
        return self.tolerance > CRISP

    @property
    def photographed(self) -> bool:
        """Whether the picture is a photograph, for what its colours tell."""
        if not self.lossy or int(self.areas.sum()) <= MOST_LOSSY or float((self.labels == GROUND).mean()) >= MOST_GROUND:
            return False
        left, top, wide, high = cv2.boundingRect(np.asarray(self.labels != GROUND, np.uint8))
        inside = self.labels[top : top + high, left : left + wide]
        return all(_in_first(np.count_nonzero(np.diff(inside, axis=axis), axis=1 - axis)) < CELLS for axis in (0, 1))

    def mask(self, number: int) -> Mask:
        """Return the pixels that show one colour all over, (height, width), 0 or 1."""
        return np.asarray(self.labels == number, np.uint8)

    def name(self, number: int) -> str:
        """Return a colour as `#rrggbb`."""
        return hexadecimal(self.palette[number])

    def toward(self, number: int, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> tuple[NDArray[np.float32], ...]:
        """Return how far pixels are on the way from what is behind them to a colour, how far beside it, and its squared length."""
        start = self.behind[rows, columns]
        way = self.palette[number] - start
        length = np.maximum(dot(way, way), 1.0)
        off = self.pixels[rows, columns].astype(np.float32) - start
        share = dot(off, way) / length
        return share, magnitude(off - share[:, None] * way), length

    def share(self, number: int, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return how far pixels are on the way from what is behind them to a colour; 0 where they lie beside that way."""
        share, beside, length = self.toward(number, rows, columns)
        allowed = np.maximum(2 * self.tolerance, 0.15 * np.sqrt(length))
        return np.asarray(np.where((beside < allowed) & (length > STANDS_OUT**2), np.clip(share, 0, 1), 0), np.float32)


def _in_first(changes: NDArray[np.intp]) -> float:
    """Return the share, 0..1, of changes that lie in the rows, or columns, which have most."""
    most = np.sort(changes)[::-1]
    return float(most[: int(FIRST * len(most))].sum() / max(1, most.sum()))


def hexadecimal(colour: NDArray[np.float32]) -> str:
    """Return an RGB colour, 0..255, as `#rrggbb`."""
    red, green, blue = (int(min(255, max(0, round(float(part))))) for part in colour)
    return f"#{red:02x}{green:02x}{blue:02x}"


def find_layers(pixels: Pixels) -> Layers:
    """Return the colours of a picture, (height, width, 3) uint8 RGB."""
    tolerance = _tolerance(pixels)
    lossy = tolerance > CRISP
    smooth = np.asarray(cv2.bilateralFilter(pixels, 5, 2.2 * tolerance, 1.5), np.uint8) if lossy else pixels
    ground = _ground(smooth)
    even = _even(smooth, tolerance)
    areas = _area_colours(smooth[even], ground, tolerance)
    strokes = _stroke_colours(smooth, even, areas, tolerance)
    palette = np.concatenate([areas, strokes]) if len(strokes) else areas
    labels = _labels(smooth, palette, tolerance if not lossy else 1.3 * tolerance)
    if lossy:
        labels = _without_fringes(labels, palette, tolerance)
    counts = np.bincount(labels[labels >= 0].ravel(), minlength=len(palette))
    order = np.concatenate([[0], 1 + np.argsort(-counts[1:], kind="stable")])
    order = order[(counts[order] > 0) | (order == GROUND)]
    place = np.zeros(len(palette), np.int64)
    place[order] = np.arange(len(order))
    labels = np.asarray(np.where(labels >= 0, place[np.maximum(labels, 0)], MIXED), np.int16)
    filled = (np.arange(len(palette)) < len(areas))[order]
    palette = palette[order]
    behind, plates = _behind(labels, palette)
    return Layers(pixels, labels, palette, filled, tolerance, behind, plates)


def _tolerance(pixels: Pixels) -> float:
    """Return how far pixels of one colour may differ: little in a lossless picture, in others as much as its noise makes."""
    steps = largest(cv2.absdiff(np.ascontiguousarray(pixels[:, 1:]), np.ascontiguousarray(pixels[:, :-1])))
    if steps.size == 0 or float(((steps >= 1) & (steps <= LITTLE)).mean()) < LOSSY_SHARE:
        return CRISP
    small = steps[(steps >= 1) & (steps <= 40)]  # larger ones are edges
    return float(min(MOST_NOISE, 6 + 2 * np.percentile(small, 75)))


def _packed(pixels: Pixels) -> NDArray[np.int32]:
    parts = pixels.astype(np.int32)
    return np.asarray((parts[..., 0] << 16) | (parts[..., 1] << 8) | parts[..., 2], np.int32)


def _unpacked(codes: NDArray[np.int32]) -> NDArray[np.float32]:
    return np.stack([codes >> 16, (codes >> 8) & 255, codes & 255], axis=-1).astype(np.float32)


def _ground(pixels: Pixels) -> NDArray[np.float32]:
    """Return the colour of the ground: the most frequent one, or the one along most of the border, a frame's line left out."""
    parts = (pixels >> 3).astype(np.int32)
    coarse = (parts[..., 0] << 10) | (parts[..., 1] << 5) | parts[..., 2]
    counts = np.bincount(coarse.ravel())
    code = int(counts.argmax())
    inner = coarse[FRAME:-FRAME, FRAME:-FRAME]
    for ring in (coarse, inner) if inner.size else (coarse,):
        border = np.concatenate([ring[0], ring[-1], ring[:, 0], ring[:, -1]])
        times = np.bincount(border)
        around = int(times.argmax())
        if times[around] > AROUND * border.size and counts[around] > LEAST_GROUND * coarse.size:
            code = around
            break
    chosen = pixels[coarse == code]
    return np.asarray(np.median(chosen, axis=0), np.float32)


def _area_colours(even: NDArray[np.uint8], ground: NDArray[np.float32], tolerance: float) -> NDArray[np.float32]:
    """Return the ground's colour and those of what is even, (pixels, 3): the insides of areas, and upright and level strokes."""
    chosen = even
    if tolerance > CRISP:  # colours that noise has scattered are counted together first
        chosen = np.asarray(chosen & 0xFC, np.uint8)
    unique, counts = np.unique(_packed(chosen), return_counts=True)
    order = np.argsort(-counts)
    colours, counts = _unpacked(unique[order]), counts[order]
    found = [ground]
    free = _distance(colours, ground) > max(STANDS_OUT, tolerance)
    while free.any() and len(found) < MOST_COLOURS:
        first = int(free.argmax())
        if tolerance <= CRISP and counts[first] < LEAST_CORE:
            break
        near = free & (_distance(colours, colours[first]) <= tolerance)
        total = int(counts[near].sum())
        if total >= (LEAST_CORE if tolerance <= CRISP else 2 * LEAST_CORE):
            found.append(np.asarray(np.average(colours[near], axis=0, weights=counts[near]), np.float32))
        free &= ~near
    return np.array(found, np.float32)


def _even(pixels: Pixels, tolerance: float) -> NDArray[np.bool_]:
    """Return which pixels are inside something of one colour: in a square, or in a straight run that is no smoothed edge."""
    alike = []
    for axis in (0, 1):
        same = np.zeros(pixels.shape[:2], np.uint8)
        if axis == 0:
            same[:-1] = largest(cv2.absdiff(pixels[1:], pixels[:-1])) <= max(2.0, tolerance / 2)
        else:
            ahead, behind = np.ascontiguousarray(pixels[:, 1:]), np.ascontiguousarray(pixels[:, :-1])
            same[:, :-1] = largest(cv2.absdiff(ahead, behind)) <= max(2.0, tolerance / 2)
        alike.append(same)
    side = 3 if tolerance <= CRISP else 5  # noise makes small even squares
    block = cv2.erode(alike[0] & alike[1], np.ones((side - 1, side - 1), np.uint8), anchor=(0, 0), borderValue=0)
    even = cv2.dilate(block, np.ones((side, side), np.uint8), anchor=(side - 1, side - 1)) > 0
    for axis, shape in ((1, (1, LEAST_RUN)), (0, (LEAST_RUN, 1))):
        runs = cv2.morphologyEx(alike[axis], cv2.MORPH_OPEN, np.ones(shape, np.uint8)) > 0
        rows, columns = np.nonzero(runs & ~even)
        edges = _between(pixels, rows, columns, 1 - axis, tolerance)
        even[rows[~edges], columns[~edges]] = True
    return np.asarray(even)


def _between(pixels: Pixels, rows: NDArray[np.intp], columns: NDArray[np.intp], axis: int, tolerance: float) -> NDArray[np.bool_]:
    """Return which pixels are mixtures of their neighbours on both sides, along an axis, as those of smoothed edges are."""
    reach = 1 if tolerance <= CRISP else 2
    step = (reach, 0) if axis == 0 else (0, reach)
    high, wide = pixels.shape[0] - 1, pixels.shape[1] - 1
    before = pixels[np.maximum(rows - step[0], 0), np.maximum(columns - step[1], 0)].astype(np.float32)
    after = pixels[np.minimum(rows + step[0], high), np.minimum(columns + step[1], wide)].astype(np.float32)
    way = after - before
    length = np.maximum(dot(way, way), 1.0)
    off = pixels[rows, columns] - before
    share = dot(off, way) / length
    beside = magnitude(off - share[:, None] * way)
    margin = np.maximum(tolerance, 4.0) / np.sqrt(length)
    return np.asarray((share > margin) & (share < 1 - margin) & (beside < np.maximum(2 * tolerance, 0.2 * np.sqrt(length))))


def _stroke_colours(pixels: Pixels, even: NDArray[np.bool_], areas: NDArray[np.float32], tolerance: float) -> NDArray[np.float32]:
    """Return the colours of thin slanted strokes and symbols, told by their ridges.

    A smoothed stroke is purest where it differs most from what is behind it, and only there its colour is looked at.
    """
    off = _distance(pixels.astype(np.float32), areas[GROUND])
    ridge = off >= cv2.dilate(off, np.ones((3, 3), np.uint8)) - 2
    ridge &= (off > max(NEAR, 2 * tolerance)) & ~even
    colours = pixels[ridge].astype(np.float32)
    dull = np.ptp(areas, axis=1) < DULL
    lively = (spread(colours) > LIVELY) & (_nearest(colours, areas[~dull], NEAR) == MIXED if not dull.all() else True)
    lively &= _nearest(colours, areas, tolerance) == MIXED
    colours = colours[lively | (_nearest(colours, areas, NEAR) == MIXED)]
    found: list[NDArray[np.float32]] = []
    while len(colours) >= LEAST_STROKES and len(found) < MOST_STROKES:
        bins = (colours // 24).astype(np.int32) @ np.array([256, 16, 1], np.int32)
        counts = np.bincount(bins)
        if counts.max() < LEAST_STROKES // 2:
            break
        fullest = bins == counts.argmax()
        middle = np.median(colours[fullest], axis=0)
        near = _distance(colours, middle) <= NEAR
        if near.sum() >= LEAST_STROKES:
            found.append(np.asarray(np.median(colours[near], axis=0), np.float32))
        colours = colours[~near & ~fullest]
    return np.array(found, np.float32).reshape(-1, 3)


def _labels(pixels: Pixels, palette: NDArray[np.float32], tolerance: float) -> NDArray[np.int16]:
    """Return the number of each pixel's colour, `MIXED` where none is near."""
    bits = 8 if tolerance <= CRISP else 6  # noise makes very many colours
    parts = (pixels >> (8 - bits)).astype(np.int32)
    codes = (parts[..., 0] << (2 * bits)) | (parts[..., 1] << bits) | parts[..., 2]
    used = np.zeros(1 << (3 * bits), np.bool_)
    used[codes] = True
    known = np.flatnonzero(used).astype(np.int32)
    steps = np.stack([known >> (2 * bits), (known >> bits) & ((1 << bits) - 1), known & ((1 << bits) - 1)], axis=-1)
    coarse = 1 << (8 - bits)
    table = np.zeros(1 << (3 * bits), np.int16)
    table[known] = _nearest(steps.astype(np.float32) * coarse + (coarse - 1) / 2, palette, tolerance)
    return np.asarray(table[codes], np.int16)


def _nearest(colours: NDArray[np.float32], palette: NDArray[np.float32], tolerance: float) -> NDArray[np.int16]:
    """Return the place in a palette of the nearest to each of some colours, `MIXED` where none is near."""
    best, nearest = np.zeros(len(colours), np.int16), np.full(len(colours), np.inf, np.float32)
    for number, colour in enumerate(palette):
        off = _distance(colours, colour)
        if number == GROUND:
            near = np.minimum(off, tolerance) if tolerance <= CRISP else PALER_IS_GROUND * off
            off = np.where(off <= STANDS_OUT, near, off)
        closer = off < nearest
        best[closer], nearest[closer] = number, off[closer]
    best[nearest > tolerance] = MIXED
    return best


def _distance(colours: NDArray[np.float32], colour: NDArray[np.float32]) -> NDArray[np.float32]:
    off = colours - colour
    return np.asarray(np.sqrt(np.einsum("...k,...k->...", off, off)), np.float32)


def _without_fringes(labels: NDArray[np.int16], palette: NDArray[np.float32], tolerance: float) -> NDArray[np.int16]:
    """Return labels where the fringes that lossy formats put along edges have the colour of the area that they belong to."""
    counts = np.bincount(labels[labels >= 0].ravel(), minlength=len(palette))
    target = np.arange(len(palette) + 1)  # the last stands for MIXED, -1
    target[-1] = MIXED
    for number in np.argsort(counts):
        off = _distance(palette, palette[number])
        likely = np.flatnonzero((off < max(FRINGE_LEVEL, 2.2 * tolerance)) & (counts > FRINGE_TIMES * counts[number]))
        if number == GROUND or not len(likely):
            continue
        mask = np.asarray(labels == number, np.uint8)
        if cv2.erode(mask, np.ones((FRINGE_WIDE, FRINGE_WIDE), np.uint8)).any():
            continue
        for area in likely[np.argsort(off[likely])]:
            near = cv2.dilate(np.asarray(labels == area, np.uint8), np.ones((9, 9), np.uint8))
            if float(near[mask > 0].mean()) > FRINGE_BESIDE:
                target[number] = area
                break
    for number in range(len(palette)):  # a fringe of a fringe
        while target[number] != target[target[number]]:
            target[number] = target[target[number]]
    return np.asarray(target[labels], np.int16)


def _behind(labels: NDArray[np.int16], palette: NDArray[np.float32]) -> tuple[NDArray[np.float32], frozenset[int]]:
    """Return what lies behind each pixel, the plate that it stands on, else the ground, (height, width, 3) RGB; and the plates."""
    plates: set[int] = set()
    behind = np.empty((*labels.shape, 3), np.float32)
    behind[:] = palette[GROUND]
    found: list[tuple[int, tuple[int, int, int, int]]] = []
    counts = np.bincount(labels[labels >= 0].ravel(), minlength=len(palette))
    for number in range(1, len(palette)):
        if counts[number] < 0.3 * PLATE_SHARE * labels.size:
            continue
        mask = cv2.morphologyEx(np.asarray(labels == number, np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
        stats = cv2.connectedComponentsWithStats(mask)[2][1:]
        boxes = _merged([(int(s[0]), int(s[1]), int(s[0] + s[2]), int(s[1] + s[3])) for s in stats])
        whole = _whole(boxes, labels)
        for box in [whole] if whole is not None else boxes:
            left, top, right, bottom = _trimmed(labels == number, box)
            place = (left, top, right - left, bottom - top)
            if place[2] * place[3] < PLATE_SHARE * labels.size or not _is_plate(labels, palette, number, place):
                continue
            found.append((number, (left, top, right, bottom)))
    for number, (left, top, right, bottom) in found:
        far = float(np.linalg.norm(palette[number] - palette[GROUND])) > PLATE_FAR
        if far and any(other != number and _is_within((left, top, right, bottom), box) for other, box in found):
            continue
        behind[top:bottom, left:right] = palette[number]
        plates.add(number)
    return behind, frozenset(plates)


def _is_within(inner: tuple[int, int, int, int], outer: tuple[int, int, int, int]) -> bool:
    """Return whether a box lies in another, as large at most."""
    return all(a >= b - PLATE_GAP for a, b in zip(inner[:2], outer[:2], strict=True)) and all(
        a <= b + PLATE_GAP for a, b in zip(inner[2:], outer[2:], strict=True)
    )


def _whole(boxes: list[tuple[int, int, int, int]], labels: NDArray[np.int16]) -> tuple[int, int, int, int] | None:
    """Return what holds all boxes, where marks cut one plate in pieces; None where there is ground between them."""
    if not boxes:
        return None
    left, top, right, bottom = (f([box[side] for box in boxes]) for side, f in enumerate((min, min, max, max)))
    ground = float((labels[top:bottom, left:right] == GROUND).mean())
    return (left, top, right, bottom) if ground < PLATE_GROUND else None


def _trimmed(mask: NDArray[np.bool_], box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Return a box without the rows and columns along its sides that show a colour hardly anywhere: smoothed edges of print do."""
    left, top, right, bottom = box
    part = mask[top:bottom, left:right]
    rows, columns = np.flatnonzero(part.mean(1) > SIDE_SHARE), np.flatnonzero(part.mean(0) > SIDE_SHARE)
    if not len(rows) or not len(columns):
        return box
    return left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1


def _merged(boxes: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Return boxes, left, top, right and bottom, with those that overlap or nearly touch made one; small ones are left out."""
    large = [box for box in boxes if min(box[2] - box[0], box[3] - box[1]) > PLATE_PIECE]
    merged: list[tuple[int, int, int, int]] = []
    for box in sorted(large, key=lambda box: (box[0] - box[2]) * (box[3] - box[1])):
        left, top, right, bottom = box
        for place, other in enumerate(merged):
            if (
                left <= other[2] + PLATE_GAP
                and other[0] <= right + PLATE_GAP
                and top <= other[3] + PLATE_GAP
                and other[1] <= bottom + PLATE_GAP
            ):
                merged[place] = (min(left, other[0]), min(top, other[1]), max(right, other[2]), max(bottom, other[3]))
                break
        else:
            merged.append(box)
    return merged


def _is_plate(labels: NDArray[np.int16], palette: NDArray[np.float32], number: int, place: tuple[int, int, int, int]) -> bool:
    """Return whether an area is something that marks stand on: a frame of it is left around them, and it is no strong colour."""
    left, top, width, height = place
    inside = labels[top : top + height, left : left + width]
    if float((inside == GROUND).mean()) > PLATE_GROUND:
        return False
    part = inside == number
    sides = (part[:3].any(0), part[-3:].any(0), part[:, :3].any(1), part[:, -3:].any(1))
    framed = sum(float(side.mean()) > 0.8 for side in sides) >= 3
    pale = float(np.ptp(palette[number])) < PALE
    return framed and float(part.mean()) < (0.97 if pale else 0.6)
