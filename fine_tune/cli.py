"""The training command, `python -m fine_tune`: a translation between the shell and the library. All it tells goes to stderr."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
import yaml
from rich.console import Console
from rich.markup import escape

from docai.errors import DocaiError, ExitCode
from docai.models_files import read_json
from docai.registry import load
from fine_tune.stage import Family, Stage, read_stage, stage_files

if TYPE_CHECKING:
    from fine_tune.samples import Source
    from fine_tune.train import Finished

EXIT_CODES: Final = """Exit codes: 0 all well; 1 training broke off or an internal fault; 2 usage, or other options than an output
was begun with; 5 nothing to learn from; 6 a model or package is missing; 7 data or settings cannot be read; 10 the device's
memory is too small; 130 interrupted. After any of them, the same command goes on from the last checkpoint."""
SYNTHETIC: Final = "synth/"  # before the names of sources that are drawn
# LoRA learns best at about ten times the rate at which all weights do (Schulman et al. 2025, "LoRA Without Regret",
# thinkingmachines.ai/blog/lora)
FASTER: Final = 10
MODEL_TYPES: Final[dict[str, Family]] = {"internvl": "vintern", "llava_onevision": "varco"}
NANO_DIALECT: Final = "markup"  # that small models from scratch speak, as their configuration says

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Train the models that docai asks: four stages, from the projector to preferences.",
    epilog=EXIT_CODES,
)
errors = Console(stderr=True, soft_wrap=True)


@app.callback()
def _options(
    *, verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say on stderr what is being done.")] = False
) -> None:
    logging.basicConfig(level=logging.DEBUG if verbose else logging.CRITICAL, format="%(levelname)s %(name)s: %(message)s")
    if not verbose:  # read when these packages are imported, later than this
        for setting in ("TRANSFORMERS_VERBOSITY", "HF_HUB_VERBOSITY", "DATASETS_VERBOSITY"):
            os.environ.setdefault(setting, "error")


@app.command(epilog=EXIT_CODES)
def run(  # noqa: PLR0913  # an option of a command is an argument
    *,
    model: Annotated[Path, typer.Option(help="The folder of the model to begin with.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.", show_default=False)],
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Files or folders to learn from: conversations, parquet, documents. Several times, if wanted."),
    ] = None,
    held_out: Annotated[list[Path] | None, typer.Option(help="The same, of which only the loss is told.")] = None,
    pictures: Annotated[list[Path] | None, typer.Option(help="Folders that pictures are looked for in.")] = None,
    languages: Annotated[str, typer.Option(help="Languages of the data, most likely first.")] = "en,ko,vi",
    stages: Annotated[str, typer.Option(help="Which of the four: 1-4, or 2,4.")] = "1-4",
    stage_file: Annotated[
        list[Path] | None, typer.Option(help="Files to read stages from in place of these, in order.", show_default=False)
    ] = None,
    family: Annotated[
        Literal["auto", "varco", "vintern", "nano"], typer.Option(help="Of the model; auto: as its configuration tells.")
    ] = "auto",
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a setting, such as schedule.steps=100; of stage 2 alone: 2:schedule.steps=100."),
    ] = None,
    lora: Annotated[bool, typer.Option("--lora", help="Train the language model by small matrices beside its own.")] = False,
    qlora: Annotated[bool, typer.Option("--qlora", help="The same, with the language model in 4 bits meanwhile.")] = False,
    keep_adapter: Annotated[
        bool, typer.Option("--keep-adapter", help="Also write a model folder with the small matrices beside the weights.")
    ] = False,
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where to train.")] = "auto",
    progress: Annotated[Literal["bar", "json", "none"], typer.Option(help="What is told of it on stderr.")] = "bar",
    save_minutes: Annotated[float, typer.Option(help="Minutes between checkpoints.")] = 10.0,
    save_steps: Annotated[int | None, typer.Option(min=1, help="Steps between checkpoints, besides.")] = None,
    evaluate_steps: Annotated[int | None, typer.Option(min=1, help="Steps between looks at held-out samples.")] = None,
    workers: Annotated[int | None, typer.Option(min=0, help="Processes that draw and encode samples, on each device.")] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Remove what the output holds of these stages.")] = False,
) -> None:
    """Train stages one after the other; the same command goes on where it was broken off, whatever broke it."""
    known = family_of(model) if family == "auto" else family
    told = stages_of(stages, stage_file or [], known, changes or [], "nf4" if qlora else "none" if lora else None)
    spoken = tuple(language.strip() for language in languages.split(","))
    sources = sources_of(told, data or [], pictures or [], spoken)
    unseen = own_sources(held_out or [], pictures or [], spoken)
    options = load("fine_tune.train:Options")(
        device=device,
        shown=progress,
        save_steps=save_steps,
        save_minutes=save_minutes,
        evaluate_steps=evaluate_steps,
        workers=workers,
        restart=restart,
        unmerged=keep_adapter,
        data=fingerprint(data or []),
    )
    finished: list[Finished] = load("fine_tune.train:run_stages")(told, model, output, sources, unseen, options)
    for stage in finished:
        how = "done before" if stage.again else f"{stage.steps} steps in {stage.seconds:.0f} s"
        errors.print(f"{stage.stage}: {how}; {stage.model}", highlight=False)


def family_of(model: Path) -> Family:
    """Return the family of a model folder, as its configuration tells.

    Raises:
        MissingDependency: There is no such folder.
        typer.BadParameter: It is of none.
    """
    config = read_json(model / "config.json")
    if config.get("docai_dialect") == NANO_DIALECT:
        return "nano"
    kind = config.get("model_type", "")
    if kind == "internvl_chat":
        raise typer.BadParameter(f"{model}: run first: docai models convert {model} FOLDER", param_hint="--model")
    if kind not in MODEL_TYPES:
        raise typer.BadParameter(
            f"{model} is a {kind or 'model of no kind'}; use one of {', '.join(MODEL_TYPES)}", param_hint="--model"
        )
    return MODEL_TYPES[kind]


def stages_of(
    wanted: str, files: Sequence[Path], family: Family, changes: Sequence[str], base: Literal["nf4", "int8", "none"] | None
) -> list[Stage]:
    """Return the stages asked for, with what is to be changed in them.

    Args:
        wanted: "1-4" or "2,4"; of the files, which of them by the number that they tell, all if there are any.
        files: In place of those that come with this package.
        family: Of the model.
        changes: "schedule.steps=100", or "2:schedule.steps=100" for one stage; values as YAML has them.
        base: In what the language model is kept while small matrices learn beside it; None where it learns as it is told.

    Raises:
        typer.BadParameter: There is no such stage, or a change is none.
        Unreadable: A stage would not be one with them.
    """
    numbers = numbers_of(wanted)
    known = stage_files()
    paths = list(files) or [known[number] for number in numbers]
    stages = []
    for path in paths:
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


def _adapted(stage: Stage, base: str) -> dict[str, Any]:
    """Return the changes by which a stage's language model learns by small matrices: faster, and the vision tower not at all."""
    if stage.trains.language is None:
        return {}
    rate = stage.trains.language.learning_rate * (1 if stage.trains.language.how == "lora" else FASTER)
    adapter = stage.adapter.model_dump() if stage.adapter is not None else {}
    return {
        "trains": {"vision": None, "language": {"how": "lora", "learning_rate": rate}},
        "adapter": {**adapter, "base": base},
    }


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


