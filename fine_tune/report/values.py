"""What is told of a stage that was run: its settings, its cost, what was logged, and how the model answered before and after."""

from __future__ import annotations

import importlib.metadata
import platform
import resource
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

import torch
from pydantic import BaseModel, ConfigDict

from docai.evaluation import Difference, Evaluation, compare
from fine_tune.stage import Family, Stage

PACKAGES: Final = ("docai", "torch", "transformers", "trl", "peft", "accelerate", "bitsandbytes")


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Cost(_Value):
    """What a stage took.

    Attributes:
        seconds: By the clock.
        steps: Of the optimiser.
        samples: That were learnt from.
        tokens: Of these, pictures included; None where they were not counted.
        peak_memory: Bytes at most; None where they were not measured.
        flops: Multiplications and additions, worked out; None where they were not.
        device: On which.
    """

    seconds: float
    steps: int
    samples: int
    tokens: int | None = None
    peak_memory: int | None = None
    flops: float | None = None
    device: str = ""


class StageResult(_Value):
    """A stage that was run.

    Attributes:
        stage: Its settings.
        family: Of the model.
        model: Which it began with.
        cost: What it took.
        history: What the trainer logged: a mapping for each time, with "step" and the values by the trainer's names.
        mixture: Samples learnt from, by source.
        faults: Of bad samples: file, line and reason, the first ones.
        fault_count: How many there were.
        versions: Of what it was made with.
        before, after: How the model answered held-out samples; None where it was not asked.
    """

    stage: Stage
    family: Family
    model: str
    cost: Cost
    history: tuple[dict[str, float], ...] = ()
    mixture: dict[str, int] = {}
    faults: tuple[str, ...] = ()
    fault_count: int = 0
    versions: dict[str, str] = {}
    before: Evaluation | None = None
    after: Evaluation | None = None

    @property
    def differences(self) -> tuple[Difference, ...]:
        """How far after is from before by each metric, with paired 95 % intervals; none where one was not asked."""
        return compare(self.before, self.after).differences if self.before and self.after else ()


def versions() -> dict[str, str]:
    """Return the versions of what models are trained with, as far as they are installed, and of Python."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def numbers_of(history: Iterable[Mapping[str, Any]]) -> tuple[dict[str, float], ...]:
    """Return what a trainer logged as a report takes it: numbers alone, and only of entries that tell their step."""
    kept = ({name: float(value) for name, value in entry.items() if isinstance(value, (int, float))} for entry in history)
    return tuple(entry for entry in kept if "step" in entry)


def peak_memory() -> int:
    """Return the most bytes that were held: on the GPU since its count was last set back, without one by this process ever."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    unit = 1 if sys.platform == "darwin" else 1024  # of getrusage(2)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
