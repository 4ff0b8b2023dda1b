"""Areas in a chart's picture: what is filled under a line or between two, as polygons with places at their bends."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.arrays import components
from docai.backends.classical.charts.raster.bends import simplified
from docai.backends.classical.charts.raster.colours import GROUND, MIXED, Layers
from docai.backends.classical.charts.scene import Place, Polygon
from docai.marks import Mask

Claims = NDArray[np.int16]  # (height, width), the number of the colour whose mark was found there, 0 for none

THICK: Final = 7  # pixels that an area is thick somewhere at least; lines are thinner
WIDE: Final = 0.25  # of the picture that an area is wide at least; narrower ones are symbols
SHARE: Final = 0.002  # of the picture that an area covers at least
OVERLAID: Final = 5  # pixels that a line over an area is wide at most
OFF: Final = 0.9  # pixels that a vertex stands off the chord at least
TIP: Final = 41  # twice the pixels that the tip of an area is high at most where it is no wider than such a line
CUT, BESIDE = 3, 8  # columns at an edge's ends that may be cut off, and beside them that tell the way to it
NEAR: Final = 1.6  # pixels that the ends of a column are off those of rectangles at most, where these explain it
EXPLAINED: Final = 0.9  # of a piece's columns that rectangles explain, where it is made of them
ROUND: Final = 1.5  # pixels that the border of a disc is off a circle at most
PRINTED: Final = 0.5  # of a piece that lies on print, where it is part of that
FILLED: Final = 0.75  # of an area's columns, from top to bottom, that show it
THIN: Final = 0.25  # of an area's columns at most in which it is no thicker than a line; more are lines that run close together


def find_fields(layers: Layers, slabs: NDArray[np.bool_], taken: Claims, printed: Mask) -> tuple[list[Polygon], Claims]:
    """Return the areas of a picture, from large to small, and what is taken with them.

    `slabs`, (height, width), tells where rectangles were found: a piece that they explain is none, one that sticks out of them is.
    `taken` is where other marks are; `printed` is 1 where text stands.
    """
    found: list[tuple[int, Polygon]] = []
    taken = taken.copy()
    height, width = layers.labels.shape
    areas = _areas(layers)
    for number in range(1, layers.count):
        if not layers.areas[number] or number in layers.plates:
            continue
        own = np.asarray((layers.labels == number) & (taken == 0), np.uint8)
        if int(own.sum()) < SHARE * own.size:
            continue
        core = cv2.morphologyEx(own, cv2.MORPH_OPEN, np.ones((THICK - 2, THICK - 2), np.uint8))
        if not core.any():
            continue
        mask = _completed(layers, own, areas & (layers.labels != number), printed)
        count, pieces, stats = components(mask, 4)
        for piece in range(1, count):
            left, top, wide, high, area = (int(value) for value in stats[piece])
            if wide < WIDE * width or area < max(SHARE * width * height, THICK * wide / 2):
                continue
            part = np.asarray(pieces[top : top + high, left : left + wide] == piece)
            if not (core[top : top + high, left : left + wide][part] > 0).any():
                continue
            box = (slice(top, top + high), slice(left, left + wide))
            if _is_explained(part, slabs[box] > 0, own[box] > 0) or float(printed[box][part].mean()) > PRINTED:
                continue
            if _is_disc(part):
                continue
            places = _outline(layers, number, part, (left, top))
            if places:
                found.append((area, Polygon(tuple(places), layers.name(number))))
                claim = taken[top : top + high, left : left + wide]
                claim[cv2.dilate(part.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = number
    found.sort(key=lambda pair: -pair[0])
    return [polygon for _, polygon in found], taken


def _is_explained(part: NDArray[np.bool_], slabs: NDArray[np.bool_], own: NDArray[np.bool_]) -> bool:
    """Return whether rectangles make the same outline as a piece; columns that hardly show its colour are gaps between them."""
    shown = 2 * (part & own).sum(0) > part.sum(0)
    if not shown.any():
        return False
    part, slabs = part[:, shown], slabs[:, shown]
    shared = part & slabs
    high = len(part)
    above = np.abs(part.argmax(0) - np.where(shared.any(0), shared.argmax(0), -high))
    below = np.abs(part[::-1].argmax(0) - np.where(shared.any(0), shared[::-1].argmax(0), -high))
    return float(((above <= NEAR) & (below <= NEAR)).mean()) > EXPLAINED


def _is_disc(part: NDArray[np.bool_]) -> bool:
    """Return whether a piece is a disc: a bubble, or a pie with one sector."""
    high, wide = part.shape
    contour = max(cv2.findContours(part.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=len)
    off = np.hypot(contour[:, 0, 0] - (wide - 1) / 2, contour[:, 0, 1] - (high - 1) / 2) - (wide - 1) / 2
    return bool(abs(wide - high) <= 2 * ROUND) and float(np.percentile(np.abs(off), 90)) < max(ROUND, 0.03 * wide)


def _completed(layers: Layers, own: Mask, others: NDArray[np.bool_], printed: Mask) -> Mask:
    """Return the pixels of an area with those of lines and print that lie over it; `others` tells where other areas are."""
    closed = cv2.morphologyEx(own, cv2.MORPH_CLOSE, np.ones((OVERLAID + 2, OVERLAID + 2), np.uint8))
    over = (closed > 0) & (layers.labels != GROUND) & ~others
    for plate in layers.plates:
        over &= layers.labels != plate
    whole = np.asarray(own | np.asarray(over, np.uint8), np.uint8)
    inside = np.asarray(cv2.morphologyEx(whole, cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8)), np.uint8) & printed
    inside[others] = 0
    return np.asarray(cv2.morphologyEx(np.asarray(whole | inside, np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)


def _areas(layers: Layers) -> NDArray[np.bool_]:
    """Return where areas are, (height, width), with their tips, which are as narrow as lines, or look like letters."""
    found = np.zeros(layers.labels.shape, np.bool_)
    for number in range(1, layers.count):
        if layers.areas[number] and number not in layers.plates:
            shown = layers.mask(number)
            solid = cv2.morphologyEx(shown, cv2.MORPH_OPEN, np.ones((OVERLAID, OVERLAID), np.uint8))
            grown = np.asarray(cv2.dilate(solid, np.ones((TIP, OVERLAID), np.uint8)), np.uint8)
            found |= (grown & shown) > 0
    return found


def _outline(layers: Layers, number: int, part: NDArray[np.bool_], corner: tuple[int, int]) -> list[Place]:
    """Return the outline of an area: along its upper edge to the right, and back along its lower one; [] where it is none."""
    high, wide = part.shape
    tops, bottoms = part.argmax(0), high - part[::-1].argmax(0)
    thick = bottoms - tops
    if float(part.sum()) < FILLED * float(thick.sum()) or float((thick < THICK).mean()) > THIN:
        return []
    left, top = corner
    columns = np.arange(wide)
    upper = _with_ends(_edge(layers, number, columns + left, tops + top, -1))
    lower = _with_ends(_edge(layers, number, columns + left, bottoms + top - 1, 1))
    x = np.asarray(columns + left + 0.5, np.float64)
    first, last = float(left), float(left + wide)
    over = _upright(simplified(_reaching(x, upper, first, last), OFF), first, last)
    under = _upright(simplified(_reaching(x, lower, first, last), OFF), first, last)
    return [*over, *under[::-1]]


def _with_ends(edge: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an edge with its first and last columns as the straight way to them has it: smoothing and axes cut off steep ends."""
    found: NDArray[np.float64] = edge.copy()
    if len(edge) < 2 * (CUT + BESIDE):
        return found
    inner = np.arange(CUT, CUT + BESIDE)
    for line in (found, found[::-1]):
        slope, start = np.polyfit(inner, line[inner], 1)
        if float(np.abs(start + slope * inner - line[inner]).max()) <= OFF:
            way = start + slope * np.arange(CUT)
            line[:CUT] = np.where(np.abs(way - line[:CUT]) > OFF, way, line[:CUT])
    return found


