"""A local vision language model as a speaker, by way of transformers: in 4, 8 or 16 bits, on a GPU or a CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch

from docai.backends.speaker import Asked
from docai.backends.transformers.generate import Voice
from docai.backends.transformers.loading import (
    Loaded,
    Precision,
    Quantization,
    Words,
    load,
    special_tokens,
    weights_bytes,
    words_of,
)
from docai.dialects import Said
from docai.tiling import AnyresLens, GridLens, Lens

__all__ = ["Loaded", "LocalSpeaker", "Precision", "Quantization", "Words", "load", "weights_bytes", "words_of"]

BATCH: Final = {"cpu": 2, "cuda": 8, "mps": 2}  # things said at once, by device; one page of 13 tiles is about 3,400 tokens


class LocalSpeaker:
    """A model on this machine.

    Attributes:
        lens: How pictures must be cut for it.
        special: Its special tokens, by which a dialect tells whether its words are tokens of the model.
    """

    def __init__(self, loaded: Loaded, *, batch: int | None = None) -> None:
        """Speak with a loaded model, `batch` things at once; None for a number that suits the device.

        Raises:
            ValueError: `batch` is below 1.
        """
        if batch is not None and batch < 1:
            raise ValueError(f"a batch of {batch}; want at least 1")
        self.loaded, self.engine = loaded, loaded.engine
        self.lens: Lens | GridLens | AnyresLens = loaded.family.lens
        self.special = special_tokens(loaded.tokenizer)
        self.batch = batch or BATCH.get(loaded.model.device.type, 1)
        self._voice = Voice(loaded, self.batch)

    def say(self, asked: Sequence[Asked]) -> list[Said]:
        """Return what is said to each, in order; one that fails says why in its problems, and spoils no other.

        Law: `say(a + b) == say(a) + say(b)`, as far as the device's arithmetic does not depend on the size of a batch; in float32
        that shows in the last digits of probabilities only, unless two tokens are as good as equally likely.
        """
        with torch.cuda.device_of(next(self.loaded.model.parameters())):  # libraries use the current GPU; on a CPU, nothing
            return self._voice.say(asked)
