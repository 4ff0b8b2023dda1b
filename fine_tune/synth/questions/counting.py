"""Questions whose answers can be computed from a drawn page's tables and charts, with the boxes that prove them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Final

from docai.box import Box, hull
from docai.document import Answer, Cell, Chart, Mention, Point, Series, Table
from docai.tasks.asking import Ask
from docai.tasks.table import with_numbers
from fine_tune.samples import Turn
from fine_tune.synth.questions.finding import ABSENT
from fine_tune.synth.questions.paper import Paper
from fine_tune.synth.questions.texts import Made, title_of
from fine_tune.synth.questions.words import asked, said
from fine_tune.synth.words import VOCABULARIES

MOST_SUMMANDS: Final = 8  # rows that are added up; more is arithmetic, not reading
CLEAR: Final = 0.05  # of a chart's range by which the largest value is ahead, so that an eye sees which it is
_FIGURES: Final = re.compile(r"[-−+]?\d[\d.,' ]*")

Asked = tuple[str, tuple[str, ...], Answer]  # which question, what fills it, and its answer


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table whose rows and columns have names, each its own.

    Attributes:
        rows: Their names, and the boxes of these.
        columns: Names of the columns of values.
        cells: The cells of the values, row by row.
    """

    table: Table
    rows: tuple[tuple[str, Box], ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]


def questions(paper: Paper, random: Random, most: int, *, held_out: bool) -> Made | None:
    """Return questions about a page, by its tables, its charts and itself; None where nothing can be asked."""
    language = paper.drawn.language
    made: list[Asked] = []
    tables = [block.content for block in paper.blocks if isinstance(block.content, Table)]
    charts = [block.content for block in paper.blocks if isinstance(block.content, Chart)]
    if len(tables) == 1:  # with several, a question would have to tell which
        made += _of_table(tables[0], paper, random)
    if len(charts) == 1:
        made += _of_chart(charts[0])
    made += _of_page(paper, len(tables)) if not made or random.random() < 0.3 else []
    turns: dict[Ask, Turn] = {}
    for name, filled, answer in random.sample(made, min(len(made), random.randint(1, most))):
        task = Ask(asked(name, language, random, *filled, held_out=held_out))
        turns[task] = Turn(task, answer)
    return (paper.view(), tuple(turns.values())) if turns else None


def _answer(text: str, *mentions: tuple[str, Sequence[Box]]) -> Answer:
    return Answer(
        text=text, mentions=tuple(Mention(phrase=phrase, boxes=tuple(dict.fromkeys(boxes))) for phrase, boxes in mentions)
    )


# Tables


def _of_table(table: Table, paper: Paper, random: Random) -> list[Asked]:
    language = paper.drawn.language
    made: list[Asked] = [("columns", (), _answer(str(table.column_count), (str(table.column_count), [table.box])))]
    if table.header_row_count and table.header_row_count < table.row_count:
        count = str(table.row_count - table.header_row_count)
        made.append(("rows", (), _answer(count, (count, [table.box]))))
    sheet = sheet_of(with_numbers(table, (language,)))
    if sheet is None:
        return made
    for place, column in enumerate(sheet.columns):
        row = random.randrange(len(sheet.rows))
        cell = sheet.cells[row][place]
        if cell.text.strip():
            made.append(("lookup", (sheet.rows[row][0], column), _answer(cell.text, (cell.text, [cell.box]))))
        made += _of_column(sheet, place, language, random)
    if random.random() < ABSENT:
        # a column that is not there: of other tables, and in no word alike
        other = random.choice(VOCABULARIES[language].all("measures"))
        if not any(set(other.casefold().split()) & set(word.text.casefold().split()) for word in paper.words):
            made.append(("lookup", (random.choice(sheet.rows)[0], other), Answer(text="")))
    return made


