"""Charts are told by marks that differ as numbers do beside scales; tables, forms and diagrams are none."""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi, sin

import pytest

from docai.box import Box
from docai.chart_regions import _joined, _without_legends, _without_print, _without_tick, find_charts, has_axis
from docai.chart_regions.labels import _is_title_of_another, fill_picture, label_charts, leave_room
from docai.chart_regions.legends import _names
from docai.chart_regions.numbers import are_tabled
from docai.chart_regions.panels import _stand_between, panels_of
from docai.chart_regions.scales import Scale, Token, find_scales, value_of
from docai.chart_regions.shapes import Place, Shape, around, shapes_of
from docai.chart_regions.signs import _are_many, _is_plausible
from docai.chart_regions.texts import Labelled, Text
from docai.lines import find_lines
from docai.sources import Font, SourceWord, VectorPath
from tests.drawn_pages import Sheet, filled, page_of, regions_of

PAGE = Place(0, 0, 400, 400)


def charts(sheet):
    page = page_of(sheet.data())
    return find_charts(page, find_lines(page.words, page.width_points, page.height_points))


def test_two_charts_apart_are_two():
    sheet = Sheet().bars(60, 250, [30, 60, 90]).bars(60, 600, [80, 20, 50])
    assert len(charts(sheet)) == 2


def test_a_caption_and_a_source_are_no_part_of_a_chart():
    sheet = Sheet().bars(150, 400, [30, 60, 90, 110]).text(150, 436, "Figure 1: Parcels").text(150, 450, "Source: own counts")
    (chart,) = charts(sheet)
    assert not any(line.text.startswith(("Figure", "Source")) for line in chart.lines)


def test_shaded_rows_with_numbers_are_no_chart():
    sheet = Sheet()
    for n in range(6):
        sheet.page.draw_rect((100, 100 + 40 * n, 400, 120 + 40 * n), color=None, fill=(0.8, 0.9, 1))
        sheet.text(110, 114 + 20 * n, f"Row {n}").text(300, 114 + 20 * n, str(137 * n + 11))
    assert charts(sheet) == []


def test_text_and_a_page_without_drawings_are_no_charts():
    sheet = Sheet()
    sheet.column(60, 100, 470, filled(80))
    assert charts(sheet) == []


def test_a_chart_has_the_paths_that_are_drawn_of_it():
    (chart,) = charts(Sheet().bars(150, 400, [30, 60, 90, 110]).rule(60, 700, 500, 700))
    assert len(chart.paths) >= 4
    assert all(chart.box.contains(path.box, 0.003) for path in chart.paths)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,000", 1000.0),
        ("\u22122.5", -2.5),
        ("50%", 50.0),
        ("$3", 3.0),
        ("1e6", 1e6),
        ("2.5K", 2500.0),
        ("(5)", -5.0),
        ("1.234.567", 1234567.0),
    ],
)
def test_a_label_says_its_number(text, value):
    assert value_of(text) == value


@pytest.mark.parametrize("text", ["2021)", "1.", "Row", "3rd", ""])
def test_other_text_says_none(text):
    assert value_of(text) is None


def disc(sheet, x, y, radius, colours):
    """Draw sectors of equal size."""
    for n, colour in enumerate(colours):
        shape = sheet.page.new_shape()
        shape.draw_sector(
            (x, y), (x + radius * cos(2 * pi * n / len(colours)), y + radius * sin(2 * pi * n / len(colours))), 360 / len(colours)
        )
        shape.finish(color=None, fill=colour)
        shape.commit()


COLOURS = [(0.1, 0.4, 0.7), (0.9, 0.5, 0.1), (0.2, 0.6, 0.2)]


def legend(sheet, x, y):
    for n, (name, colour) in enumerate(zip(("Wheat", "Barley", "Oats"), COLOURS, strict=True)):
        sheet.page.draw_rect((x, y + 16 * n, x + 8, y + 16 * n + 8), color=None, fill=colour)
        sheet.text(x + 12, y + 16 * n + 8, name)


