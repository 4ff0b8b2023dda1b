"""Tables as an Excel workbook: what the document is, a sheet for each table with all its pages, where each cell was read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from docai.continuation import Joiner, Passage
from docai.document import Block, Cell, Document, FormField, Page, Problem, Table, Text, replace
from docai.exporters import Place
from docai.exporters.text import one_line
from docai.numbers import Number, as_printed
from docai.tasks.table import valued

ROWS, COLUMNS = 1_048_576, 16_384  # that a sheet holds. Source: Microsoft, "Excel specifications and limits"
CELL_CHARACTERS, NAME_CHARACTERS = 32_767, 31  # UTF-16 units; same source
WIDTHS = 8, 60  # of a column, in digits of the standard font
EXACT_DIGITS = 15  # more are rounded by Excel; same source

SOURCES = ("Sheet", "Cell", "Text", "Page", "Left", "Top", "Right", "Bottom", "Confidence")

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
    """Keeps the tables until the end, for Excel's format is no stream; all other content is let go.

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
        """Remember the tables of `page` with their captions, and its problems."""
        texts = {block.id: block.content.text for block in page.blocks if isinstance(block.content, Text)}
        tables = tuple(block for block in page.blocks if isinstance(block.content, Table))
        self._captions |= {block.id: " ".join(texts[name] for name in block.captions if name in texts) for block in tables}
        self._take(self._joiner.add(replace(page, blocks=tables)))
        self._problems += page.problems
        self._pages += 1

    def _take(self, passages: list[Passage]) -> None:
        for passage in passages:
            self._tables += [(block, self._captions[block.id]) for block in passage.whole]

    def close(self, rest: Document) -> None:
        """Write the workbook: the sheets `Document`, one for each table, and `Sources`.

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
            sheets = [book.add_table(block, caption) for block, caption in self._tables]
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

    def add_table(self, block: Block, caption: str) -> str:
        """Add a sheet with the table of `block` and return its name; what Excel cannot hold is left out."""
        name = self._sheet_name(f"{block.id.replace('/', '-')} {caption}")
        sheet = self._workbook.add_worksheet(name)
        if isinstance(block.content, Table):
            table = valued(block.content)
            for cell in filter(_held, table.cells):
                self._put_cell(sheet, cell)
            for column, width in _widths(table).items():
                sheet.set_column(column, column, width)
            sheet.ignore_errors({"number_stored_as_text": f"A1:{xl_rowcol_to_cell(ROWS - 1, COLUMNS - 1)}"})
            heads, sides = table.header_row_count, table.header_column_count
            heads, sides = heads % min(table.row_count, ROWS), sides % min(table.column_count, COLUMNS)  # some must be free to move
            if heads or sides:
                sheet.freeze_panes(heads, sides)
        return name

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


def fit(text: str, units: int) -> str:
    """Return `text` if it has at most `units` UTF-16 units, else its beginning and "…"."""
    encoded = text.encode("utf-16-le")
    return text if len(encoded) <= 2 * units else encoded[: 2 * units - 2].decode("utf-16-le", "ignore") + "…"


def _held(cell: Cell) -> bool:
    return cell.row < ROWS and cell.column < COLUMNS


def _fits(block: Block) -> bool:
    table = block.content
    return isinstance(table, Table) and table.row_count <= ROWS and table.column_count <= COLUMNS


def _cut_problem(block: Block) -> Problem:
    message = f"the table is larger than an Excel sheet ({ROWS} rows, {COLUMNS} columns); take csv for all of it"
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
            yield sheet, address, cell.text, cell.page_number or block.page_number, *cell.box, cell.confidence


def _field_value(field: FormField) -> str | bool | None:
    return "; ".join(field.value) if isinstance(field.value, tuple) else field.value
