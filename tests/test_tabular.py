"""What tells a table from what only looks like one: contents, lists, forms, running text, notes and captions."""

from __future__ import annotations

import pytest

from docai.box import Box
from docai.sources import Rule, VectorPath
from docai.tabular import (
    fits,
    is_captioned,
    is_contents,
    is_filled,
    is_form,
    is_headed,
    is_list,
    is_note,
    is_prose,
    most_step,
    shades,
    starts_in,
    tells,
    text_in,
    touches,
)
from tests.drawn_pages import BOLD, WIDTH, filled, line
from tests.placed_tables import EM, LEADING, across, down, fractions, put, rows_at, rows_in, shade

COLUMNS = fractions([(60, 160), (250, 300)])


# ---- what columns hold


def test_titles_before_page_numbers_that_never_fall_are_contents():
    titles = ["Summary", "The network", "Depots", "Vans", "Outlook"]
    assert is_contents([titles, ["1", "3", "3", "8", "12"]])
    assert is_contents([["1", "2", "3", "4", "5"], titles, ["1", "3", "3", "8", "12"]])
    assert not is_contents([titles, ["1", "3", "2", "8", "12"]])
    assert not is_contents([titles, ["1", "3", "3.5", "8.1", "12"]])
    assert not is_contents([titles, ["1", "1", "1", "1", "1"]])
    assert not is_contents([titles[:2], ["1", "3"]])


@pytest.mark.parametrize("marks", ["• • •", "1. 2. 3.", "(a) (b) (c)", "1 2 3", "가. 나. 다.", "[1] [2] [3]"])
def test_marks_before_texts_are_a_list(marks):
    items = ["the quarterly review", "the regional network", "the cost of energy"]
    assert is_list([marks.split(), items])
    assert not is_list([marks.split(), items, items])


def test_labels_before_texts_are_no_list():
    assert not is_list([["North", "Central", "South"], ["12", "9", "4"]])


def test_numbers_in_brackets_behind_formulas_are_a_list():
    assert is_list([["a = b + c", "d = e"], ["(1)", "(2.1)"]])
    assert not is_list([["North", "South"], ["(1)", "2"]])


def test_labels_with_a_colon_behind_them_are_a_form():
    assert is_form([["Name:", "Place:", "Trade："], ["Ada", "London", "Analyst"]])
    assert not is_form([["Name", "Place:", "Trade"], ["Ada", "London", "Analyst"]])
    assert not is_form([["Name:", "Place:", "Trade:"], *[["1", "2", "3"]] * 4])


# ---- notes and captions


@pytest.mark.parametrize(
    "text",
    "Note: all figures|Notes. All figures|Source: the office|Sources: two|NOTE: x|* p < 0.05|† revised|¹ revised|a) revised|"
    "1) revised|주: 잠정치|자료: 통계청|출처: 통계청|비고: 없음|Nguồn: Tổng cục|Ghi chú: tạm tính|Legend: new".split("|"),
)
def test_notes(text):
    assert is_note(text)


@pytest.mark.parametrize("text", ["Notes on vans", "North", "12", "Source of energy", "A note", "주민", "*", "Nguồn nước", "1.5"])
def test_other_texts_are_no_notes(text):
    assert not is_note(text)


def test_a_caption_may_run_over_lines():
    rows = rows_in([*put("Table 3: Depots and vans of", 60, 100), *put("the regional network", 60, 112)])
    assert is_captioned(rows)
    assert not is_captioned(rows_in([*put("Table 3: Depots and vans", 60, 100), *put("Region", 60, 130)]))
    assert not is_captioned(rows_in(put("Tables and chairs", 60, 100)))


# ---- rows


def test_text_in_a_column_is_that_whose_middle_is_there():
    (row,) = rows_in(rows_at([("North West", "12")], (60, 250)))
    assert [text_in(row, column) for column in COLUMNS] == ["North West", "12"]


def test_a_row_fits_where_no_word_runs_over_two_columns():
    assert fits(*rows_in(rows_at([("North", "12")], (60, 250))), COLUMNS)
    assert not fits(*rows_in(put(20 * "long", 60, 100)), COLUMNS)


def test_rows_are_filled_where_enough_of_their_places_hold_text():
    assert is_filled(rows_in(rows_at([("North", "12"), ("South", "")], (60, 250))), COLUMNS)
    columns = fractions([(60, 100), (120, 160), (180, 220), (240, 280), (300, 340)])
    chart = rows_in(rows_at([("4", "", "", "7", ""), ("", "3", "", "", ""), ("", "", "9", "", "1")], (60, 120, 180, 240, 300)))
    assert not is_filled(chart, columns)


