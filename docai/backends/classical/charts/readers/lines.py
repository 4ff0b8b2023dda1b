"""Lines: strokes that run through the plot, a value for each vertex."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from docai.backends.classical.charts.legends import Legend
from docai.backends.classical.charts.parts import Mark, Part, Strand, Value
from docai.backends.classical.charts.readers.bands import Band, bands_of
from docai.backends.classical.charts.readers.framing import Frame, frame_of
from docai.backends.classical.charts.readers.furniture import Sorted, alike, background, is_grey, sort_strokes
from docai.backends.classical.charts.readers.joining import MEET, Trace, traces_of, turned, with_pieces
from docai.backends.classical.charts.readers.names import Look, Named, name_of, names_at_ends
from docai.backends.classical.charts.readers.outlined import strokes_of_outlines
from docai.backends.classical.charts.readers.regular import on_ticks
from docai.backends.classical.charts.readers.sides import Drawn, Side, sides_of
from docai.backends.classical.charts.readers.vertices import Vertex, filled, vertices_of
from docai.backends.classical.charts.readers.whiskers import Whisker, whiskers_at
from docai.backends.classical.charts.scales import Plot
from docai.backends.classical.charts.scene import Place, Scene, Stroke, Symbol

SMALL: Final = 0.1  # of the plot that a line runs along at least, if no legend names it
LONG: Final = 0.5  # of the plot that a straight line of two places runs along at least, if nothing else tells that it is a series
ON: Final = 0.75  # scene units that a marker's centre is off its line at most
PARTLY: Final = 0.5  # of a line's vertices that have markers at least if all that show values have one; some mark every few
TRIANGLE: Final = "straight 3/"  # how the forms of symbols of three corners are called
SHARE: Final = 0.7  # of a line's vertices that markers of other colours stand on, if they are its own


@dataclass(frozen=True, slots=True)
class Line:
    """A series of a line chart: the line, its vertices, the markers on it, its name."""

    trace: Trace
    vertices: tuple[Vertex, ...]
    markers: tuple[Symbol, ...]
    named: Named
    side: Side = Side()  # noqa: RUF009
    whiskers: tuple[Whisker | None, ...] = ()
    band: Band | None = None


def read_lines(scene: Scene, plot: Plot, legend: Legend) -> Part | None:
    """Return the lines of a plot, a series for each."""
    strokes = sort_strokes(scene, plot, legend)
    frame = _frame(strokes.data, plot)
    if frame is None:
        return None
    outlined = strokes_of_outlines(scene, plot, upright=frame.upright)
    data = [*strokes.data, *_named_references(strokes, legend), *(stroke for stroke, _ in outlined)]
    traces = traces_of(data, frame.length, upright=frame.upright, blur=scene.blur)
    markers = _Markers(scene, plot, frame)
    blurred = scene.blur > 0
    lines: list[Line] = []
    for trace in traces:
        own = markers.on(trace)
        named = name_of(_look(trace, own), legend, blurred=blurred)
        if _is_series(trace, own, named, frame, len(traces)):
            lines.append(Line(trace, vertices_of(trace, [turned(s.centre, upright=frame.upright) for s in own], frame), own, named))
    lines = _without_notes(lines)
    if not lines:
        return None
    lines = _named_at_ends(lines, scene, plot, legend, upright=frame.upright)
    lines = _completed(_of_one_name(lines, frame, scene.blur) if blurred else lines, frame)
    if blurred:
        lines = [replace(line, vertices=on_ticks(line.vertices, line.trace, frame)) for line in lines]
    lines = _with_sides(lines, scene, plot)
    lines = _with_errors(lines, strokes, scene, frame)
    frame = frame.on_calendar([vertex.place[0] for line in lines for vertex in line.vertices])
    lines.sort(key=lambda line: (line.named.rank, line.trace.first.order))
    return _part(lines, scene, plot, frame, {id(stroke): polygon for stroke, polygon in outlined})


def _frame(strokes: Sequence[Stroke], plot: Plot) -> Frame | None:
    """Return the axes; of two axes with numbers, the one along which the lines go on tells the names."""
    frame = frame_of(plot)
    if frame is None or "category" in (frame.names.kind, frame.values.kind) or not frame.upright:
        return frame
    long = [stroke for stroke in strokes if len(stroke.places) > 3]
    if long and not any(_goes_on(stroke, 0) for stroke in long) and all(_goes_on(stroke, 1) for stroke in long):
        return frame_of(plot, upright=False)
    return frame


def _goes_on(stroke: Stroke, axis: int) -> bool:
    steps = [after[axis] - before[axis] for before, after in pairwise(stroke.places)]
    return all(step >= -ON for step in steps) or all(step <= ON for step in steps)


def _part(lines: Sequence[Line], scene: Scene, plot: Plot, frame: Frame, outlines: dict[int, Mark]) -> Part:
    strands = tuple(_strand(line, scene, plot, frame, several=len(lines) > 1) for line in lines)
    marks: list[Mark] = []
    for line in lines:
        marks += [outlines.get(id(stroke), stroke) for stroke in line.trace.strokes]
        marks += line.markers
        marks += [stroke for whisker in line.whiskers if whisker for stroke in whisker.strokes]
        marks += [line.band.polygon] if line.band else []
    marks += _halos(lines, scene, plot)
    sure = 0.98 if any(len(line.vertices) > 2 for line in lines) else 0.85
    return Part("line", strands, tuple(marks), "vertical" if frame.upright else "horizontal", sure=sure)


def _look(trace: Trace, markers: Sequence[Symbol]) -> Look:
    stroke = trace.first
    return Look(stroke.colour, stroke.dashes, stroke.opacity, stroke.thickness, markers[0].shape if markers else "")


# Which lines are series


def _named_references(strokes: Sorted, legend: Legend) -> list[Stroke]:
    """Return the straight lines over the whole plot that the legend names."""
    swatches = [entry.swatch for entry in legend.entries if isinstance(entry.swatch, Stroke)]
    return [
        line
        for line in strokes.across
        if any(alike(s.colour, line.colour) and bool(s.dashes) == bool(line.dashes) for s in swatches)
    ]


def _is_series(trace: Trace, markers: Sequence[Symbol], named: Named, frame: Frame, among: int) -> bool:
    """Return whether a line shows values, and is no note, error bar or bracket."""
    us, vs = [u for u, _ in trace.places], [v for _, v in trace.places]
    along, level = max(us) - min(us), max(vs) - min(vs)
    if along <= 1.0 or not any(frame.holds(place) for place in trace.places):
        return False
    if len(markers) >= 2 or (named.name and along >= SMALL * frame.length / 2):
        return True
    if along < SMALL * frame.length or _is_bracket(trace):
        return False
    if len(trace.places) > 2:
        return True
    if level <= 0.3:
        return not is_grey(trace.first.colour) and along >= LONG * frame.length
    return along >= LONG * frame.length or (among > 1 and all(frame.on_tick(u) for u in us))


def _is_bracket(trace: Trace) -> bool:
    """Return whether a line is a bracket: three sides of a rectangle."""
    if len(trace.places) != 4:
        return False
    (u0, v0), (u1, v1), (u2, v2), (u3, v3) = trace.places
    return abs(u0 - u1) < 0.3 and abs(v1 - v2) < 0.3 and abs(u2 - u3) < 0.3 and abs(v0 - v3) < 0.3


def _without_notes(lines: Sequence[Line]) -> list[Line]:
    """Return lines without grey ones of two places beside lines of more: pointers, connectors, brackets."""
    if not any(len(line.trace.places) > 2 for line in lines):
        return list(lines)
    return [
        line
        for line in lines
        if len(line.trace.places) > 2 or line.named.name or line.markers or not is_grey(line.trace.first.colour)
    ]


# Markers


class _Markers:
    """The symbols of a plot, to be found by where they stand along the axis of names."""

    def __init__(self, scene: Scene, plot: Plot, frame: Frame) -> None:
        shown = [symbol for symbol in scene.symbols if plot.extent.holds(symbol.centre, scene.em)]
        places = [turned(symbol.centre, upright=frame.upright) for symbol in shown]
        order = sorted(range(len(shown)), key=lambda n: places[n][0])
        self.symbols = [shown[n] for n in order]
        self.us = [places[n][0] for n in order]
        self.vs = [places[n][1] for n in order]
        self.near = ON + scene.blur

    def on(self, trace: Trace) -> tuple[Symbol, ...]:
        """Return the markers of a line: of its colour and on it, or of one look and on most of its vertices."""
        if not self.symbols:
            return ()
        near = self._on_line(trace)
        colour = trace.first.colour
        own = [self.symbols[n] for n in near if colour in (self.symbols[n].fill, self.symbols[n].stroke)]
        if len(own) >= 2 or (own and len(trace.places) <= 2):
            return tuple(own)
        vertices = np.array(trace.places)
        at = [n for n in near if np.abs(vertices - (self.us[n], self.vs[n])).max(axis=1).min() <= self.near]
        looks: dict[tuple[str, str, str], list[int]] = {}
        for n in at:
            symbol = self.symbols[n]
            looks.setdefault((symbol.shape, symbol.fill, symbol.stroke), []).append(n)
        most = max(looks.values(), key=len, default=[])
        return tuple(self.symbols[n] for n in most) if len(most) >= max(2, SHARE * len(trace.places)) else ()

    def _on_line(self, trace: Trace) -> list[int]:
        """Return the numbers of the symbols whose centres lie on a line, in the order of their places."""
        found: set[int] = set()
        ends = [*trace.runs[1:], len(trace.places)]
        for start, end in zip(trace.runs, ends, strict=True):
            for before, after in pairwise(trace.places[start:end]):
                first = bisect_left(self.us, min(before[0], after[0]) - self.near)
                last = bisect_right(self.us, max(before[0], after[0]) + self.near)
                found.update(n for n in range(first, last) if self._is_on(n, before, after))
        return sorted(found)

    def _is_on(self, number: int, before: Place, after: Place) -> bool:
        """Return whether a symbol's centre lies on the piece of a line between two places."""
        along, beside = after[0] - before[0], after[1] - before[1]
        u, v = self.us[number] - before[0], self.vs[number] - before[1]
        length = math.hypot(along, beside)
        if length == 0:
            return math.hypot(u, v) <= self.near
        symbol = self.symbols[number]
        # the place of a triangle is the middle of its height, or of its area, which is a sixth of its height off that
        off = self.near + (symbol.extent.height / 6 if symbol.shape.startswith(TRIANGLE) else 0.0)
        if abs(along * v - beside * u) > off * length:
            return False
        return -self.near <= (along * u + beside * v) / length <= length + self.near


