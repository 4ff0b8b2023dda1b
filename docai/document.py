"""What a document is: frozen values in one frame, which cross JSON without loss.

Every word, cell, point and block carries a `Box`, in fractions of its page as displayed. Values
never change; `replace` makes a new, validated one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from docai import registry
from docai.box import Box
from docai.errors import DocaiError, code_of

if TYPE_CHECKING:
    import pandas
    from PIL.Image import Image

SCHEMA_VERSION: Final = "1.0"
MAX_POSITIONS: Final = 5_000_000  # of a table; five times the rows of a spreadsheet

Confidence = Annotated[float, Field(ge=0.0, le=1.0)]
PageNumber = Annotated[int, Field(ge=1)]
Quarter = Literal[0, 90, 180, 270]
Severity = Literal["note", "warning", "error"]
Status = Literal["success", "partial_success", "failure"]
Role = Literal[
    "title", "heading", "paragraph", "list_item", "caption", "formula", "footnote", "header", "footer", "page_number", "code"
]
MARGIN_ROLES: frozenset[str] = frozenset({"header", "footer", "page_number"})
ChartType = Literal["bar", "line", "area", "scatter", "pie", "box", "heatmap", "mixed"]
Basis = Literal["text_layer", "ocr", "printed", "vector", "measured", "model"]

Value = TypeVar("Value", bound=BaseModel)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def replace(value: Value, /, **changes: Any) -> Value:
    """Return a copy of `value` with `changes`, checked like any new value.

    Raises:
        ValueError: The changed value is not valid (pydantic's `ValidationError`).
    """
    return type(value).model_validate({**{name: getattr(value, name) for name in type(value).model_fields}, **changes})


class Problem(_Frozen):
    """Something a reader of the document should know: what, how bad, and where.

    Severity `error` means that content is missing, `warning` that it may be wrong, `note` that it is worth knowing.
    """

    code: str
    message: str
    severity: Severity = "warning"
    page_number: PageNumber | None = None
    block: str | None = None


def problem_of(error: DocaiError) -> Problem:
    """Return what a document tells of an error that kept something from being read: its stable code, and its message."""
    return Problem(code=code_of(type(error)), message=str(error), severity="error")


class Reading(_Frozen):
    """One reader's version of a value; kept only where readers disagree."""

    source: str
    text: str
    confidence: Confidence


class Likelihood(_Frozen):
    """How likely a model held a value: the mean and the least natural logarithm of the probabilities of its tokens, at most 0."""

    mean: Annotated[float, Field(le=0.0)]
    least: Annotated[float, Field(le=0.0)]


_Told = Annotated[Likelihood | None, Field(exclude_if=lambda likelihood: likelihood is None)]


class Usage(_Frozen):
    """What an answer cost: tiles looked at, tokens read and written."""

    tiles: Annotated[int, Field(ge=0)] = 0
    prompt_tokens: Annotated[int, Field(ge=0)] = 0
    tokens: Annotated[int, Field(ge=0)] = 0


NO_USAGE: Final = Usage()


class Word(_Frozen):
    """A word as it stands on the page.

    `readings` are what other readers made of it, where they disagree; `likelihood` is told by models that were asked.
    """

    text: str
    box: Box
    confidence: Confidence = 1.0
    readings: Annotated[tuple[Reading, ...], Field(exclude_if=lambda readings: not readings)] = ()
    likelihood: _Told = None


class _Sure(Protocol):
    """A text that somebody is so sure of."""

    @property
    def text(self) -> str:
        """What it says."""

    @property
    def confidence(self) -> float:
        """Probability, 0..1, that it is right."""


def mean_confidence(texts: Iterable[_Sure], *, of_none: float) -> float:
    """Return the mean confidence of texts, longer ones counting more; `of_none` where there are none."""
    pairs = [(len(text.text), text.confidence) for text in texts]
    letters = sum(length for length, _ in pairs)
    return sum(length * sure for length, sure in pairs) / letters if letters else of_none


class Cell(_Frozen):
    """A table's cell: its first row and column (from 0), what it spans, and the box of the cell on the page.

    `number` is the value of a text that is a number and can be read as one in one way only, as `docai.numbers` tells; it is
    what the text says, 12.5 for "12.5%". `page_number` is set only in a table that was joined over pages.
    """

    row: Annotated[int, Field(ge=0)]
    column: Annotated[int, Field(ge=0)]
    row_span: Annotated[int, Field(ge=1)] = 1
    column_span: Annotated[int, Field(ge=1)] = 1
    text: str = ""
    number: Annotated[float | None, Field(exclude_if=lambda number: number is None)] = None
    header: Literal["none", "column", "row", "both"] = "none"
    box: Box
    confidence: Confidence = 1.0
    basis: Basis = "text_layer"
    readings: tuple[Reading, ...] = ()
    likelihood: _Told = None
    page_number: PageNumber | None = None


class _Content(_Frozen):
    page_number: PageNumber
    box: Box
    words: tuple[Word, ...] = ()


class Text(_Content):
    """Running text with its role; `text` has its lines joined and hyphenation undone, `words` are as printed."""

    kind: Literal["text"] = "text"
    role: Role = "paragraph"
    level: Annotated[int, Field(ge=1, le=6)] | None = None
    text: str
    likelihood: _Told = None


class Table(_Content):
    """A table.

    One that was joined over pages has page, box and words of its first part; its cells tell their pages.

    Law: every position of its grid is covered by exactly one cell; what breaks it is no table.
    """

    kind: Literal["table"] = "table"
    row_count: Annotated[int, Field(ge=1)]
    column_count: Annotated[int, Field(ge=1)]
    cells: tuple[Cell, ...]

    @model_validator(mode="after")
    def _cover_each_position_once(self) -> Table:
        self.grid()
        return self

    @property
    def header_row_count(self) -> int:
        """How many leading rows consist of column headers only."""
        return _leading(self.grid(), ("column", "both"))

    @property
    def header_column_count(self) -> int:
        """How many leading columns consist of row headers only, but for the header rows above them."""
        rows = self.grid()[self.header_row_count :]
        return _leading([list(column) for column in zip(*rows, strict=True)], ("row", "both"))

    def grid(self) -> list[list[Cell]]:
        """Return the table as rows of cells, a spanning cell at each position it covers."""
        if self.row_count * self.column_count > MAX_POSITIONS:  # a lie in a JSON file must not fill memory
            raise ValueError(f"a table of {self.row_count} x {self.column_count} positions; at most {MAX_POSITIONS:,} are held")
        rows: list[list[Cell | None]] = [[None] * self.column_count for _ in range(self.row_count)]
        for cell in self.cells:
            if cell.row + cell.row_span > self.row_count or cell.column + cell.column_span > self.column_count:
                raise ValueError(f"cell {cell.row},{cell.column} reaches out of a {self.row_count} x {self.column_count} table")
            for row in range(cell.row, cell.row + cell.row_span):
                for column in range(cell.column, cell.column + cell.column_span):
                    if rows[row][column] is not None:
                        raise ValueError(f"position {row},{column} is covered twice")
                    rows[row][column] = cell
        empty = next(((r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell is None), None)
        if empty:
            raise ValueError(f"position {empty[0]},{empty[1]} is not covered")
        return [[cell for cell in row if cell is not None] for row in rows]

    def to_dataframe(self, *, numbers: bool = False) -> pandas.DataFrame:
        """Return the table as a pandas DataFrame of text; a spanning cell's text stands at each position it covers.

        Header rows become the columns and header columns the index, each of several levels if there are several; without
        any, rows and columns are numbered from 0. With `numbers`, a column that holds numbers and else only what is missing
        (nothing, dashes, "n/a") is one of floats, NaN where they are missing; all others stay text.

        Raises:
            MissingDependency: pandas is not installed.
        """
        frame: pandas.DataFrame = registry.load("docai.exporters.dataframe:to_dataframe")(self, numbers=numbers)
        return frame


def _leading(lines: Sequence[Sequence[Cell]], headers: Container[str]) -> int:
    """Return how many of the first rows, or columns, have no cell but such headers."""
    return next((number for number, line in enumerate(lines) if any(cell.header not in headers for cell in line)), len(lines))


class Axis(_Frozen):
    """A chart's axis; `low` and `high` are the ends of what it shows, in its own unit; `low` is the larger on an inverted one.

    Dates are told as seconds since 1970-01-01 (UTC), and not at all where no year is printed.
    """

    title: str = ""
    unit: str = ""
    scale: Literal["linear", "log", "date", "category"] = "linear"
    low: float | None = None
    high: float | None = None


class Point(_Frozen):
    """One value of a series: `x` is the category or independent value, `y` the measured value, whatever the orientation.

    Dates are texts as ISO 8601 writes them, without a year (`01-31`) where none is printed; those of bars, which stand for days,
    months or years, as the axis prints them, and the bins of a histogram as `6 – 6.5`. `error` is the uncertainty of `y` in its own
    unit, where it was measured from pixels. `low` and `high` are the ends of its error bar, or of a bar that floats, whose `y` is
    its far end. `size` is the third value of a bubble, as its legend tells it, else the area of the bubble in shares of the
    largest, 0..1. Values on an axis of dates are seconds since 1970-01-01 (UTC), or since the beginning of the first year where no
    year is printed.
    """

    x: float | str
    y: float | None
    box: Box
    confidence: Confidence = 1.0
    basis: Basis = "vector"
    error: float | None = None
    low: float | None = None
    high: float | None = None
    size: float | None = None
    likelihood: _Told = None


class Series(_Frozen):
    """A chart's series: its name in the legend, its colour as `#rrggbb`, its points.

    `mark` is what shows its values where a chart mixes several, and `axis` tells which value axis they are measured by.
    """

    name: str = ""
    colour: str = ""
    mark: Literal["bar", "line", "area", "point"] | None = None
    axis: Literal["first", "second"] = "first"
    points: tuple[Point, ...] = ()


class Chart(_Content):
    """A chart as data.

    A heat map has a series for each row. A box plot has a series for each
    of `minimum`, `lower quartile`, `median`, `upper quartile`, `maximum` (the ends of the whiskers) and `outlier`; where it has
    several groups, their names stand before. `second_axis` is the value axis on the other side.
    """

    kind: Literal["chart"] = "chart"
    chart_type: ChartType
    orientation: Literal["vertical", "horizontal"] = "vertical"
    stacking: Literal["none", "stacked", "percent"] = "none"
    title: str = ""
    x_axis: Axis = Axis()
    y_axis: Axis = Axis()
    second_axis: Axis | None = None
    series: tuple[Series, ...] = ()

    def to_dataframe(self, *, long: bool = False) -> pandas.DataFrame:
        """Return the chart's values as a pandas DataFrame of floats, NaN where they are not known.

        Rows are the x, in order, columns the series; where some values have ends (`low`, `high`) or sizes, and in box plots of
        several groups, the columns are of two levels. The index is one of dates where the x axis has dates. With `long`, a row
        is a value, and its columns are `series`, `x`, `y`, `low`, `high`, `size`, `basis`, `confidence` and `error`.

        Raises:
            MissingDependency: pandas is not installed.
        """
        frame: pandas.DataFrame = registry.load("docai.exporters.dataframe:chart_to_dataframe")(self, long=long)
        return frame

    def to_svg(self, *, width: int = 640, height: int = 400) -> str:
        """Return our own drawing of what was read, as SVG of `width` x `height` pixels.

        What is not known is left out, values of a confidence below 0.5 are pale.

        Raises:
            ValueError: A side has no pixels, or more than 8000.
        """
        svg: str = registry.load("docai.exporters.redraw:to_svg")(self, width=width, height=height)
        return svg

    def render(self, *, width: int = 640, height: int = 400, scale: float = 2.0) -> Image:
        """Return our own drawing of what was read, to see at a glance whether it is the same chart; as `to_svg` draws it.

        The picture, of `scale` times `width` x `height` pixels, is one of Pillow, whose `save` writes it to a file.

        Raises:
            ValueError: A side has no pixels, or more than 8000.
        """
        picture: Image = registry.load("docai.exporters.redraw:render")(self, width=width, height=height, scale=scale)
        return picture


class Figure(_Content):
    """A picture or drawing that is kept as it is; `file` is where its PNG was saved, relative to the document's JSON."""

    kind: Literal["figure"] = "figure"
    looks_like: Literal["picture", "drawing", "chart", "scan"] = "picture"
    file: str | None = None


Content = Annotated[Text | Table | Chart | Figure, Field(discriminator="kind")]


Part = TypeVar("Part", bound=_Content)


def moved(content: Part, move: Callable[[Box], Box], **changes: Any) -> Part:
    """Return a content with all its boxes where `move` puts them, and with other `changes`."""
    changes["box"] = move(content.box)
    changes["words"] = tuple(replace(word, box=move(word.box)) for word in content.words)
    if isinstance(content, Table):
        changes["cells"] = tuple(replace(cell, box=move(cell.box)) for cell in content.cells)
    if isinstance(content, Chart):
        changes["series"] = tuple(
            replace(series, points=tuple(replace(point, box=move(point.box)) for point in series.points))
            for series in content.series
        )
    return replace(content, **changes)


class Block(_Frozen):
    """A piece of a page; blocks stand in reading order.

    Attributes:
        id: `p3/7` is the seventh block of page 3.
        parent: The block (a box, a figure) that this one stands in.
        captions: The blocks that are captions or titles of this one.
        continues: The block whose sentence, or table, this one goes on with.
        source: Where the content came from.
        confidence: Probability, 0..1, that the content is right; for a text layer, that the layer tells what is printed.
        engine: The name of the `Engine` that read it (`document.engines`).
        usage: What it cost to ask a model for it.
    """

    id: Annotated[str, Field(pattern=r"^p[1-9]\d*/[1-9]\d*$")]
    content: Content
    parent: str | None = None
    captions: tuple[str, ...] = ()
    continues: str | None = None
    source: Literal["text_layer", "ocr", "vector", "model", "picture"] = "text_layer"
    confidence: Confidence = 1.0
    engine: str = "classical"
    usage: Annotated[Usage | None, Field(exclude_if=lambda usage: usage is None)] = None

    @property
    def box(self) -> Box:
        """The box of the content on its page."""
        return self.content.box

    @property
    def page_number(self) -> int:
        """The number of the page, from 1."""
        return self.content.page_number


class Mention(_Frozen):
    """A phrase, and where what it tells of stands on a page; no boxes where it is nowhere to be seen."""

    phrase: str
    boxes: tuple[Box, ...] = ()
    page_number: PageNumber = 1
    confidence: Confidence = 1.0
    likelihood: _Told = None
    problems: Annotated[tuple[Problem, ...], Field(exclude_if=lambda problems: not problems)] = ()


class Answer(_Frozen):
    """The answer to a question, in words, and the places that it names; `text` is empty where a page does not tell."""

    text: str
    mentions: tuple[Mention, ...] = ()
    page_number: PageNumber = 1
    confidence: Confidence = 1.0
    likelihood: _Told = None
    engine: str = ""
    problems: Annotated[tuple[Problem, ...], Field(exclude_if=lambda problems: not problems)] = ()


class Link(_Frozen):
    """A link: a box that leads to a `uri` or to a page of the document."""

    box: Box
    uri: str | None = None
    page_number: PageNumber | None = None


class Page(_Frozen):
    """A page: its size in PDF points as displayed, its blocks in reading order.

    `quarter` is the clockwise turn in degrees, `skew` the tilt in degrees, that were undone to read a picture of the page;
    boxes are always on the page as it was given.
    """

    number: PageNumber
    width_points: Annotated[float, Field(gt=0)]
    height_points: Annotated[float, Field(gt=0)]
    label: str = ""
    quarter: Quarter = 0
    skew: float = 0.0
    blocks: tuple[Block, ...] = ()
    links: tuple[Link, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def words(self) -> tuple[Word, ...]:
        """All words of the page in reading order, each once."""
        return tuple(word for block in self.blocks for word in block.content.words)


class FormField(_Frozen):
    """A field of an interactive form and what is filled in.

    `value` is text for text fields and choices, a tuple of texts for lists with several chosen, true or false for
    checkboxes and radio buttons, whether it is signed for signatures, and null where nothing is filled in.
    """

    name: str
    kind: Literal["text", "choice", "checkbox", "radio", "signature", "button"]
    value: str | bool | tuple[str, ...] | None = None
    label: str = ""
    options: tuple[str, ...] = ()
    read_only: bool = False
    required: bool = False
    page_number: PageNumber
    box: Box


class OutlineEntry(_Frozen):
    """A bookmark: its level from 1, its title and the page it leads to."""

    level: Annotated[int, Field(ge=1)]
    title: str
    page_number: PageNumber | None = None


class Attachment(_Frozen):
    """A file inside the document, named but not opened."""

    name: str
    size_bytes: Annotated[int, Field(ge=0)] | None = None
    description: str = ""


class Engine(_Frozen):
    """Who read: backend, model and what fixes its answers."""

    backend: str
    model: str = ""
    revision: str = ""
    hash: str = ""
    quantization: str = ""
    dialect: str = ""

    @property
    def name(self) -> str:
        """What `Block.engine` refers to: the backend, with its model where it has one."""
        return f"{self.backend}:{self.model}" if self.model else self.backend


class Proof(_Frozen):
    """Where a value stands: page and box, the words quoted, and how sure that is.

    `status` is `missing` where the document does not say, `ungrounded` where a value was given without a place.
    """

    page_number: PageNumber | None
    box: Box | None
    quote: str = ""
    confidence: Confidence
    status: Literal["grounded", "ungrounded", "missing"]
    source: str = ""
    alternatives: tuple[Reading, ...] = ()


class Document(_Frozen):
    """A document that was read: pages of blocks, form fields, and what went wrong."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    name: str
    content_hash: str = ""
    status: Status = "success"
    page_count: Annotated[int, Field(ge=0)] = 0
    pages: tuple[Page, ...] = ()
    form_fields: tuple[FormField, ...] = ()
    outline: tuple[OutlineEntry, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    problems: tuple[Problem, ...] = ()
    engines: tuple[Engine, ...] = ()

    @property
    def blocks(self) -> Iterator[Block]:
        """All blocks in reading order."""
        return (block for page in self.pages for block in page.blocks)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """All tables in reading order, those that go on over pages joined: repeated headers stand once."""
        return tuple(table for table, _ in self._tables_with_parts)

    @cached_property
    def table_parts(self) -> tuple[tuple[Block, ...], ...]:
        """For each of `tables`, the blocks that it was joined of, each with its page and box; mostly a single one."""
        return tuple(parts for _, parts in self._tables_with_parts)

    @cached_property
    def _tables_with_parts(self) -> tuple[tuple[Table, tuple[Block, ...]], ...]:
        found: tuple[tuple[Table, tuple[Block, ...]], ...] = registry.load("docai.continuation:tables_with_parts")(self.pages)
        return found

    @property
    def charts(self) -> tuple[Chart, ...]:
        """All charts in reading order."""
        return tuple(block.content for block in self.blocks if isinstance(block.content, Chart))

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """The document's own problems and those of its pages."""
        return (*self.problems, *(problem for page in self.pages for problem in page.problems))

    @property
    def text(self) -> str:
        """The plain text, paragraphs joined over columns and pages, without running headers, footers and page numbers."""
        return self.to_text()

    def to_text(self, *, margins: bool = False) -> str:
        """Return the plain text; with `margins`, running headers, footers and page numbers too."""
        return self._export("txt", margins=margins)

    def to_markdown(self, *, margins: bool = False) -> str:
        """Return Markdown, tables with spans as HTML inside it; with `margins`, running headers and footers too."""
        return self._export("md", margins=margins)

    def to_html(self, *, margins: bool = False) -> str:
        """Return one HTML page; with `margins`, running headers, footers and page numbers too."""
        return self._export("html", margins=margins)

    def to_json(self, indent: int | None = None) -> str:
        """Return JSON that `Document.model_validate_json` turns back into an equal document."""
        return self.model_dump_json(indent=indent)

    def _export(self, name: str, *, margins: bool) -> str:
        text: str = registry.load("docai.exporters:to_text")(self, name, margins=margins)
        return text


def json_schema() -> str:
    """Return the JSON Schema of `Document` as JSON text."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Document.model_json_schema(mode="serialization")}
    return json.dumps(schema, indent=2, ensure_ascii=False)
