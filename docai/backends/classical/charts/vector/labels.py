"""Text into labels: each tick's, category's or value's by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from docai.backends.classical.charts.scene import Extent, Label
from docai.backends.classical.charts.vector.runs import labels_of_runs
from docai.sources import SourceWord
from docai.tiling import View

SPACE_EMS: Final = 0.45  # between the words of one label, at most; neighbouring labels stand further apart
READ_SPACE_EMS: Final = 0.6  # the same where words were read from a picture, whose boxes end at their ink


def find_labels(view: View, width: float, height: float) -> tuple[Label, ...]:
    """Return the labels in a view whose scene is `width` x `height` units large.

    They are told by the text operations of a PDF; by the distances of words where text was read from a picture.
    """
    labels = labels_of_runs(view, width, height)
    return tuple(labels) if labels is not None else labels_of_words(view, width, height)


def labels_of_words(view: View, width: float, height: float) -> tuple[Label, ...]:
    """Return the labels in a view by its words alone."""
    scale = width / view.size_points[0]
    placed = [(word, _extent(word, view, width, height)) for word in view.words if word.visible]
    if any(word.recognised is not None for word, _ in placed):
        placed = _in_rows(placed)
    labels: list[list[tuple[SourceWord, Extent]]] = []
    for word, extent in placed:
        before = labels[-1][-1] if labels else None
        if before is not None and _go_on(before, (word, extent), scale):
            labels[-1].append((word, extent))
        else:
            labels.append([(word, extent)])
    return tuple(_label(words, scale) for words in labels)


def _in_rows(placed: Sequence[tuple[SourceWord, Extent]]) -> list[tuple[SourceWord, Extent]]:
    """Return words of a picture row by row: those that stand level, from left to right."""
    upright = sorted((item for item in placed if item[0].direction == 0), key=lambda item: item[1].middle[1])
    rows: list[list[tuple[SourceWord, Extent]]] = []
    for item in upright:
        above = rows[-1][-1][1] if rows else None
        if above is not None and item[1].middle[1] - above.middle[1] < 0.3 * min(item[1].height, above.height):
            rows[-1].append(item)
        else:
            rows.append([item])
    level = [item for row in rows for item in sorted(row, key=lambda item: item[1].left)]
    return level + [item for item in placed if item[0].direction != 0]


def _extent(word: SourceWord, view: View, width: float, height: float) -> Extent:
    box = view.from_page(word.box)
    return Extent(box.left * width, box.top * height, box.right * width, box.bottom * height)


def _go_on(before: tuple[SourceWord, Extent], after: tuple[SourceWord, Extent], scale: float) -> bool:
    (first, one), (second, two) = before, after
    was_read = second.recognised is not None
    if first.direction != second.direction or (first.line != second.line and not was_read):
        return False
    if first.direction in (90, 270):
        letter, level = min(one.width, two.width), min(one.right, two.right) - max(one.left, two.left)
        gap = max(two.top - one.bottom, one.top - two.bottom)
    else:
        letter, level = min(one.height, two.height), min(one.bottom, two.bottom) - max(one.top, two.top)
        gap = two.left - one.right
    em = max(letter, min(first.size, second.size) * scale) if was_read else letter
    return level > 0.5 * letter and -em < gap < (READ_SPACE_EMS if was_read else SPACE_EMS) * em


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
        colour=f"#{words[0][0].colour & 0xFFFFFF:06x}",
    )
