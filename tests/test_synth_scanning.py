"""What scanners do to drawn pages: the pixels change, and the truth with them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from docai.box import Box, hull
from docai.document import Figure
from docai.document import replace as changed
from fine_tune.synth.pages import draw_page
from fine_tune.synth.questions import blank
from fine_tune.synth.scanning import ARTEFACTS, LEAST_LETTERS, scanned, scanned_as
from fine_tune.synth.scanning.hand import handwritten
from fine_tune.synth.scanning.places import skewed

PAGES = [draw_page(seed, kind="letter", language=language) for seed, language in enumerate(("en", "ko", "vi"))]
PLACED = ("skewed", "photographed")  # what moves ink; all else must leave it where it is
ADDING = {"stamped", "folded", "shown_through", "speckled", "shadowed"}  # what darkens other places as well


def darker(pixels, share=0.82):
    """Return where a picture is clearly darker than what is around: the ink, whatever light falls on the paper."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    around = cv2.medianBlur(cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), 21)
    return grey < share * cv2.resize(around, grey.shape[::-1])


def covered(page, grown):
    """Return the pixels that lie in boxes of words, blocks that are no text, and marks, each grown by some pixels."""
    height, width = page.pixels.shape[:2]
    mask = np.zeros((height, width), bool)
    figures = [block.content.box for block in page.document.blocks if block.content.kind != "text"]
    for box in [*(word.box for word in page.document.pages[0].words), *figures, *page.marks]:
        left, top, right, bottom = box.pixels(width, height)
        mask[max(0, top - grown) : bottom + grown, max(0, left - grown) : right + grown] = True
    return mask


def boxes_of(page):
    contents = [block.content for block in page.document.blocks]
    return [*(content.box for content in contents), *(word.box for content in contents for word in content.words)]


@pytest.mark.parametrize("name", ARTEFACTS)
@pytest.mark.parametrize("place", range(3))
def test_ink_still_lies_in_the_boxes_of_words_after_each_artefact(name, place):
    page = scanned_as(PAGES[place], (name,), seed=place, strength=0.6)
    height, width = page.pixels.shape[:2]
    ink = darker(page.pixels)
    words = page.document.pages[0].words
    assert [word.text for word in words] == [word.text for word in PAGES[place].document.pages[0].words]
    bare = 0
    for word in words:
        left, top, right, bottom = word.box.pixels(width, height)
        bare += not ink[top:bottom, left:right].any()
    assert bare <= 0.01 * len(words)  # a full stop may be lost in the grain


@pytest.mark.parametrize("name", sorted(set(ARTEFACTS) - ADDING - {"noisy"}))
@pytest.mark.parametrize("place", range(3))
def test_no_ink_lies_outside_of_the_boxes_after_artefacts_that_add_none(name, place):
    page = scanned_as(PAGES[place], (name,), seed=place, strength=0.6)
    height, width = page.pixels.shape[:2]
    left, top, right, bottom = hull(boxes_of(page)).pixels(width, height)
    ink = darker(page.pixels, 0.7)[top:bottom, left:right]  # what lies round the sheet is dark as well
    outside = ink & ~covered(page, 2)[top:bottom, left:right]
    assert outside.sum() <= 0.005 * ink.sum()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", PLACED)
def test_moved_boxes_are_as_tight_as_the_ink(name, seed):
    """A block of ink alone on white paper is found again, and its box is that of its ink by a pixel."""
    drawn = blank(PAGES[0])
    pixels = drawn.pixels.copy()
    height, width = pixels.shape[:2]
    sides = 60 + 31 * seed, 90 + 40 * seed, 200 + 31 * seed, 130 + 40 * seed
    pixels[sides[1] : sides[3], sides[0] : sides[2]] = 0
    box = Box(sides[0] / width, sides[1] / height, sides[2] / width, sides[3] / height)
    figure = changed(next(PAGES[0].document.blocks), content=Figure(page_number=1, box=box))
    document = changed(drawn.document, pages=(changed(drawn.document.pages[0], blocks=(figure,)),))
    page = scanned_as(replace(drawn, pixels=pixels, document=document), (name,), seed, strength=1.0)
    height, width = page.pixels.shape[:2]
    (there,) = (block.content.box for block in page.document.blocks)
    left, top, right, bottom = there.left * width, there.top * height, there.right * width, there.bottom * height
    cut = darker(page.pixels, 0.5)
    rows = np.flatnonzero(cut[max(0, int(top) - 6) : int(bottom) + 7, int(left) : int(right)].any(1)) + max(0, int(top) - 6)
    columns = np.flatnonzero(cut[int(top) : int(bottom), max(0, int(left) - 6) : int(right) + 7].any(0)) + max(0, int(left) - 6)
    assert abs(rows[0] - top) <= 1.5
    assert abs(rows[-1] + 1 - bottom) <= 1.5
    assert abs(columns[0] - left) <= 1.5
    assert abs(columns[-1] + 1 - right) <= 1.5


