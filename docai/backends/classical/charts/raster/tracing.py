"""Lines in a chart's picture: of each colour that is one of lines, through bends, crossings, dashes and what lies over them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.arrays import bounds, components, within
from docai.backends.classical.charts.raster.bends import simplified, squared
from docai.backends.classical.charts.raster.colours import GROUND, Layers
from docai.backends.classical.charts.raster.covers import Inks
from docai.backends.classical.charts.raster.threads import SHOWN, SPUR, Cover, Run, find_threads, places_of
from docai.backends.classical.charts.scene import Place, Stroke, Symbol
from docai.marks import Mask

LEAST_WIDE: Final = 6  # pixels that a line runs to the side at least; less is print
GREY: Final = 40.0  # of 255 that the parts of a colour differ by, below which it may be that of print, axes and grids
THICKEST: Final = 9.0  # pixels; what is thicker is an area
PRINTED: Final = 0.6  # of a piece's pixels that lie on print, axes and grid, where it is part of them
LEVEL: Final = 1.0  # rows that a level line rises at most
LEVEL_SHARE: Final = 0.75  # of a grey line that is level, where it is one of a grid: markers and crossings make it look bent
SMOOTH: Final = 0.6  # pixels that a vertex stands off the chord at least: half a pixel is the blur of an edge
LEAST_RUNS: Final = 3  # columns in which a line is seen at least
LEAST_SEEN: Final = 0.2  # of a line's columns in which it is seen at least
MOST_MARKED: Final = 0.75  # of a line that lies within symbols of its colour; more is symbols only
LEAST_POINTS: Final = 3  # symbols of a colour that may be one of points
LEAST_LONG: Final = 4.0  # times as wide as its largest symbol that a piece of a line is somewhere
MOSTLY_POINTS: Final = (
    0.6  # of a colour's ink that its symbols cover at least, where it has no lines; dashes have more of their own
)
SPECK: Final = 4  # columns that a speck is wide at most; times its width that it is at least away from a line
FAR_OFF: Final = 10  # columns that it is away in any case
COVERED: Final = 0.75  # of a marker's size around its middle that it covers of its line
LARGEST: Final = 24.0  # pixels that a marker is wide at most
ON_MARKER: Final = 0.3  # of a marker's size that a line passes its middle by at most


def find_traces(inks: Inks, printed: Mask, ruled: Mask, symbols: Sequence[Symbol] = ()) -> list[Stroke]:
    """Return the lines of a picture that run to the right, in its pixels, each with a place at each of its bends.

    `printed` is 1 where text stands, `ruled` where axes and grids run, (height, width) each. A line has its markers, of those in
    `symbols`, as vertices.
    """
    found: list[Stroke] = []
    layers = inks.layers
    ground = layers.labels == GROUND
    for plate in layers.plates:
        ground |= layers.labels == plate
    bare = np.asarray(ground & (printed == 0), np.uint8)
    for number in inks.colours:
        cover = inks.cover(number)
        cover[_on_print(layers, number, cover, printed, ruled)] = 0
        thickness = _thickness(cover)
        if not cover.any() or thickness > THICKEST:
            continue
        own = [symbol for symbol in symbols if layers.name(number) in (symbol.fill, symbol.stroke)]
        if _are_points(cover, own):
            continue
        spur = max([SPUR, *(0.6 * symbol.extent.width for symbol in own if symbol.extent.width < LARGEST)])
        for symbol in own:
            if symbol.stroke:  # a line goes through what is hollow
                centre = tuple(round(16 * (part - 0.5)) for part in symbol.centre)
                cv2.circle(
                    cover, centre, round(16 * (min(symbol.extent.width, symbol.extent.height) / 2 - 0.5)), 1.0, cv2.FILLED, shift=4
                )
        for runs in find_threads(cover, thickness, bare, spur):
            places = _places(runs, thickness, own)
            if _is_rest_of_grid(layers, number, places):
                continue
            if places and places[-1][0] - places[0][0] >= LEAST_WIDE:
                found.append(Stroke(tuple(places), layers.name(number), thickness=thickness, order=number))
    return found


def _are_points(cover: Cover, symbols: Sequence[Symbol]) -> bool:
    """Return whether a colour is that of points, and of what overlaps have left of them: none runs far, most is symbols."""
    if len(symbols) < LEAST_POINTS:
        return False
    shown = np.asarray(cover > SHOWN, np.uint8)
    widest = max(max(symbol.extent.width, symbol.extent.height) for symbol in symbols)
    count, _, stats = components(shown, 8)
    if count > 1 and int(stats[1:, cv2.CC_STAT_WIDTH].max()) > LEAST_LONG * widest:
        return False
    inside = np.zeros(shown.shape, np.uint8)
    for symbol in symbols:
        left, top, right, bottom = symbol.extent.grown(1.0)
        inside[max(0, int(top)) : math.ceil(bottom), max(0, int(left)) : math.ceil(right)] = 1
    return float((shown & inside).sum()) > MOSTLY_POINTS * float(shown.sum())


def _is_rest_of_grid(layers: Layers, number: int, places: Sequence[Place]) -> bool:
    """Return whether a line is what is left of a grey axis or grid line, such as a dashed one: level nearly all along."""
    if float(np.ptp(layers.palette[number])) >= GREY or len(places) < 2:
        return False
    line = np.array(places)
    wide = np.diff(line[:, 0])
    row = float(np.median(np.repeat((line[1:, 1] + line[:-1, 1]) / 2, np.maximum(1, wide.astype(int)))))
    level = (np.abs(line[1:, 1] - row) < LEVEL) & (np.abs(line[:-1, 1] - row) < LEVEL)
    return float(wide[level].sum()) > LEVEL_SHARE * float(wide.sum())


def _on_print(layers: Layers, number: int, cover: Cover, printed: Mask, ruled: Mask) -> NDArray[np.bool_]:
    """Return which pixels of a colour are those of print, axes and grids: what hangs together and lies mostly on them."""
    grey = float(np.ptp(layers.palette[number])) < GREY
    shown = np.asarray(cover > SHOWN, np.uint8)
    hidden = np.zeros(shown.shape, np.bool_)
    if grey:
        hidden |= cv2.dilate(ruled, np.ones((3, 3), np.uint8)) > 0
        shown[hidden] = 0
    count, pieces, stats = components(shown, 8)
    drop = np.bincount(pieces[printed > 0], minlength=count) > PRINTED * stats[:, cv2.CC_STAT_AREA]
    drop[0] = False
    hidden |= drop[pieces]
    return hidden


def _thickness(cover: Cover) -> float:
    """Return how thick the lines of a colour are: the ink across them, usual where they are flattest."""
    shown = (cover > SHOWN).astype(np.uint8)
    if not shown.any():
        return 0.0
    shown = shown[within(bounds(shown))]
    distance = cv2.distanceTransform(np.pad(shown, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    ridge = (distance > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8)) - 1e-3)
    heights = cover.sum(0)[cover.max(0) > SHOWN]
    flat = float(np.percentile(heights, 20))
    return max(0.7, min(flat, 2 * float(np.median(distance[ridge]))))


def _places(runs: Sequence[Run], thickness: float, symbols: Sequence[Symbol]) -> list[Place]:
    """Return the bends of a line, in order; the middles of its markers where it has any."""
    runs = _without_specks(_without_specks(runs)[::-1])[::-1]
    dense = places_of(runs, thickness)
    if sum(any(symbol.extent.holds(place, 1.0) for symbol in symbols) for place in dense) > MOST_MARKED * len(dense):
        return []
    first, last = dense[0][0], dense[-1][0]
    if len(runs) < max(LEAST_RUNS, LEAST_SEEN * (last - first)):
        return []
    return squared(simplified(dense, SMOOTH)) or _through(dense, symbols)


def _without_specks(runs: Sequence[Run]) -> Sequence[Run]:
    """Return a line without a speck before it that is far off for its size: dashes and dots stand closer."""
    for place, (run, following) in enumerate(pairwise(runs[: SPECK + 1]), 1):
        if abs(following.column - run.column) > max(FAR_OFF, SPECK * place):
            return runs[place:]
    return runs


def _through(dense: Sequence[Place], symbols: Sequence[Symbol]) -> list[Place]:
    """Return the bends of a line; the middles of its markers are some, and what the markers cover tells of no others."""
    line = np.array(dense)
    rest = np.ones(len(line), np.bool_)
    stops: list[tuple[int, Place]] = []
    for symbol in symbols:
        size = min(symbol.extent.width, symbol.extent.height)
        off = np.hypot(line[:, 0] - symbol.centre[0], line[:, 1] - symbol.centre[1])
        nearest = int(off.argmin())
        if off[nearest] > ON_MARKER * size + 0.5:
            continue
        rest &= off > COVERED * size
        stops.append((nearest, symbol.centre))
    if not stops:
        return simplified(dense, SMOOTH)
    stops.sort()
    places: list[Place] = []
    start, before = 0, None
    for index, centre in [*stops, (len(line), None)]:
        part: list[Place] = [dense[place] for place in range(start, index) if rest[place]]
        way = [*([before] if before else []), *part, *([centre] if centre else [])]
        bends = simplified(way, SMOOTH)
        places += bends[1:] if before and places else bends
        if centre:
            places[-1] = centre
        start, before = index, centre
    return places
