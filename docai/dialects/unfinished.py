"""JSON as models write it: with prose and fences round it, small slips in it, and broken off anywhere.

What is complete is kept, each value with where it stands. Repaired is only what can be meant in one way: commas too many or
missing, curly quotes and full-width signs for the plain ones, line breaks in strings, and quotation marks inside a string that no
comma, colon or bracket follows. Words that are no JSON, such as NaN, are texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Union

MOST_DEPTH: Final = 40  # of nested brackets; what goes deeper is no answer to any task
_OPENING: Final = {'"': '"', "“": "”", "”": "”", "„": "“"}
_BLANK: Final = re.compile(r"\s*")
_BARE: Final = re.compile(r"""[^\s,，:：\[\]{}"“”]+""")
_FENCE: Final = re.compile(r"^[ \t]*```(?:json)?\s*[\[{]", re.IGNORECASE | re.MULTILINE)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_ENDS: Final = re.compile(r"\s*(?:[,，:：\]}]|$)")
_WORDS: Final = {"null": None, "None": None, "true": True, "True": True, "false": False, "False": False}
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}

Value = Union[None, bool, float, str, list["Node"], dict[str, "Node"]]  # noqa: UP007  # strings cannot be joined by |


@dataclass(slots=True)
class Node:
    """A value of JSON from `start` to `end`, a text without its quotes; `complete` is false of brackets that are not closed."""

    value: Value
    start: int
    end: int
    complete: bool = True

    @property
    def items(self) -> list[Node]:
        """What a list holds, nothing of anything else."""
        return self.value if isinstance(self.value, list) else []

    @property
    def fields(self) -> dict[str, Node]:
        """What an object holds, nothing of anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def text(self) -> str:
        """A text, or a number as it is written; nothing of anything else."""
        if isinstance(self.value, str):
            return self.value
        return plain_number(self.value) if isinstance(self.value, float) and not isinstance(self.value, bool) else ""

    def get(self, *names: str) -> Node | None:
        """Return the first field of an object that is there."""
        return next((self.fields[name] for name in names if name in self.fields), None)


def plain_number(value: float) -> str:
    """Return a number as it is written: whole ones without decimals."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)  # digits that a float keeps


def read_json(text: str) -> Node | None:
    """Return the JSON of an answer: the longest that begins at a bracket, in a fence where there is one; None where there is none.

    Where it breaks off, its last brackets are not complete, and the text or number that broke off is left out.
    """
    best: Node | None = None
    fence = _FENCE.search(text)
    place = fence.end() - 1 if fence else 0
    while (match := re.compile(r"[\[{]").search(text, place)) is not None:
        node = _Reader(text, match.start()).read()
        if best is None or node.end - node.start > best.end - best.start:
            best = node
        place = max(node.end, match.end())
    return best


class _Reader:
    """A reader of one value: the brackets that are open, with the key that waits for a value in each."""

    def __init__(self, text: str, place: int) -> None:
        self.text = text
        self.place = place
        self.open: list[Node] = []
        self.keys: list[tuple[str, bool] | None] = []  # of each open object: its last key, and whether a colon followed
        self.depth = 0  # of brackets too deep to be kept

    def read(self) -> Node:
        """Return the value that begins here."""
        while True:
            self.place = _BLANK.match(self.text, self.place).end()  # type: ignore[union-attr]  # it matches nothing too
            if self.place >= len(self.text):
                return self._broken_off()
            sign = self.text[self.place]
            if sign in "[{":
                self._begin(sign)
            elif sign in "]}":
                done = self._end(sign)
                if done is not None:
                    return done
            elif sign in ",，":
                self.place += 1
            elif sign in ":：":
                self.place += 1
                if self.keys and (key := self.keys[-1]) is not None:
                    self.keys[-1] = (key[0], True)
            else:
                self._take_scalar(sign)

    def _begin(self, sign: str) -> None:
        if self.depth or len(self.open) >= MOST_DEPTH:
            self.depth += 1
        else:
            node = Node([] if sign == "[" else {}, self.place, len(self.text), complete=False)
            if self.open:
                self._put(node)
            self.open.append(node)
            self.keys.append(None)
        self.place += 1

    def _end(self, sign: str) -> Node | None:
        self.place += 1
        if self.depth:
            self.depth -= 1
            return None
        kind: type[Any] = list if sign == "]" else dict
        if not any(isinstance(node.value, kind) for node in self.open):
            return None  # closes nothing
        while True:  # what is open inside was not closed, and ends here
            node = self.open.pop()
            self.keys.pop()
            node.end, node.complete = self.place, True
            if isinstance(node.value, kind):
                return None if self.open else node

    def _take_scalar(self, sign: str) -> None:
        if sign in _OPENING:
            start = self.place + 1
            text = self._string(_OPENING[sign])
            if text is None:
                self.place = len(self.text)
                return
            node = Node(text, start, self.place - 1)
        else:
            match = _BARE.match(self.text, self.place)
            if match is None:  # a sign that no value begins with
                self.place += 1
                return
            self.place = match.end()
            if self.place == len(self.text):  # more of it may have been to come
                return
            node = Node(_bare(match[0]), match.start(), match.end())
        if not self.depth:
            self._put(node)

    def _string(self, closing: str) -> str | None:
        """Return the string that begins here, and go on behind it; None where it is not closed."""
        pieces: list[str] = []
        place, text = self.place + 1, self.text
        sought = re.compile(f'[\\\\{closing}"]' if closing != '"' else r'[\\"]')
        while (match := sought.search(text, place)) is not None:
            pieces.append(text[place : match.start()])
            if match[0] == "\\":
                told, place = _escape(text, match.end())
                pieces.append(told)
                continue
            place = match.end()
            if _ENDS.match(text, place) or self._is_followed_by_value(place):
                self.place = place
                return "".join(pieces)
            pieces.append(match[0])
        return None

    def _is_followed_by_value(self, place: int) -> bool:
        """Return whether a comma was left out: the next line begins with a string or a bracket."""
        return re.compile(r'[ \t]*\r?\n\s*["“\[{]').match(self.text, place) is not None

    def _put(self, node: Node) -> None:
        last = self.open[-1].value
        if isinstance(last, list):
            last.append(node)
        elif isinstance(last, dict):
            key = self.keys[-1]
            if key is not None and key[1]:
                last[key[0]] = node
                self.keys[-1] = None
            elif not isinstance(node.value, (list, dict)):
                self.keys[-1] = (node.text, False)

    def _broken_off(self) -> Node:
        return self.open[0]


def _bare(word: str) -> Value:
    if word in _WORDS:
        return _WORDS[word]
    if _NUMBER.fullmatch(word):
        value = float(word)
        return value if abs(value) != float("inf") else word
    return word


def _escape(text: str, place: int) -> tuple[str, int]:
    """Return what stands behind a backslash means, and where it ends."""
    sign = text[place : place + 1]
    if sign == "u" and re.fullmatch("[0-9a-fA-F]{4}", text[place + 1 : place + 5]):
        code, place = int(text[place + 1 : place + 5], 16), place + 5
        low = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})").match(text, place)
        if 0xD800 <= code < 0xDC00 and low is not None:  # two halves of a letter
            return chr(0x10000 + ((code - 0xD800) << 10) + int(low[1], 16) - 0xDC00), low.end()
        return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code), place
    if sign in _ESCAPES:
        return _ESCAPES[sign], place + 1
    return sign if sign in '"\\/' else f"\\{sign}", place + 1  # LaTeX is often written with single backslashes
