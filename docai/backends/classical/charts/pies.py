"""Pies and donuts: sectors around one centre whose angles show shares of a whole."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from docai.backends.classical.charts.furniture import alike
from docai.backends.classical.charts.legends import Legend
from docai.backends.classical.charts.names import NUMBER, Look, Named, name_of
from docai.backends.classical.charts.parts import Mark, Part, Strand, Value
from docai.backends.classical.charts.scene import Extent, Label, Place, Scene, Sector, Stroke, around
from docai.numbers import read_columns

ROUND: Final = 360.0  # degrees
HALF: Final = 180.0
WHOLE: Final = 1.0  # degrees that sectors may add up to less or more than a whole
PADDED: Final = 12.0  # degrees at most of each gap that some producers leave between all sectors
SAME_RING: Final = 0.03  # of the outer radius that radii of one ring differ by at most
PULLED: Final = 0.35  # of the radius that a sector may be pulled out by
OUTSIDE: Final = 1.7  # times the radius from the centre at which a label of a sector stands at most
PRINTED: Final = 1.0  # percent of the whole that a printed share may differ from its sector by; halves round up
SHARE: Final = re.compile(r"[\s(:,;–-]*[-+]?\d[\d.,]*\s*%[\s)]*")
TRAILING: Final = re.compile(r"(?<=\S)[\s:,;(–-]+\d[\d.,]*[\s)]*$")


@dataclass(frozen=True, slots=True)
class Pie:
    """A pie: its rings from the innermost to the outermost, each with its sectors in clockwise order."""

    rings: tuple[tuple[Sector, ...], ...]
    whole: float

    @property
    def extent(self) -> Extent:
        """Where it lies."""
        found = [extent_of(sector) for ring in self.rings for sector in ring]
        return Extent(
            min(e.left for e in found), min(e.top for e in found), max(e.right for e in found), max(e.bottom for e in found)
        )


def find_pies(scene: Scene) -> list[Pie]:
    """Return the pies of a scene, from the top left: rings of two and more sectors that add up to a whole, or to half a one.

    Sectors of different radii around one centre that are no whole rings (rose charts) are none; nor is a single disc.
    """
    pies = []
    for group in _around_one_centre(scene.sectors):
        rings = [ring for ring in _rings(group) if _whole(ring)]
        wholes = {_whole(ring) for ring in rings}
        if rings and len(wholes) == 1:
            pies.append(Pie(tuple(rings), wholes.pop()))
    return sorted(pies, key=lambda pie: (round(pie.extent.top / max(pie.extent.height, 1.0)), pie.extent.left))


def read_pies(scene: Scene, legend: Legend) -> list[Part]:
    """Return the data of each pie in a scene: a series for each ring, values in percent of it, or as they are printed."""
    labels = [label for label in scene.labels if not any(label is other for other in legend.used)]
    pies = find_pies(scene)
    return [_part(pie, _near(pie, pies, labels), scene, legend) for pie in pies]


# Which sectors belong together


def _around_one_centre(sectors: Sequence[Sector]) -> list[list[Sector]]:
    groups: list[list[Sector]] = []
    for sector in sectors:
        if sector.sweep <= 0 or sector.outer <= 0:
            continue
        for group in groups:
            first = group[0]
            if math.dist(first.centre, sector.centre) <= PULLED * min(max(s.outer for s in group), 2 * sector.outer):
                group.append(sector)
                break
        else:
            groups.append([sector])
    return groups


def _rings(sectors: Sequence[Sector]) -> list[tuple[Sector, ...]]:
    """Return sectors of the same two radii together, from the innermost, each ring in clockwise order."""
    rings: list[list[Sector]] = []
    for sector in sorted(sectors, key=lambda s: s.outer):
        for ring in rings:
            near = SAME_RING * ring[0].outer
            if abs(ring[0].outer - sector.outer) <= near and abs(ring[0].inner - sector.inner) <= near:
                ring.append(sector)
                break
        else:
            rings.append([sector])
    return [_clockwise(ring) for ring in rings]


def _clockwise(ring: Sequence[Sector]) -> tuple[Sector, ...]:
    """Return sectors in clockwise order: from the one at the top, else from the one behind the widest gap."""
    ordered = sorted(ring, key=lambda s: s.start % ROUND)
    gaps = [(after.start - before.start - before.sweep) % ROUND for before, after in pairwise([*ordered, ordered[0]])]
    gaps = [0.0 if gap > ROUND - WHOLE else gap for gap in gaps]
    widest = max(range(len(gaps)), key=lambda n: gaps[n])
    if gaps[widest] > PADDED:
        ordered = ordered[widest + 1 :] + ordered[: widest + 1]
    return tuple(ordered)


def _whole(ring: Sequence[Sector]) -> float:
    """Return what the sectors of a ring add up to if that is a whole or half a one, gaps between them included; else 0."""
    if len(ring) < 2 or any(sector.sweep >= ROUND - WHOLE for sector in ring):
        return 0.0
    total = sum(sector.sweep for sector in ring)
    for whole, gaps in ((ROUND, len(ring)), (HALF, len(ring) - 1)):
        if abs(total - whole) <= WHOLE and not _overlap(ring):
            return whole
        between = [(after.start - before.start - before.sweep) % ROUND for before, after in pairwise([*ring, ring[0]])][:gaps]
        even = between and max(between) <= PADDED and max(between) - min(between) <= WHOLE
        if even and abs(total + sum(between) - whole) <= WHOLE:
            return whole
    return 0.0


def _overlap(ring: Sequence[Sector]) -> bool:
    return any(
        (before.start + before.sweep - after.start) % ROUND > WHOLE < before.sweep - WHOLE
        and (after.start - before.start) % ROUND < before.sweep - WHOLE
        for before, after in pairwise(ring)
    )


def extent_of(sector: Sector) -> Extent:
    """Return where a sector lies."""
    turns = [sector.start, sector.start + sector.sweep]
    turns += [quarter for quarter in range(0, 721, 90) if sector.start < quarter < sector.start + sector.sweep]
    places = [place_at(sector, turn, radius) for turn in turns for radius in (sector.inner, sector.outer)]
    return around(places)


def place_at(sector: Sector, turn: float, radius: float) -> Place:
    """Return the place at an angle (clockwise from the top, degrees) and radius from a sector's centre."""
    angle = math.radians(turn)
    return sector.centre[0] + radius * math.sin(angle), sector.centre[1] - radius * math.cos(angle)


