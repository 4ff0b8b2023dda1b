"""Where exactly zero lies: marks are measured from the line that bars stand on, which may lie half a line beside the tick's.

Some producers draw ticks and grid lines in the middle of pixels, half a pixel to the right and below of what they measure, so
that they look sharp (Vega, D3); marks of values stand where they belong. 0.4 points matter: 0.2 % of a plot of 200 points.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from docai.backends.classical.charts.categories import bars_between
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Scene

MOST: Final = 1.0  # scene units that the line of bars may lie off the tick of zero
LOOSE_EMS: Final = 0.3  # the same, of a letter's size, where no marks tell the places of ticks
LEAST_SHARE: Final = 0.4  # of the columns of bars that end on a common line
SAME: Final = 0.06  # scene units


def placed_exactly(plot: Plot, pixel: float, scene: Scene, *, marked: bool) -> Plot:
    """Return a plot whose scales are moved to where its marks are measured from.

    Args:
        plot: The plot, its scales as ticks have them.
        pixel: The side of the pixels that ticks were rounded to, 0 where they were not.
        scene: The chart.
        marked: Whether the ticks have marks, so that their places are exact.
    """
    if plot.across is None or plot.down is None:
        return plot
    if pixel:
        plot = replace(plot, across=at_ends(plot.across), down=at_ends(plot.down))
    assert plot.across is not None
    assert plot.down is not None
    off = {scale.horizontal: _off(scale, plot, scene, marked=marked) for scale in (plot.across, plot.down)}
    half = _half_pixel(list(off.values()), pixel)
    moves = {way: half if by is None else by for way, by in off.items()}
    across, down = moved(plot.across, moves[True]), moved(plot.down, moves[False])
    second = plot.second
    if second is not None:
        own = _off(second, plot, scene, marked=marked) if second.kind == "linear" else None
        second = moved(second, moves[second.horizontal] if own is None else own)
    return replace(plot, extent=Extent(across.start, down.start, across.end, down.end), across=across, down=down, second=second)


def at_ends(scale: Scale) -> Scale:
    """Return a scale moved to its ticks at the ends of the axis: those are whole pixels by themselves, and so are not rounded."""
    if scale.kind == "category":
        return scale
    ends = [tick for tick in scale.ticks if min(abs(tick.place - scale.start), abs(tick.place - scale.end)) <= SAME]
    off = [tick.place - scale.place(tick.value) for tick in ends if tick.value is not None]
    by = sum(off) / len(off) if off else 0.0
    return replace(scale, intercept=scale.intercept - scale.slope * by)


def moved(scale: Scale, by: float) -> Scale:
    """Return a scale that lies `by` scene units further."""
    if not by:
        return scale
    ticks = tuple(tick._replace(place=tick.place + by) for tick in scale.ticks)
    return replace(scale, start=scale.start + by, end=scale.end + by, ticks=ticks, intercept=scale.intercept - scale.slope * by)


def _off(scale: Scale, plot: Plot, scene: Scene, *, marked: bool) -> float | None:
    """Return how far the line that bars stand on lies behind the place of zero; None where no bars tell."""
    other = plot.down if scale.horizontal else plot.across
    if scale.kind not in ("linear", "power") or other is None:
        return None
    zero = scale.place(0.0)
    most = MOST + scene.blur if marked else LOOSE_EMS * scale.ticks[0].label.size
    bars = bars_between(scene, scale, other)
    base = base_of(bars, near=zero, most=most, horizontal=scale.horizontal)
    return None if base is None else base - zero


def base_of(bars: Sequence[Extent], *, near: float, most: float, horizontal: bool) -> float | None:
    """Return the line that bars stand on along a value axis, if it lies at most `most` off `near`; None where they have none."""
    columns = {(round(b.top), round(b.bottom)) if horizontal else (round(b.left), round(b.right)) for b in bars}
    ends = [end for b in bars for end in ((b.left, b.right) if horizontal else (b.top, b.bottom)) if abs(end - near) <= most]
    counts = Counter(round(end, 1) for end in ends)
    if not counts:
        return None
    place, count = counts.most_common(1)[0]
    if count < max(2.0, LEAST_SHARE * len(columns)):
        return None
    same = [end for end in ends if abs(end - place) <= SAME]
    return sum(same) / len(same)


def _half_pixel(off: Sequence[float | None], pixel: float) -> float:
    """Return how far ticks stand behind what they measure both ways, where one way tells that of the other; else 0."""
    told = [by for by in off if by is not None]
    if pixel and all(abs(by + pixel / 2) <= SAME for by in told):
        return -pixel / 2
    exact = [by for by in told if -MOST / 2 <= by < -0.1]
    return exact[0] if len(exact) == len(told) == 1 and not pixel else 0.0
