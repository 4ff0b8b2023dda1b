"""Where exactly zero lies: marks are measured from the line that bars stand on, which may lie half a line beside the tick's.

Some producers draw ticks and grid lines in the middle of pixels, half a pixel to the right and below of what they measure, so
that they look sharp (Vega, D3); marks of values stand where they belong. 0.4 points matter: 0.2 % of a plot of 200 points.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from docai.backends.classical.charts.axes.categories import bars_between
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Scene

MOST: Final = 1.0  # scene units that the line of bars may lie off the tick of zero
LOOSE_EMS: Final = 0.3  # the same, of a letter's size, where no marks tell the places of ticks
LEAST_SHARE: Final = 0.4  # of the columns of bars that end on a common line
SAME: Final = 0.06  # scene units
ROUNDED: Final = 0.55  # of a pixel that a tick is off the end of its axis at most, where it is rounded
WHOLE: Final = 0.8  # of an axis that lines along it are long at least
LEAST_AT_TICKS: Final = 3  # ticks at which lines have a vertex before these tell where ticks are
AT_TICKS: Final = 0.8  # of the ticks along the lines
MOST_BARS: Final = 60  # of which the middles are compared with ticks


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
        plot = replace(plot, across=at_ends(plot.across, scene, pixel), down=at_ends(plot.down, scene, pixel))
    assert plot.across is not None
    assert plot.down is not None
    off = {scale.horizontal: _off(scale, plot, scene, marked=marked) for scale in (plot.across, plot.down)}
    if marked and not scene.blur and all(by is None for by in off.values()):
        off = {scale.horizontal: off_by_vertices(scale, plot, scene) for scale in (plot.across, plot.down)}
    if marked and not scene.blur and all(by is None for by in off.values()):
        off = {way: _off_by_middles(scale, other, scene) for way, scale, other in _both_ways(plot)}
    half = _half_pixel(list(off.values()), pixel)
    moves = {way: half if by is None else by for way, by in off.items()}
    across, down = moved(plot.across, moves[True]), moved(plot.down, moves[False])
    second = plot.second
    if second is not None:
        own = _off(second, plot, scene, marked=marked) if second.kind == "linear" else None
        second = moved(second, moves[second.horizontal] if own is None else own)
    return replace(plot, extent=Extent(across.start, down.start, across.end, down.end), across=across, down=down, second=second)


def at_ends(scale: Scale, scene: Scene, pixel: float) -> Scale:
    """Return a scale moved to its ticks at the ends of the axis, which are those of lines along it: these are not rounded."""
    if scale.kind == "category":
        return scale
    ends = _ends_of_lines(scale, scene)
    off = []
    for tick in (scale.ticks[0], scale.ticks[-1]):
        near = [end for end in ends if abs(end - tick.place) <= ROUNDED * pixel]
        if near and tick.value is not None:
            off.append(Counter(near).most_common(1)[0][0] - scale.place(tick.value))
    by = sum(off) / len(off) if off else 0.0
    return replace(scale, intercept=scale.intercept - scale.slope * by)


def _ends_of_lines(scale: Scale, scene: Scene) -> list[float]:
    """Return where straight lines along an axis begin and end that run over most of it: its own, and grid lines of the other."""
    axis = 0 if scale.horizontal else 1
    found: list[float] = []
    for stroke in scene.strokes:
        one, other = stroke.places[0][axis], stroke.places[-1][axis]
        across = [place[1 - axis] for place in stroke.places]
        if max(across) - min(across) <= SAME and abs(one - other) > WHOLE * (scale.end - scale.start):
            found += [round(one, 2), round(other, 2)]
    return found


def moved(scale: Scale, by: float) -> Scale:
    """Return a scale that lies `by` scene units further."""
    if not by:
        return scale
    ticks = tuple(tick._replace(place=tick.place + by) for tick in scale.ticks)
    return replace(scale, start=scale.start + by, end=scale.end + by, ticks=ticks, intercept=scale.intercept - scale.slope * by)


def _off(scale: Scale, plot: Plot, scene: Scene, *, marked: bool) -> float | None:
    """Return how far the line that bars stand on lies behind the place of zero; None where no bars tell."""
    other = plot.down if scale.horizontal else plot.across
    if scale.kind not in ("linear", "power", "log") or other is None:
        return None
    zero = _foot(scale)
    most = MOST + scene.blur if marked else LOOSE_EMS * scale.ticks[0].label.size
    bars = bars_between(scene, scale, other)
    base = base_of(bars, near=zero, most=most, horizontal=scale.horizontal)
    return None if base is None else base - zero


def _foot(scale: Scale) -> float:
    """Return where bars should stand: at zero; on a logarithmic axis, which has none, at its least tick."""
    if scale.kind != "log":
        return scale.place(0.0)
    return scale.place(min(tick.value for tick in scale.ticks if tick.value is not None))


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


def off_by_vertices(scale: Scale, plot: Plot, scene: Scene) -> float | None:
    """Return how far lines have their vertices, and points stand, behind the ticks; None where too few stand at ticks."""
    extent = plot.extent.grown(MOST)
    axis = 0 if scale.horizontal else 1
    lines = [stroke.places for stroke in scene.strokes if len(stroke.places) > LEAST_AT_TICKS and not stroke.curved]
    at = [place[axis] for places in lines for place in places if extent.holds(place)]
    at += [symbol.centre[axis] for symbol in scene.symbols if extent.holds(symbol.centre)]
    ticks = [tick.place if tick.value is None else scale.place(tick.value) for tick in scale.ticks]
    if len(at) < LEAST_AT_TICKS or len(ticks) < LEAST_AT_TICKS:
        return None
    low, high = min(at) - MOST, max(at) + MOST
    ticks = [tick for tick in ticks if low <= tick <= high]
    near = [min((place - tick for place in at), key=abs) for tick in ticks]
    near = [by for by in near if abs(by) <= MOST]
    if len(near) < max(LEAST_AT_TICKS, AT_TICKS * len(ticks)) or max(near) - min(near) > 2 * SAME:
        return None
    return sum(near) / len(near)


def _both_ways(plot: Plot) -> list[tuple[bool, Scale, Scale]]:
    assert plot.across is not None
    assert plot.down is not None
    return [(True, plot.across, plot.down), (False, plot.down, plot.across)]


def _off_by_middles(scale: Scale, values: Scale, scene: Scene) -> float | None:
    """Return how far bars stand behind the ticks of their names, all of them alike; None where they do not."""
    if scale.kind != "category" or values.kind == "category":
        return None
    axis = 0 if scale.horizontal else 1
    near = [
        min((bar.middle[axis] - tick.place for tick in scale.ticks), key=abs)
        for bar in bars_between(scene, scale, values)[:MOST_BARS]
    ]
    if len(near) < LEAST_AT_TICKS or max(near) - min(near) > 2 * SAME or not -MOST / 2 <= near[0] <= MOST / 2:
        return None
    return sum(near) / len(near)


def _half_pixel(off: Sequence[float | None], pixel: float) -> float:
    """Return how far ticks stand behind what they measure both ways, where one way tells that of the other; else 0."""
    told = [by for by in off if by is not None]
    if pixel and all(abs(by + pixel / 2) <= SAME for by in told):
        return -pixel / 2
    exact = [by for by in told if -MOST / 2 <= by < -0.1]
    return exact[0] if len(exact) == len(told) == 1 and not pixel else 0.0
