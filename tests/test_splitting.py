"""Splitting: the parts of a view are all of it, no word is cut, and a table's rows keep their header."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.box import WHOLE, Box
from docai.lenses import GridLens, Lens
from docai.sources import Origin, PageReference, opened
from docai.splitting import halves, parts
from docai.tiling import View, met
from tests.drawn_pages import HEIGHT, REFERENCE, WIDTH, Sheet, grid_rules, word, words

QUARTERS = (0, 90, 180, 270)
ROUNDING = 1e-5  # of a box's sides
LENS = GridLens()


def view_of(found=(), **fields):
    return View(REFERENCE, WIDTH, HEIGHT, words=tuple(found), **fields)


def rows(count, *, first=60.0, pitch=14.0, size=10.0, columns=(60, 200, 340, 480)):
    """Return the words of a table's rows."""
    return [word(f"{n}{c}abc", x, first + n * pitch, size) for n in range(count) for c, x in enumerate(columns)]


PLACES = st.tuples(st.floats(20, 560), st.floats(20, 780), st.floats(4, 30))
SCATTERED = st.lists(PLACES, min_size=1, max_size=30).map(
    lambda places: [word("abc"[: 1 + n % 3], x, y, size, line=n) for n, (x, y, size) in enumerate(places)]
)


@given(SCATTERED, st.sampled_from(QUARTERS))
def test_two_halves_are_the_whole_and_cut_no_word(found, quarter):
    view = view_of(found, quarter=quarter)
    split = halves(view)
    if len(split) == 1:
        assert split == (view,)
        return
    one, other = split
    assert one.box.union(other.box) == WHOLE
    assert one.box.area + other.box.area == pytest.approx(1, abs=1e-4)
    assert one.box.intersection(other.box) <= ROUNDING
    assert min(one.box.area, other.box.area) > 0.19
    assert sorted(one.words + other.words) == sorted(found)
    for half in split:
        for held in half.words:
            middle = (held.box.top + held.box.bottom) / 2, (held.box.left + held.box.right) / 2
            assert half.box.contains(Box(middle[1], middle[0], middle[1], middle[0]), ROUNDING)


@pytest.mark.parametrize("quarter", QUARTERS)
def test_the_first_half_is_read_first(quarter):
    upper, lower = halves(view_of([word("a", 300, 400)], quarter=quarter))
    whole = view_of(quarter=quarter)
    first, second = whole.from_page(upper.box), whole.from_page(lower.box)
    assert (first.top, first.left) < (second.top, second.left)
    assert (first.width == 1) == (quarter in (0, 180))  # the page is longer than wide: across its longer side


def test_a_table_is_split_between_two_rows():
    upper, lower = halves(view_of(rows(50)))
    assert len(upper.words) % 4 == len(lower.words) % 4 == 0
    assert {len(upper.words), len(lower.words)} <= {96, 100, 104}


def test_a_ruled_table_is_split_at_a_rule_and_not_between_lines_of_a_cell():
    found = [word("abc", 80, 100 + 28 * n + 12 * k) for n in range(22) for k in range(2)]
    rules = grid_rules([60, 300, 540], [88 + 28 * n for n in range(23)])
    upper, lower = halves(view_of(found, rules=tuple(rules)))
    assert (upper.box.bottom * HEIGHT - 88) % 28 == pytest.approx(0, abs=0.02)
    assert len(upper.words) % 2 == 0
    assert upper.rules
    assert all(rule in rules for rule in (*upper.rules, *lower.rules))


def test_the_lower_half_of_a_table_keeps_its_header():
    header = Box(0, 0.05, 1, 0.08)
    upper, lower = halves(view_of(rows(50)), header)
    assert upper.head is None
    assert lower.head == header
    assert {held for held in lower.words if held.box.top < 0.1} == set(rows(1))
    again = halves(lower)
    assert [part.head for part in again] == [header, header]
    assert again[0].box.union(again[1].box) == lower.box
    assert set(again[0].words) & set(again[1].words) == set(rows(1))


