"""What paper, lamps, lenses and wires do to the pixels of a page and not to the places on it.

All take and give pictures as (height, width, 3) uint8 RGB.
"""

from __future__ import annotations

import math
from random import Random
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from docai.sources import Pixels

COARSE: Final = 16  # pixels of the picture a pixel of a map of light: light changes slowly
PAPERS: Final = ((255, 250, 236), (250, 241, 219), (244, 243, 238), (252, 248, 240), (238, 229, 208), (246, 248, 250))  # RGB
GROUNDS: Final = ((139, 98, 62), (92, 64, 44), (70, 72, 76), (40, 42, 48), (168, 160, 150), (60, 78, 92), (196, 178, 150))  # RGB
SHADE: Final = 0.45  # of the light that the deepest shadow of a hand or a telephone takes; under more, cameras raise the exposure
WINDOW: Final = 51  # pixels, half an inch at 100 dpi: mostly paper, whatever light falls on it
SOLID: Final = 0.4  # of the way from ink to paper: darker is black wherever it stands; print is, and few bands behind it are
ROUGH: Final = 4  # pixels of the picture a pixel of a desk: it is out of focus
_NORMAL: Final = np.array([NormalDist().inv_cdf((byte + 0.5) / 256) for byte in range(256)])  # of a byte drawn by chance


def _array(pixels: object) -> Pixels:
    return np.asarray(pixels, np.uint8)


def _noise(random: Random) -> np.random.Generator:
    return np.random.default_rng(random.getrandbits(64))


def _times(pixels: Pixels, light: NDArray[np.uint8]) -> Pixels:
    """Return a picture under a light, 0..255 for none to all, of one channel or three and as large as the picture."""
    own = light if light.ndim == pixels.ndim else cv2.merge([light, light, light])
    return _array(cv2.multiply(pixels, _array(own), scale=1 / 255))


def _enlarged(light: NDArray[np.float32], pixels: Pixels) -> NDArray[np.uint8]:
    """Return a coarse map of light, 0..1, as large as a picture, 0..255."""
    small = np.rint(255 * np.clip(light, 0.0, 1.0)).astype(np.uint8)
    return _array(cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_CUBIC))


