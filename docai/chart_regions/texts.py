"""Lines of text beside charts: what they look like, and charts with those that they have been given."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from docai.captions import is_caption
from docai.chart_regions.shapes import Place, Shape, around

LABEL_WORDS: Final = 8  # of a label or axis title at most, unless the words are labels in a row
SOURCE = re.compile(
    r"^\W*(sources?|notes?|quelle|fuente|출처|자료|주|참고|nguồn|ghi chú|chú thích)\s*[:：*)]|^\W*©|^[*†‡]\s?\w+", re.IGNORECASE
)
_PART = re.compile(r"^\(?[a-h][.)]\s+\S+(\s+\S+){2}")  # "(a) Forward, without mask"


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text with its place in points.

    Attributes:
        count: How many words it has.
        size: Its font size in points.
        turned: Whether it runs up or down.
        even: Whether its words stand at even steps, as the labels of an axis do.
    """

    place: Place
    text: str
    count: int
    size: float
    turned: bool
    even: bool = False

    @property
    def area(self) -> float:
        """The area that its letters cover; of a slanted line, less than its place has."""
        long = math.hypot(self.place.width, self.place.height) * self.size if self.turned else math.inf
        return min(self.place.area, long)


@dataclass(slots=True)
class Labelled:
    """A chart with the numbers of its lines.

    `borrowed` are lines of other charts with how far, in points, they are moved to where they would stand beside this one.
    `legend` is its own legend, keys with the numbers of their lines, and `keys` are those of a legend that it shares.
    """

    core: Place
    place: Place
    shapes: list[Shape]
    lines: list[int] = field(default_factory=list)
    borrowed: list[tuple[int, float, float]] = field(default_factory=list)
    legend: list[tuple[Shape, int]] = field(default_factory=list)
    keys: list[Shape] = field(default_factory=list)


def take(chart: Labelled, number: int, texts: Sequence[Text], taken: set[int]) -> None:
    chart.lines.append(number)
    chart.place = around((chart.place, texts[number].place))
    taken.add(number)


def away(place: Place, other: Place) -> float:
    """Return the larger of the distances across and down between two rectangles."""
    return max(place.left - other.right, other.left - place.right, place.top - other.bottom, other.top - place.bottom, 0.0)


def has_discs(chart: Labelled) -> bool:
    return any(shape.kind == "sector" for shape in chart.shapes)


def is_note(text: str) -> bool:
    """Return whether a line is a caption, one of a part of a figure, or tells of sources."""
    return is_caption(text) or bool(SOURCE.match(text) or _PART.match(text))


def is_numeric(text: str) -> bool:
    words = text.split()
    return 2 * sum(any(character.isdigit() for character in word) for word in words) >= len(words)


def continues_prose(number: int, texts: Sequence[Text], taken: set[int]) -> bool:
    """Return whether a line belongs to a paragraph right below it as a heading or, by its size, as a line, or ends one above."""
    text = texts[number]
    for other_number, other in enumerate(texts):
        if other_number == number or other_number in taken or other.count < LABEL_WORDS or other.place.width < text.place.width:
            continue
        same = abs(other.size - text.size) < 0.6
        above, below = text.place.top - other.place.bottom, other.place.top - text.place.bottom
        flush = abs(other.place.left - text.place.left) < 2.5 * text.size
        if flush and (max(above, below) < 0.6 * text.size if same else -0.5 * text.size < below < 1.2 * text.size):
            return True
    return False
