"""Print in a chart's picture: small marks that stand in rows, upright, turned or slanted, each row cut out dark on white."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.arrays import largest, spread
from docai.backends.classical.charts.raster.colours import Layers
from docai.backends.classical.charts.raster.directions import find_blobs, find_directions, turned_letters
from docai.backends.classical.charts.raster.edges import Line
from docai.backends.classical.charts.raster.grounds import ground_of_print, take_out
from docai.backends.classical.charts.raster.rows import LARGEST, SMALLEST, at_ticks, find_groups, without_symbols
from docai.backends.classical.charts.scene import Extent
from docai.backends.classical.charts.scene import Rectangle as Slab
from docai.backends.classical.strips import Strip
from docai.marks import Grey, Marks, Mask, Rectangle, find_marks

if TYPE_CHECKING:
    from docai.sources import Pixels

Strength = NDArray[np.float32]  # (height, width), how much lighter or darker than its ground a pixel is, 0..255

FAINTEST: Final = 30.0  # of 255 that print stands out of its ground by
LEAST_RANGE: Final = 70.0  # of 255: what is darker than nearly black is noise
SHARE: Final = 0.38  # of its strongest pixels, from which on a pixel is ink: less joins letters of 8 pixels, more breaks them
LEAST_SIDE: Final = 2  # pixels that a mark of print, such as a full stop, measures at least, in area
MARGIN: Final = 0.5  # of the letters' height, of white put around a row
OVERLAID: Final = 0.6  # of the smaller of two rows that lie in one place
GREY: Final = 25  # of 255 that those of grey print do at most, in compressed pictures
COLOUR_SIDE: Final = 5  # pixels that a mark measures at least for its colour to be told: small ones are blurred all over
COLOURED: Final = 40  # of 255 that the parts of a colour differ by
STRONGEST: Final = 0.85  # of the liveliest pixel of coloured print that those are which show its colour: others are smoothed
MOSTLY: Final = 0.6  # of a row's ink that is coloured where the row is
TICK_THICK, TICK_LONG = 3, (3, 14)  # pixels that a tick is thick at most, and long
TICK_APART: Final = 5  # pixels between ticks, and what is beside them, at least; strokes of letters stand closer
SHORTEST: Final = 3  # pixels that a digit is wide at least
LEAST_TICKS: Final = 3  # that stand one above the other
MOST_MARKS: Final = 2500  # in a picture; more are texture


@dataclass(frozen=True, slots=True)
class Row:
    """A row of print: its picture, where it is in the chart's picture, and which way it reads.

    Attributes:
        strip: The row upright, dark on white.
        extent: In pixels of the chart's picture; of slanted rows, what holds all of it.
        turn: The clockwise turn of its reading direction, in degrees: -90 for print that reads upwards.
        marks: How many pieces it is made of.
        coloured: Whether it shows a colour that is no grey, as few labels do.
        colour: That colour, "#rrggbb"; "" for grey print.
    """

    strip: Strip
    extent: Extent
    turn: float
    marks: int
    coloured: bool = False
    colour: str = ""


def find_rows(layers: Layers, slabs: Sequence[Slab], lines: Sequence[Line]) -> list[Row]:
    """Return the rows of print of a picture, in its pixels, from its rectangles and straight lines."""
    rows: list[Row] = []
    base = ground_of_print(layers, slabs)
    for line in lines:
        take_out(base, layers, line)
    grey = cv2.cvtColor(layers.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    colour = largest(np.abs(layers.pixels.astype(np.float32) - base))
    lightness = base @ np.array([0.299, 0.587, 0.114], np.float32)
    # As shares of what black, or white, print would make
    darker = np.clip(lightness - grey, 0, None) * (255 / np.maximum(lightness, LEAST_RANGE))
    lighter = np.clip(grey - lightness, 0, None) * (255 / np.maximum(255 - lightness, LEAST_RANGE))
    vivid = (colour > 2 * np.maximum(darker, lighter)) & (colour > FAINTEST)  # as light as its ground, but of another colour
    darker = np.where(vivid, colour, darker)
    lively = spread(layers.pixels) > COLOURED
    ticks = [line for line in lines if not line.across and line.end - line.start <= TICK_LONG[1]]
    for strength in (darker, lighter):
        rows += _rows(np.asarray(strength, np.float32), layers.pixels, ticks)
    ink = np.maximum(darker, lighter) > FAINTEST
    rows = _without_halos(rows)
    coloured = [_share(lively & ink, ink, row.extent) > MOSTLY for row in rows]
    return [
        replace(row, coloured=own, colour=_colour(layers, row.extent) if own else "")
        for row, own in zip(rows, coloured, strict=True)
    ]


def _colour(layers: Layers, extent: Extent) -> str:
    """Return the colour of coloured print, as a mark of it has it: that of the picture's nearest to its strongest pixels."""
    left, top, right, bottom = (max(0, round(side)) for side in extent)
    pixels = layers.pixels[top:bottom, left:right].reshape(-1, 3)
    strong = spread(pixels[None])[0]
    own = np.median(pixels[strong >= STRONGEST * strong.max()], axis=0)
    off = np.linalg.norm(layers.palette - own, axis=1)
    return layers.name(int(off.argmin()))


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_], extent: Extent) -> float:
    """Return which share of what is true in an extent is true of a part of it."""
    left, top, right, bottom = (max(0, round(side)) for side in extent)
    return float(part[top:bottom, left:right].sum()) / max(1.0, float(whole[top:bottom, left:right].sum()))


