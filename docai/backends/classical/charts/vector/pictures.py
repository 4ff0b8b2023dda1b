"""What stands as pictures and shadings in a chart that is drawn by paths otherwise: bars of colours, and the cells of heat maps.

Of the page only these pieces are looked at, and nothing where there are none.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from docai.backends.classical.charts.ramps import Strip, has_numbers, is_strip
from docai.backends.classical.charts.scene import Extent, Rectangle, Scene, around
from docai.backends.classical.charts.vector.placing import Mover, mover
from docai.box import Box
from docai.tiling import Lens, View

SAMPLES: Final = 6.0  # a point, along a bar of colours; MuPDF fits pictures to whole pixels, which must be short
ACROSS: Final = 9  # samples across a bar of colours, of which those in the middle count: ticks may stand in its sides
MOST_SAMPLES: Final = 3000
FRAMED: Final = 1.5  # points at the ends of a bar of colours that its frame may cover
LEAST_PILED: Final = 8  # pieces that a smooth bar of colours falls into in a picture
SMOOTH: Final = 6  # samples, a pixel of a picture, within which
STEEPEST: Final = 40.0  # of 255 is how far its colour changes at most; charts' colours differ by more
MOST_PICTURES: Final = 4  # that are looked at
LEAST_SIDE: Final = 30.0  # points of a picture of cells
CELL_SCALE: Final = 2.0  # pixels a point, in which cells are looked for
LARGEST: Final = 600  # pixels a side in which cells are looked for
DIFFERENT: Final = 4  # of 255, by which neighbouring cells differ
EDGE: Final = 0.3  # of a border of cells along which they differ at least; some neighbours are alike
OFF_GRID: Final = 2.0  # pixels that a border may be off an even grid, or
OFF_PITCH: Final = 0.06  # of the pitch: pictures are cut at whole pixels of their producer
INNER: Final = 0.12  # of a cell at its sides that is not looked at
MOST_CELLS: Final = 60  # a side; finer ones are pictures
FLAT: Final = 3.0  # of 255, by which the pixels of a cell differ, on average, at most

Pixels = npt.NDArray[np.uint8]


def find_strips(view: View, scene: Scene) -> list[Strip]:
    """Return the shadings and pictures of a view that may be bars of colours: long, with numbers beside them."""
    moved = mover(view, scene.width, scene.height)
    boxes = [picture.box for picture in view.pictures] + [path.box for path in view.paths if path.shaded]
    extents = [_placed(box, moved) for box in boxes]
    likely = [extent for extent in extents if is_strip(extent, scene) and has_numbers(extent, scene)]
    strips = [_strip(extent, view, scene) for extent in likely[:MOST_PICTURES]]
    if scene.blur:
        piled = [extent for extent in _piled(scene) if is_strip(extent, scene) and has_numbers(extent, scene)]
        strips += [strip for strip in (_strip(extent, view, scene) for extent in piled[:MOST_PICTURES]) if _is_smooth(strip)]
    return strips


def _piled(scene: Scene) -> list[Extent]:
    """Return what the flat pieces fill that a smooth bar of colours falls into in a picture: many of one thickness in a row."""
    piles: list[list[Extent]] = []
    for side in (0, 1):
        for piece in sorted((mark.extent for mark in scene.rectangles if mark.fill), key=lambda extent: extent[side::2]):
            if piles and all(abs(piles[-1][0][end] - piece[end]) <= FRAMED for end in (side, side + 2)):
                piles[-1].append(piece)
            else:
                piles.append([piece])
    most = sorted((pile for pile in piles if len(pile) >= LEAST_PILED), key=len, reverse=True)
    return [around([corner for piece in pile for corner in (piece[:2], piece[2:])]) for pile in most]


def _is_smooth(strip: Strip) -> bool:
    """Return whether a strip's colour changes little by little, not as from one piece of a stacked bar to the next."""
    steps = np.abs(strip.colours[SMOOTH:] - strip.colours[:-SMOOTH]).max(axis=1)
    return len(steps) > 0 and float(steps.max()) <= STEEPEST


def with_cells(view: View, scene: Scene) -> Scene:
    """Return a scene with the cells of heat maps that are pictures as rectangles."""
    moved = mover(view, scene.width, scene.height)
    extents = [_placed(picture.box, moved) for picture in view.pictures]
    large = [extent for extent in extents if min(extent.width, extent.height) >= LEAST_SIDE and not is_strip(extent, scene)]
    cells = [cell for extent in large[:MOST_PICTURES] for cell in _cells(extent, view, scene)]
    return replace(scene, rectangles=(*cells, *scene.rectangles)) if cells else scene


