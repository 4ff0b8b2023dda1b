"""Box plots: boxes with a median, whiskers and outliers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from docai.backends.classical.charts.legends import Legend, colour_of
from docai.backends.classical.charts.parts import Mark, Part, Strand, Value
from docai.backends.classical.charts.readers.blocks import WHITE, directions, frame, slack_of
from docai.backends.classical.charts.readers.error_bars import LONGEST, THICKEST, Stem, find_crossings, find_stems
from docai.backends.classical.charts.readers.naming import Column, Place, name_columns
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Polygon, Rectangle, Scene, Stroke, Symbol, around

PARTS: Final = ("minimum", "lower quartile", "median", "upper quartile", "maximum")
OUTLIER: Final = "outlier"
SURE: Final = 0.98
NOTCHED: Final = range(7, 14)  # places of the outline of a notched box; violins have many more
PILED: Final = 0.5  # of the boxes of a plot that stand on another from which on none is one
WIDEST: Final = 0.6  # of the plot, that a box is thick at most


_Outlined = Rectangle | Polygon | Stroke


@dataclass(frozen=True, slots=True)
class _Box:
    """A box along the axes of its plot: its sides, the places of its median and of the ends of its whiskers, and its marks."""

    begin: float
    end: float
    first: float
    last: float
    median: float
    low_whisker: float
    high_whisker: float
    whiskers: int
    colour: str
    marks: tuple[Mark, ...]

    @property
    def middle(self) -> float:
        return (self.begin + self.end) / 2

    @property
    def places(self) -> tuple[float, ...]:
        """The places of whiskers, sides and median in the direction of the scene."""
        return self.low_whisker, self.first, self.median, self.last, self.high_whisker


def read_boxes(scene: Scene, plot: Plot, legend: Legend) -> Part | None:
    """Return the box plots of a plot as series of their quartiles; `None` where there are none."""
    slack = slack_of(scene)
    for upright in directions(plot):
        values, names = (plot.down, plot.across) if upright else (plot.across, plot.down)
        if values is None or values.kind == "category":
            continue
        boxes = _find_boxes(scene, plot, slack, upright=upright)
        if boxes:
            outliers, means = _outliers(scene, boxes, slack, upright=upright)
            columns = [Column(box.begin, box.end, box.colour) for box in boxes]
            marks = [mark for box in boxes for mark in box.marks]
            marks += [symbol for found in (*outliers, *means) for symbol in found]
            reading = _Reading(boxes, name_columns(columns, names, slack), outliers, values, scene.blur, upright)
            sure = SURE if len(boxes) > 1 else 0.92
            return Part("box", _strands(reading, legend), tuple(marks), "vertical" if upright else "horizontal", sure=sure)
    return None


# Finding


def _find_boxes(scene: Scene, plot: Plot, slack: float, *, upright: bool) -> list[_Box]:
    candidates = _candidates(scene, plot, slack, upright=upright)
    if not candidates:
        return []
    _, _, first, last = frame(plot.extent, upright=upright)
    stems = [
        stem
        for stem in find_stems(scene, slack, upright=upright)
        if stem.last - stem.first < LONGEST * (last - first) and stem.last > first + slack and stem.first < last - slack
    ]  # what lies outside of the plot are ticks
    crossings = find_crossings(scene, slack, upright=upright)
    dots = [Stem(*_ends(symbol, upright=upright), symbol) for symbol in scene.symbols]
    boxes = []
    for candidate, median in _split_by_paper(candidates, slack, upright=upright) if scene.blur else ():
        box = _box(candidate, stems, [*crossings, median], dots, slack, upright=upright)
        if box is not None and box.whiskers:
            boxes.append(box)
    for candidate in candidates:
        box = _box(candidate, stems, crossings, dots, slack, upright=upright)
        if box is not None:
            boxes.append(box)
    boxes.sort(key=lambda box: (box.middle, box.first))
    whiskers = max((box.whiskers for box in boxes), default=0)
    if not boxes or whiskers == 0 or (len(boxes) == 1 and whiskers < 2) or _share_an_edge(boxes, slack) or _are_piled(boxes, slack):
        return []
    return [box for box in boxes if not any(_is_inside(box, other) for other in boxes)]


def _ends(symbol: Symbol, *, upright: bool) -> tuple[float, float, float]:
    """Return the place of a dot across and, twice, along the values: it stands for a median where lattice draws boxes."""
    aside, along = symbol.centre if upright else symbol.centre[::-1]
    return aside, along, along


def _are_piled(boxes: Sequence[_Box], slack: float) -> bool:
    """Return whether most boxes stand right on another one as wide: they are the pieces of stacked bars, before grid lines."""
    piled = sum(
        any(
            abs(box.begin - other.begin) + abs(box.end - other.end) <= 2 * slack
            and min(abs(box.first - other.last), abs(box.last - other.first)) <= slack
            for other in boxes
            if other is not box
        )
        for box in boxes
    )
    return piled > PILED * len(boxes)


def _candidates(scene: Scene, plot: Plot, slack: float, *, upright: bool) -> list[tuple[Extent, str, tuple[Mark, ...]]]:
    """Return extents that may be boxes, with their colours; two that meet in one line are one box, split by its median."""
    marks: list[_Outlined] = [*scene.rectangles, *(p for p in scene.polygons if len(p.places) in NOTCHED)]
    marks += [stroke for stroke in scene.strokes if len(stroke.places) in NOTCHED and stroke.places[0] == stroke.places[-1]]
    begin, end, first, last = frame(plot.extent, upright=upright)
    by_sides: dict[tuple[int, int], list[_Outlined]] = defaultdict(list)
    for mark in marks:
        left, right, top, bottom = frame(mark.extent, upright=upright)
        large = right - left > WIDEST * (end - begin) or bottom - top > 0.95 * (last - first)
        if not large and bottom - top > slack and right - left > 2 * slack and begin - slack < (left + right) / 2 < end + slack:
            by_sides[round(left), round(right)].append(mark)
    found: list[tuple[Extent, str, tuple[Mark, ...]]] = []
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)  # by the middle, in cells of four units
    for group in by_sides.values():
        for mark in group:
            across, down = mark.extent.middle
            column, row = round(across / 4), round(down / 4)
            near = (n for c in (column - 1, column, column + 1) for r in (row - 1, row, row + 1) for n in cells.get((c, r), ()))
            twin = next((n for n in near if _same(found[n][0], mark.extent, slack)), None)
            colour, painted = colour_of(mark), not isinstance(mark, Stroke) and mark.fill not in ("", WHITE)
            if twin is None:
                cells[column, row].append(len(found))
                found.append((mark.extent, colour, (mark,)))
            else:
                extent, before, marks_there = found[twin]
                found[twin] = (extent, colour if painted else before, (*marks_there, mark))
    return found


def _split_by_paper(
    candidates: Sequence[tuple[Extent, str, tuple[Mark, ...]]], slack: float, *, upright: bool
) -> list[tuple[tuple[Extent, str, tuple[Mark, ...]], Stem]]:
    """Return the boxes of a picture that a median in the colour of the paper parts in two, with that median.

    Both pieces have one colour and the same sides, and stand as far apart as a line is thick.
    """
    sides = sorted(((frame(one[0], upright=upright), one) for one in candidates), key=lambda item: (round(item[0][0]), item[0][2]))
    found = []
    for ((begin, end, first, last), one), ((left, right, top, bottom), other) in pairwise(sides):
        alike = abs(begin - left) <= slack and abs(end - right) <= slack and one[1] == other[1]
        if alike and 0 < top - last <= THICKEST and min(last - first, bottom - top) > slack:
            whole = around([one[0][:2], one[0][2:], other[0][:2], other[0][2:]])
            line = Stroke((one[0][2:], other[0][:2]), WHITE, top - last)
            found.append(((whole, one[1], (*one[2], *other[2])), Stem((begin + end) / 2, last, top, line, end - begin)))
    return found


def _same(one: Extent, other: Extent, slack: float) -> bool:
    return all(abs(a - b) <= slack for a, b in zip(one, other, strict=True))


def _box(
    candidate: tuple[Extent, str, tuple[Mark, ...]],
    stems: Sequence[Stem],
    crossings: Sequence[Stem],
    dots: Sequence[Stem],
    slack: float,
    *,
    upright: bool,
) -> _Box | None:
    """Return the box that a candidate is, with its median, a line or a dot, and whiskers; None where it has no median."""
    extent, colour, marks = candidate
    begin, end, first, last = frame(extent, upright=upright)
    middle, thickness = (begin + end) / 2, end - begin
    off = max(slack, 0.1 * thickness)
    own = {id(mark) for mark in marks}
    medians = [
        line
        for line in crossings
        if abs(line.aside - middle) <= off
        and 0.3 * thickness <= line.reach <= 1.3 * thickness
        and first - slack <= (line.first + line.last) / 2 <= last + slack
        and id(line.mark) not in own
    ]
    whiskers = [
        stem for stem in stems if abs(stem.aside - middle) <= off and stem.first <= last + slack and stem.last >= first - slack
    ]
    whiskers = [stem for stem in whiskers if stem.first < first - slack or stem.last > last + slack]
    if not medians and len(whiskers) > 1:
        medians = [dot for dot in dots if abs(dot.aside - middle) <= slack and first < (dot.first + dot.last) / 2 < last]
    if not medians:
        return None
    low = min((stem.first for stem in whiskers), default=first)
    high = max((stem.last for stem in whiskers), default=last)
    inner = [line for line in medians if first + slack < (line.first + line.last) / 2 < last - slack]
    line = max(inner or medians, key=lambda line: (round(line.reach), line.mark.order))
    caps = [
        cap.mark
        for cap in crossings
        if abs(cap.aside - middle) <= off
        and cap.reach <= 1.3 * thickness
        and min(abs(cap.first - low), abs(cap.last - high)) <= 2 * slack
    ]
    sides = (low < first - slack) + (high > last + slack)
    taken: tuple[Mark, ...] = (*marks, line.mark, *(stem.mark for stem in whiskers), *caps)
    return _Box(begin, end, first, last, (line.first + line.last) / 2, min(low, first), max(high, last), sides, colour, taken)


def _share_an_edge(boxes: Sequence[_Box], slack: float) -> bool:
    """Return whether boxes all stand on one line, as bars with error bars do."""
    for places in ([box.first for box in boxes], [box.last for box in boxes]):
        if len(places) > 1 and max(places) - min(places) <= slack:
            return True
    return False


def _is_inside(box: _Box, other: _Box) -> bool:
    inside = other.begin <= box.begin and box.end <= other.end and other.first <= box.first and box.last <= other.last
    return box is not other and inside and (other.last - other.first) > (box.last - box.first)


def _outliers(scene: Scene, boxes: Sequence[_Box], slack: float, *, upright: bool) -> tuple[list[list[Symbol]], list[list[Symbol]]]:
    """Return for each box the symbols in line with it: outliers beyond its whiskers, and marks of its mean inside the box."""
    outliers: list[list[Symbol]] = [[] for _ in boxes]
    means: list[list[Symbol]] = [[] for _ in boxes]
    for symbol in scene.symbols:
        aside, along = symbol.centre if upright else symbol.centre[::-1]
        number = min(range(len(boxes)), key=lambda n: abs(boxes[n].middle - aside))
        box = boxes[number]
        if abs(box.middle - aside) > max(slack, 0.25 * (box.end - box.begin)):
            continue
        if not box.low_whisker - slack <= along <= box.high_whisker + slack:
            outliers[number].append(symbol)
        elif abs(box.middle - aside) <= slack and box.first <= along <= box.last:
            means[number].append(symbol)
    return outliers, [found if len(found) == 1 else [] for found in means]


# Values


@dataclass(frozen=True, slots=True)
class _Reading:
    """Boxes with what they stand for, their outliers, and the axis that measures them."""

    boxes: list[_Box]
    places: list[Place]
    outliers: list[list[Symbol]]
    values: Scale
    blur: float
    upright: bool

    def value(self, box: int, along: float, extent: Extent) -> Value:
        """Return the value at a place along the axis of values."""
        error = self.values.error(along, self.blur) if self.blur else None
        place = self.places[box]
        return Value(place.name, self.values.value(along), extent, error, along, sure=SURE * place.sure)

    def line(self, box: int, along: float) -> Value:
        """Return the value of a line across a box."""
        begin, end = self.boxes[box].begin, self.boxes[box].end
        flat = Extent(begin, along, end, along) if self.upright else Extent(along, begin, along, end)
        return self.value(box, along, flat)


def _strands(reading: _Reading, legend: Legend) -> tuple[Strand, ...]:
    found = []
    grows = reading.values.value(reading.values.end) > reading.values.value(reading.values.start)
    for colour, numbers in _by_group(reading, legend).items():
        group = legend.name_of(colour)
        shown = colour or (reading.boxes[numbers[0]].colour if len({reading.boxes[n].colour for n in numbers}) == 1 else "")
        for index, part in enumerate(PARTS):
            at = index if grows else 4 - index
            values = tuple(reading.line(number, reading.boxes[number].places[at]) for number in numbers)
            found.append(Strand(f"{group} {part}".strip(), shown, values))
        along = 1 if reading.upright else 0
        outliers = tuple(
            reading.value(n, s.centre[along], s.extent) for n in numbers for s in _in_order(reading.outliers[n], along)
        )
        if outliers:
            found.append(Strand(f"{group} {OUTLIER}".strip(), shown, outliers))
    return tuple(found)


def _in_order(symbols: Sequence[Symbol], along: int) -> list[Symbol]:
    """Return outliers from one end to the other."""
    return sorted(symbols, key=lambda symbol: symbol.centre[along])


def _by_group(reading: _Reading, legend: Legend) -> dict[str, list[int]]:
    """Return the numbers of the boxes of each group, by its colour; all under "" where there is one group."""
    known = [entry.colour for entry in legend.entries if any(entry.colour == box.colour for box in reading.boxes)]
    groups = [place.group for place in reading.places]
    several = len(set(groups)) < len(groups)
    names = {str(place.name) for place in reading.places}
    if len(set(known)) < 2 and not several:
        return {known[0] if known else "": list(range(len(groups)))}
    if not several and {entry.name for entry in legend.entries} <= names:
        return {"": list(range(len(groups)))}
    found: dict[str, list[int]] = {colour: [] for colour in known}
    for number, box in enumerate(reading.boxes):
        found.setdefault(box.colour, []).append(number)
    return found
