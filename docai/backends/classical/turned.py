"""Text that runs up or down in an upright table: headings over narrow columns, and labels that several rows share."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from docai.alignment import Interval
from docai.backends.classical.bodies import Body
from docai.backends.classical.cells import Draft
from docai.backends.classical.pieces import Piece, Setting, TextRow
from docai.lines import Line
from docai.rulings import Span
from docai.sources import SourceWord

LINE_EMS: Final = 1.45  # font sizes between the middles of the lines of one heading, at most
CLOSER: Final = 0.6  # times the usual distance of headings that they are at most
EDGE_EMS: Final = 0.1  # font sizes that a column ends at least before the next
IN_BAND: Final = 0.5  # of a row's height that lies beside turned headings where it is one with them


def turned_headings(turned: Sequence[Line], columns: Sequence[Interval]) -> list[Line]:
    """Return those of lines that run up or down that are headings of columns: over any but the first, or level with such."""
    over = [line for line in turned if _middle(line) > columns[0][1]]
    if not over:
        return []
    top, bottom = min(line.box.top for line in over), max(line.box.bottom for line in over)
    return [line for line in turned if line in over or top < (line.box.top + line.box.bottom) / 2 < bottom]


def with_turned_row(
    rows: Sequence[TextRow], headings: Sequence[Line], columns: Sequence[Interval], em: float
) -> tuple[list[TextRow], int]:
    """Return rows of text with turned headings, and what is upright beside them, made one row, and the place of that row.

    Args:
        rows: The upright rows of the table.
        headings: Lines that run up or down, of which there is one at least.
        columns, em: As in `docai.backends.classical.pieces.Setting`.
    """
    top, bottom = min(line.box.top for line in headings), max(line.box.bottom for line in headings)
    beside = [row for row in rows if min(bottom, row.bottom) - max(top, row.top) > IN_BAND * (row.bottom - row.top)]
    above = [row for row in rows if row not in beside and row.bottom < bottom]
    upright = [piece for row in beside for piece in row.pieces]
    taken = {column for piece in upright for column in range(piece.first, piece.last + 1)}
    groups = _grouped(headings, em)
    free = [n for n in range(len(columns)) if n not in taken]
    places = _placed(groups, columns, free if len(free) >= len(groups) else range(len(columns)))
    pieces = [Piece(tuple(_on(bottom, group)), n, n) for group, n in zip(groups, places, strict=True)]
    for piece in upright:
        met = [p for p in pieces if p.first <= piece.last and piece.first <= p.last]
        words = (*(w for p in met for w in p.words), *(w._replace(baseline=bottom) for w in piece.words))
        pieces = [p for p in pieces if p not in met]
        pieces.append(Piece(words, min(p.first for p in (*met, piece)), max(p.last for p in (*met, piece))))
    one = TextRow(tuple(sorted(pieces, key=lambda piece: piece.first)))
    return [*above, one, *(row for row in rows if row not in beside and row not in above)], len(above)


def _on(baseline: float, lines: Sequence[Line]) -> list[SourceWord]:
    """Return the words of lines as if they stood on one baseline."""
    return [word._replace(baseline=baseline) for line in lines for word in line.words]


def _grouped(headings: Sequence[Line], em: float) -> list[list[Line]]:
    """Return turned lines from left to right, those that stand as close as the lines of one heading together."""
    ordered = sorted(headings, key=_middle)
    steps = [_middle(b) - _middle(a) for a, b in pairwise(ordered)]
    close = min(LINE_EMS * em, CLOSER * statistics.median(steps)) if steps else 0.0
    groups = [ordered[:1]]
    for line, step in zip(ordered[1:], steps, strict=True):
        if step < close:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _placed(groups: Sequence[Sequence[Line]], columns: Sequence[Interval], free: Sequence[int]) -> list[int]:
    """Return the columns, each another and in order, that headings are nearest to in all; headings too many share the last."""
    middles = [statistics.mean(map(_middle, group)) for group in groups]
    best: dict[int, tuple[float, list[int]]] = {-1: (0.0, [])}  # by the place in `free` of the last column taken
    for number, x in enumerate(middles):
        following: dict[int, tuple[float, list[int]]] = {}
        for place, column in enumerate(free):
            before = [kept for last, kept in best.items() if last < place]
            if before and len(free) - place >= len(groups) - number:
                off, taken = min(before)
                following[place] = (off + abs(x - sum(columns[column]) / 2), [*taken, column])
        best = following or {place: (off, [*taken, free[-1]]) for place, (off, taken) in best.items()}
    return min(best.values())[1]


def with_label_column(columns: Sequence[Interval], labels: Sequence[Line], em: float) -> list[Interval]:
    """Return columns with one more in front where labels that run up or down stand left of the first."""
    if not labels or max(_middle(line) for line in labels) > columns[0][0]:
        return list(columns)
    right = min(max(line.box.right for line in labels), columns[0][0] - em * EDGE_EMS)
    return [(min(line.box.left for line in labels), right), *columns]


def with_turned_labels(body: Body, labels: Sequence[Line], setting: Setting, start: int) -> Body:
    """Return a body with labels that run up or down in its first column, each beside the rows that it is for.

    A rule that runs through the column parts them; where there is none, a row belongs to the label whose middle is nearest.

    Args:
        body: Its first row is row `start` of the table; nothing else stands in its first column.
        labels: The lines.
        setting: How the table is set.
        start: How many rows its headings take.
    """
    ordered = sorted(labels, key=lambda line: line.box.top)
    through = [rule.position for rule in setting.rules if rule.covers(*setting.columns[0])]
    borders = []
    for above, below in pairwise(ordered):
        middles = _height(above), _height(below)
        between = [y for y in through if middles[0] < y < middles[1]]
        borders.append(between[0] if between else sum(middles) / 2)
    held: list[list[int]] = [[] for _ in ordered]
    for place, group in enumerate(body.groups):
        middle = (min(row.top for row in group) + max(row.bottom for row in group)) / 2
        held[sum(y < middle for y in borders)].append(place)
    cells = [Draft(Span(start + rows[0], 0, len(rows), 1), line.words) for line, rows in zip(ordered, held, strict=True) if rows]
    return replace(body, cells=[*cells, *(cell for cell in body.cells if cell.span.column > 0)])


def _middle(line: Line) -> float:
    return (line.box.left + line.box.right) / 2


def _height(line: Line) -> float:
    return (line.box.top + line.box.bottom) / 2
