"""Headings of upright tables that run up or down, over columns too narrow for them, and labels that do beside their rows."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final

from docai.box import Box, hull
from docai.lines import Line
from docai.sources import Rule
from docai.tabular import Found, from_top, is_captioned, rows_from, rules_of, starts_in

LEAST_HEADINGS: Final = 2  # that stand on a table; one alone may be a note along its edge
STANDING_EMS: Final = 2.0  # font sizes that headings end above or below the first row of a table
HIGH_EMS: Final = 1.5  # font sizes of upright text that heads are high at least; turned digits are lower, and are no heads
BESIDE_EMS: Final = 2.5  # font sizes beyond the first column of a table that labels of its rows stand
OVER_EMS: Final = 1.8  # font sizes that upright headings stand above turned ones


def with_turned_text(found: Found, lines: Sequence[Line], rules: Sequence[Rule]) -> Found:
    """Return a table with what runs up or down on top of its columns or beside its rows, and upright headings next to that.

    Args:
        found: The table as its upright text tells it.
        lines: What is in no table yet.
        rules: All rules of the page.
    """
    own = [line for line in found.lines if line.words[0].direction == 0]
    turned = [line for line in lines if line.words[0].direction in (90, 270)]
    if not own or not turned:
        return found
    em, leading = statistics.median(line.em for line in own), statistics.median(line.leading for line in own)
    more = [*_headings(found.box, turned, em, leading), *_labels(found.box, turned, em)]
    if not more:
        return found
    box = hull((found.box, *(line.box for line in more)))
    upright = [
        line
        for line in lines
        if line.words[0].direction == 0 and box.left - em <= line.box.left <= line.box.right <= box.right + em
    ]
    more += [line for line in upright if starts_in(line, box)]
    more += _over(box, upright, leading)
    box = hull((box, *(line.box for line in more)))
    known = set(map(id, found.rules))
    own_rules = [rule for rule in rules_of(box, rules, leading) if id(rule) not in known]
    return Found(box, from_top((*found.lines, *more)), (*found.rules, *own_rules))


def _headings(box: Box, turned: Sequence[Line], em: float, leading: float) -> list[Line]:
    """Return the lines that stand on a table, over what is inside its sides."""
    standing = [
        line
        for line in turned
        if box.left - em < (line.box.left + line.box.right) / 2 < box.right + em
        and abs(line.box.bottom - box.top) < STANDING_EMS * leading
    ]
    if not standing:
        return []
    top = min(line.box.top for line in standing)
    heads = [
        line
        for line in turned
        if box.left - em < (line.box.left + line.box.right) / 2 < box.right + em
        and line.box.top > top - leading
        and line.box.bottom < box.top + STANDING_EMS * leading
    ]  # those set from the top downwards end above the table where they are short
    high = max(line.box.height for line in heads) > HIGH_EMS * leading
    return heads if high and len(heads) >= LEAST_HEADINGS else []


def _labels(box: Box, turned: Sequence[Line], em: float) -> list[Line]:
    """Return the lines beside the rows of a table, left of its other text."""
    return [
        line
        for line in turned
        if box.left - BESIDE_EMS * em < line.box.left < box.right
        and box.top < (line.box.top + line.box.bottom) / 2 < box.bottom
        and line.box.height < box.height
    ]


def _over(box: Box, lines: Sequence[Line], leading: float) -> list[Line]:
    """Return the row of upright headings above turned ones, which is over some of the columns, unless it is a caption."""
    above = rows_from(line for line in lines if line.baseline < box.top + leading / 2 and not starts_in(line, box))
    if not above or is_captioned(above):
        return []
    row = above[-1]
    over = box.top - row.baseline < OVER_EMS * leading and max(line.box.width for line in row.lines) < 0.7 * box.width
    return list(row.lines) if over and row.lines[0].box.left > box.left + leading else []
