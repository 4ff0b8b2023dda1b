"""Ticks stand at round values, and are written as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.charting import Scale, seconds_of
from docai.ticks import MOST, nice_step, ticks


def texts(scale):
    return [text for _, text in ticks(scale)]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 100, ["0", "20", "40", "60", "80", "100"]),
        (100, 0, ["0", "20", "40", "60", "80", "100"]),
        (-0.3, 0.2, ["-0.3", "-0.2", "-0.1", "0.0", "0.1", "0.2"]),
        (2000, 2020, ["2000", "2005", "2010", "2015", "2020"]),
        (0, 50_000, ["0", "10,000", "20,000", "30,000", "40,000", "50,000"]),
    ],
)
def test_linear_ticks_are_round_numbers(low, high, expected):
    assert texts(Scale("linear", low, high)) == expected


@given(st.floats(1e-6, 1e9), st.floats(-1e9, 1e9))
def test_there_are_a_few_ticks_on_any_axis_and_all_lie_on_it(span, low):
    if low + span > low + 1e-9 * abs(low):
        found = ticks(Scale("linear", low, low + span))
        assert 1 <= len(found) <= 12
        assert all(-1e-6 <= share <= 1 + 1e-6 for share, _ in found)


@given(st.floats(1e-12, 1e12))
def test_a_step_is_1_2_or_5_times_a_power_of_ten(span):
    step = nice_step(span)
    assert 3 <= span / step <= 8
    assert f"{step:e}"[0] in "125"


def test_decades_are_the_ticks_of_logarithmic_axes():
    assert texts(Scale("log", 1, 1e4)) == ["1", "10", "100", "1,000", "10,000"]
    assert texts(Scale("log", 1, 10)) == ["1", "2", "5", "10"]
    assert len(texts(Scale("log", 1e-30, 1e30))) < 15


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("2015", "2020", ["2015", "2016", "2017", "2018", "2019", "2020"]),
        ("2020-01", "2020-06", ["2020-01", "2020-02", "2020-03", "2020-04", "2020-05", "2020-06"]),
        ("2020-03-01", "2020-03-05", ["2020-03-01", "2020-03-02", "2020-03-03", "2020-03-04", "2020-03-05"]),
        ("2020-03-01T00:00", "2020-03-01T05:00", [f"03-01 0{hour}:00" for hour in range(6)]),
    ],
)
def test_dates_have_ticks_at_whole_years_months_days_and_hours(low, high, expected):
    assert texts(Scale("date", seconds_of(low), seconds_of(high))) == expected


def test_many_categories_are_thinned_out():
    names = {f"c{number}": number for number in range(10 * MOST)}
    found = ticks(Scale("category", places=names))
    assert len(found) == MOST
    assert found[1] == (10.5 / 400, "c10")


def test_no_categories_have_no_ticks():
    assert ticks(Scale("category")) == []
