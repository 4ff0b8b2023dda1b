"""Charts as data: the question, and how good an answer is. Answered by a `Chart`."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from docai.document import Axis, Chart, Point, Series

TOLERANCES: Final = (0.005, 0.02, 0.05)  # of a value, or of an axis' range, within which a value read is counted as right
RIGHT: Final = 0.02  # the tolerance by which scores of curves and clouds of points, and confidences, are judged
SURE: Final = 0.9  # from this confidence on a value should be right
KEYS_APART: Final = 0.5  # normalised edit distance from which on two keys are not alike: tau of DePlot, section 4.2
VALUES_APART: Final = 0.1  # relative error from which on two values are not alike: theta of DePlot, section 4.2
SMALL: Final = 0.02  # of the largest value: smaller ones, 0 among them, are held to that, since no drawing tells them finer
SAME_PLACE: Final = 0.02  # of the range of x within which two numbers or dates are one place


@dataclass(frozen=True, slots=True)
class ReadChart:
    """Asks for the data of the one chart in a view; `languages` are ISO 639-1 codes, most likely first."""

    languages: tuple[str, ...] = ("en",)
    name: str = "chart"


# Scores


@dataclass(frozen=True, slots=True)
class ChartScore:
    """How well a chart was read.

    Attributes:
        gained_read: What the values read gained, each 0..1 by the likeness of its key and its value.
        gained_true: The same of the true values.
        read: How many values were read.
        expected: How many true values there are.
        met: How many true values were read within each of `TOLERANCES`.
        sure: How many values were read with a confidence of at least `SURE`.
        sure_right: How many of these are right within `RIGHT`.
        type_right: Whether bars were called bars.
        form_right: Whether the type, the orientation and the stacking are right.
    """

    gained_read: float
    gained_true: float
    read: int
    expected: int
    met: tuple[int, ...]
    sure: int
    sure_right: int
    type_right: bool
    form_right: bool

    @property
    def precision(self) -> float:
        """Share of what was read that is true, 0..1; 1 where nothing was read."""
        return self.gained_read / self.read if self.read else 1.0

    @property
    def recall(self) -> float:
        """Share of what is true that was read, 0..1; 1 where there is nothing to read."""
        return self.gained_true / self.expected if self.expected else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall: RMS F1, relative mapping similarity."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def score(read: Chart | None, truth: Chart) -> ChartScore:
    """Return how well a chart was read; None is a chart that was not.

    Values are mapped by their keys, category and series, as relative mapping similarity does (Liu et al. 2022, "DePlot",
    arXiv:2212.10505, section 4.2), with keys in one fixed order, so that nothing need be transposed. Values are compared
    relative to the true one; those of a pie as shares of their sum, on which a drawing without numbers is silent beyond.
    Lines and areas over numbers or dates are compared as curves: a true point is met where the curve read passes by it, a point
    read is right where the true curve does. Points of two numbers are met by the nearest. Of these, as of box plots and heat
    maps, errors are relative to the range of the axis, on a logarithmic one to that of its logarithms, and for RMS F1 a value
    is right within `RIGHT` or gains nothing.
    """
    found = _outcome(read, truth) if read is not None else _Outcome.of_nothing(truth)
    type_right = read is not None and read.chart_type == truth.chart_type
    form_right = type_right and read is not None and (read.orientation, read.stacking) == (truth.orientation, truth.stacking)
    return ChartScore(
        gained_read=sum(found.gains_read),
        gained_true=sum(found.gains_true),
        read=len(found.errors_read),
        expected=len(found.errors_true),
        met=tuple(sum(error <= tolerance for error in found.errors_true) for tolerance in TOLERANCES),
        sure=sum(sure >= SURE for sure in found.confidences),
        sure_right=sum(sure >= SURE and error <= RIGHT for sure, error in zip(found.confidences, found.errors_read, strict=True)),
        type_right=type_right,
        form_right=form_right,
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The error and the gain of each value read and of each true one; an error is infinite where there is no counterpart."""

    errors_read: Sequence[float]
    errors_true: Sequence[float]
    gains_read: Sequence[float]
    gains_true: Sequence[float]
    confidences: Sequence[float]

    @classmethod
    def of_nothing(cls, truth: Chart) -> _Outcome:
        count = len(_entries(truth, _Keys(truth, several=False)))
        return cls([], [math.inf] * count, [], [0.0] * count, [])

    @classmethod
    def by_errors(cls, errors_read: Sequence[float], errors_true: Sequence[float], confidences: Sequence[float]) -> _Outcome:
        gains = [[float(error <= RIGHT) for error in errors] for errors in (errors_read, errors_true)]
        return cls(errors_read, errors_true, gains[0], gains[1], confidences)

    def __add__(self, other: _Outcome) -> _Outcome:
        return _Outcome(
            [*self.errors_read, *other.errors_read],
            [*self.errors_true, *other.errors_true],
            [*self.gains_read, *other.gains_read],
            [*self.gains_true, *other.gains_true],
            [*self.confidences, *other.confidences],
        )


