"""The body of a table: which rows of text make one row of it, the titles of sections, and labels that stand for several rows."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from docai.alignment import WORD_SPACE, Interval
from docai.backends.classical.cells import Draft
from docai.backends.classical.pieces import Piece, Setting, TextRow
from docai.document import Reading
from docai.rulings import Span

CONTRAST: Final = 1.18  # times the distance of the lines of one cell that rows stand apart, where that tells them
LOOSE: Final = 1.15  # times the usual distance of rows, from which on a line does not go on with the one above
OVERLAP: Final = 0.3  # of the lower one's height that two rows of text overlap by, where a cell is centred beside another
MOST_STEP: Final = 2.0  # font sizes between the baselines of the lines of one cell
WIDE_COLUMN_EMS: Final = 5.0  # font sizes; in narrower columns any two texts are too long for one line
BEYOND: Final = 1.15  # times the width of the widest other text of a column
HANGING_EMS: Final = 0.6  # font sizes that the second line of a label is indented by
MIN_BANDS: Final = 3  # between rules, that tell that every row is ruled off
STACKED: Final = 0.2  # share of them that may hold several rows
SPACED: Final = 1.15  # times the usual distance of rows that groups of them stand apart
FEW_ALONE: Final = 0.34  # share of the rows that stand alone between the edges of shades, unless every other one is shaded
CERTAIN: Final = 9.0  # what tells a border, or none, beyond doubt
UNSURE: Final = 0.6  # what tells so little that either may be right
INNER_WORDS: Final = (" of", " and", " the", " in", " for", " to", " với", " và", " của", " cho")  # that no text ends with


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a table: its cells, the rows of text of each of its rows, and how sure each row is to be one, 0..1."""

    cells: list[Draft]
    groups: list[list[TextRow]]
    sure: list[float]


def read_body(rows: Sequence[TextRow], setting: Setting, start: int) -> Body:
    """Return the body that rows of text make; its first row is row `start` of the table."""
    if not rows:
        return Body([], [], [])
    doubts: dict[int, float] = {}
    groups = group_rows(rows, setting, doubts)
    cells = [_row_cells(group, number, setting.count) for number, group in enumerate(groups, start)]
    cells = [_section(row, place, groups, setting) or row for place, row in enumerate(cells)]
    sure = _with_doubts(cells, groups, doubts)
    return Body(_with_row_labels(cells, groups, setting, start), groups, sure)


def _with_doubts(cells: list[list[Draft]], groups: Sequence[Sequence[TextRow]], doubts: Mapping[int, float]) -> list[float]:
    """Return how sure each row is to be one row; cells of a doubtful one are told how they read otherwise.

    `doubts` are the rows of text, by identity, of which it is unsure whether they go on with the one above, and how unsure.
    """
    sure = [1.0] * len(groups)
    for place, group in enumerate(groups):
        for number, row in enumerate(group):
            doubt = doubts.get(id(row), 0.0)
            if not doubt:
                continue
            if number:  # joined to the row above: it may be a row of its own
                sure[place] = min(sure[place], 1.0 - doubt)
                upper = {id(word) for earlier in group[:number] for piece in earlier.pieces for word in piece.words}
                cells[place] = [_or_only(draft, upper, doubt) for draft in cells[place]]
            elif place:  # a row of its own: it may go on with the row above
                sure[place - 1], sure[place] = min(sure[place - 1], 1.0 - doubt), min(sure[place], 1.0 - doubt)
                below = {draft.span.column: draft for draft in cells[place] if draft.words}
                cells[place - 1] = [_or_with(draft, below.get(draft.span.column), doubt) for draft in cells[place - 1]]
    return sure


def _or_only(draft: Draft, upper: set[int], doubt: float) -> Draft:
    """Return a cell that may end with some of its words."""
    words = [word for word in draft.words if id(word) in upper]
    if not words or len(words) == len(draft.words):
        return draft
    return _told(draft, " ".join(word.text for word in words), doubt)


