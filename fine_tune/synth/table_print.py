"""Tables as ReportLab sets them, in the looks of reports and papers."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from random import Random
from typing import Any, Final

from reportlab.lib.colors import HexColor, black
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4, LETTER, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph
from reportlab.platypus import Table as Grid

from docai.box import Box
from fine_tune.synth.content import HEADS, Content, Entry, write_table
from fine_tune.synth.drawn import FEWEST_COLUMNS, FEWEST_ROWS, MOST_COLUMNS, MOST_ROWS, DrawnTable, truth
from fine_tune.synth.fonts import faces
from fine_tune.synth.words import VOCABULARIES, Language

_SMALLEST: Final = 6.5  # points, of letters in a table
_MARK: Final = 0.65  # size of a raised mark, to that of its text
_ALIGNMENTS: Final = {"left": TA_LEFT, "center": TA_CENTER, "right": TA_RIGHT, "decimal": TA_RIGHT}

Command = tuple[Any, ...]  # of a ReportLab table's style


@dataclass(frozen=True, slots=True)
class _Look:
    """How one table is set; lengths in points.

    Attributes:
        across: Space at the left and right of a cell's text.
        down: Space above and below it.
        gap: Further space above rows that begin another group.
        limits: How wide a column of labels, of sentences and a head may be before its text is broken.
        stretch: How much of the free width of the page is given to the columns, 0..1.
        aligned: How each column is aligned.
        marks_raised: Whether footnote marks stand raised and small.
        spans_ruled: Whether a line runs below each head of several columns.
    """

    style: str
    regular: str
    bold: str
    size: float
    pitch: float
    across: float
    down: float
    gap: float
    limits: tuple[float, float, float]
    stretch: float
    aligned: tuple[str, ...]
    heads_aligned: str
    heads_bold: bool
    heads_high: str
    high: str
    outer_high: str
    sections_aligned: str
    sections_bold: bool
    marks_raised: bool
    spans_ruled: bool
    rule: float
    ink: str
    shade: str
    dark: bool
    caption_above: bool


def draw(random: Random, language: Language, style: str) -> DrawnTable:
    """Return a page with a table in that style."""
    columns = random.choice((*range(FEWEST_COLUMNS, MOST_COLUMNS + 1), 3, 4, 5, 6))
    rows = random.randint(FEWEST_ROWS, MOST_ROWS)
    while True:
        content = write_table(random, language, columns, rows, grid=style == "ruled", ruled=style in ("ruled", "row_rules"))
        sheet = _fitted(random, content, _look(random, content, style))
        if sheet:
            pdf, boxes = sheet.print(random)
            return DrawnTable(pdf, truth(content, boxes), style, language)
        columns, rows = max(FEWEST_COLUMNS, columns - random.randint(0, 1)), max(FEWEST_ROWS, rows - 2)


def _look(random: Random, content: Content, style: str) -> _Look:
    face = random.choice(faces(content.language))
    fonts = f"{face.name} {face.regular.stem}", f"{face.name} {face.bold.stem}"
    for name, path in zip(fonts, (face.regular, face.bold), strict=True):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, path))
    numbers = random.choice(("right", "right", "center", "decimal", "decimal"))
    words = random.choice(("left", "left", "center"))
    aligned = {"outer": random.choice(("left", "center")), "label": "left", "sentence": "left", "number": numbers}
    groups = [entry for entry in content.entries if entry.role == "group"]
    clear = all(entry.column_span % 2 == 0 and _alike(content, entry) for entry in groups)  # seen without a line
    broken = any(len(entry.text) > 20 for entry in content.entries)
    tight = random.uniform(2.5, 4) if broken or style == "ruled" else random.uniform(0.6, 3)
    dark = style == "shaded_head" and random.random() < 0.3
    return _Look(
        style=style,
        regular=fonts[0],
        bold=fonts[1],
        size=random.choice((6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10, 11)),
        pitch=random.choice((1.15, 1.2, 1.3)),
        across=random.uniform(2.5, 4) if style in ("ruled", "column_rules") else random.uniform(4, 8),
        down=random.choice((tight, tight, random.uniform(4, 7))),
        gap=random.uniform(4, 8),
        limits=(random.uniform(75, 190), random.uniform(90, 190), random.choice((50, 70, 110))),
        stretch=random.choice((0.0, 0.3, 1.0)),
        aligned=tuple(aligned.get(kind, words) for kind in content.columns),
        heads_aligned=random.choice(("center", "center", "column", "left")),
        heads_bold=random.random() < 0.7,
        heads_high="MIDDLE" if style == "ruled" and random.random() < 0.6 else "BOTTOM",
        high=random.choice(("TOP", "TOP", "MIDDLE", "BOTTOM")),
        outer_high=random.choice(("TOP", "MIDDLE")),
        sections_aligned="center" if style == "ruled" and random.random() < 0.3 else "left",
        sections_bold=style not in ("ruled", "row_rules") or random.random() < 0.7,
        marks_raised=random.random() < 0.7,
        spans_ruled=style == "booktabs" or not clear or random.random() < 0.5,
        rule=random.choice((0.3, 0.5, 0.5, 0.8)),
        ink=random.choice(("#000000", "#000000", "#444444", "#7a8aa0")),
        shade=random.choice(("#1f3864", "#444444")) if dark else random.choice(("#e8e8e8", "#dde6f0", "#f0ead8", "#eef3ea")),
        dark=dark,
        caption_above=random.random() < 0.75,
    )


def _alike(content: Content, group: Entry) -> bool:
    return {content.columns[column] for column in range(group.column, group.right)} == {"number"}


def _fitted(random: Random, content: Content, look: _Look) -> _Sheet | None:
    """Return the table on the first page it fits on, in smaller letters if need be."""
    upright = random.choice((A4, A4, LETTER))
    margin = random.uniform(42, 80)
    wide_first = random.random() < 0.1
    sizes = [look.size] + [size for size in (8.0, 7.0, _SMALLEST) if size < look.size]
    for size in sizes:
        for page in (landscape(upright),) if wide_first else (upright, landscape(upright)):
            sheet = _Sheet(content, replace(look, size=size), page, margin)
            if sheet.fits:
                return sheet
    return None


def _decimal_place(text: str, language: Language) -> int:
    """Return where the decimal sign of a number stands, or its last digit ends."""
    place = text.find(VOCABULARIES[language].decimal)
    digits = [n for n, letter in enumerate(text) if letter.isdigit()]
    if place > 0 and text[place - 1].isdigit():
        return place
    return digits[-1] + 1 if digits else len(text)


class _Sheet:
    """A page with its table, laid out."""

    def __init__(self, content: Content, look: _Look, page: tuple[float, float], margin: float) -> None:
        self._content, self._look, self._page, self._margin = content, look, page, margin
        self._room = page[0] - 2 * margin
        self._tails = self._longest_tails()
        widths = self._widths()
        self.fits = sum(widths) <= self._room
        if not self.fits:
            return
        self._widths_given = [width + look.stretch * (self._room - sum(widths)) / len(widths) for width in widths]
        self._grid = Grid(self._data(), colWidths=self._widths_given, style=list(self._commands()))
        _, height = self._grid.wrap(self._room, page[1])
        self._around = self._texts_around()
        needed = height + sum(part.wrap(self._room, page[1])[1] + 8 for part in self._around)
        self.fits = needed <= page[1] - 2 * margin
        self._free = page[1] - 2 * margin - needed

    # ---- widths

    def _font(self, entry: Entry) -> str:
        look, content = self._look, self._content
        bold = {"section": look.sections_bold, "outer": look.sections_bold}.get(entry.role, False)
        if entry.role in HEADS:
            bold = look.heads_bold
        if content.total and entry.row == content.row_count - 1:
            bold = True
        return look.bold if bold else look.regular

    def _width(self, entry: Entry, text: str | None = None) -> float:
        whole = entry.text if text is None else text
        width: float = pdfmetrics.stringWidth(whole, self._font(entry), self._look.size)
        if entry.mark and text is None:
            width += pdfmetrics.stringWidth(entry.mark, self._font(entry), self._look.size)
        return width + entry.level * self._look.size

    def _needs(self, entry: Entry, kind: str) -> float:
        """Return how wide a cell must be: all of its text, or, of longer ones, as much as is not broken."""
        look = self._look
        word = max((self._width(entry, part) for part in (entry.text + entry.mark).split()), default=0.0)
        limit = {"label": look.limits[0], "outer": look.limits[0], "sentence": look.limits[1]}.get(kind, 1e9)
        if entry.role in HEADS:
            limit = look.limits[2]
        whole = self._width(entry) + self._tails.get(entry.column, 0.0) * (entry.role == "value")
        hanging = look.size if kind == "label" else 0.0
        return max(word + hanging, min(whole, limit)) + 2 * look.across + 1

    def _widths(self) -> list[float]:
        content = self._content
        widths = [0.0] * len(content.columns)
        for entry in content.entries:
            if entry.column_span == 1:
                widths[entry.column] = max(widths[entry.column], self._needs(entry, content.columns[entry.column]))
        for group in sorted(content.entries, key=lambda entry: entry.column_span):
            if group.column_span > 1 and group.role != "section":
                inside = range(group.column, group.right)
                if group.role == "group" and _alike(content, group):
                    widths[group.column : group.right] = [max(widths[column] for column in inside)] * group.column_span
                missing = self._width(group) + 2 * self._look.across + 1 - sum(widths[column] for column in inside)
                for column in inside:
                    widths[column] += max(0.0, missing) / group.column_span
        return widths

    def _longest_tails(self) -> dict[int, float]:
        """Return for each column aligned at decimal signs how much may stand behind them."""
        tails: dict[int, float] = {}
        for entry in self._content.entries:
            if self._is_decimal(entry):
                tails[entry.column] = max(tails.get(entry.column, 0.0), self._tail(entry))
        return tails

    def _is_decimal(self, entry: Entry) -> bool:
        return entry.role == "value" and entry.column_span == 1 and self._look.aligned[entry.column] == "decimal"

    def _tail(self, entry: Entry) -> float:
        place = _decimal_place(entry.text, self._content.language)
        return self._width(entry) - self._width(entry, entry.text[:place])

    # ---- cells

    def _data(self) -> list[list[Any]]:
        content = self._content
        data: list[list[Any]] = [[""] * len(content.columns) for _ in range(content.row_count)]
        for entry in content.entries:
            if entry.text:
                data[entry.row][entry.column] = self._paragraph(entry)
        return data

    def _paragraph(self, entry: Entry) -> Paragraph:
        look = self._look
        aligned = look.aligned[entry.column]
        if entry.role == "section":
            aligned = look.sections_aligned
        elif entry.role in ("group", "unit") or entry.column_span > 1:
            aligned = "left" if entry.role == "label" else "center"
        elif entry.role == "head" and look.heads_aligned != "column":
            aligned = look.heads_aligned if entry.column or look.heads_aligned == "left" else "left"
        hang = look.size if entry.role == "label" else 0.0
        behind = max(0.0, self._tails[entry.column] - self._tail(entry)) if self._is_decimal(entry) else 0.0
        style = ParagraphStyle(
            "cell",
            fontName=self._font(entry),
            fontSize=look.size,
            leading=look.size * look.pitch,
            alignment=_ALIGNMENTS[aligned],
            leftIndent=entry.level * look.size + hang,
            firstLineIndent=-hang,
            rightIndent=behind,
            textColor="white" if look.dark and entry.role in HEADS else "black",
            splitLongWords=0,
        )
        return Paragraph(escape(entry.text) + self._mark(entry.mark), style)

    def _mark(self, mark: str) -> str:
        if not mark or not self._look.marks_raised:
            return escape(mark)
        return f'<super size="{_MARK * self._look.size:.2f}" rise="{0.35 * self._look.size:.2f}">{escape(mark)}</super>'

    # ---- rules and shades

    def _commands(self) -> Iterator[Command]:
        look, content = self._look, self._content
        first, last = (0, 0), (-1, -1)
        yield "FONTSIZE", first, last, look.size
        yield "LEADING", first, last, look.size * look.pitch
        yield "LEFTPADDING", first, last, look.across
        yield "RIGHTPADDING", first, last, look.across
        yield "TOPPADDING", first, last, look.down
        yield "BOTTOMPADDING", first, last, look.down
        yield "VALIGN", first, last, look.high
        yield "VALIGN", first, (-1, content.head_rows - 1), look.heads_high
        for entry in content.entries:
            if entry.row_span > 1 or entry.column_span > 1:
                yield "SPAN", (entry.column, entry.row), (entry.right - 1, entry.bottom - 1)
            if entry.role == "outer":
                yield "VALIGN", (entry.column, entry.row), (entry.column, entry.row), look.outer_high
        if look.style != "ruled":
            for row in content.group_starts:
                yield "TOPPADDING", (0, row), (-1, row), look.down + look.gap
        yield from getattr(self, f"_{look.style}")()

    def _heads(self) -> tuple[tuple[int, int], tuple[int, int]]:
        return (0, 0), (-1, self._content.head_rows - 1)

    def _shaded(self) -> Command:
        return ("BACKGROUND", *self._heads(), HexColor(self._look.shade))

    def _ruled(self) -> Iterator[Command]:
        if self._look.heads_bold and self._look.size < 9:
            yield self._shaded()
        yield "GRID", (0, 0), (-1, -1), self._look.rule, HexColor(self._look.ink)

    def _row_rules(self) -> Iterator[Command]:
        ink = HexColor(self._look.ink)
        yield "LINEABOVE", (0, 0), (-1, 0), self._look.rule, ink
        yield "LINEBELOW", (0, 0), (-1, -1), self._look.rule, ink

    def _booktabs(self) -> Iterator[Command]:
        content, heavy = self._content, 2 * self._look.rule
        yield "LINEABOVE", (0, 0), (-1, 0), heavy, black
        yield "LINEBELOW", (0, content.head_rows - 1), (-1, content.head_rows - 1), self._look.rule, black
        yield "LINEBELOW", (0, -1), (-1, -1), heavy, black
        for row in content.group_starts:
            yield "LINEABOVE", (0, row), (-1, row), 0.6 * self._look.rule, black
        if content.total:
            yield "LINEABOVE", (0, -1), (-1, -1), self._look.rule, black

    def _zebra(self) -> Iterator[Command]:
        sections = {entry.row for entry in self._content.entries if entry.role == "section"}
        striped = False
        for rows in self._content.blocks():
            striped = not striped and rows.start not in sections
            if striped:
                yield "BACKGROUND", (0, rows.start), (-1, rows.stop - 1), HexColor(self._look.shade)

    def _shaded_head(self) -> Iterator[Command]:
        yield self._shaded()

    def _borderless(self) -> Iterator[Command]:
        yield from ()

    def _framed(self) -> Iterator[Command]:
        yield "BOX", (0, 0), (-1, -1), self._look.rule, HexColor(self._look.ink)

    def _column_rules(self) -> Iterator[Command]:
        yield "LINEAFTER", (0, 0), (-2, -1), self._look.rule, HexColor(self._look.ink)

    def _draw_span_rules(self, canvas: Canvas, left: float, top: float) -> None:
        """Draw the lines below heads of several columns, which end a little before the columns do."""
        look = self._look
        if not look.spans_ruled or look.style in ("ruled", "row_rules"):
            return
        canvas.setLineWidth(0.8 * look.rule)
        canvas.setStrokeColor(HexColor("#ffffff" if look.dark else "#000000"))
        for entry in self._content.entries:
            if entry.role == "group":
                y = top - sum(self._grid._rowHeights[: entry.bottom])  # noqa: SLF001  # nothing else tells them
                start, end = (left + sum(self._widths_given[:column]) for column in (entry.column, entry.right))
                canvas.line(start + 0.5 * look.across, y, end - 0.5 * look.across, y)

    # ---- the page

    def _texts_around(self) -> list[Paragraph]:
        """Return the caption and the notes."""
        look, content = self._look, self._content
        style = ParagraphStyle("caption", fontName=look.regular, fontSize=look.size, leading=1.25 * look.size)
        caption = f'<font name="{look.bold}">{escape(content.label)}</font> {escape(content.title)}'
        small = ParagraphStyle("note", style, fontSize=0.88 * look.size, leading=1.1 * look.size)
        return [Paragraph(caption, style)] + [
            Paragraph(f"{self._mark(mark)} {escape(text)}".strip(), small) for mark, text in content.notes
        ]

    def print(self, random: Random) -> tuple[bytes, dict[Entry, Box]]:
        """Return the PDF and where each cell stands."""
        look, height = self._look, self._page[1]
        size = random.uniform(9, 11)
        prose = ParagraphStyle("prose", fontName=look.regular, fontSize=size, leading=1.3 * size, alignment=TA_JUSTIFY)
        before, after = (self._taken(texts, prose) for texts in (self._content.before, self._content.after))
        out = io.BytesIO()
        canvas = Canvas(out, pagesize=self._page, invariant=1)
        y = height - self._margin
        y = self._stack(canvas, before, y, 9) - 4
        caption, *notes = self._around
        if look.caption_above:
            y = self._stack(canvas, [caption], y, 5)
        left = self._margin + random.choice((0.0, 0.5)) * (self._room - sum(self._widths_given))
        top = y
        y -= sum(self._grid._rowHeights)  # noqa: SLF001  # nothing else tells them
        self._grid.drawOn(canvas, left, y)
        self._draw_span_rules(canvas, left, top)
        y = self._stack(canvas, notes, y - 4, 1)
        if not look.caption_above:
            y = self._stack(canvas, [caption], y - 2, 5)
        self._stack(canvas, after, y - 14, 9)
        canvas.showPage()
        canvas.save()
        return out.getvalue(), self._boxes(left, top)

    def _taken(self, texts: Iterable[str], style: ParagraphStyle) -> list[Paragraph]:
        """Return the paragraphs for which there is still room."""
        taken = []
        for text in texts:
            part = Paragraph(escape(text), style)
            needed = part.wrap(self._room, self._page[1])[1] + 20
            if needed <= self._free:
                self._free -= needed
                taken.append(part)
        return taken

    def _stack(self, canvas: Canvas, parts: Iterable[Paragraph], y: float, gap: float) -> float:
        """Draw paragraphs below each other; return where the next would begin."""
        for part in parts:
            y -= part.wrap(self._room, self._page[1])[1]
            part.drawOn(canvas, self._margin, y)
            y -= gap
        return y

    def _boxes(self, left: float, top: float) -> dict[Entry, Box]:
        width, height = self._page
        xs, ys = [left], [height - top]
        for step in self._widths_given:
            xs.append(xs[-1] + step)
        for step in self._grid._rowHeights:  # noqa: SLF001  # nothing else tells them
            ys.append(ys[-1] + step)
        return {
            entry: Box.clipped(xs[entry.column] / width, ys[entry.row] / height, xs[entry.right] / width, ys[entry.bottom] / height)
            for entry in self._content.entries
        }
