"""Scans made on the spot: pages drawn by PyMuPDF as pixels with the truth of what stands on them, and what scanners do to them.

A page is drawn in points from its top-left corner; its truth is in pixels of the page as it was drawn, and a scan tells where
that came to lie. Only fonts that come with PyMuPDF and pymupdf-fonts are used, so that every machine draws the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import cv2
import numpy as np
import pymupdf

from docai.backends.classical.strips import Strip
from docai.box import Box
from docai.marks import Rectangle
from docai.preparation import Prepared
from tests.drawn_pages import LOREM, filled

SERIF, SANS, WIDE, KOREAN = "tiro", "helv", "notos", "korea"  # WIDE has the letters of Vietnamese
LAYERS = 3  # that lines are drawn on for their truth, in turn: neighbours may reach into each other's rows
INK = 128  # of 255: darker is print, on a page as it was drawn

VIETNAMESE = (
    "Hội đồng quản trị đã xem xét báo cáo quý ba và nhận thấy sản lượng tăng ở mọi miền của đất nước trong khi chi phí năng "
    "lượng giảm năm thứ hai liên tiếp vì phần lớn xe giao hàng trong các thành phố lớn nay chạy bằng điện và những người lái xe "
    "cần ít cây số hơn cho cùng một số khách hàng so với trước khi các tuyến đường mới được lập kế hoạch bởi một chương trình "
    "hiểu rõ giao thông của từng con phố và thói quen của từng người nhận"
).split()
HANGUL = (
    "이사회는 삼분기 보고서를 검토하고 전국 모든 지역에서 물량이 늘어난 반면 에너지 비용은 "
    "이 년 연속으로 줄었다는 사실을 확인하였다 대도시에서 소포를 나르는 차량의 대부분이 이제 "
    "전기로 움직이고 있으며 운전자들은 새로운 노선을 짜기 전보다 같은 수의 고객에게 더 짧은 "
    "거리를 달린다 이 노선은 모든 거리의 교통 상황과 받는 사람의 습관을 아는 프로그램이 만들었고 "
    "각 지역의 책임자가 매달 다시 살펴본다"
).split()
PROSE = {"en": LOREM, "vi": VIETNAMESE, "ko": HANGUL}
FONTS = {"en": SERIF, "vi": WIDE, "ko": KOREAN}


@cache
def font_of(name: str) -> pymupdf.Font:
    return pymupdf.Font(name)


@dataclass(frozen=True)
class Line:
    """A line of text on the page as drawn: `box` holds its ink; all places are in pixels, words from start to end."""

    text: str
    box: tuple[float, float, float, float]
    size: float
    baseline: float
    words: tuple[tuple[str, float, float], ...]
    layer: int


@dataclass(frozen=True)
class Scan:
    """A picture of a page with its truth; `matrix` maps pixels of the page as drawn to pixels of the picture.

    Attributes:
        pixels: (height, width, 3) uint8 RGB.
        layers: The lines of text alone, dark on white, a few pictures so that lines do not touch: (height, width) uint8.
        across: The rules across as left, top, right, bottom; `down` those that run down.
    """

    pixels: np.ndarray
    lines: tuple[Line, ...]
    layers: tuple[np.ndarray, ...]
    across: tuple[tuple[float, float, float, float], ...] = ()
    down: tuple[tuple[float, float, float, float], ...] = ()
    matrix: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)

    @property
    def width(self) -> int:
        return self.pixels.shape[1]

    @property
    def height(self) -> int:
        return self.pixels.shape[0]

    @property
    def grey(self) -> np.ndarray:
        return cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY)

    @property
    def print(self) -> np.ndarray:
        """Where letters are on the page as drawn: (height, width) bool."""
        return np.min(self.layers, axis=0) < INK

    def alone(self, line: Line, place: Rectangle, margin: int) -> np.ndarray:
        """Return what of a line is at a place and around it, with nothing else on it."""
        layer = cv2.copyMakeBorder(self.layers[line.layer], *[margin] * 4, cv2.BORDER_CONSTANT, value=255)
        return layer[place.top : place.bottom + 2 * margin, place.left : place.right + 2 * margin]

    def moved(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the page as drawn lies in the picture."""
        across, down, depth = np.array(self.matrix).reshape(3, 3) @ (x, y, 1.0)
        return across / depth, down / depth

    @property
    def corners(self) -> list[tuple[float, float]]:
        """Where the corners of the page lie, clockwise from its top left."""
        height, width = self.layers[0].shape
        return [self.moved(*corner) for corner in ((0, 0), (width, 0), (width, height), (0, height))]

    def place(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """Return the smallest rectangle of the picture that holds a box of the page as drawn."""
        left, top, right, bottom = box
        points = [self.moved(x, y) for x in (left, right) for y in (top, bottom)]
        return (
            min(x for x, _ in points),
            min(y for _, y in points),
            max(x for x, _ in points),
            max(y for _, y in points),
        )

    def upright(self, prepared: Prepared) -> list[tuple[float, float, float, float]]:
        """Return where the lines' ink lies in the picture that was prepared of this one, in its pixels."""
        height, width = prepared.grey.shape
        back = np.linalg.inv(np.array(prepared.pose.matrix).reshape(3, 3))
        pixels = np.diag([width, height, 1.0]) @ back @ np.diag([1 / self.width, 1 / self.height, 1.0])
        whole = replace(self, matrix=tuple((pixels @ np.array(self.matrix).reshape(3, 3)).ravel()))
        return [whole.place(line.box) for line in self.lines]

    def fraction(self, box: tuple[float, float, float, float]) -> Box:
        """Return where a box of the page as drawn lies in fractions of the picture."""
        left, top, right, bottom = self.place(box)
        return Box.clipped(left / self.width, top / self.height, right / self.width, bottom / self.height)


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the area that two rectangles share as a share of the area that either covers."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1]) - both)


class Paper:
    """A page that is being drawn; A5 unless told."""

    def __init__(self, width: float = 420, height: float = 595, dpi: int = 200) -> None:
        self.dpi, self.scale = dpi, dpi / 72
        self._file = pymupdf.open()
        self._page = self._file.new_page(width=width, height=height)
        self._alone = pymupdf.open()
        for _ in range(LAYERS):
            self._alone.new_page(width=width, height=height)
        self._texts: list[tuple[list[tuple[str, float, float]], float, float]] = []
        self._across: list[tuple[float, float, float, float]] = []
        self._down: list[tuple[float, float, float, float]] = []

    def words(
        self, placed: Sequence[tuple[float, str]], baseline: float, size: float = 11, font: str = SANS, colour: Any = (0, 0, 0)
    ) -> Paper:
        """Draw words, each from its own x, as one line."""
        letters = font_of(font)
        pages = ((self._page, colour), (self._alone[len(self._texts) % LAYERS], (0, 0, 0)))
        for page, ink in pages:
            writer = pymupdf.TextWriter(page.rect)
            for x, text in placed:
                writer.append((x, baseline), text, font=letters, fontsize=size)
            writer.write_text(page, color=ink)
        self._texts.append(([(text, x, x + letters.text_length(text, size)) for x, text in placed], baseline, size))
        return self

    def text(self, x: float, baseline: float, text: str, size: float = 11, font: str = SANS, colour: Any = (0, 0, 0)) -> Paper:
        """Draw one line of text."""
        letters, placed = font_of(font), []
        for part in text.split():
            placed.append((x, part))
            x += letters.text_length(f"{part} ", size)
        return self.words(placed, baseline, size, font, colour)

    def column(
        self,
        x: float,
        baseline: float,
        width: float,
        words: Sequence[str],
        *,
        size: float = 11,
        font: str = SANS,
        pitch: float = 1.3,
        justified: bool = False,
    ) -> float:
        """Draw running text; return the baseline of the line that would follow."""
        letters = font_of(font)
        space = letters.text_length(" ", size)
        rows: list[list[str]] = [[]]
        for part in words:
            if rows[-1] and letters.text_length(" ".join([*rows[-1], part]), size) > width:
                rows.append([])
            rows[-1].append(part)
        for n, row in enumerate(rows):
            wide = [letters.text_length(part, size) for part in row]
            gap = (width - sum(wide)) / max(1, len(row) - 1) if justified and n < len(rows) - 1 else space
            starts = [x + sum(wide[:k]) + gap * k for k in range(len(row))]
            self.words(list(zip(starts, row, strict=True)), baseline, size, font)
            baseline += pitch * size
        return baseline

    def rule(self, x0: float, y0: float, x1: float, y1: float, width: float = 0.75, dashes: str | None = None) -> Paper:
        """Draw a straight line, across or down; `dashes` as PDF has them: "[3 2] 0", or round dots for "[0 3] 0"."""
        self._page.draw_line((x0, y0), (x1, y1), width=width, dashes=dashes, lineCap=1 if dashes and dashes.startswith("[0") else 0)
        box = (x0 * self.scale, y0 * self.scale, x1 * self.scale, y1 * self.scale)
        (self._across if y0 == y1 else self._down).append(box)
        return self

    def grid(self, xs: Sequence[float], ys: Sequence[float]) -> Paper:
        """Draw all the rules of a grid."""
        for y in ys:
            self.rule(xs[0], y, xs[-1], y)
        for x in xs:
            self.rule(x, ys[0], x, ys[-1])
        return self

    def frame(self, x0: float, y0: float, x1: float, y1: float) -> Paper:
        """Draw a box of four rules."""
        return self.grid((x0, x1), (y0, y1))

    def panel(self, x0: float, y0: float, x1: float, y1: float, colour: Any = (0.1, 0.2, 0.4)) -> Paper:
        """Draw a filled rectangle."""
        self._page.draw_rect((x0, y0, x1, y1), color=None, fill=colour)
        return self

    def stamp(self, x: float, y: float, radius: float, text: str, colour: Any = (0.8, 0.1, 0.1)) -> Paper:
        """Draw a ring with letters in it, over what is there."""
        self._page.draw_circle((x, y), radius, color=colour, width=2.5)
        wide = font_of("hebo").text_length(text, radius / 2)
        return self.text(x - wide / 2, y + radius / 6, text, radius / 2, "hebo", colour)

    def scan(self) -> Scan:
        """Return the page as pixels with its truth; nothing can be drawn afterwards."""
        pixels = _rendered(self._page, self.dpi)
        layers = tuple(_rendered(page, self.dpi)[:, :, 1].copy() for page in self._alone)
        lines = tuple(self._line(number, layers) for number in range(len(self._texts)))
        self._file.close()
        self._alone.close()
        return Scan(pixels, lines, layers, tuple(self._across), tuple(self._down))

    def _line(self, number: int, layers: Sequence[np.ndarray]) -> Line:
        placed, baseline, size = self._texts[number]
        layer = number % LAYERS
        left, right = (placed[0][1] - 0.2 * size) * self.scale, (placed[-1][2] + 0.2 * size) * self.scale
        top, bottom = (baseline - 1.25 * size) * self.scale, (baseline + 0.4 * size) * self.scale
        x, y = max(0, math.floor(left)), max(0, math.floor(top))
        dark = layers[layer][y : math.ceil(bottom), x : math.ceil(right)] < INK
        rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
        box = (float(x + columns[0]), float(y + rows[0]), float(x + columns[-1] + 1), float(y + rows[-1] + 1))
        words = tuple((text, start * self.scale, end * self.scale) for text, start, end in placed)
        return Line(" ".join(text for text, _, _ in placed), box, size * self.scale, baseline * self.scale, words, layer)


def _rendered(page: Any, dpi: int) -> np.ndarray:
    pixmap = page.get_pixmap(dpi=dpi, alpha=False)
    return np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3).copy()


