"""The values of charts as rows: pandas, CSV, Excel, Markdown, HTML and text."""

from __future__ import annotations

import csv
import datetime
import math
from xml.etree import ElementTree

import openpyxl
import pandas
import pytest
from hypothesis import given, settings

from docai.box import Box
from docai.document import Axis, Block, Document, Page, Problem
from docai.exporters import to_text, write
from docai.exporters.charts import LONG, told_columns, wide, wide_texts
from tests.drawn_answers import WILD, boxes, charts
from tests.made_charts import CITIES, GALLERY, QUARTERS, chart, series


def document(*charts, problems=()):
    blocks = tuple(Block(id=f"p1/{number}", content=one) for number, one in enumerate(charts, 1))
    page = Page(number=1, width_points=595, height_points=842, blocks=blocks, problems=problems)
    return Document(name="a.pdf", page_count=1, pages=(page,))


# ---- rows


def test_a_wide_table_has_a_row_for_each_x_and_a_column_for_each_series():
    assert wide_texts(GALLERY["bars"]) == [
        ["도시", "2022 매출", "Doanh thu"],
        ["서울", "10", "12"],
        ["부산", "20", "18"],
        ["Đà Nẵng", "15", ""],
        ["Hà Nội", "30", "33"],
    ]


def test_numbers_and_dates_that_rise_in_each_series_rise_in_the_whole():
    one = chart("line", series("a", [1.0, 3.0], [1.0, 3.0]), series("b", [2.0, 3.0], [2.0, 3.5]))
    assert wide(one).xs == (1.0, 2.0, 3.0)
    falling = chart("line", series("a", [3.0, 1.0], [1.0, 3.0]), series("b", [2.0], [2.0]))
    assert wide(falling).xs == (3.0, 1.0, 2.0)


def test_values_of_one_series_with_the_same_x_have_rows_of_their_own():
    one = chart("scatter", series("a", [1.0, 1.0, 2.0], [5.0, 6.0, 7.0]), series("b", [1.0], [8.0]))
    assert wide_texts(one)[1:] == [["1", "5", "8"], ["1", "6", ""], ["2", "7", ""]]


def test_a_series_without_a_name_is_told_by_the_axis():
    one = chart("bar", series("", ["a"], [1.0]), y_axis=Axis(title="Sales", unit="EUR"))
    assert wide_texts(one)[0] == ["x", "Sales (EUR)"]


def test_people_are_told_how_a_value_was_obtained_where_that_tells_something():
    heads = {
        name: [head for head, _ in told_columns(GALLERY[name])] for name in ("histogram", "dates", "errors", "mixed", "bubbles")
    }
    assert heads == {
        "histogram": ["Series", "x", "y"],
        "dates": ["Series", "x", "depth", "Error", "Basis"],
        "errors": ["Series", "x", "y", "Low", "High"],
        "mixed": ["Series", "x", "Sales", "Mark", "Axis"],
        "bubbles": ["Series", "x", "y", "Size"],
    }


# ---- pandas


def test_a_dataframe_has_floats_by_x_in_order():
    frame = GALLERY["bars"].to_dataframe()
    assert list(frame.columns) == ["2022 매출", "Doanh thu"]
    assert list(frame.index) == CITIES
    assert frame.index.name == "도시"
    assert (frame.loc["서울", "Doanh thu"], math.isnan(frame.loc["Đà Nẵng", "Doanh thu"])) == (12.0, True)
    assert set(map(str, frame.dtypes)) == {"float64"}


def test_a_dataframe_of_dates_has_an_index_of_dates():
    frame = GALLERY["dates"].to_dataframe()
    assert list(frame.index) == [pandas.Timestamp(text) for text in ("2020-01", "2020-07", "2021-01")]
    torn = chart("line", series("a", ["2020", "soon"], [1.0, 2.0]), x_axis=Axis(scale="date"))
    assert list(torn.to_dataframe().index) == ["2020", "soon"]


def test_ends_sizes_and_groups_make_columns_of_two_levels():
    assert list(GALLERY["errors"].to_dataframe().columns) == [("y", "y"), ("y", "low"), ("y", "high")]
    assert list(GALLERY["bubbles"].to_dataframe().columns) == [("p", "y"), ("p", "size")]
    frame = GALLERY["boxes"].to_dataframe()
    assert frame["female"].loc["A", "median"] == 5.0
    assert frame["male"].loc["B", "outlier"] == 12.0


def test_a_long_dataframe_has_a_row_for_each_value_and_how_it_was_obtained():
    frame = GALLERY["dates"].to_dataframe(long=True)
    assert tuple(frame.columns) == LONG
    assert list(frame.loc[1, ["series", "x", "y", "basis", "confidence", "error"]]) == [
        "rate",
        "2020-07",
        2.0,
        "measured",
        1.0,
        0.05,
    ]
    assert math.isnan(frame.loc[1, "low"])


@pytest.mark.parametrize("name", GALLERY)
@pytest.mark.parametrize("long", [False, True])
def test_every_chart_has_a_dataframe(name, long):
    one = GALLERY[name]
    frame = one.to_dataframe(long=long)
    known = sum(point.y is not None for each in one.series for point in each.points)
    if long:
        assert len(frame) == sum(len(each.points) for each in one.series)
        assert frame["y"].notna().sum() == known
    else:
        assert frame.notna().to_numpy().sum() >= known


# ---- files


def test_csv_has_a_file_for_each_chart_with_a_row_for_each_value(tmp_path):
    paths = write(document(GALLERY["dates"], GALLERY["empty"], GALLERY["bars"]), "csv", tmp_path / "a.pdf")
    assert [path.name for path in paths] == ["a.pdf.p1-1.csv", "a.pdf.p1-3.csv"]
    with paths[0].open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == LONG
    assert [(row["x"], float(row["y"]), row["basis"], row["error"]) for row in rows] == [
        ("2020-01", 1.0, "measured", "0.05"),
        ("2020-07", 2.0, "measured", "0.05"),
        ("2021-01", 3.0, "measured", "0.05"),
    ]


