"""One self-contained HTML page whose elements carry where they stand: `data-page`, `data-box` and `data-confidence`.

`data-box` is `left,top,right,bottom` in fractions of the page; an element's `id` is its block's. A text joined of several
blocks is one element, each block after the first a `span` in it; a table that goes on over pages is one `table`, whose cells
tell their pages. A chart is a table with a row for each value, whose `data-basis` tells how it was obtained, and `data-error` how
uncertain it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Container, Iterator
from itertools import pairwise
from urllib.parse import quote

from docai.box import Box
from docai.continuation import Joiner, Passage
from docai.document import Block, Cell, Chart, Document, Figure, Page, Point, Table, Text
from docai.exporters import Place
from docai.exporters.charts import told_columns
from docai.exporters.text import in_margin, marker_of, parts_of, words_of
from docai.table_parts import is_crossed

STYLE = """
body { margin: 2rem auto; max-width: 52rem; padding: 0 1rem; font: 1rem/1.55 system-ui, sans-serif; color: #1c1c1c }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 1.6em 0 .5em }
table { border-collapse: collapse; margin: 1.2em 0; font-size: .92em }
th, td { border: 1px solid #bbb; padding: .3em .6em; text-align: left; vertical-align: top }
th { background: #f1f3f5 }
caption, figcaption, .caption { color: #555; font-size: .92em; text-align: left; margin: .4em 0 }
figure { margin: 1.2em 0 } img { max-width: 100% }
figure.missing { border: 1px dashed #999; padding: .6em; color: #555 }
pre { background: #f6f6f6; padding: .8em; overflow-x: auto }
ul.marked { list-style: none; padding-left: 1em }
.footnote { font-size: .88em } .formula { text-align: center }
""".strip()
CONTROLS = dict.fromkeys((*range(9), 11, *range(14, 32), 127), "\ufffd")  # characters that HTML does not allow

Attributes = Callable[[Cell], str]


def escape(text: str) -> str:
    """Return `text` safe inside an element or a quoted attribute; control characters become U+FFFD."""
    return html.escape(text).translate(CONTROLS)


def address_of(file: str) -> str:
    """Return a relative file name as a URL, letters of any script kept readable; it can name no other scheme."""
    return re.sub(r"[^\w./~-]", lambda match: quote(match[0]), file)


def table_pieces(table: Table, attributes: Attributes) -> Iterator[tuple[str, Cell | None]]:
    """Give the rows of a table as HTML without the `table` tags: pieces of text, each with its cell where it is a cell's text.

    Leading rows of column headers are the `thead`, unless a cell reaches out of them. Headers over several columns, or before
    several rows, head groups of them (`colgroup`, a `tbody` each) where the table falls into such groups.
    """
    head = 0 if is_crossed(table, table.header_row_count) else table.header_row_count
    groups, parts = _column_groups(table, head), _row_groups(table, head)
    heads = {(cell.row, cell.column) for cell in (*groups, *parts.values()) if cell is not None}
    if groups:
        yield "".join(f'<colgroup span="{cell.column_span}"></colgroup>' for cell in groups) + "\n", None
    rows: list[list[Cell]] = [[] for _ in range(table.row_count)]
    for cell in sorted(table.cells, key=lambda cell: cell.column):
        rows[cell.row].append(cell)
    starts = sorted({0, head, *parts})
    for start, end in pairwise([*starts, table.row_count]):
        if start < end:
            tag = "thead" if start < head else "tbody"
            yield f"<{tag}>\n", None
            for row in rows[start:end]:
                yield from _row_pieces(row, heads, attributes)
            yield f"</{tag}>\n", None


def _column_groups(table: Table, head: int) -> list[Cell]:
    """Return the cells of the first header row that parts the columns into groups; none where no row does."""
    for row in table.grid()[:head]:
        if any(1 < cell.column_span < table.column_count for cell in row):
            return list({cell.column: cell for cell in row}.values())
    return []


def _row_groups(table: Table, head: int) -> dict[int, Cell | None]:
    """Return the rows of the body at which groups begin, with the header of each: one as wide as the table, or several rows high.

    There are none where a cell reaches from one into the next.
    """
    sides = [cell for cell in table.cells if cell.header == "row" and cell.row >= head and cell.column == 0]
    wide = {cell.row: cell for cell in sides if 1 < cell.column_span == table.column_count}
    high = {cell.row: cell for cell in sides if cell.row_span > 1}
    ends = {cell.row + cell.row_span: None for cell in high.values()}
    groups: dict[int, Cell | None] = {**wide} if wide else {**ends, **high}
    groups.pop(table.row_count, None)
    return {} if any(is_crossed(table, row) for row in groups) else groups


def _row_pieces(row: list[Cell], heads: Container[tuple[int, int]], attributes: Attributes) -> Iterator[tuple[str, Cell | None]]:
    yield "<tr>", None
    for cell in row:
        tag = "td" if cell.header == "none" else "th"
        scope = _scope(cell, of_group=(cell.row, cell.column) in heads)
        rows = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
        columns = f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
        yield f"<{tag}{scope}{rows}{columns}{attributes(cell)}>", None
        yield "<br>".join(escape(line) for line in cell.text.splitlines() if line.strip()), cell
        yield f"</{tag}>", None
    yield "</tr>\n", None


def _scope(cell: Cell, *, of_group: bool) -> str:
    if cell.header == "none":
        return ""
    if cell.header == "row":
        return ' scope="rowgroup"' if of_group else ' scope="row"'
    return ' scope="colgroup"' if of_group and cell.column_span > 1 else ' scope="col"'


def claimed_captions(passages: list[Passage]) -> dict[str, list[Passage]]:
    """Return the captions among `passages` by the block that they stand with; each stands with one block."""
    captions = {p.first.id: p for p in passages if isinstance(p.first.content, Text) and p.first.content.role == "caption"}
    claimed: dict[str, list[Passage]] = {}
    for passage in passages:
        for block in passage.whole:
            if not isinstance(block.content, Text):
                claimed[block.id] = [captions.pop(name) for name in block.captions if name in captions]
    return claimed


class Exporter:
    """Writes passages as soon as they are complete, without running headers, footers and page numbers.

    A caption stands inside its table or figure where both are complete at the same time, else as a paragraph.
    """

    def __init__(self, place: Place) -> None:
        self._stream = place.open()
        self._joiner = Joiner()
        self._begun = False
        self._list = ""  # the list that is open: "ol", "ul" or none

    def add(self, page: Page) -> None:
        """Write the passages that are complete now; the first page's title, if it has one, is the page title."""
        titles = (b.content.text for b in page.blocks if isinstance(b.content, Text) and b.content.role == "title")
        self._begin(next(titles, "Document"))
        self._write(self._joiner.add(page))

    def close(self, rest: Document) -> None:
        """Write the passages that are left."""
        self._begin(rest.name)
        self._write(self._joiner.close())
        self._put(self._list_change("") + "</article>\n</body>\n</html>\n")

    def _begin(self, title: str) -> None:
        if not self._begun:
            self._put('<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n')
            self._put('<meta name="viewport" content="width=device-width, initial-scale=1">\n')
            self._put(f"<title>{escape(title)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<article>\n")
            self._begun = True

    def _write(self, passages: list[Passage]) -> None:
        claimed = claimed_captions(passages)
        elsewhere = {caption.first.id for captions in claimed.values() for caption in captions}
        for passage in passages:
            if not in_margin(passage) and passage.first.id not in elsewhere:
                self._passage(passage, claimed)

    def _passage(self, passage: Passage, claimed: dict[str, list[Passage]]) -> None:
        if isinstance(passage.first.content, Text) and passage.text.strip():
            kind, element = _text_element(passage, passage.first.content)
            self._put(self._list_change(kind) + element + "\n")
        for block in passage.whole:
            if not isinstance(block.content, Text):
                self._put(self._list_change("") + _block_element(block, claimed[block.id]))

    def _list_change(self, kind: str) -> str:
        if kind == self._list:
            return ""
        closing = f"</{self._list[:2]}>\n" if self._list else ""
        self._list = kind
        return closing + (f"<{kind}>\n" if kind else "")

    def _put(self, text: str) -> None:
        self._stream.write(text.encode())


def _place(page_number: int, box: Box, confidence: float) -> str:
    sides = ",".join(f"{side:.5g}" for side in box)
    return f' data-page="{page_number}" data-box="{sides}" data-confidence="{confidence:.3g}"'


def _attributes(block: Block) -> str:
    return f' id="{block.id}"' + _place(block.page_number, block.box, block.confidence)


def _text_element(passage: Passage, content: Text) -> tuple[str, str]:
    """Return the list that a text belongs in ("" for none) and its element."""
    place = _attributes(passage.first)
    if content.role == "list_item":
        marker = marker_of(passage.text)
        body = _inner(passage, marker.length)
        if marker.kind == "number":
            return "ol", f'<li value="{int(marker.label[:-1])}"{place}>{body}</li>'
        return ("ul" if marker.kind == "bullet" else 'ul class="marked"'), f"<li{place}>{body}</li>"
    inner = _inner(passage)
    if content.role in ("title", "heading"):
        level = 1 if content.role == "title" else min((content.level or 1) + 1, 6)
        return "", f"<h{level}{place}>{inner}</h{level}>"
    if content.role == "code":
        return "", f"<pre{place}><code>{inner}</code></pre>"
    name = "" if content.role == "paragraph" else f' class="{content.role}"'
    return "", f"<p{name}{place}>{inner}</p>"


def _inner(passage: Passage, skipped: int = 0) -> str:
    """Return the escaped text from `skipped` on, each block after the first in a `span`."""
    text, done, pieces = passage.text, skipped, []
    for part in parts_of(passage):
        start, end = max(part.start, skipped), max(part.end, skipped)
        piece = escape(text[start:end])
        pieces.append(
            escape(text[done:start]) + (piece if part.block is passage.first else f"<span{_attributes(part.block)}>{piece}</span>")
        )
        done = end
    return "".join(pieces) + escape(text[done:])


def _block_element(block: Block, captions: list[Passage]) -> str:
    content, place = block.content, _attributes(block)
    named = "<br>".join(f"<span{_attributes(caption.first)}>{_inner(caption)}</span>" for caption in captions)
    if isinstance(content, Table):
        return f"<table{place}>\n" + (f"<caption>{named}</caption>\n" if named else "") + _table_rows(content) + "</table>\n"
    below = f"<figcaption>{named}</figcaption>\n" if named else ""
    if isinstance(content, Chart):
        return f'<figure class="chart"{place}>\n{_chart_inner(content) or _words(block)}{below}</figure>\n'
    file = content.file if isinstance(content, Figure) else None
    if file is None:
        return f'<figure class="missing"{place}>\n{_words(block)}{below}</figure>\n'
    alternative = words_of(block) or " ".join(caption.text for caption in captions) or "Figure"
    return f'<figure{place}>\n<img src="{address_of(file)}" alt="{escape(alternative)}">\n{below}</figure>\n'


def _words(block: Block) -> str:
    words = words_of(block)
    return f"<p>{escape(words)}</p>\n" if words else ""


def _table_rows(table: Table) -> str:
    def attributes(cell: Cell) -> str:
        return _place(cell.page_number or table.page_number, cell.box, cell.confidence)

    return "".join(text for text, _ in table_pieces(table, attributes))


def _chart_inner(chart: Chart) -> str:
    """Return the chart's data as a table, its title above it; nothing if no point was read."""
    points = [(series, point) for series in chart.series for point in series.points]
    if not points:
        return ""
    title = f"<p><strong>{escape(chart.title)}</strong></p>\n" if chart.title.strip() else ""
    columns = told_columns(chart)
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name, _ in columns)
    rows = "".join(
        f"<tr{_point_attributes(chart, point)}>{''.join(f'<td>{escape(text(series, point))}</td>' for _, text in columns)}</tr>\n"
        for series, point in points
    )
    return f"{title}<table>\n<thead>\n<tr>{heads}</tr>\n</thead>\n<tbody>\n{rows}</tbody>\n</table>\n"


def _point_attributes(chart: Chart, point: Point) -> str:
    error = "" if point.error is None else f' data-error="{point.error:.3g}"'
    return f'{_place(chart.page_number, point.box, point.confidence)} data-basis="{point.basis}"{error}'
