"""JSON, text, HTML, CSV and DataFrames: each is read back with the library that its users have."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.box import Box
from docai.continuation import Passage
from docai.document import (
    Block,
    Cell,
    Chart,
    Content,
    Document,
    Engine,
    Figure,
    FormField,
    Page,
    Point,
    Problem,
    Reading,
    Series,
    Table,
    Text,
    Word,
)
from docai.exporters import Exporter, Files, Memory, feed, to_text, write
from docai.exporters.charts import value_text
from docai.exporters.text import marker_of, parts_of
from docai.registry import EXPORTERS, load

BOX = Box(0.1, 0.2, 0.5, 0.4)
CELL_BOX = Box(0.2, 0.2, 0.3, 0.3)


def text(words: str, role: str = "paragraph", *, page: int = 1, level: int | None = None) -> Text:
    return Text.model_validate({"page_number": page, "box": BOX, "text": words, "role": role, "level": level})


def page(*contents: Content, number: int = 1, captions: dict[int, tuple[str, ...]] | None = None) -> Page:
    """Return a page of blocks `p1/1`, `p1/2` …; `captions` are those of a block, by its place from 1."""
    blocks = tuple(
        Block(id=f"p{number}/{n}", content=content, captions=(captions or {}).get(n, ()), confidence=0.875)
        for n, content in enumerate(contents, 1)
    )
    return Page(number=number, width_points=595, height_points=842, blocks=blocks)


def document(*pages: Page) -> Document:
    return Document(name="report.pdf", page_count=len(pages), pages=pages)


def spanned() -> Table:
    """Return a table of two header rows: `Year` over two columns, and a row header over two rows."""
    cells = [
        {"row": 0, "column": 0, "row_span": 2, "text": "Region", "header": "both"},
        {"row": 0, "column": 1, "column_span": 2, "text": "Year", "header": "column"},
        {"row": 1, "column": 1, "text": "2020", "header": "column"},
        {"row": 1, "column": 2, "text": "2021", "header": "column"},
        {"row": 2, "column": 0, "text": 'N "x", y', "header": "row"},
        {"row": 2, "column": 1, "text": "=1+2\n@"},
        {"row": 2, "column": 2, "text": "<b>&"},
    ]
    cells = [{**cell, "box": CELL_BOX} for cell in cells]
    return Table.model_validate({"page_number": 1, "box": BOX, "row_count": 3, "column_count": 3, "cells": cells})


def chart() -> Chart:
    points = (Point(x="Q1", y=0.1 + 0.2, box=CELL_BOX), Point(x=2020.0, y=None, box=CELL_BOX))
    return Chart(page_number=1, box=BOX, chart_type="bar", title="Sales", series=(Series(name="A", points=points),))


WORDS = (Word(text="inside", box=BOX), Word(text="words", box=BOX))


fractions = st.floats(0, 1)
boxes = st.builds(Box.clipped, fractions, fractions, fractions, fractions)
words = st.builds(Word, text=st.text(), box=boxes, confidence=fractions)
contents = st.one_of(
    st.builds(Text, page_number=st.just(1), box=boxes, text=st.text(), words=st.lists(words, max_size=2).map(tuple)),
    st.builds(
        lambda box, columns, cell: Table(
            page_number=1,
            box=box,
            row_count=1,
            column_count=columns,
            cells=tuple(
                Cell(row=0, column=c, text=cell, box=box, readings=(Reading(source="a", text=cell, confidence=0.5),))
                for c in range(columns)
            ),
        ),
        boxes,
        st.integers(1, 3),
        st.text(),
    ),
    st.builds(
        lambda box, x, y: Chart(page_number=1, box=box, chart_type="line", series=(Series(points=(Point(x=x, y=y, box=box),)),)),
        boxes,
        st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.text()),
        st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    ),
    st.builds(Figure, page_number=st.just(1), box=boxes, file=st.one_of(st.none(), st.text())),
)
documents = st.builds(
    Document,
    name=st.text(),
    status=st.sampled_from(["success", "partial_success", "failure"]),
    pages=st.lists(st.builds(page, contents, contents, number=st.integers(1, 9)), max_size=3).map(tuple),
    problems=st.lists(st.builds(Problem, code=st.text(), message=st.text()), max_size=2).map(tuple),
    engines=st.lists(st.builds(Engine, backend=st.text()), max_size=2).map(tuple),
    form_fields=st.lists(
        st.builds(
            FormField,
            name=st.text(),
            kind=st.just("text"),
            value=st.one_of(st.none(), st.booleans(), st.text(), st.tuples(st.text())),
            page_number=st.just(1),
            box=boxes,
        ),
        max_size=2,
    ).map(tuple),
)


@given(documents)
def test_json_written_page_by_page_gives_an_equal_document_back(whole: Document) -> None:
    assert Document.model_validate_json(to_text(whole, "json")) == whole


def test_json_has_a_page_on_each_line_and_letters_as_they_are() -> None:
    lines = to_text(document(page(text("가나다 é")), page(text("b"), number=2)), "json").splitlines()
    assert [json.loads(line.removesuffix(","))["number"] for line in lines[1:3]] == [1, 2]
    assert "가나다 é" in lines[1]


def test_json_of_no_pages_is_the_document_too() -> None:
    assert json.loads(to_text(document(), "json")) == json.loads(document().to_json())


def test_text_has_an_empty_line_between_passages_and_no_margins() -> None:
    first = page(text("Head", "header"), text("Title", "title"), text("• one", "list_item"), text("7", "page_number"))
    assert document(first).text == "Title\n\n• one\n"


def test_text_joins_what_goes_on_over_pages() -> None:
    more = Block(id="p2/1", content=text("ples of words.", page=2), continues="p1/1")
    second = Page(number=2, width_points=9, height_points=9, blocks=(more,))
    assert document(page(text("They are exam-")), second).text == "They are examples of words.\n"


@pytest.mark.parametrize("name", ["html", "md", "txt"])
def test_a_table_that_goes_on_stands_with_its_beginning(name: str) -> None:
    more = Table(page_number=2, box=BOX, row_count=1, column_count=1, cells=(Cell(row=0, column=0, text="rest", box=BOX),))
    blocks = (Block(id="p2/1", content=text("later words", page=2)), Block(id="p2/2", content=more, continues="p1/1"))
    second = Page(number=2, width_points=9, height_points=9, blocks=blocks)
    shown = to_text(document(page(spanned()), second), name)
    assert shown.index("Region") < shown.index("rest") < shown.index("later words")


def test_text_keeps_tables_charts_and_the_words_inside_figures() -> None:
    empty = Chart(page_number=1, box=BOX, chart_type="pie", words=WORDS)
    assert document(page(spanned(), chart(), empty, Figure(page_number=1, box=BOX, words=WORDS))).text == (
        'Region\tYear\t\n\t2020\t2021\nN "x", y\t=1+2 @\t<b>&\n\nSales\nx\tA\nQ1\t0.3\n2020\t\n\ninside words\n\ninside words\n'
    )


@pytest.mark.parametrize(("value", "shown"), [(None, ""), ("Q1", "Q1"), (2020.0, "2020"), (0.1 + 0.2, "0.3"), (-1.5, "-1.5")])
def test_values_read_as_people_write_them(value: float | str | None, shown: str) -> None:
    assert value_text(value) == shown


@pytest.mark.parametrize(
    ("item", "kind", "rest"),
    [
        ("• one", "bullet", "one"),
        ("•one", "bullet", "one"),
        ("– one", "bullet", "one"),
        ("-5 degrees", "unknown", "-5 degrees"),
        ("12. one", "number", "one"),
        ("3) one", "number", "one"),
        ("1.5 litres", "unknown", "1.5 litres"),
        ("가. one", "unknown", "가. one"),
        ("•", "bullet", ""),
    ],
)
def test_the_marker_of_a_list_item_is_told_from_its_text(item: str, kind: str, rest: str) -> None:
    marker = marker_of(item)
    assert (marker.kind, item[marker.length :]) == (kind, rest)


@given(st.lists(st.text("ab- 가", max_size=5), min_size=1, max_size=5))
def test_parts_of_a_passage_are_in_order_and_do_not_overlap(pieces: list[str]) -> None:
    passage = Passage(tuple(Block(id=f"p1/{n}", content=text(piece)) for n, piece in enumerate(pieces, 1)))
    parts = parts_of(passage)
    sides = [side for part in parts for side in (part.start, part.end)]
    assert [part.block for part in parts] == list(passage.blocks)
    assert sides == sorted(sides)
    between = "".join(passage.text[before.end : after.start] for before, after in pairwise(parts))
    assert not between.strip()


VOID = {"meta", "img", "br"}


class Tree(HTMLParser):
    """Checks that tags are closed in order, and remembers the elements by the path to them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(("/".join([*self.open, tag]), dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(("/".join(self.open), data))

    def under(self, path: str) -> list[tuple[str, dict[str, str | None]]]:
        """Return the elements inside the article whose path ends with `path`, each with its attributes."""
        return [(name, attributes) for name, attributes in self.elements if name.endswith(f"html/body/article/{path}")]


@given(
    st.lists(st.tuples(st.text("<>&\"'a -=/!"), st.sampled_from(["title", "heading", "paragraph", "list_item", "caption", "code"])))
)
def test_html_is_well_formed_and_says_the_words_whatever_they_are(pieces: list[tuple[str, str]]) -> None:
    tree = Tree(document(page(*(text(words, role) for words, role in pieces))).to_html())
    said = "".join(words for path, words in tree.texts if "/article/" in path)
    expected = "".join(words[marker_of(words).length if role == "list_item" else 0 :] for words, role in pieces)
    assert "".join(said.split()) == "".join(expected.split())


def test_html_elements_carry_page_box_and_confidence() -> None:
    tree = Tree(document(page(text("A", "title"), text("B", "heading", level=2), text("c"), spanned())).to_html())
    place = {"data-page": "1", "data-box": "0.1,0.2,0.5,0.4", "data-confidence": "0.875"}
    for number, path in enumerate(("h1", "h3", "p", "table"), 1):
        assert tree.under(path) == [(f"html/body/article/{path}", {"id": f"p1/{number}", **place})]
    cells = tree.under("table/thead/tr/th") + tree.under("table/tbody/tr/td")
    assert [attributes["data-box"] for _, attributes in cells] == ["0.2,0.2,0.3,0.3"] * 6


def test_html_tables_keep_spans_and_headers() -> None:
    tree = Tree(document(page(spanned())).to_html())
    heads = [{k: v for k, v in attributes.items() if "data" not in k} for _, attributes in tree.under("table/thead/tr/th")]
    assert heads == [{"scope": "col", "rowspan": "2"}, {"scope": "colgroup", "colspan": "2"}, {"scope": "col"}, {"scope": "col"}]
    assert [attributes for _, attributes in tree.under("table/colgroup")] == [{"span": "1"}, {"span": "2"}]
    assert [attributes["scope"] for _, attributes in tree.under("table/tbody/tr/th")] == ["row"]
    assert [words for path, words in tree.texts if path.endswith("td")] == ["=1+2", "@", "<b>&"]


def test_html_has_no_head_where_a_header_cell_reaches_out_of_it() -> None:
    cells = (
        Cell(row=0, column=0, row_span=2, text="a", header="both", box=BOX),
        Cell(row=0, column=1, text="b", header="column", box=BOX),
        Cell(row=1, column=1, text="c", box=BOX),
    )
    tree = Tree(document(page(Table(page_number=1, box=BOX, row_count=2, column_count=2, cells=cells))).to_html())
    assert not tree.under("table/thead")
    assert len(tree.under("table/tbody/tr/th")) == 2


def grouped(*headed: tuple[int, int, int, int, str], rows: int, columns: int) -> Table:
    """Return a table of the headers named (row, column, what they span, and which), all other positions being plain cells."""
    cells = [
        Cell.model_validate({"row": r, "column": c, "row_span": h, "column_span": w, "text": "h", "header": kind, "box": BOX})
        for r, c, h, w, kind in headed
    ]
    covered = {(r + y, c + x) for r, c, h, w, _ in headed for y in range(h) for x in range(w)}
    places = [(row, column) for row in range(rows) for column in range(columns) if (row, column) not in covered]
    cells += [Cell(row=row, column=column, text="v", box=BOX) for row, column in places]
    return Table(page_number=1, box=BOX, row_count=rows, column_count=columns, cells=tuple(cells))


def shape(table: Table) -> str:
    """Return the parts of a table in HTML and the scopes of the headers in each: `thead: col col, tbody: row`."""
    tree = Tree(document(page(table)).to_html())
    parts: list[str] = []
    for path, attributes in tree.elements:
        name = path.rpartition("/")[2]
        if name in ("thead", "tbody"):
            parts.append(f"{name}:")
        elif name == "th":
            parts[-1] += f" {attributes['scope']}"
    return ", ".join(parts)


def test_html_headers_over_groups_of_rows_and_columns_say_so() -> None:
    years = [(0, 0, 1, 1, "column"), (0, 1, 1, 2, "column"), (1, 0, 1, 1, "both"), (1, 1, 1, 1, "column"), (1, 2, 1, 1, "column")]
    assert shape(grouped(*years, rows=3, columns=3)) == "thead: col colgroup col col col, tbody:"
    assert shape(grouped((0, 0, 1, 3, "column"), rows=2, columns=3)) == "thead: col, tbody:"
    sections = [(1, 0, 1, 3, "row"), (2, 0, 1, 1, "row"), (3, 0, 1, 3, "row")]
    assert shape(grouped(*sections, rows=5, columns=3)) == "tbody:, tbody: rowgroup row, tbody: rowgroup"
    high = [(0, 0, 1, 1, "column"), (0, 1, 1, 1, "column"), (1, 0, 2, 1, "row"), (4, 0, 2, 1, "row")]
    assert shape(grouped(*high, rows=6, columns=2)) == "thead: col col, tbody: rowgroup, tbody:, tbody: rowgroup"


def test_html_has_one_body_where_a_cell_reaches_from_a_group_into_the_next() -> None:
    high = [(0, 0, 2, 1, "row"), (2, 0, 2, 1, "row"), (1, 1, 2, 1, "none")]
    assert shape(grouped(*high, rows=4, columns=2)) == "tbody: row row"


def test_html_captions_stand_inside_their_table_or_figure_and_nowhere_else() -> None:
    figure = Figure(page_number=1, box=BOX, file="a b#1.png", words=WORDS)
    contents = (text("Table 1", "caption"), spanned(), figure, text("Figure 1", "caption"), text("Alone", "caption"))
    tree = Tree(document(page(*contents, captions={2: ("p1/1",), 3: ("p1/4",)})).to_html())
    assert [
        (path.removeprefix("html/body/article/"), words) for path, words in tree.texts if words in {"Table 1", "Figure 1", "Alone"}
    ] == [
        ("table/caption/span", "Table 1"),
        ("figure/figcaption/span", "Figure 1"),
        ("p", "Alone"),
    ]
    assert tree.under("figure/img") == [("html/body/article/figure/img", {"src": "a%20b%231.png", "alt": "inside words"})]


def test_html_keeps_the_words_of_figures_without_a_picture_and_the_points_of_charts() -> None:
    unread = Chart(page_number=1, box=BOX, chart_type="pie", words=WORDS)
    tree = Tree(document(page(Figure(page_number=1, box=BOX, words=WORDS), unread, chart())).to_html())
    assert [words for path, words in tree.texts if path.endswith("figure/p")] == ["inside words", "inside words"]
    assert [words for path, words in tree.texts if path.endswith("td")] == ["A", "Q1", "0.3", "A", "2020"]


def test_html_lists_hold_their_items_with_their_numbers() -> None:
    items = ["• a", "• b", "3. c", "4. d", "가. e"]
    tree = Tree(document(page(*(text(item, "list_item") for item in items), text("end"))).to_html())
    assert [(path.rsplit("/", 2)[-2], words) for path, words in tree.texts if path.endswith("li")] == [
        ("ul", "a"),
        ("ul", "b"),
        ("ol", "c"),
        ("ol", "d"),
        ("ul", "가. e"),
    ]
    assert [attributes["value"] for _, attributes in tree.under("ol/li")] == ["3", "4"]


def test_html_marks_each_page_of_a_paragraph_that_goes_on() -> None:
    more = Block(id="p2/1", content=text("and more", page=2), continues="p1/1")
    second = Page(number=2, width_points=9, height_points=9, blocks=(more,))
    tree = Tree(document(page(text("Words")), second).to_html())
    assert [(path.rsplit("/", 1)[-1], words) for path, words in tree.texts if "/article/" in path] == [
        ("p", "Words "),
        ("span", "and more"),
    ]
    assert [attributes["data-page"] for _, attributes in tree.under("p/span")] == ["2"]


@pytest.mark.parametrize(
    ("whole", "title"),
    [
        (document(page(text("A & B", "title"))), "A & B"),
        (document(page(text("no title"))), "Document"),
        (document(), "report.pdf"),
    ],
)
def test_html_is_titled_by_the_first_page_or_else_by_what_is_known(whole: Document, title: str) -> None:
    assert [words for path, words in Tree(whole.to_html()).texts if path.endswith("title")] == [title]


def test_each_table_is_a_csv_of_its_own_and_no_value_is_changed(tmp_path: Path) -> None:
    paths = write(document(page(text("a"), spanned()), page(spanned(), number=2)), "csv", tmp_path / "report.pdf")
    assert [path.name for path in paths] == ["report.pdf.p1-2.csv", "report.pdf.p2-1.csv"]
    for path in paths:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        assert rows == [["Region", "Year", ""], ["", "2020", "2021"], ['N "x", y', "=1+2\n@", "<b>&"]]


@given(
    st.lists(
        st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")), min_size=2, max_size=2),
        min_size=1,
        max_size=3,
    )
)
def test_csv_gives_every_text_back(rows: list[list[str]]) -> None:
    cells = tuple(Cell(row=r, column=c, text=words, box=BOX) for r, row in enumerate(rows) for c, words in enumerate(row))
    table = Table(page_number=1, box=BOX, row_count=len(rows), column_count=2, cells=cells)
    assert list(csv.reader(io.StringIO(to_text(document(page(table)), "csv"), newline=""))) == rows


def test_without_tables_no_csv_is_written(tmp_path: Path) -> None:
    assert write(document(page(text("a"))), "csv", tmp_path / "report.pdf") == ()
    assert list(tmp_path.iterdir()) == []


def test_a_dataframe_repeats_spanning_texts_and_has_header_rows_as_columns() -> None:
    frame = spanned().to_dataframe()
    assert list(frame.columns) == [("Year", "2020"), ("Year", "2021")]
    assert frame.to_numpy().tolist() == [["=1+2\n@", "<b>&"]]
    assert (list(frame.index), frame.index.name) == (['N "x", y'], "Region")


def test_a_dataframe_of_one_header_row_has_plain_columns_and_of_none_numbers() -> None:
    cells = [{"row": r, "column": 0, "text": f"t{r}", "header": "none" if r else "column", "box": BOX} for r in range(2)]
    headed = Table.model_validate({"page_number": 1, "box": BOX, "row_count": 2, "column_count": 1, "cells": cells})
    bare = Table(page_number=1, box=BOX, row_count=1, column_count=1, cells=(Cell(row=0, column=0, text="t", box=BOX),))
    assert headed.to_dataframe().equals(pandas.DataFrame({"t0": ["t1"]}))
    assert list(bare.to_dataframe().columns) == [0]


def of_texts(*rows: list[str], heads: int = 1, sides: int = 0) -> Table:
    """Return a table of one-position cells, the first of its rows and columns headers."""
    cells = [
        {"row": r, "column": c, "text": words, "header": "column" if r < heads else "row" if c < sides else "none", "box": BOX}
        for r, row in enumerate(rows)
        for c, words in enumerate(row)
    ]
    shape = {"row_count": len(rows), "column_count": len(rows[0])}
    return Table.model_validate({"page_number": 1, "box": BOX, **shape, "cells": cells})


def test_header_columns_are_the_index_of_a_dataframe_named_by_what_stands_above_them() -> None:
    rows = ["Region", "Depot", "Sold"], ["North", "Hà Nội", "5"], ["North", "Huế", "7"]
    frame = of_texts(*rows, sides=2).to_dataframe()
    assert list(frame.index) == [("North", "Hà Nội"), ("North", "Huế")]
    assert list(frame.index.names) == ["Region", "Depot"]
    assert frame["Sold"].tolist() == ["5", "7"]
    assert of_texts(*rows, heads=0, sides=1).to_dataframe().index.tolist() == ["Region", "North", "North"]


def test_a_dataframe_of_headers_alone_has_its_columns_and_one_of_row_headers_alone_is_numbered() -> None:
    assert list(of_texts(["a", "b"]).to_dataframe().columns) == ["a", "b"]
    assert len(of_texts(["a", "b"]).to_dataframe()) == 0
    assert of_texts(["a", "b"], heads=0, sides=2).to_dataframe().equals(pandas.DataFrame([["a", "b"]]))


def test_a_dataframe_of_numbers_has_floats_where_a_column_holds_numbers_alone() -> None:
    rows = (
        ["Depot", "Sold", "Share", "Note"],
        ["Huế", "1.234,5", "12%", "3"],
        ["Vinh", "—", "7,5%", "none"],
        ["Lào Cai", "1.000", "", "4"],
    )
    frame = of_texts(*rows, sides=1).to_dataframe(numbers=True)
    assert frame["Sold"].tolist()[::2] == [1234.5, 1000.0]
    assert frame["Sold"].isna().tolist() == [False, True, False]
    assert frame["Share"].tolist()[:2] == [12.0, 7.5]
    assert [str(kind) for kind in frame.dtypes[:2]] == ["float64", "float64"]
    assert frame["Note"].tolist() == ["3", "none", "4"]
    assert of_texts(*rows).to_dataframe()["Sold"].tolist() == ["1.234,5", "—", "1.000"]


def test_a_section_amid_numbers_is_missing_and_a_spanning_number_stands_at_each_position() -> None:
    cells = (
        Cell(row=0, column=0, column_span=2, text="Europe", header="row", box=BOX),
        Cell(row=1, column=0, text="5", box=BOX),
        Cell(row=1, column=1, row_span=2, text="1.5", box=BOX),
        Cell(row=2, column=0, text="6", box=BOX),
    )
    frame = Table(page_number=1, box=BOX, row_count=3, column_count=2, cells=cells).to_dataframe(numbers=True)
    assert frame.fillna(-1).to_numpy().tolist() == [[-1, -1], [5, 1.5], [6, 1.5]]


@pytest.mark.parametrize("name", sorted(EXPORTERS))
def test_every_format_takes_an_empty_document_and_keeps_the_protocol(name: str) -> None:
    exporter = load(EXPORTERS[name])(Memory())
    assert isinstance(exporter, Exporter)
    feed(exporter, Document(name="a"))


@pytest.mark.parametrize("name", ["html", "json", "md", "txt"])
def test_formats_that_stream_hold_back_no_more_than_a_page(name: str) -> None:
    place = Memory()
    exporter = load(EXPORTERS[name])(place)
    for number in range(1, 6):
        exporter.add(page(text(f"page {number}.", page=number), number=number))
        said = Counter(f"page {n}." in place.stream.getvalue().decode() for n in range(1, number))
        assert said[False] == 0


def test_opening_a_part_closes_the_one_before(tmp_path: Path) -> None:
    with Files(tmp_path / "a", "csv") as place:
        first = place.open("p1-1")
        first.write(b"1")
        second = place.open("p1-1")
        second.write(b"2")
        assert first.closed
    assert [path.read_bytes() for path in place.paths] == [b"1", b"2"]


@pytest.mark.parametrize("export", [Document.to_text, Document.to_markdown, Document.to_html])
def test_running_lines_are_left_out_unless_asked_for(export) -> None:
    whole = document(page(text("Annual report", role="header"), text("Body"), text("7", role="page_number")))
    assert "Body" in export(whole)
    assert "Annual report" not in export(whole)
    assert "Annual report" in export(whole, margins=True)
