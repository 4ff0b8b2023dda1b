"""Symbols in a plot are points; what they look like tells their series, and in bubbles their area a third value."""

from __future__ import annotations

import random
import time

import pytest

from docai.backends.classical.charts.legends import Entry, Legend, Size
from docai.backends.classical.charts.readers.points import read_points
from docai.backends.classical.charts.scene import Extent, Stroke, Symbol
from tests.placed_plots import BLUE, BOTTOM, GREEN, RED, at, label, names, numbers, plot_of, scene_of, told


@pytest.fixture
def plot():
    return plot_of(numbers(0, 20, horizontal=True), numbers(0, 10))


def dot(place, colour=BLUE, shape="disc", half=2.0, **changes):
    x, y = place
    return Symbol(place, Extent(x - half, y - half, x + half, y + half), shape, fill=colour, **changes)


def legend_of(*swatches):
    return Legend(tuple(Entry(name, swatch, label(name, 270, 30 + 10 * n)) for n, (name, swatch) in enumerate(swatches)))


def read(plot, legend=None, **marks):
    return read_points(scene_of(**marks), plot, legend or Legend())


def test_each_symbol_is_a_point_with_both_its_values(plot):
    part = read(plot, symbols=[dot(at(plot, x, y)) for x, y in [(3, 7), (3, 7), (12.5, 1.25)]])
    assert part.kind == "point"
    assert told(part.strands[0]) == [(3, 7), (3, 7), (12.5, 1.25)]
    assert part.strands[0].values[0].size is None


def test_series_are_told_by_colour_and_named_by_the_legend(plot):
    legend = legend_of(("Boys", dot((260, 30), RED)), ("Girls", dot((260, 40), BLUE)))
    symbols = [dot(at(plot, 1, 1)), dot(at(plot, 2, 2), RED), dot(at(plot, 3, 3))]
    part = read(plot, legend, symbols=symbols)
    assert [(strand.name, strand.colour, len(strand.values)) for strand in part.strands] == [("Boys", RED, 1), ("Girls", BLUE, 2)]


def test_series_of_one_colour_are_told_by_shape(plot):
    legend = legend_of(("A", dot((260, 30), BLUE, "square")), ("B", dot((260, 40), BLUE, "disc")))
    part = read(plot, legend, symbols=[dot(at(plot, 1, 1)), dot(at(plot, 2, 2), shape="square")])
    assert [(strand.name, strand.values[0].x) for strand in part.strands] == [("A", 2), ("B", 1)]


def test_white_filled_symbols_are_of_their_outlines_colour(plot):
    part = read(plot, symbols=[dot(at(plot, 1, 1), "#ffffff", stroke=RED), dot(at(plot, 2, 2), "#ffffff", stroke=GREEN)])
    assert [strand.colour for strand in part.strands] == [RED, GREEN]


def test_shades_that_no_legend_names_are_one_series(plot):
    symbols = [dot(at(plot, n, n / 2), f"#{10 * n:02x}80{255 - 10 * n:02x}") for n in range(20)]
    part = read(plot, symbols=symbols)
    assert [len(strand.values) for strand in part.strands] == [20]


def test_bubbles_tell_their_share_of_the_largest_area(plot):
    part = read(plot, symbols=[dot(at(plot, n, 5), half=half) for n, half in [(2, 2.0), (8, 4.0), (15, 8.0)]])
    assert [value.size for value in part.strands[0].values] == pytest.approx([1 / 16, 1 / 4, 1])


def test_bubbles_tell_what_the_legend_says_of_their_area(plot):
    legend = Legend(sizes=tuple(Size(100.0 * n, dot((270, 20 + 15 * n), half=2 * n**0.5).extent) for n in (1, 2, 4)))
    part = read(plot, legend, symbols=[dot(at(plot, n, 5), half=2 * area**0.5) for n, area in [(2, 0.5), (8, 1), (15, 3)]])
    assert [value.size for value in part.strands[0].values] == pytest.approx([50, 100, 300])


