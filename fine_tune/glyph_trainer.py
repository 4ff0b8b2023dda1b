"""Letters learnt beside answers: a head that stands at a model's projector while it learns, and never in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from accelerate import PartialState  # type: ignore[import-untyped]
from safetensors.torch import load_file, save_file

from fine_tune.glyphs import GlyphHead, Overheard
from fine_tune.model import Opened, Untrainable
from fine_tune.trainers import SupervisedTrainer, own_network

GLYPH_HEAD: Final = "glyph_head.safetensors"  # beside the folder of the model that it learnt with
NAME: Final = "glyph_head"


def new_glyph_head(width: int, seed: int, kept: Path | None = None) -> GlyphHead:
    """Return a head for features of a width: the same for the same seed, or as it was kept in a file, if it is there."""
    torch_state = torch.random.get_rng_state()
    try:
        torch.manual_seed(seed)
        head = GlyphHead(width)
    finally:
        torch.random.set_rng_state(torch_state)
    if kept is not None and kept.is_file():
        head.load_state_dict(load_file(kept))
    return head


def add_glyph_head(opened: Opened, seed: int, kept: Path | None = None) -> None:
    """Put a head beside a model that is about to learn; it learns as the projector does.

    Raises:
        Untrainable: The model's features do not lie as the head needs them.
    """
    own, config = own_network(opened.network), opened.words.config
    if config.model_type != "internvl":
        raise Untrainable(
            f"loss.glyphs is for models of InternVL's kind, such as nano, and not for {config.model_type}; set it to 0"
        )
    if PartialState().num_processes > 1:
        raise Untrainable(
            "loss.glyphs is for models so small that one process trains them; set it to 0, or start without a launcher"
        )
    own.add_module(NAME, new_glyph_head(config.get_text_config().hidden_size, seed, kept).to(own.device))


def keep_glyph_head(learned: Mapping[str, torch.Tensor], target: Path) -> dict[str, torch.Tensor]:
    """Return what a model learnt without the head beside it, which is written to a file, if there is one."""
    told = {name: name.partition(f"{NAME}.") for name in learned}
    head = {behind: learned[name] for name, (_, found, behind) in told.items() if found}
    if head:
        save_file(head, target, metadata={"format": "pt"})
    return {name: tensor for name, tensor in learned.items() if not told[name][1]}


class GlyphTrainer(SupervisedTrainer):
    """Learns answers, and by a head at the projector which letter covers each place of the pictures."""

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: Any = False,  # noqa: FBT002  # the trainer's signature
        num_items_in_batch: Any = None,
    ) -> Any:
        """Return the loss of a batch's answers, and while the model learns that of its letters times the stage's weight."""
        labels = inputs.get("glyphs")
        given = {name: value for name, value in inputs.items() if name != "glyphs"}
        own = own_network(self.accelerator.unwrap_model(model))
        with Overheard(own.model.multi_modal_projector) as heard:
            loss, outputs = super().compute_loss(model, given, True, num_items_in_batch)  # noqa: FBT003
        if self.model.training and labels is not None and heard.features is not None:
            letters = own.glyph_head.loss(heard.features, labels)
            self.counted.letters.append(letters.detach())
            loss = loss + self.stage.loss.glyphs * letters / self.args.gradient_accumulation_steps
        return (loss, outputs) if return_outputs else loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Note what is told of a step, with the mean loss of letters, which is part of the loss."""
        if "loss" in logs and self.counted.letters:
            logs["glyph_loss"] = float(torch.stack(self.counted.letters).mean())
            self.counted.letters.clear()
        super().log(logs, start_time)
