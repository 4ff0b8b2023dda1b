"""What the labels of an axis mean to the marks of its plot: values or names, and dates by days or by months all as wide."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from itertools import pairwise
from typing import Final

import numpy as np

from docai.backends.classical.charts.axes.calibration import EXACT, MONTHLY, SNAPPED, UNLIKE_DAYS, Axis
from docai.backends.classical.charts.axes.categories import (
    CENTRED,
    LOOSE,
    WIDE_PITCH_EMS,
    bars_between,
    columns_of,
    marked_places,
    middle_of,
    with_periods,
)
from docai.backends.classical.charts.axes.dates import read_moment
from docai.backends.classical.charts.axes.fits import straight
from docai.backends.classical.charts.axes.ticks import anchor
from docai.backends.classical.charts.axes.wholes import join
from docai.backends.classical.charts.periods import months_of
from docai.backends.classical.charts.scales import Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Scene

YEAR: Final = re.compile(r"(?:1[89]|20)\d\d")
FLUSH_EMS: Final = 0.2  # that the middles of two lines of one name are apart at most
NAMED_SHARE: Final = 0.8  # of bars that must stand in the middle of ticks that are names
APART: Final = 1.05  # times as far as bars of one group that those of neighbouring groups stand apart at least
BASED_SHARE: Final = 0.6  # of the columns of bars that must stand on one line
SURE_NAMES: Final = 0.97  # sure is an axis of names at least at which marks stand
WITHIN_YEAR: Final = 0.03  # of a year's length that something is off its beginning at most if it is meant to be there
NO_NAME: Final = 0.6  # of a step between two names, at least
EVEN: Final = 0.3  # of the residual as dates that months have at most where they stand evenly, as names do
LEAST_VALUES: Final = 5  # of lines, that tell that all months are as wide
MONTHS_OFF: Final = 0.15  # scene units that they are off the begins of months at most


def as_told(axis: Axis, other: Scale, labels: Sequence[Label], scene: Scene) -> Scale:
    """Return what an axis tells: values, or names where bars stand on its ticks, or its dates stand evenly."""
    if are_monthly_dates(axis, other, scene):
        return axis.scale
    if stand_evenly(axis) or are_names(axis, other, scene) or are_months_marked(axis, other, scene):
        return as_names(axis, other, labels, scene)
    return as_years(as_months(axis.scale, other, scene), other, scene)


def are_names(axis: Axis, values: Scale, scene: Scene) -> bool:
    """Return whether the numbers or dates of an axis are names of bars: each bar stands in the middle of one.

    Bars that stand between ticks, or far more of them than ticks, are measured by the axis.
    """
    scale = axis.scale
    horizontal = scale.horizontal
    bars = bars_between(scene, scale, values)
    columns: dict[float, list[Extent]] = defaultdict(list)
    for bar in bars:
        columns[round(2 * middle_of(bar, horizontal=horizontal)) / 2].append(bar)
    if len(columns) < 2 or not _are_based(list(columns.values()), horizontal=horizontal):
        return False
    step, ticks = scale.step, [_place_of_name(tick, axis) for tick in scale.ticks]
    off = max(CENTRED * step, 0.6 + scene.blur)
    nearest = {place: min(ticks, key=lambda tick: abs(tick - place)) for place in columns}
    centred = sum(abs(tick - place) <= off for place, tick in nearest.items())
    thick = max(_thickness(bar, horizontal=horizontal) for bar in bars)
    grouped = _stand_around(columns, ticks, step) and thick < 0.6 * step
    named = centred >= NAMED_SHARE * len(columns) or grouped
    return named and thick <= 1.02 * step + 2 * scene.blur and len(set(nearest.values())) >= 0.5 * len(ticks)


def _stand_around(columns: dict[float, list[Extent]], ticks: Sequence[float], step: float) -> bool:
    """Return whether groups of bars stand around ticks: the middles of all that are nearest to a tick average to it.

    Groups stand further apart than their bars; the bins of a histogram all stand alike.
    """
    steps = [after - before for before, after in pairwise(sorted(columns))]
    if len(columns) > 3 and max(steps) - min(steps) <= 2 * CENTRED * step:
        return False
    groups: dict[float, list[float]] = defaultdict(list)
    for place in columns:
        groups[min(ticks, key=lambda tick: abs(tick - place))].append(place)
    sizes = [len(group) for group in groups.values()]
    if min(sizes) < 2 or min(sizes) != max(sizes):
        return False
    off = [abs((min(group) + max(group)) / 2 - tick) for tick, group in groups.items()]
    within = max(after - before for group in groups.values() for before, after in pairwise(sorted(group)))
    ordered = sorted(groups.values(), key=min)
    between = min(min(after) - max(before) for before, after in pairwise(ordered)) if len(ordered) > 1 else step
    return max(off) <= CENTRED * step + 0.6 and between > APART * within  # the bins of a histogram go on evenly


def stand_evenly(axis: Axis) -> bool:
    """Return whether months, quarters or days stand evenly, as the names of bands do, and not as the days between them go."""
    scale = axis.scale
    if scale.kind != "date" or len(scale.ticks) < 4 or scale.form.endswith("%H:%M") or scale.form == "%Y":
        return False
    places = np.array([tick.place for tick in scale.ticks])
    if axis.support < SNAPPED:  # ticks without marks have been moved to where their dates are
        places = np.array([anchor(tick.label, horizontal=scale.horizontal) for tick in scale.ticks])
    seconds = np.array([tick.value or 0.0 for tick in scale.ticks])
    steps = np.round(np.diff(seconds) / np.diff(seconds).min())
    order = np.concatenate([[0.0], np.cumsum(steps)])
    even, dated = straight(places, order)[2], straight(places, seconds)[2]
    quarters = all(moment is not None and moment.quarter for moment in (read_moment(tick.text) for tick in scale.ticks))
    if quarters and axis.support < SNAPPED and scale.horizontal:
        return even <= dated  # ticks would stand at their dates; between ticks they are names
    return dated > 0.25 and even < EVEN * dated


def are_monthly_dates(axis: Axis, values: Scale, scene: Scene) -> bool:
    """Return whether an axis on which all months are as wide tells dates, and no names: of lines and points, by years and months.

    Quarters are named as they are printed.
    """
    scale = axis.scale
    if not scale.monthly or bars_between(scene, scale, values):
        return False
    return not any(moment.quarter for tick in scale.ticks if (moment := read_moment(tick.text)) is not None)


def as_months(scale: Scale, values: Scale, scene: Scene) -> Scale:
    """Return an axis of dates as one whose months are all as wide, where lines have all their values at the begins of such months.

    The labels of half years stand about as well by their days.
    """
    at = sorted(set(marked_places(scene, scale, values)))
    if scale.kind != "date" or scale.monthly or scale.form not in MONTHLY or len(at) < LEAST_VALUES:
        return scale
    told = [(tick.place, months_of(tick.value)) for tick in scale.ticks if tick.value is not None]
    step, origin, residual = straight(np.array([place for place, _ in told]), np.array([months for _, months in told]))
    if residual > scale.residual + UNLIKE_DAYS:
        return scale
    places = np.array(at)
    by_months = (places - origin) / step
    by_days = np.array([months_of(scale.value(place)) for place in at])
    off, dated = (float(np.abs(months - np.round(months)).max()) * abs(step) for months in (by_months, by_days))
    if off > MONTHS_OFF or off > dated / 2:
        return scale
    return replace(scale, monthly=True, slope=1 / step, intercept=-origin / step, residual=residual)


def are_months_marked(axis: Axis, values: Scale, scene: Scene) -> bool:
    """Return whether an axis of months or days tells no year, and all lines and points have their values at its ticks.

    Nothing tells the year then: the labels are the names of the values.
    """
    scale = axis.scale
    if scale.kind != "date" or not scale.form.startswith("%m"):
        return False
    at = marked_places(scene, scale, values)
    ticks = [tick.place for tick in scale.ticks]
    return bool(at) and all(min(abs(place - tick) for tick in ticks) <= LOOSE for place in at)


def as_years(scale: Scale, values: Scale, scene: Scene) -> Scale:
    """Return an axis of years as one of numbers, where these stand as evenly as dates do and nothing is shown within a year."""
    if scale.kind != "date" or scale.form != "%Y" or any(tick.value is None for tick in scale.ticks):
        return scale
    years = [float(datetime.fromtimestamp(tick.value or 0.0, tz=timezone.utc).year) for tick in scale.ticks]
    step, origin, residual = straight(np.array([tick.place for tick in scale.ticks]), np.array(years))
    at = marked_places(scene, scale, values)
    whole = all(abs(place - step * round((place - origin) / step) - origin) <= WITHIN_YEAR * abs(step) for place in at)
    if not at or not whole or residual > max(scale.residual + EXACT, 2 * scale.residual):  # ticks may be rounded
        return scale
    ticks = tuple(tick._replace(value=year) for tick, year in zip(scale.ticks, years, strict=True))
    # the scale may have been moved from its ticks, since these are rounded
    off = [scale.place(tick.value) - step * year - origin for tick, year in zip(scale.ticks, years, strict=True) if tick.value]
    origin += sum(off) / max(1, len(off))
    return replace(scale, kind="linear", form="", ticks=ticks, slope=1 / step, intercept=-origin / step, residual=residual)


def _are_based(columns: Sequence[Sequence[Extent]], *, horizontal: bool) -> bool:
    """Return whether most columns of bars, stacked or not, begin or end on one line along the axis."""
    low = [min(bar.top if horizontal else bar.left for bar in column) for column in columns]
    high = [max(bar.bottom if horizontal else bar.right for bar in column) for column in columns]
    places = low + high
    most = max(sum(abs(one - place) < 0.6 for one in places) for place in places[:60])
    return most >= BASED_SHARE * len(columns)


def as_names(axis: Axis, values: Scale, labels: Sequence[Label], scene: Scene) -> Scale:
    """Return an axis of numbers or dates as one of names, with those in line that are neither ("Begin, Jan, Feb, End").

    Those of bars between them are told where it is one of periods.
    """
    scale = axis.scale
    others = [Tick(anchor(label, horizontal=scale.horizontal), label) for label in _in_line_with(axis, labels)]
    own = [
        tick._replace(value=None, place=_place_of_name(tick, axis), label=with_year_below(tick, axis, labels))
        for tick in scale.ticks
    ]
    ticks = tuple(sorted([*own, *others], key=lambda tick: tick.place))
    sure = max(SURE_NAMES, scale.confidence)  # whatever steps they would have as numbers, marks stand at them
    names = Scale("category", scale.horizontal, scale.start, scale.end, ticks, confidence=sure)
    return with_periods(names, columns_of(scene, scale, values)) if scale.kind == "date" else names


def _place_of_name(tick: Tick, axis: Axis) -> float:
    """Return where a tick stands as a name: ticks of dates without marks have been moved to where their dates are."""
    unmarked = axis.scale.kind == "date" and axis.support < SNAPPED
    return anchor(tick.label, horizontal=axis.scale.horizontal) if unmarked else tick.place


def with_year_below(tick: Tick, axis: Axis, labels: Sequence[Label]) -> Label:
    """Return the label of a tick with the year right below it, if the two tell a date: "Q3" over "2017"."""
    label, place = tick.label, tick.label.extent
    if not axis.scale.horizontal or label.turn != 0:
        return label
    for other in labels:
        below, across = other.extent.top - place.top, abs(other.extent.middle[0] - place.middle[0])
        one = other.size == label.size and 0 < below < WIDE_PITCH_EMS * label.size and across < FLUSH_EMS * label.size
        if one and YEAR.fullmatch(other.text) and read_moment(f"{label.text} {other.text}") is not None:
            return join([label, other], f"{label.text} {other.text}")
    return label


def _in_line_with(axis: Axis, labels: Sequence[Label]) -> list[Label]:
    """Return the labels that stand in line with those of an axis, along it, and are none of them."""
    scale, own = axis.scale, {label.extent for label in axis.labels}
    return [
        label
        for label in labels
        if label.extent not in own
        and label.turn == axis.labels[0].turn
        and axis.low <= middle_of(label.extent, horizontal=not scale.horizontal) <= axis.high
        and scale.start <= anchor(label, horizontal=scale.horizontal) <= scale.end
        and min(abs(anchor(label, horizontal=scale.horizontal) - tick.place) for tick in scale.ticks) > NO_NAME * scale.step
    ]


def _thickness(extent: Extent, *, horizontal: bool) -> float:
    return extent.width if horizontal else extent.height
