"""Rows cut at columns: each text in its column, titles over several, numbers apart however close; rules on one height together."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.backends.classical.pieces import MISSING, NUMERIC, YEAR, find_rule_rows
from tests.drawn_pages import HEIGHT, WIDTH
from tests.placed_tables import EM, LEADING, across, down, fractions, pieces_in, put, rows_at, setting

COLUMNS = ((60, 160), (180, 240), (260, 320))


def cut(found, columns=COLUMNS):
    """Return the pieces of each row as (first column, last column, text)."""
    return [[(p.first, p.last, p.text) for p in row.pieces] for row in pieces_in(found, columns)]


# ---- pieces


def test_each_text_stands_over_its_column():
    assert cut(rows_at([("North", "12", "31")], (60, 180, 260))) == [[(0, 0, "North"), (1, 1, "12"), (2, 2, "31")]]


def test_a_blank_place_leaves_its_column_out():
    (row,) = pieces_in(rows_at([("North", "", "31")], (60, 180, 260)), COLUMNS)
    assert row.columns == {0, 2}


def test_a_title_over_two_columns_covers_both():
    assert cut(put("Vans and parcels a day", 200, 100)) == [[(1, 2, "Vans and parcels a day")]]


def test_a_text_that_reaches_a_little_over_its_column_stays_in_it():
    assert cut(put("Harwick upon the river", 60, 100))[0][0][:2] == (0, 0)  # 112 points wide; the next column begins at 180


def test_a_text_between_two_columns_goes_to_the_nearest():
    assert cut(put("i", 164, 100)) == [[(0, 0, "i")]]
    assert cut(put("i", 172, 100)) == [[(1, 1, "i")]]


def test_a_text_beside_all_columns_goes_to_the_outermost():
    assert cut(put("a", 40, 100)) == [[(0, 0, "a")]]
    assert cut(put("z", 400, 100)) == [[(2, 2, "z")]]


def test_two_texts_in_one_column_are_one_piece():
    assert cut([*put("North", 60, 100), *put("West", 120, 100)]) == [[(0, 0, "North West")]]


def test_numbers_are_cut_however_narrow_the_gap_between_their_columns():
    columns = ((60, 160), (180, 220), (222, 260))
    assert cut([*put("1,144", 194, 100), *put("2,020", 222, 100)], columns) == [[(1, 1, "1,144"), (2, 2, "2,020")]]


def test_words_at_the_width_of_a_space_are_not_cut():
    columns = ((60, 160), (180, 220), (222, 260))
    assert cut(put("a word or two", 195, 100), columns) == [[(1, 2, "a word or two")]]


def test_a_row_is_cut_where_its_gap_is_wider_than_its_spaces():
    columns = ((60, 160), (166, 240))
    assert cut([*put("Harwick upon river", 65, 100), *put("Isle of Wick", 166, 100)], columns) == [
        [(0, 0, "Harwick upon river"), (1, 1, "Isle of Wick")]
    ]


def test_pieces_tell_their_ends_and_middle():
    ((piece,),) = (row.pieces for row in pieces_in(put("abcd", 180, 100), COLUMNS))
    ends = [piece.left * WIDTH, piece.right * WIDTH, piece.width * WIDTH, piece.centre * WIDTH]
    assert ends == pytest.approx([180, 200, 20, 190], abs=0.01)
    (row,) = pieces_in(put("abcd", 180, 100), COLUMNS)
    assert [row.top * HEIGHT, row.baseline * HEIGHT, row.bottom * HEIGHT] == pytest.approx([91, 100, 102.5], abs=0.01)


# ---- numbers and what stands for them


NUMBERS = (
    "12|1,144|1.144,50|-3|−3.5|(318)|$12|$ 12|12%|12.5 %|3.2×|12*|12†|5–7|21.8–31.9|<0.01|≥5|~7|£3 million|1.2E-5|3만|12억|100₫|"
    "12:30|5/8|±0.3|US$5|[12]|12kg"
).split("|")


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_are_numeric(text):
    assert NUMERIC.match(text)


@pytest.mark.parametrize("text", ["North", "Depot 1", "A12", "", "–", "12 (of 31) vans in use"])
def test_other_texts_are_not(text):
    assert not NUMERIC.match(text)


@pytest.mark.parametrize(
    "text", ["1 in three vans", "1st of May", "3-way street", "24 hours a day", "1. Vans", "2-acetamidobenzene"]
)
def test_words_after_a_number_are_not(text):
    assert not NUMERIC.match(text)


def test_a_long_word_after_a_number_is_told_at_once():
    start = time.process_time()
    NUMERIC.match("1," + 30 * "a" + ":")
    assert time.process_time() - start < 0.1


@pytest.mark.parametrize("text", ["-", "–", "—", "..", "…", "n/a", "N/A", "n.a.", "nd", "x", "*", "(3)"])
def test_what_stands_for_a_missing_number(text):
    assert MISSING.match(text)


@pytest.mark.parametrize("text", ["2023", "1999", "2023/24", "2023–2024", "FY 2023", "FY2023"])
def test_years(text):
    assert YEAR.match(text)


@pytest.mark.parametrize("text", ["1799", "2100", "20233", "2,023", "12"])
def test_other_numbers_are_no_years(text):
    assert not YEAR.match(text)


# ---- rules


def test_rules_on_one_height_are_one_row_of_rules():
    first, second = find_rule_rows([across(120, 60, 160), across(100, 60, 320), across(121, 180, 320)], EM, LEADING)
    assert first.position == pytest.approx(100 / HEIGHT)
    assert list(second.stretches) == [pytest.approx(pair) for pair in fractions([(60, 160), (180, 320)])]


def test_rules_that_touch_are_one_stretch():
    (row,) = find_rule_rows([across(100, 160, 320), across(100, 60, 160.5)], EM, LEADING)
    assert len(row.stretches) == 1


def test_vertical_rules_are_in_no_row():
    assert find_rule_rows([down(100, 60, 320)], EM, LEADING) == []


def test_a_rule_is_across_where_it_runs_along_most_of_the_table():
    made = setting(COLUMNS, [across(100, 60, 320), across(120, 60, 250), across(140, 180, 320), across(160, 0, 600)])
    assert [place * HEIGHT for place in made.across] == pytest.approx([100, 120, 160])


# ---- laws


CELLS = st.text("ab1.,%", min_size=1, max_size=12)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5)
XS = st.lists(st.floats(0, 500), min_size=3, max_size=3)


@settings(max_examples=60, deadline=None)
@given(ROWS, XS)
def test_every_word_of_a_row_is_in_exactly_one_piece_and_every_column_in_at_most_one(rows, xs):
    found = rows_at(rows, xs)
    cut_ = pieces_in(found, COLUMNS)
    assert sorted(id(one) for row in cut_ for piece in row.pieces for one in piece.words) == sorted(map(id, found))
    for row in cut_:
        covered = [column for piece in row.pieces for column in range(piece.first, piece.last + 1)]
        assert covered == sorted(set(covered))
