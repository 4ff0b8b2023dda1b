"""Reads documents one after the other, each whole: from its path to its outputs on the disk; and does so in a process of its own.

Such a process may be killed at any moment. It tells in shared memory what it is at, so that its parent knows when it hangs and
which page is to blame; it writes outputs under temporary names; and of long documents it keeps the pages that it has read.
"""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import hashlib
import os
import sys
import time
from collections.abc import Callable, MutableSequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2

from docai import document
from docai.box import WHOLE, Box
from docai.delivery import deliver
from docai.document import Attachment, Document, FormField, OutlineEntry, Problem, problem_of
from docai.errors import DocaiError, OutputUnwritable, Unreadable
from docai.extraction import Extractor, PageStream, Progress
from docai.giving_up import check_output, digest_of, give_up, parts_of
from docai.inputs import PRIVATE, fetched
from docai.journal import Journal
from docai.output_names import below
from docai.processes import die_with_parent, ignore_interrupts
from docai.reading import PageRead, unread_page
from docai.registry import load
from docai.sources import LETTER, Glyph, PageReference, Source, SourcePage, TextRun
from docai.work import Outcome, Recipe, Setup, Work

if sys.platform == "linux":
    import resource

if TYPE_CHECKING:
    from docai.exchange import Backend
    from docai.sources import Pixels

FIGURED: Final = frozenset({"json", "md", "html"})  # formats that name figures


Tell = Callable[[int | None], None]


class DocumentReader:
    """Reads documents by a recipe and writes their outputs below a folder."""

    def __init__(self, recipe: Recipe, output: Path, *, model: Backend | None = None) -> None:
        """Begin; `model` is what the recipe's model is asked through, None to open it here.

        Raises:
            DocaiError: The backend asked for is not there, or what it needs is not installed.
        """
        self.recipe, self.output = recipe, output
        self._models = recipe.model is not None or recipe.backend not in ("auto", "classical")
        self._extractor = Extractor(
            backend=recipe.backend,
            model=model if model is not None else recipe.model,
            quantization=recipe.quantization,
            revision=recipe.revision,
            most_tiles=recipe.most_tiles,
            languages=recipe.languages,
            ocr=recipe.ocr,
            limits=recipe.limits,
        )
        self._temporary = output / PRIVATE / "temporary"

    def read(self, work: Work, tell: Tell = lambda _: None, on_progress: Callable[[Progress], None] | None = None) -> Outcome:
        """Return what came of a document, whose outputs are then on the disk; one that fails has an output that says so.

        Args:
            work: Which document.
            tell: Called with the page that is being read, None while no page is.
            on_progress: Called after each page.

        Raises:
            OutputUnwritable: Nothing can be written to the output folder; the document is as if it had not been begun.
        """
        began = time.monotonic()
        try:
            self._temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
            outcome = self._read(work, tell, on_progress)
        except OSError as error:
            check_output(self.output, error)
            outcome = self._failed(work, _os_problem(work, error), transient=error.errno in _PASSING)
        return replace(outcome, seconds=round(time.monotonic() - began, 3))

    def _read(self, work: Work, tell: Tell, on_progress: Callable[[Progress], None] | None) -> Outcome:
        try:
            self._sweep(below(self.output, work.stem))
            with fetched(work.path, most_bytes=self.recipe.limits.file_bytes, below=self._temporary) as path:
                if work.unless and digest_of(path) == work.unless:
                    return Outcome("success", content_hash=work.unless, unchanged=True)
                return self._delivered(work, path, tell, on_progress)
        except DocaiError as error:
            return self._failed(work, problem_of(error), transient=getattr(error, "retryable", False))

    def _delivered(self, work: Work, path: Path, tell: Tell, on_progress: Callable[[Progress], None] | None) -> Outcome:
        """Read a document that is on this machine and write its outputs."""
        stem, recipe = below(self.output, work.stem), self.recipe
        name = hashlib.sha256(os.fsencode(work.stem)).hexdigest()[:32]
        key = f"{digest_of(path)} {recipe.digest}"
        with Journal(self.output / PRIVATE / "pages" / f"{name}.jsonl", key) as journal:
            tell(None)
            try:
                stream = self._extractor.pages(
                    path,
                    pages=recipe.pages,
                    password=work.password,
                    figures=stem.parent if FIGURED & set(recipe.formats) else None,
                    on_progress=on_progress,
                    watch=Watcher(work, journal, tell, None if self._models and not work.alone else 1),
                )
                rest, paths = deliver(
                    stream, recipe.formats, stem, overlay=recipe.overlay, margins=recipe.margins, temporary=parts_of(self.output)
                )
            except DocaiError:
                journal.drop()
                raise
            tell(None)
            journal.drop()
        return self._done(rest, stream, paths)

    def _done(self, rest: Document, stream: PageStream, paths: tuple[Path, ...]) -> Outcome:
        sure = stream.confidence
        return Outcome(
            status=rest.status,
            error=stream.first_error or next((problem for problem in rest.problems if problem.severity == "error"), None),
            pages=stream.done,
            failed_pages=stream.failed_pages,
            confidence=None if sure is None else round(sure, 4),
            content_hash=rest.content_hash or "",
            engines=tuple(engine.model_dump(mode="json", exclude_defaults=True) for engine in rest.engines),
            outputs=tuple(path.relative_to(self.output).as_posix() for path in paths),
        )

    def _failed(self, work: Work, problem: Problem, *, transient: bool = False) -> Outcome:
        return give_up(work, problem, self.recipe, self.output, transient=transient)

    @staticmethod
    def _sweep(stem: Path) -> None:
        """Remove what an attempt that was killed left of pictures."""
        for kind in ("figures", "overlay", "charts"):
            with contextlib.suppress(OSError):
                for left in stem.with_name(f"{stem.name}.{kind}").glob("*.part"):
                    left.unlink(missing_ok=True)


