"""Pieces of bars that printed labels have cut."""

from __future__ import annotations

from docai.backends.classical.charts.raster.pieces import without_cuts
from docai.backends.classical.charts.scene import Extent, Rectangle

BLUE, DARK, BLACK = "#2874dc", "#0c273b", "#131215"
BAR = Rectangle(Extent(100.0, 130.0, 190.0, 380.0), BLUE)


def test_a_thin_bar_of_a_stack_that_its_label_cuts_is_made_whole():
    pieces = [
        Rectangle(Extent(left, 118.0, right, 129.0), DARK) for left, right in ((100.0, 130.0), (138.0, 144.0), (160.0, 190.0))
    ]
    found = without_cuts([BAR, *pieces])
    assert [slab.extent for slab in found] == [BAR.extent, Extent(100.0, 118.0, 190.0, 129.0)]
    assert [slab.fill for slab in found] == [BLUE, DARK]


def test_a_lying_bar_that_its_label_cuts_is_made_whole():
    bar = Rectangle(Extent(0.0, 100.0, 300.0, 190.0), BLUE)
    pieces = [Rectangle(Extent(301.0, top, 315.0, bottom), DARK) for top, bottom in ((100.0, 138.0), (150.0, 190.0))]
    assert Extent(301.0, 100.0, 315.0, 190.0) in [slab.extent for slab in without_cuts([bar, *pieces])]


def test_bars_of_a_group_that_do_not_reach_both_ends_of_another_stay_apart():
    pieces = [Rectangle(Extent(left, 118.0, left + 20, 129.0), DARK) for left in (100.0, 140.0)]
    assert len(without_cuts([BAR, *pieces])) == 3


def test_pieces_of_letters_on_a_bar_are_no_rectangles():
    letters = [Rectangle(Extent(110.0 + 6 * n, 200.0, 112.0 + 6 * n + n % 3, 203.0 + n), BLACK) for n in range(9)]
    assert without_cuts([BAR, *letters]) == [BAR]


def test_small_bars_beside_large_ones_stay():
    small = [Rectangle(Extent(200.0 + 20 * n, 370.0 - n, 215.0 + 20 * n, 380.0), BLACK) for n in range(9)]
    assert len(without_cuts([BAR, *small])) == 10


def test_a_bar_that_a_narrower_one_stands_in_front_of_is_one():
    front = Rectangle(Extent(110.0, 200.0, 120.0, 300.0), BLUE)
    sides = [Rectangle(Extent(left, 100.0, left + 10, 300.0), DARK) for left in (100.0, 120.0)]
    beyond = Rectangle(Extent(110.0, 100.0, 120.0, 200.0), DARK)
    assert {slab.extent for slab in without_cuts([front, *sides, beyond])} == {front.extent, Extent(100.0, 100.0, 130.0, 300.0)}


def test_bars_of_a_group_beside_a_shorter_one_stay_apart():
    front = Rectangle(Extent(110.0, 200.0, 120.0, 300.0), BLUE)
    sides = [Rectangle(Extent(left, 100.0, left + 10, 300.0), DARK) for left in (100.0, 120.0)]
    assert len(without_cuts([front, *sides])) == 3