def test_a_workbook_has_a_sheet_for_each_chart_with_numbers_and_dates(tmp_path):
    (path,) = write(document(GALLERY["bars"], GALLERY["dates"], GALLERY["errors"]), "xlsx", tmp_path / "a.pdf")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Document", "p1-1 도시별 매출", "p1-2", "p1-3", "Sources"]
    assert list(book["p1-1 도시별 매출"].iter_rows(values_only=True))[:4] == [
        ("도시", "2022 매출", "Doanh thu"),
        ("서울", 10, 12),
        ("부산", 20, 18),
        ("Đà Nẵng", 15, None),
    ]
    cell = book["p1-2"]["A2"]
    assert (cell.value, cell.number_format) == (datetime.datetime(2020, 1, 1), "yyyy-mm")  # noqa: DTZ001  # Excel's have no zone
    assert list(book["p1-3"].iter_rows(values_only=True))[:3] == [
        ("x", "y", "y", "y"),
        (None, "y", "low", "high"),
        ("Q1", 10, 8, 12),
    ]


def test_the_sources_of_a_workbook_tell_how_each_value_of_a_chart_was_read(tmp_path):
    box = Box(0.1, 0.2, 0.3, 0.4)
    one = chart("bar", series("a", ["x"], [2.5], box=box, basis="measured", error=0.25, confidence=0.75))
    (path,) = write(document(one), "xlsx", tmp_path / "a.pdf")
    rows = list(openpyxl.load_workbook(path)["Sources"].iter_rows(values_only=True))
    assert rows[1] == ("p1-1", "B2", "2.5", 1, 0.1, 0.2, 0.3, 0.4, 0.75, "measured", 0.25)


def kinds(path, sheet):
    return [type(drawn).__name__ for drawn in openpyxl.load_workbook(path)[sheet]._charts]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(
            ("bars", "BarChart"),
            ("stack", "BarChart"),
            ("percent", "AreaChart"),
            ("dates", "LineChart"),
            ("bubbles", "ScatterChart"),
        ),
        *(("pie", "PieChart"), ("log", "ScatterChart"), ("histogram", "BarChart"), ("mixed", "BarChart")),
        *(("boxes", None), ("heatmap", None), ("floating", None)),
    ],
)
def test_a_workbook_draws_each_chart_that_excel_can_from_its_cells(tmp_path, name, kind):
    (path,) = write(document(GALLERY[name]), "xlsx", tmp_path / "a.pdf")
    sheet = openpyxl.load_workbook(path).sheetnames[1]
    assert kinds(path, sheet) == ([kind] if kind else [])


def test_lying_bars_of_a_workbook_stand_from_top_to_bottom_and_grow_to_the_right(tmp_path):
    (path,) = write(document(GALLERY["stack"]), "xlsx", tmp_path / "a.pdf")
    (drawn,) = openpyxl.load_workbook(path)["p1-1"]._charts
    assert (drawn.type, drawn.grouping) == ("bar", "stacked")
    assert (drawn.x_axis.scaling.orientation, drawn.y_axis.scaling.orientation) == ("maxMin", "minMax")


def test_a_chart_of_any_kind_is_written_in_every_text_format():
    whole = document(*GALLERY.values(), problems=(Problem(code="a", message="b"),))
    for name in ("txt", "md", "html"):
        shown = to_text(whole, name)
        assert all(text in shown for text in ("Doanh thu", "Hà Nội", "2020-07", "lower quartile", *QUARTERS))


def test_html_tells_the_basis_and_the_error_of_each_value():
    shown = document(GALLERY["dates"]).to_html()
    assert shown.count('data-basis="measured" data-error="0.05"') == 3
    assert "<td>± 0.05</td><td>measured</td>" in shown


def test_markdown_tells_which_axis_measures_a_series_and_what_shows_it():
    assert "| growth | Q1 | 2 | line | Growth (%) |" in document(GALLERY["mixed"]).to_markdown()


@settings(max_examples=60, deadline=None)
@given(charts(WILD, boxes()))
def test_whatever_a_chart_says_it_is_drawn_and_written(tmp_path_factory, one):
    whole, folder = document(one), tmp_path_factory.mktemp("wild")
    assert ElementTree.fromstring(one.to_svg()).tag.endswith("svg")
    assert len(one.to_dataframe(long=True)) == sum(len(each.points) for each in one.series)
    assert all(to_text(whole, name) is not None for name in ("txt", "md", "html", "csv"))
    (path,) = write(whole, "xlsx", folder / "a.pdf")
    assert len(openpyxl.load_workbook(path).sheetnames) == 2 + any(each.points for each in one.series)


def test_axes_of_a_workbook_begin_and_end_at_whole_steps(tmp_path):
    points = series("a", [18.4, 61.2], [0.3, 9.9])
    one = chart("scatter", points, x_axis=Axis(low=16.27, high=63.4), y_axis=Axis(low=10.0, high=0.004))
    (path,) = write(document(one), "xlsx", tmp_path / "a.pdf")
    (drawn,) = (drawing for sheet in openpyxl.load_workbook(path) for drawing in sheet._charts)
    across, down = drawn.x_axis, drawn.y_axis
    assert (across.scaling.min, across.scaling.max, across.majorUnit) == (10, 70, 10)
    assert (down.scaling.min, down.scaling.max, down.majorUnit, down.scaling.orientation) == (0, 10, 2, "maxMin")
