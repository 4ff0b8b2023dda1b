"""The structure of a ruled table: its rules make a grid, missing rules make spans, words fall into cells."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from docai.alignment import find_rows
from docai.backends.classical.cells import Draft, share_inside, span_box, table_reply
from docai.backends.classical.pieces import NUMERIC
from docai.exchange import Reply
from docai.lines import find_lines
from docai.rulings import Grid, Span, find_grids, spans
from docai.sources import Rule, SourceWord
from docai.tiling import View

MISSING_SHARE: Final = 0.3  # of the rules across a grid that may be missing
MARKS, MOST_BESIDE = 2, 0.08  # words, and share of a table's words, that stand beside its grid without being a column
MANY_ROWS: Final = 4  # fewer may well be one label that is set over as many lines
MOST: Final = 0.75  # share of the rows that hold a line where the lines are labels of their own
WIDE_EMS: Final = 1.6  # font sizes from which on texts in one cell stand in columns of their own
APART_SHARE: Final = 0.15  # of the rows of text, from which on the rules do not part the columns
STACKED_SHARE: Final = 0.15  # of the cells with several numbers below each other, from which on they do not part the rows
FEW_ROWS, STACKED_ROWS = 3, 3  # rows of the grid, and times as many rows of text in a cell, that tell the same
APART_EMS: Final = 1.2  # words of one text stand nearer, but for forced justification


def read_ruled(view: View) -> Reply | None:
    """Return the table in `view` that its rules make; None where they make no grid.

    The confidence is the share of words that lie whole in their cell.
    """
    grids = find_grids(view.rules, view.width_points, view.height_points)
    if not grids:
        return None
    grid = max(grids, key=lambda g: g.box.area)
    if len(grid.xs) < 3 or _has_sides(grid, view.words):
        return None
    grid = _with_missing_rules(grid, view)
    drafts = _drafts(spans(grid), grid, view)
    if not _is_complete(drafts, len(grid.ys) - 1, view):
        return None
    whole = sum(share_inside(draft.words, span_box(draft.span, grid.xs, grid.ys)) * len(draft.words) for draft in drafts)
    confidence = round(whole / len(view.words), 3) if view.words else 0.5
    return table_reply(view, drafts, grid.xs, grid.ys, confidence=min(1.0, confidence))


def _has_sides(grid: Grid, words: Sequence[SourceWord]) -> bool:
    """Return whether columns stand left or right of a grid: its outer ones are not ruled off."""
    beside = sum(not grid.box.left < _middle(word) < grid.box.right for word in words)
    return beside > max(MARKS, MOST_BESIDE * len(words))


def _with_missing_rules(grid: Grid, view: View) -> Grid:
    """Return a grid with the rules that it lacks between rows of numbers, where most of its rows are ruled off.

    Scans lose a rule here and there, and some authors leave it out.
    """
    if len(grid.ys) < MANY_ROWS:
        return grid
    lines = find_lines(view.words, view.width_points, view.height_points)
    missing = []
    for top, bottom in pairwise(grid.ys):
        rows = find_rows(sorted((n for n in lines if top < (n.box.top + n.box.bottom) / 2 < bottom), key=lambda n: n.baseline))
        full = [row for row in rows if sum(bool(NUMERIC.match(word.text)) for word in row.words) >= max(1, len(grid.xs) - 3)]
        if len(full) > 1 and full == rows:
            missing += [(max(n.box.bottom for n in a.lines) + min(n.box.top for n in b.lines)) / 2 for a, b in pairwise(rows)]
    if not missing or len(missing) > MISSING_SHARE * len(grid.ys):
        return grid
    drawn = tuple(Rule(horizontal=True, position=y, start=grid.xs[0], end=grid.xs[-1], thickness=0.0) for y in missing)
    return Grid(grid.xs, tuple(sorted((*grid.ys, *missing))), (*grid.rules, *drawn))


def _is_complete(drafts: Sequence[Draft], row_count: int, view: View) -> bool:
    """Return whether the rules part all cells: hardly any holds texts side by side, or numbers below each other."""
    apart = stacked = total = filled = most = 0
    for draft in drafts:
        if any(word.direction for word in draft.words):
            continue
        rows = find_rows(sorted(find_lines(draft.words, view.width_points, view.height_points), key=lambda n: n.baseline))
        gaps = [[b.box.left - a.box.right for a, b in pairwise(sorted(row.words, key=lambda w: w.box.left))] for row in rows]
        em = max((word.size for word in draft.words), default=10.0) / view.width_points
        apart += sum(max(row, default=0.0) > WIDE_EMS * em for row in gaps)
        stacked += sum(bool(NUMERIC.match(" ".join(word.text for word in row.words))) for row in rows) > 1
        total, filled, most = total + len(rows), filled + bool(rows), max(most, len(rows))
    few = row_count <= FEW_ROWS and most >= STACKED_ROWS * row_count
    return not few and apart <= APART_SHARE * total and stacked <= STACKED_SHARE * filled


def _drafts(found: Sequence[Span], grid: Grid, view: View) -> list[Draft]:
    """Return the spans with their words: those whose centre lies in it, or for a word outside the grid the nearest span."""
    places = [[0] * (len(grid.xs) - 1) for _ in range(len(grid.ys) - 1)]
    for number, span in enumerate(found):
        for row in range(span.row, span.row + span.row_span):
            for column in range(span.column, span.column + span.column_span):
                places[row][column] = number
    held: list[list[SourceWord]] = [[] for _ in found]
    for word in view.words:
        column = _interval(_middle(word), grid.xs)
        row = _interval((word.box.top + word.box.bottom) / 2, grid.ys)
        held[places[row][column]].append(word)
    drafts = (Draft(span, tuple(own)) for span, own in zip(found, held, strict=True))
    em = max((word.size for word in view.words), default=10.0) / view.width_points
    return [piece for draft in drafts for part in _cut(draft, grid, em) for piece in _cut_rows(part, grid)]


def _cut(draft: Draft, grid: Grid, em: float) -> list[Draft]:
    """Return a cell over several columns cut where its words stand apart on both sides of a column's border.

    Many tables draw the borders of their columns in the header only; in the body, white space goes on with them.
    """
    span = draft.span
    inner = range(span.column + 1, span.column + span.column_span)
    cuts = [column for column in inner if _stand_apart(draft.words, grid.xs[column], em)]
    ends = [span.column, *cuts, span.column + span.column_span]
    parts: list[list[SourceWord]] = [[] for _ in range(len(cuts) + 1)]
    for word in draft.words:
        parts[sum(_middle(word) >= grid.xs[column] for column in cuts)].append(word)
    return [
        Draft(Span(span.row, left, span.row_span, right - left), tuple(words))
        for (left, right), words in zip(pairwise(ends), parts, strict=True)
    ]


def _cut_rows(draft: Draft, grid: Grid) -> list[Draft]:
    """Return a cell over many rows cut at each of their borders where most rows hold a line of its words.

    Some tables leave the borders between row labels away; a label over several rows has fewer lines than rows.
    """
    span = draft.span
    if span.row_span < MANY_ROWS:
        return [draft]
    rows = range(span.row, span.row + span.row_span)
    parts: dict[int, list[SourceWord]] = {row: [] for row in rows}
    for word in draft.words:
        row = _interval((word.box.top + word.box.bottom) / 2, grid.ys)
        parts[min(max(row, rows[0]), rows[-1])].append(word)
    filled = sum(bool(words) for words in parts.values())
    if filled < MOST * span.row_span:
        return [draft]
    return [Draft(Span(row, span.column, 1, span.column_span), tuple(words)) for row, words in parts.items()]


def _stand_apart(words: Sequence[SourceWord], x: float, em: float) -> bool:
    """Return whether words stand on both sides of a border, none on it, and further apart than the words of a text."""
    left = [word.box.right for word in words if word.box.right <= x]
    right = [word.box.left for word in words if word.box.left >= x]
    return bool(left and right) and len(left) + len(right) == len(words) and min(right) - max(left) > APART_EMS * em


def _middle(word: SourceWord) -> float:
    return (word.box.left + word.box.right) / 2


def _interval(value: float, borders: Sequence[float]) -> int:
    return min(max(bisect_right(borders, value) - 1, 0), len(borders) - 2)
