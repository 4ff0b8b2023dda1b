"""The way in: `extract` for one document, `Extractor` for many, pages as they are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, get_args

import cv2

from docai import document
from docai.document import Answer, Block, Document, Engine, Figure, Mention, Page, Problem, Status, problem_of
from docai.durable import settle
from docai.errors import BackendUnavailable, DocaiError, InputError, NoSuchPage
from docai.exchange import Backend, Reply, Request, Talk, drive_many
from docai.guards import ladder
from docai.limits import Limits
from docai.pictures import Ocr
from docai.reading import Context, PageRead, Pages, joined, safe_page
from docai.registry import BACKENDS, LANGUAGES, MODELS, load
from docai.sources import Input, Origin, PageReference, Source, opened, origin_of, render
from docai.tasks import Task
from docai.tasks.asking import Ask
from docai.tasks.grounding import Find
from docai.tiling import View

if TYPE_CHECKING:
    from docai.sources import Pixels

Quantization = Literal["nf4", "int8", "none"]

FIGURE_DPI: Final = 150  # of saved figures: print on screen at twice its size stays sharp, and files stay small
MAX_FIGURE: Final = 4000  # pixels a side
_RANGE = re.compile(r"^\s*(\d{1,18})?\s*(-)?\s*(\d{1,18})?\s*$")  # int() refuses numbers of thousands of digits


@dataclass(frozen=True, slots=True)
class Progress:
    """A page was read: which, of which document, and how many of how many that makes."""

    name: str
    page_number: int
    done: int
    total: int


OnProgress = Callable[[Progress], None]


class Watch(Protocol):
    """Who looks on while a document is read, so that it can be broken off and gone on with.

    Attributes:
        window: The most pages that are under way at once; None for what the backends want.
        apart: Whether each page is read without a look at others, which tell the style and the running lines of the document.
    """

    window: int | None
    apart: bool

    def source(self, source: Source) -> Source:
        """Return the document to read in place of `source`."""

    def known(self, number: int) -> PageRead | None:
        """Return a page that need not be read again; None for all others."""

    def begun(self, number: int) -> None:
        """Hear that a page is being read."""

    def read(self, read: PageRead) -> None:
        """Hear that it was."""


def parse_pages(pages: str | Iterable[int] | None, page_count: int) -> list[int]:
    """Return the page numbers that `pages` means, ascending and each once: "1-3,7", "5-", "-2", numbers, or None for all.

    Raises:
        NoSuchPage: A page is asked for that the document does not have, or the text is no page range.
    """
    if pages is None:
        return list(range(1, page_count + 1))
    if not isinstance(pages, str):
        numbers = set(pages)
    else:
        numbers = set()
        for part in pages.split(","):
            match = _RANGE.match(part)
            if not match or not (match[1] or match[3]):
                raise NoSuchPage(f"{part!r} is no page range; write pages like 1-3,7 or 5-")
            first = int(match[1] or 1)
            last = int(match[3] or page_count) if match[2] else first
            if last < first or last - first > page_count:  # a range over a billion pages must not fill memory
                raise NoSuchPage(f"there are no pages {part.strip()}; the document has pages 1 to {page_count}")
            numbers.update(range(first, last + 1))
    wrong = [number for number in sorted(numbers) if not 1 <= number <= page_count]
    if wrong or not numbers:
        asked = f"no page {wrong[0]}" if wrong else "no page asked for"
        raise NoSuchPage(f"{asked}; the document has pages 1 to {page_count}")
    return sorted(numbers)


class PageStream(Iterator[Page]):
    """Pages as they are read, in order; when all have come, `rest` is the document without them.

    Closes its file after the last page; `close()` does so earlier.

    Attributes:
        total: How many pages will come.
        error_count: How many problems of severity `error` the pages so far have.
        first_error: The first of them.
        failed_pages: How many of the pages so far have one.
    """

    def __init__(
        self, read: Iterator[PageRead], source: Source, total: int, on_progress: OnProgress | None, closing: ExitStack
    ) -> None:
        """Begin; made by `Extractor.pages`."""
        self.total = total
        self._read, self._source, self._on_progress, self._closing = read, source, on_progress, closing
        self._hash = source.origin.sha256()
        self._engines: dict[Engine, None] = {}
        self._done = self._failed = 0
        self.error_count = self.failed_pages = 0
        self.first_error: Problem | None = None
        self._sure, self._blocks = 0.0, 0
        self._whole: Document | None = None

    @property
    def origin(self) -> Origin:
        """Where the document comes from."""
        return self._source.origin

    def __next__(self) -> Page:
        """Return the next page."""
        read = next(self._read, None)
        if read is None:
            self.close()
            raise StopIteration
        self._engines.update(dict.fromkeys(read.engines))
        self._done += 1
        errors = [problem for problem in read.page.problems if problem.severity == "error"]
        self._failed += bool(errors) and not read.page.blocks
        self.error_count += len(errors)
        self.failed_pages += bool(errors)
        self._sure += sum(block.confidence for block in read.page.blocks)
        self._blocks += len(read.page.blocks)
        self.first_error = self.first_error or next(iter(errors), None)
        if self._on_progress is not None:
            self._on_progress(Progress(self.origin.name, read.page.number, self._done, self.total))
        return read.page

    @property
    def done(self) -> int:
        """How many pages have come."""
        return self._done

    @property
    def confidence(self) -> float | None:
        """The mean confidence, 0..1, of the blocks so far; None where there are none."""
        return self._sure / self._blocks if self._blocks else None

    @property
    def rest(self) -> Document:
        """The document without its pages, as far as it has been read."""
        return self._whole or self._document()

    def _document(self) -> Document:
        status: Status = "partial_success" if self.error_count or self._done < self.total else "success"
        if self._done and self._failed == self._done:
            status = "failure"
        return Document(
            name=self.origin.name,
            content_hash=self._hash,
            status=status,
            page_count=self._source.page_count,
            form_fields=self._source.form_fields(),
            outline=self._source.outline(),
            attachments=self._source.attachments(),
            problems=self._source.problems(),
            engines=tuple(self._engines),
        )

    def close(self) -> None:
        """Release the file; `rest` stays."""
        if self._whole is None:
            self._whole = self._document()
            if isinstance(self._read, Generator):
                self._read.close()
            self._closing.close()


class Extractor:
    """Reads documents, one or many, with the same settings."""

    def __init__(  # noqa: PLR0913  # the settings, all by keyword
        self,
        *,
        backend: str | Backend = "auto",
        model: str | Backend | None = None,
        quantization: Quantization = "nf4",
        revision: str | None = None,
        most_tiles: int | None = None,
        languages: Sequence[str] = LANGUAGES,
        ocr: Ocr = "auto",
        limits: Limits | None = None,
    ) -> None:
        """Choose who reads.

        Args:
            backend: `auto`: rules and geometry, and with a model given that one too, for what they cannot tell; `classical`: these
                alone; `vlm`: a vision-language model on this machine; `endpoint`: one on a server that speaks OpenAI's protocol; or
                a `Backend` of your own that answers everything.
            model: The model of `auto`, `vlm` or `endpoint`: a name on the Hugging Face hub, a folder, what the server calls it, or
                one that is open already.
            quantization: How the weights of a local model are held: `nf4` in 4 bits, `int8`, or `none`.
            revision: Which revision of a model on the hub.
            most_tiles: How many tiles a local model is shown of a region at most; None for what its checkpoint says. Fewer are
                faster (VARCO-VISION's authors use 4 for charts), more show finer print (16 for documents).
            languages: ISO 639-1 codes of the languages to expect, most likely first.
            ocr: When pictures of text are read: `auto` where no text layer tells what they say, `always` in place of every
                text layer, `never`.
            limits: How large documents may be; those of `docai.Limits()` where it is None.

        Raises:
            BackendUnavailable: There is no such backend, it has no models, or the model cannot be loaded.
            MissingDependency: The backend needs packages that are not installed.
            ValueError: `ocr` is none of these, or there are no languages.
        """
        if ocr not in get_args(Ocr):
            raise ValueError(f"ocr is auto, always or never, not {ocr!r}")
        if not languages:
            raise ValueError("no languages; name at least one, such as en")
        self._backends, self._reader, self._model = _choose(
            backend, model, {"quantization": quantization, "revision": revision, "most_tiles": most_tiles}
        )
        self._languages = tuple(languages)
        self._ocr: Ocr = ocr
        self._limits = limits or Limits()

    def extract(  # the options of a call, all by keyword
        self,
        source: Input,
        *,
        pages: str | Iterable[int] | None = None,
        password: str | None = None,
        figures: str | Path | None = None,
        on_progress: OnProgress | None = None,
    ) -> Document:
        """Return a document with its pages; the arguments are those of `pages`.

        Raises:
            InputError: Nothing of it could be read; which kind tells why.
        """
        stream = self.pages(source, pages=pages, password=password, figures=figures, on_progress=on_progress)
        read = tuple(stream)
        return document.replace(stream.rest, pages=read)

    def extract_many(
        self, sources: Iterable[Input], *, password: str | None = None, on_progress: OnProgress | None = None
    ) -> Iterator[Document]:
        """Yield a document for each source, lazily and in order; one that cannot be read has the status "failure"."""
        for source in sources:
            origin = origin_of(source, password, self._limits)
            try:
                yield self.extract(source if origin.data is None else origin.data, password=password, on_progress=on_progress)
            except DocaiError as error:
                yield Document(name=origin.name, status="failure", problems=(problem_of(error),))

    def pages(
        self,
        source: Input,
        *,
        pages: str | Iterable[int] | None = None,
        password: str | None = None,
        figures: str | Path | None = None,
        on_progress: OnProgress | None = None,
        watch: Watch | None = None,
    ) -> PageStream:
        """Return the pages as they are read; memory does not grow with their number.

        Args:
            source: A path, bytes, or a binary file object.
            pages: Which pages, from 1: "1-3,7", or numbers; all where it is None.
            password: Of an encrypted PDF.
            figures: A folder to save figures in as PNG; `Figure.file` then names them, relative to it.
            on_progress: Called after each page with a `Progress`.
            watch: Who looks on.

        Raises:
            InputError: Nothing of it could be read; which kind tells why.
        """
        with ExitStack() as stack:
            origin = origin_of(source, password, self._limits)
            opening = stack.enter_context(opened(origin, watch.source if watch else None))
            numbers = parse_pages(pages, opening.page_count)
            held = Pages(opening, alone=numbers[0] if watch is not None and watch.apart else None)
            context = Context(held.style(), self._languages, self._reader, self._model, self._ocr)
            window = (watch and watch.window) or self._window
            read = joined(drive_many(_talks(held, numbers, context, watch), self._backends, window=window))
            if figures is not None:
                read = _with_figures(read, opening.origin, Path(figures))
            return PageStream(read, opening, len(numbers), on_progress, stack.pop_all())

    def ask(
        self, source: Input, question: str, *, pages: str | Iterable[int] | None = None, password: str | None = None
    ) -> Iterator[Answer]:
        """Yield for each page what a model answers to a question about it; an empty text, with its problems, where it cannot.

        Raises:
            BackendUnavailable: There is no model to ask.
            InputError: Nothing of the document could be read; which kind tells why.
        """
        for number, reply in self._told(source, Ask(question), pages, password):
            answer = reply.answer if isinstance(reply.answer, Answer) else Answer(text="", page_number=number, confidence=0.0)
            yield document.replace(answer, confidence=reply.confidence, problems=reply.problems)

    def ground(
        self, source: Input, phrase: str, *, pages: str | Iterable[int] | None = None, password: str | None = None
    ) -> Iterator[Mention]:
        """Yield for each page where on it what a phrase tells of stands, as a model sees it; without boxes where it does not.

        Raises:
            BackendUnavailable: There is no model to ask.
            InputError: Nothing of the document could be read; which kind tells why.
        """
        for number, reply in self._told(source, Find(phrase), pages, password):
            mention = (
                reply.answer if isinstance(reply.answer, Mention) else Mention(phrase=phrase, page_number=number, confidence=0.0)
            )
            yield document.replace(mention, problems=reply.problems)  # it is as sure as its own words, not as all that was said

    @property
    def reads_by_rules(self) -> bool:
        """Whether rules and geometry read pages, alone or with a model beside them; a model alone otherwise."""
        return self._reader == "classical"

    def replies(self, asked: Iterable[tuple[Input, Task]]) -> Iterator[Reply]:
        """Return what a model says to a task about the first page of each source, in order; one reply each, whatever fails.

        Batches are filled across sources, which are taken as they are needed.

        Raises:
            BackendUnavailable: There is no model to ask.
        """
        backend = self._asked()
        talks = (_asking(source, task, backend) for source, task in asked)
        return drive_many(talks, self._backends, window=self._window)

    def _asked(self) -> str:
        """Return the backend that answers questions."""
        backend = self._model or self._reader
        if backend == "classical":
            raise BackendUnavailable("rules and geometry answer no questions; name a model (model=, --model)")
        return backend

    def _told(
        self, source: Input, task: Task, pages: str | Iterable[int] | None, password: str | None
    ) -> Iterator[tuple[int, Reply]]:
        """Yield the number of each page and what a model says of it."""
        backend = self._asked()
        with opened(origin_of(source, password, self._limits)) as opening:
            numbers = parse_pages(pages, opening.page_count)
            sheets = (opening.page(number) for number in numbers)
            views = (View(page.reference, page.width_points, page.height_points, words=page.words) for page in sheets)
            talks = (ladder(Request(task, (view,), backend)) for view in views)
            yield from zip(numbers, drive_many(talks, self._backends, window=self._window), strict=True)

    @property
    def _window(self) -> int:
        return 2 * max(backend.batch for backend in self._backends.values())


def _talks(pages: Pages, numbers: Sequence[int], context: Context, watch: Watch | None) -> Iterator[Talk[PageRead]]:
    for number in numbers:
        yield safe_page(pages, number, context) if watch is None else _watched(pages, number, context, watch)


def _watched(pages: Pages, number: int, context: Context, watch: Watch) -> Talk[PageRead]:
    known = watch.known(number)
    if known is not None:
        return known
    read = yield from safe_page(pages, number, context, watch.begun)
    watch.read(read)
    return read


def _asking(source: Input, task: Task, backend: str) -> Talk[Reply]:
    """Ask about the first page of a source; what keeps it from being asked is told in place of the answer."""
    try:
        with opened(origin_of(source)) as opening:  # not while it is asked: another question may be about the same picture
            page = opening.page(1)
        view = View(page.reference, page.width_points, page.height_points, words=page.words)
        return (yield from ladder(Request(task, (view,), backend)))
    except DocaiError as error:
        return Reply(problems=(problem_of(error),), confidence=0.0)


def _choose(
    backend: str | Backend, model: str | Backend | None, options: Mapping[str, Any]
) -> tuple[Mapping[str, Backend], str, str | None]:
    """Return the backends in use by name, which of them reads, and which is a model that is asked as well."""
    if not isinstance(backend, str):
        return {"given": backend}, "given", None
    if backend not in ("auto", "classical", *MODELS):
        raise BackendUnavailable(f"there is no backend {backend!r}; choose auto, classical, {' or '.join(MODELS)}")
    if backend == "classical" and model is not None:
        raise BackendUnavailable("the classical backend has no models to choose from; leave model out, or choose auto or vlm")
    if backend == "vlm" and model is None:
        raise BackendUnavailable(
            "which model? Name one (model=, --model): its folder, or its name on the hub, such as OpenGVLab/InternVL3-1B-hf"
        )
    if backend in MODELS:
        return {backend: _opened(backend, model, options)}, backend, None
    classical = load(BACKENDS["classical"])()
    if model is None:
        return {"classical": classical}, "classical", None
    return {"classical": classical, "vlm": _opened("vlm", model, options)}, "classical", "vlm"


def _opened(backend: str, model: str | Backend | None, options: Mapping[str, Any]) -> Backend:
    if model is not None and not isinstance(model, str):
        return model
    opened: Backend = load(MODELS[backend])(model, **options)
    return opened


def _with_figures(pages: Iterator[PageRead], origin: Origin, folder: Path) -> Iterator[PageRead]:
    """Yield pages whose figures are saved under `folder`/`name`.figures and name their files."""
    for read in pages:
        problems: dict[Problem, None] = dict.fromkeys(read.page.problems)
        blocks = []
        for block in read.page.blocks:
            saved, problem = _saved(block, read.page, origin, folder)
            blocks.append(saved)
            if problem is not None:
                problems[problem] = None
        yield replace(read, page=document.replace(read.page, blocks=tuple(blocks), problems=tuple(problems)))


def _saved(block: Block, page: Page, origin: Origin, folder: Path) -> tuple[Block, Problem | None]:
    """Return a block whose figure, if it is one, is saved and named, and what is to be said of how it was drawn."""
    content = block.content
    if not isinstance(content, Figure):
        return block, None
    width = max(1, min(MAX_FIGURE, round(content.box.width * page.width_points * FIGURE_DPI / 72)))
    height = max(1, min(MAX_FIGURE, round(content.box.height * page.height_points * FIGURE_DPI / 72)))
    try:
        pixels, problem = render(PageReference(origin, page.number), width, height, content.box)
    except InputError as error:
        message = f"the figure cannot be saved: {error}"
        return block, Problem(code="figure_not_saved", message=message, page_number=page.number, block=block.id)
    name = f"{origin.name}.figures/{block.id.replace('/', '-')}.png"
    save_picture(pixels, folder / name)
    return document.replace(block, content=document.replace(content, file=name)), problem


def save_picture(pixels: Pixels, path: Path) -> None:
    """Save (height, width, 3) RGB pixels as a PNG, which appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _, png = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    temporary = path.with_name(f"{path.name}.part")
    try:
        temporary.write_bytes(png.tobytes())
        settle(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def extract(  # noqa: PLR0913  # the options of a call, all by keyword
    source: Input,
    *,
    pages: str | Iterable[int] | None = None,
    password: str | None = None,
    languages: Sequence[str] = LANGUAGES,
    backend: Literal["auto", "classical", "vlm", "endpoint"] | Backend = "auto",
    model: str | None = None,
    quantization: Quantization = "nf4",
    revision: str | None = None,
    most_tiles: int | None = None,
    ocr: Ocr = "auto",
    limits: Limits | None = None,
    figures: str | Path | None = None,
    on_progress: OnProgress | None = None,
) -> Document:
    """Return a PDF or picture as a document: text, tables and figures, each with its box.

    Args:
        source: A path, bytes, or a binary file object.
        pages: Which pages, from 1: "1-3,7", or numbers; all where it is None.
        password: Of an encrypted PDF.
        languages: ISO 639-1 codes of the languages to expect, most likely first.
        backend: Who reads; see `Extractor`.
        model, quantization, revision, most_tiles: Of `auto`, `vlm` and `endpoint`; see `Extractor`.
        ocr: When pictures of text are read; see `Extractor`.
        limits: How large the document may be; see `Limits`.
        figures: A folder to save figures in as PNG.
        on_progress: Called after each page with a `Progress`.

    Raises:
        InputError: Nothing of it could be read: `Unreadable`, `Encrypted`, `NoSuchPage` or `OverLimit`.
        BackendUnavailable: There is no such backend, or its model cannot be loaded.
    """
    reader = Extractor(
        backend=backend,
        model=model,
        quantization=quantization,
        revision=revision,
        most_tiles=most_tiles,
        languages=languages,
        ocr=ocr,
        limits=limits,
    )
    return reader.extract(source, pages=pages, password=password, figures=figures, on_progress=on_progress)
