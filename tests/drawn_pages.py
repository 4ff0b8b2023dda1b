"""Pages made on the spot: words and lines as values, and small PDFs drawn by PyMuPDF.

All places are in points from the top-left corner; a baseline is where letters stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pymupdf

from docai.box import Box
from docai.layout import Region, find_regions
from docai.lines import Line, find_lines
from docai.roles import Style, assign_roles, learn_style
from docai.sources import Font, Origin, PageReference, Rule, SourcePage, SourceWord, opened, origin_of

WIDTH, HEIGHT = 600.0, 800.0  # points; of pages made of values
LETTER_EMS, SPACE_EMS = 0.5, 0.25  # widths of the letters and spaces of words made as values
REFERENCE = PageReference(Origin(None, b""), 1)  # of a page that nobody draws

PLAIN = Font("Plain")
BOLD = Font("Plain-Bold", bold=True)
TYPEWRITER = Font("Mono", monospace=True)

LOREM = (
    "The quarterly review of the regional network shows that volumes grew in every part of the country while the cost of "
    "energy fell for the second year in a row because most of the vans that deliver parcels inside the larger towns now run "
    "on electricity and the drivers need fewer kilometres for the same number of customers than they did before the new "
    "routes were planned by a programme that knows the traffic of every street and the habits of every recipient"
).split()


# ---- values


def word(text: str, x: float, baseline: float, size: float = 10.0, font: Font = PLAIN, **more: Any) -> SourceWord:
    """Return a word that begins at `x` and stands on `baseline`; letters are half as wide as the font is high."""
    right = x + LETTER_EMS * size * len(text)
    box = Box.clipped(x / WIDTH, (baseline - 0.9 * size) / HEIGHT, right / WIDTH, (baseline + 0.25 * size) / HEIGHT)
    return SourceWord(text, box, size, font, baseline / HEIGHT, **more)


def words(text: str, x: float, baseline: float, size: float = 10.0, font: Font = PLAIN, **more: Any) -> list[SourceWord]:
    """Return the words of a line of text, with spaces of normal width between them."""
    row = []
    for part in text.split():
        row.append(word(part, x, baseline, size, font, **more))
        x += (LETTER_EMS * len(part) + SPACE_EMS) * size
    return row


def line(text: str, x: float = 60.0, baseline: float = 100.0, size: float = 10.0, font: Font = PLAIN, **more: Any) -> Line:
    """Return a line of text as a value."""
    return Line(tuple(words(text, x, baseline, size, font, **more)), size / WIDTH, size / HEIGHT)


def lines_of(text: str, x: float, baseline: float, size: float = 10.0, font: Font = PLAIN, pitch: float = 1.2) -> list[Line]:
    """Return the lines of a text, one for each of its lines, `pitch` font sizes apart."""
    return [line(row, x, baseline + n * pitch * size, size, font) for n, row in enumerate(text.splitlines())]


def justified(
    rows: Iterable[str], x: float, baseline: float, width: float = 400.0, size: float = 10.0, pitch: float = 1.2
) -> list[Line]:
    """Return lines of text that are all `width` points wide."""
    made = []
    for n, row in enumerate(rows):
        parts = row.split()
        gap = (width - LETTER_EMS * size * sum(map(len, parts))) / max(1, len(parts) - 1)
        left, placed = x, []
        for part in parts:
            placed.append(word(part, left, baseline + n * pitch * size, size))
            left += LETTER_EMS * size * len(part) + gap
        made.append(Line(tuple(placed), size / WIDTH, size / HEIGHT))
    return made


def prose(count: int, x: float, baseline: float, width: float = 400.0, start: int = 0, pitch: float = 1.2) -> list[Line]:
    """Return `count` justified lines of running text that ends nowhere; 400 points hold 14 of its words."""
    each = round(14 * width / 400)
    return justified([filled(each, start + each * n) for n in range(count)], x, baseline, width, pitch=pitch)


def region(text: str, x: float = 60.0, baseline: float = 300.0, size: float = 10.0, font: Font = PLAIN, **more: Any) -> Region:
    """Return a region of text as a value."""
    rows = tuple(lines_of(text, x, baseline, size, font))
    return replace(Region("text", rows[0].box.union(*(row.box for row in rows)), rows), **more)


def filled(count: int, start: int = 0) -> str:
    """Return `count` words of running text."""
    return " ".join(LOREM[(start + n) % len(LOREM)] for n in range(count))


def source_page(found: Iterable[SourceWord] = (), **more: Any) -> SourcePage:
    """Return a page of values."""
    return SourcePage(REFERENCE, WIDTH, HEIGHT, words=tuple(found), **more)


def grid_rules(xs: Sequence[float], ys: Sequence[float]) -> list[Rule]:
    """Return all the rules of a grid whose borders are at `xs` and `ys`."""
    across = [Rule(True, y / HEIGHT, xs[0] / WIDTH, xs[-1] / WIDTH, 0.5) for y in ys]
    return across + [Rule(False, x / WIDTH, ys[0] / HEIGHT, ys[-1] / HEIGHT, 0.5) for x in xs]


# ---- drawn


class Sheet:
    """A PDF that is being drawn, page after page."""

    def __init__(self, width: float = 595, height: float = 842, pages: int = 1) -> None:
        self.file = pymupdf.open()
        for _ in range(pages):
            self.page = self.file.new_page(width=width, height=height)
        self.page = self.file[0]

    def turn_to(self, number: int) -> Sheet:
        """Draw on page `number`, from 1, from now on."""
        self.page = self.file[number - 1]
        return self

    def text(self, x: float, baseline: float, text: str, size: float = 10, font: str = "helv", **more: Any) -> Sheet:
        """Draw one line; `font` is one of PyMuPDF's names: helv, hebo (bold), cour, tiro, korea, china-s, japan …"""
        self.page.insert_text((x, baseline), text, fontsize=size, fontname=font, **more)
        return self

    def lines(
        self, x: float, baseline: float, rows: Iterable[str], size: float = 10, font: str = "helv", pitch: float = 1.2
    ) -> float:
        """Draw lines below each other; return the baseline of the line that would follow."""
        for row in rows:
            self.text(x, baseline, row, size, font)
            baseline += pitch * size
        return baseline

    def column(
        self, x: float, baseline: float, width: float, text: str, *, size: float = 10, font: str = "helv", indent: float = 0
    ) -> float:
        """Draw running text, justified, in a column; return the baseline of the line that would follow."""
        shape, drawing = pymupdf.Font(font), self.page.new_shape()
        space = shape.text_length(" ", size)
        rows: list[list[str]] = [[]]
        for part in text.split():
            room = width - (indent if len(rows) == 1 else 0)
            if rows[-1] and shape.text_length(" ".join([*rows[-1], part]), size) > room:
                rows.append([])
            rows[-1].append(part)
        for n, row in enumerate(rows):
            left = x + (indent if n == 0 else 0)
            slack = x + width - left - shape.text_length(" ".join(row), size)
            gap = space + (slack / max(1, len(row) - 1) if n < len(rows) - 1 else 0)
            for part in row:
                drawing.insert_text((left, baseline), part, fontsize=size, fontname=font)
                left += shape.text_length(part, size) + gap
            baseline += 1.2 * size
        drawing.commit()
        return baseline

    def rule(self, x0: float, y0: float, x1: float, y1: float, width: float = 0.6, dashes: str | None = None) -> Sheet:
        """Draw a straight line."""
        self.page.draw_line((x0, y0), (x1, y1), width=width, dashes=dashes)
        return self

    def grid(self, xs: Sequence[float], ys: Sequence[float]) -> Sheet:
        """Draw all the rules of a grid."""
        for y in ys:
            self.rule(xs[0], y, xs[-1], y)
        for x in xs:
            self.rule(x, ys[0], x, ys[-1])
        return self

    def table(self, xs: Sequence[float], ys: Sequence[float], texts: Sequence[Sequence[str]], header: str = "helv") -> Sheet:
        """Draw a ruled table; `header` is the font of its first row."""
        self.grid(xs, ys)
        for n, (top, row) in enumerate(zip(ys, texts, strict=False)):
            for x, text in zip(xs, row, strict=False):
                self.text(x + 4, top + 14, text, 9, "helv" if n else header)
        return self

    def bars(self, left: float, bottom: float, heights: Sequence[float], step: float = 40) -> Sheet:
        """Draw a bar chart with axes, the numbers 0, 10 and 20 on one and years on the other."""
        self.rule(left, bottom, left + step * len(heights) + 20, bottom)
        self.rule(left, bottom, left, bottom - 120)
        for n in range(3):
            self.text(left - 18, bottom - 50 * n + 3, f"{10 * n}", 8)
        for n, height in enumerate(heights):
            x = left + 15 + step * n
            self.page.draw_rect((x, bottom - height, x + step / 2, bottom), color=None, fill=(0.2, 0.4, 0.7))
            self.text(x, bottom + 11, f"{2020 + n}", 8)
        return self

    def picture(self, x0: float, y0: float, x1: float, y1: float, pixels: np.ndarray | None = None) -> Sheet:
        """Place a picture: `pixels` as (height, width, 3) uint8 RGB, or something grey."""
        if pixels is None:
            pixels = np.full((40, 60, 3), 120, np.uint8)
        height, width = pixels.shape[:2]
        pixmap = pymupdf.Pixmap(pymupdf.csRGB, width, height, np.ascontiguousarray(pixels).tobytes(), False)
        self.page.insert_image(pymupdf.Rect(x0, y0, x1, y1), pixmap=pixmap, keep_proportion=False)
        return self

    def say(self, meanings: Mapping[str, str]) -> Sheet:
        """Have the file tell other characters for letters in Helvetica, as its ToUnicode map does, rightly or wrongly."""
        pairs = "\n".join(f"<{ord(letter):02x}> <{text.encode('utf-16-be').hex()}>" for letter, text in meanings.items())
        cmap = (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
            f"1 begincodespacerange <00> <ff> endcodespacerange\n{len(meanings)} beginbfchar\n{pairs}\nendbfchar\nendcmap end end"
        )
        xref = self.file.get_new_xref()
        self.file.update_object(xref, "<<>>")
        self.file.update_stream(xref, cmap.encode())
        for font, *_, name, _encoding in self.page.get_fonts():
            if name == "helv":
                self.file.xref_set_key(font, "ToUnicode", f"{xref} 0 R")
        return self

    def data(self) -> bytes:
        """Return the bytes of the PDF; nothing can be drawn afterwards."""
        data: bytes = self.file.tobytes()
        self.file.close()
        return data


