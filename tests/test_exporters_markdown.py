"""Markdown says what the document says, and knows where each stretch of it stands."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from docai.box import Box
from docai.document import Axis, Block, Cell, Chart, Content, Document, Figure, Page, Point, Series, Table, Text, Word
from docai.exporters.markdown import escape, markdown_with_spans, spans_json
from docai.exporters.text import marker_of

BOX = Box(0.1, 0.2, 0.5, 0.4)
CELL_BOX = Box(0.2, 0.2, 0.3, 0.3)
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SIGNS = (
    "# ## > + - * ** *** _ __ ` ``` ~~ ~~~ | < <b> </b> <!-- --> & &amp; &#35; \\ \\\\ "
    "[ ] ( ) ]( ]: ![ --- === :-- |-| 1. 12) ! $ ' a b a_b 가 é"
)
NASTY = st.lists(st.sampled_from([*SIGNS.split(), " ", "  ", "    ", "\t", "\n", "\n\n"]), max_size=12).map("".join)


class Words(HTMLParser):
    """Gathers the words of an HTML text."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


def spoken(markdown: str) -> str:
    """Return what a Markdown reader shows."""
    words = Words()
    words.feed(READER.render(markdown))
    words.close()
    return " ".join("".join(words.pieces).split())


def text(words: str, role: str = "paragraph", *, page: int = 1, level: int | None = None) -> Text:
    return Text.model_validate({"page_number": page, "box": BOX, "text": words, "role": role, "level": level})


def table(rows: list[list[str]], *, header: str = "column") -> Table:
    cells = [
        {"row": r, "column": c, "text": words, "header": "none" if r else header, "box": CELL_BOX}
        for r, row in enumerate(rows)
        for c, words in enumerate(row)
    ]
    return Table.model_validate(
        {"page_number": 1, "box": BOX, "row_count": len(rows), "column_count": len(rows[0]), "cells": cells}
    )


def document(*contents: Content) -> Document:
    """Return a document of one page."""
    blocks = tuple(Block(id=f"p1/{n}", content=content) for n, content in enumerate(contents, 1))
    return Document(name="report.pdf", pages=(Page(number=1, width_points=595, height_points=842, blocks=blocks),))


@given(NASTY, st.sampled_from(["paragraph", "title", "heading", "caption", "footnote", "formula"]))
@example("1. a", "paragraph")
@example("# a #", "heading")
@example("a\n---", "paragraph")
@example("a | b\n--- | ---", "paragraph")
@example("[a]: b", "paragraph")
@example("![a](b)", "caption")
@example("&lt;b&gt;", "title")
@example("* a*", "caption")
@example("**a\n**", "paragraph")
def test_a_reader_of_the_markdown_sees_the_words_of_a_text(words: str, role: str) -> None:
    assert spoken(document(text(words, role)).to_markdown()) == " ".join(words.split())


@given(NASTY)
def test_a_reader_of_the_markdown_sees_the_words_of_a_list_item_without_its_marker(words: str) -> None:
    marked = f"• {words}"
    assert spoken(document(text(marked, "list_item")).to_markdown()) == " ".join(marked[marker_of(marked).length :].split())


@given(st.lists(st.lists(NASTY, min_size=2, max_size=2), min_size=2, max_size=3))
def test_a_reader_of_the_markdown_sees_the_words_of_a_table(rows: list[list[str]]) -> None:
    shown = spoken(document(table(rows)).to_markdown().replace("</t", " </t").replace("<br>", " "))
    assert shown == " ".join(" ".join(words for row in rows for words in row).split())


@given(NASTY)
def test_code_is_fenced_and_keeps_every_character(words: str) -> None:
    tokens = READER.parse(document(text(f"x{words}", "code")).to_markdown())
    assert [(token.type, token.content) for token in tokens] == [("fence", f"x{words}\n")]


@given(st.lists(st.tuples(NASTY, st.sampled_from(["paragraph", "title", "list_item", "caption", "header", "code"]))), NASTY)
def test_spans_are_in_order_and_overlap_only_within_their_block(texts: list[tuple[str, str]], cell: str) -> None:
    whole = document(*(text(words, role) for words, role in texts), table([[cell, "b"], ["c", cell]]), text("end"))
    markdown, spans = markdown_with_spans(whole)
    assert markdown == whole.to_markdown()
    assert all(0 <= span.start < span.end <= len(markdown) for span in spans)
    for before, after in pairwise(spans):
        inside = after.block_id == before.block_id and after.end <= before.end
        beside = before.end <= after.start
        assert before.start <= after.start
        assert inside or beside


def test_a_span_holds_what_the_markdown_says_of_its_block_and_where_that_stands() -> None:
    markdown, spans = markdown_with_spans(document(text("A *title*", "title"), text("• one", "list_item"), table([["a|b"], [""]])))
    assert [(span.block_id, span.box, markdown[span.start : span.end]) for span in spans] == [
        ("p1/1", BOX, r"A \*title\*"),
        ("p1/2", BOX, "one"),
        ("p1/3", BOX, "| a\\|b |\n| --- |\n|  |"),
        ("p1/3", CELL_BOX, r"a\|b"),
    ]


