"""Labels of an axis that do not fit it: where it is broken, what lies beside them is not believed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docai.backends.classical.charts.breaks import odd_labels, with_breaks
from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.scene import Extent
from tests.placed_plots import BOTTOM, label, names, numbers, plot_of, scene_of

SCALE = numbers(70, 100, ticks=4)
BROKEN = replace(SCALE, ticks=tuple(tick for tick in SCALE.ticks if tick.value != 70))


def bars(scale, *values):
    made = [Value(str(n), y, Extent(60 + 20 * n, scale.place(y), 70 + 20 * n, BOTTOM)) for n, y in enumerate(values)]
    return Part("bar", (Strand("", "", tuple(made)),), ())


def beside(place, text):
    """Return a label set as those of the axis are."""
    return label(text, SCALE.ticks[0].label.extent.left, place)


def held(part, *labels, scale=BROKEN, **changes):
    scene = scene_of(labels=[*(tick.label for tick in scale.ticks), *labels])
    return with_breaks(replace(scene, **changes), plot_of(names(["a", "b", "c"]), scale), [part])[0]


def test_values_beside_a_label_that_does_not_fit_are_doubted_and_others_are_not():
    found = held(bars(BROKEN, 75, 80, 85), beside(BOTTOM, "0"))
    assert [value.sure for value in found.strands[0].values] == [0.4, 1.0, 1.0]
    ((code, message),) = found.faults
    assert code == "chart_axis_broken"
    assert "broken: 0;" in message


def test_an_axis_whose_labels_all_fit_is_not_broken():
    part = bars(SCALE, 75, 85)
    assert held(part, scale=SCALE) is part
    assert held(bars(BROKEN, 75), beside(BOTTOM, "70")).faults == ()


@pytest.mark.parametrize("text", ["85", "101", "n = 5"])
def test_what_does_not_grow_along_the_axis_is_no_label_of_it(text):
    assert odd_labels(scene_of(labels=[beside(BOTTOM, text)]), BROKEN) == []


def test_labels_elsewhere_are_none_of_the_axis():
    scene = scene_of(labels=[label("0", 150, BOTTOM), label("0", SCALE.ticks[0].label.extent.left, BOTTOM + 20)])
    assert odd_labels(scene, BROKEN) == []


def test_one_odd_label_of_a_picture_is_misread_and_two_are_a_break():
    low = numbers(0, 50, ticks=6)
    scale = replace(low, ticks=tuple(tick for tick in low.ticks if tick.value <= 30))
    one, two = beside(low.place(40), "150"), beside(low.place(50), "160")
    part = bars(scale, 45)
    assert held(part, one, scale=scale, blur=1.0).faults == ()
    assert held(part, one, two, scale=scale, blur=1.0).strands[0].values[0].sure == 0.4
    assert held(part, one, scale=scale).strands[0].values[0].sure == 0.4
