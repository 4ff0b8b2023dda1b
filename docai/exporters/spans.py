"""Where each stretch of the Markdown stands on the pages: a map from its characters to page and box, as JSON."""

from __future__ import annotations

from collections.abc import Iterable

from docai.document import Document, Page
from docai.exporters import Place
from docai.exporters.markdown import Draft, Renderer, Span, spans_json


class Exporter:
    """Writes the spans of the Markdown that `docai.exporters.markdown` writes; a page's as soon as it is complete."""

    def __init__(self, place: Place) -> None:
        self._stream = place.open()
        self._renderer = Renderer()
        self._spans: list[Span] = []

    def add(self, page: Page) -> None:
        """Remember the spans that are complete now."""
        self._take(self._renderer.add(page))

    def close(self, rest: Document) -> None:
        """Write all spans."""
        self._take(self._renderer.close())
        self._stream.write(spans_json(tuple(self._spans)).encode())

    def _take(self, drafts: Iterable[Draft]) -> None:
        for draft in drafts:
            self._spans.extend(draft.sorted_spans())
