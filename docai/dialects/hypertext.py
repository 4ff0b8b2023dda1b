"""Tables and pages as HTML: how they are written, and what is read of whatever HTML a model writes.

It is read by one pass over the tags that are known; everything else is text. `html.parser` of the standard library is not used:
it swallows what stands behind a `<script>` or `<!`, raises on `<![`, and does not tell where a text ends.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Final

from docai.dialects import Faults
from docai.dialects.grids import Header, ToldCell, rows_of
from docai.document import Cell, Table, Text

BLOCKS: Final = "p h1 h2 h3 h4 h5 h6 title li pre figcaption header footer aside figure".split()
_TABLE: Final = "table thead tbody tfoot tr td th caption".split()
_INLINE: Final = (
    "a b i u em strong sup sub span div font small code ul ol html head body main section article center colgroup col meta style"
).split()
_TAG: Final = re.compile(rf"<(/?)({'|'.join([*_TABLE, *BLOCKS, *_INLINE, 'br', 'img'])})((?:\s[^<>]*)?)/?>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_BLANK: Final = " \t\r\n\f"  # what HTML takes for white space; other spaces are letters
_ODD_BLANK: Final = re.compile(r"^ | $|(?<= ) |[\t\r\f]")  # white space that HTML would not keep
_INSIDE: Final = {"figure": ("p", "img"), "header": ("p",), "footer": ("p",), "aside": ("p",), "li": ("p",)}
_MOST_SPAN: Final = 4  # digits

PLAIN_TAGS: Final = {"paragraph": "p", "list_item": "li", "code": "pre", "header": "header", "footer": "footer"}
_ROLES: Final = {
    "p": "paragraph",
    "li": "list_item",
    "pre": "code",
    "header": "header",
    "footer": "footer",
    "aside": "footnote",
    "figcaption": "caption",
    "title": "title",
}
_CLASSES: Final = frozenset(["title", "heading", "caption", "formula", "footnote", "page_number"])


def escaped(text: str) -> str:
    """Return a text that HTML gives back as it is, white space included."""
    body = text.strip("\n")
    before = len(text) - len(text.lstrip("\n")) if body else len(text)
    lines = (_ODD_BLANK.sub(lambda match: f"&#{ord(match[0])};", line) for line in html.escape(body, quote=False).split("\n"))
    return "&#10;" * before + "<br>".join(lines) + "&#10;" * (len(text) - len(body) - before)


def _text_in(source: str, *, kept: bool = False) -> str:
    """Return what a piece of HTML says; with `kept`, its line breaks and spaces stand for themselves."""
    pieces = []
    for place, piece in enumerate(_TAG.split(source)):
        if place % 4 == 0:  # text, then of each tag: slash, name, attributes
            pieces.append(piece if kept else re.sub(f"[{_BLANK}]+", " ", piece))
        elif place % 4 == 2 and piece.lower() == "br":
            pieces.append("\n")
    text = "".join(pieces)
    text = text if kept else "\n".join(line.strip(_BLANK) for line in text.split("\n"))
    return html.unescape(text.strip("\r\n"))


# Tables


def table_html(table: Table) -> str:
    """Return a table as HTML, without boxes; what heads rows or columns as its place does not tell has a `scope`."""
    lines = []
    for row in rows_of(table):
        inferred = inferred_headers([cell.header != "none" for cell in row])
        cells = "".join(_cell_html(cell, guess) for cell, guess in zip(row, inferred, strict=True))
        lines.append(f"<tr>{cells}</tr>\n")
    return f"<table>\n{''.join(lines)}</table>"


def inferred_headers(marked: list[bool]) -> list[Header]:
    """Return what the cells of a row head of which it is told that they are headers: rows where others follow, else columns."""
    if all(marked):
        return ["column"] * len(marked)
    leading = marked.index(False)
    return ["none" if not one else "row" if place < leading else "column" for place, one in enumerate(marked)]


def _cell_html(cell: Cell, inferred: Header) -> str:
    tag = "td" if cell.header == "none" else "th"
    scope = "" if cell.header == inferred else f' scope="{ {"column": "col"}.get(cell.header, cell.header) }"'
    rows = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    columns = f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    return f"<{tag}{scope}{rows}{columns}>{escaped(cell.text)}</{tag}>"


# Reading


@dataclass(slots=True)
class Told:
    """A block of HTML as it was told: its tag, attributes, and text from `start` to `end`; of a table, its rows.

    A text that stands in no tag has the tag "". `complete` is false where it breaks off.
    """

    tag: str
    attributes: dict[str, str]
    text: str
    start: int
    end: int
    rows: list[list[ToldCell]] = field(default_factory=list)
    complete: bool = True


@dataclass(slots=True)
class _Open:
    """A tag that is open: its name, attributes and where its content begins."""

    tag: str
    attributes: dict[str, str]
    start: int


class _Reader:
    """What has been read of HTML so far: finished blocks, the rows of the table that is open, the cell or block that is open."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.blocks: list[Told] = []
        self.table: Told | None = None
        self.head = False
        self.begun = False  # a row, though it may be empty: cells above may cover it
        self.row: list[tuple[ToldCell, bool, str]] = []
        self.cell: _Open | None = None
        self.block: _Open | None = None
        self.nested = 0
        self.free = 0  # where the text that stands in no tag begins

    def take(self, match: re.Match[str]) -> None:
        """Go on with a tag."""
        name, closing = match[2].lower(), bool(match[1])
        if self.table is None:
            if name == "table" and not closing:
                self.end_block(match.start())
                self.table = Told("table", {}, "", match.start(), match.end())
            elif name in BLOCKS or name in ("img", "caption"):
                self._take_block(name, match, closing=closing)
            elif name in (*_INLINE, *_TABLE) and self.block is None and name not in ("a", "b", "i", "u", "em", "strong", "code"):
                self.end_block(match.start())
                self.free = match.end()
        elif self.cell is not None and name == "table":
            if closing and not self.nested:
                self._end_table(match)
            else:
                self.nested += -1 if closing else 1
        elif not self.nested:
            self._take_part(name, match, closing=closing)

    def _take_block(self, name: str, match: re.Match[str], *, closing: bool) -> None:
        if self.block is not None and not closing and name in _INSIDE.get(self.block.tag, ()):
            return  # it is the text, or the picture, of what it stands in
        if closing and self.block is not None and self.block.tag != name:
            return
        self.end_block(match.start())
        self.free = match.end()
        if not closing and name == "img":
            self.blocks.append(Told("img", {}, "", match.start(), match.end()))
        elif not closing:
            self.block = _Open(name, _attributes(match[3]), match.end())

    def _take_part(self, name: str, match: re.Match[str], *, closing: bool) -> None:
        if name in ("td", "th"):
            self.end_cell(match.start())
            if not closing:
                self.cell = _Open(name, _attributes(match[3]), match.end())
        elif name == "tr":
            self.end_row(match.start(), even_empty=closing and self.begun)
            self.begun = not closing
        elif name in ("thead", "tbody", "tfoot"):
            self.end_row(match.start())
            self.head = name == "thead" and not closing
        elif name == "table" and closing:
            self._end_table(match)

    def end_block(self, place: int, *, complete: bool = True) -> None:
        """Finish the block that is open, or the text that stands in none, before a place."""
        opened, self.block = self.block, None
        start = opened.start if opened else self.free
        text = _text_in(self.source[start:place], kept=opened is None or opened.tag == "pre")
        if opened is not None:
            self.blocks.append(Told(opened.tag, opened.attributes, text, start, place, complete=complete))
        elif text.strip():
            self.blocks.append(Told("", {}, self.source[start:place], start, place, complete=complete))
        self.free = place

    def end_cell(self, place: int) -> None:
        """Finish the cell that is open before a place."""
        if self.cell is not None:
            opened, self.cell, self.nested = self.cell, None, 0
            rows, columns = (_span(opened.attributes.get(name, "")) for name in ("rowspan", "colspan"))
            told = ToldCell(_text_in(self.source[opened.start : place]), opened.start, place, rows, columns)
            self.row.append((told, opened.tag == "th" or self.head, opened.attributes.get("scope", "")))

    def end_row(self, place: int, *, even_empty: bool = False) -> None:
        """Finish the row that is open, with the cell that is open in it."""
        self.end_cell(place)
        if self.table is not None and (self.row or even_empty):
            headers = inferred_headers([marked for _, marked, _ in self.row])
            scopes: dict[str, Header] = {"col": "column", "colgroup": "column", "row": "row", "rowgroup": "row", "both": "both"}
            self.table.rows.append(
                [
                    ToldCell(
                        c.text, c.start, c.end, c.row_span, c.column_span, scopes.get(scope.lower(), header) if marked else "none"
                    )
                    for (c, marked, scope), header in zip(self.row, headers, strict=True)
                ]
            )
        self.row, self.begun = [], False

    def _end_table(self, match: re.Match[str]) -> None:
        self.end_row(match.start())
        self.finish_table(match.end())

    def finish_table(self, place: int, *, complete: bool = True) -> None:
        """Finish the table that is open."""
        if self.table is not None:
            self.table.end, self.table.complete = place, complete
            self.blocks.append(self.table)
        self.table, self.free, self.nested, self.head = None, place, 0, False


