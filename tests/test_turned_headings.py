"""Headings over narrow columns, and labels of several rows, that run up or down in tables of upright text."""

from __future__ import annotations

import pytest

import docai
from tests.drawn_pages import Sheet, filled

HEADS = ("Net revenue", "Operating costs", "Staff", "Delivered parcels", "Vans")
ROWS = (
    ("Harwick", "1,204", "903", "44", "10,331", "7"),
    ("Stonebridge", "2,310", "1,877", "61", "22,042", "12"),
    ("Penfold Quay", "188", "150", "9", "1,730", "2"),
    ("Alder Mill", "640", "512", "20", "5,904", "4"),
    ("Marlow", "77", "70", "4", "801", "1"),
)
LEFTS = (150, 190, 230, 270, 310)
TOP, BOTTOM, STEP = 100, 190, 16  # of the headings, and of the rows under them
END = BOTTOM + STEP * len(ROWS) + 4


def sheet(kind: str, *, up: bool = True, heads=HEADS, label: str = "Depot", grouped: bool = False) -> Sheet:
    """Return a page with a table under turned headings, in full rules, in three, or in none."""
    page = Sheet()
    page.column(60, 480, 540, filled(90), size=10)
    for x, head in zip(LEFTS, heads, strict=True):
        for number, part in enumerate(head.split("|")):
            right = x + 24 + 12 * number
            place = (right, BOTTOM - 4, part) if up else (right - 8, TOP + 6, part)
            page.text(*place, rotate=90 if up else 270)
    page.text(64, BOTTOM - 4, label)
    if grouped:
        page.text(191, TOP - 6, "Amounts").text(293, TOP - 6, "Counts")  # centred
    for number, row in enumerate(ROWS):
        baseline = BOTTOM + 12 + STEP * number
        page.text(64, baseline, row[0])
        for x, value in zip(LEFTS, row[1:], strict=True):
            page.text(x + 34 - 5.2 * len(value), baseline, value)
    top = TOP - 18 * grouped
    if kind == "three rules":
        for y in (top, BOTTOM, END):
            page.rule(60, y, 390, y)
    if kind == "grid":
        for y in [top, *([TOP] if grouped else []), *(BOTTOM + STEP * n for n in range(len(ROWS) + 1))]:
            page.rule(60, y, 350, y)
        for x in (60, 150, 270, 350):
            page.rule(x, top, x, BOTTOM + STEP * len(ROWS))
        for x in (190, 230, 310):
            page.rule(x, TOP, x, BOTTOM + STEP * len(ROWS))
    return page


def read(page: Sheet):
    """Return the document and its only table."""
    document = docai.extract(page.data())
    (table,) = document.tables
    return document, table


def texts(table, row):
    return [cell.text for cell in table.cells if cell.row == row]


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("kind", ["grid", "three rules", "bare"])
def test_turned_headings_head_the_columns_they_stand_on(kind, up):
    document, table = read(sheet(kind, up=up))
    assert table.header_row_count == 1
    assert texts(table, 0) == ["Depot", *HEADS]
    assert [texts(table, n + 1) for n in range(len(ROWS))] == [list(row) for row in ROWS]
    assert len(list(document.blocks)) == 2  # nothing of the table is left beside it


@pytest.mark.parametrize("kind", ["grid", "three rules", "bare"])
def test_upright_headings_over_turned_ones_span_their_columns(kind):
    _, table = read(sheet(kind, grouped=True))
    spans = {cell.text: (cell.row, cell.column, cell.column_span) for cell in table.cells if cell.row_span == 1 and cell.row < 2}
    assert table.header_row_count == 2
    assert (spans["Amounts"], spans["Counts"]) == ((0, 1, 3), (0, 4, 2))
    assert [spans[head][:2] for head in HEADS] == [(1, 1 + n) for n in range(5)]


@pytest.mark.parametrize("kind", ["three rules", "bare"])
@pytest.mark.parametrize("up", [True, False])
def test_lines_of_a_turned_heading_are_read_in_order(kind, up):
    heads = ("Net revenue", "Operating|costs", "Staff", "Parcels|delivered", "Vans") if up else HEADS
    _, table = read(sheet(kind, up=up, heads=heads))
    assert texts(table, 0)[1:] == [head.replace("|", " ") for head in heads]


def test_words_of_turned_headings_keep_their_places():
    _, table = read(sheet("bare"))
    word = next(word for word in table.words if word.text == "Delivered")
    assert word.box.width * 595 < 20 < word.box.height * 842
    cell = next(cell for cell in table.cells if cell.text == "Delivered parcels")
    assert cell.box.contains(word.box, 0.01)
    assert cell.confidence > 0.9


def labelled(*, ruled: bool, left: float) -> Sheet:
    page = Sheet()
    page.column(60, 480, 540, filled(90), size=10)
    for x, head in zip((104, 200, 260, 320), ("Depot", "Parcels", "Vans", "Share"), strict=True):
        page.text(x, 96, head)
    for number in range(7):
        row = (*ROWS[number % 5][:1], *ROWS[number % 5][4:], f"{10 + number}.5")
        for x, text in zip((104, 200, 260, 320), row, strict=True):
            page.text(x, 116 + 14 * number, text)
    page.text(left, 146, "North", rotate=90).text(left, 202, "South", rotate=90)
    for y in (84, 102, *([159] if ruled else []), 207):
        page.rule(76, y, 360, y)
    return page


@pytest.mark.parametrize("ruled", [True, False])
def test_turned_labels_span_the_rows_beside_them(ruled):
    document, table = read(labelled(ruled=ruled, left=88))
    held = {cell.text: (cell.row, cell.row_span, cell.column) for cell in table.cells}
    assert table.column_count == 5
    assert (held["North"][1:], held["South"][1:]) == ((4, 0), (3, 0)) if ruled else ((3, 0), (4, 0))
    assert held["North"][0] == 1
    assert len(list(document.blocks)) == 2


def test_a_note_along_the_margin_belongs_to_no_table():
    page = sheet("three rules")
    page.text(30, 400, "Printed for members only", rotate=90)
    document, table = read(page)
    assert all(word.text != "Printed" for word in table.words)
    assert "Printed for members only" in document.to_markdown()
