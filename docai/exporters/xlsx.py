"""Tables and charts as an Excel workbook: what the document is, a sheet for each, where and how each value was read.

A chart's sheet has a row for each x and a column for each series, and beside them a chart of Excel's that is drawn from the cells.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from docai.charting import colour_of, is_floating, mark_of
from docai.continuation import Joiner, Passage
from docai.document import Axis, Block, Cell, Chart, Document, FormField, Page, Problem, Table, Text, replace
from docai.exporters import Place
from docai.exporters.charts import DETAILS, Column, Wide, heading, value_of, value_text, wide
from docai.exporters.text import one_line
from docai.numbers import Number, as_printed
from docai.tasks.table import valued
from docai.ticks import nice_step

ROWS, COLUMNS = 1_048_576, 16_384  # that a sheet holds. Source: Microsoft, "Excel specifications and limits"
CELL_CHARACTERS, NAME_CHARACTERS = 32_767, 31  # UTF-16 units; same source
WIDTHS = 8, 60  # of a column, in digits of the standard font
EXACT_DIGITS = 15  # more are rounded by Excel; same source

SOURCES = ("Sheet", "Cell", "Text", "Page", "Left", "Top", "Right", "Bottom", "Confidence", "Basis", "Error")

DATE_FORMS: Final = {4: "%Y", 7: "%Y-%m", 10: "%Y-%m-%d", 16: "%Y-%m-%dT%H:%M", 19: "%Y-%m-%dT%H:%M:%S"}  # by their lengths
DATE_FORMATS: Final = {4: "yyyy", 7: "yyyy-mm", 10: "yyyy-mm-dd", 16: "yyyy-mm-dd hh:mm", 19: "yyyy-mm-dd hh:mm:ss"}
SLACK: Final = 0.005  # of a step that an end, which was measured, may lie beyond a tick
FIRST_YEAR: Final = 1901  # dates before are text; Excel takes 1900 for a leap year. Source: Microsoft, article 214326
NATIVE: Final = {"bar": "column", "line": "line", "area": "area", "point": "scatter"}  # Excel's names

Value = str | float | bool | None


def number_of(cell: Cell) -> tuple[float, str] | None:
    """Return the value that Excel keeps of a cell's number, and the format in which it shows it as it was printed, else None.

    Of "12.5%" that is 0.125; "1.234,5" is shown with the signs of the reader's own country, "1억 2,000만" in digits.
    """
    if cell.number is None:
        return None
    number = as_printed(cell.text, cell.number)
    if number is None:  # the text was changed since, or is no number by itself
        return cell.number, "General"
    return float(number.value / 100 if "%" in number.after else number.value), format_of(number)


def format_of(number: Number) -> str:
    """Return the Excel number format that shows a number as it was printed."""
    whole = number.value == number.value.to_integral_value()
    if number.scaled:
        digits = "#,##0" if whole else "#,##0.0#########"
    else:
        digits = ("#,##0" if number.grouped else "0") + ("." + "0" * number.decimals if number.decimals else "")
    shown = "%".join(map(_quoted, number.before.split("%"))) + digits + "%".join(map(_quoted, number.after.split("%")))
    negatives = {"-": "", "behind": f";{shown}-", "()": f";({shown})", "△": f';"△"{shown}'}
    return f"+{shown};-{shown}" if number.plus else shown + negatives[number.negative]


def _quoted(text: str) -> str:
    return f'"{text}"' if text else ""


class Exporter:
    """Keeps the tables and charts until the end, for Excel's format is no stream; all other content is let go.

    Text stays text, also where it begins with `=` or looks like an address; the numbers of a table's body become numbers that
    look as they were printed. Headers are bold, and those at the top and on the left stay in view.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._joiner = Joiner()
        self._captions: dict[str, str] = {}  # of the tables that the joiner holds, by their first block
        self._tables: list[tuple[Block, str]] = []
        self._problems: list[Problem] = []
        self._pages = 0

    def add(self, page: Page) -> None:
        """Remember the tables and charts of `page` with their captions, and its problems."""
        texts = {block.id: block.content.text for block in page.blocks if isinstance(block.content, Text)}
        tables = tuple(block for block in page.blocks if _is_written(block))
        self._captions |= {block.id: " ".join(texts[name] for name in block.captions if name in texts) for block in tables}
        self._take(self._joiner.add(replace(page, blocks=tables)))
        self._problems += page.problems
        self._pages += 1

    def _take(self, passages: list[Passage]) -> None:
        for passage in passages:
            self._tables += [(block, self._captions[block.id]) for block in passage.whole if block.id in self._captions]

    def close(self, rest: Document) -> None:
        """Write the workbook: the sheets `Document`, one for each table and chart, and `Sources`.

        Raises:
            OSError: It cannot be written; the disk may be full.
        """
        self._take(self._joiner.close())
        try:
            self._fill(rest)
        except FileCreateError as error:  # XlsxWriter's own, no OSError
            raise OSError(str(error)) from error

    def _fill(self, rest: Document) -> None:
        with Workbook(self._place.open()) as workbook:
            book = Book(workbook)
            first = workbook.add_worksheet("Document")
            sheets = [book.add_content(block, caption) for block, caption in self._tables]
            cut = [_cut_problem(block) for block, _ in self._tables if not _fits(block)]
            book.fill_document(first, rest, self._pages, (*rest.problems, *self._problems, *cut))
            book.add_rows("Sources", SOURCES, chain.from_iterable(map(_sources, sheets, (block for block, _ in self._tables))))


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell looks."""

    bold: bool = False
    number_format: str = "General"
    merged: bool = False


class Book:
    """A workbook in the making, and what its sheets share."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._formats: dict[Look, Format] = {}
        self._names: set[str] = set()

    def add_content(self, block: Block, caption: str) -> str:
        """Add a sheet with the table or chart of `block` and return its name; what Excel cannot hold is left out."""
        content = block.content
        caption = caption or (content.title if isinstance(content, Chart) else "")
        name = self._sheet_name(f"{block.id.replace('/', '-')} {caption}")
        sheet = self._workbook.add_worksheet(name)
        sheet.ignore_errors({"number_stored_as_text": f"A1:{xl_rowcol_to_cell(ROWS - 1, COLUMNS - 1)}"})
        if isinstance(content, Table):
            self._put_table(sheet, valued(content))
        elif isinstance(content, Chart):
            self._put_chart(sheet, name, content)
        return name

    def _put_table(self, sheet: Worksheet, table: Table) -> None:
        for cell in filter(_held, table.cells):
            self._put_cell(sheet, cell)
        for column, width in _widths(table).items():
            sheet.set_column(column, column, width)
        heads, sides = table.header_row_count, table.header_column_count
        heads, sides = heads % min(table.row_count, ROWS), sides % min(table.column_count, COLUMNS)  # some must be free to move
        if heads or sides:
            sheet.freeze_panes(heads, sides)

    def _put_chart(self, sheet: Worksheet, name: str, chart: Chart) -> None:
        """Write the values of a chart, with its x on the left and its series above, and draw it beside them."""
        table = wide(chart)
        name_of_x = heading(chart.x_axis, "x")
        heads = (name_of_x, *(column.name for column in table.columns)), (None, *(column.detail for column in table.columns))
        for row, texts in enumerate(heads[: table.levels]):
            self._put_row(sheet, row, texts[:COLUMNS], bold=True)
        for row, x in enumerate(table.xs[: ROWS - table.levels], table.levels):
            self._put_x(sheet, row, x, dated=chart.x_axis.scale == "date")
            for place, column in enumerate(table.columns[: COLUMNS - 1], 1):
                found = value_of(chart, column, row - table.levels)
                if found is not None and found[1] is not None:
                    sheet.write_number(row, place, found[1], self._format(Look()))
        wanted = [_width(text) + 2 for text in (name_of_x, *map(value_text, table.xs))]
        sheet.set_column(0, 0, min(max(WIDTHS[0], *wanted), WIDTHS[1]))
        sheet.set_column(1, max(1, len(table.columns)), 14)
        sheet.freeze_panes(table.levels, 1)
        last = min(ROWS, table.levels + len(table.xs)) - 1
        if not table.xs or not table.columns or len(table.columns) >= COLUMNS:
            return
        if chart.chart_type == "heatmap":
            shades = {"type": "2_color_scale", "min_color": "#F7FBFF", "max_color": "#2171B5"}
            sheet.conditional_format(table.levels, 1, last, len(table.columns), shades)
        elif (drawing := _Native(self._workbook, name, chart, table, last).drawn()) is not None:
            sheet.insert_chart(0, len(table.columns) + 2, drawing, {"object_position": 2})  # it moves with its cells

    def _put_x(self, sheet: Worksheet, row: int, x: float | str, *, dated: bool) -> None:
        date = _date_of(x) if dated and isinstance(x, str) else None
        if date is not None:
            sheet.write_datetime(row, 0, date, self._format(Look(number_format=DATE_FORMATS[len(str(x))])))
        elif isinstance(x, str):
            sheet.write_string(row, 0, fit(x, CELL_CHARACTERS), self._format(Look()))
        else:
            sheet.write_number(row, 0, x, self._format(Look()))

    def _put_cell(self, sheet: Worksheet, cell: Cell) -> None:
        last_row, last_column = min(cell.row + cell.row_span, ROWS) - 1, min(cell.column + cell.column_span, COLUMNS) - 1
        merged = (last_row, last_column) != (cell.row, cell.column)
        number = number_of(cell)
        look = self._format(Look(cell.header != "none", number[1] if number else "General", merged))
        if merged:
            sheet.merge_range(cell.row, cell.column, last_row, last_column, "", look)
        if number:
            sheet.write_number(cell.row, cell.column, number[0], look)
        elif cell.text:
            sheet.write_string(cell.row, cell.column, fit(cell.text, CELL_CHARACTERS), look)

    def fill_document(self, sheet: Worksheet, rest: Document, pages: int, problems: Iterable[Problem]) -> None:
        """Write what the document is, what went wrong, and what its form holds."""
        rows: list[tuple[Value, ...]] = [("Name", rest.name), ("Status", rest.status), ("Pages", pages)]
        heads = {len(rows) + 1}
        rows += [(), ("Severity", "Problem", "Message", "Page", "Block")]
        rows += [(p.severity, p.code, p.message, p.page_number, p.block) for p in problems]
        if rest.form_fields:
            heads.add(len(rows) + 1)
            rows += [(), ("Form field", "Value", "Page")]
            rows += [(field.name, _field_value(field), field.page_number) for field in rest.form_fields]
        for number, row in enumerate(islice(rows, ROWS)):
            self._put_row(sheet, number, row, bold=number in heads)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 40)
        sheet.set_column(2, 2, 100)  # a message on one line, since not every program makes rows higher for it

    def add_rows(self, name: str, heads: tuple[str, ...], rows: Iterable[tuple[Value, ...]], limit: int = ROWS) -> None:
        """Add `rows` under `heads`, on as many sheets as they need at `limit` rows each."""
        rest = iter(rows)
        page = list(islice(rest, limit - 1))
        while True:
            sheet = self._workbook.add_worksheet(self._sheet_name(name))
            self._put_row(sheet, 0, heads, bold=True)
            for number, row in enumerate(page, 1):
                self._put_row(sheet, number, row)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, 0, 20)
            sheet.set_column(2, 2, 40)
            page = list(islice(rest, limit - 1))
            if not page:
                return

    def _put_row(self, sheet: Worksheet, number: int, row: tuple[Value, ...], *, bold: bool = False) -> None:
        look = self._format(Look(bold=bold))
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, fit(value, CELL_CHARACTERS), look)
            elif isinstance(value, bool):
                sheet.write_boolean(number, column, value, look)
            elif value is not None:
                sheet.write_number(number, column, value, look)

    def _format(self, look: Look) -> Format:
        if look not in self._formats:
            form = {"bold": look.bold, "num_format": look.number_format, "valign": "top", "text_wrap": True}
            self._formats[look] = self._workbook.add_format(form | ({"align": "center"} if look.merged else {}))
        return self._formats[look]

    def _sheet_name(self, wanted: str) -> str:
        """Return a name that Excel takes, as near to the one wanted as can be, and no other sheet has."""
        clean = fit(one_line(re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", wanted)), NAME_CHARACTERS).strip("' ")
        numbered = (f"{fit(clean, NAME_CHARACTERS - 8)} ({n})" for n in range(2, 100_000))
        name = next(name for name in chain([clean], numbered) if name.casefold() not in self._names)
        self._names.add(name.casefold())
        return name


class _Native:
    """A chart of Excel's own, drawn from the cells of a sheet."""

    def __init__(self, workbook: Workbook, sheet: str, chart: Chart, table: Wide, last: int) -> None:
        self._workbook, self._sheet, self._chart, self._table, self._last = workbook, sheet, chart, table, last

    def drawn(self) -> Any:
        """Return the chart; None of kinds that Excel has not, or XlsxWriter does not write."""
        chart = self._chart
        kinds = {mark_of(chart, series) for series in chart.series}
        lying = chart.orientation == "horizontal" and kinds != {"bar"}
        floating = any(is_floating(chart, series, point) for series in chart.series for point in series.points)
        if chart.chart_type == "box" or lying or floating or (chart.chart_type == "pie" and len(self._table.columns) > 1):
            return None
        two = chart.second_axis is not None and len({series.axis for series in chart.series}) > 1
        mixed = two or len(kinds) > 1
        groups: dict[tuple[str, bool], Any] = {}
        for place, column in enumerate(self._table.columns, 1):
            if column.detail == "y":
                series = chart.series[column.series]
                kind = "pie" if chart.chart_type == "pie" else NATIVE[mark_of(chart, series)]
                if mixed and kind == "scatter":  # XlsxWriter joins it with nothing else
                    return None
                kind = "scatter" if kind == "line" and not mixed and not self._has_categories() else kind
                group = kind, two and series.axis == "second"
                if group not in groups:
                    groups[group] = self._workbook.add_chart(self._kind(kind))
                groups[group].add_series(self._series(place, column, second=group[1]))
        order = ["area", "column", "pie", "scatter", "line"]
        if len(groups) > 2:  # which XlsxWriter cannot join
            return None
        first, *others = (groups[group] for group in sorted(groups, key=lambda group: (group[1], order.index(group[0]))))
        for other in others:
            first.combine(other)
        self._set_axes(first)
        for (_, second), drawing in groups.items():
            if second and chart.second_axis is not None:
                drawing.set_y2_axis(_axis_options(chart.second_axis))
        return first

    def _has_categories(self) -> bool:
        return any(isinstance(x, str) for x in self._table.xs)

    def _kind(self, kind: str) -> dict[str, str]:
        chart = self._chart
        if kind == "column" and chart.orientation == "horizontal":
            kind = "bar"
        if kind in ("column", "bar", "area") and chart.stacking != "none":
            return {"type": kind, "subtype": "percent_stacked" if chart.stacking == "percent" else "stacked"}
        if kind == "scatter" and chart.chart_type != "scatter":
            return {"type": kind, "subtype": "straight"}
        return {"type": kind}

    def _series(self, place: int, column: Column, *, second: bool) -> dict[str, Any]:
        series = self._chart.series[column.series]
        first = self._table.levels
        options: dict[str, Any] = {
            "name": [self._sheet, 0, place],
            "categories": [self._sheet, first, 0, self._last, 0],
            "values": [self._sheet, first, place, self._last, place],
            "y2_axis": second,
        }
        mark = mark_of(self._chart, series)
        if series.colour and self._chart.chart_type != "pie":
            colour = colour_of(series, column.series)
            look = {"line": {"color": colour}} if mark == "line" else {"fill": {"color": colour}}
            options |= {"marker": {"type": "circle", **look, "border": {"color": colour}}} if mark == "point" else look
        elif mark == "point":
            options["marker"] = {"type": "circle"}
        return options

    def _set_axes(self, drawing: Any) -> None:
        chart = self._chart
        if chart.title:
            drawing.set_title({"name": fit(one_line(chart.title), 255), "overlay": False})  # longer ones are refused
        else:
            drawing.set_title({"none": True})
        if len(self._table.columns) == 1 and chart.chart_type != "pie":
            drawing.set_legend({"none": True})
        if chart.chart_type == "pie":
            return
        x, y = _axis_options(chart.x_axis), _axis_options(chart.y_axis)
        if chart.stacking == "percent":  # whose axis Excel counts in fractions
            y = {name: value for name, value in y.items() if name == "name"}
        if self._has_categories() or any(mark_of(chart, series) in ("bar", "area") for series in chart.series):
            x = {name: value for name, value in x.items() if name in ("name", "reverse")}
        if chart.x_axis.scale == "date" and all(_date_of(x) is not None for x in self._table.xs):
            x |= {"date_axis": True, "num_format": DATE_FORMATS[max(len(str(x)) for x in self._table.xs)]}
        if chart.orientation == "horizontal":  # its values run along the x axis for XlsxWriter; categories count from below
            x["reverse"] = not x.get("reverse", False)
            x["crossing"] = "max" if x["reverse"] else "min"  # of the axis of values
            x, y = y, x
        drawing.set_x_axis(x)
        drawing.set_y_axis(y)


def _axis_options(axis: Axis) -> dict[str, Any]:
    """Return an axis as XlsxWriter wants it."""
    options: dict[str, Any] = {}
    if axis.title or axis.unit:
        options["name"] = fit(heading(axis, "").strip(), 255)
    ends = [end for end in (axis.low, axis.high) if end is not None]
    if len(ends) == 2:
        options |= {"reverse": ends[0] > ends[1], **_spanned(min(ends), max(ends), log=axis.scale == "log")}
    if axis.scale == "log":
        options["log_base"] = 10
    return options


def _spanned(low: float, high: float, *, log: bool) -> dict[str, float]:
    """Return where an axis begins and ends, and its step where it is even: Excel counts ticks from its very beginning."""
    if log or not low < high:
        return {"min": low, "max": high}
    step = nice_step(high - low)
    first, last = math.floor(low / step + SLACK), math.ceil(high / step - SLACK)
    return {name: float(f"{value:.12g}") for name, value in (("min", first * step), ("max", last * step), ("major_unit", step))}


def _date_of(x: float | str) -> datetime | None:
    """Return the date that an x tells, if Excel can hold it."""
    if not isinstance(x, str) or len(x) not in DATE_FORMS:
        return None
    try:
        date = datetime.strptime(x, DATE_FORMS[len(x)])  # noqa: DTZ007  # Excel's dates have no zone
    except ValueError:
        return None
    return date if date.year >= FIRST_YEAR else None


def _is_written(block: Block) -> bool:
    """Return whether a block has a sheet of its own: tables, and charts of which anything was read."""
    content = block.content
    return isinstance(content, Table) or (isinstance(content, Chart) and any(series.points for series in content.series))


def fit(text: str, units: int) -> str:
    """Return `text` if it has at most `units` UTF-16 units, else its beginning and "…"."""
    encoded = text.encode("utf-16-le")
    return text if len(encoded) <= 2 * units else encoded[: 2 * units - 2].decode("utf-16-le", "ignore") + "…"


def _held(cell: Cell) -> bool:
    return cell.row < ROWS and cell.column < COLUMNS


def _fits(block: Block) -> bool:
    content = block.content
    if isinstance(content, Chart):
        table = wide(content)
        return len(table.xs) + table.levels <= ROWS and len(table.columns) < COLUMNS
    return isinstance(content, Table) and content.row_count <= ROWS and content.column_count <= COLUMNS


def _cut_problem(block: Block) -> Problem:
    message = f"the {block.content.kind} is larger than an Excel sheet ({ROWS} rows, {COLUMNS} columns); take csv for all of it"
    return Problem(code="table_cut", message=message, severity="error", page_number=block.page_number, block=block.id)


def _widths(table: Table) -> dict[int, int]:
    """Return how wide each column must be for its texts, wide letters (Korean, Chinese, Japanese) counted twice."""
    widths: dict[int, int] = {}
    for cell in table.cells:
        if cell.column_span == 1 and cell.column < COLUMNS:
            shown = [] if cell.number is None else [f"{cell.number:,.{EXACT_DIGITS}g}"]  # "5조" is longer in digits
            wanted = max(map(_width, [*cell.text.splitlines(), *shown]), default=0) + 2
            widths[cell.column] = max(widths.get(cell.column, WIDTHS[0]), min(wanted, WIDTHS[1]))
    return widths


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


def _sources(sheet: str, block: Block) -> Iterator[tuple[Value, ...]]:
    if isinstance(block.content, Table):
        for cell in filter(_held, block.content.cells):
            address = xl_rowcol_to_cell(cell.row, cell.column)
            yield sheet, address, cell.text, cell.page_number or block.page_number, *cell.box, cell.confidence, cell.basis, None
    elif isinstance(block.content, Chart):
        table = wide(block.content)
        for row in range(min(len(table.xs), ROWS - table.levels)):
            for place, column in enumerate(table.columns[: COLUMNS - 1], 1):
                found = value_of(block.content, column, row)
                if found is not None and column.detail not in DETAILS:
                    address, point = xl_rowcol_to_cell(row + table.levels, place), found[0]
                    told = block.page_number, *point.box, point.confidence, point.basis, point.error
                    yield sheet, address, value_text(found[1]), *told


def _field_value(field: FormField) -> str | bool | None:
    return "; ".join(field.value) if isinstance(field.value, tuple) else field.value