def test_many_rows_of_many_words_are_running_text():
    rows = rows_in(rows_at([(filled(8, n), filled(8, 3 * n)) for n in range(5)], (60, 330)))
    assert is_prose(rows, [piece for row in rows for piece in row.lines])
    assert not is_prose(rows[:4], [piece for row in rows[:4] for piece in row.lines])


def test_rows_are_headed_where_the_first_is_set_otherwise():
    rows = [("Name", "Place"), ("Ada", "London"), ("Grace", "New York"), ("Edsger", "Nuenen")]
    assert is_headed(rows_in(rows_at(rows, (60, 250), styles={0: {"font": BOLD}})))
    assert is_headed(rows_in(rows_at(rows, (60, 250), styles={0: {"colour": 0xFF0000}})))
    assert not is_headed(rows_in(rows_at(rows, (60, 250))))
    assert not is_headed(rows_in(rows_at(rows, (60, 250), styles={n: {"font": BOLD} for n in range(4)})))
    assert not is_headed(rows_in(rows_at([("Name", ""), *rows[1:]], (60, 250), styles={0: {"font": BOLD}})))


def test_the_next_row_stands_as_far_as_the_others_do():
    even, uneven = [0.04, 0.04, 0.041], [0.02, 0.04, 0.03]
    assert most_step(even, 0.0125) == pytest.approx(1.6 * 0.041)
    assert most_step(uneven, 0.0125) == pytest.approx(5 * 0.0125)
    assert most_step([], 0.0125) == pytest.approx(3.2 * 0.0125)
    assert most_step([0.015] * 3, 0.0125) < most_step([0.015] * 2, 0.0125)  # where all stand alike, what follows must too


# ---- rules and shades


def test_a_line_starts_in_the_box_that_holds_its_middle():
    text = line("North", 60, 100)
    assert starts_in(text, Box(0.1, 0.1, 0.5, 0.5))
    assert not starts_in(text, Box(0.2, 0.1, 0.5, 0.5))


def test_rules_touch_a_box_that_they_run_in_or_along():
    box = Box.clipped(60 / WIDTH, 0.1, 300 / WIDTH, 0.2)
    assert touches(across(100, 60, 300), box, 0.0)
    assert touches(across(76, 60, 300), box, 0.01)
    assert not touches(across(76, 60, 300), box, 0.001)
    assert not touches(across(100, 320, 400), box, 0.01)
    assert touches(down(150, 100, 120), box, 0.0)
    assert not touches(down(150, 300, 320), box, 0.01)


def test_shades_tell_rows_where_they_run_along_most_of_the_table():
    box = Box.clipped(60 / WIDTH, 0.1, 300 / WIDTH, 0.2)
    edge, cell = (Rule(True, y, 60 / WIDTH, end / WIDTH, 0.0) for y, end in ((0.12, 290), (0.15, 120)))
    assert tells(edge, [edge, cell], box)
    assert not tells(cell, [edge, cell], box)
    assert tells(across(120, 60, 80), [], box)  # drawn, however short
    pieces = [Rule(True, 0.15, left / WIDTH, (left + 80) / WIDTH, 0.0) for left in (60, 140, 220)]
    assert all(tells(piece, pieces, box) for piece in pieces)


def test_the_edges_of_shaded_rows_are_rules_without_thickness():
    top, bottom = shades([shade(60, 100, 300, 114)], EM, LEADING)
    assert (top.position, bottom.position) == pytest.approx((100 / 800, 114 / 800), abs=1e-5)
    assert {top.thickness, bottom.thickness} == {0.0}


def test_other_fills_are_no_shaded_rows():
    white, low, high = (
        shade(60, 100, 300, 114, "#ffffff"),
        shade(60, 100, 300, 104),
        shade(60, 100, 300, 300),
    )
    triangle = VectorPath(Box(0.1, 0.1, 0.5, 0.12), "#dde6f0", "", 0.0, (("line", 0.1, 0.1, 0.5, 0.12),))
    outline = VectorPath(Box(0.1, 0.1, 0.5, 0.12), "", "#000000", 1.0, (("rectangle", 0.1, 0.1, 0.5, 0.12),))
    assert list(shades([white, low, high, triangle, outline], EM, LEADING)) == []
