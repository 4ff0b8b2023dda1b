"""What was read of a chart held against what is drawn: marks left over, stacks against their totals, shares against the whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from docai.backends.classical.charts.parts import Part, Value
from docai.backends.classical.charts.scales import Plot
from docai.backends.classical.charts.scene import Polygon, Rectangle, Scene, Stroke, Symbol

WHOLE: Final = 100.0  # per cent
OFF_WHOLE: Final = 1.0  # per cent by which shares may be off it: each is rounded, to whole numbers at worst
LEFT_OVER: Final = 0.15  # of the ink that is no axis and no text, from which on something was not read
PALE: Final = 24  # of 255 between a colour's channels; less is grey, as axes, grid lines and text are
OUTSIDE: Final = 0.5  # of a mark's ink that must lie in the plot to be one of its marks

_Drawn = Rectangle | Stroke | Polygon | Symbol


def checked(scene: Scene, plot: Plot | None, parts: Sequence[Part]) -> list[Part]:
    """Return parts that are as sure as what is drawn allows, with the faults that were found.

    `scene` is the whole scene without the legend.
    """
    held = [_with_whole(part) for part in parts]
    if plot is None or not held:
        return held
    share = left_over(scene, plot, held)
    if share <= LEFT_OVER:
        return held
    message = f"{share:.0%} of what is drawn in the plot is in no series that was read; hold the chart against its redraw"
    first = replace(held[0], faults=(*held[0].faults, ("chart_marks_left", message)))
    return [replace(part, sure=part.sure * (1 - share / 2)) for part in (first, *held[1:])]


def left_over(scene: Scene, plot: Plot, parts: Sequence[Part]) -> float:
    """Return the share, 0..1, of the coloured ink in a plot that no part explains.

    Grey strokes are axes, grid lines and arrows, and count only where a part has grey marks of its own.
    """
    taken = {id(mark) for part in parts for mark in part.marks}
    total = missed = 0.0
    marks: list[_Drawn] = [*scene.rectangles, *scene.strokes, *scene.polygons, *scene.symbols]
    for mark in marks:
        explained = id(mark) in taken
        if not explained and (not is_coloured(_colour(mark)) or not plot.extent.holds(mark.extent.middle)):
            continue
        ink = _ink(mark, plot, scene.em)
        total += ink
        missed += 0.0 if explained else ink
    return missed / total if total else 0.0


def is_coloured(colour: str) -> bool:
    """Return whether a colour is no shade of grey; "" is none."""
    if not colour:
        return False
    channels = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return max(channels) - min(channels) > PALE


def _colour(mark: _Drawn) -> str:
    return mark.colour if isinstance(mark, Stroke) else mark.fill


def _ink(mark: _Drawn, plot: Plot, em: float) -> float:
    """Return about how much of the plot a mark covers, in square ems; strokes count as if they were a third of a letter thick."""
    if isinstance(mark, Stroke):
        length = sum(math.dist(one, two) for one, two in zip(mark.places, mark.places[1:], strict=False))
        return length / em / 3
    if mark.extent.shared(plot.extent) < OUTSIDE * mark.extent.width * mark.extent.height:
        return 0.0
    return mark.extent.width * mark.extent.height / em**2


def _with_whole(part: Part) -> Part:
    """Return a part whose shares are held against 100 %, where it says that they are shares of a whole."""
    if part.kind == "pie":
        groups = [list(strand.values) for strand in part.strands]
    elif part.stacking == "percent":
        stacks: dict[object, list[Value]] = {}
        for strand in part.strands:
            for value in strand.values:
                stacks.setdefault(value.x, []).append(value)
        groups = list(stacks.values())
    else:
        return part
    odd = 0
    for group in groups:
        printed = [value.y for value in group if value.printed is not None and value.y is not None and "%" in value.printed.text]
        allowed = OFF_WHOLE * max(1.0, len(group) / 4)
        odd += len(printed) == len(group) > 1 and abs(sum(printed) - WHOLE) > allowed
    if not odd:
        return part
    message = f"the printed shares of {odd} wholes do not add up to 100 %; look at them before they are used"
    return replace(part, sure=0.8 * part.sure, faults=(*part.faults, ("chart_shares_odd", message)))
