"""Straight thin lines in a chart's picture: axes, grid lines, frames, and the ticks that stand on axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.colours import GROUND, Layers, hexadecimal
from docai.backends.classical.charts.scene import Extent, Rectangle, Stroke
from docai.marks import Mask

THICK: Final = 4  # pixels that a line is thick at most; an axis of a chart drawn for print reaches 4 at 200 dpi
LEAST_RUN: Final = 13  # pixels that a piece of a line is long at least: longer than the strokes of letters
LEAST_SHARE: Final = 0.12  # of the picture's width or height that a line is long at least
DASH_GAP: Final = 9  # pixels between the dashes of a line at most
DASH: Final = 2  # pixels that a dash is long at least
LONGEST_STROKE: Final = 40  # pixels that a straight stroke of a letter is long at most, in large print
BARE: Final = 0.2  # of the way along strokes in line that is empty: letters stand apart, lines are covered where they are not seen
DASHED: Final = 41  # pixels that a dashed line is long at least
COVERED: Final = 0.2  # of a line that is to be seen at least; bars cover the rest
OWN_SHARE: Final = 0.25  # of a line's pixels that are of its colour, and not the edges of bars beside it
GAPS: Final = 0.1  # of the length of a dashed line that is gaps which nothing covers, at least
LEAST_MIXED: Final = 0.03  # of the way from the ground to an area's colour that the colour of a gap between bars is at least
MIXED_OFF: Final = 0.1  # of that way that it may lie beside it
ALONE: Final = 0.1  # of a line's length that it shows apart from areas at least to be no gap: grid lines go on beside bars
MUCH: Final = 0.05  # of a picture that no lines fill: slim bars do
SOLID_SIDE, SOLID_SHARE = 5, 0.3  # pixels of a square, and the share of a colour in such squares, that make it fill areas
LONGEST_TICK: Final = 14  # pixels
AXIS_SHARE: Final = 0.3  # of the picture's width or height that a line with ticks is long at least
MOST_AXES: Final = 16  # lines that are looked at for ticks, the longest ones
CONTRAST: Final = 32.0  # of 255 that lines which stand out of the ground alike differ by at most
BESIDE_TICK: Final = 2.0  # pixels that what is made of ticks reaches beyond them at most: over the axis
CORNER: Final = 3.0  # pixels between the axis at which another ends and its end, at most
SHORTEST_TICK: Final = 3  # pixels
TICK_WIDE: Final = 3  # pixels
TICK_LEVEL: Final = 24.0  # of 255 that a tick stands out of what is beside it by


NONE: Final = -1  # the label of what is on no line

Pieces = list[tuple[tuple[int, int, int, int], bool]]  # left, top, width, height; whether it is of dashes


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line along rows or columns, in pixels: `place` across it, from `start` to `end` along it."""

    across: bool
    place: float
    start: float
    end: float
    thickness: float
    colour: str
    seen: float = 0.0
    dashed: bool = False

    @property
    def stroke(self) -> Stroke:
        """The line as a mark of the scene."""
        ends = (
            ((self.start, self.place), (self.end, self.place))
            if self.across
            else ((self.place, self.start), (self.place, self.end))
        )
        return Stroke(ends, self.colour, self.thickness, dashes=(4.0, 4.0) if self.dashed else ())


def find_lines(layers: Layers) -> tuple[list[Line], tuple[Mask, Mask]]:
    """Return the straight lines of a picture, and where those across and those down run: (height, width), 1 on a line."""
    labels = _foreground(layers)
    alike = _alike(layers)
    lines: list[Line] = []
    runs = []
    solid = _solid(layers)
    for across in (True, False):
        turned = labels if across else np.ascontiguousarray(labels.T)
        found, own = _runs(turned, alike, layers, solid, across=across)
        lines += found
        runs.append(own if across else np.ascontiguousarray(own.T))
    return lines, (runs[0], runs[1])


def _foreground(layers: Layers) -> NDArray[np.int16]:
    """Return the labels of what stands on the ground and on plates, `NONE` elsewhere: white grid lines on a grey panel do."""
    labels = layers.labels.copy()
    for number in (GROUND, *layers.plates):
        own = labels == number
        for part in range(3):
            own &= layers.behind[..., part] == layers.palette[number, part]
        labels[own] = NONE
    strokes = np.append(~layers.areas, True)  # the last for MIXED
    labels[strokes[labels] & (labels != NONE)] = NONE
    return np.asarray(labels, np.int16)


def _alike(layers: Layers) -> NDArray[np.bool_]:
    """Return which colours may be of one line, (colours + 1, colours + 1), the last for `NONE`."""
    palette = layers.palette
    off = np.linalg.norm(palette[:, None] - palette[None], axis=2)
    alike = np.zeros((len(palette) + 1, len(palette) + 1), np.bool_)
    alike[:-1, :-1] = off <= (2 * layers.tolerance if layers.lossy else layers.tolerance)
    return alike


