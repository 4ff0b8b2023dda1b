"""Areas: polygons between a line and a base, or stacked upon each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.legends import Legend
from docai.backends.classical.charts.parts import Mark, Part, Strand, Value
from docai.backends.classical.charts.readers.bands import LEAST, Edges, edges_of, level
from docai.backends.classical.charts.readers.framing import Frame, frame_of
from docai.backends.classical.charts.readers.furniture import alike, background
from docai.backends.classical.charts.readers.joining import turned
from docai.backends.classical.charts.readers.names import Look, Named, name_of
from docai.backends.classical.charts.readers.vertices import SAME, treads_of
from docai.backends.classical.charts.scales import Plot
from docai.backends.classical.charts.scene import Place, Polygon, Scene, Stroke, Symbol

FLAT: Final = 0.3  # scene units that a base wavers by at most
TOUCH: Final = 0.6  # scene units between two areas that stand upon each other, at most; white outlines part some
PARTED: Final = 2.4  # pixels more in a picture, where such outlines and smoothed edges belong to neither
MOST: Final = 0.9  # of an edge that lies on another at least, if one stands upon the other
FULL: Final = 0.005  # of a whole that shares may add up to less or more
DOTTED: Final = 0.8  # of an area's values that have a symbol at least where symbols mark its values
BLURRED: Final = 4.0  # pixels between two vertices of an area in a picture at least; nearer ones are one that is blurred
STACKED: Final = 0.93  # sure are values of stacked areas in a picture: two blurred edges tell each
BITTEN: Final = 1.5  # pixels that the base of an area in a picture is off a straight line somewhere at most
STRAIGHT: Final = 0.8  # of such a base that is on the line
THICK: Final = 0.5  # scene units that an area is thick somewhere at least


@dataclass(frozen=True, slots=True)
class Area:
    """An area: its polygon and edges; `outer` is the edge that shows its values, `base` the other; what it stands on, by number."""

    polygon: Polygon
    outer: NDArray[np.float64]
    base: NDArray[np.float64]
    below: int | None = None
    named: Named = Named()  # noqa: RUF009

    @property
    def flat(self) -> bool:
        """Whether it stands on a straight line along the names."""
        return float(np.ptp(self.base[:, 1])) <= FLAT


def read_areas(scene: Scene, plot: Plot, legend: Legend) -> Part | None:
    """Return the areas of a plot, a series for each polygon."""
    frame = frame_of(plot)
    if frame is None or frame.values.kind == "category":
        return None
    touch = TOUCH + (PARTED if scene.blur else 0.0)
    areas = _on_each_other(_areas(scene, plot, frame), touch, grows_up=frame.values.slope < 0)
    stacked = {n for n, area in enumerate(areas) if area.below is not None}
    stacked |= {area.below for area in areas if area.below is not None}
    areas = [area for n, area in enumerate(areas) if n in stacked or (area.flat and _on_base(area, frame))]
    if not areas:
        return None
    frame = frame.on_calendar([float(u) for area in areas for u in area.outer[:, 0]])
    if stacked and any(n not in stacked for n in range(len(areas))):
        stacked = set()
    kind: Literal["none", "stacked", "percent"] = "none"
    if stacked:
        kind = "percent" if _is_whole(areas, frame) else "stacked"
    areas = [replace(area, named=name_of(_look(area), legend, blurred=scene.blur > 0)) for area in areas]
    order = sorted(areas, key=lambda area: (area.named.rank, area.polygon.order))
    strands = tuple(_strand(area, scene, frame, stacked=bool(stacked), several=len(areas) > 1) for area in order)
    marks: list[Mark] = [area.polygon for area in areas]
    marks += [*_edges_drawn(areas, scene, frame), *_dots_on(areas, scene, frame)]
    return Part("area", strands, tuple(marks), "vertical" if frame.upright else "horizontal", kind, sure=0.98)


def _look(area: Area) -> Look:
    return Look(area.polygon.fill, opacity=area.polygon.opacity)


def _areas(scene: Scene, plot: Plot, frame: Frame) -> list[Area]:
    """Return the polygons that run along the names."""
    ground = background(scene, plot)
    found = []
    for polygon in scene.polygons:
        if not polygon.fill or alike(polygon.fill, ground) or not plot.extent.holds(polygon.extent.middle):
            continue
        edges = edges_of([turned(place, upright=frame.upright) for place in polygon.places])
        if edges is None or edges.end - edges.start < LEAST * frame.length:
            continue
        if max(edges.at(float(u))[1] - edges.at(float(u))[0] for u in edges.upper[:, 0]) < THICK:
            continue
        if scene.blur:
            edges = replace(edges, upper=_straightened(edges.upper), lower=_straightened(edges.lower))
        found.append(_with_base(polygon, edges, grows_up=frame.values.slope < 0 or not frame.upright))
    return found


def _straightened(edge: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an edge of a picture straight that is so but for a pixel here and there: the ticks of an axis bite into a base."""
    along = np.arange(edge[0, 0], edge[-1, 0])
    levels = np.interp(along, edge[:, 0], edge[:, 1])
    usual = float(np.median(levels)) if len(levels) else 0.0
    off = np.abs(levels - usual)
    if not len(levels) or off.max() > BITTEN or (off <= FLAT).mean() < STRAIGHT:
        return edge
    return np.array([[edge[0, 0], usual], [edge[-1, 0], usual]])


