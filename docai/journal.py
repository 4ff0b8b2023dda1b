"""Pages of a document that were read before the process that read them died, so that the next one goes on from there."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from pydantic import TypeAdapter, ValidationError

from docai.reading import PageRead

BEGIN_SECONDS: Final = 2.0  # of reading that may be lost; so short documents never write a journal, which costs 4 ms a dense page

_PAGE: Final = TypeAdapter(PageRead)


class Journal:
    """The pages of one attempt after the other, in a file: a first line that tells what they are of, then a page a line."""

    def __init__(self, path: Path, key: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Find what there is; a journal of another `key`, of a changed file or other options, is dropped."""
        self._path, self._key, self._clock = path, hashlib.sha256(key.encode()).hexdigest(), clock
        self._began = clock()
        self._places: dict[int, int] = {}  # pages to where their lines begin; the pages themselves may be gigabytes
        self._early: list[PageRead] = []  # until it is worth a file
        self._stream: IO[bytes] | None = None
        self._end = 0
        if path.is_file() and not self._find():
            self.drop()

    def __enter__(self) -> Journal:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the file, which stays for the next attempt."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def __len__(self) -> int:
        """Return how many pages are known."""
        return len(self._places)

    def __contains__(self, number: int) -> bool:
        """Return whether a page was read."""
        return number in self._places

    def get(self, number: int) -> PageRead | None:
        """Return a page that was read; None for one that was not."""
        if number not in self._places:
            return None
        with self._path.open("rb") as stream:
            stream.seek(self._places[number])
            try:
                return _PAGE.validate_json(stream.readline().partition(b"\t")[2])
            except ValidationError:  # another version of docai wrote it
                return None

    def keep(self, read: PageRead) -> None:
        """Write a page down, and those before it, once so much time went by that it would be a pity to read them again."""
        self._early.append(read)
        if self._clock() - self._began < BEGIN_SECONDS:
            return
        if self._stream is None:
            self._stream = self._opened()
        for page in self._early:
            self._write(self._stream, page)
        self._early.clear()

    def _write(self, stream: IO[bytes], read: PageRead) -> None:
        line = b"%d\t%s\n" % (read.page.number, _PAGE.dump_json(read))
        stream.write(line)
        stream.flush()  # to the system, which keeps it if this process dies; of a power cut, pages are read again
        self._places[read.page.number] = self._end
        self._end += len(line)

    def drop(self) -> None:
        """Forget all: the document is done."""
        self.__exit__(None, None, None)
        self._places.clear()
        self._early.clear()
        self._end = 0
        self._path.unlink(missing_ok=True)

    def _opened(self) -> IO[bytes]:
        if self._end:
            stream: IO[bytes] = self._path.open("r+b")
            stream.truncate(self._end)  # a line that a death cut short
            stream.seek(self._end)
            return stream
        self._path.parent.mkdir(parents=True, exist_ok=True)
        stream = self._path.open("wb")
        self._end = stream.write(self._key.encode() + b"\n")
        return stream

    def _find(self) -> bool:
        """Note where pages begin; return whether the journal is of this document."""
        with self._path.open("rb") as stream:
            if stream.readline() != self._key.encode() + b"\n":
                return False
            self._end = stream.tell()
            for line in stream:
                number = line.partition(b"\t")[0]
                if not line.endswith(b"\n") or not number.isdigit():
                    break
                self._places[int(number)] = self._end
                self._end += len(line)
        return True
