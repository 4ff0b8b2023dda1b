"""Charts are told by marks that differ as numbers do beside scales; tables, forms and diagrams are none."""

from __future__ import annotations

import pytest

from docai.chart_regions import find_charts
from docai.chart_scales import value_of
from docai.lines import find_lines
from tests.drawn_pages import Sheet, filled, page_of


def charts(sheet):
    page = page_of(sheet.data())
    return find_charts(page, find_lines(page.words, page.width_points, page.height_points))


def test_two_charts_apart_are_two():
    sheet = Sheet().bars(60, 250, [30, 60, 90]).bars(60, 600, [80, 20, 50])
    assert len(charts(sheet)) == 2


def test_a_caption_and_a_source_are_no_part_of_a_chart():
    sheet = Sheet().bars(150, 400, [30, 60, 90, 110]).text(150, 436, "Figure 1: Parcels").text(150, 450, "Source: own counts")
    (chart,) = charts(sheet)
    assert not any(line.text.startswith(("Figure", "Source")) for line in chart.lines)


def test_shaded_rows_with_numbers_are_no_chart():
    sheet = Sheet()
    for n in range(6):
        sheet.page.draw_rect((100, 100 + 40 * n, 400, 120 + 40 * n), color=None, fill=(0.8, 0.9, 1))
        sheet.text(110, 114 + 20 * n, f"Row {n}").text(300, 114 + 20 * n, str(137 * n + 11))
    assert charts(sheet) == []


def test_text_and_a_page_without_drawings_are_no_charts():
    sheet = Sheet()
    sheet.column(60, 100, 470, filled(80))
    assert charts(sheet) == []


def test_a_chart_has_the_paths_that_are_drawn_of_it():
    (chart,) = charts(Sheet().bars(150, 400, [30, 60, 90, 110]).rule(60, 700, 500, 700))
    assert len(chart.paths) >= 4
    assert all(chart.box.contains(path.box, 0.003) for path in chart.paths)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,000", 1000.0),
        ("\u22122.5", -2.5),
        ("50%", 50.0),
        ("$3", 3.0),
        ("1e6", 1e6),
        ("2.5K", 2500.0),
        ("(5)", -5.0),
        ("1.234.567", 1234567.0),
    ],
)
def test_a_label_says_its_number(text, value):
    assert value_of(text) == value


@pytest.mark.parametrize("text", ["2021)", "1.", "Row", "3rd", ""])
def test_other_text_says_none(text):
    assert value_of(text) is None
