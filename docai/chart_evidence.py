"""Two readings of a chart, value by value: what geometry read, what a model said, and what is printed; the better evidence holds.

A printed or vector value beats the model's; a measured one is surer where the model agrees within its error, and doubted where it
does not; what geometry could not read, names, titles and missing values, comes from the model and says so.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from rapidfuzz import fuzz

from docai.charting import key_of, number_from
from docai.document import Axis, Chart, Point, Series, replace
from docai.numbers import Convention, as_printed, parse
from docai.sources import SourceWord

SUPPORT: Final = 0.6  # of what a value lacks to be certain, that its number standing on the page adds
DOUBTED: Final = 0.3  # what is left of the confidence of a value that is contradicted, as of numbers in tables
ROUNDED: Final = 0.005  # of the range of all values by which a model may round them
SAME_NAME: Final = 85.0  # likeness, 0..100, of two names of one thing
SAME_SERIES: Final = 0.5  # least score of two series that are the same, of 3: name, colour and values count one each
LABELLED: Final = 0.6  # share of a series' values that are printed where all of them are
FEWEST: Final = 3  # values, or ticks, that tell a habit
EVEN: Final = 0.1  # of a step that the steps of ticks may differ by
LINED_UP: Final = 0.01  # of the page: how far the middles of ticks of one axis lie apart


@dataclass(slots=True)
class Printed:
    """The numbers that are printed on a chart, those of its ticks left out; each supports one value only."""

    words: Sequence[SourceWord]
    taken: set[int] = field(default_factory=set)

    def take(self, point: Point) -> SourceWord | None:
        """Return the word that prints the value of a point, the one at its own place first; None where none is left."""
        if point.y is None:
            return None
        found = [place for place, word in enumerate(self.words) if place not in self.taken and as_printed(word.text, point.y)]
        if not found:
            return None
        place = max(found, key=lambda place: self.words[place].box == point.box)
        self.taken.add(place)
        return self.words[place]


def labels_of(words: Iterable[SourceWord]) -> list[SourceWord]:
    """Return the words that are numbers and no ticks of an axis, which stand in a line with even steps."""
    numbers = [(word, value) for word in words if (value := _number_of(word.text)) is not None]
    ticks: set[int] = set()
    for across in (0, 1):
        order = sorted(range(len(numbers)), key=lambda place: _middle(numbers[place][0], across))
        line: list[int] = []
        for place in [*order, None]:
            here = None if place is None else _middle(numbers[place][0], across)
            if line and (here is None or here - _middle(numbers[line[-1]][0], across) > LINED_UP):
                ticks |= _even(sorted(line, key=lambda one: _middle(numbers[one][0], 1 - across)), numbers, 1 - across)
                line = []
            if place is not None:
                line.append(place)
    return [word for place, (word, _) in enumerate(numbers) if place not in ticks]


def _even(line: Sequence[int], numbers: Sequence[tuple[SourceWord, float]], along: int) -> set[int]:
    """Return a line of numbers if they are ticks: places and values both in even steps."""
    if len(line) < FEWEST:
        return set()
    steps = [_middle(numbers[b][0], along) - _middle(numbers[a][0], along) for a, b in pairwise(line)]
    values = [numbers[place][1] for place in line]
    rises = [b - a for a, b in pairwise(values)]
    ratios = [b / a if a else 0.0 for a, b in pairwise(values)]
    even = _alike(steps) and (_alike(rises) or _alike(ratios))
    return set(line) if even and rises[0] != 0 else set()


def _alike(steps: Sequence[float]) -> bool:
    return all(abs(step - steps[0]) <= EVEN * abs(steps[0]) for step in steps)


def _middle(word: SourceWord, along: int) -> float:
    return (word.box[along] + word.box[along + 2]) / 2


def _number_of(text: str) -> float | None:
    number = parse(text, Convention(".", accounting=True)) or parse(text, Convention(","))
    return None if number is None else float(number.value)


# A model alone


def against_words(chart: Chart, words: Sequence[SourceWord], *, trusted: bool) -> tuple[Chart, list[str]]:
    """Return a model's chart, surer of the values that are printed, with the texts of those that the page contradicts.

    Where nearly all values of a series are printed, those that are not are hardly sure; only trusted words contradict.
    """
    printed = Printed(labels_of(words))
    series, wrong = [], []
    for one in chart.series:
        found = [printed.take(point) is not None for point in one.points]
        known = sum(point.y is not None for point in one.points)
        contradicted = trusted and known >= FEWEST and LABELLED * known <= sum(found) < known
        points = []
        for point, is_printed in zip(one.points, found, strict=True):
            if is_printed:
                points.append(replace(point, confidence=_joined(point.confidence, SUPPORT)))
            elif contradicted and point.y is not None:
                points.append(replace(point, confidence=round(DOUBTED * point.confidence, 4)))
                wrong.append(key_of(point.y))
            else:
                points.append(point)
        series.append(replace(one, points=tuple(points)))
    return replace(chart, series=tuple(series)), wrong


def _joined(one: float, other: float) -> float:
    """Return how sure something is that two independent readers tell."""
    return round(1 - (1 - one) * (1 - other), 4)


# Geometry and a model


def weighed(rules: Chart, model: Chart, words: Sequence[SourceWord]) -> tuple[Chart, list[str]]:
    """Return a chart with the better evidence for each value, and the texts of measured values that the model contradicts."""
    values = [point.y for one in rules.series for point in one.points if point.y is not None]
    slack = ROUNDED * (max(values) - min([*values, 0.0])) if values else 0.0
    pairs = _paired_series(rules.series, model.series, slack)
    judge = _Judge(slack, Printed(labels_of(words)), [])
    series = [
        judge.series(one, model.series[pairs[number]] if number in pairs else None) for number, one in enumerate(rules.series)
    ]
    if len(pairs) == len(rules.series):  # all that geometry has is accounted for, so that these are further ones
        rest = [one for number, one in enumerate(model.series) if number not in pairs.values()]
        series += [replace(one, points=tuple(replace(point, basis="model") for point in one.points)) for one in rest]
    second = rules.second_axis
    if second is None and any(one.axis == "second" for one in series):
        second = model.second_axis
    elif second is not None and model.second_axis is not None:
        second = _named_axis(second, model.second_axis)
    changed = replace(
        rules,
        title=rules.title or model.title,
        x_axis=_named_axis(rules.x_axis, model.x_axis),
        y_axis=_named_axis(rules.y_axis, model.y_axis),
        second_axis=second,
        series=tuple(series),
    )
    return changed, judge.wrong


@dataclass(slots=True)
class _Judge:
    """Who weighs values: how far two may lie apart, what is printed, and what was contradicted so far."""

    slack: float
    printed: Printed
    wrong: list[str]

    def series(self, rules: Series, model: Series | None) -> Series:
        """Return a series with the better evidence for each value."""
        if model is None:
            return rules
        pairs = _paired_points(rules.points, model.points)
        points = [
            self.point(point, model.points[pairs[place]] if place in pairs else None) for place, point in enumerate(rules.points)
        ]
        if len(pairs) == len(rules.points):
            rest = [point for place, point in enumerate(model.points) if place not in pairs.values()]
            points += [replace(point, basis="model") for point in rest]
        return replace(rules, name=rules.name or model.name, points=tuple(points))

    def point(self, rules: Point, model: Point | None) -> Point:
        """Return the better evidence of two about one value."""
        if model is None or model.y is None:
            return rules
        x = rules.x if key_of(rules.x).strip() else model.x
        if rules.y is None:
            box = rules.box if model.box.area == 0 or model.box.area > rules.box.area else model.box
            return replace(model, x=x, box=box, basis="model", error=None)
        apart = abs(rules.y - model.y)
        if apart <= max(self.slack, rules.error or 0.0):
            sure = _joined(rules.confidence, model.confidence)
            word = self.printed.take(model) if rules.basis == "measured" else None
            if word is not None:  # the label that geometry did not find, or could not read
                return replace(rules, x=x, y=model.y, box=word.box, basis="printed", error=None, confidence=_joined(sure, SUPPORT))
            return replace(rules, x=x, confidence=sure)
        if rules.basis != "measured":
            return replace(rules, x=x)
        self.wrong.append(f"{key_of(round(rules.y, 6))} or {key_of(model.y)}")
        return replace(rules, x=x, confidence=round(DOUBTED * rules.confidence, 4))


def _named_axis(rules: Axis, model: Axis) -> Axis:
    return replace(rules, title=rules.title or model.title, unit=rules.unit or model.unit)


def _paired_series(rules: Sequence[Series], model: Sequence[Series], slack: float) -> dict[int, int]:
    """Return which series of the model are which of geometry's, the likest first; the last of each are the same."""
    scores = sorted(
        ((_likeness(one, other, slack), -here, -there) for here, one in enumerate(rules) for there, other in enumerate(model)),
        reverse=True,
    )
    pairs: dict[int, int] = {}
    for score, here, there in scores:
        if score >= SAME_SERIES and -here not in pairs and -there not in pairs.values():
            pairs[-here] = -there
    left = [number for number in range(len(rules)) if number not in pairs]
    rest = [number for number in range(len(model)) if number not in pairs.values()]
    if len(left) == len(rest) == 1 and not (rules[left[0]].name and model[rest[0]].name):
        pairs[left[0]] = rest[0]
    return pairs


