"""How likely a model thinks what it should say, and how the losses of tokens become one number."""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch.utils.checkpoint import checkpoint
from transformers.utils.generic import ModelOutput

from fine_tune.encoding import UNLEARNT

# InternVL's mix for preferences: which losses of TRL, and their weights (Wang et al. 2024, arXiv 2411.10442, section 3.2)
MPO: Final = (("sigmoid", 0.8), ("bco_pair", 0.2), ("sft", 1.0))
AT_ONCE: Final = 2**25  # logits that stand in memory: 128 MiB in float32, which is 221 places of Qwen2.5's 151,680 words


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


@dataclass
class Scores(ModelOutput):  # in which wrappers find what has a gradient
    """How likely what should be said is, in the names that TRL's trainers ask for; each (rows, tokens - 1), 0 without a label.

    Attributes:
        log_probs: The logarithm of how likely each next token is, float32.
        is_top1: Whether no other is likelier.
        label_mask: Whether there is a label.
        entropy: Of what could follow, without gradients; None unless it was asked for.
        mean_logits: The mean over all words, without gradients; None unless it was asked for.
    """

    log_probs: torch.Tensor | None = None
    is_top1: torch.Tensor | None = None
    label_mask: torch.Tensor | None = None
    entropy: torch.Tensor | None = None
    mean_logits: torch.Tensor | None = None


def score_answers(network: Any, *, more: bool = False) -> None:
    """Have a model of transformers tell how likely what it should say is, without logits for every place.

    `network(..., labels=labels, fused_lm_head=True)` gives `Scores`, all of them with `more`; without `fused_lm_head`, all is as it
    was. Only places with a label are scored, on every device; `add_fused_lm_head` of TRL 1.16, in whose place this stands, scores
    all where there is no Triton. The head is called as a module of the model, within its forward pass, so that whatever is wrapped
    around either of them is kept.
    """
    plain = network.forward

    @functools.wraps(type(network).forward)
    def forward(self: Any, *given: Any, fused_lm_head: bool = False, labels: torch.Tensor | None = None, **named: Any) -> Any:
        if not fused_lm_head or labels is None:
            return plain(*given, **named) if labels is None else plain(*given, labels=labels, **named)
        states = self.base_model(*given, **{**named, "use_cache": False}).last_hidden_state[:, :-1]
        wanted = labels[:, 1:].to(states.device)
        known = wanted != UNLEARNT
        told = scored(self.get_output_embeddings(), states[known], wanted[known], more=more)
        # `masked_scatter` keeps the network behind what it gives, also where nothing has a label
        placed = {name: one.new_zeros(known.shape).masked_scatter(known, one) for name, one in told.items()}
        return Scores(**placed, label_mask=known)

    network.forward = types.MethodType(forward, network)


def scored(head: Any, states: torch.Tensor, labels: torch.Tensor, *, more: bool = False) -> dict[str, torch.Tensor]:
    """Return how likely a head thinks some words are.

    At most `AT_ONCE` logits stand in memory: of more places, those of a part are computed again when its gradient is (Chen et al.
    2016, "Training deep nets with sublinear memory cost", arXiv 1604.06174), as Liger Kernel does of the head (Hsu et al. 2024,
    arXiv 2410.10989, section 3.2).

    Args:
        head: Gives (places, words) logits.
        states: (places, width); of the language model's last layer.
        labels: (places,) int64; the word that should be said at each.
        more: Whether to tell `entropy` and `mean_logits` as well, both without gradients.

    Returns:
        `log_probs` float32 and `is_top1` bool, whether no other word is likelier; each (places,).
    """
    at_once = max(1, AT_ONCE // head.out_features)
    if len(labels) <= at_once:
        return _scored(head, states, labels, more)
    parts = [
        checkpoint(_scored, head, *part, more, use_reentrant=False, preserve_rng_state=False)
        for part in zip(states.split(at_once), labels.split(at_once), strict=True)
    ]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _scored(head: Any, states: torch.Tensor, labels: torch.Tensor, more: bool) -> dict[str, torch.Tensor]:  # noqa: FBT001
    logits = head(states).float()
    told = {"log_probs": -torch.nn.functional.cross_entropy(logits, labels, reduction="none")}
    with torch.no_grad():  # behind what has a gradient, so that it is not computed again
        told["is_top1"] = logits.gather(1, labels[:, None])[:, 0] >= logits.amax(1)
        if more:
            logs = logits.log_softmax(1)
            told |= {"entropy": -(logs.exp() * logs).sum(1), "mean_logits": logits.mean(1)}
    return told
