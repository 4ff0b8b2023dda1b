"""Labels that are none: pieces of lines, rings and other marks of a chart's picture that a reader took for letters."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.arrays import largest, spread
from docai.backends.classical.charts.scene import Label

if TYPE_CHECKING:
    from docai.backends.classical.charts.raster.colours import Layers

INK: Final = 60.0  # of 255 that ink stands out of its ground by; grid lines do by less
COLOURED: Final = 40  # of 255 that the parts of a colour differ by; print is mostly grey
WIDEST: Final = 1.5  # times its height that a letter is wide at most: a "W" of a broad font is about as wide as high
SHORT: Final = 2  # letters; no more are read into a piece of a line, a ring, a marker
LEAST_SYMBOL: Final = 5  # pixels that a symbol measures at least
AROUND: Final = 2  # pixels around a label that show whether it is printed on an area
SOLID: Final = 0.8  # of such a label's place that its own colour covers at most; print on a bar has it all around
OFTEN: Final = 3  # labels of one and the same coloured letter from which on they are symbols
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
SAMPLE_GAP: Final = 0.3  # of a label's height between a line's piece in a legend and its name, at least
SAMPLE_WIDE: Final = 1.5  # of a label's height that such a piece is long at least, without a gap
SAMPLE_THIN, SAMPLE_WIDE_THIN = 0.45, 0.8  # of its height that such a piece without a marker is thick at most, and long at least

_SWATCHED = re.compile(r"(?:[^\w\s]+|[oO0©®@°QCe]{1,2})\s+(\w.*)")


def without_marks(labels: Sequence[Label], layers: Layers, corner: tuple[float, float] = (0.0, 0.0)) -> tuple[Label, ...]:
    """Return labels without those that are marks; `corner` is where the picture's first pixel lies in the frame of the labels."""
    off = largest(np.abs(layers.pixels.astype(np.float32) - layers.behind))
    ink = np.asarray(off > INK, np.uint8)
    thick = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((THICK, THICK), np.uint8)) > 0
    _, numbers, sizes, _ = cv2.connectedComponentsWithStats(np.asarray(ink & ~thick, np.uint8), connectivity=8)
    pieces, stats = np.asarray(numbers, np.int32), np.asarray(sizes, np.int32)
    coloured = (spread(layers.pixels) > COLOURED) & (ink > 0)
    repeated = _repeated(labels, corner, coloured, ink)
    return tuple(
        _without_swatch(label, corner, coloured, (ink > 0) & ~coloured)
        for number, label in enumerate(labels)
        if number not in repeated
        if any(word.recognised is None for word in label.words) or not _is_mark(label, corner, pieces, stats, thick, coloured)
    )


def _repeated(
    labels: Sequence[Label], corner: tuple[float, float], coloured: NDArray[np.bool_], ink: NDArray[np.uint8]
) -> set[int]:
    """Return the numbers of the labels that are symbols of one shape, read as one letter again and again: triangles as "A"."""
    found: dict[int, str] = {}
    for number, label in enumerate(labels):
        text = label.text.replace(" ", "")
        if len(text) > FEW or label.words or any(map(str.isdigit, text)):
            continue
        left, top = math.floor(label.extent.left - corner[0]), math.floor(label.extent.top - corner[1])
        right, bottom = math.ceil(label.extent.right - corner[0]), math.ceil(label.extent.bottom - corner[1])
        box = (slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right)))
        if ink[box].any() and float(coloured[box][ink[box] > 0].mean()) > MOST and float(coloured[box].mean()) < SOLID:
            found[number] = text
    singles = Counter(text for text in found.values() if len(text) == 1)
    letters = {text for text, times in singles.items() if times >= OFTEN}
    return {number for number, text in found.items() if letters & set(text) and set(text) <= letters | ROUND_SIGNS}


def _without_swatch(label: Label, corner: tuple[float, float], coloured: NDArray[np.bool_], grey: NDArray[np.bool_]) -> Label:
    """Return a label without the coloured swatch of a legend before its grey name, which was read as a dash or a letter."""
    name = _SWATCHED.match(label.text)
    if label.turn or label.words:
        return label
    left, top = math.floor(label.extent.left - corner[0]), math.floor(label.extent.top - corner[1])
    right, bottom = math.ceil(label.extent.right - corner[0]), math.ceil(label.extent.bottom - corner[1])
    box = (slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right)))
    if name is None and label.text[:1].isalnum():
        behind = _behind_sample((coloured | grey)[box])
        return label if behind == 0 else replace(label, extent=label.extent._replace(left=max(0, left) + behind + corner[0]))
    if name is None:
        return label
    lively, dull = np.flatnonzero(coloured[box].any(0)), np.flatnonzero(grey[box].any(0))
    dull = dull[dull > lively[-1]] if len(lively) else dull
    if not len(lively) or not len(dull) or lively[-1] > SWATCH * (right - left):
        return label
    start = max(0, left) + int(dull[0]) + corner[0]
    return replace(label, text=name[1], extent=label.extent._replace(left=start))


def _behind_sample(ink: NDArray[np.bool_]) -> int:
    """Return the column where the name behind a piece of a line begins that it was read with; 0 where there is none.

    Such a piece is longer than letters are wide, and a space follows it.
    """
    high, wide = ink.shape
    columns = np.flatnonzero(ink.any(0))
    if not len(columns) or columns[0] > SAMPLE_GAP * high:
        return 0
    gaps = np.flatnonzero(np.diff(columns) > SAMPLE_GAP * high)
    if not len(gaps):
        return 0
    last, first = int(columns[gaps[0]]), int(columns[gaps[0] + 1])
    sample = ink[:, columns[0] : last + 1]
    rows = np.flatnonzero(sample.any(1))
    thin = rows[-1] - rows[0] + 1 <= SAMPLE_THIN * high
    whole = sample.shape[1] >= (SAMPLE_WIDE_THIN if thin else SAMPLE_WIDE) * high and bool(sample.any(0).all())
    level = bool(sample[high // 2 - 1 : high // 2 + 2].any(0).all())
    return first if whole and level and last < SWATCH * wide else 0


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