def own_sources(paths: Iterable[Path], pictures: Sequence[Path], languages: tuple[str, ...]) -> dict[str, Source]:
    """Return the data in files and folders as the sources of a mixture: "own", "text" and "pairs", those that there are.

    Raises:
        NothingToDo: There is nothing of the kind.
        Unreadable: A file cannot be read.
    """
    parts = [part for path in paths for part in load("fine_tune.readers:open_data")(path, pictures, languages)]
    sources: dict[str, Source] = load("fine_tune.readers:by_kind")(parts)
    return sources


def sources_of(
    stages: Sequence[Stage], data: Sequence[Path], pictures: Sequence[Path], languages: tuple[str, ...]
) -> dict[str, Source]:
    """Return all sources that stages mix: the data given, and what is drawn."""
    sources = own_sources(data, pictures, languages)
    drawn = {name for stage in stages for name, weight in stage.mixture.items() if weight > 0 and name.startswith(SYNTHETIC)}
    try:
        sources |= {name: load("fine_tune.synth.stream:synth_source")(name, seed=stages[0].seed) for name in sorted(drawn)}
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--set mixture") from error
    return sources


def fingerprint(paths: Iterable[Path]) -> str:
    """Return what tells data from other data: a hash of the names and sizes of its files."""
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(f"{file.relative_to(path) if file != path else file.name}\0{file.stat().st_size}\0".encode())
    return digest.hexdigest()


def main() -> None:
    """Run the command; whatever goes wrong ends in one line on stderr and an exit code."""
    logging.captureWarnings(capture=True)  # those of packages are for developers: shown with --verbose
    try:
        app()
    except DocaiError as error:
        errors.print(f"[red]error:[/] {escape(str(error))}", highlight=False)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit) as end:  # typer turns the one into the other
        code = end.code if isinstance(end, SystemExit) else ExitCode.INTERRUPTED
        if code == ExitCode.INTERRUPTED:
            errors.print("interrupted; the same command goes on from the last checkpoint")
        sys.exit(code)
