"""Charts among a page's drawings, told by what charts are: marks that differ as numbers do, beside scales that say by how much.

A chart has bars of equal width on a common baseline, lines, areas, scattered symbols or sectors around one centre; and numbers at
even steps, or numbers at its marks. Tables, forms, logos and diagrams have one or the other, not both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from docai.box import Box, hull
from docai.chart_labels import Labelled, Text, at_even_steps, fill_picture, label_charts
from docai.chart_scales import SURE, Scale, Token, find_scales, value_of
from docai.chart_shapes import SYMBOL, THIN, Place, Shape, around, shapes_of
from docai.lines import Line
from docai.sources import SourcePage, SourceWord, VectorPath

CELL: Final = 3.0  # points of the raster on which nearness is judged
JOIN: Final = 5  # cells; what is nearer than 12 points hangs together, as bars of a chart do
PAGE_SHARE: Final = 0.9  # of the page that its paper covers
GROUND_LINES: Final = 3  # lines of prose in a shape from which on it is a ground of text
REACH: Final = 60.0  # points that an axis's labels stand from what is plotted at most
CORNER: Final = 45.0  # points that the labels of two axes of a plot stand apart at its corner at most
PROSE_WORDS: Final = 8  # in a line of running text at least
MOST_PROSE: Final = 2  # lines of it in a chart: notes between its marks
MOST_TEXT: Final = 0.3  # of what is plotted that words cover; a table's cover more
LEAST_SIDE: Final = 25.0  # points of a chart
EQUAL: Final = 0.03  # of their width that bars of equal width differ by
PIXEL: Final = 2.0  # points that the same do in pictures, whose edges are off by a pixel or two
LEVEL: Final = 0.8  # points that the feet of bars stand off their baseline
DIFFERENT: Final = 1.0  # points that bars of different length differ by at least
MARKEDLY: Final = 0.15  # of their length that short ones do: rows of a table are of nearly the same height
LINE_SHARE: Final = 0.2  # of what is plotted that a line runs along at least
BUBBLE: Final = 60.0  # points that a bubble measures at most
FEW: Final = 3  # numbers at its marks that a chart without scales has at least
PANEL_WIDTH, PANEL_HEIGHT = 40.0, 30.0  # points of a plot at least, where there are several
PANEL_SHARE: Final = 0.15  # of the largest plot that one beside it has at least; smaller frames are legends
CELLS, SHADES = 9, 4  # of a heat map at least
TICK_MARKS: Final = "-–—_|.,:;'’`~=•"  # what a tick beside a number is read as
TICK: Final = 10.0  # points that a tick is long at most
ALIGNED: Final = 1.5  # points that a label stands out of line with its tick at most
AT_TICK: Final = 10.0  # points between a label and its tick at most
TICKED: Final = 3  # labels at ticks that an axis of names has at least
LABEL_REACH: Final = 14.0  # points from the end of a bar to its number at most
MOST: Final = 0.6  # of the bars that have numbers, where no axis has any
CORRELATED: Final = 0.9  # the lengths of bars with their numbers at least
SPACE: Final = 0.45  # ems between words of a text at most
MOST_WORDS: Final = 4  # times as many words as bars then: number, name, and those of titles
LONG: Final = 40.0  # points; of what is longer than a row of a table, small differences are those of values
BADGE: Final = 40.0  # points that the ground of a number of a step measures at most
NEAR: Final = 12.0  # points around what is plotted where a table or a receipt has words, and a chart few
HALF: Final = 0.5  # of what is plotted that an axis or grid line runs along
ALIKE_SIDES: Final = 0.08  # of their sides that small multiples differ by
MANY: Final = 4000  # shapes of a cluster that are looked at one by one
AXIS_SHARE: Final = 0.8  # of a plot's side that its axes are long; grid lines may reach over
HEAT_TEXT: Final = 0.7  # of a heat map that the numbers in its cells cover at most
SIDE_BY_SIDE: Final = 1.5  # times their width that bars stand apart at most, and times it again where they stand alone
MOST_BARS: Final = 400  # rectangles of one size; more are a heat map or a texture, which hang together anyway
TURNED: Final = 0.8  # of the lines that run up or down which label upright charts, where a page is not printed sideways
ALL_RULED: Final = 0.7  # of an axis's labels that have a tick or a grid line
_GROUPED = re.compile(r"^[-\u2212(]?[$€£₩₫¥]?\d{1,3}( \d{3})*$")
_GROUP = re.compile(r"^\d{3}([.,]\d+)?[)%]?$")


@dataclass(frozen=True, slots=True)
class Plotted:
    """A chart on the page.

    Attributes:
        box: Where it is, its labels, titles and legend included.
        lines: Its text.
        borrowed: Labels of an axis that it shares with a neighbour, moved to where its own would stand; legends that it shares.
        paths: What is drawn of it, and of a legend that it shares.
    """

    box: Box
    lines: tuple[Line, ...]
    borrowed: tuple[Line, ...]
    paths: tuple[VectorPath, ...]


def find_charts(page: SourcePage, lines: Sequence[Line], *, pictured: bool = False) -> list[Plotted]:
    """Return the charts that are drawn on a page; `lines` are those that may belong to them.

    Of a picture (`pictured`) not all labels are read, and all edges are off by a pixel: fewer signs are enough.
    """
    width, height = page.width_points, page.height_points
    shapes = [shape for shape in shapes_of(page.paths, width, height) if shape.place.area < PAGE_SHARE * width * height]
    if sum(shape.kind != "rule" for shape in shapes) < 1 or not lines:
        return []
    texts = [_text(line, width, height) for line in lines]
    tokens = [token for number, line in enumerate(lines) for token in _tokens(line, number, width, height)]
    if pictured:  # a tick is read with its number
        tokens = [replace(token, value=value_of(token.text.strip(TICK_MARKS))) for token in tokens]
    grounds = {id(shape) for shape in shapes if _is_ground(shape, texts)}
    drawn = [shape for shape in shapes if id(shape) not in grounds]
    scales = [scale for scale in find_scales(tokens) if len(scale.tokens) >= SURE or not _are_badges(scale, drawn)]
    plots: list[list[Shape]] = []
    rest: list[list[Shape]] = []
    for cluster in _clusters(drawn, scales, width, height):
        for panel in _panels(cluster):
            (plots if _is_chart(panel, scales, tokens, texts, pictured=pictured) else rest).append(panel)
    plots += [panel for panel in rest if _is_facet(panel, plots)]
    if not plots:
        return []
    pictures = [Place(b.left * width, b.top * height, b.right * width, b.bottom * height) for b in (p.box for p in page.pictures)]
    drawn += [Shape(place, "other", "", -1) for place in pictures if not pictured]
    found = label_charts(plots, drawn, scales, texts, Place(0, 0, width, height))
    if pictured and len(found) == 1:
        fill_picture(found[0], texts, Place(0, 0, width, height))
    result = []
    for chart in found:
        place = chart.place
        result.append(
            Plotted(
                Box.clipped(place.left / width, place.top / height, place.right / width, place.bottom / height),
                tuple(lines[number] for number in chart.lines),
                tuple(_moved(lines[number], across / width, down / height) for number, across, down in chart.borrowed),
                tuple(page.paths[number] for number in sorted(_paths_of(chart, found, shapes))),
            )
        )
    return result


def stands_upright(page: SourcePage, lines: Sequence[Line], *, pictured: bool = False) -> bool:
    """Return whether what is written up or down on a page are labels of charts that stand upright."""
    tokens = [
        token
        for number, line in enumerate(lines)
        if not line.words[0].direction
        for token in _tokens(line, number, page.width_points, page.height_points)
    ]
    if not find_scales(tokens):
        return False
    labels = {id(line) for chart in find_charts(page, lines, pictured=pictured) for line in chart.lines}
    turned = [line for line in lines if line.words[0].direction]
    return sum(id(line) in labels for line in turned) >= TURNED * len(turned)


def _paths_of(chart: Labelled, charts: Sequence[Labelled], shapes: Sequence[Shape]) -> set[int]:
    """Return the places of the paths that are drawn of a chart: its own, and what lies in it and is no other's."""
    others = {shape.path for other in charts if other is not chart for shape in other.shapes}
    inside = {shape.path for shape in shapes if chart.place.holds(shape.place, 2)}
    return {number for number in {shape.path for shape in (*chart.shapes, *chart.keys)} | (inside - others) if number >= 0}


