"""Where the values of charts stand: scales, plots and stacks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.box import Box
from docai.charting import Frame, Scale, box_part, is_floating, plot_of, seconds_of, stacks
from docai.document import Axis
from tests.made_charts import GALLERY, QUARTERS, chart, series

FRAME = Frame(100, 50, 500, 250)
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970", 0.0),
        ("1970-02", 31 * 86_400.0),
        ("1970-01-02", 86_400.0),
        ("1970-01-02T01:30", 91_800.0),
        ("1969-12-31T23:59:50Z", -10.0),
        ("1970-13", None),
        ("1970-02-30", None),
        ("Q1 1970", None),
        ("12", None),
    ],
)
def test_dates_are_seconds_since_1970(text, seconds):
    assert seconds_of(text) == seconds


@given(NUMBERS, NUMBERS, st.floats(0, 1))
def test_a_linear_scale_places_a_value_as_far_as_it_is_between_the_ends(low, high, share):
    if abs(high - low) > 1e-3:
        assert Scale("linear", low, high).share(low + share * (high - low)) == pytest.approx(share, abs=1e-6)


def test_a_logarithmic_scale_gives_each_decade_the_same_room_and_nothing_below_zero_a_place():
    scale = Scale("log", 1.0, 1000.0)
    assert [scale.share(value) for value in (1.0, 10.0, 100.0, 1000.0)] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert [scale.share(value) for value in (0.0, -5.0, None)] == [None, None, None]


def test_an_inverted_axis_begins_with_its_larger_end():
    plot = plot_of(GALLERY["dates"], FRAME)
    assert (plot.y.share(4.0), plot.y.share(0.0), plot.y.share(1.0)) == (0.0, 1.0, 0.75)


def test_categories_stand_in_the_middle_of_their_room_and_those_of_lying_bars_from_the_top():
    upright, lying = plot_of(GALLERY["bars"], FRAME), plot_of(GALLERY["stack"], FRAME)
    assert [upright.x.share(x) for x in ("서울", "Hà Nội", "nowhere")] == [0.125, 0.875, None]
    assert upright.at(0.125, 0.5) == (150, 150)
    assert lying.at(0.125, 0.5) == (300, 75)


def test_axes_that_tell_no_ends_reach_over_the_values_and_bars_from_zero():
    scale = plot_of(chart("bar", series("", QUARTERS, [3.0, 9.0, 4.0, 5.0])), FRAME).y
    assert scale.low == 0.0
    assert scale.high > 9.0
    line = plot_of(chart("line", series("", QUARTERS, [3.0, 9.0, 4.0, 5.0])), FRAME).y
    assert 0 < line.low < 3.0


def test_dates_on_a_date_axis_are_no_categories():
    assert plot_of(GALLERY["dates"], FRAME).x.kind == "date"
    assert plot_of(chart("line", series("", ["2020", "2021"], [1.0, 2.0])), FRAME).x.kind == "category"


def test_one_value_alone_has_a_place_on_every_scale():
    for axis in (Axis(), Axis(scale="log"), Axis(scale="date")):
        scale = plot_of(chart("line", series("", [5.0], [5.0]), x_axis=axis, y_axis=axis), FRAME).y
        assert scale.share(5.0) is not None


def test_positive_values_are_stacked_above_zero_and_negative_ones_below():
    ends = stacks(GALLERY["stack"])
    assert ends[0, 0] == (0.0, 1.0)
    assert ends[1, 0] == (1.0, 3.0)
    assert ends[1, 1] == (0.0, -2.0)


@pytest.mark.parametrize(
    ("orientation", "axis", "places"),
    [
        ("vertical", Axis(), [(0.4, 0.1, 0.5, 0.3), (0.4, 0.3, 0.5, 0.4)]),
        ("vertical", Axis(low=9.0, high=0.0), [(0.4, 0.6, 0.5, 0.7), (0.4, 0.2, 0.5, 0.6)]),
        ("horizontal", Axis(), [(0.3, 0.4, 0.5, 0.5), (0.2, 0.4, 0.3, 0.5)]),
    ],
)
def test_parts_of_a_stack_stand_in_the_order_in_which_they_stand_on_the_page(orientation, axis, places):
    upper, lower = (Box(*place) for place in places)
    parts = series("upper", ["x"], [2.0], box=upper), series("lower", ["x"], [1.0], box=lower)
    ends = stacks(chart("bar", *parts, stacking="stacked", orientation=orientation, y_axis=axis))
    assert ends == {(1, 0): (0.0, 1.0), (0, 0): (1.0, 3.0)}
    below = series("upper", ["x"], [-1.0], box=upper), series("lower", ["x"], [-2.0], box=lower)
    assert stacks(chart("bar", *below, stacking="stacked", orientation=orientation, y_axis=axis))[1, 0] == (-1.0, -3.0)


def test_plain_values_of_a_100_percent_chart_are_made_shares_and_shares_stay():
    ends = stacks(GALLERY["percent"])
    assert (ends[0, 0], ends[1, 0]) == ((0.0, 25.0), (25.0, 100.0))
    shares = chart("bar", series("a", ["x"], [0.4]), series("b", ["x"], [0.59]), stacking="percent")
    assert stacks(shares)[1, 0] == (0.4, pytest.approx(0.99))
    torn = chart("bar", series("a", ["x"], [30.0]), series("b", ["x"], [None]), stacking="percent")
    assert stacks(torn)[0, 0] == (0.0, 30.0)  # what the other is, nobody knows


def test_a_bar_floats_where_its_value_is_one_of_its_ends():
    for name, expected in (("floating", True), ("errors", False)):
        one = GALLERY[name].series[0]
        assert is_floating(GALLERY[name], one, one.points[0]) is expected


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("median", ("", "median")),
        ("Male upper quartile", ("Male", "upper quartile")),
        ("outlier", ("", "outlier")),
        ("sales", None),
        ("supermedian", None),
    ],
)
def test_the_series_of_box_plots_name_their_group_and_part(name, part):
    assert box_part(series(name, [], [])) == part
