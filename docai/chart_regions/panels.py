"""Drawn shapes into the plots that they make: what stands close together, and the panels of a group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from docai.chart_regions.scales import Scale, between
from docai.chart_regions.shapes import Place, Shape, around
from docai.chart_regions.signs import LEAST_SIDE, bars_of, pies_of

CELL: Final = 3.0  # points of the raster on which nearness is judged
JOIN: Final = 5  # cells; what is nearer than 12 points hangs together, as bars of a chart do
PANEL_WIDTH, PANEL_HEIGHT = 40.0, 30.0  # points of a plot at least, where there are several
OWN_LINE: Final = 1.5  # points that a grid line stands off the middle of its label at most
LEAST_LINES: Final = 3  # grid lines of an axis that tell what it spans
PANEL_SHARE: Final = 0.15  # of the largest plot that one beside it has at least; smaller frames are legends
MANY: Final = 4000  # shapes of a cluster that are looked at one by one
BESIDE: Final = 45.0  # points from a panel to what belongs to it: labels of its axes, which are shapes in pictures
IN_LINE: Final = 2.0  # points that pieces of one rule are out of line at most
MEETS: Final = 6.0  # points between them at most; ticks and marks that reach over a rule cut it
MOSTLY: Final = 0.7  # of a panel's height that the rules on its sides are long at least
HALF: Final = 0.5  # of its breadth that the pieces of its far side cover at least
SAME_SIDE: Final = 3.0  # points that the same side of a plot is off where several rules tell it
MOST_RULES: Final = 60  # each way, among which frames are looked for
BAR: Final = 0.25  # of the height of plots side by side that a bar between them is high at least; keys of legends are lower
BETWEEN: Final = 0.5  # of a bar that lies in plots at most if it stands between them
AXIS_SHARE: Final = 0.8  # of a plot's side that its axes are long; grid lines may reach over
SIDE_BY_SIDE: Final = 2.0  # times their width that bars and boxes stand apart at most
LEAST_HATCH: Final = 3  # strokes of a hatch
EQUALLY_STEEP: Final = 0.05  # of their slope that these may differ by
FINEST: Final = 0.01  # points
MOST_BARS: Final = 400  # rectangles of one size; more are a heat map or a texture, which hang together anyway


def clusters_of(
    shapes: Sequence[Shape], scales: Sequence[Scale], width: float, height: float, *, pictured: bool = False
) -> list[list[Shape]]:
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
    for place in _over_grids(shapes, scales):
        paint(place)
    for place in between(scales):
        if any((pictured or shape.kind != "rule") and place.holds(shape.place, 6) for shape in shapes):
            paint(place)
    components = np.asarray(cv2.connectedComponents(cv2.dilate(mask, np.ones((JOIN, JOIN), np.uint8)))[1], np.int32)
    groups: dict[int, list[Shape]] = {}
    for shape in shapes:
        groups.setdefault(int(components[int(shape.place.top / cell), int(shape.place.left / cell)]), []).append(shape)
    return _with_hovering(list(groups.values()))


def _rows_of_bars(shapes: Sequence[Shape]) -> Iterator[Place]:
    """Yield what is between filled rectangles of one colour and width that stand side by side, as far as both reach."""
    for along, across in (((1, 3), (0, 2)), ((0, 2), (1, 3))):
        alike: dict[tuple[str | int, int], list[Place]] = {}
        foot = along[1] if along[0] == 1 else along[0]
        for shape in shapes:
            wide = shape.place[across[1]] - shape.place[across[0]]
            if shape.kind == "rectangle":
                alike.setdefault((shape.colour, round(wide)), []).append(shape.place)
                alike.setdefault((round(shape.place[foot]), round(wide)), []).append(shape.place)  # groups, of several colours
        for (_, wide), places in alike.items():
            if not 1 < len(places) <= MOST_BARS:
                continue
            longest = max(place[along[1]] - place[along[0]] for place in places)
            for one, other in pairwise(sorted(places, key=lambda place: place[across[0]])):
                gap = other[across[0]] - one[across[1]]
                level = min(one[along[1]], other[along[1]]) - max(one[along[0]], other[along[0]])
                if 0 < gap <= SIDE_BY_SIDE * wide and level > 0 and max(longest, wide) > LEAST_SIDE:
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


def _over_grids(shapes: Sequence[Shape], scales: Sequence[Scale]) -> Iterator[Place]:
    """Yield what the grid lines of one axis span, from the first that has a label to the last: all that it measures."""
    rules = [shape.place for shape in shapes if shape.kind == "rule" and max(shape.place.width, shape.place.height) >= PANEL_WIDTH]
    for scale in scales:
        side, along = (0, 1) if scale.across else (1, 0)
        middles = [token.place.middle[side] for token in scale.tokens]
        own: dict[tuple[int, int], list[Place]] = {}
        for rule in rules:
            level = rule.width < rule.height if scale.across else rule.height < rule.width
            if level and any(abs(rule.middle[side] - middle) < OWN_LINE for middle in middles):
                own.setdefault((round(rule[along]), round(rule[along + 2])), []).append(rule)
        yield from (around(group) for group in own.values() if len(group) >= LEAST_LINES)


# Several plots


def panels_of(cluster: list[Shape]) -> list[list[Shape]]:
    """Return the plots of a cluster, each with its shapes; what stands between them belongs to the nearest."""
    places = _plots(cluster)
    if len(places) < 2:
        return [cluster]
    groups: list[list[Shape]] = [[] for _ in places]
    apart: list[Shape] = []
    for shape in cluster:
        if sum(shape.place.shared(place) > 0.5 * place.area for place in places) > 1:
            continue  # a ground behind all
        x, y = shape.place.middle
        away = [max(p.left - x, x - p.right, 0.0) + max(p.top - y, y - p.bottom, 0.0) for p in places]
        nearest = int(np.argmin(away))
        (groups[nearest] if away[nearest] <= BESIDE else apart).append(shape)
    return [*groups, *_near_each_other(apart)]


def _near_each_other(shapes: Sequence[Shape]) -> list[list[Shape]]:
    """Return shapes in groups that stand close together: those of a plot without a frame beside plots with one."""
    groups: list[tuple[Place, list[Shape]]] = []
    for shape in shapes:
        near = [group for group in groups if group[0].grown(CELL * JOIN).shared(shape.place.grown(0.1)) > 0]
        members = [shape, *(member for _, group in near for member in group)]
        groups = [group for group in groups if not any(group is one for one in near)]
        groups.append((around(member.place for member in members), members))
    return [members for _, members in groups]


def _plots(cluster: Sequence[Shape]) -> list[Place]:
    """Return the disjoint plots of a cluster, told by their frames, axes, grid lines and discs."""
    marks = [shape for shape in cluster if shape.kind not in ("rule", "frame")]
    plots: list[Place] = []
    framed = list(_framed(cluster))
    plates = _multiples(framed)
    gridded = [place for place in _gridded(cluster) if not any(_reaches_out(place, plate) for plate in plates)]
    gridded = _without_rows(gridded, [*_closed(cluster), *plates])
    for place in sorted({*framed, *gridded, *_discs(cluster)}, key=lambda place: place.area):
        met = [plot for plot in plots if plot.shared(place) > 0.5 * min(plot.area, place.area)]
        if len(met) > 1:
            continue
        plots = [plot for plot in plots if plot not in met] + [around((place, *met))]
    plots = [plot for plot in plots if any(plot.holds(m.place, 3) and m.place.area < 0.9 * plot.area for m in marks)]
    largest = max((plot.area for plot in plots), default=0.0)
    plots = [plot for plot in plots if plot.area >= PANEL_SHARE * largest]
    if any(a.shared(b) > 0 for n, a in enumerate(plots) for b in plots[:n]) or _stand_between(marks, plots):
        return []
    return plots


def _stand_between(marks: Sequence[Shape], plots: Sequence[Place]) -> bool:
    """Return whether bars stand between plots: what looks like these are the pieces of one grid that bars cut."""
    if len(plots) < 2:
        return False
    hull = around(plots)
    return any(
        mark.kind == "rectangle"
        and hull.holds(mark.place)
        and mark.place.height > BAR * hull.height
        and sum(mark.place.shared(plot) for plot in plots) < BETWEEN * mark.place.area
        for mark in marks
    )


def _framed(cluster: Sequence[Shape]) -> Iterator[Place]:
    bars = {id(bar) for bar in bars_of(cluster)} | _outlined_bars(cluster)
    for shape in cluster:
        if id(shape) in bars:  # with a line in front
            continue
        large = shape.place.width >= PANEL_WIDTH and shape.place.height >= PANEL_HEIGHT
        if large and shape.kind in ("frame", "rectangle"):
            inner = [s for s in cluster if s.kind != "rule" and s is not shape and shape.place.holds(s.place, 3)]
            if len(inner) == 1 and inner[0].kind == "symbol":  # a box with a dot for its median
                continue
            if any(s.place.area < 0.9 * shape.place.area for s in inner) and not _is_hatch(inner):
                yield shape.place


def _multiples(places: Sequence[Place]) -> list[Place]:
    """Return the places that have another one as large beside them: the plates of small multiples."""
    return [
        place
        for place in places
        if any(
            _near(place.width, other.width) and _near(place.height, other.height) and not place.shared(other) for other in places
        )
    ]


def _reaches_out(place: Place, plate: Place) -> bool:
    """Return whether a place lies partly on a plate: what lines in line on several plates span."""
    return place.shared(plate) > 0 and not plate.holds(place, SAME_SIDE)


def _outlined_bars(cluster: Sequence[Shape]) -> set[int]:
    """Return the ids of frames that stand as bars do."""
    frames = [shape for shape in cluster if shape.kind == "frame"]
    bars = [replace(shape, kind="rectangle") for shape in frames]
    standing = {id(bar) for bar in bars_of(bars)}
    return {id(frame) for frame, bar in zip(frames, bars, strict=True) if id(bar) in standing}


def _is_hatch(inner: Sequence[Shape]) -> bool:
    """Return whether shapes are the strokes of a hatch: lines that are all equally steep."""
    steep = [shape.place.height / max(shape.place.width, FINEST) for shape in inner if shape.kind == "line"]
    return LEAST_HATCH <= len(steep) == len(inner) and max(steep) - min(steep) <= EQUALLY_STEEP * max(steep)


def _gridded(cluster: Sequence[Shape]) -> Iterator[Place]:
    """Yield what two and more rules of the same extent span, and what an axis across and one upwards do that meet."""
    across, down = _rules_of(cluster)
    yield from _spanned(across, (0, 2))
    yield from _spanned(down, (1, 3))
    for a in across[:MANY]:
        for d in down[:40]:
            meets = abs(d.left - a.left) < 6 or abs(d.left - a.right) < 6
            if meets and (abs(d.bottom - a.top) < 6 or abs(d.top - a.top) < 6):
                yield around((a, d))


def _rules_of(cluster: Sequence[Shape]) -> tuple[list[Place], list[Place]]:
    """Return the long thin rules that run across, and those that run down."""
    across = [s.place for s in cluster if s.kind == "rule" and s.place.width >= PANEL_WIDTH and s.place.height <= 3]
    down = [s.place for s in cluster if s.kind == "rule" and s.place.height >= PANEL_HEIGHT and s.place.width <= 3]
    return across, down


def _spanned(rules: Sequence[Place], sides: tuple[int, int]) -> Iterator[Place]:
    extents: dict[tuple[int, int], list[Place]] = {}
    for rule in rules:
        extents.setdefault((round(rule[sides[0]] / 2), round(rule[sides[1]] / 2)), []).append(rule)
    for group in extents.values():
        place = around(group)
        if place.width >= PANEL_WIDTH and place.height >= PANEL_HEIGHT:
            yield place


def _closed(cluster: Sequence[Shape]) -> list[Place]:
    """Return what rules on all sides close, or on three where marks hide the fourth; in pictures they may be in pieces."""
    across, down = (rules[:MOST_RULES] for rules in _rules_of(cluster))
    across, down = _of_pieces(across, 0), _of_pieces(down, 1)
    return [*_hanging(across, down), *_between(across, down, 0), *_between(down, across, 1)]


def _hanging(across: Sequence[Place], down: Sequence[Place]) -> Iterator[Place]:
    """Yield what a rule across spans with one that runs down at each of its ends, and pieces at their other ends."""
    for rule in across:
        left = next((one for one in down if _near(rule.left, one.left) and _reaches(one, rule)), None)
        right = next((one for one in down if _near(rule.right, one.left) and _reaches(one, rule)), None)
        if left is None or right is None:
            continue
        place = Place(rule.left, min(rule.top, left.top, right.top), rule.right, max(rule.top, left.bottom, right.bottom))
        whole = min(left.height, right.height) >= MOSTLY * place.height
        far = place.bottom if _near(rule.top, place.top) else place.top
        if whole and place.height >= PANEL_HEIGHT and _covered(place, far, across) >= HALF * place.width:
            yield place


def _between(rules: Sequence[Place], others: Sequence[Place], along: int) -> Iterator[Place]:
    """Yield what two rules span that begin and end alike, with one from end to end of both."""
    side = 1 - along
    order = sorted(rules, key=lambda rule: rule[along])
    for number, one in enumerate(order):
        for other in order[number + 1 :]:
            if other[along] - one[along] > SAME_SIDE:
                break
            place = around((one, other))
            large = place.width >= PANEL_WIDTH and place.height >= PANEL_HEIGHT
            if large and _near(one[along + 2], other[along + 2]) and any(_is_side(rule, place, side) for rule in others):
                yield place


def _is_side(rule: Place, place: Place, side: int) -> bool:
    """Return whether a rule runs along one side of a place, from end to end."""
    at = min(abs(rule[1 - side] - place[1 - side]), abs(rule[1 - side] - place[3 - side])) <= SAME_SIDE
    return at and _near(rule[side], place[side]) and _near(rule[side + 2], place[side + 2])


def _reaches(rule: Place, level: Place) -> bool:
    """Return whether one that runs down begins or ends at one that runs across."""
    return _near(rule.top, level.top) or _near(rule.bottom, level.top)


def _covered(place: Place, level: float, across: Sequence[Place]) -> float:
    """Return how much of a place's breadth rules at a level cover, none of which reaches out of it."""
    own = [r for r in across if _near(r.top, level) and r.left >= place.left - SAME_SIDE and r.right <= place.right + SAME_SIDE]
    return sum(rule.width for rule in own)


