"""Boxes and blocks: one frame, checked where it is made; what a document tells of itself."""

from __future__ import annotations

import copy
import math
import pickle

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.box import DECIMALS, WHOLE, Box, hull
from docai.document import Block, Cell, Chart, Document, Engine, Figure, Page, Problem, Table, Text, Word, replace

SHARES = st.floats(0, 1)
FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)
BOXES = st.tuples(SHARES, SHARES, SHARES, SHARES).map(lambda sides: Box.clipped(*sides))
BOX = Box(0.1, 0.2, 0.3, 0.4)
HALF = 0.5 * 10**-DECIMALS


def page(*contents, number=1, problems=()):
    blocks = tuple(Block(id=f"p{number}/{n}", content=content) for n, content in enumerate(contents, 1))
    return Page(number=number, width_points=600, height_points=800, blocks=blocks, problems=problems)


def text(words, number=1):
    return Text(page_number=number, box=BOX, text=words, words=tuple(Word(text=word, box=BOX) for word in words.split()))


# Boxes


@given(FINITE, FINITE, FINITE, FINITE)
def test_a_box_is_made_exactly_of_what_lies_on_a_page(left, top, right, bottom):
    if 0 <= left <= right <= 1 and 0 <= top <= bottom <= 1:
        box = Box(left, top, right, bottom)
        assert all(abs(one - two) <= HALF for one, two in zip(box, (left, top, right, bottom), strict=True))
    else:
        with pytest.raises(ValueError, match="not a box on a page"):
            Box(left, top, right, bottom)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("side", [math.nan, math.inf, -math.inf, -0.001, 1.001])
def test_a_side_that_is_no_place_is_refused_wherever_it_comes_from(place, side):
    sides = [0.0, 0.0, 1.0, 1.0]
    sides[place] = side
    with pytest.raises(ValueError, match="not a box on a page"):
        Box(*sides)
    with pytest.raises(ValueError, match="not a box on a page"):
        WHOLE._replace(**{Box._fields[place]: side})
    with pytest.raises(ValueError, match="not a box on a page"):
        Box._make(sides)


@given(BOXES)
def test_a_box_is_the_same_after_every_crossing(box):
    assert Box(*box) == box == pickle.loads(pickle.dumps(box)) == copy.deepcopy(box)
    assert type(pickle.loads(pickle.dumps(box))) is type(box._replace(top=box.top)) is Box
    assert len({box, Box(*box)}) == 1


@given(FINITE, FINITE, FINITE, FINITE)
def test_clipping_gives_a_box_within_the_rectangle_and_the_page(left, top, right, bottom):
    box = Box.clipped(left, top, right, bottom)
    assert WHOLE.contains(box)
    assert box == Box.clipped(right, bottom, left, top)
    assert box == Box.clipped(*box)
    assert abs(box.width - max(0, min(1, max(left, right)) - max(0, min(left, right)))) <= 4 * HALF


@pytest.mark.parametrize("side", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_cannot_be_clipped(side):
    with pytest.raises(ValueError, match="not a box"):
        Box.clipped(side, 0, 1, 1)
    with pytest.raises(ValueError, match="not a box"):
        Box.clipped(-math.inf, 0, math.inf, 1)


@given(st.lists(BOXES, min_size=1, max_size=5))
def test_a_hull_holds_its_boxes_and_nothing_smaller_does(boxes):
    around = hull(boxes)
    assert all(around.contains(box) for box in boxes)
    assert all(side in {box[place] for box in boxes} for place, side in enumerate(around))
    assert boxes[0].union(*boxes[1:]) == around


def test_there_is_no_hull_of_nothing():
    with pytest.raises(ValueError, match="unpack"):
        hull([])


@given(BOXES, BOXES)
def test_an_intersection_is_the_same_from_both_sides_and_part_of_both(one, other):
    shared = one.intersection(other)
    assert shared == other.intersection(one)
    assert 0 <= shared <= min(one.area, other.area) + 1e-12
    assert one.intersection(one) == pytest.approx(one.area)
    assert one.intersection(WHOLE) == pytest.approx(one.area)
    if one.contains(other):
        assert shared == pytest.approx(other.area)


def test_boxes_that_only_touch_share_nothing():
    assert Box(0, 0, 0.5, 1).intersection(Box(0.5, 0, 1, 1)) == 0
    assert Box(0, 0, 0.2, 0.2).intersection(Box(0.8, 0.8, 1, 1)) == 0


def test_containment_forgives_its_tolerance():
    assert not Box(0.2, 0.2, 0.4, 0.4).contains(Box(0.19, 0.2, 0.4, 0.41))
    assert Box(0.2, 0.2, 0.4, 0.4).contains(Box(0.19, 0.2, 0.4, 0.41), tolerance=0.011)


def test_sizes_are_told_in_fractions_points_and_pixels():
    box = Box(0.25, 0.5, 0.75, 0.75)
    assert (box.width, box.height, box.area) == (0.5, 0.25, 0.125)
    assert box.points(page()) == (150, 400, 450, 600)
    assert box.pixels(200, 100) == (50, 50, 150, 75)
    assert Box(0.251, 0.5, 0.749, 0.751).pixels(200, 100) == (50, 50, 150, 76)


@st.composite
def cuts(draw):
    """Return a picture's width and height, and the sides of a part of it, all in pixels."""
    width, height = draw(st.integers(1, 10_000)), draw(st.integers(1, 10_000))
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return width, height, (left, top, draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height)))


