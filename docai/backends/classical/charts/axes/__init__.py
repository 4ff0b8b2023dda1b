"""Plots of a scene with their axes: value axes by labels that grow evenly, and names that stand beside them.

An axis alone is a line of labels (`calibration.py`); here it is told which belong to one plot, how far the plot reaches, and where
exactly zero lies.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from docai.backends.classical.charts.axes.baselines import placed_exactly
from docai.backends.classical.charts.axes.calibration import OUTLIERS_IN_PICTURES, SNAPPED, Axis, calibrated
from docai.backends.classical.charts.axes.categories import (
    crossed_between,
    find_names,
    marked_places,
    reach,
    stands_inside,
)
from docai.backends.classical.charts.axes.dates import are_uneven_years
from docai.backends.classical.charts.axes.fits import MOST_OUTLIERS
from docai.backends.classical.charts.axes.meanings import as_told
from docai.backends.classical.charts.axes.pairing import LEAST_EMS, LOOSE, are_near, paired
from docai.backends.classical.charts.axes.slanted import with_middles_told
from docai.backends.classical.charts.axes.ticks import Line, Lines, anchor, find_lines, has_swatches, in_lines
from docai.backends.classical.charts.axes.titles import doubted, with_titles
from docai.backends.classical.charts.axes.unmeasured import find_unmeasured, over_cells
from docai.backends.classical.charts.axes.wholes import prepare
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Label, Rectangle, Scene

DOUBTFUL: Final = 0.6  # confidence below which an axis needs its lines to be believed
LARGER: Final = 2.0  # times the area of the number on it that a bar has at least; a box around print fits it
LEVEL_EMS: Final = 0.3  # between the middles of a legend's marks and their labels
SIZES_EMS: Final = 4.0  # between the marks of a legend of sizes and their labels
LEAST_ALONE: Final = 4  # ticks of an axis without marks and partner
PANEL: Final = 0.5  # of a plot that a rectangle covers which is no bar


def find_plots(scene: Scene) -> list[Plot]:
    """Return the plots of a scene with their calibrated axes, in reading order.

    A scale is None where there is no such axis, or none that can be read.
    """
    lines = find_lines(scene)
    labels = with_middles_told(prepare(scene.labels), lines, scene)
    axes = _value_axes(labels, lines, scene)
    found: list[Plot] = []
    for members in paired(_without_inner(axes, scene), lines, scene):
        plot = _plot(members, labels, axes, lines, scene)
        if plot is None:
            continue
        own = [axis for axis in members if axis is not None]
        marked = all(axis.support >= SNAPPED for axis in own)
        found.append(placed_exactly(plot, max(axis.rounded for axis in own), scene, marked=marked))
    if not found:
        found = find_unmeasured(labels, lines, scene)
    extents = [plot.extent for plot in found]
    found = [_with_own_labels(with_titles(plot, labels, extents), scene) for plot in found]
    if scene.blur:
        found = [replace(plot, across=doubted(plot.across, labels), down=doubted(plot.down, labels)) for plot in found]
    return sorted(found, key=lambda plot: (round(plot.extent.top / (4 * scene.em)), plot.extent.left))


def _with_own_labels(plot: Plot, scene: Scene) -> Plot:
    """Return a plot whose used labels are those of the scene, not those that they were joined or split to."""
    used = [label.extent for label in plot.used]
    own = [
        label
        for label in scene.labels
        if any(extent.holds(label.extent.middle, 0.01) or label.extent.holds(extent.middle, 0.01) for extent in used)
    ]
    return replace(plot, used=tuple(own))


# Value axes


def _value_axes(labels: Sequence[Label], lines: Lines, scene: Scene) -> list[Axis]:
    """Return the lines of labels that are value axes, each with the extent of its plot, no label in two of a direction."""
    kept: list[Axis] = []
    for horizontal in (False, True):
        found: list[Axis] = []
        whole: list[set[int]] = []
        groups = sorted(in_lines(labels, horizontal=horizontal), key=len, reverse=True)
        for group in groups:
            own = {id(label) for label in group}
            if any(own <= other for other in whole) or (not horizontal and has_swatches(group, scene)):
                continue
            axes = [
                axis
                for axis in calibrated(group, lines.crossing(horizontal=horizontal), scene, horizontal=horizontal)
                if not _is_among_others(_spanned(axis, lines, scene), labels, scene)
            ]
            whole.extend({id(label) for label in axis.labels} for axis in axes if len(axis.labels) > 2)
            found.extend(axes)
        found.sort(key=lambda axis: axis.weight, reverse=True)
        taken: list[Extent] = []
        for axis in found:
            if any(label.extent in taken for label in axis.labels) or not _is_axis(axis, scene):
                continue
            taken.extend(label.extent for label in axis.labels)
            kept.append(axis)
    return [_spanned(axis, lines, scene) for axis in _not_broken(kept, lines)]


def _is_among_others(axis: Axis, labels: Sequence[Label], scene: Scene) -> bool:
    """Return whether many labels stand in the same line within the plot of an axis and are no ticks of it."""
    scale = axis.scale
    own = {label.extent for label in axis.labels}
    strangers = 0
    row: list[tuple[float, str]] = []
    for label in labels:
        extent, place = label.extent, anchor(label, horizontal=scale.horizontal)
        middle = extent.middle[1 if scale.horizontal else 0]
        if axis.low <= middle <= axis.high and label.turn == axis.labels[0].turn:
            row.append((place, label.text))
            held = any(extent.holds(one.middle) for one in own)  # one of its own, or split into several
            strangers += not held and scale.start - LOOSE <= place <= scale.end + LOOSE
    if are_uneven_years(row):
        return True
    share = OUTLIERS_IN_PICTURES if scene.blur else MOST_OUTLIERS
    return strangers > share * (strangers + len(own))


def _is_axis(axis: Axis, scene: Scene) -> bool:
    """Return whether labels that grow evenly are an axis: not the names of a legend, nor two numbers side by side."""
    if not axis.scale.horizontal and (has_swatches(axis.labels, scene) or (axis.support < SNAPPED and _are_sizes(axis, scene))):
        return False
    long = abs(axis.scale.ticks[-1].place - axis.scale.ticks[0].place) >= LEAST_EMS / 2 * axis.size
    return long and (len(axis.labels) > 2 or axis.support == 1.0)


def _are_sizes(axis: Axis, scene: Scene) -> bool:
    """Return whether each label of an upright axis has a mark before it, all over each other: a legend of sizes."""
    size = axis.size
    marks = [mark.extent for mark in scene.symbols] + [mark.extent for mark in scene.rectangles]
    middles: list[float] = []
    for label in axis.labels:
        near = [
            e.middle[0]
            for e in marks
            if abs(e.middle[1] - label.extent.middle[1]) < LEVEL_EMS * size
            and -size < label.extent.left - e.right < SIZES_EMS * size
        ]
        if not near:
            return False
        middles.append(max(near))
    return max(middles) - min(middles) < LEVEL_EMS * size


def _not_broken(axes: Sequence[Axis], lines: Lines) -> list[Axis]:
    """Return axes without the pieces of those that are broken, or of kinds that are not read: two scales on one line."""
    broken: set[int] = set()
    for number, axis in enumerate(axes):
        for other in axes[:number]:
            if axis.scale.horizontal != other.scale.horizontal or not _are_beside(axis, other):
                continue
            low, high = sorted(((axis.scale.start, axis.scale.end), (other.scale.start, other.scale.end)))
            gap = high[0] - low[1]
            one_line = any(
                line.low <= low[0] + LOOSE
                and line.high >= high[1] - LOOSE
                and axis.low - 8 * axis.size < line.place < axis.high + 8 * axis.size
                for line in lines.along(horizontal=axis.scale.horizontal)
            )
            if gap > 0 and one_line:
                broken |= {id(axis), id(other)}
    return [axis for axis in axes if id(axis) not in broken]


def _without_inner(axes: Sequence[Axis], scene: Scene) -> list[Axis]:
    """Return axes without columns and rows of numbers within the plot of others: values that are printed on or beside marks.

    They stand where their numbers are, as ticks do, but have no marks of their own.
    """
    axes = [axis for axis in axes if not any(_has_marks_of(axis, other) for other in axes)]
    rows = [axis for axis in axes if axis.scale.horizontal and axis.support >= SNAPPED]
    columns = [axis for axis in axes if not axis.scale.horizontal and axis.support >= SNAPPED]
    cells = [
        Extent(row.scale.start, column.scale.start, row.scale.end, column.scale.end)
        for row in rows
        for column in columns
        if are_near(row, column)
    ]
    return [
        axis
        for axis in axes
        if axis.support >= SNAPPED
        or not (
            _is_on_marks(axis, scene)
            or any(_is_within(axis, cell) for cell in cells)
            or any(stands_inside(axis, other) for other in axes)
        )
    ]


def _has_marks_of(axis: Axis, other: Axis) -> bool:
    """Return whether the marks of two labels all belong to an axis with more labels, which they stand near by chance."""
    own = {mark for mark in axis.marks if mark is not None}
    return len(axis.labels) == 2 < len(other.labels) and own <= {mark for mark in other.marks if mark is not None}


def _is_on_marks(axis: Axis, scene: Scene) -> bool:
    """Return whether most labels of an axis of a picture each stand on a larger rectangle of their own: values printed on bars."""
    if not scene.blur:
        return False
    held: set[Extent] = set()
    for label in axis.labels:
        text = label.extent
        held.update(
            mark.extent
            for mark in scene.rectangles
            if mark.fill not in ("", "#ffffff")
            and mark.extent.holds(text.middle)
            and mark.extent.width * mark.extent.height > LARGER * text.width * text.height
        )
    return len(held) > max(1, len(axis.labels) / 2)


def _is_within(axis: Axis, cell: Extent) -> bool:
    """Return whether most labels of an axis lie within a plot."""
    return 2 * sum(cell.holds(label.extent.middle) for label in axis.labels) > len(axis.labels)


def _are_beside(axis: Axis, other: Axis) -> bool:
    return min(axis.high, other.high) - max(axis.low, other.low) > 0.3 * axis.size


def _spanned(axis: Axis, lines: Lines, scene: Scene) -> Axis:
    """Return an axis that reaches as far as its plot: as lines and panels tell that run along it."""
    scale = axis.scale
    low, high = span_along(scale, axis, lines, scene) or (scale.start, scale.end)
    return axis._replace(scale=replace(scale, start=min(low, scale.start), end=max(high, scale.end)))


def span_along(scale: Scale, axis: Axis, lines: Lines, scene: Scene) -> tuple[float, float] | None:
    """Return where the lines along an axis that hold all its ticks begin and end, or the panel; None where there are none."""
    first, last = scale.start, scale.end
    low, high = crossed_between(axis, lines) if scene.blur else (-math.inf, math.inf)
    covering = [
        (line.low, line.high)
        for line in lines.along(horizontal=scale.horizontal)
        if line.low <= first + LOOSE and line.high >= last - LOOSE and low <= line.place <= high
        if not (scene.blur and _ends_at_a_mark(line, scene, horizontal=scale.horizontal))
    ]
    panels = [(e.left, e.right) if scale.horizontal else (e.top, e.bottom) for e in panels_of(scene, axis)]
    panels = [span for span in panels if span[0] <= first + LOOSE and span[1] >= last - LOOSE]
    if panels:  # R draws an axis from its first tick to its last, and a frame around the plot
        covering = [span for span in covering if span[0] < first - LOOSE or span[1] > last + LOOSE]
    covering += panels
    if not covering:
        return None
    counts = Counter((round(low), round(high)) for low, high in covering)
    most = max(counts.values())
    likely = [span for span in covering if counts[round(span[0]), round(span[1])] >= 0.5 * most]
    return min(likely, key=lambda span: span[1] - span[0])


def _ends_at_a_mark(line: Line, scene: Scene, *, horizontal: bool) -> bool:
    """Return whether a line of a picture ends where a bar begins, which may hide the rest."""
    extents = (m.extent if horizontal else Extent(m.extent[1], m.extent[0], m.extent[3], m.extent[2]) for m in scene.rectangles)
    return any(e.top < line.place < e.bottom and min(abs(e.left - line.high), abs(e.right - line.low)) <= LOOSE for e in extents)


def panels_of(scene: Scene, axis: Axis) -> list[Extent]:
    """Return the large rectangles that may be the panel or frame of an axis' plot: its labels stand outside."""
    least = LEAST_EMS * axis.size
    inside = axis.labels[0].extent.middle, axis.labels[-1].extent.middle
    found = []
    for rectangle in scene.rectangles:
        extent = rectangle.extent
        late = rectangle.fill and rectangle.order > len(scene.strokes) + len(scene.rectangles) / 2 + 50  # frames may come last
        if extent.width < least or extent.height < least or late:
            continue
        plain = (
            rectangle.fill in ("", "#ffffff")
            or rectangle.stroke != ""
            or extent.width * extent.height > 0.3 * scene.width * scene.height
        )
        if plain and not any(extent.holds(place) for place in inside):
            found.append(rectangle)
    if len(found) < 2:
        return [rectangle.extent for rectangle in found]
    return [one.extent for one in found if not _is_among_bars(one, scene.rectangles, horizontal=axis.scale.horizontal)]