def _placed(box: Box, moved: Mover) -> Extent:
    return around((moved(box.left, box.top), moved(box.right, box.bottom)))


def _look(extent: Extent, view: View, scene: Scene, lens: Lens) -> Pixels:
    """Return the pixels of a piece of the scene, upright."""
    return replace(view, box=scene.to_page(extent, view), head=None, zoom=1.0).pixels(lens)


# Bars of colours


def _strip(extent: Extent, view: View, scene: Scene) -> Strip:
    """Return the colours along a strip, in samples that do not touch its frame."""
    upright = extent.height > extent.width
    length = extent.height if upright else extent.width
    count = min(MOST_SAMPLES, max(ACROSS, round(SAMPLES * length)))
    pixels = _look(extent, view, scene, Lens(width=ACROSS, height=count) if upright else Lens(width=count, height=ACROSS))
    across = pixels[:, 3:6] if upright else pixels[3:6].transpose(1, 0, 2)
    colours = np.median(across.astype(np.float64), axis=1)
    start = extent.top if upright else extent.left
    places = start + (np.arange(count) + 0.5) * length / count
    framed = int(FRAMED * count / length)
    first, last = 0, count
    for number in range(framed):  # a frame, or white behind the strip, is unlike what follows
        first = number + 1 if np.abs(colours[number] - colours[framed + 1]).max() > 6 * DIFFERENT else first
        last = count - number - 1 if np.abs(colours[-1 - number] - colours[-2 - framed]).max() > 6 * DIFFERENT else last
    return Strip(extent, upright, places[first:last], colours[first:last])


# Cells


def _cells(extent: Extent, view: View, scene: Scene) -> list[Rectangle]:
    """Return the cells of a picture; none of one that is not made of even, plain cells."""
    scale = min(CELL_SCALE, LARGEST / max(extent.width, extent.height))
    width, height = round(extent.width * scale), round(extent.height * scale)
    pixels = _look(extent, view, scene, Lens(width=width, height=height))
    free = np.ones(pixels.shape[:2], dtype=bool)
    for label in scene.labels:
        left, top, right, bottom = label.extent.grown(1.0)
        row, column = max(0, round((top - extent.top) * scale)), max(0, round((left - extent.left) * scale))
        free[row : max(0, round((bottom - extent.top) * scale)), column : max(0, round((right - extent.left) * scale))] = False
    columns, rows = _count(pixels, free), _count(pixels.transpose(1, 0, 2), free.T)
    if columns * rows < 4 or min(columns, rows) < 2:
        return []
    found = []
    across, down = width / columns, height / rows
    for row, column in product(range(rows), range(columns)):
        top, left = round((row + INNER) * down), round((column + INNER) * across)
        bottom, right = round((row + 1 - INNER) * down), round((column + 1 - INNER) * across)
        inner, bare = pixels[top:bottom, left:right], free[top:bottom, left:right]
        seen = inner[bare] if bare.any() else inner.reshape(-1, 3)  # a number may fill a cell
        if not len(seen):
            return []
        colour = np.median(seen, axis=0)
        if bare.any() and np.abs(seen - colour).mean() > FLAT:
            return []
        red, green, blue = (round(float(part)) for part in colour)
        wide, high = extent.width / columns, extent.height / rows
        start, above = extent.left + column * wide, extent.top + row * high
        found.append(Rectangle(Extent(start, above, start + wide, above + high), f"#{red:02x}{green:02x}{blue:02x}"))
    return found


def _count(pixels: Pixels, free: npt.NDArray[np.bool_]) -> int:
    """Return into how many equal columns a picture falls; 0 where it does not.

    A border is a place where many rows change their colour; text that is printed over the picture is left out.
    """
    width = free.shape[1]
    both = free[:, 1:] & free[:, :-1]
    changed = (np.abs(np.diff(pixels.astype(np.int16), axis=1)).max(axis=2) > DIFFERENT) & both
    share = changed.sum(axis=0) / np.maximum(both.sum(axis=0), 1)
    edges = np.flatnonzero(share > EDGE) + 1.0
    if not len(edges) or len(edges) > 3 * MOST_CELLS:
        return 0
    for count in range(2, MOST_CELLS + 1):
        pitch = width / count
        if pitch < 3 * OFF_GRID:
            return 0
        if (np.abs(edges - pitch * np.round(edges / pitch)) <= max(OFF_GRID, OFF_PITCH * pitch)).all():
            return count
    return 0
