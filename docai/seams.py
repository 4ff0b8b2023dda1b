"""Where a picture is cut: grids by how large the text must be to be read, and seams that fall between its lines and words.

Models cut pictures at every tile's side, so a seam is moved by moving the picture: it is drawn a little smaller than its grid,
and shifted. Pure: sizes and spans in, places out. A span is where something stands along one axis, in fractions of a view.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from docai.grids import grids_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from docai.lenses import GridLens

Span = tuple[float, float]

PIXELS_PER_EM: Final = 20.0  # capital letters are then 14 pixels high, as high as a patch of the encoders of both families
MOST_DISTORTED: Final = 1.25  # sides of a pixel that may be; a strip beyond it stands in white instead of being stretched
MARGINS: Final = (0.04, 0.1)  # of a side that white may take to move the seams; the second only where the first frees none
BINS: Final = 8192  # in which a side is looked at: 0.1 point of A4
SIZES: Final = 33  # of a picture that are tried, a pixel or two apart
STARTS: Final = 65  # the same
WHITE: Final = 0.3  # lines cut that a seam in the widest white is worth against one that touches a line
SMALLER: Final = 8.0  # lines cut that a picture of no size is worth: 4 % smaller, a third of a line
FARTHER: Final = 1e-3  # lines cut that a tile's side of white before a picture is worth; of two places alike, the first
CLEAR: Final = 0.004  # of a side: white on either side of a seam beyond which more is no better; 3 points of A4


class Placed(NamedTuple):
    """Where along one axis a picture stands in its grid, in pixels, and how many lines or words the seams then cut."""

    start: int
    size: int
    cut: int


class Plan(NamedTuple):
    """How a view is shown on a grid: its columns and rows, and the pixels that it fills across and down."""

    columns: int
    rows: int
    across: Placed
    down: Placed


def scales(width: float, height: float, grid: tuple[int, int], tile: int) -> tuple[float, float]:
    """Return the pixels per point, across and down, at which an area of so many points is shown on a grid at most.

    Where it would be stretched by more than `MOST_DISTORTED` it does not fill the grid.
    """
    across, down = grid[0] * tile / width, grid[1] * tile / height
    return min(across, down * MOST_DISTORTED), min(down, across * MOST_DISTORTED)


def needed_grid(width: float, height: float, need: float, lens: GridLens) -> tuple[int, int]:
    """Return the grid, as (columns, rows), for an area of `width` x `height` points that must be shown at `need` pixels a point.

    Of the grids that do, the one of fewest tiles, and of these the one that distorts least; where none does, the one that
    shows most.
    """

    def rank(grid: tuple[int, int]) -> tuple[float, ...]:
        least = min(scales(width, height, grid, lens.tile))
        distorted = abs(math.log(grid[0] * height / (grid[1] * width)))
        return (0.0, grid[0] * grid[1], distorted) if least >= need else (1.0, -least, grid[0] * grid[1], distorted)

    return min(grids_within(lens.least, lens.most), key=rank)


def coverage(spans: Sequence[Span]) -> NDArray[np.int32]:
    """Return how many spans cover each of `BINS` bins along a side, touched ones included."""
    edges = np.zeros(BINS + 1, np.int32)
    if spans:
        ends = np.clip(np.asarray(spans, np.float64), 0, 1) * BINS
        np.add.at(edges, np.minimum(np.floor(ends[:, 0] + 0.01), BINS).astype(int), 1)  # those that touch a bin by rounding do not
        np.add.at(edges, np.minimum(np.ceil(ends[:, 1] - 0.01), BINS).astype(int), -1)
    return np.cumsum(edges)[:BINS].astype(np.int32)


def clearance(covered: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return how far each bin is from the nearest covered one, in shares of `CLEAR`, at most 1."""
    places = np.arange(BINS)
    before = np.maximum.accumulate(np.where(covered > 0, places, -BINS))
    after = np.minimum.accumulate(np.where(covered > 0, places, 2 * BINS)[::-1])[::-1]
    return np.minimum(np.minimum(places - before, after - places) / (CLEAR * BINS), 1.0)


