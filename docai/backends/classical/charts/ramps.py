"""Bars of colours: a strip whose colour changes from end to end, with the numbers beside it, tells what a colour means.

A strip is drawn by many thin rectangles, as a shading, or as a picture (`vector/pictures.py` looks at these two). Colours are
compared in CIE L*a*b*, where equal distances look about equally far.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from docai.backends.classical.charts.axes.calibration import SNAPPED, calibrated
from docai.backends.classical.charts.axes.readings import read_numbers
from docai.backends.classical.charts.axes.ticks import find_lines
from docai.backends.classical.charts.axes.wholes import prepare
from docai.backends.classical.charts.scales import Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Polygon, Rectangle, Scene, Stroke, Symbol

LEAST_STEPS: Final = 5  # colours of a strip
LONG: Final = 2.5  # times as long as wide that a strip is at least
WIDEST_EMS: Final = 6.0  # that a strip is wide
BESIDE_EMS: Final = 2.0  # between a strip and its numbers, at most
WITHIN_EMS: Final = 0.8  # that the middle of a number may stand outside a strip's ends
FLUSH_EMS: Final = 0.35  # that the edge of a number may be off the end of the strip that it stands for
COVERED: Final = 0.3  # of a strip that its numbers span at least
TITLE_EMS: Final = 2.5  # between a strip and its title
TICK_EMS: Final = 1.2  # that a tick is long at most
OFF_RAMP: Final = 5.0  # in L*a*b*, that a colour may be off the strip; a difference of 2.3 is just noticed (Mahy et al. 1994)
STEP: Final = 0.6  # in L*a*b*, about what one of 255 makes in one of red, green and blue
NOISE: Final = 1.5  # in L*a*b*, that colours differ in by the compression of a picture
BRIEF: Final = 0.03  # of a strip that one colour of a smooth ramp fills at most; the outermost stand for its ends
PLACED: Final = 1.5  # scene units that a strip may be off its frame
UNMARKED_EMS: Final = 0.12  # that the middle of a number without a tick may be off its place
WHOLE: Final = 0.8  # of a strip's width that a step has at least; ticks in it are shorter
MIXED: Final = 16  # steps between two colours of a legend
SAME: Final = 0.4  # of 255, by which neighbouring samples of one colour differ
CELLS_APART: Final = 0.3  # of their thickness that neighbouring rows of a heat map stand apart at most
HALF_BESIDE: Final = 0.5  # of the length of a row of cells that cells of the next one lie beside at least
APART: Final = 0.2  # scene units between the steps of a strip from which on they are pieces of their own
OWN_TICK: Final = 0.15  # of a swatch that the middle of its name may be off its own
EQUAL: Final = 0.35  # of their length that the steps of a strip may differ by; pieces of stacked bars differ more

Numbers = npt.NDArray[np.float64]
Mark = Rectangle | Stroke | Polygon | Symbol


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """A strip of changing colours: where it lies, whether it runs down, and its colours at the middles of its steps.

    Attributes:
        places: (steps,) along the strip, in scene units, growing.
        colours: (steps, 3) red, green and blue, 0..255.
    """

    extent: Extent
    upright: bool
    places: Numbers
    colours: Numbers
    gap: float = 0.0

    @property
    def start(self) -> float:
        """Where it begins, along itself."""
        return self.extent.top if self.upright else self.extent.left

    @property
    def end(self) -> float:
        """Where it ends."""
        return self.extent.bottom if self.upright else self.extent.right


class Reading(NamedTuple):
    """What a colour tells: the value, how far it may be off, and whether other values have nearly the same colour."""

    value: float
    error: float
    ambiguous: bool


@dataclass(frozen=True, slots=True, eq=False)
class Ramp:
    """Colours with the values that they stand for.

    Attributes:
        colours: (steps, 3) in L*a*b*, in the order of the strip.
        values: (steps,) those of the middles of the steps.
        halves: (steps,) half of what each step spans, and what its numbers are rounded by.
        used: The labels that belong to it, and `marks` what it is drawn with.
        confidence: How sure its calibration is, 0..1.
    """

    colours: Numbers
    values: Numbers
    halves: Numbers
    used: tuple[Label, ...] = ()
    marks: tuple[Mark, ...] = ()
    title: str = ""
    confidence: float = 1.0

    @property
    def span(self) -> float:
        """From its least value to its greatest."""
        return float(np.ptp(self.values))

    def read(self, colour: str, blur: float = 0.0) -> Reading | None:
        """Return what a colour tells, by the nearest place between two steps; None where it is not on the ramp.

        `blur` is that of the scene: colours in pictures are noisy.
        """
        seen = in_lab(np.array([parts_of(colour)], dtype=np.float64))[0]
        starts, ways = self.colours[:-1], np.diff(self.colours, axis=0)
        lengths = np.maximum((ways**2).sum(axis=1), 1e-9)
        shares = np.clip(((seen - starts) * ways).sum(axis=1) / lengths, 0.0, 1.0)
        off = np.linalg.norm(starts + shares[:, None] * ways - seen, axis=1)
        best = int(off.argmin())
        if off[best] > OFF_RAMP:
            return None
        values = self.values[:-1] + shares * np.diff(self.values)
        near = off <= off[best] + (NOISE if blur else STEP)
        low = high = best
        while low > 0 and near[low - 1]:
            low -= 1
        while high + 1 < len(near) and near[high + 1]:
            high += 1
        half = float(self.halves[best] + shares[best] * (self.halves[best + 1] - self.halves[best]))
        error = max(float(np.ptp(values[low : high + 1])) / 2, half)
        elsewhere = near.copy()
        elsewhere[low : high + 1] = False
        ambiguous = bool((np.abs(values[elsewhere] - values[best]) > 4 * error).any())
        return Reading(float(values[best]), error, ambiguous)


def parts_of(colour: str) -> tuple[int, int, int]:
    """Return the red, green and blue of a colour written as `#rrggbb`, 0..255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def in_lab(colours: Numbers) -> Numbers:
    """Return (n, 3) colours, red, green and blue of 0..255, in L*a*b*; source: OpenCV, `COLOR_RGB2Lab` of float pictures."""
    picture = (colours[None] / 255).astype(np.float32)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[0], dtype=np.float64)


