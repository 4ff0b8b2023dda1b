"""Each example runs and says what it promises, and the documents are those that their script draws."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy
import openpyxl
import pymupdf
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
DOCUMENTS = EXAMPLES / "documents"
TRUTH = json.loads((DOCUMENTS / "truth.json").read_text(encoding="utf-8"))
PDFS = sorted(path.name for path in DOCUMENTS.glob("*.pdf"))
LONGEST_EXAMPLE = 40  # lines
FAINT = 2.0  # grey levels of 255, on average: what another version's rendering or subset of a font may change


def run(script: str, *arguments: Path | str) -> str:
    """Return what an example prints, run from the root of the repository like a reader of it would."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(EXAMPLES / script), *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def redrawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if int(pymupdf.__version__.split(".")[0]) < 2:
        pytest.skip("PyMuPDF 1 has a bug with the radio buttons of a new form; Python 3.10 has no newer one")
    folder = tmp_path_factory.mktemp("documents")
    run("make_documents.py", folder)
    return folder


def plain(text: str) -> str:
    """Return `text` without white space and as composed characters, for comparison with lines as they are printed."""
    return re.sub(r"\s", "", unicodedata.normalize("NFC", text))


def test_one_document_is_printed_block_by_block():
    printed = run("extract_one.py")
    assert "title: Moving More with Less" in printed
    assert re.search(r"^page 2  \[0\.\d{3} 0\.\d{3} 0\.\d{3} 0\.\d{3}\]  table   7 rows, 7 columns$", printed, re.MULTILINE)
    assert "report.pdf: success, 4 pages" in printed


def test_tables_become_a_workbook(tmp_path):
    printed = run("tables_to_excel.py", DOCUMENTS / "report.pdf", tmp_path / "tables")
    assert "page 2: 7 rows, 7 columns" in printed
    book = openpyxl.load_workbook(tmp_path / "tables.xlsx")
    texts = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "Seaboard and islands" in texts
    book.close()


def test_pages_are_printed_in_order_with_their_headings():
    printed = run("stream_pages.py")
    assert re.findall(r"^page (\d) \((\w+)\)", printed, re.MULTILINE) == [("1", "i"), ("2", "1"), ("3", "2"), ("4", "3")]
    headings = [heading["text"] for heading in TRUTH["report.pdf"]["headings"]]
    assert [line.strip() for line in printed.splitlines() if line.strip() in headings] == headings


def test_a_folder_is_read_although_one_file_cannot_be(tmp_path):
    (tmp_path / "broken.pdf").write_bytes(b"no document")
    (tmp_path / "korean.pdf").write_bytes((DOCUMENTS / "korean.pdf").read_bytes())
    printed = run("batch_folder.py", tmp_path)
    assert "broken.pdf: failure, 0 pages" in printed
    assert "korean.pdf: success, 1 pages, 1 tables" in printed


def test_the_fields_of_a_form_are_printed_with_their_values():
    printed = run("form_fields.py")
    assert "customer_name [text] = 'Miriam Okafor' (required)" in printed
    assert "booking_number [text] = 'AF-2025-00417' (read only)" in printed
    assert "insurance [checkbox] = True" in printed
    assert "missing: none" in printed


def test_examples_are_short():
    scripts = [path for path in EXAMPLES.glob("*.py") if path.name != "make_documents.py"]
    assert [path.name for path in scripts if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_EXAMPLE] == []


def test_the_truth_drawn_again_is_the_committed_one(redrawn):
    assert json.loads((redrawn / "truth.json").read_text(encoding="utf-8")) == TRUTH


@pytest.mark.parametrize("name", PDFS)
def test_a_document_drawn_again_is_the_committed_one(redrawn, name):
    with pymupdf.open(redrawn / name) as again, pymupdf.open(DOCUMENTS / name) as committed:
        assert len(again) == len(committed)
        for new, old in zip(again, committed, strict=True):
            assert new.get_text() == old.get_text()
            assert new.get_label() == old.get_label()
            pictures = [numpy.frombuffer(page.get_pixmap().samples, dtype=numpy.uint8).astype(float) for page in (new, old)]
            assert numpy.abs(pictures[0] - pictures[1]).mean() < FAINT


def test_the_receipt_drawn_again_is_the_committed_one(redrawn):
    with Image.open(redrawn / "receipt.png") as again, Image.open(DOCUMENTS / "receipt.png") as committed:
        assert again.size == committed.size
        assert numpy.abs(numpy.asarray(again, dtype=float) - numpy.asarray(committed, dtype=float)).mean() < FAINT


@pytest.mark.parametrize("name", ["report.pdf", "korean.pdf", "vietnamese.pdf"])
def test_the_truth_stands_in_the_text_of_its_page(name):
    with pymupdf.open(DOCUMENTS / name) as document:
        pages = [plain(page.get_text()) for page in document]
        links = [{"page": page.number + 1, "uri": link["uri"]} for page in document for link in page.get_links()]
    truth = TRUTH[name]
    assert len(pages) == truth["page_count"]
    assert links == truth["links"]
    for kind in ("headings", "list_items", "captions", "footnotes", "headers", "footers"):
        for item in truth[kind]:
            assert plain(item["text"]) in pages[item["page"] - 1]
    for table in truth["tables"]:
        assert all(plain(cell["text"]) in pages[table["page"] - 1] for cell in table["cells"])


@pytest.mark.parametrize("name", ["report.pdf", "korean.pdf", "vietnamese.pdf"])
def test_the_cells_of_a_true_table_cover_each_place_once(name):
    for table in TRUTH[name]["tables"]:
        covered = [
            (cell["row"] + down, cell["column"] + right)
            for cell in table["cells"]
            for down in range(cell["row_span"])
            for right in range(cell["column_span"])
        ]
        assert sorted(covered) == [(row, column) for row in range(table["row_count"]) for column in range(table["column_count"])]


def test_vietnamese_is_stored_composed_and_decomposed():
    with pymupdf.open(DOCUMENTS / "vietnamese.pdf") as document:
        lines = document[0].get_text().splitlines()
    assert {unicodedata.is_normalized("NFC", line) for line in lines} == {True, False}


def test_the_documents_are_small():
    assert sum(path.stat().st_size for path in DOCUMENTS.iterdir()) < 1_500_000
