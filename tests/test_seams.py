"""Seams: text as large as it needs on the fewest tiles, and no line cut where there is white to cut in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.grids import grids_within
from docai.lenses import GridLens
from docai.seams import BINS, MOST_DISTORTED, clearance, coverage, free_split, needed_grid, place, plan, scales

LENS = GridLens()
A4 = (595.0, 842.0)
SIDES = st.floats(5, 3000)  # points
NEEDS = st.floats(0.2, 8)  # pixels per point


def lines(count, pitch, height):
    """Return the ink of lines of text, `pitch` apart, in fractions of a view."""
    return [((n + 0.1) * pitch, (n + 0.1) * pitch + height) for n in range(count)]


def cuts(placed, tiles, spans, tile=448):
    seams = [(k * tile - placed.start) / placed.size for k in range(1, tiles)]
    return sum(low < seam < high for low, high in spans for seam in seams)


# Grids


@given(SIDES, SIDES, NEEDS)
def test_the_need_is_met_wherever_some_grid_meets_it(width, height, need):
    able = [grid for grid in grids_within(1, 12) if min(scales(width, height, grid, 448)) >= need]
    chosen = needed_grid(width, height, need, LENS)
    most = max(min(scales(width, height, grid, 448)) for grid in grids_within(1, 12))
    if able:
        assert chosen in able
        assert math.prod(chosen) == min(math.prod(grid) for grid in able)
    else:
        assert min(scales(width, height, chosen, 448)) == most


@given(SIDES, SIDES, st.sampled_from(grids_within(1, 12)))
def test_no_pixel_is_stretched_too_far_and_none_lies_outside(width, height, grid):
    across, down = scales(width, height, grid, 448)
    assert down / across <= MOST_DISTORTED * (1 + 1e-9)
    assert across / down <= MOST_DISTORTED * (1 + 1e-9)
    assert across * width <= grid[0] * 448 * (1 + 1e-9)
    assert down * height <= grid[1] * 448 * (1 + 1e-9)


@pytest.mark.parametrize(
    ("size", "points", "grid"),
    [(A4, 10, (3, 4)), (A4, 20, (2, 2)), ((400, 300), 10, (2, 2)), ((200, 150), 10, (1, 1)), ((500, 40), 10, (3, 1))],
)
def test_smaller_text_takes_more_tiles_and_a_small_part_of_a_page_fewer(size, points, grid):
    assert needed_grid(*size, 20 / points, LENS) == grid


@given(st.integers(1, 12), st.integers(0, 11), SIDES, SIDES, NEEDS)
def test_the_number_of_tiles_is_kept(least, more, width, height, need):
    grid = needed_grid(width, height, need, GridLens(least=least, most=least + more))
    assert least <= math.prod(grid) <= least + more


# Seams


@given(SIDES, SIDES, NEEDS, st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.05)), max_size=40))
def test_a_view_lies_whole_in_its_grid_and_keeps_what_it_needs(width, height, need, found):
    spans = [(start, min(1.0, start + length)) for start, length in found]
    made = plan(width, height, need, LENS, (spans, spans))
    for placed, tiles in ((made.across, made.columns), (made.down, made.rows)):
        assert placed.start >= 0
        assert 1 <= placed.size <= tiles * 448 - placed.start
    if min(scales(width, height, (made.columns, made.rows), 448)) >= need:
        assert made.across.size >= width * need * (1 - 1e-9)
        assert made.down.size >= height * need * (1 - 1e-9)


@pytest.mark.parametrize("pitch", [0.0138, 0.0145, 0.0157, 0.0171, 0.02, 0.0231])
def test_seams_fall_between_lines_that_stand_apart(pitch):
    spans = lines(int(0.98 / pitch), pitch, 0.75 * pitch)
    made = plan(*A4, 1.9, LENS, ([], spans))
    assert made.rows == 4
    assert made.down.cut == 0
    assert cuts(made.down, made.rows, spans) == 0


def test_an_upright_seam_falls_in_the_gutter_between_columns():
    words = [(0.05, 0.47), (0.53, 0.95)]
    made = plan(400, 300, 2, LENS, (words, []))
    assert made.columns == 2
    assert cuts(made.across, 2, words) == 0


def test_nothing_is_made_smaller_where_no_seam_cuts_anything():
    made = plan(*A4, 2, LENS, ([], [(0.05, 0.2), (0.3, 0.45)]))
    assert made.down.size == 4 * 448
    assert made.across.size == 3 * 448


def test_where_all_is_covered_the_fewest_are_cut():
    spans = [(0.0, 1.0), (0.4, 0.499), (0.45, 0.499)]
    placed = place(2, 448, (860, 896), coverage(spans))
    assert placed.cut == cuts(placed, 2, spans) == 1


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.3)), max_size=12), st.integers(2, 6))
def test_what_a_seam_is_said_to_cut_is_what_it_cuts_or_touches(found, tiles):
    spans = [(start, min(1.0, start + length)) for start, length in found]
    placed = place(tiles, 448, (int(0.96 * tiles * 448), tiles * 448), coverage(spans))
    assert cuts(placed, tiles, spans) <= placed.cut


def test_white_is_as_wide_as_it_is_to_the_nearest_line():
    covered = np.zeros(BINS, np.int32)
    covered[1000] = 1
    clear = clearance(covered)
    assert clear[1000] == 0
    assert clear[1001] == clear[999] > 0
    assert clear[0] == clear[-1] == 1
    assert clearance(np.zeros(BINS, np.int32)).min() == 1


# Splits


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.2)), max_size=12))
def test_a_split_cuts_nothing_and_is_found_where_there_is_one(found):
    spans = [(start, min(1.0, start + length)) for start, length in found]
    split = free_split(coverage(spans), 0.2, 0.8)
    if split is None:
        middles = (np.arange(int(0.21 * BINS), int(0.79 * BINS)) + 0.5) / BINS
        assert all(any(low - 1.1 / BINS < one < high + 1.1 / BINS for low, high in spans) for one in middles)
    else:
        assert 0.2 <= split <= 0.8 + 1 / BINS
        assert not any(low + 0.02 / BINS < split < high - 0.02 / BINS for low, high in spans)


def test_a_split_goes_along_a_free_border_before_other_white():
    rows = coverage([(0.1, 0.3), (0.35, 0.48), (0.52, 0.6), (0.7, 0.9)])
    assert free_split(rows, 0.2, 0.8) == pytest.approx(0.5, abs=0.02)
    assert free_split(rows, 0.2, 0.8, [0.32, 0.55, 0.65, 0.95]) == 0.65
