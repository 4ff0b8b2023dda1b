"""Print what docai takes for charts on the pages of a list; on pages without charts each is a false one.

A list has one page a line: a path and the page's number behind a `#`, 1 where there is none. A figure that looks like a chart
counts as one, whether or not its values could be read. `--keep` writes each page with what was found framed in red.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

import docai
from docai.document import Chart, Content, Figure
from docai.sources import PageReference, origin_of, render

DPI = 72


def is_chart(content: Content) -> bool:
    """Return whether a content is a chart, or a figure that looks like one."""
    return isinstance(content, Chart) or (isinstance(content, Figure) and content.looks_like == "chart")


def charts_on(path: str, number: int) -> tuple[docai.Document, list[Content]]:
    """Return a document read at one page, and the charts on it."""
    document = docai.extract(path, pages=str(number))
    return document, [block.content for page in document.pages for block in page.blocks if is_chart(block.content)]


def keep(folder: Path, path: str, number: int, document: docai.Document, charts: list[Content]) -> None:
    """Write a page with its charts framed."""
    page = document.pages[0]
    width, height = round(page.width_points * DPI / 72), round(page.height_points * DPI / 72)
    pixels, _ = render(PageReference(origin_of(path), number), width, height)
    picture = np.ascontiguousarray(pixels[:, :, ::-1])
    for chart in charts:
        left, top, right, bottom = (round(side * size) for side, size in zip(chart.box, (width, height) * 2, strict=True))
        cv2.rectangle(picture, (left, top), (right, bottom), (0, 0, 255), 2)
    cv2.imwrite(str(folder / f"{Path(path).name}.{number}.png"), picture)


def main() -> None:
    """Read each page of the list and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=Path, help="the file that lists pages")
    parser.add_argument("--keep", type=Path, help="a folder for pictures of the pages")
    parser.add_argument("--all", action="store_true", help="keep pages without charts, too")
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    pages = [line.strip() for line in arguments.list.read_text("utf-8").splitlines() if line.strip()]
    hit = total = 0
    began = time.process_time()
    for entry in pages:
        path, _, number = entry.partition("#")
        try:
            document, charts = charts_on(path, int(number or 1))
        except docai.DocaiError as error:
            print(f"{entry}: {error}")
            continue
        hit, total = hit + bool(charts), total + len(charts)
        for chart in charts:
            print(f"{entry}: {chart.kind} at {[round(side, 3) for side in chart.box]}")
        if arguments.keep and (charts or arguments.all):
            keep(arguments.keep, path, int(number or 1), document, charts)
    print(f"{total} charts on {hit} of {len(pages)} pages, {time.process_time() - began:.1f} CPU-s")


if __name__ == "__main__":
    main()
