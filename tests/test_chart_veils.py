"""Lines, points and areas of pictures: what is translucent, paler, stepped, doubled or crowded."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from docai.backends.classical.charts.checks import UNNAMED, checked
from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.raster.bends import squared
from docai.backends.classical.charts.raster.colours import find_layers
from docai.backends.classical.charts.raster.covers import stroke_colours
from docai.backends.classical.charts.raster.edges import find_lines
from docai.backends.classical.charts.raster.veils import without_grid_below
from docai.backends.classical.charts.scene import Extent, Scene
from tests.chart_pictures import BLUE, GREY, blank, box, veil


def test_a_grid_line_that_shines_through_a_mark_is_part_of_it() -> None:
    picture = blank()
    for column in (60, 120, 180, 240):
        box(picture, column, 10, column + 1, 210, GREY)
    veil(picture, (100, 80, 140, 120), BLUE, 0.7)
    layers = find_layers(picture)
    lines, _ = find_lines(layers)
    own = layers.labels[100, 110]
    assert layers.labels[100, 120] != own
    seen = without_grid_below(layers, lines).labels
    assert (seen[81:119, 101:139] == own).all()
    assert seen[60, 120] == layers.labels[60, 120]


def test_a_legends_swatch_between_two_rows_has_no_colour_of_its_own() -> None:
    picture = blank()
    for column in range(20, 200):
        row = 150 - column * 0.5
        box(picture, column, row, column + 1, row + 2, BLUE)
    box(picture, 240, 30.25, 250, 31.75, BLUE)
    layers = find_layers(picture)
    nothing = np.zeros(layers.labels.shape, np.uint8)
    colours, _ = stroke_colours(layers, np.zeros(layers.labels.shape, np.int16), nothing, nothing)
    assert len(colours) == 1


def test_a_line_of_steps_has_level_treads_and_upright_risers() -> None:
    bends = [(10.0, 50.2), (30.0, 50.0), (30.5, 41.0), (31.5, 40.8), (31.8, 30.0), (50.0, 30.3), (50.4, 60.0), (70.0, 60.0)]
    corners = squared(bends)
    assert corners is not None
    assert len(corners) == 6
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(corners))


def test_a_slanted_line_is_none_of_steps() -> None:
    assert squared([(10.0, 50.0), (30.0, 30.0), (50.0, 45.0), (70.0, 20.0)]) is None


def test_values_of_two_series_of_one_name_are_not_sure() -> None:
    values = tuple(Value(float(x), 1.0, Extent(x, 5, x + 1, 6)) for x in range(3))
    part = Part("line", (Strand("A", "#4c78a8", values), Strand("A", "#4c78a8", values), Strand("B", "#f58518", values)), ())
    twice, _, once = checked(Scene(20, 20), None, [part])[0].strands
    assert all(value.sure <= UNNAMED for value in twice.values)
    assert all(value.sure == 1.0 for value in once.values)
