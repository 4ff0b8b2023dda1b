"""Bars too short to be seen whose values are printed: a label at the line that bars stand on tells "0.4 %" of a bar of no pixel.

Such a label stands where it would stand at the end of a bar: in line with its category's bars, as far from the end as the others.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Label, Scene

LEAST_PRINTED: Final = 3  # bars whose labels tell where labels stand; of fewer, "usual" says nothing
LINED_UP: Final = 0.5  # of a letter's height that the label is out of line with where its bar would stand
LONGEST: Final = 1.0  # of a letter's height that an unseen bar is long at most; what is longer is seen
OFF: Final = 0.35  # of a letter's height that the label stands nearer to or farther from its bar's end than others
SURE: Final = 0.95  # that it is the value of a bar which is not seen: its label is all that tells it, in its right place
FAR: Final = 0.2  # of the step between categories that bars of a series stand more or less off their ticks


def with_unseen(part: Part, plot: Plot, scene: Scene, numbers: Sequence[tuple[Label, float]], factor: float) -> Part:
    """Return bars with those that are too short to be seen, by the numbers printed where their ends would be.

    `numbers` are those of the labels that are at no bar; `factor` is by how much larger than the axis says they are printed.
    """
    upright = part.orientation == "vertical"
    names, values = (plot.across, plot.down) if upright else (plot.down, plot.across)
    if part.kind != "bar" or part.stacking != "none" or names is None or names.kind != "category" or values is None:
        return part
    if values.kind != "linear":
        return part
    placed = _Placed.of(part, values, upright=upright)
    if placed is None:
        return part
    taken: set[int] = set()
    strands = []
    for strand in part.strands:
        shift = _shift(strand, names, upright=upright)
        found = list(strand.values)
        for tick in names.ticks if shift is not None else ():
            if shift is None or any(value.x == tick.text for value in strand.values):
                continue
            own = (pair for pair in numbers if id(pair[0]) not in taken)
            value = next((v for v in (placed.value(*pair, tick.place + shift, factor, scene.em) for pair in own) if v), None)
            if value is not None and value.printed is not None:
                taken.add(id(value.printed))
                found.append(replace(value, x=tick.text))
        found.sort(key=lambda value: value.extent.middle[0 if upright else 1])
        strands.append(replace(strand, values=tuple(found)))
    return replace(part, strands=tuple(strands))


def _shift(strand: Strand, names: Scale, *, upright: bool) -> float | None:
    """Return how far the bars of a series stand off the ticks of their names; None where that differs, or they are few."""
    ticks = {tick.text: tick.place for tick in names.ticks}
    middles = [
        (value.extent.middle[0 if upright else 1], ticks.get(value.x)) for value in strand.values if isinstance(value.x, str)
    ]
    off = [middle - place for middle, place in middles if place is not None]
    if len(off) < 2 or len(ticks) < len(names.ticks) or max(off) - min(off) > FAR * names.step:
        return None
    return statistics.median(off)


class _Placed:
    """How labels stand at the ends of bars: the line that bars stand on, and how far their labels begin behind their ends."""

    def __init__(self, scale: Scale, base: float, gap: float, *, upright: bool) -> None:
        self._scale, self._base, self._gap, self._upright = scale, base, gap, upright

    @classmethod
    def of(cls, part: Part, scale: Scale, *, upright: bool) -> _Placed | None:
        """Return how the labels of bars stand; None where too few are printed or they do not stand behind the ends."""
        gaps, bases = [], []
        for value in (value for strand in part.strands for value in strand.values):
            if value.y is not None and value.y >= 0:
                bases.append(-value.extent.bottom if upright else value.extent.left)
                if value.printed is not None:
                    gaps.append(
                        _begin(value.printed.extent, upright=upright) - (-value.extent.top if upright else value.extent.right)
                    )
        if len(gaps) < LEAST_PRINTED or min(gaps) < 0:
            return None
        return cls(scale, statistics.median(bases), statistics.median(gaps), upright=upright)

    def value(self, label: Label, number: float, place: float, factor: float, em: float) -> Value | None:
        """Return the value of a bar at a place that a label prints, None where it does not stand at the end of one."""
        extent, upright = label.extent, self._upright
        if abs(extent.middle[0 if upright else 1] - place) > LINED_UP * em:
            return None
        end = self._at(number / factor)
        if number < 0 or end - self._base > LONGEST * em or abs(_begin(extent, upright=upright) - self._gap - end) > OFF * em:
            return None
        near, far = sorted((self._base, end))
        mark = Extent(place - 0.5, -far, place + 0.5, -near) if upright else Extent(near, place - 0.5, far, place + 0.5)
        return Value("", number / factor, mark, printed=label, sure=SURE * label.confidence)

    def _at(self, value: float) -> float:
        """Return how far along the bars a value lies."""
        place = self._scale.place(value)
        return -place if self._upright else place


def _begin(extent: Extent, *, upright: bool) -> float:
    return -extent.bottom if upright else extent.left
