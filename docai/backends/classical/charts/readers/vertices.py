"""Vertices of lines: those drawn, those of markers, those of steps, and those that a producer left out on straight pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np

from docai.backends.classical.charts.readers.framing import Frame
from docai.backends.classical.charts.readers.joining import Trace
from docai.backends.classical.charts.scene import Place

SAME: Final = 0.5  # scene units that two vertices stand apart at most along the names if they show one and the same value
ON_EDGE: Final = 0.75  # scene units from the plot's edge at which a line that was cut there ends
LEVEL: Final = 0.3  # scene units that a step's tread may rise by
LEAST_STEPS: Final = 2  # treads at different heights that make a line one of steps
ODD: Final = 0.05  # of a tread's usual length that the others may be off a multiple of it
LATTICE: Final = 80  # places that all lines together have vertices at, at most, if missing ones are filled in
PRESENT: Final = 0.5  # of those places within its reach at which a line has vertices of its own at least
LEAST_EVEN: Final = 5  # places that tell an even lattice at least
LEFT_OUT: Final = 0.9  # sure is a value that was left out on a straight piece; the line might as well have a gap in its data


@dataclass(frozen=True, slots=True)
class Vertex:
    """A place of a line (along the names, along the values) that shows a value, and how sure that is, 0..1."""

    place: Place
    sure: float = 1.0


def vertices_of(trace: Trace, markers: Sequence[Place], frame: Frame) -> tuple[Vertex, ...]:
    """Return the places of a line that show values, in the order of the line."""
    found: list[Vertex] = []
    for start, end in zip(trace.runs, [*trace.runs[1:], len(trace.places)], strict=True):
        places = _uncut(trace.places[start:end], frame) if trace.cut else trace.places[start:end]
        if not places:
            continue
        treads = treads_of(places) if not trace.curved else None
        if treads and len(markers) >= PRESENT * len(treads):
            return tuple(Vertex(marker) for marker in sorted(markers))
        found += [Vertex(place) for place in (treads or _distinct(places))]
    if trace.goes_on():
        found.sort(key=lambda vertex: vertex.place[0])
        found = _with_markers(found, markers)
        return tuple(vertex for vertex in found if frame.start - SAME - 2 <= vertex.place[0] <= frame.end + SAME + 2)
    return tuple(found)


def _uncut(places: tuple[Place, ...], frame: Frame) -> tuple[Place, ...]:
    """Return the places of a line that goes on outside the plot without those ends at which it leaves it."""
    ends = (places[0], places[-1])
    through_side = [min(abs(v - frame.low), abs(v - frame.high)) <= ON_EDGE for _, v in ends]
    if not any(through_side):
        through_side = [min(abs(u - frame.start), abs(u - frame.end)) <= ON_EDGE for u, _ in ends]
    return places[int(through_side[0]) : len(places) - int(through_side[1])]


def _distinct(places: Sequence[Place]) -> list[Place]:
    kept = [places[0]]
    for place in places[1:]:
        if abs(place[0] - kept[-1][0]) + abs(place[1] - kept[-1][1]) > 0.01:
            kept.append(place)
    return kept


def _with_markers(vertices: list[Vertex], markers: Sequence[Place]) -> list[Vertex]:
    """Return vertices with those markers that stand between them."""
    if not markers:
        return vertices
    at = np.array([vertex.place[0] for vertex in vertices])
    more = [Vertex(marker) for marker in markers if np.abs(at - marker[0]).min() > SAME]
    return sorted([*vertices, *more], key=lambda vertex: vertex.place[0])


# Steps


def treads_of(places: Sequence[Place]) -> list[Place] | None:
    """Return a place for each value of a line of steps, None for a line that is none.

    A value holds from its place on, up to it, or around it; which one is told by the line's ends, as a riser without a tread
    beyond it shows the value that holds for no length. Where both ends rise from one level, as the outline of a histogram
    does, values hold around the middles of their treads.
    """
    if len(places) < 4:
        return None
    treads: list[tuple[float, float, float]] = []
    for (u0, v0), (u1, v1) in pairwise(places):
        level, upright = abs(v1 - v0) <= LEVEL, abs(u1 - u0) <= LEVEL
        if not level and not upright:
            return None
        if level and not upright:
            if treads and abs(treads[-1][2] - v0) <= LEVEL:
                treads[-1] = (treads[-1][0], u1, v0)
            else:
                treads.append((u0, u1, v0))
    heights = [v for _, _, v in treads]
    if len(treads) < LEAST_STEPS or max(heights) - min(heights) <= LEVEL:
        return None
    rises_first, rises_last = (abs(a[0] - b[0]) <= LEVEL for a, b in (places[:2], places[-2:]))
    if rises_first and rises_last and abs(places[0][1] - places[-1][1]) <= LEVEL:
        return [((start + end) / 2, v) for start, end, v in treads]
    if rises_first and not rises_last:
        return [places[0], *((end, v) for _, end, v in _parted(treads))]
    halved = None if rises_first or rises_last else _halved(treads)
    if halved:
        return halved
    lengths = [abs(end - start) for start, end, _ in treads]
    if not rises_last and not rises_first and len(treads) > 2 and max(lengths[0], lengths[-1]) < 0.75 * median(lengths[1:-1]):
        treads = [treads[0], *_parted(treads[1:-1]), treads[-1]]
        inner = [((start + end) / 2, v) for start, end, v in treads[1:-1]]
        return [(treads[0][0], treads[0][2]), *inner, (treads[-1][1], treads[-1][2])]
    return [*((start, v) for start, _, v in _parted(treads)), places[-1]]


def _halved(treads: Sequence[tuple[float, float, float]]) -> list[Place] | None:
    """Return the places of values that hold around them, told by ends that are an even number of treads and half a one long.

    None where they are not so. The value at an end is that of half a tread; equal ones next to it have made it longer.
    """
    if len(treads) < LEAST_STEPS + 1:
        return None
    usual = median(abs(end - start) for start, end, _ in treads[1:-1])
    counts = [abs(end - start) / usual for start, end, _ in treads]
    whole = [counts[0] - 0.5, *counts[1:-1], counts[-1] - 0.5]
    if any(abs(count - round(count)) > ODD for count in whole):
        return None
    first, last = treads[0], treads[-1]
    way = usual if first[1] > first[0] else -usual
    inner = [((start + end) / 2, v) for start, end, v in _parted(treads[1:-1])]
    before = [(first[0] + number * way, first[2]) for number in range(round(whole[0]) + 1)]
    behind = [(last[1] - number * way, last[2]) for number in reversed(range(round(whole[-1]) + 1))]
    return [*before, *inner, *behind]


def _parted(treads: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Return treads with those parted that are several times as long as most: equal values one after the other."""
    usual = median(abs(end - start) for start, end, _ in treads)
    found: list[tuple[float, float, float]] = []
    for start, end, v in treads:
        count = max(1, round(abs(end - start) / usual))
        if abs(abs(end - start) - count * usual) > ODD * usual:
            return list(treads)
        step = (end - start) / count
        found += [(start + number * step, start + (number + 1) * step, v) for number in range(count)]
    return found


