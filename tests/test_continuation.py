"""Passages: what is joined page by page is what would be joined at once, in reading order, each block once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from docai.box import Box
from docai.continuation import Joiner, Passage, passages, tables_with_parts
from docai.document import MAX_POSITIONS, Block, Cell, Document, Figure, Page, Table, Text

BOX = Box(0.1, 0.2, 0.5, 0.4)


def text(page, place, words="", continues=None):
    content = Text(page_number=page, box=BOX, text=words or f"text {page}/{place}")
    return Block(id=f"p{page}/{place}", content=content, continues=continues)


def pages_of(*blocks, count=None):
    last = count or max(block.page_number for block in blocks)
    return tuple(
        Page(number=n, width_points=595, height_points=842, blocks=tuple(b for b in blocks if b.page_number == n))
        for n in range(1, last + 1)
    )


@st.composite
def documents(draw):
    """Return pages whose blocks go on with any earlier block of their page or of the page before, or with none."""
    pages, earlier = [], []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        blocks = []
        for place in range(1, draw(st.integers(0, 4)) + 1):
            continues = draw(st.sampled_from([None, None, *(block.id for block in [*earlier, *blocks])]))
            blocks.append(text(number, place, continues=continues))
        pages.append(Page(number=number, width_points=595, height_points=842, blocks=tuple(blocks)))
        earlier = blocks
    return tuple(pages)


def at_once(pages):
    """Return the passages, as tuples of blocks, by following `continues` through the whole document."""
    joined = {}
    for block in (block for page in pages for block in page.blocks):
        group = joined.get(block.continues, [])
        group.append(block)
        joined[block.id] = group
    groups = {id(group): tuple(group) for group in joined.values()}
    return list(groups.values())


def place_of(block):
    page, place = block.id[1:].split("/")
    return int(page), int(place)


@given(documents())
def test_joining_page_by_page_is_joining_at_once(pages):
    assert [passage.blocks for passage in passages(pages)] == at_once(pages)


@given(documents())
def test_every_block_comes_once_and_passages_are_in_reading_order(pages):
    found = passages(pages)
    blocks = [block for page in pages for block in page.blocks]
    assert sorted((block for passage in found for block in passage.blocks), key=place_of) == blocks
    assert [passage.first for passage in found] == sorted((passage.first for passage in found), key=place_of)
    assert all(list(passage.blocks) == sorted(passage.blocks, key=place_of) for passage in found)


@given(documents())
def test_only_what_may_go_on_and_what_stands_behind_it_is_held_back(pages):
    joiner, expected = Joiner(), at_once(pages)
    for page in pages:
        released = joiner.add(page)
        assert [passage.blocks for passage in released] == expected[: len(released)]
        del expected[: len(released)]
        read = [[block for block in group if block.page_number <= page.number] for group in expected]
        held = [group for group in read if group]
        assert not held or held[0][-1].page_number == page.number
    assert [passage.blocks for passage in joiner.close()] == expected


def test_a_chain_runs_over_three_pages_and_comes_when_it_ends():
    first, figure = text(1, 1, "A sentence that be-"), Block(id="p1/2", content=Figure(page_number=1, box=BOX))
    second, third = text(2, 1, "gins here, runs over a whole", "p1/1"), text(3, 1, "page and ends.", "p2/1")
    one, two, three, four = pages_of(first, figure, second, third, text(4, 1))
    joiner = Joiner()
    assert joiner.add(one) == []
    assert joiner.add(two) == []
    assert joiner.add(three) == []
    whole, picture = joiner.add(four)
    assert whole.blocks == (first, second, third)
    assert whole.text == "A sentence that begins here, runs over a whole page and ends."
    assert whole.first is first
    assert picture == Passage((figure,))
    assert picture.text == ""
    assert [passage.first.id for passage in joiner.close()] == ["p4/1"]


def test_a_page_comes_out_when_the_next_has_been_added():
    one, two = pages_of(text(1, 1), text(1, 2), text(2, 1))
    joiner = Joiner()
    assert joiner.add(one) == []
    assert [passage.first.id for passage in joiner.add(two)] == ["p1/1", "p1/2"]
    assert [passage.first.id for passage in joiner.close()] == ["p2/1"]
    assert joiner.close() == []


def test_columns_of_one_page_are_joined():
    blocks = [text(1, 1, "가장 오래된 건"), text(1, 2, "A heading"), text(1, 3, "축물이다.", "p1/1")]
    assert [passage.text for passage in passages(pages_of(*blocks))] == ["가장 오래된 건축물이다.", "A heading"]


def test_an_empty_page_releases_what_was_held():
    one, two = pages_of(text(1, 1), count=2)
    joiner = Joiner()
    joiner.add(one)
    assert [passage.first.id for passage in joiner.add(two)] == ["p1/1"]


def test_what_goes_on_with_a_block_that_is_not_there_stands_alone():
    blocks = text(2, 1, continues="p1/9"), text(2, 2, continues="p2/2"), text(2, 3, continues="p2/4"), text(2, 4)
    assert [passage.blocks for passage in passages(pages_of(*blocks))] == [(block,) for block in blocks]
    assert passages(()) == []


def table(page, place, *texts, continues=None, width=1, captions=(), confidence=1.0):
    cells = tuple(Cell(row=row, column=0, column_span=width, text=text, box=BOX) for row, text in enumerate(texts))
    content = Table(page_number=page, box=BOX, row_count=len(texts), column_count=width, cells=cells)
    return Block(id=f"p{page}/{place}", content=content, continues=continues, captions=captions, confidence=confidence)


def test_the_parts_of_a_table_are_one_block_with_the_captions_of_all_and_the_least_confidence():
    first = table(1, 1, "a", captions=("p1/2",), confidence=0.9)
    second = table(2, 1, "b", continues="p1/1", captions=("p2/2",), confidence=0.8)
    (passage,) = passages(pages_of(first, second))
    (whole,) = passage.whole
    assert passage.parts == (first, second)
    assert (whole.id, whole.captions, whole.confidence) == ("p1/1", ("p1/2", "p2/2"), 0.8)
    assert [cell.text for cell in whole.content.cells] == ["a", "b"]


def test_a_table_on_one_page_and_other_blocks_are_as_they_are():
    blocks = table(1, 1, "a"), text(1, 2, "b"), text(1, 3, "c", "p1/2")
    assert [passage.whole for passage in passages(pages_of(*blocks))] == [blocks[:1], blocks[1:]]


def test_tables_come_in_reading_order_with_their_parts():
    blocks = table(1, 1, "a"), table(1, 2, "b"), table(2, 1, "c", continues="p1/2"), table(2, 2, "d")
    found = tables_with_parts(pages_of(*blocks))
    assert [[cell.text for cell in one.cells] for one, _ in found] == [["a"], ["b", "c"], ["d"]]
    assert [parts for _, parts in found] == [blocks[:1], blocks[1:3], blocks[3:]]
    assert found[0][0] is blocks[0].content


def test_parts_that_are_too_large_together_stay_apart():
    blocks = table(1, 1, "a", width=MAX_POSITIONS), table(2, 1, "b", continues="p1/1", width=MAX_POSITIONS)
    document = Document(name="a.pdf", pages=pages_of(*blocks))
    assert document.tables == tuple(block.content for block in blocks)
    assert document.table_parts == (blocks[:1], blocks[1:])
