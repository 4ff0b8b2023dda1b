"""Drawn paths as the shapes that charts are made of: rectangles, rules, lines that bend, areas, sectors, symbols."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from docai.sources import VectorPath

PAPER: Final = "#ffffff"
WHOLE: Final = 0.9  # of the page that its ground covers, where one is drawn
THIN: Final = 1.6  # points; what is thinner is a rule, whether it is drawn as a line or as a rectangle
SYMBOL: Final = 16.0  # points a side that a plotted symbol measures at most; larger ones are bubbles or areas
EQUAL: Final = 0.02  # of a radius that the points of an arc differ by at most: arcs drawn by Béziers are as round as 0.0003
LEAST_RADIUS: Final = 12.0  # points of a pie
CORNER: Final = math.radians(25)  # of turn that parts an arc from a side; arcs of short lines turn by less at each place
TWICE: Final = 0.02  # points between places that are one
LEAST_RUN: Final = 4  # places of an arc
FLAT: Final = 0.1  # points that an arc bulges at least
LARGEST_CIRCLE: Final = 6.0  # times the size of a narrow sector that its radius is at most
ROUND: Final = 0.55  # of a bar's shorter side that its round corners reach at most

Kind = Literal["rectangle", "frame", "rule", "line", "area", "sector", "symbol", "other"]
Segment = tuple[str | float, ...]


class Place(NamedTuple):
    """A rectangle in points from the page's top left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """The width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """The height."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """The area in square points."""
        return self.width * self.height

    @property
    def middle(self) -> tuple[float, float]:
        """The point in its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def holds(self, other: Place, slack: float = 0.0) -> bool:
        """Return whether another lies in it, give or take `slack` points."""
        return (
            self.left - slack <= other.left
            and self.top - slack <= other.top
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )

    def shared(self, other: Place) -> float:
        """Return the area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return width * height if width > 0 and height > 0 else 0.0

    def grown(self, across: float, down: float | None = None) -> Place:
        """Return it with so many points more on each side."""
        down = across if down is None else down
        return Place(self.left - across, self.top - down, self.right + across, self.bottom + down)


def around(places: Iterable[Place]) -> Place:
    """Return the smallest rectangle that holds all; there must be one."""
    lefts, tops, rights, bottoms = zip(*places, strict=True)
    return Place(min(lefts), min(tops), max(rights), max(bottoms))


@dataclass(frozen=True, slots=True)
class Shape:
    """A connected part of a path.

    Attributes:
        place: Where it is.
        kind: A `rectangle` is filled, a `frame` only outlined; a `rule` is straight, a `line` bends.
        colour: As `#rrggbb`, of its fill, or its stroke where it has none.
        centre, radius: Of a sector, in points.
        path: The place of its path among the page's.
    """

    place: Place
    kind: Kind
    colour: str
    path: int
    centre: tuple[float, float] = (0.0, 0.0)
    radius: float = 0.0


def shapes_of(paths: Sequence[VectorPath], width: float, height: float, *, thin: float = THIN) -> list[Shape]:
    """Return the shapes that can be seen of the paths of a page of `width` x `height` points; those of its ground's colour cannot.

    Rectangles that are no thicker than `thin` points are rules.
    """
    ground = next((path.fill for path in paths if path.fill and path.box.area >= WHOLE), PAPER)
    shown = (path._replace(fill=path.fill * (path.fill != ground), stroke=path.stroke * (path.stroke != ground)) for path in paths)
    return [shape for number, path in enumerate(shown) for shape in _shapes(path, number, width, height, thin)]


def _shapes(path: VectorPath, number: int, width: float, height: float, thin: float) -> Iterator[Shape]:
    fill, stroke = path.fill, path.stroke
    if not fill and not stroke:
        return
    for part in _parts(path.segments):
        place = _place(part, width, height)
        if place is None:
            continue
        kind = "rectangle" if part[0][0] == "rectangle" else _kind(part, place, width, height, filled=bool(fill))
        if kind == "rectangle":
            kind = "rule" if min(place.width, place.height) <= thin else "rectangle" if fill else "frame"
        round_one = _arc(part, width, height) if fill and kind in ("area", "other", "symbol") else None
        if round_one is not None and round_one[1] >= LEAST_RADIUS:
            yield Shape(place, "sector", fill, number, *round_one)
        else:
            yield Shape(place, kind, fill or stroke, number)


