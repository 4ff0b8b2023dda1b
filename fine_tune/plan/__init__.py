"""What training will take, before a weight is loaded: what learns, tokens, steps, memory and time; and what would make it fit.

Memory is that of the dearest row that a stage allows, full of pictures; steps and time go by the samples as they are on average.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from docai.errors import DocaiError, ExitCode
from fine_tune.plan.durations import Device, speed, step_flops
from fine_tune.plan.needs import Memory, Row, hows, learning, memory
from fine_tune.plan.shapes import Pictured, Shapes, most_tiles_in, pictured
from fine_tune.samples import BadSample, Sample, Source
from fine_tune.stage import Family, Stage

TEXT: Final = 400  # tokens of question and answer of a sample where no data are looked at: half a page of print
ANSWERED: Final = 300  # of these, the answer's
MOST_CHANGES: Final = 4  # that are tried together
MOST_TOLD: Final = 3  # remedies
MOST_DEVICES: Final = 64
SMALLER: Final = ((6, 4096), (4, 4096), (4, 2048), (1, 2048))  # tiles and tokens that are tried


class DoesNotFit(DocaiError):
    """A stage takes more memory than there is; the message tells what would make it fit."""

    exit_code = ExitCode.OVER_LIMIT


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataFacts(_Value):
    """What is known of the data.

    Attributes:
        samples: How many there are, by the sources' names in mixtures ("own", "text", "pairs"); drawn ones never end.
        tiles: That the vision tower is given of a sample on average; None for the most that a stage allows of one picture.
        tokens: Of the language model that a sample is on average, pictures included; None for the most of a picture and `TEXT`.
        answers: Of these, the answers'.
    """

    samples: dict[str, int] = {}
    tiles: float | None = None
    tokens: float | None = None
    answers: float = ANSWERED


class PartPlan(_Value):
    """A part of the model: numbers in its weights, how many learn, and how."""

    name: str
    total: int
    learning: int
    how: Literal["full", "lora", "passed", "frozen"]


class StagePlan(_Value):
    """What a stage takes.

    Attributes:
        samples: That are seen in all; None where nobody can tell, and then no steps are told.
        tokens: Of a sample, on average.
        tiles: Of a sample, on average.
        row_tokens: Of the dearest row that goes through a device at once.
        row_tiles: Its tiles.
        step_tokens: That a step of the optimiser learns from, on average.
        steps: Of the optimiser.
        memory: Of one device.
        fits: Whether that is no more than the device has.
        flops: Of all steps.
        seconds: That they take; None where the device's speed or the steps are not known.
        remedies: Changes that make it fit, the smallest first; empty where it fits.
        warnings: What is to be known beside that.
    """

    number: int
    name: str
    parts: tuple[PartPlan, ...]
    samples: int | None
    tokens: float
    tiles: float
    row_tokens: int
    row_tiles: int
    step_tokens: float
    steps: int | None
    memory: Memory
    fits: bool
    flops: float | None
    seconds: float | None
    remedies: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def learning(self) -> int:
        """Return how many numbers learn."""
        return sum(part.learning for part in self.parts)


class Plan(_Value):
    """What some stages take on a device, or on several alike."""

    model: str
    family: Family
    device: Device
    stages: tuple[StagePlan, ...]

    def check(self) -> None:
        """Return nothing where all stages fit.

        Raises:
            DoesNotFit: One does not; the message tells what would.
        """
        for stage in self.stages:
            if not stage.fits:
                what = "; or ".join(stage.remedies) or "a larger device"
                raise DoesNotFit(
                    f"stage {stage.number} ({stage.name}) takes {gigabytes(stage.memory.total)} of memory and {self.device.name} "
                    f"has {gigabytes(self.device.memory)}; what would fit: {what}"
                )


def plan(
    stages: Sequence[Stage],
    shapes: Shapes,
    family: Family,
    device: Device,
    *,
    facts: DataFacts = DataFacts(),  # noqa: B008  # frozen
) -> Plan:
    """Return what stages take on a device, or on several alike over which weights are shared out; nothing is loaded.

    Args:
        stages: As `read_stage` gives them.
        shapes: Of the model, from `fine_tune.plan.shapes.read_shapes`.
        family: Of the model.
        device: From `fine_tune.plan.durations.device_of`.
        facts: What is known of the data, from `facts_of`.
    """
    planned = tuple(_planned(stage, shapes, device, facts) for stage in stages)
    return Plan(model=shapes.name, family=family, device=device, stages=planned)


def facts_of(sources: Mapping[str, Source], measure: Callable[[Sample], tuple[int, int, int]], looked_at: int = 64) -> DataFacts:
    """Return what is known of the data, by looking at some samples, evenly spread over those of the first source that has any.

    Args:
        sources: The data given, by the names of mixtures.
        measure: Returns the tiles, the tokens and the answers' tokens of a sample, as it is encoded for training.
        looked_at: How many samples are looked at; bad ones tell nothing.
    """
    counts = {name: source.count for name, source in sources.items() if source.count is not None}
    first = next((sources[name] for name, count in counts.items() if count), None)
    measured = list(_measured(first, measure, looked_at)) if first is not None else []
    if not measured:
        return DataFacts(samples=counts)
    tiles, tokens, answers = (sum(column) / len(measured) for column in zip(*measured, strict=True))
    return DataFacts(samples=counts, tiles=tiles, tokens=tokens, answers=answers)


def _measured(source: Source, measure: Callable[[Sample], tuple[int, int, int]], most: int) -> Iterator[tuple[int, int, int]]:
    count = source.count or 0
    for number in sorted({place * count // most for place in range(most)} if count > most else range(count)):
        with suppress(BadSample):  # told with file and line where it is trained on
            yield measure(source.sample(number))


def seen_samples(stage: Stage, samples: Mapping[str, int]) -> int | None:
    """Return how many samples a stage sees in all: the steps given, or so many that the user's own are seen as often as asked.

    Where the mixture has none of the user's own, the first of its sources that ends is counted; None where none does.
    """
    if stage.schedule.steps is not None:
        return stage.schedule.steps * stage.schedule.batch
    whole = sum(stage.mixture.values())
    for name in ("own", *stage.mixture):
        weight, count = stage.mixture.get(name, 0), samples.get(name, 0)
        if weight > 0 and count:
            return math.ceil(stage.schedule.epochs * count * whole / weight)
    return None


def _row(stage: Stage, shapes: Shapes) -> Row:
    """Return the dearest row that a device is given at once: as long as is allowed, and full of tiles."""
    sight, rows = stage.sight, stage.schedule.micro_batch * (1 if stage.loss.kind == "sft" else 2)  # the better and the worse
    dearest = pictured(shapes, sight.tiles)
    tiles = most_tiles_in(shapes, sight.tiles, sight.tokens) if sight.pack else dearest.tiles
    answers = max(sight.tokens - min(dearest.tokens, sight.tokens), min(sight.tokens, TEXT))
    return Row(tokens=rows * sight.tokens, answers=rows * answers, tiles=rows * max(tiles, 1), masked=sight.pack)


def _planned(stage: Stage, shapes: Shapes, device: Device, facts: DataFacts) -> StagePlan:
    row = _row(stage, shapes)
    how, numbers = hows(stage), learning(stage, shapes)
    needed = _needed(stage, shapes, device)
    dearest = pictured(shapes, stage.sight.tiles)
    tiles = facts.tiles if facts.tiles is not None else dearest.tiles
    tokens = min(facts.tokens if facts.tokens is not None else dearest.tokens + TEXT, stage.sight.tokens)
    samples = seen_samples(stage, facts.samples)
    steps = None if samples is None else math.ceil(samples / stage.schedule.batch)
    pair = 1 if stage.loss.kind == "sft" else 2
    one = Row(
        tokens=round(pair * tokens), answers=round(pair * min(facts.answers, tokens)), tiles=round(pair * tiles), masked=row.masked
    )
    flops = None if steps is None else steps * stage.schedule.batch * step_flops(stage, shapes, one)
    pace = speed(device, stage) * device.count
    return StagePlan(
        number=stage.number,
        name=stage.name,
        parts=tuple(
            PartPlan(name=part, total=counts.total, learning=numbers[part], how=how[part])
            for part, counts in shapes.parameters.items()
        ),
        samples=samples,
        tokens=tokens,
        tiles=tiles,
        row_tokens=row.tokens,
        row_tiles=row.tiles,
        step_tokens=tokens * pair * stage.schedule.batch,
        steps=steps,
        memory=needed,
        fits=needed.total <= device.memory,
        flops=flops,
        seconds=flops / pace if flops is not None and pace else None,
        remedies=() if needed.total <= device.memory else tuple(_remedies(stage, shapes, device)),
        warnings=tuple(_warnings(stage, dearest, samples)),
    )


def _warnings(stage: Stage, dearest: Pictured, samples: int | None) -> Iterator[str]:
    if dearest.tokens >= stage.sight.tokens:
        yield (
            f"pictures on {stage.sight.tiles} tiles take up to {dearest.tokens:,} tokens, and samples of more than sight.tokens, "
            f"{stage.sight.tokens:,}, are left out; allow more tokens, or fewer tiles"
        )
    if samples is None:
        yield "steps are not known before there are samples; or give schedule.steps"


def _needed(stage: Stage, shapes: Shapes, device: Device) -> Memory:
    return memory(stage, shapes, _row(stage, shapes), computed=device.bits // 8, devices=device.count)


# What would fit


def _changed(stage: Stage, **changes: Any) -> Stage:
    """Return a stage with other settings, checked anew."""
    told = stage.model_dump()
    for name, change in changes.items():
        told[name] = {**(told[name] or {}), **change} if isinstance(change, dict) else change
    return Stage.model_validate(told)


def _changes(stage: Stage, device: Device) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield what can be changed, the least harmful first: the kind of change, of which only one is made, its words, and itself."""
    if not stage.saving.checkpointing:
        yield "checkpointing", "saving.checkpointing true (a third slower)", {"saving": {"checkpointing": True}}
    if stage.schedule.micro_batch > 1:
        yield "rows", "schedule.micro_batch 1", {"schedule": {"micro_batch": 1}}
    if stage.schedule.optimizer == "adamw" and device.bits == 16:
        yield "optimizer", "schedule.optimizer adamw_8bit", {"schedule": {"optimizer": "adamw_8bit"}}
    yield from _adapters(stage, device)
    for tiles, tokens in SMALLER:
        if (
            tiles <= stage.sight.tiles
            and tokens <= stage.sight.tokens
            and (tiles, tokens) != (stage.sight.tiles, stage.sight.tokens)
        ):
            words = f"sight.tiles {tiles} and sight.tokens {tokens}"
            yield "sight", words, {"sight": {"tiles": tiles, "tokens": tokens}}