def _rows(strength: Strength, pixels: Pixels, ticks: Sequence[Line]) -> list[Row]:
    """Return the rows of what is darker, or lighter, than its ground."""
    ink = _ink(strength)
    marks = find_marks(ink)
    members = np.setdiff1d(_letters(marks), _ticks(marks))
    short, long = np.minimum(marks.height, marks.width)[members], np.maximum(marks.height, marks.width)[members]
    letters = members[(short >= 3) & (long >= SMALLEST)]
    if not len(letters) or len(members) > MOST_MARKS:
        return []
    unit = float(np.median(np.maximum(marks.height, marks.width)[letters]))
    coloured = _coloured(marks, pixels)
    parts = (members[coloured[members] > 0], members[coloured[members] <= 0])
    blobs = [blob for part in parts if len(part) for blob in find_blobs(marks, part, unit)]
    turned, slanted, angle = find_directions(marks, blobs, unit, coloured)
    rows = [row for group in turned for row in _cut_turned(strength, marks, group)]
    if angle:
        rows += _cut_slanted(strength, marks, slanted, angle)
    taken = np.concatenate([slanted, *turned])
    rest = np.setdiff1d(members, taken)
    groups = [piece for group in find_groups(marks, rest, coloured) for piece in at_ticks(marks, group, ticks)]
    alone = set(turned_letters(marks, rest, groups))
    rows += [row for place in sorted(alone) for row in _cut_turned(strength, marks, np.array([place], np.int64))]
    rows += [row for group in groups if int(group[0]) not in alone for row in _cut(strength, marks, group)]
    return rows


def _ink(strength: Strength) -> Mask:
    """Return where print is: where a pixel is about as strong as the strongest within a letter's reach."""
    strongest = cv2.dilate(strength, np.ones((9, 9), np.uint8))
    return np.asarray(strength >= np.maximum(FAINTEST, SHARE * strongest), np.uint8)


def _letters(marks: Marks) -> NDArray[np.int64]:
    """Return the marks that may be letters, digits or their parts."""
    height, width = marks.height, marks.width
    picture_high, picture_wide = marks.labels.shape
    fit = (height <= min(LARGEST, picture_high / 4)) & (width <= min(3 * LARGEST, picture_wide / 4)) & (marks.area >= LEAST_SIDE)
    fit &= (width <= 8 * height + 4) & (height <= 12 * width)
    return np.flatnonzero(fit)


