"""Views and lenses: boxes go there and back, pixels are exactly as many as asked for, and what is turned stands upright."""

from __future__ import annotations

import hashlib
import io
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
from PIL import Image

import docai
from docai.box import WHOLE, Box
from docai.grids import cut_anyres, cut_reference
from docai.sources import Font, Origin, PageReference, SourceWord, opened
from docai.tiling import MAX_SIDE, AnyresLens, GridLens, Lens, View, look, met

WIDTH, HEIGHT = 300, 200  # points of the page as it was drawn, before it is turned
RED, BLUE = (1, 0, 0), (0, 0, 1)
RED_PLACE, BLUE_PLACE = (15, 10, 75, 50), (240, 130, 285, 190)  # points: near the top left and the bottom right corner
QUARTERS = (0, 90, 180, 270)
ROUNDING = 1e-5  # of a box's sides
SCREEN = Lens(dpi=72)  # one pixel a point
PAPER, PITCH = (595, 842), 12.0  # points: a page of text, its lines of 10 points
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


def written():
    """Return a PDF of two columns of 10-point text, whose lines do not stand level."""
    with pymupdf.open() as document:
        page = document.new_page(width=PAPER[0], height=PAPER[1])
        for left, first in ((60, 70), (310, 73)):
            for n in range(58):
                page.insert_text((left, first + n * PITCH), "The quarterly review of the network and its", fontsize=10)
        return Origin(None, document.tobytes())


PAGES = {rotation: drawn(rotation) for rotation in QUARTERS}
TEXT = written()


@pytest.fixture(scope="module", autouse=True)
def _held_open():
    with opened(PAGES[0]), opened(PAGES[90]), opened(PAGES[180]), opened(PAGES[270]), opened(TEXT):
        yield


@pytest.fixture(scope="module")
def text():
    """A view of the page of text."""
    with opened(TEXT) as source:
        page = source.page(1)
    return View(page.reference, page.width_points, page.height_points, words=page.words)


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


# Heads


SOLID = st.tuples(SHARES, SHARES, st.floats(0.1, 1), st.floats(0.1, 1)).map(
    lambda sides: Box.clipped(
        sides[0] * (1 - sides[2]),
        sides[1] * (1 - sides[3]),
        sides[0] * (1 - sides[2]) + sides[2],
        sides[1] * (1 - sides[3]) + sides[3],
    )
)


@st.composite
def headed(draw):
    """Views with a head: a strip above the rest, once both are turned upright."""
    quarter = draw(st.sampled_from(QUARTERS))
    gaps, shown = draw(st.tuples(SHARES, SHARES, SHARES)), draw(st.tuples(*[st.floats(0.05, 1)] * 2))
    steps = np.cumsum([gaps[0], shown[0], gaps[1], shown[1], gaps[2]])
    sides = (steps / steps[-1])[:4].tolist()
    left, _, right, _ = draw(SOLID)
    upright = view_of(box=WHOLE, quarter=quarter)
    head, rest = (upright.to_page(Box(left, top, right, bottom)) for top, bottom in (sides[:2], sides[2:]))
    return view_of(draw(st.sampled_from(QUARTERS)), box=rest, head=head, quarter=quarter)


@given(headed(), BOXES)
def test_a_box_of_a_view_with_a_head_comes_back_from_the_page(view, box):
    there_and_back = view.from_page(view.to_page(box))
    assert near(there_and_back, box, 5 * ROUNDING * (1 + 1 / min(*view.box[2:], 1, view.box.width, view.box.height)))


@given(headed(), SOLID, st.booleans())
def test_what_lies_in_the_head_or_in_the_rest_stays_in_it(view, box, in_head):
    border = view.head_share
    low, high = (0, border) if in_head else (border, 1)
    part = Box(box.left, low + box.top * (high - low), box.right, low + box.bottom * (high - low))
    assert (view.head if in_head else view.box).contains(view.to_page(part), 3 * ROUNDING)


@given(headed(), SOLID)
def test_a_box_on_the_page_in_the_head_or_in_the_rest_comes_back_from_the_view(view, box):
    for place in (view.head, view.box):
        inside = view_of(box=place).to_page(box)
        assert near(view.to_page(view.from_page(inside)), inside, 6 * ROUNDING)


