"""The structure of a table without a grid of rules: white space makes columns, baselines and what they hold make rows."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise

from docai.alignment import find_columns, find_rows
from docai.backends.classical.bodies import body_cells
from docai.backends.classical.cells import table_reply
from docai.backends.classical.headings import count_heading_rows, heading_cells
from docai.backends.classical.pieces import Setting, TextRow, cut_rows, find_rule_rows
from docai.exchange import Reply
from docai.lines import find_lines
from docai.tiling import View


def read_aligned(view: View) -> Reply | None:
    """Return the table that the words of `view` make by their alignment; None where they stand in no columns."""
    lines = sorted(find_lines(view.words, view.width_points, view.height_points), key=lambda n: (n.baseline, n.box.left))
    if not lines:
        return None
    em, leading = statistics.median(line.em for line in lines), statistics.median(line.leading for line in lines)
    found = find_rows(lines)
    columns = find_columns(found, view.rules)
    if len(found) < 2 or len(columns) < 2:
        return None
    setting = Setting(tuple(columns), tuple(find_rule_rows(view.rules, em, leading)), em, leading)
    rows = cut_rows(found, columns, em)
    count = count_heading_rows(rows, setting)
    headings, levels = heading_cells(rows[:count], setting)
    body, groups = body_cells(rows[count:], setting, len(levels))
    bands = [*levels, *groups]
    xs = [view.box.left, *((a[1] + b[0]) / 2 for a, b in pairwise(columns)), view.box.right]
    ys = [view.box.top, *((_bottom(a) + _top(b)) / 2 for a, b in pairwise(bands)), view.box.bottom]
    fitting = sum(len(row.columns) >= 0.5 * len(columns) for row in rows) / len(rows)
    return table_reply(view, [*headings, *body], xs, sorted(ys), confidence=round(0.5 + 0.5 * fitting, 3), headings=len(levels))


def _top(group: Sequence[TextRow]) -> float:
    return min(row.top for row in group)


def _bottom(group: Sequence[TextRow]) -> float:
    return max(row.bottom for row in group)
