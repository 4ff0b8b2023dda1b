"""Where a chart's values stand: the scales of its axes, the plot between them, and what is stacked on what.

Places are in pixels of a picture, x to the right and y downwards.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from docai.document import Axis, Chart, Point, Series

PALETTE: Final = tuple("#4c78a8 #f58518 #e45756 #72b7b2 #54a24b #eeca3b #b279a2 #ff9da6 #9d755d #bab0ac".split())
# of series whose colour is not known. Source: Vega's scheme "tableau10"
BOX_PARTS: Final = ("minimum", "lower quartile", "median", "upper quartile", "maximum", "outlier")
REACH: Final = 0.1  # of its length that values beyond the ends of an axis are drawn outside of it
FRACTIONS: Final = 1.5  # the largest total of a 100 % chart in fractions; others are in percent
SHARES_OFF: Final = 0.1  # of the whole that a total is off from which on its values are taken for plain ones, not shares
ROOM: Final = 0.05  # of the range of values that is left free at the ends of an axis whose range is not known
MOST: Final = 1e100  # what an axis reaches to, and the least of a logarithmic one is its inverse: floats must not overflow
ALIKE: Final = 1.000001  # how many times one end of an axis the other is where both are the same
_ISO: Final = re.compile(r"(-?\d{4,6})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?)?)?Z?")

Place = tuple[float, float]
Ends = dict[tuple[int, int], tuple[float, float]]  # by the numbers of series and point
_Stack = tuple[str, str, str, bool]  # mark, axis, category, whether it is below zero
MarkKind = Literal["bar", "line", "area", "point"]


class Frame(NamedTuple):
    """The rectangle of a plot, in pixels of a picture."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Scale:
    """What turns values into shares, 0..1, of the length of an axis; `low` is at its beginning and may be the larger.

    `places` are the categories by name, each with its number; they stand in the middle of their room.
    """

    kind: Literal["linear", "log", "date", "category"]
    low: float = 0.0
    high: float = 1.0
    places: Mapping[str, int] = field(default_factory=dict)

    def share(self, value: float | str | None) -> float | None:
        """Return where a value stands, 0 at the beginning of the axis and 1 at its end; None where it has no place."""
        if value is None:
            return None
        if self.kind == "category":
            number = self.places.get(key_of(value))
            return None if number is None else (number + 0.5) / len(self.places)
        number_of = number_from(value)
        if number_of is None or (self.kind == "log" and number_of <= 0):
            return None
        low, high, place = (math.log10(v) if self.kind == "log" else v for v in (self.low, self.high, number_of))
        return (place - low) / (high - low)


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot: its frame in pixels, and its scales; `x` runs along the categories, whatever the orientation."""

    frame: Frame
    x: Scale
    y: Scale
    second: Scale | None = None
    horizontal: bool = False

    def scale_of(self, series: Series) -> Scale:
        """Return the scale that a series is measured by."""
        return self.second if series.axis == "second" and self.second is not None else self.y

    def at(self, along: float, up: float) -> Place:
        """Return the pixel of shares of the two axes; the categories of horizontal bars stand from top to bottom."""
        left, top, right, bottom = self.frame
        along, up = (min(1 + REACH, max(-REACH, share)) for share in (along, up))
        if not self.horizontal:
            return left + along * (right - left), bottom - up * (bottom - top)
        down = along if self.x.kind == "category" else 1 - along
        return left + up * (right - left), top + down * (bottom - top)


# Values


def seconds_of(text: str) -> float | None:
    """Return a date as ISO 8601 writes it, as fine as it is told, as seconds since 1970-01-01 (UTC); None where it is none."""
    match = _ISO.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or least) for part, least in zip(match.groups(), (0, 1, 1, 0, 0, 0)))  # noqa: B905
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc).timestamp()
    except ValueError:  # no such day, or a year that Python has not
        return None


def number_from(value: float | str) -> float | None:
    """Return a value as the number that a scale places: a date as its seconds; None of other texts."""
    return seconds_of(value) if isinstance(value, str) else value


def key_of(value: float | str) -> str:
    """Return the name of a category."""
    return value if isinstance(value, str) else format(value, ".15g")


def with_unit(title: str, unit: str) -> str:
    """Return the title of an axis with its unit."""
    return " ".join(filter(None, [title.strip(), f"({unit.strip()})" if unit.strip() else ""]))


def mark_of(chart: Chart, series: Series) -> MarkKind:
    """Return what shows the values of a series."""
    of_type: dict[str, MarkKind] = {"bar": "bar", "area": "area", "scatter": "point"}
    return series.mark or of_type.get(chart.chart_type, "line")


def colour_of(series: Series, number: int) -> str:
    """Return the colour of a series, one of the palette where it is not known."""
    return series.colour if re.fullmatch("#[0-9a-fA-F]{6}", series.colour) else PALETTE[number % len(PALETTE)]


def is_floating(chart: Chart, series: Series, point: Point) -> bool:
    """Return whether a point is a bar or area that floats from `low` to `high`, and not one with an error bar."""
    ends = point.low, point.high
    return mark_of(chart, series) in ("bar", "area") and None not in ends and point.y in ends


def box_part(series: Series) -> tuple[str, str] | None:
    """Return the group of a series of a box plot, empty where there is only one, and its part; None where it is none."""
    name = series.name.lower()
    part = next((part for part in BOX_PARTS if name == part or name.endswith(f" {part}")), None)
    return None if part is None else (series.name[: -len(part)].strip(), part)


# Scales


def plot_of(chart: Chart, frame: Frame) -> Plot:
    """Return the plot of a chart in a frame; axes whose ends are not told reach over the values."""
    second = _value_scale(chart, "second", chart.second_axis) if chart.second_axis is not None else None
    if chart.chart_type == "heatmap":
        rows = {name: place for place, name in enumerate(dict.fromkeys(reversed([s.name for s in chart.series])))}
        return Plot(frame, _x_scale(chart), Scale("category", places=rows))
    return Plot(frame, _x_scale(chart), _value_scale(chart, "first", chart.y_axis), second, chart.orientation == "horizontal")


def _x_scale(chart: Chart) -> Scale:
    axis, values = chart.x_axis, [point.x for series in chart.series for point in series.points]
    numbers = [number_from(value) for value in values]
    known = [number for number in numbers if number is not None]
    texts = any(isinstance(value, str) for value in values)
    counted = len(known) == len(numbers) and axis.scale != "category" and chart.chart_type not in ("box", "heatmap", "pie")
    if not counted or not known or (texts and axis.scale != "date"):
        return Scale("category", places={key: n for n, key in enumerate(dict.fromkeys(map(key_of, values)))})
    pad = least_step(known) / 2 if any(mark_of(chart, series) == "bar" for series in chart.series) else 0.0
    return _ranged(axis, [min(known) - pad, max(known) + pad], room=0.0 if pad else ROOM)


def _value_scale(chart: Chart, which: Literal["first", "second"], axis: Axis) -> Scale:
    own = [series for series in chart.series if series.axis == which or chart.second_axis is None]
    points = [point for series in own for point in series.points]
    values = [v for p in points for v in (p.y, p.low, p.high) if v is not None]
    if chart.stacking != "none":
        values += [end for stack in stacks(chart).values() for end in stack]
    if any(mark_of(chart, series) in ("bar", "area") for series in own) and axis.scale == "linear" and chart.chart_type != "box":
        values.append(0.0)
    return _ranged(axis, values or [0.0, 1.0])


def _ranged(axis: Axis, values: Sequence[float], room: float = ROOM) -> Scale:
    """Return the scale of an axis: with the ends that it tells, else those of values."""
    kind = "linear" if axis.scale == "category" else axis.scale
    usable = [_bounded(value) for value in values if kind != "log" or value > 0]
    low, high = min(usable, default=1.0), max(usable, default=10.0)
    if kind == "log":
        low, high = 10 ** math.floor(math.log10(max(low, 1 / MOST))), 10 ** math.ceil(math.log10(max(high, 1 / MOST)))
    else:
        extra = room * (high - low)
        low, high = (low if low == 0 else low - extra), (high if high == 0 else high + extra)
    low, high = (_bounded(told) if told is not None else own for told, own in ((axis.low, low), (axis.high, high)))
    if kind == "log" and not (min(low, high) >= 1 / MOST and max(low, high) > ALIKE * min(low, high)):
        return Scale(kind, 1.0, 10.0)
    if abs(high - low) <= (ALIKE - 1) * max(abs(low), abs(high)):
        middle, reach = (low + high) / 2, 0.5 + ROOM * abs(low)
        low, high = middle - reach, middle + reach
    return Scale(kind, low, high)


def _bounded(value: float) -> float:
    return min(MOST, max(-MOST, value))


def least_step(numbers: Iterable[float]) -> float:
    """Return the least distance of two neighbours, 1 where there are none."""
    return min((b - a for a, b in pairwise(sorted(set(numbers)))), default=1.0)


# Stacks


def stacks(chart: Chart) -> Ends:
    """Return between which values each bar or area of a stack stands, by the numbers of series and point.

    Positive values stand on each other above zero, negative ones below, in the order in which their boxes stand on the page, of
    values in the same box in that of their series.
    """
    members: dict[_Stack, list[tuple[int, int, Point, float]]] = {}
    for number, series in enumerate(chart.series):
        kind = mark_of(chart, series)
        for place, point in enumerate(series.points):
            if kind in ("bar", "area") and point.y is not None and not is_floating(chart, series, point):
                stack: _Stack = kind, series.axis, key_of(point.x), point.y < 0
                members.setdefault(stack, []).append((number, place, point, point.y))
    ends: Ends = {}
    tops: dict[_Stack, float] = {}
    for stack, parts in members.items():
        tops[stack] = 0.0
        for number, place, _, value in sorted(parts, key=lambda part: _height(chart, part[2]), reverse=stack[-1]):
            ends[number, place] = tops[stack], tops[stack] + value
            tops[stack] += value
    return _shared(chart, ends, tops) if chart.stacking == "percent" else ends


def _height(chart: Chart, point: Point) -> float:
    """Return how far along the axis of values the middle of a point's box stands, as a share of the page."""
    axis, box = chart.y_axis, point.box
    along = box.left + box.right if chart.orientation == "horizontal" else -(box.top + box.bottom)
    inverted = axis.low is not None and axis.high is not None and axis.low > axis.high
    return (-along if inverted else along) / 2


def _shared(chart: Chart, ends: Ends, tops: Mapping[_Stack, float]) -> Ends:
    """Return the stacks of a 100 % chart with those that are told in plain values, and are complete, made shares of the whole."""
    fraction = chart.y_axis.high == 1.0 or (chart.y_axis.high is None and max(tops.values(), default=0.0) <= FRACTIONS)
    whole = 1.0 if fraction else 100.0
    told = Counter(key_of(point.x) for series in chart.series for point in series.points if point.y is not None)
    made = dict(ends)
    for (number, place), (start, end) in ends.items():
        series = chart.series[number]
        key = key_of(series.points[place].x)
        total = tops.get((mark_of(chart, series), series.axis, key, False), 0.0)
        if total > 0 and told[key] == len(chart.series) and abs(total - whole) > SHARES_OFF * whole:
            made[number, place] = whole * start / total, whole * end / total
    return made
