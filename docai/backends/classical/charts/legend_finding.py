"""Legends found: swatches with their names.

A legend is told by its swatches: small marks that look different from each other, in a row or column, each with its name right
behind it, or all with their names right before them. So it is found before the axes, whose labels have no such marks. A single
swatch makes a legend if it stands aside of all that is drawn, or in a frame of its own, in the colour of a mark elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import mean
from typing import Final

import numpy as np

from docai.backends.classical.charts.axes.readings import read_numbers
from docai.backends.classical.charts.legend_columns import without_axes
from docai.backends.classical.charts.legend_entries import away, entries_beside, is_lively, look_of
from docai.backends.classical.charts.legends import CLEARLY, SAME_COLOUR, Entry, Legend, Mark, Size, colour_of, distance
from docai.backends.classical.charts.ramps import parts_of
from docai.backends.classical.charts.scene import Extent, Label, Polygon, Rectangle, Scene, Stroke, Symbol
from docai.numbers import read_columns

GROWING: Final = 1.01  # times as wide as the one before that a symbol of a legend of sizes is at least; less is rounding
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
    near = _without_values([entry for entry in entries_beside(scene, level, behind=False) if not _is_at_bar(entry, scene)])
    if scene.sectors:  # lines lead to the names of sectors
        near = [entry for entry in near if not isinstance(entry.swatch, Stroke)]
    sizes = _sizes(near)
    entries = _of_one_legend([e for e in near if not any(e.swatch.extent == size.extent for size in sizes)], scene, level)
    if not sizes:
        after = _of_one_legend(_once_each(entries_beside(scene, level, behind=True)), scene, level)
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
    extent = _hull([extent, *(label.extent for label in title)])
    frames = _frames(scene, extent)
    return Legend(
        entries=() if _are_shades(entries, scene) else tuple(entries),
        title=" ".join(label.text for label in title),
        extent=_hull([extent, *(frame.extent for frame in frames)]),
        used=(*parts, *title),
        marks=(*marks, *frames),
        sizes=sizes,
        tolerance=tolerance,
    )


def _is_on_bar(label: Label, scene: Scene) -> bool:
    """Return whether a number stands on a coloured rectangle that is larger: a value printed on its bar, and no name."""
    if not _FIGURES.match(label.text):
        return False
    text = label.extent
    under = [
        mark
        for mark in scene.rectangles
        if mark.fill and mark.extent.holds((text.left, text.middle[1])) and mark.extent.holds((text.right, text.middle[1]))
    ]
    return bool(under) and is_lively(max(under, key=lambda mark: mark.order).fill)  # the frame of a legend may cover bars


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


def _of_one_legend(entries: Sequence[Entry], scene: Scene, labels: Sequence[Label]) -> list[Entry]:
    """Return the entries that make a legend together; none unless they have two looks at least."""
    found = without_axes(_in_lines(_alike(entries)), labels if scene.blur else ())
    return found if len({look_of(entry) for entry in found}) > 1 else []


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
    same = {id(entry.swatch) for entry in before} == {id(entry.swatch) for entry in after}
    return same and mean(map(away, before)) <= mean(map(away, after))


def _once_each(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries without lines that look like others, as ticks do."""
    looks = Counter(look_of(entry) for entry in entries)
    return [entry for entry in entries if looks[look_of(entry)] == 1 or not isinstance(entry.swatch, Stroke)]


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
    colours, looks = Counter(entry.colour for entry in entries), Counter(map(look_of, entries))
    ticks = {  # numbers before grid lines and ticks, of one colour, are those of an axis, or of data
        id(e)
        for e in entries
        if isinstance(e.swatch, Stroke)
        and _FIGURES.match(e.name)
        and not is_lively(e.colour)
        and colours[e.colour] > 1
        and not (_YEAR.match(e.name) and looks[look_of(e)] == 1)
    }
    if groups:
        others = [entry for entry in others if id(entry) not in ticks]
    most = max(groups, key=lambda group: (len({look_of(entry) for entry in group}), len(group)), default=[])
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
        and not is_lively(entry.colour)
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


def _in_lines(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that stand in a row or a column with another; numbers beside names only if with one of these.

    Numbers elsewhere are those at the ends of short bars, which look like swatches.
    """
    found = [entry for entry in entries if any(_in_line(entry, other) for other in entries if other is not entry)]
    named = [entry for entry in found if not _FIGURES.match(entry.name)]
    if len({look_of(entry) for entry in named}) < 2:
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
    in_row = len({round(label.extent.middle[1] / size) for label in entries}) < len(entries)
    best: tuple[float, Label] | None = None
    for label in labels:
        place = label.extent
        if id(label) in mine or label.size > LARGER * size or _FIGURES.match(label.text) or _stands_in_row(label, labels, mine):
            continue
        up = extent.top - place.bottom
        flush = abs(place.left - extent.left) < 1.2 * size or abs(place.middle[0] - extent.middle[0]) < 0.5 * size
        above = -0.2 * size < up < TITLE_EMS * size and flush and place.width < max(2 * extent.width, 12 * size)
        beside = in_row and extent.height < 2.5 * size and -0.2 * size < extent.left - place.right < 2 * size
        if above or (beside and abs(place.middle[1] - extent.middle[1]) < 0.4 * size):
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
        if label.colour in by_colour and is_lively(label.colour) and not _FIGURES.match(label.text)
    ]
    once = Counter(entry.colour for entry in entries)
    if len(once) < 2 or max(once.values()) > 1:
        return Legend(tolerance=tolerance)
    return Legend(tuple(entries), used=tuple(entry.label for entry in entries), tolerance=tolerance)
