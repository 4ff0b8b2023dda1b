"""Ticks in pictures of charts: on every axis, over its whole length, and nothing else is one."""

from __future__ import annotations

import cv2
import numpy as np

from docai.backends.classical.charts.axes.ticks import Line as Mark
from docai.backends.classical.charts.axes.ticks import marks_near
from docai.backends.classical.charts.raster.colours import find_layers
from docai.backends.classical.charts.raster.edges import find_lines, find_ticks, without_ticks
from docai.backends.classical.charts.raster.page_words import without_tick
from docai.backends.classical.charts.scene import Extent, Label, Rectangle
from tests.chart_pictures import BLUE, GREY, blank, box

AXIS = (136, 136, 136)


def ticks_of(picture):
    layers = find_layers(picture)
    return find_ticks(layers, find_lines(layers)[0])


def grid(places, left=40, right=290):
    """Return the picture of a plot with a grid line and a tick at each place of its upright axis."""
    picture = blank(320, 260)
    for place in places:
        box(picture, left, place, right, place + 1, GREY)
        box(picture, left - 5, place, left, place + 1, AXIS)
    box(picture, left, places[0], left + 1, places[-1] + 1, AXIS)
    box(picture, left, places[-1], right, places[-1] + 1, AXIS)
    return picture


def test_an_axis_has_its_ticks_however_many_lines_of_its_grid_are_longer():
    places = [10 * n for n in range(2, 24)]
    found = [tick for tick in ticks_of(grid(places)) if tick.across and tick.end <= 41]
    assert sorted(round(tick.place - 0.5) for tick in found) == places


def test_an_axis_has_its_ticks_down_to_the_corner_where_a_line_covers_its_end():
    picture = grid([20, 60, 100, 140, 180, 220])
    cv2.line(picture, (38, 178), (60, 190), BLUE, 3)
    cv2.line(picture, (38, 210), (60, 200), BLUE, 3)
    box(picture, 40, 176, 41, 214, BLUE)
    found = [tick for tick in ticks_of(picture) if tick.across and tick.end <= 41]
    assert {20, 60, 100, 140, 220} <= {round(tick.place - 0.5) for tick in found}


def test_dashes_that_begin_at_grid_lines_are_no_ticks():
    picture = grid([20, 60, 100, 140, 180, 220])
    for place in range(90, 290, 50):
        box(picture, place, 20, place + 1, 220, GREY)
    for start in range(41, 290, 10):
        box(picture, start, 120, start + 5, 121, (40, 40, 40))
        box(picture, start, 160, start + 5, 161, (40, 40, 40))
    assert not [tick for tick in ticks_of(picture) if tick.across and round(tick.place - 0.5) in (120, 160)]


def test_two_ticks_close_together_are_no_bar():
    picture = grid([20, 60, 100, 140, 180, 220])
    ticks = ticks_of(picture)
    made = Rectangle(Extent(35.0, 60.0, 40.0, 65.0), "#888888")
    bar = Rectangle(Extent(41.0, 60.0, 90.0, 65.0), "#888888")
    assert without_ticks([made, bar], ticks) == [bar]


def test_a_number_is_read_without_its_tick():
    assert [without_tick(text) for text in ("100-", "1,000=", "50", "2010–2012")] == ["100", "1,000", "50", "2010–2012"]


def test_marks_at_the_outer_edges_of_labels_are_theirs_before_a_grid_line_at_the_inner_one():
    texts = (("2008", 45.0, 66.0), ("2009", 184.0, 205.0), ("2010", 323.0, 344.0))
    labels = [Label(text, Extent(left, 318.0, right, 326.0), 11.0) for text, left, right in texts]
    ticks = [Mark(place, 311.0, 316.0, 1.0, "#888888") for place in (44.5, 194.5, 344.5)]
    line = Mark(194.5, 11.0, 310.0, 1.0, "#dddddd")
    found = marks_near(labels, [line, *ticks], horizontal=True)
    assert np.allclose([mark.place for mark in found], [44.5, 194.5, 344.5])
