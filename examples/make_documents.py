"""Draws the example documents and writes down what stands in them: `python examples/make_documents.py [folder]`.

Each run writes the same bytes with the same versions of pymupdf, numpy and Pillow. `truth.json` holds, for each document,
what a perfect reader would find; `README.md` tells what each document shows.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pymupdf
from drawing.flowing import Flow
from drawing.forms import draw_form
from drawing.scanning import Wear, photograph_receipt, scanned_pdf

HERE = Path(__file__).resolve().parent
TURNED = 90  # degrees clockwise: how the page lies on the scanner


def texts(name: str) -> dict[str, Any]:
    """Return what stands in a document: `texts/<name>.json`."""
    content: dict[str, Any] = json.loads((HERE / "texts" / f"{name}.json").read_text(encoding="utf-8"))
    return content


def save(document: pymupdf.Document, path: Path) -> None:
    """Write a PDF with only the glyphs it uses, and without the random file identifier."""
    document.subset_fonts()
    document.save(path, garbage=4, deflate=True, no_new_id=True)


def make_documents(folder: Path) -> dict[str, Any]:
    """Write the documents into `folder` and return their truth, by file name."""
    truth = {}
    for name in ("report", "korean", "vietnamese"):
        flow = Flow(texts(name))
        save(flow.set(), folder / f"{name}.pdf")
        truth[f"{name}.pdf"] = flow.truth

    minutes = Flow(texts("minutes"))
    save(scanned_pdf(minutes.set()[0], Wear(tilt=0.7, shade=0.1, noise=4, seed=3)), folder / "rotated_scan.pdf")
    truth["rotated_scan.pdf"] = {**minutes.truth, "turned_clockwise": TURNED, "page_labels": [""]}

    picture, truth["receipt.png"] = photograph_receipt(texts("receipt"))
    picture.save(folder / "receipt.png", optimize=True, dpi=(200, 200))

    form, truth["form.pdf"] = draw_form(texts("form"))
    save(form, folder / "form.pdf")
    return truth


def main() -> None:
    """Draw the documents into the folder given on the command line."""
    parser = argparse.ArgumentParser(description="Draw the example documents.")
    parser.add_argument("folder", nargs="?", type=Path, default=HERE / "documents")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    truth = make_documents(folder)
    (folder / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