def _outcome(read: Chart, truth: Chart) -> _Outcome:
    numeric = truth.x_axis.scale != "category" and all(
        _place(point.x, truth.x_axis) is not None for series in truth.series for point in series.points
    )
    if truth.chart_type == "scatter" and numeric:
        return _cloud(read, truth)
    if truth.chart_type in ("line", "area") and numeric:
        return _curves(read, truth)
    return _mapped(read, truth)


# Values by their keys


class _Entry(NamedTuple):
    """A value with its key: the category and the series."""

    key: str
    value: float
    confidence: float
    tolerated: float  # what errors are relative to
    logarithmic: bool = False


class _Keys:
    """Names the values of a chart by category and series, numbers and dates by those of the true chart that they are near to."""

    def __init__(self, truth: Chart, *, several: bool) -> None:
        self._axis, self._several = truth.x_axis, several
        known = {point.x for series in truth.series for point in series.points}
        places = [(_place(x, self._axis), x) for x in known]
        self._places = [(place, x) for place, x in places if place is not None] if len(known) > 1 else []
        if len(self._places) < len(known):
            self._places = []
        ordered = sorted(place for place, _ in self._places)
        steps = [after - before for before, after in pairwise(ordered) if after > before]
        self._near = 0.5 * min(steps, default=0.0)

    def key(self, x: float | str, series: str) -> str:
        place = _place(x, self._axis) if self._places else None
        if place is not None:
            nearest, known = min(self._places, key=lambda other: abs(other[0] - place))
            x = known if abs(nearest - place) <= self._near else x
        text = f"{x:g}" if isinstance(x, float) else x
        return _plain(f"{text} {series}" if self._several else text)


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("−", "-").split())


def _mapped(read: Chart, truth: Chart) -> _Outcome:
    """Return how values compare that are mapped by their keys."""
    true = _entries(truth, _Keys(truth, several=len(truth.series) > 1))
    found = _entries(read, _Keys(truth, several=len(read.series) > 1), like=truth)
    pairs = _paired([entry.key for entry in found], [entry.key for entry in true], found, true)
    errors_read, gains_read = [math.inf] * len(found), [0.0] * len(found)
    errors_true, gains_true = [math.inf] * len(true), [0.0] * len(true)
    for here, there, alike in pairs:
        error = _error(found[here].value, true[there])
        errors_read[here] = errors_true[there] = error
        ranged = truth.chart_type in ("line", "area", "box", "heatmap", "scatter")
        gain = float(error <= RIGHT) if ranged else max(0.0, 1.0 - error) * (error < VALUES_APART)
        gains_read[here] = gains_true[there] = alike * gain
    return _Outcome(errors_read, errors_true, gains_read, gains_true, [entry.confidence for entry in found])


def _error(value: float, true: _Entry) -> float:
    if true.logarithmic:
        return abs(math.log10(value / true.value)) / true.tolerated if value > 0 else math.inf
    return abs(value - true.value) / true.tolerated if true.tolerated else float(value != true.value)


