"""Axes that say two things: numbers beside a calibrated axis that are none of its values, as where it is broken.

Charts that leave out a piece of their axis print its values as if nothing were missing: 0, 80, 90, 100, or 20, 30, 150, 160, a step
apart. One scale fits some of the labels only, and beyond those nobody can tell what a place stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from docai.backends.classical.charts.axes.readings import read_numbers
from docai.backends.classical.charts.parts import Part, Value
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Label, Scene

MEASURED: Final = ("linear", "log", "power")
ALIGNED_EMS: Final = 0.3  # between the same sides of two labels of one axis
BEYOND: Final = 2.0  # scene units that a label of an axis stands beyond its ends at most
HALF_STEP: Final = 0.5  # of the distance between two ticks that a label is off its place at least: no rounding, no blur
LEAST_MISREAD: Final = 2  # labels of a picture that do not fit; one alone is more likely misread than true
AT_TICK: Final = 0.05  # of a step that a value is off a tick which tells it
DOUBTED: Final = 0.4  # how sure a value is at most that lies next to a label which contradicts its axis


def with_breaks(scene: Scene, plot: Plot, parts: Sequence[Part]) -> list[Part]:
    """Return the parts of a plot, the values doubted that lie beside labels which do not fit the axis, and those labels told."""
    held = []
    for part in parts:
        values = plot.down if part.orientation == "vertical" else plot.across
        odd = odd_labels(scene, values) if values is not None and values.kind in MEASURED else []
        held.append(_doubted(part, values, odd) if values is not None and odd else part)
    return held


def odd_labels(scene: Scene, scale: Scale) -> list[tuple[float, Label]]:
    """Return the labels in the line of an axis that grow as its ticks do but fit no scale with them, with their places."""
    found = [(place, label) for label in scene.labels if (place := _place_beside(label, scale)) is not None]
    texts = [tick.label.text for tick in scale.ticks]
    if not found or len(texts) < 2:  # ends of a scale
        return []
    for numbers in read_numbers([*texts, *(label.text for _, label in found)]):
        told, beside = numbers.values[: len(texts)], numbers.values[len(texts) :]
        if any(
            value is None or tick.value is None or abs(value * scale.multiplier - tick.value) > 1e-6 * abs(tick.value)
            for value, tick in zip(told, scale.ticks, strict=True)
        ):
            continue
        odd = [
            (place, label, value * scale.multiplier)
            for (place, label), value in zip(found, beside, strict=True)
            if value is not None and _is_off(value * scale.multiplier, place, scale)
        ]
        read = sorted([(place, value) for place, _, value in odd] + [(tick.place, tick.value or 0.0) for tick in scale.ticks])
        steps = [after[1] - before[1] for before, after in pairwise(read)]
        grows = all(step >= 0 for step in steps) or all(step <= 0 for step in steps)
        if grows and (not scene.blur or len(odd) >= LEAST_MISREAD or any(value == 0 for _, _, value in odd)):
            return [(place, label) for place, label, _ in odd]
    return []


def _place_beside(label: Label, scale: Scale) -> float | None:
    """Return where a label that is no tick stands along an axis, if it is set as the labels of its ticks are."""
    if scale.has_label(label):
        return None
    like = scale.ticks[0].label
    near = ALIGNED_EMS * like.size
    own, other = label.extent, like.extent
    if label.turn != like.turn or abs(label.size - like.size) > near:
        return None
    place = own.middle[0 if scale.horizontal else 1]
    if not scale.start - BEYOND <= place <= scale.end + BEYOND:
        return None
    if scale.horizontal:
        aligned = abs(own.middle[1] - other.middle[1]) <= near
    else:
        aligned = min(abs(own.right - other.right), abs(own.left - other.left), abs(own.middle[0] - other.middle[0])) <= near
    return place if aligned else None


def _is_off(value: float, place: float, scale: Scale) -> bool:
    if scale.kind == "log" and value <= 0:
        return True
    return abs(scale.place(value) - place) > HALF_STEP * scale.step


def _doubted(part: Part, scale: Scale, odd: Sequence[tuple[float, Label]]) -> Part:
    """Return a part with the values doubted whose place has such a label as its neighbour, on either side."""
    places = sorted([(tick.place, True) for tick in scale.ticks] + [(place, False) for place, _ in odd])
    near = AT_TICK * scale.step

    def held(value: Value) -> Value:
        if value.y is None or (scale.kind == "log" and value.y <= 0) or value.printed is not None:
            return value
        place = scale.place(value.y)
        before = [fits for at, fits in places if at <= place + near]
        after = [fits for at, fits in places if at >= place - near]
        at_tick = any(fits and abs(at - place) <= near for at, fits in places)
        between = all(side[0] for side in (before[-1:], after[:1]) if side)
        return value if at_tick or between else replace(value, sure=min(value.sure, DOUBTED))

    listed = ", ".join(label.text for _, label in odd[:10])
    message = f"these labels of the axis do not fit its others, as where it is broken: {listed}; values near them are doubtful"
    strands = [
        replace(strand, values=tuple(held(value) for value in strand.values)) if strand.axis == "first" else strand
        for strand in part.strands
    ]
    return replace(part, strands=tuple(strands), faults=(*part.faults, ("chart_axis_broken", message)))
