"""Tables and charts as pandas DataFrames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas

from docai.document import Cell, Chart, Table
from docai.exporters.charts import LONG, heading, long_rows, value_of, wide
from docai.numbers import is_missing
from docai.tasks.table import valued


def to_dataframe(table: Table, *, numbers: bool = False) -> pandas.DataFrame:
    """Return `table` as a DataFrame of text; a spanning cell's text stands at each position it covers.

    Header rows become the columns and header columns the index, a `MultiIndex` if there are several; an index is named by
    the header above it. Without any, rows and columns are numbered from 0, as are the rows of a table whose columns are all
    headers. With `numbers`, a column of numbers is one of floats.
    """
    heads, sides = table.header_row_count, table.header_column_count % table.column_count
    grid = (valued(table) if numbers else table).grid()
    columns = list(zip(*grid, strict=True))
    bodies = [column[heads:] for column in columns[sides:]]
    values = [_values(body) if numbers else _texts(body) for body in bodies]
    frame: pandas.DataFrame = pandas.DataFrame(dict(enumerate(values)), index=range(table.row_count - heads))
    if heads:
        frame.columns = _index([_texts(row[sides:]) for row in grid[:heads]], [None] * heads)
    if sides:
        names = [" ".join(dict.fromkeys(filter(None, _texts(column[:heads])))) or None for column in columns[:sides]]
        frame.index = _index([_texts(column[heads:]) for column in columns[:sides]], names)
    return frame


def chart_to_dataframe(chart: Chart, *, long: bool = False) -> pandas.DataFrame:
    """Return the values of `chart` as floats, rows by x and a column for each series; with `long`, a row for each value.

    Columns are of two levels, and an index of dates, as `Chart.to_dataframe` tells.
    """
    if long:
        rows = list(long_rows(chart))
        lists = {name: [row[place] for row in rows] for place, name in enumerate(LONG)}
        kinds = {name: object if name in ("series", "x", "basis") else float for name in LONG}
        told: pandas.DataFrame = pandas.DataFrame({name: pandas.Series(lists[name], dtype=kinds[name]) for name in LONG})
        return told
    table = wide(chart)
    found = [[value_of(chart, column, row) for row in range(len(table.xs))] for column in table.columns]
    columns = [[float("nan") if one is None or one[1] is None else one[1] for one in column] for column in found]
    frame: pandas.DataFrame = pandas.DataFrame(dict(enumerate(columns)), dtype=float)
    if table.columns:
        levels = [[column.name for column in table.columns], [column.detail for column in table.columns]]
        frame.columns = _index(levels[: table.levels], [None] * table.levels)
        frame.index = _x_index(chart, table.xs)
    return frame


def _x_index(chart: Chart, xs: Sequence[float | str]) -> pandas.Index[Any]:
    """Return the x of a chart as an index: of dates where its axis has them and pandas can hold all."""
    name = heading(chart.x_axis, "x")
    index: pandas.Index[Any] = pandas.Index(list(xs), name=name)
    if chart.x_axis.scale == "date" and all(isinstance(x, str) for x in xs):
        dates = pandas.to_datetime(pandas.Series(list(map(str, xs))), format="ISO8601", errors="coerce")
        index = index if dates.isna().any() else pandas.DatetimeIndex(dates, name=name)
    return index


def _index(levels: list[list[str]], names: list[str | None]) -> pandas.Index[Any]:
    index: pandas.Index[Any] = (
        pandas.MultiIndex.from_arrays(levels, names=names) if len(levels) > 1 else pandas.Index(levels[0], name=names[0])
    )
    return index


def _texts(cells: Sequence[Cell]) -> list[str]:
    return [cell.text for cell in cells]


def _values(cells: Sequence[Cell]) -> list[str] | list[float]:
    """Return a column's numbers, NaN where they are missing and for headers amid them; its texts if any other stands there."""
    known = [cell.number is not None or is_missing(cell.text) or cell.header != "none" for cell in cells]
    if all(known) and any(cell.number is not None for cell in cells):
        return [float("nan") if cell.number is None else cell.number for cell in cells]
    return _texts(cells)