# Finding it


def find_ramp(scene: Scene, strips: Sequence[Strip] = ()) -> Ramp | None:
    """Return the calibrated bar of colours of a chart; None where there is none.

    `strips` are those that are no rectangles of the scene. Several of one size are bars that are filled by a gradient.
    """
    labels: list[Label] | None = None
    for strip in (*_single(strips), *_apart(list(_drawn(scene)))):
        if not is_strip(strip.extent, scene) or len(_runs(strip.colours)) < LEAST_STEPS:
            continue
        labels = prepare(scene.labels) if labels is None else labels
        found = _scale(strip, labels, scene)
        if found is not None and not _is_among_rows(strip, scene) and not _are_swatches(strip, found[0]):
            return _ramp(_framed(strip, scene), *found, scene)
    return None


def _is_among_rows(strip: Strip, scene: Scene) -> bool:
    """Return whether a strip is a row or column of the cells of a heat map: others as thick lie right beside it."""
    side = 0 if strip.upright else 1
    thick = strip.extent[side + 2] - strip.extent[side]
    along = 1 - side
    beside = 0.0
    for mark in scene.rectangles:
        own = mark.extent
        gap = max(own[side] - strip.extent[side + 2], strip.extent[side] - own[side + 2])
        if mark.fill and abs(own[side + 2] - own[side] - thick) < EQUAL * thick + 0.3 and abs(gap) < CELLS_APART * thick:
            beside += max(0.0, min(own[along + 2], strip.end) - max(own[along], strip.start))
    return beside > HALF_BESIDE * (strip.end - strip.start)


