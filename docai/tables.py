"""Where the tables of a page are: grids of rules, and rows of text in columns between rules or shades across them."""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from docai.alignment import Row, find_columns, merged
from docai.box import Box, hull
from docai.captions import is_caption
from docai.figures import is_bent
from docai.lines import Line
from docai.rulings import Grid, find_grids, spans
from docai.sources import Rule, SourcePage, VectorPath
from docai.tabular import (
    LEADERS,
    MOST_LABELS,
    ROW_GAP,
    SAME_HEIGHT,
    WRAPPED,
    Found,
    fits,
    from_top,
    is_captioned,
    is_contents,
    is_filled,
    is_list,
    is_note,
    is_prose,
    most_step,
    rows_from,
    rules_of,
    shades,
    starts_in,
    text_in,
)

TABLE_FILLED: Final = 0.35  # share of a grid's cells with words in them; a chart's grid lines hold few, a table's cells most
BENDS_PER_CELL: Final = 3  # from which on a grid is a diagram of rounded boxes; a table's ticks and icons stay below
MOST_BENDS: Final = 8  # curves and slanted lines: the round corners of a frame and of a shade
MOST_EMPTY: Final = 3  # shades without text, such as those of blank cells
LEAST_RULE_EMS: Final = 8.0  # font sizes that a rule across a table is long; underlines and signature lines are shorter
SAME_EMS: Final = 1.5  # font sizes that the ends of the rules of one table differ by
OUTSIDE_EMS: Final = 1.0  # font sizes that text may stick out of the rules over and under it
PARTED_ROWS: Final = 0.5  # share of the rows between two rules that hold several texts
LEVEL_ROWS: Final = 0.6  # share of the rows in a grid that have text beside them where its outer columns are not ruled off
LEAST_BANDS: Final = 4  # between rules, that tell that they part all rows
PARTED_BANDS: Final = 0.8  # share of them that have text in several columns
BAND_EMS: Final = 2.4  # font sizes from rule to rule, up to which one text between them is a row of the table
USUAL_PITCH: Final = 1.3  # font sizes from baseline to baseline
HEADING_ROWS: Final = 3  # that may be the headings of a table alone
MOST_NOTES: Final = 8  # lines of notes between the last row of a table and the rule under it
NEAR_HEADING: Final = 1.6  # times the usual distance of rows that a heading stands above the first shade of a table


def find_tables(page: SourcePage, lines: Sequence[Line]) -> list[Found]:
    """Return the tables that rules or shades tell, in no particular order; none inside another."""
    grids = [grid for grid in find_grids(page.rules, page.width_points, page.height_points) if _is_table(grid, lines, page.paths)]
    tables: list[Found] = []
    for grid in _outermost(grids):
        taken = {id(line) for table in tables for line in table.lines}
        free = [line for line in lines if id(line) not in taken]
        tables.append(_with_sides(_in_grid(grid, free), grid, free))
    upright = [line for line in lines if line.words[0].direction == 0]
    if not upright:
        return tables
    em, leading = statistics.median(line.em for line in upright), statistics.median(line.leading for line in upright)
    rules = [*page.rules, *shades(page.paths, em, leading)]
    for found in sorted(_ruled_off(rules, upright, em, leading), key=lambda found: -len(found.lines)):
        if _is_drawing(found, page.paths, em):
            continue
        inside = [table for table in tables if table.box.intersection(found.box) > 0.5 * table.box.area]
        apart = [table for table in tables if table not in inside]
        if any(table.box.intersection(found.box) > 0.02 * found.box.area for table in apart):
            continue
        if inside and sum(len(table.lines) for table in inside) > 0.7 * len(found.lines):
            continue  # the grid is the table
        tables = [*apart, found]
    return tables


