"""Words that were read on the page, where they stand in a chart's picture: as labels, and as another look at a row of print."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from docai.backends.classical.charts.raster.prints import Row
from docai.backends.classical.charts.scene import Extent, Label
from docai.backends.classical.engines import ReadLine, ReadWord
from docai.sources import SourceWord
from docai.tiling import View

COVERED: Final = 0.3  # of a word of the page that a row covers when it is the same
INSIDE: Final = 0.5  # of a word of the page that lies in a row which it is a word of
OFF: Final = 0.25  # of the letters' height that such words end before their row does, or behind it, at most: a full stop is as wide
SURE: Final = 0.94  # probability from which on a word of the page is believed: it was read surely, or by two readers alike
_TICKED = re.compile(r"^(.*\w%?\)?)(?:\s+[-–—~_.+|:=]+|(?<=[^\W_])[-–—~_+=]+)$")
LEAST: Final = 3  # letters of such a reading; of fewer it may have been read on the page as it was here, and as wrong


def extent_of(word: SourceWord, view: View, size: tuple[float, float]) -> Extent:
    """Return where a word of the page stands in a chart's picture of a `size`, width and height."""
    box = view.from_page(word.box)
    return Extent(box.left * size[0], box.top * size[1], box.right * size[0], box.bottom * size[1])


def without_tick(text: str) -> str:
    """Return a text without a tick that stands beside a number."""
    ticked = _TICKED.match(text)
    return ticked[1] if ticked else text


def as_label(word: SourceWord, extent: Extent, scale: float) -> Label:
    """Return a word of the page as a label; `scale` is the pixels of a point."""
    turn = {270: -90.0, 90: 90.0}.get(word.direction, float(word.direction))
    text = word.text if word.recognised is None else without_tick(word.text)
    return Label(text, extent, word.size * scale, turn, word.font.bold, word.confidence, (word,))


def shared(inner: Extent, other: Extent) -> float:
    """Return which share of an extent another covers."""
    return inner.shared(other) / max(1e-6, inner.width * inner.height)


def covers(extent: Extent, word: SourceWord, view: View, size: tuple[float, float]) -> bool:
    """Return whether an extent covers a good part of a word of the page."""
    return shared(extent, extent_of(word, view, size)) > COVERED


def seen(row: Row, words: Sequence[tuple[SourceWord, Extent]]) -> ReadLine | None:
    """Return what words that were read on the page say in the place of a row of names, all of it; None where they do not surely."""
    if row.turn:
        return None
    inside = sorted(((e, word) for word, e in words if shared(e, row.extent) > INSIDE), key=lambda found: found[0].left)
    text = "".join(word.text for _, word in inside)
    letters = sum(map(str.isalpha, text))
    if letters < LEAST or any(map(str.isdigit, text)) or min(word.confidence for _, word in inside) < SURE:
        return None
    off = max(abs(inside[0][0].left - row.extent.left), abs(max(e.right for e, _ in inside) - row.extent.right))
    if off > OFF * row.strip.unit or len({word.line for _, word in inside}) > 1:
        return None
    left = row.extent.left - row.strip.margin
    return ReadLine("page", tuple(ReadWord(word.text, e.left - left, e.right - left, word.confidence) for e, word in inside))
