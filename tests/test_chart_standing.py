"""Bars in pictures that are as thin as lines."""

from __future__ import annotations

from docai.backends.classical.charts.raster.colours import find_layers
from docai.backends.classical.charts.raster.edges import find_lines
from docai.backends.classical.charts.raster.slabs import find_slabs
from docai.backends.classical.charts.raster.standing import find_standing, without_standing
from tests.chart_pictures import BLUE, GREY, ORANGE, blank, box

AXIS = (136, 136, 136)


def ruled():
    picture = blank()
    for row in (40, 80, 120, 160):
        box(picture, 40, row, 240, row + 1, GREY)
    box(picture, 40, 200, 240, 201, AXIS)
    return picture


def read(picture):
    layers = find_layers(picture)
    lines, over = find_lines(layers)
    standing = find_standing(layers, lines, over)
    lines, over = without_standing(lines, over, standing)
    slabs = [slab for slab in find_slabs(layers, over, standing) if slab.extent.width < 5]
    return sorted(slabs, key=lambda slab: slab.extent.left), lines, standing


def swatches(picture):
    for row, colour in ((20, BLUE), (40, ORANGE)):
        box(picture, 260, row, 270, row + 10, colour)


def test_bars_a_pixel_wide_in_the_colours_of_a_legend_are_found_and_are_no_lines():
    picture = ruled()
    swatches(picture)
    drawn = [(60, 20, BLUE), (62, 90, ORANGE), (150, 130, BLUE), (152, 35.5, ORANGE)]
    for left, top, colour in drawn:
        box(picture, left, top, left + 1.4, 200, colour)
    slabs, lines, _ = read(picture)
    assert [round(slab.extent.left) for slab in slabs] == [left for left, _, _ in drawn]
    assert all(
        abs(slab.extent.top - top) < 0.6 and slab.extent.bottom == 200 for slab, (_, top, _) in zip(slabs, drawn, strict=True)
    )
    assert all(line.across for line in lines)


def test_many_bars_of_one_colour_need_no_legend():
    picture = ruled()
    for number in range(20):
        box(picture, 50 + 9 * number, 30 + 7 * number, 52 + 9 * number, 200, BLUE)
    slabs, lines, _ = read(picture)
    assert [round(slab.extent.top) for slab in slabs] == [30 + 7 * number for number in range(20)]
    assert all(line.across for line in lines)


def test_bars_that_lie_on_an_upright_axis_are_found_too():
    picture = ruled()
    swatches(picture)
    for number in range(10):
        box(picture, 50 + 9 * number, 60 + 7 * number, 52 + 9 * number, 200, BLUE)
    turned = picture.transpose(1, 0, 2).copy()
    layers = find_layers(turned)
    lines, over = find_lines(layers)
    assert find_standing(layers, lines, over).T.tolist() == read(picture)[2].tolist()


def test_rules_as_long_as_the_plot_are_no_bars():
    picture = ruled()
    swatches(picture)
    for left in (60, 150, 200):
        box(picture, left, 20, left + 1, 200, BLUE)
    assert not read(picture)[2].any()


def test_whiskers_that_stand_on_no_axis_are_no_bars():
    picture = ruled()
    swatches(picture)
    for number in range(10):
        box(picture, 50 + 9 * number, 30 + 5 * number, 51 + 9 * number, 100 + 8 * number, BLUE)
    assert not read(picture)[2].any()


def test_a_line_of_steps_that_begins_and_ends_on_the_axis_is_no_bars():
    picture = ruled()
    swatches(picture)
    tops = [150, 60, 110, 90, 140, 70]
    for number, (before, top) in enumerate(zip([200, *tops], [*tops, 200], strict=True)):
        left = 50 + 25 * number
        box(picture, left, min(before, top), left + 2, max(before, top) + (2 if max(before, top) < 200 else 0), BLUE)
        if number < len(tops):
            box(picture, left, top, left + 27, top + 2, BLUE)
    assert not read(picture)[2].any()
