"""Which print of a chart's picture runs up, or along a slant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.rows import EVEN_LEVEL, SMALLEST, SOLID, linked
from docai.marks import Marks

LEAST_BESIDE: Final = 2  # turned rows on the level of what is short for one, but may be one
LEAST_TURNED: Final = 3  # letters that are turned alike
BROAD, LEAST_BROAD = 1.3, 1.1  # times their height that such letters are wide: half of them at least, all at least
VERY_BROAD: Final = 1.5  # the same of digits; two upright ones that touch are 1.25 to 1.4
SHORTEST: Final = 3  # pixels that a digit is wide at least, which a turned one is high
TURNED_GAP: Final = 1.1  # of the letters' height, between words of rows that run up: labels are not side by side there
TURNED_UNLIKE: Final = 1.75  # times that words of one such row differ in thickness: by accents and brackets
BLOB_GAP: Final = 0.2  # of the letters' height, half the gap between letters, and parts of letters, of one word
SLANTS: Final = (18.0, 72.0)  # degrees, between which labels of an axis are slanted
SLANTED_GAP, SLANTED_OFF = 1.0, 0.5  # of the letters' height, between words of a slanted row, and that they lie beside its line
MOST_WORDS: Final = 4  # of a slanted row that are found one after the other
LEVEL_HIGH: Final = 1.5  # of the letters' height that level print is high at most, with what stands out below
SLANT_SPREAD: Final = 9.0  # degrees that short words seem to differ by
LEAST_SLANTED: Final = 3  # words that must be slanted alike, and begin or end on a level


def turned_letters(marks: Marks, members: NDArray[np.int64], groups: Sequence[NDArray[np.int64]]) -> list[int]:
    """Return the single letters and digits along a level that are turned.

    They are as wide as each other then, and differ in height, as capitals do, or are broader than high, as upright ones hardly are.
    """
    grouped = {int(place) for group in groups if len(group) > 1 for place in group}
    single = np.array([place for place in members if int(place) not in grouped and marks.width[place] >= SMALLEST], np.int64)
    upright = [(int(marks.top[group].min()), int(marks.bottom[group].max())) for group in groups if len(group) > 1]
    found: list[int] = []
    order = single[np.argsort(marks.top[single], kind="stable")]
    for level in np.split(order, np.flatnonzero(np.diff(marks.top[order]) > EVEN_LEVEL) + 1):
        if len(level) < LEAST_TURNED:
            continue
        usual = float(np.median(marks.width[level]))
        alike = level[np.abs(marks.width[level] - usual) <= 1]
        if len(alike) < max(LEAST_TURNED, 0.8 * len(level)):
            continue
        top, bottom = int(np.median(marks.top[alike])), int(np.median(marks.bottom[alike]))
        among_upright = any(max(abs(high - top), abs(low - bottom)) <= 1 for high, low in upright)
        if np.ptp(marks.height[alike]) >= EVEN_LEVEL or (_are_broad(marks, alike) and not among_upright):
            found += [int(place) for place in alike if marks.height[place] <= usual + 1]
    return found


def _are_broad(marks: Marks, members: NDArray[np.int64]) -> bool:
    """Return whether marks are broader than high as turned letters are, all of them, and none is a bar or a dash."""
    wide, high = marks.width[members], marks.height[members]
    broad, usual = wide / high, float(np.median(wide / high))
    differ = np.ptp(high) > np.ptp(wide)  # of upright letters that touch, the widths do
    solid = marks.area[members] > SOLID * wide * high
    return bool(usual >= (BROAD if differ else VERY_BROAD) and broad.min() >= LEAST_BROAD and not solid.any())


def _with_beside(marks: Marks, rows: Sequence[NDArray[np.int64]], blobs: Sequence[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Return turned rows with the blobs that are turned as they are, though hardly higher than wide: "15" among "10" and "20".

    They are as thick as several of the rows, and begin or end on their level.
    """
    sides = np.array(
        [(marks.top[g].min(), marks.bottom[g].max(), marks.right[g].max() - marks.left[g].min()) for g in [*rows, *blobs]]
    )
    found = list(rows)
    known = sides[: len(rows)]
    for blob, side in zip(blobs, sides[len(rows) :], strict=True):
        near = np.abs(known - side) <= (EVEN_LEVEL, EVEN_LEVEL, 1)
        if side[1] - side[0] >= SHORTEST and int(((near[:, 0] | near[:, 1]) & near[:, 2]).sum()) >= LEAST_BESIDE:
            found.append(blob)
    return found


