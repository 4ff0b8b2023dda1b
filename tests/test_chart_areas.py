"""Areas of charts are series: of single ones the line above, of stacked ones what each adds."""

from __future__ import annotations

import pytest

from docai.backends.classical.charts.legends import Entry, Legend
from docai.backends.classical.charts.readers.areas import read_areas
from docai.backends.classical.charts.scene import Extent, Polygon, Rectangle, Stroke, Symbol
from tests.placed_plots import BLUE, GREEN, RED, at, label, names, numbers, plot_of, scene_of, told

XS = [0, 5, 10, 20]


@pytest.fixture
def plot():
    return plot_of(numbers(0, 20, horizontal=True), numbers(0, 10))


def area(plot, upper, lower, colour=BLUE, xs=XS, **changes):
    forth = [at(plot, x, y) for x, y in zip(xs, upper, strict=True)]
    back = [at(plot, x, y) for x, y in zip(xs, lower, strict=True)]
    return Polygon((*forth, *back[::-1], forth[0]), colour, **changes)


def read(plot, legend=None, **marks):
    return read_areas(scene_of(**marks), plot, legend or Legend())


def legend_of(*pairs):
    squares = [(name, Rectangle(Extent(255, 30 + 10 * n, 262, 37 + 10 * n), colour)) for n, (name, colour) in enumerate(pairs)]
    return Legend(tuple(Entry(name, square, label(name, 266, square.extent.middle[1])) for name, square in squares))


def test_an_area_on_the_axis_has_the_values_of_its_upper_edge(plot):
    part = read(plot, polygons=[area(plot, [2, 7, 3, 5], [0] * 4)])
    assert (part.kind, part.stacking) == ("area", "none")
    assert told(part.strands[0]) == [(0, 2), (5, 7), (10, 3), (20, 5)]


def test_stacked_areas_have_what_each_adds(plot):
    low, high = [2, 4, 3, 1], [5, 6, 7, 9]
    legend = legend_of(("Upper", RED), ("Lower", BLUE))
    part = read(plot, legend, polygons=[area(plot, low, [0] * 4), area(plot, high, low, RED, order=1)])
    assert part.stacking == "stacked"
    assert [strand.name for strand in part.strands] == ["Upper", "Lower"]
    assert [y for _, y in told(part.strands[0])] == [3, 2, 4, 8]
    assert [y for _, y in told(part.strands[1])] == low


def test_shares_of_a_whole_are_stacked_to_percent():
    plot = plot_of(names(["a", "b", "c"]), numbers(0, 100))
    low, middle = [20, 40, 30], [50, 60, 70]
    polygons = [
        area(plot, low, [0] * 3, xs=range(3)),
        area(plot, middle, low, GREEN, xs=range(3), order=1),
        area(plot, [100] * 3, middle, RED, xs=range(3), order=2),
    ]
    part = read(plot, polygons=polygons)
    assert part.stacking == "percent"
    assert [told(strand) for strand in part.strands] == [
        [("a", 20), ("b", 40), ("c", 30)],
        [("a", 30), ("b", 20), ("c", 40)],
        [("a", 50), ("b", 40), ("c", 30)],
    ]


def test_areas_behind_each_other_are_not_stacked(plot):
    part = read(plot, polygons=[area(plot, [2, 7, 3, 5], [0] * 4), area(plot, [5, 6, 7, 9], [0] * 4, RED, order=1)])
    assert part.stacking == "none"
    assert [y for _, y in told(part.strands[1])] == [5, 6, 7, 9]


def test_a_stream_has_the_thickness_of_its_areas(plot):
    edges = [[2, 1, 3, 2], [4, 5, 6, 4], [7, 7, 8, 9]]
    part = read(plot, polygons=[area(plot, edges[1], edges[0]), area(plot, edges[2], edges[1], RED, order=1)])
    assert part.stacking == "stacked"
    assert [y for _, y in told(part.strands[0])] == [2, 4, 3, 2]
    assert [y for _, y in told(part.strands[1])] == [3, 2, 2, 5]


