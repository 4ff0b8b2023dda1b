"""Panels of a picture, even and darker than its paper, made white and what is printed on them dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.marks import Grey, Marks, Mask, Rectangle, find_marks

EVEN: Final = 12  # of 255 that places around one that is even differ by at most; noise of 8 does by 12 in a picture half as large
LEAST_EVEN: Final = 64  # places that hang together; strokes of body text are too thin to have any
WIDE: Final = 15  # places a side that hang together somewhere where it is paper; in letters as light as paper they do not
SHADED: Final = 0.88  # of the paper's light, under which an even place is on a panel; lighter tints do no harm
PAPER_REACH: Final = 8  # that part of a picture's longer side away from which its paper is seen somewhere
OWN: Final = 18  # of 255 that a panel differs from an even place nearby by at most
REACH: Final = 48  # pixels beyond which the even places nearest to a panel's pixels are its own, not of what is beside it
STEP: Final = 18  # of 255 between pixels that touch, one on another panel or on an edge then
THIN: Final = 5  # pixels; what is thinner is no part of a panel
RIM: Final = 3  # pixels around a panel that its edge is blurred over
LEAST_WIDTH, LEAST_HEIGHT = 20, 10  # pixels of a panel
LEAST_LETTER: Final = 5  # pixels that a letter is high
WIDEST_LETTER: Final = 0.6  # of its panel's width; wider is a rule
CONTRAST: Final = 40  # of 255 that print differs from its panel by at least
BROAD, LOW = 4.0, 1.3  # heights of its letters that a panel measures at least along and across
HOLES, BROADER = 2, 8.0  # light letters up to which a panel measures more along: a bold B is 5 of its two holes high
SQUARE: Final = 0.85  # of the smallest rectangle around it that a panel fills
HIGH: Final = 6.0  # heights of its letters that one measures at least both ways where it fills less, as an L does
MOST_PRINT: Final = 0.5  # of a panel that is print


@dataclass(frozen=True, slots=True)
class _Grounds:
    """The even places of a picture, as pixels of it made small, in `places`, (2, count), rows before columns.

    Attributes:
        shaded: Of each place whether it is darker than paper.
        tones: The small picture, smoothed.
        nearest: For each of its pixels the place that is nearest, counted from 0.
    """

    places: NDArray[np.int64]
    shaded: NDArray[np.bool_]
    tones: Grey
    nearest: NDArray[np.int32]


class _Panel(NamedTuple):
    """A panel with print: `place` is where it and its edge are, `light` how much lighter its print is, None if it is darker.

    `inside` is what its outline encloses but for other panels, `edge` what is around it, `tone` that of its nearest even place.
    """

    place: Rectangle
    inside: NDArray[np.bool_]
    edge: NDArray[np.bool_]
    tone: Grey
    light: float | None


def whiten_panels(grey: Grey, small: Grey, flat: Grey) -> Grey:
    """Return `flat` with the panels of `grey` white, and their print dark whether it is lighter or darker than they are.

    A panel is what has the tone of even places nearby and hangs together, and what that encloses. Each is judged by itself, so
    that panels may touch and lie in others. One without letters is left as it is: it may be a bar, a blot or a large letter.

    Args:
        grey: (height, width), dark print on light paper, however lit.
        small: The same, some times smaller.
        flat: The same, evenly lit.
    """
    grounds = _grounds(small)
    if grounds is None:
        return flat
    panels = list(_panels(grey, grounds))
    result: Grey = np.array(flat)
    for panel in panels:
        _clear_edge(result, grey, panel)
    for panel in panels:
        _print_dark(result, grey, panel)
    return result


# Even places


def _grounds(small: Grey) -> _Grounds | None:
    """Return the even places of a small picture, or None where all of them are paper."""
    even = np.asarray(_range(small) <= EVEN, np.uint8)
    darker = cv2.compare(small, cv2.convertScaleAbs(_paper(small), alpha=SHADED), cv2.CMP_LT) > 0
    if np.count_nonzero(darker & (even > 0)) < LEAST_EVEN:  # as on most pages
        return None
    count, zones, stats, _ = cv2.connectedComponentsWithStats(even, connectivity=4)
    area = stats[:, cv2.CC_STAT_AREA]
    shaded = np.bincount(zones[darker], minlength=count) > area / 2
    shaded &= area >= LEAST_EVEN
    shaded[0] = False
    if not shaded.any():
        return None
    wide = np.bincount(zones[cv2.erode(even, np.ones((WIDE, WIDE), np.uint8)) > 0], minlength=count) > 0
    wide[0] = False
    is_place = (shaded | wide)[zones]
    places = np.array(np.nonzero(is_place))
    tones = np.maximum(np.asarray(cv2.blur(small, (3, 3)), np.uint8), np.uint8(1))  # 0 is none
    return _Grounds(places, shaded[zones[tuple(places)]], tones, _nearest(is_place))


def _range(picture: Grey) -> Grey:
    """Return how much the pixels around each differ."""
    ring = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.subtract(cv2.dilate(picture, ring), cv2.erode(picture, ring)), np.uint8)


def _paper(small: Grey) -> Grey:
    """Return how light the paper is about each pixel: as light as what is lightest far around it, but for specks."""
    height, width = small.shape
    tiny = cv2.medianBlur(cv2.resize(small, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA), 3)
    reach = max(tiny.shape) // PAPER_REACH * 2 + 1
    return np.asarray(cv2.resize(cv2.dilate(tiny, np.ones((reach, reach), np.uint8)), (width, height)), np.uint8)


def _nearest(places: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return for each pixel which of some places, of which there is one at least, is nearest, counted from 0 row by row."""
    away = np.asarray(~places, np.uint8)
    _, labels = cv2.distanceTransformWithLabels(away, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL)
    number = np.zeros(int(labels.max()) + 1, np.int32)
    number[labels[places]] = np.arange(np.count_nonzero(places))
    return np.asarray(number[labels], np.int32)


