"""Axes of categories: names that stand in a line beside a plot, each at its tick, its bar, or by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from docai.backends.classical.charts.axes.calibration import SNAPPED, Axis
from docai.backends.classical.charts.axes.dates import read_dates, read_moment
from docai.backends.classical.charts.axes.readings import read_numbers
from docai.backends.classical.charts.axes.ticks import (
    Line,
    Lines,
    anchor,
    has_swatches,
    in_lines,
    marks_near,
    snapped,
    stand_between,
)
from docai.backends.classical.charts.axes.wholes import join, split
from docai.backends.classical.charts.periods import filled_in, form_of
from docai.backends.classical.charts.scales import Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Polygon, Scene, Stroke

AWAY_EMS: Final = 5.0  # between names and their plot, at most
PITCH_EMS: Final = 1.35  # from line to line of one name, at most; titles keep a greater distance
LEAST_CORNERS: Final = 6  # of an area
MOST_NUMBERS: Final = 0.7  # of names that may be numbers where no bars stand at them
CENTRED: Final = 0.06  # of a step that the middle of a bar may be off its tick
LOOSE: Final = 1.5  # scene units
WIDE_PITCH_EMS: Final = 1.5  # the same of what is no title of the axis; Noto Sans leads by 1.36, its CJK fonts by 1.45
LEAST_PLOT_EMS: Final = 4.0  # no plot is smaller than that, of a letter's size
THIN: Final = 0.3  # scene units; thinner rectangles are lines
ROUNDED: Final = 0.9  # of what a bar with rounded corners spans it covers
LEAST_TRACED_EMS: Final = 8.0  # that a line of values runs along at least; outlines of icons and of print are shorter
NARROW: Final = 0.3  # of a scene that a plot is wide; one that seems narrower may be the first mark of a wider one
EVEN_BANDS: Final = 1.05  # times the shortest step between bars that the longest is where each has a band of its own
EVEN_ROW: Final = 0.1  # of the usual step that steps between names in a row differ by at most where each is below its band
EVEN_NAMES: Final = 0.35  # of the usual step that steps between names differ by at most; a line of letters more or less makes 0.3


def marked_places(scene: Scene, scale: Scale, values: Scale) -> list[float]:
    """Return where along an axis lines and areas have their vertices, and points stand, within the plot."""
    across, down = (scale, values) if scale.horizontal else (values, scale)
    plot, axis = Extent(across.start, down.start, across.end, down.end), 0 if scale.horizontal else 1
    drawn = [stroke.places for stroke in scene.strokes if len(stroke.places) > 2 or _leans(stroke)]
    drawn += [polygon.places for polygon in scene.polygons if len(polygon.places) >= LEAST_CORNERS]
    found = [place[axis] for places in drawn for place in places if plot.holds(place)]
    return found + [symbol.centre[axis] for symbol in scene.symbols if plot.holds(symbol.centre)]


def _leans(stroke: Stroke) -> bool:
    """Return whether a stroke is neither level nor upright, as pieces of lines are that are drawn one by one."""
    return min(stroke.extent.width, stroke.extent.height) > THIN


def bars_between(scene: Scene, scale: Scale, values: Scale) -> list[Extent]:
    """Return the filled rectangles that lie in a plot and are no panel of it."""
    across, down = (scale, values) if scale.horizontal else (values, scale)
    plot = Extent(across.start, down.start, across.end, down.end).grown(LOOSE)
    return [
        extent
        for extent in filled(scene)
        if plot.holds(extent.middle) and extent.width * extent.height < 0.8 * plot.width * plot.height
    ]


def filled(scene: Scene) -> list[Extent]:
    """Return where filled rectangles lie that are not white, those with rounded corners included, but no lines or swatches."""
    found = [mark.extent for mark in scene.rectangles if mark.fill not in ("", "#ffffff")]
    found += [mark.extent for mark in scene.polygons if mark.fill != "#ffffff" and _is_rounded(mark)]
    return [extent for extent in found if min(extent.width, extent.height) > THIN and not _is_swatch(extent, scene)]


def _standing(scene: Scene) -> list[Extent]:
    """Return where bars and boxes may lie: filled rectangles; of a drawing without any, those with an outline only."""
    found = filled(scene)
    if found or scene.blur:
        return found
    outlined = [mark.extent for mark in scene.rectangles if mark.stroke]
    return [extent for extent in outlined if min(extent.width, extent.height) > THIN and not _is_swatch(extent, scene)]


def _is_swatch(extent: Extent, scene: Scene) -> bool:
    """Return whether a small rectangle has a name right behind it, as those of a legend have."""
    size = scene.em
    if extent.height > 1.5 * size or extent.width > 3.5 * size:
        return False
    return any(
        -0.2 * size < label.extent.left - extent.right < 1.5 * size
        and abs(label.extent.middle[1] - extent.middle[1]) < 0.4 * size
        and any(letter.isalpha() for letter in label.text)
        for label in scene.labels
    )


def _is_rounded(mark: Polygon) -> bool:
    """Return whether an outline is a rectangle but for its corners: it covers nearly all that it spans."""
    places, extent = mark.places, mark.extent
    if len(places) > 40:
        return False
    twice = sum(x * below - right * y for (x, y), (right, below) in zip(places, (*places[1:], places[0]), strict=True))
    return abs(twice) / 2 > ROUNDED * extent.width * extent.height


def middle_of(extent: Extent, *, horizontal: bool) -> float:
    """Return where the middle of an extent lies along an axis."""
    return extent.middle[0 if horizontal else 1]


def find_names(plot: Extent, free: Sequence[Label], lines: Lines, scene: Scene, *, values: Scale) -> Scale | None:
    """Return the names that stand along the other side of the plot of a value axis; None where there are none.

    Args:
        plot: What the plot spans.
        free: The labels that no value axis has.
        lines: Those of the scene.
        scene: The chart.
        values: The value axis; the zero within it is a place where names may stand.
    """
    beside = [label for label in free if _stands_by(label, plot, values, scene.em)]
    outside = [label for label in beside if not _is_number_within(label, plot)]
    if len(outside) < len(beside):
        found = _names_among(plot, outside, lines, scene, values=values)
        if found is not None and len(found.ticks) > 1:
            return found
    return _names_among(plot, beside, lines, scene, values=values)


def _is_number_within(label: Label, plot: Extent) -> bool:
    """Return whether a label is a number within a plot: a value printed at its mark, and a name only where there are no others."""
    return plot.holds(label.extent.middle, -LOOSE) and bool(read_numbers([label.text]))


def _names_among(plot: Extent, beside: Sequence[Label], lines: Lines, scene: Scene, *, values: Scale) -> Scale | None:
    """Return the names among the labels that stand where names may; None where there are none."""
    horizontal = not values.horizontal
    size = scene.em
    rows = [row for row in in_lines(beside, horizontal=horizontal) if horizontal or not has_swatches(row, scene)]
    rows += [[label] for label in beside]
    rows = _without_printed(rows)
    span = (plot.left, plot.right) if horizontal else (plot.top, plot.bottom)
    bars = columns_of(scene, Scale("category", horizontal, *span), values)
    best: tuple[tuple[float, float], list[Label], list[Line]] | None = None
    for row in rows:
        marks = marks_near(row, lines.crossing(horizontal=horizontal), horizontal=horizontal)
        if stand_between(row, marks, horizontal=horizontal):
            marks = []
        parts = _parted(row, marks, bars) if horizontal else row
        places = [anchor(label, horizontal=horizontal) for label in parts]
        own = sum(snapped(one, place, marks) is not None for one, place in zip(parts, places, strict=True))
        barred = sum(any(abs(place - bar) < 0.35 * size + scene.blur for bar in bars) for place in places)
        if len(parts) < 2 and not (own or barred):
            continue
        away = _away(row, plot, values) / size
        weight = own + barred + 0.5 * len(parts) - 0.3 * len(parts) * away, -away
        if best is None or weight > best[0]:
            best = weight, parts, marks
    if best is None:
        return None
    _, row, marks = best
    own = sum(snapped(label, anchor(label, horizontal=horizontal), marks) is not None for label in row)
    places = [mark.place for mark in marks] if 2 * own > len(row) else bars
    names = _whole(row, beside, places, horizontal=horizontal)
    if not bars and sum(bool(read_numbers([name.text])) for name in names) > MOST_NUMBERS * len(names):
        return None  # a scale of a kind that is not read
    scale = _named(names, marks, bars or _vertices(scene, span, values, len(names)), span, horizontal=horizontal)
    return with_periods(scale, bars)


def _without_printed(rows: list[list[Label]]) -> list[list[Label]]:
    """Return rows of labels without those of numbers alone that are no longer than one of names: values at their marks."""
    figures = [all(read_numbers([label.text]) for label in row) for row in rows]
    longest = max((len(row) for row, numeric in zip(rows, figures, strict=True) if not numeric), default=0)
    kept = [row for row, numeric in zip(rows, figures, strict=True) if not numeric or len(row) > longest]
    return kept if longest > 1 else rows


def reach(values: Axis, lines: Lines, scene: Scene) -> Extent:
    """Return what the plot of a value axis spans: the other way by its grid lines, axis lines, or bars, else the whole scene."""
    scale, size = values.scale, values.size
    spans = [(mark.low, mark.high) for mark in values.marks if mark is not None and mark.length > 4 * size]
    if not spans:
        spans = [
            (line.low, line.high)
            for line in lines.crossing(horizontal=scale.horizontal)
            if line.length > 4 * size
            and scale.start - scale.step - LOOSE <= line.place <= scale.end + scale.step + LOOSE  # axes lie outside of the ticks
            and _begins_at(line, values)
        ]
    if spans and max(high - low for low, high in spans) < NARROW * (scene.height if scale.horizontal else scene.width):
        spans = [] if _go_on(spans, scene, values) else spans  # caps of the first whisker, say
    if not spans:
        inside = [
            extent
            for extent in _standing(scene)
            if scale.start - LOOSE <= middle_of(extent, horizontal=scale.horizontal) <= scale.end + LOOSE
            and extent.width * extent.height < 0.5 * scene.width * scene.height
        ]
        inside = _traced(values, scene) or inside
        spans = [(e.top, e.bottom) if scale.horizontal else (e.left, e.right) for e in inside]
    spans = spans or [(0.0, scene.height if scale.horizontal else scene.width)]
    low, high = min(span[0] for span in spans), max(span[1] for span in spans)
    return Extent(scale.start, low, scale.end, high) if scale.horizontal else Extent(low, scale.start, high, scale.end)


def _traced(values: Axis, scene: Scene) -> list[Extent]:
    """Return where the lines of a picture run that bend, are longer than any letter, and lie level with a value axis."""
    scale, least = values.scale, LEAST_TRACED_EMS * values.size
    found = [stroke.extent for stroke in scene.strokes if len(stroke.places) > 2 and scene.blur]
    return [
        extent
        for extent in found
        if max(extent.width, extent.height) > least
        and scale.start - LOOSE <= middle_of(extent, horizontal=scale.horizontal) <= scale.end + LOOSE
    ]


def _go_on(spans: Sequence[tuple[float, float]], scene: Scene, values: Axis) -> bool:
    """Return whether most bars and boxes level with a value axis lie outside of what it is said to span."""
    scale = values.scale
    low, high = min(span[0] for span in spans) - LOOSE, max(span[1] for span in spans) + LOOSE
    level = [extent for extent in _standing(scene) if scale.start <= middle_of(extent, horizontal=scale.horizontal) <= scale.end]
    return sum(not low <= middle_of(e, horizontal=not scale.horizontal) <= high for e in level) > len(level) / 2


def _begins_at(line: Line, values: Axis) -> bool:
    """Return whether a line begins or ends by the labels of an axis, on the side of the plot, or runs through them."""
    near = 4 * values.size
    after, before = abs(line.low - values.high) < near, abs(line.high - values.low) < near
    through = line.low < values.low and line.high > values.high
    return through or (after and values.side >= 0) or (before and values.side <= 0)


def _stands_by(label: Label, plot: Extent, values: Scale, size: float) -> bool:
    """Return whether a label may be a name: it stands at the ends of the value axis, or by its zero, within the plot's sides."""
    place = anchor(label, horizontal=not values.horizontal)
    low, high = (plot.top, plot.bottom) if values.horizontal else (plot.left, plot.right)
    return low - size <= place <= high + size and _away([label], plot, values) <= AWAY_EMS * size


