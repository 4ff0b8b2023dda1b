"""Reads each document in a folder: `python examples/batch_folder.py [folder]`."""

from __future__ import annotations

import sys
from pathlib import Path

import docai

DOCUMENTS = Path(__file__).parent / "documents"
SUFFIXES = {".jpeg", ".jpg", ".pdf", ".png", ".tif", ".tiff"}


def main() -> None:
    """Print how each document went; a file that cannot be read does not stop the others."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTS
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    for document in docai.Extractor().extract_many(paths):
        print(f"{document.name}: {document.status}, {len(document.pages)} pages, {len(document.tables)} tables")
        for problem in document.all_problems:
            print(f"  {problem.severity}: {problem.message}")


if __name__ == "__main__":
    main()
