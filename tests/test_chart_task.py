"""Scores of charts, on examples worked out by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.box import WHOLE
from docai.document import Axis, Chart, Point, Series, replace
from docai.tasks.chart import _assigned, score


def bars(values, name="", **changes):
    points = tuple(Point(x=x, y=y, box=WHOLE, **changes) for x, y in values.items())
    return Series(name=name, points=points)


def chart(*series, chart_type="bar", **changes):
    return Chart(page_number=1, box=WHOLE, chart_type=chart_type, series=series, **changes)


def curve(values, name="", **changes):
    return bars(dict(values), name, **changes)


TRUE = chart(bars({"North": 10.0, "South": 20.0, "East": 40.0}))
LINE = {"chart_type": "line", "x_axis": Axis(scale="linear")}
DATES = {"chart_type": "line", "x_axis": Axis(scale="date")}


def test_what_is_read_exactly_scores_1():
    found = score(TRUE, TRUE)
    assert (found.precision, found.recall, found.f1) == (1.0, 1.0, 1.0)
    assert found.met == (3, 3, 3)
    assert found.expected == found.read == 3
    assert found.type_right
    assert found.form_right


def test_a_chart_that_was_not_read_scores_0_and_its_values_are_expected():
    found = score(None, TRUE)
    assert found.f1 == 0.0
    assert found.expected == 3
    assert found.met == (0, 0, 0)
    assert not found.type_right


def test_a_missing_bar_costs_recall_and_an_invented_one_precision():
    fewer = score(chart(bars({"North": 10.0, "East": 40.0})), TRUE)
    assert (fewer.precision, fewer.recall) == (1.0, pytest.approx(2 / 3))
    more = score(chart(bars({"North": 10.0, "South": 20.0, "East": 40.0, "Nowhere": 5.0})), TRUE)
    assert (more.precision, more.recall) == (0.75, 1.0)


def test_a_value_gains_by_how_near_it_is_and_nothing_from_a_tenth_on():
    near = score(chart(bars({"North": 10.0, "South": 21.0, "East": 40.0})), TRUE)
    assert near.f1 == pytest.approx((1 + 0.95 + 1) / 3)
    assert near.met == (2, 2, 3)
    far = score(chart(bars({"North": 10.0, "South": 22.1, "East": 40.0})), TRUE)
    assert far.f1 == pytest.approx(2 / 3)


def test_a_misread_category_gains_by_its_likeness():
    found = score(chart(bars({"Nerth": 10.0, "South": 20.0, "East": 40.0})), TRUE)
    assert found.f1 == pytest.approx((0.8 + 1 + 1) / 3)  # one of five letters
    assert found.met == (3, 3, 3)


def test_the_order_of_bars_does_not_matter():
    assert score(chart(bars({"East": 40.0, "North": 10.0, "South": 20.0})), TRUE).f1 == 1.0


def test_series_are_part_of_the_key_where_there_are_several():
    true = chart(bars({"A": 1.0, "B": 2.0}, "Women"), bars({"A": 3.0, "B": 4.0}, "Men"))
    assert score(true, true).f1 == 1.0
    swapped = chart(bars({"A": 1.0, "B": 2.0}, "Men"), bars({"A": 3.0, "B": 4.0}, "Women"))
    assert score(swapped, true).met == (0, 0, 0)


def test_the_name_of_an_only_series_does_not_matter():
    assert score(chart(bars({"North": 10.0, "South": 20.0, "East": 40.0}, "Revenue")), TRUE).f1 == 1.0


def test_years_may_be_texts_or_numbers():
    true = chart(bars({"2019": 5.0, "2020": 6.0}))
    read = chart(Series(points=(Point(x=2019.0, y=5.0, box=WHOLE), Point(x=2020.0, y=6.0, box=WHOLE))))
    assert score(read, true).f1 == 1.0


def test_the_middle_of_a_bin_need_not_be_met_to_the_last_digit():
    true = chart(Series(points=tuple(Point(x=x, y=y, box=WHOLE) for x, y in ((2.5, 4.0), (7.5, 9.0)))), x_axis=Axis())
    read = chart(Series(points=tuple(Point(x=x, y=y, box=WHOLE) for x, y in ((2.4987, 4.0), (7.503, 9.0)))), x_axis=Axis())
    assert score(read, true).f1 == 1.0


def test_a_pie_is_compared_by_shares():
    true = chart(bars({"A": 30.0, "B": 10.0}), chart_type="pie")
    assert score(chart(bars({"A": 75.0, "B": 25.0}), chart_type="pie"), true).met == (2, 2, 2)


def test_tiny_values_are_held_to_a_part_of_the_largest():
    true = chart(bars({"A": 0.0, "B": 100.0}))
    assert score(chart(bars({"A": 0.005, "B": 100.0})), true).met == (2, 2, 2)  # 0.5 % of 2
    assert score(chart(bars({"A": 1.0, "B": 100.0})), true).met == (1, 1, 1)


def test_ends_of_error_bars_are_values_where_the_truth_has_them():
    true = chart(Series(points=(Point(x="A", y=10.0, low=8.0, high=12.0, box=WHOLE),)))
    assert score(chart(bars({"A": 10.0})), true).met == (1, 1, 1)
    assert score(chart(bars({"A": 10.0})), true).expected == 3
    assert score(true, true).met == (3, 3, 3)


def test_a_floating_bar_has_two_values():
    true = chart(Series(points=(Point(x="A", y=10.0, low=8.0, high=10.0, box=WHOLE),)))
    assert score(true, true).expected == 2


def test_outliers_of_one_group_are_told_apart_by_their_values():
    outliers = tuple(Point(x="A", y=y, box=WHOLE) for y in (1.0, 9.0))
    true = chart(
        Series(name="median", points=(Point(x="A", y=5.0, box=WHOLE),)), Series(name="outlier", points=outliers), chart_type="box"
    )
    turned = replace(true, series=(true.series[0], replace(true.series[1], points=outliers[::-1])))
    assert score(turned, true).met == (3, 3, 3)


def test_lines_are_compared_as_curves():
    true = chart(curve([(0.0, 0.0), (5.0, 50.0), (10.0, 100.0)]), **LINE)
    sparse = chart(curve([(0.0, 0.0), (10.0, 100.0)]), **LINE)
    dense = chart(curve([(x / 2, 5.0 * x) for x in range(21)]), **LINE)
    assert score(sparse, true).f1 == score(dense, true).f1 == 1.0
    half = chart(curve([(0.0, 0.0), (5.0, 50.0)]), **LINE)
    assert score(half, true).recall == pytest.approx(2 / 3)
    shifted = chart(curve([(0.0, 3.0), (10.0, 103.0)]), **LINE)
    assert score(shifted, true).met == (0, 0, 3)  # 3 % of the range


def test_errors_of_lines_are_relative_to_the_range_of_a_logarithmic_axis():
    axes = {**LINE, "y_axis": Axis(scale="log")}
    true = chart(curve([(0.0, 1.0), (1.0, 100.0), (2.0, 10000.0)]), **axes)
    read = chart(curve([(0.0, 1.04), (1.0, 104.0), (2.0, 10400.0)]), **axes)  # log10 1.04 is 0.017 of 4 decades
    assert score(read, true).met == (3, 3, 3)


def test_lines_find_their_namesakes_though_both_are_near():
    true = chart(curve([(0.0, 0.0), (1.0, 50.0)], "low"), curve([(0.0, 1.0), (1.0, 100.0)], "high"), **LINE)
    assert score(replace(true, series=true.series[::-1]), true).f1 == 1.0
    swapped = [replace(series, name=name) for series, name in zip(true.series, ("high", "low"), strict=True)]
    assert score(replace(true, series=tuple(swapped)), true).recall < 0.6


def test_lines_without_names_are_matched_by_what_they_tell():
    true = chart(curve([(0.0, 0.0), (1.0, 50.0)], "low"), curve([(0.0, 70.0), (1.0, 100.0)], "high"), **LINE)
    unnamed = [replace(series, name="") for series in true.series]
    assert score(replace(true, series=tuple(unnamed[::-1])), true).f1 == 1.0


def test_a_line_that_is_not_there_costs_precision():
    true = chart(curve([(0.0, 0.0), (1.0, 50.0)]), **LINE)
    read = replace(true, series=(*true.series, curve([(0.0, 9.0), (1.0, 9.0)], "grid")))
    assert (score(read, true).precision, score(read, true).recall) == (0.5, 1.0)


def test_steps_are_met_at_their_points():
    true = chart(curve([(0.0, 0.0), (1.0, 50.0), (2.0, 100.0)]), **LINE)
    corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 50.0), (2.0, 50.0), (2.0, 100.0))
    read = chart(Series(points=tuple(Point(x=x, y=y, box=WHOLE) for x, y in corners)), **LINE)
    assert score(read, true).recall == 1.0


def test_dates_are_one_whether_their_days_are_told_or_not():
    true = chart(curve([("2019-01-01", 0.0), ("2019-07-01", 50.0), ("2020-01-01", 100.0)]), **DATES)
    assert score(chart(curve([("2019-01", 0.0), ("2019-07", 50.0), ("2020", 100.0)]), **DATES), true).f1 == 1.0
    assert score(chart(curve([("2018-01", 0.0), ("2018-07", 50.0), ("2019", 100.0)]), **DATES), true).recall < 0.5


def test_points_are_met_by_the_nearest_within_both_ranges():
    axes = {"chart_type": "scatter", "x_axis": Axis(scale="linear")}
    true = chart(curve([(0.0, 0.0), (50.0, 10.0), (100.0, 100.0)]), **axes)
    read = chart(curve([(100.4, 100.0), (0.0, 1.0), (50.0, 16.0)]), **axes)
    assert score(read, true).met == (1, 2, 2)
    assert score(read, true).f1 == pytest.approx(2 / 3)


def test_confidences_are_counted_where_they_are_high_and_right_within_2_percent():
    read = chart(
        Series(
            points=(
                Point(x="North", y=10.1, box=WHOLE, confidence=0.95),
                Point(x="South", y=22.0, box=WHOLE, confidence=0.9),
                Point(x="East", y=40.0, box=WHOLE, confidence=0.6),
                Point(x="made up", y=3.0, box=WHOLE, confidence=0.99),
            )
        )
    )
    assert (score(read, TRUE).sure, score(read, TRUE).sure_right) == (3, 1)


def test_type_and_form_are_told_apart():
    flat = replace(TRUE, orientation="horizontal")
    assert score(flat, TRUE).type_right
    assert not score(flat, TRUE).form_right
    assert not score(replace(TRUE, chart_type="line"), TRUE).type_right


@given(st.integers(1, 4), st.integers(1, 4), st.randoms(use_true_random=False))
def test_the_assignment_is_the_cheapest_of_all(rows, columns, random):
    cost = np.array([[random.random() for _ in range(columns)] for _ in range(rows)])
    found = _assigned(cost)
    assert len({row for row, _ in found}) == len({column for _, column in found}) == min(rows, columns)
    wide = cost if rows <= columns else cost.T
    every = [
        sum(wide[row, column] for row, column in enumerate(order))
        for order in itertools.permutations(range(wide.shape[1]), wide.shape[0])
    ]
    assert sum(cost[row, column] for row, column in found) == pytest.approx(min(every))


@given(
    st.lists(st.tuples(st.text(max_size=6), st.floats(-1e9, 1e9)), max_size=8),
    st.sampled_from(["bar", "line", "pie", "scatter", "box"]),
)
def test_scores_stay_between_0_and_1_for_anything_read(pairs, chart_type):
    read = chart(Series(points=tuple(Point(x=x, y=y, box=WHOLE) for x, y in pairs)), chart_type=chart_type)
    for true in (TRUE, chart(curve([(0.0, 1.0), (1.0, 5.0)]), **LINE)):
        found = score(read, true)
        assert 0.0 <= found.f1 <= 1.0
        assert found.sure_right <= found.sure <= found.read
        assert list(found.met) == sorted(found.met)
        assert found.met[-1] <= found.expected
