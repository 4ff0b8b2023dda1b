"""Whether `docai batch` costs more than bare loops, and whether its memory stays flat.

    python scripts/benchmark_batch.py throughput --documents 300 --rounds 3
    python scripts/benchmark_batch.py memory --documents 10000

`throughput` reads the same documents by `docai batch` with N workers and by N plain loops of `Extractor.extract` side by side, in
turns, and prints the ratio of the pages per second of each pair of runs and its median: what the machine does meanwhile it does to
both. `memory` prints what the parent and the workers hold after the first 500 documents and at the end.
"""

from __future__ import annotations

import argparse
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


def by_batch(folder: Path, workers: int) -> float:
    """Return the seconds that `docai batch` takes."""
    with tempfile.TemporaryDirectory() as out:
        began = time.perf_counter()
        command = [sys.executable, "-m", "docai", "batch", folder, "-o", out, "--workers", str(workers), "--progress", "none"]
        subprocess.run(command, check=True)
        return time.perf_counter() - began


def by_loops(folder: Path, workers: int) -> float:
    """Return the seconds until the last of as many loops has read its share."""
    paths = [str(path) for path in sorted(folder.iterdir())]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as out:
        began = time.perf_counter()
        loops = [
            subprocess.Popen([sys.executable, "-c", LOOP, out], stdin=subprocess.PIPE, text=True, env=environment)
            for _ in range(workers)
        ]
        for number, loop in enumerate(loops):
            assert loop.stdin is not None
            loop.stdin.write("\n".join(paths[number::workers]) + "\n")
            loop.stdin.close()
        if any(loop.wait() for loop in loops):
            raise SystemExit("a loop failed")
        return time.perf_counter() - began


def throughput(documents: int, workers: int, rounds: int) -> None:
    """Print how many pages a second both read, and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), documents, 2)
        pages = sum(1 + number % DRAWN % 3 for number in range(documents))
        ratios = []
        for turn in range(rounds):
            pair = [by_batch, by_loops] if turn % 2 else [by_loops, by_batch]
            took = {run: run(Path(folder), workers) for run in pair}
            ratios.append(took[by_loops] / took[by_batch])
            print(f"batch {pages / took[by_batch]:.1f} pages/s, loops {pages / took[by_loops]:.1f} pages/s, ratio {ratios[-1]:.3f}")
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
