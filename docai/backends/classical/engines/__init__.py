"""Who reads a line of print: one file an engine, each given a strip at a time and one language at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NamedTuple, Protocol, runtime_checkable

import cv2
import numpy as np

from docai.backends.classical.strips import Strip
from docai.document import mean_confidence

# ISO 639-1 codes of docai to the names of Tesseract's models (tesseract-ocr/tessdata, the README's list of languages)
TESSERACT_NAMES: Final = {
    "ar": "ara", "bg": "bul", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "et": "est",
    "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin", "hr": "hrv", "hu": "hun", "id": "ind", "it": "ita", "ja": "jpn",
    "ko": "kor", "lt": "lit", "lv": "lav", "ms": "msa", "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron",
    "ru": "rus", "sk": "slk", "sl": "slv", "sr": "srp", "sv": "swe", "th": "tha", "tr": "tur", "uk": "ukr", "vi": "vie",
    "zh": "chi_sim",
}  # fmt: skip

# Pixels that Tesseract is given a line at, white above and below it included: the rows of the Korean network. Those of Latin
# script take 36, but from small print that was enlarged to 48 read better (receipts: 0.6 % of the words).
LINE_ROWS: Final = 48


INK_ROWS: Final = 0.1  # units of ink that a column has at least, fewer being dirt: a hyphen is 0.12 high
FAR: Final = 1.2  # units between the place that a network tells of a space and its gap in the ink at most; measured 0.6
NEARER: Final = 0.7  # of a pixel's width that a gap must be wider than another for each pixel that it is further away


class ReadWord(NamedTuple):
    """A word of a strip: `left` and `right` are pixels of the strip's picture, `confidence` is the engine's own, 0..1."""

    text: str
    left: float
    right: float
    confidence: float


@dataclass(frozen=True, slots=True)
class ReadLine:
    """What an engine reads on a strip, from left to right; no words where it sees no text."""

    engine: str
    words: tuple[ReadWord, ...] = ()

    @property
    def text(self) -> str:
        """The words with spaces between them."""
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """The mean of the words' confidences, longer words counting more; 0 where there are none."""
        return mean_confidence(self.words, of_none=0.0)


class LineEngine(Protocol):
    """Reads strips in one language.

    Law: what it returns depends on the strip alone, and several threads may ask at once.
    """

    name: str

    def read(self, strip: Strip) -> ReadLine:
        """Return what is written on a strip."""


@runtime_checkable
class LabelEngine(LineEngine, Protocol):
    """Reads strips of a few letters or figures, too."""

    def read_label(self, strip: Strip) -> ReadLine:
        """Return what is written on a strip of a few letters or figures."""


class OfLabels:
    """Reads any strip as one of a few letters or figures, which takes half the time of a line of text.

    Where it is less than `sure` (0..1) of what it sees, it looks at the strip as a line of text.
    """

    def __init__(self, engine: LabelEngine, sure: float = 0.0) -> None:
        """Choose the engine that is asked both ways."""
        self.name = engine.name
        self._engine, self._sure = engine, sure

    def read(self, strip: Strip) -> ReadLine:
        """Return what is written on a strip."""
        line = self._engine.read_label(strip)
        return line if line.confidence >= self._sure else self._engine.read(strip)


class Once:
    """Reads strips that show the same once, as an engine's law allows: symbols and figures are repeated all over a chart."""

    def __init__(self, engine: LineEngine) -> None:
        """Begin with nothing read."""
        self.name = engine.name
        self._engine = engine
        self._known: dict[tuple[bytes, tuple[int, ...], int, float], ReadLine] = {}

    def read(self, strip: Strip) -> ReadLine:
        """Return what is written on a strip."""
        key = strip.picture.tobytes(), (*strip.picture.shape, strip.place.height), strip.margin, strip.unit
        if key not in self._known:
            self._known[key] = self._engine.read(strip)
        return self._known[key]


def joined(pieces: Sequence[ReadWord], text: str) -> tuple[ReadWord, ...]:
    """Return pieces of words as the words of `text`: Tesseract tells of each syllable of Korean as if it were a word."""
    words: list[ReadWord] = []
    waiting = list(reversed(pieces))
    for token in text.split():
        own: list[ReadWord] = []
        while waiting and len("".join(piece.text for piece in own)) < len(token):
            own.append(waiting.pop())
        if "".join(piece.text for piece in own) != token:
            return tuple(pieces)
        right = max(piece.right for piece in own)
        words.append(ReadWord(token, own[0].left, right, mean_confidence(own, of_none=0.0)))
    return tuple(words) if not waiting else tuple(pieces)


def on_ink(line: ReadLine, strip: Strip) -> ReadLine:
    """Return a line whose words begin and end at their ink.

    Networks read a line column by column, and tell of each letter a column about where it is, so that a word's ends are wrong
    by up to half a letter. Between two words lies the widest gap in the ink near the place that they tell.
    """
    low = float(strip.picture.min())
    dark = (strip.picture < (low + 255) / 2).view(np.uint8)
    ink = np.asarray(cv2.reduce(dark, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0] >= max(1, round(INK_ROWS * strip.unit)), np.int8)
    steps = np.diff(np.concatenate([[0], ink, [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)  # of what hangs together, from column to column
    if not len(starts) or not line.words:
        return line
    middles, widths = (ends[:-1] + starts[1:]) / 2, starts[1:] - ends[:-1]
    sides = [float(starts[0])]
    for word, following in pairwise(line.words):
        place = (min(word.right, following.left) + following.left) / 2
        far = np.abs(middles - place)
        worth = np.where((far <= FAR * strip.unit) & (ends[:-1] >= sides[-1]), widths - NEARER * far, -np.inf)
        if len(worth) and worth.max() > -np.inf:
            gap = int(worth.argmax())
            sides += [float(ends[gap]), float(starts[gap + 1])]
        else:  # letters that touch over a space
            sides += [max(sides[-1], place)] * 2
    sides.append(max(sides[-1], float(ends[-1])))
    words = (word._replace(left=left, right=right) for word, left, right in zip(line.words, sides[::2], sides[1::2], strict=True))
    return replace(line, words=tuple(words))