def _adapters(stage: Stage, device: Device) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if stage.adapter is not None and stage.adapter.base == "nf4":
        return
    if stage.trains.language is None:
        if device.bits == 16:
            yield "adapter", "the language model in 4 bits (--qlora)", {"adapter": {"base": "nf4"}}
        return
    part = {"learning_rate": stage.trains.language.learning_rate, "how": "lora"}
    trains = {"vision": None, "projector": None, "language": part}
    held = stage.adapter.model_dump() if stage.adapter else {}
    if stage.trains.language.how == "full":
        yield "adapter", "LoRA of the language model alone", {"trains": trains, "adapter": {**held, "base": "none"}}
    if device.bits == 16:
        yield (
            "adapter",
            "QLoRA (LoRA of the language model, adapter.base nf4)",
            {"trains": trains, "adapter": {**held, "base": "nf4"}},
        )


def _remedies(stage: Stage, shapes: Shapes, device: Device) -> Iterator[str]:
    """Yield what would fit: the fewest changes, the least harmful first; and how many devices would do without any."""
    every = [
        one
        for one in _changes(stage, device)
        if (sight := one[2].get("sight")) is None or pictured(shapes, sight["tiles"]).tokens < sight["tokens"]
    ]
    for count in range(1, MOST_CHANGES + 1):
        told = []
        for chosen in itertools.combinations(every, count):
            if len({kind for kind, _, _ in chosen}) < count:
                continue
            changed = stage
            for _, _, change in chosen:
                changed = _changed(changed, **change)
            needed = _needed(changed, shapes, device).total
            if needed <= device.memory:
                told.append(f"{' and '.join(words for _, words, _ in chosen)} ({gigabytes(needed)})")
        if told:
            yield from told[:MOST_TOLD]
            break
    for more in range(device.count + 1, MOST_DEVICES + 1):
        needed = _needed(stage, shapes, Device(**{**device.model_dump(), "count": more})).total
        if needed <= device.memory and device.bits == 16:
            yield f"{more} such GPUs by FSDP, full sharding ({gigabytes(needed)} each)"
            return


def gigabytes(size: int) -> str:
    """Return bytes as people tell them."""
    return f"{size / 1e9:.1f} GB"
