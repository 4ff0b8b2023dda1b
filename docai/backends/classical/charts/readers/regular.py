"""Vertices of lines in pictures that have one at each tick: the bends that print, crossings and noise add are none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.readers.framing import Frame
from docai.backends.classical.charts.readers.joining import Trace
from docai.backends.classical.charts.readers.vertices import Vertex

LEAST_TICKS: Final = 4  # ticks under a line that tell whether it bends at them
LEAST_NAMES: Final = 2  # categories that do, and
MOST_NAMES: Final = 0.5  # of all categories; shorter lines may be the edges of bars
LEAST_BENDS: Final = 3  # places of a line over categories, which may have that many
LEAST_STEP: Final = 8.0  # pixels between two ticks; vertices as near as that are seen as a curve
UNEVEN: Final = 0.15  # of the usual step that others are off it at most; months are 28 to 31 days long
NEAR: Final = 3.0  # pixels, and half a line's thickness, that a vertex is off its tick at most; slanted labels tell places no finer
HIDDEN: Final = 0.15  # of a step that a line ends before a tick at most where a marker or print hides its end
BENT: Final = 0.6  # of the ticks under a line at which it bends at least
FOLLOWED: Final = 0.85  # of a line that runs straight from tick to tick at least; the rest is hidden by print
SHALLOW: Final = 0.15  # of a line's height that it is off that way at most, so that a low one shows what it does between ticks
OFF: Final = 1.0  # pixels and half of its thickness that it is off that way at most


def on_ticks(vertices: tuple[Vertex, ...], trace: Trace, frame: Frame) -> tuple[Vertex, ...]:
    """Return a value for each tick under a line of a picture that runs straight between ticks; else its vertices as they are.

    Places are in pixels, as those of `vertices`.
    """
    ticks = [tick.place for tick in frame.names.ticks]
    named = frame.names.kind == "category"  # values stand at categories, and nowhere else
    least = max(LEAST_NAMES, MOST_NAMES * len(ticks)) if named else LEAST_TICKS
    if len(ticks) < least or len(vertices) < (min(LEAST_BENDS, len(ticks)) if named else least) or trace.curved:
        return vertices
    ticks.sort()
    steps = np.diff(ticks)
    step = float(np.median(steps))
    if step < LEAST_STEP or float(np.abs(steps - step).max()) > UNEVEN * step:
        return vertices
    line = np.array(trace.places)
    if float(np.diff(line[:, 0]).min()) < -NEAR:  # it turns back, or its gaps were drawn in another order
        return vertices
    along, levels = np.maximum.accumulate(line[:, 0]), line[:, 1]
    near = NEAR + trace.first.thickness / 2  # tips of thick lines are seen as two bends
    reach = max(near, HIDDEN * step)
    places = np.array([place for place in ticks if along[0] - reach <= place <= along[-1] + reach])
    if len(places) < least:
        return vertices
    off = line[:, 0][:, None] - places[None, :]
    nearest = off[np.arange(len(line)), np.abs(off).argmin(1)]
    close = np.abs(nearest) <= near
    if not named and (np.abs(off) <= near).any(0).mean() < BENT:
        return vertices
    shift = float(np.median(nearest[close])) if close.any() else 0.0
    along, levels = _lengthened(along, levels, places + shift)
    values = _levels(along, levels, places + shift, near)
    off = min(OFF + trace.first.thickness / 2, SHALLOW * float(np.ptp(levels)))
    if _followed(along, levels, places + shift, values, off) < FOLLOWED:
        return vertices
    spans = [(line[start, 0] - reach, line[end - 1, 0] + reach) for start, end in pairwise((*trace.runs, len(line)))]
    drawn = [any(low <= place <= high for low, high in spans) for place in places]
    told = zip(places, values, drawn, strict=True)
    return tuple(Vertex((float(place), float(value))) for place, value, seen in told if seen)


def _lengthened(
    along: NDArray[np.float64], levels: NDArray[np.float64], places: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a line that goes on, as straight as before, to its first and its last place, which a marker or print hides."""
    ends = []
    for place, inner, end in ((places[0], places[1], 0), (places[-1], places[-2], -1)):
        run = along[end] - inner
        level = float(np.interp(inner, along, levels))
        outside = place < along[0] if end == 0 else place > along[-1]
        ends.append([level + (levels[end] - level) * (place - inner) / run] if outside and run else [])
    first, last = ends
    return (
        np.concatenate([places[:1] if first else [], along, places[-1:] if last else []]),
        np.concatenate([first, levels, last]),
    )


def _levels(
    along: NDArray[np.float64], levels: NDArray[np.float64], places: NDArray[np.float64], reach: float
) -> NDArray[np.float64]:
    """Return how high a line runs at some places; at its peaks and valleys the tip's height."""
    found = np.interp(places, along, levels)
    plain = found.copy()
    for number, place in enumerate(places):
        near = levels[np.abs(along - place) <= reach]
        beside = [plain[other] for other in (number - 1, number + 1) if 0 <= other < len(places)]
        if len(near) and all(level > plain[number] for level in beside):
            found[number] = near.min()
        elif len(near) and all(level < plain[number] for level in beside):
            found[number] = near.max()
    return found


def _followed(
    along: NDArray[np.float64],
    levels: NDArray[np.float64],
    places: NDArray[np.float64],
    values: Sequence[float] | NDArray[np.float64],
    off: float,
) -> float:
    """Return the share of a line, column by column, that is as near as `off` to the straight way from place to place."""
    columns = np.arange(places[0], places[-1])
    drawn = np.interp(columns, along, levels)
    way = np.interp(columns, places, values)
    slopes = [(b[1] - a[1]) / max(b[0] - a[0], 1e-9) for a, b in pairwise(zip(places, values, strict=True))]
    slope = np.array(slopes)[np.clip(np.searchsorted(places, columns, side="right") - 1, 0, len(slopes) - 1)]
    return float((np.abs(drawn - way) / np.hypot(1.0, slope) <= off).mean())
