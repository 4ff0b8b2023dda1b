"""How readers see: lenses, one for each way in which models take pictures, and what is seen through them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docai.box import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tiles = NDArray[np.uint8]  # (count, height, width, 3) RGB

MAX_SIDE: Final = 10_000  # pixels of a cut; A3 at 600 dpi
LONGEST_STRIP: Final = 3  # tiles of a grid of few; the model's authors leave out 1 x 4 and 4 x 1 (source: `pinpoints_within`)

Frame = tuple[float, float, float, float]  # left, top, right, bottom in fractions of a view; what is below 0 or above 1 is white
WHOLE_FRAME: Final[Frame] = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Lens:
    """How a reader sees: at a resolution, in sides of a `multiple` of pixels, or on a fixed grid of `width` x `height` pixels."""

    dpi: float = 150.0
    width: int | None = None
    height: int | None = None
    multiple: int = 1

    def size(self, width_points: float, height_points: float) -> tuple[int, int]:
        """Return the width and height in pixels at which an area of so many points is seen."""
        if self.width and self.height:
            return self.width, self.height
        scale = min(self.dpi / 72, MAX_SIDE / max(width_points, height_points))
        width, height = (max(1, round(points * scale / self.multiple)) for points in (width_points, height_points))
        return width * self.multiple, height * self.multiple


@dataclass(frozen=True, slots=True)
class GridLens:
    """How InternVL's family sees: on a grid of square tiles, and the whole once more on a tile of its own.

    Attributes:
        tile: Pixels of a tile's side.
        least, most: How many tiles the grid has.
        thumbnail: Whether the whole is shown as well, last, where the grid has several tiles.
        by_need: Whether the grid is chosen by how large the text must be to be read, and seams lie in white space, and not by
            the aspect alone.
    """

    tile: int = 448
    least: int = 1
    most: int = 12
    thumbnail: bool = True
    by_need: bool = True


def pinpoints_within(tiles: int, tile: int = 384) -> tuple[tuple[int, int], ...]:
    """Return the resolutions, as (height, width), that a model of LLaVA-OneVision's family is shown under a budget of tiles.

    How many tiles a picture may have is a matter of the task: 4 for charts, 9 for most, 16 for documents of fine print. Under
    9, the grids have no more tiles than that; from 9 on the sides reach twice its root (6 x 6 for 9, 8 x 8 for 16), since the
    model pools what is more.

    Raises:
        ValueError: `tiles` is below 1.

    Source: `set_grid` and `set_res` of vlmeval/vlm/varco_vision.py in VLMEvalKit (commit 0b046fdb), by the model's authors.
    """
    if tiles < 1:
        raise ValueError(f"a budget of {tiles} tiles; want at least 1")
    few = tiles < 9
    sides = range(1, 1 + (LONGEST_STRIP if few else 2 * math.isqrt(tiles)))
    return tuple((tile * rows, tile * columns) for rows in sides for columns in sides if not few or rows * columns <= tiles)


@dataclass(frozen=True, slots=True)
class AnyresLens:
    """How LLaVA-OneVision's family sees: the whole first, then padded to the best of some resolutions and cut in tiles.

    Attributes:
        tile: Pixels of a tile's side.
        pinpoints: The resolutions, as (height, width).
        enlarged: The longer side in pixels that smaller pictures are enlarged to before; 0 for none.
    """

    tile: int = 384
    pinpoints: tuple[tuple[int, int], ...] = pinpoints_within(9)
    enlarged: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader sees of a view.

    Attributes:
        tiles: (count, height, width, 3) uint8 RGB, in the order in which the model is shown them.
        columns, rows: Of the grid; 1 and 1 without one.
        width, height: Pixels of the picture that the tiles were cut from, before any padding; of an `AnyresLens`, before it is
            fitted to a resolution as well (what transformers calls `image_sizes`, there height first).
        met: How large the text is shown, in shares of what it needs to be read; at least 1 where it needs no more.
        frame: What the picture shows: left, top, right, bottom in fractions of the view; white where it is below 0 or above 1.

    Law: `from_view(to_view(b)) == b` for boxes that lie on the view, within the rounding of boxes.
    """

    tiles: Tiles
    columns: int
    rows: int
    width: int
    height: int
    met: float = 1.0
    frame: Frame = WHOLE_FRAME

    def to_view(self, box: Box) -> Box:
        """Return where a box of the picture, in its fractions, lies in the view; what lies in the white round it is cut off."""
        left, top, right, bottom = self.frame
        across, down = right - left, bottom - top
        return Box.clipped(left + box.left * across, top + box.top * down, left + box.right * across, top + box.bottom * down)

    def from_view(self, box: Box) -> Box:
        """Return where a box of the view lies in the picture, in fractions of it; what is not shown is cut off."""
        left, top, right, bottom = self.frame
        across, down = right - left, bottom - top
        return Box.clipped(
            (box.left - left) / across, (box.top - top) / down, (box.right - left) / across, (box.bottom - top) / down
        )