# Vertices left out


def filled(
    lines: Sequence[tuple[Vertex, ...]], traces: Sequence[Trace], marked: Sequence[bool], frame: Frame
) -> list[tuple[Vertex, ...]]:
    """Return the vertices of lines with those that were left out where a line runs straight through them.

    Producers that simplify lines drop them (matplotlib: path.simplify). Vertices are missed where the lines of the plot have
    them otherwise: at the places of the others' vertices, at categories, and on an even lattice that nearly all stand on.
    `marked` tells which lines have markers, which leave none out.
    """
    lattice = _lattice(lines, traces, frame)
    if not len(lattice):
        return list(lines)
    told = zip(lines, traces, marked, strict=True)
    return [_on_lattice(vertices, trace, lattice, marked=marks) for vertices, trace, marks in told]


def _lattice(lines: Sequence[tuple[Vertex, ...]], traces: Sequence[Trace], frame: Frame) -> list[float]:
    """Return where along the names lines show values, () where that is not to be told."""
    at = sorted(vertex.place[0] for vertices, trace in zip(lines, traces, strict=True) if trace.goes_on() for vertex in vertices)
    places: list[float] = []
    for u in at:
        if not places or u - places[-1] > SAME:
            places.append(u)
    if len(places) < 3 or len(places) > LATTICE or any(trace.curved for trace in traces):
        return []
    if frame.names.kind == "category":
        ticks = [tick.place for tick in frame.names.ticks]
        return ticks if all(min(abs(u - tick) for tick in ticks) <= 2 * SAME for u in places) else []
    steps = [after - before for before, after in pairwise(places)]
    step = min(steps)
    count = round((places[-1] - places[0]) / step)
    if len(places) >= LEAST_EVEN and count < min(LATTICE, 1.5 * len(places)):
        even = [places[0] + (places[-1] - places[0]) * n / count for n in range(count + 1)]
        if all(abs(u - even[round((u - places[0]) * count / (places[-1] - places[0]))]) <= SAME for u in places):
            return even
    return places


def _on_lattice(vertices: tuple[Vertex, ...], trace: Trace, lattice: Sequence[float], *, marked: bool) -> tuple[Vertex, ...]:
    if not vertices or marked or not trace.goes_on() or len(trace.runs) > 1 or treads_of(trace.places):
        return vertices
    us, vs = np.array([v.place[0] for v in vertices]), np.array([v.place[1] for v in vertices])
    within = [u for u in lattice if us[0] - SAME <= u <= us[-1] + SAME]
    missing = [u for u in within if np.abs(us - u).min() > 2 * SAME]
    if not missing or len(within) - len(missing) < PRESENT * len(within):
        return vertices
    more = [Vertex((u, float(np.interp(u, us, vs))), LEFT_OUT) for u in missing]
    return tuple(sorted([*vertices, *more], key=lambda vertex: vertex.place[0]))
