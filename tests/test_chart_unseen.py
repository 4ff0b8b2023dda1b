"""Bars too short to be seen, whose values are printed at the line that bars stand on."""

from __future__ import annotations

import pytest

from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.printed import with_printed
from docai.backends.classical.charts.scales import Plot, Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Scene

EM = 8.0
HEIGHTS = [50.3, 81.2, 120.4, 33.9]


def label(text, across, down):
    width = 0.55 * EM * len(text)
    return Label(text, Extent(across - width / 2, down - EM / 2, across + width / 2, down + EM / 2), EM)


def read(labels, stacking="none"):
    """Four bars 20 wide, 40 apart, on a line at 200 down, a unit a pixel, and a category without a bar behind them."""
    ticks = tuple(Tick(40.0 * n + 20, label(f"bar {n}", 40.0 * n + 20, 210.0)) for n in range(5))
    down = Scale("linear", horizontal=False, start=0.0, end=200.0, slope=-1.0, intercept=200.0)
    plot = Plot(Extent(0.0, 0.0, 200.0, 200.0), Scale("category", True, 0.0, 200.0, ticks), down)
    bars = tuple(
        Value(f"bar {n}", high, Extent(40.0 * n + 10, 200.0 - high, 40.0 * n + 30, 200.0), 0.5, 200.0 - high)
        for n, high in enumerate(HEIGHTS)
    )
    part = Part("bar", (Strand("", "#4c78a8", bars),), (), stacking=stacking)
    above = [label(f"{high:g}", 40.0 * n + 20, 200.0 - high - EM) for n, high in enumerate(HEIGHTS)]
    free = [*above, *labels]
    return {
        value.x: value.y for value in with_printed(part, plot, Scene(220.0, 220.0, tuple(free), blur=0.5), free).strands[0].values
    }


def test_a_number_where_the_label_of_a_short_bar_would_stand_is_its_value():
    assert read([label("0.4", 180.0, 200.0 - 0.4 - EM)])["bar 4"] == 0.4


@pytest.mark.parametrize(("text", "across", "down"), [("0.4", 180.0, 150.0), ("90", 180.0, 191.6), ("0.4", 195.0, 191.6)])
def test_a_number_elsewhere_or_of_a_longer_bar_is_none(text, across, down):
    assert "bar 4" not in read([label(text, across, down)])


def test_pieces_of_stacks_are_not_added():
    assert "bar 4" not in read([label("0.4", 180.0, 191.6)], stacking="stacked")
