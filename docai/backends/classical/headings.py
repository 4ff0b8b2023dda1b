"""The headings of a table: how many rows they take, what stands over several columns, and what runs over several rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from docai.backends.classical.cells import Draft
from docai.backends.classical.pieces import Piece, RuleRow, Setting, TextRow
from docai.rulings import Span
from docai.sources import SourceWord

MOST_ROWS: Final = 9  # of text that the headings of a table take; three levels of three lines
UNDER_EMS: Final = 1.3  # font sizes below its baseline that a heading's rule may run
TIGHT: Final = 1.65  # font sizes between the baselines of the lines of one heading, at most
CENTRED_EMS: Final = 0.7  # font sizes that a centred heading may be off the middle of what it stands over
ALIKE_EMS: Final = 0.1  # font sizes; of what a heading is centred over as well, it stands over the most columns
NUMBERS: Final = 0.4  # share of the texts behind the first column that are numbers in a row of the body


def count_heading_rows(rows: Sequence[TextRow], setting: Setting) -> int:
    """Return how many rows of text are headings.

    Those over the first rule across the table, those that are set otherwise than the body, or words over numbers.
    """
    ruled = _ruled_count(rows, setting)
    if ruled:
        return ruled
    styled = _styled_count(rows)
    over_numbers = _count_over_numbers(rows, setting.count)
    while styled > 1 and rows[styled - 1].columns == {0}:  # the first label of the body, in bold like all of them
        styled -= 1
    if styled and over_numbers:
        more = rows[styled:over_numbers]  # units below a heading, in plain letters
        return over_numbers if not any(p.is_numeric or p.first == 0 for row in more for p in row.pieces) else styled
    return styled or over_numbers


def _ruled_count(rows: Sequence[TextRow], setting: Setting) -> int:
    """Return how many rows stand over the first rule that runs across the table below any of them."""
    first = setting.columns[0]
    reaching = {rule.position: rule for rule in setting.rules if rule.stretches[0][0] <= first[0] + 0.3 * (first[1] - first[0])}
    for position in (place for place in setting.across if place in reaching):
        above = [row for row in rows if (row.top + row.bottom) / 2 < position]
        while len(above) > 1 and above[-1].columns == {0} and not reaching[position].drawn:
            above.pop()  # the title of a section, over a shaded row
        if not above or len(above) > min(MOST_ROWS, 0.6 * len(rows)):
            continue
        if any(_is_body(row, setting.count) for row in above):
            return 0
        if len(above) < len(rows):
            return len(above)
    return 0


def _is_body(row: TextRow, count: int) -> bool:
    """Return whether a row holds values: mostly numbers that are no years, and more than one."""
    behind = [piece for piece in row.pieces if piece.first > 0 or count == 1]
    values = [piece for piece in behind if piece.is_numeric and not piece.is_year]
    return bool(values) and len(values) >= max(NUMBERS * len(behind), min(2, count - 1))


def _styled_count(rows: Sequence[TextRow]) -> int:
    """Return how many leading rows are set otherwise than most of the rest: bold, or in another colour."""
    styles = [_style(row) for row in rows]
    usual = Counter(styles[len(styles) // 3 :]).most_common(1)[0][0]
    count = 0
    while count < min(len(rows) - 1, MOST_ROWS) and _stands_out(styles[count], usual):
        count += 1
    return count


def _style(row: TextRow) -> tuple[bool, int]:
    words = [word for piece in row.pieces for word in piece.words]
    return all(word.font.bold for word in words), Counter(word.colour for word in words).most_common(1)[0][0]


def _stands_out(style: tuple[bool, int], usual: tuple[bool, int]) -> bool:
    return (style[0] and not usual[0]) or style[1] != usual[1]


def _count_over_numbers(rows: Sequence[TextRow], count: int) -> int:
    """Return how many rows of words stand over the first row of values, where most of the rows hold values."""
    body = [_is_body(row, count) for row in rows]
    if True not in body or sum(body) < 0.3 * len(rows):
        return 0
    first = body.index(True)
    while first and rows[first - 1].columns == {0} and first > 1:  # a label that begins above its values, or a section's title
        first -= 1
    return first if first <= MOST_ROWS else 0


# Structure


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines of one heading, and the columns from `first` to `last` that they stand over."""

    pieces: list[Piece]
    first: int
    last: int

    @property
    def words(self) -> tuple[SourceWord, ...]:
        return tuple(word for piece in self.pieces for word in piece.words)


def heading_cells(rows: Sequence[TextRow], setting: Setting) -> tuple[list[Draft], list[list[TextRow]]]:
    """Return the cells of the headings, and the rows of text that each of their levels takes.

    A level ends below what stands over several columns; a heading that has nothing over or under it takes all levels.
    """
    if not rows:
        return [], []
    widened: list[TextRow] = []
    for row in reversed(rows):  # the columns that the lower ones stand over tell what the upper ones are centred over
        widened.insert(0, _widened(row, widened[0] if widened else None, setting))
    levels = _levels(widened, setting)
    blocks = [_blocks([widened[n] for n in level]) for level in levels]
    return _cells(blocks, setting.count), [[rows[n] for n in level] for level in levels]


def _widened(row: TextRow, below: TextRow | None, setting: Setting) -> TextRow:
    """Return a row in which each piece covers the columns that it stands over, told by a rule under it or by its centring."""
    pieces = list(row.pieces)
    for place, piece in enumerate(pieces):
        ruled = _ruled_under(piece, row, setting)
        low = pieces[place - 1].last + 1 if place else 0
        high = pieces[place + 1].first - 1 if place + 1 < len(pieces) else setting.count - 1
        if ruled and ruled[0] <= piece.first and ruled[1] >= piece.last:
            first, last = max(low, ruled[0]), min(high, ruled[1])
        elif below is not None and not ruled:
            first, last = _centred_over(piece, below, (low, high), setting.em)
        else:
            continue
        pieces[place] = Piece(piece.words, min(first, piece.first), max(last, piece.last))
    return TextRow(tuple(pieces))


