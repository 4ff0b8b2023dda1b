"""Texts that a model read are found among the words of the page, in order; what is not found says so."""

from __future__ import annotations

import random
import time

import pytest

from docai.box import WHOLE, Box, hull
from docai.document import Axis, Cell, Chart, Point, Series, Table
from docai.matching import placed
from docai.sources import SourceWord
from tests.drawn_pages import PLAIN

REGION = Box(0.1, 0.1, 0.9, 0.9)
LETTER, LINE = 0.008, 0.02  # of the page: how wide a letter is, how far lines stand apart


def word(text, left, top, right, bottom):
    return SourceWord(text, Box(left, top, right, bottom), 10.0, PLAIN, bottom)


def at(text, left, line):
    return word(text, left, REGION.top + line * LINE, left + LETTER * len(text), REGION.top + line * LINE + 0.012)


def printed(*lines):
    """Return words: each line a list of (left, text), texts cut at spaces."""
    words = []
    for number, line in enumerate(lines):
        for start, text in line:
            left = start
            for part in text.split():
                words.append(at(part, left, number))
                left += LETTER * (len(part) + 0.5)
    return words


def table(*rows, spans=(), confidence=0.8):
    """Return a table of rows of texts; `spans` are (row, column): (down, across), None stands where a cell reaches."""
    extents = dict(spans)
    cells = []
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            if text is not None:
                down, across = extents.get((row, column), (1, 1))
                told = {"row": row, "column": column, "row_span": down, "column_span": across}
                cells.append(Cell(**told, text=text, box=WHOLE, basis="model", confidence=confidence))
    return Table(page_number=1, box=WHOLE, row_count=len(rows), column_count=len(rows[0]), cells=tuple(cells))


def box_of(words, *texts):
    return hull(word.box for word in words if word.text in texts)


def cell(content, text):
    (found,) = [one for one in content.cells if one.text == text]
    return found


def test_each_cell_has_the_hull_of_its_words():
    words = printed([(0.1, "Item"), (0.4, "Unit price"), (0.7, "Total")], [(0.1, "사과 주스"), (0.4, "1,204.5"), (0.7, "12%")])
    found = placed(table(["Item", "Unit price", "Total"], ["사과 주스", "1,204.5", "12%"]), words, REGION)
    assert cell(found, "Unit price").box == box_of(words, "Unit", "price")
    assert cell(found, "사과 주스").box == box_of(words, "사과", "주스")
    assert cell(found, "12%").box == box_of(words, "12%")
    assert {one.confidence for one in found.cells} == {0.8}
    assert found.box == REGION


def test_the_same_text_in_several_rows_is_found_in_each():
    words = printed(*[[(0.1, f"row {name}"), (0.4, "0"), (0.7, "0")] for name in "abc"])
    found = placed(table(["row a", "0", "0"], ["row b", "0", "0"], ["row c", "0", "0"]), words, REGION)
    assert [one.box for one in found.cells if one.text == "0"] == [one.box for one in words if one.text == "0"]


def test_small_differences_and_other_cuts_of_words_do_not_matter():
    words = printed([(0.1, "Doanh thu"), (0.4, "1 234 567")], [(0.1, "Lợi nhuan"), (0.4, "89")])
    found = placed(table(["Doanhthu", "1234567"], ["Lợi nhuận", "89"]), words, REGION)
    assert cell(found, "Doanhthu").box == box_of(words, "Doanh", "thu")
    assert cell(found, "1234567").box == box_of(words, "1", "234", "567")
    assert cell(found, "Lợi nhuận").box == box_of(words, "Lợi", "nhuan")


def test_a_cell_of_several_lines_is_read_through_beside_its_neighbours():
    words = printed(
        [(0.1, "Net sales of"), (0.4, "goods sold to"), (0.8, "10")],
        [(0.1, "the group"), (0.4, "third parties")],
        [(0.1, "Costs"), (0.4, "of all"), (0.8, "20")],
    )
    found = placed(table(["Net sales of the group", "goods sold to third parties", "10"], ["Costs", "of all", "20"]), words, REGION)
    assert cell(found, "Net sales of the group").box == hull(
        one.box for one in words if one.box.right < 0.35 and one.box.top < 0.135
    )
    assert cell(found, "goods sold to third parties").box == box_of(words, "goods", "sold", "to", "third", "parties")
    assert cell(found, "20").box == box_of(words, "20")


