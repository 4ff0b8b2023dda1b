"""What is plotted in a picture, as paths: flat rectangles, thin lines that bend, rules, discs cut into sectors.

The paths tell that there is a chart and where, not what it says: their places are those of whole pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.box import Box
from docai.marks import Mask, find_marks
from docai.sources import VectorPath

if TYPE_CHECKING:
    from docai.sources import Pixels

LONGER_SIDE: Final = 1200  # pixels that are looked at; larger pictures are made smaller
FLAT: Final = 14  # of 255 that the pixels around one differ by where a colour is flat: noise of JPEG, not a photograph's texture
ALIKE: Final = 30  # of 255 that a channel differs by at most in one colour
COLOURS: Final = 12  # that a chart has, its ground apart; more are a photograph's
TRIED: Final = 24  # colours; most of those that are not taken are the greys of smoothed print
LEAST_SHARE: Final = 0.0008  # of a picture's pixels that a colour covers
VIVID_SHARE: Final = 0.0003  # the same of a vivid one: a few rings
VIVID: Final = 45  # of 255 between the strongest and the weakest channel of a colour that is none of print and paper
THICK: Final = 4  # pixels; what is thinner is a line
FAINT: Final = 10  # of 255 that a grid line differs from its ground by
GRID: Final = 5  # that part of a picture's side that it is long at least
RUN: Final = 14  # that part of the shorter side that a rule is long at least
SQUARE: Final = 0.9  # of its box that a bar fills
LEAST_AREA: Final = 24  # pixels of a bar
SPAN: Final = 0.12  # of the picture's shorter side that a line runs along at least
THINLY: Final = 0.4  # of its box that a line covers at most
TEXTURE: Final = 2500  # marks of one colour, which a chart does not have
SYMBOL: Final = 16  # pixels that a plotted symbol measures at most
LEAST_DISC: Final = 40  # pixels across
ROUND: Final = 0.06  # of the area of the ellipse in its box that a disc's differs by
RADIAL: Final = 0.8  # of the directions from its centre in which a disc's colour does not change
SNAP: Final = 2  # pixels that the feet of bars on one baseline differ by

HALF: Final = 0.5  # of a picture's edge that is its ground
LEAST_GROUND: Final = 0.1  # of a picture that its ground covers then
PLATE: Final = 12  # that part of a picture's shorter side that the light plate behind a plot measures at least
LEAST_BLOB: Final = 8  # pixels a side of what is filled and not square
SOLID: Final = 6  # pixels that such a blob is thick, which twice its area by its outline's length tells; print is thinner
OFF_OUTLINE: Final = 1.5  # pixels that the corners of an outline may leave it
LEAST_STEP: Final = 4  # pixels that a step of a line is long
SINGLE: Final = 0.9  # of its columns that a line of steps passes once

FEW: Final = 3  # bars of different lengths, and lines of a grid, at least
DRIFT: Final = 1.5  # pixels that a skew rule rises or falls from end to end, at least, which does not break into pieces by one
POINTS: Final = 8  # symbols of one size at least, which stand
SCATTERED: Final = 0.6  # of their number at different heights
RING: Final = 4  # segments of a symbol's outline
LEAST_BAR: Final = 0.05  # of the picture that a bar is long
PLACES: Final = 200  # of a side, on which baselines and widths are compared
GREY: Final = "#dddddd"  # that faint lines are said to have
Box4 = tuple[int, int, int, int]
Segments = list[tuple[str | float, ...]]


@dataclass(frozen=True, slots=True)
class _Colours:
    """A picture's flat colours: (count, 3) RGB, and for each the mask of its pixels."""

    tones: NDArray[np.int16]
    masks: tuple[Mask, ...]
    ground: NDArray[Any]


