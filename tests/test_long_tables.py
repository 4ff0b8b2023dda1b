"""Tables over pages: drawn, read, and joined where they go on; two tables at a page's end stay two."""

from __future__ import annotations

import csv
import re
from itertools import zip_longest

import openpyxl
import pytest

import docai
from docai.box import Box
from docai.document import Block, Cell, Document, Figure, Page, Table, Text, Word
from docai.exporters import to_text, write
from docai.long_tables import Follower
from tests.drawn_pages import Sheet, filled

XS = (60, 220, 380, 530)
HEAD = ["Depot", "Vans", "Area"]
BOX = Box(0.1, 0.1, 0.9, 0.9)


def body(page, count=30):
    return [[f"Depot {page}-{n}", str(10 * page + n), f"{n + 1},400"] for n in range(count)]


def ruled(sheet, rows, top=100.0, xs=XS, pitch=20):
    sheet.table(xs, [top + pitch * n for n in range(len(rows) + 1)], rows, "hebo" if rows[0][0].startswith("Depot") else "helv")
    return top + pitch * len(rows)


def aligned(sheet, rows, top=100.0, xs=XS):
    """Draw a table without rules: words on the left, numbers set flush right."""
    for n, row in enumerate(rows):
        sheet.text(xs[0], top + 16 * n, row[0], 9)
        for x, text in zip(xs[1:], row[1:], strict=False):
            sheet.text(x + 60 - 5 * len(text), top + 16 * n, text, 9)
    return top + 16 * len(rows)


def running(sheet, page):
    return sheet.turn_to(page).text(60, 40, "Annual report of the depots", 8).text(290, 815, str(page), 8)


def drawn(*pages, draw=ruled, above=(), below=(), font="helv"):
    """Return a PDF with a table on each page, a little lower on the first, and texts above and below; "" stands for none."""
    sheet = Sheet(pages=len(pages))
    for number, (rows, over, under) in enumerate(zip_longest(pages, above, below, fillvalue=""), 1):
        top = 130.0 if number == 1 else 110.0
        end = draw(running(sheet, number), rows, top)
        for text, y in ((over, top - 18), (under, end + 16)):
            if text:
                sheet.text(60, y, text, 9, font)
    return sheet.data()


def whole(document):
    """Return the one table of a document as rows of texts."""
    (table,) = document.tables
    return [[cell.text for cell in row] for row in table.grid()]


def links(document):
    return [block.continues for block in document.blocks if isinstance(block.content, Table)]


# What goes on


@pytest.mark.parametrize("draw", [ruled, aligned], ids=["ruled", "borderless"])
@pytest.mark.parametrize("count", [2, 5])
@pytest.mark.parametrize("repeated", [True, False])
def test_a_table_over_pages_is_one_and_its_parts_stay_on_their_pages(draw, count, repeated):
    pages = [([HEAD] if repeated or n == 1 else []) + body(n) for n in range(1, count + 1)]
    document = docai.extract(drawn(*pages, draw=draw))
    assert whole(document) == [HEAD, *(row for n in range(1, count + 1) for row in body(n))]
    (table,), (parts,) = document.tables, document.table_parts
    assert [part.page_number for part in parts] == list(range(1, count + 1))
    assert [part.continues for part in parts] == [None, *(part.id for part in parts[:-1])]
    assert (table.page_number, table.box, table.words) == (1, parts[0].box, parts[0].content.words)
    assert [cell.page_number for cell in table.cells if cell.column == 0] == [
        1,
        *(n for n in range(1, count + 1) for _ in range(30)),
    ]
    assert all(parts[cell.page_number - 1].box.contains(cell.box, 0.001) for cell in table.cells)
    assert all(cell.page_number is None for part in parts for cell in part.content.cells)