_PASSING: Final = frozenset({errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOSPC, errno.EAGAIN})  # of disks and networks


def _os_problem(work: Work, error: OSError) -> Problem:
    named = f"{os.fspath(error.filename)!r}: " if error.filename else ""
    step = "give it a shorter name" if error.errno == errno.ENAMETOOLONG else "check its name and the disks"
    message = f"{Path(work.path).name}: {named}{error.strerror or error}; {step}"
    return Problem(code="file_error", message=message, severity="error")


class Watcher:
    """Tells which page is being read, keeps pages of long documents, and leaves out those that are to blame for deaths."""

    def __init__(self, work: Work, journal: Journal, tell: Tell, window: int | None) -> None:
        """Begin."""
        self.window, self.apart = window, work.rest is not None
        self._work, self._journal, self._tell = work, journal, tell
        self._until = time.monotonic() + (0.0 if len(journal) else work.spare)  # of `rest`
        self._begun: set[int] = set()  # of these, those that were begun in time are read to their end

    def source(self, source: Source) -> Source:
        """Return the document with an eye on each page."""
        return _Watched(source, self._blame, self._tell)

    def known(self, number: int) -> PageRead | None:
        """Return a page of an earlier attempt, or what stands for one that is not to be read."""
        known = None if number in self._work.blamed else self._journal.get(number)  # what killed may be how it is written
        if known is not None:
            return known
        blame = self._blame(number)
        if blame is not None:
            return unread_page(number, blame)
        self._begun.add(number)
        return None

    def begun(self, number: int) -> None:
        """Tell it."""
        self._tell(number)

    def read(self, read: PageRead) -> None:
        """Keep it."""
        self._journal.keep(read)

    def _blame(self, number: int) -> Problem | None:
        """Return why a page is not to be opened; None for one that is."""
        work = self._work
        if work.rest is None or number in work.blamed or number in self._begun or number in self._journal:
            return work.blamed.get(number)
        return document.replace(work.rest, page_number=number) if time.monotonic() >= self._until else None


