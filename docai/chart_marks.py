"""The marks that show a chart's values: bars, lines, areas, circles, sectors, boxes and tiles, as they would be painted.

Nothing here draws: `marks(chart, plot_of(chart, frame))` are plain values in the coordinates of a picture, x to the right and
y downwards, which a redraw paints, and which can be held against the picture that was read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final, Literal

from docai.charting import (
    PALETTE,
    Frame,
    Place,
    Plot,
    box_part,
    colour_of,
    is_floating,
    key_of,
    least_step,
    mark_of,
    stacks,
)
from docai.document import Chart

RAMP: Final = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))  # of heat maps. Source: viridis
DOUBTFUL: Final = 0.5  # confidence below which a value is drawn pale
FILLED: Final = 0.8  # of the room of a category, or of the distance of neighbours, that its bars take
SHARED: Final = 0.3  # of all categories that have bars of several series, from which on these stand side by side
RADIUS: Final = 3.0  # pixels, of a point
BUBBLE: Final = 0.06  # of the shorter side of the plot: the radius of the largest bubble
CAP: Final = 4.0  # pixels that the end of an error bar reaches to each side
ARC: Final = math.pi / 90  # radians between the corners of a sector's arc

Shape = Literal["polygon", "line", "circle"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What shows a value: a filled polygon, a line, or a circle about its only place, in pixels.

    `series` and `point` tell what it shows, by their numbers; `point` is the first of what a line or area joins. `dark` is of
    lines over a filled mark: error bars, medians.
    """

    shape: Literal["polygon", "line", "circle"]
    places: tuple[Place, ...]
    colour: str
    series: int
    point: int = 0
    radius: float = 0.0
    pale: bool = False
    dark: bool = False


def marks(chart: Chart, plot: Plot) -> list[Mark]:
    """Return the marks of all values that are known, in the order in which they are painted: those in front last."""
    if chart.chart_type == "pie":
        return list(_sectors(chart, plot.frame))
    if chart.chart_type == "heatmap":
        return list(_tiles(chart, plot))
    drawn: list[Mark] = []
    if chart.chart_type == "box":
        drawn += _boxes(chart, plot)
        rest = [number for number, series in enumerate(chart.series) if box_part(series) is None]
    else:
        rest = list(range(len(chart.series)))
    order = ("area", "bar", "line", "point")
    for number in sorted(rest, key=lambda number: order.index(mark_of(chart, chart.series[number]))):
        kind = mark_of(chart, chart.series[number])
        one = _Drawn(chart, plot, number)
        drawn += {"area": one.area, "bar": one.bars, "line": one.line, "point": one.circles}[kind]()
    return drawn


