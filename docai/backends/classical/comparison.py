"""Readings of one line held against each other: by language, by script, and by a second engine where the first is unsure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final

import numpy as np

from docai.backends.classical.engines import LineEngine, ReadLine, ReadWord
from docai.backends.classical.strips import Strip
from docai.document import Reading
from docai.lines import is_hangul

# Taken off the confidence of a Korean reading without Hangul: digits and Latin letters are read better by others
NO_HANGUL: Final = 0.08
FOREIGN: Final = 0.3  # that another language than the page's must be read better by; poor print is often read as another
UNSURE: Final = 0.95  # confidence of a line of Latin letters below which a second engine is asked
BELIEVED: Final = 0.8  # confidence of the second engine from which on it is believed: measured on receipts, it errs less there
SURE: Final = 0.8  # confidence of a line from which on no other language is tried
SPACE: Final = 0.7  # units that a space is wide at least; gaps of letters in fixed-width fonts reach 0.6
SIGNS, SIGN_SPACE = frozenset(":#@=-"), 0.25  # signs that stand apart on receipts, and the units that they then do at least
DOUBT: Final = 0.3  # confidence of a second engine that reads nothing, or nothing like it
ALIKE: Final = 0.8  # similarity of two readings from which on they see the same letters, so that the spaces of one fit the other
CODE_GAP: Final = 0.1  # that the engine of Latin script may be less sure of a code; the Korean one is sure of "8-2" for "B-2"
CODE_MARGIN: Final = 3  # pixels of a strip around a code that is read again

_VIETNAMESE = re.compile(r"[\u0102\u0103\u0110\u0111\u0128\u0129\u0168\u0169\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]")


@dataclass(frozen=True, slots=True)
class Opinion:
    """The best reading of a line, and for each of its words what other readings have there, where they differ."""

    line: ReadLine
    readings: tuple[tuple[Reading, ...], ...]


def is_korean(text: str) -> bool:
    """Return whether there is Hangul in a text."""
    return any(map(is_hangul, text))


def read_line(
    strip: Strip,
    language: str,
    readers: Mapping[str, LineEngine],
    second: LineEngine | None,
    first: ReadLine | None = None,
) -> Opinion:
    """Return the best reading of a strip on a page in `language`.

    Where that language's reader is unsure of Latin letters, `second`, which reads them another way, is asked, and where
    both are, the readers of the other languages. `first` is what the page's language reads there, where that is known.
    """
    rest: list[ReadLine] = []
    best = first or readers[language].read(strip)
    foreign = language == "ko" and not is_korean(best.text)
    if second is not None and second.name != best.engine and best.confidence < UNSURE and _is_plain_latin(best.text):
        best, rest = _held_against(best, second.read(strip), strip.unit)
    if best.confidence < SURE or foreign:
        worth = _worth(language, best) + (0.0 if foreign else FOREIGN)
        for name, other in [(name, engine.read(strip)) for name, engine in readers.items() if name != language]:
            if _worth(name, other) > worth:
                best, rest, language, worth = other, [best, *rest], name, _worth(name, other)
            else:
                rest.append(other)
    if language == "ko" and is_korean(best.text):
        return _with_codes(strip, best, rest, readers)
    return Opinion(best, tuple(_readings(word, rest) for word in best.words))


def _is_plain_latin(text: str) -> bool:
    return bool(text) and not _VIETNAMESE.search(text) and not is_korean(text)


def _held_against(first: ReadLine, second: ReadLine, unit: float) -> tuple[ReadLine, list[ReadLine]]:
    """Return the better of two engines' readings and those that were not taken; where they agree, they are surer."""
    if second.words and _letters(second.text) == _letters(first.text):
        sure = max(first.confidence, second.confidence)
        agreed = _spaced(first, second, unit)
        return replace(agreed, words=tuple(word._replace(confidence=max(word.confidence, sure)) for word in agreed.words)), []
    if second.confidence >= BELIEVED:
        return _spaced(second, first, unit), [first]
    if first.confidence >= SURE:
        return first, [second]
    better, other = (second, first) if second.confidence > first.confidence else (first, second)
    doubt = max(other.confidence, DOUBT)  # two that are unsure and see different letters are not half as sure as either
    return replace(better, words=tuple(word._replace(confidence=word.confidence * doubt) for word in better.words)), [other]