def _is_table(grid: Grid, lines: Sequence[Line], paths: Sequence[VectorPath]) -> bool:
    """Return whether rules frame a table: two columns and more, with words in enough of the cells, and no drawing."""
    if len(grid.xs) < 3 or len(grid.ys) < 3:
        return False
    centres = [
        ((word.box.left + word.box.right) / 2, (word.box.top + word.box.bottom) / 2)
        for line in lines
        if grid.box.intersection(line.box) > 0
        for word in line.words
    ]
    cells = spans(grid)
    filled = sum(
        any(
            grid.xs[s.column] <= x <= grid.xs[s.column + s.column_span] and grid.ys[s.row] <= y <= grid.ys[s.row + s.row_span]
            for x, y in centres
        )
        for s in cells
    )
    if len(cells) < 3 or filled < 2 or filled < TABLE_FILLED * len(cells):
        return False
    bends = sum(is_bent(segment) for path in paths if grid.box.contains(path.box, 0.003) for segment in path.segments)
    return bends < BENDS_PER_CELL * filled


def _outermost(grids: Sequence[Grid]) -> list[Grid]:
    """Return grids without those that lie inside another."""
    by_area = sorted(grids, key=lambda grid: -grid.box.area)
    kept: list[Grid] = []
    for grid in by_area:
        if not any(other.box.intersection(grid.box) > 0.5 * grid.box.area for other in kept):
            kept.append(grid)
    return kept


def _is_drawing(found: Found, paths: Sequence[VectorPath], em: float) -> bool:
    """Return whether what is drawn in a box is no table: curves and slanted lines, or shapes with no text in them, as bars are."""
    inner = [path for path in paths if found.box.contains(path.box, 0.003)]
    bends = sum(is_bent(segment) for path in inner for segment in path.segments)
    if bends > max(MOST_BENDS, len(found.lines) / 2):
        return True
    shapes = [path.box for path in inner if path.fill and path.fill != "#ffffff" and min(path.box.width, path.box.height) > em / 2]
    empty = sum(not any(starts_in(line, shape) for line in found.lines) for shape in shapes)
    return empty > max(MOST_EMPTY, 0.6 * len(shapes))


def _in_grid(grid: Grid, lines: Sequence[Line]) -> Found:
    """Return the table in a grid, without a row at its start that holds its caption, or at its end its notes."""
    box = grid.box
    inside = from_top(line for line in lines if box.intersection(line.box) > 0.5 * line.box.area or starts_in(line, box))
    top, bottom, rules = box.top, box.bottom, grid.rules
    across = {cell.row: cell for cell in spans(grid) if cell.column_span == len(grid.xs) - 1}
    bands = [[line for line in inside if a <= (line.box.top + line.box.bottom) / 2 < b] for a, b in pairwise(grid.ys)]
    if 0 in across and bands[0] and is_caption(" ".join(line.text for line in bands[0][:2])):
        top = grid.ys[across[0].row_span]
    last = len(bands) - 1
    if last in across and last > 1 and bands[last] and is_note(bands[last][0].text):
        bottom = grid.ys[last]
    if (top, bottom) != (box.top, box.bottom):
        inside = tuple(line for line in inside if top <= (line.box.top + line.box.bottom) / 2 <= bottom)
        box = Box(box.left, top, box.right, bottom)
        rules = tuple(_clipped(rules, top, bottom))
    return Found(hull((box, *(line.box for line in inside))), inside, rules)


def _with_sides(found: Found, grid: Grid, lines: Sequence[Line]) -> Found:
    """Return a table with the columns beside its grid, where rules part the columns but no rule bounds them above and below."""
    if any(
        rule.horizontal and min(abs(rule.position - grid.ys[0]), abs(rule.position - grid.ys[-1])) < SAME_HEIGHT
        for rule in grid.rules
    ):
        return found
    rows = rows_from(found.lines)
    more: list[Line] = []
    inside = [n for n in lines if grid.box.top < (n.box.top + n.box.bottom) / 2 < grid.box.bottom]
    before, behind = [n for n in inside if n.box.right <= grid.box.left], [n for n in inside if n.box.left >= grid.box.right]
    for side in (before, behind):
        level = {n for n, row in enumerate(rows) if any(abs(row.baseline - line.baseline) < line.leading / 2 for line in side)}
        if len(level) > LEVEL_ROWS * len(rows) and not is_prose(rows_from(side), side):
            more += side
    return Found(hull((found.box, *(line.box for line in more))), from_top((*found.lines, *more)), found.rules)


