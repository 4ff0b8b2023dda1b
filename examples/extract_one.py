"""Reads one document and prints its blocks: `python examples/extract_one.py [file]`."""

from __future__ import annotations

import sys
from pathlib import Path

import docai

DOCUMENTS = Path(__file__).parent / "documents"


def describe(content: docai.document.Content) -> str:
    """Return what a block says, in a few words."""
    if content.kind == "text":
        return f"{content.role}: {content.text}"
    if content.kind == "table":
        return f"{content.row_count} rows, {content.column_count} columns"
    if content.kind == "chart":
        return f"{content.chart_type} of {len(content.series)} series"
    return content.looks_like


def main() -> None:
    """Print each block: its page, its box in fractions of the page, its kind and what it says."""
    path = sys.argv[1] if len(sys.argv) > 1 else DOCUMENTS / "report.pdf"
    document = docai.extract(path)
    for block in document.blocks:
        box = " ".join(f"{side:.3f}" for side in block.box)
        print(f"page {block.page_number}  [{box}]  {block.content.kind:6}  {describe(block.content)[:70]}")
    print(f"{document.name}: {document.status}, {document.page_count} pages")


if __name__ == "__main__":
    main()
