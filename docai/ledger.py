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
from pathlib import Path, PurePath
from types import TracebackType
from typing import Any, Final, Protocol

import filelock

from docai.document import Problem, Status
from docai.errors import DocaiError, OutputInUse, OutputUnwritable
from docai.inputs import PRIVATE, is_url
from docai.ledger_file import forget_holder, identity, in_use, ledger_path, lock_of, opened, tell_holder, translated
from docai.ledger_view import Ended, problems_of
from docai.sources import Origin
from docai.work import Outcome, Recipe, Work

LOCK_PATIENCE: Final = 0.5  # seconds; `LedgerView.holder` takes the lock for less than a millisecond to see whether it is free
BATCH: Final = 1000  # documents found that are written at once: 10,000 one by one take twice as long
BATCH_SECONDS: Final = 0.5  # and that wait no longer than this for others
# A file changed twice within one tick of its clock looks unchanged; FAT's tick, the longest, is two seconds.
# Source: git, "Use of index and Racy Git problem" (git-scm.com/docs/racy-git), whose cure this is
TICK: Final = 2.0

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
        self._file = identity(ledger_path(folder))
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
        with translated(folder), ExitStack() as stack:
            (folder / PRIVATE).mkdir(parents=True, exist_ok=True)
            try:
                stack.enter_context(lock_of(folder).acquire(timeout=LOCK_PATIENCE))
            except filelock.Timeout as error:
                raise OutputInUse(in_use(folder)) from error
            stack.callback(forget_holder, folder)
            tell_holder(folder)
            database = stack.enter_context(closing(opened(folder)))
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
        work = Work(work.stem, work.path, blamed=problems_of(row["blamed"]), alone=bool(row["alone"]))
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
        pages = problems_of(row["blamed"] if row is not None else "{}") | dict(blamed)
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
        with translated(self._folder):
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
        with translated(self._folder), ExitStack() as stack:
            if identity(ledger_path(self._folder)) != self._file:  # or it would go on writing into a file that has no name
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


def _json_of(problems: Mapping[int, Problem]) -> str:
    return json.dumps({page: problems[page].model_dump(mode="json") for page in sorted(problems)})