def test_an_area_below_zero_has_negative_values():
    plot = plot_of(numbers(0, 20, horizontal=True), numbers(-10, 10))
    part = read(plot, polygons=[area(plot, [0] * 4, [-2, -7, -3, -5])])
    assert [y for _, y in told(part.strands[0])] == [-2, -7, -3, -5]


def test_the_stroke_over_an_areas_edge_is_its_own(plot):
    upper = [2, 7, 3, 5]
    edge = Stroke(tuple(at(plot, x, y) for x, y in zip(XS, upper, strict=True)), BLUE)
    other = Stroke(tuple(at(plot, x, y) for x, y in zip(XS, [8, 3, 4, 1], strict=True)), RED)
    part = read(plot, polygons=[area(plot, upper, [0] * 4)], strokes=[edge, other])
    assert edge in part.marks
    assert other not in part.marks


def test_bands_backgrounds_and_small_polygons_are_no_areas(plot):
    band = area(plot, [4, 8, 6, 7], [2, 5, 3, 4])
    white = area(plot, [4, 8, 6, 7], [0] * 4, "#ffffff")
    arrow = Polygon(((60, 60), (64, 62), (60, 64)), RED)
    violin = Polygon(((100, 30), (108, 60), (100, 110), (92, 60)), GREEN)
    assert read(plot, polygons=[band, white, arrow, violin]) is None


def test_a_white_line_between_stacked_areas_does_not_part_them(plot):
    low, high = [2, 4, 3, 1], [5, 6, 7, 9]
    part = read(plot, polygons=[area(plot, low, [0] * 4), area(plot, high, [y + 0.04 for y in low], RED, order=1)])
    assert part.stacking == "stacked"


def test_an_area_of_steps_has_a_value_for_each(plot):
    corners = [(0, 0), (0, 2), (5, 2), (5, 7), (10, 7), (10, 3), (20, 3), (20, 0)]
    part = read(plot, polygons=[Polygon(tuple(at(plot, x, y) for x, y in corners), BLUE)])
    assert [y for _, y in told(part.strands[0])][:3] == [2, 7, 3]


def test_symbols_on_the_values_of_an_area_are_explained_by_it(plot):
    upper = [2, 7, 3, 5]
    places = [at(plot, x, y) for x, y in zip(XS, upper, strict=True)]
    dots = [Symbol((x, y), Extent(x - 2, y - 2, x + 2, y + 2), "disc", fill=BLUE) for x, y in places]
    other = Symbol((dots[0].centre[0] + 30, 100.0), Extent(98, 98, 102, 102), "disc", fill=RED)
    part = read(plot, polygons=[area(plot, upper, [0] * 4)], symbols=[*dots, other])
    assert [mark for mark in part.marks if isinstance(mark, Symbol)] == dots


def test_the_base_of_an_area_in_a_picture_is_straight_though_ticks_bite_into_it(plot):
    bitten = [0, 0, 0, 0, 0.1, 0, 0, 0]
    xs = [0, 2, 5, 9.8, 10, 10.2, 15, 20]
    drawn = area(plot, [2, 4, 7, 3, 3, 3, 5, 5], bitten, xs=xs)
    assert read_areas(scene_of(polygons=[drawn]), plot, Legend()) is None
    part = read_areas(scene_of(polygons=[drawn], blur=0.5), plot, Legend())
    assert part is not None
    assert part.stacking == "none"


def test_an_area_on_a_logarithmic_axis_stands_on_one_though_the_axis_begins_below():
    plot = plot_of(numbers(0, 20, horizontal=True), numbers(-1, 4, kind="log"))
    part = read(plot, polygons=[area(plot, [20, 700, 30, 5000], [1] * 4)])
    assert [y for _, y in told(part.strands[0])] == pytest.approx([20, 700, 30, 5000], rel=1e-3)
    assert read(plot, polygons=[area(plot, [20, 700, 30, 5000], [3] * 4)]) is None
