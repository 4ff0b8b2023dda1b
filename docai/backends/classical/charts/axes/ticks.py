"""Labels that stand in a line beside a plot, and the tick marks and grid lines that they belong to."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from docai.backends.classical.charts.axes.dates import read_moment
from docai.backends.classical.charts.axes.readings import read_numbers, said
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
SAME_TURN: Final = 0.5  # degrees
SPACE_EMS: Final = 0.5  # between words, at most
MIDDLE_EMS: Final = 0.35  # from the baseline of letters to half the height of capitals
REACH_EMS: Final = 0.5  # how far beside the middle of its label a mark is at most
SAME_PLACE: Final = 0.15  # scene units between lines that are drawn over each other

# Dates that stand so close that the text layer has them as one word
_FUSED: Final = re.compile(r"(\d{4}-\d{2}){2,}|(\d{4}-\d{2}-\d{2}){2,}|((?:19|20)\d{2}){2,}")


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


def prepare(labels: Sequence[Label]) -> list[Label]:
    """Return labels with what belongs together in one: a minus and its figures, 10 and its raised power, turned words."""
    return _slanted(_turned(_raised(_signed([part for label in labels for part in values_of(label)]))))


def _signed(labels: list[Label]) -> list[Label]:
    """Return labels with each minus that stands alone joined to the figures behind it."""
    minus = [label for label in labels if label.text.strip() in ("-", "\u2212", "\u2013") and label.turn == 0]
    if not minus:
        return labels
    taken: dict[int, Label] = {}
    for sign in minus:
        behind = [
            other
            for other in labels
            if re.match(r"[\d.,$]", other.text)
            and other.turn == 0
            and other.extent.top - 0.3 * other.size < sign.extent.middle[1] < other.extent.bottom + 0.3 * other.size
            and -0.5 * other.size < other.extent.left - sign.extent.right < 0.5 * other.size
        ]
        if behind:
            digits = min(behind, key=lambda other: abs(other.extent.left - sign.extent.right))
            taken[id(digits)] = sign
    signs = {id(sign) for sign in taken.values()}
    kept = [label for label in labels if id(label) not in signs]
    return [join([taken[id(label)], label], "\u2212" + label.text) if id(label) in taken else label for label in kept]


def _raised(labels: list[Label]) -> list[Label]:
    """Return labels with each "10" and the small raised figures behind it as a power."""
    tens = [label for label in labels if re.fullmatch(r"[-\u2212]?(?:\d(?:\.\d+)?\s?[×x·]\s?)?10", label.text)]
    if not tens:
        return labels
    powers = [label for label in labels if re.fullmatch(r"[-\u2212+]?\d{1,2}", label.text)]
    taken: dict[int, Label] = {}
    for ten in tens:
        for power in powers:
            gap, height = power.extent.left - ten.extent.right, ten.extent.bottom - ten.extent.top
            raised = power.extent.middle[1] < ten.extent.middle[1] - 0.1 * height
            if power.size < 0.9 * ten.size and raised and -0.4 * ten.size < gap < 0.5 * ten.size and _is_level(ten, power):
                taken[id(ten)] = power
    used = {id(power) for power in taken.values()}
    kept = [label for label in labels if id(label) not in used]
    return [
        replace(join([label, taken[id(label)]], f"{label.text}^{taken[id(label)].text}"), size=label.size)
        if id(label) in taken
        else label
        for label in kept
    ]


def _is_level(one: Label, other: Label) -> bool:
    return other.extent.bottom > one.extent.top and other.extent.top < one.extent.bottom


def _turned(labels: list[Label]) -> list[Label]:
    """Return labels with words that are turned upright and stand behind each other joined."""
    upright = [label for label in labels if label.turn % 360 not in (90, 270)]
    turned = [label for label in labels if label.turn % 360 in (90, 270)]
    turned.sort(key=lambda label: (label.turn, round(label.extent.middle[0] / max(1.0, 0.5 * label.size)), label.extent.top))
    pieces: list[list[Label]] = []
    for label in turned:
        before = pieces[-1][-1] if pieces else None
        if (
            before is not None
            and before.turn == label.turn
            and abs(before.extent.middle[0] - label.extent.middle[0]) < 0.3 * label.size
            and -0.3 * label.size < label.extent.top - before.extent.bottom < 0.5 * label.size
        ):
            pieces[-1].append(label)
        else:
            pieces.append([label])
    for piece in pieces:
        parts = piece if piece[0].turn % 360 == 90 else piece[::-1]
        upright.append(join(parts, " ".join(label.text for label in parts)) if len(parts) > 1 else parts[0])
    return upright


def _slanted(labels: list[Label]) -> list[Label]:
    """Return labels with slanted words that go on along one baseline joined: some producers leave out the spaces."""
    words = [label for label in labels if label.ends and label.turn % 90]
    after: dict[int, Label] = {}
    for word in words:
        turn = math.radians(word.turn)
        across, down = math.cos(turn), math.sin(turn)
        for other in words:
            if other is word or abs(other.turn - word.turn) > SAME_TURN or abs(other.size - word.size) > 0.1 * word.size:
                continue
            right, below = other.ends[0][0] - word.ends[1][0], other.ends[0][1] - word.ends[1][1]
            gap, off = right * across + below * down, below * across - right * down
            if 0 < gap < SPACE_EMS * word.size and abs(off) < 0.1 * word.size:
                after[id(word)] = other
    if not after:
        return labels
    later = {id(label) for label in after.values()}
    whole: dict[int, Label] = {}
    for word in words:
        if id(word) in later or id(word) not in after:
            continue
        parts = [word]
        while id(parts[-1]) in after:
            parts.append(after[id(parts[-1])])
        joined = join(parts, " ".join(part.text for part in parts))
        whole[id(word)] = replace(joined, ends=(word.ends[0], parts[-1].ends[1]))
    return [whole.get(id(label), label) for label in labels if id(label) not in later]


def join(labels: Sequence[Label], text: str) -> Label:
    """Return labels as one that says `text`."""
    extents = [label.extent for label in labels]
    extent = Extent(
        min(e.left for e in extents), min(e.top for e in extents), max(e.right for e in extents), max(e.bottom for e in extents)
    )
    words = tuple(word for label in labels for word in label.words)
    confidence = min(label.confidence for label in labels)
    return replace(
        labels[0], text=text, extent=extent, size=max(label.size for label in labels), words=words, confidence=confidence
    )


def split(label: Label) -> list[Label]:
    """Return the words of an upright label as labels of their own; the label alone where its words do not tell where they are."""
    words = label.words
    if len(words) < 2 or label.turn != 0:
        return [label]
    left, right = min(word.box.left for word in words), max(word.box.right for word in words)
    scale = label.extent.width / max(right - left, 1e-9)
    return [
        replace(
            label,
            text=word.text,
            words=(word,),
            extent=label.extent._replace(
                left=label.extent.left + (word.box.left - left) * scale, right=label.extent.left + (word.box.right - left) * scale
            ),
        )
        for word in words
    ]


def values_of(label: Label) -> list[Label]:
    """Return the words of a label as labels of their own where each is a number or a date, and all together are neither."""
    if label.turn == 0 and (fused := _FUSED.fullmatch(label.text)):
        length = len(fused[1] or fused[2] or fused[3])
        return _evenly(label, [label.text[begin : begin + length] for begin in range(0, len(label.text), length)])
    if " " not in label.text or label.turn != 0 or read_moment(label.text) is not None or read_numbers([label.text]):
        return [label]
    words = split(label)
    texts = [word.text for word in words]
    dates = all(read_moment(text) is not None for text in texts)
    return words if dates or all(said(text, ".") or said(text, ",") for text in texts) else [label]


def _evenly(label: Label, texts: Sequence[str]) -> list[Label]:
    """Return the equally long parts of a label as labels of their own."""
    left, width = label.extent.left, label.extent.width / len(texts)
    return [
        replace(label, text=text, extent=label.extent._replace(left=left + number * width, right=left + (number + 1) * width))
        for number, text in enumerate(texts)
    ]


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
        off = np.abs(places[:, None] - np.array([line.place for line in group])).min(axis=1)
        own = set(np.flatnonzero(off <= reach).tolist())
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
