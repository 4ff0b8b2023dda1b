"""Views and lenses: boxes go there and back, pixels are exactly as many as asked for, and what is turned stands upright."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import docai
from docai.box import WHOLE, Box
from docai.sources import Origin, PageReference, opened
from docai.tiling import MAX_SIDE, Lens, View

WIDTH, HEIGHT = 300, 200  # points of the page as it was drawn, before it is turned
RED, BLUE = (1, 0, 0), (0, 0, 1)
RED_PLACE, BLUE_PLACE = (15, 10, 75, 50), (240, 130, 285, 190)  # points: near the top left and the bottom right corner
QUARTERS = (0, 90, 180, 270)
ROUNDING = 1e-5  # of a box's sides
SCREEN = Lens(dpi=72)  # one pixel a point
CUT = """
import hashlib, pickle, sys
view, lens = pickle.load(sys.stdin.buffer)
pixels = view.pixels(lens)
print(pixels.shape, hashlib.sha256(pixels).hexdigest())
"""


def drawn(rotation):
    """Return a PDF with a red and a blue rectangle, displayed turned clockwise by `rotation` degrees."""
    with pymupdf.open() as document:
        page = document.new_page(width=WIDTH, height=HEIGHT)
        page.draw_rect(RED_PLACE, color=None, fill=RED)
        page.draw_rect(BLUE_PLACE, color=None, fill=BLUE)
        page.set_rotation(rotation)
        return Origin(None, document.tobytes())


PAGES = {rotation: drawn(rotation) for rotation in QUARTERS}


@pytest.fixture(scope="module", autouse=True)
def _held_open():
    with opened(PAGES[0]), opened(PAGES[90]), opened(PAGES[180]), opened(PAGES[270]):
        yield


def view_of(rotation=0, **fields):
    size = (HEIGHT, WIDTH) if rotation in (90, 270) else (WIDTH, HEIGHT)
    return View(PageReference(PAGES[rotation], 1), *size, **fields)


def place_of(pixels, colour):
    """Return left, top, right, bottom, in pixels, of what is painted in `colour`."""
    painted = np.abs(pixels.astype(int) - np.array(colour) * 255).max(axis=2) < 100
    rows, columns = np.flatnonzero(painted.any(axis=1)), np.flatnonzero(painted.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def box_of(pixels, colour):
    height, width = pixels.shape[:2]
    left, top, right, bottom = place_of(pixels, colour)
    return Box(left / width, top / height, right / width, bottom / height)


def near(box, other, tolerance):
    return all(abs(one - two) <= tolerance for one, two in zip(box, other, strict=True))


SHARES = st.floats(0, 1)
BOXES = st.tuples(SHARES, SHARES, SHARES, SHARES).map(lambda sides: Box.clipped(*sides))
AREAS = BOXES.filter(lambda box: min(box.width, box.height) > 0.001)
VIEWS = st.builds(view_of, rotation=st.sampled_from(QUARTERS), box=AREAS, quarter=st.sampled_from(QUARTERS))


# There and back


@given(VIEWS, BOXES)
def test_a_box_of_a_view_comes_back_from_the_page(view, box):
    there_and_back = view.from_page(view.to_page(box))
    assert near(there_and_back, box, ROUNDING * (1 + 1 / min(view.box.width, view.box.height)))


@given(VIEWS, BOXES)
def test_a_box_of_the_page_comes_back_from_the_view(view, box):
    inside = Box.clipped(
        *(min(max(side, low), high) for side, low, high in zip(box, view.box[:2] * 2, view.box[2:] * 2, strict=True))
    )
    assert near(view.to_page(view.from_page(inside)), inside, 2 * ROUNDING)


@given(VIEWS, BOXES)
def test_what_a_view_tells_lies_in_its_box(view, box):
    assert view.box.contains(view.to_page(box), ROUNDING)
    assert near(view.to_page(WHOLE), view.box, ROUNDING)
    assert view.from_page(view.box) == WHOLE


@given(VIEWS, BOXES)
def test_what_sticks_out_of_a_view_is_cut_off(view, box):
    seen = view.to_page(view.from_page(box))
    assert seen.area <= box.intersection(view.box) + 5 * ROUNDING


@given(BOXES, BOXES, st.sampled_from(QUARTERS))
def test_what_lies_within_another_does_so_in_every_view(outer, inner, quarter):
    assume(outer.contains(inner))
    view = view_of(box=Box(0.25, 0.125, 0.75, 0.875), quarter=quarter)
    assert view.to_page(outer).contains(view.to_page(inner), ROUNDING)
    assert view.from_page(outer).contains(view.from_page(inner), ROUNDING)


@pytest.mark.parametrize(
    ("quarter", "expected"),
    [
        (0, (0.4, 0.2, 0.5, 0.4)),  # the view's top left quarter, wider than high
        (90, (0.5, 0.2, 0.6, 0.4)),  # content turned clockwise has its top left corner at the right
        (180, (0.5, 0.4, 0.6, 0.6)),
        (270, (0.4, 0.4, 0.5, 0.6)),
    ],
)
def test_the_top_left_of_a_view_is_where_turned_content_begins(quarter, expected):
    view = view_of(box=Box(0.4, 0.2, 0.6, 0.6), quarter=quarter)
    assert near(view.to_page(Box(0, 0, 0.5, 0.5)), expected, ROUNDING)
    assert near(view.from_page(Box(*expected)), (0, 0, 0.5, 0.5), 10 * ROUNDING)


# Pixels


@pytest.mark.parametrize("rotation", QUARTERS)
def test_turned_content_stands_upright_in_its_view(rotation):
    pixels = view_of(rotation, quarter=rotation).pixels(SCREEN)
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert place_of(pixels, RED) == RED_PLACE
    assert place_of(pixels, BLUE) == BLUE_PLACE


@pytest.mark.parametrize("colour", [RED, BLUE], ids=["red", "blue"])
@pytest.mark.parametrize("quarter", QUARTERS)
@pytest.mark.parametrize("rotation", QUARTERS)
def test_pixels_show_what_the_boxes_say(rotation, quarter, colour):
    on_page = box_of(view_of(rotation).pixels(SCREEN), colour)
    view = view_of(rotation, quarter=quarter, box=on_page.union(Box(0.3, 0.4, 0.6, 0.55)))
    pixels = view.pixels(Lens(dpi=144))
    one_pixel = 1 / min(pixels.shape[:2])
    assert near(box_of(pixels, colour), view.from_page(on_page), 2 * one_pixel)
    assert near(view.to_page(box_of(pixels, colour)), on_page, 2 * one_pixel)


@settings(deadline=None)
@given(VIEWS, st.integers(1, 150), st.integers(1, 150))
def test_a_grid_gets_exactly_its_pixels(view, width, height):
    pixels = view.pixels(Lens(width=width, height=height))
    assert pixels.shape == (height, width, 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous


@settings(deadline=None)
@given(VIEWS, st.floats(10, 150), st.floats(0.1, 2))
def test_a_resolution_gets_a_picture_of_the_views_shape(view, dpi, zoom):
    across, down = view.box.width * view.width_points, view.box.height * view.height_points
    if view.quarter in (90, 270):
        across, down = down, across
    height, width, _ = view.closer(zoom).pixels(Lens(dpi=dpi)).shape
    assert abs(width - max(across, 1) * zoom * dpi / 72) <= 1
    assert abs(height - max(down, 1) * zoom * dpi / 72) <= 1


def test_closer_shows_the_same_part_larger():
    view = view_of(90, quarter=90, box=Box(0, 0, 1, 0.5))
    pixels = view.closer(3).pixels(SCREEN)
    assert pixels.shape == (3 * HEIGHT, 3 * WIDTH // 2, 3)
    assert place_of(pixels, RED) == tuple(3 * side for side in RED_PLACE)
    assert view.closer().closer().pixels(SCREEN).shape == view.closer(2).pixels(SCREEN).shape
    assert view.closer(3).pixels(Lens(width=40, height=30)).shape == (30, 40, 3)
    assert (view.closer(3).box, view.zoom) == (view.box, 1.0)


@pytest.mark.parametrize("quarter", QUARTERS)
@pytest.mark.parametrize("box", [Box(0.5, 0.2, 0.5, 0.2), Box(1, 1, 1, 1)])
def test_an_empty_box_is_seen_as_one_point(quarter, box):
    assert view_of(box=box, quarter=quarter).pixels(Lens(dpi=144)).shape == (2, 2, 3)


# Lenses


@given(st.floats(1, 14_400), st.floats(1, 14_400), st.floats(1, 2400))
def test_a_lens_keeps_the_shape_and_its_limit(width_points, height_points, dpi):
    width, height = Lens(dpi=dpi).size(width_points, height_points)
    scale = min(dpi / 72, MAX_SIDE / max(width_points, height_points))
    assert min(width, height) >= 1
    assert max(width, height) <= MAX_SIDE
    assert abs(width - width_points * scale) <= 1
    assert abs(height - height_points * scale) <= 1


@given(st.integers(1, 999), st.integers(1, 999), st.floats(1, 14_400), st.floats(1, 14_400))
def test_a_grid_is_the_same_for_every_area(width, height, width_points, height_points):
    assert Lens(width=width, height=height).size(width_points, height_points) == (width, height)


# Elsewhere


@pytest.mark.parametrize("on_disk", [False, True])
def test_another_process_cuts_the_same_pixels(tmp_path, on_disk):
    origin = PAGES[90]
    if on_disk:
        path = tmp_path / "turned.pdf"
        path.write_bytes(origin.data)
        origin = Origin(str(path))
    view = View(PageReference(origin, 1), HEIGHT, WIDTH, Box(0.1, 0.05, 0.95, 0.6), quarter=90)
    lens = Lens(width=448, height=448)
    pickled = pickle.dumps((view, lens))
    environment = {**os.environ, "PYTHONPATH": str(Path(docai.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", CUT], input=pickled, env=environment, capture_output=True, check=True)
    pixels = view.pixels(lens)
    assert done.stdout.decode().strip() == f"{pixels.shape} {hashlib.sha256(pixels).hexdigest()}"
    assert not on_disk or len(pickled) < 1000
