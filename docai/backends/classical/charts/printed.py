"""Values printed beside their marks: the labels of data, each matched to the mark that it stands at.

A printed value is what the chart's author says, so it goes before a measured one, unless it is rounded more coarsely. The labels
of one part are believed together: they must stand in the same place at their marks, and grow as their marks do.
"""

from __future__ import annotations

import math
import re
import statistics
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from docai.backends.classical.charts.axes.readings import SUFFIXES
from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Label, Scene
from docai.backends.classical.charts.unseen import with_unseen
from docai.numbers import Convention, Number, parse, read_columns

NEAR_EMS: Final = 1.3  # between a mark and the label outside it, at most
FAR_EMS: Final = 2.2  # the same of a label right above or below a point of a line, whose marker and breadth lie between
OVER_EMS: Final = 0.7  # between the middle of a point and that of such a label
CENTRED_EMS: Final = 0.15  # between the middle of a bar and that of the label that it has no room for
WIDER: Final = 2.0  # times as wide as its bar that the label is at most
PANEL: Final = 0.2  # of a chart that a rectangle covers at least which is no bar
LEAST_AGREEING: Final = 0.6  # of the labels at marks that must agree with them, so that they are the marks' values
COARSE: Final = 0.005  # of a value that half a unit of its last printed digit may be; coarser, the drawn value is the better one
LEAST_EXACT: Final = 4  # labels that may tell that marks are drawn as they print
EXACT: Final = 0.2  # of half a unit of its last digit that a mark is off its label then; where it is rounded, 0.5 is usual
MOSTLY_EXACT: Final = 0.8  # of the marks that must be
SEEN: Final = 3.0  # times half a pixel that what is drawn as it is printed is off its label at most: both its ends are blurred
SHARP: Final = 1.5  # the same of how much more, or less, than most others of its picture it is off
OFF: Final = 0.02  # of the axis that a printed value may differ from a drawn one by: labels tell hundredths, marks have an outline
NAMED: Final = 0.75  # how sure a value is at least whose name is not in doubt: a label confirms what it is, not of what
CONFIRMED: Final = 0.99  # how sure a value is at least that its label and its mark agree on
ENGLISH: Final = Convention(".", spaced=True)  # of numbers that may be written in either way: "50,123", as Korean has it, too
MEASURED_TOO: Final = 0.02  # of a value that its mark may be off it for both to tell the same
TWICE_TOLD: Final = 0.99  # how sure it is at least that a label was read rightly which says what its mark measures
CONTRADICTED: Final = 0.4  # and at most where they do not

_SUFFIXED: Final = re.compile(r"(.*\d)\s*([^\d\W]+\.?)")


@dataclass(frozen=True, slots=True)
class _Match:
    """A label at a mark: which value of which strand, the number it prints, and half a unit of its last digit."""

    strand: int
    place: int
    label: Label
    number: float
    half_unit: float


def with_printed(part: Part, plot: Plot | None, scene: Scene, free: Sequence[Label]) -> Part:
    """Return a part whose values are those that labels at their marks print, where they do.

    `free` are the labels that are no axis', legend's or title's. Where the part has no value axis, the labels calibrate it: a mark
    without a label is then measured by those of the others.
    """
    numbers = _numbers(free)
    if not numbers:
        return part
    values = _value_scale(part, plot)
    matches = _matches(part, numbers, scene.em, _span(part, values) if values is not None else 0.0)
    if not matches:
        return part
    if part.kind == "heatmap":
        return _told(part, {(m.strand, m.place): m for m in matches})
    if values is None and part.kind != "pie":
        return _calibrated(part, matches)
    if part.kind == "pie":
        return _shares(part, matches)
    held = _held(part, matches, _span(part, values))
    if plot is None or not scene.blur or held is part:
        return held
    taken = {id(match.label) for match in matches}
    pairs = [
        (match.number, value.y) for match in matches if (value := part.strands[match.strand].values[match.place]).y is not None
    ]
    rest = [(label, number) for label, number, _ in numbers if id(label) not in taken]
    return with_unseen(held, plot, scene, rest, _factor([(number, drawn) for number, drawn in pairs if drawn is not None]))


