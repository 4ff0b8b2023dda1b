"""Ink on paper: letters, areas and lines, each of which can paint itself on a picture.

Letters are drawn by FreeType once for each word, font and size, and kept; painting is then a few operations on small arrays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

Colour = tuple[int, int, int]
Pixels = tuple[int, int, int, int]  # left, top, right, bottom: the first column and row, and those behind the last
VISIBLE: Final = 32  # of 255: a pixel that is covered less is no part of a letter's box, as an eye does not see it
_SHIFT: Final = 4  # binary digits of a fraction of a pixel that OpenCV is told places in


class Stamp(NamedTuple):
    """The ink of a glyph or a word.

    Attributes:
        cover: How much of each pixel is covered, 0..255; (height, width), cut to the ink.
        left: The first column, counted from the pen; `top` the first row, counted from the baseline.
        box: The part of it that can be seen, in the same frame.
    """

    cover: NDArray[np.uint8]
    left: int
    top: int
    box: Pixels


class Font:
    """A font file at a size in pixels."""

    def __init__(self, file: str, size: float) -> None:
        """Open the file."""
        self._font = ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)
        self._advances: dict[str, int] = {}

    def width(self, text: str) -> int:
        """Return how far a text moves the pen, in pixels."""
        try:
            return sum(map(self._advances.__getitem__, text))
        except KeyError:
            self._advances |= {letter: round(self._font.getlength(letter)) for letter in text}
            return self.width(text)

    def stamp(self, text: str) -> Stamp | None:
        """Return the ink of a text; None where it has none."""
        placed: list[tuple[int, Stamp]] = []
        pen = 0
        for letter in text:
            ink = _glyph(self, letter)
            if ink is not None:
                placed.append((pen, ink))
            pen += self.width(letter)
        if len(placed) <= 1:
            return _moved(*placed[0]) if placed else None
        left = min([move + ink.left for move, ink in placed])
        top = min([ink.top for _, ink in placed])
        right = max([move + ink.left + ink.cover.shape[1] for move, ink in placed])
        bottom = max([ink.top + ink.cover.shape[0] for _, ink in placed])
        cover = np.zeros((bottom - top, right - left), dtype=np.uint8)
        for move, ink in placed:
            x, y = move + ink.left - left, ink.top - top
            part = cover[y : y + ink.cover.shape[0], x : x + ink.cover.shape[1]]
            np.maximum(part, ink.cover, out=part)
        box = (
            min([move + ink.box[0] for move, ink in placed]),
            min([ink.box[1] for _, ink in placed]),
            max([move + ink.box[2] for move, ink in placed]),
            max([ink.box[3] for _, ink in placed]),
        )
        return Stamp(cover, left, top, box)

    def glyph(self, letter: str) -> Stamp | None:
        """Draw a letter."""
        mask, (left, top) = self._font.getmask2(letter, mode="L", anchor="ls")
        cover = np.array(mask, dtype=np.uint8).reshape(mask.size[::-1])
        seen = _extent(cover >= VISIBLE) or _extent(cover)
        if seen is None:
            return None
        x, y = int(left), int(top)
        return Stamp(cover, x, y, (x + seen[0], y + seen[1], x + seen[2], y + seen[3]))


@lru_cache(maxsize=60_000)  # of about half a kilobyte
def _glyph(font: Font, letter: str) -> Stamp | None:
    return font.glyph(letter)


def _moved(move: int, ink: Stamp) -> Stamp:
    left, top, right, bottom = ink.box
    return Stamp(ink.cover, ink.left + move, ink.top, (left + move, top, right + move, bottom))


def turned(ink: Stamp) -> Stamp:
    """Return ink that is read upwards: turned by a quarter against the clock about the pen."""
    left, top, right, bottom = ink.box
    return Stamp(np.rot90(ink.cover), ink.top, -(ink.left + ink.cover.shape[1]), (top, -right, bottom, -left))


@lru_cache(maxsize=1000)  # more than pages are set in, each with an open file's data
def font_of(file: str, size: float) -> Font:
    """Return a font at a size in pixels."""
    return Font(file, size)


def _extent(inked: NDArray[Any]) -> Pixels | None:
    """Return the smallest rectangle that holds all of an array that is not 0."""
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not rows.size:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


class Stroke(Protocol):
    """Something that is painted on a picture."""

    def paint(self, picture: NDArray[np.uint8]) -> None:
        """Change a picture, (height, width, 3) bytes."""


@dataclass(frozen=True, slots=True)
class Letters:
    """A word: its ink, and where pen and baseline are, in pixels."""

    ink: Stamp
    pen: int
    baseline: int
    colour: Colour

    @property
    def box(self) -> Pixels:
        """Where its ink can be seen."""
        left, top, right, bottom = self.ink.box
        return self.pen + left, self.baseline + top, self.pen + right, self.baseline + bottom

    def paint(self, picture: NDArray[np.uint8]) -> None:
        """Lay the ink over what is there; what lies off the picture is lost."""
        x, y = self.pen + self.ink.left, self.baseline + self.ink.top
        high, wide = self.ink.cover.shape
        cover = self.ink.cover[max(0, -y) : picture.shape[0] - y, max(0, -x) : picture.shape[1] - x]
        share = cover[..., None].astype(np.uint16)
        share += share >> 7  # of 256, which is divided by fast
        under = picture[max(0, y) : y + high, max(0, x) : x + wide]
        under[:] = (under * (256 - share) + share * np.array(self.colour, dtype=np.uint16)) >> 8


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of one colour."""

    box: Pixels
    colour: Colour

    def paint(self, picture: NDArray[np.uint8]) -> None:
        """Cover what is there."""
        left, top, right, bottom = self.box
        picture[top:bottom, left:right] = self.colour