def _entries(chart: Chart, keys: _Keys, like: Chart | None = None) -> list[_Entry]:
    """Return the values of a chart with their keys; the ends of error bars and of floating bars where `like` has them."""
    truth = like or chart
    ends = any(point.low is not None for series in truth.series for point in series.points)
    whole = sum(abs(point.y) for series in chart.series for point in series.points if point.y is not None)
    entries: list[_Entry] = []
    for series in chart.series:
        span, logarithmic = _measure(series, chart)
        for point in series.points:
            key = keys.key(point.x, series.name)
            for suffix, value in _numbers(point, ends=ends):
                number = abs(value) / whole if truth.chart_type == "pie" and whole else value
                largest = 1.0 if truth.chart_type == "pie" else _largest(chart)
                tolerated = span or max(abs(number), SMALL * largest)
                entries.append(_Entry(key + suffix, number, point.confidence, tolerated, logarithmic and number > 0))
    return entries


def _numbers(point: Point, *, ends: bool) -> Iterator[tuple[str, float]]:
    if point.y is not None:
        yield "", point.y
    if ends:
        for suffix, value in ((" low", point.low), (" high", point.high)):
            if value is not None and value != point.y:
                yield suffix, value


def _largest(chart: Chart) -> float:
    return max((abs(point.y) for series in chart.series for point in series.points if point.y is not None), default=0.0)


def _measure(series: Series, chart: Chart) -> tuple[float, bool]:
    """Return the range that errors of a series are relative to, 0 where they are to each value, and whether it is logarithmic."""
    curved = chart.chart_type in ("line", "area", "box", "heatmap", "scatter") or series.mark in ("line", "point")
    if not curved:
        return 0.0, False
    axis = chart.second_axis if series.axis == "second" and chart.second_axis else chart.y_axis
    same = [other for other in chart.series if other.axis == series.axis and (other.mark == series.mark or not series.mark)]
    return _range([point.y for other in same for point in other.points if point.y is not None], axis)


def _range(values: Sequence[float], axis: Axis) -> tuple[float, bool]:
    """Return the range of an axis, or of its values where the axis does not tell its own, and whether it is logarithmic."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    if axis.low is not None and axis.high is not None:
        low, high = min(axis.low, axis.high), max(axis.low, axis.high)
    if axis.scale == "log" and low > 0:
        return math.log10(high / low), True
    return high - low, False


def _paired(
    here: Sequence[str], there: Sequence[str], found: Sequence[_Entry], true: Sequence[_Entry]
) -> list[tuple[int, int, float]]:
    """Return which keys belong together, and how alike, 0..1: equal ones first, the others so that they are most alike in all."""
    pairs: list[tuple[int, int, float]] = []
    places: dict[str, list[int]] = defaultdict(list)
    for place in sorted(range(len(there)), key=lambda place: true[place].value):
        places[there[place]].append(place)
    left: list[int] = []
    for key, own in _grouped(here).items():
        others = places.get(key, [])
        cost = np.array([[abs(found[i].value - true[j].value) for j in others] for i in own])
        chosen = dict(_assigned(cost)) if others else {}
        pairs += [(own[row], others[column], 1.0) for row, column in chosen.items()]
        places[key] = [other for column, other in enumerate(others) if column not in chosen.values()]
        left += [place for row, place in enumerate(own) if row not in chosen]
    free = [place for own in places.values() for place in own]
    if left and free:
        alike = np.array([[_likeness(here[i], there[j]) for j in free] for i in left])
        pairs += [(left[row], free[column], float(alike[row, column])) for row, column in _assigned(1.0 - alike)]
    return [pair for pair in pairs if pair[2] > 0.0]


def _grouped(keys: Sequence[str]) -> Mapping[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        groups[key].append(place)
    return groups


def _likeness(one: str, other: str) -> float:
    distance = Levenshtein.normalized_distance(one, other)
    return 1.0 - distance if distance < KEYS_APART else 0.0


def _assigned(cost: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return pairs of rows and columns, as many as there can be, whose sum of costs is least: Kuhn (1955), Munkres (1957).

    By shortest augmenting paths with potentials (Jonker and Volgenant 1987); time grows with the third power of the size.
    """
    if cost.shape[0] > cost.shape[1]:
        return [(row, column) for column, row in _assigned(cost.T)]
    rows, columns = cost.shape
    rises, falls = np.zeros(rows + 1), np.zeros(columns + 1)  # the potentials; place 0 is nobody's
    owner = np.zeros(columns + 1, dtype=np.int64)  # the row, from 1, that has a column, or 0
    for row in range(1, rows + 1):
        owner[0], column = row, 0
        least = np.full(columns + 1, np.inf)
        came = np.zeros(columns + 1, dtype=np.int64)
        used = np.zeros(columns + 1, dtype=bool)
        while owner[column] or column == 0:
            used[column] = True
            reduced = cost[owner[column] - 1] - rises[owner[column]] - falls[1:]
            better = ~used[1:] & (reduced < least[1:])
            least[1:][better], came[1:][better] = reduced[better], column
            following = int(np.argmin(np.where(used, np.inf, least)))
            step = least[following]
            rises[owner[used]] += step
            falls[used] -= step
            least[~used] -= step
            column = following
        while column:
            owner[column] = owner[came[column]]
            column = int(came[column])
    return [(int(owner[column]) - 1, column - 1) for column in range(1, columns + 1) if owner[column]]