def _are_swatches(strip: Strip, scale: Scale) -> bool:
    """Return whether each step of a strip stands apart with a number of its own: the swatches of a legend, named by years, say."""
    if len(scale.ticks) != len(strip.places) or strip.gap <= 0:
        return False
    step = (strip.end - strip.start) / len(strip.places)
    pairs = zip(sorted(tick.place for tick in scale.ticks), sorted(strip.places.tolist()), strict=True)
    return all(abs(tick - place) < OWN_TICK * step for tick, place in pairs)


def _framed(strip: Strip, scene: Scene) -> Strip:
    """Return a strip that reaches as far as its frame: pictures are placed on whole pixels of their producer."""
    for mark in scene.rectangles:
        off = max(abs(one - other) for one, other in zip(mark.extent, strip.extent, strict=True))
        if mark.stroke and 0 < off <= PLACED:
            framed = replace(strip, extent=mark.extent)
            share = (strip.places - strip.start) / (strip.end - strip.start)
            return replace(framed, places=framed.start + share * (framed.end - framed.start))
    return strip


def is_strip(extent: Extent, scene: Scene) -> bool:
    """Return whether something has the form of a bar of colours."""
    wide, long = sorted((extent.width, extent.height))
    return 0 < wide <= WIDEST_EMS * scene.em and long >= LONG * wide


def has_numbers(extent: Extent, scene: Scene) -> bool:
    """Return whether two labels with figures stand beside something that may be a strip."""
    upright = extent.height > extent.width
    beside = [label for side in _beside(extent, scene.labels, upright=upright) for label in side]
    return sum(any(letter.isdigit() for letter in label.text) for label in beside) > 1


def ramp_of(colours: Sequence[str], values: Sequence[float]) -> Ramp:
    """Return the ramp of colours that stand for single values, as a legend tells them; between them red, green and blue are mixed.

    A value between two may be off by half of the least step, since nobody tells how they are mixed.
    """
    order = np.argsort(values)
    known = np.array(values, dtype=np.float64)[order]
    seen = np.array([parts_of(colour) for colour in colours], dtype=np.float64)[order]
    half = float(np.diff(known).min()) / 2 if len(known) > 1 else 0.0
    places = np.linspace(0, len(known) - 1, MIXED * (len(known) - 1) + 1)
    mixed = np.stack([np.interp(places, np.arange(len(known)), seen[:, part]) for part in range(3)], axis=1)
    return Ramp(in_lab(mixed), np.interp(places, np.arange(len(known)), known), np.full(len(places), half))


def _single(strips: Sequence[Strip]) -> Iterator[Strip]:
    sizes = [round(min(strip.extent.width, strip.extent.height)) for strip in strips]
    yield from (strip for strip, size in zip(strips, sizes, strict=True) if sizes.count(size) == 1)


def _apart(strips: Sequence[Strip]) -> Iterator[Strip]:
    """Yield the strips beside which none as long and thick stands: those are the columns, or rows, of a heat map."""
    for strip in strips:
        across = 0 if strip.upright else 1
        one = strip.extent
        thick = one[across + 2] - one[across]
        if not any(
            other.upright == strip.upright
            and 0 < abs(other.extent[across] - one[across]) < 2 * thick
            and abs(other.extent[across + 2] - other.extent[across] - thick) <= PLACED
            and max(abs(other.start - strip.start), abs(other.end - strip.end)) <= PLACED
            for other in strips
        ):
            yield strip