def _upright(edge: list[Place], first: float, last: float) -> list[Place]:
    """Return an edge that begins and ends on the upright sides of its area."""
    return [(first, edge[0][1]), *edge[1:-1], (last, edge[-1][1])]


def _reaching(x: NDArray[np.float64], y: NDArray[np.float64], first: float, last: float) -> list[Place]:
    """Return an edge with its ends drawn out to those of the area."""
    places = [(float(across), float(down)) for across, down in zip(x, y, strict=True)]
    if len(places) > 2:
        start = places[0][1] + (places[0][1] - places[1][1]) * (places[0][0] - first)
        end = places[-1][1] + (places[-1][1] - places[-2][1]) * (last - places[-1][0])
        places[0], places[-1] = (first, start), (last, end)
    return places


def _edge(layers: Layers, number: int, columns: NDArray[np.int64], rows: NDArray[np.int64], outward: int) -> NDArray[np.float64]:
    """Return where an area's edge runs in each column, to parts of a pixel, from its last pixels in `rows`.

    The pixels beyond that are mixtures of its colour and of what follows belong to it in part.
    """
    height = layers.labels.shape[0]
    colour = layers.palette[number]
    steps = outward * np.arange(1, 6)
    at = np.clip(rows[:, None] + steps, 0, height - 1)
    pixels = layers.pixels[at, columns[:, None]].astype(np.float32)
    labels = layers.labels[at, columns[:, None]]
    pure = (labels != MIXED) & (labels != number)
    reach = np.where(pure.any(1), pure.argmax(1), 2)
    beyond = pixels[np.arange(len(columns)), reach]
    way = colour - beyond
    length = np.maximum((way * way).sum(1), 1.0)
    share = ((pixels - beyond[:, None]) * way[:, None]).sum(2) / length[:, None]
    mixed = np.arange(5)[None] < reach[:, None]
    ink = np.where(mixed & (length[:, None] > 400), np.clip(share, 0, 1), 0).sum(1)
    edge = rows + (1 if outward > 0 else 0)
    return np.asarray(edge + outward * np.minimum(ink, 2.0), np.float64)
