"""From what is typed to typed settings: the family of a model, which stages, and what is changed in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import typer
import yaml

from docai.errors import MissingDependency
from docai.models import find_folder, known_model
from docai.models_files import read_json
from docai.registry import load
from fine_tune.stage import Family, Stage, read_stage, stage_files

# LoRA learns best at about ten times the rate at which all weights do (Schulman et al. 2025, "LoRA Without Regret",
# thinkingmachines.ai/blog/lora)
FASTER: Final = 10
# Kinds of models whose classes are of no package tell their family to `plan` alone; they are converted before they are trained
CONVERTED: Final[dict[str, Family]] = {"internvl": "vintern", "llava_onevision": "varco"}
RAW: Final[dict[str, Family]] = {"internvl_chat": "vintern", "llava_qwen2": "varco", "llava_qwen": "varco"}
NANO_DIALECT: Final = "markup"  # that small models from scratch speak, as their configuration says
Base = Literal["nf4", "int8", "none"]


def configuration_of(model: str) -> dict[str, Any]:
    """Return the configuration of a model: of a folder, in the hub's cache, or known here without files.

    Raises:
        MissingDependency: It is not on this machine, or has no configuration.
    """
    try:
        return read_json(find_folder(model) / "config.json")
    except MissingDependency:
        known = known_model(model)
        configs = load("fine_tune.plan.shapes:CONFIGS")
        if known is None or known.id not in configs:
            raise
        return dict(configs[known.id])


def family_of(model: str) -> Family:
    """Return the family of a model, as its configuration tells.

    Raises:
        MissingDependency: There is no such model on this machine.
        typer.BadParameter: It is of none.
    """
    config = configuration_of(model)
    kind = config.get("model_type", "")
    family = {**CONVERTED, **RAW}.get(kind)
    if family is None:
        raise typer.BadParameter(
            f"{model} is a {kind or 'model of no kind'}; use one of {', '.join(CONVERTED)}", param_hint="--model"
        )
    return "nano" if config.get("docai_dialect") == NANO_DIALECT else family


def folder_to_train(model: str) -> Path:
    """Return the folder of a model that can be trained.

    Raises:
        MissingDependency: It is not on this machine.
        typer.BadParameter: It is in a form that has to be converted first.
    """
    folder = find_folder(model)
    if read_json(folder / "config.json").get("model_type", "") in RAW:
        raise typer.BadParameter(f"{model}: run first: docai models convert {model} FOLDER", param_hint="--model")
    return folder


def stages_of(wanted: str, files: Sequence[Path], family: Family, changes: Sequence[str], base: Base | None) -> list[Stage]:
    """Return the stages asked for, with what is to be changed in them.

    Args:
        wanted: "1-4" or "2,4"; not looked at where there are files.
        files: In place of those that come with this package.
        family: Of the model.
        changes: "schedule.steps=100", or "2:schedule.steps=100" for one stage; values as YAML has them.
        base: In what the language model is kept while small matrices learn beside it; None where it learns as it is told.

    Raises:
        typer.BadParameter: There is no such stage, or a change is none.
        Unreadable: A stage would not be one with them.
    """
    known = stage_files()
    stages = []
    for path in list(files) or [known[number] for number in numbers_of(wanted)]:
        first = read_stage(path, family)
        told = _adapted(first, base) if base is not None else {}
        for change in changes:
            _put(told, change, first.number)
        stages.append(read_stage(path, family, told))
    return stages


def numbers_of(wanted: str) -> list[int]:
    """Return the numbers in "1-3,4", in order.

    Raises:
        typer.BadParameter: It is no such list, or names a stage that there is not.
    """
    numbers: set[int] = set()
    for piece in wanted.split(","):
        found = re.fullmatch(r"\s*([1-4])\s*(?:-\s*([1-4])\s*)?", piece)
        if not found or int(found[2] or found[1]) < int(found[1]):
            raise typer.BadParameter(f"{wanted!r}: give stages such as 1-4, or 2,4", param_hint="--stages")
        numbers |= set(range(int(found[1]), int(found[2] or found[1]) + 1))
    return sorted(numbers)


def _adapted(stage: Stage, base: Base) -> dict[str, Any]:
    """Return the changes by which a stage's language model learns by small matrices: faster, and the vision tower not at all.

    One that does not learn is kept in as few bits.
    """
    adapter = {"adapter": {**(stage.adapter.model_dump() if stage.adapter is not None else {}), "base": base}}
    if stage.trains.language is None:
        return adapter if base != "none" else {}
    rate = stage.trains.language.learning_rate * (1 if stage.trains.language.how == "lora" else FASTER)
    return {"trains": {"vision": None, "language": {"how": "lora", "learning_rate": rate}}, **adapter}


def _put(told: dict[str, Any], change: str, number: int) -> None:
    """Put a change such as "schedule.steps=100" into a mapping of mappings, unless it is of another stage."""
    found = re.fullmatch(r"(?:([1-4]):)?([a-z_]+(?:\.[a-z_/]+)*)=(.*)", change, re.DOTALL)
    if not found:
        raise typer.BadParameter(f"{change!r}: give a setting and a value, such as schedule.steps=100", param_hint="--set")
    if found[1] and int(found[1]) != number:
        return
    *path, last = found[2].split(".")
    for step in path:
        inner = told.get(step)
        if not isinstance(inner, dict):
            inner = told[step] = {}
        told = inner
    told[last] = _value(found[3])


def _value(text: str) -> Any:
    """Return a value as YAML has it, and numbers such as 1e-4 too, which YAML 1.1 takes for words."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise typer.BadParameter(f"{text!r} is no value ({error})", param_hint="--set") from error
    if isinstance(value, str) and re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+", value):
        return float(value)
    return value
