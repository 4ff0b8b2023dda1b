"""The marks of a chart's picture that are no rectangles and no axes: lines, symbols, sectors, areas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from docai.backends.classical.charts.raster.colours import Layers
from docai.backends.classical.charts.raster.covers import find_inks
from docai.backends.classical.charts.raster.discs import find_discs, is_small
from docai.backends.classical.charts.raster.doubles import with_strokes_joined, without_doubles
from docai.backends.classical.charts.raster.fields import Claims, find_fields
from docai.backends.classical.charts.raster.sectors import find_sectors
from docai.backends.classical.charts.raster.swatches import find_swatches
from docai.backends.classical.charts.raster.tracing import find_traces
from docai.backends.classical.charts.scene import Extent, Place, Polygon, Rectangle, Sector, Stroke, Symbol
from docai.marks import Mask

NEAR: Final = 40  # of 255 that the parts of two colours differ by at most which may be one
NARROW: Final = 8.0  # pixels that such a step is wide at most
UNEVEN: Final = 0.35  # of their width that bars differ by at most
TOUCHING: Final = 1.5  # pixels between the sides of two that touch
LEAST_SLANTED: Final = 12  # steps of one width that make an even slant
SLANT: Final = 3.0  # pixels that each of them is longer or shorter than the next at most
STEPPED: Final = 0.8  # of their number
IN_FIELD: Final = 0.7  # of a slab that an area of its colour covers which it is part of
MARKED: Final = 2.2  # times as wide as a marker on it that a line is at least; of a swatch in a legend, too
LEAST_POINTS: Final = 3  # symbols on an area's edge from which on they mark its values
WITHIN: Final = 1.06  # of a pie's radius that slabs lie within which are parts of its sectors


@dataclass(frozen=True, slots=True)
class Shapes:
    """What was found: marks in pixels of the picture, and the slabs that are no parts of them."""

    strokes: tuple[Stroke, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    sectors: tuple[Sector, ...] = ()
    polygons: tuple[Polygon, ...] = ()
    slabs: tuple[Rectangle, ...] = ()

    def moved(self, across: float, down: float) -> Shapes:
        """Return them as many pixels further to the right and down."""

        def place(old: Place) -> Place:
            return old[0] + across, old[1] + down

        def extent(old: Extent) -> Extent:
            return Extent(old.left + across, old.top + down, old.right + across, old.bottom + down)

        return Shapes(
            tuple(replace(mark, places=tuple(map(place, mark.places))) for mark in self.strokes),
            tuple(replace(mark, centre=place(mark.centre), extent=extent(mark.extent)) for mark in self.symbols),
            tuple(replace(mark, centre=place(mark.centre)) for mark in self.sectors),
            tuple(replace(mark, places=tuple(map(place, mark.places))) for mark in self.polygons),
            tuple(replace(mark, extent=extent(mark.extent)) for mark in self.slabs),
        )

    def traces(self, line: Stroke) -> bool:
        """Return whether a straight stroke is part of a line that was found: the tread of a step, a level part."""
        extent = line.extent
        return any(
            _is_near(line.colour, stroke.colour)
            and _overlaps(stroke.extent.grown(stroke.thickness), extent)
            and any(_runs_along(part, extent) for part in pairwise(stroke.places))
            for stroke in self.strokes
        )


def find_shapes(layers: Layers, slabs: Sequence[Rectangle], printed: Mask, ruled: Mask) -> Shapes:
    """Return the lines, symbols, sectors and areas of a picture, and which of its slabs stay rectangles.

    `printed`, (height, width), is 1 where text stands, `ruled` where axes and grid lines run.
    """
    sectors = find_sectors(layers, printed)
    slabs = [slab for slab in slabs if not any(_in_pie(slab, sector) for sector in sectors)]
    swatches = [swatch for swatch in find_swatches(layers, sectors, printed) if not any(_is_in(swatch, slab) for slab in slabs)]
    polygons, taken = find_fields(
        layers, _painted(layers, _without_steps(slabs), (), margin=0) > 0, _painted(layers, (), sectors), printed
    )
    slabs = [slab for slab in slabs if not _in_field(layers, slab, taken)]
    taken = np.where(taken > 0, taken, _painted(layers, [slab for slab in slabs if not is_small(slab)], ()))
    layers = without_doubles(with_strokes_joined(layers), taken)
    inks = find_inks(layers, taken, printed, ruled)
    symbols, slabs = find_discs(inks, slabs, printed, ruled)
    symbols = _without_crumbs(layers, symbols, taken)
    symbols = [*swatches, *(symbol for symbol in symbols if not any(_covers(swatch, symbol) for swatch in swatches))]
    small = [_as_symbol(slab) for slab in slabs if is_small(slab)]
    strokes = find_traces(inks, printed, ruled, [*symbols, *small])
    parts = [slab for slab in slabs if is_small(slab) and any(_is_on(slab, stroke) for stroke in strokes)]
    symbols += [_as_symbol(slab) for slab in parts if any(_is_marker(slab, stroke) for stroke in strokes)]
    slabs = [slab for slab in slabs if slab not in parts]
    return Shapes(tuple(strokes), tuple(symbols), tuple(sectors), tuple(polygons), tuple(slabs))


def _without_crumbs(layers: Layers, symbols: Sequence[Symbol], taken: Claims) -> list[Symbol]:
    """Return symbols without the few that are what is left of a pointed area of their colour, beside which they stand."""
    crumbs = []
    for symbol in symbols:
        left, top, right, bottom = symbol.extent.grown(2.0)
        beside = taken[max(0, int(top)) : math.ceil(bottom), max(0, int(left)) : math.ceil(right)]
        numbers = [int(number) for number in np.unique(beside) if 0 < number < layers.count]
        if any(layers.name(number) in (symbol.fill, symbol.stroke) for number in numbers):
            crumbs.append(symbol)
    drop = {id(symbol) for symbol in crumbs if sum(other.fill == symbol.fill for other in crumbs) < LEAST_POINTS}
    return [symbol for symbol in symbols if id(symbol) not in drop]


def _as_symbol(slab: Rectangle) -> Symbol:
    return Symbol(slab.extent.middle, slab.extent, "square", slab.fill, order=slab.order)


def _is_on(slab: Rectangle, stroke: Stroke) -> bool:
    """Return whether a slab is part of a line, or a marker on it."""
    return (
        stroke.extent.width > MARKED * slab.extent.width
        and _is_near(slab.fill, stroke.colour)
        and any(math.dist(place, slab.extent.middle) < 1 for place in stroke.places)
    )


def _is_marker(slab: Rectangle, stroke: Stroke) -> bool:
    """Return whether a slab on a line stands out of it on both sides."""
    sides = sorted((slab.extent.width, slab.extent.height))
    return _is_on(slab, stroke) and sides[0] > max(4.5, 1.7 * stroke.thickness) and sides[1] < 1.5 * sides[0]


def _without_steps(slabs: Sequence[Rectangle]) -> list[Rectangle]:
    """Return slabs without the narrow ones side by side that a slanted edge of an area makes: bars are of one width."""
    kept: list[Rectangle] = []
    for fill in {slab.fill for slab in slabs}:
        own = [slab.extent for slab in slabs if slab.fill == fill]
        upright = [(one.left, one.right, one.top, one.bottom) for one in own]
        lying = [(one.top, one.bottom, one.left, one.right) for one in own]
        if not (_are_steps(upright) or _are_steps(lying)):
            kept += [slab for slab in slabs if slab.fill == fill]
    return kept


def _are_steps(slabs: list[tuple[float, float, float, float]]) -> bool:
    """Return whether rectangles, each with its sides and its ends, are narrow, touch, and differ in width or hardly in length.

    An even slant makes steps of one width, each a pixel or two higher than the one before.
    """
    slabs = sorted(slabs)
    widths = [end - start for start, end, _, _ in slabs]
    narrow = sum(width < NARROW for width in widths)
    beside = [(one, other) for one, other in pairwise(slabs) if abs(one[1] - other[0]) < TOUCHING]
    if len(slabs) <= 3 or len(beside) <= 0.5 * len(slabs):
        return False
    if float(np.std(widths)) > UNEVEN * float(np.median(widths)):
        return narrow > 0.3 * len(slabs)
    little = sum(max(abs(one[2] - other[2]), abs(one[3] - other[3])) <= SLANT for one, other in beside)
    return len(slabs) >= LEAST_SLANTED and narrow > STEPPED * len(slabs) and little > STEPPED * len(beside)


def _in_field(layers: Layers, slab: Rectangle, taken: Claims) -> bool:
    """Return whether a slab is part of an area of its colour."""
    left, top, right, bottom = (round(side) for side in slab.extent)
    part = taken[max(0, top) : bottom, max(0, left) : right]
    return (
        bool(part.size)
        and float((part > 0).mean()) > IN_FIELD
        and layers.name(min(int(np.median(part)), layers.count - 1)) == slab.fill
    )


def _in_pie(slab: Rectangle, sector: Sector) -> bool:
    middle = slab.extent.middle
    return math.dist(middle, sector.centre) <= WITHIN * sector.outer


def _is_in(swatch: Symbol, slab: Rectangle) -> bool:
    return slab.extent.holds(swatch.centre)


def _covers(swatch: Symbol, symbol: Symbol) -> bool:
    """Return whether a symbol is what is left of a swatch that stands partly on a pie."""
    return swatch.extent.holds(symbol.centre)


def _painted(layers: Layers, slabs: Sequence[Rectangle], sectors: Sequence[Sector], margin: int = 1) -> Claims:
    """Return where slabs and sectors are, by the numbers of their colours, with a margin in pixels for their smoothed edges."""
    taken = np.zeros(layers.labels.shape, np.int16)
    numbers = {layers.name(number): number for number in range(layers.count)}
    for slab in slabs:
        left, top, right, bottom = slab.extent
        rows = slice(max(0, math.floor(top) - margin), math.ceil(bottom) + margin)
        taken[rows, max(0, math.floor(left) - margin) : math.ceil(right) + margin] = numbers.get(slab.fill, layers.count)
    for sector in sectors:
        centre = round(sector.centre[0]), round(sector.centre[1])
        cv2.circle(taken, centre, math.ceil(sector.outer) + 2, layers.count, cv2.FILLED)
    return taken


def _is_near(one: str, other: str) -> bool:
    return all(abs(int(one[place : place + 2], 16) - int(other[place : place + 2], 16)) <= NEAR for place in (1, 3, 5))


def _overlaps(one: Extent, other: Extent) -> bool:
    return min(one.right, other.right) >= max(one.left, other.left) and min(one.bottom, other.bottom) >= max(one.top, other.top)


def _runs_along(part: tuple[Place, Place], extent: Extent) -> bool:
    """Return whether a straight part of a line runs on a straight stroke along rows or columns, for at least half of the part."""
    (x0, y0), (x1, y1) = part
    if extent.width >= extent.height:
        return (
            abs(y0 - extent.top) < 2 and abs(y1 - extent.top) < 2 and min(x1, extent.right) - max(x0, extent.left) > 0.5 * (x1 - x0)
        )
    top, bottom = min(y0, y1), max(y0, y1)
    return (
        abs(x0 - extent.left) < 2
        and abs(x1 - extent.left) < 2
        and min(bottom, extent.bottom) - max(top, extent.top) > 0.5 * (bottom - top)
    )
