"""Powers of ten told from numbers like 103 by their picture: an exponent stands higher than the figures before it."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from docai.backends.classical.strips import Strip

RAISED: Final = 0.2  # of the height of figures that the foot of an exponent is above theirs at least; matplotlib raises it by half
DARK: Final = 128  # of 255, below which a pixel is ink
BASE: Final = 0.45  # of a row's width that "10" surely covers, and what its exponent of one figure covers of it at least
EXPONENT: Final = 0.15
SUPERSCRIPTS: Final = str.maketrans("0123456789-–−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁻")
_READ_FLAT = re.compile(r"([-–−]?10)([-–−]?\d{1,2})")


def as_power(text: str, strip: Strip) -> str:
    """Return what a row says, as a power of ten (10³) where it was read as a number (103) whose last figures stand higher."""
    flat = _READ_FLAT.fullmatch(text)
    if flat is None:
        return text
    ink = strip.picture < DARK
    columns = np.flatnonzero(ink.any(0))
    if len(columns) < len(text):
        return text
    left, wide = int(columns[0]), int(columns[-1] - columns[0]) + 1
    base = np.flatnonzero(ink[:, left : left + round(BASE * wide)].any(1))
    last = np.flatnonzero(ink[:, left + round((1 - EXPONENT) * wide) : left + wide].any(1))
    if not len(base) or not len(last):
        return text
    high = int(base[-1] - base[0]) + 1
    return flat[1] + flat[2].translate(SUPERSCRIPTS) if base[-1] - last[-1] >= max(2, RAISED * high) else text