class _Drawn:
    """The marks of one series."""

    def __init__(self, chart: Chart, plot: Plot, number: int) -> None:
        self.chart, self.plot, self.number = chart, plot, number
        self.series = chart.series[number]
        self.scale = plot.scale_of(self.series)
        self.colour = colour_of(self.series, number)
        self.ends = stacks(chart) if chart.stacking != "none" else {}

    def up(self, value: float | None) -> float | None:
        """Return the share of the value axis of a value; that of zero, where it has none, is the beginning."""
        share = self.scale.share(value)
        return 0.0 if share is None and value == 0 else share

    def reach(self, place: int) -> tuple[float, float] | None:
        """Return the shares of the value axis between which the bar or area of a point stands."""
        point = self.series.points[place]
        if is_floating(self.chart, self.series, point):
            low, high = point.low, point.high
        else:
            low, high = self.ends.get((self.number, place), (0.0, point.y))
        start, end = self.up(low), self.up(high)
        if point.y is None or start is None or end is None:
            return None
        return (min(1.0, max(0.0, start)), end)

    def bars(self) -> Iterator[Mark]:
        """Yield a rectangle for each value."""
        width, shift = self._slot()
        for place, point in enumerate(self.series.points):
            along, reach = self.plot.x.share(point.x), self.reach(place)
            if along is None or reach is None:
                continue
            left, right = along + shift - width / 2, along + shift + width / 2
            corners = tuple(
                self.plot.at(*corner) for corner in ((left, reach[0]), (right, reach[0]), (right, reach[1]), (left, reach[1]))
            )
            yield self._mark("polygon", corners, place)
            if not is_floating(self.chart, self.series, point):
                yield from self._whisker(place, along + shift)

    def _slot(self) -> tuple[float, float]:
        """Return how wide a bar is, and how far its middle is from that of its category, in shares of the axis."""
        bars = [n for n, series in enumerate(self.chart.series) if mark_of(self.chart, series) == "bar"]
        shares = [self.plot.x.share(point.x) for number in bars for point in self.chart.series[number].points]
        room = least_step([round(share, 6) for share in shares if share is not None]) if len(set(shares)) > 1 else 0.5
        if self.plot.x.kind == "category":
            return _dodged(FILLED / max(1, len(self.plot.x.places)), bars.index(self.number), self._beside(bars))
        return _dodged(room * 0.96, bars.index(self.number), self._beside(bars))

    def _beside(self, bars: Sequence[int]) -> int:
        """Return how many bars stand side by side: those of all series, if they share enough of their categories."""
        if self.chart.stacking != "none":
            return 1
        keys = [{key_of(point.x) for point in self.chart.series[number].points} for number in bars]
        floating = all(is_floating(self.chart, self.chart.series[n], p) for n in bars for p in self.chart.series[n].points)
        every = set().union(*keys)
        shared = sum(map(len, keys)) >= (1 + SHARED) * len(every)
        return len(bars) if shared and not floating else 1

    def line(self) -> Iterator[Mark]:
        """Yield a line for each two neighbours, and a small circle for each value."""
        for (place, here), (_, there) in pairwise(self._tops()):
            if here is not None and there is not None:
                pale = self._pale(place) or self._pale(place + 1)
                yield Mark("line", (here, there), self.colour, self.number, place, pale=pale)
        yield from self._dots(RADIUS * 0.8)

    def circles(self) -> Iterator[Mark]:
        """Yield a circle for each value; its area is the size of a bubble."""
        yield from self._dots(RADIUS)

    def area(self) -> Iterator[Mark]:
        """Yield a polygon for each stretch of values without gaps."""
        reaches = [(place, self.plot.x.share(p.x), self.reach(place)) for place, p in enumerate(self.series.points)]
        for known, run in groupby(reaches, key=lambda one: one[1] is not None and one[2] is not None):
            stretch = [(place, along, reach) for place, along, reach in run if along is not None and reach is not None]
            if known and len(stretch) > 1:
                tops = [self.plot.at(along, reach[1]) for _, along, reach in stretch]
                feet = [self.plot.at(along, reach[0]) for _, along, reach in reversed(stretch)]
                pale = sum(self._pale(place) for place, _, _ in stretch) > len(stretch) / 2
                yield Mark("polygon", (*tops, *feet), self.colour, self.number, stretch[0][0], pale=pale)

    def _tops(self) -> list[tuple[int, Place | None]]:
        found: list[tuple[int, Place | None]] = []
        for place, point in enumerate(self.series.points):
            along, up = self.plot.x.share(point.x), self.up(point.y)
            found.append((place, None if along is None or up is None else self.plot.at(along, up)))
        return found

    def _dots(self, radius: float) -> Iterator[Mark]:
        largest = max((p.size for s in self.chart.series for p in s.points if p.size is not None), default=0.0)
        frame = self.plot.frame
        bubble = BUBBLE * min(frame.right - frame.left, frame.bottom - frame.top)
        for place, at in self._tops():
            if at is not None:
                size = self.series.points[place].size
                own = bubble * math.sqrt(max(0.0, size) / largest) if size is not None and largest > 0 else radius
                yield self._mark("circle", (at,), place, radius=own)
                yield from self._whisker(place, self.plot.x.share(self.series.points[place].x) or 0.0)

    def _whisker(self, place: int, along: float) -> Iterator[Mark]:
        """Yield the error bar of a point, with its caps."""
        point = self.series.points[place]
        foot = self.ends[self.number, place][0] if (self.number, place) in self.ends else 0.0
        low, high = (self.up(None if end is None else end + foot) for end in (point.low, point.high))
        if low is None or high is None:
            return
        ends = self.plot.at(along, low), self.plot.at(along, high)
        yield self._mark("line", ends, place, dark=True)
        for x, y in ends:
            cap = ((x, y - CAP), (x, y + CAP)) if self.plot.horizontal else ((x - CAP, y), (x + CAP, y))
            yield self._mark("line", cap, place, dark=True)

    def _pale(self, place: int) -> bool:
        return self.series.points[place].confidence < DOUBTFUL

    def _mark(
        self,
        shape: Literal["polygon", "line", "circle"],
        places: tuple[Place, ...],
        point: int,
        *,
        radius: float = 0,
        dark: bool = False,
    ) -> Mark:
        return Mark(shape, places, self.colour, self.number, point, radius, self._pale(point), dark)


