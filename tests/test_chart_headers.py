"""Small multiples in rows are told by what stands beside them."""

from __future__ import annotations

import pytest
import vl_convert

import docai
from docai.box import Box
from docai.chart_regions.headers import with_row_headers
from docai.chart_regions.scales import Token, find_scales
from docai.chart_regions.shapes import Place
from docai.document import Axis, Chart, Point, Series

CITIES = ("Kyoto", "Lima")


def panel(row, beside, *, title="", left=0.1, names=CITIES, high=10.0, orientation="horizontal"):
    box = Box(left=left, top=0.3 * row, right=0.9, bottom=0.3 * row + 0.2)
    points = tuple(Point(x=name, y=3.0, box=box) for name in names)
    axes = Axis(title=beside, scale="category"), Axis(low=0.0, high=high)
    if orientation == "vertical":
        axes = Axis(scale="category"), Axis(title=beside, low=0.0, high=high)
    return Chart(
        page_number=1,
        box=box,
        chart_type="bar",
        orientation=orientation,
        title=title,
        x_axis=axes[0],
        y_axis=axes[1],
        series=(Series(points=points),),
    )


def told(charts):
    return [(chart.title, chart.x_axis.title, chart.y_axis.title) for chart in charts]


@pytest.mark.parametrize("orientation", ["horizontal", "vertical"])
def test_what_stands_beside_each_row_is_its_title(orientation):
    rows = [panel(n, word, orientation=orientation) for n, word in enumerate(("North", "South", "West"))]
    assert told(with_row_headers(rows)) == [("North", "", ""), ("South", "", ""), ("West", "", "")]


def test_what_all_rows_are_told_apart_by_stands_beside_the_one_in_the_middle():
    rows = [panel(0, "North"), panel(1, "South", title="region", left=0.03), panel(2, "West")]
    assert told(with_row_headers(rows)) == [("North", "", ""), ("South", "", ""), ("West", "", "")]


@pytest.mark.parametrize(
    "rows",
    [
        [panel(0, "city"), panel(1, "city")],
        [panel(0, "North", title="Sales"), panel(1, "South", title="Costs")],
        [panel(0, "city"), panel(1, "town", names=("Oslo", "Quito"))],
        [panel(0, "rain", orientation="vertical"), panel(1, "heat", orientation="vertical", high=40.0)],
    ],
)
def test_titles_of_axes_stay_with_them(rows):
    assert with_row_headers(rows) == rows


def column(*texts, steps):
    places, down = [], 0.0
    for step in steps:
        down += step
        places.append(Place(0, down, 10, down + 8))
    values = [float(text) for text in texts]
    return [Token(place, text, value, n) for n, (place, text, value) in enumerate(zip(places, texts, values, strict=True))]


def axes(tokens):
    return [[token.text for token in scale.tokens] for scale in find_scales(tokens)]


def test_the_same_few_numbers_at_the_same_steps_are_axes_of_small_multiples():
    three = column(*("40", "20", "0") * 2, steps=[0, 30, 30, 40, 30, 30])
    assert axes(three) == [["40", "20", "0"]] * 2
    two = column(*("100", "0") * 3, steps=[0, 30, 50, 30, 50, 30])
    assert axes(two) == [["100", "0"]] * 3
    assert axes(two[:4]) == []
    assert axes(column(*("100", "0") * 3, steps=[0, 30, 50, 24, 50, 30])) == []


def test_rows_of_a_faceted_chart_are_charts_with_their_headers_as_titles(tmp_path):
    rows = [{"g": g, "a": a, "s": s, "v": 5 + 3 * i + j} for i, g in enumerate("NSW") for j, a in enumerate("abcd") for s in "FM"]
    spec = {
        "data": {"values": rows},
        "mark": "bar",
        "width": 160,
        "height": 80,
        "encoding": {
            "row": {"field": "g", "type": "nominal"},
            "x": {"field": "a", "type": "nominal"},
            "y": {"field": "v", "type": "quantitative"},
            "color": {"field": "s", "type": "nominal"},
        },
    }
    path = tmp_path / "rows.pdf"
    path.write_bytes(vl_convert.vegalite_to_pdf(spec))
    charts = docai.extract(path).charts
    assert [chart.title for chart in charts] == ["N", "S", "W"]
    assert [[series.name for series in chart.series] for chart in charts] == [["F", "M"]] * 3
    assert [chart.series[0].points[0].y for chart in charts] == pytest.approx([5, 8, 11], abs=0.02)
