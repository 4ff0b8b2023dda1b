"""The parts of a table as one: nothing lost, nothing twice, every position of the grid covered once."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.box import Box
from docai.document import MAX_POSITIONS, Cell, Table, replace
from docai.table_parts import join_tables, leading_rows, number_in, only_says_so, says_so, skipped_rows

BOX = Box(0.1, 0.2, 0.5, 0.4)
HEAD = ["Depot", "Remark"]


def table(*rows, page=1, heads=0, spans=()):
    """Return a table of texts; `spans` are (row, column, row_span, column_span), whose other positions are left out."""
    inside = {(r, c) for row, column, high, wide in spans for r in range(row, row + high) for c in range(column, column + wide)}
    starts = {(row, column): {"row_span": high, "column_span": wide} for row, column, high, wide in spans}
    cells = tuple(
        Cell(row=r, column=c, text=text, header="column" if r < heads else "none", box=BOX, **starts.get((r, c), {}))
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
        if (r, c) not in inside or (r, c) in starts
    )
    return Table(page_number=page, box=BOX, row_count=len(rows), column_count=len(rows[0]), cells=cells)


def texts(joined):
    return [[cell.text for cell in row] for row in joined.grid()]


# What texts say


@pytest.mark.parametrize(
    "text",
    [
        "(continued)",
        "Continued on next page",
        "(continued from previous page)",
        "– cont'd –",
        "to be continued",
        "See notes at end of table.",
        "(계속)",
        "다음 페이지에 계속",
        "앞 쪽에서 계속됩니다",
        "(tiếp theo)",
        "còn tiếp",
        "(xem tiếp trang sau)",
        "Table 3 (continued)",
        "Table 3 – continued from previous page",
        "표 3 (계속)",
        "<표 3> 계속",
        "Bảng 3 (tiếp theo)",
        "Bảng 3. (tiếp theo trang trước)",
    ],
)
def test_a_note_says_that_a_table_goes_on_and_nothing_else(text):
    assert only_says_so(text)
    assert says_so(text)


@pytest.mark.parametrize(
    "text",
    [
        "Table 3: Depots (continued)",
        "표 3 지역별 물류센터 (계속)",
        "Bảng 3. Kho hàng theo vùng (tiếp theo)",
        "Depots by region (cont.)",
        "Table 15. Enrolment, by region—Continued",
    ],
)
def test_a_caption_may_say_it_beside_what_the_table_is(text):
    assert says_so(text)
    assert not only_says_so(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Table 3: Depots",
        "Continued operations",
        "계속사업이익",
        "Các bước tiếp theo",
        "Discontinued",
        "Container 7",
        "12",
        "표 3 창고",
    ],
)
def test_other_texts_say_nothing_of_it(text):
    assert not says_so(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Table 3: Depots", "3"),
        ("<표 3-1> 창고", "3-1"),
        ("Bảng 2.4 Kho", "2.4"),
        ("TABLE IV", "iv"),
        ("Tables", ""),
        ("Depots 3", ""),
    ],
)
def test_a_caption_tells_the_number_of_its_table(text, number):
    assert number_in(text) == number


# Joining


def test_a_repeated_header_stands_once_and_cells_tell_their_page():
    parts = [table(HEAD, ["a", "b"], heads=1), table(HEAD, ["c", "d"], page=2, heads=1), table(["e", "f"], page=3)]
    joined = join_tables(parts)
    assert texts(joined) == [HEAD, ["a", "b"], ["c", "d"], ["e", "f"]]
    assert [cell.page_number for cell in joined.cells] == [1, 1, 1, 1, 2, 2, 3, 3]
    assert (joined.page_number, joined.box) == (1, BOX)
    assert [cell.header for cell in joined.cells if cell.header != "none"] == ["column"] * 2


def test_headers_of_two_rows_are_found_again_whole_or_in_part():
    first = table(["Area", "Vans"], ["of the depot", "of 2023"], ["a", "1"], heads=2)
    again = table(["Area", "Vans"], ["of the depot", "of 2023"], ["b", "2"], page=2, heads=2)
    lower = table(["of the depot", "of 2023"], ["c", "3"], page=3, heads=1)
    assert [skipped_rows(leading_rows(first), part) for part in (again, lower)] == [2, 1]
    assert texts(join_tables([first, again, lower]))[2:] == [["a", "1"], ["b", "2"], ["c", "3"]]


def test_a_header_that_nothing_marks_is_known_by_its_words():
    assert texts(join_tables([table(HEAD, ["a", "1"]), table(HEAD, ["b", "2"])])) == [HEAD, ["a", "1"], ["b", "2"]]


def test_rows_of_numbers_that_happen_to_be_the_same_stay():
    assert texts(join_tables([table(["a", "1"], ["b", "2"]), table(["a", "1"], ["c", "2"])]))[2] == ["a", "1"]


def test_a_header_read_a_little_otherwise_from_a_scan_is_the_same_but_other_digits_are_not():
    heads = leading_rows(table(["Depot of the region", "Vehicles in 2023"], ["a", "1"], heads=1))
    assert skipped_rows(heads, table(["Depot of the reglon", "Vehicles in 2023"], ["b", "2"], heads=1)) == 1
    assert skipped_rows(heads, table(["Depot of the region", "Vehicles in 2024"], ["b", "2"], heads=1)) == 0


def test_rows_that_only_say_that_the_table_goes_on_are_left_out_at_the_seam():
    first = table(HEAD, ["a", "b"], ["Continued on next page", ""], heads=1)
    second = table(["Table 1 – continued from previous page", ""], HEAD, ["c", "d"], page=2, heads=2, spans=[(0, 0, 1, 2)])
    assert texts(join_tables([first, second])) == [HEAD, ["a", "b"], ["c", "d"]]


def test_a_header_of_a_later_part_that_is_none_is_a_row_like_others():
    joined = join_tables([table(HEAD, ["a", "b"], heads=1), table(["North", ""], ["c", "d"], page=2, heads=1)])
    assert texts(joined)[2] == ["North", ""]
    assert {cell.header for cell in joined.cells if cell.row > 0} == {"none"}


@pytest.mark.parametrize(
    ("last", "first", "expected"),
    [
        (["S1", "closed since the flood"], ["", "of 2023."], None),  # digits go on with what they count
        (["S1", "closed since the"], ["", "flood of 2023."], ["S1", "closed since the flood of 2023."]),
        (["S1", "closed for main-"], ["", "tenance"], ["S1", "closed for maintenance"]),
        (["S1", "đóng cửa từ khi có"], ["", "lũ lụt"], ["S1", "đóng cửa từ khi có lũ lụt"]),
        (["S1", "closed."], ["", "opened again"], None),
        (["S1", "closed since the"], ["S2", "flood of 2023."], None),
        (["S1", "closed since the"], ["", "Flood"], None),
        (["S1", "closed since the"], ["", ""], None),
        (["S1", "12"], ["", "13"], None),
        (["S1", ""], ["", "flood of 2023."], None),
        (["", "closed since the"], ["", "flood of 2023."], None),
        (["S1", "창고"], ["", "보수 중"], None),
    ],
)
def test_a_row_over_the_end_of_a_page_is_one_again_only_where_it_is_evident(last, first, expected):
    joined = join_tables([table(HEAD, last, heads=1), table(first, ["S3", "open"], page=2)])
    rows = texts(joined)
    if last[1].endswith("flood"):
        assert rows[1] == ["S1", "closed since the flood of 2023."]
    else:
        assert rows[1:-1] == ([expected] if expected else [last, first])
    assert rows[-1] == ["S3", "open"]


def test_a_row_that_was_cut_keeps_the_place_of_its_beginning():
    joined = join_tables([table(HEAD, ["S1", "closed since the"], heads=1), table(["", "flood"], ["S2", "open"], page=2)])
    assert [(cell.page_number, cell.box) for cell in joined.cells if cell.row == 1] == [(1, BOX)] * 2


def test_rows_without_a_key_that_are_usual_in_a_table_stay_rows():
    second = table(["", "of the depot"], ["", "of the vans"], ["S2", "open"], page=2)
    assert join_tables([table(HEAD, ["S1", "closed"], heads=1), second]).row_count == 5


def test_a_row_is_not_made_one_with_a_header():
    assert join_tables([table(["Depot", "Remarks on the"], heads=1), table(["", "state of things"], page=2)]).row_count == 2


def test_a_cell_over_several_rows_stays_what_it_is_on_its_page():
    first = table(HEAD, ["North", "a"], ["", "b"], heads=1, spans=[(1, 0, 2, 1)])
    second = table(["", "c of it"], ["", "d"], page=2, spans=[(0, 0, 2, 1)])
    joined = join_tables([first, second])
    assert texts(joined) == [HEAD, ["North", "a"], ["North", "b"], ["", "c of it"], ["", "d"]]


def test_a_header_whose_cell_reaches_into_the_body_is_not_cut():
    first = table(["Depot", "Vans"], ["", "12"], heads=1)
    second = table(["Depot", "Vans"], ["", "13"], heads=1, page=2, spans=[(0, 0, 2, 1)])
    assert join_tables([first, second]).row_count == 4


def test_parts_of_unlike_width_are_filled_up():
    joined = join_tables([table(["a", "b", "c"]), table(["d"], page=2), table(["e", "f"], page=3)])
    assert [[(cell.text, cell.column_span) for cell in joined.cells if cell.row == row] for row in (1, 2)] == [
        [("d", 3)],
        [("e", 1), ("f", 2)],
    ]


def test_more_positions_than_a_table_may_have_are_not_joined():
    wide = Table(
        page_number=1,
        box=BOX,
        row_count=1,
        column_count=MAX_POSITIONS,
        cells=(Cell(row=0, column=0, column_span=MAX_POSITIONS, box=BOX),),
    )
    assert join_tables([wide, wide]) is None


def test_a_table_of_notes_alone_is_none():
    assert join_tables([table(["Continued"], heads=1), table(["Continued"], page=2, heads=1)]) is None


WORDS = st.sampled_from(["", "a", "the depot", "flood of", "12", "North", "closed.", "-", "Depot", "main-"])
NOTES = st.sampled_from(["(continued)", "Depot", "Table 1 (continued)"])


@st.composite
def tables(draw, words):
    """Return a table of any texts, spans and headers that obeys the law."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    spans, taken = [], set()
    for row, column in ((row, column) for row in range(rows) for column in range(columns)):
        high, wide = draw(st.integers(1, rows - row)), draw(st.integers(1, columns - column))
        places = {(r, c) for r in range(row, row + high) for c in range(column, column + wide)}
        if (row, column) not in taken:
            span = (1, 1) if taken & places else (high, wide)
            taken |= {(row, column)} if taken & places else places
            spans.append((row, column, *span))
    body = [[draw(words) for _ in range(columns)] for _ in range(rows)]
    return table(*body, page=draw(st.integers(1, 9)), heads=draw(st.integers(0, rows)), spans=spans)