def _are_badges(scale: Scale, shapes: Sequence[Shape]) -> bool:
    """Return whether the numbers of a short scale stand on small grounds of their own, as the numbers of steps do."""
    grounds = [shape.place for shape in shapes if shape.kind in ("rectangle", "symbol", "area") and shape.place.width < BADGE]
    return all(any(ground.holds(token.place, 2) and ground.height < BADGE for ground in grounds) for token in scale.tokens)


def _text(line: Line, width: float, height: float) -> Text:
    box = line.box
    place = Place(box.left * width, box.top * height, box.right * width, box.bottom * height)
    size, turned = max(line.size, 1.0), bool(line.words[0].direction)
    middles = [(word.box.left + word.box.right) / 2 * width for word in line.words]
    return Text(place, line.text, len(line.words), size, turned, not turned and at_even_steps(middles, size))


def _tokens(line: Line, number: int, width: float, height: float) -> Iterator[Token]:
    """Yield the words of a line; numbers that stand in a text, as in "May 21, 2009", are no values."""
    words = list(_with_thousands(line))
    for place, word in enumerate(words):
        box = word.box
        beside = words[max(0, place - 1) : place] + words[place + 1 : place + 2]
        within = any(
            _gap(word.box, other.box) < SPACE * line.em and len(other.text) > 1 and value_of(other.text) is None for other in beside
        )
        where = Place(box.left * width, box.top * height, box.right * width, box.bottom * height)
        yield Token(where, word.text, None if within and not word.direction else value_of(word.text), number)


