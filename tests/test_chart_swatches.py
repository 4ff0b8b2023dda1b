"""Small discs and squares on a pie in the colours of its sectors are the swatches of its legend."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from docai.backends.classical.charts.raster.colours import find_layers
from docai.backends.classical.charts.raster.grounds import ground_of_print
from docai.backends.classical.charts.raster.sectors import find_sectors, without_edges
from docai.backends.classical.charts.raster.swatches import find_swatches
from docai.backends.classical.charts.scene import Sector
from docai.box import Box
from docai.document import Chart, Point, Series
from docai.reading import _without_neighbours
from tests.chart_pictures import BLUE, ORANGE, blank, box, compressed, outlined
from tests.placed_plots import label

GREEN = (44, 160, 44)
WHITE = (255, 255, 255)
CENTRE, RADIUS = (100, 110), 80
NAMES = (170, 40, 260, 120)  # where the names of the swatches stand


def pie(*turns):
    """Return a picture with a pie of blue that goes on behind a legend, orange and green; `turns` are where these begin and end."""
    picture = blank()
    cv2.circle(picture, CENTRE, RADIUS, BLUE, cv2.FILLED, cv2.LINE_AA)
    for (start, end), colour in zip(turns, (ORANGE, GREEN), strict=True):
        way = np.linspace(math.radians(start), math.radians(end), 40)
        rim = np.column_stack([CENTRE[0] + RADIUS * np.cos(way), CENTRE[1] + RADIUS * np.sin(way)])
        cv2.fillPoly(picture, [np.concatenate([[CENTRE], rim]).round().astype(np.int32)], colour, cv2.LINE_AA)
    return picture


def printed(picture, *, stands=True):
    mask = np.zeros(picture.shape[:2], np.uint8)
    if stands:
        left, top, right, bottom = NAMES
        mask[top:bottom, left:right] = 1
    return mask


def found(picture, mask):
    layers = find_layers(picture)
    sectors = find_sectors(layers, mask)
    assert len(sectors) == 3
    return sorted(find_swatches(layers, sectors, mask), key=lambda swatch: swatch.centre[1])


@pytest.mark.parametrize("quality", [None, 90])
def test_discs_in_the_colours_of_other_sectors_are_swatches(quality):
    picture = pie((60, 100), (100, 160))
    cv2.circle(picture, (160, 70), 5, ORANGE, cv2.FILLED, cv2.LINE_AA)
    cv2.circle(picture, (160, 90), 5, GREEN, cv2.FILLED, cv2.LINE_AA)
    swatches = found(picture if quality is None else compressed(picture, quality), printed(picture))
    assert [swatch.centre for swatch in swatches] == [pytest.approx((160.5, y), abs=1) for y in (70.5, 90.5)]
    reds = [int(swatch.fill[1:3], 16) for swatch in swatches]
    assert reds == [pytest.approx(ORANGE[0], abs=12), pytest.approx(GREEN[0], abs=12)]


def test_a_square_in_the_colour_of_its_sector_is_told_by_its_outline():
    picture = pie((60, 100), (100, 160))
    for top in (70, 90, 110):
        outlined(picture, (150, top, 162, top + 12), {70: BLUE, 90: ORANGE, 110: GREEN}[top], WHITE, 2)
    assert [swatch.shape for swatch in found(picture, printed(picture))] == ["square"] * 3


def test_a_swatch_may_lie_partly_beside_the_pie():
    picture = pie((60, 100), (100, 160))
    cv2.circle(picture, (164, 62), 5, ORANGE, cv2.FILLED, cv2.LINE_AA)
    assert [swatch.centre for swatch in found(picture, printed(picture))] == [pytest.approx((164.5, 62.5), abs=1)]


def test_a_disc_without_a_name_is_no_swatch():
    picture = pie((60, 100), (100, 160))
    cv2.circle(picture, (150, 90), 5, ORANGE, cv2.FILLED, cv2.LINE_AA)
    assert not found(picture, printed(picture, stands=False))


def test_what_a_letter_leaves_of_the_edge_of_an_area_is_its_ground():
    picture = blank()
    box(picture, 40, 40, 160, 160, BLUE)
    box(picture, 156, 150, 158, 159, (0, 0, 0))  # a stem in its corner, which leaves two pixels of it before its edge
    base = ground_of_print(find_layers(picture), ())
    assert base[152, 158:160].round() == pytest.approx(np.tile(np.float32(BLUE), (2, 1)), abs=1)


def test_single_letters_on_the_edges_of_sectors_are_none():
    sectors = [Sector((100, 100), 0, 50, 0, 90, "#4c78a8"), Sector((100, 100), 0, 50, 90, 270, "#f58518")]
    rim, border, inside = label("I", 147.5, 101), label("7", 97.5, 80), label("7", 117.5, 80)
    name = label("Coal", 90, 80)
    assert without_edges([rim, border, inside, name], sectors) == (inside, name)


def test_a_pie_does_not_keep_the_series_of_its_neighbour():
    own, other = (
        Series(name=name, points=(Point(x="a", y=1.0, box=Box(left, 0.2, left + 0.2, 0.4)),))
        for name, left in (("own", 0.1), ("other", 0.6))
    )
    chart = Chart(page_number=1, chart_type="pie", box=Box(0.0, 0.0, 1.0, 1.0), series=(own, other))
    assert _without_neighbours(chart, Box(0.05, 0.1, 0.45, 0.9)).series == (own,)