def test_a_paragraph_that_goes_on_has_a_span_on_each_page() -> None:
    first = Page(number=1, width_points=9, height_points=9, blocks=(Block(id="p1/1", content=text("Words are exam-")),))
    more = Block(id="p2/1", content=text("ples of words.", page=2), continues="p1/1")
    second = Page(number=2, width_points=9, height_points=9, blocks=(more,))
    markdown, spans = markdown_with_spans(Document(name="a", pages=(first, second)))
    assert markdown == "Words are examples of words.\n"
    assert [(span.page_number, markdown[span.start : span.end]) for span in spans] == [(1, "Words are exam"), (2, "ples of words.")]


def test_spans_cross_json() -> None:
    _, spans = markdown_with_spans(document(text("a"), text("b")))
    assert json.loads(spans_json(spans)) == [
        {"start": 0, "end": 1, "page_number": 1, "box": list(BOX), "block_id": "p1/1"},
        {"start": 3, "end": 4, "page_number": 1, "box": list(BOX), "block_id": "p1/2"},
    ]
    assert json.loads(spans_json(())) == []


@pytest.mark.parametrize(
    "words",
    ["snake_case and 3 * 4", "a + b = c - d", "Section 1.2 costs 5 €", "[1] R&D, AT&T", "Name: ________", "5 > 4 | 3", "C:\\a"],
)
def test_what_means_nothing_in_markdown_stays_as_it_is(words: str) -> None:
    assert "".join(escape(words)) == words


def test_headings_are_one_below_the_title_and_end_at_six() -> None:
    levels = [text("a", "title"), *(text("a", "heading", level=level) for level in (1, 2, 5, 6)), text("a", "heading")]
    assert document(*levels).to_markdown().split("\n\n") == ["# a", "## a", "### a", "###### a", "###### a", "## a\n"]


def test_list_items_of_one_kind_follow_without_an_empty_line() -> None:
    items = ["• a", "– b", "1. c", "2. d", "3) e", "가. f"]
    assert document(*(text(item, "list_item") for item in items)).to_markdown() == "- a\n- b\n\n1. c\n2. d\n\n3) e\n\n- 가. f\n"


def test_running_headers_footers_and_page_numbers_are_left_out() -> None:
    roles = ("header", "paragraph", "footer", "page_number")
    assert document(*(text(role, role) for role in roles)).to_markdown() == "paragraph\n"


def test_a_table_with_one_header_row_has_pipes() -> None:
    assert document(table([["a", "b"], ["1", "2"]])).to_markdown() == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"


@pytest.mark.parametrize("odd", [table([["a"], ["1\n2"]]), table([["a"], ["b"]], header="none")], ids=["line break", "no header"])
def test_a_table_that_pipes_cannot_hold_is_html(odd: Table) -> None:
    assert document(odd).to_markdown().startswith("<table>\n")


def test_a_spanning_cell_makes_the_table_html_with_its_spans() -> None:
    wide = Cell(row=0, column=0, column_span=2, text="a & b", header="column", box=BOX)
    cells = (wide, Cell(row=1, column=0, text="c", box=BOX), Cell(row=1, column=1, text="d", box=BOX))
    spanned = Table(page_number=1, box=BOX, row_count=2, column_count=2, cells=cells)
    assert document(spanned).to_markdown() == (
        '<table>\n<thead>\n<tr><th scope="col" colspan="2">a &amp; b</th></tr>\n</thead>\n'
        "<tbody>\n<tr><td>c</td><td>d</td></tr>\n</tbody>\n</table>\n"
    )


def test_a_figure_is_a_picture_named_by_its_caption() -> None:
    blocks = (
        Block(id="p1/1", content=Figure(page_number=1, box=BOX, file="a (1).png"), captions=("p1/2",)),
        Block(id="p1/2", content=text("Figure 1: [b](c)", "caption")),
    )
    page = Page(number=1, width_points=9, height_points=9, blocks=blocks)
    markdown = Document(name="a", pages=(page,)).to_markdown()
    assert markdown == "![Figure 1: [b\\](c)](a%20%281%29.png)\n\n*Figure 1: [b\\](c)*\n"


def test_a_figure_without_a_picture_is_a_comment() -> None:
    assert document(Figure(page_number=1, box=BOX)).to_markdown() == "<!-- figure on page 1: no picture was saved -->\n"


def test_a_chart_is_a_table_of_its_points_each_with_its_place() -> None:
    points = (Point(x="2020", y=1.5, box=CELL_BOX), Point(x=2021.0, y=None, box=CELL_BOX))
    series = (Series(name="A|B", points=points),)
    chart = Chart(page_number=1, box=BOX, chart_type="bar", title="Sales", y_axis=Axis(title="Sum", unit="EUR"), series=series)
    markdown, spans = markdown_with_spans(document(chart))
    assert markdown == (
        "**Sales**\n\n| Series | x | Sum (EUR) |\n| --- | --- | --- |\n| A\\|B | 2020 | 1.5 |\n| A\\|B | 2021 |  |\n"
    )
    assert [(markdown[span.start : span.end], span.box) for span in spans[1:]] == [("1.5", CELL_BOX)]


def test_a_chart_without_points_gives_the_words_inside() -> None:
    words = (Word(text="Q1", box=BOX), Word(text="5*", box=BOX))
    assert document(Chart(page_number=1, box=BOX, chart_type="pie", words=words)).to_markdown() == "Q1 5*\n"


def test_an_empty_document_is_empty() -> None:
    assert markdown_with_spans(Document(name="a")) == ("", ())
