"""Where the texts of a table or chart that a model read stand: held against the words of the page, in reading order.

A model's table has texts without places, or with rough ones. The rows of a table are laid on the printed lines from top to bottom,
each on as many as it has words on; within a row, the letters of its cells are aligned with those of its words from left to right,
so that it does not matter how either cuts its words. What is not found is told by half the confidence.
"""

from __future__ import annotations

import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from docai.box import WHOLE, Box, hull
from docai.document import Cell, Chart, Point, Series, Table, replace
from docai.numbers import as_printed
from docai.sources import SourceWord

MOST_LINES: Final = 8  # of a row of a table; more are printed as several
SAME_LINE: Final = 0.5  # of the lower word's height that words of a line share
ALLEY: Final = 1.0  # usual widths of a letter from which on white space over all lines of a row parts columns; spaces have half
FOUND: Final = 60.0  # least likeness, 0..100, of a cell's text and that of its words
LABEL: Final = 80.0  # the same, of labels of charts, which have no order to go by
HALVED: Final = 0.5  # of the confidence that is left to what is not found


def placed(content: Table | Chart, words: Sequence[SourceWord], box: Box) -> Table | Chart:
    """Return a table or chart with the boxes of its texts: the hull of the words that print them.

    Args:
        content: What a model read.
        words: Those of the page, in the same frame as `box`; those outside of it are not looked at.
        box: Where the table or chart stands.

    What is not found has half its confidence, and the box that was told for it, else `box`. The value of a chart's point is found
    where it is printed; where it is not, the point has the box of its label on the axis, and half its confidence.
    """
    inside = [word for word in words if word.visible and word.text.strip() and _holds(box, word.box)]
    if isinstance(content, Chart):
        return _placed_chart(content, inside, box)
    boxes = _cell_boxes(content, _lines(inside))
    cells = tuple(_placed_cell(cell, boxes.get(place), content.box, box) for place, cell in enumerate(content.cells))
    return replace(content, cells=cells, box=box)


def _holds(box: Box, other: Box) -> bool:
    """Return whether the middle of another box lies in one."""
    x, y = (other.left + other.right) / 2, (other.top + other.bottom) / 2
    return box.left <= x <= box.right and box.top <= y <= box.bottom


def _placed_cell(cell: Cell, found: Box | None, whole: Box, box: Box) -> Cell:
    if found is not None:
        return replace(cell, box=found)
    told = box if cell.box in (whole, WHOLE) else cell.box
    return replace(cell, box=told, confidence=round(cell.confidence * HALVED, 4) if _letters(cell.text) else cell.confidence)


