"""Prints pages as they are read, however long the document is: `python examples/stream_pages.py [file]`."""

from __future__ import annotations

import sys
from pathlib import Path

import docai

DOCUMENTS = Path(__file__).parent / "documents"


def main() -> None:
    """Print each page's headings as soon as the page is read; no page before it is kept in memory."""
    path = sys.argv[1] if len(sys.argv) > 1 else DOCUMENTS / "report.pdf"
    for page in docai.Extractor().pages(path):
        print(f"page {page.number} ({page.label}): {len(page.blocks)} blocks, {len(page.words)} words")
        for block in page.blocks:
            if block.content.kind == "text" and block.content.role in {"title", "heading"}:
                print(f"  {block.content.text}")


if __name__ == "__main__":
    main()
