"""Kill a batch and its workers again and again at random moments, and see that nothing is lost, torn or done twice.

    python scripts/kill_test.py --documents 1000 --parents 50 --workers 200

Makes documents, starts `docai batch` over them, and kills it by SIGKILL, and its workers, while documents are done; after each
death of the batch the same command goes on. In the end each document has exactly one valid output or a typed failure, the ledger
says the same, no document was told to be done twice, and no temporary file is left. Ends with 1 where one of these does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for the tests' own modules, when this is run as a script

from docai.errors import ExitCode
from tests.faults import files
from tests.faults.batches import Batch, does_nothing_more, endings, leftovers, twice

BROKEN_EVERY = 20  # of the documents is one that cannot be read, and one of several pages


@dataclass
class Tally:
    """What was done to a batch, and what it told."""

    parents: int = 0
    workers: int = 0
    events: list[dict] = field(default_factory=list)
    code: int | None = None


def documents(count: int) -> dict[str, bytes]:
    """Return so many small documents by name, no two alike."""
    made = {}
    for number in range(count):
        if number % BROKEN_EVERY == 7:
            made[f"{number:05}.pdf"] = b"no document, number %d" % number
        elif number % BROKEN_EVERY == 13:
            made[f"{number:05}.pdf"] = files.joined(files.one_sentence(f"Page {page} of {number}") for page in range(3))
        else:
            made[f"{number:05}.pdf"] = files.one_sentence(f"Document {number}")
    return made


def done(output: Path) -> int:
    """Return how many documents have an output."""
    try:
        return sum(entry.name.endswith(".json") for entry in os.scandir(output))
    except FileNotFoundError:
        return 0


def attack(source: Path, output: Path, deaths: tuple[int, int], chance: random.Random, options: tuple[str, ...]) -> Tally:
    """Run a batch to its end, through deaths of itself and of its workers; each comes a random while after some more documents."""
    parents, workers = deaths
    count = sum(1 for _ in source.iterdir())
    kinds = ["parent"] * parents + ["worker"] * workers
    chance.shuffle(kinds)
    tally, begun = Tally(), 0
    after = _gap(chance, count, len(kinds))
    while True:
        told = output.with_name(f"events-{begun}.jsonl")
        begun += 1
        with Batch(source, output, *options, events=told) as batch:
            killed = False
            while batch.process.poll() is None and not killed:
                if not kinds or done(output) < after:
                    time.sleep(0.005)
                    continue
                until = time.monotonic() + (chance.expovariate(20) if chance.random() < 0.7 else chance.uniform(0, 2))
                while time.monotonic() < until and done(output) <= after + 1:  # long only where none is done: while workers start
                    time.sleep(0.005)
                if kinds[0] == "parent" and batch.process.poll() is None:
                    batch.kill()
                    tally.parents, killed = tally.parents + 1, True
                elif kinds[0] == "worker" and batch.hit(worker=chance.randrange(99)):
                    tally.workers += 1
                else:  # none has been started yet
                    continue
                kinds.pop(0)
                after = done(output) + _gap(chance, count - done(output), len(kinds))
            tally.code = batch.process.wait()
            batch.kill()
        tally.events += [json.loads(line) for line in told.read_bytes().splitlines() if line.endswith(b"}")]
        # Whose workers all die while they start gives up, with a word; whoever runs it starts it again, as after a death
        if not killed and not (tally.code == ExitCode.MISSING and begun <= parents + workers):
            return tally


def _gap(chance: random.Random, documents: int, deaths: int) -> int:
    """Return after how many more documents the next death comes, so that all come before the last document."""
    return int(chance.expovariate((deaths + 1) / max(1, documents)))


def verdict(source: Path, output: Path, made: dict[str, bytes], tally: Tally) -> list[str]:
    """Return what does not hold of a batch that was attacked."""
    found = endings(output, made)
    wrong = [f"{stem}: {ending.how}" for stem, ending in found.items() if not ending.well]
    broken = [stem for stem, data in made.items() if not data.startswith(b"%PDF")]
    wrong += [f"{stem}: {found[stem].how}, and it is no document" for stem in broken if not found[stem].how.startswith("typed")]
    wrong += [f"{path}: left behind" for path in leftovers(output)]
    wrong += [f"{stem}: done twice" for stem in twice(tally.events)]
    if tally.code not in (0, 3):
        wrong.append(f"the last run ended with {tally.code}")
    if not does_nothing_more(source, output):
        wrong.append("the same command again read something")
    return wrong


def main() -> int:
    """Do it, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--parents", type=int, default=50, help="how often the batch itself is killed")
    parser.add_argument("--workers", type=int, default=200, help="how often one of its workers is")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder by default")
    parser.add_argument("option", nargs="*", help="of docai batch, after --")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = told.folder or Path(temporary)
        source, output = folder / "in", folder / "out"
        source.mkdir(parents=True, exist_ok=True)
        made = documents(told.documents)
        for name, data in made.items():
            (source / name).write_bytes(data)
        began = time.monotonic()
        tally = attack(source, output, (told.parents, told.workers), random.Random(told.seed), tuple(told.option))  # noqa: S311
        wrong = verdict(source, output, made, tally)
        kinds = Counter(ending.how.split(":")[0] + ending.how.split(":")[1][:20] for ending in endings(output, made).values())
    for line in wrong:
        print(line)
    print(
        f"{told.documents} documents, the batch killed {tally.parents} times and its workers {tally.workers} times,"
        f" {time.monotonic() - began:.0f} s: {dict(kinds)}; {len(wrong)} things wrong"
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