def _with_thousands(line: Line) -> Iterator[SourceWord]:
    """Yield the words of a line, those of one number made one: "200 000"."""
    before: SourceWord | None = None
    for word in line.words:
        if before is not None:
            near = not word.direction and 0 < word.box.left - before.box.right < SPACE * line.em
            if near and _GROUP.match(word.text) and _GROUPED.match(before.text):
                before = before._replace(text=f"{before.text} {word.text}", box=hull((before.box, word.box)))
                continue
            yield before
        before = word
    if before is not None:
        yield before


def _gap(box: Box, other: Box) -> float:
    return max(box.left - other.right, other.left - box.right)


def _moved(line: Line, across: float, down: float) -> Line:
    """Return a line of a neighbour's where it would stand if it were the chart's own."""
    words = []
    for word in line.words:
        left, top, right, bottom = word.box
        box = Box.clipped(left + across, top + down, right + across, bottom + down)
        words.append(word._replace(box=box, baseline=min(1.0, max(0.0, word.baseline + down))))
    return Line(tuple(words), line.em, line.leading)


def _is_ground(shape: Shape, texts: Sequence[Text]) -> bool:
    """Return whether a shape is the ground of running text."""
    if shape.kind not in ("rectangle", "frame", "other", "area") or shape.place.width < 4 * LEAST_SIDE:
        return False
    return sum(text.count >= PROSE_WORDS and shape.place.holds(text.place, 2) for text in texts) >= GROUND_LINES


# What hangs together


