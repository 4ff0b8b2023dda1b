"""The buttons that websites put beside their charts."""

from __future__ import annotations

import cv2
import numpy as np

from docai.backends.classical.charts.raster.buttons import find_buttons
from docai.backends.classical.charts.raster.colours import find_layers
from docai.backends.classical.charts.scene import Extent, Label
from tests.chart_pictures import BLUE, GREY, blank, box

ICON = (190, 199, 209)
MIDDLES = [30 + 42 * number for number in range(6)]


def chart_with_icons(colour=ICON):
    """Return a picture of bars, with six icons of different shapes at its right."""
    picture = blank(800, 400)
    for level in range(50, 350, 60):
        box(picture, 60, level, 700, level + 1, GREY)
    for number, top in enumerate((80, 120, 200, 150)):
        box(picture, 100 + 140 * number, top, 180 + 140 * number, 350, BLUE)
    for number, middle in enumerate(MIDDLES):
        width = 5 + number % 3
        cv2.ellipse(picture, (762, middle), (width, 6), 0, 0, 360, colour, -1 if number % 2 else 2)
    return picture


def found(picture, labels=()):
    return find_buttons(find_layers(picture), labels)


def test_a_column_of_icons_at_the_side_is_found_as_far_as_the_picture_s_border():
    strip = found(chart_with_icons())
    assert strip is not None
    assert all(strip.holds((762, middle)) for middle in MIDDLES)
    assert strip.left > 700
    assert strip.right == 800


def test_a_chart_without_icons_has_no_buttons():
    picture = chart_with_icons()
    picture[:, 740:] = 255
    assert found(picture) is None


def test_labels_of_an_axis_at_the_right_are_no_buttons():
    labels = [Label(str(n), Extent(752, middle - 6, 772, middle + 6), 10) for n, middle in enumerate(MIDDLES)]
    assert found(chart_with_icons(), labels) is None


def test_coloured_marks_in_a_column_are_no_buttons():
    assert found(chart_with_icons((214, 39, 40))) is None


def test_marks_with_names_beside_them_are_no_buttons():
    picture = chart_with_icons()
    for middle in MIDDLES:
        box(picture, 776, middle - 4, 796, middle + 4, (60, 60, 60))
    assert found(picture) is None


def test_the_last_column_of_a_grid_of_marks_is_no_column_of_buttons():
    picture = blank(800, 400)
    for across in range(150, 770, 102):
        for middle in MIDDLES:
            cv2.circle(picture, (across, middle), 6, ICON, -1)
    assert np.ptp(picture) > 0
    assert found(picture) is None
