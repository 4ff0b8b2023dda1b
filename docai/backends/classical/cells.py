"""From spans and words to a table: texts, headers, boxes and confidences, the same however the structure was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from docai.box import Box
from docai.document import Cell, Engine, Problem, Reading, Table, mean_confidence
from docai.exchange import Reply
from docai.lines import Line, find_lines, join_lines
from docai.rulings import Span
from docai.sources import SourceWord, basis_of
from docai.tasks.table import in_reading_order
from docai.tiling import View
from docai.turning import turned_word

ENGINE: Final = Engine(backend="classical")
INSIDE: Final = 0.7  # share of a word's box that lies in its cell when no border cuts it
MOSTLY: Final = 0.7  # share of the texts of a column that are no numbers where it holds labels
VALUES: Final = 0.4  # share of the other texts that are numbers
_YEAR = re.compile(r"^(?:1[89]|20)\d\d$")
NUMERIC = re.compile(r"^[-+−–(]?[$€£₩₫¥]?\s?\d[\d\s.,]*\s?[%)]?$")


@dataclass(frozen=True, slots=True)
class Draft:
    """A cell to be: where it stands in the grid, its words in the order they were found, and how else it may read.

    `sure` is the probability, 0..1, that its borders are right.
    """

    span: Span
    words: tuple[SourceWord, ...]
    readings: tuple[Reading, ...] = ()
    sure: float = 1.0

    @property
    def text(self) -> str:
        """Its words with spaces between them."""
        return " ".join(word.text for word in self.words)


def table_reply(  # noqa: PLR0913  # all that a table is made of
    view: View,
    drafts: Sequence[Draft],
    xs: Sequence[float],
    ys: Sequence[float],
    *,
    confidence: float,
    headings: int | None = None,
    problems: tuple[Problem, ...] = (),
) -> Reply:
    """Return a reply with the table that `drafts` make on the borders `xs` and `ys` (page fractions, in order).

    `headings` tells how many leading rows are headers, where that is known.
    """
    drafts = sorted(drafts, key=lambda draft: (draft.span.row, draft.span.column))
    lines = []
    for place, draft in enumerate(drafts):
        drafts[place], own = _read(draft, view)
        lines.append(own)
    headers = header_rows(drafts, len(ys) - 1) if headings is None else headings
    labels = label_columns(drafts, len(xs) - 1, headers)
    table = Table(
        page_number=view.page.number,
        box=view.box,
        words=tuple(word.told() for draft in drafts for word in draft.words),
        row_count=len(ys) - 1,
        column_count=len(xs) - 1,
        cells=in_reading_order(
            _cell(draft, own, span_box(draft.span, xs, ys), headers, labels) for draft, own in zip(drafts, lines, strict=True)
        ),
    )
    return Reply(answer=table, problems=problems, confidence=confidence, engine=ENGINE)


def span_box(span: Span, xs: Sequence[float], ys: Sequence[float]) -> Box:
    """Return the box of a span on the page."""
    return Box.clipped(xs[span.column], ys[span.row], xs[span.column + span.column_span], ys[span.row + span.row_span])


def _read(draft: Draft, view: View) -> tuple[Draft, list[Line]]:
    """Return a cell with its words as they are read, and its lines from top to bottom, stood upright where they run up or down."""
    words, width, height = draft.words, view.width_points, view.height_points
    if {word.direction for word in words} in ({90}, {270}):
        words, width, height = tuple(turned_word(word, word.direction) for word in words), height, width
    lines = sorted(find_lines(words, width, height), key=lambda line: (round(line.baseline, 3), line.box.left))
    given = dict(zip(map(id, words), draft.words, strict=True))
    return replace(draft, words=tuple(given[id(word)] for line in lines for word in line.words)), lines


def header_rows(drafts: Sequence[Draft], row_count: int) -> int:
    """Return how many leading rows are headers: set in bold over a body that is not, or words over numbers."""
    rows: list[list[Draft]] = [[] for _ in range(row_count)]
    for draft in drafts:
        rows[draft.span.row].append(draft)
    bold = [_share(cells, lambda draft: all(word.font.bold for word in draft.words)) for cells in rows]
    numeric = [_share(cells, lambda draft: bool(NUMERIC.match(draft.text))) for cells in rows]
    count = 0
    while count < row_count - 1:
        rest = range(count + 1, row_count)
        stands_out = bold[count] > 0.9 and min(bold[n] for n in rest) < 0.9
        over_numbers = numeric[count] == 0 and sum(numeric[n] for n in rest) / len(rest) > 0.3
        near = rows[max(0, count - 1) : count + 1]
        spanning = any(draft.span.column_span > 1 for row in near for draft in row if draft.words)
        if not (stands_out or (over_numbers and (count == 0 or spanning))):
            break
        count = max([count + 1, *(draft.span.row + draft.span.row_span for draft in rows[count])])
    return min(count, row_count)


def label_columns(drafts: Sequence[Draft], column_count: int, headers: int) -> int:
    """Return how many leading columns are headers of their rows: labels beside values, or bold beside what is not.

    A second one counts where the labels of the first span rows.
    """
    count = 0
    for column in range(min(2, column_count - 1)):
        own = [draft for draft in drafts if draft.span.column == column and draft.span.row >= headers and draft.words]
        rest = [draft for draft in drafts if draft.span.column > column and draft.span.row >= headers and draft.words]
        named = [draft for draft in own if not NUMERIC.match(draft.text) or _YEAR.match(draft.text)]
        numbers = _share(rest, lambda draft: bool(NUMERIC.match(draft.text)))
        bold = (
            _share(own, lambda draft: all(word.font.bold for word in draft.words))
            > 0.9
            > _share(rest, lambda draft: all(word.font.bold for word in draft.words))
        )
        if len(own) < 2 or len(named) < MOSTLY * len(own) or not (numbers > VALUES or bold):
            break
        count += 1
        if all(draft.span.row_span == 1 for draft in own):
            break
    return count


def _share(cells: Sequence[Draft], holds: Callable[[Draft], bool]) -> float:
    filled = [draft for draft in cells if draft.words]
    return sum(holds(draft) for draft in filled) / len(filled) if filled else 0.0


def _cell(draft: Draft, lines: Sequence[Line], box: Box, headers: int, labels: int) -> Cell:
    header: Literal["none", "column", "row"] = (
        "column" if draft.span.row < headers else "row" if draft.span.column < labels else "none"
    )
    return Cell(
        row=draft.span.row,
        column=draft.span.column,
        row_span=draft.span.row_span,
        column_span=draft.span.column_span,
        text=join_lines(lines) if lines else "",
        header=header,
        box=box,
        confidence=round(draft.sure * share_inside(draft.words, box) * mean_confidence(draft.words, of_none=1.0), 3),
        readings=draft.readings,
        basis=basis_of(draft.words),
    )


def share_inside(words: Sequence[SourceWord], box: Box) -> float:
    """Return the share of words that lie in a cell and are not cut by its borders; 1 for an empty cell."""
    if not words:
        return 1.0
    return round(sum(word.box.intersection(box) > INSIDE * word.box.area for word in words) / len(words), 3)
