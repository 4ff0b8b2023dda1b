"""The shapes that drawn outlines make: upright rectangles, discs, sectors of pies, and small outlines told apart by their form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from docai.backends.classical.charts.scene import Extent, Place, around

UPRIGHT: Final = 0.05  # points that the sides of an upright rectangle may lean by
SAME: Final = 0.005  # points; places nearer than this are one, since files round to hundredths
SLIVER: Final = 0.2  # points of a curve that is part of another; LibreOffice rounds to 0.03
ROUND: Final = 0.015  # of its radius that a drawn disc may be out of round; four Béziers are by 0.0003 (Goldapp, CAGD 8, 1991)
ARC: Final = 0.006  # of the radius by which an arc of a sector may be off its circle
CORNER: Final = 25.0  # degrees of turn that make a corner; arcs of polylines turn by less at each place
LEAST_SIDES: Final = 12  # of a polygon that is a disc
LEAST_RADIUS: Final = 5.0  # points; of a pie
RADIUS_SHARE: Final = 0.3  # of an outline's longer side that a straight side of a sector is long at least: 0.5 of a pie's
FULL: Final = 0.9  # of the rectangle around it that one with round corners drawn by short lines covers at least
CORNER_ZONE: Final = 0.5  # of its shorter side that a round corner takes at most
STRAIGHT_SHARE: Final = 0.4  # of the way round a rectangle with round corners that is straight at least
TINY: Final = 0.01  # degrees; a piece that starts so little before the top starts there
EQUILATERAL: Final = math.sqrt(3) / 2  # the height of a triangle of equal sides of length 1
ALIKE: Final = 0.06  # of its longer side by which corners of equal outlines may differ


class Edge(NamedTuple):
    """A side of an outline; a Bézier curve has control points."""

    start: Place
    end: Place
    controls: tuple[Place, Place] | None = None

    @property
    def length(self) -> float:
        """From end to end, straight."""
        return math.dist(self.start, self.end)

    @property
    def middle(self) -> Place:
        """The place halfway, at t = 1/2, which lies on the circle that a Bézier curve stands for."""
        (ax, ay), (bx, by) = self.start, self.end
        if self.controls is None:
            return (ax + bx) / 2, (ay + by) / 2
        (cx, cy), (dx, dy) = self.controls
        return (ax + 3 * cx + 3 * dx + bx) / 8, (ay + 3 * cy + 3 * dy + by) / 8

    def headings(self) -> tuple[float, float]:
        """Return the directions, in degrees, in which it leaves its start and comes to its end."""
        ways = self._ways()
        return math.degrees(math.atan2(ways[0][1], ways[0][0])), math.degrees(math.atan2(ways[-1][1], ways[-1][0]))

    def _ways(self) -> list[Place]:
        places = (self.start, *(self.controls or ()), self.end)
        ways = [(q[0] - p[0], q[1] - p[1]) for p, q in pairwise(places)]
        return [way for way in ways if abs(way[0]) + abs(way[1]) > SAME] or [(1.0, 0.0)]


@dataclass(frozen=True, slots=True)
class Outline:
    """A subpath: its sides in order, and whether it ends where it began (a filled one always does)."""

    edges: tuple[Edge, ...]
    closed: bool

    @property
    def places(self) -> list[Place]:
        """The ends of its sides, in order; of a closed one, the first is also the last."""
        return [self.edges[0].start, *(edge.end for edge in self.edges)]

    @property
    def curved(self) -> bool:
        """Whether any side is a curve."""
        return any(edge.controls is not None for edge in self.edges)

    @property
    def samples(self) -> list[Place]:
        """Its places, and those in the middle of its curves."""
        found = [self.edges[0].start]
        for edge in self.edges:
            if edge.controls is not None:
                found.append(edge.middle)
            found.append(edge.end)
        return found

    @property
    def extent(self) -> Extent:
        """Where it lies; a curve reaches as far as its ends and its middle do."""
        return around(self.samples)

    @property
    def area(self) -> float:
        """What it encloses, its curves taken as two straight sides each."""
        places = self.samples
        return abs(sum(p[0] * q[1] - q[0] * p[1] for p, q in zip(places, [*places[1:], places[0]], strict=True))) / 2


class Arc(NamedTuple):
    """A sector's form: see `scene.Sector`; `rim` are places on its outer arc, in order."""

    centre: Place
    inner: float
    outer: float
    start: float
    sweep: float
    rim: tuple[Place, ...] = ()


class Circle(NamedTuple):
    """A circle through places, and how far the worst of them is off it."""

    centre: Place
    radius: float
    off: float


