"""Tables, charts and blocks as JSON: what is written, and what is read of what models make of it.

Tables are rows of cells, each put at the next free column as in HTML; a cell is its text, or an object of its text `t`, spans `rs`
and `cs`, header `h` ("c" of a column, "r" of a row, "b" of both) and box `b`. Charts are series of points `[x, y]`, `[x, y, box]`
or objects of `x`, `y`, box `b`, uncertainty `e`, ends `lo` and `hi` and size `s`; a series may tell its `mark`, and that it is
measured by the `second` axis, `y2`. What is left out is as usual, a box that of what it stands in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, Literal, NamedTuple, cast, get_args

from docai.box import WHOLE, Box
from docai.dialects import Faults, Said
from docai.dialects.grids import Header, ToldCell, rows_of, table_of
from docai.dialects.lattice import box_of, steps_of
from docai.dialects.unfinished import Node
from docai.document import Axis, Cell, Chart, ChartType, Point, Series, Table
from docai.numbers import is_missing, read_columns

_HEADERS: Final[dict[str, Header]] = {"c": "column", "r": "row", "b": "both", "column": "column", "row": "row", "both": "both"}
_TYPES: Final[tuple[ChartType, ...]] = get_args(ChartType)
_TYPE_WORDS: Final[dict[str, ChartType]] = {
    "column": "bar",
    "histogram": "bar",
    "막대": "bar",
    "cột": "bar",
    "donut": "pie",
    "doughnut": "pie",
    "원": "pie",
    "tròn": "pie",
    "bubble": "scatter",
    "산점도": "scatter",
    "phân tán": "scatter",
    "꺾은선": "line",
    "선": "line",
    "đường": "line",
    "vùng": "area",
}

_BOX_NAMES: Final = ("b", "bbox_2d", "bbox", "box")
_NAMES: Final = ("name", "label", "legend", "title")
_X_NAMES: Final = ("x", "label", "category", "name", "key", "date", "year")
_Y_NAMES: Final = ("y", "value", "v", "count", "percentage", "amount")


@dataclass(frozen=True, slots=True)
class Scale:
    """What boxes in JSON are told in: so many steps across and down; no boxes are told where there are none."""

    across: int = 0
    down: int = 0

    def told(self, box: Box, within: Box = WHOLE) -> list[int] | None:
        """Return a box as JSON; None where it is that of what it stands in."""
        if not self.across:
            return None
        steps = self.steps(box)
        return None if steps == self.steps(within) else steps

    def steps(self, box: Box) -> list[int]:
        """Return a box as JSON, whatever it stands in."""
        return list(steps_of(box, self.across, self.down))

    def read(self, node: Node | None, faults: Faults) -> Box | None:
        """Return the box of a list of four numbers; None where there is none."""
        if node is None or not self.across or node.value is None:
            return None
        box = box_of(_numbers(node), self.across, self.down) if node.complete else None
        faults["box_invalid"] += box is None
        return box

    def box(self, node: Node, faults: Faults) -> Box | None:
        """Return the box that an object tells."""
        return self.read(node.get(*_BOX_NAMES), faults)


def _numbers(node: Node) -> tuple[float, ...] | None:
    values = [item.value for item in node.items]
    numbers = tuple(value for value in values if isinstance(value, float))
    return numbers if len(numbers) == len(values) else None


# Tables


def table_record(table: Table, scale: Scale) -> dict[str, Any]:
    """Return a table as JSON."""
    rows = [[_cell_record(cell, table, scale) for cell in row] for row in rows_of(table)]
    return without_usual({"b": scale.told(table.box), "rows": rows})


def _cell_record(cell: Cell, table: Table, scale: Scale) -> Any:
    record = without_usual(
        {
            "t": cell.text,
            "rs": cell.row_span if cell.row_span > 1 else None,
            "cs": cell.column_span if cell.column_span > 1 else None,
            "h": None if cell.header == "none" else cell.header[0],
            "b": scale.told(cell.box, table.box),
        }
    )
    return record["t"] if set(record) == {"t"} else record


def without_usual(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without what it does not tell."""
    return {name: value for name, value in record.items() if value is not None}


