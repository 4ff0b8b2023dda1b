"""Blocks: what in a plot may be a bar, whether it is drawn as a rectangle, with round corners, as a thick stroke or a lollipop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Final

from docai.backends.classical.charts.parts import Mark
from docai.backends.classical.charts.scales import Plot
from docai.backends.classical.charts.scene import Extent, Polygon, Rectangle, Scene, Stroke, Symbol

WHITE: Final = "#ffffff"
SLACK: Final = 0.75  # points or pixels that edges meant to be one may differ by: a pixel of a 96 dpi drawing
SLACK_BLUR: Final = 3.0  # times the blur of a picture: two edges, each off by its blur, and a pixel of smoothing
FULL: Final = 0.97  # of the plot, from which on something spans it from side to side
LIKE_A_RECTANGLE: Final = 0.7  # of its extent that a bar with round corners fills; half a disc on a square fills 0.75 in chords
THICK: Final = 3.0  # points, from which on a single stroke may be a bar; lines, whiskers and error bars are thinner
LEVEL: Final = 0.1  # points or pixels by which the sides of steps may be slanted
LEAST_STEPS: Final = 3  # of a histogram drawn as one outline
STEPS_OFF: Final = 0.05  # of the narrowest step, by which the widths of others may differ from its multiples
THIN: Final = 1.5  # points or pixels, up to which a rectangle may be a rule


@dataclass(frozen=True, slots=True)
class Block:
    """Something that may be a bar, measured along the axes of its plot.

    Attributes:
        begin, end: Where it lies along the axis of names, `begin` <= `end`.
        first, last: Where it lies along the axis of values, `first` <= `last`, in scene units and their direction.
        extent: Where it lies in the scene.
        colour: What tells its series: the colour of its fill, else of its outline.
        opacity, order: As they are of its mark.
        marks: What it is drawn with.
        cut: Whether it goes on outside the plot.
    """

    begin: float
    end: float
    first: float
    last: float
    extent: Extent
    colour: str
    opacity: float
    order: int
    marks: tuple[Mark, ...]
    cut: bool = False

    @property
    def middle(self) -> float:
        """Its middle along the axis of names."""
        return (self.begin + self.end) / 2

    @property
    def thickness(self) -> float:
        """Its size along the axis of names."""
        return self.end - self.begin

    @property
    def length(self) -> float:
        """Its size along the axis of values."""
        return self.last - self.first

    def within(self, other: Block, slack: float) -> bool:
        """Return whether it lies within another, `slack` left aside."""
        return (
            other.begin - slack <= self.begin
            and self.end <= other.end + slack
            and other.first - slack <= self.first
            and self.last <= other.last + slack
        )

    def same(self, other: Block, slack: float) -> bool:
        """Return whether it lies where another does."""
        return self.within(other, slack) and other.within(self, slack)


def frame(extent: Extent, *, upright: bool) -> tuple[float, float, float, float]:
    """Return where an extent begins and ends along the axis of names, then along that of values."""
    left, top, right, bottom = extent
    return (left, right, top, bottom) if upright else (top, bottom, left, right)


def slack_of(scene: Scene) -> float:
    """Return how far edges may be apart that are meant to be one, in scene units."""
    return max(SLACK, SLACK_BLUR * scene.blur)


def directions(plot: Plot) -> list[bool]:
    """Return in which directions values may grow: upwards (True), to the side (False), or either."""
    across, down = plot.across.kind if plot.across else None, plot.down.kind if plot.down else None
    if across == down == "category":
        return []
    if across == "category" or (across == "date" and down in ("linear", "log")):
        return [True]
    if down == "category" or (down == "date" and across in ("linear", "log")):
        return [False]
    return [True, False]


def find_blocks(scene: Scene, plot: Plot, *, upright: bool) -> list[Block]:
    """Return what may be a bar in a plot whose values grow upwards (`upright`) or to the side."""
    slack = slack_of(scene)
    filled, outlines = _rectangles(scene, upright=upright)
    filled += _steps(scene, plot, upright=upright)
    blocks = _joined([*filled, *_rounded(scene, filled, upright=upright)], outlines, slack)
    blocks = _in_plot(blocks, plot, slack, upright=upright)
    if not blocks:
        blocks = _in_plot(_thick_strokes(scene, upright=upright), plot, slack, upright=upright)
    return _without_shadows(blocks, slack)


def _block(extent: Extent, colour: str, mark: Rectangle | Polygon | Stroke, *, upright: bool) -> Block:
    begin, end, first, last = frame(extent, upright=upright)
    cut = not isinstance(mark, Polygon) and mark.cut
    return Block(begin, end, first, last, extent, colour, mark.opacity, mark.order, (mark,), cut)


def _rectangles(scene: Scene, *, upright: bool) -> tuple[list[Block], list[Block]]:
    """Return filled rectangles, and outlines without a fill."""
    filled, outlines = [], []
    for mark in scene.rectangles:
        if mark.fill in ("", WHITE):
            if mark.stroke not in ("", WHITE):
                outlines.append(_block(mark.extent, mark.fill or mark.stroke, mark, upright=upright))
        else:
            filled.append(_block(mark.extent, mark.fill, mark, upright=upright))
    return filled, outlines


def _rounded(scene: Scene, filled: Sequence[Block], *, upright: bool) -> list[Block]:
    """Return polygons that are rectangles but for their corners, and as thick as each other or as the bars beside them."""
    found = [
        _block(mark.extent, mark.fill, mark, upright=upright)
        for mark in scene.polygons
        if mark.fill not in ("", WHITE) and len(mark.places) < 64 and _share_filled(mark) >= LIKE_A_RECTANGLE and _has_sides(mark)
    ]
    if len(found) + len(filled) < 2:
        return []
    usual = median(block.thickness for block in (*found, *filled))
    return [block for block in found if abs(block.thickness - usual) <= max(SLACK, 0.05 * usual)]


# Histograms drawn as one outline


def _steps(scene: Scene, plot: Plot, *, upright: bool) -> list[Block]:
    """Return the bars of histograms that are drawn as one outline: equally wide steps over a level line."""
    names = plot.across if upright else plot.down
    if names is None or names.kind not in ("linear", "log"):
        return []
    return [block for polygon in scene.polygons if polygon.fill not in ("", WHITE) for block in _stepped(polygon, upright=upright)]


def _stepped(polygon: Polygon, *, upright: bool) -> list[Block]:
    """Return the bars that an outline of steps stands for, none of other outlines."""
    places = [place if upright else place[::-1] for place in (*polygon.places, polygon.places[0])]
    edges = list(pairwise(places))
    if len(edges) < 8 or any(min(abs(a - c), abs(b - d)) > LEVEL for (a, b), (c, d) in edges):
        return []
    level = [(min(a, c), max(a, c), b) for (a, b), (c, d) in edges if abs(b - d) <= LEVEL < abs(a - c)]
    begin, end = min(a for a, _ in places), max(a for a, _ in places)
    bases = [b for b in {min(b for _, b in places), max(b for _, b in places)} if _length(level, b) >= end - begin - LEVEL]
    if len(bases) != 1:
        return []
    base = bases[0]
    tops = sorted(edge for edge in level if abs(edge[2] - base) > LEVEL)
    widths = [last - first for first, last, _ in tops]
    unit = min(widths, default=0.0)
    counts = [round(width / unit) for width in widths]
    uneven = any(abs(width - count * unit) > STEPS_OFF * unit for width, count in zip(widths, counts, strict=True))
    if len(tops) < LEAST_STEPS or uneven or all(count > 1 for count in counts[1:-1]):
        return []
    return [
        _step(polygon, first + part * unit, unit, (top, base), upright=upright)
        for (first, _, top), count in zip(tops, counts, strict=True)
        for part in range(count)
    ]


def _length(level: Sequence[tuple[float, float, float]], place: float) -> float:
    """Return how long the level sides at a place are together."""
    return sum(last - first for first, last, at in level if abs(at - place) <= LEVEL)


def _step(polygon: Polygon, begin: float, width: float, ends: tuple[float, float], *, upright: bool) -> Block:
    first, last = sorted(ends)
    left, top, right, bottom = (begin, first, begin + width, last) if upright else (first, begin, last, begin + width)
    extent = Extent(left, top, right, bottom)
    return Block(begin, begin + width, first, last, extent, polygon.fill, polygon.opacity, polygon.order, (polygon,))


# Bars in other forms


def _has_sides(polygon: Polygon) -> bool:
    """Return whether an outline leaves the sides of its extent at its corners only, as that of an area under a line does not."""
    extent = polygon.extent
    corner = 0.5 * min(extent.width, extent.height)
    for across, down in polygon.places:
        beside = min(across - extent.left, extent.right - across)
        below = min(down - extent.top, extent.bottom - down)
        if min(beside, below) > LEVEL and max(beside, below) > corner:
            return False
    return True


def _share_filled(polygon: Polygon) -> float:
    """Return the area of a polygon in shares of its extent's, by the shoelace formula."""
    places = polygon.places
    twice = sum(x * v - u * y for (x, y), (u, v) in zip(places, (*places[1:], places[0]), strict=True))
    extent = polygon.extent
    return abs(twice) / 2 / max(extent.width * extent.height, 1e-9)