def _clusters(shapes: Sequence[Shape], scales: Sequence[Scale], width: float, height: float) -> list[list[Shape]]:
    """Return the shapes of a page in groups that stand close together, or between the labels of the same two axes."""
    cell = max(CELL, max(width, height) / 1000)
    mask = np.zeros((int(height / cell) + 2, int(width / cell) + 2), np.uint8)

    def paint(place: Place) -> None:
        mask[int(place.top / cell) : int(place.bottom / cell) + 1, int(place.left / cell) : int(place.right / cell) + 1] = 1

    for shape in shapes:
        if shape.kind == "frame":
            left, top, right, bottom = shape.place
            for side in (
                (left, top, right, top),
                (left, bottom, right, bottom),
                (left, top, left, bottom),
                (right, top, right, bottom),
            ):
                paint(Place(*side))
        else:
            paint(shape.place)
    for place in _rows_of_bars(shapes):
        paint(place)
    for place in _between(scales):
        if any(shape.kind != "rule" and place.holds(shape.place, 6) for shape in shapes):
            paint(place)
    components = np.asarray(cv2.connectedComponents(cv2.dilate(mask, np.ones((JOIN, JOIN), np.uint8)))[1], np.int32)
    groups: dict[int, list[Shape]] = {}
    for shape in shapes:
        groups.setdefault(int(components[int(shape.place.top / cell), int(shape.place.left / cell)]), []).append(shape)
    return _with_hovering(list(groups.values()))


def _rows_of_bars(shapes: Sequence[Shape]) -> Iterator[Place]:
    """Yield what is between filled rectangles of one colour and width that stand side by side, as far as both reach."""
    for along, across in (((1, 3), (0, 2)), ((0, 2), (1, 3))):
        alike: dict[tuple[str, int], list[Place]] = {}
        for shape in shapes:
            wide = shape.place[across[1]] - shape.place[across[0]]
            if shape.kind == "rectangle":
                alike.setdefault((shape.colour, round(wide)), []).append(shape.place)
        for (_, wide), places in alike.items():
            if not 1 < len(places) <= MOST_BARS:
                continue
            for one, other in pairwise(sorted(places, key=lambda place: place[across[0]])):
                gap = other[across[0]] - one[across[1]]
                level = min(one[along[1]], other[along[1]]) - max(one[along[0]], other[along[0]])
                if 0 < gap <= SIDE_BY_SIDE * wide and level > 0 and max(one[along[1]] - one[along[0]], wide) > LEAST_SIDE:
                    sides = {across[0]: one[across[1]], across[1]: other[across[0]]}
                    sides |= {along[0]: max(one[along[0]], other[along[0]]), along[1]: min(one[along[1]], other[along[1]])}
                    yield Place(*(sides[side] for side in range(4)))


def _with_hovering(groups: list[list[Shape]]) -> list[list[Shape]]:
    """Return groups, those that hover inside the frame or between the axes of another made one with it."""
    order = sorted(groups, key=lambda group: -around(shape.place for shape in group).area)
    result: list[tuple[Place, list[Shape]]] = []
    for group in order:
        place = around(shape.place for shape in group)
        frames = [(outer, members) for outer, members in result if outer.holds(place, 1)]
        owner = next((members for outer, members in reversed(frames) if _is_framed(place, outer, members)), None)
        if owner is None:
            result.append((place, list(group)))
        else:
            owner.extend(group)
    return [members for _, members in result]


def _is_framed(place: Place, outer: Place, members: Sequence[Shape]) -> bool:
    """Return whether a place lies in a frame among shapes, or between an axis across and one upwards."""
    if any(shape.kind == "frame" and shape.place.holds(place, 1) for shape in members):
        return True
    rules = [shape.place for shape in members if shape.kind == "rule"]
    across = any(rule.width >= AXIS_SHARE * outer.width and rule.left <= place.left and place.right <= rule.right for rule in rules)
    return across and any(
        rule.height >= AXIS_SHARE * outer.height and rule.top <= place.top and place.bottom <= rule.bottom for rule in rules
    )