# Names, axes, errors


def _named_at_ends(lines: list[Line], scene: Scene, plot: Plot, legend: Legend, *, upright: bool) -> list[Line]:
    """Return lines with the names that stand behind their ends, where the legend names none of them."""
    bare = [n for n, line in enumerate(lines) if not line.named.name]
    if not bare or not upright:
        return lines
    ends = [(max(lines[n].trace.places), lines[n].trace.first.colour) for n in bare]
    found = names_at_ends(ends, scene, plot, legend)
    for number, label in found.items():
        at = bare[number]
        lines[at] = replace(lines[at], named=Named(label.text, lines[at].named.rank, 0.93))
    return lines


def _of_one_name(lines: list[Line], frame: Frame, blur: float) -> list[Line]:
    """Return a picture's lines, those of one name and colour as one where other lines hide what is between them."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        if line.named.name:
            groups[line.named.name, line.trace.first.colour].append(number)
    whole, hidden = dict(enumerate(lines)), set[int]()
    for numbers in groups.values():
        found = with_pieces([lines[n].trace for n in numbers], MEET + 2 * blur, SMALL * frame.length)
        if found is None:
            continue
        trace, taken = found
        order = sorted((numbers[n] for n in taken), key=lambda n: lines[n].trace.start)
        vertices = tuple(vertex for n in order for vertex in lines[n].vertices)
        markers = tuple(marker for n in order for marker in lines[n].markers)
        whole[order[0]] = replace(lines[order[0]], trace=trace, vertices=vertices, markers=markers)
        hidden.update(order[1:])
    return [line for number, line in whole.items() if number not in hidden]


def _completed(lines: list[Line], frame: Frame) -> list[Line]:
    """Return lines with the vertices that a producer left out, since they lie on straight pieces."""
    marked = [len(line.markers) >= max(2, PARTLY * len(line.vertices)) for line in lines]
    found = filled([line.vertices for line in lines], [line.trace for line in lines], marked, frame)
    return [replace(line, vertices=vertices) for line, vertices in zip(lines, found, strict=True)]


def _with_sides(lines: list[Line], scene: Scene, plot: Plot) -> list[Line]:
    drawn = [Drawn(line.named.name, line.trace.first.colour, line.trace.first.order) for line in lines]
    return [replace(line, side=side) for line, side in zip(lines, sides_of(drawn, scene, plot), strict=True)]


def _with_errors(lines: list[Line], strokes: Sorted, scene: Scene, frame: Frame) -> list[Line]:
    """Return lines with their error bars and bands."""
    drawn = {id(stroke) for line in lines for stroke in line.trace.strokes}
    bars = [stroke for stroke in strokes.data if id(stroke) not in drawn]
    lines = [
        replace(
            line,
            whiskers=tuple(
                whiskers_at(
                    [vertex.place for vertex in line.vertices],
                    [line.trace.first.colour] * len(line.vertices),
                    bars,
                    upright=frame.upright,
                )
            ),
        )
        for line in lines
    ]
    bands = bands_of([line.trace for line in lines], scene, frame)
    return [replace(line, band=band) for line, band in zip(lines, bands, strict=True)]


def _halos(lines: Sequence[Line], scene: Scene, plot: Plot) -> list[Stroke]:
    """Return the strokes in the background's colour that lie under the lines."""
    ground = background(scene, plot)
    ends = {(stroke.places[0], stroke.places[-1], len(stroke.places)) for line in lines for stroke in line.trace.strokes}
    return [s for s in scene.strokes if alike(s.colour, ground) and (s.places[0], s.places[-1], len(s.places)) in ends]