def read_html(source: str, faults: Faults, *, cut: bool) -> list[Told]:
    """Return the blocks that HTML tells, in order; of a table that was `cut` off, what was complete before."""
    reader = _Reader(source)
    for match in _TAG.finditer(source):
        reader.take(match)
    end = len(source)
    if reader.table is not None:
        faults["answer_truncated"] = 1
        reader.cell = None if cut else reader.cell  # what breaks off is not complete
        reader.end_row(end)
        reader.finish_table(end, complete=False)
    else:
        reader.end_block(end, complete=not cut or reader.block is None)
    return reader.blocks


def _attributes(source: str) -> dict[str, str]:
    return {m[1].lower(): html.unescape(m[2] or m[3] or m[4] or "") for m in _ATTRIBUTE.finditer(source)}


def _span(told: str) -> int:
    digits = told.strip()
    return max(1, int(digits)) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_SPAN else 1


# Texts


def text_html(text: Text) -> str:
    """Return a text with its role as HTML."""
    level = ""
    if text.role == "heading" and text.level:
        tag, named = f"h{text.level}", ""
    else:
        tag = "h1" if text.role == "title" else PLAIN_TAGS.get(text.role, "p")
        named = f' class="{text.role}"' if text.role in _CLASSES else ""
        level = f' data-level="{text.level}"' if text.level else ""
    return f"<{tag}{named}{level}>{escaped(text.text)}</{tag}>"


def role_of(block: Told) -> tuple[str, int | None]:
    """Return the role of a block of text, and its level where it has one."""
    named = block.attributes.get("class", "")
    told = block.attributes.get("data-level", "")
    level = int(told) if told in tuple("123456") else None
    if named in _CLASSES:
        return named, level
    if re.fullmatch("h[1-6]", block.tag):
        return "heading", int(block.tag[1])
    return _ROLES.get(block.tag, "paragraph"), level


def is_html(text: str) -> bool:
    """Return whether a text has tags of tables or blocks in it."""
    return any(match[2].lower() in (*BLOCKS, *_TABLE, "img") for match in _TAG.finditer(text))