def _is_among_bars(one: Rectangle, rectangles: Sequence[Rectangle], *, horizontal: bool) -> bool:
    """Return whether another rectangle of its look lies beside it and begins or ends elsewhere along an axis, as bars do."""
    along, across = (0, 1) if horizontal else (1, 0)
    own = one.extent
    return any(
        (other.fill, other.stroke) == (one.fill, one.stroke)
        and (place[across] >= own[across + 2] or place[across + 2] <= own[across])
        and min(place[along + 2], own[along + 2]) > max(place[along], own[along])
        and max(abs(place[along] - own[along]), abs(place[along + 2] - own[along + 2])) > LOOSE
        for other in rectangles
        for place in (other.extent,)
    )


# Pairs


# Plots


def _plot(members: Sequence[Axis | None], labels: Sequence[Label], axes: Sequence[Axis], lines: Lines, scene: Scene) -> Plot | None:
    """Return the plot of its axes (across, down, second), with names along the side that has no values."""
    across, down, second = members
    if across is not None and down is not None:
        one, two = as_told(across, down.scale, labels, scene), as_told(down, across.scale, labels, scene)
        one, two = _reaching(one, two, across, lines, scene), _reaching(two, one, down, lines, scene)
        extent = Extent(one.start, two.start, one.end, two.end)
        scales: list[Scale | None] = [one, two]
    else:
        axis = across or down
        assert axis is not None
        if axis.scale.confidence < DOUBTFUL:
            return None
        extent = over_cells(reach(axis, lines, scene), scene)
        taken = {label.extent for other in axes for label in other.labels}
        names = find_names(extent, [label for label in labels if label.extent not in taken], lines, scene, values=axis.scale)
        if names is None and axis.support < SNAPPED and (len(axes) > 1 or len(axis.labels) < LEAST_ALONE):
            return None
        side = (extent.top, extent.bottom) if axis is across else (extent.left, extent.right)
        values = _reaching(axis.scale, Scale("category", axis is not across, *side), axis, lines, scene)
        extent = _along(extent, values)
        scales = [values, names] if axis is across else [names, values]
    one_or_none, two_or_none = scales
    third = second.scale if second is not None else None
    used = tuple(tick.label for scale in (*scales, third) if scale is not None for tick in scale.ticks)
    return Plot(extent, one_or_none, two_or_none, third, used)


