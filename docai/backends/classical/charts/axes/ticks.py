"""Labels that stand in a line beside a plot, and the tick marks and grid lines that they belong to."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.scene import Extent, Label, Polygon, Rectangle, Scene, Stroke

IN_LINE: Final = 0.35  # of a letter's size that labels of one axis may be out of line by
SAME_SIZE: Final = 1.35  # times as large that letters of one axis may be; pictures tell sizes badly
UPRIGHT: Final = 0.02  # of its length, or 0.1 scene units, that an upright line may lean by
THIN_EMS: Final = 0.35  # lines are thinner than that, of a letter's size
NEAR_EMS: Final = 2.0  # how far from its label a tick mark or the end of a grid line is at most
FLAT: Final = 0.05  # scene units; outlines that are narrower have no area
LEAST_BETWEEN: Final = 3  # labels that are parted by marks
ALIKE_BANDS: Final = 1.1  # times as wide as others that bands between marks are at most
MIDWAY: Final = 0.2  # of a band that a label is nearer to one of its ends at most
MIDDLE_EMS: Final = 0.35  # from the baseline of letters to half the height of capitals
REACH_EMS: Final = 0.5  # how far beside the middle of its label a mark is at most
EDGE_EMS: Final = 0.15  # between the edge of a label that is moved inwards and its mark, of a letter's size
SAME_PLACE: Final = 0.15  # scene units between lines that are drawn over each other


# Dates that stand so close that the text layer has them as one word


class Line(NamedTuple):
    """An upright line: it stands at `place` along the axis, and runs from `low` to `high` the other way."""

    place: float
    low: float
    high: float
    thickness: float
    colour: str = ""

    @property
    def length(self) -> float:
        """From end to end."""
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Lines:
    """The upright lines of a scene: those that run down stand at a place across, the others at a place down."""

    down: tuple[Line, ...]
    across: tuple[Line, ...]

    def crossing(self, *, horizontal: bool) -> tuple[Line, ...]:
        """Return those that stand across an axis: its tick marks and grid lines are among them."""
        return self.down if horizontal else self.across

    def along(self, *, horizontal: bool) -> tuple[Line, ...]:
        """Return those that run along an axis: its own line is among them."""
        return self.across if horizontal else self.down


def find_lines(scene: Scene) -> Lines:
    """Return the upright lines of a scene, thin rectangles included."""
    thin = THIN_EMS * scene.em
    down: list[Line] = []
    across: list[Line] = []
    for stroke in scene.strokes:
        places = stroke.places
        if len(places) > 5 or stroke.curved:
            continue
        for one, other in pairwise(places) if len(places) > 2 and _is_angular(places) else [(places[0], places[-1])]:
            lean = max(0.1, UPRIGHT * max(abs(one[0] - other[0]), abs(one[1] - other[1])))
            if abs(one[0] - other[0]) <= lean < abs(one[1] - other[1]):
                down.append(_line((one[0] + other[0]) / 2, one[1], other[1], stroke))
            elif abs(one[1] - other[1]) <= lean < abs(one[0] - other[0]):
                across.append(_line((one[1] + other[1]) / 2, one[0], other[0], stroke))
    for extent, fill in _thin_extents(scene):
        if extent.width < thin and extent.height > 2 * extent.width:
            down.append(Line(extent.middle[0], extent.top, extent.bottom, extent.width, fill))
        elif extent.height < thin and extent.width > 2 * extent.height:
            across.append(Line(extent.middle[1], extent.left, extent.right, extent.height, fill))
    return Lines(tuple(down), tuple(across))


def _thin_extents(scene: Scene) -> Iterator[tuple[Extent, str]]:
    """Yield where rectangles lie, and outlines without any area, as tick marks that are drawn as filled markers; with colours."""
    for rectangle in scene.rectangles:
        yield rectangle.extent, rectangle.fill
    for polygon in scene.polygons:
        if len(polygon.places) <= 5:
            extent = polygon.extent
            if min(extent.width, extent.height) < FLAT:
                yield extent, polygon.stroke or polygon.fill


def _line(place: float, one: float, other: float, stroke: Stroke) -> Line:
    return Line(float(place), float(min(one, other)), float(max(one, other)), stroke.thickness, stroke.colour)


def _is_angular(places: Sequence[tuple[float, float]]) -> bool:
    """Return whether all pieces of a line run across or down: a frame, or the corner of two axes."""
    return all(min(abs(a[0] - b[0]), abs(a[1] - b[1])) < 0.1 for a, b in pairwise(places))


# Labels


def anchor(label: Label, *, horizontal: bool) -> float:
    """Return where along the axis a label points to: its middle; of a slanted one, the end of it that stands by the axis."""
    if not horizontal:
        return label.extent.middle[1]
    turn = (label.turn + 180) % 360 - 180
    if abs(turn) < 10 or abs(abs(turn) - 90) < 10:
        return label.extent.middle[0]
    if label.ends:
        half = MIDDLE_EMS * label.size * math.sin(math.radians(abs(turn)))
        return label.ends[1][0] - half if turn < 0 else label.ends[0][0] + half
    half = min(0.5 * label.size, label.extent.width / 2) * 0.7  # half of its letters' height, slanted
    return label.extent.right - half if turn < 0 else label.extent.left + half


# Labels in a line


def in_lines(labels: Iterable[Label], *, horizontal: bool) -> list[list[Label]]:
    """Return labels that stand in a row, or in a column flush on one side or centred, two at least, in the order of places.

    A label may stand in several lines. Rows of slanted labels are flush where they begin.
    """
    groups: list[list[Label]] = []
    seen: set[tuple[int, ...]] = set()
    pool = [label for label in labels if horizontal or _runs_level_or_up(label)]
    for side in range(3):
        ordered = sorted(pool, key=lambda label: _sides(label, horizontal=horizontal)[side])
        for group in _chains(ordered, side, horizontal=horizontal):
            group.sort(key=lambda label: anchor(label, horizontal=horizontal))
            key = tuple(sorted(map(id, group)))
            if len(group) >= 2 and key not in seen:
                seen.add(key)
                groups.append(group)
    return groups


def _runs_level_or_up(label: Label) -> bool:
    """Return whether a label of an upright axis runs as its labels do: level, or along the axis, as R sets them."""
    turn = abs((label.turn + 180) % 360 - 180)
    return turn < 10 or abs(turn - 90) < 1


def _chains(ordered: Sequence[Label], side: int, *, horizontal: bool) -> list[list[Label]]:
    """Return runs of labels whose `side` is the same, alike in size and turn."""
    chains: list[list[Label]] = []
    for label in ordered:
        place = _sides(label, horizontal=horizontal)[side]
        for chain in reversed(chains[-4:]):
            first, last = chain[0], chain[-1]
            near = place - _sides(last, horizontal=horizontal)[side] <= IN_LINE * label.size
            close = place - _sides(first, horizontal=horizontal)[side] <= 2 * IN_LINE * label.size
            alike = max(label.size, first.size) <= SAME_SIZE * min(label.size, first.size) and label.turn == first.turn
            if near and close and alike:
                chain.append(label)
                break
        else:
            chains.append([label])
    return chains


def _sides(label: Label, *, horizontal: bool) -> tuple[float, float, float]:
    extent = label.extent
    if horizontal:
        return extent.top, extent.bottom, extent.middle[1]
    return extent.right, extent.left, extent.middle[0]


# Marks


def lines_near(labels: Sequence[Label], lines: Sequence[Line], *, horizontal: bool) -> list[Line]:
    """Return the lines that begin or end close to a line of labels."""
    near = NEAR_EMS * labels[0].size
    sides = [(e.top, e.bottom) if horizontal else (e.left, e.right) for e in (label.extent for label in labels)]
    low, high = min(s[0] for s in sides), max(s[1] for s in sides)
    inner_low, inner_high = max(s[0] for s in sides), min(s[1] for s in sides)
    return [
        line
        for line in lines
        if (inner_high - 0.3 * near <= line.low <= high + near) or (low - near <= line.high <= inner_low + 0.3 * near)
    ]


def marks_near(labels: Sequence[Label], lines: Sequence[Line], *, horizontal: bool) -> list[Line]:
    """Return the tick marks and grid lines that begin or end close to a line of labels, one for each place.

    Of lines drawn alike, those count that belong to most labels; others among them may be marks of values.
    """
    alike: dict[tuple[float, float, float, str], list[Line]] = {}
    for line in lines_near(labels, lines, horizontal=horizontal):
        key = round(line.low / 2), round(line.high / 2), round(line.thickness, 1), line.colour
        alike.setdefault(key, []).append(line)
    if not alike:
        return []
    places = np.array([anchor(label, horizontal=horizontal) for label in labels])
    reach = REACH_EMS * np.array([label.size for label in labels])
    counts: list[tuple[int, int, float, list[Line], set[int]]] = []
    for group in alike.values():
        at = np.array([line.place for line in group])
        own = set(np.flatnonzero(np.abs(places[:, None] - at).min(axis=1) <= reach).tolist())
        own |= _flush(labels, at) if horizontal else set()
        counts.append((-len(own), len(group), group[0].length, group, own))
    counts.sort(key=lambda count: count[:3])
    kept: list[Line] = []
    served: set[int] = set()
    for _, _, _, group, own in counts:  # those with the fewest lines that belong to no label first: minor ticks come last
        if own - served or (not served and not own):
            served |= own
            taken = {round(other.place / SAME_PLACE) for other in kept}
            kept.extend(line for line in group if not {round(line.place / SAME_PLACE) + by for by in (-1, 0, 1)} & taken)
    return sorted(kept)


def _flush(labels: Sequence[Label], at: NDArray[np.float64]) -> set[int]:
    """Return which of the outer labels have a line at their outer edge, as labels that are moved inwards to stay on the picture."""
    edges = {0: labels[0].extent.left, len(labels) - 1: labels[-1].extent.right}
    return {number for number, edge in edges.items() if np.abs(at - edge).min() <= EDGE_EMS * labels[number].size}


def stand_between(labels: Sequence[Label], marks: Sequence[Line], *, horizontal: bool) -> bool:
    """Return whether labels stand midway between marks, which part them, as bands of office programs are parted; three at least."""
    places = [mark.place for mark in marks]
    sides: list[tuple[float, float]] = []
    for label in labels:
        place = anchor(label, horizontal=horizontal)
        after = bisect_left(places, place)
        if 0 < after < len(places):
            sides.append((place - places[after - 1], places[after] - place))
    wide = [before + behind for before, behind in sides]
    if len(sides) < LEAST_BETWEEN or max(wide) > ALIKE_BANDS * min(wide):
        return False
    return all(abs(before - behind) < MIDWAY * (before + behind) for before, behind in sides)


def put_midway(labels: Sequence[Label], marks: Sequence[Line]) -> list[Label]:
    """Return labels of a horizontal axis that stand between marks, moved to point to the very middle between theirs.

    The middle is what the marks tell exactly; the end of a slanted label is off it by the shape of its letters.
    """
    places = [mark.place for mark in marks]
    found = []
    for label in labels:
        place = anchor(label, horizontal=True)
        after = bisect_left(places, place)
        off = (places[after - 1] + places[after]) / 2 - place if 0 < after < len(places) else 0.0
        left, top, right, bottom = label.extent
        ends = tuple((x + off, y) for x, y in label.ends)
        found.append(replace(label, extent=Extent(left + off, top, right + off, bottom), ends=ends))
    return found


def snapped(label: Label, place: float, marks: Sequence[Line]) -> float | None:
    """Return where the mark of a label stands, None where none is near enough."""
    if not marks:
        return None
    nearest = min(marks, key=lambda mark: abs(mark.place - place))
    return nearest.place if abs(nearest.place - place) <= REACH_EMS * label.size else None


def has_swatches(labels: Sequence[Label], scene: Scene) -> bool:
    """Return whether most labels have a small mark right before them, as the names of a legend have."""
    marks: list[Extent] = [mark.extent for mark in scene.symbols]
    marks += [mark.extent for mark in scene.rectangles if _is_small(mark, labels[0])]
    marks += [mark.extent for mark in scene.polygons if _is_small(mark, labels[0])]
    marks += [mark.extent for mark in scene.strokes if _is_dash(mark, labels[0])]
    if not marks:
        return False
    count = 0
    for label in labels:
        middle, left, size = label.extent.middle[1], label.extent.left, label.size
        count += any(
            e.top - 0.3 * size <= middle <= e.bottom + 0.3 * size
            and -0.3 * size < left - e.right < 2 * size
            and e.height < 2 * size
            for e in marks
        )
    return count > 0.6 * len(labels)


def _is_small(mark: Rectangle | Polygon, label: Label) -> bool:
    extent = mark.extent
    thick = min(extent.width, extent.height) > THIN_EMS * label.size
    return thick and extent.width < 3.5 * label.size and extent.height < 2 * label.size


def _is_dash(mark: Stroke, label: Label) -> bool:
    return 1.2 * label.size < mark.extent.width < 4.5 * label.size and mark.extent.height < label.size