def _dodged(room: float, number: int, count: int) -> tuple[float, float]:
    """Return the width of one of several things side by side, and how far it stands from their middle."""
    width = room / max(1, count)
    return width, ((number + 0.5) * width - room / 2 if count > 1 else 0.0)


def _sectors(chart: Chart, frame: Frame) -> Iterator[Mark]:
    """Yield the sectors of a pie clockwise from the top; of several series of many points each, a ring for each."""
    rings = [chart.series] if all(len(s.points) < 2 for s in chart.series) else [(one,) for one in chart.series]
    middle = (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2
    radius = min(frame.right - frame.left, frame.bottom - frame.top) / 2
    first = 0
    for ring, members in enumerate(rings):
        parts = [(first + n, place, p) for n, series in enumerate(members) for place, p in enumerate(series.points)]
        first += len(members)
        total = sum(max(0.0, point.y or 0.0) for _, _, point in parts)
        outer, inner = radius * (1 - ring / len(rings)), radius * (1 - (ring + 1) / len(rings))
        start = 0.0
        for place_in_ring, (number, place, point) in enumerate(parts):
            if not point.y or point.y < 0:
                continue
            end = start + 2 * math.pi * point.y / total
            alone = len(members) > 1 or len(parts) == 1
            colour = colour_of(chart.series[number], number) if alone else PALETTE[place_in_ring % len(PALETTE)]
            corners = _sector(middle, inner if len(rings) > 1 else 0.0, outer, (start, end))
            yield Mark("polygon", corners, colour, number, place, pale=point.confidence < DOUBTFUL)
            start = end


def _sector(middle: Place, inner: float, outer: float, angles: tuple[float, float]) -> tuple[Place, ...]:
    steps = max(1, math.ceil((angles[1] - angles[0]) / ARC))
    turns = [angles[0] + (angles[1] - angles[0]) * step / steps for step in range(steps + 1)]

    def arc(radius: float, along: Iterable[float]) -> Iterator[Place]:
        return ((middle[0] + radius * math.sin(turn), middle[1] - radius * math.cos(turn)) for turn in along)

    return (*arc(outer, turns), *(arc(inner, reversed(turns)) if inner else [middle]))


def _tiles(chart: Chart, plot: Plot) -> Iterator[Mark]:
    """Yield a coloured tile for each value of a heat map; the first series is the row at the top."""
    values = [p.y for s in chart.series for p in s.points if p.y is not None]
    low, high = min(values, default=0.0), max(values, default=1.0)
    wide, tall = (0.5 / max(1, len(scale.places)) for scale in (plot.x, plot.y))
    for number, series in enumerate(chart.series):
        for place, point in enumerate(series.points):
            along, up = plot.x.share(point.x), plot.y.share(series.name)
            if along is None or up is None or point.y is None:
                continue
            sides = ((along - wide, up - tall), (along + wide, up - tall), (along + wide, up + tall), (along - wide, up + tall))
            colour = ramp((point.y - low) / (high - low) if high > low else 0.5)
            corners = tuple(plot.at(*corner) for corner in sides)
            yield Mark("polygon", corners, colour, number, place, pale=point.confidence < DOUBTFUL)


def ramp(share: float) -> str:
    """Return the colour of a share, 0..1, of the range of a heat map."""
    place = min(max(share, 0.0), 1.0) * (len(RAMP) - 1)
    low = min(int(place), len(RAMP) - 2)
    mixed = (round(a + (b - a) * (place - low)) for a, b in zip(RAMP[low], RAMP[low + 1], strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _boxes(chart: Chart, plot: Plot) -> Iterator[Mark]:
    """Yield the boxes of a box plot with whiskers, medians and outliers; groups stand side by side."""
    named = [(number, box_part(series)) for number, series in enumerate(chart.series)]
    parted = [(number, part[0], part[1]) for number, part in named if part is not None]
    groups = list(dict.fromkeys(group for _, group, _ in parted))
    found: dict[tuple[str, str], dict[str, tuple[int, int, float]]] = {}
    for number, group, part in parted:
        for place, point in enumerate(chart.series[number].points):
            if point.y is None:
                continue
            if part == "outlier":
                yield from _at_box(chart, plot, groups, [(number, place, point.y)], "circle")
            else:
                found.setdefault((group, key_of(point.x)), {})[part] = number, place, point.y
    for parts in found.values():
        for low, high, shape in (("lower quartile", "upper quartile", "polygon"), ("median", "median", "line")):
            if low in parts and high in parts:
                yield from _at_box(chart, plot, groups, [parts[low], parts[high]], shape)
        for outer, inner in (("minimum", "lower quartile"), ("maximum", "upper quartile")):
            if outer in parts and inner in parts:
                yield from _at_box(chart, plot, groups, [parts[outer], parts[inner]], "whisker")


def _at_box(chart: Chart, plot: Plot, groups: Sequence[str], ends: Sequence[tuple[int, int, float]], shape: str) -> Iterator[Mark]:
    number, place, _ = ends[0]
    series = chart.series[number]
    group = (box_part(series) or ("", ""))[0]
    along, ups = plot.x.share(series.points[place].x), [plot.y.share(value) for _, _, value in ends]
    width, shift = _dodged(FILLED / max(1, len(plot.x.places)), groups.index(group), len(groups))
    if along is None or None in ups:
        return
    middle, heights = along + shift, [up for up in ups if up is not None]
    colour = series.colour or PALETTE[groups.index(group) % len(PALETTE)]
    pale = min(chart.series[n].points[p].confidence for n, p, _ in ends) < DOUBTFUL
    left, right = middle - 0.4 * width, middle + 0.4 * width
    places: dict[str, list[tuple[float, float]]] = {
        "polygon": [(left, heights[0]), (right, heights[0]), (right, heights[-1]), (left, heights[-1])],
        "circle": [(middle, heights[0])],
        "line": [(left, heights[0]), (right, heights[0])],
        "whisker": [(middle, heights[0]), (middle, heights[-1])],
    }
    drawn = tuple(plot.at(*one) for one in places[shape])
    kind: Literal["polygon", "line", "circle"] = "polygon" if shape == "polygon" else "circle" if shape == "circle" else "line"
    yield Mark(kind, drawn, colour, number, place, RADIUS if shape == "circle" else 0.0, pale, shape in ("line", "whisker"))
    if shape == "whisker":
        cap = tuple(plot.at(side, heights[0]) for side in ((left + middle) / 2, (right + middle) / 2))
        yield Mark("line", cap, colour, number, place, pale=pale, dark=True)
