"""Pieces of bars that printed labels have cut."""

from __future__ import annotations

from dataclasses import replace

from docai.backends.classical.charts.raster.pieces import _exchanged, _turned, without_cuts, without_print
from docai.backends.classical.charts.scene import Extent, Label, Rectangle

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


def test_bars_that_a_label_hides_from_side_to_side_are_whole_however_wide_and_long():
    upper, lower = Rectangle(Extent(100.0, 20.0, 150.0, 71.0), DARK), Rectangle(Extent(100.0, 79.0, 150.0, 128.0), DARK)
    text = Label("328.39", Extent(102.0, 70.0, 148.0, 80.0), 10.0)
    for turned in (False, True):
        pieces = [_turned(slab) if turned else slab for slab in (upper, BAR, lower)]
        label = replace(text, extent=_exchanged(text.extent)) if turned else text
        whole = Rectangle(Extent(100.0, 20.0, 150.0, 128.0), DARK)
        assert without_print(pieces, [label]) == [_turned(whole) if turned else whole, pieces[1]]
        assert without_print(pieces, []) == pieces
        other = replace(pieces[2], fill=BLUE)
        assert without_print([*pieces[:2], other], [label]) == [*pieces[:2], other]


def test_strokes_of_letters_are_no_rectangles_though_they_stand_beside_the_bars():
    letter, short = Rectangle(Extent(112.0, 100.0, 114.0, 108.0), BLACK), Rectangle(Extent(112.0, 100.0, 114.0, 130.0), BLACK)
    text = Label("16.18", Extent(110.0, 100.0, 140.0, 108.0), 10.0)
    assert without_print([BAR, letter, short], [text]) == [BAR, short]
