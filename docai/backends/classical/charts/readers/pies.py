"""Pies and donuts: sectors around one centre whose angles show shares of a whole."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from docai.backends.classical.charts.axes.readings import read_numbers
from docai.backends.classical.charts.legends import Legend
from docai.backends.classical.charts.parts import Mark, Part, Strand, Value
from docai.backends.classical.charts.readers.furniture import alike
from docai.backends.classical.charts.readers.names import NUMBER, Look, Named, name_of
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
COARSE: Final = 0.005  # of a share that half a unit of its last printed digit may be; coarser, its angle is the better one
AS_PRINTED: Final = 0.05  # percent of the whole that sectors are off at most which are drawn by the rounded shares themselves
MOST_ODD: Final = 0.4  # of the percentages at sectors that may contradict them; more are percentages of something else
CONTRADICTED: Final = 0.4  # sure at most is a value that its label contradicts
FINEST: Final = 0.01  # points; drawings are stored to a hundredth or a thousandth of a point
LOOK: Final = "look at them before they are used"
LINES_EMS: Final = 0.7  # between the lines of one label, at most
BESIDE: Final = 0.93  # sure is a name that stands beside its sector
UNNAMED: Final = 0.5  # sure is a value without a name
PARTLY: Final = 0.6  # as sure is a name beside a sector where others have none: it may be no name of a sector
LARGER: Final = 1.15  # times the usual size of a pie's other labels that text above it is at least which is its title
EDGES: Final = " \t,:;–-()"  # what is left at the ends of a name without its number
SHARE: Final = re.compile(r"[\s(:,;–-]*[-+]?\d[\d.,]*\s*%[\s)]*")
TRAILING: Final = re.compile(r"(?<=\S)[\s:,;(–-]+\d[\d.,]*[\s)]*$")
AFTER_YEAR: Final = re.compile(r"(?<=^(?:19|20)\d\d)[\s:,;(–-]+[-+]?[$€£¥₩]?\d[\d.,\s]*\)?$")


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
class _Piece:
    """A part of a label: a number that may be a value, with the text that is left without it."""

    label: Label
    number: str
    rest: str


@dataclass(frozen=True, slots=True)
class _Told:
    """What labels say of a sector: its name, how sure that is, its value with the label that prints it, or one that is `odd`."""

    name: str = ""
    sure: float = 1.0
    printed: Label | None = None
    value: float | None = None
    odd: Label | None = None


def _near(pie: Pie, pies: Sequence[Pie], labels: Sequence[Label]) -> list[Label]:
    """Return the labels in and around a pie that stand nearer to it than to any other."""

    def far(other: Pie, label: Label) -> float:
        extent = other.extent
        return math.dist(extent.middle, label.extent.middle) / max(extent.width, 1.0)

    return _without_title(pie, [label for label in labels if min(pies, key=lambda other: far(other, label)) is pie])


def _without_title(pie: Pie, labels: Sequence[Label]) -> list[Label]:
    """Return the labels of a pie without those above it that are larger than the others: its title names no sector."""
    top = pie.extent.top
    sizes = sorted(label.size for label in labels if label.extent.bottom > top)
    if not sizes:
        return list(labels)
    usual = sizes[len(sizes) // 2]
    return [label for label in labels if label.extent.bottom > top or label.size < LARGER * usual]


def _labels_of(ring: Sequence[Sector], labels: Sequence[Label], strokes: Sequence[Stroke]) -> list[list[Label]]:
    """Return the labels of each sector: those inside, at the end of its leader line, or outside at its angle."""
    found: list[list[Label]] = [[] for _ in ring]
    for label in labels:
        number = _sector_of(ring, label, strokes)
        if number is not None:
            found[number].append(label)
    for number, own in enumerate(found):
        if not own:
            found[number] = _taken_from_others(ring, number, found)
    return found


def _taken_from_others(ring: Sequence[Sector], number: int, found: list[list[Label]]) -> list[Label]:
    """Return the label of a sector without one, which stands by its nearest corner, as of narrow sectors; taken from another's."""
    sector = ring[number]
    for other in (number - 1, (number + 1) % len(ring)):
        for label in found[other] if len(found[other]) > 1 else []:
            corner = _nearest_place(label.extent, sector.centre)
            turn, radius = _polar(sector.centre, corner)
            if sector.outer < radius < OUTSIDE * sector.outer and (turn - sector.start) % ROUND <= sector.sweep:
                found[other].remove(label)
                return [label]
    return []


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