def place(tiles: int, tile: int, sizes: tuple[int, int], covered: NDArray[np.int32]) -> Placed:
    """Return where a picture stands best along an axis of `tiles` tiles: its seams cut least, and then run in the widest white.

    Args:
        tiles: How many tiles the axis has.
        tile: Pixels of a tile's side.
        sizes: The least and the most pixels that the picture may fill.
        covered: `coverage` of what must not be cut, along the axis.
    """
    least, most = sizes
    if tiles == 1:
        return Placed(0, most, 0)
    shown = np.linspace(most, least, SIZES).astype(int)[:, None, None]
    starts = (np.linspace(0, 1, STARTS)[None, :, None] * (tiles * tile - shown)).astype(int)
    places = (np.arange(1, tiles) * tile - starts) * BINS // shown  # of each seam, for each size and start
    inside = (places >= 0) & (places < BINS)
    bins = np.clip(places, 0, BINS - 1)
    cut = np.where(inside, covered[bins], 0).sum(2)
    white = np.where(inside, clearance(covered)[bins], 1.0).min(2)
    loss = SMALLER * (most - shown[..., 0]) / most + FARTHER * starts[..., 0] / tile
    size, start = np.unravel_index(int(np.argmin(cut - WHITE * white + loss)), cut.shape)
    return Placed(int(starts[size, start, 0]), int(shown[size, 0, 0]), int(cut[size, start]))


def _freed(tiles: int, tile: int, full: int, needed: int, covered: NDArray[np.int32]) -> Placed:
    """Return where a picture of at most `full` pixels stands, smaller only as far as frees its seams and `needed` allows."""
    placed = Placed(0, full, 0)
    for margin in MARGINS:
        placed = place(tiles, tile, (min(full, max(needed, round(full * (1 - margin)))), full), covered)
        if not placed.cut:
            break
    return placed


def plan(width: float, height: float, need: float, lens: GridLens, spans: tuple[Sequence[Span], Sequence[Span]]) -> Plan:
    """Return how an area of `width` x `height` points is shown by `lens` when text needs `need` pixels a point.

    `spans` are those of the words along the width, which upright seams should not cut, and of the lines along the height.
    """
    grid = needed_grid(width, height, need, lens)
    most = scales(width, height, grid, lens.tile)
    placed = []
    for tiles, points, scale, found in zip(grid, (width, height), most, spans, strict=True):
        full = max(1, min(tiles * lens.tile, math.ceil(points * scale)))
        needed = math.ceil(points * need) if min(most) >= need else 0  # where the need is met, it stays so
        covered = coverage(found)
        placed.append(_freed(tiles, lens.tile, full, needed, covered))
    return Plan(*grid, *placed)


def free_split(covered: NDArray[np.int32], low: float, high: float, borders: Sequence[float] = ()) -> float | None:
    """Return where a side may be split, in its fraction, nearest to the middle of `low` and `high`; None where nothing is free.

    `borders` are where rows or columns of a table meet: one that is free is taken before any other white.
    """
    clear = clearance(covered)
    middle = (low + high) / 2
    at_borders = [one for one in borders if low <= one <= high and not covered[min(BINS - 1, int(one * BINS))]]
    if at_borders:
        return min(at_borders, key=lambda one: abs(one - middle))
    places = np.arange(math.ceil(low * BINS), math.floor(high * BINS))
    free = places[covered[places] == 0]
    if not len(free):
        return None
    # white of a few points is worth going a little farther for: between rows it is wider than between the lines of a cell
    costs = np.abs(free / BINS - middle) - 0.05 * clear[free]
    return float((free[int(np.argmin(costs))] + 0.5) / BINS)
