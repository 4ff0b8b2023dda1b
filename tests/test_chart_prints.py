"""Print in charts' pictures: what it stands on, which marks make a row, and what is no print."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from docai.backends.classical.charts.raster.colours import find_layers
from docai.backends.classical.charts.raster.grounds import ground_of_print
from docai.backends.classical.charts.raster.prints import Row, find_rows
from docai.backends.classical.charts.raster.words import Reading, _with_won, _without_icons
from docai.backends.classical.charts.scene import Extent
from docai.backends.classical.engines import ReadLine, ReadWord
from docai.backends.classical.strips import Strip
from docai.marks import Rectangle
from tests.chart_pictures import BLUE, ORANGE, blank, box, text

WHITE = (255, 255, 255)


def upright(picture):
    return [row for row in find_rows(find_layers(picture), [], []) if row.turn == 0]


def test_the_ground_of_print_goes_on_under_it_where_no_rectangle_was_found():
    picture = blank()
    box(picture, 40, 60, 160, 100, BLUE)
    text(picture, "12.5", 80, 86, WHITE)
    ground = ground_of_print(find_layers(picture), [])
    assert np.abs(ground[62:98, 42:158] - np.array(BLUE)).max() < 2


def test_the_ground_shows_in_narrow_gaps_between_bars_of_one_colour():
    picture = blank()
    box(picture, 40, 40, 80, 180, BLUE)
    box(picture, 84, 40, 124, 180, BLUE)
    ground = ground_of_print(find_layers(picture), [])
    assert ground[60:160, 81:83].min() == 255


def test_light_print_on_bars_side_by_side_is_found_without_their_rectangles():
    picture = blank()
    box(picture, 40, 60, 120, 100, BLUE)
    box(picture, 122, 60, 202, 100, ORANGE)
    text(picture, "12.5", 60, 86, WHITE)
    text(picture, "34.7", 142, 86, WHITE)
    rows = sorted(row.extent.left for row in upright(picture))
    assert rows == [pytest.approx(61, abs=3), pytest.approx(143, abs=3)]


def test_words_behind_a_wide_space_belong_to_one_row():
    picture = blank(300, 120)
    text(picture, "and", 40, 60)
    text(picture, "Anesthesia", 40 + cv2.getTextSize("and", cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)[0][0] + 6, 60)
    assert len(upright(picture)) == 1


def test_labels_that_stand_evenly_and_close_stay_apart():
    picture = blank(300, 120)
    for place, name in enumerate(("May", "Jun", "Jul", "Aug", "Sep")):
        wide = cv2.getTextSize(name, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)[0][0]
        text(picture, name, round(40 + 36 * place - wide / 2), 60)
    assert len(upright(picture)) == 5


def test_single_capitals_along_an_axis_that_are_turned_are_read_upwards():
    picture = blank(300, 120)
    for place, high in enumerate((8, 7, 5, 7, 2)):
        letter = np.full((high, 9, 3), 255, np.uint8)
        cv2.rectangle(letter, (0, 0), (8, high - 1), (0, 0, 0), 1)
        picture[60 : 60 + high, 40 + 30 * place : 49 + 30 * place] = letter
    assert [row.turn for row in find_rows(find_layers(picture), [], [])] == [-90.0] * 5


def reading(said, left, top, unit, wide=None, marks=None):
    wide = wide or 0.7 * unit * len(said)
    line = ReadLine("tesseract:eng", (ReadWord(said, 0.0, wide, 0.97),))
    place = Rectangle(0, 0, round(wide), round(unit))
    strip = Strip(place, np.full((round(unit) + 4, round(wide) + 4), 255, np.uint8), 2, unit)
    return Reading(Row(strip, Extent(left, top, left + wide, top + unit), 0.0, marks or len(said)), line)


WORDS = [reading(word, 10.0, 20.0 * n, 8.0) for n, word in enumerate(("Spain", "Portugal", "France", "120", "140"))]


def test_buttons_beside_a_chart_are_no_labels():
    assert _without_icons([*WORDS, reading("99", 300.0, 50.0, 12.0)]) == WORDS


def test_digits_as_high_as_other_print_are_labels():
    digits = [reading(digit, 5.0, 200.0, 8.0) for digit in "07"]
    assert _without_icons([*WORDS, *digits]) == [*WORDS, *digits]


def test_digits_larger_than_all_words_are_labels_where_most_print_is_as_large():
    digits = [reading(f"{n}0", 40.0 * n, 200.0, 11.0) for n in range(1, 9)]
    assert _without_icons([reading("Variable", 50.0, 230.0, 6.0), *digits])[1:] == digits


def test_a_letter_inside_a_row_of_print_is_a_piece_of_it():
    word = reading("Statista", 10.0, 300.0, 9.0)
    assert _without_icons([*WORDS, word, reading("C", 12.0, 301.0, 7.0)]) == [*WORDS, word]


@pytest.mark.parametrize(
    ("said", "korean", "expected"),
    [("W3,000", True, "₩3,000"), ("\\500", False, "₩500"), ("W3", False, "W3"), ("World", True, "World"), ("W3C", True, "W3C")],
)
def test_the_sign_of_the_won_is_known_by_what_readers_take_it_for(said, korean, expected):
    line = ReadLine("tesseract:eng", (ReadWord(said, 0.0, 20.0, 0.9),))
    assert _with_won(line, korean=korean).text == expected


def test_the_piece_of_line_that_a_legend_shows_is_no_part_of_the_name():
    assert [reading(said, 0.0, 0.0, 8.0).text for said in ("— AAPL", "-- Total", "-4.5", "− 3")] == ["AAPL", "Total", "-4.5", "− 3"]


def test_print_in_the_colour_of_a_mark_has_that_colour():
    picture = blank()
    box(picture, 40, 100, 80, 200, ORANGE)
    text(picture, "Rain", 40, 60, ORANGE)
    text(picture, "Heat", 140, 60)
    assert sorted(row.colour for row in upright(picture)) == ["", "#f58518"]
