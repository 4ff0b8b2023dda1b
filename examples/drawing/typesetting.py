"""Sets text on PDF pages: faces, broken and justified lines, and tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import pymupdf

Colour = tuple[float, float, float]
INK: Colour = (0.13, 0.14, 0.16)
ACCENT: Colour = (0.09, 0.27, 0.42)
GREY: Colour = (0.42, 0.44, 0.47)
PALE: Colour = (0.90, 0.93, 0.95)
WIDEST_STRETCH = 0.8  # of the type size: a justified line with wider gaps is left ragged
NOTE_MARK = "^"  # in a text, `word.^1` prints the 1 as a superscript


@dataclass(frozen=True)
class Face:
    """A family's fonts, by the codes of pymupdf-fonts; `fake_bold` draws the outline too, for a family without a bold."""

    regular: str
    bold: str
    italic: str
    fake_bold: bool = False


FACES = {
    "fira": Face("figo", "figbo", "figit"),
    "noto": Face("notos", "notosbo", "notosit"),
    "droid": Face("korea", "korea", "korea", fake_bold=True),
}


@dataclass(frozen=True)
class Style:
    """How a text is set; sizes in points."""

    font: str
    size: float
    leading: float
    colour: Colour = INK
    outlined: bool = False


@dataclass(frozen=True)
class Line:
    """A line as printed, and how it goes on: a space, a hyphen that was put in, a hyphen of the word's own, or not at all."""

    words: tuple[str, ...]
    goes_on: Literal["space", "hyphenated", "hyphen", "end"]

    @property
    def text(self) -> str:
        """The line without the hyphen that was put in, with the space that leads to the next one."""
        text = " ".join(self.words)
        return text[:-1] if self.goes_on == "hyphenated" else text + " " if self.goes_on == "space" else text


@cache
def font(code: str) -> pymupdf.Font:
    """Return the font with a code of pymupdf or pymupdf-fonts, loaded once."""
    return pymupdf.Font(code)


def measure(text: str, style: Style) -> float:
    """Return the width in points of `text` set on one line."""
    parts = [word.partition(NOTE_MARK) for word in text.split(" ")]
    base = font(style.font).text_length(" ".join(part[0] for part in parts), style.size)
    return float(base + font(style.font).text_length("".join(part[2] for part in parts), style.size * 0.65))


def decomposed(text: str) -> str:
    """Return `text` with its tone marks as characters of their own, as some word processors store Vietnamese.

    Marks that would have to be stacked on another, or on the dot of an i, stay composed, since nothing here moves them.
    """
    return "".join(_decomposed(character) for character in text)


def _decomposed(character: str) -> str:
    parts = unicodedata.decomposition(character).split()
    if len(parts) < 2 or character.isupper() or parts[0].startswith("<"):  # a letter and its mark
        return character
    letters = "".join(chr(int(part, 16)) for part in parts)
    stacked = letters[0] in "êôâăi" or letters[1] in "\u0302\u0306\u031b"
    return character if stacked else letters


def break_lines(text: str, style: Style, width: float, hyphenation: Mapping[str, tuple[str, ...]]) -> list[Line]:
    """Return `text` as lines of at most `width` points, words broken where `hyphenation` or their own hyphens allow it."""
    lines: list[Line] = []
    words: list[str] = []
    waiting = text.split()[::-1]
    while waiting:
        word = waiting.pop()
        if measure(" ".join([*words, word]), style) <= width:
            words.append(word)
            continue
        heads = [part for part in _breaks(word, hyphenation) if measure(" ".join([*words, part[0]]), style) <= width]
        if heads:
            head, tail = heads[-1]
            lines.append(Line((*words, head), "hyphen" if head + tail == word else "hyphenated"))
            words = []
            waiting.append(tail)
        else:
            lines.append(Line(tuple(words), "space"))
            words = [word]
    return [*lines, Line(tuple(words), "end")]


