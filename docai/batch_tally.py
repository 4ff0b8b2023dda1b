"""What the ledger of a batch comes to, of any length: counts, what failed and why, what was slow, what is unsure."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from docai.document import Problem
from docai.ledger_view import Attempt, Entry

SHOWN: Final = 30  # documents in a list, which people read; all are in the CSV
EXAMPLES: Final = 10  # documents named of each kind of failure
STEPS: Final = 3  # next steps told of each kind of failure; more would be a list of documents
ENDED: Final = {  # how attempts end badly, in words
    "time_limit": "over the time limit",
    "memory_limit": "over the memory limit",
    "crashed": "the process died",
    "transient": "may go well another time",
}
BINS: Final = 60  # of the curve of pages over time, some ten pixels each


@dataclass(slots=True)
class Failures:
    """What failed for the same reason: how many documents as a whole, how many in part, and some of them."""

    failed: int = 0
    partial: int = 0
    steps: dict[str, None] = field(default_factory=dict)  # what the messages say is to be done next, each once
    examples: list[tuple[Entry, Problem]] = field(default_factory=list)

    def add(self, entry: Entry, error: Problem) -> None:
        """Take a document in."""
        if entry.state == "failed":
            self.failed += 1
        else:
            self.partial += 1
        _, found, step = error.message.rpartition("; ")  # each message ends with the next step
        if found and len(self.steps) < STEPS:
            self.steps[step] = None
        if len(self.examples) < EXAMPLES:
            self.examples.append((entry, error))


@dataclass(slots=True)
class Tally:
    """What a ledger comes to, in a size that does not grow with it."""

    states: Counter[str] = field(default_factory=Counter)  # documents, by `waiting`, `running`, `done` and `failed`
    partial: int = 0  # of those that are done
    pages: int = 0
    failed_pages: int = 0
    seconds: float = 0.0  # of work, of all processes together
    peak_memory: int = 0  # bytes, of the largest process
    failures: dict[str, Failures] = field(default_factory=dict)
    confidences: list[int] = field(default_factory=lambda: [0] * 10)  # documents, by tenths of their mean confidence
    engines: Counter[str] = field(default_factory=Counter)  # documents, by who took part, in JSON
    slowest: list[tuple[float, int, Entry]] = field(default_factory=list)  # a heap, the fastest of them first
    unsure: list[tuple[float, int, Entry]] = field(default_factory=list)  # a heap, the surest of them first
    flow: list[float] = field(default_factory=lambda: [0.0] * BINS)  # pages of the last run, by its time in equal parts
    span: float = 0.0  # seconds that the last run took, or has taken
    count: int = 0

    def add(self, entry: Entry) -> None:
        """Take a document in."""
        self.count += 1
        self.states[entry.state] += 1
        self.pages += entry.pages
        self.failed_pages += entry.failed_pages
        self.seconds += entry.seconds
        self.peak_memory = max(self.peak_memory, entry.peak_memory)
        if entry.state not in ("done", "failed"):
            return
        self.partial += entry.status == "partial_success"
        if entry.error is not None:
            self.failures.setdefault(entry.error.code, Failures()).add(entry, entry.error)
        for engine in entry.engines:
            self.engines[json.dumps(engine, sort_keys=True, ensure_ascii=False)] += 1
        if entry.confidence is not None:
            self.confidences[min(9, int(entry.confidence * 10))] += 1
            _keep(self.unsure, (-entry.confidence, -self.count, entry))
        _keep(self.slowest, (entry.seconds, -self.count, entry))

    def spread(self, attempt: Attempt) -> None:
        """Add the pages of an attempt of the last run to the parts of the run in which they were read, evenly from begin to end."""
        width = self.span / BINS
        if not attempt.pages or width <= 0:
            return
        last = min(max(1e-3, attempt.elapsed / width), float(BINS))
        first = max(0.0, min((attempt.elapsed - attempt.seconds) / width, last - 1e-3))
        for number in range(int(first), min(BINS - 1, int(last)) + 1):
            share = (min(last, number + 1) - max(first, number)) / (last - first)
            self.flow[number] += attempt.pages * max(0.0, share)


class Troubles:
    """The attempts that ended badly: how many in each way, and the first of them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.first: list[Attempt] = []

    def add(self, attempt: Attempt) -> None:
        """Take an attempt in, if it ended badly."""
        if attempt.ended in ENDED:
            self.counts[attempt.ended] += 1
            if len(self.first) < SHOWN:
                self.first.append(attempt)


def _keep(heap: list[tuple[float, int, Entry]], item: tuple[float, int, Entry]) -> None:
    """Add to a heap of the `SHOWN` greatest."""
    if len(heap) < SHOWN:
        heapq.heappush(heap, item)
    elif item[:2] > heap[0][:2]:
        heapq.heapreplace(heap, item)
