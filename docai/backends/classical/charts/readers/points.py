"""Points: symbols, each of which shows a value by its place, and in bubbles another one by its area."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from docai.backends.classical.charts.legends import Legend
from docai.backends.classical.charts.parts import Mark, Part, Strand, Value
from docai.backends.classical.charts.readers.framing import Frame, frame_of
from docai.backends.classical.charts.readers.furniture import STRAIGHT, alike, background, is_grey, sort_strokes
from docai.backends.classical.charts.readers.joining import turned
from docai.backends.classical.charts.readers.names import Look, Named, name_of
from docai.backends.classical.charts.readers.sides import Drawn, sides_of
from docai.backends.classical.charts.readers.whiskers import Whisker, whiskers_at
from docai.backends.classical.charts.scales import Plot
from docai.backends.classical.charts.scene import Scene, Stroke, Symbol

MARGIN: Final = 1.0  # scene units that a point may lie outside of the plot by
VARIED: Final = 1.2  # times the smallest width that the largest has at least in a chart of bubbles
MOST_LOOKS: Final = 15  # series that points have at most if no legend names them; more colours are shades of a value
OF_ENTRY: Final = 0.3  # points that a symbol of a legend's entry is off its swatch's level at most
OFF_SIZES: Final = 0.02  # of the largest area that the legend's swatches may be off a straight line by
UNNAMED: Final = 0.96  # sure are points of several series without names: their places tell both values whatever they are called
CROWDED: Final = 0.88  # sure is a point of a picture that lies over another, or so near that both may be pieces of one bubble
TOUCHING: Final = 1.5  # pixels that the extents of two points share at most where neither hides the other
CUT: Final = 4.0  # pixels between the pieces of one bubble that grid lines or other bubbles cut, at most
STEM: Final = 0.9  # scene units between a stem's end and the middle of its symbol, at most


@dataclass(frozen=True, slots=True)
class Sizes:
    """What areas of bubbles tell: `slope * area + intercept`, by the legend, or shares of the largest."""

    slope: float
    intercept: float = 0.0
    sure: float = 1.0

    def of(self, symbol: Symbol) -> float:
        """Return what the area of a bubble tells."""
        return self.slope * area_of(symbol) + self.intercept


def area_of(symbol: Symbol) -> float:
    """Return the area of a symbol's extent, to which those of equal shapes are in proportion."""
    return symbol.extent.width * symbol.extent.height


def read_points(scene: Scene, plot: Plot, legend: Legend) -> Part | None:
    """Return the points of a plot, a series for each look, or each that the legend names."""
    frame = frame_of(plot)
    if frame is None or (frame.names.kind == "category" and len(frame.names.ticks) == 1):  # what one name stands over is no axis
        return None
    ground = background(scene, plot)
    shown = [s for s in scene.symbols if plot.extent.holds(s.centre, MARGIN) and not _in_legend(s, legend, scene)]
    shown = [s for s in shown if not (alike(s.fill or ground, ground) and alike(s.stroke or ground, ground))]
    if not shown:
        return None
    frame = frame.on_calendar([turned(symbol.centre, upright=frame.upright)[0] for symbol in shown])
    sizes = _sizes(shown, legend)
    groups = _series(shown, legend, blurred=scene.blur > 0)
    places = [turned(s.centre, upright=frame.upright) for s in shown]
    strokes = sort_strokes(scene, plot, legend).data
    whiskers = dict(
        zip(
            map(id, shown),
            whiskers_at(places, [s.fill or s.stroke for s in shown], strokes, upright=frame.upright),
            strict=True,
        )
    )
    crowded = _crowded(shown, -CUT if sizes is not None else TOUCHING) if scene.blur else set()
    drawn = [Drawn(named.name, colour, symbols[0].order) for named, colour, symbols in groups]
    strands = []
    for (named, colour, symbols), side in zip(groups, sides_of(drawn, scene, plot), strict=True):
        read = _Reading(scene, frame, plot, sizes, named.sure * side.sure * (1.0 if named.name or len(groups) == 1 else UNNAMED))
        found = tuple(read.value(symbol, whiskers[id(symbol)], side.axis == "second") for symbol in symbols)
        found = tuple(
            replace(value, sure=CROWDED * value.sure) if id(symbol) in crowded else value
            for symbol, value in zip(symbols, found, strict=True)
        )
        strands.append(Strand(named.name, colour, found, side.axis))
    marks: list[Mark] = [*shown, *(stroke for w in whiskers.values() if w for stroke in w.strokes)]
    marks += _stems(shown, strokes)
    sure = 0.98 if len(shown) >= 3 else 0.8
    return Part("point", tuple(strands), tuple(marks), "vertical" if frame.upright else "horizontal", sure=sure)


def _crowded(symbols: Sequence[Symbol], least: float) -> set[int]:
    """Return the identities of symbols of a picture that lie over each other by `least` pixels: one hides where another ends.

    Those that lie apart share fewer than none.
    """
    sides = np.array([symbol.extent for symbol in symbols])
    across = np.minimum(sides[:, None, 2], sides[None, :, 2]) - np.maximum(sides[:, None, 0], sides[None, :, 0])
    down = np.minimum(sides[:, None, 3], sides[None, :, 3]) - np.maximum(sides[:, None, 1], sides[None, :, 1])
    over = (across > least) & (down > least)
    np.fill_diagonal(over, val=False)
    return {id(symbol) for symbol, covered in zip(symbols, over.any(1).tolist(), strict=True) if covered}


