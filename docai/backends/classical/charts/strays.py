"""What the edges of a picture's bars leave beside the bars: strokes on their sides and at their feet, which are no series."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.scales import Plot
from docai.backends.classical.charts.scene import Extent, Rectangle

OFF: Final = 2.5  # pixels that a stroke on a bar's side is off it: the blur of an edge, and half of the stroke
LOW: Final = 3.0  # pixels from the bars' feet up to which what is left of the shortest bars lies
SHORT: Final = 0.3  # of the row of bars that such remains are long at most; a line of small values runs along all of it
MOST: Final = 0.75  # of a strand's places that lie on bars' edges; a line over bars crosses some of them too
HAIR: Final = 2.5  # pixels that a grid line is thick at most
LEAST_BARS: Final = 2

_Span = tuple[float, float, float, float]


def without_strays(parts: Sequence[Part], plot: Plot) -> list[Part]:
    """Return the parts of a picture's plot without the lines, areas and symbols that lie on the sides or at the feet of its bars.

    A line over bars runs through their middles, or anywhere; the remains of an edge run along it. Bars as thin as grid lines, at
    the ticks of their axis, beside lines, are what a line has left of the grid lines that it crosses.
    """
    bars = next((part for part in parts if part.kind == "bar"), None)
    if bars is not None and any(part.kind in ("line", "area") for part in parts) and _is_grid(bars, plot):
        return [part for part in parts if part is not bars]
    drawn = [mark.extent for mark in bars.marks if isinstance(mark, Rectangle)] if bars is not None else []
    if bars is None or len(drawn) < LEAST_BARS:
        return list(parts)
    upright = bars.orientation == "vertical"
    spans = [_span(extent, upright=upright) for extent in drawn]
    kept = []
    for part in parts:
        stray = part.kind in ("line", "area", "point")
        strands = tuple(strand for strand in part.strands if not (stray and _is_stray(strand, spans, upright=upright)))
        if strands:
            kept.append(replace(part, strands=strands))
    return kept


def _is_grid(bars: Part, plot: Plot) -> bool:
    """Return whether bars are as thin as grid lines and stand at ticks of a number axis; one may stand at the plot's border."""
    upright = bars.orientation == "vertical"
    names = plot.across if upright else plot.down
    if names is None or names.kind == "category":
        return False
    spans = [_span(value.extent, upright=upright) for strand in bars.strands for value in strand.values]
    ticked = sum(any(abs((span[0] + span[1]) / 2 - tick.place) <= OFF for tick in names.ticks) for span in spans)
    return ticked >= MOST * len(spans) and all(span[1] - span[0] <= HAIR for span in spans)


def _span(extent: Extent, *, upright: bool) -> _Span:
    """Return where something begins and ends across the bars, and along them from their feet on."""
    left, top, right, bottom = extent
    return (left, right, -bottom, -top) if upright else (top, bottom, left, right)


def _is_stray(strand: Strand, spans: Sequence[_Span], *, upright: bool) -> bool:
    places = [_place(value, upright=upright) for value in strand.values]
    beside = sum(any(_is_on_side(place, span) for span in spans) for place in places)
    if beside >= MOST * len(places):
        return True
    foot = statistics.median(span[2] for span in spans)
    row = max(span[1] for span in spans) - min(span[0] for span in spans)
    length = max(across for across, _ in places) - min(across for across, _ in places)
    return length <= SHORT * row and all(abs(along - foot) <= LOW for _, along in places)


def _place(value: Value, *, upright: bool) -> tuple[float, float]:
    start, end, low, high = _span(value.extent, upright=upright)
    return (start + end) / 2, (low + high) / 2


def _is_on_side(place: tuple[float, float], span: _Span) -> bool:
    """Return whether a place lies on one of the long sides of a bar."""
    across, along = place
    start, end, low, high = span
    return min(abs(across - start), abs(across - end)) <= OFF and low - OFF <= along <= high + OFF
