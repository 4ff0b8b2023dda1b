"""What a picture shows beside its marks, and is no series: plates behind them, strokes of edges, ticks and print beside bars."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from docai.backends.classical.charts.checks import is_coloured
from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.readers.furniture import WHITE, alike
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Label, Polygon, Rectangle, Scene, Stroke

if TYPE_CHECKING:
    from numpy.typing import NDArray

OFF: Final = 2.5  # pixels that a stroke on a bar's side is off it: the blur of an edge, and half of the stroke
ALONG: Final = 4.0  # pixels from the middle of a line to the mixed pixels at its edge: half a thick line's breadth, and a blur
TINY: Final = 1e-9  # square pixels, in place of the length of a line that has none
LOW: Final = 3.0  # pixels from the bars' feet up to which what is left of the shortest bars lies
SHORT: Final = 0.3  # of the row of bars that such remains are long at most; a line of small values runs along all of it
MOST: Final = 0.75  # of a strand's places that lie on bars' edges; a line over bars crosses some of them too
HAIR: Final = 2.5  # pixels that a grid line is thick at most
LEAST_BARS: Final = 2
HALF_PIXEL: Final = 0.5  # that a seam may lie between two bars

_Span = tuple[float, float, float, float]


def without_strays(parts: Sequence[Part], plot: Plot, labels: Sequence[Label] = ()) -> list[Part]:
    """Return the parts of a picture's plot without the lines, areas and symbols that lie on the sides or at the feet of its bars.

    A line over bars runs through their middles, or anywhere; the remains of an edge run along it. Bars as thin as grid lines, at
    the ticks of their axis, beside lines, are what a line has left of the grid lines that it crosses. Beside bars, lines on
    `labels` are pieces of letters, and short or grey ones at a tick's height grid lines.
    """
    parts = _without_edges(parts)
    bars = next((part for part in parts if part.kind == "bar"), None)
    if bars is not None and any(part.kind in ("line", "area") for part in parts) and _is_grid(bars, plot):
        return [part for part in parts if part is not bars]
    bricks = [mark for mark in bars.marks if isinstance(mark, Rectangle)] if bars is not None else []
    drawn = [brick.extent for brick in bricks]
    if bars is None or len(drawn) < LEAST_BARS:
        return list(parts)
    upright = bars.orientation == "vertical"
    spans = [_span(extent, upright=upright) for extent in drawn]
    kept = []
    for part in parts:
        stray = part.kind in ("line", "area", "point")
        strands = tuple(
            strand
            for strand in part.strands
            if not (
                stray
                and (_is_outside(strand, plot.extent) or _is_stray(strand, spans, upright=upright) or _is_print(strand, labels))
            )
            and not (
                part.kind == "line"
                and not strand.name
                and (_is_of_grid(strand, spans, plot, upright=upright) or _is_unseen(strand, part, bricks))
            )
        )
        if strands:
            kept.append(replace(part, strands=strands))
    return kept


def _without_edges(parts: Sequence[Part]) -> list[Part]:
    """Return parts without the lines that run along a longer one with a name and have none of their own: its mixed edges, halos."""
    lines = [strand for part in parts if part.kind == "line" for strand in part.strands]
    kept = []
    for part in parts:
        strands = part.strands
        if part.kind == "line":
            strands = tuple(strand for strand in strands if not _is_edge(strand, [one for one in lines if one is not strand]))
        if strands:
            kept.append(replace(part, strands=strands))
    return kept


def _is_edge(strand: Strand, others: Sequence[Strand]) -> bool:
    """Return whether a line is no series of its own: nearly all of it lies on longer ones with a name, which is its own if any."""
    others = [one for one in others if one.name and strand.name in ("", one.name) and _reach(one) > _reach(strand)]
    places = np.array([value.extent.middle for value in strand.values])
    runs = [np.array([value.extent.middle for value in one.values]) for one in others]
    beside = [_are_along(places, run) for run in runs if len(run) > 1 and len(places)]
    return bool(beside) and float(np.any(beside, axis=0).mean()) >= MOST


def _reach(strand: Strand) -> float:
    across = [value.extent.middle[0] for value in strand.values]
    down = [value.extent.middle[1] for value in strand.values]
    return math.hypot(max(across) - min(across), max(down) - min(down)) if across else 0.0


def _are_along(places: NDArray[np.float64], run: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which places, (count, 2), lie within `ALONG` of the line through others, (number, 2)."""
    starts, steps = run[:-1], np.diff(run, axis=0)
    lengths = np.maximum((steps**2).sum(axis=1), TINY)
    off = places[:, None] - starts
    share = np.clip((off * steps).sum(axis=2) / lengths, 0.0, 1.0)
    distance = np.linalg.norm(off - share[:, :, None] * steps, axis=2)
    return np.asarray(distance.min(axis=1) <= ALONG, np.bool_)


