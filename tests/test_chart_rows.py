"""Rows of print in charts' pictures: which way they run, and which labels stand close beside each other."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from docai.backends.classical.charts.raster.colours import find_layers
from docai.backends.classical.charts.raster.edges import Line
from docai.backends.classical.charts.raster.prints import find_rows
from tests.chart_pictures import blank

FONT = ImageFont.load_default(size=12)  # which comes inside Pillow: letters as drawing programs set them


def printed(picture, said, middle, top, turned=False):
    """Draw what is said around a column; turned, it reads upwards and ends at `top`, as the labels of an axis do."""
    left, up, right, down = FONT.getbbox(said)
    word = Image.new("RGB", (round(right - left) + 2, round(down - up) + 2), "white")
    ImageDraw.Draw(word).text((1 - left, 1 - up), said, font=FONT, fill="black")
    drawn = np.array(word)
    drawn = np.rot90(drawn) if turned else drawn
    start = round(middle - drawn.shape[1] / 2)
    place = picture[top : top + drawn.shape[0], start : start + drawn.shape[1]]
    np.minimum(place, drawn, out=place)
    return start + 1, start + drawn.shape[1] - 1


def tick(place, top):
    return Line(False, place, top, top + 5, 1.0, "#888888")


def turns(picture):
    return [row.turn for row in sorted(find_rows(find_layers(picture), [], []), key=lambda row: row.extent.left)]


def test_turned_numbers_that_are_hardly_higher_than_wide_are_turned_as_the_others_are():
    picture = blank(320, 120)
    for place, said in enumerate(("0", "5", "10", "11", "15", "20", "100", "1")):
        printed(picture, said, 30 + 30 * place, 40, turned=True)
    assert turns(picture) == [-90.0] * 8


def test_single_digits_along_an_axis_that_are_turned_read_upwards():
    picture = blank(220, 120)
    for place, said in enumerate("12345"):
        printed(picture, said, 30 + 30 * place, 40, turned=True)
    assert turns(picture) == [-90.0] * 5


def test_single_upright_letters_and_digits_along_an_axis_stay_upright():
    picture = blank(320, 160)
    for place, (letter, digit) in enumerate(zip("ABCDWMO", "1234567", strict=True)):
        printed(picture, letter, 30 + 30 * place, 40)
        printed(picture, digit, 30 + 30 * place, 90)
    assert turns(picture) == [0.0] * 14


def test_the_dashes_of_a_line_are_no_turned_digits():
    picture = blank(220, 120)
    for left in range(30, 180, 20):
        picture[40:44, left : left + 8] = 60
    assert -90.0 not in turns(picture)


@pytest.mark.parametrize("said", ["2.40e+7", "$1,250.75", "12 345", "Jan 2020"])
def test_the_last_label_of_an_axis_moved_into_the_picture_is_one_whatever_ticks_stand_over_it(said):
    picture = blank(300, 120)
    left, right = printed(picture, said, 200, 40)
    ticks = [tick(float(place), 31.0) for place in np.arange(right + 1.0, left - 2.0, -12.5)]
    assert len(find_rows(find_layers(picture), [], ticks)) == 1


def test_labels_that_nearly_touch_are_parted_where_each_stands_under_a_tick():
    picture = blank(300, 120)
    ticks, place = [], 40.0
    for said in ("9.0", "10.0", "11.0"):
        left, right = printed(picture, said, round(place), 40)
        ticks.append(tick((left + right) / 2, 31.0))
        place += 30.0
    assert len(find_rows(find_layers(picture), [], ticks)) == 3


def test_upright_numbers_whose_digits_touch_stay_upright():
    picture = blank(320, 120)
    for place, wide in enumerate((10, 11, 10, 11, 10)):
        digits = picture[40:48, 30 + 40 * place : 30 + 40 * place + wide]
        digits[[0, -1]] = digits[:, [0, wide // 2, -1]] = 0  # as the outlines of two noughts
    assert turns(picture) == [0.0] * 5
