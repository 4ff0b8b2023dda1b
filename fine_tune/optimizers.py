"""What changes the weights: rates by part of the model, and the optimisers that stages name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, overload

import torch
from bitsandbytes.optim.adamw import AdamW8bit

from fine_tune.model import ADAPTER, learning, learnt, part_of
from fine_tune.stage import Stage

BETAS: Final = (0.9, 0.999)  # of AdamW; the defaults of its authors (Loshchilov and Hutter 2019, arXiv 1711.05101), and of LLaVA's
# Times the rate of a part, for its matrices under Muon: 0.02 beside 0.001 of AdamW (Jordan et al. 2024, "Muon: An optimizer for
# hidden layers", kellerjordan.github.io/posts/muon, for the first), as for `adjust_lr_fn="original"`
MUON_RATE: Final = 20.0
MUON_MOMENTUM: Final = 0.95  # of the same authors
NOT_HIDDEN: Final = (
    "embed",
    "lm_head",
    ADAPTER,
    "glyph_head.begins",
    "glyph_head.vowel",
    "glyph_head.final",
)  # in names of matrices that Muon is not for


class MuonAndAdamW(torch.optim.Optimizer):
    """Muon for hidden matrices and AdamW for the rest, as one optimiser: one state to save, one schedule of rates.

    Groups with "muon": True are of the first kind. Each of the two works on this one's own groups and state.
    """

    def __init__(self, groups: Iterable[dict[str, Any]]) -> None:
        """Take groups with "params", "lr", "weight_decay" and "muon"."""
        told = list(groups)
        self._kinds = {True: self._muon(_of(told, muon=True)), False: self._adamw(_of(told, muon=False))}
        whole = [{**group, "muon": muon} for muon, kind in self._kinds.items() if kind is not None for group in kind.param_groups]
        super().__init__(whole, {})

    @staticmethod
    def _muon(groups: list[dict[str, Any]]) -> torch.optim.Optimizer | None:
        if not groups:
            return None
        return torch.optim.Muon(groups, momentum=MUON_MOMENTUM, nesterov=True, adjust_lr_fn="original")

    @staticmethod
    def _adamw(groups: list[dict[str, Any]]) -> torch.optim.Optimizer | None:
        return torch.optim.AdamW(groups, betas=BETAS) if groups else None

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Change the weights once; return what `closure`, called first, returns."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for muon, kind in self._kinds.items():
            if kind is not None:
                kind.param_groups = [group for group in self.param_groups if group["muon"] is muon]
                kind.state = self.state
                kind.step()
        return loss


def _of(groups: list[dict[str, Any]], *, muon: bool) -> list[dict[str, Any]]:
    return [{key: value for key, value in group.items() if key != "muon"} for group in groups if group["muon"] is muon]


def groups_of(network: torch.nn.Module, stage: Stage) -> list[dict[str, Any]]:
    """Return the parameters that learn in groups: by part, whether they decay, and whether Muon is for them.

    Each has "name", "params", "lr", "weight_decay" and "muon". Norms and biases do not decay, as is usual since BERT.
    """
    parts = learning(stage)
    groups: dict[str, dict[str, Any]] = {}
    for name, parameter in learnt(network):
        part = part_of(name)
        decays = parameter.ndim > 1 and "norm" not in name and not name.endswith("bias")
        hidden = parameter.ndim == 2 and decays and not any(word in name for word in NOT_HIDDEN)
        muon = stage.schedule.optimizer == "muon" and hidden
        label = f"{part}{'/muon' if muon else ''}{'' if decays else '/undecayed'}"
        group = groups.setdefault(
            label,
            {
                "name": label,
                "params": [],
                "lr": parts[part].learning_rate * (MUON_RATE if muon else 1.0),
                "weight_decay": stage.schedule.weight_decay if decays else 0.0,
                "muon": muon,
            },
        )
        group["params"].append(parameter)
    return list(groups.values())


def optimizer_of(network: torch.nn.Module, stage: Stage) -> torch.optim.Optimizer:
    """Return the optimiser of a stage over the parameters of a network that learn."""
    groups = groups_of(network, stage)
    if stage.schedule.optimizer == "muon":
        return MuonAndAdamW(groups)
    plain = [{key: value for key, value in group.items() if key != "muon"} for group in groups]
    if stage.schedule.optimizer == "adamw_8bit":
        made: Any = AdamW8bit  # its constructor has no types
        eight_bits: torch.optim.Optimizer = made(plain, betas=BETAS)
        return eight_bits
    return torch.optim.AdamW(plain, betas=BETAS)