def _pieces(labels: Sequence[Label]) -> list[_Piece]:
    """Return the parts of a sector's labels that may print its value: percentages, numbers by themselves, numbers behind names."""
    found = []
    for label in labels:
        text = label.text.strip()
        after_year = AFTER_YEAR.search(text)
        cut = SHARE.search(text) or after_year or (None if NUMBER.match(text) else TRAILING.search(text))
        if NUMBER.match(text) and not after_year:
            found.append(_Piece(label, text, ""))
        elif cut:
            rest = (text[: cut.start()] + " " + text[cut.end() :]).strip(EDGES)
            found.append(_Piece(label, cut.group().strip(EDGES), rest))
    return found


def _told(ring: Sequence[Sector], found: Sequence[Sequence[Label]], named: Sequence[Named]) -> list[_Told]:
    """Return what labels say of each sector of a ring; a name of the legend counts more than one beside the sector."""
    pieces = [_pieces(labels) for labels in found]
    chosen = _printed([100 * s.sweep / sum(t.sweep for t in ring) for s in ring], pieces)
    told = []
    for sector, labels, name, value, odd in zip(ring, found, named, chosen, _contradicting(pieces, chosen), strict=True):
        piece, number = value or (None, None)
        texts = []
        for label in _beside(sector, [label for label in labels if piece is None or label is not piece.label or piece.rest]):
            is_value = piece is not None and label is piece.label
            texts.append(piece.rest if is_value and piece is not None else SHARE.sub(" ", label.text).strip(EDGES))
        text = name.name or " ".join(text for text in texts if text)
        sure = name.sure if name.name else BESIDE if text else UNNAMED
        told.append(_Told(text, sure, piece.label if piece else None, number, odd))
    if any(not one.name for one in told):
        return [replace(one, sure=PARTLY * one.sure) if one.sure == BESIDE else one for one in told]
    return told


def _beside(sector: Sector, labels: Sequence[Label]) -> list[Label]:
    """Return the lines of the label that stands nearest to the middle of a sector's arc, from the top."""
    if not labels:
        return []
    tip = place_at(sector, sector.start + sector.sweep / 2, sector.outer)
    nearest = min(labels, key=lambda label: math.dist(_nearest_place(label.extent, tip), tip))
    lines, extent = [nearest], nearest.extent
    for label in sorted(labels, key=lambda label: abs(label.extent.middle[1] - nearest.extent.middle[1])):
        grown = extent.grown(LINES_EMS * nearest.size)
        alike_set = abs(label.size - nearest.size) <= 0.1 * nearest.size and label.bold == nearest.bold
        if label is not nearest and alike_set and grown.shared(label.extent) > 0:
            lines.append(label)
            extent = around([*_corners(extent), *_corners(label.extent)])
    return sorted(lines, key=lambda label: (round(label.extent.top), label.extent.left))


def _corners(extent: Extent) -> list[Place]:
    return [(extent.left, extent.top), (extent.right, extent.bottom)]


def _printed(shares: Sequence[float], pieces: Sequence[Sequence[_Piece]]) -> list[tuple[_Piece, float] | None]:
    """Return the printed value of each sector, with its piece: a percentage, or else an amount if all are in proportion.

    A number that contradicts its sector is none: a year that names it, or a fault of the chart.
    """
    percent = [[piece for piece in group if "%" in piece.number] for group in pieces]
    if any(percent):
        found: list[tuple[_Piece, float] | None] = []
        for share, group in zip(shares, percent, strict=True):
            read = [(piece, number) for piece, number in zip(group, _numbers(group), strict=True) if number is not None]
            found.append(next(((piece, number) for piece, number in read if abs(number - share) <= PRINTED), None))
        return found
    for choice in (0, -1):  # a year may stand before its amount, or behind it
        group = [group[choice] for group in pieces if group]
        numbers = _numbers(group)
        told = [number for number in numbers if number is not None]
        if len(told) < len(shares) or len(told) < 2 or sum(told) <= 0:
            continue
        total = sum(told)
        if all(abs(100 * number / total - share) <= PRINTED for number, share in zip(told, shares, strict=True)):
            return list(zip(group, told, strict=True))
    return [None] * len(shares)