def _away(row: Sequence[Label], plot: Extent, values: Scale) -> float:
    """Return how far names stand off the nearer end of the value axis, or its zero."""
    near = min(label.extent.left if values.horizontal else label.extent.top for label in row)
    far = max(label.extent.right if values.horizontal else label.extent.bottom for label in row)
    start, end = (plot.left, plot.right) if values.horizontal else (plot.top, plot.bottom)
    ends = [abs(near - end), abs(far - start)]
    if values.kind == "linear":
        zero = values.place(0.0)
        if start < zero < end:
            ends += [abs(near - zero), abs(far - zero)]
    return min(ends)


def columns_of(scene: Scene, side: Scale, values: Scale) -> list[float]:
    """Return the middles of the bars of a plot along its names, each once."""
    found: list[float] = []
    for place in sorted(middle_of(bar, horizontal=side.horizontal) for bar in bars_between(scene, side, values)):
        if not found or place - found[-1] > 0.5 + scene.blur:
            found.append(place)
    return found


def _vertices(scene: Scene, span: tuple[float, float], values: Scale, count: int) -> list[float]:
    """Return where lines and points have their values along names, if these are as many as the names."""
    found: list[float] = []
    for place in sorted(marked_places(scene, Scale("category", not values.horizontal, *span), values)):
        if not found or place - found[-1] > LOOSE:
            found.append(place)
    return found if len(found) == count else []


