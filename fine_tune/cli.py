"""The training command, `python -m fine_tune`: a translation between the shell and the library. All it tells goes to stderr."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from docai.cli_options import ended
from docai.errors import ExitCode
from docai.registry import load
from fine_tune import cli_making, cli_planning
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
from fine_tune.cli_settings import folder_to_train

if TYPE_CHECKING:
    from fine_tune.train import Finished

EXIT_CODES: Final = """Exit codes: 0 all well; 1 training broke off or an internal fault; 2 usage, or other options than an output
was begun with; 5 nothing to learn from; 6 a model or package is missing; 7 data or settings cannot be read; 10 the device's
memory is too small; 130 interrupted. After any of them, the same command goes on from the last checkpoint."""

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
    model: Annotated[str, typer.Option(help="The folder of the model to begin with.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.", show_default=False)],
    data: DataOption = None,
    held_out: Annotated[list[Path] | None, typer.Option(help="The same, only to ask about before and after.")] = None,
    pictures: PicturesOption = None,
    languages: LanguagesOption = ALL,
    stages: StagesOption = "1-4",
    stage_file: StageFileOption = None,
    family: FamilyOption = "auto",
    changes: SetOption = None,
    lora: LoraOption = False,
    qlora: QloraOption = False,
    pairs: Annotated[
        int | None, typer.Option(min=1, help="Pairs that are made for stage 4 where none are given.", show_default="its steps take")
    ] = None,
    report_samples: Annotated[
        int, typer.Option(min=0, help="Held-out samples of each source to ask before and after each stage; 0 for none.")
    ] = 8,
    plan: Annotated[bool, typer.Option("--plan/--no-plan", help="Refuse what the device's memory is too small for.")] = True,
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
    """Train stages one after the other; the same command goes on where it was broken off, whatever broke it.

    Each stage's folder holds its model, its checkpoints, its curves, and report.html: how the model answered before and after.
    """
    folder = folder_to_train(model)
    known, told = wanted_stages(model, family, stages, stage_file, changes, base_of(lora=lora, qlora=qlora))
    options = load("fine_tune.train:Options")(
        device=device,
        shown=progress,
        save_steps=save_steps,
        save_minutes=save_minutes,
        evaluate_steps=evaluate_steps,
        workers=workers,
        restart=restart,
        unmerged=keep_adapter,
    )
    given = load("fine_tune.given:Given")(
        data=tuple(data or ()),
        held_out=tuple(held_out or ()),
        pictures=tuple(pictures or ()),
        languages=spoken_languages(languages),
    )
    around = load("fine_tune.pipeline:Around")(
        samples=report_samples,
        pairs=pairs,
        planned=plan,
        tell=None if progress == "none" else tell,
        progress=_Looked() if progress == "bar" else None,
        options=options,
    )
    done: list[Finished] = load("fine_tune.pipeline:run_pipeline")(told, known, folder, output, given, around)
    for stage in done:
        how = "done before" if stage.again else f"{stage.steps} steps in {stage.seconds:.0f} s"
        tell(f"{stage.stage}: {how}; {stage.model}")


def tell(line: str) -> None:
    """Tell a line on stderr."""
    errors.print(escape(line), highlight=False)


class _Looked:
    """A bar of the samples looked at, there only while they are: another is shown while a stage is trained."""

    def __init__(self) -> None:
        self.bar: Progress | None = None

    def __call__(self, done: int, count: int) -> None:
        if self.bar is None:
            columns = (TextColumn("looking at samples"), BarColumn(), MofNCompleteColumn())
            self.bar = Progress(*columns, console=errors, transient=True)
            self.bar.add_task("", total=count)
            self.bar.start()
        self.bar.update(self.bar.task_ids[0], completed=done)
        if done == count:
            self.bar.stop()
            self.bar = None


app.command(epilog=EXIT_CODES)(cli_planning.plan)
app.command(epilog=EXIT_CODES)(cli_planning.report)
app.command(epilog=EXIT_CODES)(cli_making.synth)
app.command(epilog=EXIT_CODES)(cli_making.pairs)
app.command(epilog=EXIT_CODES)(cli_making.nano)
app.command(epilog=EXIT_CODES)(cli_making.demo)


def main() -> None:
    """Run the command; whatever goes wrong ends in one line on stderr and an exit code."""
    try:
        with ended(errors, "interrupted; the same command goes on from the last checkpoint"):
            app()
    except FileExistsError as error:  # what it says is what to do
        errors.print(f"[red]error:[/] {escape(str(error))}", highlight=False)
        sys.exit(ExitCode.USAGE)
