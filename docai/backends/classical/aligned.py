"""The structure of a table without a grid of rules: baselines make rows, white space makes columns."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from docai.alignment import Interval, Row, find_columns, find_rows, refine_columns
from docai.backends.classical.cells import Draft, table_reply
from docai.exchange import Reply
from docai.lines import Line, find_lines
from docai.rulings import Span
from docai.sources import Rule
from docai.tiling import View

UNDER_EMS: Final = 1.2  # font sizes below its baseline that a heading's rule may run
NEARER: Final = 0.75  # of the usual distance of rows, up to which a line belongs to the row above
FULL: Final = 0.8  # share of the columns that a row of the body fills


def read_aligned(view: View) -> Reply | None:
    """Return the table that the words of `view` make by their alignment; None where they stand in no columns."""
    lines = sorted(find_lines(view.words, view.width_points, view.height_points), key=lambda n: (n.baseline, n.box.left))
    rows = find_rows(lines)
    columns = refine_columns(rows, find_columns(rows)) if rows else []
    if len(rows) < 2 or len(columns) < 2:
        return None
    groups = _with_wrapped(rows, columns)
    xs = [view.box.left, *((a[1] + b[0]) / 2 for a, b in pairwise(columns)), view.box.right]
    ys = [view.box.top, *((_bottom(a) + _top(b)) / 2 for a, b in pairwise(groups)), view.box.bottom]
    drafts = [draft for number, group in enumerate(groups) for draft in _group_cells(group, number, columns)]
    drafts = _with_headings(drafts, groups, columns, view.rules)
    fitting = sum(len(row.lines) == len(columns) for row in rows) / len(rows)
    return table_reply(view, drafts, xs, sorted(ys), confidence=round(0.5 + 0.5 * fitting, 3))


def _top(group: Sequence[Row]) -> float:
    return min(line.box.top for row in group for line in row.lines)


def _bottom(group: Sequence[Row]) -> float:
    return max(line.box.bottom for row in group for line in row.lines)


def _with_wrapped(rows: Sequence[Row], columns: Sequence[Interval]) -> list[list[Row]]:
    """Return rows in groups, each with the lines that its label in the first column runs on over.

    Such a line stands alone in its row, and nearer to the row above than rows stand apart; a section's title does not.
    """
    full = [row for row in rows if len(row.lines) > 1]
    steps = [_step(before, row) for before, row in pairwise(full)]
    usual = statistics.median(steps) if steps else 0.0
    groups: list[list[Row]] = []
    waiting: list[Row] = []  # a label's first lines, above the row that its last stands in
    for place, row in enumerate(rows):
        alone = len(row.lines) == 1 and _covered(row.lines[0], columns) == (0, 0)
        above = _step(rows[place - 1], row) if place else usual
        below = _step(row, rows[place + 1]) if place + 1 < len(rows) else usual
        if alone and min(above, below) < NEARER * usual and groups and above <= below:
            groups[-1].append(row)
        elif alone and below < NEARER * usual:
            waiting.append(row)
        else:
            groups.append([row, *waiting])
            waiting = []
    return [*groups, *([row] for row in waiting)]


def _step(above: Row, below: Row) -> float:
    return (below.baseline - above.baseline) / below.lines[0].leading


def _group_cells(group: Sequence[Row], number: int, columns: Sequence[Interval]) -> list[Draft]:
    """Return the cells of a row and of the lines that its label runs on over."""
    cells = _cells(group[0], number, columns)
    wrapped = tuple(word for row in group[1:] for line in row.lines for word in line.words)
    return [Draft(cells[0].span, (*cells[0].words, *wrapped)), *cells[1:]]


def _cells(row: Row, number: int, columns: Sequence[Interval]) -> list[Draft]:
    """Return the cells of a row, empty ones included; what meets the same column makes one cell.

    A row that fills most columns is taken word by word, since narrow columns read as one line; in others, such as headings
    over several columns, a line is a cell.
    """
    lines = _one_word_each(row, columns) or row.lines
    cells: list[tuple[int, int, list[Line]]] = []
    for line in lines:
        first, last = _covered(line, columns)
        if cells and first <= cells[-1][1]:
            cells[-1] = (cells[-1][0], max(cells[-1][1], last), [*cells[-1][2], line])
        else:
            cells.append((first, last, [line]))
    taken = {column for first, last, _ in cells for column in range(first, last + 1)}
    cells += [(column, column, []) for column in range(len(columns)) if column not in taken]
    return [
        Draft(Span(number, first, 1, last - first + 1), tuple(word for line in lines for word in line.words))
        for first, last, lines in sorted(cells, key=lambda cell: cell[0])
    ]


def _one_word_each(row: Row, columns: Sequence[Interval]) -> list[Line]:
    """Return the words of a row as lines of their own; nothing where they leave many columns blank or run across two."""
    words = [Line((word,), line.em, line.leading) for line in row.lines for word in line.words]
    covered = [_covered(word, columns) for word in words]
    filled = {first for first, last in covered if first == last}
    whole = all(first == last for first, last in covered)
    return sorted(words, key=lambda word: word.box.left) if whole and len(filled) >= FULL * len(columns) else []


def _with_headings(
    drafts: Sequence[Draft], groups: Sequence[Sequence[Row]], columns: Sequence[Interval], rules: Sequence[Rule]
) -> list[Draft]:
    """Return cells in which a heading over several columns spans those that the rule under it runs over.

    Headings above the first full row only; what the rule covers must be blank beside the heading.
    """
    first_full = next((n for n, group in enumerate(groups) if len(group[0].lines) >= FULL * len(columns)), 0)
    result = list(drafts)
    for draft in drafts:
        if draft.span.row >= first_full or not draft.words:
            continue
        covered = _ruled_under(draft, columns, rules, groups[draft.span.row][0].lines[0].leading)
        beside = [
            other for other in result if other.span.row == draft.span.row and other.span.column in covered and other is not draft
        ]
        own = range(draft.span.column, draft.span.column + draft.span.column_span)
        if len(covered) > len(own) and set(own) <= set(covered) and not any(other.words for other in beside):
            result = [other for other in result if other is not draft and other not in beside]
            result.append(Draft(Span(draft.span.row, covered[0], 1, len(covered)), draft.words))
    return result


def _ruled_under(draft: Draft, columns: Sequence[Interval], rules: Sequence[Rule], leading: float) -> range:
    """Return the columns that a rule close under a heading, and under no more than it, runs over."""
    left, right = min(word.box.left for word in draft.words), max(word.box.right for word in draft.words)
    bottom = max(word.baseline for word in draft.words)
    for rule in sorted(rules, key=lambda rule: rule.position):
        near = 0 < rule.position - bottom < UNDER_EMS * leading
        if near and rule.start <= left + 0.002 and rule.end >= right - 0.002:
            covered = [n for n, (a, b) in enumerate(columns) if rule.start - 0.005 <= (a + b) / 2 <= rule.end + 0.005]
            if covered and len(covered) < len(columns):
                return range(covered[0], covered[-1] + 1)
    return range(0)


def _covered(line: Line, columns: Sequence[Interval]) -> tuple[int, int]:
    """Return the first and last column that a line stands over; the nearest one where it stands between two."""
    met = [n for n, (left, right) in enumerate(columns) if min(right, line.box.right) > max(left, line.box.left)]
    if met:
        return met[0], met[-1]
    middle = (line.box.left + line.box.right) / 2
    nearest = min(range(len(columns)), key=lambda n: abs((columns[n][0] + columns[n][1]) / 2 - middle))
    return nearest, nearest
