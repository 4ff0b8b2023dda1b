"""Tables as OTSL, one file for each: their structure and texts as models of documents are taught to write them."""

from __future__ import annotations

from docai.document import Document, Page, Table
from docai.exporters import Place
from docai.tasks.otsl import to_otsl


class Exporter:
    """Writes each table to a part of its own, named by its block (`p3/7` is the part `p3-7`), on one line.

    A document without tables writes nothing.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    def add(self, page: Page) -> None:
        """Write the tables of `page`."""
        for block in page.blocks:
            if isinstance(block.content, Table):
                self._place.open(block.id.replace("/", "-")).write(f"{to_otsl(block.content)}\n".encode())

    def close(self, rest: Document) -> None:
        """Nothing is left to write: tables are all that OTSL holds."""