def test_points_over_categories_have_the_nearest_ones_name():
    plot = plot_of(names(["a", "b"]), numbers(0, 10))
    x, y = at(plot, 1, 4)
    part = read(plot, symbols=[dot((x - 12, y)), dot((x, y)), dot((x + 12, y))])
    assert told(part.strands[0]) == [("b", 4)] * 3


def test_points_beside_categories_that_run_down_are_horizontal():
    plot = plot_of(numbers(0, 10, horizontal=True), names(["a", "b", "c"], horizontal=False))
    symbols = [dot((plot.across.place(n), tick.place)) for n, tick in zip([3, 8, 5], plot.down.ticks, strict=True)]
    part = read(plot, symbols=symbols)
    assert part.orientation == "horizontal"
    assert told(part.strands[0]) == [("a", 3), ("b", 8), ("c", 5)]


def test_symbols_out_of_the_plot_are_no_points(plot):
    assert read(plot, symbols=[dot((260, 40))]) is None
    assert read(plot, Legend(extent=Extent(200, 20, 250, 50)), symbols=[dot((210, 30))]) is None


def test_strokes_through_symbols_are_error_bars(plot):
    x, y = at(plot, 5, 5)
    bar = Stroke(((x, y - 10), (x, y + 10)), "#000000")
    part = read(plot, symbols=[dot((x, y)), dot(at(plot, 9, 9))], strokes=[bar])
    assert [(value.low, value.high) for value in part.strands[0].values] == [(pytest.approx(4), pytest.approx(6)), (None, None)]
    assert bar in part.marks


def test_the_stems_of_lollipops_are_explained(plot):
    place = at(plot, 5, 5)
    stem = Stroke(((place[0], BOTTOM), place), "#808080")
    part = read(plot, symbols=[dot(place), dot(at(plot, 9, 9))], strokes=[stem])
    assert stem in part.marks


def test_thousands_of_points_are_read_fast(plot):
    chance = random.Random(1)
    symbols = [dot(at(plot, chance.uniform(0, 20), chance.uniform(0, 10))) for _ in range(5000)]
    started = time.process_time()
    part = read(plot, symbols=symbols)
    assert len(part.strands[0].values) == 5000
    assert time.process_time() - started < 2


def test_the_only_entry_of_a_colour_surely_names_its_points_whatever_their_shape(plot):
    legend = legend_of(("Boys", dot((260, 30), RED, "square", opacity=0.5)), ("Girls", dot((260, 40), BLUE, "square")))
    part = read(plot, legend, symbols=[dot(at(plot, n, n / 2), colour) for n in range(1, 5) for colour in (RED, BLUE)])
    assert [strand.name for strand in part.strands] == ["Boys", "Girls"]
    assert all(value.sure * part.sure >= 0.9 for strand in part.strands for value in strand.values)


def test_the_places_of_points_without_names_are_sure(plot):
    part = read(plot, symbols=[dot(at(plot, n, n / 2), colour) for n in range(1, 5) for colour in (RED, BLUE)])
    assert all(value.sure * part.sure >= 0.9 for strand in part.strands for value in strand.values)


def test_what_stands_under_one_name_alone_is_no_chart():
    over_title = plot_of(names(["Sonata No. 3"]), numbers(0, 10))
    assert read(over_title, symbols=[dot((70 + 20 * n, 40 + 5 * n)) for n in range(6)]) is None


def test_bubbles_of_a_picture_that_stand_as_near_as_pieces_of_one_are_doubted(plot):
    places = [at(plot, x, y) for x, y in [(3, 7), (12.5, 1.25), (17, 8)]]
    near = (places[0][0] + 9.0, places[0][1])
    sizes = (4.0, 3.0, 5.0, 3.0)
    part = read_points(
        scene_of(symbols=[dot(place, half=half) for place, half in zip([*places, near], sizes, strict=True)], blur=0.5),
        plot,
        Legend(),
    )
    sure = {value.extent.middle: value.sure for value in part.strands[0].values}
    assert max(sure[places[0]], sure[near]) < 0.9 < min(sure[places[1]], sure[places[2]])