def _coarse(pixels: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the places down and across, 0..1, of a coarse map of a picture."""
    height, width = (max(2, math.ceil(side / COARSE)) for side in pixels.shape[:2])
    down, across = np.mgrid[0 : 1 : complex(0, height), 0 : 1 : complex(0, width)]
    return down.astype(np.float32), across.astype(np.float32)


# Paper


def tinted(pixels: Pixels, random: Random) -> Pixels:
    """Return a page on paper that is not quite white, and cloudy where it is old."""
    colour = random.choice(PAPERS)
    table = np.stack([np.rint(np.arange(256) * channel / 255) for channel in colour], axis=-1).astype(np.uint8)
    return _array(cv2.LUT(pixels, table[None]))


def shown_through(pixels: Pixels, random: Random, strength: float) -> Pixels:
    """Return a page of thin paper that is printed on both sides: the back, mirrored and blurred by the paper, shines through.

    The back is the same page, which says as much as any other once it is mirrored, put upside down or pushed aside.
    """
    height, width = pixels.shape[:2]
    small = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    small = cv2.flip(small, random.choice((-1, 1, 1)))
    small = np.roll(small, (random.randrange(height // 40, height // 8), random.randrange(width // 16)), (0, 1))
    small = cv2.GaussianBlur(small, (0, 0), random.uniform(0.5, 1.1))
    back = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    share = random.uniform(0.05, 0.06 + 0.14 * strength)
    return _times(pixels, _array(cv2.LUT(back, np.rint(255 - share * (255 - np.arange(256))).astype(np.uint8))))


def folded(pixels: Pixels, random: Random, strength: float) -> Pixels:
    """Return a page that was folded once or twice: each half catches the light in its own way, and the fold itself is a line."""
    height, width = pixels.shape[:2]
    light = [np.ones(height, np.float32), np.ones(width, np.float32)]
    for along in random.choice(((0,), (0,), (1,), (0, 1), (0, 0))):
        length = len(light[along])
        place = length * random.choice((1 / 3, 1 / 2, 2 / 3)) * random.uniform(0.96, 1.04)
        away = np.arange(length, dtype=np.float32) - place
        side = away * random.choice((-1.0, 1.0))
        reach = length * random.uniform(0.04, 0.12)
        light[along] *= 1 - random.uniform(0.06, 0.1 + 0.2 * strength) * np.where(side >= 0, np.exp(-np.abs(side) / reach), 0)
        light[along] *= 1 - random.uniform(0.05, 0.25) * np.exp(-((away / random.uniform(0.6, 1.4)) ** 2))
    rows, columns = (np.rint(255 * part).astype(np.uint8) for part in light)
    down = cv2.resize(rows[:, None], (width, height), interpolation=cv2.INTER_NEAREST)
    across = cv2.resize(columns[None], (width, height), interpolation=cv2.INTER_NEAREST)
    return _times(pixels, _array(cv2.multiply(down, across, scale=1 / 255)))


# Light


def unevenly_lit(pixels: Pixels, random: Random, strength: float) -> Pixels:
    """Return a page that is lighter on one side, as of a lamp or of the back of a bound book."""
    down, across = _coarse(pixels)
    angle = random.uniform(0, 2 * math.pi)
    along = math.cos(angle) * (across - 0.5) + math.sin(angle) * (down - 0.5)
    away = np.clip(0.5 + along / math.sqrt(2), 0, 1)  # 0..1 from the lamp to the corner that is farthest from it
    fall = random.uniform(0.08, 0.1 + 0.3 * strength)
    return _times(pixels, _enlarged((1 - fall * away ** random.uniform(1, 3)).astype(np.float32), pixels))


def shadowed(pixels: Pixels, random: Random, strength: float) -> Pixels:
    """Return a picture over which the shadow of a hand or of the telephone falls: one side of a line with a soft edge."""
    down, across = _coarse(pixels)
    angle, soft = random.uniform(0, 2 * math.pi), random.uniform(0.015, 0.08)
    along = math.cos(angle) * (across - random.uniform(0.2, 0.8)) + math.sin(angle) * (down - random.uniform(0.2, 0.8))
    bend = 0.04 * np.sin(2 * math.pi * (across * random.uniform(0.5, 2) + down * random.uniform(0.5, 2)))
    depth = random.uniform(0.1, 0.12 + (SHADE - 0.12) * strength)
    return _times(pixels, _enlarged((1 - depth / (1 + np.exp(-(along + bend) / soft))).astype(np.float32), pixels))


def faded(pixels: Pixels, random: Random, strength: float) -> Pixels:
    """Return a picture of less contrast: ink that is no longer black, paper that is not white."""
    dark, light = random.uniform(0, 10 + 60 * strength), random.uniform(225, 255)
    return _array(cv2.LUT(pixels, np.rint(np.linspace(dark, light, 256)).astype(np.uint8)))


# Lenses and sensors


def blurred(pixels: Pixels, random: Random, most: float) -> Pixels:
    """Return a picture out of focus, or of a hand that shook; `most` is the largest standard deviation in pixels."""
    spread = random.uniform(0.4 * most, most)
    if random.random() < 0.7:
        return _array(cv2.GaussianBlur(pixels, (0, 0), max(spread, 0.2)))
    length = 3.5 * spread  # a line of this length has the same standard deviation
    side = 2 * math.ceil(length / 2) + 1
    angle = random.uniform(0, math.pi)
    kernel = np.zeros((side, side), np.float32)
    for step in np.linspace(-length / 2, length / 2, 16):  # bilinear, so that a line of less than a pixel counts as well
        x, y = side // 2 + step * math.cos(angle), side // 2 + step * math.sin(angle)
        left, top = min(int(x), side - 2), min(int(y), side - 2)
        kernel[top : top + 2, left : left + 2] += np.outer((top + 1 - y, y - top), (left + 1 - x, x - left))
    return _array(cv2.filter2D(pixels, -1, kernel / kernel.sum()))


def noisy(pixels: Pixels, random: Random, strength: float) -> Pixels:
    """Return a picture with the grain of a sensor, normally distributed, grey or coloured."""
    spread = random.uniform(2.0, 3.0 + 11.0 * strength)  # of 255: up to a night's photograph
    height, width, channels = pixels.shape
    coloured, coarse = random.random() < 0.3, random.choice((1, 1, 2))  # sharpening and lenses make grain of several pixels
    shape = (-(-height // coarse), -(-width // coarse), channels if coloured else 1)
    chance = np.frombuffer(random.randbytes(math.prod(shape)), np.uint8).reshape(shape)
    grain = _array(cv2.resize(chance, (width, height), interpolation=cv2.INTER_NEAREST)) if coarse > 1 else chance
    grain = grain if coloured else _array(cv2.merge([grain, grain, grain]))
    more = _array(cv2.LUT(grain, np.rint(np.maximum(spread * _NORMAL, 0)).astype(np.uint8)))
    less = _array(cv2.LUT(grain, np.rint(np.maximum(-spread * _NORMAL, 0)).astype(np.uint8)))
    return _array(cv2.subtract(cv2.add(pixels, more), less))


def coarser(pixels: Pixels, size: tuple[int, int], *, enlarged: bool) -> Pixels:
    """Return a picture of a lower resolution, `size` (width, height) in pixels; `enlarged` to its old size again."""
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return _array(cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR) if enlarged else small)


# Wires


def compressed(pixels: Pixels, random: Random, strength: float) -> Pixels:
    """Return a picture that was a JPEG of a quality from 95 down to 30."""
    quality = round(random.uniform(92 - 62 * strength, 95))
    made, stream = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert made, "OpenCV encodes any picture of bytes"
    return _array(cv2.cvtColor(_array(cv2.imdecode(stream, cv2.IMREAD_COLOR)), cv2.COLOR_BGR2RGB))


def binarised(pixels: Pixels, random: Random, most: float, *, fine: bool) -> Pixels:
    """Return a picture in black and white alone, by a threshold between its ink and its paper.

    Copiers see a little out of focus before they decide; `most` is by how many pixels, as a standard deviation. With `fine`, they
    decide at twice the resolution and the picture is seen at half of it, which gives some greys: what small letters need.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    soft = cv2.GaussianBlur(grey, (0, 0), max(0.2, random.uniform(0.3, 1.0) * most))
    around = cv2.blur(soft, (WINDOW, WINDOW))
    # what is dark in all its surroundings is a filled area and stays black; on paler ones, letters stand out
    black, white = np.percentile(soft[::4, ::4], (0.5, 90))  # of ink, which may be faded, and of paper
    solid = np.full_like(soft, round(float(black + SOLID * (white - black))))
    level = cv2.max(cv2.convertScaleAbs(around, alpha=random.uniform(0.74, 0.86)), solid)
    if fine:
        soft, level = (cv2.resize(part, (2 * width, 2 * height), interpolation=cv2.INTER_CUBIC) for part in (soft, level))
    decided = cv2.compare(soft, level, cv2.CMP_GE)
    if fine:
        decided = cv2.resize(decided, (width, height), interpolation=cv2.INTER_AREA)
    return _array(cv2.cvtColor(decided, cv2.COLOR_GRAY2RGB))


def halved_lines(pixels: Pixels, share: float) -> Pixels:
    """Return a picture that was sent with fewer lines than it has, `share` of them, each standing for its neighbours as well."""
    height, width = pixels.shape[:2]
    few = cv2.resize(pixels, (width, max(1, round(height * share))), interpolation=cv2.INTER_AREA)
    return _array(cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST))


