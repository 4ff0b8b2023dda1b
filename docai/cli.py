"""The `docai` command: a translation between the shell and the library. Data goes to stdout, all else to stderr."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import docai
from docai import cli_batch, cli_evaluate
from docai import doctor as examination
from docai.cli_models import app as models
from docai.cli_options import (
    BackendOption,
    LanguagesOption,
    LimitsOption,
    MarginsOption,
    ModelOption,
    OcrOption,
    OverlayOption,
    PagesOption,
    PasswordOption,
    QuantizationOption,
    RevisionOption,
    TilesOption,
    chosen_formats,
    chosen_languages,
    chosen_limits,
    ended,
)
from docai.document import Document, json_schema
from docai.errors import DocaiError, ExitCode
from docai.interrupts import Interrupts
from docai.output_names import below
from docai.registry import EXPORTERS, load

if TYPE_CHECKING:
    from docai.delivery import Selection
    from docai.extraction import Extractor
    from docai.inputs import Job

EXIT_CODES: Final = """Exit codes: 0 all well; 1 internal fault; 2 usage; 3 some documents or pages failed; 5 nothing to do;
6 something is not installed; 7 not a readable document; 8 encrypted; 9 no such page; 10 over a limit; 130 interrupted."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Turn PDFs and page images into structured JSON in which every value carries the box that proves it.",
    epilog=EXIT_CODES,
)
app.add_typer(models, name="models")
app.command(epilog=cli_evaluate.EXIT_CODES)(cli_evaluate.evaluate)
for command in (cli_batch.batch, cli_batch.retry, cli_batch.status, cli_batch.report):
    app.command(epilog=cli_batch.EXIT_CODES)(command)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # a page could make a model say what a terminal obeys
errors = Console(stderr=True, soft_wrap=True)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"docai {docai.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say on stderr what is being done.")] = False,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    logging.basicConfig(level=logging.DEBUG if verbose else logging.CRITICAL, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("PIL").setLevel(logging.INFO)  # or it tells of each piece of each picture
    if not verbose:  # these write to stderr by handlers of their own, which they set up when they are imported, later than this
        for setting in ("TRANSFORMERS_VERBOSITY", "HF_HUB_VERBOSITY"):
            os.environ.setdefault(setting, "error")


@app.command(epilog=EXIT_CODES)
def extract(
    paths: Annotated[
        list[str], typer.Argument(help="PDFs and pictures, folders, or patterns such as 'in/*.pdf'.", show_default=False)
    ],
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="The folder to write to, or - for stdout.", show_default="., or - with --only"),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            help=f"Formats, separated by commas: {', '.join(EXPORTERS)}.", show_default="json; with --only, txt on stdout, else csv"
        ),
    ] = None,
    only: Annotated[
        Literal["charts", "tables"] | None,
        typer.Option(help="Nothing but charts, or tables, with their captions; charts are also drawn anew beside their data."),
    ] = None,
    pages: PagesOption = None,
    password: PasswordOption = None,
    languages: LanguagesOption = "en,ko,vi",
    backend: BackendOption = "auto",
    model: ModelOption = None,
    quantization: QuantizationOption = "nf4",
    revision: RevisionOption = None,
    tiles: TilesOption = None,
    ocr: OcrOption = "auto",
    margins: MarginsOption = False,
    overlay: OverlayOption = False,
    limit: LimitsOption = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress bar and no closing line; errors are still told.")
    ] = False,
) -> None:
    """Read documents, scans and photographs too, and write them as JSON, Markdown, HTML, tables, searchable PDF or plain text.

    report.pdf becomes report.pdf.json and so on; a document whose page fails is still written, with the problem in it.
    """
    output = output or ("-" if only else ".")
    to = to if to is not None else "json" if not only else "txt" if output == "-" else "csv"
    formats = _formats(to, output, overlay=overlay)
    jobs: list[Job] = load("docai.inputs:find_jobs")(paths)
    figures = output != "-" and only is None and bool({"json", "md", "html"} & set(formats))
    reader = docai.Extractor(
        backend=backend,
        model=model,
        quantization=quantization,
        revision=revision,
        most_tiles=tiles,
        languages=chosen_languages(languages),
        ocr=ocr,
        limits=chosen_limits(limit),
    )
    settings = _Settings(formats, output, pages, password or os.environ.get("DOCAI_PASSWORD"), overlay, margins, figures, only)
    with _bar(enabled=not quiet and sys.stderr.isatty()) as bar, Interrupts() as interrupts:
        codes = [_extract_one(reader, job, settings, bar, interrupts) for job in jobs]
    if not quiet and output != "-":
        done = sum(code in (ExitCode.OK, ExitCode.SOME_FAILED) for code in codes)
        errors.print(f"{done} of {len(jobs)} documents written to {escape(output)}", highlight=False)
    raise typer.Exit(_exit_code(codes))


