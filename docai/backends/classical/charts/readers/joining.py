"""Strokes joined into the lines that they are pieces of: drawn segment by segment, with gaps, or dash by dash."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Final

from docai.backends.classical.charts.scene import Place, Stroke

MEET: Final = 0.15  # scene units that the ends of two joined pieces may be apart, where they are drawn; rounding moves them
DASHES: Final = 8  # pieces that make a line dashed by hand at least
DASH: Final = 0.06  # of the plot's width that such a piece is long at most
MOST_DASHES: Final = 1500  # of one look; more are no line, and would take long to try
GAP: Final = 3.0  # times the usual piece's length that the gap behind it is wide at most
TURN: Final = 1.5  # radians that a line may turn by in the gap between two dashes
BENT: Final = 0.05  # scene units that a vertex between joined dashes lies off the straight line at least
WIDER: Final = 1.2  # times the thickness of the line on top that its halo has at least
MOST_GAPS: Final = 40  # in one line; more are other things, such as the marks of a rug


@dataclass(frozen=True, slots=True)
class Trace:
    """A line as it runs through the plot.

    `places` are along the axis of names first, then along that of values. A new run begins at each index of `runs`, which
    holds 0. `sure` tells how sure it is that its pieces belong together, 0..1.
    """

    places: tuple[Place, ...]
    strokes: tuple[Stroke, ...]
    runs: tuple[int, ...] = (0,)
    curved: bool = False
    sure: float = 1.0

    @property
    def first(self) -> Stroke:
        """The stroke that was drawn first: what it looks like."""
        return self.strokes[0]

    @property
    def start(self) -> float:
        """The lowest coordinate along the axis of names."""
        return min(u for u, _ in self.places)

    @property
    def end(self) -> float:
        """The highest coordinate along the axis of names."""
        return max(u for u, _ in self.places)

    @property
    def cut(self) -> bool:
        """Whether some piece goes on outside what is shown."""
        return any(stroke.cut for stroke in self.strokes)

    def goes_on(self) -> bool:
        """Return whether it runs one way along the axis of names, as a line does that has one value for each place there."""
        steps = [after[0] - before[0] for before, after in pairwise(self.places)]
        return all(step >= -MEET for step in steps) or all(step <= MEET for step in steps)


def turned(place: Place, *, upright: bool) -> Place:
    """Return a place of the scene as (along the names, along the values), and back."""
    return place if upright else (place[1], place[0])


def traces_of(strokes: Sequence[Stroke], width: float, *, upright: bool, blur: float = 0.0) -> list[Trace]:
    """Return the lines that strokes make, in the order in which they are drawn.

    `width` is the plot's length along the axis of names.
    """
    groups: dict[tuple[str, float, tuple[float, ...], float], list[Trace]] = defaultdict(list)
    for stroke in strokes:
        look = stroke.colour, round(stroke.thickness, 1), tuple(round(d, 1) for d in stroke.dashes), round(stroke.opacity, 2)
        places = tuple(turned(place, upright=upright) for place in stroke.places)
        groups[look].append(Trace(places, (stroke,), curved=stroke.curved))
    found: list[Trace] = []
    for group in groups.values():
        chained = _chained(group, MEET + 2 * blur)
        dashed = _dashed(chained, width)
        found += _over_gaps(dashed, MEET + 2 * blur)
    return sorted(_without_copies(found), key=lambda trace: trace.first.order)


# Pieces whose ends meet


def _chained(traces: list[Trace], near: float) -> list[Trace]:
    """Return lines of pieces that meet end to end, the left one's end being the right one's start."""
    if len(traces) < 2:
        return traces
    forward = [_forward(trace) for trace in traces]
    starts: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, trace in enumerate(forward):
        if trace.goes_on():
            starts[_cell(trace.places[0], near)].append(number)
    after: dict[int, int] = {}
    taken: set[int] = set()
    for number, trace in enumerate(forward):
        if not trace.goes_on():
            continue
        others = [n for n in _around(starts, trace.places[-1], near) if n != number and n not in taken]
        others = [n for n in others if math.dist(forward[n].places[0], trace.places[-1]) <= near]
        if others:
            after[number] = min(others, key=lambda n: abs(forward[n].first.order - trace.first.order))
            taken.add(after[number])
    return [_merged([forward[n] for n in chain]) for chain in _chains(len(forward), after)]


def _forward(trace: Trace) -> Trace:
    """Return a line so that it runs along the axis of names, where it is told in the other direction."""
    first, last = trace.places[0], trace.places[-1]
    back = last[0] < first[0] - MEET
    return replace(trace, places=trace.places[::-1]) if back else trace


def _cell(place: Place, near: float) -> tuple[int, int]:
    return round(place[0] / (2 * near)), round(place[1] / (2 * near))


def _around(cells: dict[tuple[int, int], list[int]], place: Place, near: float) -> list[int]:
    across, down = _cell(place, near)
    return [n for x in (-1, 0, 1) for y in (-1, 0, 1) for n in cells.get((across + x, down + y), ())]


def _chains(count: int, after: dict[int, int]) -> list[list[int]]:
    """Return numbers in chains, as each is followed by one other at most; rings are opened somewhere."""
    followed = set(after.values())
    seen: set[int] = set()
    chains: list[list[int]] = []
    for number in [n for n in range(count) if n not in followed] + list(range(count)):
        chain: list[int] = []
        at: int | None = number
        while at is not None and at not in seen:
            seen.add(at)
            chain.append(at)
            at = after.get(at)
        if chain:
            chains.append(chain)
    return chains


def _merged(traces: Sequence[Trace]) -> Trace:
    """Return one line of several whose ends meet."""
    if len(traces) == 1:
        return traces[0]
    places = list(traces[0].places)
    for trace in traces[1:]:
        places += trace.places[1:]
    strokes = tuple(stroke for trace in traces for stroke in trace.strokes)
    return Trace(tuple(places), strokes, curved=any(t.curved for t in traces), sure=min(t.sure for t in traces))


# Dashes drawn one by one


def _dashed(traces: list[Trace], width: float) -> list[Trace]:
    """Return lines whose dashes were drawn one by one as one line each, its vertices found again."""
    if len(traces) < DASHES or any(trace.first.dashes for trace in traces):
        return traces
    short = [trace for trace in traces if trace.goes_on() and trace.end - trace.start <= DASH * width]
    if len(short) < max(DASHES, 0.8 * len(traces)):
        return traces
    usual = median(math.dist(trace.places[0], trace.places[-1]) for trace in short)
    if usual > DASH * width or len(short) > MOST_DASHES:
        return traces
    short.sort(key=lambda trace: trace.places[0])
    after = _next_dashes(short, GAP * usual)
    dashes = {id(trace) for trace in short}
    found = [trace for trace in traces if id(trace) not in dashes]
    for chain in _chains(len(short), after):
        pieces = [short[n] for n in chain]
        found.append(_of_dashes(pieces) if len(pieces) >= DASHES // 2 else _merged(pieces[:1]))
    return found


def _next_dashes(pieces: Sequence[Trace], reach: float) -> dict[int, int]:
    """Return which piece follows on which: the one that goes on with the least gap and turn."""
    starts = [piece.places[0][0] for piece in pieces]
    offers: list[tuple[float, int, int]] = []
    for number, piece in enumerate(pieces):
        (x0, y0), (x1, y1) = piece.places[-2:]
        for other in range(bisect_left(starts, x1 - MEET), len(pieces)):
            x2, y2 = pieces[other].places[0]
            if x2 - x1 > reach:
                break
            gap = math.dist((x1, y1), (x2, y2))
            if other == number or gap > reach:
                continue
            turn = _angle((x1 - x0, y1 - y0), (x2 - x1, y2 - y1)) if gap > MEET else 0.0
            if turn <= TURN:
                offers.append((gap * (1 + 2 * turn), number, other))
    after: dict[int, int] = {}
    taken: set[int] = set()
    for _, number, other in sorted(offers):
        if number not in after and other not in taken:
            after[number] = other
            taken.add(other)
    return after


def _angle(one: Place, two: Place) -> float:
    """Return the angle between two directions in radians, 0..pi."""
    cross = one[0] * two[1] - one[1] * two[0]
    return abs(math.atan2(cross, one[0] * two[0] + one[1] * two[1]))


def _of_dashes(pieces: Sequence[Trace]) -> Trace:
    """Return the line that dashes make; a vertex in a gap stands where its neighbours' directions meet."""
    places: list[Place] = list(pieces[0].places)
    for before, after in pairwise(pieces):
        corner = _corner(before.places[-2:], after.places[:2])
        places += [corner, *after.places] if corner else after.places
    kept = [places[0]]
    for here, onward in pairwise(places[1:]):
        if _off(kept[-1], here, onward) > BENT:
            kept.append(here)
    kept.append(places[-1])
    return Trace(tuple(kept), tuple(s for piece in pieces for s in piece.strokes), sure=0.85)


