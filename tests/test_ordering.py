"""A page is read as a person reads it: column after column, but rows of labels and values across."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from docai.box import Box
from docai.ordering import Item, order
from tests.drawn_pages import HEIGHT, WIDTH

EM = 10.0  # points
PROSE = 220.0  # points that a line of running text is wide


class Board:
    """Items with names, laid out in points."""

    def __init__(self):
        self.names = {}

    def block(self, name, x, y, width, height):
        box = Box(x / WIDTH, y / HEIGHT, (x + width) / WIDTH, (y + height) / HEIGHT)
        self.names[Item(box, EM / WIDTH, box.bottom, is_line=False)] = name
        return self

    def line(self, name, x, baseline, width=PROSE, size=EM):
        box = Box(x / WIDTH, (baseline - 0.9 * size) / HEIGHT, (x + width) / WIDTH, (baseline + 0.25 * size) / HEIGHT)
        self.names[Item(box, size / WIDTH, baseline / HEIGHT, is_line=True)] = name
        return self

    def column(self, name, x, baseline, count, *, width=PROSE, pitch=12.0):
        for n in range(count):
            self.line(f"{name}{n}", x, baseline + n * pitch, width if n < count - 1 else 0.6 * width)
        return self

    def read(self, arrange=list):
        return [self.names[item] for column in order(arrange(self.names)) for item in column]

    def columns(self):
        return [[self.names[item] for item in column] for column in order(list(self.names))]


def numbered(name, count):
    return [f"{name}{n}" for n in range(count)]


def test_nothing_has_no_order():
    assert order([]) == []


def test_one_column_is_read_from_top_to_bottom():
    assert Board().column("a", 60, 100, 30, width=480).columns() == [numbered("a", 30)]


def test_two_columns_are_read_one_after_the_other():
    board = Board().column("a", 60, 100, 40).column("b", 310, 100, 40)
    assert board.columns() == [numbered("a", 40), numbered("b", 40)]


def test_the_order_of_columns_does_not_hang_on_how_they_are_stored():
    board = Board().column("a", 60, 100, 20).column("b", 310, 100, 20)
    expected = [*numbered("a", 20), *numbered("b", 20)]
    assert board.read(list) == board.read(lambda items: list(items)[::-1]) == expected
    assert board.read(lambda items: sorted(items, key=lambda i: (i.box.top, i.box.left))) == expected


def test_three_columns_are_read_one_after_the_other():
    board = Board()
    for n, name in enumerate("abc"):
        board.column(name, 50 + 170 * n, 100, 30, width=155)
    assert board.columns() == [numbered("a", 30), numbered("b", 30), numbered("c", 30)]


def test_columns_whose_baselines_differ_are_columns_too():
    board = Board().column("a", 60, 100, 30, pitch=12.0).column("b", 310, 104, 26, pitch=13.5)
    assert board.read() == [*numbered("a", 30), *numbered("b", 26)]


def test_a_short_last_column_is_read_last():
    board = Board().column("a", 60, 100, 40).column("b", 310, 100, 5)
    assert board.read() == [*numbered("a", 40), *numbered("b", 5)]


def test_a_title_across_columns_is_read_first():
    board = Board().line("title", 60, 80, 480, 18).line("authors", 150, 110, 300).column("a", 60, 150, 30).column("b", 310, 150, 30)
    assert board.read() == ["title", "authors", *numbered("a", 30), *numbered("b", 30)]


def test_text_across_the_page_parts_the_columns_above_from_those_below():
    board = Board().column("a", 60, 100, 10).column("b", 310, 100, 10)
    board.column("wide", 60, 240, 4, width=470)
    board.column("c", 60, 310, 10).column("d", 310, 310, 10)
    assert board.read() == [*numbered("a", 10), *numbered("b", 10), *numbered("wide", 4), *numbered("c", 10), *numbered("d", 10)]


def test_headings_inside_columns_do_not_tear_them():
    board = Board().column("a", 60, 100, 8).line("heading a", 60, 215, 90, 12).column("c", 60, 235, 10)
    board.column("b", 310, 100, 12).line("heading b", 310, 263, 90, 12).column("d", 310, 283, 6)
    first = [*numbered("a", 8), "heading a", *numbered("c", 10)]
    assert board.read() == [*first, *numbered("b", 12), "heading b", *numbered("d", 6)]


def test_a_figure_stays_in_its_column():
    board = Board().column("a", 60, 100, 10).block("figure", 60, 225, PROSE, 150).column("c", 60, 400, 10)
    board.column("b", 310, 100, 35)
    assert board.read() == [*numbered("a", 10), "figure", *numbered("c", 10), *numbered("b", 35)]


def test_a_figure_across_both_columns_is_read_where_it_stands():
    board = Board().column("a", 60, 100, 10).column("b", 310, 100, 10).block("figure", 60, 230, 470, 150)
    board.column("c", 60, 410, 10).column("d", 310, 410, 10)
    assert board.read() == [*numbered("a", 10), *numbered("b", 10), "figure", *numbered("c", 10), *numbered("d", 10)]


def test_text_beside_a_figure_is_not_mixed_with_it():
    board = Board().block("figure", 60, 100, 200, 200).column("a", 280, 110, 15, width=260)
    assert board.read() == ["figure", *numbered("a", 15)]


def test_a_sidebar_is_read_after_the_text_on_its_left():
    board = Board().column("a", 60, 100, 40, width=330).column("side", 420, 100, 12, width=130)
    assert board.read() == [*numbered("a", 40), *numbered("side", 12)]


def test_labels_are_read_with_their_values():
    board = Board()
    for n in range(8):
        board.line(f"label{n}", 60, 100 + 20 * n, 60 + 7 * n).line(f"value{n}", 250, 100 + 20 * n, 40 + 9 * (n % 3))
    assert board.read() == [name for n in range(8) for name in (f"label{n}", f"value{n}")]


def test_a_row_of_headers_stands_above_its_columns():
    board = Board().line("left head", 60, 80, 100).line("right head", 310, 80, 100)
    board.column("a", 60, 130, 20).column("b", 310, 130, 20)
    read = board.read()
    assert read.index("left head") < read.index("a0") < read.index("b0")
    assert read.index("right head") < read.index("b0")
    assert [name for name in read if name[0] == "a"] == numbered("a", 20)


def test_two_pieces_of_a_row_are_read_from_left_to_right():
    assert Board().line("right", 300, 100, 60).line("left", 60, 100.5, 60).read() == ["left", "right"]


def test_a_table_and_text_below_it_are_read_in_that_order():
    board = Board().column("a", 60, 300, 5, width=480).block("table", 60, 100, 480, 150)
    assert board.read() == ["table", *numbered("a", 5)]


def test_blocks_that_lie_over_each_other_are_all_read():
    board = Board().block("back", 60, 100, 400, 400).block("front", 100, 150, 300, 300).column("a", 120, 200, 5)
    assert Counter(board.read()) == Counter(["back", "front", *numbered("a", 5)])


SIDES = st.floats(0, 1)
BOXES = st.tuples(SIDES, SIDES, SIDES, SIDES).map(lambda sides: Box.clipped(*sides))
ITEMS = st.builds(Item, BOXES, st.floats(1e-4, 0.3), SIDES, st.booleans())
ROWS = st.builds(
    lambda x, y, width, height, is_line: Item(Box.clipped(x, y, x + width, y + height), height, y + 0.8 * height, is_line),
    st.sampled_from([0.1, 0.3, 0.52, 0.7]),
    st.integers(0, 60).map(lambda n: n / 64),
    st.floats(0.01, 0.4),
    st.floats(0.005, 0.03),
    st.booleans(),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(ITEMS, ROWS), max_size=40))
def test_every_item_is_read_exactly_once(items):
    columns = order(items)
    assert Counter(item for column in columns for item in column) == Counter(items)
    assert all(columns)


def test_hundreds_of_nested_columns_end():
    items = [Item(Box(n / 400, n / 800, (n + 0.5) / 400, 1 - n / 800), 0.001, 0.5, n % 3 > 0) for n in range(400)]
    assert sum(len(column) for column in order(items)) == 400
