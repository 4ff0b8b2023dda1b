"""Options that several training commands take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from fine_tune.cli_settings import Base, family_of, stages_of

if TYPE_CHECKING:
    from fine_tune.stage import Family, Stage

DataOption = Annotated[
    list[Path] | None,
    typer.Option(help="Files or folders to learn from: conversations, parquet, documents, pairs. Several times, if wanted."),
]
PicturesOption = Annotated[list[Path] | None, typer.Option(help="Folders that pictures are looked for in.")]
LanguagesOption = Annotated[str, typer.Option(help="Languages of the data and of drawn pages, most likely first.")]
StagesOption = Annotated[str, typer.Option(help="Which of the four: 1-4, or 2,4.")]
StageFileOption = Annotated[
    list[Path] | None, typer.Option(help="Files to read stages from in place of these, in order.", show_default=False)
]
FamilyOption = Annotated[
    Literal["auto", "varco", "vintern", "nano"], typer.Option(help="Of the model; auto: as its configuration tells.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a setting, such as schedule.steps=100; of stage 2 alone: 2:schedule.steps=100."),
]
LoraOption = Annotated[bool, typer.Option("--lora", help="Train the language model by small matrices beside its own.")]
QloraOption = Annotated[bool, typer.Option("--qlora", help="The same, with the language model in 4 bits meanwhile.")]
SeedOption = Annotated[int, typer.Option(help="What is drawn by chance is the same for the same number.")]
ALL: Final = "en,ko,vi"


def spoken_languages(told: str) -> tuple[str, ...]:
    """Return the languages in "en,ko"."""
    return tuple(filter(None, (language.strip() for language in told.split(","))))


def wanted_stages(
    model: str,
    family: Literal["auto", "varco", "vintern", "nano"],
    stages: str,
    files: list[Path] | None,
    changes: list[str] | None,
    base: Base | None,
) -> tuple[Family, list[Stage]]:
    """Return the family of a model and the stages that options ask for."""
    known = family_of(model) if family == "auto" else family
    return known, stages_of(stages, files or [], known, changes or [], base)


def base_of(*, lora: bool, qlora: bool) -> Base | None:
    """Return in what the language model is kept: by QLoRA in 4 bits, by LoRA as it is; None where it learns as it is told."""
    return "nf4" if qlora else "none" if lora else None
