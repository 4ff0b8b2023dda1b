"""Plain text, a blank line between passages; and how words, markers and values are told apart, for the other formats too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO, Literal

from docai.continuation import Joiner, Passage
from docai.document import MARGIN_ROLES, Block, Chart, Document, Page, Table, Text
from docai.exporters import Place
from docai.exporters.charts import wide_texts
from docai.lines import join_texts

SURE_BULLETS = "•◦▪▫‣⁃●○■□◆◇►▶➤➢✓✔❖\uf0b7\uf0a7"  # the last two: Word's bullets in the Symbol and Wingdings fonts
DASH_BULLETS = "-–—−*+·∙"  # bullets only where white space follows: "-5" is a number
MARKER = re.compile(rf"\s*(?:[{SURE_BULLETS}]\s*|[{re.escape(DASH_BULLETS)}](?:\s+|$)|(?P<number>[0-9]{{1,9}}[.)])(?:\s+|$))")


@dataclass(frozen=True, slots=True)
class Marker:
    """How a list item begins: `length` characters that are a bullet, a number (`label` is "3." or "3)") or unknown (0)."""

    kind: Literal["bullet", "number", "unknown"]
    label: str = ""
    length: int = 0


def marker_of(text: str) -> Marker:
    """Return the marker that the text of a list item begins with."""
    match = MARKER.match(text)
    if match is None:
        return Marker("unknown")
    label = match["number"] or ""
    return Marker("number" if label else "bullet", label, match.end())


@dataclass(frozen=True, slots=True)
class Part:
    """A block of a passage and where its text stands in `passage.text`."""

    block: Block
    start: int
    end: int


def parts_of(passage: Passage) -> tuple[Part, ...]:
    """Return the blocks of a passage of text in order, with what each adds to the joined text; they do not overlap."""
    blocks = [block for block in passage.blocks if isinstance(block.content, Text)]
    texts = [block.content.text for block in blocks if isinstance(block.content, Text)]
    joined = [join_texts(texts[:count]) for count in range(1, len(texts) + 1)]
    parts: list[Part] = []
    start = 0
    for block, text, longer in zip(blocks, joined, [*joined[1:], joined[-1]], strict=True):
        end = max(start, _agreement(text, longer))  # the hyphen at a seam belongs to neither
        parts.append(Part(block, start, end))
        start = end + len(longer[end:]) - len(longer[end:].lstrip())
    return tuple(parts)


def _agreement(one: str, other: str) -> int:
    """Return how many characters both begin with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def in_margin(passage: Passage) -> bool:
    """Return whether a passage is a running header, a footer or a page number."""
    return isinstance(passage.first.content, Text) and passage.first.content.role in MARGIN_ROLES


def words_of(block: Block) -> str:
    """Return the words that stand in a block, in reading order."""
    return " ".join(word.text for word in block.content.words)


def rows_of(table: Table) -> list[list[str]]:
    """Return the table's texts as rows; a spanning cell's text stands at its first position only, the others are empty."""
    rows = [[""] * table.column_count for _ in range(table.row_count)]
    for cell in table.cells:
        rows[cell.row][cell.column] = cell.text
    return rows


def one_line(text: str) -> str:
    """Return `text` with every run of white space made one space."""
    return " ".join(text.split())


class Exporter:
    """Writes passages as soon as they are complete, without running headers, footers and page numbers.

    Tables are tab-separated rows, all that go on over pages together, charts a title, a row of headings
    and a row for each x with the values of all series; of figures the words inside are kept.
    """

    def __init__(self, place: Place) -> None:
        self._stream: IO[bytes] = place.open()
        self._joiner = Joiner()
        self._separator = ""

    def add(self, page: Page) -> None:
        """Write the passages that are complete now."""
        self._write(self._joiner.add(page))

    def close(self, rest: Document) -> None:
        """Write the passages that are left."""
        self._write(self._joiner.close())

    def _write(self, passages: list[Passage]) -> None:
        for passage in passages:
            for text in _texts(passage):
                self._stream.write(f"{self._separator}{text}\n".encode())
                self._separator = "\n"


def _texts(passage: Passage) -> list[str]:
    if in_margin(passage):
        return []
    others = [_described(block) for block in passage.whole if not isinstance(block.content, Text)]
    return [text for text in (passage.text, *others) if text.strip()]


def _described(block: Block) -> str:
    content = block.content
    if isinstance(content, Table):
        return "\n".join("\t".join(map(one_line, row)) for row in rows_of(content))
    if isinstance(content, Chart) and any(series.points for series in content.series):
        rows = wide_texts(content)
        return "\n".join([*filter(None, [one_line(content.title)]), *("\t".join(map(one_line, row)) for row in rows)])
    return words_of(block)
