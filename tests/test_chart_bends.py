"""Bends of edges and lines in pictures: tips that smoothing cut off are where the straight parts beside them meet."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from docai.backends.classical.charts.raster.bends import simplified
from docai.backends.classical.charts.raster.colours import find_layers
from docai.backends.classical.charts.raster.fields import find_fields
from tests.chart_pictures import BLUE, ORANGE, blank


def edge(*corners):
    x = np.arange(corners[0][0] + 0.5, corners[-1][0])
    return x, np.interp(x, *zip(*corners, strict=True))


def test_a_tip_that_was_cut_off_is_where_the_parts_beside_it_meet():
    x, y = edge((0, 100), (40, 20), (80, 100))
    bends = simplified(list(zip(x, np.maximum(y, 24.0), strict=True)), 0.6)
    assert [round(place) for place, _ in bends] == [0, 40, 80]
    assert bends[1][1] == pytest.approx(20.0, abs=0.5)


def test_a_level_top_between_steep_parts_stays():
    x, y = edge((0, 100), (36, 20), (48, 20), (84, 100))
    assert [round(place) for place, _ in simplified(list(zip(x, y, strict=True)), 0.6)][1:-1] == [36, 48]


def fields_of(picture, printed=None):
    nothing = np.zeros(picture.shape[:2], np.int16)
    printed = np.zeros(picture.shape[:2], np.uint8) if printed is None else printed
    return find_fields(find_layers(picture), nothing > 0, nothing, printed)[0]


def test_an_area_is_as_high_at_its_ends_and_tips_as_it_was_drawn():
    tops = ((40, 20), (80, 150), (120, 40), (160, 170), (200, 60), (260, 120))
    picture = blank(320, 220)
    outline = np.array([*tops, (260, 200), (40, 200)], np.int32)
    cv2.fillPoly(picture, [outline * 16], BLUE, cv2.LINE_AA, shift=4)
    picture[:, :41] = 255
    (area,) = fields_of(picture)
    upper = np.array(area.places[: len(area.places) // 2 + len(tops) // 2 - 1])
    for (x, y), slack in zip(tops, (6, 3, 3, 3, 3, 3), strict=True):
        near = upper[np.abs(upper[:, 0] - x) < 3]
        assert np.abs(near[:, 1] - y).min() < slack


def test_the_tip_of_an_area_reaches_into_the_one_below_though_it_looks_like_a_letter():
    picture = blank(320, 220)
    cv2.fillPoly(picture, [np.array([(40, 20), (280, 20), (280, 200), (40, 200)], np.int32)], BLUE)
    below = np.array([(40, 80), (136, 100), (160, 160), (184, 100), (280, 80), (280, 200), (40, 200)], np.int32)
    cv2.fillPoly(picture, [below], ORANGE, cv2.LINE_AA)
    printed = np.zeros(picture.shape[:2], np.uint8)
    printed[120:162, 150:170] = 1
    found = {area.fill: area for area in fields_of(picture, printed)}
    lower = found[max(found, key=lambda fill: found[fill].extent.bottom)]
    assert min(abs(x - 160) + abs(y - 160) for x, y in lower.places) < 6