def _likeness(one: Series, other: Series, slack: float) -> float:
    """Return how like two series are, 0..3: by their names, colours and values, as far as both tell them."""
    name = fuzz.ratio(_letters(one.name), _letters(other.name)) / 100 if one.name and other.name else 0.0
    pairs = _paired_points(one.points, other.points)
    known = [(one.points[a], other.points[b]) for a, b in pairs.items()]
    close = [
        abs(p.y - q.y) <= max(4 * slack, p.error or 0.0)  # four times: a model that estimates is no other series for that
        for p, q in known
        if p.y is not None and q.y is not None
    ]
    values = sum(close) / len(close) if close else 0.0
    return (name if name * 100 >= SAME_NAME else 0.0) + _colour_likeness(one.colour, other.colour) + values


def _colour_likeness(one: str, other: str) -> float:
    if not all(re.fullmatch("#[0-9a-fA-F]{6}", colour) for colour in (one, other)):
        return 0.0
    parts = zip(*(bytes.fromhex(colour[1:]) for colour in (one, other)), strict=True)
    apart = math.hypot(*(a - b for a, b in parts))
    return max(0.0, 1 - apart / 100)  # of 441 from black to white: what nobody calls the same colour


def _paired_points(rules: Sequence[Point], model: Sequence[Point]) -> dict[int, int]:
    """Return which points of the model are which of geometry's: by x; those left over in order, if they are as many."""
    xs = [number_from(point.x) for point in rules]
    known = sorted(x for x in xs if x is not None)
    gap = min((b - a for a, b in pairwise(known) if b > a), default=1.0)
    pairs: dict[int, int] = {}
    for here, point in enumerate(rules):
        free = [there for there in range(len(model)) if there not in pairs.values()]
        found = next((there for there in free if _same_x(point.x, model[there].x, gap / 4)), None)
        if found is not None:
            pairs[here] = found
    left = [place for place in range(len(rules)) if place not in pairs]
    rest = [place for place in range(len(model)) if place not in pairs.values()]
    if left and len(left) == len(rest):
        pairs |= dict(zip(left, rest, strict=True))
    return pairs


def _same_x(one: float | str, other: float | str, slack: float) -> bool:
    """Return whether two x are the same: numbers and dates by what they tell, other texts by their letters."""
    texts = _letters(key_of(one)), _letters(key_of(other))
    if texts[0] == texts[1]:
        return True
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= slack
    if any(map(str.isdigit, texts[0] + texts[1])):
        numbers = number_from(one), number_from(other)
        return isinstance(one, str) and isinstance(other, str) and numbers[0] is not None and numbers[0] == numbers[1]
    return fuzz.ratio(*texts) >= SAME_NAME


def _letters(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