@pytest.mark.parametrize("degrees", [-2.5, -0.4, 0.7, 2.5])
def test_what_stands_at_the_edge_stays_in_a_picture_that_is_askew(degrees):
    placing = skewed((800, 1100), Box(0, 0, 1, 1), degrees)
    corners = np.array([[0, 0, 1], [800, 0, 1], [800, 1100, 1], [0, 1100, 1]]) @ placing.matrix.T
    assert (corners[:, 0] >= 1.9).all()
    assert (corners[:, 0] <= 798.1).all()
    assert (corners[:, 1] >= 1.9).all()
    assert (corners[:, 1] <= 1098.1).all()


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_boxes_have_area_on_the_page_and_the_size_in_points_goes_with_the_pixels(seed):
    page = scanned(PAGES[seed % 3], seed, strength=1.0)
    assert all(0 <= side <= 1 for box in boxes_of(page) for side in box)
    assert all(box.area > 0 for box in boxes_of(page))
    height, width = page.pixels.shape[:2]
    (told,) = page.document.pages
    assert (told.width_points, told.height_points) == pytest.approx((width * 72 / page.dpi, height * 72 / page.dpi))
    assert page.pixels.dtype == np.uint8
    assert page.dpi >= 50


def test_the_same_seed_gives_the_same_page_and_another_one_another():
    one, again, other = scanned(PAGES[0], 3), scanned(PAGES[0], 3), scanned(PAGES[0], 4)
    assert np.array_equal(one.pixels, again.pixels)
    assert (one.document, one.traits, one.fields) == (again.document, again.traits, again.fields)
    assert one.pixels.shape != other.pixels.shape or not np.array_equal(one.pixels, other.pixels)


def test_the_page_that_was_drawn_stays_as_it_was():
    before = PAGES[1].pixels.copy()
    for seed in range(8):
        scanned(PAGES[1], seed, strength=1.0)
    handwritten(PAGES[1], 1)
    assert np.array_equal(PAGES[1].pixels, before)


def test_each_artefact_happens_to_some_page_and_is_told():
    told = {trait for seed in range(60) for trait in scanned(PAGES[0], seed, strength=0.7).traits}
    assert told == set(ARTEFACTS)


def test_letters_stay_large_enough_to_be_read():
    page = scanned_as(PAGES[0], ("coarser",) * 6, seed=1, strength=1.0)
    heights = sorted(word.box.height * page.pixels.shape[0] for word in page.document.pages[0].words if word.text.istitle())
    assert heights[len(heights) // 2] >= LEAST_LETTERS["en"] - 0.5


def test_a_strength_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"want 0\.\.1"):
        scanned(PAGES[0], 1, strength=1.5)


def test_a_stamp_is_a_figure_where_its_ink_is():
    page = scanned_as(PAGES[0], ("stamped",), seed=5)
    block = page.document.pages[0].blocks[-1]
    assert isinstance(block.content, Figure)
    changed_at = (page.pixels != PAGES[0].pixels).any(-1)
    left, top, right, bottom = block.box.pixels(page.pixels.shape[1], page.pixels.shape[0])
    assert changed_at[top:bottom, left:right].sum() > 100
    assert changed_at.sum() - changed_at[top:bottom, left:right].sum() <= 0.1 * changed_at.sum()


def test_an_empty_page_is_not_stamped():
    page = scanned_as(blank(PAGES[0]), ("stamped", "noisy"), seed=1)
    assert page.traits == ("noisy",)
    assert page.document.pages[0].blocks == ()


# By hand


def test_fields_filled_in_by_hand_say_the_same_and_their_ink_lies_in_their_boxes():
    for drawn in PAGES:
        page = handwritten(drawn, 7)
        assert [field.value for field in page.fields] == [field.value for field in drawn.fields]
        assert [word.text for word in page.document.pages[0].words] == [word.text for word in drawn.document.pages[0].words]
        height, width = page.pixels.shape[:2]
        altered = (page.pixels != drawn.pixels).any(-1)
        assert altered.any()
        allowed = np.zeros_like(altered)
        for field in (*drawn.fields, *page.fields):
            left, top, right, bottom = field.box.pixels(width, height)
            allowed[top - 2 : bottom + 2, left - 2 : right + 2] = True
        assert not (altered & ~allowed).any()
        for field in page.fields:
            left, top, right, bottom = field.box.pixels(width, height)
            assert darker(page.pixels)[top:bottom, left:right].any()


def test_a_page_without_fields_is_not_written_on():
    drawn = replace(PAGES[0], fields=())
    assert handwritten(drawn, 1) is drawn