def _worth(language: str, line: ReadLine) -> float:
    return line.confidence - (NO_HANGUL if language == "ko" and not is_korean(line.text) else 0.0)


def _letters(text: str) -> str:
    return text.replace(" ", "")


def _readings(word: ReadWord, others: Sequence[ReadLine]) -> tuple[Reading, ...]:
    """Return what other readings have in the place of a word, where it differs."""
    readings = []
    for line in others:
        there = [other for other in line.words if word.left <= (other.left + other.right) / 2 <= word.right]
        text = " ".join(other.text for other in there)
        if text and text != word.text:
            sure = min(1.0, max(0.0, sum(other.confidence for other in there) / len(there)))
            readings.append(Reading(source=line.engine, text=text, confidence=round(sure, 4)))
    return tuple(readings)


def _spaced(line: ReadLine, other: ReadLine, unit: float) -> ReadLine:
    """Return a line with the spaces of another reading of it added: the network of Latin script loses some."""
    text, theirs = _letters(line.text), _letters(other.text)
    matcher = SequenceMatcher(None, theirs.upper(), text.upper(), autojunk=False)
    if matcher.ratio() < ALIKE:
        return line
    places = {}  # of a letter of theirs in ours
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            places[block.a + step] = block.b + step
    cuts, done = set(), 0
    for word, following in pairwise(other.words):
        done += len(word.text)
        least = SIGN_SPACE if word.text[-1] in SIGNS or following.text[0] in SIGNS else SPACE
        if following.left - word.right < least * unit:
            continue
        before, behind = places.get(done - 1), places.get(done)
        if before is not None and behind in (None, before + 1):
            cuts.add(before + 1)
        elif before is None and behind is not None:
            cuts.add(behind)
    words: list[ReadWord] = []
    done = 0
    for word in line.words:
        inner = sorted(cut - done for cut in cuts if done < cut < done + len(word.text))
        letter = (word.right - word.left) / len(word.text)
        for start, end in zip([0, *inner], [*inner, len(word.text)], strict=True):
            words.append(word._replace(text=word.text[start:end], left=word.left + start * letter, right=word.left + end * letter))
        done += len(word.text)
    return ReadLine(line.engine, tuple(words))


def _with_codes(strip: Strip, line: ReadLine, rest: Sequence[ReadLine], readers: Mapping[str, LineEngine]) -> Opinion:
    """Return a Korean line whose Latin codes and numbers are read again by the engine of Latin script.

    Tesseract's Korean model takes "B-2" for "8-2"; its English one does not.
    """
    latin = next((engine for language, engine in readers.items() if language != "ko"), None)
    words, readings = [], []
    for word in line.words:
        others = list(_readings(word, rest))
        if latin is not None and _is_code(word.text):
            again = latin.read(_part(strip, word))
            if len(again.words) == 1 and again.confidence >= word.confidence - CODE_GAP and again.text != word.text:
                others = [reading for reading in others if reading.text != again.text]
                others.append(Reading(source=line.engine, text=word.text, confidence=round(word.confidence, 4)))
                word = word._replace(text=again.text, confidence=again.confidence)  # noqa: PLW2901
        words.append(word)
        readings.append(tuple(others))
    return Opinion(replace(line, words=tuple(words)), tuple(readings))


def _is_code(text: str) -> bool:
    """Return whether a word in a Korean line is a number or a code: letters or digits, more than one sign, and no Hangul."""
    return len(text) > 1 and not is_korean(text) and any(map(str.isalnum, text))


def _part(strip: Strip, word: ReadWord) -> Strip:
    """Return the part of a strip that holds a word, with white at both ends."""
    left = max(0, int(word.left) - CODE_MARGIN)
    right = min(strip.picture.shape[1], int(word.right) + CODE_MARGIN)
    part = strip.picture[:, left:right]
    padded = np.pad(part, ((0, 0), (strip.margin, strip.margin)), constant_values=255)
    return replace(strip, picture=np.asarray(padded, np.uint8))
