"""How long training takes: the products that a step is made of, and how many a second a device makes."""

from __future__ import annotations

import re
import time
from typing import Final

import torch
from pydantic import BaseModel, ConfigDict

from docai.errors import NothingToDo
from fine_tune.plan.needs import Row, hows, learning
from fine_tune.plan.shapes import Shapes
from fine_tune.stage import Stage

GPU_SHARE: Final = 0.35  # of the peak that training reaches: PaLM 0.46 (arXiv 2204.02311, table 3), less for a loop not compiled
NF4_SHARE: Final = 0.25  # the same where weights are unpacked from 4 or 8 bits for each product; a guess from QLoRA's 1.3 to 1.5 x
CPU_SHARE: Final = 0.5  # of the speed of one large product; a guess
SIDE: Final = 1024  # of the matrices that a CPU is tried with
TRIES: Final = 3


class Device(BaseModel):
    """What computes.

    Attributes:
        name: As it is called.
        memory: Its bytes; a GPU's gigabytes are taken as 10^9, of which drivers leave about so many of a "24 GB" card's 24 x 2^30.
        flops: Multiplications and additions a second at its best, dense, in 16 bits with sums in 32, or in 32 on a CPU; 0 where
            nobody tells, and then no time is told.
        bits: In which it computes.
        count: How many there are, alike, over which weights are shared out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    memory: int
    flops: float = 0.0
    bits: int = 16
    count: int = 1


# Peaks without sparsity, as published in NVIDIA's data sheets and architecture papers (Volta to Blackwell)
GPUS: Final = {
    "t4": Device(name="T4", memory=16 * 10**9, flops=65e12),
    "v100": Device(name="V100", memory=32 * 10**9, flops=125e12),
    "a10": Device(name="A10", memory=24 * 10**9, flops=125e12),
    "a40": Device(name="A40", memory=48 * 10**9, flops=149.7e12),
    "a100-40gb": Device(name="A100 40GB", memory=40 * 10**9, flops=312e12),
    "a100": Device(name="A100 80GB", memory=80 * 10**9, flops=312e12),
    "l4": Device(name="L4", memory=24 * 10**9, flops=121e12),
    "l40s": Device(name="L40S", memory=48 * 10**9, flops=362e12),
    "h100": Device(name="H100", memory=80 * 10**9, flops=989e12),
    "h200": Device(name="H200", memory=141 * 10**9, flops=989e12),
    "rtx3060": Device(name="RTX 3060", memory=12 * 10**9, flops=25.6e12),
    "rtx3090": Device(name="RTX 3090", memory=24 * 10**9, flops=71e12),
    "rtx4090": Device(name="RTX 4090", memory=24 * 10**9, flops=165.2e12),
    "rtx5090": Device(name="RTX 5090", memory=32 * 10**9, flops=209.5e12),
}
SEVERAL: Final = re.compile(r"([1-9]\d*)\s*x\s*(\D.*|\d.*)", re.IGNORECASE)
SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(gb|gib)?", re.IGNORECASE)


def device_of(told: str | None = None) -> Device:
    """Return a device: "24GB", the name of a GPU such as "RTX 4090", "cpu", or None for the best one of this machine.

    Several alike are told by their number: "8 x A100".

    Raises:
        NothingToDo: There is none of that name; the message lists those that are known.
    """
    if told is None:
        return _gpu_here() if torch.cuda.is_available() else _cpu_here()
    several = SEVERAL.fullmatch(told.strip())
    if several is not None:
        return Device(**{**device_of(several[2]).model_dump(), "count": int(several[1])})
    wanted = re.sub(r"nvidia|geforce|[\s_]", "", told.lower())
    if wanted == "cpu":
        return _cpu_here()
    if wanted in GPUS:
        return GPUS[wanted]
    size = SIZE.fullmatch(wanted)
    if size is None:
        raise NothingToDo(f"{told!r}: no such device; give its memory, such as 24GB, or cpu, or one of {', '.join(GPUS)}")
    unit = 2**30 if (size[2] or "").lower() == "gib" else 10**9
    return Device(name=f"a GPU of {size[1]} {'GiB' if unit == 2**30 else 'GB'}", memory=round(float(size[1]) * unit))


def _gpu_here() -> Device:
    """Return the first GPU of this machine, with its peak where it is known."""
    found = torch.cuda.get_device_properties(0)
    name = re.sub(r"[^a-z0-9]", "", found.name.lower())
    known = max((key for key in GPUS if key.split("-")[0] in name), key=len, default="")
    return Device(name=found.name, memory=found.total_memory, flops=GPUS[known].flops if known else 0.0)


def _cpu_here() -> Device:
    return Device(name="CPU", memory=_free_memory(), flops=matmul_speed(), bits=32)


def _free_memory() -> int:
    """Return the bytes of memory that processes can have; all of it where the system does not tell what is free."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:  # noqa: PTH123  # a file of the system
            told = dict(line.split(":", 1) for line in file)
        return int(told["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return 8 * 10**9  # a small laptop's


def matmul_speed() -> float:
    """Return the multiplications and additions a second of a product of float32 matrices, the best of three; takes milliseconds."""
    one, other = torch.rand(2, SIDE, SIDE).unbind()
    best = float("inf")
    for _ in range(TRIES + 1):  # the first wakes threads
        start = time.perf_counter()
        torch.mm(one, other)
        best = min(best, time.perf_counter() - start)
    return 2 * SIDE**3 / best


def step_flops(stage: Stage, shapes: Shapes, row: Row) -> float:
    """Return the multiplications and additions of one way forth and back of a row.

    Each weight of a product costs 2 for a token forth, 2 back to what came before it, and 2 for its own gradient where it learns
    (6 N D in all, Kaplan et al. 2020, arXiv 2001.08361, section 2.1); a layer that is computed again 2 more. So 4 N D where
    gradients only pass, and 2 N D where nothing before learns. Attention multiplies each token with those before it, or with all
    of its tile: 4 x width a pair and layer, and twice that back. DPO asks the model as it was as well: 2 more.
    """
    how, numbers = hows(stage), learning(stage, shapes)
    again = 2 if stage.saving.checkpointing else 0
    judged = 2 if stage.loss.kind != "sft" else 0
    vision, language = shapes.vision, shapes.language
    patches = row.tiles * shapes.patches
    parts = shapes.parameters
    tower = {"frozen": 2, "passed": 4 + again, "full": 6 + again, "lora": 4 + again}
    total = patches * tower[how["vision"]] * parts["vision"].matrices
    total += row.tiles * shapes.tokens * tower[how["projector"]] * parts["projector"].total
    total += row.tokens * (tower[how["language"]] + judged) * parts["language"].matrices
    total += row.tokens * (6 + again) * sum(numbers[part] for part in numbers if how[part] == "lora")
    head = shapes.vocabulary * language.hidden
    total += row.answers * (8 if how["words"] == "full" else 6) * head  # its logits are computed again on the way back
    seen = patches * shapes.patches * 4 * vision.attended * vision.layers
    read = row.tokens * row.tokens / 2 * 4 * language.attended * language.layers
    return total + seen * (1 if how["vision"] == "frozen" else 3 + again / 2) + read * (3 + again / 2 + judged / 2)


def speed(device: Device, stage: Stage) -> float:
    """Return the multiplications and additions a second that training is taken to make; 0 where the device's peak is not known."""
    packed = stage.adapter is not None and stage.adapter.base != "none"
    share = CPU_SHARE if device.bits == 32 else NF4_SHARE if packed else GPU_SHARE
    return device.flops * share
