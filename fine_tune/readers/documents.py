"""Documents that were read, and put right by people, beside the files they were read from: `invoice.pdf.json` by `invoice.pdf`.

Each page gives a sample of all that it holds, one of its text where it holds nothing else, and one for each table and chart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from docai.box import WHOLE, Box
from docai.document import Block, Chart, Content, Document, Page, Table, Text, replace
from docai.errors import InputError, Unreadable
from docai.pictures import resolution_at
from docai.sources import Origin, SourcePage, opened
from docai.tasks import Task
from docai.tasks.chart import ReadChart
from docai.tasks.page import ReadPage
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import View
from fine_tune.readers.records import Part
from fine_tune.samples import BadSample, Sample, Turn

Asked = Literal["page", "reading", "block"]


@dataclass(frozen=True, slots=True)
class _Place:
    """What a sample is of: a page, by its place in the document, or one of its blocks."""

    page: int
    asked: Asked
    block: int = 0


class Corrected:
    """What a document tells of its pages, as samples."""

    def __init__(self, path: Path, original: Path, languages: tuple[str, ...]) -> None:
        """Hold a document's JSON, the PDF or picture that it was read from, and the languages that it is asked for with.

        Raises:
            Unreadable: The JSON is no document.
        """
        self._path, self._original, self._languages = path, original, languages
        document = _document(path, path.stat().st_mtime_ns)
        self._places = [place for number, page in enumerate(document.pages) for place in _places(number, page)]
        self.name, self.count = path.name, len(self._places)

    def sample(self, number: int) -> Sample:
        """Return a sample, by its number from 0; its origin names the page, and the block where it is of one."""
        place = self._places[number]
        page = _document(self._path, self._path.stat().st_mtime_ns).pages[place.page]
        block = page.blocks[place.block] if place.asked == "block" else None
        origin = f"{self._path}:{block.id if block else f'p{page.number}'}"
        for problem in page.problems:
            if problem.severity == "error" and (block is None or problem.block in (None, block.id)):
                raise BadSample(origin, f"it is not whole: {problem.message}; put it right, and take the problem out")
        source = _page(self._original, page.number, origin)
        view = _view(source, page, block.box if block else WHOLE)
        return Sample((view,), (self._turn(place, page, block),), origin)

    def _turn(self, place: _Place, page: Page, block: Block | None) -> Turn:
        if block is not None:
            task: Task = ReadTable(self._languages) if isinstance(block.content, Table) else ReadChart(self._languages)
            return Turn(task, block.content)
        contents = tuple(_agreeing(one.content) for one in page.blocks)
        return Turn(ReadText(self._languages) if place.asked == "reading" else ReadPage(self._languages), contents)


def opened_document(path: Path, folders: Sequence[Path], languages: tuple[str, ...]) -> list[Part]:
    """Return the samples of a document whose file stands beside its JSON, or in one of some folders.

    Raises:
        Unreadable: It is no document, or its file is not there.
    """
    for folder in (path.parent, *folders):
        original = folder / path.name.removesuffix(".json")
        if original.is_file():
            document = Corrected(path, original, languages)
            return [Part(document, range(document.count), "own")] if document.count else []
    raise Unreadable(f"{path}: the file that it was read from, {path.name.removesuffix('.json')}, is not beside it; put it there")


@lru_cache(maxsize=4)
def _document(path: Path, _changed: int) -> Document:
    """Return a document, which is read again when its file has changed."""
    try:
        return Document.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path}: is no document as docai writes it ({str(error)[:200]}); extract it again") from error


def _places(number: int, page: Page) -> Iterator[_Place]:
    if not page.blocks:
        return
    yield _Place(number, "page")
    if all(isinstance(block.content, Text) for block in page.blocks):
        yield _Place(number, "reading")
    for place, block in enumerate(page.blocks):
        if isinstance(block.content, (Table, Chart)):
            yield _Place(number, "block", place)


def _agreeing(content: Content) -> Content:
    """Return a text without its words where they tell something else: whoever put it right may have left them as they were.

    Words of a text layer differ from their text by spaces and by hyphens at the ends of lines.
    """
    if not isinstance(content, Text) or _letters("".join(word.text for word in content.words)) == _letters(content.text):
        return content
    return replace(content, words=())


def _letters(text: str) -> str:
    return "".join(letter for letter in text if not letter.isspace() and letter not in "-\u00ad\u2010")


def _page(original: Path, number: int, origin: str) -> SourcePage:
    try:
        with opened(Origin(str(original))) as source:
            page = source.page(number)
    except InputError as error:
        raise BadSample(origin, str(error)) from error
    broken = next((problem for problem in page.problems if problem.severity == "error"), None)
    if broken is not None:
        raise BadSample(origin, f"{original.name}: {broken.message}")
    return page


def _view(source: SourcePage, page: Page, box: Box) -> View:
    """Return a part of a page as it is shown to whom it is asked for, upright, with the words of its text layer."""
    inside: dict[str, Any] = {"words": tuple(word for word in source.words if box.contains(word.box, 0.005))}
    size = source.width_points, source.height_points
    return View(source.reference, *size, box, **inside, quarter=page.quarter, resolution=resolution_at(source, box))