def _corner(before: Sequence[Place], after: Sequence[Place]) -> Place | None:
    """Return where two pieces meet when both go on straight, None where that is not in the gap between them."""
    (x1, y1), (x2, y2) = before
    (x3, y3), (x4, y4) = after
    slope = (x2 - x1) * (y4 - y3) - (y2 - y1) * (x4 - x3)
    if abs(slope) < 1e-6 or _angle((x2 - x1, y2 - y1), (x4 - x3, y4 - y3)) < 0.03:
        return None
    far = ((x3 - x1) * (y4 - y3) - (y3 - y1) * (x4 - x3)) / slope
    x, y = x1 + far * (x2 - x1), y1 + far * (y2 - y1)
    return (x, y) if x2 - MEET <= x <= x3 + MEET else None


def _off(before: Place, here: Place, after: Place) -> float:
    """Return how far a place lies off the straight line between its neighbours."""
    length = math.dist(before, after)
    if length == 0:
        return math.dist(before, here)
    return abs((after[0] - before[0]) * (before[1] - here[1]) - (before[0] - here[0]) * (after[1] - before[1])) / length


# Gaps


def _over_gaps(traces: list[Trace], near: float) -> list[Trace]:
    """Return lines with gaps as one each: pieces of one path, or all pieces of one look if no two stand side by side."""
    if len(traces) < 2:
        return traces
    if len(traces) <= MOST_GAPS and not _overlap(traces, near):
        paths = {trace.first.order for trace in traces}
        return [_with_gaps(traces, 1.0 if len(paths) == 1 else 0.9)]
    by_path: dict[int, list[Trace]] = defaultdict(list)
    for trace in traces:
        by_path[trace.first.order].append(trace)
    found: list[Trace] = []
    for group in by_path.values():
        found += group if len(group) > MOST_GAPS or _overlap(group, near) else [_with_gaps(group, 1.0)]
    return found


