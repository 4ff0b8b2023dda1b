"""Whether a text layer can be believed: words that no reader could have meant are marked to be read from the picture."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from docai.sources import SourceWord

if TYPE_CHECKING:
    from docai.sources import Pixels

MAX_UNKNOWN: Final = 0.1  # share of characters without a meaning above which a text is not believed
MIN_LETTERS: Final = 40  # fewer Latin letters tell nothing by their statistics
# English has 38 % vowels among its letters, Vietnamese about 40 %, Polish 35 %, Czech 37 %; codes and glyph numbers
# taken for letters fall far outside. Bounds kept wide, so that only text no language has is called unsound.
VOWELS: Final = (0.17, 0.65)
MIN_WORDS: Final = 15  # fewer may well be names of products
MAX_ODD_CASE: Final = 0.5  # share of words with a capital behind a small letter
SHIFTS: Final = range(-31, 32)  # between characters of ASCII; 29 where glyph 3 is the space, as in fonts of Windows and macOS
SHIFT_GAIN: Final = 0.5  # nats a character that a shift must gain; texts in 8 languages of Latin script gain under 0.1 by any
UNLIKELY: Final = math.log(0.002)  # of a digit, sign or control character among letters
# Log-frequencies of the letters of English, in per cent from Lewand, "Cryptological Mathematics" (MAA, 2000), page 36
LETTERS: Final = {
    letter: math.log(per_cent / 100)
    for letter, per_cent in zip(
        "etaoinshrdlcumwfgypbvkjxqz",
        (12.70, 9.06, 8.17, 7.51, 6.97, 6.75, 6.33, 6.09, 5.99, 4.25, 4.03, 2.78, 2.76,
         2.41, 2.36, 2.23, 2.02, 1.97, 1.93, 1.29, 0.98, 0.77, 0.15, 0.15, 0.10, 0.07),
        strict=True,
    )
}  # fmt: skip
_IS_LETTER = np.array([chr(code).isalpha() for code in range(128)])
_LIKELIHOODS = np.array(
    [LETTERS.get(chr(max(0, code)).lower(), UNLIKELY) for code in range(SHIFTS.start, 128 + SHIFTS.stop - 1)]
)  # of the characters that the codes of ASCII are moved to
_VOWEL = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøœùúûüýÿăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
_LATIN = re.compile(r"[A-Za-zÀ-ɏẠ-ỹ]")
_ODD_CASE = re.compile(r"[a-z][A-Z]")
_UNKNOWN = re.compile("[\ufffd\ue000-\uf8ff\U000f0000-\U0010fffd]")  # replacement character and private use
_SYMBOL_FONT = re.compile(r"symbol|wingding|webding|dingbat|icon|awesome|math|cmsy|cmmi|cmex|msam|msbm", re.IGNORECASE)


def unsound_fonts(words: Sequence[SourceWord]) -> frozenset[str]:
    """Return the names of fonts whose text cannot be what is printed.

    A lying or missing ToUnicode map spoils a font as a whole, so a font's words are judged together: by characters that
    mean nothing, by vowels that no language has so few or many of, and by capitals inside words.
    """
    by_font: dict[str, list[SourceWord]] = defaultdict(list)
    for word in words:
        by_font[word.font.name].append(word)
    return frozenset(name for name, own in by_font.items() if not _SYMBOL_FONT.search(name) and not is_sound([w.text for w in own]))


def is_sound(texts: Sequence[str]) -> bool:
    """Return whether words can be text of some language."""
    joined = "".join(texts)
    if not joined:
        return True
    if len(_UNKNOWN.findall(joined)) > MAX_UNKNOWN * len(joined):
        return False
    distinct = {text for text in texts if len(text) > 2}  # variables and repeated names of products tell nothing
    if is_shifted(distinct):
        return False
    letters = _LATIN.findall("".join(distinct))
    if len(letters) < MIN_LETTERS or 2 * len(letters) < sum(map(len, distinct)):
        return True
    vowels = len(_VOWEL.findall("".join(distinct))) / len(letters)
    odd = sum(bool(_ODD_CASE.search(text)) for text in distinct)
    return VOWELS[0] <= vowels <= VOWELS[1] and (len(distinct) < MIN_WORDS or odd <= MAX_ODD_CASE * len(distinct))


def is_shifted(texts: Iterable[str]) -> bool:
    """Return whether words are glyph numbers taken for characters, such as "7KH" for "The", all 29 places too low.

    Fonts number their glyphs in the order of the alphabet, and a missing or wrong ToUnicode map leaves the numbers. Moved
    back by the right distance they are letters as frequent as in a language; as they stand they are not.
    """
    worded = (text for text in texts if text.isascii() and 2 * sum(map(str.isalpha, text)) > len(text))  # not numbers and codes
    counts = np.bincount(np.frombuffer("".join(worded).encode("ascii"), np.uint8), minlength=128)
    if counts[_IS_LETTER].sum() < MIN_LETTERS:
        return False
    likelihoods = np.correlate(_LIKELIHOODS, counts, mode="valid") / counts.sum()  # mean, in nats a character, for each of SHIFTS
    as_they_stand = SHIFTS.index(0)
    return bool(likelihoods.max() > likelihoods[as_they_stand] + SHIFT_GAIN)


def agreement(words: Sequence[SourceWord], picture: Pixels) -> float:
    """Return how far invisible words and the picture under them agree, 0..1: the share of words that stand on print.

    `picture` is the whole page, (height, width, 3) uint8 RGB; 50 to 100 dpi suffice.
    """
    if not words:
        return 0.0
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    background = cv2.medianBlur(cv2.dilate(grey, np.ones((7, 7), np.uint8)), 21)
    ink = cv2.subtract(background, grey) > 40  # of 255: faint print on a scan differs from its ground by 60 and more
    height, width = ink.shape
    rows = Counter[bool]()
    for word in words:
        left, top, right, bottom = word.box.pixels(width, height)
        patch = ink[top:bottom, left:right]
        rows[bool(patch.size) and 0.03 < float(patch.mean()) < 0.8] += len(word.text)
    return rows[True] / rows.total()
