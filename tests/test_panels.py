"""What is printed on panels comes out dark on white, and what is no panel stays as it was."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from docai.panels import whiten_panels
from tests.drawn_pages import filled
from tests.drawn_scans import KINDS, Paper, drawn, unevenly_lit


def whitened(scan):
    """Return the picture of a page with its panels made white, and the same without."""
    grey = scan.grey
    small = cv2.resize(grey, (grey.shape[1] // 2, grey.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return whiten_panels(grey, small, grey), grey


def panel_with(colour, ink, *, text="Stonebridge 1,204.50", box=(40, 60, 260, 140)):
    paper = Paper(width=300, height=200)
    paper.panel(*box, colour)
    if text:
        paper.text(box[0] + 8, box[1] + 12, text, 11, "hebo", ink)
    return paper.scan()


@pytest.mark.parametrize("level", [0, 0.1, 0.3, 0.5, 0.65])
def test_light_print_on_a_panel_becomes_dark_on_white(level):
    scan = panel_with((level,) * 3, (1, 1, 1))
    white, _ = whitened(scan)
    clear = cv2.dilate(np.asarray(scan.layers[0] < 250, np.uint8), np.ones((5, 5), np.uint8)) == 0
    assert (white[clear] < 235).mean() < 0.002  # a row of the edge is half a panel
    assert np.median(white[scan.print]) < 10


@pytest.mark.parametrize("level", [0.35, 0.5, 0.65, 0.8])
def test_dark_print_on_a_panel_becomes_dark_on_white(level):
    scan = panel_with((level,) * 3, (0, 0, 0))
    white, _ = whitened(scan)
    clear = cv2.dilate(np.asarray(scan.layers[0] < 250, np.uint8), np.ones((5, 5), np.uint8)) == 0
    assert white[clear].min() >= 250
    assert np.median(white[scan.print]) < 10


def test_a_panel_without_print_stays():
    white, given = whitened(panel_with((0.3, 0.4, 0.5), None, text=""))
    assert np.array_equal(white, given)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "white on dark"])
def test_a_page_without_panels_stays(kind):
    white, given = whitened(drawn(kind))
    assert np.array_equal(white, given)


@pytest.mark.parametrize("colour", [(0, 0, 0), (0.5, 0.5, 0.5), (0.1, 0.2, 0.5)])
@pytest.mark.parametrize("size", [36, 54, 72, 90, 120])
def test_large_letters_are_no_panels(size, colour):
    paper = Paper()
    paper.text(20, 160, "BROAD8", size, "hebo", colour)
    paper.column(40, 250, 340, filled(60).split(), size=10)
    white, given = whitened(paper.scan())
    assert np.array_equal(white, given)


def test_paper_in_shadow_is_as_white_as_elsewhere_or_stays():
    scan = unevenly_lit(drawn("english"), darkest=0.25)
    white, given = whitened(scan)
    assert (white >= given).all()


def test_a_white_box_on_a_panel_keeps_its_dark_print():
    paper = Paper(width=300, height=200)
    paper.panel(40, 40, 260, 160, (0.2, 0.55, 0.55)).text(50, 60, "Stonebridge and Harwick", 11, "hebo", (1, 1, 1))
    paper.panel(60, 80, 240, 140, (1, 1, 1)).text(70, 110, "Penfold Quay", 11)
    scan = paper.scan()
    white, _ = whitened(scan)
    assert np.median(white[scan.print]) < 10
    inner = white[round(84 * 200 / 72) : round(136 * 200 / 72), round(64 * 200 / 72) : round(236 * 200 / 72)]
    assert (inner > 128).mean() > 0.9


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (9, 9), (64, 64)])
@pytest.mark.parametrize("seed", range(3))
def test_any_small_picture_keeps_its_shape(shape, seed):
    grey = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    small = cv2.resize(grey, (max(1, shape[1] // 2), max(1, shape[0] // 2)))
    assert whiten_panels(grey, np.asarray(small, np.uint8).reshape(max(1, shape[0] // 2), -1), grey).shape == shape
