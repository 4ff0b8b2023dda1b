"""Bands around lines: pale polygons whose edges are the limits of the line's values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.readers.framing import Frame
from docai.backends.classical.charts.readers.furniture import alike, channels
from docai.backends.classical.charts.readers.joining import Trace, turned
from docai.backends.classical.charts.scene import Place, Polygon, Scene

LEAST: Final = 0.15  # of the plot that an area or band runs along at least
INSIDE: Final = 0.5  # scene units that a line may leave its band by
COVERED: Final = 0.8  # of a line that lies over its band at least
BACK: Final = 0.1  # scene units that an edge may run back by; rounding makes it


@dataclass(frozen=True, slots=True)
class Edges:
    """The two edges of a polygon that runs along the names: places in their order, the one with less coordinates of values first.

    Each is an array (places, 2) float64: along the names, along the values.
    """

    upper: NDArray[np.float64]
    lower: NDArray[np.float64]

    @property
    def start(self) -> float:
        """Where it begins along the names."""
        return float(self.upper[0, 0])

    @property
    def end(self) -> float:
        """Where it ends along the names."""
        return float(self.upper[-1, 0])

    def at(self, along: float) -> tuple[float, float]:
        """Return the coordinates of both edges at a place along the names, the lesser first."""
        return level(self.upper, along), level(self.lower, along)


@dataclass(frozen=True, slots=True)
class Band:
    """A band and the polygon that draws it."""

    edges: Edges
    polygon: Polygon

    def at(self, along: float) -> tuple[float, float] | tuple[None, None]:
        """Return the coordinates of its edges at a place along the names; nothing where it does not reach."""
        if not self.edges.start - INSIDE <= along <= self.edges.end + INSIDE:
            return None, None
        return self.edges.at(along)


def level(edge: NDArray[np.float64], along: float) -> float:
    """Return the coordinate of an edge at a place along the names."""
    return float(np.interp(along, edge[:, 0], edge[:, 1]))


def edges_of(places: Sequence[Place]) -> Edges | None:
    """Return the edges of an outline that runs along the names once there and once back, None of other outlines."""
    ring = np.array(places, dtype=np.float64)
    if len(ring) > 1 and np.abs(ring[0] - ring[-1]).max() < BACK:
        ring = ring[:-1]
    if len(ring) < 3:
        return None
    us = ring[:, 0]
    left, right = us.min() + BACK, us.max() - BACK
    at_left = us <= left
    starts = [n for n in range(len(ring)) if at_left[n] and not at_left[(n + 1) % len(ring)]]
    if len(starts) != 1 or left >= right:
        return None
    ring = np.roll(ring, -starts[0], axis=0)
    us = ring[:, 0]
    at_right = np.flatnonzero(us >= right)
    first, last = int(at_right[0]), int(at_right[-1])
    forth = ring[: first + 1]
    back = np.vstack([ring[last:], ring[:1]] if us[-1] > left else [ring[last:]])
    back = back[: int(np.flatnonzero(back[:, 0] <= left)[0]) + 1][::-1]
    if (np.diff(forth[:, 0]) < -BACK).any() or (np.diff(back[:, 0]) < -BACK).any() or last - first + 1 != len(at_right):
        return None
    middle = (forth[0, 0] + forth[-1, 0]) / 2
    at = np.linspace(forth[0, 0], forth[-1, 0], 9)
    difference = sum(level(back, float(u)) - level(forth, float(u)) for u in at)
    if difference == 0:
        difference = level(back, float(middle)) - level(forth, float(middle))
    return Edges(forth, back) if difference >= 0 else Edges(back, forth)


def bands_of(traces: Sequence[Trace], scene: Scene, frame: Frame) -> list[Band | None]:
    """Return the band around each line, None where it has none.

    A band is of the line's hue, or there is one line only; and the line runs inside of it.
    """
    bands = []
    for polygon in scene.polygons:
        edges = edges_of([turned(place, upright=frame.upright) for place in polygon.places]) if polygon.fill else None
        if edges is not None and edges.end - edges.start >= LEAST * frame.length:
            bands.append(Band(edges, polygon))
    return [next((band for band in bands if _belongs(trace, band, alone=len(traces) == 1)), None) for trace in traces]


def _belongs(trace: Trace, band: Band, *, alone: bool) -> bool:
    if not (alone or alike(trace.first.colour, band.polygon.fill) or _is_tint(band.polygon.fill, trace.first.colour)):
        return False
    within = [place for place in trace.places if band.edges.start - INSIDE <= place[0] <= band.edges.end + INSIDE]
    if len(within) < max(2, COVERED * len(trace.places)):
        return False
    for u, v in within:
        top, bottom = band.edges.at(u)
        if not top - INSIDE <= v <= bottom + INSIDE:
            return False
    wide = [band.edges.at(u) for u, _ in within]
    inside = sum(top + INSIDE < v < bottom - INSIDE for (_, v), (top, bottom) in zip(within, wide, strict=True))
    return inside >= len(within) / 2


def _is_tint(pale: str, strong: str) -> bool:
    """Return whether one colour is another mixed with white."""
    mixed, full = np.array(channels(pale), dtype=float), np.array(channels(strong), dtype=float)
    room = 255 - full
    if not room.any():
        return False
    share = float(((255 - mixed) * room).sum() / (room * room).sum())
    return 0.03 < share < 1 and float(np.abs(255 - share * room - mixed).max()) <= 12
