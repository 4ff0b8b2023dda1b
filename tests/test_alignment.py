"""Rows that stand in columns: tables without a grid of rules, and what only looks like one."""

import pymupdf
import pytest

import docai
from docai.alignment import find_columns, find_rows
from docai.backends.classical import Backend
from docai.borderless import find_aligned
from docai.box import Box, hull
from docai.exchange import Request
from docai.lines import find_lines
from docai.sources import Font, Origin, PageReference, Rule, SourceWord
from docai.tasks.table import ReadTable
from docai.tiling import View

WIDTH, HEIGHT, SIZE = 600.0, 800.0, 10.0
REFERENCE = PageReference(Origin(None, b""), 1)  # of a page that nobody draws


def word(text, left, baseline, *, size=SIZE):
    """A word whose letters are half an em wide, placed in points."""
    box = Box(
        left / WIDTH, (baseline - 0.75 * size) / HEIGHT, (left + 0.5 * size * len(text)) / WIDTH, (baseline + 0.25 * size) / HEIGHT
    )
    return SourceWord(text, box, size, Font("Helvetica"), baseline / HEIGHT, line=int(left + 1000 * baseline))


def lines_of(rows, *, lefts=(60, 250, 400), top=100, step=14):
    """Lines of rows of cells, each cell at its column's left edge; an empty text leaves its column blank."""
    words = [word(text, left, top + step * n) for n, row in enumerate(rows) for left, text in zip(lefts, row, strict=False) if text]
    lines = find_lines(words, WIDTH, HEIGHT)
    return sorted(lines, key=lambda line: (line.baseline, line.box.left))


NUMBERS = [("Region", "Depots", "Parcels"), ("North", "3", "12.1"), ("Central", "2", "15.3"), ("South", "2", "10.4")]
NAMES = [("Ada", "Grace", "Edsger"), ("Lovelace", "Hopper", "Dijkstra"), ("London", "Arlington", "Nuenen")]


def test_rows_of_numbers_in_columns_are_a_table():
    lines = lines_of(NUMBERS)
    assert [set(found.lines) for found in find_aligned(lines, ())] == [set(lines)]


def test_names_side_by_side_are_no_table():
    assert find_aligned(lines_of(NAMES), ()) == []


def test_names_between_horizontal_rules_are_a_table():
    rules = [Rule(horizontal=True, position=y / HEIGHT, start=0.09, end=0.75, thickness=1.0) for y in (88, 104, 136)]
    assert [len(found.lines) for found in find_aligned(lines_of(NAMES), rules)] == [9]


def test_a_contents_page_with_leaders_is_no_table():
    rows = [("Summary " + "." * 20, str(n)) for n in range(1, 7)]
    assert find_aligned(lines_of(rows, lefts=(60, 400)), ()) == []


def test_two_rows_are_no_table():
    assert find_aligned(lines_of(NUMBERS[:2]), ()) == []


def test_text_before_and_after_stays_outside():
    before, after = lines_of([("Sales",)], top=60), lines_of([("Source",)], top=300)
    lines = [*before, *lines_of(NUMBERS), *after]
    assert [set(found.lines) for found in find_aligned(lines, ())] == [set(lines[1:-1])]


def test_a_heading_that_spans_columns_does_not_join_them():
    rows = [("", "Volumes of the year in all regions"), *NUMBERS]
    columns = find_columns(find_rows(lines_of(rows, lefts=(60, 250, 400))))
    assert len(columns) == 3


@pytest.fixture
def borderless(tmp_path):
    path = tmp_path / "borderless.pdf"
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((72, 80), "Depots opened during the year, in the order of opening.", fontsize=11)
        for n, row in enumerate(
            [
                ("Depot", "Floor area", "Charging points"),
                ("Harwick", "8,400", "46"),
                ("Penfold", "3,900", ""),
                ("Eastmoor", "6,200", "31"),
            ]
        ):
            for x, text in zip((72, 220, 360), row, strict=True):
                page.insert_text((x, 120 + 18 * n), text, fontsize=10, fontname="hebo" if n == 0 else "helv")
        document.save(path)
    return path


def test_a_borderless_table_is_read_with_its_headers_and_its_blank_cell(borderless):
    (table,) = docai.extract(borderless).tables
    texts = [[cell.text for cell in row] for row in table.grid()]
    assert texts == [
        ["Depot", "Floor area", "Charging points"],
        ["Harwick", "8,400", "46"],
        ["Penfold", "3,900", ""],
        ["Eastmoor", "6,200", "31"],
    ]
    assert {cell.header for cell in table.cells if cell.row == 0} == {"column"}
    assert {cell.header for cell in table.cells if cell.row > 0 and cell.column > 0} == {"none"}


