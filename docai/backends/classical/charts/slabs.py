"""Rectangles in a chart's picture: bars, their parts, swatches of legends, cells of heat maps; edges to parts of a pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.colours import GROUND, PALE, Layers
from docai.backends.classical.charts.scene import Extent
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
STEPPED: Final = 0.85  # of a row of touching bars that is made of such steps; under a slanted line there are hardly any
LEVEL: Final = 1.5  # pixels that the feet of touching bars differ by at most
EDGE_PART: Final = 0.15  # of a side's length at either end that its place is not measured on: corners may be round
OUTLINE: Final = 4  # pixels that an outline is thick at most
ALL_OVER: Final = 0.97  # of a picture's width and height: a slab as large is its ground


@dataclass(frozen=True, slots=True)
class _Piece:
    """What hangs together of one colour: where, the part of the picture with it filled, and how many pixels show the colour."""

    place: Rectangle
    filled: Mask
    own: int


def find_slabs(layers: Layers, over: tuple[Mask, Mask]) -> list[Slab]:
    """Return the rectangles of a picture in its pixels, from large to small.

    `over`, both (height, width), are 1 where lines run across and down, which may lie over them.
    """
    thick = _thick(layers)
    found: list[Slab] = []
    for number in range(1, layers.count):
        if not layers.areas[number] or number in layers.plates:
            continue
        mask = _completed(layers, number, thick, over)
        places = _without_print([(piece, _rectangles(piece)) for piece in _pieces(mask, layers.mask(number))])
        own = layers.mask(number)
        places = [place for place in places if _shows(own, place) and not _is_line(place, over)]
        coloured = float(np.ptp(layers.palette[number])) > PALE
        large = [place for place in places if min(place.width, place.height) >= THICK]
        if not large:
            continue
        chosen = [place for place in places if place in large or _is_thin_bar(place, large, coloured=coloured)]
        found += [_measured(layers, number, place) for place in chosen if not _is_all(layers, place)]
    return sorted(found, key=lambda slab: -slab.extent.width * slab.extent.height)


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


def _shows(own: Mask, place: Rectangle) -> bool:
    """Return whether enough of a rectangle shows its colour, and is not print or closed in by lines."""
    return bool(own[place.top : place.bottom, place.left : place.right].mean() >= OWN)


def _is_line(place: Rectangle, over: tuple[Mask, Mask]) -> bool:
    """Return whether a thin rectangle is a piece of a straight line."""
    if min(place.width, place.height) > OUTLINE:
        return False
    runs = over[0] if place.width > place.height else over[1]
    return bool(runs[place.top : place.bottom, place.left : place.right].mean() > 0.7)


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


def _completed(layers: Layers, number: int, thick: Mask, over: tuple[Mask, Mask]) -> Mask:
    """Return the pixels of a colour, with those of lines and print that lie over it filled.

    The gap between two bars is filled by nothing: it shows what is behind them, or is on the way to it.
    """
    own = layers.mask(number)
    across = np.asarray(cv2.morphologyEx(own, cv2.MORPH_CLOSE, np.ones((1, OVERLAID + 2), np.uint8)), np.uint8)
    down = np.asarray(cv2.morphologyEx(own, cv2.MORPH_CLOSE, np.ones((OVERLAID + 2, 1), np.uint8)), np.uint8)
    lying = (down & over[0]) | (across & over[1])  # a line is closed over from its sides, never along it, over a gap
    candidates = np.asarray((across | down) & (1 - own) & (1 - (thick & (1 - lying))), np.uint8)
    rows, columns = np.nonzero(candidates)
    if len(rows):
        start = layers.behind[rows, columns]
        way = layers.palette[number] - start
        length = np.maximum((way * way).sum(1), 1.0)
        off = layers.pixels[rows, columns].astype(np.float32) - start
        share = (off * way).sum(1) / length
        beside = np.linalg.norm(off - share[:, None] * way, axis=1)
        gap = (beside < np.maximum(2 * layers.tolerance, 0.12 * np.sqrt(length))) & (share < 1.1)
        gap &= lying[rows, columns] == 0
        own[rows[~gap], columns[~gap]] = 1
    return own


def _pieces(mask: Mask, own: Mask) -> Iterator[_Piece]:
    """Yield what hangs together, holes filled."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[number])
        if max(width, height) < LEAST or area < 4:
            continue
        part = np.asarray(labels[top : top + height, left : left + width] == number, np.uint8)
        filled = _filled(part) if area < width * height else part
        shown = int((own[top : top + height, left : left + width] & filled).sum())
        yield _Piece(Rectangle(left, top, left + width, top + height), filled, shown)


def _filled(part: Mask) -> Mask:
    contours, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(np.zeros_like(part), contours, -1, 1, cv2.FILLED), np.uint8)


def _rectangles(piece: _Piece) -> list[Rectangle]:
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
    upright, lying = _steps(filled), _steps(np.ascontiguousarray(filled.T))
    chosen = upright if lying is None or (upright is not None and len(upright) <= len(lying)) else None
    if chosen is not None:
        return [Rectangle(place.left + a, place.top + b, place.left + c, place.top + d) for a, b, c, d in chosen]
    return [Rectangle(place.left + b, place.top + a, place.left + d, place.top + c) for a, b, c, d in lying or ()]


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
    feet, heads = np.array([bar[3] for bar in found]), np.array([bar[1] for bar in found])
    even = [float((np.abs(ends - np.median(ends)) <= LEVEL).mean()) for ends in (feet, heads)]
    return found if max(even) >= 0.5 and np.median([bar[2] - bar[0] for bar in found]) >= 3 else None


