"""Plotted points that are set as letters: R's pdf() shows its discs and circles by one letter of ZapfDingbats each.

It did so by default until R 4.0 (`useDingbats`); to a reader they are no text.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from docai.box import Box, hull
from docai.sources import VectorPath
from docai.sources.frame import Frame, rgb

DISCS: Final = "lG●"  # the letter of the disc, what MuPDF makes of its name a71 where a file tells no encoding, and the disc itself
CENTRE: Final = (0.396, 0.347)  # ems to the right and up from where the letter begins; R's own, in devPS.c, PDF_Circle
RADIUS: Final = 0.361  # ems; half of R's 0.722
HANDLE: Final = 0.5523  # of the radius, of four Béziers that make a circle (Goldapp, CAGD 8, 1991)
LEVEL: Final = 0.02  # points by which the baselines of letters of one line differ
BESIDE: Final = 60.0  # points that a bullet stands off its text at most, and a disc in a table off the next cell's about
STROKED: Final = 1  # as `Page.get_texttrace` tells what is done with a letter's outline
INVISIBLE: Final = 3


class Disc(NamedTuple):
    """A letter that shows a disc: where it begins on its baseline, in points of MuPDF, its size, and how it is painted."""

    start: tuple[float, float]
    size: float
    fill: str
    stroke: str
    thickness: float
    opacity: float


def plotted_discs(trace: Sequence[Mapping[str, Any]]) -> dict[tuple[float, float], Disc]:
    """Return the discs among the text of a page that no text stands beside, by their starts; `trace` is its text trace."""
    discs = [span for span in trace if is_disc(span)]
    if not discs:
        return {}
    levels: dict[int, list[tuple[float, float]]] = defaultdict(list)
    alone = {id(span) for span in discs}
    for span in trace:
        if id(span) not in alone:
            for _, _, (x, y), _ in span["chars"]:
                if math.isfinite(x + y):
                    levels[round(y)].append((x, y))
    found: dict[tuple[float, float], Disc] = {}
    for span in discs:
        x, y = start = span["chars"][0][2]
        beside = (place for level in (-1, 0, 1) for place in levels.get(round(y) + level, ()))
        if any(abs(down - y) <= LEVEL and abs(across - x) <= BESIDE for across, down in beside):
            continue
        colour = "#" + "".join(f"{round(255 * part):02x}" for part in rgb(span["color"]))
        stroked = span["type"] == STROKED
        before = found.get(start)
        found[start] = Disc(
            start,
            span["size"],
            (before.fill if before else "") if stroked else colour,
            colour if stroked else (before.stroke if before else ""),
            float(span["linewidth"]) if stroked else 0.0,
            float(span["opacity"]),
        )
    return found


def is_disc(span: Mapping[str, Any]) -> bool:
    """Return whether a span of a page's text trace is one upright letter that shows a disc."""
    if "Dingbats" not in span["font"] or span["type"] == INVISIBLE or len(span["chars"]) != 1:
        return False
    if not math.isfinite(sum(span["chars"][0][2]) + span["size"]):
        return False
    return chr(max(span["chars"][0][0], 0)) in DISCS and span["dir"] == (1.0, 0.0)


def paths_of(discs: Mapping[tuple[float, float], Disc], frame: Frame) -> Iterator[VectorPath]:
    """Yield discs as drawn paths."""
    for disc in discs.values():
        x, y = disc.start[0] + CENTRE[0] * disc.size, disc.start[1] - CENTRE[1] * disc.size
        segments = tuple(_arcs(x, y, RADIUS * disc.size, frame))
        yield VectorPath(_box(segments), disc.fill, disc.stroke, disc.thickness * frame.scale, segments, opacity=disc.opacity)


def _arcs(x: float, y: float, radius: float, frame: Frame) -> Iterator[tuple[str | float, ...]]:
    handle = HANDLE * radius
    for along, down in ((1, 0), (0, 1), (-1, 0), (0, -1)):  # from each of these directions to the one a quarter turn on
        after = -down, along
        places = (
            (x + radius * along, y + radius * down),
            (x + radius * along + handle * after[0], y + radius * down + handle * after[1]),
            (x + radius * after[0] + handle * along, y + radius * after[1] + handle * down),
            (x + radius * after[0], y + radius * after[1]),
        )
        yield ("curve", *(number for place in places for number in frame.point(*place)))


def _box(segments: Sequence[tuple[str | float, ...]]) -> Box:
    numbers = [[float(number) for number in segment[1:]] for segment in segments]
    return hull(Box.clipped(min(one[::2]), min(one[1::2]), max(one[::2]), max(one[1::2])) for one in numbers)
