"""Lines of steps in a picture, which look like axes: upright strokes that go on level, to one side above, the other below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.colours import GROUND, Layers
from docai.backends.classical.charts.raster.edges import LONGEST_TICK, Line
from docai.marks import Mask

TREAD: Final = LONGEST_TICK + 1  # pixels that a tread is long at least: longer than the ticks of axes
LEVEL: Final = 2  # pixels that it lies above or below the riser's end at most: half of a thick line, and a blur
SHOWN: Final = 0.9  # of its columns that show it


def without_risers(lines: Sequence[Line], over: tuple[Mask, Mask], layers: Layers) -> tuple[list[Line], tuple[Mask, Mask]]:
    """Return lines, and where those across and those down run, without risers of lines of steps and the treads that end at them.

    The end of an axis goes on to neither side, and a frame to the same side above and below.
    """
    drawn = layers.labels != GROUND
    for plate in layers.plates:
        drawn &= layers.labels != plate
    risers = [line for line in lines if not line.across and not line.dashed and _is_riser(line, drawn)]
    if not risers:
        return list(lines), over
    steps = [*risers, *(line for line in lines if line.across and any(_is_tread(line, riser) for riser in risers))]
    rest = over[0].copy(), over[1].copy()
    for line in steps:
        reach = line.thickness / 2 + 1
        beside = slice(max(0, int(line.place - reach)), math.ceil(line.place + reach))
        along = slice(max(0, round(line.start)), round(line.end))
        rest[0 if line.across else 1][(beside, along) if line.across else (along, beside)] = 0
    return [line for line in lines if line not in steps], rest


def _is_tread(line: Line, riser: Line) -> bool:
    """Return whether a line across ends where a riser begins or ends."""
    reach = LEVEL + riser.thickness
    return any(abs(line.place - end) <= reach for end in (riser.start, riser.end)) and any(
        abs(riser.place - end) <= reach for end in (line.start, line.end)
    )


def _is_riser(line: Line, drawn: NDArray[np.bool_]) -> bool:
    above, below = _sides(line, line.start, drawn), _sides(line, line.end, drawn)
    return above != below and sum(above) == 1 == sum(below)


def _sides(line: Line, end: float, drawn: NDArray[np.bool_]) -> tuple[bool, bool]:
    """Return whether something drawn goes on level from the end of an upright line, to the left and to the right."""
    rows = slice(max(0, round(end) - LEVEL), round(end) + LEVEL + 1)
    reach = line.thickness / 2 + 1
    left, right = int(line.place - reach), math.ceil(line.place + reach)
    beside = drawn[rows, max(0, left - TREAD) : max(0, left)], drawn[rows, right : right + TREAD]
    before, after = (part.shape[1] == TREAD and float(part.any(0).mean()) >= SHOWN for part in beside)
    return before, after