def _ruled_under(piece: Piece, row: TextRow, setting: Setting) -> tuple[int, int] | None:
    """Return the columns that a rule close under a heading runs over, unless it runs across the whole table."""
    for rule in setting.rules:
        if not 0 < rule.position - row.baseline < UNDER_EMS * setting.leading:
            continue
        for left, right in rule.stretches:
            if left <= piece.left + 0.25 * piece.width and right >= piece.right - 0.25 * piece.width:
                covered = [n for n, (a, b) in enumerate(setting.columns) if min(b, right) - max(a, left) > 0.5 * (b - a)]
                if covered and len(covered) < setting.count:
                    return covered[0], covered[-1]
    return None


def _centred_over(piece: Piece, below: TextRow, limits: tuple[int, int], em: float) -> tuple[int, int]:
    """Return the columns that a heading is centred over, where it is not set over one of them alone."""
    under = {n: p for p in below.pieces for n in range(p.first, p.last + 1)}
    own = under.get(piece.first) if piece.first == piece.last else None
    turned = own is not None and own.words[0].direction != 0  # an upright heading does not go on in one that runs up or down
    alone = 9.0 if turned or piece.spans else _off(piece, own.left, own.right) if own else 0.0
    candidates = []
    for first in range(limits[0], piece.first + 1):
        for last in range(piece.last, limits[1] + 1):
            inner = [under[n] for n in range(first, last + 1) if n in under]
            whole = first < last and len(inner) == last - first + 1 and len({id(p) for p in inner}) > 1
            if whole and (first > 0 or piece.first == 0):
                off = abs(piece.centre - (inner[0].left + inner[-1].right) / 2)
                flush = abs(piece.left - inner[0].left) if piece.width > 0.6 * inner[0].width else 9.0
                candidates.append((min(off, flush + 0.3 * em), first - last, first, last))
    if not candidates:
        return piece.first, piece.last
    nearest = min(candidates)[0]
    off, _, first, last = min((c for c in candidates if c[0] < nearest + ALIKE_EMS * em), key=lambda c: c[1])
    if off < CENTRED_EMS * em and (piece.spans or alone > off + 0.5 * em):
        return first, last
    return piece.first, piece.last


def _off(piece: Piece, left: float, right: float) -> float:
    return min(abs(piece.centre - (left + right) / 2), abs(piece.left - left), abs(piece.right - right))


def _levels(rows: Sequence[TextRow], setting: Setting) -> list[list[int]]:
    """Return the places of rows in levels: a level ends below what stands over several columns, or where a rule runs."""
    levels: list[list[int]] = [[0]]
    for place in range(1, len(rows)):
        above, row = rows[place - 1], rows[place]
        step = (row.baseline - above.baseline) / setting.leading
        over = any(_stands_over(rows[n], row) or _stands_over(row, rows[n]) for n in levels[-1])
        if over or step > TIGHT or _is_ruled_off(above, row, setting.rules):
            levels.append([])
        levels[-1].append(place)
    return levels


def _stands_over(row: TextRow, other: TextRow) -> bool:
    """Return whether a piece of one row covers the columns of one of the other, and more."""
    return any(
        piece.first <= p.first and p.last <= piece.last and (p.first, p.last) != (piece.first, piece.last)
        for piece in row.pieces
        if piece.spans
        for p in other.pieces
    )


def _is_ruled_off(above: TextRow, row: TextRow, rules: Sequence[RuleRow]) -> bool:
    """Return whether a rule runs between two texts of which one stands over the other."""
    return any(
        above.baseline < rule.position < row.baseline and rule.covers(max(p.left, q.left), min(p.right, q.right))
        for rule in rules
        for p in above.pieces
        for q in row.pieces
        if min(p.right, q.right) > max(p.left, q.left)
    )


def _blocks(rows: Sequence[TextRow]) -> list[_Block]:
    """Return the headings of a level, lines above each other made one."""
    blocks: list[_Block] = []
    for row in rows:
        for piece in row.pieces:
            met = [block for block in blocks if block.first <= piece.last and piece.first <= block.last]
            pieces = [*(p for block in met for p in block.pieces), piece]
            blocks = [block for block in blocks if block not in met]
            blocks.append(_Block(pieces, min(p.first for p in pieces), max(p.last for p in pieces)))
    return blocks


def _cells(levels: Sequence[Sequence[_Block]], count: int) -> list[Draft]:
    """Return the cells of all levels; what is blank above or below a heading of one column becomes part of it."""
    owner: list[dict[int, _Block]] = [{column: b for b in blocks for column in range(b.first, b.last + 1)} for blocks in levels]
    drafts = []
    for column in range(count):
        level = 0
        while level < len(levels):
            block, end = owner[level].get(column), level + 1
            if block is not None and block.first < block.last:
                if block.first == column:
                    drafts.append(Draft(Span(level, column, 1, block.last - block.first + 1), block.words))
                level = end
                continue
            words = block.words if block else ()
            while end < len(levels):
                following = owner[end].get(column)
                if following is not None and (words or following.first < following.last):
                    break
                words += following.words if following else ()
                end += 1
            drafts.append(Draft(Span(level, column, end - level, 1), words))
            level = end
    return drafts