@dataclass(frozen=True, slots=True)
class Outline:
    """Straight lines from place to place, of so many pixels; (n, 2) x and y in pixels, which may be fractions."""

    places: tuple[tuple[float, float], ...]
    colour: Colour
    thickness: int = 1
    closed: bool = False

    def paint(self, picture: NDArray[np.uint8]) -> None:
        """Draw the lines with smooth edges."""
        cv2.polylines(picture, [_fixed(self.places)], self.closed, self.colour, self.thickness, cv2.LINE_AA, _SHIFT)


@dataclass(frozen=True, slots=True)
class Patch:
    """A polygon that is filled; x and y of its corners in pixels, which may be fractions."""

    places: tuple[tuple[float, float], ...]
    colour: Colour

    def paint(self, picture: NDArray[np.uint8]) -> None:
        """Fill it, with smooth edges."""
        cv2.fillPoly(picture, [_fixed(self.places)], self.colour, cv2.LINE_AA, _SHIFT)


@dataclass(frozen=True, slots=True)
class Dot:
    """A disc; middle and radius in pixels."""

    middle: tuple[float, float]
    radius: float
    colour: Colour

    def paint(self, picture: NDArray[np.uint8]) -> None:
        """Fill it, with smooth edges."""
        x, y, radius = (round(value * (1 << _SHIFT)) for value in (*self.middle, self.radius))
        cv2.circle(picture, (x, y), radius, self.colour, -1, cv2.LINE_AA, _SHIFT)


def _fixed(places: Iterable[tuple[float, float]]) -> NDArray[np.int32]:
    """Return places as OpenCV wants them, in sixteenths of a pixel."""
    return np.round(np.array(list(places)) * (1 << _SHIFT)).astype(np.int32)


def painted(strokes: Iterable[Stroke], width: int, height: int, paper: Colour) -> NDArray[np.uint8]:
    """Return a picture of so many pixels with all strokes on it, later ones over earlier ones; (height, width, 3) bytes."""
    picture = np.empty((height, width, 3), dtype=np.uint8)
    picture[:] = np.full((width, 3), paper, dtype=np.uint8)  # row by row, which is fast
    for stroke in strokes:
        stroke.paint(picture)
    return picture
