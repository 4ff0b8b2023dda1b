"""Lets a document's content flow over pages and columns, and writes down what stands where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pymupdf

from drawing.charting import Chart, Series, draw_chart
from drawing.typesetting import (
    ACCENT,
    FACES,
    GREY,
    INK,
    NOTE_MARK,
    Colour,
    Line,
    Pen,
    Style,
    TableLook,
    break_lines,
    cells,
    decomposed,
    draw_table,
    measure,
)

WIDTH, HEIGHT = 595.0, 842.0  # points: A4
LEFT, RIGHT, TOP, BOTTOM = 62.0, 533.0, 84.0, 772.0
GUTTER = 24.0  # between columns
INDENT = 18.0  # of list items
FEWEST_LINES = 2  # of a paragraph, left before a break or carried over it
DATE = "D:20250314090000Z"  # of every document, so that each run writes the same bytes
MARKERS = {"bullet": "•", "number": "{}.", "bracket": "{})"}


@dataclass(frozen=True)
class Frame:
    """A column that text flows into: its page (from 0), its left and right side."""

    page: int
    left: float
    right: float


class Flow:
    """Sets a content file (see `texts/`) and keeps its truth: what a perfect reader would find."""

    def __init__(self, texts: dict[str, Any]) -> None:
        """Prepare the styles and the empty pages."""
        self.texts = texts
        self.document = pymupdf.open()
        for _ in texts["columns"]:
            self.document.new_page(width=WIDTH, height=HEIGHT)
        # only now, since a new page closes those that are open
        self.pens = [Pen(self.document[number]) for number in range(len(self.document))]
        self.hyphenation = {word.replace("-", ""): tuple(word.split("-")) for word in texts["hyphenation"]}
        face, size = FACES[texts["face"]], texts["body_points"]

        def style(scale: float, colour: Colour = INK, leading: float = 1.42) -> Style:
            return Style(face.regular, size * scale, size * scale * leading, colour)

        def bold(scale: float, colour: Colour = INK, leading: float = 1.42) -> Style:
            return Style(face.bold, size * scale, size * scale * leading, colour, face.fake_bold)

        self.body, self.small, self.margin = style(1), style(0.8), style(0.8, GREY)
        self.cell, self.strong = style(0.9, leading=1.33), bold(0.9, leading=1.33)
        self.title, self.headings = bold(texts["title_scale"], ACCENT, 1.2), {1: bold(1.5, ACCENT), 2: bold(1.15, ACCENT)}
        self.subtitle = Style(face.italic, size * 1.12, size * 1.6, GREY)
        self.truth: dict[str, Any] = {
            "page_count": len(self.pens),
            "language": texts["language"],
            "page_labels": texts["page_labels"],
            "title": texts["title"],
            "subtitle": texts["subtitle"],
            **{name: [] for name in ("headings", "paragraphs", "list_items", "captions", "footnotes", "headers", "footers")},
            **{name: [] for name in ("page_numbers", "tables", "charts", "links", "words_hyphenated", "words_with_own_hyphen")},
        }
        self.frames = self._frames()
        self.frame = next(self.frames)
        self.y = TOP

    @property
    def pen(self) -> Pen:
        """The pen of the current page."""
        return self.pens[self.frame.page]

    @property
    def page_number(self) -> int:
        """The number of the current page, from 1."""
        return self.frame.page + 1

    @property
    def width(self) -> float:
        """The width of the current column in points."""
        return self.frame.right - self.frame.left

    @property
    def bottom(self) -> float:
        """Where the column ends, in points: above the page's footnotes."""
        notes = len(self.texts["footnotes"].get(str(self.page_number), ()))
        return BOTTOM - (notes * self.small.leading + 10 if notes else 0)

    def _frames(self) -> Iterator[Frame]:
        for page, columns in enumerate(self.texts["columns"]):
            width = (RIGHT - LEFT - GUTTER * (columns - 1)) / columns
            for left in (LEFT + (width + GUTTER) * column for column in range(columns)):
                yield Frame(page, left, left + width)

    def _advance(self) -> str:
        """Go to the next column; return whether that was over a `column` or a `page` break."""
        before, self.frame, self.y = self.frame, next(self.frames), TOP
        return "column" if before.page == self.frame.page else "page"

    def set(self) -> pymupdf.Document:
        """Return the document, set."""
        for line in break_lines(self.texts["title"], self.title, self.width, {}):
            self._write(Line(line.words, "end"), self.title)  # a title is not justified
        self.y += 2
        self._write(Line((self.texts["subtitle"],), "end"), self.subtitle)
        self.y += 14
        for item in self.texts["flow"]:
            getattr(self, f"_set_{item['kind']}")(item)
        self._set_margins()
        for pen in self.pens:
            pen.finish()
        self._describe()
        return self.document

    def _describe(self) -> None:
        """Give the document its labels, outline and metadata, and count what stands on each page."""
        self.truth["links"] = [{"page": number, "uri": uri} for number, pen in enumerate(self.pens, start=1) for uri in pen.links]
        charts = [chart["page"] for chart in self.truth["charts"]]
        self.truth["charts_per_page"] = [charts.count(number) for number, _ in enumerate(self.pens, start=1)]
        self.truth["figures_per_page"] = [0 for _ in self.pens]
        labels: list[dict[str, Any]] = []
        for page, label in enumerate(self.texts["page_labels"]):
            rule = {"style": "D", "firstpagenum": int(label)} if label.isdigit() else {"prefix": label}
            labels.append({"startpage": page, **rule})
        self.document.set_page_labels(labels)
        self.document.set_toc([[heading["level"], heading["text"], heading["page"]] for heading in self.truth["headings"]])
        names = {"title": self.texts["title"], "author": self.texts["author"], "creator": "docai examples"}
        self.document.set_metadata({**names, "creationDate": DATE, "modDate": DATE})
        self.document.set_language(self.texts["language"])

    def _set_margins(self) -> None:
        for page, (pen, label) in enumerate(zip(self.pens, self.texts["page_labels"], strict=True), start=1):
            left, right = self.texts["header"]
            if left and page > 1:
                pen.write(LEFT, 52, left, self.margin)
                pen.write(RIGHT, 52, right, self.margin, align="r")
                pen.rule((LEFT, 58), (RIGHT, 58), width=0.5, colour=GREY)
                self.truth["headers"] += [{"page": page, "text": left}, {"page": page, "text": right}]
            if self.texts["footer"]:
                pen.write(LEFT, 806, self.texts["footer"], self.margin)
                self.truth["footers"].append({"page": page, "text": self.texts["footer"]})
            x, align = (RIGHT, "r") if self.texts["footer"] else (WIDTH / 2, "c")
            pen.write(x, 806, label, self.margin, align=align)
            self.truth["page_numbers"].append({"page": page, "text": label})
        mark = 0
        for page, notes in self.texts["footnotes"].items():
            pen, y = self.pens[int(page) - 1], BOTTOM - len(notes) * self.small.leading + 4
            pen.rule((LEFT, y - 4), (LEFT + 120, y - 4), width=0.5, colour=GREY)
            for note in notes:
                mark += 1
                y += self.small.leading
                pen.write(LEFT, y, f"{NOTE_MARK}{mark}", self.small)
                pen.write(LEFT + 8, y, note, self.small)
                self.truth["footnotes"].append({"page": int(page), "mark": str(mark), "text": note})

    def _write(self, line: Line, style: Style, indent: float = 0) -> None:
        self.pen.write_line(self.frame.left + indent, self.y + style.size, line, style, self.width - indent)
        self.y += style.leading

    def _set_break(self, _: dict[str, Any]) -> None:
        page = self.frame.page
        while self.frame.page == page:
            self._advance()

    def _set_heading(self, item: dict[str, Any]) -> None:
        style = self.headings[item["level"]]
        if self.y + 10 + style.leading + FEWEST_LINES * self.body.leading > self.bottom:
            self._advance()
        self.y += 10 if self.y > TOP else 0
        self._write(Line((item["text"],), "end"), style)
        self.y += 3
        self.truth["headings"].append({"page": self.page_number, "level": item["level"], "text": item["text"]})

    def _set_paragraph(self, item: dict[str, Any]) -> None:
        page = self.page_number
        over = self._run(decomposed(item["text"]) if item.get("decomposed") else item["text"])
        text = item["text"].replace(NOTE_MARK, "")
        notes = re.findall(re.escape(NOTE_MARK) + r"(\d+)", item["text"])
        self.truth["paragraphs"].append({"page": page, "text": text, "notes": notes, "continues_over": over})
        self.y += 6

    def _run(self, text: str, indent: float = 0) -> str | None:
        """Set running text; return what break it went over, if any."""
        over = None
        lines = break_lines(text, self.body, self.width - indent, self.hyphenation)
        while lines:
            room = int((self.bottom - self.y + 1) // self.body.leading)
            taken = len(lines) if room >= len(lines) else min(room, len(lines) - FEWEST_LINES)
            if taken < FEWEST_LINES and taken < len(lines):
                self._advance()
                continue
            for line, following in zip(lines[:taken], [*lines[1:], None], strict=False):
                self._write(line, self.body, indent)
                if following and line.goes_on in {"hyphenated", "hyphen"}:
                    kind = "words_hyphenated" if line.goes_on == "hyphenated" else "words_with_own_hyphen"
                    whole = line.text.split()[-1] + following.words[0]
                    self.truth[kind].append({"page": self.page_number, "text": whole.strip(".,;:()")})
            rest = "".join(line.text for line in lines[taken:])
            over = self._advance() if rest else over
            lines = break_lines(rest, self.body, self.width - indent, self.hyphenation) if rest else []
        return over

    def _set_list(self, item: dict[str, Any]) -> None:
        for number, text in enumerate(item["items"], start=1):
            marker = MARKERS[item["markers"]].format(number)
            self.pen.write(self.frame.left + 4, self.y + self.body.size, marker, self.body)
            self._run(decomposed(text) if item.get("decomposed") else text, INDENT)
            self.truth["list_items"].append({"page": self.page_number, "marker": marker, "text": text})
            self.y += 2
        self.y += 6

    def _set_caption(self, text: str) -> None:
        label = re.match(r"\S+ \d+[:.] ", text)
        name = label[0] if label else ""
        self.pen.write(self.frame.left, self.y + self.cell.size, name, self.strong)
        self.pen.write(self.frame.left + measure(name, self.strong), self.y + self.cell.size, text[len(name) :], self.cell)
        self.y += self.cell.leading + 4
        self.truth["captions"].append({"page": self.page_number, "text": text})

    def _set_table(self, item: dict[str, Any]) -> None:
        names = ("style", "align", "header_rows", "total_rows")
        options: dict[str, Any] = {name: item[name] for name in names}
        look = TableLook(widths=tuple(item["widths"]), **options)
        self.y += 6
        self._set_caption(item["caption"])
        box = (self.frame.left, self.y, self.frame.left + sum(look.widths), self.y + look.row_height * len(item["grid"]))
        draw_table(self.pen, box[:2], item["grid"], look, (self.cell, self.strong))
        self.y = box[3] + 14
        table = {
            "page": self.page_number,
            "style": look.style,
            "caption": item["caption"],
            "row_count": len(item["grid"]),
            "column_count": len(look.widths),
            "header_rows": look.header_rows,
            "box": _fractions(box),
            "cells": [{**asdict(cell), "text": cell.text.replace("\n", " ")} for cell in cells(item["grid"])],
        }
        self.truth["tables"].append(table)

    def _set_chart(self, item: dict[str, Any]) -> None:
        series = tuple(Series(one["name"], one["colour"], tuple(one["values"])) for one in item["series"])
        axis: dict[str, Any] = {name: item[name] for name in ("y_title", "low", "high", "step") if name in item}
        chart = Chart(item["chart_type"], series, tuple(item.get("categories", ())), **axis)
        self.y += 6
        box = (self.frame.left, self.y, self.frame.right, self.y + item["height"])
        draw_chart(self.pen, box, chart, self.small)
        self.y = box[3] + 6
        self._set_caption(item["caption"])
        self.y += 8
        names = ("chart_type", "caption", "y_title", "low", "high", "categories", "series")
        told = {name: item[name] for name in names if name in item}
        self.truth["charts"].append({"page": self.page_number, "box": _fractions(box), **told})


def _fractions(box: tuple[float, float, float, float]) -> list[float]:
    return [round(side / whole, 4) for side, whole in zip(box, (WIDTH, HEIGHT, WIDTH, HEIGHT), strict=True)]
