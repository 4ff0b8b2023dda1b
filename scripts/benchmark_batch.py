"""Whether `docai batch` costs more than bare loops, and whether its memory stays flat.

    python scripts/benchmark_batch.py throughput --documents 300 --rounds 3
    python scripts/benchmark_batch.py memory --documents 10000

`throughput` reads the same documents by `docai batch` with N workers and by N plain loops of `Extractor.extract` side by side. The
two take turns of a second, halted meanwhile, so that a machine that is now faster, now slower is so to both; it prints the ratio of
their pages per second, from the start of the first process to the end of the last, and the median of the rounds. `memory` prints
what the parent and the workers hold after the first 500 documents and at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pymupdf

LOOP = """
import sys
from pathlib import Path
from docai.extraction import Extractor
reader, out = Extractor(), Path(sys.argv[1])
for line in sys.stdin:
    path = Path(line.rstrip("\\n"))
    (out / f"{path.name}.json").write_text(reader.extract(path).to_json())
"""
DRAWN = 60  # of which others are copies, since drawing takes longer than reading
TURN = 1.0  # seconds
SETTLED = 500  # documents after which memory should grow no more
WORDS = (
    "the quarterly review of the regional network shows that volumes grew in every part of the country while the cost fell".split()
)


def make(folder: Path, count: int, pages: int) -> None:
    """Write PDFs of a heading, paragraphs and a ruled table a page; the same ones come again, with other bytes behind their end."""
    drawn = [_drawn(number, pages) for number in range(min(count, DRAWN))]
    for number in range(count):
        (folder / f"{number:06}.pdf").write_bytes(drawn[number % DRAWN] + b"%% %d\n" % number)


def _drawn(number: int, pages: int) -> bytes:
    with pymupdf.open() as document:
        for _ in range(1 + number % (2 * pages - 1)):
            page = document.new_page()
            page.insert_text((60, 70), f"Report {number}", fontname="hebo", fontsize=18)
            for line in range(24):
                turned = WORDS[(line + number) % len(WORDS) :] + WORDS
                page.insert_text((60, 110 + 15 * line), " ".join(turned[:13]), fontsize=10)
            for row in range(6):
                page.draw_line((60, 500 + 20 * row), (400, 500 + 20 * row))
                for column in range(4):
                    page.draw_line((60 + 85 * (column + 1), 500), (60 + 85 * (column + 1), 600))
                    if row < 5:
                        page.insert_text((64 + 85 * column, 514 + 20 * row), f"{number * row + column}", fontsize=9)
        return bytes(document.tobytes())


class Runner:
    """Programs that read all documents of a folder together, and how long they were at it."""

    def __init__(self, programs: list[subprocess.Popen[str]]) -> None:
        """Begin; the programs run already."""
        self.programs, self.seconds = programs, 0.0
        self.pause()

    @property
    def at_work(self) -> bool:
        """Whether a program still runs; one that failed ends the benchmark."""
        ended = [program.poll() for program in self.programs]
        if any(ended):
            raise SystemExit("a program failed")
        return None in ended

    def run(self, seconds: float) -> None:
        """Let the programs run so long, or until they have ended."""
        began = time.perf_counter()
        for process in reversed(self._processes()):
            process.resume()
        while self.at_work and time.perf_counter() - began < seconds:
            time.sleep(0.005)
        self.seconds += time.perf_counter() - began
        self.pause()

    def pause(self) -> None:
        """Halt the programs and what they have started."""
        halted: set[int] = set()
        while fresh := [process for process in self._processes() if process.pid not in halted]:
            for process in fresh:
                halted.add(process.pid)
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.suspend()

    def _processes(self) -> list[psutil.Process]:
        found = []
        for program in self.programs:
            if program.poll() is None:
                with contextlib.suppress(psutil.NoSuchProcess):
                    parent = psutil.Process(program.pid)
                    found += [parent, *parent.children(recursive=True)]
        return found


def batch(folder: Path, out: Path, workers: int) -> Runner:
    """Return `docai batch` at work."""
    words = ["-m", "docai", "batch", str(folder), "-o", str(out), "--workers", str(workers), "--progress", "none"]
    return Runner([subprocess.Popen([sys.executable, *words], text=True)])


def loops(folder: Path, out: Path, workers: int) -> Runner:
    """Return as many loops at work, each over its share."""
    paths = [str(path) for path in sorted(folder.iterdir())]
    programs = []
    for number in range(workers):
        names = out / f"{number}.txt"
        names.write_text("\n".join(paths[number::workers]) + "\n")
        with names.open() as told:
            command, environment = [sys.executable, "-c", LOOP, str(out)], {**os.environ, "OMP_NUM_THREADS": "1"}
            programs.append(subprocess.Popen(command, stdin=told, text=True, env=environment))
    return Runner(programs)


def throughput(documents: int, workers: int, rounds: int) -> None:
    """Print how many pages a second both read, and the ratio."""
    pages = sum(1 + number % DRAWN % 3 for number in range(documents))
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), documents, 2)
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
                ours, bare = batch(Path(folder), Path(first), workers), loops(Path(folder), Path(second), workers)
                while ours.at_work or bare.at_work:
                    for runner in (ours, bare):
                        if runner.at_work:
                            runner.run(TURN)
            ratios.append(bare.seconds / ours.seconds)
            print(
                f"batch {pages / ours.seconds:.1f} pages/s, loops {pages / bare.seconds:.1f} pages/s, ratio {ratios[-1]:.3f}",
                flush=True,
            )
        print(f"median ratio {statistics.median(ratios):.3f} of {rounds} rounds, {workers} processes, {pages} pages each")


def memory(documents: int, workers: int) -> None:
    """Print what the parent and its workers hold, in MB, and how much it grew."""
    held: list[tuple[int, float, float]] = []
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as out:
        make(Path(folder), documents, 1)
        command = [sys.executable, "-m", "docai", "batch", folder, "-o", out, "--workers", str(workers), "--progress", "json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as batch:
            parent = psutil.Process(batch.pid)
            assert batch.stdout is not None
            for line in batch.stdout:
                event = json.loads(line)
                if event["kind"] == "document" and event["done"] % 100 == 0:
                    own, total = parent.memory_info().rss / 1e6, event["memory"] / 1e6
                    held.append((event["done"], own, total - own))
                    if event["done"] % 1000 == 0:
                        print(
                            f"{event['done']:6} documents: parent {own:.1f} MB, {event['workers']} workers {total - own:.1f} MB",
                            flush=True,
                        )
    first = [one for one in held if SETTLED <= one[0] < 2 * SETTLED]
    last = held[-len(first) :]
    for place, who in ((1, "parent"), (2, "workers")):
        before, after = (statistics.median(one[place] for one in part) for part in (first, last))
        print(f"{who}: {before:.1f} MB after {SETTLED} documents, {after:.1f} MB at the end: {after / before - 1:+.1%}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=["throughput", "memory"])
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    told = parser.parse_args()
    if told.what == "throughput":
        throughput(told.documents, told.workers, told.rounds)
    else:
        memory(told.documents, told.workers)


if __name__ == "__main__":
    main()
