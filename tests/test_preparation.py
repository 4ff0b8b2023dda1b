"""A picture of a page becomes fit to be read: evenly lit, dark on light, cut out of its photograph, upright and straight."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.box import Box
from docai.marks import find_marks
from docai.preparation import Pose, find_ink, find_sheet, find_skew, flatten, prepare, turned
from tests.drawn_scans import (
    KINDS,
    Paper,
    compressed,
    drawn,
    faint,
    negative,
    noisy,
    on_paper,
    overlap,
    photographed,
    rotated,
    salted,
    unevenly_lit,
)

PROSE = ("english", "vietnamese", "korean")
YELLOWISH, KRAFT, GREYISH = (246, 230, 184), (190, 160, 120), (225, 225, 225)


def near_print(scan, reach=3):
    """Return where lines of a page are, and what is near them, as (height, width) bool."""
    mask = np.zeros(scan.pixels.shape[:2], bool)
    for line in scan.lines:
        left, top, right, bottom = (round(side) for side in line.box)
        mask[top - reach : bottom + reach, left - reach : right + reach] = True
    return mask


def ground_of(scan):
    """Return where nothing is printed, nor near, as (height, width) bool."""
    return cv2.dilate(np.asarray(scan.grey < 250, np.uint8), np.ones((9, 9), np.uint8)) == 0


def found(scan, prepared):
    """Return which share of the truth's print is ink."""
    return prepared.ink[scan.print].mean()


def dirt(scan, prepared):
    """Return which share of what is away from print is ink."""
    return prepared.ink[~near_print(scan)].mean()


# ---- skew