def _of_column(sheet: Sheet, place: int, language: str, random: Random) -> list[Asked]:
    """Return questions about a column of numbers; none where a cell holds no plain number, or a row is the sum of others."""
    total = VOCABULARIES[language].total.casefold()  # type: ignore[index]
    cells = [row[place] for row in sheet.cells]
    if any(cell.number is None or _FIGURES.fullmatch(cell.text.strip()) is None for cell in cells):
        return []
    if len(cells) < 2 or any(total in name.casefold() for name, _ in sheet.rows):
        return []
    name, values = sheet.columns[place], [cell.number or 0.0 for cell in cells]
    made: list[Asked] = []
    for question, best in (("most", max(values)), ("least", min(values))):
        if values.count(best) == 1:
            row = values.index(best)
            label, box = sheet.rows[row]
            made.append(
                (question, (name,), _answer(f"{label} ({cells[row].text})", (label, [box]), (cells[row].text, [cells[row].box])))
            )
    limit = random.choice(cells)
    above = [cell for cell, value in zip(cells, values, strict=True) if value > (limit.number or 0.0)]
    if above:
        count = str(len(above))
        made.append(("more", (name, limit.text), _answer(count, (count, [cell.box for cell in above]))))
    if len(cells) <= MOST_SUMMANDS:
        total_text = added_up(values, VOCABULARIES[language].decimal)  # type: ignore[index]
        made.append(("sum", (name,), _answer(total_text, (total_text, [cell.box for cell in cells]))))
    return made


def added_up(values: Sequence[float], point: str) -> str:
    """Return the sum of numbers as figures, as exact as they are, without separators of thousands."""
    total = sum((Decimal(repr(value)) for value in values), Decimal(0)).normalize()
    return f"{total:f}".replace(".", point)


def sheet_of(table: Table) -> Sheet | None:
    """Return a table as names and values; None where a name is missing or stands twice, or a value spans cells."""
    grid, down, across = table.grid(), table.header_row_count, table.header_column_count
    if not down or not across or down == table.row_count or across == table.column_count:
        return None
    rows = [row for row in grid[down:] if all(cell.header == "none" for cell in row[across:])]  # without those that head a section
    names = [(row[across - 1].text.strip(), row[across - 1].box) for row in rows]
    columns = [cell.text.strip() for cell in grid[down - 1][across:]]
    cells = [tuple(row[across:]) for row in rows]
    spans = any(cell.row_span > 1 or cell.column_span > 1 for row in cells for cell in row)
    unnamed = not all(columns) or not all(name for name, _ in names)
    twice = len(set(columns)) < len(columns) or len({name for name, _ in names}) < len(names)
    if not rows or spans or unnamed or twice:
        return None
    return Sheet(table, tuple(names), tuple(columns), tuple(cells))


# Charts


def _of_chart(chart: Chart) -> list[Asked]:
    made: list[Asked] = []
    if chart.chart_type in ("bar", "line", "area") and len(chart.series) > 1:
        count = str(len(chart.series))
        made.append(("series", (), _answer(count, (count, [chart.box]))))
    if chart.chart_type not in ("bar", "line", "area", "pie"):
        return made
    for series in chart.series:
        if len(chart.series) > 1 and not series.name:
            continue
        filled = (series.name,) if len(chart.series) > 1 else ()
        for question, sign in (("peak", 1), ("low", -1)):
            point = _ahead(series, sign)
            if point is not None:
                answer = _answer(str(point.x), (str(point.x), [point.box]))
                made.append((f"{question}_of" if filled else question, filled, answer))
    return made


def _ahead(series: Series, sign: int) -> Point | None:
    """Return the point with the largest value, or the smallest where `sign` is negative; None where that is not plain to see."""
    points = [point for point in series.points if point.y is not None and isinstance(point.x, str) and point.x.strip()]
    if len(points) < 2 or len(points) < len(series.points) or len({point.x for point in points}) < len(points):
        return None
    ordered = sorted(points, key=lambda point: sign * (point.y or 0.0), reverse=True)
    values = [point.y or 0.0 for point in ordered]
    clear = CLEAR * max(map(abs, (*values, values[0] - values[-1])))
    return ordered[0] if abs(values[0] - values[1]) >= clear > 0 else None


# Pages


def _of_page(paper: Paper, tables: int) -> list[Asked]:
    language = paper.drawn.language
    if not paper.blocks:
        return [("title", (), Answer(text="")), ("language", (), Answer(text=""))]
    name = said("language", language)
    made: list[Asked] = [("language", (), _answer(name))]
    title = title_of(paper.blocks)
    if title is not None and title.words:
        made.append(("title", (), _answer(title.text, (title.text, [hull(word.box for word in title.words)]))))
    if tables:
        boxes = [block.content.box for block in paper.blocks if isinstance(block.content, Table)]
        made.append(("tables", (), _answer(str(tables), (str(tables), boxes))))
    return made
