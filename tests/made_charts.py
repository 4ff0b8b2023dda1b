"""Charts made of plain lists, of every kind."""

from __future__ import annotations

from typing import Any

from docai.box import WHOLE
from docai.charting import BOX_PARTS
from docai.document import Axis, Chart, Point, Series

Xs = list[str] | list[float]


def series(
    name: str, xs: Xs, ys: list[float | None] | list[float], *, series: dict[str, Any] | None = None, **points: Any
) -> Series:
    """Return a series; what is told of points is one value for all, or a list of one for each."""
    told = [{field: value[n] if isinstance(value, list) else value for field, value in points.items()} for n in range(len(xs))]
    made = tuple(Point(x=x, y=y, **{"box": WHOLE, **more}) for x, y, more in zip(xs, ys, told, strict=True))
    return Series(name=name, points=made, **(series or {}))


def chart(chart_type: Any, *members: Series, **told: Any) -> Chart:
    return Chart(page_number=1, box=WHOLE, chart_type=chart_type, series=members, **told)


def boxes(*groups: str, xs: Xs) -> tuple[Series, ...]:
    """Return the series of a box plot, those of the second group one higher."""
    values = (1.0, 3.0, 4.0, 6.0, 9.0, 12.0)
    return tuple(
        series(f"{group} {part}".strip(), xs, [value + n] * len(xs))
        for n, group in enumerate(groups)
        for part, value in zip(BOX_PARTS, values, strict=True)
    )


CITIES = ["서울", "부산", "Đà Nẵng", "Hà Nội"]
QUARTERS = ["Q1", "Q2", "Q3", "Q4"]
GALLERY = {
    "bars": chart(
        "bar",
        series("2022 매출", CITIES, [10.0, 20.0, 15.0, 30.0], series={"colour": "#336699"}),
        series("Doanh thu", CITIES, [12.0, 18.0, None, 33.0], confidence=[1.0, 0.3, 1.0, 1.0]),
        title="도시별 매출",
        y_axis=Axis(title="금액", unit="억 원"),
        x_axis=Axis(title="도시", scale="category"),
    ),
    "errors": chart(
        "bar", series("", QUARTERS, [10.0, -20.0, 15.0, 5.0], low=[8.0, -23.0, 12.0, 4.0], high=[12.0, -17.0, 18.0, 6.0])
    ),
    "stack": chart(
        "bar",
        series("a", QUARTERS, [1.0, 2.0, 3.0, 4.0]),
        series("b", QUARTERS, [2.0, -2.0, 1.0, 1.0]),
        stacking="stacked",
        orientation="horizontal",
    ),
    "percent": chart(
        "area",
        series("a", [1.0, 2.0], [1.0, 3.0]),
        series("b", [1.0, 2.0], [3.0, 1.0]),
        stacking="percent",
        y_axis=Axis(unit="%", high=100.0),
    ),
    "floating": chart("bar", series("range", QUARTERS, [5.0, 8.0, 9.0, 6.0], low=1.0, high=[5.0, 8.0, 9.0, 6.0])),
    "histogram": chart("bar", series("", [5.0, 15.0, 25.0], [3.0, 9.0, 4.0]), x_axis=Axis(low=0.0, high=30.0)),
    "log": chart(
        "line", series("a", [1.0, 2.0, 3.0, 4.0], [1.0, 100.0, None, 10000.0]), y_axis=Axis(scale="log", low=1.0, high=1e4)
    ),
    "dates": chart(
        "line",
        series("rate", ["2020-01", "2020-07", "2021-01"], [1.0, 2.0, 3.0], error=0.05, basis="measured"),
        x_axis=Axis(scale="date"),
        y_axis=Axis(low=4.0, high=0.0, title="depth"),
    ),
    "bubbles": chart("scatter", series("p", [1.0, 2.0], [3.0, 4.0], size=[0.25, 1.0]), x_axis=Axis(low=0.0, high=4.0)),
    "pie": chart("pie", series("", ["삼성", "LG", "기타"], [50.0, 30.0, 20.0])),
    "boxes": chart("box", *boxes("male", "female", xs=["A", "B"])),
    "heatmap": chart("heatmap", series("월", ["0h", "6h"], [1.0, 2.0]), series("화", ["0h", "6h"], [3.0, None])),
    "mixed": chart(
        "mixed",
        series("sales", QUARTERS, [100.0, 120.0, 90.0, 140.0], series={"mark": "bar"}),
        series("growth", QUARTERS, [2.0, 3.0, -1.0, 5.0], series={"mark": "line", "axis": "second"}),
        y_axis=Axis(title="Sales"),
        second_axis=Axis(title="Growth", unit="%", low=-2.0, high=6.0),
    ),
    "empty": chart("bar"),
}