def strip_of(text: str, font: str = SANS, size: float = 11, dpi: int = 200) -> tuple[Strip, Line]:
    """Return one line as a strip, with the places of its words in pixels of the strip's picture."""
    paper = Paper(2 * size + font_of(font).text_length(text, size), 3 * size, dpi)
    scan = paper.text(size, 2 * size, text, size, font).scan()
    line = scan.lines[0]
    place, margin = Rectangle(*(round(side) for side in line.box)), round(0.3 * line.size)
    strip = Strip(place, scan.alone(line, place, margin), margin, 0.55 * line.size)
    shift = margin - place.left
    return strip, replace(line, words=tuple((text, left + shift, right + shift) for text, left, right in line.words))


# ---- pages


def prose(language: str = "en", dpi: int = 200, *, size: float = 11, rows: int = 24) -> Scan:
    """Return a page of running text."""
    paper = Paper(dpi=dpi)
    text = PROSE[language]
    pitch = 1.5 if language == "vi" else 1.35
    paper.column(40, 60, 340, _enough(text, paper, FONTS[language], size, rows), size=size, font=FONTS[language], pitch=pitch)
    return paper.scan()


def _enough(words: Sequence[str], paper: Paper, font: str, size: float, rows: int) -> list[str]:
    """Return as many words, again and again from the first, as fill some rows of 340 points."""
    letters, chosen, wide = font_of(font), [], 0.0
    while wide < 340 * (rows - 0.6):
        chosen.append(words[len(chosen) % len(words)])
        wide += letters.text_length(f"{chosen[-1]} ", size)
    return chosen


