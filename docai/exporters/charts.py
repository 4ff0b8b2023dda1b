"""A chart's values as rows: long, with a row for each value and how it was obtained, and wide, with a column for each series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from docai.charting import box_part, key_of, number_from, with_unit
from docai.document import Axis, Chart, Point, Series

LONG: Final = ("series", "x", "y", "low", "high", "size", "basis", "confidence", "error")
Y_COLUMN: Final = 2  # of `told_columns`
DETAILS: Final = ("low", "high", "size")

Value = str | float | None


def long_rows(chart: Chart) -> Iterator[tuple[Value, ...]]:
    """Yield the values of a chart under the headings `LONG`, in the order of their series."""
    for series in chart.series:
        for point in series.points:
            yield series.name, *(getattr(point, name) for name in LONG[1:])


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a wide table: what is told of the values of a series, `y` first of all, by their numbers in the rows."""

    series: int
    name: str
    detail: str
    points: tuple[int | None, ...]  # of each row: the number of the point in its series


@dataclass(frozen=True, slots=True)
class Wide:
    """A chart's values, a row for each x; `levels` tells whether the columns are named by two levels, or by one."""

    xs: tuple[float | str, ...]
    columns: tuple[Column, ...]
    levels: int


def wide(chart: Chart) -> Wide:
    """Return the values of a chart by x, in order.

    Rows are in the order in which the x first come, or rising where they rise in each series. Values of one series with the
    same x stand in rows of their own. Columns have two levels where more than `y` is told of some values, or where a box plot
    has several groups: their names, and their parts.
    """
    places = [_numbered(series) for series in chart.series]
    keys = _order([list(own) for own in places])
    groups = {part[0] for series in chart.series if (part := box_part(series)) is not None} if chart.chart_type == "box" else set()
    details = [
        ["y", *(name for name in DETAILS if any(getattr(point, name) is not None for point in series.points))]
        for series in chart.series
    ]
    two = len(groups - {""}) > 0 or any(len(own) > 1 for own in details)
    columns = []
    for number, (series, own, names) in enumerate(zip(chart.series, places, details, strict=True)):
        points = tuple(own.get(key) for key in keys)
        part = box_part(series) if groups - {""} else None
        for detail in names:
            first, second = part if part is not None else (series.name, detail)
            columns.append(Column(number, first, detail if not two else second, points))
    if len(chart.series) == 1 and not chart.series[0].name:
        columns = [replace(column, name=heading(chart.y_axis, "y")) for column in columns]
    return Wide(tuple(x for x, _ in keys), tuple(columns), 2 if two else 1)


def value_of(chart: Chart, column: Column, row: int) -> tuple[Point, float | None] | None:
    """Return the point that stands in a column and row, with what the column tells of it; None where there is none."""
    place = column.points[row]
    if place is None:
        return None
    point = chart.series[column.series].points[place]
    told: float | None = getattr(point, column.detail if column.detail in DETAILS else "y")
    return point, told


def wide_texts(chart: Chart) -> list[list[str]]:
    """Return a wide table as texts, its headings first; columns of two levels are named by both."""
    table = wide(chart)
    heads = [column.name if table.levels == 1 else " ".join(filter(None, (column.name, column.detail))) for column in table.columns]
    rows = [[heading(chart.x_axis, "x"), *heads]]
    for number, x in enumerate(table.xs):
        found = [value_of(chart, column, number) for column in table.columns]
        rows.append([key_of(x), *(value_text(one[1]) if one is not None else "" for one in found)])
    return rows


def told_columns(chart: Chart) -> list[tuple[str, Callable[[Series, Point], str]]]:
    """Return what people are shown of each value: headings, and the texts under them; first of all series, x and y.

    How it was obtained, how uncertain it is, what shows it and by which axis it is measured are told where that tells something.
    """
    told: list[tuple[str, Callable[[Series, Point], str]]] = [
        ("Series", lambda series, _: series.name),
        (heading(chart.x_axis, "x"), lambda _, point: key_of(point.x)),
        (heading(chart.y_axis, "y"), lambda _, point: value_text(point.y)),
    ]
    pairs = [(series, point) for series in chart.series for point in series.points]
    optional: tuple[tuple[str, Callable[[Series, Point], str]], ...] = (
        ("Low", lambda _, point: value_text(point.low)),
        ("High", lambda _, point: value_text(point.high)),
        ("Size", lambda _, point: value_text(point.size)),
        ("Mark", lambda series, _: series.mark or ""),
    )
    told += [(name, text) for name, text in optional if any(text(*pair) for pair in pairs)]
    if chart.second_axis is not None and any(series.axis == "second" for series in chart.series):
        axes = {"first": heading(chart.y_axis, "first"), "second": heading(chart.second_axis, "second")}
        told.append(("Axis", lambda series, _: axes[series.axis]))
    if any(point.error is not None for _, point in pairs):
        told.append(("Error", lambda _, point: "" if point.error is None else f"± {point.error:.3g}"))
    if {point.basis for _, point in pairs} - {"vector"}:
        told.append(("Basis", lambda _, point: point.basis))
    return told


def value_text(value: float | str | None) -> str:
    """Return a chart's value as text, numbers to 15 digits; what was not read is empty."""
    return "" if value is None else key_of(value)


def heading(axis: Axis, usual: str) -> str:
    """Return the title of an axis with its unit, `usual` where it has no title."""
    return with_unit(axis.title or usual, axis.unit)


Key = tuple[float | str, int]  # an x, and how often it came before in the same series


def _numbered(series: Series) -> dict[Key, int]:
    """Return the numbers of the points of a series by their x, and how often it came before."""
    seen: Counter[float | str] = Counter()
    found: dict[Key, int] = {}
    for place, point in enumerate(series.points):
        found[point.x, seen[point.x]] = place
        seen[point.x] += 1
    return found


def _order(lists: Sequence[Sequence[Key]]) -> list[Key]:
    """Return the keys of several series in one order."""
    merged = list(dict.fromkeys(key for keys in lists for key in keys))
    numbers = {key: number_from(key[0]) for key in merged}
    if len(lists) > 1 and all(_rises([numbers[key] for key in keys]) for keys in lists):
        return sorted(merged, key=lambda key: (numbers[key] or 0.0, key[1]))
    return merged


def _rises(numbers: Sequence[float | None]) -> bool:
    return None not in numbers and all((a or 0.0) <= (b or 0.0) for a, b in pairwise(numbers))
