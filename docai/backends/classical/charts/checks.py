"""What was read of a chart held against what is drawn: marks left over, stacks against their totals, shares against the whole."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from docai.backends.classical.charts.parts import Part, Value
from docai.backends.classical.charts.scales import Plot
from docai.backends.classical.charts.scene import Extent, Place, Polygon, Rectangle, Scene, Sector, Stroke, Symbol
from docai.marks import Mask

WHOLE: Final = 100.0  # per cent
OFF_WHOLE: Final = 1.0  # per cent by which shares may be off it: each is rounded, to whole numbers at worst
LEFT_OVER: Final = 0.15  # of the ink that is no axis and no text, from which on something was not read
MOSTLY: Final = 0.5  # of that ink; where more was not read, what was is hardly what the chart shows
PALE: Final = 24  # of 255 between a colour's channels; less is grey, as axes, grid lines and text are
OUTSIDE: Final = 0.5  # of a mark's ink that must lie in the plot to be one of its marks

UNNAMED: Final = 0.75  # how sure a value of several series is at most whose series has no name: it is right, but of what?
LEAST_COLOURED: Final = 50  # pixels that tell something
SHIFT: Final = 2  # bits of a place that tell parts of a pixel
SUBPIXELS: Final = 1 << SHIFT

_Drawn = Rectangle | Stroke | Polygon | Symbol | Sector


def checked(scene: Scene, plot: Plot | None, parts: Sequence[Part]) -> list[Part]:
    """Return parts that are as sure as what is drawn allows, with the faults that were found.

    `scene` is the whole scene without the legend.
    """
    kept = without_rests(parts) if scene.blur else parts
    held = [_with_names(_with_whole(part)) for part in kept]
    if plot is None or not held:
        return held
    share = max(left_over(scene, plot, held), unexplained(scene, plot, held))
    if share <= LEFT_OVER:
        return held
    message = f"{share:.0%} of what is drawn in the plot is in no series that was read; hold the chart against its redraw"
    first = replace(held[0], faults=(*held[0].faults, ("chart_marks_left", message)))
    factor = 1 - share / 2 if share <= MOSTLY else 1 - share
    return [replace(part, sure=part.sure * factor) for part in (first, *held[1:])]


def without_rests(parts: Sequence[Part]) -> list[Part]:
    """Return the parts of a picture without lines and points that are the edges and printed labels of its stacked bars.

    Such a line has several values for one category, or the name, that is the colour, of a series of those bars.
    """
    names = {strand.name for part in parts if part.kind == "bar" and part.stacking != "none" for strand in part.strands}
    if not names:
        return list(parts)
    kept = []
    for part in parts:
        strands = part.strands
        if part.kind in ("line", "point"):
            strands = tuple(strand for strand in strands if not (strand.name and strand.name in names))
        if part.kind == "line":
            strands = tuple(strand for strand in strands if not _is_told_twice([value.x for value in strand.values]))
        if strands:
            kept.append(replace(part, strands=strands))
    return kept


def _is_told_twice(names: Sequence[float | str]) -> bool:
    return len({name for name in names if isinstance(name, str)}) < sum(isinstance(name, str) for name in names)


def _with_names(part: Part) -> Part:
    """Return a part that is less sure where its values cannot be told apart: series without names, series or categories of one."""
    unnamed = len(part.strands) > 1 and part.kind not in ("pie", "heatmap", "point")
    times = Counter(strand.name for strand in part.strands if strand.name)
    strands = []
    for strand in part.strands:
        names = [value.x for value in strand.values if isinstance(value.x, str)]
        alike = len(names) - len(set(names))
        share = 1.0 if not alike or part.kind in ("point", "box") else 1.0 - alike / len(names)
        most = UNNAMED if (unnamed and not strand.name) or times[strand.name] > 1 else 1.0
        strands.append(replace(strand, values=tuple(replace(value, sure=min(value.sure * share, most)) for value in strand.values)))
    return replace(part, strands=tuple(strands))


def left_over(scene: Scene, plot: Plot, parts: Sequence[Part]) -> float:
    """Return the share, 0..1, of the coloured ink in a plot that no part explains.

    Grey strokes are axes, grid lines and arrows, and count only where a part has grey marks of its own.
    """
    taken = {id(mark) for part in parts for mark in part.marks}
    total = missed = 0.0
    marks: list[_Drawn] = [*scene.rectangles, *scene.strokes, *scene.polygons, *scene.symbols, *scene.sectors]
    for mark in marks:
        explained = id(mark) in taken
        if not explained and (not is_coloured(_colour(mark)) or not plot.extent.holds(_middle(mark))):
            continue
        ink = _ink(mark, plot, scene.em)
        total += ink
        missed += 0.0 if explained else ink
    return missed / total if total else 0.0


def unexplained(scene: Scene, plot: Plot, parts: Sequence[Part]) -> float:
    """Return the share, 0..1, of a picture's coloured pixels in a plot that stay when what was read is drawn over them.

    0 for drawn charts, whose marks are all in the scene.
    """
    if scene.coloured is None:
        return 0.0
    height, width = scene.coloured.shape
    redrawn = np.zeros((height, width), np.uint8)
    for mark in (mark for part in parts for mark in part.marks):
        if isinstance(mark, Stroke):
            places = np.round(np.array(mark.places) * SUBPIXELS).astype(np.int32)
            cv2.polylines(redrawn, [places], isClosed=False, color=1, thickness=max(3, round(mark.thickness) + 3), shift=SHIFT)
        elif isinstance(mark, Polygon):
            cv2.fillPoly(redrawn, [np.round(np.array(mark.places)).astype(np.int32)], 1)
        elif isinstance(mark, Sector):
            centre = round(mark.centre[0]), round(mark.centre[1])
            cv2.circle(redrawn, centre, round(mark.outer) + 2, 1, -1)
        else:
            _fill(redrawn, mark.extent)
    window = np.zeros((height, width), np.uint8)
    _fill(window, plot.extent)
    shown = (scene.coloured > 0) & (window > 0)
    total = int(shown.sum())
    return float((shown & (redrawn == 0)).sum()) / total if total >= LEAST_COLOURED else 0.0


def _fill(picture: Mask, extent: Extent) -> None:
    left, top = max(0, math.floor(extent.left) - 1), max(0, math.floor(extent.top) - 1)
    picture[top : math.ceil(extent.bottom) + 1, left : math.ceil(extent.right) + 1] = 1


def is_coloured(colour: str) -> bool:
    """Return whether a colour is no shade of grey; "" is none."""
    if not colour:
        return False
    channels = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return max(channels) - min(channels) > PALE


def _colour(mark: _Drawn) -> str:
    return mark.colour if isinstance(mark, Stroke) else mark.fill


def _middle(mark: _Drawn) -> Place:
    return mark.centre if isinstance(mark, Sector) else mark.extent.middle


def _ink(mark: _Drawn, plot: Plot, em: float) -> float:
    """Return about how much of the plot a mark covers, in square ems; strokes count as if they were a third of a letter thick."""
    if isinstance(mark, Stroke):
        length = sum(math.dist(one, two) for one, two in zip(mark.places, mark.places[1:], strict=False))
        return length / em / 3
    if isinstance(mark, Sector):
        return math.pi * (mark.outer**2 - mark.inner**2) * mark.sweep / 360 / em**2
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
