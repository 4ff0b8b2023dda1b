"""A ledger to look at: runs, documents and attempts, as values."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal

import filelock

from docai.document import Problem, Status
from docai.errors import LedgerDamaged, NothingToDo
from docai.ledger_file import Holder, holder_of, ledger_path, lock_of, lock_path, newer, opened_to_read, translated
from docai.work import Recipe

PAGE: Final = 500  # entries fetched at once; a reader who holds one long look at the database keeps its log from shrinking

State = Literal["waiting", "running", "done", "failed"]
Ended = Literal["time_limit", "memory_limit", "crashed", "transient"]


@dataclass(frozen=True, slots=True)
class Run:
    """A run over an output folder.

    Attributes:
        number: From 1, in order.
        settings: How it was to work, as plain JSON values.
        started_at, ended_at: By the wall clock; the end is None while it goes on, and for ever if it was killed.
        seconds: How long it took, whatever became of the wall clock meanwhile; None until it has ended.
        code: The exit code.
    """

    number: int
    recipe: Recipe
    settings: Mapping[str, Any]
    host: str
    pid: int
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None
    code: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a document; what tells of its reading is empty until it was read by its recipe as it is now.

    Attributes:
        stem: Where its outputs are below the output folder, without the suffix of a format.
        path: Where it lies, as an absolute path, or a URL.
        recipe: The digest of the recipe that it is read by.
        attempts: How often it was tried, that which is going on not counted.
        blamed: Pages that are no longer read, and what is told of them.
        finished_at: By the wall clock.
        elapsed: The same in seconds since its run began, whatever became of the wall clock meanwhile.
        run: Which run was last at work on it; None where none was.

    The other attributes are those of `docai.work.Outcome`.
    """

    stem: str
    path: str
    state: State
    recipe: str
    attempts: int
    blamed: Mapping[int, Problem]
    status: Status | None
    error: Problem | None
    pages: int
    failed_pages: int
    confidence: float | None
    content_hash: str
    engines: tuple[Mapping[str, Any], ...]
    outputs: tuple[str, ...]
    seconds: float
    peak_memory: int
    finished_at: datetime | None
    elapsed: float | None
    run: int | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A time that a document was tried, and how that ended.

    Attributes:
        ended: A status where it was read to the end, else what broke it off.
        page: The page it was at when it was broken off; None where nobody knows.
        pages: How many pages were read; 0 when it was broken off.
        seconds: How long it took.
        ended_at: By the wall clock; `elapsed` is the same in seconds since the run began.
    """

    stem: str
    run: int
    ended: Ended | Status
    page: int | None
    pages: int
    seconds: float
    ended_at: datetime
    elapsed: float


@dataclass(frozen=True, slots=True)
class Counts:
    """How many documents are in each state; of those done, how many in part only; and the pages of those done and failed."""

    waiting: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    partial: int = 0
    pages: int = 0
    failed_pages: int = 0

    @property
    def known(self) -> int:
        """All documents."""
        return self.waiting + self.running + self.done + self.failed


class LedgerView(AbstractContextManager["LedgerView"]):
    """The ledger of an output folder to look at, while a run goes on too; changes nothing. Of one thread."""

    def __init__(self, folder: Path, database: sqlite3.Connection) -> None:
        """Use `LedgerView.open`."""
        self._folder, self._database = folder, database

    @classmethod
    def open(cls, folder: Path) -> LedgerView:
        """Return the ledger of an output folder.

        Raises:
            NothingToDo: No batch wrote there.
            LedgerDamaged: It makes no sense, or is one of a newer docai.
            Unreadable: It may not be read.
        """
        if not ledger_path(folder).exists():
            raise NothingToDo(f"{folder}: no batch was written here; name the output folder of one")
        with translated(folder, reading=True):
            return cls(folder, opened_to_read(folder))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let the files go."""
        self._database.close()

    def entries(self, states: frozenset[State] | set[State] | None = None) -> Iterator[Entry]:
        """Yield what is known of each document, of those in `states` or of all, in the order in which they were found first.

        Each comes once; one that changes meanwhile is as it was when its turn came.
        """
        wanted = sorted(states) if states is not None else ["waiting", "running", "done", "failed"]
        marks = ", ".join("?" * len(wanted))
        statement = f"SELECT * FROM documents WHERE number > ? AND state IN ({marks}) ORDER BY number LIMIT {PAGE}"  # noqa: S608  # question marks
        for row in self._paged(statement, *wanted):
            yield _entry(row)

    def attempts(self) -> Iterator[Attempt]:
        """Yield how each attempt at a document ended, in order, those of earlier runs and recipes too."""
        statement = f"""SELECT attempts.*, documents.stem FROM attempts JOIN documents ON documents.number = attempts.document
            WHERE attempts.number > ? ORDER BY attempts.number LIMIT {PAGE}"""  # noqa: S608  # a constant
        for row in self._paged(statement):
            yield Attempt(
                stem=os.fsdecode(row["stem"]),
                run=row["run"],
                ended=row["ended"],
                page=row["page"],
                pages=row["pages"],
                seconds=row["seconds"],
                ended_at=_moment(row["ended_at"]),
                elapsed=row["elapsed"],
            )

    def counts(self) -> Counts:
        """Return how many documents are in each state."""
        rows = self._rows(
            """SELECT state, count(*) AS documents, sum(status IS 'partial_success') AS partial, sum(pages) AS pages,
            sum(failed_pages) AS failed_pages FROM documents GROUP BY state"""
        )
        found = {row["state"]: row for row in rows}
        ended = [found[state] for state in ("done", "failed") if state in found]
        return Counts(
            **{state: row["documents"] for state, row in found.items()},
            partial=sum(row["partial"] for row in ended),
            pages=sum(row["pages"] for row in ended),
            failed_pages=sum(row["failed_pages"] for row in ended),
        )

    def runs(self) -> list[Run]:
        """Return the runs, the last one last."""
        return [self._run(row) for row in self._rows("SELECT * FROM runs ORDER BY number")]

    def holder(self) -> Holder | None:
        """Return the run at work in the folder now; None where none is, or nobody can tell."""
        path = lock_path(self._folder)
        try:
            if not path.exists():
                return None
            with lock_of(self._folder).acquire(timeout=0):
                return None
        except filelock.Timeout:
            return holder_of(self._folder)
        except OSError:  # who may not write there cannot ask
            return None

    def _run(self, row: sqlite3.Row) -> Run:
        try:
            recipe = Recipe.of(json.loads(row["recipe"]))
        except TypeError as error:
            raise LedgerDamaged(newer(self._folder)) from error
        return Run(
            number=row["number"],
            recipe=recipe,
            settings=json.loads(row["settings"]),
            host=row["host"],
            pid=row["pid"],
            started_at=_moment(row["started_at"]),
            ended_at=None if row["ended_at"] is None else _moment(row["ended_at"]),
            seconds=row["seconds"],
            code=row["code"],
        )

    def _paged(self, statement: str, *values: Any) -> Iterator[sqlite3.Row]:
        last = 0
        while rows := self._rows(statement, last, *values):
            yield from rows
            last = rows[-1]["number"]

    def _rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with translated(self._folder, reading=True):
            return self._database.execute(statement, values).fetchall()


def problems_of(told: str) -> dict[int, Problem]:
    """Return what is told of pages, by their numbers, from its JSON in the ledger."""
    return {int(page): Problem.model_validate(problem) for page, problem in json.loads(told).items()}


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        stem=os.fsdecode(row["stem"]),
        path=os.fsdecode(row["path"]),
        state=row["state"],
        recipe=row["recipe"],
        attempts=row["attempts"],
        blamed=problems_of(row["blamed"]),
        status=row["status"],
        error=None if row["error"] is None else Problem.model_validate_json(row["error"]),
        pages=row["pages"],
        failed_pages=row["failed_pages"],
        confidence=row["confidence"],
        content_hash=row["content_hash"],
        engines=tuple(json.loads(row["engines"])),
        outputs=tuple(json.loads(row["outputs"])),
        seconds=row["seconds"],
        peak_memory=row["peak_memory"],
        finished_at=None if row["finished_at"] is None else _moment(row["finished_at"]),
        elapsed=row["elapsed"],
        run=row["run"],
    )