def speckled(pixels: Pixels, random: Random, strength: float) -> Pixels:
    """Return a picture with dust on the glass: specks of a pixel or two, dark, or light in the ink."""
    noise, (height, width) = _noise(random), pixels.shape[:2]
    count = round(height * width * random.uniform(2e-5, 3e-5 + 2e-4 * strength))
    rows, columns = noise.integers(0, height - 1, count), noise.integers(0, width - 1, count)
    marked: Pixels = pixels.copy()
    values = np.where(noise.random(count) < 0.75, 30, 235).astype(np.uint8)[:, None]
    marked[rows, columns] = values
    wide = noise.random(count) < 0.3
    marked[rows[wide] + 1, columns[wide]] = values[wide]
    return marked


# Desks


def ground(size: tuple[int, int], corners: NDArray[np.float64], random: Random) -> Pixels:
    """Return a picture, `size` (width, height), of what a sheet lies on: wood, cloth or a plain desk, with the sheet's shadow.

    `corners` are those of the sheet, (4, 2) in pixels.
    """
    width, height = (-(-side // ROUGH) for side in size)
    noise, colour = _noise(random), np.array(random.choice(GROUNDS), np.float32)
    rows, columns = {"wood": (5, 60), "cloth": (90, 90), "plain": (4, 4)}[random.choice(("wood", "cloth", "plain"))]
    if random.random() < 0.5:
        rows, columns = columns, rows
    grain = noise.normal(1.0, random.uniform(0.02, 0.1), (rows, columns)).astype(np.float32)
    texture = np.asarray(cv2.resize(grain, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    sheet = np.zeros((height, width), np.float32)
    offset = np.array([random.uniform(-12, 12), random.uniform(-12, 12)])
    cv2.fillConvexPoly(sheet, np.rint((corners + offset) / ROUGH).astype(np.int32), (1.0,))
    shade = 1 - random.uniform(0.3, 0.6) * np.asarray(cv2.GaussianBlur(sheet, (0, 0), random.uniform(1.5, 4)))
    small = np.clip((texture * shade)[..., None] * colour, 0, 255).astype(np.uint8)
    return _array(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR))