def read_table(node: Node, said: Said, scale: Scale, faults: Faults) -> Table | None:
    """Return the table that JSON tells: rows of cells, cells with their places, or records; None where it tells none."""
    box = scale.box(node, faults) or WHOLE
    inner = node.get("table", "tables")
    if inner is not None and not node.get("rows", "cells", "data"):
        return read_table(inner.items[0] if inner.items else inner, said, scale, faults) if inner.value else None
    placed = node.get("cells")
    if placed is not None and any(cell.get("r", "row", "row_index") for cell in placed.items):
        return table_of(_rows_of_placed(placed, scale, faults), said, faults, box=box)
    rows = node.get("rows", "data", "body", "cells") or node
    heads = node.get("columns", "header", "headers", "head")
    told = _rows(rows, scale, faults)
    if heads is not None and heads.items:
        nested = any(item.items for item in heads.items)
        told = [*(_headed(_row(row, scale, faults)) for row in (heads.items if nested else [heads])), *told]
    return table_of(told, said, faults, box=box)


def _headed(row: Sequence[ToldCell]) -> list[ToldCell]:
    return [ToldCell(c.text, c.start, c.end, c.row_span, c.column_span, "column", c.box) for c in row]


def _rows(rows: Node, scale: Scale, faults: Faults) -> list[list[ToldCell]]:
    """Return rows of cells; those of records have their names above."""
    own = [row for row in rows.items if row.complete or row.items]
    records = [row for row in own if row.fields and not row.get("cells", "t")]
    if own and len(records) == len(own):
        names = list(dict.fromkeys(name for record in records for name in record.fields))
        head = [ToldCell(name, rows.start, rows.start, header="column") for name in names]
        empty = Node("", rows.start, rows.start)
        return [head, *([_cell(record.fields.get(name, empty), scale, faults) for name in names] for record in records)]
    return [_row(row.get("cells") or row, scale, faults) for row in own]


def _row(row: Node, scale: Scale, faults: Faults) -> list[ToldCell]:
    return [_cell(cell, scale, faults) for cell in row.items if cell.complete]


def _cell(node: Node, scale: Scale, faults: Faults) -> ToldCell:
    if not node.fields:
        own = node.text if not isinstance(node.value, bool) else str(node.value).lower()
        return ToldCell(" ".join(item.text for item in node.items) if node.items else own, node.start, node.end)
    text = node.get("t", "text", "value", "content") or Node("", node.start, node.start)
    rows, columns = (_count(node.get(*names)) for names in (("rs", "rowspan", "row_span"), ("cs", "colspan", "column_span")))
    told = node.get("h", "header")
    header = _HEADERS.get(told.text, "none") if told else "none"
    return ToldCell(text.text, text.start, text.end, rows, columns, header, scale.box(node, faults))


def _count(node: Node | None) -> int:
    value = node.value if node is not None else None
    return int(value) if isinstance(value, float) and 1 <= value <= 10_000 else 1  # more is no span


def _rows_of_placed(cells: Node, scale: Scale, faults: Faults) -> list[list[ToldCell]]:
    """Return cells that tell their rows and columns as rows."""
    rows: dict[float, list[tuple[float, ToldCell]]] = {}
    for cell in cells.items:
        row, column = (_place(cell.get(*names)) for names in (("r", "row", "row_index"), ("c", "col", "column", "column_index")))
        if cell.complete:
            rows.setdefault(row, []).append((column, _cell(cell, scale, faults)))
    return [[cell for _, cell in sorted(rows[row], key=lambda pair: pair[0])] for row in sorted(rows)]


def _place(node: Node | None) -> float:
    return node.value if node is not None and isinstance(node.value, float) else 0.0


# Charts


def chart_record(chart: Chart, scale: Scale) -> dict[str, Any]:
    """Return a chart as JSON, without its words."""
    return without_usual(
        {
            "type": chart.chart_type,
            "b": scale.told(chart.box),
            "title": chart.title or None,
            "orientation": chart.orientation if chart.orientation != "vertical" else None,
            "stacking": chart.stacking if chart.stacking != "none" else None,
            "x": _axis_record(chart.x_axis),
            "y": _axis_record(chart.y_axis),
            "y2": None if chart.second_axis is None else _axis_record(chart.second_axis) or {},
            "series": [_series_record(series, chart.box, scale) for series in chart.series],
        }
    )


def _axis_record(axis: Axis) -> dict[str, Any] | None:
    record = {name: value for name, value in axis.model_dump().items() if value != getattr(Axis(), name)}
    return {name: _number(value) if isinstance(value, float) else value for name, value in record.items()} or None


