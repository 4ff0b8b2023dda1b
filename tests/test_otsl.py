"""OTSL says what a table is, and what it says is read back; what breaks its rules is named."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.box import WHOLE, Box
from docai.document import Block, Cell, Document, Page, Table, replace
from docai.exporters import to_text, write
from docai.tasks.otsl import from_otsl, to_otsl
from docai.tasks.table import in_reading_order

BOX = Box(0.1, 0.1, 0.9, 0.9)


def table(rows, columns, cells):
    return Table(page_number=1, box=BOX, row_count=rows, column_count=columns, cells=tuple(cells))


def cell(row, column, text="", row_span=1, column_span=1, header="none"):
    return Cell(row=row, column=column, row_span=row_span, column_span=column_span, text=text, header=header, box=BOX)


@st.composite
def tables(draw):
    """Return a table whose cells come of cutting its area again and again, with texts that look like OTSL."""
    texts = st.lists(
        st.sampled_from([*"<fcel> <nl> <lcel> &lt; &amp; & < > a 가 </otsl> <otsl>".split(" "), " ", "\n"]), max_size=4
    )
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    areas, cells = [(0, 0, rows, columns)], []
    while areas:
        row, column, down, across = areas.pop()
        cut = draw(st.integers(0, down + across - 2))
        if cut == 0:
            header = draw(st.sampled_from(["none", "column", "row", "both"]))
            cells.append(cell(row, column, "".join(draw(texts)), down, across, header))
        elif cut < down:
            areas += [(row, column, cut, across), (row + cut, column, down - cut, across)]
        else:
            cut -= down - 1
            areas += [(row, column, down, cut), (row, column + cut, down, across - cut)]
    return table(rows, columns, draw(st.permutations(cells)))


def told(one):
    """Return a cell with what OTSL tells of it."""
    header = "column" if one.header == "both" else one.header
    return Cell(
        row=one.row,
        column=one.column,
        row_span=one.row_span,
        column_span=one.column_span,
        text=one.text,
        header=header,
        box=BOX,
        basis="model",
    )


@given(tables())
def test_a_table_is_read_back_from_its_otsl(whole):
    written = to_otsl(whole)
    again = from_otsl(written, box=BOX)
    assert again == tuple(map(told, in_reading_order(whole.cells)))
    assert to_otsl(replace(whole, cells=again)) == written
    assert from_otsl(f"\n<otsl>{written}</otsl>\n", box=BOX) == again


@given(tables(), st.randoms())
def test_an_answer_that_breaks_off_is_named_or_has_its_first_rows(whole, chance):
    written = to_otsl(whole)
    cut = written[: chance.randrange(len(written))]
    try:
        cells = from_otsl(cut)
    except ValueError:
        return
    assert all(one.row < whole.row_count for one in cells)


def test_headers_sections_spans_and_empty_cells_have_their_words():
    cells = [
        cell(0, 0, "", header="column"),
        cell(0, 1, "Year", column_span=2, header="column"),
        cell(1, 0, "Europe", column_span=3, header="row"),
        cell(2, 0, "North", row_span=2, header="row"),
        cell(2, 1, "a < b & c", row_span=2, column_span=2),
        cell(4, 0, "<nl>"),
        cell(4, 1),
        cell(4, 2, "&lt;"),
    ]
    assert to_otsl(table(5, 3, cells)) == (
        "<ched><ched>Year<lcel><nl>"
        "<srow>Europe<lcel><lcel><nl>"
        "<rhed>North<fcel>a < b & c<lcel><nl>"
        "<ucel><ucel><xcel><nl>"
        "<fcel>&lt;nl><ecel><fcel>&amp;lt;<nl>"
    )


def test_lines_between_rows_are_nothing_and_cells_stand_where_the_table_does():
    cells = from_otsl("<fcel>a<fcel>b<nl>\n<fcel>c<ecel><nl>\n")
    assert [(one.text, one.box) for one in cells] == [(text, WHOLE) for text in ("a", "b", "c", "")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "begins with a cell"),
        ("words", "begins with a cell, not with 'words'"),
        ("words<fcel>a<nl>", "begins with a cell"),
        ("<fcel>a", "no <nl>"),
        ("<fcel>a<nl><fcel>b", "no <nl>"),
        ("<nl>", "row 0 has 0 positions"),
        ("<fcel>a<fcel>b<nl><fcel>c<nl>", "row 1 has 1 positions, the first has 2"),
        ("<lcel><nl>", "<lcel> at row 0, column 0"),
        ("<fcel>a<ucel><nl>", "<ucel> at row 0, column 1"),
        ("<fcel>a<fcel>b<nl><ucel><lcel><nl>", "<lcel> at row 1, column 1"),
        ("<fcel>a<lcel><nl><ucel><fcel>b<nl>", "<ucel> at row 1, column 0"),
        ("<fcel>a<lcel><nl><ucel><ucel><nl>", "<ucel> at row 1, column 0"),
        ("<fcel>a<fcel>b<nl><fcel>c<xcel><nl>", "<xcel> at row 1, column 1"),
        ("<fcel>a<lcel>b<nl>", "behind <lcel> at row 0, column 1"),
        ("<ecel>a<nl>", "behind <ecel> at row 0, column 0"),
        ("<fcel>a<nl>b", "behind <nl>"),
    ],
)
def test_what_breaks_the_rules_is_named_with_its_place(text, message):
    with pytest.raises(ValueError, match=message):
        from_otsl(text)


def test_every_position_is_covered_once_whatever_is_accepted():
    words = "fcel lcel ucel xcel".split()
    accepted = 0
    for picked in product(words, repeat=6):
        rows = ["".join(f"<{word}>" for word in picked[n : n + 3]) + "<nl>" for n in (0, 3)]
        try:
            cells = from_otsl("".join(rows))
        except ValueError:
            continue
        table(2, 3, cells)  # refuses what is not covered, or covered twice
        accepted += 1
    assert accepted == 34  # the ways to cut two rows of three into rectangles


def test_each_table_is_a_file_of_its_own(tmp_path):
    block = Block(id="p1/2", content=table(1, 2, [cell(0, 0, "a"), cell(0, 1, "b")]))
    document = Document(name="a.pdf", pages=(Page(number=1, width_points=9, height_points=9, blocks=(block,)),))
    (path,) = write(document, "otsl", tmp_path / "a.pdf")
    assert path.name == "a.pdf.p1-2.otsl"
    assert path.read_text(encoding="utf-8") == to_text(document, "otsl") == "<fcel>a<fcel>b<nl>\n"
