"""The embedded default: answers on a plain CPU, with nothing to download."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from docai import document
from docai.backends.classical.aligned import read_aligned
from docai.backends.classical.cells import ENGINE
from docai.backends.classical.charts import read_chart
from docai.backends.classical.ruled import read_ruled
from docai.backends.classical.scanned import Scans, threads
from docai.document import Problem
from docai.exchange import Reply, Request
from docai.tasks.chart import ReadChart
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import Lens, View
from docai.turning import turned_box, turned_path, turned_rule, turned_word


def _read_table(view: View) -> Reply:
    upright = _upright(view)
    reply = read_ruled(upright) or read_aligned(upright)
    return (
        _turned_back(reply, view)
        if reply is not None
        else _unread("table_unclear", "neither rules nor alignment show this table's cells; it is kept as text", "warning", view)
    )


def _read_chart(view: View, languages: tuple[str, ...]) -> Reply:
    if not view.paths:  # its pixels are turned when they are looked at
        return read_chart(view, languages)
    return _turned_back(read_chart(_upright(view), languages), view)


def _turned_back(reply: Reply, view: View) -> Reply:
    """Return a reply about a view that was turned upright with its boxes where they stand on the page."""
    if reply.answer is None or not view.quarter:
        return reply
    return replace(reply, answer=document.moved(reply.answer, lambda box: turned_box(box, 360 - view.quarter)))


def _upright(view: View) -> View:
    """Return a view of a page turned upright, its words, rules and paths turned with it."""
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
        paths=tuple(turned_path(path, view.quarter) for path in view.paths),
        quarter=0,
    )


def _unread(code: str, message: str, severity: str, view: View) -> Reply:
    problem = Problem.model_validate({"code": code, "message": message, "severity": severity, "page_number": view.page.number})
    return Reply(problems=(problem,), confidence=0.0, engine=ENGINE)


class Backend:
    """Reads pictures of text line by line and tables from their rules and alignment, charts from their marks."""

    lens = Lens(dpi=200)

    def __init__(self) -> None:
        """Begin; engines are loaded when they are first needed."""
        self.batch = threads()  # pictures of text are read side by side
        self._scans = Scans()

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """Return a reply for each request, in order."""
        pictures = {place: request for place, request in enumerate(requests) if isinstance(request.task, ReadText)}
        read = self._scans.answer([(request.views[0], request.task) for request in pictures.values()])  # type: ignore[misc]
        texts = dict(zip(pictures, read, strict=True))
        return [texts[place] if place in texts else _answer(request) for place, request in enumerate(requests)]


def _answer(request: Request) -> Reply:
    view, task = request.views[0], request.task
    if isinstance(task, ReadTable):
        return _read_table(view)
    if isinstance(task, ReadChart):
        return _read_chart(view, task.languages)
    return _unread("task_unknown", f"the classical backend has no answer to {task.name!r}", "error", view)
