"""Rectangles in a chart's picture: bars, their parts, swatches of legends, cells of heat maps; edges to parts of a pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.arrays import bounds, components, dot, magnitude, within
from docai.backends.classical.charts.raster.borders import OUTLINE, measured
from docai.backends.classical.charts.raster.colours import GROUND, PALE, Layers
from docai.backends.classical.charts.raster.overlaps import find_overlaps
from docai.backends.classical.charts.scene import Rectangle as Slab
from docai.marks import Mask, Rectangle

OVERLAID: Final = 7  # pixels that a line over a bar is wide at most: twice the usual two, slanted, with its smoothed edges
FULL: Final = 0.9  # of its box that a rectangle fills, what lies over it included; a disc fills 0.79
OWN: Final = 0.42  # of it that shows its own colour; the rest is print over it
LEAST: Final = 3  # pixels that a slab measures on its longer side at least
THICK: Final = 5  # pixels that a slab of a colour measures on both sides for thin ones of that colour to be believed
ALIKE: Final = 2  # pixels that the widths of bars differ by at most
SMALL_PRINT, LARGE_PRINT = 5, 64  # pixels that letters are high
LEAST_ODD: Final = 5  # pieces that are no rectangles from which on a colour is one of print
STEP_WIDE: Final = 2  # pixels that a bar in a row of touching ones is wide at least
LEAST_EVEN: Final = 4  # touching bars of which most are equally wide for wider ones to be several
STEPPED: Final = 0.85  # of a row of touching bars that is made of such steps; under a slanted line there are hardly any
LEVEL: Final = 1.5  # pixels that the feet of touching bars differ by at most
EDGE: Final = 1.6  # pixels that a smoothed edge is wide at most
BESIDE: Final = 2  # pixels beside a thin rectangle, behind its smoothed edge
ALONG_LINE: Final = 0.9  # of a low bar's foot that shows the line which it stands on
BRIDGE: Final = 1  # pixels that what joins bars over a gap is thick at most: an axis that they begin at, seen between them
SQUARE: Final = np.ones((BRIDGE + 1, BRIDGE + 1), np.uint8)
BEYOND: Final = 3  # pixels beyond the place where bars lie side by side, in which the longer one goes on
LEAST_CUT: Final = 5  # pixels that bars lie side by side for along at least; a row of what lies over them is shorter
ALL_OVER: Final = 0.97  # of a picture's width and height: a slab as large is its ground

PRINTED = (3, 14)  # pixels that a line of small print with its halo is high
ONE_COLOUR: Final = 0.8  # of a row of pixels that has one colour where no print crosses it
LEAST_CHANGES: Final = 6  # of colour along a row of pixels that print crosses; of two digits with their halos at least
ABOVE_PRINT: Final = 1.3  # times its height that a bar goes on above and below print on it; bars that touch are evenly thick


@dataclass(frozen=True, slots=True)
class _Piece:
    """What hangs together of one colour: where, the part of the picture with it filled, and how many pixels show the colour."""

    place: Rectangle
    filled: Mask
    own: int


def find_slabs(layers: Layers, over: tuple[Mask, Mask], standing: Mask | None = None) -> list[Slab]:
    """Return the rectangles of a picture in its pixels, from large to small.

    `over`, both (height, width), are 1 where lines run across and down, which may lie over them; `standing` is 1 where bars as thin
    as lines are.
    """
    thick = _thick(layers)
    found: list[Slab] = []
    overlaps = find_overlaps(layers)
    for number in range(1, layers.count):
        if not layers.areas[number] or number in layers.plates or number in overlaps:
            continue
        own = layers.mask(number)
        for overlap, parts in overlaps.items():
            if number in parts:
                own |= layers.mask(overlap)
        mask = _completed(layers, number, own.copy(), thick, over)
        places = _without_print([(piece, _rectangles(piece, layers)) for piece in _pieces(mask, own)])
        places = _over_print([place for place in places if _shows(own, place)], layers)
        bars = [place for place in places if standing is not None and _shows(own & standing, place)]
        places = [place for place in places if place in bars or not _is_line(layers, place, over)]
        coloured = float(np.ptp(layers.palette[number])) > PALE
        large = [place for place in places if min(place.width, place.height) >= THICK]
        chosen = places if large else bars
        chosen = [place for place in chosen if place in large or place in bars or _is_thin_bar(place, large, coloured=coloured)]
        found += [measured(layers, number, place) for place in chosen if not _is_all(layers, place)]
    found = _without_edges(found, layers.palette[GROUND])
    return sorted(found, key=lambda slab: -slab.extent.width * slab.extent.height)


def find_shared(layers: Layers, over: tuple[Mask, Mask]) -> list[Slab]:
    """Return where translucent rectangles lie over each other, as rectangles of the colour that shows there."""
    thick = _thick(layers)
    found: list[Slab] = []
    for number in find_overlaps(layers):
        own = layers.mask(number)
        pieces = _pieces(_completed(layers, number, own.copy(), thick, over), own)
        found += [measured(layers, number, place) for piece in pieces for place in _rectangles(piece, layers)]
    return found


def _without_edges(slabs: list[Slab], ground: NDArray[np.float32]) -> list[Slab]:
    """Return rectangles without the smoothed edges of others: a pixel wide, along them, of a colour on the way to theirs."""
    kept = []
    for slab in slabs:
        left, top, right, bottom = slab.extent
        thin = min(slab.extent.width, slab.extent.height) < EDGE
        if not thin or not any(
            other.extent.left - EDGE <= left
            and right <= other.extent.right + EDGE
            and other.extent.top - EDGE <= top
            and bottom <= other.extent.bottom + EDGE
            and _is_on_the_way(slab.fill, other.fill, ground)
            for other in slabs
            if min(other.extent.width, other.extent.height) >= THICK
        ):
            kept.append(slab)
    return kept


def _is_on_the_way(colour: str, other: str, ground: NDArray[np.float32]) -> bool:
    """Return whether a colour is a mixture of another with the ground."""
    one, end = (np.array([int(text[place : place + 2], 16) for place in (1, 3, 5)], np.float32) for text in (colour, other))
    way, off = end - ground, one - ground
    share = float(off @ way) / max(float(way @ way), 1.0)
    return 0 < share < 1 and float(np.linalg.norm(off - share * way)) < 0.1 * float(np.linalg.norm(way))


def _without_print(pieces: list[tuple[_Piece, list[Rectangle]]]) -> list[Rectangle]:
    """Return the rectangles of a colour without the stems and dashes of letters, whose other pieces are no rectangles."""
    odd = [piece.place for piece, places in pieces if not places and SMALL_PRINT <= piece.place.height <= LARGE_PRINT]
    places = [place for _, places in pieces for place in places]
    if len(odd) < LEAST_ODD:
        return places
    tall = float(np.percentile([place.height for place in odd], 90))
    small = [place for place in places if max(place.width, place.height) <= 1.3 * tall]
    if len(small) > 2 * len(odd):
        return places
    return [place for place in places if max(place.width, place.height) > 1.3 * tall and place.height > 0.5 * tall]


def _is_thin_bar(place: Rectangle, large: list[Rectangle], *, coloured: bool) -> bool:
    """Return whether something thin is a bar of little value: as wide, or as high, as others of its colour; or of bright colour."""
    if coloured and max(place.width, place.height) >= THICK:
        return True
    return any(
        abs(place.width - other.width) <= ALIKE if place.width > place.height else abs(place.height - other.height) <= ALIKE
        for other in large
    )


def _over_print(places: list[Rectangle], layers: Layers) -> list[Rectangle]:
    """Return rectangles of one colour with those made one that stand above each other and have nothing but print between them.

    Print shows its own colour and that of its halo in each row of pixels; a seam, or another bar, is of one colour all along.
    """
    kept = sorted(places, key=lambda place: place.top)
    number = 0
    while number < len(kept):
        one = kept[number]
        below = (place for place in kept if abs(place.left - one.left) <= ALIKE and abs(place.right - one.right) <= ALIKE)
        other = next((place for place in below if PRINTED[0] <= place.top - one.bottom <= PRINTED[1]), None)
        between = layers.labels[one.bottom + 1 : other.top - 1, one.left : one.right] if other is not None else None
        if (
            other is None
            or between is None
            or min(one.width, one.height + other.height) < PRINTED[1]
            or any(one.top < place.top < other.top and place.left < one.right and place.right > one.left for place in kept)
            or not _is_mixed(between)
        ):
            number += 1
            continue
        whole = Rectangle(min(one.left, other.left), one.top, max(one.right, other.right), other.bottom)
        kept = [whole if place is one else place for place in kept if place is not other]
    return kept


def _is_mixed(between: NDArray[np.int16]) -> bool:
    """Return whether rows of pixels, (height, width), show print: none is nearly all of one colour, and colours change often."""
    changes = (np.diff(between, axis=1) != 0).sum(1)
    if not changes.size or float(np.median(changes)) < LEAST_CHANGES:
        return False
    return all(float((row == np.bincount(row - row.min()).argmax() + row.min()).mean()) < ONE_COLOUR for row in between)


def _shows(own: Mask, place: Rectangle) -> bool:
    """Return whether enough of a rectangle shows its colour, and is not print or closed in by lines."""
    return bool(own[place.top : place.bottom, place.left : place.right].mean() >= OWN)


def _is_line(layers: Layers, place: Rectangle, over: tuple[Mask, Mask]) -> bool:
    """Return whether a thin rectangle is a piece of a straight line, or lies across one area: a line shines through a bar."""
    if min(place.width, place.height) > OUTLINE:
        return False
    across = place.width > place.height
    runs, labels = (over[0], layers.labels) if across else (over[1].T, layers.labels.T)
    left, top, right, bottom = place if across else (place.top, place.left, place.bottom, place.right)
    if runs[top:bottom, left:right].mean() > 0.7 and not _stands_on_line(labels, (left, top, right, bottom)):
        return True
    if top < BESIDE or bottom + BESIDE > len(labels):
        return False
    before, after = labels[top - BESIDE, left:right], labels[bottom + BESIDE - 1, left:right]
    return bool(((before == after) & (before > GROUND) & (before != labels[(top + bottom) // 2, left:right])).mean() > 0.7)


def _stands_on_line(labels: NDArray[np.int16], place: tuple[int, int, int, int]) -> bool:
    """Return whether a line of another colour lies along something thin and goes on beyond its ends, where it does not itself."""
    left, top, right, bottom = place
    own = int(labels[(top + bottom) // 2, (left + right) // 2])
    ends = [column for column in (left - BESIDE, right + BESIDE - 1) if 0 <= column < labels.shape[1]]
    if own in labels[top:bottom, ends]:
        return False
    for row in (top - 1, bottom):
        if 0 <= row < len(labels):
            line = labels[row, (left + right) // 2]
            along = labels[row, left:right] == line
            if GROUND < line != own and along.mean() > ALONG_LINE and (labels[row, ends] == line).any():
                return True
    return False


def _is_all(layers: Layers, place: Rectangle) -> bool:
    height, width = layers.labels.shape
    return bool(place.width > ALL_OVER * width and place.height > ALL_OVER * height)


def _thick(layers: Layers) -> Mask:
    """Return which pixels are of areas, not of lines or print: the ground, plates, and what is thicker than a line."""
    solid = np.zeros(layers.labels.shape, np.uint8)
    for number in range(layers.count):
        mask = layers.mask(number)
        if number == GROUND:
            solid |= mask
        elif layers.areas[number]:
            solid |= np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((THICK, THICK), np.uint8)), np.uint8)
    return solid


def _completed(layers: Layers, number: int, own: Mask, thick: Mask, over: tuple[Mask, Mask]) -> Mask:
    """Return the pixels of a colour, `own`, with those of lines and print that lie over it filled.

    The gap between two bars is filled by nothing: it shows what is behind them, or is on the way to it.
    """
    whole = own
    place = within(bounds(own, OVERLAID + 2 + BEYOND))  # wide enough for what is closed to be as in all of the picture
    own, thick, over = np.ascontiguousarray(own[place]), thick[place], (over[0][place], over[1][place])
    if not own.size:
        return whole
    across = np.asarray(cv2.morphologyEx(own, cv2.MORPH_CLOSE, np.ones((1, OVERLAID + 2), np.uint8)), np.uint8)
    down = np.asarray(cv2.morphologyEx(own, cv2.MORPH_CLOSE, np.ones((OVERLAID + 2, 1), np.uint8)), np.uint8)
    # a line is closed over from its sides, never along it, over a gap
    lying = _within_one(own.T, (down & over[0] & (1 - own)).T).T | _within_one(own, across & over[1] & (1 - own))
    closed = (across & (over[1] | (1 - over[0]))) | (down & (over[0] | (1 - over[1])))
    candidates = np.asarray(closed & (1 - own) & (1 - (thick & (1 - lying))), np.uint8)
    rows, columns = np.nonzero(candidates)
    if len(rows):
        start = layers.behind[place][rows, columns]
        way = layers.palette[number] - start
        length = np.maximum(dot(way, way), 1.0)
        off = layers.pixels[place][rows, columns].astype(np.float32) - start
        share = dot(off, way) / length
        beside = magnitude(off - share[:, None] * way)
        gap = (beside < np.maximum(2 * layers.tolerance, 0.12 * np.sqrt(length))) & (share < (1.1 if layers.lossy else 0.98))
        gap &= lying[rows, columns] == 0
        joined = own.copy()  # but for bridges over gaps
        joined[rows[~gap], columns[~gap]] = 1
        core = cv2.erode(joined, SQUARE, anchor=(0, 0))
        own |= np.asarray(cv2.dilate(core, SQUARE, anchor=(BRIDGE, BRIDGE)), np.uint8)  # turned round, or it moves what it opens
        whole[place] = own
    return whole


def _within_one(own: Mask, lying: Mask) -> Mask:
    """Return where lines that run down lie over one bar, `lying` without the gaps between two bars that lines are seen in.

    What a line cuts begins and ends alike on both its sides; of neighbours one is higher than the other.
    """
    found = np.array(lying)
    if not found.any():
        return found
    height, width = own.shape
    count, labels, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(lying), connectivity=4)
    for number in range(1, count):
        left, top, wide, high, _ = stats[number].tolist()
        sides, beyond = (left - 1, left + wide), (top - BEYOND, top + high + BEYOND - 1)
        if min(sides) < 0 or max(sides) >= width or high < LEAST_CUT:
            continue
        if any(0 <= row < height and own[row, sides[0]] != own[row, sides[1]] for row in beyond):
            found[top : top + high, left : left + wide][labels[top : top + high, left : left + wide] == number] = 0
    return found


def _pieces(mask: Mask, own: Mask) -> Iterator[_Piece]:
    """Yield what hangs together, holes filled."""
    count, labels, stats = components(mask, 4)
    for left, top, width, height, area, number in np.column_stack([stats, np.arange(count)])[1:].tolist():
        if max(width, height) < LEAST or area < 4:
            continue
        part = np.asarray(labels[top : top + height, left : left + width] == number, np.uint8)
        filled = _filled(part) if area < width * height else part
        shown = int((own[top : top + height, left : left + width] & filled).sum())
        yield _Piece(Rectangle(left, top, left + width, top + height), filled, shown)


def _filled(part: Mask) -> Mask:
    contours, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(np.zeros_like(part), contours, -1, 1, cv2.FILLED), np.uint8)


def _rectangles(piece: _Piece, layers: Layers) -> list[Rectangle]:
    """Return the rectangles that a piece is made of: one, or touching bars; none where it is something else."""
    filled, place = piece.filled, piece.place
    total = int(filled.sum())
    if piece.own < OWN * total:
        return []
    trimmed = _trimmed(filled)
    if trimmed is not None:
        left, top, right, bottom = trimmed
        inner = filled[top:bottom, left:right]
        if inner.size and float(inner.mean()) >= FULL and inner.sum() >= FULL * total:
            return [Rectangle(place.left + left, place.top + top, place.left + right, place.top + bottom)]
    if min(place.width, place.height) <= OUTLINE:
        return []
    if _is_notched(filled, layers.labels[within(place)]):
        return [place]
    upright, lying = _steps(filled), _steps(np.ascontiguousarray(filled.T))
    chosen = upright if lying is None or (upright is not None and _are_likelier(upright, lying)) else None
    if chosen is not None:
        return [Rectangle(place.left + a, place.top + b, place.left + c, place.top + d) for a, b, c, d in chosen]
    return [Rectangle(place.left + b, place.top + a, place.left + d, place.top + c) for a, b, c, d in lying or ()]


def _is_notched(filled: Mask, labels: NDArray[np.int16]) -> bool:
    """Return whether a piece is one rectangle but for a line of print right across it, which is open at a side."""
    height, width = filled.shape
    short = np.flatnonzero(filled.sum(1) < FULL * width)
    if not len(short):
        return False
    first, last = int(short[0]), int(short[-1]) + 1
    around = min(first, height - last) >= ABOVE_PRINT * (last - first)
    changes = (np.diff(labels[first:last], axis=1) != 0).sum(1)
    return around and last - first <= PRINTED[1] and float(np.median(changes)) >= LEAST_CHANGES / 2


def _parted(
    bars: list[tuple[int, int, int, int]], tops: NDArray[np.int64], bottoms: NDArray[np.int64]
) -> list[tuple[int, int, int, int]]:
    """Return bars, those cut that are two or more of one height: several times as wide as all others."""
    usual = float(np.median([right - left for left, _, right, _ in bars]))
    found: list[tuple[int, int, int, int]] = []
    for bar in bars:
        left, _, right, _ = bar
        times = round((right - left) / usual)
        if times < 2 or len(bars) < LEAST_EVEN or usual < 2 * STEP_WIDE or abs(right - left - times * usual) > ALIKE:
            found.append(bar)
            continue
        ends = [left + round(step * (right - left) / times) for step in range(times + 1)]
        found += [(a, int(np.median(tops[a:b])), b, int(np.median(bottoms[a:b]))) for a, b in pairwise(ends)]
    return found


def _are_likelier(upright: list[tuple[int, int, int, int]], lying: list[tuple[int, int, int, int]]) -> bool:
    """Return whether steps are upright bars rather than lying ones: fewer, or, where both are many, more evenly wide."""
    if min(len(upright), len(lying)) < LEAST_EVEN:
        return len(upright) <= len(lying)
    return _unevenness(upright) <= _unevenness(lying)


def _unevenness(bars: list[tuple[int, int, int, int]]) -> float:
    """Return how much the widths of bars differ, in shares of the usual one: those of a histogram are all alike."""
    widths = np.array([right - left for left, _, right, _ in bars], np.float64)
    usual = float(np.median(widths))
    times = np.maximum(1.0, np.round(widths / usual))  # neighbours of one height are seen as one
    return float(np.abs(widths / times - usual).mean()) / usual


def _trimmed(filled: Mask) -> tuple[int, int, int, int] | None:
    """Return the part of a piece without thin ends that stick out of it, as where a line of the same colour leaves a bar."""
    height, width = filled.shape
    rows, columns = np.flatnonzero(filled.sum(1) >= 0.5 * width), np.flatnonzero(filled.sum(0) >= 0.5 * height)
    if not len(rows) or not len(columns):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _steps(filled: Mask) -> list[tuple[int, int, int, int]] | None:
    """Return the upright bars that touch in a piece: left, top, right, bottom; None where it is not made of bars."""
    height, width = filled.shape
    tops = filled.argmax(0)
    bottoms = height - filled[::-1].argmax(0)
    if not (filled.sum(0) >= FULL * (bottoms - tops)).mean() >= STEPPED:
        return None
    found: list[tuple[int, int, int, int]] = []
    start = 0
    for column in range(1, width + 1):
        if (
            column < width
            and abs(int(tops[column]) - int(tops[start])) <= 1
            and abs(int(bottoms[column]) - int(bottoms[start])) <= 1
        ):
            continue
        if column - start >= STEP_WIDE:
            middle = slice(start, column)
            found.append((start, int(np.median(tops[middle])), column, int(np.median(bottoms[middle]))))
        start = column
    if not found or sum(right - left for left, _, right, _ in found) < STEPPED * width:
        return None
    found = _parted(found, tops, bottoms)
    feet, heads = np.array([bar[3] for bar in found]), np.array([bar[1] for bar in found])
    even = [float((np.abs(ends - np.median(ends)) <= LEVEL).mean()) for ends in (feet, heads)]
    return found if max(even) >= 0.5 and np.median([bar[2] - bar[0] for bar in found]) >= 3 else None