def _contradicting(pieces: Sequence[Sequence[_Piece]], chosen: Sequence[tuple[_Piece, float] | None]) -> list[Label | None]:
    """Return for each sector the label that prints a percentage which is not its own, where those of most others are theirs."""
    percent = [next((piece.label for piece in group if "%" in piece.number), None) for group in pieces]
    odd = [label if value is None else None for label, value in zip(percent, chosen, strict=True)]
    told = sum(label is not None for label in percent)
    return odd if sum(label is not None for label in odd) <= MOST_ODD * told else [None] * len(pieces)


def _numbers(pieces: Sequence[_Piece]) -> list[float | None]:
    texts = [piece.number.rstrip("% ") for piece in pieces]
    read = read_columns([texts])[0] if pieces else []
    if texts and all(number is None for number in read):  # "413,000" alone may be either: thousands are likelier in a pie
        return list(next((numbers.values for numbers in read_numbers(texts)), (None,) * len(texts)))
    return [float(number.value) if number is not None else None for number in read]


# Values


def _part(pie: Pie, labels: Sequence[Label], scene: Scene, legend: Legend) -> Part:
    marks: list[Mark] = [sector for ring in pie.rings for sector in ring]
    strands, odd = [], []
    for ring in pie.rings:
        named = [_named(sector, ring, legend, blurred=scene.blur > 0) for sector in ring]
        told = _told(ring, _labels_of(ring, labels, scene.strokes), named)
        strands.append(Strand("", "", _values(ring, told, pie, scene)))
        odd += [one.odd.text for one in told if one.odd is not None]
    extent = pie.extent.grown(0.2 * pie.extent.width)
    marks += [s for s in scene.strokes if extent.holds(s.places[0]) and extent.holds(s.places[-1])]
    message = f"these printed values do not agree with the angles of their sectors: {', '.join(odd[:10])}; {LOOK}"
    faults = (("chart_label_contradicts", message),) if odd else ()
    return Part("pie", tuple(_in_legends_order(strand, legend) for strand in strands), tuple(marks), sure=0.97, faults=faults)


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
    padded = 1.0 if abs(total - pie.whole) <= WHOLE else 0.95
    values = []
    off = [abs(share - one.value) for share, one in zip(shares, told, strict=True) if one.value is not None]
    unrounded = not scene.blur and max(off, default=0.0) > AS_PRINTED
    for sector, share, found in zip(ring, shares, told, strict=True):
        rough = unrounded and found.value is not None and found.printed is not None and _is_coarse(found.value, found.printed)
        one = replace(found, value=None, printed=None) if rough else found  # the angle tells the share that was rounded
        error = 100 * math.degrees(2 * scene.blur / sector.outer) / pie.whole if scene.blur else None
        fine = 100 * math.degrees((scene.blur / 10 or FINEST) / sector.outer) / pie.whole
        values.append(
            Value(
                x=one.name,
                y=round(share, -math.floor(math.log10(fine))) if one.value is None else one.value,
                extent=extent_of(sector),
                error=error if one.value is None else None,
                printed=one.printed,
                sure=round(min(one.sure * padded, 1.0 if one.odd is None else CONTRADICTED), 4),
            )
        )
    return tuple(values)


def _is_coarse(value: float, label: Label) -> bool:
    """Return whether a label prints a share that is rounded more coarsely than a drawing shows it: "8%"."""
    share = SHARE.search(label.text)
    figures = re.search(r"\d+(?:[.,](\d+))?\s*%", share.group()) if share else None
    return figures is not None and 0.5 * 10.0 ** -len(figures[1] or "") > COARSE * value


def _in_legends_order(strand: Strand, legend: Legend) -> Strand:
    names = {entry.name: number for number, entry in enumerate(legend.entries)}
    if not names:
        return strand
    return replace(strand, values=tuple(sorted(strand.values, key=lambda value: names.get(str(value.x), len(names)))))