def _thick_strokes(scene: Scene, *, upright: bool) -> list[Block]:
    """Return straight strokes along the axis of values that are thick enough for bars."""
    found = []
    for stroke in scene.strokes:
        extent = stroke.extent
        aside, along = (extent.width, extent.height) if upright else (extent.height, extent.width)
        if stroke.thickness < THICK or stroke.dashes or aside > 0.1 * stroke.thickness or along <= aside:
            continue
        half = stroke.thickness / 2
        left, top, right, bottom = extent
        wide = Extent(left - half, top, right + half, bottom) if upright else Extent(left, top - half, right, bottom + half)
        found.append(_block(wide, stroke.colour, stroke, upright=upright))
    return found


def _joined(filled: Sequence[Block], outlines: Sequence[Block], slack: float) -> list[Block]:
    """Return blocks with their outlines: what is drawn twice at one place is one bar, in the colour that was drawn last.

    Outlines that enclose no block are bars of their own.
    """
    filled, outlines = _framed(filled, outlines, slack)
    found: dict[tuple[int, int], list[Block]] = defaultdict(list)
    for outlined, block in [*((False, b) for b in filled), *((True, b) for b in outlines)]:
        column, row = round(block.middle / 4), round((block.first + block.last) / 8)  # neighbours in cells of 4 units
        near = [(c, r) for c in (column - 1, column, column + 1) for r in (row - 1, row, row + 1)]
        close = min(slack, 0.25 * block.thickness)  # narrow bars that touch are several
        twin = next((b for cell in near for b in found.get(cell, ()) if b.same(block, close)), None)
        seen_through = block.opacity < 1 or block.length <= slack  # pieces of no height lie upon each other
        if twin is None or (not outlined and twin.colour != block.colour and seen_through):
            found[column, row].append(block)
            continue
        cell = next(cell for cell in near if any(b is twin for b in found.get(cell, ())))
        top, under = (block, twin) if not outlined and block.order >= twin.order else (twin, block)
        found[cell] = [replace(top, marks=(*top.marks, *under.marks)) if b is twin else b for b in found[cell]]
    return sorted((block for blocks in found.values() for block in blocks), key=lambda block: block.order)


