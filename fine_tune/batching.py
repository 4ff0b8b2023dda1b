"""From positions of a mixture to the tensors of a step; samples share rows, where a model can tell them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import torch
from transformers import PretrainedConfig

from docai.errors import Unreadable
from fine_tune.encoding import UNLEARNT, Encoded, Encoder
from fine_tune.glyphs import labels_of
from fine_tune.mixture import Mixture
from fine_tune.samples import Sample

if TYPE_CHECKING:
    from fine_tune.glyphs import Labels

Weighting = Literal["token", "sample", "square_root"]
Batch = dict[str, torch.Tensor]
Positions = Sequence[int] | Sequence[Mapping[str, int]]

# What the loss of each token of a sample with x learnt ones is multiplied by: x to the power of this
# (Chen et al. 2024, "InternVL 2.5", arXiv 2412.05271, "Loss Reweighting", which calls the root "square averaging")
POWERS: Final[dict[Weighting, float]] = {"token": 0.0, "sample": -1.0, "square_root": -0.5}
PACKED: Final = frozenset({"internvl", "llava_onevision"})  # whose places in a row are counted in one dimension


def why_not_packed(config: PretrainedConfig) -> str:
    """Return why samples for a model cannot share a row; nothing where they can.

    transformers tells samples of a row apart by places that begin again at 0, where no mask is given
    (`find_packed_sequence_indices` in masking_utils.py), which holds for its attentions "eager", "sdpa" and "flex_attention";
    "flash_attention_2" does so for batches of one row only.
    """
    if config.model_type in PACKED:
        return ""
    return f"{config.model_type} counts places in three dimensions, by its pictures; samples cannot share a row (sight.pack: false)"


@dataclass(frozen=True, slots=True)
class Lettered(Encoded):
    """A sample that also tells what covers each place of each of its tiles, as `fine_tune.glyphs.labels_of`."""

    glyphs: Labels


@dataclass(frozen=True, slots=True)
class Collator:
    """Makes tensors of the samples that are due at some positions of a mixture.

    Attributes:
        weighting: How samples count.
        pack: Whether samples share rows of at most `encoder.sight.tokens` tokens; none attends to another, none is cut.
        normalised: Whether the weights of what is returned together sum to 1, so that the loss is the sum of the tokens' losses
            times their weights. Without, who adds up several batches divides by the sum of all their weights.
        glyphs: Whether to tell which letters cover the places of pictures; for models of InternVL's kind.

    Raises:
        Unreadable: `pack` is wanted of a model that cannot tell samples of a row apart.
    """

    mixture: Mixture
    encoder: Encoder
    weighting: Weighting = "token"
    pack: bool = False
    normalised: bool = True
    glyphs: bool = False

    def __post_init__(self) -> None:
        """Check that samples can share rows."""
        reason = why_not_packed(self.encoder.words.config) if self.pack else ""
        if reason:
            raise Unreadable(reason)

    def __call__(self, positions: Positions) -> Batch:
        """Return the tensors of some positions: numbers, or mappings with "position".

        `input_ids` and `labels` are (rows, tokens) int64, `weights` as large, float32: that of the loss of each label, 0 where
        there is none; all three belong to the token at their place, and are shifted by who computes the loss. Rows are filled up
        on the right. `attention_mask` (rows, tokens) int64 tells what is no filling; where samples share rows there is none, but
        `position_ids`, which begin at 0 with each sample. The tensors of pictures are those of `Family.inputs`, in the order of
        the rows; none where there are no pictures. `glyphs` (tiles, tokens, 8, 3) int64 stand beside them where they are wanted.
        """
        samples = [self.mixture.sample(position, self._encoded) for position in numbers_of(positions)]
        rows = packed(samples, self.encoder.sight.tokens) if self.pack else [[sample] for sample in samples]
        batch = rows_of(self.encoder, rows)
        learnt = batch["labels"] != UNLEARNT
        length = learnt.shape[1]
        batch["weights"] = learnt * torch.tensor(
            [_row([_weights(one, self.weighting) for one in row], length, 0.0) for row in rows]
        )
        glyphs = [one.glyphs for row in rows for one in row if isinstance(one, Lettered)]
        if glyphs:
            batch["glyphs"] = torch.from_numpy(np.concatenate(glyphs))
        if self.normalised:
            batch["weights"] /= batch["weights"].sum()
        if self.pack:
            places = [_row([range(len(one.ids)) for one in row], length, None) for row in rows]
            batch["position_ids"] = torch.tensor(places)
            del batch["attention_mask"]
        return batch

    def _encoded(self, sample: Sample) -> Encoded:
        one = self.encoder.encode(sample)
        if not self.glyphs or not one.seen:
            return one
        return Lettered(one.ids, one.labels, one.seen, one.origin, labels_of(sample, one.seen, self.encoder.words))


@dataclass(frozen=True, slots=True)
class PreferenceCollator:
    """Makes tensors of the preferences that are due at some positions of a mixture, as TRL's `DPOTrainer` takes them."""

    mixture: Mixture
    encoder: Encoder

    def __call__(self, positions: Positions) -> Batch:
        """Return the tensors of some positions: numbers, or mappings with "position".

        The rows are what is chosen, in order, then what is rejected: `input_ids`, `attention_mask` and `completion_mask`, which is
        1 for the tokens of the answers, are (2 x positions, tokens) int64. The pictures stand there twice.
        """
        pairs = [self.mixture.sample(position, self.encoder.encode_pair) for position in numbers_of(positions)]
        batch = rows_of(self.encoder, [[pair[0]] for pair in pairs] + [[pair[1]] for pair in pairs])
        batch["completion_mask"] = (batch.pop("labels") != UNLEARNT).long()
        return batch