def _solid(layers: Layers) -> frozenset[int]:
    """Return the colours that mostly fill areas: their straight edges are no lines."""
    found = set()
    for number in range(1, layers.count):
        if number in layers.plates or not layers.areas[number]:
            continue
        mask = layers.mask(number)
        if int(mask.sum()) < SOLID_SIDE**2:
            continue
        much = float(mask.mean()) > MUCH
        side = SOLID_SIDE if not much else SOLID_SIDE - 2
        inner = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
        if float(inner.sum()) > SOLID_SHARE * float(mask.sum()):
            found.add(number)
    return frozenset(found)


def _runs(
    labels: NDArray[np.int16], alike: NDArray[np.bool_], layers: Layers, solid: frozenset[int], *, across: bool
) -> tuple[list[Line], Mask]:
    """Return the lines along the rows of labels, and their pixels, what covers parts of them included."""
    width = labels.shape[1]
    mixtures = _mixtures(layers, solid)
    own = np.zeros(labels.shape, np.uint8)
    same, below = np.zeros(labels.shape, np.uint8), np.zeros(labels.shape, np.uint8)
    same[:, :-1], below[:-1] = alike[labels[:, :-1], labels[:, 1:]], alike[labels[:-1], labels[1:]]
    column = np.ones((THICK, 1), np.uint8)  # an even kernel must be turned round, or it moves what it opens
    thick = np.asarray(cv2.dilate(cv2.erode(below, column, anchor=(0, 0)), column, anchor=(0, THICK - 1)), np.uint8)
    thick[1:] |= thick[:-1]
    thin = np.asarray((labels >= 0) & (thick == 0), np.uint8)
    short = np.asarray(cv2.morphologyEx(same & thin, cv2.MORPH_OPEN, np.ones((1, DASH - 1), np.uint8)), np.uint8)
    short[:, 1:] |= short[:, :-1]
    pieces: Pieces = []
    for dashed in (False, True):
        joined = cv2.morphologyEx(short, cv2.MORPH_CLOSE, np.ones((1, DASH_GAP), np.uint8)) if dashed else short
        least = DASHED if dashed else LEAST_RUN
        long = np.asarray(cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((1, least), np.uint8)), np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(long, connectivity=4)
        for piece in range(1, count):
            left, top, wide, high, _ = (int(value) for value in stats[piece])
            if high <= THICK and not (dashed and any(_inside((left, top, wide, high), known) for known, _ in pieces)):
                pieces.append(((left, top, wide, high), dashed))
    lines = []
    for group in (_without_strokes(row, labels) for row in _in_line(pieces)):
        left, right = min(p[0] for p, _ in group), max(p[0] + p[2] for p, _ in group)
        seen = sum(p[2] for p, _ in group)
        if right - left < max(2 * LEAST_RUN, LEAST_SHARE * width) or seen < COVERED * (right - left):
            continue
        if _are_strokes([piece for piece, _ in group], labels):
            continue
        top, bottom = min(p[1] for p, _ in group), max(p[1] + p[3] for p, _ in group)
        shown = [labels[y : y + h, x : x + w][short[y : y + h, x : x + w] > 0] for (x, y, w, h), _ in group]
        told = np.concatenate(shown)
        counts = np.bincount(told[told >= 0], minlength=layers.count)
        counts[list(solid)] = 0  # the edges of bars that stand on it
        number = int(counts.argmax())
        if counts[number] < OWN_SHARE * len(told):
            continue
        if number in mixtures and _is_between(layers, [piece for piece, _ in group], mixtures[number], across=across):
            continue
        longest = max((p for p, _ in group), key=lambda piece: piece[2])
        place, thickness = _centre(layers, longest, number, across=across)
        dashed = sum(p[2] for p, d in group if d) > 0.5 * seen and _shows_gaps(labels, short, longest, solid)
        lines.append(Line(across, place, float(left), float(right), thickness, layers.name(number), seen / (right - left), dashed))
        own[max(0, top - 1) : bottom + 1, left:right] = 1
    return lines, own


def _mixtures(layers: Layers, solid: frozenset[int]) -> dict[int, list[int]]:
    """Return the colours that are on the way from the ground to colours of areas, and those: what shows in gaps between bars."""
    found: dict[int, list[int]] = {}
    ground = layers.palette[GROUND]
    off = layers.palette - ground
    for area in solid:
        way = off[area]
        length = float((way * way).sum())
        if not length:
            continue
        share = off @ way / length
        beside = np.linalg.norm(off - share[:, None] * way, axis=1)
        near = (share > LEAST_MIXED) & (share < 1) & (beside < np.maximum(2 * layers.tolerance, MIXED_OFF * length**0.5))
        for number in np.flatnonzero(near):
            if number != area:
                found.setdefault(int(number), []).append(area)
    return found