def _drawn(scene: Scene) -> Iterator[Strip]:
    """Yield the strips that rectangles make which follow each other, of one thickness and length; thin ones are strokes."""
    pieces = [(mark.extent, mark.fill) for mark in scene.rectangles if mark.fill]
    pieces += [
        (mark.extent.grown(mark.thickness / 2) if mark.extent.width * mark.extent.height else _thick(mark), mark.colour)
        for mark in scene.strokes
        if len(mark.places) == 2
    ]
    for upright in (True, False):
        by_side: dict[tuple[int, int], list[tuple[Extent, str]]] = defaultdict(list)
        for extent, colour in pieces:
            left, top, right, bottom = extent
            by_side[(round(left), round(right)) if upright else (round(top), round(bottom))].append((extent, colour))
        for group in by_side.values():
            strip = _strip_of(group, scene, upright=upright) if len(group) >= LEAST_STEPS else None
            if strip is not None:
                yield strip


def _thick(mark: Stroke) -> Extent:
    """Return what a level or upright line covers."""
    left, top, right, bottom = mark.extent
    half = mark.thickness / 2
    return (
        Extent(left, top - half, right, bottom + half)
        if right - left > bottom - top
        else Extent(left - half, top, right + half, bottom)
    )


def _strip_of(group: Sequence[tuple[Extent, str]], scene: Scene, *, upright: bool) -> Strip | None:
    """Return the strip that pieces of one thickness make; frames around it are left out."""
    side = 1 if upright else 0
    lengths = np.array([extent[side + 2] - extent[side] for extent, _ in group])
    usual = float(np.median(lengths))
    pieces = sorted(
        (p for p, long in zip(group, lengths, strict=True) if abs(long - usual) <= EQUAL * usual + 0.3), key=lambda p: p[0][side]
    )
    if len(pieces) < max(LEAST_STEPS, 0.8 * len(group) - 2):
        return None
    slack = max(0.3, 0.3 * usual) + scene.blur
    if max(after[0][side] - before[0][side + 2] for before, after in pairwise(pieces)) > slack:
        return None
    extents = [extent for extent, _ in pieces]
    whole = Extent(
        min(e.left for e in extents), min(e.top for e in extents), max(e.right for e in extents), max(e.bottom for e in extents)
    )
    starts = np.array([extent[side] for extent in extents])
    ends = np.append(starts[1:], whole[side + 2])  # later pieces cover what earlier ones overhang
    gap = min(after[0][side] - before[0][side + 2] for before, after in pairwise(pieces))
    colours = np.array([parts_of(colour) for _, colour in pieces], dtype=np.float64)
    return Strip(whole, upright, (starts + ends) / 2, colours, gap if gap > APART else 0.0)


# Its numbers


def _beside(extent: Extent, labels: Iterable[Label], *, upright: bool) -> tuple[list[Label], list[Label]]:
    """Return the labels that stand along a strip: those after it (to the right, below), and those before it."""
    after: list[Label] = []
    before: list[Label] = []
    across, along = (0, 1) if upright else (1, 0)
    for label in labels:
        text, reach = label.extent, WITHIN_EMS * label.size
        if not extent[along] - reach <= text.middle[along] <= extent[along + 2] + reach:
            continue
        if -0.3 * label.size <= text[across] - extent[across + 2] <= BESIDE_EMS * label.size:
            after.append(label)
        elif -0.3 * label.size <= extent[across] - text[across + 2] <= BESIDE_EMS * label.size:
            before.append(label)
    return after, before


def _scale(strip: Strip, labels: Sequence[Label], scene: Scene) -> tuple[Scale, float] | None:
    """Return the scale beside a strip, and by how many scene units its places may be off; None where no numbers tell one."""
    lines = find_lines(_without_steps(strip, scene)).crossing(horizontal=not strip.upright)
    found: list[tuple[Scale, float]] = []
    for group in _beside(strip.extent, labels, upright=strip.upright):
        group.sort(key=lambda label: label.extent.middle[strip.upright])
        scale, off = _at_ends(strip, group), 0.0
        axes = [] if scale is not None or len(group) < 2 else calibrated(group, lines, scene, horizontal=not strip.upright)
        if axes:
            axis = max(axes, key=lambda axis: axis.weight)
            scale, off = axis.scale, axis.scale.residual + (0.0 if axis.support >= SNAPPED else UNMARKED_EMS * axis.size)
        if scale is not None and _spans(scale, strip, scene) and not _goes_on(strip, scale, labels):
            found.append((scale, off))
    return max(found, key=lambda one: len(one[0].ticks), default=None)


