"""Drawn pages to look at: contact sheets with the boxes of what is known, and pages in files beside their truth."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from docai.box import Box
from docai.document import Chart, Figure, Table, Text, replace
from docai.errors import NothingToDo
from fine_tune.synth.drawn import DrawnPage, PageKind
from fine_tune.synth.scanning import ScannedPage, scanned
from fine_tune.synth.stream import page_of
from fine_tune.synth.words import Language

if TYPE_CHECKING:
    from docai.sources import Pixels

WIDTH: Final = 560  # pixels of a page on a contact sheet: boxes of words can be told, and three pages fit a screen
HEIGHT: Final = 740  # at most; a receipt is longer
GAP: Final = 10  # pixels between pages
CAPTION: Final = 30  # pixels of the two lines under a page
COLOURS: Final = {  # RGB, of the boxes of each kind of thing
    "word": (40, 110, 255),
    "text": (150, 150, 150),
    "table": (0, 130, 60),
    "cell": (0, 170, 90),
    "chart": (190, 60, 0),
    "point": (255, 120, 0),
    "figure": (120, 0, 160),
    "field": (220, 0, 60),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which pages are drawn.

    Attributes:
        seed: The first page is drawn for it, the others for those that follow.
        kind, language: Any, without.
        held_out: Whether they are of those that are kept for measuring.
        scanned: The share that is scanned, 0..1.
        dpi: Pixels per inch.
    """

    seed: int = 0
    kind: PageKind | None = None
    language: Language | None = None
    held_out: bool = False
    scanned: float = 0.5
    dpi: int = 100

    def pages(self, count: int) -> Iterator[DrawnPage]:
        """Give so many pages.

        Raises:
            MissingDependency: No font on this machine has the letters of the language.
        """
        for seed in range(self.seed, self.seed + count):
            drawn = page_of(seed, kind=self.kind, language=self.language, held_out=self.held_out, dpi=self.dpi)
            yield scanned(drawn, seed) if Random(f"preview {seed}").random() < self.scanned else drawn


def preview(path: str | Path, *, count: int = 12, columns: int = 4, choice: Choice | None = None) -> Path:
    """Write a contact sheet of some pages as a PNG; return where.

    Raises:
        NothingToDo: No page is asked for.
    """
    if count < 1:
        raise NothingToDo(f"{count} pages to draw; ask for at least one with --count")
    picture = contact_sheet(list((choice or Choice()).pages(count)), min(columns, count))
    Image.fromarray(picture).save(path, format="PNG")
    return Path(path)


def write_pages(folder: str | Path, *, count: int, choice: Choice | None = None) -> list[Path]:
    """Write some pages as PNG, each beside its truth as the JSON of a `Document`; return where the pictures are.

    `00042.png` has its truth in `00042.png.json`, the name that `docai extract` gives its results, so that they can be compared.

    Raises:
        NothingToDo: No page is asked for.
    """
    if count < 1:
        raise NothingToDo(f"{count} pages to draw; ask for at least one with --count")
    own, written = Path(folder), []
    own.mkdir(parents=True, exist_ok=True)
    for drawn in (choice or Choice()).pages(count):
        path = own / f"{drawn.seed:05d}.png"
        stream = io.BytesIO()
        Image.fromarray(drawn.pixels).save(stream, format="PNG", dpi=(drawn.dpi, drawn.dpi))
        digest = f"sha256:{hashlib.sha256(stream.getvalue()).hexdigest()}"
        path.write_bytes(stream.getvalue())
        document = replace(drawn.document, name=path.name, content_hash=digest)
        path.with_name(f"{path.name}.json").write_text(document.to_json(indent=1), encoding="utf-8")
        written.append(path)
    return written


def contact_sheet(pages: Sequence[DrawnPage], columns: int = 4) -> Pixels:
    """Return pages side by side, small, with boxes drawn in the colours of `COLOURS` and a caption each.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        ValueError: There are no pages, or no columns.
    """
    if not pages or columns < 1:
        raise ValueError(f"{len(pages)} pages in {columns} columns; want at least one of each")
    tiles = [_tile(page) for page in pages]
    rows = [tiles[start : start + columns] for start in range(0, len(tiles), columns)]
    heights = [max(tile.shape[0] for tile in row) for row in rows]
    sheet = np.full((sum(heights) + GAP * (len(rows) + 1), columns * (WIDTH + GAP) + GAP, 3), 235, np.uint8)
    top = GAP
    for row, height in zip(rows, heights, strict=True):
        for place, tile in enumerate(row):
            left = GAP + place * (WIDTH + GAP)
            sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
        top += height + GAP
    return sheet


def _tile(page: DrawnPage) -> Pixels:
    height, width = page.pixels.shape[:2]
    scale = min(WIDTH / width, HEIGHT / height)
    shrunk = cv2.resize(page.pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    boxed = _with_boxes(np.asarray(shrunk, np.uint8), page)
    tile = Image.new("RGB", (WIDTH, boxed.shape[0] + CAPTION), "white")
    tile.paste(Image.fromarray(boxed))
    traits = page.traits if isinstance(page, ScannedPage) else ("as drawn",)
    lines = f"{page.seed}  {page.kind}  {page.language}  {width} x {height}, {page.dpi} dpi", ", ".join(traits)
    pen = ImageDraw.Draw(tile)
    for place, line in enumerate(lines):
        pen.text((4, boxed.shape[0] + 2 + 13 * place), line, fill="black", font=ImageFont.load_default(11))
    return np.asarray(tile)


def _with_boxes(pixels: Pixels, page: DrawnPage) -> Pixels:
    height, width = pixels.shape[:2]
    drawn: Pixels = pixels.copy()
    for kind, box in _boxes(page):
        left, top, right, bottom = box.pixels(width, height)
        cv2.rectangle(drawn, (left, top), (max(left, right - 1), max(top, bottom - 1)), COLOURS[kind], 1)
    return drawn


def _boxes(page: DrawnPage) -> Iterator[tuple[str, Box]]:
    """Give the boxes of a page with their kinds, those on top last."""
    for block in page.document.blocks:
        content = block.content
        yield from (("word", word.box) for word in content.words)
        if isinstance(content, Table):
            yield from (("cell", cell.box) for cell in content.cells)
        elif isinstance(content, Chart):
            yield from (("point", point.box) for series in content.series for point in series.points)
        kinds = {Text: "text", Table: "table", Chart: "chart", Figure: "figure"}
        yield kinds[type(content)], content.box
    yield from (("field", field.box) for field in page.fields)