def _parts(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Yield the connected parts of a path; each of its rectangles is one."""
    part: list[Segment] = []
    for segment in segments:
        if segment[0] == "rectangle":
            if part:
                yield part
            yield [segment]
            part = []
            continue
        if part and (abs(float(part[-1][-2]) - float(segment[1])) > 1e-5 or abs(float(part[-1][-1]) - float(segment[2])) > 1e-5):
            yield part
            part = []
        part.append(segment)
    if part:
        yield part


def _place(part: Sequence[Segment], width: float, height: float) -> Place | None:
    """Return where a part lies, cut at the page's edges; None for what lies off it."""
    numbers = [float(value) for segment in part for value in segment[1:]]
    xs, ys = numbers[::2], numbers[1::2]
    if not math.isfinite(sum(numbers)):
        return None
    left, top, right, bottom = max(0.0, min(xs)), max(0.0, min(ys)), min(1.0, max(xs)), min(1.0, max(ys))
    if left > right or top > bottom:
        return None
    return Place(left * width, top * height, right * width, bottom * height)


def _kind(part: Sequence[Segment], place: Place, width: float, height: float, *, filled: bool) -> Kind:
    """Return what a connected part of lines and curves is."""
    slanted = curved = straight = 0
    reach = 0.0
    corner: Segment | None = None  # the first of the curves that go on in each other
    for segment in part:
        if segment[0] == "curve":
            curved += 1
            corner = corner or segment
            reach = max(
                reach, abs(float(segment[7]) - float(corner[1])) * width, abs(float(segment[8]) - float(corner[2])) * height
            )
            continue
        corner = None
        across, down = abs(float(segment[3]) - float(segment[1])) * width, abs(float(segment[4]) - float(segment[2])) * height
        slanted += min(across, down) > 0.05 and min(across, down) > 0.002 * max(across, down)
        straight += 1
    if straight and not slanted and curved <= 8 and (not curved or reach <= ROUND * min(place.width, place.height)):
        return _straight_kind(part, place, straight + curved, filled=filled)
    closed = abs(float(part[0][1]) - float(part[-1][-2])) + abs(float(part[0][2]) - float(part[-1][-1])) < 1e-4
    if max(place.width, place.height) <= SYMBOL and (filled or closed) and len(part) > 1:
        return "symbol"
    if filled:
        return "area" if slanted or curved else "other"
    if closed:
        return "other"
    return "line" if slanted + curved else "other"


def _straight_kind(part: Sequence[Segment], place: Place, count: int, *, filled: bool) -> Kind:
    """Return what a part is that runs along the axes only, its round corners apart."""
    if min(place.width, place.height) <= THIN:
        return "rule"
    closed = abs(float(part[0][1]) - float(part[-1][-2])) + abs(float(part[0][2]) - float(part[-1][-1])) < 1e-4
    if filled:
        return "rectangle" if count <= 12 and len(part) >= 3 else "area"
    if closed and len(part) >= 4:
        return "frame" if len({round(float(segment[1]), 4) for segment in part}) <= 3 or count > 4 else "other"
    return "line" if len(part) >= 4 else "other"  # steps


def _arc(part: Sequence[Segment], width: float, height: float) -> tuple[tuple[float, float], float] | None:
    """Return the centre and radius of the outer arc of a sector, or None for what is no part of a disc.

    The centre is that of the circle through the ends of a curve and its middle, which for a cubic Bézier is
    (p0 + 3 p1 + 3 p2 + p3) / 8, of the longest, which tells it best; where arcs are drawn by short lines, it is a corner that most
    others are equally far from.
    """
    points = [(float(segment[1]) * width, float(segment[2]) * height) for segment in part]
    arcs, chords = [], []
    for segment in part:
        if segment[0] != "curve":
            continue
        xs, ys = [float(v) * width for v in segment[1::2]], [float(v) * height for v in segment[2::2]]
        middle = (xs[0] + 3 * xs[1] + 3 * xs[2] + xs[3]) / 8, (ys[0] + 3 * ys[1] + 3 * ys[2] + ys[3]) / 8
        found = _circle((xs[0], ys[0]), middle, (xs[3], ys[3]))
        if found:
            arcs.append(found)
            chords.append(math.dist((xs[0], ys[0]), (xs[3], ys[3])))
    if arcs:
        (x, y), radius = max(zip(chords, arcs, strict=True))[1]
        agreeing = [a for a in arcs if math.dist(a[0], (x, y)) < 0.05 * radius]
        ends = [math.dist(point, (x, y)) for point in points]
        inner = statistics.median([end for end in ends if end < (1 - EQUAL) * radius] or [0.0])
        fits = [end for end in ends if abs(end - radius) < EQUAL * radius or abs(end - inner) < EQUAL * radius + 0.5]
        return ((x, y), radius) if 2 * len(agreeing) > len(arcs) and len(fits) > 0.8 * len(ends) else None
    if len(points) < 8:
        return None
    for x, y in {points[0], points[-1], points[1]}:
        far = [math.dist(point, (x, y)) for point in points if math.dist(point, (x, y)) > 1]
        radius = statistics.median(far) if far else 0.0
        if radius and sum(abs(one - radius) < EQUAL * radius for one in far) >= 0.9 * len(far):
            return (x, y), radius
    return _ring(points)


def _ring(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], float] | None:
    """Return the centre and outer radius of a sector or a piece of a ring whose arcs and sides are drawn by short lines.

    It is as wide as no circle that a bend of an area under a line may seem to be: all its corners lie on two circles around one
    centre, or on the two sides between these.
    """
    runs = _runs(points)
    if len(runs) < 2:
        return None
    longest = max(runs, key=lambda run: (len(run) >= LEAST_RUN, _sagitta(run)))
    if len(longest) < LEAST_RUN or _sagitta(longest) < FLAT:
        return None
    found = _circle(longest[0], longest[len(longest) // 2], longest[-1])
    if found is None or found[1] > math.dist(*_ends(points)) * LARGEST_CIRCLE:
        return None
    centre, radius = found
    far = [math.dist(point, centre) for point in points]
    outer = max(far)
    if any(abs(math.dist(point, centre) - radius) > EQUAL * radius for point in longest):
        return None
    inner = min(far)
    inner = 0.0 if inner < EQUAL * outer else inner
    for run in runs:
        ends = [math.dist(point, centre) for point in run]
        on_arc = max(ends) - min(ends) < EQUAL * outer and (
            abs(ends[0] - outer) < EQUAL * outer or abs(ends[0] - inner) < EQUAL * outer
        )
        bend = max(range(len(run)), key=lambda n: abs(_off_line(run[n], run[0], run[-1])))
        sides = [run] if _sagitta(run) < FLAT else [run[: bend + 1], run[bend:]]  # of half a disc they hardly bend at its centre
        on_side = all(_sagitta(side) < FLAT and abs(_off_line(centre, side[0], side[-1])) < EQUAL * outer for side in sides)
        if not on_arc and not on_side:
            return None
    return centre, outer


def _runs(points: Sequence[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Return the places of a closed outline in runs from corner to corner, without those that come twice."""
    places = [point for number, point in enumerate(points) if not number or math.dist(point, points[number - 1]) > TWICE]
    while len(places) > 1 and math.dist(places[0], places[-1]) <= TWICE:
        places.pop()
    count = len(places)
    if count < LEAST_RUN:
        return []
    ways = [math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in zip(places, [*places[1:], places[0]], strict=True)]
    turns = [abs((ways[n] - ways[n - 1] + math.pi) % (2 * math.pi) - math.pi) for n in range(count)]
    corners = [n for n in range(count) if turns[n] > CORNER]
    if not corners:
        return []
    return [
        [places[n % count] for n in range(first, last + 1)]
        for first, last in zip(corners, [*corners[1:], corners[0] + count], strict=True)
    ]


def _sagitta(run: Sequence[tuple[float, float]]) -> float:
    """Return how far the places of a run are off the straight line between its ends at most, in points."""
    return max((abs(_off_line(place, run[0], run[-1])) for place in run[1:-1]), default=0.0)


def _off_line(place: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> float:
    """Return how far a place is off the line through two others; off the first of them where these are one."""
    (ax, ay), (bx, by) = start, end
    length = math.dist(start, end)
    if length < TWICE:
        return math.dist(place, start)
    return ((bx - ax) * (place[1] - ay) - (by - ay) * (place[0] - ax)) / length


def _ends(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return two opposite corners of the rectangle around places."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (min(xs), min(ys)), (max(xs), max(ys))


def _circle(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> tuple[tuple[float, float], float] | None:
    """Return the centre and radius of the circle through three points (the intersection of two perpendicular bisectors)."""
    (ax, ay), (bx, by), (cx, cy) = a, b, c
    twice = 2 * (ax * (by - cy) + bx * (cy - ay) + cx * (ay - by))
    if abs(twice) < 1e-6:
        return None
    x = ((ax**2 + ay**2) * (by - cy) + (bx**2 + by**2) * (cy - ay) + (cx**2 + cy**2) * (ay - by)) / twice
    y = ((ax**2 + ay**2) * (cx - bx) + (bx**2 + by**2) * (ax - cx) + (cx**2 + cy**2) * (bx - ax)) / twice
    return (x, y), math.dist((x, y), a)