def plotted(pixels: Pixels) -> tuple[VectorPath, ...]:
    """Return what is plotted in a picture, (height, width, 3) uint8 RGB, in fractions of it; nothing for photographs."""
    scale = min(1.0, LONGER_SIDE / max(pixels.shape[:2]))
    if scale < 1:
        size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = pixels.shape[:2]
    if min(height, width) < 2 * LEAST_DISC:
        return ()
    colours = _colours(pixels)
    run = max(12, min(height, width) // RUN)
    paths: list[tuple[str, str, list[tuple[str | float, ...]]]] = []  # fill, stroke, segments in pixels
    thick_ones: list[Mask] = []
    for tone, mask in zip(colours.tones, colours.masks, strict=True):
        name = "#{:02x}{:02x}{:02x}".format(*(int(value) for value in tone))
        vivid = int(tone.max() - tone.min()) >= VIVID
        thick = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((THICK, THICK), np.uint8)), np.uint8)
        thick_ones.append(thick)
        boxes, blobs, massive = _filled(thick)
        paths += [(name, "", [("rectangle", *box)]) for box in boxes]
        paths += [(name, "", blob) for blob in blobs]
        thin = _without(mask, boxes)
        if blobs:
            thin[cv2.dilate(massive, np.ones((3, 3), np.uint8)) > 0] = 0
        rules, rest = _rules(thin, run)
        span = SPAN * min(height, width)
        paths += [("", name, [("line", *ends)]) for ends in rules]
        paths += [("", name, line) for line in _lines(rest, span)]
        if len(rules) > FEW:
            paths += [("", name, line) for line in _steps(thin, span)]
        if vivid:
            paths += [(name, "", _ring(box)) for box in _symbols(mask)]
    grid, plates = _grid(pixels, colours.ground)
    paths += [("", GREY, [("line", *ends)]) for ends in grid]
    paths += [("", GREY, [("rectangle", *box)]) for box in plates]
    for box, tone_numbers in _discs(thick_ones):
        paths += [(_name(colours.tones[number]), "", _sector(box, part)) for part, number in enumerate(tone_numbers)]
    return tuple(_path(fill, stroke, segments, width, height) for fill, stroke, segments in paths)


def is_plotted(paths: Sequence[VectorPath]) -> bool:
    """Return whether paths of a picture hold bars of one width on a common baseline, a disc, or lines or points over a grid."""
    if sum(any(segment[0] == "curve" for segment in path.segments) for path in paths) > 1:
        return True
    feet: dict[tuple[int, int, int], set[int]] = {}
    for path in paths:
        if path.segments[0][0] == "rectangle":
            box = path.box
            for side, wide, long in ((3, box.width, box.height), (0, box.height, box.width)):
                if long > LEAST_BAR:
                    feet.setdefault((side, round(box[side] * PLACES), round(wide * PLACES)), set()).add(round(long * PLACES))
    if any(len(lengths) >= FEW for lengths in feet.values()):
        return True
    grid = [path.box for path in paths if path.stroke == GREY]
    if len({round(box.top * PLACES) for box in grid if box.width > box.height}) < FEW:
        return False
    return any(len(path.segments) > 1 and not path.fill for path in paths) or _has_points(paths)


def _has_points(paths: Sequence[VectorPath]) -> bool:
    """Return whether paths hold symbols of one size and colour at all heights; letters stand in rows."""
    tops: dict[tuple[str, int, int], list[int]] = {}
    for path in paths:
        if path.fill and len(path.segments) == RING:
            box = path.box
            size = round(box.width * PLACES / 2), round(box.height * PLACES / 2)
            tops.setdefault((path.fill, *size), []).append(round(box.top * PLACES))
    return any(len(places) >= POINTS and len(set(places)) >= SCATTERED * len(places) for places in tops.values())


