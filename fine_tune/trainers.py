"""TRL's trainers, taught which parts learn at which rates, how samples count, and to write checkpoints that survive a kill."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from trl.trainer.dpo_trainer import DPOTrainer
from trl.trainer.sft_trainer import SFTTrainer

from docai.errors import DocaiError
from fine_tune.checkpoints import keep, mark_whole
from fine_tune.losses import score_answers, weight_of, weighted
from fine_tune.model import learnt
from fine_tune.optimizers import optimizer_of
from fine_tune.stage import Stage

LEARNED: Final = "learned.safetensors"  # in a checkpoint: the tensors that learn, by their names in the network
KEPT: Final = 2  # checkpoints; the last, and the one before while the last is written
REFERENCE: Final = "ref"  # the adapter that TRL adds beside one that is given to it


class Diverged(DocaiError):
    """The loss is no number any more; the message tells from where to go on, and with what."""


class Counted:
    """What was learned from since training began on this machine: tokens stay on the device until they are asked for."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.tokens: torch.Tensor | int = 0
        self.correct: torch.Tensor | int = 0
        self.learnt: torch.Tensor | int = 0
        self.letters: list[torch.Tensor] = []  # losses, of batches, since they were last told

    def add(self, inputs: Mapping[str, Any]) -> None:
        """Count the tokens of a batch: those that are no filling, or all where samples share rows."""
        mask = inputs.get("attention_mask")
        self.tokens = self.tokens + (inputs["input_ids"].numel() if mask is None else mask.sum())


