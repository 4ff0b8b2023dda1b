"""The embedded default: answers on a plain CPU, with nothing to download."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from docai import document
from docai.backends.classical.aligned import read_aligned
from docai.backends.classical.cells import ENGINE
from docai.backends.classical.ruled import read_ruled
from docai.document import Problem, Table
from docai.exchange import Reply, Request
from docai.tiling import Lens, View
from docai.turning import turned_box, turned_rule, turned_word


def _read_table(view: View) -> Reply:
    upright = _upright(view)
    reply = read_ruled(upright) or read_aligned(upright)
    if reply is not None and view.quarter:
        return replace(reply, answer=_turned_back(reply.answer, view))
    return reply or _unread(
        "table_unclear", "neither rules nor alignment show this table's cells; it is kept as text", "warning", view
    )


def _upright(view: View) -> View:
    """Return a view of a page turned upright, its words and rules turned with it."""
    if not view.quarter:
        return view
    wide = view.quarter in (90, 270)
    width, height = (view.height_points, view.width_points) if wide else (view.width_points, view.height_points)
    return replace(
        view,
        width_points=width,
        height_points=height,
        box=turned_box(view.box, view.quarter),
        words=tuple(turned_word(word, view.quarter) for word in view.words),
        rules=tuple(turned_rule(rule, view.quarter) for rule in view.rules),
        quarter=0,
    )


def _turned_back(table: Table, view: View) -> Table:
    """Return a table that was read upright with its boxes on the page as it is."""
    back = 360 - view.quarter
    return document.replace(
        table,
        box=view.box,
        words=tuple(document.replace(word, box=turned_box(word.box, back)) for word in table.words),
        cells=tuple(document.replace(cell, box=turned_box(cell.box, back)) for cell in table.cells),
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
