"""Where to look and how: a view names a part of a page, a lens how its reader sees; pixels are cut when they are asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from docai.box import WHOLE, Box
from docai.document import Quarter
from docai.sources import PageReference, Rule, SourceWord, render

if TYPE_CHECKING:
    from docai.sources import Pixels

MAX_SIDE = 10_000  # pixels of a cut; A3 at 600 dpi


@dataclass(frozen=True, slots=True)
class Lens:
    """How a reader sees: at a resolution, or on a fixed grid of `width` x `height` pixels."""

    dpi: float = 150.0
    width: int | None = None
    height: int | None = None

    def size(self, width_points: float, height_points: float) -> tuple[int, int]:
        """Return the width and height in pixels at which an area of so many points is seen."""
        if self.width and self.height:
            return self.width, self.height
        scale = min(self.dpi / 72, MAX_SIDE / max(width_points, height_points))
        return max(1, round(width_points * scale)), max(1, round(height_points * scale))


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


@dataclass(frozen=True, slots=True)
class AnyresLens:
    """How LLaVA-OneVision's family sees: the whole first, then padded to the best of some resolutions and cut in tiles.

    Attributes:
        tile: Pixels of a tile's side.
        pinpoints: The resolutions, as (height, width).
        enlarged: The longer side in pixels that smaller pictures are enlarged to before; 0 for none.
    """

    tile: int = 384
    pinpoints: tuple[tuple[int, int], ...] = tuple((384 * a, 384 * b) for a in range(1, 7) for b in range(1, 7))
    enlarged: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader sees of a view.

    Attributes:
        tiles: (count, height, width, 3) uint8 RGB, in the order in which the model is shown them.
        columns, rows: Of the grid; 1 and 1 without one.
        width, height: Pixels of the picture that the tiles were cut from, before any padding.
    """

    tiles: Pixels
    columns: int
    rows: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class View:
    """A part of a page to look at: a reference that pickles, without pixels.

    `box` is on the page; `quarter` is the clockwise turn, in degrees, of the content as it stands there, which the view
    undoes. `words` and `rules` are those of the text layer in it, in the page's frame. `resolution` is that of the scan or
    photograph that fills the view, in dots per inch; None where it is drawn, and so is straight and as sharp as one likes.

    Law: `from_page(to_page(b)) == b` for every quarter, within the rounding of boxes.
    """

    page: PageReference
    width_points: float
    height_points: float
    box: Box = WHOLE
    words: tuple[SourceWord, ...] = ()
    rules: tuple[Rule, ...] = ()
    quarter: Quarter = 0
    zoom: float = 1.0
    resolution: float | None = None

    def pixels(self, lens: Lens) -> Pixels:
        """Return what the view shows as (height, width, 3) uint8 RGB; the size is exactly the lens's.

        Raises:
            InputError: The document cannot be opened or the page not drawn.
        """
        across = max(self.box.width * self.width_points, 1.0) * self.zoom
        down = max(self.box.height * self.height_points, 1.0) * self.zoom
        wide = self.quarter in (90, 270)
        width, height = lens.size(*((down, across) if wide else (across, down)))
        size = (height, width) if wide else (width, height)
        pixels, _ = render(self.page, *size, self.box)
        return np.ascontiguousarray(np.rot90(pixels, self.quarter // 90))

    def to_page(self, box: Box) -> Box:
        """Return where a box of the view, in fractions of the view, lies on the page."""
        x0, y0 = _turn_back(box.left, box.top, self.quarter)
        x1, y1 = _turn_back(box.right, box.bottom, self.quarter)
        return Box.clipped(
            self.box.left + x0 * self.box.width,
            self.box.top + y0 * self.box.height,
            self.box.left + x1 * self.box.width,
            self.box.top + y1 * self.box.height,
        )

    def from_page(self, box: Box) -> Box:
        """Return where a box of the page lies in the view, in fractions of the view; what sticks out is cut off."""
        width, height = max(self.box.width, 1e-9), max(self.box.height, 1e-9)
        x0, y0 = (box.left - self.box.left) / width, (box.top - self.box.top) / height
        x1, y1 = (box.right - self.box.left) / width, (box.bottom - self.box.top) / height
        turn_back = (360 - self.quarter) % 360
        return Box.clipped(*_turn_back(x0, y0, turn_back), *_turn_back(x1, y1, turn_back))

    def closer(self, factor: float = math.sqrt(2)) -> View:
        """Return the same view, seen larger."""
        return replace(self, zoom=self.zoom * factor)


def _turn_back(x: float, y: float, quarter: int) -> tuple[float, float]:
    """Return where a point of an upright view lies in the content as it stands, turned clockwise by `quarter` degrees."""
    return {0: (x, y), 90: (1 - y, x), 180: (1 - x, 1 - y), 270: (y, 1 - x)}[quarter]
