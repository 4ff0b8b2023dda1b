"""Strokes that carry no values: grid lines, axes, ticks, frames, halos, and straight lines across the whole plot."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from docai.backends.classical.charts.legends import Legend
from docai.backends.classical.charts.scales import Plot
from docai.backends.classical.charts.scene import Extent, Scene, Stroke

STRAIGHT: Final = 0.3  # scene units that a line along an axis may waver by; a hairline is 0.25 points thick
WHOLE: Final = 0.9  # of the plot that a line across it spans at least; grids of some producers stop short of the frame
TICK_EMS: Final = 1.2  # that a tick is long at most
NEAR: Final = 1.0  # scene units that a tick may begin off the plot's edge; Vega draws its ticks half a pixel off
WHITE: Final = "#ffffff"
ALIKE: Final = 12  # of 255 in each channel that two colours differ by at most that nobody tells apart side by side


@dataclass(frozen=True, slots=True)
class Sorted:
    """The strokes of a plot, sorted.

    Attributes:
        data: What may show values.
        across: Straight lines over the whole plot of which there are too few to be a grid: references, means, limits.
    """

    data: tuple[Stroke, ...]
    across: tuple[Stroke, ...]


def sort_strokes(scene: Scene, plot: Plot, legend: Legend) -> Sorted:
    """Return the strokes that may show values, in the order drawn."""
    ground, limits = background(scene, plot), plot.extent.grown(scene.em)
    tick = TICK_EMS * scene.em
    data: list[Stroke] = []
    wide: list[Stroke] = []
    for stroke in scene.strokes:
        extent = stroke.extent
        if not _meets(extent, limits) or alike(stroke.colour, ground) or _in_legend(extent, legend):
            continue
        if _is_closed(stroke) or max(extent.width, extent.height) == 0 or _on_edges(stroke, plot.extent):
            continue
        straight = extent.width <= STRAIGHT or extent.height <= STRAIGHT
        if straight and _spans(extent, plot.extent):
            wide.append(stroke)
        elif straight and (_is_tick(extent, plot.extent, tick) or _on_edge(extent, plot.extent)):
            continue
        else:
            data.append(stroke)
    drawn = Counter((stroke.colour, round(stroke.thickness, 1), stroke.extent.width > STRAIGHT) for stroke in wide)
    rare = [s for s in wide if drawn[s.colour, round(s.thickness, 1), s.extent.width > STRAIGHT] <= 2]
    return Sorted(tuple(data), tuple(s for s in rare if not _on_edge(s.extent, plot.extent)))


def background(scene: Scene, plot: Plot) -> str:
    """Return the colour on which the marks of a plot are drawn: that of its panel, else white."""
    area = plot.extent.width * plot.extent.height
    panels = [r for r in scene.rectangles if r.fill and r.opacity > 0.5 and r.extent.shared(plot.extent) >= WHOLE * area]
    return panels[-1].fill if panels else WHITE


def channels(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue of `#rrggbb`, 0..255 each; black where it is none."""
    if len(colour) != 7:
        return 0, 0, 0
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def alike(one: str, two: str) -> bool:
    """Return whether two colours can hardly be told apart; no colour is like none."""
    if one == two or not one or not two:
        return one == two
    return all(abs(a - b) <= ALIKE for a, b in zip(channels(one), channels(two), strict=True))


def is_grey(colour: str) -> bool:
    """Return whether a colour is a shade of grey, black and white included."""
    return max(channels(colour)) - min(channels(colour)) <= 2 * ALIKE


def _meets(one: Extent, two: Extent) -> bool:
    return one.left <= two.right and one.right >= two.left and one.top <= two.bottom and one.bottom >= two.top


def _in_legend(extent: Extent, legend: Legend) -> bool:
    if legend.extent is None:
        return False
    frame = legend.extent.grown(1.0)
    return frame.holds((extent.left, extent.top)) and frame.holds((extent.right, extent.bottom))


def _is_closed(stroke: Stroke) -> bool:
    first, last = stroke.places[0], stroke.places[-1]
    return len(stroke.places) > 2 and abs(first[0] - last[0]) + abs(first[1] - last[1]) < STRAIGHT


def _on_edges(stroke: Stroke, plot: Extent) -> bool:
    """Return whether a stroke round a corner or more runs along the plot's edges: its frame, or both axes in one."""
    if len(stroke.places) < 3:
        return False
    for (x0, y0), (x1, y1) in pairwise(stroke.places):
        beside = any(max(abs(x0 - edge), abs(x1 - edge)) <= NEAR for edge in (plot.left, plot.right))
        level = any(max(abs(y0 - edge), abs(y1 - edge)) <= NEAR for edge in (plot.top, plot.bottom))
        if not beside and not level:
            return False
    return True


def _spans(extent: Extent, plot: Extent) -> bool:
    """Return whether a straight line reaches over the whole plot."""
    if extent.width > extent.height:
        return min(extent.right, plot.right) - max(extent.left, plot.left) >= WHOLE * plot.width
    return min(extent.bottom, plot.bottom) - max(extent.top, plot.top) >= WHOLE * plot.height


def _is_tick(extent: Extent, plot: Extent, longest: float) -> bool:
    """Return whether a straight line is a short one at right angles to an edge of the plot, which it meets."""
    if max(extent.width, extent.height) > longest:
        return False
    if extent.width > extent.height:
        ends, edges = (extent.left, extent.right), (plot.left, plot.right)
    else:
        ends, edges = (extent.top, extent.bottom), (plot.top, plot.bottom)
    return any(abs(end - edge) <= NEAR for end in ends for edge in edges)


def _on_edge(extent: Extent, plot: Extent) -> bool:
    """Return whether a straight line runs along an edge of the plot, or outside of it."""
    if extent.width > extent.height:
        return min(abs(extent.top - plot.top), abs(extent.top - plot.bottom)) <= NEAR or not plot.top < extent.top < plot.bottom
    return min(abs(extent.left - plot.left), abs(extent.left - plot.right)) <= NEAR or not plot.left < extent.left < plot.right
