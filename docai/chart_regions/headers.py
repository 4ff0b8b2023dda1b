"""Headers of small multiples that stand beside their rows, where the title of an axis stands in a chart of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from docai import document
from docai.document import Axis, Chart

IN_LINE: Final = 0.02  # of the page's width that the charts of one column end apart at most
BEGINS: Final = 0.1  # the same where they begin: one of them may have the title of all rows
MIDDLE: Final = 2  # rows from more than which on one stands in the middle


def with_row_headers(charts: Sequence[Chart]) -> list[Chart]:
    """Return charts in their order, small multiples of one column with the headers of their rows as titles.

    They are of one kind, have the same names or the same range of values along the axis that runs upwards, and no titles; what
    stands beside that axis is another word in each.
    """
    found = list(charts)
    for number, chart in enumerate(charts):
        rows = [other for other in charts if other is chart or _are_rows(chart, other)]
        titled = sum(bool(other.title) for other in rows)  # that of the one in the middle may be what all rows are told apart by
        if len(rows) > 1 and titled <= (len(rows) > MIDDLE) and len({_told(other) for other in rows}) == len(rows) and _told(chart):
            upright = chart.orientation == "vertical"
            axis = document.replace(_upwards(chart), title="")
            changes = {"y_axis": axis} if upright else {"x_axis": axis}
            found[number] = document.replace(chart, title=_told(chart), **changes)
    return found


def _told(chart: Chart) -> str:
    return _upwards(chart).title


def _upwards(chart: Chart) -> Axis:
    """Return the axis that runs upwards: that of the values, of lying bars that of their names."""
    return chart.y_axis if chart.orientation == "vertical" else chart.x_axis


def _are_rows(one: Chart, other: Chart) -> bool:
    """Return whether two charts stand over each other as panels of one figure do."""
    here, there = _upwards(one), _upwards(other)
    over = one.box.bottom <= other.box.top or other.box.bottom <= one.box.top
    alike = (one.chart_type, one.orientation, here.scale, here.unit) == (
        other.chart_type,
        other.orientation,
        there.scale,
        there.unit,
    )
    if not (over and alike and _told(other)) or len({len(one.series), len(other.series)}) > 1:
        return False
    if here.scale == "category":
        names = [[point.x for series in chart.series for point in series.points] for chart in (one, other)]
        return names[0] == names[1] and _in_line(one, other)
    return (here.low, here.high) == (there.low, there.high) and here.low is not None and _in_line(one, other)


def _in_line(one: Chart, other: Chart) -> bool:
    """Return whether two charts end in line, and begin about so."""
    return abs(one.box.right - other.box.right) <= IN_LINE and abs(one.box.left - other.box.left) <= BEGINS
