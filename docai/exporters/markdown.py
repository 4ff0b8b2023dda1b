"""Markdown (CommonMark with pipe tables), and for each stretch of it the place on the page that it came from.

Characters are escaped only where they would mean something else. Running headers, footers and page numbers are left out. A table
that goes on over pages is one table, where its first part stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from docai.box import Box
from docai.continuation import Joiner, Passage
from docai.document import Block, Cell, Chart, Document, Figure, Page, Role, Table, Text
from docai.exporters import Place
from docai.exporters.charts import Y_COLUMN, told_columns
from docai.exporters.html import address_of, table_pieces
from docai.exporters.text import in_margin, marker_of, parts_of, words_of

INLINE = re.compile(r"<|&(?=#?\w+;)|\\(?=[!-/:-@\[-`{-~]|$)|\](?=[(:])", re.MULTILINE)  # HTML, entities, escapes, links
LINE_START = re.compile(
    r"""^[ \t]*(?:
        (?P<heading>\#)\#{0,5}(?:\s|$) | (?P<quote>>) | (?P<bullet>[-+*])(?:\s|$) | [0-9]{1,9}(?P<number>[.)])(?:\s|$)
        | (?P<rule>[-=]|[_*]+)[-=_* \t]*$ | (?P<columns>[-|:])[-:| \t]*$ | (?P<fence>`{3,}|~{3,})
    )""",
    re.MULTILINE | re.VERBOSE,
)
RUN = re.compile(r"\*+|_+|`+|~+")
INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (Python's, from 0) of a Markdown text, and where they stand on a page.

    Law: spans are in order; two overlap only where one, a cell or a chart's value, lies within that of its block; and
    `markdown[start:end]` is what the Markdown says of the block, without the `#` or `-` before it.
    """

    start: int
    end: int
    page_number: int
    box: Box
    block_id: str


def spans_json(spans: tuple[Span, ...]) -> str:
    """Return `spans` as a JSON array, one span a line."""
    return "[\n" + ",\n".join(json.dumps(asdict(span), ensure_ascii=False) for span in spans) + "\n]\n"


def markdown_with_spans(document: Document) -> tuple[str, tuple[Span, ...]]:
    """Return the Markdown of `document` as the exporter writes it, with the place of each stretch of it."""
    renderer = Renderer()
    drafts = [draft for page in document.pages for draft in renderer.add(page)] + list(renderer.close())
    return "".join(draft.text for draft in drafts), tuple(span for draft in drafts for span in draft.sorted_spans())


class Exporter:
    """Writes passages as soon as they are complete."""

    def __init__(self, place: Place) -> None:
        self._stream = place.open()
        self._renderer = Renderer()

    def add(self, page: Page) -> None:
        """Write the passages that are complete now."""
        self._write(self._renderer.add(page))

    def close(self, rest: Document) -> None:
        """Write the passages that are left."""
        self._write(self._renderer.close())

    def _write(self, drafts: Iterator[Draft]) -> None:
        for draft in drafts:
            self._stream.write(draft.text.encode())


class Draft:
    """A stretch of Markdown as it is written, and the spans of it."""

    def __init__(self, begin: int) -> None:
        """Begin at character `begin` of the whole; `end` is where the next one will stand."""
        self.end = begin
        self._pieces: list[str] = []
        self._spans: list[Span] = []

    @property
    def text(self) -> str:
        """All that was written."""
        return "".join(self._pieces)

    def put(self, text: str) -> None:
        """Write `text`, which came from nowhere on a page."""
        self._pieces.append(text)
        self.end += len(text)

    def put_from(self, block: Block, text: str, *, box: Box | None = None, page_number: int | None = None) -> None:
        """Write `text`, which stands in `block`, or in a part of it."""
        start = self.end
        self.put(text)
        self.span(block, start, box=box, page_number=page_number)

    def span(self, block: Block, start: int, *, box: Box | None = None, page_number: int | None = None) -> None:
        """Note that all since `start` stands in `block`, or in a part of it; nothing is noted of empty text."""
        if start < self.end:
            self._spans.append(Span(start, self.end, page_number or block.page_number, box or block.box, block.id))

    def sorted_spans(self) -> list[Span]:
        """Return the spans in order, a block's before those of its cells."""
        return sorted(self._spans, key=lambda span: (span.start, -span.end))


class Renderer:
    """Turns pages into Markdown, passage by passage, as soon as each is complete."""

    def __init__(self) -> None:
        self._joiner = Joiner()
        self._length = 0
        self._list = ""  # what the last item's marker ends with, "" outside a list

    def add(self, page: Page) -> Iterator[Draft]:
        """Give the passages that are complete when `page` has come."""
        return self._drafts(self._joiner.add(page))

    def close(self) -> Iterator[Draft]:
        """Give the passages that are left."""
        return self._drafts(self._joiner.close())

    def _drafts(self, passages: list[Passage]) -> Iterator[Draft]:
        captions = {block.id: passage.text for passage in passages for block in passage.blocks}
        for passage in passages:
            for block in passage.blocks[:1] if isinstance(passage.first.content, Text) else passage.whole:
                if not in_margin(passage) and (passage.text.strip() or not isinstance(block.content, Text)):
                    draft = Draft(self._length)
                    self._separate(draft, passage)
                    _render(draft, passage, block, captions)
                    draft.put("\n")
                    self._length = draft.end
                    yield draft

    def _separate(self, draft: Draft, passage: Passage) -> None:
        """Leave an empty line, but none between the items of a list."""
        content = passage.first.content
        is_item = isinstance(content, Text) and content.role == "list_item"
        kind = _list_prefix(passage.text).strip()[-1] if is_item else ""
        if self._length and (not kind or kind != self._list):
            draft.put("\n")
        self._list = kind


def _render(draft: Draft, passage: Passage, block: Block, captions: dict[str, str]) -> None:
    content = block.content
    if isinstance(content, Text):
        _render_text(draft, passage, content)
    elif isinstance(content, Table):
        _render_table(draft, block, content)
    elif isinstance(content, Chart) and any(series.points for series in content.series):
        _render_chart(draft, block, content)
    elif isinstance(content, Figure) and content.file is not None:
        name = next((captions[name] for name in block.captions if captions.get(name)), "Figure")
        draft.put_from(block, f"![{escape_line(name)}]({address_of(content.file)})")
    elif isinstance(content, Figure):
        draft.put_from(block, f"<!-- figure on page {block.page_number}: no picture was saved -->")
    else:
        nothing = f"<!-- chart on page {block.page_number}: no data was read -->"
        draft.put_from(block, escape_line(words_of(block)) or nothing)


def _render_text(draft: Draft, passage: Passage, content: Text) -> None:
    text = passage.text
    if content.role == "code":
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        draft.put(f"{fence}\n")
        _put_parts(draft, passage, list(text))
        draft.put(f"\n{fence}")
    elif content.role == "list_item":
        skipped = marker_of(text).length
        draft.put(_list_prefix(text))
        _put_parts(draft, passage, [""] * skipped + escape(_unbroken(text[skipped:])))
    elif content.role in ("title", "heading"):
        draft.put(_hashes(content.role, content.level) + " ")
        _put_parts(draft, passage, escape(_unbroken(text), at_start=False, heading=True))
    elif content.role == "caption":
        draft.put("*")
        blank = len(text) - len(text.lstrip())  # a star before white space opens nothing
        _put_parts(draft, passage, [""] * blank + escape(_unbroken(text.strip()), at_start=False, starred=True))
        draft.put("*")
    else:
        _put_parts(draft, passage, escape(text))


def _put_parts(draft: Draft, passage: Passage, characters: list[str]) -> None:
    """Write the passage's text, each of its characters as `characters` say, with a span for each block."""
    done = 0
    for part in parts_of(passage):
        draft.put("".join(characters[done : part.start]))
        draft.put_from(part.block, "".join(characters[part.start : part.end]))
        done = part.end


def _hashes(role: Role, level: int | None) -> str:
    return "#" if role == "title" else "#" * min((level or 1) + 1, 6)


def _list_prefix(text: str) -> str:
    marker = marker_of(text)
    return f"{marker.label} " if marker.kind == "number" else "- "


def _unbroken(text: str) -> str:
    """Return `text` on one line, as long as it was."""
    return re.sub(r"\s", " ", text)


def _render_table(draft: Draft, block: Block, table: Table) -> None:
    start = draft.end
    if table.header_row_count == 1 and not any(_needs_html(cell) for cell in table.cells):
        rows: list[list[Cell]] = [[] for _ in range(table.row_count)]
        for cell in sorted(table.cells, key=lambda cell: cell.column):
            rows[cell.row].append(cell)
        for number, row in enumerate(rows):
            draft.put("\n|" if number else "|")
            for cell in row:
                _put_pipe_cell(draft, block, cell.text, cell.box, cell.page_number)
            if number == 0:
                draft.put("\n|" + " --- |" * table.column_count)
    else:
        draft.put("<table>\n")
        for text, piece in table_pieces(table, lambda _: ""):
            if piece is None:
                draft.put(text)
            else:
                draft.put_from(block, text, box=piece.box, page_number=piece.page_number)
        draft.put("</table>")
    draft.span(block, start)


def _needs_html(cell: Cell) -> bool:
    return cell.row_span > 1 or cell.column_span > 1 or len(cell.text.splitlines()) > 1


def _put_pipe_cell(draft: Draft, block: Block, text: str, box: Box | None = None, page_number: int | None = None) -> None:
    draft.put(" ")
    draft.put_from(block, escape_line(text).replace("|", "\\|"), box=box, page_number=page_number)
    draft.put(" |")


def _pipe_text(text: str) -> str:
    return escape_line(text).replace("|", "\\|")


def _render_chart(draft: Draft, block: Block, chart: Chart) -> None:
    start = draft.end
    if chart.title.strip():
        draft.put("**")
        draft.put("".join(escape(_unbroken(chart.title).strip(), at_start=False, starred=True)) + "**\n\n")
    columns = told_columns(chart)
    draft.put("| " + " | ".join(_pipe_text(name) for name, _ in columns) + " |\n" + "| --- " * len(columns) + "|")
    for series in chart.series:
        for point in series.points:
            draft.put("\n|")
            for place, (_, text) in enumerate(columns):
                if place == Y_COLUMN:
                    _put_pipe_cell(draft, block, text(series, point), point.box)
                else:
                    draft.put(f" {_pipe_text(text(series, point))} |")
    draft.span(block, start)


def escape_line(text: str) -> str:
    """Return `text` escaped for the middle of a line, on one line."""
    return "".join(escape(_unbroken(text).strip(), at_start=False))


def escape(text: str, *, at_start: bool = True, starred: bool = False, heading: bool = False) -> list[str]:
    r"""Return, for each character of `text`, how Markdown writes it: as it is, after a backslash, or not at all.

    Args:
        text: Words that are no Markdown.
        at_start: Whether lines of `text` begin lines of the Markdown: `#` and `1.` mean something there, indents are dropped.
        starred: Whether it will stand between stars.
        heading: Whether it is a heading, whose last `#` would go.

    >>> "".join(escape("1. <b> a*b*c, 3 * 4, snake_case"))
    '1\\. \\<b> a\\*b\\*c, 3 * 4, snake_case'
    """
    marked = {match.start() for match in INLINE.finditer(text)} | _emphasis(text, starred=starred)
    if at_start:
        for match in LINE_START.finditer(text):
            marked.update(range(match.start(match.lastindex or 0), match.end(match.lastindex or 0)))
    if heading:
        marked.update(match.start() for match in re.finditer(r"#(?=#*\s*$)", text))
    dropped = {n for match in INDENT.finditer(text) for n in range(*match.span())} if at_start else set()
    text = text.replace("\r", " ")
    return ["" if n in dropped else f"\\{character}" if n in marked else character for n, character in enumerate(text)]


def _emphasis(text: str, *, starred: bool) -> set[int]:
    """Return the characters of runs of ``*_`~`` that could open or close something, if both are there."""
    marked: set[int] = set()
    for sign in "*_`~":
        runs = [run for run in RUN.finditer(text) if run[0][0] == sign]
        if sign == "_":  # those inside a word, as in snake_case, mean nothing
            runs = [run for run in runs if not all(map(str.isalnum, _around(text, run)))]
        opens = [run for run in runs if sign == "`" or _around(text, run)[1].strip()]
        closes = [run for run in runs if sign == "`" or _around(text, run)[0].strip()]
        if starred and sign == "*":  # the stars around would pair with any
            marked.update(n for run in runs for n in range(*run.span()))
        elif opens and closes and opens[0].start() < closes[-1].start():
            marked.update(n for run in {*opens, *closes} for n in range(*run.span()))
    return marked


def _around(text: str, run: re.Match[str]) -> tuple[str, str]:
    """Return the characters before and after `run`; empty at an end of the text."""
    return text[max(run.start() - 1, 0) : run.start()], text[run.end() : run.end() + 1]
