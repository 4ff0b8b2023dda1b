"""Reading: what is written in a picture of text, or where a text layer cannot be believed.

Answered by a `Layer`, which is then laid out like any page, or by finished `Text`s where the reader lays out for itself.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from docai.preparation import Pose
from docai.sources import Picture, Rule, SourceWord, VectorPath


@dataclass(frozen=True, slots=True)
class ReadText:
    """Asks for the text of a view; `languages` are ISO 639-1 codes, most likely first."""

    languages: tuple[str, ...] = ("en",)
    name: str = "reading"


@dataclass(frozen=True, slots=True)
class Layer:
    """What a text layer of a view would hold: words, rules and pictures, in fractions of the view once it is upright.

    `drawn` is what is plotted in it, as paths, by which a chart is known; their places are those of whole pixels.
    `pose` tells how the upright view, of `width_points` x `height_points`, lies on the view as it was given.
    """

    words: tuple[SourceWord, ...]
    rules: tuple[Rule, ...]
    pictures: tuple[Picture, ...]
    width_points: float
    height_points: float
    pose: Pose
    drawn: tuple[VectorPath, ...] = ()


# Scores


class Errors(NamedTuple):
    """How many edits make what was read the truth, of how many units (characters or words) the truth has."""

    edits: int
    length: int

    @property
    def rate(self) -> float:
        """Edits a unit of the truth: 0 where all is right, above 1 where more was made up than stands there.

        Of an empty truth, as if it had one unit: 0 where nothing was read.
        """
        return self.edits / max(1, self.length)


def character_errors(read: str, truth: str) -> Errors:
    """Return the edits between two texts character by character, whose rate is the CER.

    Letters are composed (NFC) and each white space is one space, as is usual where lines may break elsewhere; the edits are those
    of Levenshtein (1966): insertions, deletions, exchanges (Rice et al. 1996, "The fifth annual test of OCR accuracy").
    """
    here, there = plain(read), plain(truth)
    return Errors(Levenshtein.distance(here, there), len(there))


def word_errors(read: str, truth: str) -> Errors:
    """Return the edits between two texts word by word, whose rate is the WER; words are what white space parts."""
    here, there = plain(read).split(), plain(truth).split()
    return Errors(Levenshtein.distance(here, there), len(there))


def plain(text: str) -> str:
    """Return a text with its letters composed and each stretch of white space as one space, none at its ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())
