"""Writes a document's tables into a workbook: `python examples/tables_to_excel.py [file] [stem of the workbook]`."""

from __future__ import annotations

import sys
from pathlib import Path

import docai
from docai import exporters

DOCUMENTS = Path(__file__).parent / "documents"


def main() -> None:
    """Print the tables that were found and write them, a sheet for each."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTS / "report.pdf"
    stem = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(f"{path.name}.tables")
    document = docai.extract(path)
    for table in document.tables:
        print(f"page {table.page_number}: {table.row_count} rows, {table.column_count} columns")
    for written in exporters.write(document, "xlsx", stem):
        print(f"wrote {written}")


if __name__ == "__main__":
    main()
