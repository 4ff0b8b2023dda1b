"""What a stage of training is: a file of data, read into a type that knows no other words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from docai.errors import Unreadable

FAMILIES: Final = ("varco", "vintern", "nano")
STAGES: Final = Path(__file__).parent / "stages"
Family = Literal["varco", "vintern", "nano"]
Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Part(_Data):
    """A part of the model that learns: at which rate, and whether as a whole or by small matrices beside it (LoRA)."""

    learning_rate: Annotated[float, Field(gt=0)]
    how: Literal["full", "lora"] = "full"


class Trains(_Data):
    """Which parts learn; None stays as it is. `language` is the language model with its embeddings and its head."""

    vision: Part | None = None
    projector: Part | None = None
    language: Part | None = None


class Adapter(_Data):
    """Small matrices beside the large ones (LoRA, Hu et al. 2021, arXiv 2106.09685), where a part learns by `lora`.

    `base` is in how many bits the language model's large ones are kept meanwhile, also where it does not learn: "nf4" with small
    matrices is QLoRA (Dettmers et al. 2023, arXiv 2305.14314).
    """

    rank: Positive = 16
    alpha: Positive = 32
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.05
    base: Literal["nf4", "int8", "none"] = "none"


class Loss(_Data):
    """What is made small.

    Attributes:
        kind: "sft", the negative logarithm of the answers' tokens; "dpo" (Rafailov et al. 2023, arXiv 2305.18290); "mpo", the
            mix of InternVL: DPO 0.8, BCO 0.2, SFT 1.0 (Wang et al. 2024, arXiv 2411.10442).
        weighting: How samples count in a batch: each token alike, each sample alike, or by the root of their tokens, as InternVL
            2.5 does ("square averaging", Chen et al. 2024, arXiv 2412.05271, "Loss Reweighting").
        beta: Of DPO: how dear it is to leave the model that one began with.
        glyphs: Weight, beside 1 for the answers, of telling which letter covers each place of a picture (`fine_tune.glyphs`);
            for models from nothing, and samples whose letters are known. 0 for none.
    """

    kind: Literal["sft", "dpo", "mpo"] = "sft"
    weighting: Literal["token", "sample", "square_root"] = "token"
    beta: Annotated[float, Field(gt=0)] = 0.1
    glyphs: Annotated[float, Field(ge=0)] = 0.0


class Schedule(_Data):
    """How long, and in which steps.

    Attributes:
        epochs: How often the user's own samples are seen; used where `steps` is None.
        steps: Of the optimiser; None for as many as the epochs take.
        batch: Samples a step, over all devices.
        micro_batch: Samples at once on a device; the rest of a batch is summed up.
        warmup: Share of the steps in which the rates rise.
        shape: How they fall: along a cosine, not at all, or straight to 0 over the last fifth.
        optimizer: "adamw"; "adamw_8bit", whose state takes a quarter; "muon" for the matrices (torch.optim.Muon), AdamW for the
            rest.
    """

    epochs: Annotated[float, Field(gt=0)] = 1.0
    steps: Positive | None = None
    batch: Positive = 16
    micro_batch: Positive = 1
    warmup: Share = 0.03
    shape: Literal["cosine", "constant", "stable_decay"] = "cosine"
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    clip: Annotated[float, Field(gt=0)] = 1.0
    optimizer: Literal["adamw", "adamw_8bit", "muon"] = "adamw"


class Sight(_Data):
    """What is seen of a sample: on how many tiles a picture, and how many tokens in all; what is longer is a bad sample."""

    tiles: Positive = 12
    tokens: Annotated[int, Field(ge=64)] = 4096
    pack: bool = True  # several samples in one row, none seeing the others


class Saving(_Data):
    """What saves memory, and what it costs: `checkpointing` computes activations twice instead of keeping them (a third slower)."""

    checkpointing: bool = True
    precision: Literal["auto", "bf16", "fp16", "fp32"] = "auto"


class Stage(_Data):
    """A stage of training.

    Attributes:
        number: Of the four, from 1.
        mixture: Sources of samples and their weights, which need not sum to 1: "own", the data given; "synth/reading",
            "synth/tables" …, drawn; "text", conversations without pictures among the data given; "pairs", preferences.
    """

    number: Annotated[int, Field(ge=1, le=4)]
    name: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    about: str
    trains: Trains
    mixture: dict[str, Annotated[float, Field(ge=0)]]
    sight: Sight = Sight()
    schedule: Schedule = Schedule()
    loss: Loss = Loss()
    adapter: Adapter | None = None
    saving: Saving = Saving()
    seed: int = 0

    @model_validator(mode="after")
    def _fits_together(self) -> Stage:
        parts = [part for part in (self.trains.vision, self.trains.projector, self.trains.language) if part is not None]
        if not parts:
            raise ValueError("nothing learns; give at least one part of trains a learning rate")
        if any(part.how == "lora" for part in parts) and self.adapter is None:
            raise ValueError("a part learns by lora, but there is no adapter")
        if self.loss.glyphs and (self.loss.kind != "sft" or self.trains.projector is None or self.trains.projector.how != "full"):
            raise ValueError("loss.glyphs is of letters told by what the projector gives; let all of it learn, by loss.kind sft")
        if not any(weight > 0 for weight in self.mixture.values()):
            raise ValueError("a mixture of nothing; give at least one source a weight")
        return self


def read_stage(path: Path, family: Family, changes: Mapping[str, Any] | None = None) -> Stage:
    """Return a stage as a file tells it for a family of models: `families` stands over the rest, `changes` over all.

    Raises:
        Unreadable: It is no YAML, or says something that is not known; the message tells where.
    """
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise Unreadable(f"{path}: cannot be read as YAML ({error}); compare it with those in {STAGES}") from error
    if not isinstance(told, dict):
        raise Unreadable(f"{path}: holds no mapping; compare it with those in {STAGES}")
    families = told.pop("families", None) or {}
    if not isinstance(families, dict) or not set(families) <= set(FAMILIES):
        raise Unreadable(f"{path}: families: there are {', '.join(FAMILIES)}, and none of {sorted(set(families) - set(FAMILIES))}")
    for name in families:  # what is said of the other families is checked as well
        _checked(_merged(told, families[name] or {}), path, name)
    return _checked(_merged(_merged(told, families.get(family) or {}), changes or {}), path, family)


def _checked(told: Mapping[str, Any], path: Path, family: str) -> Stage:
    try:
        return Stage.model_validate(told)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'stage'}: {fault['msg']}" for fault in error.errors())
        raise Unreadable(f"{path} ({family}): {faults}; compare it with those in {STAGES}") from error


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return one mapping with another over it, mappings inside them merged; a mixture is taken whole."""
    merged = dict(under)
    for key, value in over.items():
        both = isinstance(merged.get(key), Mapping) and isinstance(value, Mapping) and key != "mixture"
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def stage_files() -> dict[int, Path]:
    """Return the files of the four stages, by number."""
    return {int(path.name[0]): path for path in sorted(STAGES.glob("[1-4]_*.yaml"))}
