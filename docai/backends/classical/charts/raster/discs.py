"""Symbols in a chart's picture: markers on lines, points of scatter plots, bubbles; filled or hollow, apart or overlapping."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.arrays import bounds, components, within
from docai.backends.classical.charts.raster.colours import GROUND, MIXED, Layers
from docai.backends.classical.charts.raster.covers import Inks
from docai.backends.classical.charts.raster.sectors import fit_circle
from docai.backends.classical.charts.raster.threads import Cover
from docai.backends.classical.charts.scene import Extent, Place, Rectangle, Symbol
from docai.marks import Mask

SMALLEST, LARGEST = 4, 160  # pixels that a symbol measures on its sides
PART: Final = 14  # pixels that a slab measures at most which may be part of a symbol, such as the side of a ring
MARKER: Final = 30  # pixels that a symbol with a line through it measures at most
SHOWN: Final = 0.5  # of a pixel that is covered, where it is inside
FAINT: Final = 0.3  # of a pixel that a thin outline covers at least
OBLONG: Final = 1.45  # times that a symbol is longer than wide at most
THICKEST: Final = 9.0  # pixels that a line is thick at most
THICKER: Final = 1.7  # times the line's thickness that a marker on it measures at least
MORE: Final = 0.6  # pixels more than a line's thickness that what is no line is thick at least
HOLE: Final = 24  # pixels that a hollow symbol's inside measures at most
ALIKE: Final = 0.18  # of their size that symbols of one series differ by at most
ROUND: Final = 0.11  # of its radius that a disc's border is off a circle at most, besides half a pixel
EQUAL: Final = 1.15  # times as long as high that a square is at most, besides a pixel
MOSTLY: Final = 0.6  # of the squares of a colour that are of one size, where they are symbols; a legend's may be larger
LEAST_SQUARES: Final = 3  # squares of one colour and size from which on they are symbols
SPREAD: Final = 1.5  # times that a symbol is longer along one direction than across it at most; dashes of a line are longer
DOTS: Final = 6  # symbols of a colour from which on they may be the dots of a line, which stand at most
DOT_GAP: Final = 2.4  # times their size apart
UNEVEN, EVENLY = 0.25, 0.6  # of their usual gap that the gaps of most of them, as a share of all, differ by; points are scattered
DOT: Final = 9.0  # pixels that such a dot measures at most
WITHIN: Final = 1.25  # times a disc's radius from its middle within which another of its colour is only a part of it
RECTANGLE: Final = 0.93  # of its box that a piece fills which is a bar, and no discs over each other
MOST: Final = 1500  # symbols in a picture; more are texture
PRINT: Final = 0.5  # of a symbol's pixels that lie on print, where it is a letter


def find_discs(inks: Inks, slabs: Sequence[Rectangle], printed: Mask, ruled: Mask) -> tuple[list[Symbol], list[Rectangle]]:
    """Return the symbols of a picture, and the slabs that are none.

    `printed` tells where text stands, `ruled` where axes and grid lines run, (height, width) each.
    """
    layers = inks.layers
    found: list[Symbol] = []
    dropped: set[int] = set()
    bars = any(not is_small(slab) for slab in slabs) or bool((inks.taken > 0).any())  # whose legends have squares
    for number in inks.colours:
        cover = inks.cover(number)
        symbols = _symbols(layers, number, cover, printed, ruled)
        if len(found) + len(symbols) > MOST:
            continue
        name = layers.name(number)
        small = [slab for slab in slabs if slab.fill == name and is_small(slab)]
        large = [slab for slab in slabs if slab.fill == name and not is_small(slab)]
        kept, gone = _without_swatches(symbols, small, large, bars=bars)
        dropped |= {id(slab) for slab in gone}
        found += kept
    return found, [slab for slab in slabs if id(slab) not in dropped]


def is_small(slab: Rectangle) -> bool:
    """Return whether a slab is so small, and so nearly as high as wide, that it may be a symbol."""
    wide, high = slab.extent.width, slab.extent.height
    return max(wide, high) <= PART or (max(wide, high) <= MARKER and max(wide, high) <= OBLONG * min(wide, high) + 1)


def _without_swatches(
    symbols: Sequence[Symbol], small: Sequence[Rectangle], large: Sequence[Rectangle], *, bars: bool
) -> tuple[list[Symbol], list[Rectangle]]:
    """Return the symbols that are none of the slabs of their colour, and the slabs that are symbols.

    Squares are symbols where there are several of one size and nothing larger, or where no rectangle of the picture is larger
    (`bars`); else they are swatches of bars, or small bars.
    """
    squares = [symbol for symbol in symbols if symbol.shape == "square" and not symbol.stroke]
    others = [symbol for symbol in symbols if not (symbol.shape == "square" and not symbol.stroke)]
    sizes = [max(symbol.extent.width, symbol.extent.height) for symbol in squares]
    usual = float(np.median(sizes)) if sizes else 0.0
    alike = [
        square
        for square, size in zip(squares, sizes, strict=True)
        if abs(size - usual) < 1 + ALIKE / 2 * usual and _is_square(square)
    ]
    many = len(alike) >= max(LEAST_SQUARES if bars else 1, MOSTLY * len(squares)) and not large
    kept = [*others, *alike] if many and squares else others
    gone = [slab for slab in small if any(slab.extent.grown(1.0).holds(symbol.centre) for symbol in kept)]
    return kept, gone


def _is_square(symbol: Symbol) -> bool:
    wide, high = symbol.extent.width, symbol.extent.height
    return max(wide, high) <= EQUAL * min(wide, high) + 1


def _symbols(layers: Layers, number: int, cover: Cover, printed: Mask, ruled: Mask) -> list[Symbol]:
    """Return the symbols of one colour."""
    shown = np.asarray(cover > SHOWN, np.uint8)
    if not shown.any():
        return []
    thin = np.asarray(cover > FAINT, np.uint8)
    whole = shown | (_filled(thin, HOLE) & (1 - thin)) if not layers.areas[number] else _filled(shown, HOLE)
    whole = np.asarray(
        cv2.morphologyEx(whole, cv2.MORPH_CLOSE, np.ones((2, 2), np.uint8)) if not layers.areas[number] else whole, np.uint8
    )
    stroke = _thickness(shown)
    symbols: list[Symbol] = []
    count, pieces, stats = components(whole, 8)
    grey = float(np.ptp(layers.palette[number])) < 40
    for piece in range(1, count):
        left, top, wide, high, area = (int(value) for value in stats[piece])
        if min(wide, high) < SMALLEST or area < 12:
            continue
        part = np.asarray(pieces[top : top + high, left : left + wide] == piece, np.uint8)
        own = shown[top : top + high, left : left + wide] & part
        inside = printed[top : top + high, left : left + wide][part > 0]
        if float(inside.mean()) > PRINT:
            continue
        on_line = float(ruled[top : top + high, left : left + wide][part > 0].mean())
        if grey and on_line > 0.3:
            continue
        symbols += _apart(layers, number, cover, part, own, (left, top), stroke)
    return [] if _are_dots(symbols) else symbols


def _are_dots(symbols: Sequence[Symbol]) -> bool:
    """Return whether symbols are the dots of a dotted line: small and filled, close together, and evenly spaced."""
    if len(symbols) < DOTS or sum(not symbol.fill for symbol in symbols) > len(symbols) / 2:
        return False
    centres = np.array([symbol.centre for symbol in symbols])
    sizes = np.array([max(symbol.extent.width, symbol.extent.height) for symbol in symbols])
    apart = np.hypot(centres[:, None, 0] - centres[None, :, 0], centres[:, None, 1] - centres[None, :, 1])
    np.fill_diagonal(apart, np.inf)
    nearest, size = apart.min(1), float(np.median(sizes))
    usual = float(np.median(nearest))
    even = float((np.abs(nearest - usual) < UNEVEN * usual).mean())
    return size <= DOT and usual < DOT_GAP * size and even > EVENLY


def _filled(shown: Mask, hole: int) -> Mask:
    """Return a mask with its holes filled, those up to a size."""
    place = bounds(shown, hole + 1)  # what is around it all is no hole, in so wide a frame
    part = np.ascontiguousarray(shown[within(place)])
    if not part.size:
        return shown
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(1 - part, connectivity=4)
    small = (stats[:, cv2.CC_STAT_WIDTH] <= hole) & (stats[:, cv2.CC_STAT_HEIGHT] <= hole)
    wide, high = stats[:, cv2.CC_STAT_WIDTH].astype(float), stats[:, cv2.CC_STAT_HEIGHT].astype(float)
    compact = (stats[:, cv2.CC_STAT_AREA] > 0.45 * wide * high) & (np.maximum(wide, high) < 2 * np.minimum(wide, high) + 1)
    fill = small & compact
    fill[0] = False
    filled: Mask = shown.copy()
    filled[within(place)] |= np.asarray(fill[pieces], np.uint8)
    return filled


def _thickness(shown: Mask) -> float:
    """Return how thick the lines of a colour are: usual among what hangs together over a long way; 0 where there are none."""
    count, pieces, stats = components(shown, 8)
    long = np.flatnonzero((stats[:, cv2.CC_STAT_WIDTH] > 2 * MARKER) & (np.arange(count) > 0))
    if not len(long):
        return 0.0
    on = np.isin(np.arange(count), long)[pieces]
    on = on[within(bounds(np.asarray(on, np.uint8)))]
    distance = cv2.distanceTransform(np.pad(on.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    ridge = on & (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8)) - 1e-3)
    thickness = float(2 * np.median(distance[ridge])) if ridge.any() else 0.0
    return thickness if thickness <= THICKEST else 0.0


def _apart(  # noqa: PLR0913, PLR0917
    layers: Layers, number: int, cover: Cover, part: Mask, own: Mask, corner: tuple[int, int], stroke: float
) -> list[Symbol]:
    """Return the symbols that a piece of a picture is made of: itself, the thick places of a line, or discs that overlap."""
    if _is_symbol(part):
        return [_symbol(layers, number, cover, part, own, corner)]
    distance = cv2.distanceTransform(np.pad(part, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    thick = float(distance.max())
    if stroke:
        least = max(THICKER * max(stroke, 1.0), 4.0) / 2
        if thick < least or thick > MARKER / 2:
            return []
        reach = 2 * math.ceil((max(stroke, 1.0) + MORE) / 2) + 1
        shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        opened = cv2.morphologyEx(np.pad(part, reach), cv2.MORPH_OPEN, shape)[reach:-reach, reach:-reach]
    else:
        opened = part
    found: list[Symbol] = []
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(opened), connectivity=4)
    for piece in range(1, count):
        left, top, w, h, _ = (int(value) for value in stats[piece])
        blob = np.asarray(pieces[top : top + h, left : left + w] == piece, np.uint8)
        mine = own[top : top + h, left : left + w] & blob
        place = (corner[0] + left, corner[1] + top)
        if _is_symbol(blob):
            found.append(_symbol(layers, number, cover, blob, mine, place))
        elif min(w, h) >= SMALLEST and float(blob.mean()) < RECTANGLE:
            found += _discs(layers, number, blob, mine, place)
    return found


def _is_symbol(part: Mask) -> bool:
    high, wide = part.shape
    if not (min(wide, high) >= SMALLEST and max(wide, high) <= LARGEST and max(wide, high) <= OBLONG * min(wide, high) + 1):
        return False
    fill = float(part.sum()) / (wide * high)
    if fill < 0.4:
        return False
    rows, columns = np.nonzero(part)
    spread = np.linalg.eigvalsh(np.cov(np.stack([columns, rows]).astype(np.float64)))
    if float(spread[1]) > SPREAD**2 * max(float(spread[0]), 1e-6):
        return False
    contour = max(cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=len)
    if max(wide, high) > MARKER:
        places = contour[:, 0].astype(np.float64)
        x, y, radius = fit_circle(places)
        off = np.abs(np.hypot(places[:, 0] - x, places[:, 1] - y) - radius)
        if float(np.percentile(off, 90)) > max(0.8, 0.04 * radius):
            return False
    hull = cv2.contourArea(cv2.convexHull(contour)) + 0.5 * len(contour)
    return float(part.sum()) > 0.86 * hull - 2


def _symbol(layers: Layers, number: int, cover: Cover, part: Mask, own: Mask, corner: tuple[int, int]) -> Symbol:
    """Return a symbol, with its place to parts of a pixel."""
    high, wide = part.shape
    left, top = corner
    height, width = cover.shape
    box = (max(0, top - 1), min(height, top + high + 1), max(0, left - 1), min(width, left + wide + 1))
    pad = np.pad(part, 1)[box[0] - top + 1 : box[1] - top + 1, box[2] - left + 1 : box[3] - left + 1]
    near = cv2.dilate(np.pad(part, 1), np.ones((3, 3), np.uint8))[
        box[0] - top + 1 : box[1] - top + 1, box[2] - left + 1 : box[3] - left + 1
    ]
    ink = np.where(pad > 0, 1.0, np.where(near > 0, cover[box[0] : box[1], box[2] : box[3]], 0.0))
    rim = (pad > 0) & (cv2.erode(pad, np.ones((3, 3), np.uint8)) == 0)
    ink = np.where(rim, np.clip(cover[box[0] : box[1], box[2] : box[3]], 0, 1), ink)
    extent = _extent(ink, (box[2], box[0]))
    shape = _shape(part)
    centre = extent.middle if shape.startswith("triangle") else _centroid(ink, (box[2], box[0]))
    hollow = float(own.sum()) < 0.75 * float(part.sum()) or _is_ring(part, own)
    name = layers.name(number)
    inner = _inner(layers, part, own, corner) if hollow else ""
    return Symbol(centre, extent, shape, inner if hollow else name, name if hollow else "", order=number)


def _is_ring(part: Mask, own: Mask) -> bool:
    inside = cv2.erode(np.pad(part, 1), np.ones((3, 3), np.uint8), iterations=2)[1:-1, 1:-1] > 0
    return bool(inside.any()) and float(own[inside].mean()) < 0.5


def _inner(layers: Layers, part: Mask, own: Mask, corner: tuple[int, int]) -> str:
    """Return the colour inside a hollow symbol, "" where that is what is behind it."""
    left, top = corner
    high, wide = part.shape
    inside = (part > 0) & (own == 0)
    labels = layers.labels[top : top + high, left : left + wide][inside]
    labels = labels[labels != MIXED]
    if not len(labels):
        return ""
    most = int(np.bincount(labels).argmax())
    return "" if most == GROUND or most in layers.plates else layers.name(most)


def _extent(ink: NDArray[np.float64], corner: tuple[int, int]) -> Extent:
    """Return the extent of a symbol, its outer rows and columns counted as far as they are covered at most."""
    columns, rows = ink.max(0), ink.max(1)
    across = np.flatnonzero(columns > SHOWN)
    down = np.flatnonzero(rows > SHOWN)

    def ends(levels: NDArray[np.float64], inside: NDArray[np.intp]) -> tuple[float, float]:
        first, last = int(inside[0]), int(inside[-1])
        before = float(levels[first - 1]) if first else 0.0
        after = float(levels[last + 1]) if last + 1 < len(levels) else 0.0
        return first + 1 - float(levels[first]) - before, last + float(levels[last]) + after

    if not len(across) or not len(down):
        return Extent(corner[0], corner[1], corner[0] + ink.shape[1], corner[1] + ink.shape[0])
    left, right = ends(columns, across)
    top, bottom = ends(rows, down)
    return Extent(corner[0] + left, corner[1] + top, corner[0] + right, corner[1] + bottom)


def _centroid(ink: NDArray[np.float64], corner: tuple[int, int]) -> Place:
    total = float(ink.sum())
    across = float((ink.sum(0) * (np.arange(ink.shape[1]) + 0.5)).sum()) / total
    down = float((ink.sum(1) * (np.arange(ink.shape[0]) + 0.5)).sum()) / total
    return corner[0] + across, corner[1] + down


def _shape(part: Mask) -> str:
    """Return what a symbol looks like: disc, square, diamond, triangle by where it points, cross."""
    high, wide = part.shape
    fill = float(part.sum()) / (wide * high)
    halves = (part[: high // 2].sum(), part[-(high // 2) :].sum(), part[:, : wide // 2].sum(), part[:, -(wide // 2) :].sum())
    upper, lower, before, behind = (float(half) for half in halves)
    if fill > 0.93:
        return "square"
    for name, small, large in (("up", upper, lower), ("down", lower, upper), ("left", before, behind), ("right", behind, before)):
        if small < 0.62 * large:
            return f"triangle-{name}"
    corner = max(1, round(0.2 * min(high, wide)))
    corners = np.concatenate(
        [part[a, b].ravel() for a in (slice(corner), slice(-corner, None)) for b in (slice(corner), slice(-corner, None))]
    )
    if fill < 0.66 and min(high, wide) >= 6:
        return "diamond" if float(corners.mean()) < 0.3 else "cross"
    return "disc"


# Discs that overlap


def _discs(layers: Layers, number: int, part: Mask, own: Mask, corner: tuple[int, int]) -> list[Symbol]:
    """Return the discs that a piece is made of, each with an arc of its border to be seen: circles through three of its places."""
    padded = np.pad(part, 2)
    contour = max(cv2.findContours(padded, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=len)[:, 0].astype(np.float64) - 1.5
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 5).astype(np.float32)[2:-2, 2:-2]
    left_over = np.ones(len(contour), np.bool_)
    found: list[tuple[float, float, float]] = []
    circles = _circles(contour, distance)
    while len(circles) and left_over.sum() >= 5:
        off = np.abs(np.hypot(contour[:, 0] - circles[:, 0, None], contour[:, 1] - circles[:, 1, None]) - circles[:, 2, None])
        on = off < np.maximum(0.6, 0.05 * circles[:, 2, None])
        gains = (on & left_over).sum(1) / (2 * np.pi * circles[:, 2]) + 0.002 * circles[:, 2]
        best = int(gains.argmax())
        if (on[best] & left_over).sum() < max(4, 0.14 * 2 * math.pi * circles[best, 2]):
            break
        circle = float(circles[best, 0]), float(circles[best, 1]), float(circles[best, 2])
        if not any(_is_within(circle, other) or _is_within(other, circle) for other in found):
            found.append(circle)
        near = off[best] < np.maximum(1.2, 0.1 * circles[best, 2])
        left_over &= ~near
        circles = np.delete(circles, best, axis=0)
    name = layers.name(number)
    hollow = float(own.sum()) < 0.75 * float(part.sum())
    return [
        Symbol(
            (corner[0] + x, corner[1] + y),
            Extent(corner[0] + x - r, corner[1] + y - r, corner[0] + x + r, corner[1] + y + r),
            "disc",
            "" if hollow else name,
            name if hollow else "",
            order=number,
        )
        for x, y, r in found
    ]


def _is_within(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    """Return whether a disc lies in another of its colour, but for what noise makes: it would not be seen."""
    return math.dist(one[:2], other[:2]) + one[2] < WITHIN * other[2]


def _circles(contour: NDArray[np.float64], distance: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return circles through places of a contour, (n, 3): middle and radius; those inside the piece that touch its border."""
    count = len(contour)
    if count < 12:
        return np.zeros((0, 3), np.float64)
    starts = np.arange(0, count, max(1, count // 60))
    circles = []
    for step in {max(3, count // 20), max(3, count // 12), max(3, count // 8)}:
        one, two, three = contour[starts], contour[(starts + step) % count], contour[(starts + 2 * step) % count]
        circles.append(_through(one, two, three))
    found: NDArray[np.float64] = np.concatenate(circles)
    high, wide = distance.shape
    inside = (found[:, 0] > 1) & (found[:, 1] > 1) & (found[:, 0] < wide - 1) & (found[:, 1] < high - 1)
    found = found[inside & (found[:, 2] >= SMALLEST / 2) & (found[:, 2] <= LARGEST / 2)]
    if not len(found):
        return found
    at = distance[found[:, 1].astype(int), found[:, 0].astype(int)]
    return np.asarray(found[np.abs(at - found[:, 2]) < np.maximum(1.2, ROUND * found[:, 2])], np.float64)


def _through(one: NDArray[np.float64], two: NDArray[np.float64], three: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the circles through three places each, (n, 3); those of places in line are left out."""
    a, b = two - one, three - one
    turn = 2 * (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    good = np.abs(turn) > 1e-6
    a, b, turn, one = a[good], b[good], turn[good], one[good]
    a2, b2 = (a * a).sum(1), (b * b).sum(1)
    x = (b[:, 1] * a2 - a[:, 1] * b2) / turn
    y = (a[:, 0] * b2 - b[:, 0] * a2) / turn
    return np.asarray(np.column_stack([one[:, 0] + x, one[:, 1] + y, np.hypot(x, y)]), np.float64)