def _framed(filled: Sequence[Block], outlines: Sequence[Block], slack: float) -> tuple[list[Block], list[Block]]:
    """Return blocks and outlines; of an outline around several blocks that fill it one is left.

    Blocks of one colour, as the tiles of a hatch, are one bar; those of several are the pieces of a stack.
    """
    kept, frames = list(filled), []
    by_begin: dict[int, list[Block]] = defaultdict(list)
    for block in filled:
        by_begin[round(block.begin)].append(block)
    for outline in outlines:
        near = [block for place in (-1, 0, 1) for block in by_begin.get(round(outline.begin) + place, ())]
        close = min(slack, 0.25 * outline.thickness)
        inside = [block for block in near if abs(block.end - outline.end) <= close and block.within(outline, close)]
        if len(inside) < 2 or abs(sum(block.length for block in inside) - outline.length) > len(inside) * slack:
            frames.append(outline)
        elif len({block.colour for block in inside}) == 1:
            marks = (*outline.marks, *(mark for block in inside for mark in block.marks))
            taken = {id(block) for block in inside}
            kept = [block for block in kept if id(block) not in taken]
            kept.append(replace(outline, colour=inside[0].colour, marks=marks))
    return kept, frames


def _in_plot(blocks: Sequence[Block], plot: Plot, slack: float, *, upright: bool) -> list[Block]:
    """Return the blocks that show in the plot, without its background, bands, grid lines and frames."""
    begin, end, first, last = frame(plot.extent, upright=upright)
    shown = [
        block
        for block in blocks
        if begin - 2 * slack <= block.middle <= end + 2 * slack
        and min(block.last, last) - max(block.first, first) >= (-slack if block.length > slack else 0) - slack
        and min(block.end, end) - max(block.begin, begin) < FULL * (end - begin)
        and block.thickness > 0
    ]
    full = [block for block in shown if min(block.last, last) - max(block.first, first) >= FULL * (last - first)]
    if not full:
        return shown
    others = [block for block in shown if not any(block is other for other in full)]
    return [*others, *(block for block in full if not _is_band(block, full, others, slack))]


def _is_band(block: Block, full: Sequence[Block], others: Sequence[Block], slack: float) -> bool:
    """Return whether a block that spans the plot along its values is a band or a rule of the background, no bar."""
    if not others:
        return True
    usual = median(other.thickness for other in others)
    if block.thickness <= THIN < usual / 2:
        return True
    like = [o for o in others if o.colour == block.colour and abs(o.thickness - block.thickness) <= slack]
    if len(like) > 1 and sum(min(abs(o.first - block.first), abs(o.last - block.last)) <= slack for o in like) >= len(like) / 2:
        return False  # one of several bars that stand on one line, and the longest
    behind = sum(1 for other in others if other.within(block, slack) and other.order > block.order)
    alike = sum(1 for other in full if other.colour == block.colour)
    return (behind > 0 and (alike > 1 or block.thickness > usual + slack)) or block.thickness > 1.5 * usual + slack


