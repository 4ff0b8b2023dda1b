"""The picture of a chart into the same scene as vector paths give: rectangles, straight lines, labels, in pixels of the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from docai.backends.classical.charts.checks import PALE
from docai.backends.classical.charts.raster.borders import lengthened, settled, without_outlines
from docai.backends.classical.charts.raster.buttons import find_buttons
from docai.backends.classical.charts.raster.colours import GROUND, Layers, find_layers
from docai.backends.classical.charts.raster.edges import find_lines, find_ticks, without_ticks
from docai.backends.classical.charts.raster.mistaken import without_marks
from docai.backends.classical.charts.raster.pieces import without_cuts, without_print
from docai.backends.classical.charts.raster.prints import find_rows
from docai.backends.classical.charts.raster.risers import without_risers
from docai.backends.classical.charts.raster.sectors import without_edges
from docai.backends.classical.charts.raster.shapes import find_shapes
from docai.backends.classical.charts.raster.slabs import find_shared, find_slabs
from docai.backends.classical.charts.raster.split_names import joined
from docai.backends.classical.charts.raster.standing import find_standing, without_standing
from docai.backends.classical.charts.raster.veils import without_grid_below
from docai.backends.classical.charts.raster.words import moved, read_labels
from docai.backends.classical.charts.scene import HALF_A_PIXEL, Extent, Label, Polygon, Rectangle, Scene, Stroke, Symbol
from docai.box import WHOLE, Box
from docai.marks import Mask
from docai.sources import render
from docai.tiling import DRAWN_DPI, Lens, View

if TYPE_CHECKING:
    from docai.sources import Pixels

WHOLE_PIXELS: Final = 0.02  # of a pixel that a page's size is off a whole number by where the page is a picture itself
LARGEST: Final = 2400  # pixels of a chart's longer side; finer ones are made coarser, and read as well


@dataclass(frozen=True, slots=True)
class Shot:
    """A chart's picture in its own pixels: `left`, `top` are where its first pixel lies in the view."""

    pixels: Pixels
    left: float
    top: float
    width: float
    height: float


def scene_of_picture(view: View, languages: tuple[str, ...] = ("en",)) -> Scene:
    """Return the scene of a chart that is a picture, in its pixels; `languages` are ISO 639-1 codes, most likely first.

    Nothing is in that of a photograph, in which thousands of marks would be found, within minutes.

    Raises:
        InputError: The document cannot be opened or the page not drawn.
    """
    shot = take(view)
    layers = find_layers(shot.pixels)
    if layers.photographed:
        return Scene(shot.width, shot.height, blur=HALF_A_PIXEL)
    lines, over = without_risers(*find_lines(layers), layers)
    standing = find_standing(layers, lines, over)
    lines, over = without_standing(lines, over, standing)
    slabs = settled(without_cuts(find_slabs(layers, over, standing)), lines)
    lines = lengthened(without_outlines(lines, slabs), slabs)
    ticks = find_ticks(layers, lines)
    slabs = without_ticks(slabs, ticks)
    shown = [*slabs, *find_shared(layers, over)]
    rows = moved(find_rows(layers, shown, [*lines, *ticks]), shot.left, shot.top)
    labels = read_labels(rows, view, (shot.width, shot.height), languages)
    labels = joined(without_marks(labels, layers, (shot.left, shot.top)))
    shapes = find_shapes(without_grid_below(layers, lines), slabs, _printed(labels, shot), over[0] | over[1])
    straight = [line.stroke for line in (*lines, *ticks) if not shapes.traces(line.stroke)]
    shapes = shapes.moved(shot.left, shot.top)
    labels = without_edges(labels, shapes.sectors)
    scene = Scene(
        shot.width,
        shot.height,
        labels,
        rectangles=tuple(replace(slab, order=order) for order, slab in enumerate(without_print(shapes.slabs, labels))),
        strokes=(*(_stroke(line, shot, len(slabs) + order) for order, line in enumerate(straight)), *shapes.strokes),
        polygons=shapes.polygons,
        symbols=shapes.symbols,
        sectors=shapes.sectors,
        blur=HALF_A_PIXEL,
        coloured=_coloured(layers),
    )
    buttons = find_buttons(layers, labels, (shot.left, shot.top))
    return scene if buttons is None else _without(scene, buttons)


def _without(scene: Scene, place: Extent) -> Scene:
    """Return a scene without the marks and labels whose middle lies in a place."""
    marks: list[Rectangle | Stroke | Polygon | Symbol] = [*scene.rectangles, *scene.strokes, *scene.polygons, *scene.symbols]
    inside = [mark for mark in marks if place.holds(mark.extent.middle)]
    return scene.without(inside, [label for label in scene.labels if place.holds(label.extent.middle)])


def _printed(labels: tuple[Label, ...], shot: Shot) -> Mask:
    """Return where print stands, (height, width) of the picture, 0 or 1."""
    printed = np.zeros(shot.pixels.shape[:2], np.uint8)
    for label in labels:
        left, top, right, bottom = label.extent
        rows = slice(max(0, int(top - shot.top)), max(0, math.ceil(bottom - shot.top)))
        printed[rows, max(0, int(left - shot.left)) : max(0, math.ceil(right - shot.left))] = 1
    return printed


def _coloured(layers: Layers) -> Mask:
    """Return where a picture shows a colour that is no grey, and is no plate behind a plot, (height, width), 0 or 1."""
    lively = np.ptp(layers.palette, axis=1) > PALE
    lively[GROUND] = False
    return np.asarray(lively[np.maximum(layers.labels, 0)] & (layers.labels > 0), np.uint8)


def take(view: View) -> Shot:
    """Return the picture of a view, where it can be in the very pixels that it was made of.

    A page that is a picture is cut between its pixels; elsewhere the pixels are those of the view's resolution.

    Raises:
        InputError: The document cannot be opened or the page not drawn.
    """
    dpi = view.resolution or DRAWN_DPI
    longest = max(view.size_points) / 72 * dpi
    dpi = dpi * min(1.0, LARGEST / longest)
    columns, rows = view.width_points / 72 * dpi, view.height_points / 72 * dpi
    exact = max(abs(columns - round(columns)), abs(rows - round(rows))) < WHOLE_PIXELS
    if view.quarter or view.head is not None or not exact or view.zoom != 1.0:
        pixels = view.pixels(Lens(dpi=dpi))
        return Shot(pixels, 0.0, 0.0, float(pixels.shape[1]), float(pixels.shape[0]))
    columns, rows = round(columns), round(rows)
    left, top = _floor(view.box.left * columns), _floor(view.box.top * rows)
    right, bottom = -_floor(-view.box.right * columns), -_floor(-view.box.bottom * rows)
    box = (
        WHOLE
        if (left, top, right, bottom) == (0, 0, columns, rows)
        else Box.clipped(left / columns, top / rows, right / columns, bottom / rows)
    )
    pixels, _ = render(view.page, right - left, bottom - top, box)
    return Shot(
        pixels,
        left - view.box.left * columns,
        top - view.box.top * rows,
        view.box.width * columns,
        view.box.height * rows,
    )


def _floor(value: float) -> int:
    """Return the whole number below a value, or the one that it is all but equal to."""
    return int((value + WHOLE_PIXELS) // 1)


def _stroke(stroke: Stroke, shot: Shot, order: int) -> Stroke:
    places = tuple((x + shot.left, y + shot.top) for x, y in stroke.places)
    return Stroke(places, stroke.colour, stroke.thickness, stroke.dashes, order=order)
