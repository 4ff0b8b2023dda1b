"""`docai batch` and what belongs to it: `status`, `retry` and `report`."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
from rich.console import Console

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
)
from docai.registry import EXPORTERS, load

if TYPE_CHECKING:
    from docai.batch import Summary
    from docai.work import Settings

EXIT_CODES: Final = """Exit codes: 0 all well; 1 internal fault, or the output folder cannot be worked in; 2 usage;
3 some documents or pages failed; 5 nothing to do; 6 something is not installed; 130 interrupted. A single document
fails with its own code: 7 not readable; 8 encrypted; 9 no such page; 10 over a limit; 124 over its time."""

_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.IGNORECASE)
_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
errors = Console(stderr=True, soft_wrap=True)

FolderArgument = Annotated[Path, typer.Argument(metavar="OUT", help="The output folder of a batch.", show_default=False)]
WorkersOption = Annotated[
    str, typer.Option(help="Processes that read side by side: a number, or auto, one a core as far as memory lasts.")
]
RetriesOption = Annotated[
    int, typer.Option(min=0, help="How often a document is read again that ends its process, or that may pass.")
]
PageSecondsOption = Annotated[
    float, typer.Option("--timeout-page", min=0.1, help="Seconds that a page may take before its process is killed.")
]
DocumentSecondsOption = Annotated[
    float | None,
    typer.Option(
        "--timeout-doc",
        min=0.1,
        help="Seconds that a document may take, of which the pages read by then are kept; any by default.",
        show_default=False,
    ),
]
MemoryOption = Annotated[
    str | None, typer.Option("--max-memory", help="Of all processes together, such as 8G; 80 % of the machine's by default.")
]
RecycleOption = Annotated[int, typer.Option(min=1, help="After how many documents a process is replaced by a fresh one.")]
ErrorOption = Annotated[
    Literal["continue", "stop"], typer.Option("--on-error", help="What to do after a document failed; stop begins no other.")
]
ProgressOption = Annotated[
    Literal["auto", "bar", "json", "none"],
    typer.Option(
        help="How it is seen: a bar, JSON lines on stdout for programs, nothing; auto is a bar on a terminal, else lines."
    ),
]
DevicesOption = Annotated[
    str | None, typer.Option(help="Where a local model is held, a process each: cuda:0,cuda:1. The best there is by default.")
]
EngineOption = Annotated[Literal["local", "ray"], typer.Option(help="Who runs the processes: this machine, or a Ray cluster.")]
AddressOption = Annotated[str | None, typer.Option(help="Of the Ray cluster; one on this machine by default.")]


def batch(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            help="PDFs and pictures, folders, patterns, URLs such as s3://bucket/in/; - for a list on stdin.", show_default=False
        ),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to; it also holds the ledger.")] = ...,  # type: ignore[assignment]
    lists: Annotated[
        list[str] | None,
        typer.Option("--list", help="A file that names a document, folder or URL a line; - for stdin.", show_default=False),
    ] = None,
    null: Annotated[bool, typer.Option("--null", "-0", help="Zero bytes part the names of lists, not line ends.")] = False,
    to: Annotated[str, typer.Option(help=f"Formats, separated by commas: {', '.join(EXPORTERS)}.")] = "json",
    pages: PagesOption = None,
    password: PasswordOption = None,
    languages: LanguagesOption = "en,ko,vi",
    backend: BackendOption = "auto",
    model: ModelOption = None,
    quantization: QuantizationOption = "nf4",
    revision: RevisionOption = None,
    tiles: TilesOption = None,
    devices: DevicesOption = None,
    ocr: OcrOption = "auto",
    margins: MarginsOption = False,
    overlay: OverlayOption = False,
    limits: LimitsOption = None,
    workers: WorkersOption = "auto",
    retries: RetriesOption = 2,
    timeout_page: PageSecondsOption = 300.0,
    timeout_doc: DocumentSecondsOption = None,
    max_memory: MemoryOption = None,
    recycle: RecycleOption = 1000,
    on_error: ErrorOption = "continue",
    progress: ProgressOption = "auto",
    engine: EngineOption = "local",
    address: AddressOption = None,
) -> None:
    """Read many documents side by side; the same command again goes on where it ended, and does nothing twice.

    Each document is read by a process that is killed when it hangs or takes too much memory, which costs that document one attempt
    and the others nothing. What was done stands in a ledger, OUT/.docai: see docai status, docai retry and docai report.
    """
    recipe = load("docai.work:Recipe")(
        formats=tuple(chosen_formats(to)),
        pages=pages,
        languages=chosen_languages(languages),
        backend=backend,
        model=model,
        quantization=quantization,
        revision=revision,
        most_tiles=tiles,
        ocr=ocr,
        margins=margins,
        overlay=overlay,
        limits=chosen_limits(limits),
    )
    settings = _settings(workers, retries, timeout_page, timeout_doc, max_memory, recycle, on_error, devices, password)
    named = [text for text in inputs or () if text != "-"]
    listed = [*(lists or ()), *("-" for text in inputs or () if text == "-")]
    run_batch = load("docai.batch:run_batch")

    def run(on_event: Callable[[Any], None]) -> Summary:
        summary: Summary = run_batch(
            named, output, recipe, settings, on_event, lists=listed, null=null, engine=engine, address=address
        )
        return summary

    _run(run, progress)


def status(folder: FolderArgument, as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False) -> None:
    """Tell how far a batch is: one that is under way, or one that has ended."""
    found = load("docai.batch_report:status_of")(folder)
    if as_json:
        typer.echo(json.dumps(found.told(), indent=2, ensure_ascii=False))
    else:
        Console().print(found.printed())


def retry(
    folder: FolderArgument,
    failed: Annotated[bool, typer.Option("--failed", help="Read again the documents that failed.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Read again the documents some of whose pages failed.")] = False,
    password: PasswordOption = None,
    devices: DevicesOption = None,
    workers: WorkersOption = "auto",
    retries: RetriesOption = 2,
    timeout_page: PageSecondsOption = 300.0,
    timeout_doc: DocumentSecondsOption = None,
    max_memory: MemoryOption = None,
    recycle: RecycleOption = 1000,
    on_error: ErrorOption = "continue",
    progress: ProgressOption = "auto",
    engine: EngineOption = "local",
    address: AddressOption = None,
) -> None:
    """Read documents of a batch again, by the options of its last run; others for time and memory may be given."""
    statuses = [status for status, wanted in (("failure", failed), ("partial_success", partial)) if wanted]
    if not statuses:
        raise typer.BadParameter("say what to read again: --failed, --partial or both", param_hint="--failed")
    settings = _settings(workers, retries, timeout_page, timeout_doc, max_memory, recycle, on_error, devices, password)

    def run(on_event: Callable[[Any], None]) -> Summary:
        again = load("docai.batch:retry")
        summary: Summary = again(folder, settings, on_event, statuses=statuses, engine=engine, address=address)
        return summary

    _run(run, progress)


def report(
    folder: FolderArgument,
    to: Annotated[str, typer.Option(help="Formats, separated by commas: html, csv, json.")] = "html,csv,json",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The folder to write to.", show_default="the batch's own")
    ] = None,
) -> None:
    """Write what came of a batch as docai-report.html, .csv and .json: failures, slowest documents, confidences, pages/s."""
    formats = [name.strip().lower() for name in to.split(",") if name.strip()]
    unknown = [name for name in formats if name not in ("html", "csv", "json")]
    if unknown or not formats:
        raise typer.BadParameter(f"{', '.join(unknown) or 'nothing'} is no format; choose from html, csv, json", param_hint="--to")
    for path in load("docai.batch_report:report")(folder).write(formats, output):
        typer.echo(path)


def _settings(  # the options that two commands share
    workers: str,
    retries: int,
    page_seconds: float,
    document_seconds: float | None,
    max_memory: str | None,
    recycle: int,
    on_error: str,
    devices: str | None,
    password: str | None,
) -> Settings:
    if workers != "auto" and not (workers.isdecimal() and int(workers)):
        raise typer.BadParameter(f"{workers!r} is no number of processes; write one, or auto", param_hint="--workers")
    settings: Settings = load("docai.work:Settings")(
        workers=None if workers == "auto" else int(workers),
        retries=retries,
        page_seconds=page_seconds,
        document_seconds=document_seconds,
        max_memory=None if max_memory is None else _bytes(max_memory),
        recycle=recycle,
        stop_on_error=on_error == "stop",
        devices=None if devices is None else tuple(filter(None, (name.strip() for name in devices.split(",")))),
        password=password or os.environ.get("DOCAI_PASSWORD"),
    )
    try:
        load("docai.workers:share_of")(settings)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--max-memory") from error
    return settings


def _bytes(text: str) -> int:
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise typer.BadParameter(f"{text!r} is no amount of memory; write one such as 8G or 500M", param_hint="--max-memory")
    return int(float(match[1]) * _UNITS[match[2].upper()])


def _run(run: Callable[[Callable[[Any], None]], Summary], progress: str) -> None:
    with load("docai.batch_progress:shown")(progress, errors) as on_event:
        summary = run(on_event)
    if summary.interrupted and progress != "none":
        errors.print(f"interrupted; {summary.left} documents are left: the same command goes on", highlight=False)
    sys.stdout.flush()
    raise typer.Exit(summary.code)