def two_columns(dpi: int = 200) -> Scan:
    """Return a page of two justified columns."""
    paper = Paper(width=500, dpi=dpi)
    paper.column(40, 60, 200, filled(110).split(), size=10, font=SERIF, justified=True)
    paper.column(262, 60, 200, filled(110, 17).split(), size=10, font=SERIF, justified=True)
    return paper.scan()


def form(dpi: int = 200) -> Scan:
    """Return a form: labels, and values in boxes."""
    paper = Paper(dpi=dpi)
    paper.text(40, 60, "Delivery note", 15, "hebo")
    labels = "Booking number|Customer name|Your reference|Country|Handling|Service".split("|")
    values = "AF-2025-00417|Miriam Okafor|none|Ireland|fragile|express".split("|")
    for n, (label, value) in enumerate(zip(labels, values, strict=True)):
        top = 90 + 34 * n
        paper.text(40, top + 15, label, 10)
        paper.frame(160, top, 380, top + 22)
        paper.text(168, top + 15, value, 10)
    paper.text(40, 330, "Signature", 10)
    paper.frame(160, 310, 380, 380)
    return paper.scan()


TABLE_XS, TABLE_YS = (40, 150, 230, 300, 380), tuple(80 + 22 * n for n in range(9))
TABLE = (
    ("Depot", "Vans", "Lorries", "Cost"),
    ("Harwick", "46", "12", "1,204.50"),
    ("Stonebridge", "38", "9", "987.00"),
    ("Penfold", "18", "4", "450.25"),
    ("Northgate", "27", "6", "610.00"),
    ("Ashdown", "8", "1", "95.75"),
    ("Milbury", "31", "7", "702.10"),
    ("Total", "168", "39", "4,049.60"),
)