# Values


def _strand(line: Line, scene: Scene, plot: Plot, frame: Frame, *, several: bool) -> Strand:
    values_by = plot.second if line.side.axis == "second" and plot.second else frame.values
    sure = line.trace.sure * line.named.sure * line.side.sure * (1.0 if line.named.name or not several else 0.92)
    values = []
    for vertex, whisker in zip(line.vertices, line.whiskers, strict=True):
        _, v = vertex.place
        low, high = _ends(vertex.place, whisker, line.band)
        ends = sorted(values_by.value(end) for end in (low, high)) if low is not None and high is not None else [None, None]
        x, x_sure = frame.name_at(vertex.place[0])
        values.append(
            Value(
                x=x,
                y=values_by.value(v),
                extent=frame.around(vertex.place, max(1.0, line.trace.first.thickness)),
                error=values_by.error(v, scene.blur) if scene.blur else None,
                end=v,
                low=ends[0],
                high=ends[1],
                sure=round(sure * vertex.sure * x_sure * (1.0 if frame.holds(vertex.place) else 0.6), 4),
            )
        )
    return Strand(line.named.name, line.trace.first.colour, tuple(values), line.side.axis)


def _ends(place: Place, whisker: Whisker | None, band: Band | None) -> tuple[float, float] | tuple[None, None]:
    if whisker:
        return whisker.low, whisker.high
    return band.at(place[0]) if band else (None, None)