def test_each_cell_of_a_borderless_table_lies_where_its_words_are(borderless):
    (table,) = docai.extract(borderless).tables
    for cell in table.cells:
        words = [w for w in table.words if w.text and w.text in cell.text.split() and cell.box.intersection(w.box) > 0]
        assert bool(words) == bool(cell.text)
        assert all(cell.box.contains(w.box, 0.001) for w in words)


def read_rows(rows, lefts, *, tops):
    """The texts of the table that rows of cells make, each row at its own height."""
    found = [
        one
        for top, row in zip(tops, rows, strict=True)
        for left, text in zip(lefts, row, strict=True)
        if text
        for one in words_at(text, left, top)
    ]
    box = hull(one.box for one in found)
    (reply,) = Backend().answer([Request(ReadTable(), (View(REFERENCE, WIDTH, HEIGHT, box, tuple(found)),), "classical")])
    assert sorted(w.text for w in reply.answer.words) == sorted(w.text for w in found)
    return [[cell.text for cell in row] for row in reply.answer.grid()]


def words_at(text, left, top):
    found = []
    for part in text.split():
        found.append(word(part, left, top))
        left += 5 * len(part) + 2.5
    return found


VALUES = ["1,144", "2,020", "318", "1,907", "44", "871"]


def test_columns_that_stand_close_are_told_apart_by_the_space_that_runs_through_the_body():
    rows = [(f"Region {n}", value, f"({n}.0–{n}.9)") for n, value in enumerate(VALUES)]
    texts = read_rows(rows, (60, 160, 189), tops=[100 + 14 * n for n in range(6)])  # 4 points between the widest values
    assert texts == [list(row) for row in rows]


def test_a_label_that_runs_over_lines_is_one_cell_with_its_row():
    rows = [
        ("Data sets", "47", "389"),
        ("Applications that were", "0", "237"),
        ("made by the public", "", ""),
        ("Downloads", "6", "652"),
        ("Nations", "8", "21"),
    ]
    texts = read_rows(rows, (60, 250, 400), tops=[100, 124, 136, 160, 184])
    assert texts == [
        ["Data sets", "47", "389"],
        ["Applications that were made by the public", "0", "237"],
        ["Downloads", "6", "652"],
        ["Nations", "8", "21"],
    ]


def test_a_label_whose_values_stand_in_its_last_line_is_one_cell_too():
    rows = [
        ("Data sets", "47", "389"),
        ("Applications that were", "", ""),
        ("made by the public", "0", "237"),
        ("Downloads", "6", "652"),
        ("Nations", "8", "21"),
    ]
    texts = read_rows(rows, (60, 250, 400), tops=[100, 124, 136, 160, 184])
    assert texts[1] == ["Applications that were made by the public", "0", "237"]
    assert len(texts) == 4


def test_the_title_of_a_section_is_a_row_of_its_own():
    rows = [("Female", "47", "389"), ("Male", "0", "237"), ("Race", "", ""), ("Black", "6", "652"), ("White", "8", "21")]
    assert read_rows(rows, (60, 250, 400), tops=[100, 114, 128, 142, 156])[2] == ["Race", "", ""]


def test_a_heading_spans_the_columns_that_the_rule_under_it_runs_over(tmp_path):
    path = tmp_path / "headings.pdf"
    with pymupdf.open() as pdf:
        page = pdf.new_page()
        for y, start, end in ((90, 72, 520), (114, 200, 330), (114, 350, 520), (134, 72, 520), (214, 72, 520)):
            page.draw_line((start, y), (end, y))
        page.insert_text((245, 108), "Women", fontsize=10)
        page.insert_text((425, 108), "Men", fontsize=10)
        lefts = (72, 200, 290, 350, 480)
        rows = ["Age No. Rate No. Rate", "45 47 21.8 91 8.7", "55 116 85.5 224 31.9", "65 164 234 527 132", "75 242 654 1,056 448"]
        for n, row in enumerate(row.split() for row in rows):
            for x, text in zip(lefts, row, strict=True):
                page.insert_text((x, 128 + 20 * n), text, fontsize=10)
        pdf.save(path)
    (table,) = docai.extract(path).tables
    assert [(cell.column, cell.column_span, cell.text) for cell in table.cells if cell.row == 0] == [
        (0, 1, "Age"),
        (1, 2, "Women"),
        (3, 2, "Men"),
    ]
    assert [cell.text for cell in table.grid()[2]] == ["45", "47", "21.8", "91", "8.7"]
