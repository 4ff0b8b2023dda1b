"""Labels that are none: pieces of lines, rings and other marks of a chart's picture that a reader took for letters."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.scene import Label

if TYPE_CHECKING:
    from docai.backends.classical.charts.raster.colours import Layers

INK: Final = 60.0  # of 255 that ink stands out of its ground by; grid lines do by less
COLOURED: Final = 40  # of 255 that the parts of a colour differ by; print is mostly grey
WIDEST: Final = 1.5  # times its height that a letter is wide at most: a "W" of a broad font is about as wide as high
SHORT: Final = 2  # letters; no more are read into a piece of a line, a ring, a marker
LEAST_SYMBOL: Final = 5  # pixels that a symbol measures at least
AROUND: Final = 2  # pixels around a label that show whether it is printed on an area
FEW: Final = 4  # letters; no more are read into a few rings or discs that stand together
BROAD: Final = 0.88  # times its height that a ring or disc is wide at least; digits and most letters are narrower
FULL: Final = 0.7  # of its box that such a symbol fills, with its inside; a diamond or triangle is read as no letter
FULL_JOINED: Final = 0.5  # the same of symbols that touch, which only letters as round are read into
ROUND_SIGNS: Final = frozenset("oOQce©®@°")
BEYOND: Final = 0.6  # of a label's height that a line goes on outside of it at least
MOST: Final = 0.6  # of a label's ink that belongs to such a line
THICK: Final = 7  # pixels; so thick is no stroke of small print and no line: print may lie on it
ON_AREA: Final = 0.4  # of a label's place that such areas cover, where it may be printed on one
SWATCH: Final = 0.7  # of a label's length that a swatch before its name takes at most

_SWATCHED = re.compile(r"(?:[^\w\s]+|[oO0©®@°QCe]{1,2})\s+(\w.*)")


def without_marks(labels: Sequence[Label], layers: Layers, corner: tuple[float, float] = (0.0, 0.0)) -> tuple[Label, ...]:
    """Return labels without those that are marks; `corner` is where the picture's first pixel lies in the frame of the labels."""
    off = np.abs(layers.pixels.astype(np.float32) - layers.behind).max(2)
    ink = np.asarray(off > INK, np.uint8)
    thick = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((THICK, THICK), np.uint8)) > 0
    _, numbers, sizes, _ = cv2.connectedComponentsWithStats(np.asarray(ink & ~thick, np.uint8), connectivity=8)
    pieces, stats = np.asarray(numbers, np.int32), np.asarray(sizes, np.int32)
    coloured = (np.ptp(layers.pixels, axis=2) > COLOURED) & (ink > 0)
    return tuple(
        _without_swatch(label, corner, coloured, (ink > 0) & ~coloured)
        for label in labels
        if any(word.recognised is None for word in label.words) or not _is_mark(label, corner, pieces, stats, thick, coloured)
    )


def _without_swatch(label: Label, corner: tuple[float, float], coloured: NDArray[np.bool_], grey: NDArray[np.bool_]) -> Label:
    """Return a label without the coloured swatch of a legend before its grey name, which was read as a dash or a letter."""
    name = _SWATCHED.match(label.text)
    if name is None or label.turn or label.words:
        return label
    left, top = math.floor(label.extent.left - corner[0]), math.floor(label.extent.top - corner[1])
    right, bottom = math.ceil(label.extent.right - corner[0]), math.ceil(label.extent.bottom - corner[1])
    box = (slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right)))
    lively, dull = np.flatnonzero(coloured[box].any(0)), np.flatnonzero(grey[box].any(0))
    dull = dull[dull > lively[-1]] if len(lively) else dull
    if not len(lively) or not len(dull) or lively[-1] > SWATCH * (right - left):
        return label
    start = max(0, left) + int(dull[0]) + corner[0]
    return replace(label, text=name[1], extent=label.extent._replace(left=start))


def _is_mark(
    label: Label,
    corner: tuple[float, float],
    pieces: NDArray[np.int32],
    stats: NDArray[np.int32],
    thick: NDArray[np.bool_],
    coloured: NDArray[np.bool_],
) -> bool:
    """Return whether a label is a mark: of a form that letters do not have, or a piece of a line that goes on outside of it."""
    text = label.text.replace(" ", "")
    extent = label.extent
    upright = label.turn % 180 == 0
    along, across = (extent.width, extent.height) if upright else (extent.height, extent.width)
    if label.turn % 90 == 0 and along > WIDEST * across * len(text):
        return True
    left, top = math.floor(extent.left - corner[0]), math.floor(extent.top - corner[1])
    right, bottom = math.ceil(extent.right - corner[0]), math.ceil(extent.bottom - corner[1])
    box = (slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right)))
    if not thick[box].size:
        return False
    wider = (slice(max(0, top - AROUND), bottom + AROUND), slice(max(0, left - AROUND), right + AROUND))
    if len(text) <= FEW and _are_symbols(text, coloured[wider], thick[wider] | (pieces[wider] > 0)):
        return True
    if float(thick[box].mean()) > ON_AREA:
        return False
    inside = pieces[box]
    ink = inside > 0
    if not ink.any():
        return False
    lively = float(coloured[box][ink].mean()) > MOST
    if len(text) > SHORT and not lively:
        return False
    margin = BEYOND * min(extent.width, extent.height)
    counts = np.bincount(inside[ink])
    beyond = 0
    for piece in np.flatnonzero(counts):
        x, y, wide, high = (int(value) for value in stats[piece][:4])
        outside = x < left - margin or y < top - margin or x + wide > right + margin or y + high > bottom + margin
        beyond += int(counts[piece]) if outside else 0
    return beyond > MOST * int(counts.sum())


def _are_symbols(text: str, coloured: NDArray[np.bool_], ink: NDArray[np.bool_]) -> bool:
    """Return whether what stands in a label's place are coloured rings, discs or the like, each as broad as it is high."""
    if not ink.any() or float(coloured[ink].mean()) < MOST:
        return False
    if not any(map(str.isalnum, text)):
        return True
    border = np.concatenate([coloured[0], coloured[-1], coloured[:, 0], coloured[:, -1]])
    if float(border.mean()) > ON_AREA:  # print on a bar
        return False
    shown = np.pad(coloured.astype(np.uint8), 1)
    contours, _ = cv2.findContours(shown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    large = [contour for contour in contours if min(cv2.boundingRect(contour)[2:]) >= LEAST_SYMBOL]
    for contour in large:
        wide, high = cv2.boundingRect(contour)[2:]
        filled = cv2.contourArea(contour) + len(contour) / 2 + 1
        single = BROAD * high <= wide <= high / BROAD and filled >= FULL * wide * high
        joined = set(text) <= ROUND_SIGNS and filled >= FULL_JOINED * wide * high
        if not (single or joined):
            return False
    return bool(large)