def _between(scales: Sequence[Scale]) -> Iterator[Place]:
    """Yield the rectangles that two number axes span, which meet at a corner."""
    for up in (scale for scale in scales if not scale.across):
        for across in (scale for scale in scales if scale.across):
            below = -8 <= across.place.top - up.place.bottom + 8 <= CORNER
            above = -8 <= up.place.top - across.place.bottom + 8 <= CORNER
            left = -CORNER <= up.place.right - across.place.left <= 20 + across.place.width / 3
            right = -CORNER <= across.place.right - up.place.left <= 20 + across.place.width / 3
            if (below or above) and (left or right):
                yield around((up.place, across.place))


# Several plots


def _panels(cluster: list[Shape]) -> list[list[Shape]]:
    """Return the plots of a cluster, each with its shapes; what stands between them belongs to the nearest."""
    places = _plots(cluster)
    if len(places) < 2:
        return [cluster]
    groups: list[list[Shape]] = [[] for _ in places]
    for shape in cluster:
        if sum(shape.place.shared(place) > 0.5 * place.area for place in places) > 1:
            continue  # a ground behind all
        x, y = shape.place.middle
        away = [max(p.left - x, x - p.right, 0.0) + max(p.top - y, y - p.bottom, 0.0) for p in places]
        groups[int(np.argmin(away))].append(shape)
    return groups


def _plots(cluster: Sequence[Shape]) -> list[Place]:
    """Return the disjoint plots of a cluster, told by their frames, axes, grid lines and discs."""
    marks = [shape for shape in cluster if shape.kind not in ("rule", "frame")]
    plots: list[Place] = []
    for place in sorted({*_framed(cluster), *_gridded(cluster), *_discs(cluster)}, key=lambda place: place.area):
        met = [plot for plot in plots if plot.shared(place) > 0.5 * min(plot.area, place.area)]
        if len(met) > 1:
            continue
        plots = [plot for plot in plots if plot not in met] + [around((place, *met))]
    plots = [plot for plot in plots if any(plot.holds(m.place, 3) and m.place.area < 0.9 * plot.area for m in marks)]
    largest = max((plot.area for plot in plots), default=0.0)
    plots = [plot for plot in plots if plot.area >= PANEL_SHARE * largest]
    return plots if not any(a.shared(b) > 0 for n, a in enumerate(plots) for b in plots[:n]) else []


def _framed(cluster: Sequence[Shape]) -> Iterator[Place]:
    bars = {id(bar) for bar in _bars(cluster)}
    for shape in cluster:
        if id(shape) in bars:  # with a line in front
            continue
        large = shape.place.width >= PANEL_WIDTH and shape.place.height >= PANEL_HEIGHT
        if large and shape.kind in ("frame", "rectangle"):
            inner = [s for s in cluster if s.kind != "rule" and s is not shape and shape.place.holds(s.place, 3)]
            if any(s.place.area < 0.9 * shape.place.area for s in inner):
                yield shape.place


def _gridded(cluster: Sequence[Shape]) -> Iterator[Place]:
    """Yield what two and more rules of the same extent span, and what an axis across and one upwards do that meet."""
    across = [s.place for s in cluster if s.kind == "rule" and s.place.width >= PANEL_WIDTH and s.place.height <= 3]
    down = [s.place for s in cluster if s.kind == "rule" and s.place.height >= PANEL_HEIGHT and s.place.width <= 3]
    for rules, sides in ((across, (0, 2)), (down, (1, 3))):
        extents: dict[tuple[int, int], list[Place]] = {}
        for rule in rules:
            extents.setdefault((round(rule[sides[0]] / 2), round(rule[sides[1]] / 2)), []).append(rule)
        for group in extents.values():
            place = around(group)
            if place.width >= PANEL_WIDTH and place.height >= PANEL_HEIGHT:
                yield place
    for a in across[:MANY]:
        for d in down[:40]:
            meets = abs(d.left - a.left) < 6 or abs(d.left - a.right) < 6
            if meets and (abs(d.bottom - a.top) < 6 or abs(d.top - a.top) < 6):
                yield around((a, d))