def test_discs_beside_each_other_share_the_one_legend():
    sheet = Sheet()
    disc(sheet, 150, 300, 60, COLOURS)
    disc(sheet, 320, 300, 60, COLOURS)
    sheet.text(140, 230, "1931").text(310, 230, "1932")
    legend(sheet, 420, 260)
    first, second = sorted(charts(sheet), key=lambda chart: chart.box.left)
    names = {"Wheat", "Barley", "Oats"}
    assert names <= {line.text for line in second.lines}
    assert names == {line.text for line in first.borrowed}


def floating(sheet, ends):
    """Draw bars that begin at different heights, with an axis of numbers and ticks at the left."""
    for n in range(5):
        sheet.text(100, 403 - 50 * n, f"{10 * n}").rule(118, 400 - 50 * n, 123, 400 - 50 * n)
    sheet.rule(123, 200, 123, 400)
    for n, (low, high) in enumerate(ends):
        sheet.page.draw_rect((140 + 50 * n, 400 - 5 * high, 165 + 50 * n, 400 - 5 * low), color=None, fill=(0.2, 0.4, 0.7))
    return sheet


def test_bars_that_float_beside_an_axis_are_a_chart():
    assert len(charts(floating(Sheet(), [(5, 20), (12, 31), (8, 15)]))) == 1


def test_a_title_may_have_two_lines_and_prose_above_a_chart_is_none():
    sheet = floating(Sheet(), [(5, 20), (12, 31), (8, 15)])
    sheet.text(130, 170, "Hours of work by trade and").text(130, 183, "season of the year")
    (chart,) = charts(sheet)
    assert {"Hours of work by trade and", "season of the year"} <= {line.text for line in chart.lines}
    other = floating(Sheet(), [(5, 20), (12, 31), (8, 15)])
    other.column(60, 100, 470, filled(60))
    (chart,) = charts(other)
    assert not any(len(line.words) > 6 for line in chart.lines)


def test_long_names_that_run_upwards_do_not_turn_a_page_with_an_upright_chart():
    sheet = floating(Sheet(), [(5, 20), (12, 31), (8, 15)])
    for n, name in enumerate(("Maintenance of roads", "Upkeep of buildings", "Transport of goods")):
        sheet.text(155 + 50 * n, 510, name, rotate=90)
    (region,) = [region for region in regions_of(page_of(sheet.data())) if region.kind == "chart"]
    assert region.quarter == 0
    assert "Transport of goods" in {line.text for line in region.lines}


def test_thousands_parted_by_spaces_are_numbers_of_an_axis():
    sheet = Sheet()
    for n in range(4):
        sheet.text(90 + 100 * n - (18 if n else 3), 430, f"{2 * n}00 000" if n else "0").rule(90 + 100 * n, 410, 90 + 100 * n, 416)
    for n, wide in enumerate((100, 180, 260)):
        sheet.page.draw_rect((90, 300 + 35 * n, 90 + wide, 322 + 35 * n), color=None, fill=(0.2, 0.4, 0.7))
    assert len(charts(sheet)) == 1


def test_panels_of_a_picture_that_lie_over_each_other_are_one_and_those_apart_are_not():
    large, inner, apart = (Shape(Place(*sides), "other", "", 0) for sides in ((0, 0, 90, 50), (60, 1, 92, 50), (120, 0, 200, 50)))
    assert _joined([[inner], [large], [apart]]) == [[large, inner], [apart]]


def test_a_small_picture_of_a_few_narrow_bars_is_a_chart():
    sheet = Sheet().bars(60, 250, [30, 60, 90])
    page = page_of(sheet.data())
    small = replace(page, width_points=page.width_points / 8, height_points=page.height_points / 8)
    lines = find_lines(small.words, small.width_points, small.height_points)
    assert len(find_charts(small, lines, pictured=True)) == 1
    assert find_charts(small, lines) == []


