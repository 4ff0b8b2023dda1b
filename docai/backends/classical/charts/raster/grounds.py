"""What print in a chart's picture stands on: the ground, plates, bars and other areas, as if no print were there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.arrays import bounds, components, dot, magnitude, within
from docai.backends.classical.charts.raster.colours import GROUND, Layers
from docai.backends.classical.charts.raster.edges import Line
from docai.backends.classical.charts.scene import Rectangle as Slab
from docai.marks import Mask

if TYPE_CHECKING:
    from docai.sources import Pixels

THINNEST: Final = 4  # pixels that a rectangle is thick at least for print to lie on it
PAINTED: Final = 150  # pixels that a rectangle covers at least for print to lie on it; smaller ones may be letters
PRINT_HIGH: Final = 15  # pixels that print on an area is high, with its halo; gaps between areas that are wider show the ground
PIECE: Final = 30  # pixels that what print leaves to be seen of a small bar covers at least
FULL: Final = 0.8  # of its box that such a piece fills; letters with strokes as thick fill less
THIN_SURFACE: Final = 3  # pixels that an area is thick at least
RIM: Final = 4  # pixels between a letter and the edge of the area that it lies on at most, where they are too thin to be one
THICK_STROKE: Final = 5  # pixels that the ground between areas is thick at least; strokes of light print are as the ground, too
MOST_SURFACES: Final = 48  # colours, from frequent to rare; the areas of more, as in heat maps, are rectangles, or take long


def ground_of_print(layers: Layers, slabs: Sequence[Slab]) -> NDArray[np.float32]:
    """Return what print stands on, pixel by pixel: the ground, plates, areas and rectangles, (height, width, 3) RGB."""
    base = layers.behind.copy()
    known = np.zeros(layers.labels.shape, np.bool_)  # within rectangles and their smoothed edges
    for slab in slabs:
        left, top, right, bottom = (round(side) for side in slab.extent)
        if min(right - left, bottom - top) >= THINNEST and (right - left) * (bottom - top) >= PAINTED and slab.fill:
            colour = np.array([int(slab.fill[place : place + 2], 16) for place in (1, 3, 5)], np.float32)
            for part in (
                (slice(max(0, top - 1), top + 1), slice(max(0, left - 1), right + 1)),
                (slice(max(0, bottom - 1), bottom + 1), slice(max(0, left - 1), right + 1)),
                (slice(max(0, top - 1), bottom + 1), slice(max(0, left - 1), left + 1)),
                (slice(max(0, top - 1), bottom + 1), slice(max(0, right - 1), right + 1)),
            ):
                _absorb(base[part], layers.pixels[part], colour, layers.tolerance)  # smoothed edges
            base[max(0, top + 1) : bottom - 1, max(0, left + 1) : right - 1] = colour
            known[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2] = True
    _lay_surfaces(base, layers, known)
    return np.asarray(base, np.float32)


def _lay_surfaces(base: NDArray[np.float32], layers: Layers, known: NDArray[np.bool_]) -> None:
    """Lay the areas of each colour over what print stands on, as if there were no print on them: pieces of bars, sectors.

    Places that are `known` already are left as they are.
    """
    across_print = np.ones((PRINT_HIGH, PRINT_HIGH), np.uint8)
    owner = np.full(layers.labels.shape, -1, np.int16)  # which colour's area a pixel certainly shows
    surfaces = {}
    for number in range(min(layers.count, MOST_SURFACES)):
        if number == GROUND or number in layers.plates:
            owner[_open_ground(layers.mask(number)) > 0] = number
        elif layers.areas[number]:
            surface = _surface(layers.mask(number), THIN_SURFACE)
            owner[surface > 0] = number
            if surface.any():
                surfaces[number] = surface
    for number, surface in surfaces.items():
        place = within(bounds(surface, 1))
        below, mine, given = base[place], owner[place], known[place]
        framed = np.pad(surface[place], PRINT_HIGH)
        closed = cv2.morphologyEx(framed, cv2.MORPH_CLOSE, across_print)[PRINT_HIGH:-PRINT_HIGH, PRINT_HIGH:-PRINT_HIGH]
        closed = _with_rim(np.asarray(closed, np.uint8), layers.labels[place] == number)
        whole = (closed > 0) & ((mine < 0) | (mine == number)) & ~given
        below[whole] = layers.palette[number]
        around = cv2.dilate(whole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        edge = np.nonzero(around & ~whole & ~given & (layers.labels[place] < 0))
        if len(edge[0]):
            part = below[edge][:, None]
            _absorb(part, layers.pixels[place][edge][:, None], layers.palette[number], layers.tolerance)
            below[edge] = part[:, 0]


def _with_rim(closed: Mask, own: NDArray[np.bool_]) -> Mask:
    """Return an area with what is left of it between print and its edge: pixels of its colour that hang together with it."""
    for _ in range(RIM):
        grown = cv2.dilate(closed, np.ones((3, 3), np.uint8))
        closed = np.asarray(np.where(own, grown, closed), np.uint8)
    return closed


def _open_ground(mask: Mask) -> Mask:
    """Return the ground around marks, in the gaps between them and under grid lines; not light print on them, nor its inside."""
    block = np.ones((THICK_STROKE, THICK_STROKE), np.uint8)
    open_ = _surface(mask, THICK_STROKE)
    _, numbers = cv2.connectedComponents(mask, connectivity=4)
    reached = np.zeros(int(numbers.max()) + 1, np.bool_)
    reached[np.unique(numbers[open_ > 0])] = True
    reached[0] = False
    return np.asarray(reached[numbers] | (cv2.morphologyEx(open_, cv2.MORPH_CLOSE, block) > 0), np.uint8)


def _surface(mask: Mask, thick: int) -> Mask:
    """Return the parts of a mask that are thicker than strokes of print, and large enough for print to lie on."""
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((thick, thick), np.uint8))
    if not opened.any():
        return np.asarray(opened, np.uint8)
    _, numbers, sizes = components(np.asarray(opened, np.uint8), 4)
    area = sizes[:, cv2.CC_STAT_AREA]
    box = sizes[:, cv2.CC_STAT_WIDTH] * sizes[:, cv2.CC_STAT_HEIGHT]
    large = (area >= PAINTED) | ((area >= PIECE) & (area >= FULL * box))
    large[0] = False
    return np.asarray(large[numbers], np.uint8)


def take_out(base: NDArray[np.float32], layers: Layers, line: Line) -> None:
    """Make a straight line part of what print stands on, its smoothed edges included; print over it is none of it."""
    half = line.thickness / 2 + 1
    across = slice(max(0, int(line.place - half)), int(np.ceil(line.place + half)))
    along = slice(max(0, int(line.start) - 1), int(line.end) + 1)
    part = (across, along) if line.across else (along, across)
    colour = np.array([int(line.colour[place : place + 2], 16) for place in (1, 3, 5)], np.float32)
    _absorb(base[part], layers.pixels[part], colour, layers.tolerance)


def _absorb(base: NDArray[np.float32], pixels: Pixels, colour: NDArray[np.float32], tolerance: float) -> None:
    """Make those pixels part of what print stands on that show a colour, or are on the way to it."""
    values = pixels.astype(np.float32)
    way = colour - base
    length = np.maximum(dot(way, way), 1.0)
    off = values - base
    share = dot(off, way) / length
    beside = magnitude(off - share[..., None] * way)
    own = (share < 1.1) & (share > 0) & (beside < 30 + tolerance)
    base[own] = values[own]
