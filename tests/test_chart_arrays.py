from __future__ import annotations

import cv2
import numpy as np
import pytest

from docai.backends.classical.charts.raster.arrays import bounds, components, dot, largest, magnitude, spread, within


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("corner", [(0, 0), (7, 12), (8, 11), (31, 40)])
def test_pieces_and_their_order_are_those_of_the_whole_picture(connectivity, corner):
    mask = np.zeros((90, 120), np.uint8)
    top, left = corner
    mask[top : top + 41, left : left + 53] = np.random.default_rng(top).random((41, 53)) < 0.4
    count, numbers, sizes = components(mask, connectivity)
    whole, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=connectivity)
    assert count == whole > 10
    assert np.array_equal(numbers, labels)
    assert np.array_equal(sizes[1:], stats[1:])
    assert sizes[0, cv2.CC_STAT_AREA] == stats[0, cv2.CC_STAT_AREA]


def test_a_mask_that_shows_nothing_has_no_pieces():
    mask = np.zeros((20, 30), np.uint8)
    count, numbers, sizes = components(mask, 8)
    assert (count, numbers.any(), len(sizes)) == (1, False, 1)
    assert bounds(mask, 3) == (0, 0, 0, 0)


def test_bounds_end_where_the_mask_does():
    mask = np.zeros((20, 30), np.uint8)
    mask[1:4, 10:13] = 1
    assert bounds(mask) == (10, 1, 13, 4)
    assert bounds(mask, 2) == (8, 0, 15, 6)
    assert mask[within(bounds(mask))].all()


def test_sums_over_the_parts_of_a_colour_are_those_of_numpy():
    one, other = np.random.default_rng(1).random((2, 50, 3)).astype(np.float32) * 255
    assert np.array_equal(dot(one, other), (one * other).sum(1))
    assert np.array_equal(magnitude(one), np.linalg.norm(one, axis=1))
    assert np.array_equal(largest(one), one.max(1))
    assert np.array_equal(spread(one), np.ptp(one, axis=1))