def on_bars(scene: Scene) -> list[Label]:
    """Return the labels of drawn charts that print a number on a coloured rectangle, and are so no labels of an axis.

    Panels are no such rectangles, nor are the boxes that pictures have around their text.
    """
    if scene.blur:
        return []
    bars = [
        mark.extent
        for mark in scene.rectangles
        if mark.fill not in ("", "#ffffff") and mark.extent.width * mark.extent.height < PANEL * scene.width * scene.height
    ]
    numbers = [label for label, _, _ in _numbers(scene.labels)]
    return [label for label in numbers if any(_is_on(label, bar) for bar in bars)]


def _is_on(label: Label, bar: Extent) -> bool:
    """Return whether a label stands on a bar: within its sides; or, where it is wider or higher than the bar, in its middle."""
    text, off = label.extent, CENTRED_EMS * label.size
    across, down = bar.left <= text.left and text.right <= bar.right, bar.top <= text.top and text.bottom <= bar.bottom
    middle, level = abs(text.middle[0] - bar.middle[0]) <= off, abs(text.middle[1] - bar.middle[1]) <= off
    return (across and (down or level)) or (down and middle and text.width < WIDER * bar.width)


def _numbers(labels: Sequence[Label]) -> list[tuple[Label, float, float]]:
    """Return the labels that print a number, with the number and half a unit of its last digit."""
    texts = [label.text for label in labels]
    known: list[Number | None] = read_columns([texts])[0] if labels else []
    read = [number or parse(text, ENGLISH) for text, number in zip(texts, known, strict=True)]
    found = []
    for label, number in zip(labels, read, strict=True):
        if number is None:
            found += _suffixed(label)
            continue
        value = float(number.value)
        figures = abs(value) * 10**number.decimals if not number.scaled else math.nan
        unit = abs(value) / figures if figures and not math.isnan(figures) else 10.0**-number.decimals
        found.append((label, value, unit / 2))
    return found


def _suffixed(label: Label) -> list[tuple[Label, float, float]]:
    """Return a label of figures and what multiplies them ("1.25bn"), with its number and half a unit of its last digit, or none."""
    match = _SUFFIXED.fullmatch(label.text.strip())
    number = parse(match[1], ENGLISH) if match is not None else None
    if match is None or number is None or match[2] not in SUFFIXES:
        return []
    times = SUFFIXES[match[2]]
    return [(label, float(number.value) * times, times * 10.0**-number.decimals / 2)]


def _value_scale(part: Part, plot: Plot | None) -> Scale | None:
    if plot is None:
        return None
    scale = plot.down if part.orientation == "vertical" else plot.across
    return scale if scale is not None and scale.kind != "category" else None


def _span(part: Part, scale: Scale | None) -> float:
    """Return how far the value axis reaches, in its unit."""
    if scale is not None and scale.kind != "log":
        return abs(scale.value(scale.end) - scale.value(scale.start))
    values = [abs(value.y) for strand in part.strands for value in strand.values if value.y is not None]
    return max(values, default=1.0)


# Which label stands at which mark