def _along(extent: Extent, scale: Scale) -> Extent:
    """Return an extent that reaches as far as a scale does."""
    if scale.horizontal:
        return Extent(min(extent.left, scale.start), extent.top, max(extent.right, scale.end), extent.bottom)
    return Extent(extent.left, min(extent.top, scale.start), extent.right, max(extent.bottom, scale.end))


def _reaching(scale: Scale, other: Scale, axis: Axis, lines: Lines, scene: Scene) -> Scale:
    """Return a scale that reaches as far as marks beside its ticks do, a step at most, where no line along it tells more.

    One of names, such as months, reaches as far as bars do.

    A line from the first tick to the last tells nothing of the plot: R draws such a one, and marks beyond it.
    """
    names = scale.kind == "category"
    if names and (scene.blur or not scale.ticks):
        return scale
    span = span_along(axis.scale, axis, lines, scene)
    first, last = scale.ticks[0].place, scale.ticks[-1].place
    of_ticks = span is not None and max(abs(span[0] - min(first, last)), abs(span[1] - max(first, last))) <= LOOSE
    if span is not None and (scene.blur or not of_ticks):
        return scale
    room = 0.0 if other.kind == "category" else other.step
    far = Scale("linear", other.horizontal, other.start - room, other.end + room)
    wide = replace(scale, start=scale.start - scale.step, end=scale.end + scale.step)
    at = [] if names else marked_places(scene, wide, far)
    if of_ticks or (span is None and not scene.blur):
        at += _ends_of_bars(scene, wide, far)
    return replace(scale, start=min([scale.start, *at]), end=max([scale.end, *at]))


def _ends_of_bars(scene: Scene, scale: Scale, values: Scale) -> list[float]:
    """Return where along an axis bars and boxes in a plot begin and end."""
    across, down = (scale, values) if scale.horizontal else (values, scale)
    plot, side = Extent(across.start, down.start, across.end, down.end), 0 if scale.horizontal else 1
    bars = [mark.extent for mark in scene.rectangles if plot.holds(mark.extent.middle) and (mark.fill or mark.stroke)]
    bars = [bar for bar in bars if bar.width * bar.height < PANEL * plot.width * plot.height]
    return [end for bar in bars for end in (bar[side], bar[side + 2]) if scale.start <= end <= scale.end]
