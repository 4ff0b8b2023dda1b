"""Grids and tiles: the same as transformers' processors make, which are the reference for both families of models."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.image_processing_utils import select_best_resolution
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil, get_optimal_tiled_canvas
from transformers.models.llava_onevision.image_processing_pil_llava_onevision import LlavaOnevisionImageProcessorPil

from docai.grids import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    SIGLIP_MEAN,
    SIGLIP_STD,
    best_resolution,
    cut_anyres,
    cut_grid,
    cut_reference,
    enlarged_size,
    normalised,
    reference_grid,
    tiles_of,
)
from docai.lenses import AnyresLens, GridLens, pinpoints_within

TOLERANCE = 1e-4  # of normalised values; a level of grey is 0.017 and more
CHANCE = random.Random(1)


def sizes(count):
    """Return sizes of pictures: any, small ones, and those whose shape is just between those of grids."""
    found = []
    for n in range(count):
        if n % 3 == 0:
            found.append((CHANCE.randint(1, 5000), CHANCE.randint(1, 5000)))
        elif n % 3 == 1:
            unit = CHANCE.randint(1, 900)
            found.append((unit * CHANCE.randint(1, 12), unit * CHANCE.randint(1, 12)))
        else:
            found.append((448 * CHANCE.randint(1, 12) // CHANCE.randint(1, 3), 448 * CHANCE.randint(1, 12) // CHANCE.randint(1, 3)))
    return found


def noise(width, height, *, grey=False):
    made = np.random.default_rng(width * height).integers(0, 256, (height, width, 1 if grey else 3), dtype=np.uint8)
    return np.repeat(made, 3, axis=2) if grey else made


def processed(pixels, *, least=1, most=12, tile=448):
    processor = GotOcr2ImageProcessorPil(
        crop_to_patches=True,
        min_patches=least,
        max_patches=most,
        image_mean=list(IMAGENET_MEAN),
        image_std=list(IMAGENET_STD),
        size={"height": tile, "width": tile},
    )
    return processor(images=pixels, return_tensors="np")["pixel_values"]


@pytest.mark.parametrize(("least", "most"), [(1, 6), (1, 12), (2, 12), (4, 24)])
def test_the_grid_is_the_references(least, most):
    for width, height in sizes(2000):
        expected = get_optimal_tiled_canvas((height, width), (448, 448), least, most)
        assert reference_grid(width, height, least, most, 448) == expected, (width, height)


@pytest.mark.parametrize(
    ("size", "grid"),
    [((2480, 3508), (2, 3)), ((2550, 3300), (3, 4)), ((800, 600), (4, 3)), ((100, 100), (1, 1)), ((700, 700), (2, 2))],
)
def test_the_grid_goes_by_shape_and_then_by_size(size, grid):
    assert reference_grid(*size, 1, 12, 448) == grid


@pytest.mark.parametrize("arguments", [(0, 5), (5, 0), (5, 5, 0), (5, 5, 3, 2)])
def test_no_picture_and_no_tiles_have_no_grid(arguments):
    with pytest.raises(ValueError, match="no grid"):
        reference_grid(*arguments)


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("size", [(620, 877), (800, 600), (90, 100), (300, 37), (448, 448)])
def test_tiles_are_the_references_to_the_last_level_of_grey(size, grey):
    pixels = noise(*size, grey=grey)
    seen = cut_reference(pixels, GridLens(by_need=False))
    made, expected = normalised(seen.tiles, IMAGENET_MEAN, IMAGENET_STD), processed(pixels)
    assert made.shape == expected.shape
    assert made.dtype == np.float32
    assert np.abs(made - expected).max() < TOLERANCE
    assert (seen.width, seen.height) == (seen.columns * 448, seen.rows * 448)


def test_tiles_of_another_size_and_number_are_the_references_too():
    pixels = noise(500, 300)
    made = normalised(cut_reference(pixels, GridLens(tile=56, least=2, most=7, by_need=False)).tiles, IMAGENET_MEAN, IMAGENET_STD)
    expected = processed(pixels, least=2, most=7, tile=56)
    assert made.shape == expected.shape
    assert np.abs(made - expected).max() < TOLERANCE


def test_a_picture_that_is_coloured_in_one_corner_keeps_its_colour():
    pixels = noise(460, 460, grey=True)
    pixels[-3:-1, -3:-1] = (255, 0, 0)
    made = normalised(cut_reference(pixels, GridLens(by_need=False)).tiles, IMAGENET_MEAN, IMAGENET_STD)
    assert np.abs(made - processed(pixels)).max() < TOLERANCE


def test_without_a_thumbnail_there_are_as_many_tiles_as_the_grid_has():
    seen = cut_reference(noise(80, 60), GridLens(tile=14, thumbnail=False, by_need=False))
    assert len(seen.tiles) == seen.columns * seen.rows == 12


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 9))
def test_tiles_go_row_by_row(columns, rows, tile):
    picture = np.zeros((rows * tile, columns * tile, 3), np.uint8)
    for place in range(columns * rows):
        row, column = divmod(place, columns)
        picture[row * tile : (row + 1) * tile, column * tile : (column + 1) * tile] = place
    assert [tile_seen.min() for tile_seen in tiles_of(picture, tile)] == list(range(columns * rows))
    assert [tile_seen.max() for tile_seen in tiles_of(picture, tile)] == list(range(columns * rows))


def test_the_thumbnail_of_a_drawn_grid_is_the_mean_of_what_it_shows():
    picture = noise(3 * 16, 2 * 16)
    tiles = cut_grid(picture, GridLens(tile=16))
    mean = picture.reshape(16, 2, 16, 3, 3).astype(float).mean(axis=(1, 3))
    assert len(tiles) == 7
    assert np.abs(tiles[-1] - mean).max() <= 1
    assert len(cut_grid(picture[:16, :16], GridLens(tile=16))) == 1


# LLaVA-OneVision's family


@pytest.mark.parametrize("budget", [4, 9, 16])
def test_the_resolution_is_the_references(budget):
    pinpoints = pinpoints_within(budget)
    for width, height in sizes(1000):
        expected = select_best_resolution((height, width), pinpoints)
        assert best_resolution(width, height, pinpoints) == expected, (width, height)


def test_without_resolutions_there_is_none_to_choose():
    with pytest.raises(ValueError, match="no resolutions"):
        best_resolution(5, 5, ())


@pytest.mark.parametrize("budget", [4, 9])
@pytest.mark.parametrize("size", [(620, 877), (800, 600), (90, 100), (300, 37), (37, 300), (2000, 20)])
def test_padded_tiles_are_the_references_to_the_last_level_of_grey(size, budget):
    pixels, pinpoints = noise(*size), pinpoints_within(budget)
    processor = LlavaOnevisionImageProcessorPil(
        image_mean=list(SIGLIP_MEAN), image_std=list(SIGLIP_STD), image_grid_pinpoints=[list(one) for one in pinpoints]
    )
    expected = processor(images=pixels, return_tensors="np")
    seen = cut_anyres(pixels, AnyresLens(pinpoints=pinpoints))
    made = normalised(seen.tiles, SIGLIP_MEAN, SIGLIP_STD)
    assert made.shape == expected["pixel_values"][0].shape
    assert np.abs(made - expected["pixel_values"][0]).max() < TOLERANCE
    assert (seen.height, seen.width) == tuple(expected["image_sizes"][0])
    assert len(seen.tiles) == 1 + seen.columns * seen.rows


@settings(deadline=None)
@given(st.integers(1, 3000), st.integers(1, 3000))
def test_a_picture_is_enlarged_to_its_longer_side_and_never_made_smaller(width, height):
    larger = enlarged_size(width, height, 2304)
    if max(width, height) >= 2304:
        assert larger == (width, height)
    else:
        assert max(larger) in {2303, 2304}
        assert abs(larger[0] * height - larger[1] * width) <= max(width, height)


def test_an_enlarged_picture_is_cut_at_its_new_size():
    seen = cut_anyres(noise(300, 200), AnyresLens(enlarged=960))
    assert (seen.width, seen.height) == (960, 640)
    assert (seen.columns, seen.rows) == (3, 2)