@dataclass(frozen=True, slots=True)
class _Settings:
    """What all documents of one call share."""

    formats: Sequence[str]
    output: str
    pages: str | None
    password: str | None
    overlay: bool
    margins: bool
    figures: bool
    only: Literal["charts", "tables"] | None


def _extract_one(reader: Extractor, job: Job, settings: _Settings, bar: Progress, interrupts: Interrupts) -> ExitCode:
    """Read and write one document; say what went wrong with it and return its exit code."""
    task = bar.add_task(escape(job.name), total=None)
    only: Selection | None = load("docai.delivery:Selection")(settings.only) if settings.only else None

    def after_page(seen: docai.Progress) -> None:
        bar.update(task, completed=seen.done, total=seen.total)
        interrupts.check()

    try:
        stem = None if settings.output == "-" else below(Path(settings.output), job.stem)
        stream = reader.pages(
            job.path,
            pages=settings.pages,
            password=settings.password,
            figures=stem.parent if stem is not None and settings.figures else None,
            on_progress=after_page,
        )
        rest: Document
        rest, _ = load("docai.delivery:deliver")(
            stream, settings.formats, stem, overlay=settings.overlay, margins=settings.margins, only=only
        )
    except DocaiError as error:
        errors.print(f"[red]error:[/] {escape(str(error))}", highlight=False)
        return error.exit_code
    except BrokenPipeError:  # whoever reads our output has enough; typer then ends the command without a word
        raise
    except OSError as error:
        errors.print(
            f"[red]error:[/] {escape(job.display)}: {escape(str(error))}; check the output folder and its free space",
            highlight=False,
        )
        return ExitCode.INTERNAL
    finally:
        bar.remove_task(task)
    if only is not None and (only.unread or not only.read):
        unread = f", {only.unread} more could not be read" if only.unread else ""
        errors.print(f"{escape(job.display)}: {only.read} {only.kind} read{unread}", highlight=False)
    if rest.status == "success":
        return ExitCode.OK
    problem = stream.first_error
    what = f"page {problem.page_number}: {problem.message}" if problem else "some pages were not read"
    more = f" (and {stream.error_count - 1} more such problems, told in its JSON)" if stream.error_count > 1 else ""
    errors.print(f"[yellow]warning:[/] {escape(f'{job.display}: {what}{more}')}", highlight=False)
    return ExitCode.SOME_FAILED


def _formats(to: str, output: str, *, overlay: bool) -> list[str]:
    formats = chosen_formats(to)
    if output == "-" and (len(formats) > 1 or overlay):
        raise typer.BadParameter("stdout takes one format and no overlays; give a folder instead", param_hint="--output")
    return formats


def _exit_code(codes: Sequence[ExitCode]) -> ExitCode:
    """Return the code of a call: its own for a single document, 3 where some of several failed."""
    if len(codes) == 1:
        return codes[0]
    return ExitCode.SOME_FAILED if any(codes) else ExitCode.OK


def _bar(*, enabled: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("pages"), TimeElapsedColumn())
    return Progress(*columns, console=errors, transient=True, disable=not enabled)


@app.command(epilog=EXIT_CODES)
def ask(
    path: Annotated[str, typer.Argument(help="A PDF or picture.", show_default=False)],
    question: Annotated[str, typer.Argument(help="What to ask, in words.", show_default=False)],
    pages: PagesOption = None,
    password: PasswordOption = None,
    backend: BackendOption = "vlm",
    model: ModelOption = None,
    quantization: QuantizationOption = "nf4",
    revision: RevisionOption = None,
    tiles: TilesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each answer as a line of JSON, with boxes.")] = False,
) -> None:
    """Ask a model a question about each page, and print its answers."""
    if not question.strip():
        raise typer.BadParameter("there is no question; write one, such as 'What is the total?'", param_hint="QUESTION")
    password = password or os.environ.get("DOCAI_PASSWORD")
    _check_pages(path, pages, password)
    reader = docai.Extractor(backend=backend, model=model, quantization=quantization, revision=revision, most_tiles=tiles)
    answers = reader.ask(path, question, pages=pages, password=password)
    _tell(answers, as_json=as_json)


