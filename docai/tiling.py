"""Where to look and how: a view names a part of a page, a lens how its reader sees; pixels are cut when they are asked for.

A view over a reader's budget is split (`halves`, `parts`) in `docai.splitting`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from docai.box import WHOLE, Box
from docai.document import Quarter
from docai.grids import best_resolution, cut_anyres, cut_grid, cut_reference, enlarged_size, fitted_size, reference_grid
from docai.lenses import MAX_SIDE, AnyresLens, GridLens, Lens, Seen
from docai.seams import PIXELS_PER_EM, Plan, Span, plan
from docai.sources import PageReference, Picture, Rule, SourceWord, VectorPath, render

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from docai.sources import Pixels

    Place = TypeVar("Place", float, NDArray[np.float64])

__all__ = ["MAX_SIDE", "AnyresLens", "GridLens", "Lens", "Seen", "View", "look", "met"]

DRAWN_DPI: Final = 200.0  # at which a drawn page becomes a picture for lenses that want one
UNKNOWN_SIZE: Final = 10.0  # points; of text that nobody has read yet
LEAST_SIZE: Final = 0.5  # points; under which a font size is a fault of the file
FINE_SHARE: Final = 0.01  # of a view's characters; smaller text than the smallest that makes up so much need not be legible
ASCENT, DESCENT = 0.8, 0.25  # ems over and under its baseline that a line's ink reaches, capitals with accents apart
TRIMMED: Final = 0.12  # of the height of a line's box at its top and bottom that holds no ink, where no baseline is known
LEVELS: Final = 500  # of a view's height, on which the words of a line stand together
SEAM: Final = 2e-5  # of a view: how far rounding moves a side of a box over the border between a head and the rest


@dataclass(frozen=True, slots=True)
class View:
    """A part of a page to look at: a reference that pickles, without pixels.

    `box` is on the page; `quarter` is the clockwise turn, in degrees, of the content as it stands there, which the view
    undoes. `words` and `rules` are those of the page in it, in the page's frame. `resolution` is that of the scan or photograph
    that fills the view, in dots per inch; None where it is drawn, and so is straight and as sharp as one likes. `paths` and
    `pictures` are those of the page in it, in the page's frame; only the view of a chart has them, and none that is a picture.
    `head` is a strip above `box`, once it is upright, and as wide: the header rows of a table whose lower part this is. It is
    shown on top, at the same scale, with nothing between.

    Law: `from_page(to_page(b)) == b` for every quarter, within the rounding of boxes.

    Raises:
        ValueError: `head` does not lie above `box` or is not as wide.
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
    head: Box | None = None
    paths: tuple[VectorPath, ...] = ()
    pictures: tuple[Picture, ...] = ()

    def __post_init__(self) -> None:
        """Check the head."""
        if self.head is None:
            return
        head, body = _turned(self.head, 360 - self.quarter), _turned(self.box, 360 - self.quarter)
        if head.bottom > body.top + SEAM or max(abs(head.left - body.left), abs(head.right - body.right)) > SEAM:
            raise ValueError(f"a head {self.head} that does not lie above {self.box}, or is not as wide (quarter {self.quarter})")

    @property
    def size_points(self) -> tuple[float, float]:
        """The width and height in points of what is shown, upright; at least 1 each."""
        boxes = (self.box,) if self.head is None else (self.box, self.head)
        if self.quarter in (90, 270):
            across, down = self.box.height * self.height_points, sum(box.width for box in boxes) * self.width_points
        else:
            across, down = self.box.width * self.width_points, sum(box.height for box in boxes) * self.height_points
        return max(across, 1.0), max(down, 1.0)

    @property
    def head_share(self) -> float:
        """The share of the view's height that its head takes, 0..1."""
        if self.head is None:
            return 0.0
        head, body = (box.width if self.quarter in (90, 270) else box.height for box in (self.head, self.box))
        return head / max(head + body, 1e-9)

    def pixels(self, lens: Lens) -> Pixels:
        """Return what the view shows as (height, width, 3) uint8 RGB; the size is exactly the lens's.

        Raises:
            InputError: The document cannot be opened or the page not drawn.
        """
        width_points, height_points = self.size_points
        width, height = lens.size(width_points * self.zoom, height_points * self.zoom)
        if self.head is None or height < 2:
            return self._drawn(self.box, width, height)
        above = min(max(1, round(height * self.head_share)), height - 1)
        return np.concatenate([self._drawn(self.head, width, above), self._drawn(self.box, width, height - above)])

    def _drawn(self, box: Box, width: int, height: int) -> Pixels:
        """Return a part of the page upright."""
        size = (height, width) if self.quarter in (90, 270) else (width, height)
        pixels, _ = render(self.page, *size, box)
        return np.ascontiguousarray(np.rot90(pixels, self.quarter // 90))

    def to_page(self, box: Box) -> Box:
        """Return where a box of the view, in fractions of the view, lies on the page; one over head and rest spans both."""
        if self.head is None:
            there = _turned(box, self.quarter)
            return Box.clipped(
                self.box.left + there.left * self.box.width,
                self.box.top + there.top * self.box.height,
                self.box.left + there.right * self.box.width,
                self.box.top + there.bottom * self.box.height,
            )
        head, body = _turned(self.head, 360 - self.quarter), _turned(self.box, 360 - self.quarter)
        border, total = self.head_share, head.height + body.height
        left, right = body.left + box.left * body.width, body.left + box.right * body.width
        # a side on the border belongs to the part that its box lies in
        top = body.top + max(0.0, box.top - border) * total if box.top >= border - SEAM else head.top + box.top * total
        bottom = (
            head.top + min(box.bottom, border) * total if box.bottom <= border + SEAM else body.top + (box.bottom - border) * total
        )
        return _turned(Box.clipped(left, top, right, bottom), self.quarter)

    def from_page(self, box: Box) -> Box:
        """Return where a box of the page lies in the view, in fractions of the view; what sticks out is cut off."""
        if self.head is None:
            width, height = max(self.box.width, 1e-9), max(self.box.height, 1e-9)
            x0, y0 = (box.left - self.box.left) / width, (box.top - self.box.top) / height
            x1, y1 = (box.right - self.box.left) / width, (box.bottom - self.box.top) / height
            turn_back = (360 - self.quarter) % 360
            return Box.clipped(*_turn_back(x0, y0, turn_back), *_turn_back(x1, y1, turn_back))
        head, body, there = (_turned(one, 360 - self.quarter) for one in (self.head, self.box, box))
        width, total = max(body.width, 1e-9), max(head.height + body.height, 1e-9)
        top, bottom = (
            (min(max(side - head.top, 0.0), head.height) + min(max(side - body.top, 0.0), body.height)) / total
            for side in (there.top, there.bottom)
        )
        return Box.clipped((there.left - body.left) / width, top, (there.right - body.left) / width, bottom)

    def closer(self, factor: float = math.sqrt(2)) -> View:
        """Return the same view, seen larger."""
        return replace(self, zoom=self.zoom * factor)


def _turn_back(x: Place, y: Place, quarter: int) -> tuple[Place, Place]:
    """Return where a point of an upright view lies in the content as it stands, turned clockwise by `quarter` degrees."""
    return {0: (x, y), 90: (1 - y, x), 180: (1 - x, 1 - y), 270: (y, 1 - x)}[quarter]


def _turned(box: Box, quarter: int) -> Box:
    """Return where a box of something upright lies once it is turned clockwise by `quarter` degrees."""
    return Box.clipped(*_turn_back(box.left, box.top, quarter % 360), *_turn_back(box.right, box.bottom, quarter % 360))


# What is seen


def look(view: View, lens: Lens | GridLens | AnyresLens) -> Seen:
    """Return what a reader sees of a view.

    A `Lens` gives one tile. A `GridLens` by need shows text at 20 pixels an em, as far as its tiles allow: the fewest tiles
    that do, drawn straight at their size, with seams between lines and words. Without need, and through an `AnyresLens`, it is
    the family's own preprocessing; a drawn page becomes a picture of 200 dpi first.

    Raises:
        InputError: The document cannot be opened or the page not drawn.
    """
    if isinstance(lens, GridLens) and lens.by_need:
        return _look_by_need(view, lens)
    if isinstance(lens, Lens):
        pixels = view.pixels(lens)
        seen = Seen(pixels[None], 1, 1, pixels.shape[1], pixels.shape[0])
    elif isinstance(lens, AnyresLens):
        seen = cut_anyres(view.pixels(_as_picture(view, lens)), lens)
    else:
        seen = cut_reference(view.pixels(_as_picture(view, lens)), lens)
    return replace(seen, met=met(view, lens))


def _look_by_need(view: View, lens: GridLens) -> Seen:
    made = _plan(view, lens)
    across, down = made.across, made.down
    width, height = made.columns * lens.tile, made.rows * lens.tile
    picture = view.pixels(Lens(width=across.size, height=down.size))
    if picture.shape[:2] != (height, width):
        inner, picture = picture, np.full((height, width, 3), 255, np.uint8)
        picture[down.start : down.start + down.size, across.start : across.start + across.size] = inner
    frame = (
        -across.start / across.size,
        -down.start / down.size,
        (width - across.start) / across.size,
        (height - down.start) / down.size,
    )
    return Seen(cut_grid(picture, lens), made.columns, made.rows, width, height, _met(view, across.size, down.size), frame)


def _as_picture(view: View, lens: GridLens | AnyresLens) -> Lens:
    """Return how a view becomes a picture for readers that cut it themselves: as it was scanned, or drawn at 200 dpi and more."""
    if view.resolution is not None:
        return Lens(dpi=view.resolution)
    longer = max(view.size_points) * view.zoom
    return Lens(dpi=max(DRAWN_DPI, lens.enlarged * 72 / longer if isinstance(lens, AnyresLens) else 0.0))


def met(view: View, lens: Lens | GridLens | AnyresLens) -> float:
    """Return how large a lens shows the smallest text that counts in a view, in shares of 20 pixels an em; draws nothing."""
    return _met(view, *_shown(view, lens))


def _met(view: View, width: int, height: int) -> float:
    width_points, height_points = view.size_points
    return round(min(width / width_points, height / height_points) / _need(view), 4)  # a hair's breadth short is met


def _shown(view: View, lens: Lens | GridLens | AnyresLens) -> tuple[int, int]:
    """Return the width and height in pixels that what a view shows has in the picture that the tiles are cut from."""
    if isinstance(lens, GridLens) and lens.by_need:
        made = _plan(view, lens)
        return made.across.size, made.down.size
    seen_as = lens if isinstance(lens, Lens) else _as_picture(view, lens)
    width, height = seen_as.size(*(points * view.zoom for points in view.size_points))
    if isinstance(lens, AnyresLens):
        width, height = enlarged_size(width, height, lens.enlarged)
        return fitted_size(width, height, best_resolution(width, height, lens.pinpoints))
    if isinstance(lens, GridLens):
        columns, rows = reference_grid(width, height, lens.least, lens.most, lens.tile)
        return columns * lens.tile, rows * lens.tile
    return width, height


def _need(view: View) -> float:
    """Return the pixels per point that the smallest text which makes up 1 % of a view's characters needs."""
    sizes = sorted((word.size, len(word.text)) for word in view.words if word.size > LEAST_SIZE)
    fine, count = FINE_SHARE * sum(length for _, length in sizes), 0
    for size, length in sizes:
        count += length
        if count >= fine:
            return PIXELS_PER_EM * view.zoom / size
    return PIXELS_PER_EM * view.zoom / UNKNOWN_SIZE


def _plan(view: View, lens: GridLens) -> Plan:
    return plan(*view.size_points, _need(view), lens, spans_of(view))


def spans_of(view: View) -> tuple[list[Span], list[Span]]:
    """Return what must not be cut in fractions of a view: the words along its width, and the ink of the lines along its height."""
    places = _from_page(view, np.array([_ink(word, view.height_points) for word in view.words]).reshape(-1, 4)).tolist()
    across, lines = [], dict[tuple[int, int], Span]()
    for word, (left, top, right, bottom) in zip(view.words, places, strict=True):
        if left < right and top < bottom:
            across.append((left, right))
            key = word.line, round(LEVELS * bottom)  # a line of the file may hold words that stand apart
            above, below = lines.get(key, (top, bottom))
            lines[key] = min(above, top), max(below, bottom)
    return across, list(lines.values())


def _from_page(view: View, sides: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what `view.from_page` does, of many boxes at once: (count, 4) left, top, right, bottom, not rounded."""
    turn_back = (360 - view.quarter) % 360
    body, head = _turned(view.box, turn_back), _turned(view.head, turn_back) if view.head is not None else None
    xs, ys = _turn_back(sides[:, 0::2], sides[:, 1::2], turn_back)
    down = np.clip(ys - body.top, 0, body.height)
    if head is not None:
        down += np.clip(ys - head.top, 0, head.height)
    across = np.clip(xs - body.left, 0, body.width) / max(body.width, 1e-9)
    down /= max(body.height + (head.height if head is not None else 0.0), 1e-9)
    return np.stack([across.min(1), down.min(1), across.max(1), down.max(1)], axis=1)


def _ink(word: SourceWord, height_points: float) -> tuple[float, float, float, float]:
    """Return where the ink of a word stands on the page: its box is as high as its font allows, and reaches into other lines."""
    left, top, right, bottom = word.box
    if word.direction in (90, 270):
        trimmed = TRIMMED * (right - left)
        return left + trimmed, top, right - trimmed, bottom
    if word.direction == 0 and word.size > LEAST_SIZE and top < word.baseline <= bottom:
        em = word.size / max(height_points, 1.0)
        return left, max(top, word.baseline - ASCENT * em), right, min(bottom, word.baseline + DESCENT * em)
    trimmed = TRIMMED * (bottom - top)
    return left, top + trimmed, right, bottom - trimmed
