"""Where the edges of rectangles in a chart's picture lie, to parts of a pixel, and their outlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.colours import GROUND, Layers, hexadecimal
from docai.backends.classical.charts.raster.edges import Line
from docai.backends.classical.charts.scene import Extent
from docai.backends.classical.charts.scene import Rectangle as Slab
from docai.marks import Rectangle

EDGE_PART: Final = 0.15  # of a side's length at either end that its place is not measured on: corners may be round
OUTLINE: Final = 4  # pixels that an outline is thick at most
STANDS_OUT: Final = 16.0  # of 255 that an outline's colour differs by from what lies on both its sides: white on a pale panel
LIKE: Final = 40.0  # of 255 that colours of one outline differ by at most, seen on different sides
CLOSE: Final = 24.0  # of 255 that a row of pixels along an edge may be off its fill: what smoothing by halves leaves
ON_ITS_WAY: Final = 0.04  # of the way to what is behind that makes a pixel a mixture
LEAST_OUTLINE: Final = 0.3  # pixels that an outline is thick at least; what is thinner is noise
ON_LINE: Final = 0.6  # pixels between a rectangle's edge and the line that it stands on at most
HIDDEN: Final = 0.35  # pixels that a line which hides an edge may seem to be covered by the rectangle at most
CRISP_LINE: Final = 1.15  # pixels that a line is thick which programs have set on whole pixels
OUTLINED: Final = 0.92  # of what is seen of a line that lies along outlined rectangles to be of their outlines
MEETS: Final = 2.0  # pixels between the end of a line and what it meets at most
LEAST_SIDES: Final = 2  # lines that lie on sides of rectangles which are outlines; one may be an axis that a bar is as long as
EVEN: Final = 0.5  # of the longest line of a grid that another is seen of at least
WIDEST_GAP: Final = 2.0  # pixels of ground between pieces of a stack that is an outline at most; swatches stand further apart
LONGER: Final = 1.5  # times as long as the side of a rectangle that a line is at least that it stands on

SHARES: Final = np.linspace(0.0, 1.0, 41, dtype=np.float32)  # of a pixel; pictures tell an edge to a fortieth of one

Colour = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Side:
    """A side of a rectangle: its last pure pixel, the colours inside and outwards from it, and what is behind its outline.

    `meets` tells that another area begins where it ends, without an outline in between.
    """

    edge: float
    outward: int
    inner: Colour
    profile: NDArray[np.float32]
    plain: float
    line: Colour | None
    behind: Colour
    meets: bool = False

    def outlined(self, colour: Colour, most: float) -> float:
        """Return where the middle of an outline lies, `most` pixels thick at most; the plain edge where there is none."""
        filled, thickness = self.thickness(colour)
        return self.edge + self.outward * (filled + min(thickness, most) / 2) if thickness >= LEAST_OUTLINE else self.plain

    def filled(self, colour: Colour) -> float:
        """Return where the fill ends before an outline of a colour."""
        return self.edge + self.outward * self.thickness(colour)[0]

    def thickness(self, colour: Colour) -> tuple[float, float]:
        """Return how far the fill reaches over its last pure pixel before an outline, and how thick that is, in pixels."""
        if not len(self.profile):
            return 0.0, 0.0
        near = int(np.argmin(np.linalg.norm(self.profile[: OUTLINE + 1] - colour, axis=1)))
        filled, thickness = 0.0, 0.0
        for step, pixel in enumerate(self.profile[: OUTLINE + 2]):
            start = self.inner if step < near else self.behind
            if step == near:
                off = min(_apart(self.inner, colour), _apart(self.behind, colour))
                share = 1.0 - min(1.0, _apart(pixel, colour) / max(off, 1.0))
            else:
                way = colour - start
                share = float(np.clip((pixel - start) @ way / max(float(way @ way), 1.0), 0, 1))
                if step > near and share < 0.08:
                    break
            thickness += share
            if step < near:
                filled += 1.0 - share
        return filled, thickness


def measured(layers: Layers, number: int, place: Rectangle) -> Slab:
    """Return a rectangle of a colour with its edges found to parts of a pixel, and with its outline where it has one."""
    sides = [_side(layers, number, place, which) for which in range(4)]
    ground = layers.behind[(place.top + place.bottom) // 2, (place.left + place.right) // 2]
    fill = layers.name(number)
    shown = [side.line for side in sides if side.line is not None]
    if not shown:
        return Slab(Extent(*(side.plain for side in sides)), fill)
    colour = max(shown, key=lambda line: min(_apart(line, layers.palette[number]), _apart(line, ground)))
    lined = [side.line is not None and _apart(side.line, colour) < 2 * LIKE + layers.tolerance for side in sides]
    told = [side.thickness(colour)[1] for side, has in zip(sides, lined, strict=True) if has]
    told = [thickness for thickness in told if thickness >= LEAST_OUTLINE]
    if sum(lined) >= 3 and len(told) >= 3 and _apart(colour, ground) > STANDS_OUT:
        usual = float(np.median(told))
        return Slab(Extent(*(side.outlined(colour, 2 * usual) for side in sides)), fill, hexadecimal(colour), usual)
    edges = [side.plain for side in sides]
    if _apart(colour, ground) <= STANDS_OUT and not any(
        side.meets for side in sides
    ):  # an outline of the ground's colour shows only where pieces of a stack touch
        for pair in ((0, 2), (1, 3)):
            known = [width for which in pair if lined[which] and (width := sides[which].thickness(colour)[1]) <= WIDEST_GAP]
            for which in pair if known else ():
                half = min(float(np.median(known)), OUTLINE) / 2
                edges[which] = sides[which].filled(colour) if lined[which] else sides[which].plain
                edges[which] += sides[which].outward * half
    for which, side in enumerate(sides):  # pieces of a stack meet in the middle of the line between them
        if side.line is None or _way(side.line, ground, side.inner, layers.tolerance) is not None:  # a gap, half covered
            continue
        if min(_apart(side.behind, ground), _apart(side.line, ground)) > LIKE:
            edges[which] = side.outlined(side.line, OUTLINE)
    return Slab(Extent(*edges), fill)


def _apart(one: Colour, other: Colour) -> float:
    return float(np.linalg.norm(one - other))


def _side(layers: Layers, number: int, place: Rectangle, side: int) -> _Side:
    """Return what is to be seen along a side of a rectangle; `side` is 0 left, 1 top, 2 right, 3 bottom.

    The pixels before the edge are told along most of its length; one that is a mixture of the colour and of what follows belongs
    to the rectangle in part.
    """
    profile = _profile(layers, place, side)
    outward = 1 if side >= 2 else -1
    edge = float((place.left, place.top, place.right, place.bottom)[side])
    inner = layers.palette[_inside(layers, number, place, side)]
    ground = layers.palette[GROUND]
    if len(profile) < 2:
        return _Side(edge, outward, inner, profile, edge, None, ground)
    tolerance = max(layers.tolerance, 6.0)
    while len(profile) > 3 and not layers.lossy and _is_inside(profile, inner):
        edge, profile = edge + outward, profile[1:]
    if layers.lossy:
        plain = edge + outward * _blurred(profile, inner, tolerance)
        return _Side(edge, outward, inner, profile, plain, None, ground)
    first, second = profile[0], profile[1]
    share = None
    if _apart(first, second) > tolerance or len(profile) >= 4:
        if _apart(second, inner) > tolerance:
            share = _way(first, second, inner, tolerance)
        else:  # a gap of one pixel, half of what covers it from either side
            share = (_way(first, ground, inner, tolerance) or 0.0) / 2
    met = _met(layers, first, second, inner, tolerance)
    if met is not None:
        return _Side(edge, outward, inner, profile, edge + outward * met, None, second, meets=True)
    line, behind = _outline(profile, inner, tolerance)
    if share is not None and line is not None and share * _apart(second, inner) > LIKE and _apart(first, line) > STANDS_OUT:
        share = 0.0  # a mixture with the outline, told by `_thickness`
    return _Side(edge, outward, inner, profile, edge + outward * (share or 0.0), line, behind)


def _met(layers: Layers, pixel: Colour, other: Colour, inner: Colour, tolerance: float) -> float | None:
    """Return how far a rectangle reaches into a pixel in which it meets another area, 0..1; None where it does not meet one.

    Two edges that share a pixel are drawn one after the other: where the first covers `a` of it and the second the rest, the second
    lets `a (1 - a)` of the ground shine through (alpha compositing, Porter and Duff 1984); some programs mix both without it.
    """
    ground = layers.palette[GROUND]
    areas = layers.palette[[number for number in range(1, layers.count) if layers.areas[number]]]
    apart = min(_apart(other, inner), _apart(other, ground), _apart(inner, ground))
    if apart <= LIKE or not len(areas) or np.linalg.norm(areas - other, axis=1).min() > tolerance:
        return None
    share = SHARES[:, None]
    mixed = share * inner + (1 - share) * other
    through = share * (1 - share)
    models = (mixed, mixed + through * (ground - inner), mixed + through * (ground - other))
    off = np.stack([np.linalg.norm(model - pixel, axis=1) for model in models])
    best = int(off.min(axis=0).argmin())
    return float(SHARES[best]) if off[:, best].min() <= tolerance else None


def _is_inside(profile: NDArray[np.float32], inner: Colour) -> bool:
    """Return whether the first pixels before an edge are of the fill, a little off its colour and not towards what is behind."""
    way = profile[2] - inner
    off = profile[0] - inner
    return _apart(profile[0], inner) < CLOSE and float(off @ way) < ON_ITS_WAY * float(way @ way)


def _inside(layers: Layers, number: int, place: Rectangle, side: int) -> int:
    """Return the colour inside a side of a rectangle: its own, or that of what lies over it there."""
    left, top, right, bottom = place
    strips = (
        layers.labels[top:bottom, left : left + 1],
        layers.labels[top : top + 1, left:right],
        layers.labels[top:bottom, right - 1 : right],
        layers.labels[bottom - 1 : bottom, left:right],
    )
    labels = strips[side].ravel()
    labels = labels[labels > GROUND]
    if not len(labels):
        return number
    counts = np.bincount(labels, minlength=layers.count)
    most = int(counts.argmax())
    return most if counts[most] > 2 * counts[number] else number


def _way(pixel: NDArray[np.float32], start: NDArray[np.float32], end: NDArray[np.float32], tolerance: float) -> float | None:
    """Return how far a pixel is on the way from one colour to another, 0..1; None where it lies beside it."""
    way = end - start
    length = float((way * way).sum())
    if length < (2 * tolerance) ** 2:
        return None
    off = pixel - start
    share = float((off * way).sum()) / length
    beside = float(np.linalg.norm(off - share * way))
    return min(1.0, max(0.0, share)) if beside < max(2 * tolerance, 0.1 * length**0.5) and -0.15 < share < 1.15 else None


def _blurred(profile: NDArray[np.float32], colour: NDArray[np.float32], tolerance: float) -> float:
    """Return how far a rectangle reaches over its last pure pixel in a lossy picture, whose edges are blurred over several."""
    beyond = profile[min(3, len(profile) - 1)]
    total = 0.0
    for pixel in profile[:3]:
        share = _way(pixel, beyond, colour, 1.5 * tolerance)
        if share is None or share < 0.08:
            break
        total += share
    return min(total, 2.0)


def _outline(profile: NDArray[np.float32], inner: Colour, tolerance: float) -> tuple[Colour | None, Colour]:
    """Return the colour of a line along an edge, None where there is none, and what is behind it."""
    widths = [
        width
        for width in range(1, min(OUTLINE + 1, len(profile) - 1) + 1)
        if _apart(profile[width], profile[min(width + 1, len(profile) - 1)]) <= tolerance
    ]
    if not widths:
        return None, profile[-1]
    first = widths[0]
    ends = [width for width in widths if _apart(profile[width], profile[first]) > STANDS_OUT]
    outward = ends[0] if ends else first  # what is even before something else is even is the outline itself
    behind = profile[outward]
    way = inner - behind
    off = profile[:outward] - behind
    share = np.clip((off @ way) / max(float((way * way).sum()), 1.0), 0, 1)
    beside = np.linalg.norm(off - share[:, None] * way, axis=1)
    most = int(np.argmax(beside))
    return (profile[most] if beside[most] > STANDS_OUT else None), behind


def settled(slabs: Sequence[Slab], lines: Sequence[Line]) -> list[Slab]:
    """Return rectangles with the edges mended that a line hides which they stand on.

    Where rectangles stand on both sides of a line it lies over their feet, which are in its middle. Where they stand on one side,
    they may as well end where it begins, as Vega draws them: the edge between both is off by a quarter of the line at most. Of
    lines a pixel thick nothing is to be gained. That several stand on a line tells it from grid lines that tops happen to touch.
    """
    found = list(slabs)
    for line in lines:
        standing = _standing(slabs, line)
        if len(standing) < min(2, len(slabs)):
            continue
        both = len({side for _, side in standing}) == 2
        if not both and line.thickness <= CRISP_LINE:
            continue
        for number, side in standing:
            edges = list(found[number].extent)
            outward = 1 if side >= 2 else -1
            edges[side] = line.place - (0.0 if both else outward * line.thickness / 4)
            found[number] = replace(found[number], extent=Extent(*edges))
    return found


def _standing(slabs: Sequence[Slab], line: Line) -> list[tuple[int, int]]:
    """Return which rectangles end at a line, by number, and with which side."""
    standing: list[tuple[int, int]] = []
    half = line.thickness / 2
    for number, slab in enumerate(slabs):
        extent = slab.extent
        begin, end = (extent.left, extent.right) if line.across else (extent.top, extent.bottom)
        if begin < line.start - 2 or end > line.end + 2 or line.end - line.start < LONGER * (end - begin):
            continue
        for side in (1, 3) if line.across else (0, 2):
            inward = extent[side] - line.place if side < 2 else line.place - extent[side]
            if half - HIDDEN <= inward <= half + ON_LINE:
                standing.append((number, side))
    return standing


def without_outlines(lines: Sequence[Line], slabs: Sequence[Slab]) -> list[Line]:
    """Return lines without those that are put together of the outlines of rectangles, their sides in one line.

    An axis that outlined bars stand on goes on beyond them. Several lines as long as the sides that they lie on are outlines too,
    of which too little shows to be measured.
    """
    outlined = [slab for slab in slabs if slab.thickness]
    sides = [line for line in lines if any(_is_side(line, slab) for slab in slabs)]
    sides = sides if len(sides) >= LEAST_SIDES else []
    return [line for line in lines if line not in sides and not _is_of_outlines(line, outlined)]


def _is_side(line: Line, slab: Slab) -> bool:
    """Return whether a line lies on a side of a rectangle, from end to end."""
    left, top, right, bottom = slab.extent
    places, (begin, end) = ((top, bottom), (left, right)) if line.across else ((left, right), (top, bottom))
    level = min(abs(place - line.place) for place in places) <= MEETS
    return level and not line.dashed and abs(line.start - begin) <= MEETS and abs(line.end - end) <= MEETS


def _is_of_outlines(line: Line, outlined: Sequence[Slab]) -> bool:
    along = 0.0
    ends: list[float] = []
    for slab in outlined:
        left, top, right, bottom = slab.extent
        sides, (begin, end) = ((top, bottom), (left, right)) if line.across else ((left, right), (top, bottom))
        shared = min(end, line.end) - max(begin, line.start)
        if shared > 0 and min(abs(side - line.place) for side in sides) <= slab.thickness:
            along += shared
            ends += [begin - slab.thickness, end + slab.thickness]
    if not ends or line.start < min(ends) - MEETS or line.end > max(ends) + MEETS:
        return False
    return along >= OUTLINED * line.seen * (line.end - line.start)


def lengthened(lines: Sequence[Line], slabs: Sequence[Slab]) -> list[Line]:
    """Return lines, those that end where a rectangle begins made as long as it: an axis that the first bar stands over.

    Only those that meet a line across there: grid lines behind marks are not looked for.
    """
    kept = []
    for line in lines:
        start, end = line.start, line.end
        crossing = [other.place for other in lines if other.across != line.across]
        for slab in slabs:
            left, top, right, bottom = slab.extent
            aside, along = ((top, bottom), (left, right)) if line.across else ((left, right), (top, bottom))
            if not aside[0] - MEETS <= line.place <= aside[1] + MEETS:
                continue
            if abs(along[0] - end) <= MEETS and any(abs(place - along[1]) <= MEETS for place in crossing):
                end = along[1]
            elif abs(along[1] - start) <= MEETS and any(abs(place - along[0]) <= MEETS for place in crossing):
                start = along[0]
        kept.append(replace(line, start=start, end=end))
    return _evened(kept)


def _evened(lines: Sequence[Line]) -> list[Line]:
    """Return lines, those of a grid as long as its longest one: faint dashes at their ends are not told from what is behind."""
    evened = []
    for line in lines:
        alike = [
            other
            for other in lines
            if other.across == line.across
            and other.dashed == line.dashed
            and other.start <= line.start + MEETS
            and other.end >= line.end - MEETS
            and _apart(_rgb(other.colour), _rgb(line.colour)) < LIKE
            and abs(other.thickness - line.thickness) < 1
        ]
        longest = max((other for other in alike), key=lambda other: other.end - other.start, default=line)
        even = line.dashed and len(alike) >= 2 and line.end - line.start >= EVEN * (longest.end - longest.start)
        evened.append(replace(line, start=longest.start, end=longest.end) if even else line)
    return evened


def _rgb(colour: str) -> Colour:
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)], np.float32)


def _profile(layers: Layers, place: Rectangle, side: int) -> NDArray[np.float32]:
    """Return the colours of the pixels outside a side, outwards from it, (up to 6, 3): the middle ones along its length."""
    height, width = layers.labels.shape
    upright = side in (0, 2)
    start, end = (place.top, place.bottom) if upright else (place.left, place.right)
    cut = round(EDGE_PART * (end - start))
    along = slice(start + cut, max(end - cut, start + cut + 1))
    limit = width if upright else height
    if side < 2:
        edge = place.left if side == 0 else place.top
        steps = [edge - 1 - step for step in range(6) if edge - 1 - step >= 0]
    else:
        edge = place.right if side == 2 else place.bottom
        steps = [edge + step for step in range(6) if edge + step < limit]
    if not steps:
        return np.zeros((0, 3), np.float32)
    strip = layers.pixels[along, steps] if upright else layers.pixels[steps, along].transpose(1, 0, 2)
    return np.asarray(np.median(strip, axis=0), np.float32)
