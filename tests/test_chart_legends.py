"""Legends, on scenes made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docai.backends.classical.charts.legend_finding import find_legend
from docai.backends.classical.charts.legends import Legend
from docai.backends.classical.charts.scene import Extent, Label, Rectangle, Scene, Sector, Stroke, Symbol

RED, BLUE, GREEN = "#d62728", "#1f77b4", "#2ca02c"


def label(text: str, left: float, middle: float, *, size: float = 10, colour: str = "#000000") -> Label:
    return Label(text, Extent(left, middle - 4, left + 5 * len(text), middle + 4), size, colour=colour)


def square(left: float, middle: float, colour: str, *, opacity: float = 1.0) -> Rectangle:
    return Rectangle(Extent(left, middle - 4, left + 8, middle + 4), colour, opacity=opacity)


def sample(left: float, middle: float, colour: str, dashes: tuple[float, ...] = ()) -> Stroke:
    return Stroke(((left, middle), (left + 20, middle)), colour, dashes=dashes)


def disc(left: float, middle: float, colour: str, *, radius: float = 4, shape: str = "disc") -> Symbol:
    extent = Extent(left, middle - radius, left + 2 * radius, middle + radius)
    return Symbol(extent.middle, extent, shape, colour)


def legend_of(labels: list[Label], **marks: tuple[object, ...]) -> Legend:
    scene = Scene(400, 300, tuple(labels), **marks)  # type: ignore[arg-type]
    return find_legend(scene, scene.labels)


@pytest.mark.parametrize(
    "places", [((300, 20), (300, 35), (300, 50)), ((40, 280), (120, 280), (200, 280)), ((40, 270), (120, 270), (40, 285))]
)
def test_names_behind_swatches_are_the_legend_wherever_it_stands(places):
    names = ["Men", "Women", "All"]
    squares = tuple(square(x, y, colour) for (x, y), colour in zip(places, (RED, BLUE, GREEN), strict=True))
    labels = [label(name, x + 12, y) for name, (x, y) in zip(names, places, strict=True)]
    legend = legend_of([*labels, label("10", 5, 100), label("20", 5, 50)], rectangles=squares)
    assert [entry.name for entry in legend.entries] == names
    assert (legend.name_of(BLUE), legend.name_of("#000000")) == ("Women", "")
    assert set(map(id, legend.marks)) == set(map(id, squares))


def test_swatches_of_one_size_are_one_legend_whatever_size_their_names_are_read_in():
    names = [label("drizzle", 312, 20, size=9.0), label("rain", 312, 35, size=7.3), label("fog", 312, 50, size=8.2)]
    squares = tuple(square(300, y, colour) for y, colour in ((20, RED), (35, BLUE), (50, GREEN)))
    assert [entry.name for entry in legend_of(names, rectangles=squares).entries] == ["drizzle", "rain", "fog"]


def test_title_and_frame_belong_to_the_legend():
    squares = (square(300, 40, RED), square(300, 55, BLUE))
    frame = Rectangle(Extent(294, 15, 370, 64), "#ffffff", "#cccccc")
    panel = Rectangle(Extent(0, 0, 400, 300), "#ffffff")
    labels = [label("Sex", 300, 24), label("Men", 312, 40), label("Women", 312, 55)]
    legend = legend_of(labels, rectangles=(panel, frame, *squares))
    assert legend.title == "Sex"
    assert frame in legend.marks
    assert panel not in legend.marks
    assert len(legend.used) == 3


def test_lines_with_symbols_are_told_by_both():
    strokes = (sample(300, 40, RED), sample(300, 55, RED, (4, 2)))
    symbols = (disc(306, 40, RED), disc(306, 55, RED, shape="star"))
    legend = legend_of([label("plan", 325, 40), label("fact", 325, 55)], strokes=strokes, symbols=symbols)
    assert legend.name_of(RED) == "plan"  # solid
    assert legend.name_of(RED, (8, 4)) == "fact"  # of a thicker line
    assert legend.name_of(RED, (8, 4), "star") == "fact"
    assert len(legend.marks) == 4


def test_opacity_tells_names_of_one_colour_apart():
    squares = (square(300, 40, RED, opacity=0.3), square(300, 55, RED, opacity=0.7))
    legend = legend_of([label("low", 312, 40), label("high", 312, 55)], rectangles=squares)
    assert (legend.name_of(RED, opacity=0.7), legend.name_of(RED, opacity=0.31), legend.name_of(RED)) == ("high", "low", "")


def test_a_pale_mark_is_named_by_its_opaque_swatch():
    squares = (square(300, 40, "#ffaaaa"), square(300, 55, BLUE))
    legend = legend_of([label("low", 312, 40), label("high", 312, 55)], rectangles=squares)
    assert legend.name_of("#ff0000", opacity=1 / 3) == "low"


def test_nearly_the_same_colour_is_named_and_another_is_not():
    squares = (square(300, 40, RED), square(300, 55, BLUE))
    legend = legend_of([label("low", 312, 40), label("high", 312, 55)], rectangles=squares)
    assert (legend.name_of("#d42a2a"), legend.name_of("#d65728")) == ("low", "")


def test_bars_before_their_values_and_ticks_before_their_numbers_are_no_legend():
    bars = tuple(Rectangle(Extent(50, 40 + 20 * n, 60 + 9 * n, 52 + 20 * n), colour) for n, colour in enumerate((RED, BLUE, GREEN)))
    values = [label(str(n + 1), 64 + 9 * n, 46 + 20 * n) for n in range(3)]
    assert legend_of(values, rectangles=bars).entries == ()
    ticks = tuple(Stroke(((300, y), (308, y)), "#888888", dashes=(y,)) for y in (40, 60, 80))
    assert legend_of([label(str(y), 312, y) for y in (40, 60, 80)], strokes=ticks).entries == ()


def test_growing_discs_with_numbers_tell_sizes():
    discs = tuple(disc(300 - radius, 40 + 30 * n, BLUE, radius=radius) for n, radius in enumerate((4, 8, 12)))
    legend = legend_of([label(text, 316, 40 + 30 * n) for n, text in enumerate(("10", "40", "90"))], symbols=discs)
    assert [(size.value, size.extent.width) for size in legend.sizes] == [(10, 8), (40, 16), (90, 24)]
    assert legend.entries == ()


def test_names_in_the_colours_of_their_lines_are_told_and_the_lines_stay():
    strokes = tuple(Stroke(((20, y), (200, y + 10), (300, y - 20)), colour) for y, colour in ((40, RED), (90, BLUE)))
    labels = [label("Korea", 306, 20, colour=RED), label("Japan", 306, 70, colour=BLUE), label("2020", 20, 200)]
    legend = legend_of(labels, strokes=strokes)
    assert (legend.name_of(RED), legend.name_of(BLUE), legend.marks) == ("Korea", "Japan", ())


def test_lines_shorter_than_a_letter_are_swatches_and_ticks_are_none():
    short = [Stroke(((300, y), (306.5, y)), colour) for y, colour in ((20, RED), (35, BLUE))]
    ticks = [Stroke(((300, y), (303.5, y)), colour) for y, colour in ((20, RED), (35, BLUE))]
    labels = [label("Men", 310, 20), label("Women", 310, 35)]
    assert [entry.name for entry in legend_of(labels, strokes=tuple(short)).entries] == ["Men", "Women"]
    assert legend_of(labels, strokes=tuple(ticks)).entries == ()


def test_swatches_whose_sides_are_rounded_to_either_side_are_of_one_legend():
    keys = tuple(Rectangle(Extent(50 + 60 * n, 14, 62.6 + 60 * n - 0.01 * n, 26.6), colour) for n, colour in enumerate((RED, BLUE)))
    legend = legend_of([label("Men", 66, 20), label("Women", 126, 20)], rectangles=keys)
    assert [(entry.name, entry.colour) for entry in legend.entries] == [("Men", RED), ("Women", BLUE)]


def test_a_square_and_a_line_with_its_symbol_below_it_are_one_legend():
    legend = legend_of(
        [label("Sales", 320, 20), label("Share", 324, 36)],
        rectangles=(square(300, 20, RED),),
        strokes=(sample(300, 36, BLUE),),
        symbols=(disc(307, 36, BLUE, radius=3),),
    )
    assert [(entry.name, entry.colour) for entry in legend.entries] == [("Sales", RED), ("Share", BLUE)]


def test_years_behind_grey_lines_of_different_greys_are_names():
    lines = tuple(sample(300, 20 + 15 * n, colour) for n, colour in enumerate(("#222222", "#666666", "#999999")))
    legend = legend_of([label(str(2014 + n), 325, 20 + 15 * n) for n in range(3)], strokes=lines)
    assert [entry.name for entry in legend.entries] == ["2014", "2015", "2016"]


def test_names_before_points_near_an_axis_do_not_outvote_a_legend():
    points = (disc(45, 100, RED), disc(45, 150, BLUE), disc(45, 200, GREEN))
    labels = [label(text, 20, y) for text, y in (("300", 100), ("200", 150), ("100", 200))]
    names = [label("Men", 312, 20), label("Women", 312, 35)]
    legend = legend_of([*labels, *names], rectangles=(square(300, 20, RED), square(300, 35, BLUE)), symbols=points)
    assert [entry.name for entry in legend.entries] == ["Men", "Women"]


def test_a_leader_line_of_a_pie_is_no_swatch():
    sectors = tuple(Sector((150, 100), 0, 50, 180.0 * n, 180, colour) for n, colour in enumerate((RED, BLUE)))
    lines = (sample(205, 100, "#808080"), Stroke(((75, 100), (95, 100)), "#808080"))
    assert legend_of([label("Men 50%", 230, 100), label("All 50%", 35, 100)], strokes=lines, sectors=sectors).entries == ()


def test_names_flush_left_may_stand_far_before_their_swatches():
    swatches = tuple(Rectangle(Extent(100, 10 + 12 * n, 130, 22 + 12 * n), colour) for n, colour in enumerate((RED, BLUE, GREEN)))
    names = ["Al", "Beta", "Gammas"]
    legend = legend_of([label(name, 60, 16 + 12 * n) for n, name in enumerate(names)], rectangles=swatches)
    assert [(entry.name, entry.colour) for entry in legend.entries] == list(zip(names, (RED, BLUE, GREEN), strict=True))


def test_numbers_at_the_ends_of_short_bars_are_no_legend():
    widths = (9, 12, 120, 90)
    bars = tuple(Rectangle(Extent(50, 40 + 20 * n, 50 + wide, 52 + 20 * n), (RED, BLUE)[n % 2]) for n, wide in enumerate(widths))
    numbers = [label(str(n + 2), 53 + wide, 46 + 20 * n) for n, wide in enumerate(widths)]
    names = [label("Men", 112, 250), label("Women", 172, 250)]
    legend = legend_of([*numbers, *names], rectangles=bars, symbols=(disc(100, 250, RED), disc(160, 250, BLUE)))
    assert [entry.name for entry in legend.entries] == ["Men", "Women"]


def test_names_in_a_row_are_the_legend_and_numbers_in_a_column_elsewhere_are_not():
    small = (disc(50, 40, RED), disc(50, 60, BLUE))
    swatches = (disc(100, 250, RED), disc(160, 250, BLUE))
    labels = [label("2", 62, 40), label("7", 62, 60), label("Men", 112, 250), label("Women", 172, 250)]
    assert [entry.name for entry in legend_of(labels, symbols=(*small, *swatches)).entries] == ["Men", "Women"]


def test_a_name_in_two_lines_is_told_whole():
    squares = (square(20, 250, RED), square(200, 250, BLUE))
    first = [label("Rights to", 32, 250), label("Rights to", 212, 250)]
    rest = [label("motion films", 32, 262), label("television", 211, 262)]
    legend = legend_of([*first, *rest, label("Source: us", 5, 290)], rectangles=squares)
    assert [entry.name for entry in legend.entries] == ["Rights to motion films", "Rights to television"]
    assert set(map(id, legend.used)) == {id(one) for one in (*first, *rest)}


def test_names_in_one_column_are_one_line_each():
    squares = (square(20, 250, RED), square(20, 262, BLUE), square(20, 274, GREEN))
    labels = [label(name, 32, 250 + 12 * n) for n, name in enumerate(("Men", "Women", "All"))]
    assert [entry.name for entry in legend_of(labels, rectangles=squares).entries] == ["Men", "Women", "All"]


def test_pieces_of_print_in_a_picture_are_no_swatches():
    swatches = (disc(20, 280, RED), disc(100, 280, BLUE), disc(190, 280, GREEN))
    names = [label("Agriculture", 34, 280), label("Manufacturing", 114, 280), label("Services", 204, 280)]
    printed = [label("EER", 100, 100), label("272.82", 120, 100), label("3T3.64", 160, 100), label("328.39", 195, 100)]
    pieces = tuple(Rectangle(Extent(left, 98, left + 6, 101), fill) for left, fill in ((122, "#444444"), (197, "#101010")))
    found = legend_of([*names, *printed], symbols=swatches, rectangles=pieces, blur=0.5)
    assert [(entry.name, entry.colour) for entry in found.entries] == [
        ("Agriculture", RED),
        ("Manufacturing", BLUE),
        ("Services", GREEN),
    ]


@pytest.mark.parametrize(
    ("names", "bars", "told"),
    [
        (("2,000", "4,000", "6,000"), ("#b0c4de", "#a0b8d7", "#7098c2", "#5f8cbb"), 0),  # shades between those of the swatches
        (("2019", "2020", "2021"), ("#c0d0e5", "#88a8cc", "#5080b4"), 3),  # years in shades of one colour are series
        (("2,000", "4,000", "9,000"), ("#b0c4de", "#a0b8d7", "#7098c2", "#5f8cbb"), 3),
    ],
)
def test_numbers_behind_shades_of_values_name_no_series_in_a_picture(names, bars, told):
    swatches = tuple(square(300, 20 + 15 * n, fill) for n, fill in enumerate(("#c0d0e5", "#88a8cc", "#5080b4")))
    drawn = tuple(Rectangle(Extent(40.0 * n, 100, 40.0 * n + 30, 280), fill) for n, fill in enumerate(bars))
    labels = [label(name, 312, 20 + 15 * n) for n, name in enumerate(names)]
    found = legend_of(labels, rectangles=(*drawn, *swatches), blur=0.5)
    assert len(found.entries) == told
    assert set(map(id, swatches)) <= set(map(id, found.marks))


def test_names_of_an_axis_of_which_some_stand_before_bars_and_lines_are_no_legend():
    names = [label(name, 5, 20.0 + 30 * n) for n, name in enumerate(("North", "South", "Upper", "Lower", "Inner"))]
    short, grid = square(33, 50, BLUE), sample(33, 110, "#999999")
    assert legend_of(names, rectangles=(short,), strokes=(grid,), blur=0.5).entries == ()
    aside = [label("Men", 312, 20), label("Women", 312, 35)]
    found = legend_of([*names, *aside], rectangles=(square(300, 20, RED), square(300, 35, BLUE), short), strokes=(grid,), blur=0.5)
    assert [entry.name for entry in found.entries] == ["Men", "Women"]


def test_years_in_a_frame_over_bars_are_names_and_numbers_on_bars_are_not():
    bars = (Rectangle(Extent(100, 20, 160, 200), RED), Rectangle(Extent(170, 60, 230, 200), BLUE, order=1))
    frame = Rectangle(Extent(102, 30, 150, 72), "#ffffff", "#999999", order=2)
    squares = tuple(replace(square(106, y, colour), order=3 + n) for n, (y, colour) in enumerate(((42, RED), (58, BLUE))))
    names = [label("2010", 118, 42), label("2011", 118, 58)]
    legend = legend_of(names, rectangles=(*bars, frame, *squares))
    assert [entry.name for entry in legend.entries] == ["2010", "2011"]
    assert legend_of(names, rectangles=(*bars, *squares)).entries == ()


def test_years_in_a_row_before_their_swatches_are_not_those_of_the_swatches_before_them():
    colours = (RED, BLUE, GREEN)
    names = [label(str(2004 + n), 100 + 40 * n, 20) for n in range(3)]
    squares = tuple(square(125 + 40 * n, 20, colour) for n, colour in enumerate(colours))
    legend = legend_of(names, rectangles=squares)
    assert [legend.name_of(colour) for colour in colours] == ["2004", "2005", "2006"]


def test_a_name_of_an_axis_level_with_the_middle_of_two_entries_over_each_other_is_no_title():
    squares = (square(100, 40, RED), square(100, 54, BLUE))
    legend = legend_of([label("Men", 112, 40), label("Women", 112, 54), label("Jan", 75, 47)], rectangles=squares)
    assert legend.title == ""
    assert len(legend.used) == 2
