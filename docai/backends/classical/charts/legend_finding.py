"""Legends found: swatches with their names.

A legend is told by its swatches: small marks that look different from each other, in a row or column, each with its name right
behind it, or all with their names right before them. So it is found before the axes, whose labels have no such marks. A single
swatch makes a legend if it stands aside of all that is drawn, or in a frame of its own, in the colour of a mark elsewhere.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import mean
from typing import Final

import numpy as np

from docai.backends.classical.charts.axes.readings import read_numbers
from docai.backends.classical.charts.legends import CLEARLY, SAME_COLOUR, Entry, Legend, Mark, Size, colour_of, distance
from docai.backends.classical.charts.ramps import parts_of
from docai.backends.classical.charts.scene import Extent, Label, Place, Polygon, Rectangle, Scene, Stroke, Symbol
from docai.numbers import read_columns

GAP_EMS: Final = 2.2  # of a name's letters, between a swatch and its name, at most
GAP_BEHIND_EMS: Final = 4.0  # the same where swatches stand in a column behind names that are flush left
OVERLAP_EMS: Final = 0.3  # by which a swatch may reach under its name
WIDEST_EMS: Final = 5.0  # a swatch is wide at most
WIDEST_LINE: Final = 33.0  # points that a line is long in any case; LibreOffice makes those of dashes 11.5 mm long
HIGHEST_EMS: Final = 2.6  # and high; keys of ggplot2 are two letters high
LARGEST_EMS: Final = 6.0  # the largest disc of a legend of sizes
LEAST_LINE_EMS: Final = 0.55  # a line as a swatch is long at least; shorter ones are ticks
LEVEL_EMS: Final = 0.45  # that a swatch may stand higher or lower than the middle of its name
FIRST_LINE: Final = 1.6  # times the size of its letters that a label of several lines is high at least
LINE_MIDDLE: Final = 0.4  # of the size of letters, from the top of a line's letters to its middle
ON_LINE_EMS: Final = 0.05  # that the middle of a symbol is off the line of its swatch at most
GROWING: Final = 1.01  # times as wide as the one before that a symbol of a legend of sizes is at least; less is rounding
OWN_EMS: Final = 0.15  # that the middles of marks of one swatch are apart at most
IN_LINE_EMS: Final = 0.35  # that entries may be out of their row or column
ALIKE_EMS: Final = 0.1  # by which the sides of swatches of one legend may differ
LEAST_ALIKE: Final = 0.5  # scene units that they may differ by in any case
TITLE_EMS: Final = 2.2  # a legend's title stands above it at most
LARGER: Final = 1.3  # times the size of the names that its title is at most; the chart's own are larger
FRAME_EMS: Final = 4.0  # a frame is larger than the entries at most, on each side
SAME_PIXELS: Final = 40  # the same in a picture, where edges and compression blend colours
FLUSH_EMS: Final = 0.4  # that the lines of one name begin apart at most: letters have their own room beside them
SAME_SIZE: Final = 0.9  # of the size of its first line that those below have
LINE_GAP_EMS: Final = 0.8  # between the lines of a name at most
MOST_LINES: Final = 4  # of a name
LEAST_SHADES: Final = 3  # of a legend that tells values by them
EVEN: Final = 0.01  # of their step that numbers in even steps may be off
LEAST_LONGER: Final = 2  # bars that begin with one that is as short as a swatch
_FIGURES = re.compile(r"^[-+−–]?[$€£¥₩]?\d[\d.,\s]*\s*[%kKMB]?$")
_YEAR = re.compile(r"^(?:19|20)\d\d$")


def find_legend(scene: Scene, free: Sequence[Label]) -> Legend:
    """Return the legend of a chart, or the names that stand in their colours beside what they name.

    `free` are the labels among which it is looked for: those that no axis has taken, or all.
    """
    tolerance = SAME_PIXELS if scene.blur else SAME_COLOUR
    level = [label for label in free if label.turn == 0 and not _is_on_bar(label, scene)]
    near = _without_values([entry for entry in _entries(scene, level, behind=False) if not _is_at_bar(entry, scene)])
    if scene.sectors:  # lines lead to the names of sectors
        near = [entry for entry in near if not isinstance(entry.swatch, Stroke)]
    sizes = _sizes(near)
    entries = _of_one_legend([entry for entry in near if not any(entry.swatch.extent == size.extent for size in sizes)])
    if not sizes:
        after = _of_one_legend(_once_each(_entries(scene, level, behind=True)))
        entries = after if (_named(after) > _named(entries) and not _is_shifted(after, entries)) or not entries else entries
        entries = entries or _alone(scene, near)
    if not entries and not sizes:
        return _direct(scene, level, tolerance)
    told = [_with_rest(entry, entries, level) for entry in entries]
    entries = [entry for entry, _ in told]
    parts = [label for entry, rest in told for label in (entry.label, *rest)]
    marks = [mark for entry in entries for mark in entry.marks]
    for label, mark in ((e.label, m) for e in near for m in e.marks if sizes and e not in entries):
        if any(mark.extent == size.extent for size in sizes):
            parts, marks = [*parts, label], [*marks, mark]
    extent = _hull([*(label.extent for label in parts), *(mark.extent for mark in marks)])
    title = _title(level, parts, extent)
    used = (*parts, *title)
    extent = _hull([extent, *(label.extent for label in title)])
    frames = _frames(scene, extent)
    return Legend(
        entries=() if _are_shades(entries, scene) else tuple(entries),
        title=" ".join(label.text for label in title),
        extent=_hull([extent, *(frame.extent for frame in frames)]),
        used=used,
        marks=(*marks, *frames),
        sizes=sizes,
        tolerance=tolerance,
    )


def _is_on_bar(label: Label, scene: Scene) -> bool:
    """Return whether a number stands on a coloured rectangle that is larger: a value printed on its bar, and no name."""
    if not _FIGURES.match(label.text):
        return False
    text = label.extent
    return any(
        _is_lively(mark.fill or "#ffffff")
        and mark.extent.holds((text.left, text.middle[1]))
        and mark.extent.holds((text.right, text.middle[1]))
        for mark in scene.rectangles
    )


def _is_at_bar(entry: Entry, scene: Scene) -> bool:
    """Return whether an entry is a number at the end of a short bar: longer ones begin on the same line."""
    if not isinstance(entry.swatch, Rectangle) or not _FIGURES.match(entry.name):
        return False
    own, off = entry.swatch.extent, 2 * scene.blur + 0.5
    longer = [
        mark
        for mark in scene.rectangles
        if abs(mark.extent.left - own.left) <= off
        and mark.extent.width > own.width + off
        and abs(mark.extent.height - own.height) <= off
        and colour_of(mark) != "#ffffff"
    ]
    return len(longer) >= LEAST_LONGER


def _without_values(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries without numbers beside symbols of a colour that the legend shows with a piece of its line: printed values."""
    lined = {entry.colour for entry in entries if any(isinstance(mark, Stroke) for mark in entry.marks)}
    return [
        entry
        for entry in entries
        if entry.colour not in lined or not _FIGURES.match(entry.name) or any(isinstance(mark, Stroke) for mark in entry.marks)
    ]