def _matches(part: Part, numbers: Sequence[tuple[Label, float, float]], em: float, span: float = 0.0) -> list[_Match]:
    """Return the labels at marks, each label and each mark once, the nearest first, in the place that most of them stand in.

    `span` is how far the value axis reaches; 0 without such.
    """
    found: list[tuple[str, float, _Match]] = []
    ordered = sorted(numbers, key=lambda number: number[0].extent.left)
    lefts = [label.extent.left for label, _, _ in ordered]
    widest = max(label.extent.width for label, _, _ in ordered)
    for strand_place, strand in enumerate(part.strands):
        for place, value in enumerate(strand.values):
            mark, reach = value.extent, max(NEAR_EMS * em, widest)
            first = bisect_left(lefts, mark.left - 0.25 * mark.width - reach - widest)
            last = bisect_right(lefts, mark.right + 0.25 * mark.width + reach)
            for label, number, half in ordered[first:last]:
                where = _where(part, value, label, em)
                if where is not None:
                    found.append((where[0], where[1], _Match(strand_place, place, label, number, half)))
    usual = {one: sum(where == one for where, _, _ in found) for one, _, _ in found}
    found.sort(key=lambda one: (-usual[one[0]] if one[1] < em else 0, one[1]))
    if part.kind == "line" and span:  # points stand close to the labels of others: one goes first to where it is right
        factor = _factor([(match.number, y) for *_, match in found if (y := _value_of(part, match).y) is not None])
        found.sort(key=lambda one: not _agrees(one[2], _value_of(part, one[2]), factor, span))
    labels: set[int] = set()
    marks: set[tuple[int, int]] = set()
    chosen = []
    for _, _, match in found:
        if id(match.label) not in labels and (match.strand, match.place) not in marks:
            labels.add(id(match.label))
            marks.add((match.strand, match.place))
            chosen.append(match)
    return _in_order(part, chosen, {(id(match.label), match.strand, match.place) for _, _, match in found})


def _in_order(part: Part, chosen: list[_Match], near: set[tuple[int, int, int]]) -> list[_Match]:
    """Return matches, the labels of two marks exchanged that stand at both and say that the smaller one is larger.

    `near` tells which labels, by their identities, stand at which marks, by the places of their strand and value.
    """
    placed = {(match.strand, match.place): number for number, match in enumerate(chosen)}
    rivals: dict[int, list[int]] = defaultdict(list)
    for label, strand, place in near:
        if (strand, place) in placed:
            rivals[label].append(placed[strand, place])
    for one in range(len(chosen)):
        for other in rivals[id(chosen[one].label)]:
            first, second = chosen[one], chosen[other]
            crossed = (id(second.label), first.strand, first.place), (id(first.label), second.strand, second.place)
            here, there = part.strands[first.strand], part.strands[second.strand]
            y, other_y = here.values[first.place].y, there.values[second.place].y
            if one == other or not near.issuperset(crossed) or here.axis != there.axis or y is None or other_y is None:
                continue
            if (first.number - second.number) * (y - other_y) < 0:
                chosen[one] = replace(second, strand=first.strand, place=first.place)
                chosen[other] = replace(first, strand=second.strand, place=second.place)
    return chosen


def _where(part: Part, value: Value, label: Label, em: float) -> tuple[str, float] | None:
    """Return where a label stands at a mark, "inside" or at its end, and how far off; None where it is not at it."""
    mark, text = value.extent, label.extent
    across, down = text.middle
    if part.kind in ("line", "point", "area"):
        x, y = mark.middle
        gap, aside = _gap(mark, text), abs(across - x)
        beside = aside < max(text.width, em) * 0.75 or part.kind == "point"
        near = gap < NEAR_EMS * em or (part.kind == "line" and aside < OVER_EMS * em and gap < FAR_EMS * em)
        return ("above" if down < y else "below", gap + 0.5 * aside) if near and beside else None
    if mark.holds(text.middle) and (part.kind in ("heatmap", "pie") or _is_level(part, mark, text)):
        return "inside", 0.0
    if part.kind not in ("bar", "box") or not _is_level(part, mark, text):
        return None
    gap = _gap(mark, text)
    if gap > NEAR_EMS * em:
        return None
    ahead = down < mark.middle[1] if part.orientation == "vertical" else across > mark.middle[0]
    return "ahead" if ahead else "behind", gap


def _value_of(part: Part, match: _Match) -> Value:
    return part.strands[match.strand].values[match.place]


def _is_level(part: Part, mark: Extent, text: Extent) -> bool:
    """Return whether the middle of a label lies in the band that a bar runs in."""
    across, down = text.middle
    if part.orientation == "vertical":
        return mark.left - 0.25 * mark.width <= across <= mark.right + 0.25 * mark.width
    return mark.top - 0.25 * mark.height <= down <= mark.bottom + 0.25 * mark.height


