"""RefCOCO, RefCOCO+ and RefCOCOg: what a phrase tells of is to be found, right where the first box overlaps the true one by half.

As the evaluations of Qwen-VL and InternVL keep it: JSON lines of `image`, `sent`, `bbox` (left, top, right, bottom in pixels),
`width`, `height`; or as lmms-lab/RefCOCO does, in parquet: `image`, `answer` (several phrases), `bbox` (left, top, width, height).
Source: Yu et al. 2016, "Modeling context in referring expressions", arXiv 1608.00272.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from docai.box import Box
from docai.errors import InputError, Unreadable
from docai.labelled import Item, Judged, Score, pointed
from docai.labelled.files import Row, picture, rows
from docai.sources import opened, origin_of
from docai.tasks.grounding import HIT, Find, overlap


class Layout:
    """RefCOCO on disk."""

    metrics = ("iou_50", "iou")

    def __init__(self, path: Path) -> None:
        self.path = path

    def items(self) -> Iterator[Item]:
        """Yield the phrases in order."""
        for row in rows(self.path, ("*_val.jsonl", "*.jsonl", "*.json"), ("val", "validation", "test")):
            source = picture(row.get("image"), self.path)
            box = _box(row, source)
            phrases = row.texts("sent", "answer")
            for number, phrase in enumerate(phrases, 1):
                name = row.place if len(phrases) == 1 else f"{row.place}/{number}"
                yield Item(name=name, source=source, truth=box, task=Find(phrase.strip()))

    def judge(self, item: Item, answer: Any) -> Judged:
        """Return how far the first box is the true one."""
        found = pointed(answer)[:1]
        share = overlap(found[0], item.truth) if found else 0.0
        scores = (Score(metric="iou_50", value=float(share >= HIT)), Score(metric="iou", value=share))
        told = " ".join(map(str, found[0])) if found else ""
        return Judged(scores, told, " ".join(map(str, item.truth)), found, (item.truth,))


def _box(row: Row, source: Path | bytes) -> Box:
    """Return the true box in fractions of its picture, whose size the row tells, or else the picture itself."""
    sides = row.get("bbox")
    if not isinstance(sides, Sequence) or len(sides) != 4 or not all(_is_number(side) for side in sides):
        raise Unreadable(f"{row.place}: bbox is {sides!r}, not four numbers; is this the right --layout?")
    left, top, right, bottom = map(float, sides)
    if "sent" not in row.fields:
        right, bottom = left + right, top + bottom
    width, height = _size(row, source)
    return Box.clipped(left / width, top / height, right / width, bottom / height)


def _is_number(side: Any) -> bool:
    return isinstance(side, (int, float)) and math.isfinite(side)


def _size(row: Row, source: Path | bytes) -> tuple[float, float]:
    if row.fields.get("width") and row.fields.get("height"):
        return float(row.fields["width"]), float(row.fields["height"])
    try:
        with opened(origin_of(source)) as opening:
            page = opening.page(1)
            (shown, *_) = page.pictures
    except (InputError, ValueError) as error:
        raise Unreadable(f"{row.place}: the size of its picture is not told, and cannot be read: {error}") from error
    return float(shown.width), float(shown.height)
