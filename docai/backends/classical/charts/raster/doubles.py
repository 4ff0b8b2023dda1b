"""Translucent symbols of one colour that lie over each other in a picture: where they do, the colour is stronger, and is theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.colours import GROUND, MIXED, Layers
from docai.backends.classical.charts.raster.fields import Claims
from docai.marks import Mask

SAME: Final = 14.0  # of 255 (Euclidean) that two colours are apart at most which hardly an eye tells apart
LIVELY: Final = 40.0  # of 255 that the parts of a colour differ by; greys are print's and grids'
THICK: Final = 7  # pixels that what is no line is thick
STRONGEST: Final = 3.5  # times as far from the ground as one layer several are at most; at 30 % opacity five are 2.8 times
STRONGER: Final = 1.12  # times at least; at 85 % opacity two layers are 1.15 times as far
OFF: Final = 0.08  # of that way that a stronger colour may be beside it, rounding and noise
SOLID: Final = 4  # pixels a side of the squares that fill symbols which are large enough to tell where they overlap
MOSTLY: Final = 0.3  # of a stronger colour's pixels in such squares; thin lines over a band have none
REACH: Final = 3  # pixels beside an overlap in which what is around it begins, smoothed edges left out
CORNERS: Final = 0.4  # of what is around an overlap that is ground at most
AROUND: Final = 0.75  # of the rest that is of one layer's colour
OVERLAPS: Final = 0.6  # of a stronger colour that is in overlaps, where it is no symbols' own


def with_strokes_joined(layers: Layers) -> Layers:
    """Return a picture in which a line has one colour, of which smoothing had made two: level parts are paler than steep ones."""
    labels = layers.labels.copy()
    lively = [n for n in range(1, layers.count) if n not in layers.plates and float(np.ptp(layers.palette[n])) > LIVELY]
    whole = dict(zip(lively, lively, strict=True))
    for place, other in enumerate(lively):
        off = np.linalg.norm(layers.palette - layers.palette[other], axis=1)
        near = [number for number in lively[:place] if off[number] <= SAME]
        if near and not cv2.erode(layers.mask(other), np.ones((THICK, THICK), np.uint8)).any():
            whole[other] = whole[min(near, key=lambda number: float(off[number]))]
            labels[labels == other] = whole[other]
    return replace(layers, labels=labels)


def without_doubles(layers: Layers, taken: Claims) -> Layers:
    """Return a picture in which the overlaps of translucent symbols have the colour of one layer, outside of what is `taken`.

    Layers of a colour `c` with opacity `a` over the ground `g` show `g + (1 - (1 - a) ** n) * (c - g)`: all on one way from the
    ground. (The usual composition of translucent colours, Porter and Duff 1984, section 4.3.) At the corners of an overlap, where
    the outlines meet, the ground begins; what lies all within another mark is a mark of its own.
    """
    solid = {n: _solidity(layers.mask(n)) for n in range(1, layers.count) if layers.areas[n] and n not in layers.plates}
    labels = np.where(taken == 0, layers.labels, MIXED)
    changed = layers.labels.copy()
    for base in solid:
        stronger = _stronger(layers, base, solid)
        if not stronger:
            continue
        found = _overlaps(labels, base, stronger)
        if float(found.sum()) < OVERLAPS * float(np.isin(labels, stronger).sum()):
            continue  # symbols in a colour of their own
        changed[found > 0] = base
        near = cv2.dilate(found, np.ones((5, 5), np.uint8)) > 0
        ground = cv2.dilate(np.asarray(labels == GROUND, np.uint8), np.ones((3, 3), np.uint8)) > 0
        changed[near & ~ground & (labels == MIXED) & (taken == 0)] = base
    return replace(layers, labels=changed)


def _stronger(layers: Layers, base: int, solid: dict[int, float]) -> list[int]:
    """Return the colours that several layers of one may show; `solid` is the `_solidity` of each."""
    off = layers.palette - layers.palette[GROUND]
    length = max(float(np.linalg.norm(off[base])), 1.0)
    along = off @ (off[base] / length)
    beside = np.linalg.norm(off - along[:, None] * off[base] / length, axis=1)
    return [
        number
        for number, share in solid.items()
        if STRONGER * length < along[number] < STRONGEST * length
        and beside[number] <= max(layers.tolerance, OFF * along[number])
        and share >= MOSTLY
    ]


def _overlaps(labels: NDArray[np.int16], base: int, stronger: list[int]) -> Mask:
    """Return where marks of a colour overlap, (height, width), 0 or 1: stronger pieces beside it that reach the ground."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(np.asarray(np.isin(labels, stronger), np.uint8))
    found: Mask = np.zeros(labels.shape, np.uint8)
    ring = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    for piece, (left, top, wide, high, _) in enumerate(stats[1:count].tolist(), 1):
        box = slice(max(0, top - REACH), top + high + REACH), slice(max(0, left - REACH), left + wide + REACH)
        part = np.asarray(pieces[box] == piece, np.uint8)
        beside = labels[box][(cv2.dilate(part, ring) > 0) & (part == 0) & (labels[box] != MIXED)]
        ground = float((beside == GROUND).mean()) if len(beside) else 1.0
        if 0 < ground <= CORNERS and float((beside == base).mean()) >= AROUND * (1 - ground):
            found[box] |= part
    return found


def _solidity(mask: Mask) -> float:
    """Return the share, 0..1, of a colour's pixels that fill squares; 1 for a colour without any."""
    filled = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((SOLID, SOLID), np.uint8))
    return float(filled.sum()) / float(mask.sum()) if mask.any() else 1.0
