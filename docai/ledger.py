"""What is known of each document of an output folder, on disk, so that a batch goes on where it was, whatever was killed.

One process writes, that of the run, which holds the folder's lock; any number read, meanwhile too. What was told of a document
is on disk when the call returns: it outlives the death of the process at any moment. When the power fails, the last documents
may be forgotten, and are read again to the same bytes; the file itself stays whole.

Source: SQLite, "Write-Ahead Logging" (sqlite.org/wal.html) and "PRAGMA synchronous" (sqlite.org/pragma.html#pragma_synchronous):
with `journal_mode=WAL` and `synchronous=NORMAL`, a transaction may roll back after a power failure, is durable when a program
dies, and the database stays consistent in both cases.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path, PurePath
from types import TracebackType
from typing import Any, Final, Literal, Protocol

import filelock

from docai.document import Problem, Status
from docai.errors import DocaiError, LedgerDamaged, NothingToDo, OutputInUse, OutputUnwritable, Unreadable
from docai.inputs import PRIVATE, is_url
from docai.sources import Origin
from docai.work import Outcome, Recipe, Work

SCHEMA: Final = 1
APPLICATION: Final = 0x646F6361  # "doca": tells our database from another's (sqlite.org/pragma.html#pragma_application_id)
PATIENCE: Final = 30  # seconds that a statement waits for somebody who looks into the database with a tool of their own
LOCK_PATIENCE: Final = 0.5  # seconds; `LedgerView.holder` takes the lock for less than a millisecond to see whether it is free
BATCH: Final = 1000  # documents found that are written at once: 10,000 one by one take twice as long
BATCH_SECONDS: Final = 0.5  # and that wait no longer than this for others
# A file changed twice within one tick of its clock looks unchanged; FAT's tick, the longest, is two seconds.
# Source: git, "Use of index and Racy Git problem" (git-scm.com/docs/racy-git), whose cure this is
TICK: Final = 2.0
PAGE: Final = 500  # entries fetched at once; a reader who holds one long look at the database keeps its log from shrinking

State = Literal["waiting", "running", "done", "failed"]
Ended = Literal["time_limit", "memory_limit", "crashed", "transient"]

# Names are bytes, since not every file's name is text. What a document's last reading gave is NULL where there was none.
TABLES: Final = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY, recipe TEXT NOT NULL, settings TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL,
    started_at REAL NOT NULL, ended_at REAL, seconds REAL, code INTEGER
);
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, stem BLOB NOT NULL UNIQUE, path BLOB NOT NULL,
    signature TEXT, settled INTEGER NOT NULL, recipe TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0, blamed TEXT NOT NULL DEFAULT '{}', alone INTEGER NOT NULL DEFAULT 0,
    status TEXT, content_hash TEXT NOT NULL DEFAULT '', pages INTEGER NOT NULL DEFAULT 0, failed_pages INTEGER NOT NULL DEFAULT 0,
    confidence REAL, engines TEXT NOT NULL DEFAULT '[]', error TEXT, outputs TEXT NOT NULL DEFAULT '[]',
    seconds REAL NOT NULL DEFAULT 0, peak_memory INTEGER NOT NULL DEFAULT 0, finished_at REAL, elapsed REAL,
    run INTEGER REFERENCES runs (number)
);
CREATE TABLE attempts (
    number INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents (number),
    run INTEGER NOT NULL REFERENCES runs (number), ended TEXT NOT NULL, page INTEGER, pages INTEGER NOT NULL,
    seconds REAL NOT NULL, ended_at REAL NOT NULL, elapsed REAL NOT NULL
);
"""
_NO_OUTCOME: Final = """status = NULL, content_hash = '', pages = 0, failed_pages = 0, confidence = NULL, engines = '[]',
    error = NULL, outputs = '[]', seconds = 0, peak_memory = 0, finished_at = NULL, elapsed = NULL"""
_NOBODY_BLAMED: Final = "attempts = 0, blamed = '{}', alone = 0"
_NEW: Final = f"""INSERT INTO documents (stem, path, signature, settled, recipe, state)
    VALUES (:stem, :path, :signature, :settled, :recipe, 'waiting')
    ON CONFLICT (stem) DO UPDATE SET path = :path, signature = :signature, settled = :settled, recipe = :recipe, state = 'waiting',
    {_NO_OUTCOME}, {_NOBODY_BLAMED}"""  # noqa: S608  # constants
