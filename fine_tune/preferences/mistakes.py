"""Mistakes as models make them, made on purpose: each is an answer that is wrong in one way, and still can be said."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, Final, Literal, get_args

from docai.box import WHOLE, Box
from docai.document import Answer, Chart, Mention, Table, Text, Word, moved, replace
from docai.tasks.chart import RIGHT
from fine_tune.preferences.lookalikes import confused
from fine_tune.preferences.mistaken_tables import MOST_AGAIN, with_columns_merged, with_rows_again, with_wrong_span, without_row

Kind = Literal[
    "dropped_row",  # a row of a table, or a value of a chart, is missing
    "swapped_digits",  # digits have changed places, or are others
    "repeated",  # a row or line again and again
    "shifted_box",  # a box that stands elsewhere
    "wrong_span",  # a cell over too many positions, or too few
    "invented",  # something where nothing is
    "dropped_line",  # a line or a block is missing
    "confused_letters",  # another tone, another jamo, another letter alike
    "merged_columns",  # two columns as one
    "moved_decimal",  # a decimal point elsewhere
    "missed",  # nothing where something is: a place that was not found, words left out
    "misread",  # any other text
    "unreadable",  # an answer that cannot be read at all
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
MADE: Final = KINDS[:10]  # those that can be made here; the others are only told

TRIES: Final = 4  # to make a mistake of one kind that can be said, before another kind is tried
AWAY: Final = (
    0.6,
    1.2,
)  # of its side that a box is shifted: of boxes 0.6 apart a quarter is shared, which is found nowhere as right
LINE_PITCH: Final = 1.2  # of a line's height from one line to the next, as printers set them
INVENTED: Final = (
    *("Thank you for your business.", "Page 1 of 1", "Total", "0.00", "Notes", "Signature"),
    *("감사합니다.", "합계", "비고", "서명"),
    *("Xin cảm ơn quý khách.", "Tổng cộng", "Ghi chú", "Chữ ký"),
)  # what stands on many documents, so that it comes to mind where nothing stands
_DECIMAL: Final = re.compile(r"\d+[.,]\d+")

Maker = Callable[[Any, Random], Any]


@dataclass(frozen=True, slots=True)
class Mistake:
    """An answer that is wrong: in which way, and how it is said."""

    kind: Kind
    answer: Any
    text: str


def mistaken(answer: Any, write: Callable[[Any], str], seed: int, kinds: Sequence[Kind] = MADE) -> Mistake | None:
    """Return an answer with one mistake in it, the same for the same seed; None where none of the kinds can be made of it.

    Args:
        answer: The right one: a `Text`, `Table`, `Chart`, `Mention`, `Answer`, or a tuple of contents.
        write: How a dialect says an answer; a mistake that it has no words for (ValueError) is not made.
        seed: Which one.
        kinds: Those to choose from, each as likely as the others where it can be made.

    Raises:
        ValueError: The right answer cannot be said.
    """
    random = Random(f"mistake {seed}")  # noqa: S311  # what is drawn by chance is no secret
    right = write(answer)
    for kind in random.sample(list(kinds), len(kinds)):
        for _ in range(TRIES):
            try:
                wrong = _MAKERS[kind](answer, random)
                text = write(wrong) if wrong is not None else right
            except ValueError:
                continue
            if text != right:
                return Mistake(kind, wrong, text)
    return None


# Where texts stand in an answer


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A text of an answer, and what gives the answer with another one there."""

    text: str
    put: Callable[[str], Any]


def _leaves(answer: Any) -> Iterator[_Leaf]:
    if isinstance(answer, tuple):
        for place, content in enumerate(answer):
            for leaf in _leaves(content):
                yield _Leaf(leaf.text, partial(_put_content, answer, place, leaf.put))
    elif isinstance(answer, Table):
        for place, cell in enumerate(answer.cells):
            yield _Leaf(cell.text, partial(_put_cell, answer, place))
    elif isinstance(answer, Text) and answer.words:
        for place, word in enumerate(answer.words):
            yield _Leaf(word.text, partial(_put_word, answer, place))
    elif isinstance(answer, Chart):
        yield from _chart_leaves(answer)
    elif isinstance(answer, Mention):
        yield _Leaf(answer.phrase, lambda text: replace(answer, phrase=text))
    elif isinstance(answer, (Text, Answer)):
        yield _Leaf(answer.text, lambda text: replace(answer, text=text))


def _chart_leaves(chart: Chart) -> Iterator[_Leaf]:
    for place, series in enumerate(chart.series):
        for number, point in enumerate(series.points):
            if point.y is not None:
                yield _Leaf(_digits(point.y), partial(_put_value, chart, place, number))
            if isinstance(point.x, str):
                yield _Leaf(point.x, partial(_put_category, chart, place, number))


