"""Bars on scenes built by hand: 1 unit of value is 10 points, zero lies at 200 points from the top (or left)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from docai.backends.classical.charts.legends import Entry, Legend
from docai.backends.classical.charts.readers.bars import read_bars
from docai.backends.classical.charts.readers.naming import round_to_unit
from docai.backends.classical.charts.scales import Plot, Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Polygon, Rectangle, Scene, Stroke, Symbol

RED, BLUE, GREY = "#cc0000", "#0000cc", "#888888"
ZERO = 200.0


def label(text, x=0.0, y=0.0):
    return Label(text, Extent(x - 5, y - 4, x + 5, y + 4), 8.0)


def categories(names, *, horizontal=True, step=50.0):
    ticks = tuple(Tick(step * (n + 0.5), label(name), None) for n, name in enumerate(names))
    return Scale("category", horizontal, 0.0, step * len(names), ticks)


def values(*, horizontal=False, start=0.0, end=250.0):
    slope, intercept = (0.1, -20.0) if horizontal else (-0.1, 20.0)
    ticks = tuple(Tick(place, label(str(place)), slope * place + intercept) for place in (0.0, 100.0, 200.0))
    return Scale("linear", horizontal, start, end, ticks, slope, intercept)


def upright(names="ABC", **changes):
    return Plot(Extent(0.0, 0.0, 50.0 * len(names), 250.0), categories(names), values(), **changes)


def bar(column, high, low=0.0, *, fill=BLUE, thickness=30.0, shift=0.0, order=0, **changes):
    middle = 25.0 + 50.0 * column + shift
    extent = Extent(middle - thickness / 2, ZERO - 10 * max(low, high), middle + thickness / 2, ZERO - 10 * min(low, high))
    return Rectangle(extent, fill, order=order, **changes)


def legend(**names):
    swatch = Extent(0.0, 0.0, 1.0, 1.0)
    return Legend(tuple(Entry(name, Rectangle(swatch, colour), label(name)) for name, colour in names.items()))


def read(*rectangles, plot=None, names=None, **scene):
    return read_bars(Scene(400.0, 300.0, rectangles=rectangles, **scene), plot or upright(), names or Legend())


def points(part):
    return [[(value.x, pytest.approx(value.y)) for value in strand.values] for strand in part.strands]


def test_a_bar_tells_the_value_at_its_end_and_the_category_below_it():
    part = read(bar(0, 12.5), bar(1, 3.0), bar(2, 7.25))
    assert points(part) == [[("A", 12.5), ("B", 3.0), ("C", 7.25)]]
    assert (part.orientation, part.stacking) == ("vertical", "none")
    assert all(value.sure >= 0.9 for value in part.strands[0].values)


def test_bars_to_the_side_are_read_along_the_other_axis():
    plot = Plot(Extent(0.0, 0.0, 400.0, 100.0), values(horizontal=True, end=400.0), categories("AB", horizontal=False))
    part = read(Rectangle(Extent(200.0, 10.0, 250.0, 40.0), BLUE), Rectangle(Extent(170.0, 60.0, 200.0, 90.0), BLUE), plot=plot)
    assert points(part) == [[("A", 5.0), ("B", -3.0)]]
    assert part.orientation == "horizontal"


def test_bars_below_the_baseline_are_negative():
    assert points(read(bar(0, 5.0), bar(1, -2.0), bar(2, 8.0))) == [[("A", 5.0), ("B", -2.0), ("C", 8.0)]]


def test_zero_is_where_bars_stand_when_the_grid_is_drawn_half_a_pixel_beside():
    moved = [
        Rectangle(Extent(*(v + 0.5 if n % 2 else v for n, v in enumerate(bar(c, h).extent))), BLUE) for c, h in ((0, 5), (1, 2))
    ]
    assert points(read(*moved)) == [[("A", 5.0), ("B", 2.0)]]


def test_a_bar_of_no_height_is_zero_and_a_missing_bar_is_no_value():
    assert points(read(bar(0, 4.0), bar(2, 0.0))) == [[("A", 4.0), ("C", 0.0)]]


def test_grouped_bars_are_a_series_for_each_colour_in_the_order_of_the_legend():
    bars = [bar(c, h, fill=f, thickness=15, shift=s) for c in range(3) for h, f, s in ((3 + c, RED, -7.5), (6 + c, BLUE, 7.5))]
    part = read(*bars, names=legend(later=BLUE, earlier=RED))
    assert [strand.name for strand in part.strands] == ["later", "earlier"]
    assert points(part) == [[("A", 6.0), ("B", 7.0), ("C", 8.0)], [("A", 3.0), ("B", 4.0), ("C", 5.0)]]


def test_the_value_of_a_piece_of_a_stack_is_its_length():
    part = read(*(bar(c, h, low, fill=f) for c in range(3) for h, low, f in ((3, 0, RED), (3.5 + c, 3, BLUE))))
    assert part.stacking == "stacked"
    assert points(part) == [[("A", 3.0), ("B", 3.0), ("C", 3.0)], [("A", 0.5), ("B", 1.5), ("C", 2.5)]]


def test_stacks_grow_from_the_baseline_to_both_sides():
    part = read(bar(0, 3, fill=RED), bar(0, 5, 3, fill=BLUE), bar(0, -2, fill=GREY), bar(0, -3, -2, fill="#00cc00"))
    assert points(part) == [[("A", 3.0)], [("A", -2.0)], [("A", -1.0)], [("A", 2.0)]]


def test_columns_that_all_come_to_a_hundred_are_stacked_to_percent():
    across = Scale("linear", False, 0.0, 250.0, (), -0.5, 100.0)  # 100 at the top, 0 at 200
    plot = Plot(Extent(0.0, 0.0, 150.0, 250.0), categories("ABC"), across)
    bars = [bar(c, h, low, fill=f) for c in range(3) for h, low, f in ((5 + c, 0, RED), (20, 5 + c, BLUE))]
    part = read(*bars, plot=plot)
    assert part.stacking == "percent"
    assert [sum(strand.values[n].y for strand in part.strands) for n in range(3)] == pytest.approx([100, 100, 100])


def test_floating_bars_tell_both_of_their_ends():
    part = read(bar(0, 9, 4), bar(1, 12, 2), bar(2, 8, 7))
    assert [(v.low, v.high, v.y) for v in part.strands[0].values] == [
        (pytest.approx(low), pytest.approx(high), pytest.approx(high)) for low, high in ((4, 9), (2, 12), (7, 8))
    ]


def test_bars_that_lie_over_each_other_each_count_from_the_baseline():
    part = read(*(bar(c, h, fill=f, opacity=0.7) for c in range(3) for h, f in ((9 - c, RED), (4 + c, BLUE))))
    assert part.stacking == "none"
    assert points(part) == [[("A", 9.0), ("B", 8.0), ("C", 7.0)], [("A", 4.0), ("B", 5.0), ("C", 6.0)]]


def test_an_outline_around_a_bar_is_no_second_bar():
    bars = [bar(c, 3 + c) for c in range(3)]
    outlines = [Rectangle(b.extent, "", "#000000", 1.0, order=9) for b in bars]
    part = read(*bars, *outlines)
    assert points(part) == [[("A", 3.0), ("B", 4.0), ("C", 5.0)]]
    assert part.strands[0].colour == BLUE
    assert len(part.marks) == 6


def test_bars_that_are_only_outlined_are_read():
    assert points(read(*(Rectangle(bar(c, 3 + c).extent, "", "#000000", 1.0) for c in range(3)))) == [
        [("A", 3.0), ("B", 4.0), ("C", 5.0)]
    ]


def test_backgrounds_bands_grid_lines_and_shadows_are_no_bars():
    panel = Rectangle(Extent(0.0, 0.0, 150.0, 250.0), "#eeeeee")
    bands = [Rectangle(Extent(50.0 * c, 0.0, 50.0 * c + 50, 250.0), "#f5f5f5") for c in (0, 2)]
    lines = [Rectangle(Extent(0.0, y, 150.0, y + 0.5), GREY) for y in (50.0, 100.0, 150.0)]
    bars = [bar(c, 3 + c, order=5) for c in range(3)]
    shadows = [Rectangle(Extent(*(edge + 3 for edge in b.extent)), "#cccccc", order=3) for b in bars]
    assert points(read(panel, *bands, *lines, *shadows, *bars)) == [[("A", 3.0), ("B", 4.0), ("C", 5.0)]]


def test_one_bar_for_each_category_is_one_series_whatever_the_colours():
    part = read(bar(0, 3, fill=RED), bar(1, 4, fill=BLUE), bar(2, 5, fill=GREY))
    assert points(part) == [[("A", 3.0), ("B", 4.0), ("C", 5.0)]]


def test_colours_tell_series_where_the_legend_names_them():
    part = read(bar(0, 3, fill=RED), bar(1, 4, fill=BLUE), bar(2, 5, fill=RED), names=legend(won=RED, lost=BLUE))
    assert {strand.name: [value.x for value in strand.values] for strand in part.strands} == {"won": ["A", "C"], "lost": ["B"]}


def test_colours_that_the_legend_names_like_the_categories_tell_no_series():
    part = read(bar(0, 3, fill=RED), bar(1, 4, fill=BLUE), names=legend(A=RED, B=BLUE))
    assert points(part) == [[("A", 3.0), ("B", 4.0)]]


def test_a_value_is_unsure_whose_colour_has_several_names():
    part = read(*(bar(c, 3 + c) for c in range(3)), names=legend(one=BLUE, other=BLUE))
    assert part.strands[0].name == ""
    assert all(value.sure < 0.7 for value in part.strands[0].values)


def test_a_bar_that_is_cut_off_at_the_edge_of_the_plot_is_unsure():
    part = read(bar(0, 3), bar(1, 4), bar(2, 20, cut=True))
    sure = {value.x: value.sure for value in part.strands[0].values}
    assert sure["C"] <= 0.5
    assert sure["A"] >= 0.9


def test_bars_that_miss_the_zero_of_their_axis_are_unsure():
    part = read(*(bar(c, 3 + c, -2.0) for c in range(3)))
    assert all(value.sure < 0.7 for value in part.strands[0].values)


@pytest.mark.parametrize("capped", [True, False])
def test_strokes_through_the_ends_of_bars_are_error_bars(capped):
    strokes = [
        Stroke(((25.0 + 50 * c, 200 - 10 * (h - 1)), (25.0 + 50 * c, 200 - 10 * (h + 2))), "#000000")
        for c, h in enumerate((5, 8, 6))
    ]
    caps = [Stroke(((x - 4, y), (x + 4, y)), "#000000") for s in strokes for x, y in s.places] if capped else []
    part = read(bar(0, 5), bar(1, 8), bar(2, 6), strokes=(*strokes, *caps))
    assert [(v.low, v.y, v.high) for v in part.strands[0].values] == [
        tuple(pytest.approx(h + off) for off in (-1, 0, 2)) for h in (5, 8, 6)
    ]
    assert len(part.marks) == 3 + 3 + len(caps)


@pytest.mark.parametrize(("colour", "dashes"), [("#000000", (4.0, 4.0)), ("#f8f8fa", ())])
def test_dashed_and_pale_strokes_of_pictures_are_grid_lines_and_no_error_bars(colour, dashes):
    stroke = Stroke(((25.0, 130.0), (25.0, 160.0)), colour, dashes=dashes)
    drawn = read(bar(0, 5), bar(1, 8), strokes=(stroke,))
    assert drawn.strands[0].values[0].low is not None
    assert [value.low for value in read(bar(0, 5), bar(1, 8), strokes=(stroke,), blur=0.5).strands[0].values] == [None, None]


def test_an_error_bar_may_be_drawn_as_an_i_in_one_stroke():
    places = ((20.0, 140.0), (30.0, 140.0), (25.0, 140.0), (25.0, 160.0), (20.0, 160.0), (30.0, 160.0))
    part = read(bar(0, 5), bar(1, 8), strokes=(Stroke(places, "#000000"),))
    assert [(v.low, v.high) for v in part.strands[0].values] == [(pytest.approx(4), pytest.approx(6)), (None, None)]


def test_grid_lines_through_bars_are_no_error_bars():
    lines = tuple(Stroke(((25.0 + 50 * c, 0.0), (25.0 + 50 * c, 250.0)), GREY) for c in range(3))
    part = read(*(bar(c, 3 + c) for c in range(3)), strokes=lines)
    assert [value.low for value in part.strands[0].values] == [None, None, None]


def test_thick_strokes_are_bars():
    strokes = tuple(Stroke(((25.0 + 50 * c, 200.0), (25.0 + 50 * c, 170.0 - 10 * c)), RED, 12.0) for c in range(3))
    part = read(strokes=strokes)
    assert points(part) == [[("A", 3.0), ("B", 4.0), ("C", 5.0)]]
    assert part.strands[0].values[0].extent.width == pytest.approx(12)


def test_lollipops_end_in_the_middle_of_their_heads():
    stems = tuple(Stroke(((25.0 + 50 * c, 200.0), (25.0 + 50 * c, 170.0 - 10 * c)), GREY) for c in range(3))
    heads = tuple(
        Symbol((25.0 + 50 * c, 170.0 - 10 * c), Extent(21.0 + 50 * c, 166.0 - 10 * c, 29.0 + 50 * c, 174.0 - 10 * c), "disc", RED)
        for c in range(3)
    )
    part = read(strokes=stems, symbols=heads)
    assert points(part) == [[("A", 3.0), ("B", 4.0), ("C", 5.0)]]
    assert part.strands[0].colour == RED


def test_bars_with_round_corners_are_bars():
    def rounded(extent):
        left, top, right, bottom = extent
        return ((left, bottom), (left, top + 5), (left + 5, top), (right - 5, top), (right, top + 5), (right, bottom))

    part = read(polygons=tuple(Polygon(rounded(bar(c, 3 + c).extent), BLUE) for c in range(3)))
    assert points(part) == [[("A", 3.0), ("B", 4.0), ("C", 5.0)]]


def test_bars_whose_labels_are_left_out_have_no_name_and_are_unsure():
    plot = upright("ABC")
    bars = [Rectangle(Extent(25.0 * n + 20, 150.0 - n, 25.0 * n + 30, 200.0), BLUE) for n in range(5)]
    found = read(*bars, plot=plot).strands[0].values
    assert [value.x for value in found] == ["A", "", "B", "", "C"]
    assert [value.sure >= 0.9 for value in found] == [True, False, True, False, True]


def test_bars_from_tick_to_tick_are_named_by_both():
    ticks = tuple(Tick(50.0 * n, label(text), None) for n, text in enumerate(("0", "10", "20", "50")))
    plot = Plot(Extent(0.0, 0.0, 150.0, 250.0), Scale("category", True, 0.0, 150.0, ticks), values())
    part = read(*(bar(c, 3 + c, thickness=50.0) for c in range(3)), plot=plot)
    assert [value.x for value in part.strands[0].values] == ["0 – 10", "10 – 20", "20 – 50"]


def test_the_x_of_a_histogram_is_the_middle_of_the_bin():
    across = Scale("linear", True, 0.0, 200.0, (), 0.01, 0.0)  # 50 points are half a unit
    plot = Plot(Extent(0.0, 0.0, 200.0, 250.0), across, values())
    touching = read(*(bar(c, 3 + c, thickness=50.0) for c in range(4)), plot=plot)
    apart = read(*(bar(c, 3 + c, thickness=49.0, shift=0.5) for c in range(4)), plot=plot)
    assert [value.x for value in touching.strands[0].values] == pytest.approx([0.25, 0.75, 1.25, 1.75])
    assert [value.x for value in apart.strands[0].values] == [0.25, 0.75, 1.25, 1.75]


def seconds(year, month, day=1):
    return datetime(year, month, day, tzinfo=timezone.utc).timestamp()


@pytest.mark.parametrize("centred", [True, False])
def test_bars_on_an_axis_of_dates_tell_the_first_day_of_their_month(centred):
    months = [seconds(2020, m) for m in range(1, 8)]
    slope = (months[-1] - months[0]) / 180.0
    across = Scale("date", True, 0.0, 210.0, (), slope, months[0] - 10 * slope)
    places = [across.place(month) for month in months]
    ends = [place + 24.0 for place in places]
    bars = [Rectangle(Extent(a, 180.0 - n, b, 200.0), BLUE) for n, (a, b) in enumerate(zip(places, ends, strict=True))]
    if centred:
        bars = [Rectangle(Extent(a - 8, 180.0 - n, a + 8, 200.0), BLUE) for n, a in enumerate(places)]
    part = read(*bars, plot=Plot(Extent(0.0, 0.0, 210.0, 250.0), across, values()))
    assert [value.x for value in part.strands[0].values] == months


def test_a_moment_is_rounded_to_the_units_of_the_calendar():
    assert round_to_unit(seconds(2021, 2, 26), "month") == seconds(2021, 3)
    assert round_to_unit(seconds(2021, 11, 20), "year") == seconds(2022, 1)
    assert round_to_unit(seconds(2021, 5, 4) + 3 * 3600, "week") == seconds(2021, 5, 3)  # a Monday


def test_bars_without_an_axis_of_values_tell_their_ends_only():
    plot = Plot(Extent(0.0, 0.0, 150.0, 250.0), categories("ABC"), None)
    part = read(*(bar(c, 3 + c) for c in range(3)), plot=plot)
    assert [(value.x, value.y, value.end) for value in part.strands[0].values] == [
        ("A", None, 170),
        ("B", None, 160),
        ("C", None, 150),
    ]


def test_the_colour_of_its_name_on_the_axis_tells_that_a_series_belongs_to_the_second():
    second = Scale("linear", False, 0.0, 250.0, (), -1.0, 200.0, title="Rate")
    bars = [bar(c, h, fill=f, thickness=15, shift=s) for c in range(3) for h, f, s in ((3 + c, RED, -7.5), (6 + c, BLUE, 7.5))]
    part = read(*bars, plot=upright(second=second), names=legend(Sales=RED, Rate=BLUE))
    assert [(strand.name, strand.axis, strand.values[0].y) for strand in part.strands] == [
        ("Sales", "first", pytest.approx(3)),
        ("Rate", "second", pytest.approx(60)),
    ]


def test_what_is_measured_from_a_picture_has_an_error():
    part = read(*(bar(c, 3 + c) for c in range(3)), blur=0.5)
    assert part.strands[0].values[0].error == pytest.approx(0.05)


def test_equal_squares_at_different_heights_are_no_bars():
    squares = [Rectangle(Extent(20.0 + 50 * c, y, 30.0 + 50 * c, y + 10), BLUE) for c, y in enumerate((40.0, 90.0, 120.0))]
    assert read(*squares) is None


def test_a_band_behind_a_line_is_no_bar():
    assert read(Rectangle(Extent(50.0, 0.0, 100.0, 250.0), "#dddddd")) is None


def dated(*texts, confidence=1.0):
    slope = 90 * 86_400.0 / 50.0
    ticks = tuple(Tick(25.0 + 50.0 * n, label(text), slope * (25.0 + 50.0 * n)) for n, text in enumerate(texts))
    return Scale("date", True, 25.0, 50.0 * len(texts) - 25.0, ticks, slope, 0.0, confidence=confidence)


def test_bars_that_stand_each_at_a_date_are_named_as_it_is_printed():
    across = dated("Q1 2020", "Q2 2020", "Q3 2020")
    part = read(*(bar(c, 3 + c) for c in range(3)), plot=Plot(Extent(25.0, 0.0, 125.0, 250.0), across, values()))
    assert [value.x for value in part.strands[0].values] == ["Q1 2020", "Q2 2020", "Q3 2020"]


def test_bars_at_the_outermost_ticks_are_read_where_the_plot_ends_with_them():
    across = dated("Jan", "Feb", "Mar")
    bars = [bar(c, 3 + c, shift=1.0 if c == 2 else 0.0) for c in range(3)]
    assert len(read(*bars, plot=Plot(Extent(25.0, 0.0, 125.0, 250.0), across, values())).strands[0].values) == 3


def test_numbers_that_name_bars_stay_numbers_and_those_with_a_unit_are_names():
    places = [25.0, 75.0, 125.0]
    for texts, expected in ((("1", "2", "3"), [1.0, 2.0, 3.0]), (("1월", "2월", "3월"), ["1월", "2월", "3월"])):
        ticks = tuple(Tick(place, label(text), n + 1.0) for n, (place, text) in enumerate(zip(places, texts, strict=True)))
        across = Scale("linear", True, 0.0, 150.0, ticks, 0.02, 0.5)
        part = read(*(bar(c, 3 + c) for c in range(3)), plot=Plot(Extent(0.0, 0.0, 150.0, 250.0), across, values()))
        assert [value.x for value in part.strands[0].values] == expected


def test_bars_beside_their_ticks_by_one_and_the_same_bit_are_all_named_without_it():
    ticks = tuple(Tick(25.5 + 100 * n, label(str(3000 + 1000 * n)), 3000.0 + 1000 * n) for n in range(2))
    across = Scale("linear", True, 0.0, 150.0, ticks, 10.0, 2745.0)
    part = read(*(bar(c, 3 + c) for c in range(3)), plot=Plot(Extent(0.0, 0.0, 150.0, 250.0), across, values()))
    assert [value.x for value in part.strands[0].values] == [3000.0, 3500.0, 4000.0]


def test_floating_bars_are_sure_where_each_stands_at_its_own_label():
    floats = [bar(c, 9.0 + c, 2.0 + 1.5 * c) for c in range(3)]
    years = Scale(
        "linear", True, 0.0, 150.0, tuple(Tick(25.0 + 50 * n, label(f"{2001 + n}"), 2001.0 + n) for n in range(3)), 0.02, 2000.5
    )
    for plot in (upright(), Plot(Extent(0.0, 0.0, 150.0, 250.0), years, values())):
        part = read(*floats, plot=plot)
        assert [(v.low, v.high) for v in part.strands[0].values] == [pytest.approx((2.0 + 1.5 * c, 9.0 + c)) for c in range(3)]
        assert part.sure * part.strands[0].values[0].sure > 0.9


def test_names_on_a_doubtful_axis_are_sure_only_where_they_stand_in_the_middle_of_their_bars():
    across = replace(categories("ABC"), confidence=0.7)
    plot = Plot(Extent(0.0, 0.0, 150.0, 250.0), across, values())
    centred, beside = (read(*(bar(c, 3 + c, shift=by) for c in range(3)), plot=plot) for by in (0.0, 9.0))
    assert centred.strands[0].values[0].sure > 0.9
    assert beside.strands[0].values[0].sure < 0.75


def stepped(heights, *, fill=BLUE, kept=()):
    """An outline of steps 20 wide; vertices between equal ones are left out but for those `kept`."""
    places = [(0.0, ZERO)]
    for n, height in enumerate(heights):
        places += [(20.0 * n, ZERO - 10 * height), (20.0 * (n + 1), ZERO - 10 * height)]
    places.append((20.0 * len(heights), ZERO))
    within = [p for p, before, after in zip(places[1:-1], places, places[2:], strict=False) if not before[1] == p[1] == after[1]]
    return Polygon((places[0], *dict.fromkeys(within), places[-1]), fill)


def test_a_histogram_drawn_as_one_outline_is_bars():
    across = Scale("linear", True, 0.0, 200.0, (), 0.05, 0.0)
    plot = Plot(Extent(0.0, 0.0, 200.0, 250.0), across, values())
    part = read(polygons=(stepped([2, 5, 9, 9, 4, 1]),), plot=plot)
    assert points(part) == [[(0.5, 2.0), (1.5, 5.0), (2.5, 9.0), (3.5, 9.0), (4.5, 4.0), (5.5, 1.0)]]


def test_an_area_with_uneven_steps_is_no_histogram():
    across = Scale("linear", True, 0.0, 200.0, (), 0.05, 0.0)
    outline = ((0.0, 200.0), (0.0, 150.0), (13.0, 150.0), (13.0, 120.0), (60.0, 120.0), (60.0, 90.0), (85.0, 90.0), (85.0, 200.0))
    assert read(polygons=(Polygon(outline, BLUE),), plot=Plot(Extent(0.0, 0.0, 200.0, 250.0), across, values())) is None


def test_ticks_inside_of_the_plot_are_no_error_bars():
    ticks = tuple(Stroke(((25.0 + 50 * c, 250.0), (25.0 + 50 * c, 240.0)), "#000000") for c in range(3))
    bars = [Rectangle(Extent(10.0 + 50 * c, 243.0 - 40 * c, 40.0 + 50 * c, 250.0), BLUE) for c in range(3)]
    part = read(*bars, strokes=ticks, plot=Plot(Extent(0.0, 0.0, 150.0, 250.0), categories("ABC"), values()))
    assert all(value.low is None for value in part.strands[0].values)


def test_caps_of_error_bars_in_their_own_rectangles_are_no_bars():
    caps = [bar(column, high + 0.075 + by, high - 0.075 + by) for column, high in enumerate((5.0, 9.0, 7.0)) for by in (-1.0, 1.0)]
    part = read(bar(0, 5.0), bar(1, 9.0), bar(2, 7.0), *caps)
    assert points(part) == [[("A", 5.0), ("B", 9.0), ("C", 7.0)]]


def test_the_longest_of_bars_with_others_in_front_is_no_band_of_the_background():
    high = [12.0, 19.9, 15.0]
    plot = Plot(Extent(0.0, 0.0, 150.0, ZERO), categories("ABC"), values(end=ZERO))
    behind = [bar(n, top, fill=GREY, order=n) for n, top in enumerate(high)]
    front = [bar(n, 4.0 + n, thickness=12.0, order=10 + n) for n in range(3)]
    part = read(*behind, *front, plot=plot)
    assert sorted(len(strand.values) for strand in part.strands) == [3, 3]


def test_outlines_of_pieces_in_a_picture_belong_half_to_each_of_them():
    pieces = [part for column in range(3) for part in (bar(column, 4.0), bar(column, 7.0, 4.1, fill=RED))]
    scene = Scene(200.0, 260.0, rectangles=tuple(pieces))
    drawn, pictured = (read_bars(replace(scene, blur=blur), upright(), Legend()) for blur in (0.0, 0.5))
    assert [[value.y for value in strand.values] for strand in drawn.strands] == [
        pytest.approx([4.0] * 3),
        pytest.approx([2.9] * 3),
    ]
    assert [value.y for strand in pictured.strands for value in strand.values] == pytest.approx([4.05] * 3 + [3.0] * 3)