_AGAIN: Final = f"""UPDATE documents SET signature = :signature, settled = :settled, state = 'waiting', {_NO_OUTCOME}
    WHERE stem = :stem"""  # noqa: S608  # a constant
_ASKED: Final = "UPDATE documents SET signature = :signature, settled = :settled, state = 'waiting' WHERE stem = :stem"
_FORGIVEN: Final = f"""UPDATE documents SET state = 'waiting', {_NO_OUTCOME}, {_NOBODY_BLAMED}
    WHERE state IN ('done', 'failed') AND status = ?"""  # noqa: S608  # constants
_TOUCHED: Final = "UPDATE documents SET signature = :signature, settled = :settled WHERE stem = :stem"


class Found(Protocol):
    """A document that was found. One with a `signature` (a text; None where there is none) knows when its bytes change."""

    @property
    def path(self) -> str | os.PathLike[str]:
        """Where it lies: a path, or a URL as text."""

    @property
    def stem(self) -> str | os.PathLike[str]:
        """Where its outputs go below the output folder, without the suffix of a format."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The run at work in an output folder: on which computer, in which process, since when (UTC)."""

    host: str
    pid: int
    since: str


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


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a file looks like from outside; `settled` tells that a change from now on would show in the signature."""

    signature: str | None
    settled: bool


class Ledger(AbstractContextManager["Ledger"]):
    """The ledger of the one run that is at work in an output folder. Of one thread.

    Law: killed at any moment and opened again, it holds every document that `finished` returned for, and `begin` makes those
    that were at work waiting ones.
    """

    def __init__(self, folder: Path, database: sqlite3.Connection, held: ExitStack) -> None:
        """Use `Ledger.open`."""
        self._folder, self._database, self._held = folder, database, held
        self._file = _identity(_ledger(folder))
        self._found: dict[bytes, tuple[str, dict[str, Any]]] = {}  # by stem, not yet written
        self._written_at = self._begun_at = time.monotonic()
        self._run: int | None = None
        self._recipe = ""

    @classmethod
    def open(cls, folder: Path) -> Ledger:
        """Return the ledger of an output folder, both made if they are not there.

        Raises:
            OutputInUse: Another run is at work in it.
            OutputUnwritable: It cannot be made or written.
            LedgerDamaged: There is a ledger that cannot be read, or one of a newer docai.
        """
        with _translated(folder), ExitStack() as stack:
            (folder / PRIVATE).mkdir(parents=True, exist_ok=True)
            try:
                stack.enter_context(_lock(folder).acquire(timeout=LOCK_PATIENCE))
            except filelock.Timeout as error:
                raise OutputInUse(_in_use(folder)) from error
            stack.callback(_forget_holder, folder)
            _tell_holder(folder)
            database = stack.enter_context(closing(_opened(folder)))
            return cls(folder, database, stack.pop_all())

    def close(self) -> None:
        """Write what is left to write, and let the folder go."""
        with self._held:
            self._write_found()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it; that what is left cannot be written is no news where the block failed already."""
        try:
            self.close()
        except DocaiError:
            if kind is None:
                raise

    def begin(self, recipe: Recipe, settings: Mapping[str, Any]) -> int:
        """Begin a run and return its number, from 1; documents that a killed run was at are waiting again.

        `settings` are plain JSON values that tell how it works; never a password, since anybody who sees the outputs reads them.
        """
        self._recipe, self._begun_at = recipe.digest, time.monotonic()
        told = (json.dumps(recipe.told()), json.dumps(dict(settings)), socket.gethostname(), os.getpid(), time.time())
        with self._writing() as database:
            database.execute("UPDATE documents SET state = 'waiting' WHERE state = 'running'")
            statement = "INSERT INTO runs (recipe, settings, host, pid, started_at) VALUES (?, ?, ?, ?, ?)"
            self._run = database.execute(statement, told).lastrowid
        assert self._run is not None
        return self._run

    def due(self, job: Found) -> Work | None:
        """Return what is to be done about a document, which is waiting then; None where nothing is.

        Nothing is where it was read by this recipe, its bytes are the same and its outputs are there; and where it failed and
        its bytes are the same (see `forgive`). Bytes are the same where the size, times and inode of a file are, or else
        where their hash is: a file that was only touched is not read again. Of a URL, only its job's `signature` can tell; where
        it does not, the document is due again, and `known_hash` tells what was read.

        Raises:
            OutputUnwritable: What is known cannot be written.
        """
        assert self._run is not None, "a run begins before its documents are found"
        stem, path, seen = _stem(job), os.fsencode(getattr(job, "identity", "") or _whole(job.path)), _look(job)
        row = self._row(stem)
        work = Work(os.fsdecode(stem), os.fspath(job.path))
        if row is None or row["path"] != path or row["recipe"] != self._recipe or (same := _same(row, path, seen)) is False:
            self._find(_NEW, stem, path, seen)
            return work
        work = Work(work.stem, work.path, blamed=_problems(row["blamed"]), alone=bool(row["alone"]))
        if row["state"] == "failed" or (row["state"] == "done" and same and self._there(json.loads(row["outputs"]))):
            if (row["signature"], bool(row["settled"])) != (seen.signature, seen.settled):
                self._find(_TOUCHED, stem, path, seen)
            return None
        self._find(_AGAIN if same else _ASKED, stem, path, seen)
        return work

    def owner(self, stem: str) -> str | None:
        """Return the identity of the document that a stem belongs to; None where it belongs to none."""
        row = self._row(os.fsencode(stem))
        return None if row is None else os.fsdecode(row["path"])

    def known_hash(self, stem: str) -> str:
        """Return the hash of the bytes that a waiting document's outputs were made from by this recipe; "" where there are none.

        For a document from which nothing but its bytes tells whether it changed: who has them calls `unchanged` if they are these.
        """
        row = self._row(os.fsencode(stem))
        kept = row is not None and row["status"] not in (None, "failure") and row["recipe"] == self._recipe
        return str(row["content_hash"]) if row is not None and kept and self._there(json.loads(row["outputs"])) else ""

    def unchanged(self, stem: str) -> None:
        """Tell that a document is done as it was, since its bytes have the hash that `known_hash` told."""
        self._update(stem, "state = 'done'")

    def started(self, stem: str) -> None:
        """Tell that a document is being read."""
        self._update(stem, "state = 'running', run = :run", run=self._run)

    def broken_off(  # an attempt, all by keyword
        self, stem: str, ended: Ended, *, page: int | None, seconds: float, blamed: Mapping[int, Problem]
    ) -> None:
        """Tell that an attempt ended badly; the document is waiting again.

        `blamed` are pages not to be read in the next attempt, in this run or another; those told before stay blamed. Unless it
        ended because of others (`transient`), that attempt reads page by page.
        """
        row = self._row(os.fsencode(stem))
        pages = _problems(row["blamed"] if row is not None else "{}") | dict(blamed)
        with self._writing() as database:
            changes = "state = 'waiting', attempts = attempts + 1, blamed = :blamed, alone = alone OR :alone, run = :run"
            told = {"blamed": _json_of(pages), "alone": ended != "transient", "run": self._run}
            number = self._change(database, stem, changes, told)
            self._add_attempt(database, number, ended, page, pages=0, seconds=seconds)

    def put_back(self, stem: str) -> None:
        """Tell that a document is waiting again through no fault of its own; no attempt is charged."""
        self._update(stem, "state = 'waiting'")

    def finished(self, stem: str, outcome: Outcome, *, attempts: int | None = None) -> None:
        """Tell what came of a document: it is done, or failed.

        `attempts` tells how many it took in all; None for one more than those that were broken off.
        """
        now, elapsed = time.time(), time.monotonic() - self._begun_at
        told = {
            "state": "failed" if outcome.status == "failure" else "done",
            "status": outcome.status,
            "attempts": attempts,
            "content_hash": outcome.content_hash,
            "pages": outcome.pages,
            "failed_pages": outcome.failed_pages,
            "confidence": outcome.confidence,
            "engines": json.dumps([dict(engine) for engine in outcome.engines]),
            "error": None if outcome.error is None else outcome.error.model_dump_json(),
            "outputs": json.dumps(outcome.outputs),
            "seconds": outcome.seconds,
            "peak_memory": outcome.peak_memory,
            "finished_at": now,
            "elapsed": elapsed,
            "run": self._run,
        }
        changes = ", ".join(f"{name} = :{name}" for name in told if name != "attempts")
        with self._writing() as database:
            number = self._change(database, stem, f"{changes}, attempts = coalesce(:attempts, attempts + 1)", told)
            self._add_attempt(database, number, outcome.status, None, pages=outcome.pages, seconds=outcome.seconds)

    def end(self, code: int) -> None:
        """Tell with which exit code the run ended."""
        with self._writing() as database:
            told = (time.time(), time.monotonic() - self._begun_at, code, self._run)
            database.execute("UPDATE runs SET ended_at = ?, seconds = ?, code = ? WHERE number = ?", told)

    def forgive(self, statuses: Iterable[Status]) -> int:
        """Make documents that came out so waiting ones, no page of which is blamed, and return how many there were."""
        with self._writing() as database:
            return sum(database.execute(_FORGIVEN, (status,)).rowcount for status in statuses)

    # How it is written

    def _row(self, stem: bytes) -> sqlite3.Row | None:
        if stem in self._found:
            self._write_found()
        with _translated(self._folder):
            row: sqlite3.Row | None = self._database.execute("SELECT * FROM documents WHERE stem = ?", (stem,)).fetchone()
        return row

    def _find(self, statement: str, stem: bytes, path: bytes, seen: _Seen) -> None:
        told = {"stem": stem, "path": path, "recipe": self._recipe, "signature": seen.signature, "settled": seen.settled}
        self._found[stem] = (statement, told)
        if len(self._found) >= BATCH or time.monotonic() - self._written_at > BATCH_SECONDS:
            self._write_found()

    def _write_found(self) -> None:
        if self._found:
            with self._writing():
                pass

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Write what was found and what the block tells, all or nothing; what was found is kept for later if it cannot be."""
        with _translated(self._folder), ExitStack() as stack:
            if _identity(_ledger(self._folder)) != self._file:  # or it would go on writing into a file that has no name
                raise OutputUnwritable(f"{self._folder}: the ledger was removed or replaced while a run was using it; run again")
            self._database.execute("BEGIN IMMEDIATE")
            stack.callback(self._roll_back)
            for statement, told in self._found.values():
                self._database.execute(statement, told)
            yield self._database
            self._database.execute("COMMIT")
            self._found.clear()
            self._written_at = time.monotonic()

    def _roll_back(self) -> None:
        if self._database.in_transaction:  # not after a commit, nor where SQLite rolled back itself, the disk being full
            with suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")

    def _update(self, stem: str, changes: str, **told: Any) -> None:
        with self._writing() as database:
            self._change(database, stem, changes, told)

    @staticmethod
    def _change(database: sqlite3.Connection, stem: str, changes: str, told: Mapping[str, Any]) -> int:
        """Change what is known of a document and return its number."""
        key = os.fsencode(stem)
        row = database.execute("SELECT number FROM documents WHERE stem = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(f"nothing is known of a document {stem!r}; ask first whether it is due")
        database.execute(f"UPDATE documents SET {changes} WHERE number = :number", {**told, "number": row["number"]})  # noqa: S608  # no text of others
        return int(row["number"])

    def _add_attempt(
        self, database: sqlite3.Connection, document: int, ended: Ended | Status, page: int | None, *, pages: int, seconds: float
    ) -> None:
        told = (document, self._run, ended, page, pages, seconds, time.time(), time.monotonic() - self._begun_at)
        database.execute(
            "INSERT INTO attempts (document, run, ended, page, pages, seconds, ended_at, elapsed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            told,
        )

    def _there(self, outputs: list[str]) -> bool:
        return all((self._folder / name).exists() for name in outputs)


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
        if not _ledger(folder).exists():
            raise NothingToDo(f"{folder}: no batch was written here; name the output folder of one")
        with _translated(folder, reading=True):
            return cls(folder, _opened_to_read(folder))

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
        path = _lock_file(self._folder)
        try:
            if not path.exists():
                return None
            with _lock(self._folder).acquire(timeout=0):
                return None
        except filelock.Timeout:
            return _holder(self._folder)
        except OSError:  # who may not write there cannot ask
            return None

    def _run(self, row: sqlite3.Row) -> Run:
        try:
            recipe = Recipe.of(json.loads(row["recipe"]))
        except TypeError as error:
            raise LedgerDamaged(_newer(self._folder)) from error
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
        with _translated(self._folder, reading=True):
            return self._database.execute(statement, values).fetchall()


# Where things are


def _ledger(folder: Path) -> Path:
    return folder / PRIVATE / "ledger.sqlite"


def _lock_file(folder: Path) -> Path:
    return folder / PRIVATE / "lock"


def _holder_file(folder: Path) -> Path:
    return folder / PRIVATE / "lock.json"  # beside the lock: on Windows nobody else can read a file that is locked


def _lock(folder: Path) -> filelock.BaseFileLock:
    """Return the folder's lock, which the system frees when its process ends, however it ends."""
    return filelock.FileLock(_lock_file(folder), thread_local=False)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


