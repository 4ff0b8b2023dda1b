"""Bars in a chart's picture that are as thin as lines: strokes of one colour which all stand on an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.arrays import components
from docai.backends.classical.charts.raster.colours import PALE, Layers
from docai.backends.classical.charts.raster.edges import AXIS_SHARE, Line
from docai.marks import Mask

SWATCH: Final = 5  # pixels that a swatch of a legend measures on both sides at least
THICKEST: Final = 4  # pixels that such a bar is wide at most; thicker ones are told by their areas
SHORTEST: Final = 5  # pixels that it is long at least
EVEN: Final = 0.9  # of its box that shows its colour
CUT: Final = 5  # pixels of lines across that are closed over, at most 4: a thick line
MEETS: Final = 2.0  # pixels between a bar's foot and the middle of the line that it stands on: half of a thick line, and a blur
MOST: Final = 0.75  # of a colour, swatches apart, that is in bars; lines, whiskers, stems with discs have more elsewhere
LEAST_BARS: Final = 2  # of a colour that a legend shows
LEAST_NAMELESS: Final = 6  # of a colour that no legend shows
UNLIKE: Final = 3  # pixels that the lengths of bars differ by at least; rules and the ticks of a rug are all equally long


@dataclass(frozen=True, slots=True)
class _Bars:
    """Upright bars as thin as lines: where, (height, width), None for nowhere, and how long each is, in pixels."""

    mask: Mask | None = None
    lengths: tuple[int, ...] = ()

    def joined(self, other: _Bars, least: int) -> _Bars:
        """Return these with others, if they are `least` or more."""
        if other.mask is None or len(other.lengths) < least:
            return self
        mask = other.mask if self.mask is None else np.asarray(self.mask | other.mask, np.uint8)
        return _Bars(mask, self.lengths + other.lengths)


def find_standing(layers: Layers, lines: Sequence[Line], over: tuple[Mask, Mask]) -> Mask:
    """Return where bars as thin as lines are, (height, width), 1 on pixels of their colours.

    Such bars are strokes of a colour that is no grey, unequally long, that all stand on one axis. A legend shows their colours, or
    they are many of one colour. `over`, both (height, width), are 1 where lines run across and down.
    """
    numbers = [
        number
        for number in range(1, layers.count)
        if layers.areas[number] and number not in layers.plates and float(np.ptp(layers.palette[number])) > PALE
    ]
    for across in (True, False):
        axes = [line.place for line in lines if _is_axis(line, layers, across=across)]
        named, nameless = _Bars(), _Bars()
        for number in numbers if axes else ():
            own = layers.mask(number)
            swatches = np.asarray(cv2.morphologyEx(own, cv2.MORPH_OPEN, np.ones((SWATCH, SWATCH), np.uint8)), np.uint8)
            thin = np.asarray(own & (1 - swatches), np.uint8)
            thin, ruled = (thin, over[0]) if across else (np.ascontiguousarray(thin.T), np.ascontiguousarray(over[1].T))
            bars = _bars(thin, ruled, axes)
            if swatches.any():
                named = named.joined(bars, LEAST_BARS)
            elif not nameless.lengths:  # the most frequent; others are its smoothed edges, or those of named ones
                nameless = nameless.joined(bars, LEAST_NAMELESS)
        chosen = named if named.lengths else nameless
        if chosen.mask is not None and max(chosen.lengths) - min(chosen.lengths) >= UNLIKE:
            return chosen.mask if across else np.ascontiguousarray(chosen.mask.T)
    return np.zeros(layers.labels.shape, np.uint8)


def without_standing(lines: Sequence[Line], over: tuple[Mask, Mask], standing: Mask) -> tuple[list[Line], tuple[Mask, Mask]]:
    """Return lines, and where those across and those down run, without the ones that are bars as thin as lines."""
    if not standing.any():
        return list(lines), over
    near = np.asarray(cv2.dilate(standing, np.ones((3, 3), np.uint8)), np.uint8)
    kept = [line for line in lines if _shown(line, standing) < line.seen / 2]
    drawn = [np.zeros(mask.shape, np.uint8) for mask in over]
    for line in kept:
        reach = line.thickness / 2 + 1
        beside = slice(max(0, round(line.place - reach)), round(line.place + reach))
        along = slice(round(line.start), round(line.end))
        drawn[0 if line.across else 1][(beside, along) if line.across else (along, beside)] = 1
    across, down = (np.asarray(mask & (own | (1 - near)), np.uint8) for mask, own in zip(over, drawn, strict=True))
    return kept, (across, down)


def _is_axis(line: Line, layers: Layers, *, across: bool) -> bool:
    """Return whether a line may be the axis that bars stand on: long, not dashed, no brighter than a grey."""
    if line.across != across or line.dashed:
        return False
    colour = [int(line.colour[place : place + 2], 16) for place in (1, 3, 5)]
    return max(colour) - min(colour) <= PALE and line.end - line.start >= AXIS_SHARE * layers.labels.shape[1 if across else 0]


def _shown(line: Line, standing: Mask) -> float:
    """Return how much of a line lies on bars, 0..1."""
    beside = slice(max(0, round(line.place - 1.5)), round(line.place + 1.5))
    along = slice(round(line.start), round(line.end))
    part = standing[beside, along].any(0) if line.across else standing[along, beside].any(1)
    return float(part.mean()) if part.size else 0.0


def _bars(thin: Mask, ruled: Mask, axes: Sequence[float]) -> _Bars:
    """Return the upright bars of one colour that stand on one of the lines across, or hang from it.

    There are none where most of the colour is in something else. Lines across, `ruled`, may cut them.
    """
    closed = np.asarray(cv2.morphologyEx(thin, cv2.MORPH_CLOSE, np.ones((CUT, 1), np.uint8)), np.uint8)
    whole = np.asarray(closed & (thin | ruled), np.uint8)
    count, labels, stats = components(whole, 4)
    _, top, width, height, area = stats[:count].T
    slim = (width <= THICKEST) & (height >= SHORTEST) & (height > width) & (area >= EVEN * width * height)
    slim[0] = False  # what is none
    chosen = max((slim & _meets(top, height, axis) for axis in axes), key=lambda bars: float(area[bars].sum()))
    if area[chosen].sum() < MOST * float(whole.sum()):
        return _Bars()
    return _Bars(np.asarray(chosen[labels], np.uint8), tuple(int(high) for high in height[chosen]))


def _meets(top: NDArray[np.int32], height: NDArray[np.int32], axis: float) -> NDArray[np.bool_]:
    return np.asarray((np.abs(top + height - axis) <= MEETS) | (np.abs(top - axis) <= MEETS), np.bool_)