def _ticks(marks: Marks) -> NDArray[np.int64]:
    """Return the marks that are ticks behind the labels of an axis that has no line: alike, at one level, with nothing behind."""
    found = []
    for turned in (False, True):
        low, high = (-marks.bottom, -marks.top) if turned else (marks.left, marks.right)  # along rows, turned ones running up
        top, bottom = (marks.left, marks.right) if turned else (marks.top, marks.bottom)
        long = high - low
        thin = np.flatnonzero(
            (bottom - top <= TICK_THICK) & (long >= TICK_LONG[0]) & (long <= TICK_LONG[1]) & (long >= 2 * (bottom - top))
        )
        if len(thin) < LEAST_TICKS:
            continue
        places, counts = np.unique(np.stack([low[thin], high[thin]]), axis=1, return_counts=True)
        for start, end in places[:, counts >= LEAST_TICKS].T:
            alike = thin[(low[thin] == start) & (high[thin] == end)]
            behind = (low >= end) & (low <= end + TICK_LONG[1]) & (long >= SHORTEST)  # and no piece of the axis
            level = (top < bottom[alike][:, None]) & (bottom > top[alike][:, None])
            apart = np.maximum(top[alike][:, None] - bottom, top - bottom[alike][:, None])
            beside = (apart >= 0) & (apart < TICK_APART) & (np.minimum(high, end) - np.maximum(low, start) > 0)
            alone = ~((level & behind) | beside).any(1)
            if alone.sum() >= LEAST_TICKS:
                found.append(alike[alone])
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _coloured(marks: Marks, pixels: Pixels) -> NDArray[np.int64]:
    """Return of each mark whether it is coloured, 1, or grey, -1; 0 where that cannot be told.

    It is told by the mean of its pixels: single ones of grey print are coloured, too, where it was smoothed for a screen.
    """
    places = marks.labels.ravel()
    sums = [np.bincount(places, weights=pixels[..., part].ravel(), minlength=marks.count + 1)[1:] for part in range(3)]
    off = np.ptp(np.stack(sums), axis=0) / np.maximum(marks.area, 1)
    told = np.where(off > COLOURED, 1, np.where(off < GREY, -1, 0))
    return np.asarray(np.where(np.maximum(marks.height, marks.width) >= COLOUR_SIDE, told, 0), np.int64)


# Rows cut out


def _cut(strength: Strength, marks: Marks, group: NDArray[np.int64]) -> Iterator[Row]:
    """Yield a row upright."""
    group = without_symbols(marks, group)
    if not len(group):
        return
    place = Rectangle(
        int(marks.left[group].min()), int(marks.top[group].min()), int(marks.right[group].max()), int(marks.bottom[group].max())
    )
    unit = float(np.percentile(marks.height[group], 75))
    if place.height < SMALLEST or unit < SMALLEST:
        return
    grown = Rectangle(max(0, place.left - 1), max(0, place.top - 1), place.right + 1, place.bottom + 1)
    picture = _picture(strength, marks, group, grown)
    yield Row(_strip(picture, place, unit), Extent(*map(float, place)), 0.0, len(group))


def _cut_turned(strength: Strength, marks: Marks, group: NDArray[np.int64]) -> Iterator[Row]:
    """Yield a row that runs up or down, as it reads upwards."""
    left, top = int(marks.left[group].min()), int(marks.top[group].min())
    right, bottom = int(marks.right[group].max()), int(marks.bottom[group].max())
    unit = float(np.percentile(marks.width[group], 75))
    grown = Rectangle(max(0, left - 1), max(0, top - 1), right + 1, bottom + 1)
    picture = _picture(strength, marks, group, grown)
    upright = np.ascontiguousarray(np.rot90(picture, -1))
    place = Rectangle(0, 0, bottom - top, right - left)
    yield Row(_strip(upright, place, unit), Extent(float(left), float(top), float(right), float(bottom)), -90.0, len(group))


