"""Words of the page into labels: each tick's, category's or value's text by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from docai.backends.classical.charts.scene import Extent, Label
from docai.sources import SourceWord
from docai.tiling import View

SPACE_EMS: Final = 0.45  # between the words of one label, at most; neighbouring labels stand further apart


def find_labels(view: View, width: float, height: float) -> tuple[Label, ...]:
    """Return the labels in a view whose scene is `width` x `height` units large."""
    placed = [(word, _extent(word, view, width, height)) for word in view.words]
    labels: list[list[tuple[SourceWord, Extent]]] = []
    for word, extent in placed:
        before = labels[-1][-1] if labels else None
        if before is not None and _go_on(before, (word, extent)):
            labels[-1].append((word, extent))
        else:
            labels.append([(word, extent)])
    return tuple(_label(words, width / view.size_points[0]) for words in labels)


def _extent(word: SourceWord, view: View, width: float, height: float) -> Extent:
    box = view.from_page(word.box)
    return Extent(box.left * width, box.top * height, box.right * width, box.bottom * height)


def _go_on(before: tuple[SourceWord, Extent], after: tuple[SourceWord, Extent]) -> bool:
    (first, one), (second, two) = before, after
    if first.line != second.line or first.direction != second.direction:
        return False
    if first.direction in (90, 270):
        letter, level = one.width, min(one.right, two.right) - max(one.left, two.left) > 0.5 * one.width
        gap = max(two.top - one.bottom, one.top - two.bottom)
    else:
        letter, level = one.height, min(one.bottom, two.bottom) - max(one.top, two.top) > 0.5 * one.height
        gap = two.left - one.right
    return level and gap < SPACE_EMS * letter


def _label(words: Sequence[tuple[SourceWord, Extent]], scale: float) -> Label:
    extents = [extent for _, extent in words]
    return Label(
        text=" ".join(word.text for word, _ in words),
        extent=Extent(
            min(e.left for e in extents), min(e.top for e in extents), max(e.right for e in extents), max(e.bottom for e in extents)
        ),
        size=words[0][0].size * scale,
        turn=float(words[0][0].direction),
        bold=all(word.font.bold for word, _ in words),
        confidence=min(word.confidence for word, _ in words),
        words=tuple(word for word, _ in words),
    )
