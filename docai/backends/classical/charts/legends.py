"""Legends: which name belongs to which colour, pattern or symbol; which value to which size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from docai.backends.classical.charts.ramps import Ramp, parts_of
from docai.backends.classical.charts.scene import Extent, Label, Polygon, Rectangle, Stroke, Symbol

SAME_COLOUR: Final = 10  # of 255, by which a part of a colour may differ in a drawing
GREY: Final = 24  # of 255, by which the parts of a grey differ at most
WHITE: Final = "#ffffff"
CLEARLY: Final = 3  # nearer by this than the next colour, of two that are near

Mark = Rectangle | Stroke | Symbol


@dataclass(frozen=True, slots=True)
class Entry:
    """A name of the legend with its swatch; of a swatch of several marks, the one that tells its colour.

    `dashes` and `shape` are those of its line and its symbol, where it has any.
    """

    name: str
    swatch: Mark | Polygon
    label: Label
    dashes: tuple[float, ...] = ()
    shape: str = ""
    marks: tuple[Mark, ...] = ()

    @property
    def colour(self) -> str:
        """The colour of its swatch, "" where it has none; white where it is filled so and outlined in a grey, as others may be."""
        swatch = self.swatch
        if isinstance(swatch, Rectangle) and swatch.fill == WHITE and swatch.stroke and _is_grey(swatch.stroke):
            return WHITE
        return colour_of(swatch)

    @property
    def start(self) -> float:
        """Where its swatch begins from the left, all its marks included: a symbol stands in the middle of its line."""
        return min((mark.extent.left for mark in self.marks), default=self.swatch.extent.left)

    @property
    def opacity(self) -> float:
        """The opacity of its swatch, 0..1."""
        return self.swatch.opacity


@dataclass(frozen=True, slots=True)
class Size:
    """A value of a legend of sizes, and the symbol that shows it."""

    value: float
    extent: Extent


@dataclass(frozen=True, slots=True)
class Legend:
    """The legend of a chart; without entries where there is none.

    Attributes:
        used: Its labels, title included.
        marks: What it is drawn with: swatches, keys behind them, its frame. Empty where names stand beside their lines.
        sizes: What sizes of symbols mean, from small to large.
        tolerance: By how much of 255 a part of a colour may be off.
        ramp: The bar of colours; None where there is none.
    """

    entries: tuple[Entry, ...] = ()
    title: str = ""
    extent: Extent | None = None
    used: tuple[Label, ...] = ()
    marks: tuple[Mark, ...] = ()
    sizes: tuple[Size, ...] = ()
    tolerance: int = SAME_COLOUR
    ramp: Ramp | None = None

    def name_of(self, colour: str, dashes: tuple[float, ...] = (), shape: str = "", opacity: float | None = None) -> str:
        """Return the name of what looks so, "" where the legend does not tell it, or tells several.

        Of entries in the same colour, the dashes, the shape and the opacity decide, as far as they are told apart by them.
        """
        entries = self._in_colour(colour, opacity)
        if len({entry.name for entry in entries}) > 1:
            entries = _told(entries, lambda entry: _same_dashes(entry.dashes, dashes))
        if shape and len({entry.name for entry in entries}) > 1:
            entries = _told(entries, lambda entry: entry.shape == shape)
        if opacity is not None and len({entry.name for entry in entries}) > 1:
            nearest = min(abs(entry.opacity - opacity) for entry in entries)
            entries = [entry for entry in entries if abs(entry.opacity - opacity) <= nearest + 1e-3]
        names = {entry.name for entry in entries}
        return names.pop() if len(names) == 1 else ""

    def _in_colour(self, colour: str, opacity: float | None) -> list[Entry]:
        if not colour:
            return [entry for entry in self.entries if entry.shape]
        far = [
            (min(distance(colour, entry.colour), distance(paled(colour, opacity), paled(entry.colour, entry.opacity))), entry)
            for entry in self.entries
            if entry.colour
        ]
        nearest = min((distance for distance, _ in far), default=256)
        if nearest > self.tolerance:
            return []
        return [entry for distance, entry in far if distance <= nearest + CLEARLY - 1]


def _told(entries: list[Entry], fits: Callable[[Entry], bool]) -> list[Entry]:
    """Return the entries that fit; all where none does, since the mark may be told otherwise."""
    return [entry for entry in entries if fits(entry)] or entries


def _same_dashes(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Return whether two patterns are the same but for their scale, which may follow the thickness of the line."""
    if not one or not other:
        return not one and not other
    if len(one) != len(other):
        one, other = one * len(other), other * len(one)
    ratio = sum(one) / sum(other)
    return all(abs(a - ratio * b) <= 0.15 * max(a, ratio * b, 0.5) for a, b in zip(one, other, strict=True))


def colour_of(mark: Mark | Polygon) -> str:
    """Return the colour by which a mark is told: its fill's, but for white; else its outline's."""
    if isinstance(mark, Stroke):
        return mark.colour
    return mark.fill if mark.fill not in ("", "#ffffff") else mark.stroke or mark.fill


def _is_grey(colour: str) -> bool:
    parts = parts_of(colour)
    return max(parts) - min(parts) <= GREY


def distance(one: str, other: str) -> int:
    return max(abs(a - b) for a, b in zip(parts_of(one), parts_of(other), strict=True))


def paled(colour: str, opacity: float | None) -> str:
    """Return what a colour looks like on white paper."""
    if opacity is None or opacity >= 1:
        return colour
    return "#" + "".join(f"{round(255 - opacity * (255 - part)):02x}" for part in parts_of(colour))
