"""Which axes belong to one plot: labels beside what they span together, and those that face each other across it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from docai.backends.classical.charts.axes.calibration import Axis
from docai.backends.classical.charts.axes.ticks import Lines
from docai.backends.classical.charts.scales import Scale
from docai.backends.classical.charts.scene import Extent, Scene

APART_EMS: Final = 7.0  # between the labels of an axis and its plot, at most, when nothing else joins them
ALIKE: Final = 0.7  # share of their length that two axes along one side share; ticks of both need not reach to its ends
LEAST_LINES: Final = 2  # each way, that fill the cell of two axes with a plot
LOOSE: Final = 1.5  # scene units that a plot's lines may begin behind its first tick
LEAST_EMS: Final = 4.0  # no plot is smaller than that, of a letter's size
Members = tuple[Axis | None, Axis | None, Axis | None]  # across, down, and the second of one of them


def paired(axes: Sequence[Axis], lines: Lines, scene: Scene) -> list[Members]:
    """Return which axes belong to one plot.

    Each row and column of ticks span a cell. It is a plot where both stand beside it, or where lines or a panel fill it, as of
    small multiples that share their axes; of several rows or columns along one cell the nearest ones are its own.
    """
    cells: dict[tuple[int, ...], list[tuple[Axis, Axis]]] = {}
    for row in (axis for axis in axes if axis.scale.horizontal):
        for column in (axis for axis in axes if not axis.scale.horizontal):
            if _is_behind(column, row.scale) or _is_behind(row, column.scale):
                continue
            if are_near(row, column) or _has_panel(row.scale, column.scale, lines, scene):
                one, two = row.scale, column.scale
                key = tuple(round(end / (2 * LOOSE)) for end in (one.start, one.end, two.start, two.end))
                cells.setdefault(key, []).append((row, column))
    plots: list[Members] = []
    for pairs in _two_sided(cells.values()):
        rows, columns = ({id(pair[side]): pair[side] for pair in pairs}.values() for side in (0, 1))
        across, above = _main(list(rows), pairs[0][1].scale)
        down, right = _main(list(columns), pairs[0][0].scale)
        plots.append((across, down, right or above))
    used = {id(axis) for members in plots for axis in members}
    rest = [axis for axis in axes if id(axis) not in used]
    while rest:
        along = [axis for axis in rest if axis.scale.horizontal == rest[0].scale.horizontal and _are_along(axis, rest[0])]
        facing = [axis for axis in along if axis is rest[0] or _are_facing(axis, rest[0], scene)]
        facing.sort(key=lambda axis: -axis.low if axis.scale.horizontal else axis.low)
        first, second = facing[0], max(facing[1:], key=lambda axis: len(axis.labels), default=None)  # of some, printed values
        plots.append((first, None, second) if first.scale.horizontal else (None, first, second))
        rest = [axis for axis in rest if axis is not first and axis is not second]
    return plots


def _two_sided(cells: Iterable[list[tuple[Axis, Axis]]]) -> list[list[tuple[Axis, Axis]]]:
    """Return cells, those of two axes that face each other across one that both share as one: they may end at different ticks."""
    found: list[list[tuple[Axis, Axis]]] = []
    for pairs in cells:
        (row, column), home = pairs[0], None
        for other in found:
            across, down = other[0]
            shares_row = row is across and _are_along(column, down) and _stand_around(column, down, row.scale)
            if shares_row or (column is down and _are_along(row, across) and _stand_around(row, across, column.scale)):
                home = other
        if home is None:
            found.append(list(pairs))
        else:
            home.extend(pairs)
    return found


def _stand_around(one: Axis, other: Axis, between: Scale) -> bool:
    """Return whether two axes stand on both sides of what another spans, right beside it."""
    low, high = (one, other) if one.low < other.low else (other, one)
    middle = (between.start + between.end) / 2
    return low.high < middle < high.low and _is_beside(low, between) and _is_beside(high, between)


def _main(axes: list[Axis], other: Scale) -> tuple[Axis, Axis | None]:
    """Return the axis that stands nearest to a plot, and that on its other side; the left or lower one comes first."""
    axes.sort(key=lambda axis: _outside((axis.low + axis.high) / 2, other))
    first = axes[0]
    middle = (other.start + other.end) / 2
    facing = [axis for axis in axes[1:] if (axis.low - middle) * (first.low - middle) < 0 and _is_beside(axis, other)]
    if not facing or not _is_beside(first, other):
        return first, None
    second = facing[0]
    behind = second.low > first.low if first.scale.horizontal else second.low < first.low
    return (second, first) if behind else (first, second)


def are_near(row: Axis, column: Axis) -> bool:
    """Return whether the labels of two axes stand beside the plot that the two span."""
    return _is_beside(row, column.scale) and _is_beside(column, row.scale)


def _is_beside(axis: Axis, other: Scale) -> bool:
    """Return whether an axis stands beside what another spans; one of powers of ten may begin a power before its first label."""
    far = max(APART_EMS * axis.size, other.step if other.kind == "log" else 0.0)
    return _outside((axis.low + axis.high) / 2, other) <= far + (axis.high - axis.low) / 2


def _is_behind(axis: Axis, other: Scale) -> bool:
    """Return whether the plot of an axis lies on the other side of its labels than another axis, as its tick marks tell."""
    place = (axis.low + axis.high) / 2
    return (axis.side > 0 and place > other.end) or (axis.side < 0 and place < other.start)


def _has_panel(across: Scale, down: Scale, lines: Lines, scene: Scene) -> bool:
    """Return whether two lines each way, or a rectangle, reach from end to end of the cell that two scales span."""
    cell = Extent(across.start, down.start, across.end, down.end)
    for rectangle in scene.rectangles:
        if max(abs(one - other) for one, other in zip(rectangle.extent, cell, strict=True)) <= LOOSE:
            return True
    for scale, other in ((across, down), (down, across)):
        found = [
            line
            for line in lines.along(horizontal=scale.horizontal)
            if abs(line.low - scale.start) <= LOOSE
            and abs(line.high - scale.end) <= LOOSE
            and other.start - LOOSE <= line.place <= other.end + LOOSE
        ]
        if len(found) < LEAST_LINES:
            return False
    return True


def _outside(place: float, scale: Scale) -> float:
    return max(0.0, scale.start - place, place - scale.end)


def _are_along(axis: Axis, other: Axis) -> bool:
    """Return whether two axes run along one plot: from about the same place to the same."""
    one, two = axis.scale, other.scale
    shared = min(one.end, two.end) - max(one.start, two.start)
    return shared > ALIKE * max(one.end - one.start, two.end - two.start)


def _are_facing(axis: Axis, other: Axis, scene: Scene) -> bool:
    """Return whether two axes without a partner stand on both sides of one plot.

    Where nothing tells on which sides their plots lie, nothing may be drawn behind the second, as in a next plot.
    """
    first, second = (axis, other) if axis.low < other.low else (other, axis)
    if second.low - first.high <= LEAST_EMS * axis.size or first.side < 0 or second.side > 0:
        return False
    return first.side != second.side or not _is_drawn_behind(second, scene)


def _is_drawn_behind(axis: Axis, scene: Scene) -> bool:
    """Return whether marks larger than those of a legend lie to the right of an upright axis, or below a level one."""
    scale, far = axis.scale, LEAST_EMS * axis.size
    marks = [*(mark.extent for mark in scene.rectangles), *(mark.extent for mark in scene.strokes)]
    for extent in marks:
        begin, end = (extent.top, extent.bottom) if scale.horizontal else (extent.left, extent.right)
        middle = extent.middle[0 if scale.horizontal else 1]
        if begin > axis.high and end - begin > far and scale.start < middle < scale.end:
            return True
    return False
