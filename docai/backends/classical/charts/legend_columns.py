"""Names of an axis told from those of a legend: that is a whole column of labels, of an axis some stand beside bars and lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from docai.backends.classical.charts.legends import Entry
from docai.backends.classical.charts.scene import Label

FLUSH: Final = 0.4  # of the size of letters that the labels of a column begin or end apart at most
AS_LARGE: Final = 0.8  # of the size of one label that another is at least, if both are of one column
LEAST_BELOW: Final = 0.8  # of the size of letters that a label stands below another at least, to be no further line of it
LEAST_OTHERS: Final = 2  # labels of a column without a swatch; one may be a title


def without_axes(entries: Sequence[Entry], labels: Sequence[Label]) -> list[Entry]:
    """Return entries without those of columns in which as many labels have no swatch: categories before bars, ticks before lines.

    `labels` are all that stand upright.
    """
    own = {id(entry.label) for entry in entries}
    return [entry for entry in entries if not _is_of_axis(entry, entries, [label for label in labels if id(label) not in own])]


def _is_of_axis(entry: Entry, entries: Sequence[Entry], others: Sequence[Label]) -> bool:
    """Return whether as many labels as entries stand flush with an entry, left or right; not of legends in rows."""
    middle = entry.label.extent.middle[1]
    if any(one is not entry and abs(one.label.extent.middle[1] - middle) <= FLUSH * entry.label.size for one in entries):
        return False
    for side in (0, 2):
        flush = [one for one in entries if _are_flush(one.label, entry.label, side)]
        beside = [
            label
            for label in others
            if _are_flush(label, entry.label, side) and not any(_continues(label, one.label) for one in entries)
        ]
        if len(beside) >= max(LEAST_OTHERS, len(flush)):
            return True
    return False


def _are_flush(one: Label, other: Label, side: int) -> bool:
    """Return whether two labels of one size begin (`side` 0) or end (2) at one place."""
    small, large = sorted((one.size, other.size))
    return small >= AS_LARGE * large and abs(one.extent[side] - other.extent[side]) <= FLUSH * large


def _continues(label: Label, name: Label) -> bool:
    """Return whether a label stands right below a name, as the next line of it."""
    return -name.size < label.extent.top - name.extent.bottom < LEAST_BELOW * name.size
