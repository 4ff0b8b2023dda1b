"""What speaks against values that were read from a picture: names read by OCR, series that cannot be two, marks that cannot be.

A value is told with the probability that it and its name are right. The calibration of the axes, the printed labels and the ink
that is left over are judged elsewhere (`axes/calibration.py`, `printed.py`, `checks.py`); here is what the others cannot see: how
well its name was read, and whether what was read can be a chart at all. The limits are set by hand, below what a reader takes for
sure (0.9); on 158 pictures of charts by matplotlib and Vega-Lite, as PNG and JPEG, most wrong values above it were of these cases.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from docai.backends.classical.charts.legends import Entry, Legend
from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.readers.blocks import frame
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import HALF_A_PIXEL, Extent, Rectangle, Scene
from docai.backends.classical.charts.telling import Namer, namer_of

TWINS: Final = 0.6  # sure at most of values of two series of one kind that have one name: one of them at least has another
BESIDE: Final = 0.2  # of the shorter of two series that both run along
NAMELESS: Final = 0.7  # of a series without a name beside others that have one
LEAST_NAMELESS: Final = 2  # colours without a name that speak against the names of others; one may be a total or a mean
HALF_NAMED: Final = 0.7  # of a series with a name where as many colours have none: the legend was misread, or is none
REMAINS: Final = 0.7  # of points in the colour of a line that are few: they are what was left over of its symbols
OF_BUBBLES: Final = 0.7  # of a line without a name among bubbles: their outlines, and the grid that shines through them
FEW: Final = 1 / 3  # of the line's values, that such points are at most
MIXED_UP: Final = 0.7  # of bars and areas in the colour of a series of another kind: one is a piece of the other
UNPILED: Final = 0.7  # of several areas that do not stand on each other: they would hide each other, so are piled up mostly
TOLD_TWICE: Final = 0.6  # of values of one series that have one name
NUMBERED: Final = (
    0.7  # of a series that is named by a number in the plot or on a rectangle, which is printed at a mark rather than in a legend
)
WHISKERED: Final = 0.6  # of bars that float and have strokes at their ends
LEAST_WHISKERED: Final = 1 / 3  # of them
BEYOND: Final = 2.0  # pixels that a whisker reaches beyond its box at least, and ends before the plot does
UP_TO_EDGE: Final = 0.6  # of bars and whiskers up to the plot's very edge where no tick stands: what is between two lines looks so
EDGE: Final = 1.0  # pixel that the end of such a bar is off the edge at most
ON_TICK: Final = 2.0  # pixels from the edge to a tick there
WELL_READ: Final = 0.9  # how sure OCR is at least of a name in doubt no more: it reads small print as well as large
TOLERANCE: Final = 0.02  # of a value that it may be off it to be right
_NUMBER: Final = re.compile(r"(?!(?:19|20)\d\d$)[-+\u2212]?\d[\d.,]*\s?%?")
SPREAD: Final = 0.6  # of a value's `error`, half a pixel, that bars are off, as a standard deviation: 0.5 to 0.9 of 300 bars
# whose values are so small that nothing else tells


def doubted(scene: Scene, plot: Plot, parts: Sequence[Part], legend: Legend) -> list[Part]:
    """Return the parts of a picture's plot with values that are as sure as what speaks against them allows."""
    printed = {label.text: label.confidence for label in scene.labels}
    read = {entry.name: entry.label.confidence for entry in legend.entries}
    numbered = {entry.name for entry in legend.entries if _NUMBER.fullmatch(entry.name) and _is_at_mark(entry, scene, plot, legend)}
    strands = [(part.kind, strand) for part in parts for strand in part.strands]
    named = any(strand.name for _, strand in strands)
    found = []
    for part in parts:
        names, values = (plot.across, plot.down) if part.orientation == "vertical" else (plot.down, plot.across)
        told = _Names(
            namer_of(part, names, scene), printed | ({tick.text: tick.label.confidence for tick in names.ticks} if names else {})
        )
        own = []
        whiskered = _whiskered(scene, plot, part)
        for strand in part.strands:
            most = min(_most(part, strand, strands), NAMELESS if named and not strand.name and part.kind != "pie" else 1.0)
            most = min(most, _half_named(part, strand, strands))
            factor = whiskered * (_legible(read.get(strand.name, 1.0)) if strand.name else 1.0)
            factor *= NUMBERED if strand.name in numbered else 1.0
            weighed = _weighed(part, strand, values, most, told)
            own.append(replace(strand, values=tuple(replace(value, sure=value.sure * factor) for value in weighed)))
        found.append(replace(part, strands=tuple(own)))
    return found


