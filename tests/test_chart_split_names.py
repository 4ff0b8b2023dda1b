"""Names that were cut in two."""

from __future__ import annotations

import pytest

from docai.backends.classical.charts.raster.split_names import joined
from docai.backends.classical.charts.scene import Extent, Label


def label(text, left, right, middle=10.0, turn=0.0):
    return Label(text, Extent(left, middle - 4, right, middle + 4), 10.0, turn, confidence=0.9 if left else 0.8)


def test_words_of_one_name_are_one_label_in_the_place_of_the_first():
    title, first, second = label("Output", 0.0, 40.0, 100.0), label("Group", 0.0, 30.0), label("aside", 34.0, 60.0, 11.0)
    found = joined([first, title, second])
    assert [one.text for one in found] == ["Group aside", "Output"]
    assert found[0].extent == Extent(0.0, 6.0, 60.0, 15.0)
    assert found[0].confidence == pytest.approx(0.8)


@pytest.mark.parametrize(
    "other", [label("aside", 42.0, 70.0), label("aside", 34.0, 60.0, 16.0), label("2019", 34.0, 50.0), label("aside", 20.0, 50.0)]
)
def test_labels_that_stand_apart_or_out_of_line_or_are_numbers_stay_apart(other):
    assert len(joined([label("Group", 0.0, 30.0), other])) == 2


def test_labels_of_an_axis_that_stand_close_stay_apart():
    months = [label(name, 30.0 * n, 30.0 * n + 26) for n, name in enumerate(("March", "April", "May"))]
    assert len(joined(months)) == 3