# Places of edges


def _measured(layers: Layers, number: int, place: Rectangle) -> Slab:
    """Return a rectangle with its edges found to parts of a pixel, and with its outline where it has one."""
    sides = [_side(layers, number, place, side) for side in range(4)]
    edges = [edge for edge, _, _ in sides]
    outlined = [(thickness, colour) for _, thickness, colour in sides if thickness]
    fill = layers.name(number)
    if len(outlined) >= 3 and _alike([colour for _, colour in outlined], layers.tolerance):
        thickness = float(np.median([value for value, _ in outlined]))
        half = [0.5 * value for _, value, _ in sides]
        extent = Extent(edges[0] - half[0], edges[1] - half[1], edges[2] + half[2], edges[3] + half[3])
        return Slab(extent, fill, _hexadecimal(np.median([colour for _, colour in outlined], axis=0)), thickness)
    return Slab(Extent(*edges), fill)


def _alike(colours: list[NDArray[np.float32]], tolerance: float) -> bool:
    middle = np.median(colours, axis=0)
    return sum(float(np.linalg.norm(colour - middle)) < 40 + tolerance for colour in colours) >= 3


def _hexadecimal(colour: NDArray[np.float32]) -> str:
    return "#" + "".join(f"{int(min(255, max(0, round(float(part))))):02x}" for part in colour)


def _side(layers: Layers, number: int, place: Rectangle, side: int) -> tuple[float, float, NDArray[np.float32]]:
    """Return where a side of a rectangle lies, how thick an outline it has there (0 for none), and the outline's colour.

    `side` is 0 left, 1 top, 2 right, 3 bottom. The pixels before the edge are told along most of its length; one that is a
    mixture of the colour and of what follows belongs to the rectangle in part.
    """
    profile = _profile(layers, place, side)
    outward = 1 if side >= 2 else -1
    edge = float((place.left, place.top, place.right, place.bottom)[side])
    colour = layers.palette[number]
    none = np.zeros(3, np.float32)
    if len(profile) < 2:
        return edge, 0.0, none
    tolerance = max(layers.tolerance, 6.0)
    if layers.lossy:
        return edge + outward * _blurred(profile, colour, tolerance), 0.0, none
    first, second = profile[0], profile[1]
    if np.linalg.norm(first - second) <= tolerance and len(profile) < 4:
        return edge, 0.0, none
    share = _way(first, second, colour, tolerance)
    if share is not None:
        return edge + outward * share, 0.0, none
    thickness, line = _outline(profile, colour, tolerance)
    return edge, thickness, line


def _way(pixel: NDArray[np.float32], start: NDArray[np.float32], end: NDArray[np.float32], tolerance: float) -> float | None:
    """Return how far a pixel is on the way from one colour to another, 0..1; None where it lies beside it."""
    way = end - start
    length = float((way * way).sum())
    if length < (2 * tolerance) ** 2:
        return None
    off = pixel - start
    share = float((off * way).sum()) / length
    beside = float(np.linalg.norm(off - share * way))
    return min(1.0, max(0.0, share)) if beside < max(2 * tolerance, 0.1 * length**0.5) and -0.15 < share < 1.15 else None


def _blurred(profile: NDArray[np.float32], colour: NDArray[np.float32], tolerance: float) -> float:
    """Return how far a rectangle reaches over its last pure pixel in a lossy picture, whose edges are blurred over several."""
    beyond = profile[min(3, len(profile) - 1)]
    total = 0.0
    for pixel in profile[:3]:
        share = _way(pixel, beyond, colour, 1.5 * tolerance)
        if share is None or share < 0.08:
            break
        total += share
    return min(total, 2.0)


def _outline(profile: NDArray[np.float32], colour: NDArray[np.float32], tolerance: float) -> tuple[float, NDArray[np.float32]]:
    """Return how thick a line along an edge is, and its colour; 0 where there is none."""
    for width in range(1, min(OUTLINE, len(profile) - 1) + 1):
        behind, line = profile[width], profile[:width].mean(0)
        if np.linalg.norm(behind - profile[min(width + 1, len(profile) - 1)]) > tolerance:
            continue
        darkest = profile[int(np.argmax(np.linalg.norm(profile[:width] - behind, axis=1)))]
        if np.linalg.norm(darkest - behind) > 60 and np.linalg.norm(darkest - colour) > 40:
            return float(width), darkest
        return 0.0, line
    return 0.0, np.zeros(3, np.float32)


def _profile(layers: Layers, place: Rectangle, side: int) -> NDArray[np.float32]:
    """Return the colours of the pixels outside a side, outwards from it, (up to 6, 3): the middle ones along its length."""
    height, width = layers.labels.shape
    upright = side in (0, 2)
    start, end = (place.top, place.bottom) if upright else (place.left, place.right)
    cut = round(EDGE_PART * (end - start))
    along = slice(start + cut, max(end - cut, start + cut + 1))
    limit = width if upright else height
    if side < 2:
        edge = place.left if side == 0 else place.top
        steps = [edge - 1 - step for step in range(6) if edge - 1 - step >= 0]
    else:
        edge = place.right if side == 2 else place.bottom
        steps = [edge + step for step in range(6) if edge + step < limit]
    if not steps:
        return np.zeros((0, 3), np.float32)
    strip = layers.pixels[along, steps] if upright else layers.pixels[steps, along].transpose(1, 0, 2)
    return np.asarray(np.median(strip, axis=0), np.float32)