def ruled_table(dpi: int = 200) -> Scan:
    """Return a table with all its rules."""
    paper = Paper(dpi=dpi)
    paper.text(40, 60, "Table 2: depots and what they cost in May", 10)
    paper.grid(TABLE_XS, TABLE_YS)
    for y, row in zip(TABLE_YS, TABLE, strict=False):
        for x, text in zip(TABLE_XS, row, strict=False):
            paper.text(x + 6, y + 15, text, 10)
    return paper.scan()


def headed_table(dpi: int = 200) -> Scan:
    """Return a table whose header is white on a dark band."""
    paper = Paper(dpi=dpi)
    paper.text(40, 60, "Depots and what they cost in May", 10)
    paper.panel(TABLE_XS[0], TABLE_YS[0], TABLE_XS[-1], TABLE_YS[1])
    for n, (y, row) in enumerate(zip(TABLE_YS, TABLE, strict=False)):
        for x, text in zip(TABLE_XS, row, strict=False):
            paper.text(x + 6, y + 15, text, 10, "helv" if n else "hebo", (0, 0, 0) if n else (1, 1, 1))
    return paper.scan()


def heading(dpi: int = 200) -> Scan:
    """Return a heading in large type over its text."""
    paper = Paper(dpi=dpi)
    paper.text(40, 90, "Quarterly review", 36, "hebo")
    paper.column(40, 125, 340, filled(110).split(), size=10, font=SERIF)
    return paper.scan()


RECEIPT = (
    ("Green tea", "2", "4.50"),
    ("Rice paper", "1", "3.20"),
    ("Fish sauce", "3", "11.85"),
    ("Noodles", "4", "9.96"),
)


def receipt(dpi: int = 200) -> Scan:
    """Return a receipt with rules of dashes and of dots."""
    paper = Paper(width=230, height=330, dpi=dpi)
    paper.text(75, 40, "HARWICK STORES", 10, "cour").text(68, 54, "12 Market Street", 9, "cour")
    paper.rule(20, 66, 210, 66, dashes="[3 2] 0")
    y = 84.0
    for name, count, price in RECEIPT:
        paper.text(20, y, name, 9, "cour").text(120, y, count, 9, "cour").text(175, y, price, 9, "cour")
        y += 14
    paper.rule(20, y - 2, 210, y - 2, width=1.2, dashes="[0 2.8] 0")
    paper.text(20, y + 16, "TOTAL", 10, "cobo").text(171, y + 16, "29.51", 10, "cobo")
    paper.rule(20, y + 26, 210, y + 26, dashes="[3 2] 0")
    paper.text(48, y + 46, "Thank you for your visit", 9, "cour")
    return paper.scan()


def stamped(dpi: int = 200) -> Scan:
    """Return running text with a red stamp over it; the stamp's letters are the last line."""
    paper = Paper(dpi=dpi)
    paper.column(40, 60, 340, filled(200).split(), size=11, font=SERIF, pitch=1.4)
    return paper.stamp(270, 170, 52, "PAID").scan()


KINDS = {
    "english": lambda: prose("en"),
    "vietnamese": lambda: prose("vi"),
    "korean": lambda: prose("ko"),
    "two columns": two_columns,
    "form": form,
    "ruled table": ruled_table,
    "white on dark": headed_table,
    "heading": heading,
    "receipt": receipt,
}