def rectangle_of(outline: Outline) -> Extent | None:
    """Return the upright rectangle that an outline draws, its corners square or round; None where it draws something else."""
    if not outline.closed:
        return None
    if outline.curved:
        return _rounded(outline)
    corners = corners_of(outline.places)
    extent = around(outline.places)
    if len(corners) == 4:
        return extent if all(_at_corner(place, extent) for place in corners) else None
    by_corners = CORNER_ZONE * min(extent.width, extent.height)
    if any(_to_side(place, extent) > UPRIGHT and _to_corner(place, extent) > by_corners for place in corners):
        return None
    if len(corners) > 4 and outline.area >= FULL * extent.width * extent.height:
        straight = sum(edge.length for edge in outline.edges if _along_a_side(edge, extent))
        return extent if straight >= STRAIGHT_SHARE * 2 * (extent.width + extent.height) else None
    return None


def _at_corner(place: Place, extent: Extent) -> bool:
    x, y = place
    across, down = min(abs(x - extent.left), abs(x - extent.right)), min(abs(y - extent.top), abs(y - extent.bottom))
    return across <= UPRIGHT and down <= UPRIGHT


def _to_side(place: Place, extent: Extent) -> float:
    x, y = place
    return min(abs(x - extent.left), abs(x - extent.right), abs(y - extent.top), abs(y - extent.bottom))


def _to_corner(place: Place, extent: Extent) -> float:
    x, y = place
    return max(min(abs(x - extent.left), abs(x - extent.right)), min(abs(y - extent.top), abs(y - extent.bottom)))


def _along_a_side(edge: Edge, extent: Extent) -> bool:
    sides = ((0, extent.left), (0, extent.right), (1, extent.top), (1, extent.bottom))
    return any(max(abs(edge.start[n] - side), abs(edge.end[n] - side)) <= UPRIGHT for n, side in sides)


def _rounded(outline: Outline) -> Extent | None:
    extent = around(outline.places)
    straight = 0.0
    for edge in outline.edges:
        if _to_side(edge.start, extent) > UPRIGHT:
            return None
        if edge.controls is None:
            if edge.length > SAME and not _along_a_side(edge, extent):
                return None
            straight += edge.length
        elif not extent.holds(edge.middle, UPRIGHT):
            return None
    round_corners = outline.area >= (1 - (4 - math.pi) / 4 - 0.15) * extent.width * extent.height
    return extent if round_corners and straight >= STRAIGHT_SHARE * (extent.width + extent.height) else None


def corners_of(places: Sequence[Place]) -> list[Place]:
    """Return the corners of a closed outline of straight sides: its places without those repeated or within a side."""
    kept: list[Place] = []
    for place in places:
        if not kept or abs(place[0] - kept[-1][0]) + abs(place[1] - kept[-1][1]) > SAME:
            kept.append(place)
    if len(kept) > 1 and abs(kept[0][0] - kept[-1][0]) + abs(kept[0][1] - kept[-1][1]) <= UPRIGHT:
        kept.pop()
    if len(kept) <= 4:
        return kept
    around_it = zip([kept[-1], *kept[:-1]], kept, [*kept[1:], kept[0]], strict=True)
    return [place for before, place, after in around_it if not _within(before, place, after)]


def _within(before: Place, place: Place, after: Place) -> bool:
    """Return whether a place lies on the way from one to another, or on the way there and back."""
    (ax, ay), (bx, by) = (place[0] - before[0], place[1] - before[1]), (after[0] - place[0], after[1] - place[1])
    return abs(ax * by - ay * bx) <= SAME * (math.hypot(ax, ay) + math.hypot(bx, by))


# Discs and sectors


def circle_through(places: Sequence[Place]) -> Circle | None:
    """Return the circle nearest to three or more places; None where they lie on a line.

    Source: Kåsa, "A circle fitting procedure and its error analysis", IEEE Trans. Instrum. Meas. 25, 1976.
    """
    count = len(places)
    if count < 3:
        return None
    mx, my = sum(x for x, _ in places) / count, sum(y for _, y in places) / count
    sxx = sxy = syy = sxz = syz = 0.0
    for x, y in places:
        u, v = x - mx, y - my
        z = u * u + v * v
        sxx, sxy, syy, sxz, syz = sxx + u * u, sxy + u * v, syy + v * v, sxz + u * z, syz + v * z
    determinant = sxx * syy - sxy * sxy
    if determinant <= 1e-9 * (sxx + syy) ** 2 or determinant == 0:
        return None
    a, b = (sxz * syy - syz * sxy) / determinant / 2, (syz * sxx - sxz * sxy) / determinant / 2
    centre = mx + a, my + b
    radius = math.sqrt(a * a + b * b + (sxx + syy) / count)
    return Circle(centre, radius, max(abs(math.dist(place, centre) - radius) for place in places))