def _is_at_mark(entry: Entry, scene: Scene, plot: Plot, legend: Legend) -> bool:
    """Return whether a name stands in the plot, or on a rectangle."""
    middle = entry.label.extent.middle
    rectangles = (*scene.rectangles, *(mark for mark in legend.marks if isinstance(mark, Rectangle)))
    own = {id(mark) for mark in entry.marks}
    return plot.extent.holds(middle) or any(r.extent.holds(middle) for r in rectangles if r.fill and id(r) not in own)


def _whiskered(scene: Scene, plot: Plot, part: Part) -> float:
    """Return how sure bars that float are where strokes run out of their ends: they are the boxes of box plots, half seen."""
    values = [value for strand in part.strands for value in strand.values] if part.kind == "bar" else []
    floating = [value for value in values if value.y is not None and value.y in (value.low, value.high)]
    upright = part.orientation == "vertical"
    found = sum(any(_is_whisker(s.extent, value.extent, plot.extent, upright=upright) for s in scene.strokes) for value in floating)
    return WHISKERED if found and found >= LEAST_WHISKERED * len(floating) else 1.0


def _is_whisker(stroke: Extent, bar: Extent, plot: Extent, *, upright: bool) -> bool:
    """Return whether a stroke runs along the middle of a bar and beyond it, but not from edge to edge of the plot."""
    begin, end, first, last = frame(stroke, upright=upright)
    left, right, top, bottom = frame(bar, upright=upright)
    _, _, start, stop = frame(plot, upright=upright)
    middle = abs((begin + end) - (left + right)) / 2 <= 1.0 and end - begin <= 1.0
    beyond = first < top - BEYOND or last > bottom + BEYOND
    return middle and beyond and first <= bottom and last >= top and first > start + BEYOND and last < stop - BEYOND


def _most(part: Part, strand: Strand, strands: Sequence[tuple[str, Strand]]) -> float:
    """Return how sure the values of a series are at most, by the other series of the plot."""
    others = [(kind, other) for kind, other in strands if other is not strand]
    most = 1.0
    same = [other for kind, other in others if kind == part.kind and other.name == strand.name and other.axis == strand.axis]
    upright = part.orientation == "vertical"
    if strand.name and any(part.kind != "line" or _overlap(strand, other, upright=upright) for other in same):
        most = TWINS
    if part.kind == "area" and part.stacking == "none" and any(kind == "area" for kind, _ in others):
        most = min(most, UNPILED)
    solid = part.kind in ("bar", "area")
    if strand.colour and any(
        other.colour == strand.colour and kind != part.kind and (solid or kind in ("bar", "area")) for kind, other in others
    ):
        most = min(most, MIXED_UP)
    if part.kind == "point" and any(
        kind == "line" and other.colour == strand.colour and len(strand.values) <= FEW * len(other.values) for kind, other in others
    ):
        most = min(most, REMAINS)
    if part.kind == "line" and not strand.name and any(value.size is not None for _, other in others for value in other.values):
        most = min(most, OF_BUBBLES)
    return most