def _of_one_legend(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that make a legend together; none unless they have two looks at least."""
    found = _in_lines(_alike(entries))
    return found if len({_look(entry) for entry in found}) > 1 else []


def _are_shades(entries: Sequence[Entry], scene: Scene) -> bool:
    """Return whether a picture's legend tells values by the shades of one colour: what it explains has others between its swatches.

    Its names are numbers in even steps. The shades of series are those of their swatches and no others.
    """
    if not scene.blur or len(entries) < LEAST_SHADES or not all(_FIGURES.match(entry.name) for entry in entries):
        return False
    told = next(iter(read_numbers([entry.name for entry in entries])), None)
    numbers = [number for number in told.values if number is not None] if told is not None else []
    steps = [after - before for before, after in pairwise(numbers)]
    if len(numbers) < len(entries) or max(steps) - min(steps) > EVEN * max(abs(step) for step in steps):
        return False
    swatches = [entry.colour for entry in entries]
    ends = (min(swatches, key=_lightness), max(swatches, key=_lightness))
    drawn = {mark.fill for mark in scene.rectangles if _is_between(mark.fill, *ends)}
    return len(drawn - {colour for colour in drawn if min(distance(colour, other) for other in swatches) < CLEARLY}) >= len(entries)


def _lightness(colour: str) -> int:
    return sum(parts_of(colour))


def _is_between(colour: str, dark: str, light: str) -> bool:
    """Return whether a colour is a mixture of two others."""
    if colour in ("", "#ffffff"):
        return False
    first, last, own = (np.array(parts_of(one), dtype=np.float64) for one in (dark, light, colour))
    way = last - first
    share = float(((own - first) * way).sum() / max(float((way**2).sum()), 1e-9))
    return 0.0 <= share <= 1.0 and float(np.abs(first + share * way - own).max()) <= CLEARLY


def _named(entries: Sequence[Entry]) -> tuple[int, int]:
    """Return how many entries have a name that is no number but a year, as ticks beside marks have, and how many there are."""
    return sum(not _FIGURES.match(entry.name) or _YEAR.match(entry.name) is not None for entry in entries), len(entries)


def _is_shifted(after: Sequence[Entry], before: Sequence[Entry]) -> bool:
    """Return whether names before swatches (`after`) are those of the swatches before them, which stand nearer, and a title."""
    same = bool(before) and {id(entry.swatch) for entry in before} <= {id(entry.swatch) for entry in after}
    return same and mean(map(_away, before)) <= mean(map(_away, after))


def _once_each(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries without lines that look like others, as ticks do."""
    looks = Counter(_look(entry) for entry in entries)
    return [entry for entry in entries if looks[_look(entry)] == 1 or not isinstance(entry.swatch, Stroke)]


def _with_rest(entry: Entry, entries: Sequence[Entry], labels: Sequence[Label]) -> tuple[Entry, list[Label]]:
    """Return an entry with the whole of a name that is set in several lines, and the labels of those behind the first.

    They are flush left right below it, in its size, and nearer to it than the next entry of a column is to them.
    """
    if _FIGURES.match(entry.name):
        return entry, []
    swatched = {id(one.label) for one in entries}
    lines = [entry.label]
    for label in sorted(labels, key=lambda label: label.extent.top):
        text, last, size = label.extent, lines[-1].extent, lines[-1].size
        flush = abs(text.left - last.left) < FLUSH_EMS * size and SAME_SIZE * size < label.size < size / SAME_SIZE
        gap = text.top - last.bottom
        below = [one.label.extent.top - text.bottom for one in entries if abs(one.label.extent.left - text.left) < FLUSH_EMS * size]
        apart = all(after > gap for after in below if after > -size)
        if id(label) not in swatched and flush and 0 < gap < LINE_GAP_EMS * size and apart and len(lines) < MOST_LINES:
            lines.append(label)
    if len(lines) == 1:
        return entry, []
    return replace(entry, name=" ".join(line.text for line in lines)), lines[1:]


def _alone(scene: Scene, entries: Sequence[Entry]) -> list[Entry]:
    """Return the only entry of a legend that has one, in a list, or none.

    It stands aside of the axes and of all marks, or in a frame of its own, and a larger mark or several have its colour.
    """
    found = [entry for entry in entries if not _FIGURES.match(entry.name) and _is_lone(scene, entry)]
    return found if len(found) == 1 else []


def _is_lone(scene: Scene, entry: Entry) -> bool:
    own = {id(mark) for mark in entry.marks}
    extent = _hull([entry.label.extent, *(mark.extent for mark in entry.marks)])
    frames = [frame for frame in _frames(scene, extent) if frame.extent.width < 3 * extent.width]
    own |= {id(frame) for frame in frames}
    marks: list[Mark | Polygon] = [*scene.rectangles, *scene.strokes, *scene.symbols, *scene.polygons]
    others = [mark for mark in marks if id(mark) not in own and colour_of(mark) not in ("", "#ffffff")]
    if not any(colour_of(mark) == entry.colour for mark in others):
        return False
    within = [mark for mark in others if mark.extent.grown(0.1).shared(extent) > 0]
    if frames:
        order = min(frame.order for frame in frames)
        return all(mark.order < order for mark in within)
    page = Extent(0.0, 0.0, scene.width, scene.height)
    framed = [m.extent for m in others if m.extent.width < 0.97 * page.width or m.extent.height < 0.97 * page.height]
    hull = _hull(framed) if framed else page
    return not within and extent.shared(hull) == 0


def _entries(scene: Scene, labels: Sequence[Label], *, behind: bool) -> list[Entry]:
    """Return labels with the small marks right before them, or right behind them."""
    em = max((label.size for label in labels), default=scene.em)
    marks: list[Mark] = [*scene.rectangles, *scene.strokes, *scene.symbols]
    widest = max(LARGEST_EMS * em, WIDEST_LINE)
    small = [(mark.extent, mark) for mark in marks if mark.extent.width <= widest and mark.extent.height <= LARGEST_EMS * em]
    if scene.blur:
        small = [(extent, mark) for extent, mark in small if not _is_print(extent, scene.labels)]
    small.sort(key=lambda pair: pair[0].top + pair[0].bottom)
    middles = [(extent.top + extent.bottom) / 2 for extent, _ in small]
    found = []
    for label in labels:
        middle = label.extent.middle[1]
        near = max(label.size, label.extent.height / 2 if label.turn == 0 else 0.0)
        first, last = bisect_left(middles, middle - near), bisect_right(middles, middle + near)
        beside = [mark for extent, mark in small[first:last] if _is_swatch(mark, extent, label, behind=behind)]
        lines = [mark.extent.middle for mark in beside if isinstance(mark, Stroke)]
        beside += [mark for extent, mark in small[first:last] if mark not in beside and _is_in_middle(extent, lines, label.size)]
        entry = _entry(label, beside if scene.blur else _without_points(beside, label), behind=behind)
        if entry is not None and not (behind and _goes_on(entry, (extent for extent, _ in small[first:last]))):
            found.append(entry)
    return _nearest_each(found)


def _is_in_middle(extent: Extent, places: Sequence[Place], em: float) -> bool:
    """Return whether a mark has its middle at that of a line, as the symbol of a line's swatch has, however long that is."""
    across, down = extent.middle
    return any(abs(across - x) <= ON_LINE_EMS * em and abs(down - y) <= ON_LINE_EMS * em for x, y in places)


def _without_points(beside: Sequence[Mark], label: Label) -> list[Mark]:
    """Return the marks beside a label; of symbols that do not stand on each other only the one most level with it.

    The others are points of a plot that the legend lies on; of those equally level they were drawn before.
    """
    levels = [mark.extent.middle[1] for mark in beside if isinstance(mark, Stroke)]
    if levels:  # symbols of a line stand on it
        off = ON_LINE_EMS * label.size
        return [mark for mark in beside if not isinstance(mark, Symbol) or min(abs(mark.centre[1] - y) for y in levels) <= off]
    symbols = [mark for mark in beside if isinstance(mark, Symbol)]
    if len(symbols) < 2:
        return list(beside)
    middle, slack = label.extent.middle[1], OWN_EMS * label.size
    own = min(symbols, key=lambda mark: (round(abs(mark.centre[1] - middle) / slack), -mark.order))
    return [mark for mark in beside if not isinstance(mark, Symbol) or _are_of_one(mark.extent, own.extent, slack)]


def _are_of_one(one: Extent, other: Extent, slack: float) -> bool:
    """Return whether two marks may belong to one swatch: they stand level, or one lies in the other."""
    held = [_holds(one, other), _holds(other, one)]
    return any(held) or abs(one.middle[1] - other.middle[1]) <= slack


def _holds(one: Extent, other: Extent) -> bool:
    return one.grown(0.1).holds((other.left, other.top)) and one.grown(0.1).holds((other.right, other.bottom))


def _is_print(extent: Extent, labels: Sequence[Label]) -> bool:
    """Return whether a small mark of a picture lies in a label: a piece of a letter or of the glow around it, and no swatch."""
    return any(label.extent.holds(extent.middle) for label in labels)


def _nearest_each(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries with one for each swatch: that whose name stands nearest to it."""
    nearest: dict[int, Entry] = {}
    for entry in entries:
        other = nearest.get(id(entry.swatch))
        if other is None or _away(entry) < _away(other):
            nearest[id(entry.swatch)] = entry
    return [entry for entry in entries if nearest[id(entry.swatch)] is entry]


def _away(entry: Entry) -> float:
    """Return how far a name stands from its swatch, to the side and out of level."""
    text, mark = entry.label.extent, entry.swatch.extent
    return max(abs(text.left - mark.right) if text.middle[0] > mark.middle[0] else abs(mark.left - text.right), 0.0) + abs(
        text.middle[1] - mark.middle[1]
    )


def _goes_on(entry: Entry, extents: Iterable[Extent]) -> bool:
    """Return whether something of its height touches a swatch on the side away from its name, as the next cell or bar does."""
    own, em = entry.swatch.extent, entry.label.size
    return any(
        abs(other.left - own.right) < 0.3 * em and other.right > own.right and abs(other.height - own.height) < 0.2 * em
        for other in extents
    )


def _is_swatch(mark: Mark, place: Extent, label: Label, *, behind: bool) -> bool:
    text, em = label.extent, label.size
    lines = [(text.top + text.bottom) / 2]
    if label.turn == 0 and text.height > FIRST_LINE * em:  # of several lines a swatch may stand beside the first
        lines.append(text.top + LINE_MIDDLE * em)
    off = min(abs((place.top + place.bottom) / 2 - line) for line in lines)
    gap = place.left - text.right if behind else text.left - place.right
    most = GAP_BEHIND_EMS if behind else GAP_EMS
    if off > max(LEVEL_EMS * em, (text.height - em) / 2) or not -OVERLAP_EMS * em < gap < most * em:
        return False
    if isinstance(mark, Symbol):
        return max(place.width, place.height) <= LARGEST_EMS * em
    if isinstance(mark, Stroke):
        is_level = place.height < 0.3 * em or (mark.curved or len(mark.places) > 2)
        return LEAST_LINE_EMS * em <= place.width <= max(WIDEST_EMS * em, WIDEST_LINE) and is_level
    return 0.25 * em < place.width <= WIDEST_EMS * em and 0.1 * em < place.height <= HIGHEST_EMS * em


def _entry(label: Label, beside: Sequence[Mark], *, behind: bool) -> Entry | None:
    """Return an entry with the marks of its swatch: those nearest to the name, and what lies on or under them."""
    coloured = [mark for mark in beside if colour_of(mark) not in ("", "#ffffff")]
    if not coloured:
        return None
    nearest = max(coloured, key=lambda mark: (-mark.extent.left if behind else mark.extent.right, mark.order)).extent
    swatch = [
        mark
        for mark in beside
        if nearest.grown(0.1).shared(mark.extent.grown(0.1)) > 0
        and (isinstance(mark, Stroke) or _are_of_one(mark.extent, nearest, OWN_EMS * label.size))
    ]
    kinds = ([m for m in swatch if isinstance(m, kind) and m in coloured] for kind in (Symbol, Rectangle, Stroke))
    symbols, rectangles, strokes = kinds
    lead = max(symbols or rectangles or strokes, key=lambda mark: (_is_filled(mark), mark.order, mark.extent.right))
    if isinstance(lead, Rectangle) and any(_runs_through(mark, lead.extent) for mark in strokes):
        lead = Symbol(lead.extent.middle, lead.extent, "square", lead.fill, lead.stroke, lead.opacity, lead.order)
        symbols = [lead]
    key = rectangles and not _is_lively(colour_of(lead))
    on = [mark for mark in strokes if key and lead.extent.holds(mark.extent.middle, 0.1)]
    if on and not symbols and max(s.order for s in on) > max(r.order for r in rectangles):
        lead = max(on, key=lambda mark: mark.order)  # a line on the key of ggplot2
    dashes = next((mark.dashes for mark in strokes if isinstance(mark, Stroke)), ())
    shape = next((mark.shape for mark in symbols if isinstance(mark, Symbol)), "")
    return Entry(label.text, lead, label, dashes, shape, tuple(swatch))


def _runs_through(mark: Mark, square: Extent) -> bool:
    """Return whether a level line runs on both sides of a square through its middle: a line with its symbol."""
    line, slack = mark.extent, 0.2 * square.height
    level = line.height <= slack and abs(line.middle[1] - square.middle[1]) <= slack
    equal = abs(square.width - square.height) <= slack
    return equal and level and line.left < square.left - slack and square.right + slack < line.right


def _is_filled(mark: Mark) -> bool:
    return not isinstance(mark, Stroke) and mark.fill not in ("", "#ffffff")


def _look(entry: Entry) -> tuple[object, ...]:
    return entry.colour, entry.dashes, entry.shape, entry.opacity


def _alike(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries whose swatches may be those of one legend: its rectangles are equally large, bars before their values not."""
    others = [entry for entry in entries if not isinstance(entry.swatch, Rectangle)]
    groups: list[list[Entry]] = []
    for entry in entries:
        if isinstance(entry.swatch, Rectangle):
            mine = next((group for group in groups if _as_large(entry, group[0])), None)
            if mine is None:
                groups.append([entry])
            else:
                mine.append(entry)
    colours, looks = Counter(entry.colour for entry in entries), Counter(map(_look, entries))
    ticks = {  # numbers before grid lines and ticks, of one colour, are those of an axis, or of data
        id(e)
        for e in entries
        if isinstance(e.swatch, Stroke)
        and _FIGURES.match(e.name)
        and not _is_lively(e.colour)
        and colours[e.colour] > 1
        and not (_YEAR.match(e.name) and looks[_look(e)] == 1)
    }
    if groups:
        others = [entry for entry in others if id(entry) not in ticks]
    most = max(groups, key=lambda group: (len({_look(entry) for entry in group}), len(group)), default=[])
    found = [*others, *most] if len(most) > 1 or any(_in_line(most[0], other) for other in others if most) else others
    if all(_FIGURES.match(entry.name) is not None for entry in found) and any(id(entry) in ticks for entry in found):
        return []  # ticks of a second axis
    if all(_is_ticked(entry) for entry in found):
        return []  # an axis in one grey and its grid in another
    return [entry for entry in entries if any(entry is one for one in found)]


def _is_ticked(entry: Entry) -> bool:
    """Return whether an entry is a number before a solid grey line, as that of a tick is."""
    return (
        isinstance(entry.swatch, Stroke)
        and not entry.dashes
        and not entry.shape
        and _FIGURES.match(entry.name) is not None
        and _YEAR.match(entry.name) is None
        and not _is_lively(entry.colour)
    )


def _as_large(one: Entry, other: Entry) -> bool:
    """Return whether the swatches of two entries are equally large."""
    here, there = one.swatch.extent, other.swatch.extent
    slack = max(ALIKE_EMS * one.label.size, LEAST_ALIKE)
    return abs(here.width - there.width) <= slack and abs(here.height - there.height) <= slack


def _in_line(one: Entry, other: Entry) -> bool:
    """Return whether two entries stand in one column or row."""
    slack = IN_LINE_EMS * one.label.size
    return (
        abs(other.label.extent.left - one.label.extent.left) < slack
        or abs(other.start - one.start) < slack
        or abs(other.label.extent.middle[1] - one.label.extent.middle[1]) < slack
    )


def _is_lively(colour: str) -> bool:
    parts = parts_of(colour)
    return max(parts) - min(parts) > 24


def _in_lines(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that stand in a row or a column with another; numbers beside names only if with one of these.

    Numbers elsewhere are those at the ends of short bars, which look like swatches.
    """
    found = [entry for entry in entries if any(_in_line(entry, other) for other in entries if other is not entry)]
    named = [entry for entry in found if not _FIGURES.match(entry.name)]
    if len({_look(entry) for entry in named}) < 2:
        return found
    return [entry for entry in found if any(_in_line(entry, other) for other in named)]


def _sizes(entries: Sequence[Entry]) -> tuple[Size, ...]:
    """Return what the sizes of symbols mean: numbers behind symbols of one look that grow with them."""
    looks = Counter((entry.colour, entry.shape) for entry in entries if isinstance(entry.swatch, Symbol))
    if not looks or looks.most_common(1)[0][1] < 2:
        return ()
    look = looks.most_common(1)[0][0]
    group = [e for e in entries if isinstance(e.swatch, Symbol) and (e.colour, e.shape) == look]
    numbers = read_columns([[entry.name for entry in group]])[0]
    told = [
        Size(float(number.value), entry.swatch.extent) for entry, number in zip(group, numbers, strict=True) if number is not None
    ]
    told.sort(key=lambda size: size.value)
    widths = [size.extent.width for size in told]
    grow = all(before * GROWING < after for before, after in pairwise(widths))
    return tuple(told) if len(told) == len(group) and len(told) > 1 and grow else ()


def _title(labels: Sequence[Label], entries: Sequence[Label], extent: Extent) -> tuple[Label, ...]:
    """Return the label above the entries, or before those that stand in a row."""
    size = max(label.size for label in entries)
    mine = {id(label) for label in entries}
    best: tuple[float, Label] | None = None
    for label in labels:
        place = label.extent
        if id(label) in mine or label.size > LARGER * size or _FIGURES.match(label.text) or _stands_in_row(label, labels, mine):
            continue
        up = extent.top - place.bottom
        flush = abs(place.left - extent.left) < 1.2 * size or abs(place.middle[0] - extent.middle[0]) < 0.5 * size
        above = -0.2 * size < up < TITLE_EMS * size and flush and place.width < max(2 * extent.width, 12 * size)
        beside = len(entries) > 1 and extent.height < 2.5 * size and -0.2 * size < extent.left - place.right < 2 * size
        level = abs(place.middle[1] - extent.middle[1]) < 0.4 * size
        if above or (beside and level):
            gap = up if above else extent.left - place.right
            if best is None or gap < best[0]:
                best = gap, label
    return () if best is None else (best[1],)


def _stands_in_row(label: Label, labels: Sequence[Label], legend: set[int]) -> bool:
    """Return whether a label is one of several in a row that do not belong to the legend, as those of an axis are."""
    level, size = label.extent.middle[1], label.size
    return sum(id(one) not in legend and one.size == size and abs(one.extent.middle[1] - level) < 0.1 * size for one in labels) > 2


def _frames(scene: Scene, extent: Extent) -> list[Rectangle]:
    """Return the rectangles around a legend that frame nothing else."""
    room = extent.grown(FRAME_EMS * scene.em)
    within = extent.grown(-0.3 * scene.em)
    return [
        one
        for one in scene.rectangles
        if room.left <= one.extent.left <= within.left
        and room.top <= one.extent.top <= within.top
        and within.right <= one.extent.right <= room.right
        and within.bottom <= one.extent.bottom <= room.bottom
    ]


def _hull(extents: Sequence[Extent]) -> Extent:
    return Extent(
        min(e.left for e in extents), min(e.top for e in extents), max(e.right for e in extents), max(e.bottom for e in extents)
    )


def _direct(scene: Scene, labels: Sequence[Label], tolerance: int) -> Legend:
    """Return names that are printed in the colours of their lines or areas, two at least; their marks stay with the plot."""
    lines: list[Mark | Polygon] = [*scene.strokes, *scene.polygons, *scene.rectangles, *scene.symbols]
    by_colour: dict[str, Mark | Polygon] = {}
    for mark in lines:
        by_colour.setdefault(colour_of(mark), mark)
    entries = [
        Entry(label.text, by_colour[label.colour], label)
        for label in labels
        if label.colour in by_colour and _is_lively(label.colour) and not _FIGURES.match(label.text)
    ]
    once = Counter(entry.colour for entry in entries)
    if len(once) < 2 or max(once.values()) > 1:
        return Legend(tolerance=tolerance)
    return Legend(tuple(entries), used=tuple(entry.label for entry in entries), tolerance=tolerance)