def _or_with(draft: Draft, below: Draft | None, doubt: float) -> Draft:
    """Return a cell that may go on with the one below it."""
    return _told(draft, f"{draft.text} {below.text}", doubt) if below is not None and draft.words else draft


def _told(draft: Draft, text: str, doubt: float) -> Draft:
    reading = Reading(source="other rows", text=text, confidence=round(doubt, 3))
    return replace(draft, readings=(*draft.readings, reading), sure=min(draft.sure, 1.0 - doubt))


# Rows


def group_rows(rows: Sequence[TextRow], setting: Setting, doubts: dict[int, float]) -> list[list[TextRow]]:
    """Return rows of text in groups, one for each row of the table: cells may run over several lines.

    Where it is unsure whether a row of text goes on with the one above, `doubts` is told, by identity, how unsure: 0..0.5.
    """
    bands = _bands(rows, setting)
    if bands:
        return [group for band in bands for group in (_groups(band, setting, doubts) if _is_stacked(band) else [band])]
    return _groups(rows, setting, doubts)


def _bands(rows: Sequence[TextRow], setting: Setting) -> list[list[TextRow]]:
    """Return rows of text in bands between rules across the table; none where rules do not part the rows of the table."""
    across = setting.across
    bands: dict[int, list[TextRow]] = {}
    for row in rows:
        bands.setdefault(sum(position < (row.top + row.bottom) / 2 for position in across), []).append(row)
    stacked = sum(_is_stacked(band) for band in bands.values())
    return list(bands.values()) if len(bands) >= MIN_BANDS and stacked <= STACKED * len(bands) else []


def _is_stacked(band: Sequence[TextRow]) -> bool:
    """Return whether several rows of the table stand between two rules: numbers below each other, or many full rows."""
    numbers: dict[int, int] = {}
    for row in band:
        for piece in row.pieces:
            if piece.is_numeric:
                numbers[piece.first] = numbers.get(piece.first, 0) + 1
    full = max(len(row.columns) for row in band)
    return max(numbers.values(), default=0) > 1 or (len(band) > 2 and all(len(row.columns) == full for row in band))


def _groups(rows: Sequence[TextRow], setting: Setting, doubts: dict[int, float]) -> list[list[TextRow]]:
    """Return rows of text in groups, told by what they hold and how far they stand apart."""
    joining = _Joining(rows, setting)
    groups: list[list[TextRow]] = []
    for place, row in enumerate(rows):
        told = joining.told(groups[-1], place) if groups else -CERTAIN
        if abs(told) < UNSURE:
            doubts[id(row)] = round(1.0 / (1.0 + math.exp(abs(told))), 3)
        if told > 0:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


