"""How a stage is run: what TRL must know of it, and when a checkpoint is due."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import torch
from accelerate.utils import broadcast_object_list  # type: ignore[import-untyped]
from transformers import TrainerCallback
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.sft_config import SFTConfig

from fine_tune.losses import MPO
from fine_tune.model import learning
from fine_tune.progress import Shown
from fine_tune.stage import Stage

CHECKPOINTS: Final = "checkpoints"  # the folder of a stage's output that they are in
# Schedules of transformers by our names, and what they are told besides; "stable_decay" falls over the last fifth, which is
# within the 10 to 20 % that Hägele et al. 2024 (arXiv 2405.18392, section 4) find to be enough
SHAPES: Final = {"cosine": "cosine", "constant": "constant_with_warmup", "stable_decay": "warmup_stable_decay"}
DECAY: Final = 0.2
_CHECKPOINTING: Final = next(  # by its name in this version of transformers
    name for name in ("activation_checkpointing", "gradient_checkpointing") if name in SFTConfig.__dataclass_fields__
)
LOGGED: Final = 200  # times a stage tells how it goes, at most; each time waits for the device


@dataclass(frozen=True, slots=True)
class Options:
    """How a stage is run; but for `data`, nothing of it changes what is learned.

    Attributes:
        device: "auto" for a GPU where there is one.
        shown: What is told on stderr.
        save_steps: After how many steps a checkpoint is written; None for by time alone.
        save_minutes: After how many minutes at the latest; 0 for by steps alone.
        evaluate_steps: After how many steps the loss on held-out samples is told; None for a tenth of the stage.
        workers: Processes that draw and encode samples on each device; None for as many as there are cores for, up to 8, with a
            GPU, and none without, where the cores are busy.
        restart: Whether to remove what is there, and to begin anew.
        unmerged: Whether a second folder keeps small matrices beside the weights that they change.
        data: What tells the data from other data, such as a hash of its files.
    """

    device: Literal["auto", "cpu", "cuda"] = "auto"
    shown: Shown = "bar"
    save_steps: int | None = None
    save_minutes: float = 10.0
    evaluate_steps: int | None = None
    workers: int | None = None
    restart: bool = False
    unmerged: bool = False
    data: str = ""


def arguments_of(stage: Stage, output: Path, steps: int, sums: int, options: Options, *, evaluated: bool) -> Any:
    """Return what TRL must know of a stage."""
    workers = options.workers
    use_cpu = options.device == "cpu" or not torch.cuda.is_available()
    if workers is None:
        devices = max(1, torch.cuda.device_count())
        workers = 0 if use_cpu else min(8, (os.cpu_count() or 1) // devices)
    schedule = stage.schedule
    precision = stage.saving.precision
    if precision == "auto":
        known = not use_cpu and torch.cuda.is_bf16_supported(including_emulation=False)
        precision = "fp32" if use_cpu else "bf16" if known else "fp16"
    warmup = math.ceil(schedule.warmup * steps)
    decay = math.ceil(DECAY * steps)
    told = {"num_decay_steps": min(decay, steps - warmup), "decay_type": "linear", "min_lr_ratio": 0.0}
    common: dict[str, Any] = {
        "output_dir": str(output / CHECKPOINTS),
        "max_steps": steps,
        "per_device_train_batch_size": schedule.micro_batch,
        "per_device_eval_batch_size": schedule.micro_batch,
        "gradient_accumulation_steps": sums,
        "learning_rate": max(part.learning_rate for part in learning(stage).values()),
        "lr_scheduler_type": SHAPES[schedule.shape],
        "lr_scheduler_kwargs": told if schedule.shape == "stable_decay" else {},
        "warmup_steps": warmup,
        "max_grad_norm": schedule.clip,
        "seed": stage.seed,
        "use_cpu": use_cpu,
        "bf16": precision == "bf16",
        "fp16": precision == "fp16",
        _CHECKPOINTING: stage.saving.checkpointing,
        f"{_CHECKPOINTING}_kwargs": {"use_reentrant": False},
        "train_sampling_strategy": "sequential",
        "remove_unused_columns": False,
        "max_length": None,
        "dataloader_num_workers": workers,
        "dataloader_persistent_workers": workers > 0,
        "dataloader_pin_memory": not use_cpu,
        "ddp_find_unused_parameters": True,  # a batch without pictures leaves the vision tower without gradients
        "prediction_loss_only": True,
        "logging_steps": max(1, steps // LOGGED),
        "logging_nan_inf_filter": False,
        "disable_tqdm": True,
        "report_to": [],
        "save_strategy": "no",  # `Keeper` says when
        "eval_strategy": "steps" if evaluated else "no",
        "eval_steps": (options.evaluate_steps or max(1, steps // 10)) if evaluated else None,
    }
    if stage.loss.kind == "sft":
        return SFTConfig(**common, dataset_kwargs={"skip_prepare_dataset": True}, completion_only_loss=False)
    mixed = stage.loss.kind == "mpo"
    kinds, weights = [kind for kind, _ in MPO], [weight for _, weight in MPO]
    return DPOConfig(
        **common,
        beta=stage.loss.beta,
        loss_type=kinds if mixed else ["sigmoid"],
        loss_weights=weights if mixed else None,
    )


class Keeper(TrainerCallback):
    """Says when a checkpoint is due: after so many steps, after so many seconds, and at the end; on all devices alike."""

    def __init__(self, steps: int | None, seconds: float) -> None:
        """Save after so many steps, or None; and after so many seconds, or 0."""
        self.steps, self.seconds = steps, seconds
        self.last = time.monotonic()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Begin to count."""
        self.last = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Ask for a checkpoint where one is due."""
        due = state.global_step >= state.max_steps or (self.steps is not None and state.global_step % self.steps == 0)
        if not due and self.seconds > 0:
            due = time.monotonic() - self.last >= self.seconds
            if args.world_size > 1:  # clocks differ: the first process decides
                decided = [due]
                broadcast_object_list(decided, from_process=0)
                due = bool(decided[0])
        if due:
            self.last, control.should_save = time.monotonic(), True