class _Loop:
    """What is the same for all losses; stands before a trainer of TRL."""

    stage: Stage
    counted: Counted
    accelerator: Any
    args: Any
    model: Any
    optimizer: torch.optim.Optimizer | None
    state: Any
    _tr_loss: torch.Tensor

    def __init__(self, stage: Stage, model: Any, **kwargs: Any) -> None:
        """Train a model by a stage; the rest is as TRL has it."""
        self.stage, self.counted = stage, Counted()
        before = {name: parameter.data for name, parameter in learnt(model)}
        super().__init__(model=model, **kwargs)  # type: ignore[call-arg]  # of the trainer behind
        for name, parameter in model.named_parameters():
            # TRL 1.16 brings what learns beside quantised weights to bfloat16, which loses steps smaller than 1/256 of a weight
            if name in before and parameter.dtype != before[name].dtype:
                parameter.data = before[name].to(parameter.device)

    def _send_telemetry(self) -> None:
        """Tell nobody that somebody trains."""

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """Write no page about the model with each checkpoint."""

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Return the stage's optimiser, with the rates of its parts."""
        if self.optimizer is None:
            self.optimizer = optimizer_of(self.model if model is None else model, self.stage)
        return self.optimizer

    def _save(self, output_dir: str | None = None, state_dict: dict[str, torch.Tensor] | None = None) -> None:
        """Write what learns, and nothing that stays as it was."""
        if not self.args.should_save:
            return
        folder = Path(output_dir or self.args.output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        own = self.accelerator.unwrap_model(self.model)
        whole = state_dict if state_dict is not None else dict(own.named_parameters())
        tensors = {name: whole[name].detach().cpu().contiguous() for name, _ in learnt(own) if name in whole}
        save_file(tensors, folder / LEARNED, metadata={"format": "pt"})

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        if not (Path(resume_from_checkpoint) / LEARNED).is_file() or getattr(self, "is_fsdp_enabled", False):
            super()._load_from_checkpoint(resume_from_checkpoint, model)  # type: ignore[misc]  # of the trainer behind
            return
        own = dict(learnt(self.model))
        stored = load_file(Path(resume_from_checkpoint) / LEARNED)
        if set(stored) != set(own):
            raise Diverged(f"{resume_from_checkpoint} holds other tensors than learn in this stage; begin anew with --restart")
        with torch.no_grad():
            for name, tensor in stored.items():
                own[name].copy_(tensor)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Write a checkpoint and, when all of it is there, say so; then remove the older ones.

        Raises:
            Diverged: The loss is no number any more; nothing is written then.
        """
        check_finite(float(self._tr_loss), self.state.global_step)
        super()._save_checkpoint(model, trial)  # type: ignore[misc]  # of the trainer behind
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            folder = Path(self.args.output_dir)
            mark_whole(folder / f"checkpoint-{self.state.global_step}", self.state.global_step)
            keep(folder, KEPT)
        self.accelerator.wait_for_everyone()


class SupervisedTrainer(_Loop, SFTTrainer):
    """Learns answers, each token by its weight; of what the head says, a part stands in memory at once (`score_answers`)."""

    loss_is_scaled_for_ga: Any = True  # by the weight of all that makes up a step, see `_get_num_items_in_batch`

    def __init__(self, stage: Stage, model: Any, **kwargs: Any) -> None:
        """Train a model by a stage; the rest is as TRL has it."""
        super().__init__(stage, model, **kwargs)
        score_answers(own_network(model))

    def _get_num_items_in_batch(self, batch_samples: list[dict[str, torch.Tensor]], device: torch.device) -> torch.Tensor | None:
        """Return the weight of all that makes up a step, on all devices."""
        if not batch_samples:
            return None
        total = weight_of(batch_samples).to(device)
        return self.accelerator.gather(total).sum() if self.args.world_size > 1 else total

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: Any = False,  # noqa: FBT002  # the trainer's signature
        num_items_in_batch: Any = None,
    ) -> Any:
        """Return the weighted loss of a batch, as its share of a step; `num_items_in_batch` is the weight of the whole step."""
        given = {name: value for name, value in inputs.items() if name != "weights"}
        outputs = model(**given, use_cache=False, fused_lm_head=True)
        loss = weighted(outputs.log_probs, inputs["weights"])
        if num_items_in_batch is None:
            loss = loss / weight_of([inputs]).clamp(min=torch.finfo(torch.float32).tiny)
        else:  # gradients are averaged over devices
            loss = loss / num_items_in_batch.clamp(min=torch.finfo(torch.float32).tiny) * self.accelerator.num_processes
        if self.model.training:
            self.counted.add(inputs)
            self.counted.correct = self.counted.correct + outputs.is_top1.sum()
            self.counted.learnt = self.counted.learnt + outputs.label_mask.sum()
        return (loss, outputs) if return_outputs else loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Note what is told of a step, with the share of tokens that were the likeliest."""
        if "loss" in logs and self.model.training:
            known = max(1, int(self.counted.learnt))
            logs["token_accuracy"] = int(self.counted.correct) / known
            self.counted.correct = self.counted.learnt = 0
        super().log(logs, start_time)


class PreferenceTrainer(_Loop, DPOTrainer):
    """Learns to prefer one answer over another, as far as the model that it began with allows."""

    def __init__(self, stage: Stage, model: Any, **kwargs: Any) -> None:
        """Train a model by a stage; the rest is as TRL has it."""
        super().__init__(stage, model, **kwargs)
        if isinstance(model, PeftModel) and REFERENCE in model.peft_config:
            model.delete_adapter(REFERENCE)  # the model without any adapter is the same, and takes no memory
        score_answers(own_network(model), more=True)  # of which TRL tells in its log
        if self.ref_model is not None:
            score_answers(self.accelerator.unwrap_model(self.ref_model))

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        """Leave the positions as they are; samples are drawn by the collator."""
        return dataset

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: Any = False,  # noqa: FBT002  # the trainer's signature
        num_items_in_batch: Any = None,
    ) -> Any:
        """Return the loss of a batch of preferences."""
        if self.model.training:
            self.counted.add(inputs)
        return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)  # type: ignore[no-untyped-call]


def own_network(model: Any) -> Any:
    """Return the model of transformers, within PEFT's or by itself."""
    return model.get_base_model() if isinstance(model, PeftModel) else model


def check_finite(loss: float, step: int) -> None:
    """Check that a loss is a number.

    Raises:
        Diverged: It is not.
    """
    if not math.isfinite(loss):
        raise Diverged(
            f"the loss is no number any more at step {step}; lower the learning rates (--set trains.language.learning_rate=…), use "
            "--set saving.precision=bf16 or fp32 instead of fp16, and go on from the last checkpoint by the same command"
        )