class _Joining:
    """Judges which rows of text go on with the row of the table above them."""

    def __init__(self, rows: Sequence[TextRow], setting: Setting) -> None:
        self._rows, self._setting = rows, setting
        self._widths: list[list[float]] = [[] for _ in setting.columns]  # of the texts that stand in a column alone
        for row in rows:
            for piece in row.pieces:
                if not piece.spans:
                    self._widths[piece.first].append(piece.width)
        for column in self._widths:
            column.sort(reverse=True)
        full = [row for row in rows if len(row.columns) > 0.5 * setting.count]
        steps = [b.baseline - a.baseline for a, b in pairwise(full)]
        self._usual = statistics.median_low(steps) if steps else 0.0

    def told(self, group: Sequence[TextRow], place: int) -> float:
        """Return how much tells, if positive, that a row of text belongs to the row of the table above it, and if not, that not.

        In steps of about the logarithm of odds: 1 tells three to one, 3 twenty to one.
        """
        row, above = self._rows[place], group[-1]
        left, right = min(p.left for p in row.pieces), max(p.right for p in row.pieces)
        if any(above.baseline < rule.position < row.baseline and rule.covers(left, right) for rule in self._setting.rules):
            return -CERTAIN
        if self._is_floating(place):
            return CERTAIN
        if above.bottom - row.top > OVERLAP * (row.bottom - row.top):
            between = len(row.columns) > 1 and max(above.columns) == 0 and len(group) > 1  # the label of both rows around it
            return -CERTAIN if between else CERTAIN
        step = row.baseline - above.baseline
        if step > MOST_STEP * self._setting.leading:
            return -CERTAIN
        return self._by_distance(step) + self._by_content(group, row, tight=self._is_tight(step))

    def _is_floating(self, place: int) -> bool:
        """Return whether a label stands between two rows without one, as the label of an even number of rows does."""
        if not 0 < place < len(self._rows) - 1:
            return False
        above, row, below = self._rows[place - 1 : place + 2]
        near = below.baseline - above.baseline < CONTRAST * self._usual and min(len(above.columns), len(below.columns)) > 1
        return near and max(row.columns) == 0 and 0 not in above.columns | below.columns

    def _is_tight(self, step: float) -> bool:
        return bool(self._usual) and CONTRAST * step < self._usual

    def _by_distance(self, step: float) -> float:
        if not self._usual:
            return 0.0
        return 1.5 if self._is_tight(step) else -2.0 if step > LOOSE * self._usual else -0.5

    def _by_content(self, group: Sequence[TextRow], row: TextRow, *, tight: bool) -> float:
        last = {column: p for earlier in group for p in earlier.pieces for column in range(p.first, p.last + 1)}
        told = 0.0
        if len(row.columns & set(last)) > max(1.0, 0.6 * self._setting.count):
            told -= 2.5
        shared = [(last[piece.first], piece) for piece in row.pieces if piece.first in last]
        numbers = sum(piece.is_numeric and previous.is_numeric for previous, piece in shared)
        spanning = sum((piece.spans or previous.spans) and not piece.is_numeric for previous, piece in shared)
        wraps = [
            self._wraps(previous, piece)
            for previous, piece in shared
            if not (piece.is_numeric and previous.is_numeric) and not piece.spans and not previous.spans
        ]
        told += (1.5 * statistics.mean(wraps) if wraps else 0.0) - 3.0 * numbers - spanning + (0.0 if shared else 0.25)
        if 0 in row.columns and 0 in last:
            return told - (0.5 if len(last) > 1 or tight else 1.5)  # a label alone is the title of a section, more often
        return told + (0.5 if 0 not in row.columns and row.columns <= set(last) else 0.0)

    def _wraps(self, previous: Piece, piece: Piece) -> float:
        """Return how much tells, if positive, that a text goes on in the line below: there was no room for its first word."""
        em, first = self._setting.em, piece.words[0]
        width = next((w for w in self._widths[piece.first][:2] if w != previous.width), 0.0) or max(
            self._widths[piece.first][1:2], default=0.0
        )
        full = previous.width + WORD_SPACE * em + (first.box.right - first.box.left) > 0.98 * width
        told = 0.0
        if previous.width > BEYOND * width:  # one that runs on beyond the others is not broken at their end
            told -= 1.0
        elif width > WIDE_COLUMN_EMS * em:
            told += 1.5 if full else -2.0
        if piece.left - previous.left > HANGING_EMS * em and piece.right < previous.right + em:
            told += 1.0 if abs(piece.centre - previous.centre) > HANGING_EMS * em else 0.0
        if previous.text[-1] in "-\u2010\u00ad" and len(previous.text) > 1 and previous.text[-2].isalpha():
            told += 1.5
        elif previous.text[-1] in ",(/" or previous.text.endswith(INNER_WORDS):
            told += 1.0
        begins = piece.text[0]
        if begins.islower() or begins == "(":
            told += 0.75
        elif begins.isupper() or begins.isdigit():
            told -= 0.5
        return told


def _row_cells(group: Sequence[TextRow], number: int, count: int) -> list[Draft]:
    """Return the cells of a row, empty ones included; what meets the same column makes one cell."""
    cells: list[tuple[int, int, list[Piece]]] = []
    for piece in sorted((p for row in group for p in row.pieces), key=lambda p: p.first):
        if cells and piece.first <= cells[-1][1]:
            first, last, held = cells.pop()
            cells.append((first, max(last, piece.last), [*held, piece]))
        else:
            cells.append((piece.first, piece.last, [piece]))
    taken = {column for first, last, _ in cells for column in range(first, last + 1)}
    cells += [(column, column, []) for column in range(count) if column not in taken]
    return [
        Draft(Span(number, first, 1, last - first + 1), tuple(word for piece in held for word in piece.words))
        for first, last, held in sorted(cells, key=lambda cell: cell[0])
    ]


