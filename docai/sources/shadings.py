"""Shadings of a PDF page as paths: bars and boxes that are filled by a gradient, in its middle colour.

PyMuPDF tells of a shading only the clip that it fills, as one in which no path is drawn, and, as if it were a picture, the whole
points that it covers. Where the two agree the clip's outline is the path.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from docai.box import Box, hull
from docai.sources.frame import Frame

if TYPE_CHECKING:
    from docai.sources import Pixels

OFF: Final = 0.01  # points by which a clip may be off the whole points that its shading covers: MuPDF rounds outwards, with slack
SAMPLED: Final = 600  # pixels a side at most, in which colours are looked up
INNER: Final = 0.25  # of a shading's sides that are left out when its colour is taken: outlines are drawn there
ALIKE: Final = 0.05  # by which parts of colours, 0..1, may differ that are one: those of bars of different lengths
LARGEST: Final = 0.5  # of the page; larger shadings are its ground

Rectangle = tuple[float, float, float, float]
Look = Callable[[int, int, Box], "Pixels"]


def shadings_among(pictures: Sequence[dict[str, Any]]) -> set[Rectangle]:
    """Return the places of shadings among what PyMuPDF tells of pictures: whole points, and as many pixels."""
    found = set[Rectangle]()
    for picture in pictures:
        place = tuple(float(side) for side in picture["bbox"])
        if not math.isfinite(sum(place)) or any(side != round(side) for side in place):
            continue
        left, top, right, bottom = place
        if (right - left, bottom - top) == (picture["width"], picture["height"]):
            found.add((left, top, right, bottom))
    return found


def with_shadings(
    drawings: Sequence[dict[str, Any]], places: set[Rectangle], frame: Frame, look: Look
) -> tuple[list[dict[str, Any]], set[Rectangle]]:
    """Return drawings with filled paths for the clips that shadings fill, and the places of these shadings.

    Args:
        drawings: PyMuPDF's, `extended`.
        places: Where there are shadings.
        frame: The page's.
        look: Draws a part of the page as pixels.
    """
    clips: dict[int, Rectangle] = {}
    for number in _bare_clips(drawings):
        place = _whole_points(drawings[number]["scissor"])
        if place in places and frame.box(place).area < LARGEST:
            clips[number] = place
    if not clips:
        return list(drawings), set()
    part = hull(frame.box(place) for place in clips.values())
    width, height = part.width * frame.width, part.height * frame.height
    scale = min(2.0, SAMPLED / max(width, height, 1.0))
    pixels = look(max(1, round(width * scale)), max(1, round(height * scale)), part)
    filled = list(drawings)
    fills: list[tuple[float, float, float]] = []
    for number, place in clips.items():
        clip = drawings[number]
        fill = _middle_colour(pixels, part, frame.box(place))
        fill = next((other for other in fills if max(abs(a - b) for a, b in zip(fill, other, strict=True)) <= ALIKE), fill)
        fills.append(fill)
        filled[number] = {**clip, "type": "f", "rect": clip["scissor"], "fill": fill, "shaded": True}
    return filled, set(clips.values())


def _bare_clips(drawings: Sequence[dict[str, Any]]) -> Iterator[int]:
    """Yield the numbers of the clips that have an outline, and in which no path is drawn."""
    for number, drawing in enumerate(drawings):
        if drawing["type"] != "clip" or not drawing.get("items") or not math.isfinite(sum(drawing.get("scissor") or (math.inf,))):
            continue
        after = drawings[number + 1] if number + 1 < len(drawings) else None
        if after is None or after.get("level", 0) <= drawing.get("level", 0):
            yield number


def _whole_points(place: Rectangle) -> Rectangle:
    left, top, right, bottom = place
    return math.floor(left + OFF), math.floor(top + OFF), math.ceil(right - OFF), math.ceil(bottom - OFF)


def _middle_colour(pixels: Pixels, part: Box, box: Box) -> tuple[float, float, float]:
    """Return the colour in the middle of those that a shading has, its parts 0..1."""
    height, width = pixels.shape[:2]
    across, down = width / max(part.width, 1e-9), height / max(part.height, 1e-9)
    left, right = (box.left + INNER * box.width - part.left) * across, (box.right - INNER * box.width - part.left) * across
    top, bottom = (box.top + INNER * box.height - part.top) * down, (box.bottom - INNER * box.height - part.top) * down
    column, row = min(int(left), width - 1), min(int(top), height - 1)
    piece = pixels[row : max(row + 1, round(bottom)), column : max(column + 1, round(right))]
    red, green, blue = np.median(piece.reshape(-1, 3), axis=0) / 255
    return float(red), float(green), float(blue)