def without_plates(scene: Scene) -> Scene:
    """Return a picture's scene without rectangles that can hardly be told from white paper, if there are others.

    They are the bands behind every second bar, as far as bars leave them uncovered. What has an outline is drawn to be seen.
    """
    marks: list[Rectangle | Polygon] = [*scene.rectangles, *scene.polygons]
    pale = [mark for mark in marks if alike(mark.fill, WHITE) and mark.stroke in ("", mark.fill)]
    return scene.without(pale) if len(pale) < len(marks) else scene


def _is_grid(bars: Part, plot: Plot) -> bool:
    """Return whether bars are as thin as grid lines and stand at ticks of a number axis; one may stand at the plot's border.

    Every second tick may have no label.
    """
    upright = bars.orientation == "vertical"
    names = plot.across if upright else plot.down
    if names is None or names.kind == "category":
        return False
    spans = [_span(value.extent, upright=upright) for strand in bars.strands for value in strand.values]
    ticked = sum(_is_ticked((span[0] + span[1]) / 2, names) for span in spans)
    return ticked >= MOST * len(spans) and all(span[1] - span[0] <= HAIR for span in spans)


def _is_ticked(place: float, names: Scale) -> bool:
    """Return whether a place is that of a tick, or halfway between two."""
    half = names.step / 2
    return half > 2 * OFF and any(abs((off := place - tick.place) - round(off / half) * half) <= OFF for tick in names.ticks)


def _span(extent: Extent, *, upright: bool) -> _Span:
    """Return where something begins and ends across the bars, and along them from their feet on."""
    left, top, right, bottom = extent
    return (left, right, -bottom, -top) if upright else (top, bottom, left, right)


def _is_outside(strand: Strand, plot: Extent) -> bool:
    """Return whether a strand lies at the border of the plot and beyond it, as what ticks and print leave does."""
    middles = [value.extent.middle for value in strand.values]
    beyond = [place for place in middles if not plot.holds(place, OFF)]
    return bool(beyond) and sum(not plot.holds(place, -OFF) for place in middles) >= MOST * len(middles)


def _is_stray(strand: Strand, spans: Sequence[_Span], *, upright: bool) -> bool:
    places = [_place(value, upright=upright) for value in strand.values]
    beside = sum(any(_is_on_side(place, span) for span in spans) for place in places)
    if beside >= MOST * len(places):
        return True
    foot = statistics.median(span[2] for span in spans)
    row = max(span[1] for span in spans) - min(span[0] for span in spans)
    length = max(across for across, _ in places) - min(across for across, _ in places)
    if length > SHORT * row:
        return False
    on_foot = all(abs(_span(value.extent, upright=upright)[2] - foot) <= LOW for value in strand.values)
    return on_foot or all(abs(along - foot) <= LOW for _, along in places)  # a short bar may look like a disc


def _is_print(strand: Strand, labels: Sequence[Label]) -> bool:
    """Return whether most of a strand's places lie on print."""
    middles = [value.extent.middle for value in strand.values]
    return sum(any(label.extent.holds(middle, 1.0) for label in labels) for middle in middles) > MOST * len(middles)


def _is_of_grid(strand: Strand, spans: Sequence[_Span], plot: Plot, *, upright: bool) -> bool:
    """Return whether a line is short or grey, and lies at the height of one tick of the value axis."""
    scale = plot.down if upright else plot.across
    if scale is None or scale.kind == "category":
        return False
    places = [value.extent.middle if upright else value.extent.middle[::-1] for value in strand.values]
    row = max(span[1] for span in spans) - min(span[0] for span in spans)
    short = max(across for across, _ in places) - min(across for across, _ in places) <= SHORT * row
    return (short or not is_coloured(strand.colour)) and any(
        all(abs(along - tick.place) <= OFF for _, along in places) for tick in scale.ticks
    )


def _is_unseen(strand: Strand, part: Part, bars: Sequence[Rectangle]) -> bool:
    """Return whether a line's strokes lie in bars, each in one, and have their colour: seams, the grid that shines through."""
    strokes = [mark.extent for mark in part.marks if isinstance(mark, Stroke) and mark.colour == strand.colour]
    if not strokes or all(bar.fill != strand.colour for bar in bars):
        return False
    return all(any(bar.extent.encloses(stroke, HALF_PIXEL) for bar in bars) for stroke in strokes)


def _place(value: Value, *, upright: bool) -> tuple[float, float]:
    start, end, low, high = _span(value.extent, upright=upright)
    return (start + end) / 2, (low + high) / 2


def _is_on_side(place: tuple[float, float], span: _Span) -> bool:
    """Return whether a place lies on one of the long sides of a bar."""
    across, along = place
    start, end, low, high = span
    return min(abs(across - start), abs(across - end)) <= OFF and low - OFF <= along <= high + OFF
