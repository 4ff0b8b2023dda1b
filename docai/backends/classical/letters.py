"""What the letters of a line tell of its size: how much of the font size their ink covers, above and below the baseline."""

from __future__ import annotations

import re
import unicodedata

from docai.lines import is_hangul

# Shares of the font size, of the fonts that documents are set in (Times, Helvetica, Noto, DejaVu, Nanum): an x is 0.44 to 0.55
# high, a capital 0.66 to 0.73, an l 0.68 to 0.77; descenders reach 0.21 to 0.24 below the baseline, commas 0.12 to 0.16; a
# syllable of Hangul fills 0.88 to 0.92, of which 0.08 to 0.12 lie below the baseline of Latin letters beside it.
LOW, TALL, ACCENTED, DESCENT, COMMA = 0.52, 0.73, 0.92, 0.22, 0.14
SYLLABLE, SYLLABLE_DESCENT = 0.9, 0.1

_TALL = re.compile(r"[A-Z0-9bdfhijklt\[\](){}/\\|!?&%$#@\"'ß\u00c0-\u024f\u1ea0-\u1ef9]")
_LOW = re.compile(r"[gjpqy()\[\]{}|/\\@$ẠạẶặẬậẸẹỆệỊịỌọỘộỢợỤụỰựỴỵ]")
_COMMA = re.compile(r"[,;]")


def line_size(text: str, height: float) -> tuple[float, float]:
    """Return the font size of a line whose ink is `height` high, and how far it reaches below the baseline, both in its unit."""
    if any(map(is_hangul, text)):
        size = height / SYLLABLE
        return size, SYLLABLE_DESCENT * size
    accented = any(letter.isupper() and len(unicodedata.normalize("NFD", letter)) > 1 for letter in text)
    above = ACCENTED if accented else TALL if _TALL.search(text) else LOW
    below = DESCENT if _LOW.search(text) else COMMA if _COMMA.search(text) else 0.0
    size = height / (above + below)
    return size, below * size