def find_blobs(marks: Marks, members: NDArray[np.int64], unit: float) -> list[NDArray[np.int64]]:
    """Return members in blobs: letters of a word, and parts of letters, in whatever direction they follow each other."""
    side = 2 * max(1, round(BLOB_GAP * unit)) + 1  # closes gaps of a pixel less
    closed = cv2.morphologyEx(marks.mask(members), cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    numbers = cv2.connectedComponents(np.asarray(closed, np.uint8), connectivity=8)[1][marks.first_pixels(members)]
    order = np.argsort(numbers, kind="stable")
    return np.split(members[order], np.flatnonzero(np.diff(numbers[order])) + 1)


def find_directions(
    marks: Marks, blobs: Sequence[NDArray[np.int64]], unit: float, coloured: NDArray[np.int64]
) -> tuple[list[NDArray[np.int64]], NDArray[np.int64], float]:
    """Return the rows that run up or down, the marks of slanted rows, and their slant, clockwise (0 where there are none)."""
    left, top = (np.array([side[blob].min() for blob in blobs]) for side in (marks.left, marks.top))
    right, bottom = (np.array([side[blob].max() for blob in blobs]) for side in (marks.right, marks.bottom))
    wide, high = right - left, bottom - top
    several = np.array([len(blob) for blob in blobs]) > 1
    upward = (high >= np.where(several, 1.25, 1.4) * wide) & (high >= np.where(several, 1.25, 1.6) * unit) & (wide >= 0.6 * unit)
    sparse = (np.minimum(wide, high) >= 1.6 * unit) & (np.maximum(wide, high) <= 2.2 * np.minimum(wide, high))
    slants = {int(place): _slant(marks, blobs[int(place)]) for place in np.flatnonzero(sparse | (upward & (wide >= 1.5 * unit)))}
    # Pieces of lines lie along a slant, too, but are coloured, as labels hardly ever are
    told = np.array([slant for place, slant in slants.items() if slant and coloured[blobs[place]].sum() < 0])
    angle, slanted = 0.0, np.zeros(0, np.int64)
    if len(told) >= LEAST_SLANTED:
        angle = float(np.median(told))
        alike = [int(place) for place, slant in slants.items() if slant and abs(slant - angle) <= SLANT_SPREAD]
        level = min(float(np.median(np.abs(side[alike] - np.median(side[alike])))) for side in (top, bottom)) if alike else np.inf
        if len(alike) >= max(LEAST_SLANTED, 0.6 * len(told)) and level <= unit:
            low, far = top[alike].min() - unit / 2, bottom[alike].max() + unit / 2
            within = (low <= top) & (bottom <= far) & ((wide < 2 * unit) | sparse)
            within[alike] = True
            level_print = (wide >= 2 * unit) & (high <= LEVEL_HIGH * unit)
            lying = np.flatnonzero(_continued(within, ~level_print, (left, top, right, bottom), (unit, angle)))
            slanted = np.concatenate([blobs[int(place)] for place in lying])
            upward[lying] = False
            angle = float(np.median([slants[place] for place in alike]))
        else:
            angle = 0.0
    rest = [n for n in range(len(blobs)) if not np.isin(blobs[n][0], slanted)]
    rows = _upward_rows(marks, blobs, rest, upward)
    if len(rows) >= LEAST_BESIDE:
        taken = np.concatenate(rows)
        rows = _with_beside(marks, rows, [blobs[n] for n in rest if not np.isin(blobs[n][0], taken)])
    return rows, slanted, angle


def _continued(
    lying: NDArray[np.bool_], free: NDArray[np.bool_], sides: Sequence[NDArray[np.int64]], frame: tuple[float, float]
) -> NDArray[np.bool_]:
    """Return which blobs are of slanted rows: those that are `lying` in them, and free ones that go on before or behind these.

    `frame` is the height of letters and the slant.
    """
    left, top, right, bottom = sides
    unit, angle = frame[0], math.radians(frame[1])
    across, down = (left + right) / 2, (top + bottom) / 2
    along, beside = across * math.cos(angle) + down * math.sin(angle), down * math.cos(angle) - across * math.sin(angle)
    long = np.hypot(right - left, bottom - top)
    near = np.abs(along[:, None] - along[None]) - (long[:, None] + long[None]) / 2 <= SLANTED_GAP * unit
    near &= np.abs(beside[:, None] - beside[None]) <= SLANTED_OFF * unit
    for _ in range(MOST_WORDS):
        grown = lying | (free & (near & lying[None]).any(1))
        if (grown == lying).all():
            break
        lying = grown
    return lying


def _slant(marks: Marks, blob: NDArray[np.int64]) -> float:
    """Return the clockwise angle of the line that a blob's ink lies along; 0 where it lies along none, or a level one."""
    left, top = int(marks.left[blob].min()), int(marks.top[blob].min())
    part = marks.labels[top : int(marks.bottom[blob].max()), left : int(marks.right[blob].max())]
    rows, columns = np.nonzero(np.isin(part, blob + 1))
    spread = np.cov(np.stack([columns, rows]).astype(np.float64))
    values, vectors = np.linalg.eigh(spread)
    if values[1] < 3.5 * max(values[0], 1e-6):
        return 0.0
    across, down = vectors[:, 1]
    angle = math.degrees(math.atan2(down, across))
    angle = (angle + 90) % 180 - 90
    return angle if SLANTS[0] <= abs(angle) <= SLANTS[1] else 0.0


def _upward_rows(
    marks: Marks, blobs: Sequence[NDArray[np.int64]], places: Sequence[int], upward: NDArray[np.bool_]
) -> list[NDArray[np.int64]]:
    """Return the rows that run up or down: words that do, and what follows on them, such as a bracket or a short word."""
    if not places:
        return []
    left, top = (np.array([side[blobs[place]].min() for place in places]) for side in (marks.left, marks.top))
    right, bottom = (np.array([side[blobs[place]].max() for place in places]) for side in (marks.right, marks.bottom))
    wide, up = right - left, upward[list(places)]
    gap = np.maximum(top[:, None], top[None]) - np.minimum(bottom[:, None], bottom[None])
    shared = np.minimum(right[:, None], right[None]) - np.maximum(left[:, None], left[None])
    narrow, broad = np.minimum(wide[:, None], wide[None]), np.maximum(wide[:, None], wide[None])
    word = np.where(up, wide, 0)  # of the upward ones, how thick their row is
    thick = np.maximum(word[:, None], word[None])
    links = (thick > 0) & (gap <= TURNED_GAP * thick) & (shared >= 0.6 * narrow) & (broad <= TURNED_UNLIKE * thick)
    rows = linked(links, np.arange(len(places)))
    return [np.sort(np.concatenate([blobs[places[n]] for n in row])) for row in rows if up[row].any()]
