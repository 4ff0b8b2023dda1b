"""Lines of one colour followed from column to column: pieces that hang together, joined over crossings, dashes, hidden parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.scene import Place
from docai.marks import Mask

Cover = NDArray[np.float32]  # (height, width), how much of each pixel a colour covers, 0..1

SHOWN: Final = 0.3  # of a pixel that a line covers, from which on it is seen there
SPUR: Final = 2.0  # columns that a branch is wide at most that is only the blur of a bend
KNOT: Final = 12  # columns that lines run together in a crossing at most; where they do so for longer they go on as one
LOOK_BACK: Final = 12.0  # pixels that a line's direction is told from
SURE: Final = 10.0  # pixels that a piece is long for its direction to count in full
ROUNDS: Final = ((4.0, 1.0), (12.0, 1.0), (28.0, 1.0), (70.0, 0.2))
"""Pixels that gaps are wide at most, from near to far, and how much of one may show the ground: dashes have gaps, and what hides a
line is seen. What is joined over small gaps tells the direction over wide ones."""
OFF: Final = 1.6  # pixels that a piece may be off the direction of the one before, and
OFF_FAR: Final = 0.3  # as much again for each pixel of the gap
BARE: Final = 0.12  # how much a pixel of ground in a gap counts, in pixels off the direction
FAR: Final = 0.05  # how much a pixel of a gap does
BEHIND: Final = 1.5  # pixels that a piece starts before the end of the one that it goes on from at most
SAMPLES: Final = 9  # places in a gap that are looked at


@dataclass(slots=True)
class Run:
    """What a column shows of a colour: rows `top` to `bottom` in parts of a pixel."""

    column: int
    top: float
    bottom: float
    before: list[Run] = field(default_factory=list, repr=False)
    after: list[Run] = field(default_factory=list, repr=False)

    @property
    def middle(self) -> float:
        """The row in the middle."""
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        """How many rows it covers."""
        return self.bottom - self.top


def find_threads(cover: Cover, thickness: float, bare: Mask, spur: float = SPUR) -> list[list[Run]]:
    """Return the lines of a colour, each as its runs from left to right.

    `bare`, (height, width), is 1 where nothing hides a line: where it would be seen if it were there. Branches of up to `spur`
    columns are not followed: the sides of markers stand out of lines.
    """
    pieces = _pieces(_linked(_runs(cover), spur))
    knots = [piece for piece in pieces if _is_knot(piece)]
    known = {id(piece) for piece in knots}
    return _joined([piece for piece in pieces if id(piece) not in known], thickness, bare)


def places_of(runs: Sequence[Run], thickness: float) -> list[Place]:
    """Return the way of a line through its runs.

    It goes through the middle of what it covers of a column, but for where it turns within one, and where it rises in one: there it
    comes in at the end nearer to the column before and goes out at the one nearer to the next.
    """
    dense: list[Place] = []
    for place, run in enumerate(runs):
        x = run.column + 0.5
        if run.height <= 2 * thickness + 2:
            dense.append((x, run.middle))
            continue
        top, bottom = run.top + thickness / 2, run.bottom - thickness / 2
        before = runs[place - 1] if place else None
        after = runs[place + 1] if place + 1 < len(runs) else None
        if before and after:
            enters, leaves = _nearer(before.middle, top, bottom), _nearer(after.middle, top, bottom)
            if enters == leaves:
                dense.append((x, bottom if enters == top else top))
            elif max(before.height, after.height) < 0.5 * run.height:
                dense += [(x - 0.05, enters), (x + 0.05, leaves)]
            else:
                dense.append((x, run.middle))
        elif before and before.height < 0.5 * run.height:
            enters = _nearer(before.middle, top, bottom)
            dense += [(x - 0.05, enters), (x + 0.05, bottom if enters == top else top)]
        elif after and after.height < 0.5 * run.height:
            leaves = _nearer(after.middle, top, bottom)
            dense += [(x - 0.05, bottom if leaves == top else top), (x + 0.05, leaves)]
        else:
            dense.append((x, run.middle))
    return dense


def _nearer(row: float, top: float, bottom: float) -> float:
    return top if abs(row - top) < abs(row - bottom) else bottom


# What hangs together


def _runs(cover: Cover) -> list[list[Run]]:
    """Return what each column shows, from top to bottom."""
    height, width = cover.shape
    shown = np.zeros((width, height + 2), np.int8)
    shown[:, 1:-1] = (cover > SHOWN).T
    steps = np.diff(shown, axis=1)
    columns: list[list[Run]] = [[] for _ in range(width)]
    across, tops = np.nonzero(steps == 1)
    bottoms = np.nonzero(steps == -1)[1]
    padded = np.pad(cover, ((1, 1), (0, 0)))
    above, below = padded[tops, across], padded[bottoms + 1, across]
    first, last = padded[tops + 1, across], padded[bottoms, across]
    thin = bottoms - tops == 1  # a hair line between two rows: its place is the middle of its ink
    ink = above + first + below
    middle = tops + 0.5 + (below - above) / np.maximum(ink, 1e-6)
    upper = np.where(thin, middle - ink / 2, tops + 1 - first - above)
    lower = np.where(thin, middle + ink / 2, bottoms - 1 + last + below)
    for column, top, bottom in zip(across.tolist(), upper.tolist(), lower.tolist(), strict=True):
        columns[column].append(Run(column, top, bottom))
    return columns


def _linked(columns: list[list[Run]], spur: float) -> list[list[Run]]:
    """Return the runs of all columns, each with those of the columns beside that it touches; short branches are left out."""
    for left, right in pairwise(columns):
        start = 0
        for run in left:
            while start < len(right) and right[start].bottom < run.top - 0.5:
                start += 1
            for other in right[start:]:
                if other.top > run.bottom + 0.5:
                    break
                run.after.append(other)
                other.before.append(run)
    for piece in _pieces(columns):
        if len(piece) > spur or (piece[0].before and piece[-1].after):
            continue
        beside = piece[0].before or piece[-1].after
        if any(
            len(run.after if piece[0].before else run.before) > 1 and (_height(piece) < 4 * spur or _is_along(piece, run))
            for run in beside
        ):
            for run in piece:
                for other in run.before:
                    other.after.remove(run)
                for other in run.after:
                    other.before.remove(run)
                columns[run.column].remove(run)
    return columns


def _is_along(piece: Sequence[Run], run: Run) -> bool:
    """Return whether a piece lies all beside a steep run: its smoothed edge, broken by what crosses it."""
    return all(run.top - 0.5 <= one.top and one.bottom <= run.bottom + 0.5 for one in piece)


def _height(piece: Sequence[Run]) -> float:
    return max(run.bottom for run in piece) - min(run.top for run in piece)


def _pieces(columns: list[list[Run]]) -> list[list[Run]]:
    """Return runs in pieces along which nothing branches off."""
    pieces = []
    for runs in columns:
        for run in runs:
            if len(run.before) == 1 and len(run.before[0].after) == 1:
                continue
            piece = [run]
            while len(piece[-1].after) == 1 and len(piece[-1].after[0].before) == 1:
                piece.append(piece[-1].after[0])
            pieces.append(piece)
    return pieces


def _is_knot(piece: Sequence[Run]) -> bool:
    """Return whether lines meet and part again in a piece."""
    return len(piece) <= KNOT and len(piece[0].before) > 1 and len(piece[-1].after) > 1


# Joining


@dataclass(slots=True)
class _Ends:
    """Where pieces begin or end, (n, 2); which way they go there, (n, 2); how sure that is, and how far their middle may be off."""

    places: NDArray[np.float64]
    ways: NDArray[np.float64]
    sure: NDArray[np.float64]
    slack: NDArray[np.float64]


_End = tuple[Place, Place, float, float]
_Known = dict[tuple[int, bool], tuple[list[Run], _End]]  # by the `id` of a piece, and whether it is where it ends


def _joined(pieces: list[list[Run]], thickness: float, bare: Mask) -> list[list[Run]]:
    """Return pieces made to lines, the best fitting ends first."""
    known: _Known = {}
    for reach, most_bare in ROUNDS:
        if len(pieces) < 2:
            break
        pieces = _round(pieces, known, thickness, bare, (reach + thickness, most_bare))
    return pieces


def _round(pieces: list[list[Run]], known: _Known, thickness: float, bare: Mask, limits: tuple[float, float]) -> list[list[Run]]:
    """Return pieces joined over gaps up to the limits: how wide they are, and which share of them shows that nothing is there."""
    reach, most_bare = limits
    ends, starts = _ends(pieces, known, thickness, last=True), _ends(pieces, known, thickness, last=False)
    one, other, costs = _candidates(ends, starts, reach, thickness)
    shown = _bare_share(bare, ends.places[one], starts.places[other])
    far = np.hypot(*(starts.places[other] - ends.places[one]).T)
    costs = costs + BARE * shown * far + FAR * far
    good = shown <= most_bare
    one, other, costs = one[good], other[good], costs[good]
    following: dict[int, int] = {}
    leading: dict[int, int] = {}
    chain = list(range(len(pieces)))

    def root(piece: int) -> int:
        while chain[piece] != piece:
            piece = chain[piece]
        return piece

    for place in np.argsort(costs, kind="stable").tolist():
        first, second = int(one[place]), int(other[place])
        if first in following or second in leading or root(first) == root(second):
            continue
        following[first], leading[second] = second, first
        chain[root(second)] = root(first)
    joined = []
    for first in range(len(pieces)):
        if first in leading:
            continue
        runs, piece = pieces[first] if first not in following else [*pieces[first]], first
        while piece in following:
            piece = following[piece]
            runs += pieces[piece]
        joined.append(runs)
    return joined


def _ends(pieces: Sequence[list[Run]], known: _Known, thickness: float, *, last: bool) -> _Ends:
    """Return where pieces end, or begin; those of pieces that a round before has left as they were are `known`."""
    found = []
    for runs in pieces:
        key = id(runs), last
        if key not in known:
            known[key] = runs, _end(runs, thickness, last=last)  # kept with the piece, so that no other gets its number
        found.append(known[key][1])
    places, ways, sure, slack = zip(*found, strict=True)
    return _Ends(np.array(places), np.array(ways), np.array(sure), np.array(slack))


def _end(runs: Sequence[Run], thickness: float, *, last: bool) -> _End:
    """Return where a piece ends, or begins, which way it goes there, how sure that is, and how far its middle may be off."""
    near = runs[-round(3 * LOOK_BACK) :] if last else runs[: round(3 * LOOK_BACK)]
    line = places_of(near, thickness)
    if last:
        line = line[::-1]
    end = line[0]
    back = [place for place in line if abs(place[0] - end[0]) + abs(place[1] - end[1]) <= LOOK_BACK] if len(line) > 2 else line
    x, y = (end[0] - back[-1][0], end[1] - back[-1][1]) if last else (back[-1][0] - end[0], back[-1][1] - end[1])
    if len(back) >= 5:
        points = np.array(back)
        off = points - points.mean(0)
        spread = off.T @ off
        angle = 0.5 * np.arctan2(2 * spread[0, 1], spread[0, 0] - spread[1, 1])
        way = np.array([np.cos(angle), np.sin(angle)])
        if way @ (x, y) < 0:
            way = -way
        x, y = float(way[0]), float(way[1])
        length = float(np.hypot(*(points[0] - points[-1])))
    else:
        length = float(np.hypot(x, y))
    size = float(np.hypot(x, y))
    way_there = (x / size, y / size) if size else (1.0, 0.0)
    tall = (runs[-1] if last else runs[0]).height
    slack = max(0.0, (tall - thickness) / 2) if len(runs) == 1 else 0.0
    return end, way_there, min(1.0, length / SURE), slack


def _candidates(
    ends: _Ends, starts: _Ends, reach: float, thickness: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return pairs of an end and a start that may be of one line, and how far they are off going on straight, in pixels."""
    one, other = _ahead(ends.places[:, 0], starts.places[:, 0], reach)
    ahead = starts.places[other, 0] - ends.places[one, 0]
    along = np.abs(starts.places[other, 1] - ends.places[one, 1])
    near = (ahead >= -BEHIND) & (ahead <= reach) & (along <= reach + ends.slack[one] + starts.slack[other]) & (one != other)
    one, other = one[near], other[near]
    order = np.lexsort((other, one))
    one, other = one[order], other[order]
    gap = starts.places[other] - ends.places[one]
    far = np.hypot(gap[:, 0], gap[:, 1])
    before, after = ends.ways[one], starts.ways[other]
    off_before = np.abs(gap[:, 0] * before[:, 1] - gap[:, 1] * before[:, 0])
    off_after = np.abs(gap[:, 0] * after[:, 1] - gap[:, 1] * after[:, 0])
    slack = ends.slack[one] + starts.slack[other]
    # behind: a place that lies against the line's direction
    back = np.maximum(0.0, -(gap * before).sum(1)) * ends.sure[one] + np.maximum(0.0, -(gap * after).sum(1)) * starts.sure[other]
    weight = ends.sure[one] + starts.sure[other] + 1e-6
    off = np.maximum(0.0, (off_before * ends.sure[one] + off_after * starts.sure[other]) / weight - slack) + back
    turn = np.arccos(np.clip((before * after).sum(1), -1, 1)) * np.minimum(ends.sure[one], starts.sure[other])
    good = (off <= OFF + 0.3 * thickness + OFF_FAR * far) & (far <= reach + slack)
    return one[good], other[good], (off + 0.8 * turn)[good]


def _ahead(ends: NDArray[np.float64], starts: NDArray[np.float64], reach: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of the places of columns where pieces end and where others start, hardly before and up to `reach` after them."""
    order = np.argsort(starts, kind="stable")
    first = np.searchsorted(starts[order], ends - BEHIND - 1, side="left")  # a pixel more, so that rounding leaves out none
    counts = np.searchsorted(starts[order], ends + reach + 1, side="right") - first
    one = np.repeat(np.arange(len(ends)), counts)
    within = np.arange(len(one)) - np.repeat(np.cumsum(counts) - counts, counts)
    return one, order[first[one] + within]


def _bare_share(bare: Mask, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much of the straight way between places shows that nothing is there, 0..1."""
    if not len(start):
        return np.zeros(0)
    parts = (np.arange(SAMPLES) + 0.5) / SAMPLES
    way = start[:, None] + parts[None, :, None] * (end - start)[:, None]
    rows = np.clip(way[..., 1].astype(int), 0, bare.shape[0] - 1)
    columns = np.clip(way[..., 0].astype(int), 0, bare.shape[1] - 1)
    return np.asarray(bare[rows, columns].mean(1), np.float64)