# Panels


class _Near(NamedTuple):
    """A part of a picture and the even places in it: where they are in it, and whether they are a panel's own."""

    given: Grey
    places: NDArray[np.int64]  # (2, count), rows before columns
    own: NDArray[np.bool_]
    tone: Grey  # of the nearest of its own


def _panels(grey: Grey, grounds: _Grounds) -> Iterator[_Panel]:
    """Yield the panels that have print on them."""
    marks = _grown(grey, grounds)
    scale = np.array(grey.shape)[:, None] / np.array(grounds.tones.shape)[:, None]
    places = ((grounds.places + 0.5) * scale).astype(np.int64)
    owners = np.where(grounds.shaded, marks.labels[tuple(places)], 0)
    large = (marks.width >= LEAST_WIDTH) & (marks.height >= LEAST_HEIGHT)
    for number in np.flatnonzero(large & (np.bincount(owners, minlength=marks.count + 1)[1:] > 0)).tolist():
        box = _larger(marks.rectangle(number), grey)
        first, last = np.searchsorted(places[0], (box.top, box.bottom))
        here = first + np.flatnonzero((places[1, first:last] >= box.left) & (places[1, first:last] < box.right))
        own = owners[here] == number + 1
        given = grey[box.top : box.bottom, box.left : box.right]
        tone = _tone(grounds, here[own], box, scale)
        near = _Near(given, places[:, here] - [[box.top], [box.left]], own, tone)
        panel = _panel(box, marks.labels[box.top : box.bottom, box.left : box.right] == number + 1, near)
        if panel is not None:
            yield panel


def _grown(grey: Grey, grounds: _Grounds) -> Marks:
    """Return as marks what has the tone of the nearest even place and is darker than paper; where two tones meet, none is."""
    tones = np.where(grounds.shaded, grounds.tones[tuple(grounds.places)], 0).astype(np.uint8)[grounds.nearest]
    tone = cv2.resize(tones, grey.shape[::-1], interpolation=cv2.INTER_NEAREST)
    own = np.where((cv2.absdiff(grey, tone) <= OWN) & (tone > 0), np.uint8(255), np.uint8(0))
    ring = np.ones((3, 3), np.uint8)
    lightest, darkest = cv2.dilate(tone & own, ring), cv2.erode(tone | ~own, ring)
    own[cv2.subtract(lightest, darkest) >= STEP] = 0
    return find_marks(own)


def _larger(box: Rectangle, grey: Grey) -> Rectangle:
    """Return where a panel and its edge are at most, of which a part is in a box."""
    height, width = grey.shape
    left, top = max(0, box.left - REACH - RIM), max(0, box.top - REACH - RIM)
    return Rectangle(left, top, min(width, box.right + REACH + RIM), min(height, box.bottom + REACH + RIM))


