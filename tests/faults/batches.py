"""Batches under attack: started, watched, hit, and held to their promise that each document is done exactly once."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from docai.ledger_view import LedgerView
from tests.children import alive, children
from tests.faults.harness import PATIENCE, Ending, command, document_of, environment, fault_of, limited, run

PRIVATE: Final = ".docai"
STATUSES: Final = {"done": ("success", "partial_success"), "failed": ("failure",)}


def arguments(inputs, output, *options):
    return ("batch", inputs, "--output", output, "--progress", "json", *options)


class Batch:
    """A `docai batch` under way; its events come as they are told."""

    def __init__(self, inputs, output, *options, events=None, file_size=None, **variables):
        """Begin; what it tells goes into the file `events`, or where there is none to `events()`."""
        self.output = Path(output)
        self._errors = (Path(output).parent / f"stderr-{time.monotonic_ns()}").open("w+")
        with Path(events or os.devnull).open("wb") as told:
            self.process = subprocess.Popen(
                command(*arguments(inputs, output, *options)),
                stdin=subprocess.DEVNULL,
                stdout=told if events else subprocess.PIPE,
                stderr=self._errors,
                env=environment(**variables),
                preexec_fn=limited(None, file_size),  # noqa: PLW1509  # which sets limits alone
                start_new_session=True,
            )
        self.known = {self.process.pid}
        self.most_memory = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self._errors.close()

    @property
    def errors(self):
        self._errors.seek(0)
        return self._errors.read()

    def workers(self):
        """Return the processes that read, of this moment."""
        found = children(self.process.pid, recursive=True)
        self.known.update(child.pid for child in found)
        return found

    def memory(self):
        """Return what all processes hold together now, in bytes: what they share with others in parts."""
        held = 0
        for process in [*self.workers(), psutil.Process(self.process.pid)]:
            with suppress(psutil.Error, OSError):
                held += process.memory_full_info().pss
        self.most_memory = max(self.most_memory, held)
        return held

    def events(self):
        """Yield what is told until the batch ends."""
        for line in self.process.stdout:
            yield json.loads(line)

    def finish(self, seconds=PATIENCE):
        """Return the exit code and the events, or fail after `seconds`."""
        out, _ = self.process.communicate(timeout=seconds)
        return self.process.returncode, [json.loads(line) for line in out.splitlines()]

    def hit(self, number=signal.SIGKILL, worker=0):
        """Send a signal to a worker; False where there is none."""
        found = self.workers()
        if not found:
            return False
        try:
            found[worker % len(found)].send_signal(number)
        except psutil.Error:
            return False
        return True

    def kill(self):
        """Kill the parent, and see its workers end by themselves."""
        self.workers()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        until = time.monotonic() + 20
        while (left := [pid for pid in self.known if alive(pid)]) and time.monotonic() < until:
            time.sleep(0.02)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert not left, f"workers {left} outlived their parent"


def entries_of(output):
    with LedgerView.open(Path(output)) as ledger:
        return {entry.stem: entry for entry in ledger.entries()}


def attempts_of(output):
    with LedgerView.open(Path(output)) as ledger:
        return list(ledger.attempts())


def endings(output, inputs):
    """Return how each document of a finished batch ended, by name: ledger, outputs and input agree, and all is typed.

    Args:
        output: The batch's folder; only JSON was asked for.
        inputs: The documents' bytes by the name of the file, which no two share.
    """
    entries = {Path(entry.path).name: entry for entry in entries_of(output).values()}
    found = {}
    for name, data in inputs.items():
        entry = entries.get(name)
        fault = "not in the ledger" if entry is None else _wrong(entry, Path(output), data)
        how = fault or (
            f"document: {entry.status}" if entry.state == "done" else f"typed {entry.error.code}: {entry.error.message}"
        )
        found[name] = Ending(how, not fault, seconds=0.0 if entry is None else entry.seconds)
    for name in set(entries) - set(inputs):
        found[name] = Ending("in the ledger, and no input", well=False)
    return found


def _wrong(entry, output, data):
    if entry.state not in STATUSES:
        return f"left {entry.state}"
    if entry.status not in STATUSES[entry.state]:
        return f"{entry.state}, and its status is {entry.status}"
    if entry.state == "failed" and entry.error is None:
        return "failed without a word"
    if entry.error is not None and entry.error.code == "internal_fault":
        return entry.error.message
    if entry.outputs != (f"{entry.stem}.json",):
        return f"outputs {entry.outputs}"
    try:
        document = document_of(output / entry.outputs[0])
    except (OSError, ValueError) as error:
        return f"torn output: {str(error).splitlines()[0]}"
    if document.status != entry.status:
        return f"its output says {document.status}, the ledger {entry.status}"
    if entry.state == "failed" and not document.problems and not any(page.problems for page in document.pages):
        return "its output tells no problem"
    told = document.content_hash
    if told and told != f"sha256:{hashlib.sha256(data).hexdigest()}":
        return "its output is of other bytes"
    return ""


def leftovers(output):
    """Return files in the folder of a finished batch that nobody asked for: temporary ones, and outputs of no document."""
    entries, files = entries_of(output), [path.relative_to(output) for path in Path(output).rglob("*") if path.is_file()]
    allowed = {Path(name) for entry in entries.values() for name in entry.outputs}
    figures = {Path(f"{stem}.figures") for stem in entries}
    strange = [path for path in files if path not in allowed and path.parts[0] != PRIVATE and path.parent not in figures]
    return sorted({*strange, *(path for path in files if path.suffix == ".part")})


def twice(events):
    """Return documents that were told to be done more often than once."""
    counts = Counter(event["stem"] for event in events if event["kind"] == "document")
    return sorted(stem for stem, count in counts.items() if count > 1)


def does_nothing_more(inputs, output, *options):
    """Return whether the same command again reads nothing; what was written stays as it was."""
    before = {path: path.stat().st_mtime_ns for path in Path(output).glob("*.json")}
    ran = run(*arguments(inputs, output, *options), memory=None)
    events = [json.loads(line) for line in ran.said.splitlines()]
    after = {path: path.stat().st_mtime_ns for path in Path(output).glob("*.json")}
    return fault_of(ran) == "" and before == after and not [event for event in events if event["kind"] in ("document", "page")]