@cache
def drawn(kind: str) -> Scan:
    """Return a page of a kind, drawn once."""
    return KINDS[kind]()


# ---- what scanners and cameras do


def _moved(scan: Scan, pixels: np.ndarray, matrix: np.ndarray) -> Scan:
    whole = matrix @ np.array(scan.matrix).reshape(3, 3)
    return replace(scan, pixels=pixels, matrix=tuple(float(v) for v in (whole / whole[2, 2]).ravel()))


def rotated(scan: Scan, degrees: float, surroundings: int = 255) -> Scan:
    """Return a picture turned clockwise, whole, with white or dark where nothing was."""
    height, width = scan.pixels.shape[:2]
    cos, sin = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    wide, high = math.ceil(width * cos + height * sin), math.ceil(width * sin + height * cos)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    turn[:, 2] += (wide - width) / 2, (high - height) / 2
    pixels = cv2.warpAffine(scan.pixels, turn, (wide, high), flags=cv2.INTER_AREA, borderValue=(surroundings,) * 3)
    return _moved(scan, pixels, np.vstack([turn, (0.0, 0.0, 1.0)]))


def photographed(scan: Scan, table: tuple[int, int, int] = (70, 55, 45), tilt: float = 0.08) -> Scan:
    """Return a picture of the sheet on a dark table, taken from below it: by `tilt` of its width it is narrower far away."""
    height, width = scan.pixels.shape[:2]
    pad = 0.12 * width
    corners = np.array(
        [
            (pad + tilt * width, pad + tilt * height / 2),
            (pad + width * (1 - tilt), pad),
            (pad + width * 1.02, pad + height),
            (pad, pad + height * (1 - tilt / 3)),
        ],
        np.float32,
    )
    given = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(given, corners)
    size = (round(width + 2.2 * pad), round(height + 2 * pad))
    pixels = cv2.warpPerspective(scan.pixels, matrix, size, flags=cv2.INTER_AREA, borderValue=table)
    return _moved(scan, pixels, np.asarray(matrix, np.float64))


def unevenly_lit(scan: Scan, darkest: float = 0.5) -> Scan:
    """Return a picture whose light falls off from its top left to its bottom right."""
    across, down = np.meshgrid(np.linspace(0, 1, scan.width), np.linspace(0, 1, scan.height))
    light = 1 - (1 - darkest) * (0.5 * across + 0.5 * down) ** 1.5
    return replace(scan, pixels=(scan.pixels * light[:, :, None]).astype(np.uint8))


def salted(scan: Scan, share: float = 0.01, seed: int = 1) -> Scan:
    """Return a picture with single pixels made black or white."""
    chance = np.random.default_rng(seed).random(scan.pixels.shape[:2])
    pixels = scan.pixels.copy()
    pixels[chance < share / 2], pixels[chance > 1 - share / 2] = 0, 255
    return replace(scan, pixels=pixels)


def noisy(scan: Scan, deviation: float = 12, seed: int = 1) -> Scan:
    """Return a picture with normally distributed noise on it."""
    noise = np.random.default_rng(seed).normal(0, deviation, scan.pixels.shape[:2])[:, :, None]
    return replace(scan, pixels=np.clip(scan.pixels + noise, 0, 255).astype(np.uint8))


def compressed(scan: Scan, quality: int = 35) -> Scan:
    """Return a picture that went through JPEG."""
    data = cv2.imencode(".jpg", scan.pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return replace(scan, pixels=np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1]))


def faint(scan: Scan, contrast: float = 0.2) -> Scan:
    """Return a picture whose print is that much as dark as it was."""
    return replace(scan, pixels=(255 - (255.0 - scan.pixels) * contrast).round().astype(np.uint8))


def negative(scan: Scan) -> Scan:
    """Return a picture as a screen in dark mode shows it."""
    return replace(scan, pixels=255 - scan.pixels)


def on_paper(scan: Scan, colour: tuple[int, int, int]) -> Scan:
    """Return a picture printed on paper of a colour."""
    return replace(scan, pixels=(scan.pixels * (np.array(colour) / 255)).astype(np.uint8))


DIRT = {
    "noise": noisy,
    "specks": lambda scan: salted(scan, 0.03),
    "jpeg": compressed,
    "light": unevenly_lit,
    "faint": faint,
    "tilt": lambda scan: rotated(scan, 1.3),
    "yellow": lambda scan: on_paper(scan, (246, 230, 184)),
    "photograph": photographed,
}
