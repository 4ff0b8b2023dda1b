"""Error bars: straight strokes along the axis of values through a mark's place, with or without caps."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from docai.backends.classical.charts.readers.furniture import STRAIGHT
from docai.backends.classical.charts.readers.joining import turned
from docai.backends.classical.charts.scene import Place, Stroke

BESIDE: Final = 0.6  # scene units that an error bar may stand beside its mark
LEAST: Final = 1.0  # scene units that one reaches beyond its mark on one side at least
CAP: Final = 30.0  # scene units that a cap is wide at most


@dataclass(frozen=True, slots=True)
class Whisker:
    """An error bar: its ends along the axis of values, and the strokes that it is made of."""

    low: float
    high: float
    strokes: tuple[Stroke, ...]


def whiskers_at(
    places: Sequence[Place], colours: Sequence[str], strokes: Sequence[Stroke], *, upright: bool
) -> list[Whisker | None]:
    """Return the error bar of each place (along the names, along the values), None where it has none.

    Of several through one place, that of the mark's own colour counts, then the one whose middle is nearest.
    """
    bars: list[tuple[float, float, float, Stroke]] = []
    caps: list[tuple[float, float, Stroke]] = []
    for stroke in strokes:
        ends = [turned(place, upright=upright) for place in stroke.places]
        us, vs = [u for u, _ in ends], [v for _, v in ends]
        if max(us) - min(us) <= STRAIGHT and max(vs) - min(vs) > LEAST:
            bars.append(((max(us) + min(us)) / 2, min(vs), max(vs), stroke))
        elif max(vs) - min(vs) <= STRAIGHT and max(us) - min(us) <= CAP:
            caps.append(((max(us) + min(us)) / 2, (max(vs) + min(vs)) / 2, stroke))
    bars.sort(key=lambda bar: bar[:3])
    caps.sort(key=lambda cap: cap[:2])
    at, cap_at = [bar[0] for bar in bars], [cap[0] for cap in caps]
    found: list[Whisker | None] = []
    for (u, v), colour in zip(places, colours, strict=True):
        near = []
        for _, low, high, stroke in bars[bisect_left(at, u - BESIDE) : bisect_left(at, u + BESIDE)]:
            if low - STRAIGHT <= v <= high + STRAIGHT and max(v - low, high - v) > LEAST:
                near.append((stroke.colour != colour, abs((low + high) / 2 - v), low, high, stroke))
        if not near:
            found.append(None)
            continue
        _, _, low, high, stroke = min(near, key=lambda item: item[:4])
        ends_on = [
            cap
            for _, level, cap in caps[bisect_left(cap_at, u - BESIDE) : bisect_left(cap_at, u + BESIDE)]
            if min(abs(level - low), abs(level - high)) <= BESIDE
        ]
        found.append(Whisker(low, high, (stroke, *ends_on)))
    return found