def disc_of(outline: Outline) -> Circle | None:
    """Return the disc that a closed outline draws, None where it draws something else."""
    if not outline.closed:
        return None
    curves = sum(edge.controls is not None for edge in outline.edges)
    if curves < 2 and (curves or len(outline.edges) < LEAST_SIDES):
        return None
    if curves and any(edge.controls is None and edge.length > UPRIGHT for edge in outline.edges):
        return None
    samples = outline.samples
    extent = around(samples)
    if abs(extent.width - extent.height) > 0.1 * max(extent.width, extent.height):  # quick: a polygon's may differ a little
        return None
    circle = circle_through(samples[:-1])
    if circle is None or circle.off > ROUND * circle.radius + SAME:
        return None
    longest = max(edge.length for edge in outline.edges)
    return circle if curves or longest < circle.radius else None


def sector_of(outline: Outline) -> Arc | None:
    """Return the piece of a pie or donut that an outline draws, None where it draws something else."""
    edges = [edge for edge in outline.edges if edge.length > SAME]
    if not outline.closed or len(edges) < 2:
        return None
    if (gap := math.dist(edges[-1].end, edges[0].start)) > SAME:  # filled outlines are closed by a straight side
        edges.append(Edge(edges[-1].end, edges[0].start)) if gap > UPRIGHT else None
    chains = _chains(_without_slivers(edges))
    if not 2 <= len(chains) <= 4:
        return None
    straight = [chain for chain in chains if _is_straight(chain)]
    arcs = [chain for chain in chains if not _is_straight(chain)]
    if len(arcs) == 2 and not straight:  # of nearly half a disc whose sides are drawn piece by piece
        parted = next(((n, sides) for n, arc in enumerate(arcs) if (sides := _parted(arc)) is not None), None)
        return _wedge(arcs[1 - parted[0]], parted[1]) if parted is not None else None
    if len(arcs) == 1 and len(straight) == 2:
        return _wedge(arcs[0], straight)
    if len(arcs) == 1 and len(straight) == 1:
        centre = Edge(straight[0][0].start, straight[0][-1].end).middle
        return _swept(arcs[0], centre, 0.0)
    if len(arcs) == 2 and len(straight) == 2:
        return _ring_piece(arcs)
    return None


Chain = list[Edge]


def _without_slivers(edges: list[Edge]) -> list[Edge]:
    """Return sides without curves that are so short that rounding tells their headings; the sides before them go on."""
    kept: list[Edge] = []
    for edge in edges:
        if edge.controls is not None and edge.length < SLIVER and kept and kept[-1].controls is not None:
            kept[-1] = kept[-1]._replace(end=edge.end)
        elif kept and kept[-1].controls is not None and kept[-1].length < SLIVER and edge.controls is not None:
            kept[-1] = edge._replace(start=kept[-1].start)
        else:
            kept.append(edge)
    return kept


def _chains(edges: list[Edge]) -> list[Chain]:
    """Return sides in runs that end at corners."""
    headings = [edge.headings() for edge in edges]
    extent = around([edge.start for edge in edges])
    long = RADIUS_SHARE * max(extent.width, extent.height)
    sides = [edge.controls is None and edge.length >= long for edge in edges]  # two meet in the centre, however straight
    sharp = [
        abs((headings[n][0] - headings[n - 1][1] + 180) % 360 - 180) > CORNER or (sides[n] and sides[n - 1])
        for n in range(len(edges))
    ]
    if not any(sharp):
        return [edges]
    first = sharp.index(True)
    chains: list[Chain] = []
    for place in range(first, first + len(edges)):
        if sharp[place % len(edges)]:
            chains.append([])
        chains[-1].append(edges[place % len(edges)])
    return chains


def _parted(chain: Chain) -> list[Chain] | None:
    """Return the two straight sides that a chain bends into, by less than a corner; None where it is no such chain."""
    if len(chain) < 2 or any(edge.controls is not None for edge in chain):
        return None
    (ax, ay), (bx, by) = chain[0].start, chain[-1].end
    bend = max(range(1, len(chain)), key=lambda n: abs((bx - ax) * (chain[n].start[1] - ay) - (by - ay) * (chain[n].start[0] - ax)))
    sides = [chain[:bend], chain[bend:]]
    return sides if all(_is_straight(side) for side in sides) else None


