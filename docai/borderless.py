"""Tables that only white space tells: rows of several texts below each other, in the same columns."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from docai.alignment import Row, find_columns, find_rows, ruled_alleys
from docai.box import hull
from docai.captions import is_caption
from docai.lines import Line
from docai.sources import Rule, VectorPath
from docai.tabular import (
    GAP_EMS,
    LEADERS,
    MOST_LABELS,
    NUMBER,
    ROW_GAP,
    WRAPPED,
    Found,
    filled_share,
    fits,
    from_top,
    is_captioned,
    is_contents,
    is_filled,
    is_form,
    is_headed,
    is_list,
    is_prose,
    most_step,
    rules_of,
    shades,
    starts_in,
    text_in,
)

SAYING: Final = 0.6  # share of the texts with a letter or digit in them; cells with dashes are fewer than those without
FAR_ROWS: Final = 5  # rows that stand far apart; fewer are the labels of charts, more often
WIDE_ROW: Final = 3  # texts side by side, which are no label and its field: their rows may stand far apart
REGULAR_SIZE: Final = 4  # columns and rows of short texts that do not stand in order by chance
REGULAR_FIT: Final = 0.8  # share of such rows no word of which runs from column to column, and of places that hold a text
SHORT_WORDS: Final = 3.0  # words that such texts have, on average
ALONE: Final = 0.85  # share of the lines of a page, from which on there is nothing else on it
MIN_ROWS: Final = 3  # with two texts and more; fewer are a heading with a date, or a signature
NUMERIC_SHARE: Final = 0.4  # of the texts behind the first column that are numbers, where nothing else tells a table
FITTING: Final = 0.7  # share of the rows no word of which runs from column to column
CAPTION_EMS: Final = 5.0  # font sizes from a caption's baseline to that of the first row below
LEAST_PARTED: Final = 0.25  # share of the rows that hold several texts; the rest are the further lines of one cell
LABEL: Final = 0.75  # of a table's width that a label alone in its row is wide
PROSE_LINES: Final = 3, 5  # lines of running text, wide and narrow
WIDE_PROSE_EMS, NARROW_PROSE_EMS = 25.0, 12.0  # font sizes that such lines are long
PROSE_WORDS_A_LINE: Final = 1.5  # that they have on average; long Korean words are as wide as several English ones
PROSE_STEP: Final = 1.95  # font sizes between their baselines
INDENT_EMS: Final = 3.0  # font sizes that their left ends differ by
FULL_LINES: Final = 0.7  # share of them that the first word of the next would not have had room in
FLUSH_EMS: Final = 0.15  # font sizes that the left ends of the lines of one cell differ by
CLOSE: Final = 1.15  # times the usual distance of rows that the first line of a heading stands above the next


def find_aligned(lines: Sequence[Line], rules: Sequence[Rule], paths: Sequence[VectorPath] = ()) -> list[Found]:
    """Return the tables that only white space tells: rows of several texts below each other, in the same columns.

    Running text is left out first. Numbers, a heading set otherwise, a caption or rules tell a table from names side by
    side; contents pages, lists, numbered formulas and the fields of forms are none.
    """
    upright = sorted((line for line in lines if line.words[0].direction == 0), key=lambda line: (line.baseline, line.box.left))
    if not upright:
        return []
    em, leading = statistics.median(line.em for line in upright), statistics.median(line.leading for line in upright)
    rules = [*rules, *shades(paths, em, leading)]
    prose = _prose(upright, em)
    rows = find_rows([line for line in upright if id(line) not in prose], beside=False)
    blocked = [line for line in upright if id(line) in prose]
    found: list[Found] = []
    start = 0
    while start < len(rows):
        end = _run(rows, start, blocked, em, leading)
        alone = _count(rows[start:end]) > ALONE * len(upright)
        if end - start > 1 and _tells_table(rows[start:end], _above(rows, start), rules, leading, alone=alone):
            start = _heads(rows, start, end, rules, leading)
            members = [line for row in rows[start:end] for line in row.lines]
            box = hull(line.box for line in members)
            members += [line for line in blocked if starts_in(line, box)]
            own = rules_of(box, rules, leading)
            found.append(Found(hull(line.box for line in members), from_top(members), tuple(own)))
            start = end
        else:
            start = max(end, start + 1)
    return found


def _prose(lines: Sequence[Line], em: float) -> set[int]:
    """Return the lines of running text, by identity: many below each other, each broken where the next word had no room."""
    below: dict[int, Line] = {}
    for place, line in enumerate(lines):
        for other in lines[place + 1 :]:
            step = (other.baseline - line.baseline) / line.leading
            if step > PROSE_STEP:
                break
            overlap = min(line.box.right, other.box.right) - max(line.box.left, other.box.left)
            level = abs(other.size - line.size) <= 0.12 * line.size and abs(other.box.left - line.box.left) < INDENT_EMS * em
            if step > 0.8 and level and overlap > 0.5 * min(line.box.width, other.box.width):
                below[id(line)] = other
                break
    prose: set[int] = set()
    begun = {id(line) for line in below.values()}
    for line in lines:
        if id(line) in begun:
            continue
        stack = [line]
        while id(stack[-1]) in below:
            stack.append(below[id(stack[-1])])
        right = max(one.box.right for one in stack)
        width = right - min(one.box.left for one in stack)
        words = statistics.mean(len(one.words) for one in stack)
        wide = len(stack) >= PROSE_LINES[1] or (len(stack) >= PROSE_LINES[0] and width > WIDE_PROSE_EMS * em)
        full = sum(right - a.box.right < b.words[0].box.width + em for a, b in pairwise(stack))
        if wide and words >= PROSE_WORDS_A_LINE and width > NARROW_PROSE_EMS * em and full >= FULL_LINES * (len(stack) - 1):
            prose.update(map(id, stack))
    return prose


def _run(rows: Sequence[Row], start: int, blocked: Sequence[Line], em: float, leading: float) -> int:
    """Return where the run of rows with several texts ends (exclusive) that begins at `start`; labels alone may lie between."""
    if len(rows[start].lines) < 2 or any(is_caption(line.text) for line in rows[start].lines):
        return start
    end = start + 1
    steps: list[float] = []
    behind = [line.box.left for line in rows[start].lines[1:]]
    left, right = rows[start].lines[0].box.left, rows[start].lines[-1].box.right
    for n in range(start + 1, len(rows)):
        row = rows[n]
        step = row.baseline - rows[n - 1].baseline
        wide = not steps and min(len(rows[n - 1].lines), len(row.lines)) >= WIDE_ROW
        most = GAP_EMS * leading if wide else most_step(steps, leading)
        if step > most or n - end > MOST_LABELS or _between(rows[n - 1], row, blocked):
            break
        if row.lines[0].box.left > right or row.lines[-1].box.right < left:
            break
        if any(is_caption(line.text) for line in row.lines):
            break
        if len(row.lines) > 1:
            end = n + 1
            behind += [line.box.left for line in row.lines[1:]]
            left, right = min(left, row.lines[0].box.left), max(right, row.lines[-1].box.right)
        elif _goes_on(row.lines[0], behind):
            end = n + 1 if n == end and step < WRAPPED * leading else end
        elif row.lines[0].box.width > LABEL * (right - left) + em:
            break
        steps.append(step)
    return end


def _goes_on(line: Line, behind: Sequence[float]) -> bool:
    """Return whether a line is flush with texts in columns behind the first, given by their left ends, as their other lines are."""
    return any(abs(line.box.left - left) < FLUSH_EMS * line.em for left in behind)


def _heads(rows: Sequence[Row], start: int, end: int, rules: Sequence[Rule], leading: float) -> int:
    """Return where a table begins whose headings may have a first line alone, over some of the columns behind the first."""
    left, right = _extent(rows[start:end])
    columns = find_columns(rows[start:end])
    usual = statistics.median(b.baseline - a.baseline for a, b in pairwise(rows[start:end]))
    while start > 0:
        row = rows[start - 1]
        near = rows[start].baseline - row.baseline < max(WRAPPED * leading, CLOSE * usual)
        over = row.lines[0].box.left > columns[0][1] and row.lines[-1].box.right <= right and row.lines[0].box.left >= left
        ruled = any(
            rule.horizontal
            and row.baseline < rule.position < rows[start].baseline
            and min(rule.end, right) - max(rule.start, left) > 0.7 * (right - left)
            for rule in rules
        )
        if not near or not over or ruled or is_captioned(rows[:start]):
            break
        start -= 1
    return start


def _extent(rows: Sequence[Row]) -> tuple[float, float]:
    return min(row.lines[0].box.left for row in rows), max(row.lines[-1].box.right for row in rows)


def _between(above: Row, below: Row, blocked: Sequence[Line]) -> bool:
    """Return whether running text lies between two rows, or in the lower one."""
    left, right = below.lines[0].box.left, below.lines[-1].box.right
    return any(
        above.baseline < line.baseline < below.baseline and line.box.left < right and line.box.right > left for line in blocked
    )


def _count(rows: Sequence[Row]) -> int:
    return sum(len(row.lines) for row in rows)


def _above(rows: Sequence[Row], start: int) -> list[Line]:
    """Return the lines of the two rows above one."""
    return [line for row in rows[max(0, start - 2) : start] for line in row.lines]


def _tells_table(rows: Sequence[Row], above: Sequence[Line], rules: Sequence[Rule], leading: float, *, alone: bool) -> bool:
    several = [row for row in rows if len(row.lines) > 1]
    columns = find_columns(rows, rules)
    behind = [line.box.left for row in several for line in row.lines[1:]]
    single = [row for row in rows if len(row.lines) == 1]
    loose = sum(not fits(row, columns) for row in single)
    going = sum(_goes_on(row.lines[0], behind) for row in single)
    if len(columns) < 2 or len(several) < 2 or loose > 0.2 * len(rows) or len(several) < LEAST_PARTED * (len(rows) - going) - 1:
        return False
    pieces = [line for row in several for line in row.lines]
    saying = sum(any(map(str.isalnum, line.text)) for line in pieces)  # the rest is a pattern, or dashes and dots
    if saying < SAYING * len(pieces) or sum(bool(LEADERS.search(line.text)) for line in pieces) > 0.3 * len(rows):
        return False
    held = [[text_in(row, column) for row in rows] for column in columns]
    if is_prose(rows, pieces) or is_contents(held) or is_list(held) or is_form(held):
        return False
    captioned = any(is_caption(line.text) and rows[0].baseline - line.baseline < CAPTION_EMS * leading for line in above)
    headed = is_headed(rows)
    ruled = _rule_count(rows, rules, leading) + 2 * len(ruled_alleys(rows, rules))
    values = [text for column in held[1:] for text in column if text]
    numeric = sum(bool(NUMBER.match(text)) for text in values) / max(1, len(values))
    fitting = sum(fits(row, columns) for row in rows) / len(rows)
    if fitting < FITTING or not is_filled(several, columns) or len(values) < 0.4 * (len(columns) - 1) * len(several):
        return False
    if captioned:
        return True
    far = statistics.median(b.baseline - a.baseline for a, b in pairwise(rows)) > ROW_GAP * leading
    if far and len(several) < FAR_ROWS:
        return False
    if len(several) < MIN_ROWS:
        return False
    regular = min(len(columns), len(several)) >= REGULAR_SIZE and min(fitting, filled_share(several, columns)) > REGULAR_FIT
    if (alone and len(several) >= REGULAR_SIZE) or (regular and statistics.mean(len(line.words) for line in pieces) < SHORT_WORDS):
        return True
    if len(columns) == 2:
        return (numeric > 0.7 and len(several) > MIN_ROWS) or (numeric > 0.5 and (headed or ruled > 0)) or (headed and ruled > 1)
    return numeric >= NUMERIC_SHARE or headed or ruled > 1


def _rule_count(rows: Sequence[Row], rules: Sequence[Rule], leading: float) -> int:
    """Return how many horizontal rules run across most of the rows' width, at or between them."""
    left, right = _extent(rows)
    top, bottom = rows[0].lines[0].box.top, rows[-1].lines[0].box.bottom
    margin = 1.5 * leading
    return len(
        {
            round(rule.position, 3)
            for rule in rules
            if rule.horizontal
            and top - margin <= rule.position <= bottom + margin
            and min(rule.end, right) - max(rule.start, left) > 0.7 * (right - left)
        }
    )