def _digits(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _put_content(contents: tuple[Any, ...], place: int, put: Callable[[str], Any], text: str) -> tuple[Any, ...]:
    return (*contents[:place], put(text), *contents[place + 1 :])


def _put_cell(table: Table, place: int, text: str) -> Table:
    changed = replace(table.cells[place], text=text, number=None)
    return replace(table, cells=(*table.cells[:place], changed, *table.cells[place + 1 :]))


def _put_word(text: Text, place: int, said: str) -> Text:
    words = (*text.words[:place], replace(text.words[place], text=said), *text.words[place + 1 :])
    return replace(text, words=words, text=" ".join(word.text for word in words))


def _put_value(chart: Chart, series: int, point: int, text: str) -> Chart:
    old, new = chart.series[series].points[point].y, float(text)
    if old is not None and abs(new - old) <= RIGHT * abs(old):
        raise ValueError(f"{new} is as good as {old}; no drawing tells them finer")
    return _with_point(chart, series, point, y=new)


def _put_category(chart: Chart, series: int, point: int, text: str) -> Chart:
    return _with_point(chart, series, point, x=text)


def _with_point(chart: Chart, series: int, point: int, **changes: Any) -> Chart:
    own = chart.series[series]
    points = (*own.points[:point], replace(own.points[point], **changes), *own.points[point + 1 :])
    return replace(chart, series=(*chart.series[:series], replace(own, points=points), *chart.series[series + 1 :]))


def _retold(answer: Any, random: Random, change: Callable[[str, Random], str | None]) -> Any:
    """Return an answer with one of its texts changed, None where none can be."""
    leaves = list(_leaves(answer))
    for leaf in random.sample(leaves, len(leaves)):
        text = change(leaf.text, random)
        if text is not None and text != leaf.text:
            return leaf.put(text)
    return None


def _somewhere(answer: Any, random: Random, kind: type, change: Maker) -> Any:
    """Return an answer with a change made to it, or to one of its contents that is of a kind; None where none can be."""
    if isinstance(answer, kind):
        return change(answer, random)
    if not isinstance(answer, tuple):
        return None
    places = [place for place, content in enumerate(answer) if isinstance(content, kind)]
    for place in random.sample(places, len(places)):
        changed = change(answer[place], random)
        if changed is not None:
            return (*answer[:place], changed, *answer[place + 1 :])
    return None


# Texts


def _swapped(text: str, random: Random) -> str | None:
    """Return a text in which two digits beside each other have changed places, or a digit is another."""
    pairs = [place for place in range(len(text) - 1) if text[place : place + 2].isdecimal() and text[place] != text[place + 1]]
    if pairs:
        place = random.choice(pairs)
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    singles = [place for place, letter in enumerate(text) if letter in "0123456789"]
    if not singles:
        return None
    place = random.choice(singles)
    return text[:place] + random.choice([digit for digit in "123456789" if digit != text[place]]) + text[place + 1 :]


def _moved_decimal(text: str, random: Random) -> str | None:
    """Return a text in which a decimal point or comma stands a digit further left or right."""
    numbers = [match for match in _DECIMAL.finditer(text) if len(match[0]) > 3]
    if not numbers:
        return None
    match = random.choice(numbers)
    mark = next(letter for letter in match[0] if letter in ".,")
    digits, place = match[0].replace(mark, "", 1), match[0].index(mark)
    places = [other for other in (place - 1, place + 1) if 0 < other < len(digits)]
    other = random.choice(places)
    return text[: match.start()] + digits[:other] + mark + digits[other:] + text[match.end() :]


# Rows, lines and columns


def _dropped_row(answer: Any, random: Random) -> Any:
    return _somewhere(answer, random, Table, without_row) or _somewhere(answer, random, Chart, _without_point)


def _without_point(chart: Chart, random: Random) -> Chart | None:
    places = [place for place, series in enumerate(chart.series) if len(series.points) > 1]
    if not places:
        return None
    place = random.choice(places)
    own = chart.series[place]
    gone = random.randrange(len(own.points))
    left = replace(own, points=(*own.points[:gone], *own.points[gone + 1 :]))
    return replace(chart, series=(*chart.series[:place], left, *chart.series[place + 1 :]))


def _dropped_line(answer: Any, random: Random) -> Any:
    """Return contents without one of them, or a text without some words in a row."""
    if isinstance(answer, tuple) and len(answer) > 1:
        gone = random.randrange(len(answer))
        return (*answer[:gone], *answer[gone + 1 :])
    return None


def _repeated(answer: Any, random: Random) -> Any:
    """Return an answer in which a row, or a line, comes again and again."""
    changed = _somewhere(answer, random, Table, with_rows_again)
    if changed is None and isinstance(answer, tuple):
        changed = _with_line_again(answer, random)
    return changed


def _with_line_again(contents: tuple[Any, ...], random: Random) -> tuple[Any, ...] | None:
    places = [place for place, content in enumerate(contents) if isinstance(content, Text) and content.text.strip()]
    if not places:
        return None
    place, times = random.choice(places), random.randint(2, MOST_AGAIN)
    line = contents[place]
    # lines of a loop march down the page; two of one text in one place would be read as one
    steps = [0.0] * times if line.box == WHOLE else [time * LINE_PITCH * line.box.height for time in range(1, times + 1)]
    again = tuple(moved(line, partial(_lower, step=step)) for step in steps if line.box.bottom + step <= 1 or not step)
    return (*contents[: place + 1], *again, *contents[place + 1 :])


def _lower(box: Box, step: float) -> Box:
    return Box.clipped(box.left, box.top + step, box.right, box.bottom + step)


def _merged_columns(answer: Any, random: Random) -> Any:
    return _somewhere(answer, random, Table, with_columns_merged)


def _wrong_span(answer: Any, random: Random) -> Any:
    return _somewhere(answer, random, Table, with_wrong_span)


# Boxes, and what is not there


def _shifted_box(answer: Any, random: Random) -> Any:
    """Return an answer of which one box, or the boxes of one line, stand elsewhere."""
    if isinstance(answer, Mention) and answer.boxes:
        place = random.randrange(len(answer.boxes))
        move = _shift(answer.boxes[place], random)
        return move and replace(answer, boxes=(*answer.boxes[:place], move(answer.boxes[place]), *answer.boxes[place + 1 :]))
    return _somewhere(answer, random, Text, _elsewhere) or _somewhere(answer, random, Table, _with_cell_elsewhere)


def _elsewhere(text: Text, random: Random) -> Text | None:
    move = _shift(text.box, random) if text.box != WHOLE else None
    return move and moved(text, move)


def _with_cell_elsewhere(table: Table, random: Random) -> Table | None:
    places = [place for place, cell in enumerate(table.cells) if cell.box not in (WHOLE, table.box)]
    if not places:
        return None
    place = random.choice(places)
    move = _shift(table.cells[place].box, random)
    if move is None:
        return None
    changed = replace(table.cells[place], box=move(table.cells[place].box))
    return replace(table, cells=(*table.cells[:place], changed, *table.cells[place + 1 :]))


def _shift(box: Box, random: Random) -> Callable[[Box], Box] | None:
    """Return what shifts boxes so that this one stays on the page; None where there is no room."""
    far = random.uniform(*AWAY)
    ways = [(far * box.width, 0.0), (-far * box.width, 0.0), (0.0, far * box.height), (0.0, -far * box.height)]
    fit = [
        (x, y)
        for x, y in ways
        if math.hypot(x, y) > 0 and 0 <= box.left + x <= box.right + x <= 1 and 0 <= box.top + y <= box.bottom + y <= 1
    ]
    return partial(_shifted, by=random.choice(fit)) if fit else None


def _shifted(box: Box, by: tuple[float, float]) -> Box:
    return Box.clipped(box.left + by[0], box.top + by[1], box.right + by[0], box.bottom + by[1])


def _invented(answer: Any, random: Random) -> Any:
    """Return an answer that tells of something where nothing is: a line, a place, a cell's text, an answer."""
    said = random.choice(INVENTED)
    if isinstance(answer, tuple):
        return (*answer, _made_up(said, answer, random))
    if isinstance(answer, Mention):
        return None if answer.boxes else replace(answer, boxes=(_anywhere(random),))
    if isinstance(answer, Table):
        empty = [place for place, cell in enumerate(answer.cells) if not cell.text]
        near = [cell.text for cell in answer.cells if cell.text and cell.header == "none"]
        return _put_cell(answer, random.choice(empty), random.choice(near or [said])) if empty else None
    return replace(answer, text=said) if isinstance(answer, Answer) and not answer.text else None


def _made_up(said: str, contents: tuple[Any, ...], random: Random) -> Text:
    """Return a text of the kind that the others are: with words and boxes, with a box, or without."""
    box = _anywhere(random)
    texts = [content for content in contents if isinstance(content, Text)]
    words = any(text.words for text in texts) if texts else random.random() < 0.5
    if words:
        return Text(page_number=1, box=box, text=said, words=(Word(text=said, box=box),))
    boxed = any(text.box != WHOLE for text in texts) if texts else random.random() < 0.5
    return Text(page_number=1, box=box if boxed else WHOLE, text=said)


def _anywhere(random: Random) -> Box:
    """Return a box of about the size of a line of a few words, anywhere."""
    left, top = random.uniform(0, 0.7), random.uniform(0, 0.95)
    return Box(left, top, left + random.uniform(0.05, 0.3), top + random.uniform(0.01, 0.05))


_MAKERS: Final[dict[Kind, Maker]] = {
    "dropped_row": _dropped_row,
    "swapped_digits": partial(_retold, change=_swapped),
    "repeated": _repeated,
    "shifted_box": _shifted_box,
    "wrong_span": _wrong_span,
    "invented": _invented,
    "dropped_line": _dropped_line,
    "confused_letters": partial(_retold, change=confused),
    "merged_columns": _merged_columns,
    "moved_decimal": partial(_retold, change=_moved_decimal),
}