def _parted(row: Sequence[Label], marks: Sequence[Line], bars: Sequence[float]) -> list[Label]:
    """Return names with those parted whose words stand at ticks or bars of their own; none where names stand evenly, but not words.

    Two words may have a bar each by chance, where a name stands below the group of its bars.
    """
    places = [mark.place for mark in marks] or list(bars)
    found: list[Label] = []
    for label in row:
        words = split(label)
        own = {min(places, key=lambda place: abs(place - word.extent.middle[0])) for word in words} if places else set()
        inside = [place for place in places if label.extent.left - 1 <= place <= label.extent.right + 1]
        found.extend(words if 1 < len(words) == len(own) == len(inside) else [label])
    return list(row) if _unevenness(row) < EVEN_ROW < _unevenness(found) else found


def _unevenness(row: Sequence[Label]) -> float:
    """Return by how much of their usual step those between labels differ; infinite for fewer than three, or over each other."""
    middles = sorted(label.extent.middle[0] for label in row)
    steps = sorted(after - before for before, after in pairwise(middles))
    usual = steps[len(steps) // 2] if len(steps) > 1 else 0.0
    return (steps[-1] - steps[0]) / usual if usual > 0 else math.inf  # labels may lie over each other


def _named(
    names: Sequence[Label], marks: Sequence[Line], bars: Sequence[float], span: tuple[float, float], *, horizontal: bool
) -> Scale:
    """Return the scale of names: at their marks, else at their bars where each has one, else where they stand."""
    ticks: list[Tick] = []
    own = 0
    for label in names:
        place = anchor(label, horizontal=horizontal)
        mark = snapped(label, place, marks)
        own += mark is not None
        ticks.append(Tick(place if mark is None else mark, label))
    ticks.sort(key=lambda tick: tick.place)
    if own < SNAPPED * len(ticks):
        ticks = _at_bars(ticks, bars)
    return Scale("category", horizontal, min(span[0], ticks[0].place), max(span[1], ticks[-1].place), tuple(ticks))


def with_periods(scale: Scale, bars: Sequence[float]) -> Scale:
    """Return names of periods with those told of the bars between that have none: axes leave out labels that have no room."""
    ticks = scale.ticks
    steps = [after - before for before, after in pairwise(bars)]
    if len(ticks) >= len(bars) or max(steps) > EVEN_BANDS * min(steps) + LOOSE / 2:
        return scale  # groups stand further apart than their bars
    seconds, _ = read_dates([tick.text for tick in ticks])
    form = form_of([tick.text for tick in ticks], seconds)
    own = [min(range(len(bars)), key=lambda number: abs(bars[number] - tick.place)) for tick in ticks]
    off = max(abs(bars[number] - tick.place) for number, tick in zip(own, ticks, strict=True))
    if not form or None in seconds or off > CENTRED * scale.step + LOOSE / 2:
        return scale
    named = [(number, tick.text, date or 0.0) for number, tick, date in zip(own, ticks, seconds, strict=True)]
    between = filled_in(named, len(bars), form)
    found = [Tick(bars[number], replace(ticks[0].label, text=text, words=())) for number, text in between.items()]
    return replace(scale, ticks=tuple(sorted([*ticks, *found], key=lambda tick: tick.place)))


def _at_bars(ticks: Sequence[Tick], bars: Sequence[float]) -> list[Tick]:
    """Return ticks at their bars where as many names as there are bars stand equally far beside them.

    Names may stand above their bars, and a title above the names: it has no bar.
    """
    if len(bars) < 2 or len(ticks) < len(bars):
        return list(ticks)
    step = min(after - before for before, after in pairwise(bars))
    for first in range(len(ticks) - len(bars) + 1):
        chosen = ticks[first : first + len(bars)]
        off = [tick.place - bar for tick, bar in zip(chosen, bars, strict=True)]
        if max(off) - min(off) <= 0.3 * chosen[0].label.size and abs(off[0]) < step:
            return [tick._replace(place=bar) for tick, bar in zip(chosen, bars, strict=True)]
    return list(ticks)


def _whole(row: Sequence[Label], beside: Sequence[Label], places: Sequence[float], *, horizontal: bool) -> list[Label]:
    """Return names whole: with their further lines, and with the name of the group that they stand in.

    Args:
        row: The names, in the order of their places.
        beside: The labels around, those of further lines among them.
        places: Those of the ticks or bars along them, as far as they are known.
        horizontal: Whether names stand side by side.
    """
    if not horizontal:
        return _piled(row, places)
    names, last = list(row), [label.extent for label in row]
    own = {label.extent for label in row}
    below = sorted((label for label in beside if label.extent not in own and label.turn == 0), key=lambda label: label.extent.top)
    rest = []
    ends = row[0].extent.middle[0], row[-1].extent.middle[0]
    middle, step = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / max(1, len(row) - 1)  # titles stand below the middle
    for label in below:
        level = sum(abs(other.extent.top - label.extent.top) < 0.2 * label.size for other in below)
        may_be_title = level == 1 and abs(label.extent.middle[0] - middle) < step / 2
        number = _continued(label, names, last, PITCH_EMS if may_be_title else WIDE_PITCH_EMS)
        if number is None:
            rest.append(label)
        else:
            names[number] = join([names[number], label], f"{names[number].text} {label.text}")
            last[number] = label.extent
    return _in_groups(names, rest)


def _continued(label: Label, names: Sequence[Label], last: Sequence[Extent], most: float) -> int | None:
    """Return the number of the name that a label is the next line of, at most `most` ems below; None where it is of none."""
    for number, (name, line) in enumerate(zip(names, last, strict=True)):
        pitch = max(label.extent.top - line.top, label.extent.middle[1] - line.middle[1])
        centred = abs(label.extent.middle[0] - name.extent.middle[0]) < 0.6 * name.size
        alike = abs(label.size - name.size) <= 0.1 * name.size and name.turn == 0
        if alike and centred and 0.5 * name.size < pitch < most * name.size:
            return number
    return None


def _piled(row: Sequence[Label], places: Sequence[float]) -> list[Label]:
    """Return names in a column, those joined that are lines of one name: as many as there are ticks or bars remain."""
    piles: list[list[Label]] = []
    for label in sorted(row, key=lambda label: label.extent.top):
        pitch = label.extent.top - piles[-1][-1].extent.top if piles else math.inf
        if pitch < PITCH_EMS * label.size:
            piles[-1].append(label)
        else:
            piles.append([label])
    count = len(places) or len(piles)
    if _evenness(piles) < EVEN_NAMES <= _evenness([[label] for label in row]):
        count = len(piles)
    if len(piles) == len(row) or abs(len(row) - count) <= abs(len(piles) - count):
        return list(row)
    return [join(pile, " ".join(label.text for label in pile)) if len(pile) > 1 else pile[0] for pile in piles]


def _evenness(piles: Sequence[Sequence[Label]]) -> float:
    """Return by how much of the usual step the steps between names in a column differ; infinite for fewer than three names."""
    middles = [(pile[0].extent.top + pile[-1].extent.bottom) / 2 for pile in piles]
    steps = sorted(after - before for before, after in pairwise(middles))
    usual = steps[len(steps) // 2] if len(steps) > 1 else 0.0
    return (steps[-1] - steps[0]) / usual if usual > 0 else math.inf  # labels may lie over each other


def _in_groups(names: list[Label], rest: Sequence[Label]) -> list[Label]:
    """Return names with those of their groups, which stand in a second row, each below the middle of its names."""
    size = names[0].size
    bottom = max(name.extent.bottom for name in names)
    row = [label for label in rest if -0.6 * size < label.extent.top - bottom < 1.2 * size]
    row.sort(key=lambda label: label.extent.middle[0])
    if not 2 <= len(row) < len(names):
        return names
    centres = [label.extent.middle[0] for label in row]
    members = [min(range(len(row)), key=lambda number: abs(centres[number] - anchor(name, horizontal=True))) for name in names]
    step = (names[-1].extent.middle[0] - names[0].extent.middle[0]) / max(1, len(names) - 1)
    for number, centre in enumerate(centres):
        own = [anchor(name, horizontal=True) for name, member in zip(names, members, strict=True) if member == number]
        if not own or abs((own[0] + own[-1]) / 2 - centre) > 0.35 * step:
            return names
    return [_of_group(name, row[member]) for name, member in zip(names, members, strict=True)]


def _of_group(name: Label, group: Label) -> Label:
    """Return a name with its group: "Q1 2019", "North Q1"."""
    dated = f"{name.text} {group.text}"
    text = dated if read_moment(dated) is not None else f"{group.text} {name.text}"
    return replace(name, text=text, words=(*name.words, *group.words))


# Where plots lie


def crossed_between(axis: Axis, lines: Lines) -> tuple[float, float]:
    """Return between which places the long lines reach that cross an axis: all of its plot lies there, the page's border not.

    Without bounds where there are none.
    """
    scale = axis.scale
    crossing = [
        line
        for line in lines.crossing(horizontal=scale.horizontal)
        if line.length > LEAST_PLOT_EMS * axis.size and scale.start - LOOSE <= line.place <= scale.end + LOOSE
    ]
    if not crossing:
        return -math.inf, math.inf
    return min(line.low for line in crossing) - axis.size, max(line.high for line in crossing) + axis.size


def stands_inside(axis: Axis, other: Axis) -> bool:
    """Return whether an axis crosses another that has more labels, away from its ends and its zero: printed values do."""
    scale, size = other.scale, axis.size
    if scale.horizontal == axis.scale.horizontal or len(other.labels) < 2 * len(axis.labels):
        return False
    first, last = scale.ticks[0].place, scale.ticks[-1].place
    edges = [first, last, *([scale.place(0.0)] if scale.kind == "linear" else [])]
    middle = (axis.low + axis.high) / 2
    away = all(abs(edge - middle) > LEAST_PLOT_EMS * size + (axis.high - axis.low) / 2 for edge in edges)
    return away and first < middle < last
