"""Legends: which name belongs to which colour, pattern or symbol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from docai.backends.classical.charts.scene import Extent, Label, Rectangle, Scene, Stroke, Symbol

GAP_EMS: Final = 2.0  # of a name's letters, between a swatch and its name, at most
MOST_EMS: Final = 3.5  # a swatch is wide at most


@dataclass(frozen=True, slots=True)
class Entry:
    """A name of the legend with its swatch."""

    name: str
    swatch: Rectangle | Stroke | Symbol
    label: Label

    @property
    def colour(self) -> str:
        """The colour of its swatch, "" where it has none."""
        swatch = self.swatch
        return swatch.colour if isinstance(swatch, Stroke) else swatch.fill or swatch.stroke


@dataclass(frozen=True, slots=True)
class Legend:
    """The legend of a chart; without entries where there is none. `used` are its labels, title included."""

    entries: tuple[Entry, ...] = ()
    title: str = ""
    extent: Extent | None = None
    used: tuple[Label, ...] = ()

    def name_of(self, colour: str) -> str:
        """Return the name of a colour, "" where the legend does not tell it, or tells several."""
        names = {entry.name for entry in self.entries if entry.colour == colour}
        return names.pop() if len(names) == 1 else ""


def find_legend(scene: Scene, free: Sequence[Label]) -> Legend:
    """Return the legend of a chart: two and more small marks of one kind, each with its name right behind it.

    `free` are the labels that no axis has taken.
    """
    marks: list[Rectangle | Symbol | Stroke] = [*scene.rectangles, *scene.symbols, *scene.strokes]
    found: list[Entry] = []
    for label in free:
        swatches = [mark for mark in marks if _is_swatch(mark, label)]
        if swatches:
            nearest = max(swatches, key=lambda mark: mark.extent.right)
            found.append(Entry(label.text, nearest, label))
    if len(found) < 2:
        return Legend()
    labels = tuple(entry.label for entry in found)
    parts = [entry.label.extent for entry in found] + [entry.swatch.extent for entry in found]
    extent = Extent(
        min(p.left for p in parts), min(p.top for p in parts), max(p.right for p in parts), max(p.bottom for p in parts)
    )
    return Legend(tuple(found), extent=extent, used=labels)


def _is_swatch(mark: Rectangle | Symbol | Stroke, label: Label) -> bool:
    place, text = mark.extent, label.extent
    level = place.top - 0.5 * label.size < (text.top + text.bottom) / 2 < place.bottom + 0.5 * label.size
    gap = text.left - place.right
    small = place.width < MOST_EMS * label.size and place.height < 2 * label.size
    coloured = isinstance(mark, Stroke) or mark.fill not in ("", "#ffffff") or mark.stroke != ""
    return level and small and coloured and -0.2 * label.size < gap < GAP_EMS * label.size
