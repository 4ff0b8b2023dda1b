"""The picture of a chart into the same scene as vector paths give: rectangles, straight lines, labels, in pixels of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docai.backends.classical.charts.colours import find_layers
from docai.backends.classical.charts.edges import find_lines, find_ticks
from docai.backends.classical.charts.prints import find_rows
from docai.backends.classical.charts.scene import HALF_A_PIXEL, Extent, Rectangle, Scene, Stroke
from docai.backends.classical.charts.slabs import find_slabs
from docai.backends.classical.charts.words import moved, read_labels
from docai.box import WHOLE, Box
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

    Raises:
        InputError: The document cannot be opened or the page not drawn.
    """
    shot = take(view)
    layers = find_layers(shot.pixels)
    lines, over = find_lines(layers)
    ticks = find_ticks(layers, lines)
    slabs = find_slabs(layers, over)
    rows = moved(find_rows(layers, slabs, [*lines, *ticks]), shot.left, shot.top)
    labels = read_labels(rows, view, (shot.width, shot.height), languages)
    return Scene(
        shot.width,
        shot.height,
        labels,
        tuple(_moved(slab, shot, order) for order, slab in enumerate(slabs)),
        tuple(_stroke(line.stroke, shot, len(slabs) + order) for order, line in enumerate([*lines, *ticks])),
        blur=HALF_A_PIXEL,
    )


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


def _moved(slab: Rectangle, shot: Shot, order: int) -> Rectangle:
    extent = slab.extent
    moved = Extent(extent.left + shot.left, extent.top + shot.top, extent.right + shot.left, extent.bottom + shot.top)
    return Rectangle(moved, slab.fill, slab.stroke, slab.thickness, slab.opacity, order)


def _stroke(stroke: Stroke, shot: Shot, order: int) -> Stroke:
    places = tuple((x + shot.left, y + shot.top) for x, y in stroke.places)
    return Stroke(places, stroke.colour, stroke.thickness, stroke.dashes, order=order)
