"""Print how well docai reads pictures of tables: TEDS and TEDS-struct on PubTabNet, each table a picture of its own.

`scripts/score_tables.py FOLDER`, where the folder has PubTabNet's JSONL (of which each line tells a table's HTML, its cells by
their tokens) and beside it the pictures it names. A table that is not found counts as 0.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docai
from docai.box import WHOLE
from docai.document import Cell, Table
from docai.tasks.table import teds


class _Structure(HTMLParser):
    """The cells of a table's HTML, each with its place and spans, `texts` filling them in turn."""

    def __init__(self, texts: Iterator[str]) -> None:
        super().__init__()
        self._texts = texts
        self._row, self._in_head = -1, False
        self._covered: set[tuple[int, int]] = set()
        self.cells: list[Cell] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a row or place a cell."""
        if tag in ("thead", "tbody"):
            self._in_head = tag == "thead"
        elif tag == "tr":
            self._row += 1
        elif tag == "td":
            told = dict(attrs)
            down, across = (int(told.get(name) or 1) for name in ("rowspan", "colspan"))
            column = next(n for n in range(10_000) if (self._row, n) not in self._covered)
            self._covered |= {(self._row + r, column + c) for r in range(down) for c in range(across)}
            header = "column" if self._in_head else "none"
            cell = {"row": self._row, "column": column, "row_span": down, "column_span": across, "header": header}
            self.cells.append(Cell.model_validate({**cell, "text": next(self._texts), "box": WHOLE}))


def table_of(html: dict[str, Any]) -> Table:
    """Return the table that a line of PubTabNet tells."""
    texts = (unescape(re.sub(r"<[^>]+>", "", "".join(cell["tokens"]))) for cell in html["cells"])
    structure = _Structure(texts)
    structure.feed("".join(html["structure"]["tokens"]))
    rows = max(cell.row + cell.row_span for cell in structure.cells)
    columns = max(cell.column + cell.column_span for cell in structure.cells)
    return Table(page_number=1, box=WHOLE, row_count=rows, column_count=columns, cells=tuple(structure.cells))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    scores = []
    for path in sorted(arguments.folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            told = json.loads(line)
            picture = arguments.folder / told["filename"]
            if not picture.exists():
                continue
            expected = table_of(told["html"])
            found = docai.extract(picture, languages=("en",)).tables
            pairs = [(teds(table, expected), teds(table, expected, structure_only=True)) for table in found]
            scores.append(max(pairs, default=(0.0, 0.0)))
            size = f"{expected.row_count} x {expected.column_count}"
            print(f"{told['filename']:30s} {size:8s} tables {len(found)} TEDS {scores[-1][0]:.3f} structure {scores[-1][1]:.3f}")
    if not scores:
        raise SystemExit(f"no pictures of PubTabNet in {arguments.folder}")
    both, structure = (statistics.mean(score[n] for score in scores) for n in (0, 1))
    print(f"{len(scores)} pictures: TEDS {both:.3f}, TEDS-struct {structure:.3f}")


if __name__ == "__main__":
    main()