def _number(value: float) -> float:
    return int(value) if value == int(value) and abs(value) < 1e15 else value  # digits that a float keeps


def _series_record(series: Series, within: Box, scale: Scale) -> dict[str, Any]:
    points = [_point_record(point, within, scale) for point in series.points]
    told = {"name": series.name or None, "colour": series.colour or None, "mark": series.mark}
    return without_usual({**told, "axis": "second" if series.axis == "second" else None, "points": points})


def _point_record(point: Point, within: Box, scale: Scale) -> Any:
    x = _number(point.x) if isinstance(point.x, float) else point.x
    y = None if point.y is None else _number(point.y)
    box = scale.told(point.box, within)
    told = {"e": point.error, "lo": point.low, "hi": point.high, "s": point.size}
    more = {name: _number(value) for name, value in told.items() if value is not None}
    if more:
        return {"x": x, "y": y, **more, **({"b": box} if box else {})}
    return [x, y, box] if box else [x, y]


def read_chart(node: Node, said: Said, scale: Scale, faults: Faults) -> Chart | None:
    """Return the chart that JSON tells, in our form or one that models are fond of; None where it tells none.

    What cannot be read as a number is None.
    """
    inner = node.get("chart")
    if inner is not None and inner.fields:
        return read_chart(inner, said, scale, faults)
    box = scale.box(node, faults) or WHOLE
    series = _all_series(node, _Points(said, scale, faults, box))
    told = node.get("type", "chart_type", "chartType")
    if not series and told is None:
        return None
    orientation, stacking = _word(node, "orientation"), _word(node, "stacking")
    title = node.get("title", "chart_title", "caption")
    second = node.get("y2", "second_axis", "secondary_axis", "y2_axis", "yAxis2")
    return Chart(
        page_number=1,
        box=box,
        chart_type=chart_type_of(told.text if told else ""),
        orientation="horizontal" if orientation == "horizontal" else "vertical",
        stacking=cast("Literal['none', 'stacked', 'percent']", stacking if stacking in ("stacked", "percent") else "none"),
        title=title.text if title else "",
        x_axis=_axis(node.get("x", "x_axis", "xAxis", "x_title")),
        y_axis=_axis(node.get("y", "y_axis", "yAxis", "y_title")),
        second_axis=_axis(second) if second is not None and not _is_nothing(second) else None,
        series=series,
    )


def _is_nothing(node: Node) -> bool:
    """Return whether a value says that there is none: null, an empty text, false."""
    return not node.fields and node.value in (None, "", False)


def _word(node: Node, name: str) -> str:
    told = node.get(name)
    return told.text.lower() if told else ""


def chart_type_of(told: str) -> ChartType:
    """Return the type of chart that some words name; mixed where they name none or several."""
    words = told.lower()
    named: set[ChartType] = {one for one in _TYPES if one in words} | {one for word, one in _TYPE_WORDS.items() if word in words}
    return named.pop() if len(named) == 1 else "mixed"


def _axis(node: Node | None) -> Axis:
    if node is None:
        return Axis()
    if not node.fields:
        return Axis(title=node.text)
    title, unit, scale = (node.get(*names) for names in (("title", "label", "name"), ("unit", "units"), ("scale",)))
    low, high = (node.get(*names) for names in (("low", "min"), ("high", "max")))
    kind = scale.text if scale and scale.text in ("linear", "log", "date", "category") else "linear"
    return Axis(
        title=title.text if title else "",
        unit=unit.text if unit else "",
        scale=cast("Literal['linear', 'log', 'date', 'category']", kind),
        low=_float(low),
        high=_float(high),
    )


class Told(NamedTuple):
    """What is told of a point."""

    x: Node
    y: Node
    box: Node | None = None
    error: Node | None = None
    low: Node | None = None
    high: Node | None = None
    size: Node | None = None


@dataclass(frozen=True, slots=True)
class _Points:
    """What makes points of what was told of them."""

    said: Said
    scale: Scale
    faults: Faults
    box: Box

    def of(self, told: Sequence[Told]) -> tuple[Point, ...]:
        texts = [one.y.value if isinstance(one.y.value, str) else "" for one in told]
        (numbers,) = read_columns([texts])
        points = []
        for one, number in zip(told, numbers, strict=True):
            x, y = one.x, one.y
            value = y.value if isinstance(y.value, float) else float(number.value) if number is not None else None
            self.faults["value_unreadable"] += value is None and not (y.value is None or is_missing(y.text))
            likelihood = self.said.likelihood(y.start, y.end)
            points.append(
                Point(
                    x=x.value if isinstance(x.value, float) else x.text,
                    y=value,
                    box=self.scale.read(one.box, self.faults) or self.box,
                    confidence=self.said.confidence(y.start, y.end),
                    basis="model",
                    error=_float(one.error),
                    low=_float(one.low),
                    high=_float(one.high),
                    size=_float(one.size),
                    likelihood=likelihood,
                )
            )
        return tuple(points)