@given(cuts())
def test_pixels_of_a_picture_come_back_from_their_box(cut):
    width, height, (left, top, right, bottom) = cut
    assert Box(left / width, top / height, right / width, bottom / height).pixels(width, height) == (left, top, right, bottom)


@given(BOXES, st.integers(1, 10_000), st.integers(1, 10_000))
def test_pixels_lie_in_the_picture_and_hold_the_box(box, width, height):
    left, top, right, bottom = box.pixels(width, height)
    assert 0 <= left <= right <= width
    assert 0 <= top <= bottom <= height
    slack = 2 * 10**-DECIMALS
    assert left <= (box.left + slack) * width
    assert right >= (box.right - slack) * width
    assert top <= (box.top + slack) * height
    assert bottom >= (box.bottom - slack) * height


# JSON


def test_a_box_is_four_rounded_numbers_in_json():
    word = Word(text="a", box=Box(0.123456, 0.2, 0.3, 0.4))
    assert word.model_dump_json() == '{"text":"a","box":[0.12346,0.2,0.3,0.4],"confidence":1.0}'
    assert word.model_dump()["box"] == word.box


@pytest.mark.parametrize("box", ["0.1 0.2 0.3 0.4", {"left": 0.1}, None, 0.5, [0.1, 0.2, 0.3], ["a", 0, 1, 1]])
def test_what_is_no_box_is_told_with_its_place(box):
    with pytest.raises(pydantic.ValidationError) as caught:
        Word.model_validate({"text": "a", "box": box})
    assert caught.value.errors()[0]["loc"] == ("box",)


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("text", {"text": "a"}, Text),
        ("table", {"row_count": 1, "column_count": 1, "cells": [{"row": 0, "column": 0, "box": [0, 0, 1, 1]}]}, Table),
        ("chart", {"chart_type": "bar"}, Chart),
        ("figure", {}, Figure),
    ],
)
def test_the_kind_tells_the_type_of_a_content(kind, fields, expected):
    block = Block.model_validate({"id": "p1/1", "content": {"kind": kind, "page_number": 1, "box": [0, 0, 1, 1], **fields}})
    assert type(block.content) is expected
    assert block.content.kind == kind


@pytest.mark.parametrize("name", ["", "p1", "p0/1", "p1/0", "1/1", "p1/1 ", "p1/1\n", "p01/1", "q1/1"])
def test_a_block_is_called_by_its_page_and_place(name):
    with pytest.raises(pydantic.ValidationError):
        Block(id=name, content=text("a"))


# What a document tells of itself


def test_tables_charts_and_blocks_come_in_reading_order():
    table = Table(page_number=1, box=BOX, row_count=1, column_count=1, cells=(Cell(row=0, column=0, box=BOX),))
    chart = Chart(page_number=1, box=BOX, chart_type="line")
    other = replace(table, page_number=2)
    document = Document(name="a.pdf", pages=(page(table, text("one"), chart), page(other, number=2)))
    assert document.tables == (table, other)
    assert document.charts == (chart,)
    assert [block.id for block in document.blocks] == ["p1/1", "p1/2", "p1/3", "p2/1"]
    assert [(block.page_number, block.box) for block in document.blocks] == [(1, BOX)] * 3 + [(2, BOX)]


def test_words_of_a_page_come_in_the_order_of_its_blocks():
    assert [word.text for word in page(text("one two"), text("three")).words] == ["one", "two", "three"]


def test_all_problems_are_the_documents_and_those_of_its_pages():
    problems = [Problem(code=code, message=code) for code in ("repaired", "page_damaged")]
    document = Document(name="a.pdf", pages=(page(problems=(problems[1],)),), problems=(problems[0],))
    assert document.all_problems == tuple(problems)


def test_an_engine_is_called_by_its_backend_and_model():
    assert Engine(backend="classical").name == "classical"
    assert Engine(backend="endpoint", model="some-model").name == "endpoint:some-model"


def test_a_document_tells_its_text_in_several_formats():
    document = Document(name="a.pdf", page_count=1, pages=(page(text("Good morning.")),))
    assert document.text.strip() == "Good morning."
    assert "Good morning." in document.to_markdown()
    assert "<html" in document.to_html()
    assert document.to_json(indent=2).startswith('{\n  "schema_version": "1.0"')