def _is_between(layers: Layers, pieces: list[tuple[int, int, int, int]], areas: list[int], *, across: bool) -> bool:
    """Return whether a line of a mixed colour is nowhere but along areas: their smoothed edges, and the gaps between them."""
    labels = layers.labels if across else layers.labels.T
    along, alone = 0, 0
    for left, top, wide, high in pieces:
        rows = [row for row in (top - 2, top - 1, top + high, top + high + 1) if 0 <= row < len(labels)]
        beside = np.isin(labels[rows, left : left + wide], areas).any(0)
        along += int(beside.sum())
        alone += wide - int(beside.sum())
    return alone < ALONE * (along + alone)


def _without_strokes(pieces: Pieces, labels: NDArray[np.int16]) -> Pieces:
    """Return pieces in line without strokes of letters that stand beside the line's ends, with nothing in between."""
    kept = sorted(pieces)
    for end in (0, -1):
        while len(kept) > 1 and not any(dashed for _, dashed in kept):
            (left, top, wide, high), _ = kept[end]
            (next_left, _, next_wide, _), _ = kept[1 if end == 0 else -2]
            gap = slice(left + wide, next_left) if end == 0 else slice(next_left + next_wide, left)
            bare = (labels[top : top + high, gap] == NONE).all(0)
            if wide > LONGEST_STROKE or wide >= next_wide or len(bare) <= DASH_GAP or not bare.all():
                break
            kept.pop(end)
    return kept


def _are_strokes(pieces: list[tuple[int, int, int, int]], labels: NDArray[np.int16]) -> bool:
    """Return whether pieces in line are strokes of letters that stand in a row: all are short, and there is nothing in between."""
    if len(pieces) < 2 or max(wide for _, _, wide, _ in pieces) > LONGEST_STROKE:
        return False
    left, right = min(x for x, _, _, _ in pieces), max(x + wide for x, _, wide, _ in pieces)
    top, bottom = min(y for _, y, _, _ in pieces), max(y + high for _, y, _, high in pieces)
    return float((labels[top:bottom, left:right] == NONE).all(0).mean()) > BARE


def _shows_gaps(labels: NDArray[np.int16], own: Mask, piece: tuple[int, int, int, int], solid: frozenset[int]) -> bool:
    """Return whether the gaps of a line show what is behind it: marks that cover a solid line make no dashes."""
    left, top, wide, high = piece
    gaps = own[top : top + high, left : left + wide].max(0) == 0
    covered = np.isin(labels[top : top + high, left : left + wide], list(solid)).any(0)
    return bool(float((gaps & ~covered).mean()) > GAPS)


def _inside(inner: tuple[int, int, int, int], outer: tuple[int, int, int, int]) -> bool:
    overlap = min(inner[0] + inner[2], outer[0] + outer[2]) - max(inner[0], outer[0])
    return overlap > 0.5 * inner[2] and abs(inner[1] - outer[1]) <= 1


def _in_line(pieces: Pieces) -> list[Pieces]:
    """Return pieces by the line that they are of: those in the same rows."""
    groups: list[Pieces] = []
    for piece in sorted(pieces, key=lambda piece: (piece[0][1] + piece[0][3] / 2, piece[0][0])):
        middle = piece[0][1] + piece[0][3] / 2
        if groups and abs(groups[-1][0][0][1] + groups[-1][0][0][3] / 2 - middle) <= 1:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups


