"""Tables as CSV, one file for each.

Values are written as they stand in the document, also those that begin with `=`, `+`, `-` or `@`: a CSV is data, and
changing it would make it wrong. Who opens untrusted tables in a spreadsheet takes `xlsx`, where text stays text.
"""

from __future__ import annotations

import csv
import io

from docai.document import Document, Page, Table
from docai.exporters import Place
from docai.exporters.text import rows_of


class Exporter:
    """Writes each table to a part of its own, named by its block (`p3/7` is the part `p3-7`), as UTF-8 without a mark.

    A spanning cell's text stands at its first position only. A document without tables writes nothing.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    def add(self, page: Page) -> None:
        """Write the tables of `page`."""
        for block in page.blocks:
            if isinstance(block.content, Table):
                text = io.StringIO(newline="")
                # Python 3.10 refuses to write a zero character, and no spreadsheet reads one
                csv.writer(text).writerows([[cell.replace("\0", "\ufffd") for cell in row] for row in rows_of(block.content)])
                self._place.open(block.id.replace("/", "-")).write(text.getvalue().encode())

    def close(self, rest: Document) -> None:
        """Nothing is left to write: tables are all that a CSV holds."""