def numbers_of(positions: Positions) -> list[int]:
    """Return positions as numbers, whichever way they are given."""
    return [position["position"] if isinstance(position, Mapping) else int(position) for position in positions]


def packed(samples: Sequence[Encoded], tokens: int) -> list[list[Encoded]]:
    """Return samples in as few rows as the longest first, each where it first fits, give (at most 11/9 of the fewest).

    Source: Johnson 1973, "Near-optimal bin packing algorithms", for the bound.
    """
    rows: list[list[Encoded]] = []
    left: list[int] = []
    for sample in sorted(samples, key=lambda sample: len(sample.ids), reverse=True):
        length = len(sample.ids)
        place = next((place for place, room in enumerate(left) if room >= length), None)
        if place is None:
            rows.append([sample])
            left.append(tokens - length)
        else:
            rows[place].append(sample)
            left[place] -= length
    return rows


def rows_of(encoder: Encoder, rows: Sequence[Sequence[Encoded]]) -> Batch:
    """Return `input_ids`, `labels` and `attention_mask` (rows, tokens) of samples in rows, and the tensors of their pictures."""
    tokenizer, family = encoder.words.tokenizer, encoder.words.family
    length = max(sum(len(one.ids) for one in row) for row in rows)
    filling = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    ids = torch.tensor([_row([one.ids for one in row], length, filling) for row in rows])
    mask = [[1] * (taken := sum(len(one.ids) for one in row)) + [0] * (length - taken) for row in rows]
    # A picture is cut by how many its sample has, not its row: `batch_num_images` of LLaVA-OneVision has an entry a sample
    pictures = family.inputs([one.seen for row in rows for one in row])
    if "image_grid_thw" in pictures:  # of Qwen's family, whose places are counted by it
        pictures["mm_token_type_ids"] = (ids == encoder.words.config.image_token_id).int()
    return {
        "input_ids": ids,
        "labels": torch.tensor([_row([one.labels for one in row], length, UNLEARNT) for row in rows]),
        "attention_mask": torch.tensor(mask),
        **pictures,
    }


def _weights(sample: Encoded, weighting: Weighting) -> list[float]:
    return [sample.answer_tokens ** POWERS[weighting]] * len(sample.ids)


def _row(parts: Sequence[Sequence[float]], length: int, filling: float | None) -> list[float]:
    """Return parts behind each other, filled up to a length; without a filling, by numbers that count from 0."""
    row = [value for part in parts for value in part]
    rest = length - len(row)
    return [*row, *([filling] * rest if filling is not None else range(rest))]