def test_a_header_on_another_part_of_the_page_is_no_head():
    view = view_of(rows(20, first=460), box=Box(0, 0.5, 1, 1))
    assert [part.head for part in halves(view, Box(0, 0.05, 1, 0.08))] == [None, None]


def test_the_sides_of_a_view_with_a_head_have_their_own_parts_of_it():
    view = view_of(rows(10, first=420), box=Box(0, 0.5, 1, 0.75), head=Box(0, 0.1, 1, 0.15))
    left, right = halves(view)
    assert left.box.right == left.head.right == right.box.left == right.head.left
    assert (left.head.top, left.head.bottom) == (0.1, 0.15)


def test_a_view_that_words_fill_stays_one():
    view = view_of([word("abcdefghijklm", 10, 600, 600.0)])
    assert halves(view) == (view,)


def test_a_picture_that_nobody_has_read_is_split_in_its_white():
    sheet = Sheet()
    sheet.page.draw_rect((60, 60, 540, 500), color=None, fill=(0, 0, 0))
    sheet.page.draw_rect((60, 540, 540, 780), color=None, fill=(0, 0, 0))
    with opened(Origin(None, sheet.file.tobytes())) as source:
        page = source.page(1)
        upper, lower = halves(View(page.reference, page.width_points, page.height_points))
    assert 500 < upper.box.bottom * 842 < 540
    assert lower.box.top == upper.box.bottom


# Parts


def fine_print():
    return [held for n in range(100) for held in words("the quarterly review of it", 60, 50 + 7 * n, 5.0, line=n)]


def test_parts_are_as_many_as_the_text_needs_and_each_shows_it_large_enough():
    view = view_of(fine_print())
    assert met(view, LENS) < 1
    found = parts(view, LENS)
    assert 2 <= len(found) <= 8
    assert min(met(part, LENS) for part in found) >= 1
    assert sorted(held for part in found for held in part.words) == sorted(view.words)
    assert sum(part.box.area for part in found) == pytest.approx(1, abs=1e-3)


def test_a_view_that_is_seen_well_enough_stays_one():
    view = view_of(rows(40))
    assert parts(view, LENS) == (view,)


def test_parts_are_never_more_than_allowed_nor_smaller_than_an_inch():
    view = view_of(fine_print())
    assert len(parts(view, Lens(dpi=20))) == 8
    assert len(parts(view, Lens(dpi=20), most=3)) == 3
    small = view_of(box=Box(0.1, 0.1, 0.2, 0.15))
    assert parts(small, Lens(dpi=20)) == (small,)


def test_every_part_of_a_table_shows_its_header():
    header, columns = Box(0, 0.05, 0.5, 0.07), (60, 200)
    view = view_of(rows(90, first=50, pitch=8, size=5, columns=columns), box=Box(0, 0, 0.5, 1))
    found = parts(view, LENS, header)
    assert len(found) > 1
    assert min(met(part, LENS) for part in found) >= 1
    assert found[0].head is None
    assert {part.head for part in found[1:]} == {header}
    assert all(set(rows(1, first=50, size=5, columns=columns)) <= set(part.words) for part in found)


def test_a_very_wide_table_is_split_between_columns():
    left, right = halves(view_of(rows(10, first=60), box=Box(0, 0.05, 1, 0.25)), Box(0, 0.05, 1, 0.09))
    assert left.box.right == right.box.left
    assert (left.head, right.head) == (None, None)


def test_a_part_crosses_to_another_process_without_pixels():
    part = halves(view_of(rows(50)), Box(0, 0.05, 1, 0.08))[1]
    assert pickle.loads(pickle.dumps(part)) == part
    assert len(pickle.dumps(View(PageReference(REFERENCE.origin, 1), WIDTH, HEIGHT, part.box, head=part.head))) < 1000
