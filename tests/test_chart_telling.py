"""What marks are named by: bins, dates, numbers that a picture's pixels can tell."""

from __future__ import annotations

import pymupdf
import pytest

import docai
from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.scales import Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Scene
from docai.backends.classical.charts.telling import namer_of, since_told

AXIS = Scale("linear", True, 0.0, 200.0, (), 0.1, 0.0)  # ten units of the scene are one of value


def part_of(spans, stacking="none", layers=1):
    values = [Value(0.05 * (left + right), 1.0, Extent(left, 50.0, right, 100.0)) for left, right in spans]
    return Part("bar", tuple(Strand(str(n), "", tuple(values)) for n in range(layers)), (), stacking=stacking)


def test_bars_of_a_stacked_histogram_are_named_by_their_bins():
    part = part_of([(0.0, 50.0), (50.0, 100.0), (100.0, 150.0)], "stacked", layers=3)
    namer = namer_of(part, AXIS, Scene(200.0, 100.0))
    assert [namer.name(value) for value in part.strands[1].values] == ["0 – 5", "5 – 10", "10 – 15"]


@pytest.mark.parametrize(("blur", "expected"), [(0.0, "3.498"), (0.5, "3.5")])
def test_a_number_is_told_as_finely_as_pixels_tell_it(blur, expected):
    part = part_of([(24.98, 44.98)])
    assert namer_of(part, AXIS, Scene(200.0, 100.0, blur=blur)).name(part.strands[0].values[0]) == expected


@pytest.mark.parametrize(
    ("form", "expected"), [("%m-%d", ["01-15", "02-01"]), ("%m", ["01-15", "02"]), ("%Y-%m", ["2001-01-15", "2001-02-01"])]
)
def test_a_date_is_told_without_a_year_where_the_axis_prints_none(form, expected):
    days = [979516800.0, 980985600.0]  # 15 January and 1 February 2001, in seconds since 1970
    scale = Scale("date", True, 0.0, 100.0, (), 30e4, days[0], form=form)
    part = Part("line", (Strand("", "", tuple(Value(day, 1.0, Extent(0.0, 0.0, 1.0, 1.0)) for day in days)),), ())
    namer = namer_of(part, scale, Scene(100.0, 100.0))
    assert [namer.name(value) for value in part.strands[0].values] == expected


def test_bars_that_share_a_name_are_less_sure_than_one_that_has_its_own():
    with pymupdf.open() as file:
        page = file.new_page(width=300, height=240)
        page.draw_line((50, 200), (250, 200))
        page.draw_line((50, 40), (50, 200))
        for number in range(5):
            page.draw_line((46, 200 - 40 * number), (50, 200 - 40 * number))
            page.insert_text((30, 203 - 40 * number), str(10 * number), fontsize=9)
        for number, name in enumerate(("North", "South", "South", "West")):
            page.draw_rect((60 + 48 * number, 80 + 20 * number, 90 + 48 * number, 200), color=None, fill=(0.2, 0.4, 0.8))
            page.insert_text((62 + 48 * number, 213), name, fontsize=9)
        points = docai.extract(file.tobytes()).charts[0].series[0].points
    assert [point.x for point in points] == ["North", "South", "South", "West"]
    assert points[1].confidence == points[2].confidence <= 0.5 * points[0].confidence + 1e-3


@pytest.mark.parametrize(("form", "expected"), [("%m-%d", 14 * 86_400.0), ("%m", 14 * 86_400.0), ("%Y-%m", 979516800.0)])
def test_a_value_on_an_axis_of_dates_without_years_is_told_since_the_first_year_began(form, expected):
    tick = Tick(0.0, Label("Jan 15", Extent(0.0, 0.0, 1.0, 1.0), 10.0), 979516800.0)
    scale = Scale("date", True, 0.0, 100.0, (tick,), 30e4, 979516800.0, form=form)
    assert since_told(979516800.0, scale) == expected
    assert since_told(7.0, AXIS) == 7.0
