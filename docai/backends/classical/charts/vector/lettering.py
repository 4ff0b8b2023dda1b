"""Labels over several lines: which lines of text make one label, and which are labels of their own."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from docai.backends.classical.charts.scene import Extent, Label, Scene

TIGHT_EMS: Final = 1.32  # from baseline to baseline within a label; 1.2 is usual, and 1.17 is DejaVu's own
LEAST_EMS: Final = 0.85  # the same, at least
FLUSH_EMS: Final = 0.12  # by which lines of a label may be out of line
CENTRED_EMS: Final = 0.25  # the same of their middles
SAME_SIZE: Final = 0.04  # of a letter's size
TICK_EMS: Final = 1.6  # a tick is long at most, and stands off its label at most
BEHIND_EMS: Final = 4.0  # swatches stand off the names before them at most, which are flush left
POINTED_EMS: Final = 0.3  # by which a mark may be off the middle of the line that it points at
HIGHEST_EMS: Final = 3.0  # a bar beside its category is high at most, to tell it from panels

_NUMBER = re.compile(r"^[-+−–(]?[$€£¥₩]?\d[\d.,\s]*\s*(?:%|[kKMB]\b)?\)?(?:\^\d+)?$")
_YEAR = re.compile(r"^(?:19|20)\d\d$")


def with_lines_joined(scene: Scene) -> tuple[Label, ...]:
    """Return the labels of a scene in which lines of one label are one.

    Lines below each other are one label where they stand tight, flush or centred, and no tick, bar or swatch points at the
    lower one; titles that run upwards likewise.
    """
    pointers = _Pointers(scene)
    joined: dict[int, list[int]] = {}
    taken: set[int] = set()
    lines = [_Line.of(label, place) for place, label in enumerate(scene.labels) if label.turn in (0, 90, -90)]
    lines.sort(key=lambda line: (line.turn, line.down))
    for n, lower in enumerate(lines):
        upper = _above(lines, n, taken)
        if upper is None or not _one(scene.labels[upper.place], scene.labels[lower.place], lower.turn, pointers):
            continue
        taken.add(upper.place)
        joined[lower.place] = [*joined.pop(upper.place, [upper.place]), lower.place]
    parts = {place for group in joined.values() for place in group}
    firsts = {group[0]: [scene.labels[place] for place in group] for group in joined.values()}
    return tuple(
        _join(firsts[place]) if place in firsts else label
        for place, label in enumerate(scene.labels)
        if place in firsts or place not in parts
    )


class _Line(NamedTuple):
    """A line of text as its reader sees it, turned upright: from `start` to `end`, its middle at `down`."""

    place: int
    turn: float
    start: float
    end: float
    down: float
    size: float

    @staticmethod
    def of(label: Label, place: int) -> _Line:
        """Return the line of a label."""
        e = label.extent
        if label.turn == 90:
            return _Line(place, 90, e.top, e.bottom, -e.middle[0], label.size)
        if label.turn == -90:
            return _Line(place, -90, -e.bottom, -e.top, e.middle[0], label.size)
        return _Line(place, 0, e.left, e.right, e.middle[1], label.size)


def _above(lines: Sequence[_Line], n: int, taken: set[int]) -> _Line | None:
    """Return the line right above one, tight, flush with it or centred, of the same size."""
    lower = lines[n]
    for upper in reversed(lines[:n]):
        leading = (lower.down - upper.down) / lower.size
        if upper.turn != lower.turn or leading > TIGHT_EMS:
            return None
        alike = abs(upper.size - lower.size) <= SAME_SIZE * lower.size
        overlap = min(upper.end, lower.end) - max(upper.start, lower.start) > 0
        if leading < LEAST_EMS or not alike or not overlap or upper.place in taken:
            continue
        flush = min(abs(upper.start - lower.start), abs(upper.end - lower.end)) < FLUSH_EMS * lower.size
        if flush or abs(upper.start + upper.end - lower.start - lower.end) < 2 * CENTRED_EMS * lower.size:
            return upper
    return None


def _one(upper: Label, lower: Label, turn: float, pointers: _Pointers) -> bool:
    """Return whether two lines that stand so are one label."""
    if upper.bold != lower.bold or upper.colour != lower.colour:
        return False
    if _NUMBER.match(upper.text) or (_NUMBER.match(lower.text) and not _YEAR.match(lower.text)):
        return False
    if turn:
        centred = abs(upper.extent.middle[1] - lower.extent.middle[1]) < CENTRED_EMS * lower.size
        return centred and min(upper.extent.height, lower.extent.height) > 2 * lower.size and not pointers.at_turned(lower)
    return not pointers.at(lower)


class _Pointers:
    """Marks that point at a label from its side: ticks, bars, swatches."""

    def __init__(self, scene: Scene) -> None:
        em = scene.em
        found: list[tuple[float, Extent]] = []
        for line in scene.strokes:
            place = line.extent
            if place.height < 0.1 * em and (place.width < 4 * em or line.dashes):
                found.append((place.middle[1], place))
        seen = [one for one in scene.rectangles if one.fill != "#ffffff" or one.stroke]
        low = [one.extent for one in seen if one.extent.height < HIGHEST_EMS * em]
        found += [(place.middle[1], place) for place in low]
        found += [(mark.centre[1], mark.extent) for mark in scene.symbols]
        self._upright = [line.extent for line in scene.strokes if _is_upright(line.extent, em)]
        self._found = sorted(found, key=lambda pair: pair[0])
        self._levels = [level for level, _ in self._found]

    def at(self, label: Label) -> bool:
        """Return whether one points at the middle of a label."""
        middle, slack = label.extent.middle[1], POINTED_EMS * label.size
        first, last = bisect_left(self._levels, middle - slack), bisect_left(self._levels, middle + slack)
        near, far = TICK_EMS * label.size, BEHIND_EMS * label.size
        return any(
            -slack < label.extent.left - place.right < near
            or -slack < place.left - label.extent.right < (far if place.height > slack else near)
            for _, place in self._found[first:last]
        )

    def at_turned(self, label: Label) -> bool:
        """Return whether a tick points at the end of a label that runs upwards or downwards."""
        slack, near = POINTED_EMS * label.size, TICK_EMS * label.size
        return any(
            abs(place.middle[0] - label.extent.middle[0]) < slack
            and (-slack < label.extent.top - place.bottom < near or -slack < place.top - label.extent.bottom < near)
            for place in self._upright
        )


def _is_upright(place: Extent, em: float) -> bool:
    """Return whether a line is a short upright one, as the ticks of an axis that runs to the right."""
    return place.width < 0.1 * em and place.height < TICK_EMS * em


def _join(labels: Sequence[Label]) -> Label:
    """Return lines as one label, with a space between them but behind a hyphen or stroke."""
    extents = [label.extent for label in labels]
    text = labels[0].text
    for label in labels[1:]:
        text = f"{text}{label.text}" if text.endswith(("-", "/")) else f"{text} {label.text}"
    return replace(
        labels[0],
        text=text,
        extent=Extent(
            min(e.left for e in extents), min(e.top for e in extents), max(e.right for e in extents), max(e.bottom for e in extents)
        ),
        confidence=min(label.confidence for label in labels),
        words=tuple(word for label in labels for word in label.words),
        ends=(),
    )