def _without_shadows(blocks: Sequence[Block], slack: float) -> list[Block]:
    """Return blocks without shadows: blocks of one colour, each as far aside of one of its size that was drawn later."""
    by_colour: dict[str, list[Block]] = defaultdict(list)
    by_size: dict[tuple[int, int], list[Block]] = defaultdict(list)
    for block in blocks:
        by_colour[block.colour].append(block)
        by_size[round(block.thickness), round(block.length)].append(block)
    shadows: set[int] = set()
    for colour, group in by_colour.items():
        shifts = [_shift(block, colour, by_size, slack) for block in group]
        told = [shift for shift in shifts if shift is not None]
        if len(told) < len(group) or len(group) < 2:
            continue
        across, down = median(x for x, _ in told), median(y for _, y in told)
        if all(abs(x - across) + abs(y - down) <= slack for x, y in told):
            shadows.update(id(block) for block in group)
    return [block for block in blocks if id(block) not in shadows]


def _shift(block: Block, colour: str, by_size: dict[tuple[int, int], list[Block]], slack: float) -> tuple[float, float] | None:
    """Return how far from a block one of its size stands that covers most of it and was drawn later; None if there is none."""
    for other in by_size[round(block.thickness), round(block.length)]:
        across, down = other.begin - block.begin, other.first - block.first
        near = slack < abs(across) < 0.5 * block.thickness and slack < abs(down) < 0.5 * block.thickness
        if other.colour != colour and other.order > block.order and near:
            return across, down
    return None


# Lollipops


def find_lollipops(scene: Scene, plot: Plot, *, upright: bool) -> list[Block]:
    """Return lollipops as blocks: thin strokes of one thickness along the values, most of them with a symbol at an end.

    Without symbols strokes of different lengths that stand on one line count, three at least, as of impulses.
    """
    slack = slack_of(scene)
    by_look: dict[tuple[str, float], list[Stroke]] = defaultdict(list)
    for stroke in scene.strokes:
        extent = stroke.extent
        aside, along = (extent.width, extent.height) if upright else (extent.height, extent.width)
        if aside <= 0.1 and along > slack and plot.extent.holds(extent.middle, slack):
            by_look[stroke.colour, round(stroke.thickness, 1)].append(stroke)
    found: list[Block] = []
    for (colour, _), strokes in by_look.items():
        stems = _in_plot(
            [_block(s.extent.grown(THIN / 2), colour, s, upright=upright) for s in strokes], plot, slack, upright=upright
        )
        found.extend(_lollipops(stems, scene.symbols, slack, upright=upright))
    return found


def _lollipops(stems: Sequence[Block], symbols: Sequence[Symbol], slack: float, *, upright: bool) -> list[Block]:
    along = 1 if upright else 0
    by_place: dict[int, list[Symbol]] = defaultdict(list)
    for symbol in symbols:
        by_place[round(symbol.centre[1 - along])].append(symbol)
    headed, bare = [], []
    for stem in stems:
        exact = replace(stem, first=stem.first + THIN / 2, last=stem.last - THIN / 2)
        near = [s for place in (-1, 0, 1) for s in by_place.get(round(stem.middle) + place, ())]
        heads = [s for s in near if abs(s.centre[1 - along] - stem.middle) <= slack and _meets(exact, s.centre[along], slack)]
        if len(heads) == 1:
            headed.append(_with_head(exact, heads[0], upright=upright))
        else:
            bare.append(exact)
    if headed and len(headed) >= 0.8 * len(stems):
        return [*headed, *bare]
    lengths = {round(stem.length / slack) for stem in bare}
    feet = [stem.first for stem in bare], [stem.last for stem in bare]
    level = any(len(side) and max(side) - min(side) <= slack for side in feet)
    return bare if not headed and len(lengths) >= 3 and level else []


def _meets(stem: Block, place: float, slack: float) -> bool:
    return min(abs(stem.first - place), abs(stem.last - place)) <= 2 * slack


def _with_head(stem: Block, head: Symbol, *, upright: bool) -> Block:
    """Return a stem with its symbol: it ends in the symbol's middle."""
    place = head.centre[1 if upright else 0]
    at_first = abs(stem.first - place) < abs(stem.last - place)
    left, top, right, bottom = head.extent
    begin, end = (left, right) if upright else (top, bottom)
    extents = stem.extent, head.extent
    extent = Extent(
        min(e.left for e in extents), min(e.top for e in extents), max(e.right for e in extents), max(e.bottom for e in extents)
    )
    colour = head.fill if head.fill not in ("", WHITE) else head.stroke or stem.colour
    first, last = (place, stem.last) if at_first else (stem.first, place)
    return replace(stem, begin=begin, end=end, first=first, last=last, extent=extent, colour=colour, marks=(*stem.marks, head))