def _gap(mark: Extent, text: Extent) -> float:
    across = max(mark.left - text.right, text.left - mark.right, 0.0)
    down = max(mark.top - text.bottom, text.top - mark.bottom, 0.0)
    return math.hypot(across, down)


# What the labels are worth


def _held(part: Part, matches: Sequence[_Match], span: float) -> Part:
    """Return a part whose drawn values were held against their labels, which may be printed in another unit than the axis."""
    pairs = [(match, value) for match in matches if (value := part.strands[match.strand].values[match.place]).y is not None]
    if not pairs:
        return part
    factor = _factor([(match.number, value.y) for match, value in pairs if value.y is not None])
    agreeing = {(match.strand, match.place): match for match, value in pairs if _agrees(match, value, factor, span)}
    usual = statistics.median_low([match.half_unit for match in agreeing.values()] or [0.5])
    for match, value in pairs:
        number = round(match.number * usual / match.half_unit, max(0, -math.floor(math.log10(usual))))
        pointed = replace(match, number=number, half_unit=usual)
        if (match.strand, match.place) not in agreeing and usual < match.half_unit and _agrees(pointed, value, factor, span):
            agreeing[match.strand, match.place] = pointed  # its full stop was too faint to be read
    if len(agreeing) < LEAST_AGREEING * len(pairs):
        return part
    odd = [match for match, _ in pairs if (match.strand, match.place) not in agreeing]
    told = _told(part, agreeing, factor, exact=_is_drawn_as_printed(part, agreeing, factor))
    if not odd:
        return told
    doubted = {(match.strand, match.place) for match in odd}
    listed = ", ".join(match.label.text for match in odd[:10])
    message = f"these printed values do not agree with the height of their marks: {listed}; look at them before they are used"
    changed = _changed(told, lambda s, p, v: replace(v, sure=min(v.sure, CONTRADICTED)) if (s, p) in doubted else v)
    return replace(changed, faults=(*told.faults, ("chart_label_contradicts", message)))


def _agrees(match: _Match, value: Value, factor: float, span: float) -> bool:
    """Return whether a label may print what its mark shows."""
    if value.y is None:
        return False
    return abs(match.number / factor - value.y) <= max(OFF * span, 3 * (value.error or 0.0), match.half_unit / factor)


def _factor(pairs: Iterable[tuple[float, float]]) -> float:
    """Return by what power of ten labels are larger than what the axis says: 1000 where it counts in thousands."""
    ratios = [abs(printed / drawn) for printed, drawn in pairs if printed and drawn]
    if not ratios:
        return 1.0
    power = round(math.log10(statistics.median(ratios)) / 3) * 3
    return 10.0**power


def _is_drawn_as_printed(part: Part, matches: dict[tuple[int, int], _Match], factor: float) -> bool:
    """Return whether marks show the rounded values that are printed: rounding would leave them off by a quarter of a unit.

    Those of a picture do as long as its pixels tell nothing else.
    """
    pairs = [
        (match, value) for (strand, place), match in matches.items() if (value := part.strands[strand].values[place]).y is not None
    ]
    off = [abs(match.number) / factor - abs(value.y or 0.0) for match, value in pairs]
    error = statistics.median([value.error or 0.0 for _, value in pairs] or [0.0])
    if not error and len(pairs) < LEAST_EXACT:
        return False
    usual = min(max(statistics.median(off or [0.0]), -SEEN * error), SEEN * error)  # all edges of a picture may be off alike
    told = []
    for (match, value), one in zip(pairs, off, strict=True):
        half = match.half_unit / factor
        allowed = max(EXACT * half, SHARP * (value.error or 0.0))
        told.append(abs(one - usual) <= allowed and (error > 0 or allowed < half))
    return bool(told) and sum(told) >= MOSTLY_EXACT * len(told)