def _float(node: Node | None) -> float | None:
    return node.value if node is not None and isinstance(node.value, float) else None


def _all_series(node: Node, points: _Points) -> tuple[Series, ...]:
    """Return the series of a chart in whatever form they are told."""
    labels = node.get("labels", "categories", "x_labels")
    data = node.get("data")
    if labels is None and data is not None:
        labels = data.get("labels", "categories")
    told = node.get("series", "datasets") or (data.get("series", "datasets") if data else None)
    if told is not None:
        if told.fields:
            return tuple(_series(one, labels, points, name=name) for name, one in told.fields.items())
        return tuple(_series(one, labels, points, name=None) for one in told.items)
    told = node.get("points", "values") or data or (node if node.items else None)
    if told is None:
        return ()
    groups: dict[str, list[Node]] = {}
    for record in told.items:
        group = record.get("series", "group", "legend")
        groups.setdefault(group.text if group else "", []).append(record)
    if any(groups):
        made = {name: Node(list(records), told.start, told.end) for name, records in groups.items()}
        return tuple(Series(name=name, points=points.of(_told_points(one, None))) for name, one in made.items())
    nested = [(name, one) for name, one in told.fields.items() if one.fields or one.items]
    if nested:
        return tuple(_series(one, labels, points, name=name) for name, one in nested)
    own = points.of(_told_points(told, labels))
    return (Series(points=own),) if own else ()


def _series(node: Node, labels: Node | None, points: _Points, *, name: str | None) -> Series:
    told_name, colour = node.get(*_NAMES), node.get("colour", "color")
    inner = node.get("points", "data", "values") if name is None or node.get("points", "data", "values") else node
    told = _told_points(inner, labels) if inner is not None else []
    return Series(
        name=name if name is not None else told_name.text if told_name else "",
        colour=colour.text if colour else "",
        mark=_mark(node.get("mark", "type", "chart_type")),
        axis="second" if _is_second(node.get("axis", "yAxis", "y_axis")) else "first",
        points=points.of(told),
    )


def _mark(node: Node | None) -> Literal["bar", "line", "area", "point"] | None:
    """Return what shows the values of a series, in our words or in those of types of charts."""
    told = node.text.lower() if node is not None else ""
    if told in ("point", "points", "dot", "scatter"):
        return "point"
    kind = chart_type_of(told)
    return kind if kind in ("bar", "line", "area") else None


def _is_second(node: Node | None) -> bool:
    return node is not None and node.text.lower() in ("second", "secondary", "right", "y2")


def _told_points(node: Node, labels: Node | None) -> list[Told]:
    """Return points that are told as pairs, records, an object of x and y, or numbers beside labels."""
    nothing = Node(None, node.end, node.end)
    if node.fields:
        xs, ys = node.get("x"), node.get("y")
        if xs is not None and ys is not None and xs.items and ys.items:
            return [Told(x, y) for x, y in zip(xs.items, ys.items, strict=False)]
        return [Told(Node(x, y.start, y.start), y) for x, y in node.fields.items()]
    told: list[Told] = []
    for place, (item, label) in enumerate(zip_longest(node.items, labels.items if labels else ())):
        if item is None:
            break
        if not item.complete:
            continue
        if item.fields:
            x, y = item.get(*_X_NAMES), item.get(*_Y_NAMES)
            more = (item.get(*names) for names in (_BOX_NAMES, ("e", "error"), ("lo", "low"), ("hi", "high"), ("s", "size")))
            told.append(Told(x or label or nothing, y or nothing, *more))
        elif item.items:
            x, y, box = [*item.items, nothing, nothing, nothing][:3]
            told.append(Told(x, y, box if box.items else None))
        elif not isinstance(item.value, (list, dict)):
            told.append(Told(label or Node(float(place + 1), item.start, item.start), item))
    return told
