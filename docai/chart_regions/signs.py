"""What makes drawn shapes a chart: marks that differ as numbers do, beside scales or numbers that say by how much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from docai.chart_regions.legends import is_legend
from docai.chart_regions.mosaics import find_mosaic
from docai.chart_regions.numbers import LABEL_REACH, MOST_WORDS, are_labelled, are_tabled, are_to_scale, names_cells
from docai.chart_regions.scales import SURE, Scale, Token, between
from docai.chart_regions.shapes import SYMBOL, THIN, Place, Shape, around
from docai.chart_regions.texts import Text

REACH: Final = 60.0  # points that an axis's labels stand from what is plotted at most
PROSE_WORDS: Final = 8  # in a line of running text at least
READ_AS_RINGS: Final = frozenset("oOQCe©®@°•")  # letters that plotted rings and discs of pictures are read as
MOST_PROSE: Final = 2  # lines of it in a chart: notes between its marks
MOST_TEXT: Final = 0.3  # of what is plotted that words cover; a table's cover more
LEAST_SIDE: Final = 25.0  # points of a chart
LEAST_PICTURED: Final = 12.0  # points of one in a picture, whose size on paper is not known: charts of few bars are narrow
EQUAL: Final = 0.03  # of their width that bars of equal width differ by
PIXEL: Final = 2.0  # points that the same do in pictures, whose edges are off by a pixel or two
LEVEL: Final = 0.8  # points that the feet of bars stand off their baseline
DIFFERENT: Final = 1.0  # points that bars of different length differ by at least
MARKEDLY: Final = 0.15  # of their length that short ones do: rows of a table are of nearly the same height
LINE_SHARE: Final = 0.2  # of what is plotted that a line runs along at least
BUBBLE: Final = 60.0  # points that a bubble measures at most
FEW: Final = 3  # numbers at its marks that a chart without scales has at least
CELLS, SHADES = 9, 4  # of a heat map at least
TICK: Final = 10.0  # points that a tick is long at most
ALIGNED: Final = 1.5  # points that a label stands out of line with its tick at most
AT_TICK: Final = 10.0  # points between a label and its tick at most
AT_LINE: Final = 25.0  # points between the labels of an axis and its line at most
TICKED: Final = 3  # labels at ticks that an axis of names has at least
LONG: Final = 40.0  # points; of what is longer than a row of a table, small differences are those of values
NEAR: Final = 12.0  # points around what is plotted where a table or a receipt has words, and a chart few
HALF: Final = 0.5  # of what is plotted that an axis or grid line runs along
ALIKE_SIDES: Final = 0.08  # of their sides that small multiples differ by
HEAT_TEXT: Final = 0.7  # of a heat map that the numbers in its cells cover at most
AXIS_LABELS: Final = 4  # numbers with ticks or grid lines of an axis beside which anything is drawn
WORDS_A_LABEL: Final = 2  # words in a plot for each number at its axes at most
MOST_COLOURS: Final = 8  # of the marks of a plot without numbers, as pictures show them; photographs have more
MANY_DOTS: Final = 8  # rows and columns that symbols stand in where they need no numbers beside them to be a plot
ALL_RULED: Final = 0.7  # of an axis's labels that have a tick or a grid line


def is_chart(
    shapes: Sequence[Shape], scales: Sequence[Scale], tokens: Sequence[Token], texts: Sequence[Text], *, pictured: bool
) -> bool:
    core = around(shape.place for shape in shapes)
    if min(core.width, core.height) < (LEAST_PICTURED if pictured else LEAST_SIDE):
        return False
    inside = [text for text in texts if core.holds(text.place, 2)]
    slack = PIXEL if pictured else LEVEL
    mosaic = find_mosaic(shapes) if pictured else []
    is_heat = bool(mosaic) or any(_heat([shape for shape in shapes if shape.kind == "rectangle"], slack))
    measured = any(scale.ruled and len(scale.tokens) >= SURE and _is_beside(scale, core, core) for scale in scales)
    is_pie = any(len({shape.colour for shape in pie}) > 1 or len(pie) > 2 for pie in pies_of(shapes))
    if _is_text(core, inside, is_heat=is_heat, measured=measured or is_pie) or (not pictured and is_legend(shapes, texts)):
        return False
    if pictured and not is_heat and are_tabled([t.place for t in tokens if t.value is not None and core.holds(t.place)]):
        return False
    near = [token for token in tokens if core.grown(REACH).holds(token.place)]
    if is_pie:
        return bool(near) or bool(tokens)
    words = [token.place for token in near if token.value is None and not (pictured and set(token.text) <= READ_AS_RINGS)]
    marks = list(_marks(shapes, core, words, slack)) or mosaic
    if pictured and not marks:
        marks = _standing(shapes, words)
    if not (marks and (pictured or any(_is_beside(scale, around(shape.place for shape in marks), core) for scale in scales))):
        marks += _ranges(shapes, scales, words, slack)
    if _has_axes(shapes, core, scales, inside, pictured=pictured) or are_to_scale(shapes, near) or _is_plan(shapes, near, words):
        return True
    if not marks:
        return False
    plotted = around(shape.place for shape in marks)
    if any(_is_beside(scale, plotted, core) for scale in scales) or (is_heat and names_cells(plotted, texts)):
        return True
    if mosaic and _is_named(mosaic, texts, words):
        return True
    if _is_ticked(shapes, texts, near) or are_labelled(
        list(bars_of(marks)), [token for token in tokens if plotted.grown(LABEL_REACH).holds(token.place)]
    ):
        return True
    return pictured and _is_plausible(shapes, marks, plotted, tokens)


def _is_named(mosaic: Sequence[Shape], texts: Sequence[Text], words: Sequence[Place]) -> bool:
    """Return whether names stand beside a mosaic, and no more than a few words in it as in the shaded cells of a table."""
    place = around(piece.place for piece in mosaic)
    return names_cells(place, texts, pictured=True) and sum(place.holds(word) for word in words) <= FEW


def is_facet(panel: Sequence[Shape], plots: Sequence[Sequence[Shape]]) -> bool:
    """Return whether a plot without axes of its own is as large as a chart in its row or column, and has marks as it has."""
    core = around(shape.place for shape in panel)
    kinds = {shape.kind for shape in panel} - {"rule", "frame"}
    for plot in plots:
        other = around(shape.place for shape in plot)
        slack = max(ALIKE_SIDES * other.width, TICK), max(ALIKE_SIDES * other.height, TICK)  # the outer ones may have ticks
        same = abs(core.width - other.width) < slack[0] and abs(core.height - other.height) < slack[1]
        level = abs(core.middle[1] - other.middle[1]) < ALIKE_SIDES * other.height
        above = abs(core.middle[0] - other.middle[0]) < ALIKE_SIDES * other.width
        if same and (level or above) and len(panel) > FEW and kinds and kinds <= {shape.kind for shape in plot}:
            return True
    return False


def _is_text(core: Place, inside: Sequence[Text], *, is_heat: bool, measured: bool) -> bool:
    """Return whether what is drawn is full of words, as the panel of a text or a table is."""
    prose = sum(text.count >= PROSE_WORDS and text.place.width > 0.5 * core.width for text in inside)
    if prose > MOST_PROSE and not is_heat:
        return True
    return sum(text.area for text in inside) > (HEAT_TEXT if is_heat or measured else MOST_TEXT) * core.area


# Numbers at marks


def _is_plausible(shapes: Sequence[Shape], marks: Sequence[Shape], plotted: Place, tokens: Sequence[Token]) -> bool:
    """Return whether a picture has marks with numbers around them, and not words in them as the shaded cells of a table have."""
    numbers = sum(token.value is not None and plotted.grown(REACH).holds(token.place) for token in tokens)
    bars = list(bars_of(marks, PIXEL))
    named = sum(any(bar.place.holds(token.place, 1) and token.value is None for token in tokens) for bar in bars)
    names = sum(token.value is None and len(token.text) > 2 and plotted.holds(token.place) for token in tokens)
    if 2 * named > len(bars) or names > max(MOST_WORDS, numbers):
        return False
    rules = [shape.place for shape in shapes if shape.kind in ("rule", "frame")]
    wide = any(rule.width >= HALF * plotted.width for rule in rules)
    ruled = wide and any(rule.height >= HALF * plotted.height for rule in rules)
    if numbers < FEW and not (ruled and _are_many(bars, marks) and len({mark.colour for mark in marks}) <= MOST_COLOURS):
        return False  # photographs are full of what looks like marks, but in no frame, or in many colours
    if len(bars) >= FEW:
        around_it = [token for token in tokens if token.value is None and len(token.text) > 2]
        return sum(plotted.grown(NEAR).holds(token.place) for token in around_it) <= MOST_WORDS * len(bars)
    return ruled


def _are_many(bars: Sequence[Shape], marks: Sequence[Shape]) -> bool:
    """Return whether bars of several lengths, or symbols at many places, tell of values though no number is read beside them."""
    lengths = {round(max(bar.place.width, bar.place.height) / (2 * PIXEL)) for bar in bars}
    dots = [mark.place.middle for mark in marks if max(mark.place.width, mark.place.height) < SYMBOL]
    places = min(len({round(dot[side] / PIXEL) for dot in dots}) for side in (0, 1))
    return (len(bars) > FEW and len(lengths) >= FEW) or places >= MANY_DOTS


def _is_plan(shapes: Sequence[Shape], near: Sequence[Token], words: Sequence[Place]) -> bool:
    """Return whether two axes have three words and more at their ticks each, with no words in what is drawn between them."""
    return min(_ticked(shapes, [token.place for token in near])) >= TICKED and not any(
        shape.kind != "rule" and _is_cell(shape, words) for shape in shapes
    )


def _is_ticked(shapes: Sequence[Shape], texts: Sequence[Text], near: Sequence[Token]) -> bool:
    """Return whether one axis has three and more labels at its ticks, or two axes two numbers each."""
    if max(_ticked(shapes, [text.place for text in texts])) >= TICKED:
        return True
    return min(_ticked(shapes, [token.place for token in near if token.value is not None])) >= TICKED - 1


def _ticked(shapes: Sequence[Shape], labels: Sequence[Place]) -> tuple[int, int]:
    """Return how many labels stand right at the ends of the ticks of one axis, in line with them: one upwards, one across."""
    ticks = [shape.place for shape in shapes if shape.kind == "rule" and max(shape.place.width, shape.place.height) <= TICK]
    counts: dict[tuple[bool, int], set[int]] = {}
    for number, label in enumerate(labels):
        x, y = label.middle
        for tick in ticks:
            upright = tick.height > tick.width
            if upright and abs(tick.middle[0] - x) < ALIGNED and -2 <= label.top - tick.bottom <= AT_TICK:
                counts.setdefault((True, round(tick.bottom)), set()).add(number)
            elif not upright and abs(tick.middle[1] - y) < ALIGNED and -2 <= tick.left - label.right <= AT_TICK:
                counts.setdefault((False, round(tick.left)), set()).add(number)
    up, across = (max((len(found) for (way, _), found in counts.items() if way == upright), default=0) for upright in (False, True))
    return up, across


def _has_axes(shapes: Sequence[Shape], core: Place, scales: Sequence[Scale], inside: Sequence[Text], *, pictured: bool) -> bool:
    """Return whether something is drawn between two number axes that meet at a corner, or along one whose labels have ticks.

    What is full of words is none: a calendar, the squares of a map.
    """
    labels = [token for scale in scales for token in scale.tokens if core.grown(REACH).holds(token.place)]
    words = sum(text.count for text in inside) - sum(core.holds(token.place, 2) for token in labels)
    if words > WORDS_A_LABEL * len(labels):
        return False
    drawn = [shape.place for shape in shapes if pictured or shape.kind not in ("rule", "frame")]
    for place in between(scales):
        if place.shared(core) > HALF * max(place.area, core.area) and any(place.holds(mark, 6) for mark in drawn):
            return True
    return any(
        scale.ruled
        and len(scale.tokens) >= AXIS_LABELS - pictured
        and _is_beside(scale, core, core)
        and any(_is_along(scale, mark) for mark in drawn)
        for scale in scales
    )


def _is_along(scale: Scale, place: Place) -> bool:
    """Return whether a place lies in the stretch of an axis, give or take a step."""
    return _spans(scale, place, (0, 2) if scale.across else (1, 3))


def _is_beside(scale: Scale, plotted: Place, core: Place) -> bool:
    """Return whether the labels of a number axis stand along what is plotted, near to what is drawn with it (`core`)."""
    if scale.across:
        along = min(scale.place.right, plotted.right) - max(scale.place.left, plotted.left)
        gap = max(scale.place.top - core.bottom, core.top - scale.place.bottom)
        return along > 0.5 * min(scale.place.width, max(plotted.width, 1.0)) and gap < REACH
    along = min(scale.place.bottom, plotted.bottom) - max(scale.place.top, plotted.top)
    gap = max(core.left - scale.place.right, scale.place.left - core.right)
    return along > 0.5 * min(scale.place.height, max(plotted.height, 1.0)) and gap < REACH


def is_ruled(scale: Scale, rules: Sequence[Place]) -> bool:
    """Return whether an axis has most labels in line with a tick or a grid line near them, or a line that runs along them all."""
    ruled = 0
    for token in scale.tokens:
        x, y = token.place.middle
        if scale.across:
            ruled += any(r.width < THIN and abs(r.middle[0] - x) < ALIGNED and _beyond(r.top, r.bottom, y) < REACH for r in rules)
        else:
            ruled += any(r.height < THIN and abs(r.middle[1] - y) < ALIGNED and _beyond(r.left, r.right, x) < REACH for r in rules)
    return ruled >= ALL_RULED * len(scale.tokens) or _has_line(scale, rules)


def _has_line(scale: Scale, rules: Sequence[Place]) -> bool:
    """Return whether a line runs right beside all labels of an axis, and none between them, as those of a table do."""
    (left, top, right, bottom), ends = scale.place, (scale.tokens[0].place.middle, scale.tokens[-1].place.middle)
    if scale.across:
        low, high = min(x for x, _ in ends), max(x for x, _ in ends)
        along = any(
            r.height < THIN and r.left <= low + PIXEL and r.right >= high - PIXEL and _beyond(top, bottom, r.top) < AT_LINE
            for r in rules
        )
        return along and not any(
            r.width < THIN and low < r.left < high and r.top < bottom - 1 and r.bottom > top + 1 for r in rules
        )
    low, high = min(y for _, y in ends), max(y for _, y in ends)
    along = any(
        r.width < THIN and r.top <= low + PIXEL and r.bottom >= high - PIXEL and _beyond(left, right, r.left) < AT_LINE
        for r in rules
    )
    return along and not any(r.height < THIN and low < r.top < high and r.left < right - 1 and r.right > left + 1 for r in rules)


def _beyond(low: float, high: float, value: float) -> float:
    """Return how far a value lies outside an interval."""
    return max(low - value, value - high, 0.0)


# Marks


def _marks(shapes: Sequence[Shape], core: Place, words: Sequence[Place], slack: float) -> Iterator[Shape]:
    """Yield what stands for values."""
    yield from bars_of([shape for shape in shapes if shape.kind == "rectangle" and not _is_cell(shape, words)], slack)
    for shape in shapes:
        place = shape.place
        if shape.kind == "area" and place.width < 0.5 * core.width and _is_cell(shape, words):
            continue
        if shape.kind in ("line", "area") and max(place.width / core.width, place.height / core.height) >= LINE_SHARE:
            yield shape
    yield from _in_segments(shapes, core)
    dots = [
        shape
        for shape in shapes
        if (shape.kind in ("symbol", "sector", "area") and max(shape.place.width, shape.place.height) < BUBBLE)
        or (shape.kind in ("rectangle", "line") and max(shape.place.width, shape.place.height) < SYMBOL)  # crosses are lines
    ]
    dots = [dot for dot in (*dots, *crosses_of(shapes)) if not _is_cell(dot, words)]
    if len({round(dot.place.middle[0]) for dot in dots}) >= FEW and len({round(dot.place.middle[1]) for dot in dots}) >= FEW:
        yield from dots
    rules = [replace(shape, kind="rectangle") for shape in shapes if shape.kind == "rule"]
    hair = list(bars_of(rules)) if slack == LEVEL else []  # in pictures, grid lines are of many lengths
    if len({round(max(bar.place.width, bar.place.height)) for bar in hair}) >= FEW + 1:
        yield from hair
    yield from _heat([shape for shape in shapes if shape.kind == "rectangle"], slack)


def crosses_of(shapes: Sequence[Shape]) -> Iterator[Shape]:
    """Yield one rule of each upright cross: two short ones of equal length that have one middle."""
    small = [shape for shape in shapes if shape.kind == "rule" and max(shape.place.width, shape.place.height) < SYMBOL]
    lying = {(*_half_points(shape), round(shape.place.width)) for shape in small if shape.place.width > shape.place.height}
    yield from (
        shape
        for shape in small
        if shape.place.height > shape.place.width and (*_half_points(shape), round(shape.place.height)) in lying
    )


def _half_points(shape: Shape) -> tuple[int, int]:
    across, down = shape.place.middle
    return round(2 * across), round(2 * down)


def _in_segments(shapes: Sequence[Shape], core: Place) -> Iterator[Shape]:
    """Yield the pieces of lines that are drawn piece by piece: of one colour, each begins where another ends."""
    colours: dict[str, list[Shape]] = {}
    for shape in shapes:
        if shape.kind == "line":
            colours.setdefault(shape.colour, []).append(shape)
    for group in colours.values():
        starts = {round(shape.place.left) for shape in group}
        going_on = sum(round(shape.place.right) in starts for shape in group)
        if going_on >= FEW and 2 * going_on >= len(group) and around(s.place for s in group).width >= LINE_SHARE * core.width:
            yield from group


def _standing(shapes: Sequence[Shape], words: Sequence[Place]) -> list[Shape]:
    """Return large rectangles without words that stand on a rule or against one: one bar that is much the longest."""
    rules = [shape.place for shape in shapes if shape.kind == "rule"]
    bars = [s for s in shapes if s.kind == "rectangle" and min(s.place.width, s.place.height) > 10 and not _is_cell(s, words)]
    found = []
    for bar in bars:
        left, top, right, bottom = bar.place
        on = any(
            abs(r.top - bottom) < PIXEL and r.left < left and r.right > right and r.width > 1.3 * bar.place.width for r in rules
        )
        at = any(
            abs(r.left - left) < PIXEL and r.top < top and r.bottom > bottom and r.height > 1.3 * bar.place.height for r in rules
        )
        found += [bar] if on or at else []
    return found


def _ranges(shapes: Sequence[Shape], scales: Sequence[Scale], words: Sequence[Place], slack: float) -> list[Shape]:
    """Return boxes of equal width side by side that stand for ranges of an axis with ticks or grid lines: boxes, floating bars."""
    found: list[Shape] = []
    for along, across in (((1, 3), (0, 2)), ((0, 2), (1, 3))):
        axes = [scale for scale in scales if scale.across == (along[0] == 0) and (scale.ruled or len(scale.tokens) > SURE)]
        ranges = [
            shape
            for shape in shapes
            if shape.kind in ("rectangle", "frame")
            and min(shape.place.width, shape.place.height) > THIN
            and not _is_cell(shape, words)
            and any(_spans(scale, shape.place, along) for scale in axes)
        ]
        once = {tuple(round(side) for side in shape.place): shape for shape in ranges}.values()  # filled, then outlined
        wide = [(shape.place[across[1]] - shape.place[across[0]], shape) for shape in once]
        for group in _alike(wide, max(slack, EQUAL * max((width for width, _ in wide), default=0.0))):
            starts = {round(shape.place[across[0]]) for shape in group}
            ends = {round(shape.place[end]) for shape in group for end in along}
            apart = all(a.place.shared(b.place) < 1 for a, b in pairwise(sorted(group, key=lambda s: s.place[across[0]])))
            if len(starts) > 1 and len(ends) >= FEW and apart:
                found += group
    return found


def _spans(scale: Scale, place: Place, along: tuple[int, int]) -> bool:
    """Return whether a box lies in the stretch of an axis beside it, give or take a step."""
    step = (scale.place[along[1]] - scale.place[along[0]]) / max(1, len(scale.tokens) - 1)
    return scale.place[along[0]] - step <= place[along[0]] and place[along[1]] <= scale.place[along[1]] + step


def _is_cell(shape: Shape, words: Sequence[Place]) -> bool:
    """Return whether a filled rectangle is the ground of words; numbers may stand in a bar."""
    return any(shape.place.holds(word, 1) for word in words)


def bars_of(rectangles: Sequence[Shape], slack: float = LEVEL) -> Iterator[Shape]:
    """Yield rectangles of equal width that stand on, hang from or lie along one line, give or take `slack`, and differ."""
    bars = [shape for shape in rectangles if shape.kind == "rectangle"]
    seen: set[int] = set()
    for foot, along, across in ((3, (1, 3), (0, 2)), (1, (1, 3), (0, 2)), (0, (0, 2), (1, 3)), (2, (0, 2), (1, 3))):
        for level in _alike([(bar.place[foot], bar) for bar in bars], slack):
            wide = [(bar.place[across[1]] - bar.place[across[0]], bar) for bar in level]
            for group in _alike(wide, max(slack, EQUAL * max(width for width, _ in wide))):
                lengths = [bar.place[along[1]] - bar.place[along[0]] for bar in group]
                starts = {round(bar.place[across[0]]) for bar in group}
                least = DIFFERENT if max(lengths) >= LONG else max(DIFFERENT, MARKEDLY * max(lengths))
                if len(starts) > 1 and max(lengths) - min(lengths) >= max(least, slack):
                    yield from (bar for bar in group if id(bar) not in seen)
                    seen.update(map(id, group))


def _alike(measured: Sequence[tuple[float, Shape]], slack: float) -> Iterator[list[Shape]]:
    """Yield groups of two and more shapes whose measure is that of the first in their group, or up to `slack` more."""
    group: list[Shape] = []
    first = 0.0
    for measure, shape in sorted(measured, key=lambda pair: pair[0]):
        if group and measure - first > slack:
            if len(group) > 1:
                yield group
            group = []
        if not group:
            first = measure
        group.append(shape)
    if len(group) > 1:
        yield group


def _heat(rectangles: Sequence[Shape], slack: float = LEVEL) -> Iterator[Shape]:
    """Yield cells of equal size in rows and columns and in many shades."""
    for wide in _alike([(shape.place.width, shape) for shape in rectangles], slack):
        for group in _alike([(shape.place.height, shape) for shape in wide], slack):
            columns, rows = (len(list(_alike([(s.place[side], s) for s in group], 2 * slack))) for side in (0, 1))
            filled = len(group) > 0.5 * columns * rows
            shades = len({shape.colour for shape in group})
            if len(group) >= CELLS and min(columns, rows) >= FEW and filled and shades >= SHADES:
                yield from group


def pies_of(shapes: Sequence[Shape]) -> list[list[Shape]]:
    """Return the sectors of each disc, two at least; one that is pulled out belongs to it."""
    groups: list[list[Shape]] = []
    for shape in sorted((shape for shape in shapes if shape.kind == "sector"), key=lambda shape: -shape.radius):
        (x, y), radius = shape.centre, shape.radius
        for group in groups:
            near = max(abs(group[0].centre[0] - x), abs(group[0].centre[1] - y)) < 0.3 * group[0].radius
            if near and radius > 0.3 * group[0].radius:
                group.append(shape)
                break
        else:
            groups.append([shape])
    return [group for group in groups if len(group) > 1]
