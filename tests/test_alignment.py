"""Rows of text and the columns that they have in common: what parts two columns, and what is part of one."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from docai.alignment import find_columns
from docai.backends.classical.pieces import cut_rows
from tests.drawn_pages import TYPEWRITER, word
from tests.placed_tables import EM, down, put, read, rows_at, rows_in, texts


def columns_of(found, rules=()):
    """Return the texts that stand in each column, from left to right; none may stand over two."""
    rows = rows_in(found)
    columns = find_columns(rows, rules)
    pieces = [piece for row in cut_rows(rows, columns, EM) for piece in row.pieces]
    assert not any(piece.spans for piece in pieces)
    return [[piece.text for piece in pieces if piece.first == place] for place in range(len(columns))]


REGIONS = ["North", "Central", "South", "Coast", "Islands"]
FIGURES = ["12", "1,144", "2,020", "318", "44"]


def test_numbers_that_end_at_one_place_are_a_column():
    rows = list(zip(REGIONS, FIGURES, reversed(FIGURES), strict=True))
    assert columns_of(rows_at(rows, (60, 250, 400), "lrr")) == [REGIONS, FIGURES, FIGURES[::-1]]


def test_currency_signs_set_flush_left_are_part_of_their_column():
    rows = list(zip(REGIONS, "$$$$$", FIGURES, "$$$$$", FIGURES, strict=True))
    held = columns_of(rows_at(rows, (60, 180, 260, 300, 380), "llrlr"))
    assert held == [REGIONS, [f"$ {figure}" for figure in FIGURES], [f"$ {figure}" for figure in FIGURES]]


def test_currency_signs_in_the_first_row_only_are_part_of_their_column():
    rows = [(name, "$" if n == 0 else "", figure) for n, (name, figure) in enumerate(zip(REGIONS, FIGURES, strict=True))]
    assert len(columns_of(rows_at(rows, (60, 180, 260), "llr"))) == 2


def test_footnote_marks_behind_numbers_are_part_of_their_column():
    rows = list(zip(REGIONS, FIGURES, ["", "*", "", "(a)", "*"], FIGURES, strict=True))
    held = columns_of(rows_at(rows, (60, 250, 255, 350), "lrlr"))
    assert held[1:] == [["12", "1,144 *", "2,020", "318 (a)", "44 *"], FIGURES]


def test_ragged_labels_are_one_column():
    labels = ["A", "Bringing in of parcels", "Cost", "Depots in all", "Vans and lorries on the road"]
    assert columns_of(rows_at(list(zip(labels, FIGURES, strict=True)), (60, 300), "lr")) == [labels, FIGURES]


def test_a_heading_wider_than_its_values_is_in_their_column():
    rows = [("Region", "Parcels that were delivered", "Vans"), *zip(REGIONS, FIGURES, FIGURES, strict=True)]
    held = columns_of(rows_at(rows, (60, 230, 400), "lcr"))
    assert held[1:] == [["Parcels that were delivered", *FIGURES], ["Vans", *FIGURES]]


def test_a_heading_that_stands_beside_its_values_is_in_their_column():
    rows = [("Region", "Parcels", "Vans"), *zip(REGIONS, ["1", "2", "3", "4", "5"], FIGURES, strict=True)]
    found = [*rows_at(rows[:1], (60, 180, 400), "llr"), *rows_at(rows[1:], (60, 250, 400), "lrr", top=114)]
    assert columns_of(found)[1:] == [["Parcels", "1", "2", "3", "4", "5"], ["Vans", *FIGURES]]


def test_a_narrow_gap_that_all_of_many_rows_leave_free_parts_columns():
    rows = [(REGIONS[n % 5], f"1,{n}44", f"2,{n}20") for n in range(10)]
    assert columns_of(rows_at(rows, (60, 200, 229.5), "lrr")) == [list(column) for column in zip(*rows, strict=True)]  # 4.5 points


def test_word_spaces_above_each_other_in_a_few_rows_part_nothing():
    rows = [("Depot A", "12"), ("Depot B", "9"), ("Depot C", "4"), ("Depot D", "31")]
    assert len(columns_of(rows_at(rows, (60, 250), "lr"))) == 2


def test_word_spaces_above_each_other_in_many_rows_part_nothing():
    rows = [(f"Depot {letter}", f"{n}") for n, letter in enumerate("ABCDEFGHIJ", 10)]
    assert len(columns_of(rows_at(rows, (60, 250), "lr"))) == 2


def test_word_spaces_of_fixed_width_letters_part_nothing():
    """Each letter is half an em wide, and so is a space."""
    labels = [
        "all vans on road",
        "big vans on farm",
        "old vans in town",
        "new vans at home",
        "two vans by ferry",
        "any vans of ours",
    ]
    found = []
    for n, label in enumerate(labels):
        place = 0
        for part in label.split():
            found.append(word(part, 60 + 6 * place, 100 + 14 * n, font=TYPEWRITER, line=n))
            place += len(part) + 1
        found += put(f"{n}7", 300, 100 + 14 * n, "r")
    assert len(columns_of(found)) == 2


def test_a_vertical_rule_parts_columns_that_no_space_tells():
    rows = [(name, figure) for name, figure in zip(REGIONS, FIGURES, strict=True)]
    found = [*rows_at(rows, (60, 128), "lr"), *rows_at([(figure,) for figure in FIGURES], (131,), "l")]
    without, ruled = columns_of(found), columns_of(found, [down(129.5, 88, 160)])
    assert len(ruled) == 3
    assert ruled[1:] == [FIGURES, FIGURES]
    assert len(without) <= 3


def test_a_vertical_rule_beside_a_few_rows_parts_nothing():
    rows = list(zip(REGIONS, FIGURES, strict=True))
    found = rows_at(rows, (60, 250), "lr")
    assert len(columns_of(found, [down(75, 88, 104)])) == 2


def test_one_column_of_text_is_one_column():
    assert len(columns_of(rows_at([(name,) for name in REGIONS], (60,)))) == 1
    assert find_columns([]) == []


def test_values_that_stand_closer_than_words_are_read_apart():
    rows = [(f"Region {n}", figure, f"({n}.0–{n}.9)") for n, figure in enumerate(["1,144", "2,020", "318", "1,907", "44", "871"])]
    assert texts(read(rows_at(rows, (60, 160, 189)))) == [list(row) for row in rows]  # 4 points between the widest


def test_a_heading_that_spans_columns_does_not_join_them():
    rows = [("Region", "Depots", "Parcels"), ("North", "3", "12.1"), ("Central", "2", "15.3"), ("South", "2", "10.4")]
    found = [*put("Volumes of the year in all regions", 250, 86), *rows_at(rows, (60, 250, 400))]
    assert len(find_columns(rows_in(found))) == 3


def test_a_title_over_several_columns_joins_none_of_them():
    rows = list(zip(REGIONS, FIGURES, FIGURES, strict=True))
    found = [*rows_at(rows, (60, 250, 400), "lrr"), *put("Volumes of the whole year in all of the regions of the land", 60, 86)]
    assert len(find_columns(rows_in(found))) == 3


def test_a_column_with_few_values_is_a_column():
    rows = [(name, figure, "(new)" if n in (1, 3) else "") for n, (name, figure) in enumerate(zip(REGIONS, FIGURES, strict=True))]
    assert columns_of(rows_at(rows, (60, 250, 320), "lrl")) == [REGIONS, FIGURES, ["(new)", "(new)"]]


# ---- rows


def test_texts_on_one_baseline_are_a_row_from_left_to_right():
    found = [*put("12", 250, 100), *put("North", 60, 100), *put("South", 60, 114)]
    rows = rows_in(found)
    assert [[line.text for line in row.lines] for row in rows] == [["North", "12"], ["South"]]
    assert [row.place for row in rows] == [0, 2]


def test_a_raised_text_is_in_the_row_that_it_stands_in():
    found = [*put("North", 60, 100), *put("12", 250, 97.5, size=7), *put("South", 60, 112)]
    assert [row.words[-1].text for row in rows_in(found)] == ["12", "South"]


# ---- laws


TEXTS = st.lists(st.tuples(*[st.text("ab1.,%$", max_size=9)] * 4), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.lists(st.floats(0, 520), min_size=4, max_size=4))
def test_columns_stand_in_order_and_never_overlap(rows, xs):
    columns = find_columns(rows_in(rows_at(rows, xs)))
    assert all(left <= right for left, right in columns)
    assert all(one[1] <= other[0] for one, other in pairwise(columns))