@app.command(epilog=EXIT_CODES)
def ground(
    path: Annotated[str, typer.Argument(help="A PDF or picture.", show_default=False)],
    phrase: Annotated[str, typer.Argument(help="What to look for, in words.", show_default=False)],
    pages: PagesOption = None,
    password: PasswordOption = None,
    backend: BackendOption = "vlm",
    model: ModelOption = None,
    quantization: QuantizationOption = "nf4",
    revision: RevisionOption = None,
    tiles: TilesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each finding as a line of JSON.")] = False,
) -> None:
    """Ask a model where on each page something stands, and print its boxes: page, left, top, right and bottom in fractions."""
    if not phrase.strip():
        raise typer.BadParameter("there is no phrase; write one, such as 'the total'", param_hint="PHRASE")
    password = password or os.environ.get("DOCAI_PASSWORD")
    _check_pages(path, pages, password)
    reader = docai.Extractor(backend=backend, model=model, quantization=quantization, revision=revision, most_tiles=tiles)
    mentions = reader.ground(path, phrase, pages=pages, password=password)
    _tell(mentions, as_json=as_json)


def _check_pages(path: str, pages: str | None, password: str | None) -> None:
    """Raise `InputError` where a document or its pages cannot be had: before a model is loaded, which takes minutes."""
    with load("docai.sources:opened")(load("docai.sources:origin_of")(path, password)) as opening:
        load("docai.extraction:parse_pages")(pages, opening.page_count)


def _tell(told: Iterable[docai.Answer | docai.Mention], *, as_json: bool) -> None:
    """Print answers as they come, and on stderr what went wrong with them."""
    failed = False
    for one in told:
        if as_json:
            typer.echo(one.model_dump_json())
        elif isinstance(one, docai.Answer):
            if one.text:  # none where no model could be asked, or was, which the problems tell
                typer.echo(_CONTROLS.sub("", one.text))
        else:
            for box in one.boxes:
                typer.echo(" ".join(map(str, (one.page_number, *box))))
        for problem in one.problems:
            errors.print(f"[yellow]{problem.severity}:[/] page {one.page_number}: {escape(problem.message)}", highlight=False)
            failed = failed or problem.severity == "error"
    if failed:
        raise typer.Exit(ExitCode.SOME_FAILED)


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False) -> None:
    """Say what is installed, what can be read, what is missing and the command that brings it."""
    findings = examination.examine()
    if as_json:
        typer.echo(json.dumps([finding.model_dump() for finding in findings], indent=2, ensure_ascii=False))
    else:
        table = Table(box=None, pad_edge=False)
        for heading in ("", "what", "found", "to bring it"):
            table.add_column(heading, overflow="fold")
        marks = {"ok": "[green]ok[/]", "optional": "[yellow]-[/]", "missing": "[red]missing[/]"}
        for finding in findings:
            table.add_row(marks[finding.state], finding.what, escape(finding.detail), escape(finding.remedy))
        Console().print(table)
    if any(finding.state == "missing" for finding in findings):
        raise typer.Exit(ExitCode.MISSING)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a document."""
    typer.echo(json_schema())


def main() -> None:
    """Run the command; whatever goes wrong ends in one line on stderr and an exit code."""
    if not sys.stderr.isatty():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # read when huggingface_hub is imported, later than this
    try:
        with ended(errors, "interrupted; documents already written are whole"):
            app()
    except Exception as error:  # the outermost place: a fault of ours must not end in a traceback
        logging.getLogger(__name__).debug("internal fault", exc_info=True)
        errors.print(
            f"[red]internal fault:[/] {type(error).__name__}: {escape(str(error))}; run again with docai --verbose and report it"
        )
        sys.exit(ExitCode.INTERNAL)
