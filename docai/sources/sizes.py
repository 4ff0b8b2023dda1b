"""Font sizes as a reader would tell them, where the file tells none that can be true."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from docai.box import Box
from docai.sources import SourceWord

SMALLEST: Final = 2.0  # points; nobody reads print that small, but Type 3 fonts often call themselves 0.1 or 1 point large
EMS_A_LETTER: Final = 0.5  # width of the average letter of running text, in font sizes; Times 0.45, Helvetica 0.52
ASCENT, DESCENT = 0.75, 0.22  # of the font size, above and below the baseline


def with_plausible_sizes(words: Sequence[SourceWord], width_points: float, height_points: float) -> Sequence[SourceWord]:
    """Return words in which those of impossibly small fonts have the size that the width of their letters tells."""
    tiny: dict[str, list[SourceWord]] = defaultdict(list)
    for word in words:
        if word.size < SMALLEST and word.direction == 0:
            tiny[word.font.name].append(word)
    sizes = {name: _size(own, width_points) for name, own in tiny.items()}
    if not any(sizes.values()):
        return words
    return [_resized(word, sizes.get(word.font.name, 0.0), height_points) for word in words]


def _size(words: Sequence[SourceWord], width_points: float) -> float:
    """Return the font size that words tell by their width; 0 where they tell too little, or the size may be true."""
    telling = [word for word in words if len(word.text) > 2]
    if len(telling) < 3:
        return 0.0
    size = statistics.median(word.box.width * width_points / len(word.text) for word in telling) / EMS_A_LETTER
    return round(size, 1) if size > 2 * statistics.median(word.size for word in telling) else 0.0


def _resized(word: SourceWord, size: float, height_points: float) -> SourceWord:
    if not size or word.size >= SMALLEST or word.direction:
        return word
    leading = size / height_points
    box = Box.clipped(word.box.left, word.baseline - ASCENT * leading, word.box.right, word.baseline + DESCENT * leading)
    return word._replace(size=size, box=box)
