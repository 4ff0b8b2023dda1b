"""Swatches of a legend that lies over a pie: small discs and squares in the colour of one sector that stand on another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np

from docai.backends.classical.charts.raster.arrays import components
from docai.backends.classical.charts.raster.colours import Layers
from docai.backends.classical.charts.scene import Extent, Place, Sector, Symbol
from docai.marks import Mask

SMALLEST, LARGEST = 4, 30  # pixels that a swatch measures on its sides
EQUAL: Final = 1.15  # times as long as high that a swatch is at most, besides a pixel
FILLED: Final = 0.6  # of its box that a swatch fills at least: a disc fills 0.785, less what its smoothed edge takes
EDGE: Final = 1  # pixels of its smoothed edge
AROUND, OUTLINE = 4, 0.3  # pixels, and of its height, around a swatch in which it is seen what it lies on, behind an outline
ON_ONE: Final = 0.8  # of the pixels there that show sectors, which show one; around a narrow sector lie two
LEAST_AROUND: Final = 6  # such pixels
BEHIND: Final = 2.2  # times its height, between a swatch and its name, at most: names are about as high as swatches
PRINT: Final = 0.5  # of a swatch's pixels that lie on print, where it is the inside of a letter


class _Piece(NamedTuple):
    """What hangs together in one colour: its colour's number, its box in pixels, and its pixels in that box, 0 or 1."""

    number: int
    left: int
    top: int
    shown: Mask

    @property
    def right(self) -> int:
        return self.left + int(self.shown.shape[1])

    @property
    def bottom(self) -> int:
        return self.top + int(self.shown.shape[0])

    @property
    def middle(self) -> Place:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def find_swatches(layers: Layers, sectors: Sequence[Sector], printed: Mask) -> list[Symbol]:
    """Return the swatches on the pies of a picture, in its pixels; those on the ground beside them are found as all symbols are.

    `printed`, (height, width), is 1 where text stands: a swatch has its name beside it.
    """
    pies = {(sector.centre, sector.outer) for sector in sectors}
    numbers = [number for number in range(1, layers.count) if any(sector.fill == layers.name(number) for sector in sectors)]
    pieces = [piece for number in numbers for piece in _pieces(layers, number)]
    return [
        _symbol(piece, layers)
        for piece in pieces
        if _is_named(piece, printed) and any(_lies_on(piece, layers, numbers, pie) for pie in pies)
    ]


def _pieces(layers: Layers, number: int) -> list[_Piece]:
    """Return the pieces of a colour that are as small and as round or square as swatches."""
    count, labels, boxes = components(layers.mask(number), 4)
    found = []
    for piece in range(1, count):
        left, top, wide, high, area = (int(value) for value in boxes[piece])
        sized = min(wide, high) >= SMALLEST and max(wide, high) <= LARGEST
        if sized and max(wide, high) <= EQUAL * min(wide, high) + 1 and area >= FILLED * wide * high:
            found.append(_Piece(number, left, top, np.asarray(labels[top : top + high, left : left + wide] == piece, np.uint8)))
    return found


def _is_named(piece: _Piece, printed: Mask) -> bool:
    """Return whether text begins right behind a piece, or ends right before it, that does not cover it."""
    rows = slice(piece.top, piece.bottom)
    if float(printed[rows, piece.left : piece.right].mean()) > PRINT:
        return False
    reach = math.ceil(BEHIND * (piece.bottom - piece.top))
    return bool(
        printed[rows, piece.right : piece.right + reach].any() or printed[rows, max(0, piece.left - reach) : piece.left].any()
    )


def _lies_on(piece: _Piece, layers: Layers, numbers: Sequence[int], pie: tuple[Place, float]) -> bool:
    """Return whether a piece lies on one sector of a pie, wholly or in part; `numbers` are those of all sectors' colours."""
    (across, down), radius = pie
    if math.dist(piece.middle, (across, down)) > radius + LARGEST:
        return False
    reach = max(AROUND, math.ceil(OUTLINE * (piece.bottom - piece.top)))
    framed = np.pad(piece.shown, reach)
    inner, outer = (cv2.dilate(framed, np.ones((2 * far + 1, 2 * far + 1), np.uint8)) for far in (EDGE, reach))
    rows, columns = np.nonzero(outer > inner)
    rows, columns = rows + piece.top - reach, columns + piece.left - reach
    height, width = layers.labels.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    inside &= np.hypot(columns + 0.5 - across, rows + 0.5 - down) < radius - 1
    seen = layers.labels[rows[inside], columns[inside]]
    times = [int((seen == number).sum()) for number in numbers]
    return sum(times) >= LEAST_AROUND and max(times) >= ON_ONE * sum(times)


def _symbol(piece: _Piece, layers: Layers) -> Symbol:
    corners = piece.shown[[0, 0, -1, -1], [0, -1, 0, -1]]
    extent = Extent(piece.left, piece.top, piece.right, piece.bottom).grown(0.5)
    return Symbol(extent.middle, extent, "square" if corners.all() else "disc", layers.name(piece.number), order=piece.number)