def _discs(cluster: Sequence[Shape]) -> Iterator[Place]:
    for group in pies_of(cluster):
        (x, y), radius = group[0].centre, group[0].radius
        yield Place(x - radius, y - radius, x + radius, y + radius)


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


# What is a chart


def _is_chart(
    shapes: Sequence[Shape], scales: Sequence[Scale], tokens: Sequence[Token], texts: Sequence[Text], *, pictured: bool
) -> bool:
    core = around(shape.place for shape in shapes)
    if min(core.width, core.height) < LEAST_SIDE:
        return False
    inside = [text for text in texts if core.holds(text.place, 2)]
    is_heat = any(_heat([shape for shape in shapes if shape.kind == "rectangle"]))
    prose = sum(text.count >= PROSE_WORDS and text.place.width > 0.5 * core.width for text in inside)
    if prose > MOST_PROSE and not is_heat:
        return False
    if sum(text.place.area for text in inside) > (HEAT_TEXT if is_heat else MOST_TEXT) * core.area:
        return False
    near = [token for token in tokens if core.grown(REACH).holds(token.place)]
    if any(len({shape.colour for shape in pie}) > 1 or len(pie) > 2 for pie in pies_of(shapes)):
        return bool(near) or bool(tokens)
    words = [token.place for token in near if token.value is None]
    marks = list(_marks(shapes, core, words, PIXEL if pictured else LEVEL))
    if pictured and not marks:
        marks = _standing(shapes, words)
    if not marks and not pictured:
        marks = _ranges(shapes, scales, words)
    if not marks:
        return False
    plotted = around(shape.place for shape in marks)
    if any(_is_beside(scale, plotted) for scale in scales):
        return True
    if _ticked(shapes, texts) >= TICKED:
        return True
    if _are_labelled(list(_bars(marks)), [token for token in tokens if plotted.grown(LABEL_REACH).holds(token.place)]):
        return True
    return pictured and _is_plausible(shapes, marks, plotted, tokens)


def _ranges(shapes: Sequence[Shape], scales: Sequence[Scale], words: Sequence[Place]) -> list[Shape]:
    """Return boxes of equal width side by side that stand for ranges of an axis with ticks or grid lines: boxes, floating bars."""
    found: list[Shape] = []
    rules = [shape.place for shape in shapes if shape.kind == "rule"]
    for along, across in (((1, 3), (0, 2)), ((0, 2), (1, 3))):
        axes = [
            scale for scale in scales if scale.across == (along[0] == 0) and (_is_ruled(scale, rules) or len(scale.tokens) > SURE)
        ]
        ranges = [
            shape
            for shape in shapes
            if shape.kind in ("rectangle", "frame")
            and min(shape.place.width, shape.place.height) > THIN
            and not _is_cell(shape, words)
            and any(_spans(scale, shape.place, along) for scale in axes)
        ]
        wide = [(shape.place[across[1]] - shape.place[across[0]], shape) for shape in ranges]
        for group in _alike(wide, max(LEVEL, EQUAL * max((width for width, _ in wide), default=0.0))):
            starts = {round(shape.place[across[0]]) for shape in group}
            ends = {round(shape.place[end]) for shape in group for end in along}
            apart = all(a.place.shared(b.place) < 1 for a, b in pairwise(sorted(group, key=lambda s: s.place[across[0]])))
            if len(starts) > 1 and len(ends) >= FEW and apart:
                found += group
    return found


def _is_ruled(scale: Scale, rules: Sequence[Place]) -> bool:
    """Return whether most labels of an axis stand in line with a tick or a grid line near them."""
    ruled = 0
    for token in scale.tokens:
        x, y = token.place.middle
        if scale.across:
            ruled += any(r.width < THIN and abs(r.middle[0] - x) < ALIGNED and _beyond(r.top, r.bottom, y) < REACH for r in rules)
        else:
            ruled += any(r.height < THIN and abs(r.middle[1] - y) < ALIGNED and _beyond(r.left, r.right, x) < REACH for r in rules)
    return ruled >= ALL_RULED * len(scale.tokens)