@pytest.mark.parametrize(
    ("first", "second", "font"),
    [
        ("Table 1: Depots", "Table 1 (continued)", "helv"),
        ("Table 1: Depots", "Table 1: Depots (cont.)", "helv"),
        ("Table 1: Depots", "Table 1: Depots", "helv"),
        ("표 1 지역별 창고", "표 1 (계속)", "korea"),
        ("표 1 지역별 창고", "<표 1> 지역별 창고 (계속)", "korea"),
    ],
)
def test_a_caption_may_say_that_a_table_goes_on(first, second, font):
    sheet = drawn([HEAD, *body(1)], [HEAD, *body(2)], [HEAD, *body(3)], above=(first, second, second), font=font)
    document = docai.extract(sheet)
    assert links(document) == [None, "p1/3", "p2/3"]
    assert [b.content.role for b in document.blocks if b.id in ("p1/2", "p2/2", "p3/2")] == ["caption", "header", "header"]
    assert document.to_markdown().count(second) == (first == second)
    assert document.to_markdown(margins=True).count(second) >= 2


def test_a_vietnamese_caption_may_say_so():
    text = Text(page_number=2, box=Box(0.1, 0.08, 0.5, 0.1), role="caption", text="Bảng 1 (tiếp theo)")
    pages = [part_page(1, caption="Bảng 1. Kho hàng"), part_page(2, heads=False, above=[text])]
    assert tied(pages) == [None, "p1/2"]


def test_notes_between_the_parts_are_footers():
    document = docai.extract(drawn([HEAD, *body(1)], body(2), below=("(continued on next page)",)))
    assert len(document.tables) == 1
    assert [b.content.role for b in document.blocks if "continued" in getattr(b.content, "text", "")] == ["footer"]
    assert "continued" not in document.text


def test_a_short_table_goes_on_where_a_note_says_so():
    short = drawn([HEAD, *body(1, 5)], body(2, 5), below=("다음 페이지에 계속",), font="korea")
    assert links(docai.extract(short)) == [None, "p1/2"]


def test_a_cell_over_the_end_of_a_page_is_one_in_the_whole():
    head = ["Depot", "Vans", "Remark"]
    first = [head, *([row[0], row[1], "open all the year"] for row in body(1, 29)), ["Depot 1-29", "39", "closed since the"]]
    second = [["", "", "flood of the river"], *([row[0], row[1], "open all the year"] for row in body(2))]
    document = docai.extract(drawn(first, second))
    rows = whole(document)
    assert rows[30] == ["Depot 1-29", "39", "closed since the flood of the river"]
    assert len(rows) == 1 + 30 + 30
    assert len(document.table_parts[0][1].content.grid()) == 31


def test_margins_that_change_sides_do_not_part_a_table():
    sheet = Sheet(pages=2)
    ruled(running(sheet, 1), [HEAD, *body(1)])
    ruled(running(sheet, 2), body(2), xs=tuple(x + 15 for x in XS))
    assert links(docai.extract(sheet.data())) == [None, "p1/2"]


# What does not go on


def test_two_tables_at_the_end_of_a_page_stay_two():
    other = [["Driver", "Age", "Licence"], *([f"Driver {n}", str(30 + n), f"{n},{n}00"] for n in range(20))]
    assert links(docai.extract(drawn([HEAD, *body(1)], other))) == [None, None]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (("Table 1: Depots", "Table 2: Other depots"), ()),
        ((), ("Table 1: Depots", "Table 2: Other depots")),
        (("Table 1: Depots", "Other depots of the region"), ()),
        (("Table 1: Depots", "Table 2 (continued)"), ()),
        ((), ("Source: the depots themselves, by letter",)),
    ],
)
def test_another_caption_or_text_between_makes_another_table(above, below):
    document = docai.extract(drawn([HEAD, *body(1)], [HEAD, *body(2)], above=above, below=below))
    assert links(document) == [None, None]


def test_other_columns_make_another_table():
    sheet = Sheet(pages=2)
    ruled(running(sheet, 1), [HEAD, *body(1)])
    ruled(running(sheet, 2), body(2), xs=(60, 170, 380, 530))
    assert links(docai.extract(sheet.data())) == [None, None]


def test_another_number_of_columns_makes_another_table():
    sheet = Sheet(pages=2)
    ruled(running(sheet, 1), [HEAD, *body(1)])
    ruled(running(sheet, 2), [row[:2] for row in body(2)], xs=(60, 220, 530))
    assert links(docai.extract(sheet.data())) == [None, None]


