"""Names of series: what the legend says of a mark's look, and what stands beside a line's end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from docai.backends.classical.charts.legends import Entry, Legend
from docai.backends.classical.charts.readers.furniture import alike, channels, is_grey
from docai.backends.classical.charts.scales import Plot
from docai.backends.classical.charts.scene import Label, Place, Rectangle, Scene, Stroke, Symbol

BLURRED: Final = 60  # of 255 in each channel, that a colour found in a picture is off its legend's at most
NEAR_EMS: Final = 3.0  # behind a line's end that its name begins at most
LEVEL_EMS: Final = 1.0  # that a name stands above or below the line's end; names that would overlap are moved apart
SCALED_DASHES: Final = 0.4  # how unlike dashes are that are twice as long
NUMBER: Final = re.compile(r"^[\s(]*[-+−–]?[\d.,\s]*\d[\d.,]*\s*[)%‰°€$£¥₩₫kKmMbB]?[\s)]*$")


@dataclass(frozen=True, slots=True)
class Look:
    """What a series looks like: what a legend may tell it apart by. `shape` is that of its symbols."""

    colour: str
    dashes: tuple[float, ...] = ()
    opacity: float = 1.0
    thickness: float = 1.0
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A series' name; `rank` is its place in the legend (those without one come last), `sure` how sure the name is, 0..1."""

    name: str = ""
    rank: int = 1_000_000
    sure: float = 1.0


def name_of(look: Look, legend: Legend, *, blurred: bool = False) -> Named:
    """Return what the legend calls the series of such a look, nothing where it does not tell or tells several names."""
    if not legend.entries:
        return Named()
    entries = list(enumerate(legend.entries))
    same = [(n, entry) for n, entry in entries if entry.colour == look.colour]
    same = same or [(n, entry) for n, entry in entries if alike(entry.colour, look.colour)]
    if not same and blurred:
        same = _nearest(entries, look.colour)
    if not same and look.shape:
        same = [(n, e) for n, e in entries if isinstance(e.swatch, Symbol) and e.swatch.shape == look.shape and is_grey(e.colour)]
    if not same:
        return Named(sure=0.9)
    costs = [_unlike(entry, look) for _, entry in same]
    least = min(costs)
    best = [pair for pair, cost in zip(same, costs, strict=True) if cost <= least + 0.05]
    names = {entry.name for _, entry in best}
    if len(names) > 1:
        return Named(rank=best[0][0], sure=0.6)
    number, entry = best[0]
    only = len(same) == 1 and (isinstance(entry.swatch, Rectangle) or _same_dashes(_dashes(entry), look.dashes))
    return Named(entry.name, number, 1.0 if least < 0.5 or only else 0.85)


def _dashes(entry: Entry) -> Sequence[float]:
    """Return the dashes of an entry's swatch: those of its line, or of the line that its symbol stands on."""
    return entry.swatch.dashes if isinstance(entry.swatch, Stroke) else entry.dashes


def _nearest(entries: Sequence[tuple[int, Entry]], colour: str) -> list[tuple[int, Entry]]:
    """Return the entry of the nearest colour if it is near, and no other is nearly as near."""
    red, green, blue = channels(colour)
    far = []
    for pair in entries:
        if pair[1].colour:
            r, g, b = channels(pair[1].colour)
            far.append((max(abs(r - red), abs(g - green), abs(b - blue)), pair[0], pair))
    far.sort(key=lambda item: item[:2])
    if not far or far[0][0] > BLURRED or (len(far) > 1 and far[1][0] < 1.5 * far[0][0]):
        return []
    return [far[0][2]]


def _unlike(entry: Entry, look: Look) -> float:
    """Return how unlike an entry's swatch is to a series of its colour: 0 for all alike, about 1 for each thing that differs."""
    swatch = entry.swatch
    if isinstance(swatch, Stroke):
        cost = _unlike_dashes(swatch.dashes, look.dashes)
        cost += min(1.0, abs(swatch.thickness - look.thickness) / max(swatch.thickness, look.thickness, 0.1)) / 2
        return cost + min(1.0, 2 * abs(swatch.opacity - look.opacity))
    if isinstance(swatch, Symbol):
        apart = 0.0 if _same_dashes(entry.dashes, look.dashes) else 0.5
        return (
            apart
            + (0.0 if not look.shape or swatch.shape == look.shape else 1.0)
            + min(1.0, 2 * abs(swatch.opacity - look.opacity))
        )
    return min(1.0, 2 * abs(swatch.opacity - look.opacity)) / 2


def _unlike_dashes(one: Sequence[float], two: Sequence[float]) -> float:
    """Return how unlike two patterns of dashes are, 0..1: legends may draw the same one smaller, or another that is its double."""
    if not _same_dashes(one, two):
        return 1.0
    return SCALED_DASHES * min(1.0, abs(sum(one) / len(one) / (sum(two) / len(two)) - 1)) if one and two else 0.0


def _same_dashes(one: Sequence[float], two: Sequence[float]) -> bool:
    """Return whether two patterns are the same, up to their size."""
    if not one or not two:
        return not one and not two
    longer, shorter = (one, two) if len(one) >= len(two) else (two, one)
    if len(longer) % len(shorter):
        return False
    repeated = list(shorter) * (len(longer) // len(shorter))
    scale = sum(longer) / max(sum(repeated), 1e-9)
    return all(abs(a - scale * b) <= 0.15 * sum(longer) / len(longer) + 0.1 for a, b in zip(longer, repeated, strict=True))


# Names at the ends of lines


def names_at_ends(ends: Sequence[tuple[Place, str]], scene: Scene, plot: Plot, legend: Legend) -> dict[int, Label]:
    """Return the labels that name lines by standing behind their last places, by the lines' numbers.

    `ends` are the lines' last places, in the scene, and their colours. A coloured label names a line of its colour only.
    """
    used = {id(label) for label in (*plot.used, *legend.used)}
    free = [label for label in scene.labels if id(label) not in used and not NUMBER.match(label.text) and label.turn == 0]
    offers: list[tuple[float, int, int]] = []
    for number, ((x, y), colour) in enumerate(ends):
        for other, label in enumerate(free):
            size = label.size
            gap, off = label.extent.left - x, abs((label.extent.top + label.extent.bottom) / 2 - y)
            if not -0.3 * size <= gap <= NEAR_EMS * size:
                continue
            told = colour_of(label)
            matching = bool(told) and alike(told, colour)
            if off > LEVEL_EMS * size * (2.0 if matching else 1.0) or (told and not matching and not is_grey(told)):
                continue
            offers.append((off + 0.2 * abs(gap) - (3 * size if matching else 0.0), number, other))
    found: dict[int, Label] = {}
    taken: set[int] = set()
    for _, number, other in sorted(offers):
        if number not in found and other not in taken:
            found[number] = free[other]
            taken.add(other)
    return found


def colour_of(label: Label) -> str:
    """Return the colour of a label's letters as `#rrggbb`, "" where it is not known."""
    return f"#{label.words[0].colour:06x}" if label.words else ""