def _clipped(rules: Iterable[Rule], top: float, bottom: float) -> Iterator[Rule]:
    """Yield rules without what lies above or below a part of the page."""
    for rule in rules:
        if rule.horizontal and top - SAME_HEIGHT <= rule.position <= bottom + SAME_HEIGHT:
            yield rule
        elif not rule.horizontal and rule.start < bottom and rule.end > top:
            yield rule._replace(start=max(rule.start, top), end=min(rule.end, bottom))


# Rules and shades across


@dataclass(frozen=True, slots=True)
class _Across:
    """Rules on one height that hang together."""

    position: float
    left: float
    right: float


def _across(rules: Iterable[Rule], em: float, leading: float) -> list[_Across]:
    """Return the horizontal rules from top to bottom, those on one height that touch each other as one; short ones left out."""
    rows: list[list[Rule]] = []
    for rule in sorted((rule for rule in rules if rule.horizontal), key=lambda rule: rule.position):
        if rows and rule.position - rows[-1][0].position < 0.2 * leading:
            rows[-1].append(rule)
        else:
            rows.append([rule])
    found = []
    for row in rows:
        joined = merged(((rule.start, rule.end) for rule in row), em)
        found += [_Across(row[0].position, left, right) for left, right in joined if right - left > LEAST_RULE_EMS * em]
    return found


def _ruled_off(rules: Sequence[Rule], lines: Sequence[Line], em: float, leading: float) -> Iterator[Found]:
    """Yield the tables between rules or shades of the same ends, with the rows below that go on in the same columns."""
    for group in _groups(_across(rules, em, leading), em):
        pitch = max(leading, _pitch(group, lines, em) / USUAL_PITCH)
        for wide in _runs(group, lines, em, pitch):
            run = [replace(rule, left=min(r.left for r in wide), right=max(r.right for r in wide)) for rule in wide]
            if all(_is_part(above, below, lines, em, pitch) for above, below in pairwise(run)):
                left, right = run[0].left - OUTSIDE_EMS * em, run[0].right + OUTSIDE_EMS * em
                inside = [line for line in lines if _lies_in(line, run[0].position, run[-1].position, left, right)]
                rows = rows_from(inside)
                rows = [*_before(rows, run[0], lines, left, right), *rows]
                rows += _beyond(rows, run[-1].position, lines, left, right, leading)
                rows = _without_notes(rows)
                if _is_columnar(rows, [rule.position for rule in run]) and not (
                    len(rows) <= HEADING_ROWS and _goes_below(rows, lines, left, right)
                ):
                    members = [line for row in rows for line in row.lines]
                    frame = Box.clipped(run[0].left, run[0].position, run[0].right, run[-1].position)
                    box = hull((frame, *(line.box for line in members)))
                    own = rules_of(box, rules, 0.3 * leading)
                    yield Found(box, from_top(members), tuple(own))


def _without_notes(rows: list[Row]) -> list[Row]:
    """Return rows without the notes that follow the last of them."""
    kept = list(rows)
    for place in range(len(rows) - 1, max(1, len(rows) - MOST_NOTES), -1):
        if len(rows[place].lines) > 1:
            break
        if is_note(rows[place].lines[0].text):
            kept = rows[:place]
    return kept