def page_of(data: bytes, number: int = 1) -> SourcePage:
    """Return a page of a PDF as the source gives it."""
    with opened(origin_of(data)) as source:
        return source.page(number)


def photographed(data: bytes, dpi: int = 100) -> np.ndarray:
    """Return the first page of a PDF as pixels, like a scanner would."""
    with pymupdf.open(stream=data, filetype="pdf") as file:
        pixmap = file[0].get_pixmap(dpi=dpi, alpha=False)
        return np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3).copy()


def regions_of(page: SourcePage, style: Style | None = None) -> list[Region]:
    """Return the regions of a page alone, with their roles."""
    rows = find_lines(page.words, page.width_points, page.height_points)
    return assign_roles(find_regions(page, rows, {}), page.number, style or learn_style([rows]))


def pages_of_text(count):
    """Return a PDF of `count` pages, a heading and three lines on each."""
    with pymupdf.open() as document:
        for number in range(1, count + 1):
            page = document.new_page(width=300, height=400)
            page.insert_text((40, 50), f"Chapter {number}", fontname="hebo", fontsize=16)
            for line in range(3):
                page.insert_text((40, 90 + 14 * line), f"This is line {line + 1} of the text on page {number}.", fontsize=10)
        return document.tobytes()


def scans(count):
    """Return a PDF of `count` pages, each a picture alone, so that each is asked about once."""
    picture = pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.IRect(0, 0, 60, 80))
    picture.clear_with(200)
    with pymupdf.open() as document:
        for _ in range(count):
            page = document.new_page(width=300, height=400)
            page.insert_image(page.rect, pixmap=picture)
        return document.tobytes()
