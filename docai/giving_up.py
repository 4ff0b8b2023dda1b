"""A document of which nothing can be read: its outcome, and the output that says so."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path, PurePath
from typing import Final

from docai.document import Document, Problem
from docai.errors import InputError, OutputUnwritable
from docai.exporters import Files, feed
from docai.inputs import PRIVATE, Job, is_url
from docai.output_names import below
from docai.registry import EXPORTERS, load
from docai.sources import origin_of
from docai.work import Outcome, Recipe, Work

PROBE_BYTES: Final = 1 << 16  # written to tell a full disk from a document that has an impossible name


def give_up(work: Work, problem: Problem, recipe: Recipe, output: Path, *, transient: bool = False) -> Outcome:
    """Return the outcome of a document that cannot be read; what says so lies below `output` then, if JSON is wanted.

    Args:
        work: Which document.
        problem: Why.
        recipe: How it was to be read.
        output: The output folder.
        transient: Whether it may go well another time.

    Raises:
        OutputUnwritable: Nothing can be written to the output folder.
    """
    job = Job(work.path if is_url(work.path) else Path(work.path), PurePath(work.stem))
    digest = "" if is_url(work.path) else digest_of(Path(work.path))
    outputs: tuple[str, ...] = ()
    if "json" in recipe.formats and _is_below(output, work.stem):
        told = Document(name=job.name, content_hash=digest, status="failure", problems=(problem,))
        try:
            with Files(below(output, work.stem), "json", None, parts_of(output)) as place:
                feed(load(EXPORTERS["json"])(place), told)
            outputs = tuple(path.relative_to(output).as_posix() for path in place.paths)
        except OSError as error:  # its name may be impossible; the ledger has the problem
            check_output(output, error)
    return Outcome("failure", problem, content_hash=digest, outputs=outputs, transient=transient)


def parts_of(output: Path) -> Path:
    """Return the folder for outputs that are not whole yet, made if it is not there, but never in an output folder that is gone."""
    parts = output / PRIVATE / "parts"
    with contextlib.suppress(OSError):  # told when something is written there
        parts.mkdir(exist_ok=True)
    return parts


def check_output(output: Path, error: OSError) -> None:
    """Raise `OutputUnwritable` from `error` if it is the output folder that fails, and not one document alone."""
    probe = parts_of(output) / f"{secrets.token_hex(8)}.probe.part"
    try:
        with probe.open("wb") as stream:
            stream.write(bytes(PROBE_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as second:
        message = f"{output}: {second.strerror or second}; free or mend the output folder, then run the same command again"
        raise OutputUnwritable(message) from error
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)


def digest_of(path: Path) -> str:
    """Return `sha256:…` of a file's bytes; "" where they cannot be read, which is told when the file is opened."""
    try:
        return origin_of(path).sha256() if path.is_file() else ""
    except (OSError, ValueError):
        return ""


def _is_below(output: Path, stem: str) -> bool:
    try:
        below(output, stem)
    except InputError:
        return False
    return True
