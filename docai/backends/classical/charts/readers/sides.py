"""Which of two value axes measures a series: told by colours, words, and the order in which things were drawn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from docai.backends.classical.charts.readers.furniture import NEAR, STRAIGHT, TICK_EMS, alike, is_grey
from docai.backends.classical.charts.readers.names import colour_of
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Scene

SECOND: Final = re.compile(r"\b(right|rhs|r\.h\.s\.|second(ary)?|우|우축|phải)\b", re.IGNORECASE)
FIRST: Final = re.compile(r"\b(left|lhs|l\.h\.s\.|primary|좌|좌축|trái)\b", re.IGNORECASE)
WORDS: Final = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class Side:
    """The axis of a series and how sure it is, 0..1."""

    axis: Literal["first", "second"] = "first"
    sure: float = 1.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is known of a series when its axis is asked for: name, colour, and the number at which it was drawn."""

    name: str
    colour: str
    order: int


def sides_of(series: Sequence[Drawn], scene: Scene, plot: Plot) -> list[Side]:
    """Return the value axis of each series."""
    if plot.second is None:
        return [Side() for _ in series]
    first = plot.down if not plot.second.horizontal else plot.across
    colours = _colours(first), _colours(plot.second)
    told = [_by_colour(one, *colours) or _by_words(one, first, plot.second) for one in series]
    by_order = _by_order(series, scene, plot) if not all(told) else [None] * len(series)
    sides = [side or other for side, other in zip(told, by_order, strict=True)]
    if sum(side is None for side in sides) == 1 and len(sides) > 1 and len({side.axis for side in sides if side}) == 1:
        other: Literal["first", "second"] = "first" if next(side for side in sides if side).axis == "second" else "second"
        return [side or Side(other, 0.8) for side in sides]
    return [side or other for side, other in zip(sides, _by_custom(series, scene), strict=True)]


def _by_custom(series: Sequence[Drawn], scene: Scene) -> list[Side]:
    """Return the usual axes where nothing tells them: the line beside bars by the second, of two lines the later one."""
    if len(series) == 1 and _hidden(scene, 0, series[0].order):
        return [Side("second", 0.8)]
    if len(series) == 2:
        return [Side("first", 0.6), Side("second", 0.6)]
    return [Side(sure=0.5) for _ in series]


def _colours(scale: Scale | None) -> set[str]:
    """Return the colours of an axis' labels, greys left out."""
    if scale is None:
        return set()
    labels = [tick.label for tick in scale.ticks] + ([scale.title_label] if scale.title_label else [])
    told = [label.colour or colour_of(label) for label in labels]
    return {colour for colour in told if colour and not is_grey(colour)}


def _by_colour(one: Drawn, first: set[str], second: set[str]) -> Side | None:
    here, there = (any(alike(one.colour, colour) for colour in colours) for colours in (first, second))
    return None if here == there else Side("first" if here else "second", 0.97)


def _by_words(one: Drawn, first: Scale | None, second: Scale) -> Side | None:
    """Return the axis that the name itself tells, or whose title it shares words or its unit with."""
    if SECOND.search(one.name):
        return Side("second", 0.95)
    if FIRST.search(one.name):
        return Side("first", 0.95)
    words = {word.lower() for word in WORDS.findall(one.name)}
    here, there = (len(words & {word.lower() for word in WORDS.findall(scale.title)}) if scale else 0 for scale in (first, second))
    if here != there:
        return Side("first" if here > there else "second", 0.96)
    return None


def _by_order(series: Sequence[Drawn], scene: Scene, plot: Plot) -> list[Side | None]:
    """Return the axes where the second one's ticks were drawn after some marks and before others.

    matplotlib and others draw one frame of axes with all that belongs to it after the other.
    """
    assert plot.second is not None
    nothing: list[Side | None] = [None] * len(series)
    first, second = _ticks(scene, plot, second=False), _ticks(scene, plot, second=True)
    if not first or not second:
        return nothing
    between = any(second[0] > one.order > first[0] for one in series) or _hidden(scene, first[0], second[0])
    if not between or not any(one.order > second[0] for one in series):
        return nothing
    return [Side("second" if one.order > second[0] else "first", 0.96) for one in series]


def _hidden(scene: Scene, start: int, end: int) -> bool:
    """Return whether marks were drawn in between that the scene has no more: other readers have explained them."""
    groups = (scene.rectangles, scene.strokes, scene.polygons, scene.symbols, scene.sectors)
    orders = {mark.order for group in groups for mark in group}
    return any(order not in orders for order in range(start, end))


def _ticks(scene: Scene, plot: Plot, *, second: bool) -> list[int]:
    """Return when the ticks of a value axis were drawn, first to last."""
    assert plot.second is not None
    found = []
    extent, longest = plot.extent, TICK_EMS * scene.em
    for stroke in scene.strokes:
        lies = stroke.extent
        if plot.second.horizontal:
            end, edge = (lies.bottom, extent.top) if second else (lies.top, extent.bottom)
            short = lies.width <= STRAIGHT and lies.height <= longest
        else:
            end, edge = (lies.left, extent.right) if second else (lies.right, extent.left)
            short = lies.height <= STRAIGHT and lies.width <= longest
        if short and abs(end - edge) <= NEAR:
            found.append(stroke.order)
    return sorted(found)
