"""Tables as WeasyPrint sets them from HTML, in looks that `table_print` does not have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from random import Random
from typing import Any, Final

from weasyprint import HTML
from weasyprint.formatting_structure.boxes import TableCellBox
from weasyprint.text.fonts import FontConfiguration

from docai.box import Box
from fine_tune.synth.content import HEADS, Content, Entry, write_table
from fine_tune.synth.drawn import FEWEST_COLUMNS, FEWEST_ROWS, MOST_COLUMNS, MOST_ROWS, DrawnTable, truth
from fine_tune.synth.fonts import Face, faces
from fine_tune.synth.words import Language

_GRIDS: Final = frozenset({"rotated", "separate_cells"})  # whose cells are all bordered
_PAPERS: Final = {"A4": (595.28, 841.89), "letter": (612.0, 792.0)}  # points
_POINT: Final = 0.75  # points in a CSS pixel

_COMMON: Final = """
    table { border-collapse: collapse }
    th, td { vertical-align: var(--high); text-align: left; font-weight: normal }
    th { vertical-align: bottom }
    th.group, th.unit { text-align: center }
    td.label { text-indent: -1em }
    tr.section td, td.outer, tr.total td { font-weight: bold }
    caption { text-align: left; padding: 4pt 0 }
    p.note { margin: 2pt 0 }
    sup { font-size: 65% }
