"""In which format the user wants it: one file a format, each fed page by page so that memory stays flat."""

from __future__ import annotations

import io
import os
import secrets
from contextlib import AbstractContextManager
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, runtime_checkable

from docai.document import MARGIN_ROLES, Block, Document, Page, Text, replace
from docai.durable import settle
from docai.registry import EXPORTERS, load
from docai.sources import Input, Origin, origin_of


class Place(Protocol):
    """Where an exporter writes: one stream, or one after the other for each part (a table of a CSV export).

    Attributes:
        source: The document that the pages were read from; None where only its values are at hand.
    """

    source: Origin | None

    def open(self, part: str = "") -> IO[bytes]:
        """Return a stream for `part`; the place closes it, at the latest when it opens the next."""


@runtime_checkable
class Exporter(Protocol):
    """Writes one format, page by page.

    `Exporter(place)` begins, `add(page)` takes the pages in order, `close(rest)` takes the document without its pages.
    """

    def add(self, page: Page) -> None:
        """Write a page, or remember what is needed of it."""

    def close(self, rest: Document) -> None:
        """Write what is left; `rest` is the document with no pages in it."""


class Memory:
    """A place in memory; parts follow one another, an empty line between them."""

    def __init__(self, source: Origin | None = None) -> None:
        self.source = source
        self.stream = io.BytesIO()

    def open(self, part: str = "") -> IO[bytes]:
        """Return the one stream."""
        if self.stream.tell():
            self.stream.write(b"\n")
        return self.stream


class Files(AbstractContextManager["Files"]):
    """Files beside each other, `stem.suffix` and `stem.part.suffix`, which appear whole or not at all.

    Written under a temporary name that does not end in the final suffix, and renamed when the `with` block ends well.
    """

    def __init__(self, stem: Path, suffix: str, source: Origin | None = None, temporary: Path | None = None) -> None:
        """Begin.

        Args:
            stem: The full path without the suffix.
            suffix: That of the format, without a dot.
            source: The document that the pages are read from.
            temporary: A folder on the same disk for what is not whole yet; None for beside the files.
        """
        self.source = source
        self._stem, self._suffix, self._folder = stem, suffix, temporary
        self._mark = secrets.token_hex(8)  # the numbers of processes on several machines may be the same
        self._paths: dict[Path, int] = {}  # numbered in the order in which they are begun
        self._stream: IO[bytes] | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files written, by their final names."""
        return tuple(self._paths)

    def open(self, part: str = "") -> IO[bytes]:
        """Return a stream for `part`, closing the one before; the same name again gives a numbered one."""
        if self._stream is not None:  # hundreds of tables must not keep hundreds of files open
            self._stream.close()
        names = (f"{part}-{n}" if n else part for n in range(1_000_000))
        path = next(p for p in (self._path(name) for name in names) if p not in self._paths)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._paths[path] = len(self._paths)  # before it is there, so that an interrupt leaves nothing behind
        self._stream = self._temporary(path).open("wb")
        return self._stream

    def _path(self, part: str) -> Path:
        return self._stem.with_name(".".join(filter(None, (self._stem.name, part, self._suffix))))

    def _temporary(self, path: Path) -> Path:
        if self._folder is not None:
            return self._folder / f"{self._mark}-{self._paths[path]}.part"
        return path.with_name(f"{path.name}.{os.getpid()}.part")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Rename the files to their final names, or remove them if the block failed."""
        try:
            if self._stream is not None:
                self._stream.close()  # writes what is buffered, which may not fit on the disk
            for path in self._paths if kind is None else ():
                settle(self._temporary(path), path)
        finally:
            for path in self._paths:
                self._temporary(path).unlink(missing_ok=True)


def write(
    document: Document, name: str, stem: Path, source: Input | None = None, *, password: str | None = None
) -> tuple[Path, ...]:
    """Write `document` in the format `name` beside `stem` (`report.pdf` gives `report.pdf.json`) and return the files.

    `source` is what the document was read from, with its password if it has one: `pdf` copies its pages, `hocr` and
    `alto.xml` name it.

    Raises:
        ValueError: The format needs the source, and there is none.
    """
    with Files(stem, name, None if source is None else origin_of(source, password)) as place:
        feed(load(EXPORTERS[name])(place), document)
    return place.paths


def to_text(document: Document, name: str, *, margins: bool = False) -> str:
    """Return `document` in a format that is text; with `margins`, running headers, footers and page numbers in it."""
    place = Memory()
    if margins:
        document = replace(document, pages=tuple(map(with_margins, document.pages)))
    feed(load(EXPORTERS[name])(place), document)
    return place.stream.getvalue().decode()


def with_margins(page: Page) -> Page:
    """Return a page whose running headers, footers and page numbers are paragraphs, which no format leaves out."""
    return replace(page, blocks=tuple(map(_as_paragraph, page.blocks)))


def _as_paragraph(block: Block) -> Block:
    if not isinstance(block.content, Text) or block.content.role not in MARGIN_ROLES:
        return block
    return replace(block, content=replace(block.content, role="paragraph"))


def program() -> str:
    """Return what files name as the program that made them: docai with its version, if it is installed and so has one."""
    try:
        return f"docai {metadata.version('docai')}"
    except metadata.PackageNotFoundError:
        return "docai"


def feed(exporter: Exporter, document: Document) -> None:
    """Give an exporter a whole document."""
    for page in document.pages:
        exporter.add(page)
    exporter.close(replace(document, pages=()))
