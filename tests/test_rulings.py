"""Rules become grids, and grids become cells that cover every position once."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.rulings import Grid, Span, find_grids, spans
from docai.sources import Rule
from tests.drawn_pages import HEIGHT, WIDTH, Sheet, grid_rules, page_of

XS, YS = (100.0, 200.0, 300.0, 400.0), (100.0, 120.0, 140.0, 160.0)


def across(y, start=XS[0], end=XS[-1]):
    return Rule(True, y / HEIGHT, start / WIDTH, end / WIDTH, 0.5)


def down(x, start=YS[0], end=YS[-1]):
    return Rule(False, x / WIDTH, start / HEIGHT, end / HEIGHT, 0.5)


def only_grid(*rules):
    (grid,) = find_grids(rules, WIDTH, HEIGHT)
    return grid


def shape(grid):
    return len(grid.ys) - 1, len(grid.xs) - 1


def wide_spans(grid):
    """Return the spans that cover more than one position."""
    return [span for span in spans(grid) if span.row_span * span.column_span > 1]


def grids_on(sheet):
    page = page_of(sheet.data())
    return find_grids(page.rules, page.width_points, page.height_points)


def covered(found):
    return Counter((s.row + r, s.column + c) for s in found for r in range(s.row_span) for c in range(s.column_span))


# ---- grids


def test_rules_that_cross_make_a_grid():
    grid = only_grid(*grid_rules(XS, YS))
    assert shape(grid) == (3, 3)
    assert [x * WIDTH for x in grid.xs] == pytest.approx(XS)
    assert [y * HEIGHT for y in grid.ys] == pytest.approx(YS)
    assert tuple(grid.box) == pytest.approx((XS[0] / WIDTH, YS[0] / HEIGHT, XS[-1] / WIDTH, YS[-1] / HEIGHT), abs=1e-5)
    assert spans(grid) == [Span(row, column, 1, 1) for row in range(3) for column in range(3)]


def test_rules_of_one_direction_make_no_grid():
    assert find_grids([across(y) for y in YS], WIDTH, HEIGHT) == []
    assert find_grids([down(x) for x in XS], WIDTH, HEIGHT) == []
    assert find_grids([], WIDTH, HEIGHT) == []


def test_rules_that_do_not_meet_make_no_grid():
    assert find_grids([across(100), across(120), down(500), down(550)], WIDTH, HEIGHT) == []


def test_grids_apart_from_each_other_are_two():
    lower = [y + 300 for y in YS]
    grids = find_grids([*grid_rules(XS, YS), *grid_rules(XS[:3], lower)], WIDTH, HEIGHT)
    assert sorted(map(shape, grids)) == [(3, 2), (3, 3)]


def test_a_table_without_its_outer_sides_has_its_columns_all_the_same():
    grid = only_grid(*(across(y) for y in YS), *(down(x) for x in XS[1:-1]))
    assert shape(grid) == (3, 3)
    assert len(spans(grid)) == 9


def test_a_table_without_rules_above_and_below_has_its_rows_all_the_same():
    grid = only_grid(*(across(y) for y in YS[1:-1]), *(down(x) for x in XS))
    assert shape(grid) == (3, 3)
    assert len(spans(grid)) == 9


def test_rules_that_nearly_meet_meet():
    """Word leaves up to two points between the end of a rule and the one it is meant to touch."""
    rules = [across(y, XS[0] + 1.5, XS[-1] - 1.5) for y in YS] + [down(x, YS[0] + 1.5, YS[-1] - 1.5) for x in XS]
    assert shape(only_grid(*rules)) == (3, 3)


def test_double_rules_are_one_border():
    double = [rule for y in YS for rule in (across(y - 0.9), across(y + 0.9))]
    double += [rule for x in XS for rule in (down(x - 0.9), down(x + 0.9))]
    grid = only_grid(*double)
    assert shape(grid) == (3, 3)
    assert len(spans(grid)) == 9


def test_rules_drawn_twice_count_once():
    assert shape(only_grid(*grid_rules(XS, YS), *grid_rules(XS, YS))) == (3, 3)


def test_a_rule_in_pieces_is_one():
    pieces = [across(y, left, left + 20.5) for y in YS for left in range(100, 400, 20)]
    grid = only_grid(*pieces, *(down(x) for x in XS))
    assert shape(grid) == (3, 3)
    assert len(spans(grid)) == 9


def test_a_dotted_rule_is_a_border():
    dots = [across(y, left, left + 1) for y in YS for left in range(100, 400, 3)]
    assert len(spans(only_grid(*dots, *(down(x) for x in XS)))) == 9


def test_rules_drawn_cell_by_cell_make_one_grid():
    boxes = [rule for x0, x1 in pairwise(XS) for y0, y1 in pairwise(YS) for rule in grid_rules((x0, x1), (y0, y1))]
    assert len(spans(only_grid(*boxes))) == 9


def test_strokes_shorter_than_a_letter_are_no_borders():
    ticks = [down(x, 110, 113) for x in range(110, 390, 10)]
    assert shape(only_grid(*grid_rules(XS, YS), *ticks)) == (3, 3)


def test_dashed_and_drawn_rectangles_make_grids_on_a_page():
    sheet = Sheet()
    for y in YS:
        sheet.rule(XS[0], y, XS[-1], y, dashes="[2 1]")
    for x in XS:
        sheet.rule(x, YS[0], x, YS[-1], dashes="[2 1]")
    for left in (100, 180):
        for top in (300, 330):
            sheet.page.draw_rect((left, top, left + 80, top + 30), width=0.5)
    assert sorted(map(shape, grids_on(sheet))) == [(2, 2), (3, 3)]


def test_hatching_of_thousands_of_strokes_is_no_grid():
    rules = [across(n / 10, 10, 590) for n in range(10, 7900)] + [down(n / 10, 10, 790) for n in range(100, 5900)]
    assert find_grids(rules, WIDTH, HEIGHT) == []


# ---- spans


def test_a_missing_rule_joins_two_cells_of_a_row():
    rules = [*(across(y) for y in YS), down(XS[0]), down(XS[1], YS[1]), down(XS[2]), down(XS[3])]
    assert wide_spans(only_grid(*rules)) == [Span(0, 0, 1, 2)]


def test_a_missing_rule_joins_two_cells_of_a_column():
    rules = [across(YS[0]), across(YS[1], XS[1]), across(YS[2]), across(YS[3]), *(down(x) for x in XS)]
    assert wide_spans(only_grid(*rules)) == [Span(0, 0, 2, 1)]


def test_missing_rules_join_cells_in_both_directions():
    rules = [
        across(YS[0]),
        across(YS[1], XS[2]),
        across(YS[2]),
        across(YS[3]),
        down(XS[0]),
        down(XS[1], YS[2]),
        down(XS[2]),
        down(XS[3]),
    ]
    assert wide_spans(only_grid(*rules)) == [Span(0, 0, 2, 2)]


def test_a_table_of_one_cell_is_one_span():
    assert spans(only_grid(*grid_rules((100, 400), (100, 160)))) == [Span(0, 0, 1, 1)]


def test_a_stub_of_a_rule_is_no_border():
    stub = down(XS[1], YS[0], YS[0] + 7)
    rules = [*(across(y) for y in YS), down(XS[0]), stub, down(XS[1], YS[1]), down(XS[2]), down(XS[3])]
    assert wide_spans(only_grid(*rules)) == [Span(0, 0, 1, 2)]


def test_borders_that_contradict_each_other_make_no_span():
    """An L of open cells is no rectangle: where no span can be told, the cells stay single."""
    grid = Grid(
        tuple(x / WIDTH for x in XS),
        tuple(y / HEIGHT for y in YS),
        (across(YS[1], XS[1]), across(YS[2]), down(XS[1], YS[1]), down(XS[2])),
    )
    found = spans(grid)
    assert set(covered(found)) == {(row, column) for row in range(3) for column in range(3)}
    assert Span(0, 0, 1, 1) in found


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.data())
def test_spans_cover_each_position_exactly_once(rows, columns, data):
    xs, ys = [n / 10 for n in range(1, columns + 2)], [n / 10 for n in range(1, rows + 2)]
    borders = st.builds(
        Rule,
        st.booleans(),
        st.sampled_from([*xs, *ys, 0.14, 0.333]),
        st.sampled_from([0.0, 0.05, *xs, *ys]),
        st.sampled_from([0.12, *xs, *ys, 1.0]),
        st.just(0.5),
    )
    grid = Grid(tuple(xs), tuple(ys), tuple(data.draw(st.lists(borders, max_size=25))))
    found = spans(grid)
    assert covered(found) == Counter((row, column) for row in range(rows) for column in range(columns))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.builds(
            lambda horizontal, position, start, length, thickness: Rule(
                horizontal, position, start, min(1.0, start + length), thickness
            ),
            st.booleans(),
            st.one_of(st.floats(0, 1), st.integers(0, 10).map(lambda n: n / 10)),
            st.one_of(st.floats(0, 1), st.integers(0, 10).map(lambda n: n / 10)),
            st.floats(0, 1),
            st.floats(0, 3),
        ),
        max_size=40,
    )
)
def test_any_rules_make_grids_whose_spans_cover_them(rules):
    for grid in find_grids(rules, WIDTH, HEIGHT):
        rows, columns = shape(grid)
        assert rows >= 1
        assert columns >= 1
        assert list(grid.xs) == sorted(grid.xs)
        assert list(grid.ys) == sorted(grid.ys)
        assert covered(spans(grid)) == Counter((row, column) for row in range(rows) for column in range(columns))
