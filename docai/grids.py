"""Grids of tiles: which one a picture is shown on, and how it is cut; the families' own rules to the last pixel.

Pure: sizes and pixels in, tiles out. What is chosen by the text to be read stands in `docai.seams`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image

from docai.lenses import AnyresLens, GridLens, Seen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from docai.lenses import Tiles
    from docai.sources import Pixels

IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)  # of InternVL's family; build_transform in its internvl/train/dataset.py
IMAGENET_STD: Final = (0.229, 0.224, 0.225)
SIGLIP_MEAN: Final = (0.5, 0.5, 0.5)  # of LLaVA-OneVision's; llava/model/multimodal_encoder/siglip_encoder.py of LLaVA-NeXT
SIGLIP_STD: Final = (0.5, 0.5, 0.5)
SAMPLED_ROWS: Final = 50  # every so many rows of a picture are looked at for colour first


@lru_cache(maxsize=64)
def grids_within(least: int, most: int) -> tuple[tuple[int, int], ...]:
    """Return the grids, as (columns, rows), of `least` to `most` tiles, those of fewer tiles first."""
    sides = range(1, most + 1)
    every = [(columns, rows) for columns in sides for rows in sides if least <= columns * rows <= most]
    return tuple(sorted(every, key=math.prod))


def reference_grid(width: int, height: int, least: int = 1, most: int = 12, tile: int = 448) -> tuple[int, int]:
    """Return the grid, as (columns, rows), that InternVL's own rule chooses for a picture of `width` x `height` pixels.

    It is the one nearest in shape, whatever the size. Of grids equally near, the larger one wins as long as it enlarges the
    picture less than twofold in area.

    Raises:
        ValueError: A side is below 1, or no grid has so many tiles.

    Source: `find_closest_aspect_ratio` and `dynamic_preprocess` in internvl_chat/internvl/train/dataset.py of InternVL.
    """
    if min(width, height, least) < 1 or most < least:
        raise ValueError(f"no grid of {least} to {most} tiles for {width} x {height} pixels; want sides and tiles of 1 and more")
    aspect, area = width / height, width * height
    best, nearest = (1, 1), math.inf
    for columns, rows in grids_within(least, most):
        distance = abs(aspect - columns / rows)
        if distance < nearest or (distance == nearest and area > 0.5 * tile * tile * columns * rows):
            best, nearest = (columns, rows), distance
    return best


def tiles_of(picture: Pixels, tile: int) -> Tiles:
    """Return a picture whose sides are multiples of `tile` as (count, tile, tile, 3), row by row."""
    rows, columns = picture.shape[0] // tile, picture.shape[1] // tile
    return np.asarray(picture.reshape(rows, tile, columns, tile, 3).swapaxes(1, 2).reshape(rows * columns, tile, tile, 3))


def cut_reference(pixels: Pixels, lens: GridLens) -> Seen:
    """Return what InternVL's own preprocessing shows of (height, width, 3) uint8 RGB pixels.

    The whole is stretched to the grid and cut; the thumbnail, last, is made of the whole as well. Bicubic, as Pillow does it.

    Source: `dynamic_preprocess` in internvl_chat/internvl/train/dataset.py of InternVL.
    """
    height, width = pixels.shape[:2]
    columns, rows = reference_grid(width, height, lens.least, lens.most, lens.tile)
    size, small = (columns * lens.tile, rows * lens.tile), (lens.tile, lens.tile)
    picture, *thumbnail = _resized(pixels, size, *([small] if lens.thumbnail and columns * rows > 1 else []))
    tiles = np.concatenate([tiles_of(picture, lens.tile), *(one[None] for one in thumbnail)])
    return Seen(tiles, columns, rows, *size)


def cut_grid(picture: Pixels, lens: GridLens) -> Tiles:
    """Return the tiles of a picture that is drawn at the size of its grid already, the thumbnail last, made of it by area."""
    tiles = tiles_of(picture, lens.tile)
    if not lens.thumbnail or len(tiles) == 1:
        return tiles
    thumbnail = cv2.resize(picture, (lens.tile, lens.tile), interpolation=cv2.INTER_AREA)
    return np.concatenate([tiles, np.asarray(thumbnail, np.uint8)[None]])


def best_resolution(width: int, height: int, pinpoints: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return which of some resolutions, all as (height, width), shows most of a picture's pixels and wastes least.

    Raises:
        ValueError: There are no resolutions.

    Source: `select_best_resolution` in llava/mm_utils.py of LLaVA-NeXT, and in transformers.
    """
    if not pinpoints:
        raise ValueError("there are no resolutions to choose from; give a lens its pinpoints")
    best, most, least_wasted = pinpoints[0], 0, math.inf
    for pinpoint in pinpoints:
        scale = min(pinpoint[1] / width, pinpoint[0] / height)
        effective = min(int(width * scale) * int(height * scale), width * height)
        wasted = math.prod(pinpoint) - effective
        if effective > most or (effective == most and wasted < least_wasted):
            best, most, least_wasted = pinpoint, effective, wasted
    return best


