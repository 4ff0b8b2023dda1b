"""Bars in pictures beside the lines that they stand on and that are seen between them."""

from __future__ import annotations

import numpy as np
import pytest

from docai.backends.classical.charts.raster.borders import without_outlines
from docai.backends.classical.charts.raster.colours import find_layers
from docai.backends.classical.charts.raster.edges import Line, find_lines
from docai.backends.classical.charts.raster.shapes import find_shapes
from docai.backends.classical.charts.raster.slabs import find_slabs
from docai.backends.classical.charts.scene import Extent, Rectangle
from tests.chart_pictures import BLUE, GREY, ORANGE, blank, box, text

DARK, PANEL, AXIS, PALE_BLUE = (34, 34, 34), (234, 234, 242), (136, 136, 136), (174, 199, 232)


def slabs_of(picture):
    layers = find_layers(picture)
    return find_slabs(layers, find_lines(layers)[1])


def narrow_bars():
    """Return bars 4 to 5 pixels wide, a smoothed pixel apart, before grid lines of which two are seen in gaps, and their tops."""
    picture = blank()
    for column in (64, 136):
        box(picture, column, 10, column + 1, 200, GREY)
    tops = [200 - 40 - 3.0 * (number * 7 % 40) for number in range(36)]
    for number, top in enumerate(tops):
        box(picture, 40.4 + 6.1 * number, top, 45.5 + 6.1 * number, 200, BLUE)
    box(picture, 40, 200, 290, 201, AXIS)
    return picture, tops


def test_narrow_bars_stay_apart_where_a_grid_line_is_seen_between_them():
    picture, tops = narrow_bars()
    slabs = sorted(slabs_of(picture), key=lambda slab: slab.extent.left)
    assert len(slabs) == len(tops)
    assert all(abs(slab.extent.top - top) < 1 for slab, top in zip(slabs, tops, strict=True))


def test_narrow_bars_are_no_area():
    layers = find_layers(narrow_bars()[0])
    over = find_lines(layers)[1]
    shapes = find_shapes(layers, find_slabs(layers, over), np.zeros(layers.labels.shape, np.uint8), over[0] | over[1])
    assert shapes.polygons == ()
    assert len(shapes.slabs) == 36


def test_a_bar_that_a_grid_line_lies_over_is_one():
    picture = blank()
    box(picture, 40, 60, 100, 200, BLUE)
    box(picture, 140, 100, 200, 200, BLUE)
    for column in (70, 170, 250):
        box(picture, column, 10, column + 1, 200, GREY)
    box(picture, 30, 200, 290, 201, AXIS)
    assert len(slabs_of(picture)) == 2


def test_lying_bars_that_an_axis_is_seen_between_stay_apart():
    picture = blank()
    box(picture, 39, 20, 40, 200, AXIS)
    for number, end in enumerate((250, 190, 120, 160)):
        box(picture, 39, 22 + 44 * number, end, 62 + 44 * number, BLUE)
    assert len(slabs_of(picture)) == 4


def test_a_bar_one_pixel_high_is_found_on_its_axis():
    picture = blank()
    for number, high in enumerate((90, 1, 50, 1)):
        box(picture, 50 + 50 * number, 200 - high, 80 + 50 * number, 200, BLUE)
    box(picture, 30, 200, 290, 201, AXIS)
    assert sorted(round(slab.extent.height) for slab in slabs_of(picture)) == [1, 1, 50, 90]


def test_dark_bars_on_a_pale_panel_are_no_panel():
    picture = blank()
    box(picture, 40, 20, 280, 200, PANEL)
    for number, end in enumerate((270, 200, 120, 250)):
        box(picture, 40, 22 + 45 * number, end, 60 + 45 * number, DARK)
    layers = find_layers(picture)
    assert [layers.name(plate) for plate in layers.plates] == ["#eaeaf2"]
    assert len(slabs_of(picture)) == 4


def test_a_dark_panel_on_the_page_is_a_panel():
    picture = blank()
    box(picture, 40, 20, 280, 200, DARK)
    for number, high in enumerate((100, 60, 140)):
        box(picture, 60 + 70 * number, 190 - high, 110 + 70 * number, 190, BLUE)
    layers = find_layers(picture)
    assert [layers.name(plate) for plate in layers.plates] == ["#222222"]


def test_lines_as_long_as_the_sides_of_bars_are_their_outlines_and_an_axis_is_none():
    bars = [Rectangle(Extent(left, 200.0 - high, left + 30, 200.0), "#003f5c") for left, high in ((40.0, 90.0), (90.0, 60.0))]
    sides = [
        Line(across=False, place=left, start=200.0 - high, end=200.0, thickness=1.0, colour="#1d2b31")
        for left, high in ((40.0, 90.0), (70.0, 90.0), (90.0, 60.0))
    ]
    axis = Line(across=True, place=200.5, start=30.0, end=150.0, thickness=1.0, colour="#888888")
    assert without_outlines([*sides, axis], bars) == [axis]
    assert without_outlines([sides[0], axis], bars) == [sides[0], axis]


def test_pieces_that_share_a_pixel_meet_where_they_were_drawn_to_meet():
    picture = blank()
    for left, meeting in ((40, 120.3), (100, 90.85), (160, 150.6)):
        box(picture, left, 60.4, left + 40, meeting, ORANGE)
        box(picture, left, meeting, left + 40, 200, BLUE)
    for slab in slabs_of(picture):
        meeting = {40: 120.3, 100: 90.85, 160: 150.6}[round(slab.extent.left)]
        assert min(abs(slab.extent.top - meeting), abs(slab.extent.bottom - meeting)) < 0.06


def test_a_bar_goes_on_behind_a_label_as_wide_as_itself():
    picture = blank()
    box(picture, 40, 20, 80, 120, (13, 40, 60))
    for offset in ((-1, 0), (1, 0), (0, 1), (0, -1)):
        text(picture, "218.42", 40 + offset[0], 75 + offset[1], (5, 5, 5), 0.38)
    text(picture, "218.42", 40, 75, (255, 255, 255), 0.38)
    picture[66:76, 38:42] = 255
    box(picture, 40, 122, 80, 200, BLUE)
    large = [slab for slab in slabs_of(picture) if slab.extent.height > 15]
    ends = sorted((slab.extent.top, slab.extent.bottom) for slab in large)
    assert ends == [pytest.approx((20, 120), abs=1.1), pytest.approx((122, 200), abs=1.1)]


def test_equal_bars_with_a_shorter_one_and_its_value_between_them_stay_two():
    picture = blank()
    for top, right in ((20, 200), (34, 120), (48, 200)):
        box(picture, 40, top, right, top + 11, BLUE)
    text(picture, "17%", 124, 44, size=0.35)
    assert sorted(round(slab.extent.top) for slab in slabs_of(picture)) == [20, 34, 48]
