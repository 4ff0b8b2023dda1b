"""Numbers along axes of charts' pictures that are out of step with the others."""

from __future__ import annotations

import pytest

from docai.backends.classical.charts.raster.progressions import MISREAD, with_doubts
from docai.backends.classical.charts.scene import Extent, Label


def below_each_other(*said):
    return [
        Label(text, Extent(40.0 - 6 * len(text), 20.0 * n, 40.0, 20.0 * n + 8), 10.0, confidence=0.98)
        for n, text in enumerate(said)
    ]


def beside_each_other(*said):
    return [
        Label(text, Extent(30.0 * n - 3 * len(text), 90.0, 30.0 * n + 3 * len(text), 98.0), 10.0, confidence=0.98)
        for n, text in enumerate(said)
    ]


def unsure(labels):
    return [label.text for label in with_doubts(labels) if label.confidence <= MISREAD]


@pytest.mark.parametrize("axis", [below_each_other, beside_each_other])
def test_a_number_out_of_step_with_those_of_its_axis_is_unsure(axis):
    assert unsure(axis("60", "50", "46", "30", "20", "10", "0")) == ["46"]
    assert unsure(axis("1.0", "15", "2.0", "2.5", "3.0", "3.5")) == ["15"]


@pytest.mark.parametrize("axis", [below_each_other, beside_each_other])
@pytest.mark.parametrize(
    "said",
    [
        ("100,000", "80,000", "60,000", "40,000", "20,000", "0"),
        ("1", "10", "100", "1000", "10000", "100000"),
        ("12.5", "7.1", "8.8", "25.0", "3.9", "13.2"),
        ("0", "20", "40", "0", "20", "40"),
        ("30", "20", "-5"),
    ],
)
def test_numbers_of_which_too_few_go_on_evenly_say_nothing_about_each_other(axis, said):
    assert unsure(axis(*said)) == []


def test_names_among_numbers_are_left_as_they_are():
    labels = [*below_each_other("40", "30", "20", "10", "0"), Label("Total", Extent(10.0, 50.0, 40.0, 58.0), 10.0, confidence=0.9)]
    assert with_doubts(labels) == labels