def _centre(layers: Layers, piece: tuple[int, int, int, int], number: int, *, across: bool) -> tuple[float, float]:
    """Return where the middle of a line lies, to parts of a pixel, and how thick it is, from the rows around it."""
    left, top, wide, high = piece
    first, last = max(0, top - 2), top + high + 2
    along = slice(left + wide // 8, left + wide - wide // 8)
    pixels = layers.pixels if across else layers.pixels.transpose(1, 0, 2)
    rows = np.median(pixels[first:last, along].astype(np.float32), axis=1)
    colour = layers.palette[number]
    share = []
    for place, row in enumerate(rows):
        start = rows[0] if place < top - first + high / 2 else rows[-1]
        way = colour - start
        length = float((way * way).sum())
        share.append(
            float(np.clip(((row - start) * way).sum() / length, 0, 1)) if length > 100 else float(0 <= place - (top - first) < high)
        )
    weights = np.array(share)
    total = float(weights.sum())
    if total <= 0 or total > THICK + 1:
        return top + high / 2, float(high)
    return first + float((weights * (np.arange(len(weights)) + 0.5)).sum()) / total, max(0.5, total)


def find_ticks(layers: Layers, lines: list[Line]) -> list[Line]:
    """Return the ticks that stand on lines: short, thin, on one side, several of one length."""
    ticks: list[Line] = []
    length = {True: layers.labels.shape[1], False: layers.labels.shape[0]}
    long = [line for line in lines if line.end - line.start >= AXIS_SHARE * length[line.across] and not line.dashed]
    if len(long) > MOST_AXES:  # grid lines are paler than axes
        long.sort(key=lambda line: (-_contrast(layers, line), line.start - line.end))
    for line in long[:MOST_AXES]:
        pixels = np.ascontiguousarray(layers.pixels if line.across else layers.pixels.transpose(1, 0, 2))
        whole = _to_corners(line, long)
        ticks += [tick for outward in (-1, 1) for tick in _ticks_beside(pixels, whole, outward)]
    dashed = [line for line in lines if line.dashed]
    return [tick for tick in ticks if not any(_is_dash(tick, line) for line in dashed)]


def _is_dash(tick: Line, line: Line) -> bool:
    """Return whether a tick is a dash of a line that begins at a grid line, by chance."""
    along = line.start <= tick.start and tick.end <= line.end
    return line.across == tick.across and along and abs(line.place - tick.place) <= 1


def _to_corners(line: Line, lines: Sequence[Line]) -> Line:
    """Return a line drawn out to those that cross it, or end at it: marks may cover an axis near its ends."""
    ends = [o.place for o in lines if o.across != line.across and o.start - CORNER <= line.place <= o.end + CORNER]
    return replace(line, start=min([line.start, *ends]), end=max([line.end, *ends]))


def without_ticks(slabs: Sequence[Rectangle], ticks: Sequence[Line]) -> list[Rectangle]:
    """Return rectangles without those that are ticks of their colour, or two of a logarithmic axis that stand close together."""
    return [slab for slab in slabs if not any(tick.colour == slab.fill and _within(slab.extent, tick) for tick in ticks)]


def _within(extent: Extent, tick: Line) -> bool:
    """Return whether an extent reaches along a tick no further than it does, and holds a piece of it."""
    left, top, right, bottom = extent
    (start, end), (low, high) = ((left, right), (top, bottom)) if tick.across else ((top, bottom), (left, right))
    return start >= tick.start - BESIDE_TICK and end <= tick.end + BESIDE_TICK and low - 1 <= tick.place <= high + 1


def _contrast(layers: Layers, line: Line) -> int:
    """Return how much a line stands out of the ground, in steps of `CONTRAST`."""
    colour = np.array([int(line.colour[place : place + 2], 16) for place in (1, 3, 5)], np.float64)
    return int(np.linalg.norm(colour - layers.palette[GROUND]) / CONTRAST)


def _ticks_beside(pixels: NDArray[np.uint8], line: Line, outward: int) -> list[Line]:
    height = pixels.shape[0]
    half = line.thickness / 2
    edge = int(np.ceil(line.place + half - 0.2)) if outward > 0 else int(np.floor(line.place - half + 0.2)) - 1
    rows = [edge + outward * step for step in range(LONGEST_TICK + 2) if 0 <= edge + outward * step < height]
    first, last = max(0, int(line.start) - 2), min(pixels.shape[1], int(line.end) + 3)
    if len(rows) < SHORTEST_TICK + 2 or last - first < LEAST_RUN:
        return []
    strip = pixels[rows, first:last].astype(np.float32)
    usual = np.median(strip, axis=1, keepdims=True)
    off = np.linalg.norm(strip - usual, axis=2)
    high = off > TICK_LEVEL
    starts = high[1] & high[2]  # the first row may be the line's own smoothed edge
    edges = np.diff(np.concatenate([[0], starts.astype(np.int8), [0]]))
    ticks = []
    for left, right in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        if right - left > TICK_WIDE:
            continue
        length = int(np.argmin(np.append(high[1:, left:right].any(1), False))) + 1
        beside = [c for c in (left - 2, right + 1) if 0 <= c < high.shape[1]]
        if not SHORTEST_TICK <= length <= LONGEST_TICK or any(high[1:length, c].any() for c in beside):
            continue
        lower, upper = max(0, left - 1), min(off.shape[1], right + 1)
        weights = off[1 : max(2, length - 1), lower:upper].mean(0)
        place = first + lower + float((weights * (np.arange(len(weights)) + 0.5)).sum() / max(weights.sum(), 1e-6))
        near, far = float(edge), float(edge + outward * length)
        darkest = strip[1, left + int(np.argmax(off[1, left:right]))]
        ticks.append(Line(not line.across, place, min(near, far), max(near, far), 1.0, hexadecimal(darkest), 1.0))
    lengths = [tick.end - tick.start for tick in ticks]
    if not ticks:
        return []
    middle = float(np.median(lengths))
    kept = [tick for tick, length in zip(ticks, lengths, strict=True) if abs(length - middle) <= 1.5]
    return kept if len(kept) >= 2 and len(kept) >= 0.6 * len(ticks) else []