def _with_base(polygon: Polygon, edges: Edges, *, grows_up: bool) -> Area:
    """Return an area with the edge that shows its values told from its base: the straight one, else the lower."""
    upper, lower = edges.upper, edges.lower
    if not grows_up:
        upper, lower = lower, upper
    upper_flat, lower_flat = (float(np.ptp(edge[:, 1])) <= FLAT for edge in (upper, lower))
    return Area(polygon, lower, upper) if upper_flat and not lower_flat else Area(polygon, upper, lower)


def _on_each_other(areas: list[Area], touch: float, *, grows_up: bool) -> list[Area]:
    """Return areas with the number of the one that each stands on.

    The top one of shares is straight above, and the bottom one below: its base is then the edge on another.
    """
    found = []
    for number, area in enumerate(areas):
        below = _below(areas, number, area.base, touch)
        if below is None and not area.flat and float(np.ptp(area.outer[:, 1])) <= FLAT:
            below = None
        if below is None and area.flat:
            other = _below(areas, number, area.outer, touch)
            top = float(area.base[0, 1]) < float(np.mean(area.outer[:, 1]))
            if other is not None and top == grows_up:
                area, below = replace(area, outer=area.base, base=area.outer), other  # noqa: PLW2901
        found.append(replace(area, below=below))
    return found


def _below(areas: Sequence[Area], number: int, edge: NDArray[np.float64], touch: float) -> int | None:
    """Return the area whose outer edge is this one, but for `touch` across it; None where there is none."""
    if touch > TOUCH:  # in a picture, bends may be noise: all along counts
        along = np.arange(edge[0, 0] + touch, edge[-1, 0] - touch)
        edge = np.column_stack([along, np.interp(along, edge[:, 0], edge[:, 1])])
    for other, area in enumerate(areas):
        if other == number:
            continue
        within = edge[(edge[:, 0] >= area.outer[0, 0] - SAME) & (edge[:, 0] <= area.outer[-1, 0] + SAME)]
        if len(within) < max(2, MOST * len(edge)):
            continue
        aside = np.array([-touch, 0.0, touch])
        levels = np.interp(within[:, :1] + aside, area.outer[:, 0], area.outer[:, 1])  # steep edges are near to the side
        off = np.maximum(levels.min(1) - within[:, 1], within[:, 1] - levels.max(1))
        if (off <= touch).mean() >= MOST:
            return other
    return None


def _on_base(area: Area, frame: Frame) -> bool:
    """Return whether an area stands on zero, of a logarithmic axis on one, or on an edge of the plot."""
    base = float(np.median(area.base[:, 1]))
    places = [frame.low, frame.high]
    if frame.values.kind in ("linear", "log"):
        places.append(frame.values.place(0.0 if frame.values.kind == "linear" else 1.0))
    return any(abs(base - place) <= 2 * TOUCH for place in places)


