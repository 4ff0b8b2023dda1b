"""Lines of charts are series with a value for each vertex, and nothing else is one."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import replace
from datetime import datetime, timezone
from itertools import accumulate, pairwise

import pytest

from docai.backends.classical.charts.legends import Entry, Legend
from docai.backends.classical.charts.readers.lines import read_lines
from docai.backends.classical.charts.scene import Extent, Polygon, Rectangle, Stroke, Symbol
from tests.placed_plots import BLUE, BOTTOM, GREEN, GREY, LEFT, RED, RIGHT, TOP, at, label, names, numbers, plot_of, scene_of, told

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May"]
VALUES = [3.0, 7.0, 4.0, 9.0, 5.0]


@pytest.fixture
def plot():
    return plot_of(names(MONTHS), numbers(0, 10))


@pytest.fixture
def plain():
    return plot_of(numbers(0, 20, horizontal=True), numbers(0, 10))


def line(plot, values, colour=BLUE, xs=None, **changes):
    return Stroke(tuple(at(plot, x, y) for x, y in zip(xs or range(len(values)), values, strict=True)), colour, **changes)


def dot(place, colour=BLUE, shape="disc", half=2.0, **changes):
    x, y = place
    return Symbol(place, Extent(x - half, y - half, x + half, y + half), shape, fill=colour, **changes)


def legend_of(*swatches):
    found = tuple(Entry(name, swatch, label(name, 270, 30 + 10 * n)) for n, (name, swatch) in enumerate(swatches))
    return Legend(found, used=tuple(entry.label for entry in found))


def swatch(colour, **changes):
    return Stroke(((255, 30), (268, 30)), colour, **changes)


def read(plot, legend=None, **marks):
    return read_lines(scene_of(**marks), plot, legend or Legend())


def test_a_stroke_over_categories_has_a_value_for_each(plot):
    part = read(plot, strokes=[line(plot, VALUES)])
    assert part.kind == "line"
    assert told(part.strands[0]) == list(zip(MONTHS, VALUES, strict=True))
    assert part.strands[0].colour == BLUE
    assert all(value.sure >= 0.9 for value in part.strands[0].values)


def test_grid_axes_ticks_and_frames_are_no_series(plot):
    grid = [Stroke(((LEFT, y), (RIGHT, y)), "#dddddd") for y in (TOP, 45.0, 70.0, 95.0, BOTTOM)]
    ticks = [Stroke(((LEFT - 4, y), (LEFT, y)), "#333333") for y in (TOP, 45.0, 70.0, 95.0, BOTTOM)]
    frame = Stroke(((LEFT, TOP), (RIGHT, TOP), (RIGHT, BOTTOM), (LEFT, BOTTOM), (LEFT, TOP)), "#333333")
    assert read(plot, strokes=[*grid, *ticks, frame]) is None
    part = read(plot, strokes=[*grid, *ticks, frame, line(plot, VALUES)])
    assert len(part.strands) == 1


def test_a_straight_line_over_the_whole_plot_is_a_series_only_if_the_legend_names_it(plain):
    target = Stroke(((LEFT, 60.0), (RIGHT, 60.0)), RED, dashes=(4.0, 2.0))
    data = line(plain, VALUES, xs=[1, 5, 9, 13, 17])
    assert len(read(plain, strokes=[data, target]).strands) == 1
    named = read(plain, legend_of(("Sales", swatch(BLUE)), ("Target", swatch(RED, dashes=(4.0, 2.0)))), strokes=[data, target])
    assert [strand.name for strand in named.strands] == ["Sales", "Target"]
    assert told(named.strands[1])[0][1] == pytest.approx(6.0)


def test_segments_drawn_one_by_one_are_one_line(plot):
    places = line(plot, VALUES).places
    pieces = [Stroke(pair, BLUE, order=n) for n, pair in enumerate(pairwise(places))]
    part = read(plot, strokes=pieces)
    assert [told(strand) for strand in part.strands] == [list(zip(MONTHS, VALUES, strict=True))]
    assert len(part.marks) == 4


def test_pieces_of_one_path_are_a_line_with_a_gap(plain):
    first, second = line(plain, [1, 3], xs=[1, 2], order=5), line(plain, [2, 4, 9], xs=[4, 7, 12], order=5)
    part = read(plain, strokes=[first, second])
    assert [told(strand) for strand in part.strands] == [[(1, 1), (2, 3), (4, 2), (7, 4), (12, 9)]]


def test_lines_of_one_colour_side_by_side_stay_apart(plain):
    lines = [line(plain, [n, n + 2, n + 1], xs=[0, 8, 20], order=n) for n in range(4)]
    part = read(plain, strokes=lines)
    assert [len(strand.values) for strand in part.strands] == [3, 3, 3, 3]
    assert [strand.values[0].y for strand in part.strands] == pytest.approx([0, 1, 2, 3])


def test_lines_that_meet_at_their_start_stay_apart(plain):
    part = read(plain, strokes=[line(plain, [5, 7, 9], xs=[0, 8, 20], order=1), line(plain, [5, 3, 1], xs=[0, 8, 20], order=2)])
    assert [told(strand)[-1][1] for strand in part.strands] == [9, 1]


def dashes_of(places, length=2.0, gap=1.5):
    """Return a line as the separate strokes of its dashes."""
    lengths = [0.0, *accumulate(math.dist(before, after) for before, after in pairwise(places))]

    def place(far):
        number = min(bisect_right(lengths, far), len(places) - 1)
        share = (far - lengths[number - 1]) / (lengths[number] - lengths[number - 1])
        return tuple(a + (b - a) * share for a, b in zip(places[number - 1], places[number], strict=True))

    pieces = []
    for number in range(int(lengths[-1] / (length + gap)) + 1):
        start = number * (length + gap)
        end = min(start + length, lengths[-1])
        corners = [corner for far, corner in zip(lengths, places, strict=True) if start < far < end]
        pieces.append(Stroke((place(start), *corners, place(end)), RED, order=number))
    return pieces


def test_dashes_drawn_one_by_one_are_a_line_with_its_vertices(plain):
    places = line(plain, VALUES, xs=[1, 5, 9, 13, 17]).places
    part = read(plain, strokes=dashes_of(places))
    assert len(part.strands) == 1
    values = part.strands[0].values
    inner = [(round(v.x, 1), round(v.y, 1)) for v in values[1:-1]]
    assert inner == [(5, 7), (9, 4), (13, 9)]


def test_lines_of_one_colour_are_told_apart_by_their_dashes(plot):
    legend = legend_of(("2019", swatch(BLUE)), ("2020", swatch(BLUE, dashes=(3.0, 1.0))))
    part = read(plot, legend, strokes=[line(plot, VALUES[::-1], dashes=(6.0, 2.0)), line(plot, VALUES, order=1)])
    assert [strand.name for strand in part.strands] == ["2019", "2020"]
    assert told(part.strands[0])[0] == ("Jan", 3.0)


def test_a_wide_white_copy_under_a_line_is_no_series(plot):
    part = read(plot, strokes=[line(plot, VALUES, "#ffffff", thickness=4), line(plot, VALUES, order=1)])
    assert len(part.strands) == 1
    assert len(part.marks) == 2


def test_markers_on_a_line_are_its_own(plot):
    markers = [dot(place) for place in line(plot, VALUES).places]
    part = read(plot, strokes=[line(plot, VALUES)], symbols=[*markers, dot((100, 30), GREEN)])
    assert len(part.strands[0].values) == 5
    assert set(map(id, markers)) < set(map(id, part.marks))
    assert len(part.marks) == 6


def test_a_marker_shows_a_value_where_a_line_runs_straight_on(plain):
    kept, all_of_them = line(plain, [2, 8, 4], xs=[0, 12, 20]), line(plain, [2, 4, 8, 4], xs=[0, 4, 12, 20])
    part = read(plain, strokes=[kept], symbols=[dot(place) for place in all_of_them.places])
    assert told(part.strands[0]) == [(0, 2), (4, 4), (12, 8), (20, 4)]


def test_a_vertex_that_was_left_out_is_read_where_categories_ask_for_one(plot):
    part = read(plot, strokes=[line(plot, [2, 6, 7, 3], xs=[0, 2, 3, 4])])
    assert told(part.strands[0]) == [("Jan", 2), ("Feb", 4), ("Mar", 6), ("Apr", 7), ("May", 3)]
    assert part.strands[0].values[1].sure < part.strands[0].values[0].sure


def test_a_line_of_steps_has_a_value_for_each_step(plain):
    after = Stroke(tuple(at(plain, x, y) for x, y in [(0, 2), (4, 2), (4, 7), (8, 7), (8, 3), (12, 3), (12, 5)]), BLUE)
    assert told(read(plain, strokes=[after]).strands[0]) == [(0, 2), (4, 7), (8, 3), (12, 5)]
    before = Stroke(tuple(at(plain, x, y) for x, y in [(0, 2), (0, 7), (4, 7), (4, 3), (8, 3), (8, 5), (12, 5)]), BLUE)
    assert told(read(plain, strokes=[before]).strands[0]) == [(0, 2), (4, 7), (8, 3), (12, 5)]
    around = Stroke(tuple(at(plain, x, y) for x, y in [(0, 2), (2, 2), (2, 7), (6, 7), (6, 3), (10, 3), (10, 5), (12, 5)]), BLUE)
    assert told(read(plain, strokes=[around]).strands[0]) == [(0, 2), (4, 7), (8, 3), (12, 5)]


def test_a_name_behind_the_last_place_is_the_lines(plot):
    ends = [at(plot, 4, 9), at(plot, 4, 2)]
    labels = [label("Seoul", ends[0][0] + 6, ends[0][1]), label("Busan", ends[1][0] + 6, ends[1][1] + 2)]
    strokes = [line(plot, [1, 2, 3, 4, 2], RED), line(plot, [5, 6, 7, 8, 9], order=1)]
    part = read(plot, strokes=strokes, labels=labels)
    assert [strand.name for strand in part.strands] == ["Busan", "Seoul"]


def test_a_number_behind_the_last_place_is_no_name(plot):
    x, y = at(plot, 4, 5)
    part = read(plot, strokes=[line(plot, VALUES)], labels=[label("5.0%", x + 6, y)])
    assert part.strands[0].name == ""


def test_values_of_logarithmic_axes_are_powers():
    plot = plot_of(numbers(0, 20, horizontal=True), numbers(0, 4, kind="log"))
    part = read(plot, strokes=[line(plot, [10, 1000, 200], xs=[0, 10, 20])])
    assert [v.y for v in part.strands[0].values] == pytest.approx([10, 1000, 200])


def test_lines_over_categories_that_run_down_are_horizontal():
    plot = plot_of(numbers(0, 10, horizontal=True), names(["a", "b", "c"], horizontal=False))
    places = tuple((plot.across.place(v), tick.place) for v, tick in zip([2, 9, 4], plot.down.ticks, strict=True))
    part = read(plot, strokes=[Stroke(places, BLUE)])
    assert part.orientation == "horizontal"
    assert told(part.strands[0]) == [("a", 2), ("b", 9), ("c", 4)]


def test_error_bars_are_the_ends_of_values(plain):
    data = line(plain, [2, 8, 4], xs=[2, 12, 18])
    bars = [Stroke((at(plain, x, y - 1), at(plain, x, y + 1)), BLUE) for x, y in [(2, 2), (12, 8), (18, 4)]]
    caps = [Stroke(((x - 2, y), (x + 2, y)), BLUE) for bar in bars for x, y in bar.places]
    part = read(plain, strokes=[data, *bars, *caps])
    assert len(part.strands) == 1
    assert [(v.low, v.high) for v in part.strands[0].values] == [pytest.approx(ends) for ends in [(1, 3), (7, 9), (3, 5)]]
    assert len(part.marks) == 10


def test_a_pale_band_around_a_line_holds_the_ends_of_its_values(plain):
    upper, lower = [(0, 3), (10, 9), (20, 5)], [(20, 3), (10, 7), (0, 1)]
    band = Polygon(tuple(at(plain, x, y) for x, y in [*upper, *lower]), BLUE, opacity=0.2)
    part = read(plain, strokes=[line(plain, [2, 8, 4], xs=[0, 10, 20])], polygons=[band])
    assert [(v.low, v.high) for v in part.strands[0].values] == [pytest.approx(ends) for ends in [(1, 3), (7, 9), (3, 5)]]
    assert band in part.marks


def test_a_line_drawn_as_a_thin_outline_is_a_line(plain):
    places = [at(plain, x, y) for x, y in [(0, 2), (8, 8), (14, 4), (20, 5)]]
    ring = [(x, y - 0.5) for x, y in places] + [(x, y + 0.5) for x, y in places[::-1]]
    part = read(plain, polygons=[Polygon(tuple(ring), GREEN)])
    assert told(part.strands[0]) == [(0, 2), (8, 8), (14, 4), (20, 5)]
    assert isinstance(part.marks[0], Polygon)


def test_pointers_and_brackets_are_no_series(plain):
    pointer = Stroke((at(plain, 3, 9), at(plain, 5, 7)), "#333333")
    long_pointer = Stroke((at(plain, 3, 9), at(plain, 16, 1)), "#333333")
    bracket = Stroke((at(plain, 2, 8), at(plain, 2, 9), at(plain, 6, 9), at(plain, 6, 8)), "#333333")
    part = read(plain, strokes=[line(plain, [2, 8, 4], xs=[2, 12, 18]), pointer, long_pointer, bracket])
    assert len(part.strands) == 1
    assert read(plain, strokes=[pointer, bracket]) is None


def test_what_lies_out_of_the_plot_or_in_the_legend_is_no_series(plot):
    outside = Stroke(((255, 30), (260, 40), (290, 30)), BLUE)
    inside = Stroke(((60, 25), (70, 28), (90, 25)), BLUE)
    assert read(plot, strokes=[outside]) is None
    assert read(plot, Legend(extent=Extent(55, 22, 120, 40)), strokes=[inside]) is None


def test_the_series_stand_in_the_order_of_the_legend(plot):
    legend = legend_of(("A", swatch(RED)), ("B", swatch(BLUE)))
    part = read(
        plot, legend, strokes=[line(plot, VALUES), line(plot, VALUES[::-1], RED, order=1), line(plot, [1] * 4 + [2], GREEN)]
    )
    assert [strand.name for strand in part.strands] == ["A", "B", ""]


def test_a_value_that_leaves_the_plot_is_less_sure(plot):
    part = read(plot, strokes=[line(plot, [3, 12, 4, 9, 5])])
    assert part.strands[0].values[1].sure < 0.7 <= part.strands[0].values[0].sure


def test_a_line_of_the_colour_of_the_second_axis_is_measured_by_it(plot):
    second = numbers(0, 100)
    both = plot_of(plot.across, plot.down, second)
    tick = Stroke(((RIGHT, TOP), (RIGHT + 3, TOP)), "#000000", order=5)
    left = Stroke(((LEFT - 3, TOP), (LEFT, TOP)), "#000000", order=0)
    part = read(both, strokes=[left, line(plot, VALUES, order=2), tick, line(plot, VALUES, RED, order=8)])
    assert [strand.axis for strand in part.strands] == ["first", "second"]
    assert [v.y for v in part.strands[1].values] == pytest.approx([10 * value for value in VALUES])


def test_lines_in_pictures_tell_what_half_a_pixel_makes(plot):
    scene = replace(scene_of(strokes=[line(plot, VALUES)]), blur=0.5)
    part = read_lines(scene, plot, Legend())
    assert part.strands[0].values[0].error == pytest.approx(0.05)


def test_a_plot_without_both_axes_is_not_read():
    strokes = [Stroke(((60, 30), (90, 80), (200, 50)), BLUE)]
    assert read(plot_of(None, numbers(0, 10)), strokes=strokes) is None
    assert read(plot_of(names(MONTHS), names(MONTHS, horizontal=False)), strokes=strokes) is None


def test_white_lines_on_a_grey_panel_are_its_grid(plot):
    panel = Rectangle(Extent(LEFT, TOP, RIGHT, BOTTOM), "#ebebeb")
    grid = [Stroke(((LEFT, y), (RIGHT, y)), "#ffffff") for y in (45.0, 70.0)]
    part = read(plot, rectangles=[panel], strokes=[*grid, line(plot, VALUES, GREY)])
    assert [strand.colour for strand in part.strands] == [GREY]


def test_dates_at_the_beginning_of_months_are_told_as_such():
    months = [datetime(2020, month, 1, tzinfo=timezone.utc).timestamp() for month in range(1, 9)]
    plot = plot_of(numbers(months[0], months[-1], horizontal=True, kind="date"), numbers(0, 10))
    places = tuple((plot.across.place(month) + 0.3, 60.0 + n) for n, month in enumerate(months))
    assert [v.x for v in read(plot, strokes=[Stroke(places, BLUE)]).strands[0].values] == months
    shifted = tuple((x + 9, y) for x, y in places[:-1])
    assert [v.x for v in read(plot, strokes=[Stroke(shifted, BLUE)]).strands[0].values] != months[:-1]


def test_the_end_at_which_a_line_leaves_the_plot_is_no_value(plain):
    inside = [(2, 4), (8, 6), (12, 9)]
    stroke = Stroke((*(at(plain, x, y) for x, y in inside), at(plain, 14, 10)), BLUE, cut=True)
    assert told(read(plain, strokes=[stroke]).strands[0]) == inside


def test_lines_that_go_on_downwards_between_numbers_are_horizontal(plain):
    stroke = Stroke(tuple(at(plain, x, y) for x, y in [(5, 9), (12, 7), (3, 4), (8, 1)]), BLUE)
    part = read(plain, strokes=[stroke])
    assert part.orientation == "horizontal"
    assert told(part.strands[0]) == [(9, 5), (7, 12), (4, 3), (1, 8)]


def test_markers_on_steps_tell_where_values_stand(plain):
    corners = [(0, 2), (2, 2), (2, 7), (6, 7), (6, 3), (10, 3), (10, 5), (12, 5)]
    markers = [dot(at(plain, x, y)) for x, y in [(0, 2), (4, 7), (8, 3), (12, 5)]]
    stroke = Stroke(tuple(at(plain, x, y) for x, y in corners), BLUE)
    assert told(read(plain, strokes=[stroke], symbols=markers).strands[0]) == [(0, 2), (4, 7), (8, 3), (12, 5)]


def test_a_line_beside_bars_is_measured_by_the_second_axis(plot):
    both = plot_of(plot.across, plot.down, numbers(0, 100))
    part = read(both, strokes=[line(plot, VALUES, order=9)])
    assert part.strands[0].axis == "second"
    assert all(value.sure < 0.9 for value in part.strands[0].values)


def test_both_axes_in_one_stroke_are_no_series(plot):
    axes = Stroke(((LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)), "#000000")
    assert read(plot, strokes=[axes]) is None
    assert len(read(plot, strokes=[axes, line(plot, VALUES)]).strands) == 1


def test_equal_values_one_after_the_other_are_each_read_from_a_line_of_steps(plain):
    xs, values = [0, 2, 2, 6, 6, 8, 8, 10, 10, 12], [2, 2, 6, 6, 3, 3, 5, 5, 4, 4]
    part = read(plain, strokes=[line(plain, values, xs=xs)])
    assert told(part.strands[0]) == [(0, 2), (2, 6), (4, 6), (6, 3), (8, 5), (10, 4), (12, 4)]


def test_pieces_of_one_name_in_a_picture_are_one_line_unless_they_overlap(plain):
    def names_read(*strokes):
        legend = legend_of(("A", swatch(BLUE)), ("B", swatch(RED)))
        part = read_lines(replace(scene_of(strokes=strokes), blur=0.5), plain, legend)
        return [(strand.name, len(strand.values)) for strand in part.strands]

    first, last = line(plain, [1, 3, 2], xs=[1, 4, 7]), line(plain, [2, 4, 9], xs=[10, 14, 19])
    other = line(plain, [8, 7, 6], RED, xs=[1, 8, 19])
    scrap = line(plain, [5, 5.4, 5], xs=[12, 12.6, 13.2])
    assert names_read(first, last, other) == [("A", 6), ("B", 3)]
    assert sorted(names_read(first, scrap, last, other)) == [("A", 3), ("A", 6), ("B", 3)]
    beside = line(plain, [2, 4, 9], xs=[5, 14, 19])
    assert sorted(name for name, _ in names_read(first, beside, other)) == ["A", "A", "B"]