def _cut_slanted(strength: Strength, marks: Marks, members: NDArray[np.int64], angle: float) -> list[Row]:
    """Return slanted rows, found anew in the picture turned upright."""
    mask = cv2.dilate(marks.mask(members), np.ones((3, 3), np.uint8))
    left, top = max(0, int(marks.left[members].min()) - 2), max(0, int(marks.top[members].min()) - 2)
    right, bottom = int(marks.right[members].max()) + 2, int(marks.bottom[members].max()) + 2
    part = (strength * mask)[top:bottom, left:right]
    height, width = part.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    wide, high = math.ceil(width * cos + height * sin), math.ceil(width * sin + height * cos)
    turn[:, 2] += (wide - width) / 2, (high - height) / 2
    straight = np.asarray(cv2.warpAffine(part, turn, (wide, high), flags=cv2.INTER_CUBIC), np.float32)
    again = find_marks(_ink(straight))
    letters = _letters(again)
    back = cv2.invertAffineTransform(turn)
    low_left = np.array([left, top], np.float64)
    rows = []
    for group in find_groups(again, letters):
        for cut in _cut(straight, again, group):
            e = cut.extent
            corners = np.array([(e.left, e.top, 1), (e.right, e.top, 1), (e.right, e.bottom, 1), (e.left, e.bottom, 1)]) @ back.T
            low, far = corners.min(0) + low_left, corners.max(0) + low_left
            rows.append(Row(cut.strip, Extent(float(low[0]), float(low[1]), float(far[0]), float(far[1])), angle, cut.marks))
    return rows


def _picture(strength: Strength, marks: Marks, group: NDArray[np.int64], place: Rectangle) -> Grey:
    """Return a part of a picture with print dark on white, and no marks but those of a group and the specks among them."""
    part = marks.labels[place.top : place.bottom, place.left : place.right]
    inside = strength[place.top : place.bottom, place.left : place.right]
    own = np.isin(part, group + 1)
    others = np.setdiff1d(np.unique(part[~own & (part > 0)]) - 1, group)
    others = others[np.maximum(marks.width, marks.height)[others] >= SMALLEST]
    foreign = cv2.dilate(np.isin(part, others + 1).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    near = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    kept = np.where(foreign & ~near, 0, inside)
    peak = float(np.percentile(inside[own], 85)) if own.any() else 255.0
    return np.asarray(255 - np.clip(kept * (255 / max(peak, 1.0)), 0, 255), np.uint8)


def _strip(picture: Grey, place: Rectangle, unit: float) -> Strip:
    margin = max(2, round(MARGIN * unit))
    return Strip(place, np.pad(picture, margin - 1, constant_values=255), margin, unit)


def _without_halos(rows: Sequence[Row]) -> list[Row]:
    """Return rows without the outlines of print: of two in one place, one lighter and one darker, one is none."""
    sides = np.array([row.extent for row in rows], np.float64).reshape(-1, 4)
    kept = []
    for row in rows:
        left, top, right, bottom = row.extent
        meeting = np.flatnonzero((sides[:, 0] < right) & (sides[:, 2] > left) & (sides[:, 1] < bottom) & (sides[:, 3] > top))
        if not any(rows[place] is not row and _is_halo(row, rows[place]) for place in meeting.tolist()):
            kept.append(row)
    return kept


def _is_halo(row: Row, other: Row) -> bool:
    """Return whether a row is the outline of another, which it encloses, or a piece of what the other stands out of."""
    own, print_ = row.extent, other.extent
    least = min(own.width * own.height, print_.width * print_.height)
    if row.turn != other.turn or row.turn % 90 or own.shared(print_) <= OVERLAID * max(1.0, least):
        return False
    inner = (
        print_.top > own.top and print_.bottom < own.bottom and print_.height > 0.5 * own.height and print_.width > 0.5 * own.width
    )
    outer = own.top > print_.top and own.bottom < print_.bottom and own.height > 0.5 * print_.height
    if inner or outer:
        return inner
    return (row.strip.unit, own.width, own.height) < (other.strip.unit, print_.width, print_.height)
