"""Grounding and referring: where on a page something stands, and what it is that stands there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from docai.box import Box
from docai.document import Word

HIT: Final = 0.5  # intersection over union from which on a box is found (Everingham et al. 2010, "The PASCAL VOC challenge", 4.2)


@dataclass(frozen=True, slots=True)
class Find:
    """Asks where what a phrase tells of stands; answered by a `Mention`, without boxes where it is not there."""

    phrase: str
    name: str = "grounding"


@dataclass(frozen=True, slots=True)
class Name:
    """Asks what stands in a box of the page; answered by a `Mention` of that box."""

    box: Box
    name: str = "referring"


# Scores


def overlap(one: Box, other: Box) -> float:
    """Return the area that two boxes share over the area that they cover together, 0..1: IoU, the index of Jaccard."""
    shared = one.intersection(other)
    covered = one.area + other.area - shared
    return shared / covered if covered > 0 else float(one == other)


def matched(found: Sequence[Box], expected: Sequence[Box]) -> list[tuple[int, int, float]]:
    """Return which box found is which expected one, and their overlap above 0; each is one at most, the best pairs first."""
    pairs = [(overlap(one, other), i, j) for i, one in enumerate(found) for j, other in enumerate(expected)]
    taken_found: set[int] = set()
    taken_expected: set[int] = set()
    chosen = []
    for share, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if share > 0 and i not in taken_found and j not in taken_expected:
            taken_found.add(i)
            taken_expected.add(j)
            chosen.append((i, j, share))
    return chosen


def words_in_place(found: Sequence[Word], expected: Sequence[Word]) -> int:
    """Return how many words expected were found: the same text, in a box that overlaps theirs by half; each once.

    End-to-end recognition of Karatzas et al. 2015, "ICDAR 2015 competition on robust reading", section VI, case counted.
    """
    by_text: dict[str, tuple[list[Box], list[Box]]] = {}
    for place, words in enumerate((found, expected)):
        for word in words:
            by_text.setdefault(word.text, ([], []))[place].append(word.box)
    return sum(share >= HIT for here, there in by_text.values() for _, _, share in matched(here, there))
