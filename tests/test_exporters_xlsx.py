"""Workbooks are read back with openpyxl."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook as ReadWorkbook
from xlsxwriter import Workbook

from docai.box import Box
from docai.document import Block, Cell, Document, FormField, Page, Problem, Table, Text
from docai.exporters import write
from docai.exporters.xlsx import COLUMNS, Book, fit, number_of

BOX = Box(0.1, 0.2, 0.5, 0.4)


def table(*rows: list[str], header: bool = True) -> Table:
    cells = tuple(
        Cell(row=r, column=c, text=text, header="column" if header and r == 0 else "none", box=BOX, confidence=0.5)
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    )
    return Table(page_number=1, box=BOX, row_count=len(rows), column_count=len(rows[0]), cells=cells)


def page(*tables: Table, caption: str = "") -> Page:
    """Return a page of tables `p1/1`, `p1/2` …, all under one caption."""
    blocks = [Block(id=f"p1/{n}", content=table, captions=("p1/99",)) for n, table in enumerate(tables, 1)]
    blocks.append(Block(id="p1/99", content=Text(page_number=1, box=BOX, role="caption", text=caption)))
    return Page(number=1, width_points=595, height_points=842, blocks=tuple(blocks))


def written(folder: Path, document: Document) -> ReadWorkbook:
    (path,) = write(document, "xlsx", folder / "report.pdf")
    return openpyxl.load_workbook(path)


def rows_of(book: ReadWorkbook, sheet: str) -> list[tuple[object, ...]]:
    return list(book[sheet].iter_rows(values_only=True))


def test_a_workbook_has_the_document_a_sheet_for_each_table_and_the_sources(tmp_path: Path) -> None:
    book = written(
        tmp_path, Document(name="report.pdf", pages=(page(table(["a"], ["b"]), table(["c"]), caption="Sales [EUR]: 1/2"),))
    )
    assert book.sheetnames == ["Document", "p1-1 Sales EUR 1 2", "p1-2 Sales EUR 1 2", "Sources"]
    assert rows_of(book, "p1-1 Sales EUR 1 2") == [("a",), ("b",)]


def test_header_cells_are_bold_and_stay_in_view(tmp_path: Path) -> None:
    sheet = written(tmp_path, Document(name="a", pages=(page(table(["2020"], ["1"])),)))["p1-1"]
    assert (sheet["A1"].value, sheet["A1"].font.bold, sheet["A2"].font.bold) == ("2020", True, False)
    assert sheet.freeze_panes == "A2"


def test_merged_cells_stay_merged(tmp_path: Path) -> None:
    cells = (
        Cell(row=0, column=0, column_span=2, text="wide", box=BOX),
        Cell(row=0, column=2, row_span=2, text="12", box=BOX),
        Cell(row=1, column=0, text="c", box=BOX),
        Cell(row=1, column=1, text="", box=BOX),
    )
    sheet = written(
        tmp_path, Document(name="a", pages=(page(Table(page_number=1, box=BOX, row_count=2, column_count=3, cells=cells)),))
    )["p1-1"]
    assert {str(merged) for merged in sheet.merged_cells.ranges} == {"A1:B1", "C1:C2"}
    assert (sheet["A1"].value, sheet["C1"].value, sheet["A2"].value, sheet["B2"].value) == ("wide", 12, "c", None)


def test_numbers_are_numbers_and_all_else_stays_text(tmp_path: Path) -> None:
    texts = ["1,234.50", "-12.5", "12%", "007", "=1+2", "http://a.b", "3-5", "1234567890123456", "x\x01y"]
    sheet = written(tmp_path, Document(name="a", pages=(page(table(texts, header=False)),)))["p1-1"]
    values = [cell.value for cell in sheet[1]]
    assert values[:8] == [1234.5, -12.5, 0.12, *texts[3:8]]
    assert [cell.data_type for cell in sheet[1]] == [*"nnn", *"ssssss"]
    assert [cell.number_format for cell in sheet[1]][:3] == ["#,##0.00", "0.0", "0%"]
    assert not any(cell.hyperlink for cell in sheet[1])


def test_decimal_commas_are_numbers_too_and_what_is_open_stays_text(tmp_path: Path) -> None:
    book = written(
        tmp_path, Document(name="a", pages=(page(table(["1.234", "12,5"], header=False), table(["1.234"], header=False)),))
    )
    assert [rows_of(book, name) for name in ("p1-1", "p1-2")] == [[(1234, 12.5)], [("1.234",)]]


def test_numbers_that_were_read_with_the_document_hold_against_the_table_alone(tmp_path: Path) -> None:
    cells = (Cell(row=0, column=0, text="1.234", number=1234, box=BOX), Cell(row=0, column=1, text="twelve", number=12, box=BOX))
    known = Table(page_number=1, box=BOX, row_count=1, column_count=2, cells=cells)
    sheet = written(tmp_path, Document(name="a", pages=(page(known),)))["p1-1"]
    assert [(cell.value, cell.number_format) for cell in sheet[1]] == [(1234, "#,##0"), (12, "General")]


def test_header_columns_stay_in_view_with_the_header_rows(tmp_path: Path) -> None:
    texts = ["Depot", "Sold"], ["Huế", "5"]
    heads = ("column", "column"), ("row", "none")
    cells = [{"row": r, "column": c, "text": texts[r][c], "header": heads[r][c], "box": BOX} for r in range(2) for c in range(2)]
    sided = Table.model_validate({"page_number": 1, "box": BOX, "row_count": 2, "column_count": 2, "cells": cells})
    sheet = written(tmp_path, Document(name="a", pages=(page(sided),)))["p1-1"]
    assert sheet.freeze_panes == "B2"
    assert [sheet[name].font.bold for name in ("A1", "A2", "B2")] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "value", "kept", "shown"),
    [
        ("1234", 1234, 1234, "0"),
        ("1.234,50", 1234.5, 1234.5, "#,##0.00"),
        ("\u221212.5", -12.5, -12.5, "0.0"),
        ("12.3%", 12.3, 0.123, "0.0%"),
        ("12.30 %*", 12.3, 0.123, '0.00" "%"*"'),
        ("$1,234.50", 1234.5, 1234.5, '"$"#,##0.00'),
        ("1.234 ₫", 1234, 1234, '#,##0" ₫"'),
        ("-$5", -5, -5, '"$"0'),
        ("($1,234)", -1234, -1234, '"$"#,##0;("$"#,##0)'),
        ("△56", -56, -56, '0;"△"0'),
        ("56-", -56, -56, "0;0-"),
        ("+5.0", 5, 5, "+0.0;-0.0"),
        ("±0.5", 0.5, 0.5, '"±"0.0'),
        ("12.3†", 12.3, 12.3, '0.0"†"'),
        ("1억 2,000만원", 120000000, 120000000, '#,##0"원"'),
        ("1,5 triệu", 1500000, 1500000, "#,##0"),
        ("1.00005만", 10000.5, 10000.5, "#,##0.0#########"),
    ],
)
def test_a_number_looks_as_it_was_printed(text: str, value: float, kept: float, shown: str) -> None:
    assert number_of(Cell(row=0, column=0, text=text, number=value, box=BOX)) == (kept, shown)


def test_a_cell_without_a_number_is_text() -> None:
    assert number_of(Cell(row=0, column=0, text="5", box=BOX)) is None


@given(st.integers(-(10**11), 10**11), st.integers(0, 4), st.booleans())
def test_a_number_written_with_its_format_is_read_again(digits: int, decimals: int, grouped: bool) -> None:
    value = digits / 10**decimals
    text = f"{value:,.{decimals}f}" if grouped else f"{value:.{decimals}f}"
    read = number_of(Cell(row=0, column=0, text=text, number=value, box=BOX))
    assert read is not None
    assert read[0] == value
    assert read[1].partition(".")[2] == "0" * decimals


def test_sources_tell_where_each_cell_was_read(tmp_path: Path) -> None:
    rows = rows_of(written(tmp_path, Document(name="a", pages=(page(table(["a", "5"])),))), "Sources")
    assert rows == [
        ("Sheet", "Cell", "Text", "Page", "Left", "Top", "Right", "Bottom", "Confidence", "Basis", "Error"),
        ("p1-1", "A1", "a", 1, 0.1, 0.2, 0.5, 0.4, 0.5, "text_layer", None),
        ("p1-1", "B1", "5", 1, 0.1, 0.2, 0.5, 0.4, 0.5, "text_layer", None),
    ]


def test_the_first_sheet_tells_name_status_problems_and_form_fields(tmp_path: Path) -> None:
    values = {"n": "=text", "t": True, "l": ("a", "b"), "e": None}
    fields = tuple(FormField(name=name, kind="text", value=value, page_number=2, box=BOX) for name, value in values.items())
    document = Document(
        name="a.pdf", status="partial_success", form_fields=fields, problems=(Problem(code="c", message="m", page_number=3),)
    )
    rows = [tuple(value for value in row if value is not None) for row in rows_of(written(tmp_path, document), "Document")]
    assert rows == [
        ("Name", "a.pdf"),
        ("Status", "partial_success"),
        ("Pages", 0),
        (),
        ("Severity", "Problem", "Message", "Page", "Block"),
        ("warning", "c", "m", 3),
        (),
        ("Form field", "Value", "Page"),
        ("n", "=text", 2),
        ("t", True, 2),
        ("l", "a; b", 2),
        ("e", 2),
    ]


def test_sheet_names_are_short_clean_and_unique(tmp_path: Path) -> None:
    whole = Document(
        name="a", pages=(page(table(["a"]), caption="'" + "📈가" * 30 + "'"), page(table(["b"]), caption="'" + "📈가" * 30))
    )
    names = written(tmp_path, whole).sheetnames
    assert len({name.casefold() for name in names}) == len(names) == 4
    assert all(len(name.encode("utf-16-le")) <= 62 for name in names)


def test_text_too_long_for_a_cell_is_cut_with_an_ellipsis(tmp_path: Path) -> None:
    value = written(tmp_path, Document(name="a", pages=(page(table(["x" * 40_000])),)))["p1-1"]["A1"].value
    assert value == "x" * 32_766 + "…"


@given(st.text(), st.integers(1, 20))
def test_fitted_text_fits_and_is_the_text_or_its_beginning(text: str, units: int) -> None:
    fitted = fit(text, units)
    assert len(fitted.encode("utf-16-le")) <= 2 * units
    assert fitted == text or (fitted.endswith("…") and text.startswith(fitted[:-1]))


def test_a_table_larger_than_a_sheet_is_cut_and_that_is_told(tmp_path: Path) -> None:
    cells = (
        Cell(row=0, column=0, column_span=COLUMNS - 1, text="a", box=BOX),
        Cell(row=0, column=COLUMNS - 1, column_span=2, text="b", box=BOX),
        Cell(row=0, column=COLUMNS + 1, text="c", box=BOX),
    )
    wide = Table(page_number=1, box=BOX, row_count=1, column_count=COLUMNS + 2, cells=cells)
    book = written(tmp_path, Document(name="a", pages=(page(wide),)))
    assert book["p1-1"].cell(1, COLUMNS).value == "b"
    assert [row[:2] for row in rows_of(book, "Document")][-1] == ("error", "table_cut")
    assert [row[2] for row in rows_of(book, "Sources")] == ["Text", "a", "b"]


def test_sources_that_fill_a_sheet_go_on_in_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with Workbook(path) as workbook:
        Book(workbook).add_rows("Sources", ("Head",), ((str(n),) for n in range(5)), limit=3)
    book = openpyxl.load_workbook(path)
    assert [rows_of(book, name) for name in ("Sources", "Sources (2)", "Sources (3)")] == [
        [("Head",), ("0",), ("1",)],
        [("Head",), ("2",), ("3",)],
        [("Head",), ("4",)],
    ]


def test_columns_are_as_wide_as_their_texts_within_bounds(tmp_path: Path) -> None:
    sheet = written(tmp_path, Document(name="a", pages=(page(table(["a", "가" * 10, "x" * 500])),)))["p1-1"]
    assert [round(sheet.column_dimensions[column].width) for column in "ABC"] == [9, 23, 61]  # Excel adds padding
    sheet = written(tmp_path, Document(name="a", pages=(page(table(["5조원"], header=False)),)))["p1-1"]
    assert sheet.column_dimensions["A"].width > len("5,000,000,000,000")
