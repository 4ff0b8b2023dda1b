"""What is told while a model learns: a bar, or JSON lines, on stderr; curves for TensorBoard."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from torch.utils.tensorboard import SummaryWriter
from transformers import TrainerCallback

from fine_tune.trainers import Counted, check_finite

Shown = Literal["bar", "json", "none"]
TOLD: Final = {  # names in TRL's logs, and in ours
    "loss": "loss",
    "eval_loss": "held_out_loss",
    "grad_norm": "gradient_norm",
    "learning_rate": "learning_rate",
    "token_accuracy": "token_accuracy",
    "glyph_loss": "glyph_loss",
    "rewards/margins": "margin",
    "rewards/accuracies": "preferred",
    "eval_rewards/margins": "held_out_margin",
    "eval_rewards/accuracies": "held_out_preferred",
}


class Telling(TrainerCallback):
    """Tells how training goes, on the process that leads.

    `tokens_per_s` and `samples_per_s` are of all devices, since the last time that they were told; tokens are those that are no
    filling, pictures' included.
    """

    def __init__(self, name: str, shown: Shown, folder: Path, batch: int) -> None:
        """Tell of the stage `name` with `batch` samples a step; curves go to `folder`."""
        self.name, self.shown, self.folder, self.batch = name, shown, folder, batch
        self.counted: Counted | None = None
        self.console = Console(stderr=True)
        self.bar: Progress | None = None
        self.task = TaskID(0)
        self.writer: Any = None
        self.last: tuple[float, int, int] = (0.0, 0, 0)  # seconds, step and tokens, when it was last told
        self.began: tuple[float, int] = (0.0, 0)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Begin the bar and the curves; curves that a kill left too long are cut to where training goes on."""
        now = time.perf_counter()
        self.last, self.began = (now, state.global_step, 0), (now, state.global_step)
        if not state.is_world_process_zero:
            return
        self.writer = SummaryWriter(str(self.folder), purge_step=state.global_step + 1 if state.global_step else None)
        if self.shown == "bar":
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[told]}"),
            )
            self.bar = Progress(*columns, console=self.console)
            self.task = self.bar.add_task(self.name, total=state.max_steps, completed=state.global_step, told="")
            self.bar.start()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Move the bar on."""
        if self.bar is not None:
            self.bar.update(self.task, completed=state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **_: Any) -> None:
        """Tell what is known of a step.

        Raises:
            Diverged: The loss is no number any more.
        """
        told = {name: float(logs[known]) for known, name in TOLD.items() if logs and known in logs}
        if "loss" in told:
            check_finite(told["loss"], state.global_step)
            told |= self._speeds(args, state)
        if not told or not state.is_world_process_zero:
            return
        if self.writer is not None:
            for name, value in told.items():
                self.writer.add_scalar(name, value, state.global_step)
        if self.bar is not None:
            words = (f"{name.replace('_', ' ')} {value:.4g}" for name, value in told.items() if name in _BAR)
            self.bar.update(self.task, told=", ".join(words))
        elif self.shown == "json":
            line = {"stage": self.name, "step": state.global_step, "steps": state.max_steps, **told}
            sys.stderr.write(json.dumps(line) + "\n")
            sys.stderr.flush()

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """End the bar and the curves."""
        self.close()

    def close(self) -> None:
        """End the bar and the curves, also when something went wrong."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
        if self.writer is not None:
            self.writer.close()
            self.writer = None

    def _speeds(self, args: Any, state: Any) -> dict[str, float]:
        now = time.perf_counter()
        tokens = int(self.counted.tokens) if self.counted is not None else 0
        seconds, steps = max(1e-9, now - self.last[0]), state.global_step - self.last[1]
        done = max(1, state.global_step - self.began[1])
        left = (now - self.began[0]) / done * (state.max_steps - state.global_step)
        speeds = {
            "tokens_per_s": (tokens - self.last[2]) * args.world_size / seconds,
            "samples_per_s": steps * self.batch / seconds,
            "seconds_left": left,
        }
        self.last = (now, state.global_step, tokens)
        return speeds


_BAR: Final = frozenset({"loss", "held_out_loss", "margin", "tokens_per_s", "samples_per_s"})