def stands_straight(paths: Sequence[VectorPath], skew: float, width: int, height: int) -> bool:
    """Return whether bars in a picture of `width` x `height` pixels stand in one row of pixels as they could not if it were skew.

    `skew` is in degrees. Bars of different lengths look like lines of text that rise or fall. Rules that keep to one row of pixels
    from end to end do so, too.
    """
    scale = min(1.0, LONGER_SIDE / max(width, height))
    for foot, side, across, along in ((3, 0, width, height), (0, 1, height, width)):
        rows: dict[int, list[float]] = {}
        for path in paths:
            if path.segments[0][0] == "rectangle":
                rows.setdefault(round(path.box[foot] * along * scale), []).append(path.box[side] * across * scale)
        for starts in rows.values():
            if len(starts) >= FEW and (max(starts) - min(starts)) * math.tan(math.radians(abs(skew))) >= 1.0:
                return True
    rules = 0
    for path in paths:
        long, thick = sorted((path.box.width * width * scale, path.box.height * height * scale), reverse=True)
        rules += path.segments[0][0] == "line" and thick < 1.0 and long * math.tan(math.radians(abs(skew))) >= DRIFT
    return rules >= FEW


def _name(tone: NDArray[np.int16]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(int(value) for value in tone))


def _path(fill: str, stroke: str, segments: Sequence[tuple[str | float, ...]], width: int, height: int) -> VectorPath:
    """Return segments in pixels as a path in fractions."""
    made = []
    for kind, *values in segments:
        numbers = [float(value) / (height if place % 2 else width) for place, value in enumerate(values)]
        made.append((kind, *(min(1.0, max(0.0, number)) for number in numbers)))
    xs = [float(value) for segment in made for value in segment[1::2]]
    ys = [float(value) for segment in made for value in segment[2::2]]
    return VectorPath(Box.clipped(min(xs), min(ys), max(xs), max(ys)), fill, stroke, 1.0, tuple(made))


# Colours


def _colours(pixels: Pixels) -> _Colours:
    """Return the colours that a picture has, its ground apart, most common first; flat places count more than edges."""
    ring = np.ones((3, 3), np.uint8)
    red, green, blue = cv2.split(cv2.subtract(cv2.dilate(pixels, ring), cv2.erode(pixels, ring)))
    flat = cv2.max(cv2.max(red, green), blue) <= FLAT
    high = (pixels >> 4).astype(np.uint16)
    codes = (high[:, :, 0] << 8) | (high[:, :, 1] << 4) | high[:, :, 2]
    code = _ground_code(codes, flat)
    ground = np.median(pixels[::2, ::2][codes[::2, ::2] == code] if (codes[::2, ::2] == code).any() else pixels[0], axis=0)
    inked = 255 - _near(pixels, ground, ALIKE)
    places = np.flatnonzero(inked)
    inks, their_codes, weights = pixels.reshape(-1, 3)[places], codes.ravel()[places], 1 + 3 * flat.ravel()[places]
    tones: list[NDArray[np.int16]] = []
    masks: list[Mask] = []
    for _ in range(TRIED):
        counted = np.bincount(their_codes, weights, minlength=4096)
        code = int(counted.argmax())
        if counted[code] < VIVID_SHARE * codes.size or len(tones) == COLOURS:
            break
        tone = np.median(inks[their_codes == code], axis=0).astype(np.int16)
        if counted[code] >= LEAST_SHARE * codes.size or np.ptp(tone) >= VIVID:
            tones.append(tone)
            masks.append(np.asarray((_near(pixels, tone, ALIKE) & inked) > 0, np.uint8))
        others = (np.abs(inks.astype(np.int16) - tone).max(axis=1) > ALIKE) & (their_codes != code)
        inks, their_codes, weights = inks[others], their_codes[others], weights[others]
    return _Colours(np.array(tones, np.int16).reshape(-1, 3), tuple(masks), ground)