class _Watched:
    """A source that tells which page it is at; pages to blame look empty."""

    def __init__(self, source: Source, blame: Callable[[int], Problem | None], tell: Tell) -> None:
        self._source, self._blame, self._tell = source, blame, tell
        self.origin, self.page_count = source.origin, source.page_count

    def page(self, number: int) -> SourcePage:
        blame = self._blame(number)
        if blame is not None:
            return SourcePage(PageReference(self.origin, number), *LETTER, problems=(blame,))
        self._tell(number)
        return self._source.page(number)

    def glyphs(self, number: int) -> tuple[Glyph, ...]:
        return () if self._blame(number) else self._source.glyphs(number)

    def text_runs(self, number: int) -> tuple[TextRun, ...]:
        return () if self._blame(number) else self._source.text_runs(number)

    def render(self, number: int, width: int, height: int, clip: Box = WHOLE) -> tuple[Pixels, Problem | None]:
        blame = self._blame(number)
        if blame is not None:
            raise Unreadable(blame.message)
        return self._source.render(number, width, height, clip)

    def form_fields(self) -> tuple[FormField, ...]:
        self._tell(None)
        return self._source.form_fields()

    def outline(self) -> tuple[OutlineEntry, ...]:
        self._tell(None)
        return self._source.outline()

    def attachments(self) -> tuple[Attachment, ...]:
        return self._source.attachments()

    def problems(self) -> tuple[Problem, ...]:
        return self._source.problems()

    def close(self) -> None:
        self._source.close()


# The process


def serve(connection: Connection, place: MutableSequence[int], setup: Setup, log: Path, memory: int | None) -> None:
    """Read what comes on a connection until it says that there is no more; the body of a worker process.

    Sends `("ready",)`, then for each `Work`: `("page", number, done, total)` after each page, and `("done", outcome)`; or
    `("unable", error)`, or `("full",)` when it was refused memory, and ends.

    Args:
        connection: To the parent.
        place: Memory shared with it, for the page that is being read (0 while none is), and how often that has changed: a message
            for each change would take the parent's time, and that of a core.
        setup: How to read.
        log: A file for what libraries print, and for where in the code a crash happened.
        memory: How many bytes of its own this process may hold; None for any.
    """
    ignore_interrupts()
    die_with_parent()
    with log.open("wb", buffering=0) as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    faulthandler.enable(2)
    cv2.setNumThreads(1)
    if memory is not None:
        _bound(memory)
    try:
        model = load(setup.model[0])(*setup.model[1]) if setup.model else None
        reader = DocumentReader(setup.recipe, setup.output, model=model)
    except DocaiError as error:
        connection.send(("unable", error))
        return
    connection.send(("ready",))
    with contextlib.suppress(EOFError, BrokenPipeError):  # the parent has gone
        for work in iter(connection.recv, None):
            os.ftruncate(2, 0)  # so that it tells of this document alone
            os.lseek(2, 0, os.SEEK_SET)
            try:
                connection.send(("done", _answer(reader, work, connection, place)))
            except OutputUnwritable as error:
                connection.send(("unable", error))
                return
            except MemoryError:  # outside of a page, whose own is a problem of the page
                connection.send(("full",))
                return


def _answer(reader: DocumentReader, work: Work, connection: Connection, place: MutableSequence[int]) -> Outcome:
    def tell(page: int | None) -> None:
        if place[0] != (page or 0):
            place[0] = page or 0
            place[1] += 1

    def after_page(seen: Progress) -> None:
        connection.send(("page", seen.page_number, seen.done, seen.total))

    try:
        return reader.read(work, tell, after_page)
    except (OutputUnwritable, BrokenPipeError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  # one document must not end the process, and it is told in its outcome
        message = f"internal fault: {type(error).__name__}: {str(error)[:200]}; please report this with the document"
        problem = Problem(code="internal_fault", message=message, severity="error")
        return give_up(work, problem, reader.recipe, reader.output)


def _bound(memory: int) -> None:
    """Have memory beyond a bound refused, where the system can: MuPDF and Python then raise, and only a page is lost."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
