"""The training commands that look ahead and back: `plan` and `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from docai.errors import NothingToDo
from docai.registry import load
from fine_tune.cli_options import (
    ALL,
    DataOption,
    FamilyOption,
    LanguagesOption,
    LoraOption,
    PicturesOption,
    QloraOption,
    SetOption,
    StageFileOption,
    StagesOption,
    base_of,
    spoken_languages,
    wanted_stages,
)

errors = Console(stderr=True, soft_wrap=True)


def plan(  # noqa: PLR0913  # an option of a command is an argument
    *,
    model: Annotated[str, typer.Option(help="A folder, or a name such as Vintern-1B-v3_5.", show_default=False)],
    data: DataOption = None,
    pictures: PicturesOption = None,
    languages: LanguagesOption = ALL,
    stages: StagesOption = "1-4",
    stage_file: StageFileOption = None,
    family: FamilyOption = "auto",
    changes: SetOption = None,
    lora: LoraOption = False,
    qlora: QloraOption = False,
    gpu: Annotated[
        str | None, typer.Option(help="24GB, a name such as 'RTX 4090', '8 x A100' or cpu.", show_default="the best one here")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what stages will train, how long, and whether it fits; no weights are loaded. Exit code 10: it cannot fit."""
    known, told = wanted_stages(model, family, stages, stage_file, changes, base_of(lora=lora, qlora=qlora))
    given = load("fine_tune.given:Given")(
        data=tuple(data or ()), pictures=tuple(pictures or ()), languages=spoken_languages(languages)
    )
    facts = load("fine_tune.given:facts_given")(told, model, given)
    load("fine_tune.plan.printing:show_plan")(told, model, known, gpu, facts=facts, as_json=as_json)


def report(
    output: Annotated[Path, typer.Argument(help="What run wrote: the folder of a stage, or of several.", show_default=False)],
) -> None:
    """Write the reports of stages again; models are asked only what they were not asked before."""
    found = [output, *sorted(path for path in output.glob("*") if path.is_dir())]
    done = [path for path in found if (path / "asked.json").is_file()]
    if not done:
        raise NothingToDo(f"{output}: no stage that is done is in it; name the folder that run wrote to")
    for path in done:
        told = load("fine_tune.reporting:report_stage")(path, tell=lambda line: errors.print(line, highlight=False, markup=False))
        errors.print(str(told), highlight=False, markup=False)