def test_a_cell_that_spans_rows_is_found_in_the_middle_of_them():
    words = printed([(0.4, "one"), (0.7, "1")], [(0.1, "group"), (0.4, "two"), (0.7, "2")], [(0.4, "three"), (0.7, "3")])
    content = table(["group", "one", "1"], [None, "two", "2"], [None, "three", "3"], spans=[((0, 0), (3, 1))])
    found = placed(content, words, REGION)
    assert cell(found, "group").box == box_of(words, "group")
    assert cell(found, "two").box == box_of(words, "two")


def test_what_is_not_printed_keeps_the_region_and_half_its_confidence():
    words = printed([(0.1, "alpha"), (0.4, "12")])
    found = placed(table(["alpha", "99999"], ["omega", ""]), words, REGION)
    assert cell(found, "99999").box == REGION
    assert cell(found, "99999").confidence == 0.4
    assert cell(found, "omega").confidence == 0.4
    assert cell(found, "").confidence == 0.8  # nothing to be found
    assert cell(found, "alpha").confidence == 0.8


def test_words_outside_of_the_region_are_not_looked_at():
    words = [word("alpha", 0.1, 0.95, 0.2, 0.97)]
    assert cell(placed(table(["alpha"]), words, REGION), "alpha").box == REGION


def test_a_box_that_was_told_stays_where_no_words_are():
    told = Box(0.2, 0.2, 0.3, 0.3)
    content = table(["alpha"])
    content = content.model_validate({**dict(content), "cells": (Cell(row=0, column=0, text="alpha", box=told),)})
    assert cell(placed(content, [], REGION), "alpha").box == told


def point(x, y):
    return Point(x=x, y=y, box=WHOLE, confidence=0.8, basis="model")


def test_values_of_a_chart_are_found_where_they_are_printed_else_at_their_labels():
    words = [
        *printed([(0.2, "1,200"), (0.6, "1,200")]),
        at("Quarter", 0.18, 10),
        at("1", 0.25, 10),
        at("Quý", 0.4, 10),
        at("2", 0.44, 10),
        at("3분기", 0.6, 10),
    ]
    series = Series(name="a", points=(point("Quarter 1", 1200.0), point("Quý 2", 700.0), point("3분기", 1200.0), point(4.0, 5.0)))
    chart = Chart(page_number=1, box=WHOLE, chart_type="bar", x_axis=Axis(), series=(series,))
    found = placed(chart, words, REGION)
    first, second, third, last = found.series[0].points
    assert (first.box, first.confidence) == (words[0].box, 0.8)
    assert (second.box, second.confidence) == (box_of(words, "Quý", "2"), 0.4)
    assert (third.box, third.confidence) == (words[1].box, 0.8)
    assert (last.box, last.confidence) == (REGION, 0.4)
    assert found.box == REGION


@pytest.mark.parametrize(("rows", "columns"), [(50, 10), (100, 5), (500, 1)])
def test_five_hundred_cells_are_placed_at_once(rows, columns):
    chance = random.Random(7)
    texts = [[f"{chance.choice('abc')}{chance.randrange(10_000)}" for _ in range(columns)] for _ in range(rows)]
    step = 0.79 / rows
    words = [
        word(text, 0.1 + column * 0.075, 0.1 + row * step, 0.16 + column * 0.075, 0.1 + row * step + step / 2)
        for row, line in enumerate(texts)
        for column, text in enumerate(line)
    ]
    content = table(*texts)
    start = time.process_time()
    found = placed(content, words, REGION)
    assert time.process_time() - start < 1.0  # seconds; 0.1 on a machine that does nothing else
    assert [one.box for one in found.cells] == [one.box for one in words]
    assert all(isinstance(one, SourceWord) for one in words)