def _letters(text: str) -> str:
    """Return what a text is compared by: its letters, digits and signs, compatible forms made one, without case and spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _lines(words: Iterable[SourceWord]) -> list[list[SourceWord]]:
    """Return words in lines from top to bottom, each from left to right."""
    lines: list[list[SourceWord]] = []
    for word in sorted(words, key=lambda word: word.box.top + word.box.bottom):
        last = lines[-1][-1].box if lines else None
        shared = min(last.bottom, word.box.bottom) - max(last.top, word.box.top) if last else -1.0
        if last is not None and shared >= SAME_LINE * min(last.height, word.box.height):
            lines[-1].append(word)
        else:
            lines.append([word])
    return [sorted(line, key=lambda word: word.box.left) for line in lines]


# Tables


def _cell_boxes(table: Table, lines: Sequence[Sequence[SourceWord]]) -> dict[int, Box]:
    """Return the boxes of the cells, by their places, that are found."""
    rows: list[list[int]] = [[] for _ in range(table.row_count)]
    for place in sorted(range(len(table.cells)), key=lambda place: table.cells[place].column):
        if _letters(table.cells[place].text):
            rows[table.cells[place].row].append(place)
    texts = [_letters(cell.text) for cell in table.cells]
    # what spans rows stands anywhere in them, and is looked for last
    own = [[place for place in row if table.cells[place].row_span == 1] for row in rows]
    stretches = _stretches([_tokens(table.cells[place].text for place in row) for row in own], lines)
    found: dict[int, list[SourceWord]] = {}
    for row, (start, end) in zip(own, stretches, strict=True):
        found.update(_aligned(row, texts, _by_columns(lines[start:end])))
    taken = {id(word) for words in found.values() for word in words}
    for number, row in enumerate(rows):
        for place in row:
            if place not in found:
                reach = _reach(stretches, number, number + table.cells[place].row_span, len(lines))
                free = [[word for word in line if id(word) not in taken] for line in lines[slice(*reach)]]
                more = _aligned([place], texts, _by_columns(free))
                found.update(more)
                taken.update(id(word) for words in more.values() for word in words)
    return {place: hull(word.box for word in words) for place, words in found.items()}


def _tokens(texts: Iterable[str]) -> Counter[str]:
    return Counter(_letters(token) for text in texts for token in text.split())


def _stretches(rows: Sequence[Counter[str]], lines: Sequence[Sequence[SourceWord]]) -> list[tuple[int, int]]:
    """Return the lines, from and to (exclusive), of each row of a table, further down the further down it stands.

    The rows have as many letters as possible in words that stand in their lines, and then as few lines as possible.
    """
    count = len(lines)
    likes = _likeness(rows, lines)
    best = np.zeros(count + 1)
    chosen: list[tuple[NDArray[np.int64], NDArray[np.int32]]] = []
    for like, tokens in zip(likes, rows, strict=True):
        most = float(sum(len(token) * times for token, times in tokens.items()))
        sums = np.concatenate(([0.0], np.cumsum(like)))
        ends, lengths = best.copy(), np.zeros(count + 1, dtype=np.int32)  # of the best that ends at a line, and its length
        for length in range(1, min(MOST_LINES, count) + 1):
            score = best[:-length] + np.minimum(most, sums[length:] - sums[:-length]) - 0.01 * length  # of a letter
            better = score > ends[length:]
            ends[length:][better] = score[better]
            lengths[length:][better] = length
        best = np.maximum.accumulate(ends)
        places = np.where(ends >= best, np.arange(count + 1), 0)
        chosen.append((np.maximum.accumulate(places), lengths))
    stretches: list[tuple[int, int]] = []
    end = count
    for places, lengths in reversed(chosen):
        end = int(places[end])
        start = end - int(lengths[end])
        stretches.append((start, end))
        end = start
    return stretches[::-1]


def _likeness(rows: Sequence[Counter[str]], lines: Sequence[Sequence[SourceWord]]) -> NDArray[np.float64]:
    """Return how many letters of a row stand in words of a line, for each of both."""
    where: dict[str, Counter[int]] = {}
    for place, line in enumerate(lines):
        for word in line:
            where.setdefault(_letters(word.text), Counter())[place] += 1
    likes = np.zeros((len(rows), len(lines)))
    for row, tokens in enumerate(rows):
        for token, times in tokens.items():
            for place, count in where.get(token, {}).items():
                likes[row, place] += len(token) * min(times, count)
    return likes


def _reach(stretches: Sequence[tuple[int, int]], first: int, end: int, count: int) -> tuple[int, int]:
    """Return the lines that cells of some rows may stand in: theirs, and those up to the rows round them that have lines."""
    start = max((b for a, b in stretches[:first] if b > a), default=0)
    own = [(a, b) for a, b in stretches[first:end] if b > a]
    stop = min((a for a, b in stretches[end:] if b > a), default=count)
    return min([start, *(a for a, _ in own)]), max([stop, *(b for _, b in own)])


def _by_columns(lines: Sequence[Sequence[SourceWord]]) -> list[SourceWord]:
    """Return the words of the lines of a row column by column, so that a cell of several lines is read through."""
    words = [word for line in lines for word in line]
    if sum(bool(line) for line in lines) < 2:
        return words
    alley = ALLEY * statistics.median(word.box.width / len(word.text) for word in words)
    reached, columns = -1.0, -1
    column: dict[int, int] = {}
    for word in sorted(words, key=lambda word: word.box.left):
        columns += word.box.left - reached > alley or columns < 0
        reached = max(reached, word.box.right)
        column[id(word)] = columns
    return sorted(words, key=lambda word: column[id(word)])


def _aligned(places: Sequence[int], texts: Sequence[str], words: Sequence[SourceWord]) -> dict[int, list[SourceWord]]:
    """Return the words of each of some cells, in the order of both; of cells that are not found, nothing.

    The letters of both are aligned by their longest common subsequence; a word belongs to the cell that has most of its letters,
    if that is half of them or more.
    """
    said, printed = "".join(texts[place] for place in places), [_letters(word.text) for word in words]
    owner = [place for place in places for _ in texts[place]]
    word_of = [number for number, text in enumerate(printed) for _ in text]
    votes: list[Counter[int]] = [Counter() for _ in words]
    for code in LCSseq.opcodes(said, "".join(printed)):
        if code.tag == "equal":
            for here, there in zip(range(code.src_start, code.src_end), range(code.dest_start, code.dest_end), strict=True):
                votes[word_of[there]][owner[here]] += 1
    owned: dict[int, list[int]] = {}
    for number, vote in enumerate(votes):
        if vote and 2 * vote.most_common(1)[0][1] >= len(printed[number]):
            owned.setdefault(vote.most_common(1)[0][0], []).append(number)
    return {
        place: [words[number] for number in numbers]
        for place, numbers in owned.items()
        if fuzz.ratio(texts[place], "".join(printed[number] for number in numbers)) >= FOUND
    }


# Charts


def _placed_chart(chart: Chart, words: Sequence[SourceWord], box: Box) -> Chart:
    lines = _lines(words)
    labels = {x: _label_box(_letters(x), lines) for x in {p.x for s in chart.series for p in s.points if isinstance(p.x, str)}}
    taken: set[int] = set()
    series = tuple(_placed_series(one, labels, words, taken, chart) for one in chart.series)
    return replace(chart, series=tuple(_within(one, chart.box, box) for one in series), box=box)


def _label_box(text: str, lines: Sequence[Sequence[SourceWord]]) -> Box | None:
    """Return where a label is printed: the likest words beside each other in a line; the first of several."""
    best: tuple[float, Box] | None = None
    for line in lines:
        for start in range(len(line)):
            said = ""
            for end in range(start, len(line)):
                said += _letters(line[end].text)
                likeness = fuzz.ratio(text, said)
                if likeness >= LABEL and (best is None or likeness > best[0]):
                    best = likeness, hull(word.box for word in line[start : end + 1])
                if len(said) > 2 * len(text):
                    break
    return best[1] if best and text else None


def _placed_series(
    series: Series, labels: dict[str, Box | None], words: Sequence[SourceWord], taken: set[int], chart: Chart
) -> Series:
    """Return a series with the boxes of its values, where they are printed in the order of its points."""
    along = 0 if chart.orientation == "vertical" else 1
    reach = -1.0
    points: list[Point] = []
    for point in series.points:
        own = labels.get(point.x) if isinstance(point.x, str) else None
        places = [
            place
            for place, word in enumerate(words)
            if place not in taken and point.y is not None and as_printed(word.text, point.y) and word.box[along + 2] > reach
        ]
        if places:
            place = min(places, key=lambda place: _distance(words[place].box, own, along))
            taken.add(place)
            reach = words[place].box[along]
            points.append(replace(point, box=words[place].box))
        else:
            points.append(replace(point, box=own or point.box, confidence=round(point.confidence * HALVED, 4)))
    return replace(series, points=tuple(points))


def _distance(box: Box, label: Box | None, along: int) -> float:
    """Return how far a value stands from its label along the axis; without a label, from where the axis begins."""
    middle = (box[along] + box[along + 2]) / 2
    return abs(middle - (label[along] + label[along + 2]) / 2) if label is not None else middle


def _within(series: Series, whole: Box, box: Box) -> Series:
    """Return a series whose points that have no place of their own have that of the chart."""
    points = tuple(replace(point, box=box) if point.box in (whole, WHOLE) else point for point in series.points)
    return replace(series, points=points)
