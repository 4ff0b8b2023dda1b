"""Vector paths into the scene of a chart: exact places, colours and order."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final, TypeVar

from docai.backends.classical.charts.scene import Extent, Place, Polygon, Rectangle, Scene, Sector, Stroke, Symbol, around
from docai.backends.classical.charts.vector.broken import through_symbols
from docai.backends.classical.charts.vector.cutting import cut_line, cut_outline
from docai.backends.classical.charts.vector.labels import find_labels
from docai.backends.classical.charts.vector.lettering import with_lines_joined
from docai.backends.classical.charts.vector.outlines import (
    UPRIGHT,
    Arc,
    Circle,
    Edge,
    Forms,
    Outline,
    angles_of,
    centre_of,
    circle_through,
    disc_of,
    rectangle_of,
    sector_of,
)
from docai.backends.classical.charts.vector.placing import Mover, mover
from docai.sources import VectorPath
from docai.tiling import View

LARGEST_SYMBOL: Final = 24.0  # points a side; larger outlines that are no discs are areas
LETTERING: Final = 6  # more repeated forms of one colour than this are letters drawn as paths
THIN: Final = 1.5  # points; a filled rectangle thinner than this is a line, unless bars are filled alike
SLENDER: Final = 4.0  # times as long as thick that a line drawn as a rectangle is at least
BAND: Final = 0.15  # of its radius that a stroked arc is thick at least which stands for a piece of a donut
GREY: Final = 24  # of 255, by which the parts of a grey colour differ at most
ON_RING: Final = 0.006  # of its radius that a rim may be off the circle of another piece; one that is pulled out is further off
SAME_PLACE: Final = 0.1  # points that two outlines of one mark may differ by, and middles of crossing strokes
SIDE: Final = 40.0  # points that each side of a frame is long at least, to tell it from steps and brackets
FLAT: Final = 0.001  # points; a filled rectangle that is no higher is a bar of nothing, or nothing at all
SHADOW: Final = 5.0  # points that the shadow of a bar is off it at most, to each side
PAINTED: Final = 0.01  # square points; a fill of less paints nothing that is meant


def scene_of_paths(view: View) -> Scene:
    """Return the scene of a chart that is drawn by the paths of a view, in points of the page."""
    width, height = view.size_points
    drawn = _Drawn()
    moved = mover(view, width, height)
    for order, path in enumerate(view.paths):
        _take(drawn, path, order, moved)
    rectangles, thin = _without_lines(_each_once(drawn.rectangles))
    rectangles, squares = _without_squares(_without_shadows(rectangles))
    symbols, polygons, crossed = _symbols(drawn)
    symbols += squares
    strokes = through_symbols([*drawn.strokes, *thin, *crossed], symbols)
    scene = Scene(
        width,
        height,
        find_labels(view, width, height),
        rectangles=tuple(rectangles),
        strokes=tuple(sorted(strokes, key=lambda mark: mark.order)),
        polygons=tuple(polygons),
        symbols=tuple(sorted(_each_once(symbols), key=lambda mark: mark.order)),
        sectors=tuple(_concentric(drawn.sectors)),
    )
    return replace(scene, labels=with_lines_joined(scene))


@dataclass(slots=True)
class _Drawn:
    """What the paths of a view draw, in their order; forms are told apart later, when it is known which are drawn again."""

    rectangles: list[Rectangle] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    discs: list[Symbol] = field(default_factory=list)
    sectors: list[tuple[Sector, tuple[Place, ...]]] = field(default_factory=list)
    small: list[tuple[Outline, VectorPath, int]] = field(default_factory=list)
    crossing: list[list[Stroke]] = field(default_factory=list)
    polygons: list[Polygon] = field(default_factory=list)


Mark = TypeVar("Mark", Rectangle, Symbol)


# Pieces of paths


def _take(drawn: _Drawn, path: VectorPath, order: int, moved: Mover) -> None:
    """Add what a path draws."""
    pieces = list(_pieces(path, moved))
    clip = around([moved(path.clip.left, path.clip.top), moved(path.clip.right, path.clip.bottom)]) if path.clip else None
    if len(pieces) == 2 and path.fill and (ring := _ring(pieces)) is not None:
        drawn.sectors.append((_sector(ring, path, order), ()))
        return
    for piece in pieces:
        if isinstance(piece, Extent):
            _take_rectangle(drawn, piece, path, order, clip)
        else:
            _take_outline(drawn, piece, path, order, clip)


def _pieces(path: VectorPath, moved: Mover) -> Iterator[Outline | Extent]:
    """Yield the subpaths of a path; those drawn as rectangles as such."""
    edges: list[Edge] = []
    for kind, *numbers in path.segments:
        if kind == "rectangle":
            if edges:
                yield _outline(edges, path)
                edges = []
            left, top, right, bottom = numbers
            yield around((moved(left, top), moved(right, bottom)))  # type: ignore[arg-type]  # numbers follow the kind
            continue
        start, end = moved(*numbers[:2]), moved(*numbers[-2:])  # type: ignore[arg-type]
        controls = (moved(*numbers[2:4]), moved(*numbers[4:6])) if kind == "curve" else None  # type: ignore[arg-type]
        if edges and (_apart(edges[-1].end, start) or (path.fill and len(edges) > 2 and not _apart(edges[-1].end, edges[0].start))):
            yield _outline(edges, path)
            edges = []
        edges.append(Edge(start, end, controls))
    if edges:
        yield _outline(edges, path)


def _apart(one: Place, other: Place) -> bool:
    return abs(one[0] - other[0]) > UPRIGHT or abs(one[1] - other[1]) > UPRIGHT


def _outline(edges: list[Edge], path: VectorPath) -> Outline:
    ends_meet = not _apart(edges[0].start, edges[-1].end)
    return Outline(
        tuple(edges), closed=bool(path.fill) or (ends_meet and len(edges) > 2) or (ends_meet and edges[0].controls is not None)
    )


def _ring(pieces: Sequence[Outline | Extent]) -> Arc | None:
    """Return the whole donut that two circles around one place make."""
    circles = [disc_of(piece) for piece in pieces if isinstance(piece, Outline)]
    if len(circles) != 2 or circles[0] is None or circles[1] is None:
        return None
    inner, outer = sorted((circles[0], circles[1]), key=lambda circle: circle.radius)
    if math.dist(inner.centre, outer.centre) > BAND * outer.radius or outer.radius - inner.radius < UPRIGHT:
        return None
    return Arc(outer.centre, inner.radius, outer.radius, 0.0, 360.0)


def _sector(arc: Arc, path: VectorPath, order: int) -> Sector:
    return Sector(arc.centre, arc.inner, arc.outer, arc.start, arc.sweep, path.fill or path.stroke, order)


def _take_rectangle(drawn: _Drawn, extent: Extent, path: VectorPath, order: int, clip: Extent | None) -> None:
    shown, cut = extent, False
    if clip is not None:
        left, top = max(extent.left, clip.left), max(extent.top, clip.top)
        shown = Extent(left, top, max(left, min(extent.right, clip.right)), max(top, min(extent.bottom, clip.bottom)))
        cut = max(abs(a - b) for a, b in zip(extent, shown, strict=True)) > UPRIGHT
        if shown.left > clip.right + UPRIGHT or shown.top > clip.bottom + UPRIGHT:
            return
    flat = min(extent.width, extent.height)
    if path.stroke and (flat > FLAT or not path.fill) and flat <= UPRIGHT < max(extent.width, extent.height):
        line = ((shown.left, shown.top), (shown.right, shown.bottom))
        drawn.strokes.append(Stroke(line, path.stroke, path.thickness, path.dashes, path.opacity, order=order))
        return
    thickness = path.thickness if path.stroke else 0.0
    drawn.rectangles.append(Rectangle(shown, path.fill, path.stroke, thickness, path.opacity, order, cut))


def _take_outline(drawn: _Drawn, outline: Outline, path: VectorPath, order: int, clip: Extent | None) -> None:
    if outline.closed and (extent := rectangle_of(outline)) is not None:
        _take_rectangle(drawn, extent, path, order, clip)
        return
    circle = disc_of(outline)
    if circle is not None:
        _take_disc(drawn, circle, path, order, clip)
        return
    painted = bool(path.fill) and outline.area > PAINTED
    extent = outline.extent
    if path.fill and not path.stroke and not outline.curved and min(extent.width, extent.height) <= FLAT:
        _take_rectangle(drawn, extent, path, order, clip)  # a bar of nothing
        return
    if painted and (arc := sector_of(outline)) is not None:
        drawn.sectors.append((_sector(arc, path, order), arc.rim if arc.inner else ()))
        return
    if not painted and not path.stroke:
        return
    if clip is not None and not clip.holds(extent.middle, UPRIGHT + max(extent.width, extent.height) / 2):
        return
    is_small = max(extent.width, extent.height) <= LARGEST_SYMBOL
    if outline.closed and (painted or outline.area > PAINTED) and is_small:
        if clip is None or clip.holds(extent.middle, UPRIGHT):
            drawn.small.append((outline, path, order))
    elif painted:
        drawn.polygons.extend(_polygons(outline, path, order, clip))
    elif (band := _band(outline, path)) is not None:
        drawn.sectors.append((_sector(band, path, order), ()))
    else:
        _take_strokes(drawn, outline, path, order, clip)


def _take_disc(drawn: _Drawn, circle: Circle, path: VectorPath, order: int, clip: Extent | None) -> None:
    (x, y), radius = circle.centre, circle.radius
    if clip is not None and not clip.holds(circle.centre, UPRIGHT):
        return
    extent = Extent(x - radius, y - radius, x + radius, y + radius)
    drawn.discs.append(Symbol(circle.centre, extent, "disc", path.fill, path.stroke, path.opacity, order))


def _polygons(outline: Outline, path: VectorPath, order: int, clip: Extent | None) -> Iterator[Polygon]:
    places = outline.places if clip is None else cut_outline(outline.places, clip)
    if len(places) > 2:
        yield Polygon(tuple(places), path.fill, path.stroke, path.opacity, order)


def _band(outline: Outline, path: VectorPath) -> Arc | None:
    """Return the piece of a donut that a thick arc stands for."""
    if not outline.curved or any(edge.controls is None for edge in outline.edges):
        return None
    circle = circle_through(outline.samples)
    if circle is None or circle.off > 0.01 * circle.radius or path.thickness < BAND * circle.radius:
        return None
    start, sweep = angles_of(outline.samples, circle.centre)
    half = path.thickness / 2
    return Arc(circle.centre, max(0.0, circle.radius - half), circle.radius + half, start, sweep)


def _take_strokes(drawn: _Drawn, outline: Outline, path: VectorPath, order: int, clip: Extent | None) -> None:
    """Add a line; short straight ones that cross in their middles are kept together."""
    runs = [(outline.places, False)] if clip is None else list(cut_line(outline.places, clip))
    for places, cut in (part for run in runs for part in _sides(run, path)):
        line = Stroke(
            tuple(places), path.stroke, path.thickness, path.dashes, path.opacity, curved=outline.curved, order=order, cut=cut
        )
        if len(places) == 2 and max(line.extent.width, line.extent.height) <= LARGEST_SYMBOL:
            before = drawn.crossing[-1] if drawn.crossing else None
            if before and _crosses(before[-1], line):
                before.append(line)
            else:
                drawn.crossing.append([line])
        else:
            drawn.strokes.append(line)


def _sides(run: tuple[list[Place], bool], path: VectorPath) -> list[tuple[list[Place], bool]]:
    """Return the sides of a frame that is drawn in one line: two or more axes of a plot, as gnuplot draws them."""
    places, cut = run
    sides = list(pairwise(places))
    upright = all(min(abs(x - u), abs(y - v)) <= UPRIGHT for (x, y), (u, v) in sides)
    long = all(max(abs(x - u), abs(y - v)) >= SIDE for (x, y), (u, v) in sides)
    if not 2 <= len(sides) <= 4 or not upright or not long or path.dashes or _is_lively(path.stroke):
        return [run]
    return [([start, end], cut) for start, end in sides]


def _crosses(one: Stroke, other: Stroke) -> bool:
    if one.colour != other.colour or other.order - one.order > 1 or one.thickness != other.thickness:
        return False
    (ax, ay), (bx, by) = one.extent.middle, other.extent.middle
    alike = 0.5 < math.dist(*one.places) / max(math.dist(*other.places), 1e-6) < 2
    return alike and abs(ax - bx) < SAME_PLACE and abs(ay - by) < SAME_PLACE


# What is told by all marks together


def _symbols(drawn: _Drawn) -> tuple[list[Symbol], list[Polygon], list[Stroke]]:
    """Return the symbols, and the areas and lines that are none, since they are drawn once only."""
    forms = Forms()
    symbols, polygons, strokes = list(drawn.discs), list(drawn.polygons), list[Stroke]()
    outlines = [(forms.name(outline), outline, path, order) for outline, path, order in drawn.small]
    often = Counter(name for name, *_ in outlines)
    letters = Counter(colour for _, colour in {(name, path.fill) for name, _, path, _ in outlines if often[name] > 1})
    for name, outline, path, order in outlines:
        extent = outline.extent
        if often[name] > 1 and letters[path.fill] <= LETTERING:
            symbols.append(Symbol(centre_of(outline), extent, name, path.fill, path.stroke, path.opacity, order))
        elif path.fill:
            polygons.append(Polygon(tuple(outline.places), path.fill, path.stroke, path.opacity, order))
        else:
            places = tuple(outline.places)
            strokes.append(
                Stroke(places, path.stroke, path.thickness, path.dashes, path.opacity, curved=outline.curved, order=order)
            )
    crossings = [group for group in drawn.crossing if len(group) > 1]
    names = {id(group): _form_of(group, forms) for group in crossings}
    repeated = Counter(names.values())
    for group in drawn.crossing:
        name = names.get(id(group), "")
        if repeated[name] > 1:
            extent = around([place for line in group for place in line.places])
            symbols.append(Symbol(extent.middle, extent, name, "", group[0].colour, group[0].opacity, group[0].order))
        else:
            strokes.extend(group)
    return symbols, sorted(polygons, key=lambda mark: mark.order), strokes


def _form_of(group: list[Stroke], forms: Forms) -> str:
    places = [place for line in group for place in line.places]
    return forms.name_of(places, around(places), "strokes")


def _each_once(marks: Sequence[Mark]) -> list[Mark]:
    """Return marks with one for each that is drawn twice, filled and then outlined."""
    filled: dict[tuple[int, ...], int] = {}
    kept: list[Mark] = []
    for mark in marks:
        key = tuple(round(side / SAME_PLACE) for side in mark.extent)
        if mark.fill and not mark.stroke:
            filled[key] = len(kept)
        elif mark.stroke and not mark.fill and key in filled:
            place = filled.pop(key)
            kept[place] = _outlined(kept[place], mark)
            continue
        kept.append(mark)
    return kept


def _outlined(mark: Mark, outline: Mark) -> Mark:
    if isinstance(mark, Rectangle) and isinstance(outline, Rectangle):
        return replace(mark, stroke=outline.stroke, thickness=outline.thickness)
    return replace(mark, stroke=outline.stroke)


def _without_lines(rectangles: Sequence[Rectangle]) -> tuple[list[Rectangle], list[Stroke]]:
    """Return rectangles without those that are lines, and these; a low bar stays one where others are filled alike.

    Axes and grids are grey as bars may be: of these only those stay that are as long as a bar is wide.
    """
    wide: dict[tuple[str, bool], set[int]] = defaultdict(set)
    for one in rectangles:
        if min(one.extent.width, one.extent.height) > THIN:
            wide[one.fill, True].add(round(one.extent.width))
            wide[one.fill, False].add(round(one.extent.height))
    kept: list[Rectangle] = []
    lines: list[Stroke] = []
    for one in rectangles:
        extent = one.extent
        thick, long = sorted((extent.width, extent.height))
        lying = extent.width >= extent.height
        alike = {round(long) - 1, round(long), round(long) + 1} & wide[one.fill, lying]
        lively = _is_lively(one.fill) and (wide[one.fill, True] or wide[one.fill, False])
        if thick <= FLAT and one.fill and not one.stroke and not alike:
            continue
        outlined = thick <= FLAT and bool(one.stroke)  # a line, or a bar of nothing with an outline
        if thick > THIN or long < SLENDER * thick or alike or (lively and not outlined) or not one.fill:
            kept.append(one)
            continue
        across, down = extent.middle
        places = ((extent.left, down), (extent.right, down)) if lying else ((across, extent.top), (across, extent.bottom))
        colour, thickness = (one.stroke, one.thickness) if outlined else (one.fill, thick)
        lines.append(Stroke(places, colour, thickness, opacity=one.opacity, order=one.order))
    return kept, lines


def _without_shadows(rectangles: Sequence[Rectangle]) -> list[Rectangle]:
    """Return rectangles without grey ones that are right behind others of their size, a little to the side and below."""
    ordered = sorted(rectangles, key=lambda mark: mark.order)
    shadows = {
        id(one)
        for one, other in pairwise(ordered)
        if not _is_lively(one.fill)
        and not one.stroke
        and one.fill not in ("", other.fill)
        and abs(one.extent.width - other.extent.width) < SAME_PLACE
        and abs(one.extent.height - other.extent.height) < SAME_PLACE
        and all(SAME_PLACE < abs(one.extent[side] - other.extent[side]) < SHADOW for side in (0, 1))
    }
    return [one for one in rectangles if id(one) not in shadows] if len(shadows) > 1 else list(rectangles)


def _is_lively(colour: str) -> bool:
    """Return whether a colour is no grey."""
    parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)] if colour else [0]
    return max(parts) - min(parts) > GREY


def _without_squares(rectangles: Sequence[Rectangle]) -> tuple[list[Rectangle], list[Symbol]]:
    """Return rectangles without those that are square symbols, and these: small, equal, scattered."""
    alike: dict[tuple[str, str], list[Rectangle]] = defaultdict(list)
    for one in sorted(rectangles, key=lambda mark: mark.extent.width):
        side = one.extent.width
        if side <= LARGEST_SYMBOL / 2 and abs(side - one.extent.height) < SAME_PLACE and side > UPRIGHT:
            alike[one.fill, one.stroke].append(one)
    equal: list[list[Rectangle]] = []
    for group in alike.values():
        for before, one in zip([None, *group], group, strict=False):
            if before is None or one.extent.width - before.extent.width > SAME_PLACE / 2:
                equal.append([])
            equal[-1].append(one)
    squares = [one for group in equal if _scattered([mark.extent for mark in group]) for one in group]
    taken = {id(one) for one in squares}
    found = [Symbol(one.extent.middle, one.extent, "square", one.fill, one.stroke, one.opacity, one.order) for one in squares]
    return [one for one in rectangles if id(one) not in taken], found


def _scattered(extents: Sequence[Extent]) -> bool:
    """Return whether squares stand neither in one row or column nor side by side, as bars and cells do."""
    if len(extents) < 3:
        return False
    tops, lefts = ({round(extent[side]) for extent in extents} for side in (1, 0))
    if len(tops) == 1 or len(lefts) == 1:
        return False
    side = extents[0].width
    corners = {(round(extent.left), round(extent.top)) for extent in extents}
    touching = sum(
        (round(e.left + side), round(e.top)) in corners or (round(e.left), round(e.top + side)) in corners for e in extents
    )
    return 4 * touching < len(extents)


def _concentric(found: Sequence[tuple[Sector, tuple[Place, ...]]]) -> list[Sector]:
    """Return sectors with the centres of donuts' narrow pieces, which are hard to tell, taken from those of wide ones."""
    rings = sorted((sector for sector, rim in found if rim), key=lambda sector: -sector.sweep)
    return [_recentred(sector, rim, rings) if rim else sector for sector, rim in found]


def _recentred(sector: Sector, rim: Sequence[Place], rings: Sequence[Sector]) -> Sector:
    """Return a piece with the centre and radii of the widest one whose circle its rim lies on, its angles told anew."""
    for ring in rings:
        if ring.sweep <= sector.sweep:
            break
        slack = ON_RING * ring.outer
        if all(abs(math.dist(place, ring.centre) - ring.outer) < slack for place in rim):
            start, sweep = angles_of(rim, ring.centre)
            return replace(sector, centre=ring.centre, inner=ring.inner, outer=ring.outer, start=start, sweep=sweep)
    return sector
