"""Print what the training loop costs over a bare one: the same model, the same batches, the same optimiser.

A bare loop is: loss of the model's own forward, backward, clip, step. Both take batches that are ready, so that drawing and
encoding, which processes of their own do beside, are in neither; `--drawn` has the loop draw and encode them as it goes along.
`ratio` is samples a second of the loop by those of the bare one, the median over rounds, in each of which both run in turns and
the order changes. On a CPU, seconds are those of the processor, so that others on the machine count less: set OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import PrinterCallback, TrainerCallback

sys.path.insert(0, str(Path(__file__).parent.parent))  # for tests.tiny_models, whose tokenizers serve here
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from tiny_models import tiny_internvl
from trained_models import FULL, a_stage, talks

from fine_tune.arguments import Options, arguments_of
from fine_tune.losses import weight_of
from fine_tune.mixture import Mixture
from fine_tune.model import learnt, open_to_learn
from fine_tune.optimizers import optimizer_of
from fine_tune.progress import Telling
from fine_tune.stage import Stage
from fine_tune.train import collator_of, positions_of, trainer_of

WARM = 2  # steps before the clock runs
TARGET = 0.9


def now(device: torch.device) -> float:
    """Return seconds: of the processor, or of the wall once a GPU has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


class Clock(TrainerCallback):
    """Looks at the clock after the warm steps and at the end."""

    def __init__(self, device: torch.device) -> None:
        """Measure on a device."""
        self.device, self.began, self.ended = device, 0.0, 0.0

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Begin."""
        if state.global_step == WARM:
            self.began = now(self.device)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """End."""
        self.ended = now(self.device)


def bare(stage: Stage, folder: Path, batches: list[dict[str, torch.Tensor]], device: torch.device) -> float:
    """Return the seconds that a bare loop takes."""
    network = open_to_learn(folder, stage, device).network.to(device).train()
    optimizer = optimizer_of(network, stage)
    parameters = [parameter for _, parameter in learnt(network)]
    began = 0.0
    for number, batch in enumerate(batches):
        if number == WARM:
            began = now(device)
        given = {name: tensor.to(device) for name, tensor in batch.items() if name != "weights"}
        loss = network(**given, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, stage.schedule.clip)
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
    return now(device) - began


def looped(stage: Stage, folder: Path, made: Callable[[Any], Any], steps: int, device: torch.device) -> float:
    """Return the seconds that the loop takes, its logs included."""
    with tempfile.TemporaryDirectory() as output:
        options = Options(device="cpu" if device.type == "cpu" else "cuda", shown="none", workers=0)
        arguments = arguments_of(stage, Path(output), steps, 1, options, evaluated=False)
        opened = open_to_learn(folder, stage, device)
        clock, telling = Clock(device), Telling("benchmark", "none", Path(output), stage.schedule.batch)
        more = {"train_dataset": positions_of(steps * stage.schedule.batch, held_out=False), "callbacks": [telling, clock]}
        trainer = trainer_of(stage, opened, arguments, made, more)
        trainer.remove_callback(PrinterCallback)
        telling.counted = trainer.counted
        trainer.train()
    return clock.ended - clock.began


def main() -> int:
    """Run the comparison; return 1 where the loop is slower than it may be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--drawn", action="store_true", help="have the loop draw and encode its batches")
    asked = parser.parse_args()
    device = torch.device(asked.device)
    with tempfile.TemporaryDirectory() as place:
        folder = tiny_internvl(place)
        stage = a_stage(
            trains={"vision": FULL, "projector": FULL, "language": FULL},
            schedule={"steps": asked.steps + WARM, "batch": asked.batch, "micro_batch": asked.batch},
        )
        opened = open_to_learn(folder, stage, device)
        collator = collator_of(stage, opened.words, Mixture({"own": talks(64, pictures=64)}, stage.mixture, 0))
        steps = asked.steps + WARM
        batches = [collator([{"position": step * asked.batch + place} for place in range(asked.batch)]) for step in range(steps)]
        assert all(weight_of([batch]) > 0 for batch in batches)

        def ready(rows: Any) -> Any:
            return batches[rows[0]["position"] // asked.batch]

        pairs = []
        for number in range(asked.rounds):
            ways = [
                lambda: bare(stage, folder, batches, device),
                lambda: looped(stage, folder, collator if asked.drawn else ready, steps, device),
            ]
            taken = [way() for way in (ways if number % 2 else ways[::-1])]
            pairs.append(taken if number % 2 else taken[::-1])
    samples = asked.steps * asked.batch
    ratio = statistics.median(simple / loop for simple, loop in pairs)
    told = {
        "bare_samples_per_s": round(samples / statistics.median(simple for simple, _ in pairs), 2),
        "loop_samples_per_s": round(samples / statistics.median(loop for _, loop in pairs), 2),
        "ratio": round(ratio, 3),
        "rounds": [round(simple / loop, 3) for simple, loop in pairs],
        "target": TARGET,
    }
    print(json.dumps(told))
    return 0 if ratio >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
