"""Letters that are taken for each other: Vietnamese tones, Hangul that differ by a stroke, Latin letters alike in print."""

from __future__ import annotations

import unicodedata
from random import Random
from typing import Final

# Groups of code points of normal form D, in which a toned letter is a letter with marks and a syllable of Hangul its jamo. They
# were chosen by their shapes: of each group, one is another with a stroke more, less or turned.
_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"  # grave, acute, tilde, hook, dot below: the five marked tones of Vietnamese
_SHAPES: Final = "\u0302\u0306\u031b"  # circumflex, breve, horn: which vowel it is
_LATIN: Final = ("dđ", "DĐ", "ceo", "ilI", "nh", "uv", "BR", "CG", "OQ", "EF")
# In each group syllables differ in one jamo only: first those that begin them, then vowels, then those that end them.
_HANGUL: Final = (
    *("가까카", "다따타", "바빠파", "사싸자짜차", "아하"),
    *("가갸", "거겨", "고교", "구규", "개걔게계"),
    *("각갂갘", "갇갈같", "감강", "갑갚", "갓갔갖갗"),
)


def _jamo(syllables: str) -> str:
    """Return the jamo in which syllables differ."""
    columns = zip(*(unicodedata.normalize("NFD", syllable) for syllable in syllables), strict=True)
    return next("".join(column) for column in columns if len(set(column)) > 1)


_GROUPS: Final = (_TONES, _SHAPES, *_LATIN, *map(_jamo, _HANGUL))
_GROUP_OF: Final = {letter: group for group in _GROUPS for letter in group}


def confused(text: str, random: Random) -> str | None:
    """Return a text with one letter taken for another that looks like it, or without its tone; None where none can be."""
    letters = list(unicodedata.normalize("NFD", text))
    places = [place for place, letter in enumerate(letters) if letter in _GROUP_OF]
    if not places:
        return None
    place = random.choice(places)
    group = _GROUP_OF[letters[place]]
    others = [letter for letter in group if letter != letters[place]]
    dropped = [""] if group in (_TONES, _SHAPES) else []
    letters[place] = random.choice(others + dropped)
    return unicodedata.normalize("NFC", "".join(letters))


def plain(text: str) -> str:
    """Return a text so that those that differ by look-alikes only are the same: without marks, one letter of each group."""
    letters = unicodedata.normalize("NFD", text)
    return "".join(_GROUP_OF.get(letter, letter)[0] for letter in letters if not unicodedata.combining(letter))