@pytest.mark.parametrize("quarter", QUARTERS)
def test_a_head_is_shown_above_the_rest_at_the_same_scale(quarter):
    whole = view_of(quarter, quarter=quarter)
    head, rest = whole.to_page(Box(0, 0, 1, 0.3)), whole.to_page(Box(0, 0.6, 1, 1))
    pixels = view_of(quarter, quarter=quarter, box=rest, head=head).pixels(Lens(dpi=144))
    straight = whole.pixels(Lens(dpi=144))
    assert pixels.shape == (2 * 140, 2 * WIDTH, 3)
    assert np.abs(pixels[:120].astype(int) - straight[:120]).mean() < 1
    assert np.abs(pixels[120:].astype(int) - straight[240:]).mean() < 1


@pytest.mark.parametrize("quarter", QUARTERS)
def test_a_head_below_the_rest_or_of_another_width_is_refused(quarter):
    whole = view_of(quarter=quarter)
    below, narrow, rest = (whole.to_page(box) for box in (Box(0, 0.8, 1, 1), Box(0, 0, 0.9, 0.1), Box(0, 0.2, 1, 0.7)))
    for head in (below, narrow):
        with pytest.raises(ValueError, match="not as wide"):
            view_of(quarter=quarter, box=rest, head=head)


# What is seen


