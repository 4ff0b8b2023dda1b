"""Stamps: round or square, of coloured ink that the print shows through, put down at an angle and never quite even."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from docai.box import Box
from fine_tune.synth.fonts import faces
from fine_tune.synth.words import Language

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from docai.sources import Pixels

SAYINGS: Final[dict[Language, tuple[str, ...]]] = {
    "en": ("PAID", "APPROVED", "RECEIVED", "COPY", "URGENT", "CHECKED", "FILED", "ORIGINAL", "VOID", "CONFIDENTIAL"),
    "ko": ("접수", "승인", "결재", "완료", "사본", "원본", "확인", "발송", "지급필", "대외비"),
    "vi": ("ĐÃ DUYỆT", "ĐÃ THU", "BẢN SAO", "KHẨN", "ĐÃ NHẬN", "SAO Y", "MẬT", "ĐÃ KIỂM TRA"),
}
INKS: Final = ((196, 30, 44), (172, 20, 60), (28, 60, 160), (36, 36, 120), (16, 110, 70), (90, 40, 130))  # RGB, of ink pads
SIDE: Final = (0.7, 1.5)  # inches of the longer side; office stamps have 20 to 40 mm
FAINT: Final = 24  # of 255: ink thinner than that is not seen, and does not make the box of a stamp larger


@lru_cache(maxsize=64)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


def stamped(pixels: Pixels, random: Random, dpi: float, language: Language) -> tuple[Pixels, Box]:
    """Return a page, (height, width, 3) uint8 RGB, with a stamp somewhere on it, and the box of the stamp's ink."""
    cover = _cover(random, dpi, language)
    height, width = pixels.shape[:2]
    cover = cover[: height - 2, : width - 2]
    high, wide = cover.shape
    left = random.randint(1, width - wide - 1)
    top = min(max(1, round(height * random.betavariate(2, 1.2)) - high // 2), height - high - 1)  # rather below than above
    light = 1 - (cover.astype(np.float32) / 255)[..., None] * (1 - np.array(random.choice(INKS), np.float32) / 255)
    marked = pixels.copy()
    under = marked[top : top + high, left : left + wide]
    under[:] = np.rint(under * light)
    rows, columns = np.flatnonzero((cover > FAINT).any(1)), np.flatnonzero((cover > FAINT).any(0))
    return marked, Box.clipped(
        (left + columns[0]) / width, (top + rows[0]) / height, (left + columns[-1] + 1) / width, (top + rows[-1] + 1) / height
    )


def _cover(random: Random, dpi: float, language: Language) -> NDArray[np.uint8]:
    """Return how much of each pixel a stamp's ink covers, 0..255."""
    side = max(24, round(random.uniform(*SIDE) * dpi))
    saying, round_one = random.choice(SAYINGS[language]), random.random() < 0.5
    path = random.choice(faces(language)).bold
    thick = max(2, round(side * random.uniform(0.02, 0.045)))
    if round_one:
        picture = Image.new("L", (side, side))
        pen = ImageDraw.Draw(picture)
        pen.ellipse((thick, thick, side - thick, side - thick), outline=255, width=thick)
        if random.random() < 0.6:
            inset = round(side * 0.12)
            pen.ellipse((inset, inset, side - inset, side - inset), outline=255, width=max(1, thick // 2))
        room = 0.66 * side
    else:
        high = round(side * random.uniform(0.32, 0.5))
        picture = Image.new("L", (side, high))
        pen = ImageDraw.Draw(picture)
        pen.rounded_rectangle((1, 1, side - 2, high - 2), radius=random.choice((0, high // 8)), outline=255, width=thick)
        room = 0.82 * side
    size = _size(path, saying, room, 0.6 * picture.height)
    pen.text((picture.width / 2, picture.height / 2), saying, fill=255, font=_font(path, size), anchor="mm")
    turned = np.asarray(picture.rotate(random.uniform(-25, 25), Image.Resampling.BILINEAR, expand=True))
    return _worn(turned, random)


def _size(path: Path, saying: str, room: float, most: float) -> int:
    """Return the size in pixels at which letters are at most `room` wide and `most` high."""
    return max(6, min(int(most), int(room / _font(path, 100).getlength(saying) * 100)))


def _worn(cover: NDArray[np.uint8], random: Random) -> NDArray[np.uint8]:
    """Return ink that has not taken everywhere alike, and is never quite opaque."""
    noise = np.random.default_rng(random.getrandbits(64))
    coarse = noise.uniform(0.35, 1.25, (max(2, cover.shape[0] // 9), max(2, cover.shape[1] // 9))).astype(np.float32)
    patches = cv2.resize(coarse, cover.shape[::-1], interpolation=cv2.INTER_CUBIC) * random.uniform(0.4, 0.85)
    return np.asarray(np.clip(cover * np.clip(patches, 0.1, 0.9), 0, 255), np.uint8)
