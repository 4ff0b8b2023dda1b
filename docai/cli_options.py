"""What several commands share: options of who reads, and how a command ends."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from docai.errors import DocaiError, ExitCode
from docai.limits import Limits, parsed
from docai.registry import EXPORTERS

BackendOption = Annotated[
    str, typer.Option(help="Who reads: auto, classical, vlm (a model on this machine) or endpoint (one on a server).")
]
ModelOption = Annotated[
    str | None, typer.Option(help="The model of auto, vlm or endpoint: a name on the Hugging Face hub, a folder, a server's name.")
]
QuantizationOption = Annotated[
    Literal["nf4", "int8", "none"], typer.Option(help="How a local model's weights are held: in 4 bits, in 8, or as they are.")
]
RevisionOption = Annotated[str | None, typer.Option(help="Which revision of a model on the hub.")]
TilesOption = Annotated[
    int | None,
    typer.Option("--tiles", min=1, help="How many tiles a local model is shown of a region; what it was made for by default."),
]
PagesOption = Annotated[str | None, typer.Option(help="Pages such as 1-3,7 or 5-; all by default.")]
PasswordOption = Annotated[str | None, typer.Option(help="The password of encrypted PDFs (or set DOCAI_PASSWORD).")]
OcrOption = Annotated[
    Literal["auto", "always", "never"],  # of docai.pictures, which loads what a usage error need not wait for
    typer.Option(help="When pictures of text are read: auto (where no text layer tells), always or never."),
]
MarginsOption = Annotated[bool, typer.Option("--margins", help="Keep running headers, footers and page numbers in text.")]
OverlayOption = Annotated[bool, typer.Option("--overlay", help="Also draw each page with its boxes as PNG.")]
LanguagesOption = Annotated[str, typer.Option(help="Languages to expect, most likely first.")]

LimitsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit", help="Raise or lower a limit, NAME=NUMBER, such as pages=5000; SECURITY.md lists them.", show_default=False
    ),
]


def chosen_limits(told: list[str] | None) -> Limits:
    """Return the limits that options such as `pages=5000` tell.

    Raises:
        BadParameter: One names no limit, or no number.
    """
    try:
        return parsed(told or ())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--limit") from error


def chosen_languages(told: str) -> tuple[str, ...]:
    """Return the languages that an option names, separated by commas.

    Raises:
        BadParameter: It names none.
    """
    asked = tuple(filter(None, (language.strip().lower() for language in told.split(","))))
    if not asked:
        raise typer.BadParameter("name at least one language, such as en,ko", param_hint="--languages")
    return asked


def chosen_formats(told: str) -> list[str]:
    """Return the formats that an option names, separated by commas, each once.

    Raises:
        BadParameter: It names none, or one that is unknown.
    """
    formats = list(dict.fromkeys(name.strip().lower() for name in told.split(",") if name.strip()))
    unknown = [name for name in formats if name not in EXPORTERS]
    if unknown or not formats:
        raise typer.BadParameter(
            f"{', '.join(unknown) or 'nothing'} is no format; choose from {', '.join(EXPORTERS)}", param_hint="--to"
        )
    return formats


@contextmanager
def ended(errors: Console, interrupted: str) -> Iterator[None]:
    """End the program by what goes wrong meanwhile: one line on `errors`, and its exit code; `interrupted` if it is broken off."""
    logging.captureWarnings(capture=True)  # those of packages are for developers: shown with --verbose
    try:
        yield
    except DocaiError as error:
        errors.print(f"[red]error:[/] {escape(str(error))}", highlight=False)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit) as end:  # typer turns the one into the other
        code = end.code if isinstance(end, SystemExit) else ExitCode.INTERRUPTED
        if code == ExitCode.INTERRUPTED:
            errors.print(interrupted)
        sys.exit(code)
