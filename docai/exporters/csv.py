"""Tables as CSV, one file for each, also where it goes on over pages.

Values are written as they stand in the document, also those that begin with `=`, `+`, `-` or `@`: a CSV is data, and
changing it would make it wrong. Who opens untrusted tables in a spreadsheet takes `xlsx`, where text stays text.
"""

from __future__ import annotations

import csv
import io

from docai.continuation import Joiner, Passage
from docai.document import Document, Page, Table
from docai.exporters import Place
from docai.exporters.text import rows_of


class Exporter:
    """Writes each table to a part of its own, named by its first block (`p3/7` is the part `p3-7`), as UTF-8 without a mark.

    A spanning cell's text stands at its first position only. A document without tables writes nothing.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._joiner = Joiner()

    def add(self, page: Page) -> None:
        """Write the tables that are complete now."""
        self._write(self._joiner.add(page))

    def close(self, rest: Document) -> None:
        """Write the tables that are left: they are all that a CSV holds."""
        self._write(self._joiner.close())

    def _write(self, passages: list[Passage]) -> None:
        for block in (block for passage in passages for block in passage.whole):
            if isinstance(block.content, Table):
                text = io.StringIO(newline="")
                # Python 3.10 refuses to write a zero character, and no spreadsheet reads one
                csv.writer(text).writerows([[cell.replace("\0", "\ufffd") for cell in row] for row in rows_of(block.content)])
                self._place.open(block.id.replace("/", "-")).write(text.getvalue().encode())