@pytest.mark.parametrize("kind", PROSE)
@pytest.mark.parametrize("degrees", [-12, -3, 0.3, 7])
def test_the_skew_of_prose_is_found_within_a_tenth_of_a_degree(kind, degrees):
    scan = rotated(drawn(kind), degrees)
    assert find_skew(find_marks(find_ink(flatten(scan.grey)))) == pytest.approx(degrees, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", PROSE)
def test_every_skew_of_prose_is_found_within_a_fifth_of_a_degree(kind):
    errors = [
        abs(find_skew(find_marks(find_ink(flatten(rotated(drawn(kind), float(degrees)).grey)))) - degrees)
        for degrees in np.arange(-12, 12.01, 0.75)
    ]
    assert max(errors) <= 0.2  # the lowest point of a letter that is turned by more than 6 degrees is a corner of it
    assert np.mean(errors) <= 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_a_straight_page_is_left_untouched(kind):
    assert prepare(drawn(kind).pixels).pose == Pose()


@pytest.mark.parametrize("degrees", [-4.0, 0.7, 9.0])
def test_a_tilted_page_comes_out_straight_and_its_words_lead_home(degrees):
    scan = rotated(drawn("english"), degrees)
    prepared = prepare(scan.pixels)
    assert prepared.pose.skew == pytest.approx(degrees, abs=0.1)
    assert find_skew(find_marks(prepared.ink)) == pytest.approx(0, abs=0.1)
    for line, box in zip(scan.lines, scan.upright(prepared), strict=True):
        height, width = prepared.grey.shape
        home = prepared.pose.to_given(Box.clipped(box[0] / width, box[1] / height, box[2] / width, box[3] / height))
        assert overlap(home, scan.fraction(line.box)) >= 0.9


@pytest.mark.parametrize("degrees", [-3, 0.5, 8])
def test_dark_surroundings_of_a_tilted_page_do_not_hide_its_skew(degrees):
    prepared = prepare(rotated(drawn("english"), degrees, surroundings=40).pixels)
    assert find_skew(find_marks(prepared.ink)) == pytest.approx(0, abs=0.1)


def test_what_a_program_drew_is_not_straightened():
    scan = rotated(drawn("english"), 3)
    assert prepare(scan.pixels, straighten=False).pose == Pose()


# ---- sheets in photographs


@pytest.mark.parametrize("kind", ["english", "korean", "ruled table", "form"])
@pytest.mark.parametrize("tilt", [0.03, 0.08, 0.15])
def test_the_sheet_of_a_photograph_is_found_within_a_hundredth_of_its_side(kind, tilt):
    scan = photographed(drawn(kind), tilt=tilt)
    corners = find_sheet(scan.grey)
    assert corners is not None
    assert np.abs(corners - np.array(scan.corners)).max() <= 0.01 * min(drawn(kind).pixels.shape[:2])


@pytest.mark.parametrize("kind", ["english", "vietnamese", "korean", "ruled table", "receipt"])
def test_words_of_a_photograph_lead_home(kind):
    scan = photographed(drawn(kind))
    prepared = prepare(scan.pixels)
    height, width = prepared.grey.shape
    for line, box in zip(scan.lines, scan.upright(prepared), strict=True):
        home = prepared.pose.to_given(Box.clipped(box[0] / width, box[1] / height, box[2] / width, box[3] / height))
        assert overlap(home, scan.fraction(line.box)) >= 0.8
        there = prepared.pose.from_given(scan.fraction(line.box))
        assert there.contains(Box.clipped(box[0] / width, box[1] / height, box[2] / width, box[3] / height), 0.001)


def test_a_photographed_sheet_comes_out_upright_with_its_print():
    scan = photographed(drawn("english"))
    prepared = prepare(scan.pixels)
    for box in scan.upright(prepared):
        left, top, right, bottom = (round(side) for side in box)
        assert prepared.ink[top:bottom, left:right].mean() > 0.1
        assert prepared.ink[bottom + 3 : bottom + 5, left:right].mean() < 0.05  # the lines are level: white between them


@pytest.mark.parametrize("kind", KINDS)
def test_a_scan_has_no_sheet_to_cut_out(kind):
    assert find_sheet(drawn(kind).grey) is None


def sheet_with_panel(x0, y0, x1, y1):
    """Return a page with a dark panel and light letters on it, and body text where the panel is not."""
    paper = Paper()
    paper.panel(x0, y0, x1, y1)
    paper.text(x0 + 12, y0 + 40, "Annual report", 13, "hebo", (1, 1, 1))
    left, top = (x1 + 20, 40) if x0 == 0 and x1 < 400 else (40, y1 + 40 if y0 == 0 else 40)
    paper.column(left, top, 400 - left, PANEL_TEXT, size=10)
    return paper.scan()


PANEL_TEXT = "The quarterly review of the regional network shows that volumes grew in every part of the country".split() * 4


@pytest.mark.parametrize("panel", [(0, 0, 130, 595), (0, 0, 420, 130), (0, 450, 420, 595)], ids=["left", "top", "bottom"])
def test_a_dark_panel_along_an_edge_is_part_of_the_page(panel):
    assert find_sheet(sheet_with_panel(*panel).grey) is None


# ---- pose


def pose_onto(*corners):
    """Return the pose whose upright picture lies on four corners of the given one, in fractions, clockwise from the top left."""
    unit = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    matrix = cv2.getPerspectiveTransform(unit, np.array(corners, np.float32))
    return Pose(matrix=tuple(float(value) for value in (matrix / matrix[2, 2]).ravel()))


NEAR, FAR = st.floats(0, 0.3), st.floats(0.7, 1)
INSIDE = st.builds(  # wholly inside the given picture; four corners that near to those of the picture make a convex shape
    pose_onto, st.tuples(NEAR, NEAR), st.tuples(FAR, NEAR), st.tuples(FAR, FAR), st.tuples(NEAR, FAR)
)
SIDES = st.floats(0, 1)
BOXES = st.tuples(SIDES, SIDES, SIDES, SIDES).map(lambda sides: Box.clipped(*sides))
ROUNDING = 2e-5  # of both sides of a box to five decimals


@given(INSIDE, BOXES, SIDES, SIDES)
def test_to_given_of_a_box_contains_the_places_of_its_points(pose, box, across, down):
    x, y = min(1.0, box.left + across * box.width), min(1.0, box.top + down * box.height)
    assert pose.to_given(box).contains(pose.to_given(Box(x, y, x, y)), ROUNDING)


@given(INSIDE, BOXES)
def test_from_given_of_to_given_contains_the_box(pose, box):
    assert pose.from_given(pose.to_given(box)).contains(box, 10 * ROUNDING)  # the way back enlarges what was rounded


@given(BOXES)
def test_a_pose_that_changes_nothing_gives_back_equal_boxes(box):
    assert not Pose().changes
    assert Pose().to_given(box) == Pose().from_given(box) == box


# ---- turns


def test_four_quarters_turn_a_picture_round():
    prepared = again = prepare(drawn("two columns").pixels)
    for quarters in (1, 2, 3, 4):
        again = turned(again, 90)
        assert again.pose.quarter == 90 * quarters % 360
    assert again.pose == prepared.pose
    assert np.array_equal(again.grey, prepared.grey)
    assert np.array_equal(again.ink, prepared.ink)


@settings(deadline=None)
@given(INSIDE, BOXES)
def test_four_quarters_turn_any_pose_round(pose, box):
    picture = prepare(np.full((8, 12, 3), 255, np.uint8))
    again = prepared = replace(picture, pose=pose)
    for _ in range(4):
        again = turned(again, 90)
    assert again.pose.matrix == pytest.approx(prepared.pose.matrix)
    assert again.pose.to_given(box) == pytest.approx(pose.to_given(box), abs=ROUNDING)


@pytest.mark.parametrize("quarter", [90, 180, 270])
def test_a_page_that_was_scanned_turned_is_turned_back(quarter):
    scan = drawn("form")
    given_pixels = np.ascontiguousarray(np.rot90(scan.pixels, -quarter // 90))  # clockwise
    prepared = turned(prepare(given_pixels, straighten=False), quarter)
    upright = prepare(scan.pixels, straighten=False)
    assert prepared.pose.quarter == quarter
    assert prepared.grey.shape == upright.grey.shape
    assert np.array_equal(prepared.ink, upright.ink)
    for line in scan.lines:
        left, top, right, bottom = prepared.pose.to_given(scan.fraction(line.box)).pixels(*given_pixels.shape[1::-1])
        dark = given_pixels[top:bottom, left:right].min(axis=2) < 128
        assert all(side.any() for side in (dark[:2], dark[-2:], dark[:, :2], dark[:, -2:]))  # the box is tight around the ink


def test_no_turn_gives_back_the_same_value():
    prepared = prepare(drawn("form").pixels, straighten=False)
    assert turned(prepared, 0) is prepared


# ---- light and noise


@pytest.mark.parametrize("kind", PROSE)
def test_uneven_light_is_made_even(kind):
    scan = unevenly_lit(drawn(kind), darkest=0.5)
    prepared = prepare(scan.pixels)
    assert prepared.pose == Pose()
    assert prepared.grey[ground_of(drawn(kind))].min() >= 245
    assert found(scan, prepared) >= 0.99
    assert dirt(scan, prepared) == 0


def test_light_that_falls_to_a_quarter_leaves_no_ink_on_the_ground():
    scan = unevenly_lit(drawn("english"), darkest=0.25)
    prepared = prepare(scan.pixels)
    assert prepared.grey[ground_of(drawn("english"))].min() >= 220
    assert found(scan, prepared) >= 0.99
    assert dirt(scan, prepared) == 0


@pytest.mark.parametrize("kind", PROSE)
def test_dark_mode_comes_out_dark_on_light(kind):
    prepared = prepare(negative(drawn(kind)).pixels, straighten=False)
    assert np.median(prepared.grey[drawn(kind).print]) < 60
    assert prepared.grey[ground_of(drawn(kind))].min() >= 245
    assert found(drawn(kind), prepared) >= 0.99


@pytest.mark.parametrize(
    "kind",
    [
        *(kind for kind in PROSE),
        "two columns",
        "form",
        "ruled table",
    ],
)
def test_a_page_in_dark_mode_is_no_sheet_on_a_table(kind):
    assert prepare(negative(drawn(kind)).pixels).pose == Pose()


@pytest.mark.parametrize("colour", [YELLOWISH, KRAFT, GREYISH], ids=["yellowish", "kraft", "greyish"])
def test_coloured_paper_comes_out_white(colour):
    scan = on_paper(drawn("english"), colour)
    prepared = prepare(scan.pixels)
    assert prepared.pose == Pose()
    assert prepared.grey[ground_of(drawn("english"))].min() >= 245
    assert found(scan, prepared) >= 0.99
    assert dirt(scan, prepared) == 0


# Medians take the ends off thin strokes: 87 % of the ink of Times is found, whose hair lines are a pixel wide.
@pytest.mark.parametrize(("kind", "share"), [("english", 0.85), ("vietnamese", 0.95), ("korean", 0.95)])
@pytest.mark.parametrize(
    "spoilt",
    [
        lambda scan: noisy(scan, 6),
        lambda scan: noisy(scan, 15),
        lambda scan: noisy(on_paper(scan, GREYISH), 30),
        lambda scan: salted(scan, 0.003),
        lambda scan: salted(scan, 0.03),
        compressed,
    ],
    ids=["little noise", "noise", "much noise on grey", "few specks", "many specks", "jpeg"],
)
def test_noise_is_no_ink_and_print_stays(kind, share, spoilt):
    scan = spoilt(drawn(kind))
    prepared = prepare(scan.pixels)
    assert prepared.pose == Pose()
    assert dirt(scan, prepared) < 0.002
    assert found(scan, prepared) >= share


@pytest.mark.xfail(reason="noise is judged by what is lighter than the ground, which white that is cut off has none of")
def test_noise_on_paper_that_is_as_white_as_can_be_is_no_ink():
    scan = noisy(drawn("english"), 25)
    assert dirt(scan, prepare(scan.pixels)) < 0.002


def test_specks_on_a_hundredth_of_the_pixels_are_no_ink():
    scan = salted(drawn("english"), 0.01)
    assert dirt(scan, prepare(scan.pixels)) < 0.002


@pytest.mark.parametrize("kind", PROSE)
@pytest.mark.parametrize("contrast", [0.2, 0.4])
def test_faint_print_is_found(kind, contrast):
    scan = faint(drawn(kind), contrast)
    prepared = prepare(scan.pixels)
    assert found(scan, prepared) >= 0.95
    assert dirt(scan, prepared) == 0


def test_faint_print_is_found_under_noise_and_uneven_light():
    scan = noisy(unevenly_lit(faint(drawn("vietnamese"), 0.35), 0.7), 2)
    prepared = prepare(scan.pixels)
    assert found(scan, prepared) >= 0.95
    assert dirt(scan, prepared) < 0.002


# ---- pictures with nothing on them


@pytest.mark.parametrize("level", [0, 1, 60, 128, 200, 254, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (3, 200), (200, 3), (9, 9), (64, 64), (400, 300)])
def test_an_even_picture_of_any_size_has_no_ink(level, shape):
    prepared = prepare(np.full((*shape, 3), level, np.uint8))
    assert prepared.grey.shape == prepared.ink.shape == shape
    assert not prepared.ink.any()
    assert prepared.pose == Pose()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.booleans())
def test_any_small_picture_is_prepared(height, width, seed, straighten):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    prepared = prepare(pixels, straighten=straighten)
    assert prepared.grey.dtype == prepared.ink.dtype == np.uint8
    assert prepared.grey.shape == prepared.ink.shape
    assert set(np.unique(prepared.ink)) <= {0, 1}


def test_preparing_leaves_the_given_pixels_as_they_were():
    scan = rotated(drawn("receipt"), 2)
    before = scan.pixels.copy()
    prepare(scan.pixels)
    assert np.array_equal(before, scan.pixels)
