"""Pies and donuts in a chart's picture: circles whose inside is of several colours that straight borders from the middle part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.colours import GROUND, Layers
from docai.backends.classical.charts.scene import Label, Place, Sector
from docai.marks import Mask

LEAST: Final = 14.0  # pixels of a pie's radius at least; smaller ones are markers
ROUND: Final = 1.6  # pixels that a place on a pie's border is off its circle at most
AROUND: Final = (
    0.8  # of a pie's circle along which its border is seen; leader lines and pieces in the ground's colour hide the rest
)
HELD: Final = 0.55  # of what hangs together that lies within the circle: leader lines and labels that touch a pie are outside
SEPARATOR: Final = 5  # pixels that the white line between two sectors is wide at most
AGREEING: Final = 0.6  # of a direction's pixels that show one colour, where it is that of a sector; labels hide the rest
PURE: Final = 0.8  # of all directions that show one colour each
LEAST_ARC: Final = 1.5  # pixels that a sector measures on the outer circle at least
LINE: Final = 5  # pixels that a line through a disc is thick at most
HOLE: Final = 0.12  # of the outer radius: an inner one that is smaller is where separating lines meet
RIMS: Final = (0.3, 0.96)  # of the way from the inner to the outer radius, between which borders of sectors are measured
REACH: Final = 7.0  # pixels on both sides of a border that it is sought in
FINE: Final = 4  # directions for each pixel of the outer circle
ON_EDGE: Final = 1.5  # pixels off a sector's edge that the middle of a letter lies at most which a piece of the edge was taken for
HALF: Final = 0.4  # of the way to what is next to it, where a sector ends


@dataclass(frozen=True, slots=True)
class Ring:
    """Two circles around one middle, in pixels."""

    centre: Place
    inner: float
    outer: float


def find_sectors(layers: Layers, printed: Mask) -> list[Sector]:
    """Return the sectors of all pies of a picture; `printed`, (height, width), is 1 where text stands."""
    found: list[Sector] = []
    for ring in _rings(layers):
        found += _sectors(layers, ring, printed)
    return found


def fit_circle(places: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the circle nearest to places, (n, 2): the middle's place across and down, and the radius.

    Source: I. Kåsa, A circle fitting procedure and its error analysis, IEEE Trans. Instrum. Meas. 25 (1976).
    """
    middle = places.mean(0)
    off = places - middle
    sides = np.column_stack([2 * off, np.ones(len(off))])
    (across, down, rest), *_ = np.linalg.lstsq(sides, (off * off).sum(1), rcond=None)
    return float(middle[0] + across), float(middle[1] + down), math.sqrt(max(0.0, float(rest + across * across + down * down)))


def without_edges(labels: Sequence[Label], sectors: Sequence[Sector]) -> tuple[Label, ...]:
    """Return labels without the single letters that are pieces of sectors' edges; both in one frame."""
    return tuple(
        label for label in labels if len(label.text) > 1 or not any(_is_on_edge(label.extent.middle, sector) for sector in sectors)
    )


def _is_on_edge(place: Place, sector: Sector) -> bool:
    """Return whether a place lies on the arcs of a sector, or on the line where it begins; where it ends, another begins."""
    across, down = place[0] - sector.centre[0], place[1] - sector.centre[1]
    radius, turn = math.hypot(across, down), math.degrees(math.atan2(across, -down)) - sector.start
    if min(abs(radius - sector.outer), abs(radius - sector.inner)) <= ON_EDGE:
        return turn % 360 <= sector.sweep
    along = radius * math.cos(math.radians(turn))
    return sector.inner < along < sector.outer and abs(radius * math.sin(math.radians(turn))) <= ON_EDGE


# Circles


