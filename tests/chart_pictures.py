"""Pictures of charts drawn for tests, with their truth in pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
BLUE, ORANGE, GREY = (76, 120, 168), (245, 133, 24), (221, 221, 221)


def blank(width: int = 300, height: int = 220) -> Pixels:
    return np.full((height, width, 3), 255, np.uint8)


def box(picture: Pixels, left: float, top: float, right: float, bottom: float, colour: tuple[int, int, int]) -> None:
    """Fill an upright rectangle, with its edges smoothed as drawing programs do."""
    rows = np.clip(np.minimum(np.arange(picture.shape[0]) + 1, bottom) - np.maximum(np.arange(picture.shape[0]), top), 0, 1)
    columns = np.clip(np.minimum(np.arange(picture.shape[1]) + 1, right) - np.maximum(np.arange(picture.shape[1]), left), 0, 1)
    cover = (rows[:, None] * columns[None])[..., None]
    picture[:] = np.round(picture * (1 - cover) + np.array(colour) * cover).astype(np.uint8)


def veil(picture: Pixels, place: tuple[int, int, int, int], colour: tuple[int, int, int], opacity: float) -> None:
    """Fill an upright rectangle, on whole pixels, with a colour that what is below shines through."""
    left, top, right, bottom = place
    below = picture[top:bottom, left:right].astype(float)
    picture[top:bottom, left:right] = np.round(below * (1 - opacity) + np.array(colour) * opacity).astype(np.uint8)


def outlined(
    picture: Pixels,
    place: tuple[float, float, float, float],
    fill: tuple[int, int, int],
    line: tuple[int, int, int],
    thickness: float,
) -> None:
    """Fill an upright rectangle, and draw a line along its sides, half of it inside."""
    left, top, right, bottom = place
    half = thickness / 2
    box(picture, left - half, top - half, right + half, bottom + half, line)
    box(picture, left + half, top + half, right - half, bottom - half, fill)


def text(picture: Pixels, words: str, left: int, foot: int, colour: tuple[int, int, int] = (0, 0, 0), size: float = 0.45) -> None:
    cv2.putText(picture, words, (left, foot), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


def compressed(picture: Pixels, quality: int) -> Pixels:
    data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def bars(gap: float = 6.0) -> tuple[Pixels, list[tuple[float, float, float, float]]]:
    """Four bars on an axis with grid lines, and where they are."""
    picture = blank()
    for level in range(20, 200, 36):
        box(picture, 30, level, 290, level + 1, GREY)
    places = [(40 + n * (50 + gap), top, 90 + n * (50 + gap), 200.0) for n, top in enumerate((60.25, 110.5, 33.75, 150.0))]
    for place in places:
        box(picture, *place, BLUE)
    box(picture, 30, 200, 290, 201, (90, 90, 90))
    return picture, places
