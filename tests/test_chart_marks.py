"""What shows each value stands where the value is."""

from __future__ import annotations

import math

import pytest

from docai.chart_marks import marks, ramp
from docai.charting import Frame, plot_of
from docai.document import Axis
from tests.made_charts import GALLERY, QUARTERS, chart, series

FRAME = Frame(0, 0, 400, 200)


def drawn(one):
    return marks(one, plot_of(one, FRAME))


def extent(mark):
    xs, ys = zip(*mark.places, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def test_bars_reach_from_zero_to_their_values_and_stand_side_by_side():
    one = chart("bar", series("a", ["x", "y"], [5.0, 10.0]), series("b", ["x", "y"], [None, 2.0]), y_axis=Axis(low=0.0, high=10.0))
    assert [(mark.series, mark.point) for mark in drawn(one)] == [(0, 0), (0, 1), (1, 1)]
    assert [extent(mark) for mark in drawn(one)] == [
        pytest.approx((20, 100, 100, 200)),
        pytest.approx((220, 0, 300, 200)),
        pytest.approx((300, 160, 380, 200)),
    ]


def test_bars_of_series_that_share_no_category_stand_in_the_middle():
    one = chart("bar", series("a", ["x"], [5.0]), series("b", ["y"], [5.0]), y_axis=Axis(low=0.0, high=10.0))
    middles = [(extent(mark)[0] + extent(mark)[2]) / 2 for mark in drawn(one)]
    assert middles == pytest.approx([100, 300])


def test_stacked_bars_stand_on_each_other():
    first, second = (mark for mark in drawn(GALLERY["stack"]) if mark.point == 0)
    assert extent(first)[2] == pytest.approx(extent(second)[0])
    assert extent(first)[1] == pytest.approx(extent(second)[1])


def test_a_floating_bar_reaches_from_end_to_end_and_has_no_error_bar():
    one = chart("bar", series("", ["x"], [8.0], low=2.0, high=8.0), y_axis=Axis(low=0.0, high=10.0))
    (mark,) = drawn(one)
    assert (extent(mark)[1], extent(mark)[3]) == pytest.approx((40, 160))


def test_an_error_bar_has_its_caps_at_its_ends():
    bar, stem, *caps = drawn(chart("bar", series("", ["x"], [5.0], low=4.0, high=7.0), y_axis=Axis(low=0.0, high=10.0)))
    assert (bar.shape, stem.shape) == ("polygon", "line")
    assert [place[1] for place in stem.places] == pytest.approx([120, 60])
    assert [cap.places[0][1] for cap in caps] == pytest.approx([120, 60])


def test_lines_break_where_a_value_is_not_known():
    lines = [mark for mark in drawn(GALLERY["log"]) if mark.shape == "line"]
    assert [mark.point for mark in lines] == [0]
    assert lines[0].places[0][1] - lines[0].places[1][1] == pytest.approx(100)  # two decades of four


def test_what_is_doubtful_is_pale():
    assert [(mark.series, mark.point) for mark in drawn(GALLERY["bars"]) if mark.pale] == [(1, 1)]


def test_the_area_of_a_bubble_is_its_size():
    small, large = drawn(GALLERY["bubbles"])
    assert large.radius == pytest.approx(2 * small.radius)


def test_sectors_take_their_shares_clockwise_from_the_top():
    first, second, third = drawn(GALLERY["pie"])
    assert first.places[0] == pytest.approx((200, 0))
    assert first.places[-2] == pytest.approx((200, 200))  # half of it
    assert second.places[-2] == pytest.approx((200 - 100 * math.sin(math.radians(72)), 100 - 100 * math.cos(math.radians(72))))
    assert third.places[-2] == pytest.approx((200, 0))
    assert len({first.colour, second.colour, third.colour}) == 3


def test_a_second_axis_measures_its_own_series():
    one = GALLERY["mixed"]
    dots = [mark for mark in drawn(one) if mark.shape == "circle"]
    assert [mark.places[0][1] for mark in dots] == pytest.approx([100, 75, 175, 25])


def test_boxes_have_a_box_a_median_two_whiskers_and_outliers():
    found = [mark for mark in drawn(GALLERY["boxes"]) if GALLERY["boxes"].series[mark.series].name.startswith("male")]
    shapes = [mark.shape for mark in found]
    assert (shapes.count("polygon"), shapes.count("circle"), shapes.count("line")) == (2, 2, 10)
    male = next(mark for mark in found if mark.shape == "polygon")
    female = next(
        mark
        for mark in drawn(GALLERY["boxes"])
        if mark.shape == "polygon" and GALLERY["boxes"].series[mark.series].name.startswith("female")
    )
    assert extent(male)[2] <= extent(female)[0]


def test_tiles_of_a_heat_map_are_coloured_by_their_values_and_missing_ones_left_out():
    low, middle, high = drawn(GALLERY["heatmap"])
    assert (low.colour, middle.colour, high.colour) == (ramp(0.0), ramp(0.5), ramp(1.0))
    assert extent(low) == pytest.approx((0, 0, 200, 100))  # the first row is at the top
    assert extent(high) == pytest.approx((0, 100, 200, 200))


def test_a_stacked_area_is_cut_where_a_value_is_missing():
    one = chart("area", series("a", QUARTERS, [1.0, 2.0, None, 3.0]), stacking="stacked")
    (mark,) = drawn(one)
    assert len(mark.places) == 4


def test_values_far_beyond_an_axis_are_drawn_just_outside_of_it():
    one = chart("scatter", series("", [1.0], [1e9]), x_axis=Axis(low=0.0, high=2.0), y_axis=Axis(low=0.0, high=10.0))
    (mark,) = drawn(one)
    assert mark.places[0] == pytest.approx((200, -20))


@pytest.mark.parametrize("name", GALLERY)
def test_every_known_value_is_shown(name):
    one = GALLERY[name]
    shown = {(mark.series, mark.point) for mark in drawn(one)}
    known = {(s, p) for s, each in enumerate(one.series) for p, point in enumerate(each.points) if point.y is not None}
    if name in ("percent", "boxes"):  # an area shows all its values, a box five
        assert {s for s, _ in shown} <= {s for s, _ in known}
        assert shown
    else:
        assert shown == known