def test_through_a_plain_lens_a_view_is_one_tile():
    view = view_of(90, quarter=90, box=Box(0, 0, 1, 0.5))
    seen = look(view, SCREEN)
    assert np.array_equal(seen.tiles, view.pixels(SCREEN)[None])
    assert (seen.columns, seen.rows, seen.width, seen.height) == (1, 1, WIDTH // 2, HEIGHT)


@pytest.mark.parametrize("resolution", [None, 96.0])
def test_without_need_a_picture_is_cut_by_the_reference(text, resolution):
    view = View(text.page, *PAPER, resolution=resolution)
    lens = GridLens(tile=112, by_need=False)
    seen, expected = look(view, lens), cut_reference(view.pixels(Lens(dpi=resolution or 200)), lens)
    assert np.array_equal(seen.tiles, expected.tiles)
    assert (seen.columns, seen.rows) == (2, 3)
    assert seen.frame == (0, 0, 1, 1)


def test_through_an_anyres_lens_a_drawn_page_is_as_sharp_as_its_longer_side_wants(text):
    view = View(text.page, *PAPER)
    lens = AnyresLens(enlarged=2400)
    seen = look(view, lens)
    assert (seen.width, seen.height) == (1696, 2400)
    assert np.array_equal(seen.tiles, cut_anyres(view.pixels(Lens(dpi=2400 * 72 / 842)), lens).tiles)
    assert (look(view, AnyresLens()).width, look(view, AnyresLens()).height) == (1653, 2339)


@pytest.mark.parametrize("quarter", QUARTERS)
def test_by_need_a_picture_shows_what_its_frame_says(quarter):
    lens = GridLens(tile=64, most=24)
    whole = view_of(quarter, quarter=quarter)
    red = whole.from_page(box_of(view_of(quarter).pixels(SCREEN), RED))
    seen = look(view_of(quarter, quarter=quarter, box=whole.to_page(Box(0, 0, 1, 0.4))), lens)
    picture = seen.tiles[:-1].reshape(seen.rows, seen.columns, 64, 64, 3).swapaxes(1, 2).reshape(seen.height, seen.width, 3)
    expected = Box(red.left, red.top / 0.4, red.right, red.bottom / 0.4)
    assert near(seen.to_view(box_of(picture, RED)), expected, 4 / min(seen.width, seen.height))
    assert near(box_of(picture, RED), seen.from_view(expected), 4 / min(seen.width, seen.height))
    assert len(seen.tiles) == seen.columns * seen.rows + 1


@settings(deadline=None, max_examples=60)
@given(VIEWS | headed(), st.integers(1, 3), st.integers(0, 9), st.booleans(), st.booleans())
def test_a_grid_is_full_of_tiles_and_places_go_there_and_back(view, least, more, thumbnail, by_need):
    lens = GridLens(tile=16, least=least, most=least + more, thumbnail=thumbnail, by_need=by_need)
    seen = look(view, lens)
    count = seen.columns * seen.rows
    assert least <= count <= least + more
    assert seen.tiles.shape == (count + (thumbnail and count > 1), 16, 16, 3)
    assert seen.tiles.dtype == np.uint8
    assert (seen.width, seen.height) == (seen.columns * 16, seen.rows * 16)
    assert seen.met == met(view, lens) > 0
    left, top, right, bottom = seen.frame
    assert max(left, top) <= 0
    assert min(right, bottom) >= 1
    box = Box(0.25, 0.125, 0.75, 0.5)
    assert near(seen.to_view(seen.from_view(box)), box, ROUNDING * (2 + max(right - left, bottom - top)))


def test_a_scan_is_cut_from_its_own_pixels():
    pixels = np.random.default_rng(1).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    written_as = io.BytesIO()
    Image.fromarray(pixels).save(written_as, "PNG", dpi=(150, 150))
    with opened(Origin(None, written_as.getvalue())) as source:
        page = source.page(1)
        view = View(page.reference, page.width_points, page.height_points, resolution=80 / (page.width_points / 72))
        lens = GridLens(tile=28, by_need=False)
        assert np.array_equal(look(view, lens).tiles, cut_reference(pixels, lens).tiles)
        seen = look(view, AnyresLens(tile=28, pinpoints=((56, 56), (28, 84))))
    assert np.array_equal(seen.tiles, cut_anyres(pixels, AnyresLens(tile=28, pinpoints=((56, 56), (28, 84)))).tiles)
    assert (seen.width, seen.height) == (80, 60)


def test_white_surrounds_what_does_not_fill_its_grid():
    seen = look(view_of(box=Box(0, 0, 1, 0.1)), GridLens())
    assert (seen.columns, seen.rows) == (2, 1)
    bottom = round(448 / seen.frame[3])
    assert 1 < seen.frame[3] < 30
    assert (seen.tiles[:2, bottom + 1 :] == 255).all()
    assert not (seen.tiles[:2, : bottom - 1] == 255).all()


def test_text_is_shown_as_large_as_it_needs_and_no_line_of_it_is_cut(text):
    seen = look(text, GridLens())
    assert (seen.columns, seen.rows) == (3, 4)
    assert seen.met >= 1
    picture = seen.tiles[:-1].reshape(4, 3, 448, 448, 3).swapaxes(1, 2).reshape(4 * 448, 3 * 448, 3)
    seams = np.stack([picture[448 * k - 1 : 448 * k + 1] for k in (1, 2, 3)])
    dark = (seams.min(axis=3) < 128).sum()
    shifted = sum((picture[448 * k + 10 : 448 * k + 12].min(axis=2) < 128).sum() for k in (1, 2, 3))
    assert dark < shifted / 4  # the two columns do not stand level: in one of them a descender may touch a seam


def test_how_large_text_is_shown_is_told_without_drawing_it(text):
    elsewhere = View(PageReference(Origin(None, b"no document"), 1), *PAPER, words=text.words)
    for lens in (GridLens(), GridLens(by_need=False), AnyresLens(), AnyresLens(enlarged=2304), Lens(dpi=144)):
        assert met(elsewhere, lens) == look(text, lens).met
    assert met(text, Lens(dpi=144)) == pytest.approx(1, abs=0.01)  # 2 pixels a point, and 10 points an em
    assert met(text, GridLens(most=6)) < 1 <= met(text, GridLens(most=12))
    assert met(text.closer(2), GridLens()) < met(text, GridLens())


def sized(*sizes):
    return tuple(SourceWord("abcdefghij", Box(0.1, 0.1, 0.2, 0.11), size, Font("Plain"), 0.11) for size in sizes)


@pytest.mark.parametrize(
    ("words", "size"),
    [((), 10.0), (sized(8.0, 12.0), 8.0), (sized(*[5.0] * 1, *[12.0] * 120), 12.0), (sized(*[5.0] * 2, *[12.0] * 120), 5.0)],
)
def test_what_counts_is_the_smallest_text_that_is_more_than_a_trifle(words, size):
    assert met(view_of(words=words), Lens(dpi=72)) == pytest.approx(size / 20)


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