def _told(part: Part, matches: dict[tuple[int, int], _Match], factor: float = 1.0, *, exact: bool = False) -> Part:
    """Return a part with its printed values.

    Where one is rounded coarsely, the drawn value stays, the surer for it, unless what is drawn is `exact`ly what is printed.
    """
    finest = min((match.half_unit for match in matches.values()), default=0.0)  # zeros at the end are often left out

    def told(strand: int, place: int, value: Value) -> Value:
        match = matches.get((strand, place))
        if match is None:
            return value
        sure = max(value.sure, CONFIRMED) if value.sure >= NAMED else value.sure
        number = match.number / factor
        sign = -1.0 if value.y is not None and value.y < 0 < number else 1.0  # some charts print losses without their sign
        seen = value.error is None or abs(abs(number) - abs(value.y or 0.0)) <= max(SEEN * value.error, COARSE * abs(number))
        half = finest if value.error is not None and seen else match.half_unit
        coarse = not (exact and seen) and half > COARSE * abs(match.number)
        if value.y is not None and coarse and match.half_unit / factor > (value.error or 0.0):
            return replace(value, sure=sure)
        allowed = max(match.half_unit / factor, 2 * (value.error or 0.0))
        close = value.y is not None and abs(abs(number) - abs(value.y)) <= min(allowed, MEASURED_TOO * abs(number))
        read = max(match.label.confidence, TWICE_TOLD) if close else match.label.confidence
        return replace(value, y=sign * number, printed=match.label, error=None, sure=sure * read)

    return _changed(part, told)


def _changed(part: Part, change: Callable[[int, int, Value], Value]) -> Part:
    strands: list[Strand] = [
        replace(strand, values=tuple(change(n, place, value) for place, value in enumerate(strand.values)))
        for n, strand in enumerate(part.strands)
    ]
    return replace(part, strands=tuple(strands))


def _calibrated(part: Part, matches: Sequence[_Match]) -> Part:
    """Return a part without a value axis, its values those that are printed, and by them those of marks without a label."""
    upright = part.orientation == "vertical"
    lengths = {
        (match.strand, match.place): _length(part.strands[match.strand].values[match.place], upright=upright) for match in matches
    }
    ratios = [abs(match.number) / length for match in matches if (length := lengths[match.strand, match.place]) > 0]
    if not ratios:
        return _told(part, {(match.strand, match.place): match for match in matches})
    unit = statistics.median(ratios)
    longest = max(lengths.values())
    fitting = {
        (match.strand, match.place): match
        for match in matches
        if unit and abs(abs(match.number) / unit - lengths[match.strand, match.place]) <= 2 * OFF * longest
    }
    if len(fitting) < LEAST_AGREEING * len(matches):  # not from zero, or on another scale: what is printed is all that is known
        told = _told(part, {(match.strand, match.place): match for match in matches})
        return _changed(told, lambda _s, _p, value: replace(value, sure=value.sure * 0.8))

    def filled(_strand: int, _place: int, value: Value) -> Value:
        if value.y is not None:
            return value
        return replace(value, y=_length(value, upright=upright) * unit, sure=value.sure * 0.8)

    return _changed(_told(part, fitting), filled)


def _length(value: Value, *, upright: bool) -> float:
    return value.extent.height if upright else value.extent.width


def _shares(part: Part, matches: Sequence[_Match]) -> Part:
    """Return a pie with its printed values, if they are in proportion to its sectors."""
    pairs = [(match, value) for match in matches if (value := part.strands[match.strand].values[match.place]).y]
    whole = sum(match.number for match, _ in pairs)
    drawn = sum(value.y or 0.0 for _, value in pairs)
    if not pairs or whole <= 0 or drawn <= 0:
        return part
    fitting = {
        (match.strand, match.place): match
        for match, value in pairs
        if abs(match.number / whole - (value.y or 0.0) / drawn) <= OFF + match.half_unit / whole
    }
    if len(fitting) < max(2, LEAST_AGREEING * len(pairs)):
        return part
    everything = sum(len(strand.values) for strand in part.strands)
    if len(fitting) < everything and abs(whole / drawn - 1) > OFF:  # amounts at some sectors, shares at others would be a mixture
        return part
    return _told(part, fitting)
