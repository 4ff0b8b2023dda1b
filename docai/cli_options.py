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
LanguagesOption = Annotated[str, typer.Option(help="Languages to expect, most likely first.")]


def chosen_languages(told: str) -> tuple[str, ...]:
    """Return the languages that an option names, separated by commas.

    Raises:
        BadParameter: It names none.
    """
    asked = tuple(filter(None, (language.strip().lower() for language in told.split(","))))
    if not asked:
        raise typer.BadParameter("name at least one language, such as en,ko", param_hint="--languages")
    return asked


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
