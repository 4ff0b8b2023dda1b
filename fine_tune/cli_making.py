"""The training commands that make something to learn from: `synth`, `pairs`, `nano`; and `demo`, which shows all of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from docai.registry import load
from fine_tune.cli_options import ALL, LanguagesOption, SeedOption, spoken_languages
from fine_tune.cli_settings import folder_to_train

if TYPE_CHECKING:
    from docai.document import Problem
    from fine_tune.synth.drawn import PageKind
    from fine_tune.synth.words import Language

errors = Console(stderr=True, soft_wrap=True)
Kind = Literal["letter", "invoice", "receipt", "form", "report", "table", "chart", "mixed"]
Spoken = Literal["en", "ko", "vi"]


def synth(  # noqa: PLR0913  # an option of a command is an argument
    output: Annotated[Path | None, typer.Argument(help="A folder for pages as PNG, each beside its truth.")] = None,
    *,
    preview: Annotated[Path | None, typer.Option(help="A PNG for a contact sheet with all boxes drawn.")] = None,
    count: Annotated[int, typer.Option(min=1, help="How many pages.")] = 12,
    seed: SeedOption = 0,
    kind: Annotated[Kind | None, typer.Option(help="Of the pages.", show_default="any")] = None,
    language: Annotated[Spoken | None, typer.Option(help="Of the pages.", show_default="any")] = None,
    held_out: Annotated[bool, typer.Option("--held-out", help="Of the fonts, words and looks kept for measuring.")] = False,
    scanned: Annotated[float, typer.Option(min=0, max=1, help="The share that looks scanned or photographed.")] = 0.5,
    dpi: Annotated[int, typer.Option(min=30, max=600, help="Pixels per inch.")] = 100,
) -> None:
    """Draw pages whose truth is known: as a contact sheet to look at, or as labelled pages in a folder.

    `docai evaluate FOLDER` measures on such pages, and `run --data FOLDER` learns from them.
    """
    if output is None and preview is None:
        raise typer.BadParameter("name a folder to write pages to, or --preview FILE.png")
    drawn: PageKind | None = kind
    spoken: Language | None = language
    choice = load("fine_tune.synth.preview:Choice")(
        seed=seed, kind=drawn, language=spoken, held_out=held_out, scanned=scanned, dpi=dpi
    )
    if preview is not None:
        load("fine_tune.synth.preview:preview")(preview, count=count, choice=choice)
        _tell(str(preview))
    if output is not None:
        written = load("fine_tune.synth.preview:write_pages")(output, count=count, choice=choice)
        _tell(f"{len(written)} pages in {output}, each beside its truth")


def pairs(  # noqa: PLR0913  # an option of a command is an argument
    *,
    model: Annotated[str, typer.Option(help="The folder of the model that is to learn from them.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="A file, made or gone on with.", show_default=False)],
    source: Annotated[list[str] | None, typer.Option(help="Drawn pages to ask about.", show_default="synth/tables")] = None,
    count: Annotated[int, typer.Option(min=1, help="Pages that are asked about.")] = 100,
    seed: SeedOption = 4,
    languages: LanguagesOption = ALL,
    made: Annotated[
        bool, typer.Option("--made", help="Make the mistakes on purpose, for a model that cannot be asked yet.")
    ] = False,
    quota: Annotated[int | None, typer.Option(min=1, help="Most pairs of one kind of mistake.")] = None,
    quantization: Annotated[Literal["nf4", "int8", "none"], typer.Option(help="Of the weights while it is asked.")] = "none",
    corrections: Annotated[Path | None, typer.Option(help="What people put right, in place of drawn pages.")] = None,
    documents: Annotated[Path | None, typer.Option(help="The folder of the documents that were put right.")] = None,
) -> None:
    """Make pairs of answers to prefer from: a model's own mistakes, or what people put right.

    The file goes to `run --stages 4 --data FILE`. The same command goes on with a file that was begun.
    """
    if (corrections is None) != (documents is None):
        raise typer.BadParameter("--corrections and --documents go together")
    folder = folder_to_train(model)
    if corrections is not None and documents is not None:
        outcome, problems = load("fine_tune.preferences.practice:corrected_pairs")(folder, corrections, documents, output)
        _tell_problems(problems)
    else:
        pairing = load("fine_tune.preferences.making:Options")(quota=quota, seed=seed, languages=spoken_languages(languages))
        practice = load("fine_tune.preferences.practice:Practice")(
            folder, tuple(source or ["synth/tables"]), count, quantization, pairing=pairing
        )
        outcome = load("fine_tune.preferences.practice:drawn_pairs")(practice, output, made=made)
    _tell_outcome(outcome, output)


def nano(
    output: Annotated[Path, typer.Argument(help="The folder to write to.", show_default=False)],
    *,
    size: Annotated[
        Literal["nano", "demo"], typer.Option(help="nano: 22 million weights, 448-pixel tiles; demo: 2 million, 112 pixels.")
    ] = "nano",
    seed: SeedOption = 0,
) -> None:
    """Write a small model from nothing, to be trained from stage 1 on."""
    with load("docai.backends.transformers.loading:without_bars")():
        load("fine_tune.nano:make_nano")(output, size, seed)
    _tell(str(output))


def demo(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.")] = Path("build/train-demo"),
) -> None:
    """Train a tiny model by all four stages on a CPU, and print what each improved; exit code 1 unless each did."""
    if not load("fine_tune.demo:demo")(output):
        raise typer.Exit(1)


def _tell(line: str) -> None:
    errors.print(line, highlight=False, markup=False)


def _tell_problems(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        _tell(problem.message)


def _tell_outcome(outcome: Counter[str], output: Path) -> None:
    _tell(f"{outcome['pairs']:,} pairs more in {output}")
    for reason, number in outcome.most_common():
        if reason != "pairs":
            _tell(f"  {number:,} questions gave none: {reason}")