def _groups(across: Sequence[_Across], em: float) -> Iterator[list[_Across]]:
    """Yield rules in groups, each from top to bottom: those of the same ends, with and without the shorter ones between them."""
    same: list[list[_Across]] = []
    for rule in across:
        for group in same:
            if abs(group[0].left - rule.left) < SAME_EMS * em and abs(group[0].right - rule.right) < SAME_EMS * em:
                group.append(rule)
                break
        else:
            same.append([rule])
    for group in same:
        left, right = group[0].left - SAME_EMS * em, group[0].right + SAME_EMS * em
        inner = [rule for other in same if other is not group for rule in other if rule.left >= left and rule.right <= right]
        if len(group) > 1:
            yield group
        if inner and len(group) + len(inner) > 1:
            yield sorted((*group, *inner), key=lambda rule: rule.position)


def _runs(group: Sequence[_Across], lines: Sequence[Line], em: float, leading: float) -> Iterator[list[_Across]]:
    """Yield the stretches of rules between which all is rows of a table."""
    run = [group[0]]
    for above, below in pairwise(group):
        if _is_part(above, below, lines, em, leading):
            run.append(below)
            continue
        if len(run) > 1:
            yield run
        run = [below]
    if len(run) > 1:
        yield run


def _pitch(group: Sequence[_Across], lines: Sequence[Line], em: float) -> float:
    """Return the usual distance of baselines between the first and the last of some rules; 0 where there are none."""
    left, right = group[0].left - OUTSIDE_EMS * em, group[0].right + OUTSIDE_EMS * em
    inside = [line for line in lines if _lies_in(line, group[0].position, group[-1].position, left, right)]
    rows = rows_from(inside)
    steps = [b.baseline - a.baseline for a, b in pairwise(rows)]
    return statistics.median(steps) if steps else 0.0


def _is_part(above: _Across, below: _Across, lines: Sequence[Line], em: float, leading: float) -> bool:
    """Return whether what stands between two rules may be rows of one table."""
    left, right = above.left - OUTSIDE_EMS * em, above.right + OUTSIDE_EMS * em
    inside = [line for line in lines if _lies_in(line, above.position, below.position, left, right)]
    crossing = [
        line
        for line in lines
        if above.position < line.baseline < below.position
        and line.box.left < above.left < line.box.right - em
        and line not in inside
    ]
    if crossing or any(is_caption(line.text) for line in inside):
        return False
    rows = rows_from(inside)
    if not rows:
        return below.position - above.position < BAND_EMS * leading
    places = [above.position, *(row.baseline for row in rows), below.position]
    if max(b - a for a, b in pairwise(places)) > ROW_GAP * leading:
        return False
    several = sum(len(row.lines) > 1 for row in rows_from(inside, beside=True))
    if several == 0:
        return below.position - above.position < BAND_EMS * leading * len(rows) and len(rows) < 3
    pieces = [line for row in rows for line in row.lines]
    return not is_prose(rows, pieces)


def _lies_in(line: Line, top: float, bottom: float, left: float, right: float) -> bool:
    return top < (line.box.top + line.box.bottom) / 2 < bottom and line.box.left >= left and line.box.right <= right


def _before(rows: Sequence[Row], first: _Across, lines: Sequence[Line], left: float, right: float) -> list[Row]:
    """Return the rows of headings that stand right above the first rule or shade, over the columns of the rows below it."""
    columns = find_columns(rows)
    if len(columns) < 2:
        return []
    above = rows_from(line for line in lines if line.baseline < first.position and _lies_in(line, 0.0, first.position, left, right))
    steps = [b.baseline - a.baseline for a, b in pairwise(rows)]
    found: list[Row] = []
    kept, below = 0, rows[0].baseline
    while above:
        row = above.pop()
        if below - row.baseline > NEAR_HEADING * statistics.median(steps) or is_captioned([*above, row]):
            break
        over = row.lines[0].box.left > columns[0][1] and not _is_centred(row, first)
        several = len(row.lines) > 1 and fits(row, columns)
        label = len(row.lines) == 1 and row.lines[0].box.left < columns[0][1]  # the title of a section, under the headings
        if not (several or over or (label and not found)):
            break
        found.insert(0, row)
        kept = len(found) if several or over else kept
        below = row.baseline
    return found[len(found) - kept :]