def _without_steps(strip: Strip, scene: Scene) -> Scene:
    """Return a scene without the steps of a strip, which look like ticks."""
    room = strip.extent.grown(0.5)

    def is_step(place: Extent) -> bool:
        if not (room.holds((place.left, place.top)) and room.holds((place.right, place.bottom))):
            return False
        wide, whole = (place.width, room.width) if strip.upright else (place.height, room.height)
        return wide >= WHOLE * whole

    rectangles = tuple(mark for mark in scene.rectangles if not is_step(mark.extent))
    return replace(scene, rectangles=rectangles, strokes=tuple(mark for mark in scene.strokes if not is_step(mark.extent)))


def _spans(scale: Scale, strip: Strip, scene: Scene) -> bool:
    """Return whether the ticks of a scale lie within a strip, and along much of it."""
    places = [tick.place for tick in scale.ticks]
    slack = 0.3 * scene.em
    inside = strip.start - slack <= min(places) and max(places) <= strip.end + slack
    return scale.kind in ("linear", "log", "power") and inside and max(places) - min(places) >= COVERED * (strip.end - strip.start)


def _goes_on(strip: Strip, scale: Scale, labels: Sequence[Label]) -> bool:
    """Return whether the column of numbers goes on beyond the strip at its step: the strip is a bar beside an axis."""
    across, along = (0, 1) if strip.upright else (1, 0)
    first = scale.ticks[0].label
    for end, way in ((scale.ticks[0], -1.0), (scale.ticks[-1], 1.0)):
        place = end.place + way * scale.step
        for label in labels:
            level = abs(label.extent.middle[along] - place) < 0.4 * first.size
            aligned = min(abs(label.extent[side] - first.extent[side]) for side in (across, across + 2)) < 0.5
            outside = not strip.start <= label.extent.middle[along] <= strip.end
            if level and aligned and outside and any(letter.isdigit() for letter in label.text):
                return True
    return False


def _at_ends(strip: Strip, group: Sequence[Label]) -> Scale | None:
    """Return the scale of two numbers that stand for the ends of a strip: each ends flush with it."""
    if len(group) != 2:
        return None
    first, last = group
    side = 1 if strip.upright else 0
    slack = FLUSH_EMS * first.size
    if abs(first.extent[side] - strip.start) > slack or abs(last.extent[side + 2] - strip.end) > slack:
        return None
    numbers = read_numbers([first.text, last.text])
    if not numbers or None in numbers[0].values or len(numbers[0].values) != 2:
        return None
    low, high = (float(value or 0.0) for value in numbers[0].values)
    if low == high:
        return None
    slope = (high - low) / (strip.end - strip.start)
    ticks = Tick(strip.start, first, low), Tick(strip.end, last, high)
    return Scale("linear", not strip.upright, strip.start, strip.end, ticks, slope, low - slope * strip.start, confidence=0.9)


# Making it


def _runs(colours: Numbers) -> list[tuple[int, int]]:
    """Return from where to where samples have one colour."""
    if not len(colours):
        return []
    changes = np.flatnonzero(np.abs(np.diff(colours, axis=0)).max(axis=1) > SAME) + 1
    return list(pairwise([0, *changes.tolist(), len(colours)]))


