"""How the losses of tokens become one number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import torch

# InternVL's mix for preferences: which losses of TRL, and their weights (Wang et al. 2024, arXiv 2411.10442, section 3.2)
MPO: Final = (("sigmoid", 0.8), ("bco_pair", 0.2), ("sft", 1.0))


def weighted(log_probabilities: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the sum of the negative logarithms of what should have been said, each times its weight.

    Args:
        log_probabilities: (rows, tokens - 1); that of each token but the first, and 0 for those that are not learnt.
        weights: (rows, tokens); of each token, the first included.
    """
    return -(log_probabilities * weights[:, 1:].to(log_probabilities.dtype)).sum()


def weight_of(batches: Sequence[Mapping[str, torch.Tensor]]) -> torch.Tensor:
    """Return the sum of all weights of some batches, by which the sum of their losses is divided."""
    return torch.stack([batch["weights"][:, 1:].sum() for batch in batches]).sum()
