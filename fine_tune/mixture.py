"""Which sample comes when: a pure function of its position, so that training goes on wherever it was broken off."""

from __future__ import annotations

import json
import math
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from docai.errors import NothingToDo, Unreadable
from fine_tune.samples import BadSample, Sample, Source

BLOCK: Final = 1000  # positions in which the weights hold exactly: to a tenth of a percent, and soon enough for a short stage
ATTEMPTS: Final = 10  # samples tried for a position; so many bad ones in a row are no accident but a wrong folder

Used = TypeVar("Used")


@dataclass(frozen=True, slots=True)
class Fault:
    """A sample that was left out: at which position of the mixture it was due, where it stands, and why it cannot be used."""

    position: int
    origin: str
    reason: str


class Mixture:
    """Samples of several sources by weight.

    Positions are counted from 0. Each block of 1,000 holds as many samples of each source as its weight tells, in an order drawn
    for the block. A finite source is gone through in an order drawn for each epoch, none of its samples twice before all were due
    once; an endless one is counted on. All this follows from the seed alone.

    Attributes:
        shares: Of the sources that are there, by name: how many of each block's positions are theirs.
        missing: Names that have a weight but no source, or none with samples; what they would have had goes to the others.
    """

    def __init__(
        self, sources: Mapping[str, Source], weights: Mapping[str, float], seed: int = 0, *, faults: Path | None = None
    ) -> None:
        """Mix sources by the weights of their names; what is left out is written to the file `faults`, a JSON object a line.

        Raises:
            NothingToDo: None of the sources that have a weight is there.
        """
        wanted = [name for name, weight in weights.items() if weight > 0]
        there = [name for name in wanted if name in sources and sources[name].count != 0]
        self.missing = tuple(name for name in wanted if name not in there)
        if not there:
            raise NothingToDo(f"none of {', '.join(wanted) or 'nothing'} is there to learn from; give data of your own with --data")
        self.seed, self.faults = seed, faults
        self.sources = {name: sources[name] for name in there}
        self.shares = _apportioned({name: weights[name] for name in there})
        self._names = tuple(there)

    def pick(self, position: int) -> tuple[Source, int]:
        """Return which sample is due at a position: its source, and its number there."""
        name, number = self._due(position)
        return self.sources[name], self._number(name, number)

    def sample(self, position: int, use: Callable[[Sample], Used]) -> Used:
        """Return what `use` makes of the sample that is due at a position; of the next of its source where that is a bad one.

        Each bad one is noted in the file of faults. What stands in is due once more at its own position.

        Raises:
            Unreadable: Ten in a row are bad.
        """
        name, due = self._due(position)
        bad: list[BadSample] = []
        for attempt in range(ATTEMPTS):
            made = self._tried(name, due + attempt, use)
            if not isinstance(made, BadSample):
                return made
            bad.append(made)
            self._note(Fault(position, made.origin, made.reason))
        raise Unreadable(f"{name}: {ATTEMPTS} samples in a row cannot be used, such as {bad[0]}; look at the data") from bad[0]

    def _tried(self, name: str, due: int, use: Callable[[Sample], Used]) -> Used | BadSample:
        try:
            return use(self.sources[name].sample(self._number(name, due)))
        except BadSample as error:
            return error

    def counts(self, positions: int) -> dict[str, int]:
        """Return how many of the first positions each source is due at."""
        blocks, rest = divmod(positions, BLOCK)
        last = self._order(blocks)[:rest]
        whole = zip(self._names, self.shares.values(), strict=True)
        return {name: blocks * share + int(np.count_nonzero(last == place)) for place, (name, share) in enumerate(whole)}

    def positions(self, epochs: float, names: tuple[str, ...] = ("own",)) -> int:
        """Return after how many positions sources were gone through so often, the largest of them; 0 if they are not there."""
        most = 0
        for name in names:
            count = self.sources[name].count if name in self.sources else None
            if count is not None:
                most = max(most, self._reached(name, math.ceil(round(epochs * count, 6))))
        return most

    def _reached(self, name: str, draws: int) -> int:
        """Return after how many positions a source was due so often."""
        block, rest = divmod(draws, self.shares[name])
        if not rest:
            block, rest = block - 1, self.shares[name]
        places = np.flatnonzero(self._order(block) == self._names.index(name))
        return block * BLOCK + int(places[rest - 1]) + 1

    def _due(self, position: int) -> tuple[str, int]:
        """Return whose turn a position is, and how many of that source were due before it."""
        if position < 0:
            raise IndexError(f"position {position}; they are counted from 0")
        block, place = divmod(position, BLOCK)
        order = self._order(block)
        name = self._names[order[place]]
        return name, block * self.shares[name] + int(np.count_nonzero(order[:place] == order[place]))

    def _order(self, block: int) -> NDArray[np.int64]:
        """Return whose turn each position of a block is, as places among the names."""
        return _shuffled(tuple(self.shares.values()), self.seed, block)

    def _number(self, name: str, due: int) -> int:
        count = self.sources[name].count
        if count is None:
            return due
        epoch, place = divmod(due, count)
        return int(_permutation(count, self.seed, zlib.crc32(name.encode()), epoch)[place])

    def _note(self, fault: Fault) -> None:
        """Write a fault down: a whole line at once, since several processes may."""
        if self.faults is not None:
            line = json.dumps(asdict(fault), ensure_ascii=False) + "\n"
            descriptor = os.open(self.faults, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.write(descriptor, line.encode("utf-8", "replace"))
            finally:
                os.close(descriptor)


def read_faults(path: Path) -> list[Fault]:
    """Return what was left out, each position and origin once, by position; nothing where there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    faults = {Fault(**json.loads(line)) for line in lines}
    return sorted(faults, key=lambda fault: (fault.position, fault.origin))


def _apportioned(weights: Mapping[str, float]) -> dict[str, int]:
    """Return how many positions of a block each weight gives, by the largest remainders, but at least 1."""
    total = sum(weights.values())
    exact = {name: weight / total * BLOCK for name, weight in weights.items()}
    shares = {name: max(1, math.floor(share)) for name, share in exact.items()}
    for name in sorted(exact, key=lambda name: shares[name] - exact[name])[: max(0, BLOCK - sum(shares.values()))]:
        shares[name] += 1
    while sum(shares.values()) > BLOCK:  # what the least were given is taken from the largest
        shares[max(shares, key=lambda name: shares[name])] -= 1
    return shares


@lru_cache(maxsize=8)
def _shuffled(shares: tuple[int, ...], seed: int, block: int) -> NDArray[np.int64]:
    turns = np.repeat(np.arange(len(shares)), shares)
    order: NDArray[np.int64] = np.random.default_rng([seed, block]).permutation(turns)
    return order


@lru_cache(maxsize=16)
def _permutation(count: int, seed: int, name: int, epoch: int) -> NDArray[np.int64]:
    order: NDArray[np.int64] = np.random.default_rng([seed, name, epoch]).permutation(count)
    return order
