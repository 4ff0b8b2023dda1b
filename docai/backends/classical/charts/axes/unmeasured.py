"""Plots without values on their axes: heat maps, bars whose values are printed on them, dots by names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from docai.backends.classical.charts.axes.categories import filled, find_names
from docai.backends.classical.charts.axes.ticks import Lines
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Label, Scene

LARGEST: Final = 0.4  # of a scene's area that one of its marks covers
THINNEST_EMS: Final = 0.3  # a bar is thicker
BASED: Final = 0.5  # of the marks of a plot without values that stand on one line
LEAST_PANEL, MOST_PANEL = 0.1, 0.9  # of a scene's area that the panel of its plot covers
LEAST_MARKS: Final = 2
FILLED: Final = 0.5  # of the cells of a heat map that have a colour
LOOSE: Final = 1.5  # scene units that the cells of a heat map differ by in size, and stand beside their plot


def find_unmeasured(labels: Sequence[Label], lines: Lines, scene: Scene) -> list[Plot]:
    """Return the plot of a scene without values on its axes: a heat map, bars whose values are printed on them, or dots by names.

    Its marks tell where it lies: rectangles of which most end on one line, or that stand in rows and columns; else its panel.
    """
    marks = [e for e in filled(scene) if e.width * e.height < LARGEST * scene.width * scene.height]
    marks = [e for e in marks if min(e.width, e.height) > THINNEST_EMS * scene.em]
    cells = tiled(marks)
    lying, standing = based_on(marks, horizontal=True), based_on(marks, horizontal=False)
    kept = cells or max(lying, standing, key=len)
    named = {True: bool(cells) or len(standing) >= len(lying), False: bool(cells) or len(lying) > len(standing)}
    if not kept:
        kept, named = _panels(scene), {True: True, False: True}
    if not kept:
        return []
    hull = Extent(min(e.left for e in kept), min(e.top for e in kept), max(e.right for e in kept), max(e.bottom for e in kept))
    scales: dict[bool, Scale | None] = {}
    for horizontal in (True, False):
        ends = (hull.top, hull.bottom) if horizontal else (hull.left, hull.right)
        values = Scale("category", not horizontal, *ends)
        scales[horizontal] = find_names(hull, labels, lines, scene, values=values) if named[horizontal] else None
    told = [scale for scale in scales.values() if scale is not None and len(scale.ticks) >= LEAST_MARKS]
    if len(told) < sum(named.values()):
        return []
    used = tuple(tick.label for scale in told for tick in scale.ticks)
    return [Plot(hull, scales[True], scales[False], used=used)]


def _panels(scene: Scene) -> list[Extent]:
    """Return the rectangle that may be the panel of dots by names: large, but not the whole; none without dots in it."""
    for rectangle in sorted(scene.rectangles, key=lambda mark: -mark.extent.width * mark.extent.height):
        extent = rectangle.extent
        share = extent.width * extent.height / (scene.width * scene.height)
        dots = sum(extent.holds(symbol.centre) for symbol in scene.symbols)
        if LEAST_PANEL < share < MOST_PANEL and dots >= LEAST_MARKS:
            return [extent]
    return []


def tiled(marks: Sequence[Extent]) -> list[Extent]:
    """Return the marks that stand in rows and columns, each as large as the others, at least two of both; else none."""
    if not marks:
        return []
    sizes = Counter((round(mark.width), round(mark.height)) for mark in marks)
    (width, height), _ = sizes.most_common(1)[0]
    alike = [mark for mark in marks if abs(mark.width - width) <= LOOSE and abs(mark.height - height) <= LOOSE]
    lefts, tops = {round(mark.left) for mark in alike}, {round(mark.top) for mark in alike}
    places = {(round(mark.left), round(mark.top)) for mark in alike}
    full = len(places) >= FILLED * len(lefts) * len(tops)
    return alike if full and min(len(lefts), len(tops)) >= LEAST_MARKS else []


def based_on(marks: Sequence[Extent], *, horizontal: bool) -> list[Extent]:
    """Return the marks that begin on one line, where most do: to the left of bars that lie, below or above those that stand."""
    best: list[Extent] = []
    for side in ("left", "right") if horizontal else ("bottom", "top"):
        counts = Counter(round(getattr(mark, side)) for mark in marks)
        if not counts:
            break
        place, count = counts.most_common(1)[0]
        if count >= max(LEAST_MARKS, BASED * len(marks)) and count > len(best):
            best = [mark for mark in marks if abs(getattr(mark, side) - place) <= 1]
    return best


def over_cells(extent: Extent, scene: Scene) -> Extent:
    """Return what a plot spans with the cells of a heat map that lie in it, which reach beyond the ticks in their middles."""
    cells = tiled(filled(scene))
    inner = [cell for cell in cells if extent.holds(cell.middle, LOOSE)]
    if len(cells) < LEAST_MARKS**2 or len(inner) < FILLED * len(cells):
        return extent
    return Extent(
        min(extent.left, *(e.left for e in cells)),
        min(extent.top, *(e.top for e in cells)),
        max(extent.right, *(e.right for e in cells)),
        max(extent.bottom, *(e.bottom for e in cells)),
    )