# Curves and clouds of points


def _cloud(read: Chart, truth: Chart) -> _Outcome:
    """Return how points compare, each with the nearest free one; series are not looked at, as colours may be all that tells."""
    (found, confidences), (true, _) = _points([read], truth), _points([truth], truth)
    errors_read, errors_true = np.full(len(found), np.inf), np.full(len(true), np.inf)
    if len(found) and len(true):
        spans = np.array([_spread(true[:, 0], truth.x_axis), _spread(true[:, 1], truth.y_axis)])
        apart = np.abs(_scaled(found, truth)[:, None] - _scaled(true, truth)[None]) / spans
        distance = np.nan_to_num(apart.max(axis=2), nan=np.inf)
        for place in np.argsort(distance, axis=None):
            here, there = divmod(int(place), len(true))
            if np.isinf(errors_read[here]) and np.isinf(errors_true[there]):
                errors_read[here] = errors_true[there] = distance[here, there]
    return _Outcome.by_errors(errors_read.tolist(), errors_true.tolist(), confidences)


def _spread(values: NDArray[np.float64], axis: Axis) -> float:
    return _range(values.tolist(), axis)[0] or 1.0


def _scaled(points: NDArray[np.float64], truth: Chart) -> NDArray[np.float64]:
    """Return points with the logarithms of what is on logarithmic axes; what has none is nowhere."""
    scaled: NDArray[np.float64] = points.copy()
    for column, axis in enumerate((truth.x_axis, truth.y_axis)):
        if axis.scale == "log":
            positive = scaled[:, column] > 0
            scaled[:, column] = np.log10(np.where(positive, scaled[:, column], 1.0))
            scaled[~positive, column] = np.inf
    return scaled


def _points(charts: Iterable[Chart], truth: Chart) -> tuple[NDArray[np.float64], list[float]]:
    """Return (n, 2) x and y, and the confidences, of all points that have both."""
    points = [(_place(point.x, truth.x_axis), point) for chart in charts for series in chart.series for point in series.points]
    kept = [(x, point.y, point.confidence) for x, point in points if x is not None and point.y is not None]
    return np.array([one[:2] for one in kept], dtype=np.float64).reshape(-1, 2), [one[2] for one in kept]