def _beyond(low: float, high: float, value: float) -> float:
    """Return how far a value lies outside an interval."""
    return max(low - value, value - high, 0.0)


def _spans(scale: Scale, place: Place, along: tuple[int, int]) -> bool:
    """Return whether a box lies in the stretch of an axis beside it, give or take a step."""
    step = (scale.place[along[1]] - scale.place[along[0]]) / max(1, len(scale.tokens) - 1)
    return scale.place[along[0]] - step <= place[along[0]] and place[along[1]] <= scale.place[along[1]] + step


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


def _is_facet(panel: Sequence[Shape], plots: Sequence[Sequence[Shape]]) -> bool:
    """Return whether a plot without axes of its own is as large as a chart in its row or column, and has marks as it has."""
    core = around(shape.place for shape in panel)
    kinds = {shape.kind for shape in panel} - {"rule", "frame"}
    for plot in plots:
        other = around(shape.place for shape in plot)
        same = (
            abs(core.width - other.width) < ALIKE_SIDES * other.width
            and abs(core.height - other.height) < ALIKE_SIDES * other.height
        )
        level = abs(core.middle[1] - other.middle[1]) < ALIKE_SIDES * other.height
        above = abs(core.middle[0] - other.middle[0]) < ALIKE_SIDES * other.width
        if same and (level or above) and len(panel) > FEW and kinds and kinds <= {shape.kind for shape in plot}:
            return True
    return False


def _is_plausible(shapes: Sequence[Shape], marks: Sequence[Shape], plotted: Place, tokens: Sequence[Token]) -> bool:
    """Return whether a picture has marks with numbers around them, and not words in them as the shaded cells of a table have."""
    numbers = sum(token.value is not None and plotted.grown(REACH).holds(token.place) for token in tokens)
    bars = list(_bars(marks, PIXEL))
    named = sum(any(bar.place.holds(token.place, 1) and token.value is None for token in tokens) for bar in bars)
    names = sum(token.value is None and len(token.text) > 2 and plotted.holds(token.place) for token in tokens)
    if numbers < FEW or 2 * named > len(bars) or names > max(MOST_WORDS, numbers):
        return False
    if len(bars) >= FEW:
        around_it = [token for token in tokens if token.value is None and len(token.text) > 2]
        return sum(plotted.grown(NEAR).holds(token.place) for token in around_it) <= MOST_WORDS * len(bars)
    rules = [shape.place for shape in shapes if shape.kind == "rule"]
    wide = any(rule.width >= HALF * plotted.width for rule in rules)
    return wide and any(rule.height >= HALF * plotted.height for rule in rules)


def _are_labelled(bars: Sequence[Shape], tokens: Sequence[Token]) -> bool:
    """Return whether most of three and more bars have a number at them, which is the larger the longer the bar is."""
    numbers = [(token.place.middle, abs(token.value)) for token in tokens if token.value is not None]
    pairs = []
    for bar in bars:
        place, (x, y) = bar.place, bar.place.middle
        for (a, b), value in numbers:
            upright = abs(a - x) < 0.4 * place.width and place.top - LABEL_REACH <= b <= place.bottom + LABEL_REACH
            level = abs(b - y) < 0.4 * place.height and place.left - LABEL_REACH <= a <= place.right + 2 * LABEL_REACH
            if upright or level:
                pairs.append((place.height if upright else place.width, value))
                break
    if len(bars) < FEW or len(pairs) < max(FEW, MOST * len(bars)) or len(tokens) > MOST_WORDS * len(bars):
        return False
    lengths, values = np.array(pairs).T
    return bool(lengths.std() > 0 and values.std() > 0 and np.corrcoef(lengths, values)[0, 1] > CORRELATED)


