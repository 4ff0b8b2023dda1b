"""Strokes on the edges of a picture's bars are no series; lines over bars are."""

from __future__ import annotations

import pytest

from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.scales import Plot, Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Rectangle
from docai.backends.classical.charts.strays import without_strays

BLUE = "#4c78a8"
PLOT = Plot(Extent(0.0, 0.0, 200.0, 100.0), None, None)


def turned(extent, orientation):
    return extent if orientation == "vertical" else Extent(100.0 - extent.bottom, extent.left, 100.0 - extent.top, extent.right)


def bars(heights, orientation="vertical", width=30.0):
    extents = [Extent(40.0 * n, 100.0 - high, 40.0 * n + width, 100.0) for n, high in enumerate(heights)]
    marks = tuple(Rectangle(turned(extent, orientation), BLUE) for extent in extents)
    values = tuple(Value(str(n), mark.extent.height, mark.extent) for n, mark in enumerate(marks))
    return Part("bar", (Strand("", BLUE, values),), marks, orientation)


def line(*places, orientation="vertical", kind="line"):
    extents = [turned(Extent(x - 1, y - 1, x + 1, y + 1), orientation) for x, y in places]
    return Part(kind, (Strand("", BLUE, tuple(Value(0.0, 0.0, extent) for extent in extents)),), ())


@pytest.mark.parametrize("orientation", ["vertical", "horizontal"])
def test_strokes_on_the_sides_of_bars_are_dropped(orientation):
    found = bars([40.0, 60.0, 20.0], orientation)
    stray = line((31.0, 70.0), (39.0, 69.0), orientation=orientation)
    assert without_strays([found, stray], PLOT) == [found]


def test_a_short_stroke_at_the_feet_of_bars_is_dropped_and_a_long_one_stays():
    found = bars([40.0, 60.0, 20.0])
    short, long = line((95.0, 98.0), (101.0, 98.5)), line((15.0, 98.0), (55.0, 98.0), (95.0, 98.0))
    assert without_strays([found, short, long], PLOT) == [found, long]


def test_a_line_through_the_middles_of_bars_stays():
    found = [bars([40.0, 60.0, 20.0]), line((15.0, 60.0), (55.0, 40.0), (95.0, 80.0))]
    assert without_strays(found, PLOT) == found


def test_a_plot_without_bars_is_left_as_it_is():
    found = [line((0.0, 60.0), (30.0, 40.0))]
    assert without_strays(found, PLOT) == found


def test_hairs_at_the_ticks_beside_a_line_are_its_grid_and_without_a_line_bars():
    extent = Extent(0.0, 0.0, 10.0, 10.0)
    ticks = tuple(Tick(40.0 * n + 1, Label(str(n), extent, 8.0), float(n)) for n in range(3))
    plot = Plot(PLOT.extent, Scale("linear", True, 0.0, 200.0, ticks, 0.025, -0.025), None)
    grid, curve = bars([95.0, 98.0, 99.0], width=2.0), line((10.0, 60.0), (55.0, 40.0), (120.0, 80.0))
    assert without_strays([grid, curve], plot) == [curve]
    assert without_strays([grid], plot) == [grid]
    assert without_strays([grid, curve], PLOT) == [grid, curve]
