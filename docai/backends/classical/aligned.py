"""The structure of a table without a grid of rules: white space makes columns, baselines and what they hold make rows."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from docai.alignment import find_columns, find_rows
from docai.backends.classical.bodies import read_body
from docai.backends.classical.cells import table_reply
from docai.backends.classical.headings import count_heading_rows, heading_cells
from docai.backends.classical.pieces import Setting, TextRow, cut_rows, find_rule_rows
from docai.backends.classical.turned import turned_headings, with_label_column, with_turned_labels, with_turned_row
from docai.document import Problem
from docai.exchange import Reply
from docai.lines import find_lines
from docai.tiling import View

SUREST: Final = 0.97  # of a table whose rows all fit: so alike (TEDS-struct) were those of the drawn tables to the truth
MOST_LISTED: Final = 10  # rows that a problem names


def read_aligned(view: View) -> Reply | None:
    """Return the table that the words of `view` make by their alignment; None where they stand in no columns."""
    lines = sorted(find_lines(view.words, view.width_points, view.height_points), key=lambda n: (n.baseline, n.box.left))
    turned = [line for line in lines if line.words[0].direction in (90, 270)]
    lines = [line for line in lines if line.words[0].direction not in (90, 270)]
    if not lines:
        return None
    em, leading = statistics.median(line.em for line in lines), statistics.median(line.leading for line in lines)
    found = find_rows(lines, beside=False)  # what stands between two rows may belong to both
    columns = find_columns(find_rows(lines), view.rules)
    if len(found) < 2 or len(columns) < 2:
        return None
    over = turned_headings(turned, columns)
    headed = set(map(id, over))
    beside = [line for line in turned if id(line) not in headed]
    columns = with_label_column(columns, beside, em)
    setting = Setting(tuple(columns), tuple(find_rule_rows(view.rules, em, leading)), em, leading)
    rows = cut_rows(found, columns, em)
    least = 0
    if over:
        rows, place = with_turned_row(rows, over, columns, em)
        least = place + 1
    count = max(least, count_heading_rows(rows, setting))
    headings, levels = heading_cells(rows[:count], setting)
    body = read_body(rows[count:], setting, len(levels))
    if beside:
        body = with_turned_labels(body, beside, setting, len(levels))
    bands = [*levels, *body.groups]
    xs = [view.box.left, *((a[1] + b[0]) / 2 for a, b in pairwise(columns)), view.box.right]
    ys = [view.box.top, *((_bottom(a) + _top(b)) / 2 for a, b in pairwise(bands)), view.box.bottom]
    fitting = sum(len(row.columns) >= 0.5 * len(columns) for row in rows) / len(rows)
    return table_reply(
        view,
        [*headings, *body.cells],
        xs,
        sorted(ys),
        confidence=round(SUREST * (0.5 + 0.5 * fitting) * statistics.mean([*body.sure, 1.0]), 3),
        headings=len(levels),
        problems=_problems(view, [len(levels) + 1 + n for n, sure in enumerate(body.sure) if sure < 1.0]),
    )


def _problems(view: View, rows: Sequence[int]) -> tuple[Problem, ...]:
    if not rows:
        return ()
    listed = ", ".join(map(str, rows[:MOST_LISTED])) + (" …" if len(rows) > MOST_LISTED else "")
    message = f"where these rows of a table end is unclear: {listed}; their cells' readings tell what they hold otherwise"
    return (Problem(code="table_rows_unclear", message=message, severity="note", page_number=view.page.number),)


def _top(group: Sequence[TextRow]) -> float:
    return min(row.top for row in group)


def _bottom(group: Sequence[TextRow]) -> float:
    return max(row.bottom for row in group)
