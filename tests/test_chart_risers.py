"""Lines of steps in pictures are one line each, and none of their risers is taken for an axis."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from docai.backends.classical.charts.raster.bends import squared
from docai.backends.classical.charts.raster.colours import find_layers
from docai.backends.classical.charts.raster.edges import find_lines
from docai.backends.classical.charts.raster.risers import without_risers
from docai.backends.classical.charts.raster.shapes import find_shapes
from tests.chart_pictures import blank, box

BLACK = (34, 34, 34)


def framed():
    """A frame of four black lines."""
    picture = blank()
    for left, top, right, bottom in ((30, 20, 280, 21), (30, 200, 280, 201), (30, 20, 31, 201), (279, 20, 280, 201)):
        box(picture, left, top, right, bottom, BLACK)
    return picture


def stepped(picture):
    """A line of steps, two pixels thick, some of its risers as long as axes are."""
    steps = [(40, 90, 180), (90, 140, 60), (140, 190, 120), (190, 260, 40)]
    for left, right, row in steps:
        box(picture, left, row, right, row + 2, BLACK)
    for (_, column, row), (_, _, other) in pairwise(steps):
        box(picture, column, min(row, other), column + 2, max(row, other) + 2, BLACK)
    return picture


def upright(picture):
    layers = find_layers(picture)
    lines, over = without_risers(*find_lines(layers), layers)
    return sorted(round(line.place) for line in lines if not line.across), lines, over, layers


def test_the_risers_of_a_line_of_steps_are_no_lines_and_the_sides_of_a_frame_are():
    places, _, _, _ = upright(framed())
    assert len(places) == 2
    assert upright(stepped(framed()))[0] == places


def test_a_black_line_of_steps_is_one_line():
    _, _, over, layers = upright(stepped(framed()))
    nothing = np.zeros(layers.labels.shape, np.uint8)
    strokes = find_shapes(layers, [], nothing, np.asarray(over[0] | over[1], np.uint8)).strokes
    assert max(stroke.extent.width for stroke in strokes) > 200


def test_a_riser_of_a_thick_line_between_pixels_is_upright():
    bends = [(10.0, 50.0), (30.0, 50.0), (34.0, 20.0), (60.0, 20.0), (64.0, 80.0), (90.0, 80.0)]
    corners = squared(bends)
    assert corners is not None
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(corners))