def _half_named(part: Part, strand: Strand, strands: Sequence[tuple[str, Strand]]) -> float:
    """Return how sure the values of a series with a name are at most, by how many colours of its kind have none."""
    if not strand.name or part.kind == "pie":
        return 1.0
    same = [other for kind, other in strands if kind == part.kind]
    named, nameless = ({other.colour for other in same if bool(other.name) is told} for told in (True, False))
    return HALF_NAMED if len(nameless - named) >= max(LEAST_NAMELESS, len(named)) else 1.0


def _overlap(one: Strand, other: Strand, *, upright: bool) -> bool:
    """Return whether two series run beside each other, and do not follow each other as the pieces of a line that was cut do."""
    first, second = ([value.extent.middle[0 if upright else 1] for value in strand.values] or [0.0] for strand in (one, other))
    shared = min(max(first), max(second)) - max(min(first), min(second))
    return shared > BESIDE * min(max(first) - min(first), max(second) - min(second))


@dataclass(frozen=True, slots=True)
class _Names:
    """How values are named, and how sure OCR is of what is printed."""

    namer: Namer
    read: Mapping[str, float]

    def sure(self, name: float | str) -> float:
        """Return how sure a name is, 0..1; numbers and dates are vouched for by their axis."""
        by_text = self.namer.scale is None or self.namer.scale.kind == "category"
        return _legible(self.read.get(name, 1.0)) if isinstance(name, str) and by_text else 1.0


def _weighed(part: Part, strand: Strand, values: Scale | None, most: float, names: _Names) -> list[Value]:
    """Return the values of a series, each as sure as its own name and its own mark allow."""
    told = [names.namer.name(value) for value in strand.values]
    counts = Counter(name for name in told if isinstance(name, str) and name)
    unique = part.kind not in ("point", "box", "heatmap")
    measured = (part.kind == "bar" and part.stacking == "none") or part.kind == "box"
    gap = names.namer.gap or 0.0
    found = []
    for value, name in zip(strand.values, told, strict=True):
        limit = TOLD_TWICE if unique and isinstance(name, str) and counts[name] > 1 else most
        if measured and value.printed is None and values is not None and _is_up_to_edge(value, values):
            limit = min(limit, UP_TO_EDGE)
        sharp = _sharpness(value, values, _hidden(value, part, gap)) if part.kind == "bar" else 1.0
        found.append(replace(value, sure=min(value.sure * names.sure(name) * sharp, limit)))
    return found


def _legible(confidence: float) -> float:
    """Return how sure a name is that OCR is so sure of: of what it is nearly sure of, hardly anything is wrong."""
    return 1.0 if confidence >= WELL_READ else confidence


def _is_up_to_edge(value: Value, values: Scale) -> bool:
    """Return whether a bar ends on the edge of its plot, and no tick stands there."""
    if value.end is None or values.kind == "category":
        return False
    edge = min((values.start, values.end), key=lambda place: abs(place - (value.end or 0.0)))
    return abs(edge - value.end) <= EDGE and not any(abs(tick.place - edge) <= ON_TICK for tick in values.ticks)


def _hidden(value: Value, part: Part, gap: float) -> float:
    """Return how much of the end of a bar its outline may hide, in pixels.

    What parts the bars of a histogram may be outlines in the colour of the ground, which cover half of that at their ends, too.
    """
    thick = value.extent.width if part.orientation == "vertical" else value.extent.height
    return max(0.0, gap) * thick / 2


def _sharpness(value: Value, values: Scale | None, hidden: float) -> float:
    """Return how probable it is that a measured value is within `TOLERANCE` of its own, 0..1, as far as pixels tell."""
    if value.printed is not None or value.error is None or not value.y:
        return 1.0
    off = SPREAD * value.error
    if hidden > HALF_A_PIXEL and values is not None and values.kind == "linear":
        off = max(off, hidden * abs(values.slope))
    return math.erf(TOLERANCE * abs(value.y) / (off * math.sqrt(2))) if off > 0 else 1.0
