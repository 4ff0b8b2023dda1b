"""Running a backend over labelled pages: questions by the exchange, pages as `extract` reads them; items are kept as they come."""

from __future__ import annotations

import hashlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from docai import document
from docai.document import Document, Engine, Problem
from docai.errors import InputError, NothingToDo, Unreadable
from docai.evaluation import Evaluation, Outcome, estimates
from docai.extraction import Extractor
from docai.labelled import Item, Judged, Layout
from docai.registry import LAYOUTS, load
from docai.sources import Input
from docai.tasks import Task
from docai.tasks.table import ReadTable

OnItem = Callable[[Outcome, int], None]  # what was scored, and how many that makes


class Run(BaseModel):
    """What is run on what: the words that `results.json` tells it in, and how many of the first items are taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: str
    dataset: Path
    backend: str
    model: str | None = None
    languages: tuple[str, ...] = ()
    limit: int | None = None
    seed: int = 0


class _Line(BaseModel):
    """A line of a journal: the run, who answers as soon as that is known, or an item."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: Run | None = None
    engine: Engine | None = None
    item: Outcome | None = None


@dataclass(frozen=True, slots=True)
class _Answered:
    """An answer, None where there is none; what is wrong with it, and who gave it."""

    item: Item
    answer: Any
    problems: tuple[Problem, ...] = ()
    engines: tuple[Engine, ...] = ()


def open_layout(name: str, path: Path) -> Layout:
    """Return a data set on disk.

    Raises:
        NothingToDo: There is nothing at `path`, or no such layout.
    """
    if name not in LAYOUTS:
        raise NothingToDo(f"there is no layout {name!r}; choose {', '.join(LAYOUTS)}")
    if not path.exists():
        raise NothingToDo(f"{path}: there is no such file or folder; name where the data set lies")
    opened: Layout = load(LAYOUTS[name])(path)
    return opened


class Journal:
    """A file of JSON lines that a run is written to as it goes, so that one that breaks off loses nothing.

    Attributes:
        outcomes: The items so far, also of the run that is gone on with.
        engines: Who answered them.
    """

    def __init__(self, path: Path | None, run: Run, *, resume: bool = False) -> None:
        """Begin, or with `resume` go on with what is there; None for a run that is kept nowhere.

        Raises:
            Unreadable: It is to be gone on with, and is that of another run, or cannot be read.
        """
        self.outcomes: list[Outcome] = []
        self.engines: dict[Engine, None] = {}
        self._path = path
        if path is None:
            return
        if resume and path.exists():
            self._take(path, run)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", encoding="utf-8")
            self._write(_Line(run=run))

    def _take(self, path: Path, run: Run) -> None:
        """Take the lines of a run that broke off, but for the last where it is not whole."""
        text = path.read_text(encoding="utf-8", errors="replace")
        whole = text[: text.rfind("\n") + 1]
        try:
            lines = [_Line.model_validate_json(line) for line in whole.splitlines()]
        except ValueError as error:
            raise Unreadable(f"{path}: not the items of a run ({error}); leave out --resume to begin anew") from error
        if not lines or lines[0].run != run:
            raise Unreadable(f"{path}: the items of another run; leave out --resume to begin anew, or name another folder")
        path.write_text(whole, encoding="utf-8")
        self.outcomes = [line.item for line in lines if line.item is not None]
        self.engines = dict.fromkeys(line.engine for line in lines if line.engine is not None)

    def keep(self, outcome: Outcome, engines: Iterable[Engine]) -> None:
        """Write an item, and who answered it where that is new."""
        for engine in engines:
            if engine not in self.engines:
                self.engines[engine] = None
                self._write(_Line(engine=engine))
        self.outcomes.append(outcome)
        self._write(_Line(item=outcome))

    def _write(self, line: _Line) -> None:
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(line.model_dump_json(exclude_none=True) + "\n")


