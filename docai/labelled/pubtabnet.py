"""PubTabNet: pictures of tables from papers, with their structure in HTML, scored by TEDS with and without the texts.

As published: JSON lines such as `PubTabNet_2.0.0.jsonl`, rows of `filename`, `split`, `html` (`structure.tokens`,
`cells[].tokens`), beside the pictures in `train/`, `val/`, `test/`, or all in one folder. Where there are rows of `val`, they alone
are taken. Tags within cells (`<b>`, `<i>`, `<sup>`) are left out on both sides. Groups are those of the paper: complex tables have
spanning cells. Source: Zhong et al. 2020, arXiv 1911.10683; https://github.com/ibm-aur-nlp/PubTabNet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from docai.document import Document, Table
from docai.errors import Unreadable
from docai.labelled import Item, Judged, Score
from docai.labelled.files import Row, picture, rows
from docai.labelled.grids import Placed, table_of, told
from docai.tasks.table import ReadTable, teds

_SPAN: Final = re.compile(r'(rowspan|colspan)="(\d{1,4})"')
_TAG: Final = re.compile(r"</?\w+>")  # tokens of cells are characters, or such tags


class Layout:
    """PubTabNet on disk."""

    metrics = ("teds", "teds_struct")

    def __init__(self, path: Path) -> None:
        self.path = path

    def items(self) -> Iterator[Item]:
        """Yield the tables in order."""
        only = "val" if any(row.fields.get("split") == "val" for row in self._rows()) else None
        for row in self._rows():
            if only is None or row.fields.get("split") == only:
                name = row.text("filename")
                table = _table(row)
                spans = any(cell.row_span > 1 or cell.column_span > 1 for cell in table.cells)
                inside = f"{row.fields.get('split') or ''}/{name}"
                yield Item(name, picture(inside, self.path), table, ReadTable(), group="complex" if spans else "simple")

    def _rows(self) -> Iterator[Row]:
        return rows(self.path, ("PubTabNet*.jsonl", "*.jsonl"))

    def judge(self, item: Item, answer: Any) -> Judged:
        """Return how like the true table the one read is; of a page read whole, its largest."""
        found = _largest(answer.tables) if isinstance(answer, Document) else answer if isinstance(answer, Table) else None
        scores = tuple(
            Score(metric=metric, value=teds(found, item.truth, structure_only=metric == "teds_struct") if found else 0.0)
            for metric in self.metrics
        )
        return Judged(scores, told(found) if found else "", told(item.truth))


def _largest(tables: Sequence[Table]) -> Table | None:
    return max(tables, key=lambda table: table.box.area, default=None)


def _table(row: Row) -> Table:
    """Return the true table of a row: each cell at the next free column of its row, as HTML is laid out."""
    html = row.get("html")
    try:
        tokens, cells = list(map(str, html["structure"]["tokens"])), html["cells"]
        texts = ["".join(token for token in cell["tokens"] if not _TAG.fullmatch(token)) for cell in cells]
    except (KeyError, TypeError) as error:
        raise Unreadable(f"{row.place}: html has no structure and cells with tokens; is this the right --layout?") from error
    table = table_of(_placed(tokens, texts))
    if table is None:
        raise Unreadable(f"{row.place}: a table without cells; was the file copied completely?")
    return table


def _placed(tokens: Sequence[str], texts: Sequence[str]) -> Iterator[Placed]:
    taken: set[tuple[int, int]] = set()
    row, column, number, head = -1, 0, 0, False
    for spans in _openings(tokens):
        if isinstance(spans, str):
            head = spans == "<thead>" or (head and spans == "<tr>")
            row, column = (row + 1, 0) if spans == "<tr>" else (row, column)
            continue
        while (row, column) in taken:
            column += 1
        down, across = spans.get("rowspan", 1), spans.get("colspan", 1)
        taken.update((row + r, column + c) for r in range(down) for c in range(across))
        text = texts[number].strip() if number < len(texts) else ""
        yield Placed(max(row, 0), column, down, across, text, "column" if head else "none")
        number += 1


def _openings(tokens: Sequence[str]) -> Iterator[str | Mapping[str, int]]:
    """Yield what opens in the structure: parts and rows as their tags, cells as their spans.

    A cell with spans is told in several tokens: `<td`, ` colspan="2"`, `>`.
    """
    spans: dict[str, int] | None = None
    for part in tokens:
        if part in ("<thead>", "<tbody>", "<tr>"):
            yield part
        elif part == "<td>":
            yield {}
        elif part == "<td":
            spans = {}
        elif spans is not None and part == ">":
            yield spans
            spans = None
        elif spans is not None:
            spans.update((name, max(1, int(value))) for name, value in _SPAN.findall(part))