def _is_whole(areas: Sequence[Area], frame: Frame) -> bool:
    """Return whether stacked areas add up to a whole everywhere: 100 or 1."""
    if frame.values.kind != "linear":
        return False
    tops = [frame.values.value(float(place)) for area in areas for place in (area.outer[:, 1].min(), area.outer[:, 1].max())]
    highest = max(tops)
    if not any(abs(highest - whole) <= FULL * whole for whole in (1.0, 100.0)):
        return False
    place = frame.values.place(highest)
    return any(float(np.abs(area.outer[:, 1] - place).max()) <= TOUCH for area in areas)


# Values


def _strand(area: Area, scene: Scene, frame: Frame, *, stacked: bool, several: bool) -> Strand:
    places = [(float(u), float(v)) for u, v in area.outer]
    steps = treads_of(places)
    apart = BLURRED if stacked and scene.blur else SAME
    us = _distinct([u for u, _ in steps] if steps else [*area.outer[:, 0], *(area.base[:, 0] if stacked else ())], apart)
    sure = (STACKED if stacked and scene.blur else 1.0) * area.named.sure * (1.0 if area.named.name or not several else 0.92)
    values = []
    for u in us:
        v, under = level(area.outer, u), level(area.base, u)
        if steps:
            v = dict(steps)[u]
        x, x_sure = frame.name_at(u)
        y = frame.values.value(v) - (frame.values.value(under) if stacked else 0.0)
        inside = frame.holds((u, v))
        error = frame.values.error(v, scene.blur) * (2 if stacked else 1) if scene.blur else None
        extent = frame.around((u, v), 1.0)
        values.append(Value(x, y, extent, error, v, sure=round(sure * x_sure * (1.0 if inside else 0.6), 4)))
    return Strand(area.named.name, area.polygon.fill, tuple(values))


def _distinct(along: Sequence[float], apart: float) -> list[float]:
    found: list[float] = []
    for u in sorted(float(u) for u in along):
        if not found or u - found[-1] > apart:
            found.append(u)
    return found


def _edges_drawn(areas: Sequence[Area], scene: Scene, frame: Frame) -> list[Stroke]:
    """Return the strokes that only draw the edges of areas."""
    found = []
    for stroke in scene.strokes:
        places = [turned(place, upright=frame.upright) for place in stroke.places]
        if max(u for u, _ in places) - min(u for u, _ in places) >= LEAST * frame.length and any(
            _on_edge(places, a) for a in areas
        ):
            found.append(stroke)
    return found


def _dots_on(areas: Sequence[Area], scene: Scene, frame: Frame) -> list[Symbol]:
    """Return the symbols that only mark the places of areas' values: each lies on one, and most of an area's have one."""
    vertices = [{(round(float(u)), round(float(v))): (float(u), float(v)) for u, v in area.outer} for area in areas]
    on: list[list[Symbol]] = [[] for _ in areas]
    for symbol in scene.symbols:
        u, v = turned(symbol.centre, upright=frame.upright)
        cells = [(round(u) + a, round(v) + b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
        for number, known in enumerate(vertices):
            if any(cell in known and math.dist(known[cell], (u, v)) <= TOUCH for cell in cells):
                on[number].append(symbol)
                break
    return [symbol for dots, known in zip(on, vertices, strict=True) if len(dots) >= DOTTED * len(known) for symbol in dots]


def _on_edge(places: Sequence[Place], area: Area) -> bool:
    """Return whether all places of a stroke lie on an area's outline, and it is none of a straight base."""
    if max(v for _, v in places) - min(v for _, v in places) <= FLAT:
        return False
    start, end = area.outer[0, 0] - TOUCH, area.outer[-1, 0] + TOUCH
    for u, v in places:
        upper, lower = level(area.outer, u), level(area.base, u)
        at_end = u <= start + 2 * TOUCH or u >= end - 2 * TOUCH
        if not start <= u <= end or (min(abs(v - upper), abs(v - lower)) > TOUCH and not at_end):
            return False
    return True
