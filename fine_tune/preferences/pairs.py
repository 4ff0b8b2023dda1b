"""Preferences as they are kept: one JSON line a pair of answers, one good and one worse, and a source that gives them back."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from docai.box import Box
from docai.dialects import Finish
from docai.document import PageNumber, Quarter
from docai.errors import InputError, Unreadable
from docai.pictures import resolution_at
from docai.sources import Origin, opened
from docai.tasks import Task
from docai.tasks.asking import Ask
from docai.tasks.chart import ReadChart
from docai.tasks.grounding import Find, Name
from docai.tasks.page import ReadPage
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import View
from fine_tune.preferences.mistakes import Kind
from fine_tune.samples import BadSample, Cut, Sample, Source, Turn

TASKS: Final[Mapping[str, type]] = {
    "ask": Ask,
    "chart": ReadChart,
    "grounding": Find,
    "page": ReadPage,
    "reading": ReadText,
    "referring": Name,
    "table": ReadTable,
}
MARGIN: Final = 0.005  # of the page, by which a word may stick out of the part of it that is shown

How = Literal["model", "correction", "made"]
Share = Annotated[float, Field(ge=0, le=1)]


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Drawn(_Line):
    """A sample of a source, by its number; `seed` is what the source was begun with, `languages` those of its pages, if told."""

    kind: Literal["drawn"] = "drawn"
    source: str
    seed: int = 0
    number: Annotated[int, Field(ge=0)]
    languages: tuple[str, ...] = ()


class Paged(_Line):
    """A part of a page of a file.

    Attributes:
        file: Where it is, from the folder that the pairs are kept in.
        document: The hash of its bytes, as `Origin.sha256` tells it.
        box: On the page.
        quarter: The clockwise turn of the content, which is undone to show it.
    """

    kind: Literal["paged"] = "paged"
    file: str
    document: str
    page_number: PageNumber
    box: Box
    quarter: Quarter = 0


Place = Annotated[Drawn | Paged, Field(discriminator="kind")]


class Pair(_Line):
    """Two answers to a question, one to be preferred.

    Attributes:
        place: What is shown, so that it can be shown again.
        how: Where the worse answer comes from: a "model" that said it, a "correction" of what was read, or "made" on purpose.
        task: What is asked, as `task_json` tells it; boxes in the frame of the page.
        chosen: The better answer, in the words of the dialect.
        own: Whether the better one is what the model said as well, and not the truth.
        rejected: The worse one, as it was said; one that ran on is cut.
        finish: How the worse one ended: where it is not "stop", it goes on behind the last word.
        kind: What is most wrong with it.
        kinds: All that is, and how often.
        scores: What the task's score gives the better one and the worse one, 0..1.
        dialect: Whose words they are.
    """

    line: Literal["pair"] = "pair"
    place: Place
    how: How
    task: dict[str, JsonValue]
    chosen: str
    own: bool = False
    rejected: Annotated[str, Field(min_length=1)]
    finish: Finish = "stop"
    kind: Kind
    kinds: dict[Kind, int]
    scores: tuple[Share, Share]
    dialect: str


class Passed(_Line):
    """A question that gave no pair, and why; kept so that it is not asked again."""

    line: Literal["passed"] = "passed"
    place: Place
    how: How
    reason: str


_LINES: Final[TypeAdapter[Pair | Passed]] = TypeAdapter(Annotated[Pair | Passed, Field(discriminator="line")])


def read_line(line: bytes) -> Pair | Passed:
    """Return what a line tells.

    Raises:
        ValueError: Neither a pair nor a question that gave none.
    """
    return _LINES.validate_json(line)


def task_json(task: Task) -> dict[str, JsonValue]:
    """Return a task as JSON: its name and its arguments."""
    arguments: dict[str, JsonValue] = to_jsonable_python({one.name: getattr(task, one.name) for one in fields(task)})  # type: ignore[arg-type]  # every task is a dataclass
    return arguments


def task_of(told: Mapping[str, JsonValue]) -> Task:
    """Return the task that JSON tells.

    Raises:
        ValueError: There is no such task, or it has other arguments.
    """
    kind = TASKS.get(str(told.get("name")))
    if kind is None:
        raise ValueError(f"{dict(told)} is no task; there are {', '.join(TASKS)}")
    arguments: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
    try:
        if "box" in arguments:
            arguments["box"] = Box(*arguments["box"])
        task: Task = kind(**arguments)
    except TypeError as error:
        raise ValueError(f"{dict(told)} is no task: {error}") from error
    return task


def paged_view(place: Paged, folder: Path) -> View:
    """Return the part of a page that a place names; `folder` is where files are looked for.

    Raises:
        InputError: The file cannot be opened, has no such page, or is another one than it was.
    """
    origin = Origin(str(folder / place.file))
    if not Path(origin.path or "").is_file() or origin.sha256() != place.document:
        raise Unreadable(f"{origin.path}: is not there, or another file than it was; bring the file that the pairs were made of")
    with opened(origin) as source:
        page = source.page(place.page_number)
    return View(
        page.reference,
        page.width_points,
        page.height_points,
        place.box,
        tuple(word for word in page.words if place.box.contains(word.box, MARGIN)),
        quarter=place.quarter,
        resolution=resolution_at(page, place.box),
    )


class PairSource:
    """Pairs of a file, as samples with an answer and one that is worse.

    A better answer that is the truth is given as the source of the sample tells it, so that it is said as other samples are.
    """

    name = "pairs"

    def __init__(self, path: Path, opened_source: Callable[[Drawn], Source], dialect: str) -> None:
        """Hold the places of a file's lines; what stands there is read when it is asked for.

        Args:
            path: The file; files that it names are looked for from its folder.
            opened_source: Gives the source that a place is one of, begun as the place tells.
            dialect: Of the model that learns; what is in the words of another is a bad sample.

        Raises:
            Unreadable: The file cannot be read.
        """
        self._path, self._opened, self._dialect = path, opened_source, dialect
        self._sources: dict[tuple[str, int, tuple[str, ...]], Source] = {}
        self._lines: list[tuple[int, int]] = []  # the number of each line, but those of questions passed, and where it begins
        try:
            with path.open("rb") as stream:
                start = 0
                for number, line in enumerate(stream, 1):
                    if line.strip() and not line.startswith(b'{"line":"passed"'):
                        self._lines.append((number, start))
                    start += len(line)
        except OSError as error:
            raise Unreadable(f"{path}: cannot be read: {error.strerror or error}; make pairs first") from error
        self.count = len(self._lines)

    def sample(self, number: int) -> Sample:
        """Return a pair as a sample of one turn, by its number from 0.

        Raises:
            BadSample: The line is none, is of another dialect, or what it shows cannot be had again.
            IndexError: There are not so many.
        """
        line, start = self._lines[number]
        origin = f"{self._path}:{line}"
        pair = self._pair(start, origin)
        task = task_of(pair.task)
        rejected = pair.rejected if pair.finish == "stop" else Cut(pair.rejected)
        if isinstance(pair.place, Paged):
            try:
                view = paged_view(pair.place, self._path.parent)
            except InputError as error:
                raise BadSample(origin, str(error)) from error
            return Sample((view,), (Turn(task, pair.chosen, rejected),), origin)
        key = (pair.place.source, pair.place.seed, pair.place.languages)
        if key not in self._sources:
            self._sources[key] = self._opened(pair.place)
        sample = self._sources[key].sample(pair.place.number)
        turn = next((turn for turn in sample.turns if turn.task == task), None)
        if turn is None:
            raise BadSample(origin, f"{pair.place.source} asks something else by now; make the pairs anew")
        answer = pair.chosen if pair.own else turn.answer
        return Sample(sample.views, (Turn(task, answer, rejected),), origin, sample.system)

    def _pair(self, start: int, origin: str) -> Pair:
        with self._path.open("rb") as stream:
            stream.seek(start)
            line = stream.readline()
        try:
            pair = Pair.model_validate_json(line)
            task_of(pair.task)
        except ValueError as error:
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise BadSample(origin, f"no pair ({reason}); take the line out") from error
        if pair.dialect != self._dialect:
            message = f"in the words of {pair.dialect}, and the model speaks {self._dialect}; make pairs with the model that learns"
            raise BadSample(origin, message)
        return pair


def relative(file: Path, folder: Path) -> str:
    """Return where a file is from a folder, as `Paged.file` tells it."""
    return Path(os.path.relpath(file, folder)).as_posix()
