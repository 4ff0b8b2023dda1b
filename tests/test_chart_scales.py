"""Calibrated axes give values for places and places for values."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.backends.classical.charts.scales import Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label

places = st.floats(0, 1000)
slopes = st.floats(0.001, 100).flatmap(lambda slope: st.sampled_from([slope, -slope]))


def label(text: str, place: float) -> Label:
    return Label(text, Extent(place - 5, 100, place + 5, 110), 10)


def scale(kind: Any, **changes: Any) -> Scale:
    ticks = tuple(Tick(place, label(str(place), place), place) for place in (10.0, 30.0, 55.0))
    return Scale(kind, horizontal=True, start=0, end=100, ticks=ticks, **changes)


@given(place=places, slope=slopes, intercept=st.floats(-1e4, 1e4), kind=st.sampled_from(["linear", "date"]))
def test_the_value_of_a_place_stands_at_that_place(place: float, slope: float, intercept: float, kind: str) -> None:
    axis = scale(kind, slope=slope, intercept=intercept)
    assert axis.place(axis.value(place)) == pytest.approx(place, abs=1e-5)


@given(place=places, slope=st.floats(0.001, 0.01), intercept=st.floats(-5, 5))
def test_the_value_of_a_place_on_a_logarithmic_axis_stands_at_that_place(place: float, slope: float, intercept: float) -> None:
    axis = scale("log", slope=slope, intercept=intercept)
    assert axis.value(place) > 0
    assert axis.place(axis.value(place)) == pytest.approx(place, abs=1e-5)


@given(place=places, slope=slopes, exponent=st.sampled_from([0.5, 2.0, 3.0]))
def test_the_value_of_a_place_on_a_power_axis_stands_at_that_place_on_both_sides_of_zero(
    place: float, slope: float, exponent: float
) -> None:
    axis = scale("power", slope=slope, intercept=-500 * slope, exponent=exponent)
    value = axis.value(place)
    assert axis.place(value) == pytest.approx(place, abs=1e-5)
    assert math.copysign(1, value) == math.copysign(1, slope * (place - 500)) or value == 0


def test_names_have_no_values() -> None:
    axis = scale("category")
    with pytest.raises(ValueError, match="no values"):
        axis.value(10)
    with pytest.raises(ValueError, match="no values"):
        axis.place(10)


def test_half_a_pixel_is_as_much_as_it_makes_in_values() -> None:
    assert scale("linear", slope=-4.0, intercept=100.0).error(20, 0.5) == pytest.approx(2.0)


def test_a_tick_is_at_a_place_only_when_it_is_near() -> None:
    axis = scale("linear", slope=1.0, intercept=0.0)
    found = axis.at(31.0, 1.5)
    assert found is not None
    assert found.text == "30.0"
    assert axis.at(40.0, 1.5) is None
    assert Scale("category", horizontal=True, start=0, end=10).at(5.0, 10.0) is None


def test_the_step_is_the_usual_distance_of_ticks() -> None:
    assert scale("linear").step == 25.0
    assert Scale("category", horizontal=True, start=0, end=10).step == 10.0
    twice = tuple(Tick(5.0, label(text, 5.0)) for text in ("a", "b"))
    assert Scale("category", horizontal=True, start=0, end=10, ticks=twice).step == 10.0


def test_a_logarithmic_value_far_outside_is_still_a_number() -> None:
    assert math.isfinite(scale("log", slope=1.0, intercept=0.0).value(1e6))
