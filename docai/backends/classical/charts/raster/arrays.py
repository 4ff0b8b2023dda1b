"""Steps over arrays that finding marks takes many times a picture: numpy's and OpenCV's own, in less time.

Sums over the three parts of a colour are written out, which is ten times as fast as a reduction over so short an axis; pieces are
looked for where there are any, and not in all of a picture.
"""

from __future__ import annotations

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.marks import Mask, Rectangle

Parts = TypeVar("Parts", bound=np.generic)


def dot(one: NDArray[Parts], other: NDArray[Parts]) -> NDArray[Parts]:
    """Return the scalar products of colours, (..., 3) each, as (...)."""
    product: Any = np.multiply(one, other)
    return np.asarray(product[..., 0] + product[..., 1] + product[..., 2])


def magnitude(colours: NDArray[Parts]) -> NDArray[Parts]:
    """Return the Euclidean length of colours, (..., 3), as (...)."""
    return np.asarray(np.sqrt(dot(colours, colours)))


def largest(colours: NDArray[Parts]) -> NDArray[Parts]:
    """Return the largest part of colours, (..., 3), as (...)."""
    return np.asarray(np.maximum(np.maximum(colours[..., 0], colours[..., 1]), colours[..., 2]))


def spread(colours: NDArray[Parts]) -> NDArray[Parts]:
    """Return how much the parts of colours, (..., 3), differ at most, as (...)."""
    smallest = np.minimum(np.minimum(colours[..., 0], colours[..., 1]), colours[..., 2])
    return np.asarray(np.subtract(largest(colours), smallest))


def bounds(mask: Mask, margin: int = 0) -> Rectangle:
    """Return what encloses all that a mask shows, with a margin in pixels but within the mask; no pixels where it shows nothing."""
    left, top, wide, high = cv2.boundingRect(mask)
    if not wide:
        return Rectangle(0, 0, 0, 0)
    height, width = mask.shape
    return Rectangle(
        max(0, left - margin), max(0, top - margin), min(width, left + wide + margin), min(height, top + high + margin)
    )


def within(place: Rectangle) -> tuple[slice, slice]:
    """Return the rows and columns of a rectangle."""
    return slice(place.top, place.bottom), slice(place.left, place.right)


def components(mask: Mask, connectivity: int) -> tuple[int, NDArray[np.int32], NDArray[np.int32]]:
    """Return the pieces of a mask: how many, with what is none; (height, width) their numbers; (count, 5) left, top, sizes, area.

    They are those of `cv2.connectedComponentsWithStats`, in its order: it goes through squares of two pixels a side, so that what
    is cut out begins at even places.
    """
    left, top, right, bottom = bounds(mask)
    left, top = left - left % 2, top - top % 2
    numbers = np.zeros(mask.shape, np.int32)
    if right <= left:
        return 1, numbers, np.array([[0, 0, mask.shape[1], mask.shape[0], mask.size]], np.int32)
    part: Any = np.ascontiguousarray(mask[top:bottom, left:right])
    count, found, sizes, _ = cv2.connectedComponentsWithStats(part, connectivity=connectivity)
    numbers[top:bottom, left:right] = found
    sizes[1:, cv2.CC_STAT_LEFT] += left
    sizes[1:, cv2.CC_STAT_TOP] += top
    sizes[0] = (0, 0, mask.shape[1], mask.shape[0], mask.size - int(sizes[1:, cv2.CC_STAT_AREA].sum()))
    return count, numbers, np.asarray(sizes, np.int32)