def with_pieces(traces: Sequence[Trace], near: float, short: float) -> tuple[Trace, list[int]] | None:
    """Return the one line that pieces of a series make beside each other, and the numbers of the pieces in it.

    They are pieces where other lines hide what is between them; what lies beside them and is no longer than `short` is none. None
    where longer pieces overlap: they may be several series, or one misread.
    """
    order = sorted(range(len(traces)), key=lambda number: traces[number].start - traces[number].end)
    taken: list[int] = []
    for number in order:
        if not _overlap([traces[n] for n in (*taken, number)], near):
            taken.append(number)
        elif traces[number].end - traces[number].start > short:
            return None
    return (_with_gaps([traces[n] for n in taken], 0.9), taken) if len(taken) > 1 else None


def _overlap(traces: Sequence[Trace], near: float) -> bool:
    ordered = sorted(traces, key=lambda trace: trace.start)
    return any(after.start < before.end - near for before, after in pairwise(ordered)) or any(
        trace.end - trace.start <= near for trace in traces
    )


def _with_gaps(traces: Sequence[Trace], sure: float) -> Trace:
    if len(traces) == 1:
        return traces[0]
    places: list[Place] = []
    runs: list[int] = []
    ordered = sorted(traces, key=lambda trace: trace.start)
    for trace in ordered:
        runs.append(len(places))
        places += trace.places
    strokes = tuple(stroke for trace in ordered for stroke in trace.strokes)
    return Trace(tuple(places), strokes, tuple(runs), any(t.curved for t in traces), min(sure, *(t.sure for t in traces)))


def _without_copies(traces: Iterable[Trace]) -> list[Trace]:
    """Return lines without those that lie under another that runs through the same places: halos, shadows, second coats."""
    found: list[Trace] = []
    last: dict[tuple[int, Place, Place, Place], int] = {}
    for trace in sorted(traces, key=lambda trace: trace.first.order):
        places = trace.places
        key = len(places), _rounded(places[0]), _rounded(places[len(places) // 2]), _rounded(places[-1])
        under = found[last[key]] if key in last else None
        if under and (under.first.colour == trace.first.colour or under.first.thickness > WIDER * trace.first.thickness):
            found[last[key]] = replace(trace, strokes=(*trace.strokes, *under.strokes))
        else:
            last[key] = len(found)
            found.append(trace)
    return found


def _rounded(place: Place) -> Place:
    return round(place[0], 1), round(place[1], 1)
