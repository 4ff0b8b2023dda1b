"""Dense supervision of models from nothing: each place of a picture is asked which letter covers it.

A decoder that has to find out by itself where to look sits on a plateau first, where it guesses letters by how frequent they
are. A small head behind the projector, which is thrown away afterwards, tells the tower at each place what is written there.

A token of the projector sees two by two patches, each of which has two places, its halves side by side: letters are about twice
as high as wide. Hangul is told by its letters: 19, 21 and 27 share what the 11,172 syllables that they make would each have
to learn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import nn

from docai import document
from docai.backends.transformers.loading import Words
from docai.document import Word
from docai.lenses import GridLens, Seen
from fine_tune.nano import characters
from fine_tune.samples import Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Labels = NDArray[np.int64]

UNKNOWN: Final = -100  # of what is not asked: `ignore_index` of torch.nn.CrossEntropyLoss
TOKEN_PATCHES: Final = 2  # of a side: InternVL's projector makes one token of two by two
HALVES: Final = 2  # places of a patch, side by side
CELLS: Final = TOKEN_PATCHES * TOKEN_PATCHES * HALVES  # places of a token
INITIALS, VOWELS, FINALS = 19, 21, 28  # letters of Hangul by their place in a syllable, 28 with "none" (Unicode, section 3.12)
FIRST_SYLLABLE, LAST_SYLLABLE = 0xAC00, 0xD7A3
BLANK_WEIGHT: Final = 0.1  # of a place that no letter covers: nine of ten places are such
NARROW: Final = 64  # numbers by which a place is told before its letter is: the head is small beside the tower


@cache
def letter_numbers() -> dict[str, int]:
    """Return the numbers of what is no syllable of Hangul, from 1 + 19: nought is paper, the next are the initial letters."""
    known = [*map(chr, range(0x21, 0x7F)), *(one for one in characters() if not FIRST_SYLLABLE <= ord(one) <= LAST_SYLLABLE)]
    return {letter: 1 + INITIALS + place for place, letter in enumerate(known)}


def parts_of(letter: str) -> tuple[int, int, int]:
    """Return a letter as three numbers: what it begins with, and of a syllable its vowel and its final; -100 for what is not."""
    if len(letter) == 1 and FIRST_SYLLABLE <= ord(letter) <= LAST_SYLLABLE:
        syllable = ord(letter) - FIRST_SYLLABLE
        return 1 + syllable // (VOWELS * FINALS), syllable // FINALS % VOWELS, syllable % FINALS
    return letter_numbers().get(letter, UNKNOWN), UNKNOWN, UNKNOWN


def glyph_labels(glyphs: Sequence[Word], seen: Seen, lens: GridLens, patch: int) -> Labels:
    """Return what covers each place of each tile: (tiles, tokens, 8, 3) numbers of `parts_of`, in the order of the features.

    The eight places of a token are two rows of two patches of two halves. The tile on which the whole is shown once more, where
    letters are too small, is not asked.

    Args:
        glyphs: Letters with their boxes, in fractions of the picture that was cut in tiles (`seen.from_view`).
        seen: The tiles.
        lens: By which they were cut.
        patch: Pixels of a patch's side.
    """
    rows, columns = seen.rows * lens.tile // patch, seen.columns * lens.tile // patch * HALVES
    labels = np.full((rows, columns, 3), UNKNOWN, np.int64)
    labels[..., 0] = 0
    for glyph in glyphs:
        left, right = _between(glyph.box.left, glyph.box.right, columns)
        top, bottom = _between(glyph.box.top, glyph.box.bottom, rows)
        labels[top:bottom, left:right] = parts_of(glyph.text)
    side = lens.tile // patch // TOKEN_PATCHES  # tokens
    shape = (seen.rows, side, TOKEN_PATCHES, seen.columns, side, TOKEN_PATCHES * HALVES, 3)
    tiles = labels.reshape(shape).transpose(0, 3, 1, 4, 2, 5, 6).reshape(-1, side * side, CELLS, 3)
    return np.concatenate([tiles, _unasked(len(seen.tiles) - len(tiles), lens, patch)])


def labels_of(sample: Sample, seen: Sequence[Seen], words: Words) -> Labels:
    """Return what covers each place of each tile of a sample's pictures, as `glyph_labels`; of the first picture, as far as known.

    Args:
        sample: Whose letters may be known.
        seen: Its pictures as they are shown, at least one.
        words: Of the checkpoint, one of InternVL's kind.
    """
    lens, patch = words.family.lens, words.config.vision_config.patch_size[0]
    assert isinstance(lens, GridLens)
    labels = [_unasked(len(one.tiles), lens, patch) for one in seen]
    if sample.glyphs:
        view = sample.views[0]
        shown = [document.replace(word, box=seen[0].from_view(view.from_page(word.box))) for word in sample.glyphs]
        labels[0] = glyph_labels(shown, seen[0], lens, patch)
    return np.concatenate(labels)


def _unasked(tiles: int, lens: GridLens, patch: int) -> Labels:
    """Return the labels of tiles of whose letters nothing is known: (tiles, tokens, 8, 3) times -100."""
    side = lens.tile // patch // TOKEN_PATCHES
    return np.full((tiles, side * side, CELLS, 3), UNKNOWN, np.int64)


def _between(low: float, high: float, count: int) -> tuple[int, int]:
    """Return the first of `count` equal parts whose middle lies between two fractions, and the one behind the last.

    Of what lies between two middles, as a narrow 1 may, it is the part that its own middle lies in.
    """
    first, behind = (max(0, math.ceil(side * count - 0.5)) for side in (low, high))
    if first < behind:
        return first, behind
    inside = min(count - 1, int((low + high) / 2 * count))
    return inside, inside + 1


class GlyphHead(nn.Module):
    """Tells by the features of tokens which letters cover their places."""

    def __init__(self, width: int) -> None:
        """Begin for features of a width: the projector's, which is the language model's."""
        super().__init__()
        self.norm = nn.RMSNorm(width)
        self.narrow = nn.Linear(width, CELLS * NARROW)
        self.begins = nn.Linear(NARROW, 1 + INITIALS + len(letter_numbers()))
        self.vowel = nn.Linear(NARROW, VOWELS)
        self.final = nn.Linear(NARROW, FINALS)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (..., 8, 64): what is known of each place of tokens whose features are (..., width)."""
        return nn.functional.gelu(self.narrow(self.norm(features)).unflatten(-1, (CELLS, NARROW)))

    def loss(self, features: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the mean loss of places, those of paper counting less; 0 where nothing is asked.

        Args:
            features: (tiles, tokens, width).
            labels: (tiles, tokens, 8, 3), as `glyph_labels` tells them.
        """
        places = self(features)
        asked, syllables = labels[..., 0] != UNKNOWN, labels[..., 1] != UNKNOWN
        begins, parts, inside = labels[asked][:, 0], labels[syllables], places[syllables]
        weights = torch.ones(self.begins.out_features, device=features.device, dtype=features.dtype)
        weights[0] = BLANK_WEIGHT
        total = nn.functional.cross_entropy(self.begins(places[asked]), begins, weight=weights, reduction="sum")
        for part, place in ((self.vowel, 1), (self.final, 2)):
            total = total + nn.functional.cross_entropy(part(inside), parts[:, place], reduction="sum")
        return total / weights[begins].sum().clamp(min=1.0)

    @torch.no_grad()
    def hits(self, features: torch.Tensor, labels: torch.Tensor) -> tuple[int, int]:
        """Return how many of the places that a letter covers are told right, all of its parts, and how many there are."""
        places = self(features)
        told = torch.stack([part(places).argmax(-1) for part in (self.begins, self.vowel, self.final)], dim=-1)
        right = ((told == labels) | (labels == UNKNOWN)).all(-1)
        covered = labels[..., 0] > 0
        return int((right & covered).sum()), int(covered.sum())


@dataclass(slots=True)
class Overheard:
    """What a model's projector last gave, heard while the model runs, so that the loss needs no second run.

    Used as a context: `with Overheard(network.model.multi_modal_projector) as heard: ...`.
    """

    projector: nn.Module
    features: torch.Tensor | None = None
    _handle: Any = None

    def __enter__(self) -> Overheard:
        self._handle = self.projector.register_forward_hook(self._hear)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._handle.remove()

    def _hear(self, _: nn.Module, __: tuple[Any, ...], features: torch.Tensor) -> None:
        self.features = features
