"""Labels as they are meant: those that are set in pieces joined, those of several ticks split."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from docai.backends.classical.charts.axes.dates import read_moment
from docai.backends.classical.charts.axes.readings import read_numbers, said
from docai.backends.classical.charts.scene import Extent, Label

SAME_TURN: Final = 0.5  # degrees
SPACE_EMS: Final = 0.5  # between words, at most
LEAST_TURNED: Final = 3  # numbers that make an axis by their even steps
EVEN: Final = 0.1  # of their widest step that these may differ by
_TIMES: Final = frozenset("×x·*")
_FACTOR: Final = re.compile(r"[-\u2212]?\d(?:[.,]\d+)?")
_TEN: Final = re.compile(r"10(?:$|\^)")
_NUMBER: Final = re.compile(r"[-+\u2212]?[$€£¥₩]?\d[\d.,]*[%kKMB]?")
_FUSED: Final = re.compile(r"(\d{4}-\d{2}){2,}|(\d{4}-\d{2}-\d{2}){2,}|((?:19|20)\d{2}){2,}")


def prepare(labels: Sequence[Label]) -> list[Label]:
    """Return labels with what belongs together in one: a minus and its figures, 10 and its raised power, turned words."""
    parts = [part for label in labels for part in values_of(label)]
    return _slanted(_turned(_multiplied(_raised(_signed(parts)))))


def _signed(labels: list[Label]) -> list[Label]:
    """Return labels with each minus that stands alone joined to the figures behind it."""
    minus = [label for label in labels if label.text.strip() in ("-", "\u2212", "\u2013") and label.turn == 0]
    if not minus:
        return labels
    taken: dict[int, Label] = {}
    for sign in minus:
        behind = [
            other
            for other in labels
            if re.match(r"[\d.,$]", other.text)
            and other.turn == 0
            and other.extent.top - 0.3 * other.size < sign.extent.middle[1] < other.extent.bottom + 0.3 * other.size
            and -0.5 * other.size < other.extent.left - sign.extent.right < 0.5 * other.size
        ]
        if behind:
            digits = min(behind, key=lambda other: abs(other.extent.left - sign.extent.right))
            taken[id(digits)] = sign
    signs = {id(sign) for sign in taken.values()}
    kept = [label for label in labels if id(label) not in signs]
    return [join([taken[id(label)], label], "\u2212" + label.text) if id(label) in taken else label for label in kept]


def _raised(labels: list[Label]) -> list[Label]:
    """Return labels with each "10" and the small raised figures behind it as a power."""
    tens = [label for label in labels if re.fullmatch(r"[-\u2212]?(?:\d(?:\.\d+)?\s?[×x·]\s?)?10", label.text)]
    if not tens:
        return labels
    powers = [label for label in labels if re.fullmatch(r"[-\u2212+]?\d{1,2}", label.text)]
    taken: dict[int, Label] = {}
    for ten in tens:
        for power in powers:
            gap, height = power.extent.left - ten.extent.right, ten.extent.bottom - ten.extent.top
            raised = power.extent.middle[1] < ten.extent.middle[1] - 0.1 * height
            if power.size < 0.9 * ten.size and raised and -0.4 * ten.size < gap < 0.5 * ten.size and _is_level(ten, power):
                taken[id(ten)] = power
    used = {id(power) for power in taken.values()}
    kept = [label for label in labels if id(label) not in used]
    return [
        replace(join([label, taken[id(label)]], f"{label.text}^{taken[id(label)].text}"), size=label.size)
        if id(label) in taken
        else label
        for label in kept
    ]


def _multiplied(labels: list[Label]) -> list[Label]:
    """Return labels with each sign of multiplication that stands alone joined to what it multiplies: 2, × and 10^3."""
    joined: dict[int, Label] = {}
    used: set[int] = set()
    for sign in (label for label in labels if label.text.strip() in _TIMES and label.turn == 0):
        near = 0.5 * sign.size
        level = [label for label in labels if label is not sign and label.turn == 0 and _is_level(sign, label)]
        before = [o for o in level if _FACTOR.fullmatch(o.text) and -near < sign.extent.left - o.extent.right < near]
        behind = [o for o in level if _TEN.match(o.text) and -near < o.extent.left - sign.extent.right < near]
        if len(before) == len(behind) == 1:
            joined[id(sign)] = join([before[0], sign, behind[0]], f"{before[0].text} × {behind[0].text}")
            used |= {id(before[0]), id(behind[0])}
    return [joined.get(id(label), label) for label in labels if id(label) not in used]


def _is_level(one: Label, other: Label) -> bool:
    return other.extent.bottom > one.extent.top and other.extent.top < one.extent.bottom


def _turned(labels: list[Label]) -> list[Label]:
    """Return labels with words that are turned upright and stand behind each other joined."""
    upright = [label for label in labels if label.turn % 360 not in (90, 270)]
    turned = [label for label in labels if label.turn % 360 in (90, 270)]
    turned.sort(key=lambda label: (label.turn, round(label.extent.middle[0] / max(1.0, 0.5 * label.size)), label.extent.top))
    pieces: list[list[Label]] = []
    for label in turned:
        before = pieces[-1][-1] if pieces else None
        if (
            before is not None
            and before.turn == label.turn
            and abs(before.extent.middle[0] - label.extent.middle[0]) < 0.3 * label.size
            and -0.3 * label.size < label.extent.top - before.extent.bottom < 0.5 * label.size
        ):
            pieces[-1].append(label)
        else:
            pieces.append([label])
    for piece in pieces:
        if _are_even(piece):  # the numbers of an axis that are long
            upright += piece
            continue
        parts = piece if piece[0].turn % 360 == 90 else piece[::-1]
        upright.append(join(parts, " ".join(label.text for label in parts)) if len(parts) > 1 else parts[0])
    return upright


def _are_even(labels: Sequence[Label]) -> bool:
    """Return whether three and more turned labels are numbers, their middles at even steps."""
    middles = [label.extent.middle[1] for label in labels]
    steps = [after - before for before, after in pairwise(middles)]
    numbers = all(_NUMBER.fullmatch(label.text) for label in labels)
    return len(labels) >= LEAST_TURNED and numbers and max(steps) - min(steps) <= EVEN * max(steps)


def _slanted(labels: list[Label]) -> list[Label]:
    """Return labels with slanted words that go on along one baseline joined: some producers leave out the spaces."""
    words = [label for label in labels if label.ends and label.turn % 90]
    after: dict[int, Label] = {}
    for word in words:
        turn = math.radians(word.turn)
        across, down = math.cos(turn), math.sin(turn)
        for other in words:
            if other is word or abs(other.turn - word.turn) > SAME_TURN or abs(other.size - word.size) > 0.1 * word.size:
                continue
            right, below = other.ends[0][0] - word.ends[1][0], other.ends[0][1] - word.ends[1][1]
            gap, off = right * across + below * down, below * across - right * down
            if 0 < gap < SPACE_EMS * word.size and abs(off) < 0.1 * word.size:
                after[id(word)] = other
    if not after:
        return labels
    later = {id(label) for label in after.values()}
    whole: dict[int, Label] = {}
    for word in words:
        if id(word) in later or id(word) not in after:
            continue
        parts = [word]
        while id(parts[-1]) in after:
            parts.append(after[id(parts[-1])])
        joined = join(parts, " ".join(part.text for part in parts))
        whole[id(word)] = replace(joined, ends=(word.ends[0], parts[-1].ends[1]))
    return [whole.get(id(label), label) for label in labels if id(label) not in later]


def join(labels: Sequence[Label], text: str) -> Label:
    """Return labels as one that says `text`."""
    extents = [label.extent for label in labels]
    extent = Extent(
        min(e.left for e in extents), min(e.top for e in extents), max(e.right for e in extents), max(e.bottom for e in extents)
    )
    words = tuple(word for label in labels for word in label.words)
    confidence = min(label.confidence for label in labels)
    return replace(
        labels[0], text=text, extent=extent, size=max(label.size for label in labels), words=words, confidence=confidence
    )


def split(label: Label) -> list[Label]:
    """Return the words of an upright label as labels of their own; the label alone where its words do not tell where they are."""
    words = label.words
    if len(words) < 2 or label.turn != 0:
        return [label]
    left, right = min(word.box.left for word in words), max(word.box.right for word in words)
    scale = label.extent.width / max(right - left, 1e-9)
    return [
        replace(
            label,
            text=word.text,
            words=(word,),
            extent=label.extent._replace(
                left=label.extent.left + (word.box.left - left) * scale, right=label.extent.left + (word.box.right - left) * scale
            ),
        )
        for word in words
    ]


def values_of(label: Label) -> list[Label]:
    """Return the words of a label as labels of their own where each is a number or a date, and all together are neither."""
    if label.turn == 0 and (fused := _FUSED.fullmatch(label.text)):
        length = len(fused[1] or fused[2] or fused[3])
        return _evenly(label, [label.text[begin : begin + length] for begin in range(0, len(label.text), length)])
    if " " not in label.text or label.turn != 0 or read_moment(label.text) is not None or read_numbers([label.text]):
        return [label]
    words = split(label)
    texts = [word.text for word in words]
    dates = all(read_moment(text) is not None for text in texts)
    return words if dates or all(said(text, ".") or said(text, ",") for text in texts) else [label]


def _evenly(label: Label, texts: Sequence[str]) -> list[Label]:
    """Return the equally long parts of a label as labels of their own."""
    left, width = label.extent.left, label.extent.width / len(texts)
    return [
        replace(label, text=text, extent=label.extent._replace(left=left + number * width, right=left + (number + 1) * width))
        for number, text in enumerate(texts)
    ]
