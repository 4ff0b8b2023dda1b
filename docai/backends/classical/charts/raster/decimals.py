"""The full stops and commas in numbers that a reader loses: of a pixel or two, they are hardly seen."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.engines import ReadLine
from docai.backends.classical.strips import Strip

POINT_HIGH: Final = 0.3  # of the height of digits that a full stop is high at most
POINT_INK: Final = 0.3  # of the darkest ink that it shows at least
POINT_WIDE: Final = 0.45  # of the height of digits that it is wide at most, with its blur
DIGIT_INK: Final = 0.3  # the same of digits above it
DIGIT_STEP: Final = 0.82  # of its height that a digit is wide, with the gap to the next: 0.55 to 0.62 of the font size of 0.73

_DIGITS = re.compile(r"[-–−+]?\d{2,}%?")


def pointed_number(line: ReadLine, strip: Strip) -> ReadLine:
    """Return a number with the full stop or comma that its reader has lost: of a pixel or two, they are hardly seen."""
    if len(line.words) != 1 or not _DIGITS.fullmatch(line.words[0].text):
        return line
    word = line.words[0]
    points = _points(strip)
    digits = re.sub(r"\D", "", word.text)
    if len(points) != 1:
        return line
    before, sign = points[0]
    if not 0 < before < len(digits):
        return line
    start = word.text.index(digits[0])
    text = word.text[:start] + digits[:before] + sign + digits[before:] + word.text[start + len(digits) :]
    return ReadLine(line.engine, (word._replace(text=text),))


def _points(strip: Strip) -> list[tuple[int, str]]:
    """Return the full stops and commas in a number: how many digits stand before each, and which it is.

    They are ink at the foot of the line with none above, between digits, no wider than a third of their height.
    """
    ink = 255 - strip.picture[strip.margin : -strip.margin, strip.margin : -strip.margin].astype(np.int16)
    if min(ink.shape) < 4:
        return []
    peak = int(ink.max())
    foot = max(2, round(POINT_HIGH * ink.shape[0]))
    high, low = ink[: ink.shape[0] - foot].max(0), ink[ink.shape[0] - foot :].max(0)
    digit = high > DIGIT_INK * peak
    step = DIGIT_STEP * strip.unit
    digits = _stretches(digit)
    found = []
    for start, end in _stretches(low > POINT_INK * peak):
        between = (digit[:start].any(), digit[end:].any())
        if digit[start:end].any() or end - start > POINT_WIDE * strip.unit or not all(between):
            continue
        before = sum(max(1, round((right - left + 1) / step)) for left, right in digits if right <= start)
        found.append((before, "."))
    return found


def _stretches(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where a mask is true without a gap: first and last place, the last not included."""
    edges = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return [(int(a), int(b)) for a, b in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True)]