def _in_legend(symbol: Symbol, legend: Legend, scene: Scene) -> bool:
    """Return whether a symbol belongs to the legend; one that is drawn in a legend's place, but off its entries, is a point."""
    if legend.extent is None or not legend.extent.grown(1.0).holds(symbol.centre):
        return False
    level = [entry for entry in legend.entries if abs(entry.swatch.extent.middle[1] - symbol.centre[1]) < OF_ENTRY]
    return (
        scene.blur > 0
        or bool(legend.sizes)
        or not legend.entries
        or any(symbol.centre[0] < entry.label.extent.left for entry in level)
    )


def _series(shown: Sequence[Symbol], legend: Legend, *, blurred: bool) -> list[tuple[Named, str, list[Symbol]]]:
    """Return the series of symbols: name, colour, symbols in the order drawn; legend's order first.

    Symbols of one colour and different shapes are apart unless the legend gives both the same name.
    """
    looks: dict[tuple[str, str], list[Symbol]] = defaultdict(list)
    for symbol in shown:
        looks[_colour(symbol), symbol.shape].append(symbol)
    named = {look: name_of(Look(look[0], shape=look[1]), legend, blurred=blurred) for look in looks}
    joined: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
    plain = len(looks) > MOST_LOOKS and not any(name.name for name in named.values())
    by_shape = len({shape for _, shape in looks}) <= 6  # more outlines are glyphs or free shapes
    for look in looks:
        name = named[look].name
        joined[() if plain else (name,) if name else ("", look[0], look[1] if by_shape else "")].append(look)
    found = []
    for group in joined.values():
        symbols = sorted((symbol for look in group for symbol in looks[look]), key=lambda symbol: symbol.order)
        colours = {colour for colour, _ in group}
        first = named[group[0]]
        found.append((Named() if plain else first, "" if len(colours) > 1 else group[0][0], symbols))
    return sorted(found, key=lambda item: (item[0].rank, item[2][0].order))


def _colour(symbol: Symbol) -> str:
    """Return the colour that tells a symbol's series: its fill, unless that is grey or white inside a coloured outline."""
    if not symbol.fill or (is_grey(symbol.fill) and symbol.stroke and not is_grey(symbol.stroke)):
        return symbol.stroke or symbol.fill
    return symbol.fill


# Bubbles


def _sizes(shown: Sequence[Symbol], legend: Legend) -> Sizes | None:
    """Return what the areas of symbols tell, None where all of a look are equally large."""
    widths: dict[str, list[float]] = defaultdict(list)
    for symbol in shown:
        widths[symbol.shape].append(max(symbol.extent.width, symbol.extent.height))
    if not any(max(group) > VARIED * min(group) and len(group) > 2 for group in widths.values()):
        return None
    return _sizes_told(legend) or Sizes(1 / max(area_of(symbol) for symbol in shown))


def _sizes_told(legend: Legend) -> Sizes | None:
    """Return what areas tell by a legend of sizes: numbers that grow in proportion to the areas of its symbols."""
    if len(legend.sizes) < 2:
        return None
    areas = np.array([size.extent.width * size.extent.height for size in legend.sizes])
    values = np.array([size.value for size in legend.sizes])
    if np.ptp(areas) < (VARIED - 1) * areas.max() or np.ptp(values) == 0:
        return None
    slope, intercept = np.polyfit(values, areas, 1)
    if slope <= 0 or float(np.abs(slope * values + intercept - areas).max()) > OFF_SIZES * areas.max():
        return None
    return Sizes(float(1 / slope), float(-intercept / slope))


# Values


@dataclass(frozen=True, slots=True)
class _Reading:
    scene: Scene
    frame: Frame
    plot: Plot
    sizes: Sizes | None
    sure: float

    def value(self, symbol: Symbol, whisker: Whisker | None, second: bool) -> Value:  # noqa: FBT001
        """Return the value of a symbol, by the second value axis if it is measured there."""
        scale = self.plot.second if second and self.plot.second else self.frame.values
        u, v = turned(symbol.centre, upright=self.frame.upright)
        x, x_sure = self.frame.name_at(u)
        if self.frame.names.kind == "category" and x:
            x_sure = max(x_sure, 0.95)  # points of one category are spread around its tick on purpose
        ends = sorted(scale.value(end) for end in (whisker.low, whisker.high)) if whisker else [None, None]
        return Value(
            x=x,
            y=scale.value(v),
            extent=symbol.extent,
            error=scale.error(v, self.scene.blur) if self.scene.blur else None,
            end=v,
            low=ends[0],
            high=ends[1],
            size=self.sizes.of(symbol) if self.sizes else None,
            sure=round(self.sure * x_sure, 4),
        )


def _stems(shown: Sequence[Symbol], strokes: Sequence[Stroke]) -> list[Stroke]:
    """Return the straight strokes that end in the middle of a symbol: stems of lollipops, bars of dumbbells."""
    centres = {(round(s.centre[0]), round(s.centre[1])): s.centre for s in shown}
    found = []
    for stroke in strokes:
        extent = stroke.extent
        if len(stroke.places) != 2 or min(extent.width, extent.height) > STRAIGHT:
            continue
        for x, y in stroke.places:
            cells = ((round(x) + a, round(y) + b) for a in (-1, 0, 1) for b in (-1, 0, 1))
            if any(cell in centres and math.dist(centres[cell], (x, y)) <= STEM for cell in cells):
                found.append(stroke)
                break
    return found
