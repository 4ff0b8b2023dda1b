"""Mosaics: heat maps as pictures show them, whose cells of nearly the same shade are one piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from docai.chart_regions.shapes import Shape, around

PIECES, SHADES = 9, 4  # of a mosaic at least
LEAST_CELL: Final = 8.0  # points a side; what is smaller may be letters in cells
LEAST_LINES: Final = 3  # rows and columns
MOST_PIECES: Final = 2000  # that are looked at
OFF: Final = 2.0  # points that a side of a piece is off the grid at most: edges of pictures are off by a pixel or two
TIGHT: Final = 0.15  # of a cell, the same
ON_GRID: Final = 0.85  # of the sides of pieces that lie on the grid
FILLED: Final = 0.6  # of the whole that pieces cover


def find_mosaic(shapes: Sequence[Shape]) -> list[Shape]:
    """Return the pieces of a heat map in a picture: rectangles of several colours that cover the cells of a grid; [] for none."""
    pieces = [s for s in shapes if s.kind in ("rectangle", "area") and min(s.place.width, s.place.height) >= LEAST_CELL]
    if not PIECES <= len(pieces) <= MOST_PIECES or len({piece.colour for piece in pieces}) < SHADES:
        return []
    whole = around(piece.place for piece in pieces)
    if sum(piece.place.area for piece in pieces) < FILLED * whole.area:
        return []
    both = _is_gridded([(p.place.left, p.place.right) for p in pieces]) and _is_gridded(
        [(p.place.top, p.place.bottom) for p in pieces]
    )
    return pieces if both else []


def _is_gridded(sides: Sequence[tuple[float, float]]) -> bool:
    """Return whether most pieces begin and end on lines that part the whole evenly, the smallest piece between two of them."""
    places = np.array(sides)
    first, last = float(places.min()), float(places.max())
    shortest = float((places[:, 1] - places[:, 0]).min())
    for count in range(LEAST_LINES, int((last - first) / shortest) + 1):
        even = (last - first) / count
        numbers = (places - first) / even
        off = np.abs(numbers - np.round(numbers)) * even
        if float((off <= min(OFF, TIGHT * even)).mean()) >= ON_GRID:
            return True
    return False
