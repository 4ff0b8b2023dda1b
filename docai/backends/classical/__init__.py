"""The embedded default: answers on a plain CPU, with nothing to download."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from docai.backends.classical.aligned import read_aligned
from docai.backends.classical.cells import ENGINE
from docai.backends.classical.ruled import read_ruled
from docai.document import Problem
from docai.exchange import Reply, Request
from docai.tiling import Lens, View


def _read_table(view: View) -> Reply:
    reply = read_ruled(view) or read_aligned(view)
    return reply or _unread(
        "table_unclear", "neither rules nor alignment show this table's cells; it is kept as text", "warning", view
    )


def _read_text(view: View) -> Reply:
    message = "this part is a picture of text, and no OCR engine is built in; it is kept as a picture"
    return _unread("text_not_read", message, "error", view)


def _read_chart(view: View) -> Reply:
    message = "this looks like a chart; its values are not read, it is kept as a picture with the words in it"
    return _unread("chart_not_read", message, "note", view)


def _unread(code: str, message: str, severity: str, view: View) -> Reply:
    problem = Problem.model_validate({"code": code, "message": message, "severity": severity, "page_number": view.page.number})
    return Reply(problems=(problem,), confidence=0.0, engine=ENGINE)


READERS: Final[dict[str, Callable[[View], Reply]]] = {"reading": _read_text, "table": _read_table, "chart": _read_chart}


class Backend:
    """Reads tables from their rules; says of scans and charts that it cannot read them."""

    batch = 1
    lens = Lens(dpi=200)

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """Return a reply for each request, in order."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Request) -> Reply:
        reader = READERS.get(request.task.name)
        if reader is None:
            view = request.views[0]
            return _unread("task_unknown", f"the classical backend has no answer to {request.task.name!r}", "error", view)
        return reader(request.views[0])
