"""`docai evaluate`: how well a backend reads labelled pages or answers a benchmark, and whether one run is better than another."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import docai
from docai.cli_options import (
    BackendOption,
    LanguagesOption,
    ModelOption,
    QuantizationOption,
    RevisionOption,
    TilesOption,
    chosen_languages,
)
from docai.errors import ExitCode
from docai.interrupts import Interrupts
from docai.registry import LAYOUTS, load

if TYPE_CHECKING:
    from docai.evaluation import Comparison, Estimate, Evaluation, Outcome
    from docai.evaluation_run import Journal, Run

EXIT_CODES: Final = """Exit codes: 0 all well; 2 usage; 3 some items failed, which count as wrong; 5 no items; 6 a package, model or
backend is missing; 7 the data set or the results cannot be read; 130 interrupted: go on with --resume."""
CHANGES: Final = 20  # items of a comparison that are listed: what a screen shows
PROBLEMS: Final = 5  # of one run that are told; all are in results.json
WIDE: Final = 160  # characters of a line in a file or pipe, where nothing wraps
errors = Console(stderr=True, soft_wrap=True)


def evaluate(  # an option is an argument
    dataset: Annotated[
        Path | None,
        typer.Argument(help="A folder of labelled pages (page.png beside page.png.json), or a benchmark's folder or file."),
    ] = None,
    *,
    layout: Annotated[str, typer.Option(help=f"How the data set lies on disk: {', '.join(LAYOUTS)}.")] = "pages",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The folder for results.json, report.html and items.jsonl.")
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None, typer.Option(help="Two results.json, or their folders: how the second differs from the first.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many items.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap that the intervals come from.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that broke off in --output.")] = False,
    languages: LanguagesOption = "en,ko,vi",
    backend: BackendOption = "auto",
    model: ModelOption = None,
    quantization: QuantizationOption = "nf4",
    revision: RevisionOption = None,
    tiles: TilesOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; the figures are still printed.")] = False,
) -> None:
    """Score a backend on labelled pages or a benchmark, with 95 % intervals, or compare two such runs."""
    if compare is not None:
        if dataset is not None:
            raise typer.BadParameter("a comparison reads two results and no data set; leave one out", param_hint="--compare")
        _compare(*compare, seed)
        return
    if dataset is None:
        raise typer.BadParameter("name a data set, or two results with --compare", param_hint="DATASET")
    if layout not in LAYOUTS:
        raise typer.BadParameter(f"{layout} is none; choose from {', '.join(LAYOUTS)}", param_hint="--layout")
    if resume and output is None:
        raise typer.BadParameter("name the folder of the run with --output", param_hint="--resume")
    asked = chosen_languages(languages)
    load("docai.evaluation_run:open_layout")(layout, dataset)  # before a model is loaded, which takes minutes
    reader = docai.Extractor(
        backend=backend, model=model, quantization=quantization, revision=revision, most_tiles=tiles, languages=asked
    )
    run: Run = load("docai.evaluation_run:Run")(
        layout=layout, dataset=dataset, backend=backend, model=model, languages=asked, limit=limit, seed=seed
    )
    journal: Journal = load("docai.evaluation_run:Journal")(output / "items.jsonl" if output else None, run, resume=resume)
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TextColumn("items"), TimeElapsedColumn())
    with (
        Progress(*columns, console=errors, transient=True, disable=quiet or not sys.stderr.isatty()) as bar,
        Interrupts() as interrupts,
    ):
        task = bar.add_task(escape(dataset.name), total=limit)

        def after(_: Outcome, done: int) -> None:
            bar.update(task, completed=done)
            interrupts.check()

        found: Evaluation = load("docai.evaluation_run:evaluate")(run, reader, journal, after)
    if output is not None:
        items = load("docai.evaluation_run:all_items")(load("docai.evaluation_run:open_layout")(layout, dataset), limit)
        load("docai.evaluation_report:write_results")(found, items, output)
        if not quiet:
            errors.print(f"{len(found.items)} items written to {escape(str(output))}", highlight=False)
    _print_figures(found.estimates)
    _tell_failed(found)


def _print_figures(estimates: tuple[Estimate, ...]) -> None:
    metric_of = load("docai.labelled:metric_of")
    table = Table(box=None, pad_edge=False)
    table.add_column("metric")
    table.add_column("group", overflow="fold")
    for heading in ("value", "95 % interval", "items"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in estimates:
        interval = f"{one.low:.3f} – {one.high:.3f}" if one.low is not None else "–"
        metric = metric_of(one.metric)
        name = metric.title + ("" if metric.higher_is_better else " (less is better)")
        table.add_row(escape(name), escape(one.group or "all"), f"{one.value:.3f}", interval, str(one.count))
    _console().print(table)


def _tell_failed(found: Evaluation) -> None:
    """Say what went wrong with items, and end with the code that tells of it."""
    if not found.failed:
        return
    for outcome in found.failed[:PROBLEMS]:
        errors.print(f"[yellow]warning:[/] {escape(outcome.name)}: {escape(outcome.problem)}", highlight=False)
    if len(found.failed) > PROBLEMS:
        errors.print(f"and {len(found.failed) - PROBLEMS} more items with a problem", highlight=False)
    raise typer.Exit(ExitCode.SOME_FAILED)


def _compare(first: Path, second: Path, seed: int) -> None:
    """Print how two runs differ, and the items that changed most."""
    read = load("docai.evaluation:read_results")
    found: Comparison = load("docai.evaluation:compare")(read(first), read(second), seed)
    _print_differences(found)
    if found.changes:
        _print_changes(found)
    if found.alone:
        errors.print(f"[yellow]warning:[/] {len(found.alone)} items are in only one of them and were left out", highlight=False)


def _print_differences(found: Comparison) -> None:
    metric_of = load("docai.labelled:metric_of")
    grouped = any(one.group for one in found.differences)
    table = Table(box=None, pad_edge=False)
    table.add_column("metric", min_width=8)
    if grouped:
        table.add_column("group", min_width=8, overflow="fold")
    for heading in ("first", "second", "difference, 95 % interval", "items better, worse"):
        table.add_column(heading, justify="right", no_wrap=heading in ("first", "second"))
    table.add_column("the second is", min_width=10)
    for one in found.differences:
        interval = f", {one.low:+.3f} – {one.high:+.3f}" if one.low is not None else ""
        group = (escape(one.group or "all"),) if grouped else ()
        figures = (f"{one.first:.3f}", f"{one.second:.3f}", f"{one.difference:+.3f}{interval}")
        table.add_row(metric_of(one.metric).title, *group, *figures, f"{one.better}, {one.worse} of {one.count}", one.verdict)
    _console().print(table)


def _print_changes(found: Comparison) -> None:
    metric_of = load("docai.labelled:metric_of")
    table = Table(box=None, pad_edge=False, title="items that changed", title_justify="left", expand=True)
    table.add_column("item", min_width=12, overflow="fold")
    table.add_column("by", min_width=4)
    table.add_column("gain", no_wrap=True, justify="right")
    for heading in ("first answer", "second answer", "true"):
        table.add_column(heading, overflow="ellipsis", no_wrap=True, ratio=1)
    for change in found.changes[:CHANGES]:
        texts = (change.first.prediction, change.second.prediction, change.second.truth)
        cut = (escape(" ".join(text.split())) for text in texts)
        table.add_row(escape(change.first.name), metric_of(change.metric).title, f"{change.gain:+.3f}", *cut)
    _console().print(table)
    if len(found.changes) > CHANGES:
        errors.print(f"and {len(found.changes) - CHANGES} more items that changed", highlight=False)


def _console() -> Console:
    """Return where tables are printed: as wide as the terminal, and wide enough for all columns where there is none."""
    return Console() if sys.stdout.isatty() else Console(width=WIDE)
