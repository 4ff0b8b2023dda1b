"""Charts are told by marks that differ as numbers do beside scales; tables, forms and diagrams are none."""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi, sin

import pytest

from docai.box import Box
from docai.chart_regions import _joined, find_charts
from docai.chart_regions.scales import value_of
from docai.chart_regions.shapes import Place, Shape, shapes_of
from docai.lines import find_lines
from docai.sources import VectorPath
from tests.drawn_pages import Sheet, filled, page_of, regions_of


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


def disc(sheet, x, y, radius, colours):
    """Draw sectors of equal size."""
    for n, colour in enumerate(colours):
        shape = sheet.page.new_shape()
        shape.draw_sector(
            (x, y), (x + radius * cos(2 * pi * n / len(colours)), y + radius * sin(2 * pi * n / len(colours))), 360 / len(colours)
        )
        shape.finish(color=None, fill=colour)
        shape.commit()


COLOURS = [(0.1, 0.4, 0.7), (0.9, 0.5, 0.1), (0.2, 0.6, 0.2)]


def legend(sheet, x, y):
    for n, (name, colour) in enumerate(zip(("Wheat", "Barley", "Oats"), COLOURS, strict=True)):
        sheet.page.draw_rect((x, y + 16 * n, x + 8, y + 16 * n + 8), color=None, fill=colour)
        sheet.text(x + 12, y + 16 * n + 8, name)


def test_discs_beside_each_other_share_the_one_legend():
    sheet = Sheet()
    disc(sheet, 150, 300, 60, COLOURS)
    disc(sheet, 320, 300, 60, COLOURS)
    sheet.text(140, 230, "1931").text(310, 230, "1932")
    legend(sheet, 420, 260)
    first, second = sorted(charts(sheet), key=lambda chart: chart.box.left)
    names = {"Wheat", "Barley", "Oats"}
    assert names <= {line.text for line in second.lines}
    assert names == {line.text for line in first.borrowed}


def floating(sheet, ends):
    """Draw bars that begin at different heights, with an axis of numbers and ticks at the left."""
    for n in range(5):
        sheet.text(100, 403 - 50 * n, f"{10 * n}").rule(118, 400 - 50 * n, 123, 400 - 50 * n)
    sheet.rule(123, 200, 123, 400)
    for n, (low, high) in enumerate(ends):
        sheet.page.draw_rect((140 + 50 * n, 400 - 5 * high, 165 + 50 * n, 400 - 5 * low), color=None, fill=(0.2, 0.4, 0.7))
    return sheet


def test_bars_that_float_beside_an_axis_are_a_chart():
    assert len(charts(floating(Sheet(), [(5, 20), (12, 31), (8, 15)]))) == 1


def test_a_title_may_have_two_lines_and_prose_above_a_chart_is_none():
    sheet = floating(Sheet(), [(5, 20), (12, 31), (8, 15)])
    sheet.text(130, 170, "Hours of work by trade and").text(130, 183, "season of the year")
    (chart,) = charts(sheet)
    assert {"Hours of work by trade and", "season of the year"} <= {line.text for line in chart.lines}
    other = floating(Sheet(), [(5, 20), (12, 31), (8, 15)])
    other.column(60, 100, 470, filled(60))
    (chart,) = charts(other)
    assert not any(len(line.words) > 6 for line in chart.lines)


def test_long_names_that_run_upwards_do_not_turn_a_page_with_an_upright_chart():
    sheet = floating(Sheet(), [(5, 20), (12, 31), (8, 15)])
    for n, name in enumerate(("Maintenance of roads", "Upkeep of buildings", "Transport of goods")):
        sheet.text(155 + 50 * n, 510, name, rotate=90)
    (region,) = [region for region in regions_of(page_of(sheet.data())) if region.kind == "chart"]
    assert region.quarter == 0
    assert "Transport of goods" in {line.text for line in region.lines}


def test_thousands_parted_by_spaces_are_numbers_of_an_axis():
    sheet = Sheet()
    for n in range(4):
        sheet.text(90 + 100 * n - (18 if n else 3), 430, f"{2 * n}00 000" if n else "0").rule(90 + 100 * n, 410, 90 + 100 * n, 416)
    for n, wide in enumerate((100, 180, 260)):
        sheet.page.draw_rect((90, 300 + 35 * n, 90 + wide, 322 + 35 * n), color=None, fill=(0.2, 0.4, 0.7))
    assert len(charts(sheet)) == 1


def test_panels_of_a_picture_that_lie_over_each_other_are_one_and_those_apart_are_not():
    large, inner, apart = (Shape(Place(*sides), "other", "", 0) for sides in ((0, 0, 90, 50), (60, 1, 92, 50), (120, 0, 200, 50)))
    assert _joined([[inner], [large], [apart]]) == [[large, inner], [apart]]


def test_a_small_picture_of_a_few_narrow_bars_is_a_chart():
    sheet = Sheet().bars(60, 250, [30, 60, 90])
    page = page_of(sheet.data())
    small = replace(page, width_points=page.width_points / 8, height_points=page.height_points / 8)
    lines = find_lines(small.words, small.width_points, small.height_points)
    assert len(find_charts(small, lines, pictured=True)) == 1
    assert find_charts(small, lines) == []


def test_thin_rectangles_are_rules_unless_it_is_told_otherwise():
    path = VectorPath(Box(0.1, 0.1, 0.11, 0.5), "#4c78a8", "", 1.0, (("rectangle", 0.1, 0.1, 0.11, 0.5),))
    assert [shape.kind for shape in shapes_of([path], 100, 100)] == ["rule"]
    assert [shape.kind for shape in shapes_of([path], 100, 100, thin=0.0)] == ["rectangle"]
