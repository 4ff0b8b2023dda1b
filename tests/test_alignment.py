"""Rows that stand in columns: tables without a grid of rules, and what only looks like one."""

import pytest

import docai
from docai.alignment import find_aligned, find_columns, find_rows
from docai.document import Box
from docai.lines import find_lines
from docai.sources import Font, Rule, SourceWord

WIDTH, HEIGHT, SIZE = 600.0, 800.0, 10.0


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
    assert find_aligned(lines, ()) == [(0, len(lines))]


def test_names_side_by_side_are_no_table():
    assert find_aligned(lines_of(NAMES), ()) == []


def test_names_between_horizontal_rules_are_a_table():
    rules = [Rule(horizontal=True, position=y / HEIGHT, start=0.09, end=0.75, thickness=1.0) for y in (88, 104, 136)]
    assert find_aligned(lines_of(NAMES), rules) == [(0, 9)]


def test_a_contents_page_with_leaders_is_no_table():
    rows = [("Summary " + "." * 20, str(n)) for n in range(1, 7)]
    assert find_aligned(lines_of(rows, lefts=(60, 400)), ()) == []


def test_two_rows_are_no_table():
    assert find_aligned(lines_of(NUMBERS[:2]), ()) == []


def test_text_before_and_after_stays_outside():
    before, after = lines_of([("Sales",)], top=60), lines_of([("Source",)], top=300)
    lines = [*before, *lines_of(NUMBERS), *after]
    assert find_aligned(lines, ()) == [(1, len(lines) - 1)]


def test_a_heading_that_spans_columns_does_not_join_them():
    rows = [("", "Volumes of the year in all regions"), *NUMBERS]
    columns = find_columns(find_rows(lines_of(rows, lefts=(60, 250, 400))))
    assert len(columns) == 3


@pytest.fixture
def borderless(tmp_path):
    import pymupdf  # noqa: PLC0415  # only this fixture draws

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
    assert {cell.header for cell in table.cells if cell.row > 0} == {"none"}


def test_each_cell_of_a_borderless_table_lies_where_its_words_are(borderless):
    (table,) = docai.extract(borderless).tables
    for cell in table.cells:
        words = [w for w in table.words if w.text and w.text in cell.text.split() and cell.box.intersection(w.box) > 0]
        assert bool(words) == bool(cell.text)
        assert all(cell.box.contains(w.box, 0.001) for w in words)
