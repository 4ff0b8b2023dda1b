"""Which mistakes an answer makes, held against the truth: dropped rows, repetitions, invented text and the rest, counted."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from docai.backends.loops import loops
from docai.box import WHOLE, Box
from docai.document import Answer, Chart, Mention, Point, Series, Table, Text
from docai.tasks.chart import RIGHT
from docai.tasks.chart import score as chart_score
from docai.tasks.otsl import to_otsl
from docai.tasks.table import teds
from fine_tune.preferences.lookalikes import plain
from fine_tune.preferences.mistakes import Kind

ALIKE: Final = 0.5  # least likeness of two lines, 0..1, to be two readings of one; unlike ones are when they stand between such
AGAIN: Final = 0.9  # from which likeness on a line is one before it once more; of numbers a digit may count up
IN_PLACE: Final = 0.5  # of union over which two boxes are of one thing (RefCOCO's bar, Yu et al. 2016, arXiv 1608.00272)
LARGE: Final = 40_000  # cells of one table times those of another, for which TEDS takes about half a second
LINE: Final = 4  # words in a row that are a line, where they are missing together
_NUMBERS: Final = re.compile(r"\d(?:[\d.,]*\d)?")
_RUN: Final = re.compile(r"(.{2,80}?)\1{3,}", re.DOTALL)  # something of two characters or more, four times in direct succession

Kinds = Counter[Kind]


def kinds_of(answer: Any, truth: Any) -> Kinds:
    """Return how often an answer makes each kind of mistake; nothing where it is right.

    Rows, lines and blocks are mapped in order so that they are most alike in all. What is left of the truth was dropped, what
    is left of the answer repeats what came before it or is invented, and pairs are compared text by text, span by span and box
    by box. Boxes that a dialect does not tell (`WHOLE`, or the whole table's) are not compared, values of charts only beyond 2 %,
    and what heads rows and columns not at all.

    Args:
        answer: As a dialect reads it: a `Text`, `Table`, `Chart`, `Mention`, `Answer`, a tuple of contents, or a string; None
            for one that cannot be read.
        truth: Of the same type.
    """
    if answer is None:
        return Kinds(["unreadable"])
    compare = next((compare for kind, compare in _COMPARED if isinstance(answer, kind) and isinstance(truth, kind)), None)
    if compare is not None:
        return compare(answer, truth)
    return Kinds() if type(answer) is type(truth) else Kinds(["misread"])


def extent(truth: Any) -> int:
    """Return how many rows, lines and values there are in an answer to be dropped: what rates of mistakes are shares of."""
    if isinstance(truth, tuple):
        return sum(map(extent, truth))
    if isinstance(truth, Table):
        return truth.row_count
    if isinstance(truth, Chart):
        return sum(len(series.points) for series in truth.series)
    return 1


def likeness(answer: Any, truth: Any) -> float:
    """Return how good an answer is, 0..1, by the score of what was asked for; None is worth nothing.

    TEDS of tables, RMS F1 of charts, the mean overlap of places, of texts 1 less the normalised edit distance. Tables too large
    for TEDS to be told in a second are compared as OTSL, by the same distance.

    Args:
        answer: As `kinds_of` takes it.
        truth: Of the same type.
    """
    if answer is None or type(answer) is not type(truth):
        return 0.0
    if isinstance(truth, Table):
        if len(answer.cells) * len(truth.cells) <= LARGE:
            return teds(answer, truth)
        return float(Levenshtein.normalized_similarity(to_otsl(answer), to_otsl(truth)))
    if isinstance(truth, Chart):
        return chart_score(answer, truth).f1
    if isinstance(truth, Mention):
        shares = [max((_overlap(box, other) for other in answer.boxes), default=0.0) for box in truth.boxes]
        count = max(len(answer.boxes), len(truth.boxes))
        return _similar(answer.phrase, truth.phrase) * (sum(shares) / count if count else 1.0)
    if isinstance(truth, tuple):
        return _similar(*("\n".join(map(_content_text, contents)) for contents in (answer, truth)))
    return _similar(answer, truth) if isinstance(truth, str) else _similar(answer.text, truth.text)


def _similar(one: str, other: str) -> float:
    return float(Levenshtein.normalized_similarity(one, other))


# Mapping


def _mapped(found: Sequence[str], true: Sequence[str]) -> list[tuple[int, int]]:
    """Return which of two rows of texts belong together, in order: most alike in all, and what stands alone between such."""
    if not found or not true:
        return []
    alike = process.cdist(found, true, scorer=Levenshtein.normalized_similarity, dtype=np.float32).tolist()
    best = [[0.0] * (len(true) + 1) for _ in range(len(found) + 1)]
    for i in range(len(found) - 1, -1, -1):
        row, below = best[i], best[i + 1]
        for j in range(len(true) - 1, -1, -1):
            row[j] = max(below[j], row[j + 1], alike[i][j] + below[j + 1] if alike[i][j] >= ALIKE else 0.0)
    pairs, i, j = [(-1, -1)], 0, 0
    while i < len(found) and j < len(true):
        if alike[i][j] >= ALIKE and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
            pairs += [*_between(pairs[-1], (i, j)), (i, j)]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return [*pairs[1:], *_between(pairs[-1], (len(found), len(true)))]


def _between(before: tuple[int, int], behind: tuple[int, int]) -> list[tuple[int, int]]:
    """Return what stands between two pairs as pairs, where it is as much on both sides."""
    here, there = range(before[0] + 1, behind[0]), range(before[1] + 1, behind[1])
    return [*zip(here, there, strict=True)] if len(here) == len(there) else []


def _left(found: Sequence[str], pairs: Iterable[tuple[int, int]]) -> Kinds:
    """Return what those of the texts found are that nothing true belongs to: repetitions, or invented."""
    kinds, taken = Kinds(), {here for here, _ in pairs}
    for place, text in enumerate(found):
        if place not in taken:
            near = [*found[:place], *(found[other] for other in taken if other > place)]
            again = any(Levenshtein.normalized_similarity(text, other) >= AGAIN for other in set(near))
            kinds["repeated" if again else "invented"] += 1
    return kinds


# Texts


def _texts(found: str, true: str) -> Kinds:
    """Return what kind of mistake a text is, or, where it is of no kind in all, what those of its words are."""
    here, there = found.split(), true.split()
    kind = _kind(" ".join(here), " ".join(there))
    if kind != "misread" or len(there) < 2:
        return Kinds([kind] if kind else [])
    kinds = Kinds()
    for code in Levenshtein.opcodes(there, here):
        was, now = there[code.src_start : code.src_end], here[code.dest_start : code.dest_end]
        if code.tag == "replace":
            kinds.update(kind for one, other in zip(now, was, strict=True) if (kind := _kind(one, other)))
        elif code.tag == "delete":
            kinds["dropped_line" if len(was) >= LINE else "missed"] += 1
        elif code.tag == "insert":
            kinds["invented"] += 1
    return kinds


def _kind(found: str, true: str) -> Kind | None:
    """Return how a text differs from the true one, None where it does not."""
    if found == true:
        return None
    if not true:
        return "invented"
    if not found:
        return "missed"
    if loops(found) or len(_run(found)) > max(len(_run(true)), len(true)):
        return "repeated"
    if _NUMBERS.findall(found) != _NUMBERS.findall(true) and re.sub("[.,]", "", found) == re.sub("[.,]", "", true):
        return "moved_decimal"
    if re.sub(r"\d", "0", found) == re.sub(r"\d", "0", true):
        return "swapped_digits"
    return "confused_letters" if plain(found) == plain(true) else "misread"


def _run(text: str) -> str:
    """Return the longest part of a text in which something comes again and again."""
    return max((match[0] for match in _RUN.finditer(text)), key=len, default="")


def _answers(found: Answer, true: Answer) -> Kinds:
    return _texts(found.text, true.text)


def _lines(found: Text, true: Text) -> Kinds:
    return _texts(found.text, true.text) + _place(found.box, true.box)


def _place(found: Box, true: Box, untold: Box = WHOLE) -> Kinds:
    """Return a shifted box where two boxes that are told are not of one place."""
    told = not {found, true} & {WHOLE, untold}
    return Kinds(["shifted_box"] if told and _overlap(found, true) < IN_PLACE else [])


def _overlap(one: Box, other: Box) -> float:
    """Return the share of what two boxes cover together that both cover, 0..1; 1 of two that are equal."""
    both = one.intersection(other)
    whole = one.area + other.area - both
    return both / whole if whole else float(one == other)


def _mentions(found: Mention, true: Mention) -> Kinds:
    kinds = _texts(found.phrase, true.phrase)
    if not true.boxes or not found.boxes:
        kinds["invented"] += len(found.boxes)
        kinds["missed"] += len(true.boxes)
        return +kinds
    free = list(found.boxes)
    for box in true.boxes:
        nearest = max(free, key=lambda other: _overlap(other, box), default=None)
        if nearest is None:
            kinds["missed"] += 1
            continue
        free.remove(nearest)
        kinds["shifted_box"] += _overlap(nearest, box) < IN_PLACE
    kinds["invented"] += len(free)
    return +kinds


# Tables


def _tables(found: Table, true: Table) -> Kinds:
    here, there = ([_row_text(row) for row in table.grid()] for table in (found, true))
    pairs = _mapped(here, there)
    kinds = _left(here, pairs)
    kinds["dropped_row"] += len(there) - len(pairs)
    if found.column_count < true.column_count:
        kept = sum(_letters(here[i]) == _letters(there[j]) for i, j in pairs)
        kinds["merged_columns" if 2 * kept >= len(pairs) else "missed"] += true.column_count - found.column_count
    elif found.column_count > true.column_count:
        kinds["wrong_span"] += found.column_count - true.column_count
    else:
        kinds += _cells(found, true, pairs)
    return +kinds


def _row_text(row: Sequence[Any]) -> str:
    return " ".join(cell.text for place, cell in enumerate(row) if not place or cell is not row[place - 1])


def _letters(text: str) -> str:
    return "".join(text.split())


def _cells(found: Table, true: Table, pairs: Sequence[tuple[int, int]]) -> Kinds:
    """Return the mistakes in the cells of rows that belong together, of two tables of as many columns."""
    kinds, grid = Kinds(), found.grid()
    rows = {there: here for here, there in pairs}
    whole = len(rows) == true.row_count == found.row_count  # else cells over several rows span other ones
    for cell in true.cells:
        if cell.row not in rows:
            continue
        row = rows[cell.row]
        other = grid[row][cell.column]
        spans = (other.row, other.column, other.column_span, other.row_span if whole else 0)
        if spans != (row, cell.column, cell.column_span, cell.row_span if whole else 0):
            kinds["wrong_span"] += 1
            continue
        kinds += _texts(other.text, cell.text)
        kinds += _place(other.box, cell.box, found.box)
    return kinds


# Charts


def _charts(found: Chart, true: Chart) -> Kinds:
    kinds = Kinds()
    here, there = ([series.name for series in chart.series] for chart in (found, true))
    pairs = _mapped(here, there)
    for i, j in pairs:
        kinds += _texts(here[i], there[j]) + _points(found.series[i], true.series[j])
    matched = {j for _, j in pairs}
    kinds["dropped_row"] += sum(len(series.points) for place, series in enumerate(true.series) if place not in matched)
    return +(kinds + _left(here, pairs))


def _points(found: Series, true: Series) -> Kinds:
    here, there = ([_category(point) for point in series.points] for series in (found, true))
    pairs = _mapped(here, there)
    kinds = _left(here, pairs)
    kinds["dropped_row"] += len(there) - len(pairs)
    for i, j in pairs:
        kinds += Kinds([kind] if (kind := _value_kind(found.points[i].y, true.points[j].y)) else [])
        kinds += _texts(here[i], there[j]) if isinstance(true.points[j].x, str) else Kinds()
    return kinds


def _category(point: Point) -> str:
    return point.x if isinstance(point.x, str) else f"{point.x:g}"


def _value_kind(found: float | None, true: float | None) -> Kind | None:
    if found is None or true is None:
        return None if found == true else "missed" if found is None else "invented"
    if abs(found - true) <= RIGHT * abs(true):
        return None
    power = math.log10(found / true) if found * true > 0 else 0.5
    if abs(power - round(power)) < 1e-6:  # tens apart, up to rounding
        return "moved_decimal"
    return "swapped_digits" if re.sub(r"\d", "0", f"{found:.10g}") == re.sub(r"\d", "0", f"{true:.10g}") else "misread"


# Contents


def _contents(found: Sequence[Any], true: Sequence[Any]) -> Kinds:
    here, there = ([_content_text(content) for content in contents] for contents in (found, true))
    pairs = _mapped(here, there)
    kinds = _left(here, pairs)
    kinds["dropped_line"] += len(there) - len(pairs)
    for i, j in pairs:
        kinds += kinds_of(found[i], true[j])
    return +kinds


def _content_text(content: Any) -> str:
    """Return what a content is known by: its words, or its kind where it has none."""
    if isinstance(content, Table):
        return " ".join(cell.text for cell in content.cells)
    if isinstance(content, Chart):
        return " ".join([content.title, *(_category(point) for series in content.series for point in series.points)])
    return content.text if isinstance(content, Text) else f"<{content.kind}>"


_COMPARED: Final[tuple[tuple[type, Callable[[Any, Any], Kinds]], ...]] = (
    (tuple, _contents),
    (str, _texts),
    (Table, _tables),
    (Chart, _charts),
    (Text, _lines),
    (Mention, _mentions),
    (Answer, _answers),
)