class _Curve(NamedTuple):
    """A line through points, from left to right."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    confidences: tuple[float, ...]


def _curves(read: Chart, truth: Chart) -> _Outcome:
    """Return how lines compare, each true one with the one read that meets it best; names must not contradict."""
    true, found = list(_lines(truth, truth)), list(_lines(read, truth))
    span, logarithmic = _range([float(y) for curve in true for y in curve.y], truth.y_axis)
    outcome = _Outcome([], [], [], [], [])
    free = set(range(len(found)))
    named = len(true) > 1
    candidates = []
    for there, curve in enumerate(true):
        for here, other in enumerate(found):
            alike = _likeness(_plain(other.name), _plain(curve.name)) if named and other.name and curve.name else 0.5
            errors = _distances(curve, other, truth, span, logarithmic=logarithmic)
            candidates.append((alike * (float((errors <= RIGHT).mean()) + 0.01), there, here))  # of equally bad, the namesake
    matched: dict[int, int] = {}
    for alike, there, here in sorted(candidates, reverse=True):
        if alike > 0 and there not in matched and here in free:
            matched[there] = here
            free.discard(here)
    for there, curve in enumerate(true):
        if there not in matched:
            outcome += _Outcome.by_errors([], [math.inf] * len(curve.x), [])
            continue
        other = found[matched[there]]
        errors_true = _distances(curve, other, truth, span, logarithmic=logarithmic)
        errors_read = _distances(other, curve, truth, span, logarithmic=logarithmic)
        outcome += _Outcome.by_errors(errors_read.tolist(), errors_true.tolist(), other.confidences)
    for here in sorted(free):
        outcome += _Outcome.by_errors([math.inf] * len(found[here].x), [], found[here].confidences)
    return outcome


def _lines(chart: Chart, truth: Chart) -> Iterator[_Curve]:
    for series in chart.series:
        placed = [(_place(point.x, truth.x_axis), point) for point in series.points if point.y is not None]
        kept = sorted(((x, point) for x, point in placed if x is not None), key=lambda pair: pair[0])
        if kept:
            values = [point.y if point.y is not None else math.nan for _, point in kept]
            sure = tuple(point.confidence for _, point in kept)
            yield _Curve(series.name, np.array([x for x, _ in kept]), np.array(values), sure)


def _distances(points: _Curve, curve: _Curve, truth: Chart, span: float, *, logarithmic: bool) -> NDArray[np.float64]:
    """Return how far each point of one curve is from another at its x, in `span`; infinite beyond the other's ends."""
    x, y, other = points.x, points.y, curve.y
    places = [_place(point.x, truth.x_axis) for series in truth.series for point in series.points]
    known = [place for place in places if place is not None]
    slack = SAME_PLACE * (max(known) - min(known)) if known else 0.0
    if logarithmic:
        with np.errstate(divide="ignore", invalid="ignore"):
            y, other = np.log10(y), np.log10(other)
    there = np.interp(x, curve.x, other)
    errors = np.abs(there - y) / (span or 1.0)
    errors[(x < curve.x[0] - slack) | (x > curve.x[-1] + slack)] = np.inf
    # steps have two values at one place, of which interpolation knows one
    same = np.abs(curve.x[None] - x[:, None]) <= 0.1 * slack
    beside = np.where(same, np.abs(other[None] - y[:, None]) / (span or 1.0), np.inf).min(axis=1)
    nearest: NDArray[np.float64] = np.nan_to_num(np.minimum(errors, beside), nan=np.inf)
    return nearest


_ISO: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?)?)?")


def _place(x: float | str, axis: Axis) -> float | None:
    """Return where a number or date stands on an axis, in its unit or in seconds since 1970; None for what is neither.

    A histogram's bin, `6 – 6.5`, stands at its middle. Years may be told as numbers or as dates: an axis shows both alike.
    """
    text = f"{x:.0f}" if isinstance(x, float) and axis.scale == "date" and 1000 <= x < 3000 else x  # a year
    if not isinstance(text, str):
        return text
    date = _ISO.fullmatch(text.strip())
    if axis.scale == "date":
        if date is None:
            return None
        year, month, day, hour, minute, second = (int(part) if part else None for part in date.groups())
        try:
            moment = datetime(year or 1, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=timezone.utc)
        except ValueError:
            return None
        return moment.timestamp()
    if date is not None and date[2] is not None:
        return int(date[1]) + (int(date[2]) - 1) / 12 + (int(date[3] or 1) - 1) / 365.2425
    try:
        ends = [float(end.strip().replace("−", "-")) for end in text.split(" – ")]
    except ValueError:
        return None
    number = sum(ends) / len(ends)
    return number if math.isfinite(number) else None