def _ramp(strip: Strip, scale: Scale, off: float, scene: Scene) -> Ramp:
    """Return the values of the colours of a strip: of each run of one colour the middle; the outermost stand for the ends."""
    runs = _runs(strip.colours)
    between = (strip.places[1:] + strip.places[:-1]) / 2
    borders = np.concatenate([[strip.start], between, [strip.end]])
    places, halves = [], []
    for number, (first, last) in enumerate(runs):
        low, high = float(borders[first]), float(borders[last])
        place = (low + high) / 2
        if high - low <= BRIEF * (strip.end - strip.start):
            place = low if number == 0 else high if number == len(runs) - 1 else place
        places.append(place)
        halves.append(scale.error(place, (high - low) / 2 + off))
    colours = np.array([strip.colours[first:last].mean(axis=0) for first, last in runs])
    used, title = _labels_of(strip, scale, scene)
    rounded = _rounded(scale) if len(scale.ticks) == 2 else 0.0
    return Ramp(
        in_lab(colours),
        np.array([scale.value(place) for place in places]),
        np.array(halves) + rounded,
        used,
        _marks_of(strip, scale, scene),
        title,
        scale.confidence,
    )


def _rounded(scale: Scale) -> float:
    """Return half a unit of the last figure of the numbers of a scale, which the ends of a strip are rounded to."""
    numbers = read_numbers([tick.text for tick in scale.ticks])
    decimals = [len(tick.text.rpartition(".")[2]) if "." in tick.text else 0 for tick in scale.ticks]
    return 0.5 * 10.0 ** -max(decimals) if numbers else 0.0


def _labels_of(strip: Strip, scale: Scale, scene: Scene) -> tuple[tuple[Label, ...], str]:
    """Return the labels of a strip that are in the scene: its numbers, others between them, and its title."""
    ticks = [tick.label.extent for tick in scale.ticks]
    hull = Extent(
        min(strip.extent.left, *(e.left for e in ticks)),
        min(strip.extent.top, *(e.top for e in ticks)),
        max(strip.extent.right, *(e.right for e in ticks)),
        max(strip.extent.bottom, *(e.bottom for e in ticks)),
    )
    used = [label for label in scene.labels if hull.holds(label.extent.middle, 0.5)]
    own = {id(label) for label in used}
    size = scale.ticks[0].label.size
    for label in scene.labels:
        text = label.extent
        if id(label) in own:
            continue
        above = (
            -0.3 * size <= hull.top - text.bottom <= TITLE_EMS * size and hull.left - size <= text.middle[0] <= hull.right + size
        )
        flush = above and (abs(text.left - hull.left) < size or abs(text.middle[0] - strip.extent.middle[0]) < size)
        aside = abs(label.turn) == 90 and hull.top <= text.middle[1] <= hull.bottom
        near = min(abs(text.left - hull.right), abs(hull.left - text.right)) <= TITLE_EMS * size
        below = not strip.upright and -0.3 * size <= text.top - hull.bottom <= TITLE_EMS * size
        centred = abs(text.middle[0] - strip.extent.middle[0]) < size
        if (strip.upright and ((flush and label.size <= 1.15 * size) or (aside and near))) or (below and centred):
            return (*used, label), label.text
    return tuple(used), ""


def _marks_of(strip: Strip, scale: Scale, scene: Scene) -> tuple[Mark, ...]:
    """Return what a strip is drawn with: its steps, its frame, and its ticks, which begin or end at its sides."""
    room = strip.extent.grown(1.0)
    reach = strip.extent.grown(TICK_EMS * scale.ticks[0].label.size)
    marks: list[Mark] = [*scene.rectangles, *scene.strokes, *scene.polygons, *scene.symbols]
    found = []
    for mark in marks:
        left, top, right, bottom = mark.extent
        within = room.left <= left and room.top <= top and right <= room.right and bottom <= room.bottom
        near = reach.left <= left and reach.top <= top and right <= reach.right and bottom <= reach.bottom
        tick = near and isinstance(mark, Stroke | Symbol) and room.left <= right and left <= room.right and top <= room.bottom
        if within or (tick and bottom >= room.top):
            found.append(mark)
    return tuple(found)
