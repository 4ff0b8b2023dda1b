"""A number at the end of an axis that may be its multiplier, misread, makes a picture's axis doubtful."""

from __future__ import annotations

import pytest

from docai.backends.classical.charts.axes.titles import doubted
from docai.backends.classical.charts.scales import Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label


def label(text, left, middle):
    return Label(text, Extent(left, middle - 4, left + 6 * len(text), middle + 4), 10)


TICKS = tuple(Tick(200.0 - 40 * n, label(f"{n}.5", 10, 200.0 - 40 * n), n + 0.5) for n in range(5))
AXIS = Scale("linear", False, 30.0, 210.0, TICKS, -0.025, 5.5)


@pytest.mark.parametrize("text", ["166", "1e6", "1c6", "l06"])
def test_what_may_be_a_multiplier_above_an_axis_makes_it_doubtful(text):
    assert doubted(AXIS, [*(tick.label for tick in TICKS), label(text, 30, 20)]).confidence == 0.5


@pytest.mark.parametrize(("text", "left", "middle"), [("166", 150, 100), ("Sales", 30, 20), ("166", 30, 230), ("2020", 30, 20)])
def test_other_labels_do_not(text, left, middle):
    assert doubted(AXIS, [*(tick.label for tick in TICKS), label(text, left, middle)]) == AXIS


def test_an_axis_whose_multiplier_is_known_is_as_sure_as_before():
    known = Scale("linear", False, 30.0, 210.0, TICKS, -0.025, 5.5, multiplier=1e6)
    assert doubted(known, [label("1e6", 30, 20)]) == known
    assert doubted(None, []) is None
