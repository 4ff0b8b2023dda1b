"""Text as files store it, spelt as a reader would: composed, without control characters, accents on their letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

SPACING_ACCENTS: Final = re.compile(r"[`´ˆ˜¨¯˘˙˚¸˝˛ˇ]")
COMBINING: Final = dict(
    zip("`´ˆ˜¨¯˘˙˚¸˝˛ˇ", "\u0300\u0301\u0302\u0303\u0308\u0304\u0306\u0307\u030a\u0327\u030b\u0328\u030c", strict=True)
)
# What list markers look like that Word takes from Symbol and Wingdings, whose codes it stores from U+F000 on
BULLETS: Final = dict(zip("\uf0b7\uf0a7\uf0d8\uf0fc\uf0a8\uf076\uf06c\uf06e\uf0e0", "•▪➢✓▫❖●■→", strict=True))
SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
# The marks of ZapfDingbats that forms tick boxes with, by the letters that they are stored as (PDF 1.7, annex D.6)
_CHECK_MARKS: Final = str.maketrans("345678lnuH", "✓✔✕✖✗✘●■◆★")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufeff\u200b\u00ad]")
_ACCENT_BEFORE_LETTER = re.compile(r"([\u0300-\u036f])(\w)")


def clean(text: str) -> str:
    """Return text in NFC without control characters, zero-width spaces and unpaired surrogates.

    A soft hyphen stays, as a hyphen, only at the end; a word that is nothing but a bullet of Word's is that bullet.
    """
    if text.isascii() and text.isprintable():
        return text
    if text in BULLETS:
        return BULLETS[text]
    if len(text) > 1 and text[-1] == "\u00ad":  # printed at the end of a line, and only there
        text = f"{text[:-1]}-"
    return unicodedata.normalize("NFC", _CONTROL.sub("", text))


def check_marks(text: str) -> str:
    """Return what letters set in ZapfDingbats look like."""
    return text.translate(_CHECK_MARKS)


def clean_lines(text: str) -> str:
    """Return text cleaned line by line, so that its line ends stay."""
    return "\n".join(clean(line) for line in text.splitlines())


def accents_composed(text: str) -> str:
    """Return a word in which each spacing accent has become part of the letter behind it: "caf´e" gives "café"."""
    marked = SPACING_ACCENTS.sub(lambda match: COMBINING[match[0]], text)
    turned = _ACCENT_BEFORE_LETTER.sub(lambda match: ("i" if match[2] == "ı" else match[2]) + match[1], marked)
    return unicodedata.normalize("NFC", turned)


def accents_over_letters(blocks: Iterable[dict[str, Any]]) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Return the spacing accents, and their boxes, that are printed over the glyph behind them; `blocks` are PyMuPDF's "rawdict".

    TeX's older encodings store "´e" for "é"; only the overlap of the glyphs tells it from an accent that stands alone.
    """
    return [
        (glyph["c"], glyph["bbox"])
        for block in blocks
        for line in block.get("lines", ())
        for span in line["spans"]
        for glyph, following in zip(span["chars"], span["chars"][1:], strict=False)
        if SPACING_ACCENTS.match(glyph["c"])
        and following["bbox"][0] < (glyph["bbox"][0] + glyph["bbox"][2]) / 2 < following["bbox"][2]
    ]