def _ground_code(codes: NDArray[Any], flat: NDArray[np.bool_]) -> int:
    """Return the code of the colour that most of a picture's edge has, if much of the picture has it, else of the most common."""
    edge = np.concatenate([codes[0], codes[-1], codes[:, 0], codes[:, -1]])
    counts = np.bincount(edge, minlength=4096)
    code = int(counts.argmax())
    if counts[code] >= HALF * edge.size and np.count_nonzero(codes[::2, ::2] == code) >= LEAST_GROUND * codes[::2, ::2].size:
        return code
    some = codes[::2, ::2][flat[::2, ::2]]
    return int(np.bincount(some if some.size else codes.ravel(), minlength=4096).argmax())


def _near(pixels: Pixels, tone: NDArray[Any], reach: int) -> Mask:
    """Return 255 where each channel is within `reach` of a colour's, 0 elsewhere."""
    return np.asarray(cv2.inRange(pixels, np.clip(tone - reach, 0, 255), np.clip(tone + reach, 0, 255)), np.uint8)


def _grid(pixels: Pixels, ground: NDArray[Any]) -> tuple[list[Box4], list[Box4]]:
    """Return the long thin straight lines that are hardly darker than the ground, as those of grids are, and plates as light.

    Lines on a plate are of the ground's colour.
    """
    height, width = pixels.shape[:2]
    faint = np.asarray(_near(pixels, ground, FAINT) == 0, np.uint8)
    light: Mask = faint & np.asarray(_near(pixels, ground, ALIKE) > 0, np.uint8)
    faint_ones = np.asarray(cv2.morphologyEx(faint, cv2.MORPH_OPEN, np.ones((THICK, THICK), np.uint8)), np.uint8)
    faint[cv2.dilate(faint_ones, np.ones((3, 3), np.uint8)) > 0] = 0
    rules = _long(_rules(faint, max(12, width // GRID))[0], width // GRID, height // GRID)
    plates = _plates(light, min(height, width) // PLATE)
    for left, top, right, bottom in plates:
        bare: Mask = 1 - light[top:bottom, left:right]
        inner = _long(_rules(bare, max(12, min(bare.shape) // 2))[0], (right - left) // 2, (bottom - top) // 2)
        rules += [(left + a, top + b, left + c, top + d) for a, b, c, d in inner]
    return rules, plates


def _long(rules: Sequence[Box4], across: int, down: int) -> list[Box4]:
    """Return the rules that are so long or longer."""
    return [rule for rule in rules if rule[2] - rule[0] >= across or rule[3] - rule[1] >= down]


def _plates(light: Mask, least: int) -> list[Box4]:
    """Return the boxes of large square light grounds, whatever is drawn on them."""
    if np.count_nonzero(light) < least * least:
        return []
    closed = np.asarray(cv2.morphologyEx(light, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8)
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    plates = []
    for outline in outlines:
        left, top, wide, high = cv2.boundingRect(outline)
        hull = cv2.contourArea(cv2.convexHull(outline))  # bars that stand on its edge are notches in it
        if min(wide, high) >= least and hull >= SQUARE * (wide - 1) * (high - 1):
            plates.append((left, top, left + wide, top + high))
    return plates


# Shapes


def _filled(thick: Mask) -> tuple[list[Box4], list[Segments], Mask]:
    """Return what is filled: the boxes of what is square, the outlines of larger blobs that are not, and the mask of these."""
    boxes: list[Box4] = []
    blobs: list[Segments] = []
    massive: Mask = np.zeros_like(thick)
    marks = find_marks(thick)
    if marks.count > TEXTURE:
        return boxes, blobs, massive
    for place in np.flatnonzero((marks.area >= LEAST_AREA) & (marks.width >= THICK) & (marks.height >= THICK)):
        box = marks.rectangle(int(place))
        filled = marks.area[place] / (box.width * box.height)
        if filled < SQUARE and min(box.width, box.height) >= LEAST_BLOB:  # numbers printed on a bar are holes in it
            inner = np.asarray(marks.labels[box.top : box.bottom, box.left : box.right] == place + 1, np.uint8)
            outlines, _ = cv2.findContours(inner, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
            outline = max(outlines, key=cv2.contourArea)
            filled = cv2.contourArea(outline) / max(1, (box.width - 1) * (box.height - 1))
            if filled < SQUARE and 2 * marks.area[place] >= SOLID * cv2.arcLength(outline, closed=True):
                blobs.append(_outline(outline, box.left, box.top))
                massive[box.top : box.bottom, box.left : box.right] |= inner
        if filled >= SQUARE:
            boxes.append((box.left, box.top, box.right, box.bottom))
    return boxes, blobs, massive


def _outline(outline: NDArray[Any], left: int, top: int) -> Segments:
    """Return a closed outline, (count, 1, 2) pixels from `left` and `top`, as lines between few of its places."""
    corners = cv2.approxPolyDP(outline, OFF_OUTLINE, closed=True)[:, 0, :]
    points = [(float(left + x), float(top + y)) for x, y in corners]
    return [("line", *a, *b) for a, b in pairwise([*points, points[0]])]


def _without(mask: Mask, boxes: Sequence[Box4]) -> Mask:
    """Return a mask without what lies in some boxes, those of symbols on a line apart."""
    rest: Mask = np.array(mask)
    for left, top, right, bottom in boxes:
        if max(right - left, bottom - top) > SYMBOL:
            rest[max(0, top - 1) : bottom + 1, max(0, left - 1) : right + 1] = 0
    return rest


def _rules(thin: Mask, run: int) -> tuple[list[Box4], Mask]:
    """Return the straight lines of a mask, and the rest of it."""
    rest = thin.copy()
    rules: list[Box4] = []
    for kernel in (np.ones((1, run), np.uint8), np.ones((run, 1), np.uint8)):
        runs = np.asarray(cv2.morphologyEx(thin, cv2.MORPH_OPEN, kernel), np.uint8)
        runs[np.asarray(cv2.morphologyEx(runs, cv2.MORPH_OPEN, np.ones((THICK, THICK), np.uint8))) > 0] = 0
        if not runs.any():
            continue
        marks = find_marks(runs)
        for place in range(min(marks.count, TEXTURE)):
            box = marks.rectangle(place)
            x, y = (box.left + box.right) // 2, (box.top + box.bottom) // 2
            rules.append((box.left, y, box.right, y) if box.width > box.height else (x, box.top, x, box.bottom))
        rest[cv2.dilate(runs, np.ones((3, 3), np.uint8)) > 0] = 0
    return rules, rest


def _lines(thin: Mask, span: float) -> Iterator[list[tuple[str | float, ...]]]:
    """Yield long thin marks that are not straight, each as the line through some of its places."""
    closed = np.asarray(cv2.morphologyEx(thin, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), np.uint8)
    if not closed.any():
        return
    marks = find_marks(closed)
    if marks.count > TEXTURE:
        return
    for place in np.flatnonzero((marks.width >= span) & (marks.height >= 3)):
        box = marks.rectangle(int(place))
        if marks.area[place] > max(THINLY * box.width * box.height, 4 * box.width):
            continue
        inner = marks.labels[box.top : box.bottom, box.left : box.right] == place + 1
        columns = np.linspace(0, box.width - 1, 9).astype(int)
        points = [(float(box.left + x), float(box.top + np.flatnonzero(inner[:, x]).mean())) for x in columns if inner[:, x].any()]
        if len(points) > 2 and max(y for _, y in points) - min(y for _, y in points) >= 3:
            yield [("line", *a, *b) for a, b in pairwise(points)]


def _steps(thin: Mask, span: float) -> Iterator[Segments]:
    """Yield long thin marks that are at one height in each column and at several in all: lines of steps."""
    marks = find_marks(thin)
    if marks.count > TEXTURE:
        return
    for place in np.flatnonzero((marks.width >= span) & (marks.height >= 3)):
        box = marks.rectangle(int(place))
        if marks.area[place] > THINLY * box.width * box.height:
            continue
        inner = marks.labels[box.top : box.bottom, box.left : box.right] == place + 1
        runs = inner[0].astype(int) + (inner[1:] & ~inner[:-1]).sum(axis=0)
        tops, counts = np.unique(inner.argmax(axis=0), return_counts=True)
        levels = tops[counts >= LEAST_STEP]
        if (runs == 1).mean() >= SINGLE and len(levels) >= FEW and np.ptp(levels) >= len(levels) + 1:
            columns = np.linspace(0, box.width - 1, 9).astype(int)
            points = [(float(box.left + x), float(box.top + inner[:, x].argmax())) for x in columns]
            yield [("line", *a, *b) for a, b in pairwise(points)]


def _symbols(mask: Mask) -> Iterator[Box4]:
    """Yield small marks that are about as wide as high."""
    marks = find_marks(mask)
    if marks.count > TEXTURE:
        return
    small = (np.maximum(marks.width, marks.height) <= SYMBOL) & (np.minimum(marks.width, marks.height) >= 3)
    even = (marks.width < 1.6 * marks.height) & (marks.height < 1.6 * marks.width)
    for place in np.flatnonzero(small & even):
        box = marks.rectangle(int(place))
        yield box.left, box.top, box.right, box.bottom


def _ring(box: Box4) -> list[tuple[str | float, ...]]:
    """Return an outline that bends around a box."""
    left, top, right, bottom = box
    x, y = (left + right) / 2, (top + bottom) / 2
    corners = [(x, top), (right, y), (x, bottom), (left, y), (x, top)]
    return [("line", *a, *b) for a, b in pairwise(corners)]


# Discs


def _discs(thick: Sequence[Mask]) -> Iterator[tuple[Box4, list[int]]]:
    """Yield discs and ellipses of several colours that change around the middle and not outwards, with the colours' numbers."""
    if len(thick) < 2:
        return
    owner: Mask = np.zeros(thick[0].shape, np.uint8)
    for number, mask in enumerate(thick):
        owner[mask > 0] = number + 1
    union = np.asarray(cv2.morphologyEx(np.asarray(owner > 0, np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8)
    outlines, _ = cv2.findContours(union, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for outline in outlines:
        left, top, wide, high = cv2.boundingRect(outline)
        if min(wide, high) < LEAST_DISC or max(wide, high) > 3 * min(wide, high):
            continue
        ellipse = math.pi / 4 * (wide - 1) * (high - 1)
        if abs(cv2.contourArea(outline) / ellipse - 1) > ROUND:
            continue
        angles = np.linspace(0, 2 * math.pi, 181)[:-1]
        rows, columns = owner.shape
        rings = [
            owner[
                np.clip((top + high / 2 + share * high / 2 * np.sin(angles)).astype(int), 0, rows - 1),
                np.clip((left + wide / 2 + share * wide / 2 * np.cos(angles)).astype(int), 0, columns - 1),
            ]
            for share in (0.72, 0.8, 0.88)
        ]
        same = (rings[0] == rings[1]) & (rings[1] == rings[2]) & (rings[0] > 0)
        found = [int(number) - 1 for number in np.unique(rings[1][same])]
        if same.mean() >= RADIAL and len(found) > 1:
            yield (left, top, left + wide, top + high), found


def _sector(box: Box4, part: int) -> list[tuple[str | float, ...]]:
    """Return a quarter of a disc; a cubic curve with handles of 0.5523 of the radius is as round as 0.0003 of it."""
    left, top, right, bottom = box
    x, y, across, down = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
    radius = (across + down) / 2
    dx, dy = ((1, 1), (-1, 1), (-1, -1), (1, -1))[part % 4]
    reach: Any = 0.5523 * radius
    ends = (x + dx * radius, y), (x, y + dy * radius)
    curve = ("curve", *ends[0], ends[0][0], y + dy * reach, x + dx * reach, ends[1][1], *ends[1])
    return [("line", x, y, *ends[0]), curve, ("line", *ends[1], x, y)]