def test_numbers_where_words_were_make_another_table():
    second = [[row[1], row[0], row[2]] for row in body(2)]
    assert links(docai.extract(drawn([HEAD, *body(1)], second))) == [None, None]


def test_a_table_that_ends_half_way_down_does_not_go_on():
    assert links(docai.extract(drawn([HEAD, *body(1, 12)], [HEAD, *body(2)]))) == [None, None]


def test_text_before_or_behind_parts_tables():
    sheet = Sheet(pages=2)
    ruled(running(sheet, 1), [HEAD, *body(1)])
    running(sheet, 2).column(60, 90, 470, filled(60) + ".")
    ruled(sheet, [HEAD, *body(2, 20)], top=200)
    assert links(docai.extract(sheet.data())) == [None, None]


def test_pages_that_do_not_follow_each_other_are_not_joined():
    pdf = drawn(*([HEAD, *body(n)] for n in (1, 2, 3)))
    assert links(docai.extract(pdf, pages=[1, 3])) == [None, None]
    assert links(docai.extract(pdf, pages="2-3")) == [None, "p2/2"]


# Page by page


def part_page(number, *, heads=True, caption="", above=(), below=(), bottom=0.9, columns=3):
    """Return a page with a table, between texts, as a value."""
    rows = [[f"h{c}" for c in range(columns)]] * heads + [[f"p{number} {r} {c}" for c in range(columns)] for r in range(4)]
    cells = tuple(
        Cell(
            row=r,
            column=c,
            text=text,
            header="column" if heads and r == 0 else "none",
            box=Box(c / columns, 0.1, (c + 1) / columns, bottom),
        )
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    )
    table = Table(
        page_number=number, box=Box(0.0, 0.1, 1.0, bottom), row_count=len(rows), column_count=columns, cells=cells,
        words=(Word(text="x", box=Box(0.4, 0.4, 0.5, 0.5)),),
    )  # fmt: skip
    captions = [Text(page_number=number, box=Box(0.1, 0.05, 0.5, 0.08), role="caption", text=caption)] if caption else []
    contents = [*captions, *above, table, *below]
    blocks = tuple(
        Block(id=f"p{number}/{n}", content=content, captions=(f"p{number}/1",) if caption and content is table else ())
        for n, content in enumerate(contents, 1)
    )
    return Page(number=number, width_points=600, height_points=800, blocks=blocks)


def tied(pages):
    follower = Follower()
    return [block.continues for page in map(follower.tied, pages) for block in page.blocks if isinstance(block.content, Table)]


def test_of_what_came_before_only_the_last_page_is_held():
    follower = Follower()
    pages = [follower.tied(part_page(number)) for number in range(1, 6)]
    assert follower._before is pages[-1]
    assert follower._thread.part is pages[-1].blocks[0]
    assert [page.blocks[0].continues for page in pages] == [None, "p1/1", "p2/1", "p3/1", "p4/1"]


def test_a_part_without_a_header_leaves_the_header_of_the_first_to_those_behind():
    pages = [part_page(1), part_page(2, heads=False), part_page(3)]
    assert tied(pages) == [None, "p1/1", "p2/1"]


def test_a_logo_at_the_edge_does_not_part_a_table_and_a_figure_does():
    for box, expected in ((Box(0.1, 0.02, 0.3, 0.08), "p1/1"), (Box(0.1, 0.02, 0.3, 0.3), None)):
        assert tied([part_page(1), part_page(2, above=[Figure(page_number=2, box=box)])]) == [None, expected]


def test_text_that_runs_up_the_margin_does_not_part_a_table():
    aside = Text(page_number=1, box=Box(0.01, 0.2, 0.03, 0.6), text="arXiv:2401.00001")
    assert tied([part_page(1, below=[aside]), part_page(2)]) == [None, "p1/1"]


def test_a_line_that_stands_below_on_both_pages_runs_there():
    lines = [Text(page_number=n, box=Box(0.1, 0.91, 0.5, 0.93), text=f"Statement {n}7 of the year") for n in (1, 2)]
    assert tied([part_page(n, below=[line]) for n, line in enumerate(lines, 1)]) == [None, "p1/1"]


