"""Names that were cut: two labels of one line that stand no farther apart than words do are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from docai.backends.classical.charts.scene import Extent, Label

SPACE: Final = 0.5  # of the size of letters that the words of one name stand apart at most; labels of an axis stand an em apart
LEAST_APART: Final = 0.05  # of it, and at least: what is nearer, or lies over the other, is another reading of it
LEVEL: Final = 0.25  # of it that their middles are off one line at most, as one may have letters that hang down
NEARER: Final = 3.0  # times as far off that the next labels of their line stand at least
ALONE: Final = 1.0  # of the size of letters that these stand off at least
AS_LARGE: Final = 0.75  # of the size of one that the other is at least


def joined(labels: Sequence[Label]) -> tuple[Label, ...]:
    """Return labels with the words of one name joined, from left to right; those of numbers stay as they are."""
    found: list[tuple[int, Label]] = []
    for number, label in sorted(enumerate(labels), key=lambda pair: pair[1].extent.left):
        before = next(
            (place for place, (_, one) in enumerate(found) if _goes_on(one, label) and _stand_alone(one, label, labels)), None
        )
        if before is None:
            found.append((number, label))
        else:
            found[before] = (found[before][0], _both(found[before][1], label))
    return tuple(label for _, label in sorted(found, key=lambda pair: pair[0]))


def _goes_on(one: Label, other: Label) -> bool:
    """Return whether a label is the next word of another."""
    if one.turn or other.turn or one.words or other.words or not (_is_name(one.text) and _is_name(other.text)):
        return False
    em = max(one.size, other.size)
    gap = other.extent.left - one.extent.right
    return (
        LEAST_APART * em <= gap <= SPACE * em
        and abs(one.extent.middle[1] - other.extent.middle[1]) <= LEVEL * em
        and min(one.size, other.size) >= AS_LARGE * em
    )


def _stand_alone(one: Label, other: Label, labels: Sequence[Label]) -> bool:
    """Return whether two labels stand much nearer to each other than to the next ones of their line, as those of an axis do not."""
    em, (left, right) = max(one.size, other.size), (one.extent, other.extent)
    least = max(ALONE * em, NEARER * (right.left - left.right))
    level = [label.extent for label in labels if abs(label.extent.middle[1] - left.middle[1]) <= em and label.turn == 0]
    return not any(
        left.left - least < place.right <= left.left or right.right <= place.left < right.right + least for place in level
    )


def _is_name(text: str) -> bool:
    """Return whether a text has two letters at least, and no figures."""
    return sum(map(str.isalpha, text)) > 1 and not any(map(str.isdigit, text))


def _both(one: Label, other: Label) -> Label:
    first, second = one.extent, other.extent
    extent = Extent(first.left, min(first.top, second.top), second.right, max(first.bottom, second.bottom))
    return replace(one, text=f"{one.text} {other.text}", extent=extent, confidence=min(one.confidence, other.confidence))
