"""How a sheet comes to lie in a picture: a little turned on the glass, or photographed from an angle; boxes go with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from docai.box import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from docai.sources import Pixels

    Matrix = NDArray[np.float64]  # (3, 3)

MARGIN: Final = 2.0  # pixels that stay between what a page holds and the edges of the picture
LEANING: Final = 0.055  # of a sheet's sides by which each of its corners is off in a photograph: as held by hand over a desk
SURROUND: Final = (0.02, 0.09)  # of a sheet's sides that a photograph shows beside it


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a sheet of `before` pixels (width, height) lies in a picture of `after` pixels.

    `matrix` maps places on the sheet to places in the picture, both in pixels from the top-left corner of the first pixel.
    """

    matrix: Matrix
    before: tuple[int, int]
    after: tuple[int, int]

    def moves(self) -> Callable[[Box], Box]:
        """Return what maps a box of the sheet to the hull of where it lies in the picture, in fractions of each."""
        (a, b, c), (d, e, f), (g, h, i) = self.matrix.tolist()
        (width, height), (wide, high) = self.before, self.after

        def place(x: float, y: float) -> tuple[float, float]:
            depth = g * x + h * y + i
            return (a * x + b * y + c) / depth, (d * x + e * y + f) / depth

        def move(box: Box) -> Box:
            left, top, right, bottom = box[0] * width, box[1] * height, box[2] * width, box[3] * height
            (x0, y0), (x1, y1), (x2, y2), (x3, y3) = place(left, top), place(right, top), place(left, bottom), place(right, bottom)
            low, high_side = min(y0, y1, y2, y3) / high, max(y0, y1, y2, y3) / high
            return Box.clipped(min(x0, x1, x2, x3) / wide, low, max(x0, x1, x2, x3) / wide, high_side)

        return move

    def warp(self, pixels: Pixels, ground: Pixels | tuple[int, int, int]) -> Pixels:
        """Return the picture: the sheet where it lies on a ground, a colour or a picture of the size `after`.

        Pictures are (height, width, 3) uint8 RGB; the one of the ground is drawn on.
        """
        to_centres = np.array([[1.0, 0.0, -0.5], [0.0, 1.0, -0.5], [0.0, 0.0, 1.0]])  # OpenCV counts from the first one's centre
        matrix = to_centres @ self.matrix @ np.linalg.inv(to_centres)
        if isinstance(ground, tuple):
            turned = cv2.warpAffine(
                pixels, matrix[:2], self.after, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=ground
            )
            return np.asarray(turned, np.uint8)
        seen = cv2.warpPerspective(
            pixels, matrix, self.after, dst=ground, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
        )
        return np.asarray(seen, np.uint8)


def skewed(size: tuple[int, int], content: Box, degrees: float) -> Placing:
    """Return a sheet turned by some degrees clockwise about its middle, in a picture of the same size.

    Where a corner of `content`, the hull of what it holds, would leave the picture, all is shown smaller by as much.
    """
    width, height = size
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    scale = 1.0
    for x in (content.left * width - width / 2, content.right * width - width / 2):
        for y in (content.top * height - height / 2, content.bottom * height - height / 2):
            turned = abs(x * cosine - y * sine), abs(x * sine + y * cosine)
            for reach, half in zip(turned, (width / 2, height / 2), strict=True):
                scale = min(scale, (half - MARGIN) / max(reach, 1e-9))
    turn = scale * np.array([[cosine, -sine], [sine, cosine]])
    middle = np.array([width / 2, height / 2])
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = turn, middle - turn @ middle
    return Placing(matrix, size, size)


def photographed(size: tuple[int, int], random: Random, strength: float) -> Placing:
    """Return a sheet as a camera sees it that is held over it by hand: all of it, at about its size, with what lies around."""
    width, height = size
    margins = [random.uniform(*SURROUND) * side for side in (width, height, width, height)]
    after = round(width + margins[0] + margins[2]), round(height + margins[1] + margins[3])
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], np.float32)
    leaning = np.array([[random.uniform(0, LEANING * strength) * side for side in (width, height)] for _ in range(4)], np.float32)
    there = corners + inward * leaning + np.array(margins[:2], np.float32)
    return Placing(np.asarray(cv2.getPerspectiveTransform(corners, there), np.float64), size, after)
