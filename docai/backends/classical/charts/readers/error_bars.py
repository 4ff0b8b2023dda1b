"""Error bars: thin strokes through the ends of marks, with caps or without."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from docai.backends.classical.charts.parts import Mark
from docai.backends.classical.charts.readers.blocks import frame
from docai.backends.classical.charts.readers.furniture import channels
from docai.backends.classical.charts.scales import Plot
from docai.backends.classical.charts.scene import Rectangle, Scene, Stroke, Symbol

THICKEST: Final = 3.0  # points or pixels of an error bar
WIDEST_CAP_EMS: Final = 6.0  # of the chart's letters
PALE: Final = 190  # of 255 that each channel of a grid line, or of a border of bars, has at least
LONGEST: Final = 0.95  # of the plot; what is longer is a grid line


class Foot(NamedTuple):
    """A place whose value may have an error bar: across and along the axis of values, and how far aside a cap may reach."""

    aside: float
    along: float
    reach: float


class ErrorBar(NamedTuple):
    """The ends of an error bar along the axis of values, `first` < `last`, and the marks that it is drawn with."""

    first: float
    last: float
    marks: tuple[Mark, ...]


class Stem(NamedTuple):
    """A thin straight mark: its middle across the values, where it begins and ends along them, and how far it reaches aside."""

    aside: float
    first: float
    last: float
    mark: Mark
    reach: float = 0.0


def find_error_bars(scene: Scene, plot: Plot, feet: Sequence[Foot], slack: float, *, upright: bool) -> dict[int, ErrorBar]:
    """Return the error bars of places by their number: strokes along the values that run through them or end there.

    Args:
        scene: Without the marks that show the values themselves.
        feet: The ends of bars, or the points of lines.
        slack: How far, in scene units, a stroke may pass beside a place.
    """
    _, _, first, last = frame(plot.extent, upright=upright)
    stems = _sorted(
        stem
        for stem in find_stems(scene, slack, upright=upright)
        if stem.last - stem.first < LONGEST * (last - first) and min(stem.last, last) - max(stem.first, first) > slack
        if not (scene.blur and _is_grid(stem.mark))
    )
    stems = _without_ticks(stems, first, last, slack)
    if not stems:
        return {}
    caps = _sorted(cap for cap in find_crossings(scene, slack, upright=upright) if cap.reach < WIDEST_CAP_EMS * scene.em)
    asides, cap_asides = [stem.aside for stem in stems], [cap.aside for cap in caps]
    found: dict[int, ErrorBar] = {}
    for number, foot in enumerate(feet):
        off = max(slack, 0.1 * foot.reach)
        near = stems[bisect_left(asides, foot.aside - off) : bisect_right(asides, foot.aside + off)]
        near = [stem for stem in near if stem.first - slack <= foot.along <= stem.last + slack]
        if near:
            first, last = min(stem.first for stem in near), max(stem.last for stem in near)
            beside = caps[bisect_left(cap_asides, foot.aside - off) : bisect_right(cap_asides, foot.aside + off)]
            ends = [cap.mark for cap in beside if _at(cap, first, last, slack)]
            found[number] = ErrorBar(first, last, (*(stem.mark for stem in near), *ends))
    return found


def _is_grid(mark: Mark) -> bool:
    """Return whether a stroke of a picture is dashed or pale, as grid lines and the white borders of bars are, or both in one."""
    return isinstance(mark, Stroke) and (bool(mark.dashes) or (mark.colour != "" and min(channels(mark.colour)) >= PALE))


def _without_ticks(stems: Sequence[Stem], first: float, last: float, slack: float) -> list[Stem]:
    """Return strokes without ticks: several equally long ones that stand on one side of the plot, which runs from first to last."""
    spans = Counter((round(stem.first, 1), round(stem.last, 1)) for stem in stems)
    return [
        stem
        for stem in stems
        if spans[round(stem.first, 1), round(stem.last, 1)] < 2 or min(abs(stem.first - first), abs(stem.last - last)) > slack
    ]


def _sorted(stems: Iterable[Stem]) -> list[Stem]:
    return sorted(stems, key=lambda stem: stem.aside)


def _at(cap: Stem, first: float, last: float, slack: float) -> bool:
    return min(abs(cap.first - first), abs(cap.last - last), abs(cap.first - last), abs(cap.last - first)) <= 2 * slack


def find_stems(scene: Scene, slack: float, *, upright: bool) -> list[Stem]:
    """Return thin straight strokes along the values, those of an I drawn in one stroke too; also very thin rectangles."""
    found: list[Stem] = []
    for stroke in scene.strokes:
        begin, end, first, last = frame(stroke.extent, upright=upright)
        if stroke.thickness > THICKEST or last - first <= slack or len(stroke.places) > 12:
            continue
        middle = (begin + end) / 2
        if end - begin <= 0.1 or (len(stroke.places) > 4 and _is_i(stroke, middle, last - first, upright=upright)):
            found.append(Stem(middle, first, last, stroke))
    for mark in scene.rectangles:
        begin, end, first, last = frame(mark.extent, upright=upright)
        if end - begin <= min(THICKEST, 0.2 * (last - first)) and last - first > slack:
            found.append(Stem((begin + end) / 2, first, last, mark))
    return found


def _is_i(stroke: Stroke, middle: float, length: float, *, upright: bool) -> bool:
    """Return whether a stroke through many places runs along its middle from end to end, with level caps."""
    places = [place if upright else place[::-1] for place in stroke.places]
    steps = list(pairwise(places))
    spine = sum(abs(b[1] - a[1]) for a, b in steps if abs(a[0] - middle) + abs(b[0] - middle) <= 0.2)
    slanted = any(abs(b[0] - a[0]) > 0.1 and abs(b[1] - a[1]) > 0.1 for a, b in steps)
    return spine >= 0.98 * length and not slanted


def find_crossings(scene: Scene, slack: float, *, upright: bool) -> list[Stem]:
    """Return short marks across the values: strokes, symbols and very flat rectangles."""
    found: list[Stem] = []
    marks: list[Stroke | Symbol | Rectangle] = [*scene.strokes, *scene.symbols, *scene.rectangles]
    for mark in marks:
        begin, end, first, last = frame(mark.extent, upright=upright)
        if last - first <= max(slack, 0.2 * (end - begin)) and end - begin > slack:
            found.append(Stem((begin + end) / 2, first, last, mark, end - begin))
    return found
