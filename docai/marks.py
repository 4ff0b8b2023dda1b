"""Marks: the connected pieces of ink of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]  # (height, width), 0 black to 255 white
Mask = NDArray[np.uint8]  # (height, width), 0 or 1
Places = NDArray[np.int64]  # of marks, from 0


class Rectangle(NamedTuple):
    """Pixels of a picture: from `left`, `top` up to and without `right`, `bottom`."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """The width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """The height in pixels."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a picture: arrays of equal length in pixels, and `labels`, the picture of their numbers, from 1, 0 for none."""

    labels: NDArray[np.int32]
    left: NDArray[np.int64]
    top: NDArray[np.int64]
    right: NDArray[np.int64]
    bottom: NDArray[np.int64]
    area: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.left)

    @property
    def height(self) -> NDArray[np.int64]:
        """Their heights."""
        return self.bottom - self.top

    @property
    def width(self) -> NDArray[np.int64]:
        """Their widths."""
        return self.right - self.left

    def rectangle(self, place: int | np.integer[Any]) -> Rectangle:
        """Return where one of them is."""
        return Rectangle(int(self.left[place]), int(self.top[place]), int(self.right[place]), int(self.bottom[place]))

    def mask(self, chosen: Places | NDArray[np.bool_]) -> Mask:
        """Return the ink of some of them, given by their places or by which they are."""
        values = np.zeros(self.count + 1, np.uint8)
        values[1:][chosen] = 1
        return values[self.labels]

    def first_pixels(self, places: Places) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return a pixel, row and column, of each of some marks: the first in its top row."""
        rows = self.top[places]
        columns = np.array(
            [
                left + int(np.argmax(self.labels[top, left:right] == place + 1))
                for place, top, left, right in zip(places, rows, self.left[places], self.right[places], strict=True)
            ],
            np.int64,
        )
        return rows, columns


def find_marks(ink: Mask) -> Marks:
    """Return the marks of a picture; pixels that meet at a corner hang together."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    left, top, width, height, area = (np.asarray(stats[1:, column], np.int64) for column in range(5))
    return Marks(np.asarray(labels, np.int32), left, top, left + width, top + height, area)


def weighted_median(values: NDArray[Any], weights: NDArray[Any]) -> float:
    """Return the median of values, each counting as much as its weight says; there must be one."""
    order = np.argsort(values)
    return float(values[order][np.searchsorted(weights[order].cumsum(), weights.sum() / 2)])
