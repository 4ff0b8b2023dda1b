"""What was read of a chart held against what is drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docai.backends.classical.charts.checks import checked, is_coloured, left_over, without_rests
from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.scales import Plot
from docai.backends.classical.charts.scene import Extent, Label, Rectangle, Scene, Stroke

PLOT = Plot(Extent(0.0, 0.0, 200.0, 100.0), None, None)
BLUE, RED, GREY = "#4c78a8", "#e45756", "#dddddd"


def bar(place, height, colour=BLUE):
    return Rectangle(Extent(20.0 * place, 100.0 - height, 20.0 * place + 10, 100.0), colour)


def part_of(*marks, **changes):
    values = tuple(Value(str(n), mark.extent.height, mark.extent) for n, mark in enumerate(marks))
    return Part("bar", (Strand("", BLUE, values),), marks, **changes)


def test_nothing_is_left_over_where_each_mark_is_in_a_series():
    marks = tuple(bar(n, 50.0) for n in range(4))
    assert left_over(Scene(200.0, 100.0, rectangles=marks), PLOT, [part_of(*marks)]) == 0.0


def test_the_share_left_over_is_that_of_the_ink():
    marks = tuple(bar(n, 50.0) for n in range(4))
    assert left_over(Scene(200.0, 100.0, rectangles=marks), PLOT, [part_of(*marks[:3])]) == pytest.approx(0.25)


def test_a_chart_of_which_much_was_not_read_is_less_sure_and_says_so():
    marks = tuple(bar(n, 50.0) for n in range(4))
    (found,) = checked(Scene(200.0, 100.0, rectangles=marks), PLOT, [part_of(*marks[:2])])
    assert found.sure == pytest.approx(0.75)
    assert found.faults[0] == (
        "chart_marks_left",
        "50% of what is drawn in the plot is in no series that was read; hold the chart against its redraw",
    )


def test_grid_lines_and_what_lies_outside_the_plot_are_not_missed():
    marks = tuple(bar(n, 50.0) for n in range(4))
    grid = tuple(Stroke(((0.0, down), (200.0, down)), GREY) for down in range(0, 100, 10))
    outside = Rectangle(Extent(300.0, 0.0, 350.0, 50.0), RED)
    scene = Scene(400.0, 100.0, rectangles=(*marks, outside), strokes=grid)
    assert checked(scene, PLOT, [part_of(*marks)]) == [part_of(*marks)]


def shares(*texts):
    extent = Extent(0.0, 0.0, 10.0, 10.0)
    values = tuple(Value(text, float(text.rstrip("%")), extent, printed=Label(text, extent, 8.0)) for text in texts)
    return Part("pie", (Strand("", "", values),), ())


def test_shares_that_add_up_to_the_whole_are_believed():
    assert checked(Scene(10.0, 10.0), None, [shares("33%", "33%", "33%")])[0].faults == ()


def test_shares_that_do_not_add_up_are_told():
    (found,) = checked(Scene(10.0, 10.0), None, [shares("33%", "33%", "13%")])
    assert [code for code, _ in found.faults] == ["chart_shares_odd"]
    assert found.sure < 1


def test_stacks_of_printed_shares_are_held_against_the_whole():
    extent = Extent(0.0, 0.0, 10.0, 10.0)

    def strand(name, text):
        return Strand(name, BLUE, (Value("2019", float(text.rstrip("%")), extent, printed=Label(text, extent, 8.0)),))

    odd = Part("bar", (strand("a", "60%"), strand("b", "60%")), (), stacking="percent")
    assert checked(Scene(10.0, 10.0), None, [odd])[0].faults[0][0] == "chart_shares_odd"
    even = Part("bar", (strand("a", "60%"), strand("b", "40%")), (), stacking="percent")
    assert checked(Scene(10.0, 10.0), None, [even])[0].faults == ()


@pytest.mark.parametrize(("colour", "coloured"), [(BLUE, True), (GREY, False), ("#000000", False), ("", False), ("#ff0000", True)])
def test_greys_are_no_colours(colour, coloured):
    assert is_coloured(colour) is coloured


def test_edges_and_print_of_stacked_bars_are_no_lines():
    marks = tuple(bar(n, 50.0) for n in range(3))
    stacked = replace(part_of(*marks, stacking="stacked"), strands=(replace(part_of(*marks).strands[0], name="China"),))
    point = Extent(0.0, 0.0, 1.0, 1.0)
    edge = Strand("China", BLUE, (Value("2012", 1.0, point), Value("2013", 1.0, point)))
    letters = Strand("", GREY, (Value("2012", 1.0, point), Value("2012", 2.0, point)))
    total = Strand("Total", RED, (Value("2012", 1.0, point), Value("2013", 2.0, point)))
    assert without_rests([stacked, Part("line", (edge, letters), ())]) == [stacked]
    assert without_rests([stacked, Part("line", (edge, total), ())]) == [stacked, Part("line", (total,), ())]


def test_a_chart_of_which_most_was_not_read_is_doubtful():
    marks = tuple(bar(n, 50.0) for n in range(5))
    (found,) = checked(Scene(200.0, 100.0, rectangles=marks), PLOT, [part_of(*marks[:2])])
    assert found.sure == pytest.approx(0.4)
