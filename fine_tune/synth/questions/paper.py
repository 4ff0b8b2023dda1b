"""A drawn page as something to ask about: views of it and its parts, its words in lines, and what lies in a part.

The pixels travel in the view itself, as a BMP of the page's own resolution: nothing is stored, nothing is compressed, and
`docai.tiling.look` cuts from it what it would cut from a scan.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from docai.box import WHOLE, Box, hull
from docai.document import Block, Text, Word
from docai.sources import Origin, PageReference
from docai.tiling import View
from fine_tune.synth.drawn import DrawnPage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from docai.sources import Pixels

INCH: Final = 0.0254  # metres; BMP counts pixels per metre
HEADER: Final = 54  # bytes of a BMP before its pixels: 14 of the file, 40 of the picture (BITMAPINFOHEADER)
MOSTLY: Final = 0.75  # of a word's area that lies in a part of the page where the word is read there
HARDLY: Final = 0.2  # of it that a part may cut off a word which is not read there; its feet or its head, but no letter
PADS: Final = (8, 5, 3, 2, 1, 0)  # pixels round what is cut out, the widest first; what no longer fits takes the next
LEVEL: Final = 0.45  # of the lower one's height that two words of a line share at least

WIDE: Final = 1.2  # of the height of words that lies between them where they belong to different things; a wide space is half of it


def bmp(pixels: Pixels, dpi: int) -> bytes:
    """Return a picture, (height, width, 3) uint8 RGB, as a file of 24-bit BMP, from its upper row to its lowest."""
    height, width = pixels.shape[:2]
    stride = -(-3 * width // 4) * 4
    rows = np.zeros((height, stride), np.uint8)
    rows[:, : 3 * width] = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR).reshape(height, 3 * width)
    density = round(dpi / INCH)
    file = struct.pack("<2sIHHI", b"BM", HEADER + rows.nbytes, 0, 0, HEADER)
    picture = struct.pack("<IiiHHIIiiII", 40, width, -height, 1, 24, 0, rows.nbytes, density, density, 0, 0)
    return b"".join((file, picture, rows.tobytes()))


class Paper:
    """A page to ask about.

    Attributes:
        drawn: The page.
        blocks: Its blocks in reading order.
        words: Their words in reading order.
    """

    def __init__(self, drawn: DrawnPage) -> None:
        """Hold a page."""
        self.drawn = drawn
        self.blocks: tuple[Block, ...] = drawn.document.pages[0].blocks
        self.words = drawn.document.pages[0].words

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the page, as tasks want them."""
        return (self.drawn.language,)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.drawn.pixels.shape[1], self.drawn.pixels.shape[0]

    @cached_property
    def _reference(self) -> PageReference:
        return PageReference(Origin(None, bmp(self.drawn.pixels, self.drawn.dpi)), 1)

    def view(self, box: Box = WHOLE) -> View:
        """Return a view of the page, or of a part."""
        width, height = (side * 72 / self.drawn.dpi for side in self.size)
        return View(self._reference, width, height, box, resolution=float(self.drawn.dpi))

    @cached_property
    def lines(self) -> tuple[tuple[Word, ...], ...]:
        """The lines of the page, each as its words."""
        return tuple(line for block in self.blocks for line in lines_of(block.content.words))

    @cached_property
    def runs(self) -> tuple[tuple[Word, ...], ...]:
        """The lines parted where words stand wide apart, as in the cells of a table."""
        width, height = self.size
        runs: list[list[Word]] = []
        for line in self.lines:
            runs.append([line[0]])
            for before, word in pairwise(line):
                gap = (word.box.left - before.box.right) * width
                if gap > WIDE * max(before.box.height, word.box.height) * height:
                    runs.append([])
                runs[-1].append(word)
        return tuple(map(tuple, runs))

    @cached_property
    def _boxes(self) -> NDArray[np.float64]:
        return np.array([word.box for word in self.words], np.float64).reshape(-1, 4)

    def shares(self, box: Box) -> NDArray[np.float64]:
        """Return how much of each word's area lies in a part of the page, 0..1."""
        left, top, right, bottom = self._boxes.T
        across = np.clip(np.minimum(right, box.right) - np.maximum(left, box.left), 0, None)
        down = np.clip(np.minimum(bottom, box.bottom) - np.maximum(top, box.top), 0, None)
        return np.asarray(across * down / np.maximum((right - left) * (bottom - top), 1e-12))

    def within(self, box: Box) -> list[Word]:
        """Return the words that are read in a part of the page, in reading order."""
        return [word for word, share in zip(self.words, self.shares(box), strict=True) if share >= MOSTLY]

    def cut_out(self, words: Sequence[Word]) -> Box | None:
        """Return a part of the page that shows some words, a little of the paper round them, and no others.

        Its sides are those of pixels. None where others stand too near.
        """
        if not words:
            return None
        width, height = self.size
        left, top, right, bottom = hull(word.box for word in words).pixels(width, height)
        wanted = {(word.text, word.box) for word in words}
        for pad in PADS:
            sides = max(0, left - pad), max(0, top - pad), min(width, right + pad), min(height, bottom + pad)
            box = Box(sides[0] / width, sides[1] / height, sides[2] / width, sides[3] / height)
            shares = self.shares(box)
            others = (share for word, share in zip(self.words, shares, strict=True) if (word.text, word.box) not in wanted)
            if max(others, default=0.0) <= HARDLY:
                return box
        return None

    def padded(self, box: Box, pad: int = PADS[0]) -> Box:
        """Return a box with so many pixels of what is round it."""
        width, height = self.size
        left, top, right, bottom = box.pixels(width, height)
        return Box(
            max(0, left - pad) / width,
            max(0, top - pad) / height,
            min(width, right + pad) / width,
            min(height, bottom + pad) / height,
        )

    def texts(self) -> list[Text]:
        """Return the contents that are text and hold words, in reading order."""
        return [block.content for block in self.blocks if isinstance(block.content, Text) and block.content.words]


def lines_of(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    """Return words, as they follow each other in a block, line by line: a line ends where the next word is not to the right."""
    lines: list[list[Word]] = []
    for word in words:
        last = lines[-1][-1].box if lines else None
        if last is not None and word.box.left >= last.left and _level(last, word.box):
            lines[-1].append(word)
        else:
            lines.append([word])
    return [tuple(line) for line in lines]


def _level(one: Box, other: Box) -> bool:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    low = min(one.height, other.height)
    # an apostrophe and a comma share no height, yet stand in one line: then the middle of one lies by the other
    near = abs((one.top + one.bottom) - (other.top + other.bottom)) / 2 < 0.6 * max(one.height, other.height)
    return shared >= LEVEL * low or near


def joined(words: Sequence[Word]) -> str:
    """Return words as a text."""
    return " ".join(word.text for word in words)