def _tone(grounds: _Grounds, own: NDArray[np.int64], box: Rectangle, scale: NDArray[np.float64]) -> Grey:
    """Return for each pixel of a box the tone of the nearest of some even places in it."""
    height, width = grounds.tones.shape
    rows = np.minimum((np.arange(box.top, box.bottom) / scale[0, 0]).astype(np.int64), height - 1)
    columns = np.minimum((np.arange(box.left, box.right) / scale[1, 0]).astype(np.int64), width - 1)
    is_place = np.zeros((rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1), np.bool_)
    is_place[tuple(grounds.places[:, own] - [[rows[0]], [columns[0]]])] = True
    tones = grounds.tones[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1][is_place]
    return np.asarray(tones[_nearest(is_place)][rows - rows[0]][:, columns - columns[0]], np.uint8)


def _panel(box: Rectangle, part: NDArray[np.bool_], near: _Near) -> _Panel | None:
    """Return the panel in a box of which a part is given, if it has the shape of one and letters on it."""
    mask = _whole(part, near)
    filled = _filled(mask)
    if not filled.any():
        return None
    inside = (filled > 0) & ~_others(filled, mask, near)
    contrast = np.where(inside, near.given.astype(np.int16) - near.tone, 0)
    is_lighter = bool(contrast[contrast > OWN].sum() > -contrast[contrast < -OWN].sum())
    strength = contrast if is_lighter else -contrast
    prints = find_marks(np.asarray(strength > OWN, np.uint8))
    letters = (prints.height >= LEAST_LETTER) & (prints.width < WIDEST_LETTER * box.width)
    if not letters.any() or prints.area.sum() > MOST_PRINT * inside.sum():
        return None
    strongest = float(np.percentile(strength[prints.mask(letters) > 0], 90))
    sides = [side + 1 for side in cv2.minAreaRect(cv2.findNonZero(filled))[1]]
    size = float(np.median(prints.height[letters]))
    across = (LOW if filled.sum() >= SQUARE * sides[0] * sides[1] else HIGH) * size
    along = (BROADER if is_lighter and np.count_nonzero(letters) <= HOLES else BROAD) * size
    if strongest < CONTRAST or max(sides) < along or min(sides) < across:
        return None
    edge = (cv2.dilate(filled, np.ones((2 * RIM + 1, 2 * RIM + 1), np.uint8)) > 0) & (filled == 0)
    return _Panel(box, inside, edge, near.tone, strongest if is_lighter else None)


def _whole(part: NDArray[np.bool_], near: _Near) -> Mask:
    """Return all that hangs together with a part of a panel and has its tone, be it nearer to the even places of another."""
    similar = (cv2.absdiff(near.given, near.tone) <= OWN) & (_range(near.given) < STEP)  # edges may have its tone by chance
    marks = find_marks(np.asarray(part | similar, np.uint8))
    return np.asarray(marks.labels == marks.labels[part][0], np.uint8)


def _filled(mask: Mask) -> Mask:
    """Return what the outline of a panel encloses, but for thin lines that run out of it: the blurred edges of others."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(mask), contours, -1, 1, cv2.FILLED)
    return np.asarray(cv2.morphologyEx(filled, cv2.MORPH_OPEN, np.ones((THIN, THIN), np.uint8)), np.uint8)


def _others(filled: Mask, mask: Mask, near: _Near) -> NDArray[np.bool_]:
    """Return where in the outline of a panel there are others, or paper: what it encloses that has even places."""
    holes = find_marks(np.asarray(cv2.subtract(filled, mask), np.uint8))
    found = np.zeros(holes.count + 1, np.bool_)
    found[holes.labels[tuple(near.places[:, ~near.own])]] = True
    found &= np.append(False, holes.area >= LEAST_EVEN)  # noise is smaller
    return np.asarray(found[holes.labels])


# Print


def _clear_edge(result: Grey, grey: Grey, panel: _Panel) -> None:
    """Make the edge of a panel white in `result`, but for what is darker than the panel: rules and print."""
    left, top, right, bottom = panel.place
    lighter = cv2.subtract(panel.tone, grey[top:bottom, left:right]) <= OWN
    result[top:bottom, left:right][panel.edge & lighter] = 255


def _print_dark(result: Grey, grey: Grey, panel: _Panel) -> None:
    """Make the inside of a panel white in `result`, and its print dark."""
    left, top, right, bottom = panel.place
    given = grey[top:bottom, left:right]
    if panel.light is None:
        dark = np.asarray(cv2.divide(given, panel.tone, scale=255), np.uint8)
    else:
        dark = 255 - np.asarray(cv2.convertScaleAbs(cv2.subtract(given, panel.tone), alpha=255 / panel.light), np.uint8)
    result[top:bottom, left:right][panel.inside] = dark[panel.inside]
