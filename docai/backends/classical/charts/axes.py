"""Axes found by their labels: numbers that grow evenly along a line, or names that stand in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from docai.backends.classical.charts.scales import Plot, Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Scene
from docai.numbers import read_columns

IN_LINE: Final = 0.5  # of a letter's size that labels of one axis may be out of line by
LEAST_TICKS: Final = 2
OFF: Final = 0.02  # of an axis' length that a tick may be off a straight fit


def find_plots(scene: Scene) -> list[Plot]:
    """Return the plots of a scene with their calibrated axes."""
    down = _value_scale(scene, horizontal=False)
    across = _value_scale(scene, horizontal=True)
    if down is None and across is None:
        return []
    if across is None and down is not None:
        across = _categories(scene, down)
    elif down is None and across is not None:
        down = _categories(scene, across)
    if across is None or down is None:
        return []
    extent = Extent(across.start, down.start, across.end, down.end)
    used = tuple(tick.label for scale in (across, down) for tick in scale.ticks)
    return [Plot(extent, across, down, used=used)]


def _value_scale(scene: Scene, *, horizontal: bool) -> Scale | None:
    """Return the scale of most numbers that stand in a line and grow evenly."""
    best: Scale | None = None
    for group in _lines(scene.labels, horizontal=horizontal):
        read = read_columns([[label.text for label in group]])[0]
        told = [(label, number) for label, number in zip(group, read, strict=True) if number is not None]
        if len(told) < LEAST_TICKS:
            continue
        places = np.array([label.extent.middle[0 if horizontal else 1] for label, _ in told])
        values = np.array([float(number.value) for _, number in told])
        if np.ptp(places) == 0 or np.ptp(values) == 0:
            continue
        slope, intercept = np.polyfit(places, values, 1)
        residual = float(np.abs((values - intercept) / slope - places).max())
        if residual > OFF * np.ptp(places):
            continue
        ticks = tuple(
            Tick(float(p), label, float(v))
            for p, (label, _), v in sorted(zip(places, told, values, strict=True), key=lambda t: t[0])
        )
        scale = Scale("linear", horizontal, ticks[0].place, ticks[-1].place, ticks, float(slope), float(intercept), residual)
        if best is None or len(scale.ticks) > len(best.ticks):
            best = scale
    return best


def _lines(labels: Sequence[Label], *, horizontal: bool) -> list[list[Label]]:
    """Return labels that stand in a row, or for a vertical axis in a column, flush on one of its sides."""
    groups: list[list[Label]] = []
    for side in (0, 1):
        rest = sorted(labels, key=lambda label: _edges(label, horizontal)[side])
        group: list[Label] = []
        for label in rest:
            if group and _edges(label, horizontal)[side] - _edges(group[-1], horizontal)[side] > IN_LINE * label.size:
                groups.append(group)
                group = []
            group.append(label)
        groups.append(group)
    return [group for group in groups if len(group) >= LEAST_TICKS]


def _edges(label: Label, horizontal: bool) -> tuple[float, float]:  # noqa: FBT001
    extent = label.extent
    return (extent.top, extent.bottom) if horizontal else (extent.right, extent.left)


def _categories(scene: Scene, values: Scale) -> Scale | None:
    """Return the scale of names that stand in a line along the other side of the plot."""
    horizontal = not values.horizontal
    taken = {id(tick.label) for tick in values.ticks}
    along = 0 if horizontal else 1
    best: list[Label] = []
    for group in _lines([label for label in scene.labels if id(label) not in taken], horizontal=horizontal):
        if len(group) > len(best):
            best = group
    if not best:
        return None
    ticks = tuple(Tick(label.extent.middle[along], label) for label in sorted(best, key=lambda label: label.extent.middle[along]))
    step = (ticks[-1].place - ticks[0].place) / max(1, len(ticks) - 1) or 20.0
    return Scale("category", horizontal, ticks[0].place - step / 2, ticks[-1].place + step / 2, ticks)