def _rings(layers: Layers) -> list[Ring]:
    """Return the circles that are filled by areas of colour."""
    solid = np.zeros(layers.labels.shape, np.uint8)
    for number in range(1, layers.count):
        if layers.areas[number] and number not in layers.plates:
            solid |= np.asarray(cv2.morphologyEx(layers.mask(number), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    joined = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (SEPARATOR + 2, SEPARATOR + 2)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    rings: list[Ring] = []
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[number])
        if min(width, height) < 1.7 * LEAST or area < 0.1 * width * height:
            continue
        part = np.pad(np.asarray(labels[top : top + height, left : left + width] == number, np.uint8), 1)
        ring = _ring(part, (left - 1, top - 1))
        if ring is not None:
            rings.append(_refined(layers, ring))
    return rings


def _ring(part: Mask, corner: tuple[int, int]) -> Ring | None:
    """Return the circles that bound a piece of a picture, None where it is not round."""
    contours, _ = cv2.findContours(part, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outer = max(contours, key=len)[:, 0].astype(np.float64) + 0.5
    circle = _robust(outer)
    if circle is None:
        return None
    across, down, radius = circle
    if radius < LEAST or not _is_around(outer, circle):
        return None
    y, x = np.nonzero(part)
    off = np.hypot(x + 0.5 - across, y + 0.5 - down)
    if float((off <= radius + ROUND).mean()) < HELD:
        return None
    inner = 0.0
    for contour in contours:
        hole = contour[:, 0].astype(np.float64) + 0.5
        if len(hole) < 12 or len(hole) == len(outer):
            continue
        fitted = _robust(hole)
        if fitted is None or fitted[2] < HOLE * radius or math.hypot(fitted[0] - across, fitted[1] - down) > 0.05 * radius + 1:
            continue
        if _is_around(hole, fitted):
            inner = max(inner, fitted[2] - 0.5)
    return Ring((across + corner[0], down + corner[1]), inner, radius + 0.5)


def _robust(places: NDArray[np.float64]) -> tuple[float, float, float] | None:
    """Return the circle through most of some places; those far off it are left out step by step."""
    kept = places
    for _ in range(8):
        if len(kept) < 12:
            return None
        across, down, radius = fit_circle(kept)
        off = np.abs(np.hypot(places[:, 0] - across, places[:, 1] - down) - radius)
        limit = max(ROUND, float(np.percentile(off, 60)))
        kept = places[off <= limit]
    return across, down, radius


def _is_around(places: NDArray[np.float64], circle: tuple[float, float, float]) -> bool:
    """Return whether places lie on a circle nearly all around."""
    across, down, radius = circle
    x, y = places[:, 0] - across, places[:, 1] - down
    on = np.abs(np.hypot(x, y) - radius) <= ROUND
    if not on.any():
        return False
    directions = ((np.degrees(np.arctan2(y[on], x[on])) % 360) / 5).astype(int)
    return len(np.unique(directions)) >= AROUND * 72


def _refined(layers: Layers, ring: Ring) -> Ring:
    """Return circles with the outer border found to parts of a pixel: halfway from a sector's colour to what is around it."""
    across, down = ring.centre
    angles = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    steps = np.arange(-4.0, 4.01, 0.25)
    radii = ring.outer + steps[:, None]
    pixels = _sampled(layers, across + radii * np.cos(angles), down + radii * np.sin(angles))
    start, end = pixels[0], pixels[-1]
    way = end - start
    length = (way * way).sum(-1)
    share = ((pixels - start) * way).sum(-1) / np.maximum(length, 1.0)
    monotone = (np.diff(share, axis=0) > -0.15).all(0) & (length > 40**2)
    if monotone.sum() < 60:
        return ring
    edge = ring.outer + steps[0] + 0.25 * (share[:, monotone] < 0.5).sum(0) - 0.125
    places = np.column_stack([across + edge * np.cos(angles[monotone]), down + edge * np.sin(angles[monotone])])
    for _ in range(3):
        x, y, radius = fit_circle(places)
        off = np.abs(np.hypot(places[:, 0] - x, places[:, 1] - y) - radius)
        places = places[off <= max(0.3, 2 * float(np.median(off)))]
    if math.hypot(x - across, y - down) > 2 or abs(radius - ring.outer) > 2:
        return ring
    return Ring((x, y), ring.inner, radius)


def _sampled(layers: Layers, across: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the colours at places of a picture, between pixels by their distances, (…, 3)."""
    sampled = cv2.remap(
        layers.pixels,
        (across - 0.5).astype(np.float32),
        (down - 0.5).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(sampled, np.float32)


# Sectors


def _sectors(layers: Layers, ring: Ring, printed: Mask) -> list[Sector]:
    """Return the sectors between two circles; none where it is a disc of one colour, or no pie."""
    seen = _directions(layers, ring, printed)
    known = seen >= 0
    if float(known.mean()) < PURE:
        return []
    runs = _without_lines(_runs(seen, LEAST_ARC * FINE), len(seen))
    if len(runs) < 2:
        return []
    total = len(seen)
    borders = []
    for (_, end, colour), (start, _, other) in pairwise([*runs, runs[0]]):
        gap = (start - end) % total
        rough = (end + gap / 2) % total
        borders.append(_border(layers, ring, 2 * math.pi * rough / total, (colour, other), gap / FINE))
    sectors = []
    for place, (_, _, colour) in enumerate(runs):
        first, last = borders[place - 1], borders[place]
        sweep = math.degrees(last - first) % 360
        sectors.append(
            Sector(ring.centre, ring.inner, ring.outer, math.degrees(first) % 360, sweep or 360.0, layers.name(colour), place)
        )
    return sectors


def _directions(layers: Layers, ring: Ring, printed: Mask) -> NDArray[np.int64]:
    """Return the colour that each direction from the middle shows, clockwise from the top; -1 where it shows none, or several."""
    count = max(360, round(2 * math.pi * ring.outer * FINE))
    angles = 2 * np.pi * (np.arange(count) + 0.5) / count
    radii = np.arange(ring.inner + 0.25 * (ring.outer - ring.inner), ring.outer - 1.5, 1.0)
    x = np.floor(ring.centre[0] + radii[:, None] * np.sin(angles)).astype(int)
    y = np.floor(ring.centre[1] - radii[:, None] * np.cos(angles)).astype(int)
    height, width = layers.labels.shape
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    labels = np.where(inside & layers.areas[np.maximum(layers.labels[y, x], 0)], layers.labels[y, x], -1).astype(np.int64)
    hidden = printed[y, x] > 0
    best, most = np.full(count, -1, np.int64), np.zeros(count, np.int64)
    usable = np.maximum((~hidden).sum(0), 0.3 * len(radii))
    for number in np.unique(labels[labels > GROUND]):
        times = ((labels == number) & ~hidden).sum(0)
        better = times > most
        best[better], most[better] = number, times[better]
    best[most < AGREEING * usable] = -1
    return best


def _runs(seen: NDArray[np.int64], least: float) -> list[tuple[int, int, int]]:
    """Return runs of equal colours around a circle: first direction, the one behind the last, colour."""
    total = len(seen)
    edges = np.flatnonzero(seen != np.roll(seen, 1))
    if not len(edges):
        return []
    runs: list[tuple[int, int, int]] = []
    for start, end in zip(edges, np.append(edges[1:], edges[0] + total), strict=True):
        colour = int(seen[start])
        if colour < 0 or end - start < least:
            continue
        if runs and runs[-1][2] == colour and not _parted(start - runs[-1][1], least):
            runs[-1] = (runs[-1][0], int(end), colour)
        else:
            runs.append((int(start), int(end), colour))
    if len(runs) > 1 and runs[0][2] == runs[-1][2] and not _parted(runs[0][0] + total - runs[-1][1], least):
        first = runs.pop()
        runs[0] = (first[0] - total, runs[0][1], runs[0][2])
    return runs


def _without_lines(runs: list[tuple[int, int, int]], total: int) -> list[tuple[int, int, int]]:
    """Return runs without those of a line through the middle: two narrow ones of one colour that lie opposite each other."""
    narrow = [run for run in runs if run[1] - run[0] <= LINE * FINE]
    lines = [
        run
        for run in narrow
        if any(
            other is not run
            and other[2] == run[2]
            and abs((sum(other[:2]) / 2 - sum(run[:2]) / 2) % total - total / 2) <= LINE * FINE
            for other in narrow
        )
    ]
    kept = [run for run in runs if run not in lines]
    return kept if len({colour for *_, colour in kept}) > 1 else []


def _parted(gap: int, least: float) -> bool:
    """Return whether two runs of one colour are two sectors: never, for what lies between two may as well be a label."""
    return gap > 40 * least


def _border(layers: Layers, ring: Ring, rough: float, colours: tuple[int, int], gap: float) -> float:
    """Return the direction of the border between two sectors, in radians clockwise from the top.

    On each circle around the middle it is halfway between where the first colour ends and the second begins; the directions found
    on all circles count by their radius, since a pixel makes less of an angle further out.
    """
    one, other = layers.palette[colours[0]], layers.palette[colours[1]]
    wide = ring.outer - ring.inner
    radii = np.arange(ring.inner + RIMS[0] * wide, ring.inner + RIMS[1] * wide, 0.5)
    reach = REACH + gap / 2
    steps = np.arange(-reach, reach + 0.01, 0.2)
    angles = rough + steps / radii[:, None]
    pixels = _sampled(layers, ring.centre[0] + radii[:, None] * np.sin(angles), ring.centre[1] - radii[:, None] * np.cos(angles))
    between = float(np.linalg.norm(one - other))
    off_one, off_other = np.linalg.norm(pixels - one, axis=-1), np.linalg.norm(pixels - other, axis=-1)
    limits = [max(10.0, HALF * min(between, float(np.linalg.norm(colour - layers.palette[GROUND])))) for colour in (one, other)]
    first, second = off_one < min(limits[0], 0.5 * between), off_other < min(limits[1], 0.5 * between)
    ends = len(steps) - 1 - first[:, ::-1].argmax(1)
    starts = second.argmax(1)
    useful = first.any(1) & second.any(1) & (starts >= ends) & ((starts - ends) * 0.2 < gap + SEPARATOR)
    if useful.sum() < 4:
        return rough
    found = angles[np.arange(len(radii)), ends] * 0.5 + angles[np.arange(len(radii)), starts] * 0.5
    found, weights = found[useful], radii[useful] ** 2
    middle = float(np.median(found))
    near = np.abs(found - middle) <= 3 * max(float(np.median(np.abs(found - middle))), 0.002)
    return float((found[near] * weights[near]).sum() / weights[near].sum())