def test_thin_rectangles_are_rules_unless_it_is_told_otherwise():
    path = VectorPath(Box(0.1, 0.1, 0.11, 0.5), "#4c78a8", "", 1.0, (("rectangle", 0.1, 0.1, 0.11, 0.5),))
    assert [shape.kind for shape in shapes_of([path], 100, 100)] == ["rule"]
    assert [shape.kind for shape in shapes_of([path], 100, 100, thin=0.0)] == ["rectangle"]


def test_bars_of_one_length_and_a_single_bar_beside_an_axis_with_ticks_are_charts():
    assert len(charts(floating(Sheet(), [(0, 20), (0, 20), (0, 20)]))) == 1
    assert len(charts(floating(Sheet(), [(0, 20)]))) == 1


def test_a_calendar_has_two_rows_of_even_numbers_and_is_no_chart():
    sheet = Sheet()
    for day in range(35):
        x, y = 100 + 40 * (day % 7), 200 + 30 * (day // 7)
        sheet.text(x, y, f"{day + 1}").text(x + 14, y, "ab cd").rule(x - 4, 182, x - 4, 342)
    sheet.page.draw_rect((100, 190, 120, 205), color=None, fill=(0.8, 0.9, 1))
    assert charts(sheet) == []


@pytest.mark.parametrize(("numbers", "found"), [(("63%", "37%"), 1), (("37%", "63%"), 0)])
def test_two_bars_are_a_chart_where_they_are_as_long_as_their_numbers_say(numbers, found):
    sheet = Sheet()
    for n, (high, number) in enumerate(zip((126, 74), numbers, strict=True)):
        sheet.page.draw_rect((100 + 60 * n, 400 - high, 140 + 60 * n, 400), color=None, fill=(0.2, 0.4, 0.7))
        sheet.text(112 + 60 * n, 396 - high, number).text(110 + 60 * n, 412, ("Yes", "No")[n])
    assert len(charts(sheet)) == found


def number(text, place):
    return Token(Place(20, place - 4, 40, place + 4), text, value_of(text), 0)


def test_an_axis_in_a_picture_may_have_a_number_that_was_read_wrongly():
    labels = [number(text, 40 * (n + 1)) for n, text in enumerate(("50", "40", "80", "20", "10", "0"))]
    assert [[token.text for token in scale.tokens] for scale in find_scales(labels, read=True)] == [["50", "40", "20", "10", "0"]]
    others = [number(text, 40 * (n + 1)) for n, text in enumerate(("51", "17", "80", "22", "93", "8"))]
    assert find_scales(others, read=True) == []


def test_a_tick_that_was_read_with_its_number_is_no_part_of_it():
    token = _without_tick(Token(Place(10, 0, 50, 8), "200-", None, 0))
    assert (token.value, token.place) == (200, Place(10, 0, 40, 8))


def test_letters_of_a_word_in_a_picture_are_not_drawn_and_a_bar_behind_it_is():
    letter, bar = (Shape(Place(*sides), "area", "#336699", 0) for sides in ((12, 2, 18, 9), (0, 0, 80, 20)))
    assert _without_print([letter, bar], [Token(Place(10, 1, 50, 10), "Lima", None, 0)]) == [bar]


def test_on_a_dark_page_what_is_white_can_be_seen():
    box, axis = Box(0, 0, 1, 1), Box(0.1, 0.1, 0.1, 0.9)
    paths = [
        VectorPath(box, "#000000", "", 1.0, (("rectangle", *box),)),
        VectorPath(axis, "", "#ffffff", 1.0, (("line", *axis),)),
    ]
    assert [shape.kind for shape in shapes_of(paths, 100, 100)] == ["rule"]
    assert shapes_of(paths[1:], 100, 100) == []


def test_small_multiples_in_a_column_share_the_names_below_the_last():
    sheet = Sheet()
    for top in (100, 180, 260):
        sheet.page.draw_rect((100, top, 340, top + 50), color=(0.8, 0.8, 0.8))
        sheet.page.draw_polyline([(100 + 40 * n, top + 10 + 7 * (n * n % 5)) for n in range(7)], color=(0, 0, 1))
        sheet.text(80, top + 53, "0").text(70, top + 20, "100").rule(95, top + 50, 100, top + 50).rule(95, top + 16, 100, top + 16)
    for n, name in enumerate(["Jan", "Feb", "Mar", "Apr", "May"]):
        sheet.rule(110 + 50 * n, 310, 110 + 50 * n, 314).text(101 + 50 * n, 326, name)
    found = charts(sheet)
    assert len(found) == 3
    assert ["Jan" in " ".join(line.text for line in chart.borrowed) for chart in found].count(True) == 2


def ring_piece(start, sweep, inner):
    """Return the segments of a piece of a ring around (300, 400) on a page of 600 x 800 points, drawn by short lines."""
    angles = [start + sweep * n / 30 for n in range(31)]
    places = [(300 + 80 * cos(a), 400 + 80 * sin(a)) for a in angles]
    places += [(300 + inner * cos(a), 400 + inner * sin(a)) for a in reversed(angles)]
    return tuple(
        ("line", a / 600, b / 800, c / 600, d / 800) for (a, b), (c, d) in zip(places, [*places[1:], places[0]], strict=True)
    )


@pytest.mark.parametrize("inner", [0.0, 45.0])
def test_pieces_of_rings_drawn_by_short_lines_are_sectors(inner):
    paths = [VectorPath(Box(0.3, 0.3, 0.7, 0.7), "#336699", "", 0.0, ring_piece(1.0 * n, 1.0, inner)) for n in range(3)]
    found = shapes_of(paths, 600, 800)
    assert [shape.kind for shape in found] == ["sector"] * 3
    assert all(abs(shape.centre[0] - 300) < 1 and abs(shape.radius - 80) < 1 for shape in found)


def test_grid_lines_far_apart_and_a_line_between_them_are_one_chart():
    sheet = Sheet()
    for n in range(5):
        sheet.text(100, 403 - 80 * n, f"{10 * n}").rule(120, 400 - 80 * n, 420, 400 - 80 * n)
    for low in (30, 280):
        sheet.page.draw_polyline([(130 + 40 * n, 90 + low + 8 * (n % 3)) for n in range(8)], color=(0.8, 0.2, 0.2))
    assert len(charts(sheet)) == 1


def test_numbers_that_run_up_along_an_axis_do_not_turn_a_page_with_names_below():
    sheet = Sheet()
    for n in range(5):
        sheet.text(112, 408 - 50 * n, f"{10 * n + 10}", rotate=90).rule(118, 400 - 50 * n, 123, 400 - 50 * n)
    sheet.rule(123, 200, 123, 400)
    for n, high in enumerate((20, 31, 15)):
        sheet.page.draw_rect((140 + 50 * n, 400 - 5 * high, 165 + 50 * n, 400), color=None, fill=(0.2, 0.4, 0.7))
        sheet.text(142 + 50 * n, 415, "abc"[n] * 3)
    (region,) = [region for region in regions_of(page_of(sheet.data())) if region.kind == "chart"]
    assert region.quarter == 0


def test_numbers_in_line_at_even_steps_are_an_axis_and_others_are_not():
    def words(*texts):
        places = [Box(0.1, 0.1 + 0.2 * n, 0.2, 0.14 + 0.2 * n) for n in range(len(texts))]
        return [
            SourceWord(text, box, 10, Font("print"), box.bottom, n) for n, (text, box) in enumerate(zip(texts, places, strict=True))
        ]

    assert has_axis(words("60 -", "40-", "20", "0"), 200, 200)
    assert not has_axis(words("60", "sum", "81", "7"), 200, 200)


def test_the_one_chart_of_a_picture_takes_in_long_names_below_it_that_are_not_read_and_the_title_behind_them():
    core = Place(20, 10, 180, 80)
    title = Text(Place(85, 150, 115, 158), "Genre", 1, 8, turned=False)
    label = Text(Place(4, 76, 18, 84), "0", 1, 8, turned=False)
    chart = Labelled(core, around((core, label.place)), [], [0])
    fill_picture(chart, [label, title], Place(0, 0, 200, 170))
    assert chart.lines == [0, 1]
    alone = Labelled(core, around((core, label.place)), [], [0])
    fill_picture(alone, [label], Place(0, 0, 200, 170))
    assert alone.place.bottom >= 160


def test_numbers_in_rows_and_columns_are_a_table_and_those_that_go_up_and_down_with_marks_are_not():
    def cell(column, row, off=0.0):
        return Place(60.0 * column, 30.0 * row + off, 60.0 * column + 20, 30.0 * row + off + 8)

    assert are_tabled([cell(column, row) for column in range(5) for row in range(4)])
    assert not are_tabled([cell(column, row, 1.5 * column) for column in range(5) for row in range(4)])
    assert not are_tabled([*(cell(0, row) for row in range(8)), *(cell(column, 8) for column in range(8))])


def test_two_plots_of_a_picture_side_by_side_are_two_though_a_bottom_line_is_broken_and_one_has_a_framed_legend():
    def rules(*places):
        return [Shape(Place(*place), "rule", "#222222", 0) for place in places]

    left = rules((45, 26, 287, 26), (46, 186, 79, 186), (138, 186, 194, 186), (45, 27, 45, 186), (287, 26, 287, 187))
    right = rules((320, 26, 563, 26), (321, 186, 562, 186), (320, 26, 320, 186), (562, 26, 562, 187))
    legend = rules((325, 31, 384, 31), (325, 64, 384, 64), (325, 32, 325, 65), (384, 32, 384, 65))
    bars = [Shape(Place(60 + 60 * n, 60 + 20 * n, 100 + 60 * n, 186), "rectangle", "#1f77b4", 0) for n in range(3)]
    line = Shape(Place(330, 91, 551, 178), "line", "#ff7f0e", 0)
    panels = panels_of([*left, *right, *legend, *bars, line])
    assert [sum(shape in panel for shape in bars) for panel in panels] in ([3, 0], [0, 3])
    assert [line in panel for panel in panels].count(True) == 1
    assert not any(line in panel and bars[0] in panel for panel in panels)


def test_a_line_in_larger_print_right_below_a_chart_and_centred_over_a_disc_is_the_discs_title():
    plot = Labelled(Place(20, 10, 180, 80), Place(20, 10, 180, 92), [], [0])
    discs = [Shape(Place(75, 130, 125, 180), "sector", colour, 0, (100.0, 155.0), 25.0) for colour in ("#1f77b4", "#ff7f0e")]
    disc = Labelled(Place(75, 130, 125, 180), Place(70, 125, 130, 185), discs, [])
    tick = Text(Place(20, 84, 28, 92), "0", 1, 8, turned=False)
    title, axis = (Text(Place(80, 95, 120, 95 + size), "Spending", 1, size, turned=False) for size in (11, 8))
    assert _is_title_of_another(plot, [plot, disc], title, [tick, title])
    assert not _is_title_of_another(plot, [plot, disc], axis, [tick, axis])


def test_a_long_title_of_its_own_does_not_make_a_picture_more_than_a_chart():
    core = Place(20, 30, 180, 80)
    title = Text(Place(20, 15, 180, 23), "a title of twelve short words and one more than that is long", 13, 8, turned=False)
    name = Text(Place(195, 40, 215, 48), "Rye", 1, 8, turned=False)
    chart = Labelled(core, around((core, title.place)), [], [0])
    fill_picture(chart, [title, name], Place(0, 0, 230, 100))
    assert chart.lines == [0, 1]


def test_a_name_of_a_legend_stands_farther_beside_a_plot_than_text_below_it():
    core = Place(20, 10, 180, 80)
    for place, taken in ((Place(210, 40, 240, 48), True), (Place(80, 105, 110, 113), False)):
        chart = Labelled(core, core, [], [])
        note = Text(place, "two words of some more than five", 7, 8, turned=False)
        fill_picture(chart, [note], Place(0, 0, 260, 140))
        assert (chart.lines == [0]) == taken


def test_a_chart_of_a_picture_has_room_for_labels_that_were_not_read_up_to_the_next_text():
    core = Place(60, 10, 180, 80)
    number = Text(Place(40, 40, 55, 48), "10", 1, 8, turned=False)
    prose = Text(Place(10, 140, 190, 148), "Prose that goes on below the chart.", 7, 8, turned=False)
    chart = Labelled(core, around((core, number.place)), [], [0])
    leave_room(chart, [chart], [number, prose], Place(0, 0, 200, 200))
    assert (chart.place.left, chart.place.bottom) == (40, 140)
    name = Text(Place(80, 84, 100, 92), "Rye", 1, 8, turned=False)
    named = Labelled(core, around((core, name.place)), [], [0])
    leave_room(named, [named], [name, prose], Place(0, 0, 200, 200))
    assert named.place.bottom == 92
    assert named.place.left < 5
    beside = Labelled(Place(0, 10, 30, 80), Place(0, 10, 30, 80), [], [])
    leave_room(named, [named, beside], [name, prose], Place(0, 0, 200, 200))
    assert named.place.left <= 30


def test_a_key_that_is_read_as_letters_may_reach_out_of_its_line():
    name = Text(Place(20, 0, 96, 9), "Abroad m===", 2, 9, turned=False)
    assert _names(name, Place(72, 2, 97, 7))
    assert not _names(name, Place(140, 2, 165, 7))


def test_keys_low_below_a_plot_are_its_legend_and_a_plot_as_large_is_none():
    plot, keys, other = (
        [Shape(Place(*sides), "rectangle", "#336699", 0)]
        for sides in ((20, 10, 300, 150), (40, 185, 280, 200), (20, 180, 300, 320))
    )
    assert _without_legends([plot, keys]) == [plot]
    assert _without_legends([plot, other]) == [plot, other]


def test_pieces_of_one_grid_between_which_bars_stand_are_no_plots():
    plots = [Place(40, 0, 100, 100), Place(140, 0, 200, 100)]
    bar, key = (Shape(Place(*sides), "rectangle", "#336699", 0) for sides in ((102, 20, 138, 100), (110, 40, 120, 48)))
    assert _stand_between([bar], plots)
    assert not _stand_between([key], plots)


def test_many_bars_or_symbols_are_a_chart_where_no_number_is_read():
    bars = [Shape(Place(20 * n, 100 - 17 * n, 20 * n + 10, 100), "rectangle", "#336699", 0) for n in range(1, 6)]
    dots = [Shape(Place(9 * n, 7 * n, 9 * n + 4, 7 * n + 4), "symbol", "#336699", 0) for n in range(9)]
    assert _are_many(bars, bars)
    assert _are_many([], dots)
    assert not _are_many(bars[:3], bars[:3])
    assert not _are_many([], [replace(dot, place=Place(dot.place.left, 0, dot.place.right, 4)) for dot in dots])


def ruled(*places):
    return [Shape(Place(*place), "rule", "#222222", 0) for place in places]


def marks_in(*places):
    return [Shape(Place(*place), "rectangle", "#1f77b4", 0) for place in places]


def test_plots_of_a_picture_whose_frames_are_in_pieces_are_told_apart_and_so_is_one_that_has_none():
    lying = ruled((40, 26, 280, 26), (40, 190, 280, 190), (280, 27, 280, 190))  # bars hide where they begin
    lying += marks_in((40, 40, 200, 80), (40, 100, 260, 140))
    standing = ruled((320, 26, 450, 26), (452, 27, 560, 27), (320, 27, 320, 100), (320.6, 98, 320.6, 185), (560, 27, 560, 190))
    standing += [*ruled((330, 190, 400, 190), (410, 190, 520, 190)), *marks_in((340, 60, 400, 190), (420, 90, 480, 190))]
    bare = marks_in((640, 100, 660, 190), (670, 60, 690, 190), (700, 120, 720, 190))
    panels = panels_of([*lying, *standing, *bare])
    assert sorted(len([shape for shape in panel if shape.kind == "rectangle"]) for panel in panels) == [2, 2, 3]
    assert all(len({shape in plot for shape in panel}) == 1 for panel in panels for plot in (lying, standing, bare))


def test_the_number_of_a_title_is_no_value_of_an_axis():
    token = Token(Place(0, 0, 10, 8), "2", None, 0)  # it stands in "Panel 2"
    assert _without_tick(token).value is None
    assert _without_tick(Token(Place(0, 0, 10, 8), "2-", None, 0)).value == 2


def test_a_plot_with_names_borrows_no_numbers_from_its_neighbour():
    plots = [[Shape(Place(30, top, 130, top + 80), "rectangle", "#1f77b4", 0)] for top in (20, 220)]

    def print_of(top, *words):
        return [Text(Place(40 + 30 * n, top, 48 + 30 * n, top + 8), word, 1, 8, turned=False) for n, word in enumerate(words)]

    numbers, names = print_of(102, "10", "20", "30"), print_of(302, "A", "B", "C")
    tokens = [Token(text.place, text.text, float(text.text), n) for n, text in enumerate(numbers)]
    found = label_charts(plots, [], [Scale(True, tuple(tokens), around(t.place for t in tokens))], [*numbers, *names], PAGE)
    assert [len(chart.borrowed) for chart in found] == [0, 0]
    alone = label_charts(plots, [], [Scale(True, tuple(tokens), around(t.place for t in tokens))], numbers, PAGE)
    assert [len(chart.borrowed) for chart in alone] == [0, 3]


def test_plates_of_small_multiples_are_plots_whatever_their_grid_lines_span_together():
    plates = [Shape(Place(left, top, left + 100, top + 80), "frame", "#e5e5e5", 0) for left in (20, 150) for top in (10, 110)]
    grid = ruled(*((left, y, left + 100, y) for left in (20, 150) for y in (30, 60, 130, 160)))
    grid += ruled(*((x, top, x, top + 80) for x in (50, 90, 180, 220) for top in (10, 110)))
    marks = marks_in(*((left + 20, top + 30, left + 40, top + 80) for left in (20, 150) for top in (10, 110)))
    panels = panels_of([*plates, *grid, *marks])
    assert sorted(sum(shape in panel for shape in marks) for panel in panels) == [1, 1, 1, 1]


def test_outlined_bars_full_of_the_strokes_of_a_hatch_are_one_plot():
    shapes = []
    for n, top in enumerate((60.0, 120.0, 90.0, 150.0)):
        left = 50.0 + 70 * n
        shapes.append(Shape(Place(left, top, left + 50, top + 100), "frame", "#336699", 0))
        shapes += [Shape(Place(left, y, left + 50, y + 40), "line", "#336699", 0) for y in range(int(top), int(top) + 60, 6)]
    axes = [Shape(Place(40, 260, 340, 260), "rule", "#000000", 0), Shape(Place(40, 30, 40, 260), "rule", "#000000", 0)]
    assert len(panels_of([*shapes, *axes])) == 1


def test_a_small_pie_full_of_printed_shares_is_a_chart():
    sheet = Sheet()
    disc(sheet, 200, 300, 32, COLOURS)
    for n, share in enumerate(("33.3%", "33.4%", "33.3%")):
        sheet.text(172, 284 + 14 * n, f"{share} {share}")
    assert len(charts(sheet)) == 1


def test_marks_without_numbers_are_a_chart_in_a_frame_and_in_few_colours_only():
    dots = [Shape(Place(9 * n, 7 * n, 9 * n + 4, 7 * n + 4), "symbol", "#336699", 0) for n in range(12)]
    plotted = around(dot.place for dot in dots)
    axes = [Shape(Place(0, 90, 110, 90), "rule", "#000000", 0), Shape(Place(0, 0, 0, 90), "rule", "#000000", 0)]
    many = [replace(dot, colour=f"#3366{10 + n}") for n, dot in enumerate(dots)]
    assert _is_plausible([*dots, *axes], dots, plotted, [])
    assert not _is_plausible(dots, dots, plotted, [])
    assert not _is_plausible([*many, *axes], many, plotted, [])