def _breaks(word: str, hyphenation: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for place, character in enumerate(word[:-1]):
        if character == "-" and place:
            yield word[: place + 1], word[place + 1 :]
    core = word.strip(".,;:()").lower()
    place = word.lower().find(core)
    for part in hyphenation.get(core, ())[:-1]:
        place += len(part)
        yield word[:place] + "-", word[place:]


class Pen:
    """Writes on one page and keeps what it writes until `finish`, so that text lies above all drawings."""

    def __init__(self, page: pymupdf.Page) -> None:
        """Take up the pen for `page`."""
        self.page = page
        self.links: list[str] = []
        self._writers: list[tuple[Colour, bool, pymupdf.TextWriter]] = []  # in the order of writing, as a reader expects it

    def write(self, x: float, baseline: float, text: str, style: Style, *, align: str = "l") -> None:
        """Write one line that starts, ends or is centred at `x` (`align` l, r or c)."""
        x -= measure(text, style) * {"l": 0, "c": 0.5, "r": 1}[align]
        if not self._writers or self._writers[-1][:2] != (style.colour, style.outlined):
            self._writers.append((style.colour, style.outlined, pymupdf.TextWriter(self.page.rect)))
        writer = self._writers[-1][2]
        base, _, mark = text.partition(NOTE_MARK)
        _, end = writer.append((x, baseline), base, font=font(style.font), fontsize=style.size)
        if mark:
            writer.append((end.x, baseline - style.size * 0.33), mark, font=font(style.font), fontsize=style.size * 0.65)

    def write_line(self, x: float, baseline: float, line: Line, style: Style, width: float) -> None:
        """Write a line stretched to `width` points if its paragraph goes on; a `www.` address becomes a link."""
        gap = measure(" ", style)
        slack = width - measure(" ".join(line.words), style)
        if line.goes_on != "end" and 0 < slack < WIDEST_STRETCH * style.size * max(len(line.words) - 1, 0):
            gap += slack / (len(line.words) - 1)
        for place, word in enumerate(line.words, start=1):
            address = word.startswith("www.")
            word_style = Style(style.font, style.size, style.leading, (0.05, 0.33, 0.65)) if address else style
            if address:
                box = pymupdf.Rect(x, baseline - style.size, x + measure(word, style), baseline + style.size * 0.3)
                self.links.append(f"https://{word}")
                self.page.insert_link({"kind": pymupdf.LINK_URI, "from": box, "uri": self.links[-1]})
            self.write(x, baseline, word if NOTE_MARK in word or place == len(line.words) else word + " ", word_style)
            x += measure(word, style) + gap

    def write_upwards(self, x: float, y: float, text: str, style: Style) -> None:
        """Write a line that runs upwards, centred at (`x`, `y`)."""
        writer = pymupdf.TextWriter(self.page.rect)
        writer.append((x - measure(text, style) / 2, y), text, font=font(style.font), fontsize=style.size)
        writer.write_text(self.page, color=style.colour, morph=(pymupdf.Point(x, y), pymupdf.Matrix(90)))

    def rule(self, start: tuple[float, float], end: tuple[float, float], *, width: float = 0.6, colour: Colour = INK) -> None:
        """Draw a straight line, `width` points thick."""
        self.page.draw_line(start, end, color=colour, width=width)

    def fill(self, box: Sequence[float], colour: Colour) -> None:
        """Fill a rectangle (left, top, right, bottom in points)."""
        self.page.draw_rect(pymupdf.Rect(*box), color=None, fill=colour)

    def finish(self) -> None:
        """Put the text on the page."""
        for colour, outlined, writer in self._writers:
            writer.write_text(self.page, color=colour, render_mode=2 if outlined else 0)
        self._writers.clear()


@dataclass(frozen=True)
class Cell:
    """A cell of a table; `text` has its lines as printed."""

    row: int
    column: int
    row_span: int
    column_span: int
    text: str


def cells(grid: Sequence[Sequence[str]]) -> list[Cell]:
    """Return the cells of a grid in which `<` goes on the cell to the left and `^` the cell above."""

    def run(marks: Iterator[str], mark: str) -> int:
        count = 1
        for text in marks:
            if text != mark:
                break
            count += 1
        return count

    return [
        Cell(y, x, run((row_below[x] for row_below in grid[y + 1 :]), "^"), run(iter(row[x + 1 :]), "<"), text)
        for y, row in enumerate(grid)
        for x, text in enumerate(row)
        if text not in {"<", "^"}
    ]


@dataclass(frozen=True)
class TableLook:
    """How a table is drawn: `widths` of its columns in points, an `align` letter for each, and what is ruled."""

    style: Literal["ruled", "plain", "booktabs"]
    widths: tuple[float, ...]
    align: str
    header_rows: int
    total_rows: int
    row_height: float = 18.0


def draw_table(
    pen: Pen, corner: tuple[float, float], grid: Sequence[Sequence[str]], look: TableLook, styles: tuple[Style, Style]
) -> None:
    """Draw a table from its top left `corner`; `styles` are those of plain and of header and total cells."""
    xs = [corner[0] + sum(look.widths[:column]) for column in range(len(look.widths) + 1)]
    ys = [corner[1] + look.row_height * row for row in range(len(grid) + 1)]
    total = len(grid) - look.total_rows
    if look.style == "ruled":
        pen.fill((xs[0], ys[0], xs[-1], ys[look.header_rows]), PALE)
    for cell in cells(grid):
        left, right = xs[cell.column], xs[cell.column + cell.column_span]
        top, bottom = ys[cell.row], ys[cell.row + cell.row_span]
        strong = cell.row < look.header_rows or cell.row >= total
        style = styles[1] if strong else styles[0]
        align = "c" if strong and cell.column_span > 1 and cell.row < look.header_rows else look.align[cell.column]
        x = {"l": left + 6, "r": right - 6, "c": (left + right) / 2}[align]
        lines = cell.text.split("\n")
        baseline = (top + bottom) / 2 + style.size * 0.35 - (len(lines) - 1) * style.leading / 2
        for place, line in enumerate(lines):
            pen.write(x, baseline + place * style.leading, line, style, align=align)
        if look.style == "ruled":
            pen.page.draw_rect(pymupdf.Rect(left, top, right, bottom), color=GREY, width=0.6)
    if look.style == "booktabs":
        for y, thickness in ((ys[0], 1.1), (ys[look.header_rows], 0.5), (ys[total], 0.5), (ys[-1], 1.1)):
            pen.rule((xs[0], y), (xs[-1], y), width=thickness)
