"""Boxes as models tell them: numbers on a lattice of so many steps across and down, into fractions of the view and back."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from docai.box import Box

OUTSIDE: Final = 0.05  # of the view that a box may stick out and is cut off; what lies farther out is told in other units
_SEPARATOR: Final = re.compile(r"[\s,，、;]+")


def numbers_in(text: str) -> tuple[float, ...] | None:
    """Return the numbers of a list such as "0.1, 0.2, 0.3, 0.4", in brackets or without; None where one is none."""
    try:
        return tuple(float(part) for part in _SEPARATOR.split(text.strip().strip("[]()").strip()) if part)
    except ValueError:
        return None


def box_of(sides: Sequence[float] | None, across: float, down: float) -> Box | None:
    """Return the box of left, top, right, bottom on a lattice of `across` x `down` steps.

    Swapped corners are put right and what sticks out a little is cut off. None where it is no box: not four numbers, without
    area, or far out of the view.
    """
    if sides is None or len(sides) != 4 or not all(math.isfinite(side) for side in sides):  # the four sides
        return None
    left, right = sorted((sides[0] / across, sides[2] / across))
    top, bottom = sorted((sides[1] / down, sides[3] / down))
    if min(left, top) < -OUTSIDE or max(right, bottom) > 1 + OUTSIDE:
        return None
    box = Box.clipped(left, top, right, bottom)
    return box if box.right > box.left and box.bottom > box.top else None


def steps_of(box: Box, across: int, down: int) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of a box in whole steps of a lattice; one thinner than a step is a step wide."""
    left, right = _stretch(box.left, box.right, across)
    top, bottom = _stretch(box.top, box.bottom, down)
    return left, top, right, bottom


def _stretch(low: float, high: float, steps: int) -> tuple[int, int]:
    start, end = round(low * steps), round(high * steps)
    if start < end:
        return start, end
    behind = end < steps and (end == 0 or (low + high) * steps >= 2 * end)
    return (start, end + 1) if behind else (start - 1, end)
