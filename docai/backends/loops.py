"""Whether a text that is being written goes round in a circle, so that it is worth no more tokens."""

from __future__ import annotations

import re
from typing import Final

TAIL: Final = 12_000  # characters looked at; about as many as a model is allowed to say about a dense page
LONGEST_PERIOD: Final = 1_200  # characters; ten lines of a page that come back together
PROBE: Final = 24  # characters at the end that must have stood in the tail before, which is cheap to tell

# Chosen, not fitted: tables with 30 equal rows (zeros, dashes, "n/a") are printed, a sentence that stands eight times in
# direct succession is not.
SENTENCE_LETTERS: Final = 12  # different letters in what comes back; "not applicable" has 10
SENTENCES: Final = 8  # times that a sentence must stand there
ROWS: Final = 60  # times that anything else must stand there
CHARACTERS: Final = 400  # and so long must all of it be: leaders of dots and lines to write on are shorter
BOXES: Final = 8  # boxes in succession that are the same; different texts cannot stand in one place

_NUMBER: Final = r"-?\d+(?:\.\d*)?"
_BOX: Final = re.compile(rf'(?:<bbox>|<box>|"(?:bbox|bbox_2d|box)"\s*:)[\s\[]*({_NUMBER}(?:\s*,\s*{_NUMBER}){{3}})')
_MARKUP: Final = re.compile(r'<[^<>]*>|"\w+"\s*:')  # tags and the names of JSON fields, which come back in sound rows as well


def loops(text: str) -> bool:
    """Return whether a text ends in a loop.

    It does where its end is the same again and again (`SENTENCES` times for a sentence, `ROWS` times for a row of a table,
    one line or several that alternate), or where its last `BOXES` boxes are all the same. A loop in which something counts
    up is none here.
    """
    tail = text[-TAIL:]
    return _boxes_stand_still(tail) or _end_repeats(tail)


def _boxes_stand_still(tail: str) -> bool:
    boxes = [re.sub(r"\s", "", box) for box in _BOX.findall(tail)[-BOXES:]]
    return len(boxes) == BOXES and len(set(boxes)) == 1


def _end_repeats(tail: str) -> bool:
    if len(tail) < CHARACTERS or tail.rfind(tail[-PROBE:], 0, -1) < 0:
        return False
    again = _common_starts(tail[::-1], min(LONGEST_PERIOD, len(tail) - 1))
    for period in range(1, len(again)):
        length = again[period] + period
        if length < CHARACTERS or length < SENTENCES * period:
            continue
        needed = SENTENCES if _is_sentence(tail[-period:]) else ROWS
        if length >= needed * period:
            return True
    return False


def _is_sentence(unit: str) -> bool:
    return len({letter for letter in _MARKUP.sub(" ", unit * 2).casefold() if letter.isalpha()}) >= SENTENCE_LETTERS


def _common_starts(text: str, most: int) -> list[int]:
    """Return how many characters of `text` from each place, up to place `most`, are those that it starts with.

    Source: the Z algorithm, D. Gusfield, Algorithms on Strings, Trees and Sequences, Cambridge 1997, section 1.4.
    """
    starts = [len(text)] + [0] * most
    left = right = 0
    for place in range(1, most + 1):
        length = min(right - place, starts[place - left]) if place < right else 0
        while place + length < len(text) and text[length] == text[place + length]:
            length += 1
        starts[place] = length
        if place + length > right:
            left, right = place, place + length
    return starts