# Labels


@dataclass(frozen=True, slots=True)
class _Told:
    """What labels say of a sector: its name, and its value with the label that prints it."""

    name: str = ""
    sure: float = 1.0
    printed: Label | None = None
    number: str = ""


def _near(pie: Pie, pies: Sequence[Pie], labels: Sequence[Label]) -> list[Label]:
    """Return the labels in and around a pie that stand nearer to it than to any other."""

    def far(other: Pie, label: Label) -> float:
        extent = other.extent
        return math.dist(extent.middle, label.extent.middle) / max(extent.width, 1.0)

    return [label for label in labels if min(pies, key=lambda other: far(other, label)) is pie]


def _labels_of(ring: Sequence[Sector], labels: Sequence[Label], strokes: Sequence[Stroke]) -> list[list[Label]]:
    """Return the labels of each sector: those inside, at the end of its leader line, or outside at its angle."""
    found: list[list[Label]] = [[] for _ in ring]
    for label in labels:
        number = _sector_of(ring, label, strokes)
        if number is not None:
            found[number].append(label)
    return found


def _sector_of(ring: Sequence[Sector], label: Label, strokes: Sequence[Stroke]) -> int | None:
    middle = label.extent.middle
    for number, sector in enumerate(ring):
        turn, radius = _polar(sector.centre, middle)
        if sector.inner <= radius <= sector.outer and (turn - sector.start) % ROUND <= sector.sweep:
            return number
    led = _led(ring, label, strokes)
    if led is not None:
        return led
    nearest = _nearest_place(label.extent, ring[0].centre)
    turn, radius = _polar(ring[0].centre, middle)
    _, near = _polar(ring[0].centre, nearest)
    if radius < ring[0].outer * 0.9 or near > ring[0].outer * OUTSIDE:
        return None
    facing = [n for n, sector in enumerate(ring) if (turn - sector.start) % ROUND <= sector.sweep]
    return facing[0] if facing else None


def _polar(centre: Place, place: Place) -> tuple[float, float]:
    """Return the angle of a place (clockwise from the top, degrees, 0..360) and its distance from a centre."""
    x, y = place[0] - centre[0], place[1] - centre[1]
    return math.degrees(math.atan2(x, -y)) % ROUND, math.hypot(x, y)


def _nearest_place(extent: Extent, place: Place) -> Place:
    return min(max(place[0], extent.left), extent.right), min(max(place[1], extent.top), extent.bottom)


def _led(ring: Sequence[Sector], label: Label, strokes: Sequence[Stroke]) -> int | None:
    """Return the sector from which a leader line runs to a label."""
    frame = label.extent.grown(0.8 * label.size)
    for stroke in strokes:
        for end, other in ((stroke.places[0], stroke.places[-1]), (stroke.places[-1], stroke.places[0])):
            if not frame.holds(end):
                continue
            for number, sector in enumerate(ring):
                turn, radius = _polar(sector.centre, other)
                if sector.inner <= radius <= 1.12 * sector.outer and (turn - sector.start) % ROUND <= sector.sweep:
                    return number
    return None