"""
_LOOKS: Final = {
    "double_rule": """
        table { border-top: 1pt solid; border-bottom: 1pt solid }
        thead { border-bottom: 3pt double } th.group { border-bottom: .5pt solid }
        tr.start td { border-top: .4pt solid }""",
    "dotted_rows": """
        tbody tr td { border-bottom: .8pt dotted #555 } thead { border-bottom: 1pt solid }
        th { font-weight: bold } th.group { border-bottom: .8pt dotted #555 }""",
    "dark_band": """
        th { background: var(--dark); color: white; font-weight: bold; padding-top: 6pt; padding-bottom: 6pt }
        th.group { border-bottom: .7pt solid white } table { border-bottom: 2pt solid var(--dark) }
        tr.start td { border-top: .4pt solid #bbb }""",
    "column_zebra": """
        td.odd { background: var(--light) } th { font-weight: bold; border-bottom: 1.2pt solid var(--dark) }
        th.group { border-bottom: .5pt solid }""",
    "card": """
        div.table { border: 1pt solid #999; border-radius: 8pt; padding: 8pt 10pt }
        th { color: #666; font-weight: bold } thead, tbody tr { border-bottom: .4pt solid #ddd }
        th.group { border-bottom: .4pt solid #bbb }
        tbody tr:last-child { border-bottom: none }""",
    "beside_prose": """
        main { columns: 2; column-gap: 18pt } div.whole { break-inside: avoid }
        table { border-top: .8pt solid; border-bottom: .8pt solid } thead { border-bottom: .5pt solid }
        th.group { border-bottom: .4pt solid } tr.start td { border-top: .3pt solid }""",
    "rotated": """
        th, td { border: .5pt solid #333 } th { font-weight: bold; text-align: center; vertical-align: middle }""",
    "narrow_gaps": """
        th, td { padding-left: 2pt; padding-right: 2pt } th { font-weight: bold } th.group { border-bottom: .5pt solid }""",
    "separate_cells": """
        table { border-collapse: separate; border-spacing: 2pt } th { background: var(--light); font-weight: bold }
        td { border: .4pt solid #999 } th { border: .4pt solid #999 }""",
}


@dataclass(frozen=True, slots=True)
class _Look:
    """How one table is set; lengths in points."""

    style: str
    face: Face
    size: float
    pitch: float
    down: float
    across: float
    gap: float
    high: str
    numbers: str
    words: str
    dark: str
    light: str
    full_width: bool
    fixed_widths: bool
    caption: str  # "top", "bottom", or "apart": not part of the table
    marks_raised: bool
    paper: str
    margin: float
    prose_size: float


def draw(random: Random, language: Language, style: str) -> DrawnTable:
    """Return a page with a table in that style."""
    beside = style == "beside_prose"
    columns = random.randint(FEWEST_COLUMNS, 4 if beside else MOST_COLUMNS)
    rows = random.randint(FEWEST_ROWS, 14 if beside else MOST_ROWS)
    look = _look(random, language, style)
    while True:
        content = write_table(random, language, columns, rows, grid=style in _GRIDS, ruled=style in (*_GRIDS, "dotted_rows"))
        for upright, size, prose in _attempts(look):
            laid = _laid_out(content, look, _html(content, look, upright=upright, size=size, prose=prose))
            if laid:
                pdf, boxes = laid
                return DrawnTable(pdf, truth(content, boxes), style, language)
        columns, rows = max(FEWEST_COLUMNS, columns - random.randint(0, 1)), max(FEWEST_ROWS, rows - 3)


def _look(random: Random, language: Language, style: str) -> _Look:
    return _Look(
        style=style,
        face=random.choice(faces(language, held_out=True)),
        size=random.choice((7, 8, 8.5, 9, 10)),
        pitch=random.choice((1.2, 1.3, 1.4)),
        down=random.uniform(2, 6),
        across=random.uniform(2.5, 4) if style in _GRIDS else random.uniform(4, 8),
        gap=random.uniform(4, 8),
        high=random.choice(("top", "top", "middle", "bottom")),
        numbers=random.choice(("right", "right", "center")),
        words=random.choice(("left", "left", "center")),
        dark=random.choice(("#1f3864", "#7a1f1f", "#2e5d34", "#333333")),
        light=random.choice(("#e9eef5", "#eeeeee", "#f6efdd")),
        full_width=style != "narrow_gaps" and random.random() < 0.6,
        fixed_widths=random.random() < 0.3,
        caption=random.choice(("top", "top", "bottom", "apart")),
        marks_raised=random.random() < 0.7,
        paper=random.choice(tuple(_PAPERS)),
        margin=random.uniform(42, 72),
        prose_size=random.uniform(9, 11),
    )


def _attempts(look: _Look) -> Iterator[tuple[bool, float, bool]]:
    """Yield ways to make a table fit: upright or not, the size of its letters, with prose or without."""
    for size in (look.size, 7.0):
        for upright in (False,) if look.style == "rotated" else (True,) if look.style == "beside_prose" else (True, False):
            yield upright, size, True
            if look.style != "beside_prose":
                yield upright, size, False


# ---- HTML


def _html(content: Content, look: _Look, *, upright: bool, size: float, prose: bool) -> str:
    caption = f"<b>{escape(content.label)}</b> {escape(content.title)}"
    inside = f"<caption>{caption}</caption>" if look.caption != "apart" else ""
    rows = list(_rows(content, look, size))
    heads, body = "".join(rows[: content.head_rows]), "".join(rows[content.head_rows :])
    notes = "".join(f'<p class="note">{_mark(mark, look)} {escape(text)}</p>' for mark, text in content.notes)
    table = f"<table>{inside}<thead>{heads}</thead><tbody>{body}</tbody></table>"
    apart = f"<p>{caption}</p>" if look.caption == "apart" else ""
    before, after = content.before if prose else (), content.after if prose else ()
    if look.style == "beside_prose":
        before = before * 2 or content.after
    texts = ["".join(f'<p class="prose">{escape(text)}</p>' for text in part) for part in (before, after)]
    style = _css(content, look, upright=upright, size=size)
    whole = f'<div class="whole"><div class="table">{apart}{table}</div>{notes}</div>'
    return f"<style>{style}</style><main>{texts[0]}{whole}{texts[1]}</main>"


def _css(content: Content, look: _Look, *, upright: bool, size: float) -> str:
    width, height = _PAPERS[look.paper] if upright else _PAPERS[look.paper][::-1]
    regular, bold = (path.as_uri() for path in (look.face.regular, look.face.bold))
    fixed = "table-layout: fixed" if look.fixed_widths and look.full_width and _equal_columns(content) else ""
    side = "bottom" if look.caption == "bottom" else "top"
    return f"""
    @font-face {{ font-family: drawn; src: url({regular}) }}
    @font-face {{ font-family: drawn; font-weight: bold; src: url({bold}) }}
    @page {{ size: {width}pt {height}pt; margin: {look.margin:.2f}pt }}
    html {{ --high: {look.high}; --dark: {look.dark}; --light: {look.light} }}
    body {{ font: {size}pt/{look.pitch} drawn; margin: 0 }}
    p.prose {{ font-size: {look.prose_size:.2f}pt; text-align: justify }}
    table {{ width: {"100%" if look.full_width else "auto"}; caption-side: {side}; {fixed} }}
    th, td {{ padding: {look.down:.2f}pt {look.across:.2f}pt }}
    td.number {{ text-align: {look.numbers} }} td.word, td.date, td.code {{ text-align: {look.words} }}
    td.sentence {{ width: 130pt }} td.number, td.date, td.code, td.word {{ white-space: nowrap }}
    {_COMMON}{_LOOKS[look.style]}
    th.group, th.unit, td.wide {{ text-align: center }}
    tr.start td {{ padding-top: {look.down + look.gap:.2f}pt }}
    """


def _equal_columns(content: Content) -> bool:
    """Return whether columns of one width can hold what stands in them."""
    return len(content.columns) <= 5 and all(len(entry.text) <= 12 for entry in content.entries if entry.role in ("value", "head"))


def _rows(content: Content, look: _Look, size: float) -> Iterator[str]:
    for row, entries in groupby(content.entries, key=lambda entry: entry.row):
        cells = list(entries)
        names = [name for name, holds in _row_names(content, row, cells) if holds]
        yield f'<tr class="{" ".join(names)}">{"".join(_cell(content, entry, look, size) for entry in cells)}</tr>'


def _row_names(content: Content, row: int, entries: list[Entry]) -> Iterator[tuple[str, bool]]:
    yield "start", row in content.group_starts
    yield "section", entries[0].role == "section"
    yield "total", content.total and row == content.row_count - 1


def _cell(content: Content, entry: Entry, look: _Look, size: float) -> str:
    tag = "th" if entry.role in HEADS else "td"
    kind = content.columns[entry.column] if entry.role == "value" else entry.role
    if kind == "label" and entry.role == "value":
        kind = "word"
    names = [kind, "odd" if entry.column % 2 and entry.column_span == 1 else "even"]
    if entry.column_span > 1 and entry.role == "value":
        names.append("wide")
    indent = f"padding-left:{look.across + (entry.level + 1) * size:.2f}pt" if entry.role == "label" else ""
    if look.style == "narrow_gaps" and indent:
        indent = f"padding-left:{2 + (entry.level + 1) * size:.2f}pt"
    spans = f'rowspan="{entry.row_span}" colspan="{entry.column_span}"'
    text = escape(entry.text) + _mark(entry.mark, look)
    place = content.entries.index(entry)
    return f'<{tag} data-place="{place}" class="{" ".join(names)}" style="{indent}" {spans}>{text}</{tag}>'


def _mark(mark: str, look: _Look) -> str:
    return f"<sup>{escape(mark)}</sup>" if mark and look.marks_raised else escape(mark)


# ---- the page


def _laid_out(content: Content, look: _Look, html: str) -> tuple[bytes, dict[Entry, Box]] | None:
    """Return the PDF and where each cell stands, or nothing where it takes two pages or reaches into the margin."""
    document = HTML(string=html).render(font_config=FontConfiguration())
    if len(document.pages) > 1:
        return None
    page = document.pages[0]
    boxes = {}
    for cell in _cells(page):
        entry = content.entries[int(cell.element.get("data-place"))]
        left, top, wide, high = cell.position_x, cell.position_y, cell.border_width(), cell.border_height()
        limit = (page.width + 18 / _POINT) / 2 if look.style == "beside_prose" and left < page.width / 2 else page.width
        if left + wide > limit - (18 if look.style == "beside_prose" and left < page.width / 2 else look.margin) / _POINT + 1:
            return None
        boxes[entry] = Box.clipped(left / page.width, top / page.height, (left + wide) / page.width, (top + high) / page.height)
    pdf: bytes = document.write_pdf(finisher=_turn if look.style == "rotated" else None)
    return pdf, boxes


def _cells(page: Any) -> Iterator[Any]:
    for box in page._page_box.descendants():  # noqa: SLF001  # nothing else tells where cells stand
        if isinstance(box, TableCellBox) and box.element is not None and box.element.get("data-place"):
            yield box


def _turn(_document: Any, pdf: Any) -> None:
    """Have the page stored on its side and turned back by its /Rotate, so that it is displayed as before."""
    (page,) = (made for made in pdf.objects if isinstance(made, dict) and made.get("Type") == "/Page")
    width, height = page["MediaBox"][2:]
    contents = next(made for made in pdf.objects if made.reference == page["Contents"])
    contents.stream.insert(0, f"0 1 -1 0 {height} 0 cm".encode())
    for name in ("MediaBox", "TrimBox", "BleedBox"):
        page[name][2:] = height, width
    page["Rotate"] = 90
