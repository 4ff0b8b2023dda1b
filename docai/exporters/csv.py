"""Tables and charts as CSV, one file for each, also where a table goes on over pages.

A chart has a row for each value: its series, x (dates as ISO 8601 writes them) and y, the ends of its error bar, its size, how
it was obtained (`printed`, `vector`, `measured` or `model`), how sure that is, and how uncertain a measured one is.

Values are written as they stand in the document, also those that begin with `=`, `+`, `-` or `@`: a CSV is data, and
changing it would make it wrong. Who opens untrusted tables in a spreadsheet takes `xlsx`, where text stays text.
"""

from __future__ import annotations

import csv
import io

from docai.continuation import Joiner, Passage
from docai.document import Chart, Document, Page, Table
from docai.exporters import Place
from docai.exporters.charts import LONG, long_rows, value_text
from docai.exporters.text import rows_of


class Exporter:
    """Writes each table and chart to a part of its own, named by its first block (`p3/7` is the part `p3-7`).

    It is UTF-8 without a mark.
    A spanning cell's text stands at its first position only. A document without tables and charts writes nothing.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._joiner = Joiner()

    def add(self, page: Page) -> None:
        """Write the tables and charts that are complete now."""
        self._write(self._joiner.add(page))

    def close(self, rest: Document) -> None:
        """Write the tables and charts that are left: they are all that a CSV holds."""
        self._write(self._joiner.close())

    def _write(self, passages: list[Passage]) -> None:
        for block in (block for passage in passages for block in passage.whole):
            if isinstance(block.content, Table):
                self._write_rows(block.id, rows_of(block.content))
            elif isinstance(block.content, Chart) and any(series.points for series in block.content.series):
                rows = ([value_text(value) for value in row] for row in long_rows(block.content))
                self._write_rows(block.id, [list(LONG), *rows])

    def _write_rows(self, name: str, rows: list[list[str]]) -> None:
        text = io.StringIO(newline="")
        # Python 3.10 refuses to write a zero character, and no spreadsheet reads one
        csv.writer(text).writerows([[cell.replace("\0", "\ufffd") for cell in row] for row in rows])
        self._place.open(name.replace("/", "-")).write(text.getvalue().encode())
