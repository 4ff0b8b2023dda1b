"""Tasks are plain values; the grid of a table is covered exactly once, or the fault is named."""

from __future__ import annotations

import pickle
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.box import Box
from docai.document import Cell, Table, replace
from docai.tasks.asking import Ask
from docai.tasks.chart import ReadChart
from docai.tasks.grounding import Find, Name
from docai.tasks.page import ReadPage
from docai.tasks.reading import ReadText
from docai.tasks.table import Agreement, ReadTable, adjacency, in_reading_order, stacked, teds, valued, with_numbers

BOX = Box(0.1, 0.1, 0.9, 0.9)
TASKS = (ReadTable(), ReadChart(), ReadText(), ReadText(("ko", "en")), Find("a"), Name(BOX), Ask("a?"), ReadPage())


def table(rows, columns, cells):
    return Table(page_number=1, box=BOX, row_count=rows, column_count=columns, cells=tuple(cells))


def cell(row, column, row_span=1, column_span=1, *, header="none"):
    return Cell(row=row, column=column, row_span=row_span, column_span=column_span, text=f"{row},{column}", header=header, box=BOX)


def plain(rows, columns):
    return table(rows, columns, [cell(row, column) for row, column in product(range(rows), range(columns))])


@st.composite
def tables(draw):
    """Return a table whose cells come of cutting its area again and again, in any order."""
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    areas, cells = [(0, 0, rows, columns)], []
    while areas:
        row, column, down, across = areas.pop()
        cut = draw(st.integers(0, down + across - 2))
        if cut == 0:
            cells.append(cell(row, column, down, across))
        elif cut < down:
            areas += [(row, column, cut, across), (row + cut, column, down - cut, across)]
        else:
            cut -= down - 1
            areas += [(row, column, down, cut), (row, column + cut, down, across - cut)]
    return table(rows, columns, draw(st.permutations(cells)))


def covers(part, row, column):
    return part.row <= row < part.row + part.row_span and part.column <= column < part.column + part.column_span


@given(tables())
def test_every_position_holds_the_cell_that_covers_it(whole):
    rows = whole.grid()
    assert [len(row) for row in rows] == [whole.column_count] * whole.row_count
    assert all(covers(rows[row][column], row, column) for row, column in product(range(whole.row_count), range(whole.column_count)))
    assert {id(part) for row in rows for part in row} == {id(part) for part in whole.cells}


@given(tables(), st.randoms())
def test_a_table_with_a_cell_missing_is_refused(whole, chance):
    lost = chance.choice(whole.cells)
    with pytest.raises(ValueError, match=rf"position {lost.row},{lost.column} is not covered"):
        replace(whole, cells=tuple(part for part in whole.cells if part is not lost))


@given(tables(), st.randoms())
def test_a_table_with_a_position_covered_twice_is_refused(whole, chance):
    row, column = chance.randrange(whole.row_count), chance.randrange(whole.column_count)
    with pytest.raises(ValueError, match=rf"position {row},{column} is covered twice"):
        replace(whole, cells=(*whole.cells, cell(row, column)))


@given(tables(), st.randoms(), st.booleans())
def test_a_cell_that_reaches_out_of_its_table_is_refused(whole, chance, down):
    place = chance.randrange(len(whole.cells))
    part = whole.cells[place]
    longer = {"row_span": whole.row_count - part.row + 1} if down else {"column_span": whole.column_count - part.column + 1}
    cells = (*whole.cells[:place], replace(part, **longer), *whole.cells[place + 1 :])
    with pytest.raises(ValueError, match=r"reaches out of|covered twice"):
        replace(whole, cells=cells)


@pytest.mark.parametrize("outside", [cell(2, 0), cell(0, 3), cell(10**9, 0), cell(0, 0, 10**9, 1)])
def test_what_lies_outside_is_named_with_the_size_of_the_table(outside):
    with pytest.raises(ValueError, match=rf"cell {outside.row},{outside.column} reaches out of a 2 x 3 table"):
        table(2, 3, [outside])


@given(tables())
def test_cells_in_reading_order_come_row_by_row(whole):
    ordered = in_reading_order(whole.cells)
    assert sorted(map(id, ordered)) == sorted(map(id, whole.cells))
    first_met = dict.fromkeys(id(part) for row in whole.grid() for part in row)
    assert [id(part) for part in ordered] == list(first_met)


