"""The `docai` command in a process of its own, with limits of time and memory, and a verdict on how each document ended.

A document ends well in a valid document (exit 0, or 3 with pages missing) or in a typed error (a documented exit code, a line on
stderr, no traceback, nothing left half written). All else is bad: a crash, a hang, silence, torn output.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from docai.document import Document
from docai.errors import ExitCode

try:
    import resource
except ImportError:  # Windows
    resource = None

MEMORY: Final = 4 << 30  # bytes of address space; those of the measure of hostile files
PATIENCE: Final = 240  # seconds until a command is said to hang; machines that do much else are slow
DOCUMENTED: Final = frozenset(int(code) for code in ExitCode) - {ExitCode.INTERNAL, ExitCode.USAGE}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did: its exit code (negative: the signal that ended it; None: it hung), words, and seconds by the wall."""

    code: int | None
    said: str
    errors: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Ending:
    """How a document ended, in words, and whether that is well."""

    how: str
    well: bool
    code: int | None = None
    seconds: float = 0.0

    def told(self):
        return asdict(self)


def command(*arguments):
    return [sys.executable, "-m", "docai", *map(os.fspath, arguments)]


def environment(**more):
    return {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "500", **more}


def limited(memory=None, file_size=None):
    """Return what a child does first: limit its address space, and the size of what it writes, both in bytes."""
    if resource is None:
        return None

    def limit():
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        if file_size is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

    return limit


def run(*arguments, cwd=None, seconds=PATIENCE, memory=MEMORY, file_size=None, **variables):
    """Run `docai` with these arguments to its end, or for `seconds`; its whole process group is killed then."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", errors="replace") as said, tempfile.TemporaryFile("w+", errors="replace") as errors:
        child = subprocess.Popen(
            command(*arguments),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=errors,
            env=environment(**variables),
            preexec_fn=limited(memory, file_size),  # noqa: PLW1509  # which sets limits alone
            start_new_session=True,
        )
        code = None
        try:
            code = child.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        said.seek(0)
        errors.seek(0)
        return Ran(code, said.read(), errors.read(), time.monotonic() - began)


def fault_of(ran):
    """Return what is wrong with how a command ended, whatever it was to read; "" where nothing is."""
    if ran.code is None:
        return "hang"
    if "MemoryError" in ran.errors:
        return "out of memory"
    if ran.code < 0:
        return f"killed by signal {-ran.code}"
    if "Traceback (most recent call last)" in ran.errors:
        return "traceback"
    if ran.code not in DOCUMENTED:
        return f"exit {ran.code}"
    return ""


def temporaries(output):
    return sorted(path for path in Path(output).rglob("*.part"))


def document_of(path):
    """Return the document in a JSON file.

    Raises:
        ValueError: It is torn, or no document.
    """
    return Document.model_validate_json(Path(path).read_bytes())


def ending(ran, output):
    """Return how the only document of a command ended."""
    fault = fault_of(ran)
    outputs = [path for path in Path(output).rglob("*.json") if ".docai" not in path.parts]
    how = fault or _how(ran, outputs)
    if not fault and (left := temporaries(output)):
        how = f"left {left[0].name} behind"
    return Ending(how, how.startswith(("document", "typed")), ran.code, ran.seconds)


def _how(ran, outputs):
    try:
        documents = [document_of(path) for path in outputs]
    except ValueError as error:
        return f"torn output: {str(error).splitlines()[0]}"
    whole = [document for document in documents if document.status != "failure" or document.pages]
    if whole and ran.code in (ExitCode.OK, ExitCode.SOME_FAILED):
        return f"document: {whole[0].status}"
    if ran.code in (ExitCode.OK, ExitCode.SOME_FAILED) and not documents:
        return f"silent: exit {ran.code} and no document"
    if not ran.errors.strip():
        return f"silent: exit {ran.code} and no word"
    return f"typed error {ran.code}: {ExitCode(ran.code).name.lower()}"


def endings(ran, inputs, output):
    """Return how each of many documents of one `docai extract` ended, by name."""
    fault = fault_of(ran)
    if fault:
        tail = ran.errors.strip().splitlines()[-1:]
        return {name: Ending(f"{fault} {tail}", well=False, code=ran.code, seconds=ran.seconds) for name in inputs}
    found = {}
    for name in inputs:
        path = Path(output, f"{name}.json")
        line = next((line for line in ran.errors.splitlines() if name in line and line.startswith(("error:", "warning:"))), "")
        if path.exists():
            try:
                document = document_of(path)
            except ValueError as error:
                found[name] = Ending(f"torn output: {str(error).splitlines()[0]}", well=False, code=ran.code)
                continue
            told = document.status == "success" or bool(line)
            how = f"document: {document.status}" if told else f"silent about {document.status}"
            found[name] = Ending(how, told, ran.code)
        else:
            found[name] = Ending(
                f"typed {line}" if line.startswith("error:") else "silent: no output and no word", bool(line), ran.code
            )
    return found


def as_table(rows):
    """Return rows (fault, how, code, seconds, well) as lines of text."""
    width = max([5, *(len(row["fault"]) for row in rows)])
    lines = [f"{'fault':{width}}  {'ended':6}  {'exit':>4}  {'seconds':>7}  what happened"]
    for row in rows:
        code, how = "" if row["code"] is None else row["code"], " ".join(row["how"].split())
        lines.append(f"{row['fault']:{width}}  {'well' if row['well'] else 'BADLY':6}  {code:>4}  {row['seconds']:7.1f}  {how}")
    return "\n".join(lines)


def as_json(rows):
    return json.dumps({"bad": sum(not row["well"] for row in rows), "faults": rows}, indent=2, ensure_ascii=False) + "\n"