def evaluate(run: Run, reader: Extractor, journal: Journal, on_item: OnItem | None = None) -> Evaluation:
    """Return how well a backend does on a data set; what fails counts as wrong, and its problem is told.

    Args:
        run: The data set, and the names that are told of the backend.
        reader: The backend.
        journal: Where items are kept as they come; those that it has already are not asked about again.
        on_item: Called after each item.

    Raises:
        BackendUnavailable: The data set asks questions, and there is no model to ask.
        InputError: The data set cannot be read, or has no items.
    """
    layout, started = open_layout(run.layout, run.dataset), time.monotonic()
    done = {outcome.name for outcome in journal.outcomes}
    wanted = (item for item in all_items(layout, run.limit) if item.name not in done)
    for answered in _answers(wanted, reader):
        outcome = _outcome(answered, layout.judge(answered.item, answered.answer))
        journal.keep(outcome, answered.engines)
        if on_item is not None:
            on_item(outcome, len(journal.outcomes))
    if not journal.outcomes:
        raise NothingToDo(f"{run.dataset}: no items in it; is this the right folder and --layout?")
    return Evaluation(
        layout=run.layout,
        dataset=str(run.dataset),
        backend=run.backend,
        model=run.model or "",
        engines=tuple(journal.engines),
        languages=run.languages,
        limit=run.limit,
        seed=run.seed,
        seconds=round(time.monotonic() - started, 3),
        estimates=estimates(journal.outcomes, run.seed),
        items=tuple(journal.outcomes),
    )


def all_items(layout: Layout, limit: int | None = None) -> Iterator[Item]:
    """Yield the first `limit` items of a data set, each by a name of its own: those that it calls alike are counted."""
    seen: Counter[str] = Counter()
    for item in islice(layout.items(), limit):
        seen[item.name] += 1
        yield item if seen[item.name] == 1 else replace(item, name=f"{item.name} ({seen[item.name]})")


def _answers(items: Iterable[Item], reader: Extractor) -> Iterator[_Answered]:
    """Yield an answer for each item, in order.

    A table that is asked for alone is read as its page where rules and geometry read: they look for tables on pages.
    """
    own = (replace(item, task=None) if isinstance(item.task, ReadTable) and reader.reads_by_rules else item for item in items)
    for asked, group in groupby(own, lambda item: item.task is not None):
        answer = _replies if asked else _pages
        yield from answer(group, reader)


def _replies(items: Iterable[Item], reader: Extractor) -> Iterator[_Answered]:
    """Ask; replies come in the order of the questions, some after questions that were taken in the meantime."""
    waiting: deque[Item] = deque()

    def asked() -> Iterator[tuple[Input, Task]]:
        for item in items:
            assert item.task is not None
            waiting.append(item)
            yield item.source, item.task

    for reply in reader.replies(asked()):
        problems = reply.problems
        if reply.answer is None and not problems:
            problems = (Problem(code="no_answer", message="there is no answer", severity="error"),)
        yield _Answered(waiting.popleft(), reply.answer, problems, (reply.engine,) if reply.engine is not None else ())


def _pages(items: Iterable[Item], reader: Extractor) -> Iterator[_Answered]:
    """Read documents whole, each once, however many of its pages are items."""
    for source, group in groupby(items, lambda item: item.source):
        own = list(group)
        numbers = None if any(item.pages is None for item in own) else {page for item in own for page in item.pages or ()}
        try:
            whole = reader.extract(source, pages=numbers)
        except InputError as error:
            problem = Problem(code="not_read", message=str(error), severity="error")
            yield from (_Answered(item, None, (problem,)) for item in own)
            continue
        for item in own:
            part = _part(whole, item)
            yield _Answered(item, part, part.all_problems, whole.engines)


def _part(whole: Document, item: Item) -> Document:
    """Return a document with the pages of an item alone."""
    if item.pages is None:
        return whole
    return document.replace(whole, pages=tuple(page for page in whole.pages if page.number in item.pages))


def _outcome(answered: _Answered, judged: Judged) -> Outcome:
    item = answered.item
    errors = [problem.message for problem in answered.problems if problem.severity == "error"]
    if not errors and answered.answer is None:
        errors = [problem.message for problem in answered.problems]
    return Outcome.of(
        judged,
        errors,
        name=item.name,
        group=item.group,
        picture=str(item.source) if isinstance(item.source, Path) else f"sha256:{hashlib.sha256(item.source).hexdigest()}",
        page=item.pages[0] if item.pages is not None and len(item.pages) == 1 else None,
    )
