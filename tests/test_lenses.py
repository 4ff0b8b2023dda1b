"""Lenses: budgets of tiles, and places that go from a picture to its view and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.box import Box
from docai.lenses import AnyresLens, Seen, pinpoints_within

ROUNDING = 1e-5  # of a box's sides
SHARES = st.floats(0, 1)
BOXES = st.tuples(SHARES, SHARES, SHARES, SHARES).map(lambda sides: Box.clipped(*sides))
ENDS = st.tuples(st.floats(-3, 0), st.floats(1, 4))
FRAMES = st.tuples(ENDS, ENDS).map(lambda axes: (axes[0][0], axes[1][0], axes[0][1], axes[1][1]))


def seen(frame):
    return Seen(np.zeros((1, 1, 1, 3), np.uint8), 1, 1, 1, 1, frame=frame)


def near(box, other, tolerance):
    return all(abs(one - two) <= tolerance for one, two in zip(box, other, strict=True))


@given(FRAMES, BOXES)
def test_a_box_of_a_view_comes_back_from_the_picture(frame, box):
    picture = seen(frame)
    size = max(frame[2] - frame[0], frame[3] - frame[1])
    assert near(picture.to_view(picture.from_view(box)), box, ROUNDING * (1 + size))


@given(FRAMES, BOXES)
def test_a_box_of_the_picture_that_lies_on_the_view_comes_back_from_it(frame, box):
    picture = seen(frame)
    inside = picture.from_view(box)
    assert near(picture.from_view(picture.to_view(inside)), inside, 3 * ROUNDING)


@given(FRAMES)
def test_the_whole_picture_shows_the_whole_view(frame):
    assert seen(frame).to_view(Box(0, 0, 1, 1)) == Box(0, 0, 1, 1)


def test_a_place_in_the_white_round_a_view_is_on_its_edge():
    picture = seen((-0.25, 0.0, 1.0, 2.0))
    assert picture.to_view(Box(0, 0.75, 0.1, 1)) == Box(0, 1, 0, 1)
    assert picture.from_view(Box(0, 0, 1, 1)) == Box(0.2, 0, 1, 0.5)


def test_a_budget_of_tiles_is_what_the_models_authors_give():
    assert set(pinpoints_within(4, 1)) == {(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1)}
    assert set(pinpoints_within(9, 1)) == {(rows, columns) for rows in range(1, 7) for columns in range(1, 7)}
    assert set(pinpoints_within(16, 1)) == {(rows, columns) for rows in range(1, 9) for columns in range(1, 9)}
    assert AnyresLens().pinpoints == pinpoints_within(9) == tuple((384 * a, 384 * b) for a in range(1, 7) for b in range(1, 7))
    assert pinpoints_within(1) == ((384, 384),)


@pytest.mark.parametrize("tiles", [0, -1])
def test_no_tiles_are_no_budget(tiles):
    with pytest.raises(ValueError, match="at least 1"):
        pinpoints_within(tiles)