def _of_pieces(rules: Sequence[Place], along: int) -> list[Place]:
    """Return rules, those in line that overlap or nearly meet as one: edges in pictures are pieces in several shades."""
    joined: list[Place] = []
    for rule in sorted(rules, key=lambda rule: rule[along]):
        for number, other in enumerate(joined):
            in_line = abs(rule[1 - along] - other[1 - along]) <= IN_LINE
            if in_line and rule[along] <= other[along + 2] + MEETS:
                joined[number] = around((other, rule))
                break
        else:
            joined.append(rule)
    return joined


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= SAME_SIDE


def _same(one: Place, other: Place) -> bool:
    return all(_near(a, b) for a, b in zip(one, other, strict=True))


def _without_rows(places: Sequence[Place], closed: Sequence[Place]) -> list[Place]:
    """Return places without those in a plot with rules on all sides, and those that reach over or up to it in its row or column.

    Lines of two plots side by side are as long, and span what lies between them, too; a legend's frame and an axis meet as axes do.
    """

    def is_row(place: Place, own: Place) -> bool:
        for ends, first, last in (((1, 3), 0, 2), ((0, 2), 1, 3)):
            if _ends_alike(place, own, ends):
                met = _near(place[last], own[first]) or _near(place[first], own[last])
                over = place.holds(own, SAME_SIDE) and not _ends_alike(place, own, (first, last))
                if met or over:
                    return True
        return False

    panels = [own for own in closed if len([other for other in _apart(closed) if own.holds(other, SAME_SIDE)]) <= 1]
    kept = [place for place in places if not any(is_row(place, own) or own.holds(place, SAME_SIDE) for own in panels)]
    return [*kept, *panels]


def _apart(places: Sequence[Place]) -> list[Place]:
    """Return places that do not lie over each other, the smallest first."""
    found: list[Place] = []
    for place in sorted(places, key=lambda place: place.area):
        if not any(place.shared(other) > 0 for other in found):
            found.append(place)
    return found


def _ends_alike(one: Place, other: Place, sides: tuple[int, int]) -> bool:
    return all(_near(one[side], other[side]) for side in sides)


def _discs(cluster: Sequence[Shape]) -> Iterator[Place]:
    for group in pies_of(cluster):
        (x, y), radius = group[0].centre, group[0].radius
        yield Place(x - radius, y - radius, x + radius, y + radius)
