"""Lines and outlines cut at a clip: what can be seen of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from docai.backends.classical.charts.scene import Extent, Place

SLACK: Final = 0.6  # points outside a clip that still count as inside it, since clips are told in whole points by some files


def cut_line(places: Sequence[Place], clip: Extent) -> Iterator[tuple[list[Place], bool]]:
    """Yield the parts of a line that lie in a clip, each with whether the clip cuts it; an end so made stands on the border."""
    grown = clip.grown(SLACK)
    if all(grown.holds(place) for place in places):
        yield list(places), False
        return
    run: list[Place] = []
    for start, end in pairwise(places):
        part = _part(start, end, grown)
        if part is None:
            if len(run) > 1:
                yield run, True
            run = []
            continue
        first, last = part
        if not run or run[-1] != first:
            if len(run) > 1:
                yield run, True
            run = [first]
        run.append(last)
        if last != end:
            yield run, True
            run = []
    if len(run) > 1:
        yield run, True


def _part(start: Place, end: Place, clip: Extent) -> tuple[Place, Place] | None:
    """Return the part of a segment inside a clip, None where there is none.

    Source: Liang and Barsky, "A new concept and method for line clipping", ACM Trans. Graphics 3, 1984.
    """
    across, down = end[0] - start[0], end[1] - start[1]
    low, high = 0.0, 1.0
    for way, room in (
        (-across, start[0] - clip.left),
        (across, clip.right - start[0]),
        (-down, start[1] - clip.top),
        (down, clip.bottom - start[1]),
    ):
        if way == 0:
            if room < 0:
                return None
        elif way < 0:
            low = max(low, room / way)
        else:
            high = min(high, room / way)
    if low > high:
        return None
    first = start if low == 0 else (start[0] + low * across, start[1] + low * down)
    last = end if high == 1 else (start[0] + high * across, start[1] + high * down)
    return first, last


def cut_outline(places: Sequence[Place], clip: Extent) -> list[Place]:
    """Return what of a filled outline lies in a clip; fewer than three places where nothing does.

    Source: Sutherland and Hodgman, "Reentrant polygon clipping", Communications of the ACM 17, 1974.
    """
    kept = list(places)
    for axis, border, sign in ((0, clip.left, 1), (0, clip.right, -1), (1, clip.top, 1), (1, clip.bottom, -1)):
        before, kept = kept, []
        for start, end in pairwise([*before[-1:], *before]):
            inside, was_inside = sign * (end[axis] - border) >= 0, sign * (start[axis] - border) >= 0
            if inside != was_inside:
                share = (border - start[axis]) / (end[axis] - start[axis])
                kept.append((start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
            if inside:
                kept.append(end)
    return kept