# Sections and row labels


def _section(row: Sequence[Draft], place: int, groups: Sequence[Sequence[TextRow]], setting: Setting) -> list[Draft]:
    """Return the one cell of a row that is the title of a section: alone in it, and long, centred or ruled off; else nothing."""
    filled = [draft for draft in row if draft.words]
    if len(filled) != 1 or len(groups[place]) > 2:
        return []
    title, piece = filled[0], groups[place][0].pieces[0]
    middle = (setting.left + setting.right) / 2
    centred = abs(piece.centre - middle) < setting.em and piece.left > setting.left + 2 * setting.em
    long = title.span.column == 0 and title.span.column_span > 1
    if not (long or centred or (title.span.column == 0 and 0 < place < len(groups) - 1 and _is_ruled_off(place, groups, setting))):
        return []
    return [Draft(Span(title.span.row, 0, 1, setting.count), title.words)]


def _is_ruled_off(place: int, groups: Sequence[Sequence[TextRow]], setting: Setting) -> bool:
    """Return whether a row stands alone between two rules across the table; edges of shades tell it where few rows have them."""
    drawn = {rule.position for rule in setting.rules if rule.drawn}
    if _stands_alone(groups[place], groups, [y for y in setting.across if y in drawn]):
        return True
    across = setting.across
    alone = sum(_stands_alone(group, groups, across) for group in groups)
    return alone <= FEW_ALONE * len(groups) and _stands_alone(groups[place], groups, across)


def _stands_alone(own: Sequence[TextRow], groups: Sequence[Sequence[TextRow]], across: Sequence[float]) -> bool:
    above = max((y for y in across if y < own[0].baseline), default=None)
    below = min((y for y in across if y > own[-1].baseline), default=None)
    if above is None or below is None:
        return False
    return not any(above < row.baseline < below for group in groups for row in group if group is not own)


def _with_row_labels(
    body: Sequence[Sequence[Draft]], groups: Sequence[Sequence[TextRow]], setting: Setting, start: int
) -> list[Draft]:
    """Return cells in which a label of the leading columns spans the rows beside it that have none.

    Told by rules that leave its column free, or by groups of rows that stand apart and have one label each.
    """
    cells = [draft for row in body for draft in row]
    for column in range(min(2, setting.count - 1)):
        blocks = _blocks(groups, setting, setting.columns[column])
        held = [[draft for n in block for draft in body[n] if draft.span.column == column] for block in blocks]
        several = [own for block, own in zip(blocks, held, strict=True) if len(block) > 1]
        single = all(draft.span.column_span == 1 for own in several for draft in own)
        if len(blocks) < 2 or not several or not single or any(sum(bool(d.words) for d in own) != 1 for own in several):
            break
        for block, own in zip(blocks, held, strict=True):
            if len(block) > 1:
                cells = [draft for draft in cells if draft not in own]
                words = tuple(word for draft in own for word in draft.words)
                cells.append(Draft(Span(start + block[0], column, len(block), 1), words))
    return cells


def _blocks(groups: Sequence[Sequence[TextRow]], setting: Setting, column: Interval) -> list[list[int]]:
    """Return the places of rows in blocks: parted by a rule through the column, or by more space than usual."""
    steps = [below[0].baseline - above[-1].baseline for above, below in pairwise(groups)]
    usual = statistics.median_low(steps) if steps else 0.0
    blocks = [[0]]
    for place, step in enumerate(steps, 1):
        above, below = groups[place - 1][-1].baseline, groups[place][0].baseline
        between = [rule for rule in setting.rules if above < rule.position < below]
        if any(rule.covers(*column) for rule in between) or (not between and step > SPACED * usual):
            blocks.append([])
        blocks[-1].append(place)
    return blocks