@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 5))
def test_header_rows_are_the_leading_ones(rows, columns, headed):
    marks = ("column", "both")
    cells = [
        replace(part, header=marks[part.column % 2] if part.row < headed else ("row" if part.column == 0 else "none"))
        for part in plain(rows, columns).cells
    ]
    assert table(rows, columns, cells).header_row_count == min(rows, headed)


def test_a_header_that_spans_two_rows_needs_both_to_be_headers():
    corner, wide = cell(0, 0, 2, 1, header="both"), cell(0, 1, 1, 2, header="column")
    below = [cell(1, 1, header="column"), cell(1, 2, header="column"), cell(2, 0), cell(2, 1), cell(2, 2)]
    assert table(3, 3, [corner, wide, *below]).header_row_count == 2
    assert table(3, 3, [corner, wide, replace(below[0], header="none"), *below[1:]]).header_row_count == 1


def test_a_column_header_below_the_data_heads_nothing():
    cells = [cell(0, 0), cell(1, 0, header="column")]
    assert table(2, 1, cells).header_row_count == 0


@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 5), st.booleans())
def test_header_columns_are_the_leading_ones_below_the_header_rows(rows, columns, headed, has_heads):
    cells = [
        replace(part, header="column" if has_heads and part.row == 0 else "row" if part.column < headed else "none")
        for part in plain(rows + 1, columns).cells
    ]
    assert table(rows + 1, columns, cells).header_column_count == min(columns, headed)


def test_a_table_of_column_headers_alone_has_no_header_columns():
    assert table(1, 2, [cell(0, 0, header="column"), cell(0, 1, header="both")]).header_column_count == 0


@given(tables(), st.integers(1, 6))
def test_a_table_cut_between_rows_is_whole_again_when_its_parts_are_stacked(whole, place):
    cut = min(place, whole.row_count - 1)
    if cut < 1 or any(c.row < cut < c.row + c.row_span for c in whole.cells):
        return
    upper = table(cut, whole.column_count, [c for c in whole.cells if c.row < cut])
    lower = table(whole.row_count - cut, whole.column_count, [replace(c, row=c.row - cut) for c in whole.cells if c.row >= cut])
    again = stacked([upper, lower])
    assert in_reading_order(again.cells) == in_reading_order(whole.cells)


def rows_of(*rows, heads=0):
    cells = [
        Cell(row=r, column=c, text=text, header="column" if r < heads else "none", box=BOX)
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    ]
    return table(len(rows), len(rows[0]), cells)


@pytest.mark.parametrize("heads", [0, 1])
def test_headers_that_a_part_repeats_stand_once_in_the_whole(heads):
    head = ("Depot", "Vans")
    whole = stacked([rows_of(head, ("a", "1"), heads=heads), rows_of(head, ("b", "2"), heads=heads), rows_of(("c", "3"))])
    assert [[c.text for c in row] for row in whole.grid()] == [["Depot", "Vans"], ["a", "1"], ["b", "2"], ["c", "3"]]
    assert whole.header_row_count == heads


def test_of_several_headers_a_part_may_repeat_the_first_alone():
    first = rows_of(("Depot", "Vans"), ("name", "count"), ("a", "1"), heads=2)
    whole = stacked([first, rows_of(("Depot", "Vans"), ("b", "2"), heads=1)])
    assert [row[0].text for row in whole.grid()] == ["Depot", "name", "a", "b"]


def test_parts_of_other_widths_are_not_one_table():
    assert stacked([plain(2, 3), plain(2, 2)]) is None


def test_the_body_of_a_table_has_its_numbers_and_its_headers_have_none():
    whole = written(["2019", "Note"], ["1.234,5", "see 5"], ["7", "8"], headed=1)
    again = with_numbers(whole)
    assert [part.number for part in again.cells] == [None, None, 1234.5, None, 7, 8]
    assert valued(again) is again
    assert valued(whole) == again
    assert with_numbers(replace(again, cells=tuple(replace(part, text="x") for part in again.cells))).cells[2].number is None


