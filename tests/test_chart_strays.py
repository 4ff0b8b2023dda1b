"""Strokes on the edges of a picture's bars are no series; lines over bars are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.scales import Plot, Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Rectangle, Scene, Stroke
from docai.backends.classical.charts.strays import without_plates, without_strays

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


def test_what_ticks_and_print_leave_outside_the_plot_is_dropped():
    found = bars([40.0, 60.0, 20.0])
    assert without_strays([found, line((-12.0, 40.0), (-6.0, 60.0), (0.0, 80.0))], PLOT) == [found]


def test_a_line_through_the_middles_of_bars_stays():
    found = [bars([40.0, 60.0, 20.0]), line((15.0, 60.0), (55.0, 40.0), (95.0, 80.0))]
    assert without_strays(found, PLOT) == found


def test_seams_in_the_colour_of_the_bars_that_they_lie_in_are_dropped():
    found = bars([40.0, 60.0, 20.0])
    seams = tuple(Stroke(((start, 80.0), (start + 28.0, 80.0)), BLUE, 0.7) for start in (1.0, 41.0))
    stray = replace(line((15.0, 80.0), (55.0, 80.0)), marks=seams)
    assert without_strays([found, stray], PLOT) == [found]
    across = replace(stray, marks=(Stroke(((15.0, 80.0), (55.0, 80.0)), BLUE, 0.7),))
    assert without_strays([found, across], PLOT) == [found, across]


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


def test_a_disc_at_the_feet_of_bars_is_what_a_short_bar_looks_like():
    found = bars([40.0, 60.0, 20.0])
    disc = Value(0.0, 0.0, Extent(91.0, 92.0, 99.0, 100.0))
    assert without_strays([found, Part("point", (Strand("", BLUE, (disc,)),), ())], PLOT) == [found]


def test_pale_plates_behind_bars_are_dropped_and_outlined_ones_stay():
    pale, drawn = Rectangle(Extent(0.0, 0.0, 40.0, 100.0), "#f6f7f8"), Rectangle(Extent(5.0, 50.0, 35.0, 100.0), BLUE)
    framed = Rectangle(Extent(45.0, 50.0, 75.0, 100.0), "#ffffff", "#000000")
    assert without_plates(Scene(200.0, 100.0, rectangles=(pale, drawn, framed), blur=0.5)).rectangles == (drawn, framed)
    assert without_plates(Scene(200.0, 100.0, rectangles=(pale,), blur=0.5)).rectangles == (pale,)


def test_lines_on_print_and_short_ones_along_a_grid_line_are_none_beside_bars():
    found = bars([40.0, 60.0, 20.0])
    ticks = tuple(Tick(100.0 - 50.0 * n, Label(str(n), Extent(-10.0, 0.0, 0.0, 8.0), 8.0), float(n)) for n in range(3))
    plot = Plot(PLOT.extent, None, Scale("linear", False, 0.0, 100.0, ticks, -0.02, 2.0))
    printed, grid = line((50.0, 30.0), (60.0, 32.0)), line((50.0, 50.0), (60.0, 51.0))
    long = line((15.0, 50.0), (55.0, 50.0), (95.0, 50.0))
    text = Label("60", Extent(46.0, 27.0, 64.0, 35.0), 8.0)
    assert without_strays([found, printed, grid, long], plot, [text]) == [found, long]
    assert without_strays([found, printed], plot) == [found, printed]


def test_what_runs_along_a_named_line_is_its_edge_and_another_name_beside_it_stays():
    places = ((15.0, 60.0), (55.0, 40.0), (95.0, 80.0))
    curve, edge, far = line(*places), line((20.0, 59.0), (35.0, 51.0), (50.0, 44.0)), line((20.0, 80.0), (50.0, 80.0))
    named = replace(curve, strands=(replace(curve.strands[0], name="Women"),))
    own = replace(edge, strands=(replace(edge.strands[0], name="Men"),))
    assert without_strays([named, edge, far], PLOT) == [named, far]
    assert without_strays([named, own], PLOT) == [named, own]
    assert without_strays([curve, edge], PLOT) == [curve, edge]


def test_a_grey_line_at_a_tick_beside_bars_is_of_the_grid_however_long():
    found = bars([40.0, 60.0, 20.0])
    ticks = tuple(Tick(100.0 - 50.0 * n, Label(str(n), Extent(-10.0, 0.0, 0.0, 8.0), 8.0), float(n)) for n in range(3))
    plot = Plot(PLOT.extent, None, Scale("linear", False, 0.0, 100.0, ticks, -0.02, 2.0))
    long, mean = line((15.0, 50.0), (55.0, 50.0), (95.0, 50.0)), line((15.0, 30.0), (55.0, 30.0), (95.0, 30.0))
    grey, mean = (replace(part, strands=(replace(part.strands[0], colour="#cdcdcd"),)) for part in (long, mean))
    assert without_strays([found, grey, mean], plot) == [found, mean]
