"""A look at all samples before the first step: which can be used, what is wrong with the others, and how long they are."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from docai.backends.speech import LEGIBLE
from fine_tune.samples import BadSample, Chosen, Sample, Source

CHUNK: Final = 32  # samples handed to a process at once: seconds of work, and few enough for a bar that moves


class Measured(Protocol):
    """What an encoder makes of a sample, as far as it is measured."""

    @property
    def ids(self) -> list[int]: ...
    @property
    def answer_tokens(self) -> int: ...
    @property
    def met(self) -> float: ...


Encode = Callable[[Sample], Measured | tuple[Measured, ...]]
_Measure = tuple[int, int, float]


@dataclass(frozen=True, slots=True)
class Survey:
    """What the samples of a source are like.

    Attributes:
        usable: The numbers of those that can be learnt from, in order.
        faults: The others, each with where it stands and why, in order.
        tokens: Of each usable sample, how long it is; of a preference, with both its answers, each behind the question.
        answer_tokens: Of each usable sample, how many tokens are learnt.
        small: Of how many usable samples the text is shown too small to be read well; a model that is asked is shown such pages
            and tables in parts.
    """

    usable: tuple[int, ...]
    faults: tuple[BadSample, ...]
    tokens: tuple[int, ...]
    answer_tokens: tuple[int, ...]
    small: int = 0

    def good(self, source: Source) -> Chosen:
        """Return the samples of the source that can be learnt from, as a source."""
        return Chosen(source, self.usable)

    def report(self, most: int = 20) -> str:
        """Return what was found in lines: the counts, and the first faults with where they stand."""
        lines = [f"{len(self.usable):,} samples can be used, {len(self.faults):,} cannot"]
        if self.usable:
            total, longest = sum(self.tokens), max(self.tokens)
            lines.append(f"{total:,} tokens, {sum(self.answer_tokens):,} of them learnt; the longest sample has {longest:,}")
        if self.small:
            lines.append(
                f"{self.small:,} show their text too small to be read well; allow more tiles (sight.tiles) or cut them in parts"
            )
        lines += [str(fault) for fault in self.faults[:most]]
        lines += [f"… and {len(self.faults) - most:,} more"] if len(self.faults) > most else []
        return "\n".join(lines)


def survey(source: Source, encode: Encode, *, processes: int = 0, on_progress: Callable[[int, int], None] | None = None) -> Survey:
    """Return what the samples of a finite source are like, each encoded once, as it is when it is learnt from.

    Args:
        source: Whose samples; one that never ends needs no survey, since what is drawn is drawn as it must be.
        encode: What encodes a sample: `Encoder.encode`, or `Encoder.encode_pair` for preferences.
        processes: How many work at once; 0 for this one alone.
        on_progress: Told how many of how many samples were looked at.

    Raises:
        ValueError: The source never ends.
    """
    if source.count is None:
        raise ValueError(f"{source.name} never ends; survey the data given")
    usable, faults, lengths, learnt, small = [], [], [], [], 0
    for number, one in enumerate(_measures(source, source.count, encode, processes)):
        if isinstance(one, BadSample):
            faults.append(one)
        else:
            usable.append(number)
            lengths.append(one[0])
            learnt.append(one[1])
            small += one[2] < LEGIBLE
        if on_progress is not None:
            on_progress(number + 1, source.count)
    return Survey(tuple(usable), tuple(faults), tuple(lengths), tuple(learnt), small)


def _measures(source: Source, count: int, encode: Encode, processes: int) -> Iterator[_Measure | BadSample]:
    measure = partial(_measure, source, encode)
    if not processes:
        yield from map(measure, range(count))
        return
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _begin, (source, encode)) as pool:
        yield from pool.map(_measure_held, range(count), chunksize=CHUNK)


def _measure(source: Source, encode: Encode, number: int) -> _Measure | BadSample:
    """Return how many tokens a sample has, how many are learnt, and how large it is shown; or what is wrong with it."""
    try:
        made = encode(source.sample(number))
    except BadSample as error:
        return error
    encoded = made if isinstance(made, tuple) else (made,)
    return sum(len(one.ids) for one in encoded), sum(one.answer_tokens for one in encoded), min(one.met for one in encoded)


_held: list[tuple[Source, Encode]] = []  # what a process of its own works with, handed over once and not with each sample


def _begin(source: Source, encode: Encode) -> None:
    _held.append((source, encode))


def _measure_held(number: int) -> _Measure | BadSample:
    return _measure(*_held[-1], number)
