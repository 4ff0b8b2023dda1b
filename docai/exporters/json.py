"""The document as JSON, one page a line: nothing is lost, and `Document.model_validate_json` gives an equal value back.

What is known only when the last page was read (status, problems, engines) stands after the pages.
"""

from __future__ import annotations

from docai.document import Document, Page
from docai.exporters import Place


class Exporter:
    """Writes each page as it comes; holds none."""

    def __init__(self, place: Place) -> None:
        self._stream = place.open()
        self._stream.write(b'{"pages":[')
        self._separator = b"\n"

    def add(self, page: Page) -> None:
        """Write `page` on a line of its own."""
        self._stream.write(self._separator + page.model_dump_json().encode())
        self._separator = b",\n"

    def close(self, rest: Document) -> None:
        """Write all other keys, in the order of `Document`."""
        others = rest.model_dump_json(exclude={"pages"})
        self._stream.write(b"\n]," + others.removeprefix("{").encode() + b"\n")