def enlarged_size(width: int, height: int, longer: int) -> tuple[int, int]:
    """Return the width and height of a picture whose longer side is enlarged to `longer` pixels; larger ones stay as they are.

    Source: the model card of VARCO-VISION-2.0-1.7B-OCR.
    """
    if max(width, height) >= longer:
        return width, height
    scale = longer / max(width, height)
    return max(1, int(width * scale)), max(1, int(height * scale))


def fitted_size(width: int, height: int, resolution: tuple[int, int]) -> tuple[int, int]:
    """Return the width and height at which a picture of that shape fits in a resolution, given as (height, width).

    Source: `resize_and_pad_image` in llava/mm_utils.py of LLaVA-NeXT.
    """
    across, down = resolution[1] / width, resolution[0] / height
    if across < down:
        return resolution[1], min(math.ceil(height * across), resolution[0])
    return min(math.ceil(width * down), resolution[1]), resolution[0]


def cut_anyres(pixels: Pixels, lens: AnyresLens) -> Seen:
    """Return what LLaVA-OneVision's own preprocessing shows of (height, width, 3) uint8 RGB pixels.

    The whole, stretched to a tile, is first; then it is fitted in the best resolution, padded with black all round, and cut.
    Bicubic, as Pillow does it.

    Source: `process_anyres_image` in llava/mm_utils.py of LLaVA-NeXT.
    """
    height, width = pixels.shape[:2]
    size = enlarged_size(width, height, lens.enlarged)
    if size != (width, height):
        width, height = size
        (pixels,) = _resized(pixels, size)
    resolution = best_resolution(width, height, lens.pinpoints)
    inner_width, inner_height = fitted_size(width, height, resolution)
    fitted, whole = _resized(pixels, (inner_width, inner_height), (lens.tile, lens.tile))
    left, top = (resolution[1] - inner_width) // 2, (resolution[0] - inner_height) // 2
    picture = np.zeros((*resolution, 3), np.uint8)
    picture[top : top + inner_height, left : left + inner_width] = fitted
    tiles = np.concatenate([whole[None], tiles_of(picture, lens.tile)])
    return Seen(tiles, resolution[1] // lens.tile, resolution[0] // lens.tile, width, height)


def _resized(pixels: Pixels, *sizes: tuple[int, int]) -> list[Pixels]:
    """Return a picture at each of some sizes, as (width, height), to the last bit as Pillow resizes it.

    Pillow takes 90 % of the time that a picture takes to be cut. A grey picture is resized as one channel (measured: a third of
    the time), and two sizes are made at once, since Pillow lets other threads run meanwhile.
    """
    grey = _is_grey(pixels)
    image = Image.fromarray(np.ascontiguousarray(pixels[..., 0]) if grey else pixels)

    def at(size: tuple[int, int]) -> Pixels:
        made = np.asarray(image.resize(size, Image.Resampling.BICUBIC))
        return np.asarray(cv2.cvtColor(made, cv2.COLOR_GRAY2RGB) if grey else made, np.uint8)

    if len(sizes) == 1:
        return [at(sizes[0])]
    with ThreadPoolExecutor(len(sizes) - 1) as others:
        later = [others.submit(at, size) for size in sizes[1:]]
        return [at(sizes[0]), *(one.result() for one in later)]


def _is_grey(pixels: Pixels) -> bool:
    sample = pixels[::SAMPLED_ROWS]  # most pictures of colour are told by it
    return all(
        np.array_equal(some[..., 0], some[..., 1]) and np.array_equal(some[..., 1], some[..., 2]) for some in (sample, pixels)
    )


def normalised(tiles: Tiles, mean: Sequence[float], std: Sequence[float]) -> NDArray[np.float32]:
    """Return tiles as a vision encoder takes them: (count, 3, height, width) float32, `(value / 255 - mean) / std`."""
    count, height, width, _ = tiles.shape
    made = np.empty((count, 3, height, width), np.float32)
    for channel in range(3):
        scale = np.float32(1 / (255 * std[channel]))
        np.multiply(tiles[..., channel], scale, out=made[:, channel], dtype=np.float32)
        made[:, channel] -= np.float32(mean[channel] / std[channel])
    return made
