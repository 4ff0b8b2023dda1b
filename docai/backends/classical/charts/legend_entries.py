"""Labels with the small marks beside them: what may be the entries of a legend."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from docai.backends.classical.charts.legends import Entry, Mark, colour_of
from docai.backends.classical.charts.ramps import parts_of
from docai.backends.classical.charts.scene import Extent, Label, Place, Rectangle, Scene, Stroke, Symbol

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
INSIDE: Final = 0.1  # scene units that a mark may stick out of the one that it lies in
OWN_EMS: Final = 0.15  # that the middles of marks of one swatch are apart at most


def entries_beside(scene: Scene, labels: Sequence[Label], *, behind: bool) -> list[Entry]:
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
    held = one.encloses(other, INSIDE) or other.encloses(one, INSIDE)
    return held or abs(one.middle[1] - other.middle[1]) <= slack


def _is_print(extent: Extent, labels: Sequence[Label]) -> bool:
    """Return whether a small mark of a picture lies in a label: a piece of a letter or of the glow around it, and no swatch."""
    return any(label.extent.holds(extent.middle) for label in labels)


def _nearest_each(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries with one for each swatch: that whose name stands nearest to it."""
    nearest: dict[int, Entry] = {}
    for entry in entries:
        other = nearest.get(id(entry.swatch))
        if other is None or away(entry) < away(other):
            nearest[id(entry.swatch)] = entry
    return [entry for entry in entries if nearest[id(entry.swatch)] is entry]


def away(entry: Entry) -> float:
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
    key = rectangles and not is_lively(colour_of(lead))
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


def look_of(entry: Entry) -> tuple[object, ...]:
    return entry.colour, entry.dashes, entry.shape, entry.opacity


def is_lively(colour: str) -> bool:
    parts = parts_of(colour)
    return max(parts) - min(parts) > 24