def test_a_caption_below_ends_a_table_unless_the_header_comes_again():
    for heads in (True, False):
        below = Text(page_number=1, box=Box(0.1, 0.91, 0.5, 0.93), role="caption", text="Table 1: Depots")
        first = part_page(1, below=[below])
        blocks = (docai.replace(first.blocks[0], captions=("p1/2",)), first.blocks[1])
        pages = [docai.replace(first, blocks=blocks), part_page(2, heads=heads)]
        assert tied(pages) == [None, "p1/1" if heads else None]


def test_pages_come_with_their_links_as_they_are_read():
    stream = docai.Extractor().pages(drawn(*([HEAD, *body(n)] for n in (1, 2, 3))))
    found = [[block.continues for block in page.blocks if isinstance(block.content, Table)] for page in stream]
    assert found == [[None], ["p1/2"], ["p2/2"]]


# Crossing JSON, and what users see


@pytest.fixture(scope="module")
def document():
    captions = ("Table 1: Depots", "Table 1 (continued)", "Table 1 (continued)")
    return docai.extract(drawn(*([HEAD, *body(n)] for n in (1, 2, 3)), above=captions))


def test_json_keeps_the_parts_and_joins_them_again(document):
    again = Document.model_validate_json(document.to_json())
    assert (again, again.to_json()) == (document, document.to_json())
    assert again.tables == document.tables
    assert (again, hash(again)) == (document, hash(document))  # also when what is joined is at hand
    assert document.tables is document.tables
    assert sum(isinstance(block.content, Table) for block in again.blocks) == 3


def test_a_workbook_has_one_sheet_for_it_that_tells_all_pages(document, tmp_path):
    (path,) = write(document, "xlsx", tmp_path / "a.pdf")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Document", "p1-3 Table 1 Depots", "Sources"]
    rows = list(book["p1-3 Table 1 Depots"].iter_rows(values_only=True))
    assert (len(rows), rows[0], rows[-1]) == (91, tuple(HEAD), ("Depot 3-29", 59, 30400))
    assert [row[3] for row in book["Sources"].iter_rows(min_row=2, values_only=True) if row[1][0] == "A"] == [1] * 31 + [2] * 30 + [
        3
    ] * 30


def test_a_csv_has_it_in_one_file(document, tmp_path):
    (path,) = write(document, "csv", tmp_path / "a.pdf")
    assert path.name == "a.pdf.p1-3.csv"
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == whole(document)


@pytest.mark.parametrize(
    ("name", "row", "header"), [("md", "| Depot", "| Depot |"), ("html", "<tr>", "<thead>"), ("txt", "Depot ", "Depot\t")]
)
def test_texts_have_it_once_where_it_begins(document, name, row, header):
    shown = to_text(document, name)
    assert (shown.count(header), shown.count("continued")) == (1, 0)
    assert len(re.findall(f"^{re.escape(row)}", shown, re.MULTILINE)) in (90, 91)


def test_html_and_spans_tell_the_page_of_each_cell(document):
    shown = to_text(document, "html")
    pages = [int(number) for number in re.findall(r'<td data-page="(\d)"', shown)]
    assert pages == sorted(pages)
    assert set(pages) == {1, 2, 3}
    assert '"page_number": 3' in to_text(document, "spans.json")


def test_time_grows_with_the_pages_and_not_with_their_square(monkeypatch):
    grids = []
    grid = Table.grid
    for count in (20, 40):
        pages = [part_page(n, heads=n % 2 == 1) for n in range(1, count + 1)]
        monkeypatch.setattr(Table, "grid", lambda table: (grids.append(table.row_count), grid(table))[1])
        follower = Follower()
        document = Document(name="a", pages=tuple(map(follower.tied, pages)))
        assert len(document.tables) == 1
        monkeypatch.undo()
    rows = sum(grids[: len(grids) // 3]), sum(grids[len(grids) // 3 :])
    assert rows[1] < 3 * rows[0]