def test_numbers_that_are_none_are_not_told_in_json():
    part = cell(0, 0)
    assert '"number"' not in part.model_dump_json()
    assert '"number":5.0' in replace(part, number=5).model_dump_json()


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_task_is_a_plain_value(task):
    assert pickle.loads(pickle.dumps(task)) == task
    assert hash(pickle.loads(pickle.dumps(task))) == hash(task)
    with pytest.raises(AttributeError):
        task.name = "other"


def test_tasks_are_known_by_different_names():
    assert {task.name for task in TASKS} == {"table", "chart", "reading", "grounding", "referring", "ask", "page"}
    assert ReadText(("ko", "en")) != ReadText(("en", "ko"))


# ---- scores


def written(*rows, headed=0):
    """Return a table of one-position cells with these texts; `headed` of its rows are headers."""
    cells = [
        replace(cell(n, m, header="column" if n < headed else "none"), text=text)
        for n, row in enumerate(rows)
        for m, text in enumerate(row)
    ]
    return table(len(rows), len(rows[0]), cells)


def spanned():
    """Return two rows whose first is one cell over both columns."""
    return table(2, 2, [cell(0, 0, 1, 2), cell(1, 0), cell(1, 1)])


@given(tables())
def test_a_table_is_most_like_itself(whole):
    assert teds(whole, whole) == 1
    assert adjacency([whole], [whole]).f1 == 1


@given(tables(), tables(), st.booleans())
def test_likeness_is_a_share_and_the_same_both_ways(one, other, structure_only):
    score = teds(one, other, structure_only=structure_only)
    assert 0 <= score <= 1
    assert score == pytest.approx(teds(other, one, structure_only=structure_only))
    assert score <= teds(one, other, structure_only=True)


def test_a_row_too_many_costs_its_elements():
    """Of 10 elements (a body, 3 rows, 6 cells) one row and its two cells are taken away."""
    assert teds(plain(3, 2), plain(2, 2), structure_only=True) == pytest.approx(1 - 3 / 10)


def test_cells_apart_where_one_spans_cost_two():
    """Of 7 elements (a body, 2 rows, 4 cells) one cell is taken away and one changes its span."""
    assert teds(plain(2, 2), spanned(), structure_only=True) == pytest.approx(1 - 2 / 7)


def test_a_header_taken_for_a_body_costs_its_section():
    """Of 6 elements (a head and a body, with a row of one cell each) both sections go, and one around both rows comes."""
    headed, flat = written(["a"], ["b"], headed=1), written(["a"], ["b"])
    assert teds(headed, flat, structure_only=True) == pytest.approx(1 - 3 / 6)


def test_texts_count_by_the_letters_that_differ():
    """Of 4 elements (a body, a row, 2 cells) one cell differs by half its letters."""
    assert teds(written(["ab", "cd"]), written(["ab", "ce"])) == pytest.approx(1 - 0.5 / 4)
    assert teds(written(["ab", "cd"]), written(["ab", "ce"]), structure_only=True) == 1


def test_a_large_table_is_scored_in_seconds():
    one, other = plain(30, 10), plain(29, 10)
    assert teds(one, other, structure_only=True) == pytest.approx(1 - 11 / 331)


def test_neighbours_are_counted_by_their_texts():
    """Of 4 neighbourhoods 2 have a text that was read wrong."""
    score = adjacency([written(["Item", "Qty"], ["Loaf", "2"])], [written(["Item", "Qty"], ["Loaf", "3"])])
    assert score == Agreement(common=2, found=4, expected=4)
    assert (score.precision, score.recall, score.f1) == (0.5, 0.5, 0.5)


def test_blank_cells_are_no_neighbours_and_are_looked_across():
    score = adjacency([written(["a", "", "b"])], [written(["a", "b"])])
    assert score == Agreement(1, 1, 1)


def test_punctuation_case_and_spaces_do_not_matter_to_neighbours():
    assert adjacency([written(["Net total:", "1 200"])], [written(["net-total", "1200"])]).f1 == 1


def test_nothing_found_and_nothing_expected_is_full_agreement():
    assert adjacency([], []) == Agreement(0, 0, 0)
    assert Agreement(0, 0, 0).f1 == 1
    assert adjacency([], [plain(2, 2)]).f1 == 0
