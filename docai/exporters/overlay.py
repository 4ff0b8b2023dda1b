"""A page's picture with what was found drawn over it: boxes, roles, reading order, captions and cells."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from docai.document import Block, Page, Table, Text

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {  # RGB, by role for text and by kind for the rest; dark enough for white letters on them
    "title": (178, 24, 43),
    "heading": (214, 96, 20),
    "paragraph": (33, 102, 172),
    "list_item": (0, 128, 128),
    "caption": (140, 45, 160),
    "formula": (110, 60, 30),
    "footnote": (90, 80, 180),
    "header": (110, 110, 110),
    "footer": (110, 110, 110),
    "page_number": (110, 110, 110),
    "code": (40, 40, 40),
    "table": (27, 120, 55),
    "chart": (200, 20, 120),
    "figure": (128, 128, 0),
}
ORDER: Colour = (230, 60, 60)  # the line of reading order
FONT = cv2.FONT_HERSHEY_SIMPLEX
DESIGN_HEIGHT = 1169  # pixels of an A4 page at 100 dpi, for which the line widths and letters below were chosen


def draw(page: Page, picture: Picture) -> Picture:
    """Return a copy of `picture` with the blocks of `page` drawn on it.

    Each block has a box in its colour (`COLOURS`) and a label with its place in reading order and its role; the cells of a
    table are thin boxes, a block and its captions are joined by dots, and an arrow leads from each block to the next.

    Args:
        page: The page, as it was given.
        picture: Its picture, whole and upright as displayed: (height, width, 3) uint8 RGB, of any resolution.

    Raises:
        ValueError: `picture` has another shape or type.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:  # height, width and RGB
        raise ValueError(f"not a (height, width, 3) uint8 picture: {picture.shape} {picture.dtype}")
    return Canvas(picture).drawn(page)


class Canvas:
    """A copy of a picture, drawn on in its own resolution."""

    def __init__(self, picture: Picture) -> None:
        self._picture: Picture = np.ascontiguousarray(picture).copy()
        self._height, self._width = picture.shape[:2]
        self._scale = max(self._height, self._width) / DESIGN_HEIGHT
        self._line = max(1, round(1.6 * self._scale))

    def drawn(self, page: Page) -> Picture:
        """Return the picture with all of `page` on it; labels come last, so that nothing covers them."""
        for block in page.blocks:
            self._cells(block)
            self._rectangle(block, self._line)
        self._reading_order(page)
        self._captions(page)
        for number, block in enumerate(page.blocks, 1):
            self._label(block, f"{number} {name_of(block)}")
        return self._picture

    def _rectangle(self, block: Block, line: int) -> None:
        left, top, right, bottom = block.box.pixels(self._width, self._height)
        cv2.rectangle(self._picture, (left, top), (right - 1, bottom - 1), COLOURS[name_of(block)], line)

    def _cells(self, block: Block) -> None:
        if isinstance(block.content, Table):
            for cell in block.content.cells:
                left, top, right, bottom = cell.box.pixels(self._width, self._height)
                cv2.rectangle(self._picture, (left, top), (right - 1, bottom - 1), COLOURS["table"], 1)

    def _reading_order(self, page: Page) -> None:
        layer = self._picture.copy()
        anchors = [self._anchor(block) for block in page.blocks]
        for start, end in pairwise(anchors):
            length = max(1.0, float(np.hypot(end[0] - start[0], end[1] - start[1])))
            tip = min(0.3, 9 * self._scale / length)
            cv2.arrowedLine(layer, start, end, ORDER, self._line, cv2.LINE_AA, 0, tip)
        self._picture = np.asarray(cv2.addWeighted(layer, 0.55, self._picture, 0.45, 0), dtype=np.uint8)

    def _anchor(self, block: Block) -> tuple[int, int]:
        """Return the middle of a block, where the line of reading order bends."""
        left, top, right, bottom = block.box.pixels(self._width, self._height)
        return (left + right) // 2, (top + bottom) // 2

    def _captions(self, page: Page) -> None:
        blocks = {block.id: block for block in page.blocks}
        for block in page.blocks:
            for caption in (blocks[name] for name in block.captions if name in blocks):
                self._dots(self._anchor(block), self._anchor(caption))

    def _dots(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        count = max(2, round(float(np.hypot(end[0] - start[0], end[1] - start[1])) / (6 * self._scale)))
        for x, y in np.linspace(start, end, count):
            cv2.circle(self._picture, (round(x), round(y)), self._line, COLOURS["caption"], cv2.FILLED, cv2.LINE_AA)

    def _label(self, block: Block, text: str) -> None:
        """Write `text` on a patch above the block's right corner, where the line before often ends; inside if there is no room."""
        _, top, right, _ = block.box.pixels(self._width, self._height)
        size, weight, margin = 0.4 * self._scale, max(1, round(self._scale)), max(1, round(2 * self._scale))
        (width, height), below = cv2.getTextSize(text, FONT, size, weight)
        left = max(0, right - width - 2 * margin)
        bottom = top if top >= height + below + margin else top + height + below + margin
        patch = (left, bottom - height - below - margin), (left + width + 2 * margin, bottom)
        cv2.rectangle(self._picture, *patch, COLOURS[name_of(block)], cv2.FILLED)
        cv2.putText(self._picture, text, (left + margin, bottom - below), FONT, size, (255, 255, 255), weight, cv2.LINE_AA)


def name_of(block: Block) -> str:
    """Return the role of a text, the kind of all else."""
    return block.content.role if isinstance(block.content, Text) else block.content.kind