def _ticked(shapes: Sequence[Shape], texts: Sequence[Text]) -> int:
    """Return how many texts stand right at the ends of the ticks of one axis, in line with them."""
    ticks = [shape.place for shape in shapes if shape.kind == "rule" and max(shape.place.width, shape.place.height) <= TICK]
    counts: dict[tuple[bool, int], set[int]] = {}
    for number, text in enumerate(texts):
        x, y = text.place.middle
        for tick in ticks:
            upright = tick.height > tick.width
            if upright and abs(tick.middle[0] - x) < ALIGNED and -2 <= text.place.top - tick.bottom <= AT_TICK:
                counts.setdefault((True, round(tick.bottom)), set()).add(number)
            elif not upright and abs(tick.middle[1] - y) < ALIGNED and -2 <= tick.left - text.place.right <= AT_TICK:
                counts.setdefault((False, round(tick.left)), set()).add(number)
    return max(map(len, counts.values()), default=0)


def _is_beside(scale: Scale, plotted: Place) -> bool:
    """Return whether the labels of a number axis stand along what is plotted."""
    if scale.across:
        along = min(scale.place.right, plotted.right) - max(scale.place.left, plotted.left)
        gap = max(scale.place.top - plotted.bottom, plotted.top - scale.place.bottom)
        return along > 0.5 * min(scale.place.width, max(plotted.width, 1.0)) and gap < REACH
    along = min(scale.place.bottom, plotted.bottom) - max(scale.place.top, plotted.top)
    gap = max(plotted.left - scale.place.right, scale.place.left - plotted.right)
    return along > 0.5 * min(scale.place.height, max(plotted.height, 1.0)) and gap < REACH


def _marks(shapes: Sequence[Shape], core: Place, words: Sequence[Place], slack: float) -> Iterator[Shape]:
    """Yield what stands for values."""
    yield from _bars([shape for shape in shapes if shape.kind == "rectangle" and not _is_cell(shape, words)], slack)
    for shape in shapes:
        place = shape.place
        if shape.kind == "area" and place.width < 0.5 * core.width and _is_cell(shape, words):
            continue
        if shape.kind in ("line", "area") and max(place.width / core.width, place.height / core.height) >= LINE_SHARE:
            yield shape
    dots = [
        shape
        for shape in shapes
        if (shape.kind in ("symbol", "sector", "area") and max(shape.place.width, shape.place.height) < BUBBLE)
        or (shape.kind == "rectangle" and max(shape.place.width, shape.place.height) < SYMBOL)
    ]
    dots = [dot for dot in dots if not _is_cell(dot, words)]
    if len({round(dot.place.middle[0]) for dot in dots}) >= FEW and len({round(dot.place.middle[1]) for dot in dots}) >= FEW:
        yield from dots
    rules = [replace(shape, kind="rectangle") for shape in shapes if shape.kind == "rule"]
    hair = list(_bars(rules)) if slack == LEVEL else []  # in pictures, grid lines are of many lengths
    if len({round(max(bar.place.width, bar.place.height)) for bar in hair}) >= FEW + 1:
        yield from hair
    yield from _heat([shape for shape in shapes if shape.kind == "rectangle"])


def _is_cell(shape: Shape, words: Sequence[Place]) -> bool:
    """Return whether a filled rectangle is the ground of words; numbers may stand in a bar."""
    return any(shape.place.holds(word, 1) for word in words)


def _bars(rectangles: Sequence[Shape], slack: float = LEVEL) -> Iterator[Shape]:
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


def _heat(rectangles: Sequence[Shape]) -> Iterator[Shape]:
    """Yield cells of equal size in rows and columns and in many shades."""
    sizes: dict[tuple[int, int], list[Shape]] = {}
    for shape in rectangles:
        sizes.setdefault((round(shape.place.width), round(shape.place.height)), []).append(shape)
    for group in sizes.values():
        columns, rows = ({round(shape.place[side]) for shape in group} for side in (0, 1))
        filled = len(group) > 0.5 * len(columns) * len(rows)
        shades = len({shape.colour for shape in group})
        if len(group) >= CELLS and min(len(columns), len(rows)) >= FEW and filled and shades >= SHADES:
            yield from group
