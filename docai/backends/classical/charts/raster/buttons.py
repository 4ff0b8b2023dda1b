"""Buttons that a website puts beside a chart: small grey icons of one column, evenly apart, with nothing else around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.arrays import largest, spread
from docai.backends.classical.charts.raster.colours import GROUND, Layers
from docai.backends.classical.charts.scene import Extent, Label

if TYPE_CHECKING:
    from docai.sources import Pixels

INK: Final = 30  # of 255 that an icon differs from paper by; the shadow of its plate does by less
GREY: Final = 40  # of 255 that the parts of a colour differ by at most
JOINED: Final = 5  # pixels that the pieces of one icon, or the letters of one word, are joined over
LEAST, MOST = 8, 48  # pixels a side of an icon, with what joining adds
MARGIN: Final = 0.15  # of a picture's width, at its right or left, that buttons stand in
IN_LINE: Final = 4.0  # pixels that the middles of icons are out of line with each other
EVEN: Final = 4.0  # pixels that their distances differ by: icons are no squares
APART: Final = 1.5  # times their height that they are apart at least
FEWEST: Final = 5  # buttons; legends and axes are often shorter, and are words besides
HALF: Final = 0.5  # of the buttons that may be coloured, read as words, or have a mark of their size beside them
LEVEL: Final = 2.0  # pixels that marks of one row differ by in height
SIZE: Final = 0.25  # of their height that marks of one row differ by


class _Icon(NamedTuple):
    """Something small, with the middle of its box and its sides in pixels of the picture."""

    across: float
    down: float
    width: float
    height: float


def find_buttons(layers: Layers, labels: Sequence[Label], corner: tuple[float, float] = (0.0, 0.0)) -> Extent | None:
    """Return the strip of a picture that buttons stand in, as far as its border, in the frame of the labels; None without such.

    `corner` is where the picture's first pixel lies in that frame.
    """
    pixels = layers.pixels
    wide = pixels.shape[1]
    ink = np.asarray(largest(np.abs(pixels.astype(np.int16) - layers.palette[GROUND].astype(np.int16))) > INK, np.uint8)
    joined = cv2.dilate(ink, np.ones((JOINED, JOINED), np.uint8))
    stats = np.asarray(cv2.connectedComponentsWithStats(joined, connectivity=8)[2], np.float64)[1:]
    small = (stats[:, 2:4] >= LEAST).all(1) & (stats[:, 2:4] <= MOST).all(1)
    icons = [_Icon(x + w / 2, y + h / 2, w, h) for x, y, w, h, _ in stats[small].tolist()]
    for inside in ((1 - MARGIN) * wide, wide), (0, MARGIN * wide):
        column = _column([icon for icon in icons if inside[0] < icon.across < inside[1]])
        if len(column) < FEWEST:
            continue
        strip = _strip(column)
        if _is_alone(strip, column, stats) and not _are_marks(column, icons, pixels) and not _are_words(column, labels, corner):
            left, right = (strip.left, float(wide)) if inside[0] else (0.0, strip.right)
            across, down = corner
            return Extent(left + across, strip.top + down, right + across, strip.bottom + down)
    return None


def _column(icons: Sequence[_Icon]) -> list[_Icon]:
    """Return the longest column of icons that stand evenly apart, from the top."""
    best: list[_Icon] = []
    for first in icons:
        below = sorted((one for one in icons if one.down > first.down and abs(one.across - first.across) <= IN_LINE), key=_down)
        for second in below[:2]:
            step, run = second.down - first.down, [first, second]
            if step < APART * max(first.height, second.height):
                continue
            for one in below:
                if one is not second and abs(one.down - run[-1].down - step) <= EVEN and APART * one.height < step:
                    run.append(one)
            if len(run) > len(best):
                best = run
    return best


def _down(icon: _Icon) -> float:
    return icon.down


def _strip(column: Sequence[_Icon]) -> Extent:
    """Return what a column of icons takes, with half of the step from one to the next around it."""
    half = (column[-1].down - column[0].down) / (len(column) - 1) / 2
    middle = float(np.median([icon.across for icon in column]))
    return Extent(middle - half, column[0].down - half, middle + half, column[-1].down + half)


def _is_alone(strip: Extent, column: Sequence[_Icon], stats: NDArray[np.float64]) -> bool:
    """Return whether nothing but the icons reaches into their strip: no name beside the mark of a legend, no grid line."""
    left, top, width, height = stats[:, 0], stats[:, 1], stats[:, 2], stats[:, 3]
    meeting = (left < strip.right) & (left + width > strip.left) & (top < strip.bottom) & (top + height > strip.top)
    return int(meeting.sum()) == len(column)


def _are_marks(column: Sequence[_Icon], icons: Sequence[_Icon], pixels: Pixels) -> bool:
    """Return whether most are coloured, or have others of their size beside them, as the marks of a plot."""
    coloured = beside = 0
    for icon in column:
        box = pixels[int(icon.down - icon.height / 2) : int(icon.down + icon.height / 2)]
        box = box[:, int(icon.across - icon.width / 2) : int(icon.across + icon.width / 2)]
        coloured += bool((spread(box) > GREY).mean() > HALF / 2)
        beside += any(
            abs(other.down - icon.down) <= LEVEL
            and abs(other.across - icon.across) > IN_LINE
            and max(abs(other.width - icon.width), abs(other.height - icon.height)) <= SIZE * icon.height
            for other in icons
        )
    return max(coloured, beside) > HALF * len(column)


def _are_words(column: Sequence[_Icon], labels: Sequence[Label], corner: tuple[float, float]) -> bool:
    """Return whether most were read as print: the labels of an axis at the right."""
    middles = [(icon.across + corner[0], icon.down + corner[1]) for icon in column]
    return sum(any(label.extent.holds(middle) for label in labels) for middle in middles) > HALF * len(column)