# Who is at work


def _tell_holder(folder: Path) -> None:
    since = datetime.now(timezone.utc).isoformat(timespec="seconds")
    path = _holder_file(folder)
    temporary = path.with_name(f"{path.name}.part")
    temporary.write_text(json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "since": since}), encoding="utf-8")
    temporary.replace(path)


def _forget_holder(folder: Path) -> None:
    with suppress(OSError):
        _holder_file(folder).unlink()


def _holder(folder: Path) -> Holder | None:
    try:
        return Holder(**json.loads(_holder_file(folder).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # it has only just begun
        return None


def _in_use(folder: Path) -> str:
    holder = _holder(folder)
    who = f" (on {holder.host}, process {holder.pid}, since {holder.since})" if holder else ""
    return f"{folder}: another run is at work here{who}; wait until it has ended, end it, or name another output folder"


# The database


def _opened(folder: Path) -> sqlite3.Connection:
    """Return the database of a folder, made if it is not there."""
    _check_file(folder)
    with ExitStack() as stack:
        database = stack.enter_context(closing(sqlite3.connect(_ledger(folder), timeout=PATIENCE, isolation_level=None)))
        database.row_factory = sqlite3.Row
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables:  # before anything is written, which would change the database of another program
            _check(database, folder)
        (mode,) = database.execute("PRAGMA journal_mode = WAL").fetchone()
        # where there is no shared memory (some network folders) SQLite keeps to its older journal, which is not safe with less
        database.execute(f"PRAGMA synchronous = {'NORMAL' if mode == 'wal' else 'FULL'}")
        database.execute("PRAGMA foreign_keys = ON")
        if not tables:
            version = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {SCHEMA};"
            database.executescript(f"BEGIN IMMEDIATE; {TABLES} {version} COMMIT;")
        _check_whole(database)
        stack.pop_all()
        return database


def _opened_to_read(folder: Path) -> sqlite3.Connection:
    """Return the database of a folder to read only, also where the files that SQLite wants beside it cannot be made."""
    _check_file(folder)
    log = _ledger(folder).with_name("ledger.sqlite-wal")
    settled = not log.exists() or log.stat().st_size == 0  # then all is in the one file, and nobody is at work
    try:
        return _connected_to_read(folder, "?mode=ro")
    except sqlite3.OperationalError:
        if not settled:
            raise
        return _connected_to_read(folder, "?mode=ro&immutable=1")


def _connected_to_read(folder: Path, options: str) -> sqlite3.Connection:
    with ExitStack() as stack:
        place = _ledger(folder).absolute().as_uri() + options
        database = stack.enter_context(closing(sqlite3.connect(place, uri=True, timeout=PATIENCE, isolation_level=None)))
        database.row_factory = sqlite3.Row
        _check(database, folder)
        stack.pop_all()
        return database


def _check_file(folder: Path) -> None:
    if _ledger(folder).exists() and not _ledger(folder).is_file():
        raise sqlite3.DatabaseError("it is no file")


def _check(database: sqlite3.Connection, folder: Path) -> None:
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise sqlite3.DatabaseError("it is empty, or the database of another program")
    if version > SCHEMA:
        raise LedgerDamaged(_newer(folder))


def _check_whole(database: sqlite3.Connection) -> None:
    (first,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if first != "ok":
        raise sqlite3.DatabaseError(first)


def _newer(folder: Path) -> str:
    return f"{_ledger(folder)}: a newer docai wrote this ledger; run: pip install -U docai, or name another output folder"


@contextmanager
def _translated(folder: Path, *, reading: bool = False) -> Iterator[None]:
    """Turn what SQLite and the system say into errors with a next step."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "no such" in str(error):  # table or column: somebody changed the database; all others come from the system
            raise LedgerDamaged(_damaged(folder, error)) from error
        if reading:
            message = f"{_ledger(folder)}: the ledger cannot be read ({error}); make its folder writable, or look at a copy of it"
            raise Unreadable(message) from error
        raise OutputUnwritable(_unwritable(folder, error)) from error
    except sqlite3.Error as error:
        raise LedgerDamaged(_damaged(folder, error)) from error
    except OSError as error:
        raise OutputUnwritable(_unwritable(folder, error)) from error


def _damaged(folder: Path, error: sqlite3.Error) -> str:
    return (
        f"{_ledger(folder)}: the ledger cannot be read ({error}). The outputs beside it are whole, but which document and options "
        f"each came from is not known; move the folder {folder / PRIVATE} away and run again: every document is read once more, "
        "and its outputs are replaced"
    )


def _unwritable(folder: Path, error: Exception) -> str:
    return (
        f"{folder}: the output folder cannot be written ({error}); free space on its disk, make it writable, or name another one, "
        "and run again: what was done stays done"
    )


# Rows and values


def _stem(job: Found) -> bytes:
    return os.fsencode(job.stem.as_posix() if isinstance(job.stem, PurePath) else os.fspath(job.stem))


def _whole(path: str | os.PathLike[str]) -> bytes:
    """Return a path from the root on, or a URL as it is."""
    return os.fsencode(path if is_url(path) else os.path.abspath(path))  # noqa: PTH100  # resolve() would follow links


def _look(job: Found) -> _Seen:
    if is_url(job.path):
        return _Seen(getattr(job, "signature", None) or None, settled=True)
    try:
        found = os.stat(job.path)  # noqa: PTH116  # a job's path need not be a Path
    except (OSError, ValueError):  # what is wrong with it is told when it is read
        return _Seen(None, settled=True)
    if not stat.S_ISREG(found.st_mode):
        return _Seen(None, settled=True)
    signature = f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"
    now = time.time()
    return _Seen(signature, settled=not any(0 <= now - changed < TICK for changed in (found.st_mtime, found.st_ctime)))


def _same(row: sqlite3.Row, path: bytes, seen: _Seen) -> bool | None:
    """Return whether a document's bytes are those that a row tells of; None where only reading them would tell."""
    looks_same: bool = seen.signature == row["signature"]
    if not row["content_hash"]:  # nobody read it to the end
        return looks_same
    if looks_same and seen.signature is not None and row["settled"]:
        return True
    text = os.fsdecode(path)
    if is_url(text):
        return None if seen.signature is None or row["signature"] is None else False
    try:
        return seen.signature is not None and Origin(text).sha256() == str(row["content_hash"])
    except OSError:  # what is wrong with it is told when it is read
        return False


def _problems(told: str) -> dict[int, Problem]:
    return {int(page): Problem.model_validate(problem) for page, problem in json.loads(told).items()}


def _json_of(problems: Mapping[int, Problem]) -> str:
    return json.dumps({page: problems[page].model_dump(mode="json") for page in sorted(problems)})


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        stem=os.fsdecode(row["stem"]),
        path=os.fsdecode(row["path"]),
        state=row["state"],
        recipe=row["recipe"],
        attempts=row["attempts"],
        blamed=_problems(row["blamed"]),
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
