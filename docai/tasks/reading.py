"""Reading: what is written in a picture of text, or where a text layer cannot be believed.

Answered by a `Layer`, which is then laid out like any page, or by finished `Text`s where the reader lays out for itself.
"""

from __future__ import annotations

from dataclasses import dataclass

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