def _told(labels: Sequence[Label], named: Named) -> _Told:
    """Return what the labels of a sector say; a name of the legend counts more than one beside the sector."""
    names, numbers = [], []
    for label in sorted(labels, key=lambda label: (round(label.extent.top), label.extent.left)):
        text = label.text.strip()
        if NUMBER.match(text):
            numbers.append((label, text))
            continue
        share = SHARE.search(text)
        trailing = TRAILING.search(text)
        cut = share or trailing
        if cut:
            numbers.append((label, cut.group().strip(" \t(),:;–-")))
            text = (text[: cut.start()] + " " + text[cut.end() :]).strip(" \t,:;–-(")
        if text:
            names.append(text)
    percent = [pair for pair in numbers if "%" in pair[1]]
    printed, number = next(iter(percent or numbers), (None, ""))
    name = named.name or " ".join(names)
    sure = named.sure if named.name else 0.93 if name else 0.5
    return _Told(name, sure, printed, number)


# Values


def _part(pie: Pie, labels: Sequence[Label], scene: Scene, legend: Legend) -> Part:
    marks: list[Mark] = [sector for ring in pie.rings for sector in ring]
    strands = []
    for ring in pie.rings:
        told = [
            _told(found, _named(sector, ring, legend, blurred=scene.blur > 0))
            for sector, found in zip(ring, _labels_of(ring, labels, scene.strokes), strict=True)
        ]
        strands.append(Strand("", "", _values(ring, told, pie, scene)))
    extent = pie.extent.grown(0.2 * pie.extent.width)
    marks += [s for s in scene.strokes if extent.holds(s.places[0]) and extent.holds(s.places[-1])]
    return Part("pie", tuple(_in_legends_order(strand, legend) for strand in strands), tuple(marks), sure=0.97)


def _named(sector: Sector, ring: Sequence[Sector], legend: Legend, *, blurred: bool) -> Named:
    """Return the legend's name of a sector; of colours that come twice, the entry at the sector's place if both are as many."""
    twice = Counter(other.fill for other in ring)[sector.fill] > 1
    if not twice:
        return name_of(Look(sector.fill), legend, blurred=blurred)
    if len(legend.entries) == len(ring):
        number = next(n for n, other in enumerate(ring) if other is sector)
        entry = legend.entries[number]
        if alike(entry.colour, sector.fill):
            return Named(entry.name, number, 0.8)
    return Named(sure=0.7)


def _values(ring: Sequence[Sector], told: Sequence[_Told], pie: Pie, scene: Scene) -> tuple[Value, ...]:
    total = sum(sector.sweep for sector in ring)
    shares = [100 * sector.sweep / total for sector in ring]
    printed = _printed(shares, [one.number for one in told])
    padded = 1.0 if abs(total - pie.whole) <= WHOLE else 0.95
    values = []
    for sector, share, one, number in zip(ring, shares, told, printed, strict=True):
        error = 100 * math.degrees(2 * scene.blur / sector.outer) / pie.whole if scene.blur else None
        values.append(
            Value(
                x=one.name,
                y=share if number is None else number,
                extent=extent_of(sector),
                error=None if number is not None else error,
                printed=one.printed if number is not None else None,
                sure=round(one.sure * padded, 4),
            )
        )
    return tuple(values)


def _printed(shares: Sequence[float], texts: Sequence[str]) -> list[float | None]:
    """Return the printed numbers that agree with their sectors: percentages, or amounts if all sectors have one in proportion."""
    nothing: list[float | None] = [None] * len(shares)
    read = read_columns([[text.rstrip("% ") for text in texts]])[0]
    numbers = [float(number.value) if number is not None else None for number in read]
    agreeing = [
        number if number is not None and abs(number - share) <= PRINTED else None
        for number, share in zip(numbers, shares, strict=True)
    ]
    if any("%" in text for text in texts):
        return agreeing
    told = [number for number in numbers if number is not None]
    if len(told) < len(shares) or sum(told) <= 0:
        return agreeing if all(number is not None for number in agreeing) else nothing
    total = sum(told)
    if all(abs(100 * number / total - share) <= PRINTED for number, share in zip(told, shares, strict=True)):
        return list(numbers)
    return nothing


def _in_legends_order(strand: Strand, legend: Legend) -> Strand:
    names = {entry.name: number for number, entry in enumerate(legend.entries)}
    if not names:
        return strand
    return replace(strand, values=tuple(sorted(strand.values, key=lambda value: names.get(str(value.x), len(names)))))
