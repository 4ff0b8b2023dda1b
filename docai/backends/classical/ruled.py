"""The structure of a ruled table: its rules make a grid, missing rules make spans, words fall into cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from docai.document import Box, Cell, Engine, Problem, Table, Word
from docai.exchange import Reply
from docai.lines import find_lines, join_lines
from docai.rulings import Grid, Span, find_grids, spans
from docai.sources import SourceWord
from docai.tasks.table import in_reading_order
from docai.tiling import View

ENGINE: Final = Engine(backend="classical")
_NUMERIC = re.compile(r"^[-+−–(]?[$€£₩₫¥]?\s?\d[\d\s.,]*\s?[%)]?$")


def read_table(view: View) -> Reply:
    """Return the table in `view` from its rules and words; a problem where the rules make no grid."""
    grids = find_grids(view.rules, view.width_points, view.height_points)
    if not grids:
        problem = Problem(code="table_unclear", message="no grid of rules was found in this table", page_number=view.page.number)
        return Reply(problems=(problem,), confidence=0.0, engine=ENGINE)
    grid = max(grids, key=lambda g: g.box.area)
    found = spans(grid)
    in_cells = _words_in(found, grid, view.words)
    header_rows = _header_rows(found, in_cells, len(grid.ys) - 1)
    cells = [_cell(span, words, grid, view, header_rows) for span, words in zip(found, in_cells, strict=True)]
    confidence = _fit(found, in_cells, grid, view.words)
    table = Table(
        page_number=view.page.number,
        box=view.box,
        words=tuple(Word(text=w.text, box=w.box) for span in sorted(zip(found, in_cells, strict=True), key=_place) for w in span[1]),
        row_count=len(grid.ys) - 1,
        column_count=len(grid.xs) - 1,
        cells=in_reading_order(cells),
    )
    return Reply(answer=table, confidence=confidence, engine=ENGINE)


def _place(pair: tuple[Span, list[SourceWord]]) -> tuple[int, int]:
    return pair[0].row, pair[0].column


def _box(span: Span, grid: Grid) -> Box:
    return Box.clipped(grid.xs[span.column], grid.ys[span.row], grid.xs[span.column + span.column_span], grid.ys[span.row + span.row_span])


def _words_in(found: Sequence[Span], grid: Grid, words: Sequence[SourceWord]) -> list[list[SourceWord]]:
    """Return the words of each span: those whose centre lies in it, or for a word outside the grid the nearest span."""
    places = [[0] * (len(grid.xs) - 1) for _ in range(len(grid.ys) - 1)]
    for number, span in enumerate(found):
        for row in range(span.row, span.row + span.row_span):
            for column in range(span.column, span.column + span.column_span):
                places[row][column] = number
    result: list[list[SourceWord]] = [[] for _ in found]
    for word in words:
        column = _interval((word.box.left + word.box.right) / 2, grid.xs)
        row = _interval((word.box.top + word.box.bottom) / 2, grid.ys)
        result[places[row][column]].append(word)
    return result


def _interval(value: float, borders: Sequence[float]) -> int:
    inside = sum(border <= value for border in borders) - 1
    return min(max(inside, 0), len(borders) - 2)


def _header_rows(found: Sequence[Span], in_cells: Sequence[Sequence[SourceWord]], row_count: int) -> int:
    """Return how many leading rows are headers: set in bold over a body that is not, or words over numbers."""
    rows: list[list[tuple[Span, Sequence[SourceWord]]]] = [[] for _ in range(row_count)]
    for span, words in zip(found, in_cells, strict=True):
        rows[span.row].append((span, words))
    bold = [_share(cells, lambda words: all(word.font.bold for word in words)) for cells in rows]
    numeric = [_share(cells, lambda words: bool(_NUMERIC.match(" ".join(word.text for word in words)))) for cells in rows]
    count = 0
    while count < row_count - 1:
        rest = range(count + 1, row_count)
        stands_out = bold[count] > 0.9 and min(bold[n] for n in rest) < 0.9
        over_numbers = numeric[count] == 0 and sum(numeric[n] for n in rest) / len(rest) > 0.3
        spanning = any(span.column_span > 1 for span, words in rows[count] if words)
        if not (stands_out or (over_numbers and (count == 0 or spanning))):
            break
        count = max(count + 1, *(span.row + span.row_span for span, _ in rows[count])) if rows[count] else count + 1
    return min(count, row_count)


def _share(cells: Sequence[tuple[Span, Sequence[SourceWord]]], holds: object) -> float:
    filled = [words for _, words in cells if words]
    return sum(bool(holds(words)) for words in filled) / len(filled) if filled else 0.0  # type: ignore[operator]


def _cell(span: Span, words: list[SourceWord], grid: Grid, view: View, header_rows: int) -> Cell:
    lines = sorted(find_lines(words, view.width_points, view.height_points), key=lambda line: (round(line.baseline, 3), line.box.left))
    words[:] = [word for line in lines for word in line.words]
    header: Literal["none", "column"] = "column" if span.row < header_rows else "none"
    return Cell(
        row=span.row,
        column=span.column,
        row_span=span.row_span,
        column_span=span.column_span,
        text=join_lines(lines) if lines else "",
        header=header,
        box=_box(span, grid),
        confidence=_inside(words, _box(span, grid)),
    )


def _inside(words: Sequence[SourceWord], box: Box) -> float:
    """Return the share of a cell's words that its rules do not cut; 1 for an empty cell."""
    if not words:
        return 1.0
    return round(sum(word.box.intersection(box) > 0.7 * word.box.area for word in words) / len(words), 3)


def _fit(found: Sequence[Span], in_cells: Sequence[Sequence[SourceWord]], grid: Grid, words: Sequence[SourceWord]) -> float:
    """Return how well rules and words agree: the share of words that lie whole in their cell."""
    if not words:
        return 0.5
    whole = sum(
        word.box.intersection(_box(span, grid)) > 0.7 * word.box.area for span, own in zip(found, in_cells, strict=True) for word in own
    )
    return round(whole / len(words), 3)