def _is_straight(chain: Chain) -> bool:
    if any(edge.controls is not None for edge in chain):
        return False
    start, end = chain[0].start, chain[-1].end
    length = math.dist(start, end)
    if len(chain) == 1:
        return True
    return length > 0 and all(
        abs((end[0] - start[0]) * (edge.end[1] - start[1]) - (end[1] - start[1]) * (edge.end[0] - start[0])) <= 2 * SAME * length
        for edge in chain
    )


def _samples(chain: Chain) -> list[Place]:
    found = [chain[0].start]
    for edge in chain:
        found += [edge.middle, edge.end] if edge.controls is not None else [edge.end]
    return found


def _wedge(arc: Chain, sides: list[Chain]) -> Arc | None:
    """Return the sector of an arc and two sides that meet in its centre."""
    for one, other in (sides, sides[::-1]):
        if math.dist(one[-1].end, other[0].start) <= UPRIGHT and math.dist(arc[-1].end, one[0].start) <= UPRIGHT:
            return _swept(arc, one[-1].end, 0.0)
    return None


def _ring_piece(arcs: list[Chain]) -> Arc | None:
    circles = [circle_through(_samples(arc)) for arc in arcs]
    if circles[0] is None or circles[1] is None:
        return None
    (outer, arc), (inner, _) = sorted(zip((circles[0], circles[1]), arcs, strict=True), key=lambda pair: -pair[0].radius)
    if math.dist(outer.centre, inner.centre) > 0.1 * outer.radius or outer.off > ARC * outer.radius:
        return None
    return _swept(arc, outer.centre, inner.radius)


def _swept(arc: Chain, centre: Place, inner: float) -> Arc | None:
    """Return the sector that an arc around a centre spans; None where it is no arc around it."""
    samples = _samples(arc)
    distances = [math.dist(place, centre) for place in samples]
    outer = sum(distances) / len(distances)
    if outer < LEAST_RADIUS or max(abs(distance - outer) for distance in distances) > ARC * outer + SAME:
        return None
    start, sweep = angles_of(samples, centre)
    return Arc(centre, inner, outer, start, sweep, tuple(samples)) if 0 < sweep <= 360 + CORNER else None


def angles_of(samples: Sequence[Place], centre: Place) -> tuple[float, float]:
    """Return at which angle an arc starts and how far it goes, in degrees, clockwise from the top."""
    angles = [math.degrees(math.atan2(x - centre[0], centre[1] - y)) for x, y in samples]
    sweep = sum((after - before + 180) % 360 - 180 for before, after in pairwise(angles))
    start = angles[0] if sweep >= 0 else angles[-1]
    start %= 360
    return (start if start < 360 - TINY else 0.0), min(abs(sweep), 360.0)


# Forms


class Forms:
    """Names for outlines: equal ones, of whatever size, have one name."""

    def __init__(self) -> None:
        """Know none."""
        self._known: list[tuple[str, list[Place]]] = []

    def name(self, outline: Outline) -> str:
        """Return the name of its form."""
        corners = corners_of(outline.samples) if outline.closed else outline.samples
        return self.name_of(corners, around(outline.samples), "curved" if outline.curved else "straight")

    def name_of(self, corners: Sequence[Place], extent: Extent, kind: str) -> str:
        """Return the name of a form that is told by places in a fixed order."""
        side, (across, down) = max(extent.width, extent.height, SAME), extent.middle
        form = [((x - across) / side, (y - down) / side) for x, y in corners]
        for name, known in self._known:
            if (
                len(known) == len(form)
                and name.startswith(kind)
                and all(abs(p[0] - q[0]) + abs(p[1] - q[1]) < 2 * ALIKE for p, q in zip(known, form, strict=True))
            ):
                return name
        name = f"{kind} {len(form)}/{len(self._known) + 1}"
        self._known.append((name, form))
        return name


def centre_of(outline: Outline) -> Place:
    """Return the place that a symbol stands for: the middle of the rectangle around it, but for triangles of R and D3.

    These are equilateral, drawn from their tip to their right corner, and placed by their centre of gravity (R, engine.c, pch 2, 6,
    17, 24 and 25; d3-shape, symbol/triangle.js); those of Vega are drawn from their tip to the left, and placed by their middle.
    """
    corners, extent = outline.places, outline.extent
    if math.dist(corners[0], corners[-1]) <= UPRIGHT:
        corners = corners[:-1]
    if len(corners) != 3 or outline.curved:
        return extent.middle
    (tip, top), (right, one), (left, other) = corners
    level, high = abs(one - other) <= UPRIGHT, abs(top - (one + other) / 2)
    equal = abs(high - EQUILATERAL * (right - left)) <= 2 * UPRIGHT and abs(tip - (left + right) / 2) <= UPRIGHT
    return ((tip + right + left) / 3, (top + one + other) / 3) if level and equal else extent.middle