def _is_centred(row: Row, rule: _Across) -> bool:
    """Return whether a row is one text in the middle of a rule, as a title or the unit of a whole table is."""
    line = row.lines[0]
    return len(row.lines) == 1 and abs(line.box.left + line.box.right - rule.left - rule.right) < 2 * line.em


def _goes_below(rows: Sequence[Row], lines: Sequence[Line], left: float, right: float) -> bool:
    """Return whether few rows are followed at once by others, wider than they: these are the headings of a table, and no table."""
    step = statistics.median(b.baseline - a.baseline for a, b in pairwise(rows))
    last = rows[-1]
    below = [line for line in lines if 0 < line.baseline - last.baseline < NEAR_HEADING * step]
    wider = any(line.box.left < left or line.box.right > right for line in below)
    return wider and any(left < line.box.left and line.box.right < right for line in below)


def _beyond(rows: Sequence[Row], bottom: float, lines: Sequence[Line], left: float, right: float, leading: float) -> list[Row]:
    """Return the rows under the last rule that go on in the columns of those above it."""
    columns = find_columns(rows)
    if len(columns) < 2:
        return []
    below = [line for line in lines if line.baseline > bottom and _lies_in(line, bottom, 1.0, left, right)]
    steps = [b.baseline - a.baseline for a, b in pairwise(rows)]
    most = min(most_step(steps, leading), 1.6 * max(steps)) if steps else 2.0 * leading
    last, kept = rows[-1].baseline, 0
    found: list[Row] = []
    for row in rows_from(below):
        several = len(row.lines) > 1 and len(row.lines) > 0.5 * len(columns) and fits(row, columns)
        label = len(row.lines) == 1 and row.lines[0].box.left < columns[0][1] and row.lines[0].box.width < 0.6 * (right - left)
        if row.baseline - last > most or not (several or label) or len(found) - kept > MOST_LABELS:
            break
        found.append(row)
        kept = len(found) if several else kept
        last = row.baseline
    while kept < len(found) and found[kept].baseline - found[kept - 1].baseline < WRAPPED * leading and kept:
        kept += 1  # the label of the last row runs on
    return found[:kept]


def _is_columnar(rows: Sequence[Row], rules: Sequence[float]) -> bool:
    """Return whether rows make a table: two rows and columns and more, most rows with several texts, and no contents page.

    Text of several lines beside a label fills more rows with one text than with several, unless `rules` part them.
    """
    level = rows_from((line for row in rows for line in row.lines), beside=True)
    parted = _are_parted(level, rules)
    rows = level if parted else rows
    several = [row for row in rows if len(row.lines) > 1]
    columns = find_columns(rows)
    least = 2 if parted else max(2, PARTED_ROWS * len(rows) - 1)
    if len(several) < least or len(columns) < 2 or not is_filled(several, columns):
        return False
    if sum(bool(LEADERS.search(line.text)) for row in rows for line in row.lines) > 0.3 * len(rows):
        return False
    held = [[text_in(row, column) for row in rows] for column in columns]
    return not (is_list(held) or is_contents(held) or is_prose(rows, [line for row in rows for line in row.lines]))


def _are_parted(rows: Sequence[Row], rules: Sequence[float]) -> bool:
    """Return whether rules, given from the top, part rows into bands, nearly each with texts side by side."""
    bands: dict[int, int] = {}
    for row in rows:
        place = bisect_right(rules, row.baseline)
        bands[place] = max(bands.get(place, 0), len(row.lines))
    return len(bands) >= LEAST_BANDS and sum(count > 1 for count in bands.values()) >= PARTED_BANDS * len(bands)
