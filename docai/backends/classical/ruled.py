"""The structure of a ruled table: its rules make a grid, missing rules make spans, words fall into cells."""

from __future__ import annotations

from collections.abc import Sequence

from docai.backends.classical.cells import Draft, share_inside, span_box, table_reply
from docai.exchange import Reply
from docai.rulings import Grid, Span, find_grids, spans
from docai.sources import SourceWord
from docai.tiling import View


def read_ruled(view: View) -> Reply | None:
    """Return the table in `view` that its rules make; None where they make no grid.

    The confidence is the share of words that lie whole in their cell.
    """
    grids = find_grids(view.rules, view.width_points, view.height_points)
    if not grids:
        return None
    grid = max(grids, key=lambda g: g.box.area)
    drafts = _drafts(spans(grid), grid, view.words)
    whole = sum(share_inside(draft.words, span_box(draft.span, grid.xs, grid.ys)) * len(draft.words) for draft in drafts)
    confidence = round(whole / len(view.words), 3) if view.words else 0.5
    return table_reply(view, drafts, grid.xs, grid.ys, confidence=min(1.0, confidence))


def _drafts(found: Sequence[Span], grid: Grid, words: Sequence[SourceWord]) -> list[Draft]:
    """Return the spans with their words: those whose centre lies in it, or for a word outside the grid the nearest span."""
    places = [[0] * (len(grid.xs) - 1) for _ in range(len(grid.ys) - 1)]
    for number, span in enumerate(found):
        for row in range(span.row, span.row + span.row_span):
            for column in range(span.column, span.column + span.column_span):
                places[row][column] = number
    held: list[list[SourceWord]] = [[] for _ in found]
    for word in words:
        column = _interval((word.box.left + word.box.right) / 2, grid.xs)
        row = _interval((word.box.top + word.box.bottom) / 2, grid.ys)
        held[places[row][column]].append(word)
    return [Draft(span, tuple(own)) for span, own in zip(found, held, strict=True)]


def _interval(value: float, borders: Sequence[float]) -> int:
    inside = sum(border <= value for border in borders) - 1
    return min(max(inside, 0), len(borders) - 2)
