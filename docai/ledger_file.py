"""The file of a ledger: where it lies, whose run holds its folder, how it is opened, and what is said when it cannot be."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

import filelock

from docai.errors import LedgerDamaged, OutputUnwritable, Unreadable
from docai.inputs import PRIVATE

SCHEMA: Final = 1
APPLICATION: Final = 0x646F6361  # "doca": tells our database from another's (sqlite.org/pragma.html#pragma_application_id)
PATIENCE: Final = 30  # seconds that a statement waits for somebody who looks into the database with a tool of their own

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


@dataclass(frozen=True, slots=True)
class Holder:
    """The run at work in an output folder: on which computer, in which process, since when (UTC)."""

    host: str
    pid: int
    since: str


# Where things are


def ledger_path(folder: Path) -> Path:
    """Return where the database of an output folder lies."""
    return folder / PRIVATE / "ledger.sqlite"


def lock_path(folder: Path) -> Path:
    """Return where the lock of an output folder lies, which the run at work in it holds."""
    return folder / PRIVATE / "lock"


def _holder_file(folder: Path) -> Path:
    return folder / PRIVATE / "lock.json"  # beside the lock: on Windows nobody else can read a file that is locked


def lock_of(folder: Path) -> filelock.BaseFileLock:
    """Return the folder's lock, which the system frees when its process ends, however it ends."""
    return filelock.FileLock(lock_path(folder), thread_local=False)


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another that takes its name later; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


# Who is at work


def tell_holder(folder: Path) -> None:
    """Write down that this process is at work in an output folder."""
    since = datetime.now(timezone.utc).isoformat(timespec="seconds")
    path = _holder_file(folder)
    temporary = path.with_name(f"{path.name}.part")
    temporary.write_text(json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "since": since}), encoding="utf-8")
    temporary.replace(path)


def forget_holder(folder: Path) -> None:
    """Take that back."""
    with suppress(OSError):
        _holder_file(folder).unlink()


def holder_of(folder: Path) -> Holder | None:
    """Return who wrote down last to be at work in an output folder; None where nobody did, or it makes no sense."""
    try:
        return Holder(**json.loads(_holder_file(folder).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # it has only just begun
        return None


def in_use(folder: Path) -> str:
    """Return, in words, that another run is at work in an output folder, whose, and what to do."""
    holder = holder_of(folder)
    who = f" (on {holder.host}, process {holder.pid}, since {holder.since})" if holder else ""
    return f"{folder}: another run is at work here{who}; wait until it has ended, end it, or name another output folder"


# The database


def opened(folder: Path) -> sqlite3.Connection:
    """Return the database of a folder, made if it is not there."""
    _check_file(folder)
    with ExitStack() as stack:
        database = stack.enter_context(closing(sqlite3.connect(ledger_path(folder), timeout=PATIENCE, isolation_level=None)))
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


def opened_to_read(folder: Path) -> sqlite3.Connection:
    """Return the database of a folder to read only, also where the files that SQLite wants beside it cannot be made."""
    _check_file(folder)
    log = ledger_path(folder).with_name("ledger.sqlite-wal")
    settled = not log.exists() or log.stat().st_size == 0  # then all is in the one file, and nobody is at work
    try:
        return _connected_to_read(folder, "?mode=ro")
    except sqlite3.OperationalError:
        if not settled:
            raise
        return _connected_to_read(folder, "?mode=ro&immutable=1")


def _connected_to_read(folder: Path, options: str) -> sqlite3.Connection:
    with ExitStack() as stack:
        place = ledger_path(folder).absolute().as_uri() + options
        database = stack.enter_context(closing(sqlite3.connect(place, uri=True, timeout=PATIENCE, isolation_level=None)))
        database.row_factory = sqlite3.Row
        _check(database, folder)
        stack.pop_all()
        return database


def _check_file(folder: Path) -> None:
    if ledger_path(folder).exists() and not ledger_path(folder).is_file():
        raise sqlite3.DatabaseError("it is no file")


def _check(database: sqlite3.Connection, folder: Path) -> None:
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise sqlite3.DatabaseError("it is empty, or the database of another program")
    if version > SCHEMA:
        raise LedgerDamaged(newer(folder))


def _check_whole(database: sqlite3.Connection) -> None:
    (first,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if first != "ok":
        raise sqlite3.DatabaseError(first)


def newer(folder: Path) -> str:
    """Return, in words, that a newer docai wrote the ledger, and what to do."""
    return f"{ledger_path(folder)}: a newer docai wrote this ledger; run: pip install -U docai, or name another output folder"


@contextmanager
def translated(folder: Path, *, reading: bool = False) -> Iterator[None]:
    """Turn what SQLite and the system say into errors with a next step."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "no such" in str(error):  # table or column: somebody changed the database; all others come from the system
            raise LedgerDamaged(_damaged(folder, error)) from error
        if reading:
            message = (
                f"{ledger_path(folder)}: the ledger cannot be read ({error}); make its folder writable, or look at a copy of it"
            )
            raise Unreadable(message) from error
        raise OutputUnwritable(_unwritable(folder, error)) from error
    except sqlite3.Error as error:
        raise LedgerDamaged(_damaged(folder, error)) from error
    except OSError as error:
        raise OutputUnwritable(_unwritable(folder, error)) from error


def _damaged(folder: Path, error: sqlite3.Error) -> str:
    return (
        f"{ledger_path(folder)}: the ledger cannot be read ({error}). The outputs beside it are whole, but which document and "
        f"options each came from is not known; move the folder {folder / PRIVATE} away and run again: every document is read once "
        "more, and its outputs are replaced"
    )


def _unwritable(folder: Path, error: Exception) -> str:
    return (
        f"{folder}: the output folder cannot be written ({error}); free space on its disk, make it writable, or name another one, "
        "and run again: what was done stays done"
    )