def letters(*parts):
    return Counter(letter for part in parts for cell in part.cells for letter in cell.text if letter.isalnum())


@given(st.lists(tables(WORDS | NOTES), min_size=1, max_size=4))
def test_a_joined_table_is_a_table_whatever_its_parts_are(parts):
    joined = join_tables(parts)
    if joined is not None:  # its grid was checked when it was made
        assert joined.column_count == max(part.column_count for part in parts)
        assert joined.row_count <= sum(part.row_count for part in parts)
        assert not letters(joined) - letters(*parts)


@given(st.lists(tables(WORDS), min_size=1, max_size=4), st.integers(10, 99))
def test_no_letter_is_lost_where_no_header_is_repeated(parts, number):
    """Digits that no other part has stand in each text, so that no two rows are alike."""
    numbered = [
        replace(part, cells=tuple(replace(cell, text=f"{cell.text}{number}{n}" if cell.text else "") for cell in part.cells))
        for n, part in enumerate(parts)
    ]
    joined = join_tables(numbered)
    assert letters(joined) == letters(*numbered)


def test_a_single_part_is_itself_but_for_the_pages_of_its_cells():
    one = table(HEAD, ["a", "b"], heads=1)
    assert replace(join_tables([one]), cells=one.cells) == one


def test_a_row_with_a_cell_that_reaches_below_is_not_made_one_with_the_row_above():
    above = table(["Key", "begins and"], ["Harwick", "a long"])
    below = table(["", "remark"], ["", ""], ["Penfold", "x"], spans=[(0, 1, 2, 1)], page=2)
    assert texts(join_tables([above, below]))[1:] == [["Harwick", "a long"], ["", "remark"], ["", "remark"], ["Penfold", "x"]]
