"""Who reads a line of print: one file an engine, each given a strip at a time and one language at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from docai.backends.classical.strips import Strip

# ISO 639-1 codes of docai to the names of Tesseract's models (tesseract-ocr/tessdata, the README's list of languages)
TESSERACT_NAMES: Final = {
    "ar": "ara", "bg": "bul", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "et": "est",
    "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin", "hr": "hrv", "hu": "hun", "id": "ind", "it": "ita", "ja": "jpn",
    "ko": "kor", "lt": "lit", "lv": "lav", "ms": "msa", "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron",
    "ru": "rus", "sk": "slk", "sl": "slv", "sr": "srp", "sv": "swe", "th": "tha", "tr": "tur", "uk": "ukr", "vi": "vie",
    "zh": "chi_sim",
}  # fmt: skip


# Pixels that Tesseract is given a line at. Its network's input is 36 or 48 rows high, margins included; measured from 24 to
# 48, it reads equally well, and takes longer the larger the line is.
LINE_HEIGHT: Final = 28.0


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
        length = sum(len(word.text) for word in self.words)
        return sum(word.confidence * len(word.text) for word in self.words) / length if length else 0.0


class LineEngine(Protocol):
    """Reads strips in one language.

    Law: what it returns depends on the strip alone, and several threads may ask at once.
    """

    name: str

    def read(self, strip: Strip) -> ReadLine:
        """Return what is written on a strip."""


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
        letters = sum(len(piece.text) for piece in own)
        sure = sum(piece.confidence * len(piece.text) for piece in own) / letters
        words.append(ReadWord(token, own[0].left, max(piece.right for piece in own), sure))
    return tuple(words) if not waiting else tuple(pieces)
