"""Prose with tagged phrases and their boxes, as VARCO-VISION and InternVL write it, read by one pass over its tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz import fuzz

from docai.box import Box
from docai.dialects import Decoded, Faults, Said, finished, problems_of
from docai.document import Answer, Mention

ALIKE: Final = 60.0  # least likeness, 0..100, of a phrase that was found with the one that was asked for

_PARTIAL: Final = re.compile(r"</?\w*$")  # a tag that breaks off

Boxes = Callable[[str], list[Box | None]]


@dataclass(frozen=True, slots=True)
class Tags:
    """What a family writes round phrases and round boxes, and how it writes boxes.

    Attributes:
        phrase: The tag round phrases.
        box: The tag round boxes.
        others: What else the tags of the family are.
        boxes_in: What reads the boxes that stand between the tags, None for each that is none.
        complete: What cuts off, of a text between tags that breaks off, what is not complete.
        written: What writes boxes, without the tags.
    """

    phrase: str
    box: str
    others: tuple[str, ...]
    boxes_in: Boxes
    complete: Callable[[str], str]
    written: Callable[[Sequence[Box]], str]

    def pattern(self) -> re.Pattern[str]:
        """Return what finds the tags round phrases and boxes."""
        return re.compile(f"<(/?)({self.phrase}|{self.box})>")

    def is_plain(self, text: str) -> bool:
        """Return whether a text has none of the family's tags in it."""
        names = "|".join([self.phrase, self.box, *self.others])
        return re.search(f"</?(?:{names})>", text) is None


@dataclass(slots=True)
class Item:
    """A phrase that was tagged, from `start` to `end` in what was said, and its boxes, which end at `over`.

    `phrase` is empty where a box stands alone. `complete` is false where it breaks off; then the boxes are those before.
    """

    phrase: str
    start: int
    end: int
    over: int
    boxes: list[Box] = field(default_factory=list)
    boxed: bool = False
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Plain:
    """A text between tagged phrases."""

    text: str
    start: int
    end: int


def pieces_of(said: Said, tags: Tags, faults: Faults) -> list[Item | Plain]:
    """Return the tagged phrases of what was said and what stands between, in order; closing tags may be missing.

    Of an answer that was cut off, a tag that is not whole is left out, and a phrase at the end is not complete: boxes may follow.
    """
    text = said.text if said.finish != "length" else _PARTIAL.sub("", said.text)
    pieces: list[Item | Plain] = []
    matches = [*tags.pattern().finditer(text), None]
    opened, start = "", 0
    for match in matches:
        end = match.start() if match else len(text)
        closing, name = match.groups() if match else ("", "")
        inner = text[start:end]
        if opened == tags.phrase:
            pieces.append(Item(inner.strip(), start, end, end, complete=match is not None))
        elif opened == tags.box:
            _put_boxes(_boxed(pieces, start), inner, end, tags, faults, complete=match is not None)
        elif inner:
            pieces.append(Plain(inner, start, end))
        opened, start = "" if closing else name, match.end() if match else end
    last = pieces[-1] if pieces else None
    if said.finish == "length" and isinstance(last, Item) and not last.boxed:
        last.complete = False
    return pieces


def _boxed(pieces: list[Item | Plain], start: int) -> Item:
    """Return the phrase that a box belongs to: the one just before it, or else one without words."""
    if pieces and isinstance(pieces[-1], Plain) and not pieces[-1].text.strip() and len(pieces) > 1:
        before = pieces[-2]
        if isinstance(before, Item) and not before.boxed:
            pieces.pop()
    last = pieces[-1] if pieces else None
    if not isinstance(last, Item) or last.boxed:
        last = Item("", start, start, start)
        pieces.append(last)
    return last


def _put_boxes(item: Item, inner: str, end: int, tags: Tags, faults: Faults, *, complete: bool) -> None:
    told = tags.boxes_in(inner if complete else tags.complete(inner))
    faults["box_invalid"] += sum(box is None for box in told) + (complete and not told)
    item.boxes = list(dict.fromkeys(box for box in told if box is not None))
    item.boxed, item.complete, item.over = True, complete, end


def items_of(pieces: Sequence[Item | Plain]) -> Iterator[Item]:
    """Give the tagged phrases among pieces."""
    return (piece for piece in pieces if isinstance(piece, Item))


def tagged(phrase: str, boxes: Sequence[Box], tags: Tags) -> str:
    """Return a phrase with its boxes as a family writes it.

    Raises:
        ValueError: The phrase has tags in it.
    """
    if not tags.is_plain(phrase):
        raise ValueError(f"{phrase[:80]!r} has tags of the dialect in it, which has no words for them; leave it out")
    box = f"<{tags.box}>{tags.written(boxes)}</{tags.box}>" if boxes else ""
    return f"<{tags.phrase}>{phrase}</{tags.phrase}>{box}"


# Grounding


def found(phrase: str, said: Said, tags: Tags, *, alone: Boxes | None = None) -> Decoded:
    """Return the `Mention` of a phrase that was asked for: the boxes of what was tagged with it, or with the likest.

    `alone` reads boxes of a text without tags.
    """
    faults = Faults()
    finished(said, faults)
    pieces = pieces_of(said, tags, faults)
    items = [item for item in items_of(pieces) if item.boxes]
    tried = any(item.boxed or not item.complete for item in items_of(pieces))
    if not tried and alone is not None:
        told = alone(said.text)
        tried = bool(told)
        faults["box_invalid"] += sum(box is None for box in told)
        boxes = list(dict.fromkeys(box for box in told if box is not None))
        items = [Item(phrase, 0, len(said.text), len(said.text), boxes)] if boxes else []
    if any(not item.complete for item in items_of(pieces)):
        faults["answer_truncated"] = 1
    if not items or said.finish == "failed":
        if tried or not said.text.strip() or said.finish in ("failed", "length"):
            faults["answer_unreadable"] += 1
            return Decoded(None, problems_of(faults))
        start, end, boxes = 0, len(said.text), []
    else:
        chosen = _asked_for(phrase, items)
        boxes = list(dict.fromkeys(box for item in chosen for box in item.boxes))
        start, end = chosen[0].start, chosen[0].over
    mention = Mention(
        phrase=phrase, boxes=tuple(boxes), confidence=said.confidence(start, end), likelihood=said.likelihood(start, end)
    )
    return Decoded(mention, problems_of(faults))


def _asked_for(phrase: str, items: Sequence[Item]) -> list[Item]:
    """Return the items of a phrase: those that say it, or else all of the likest, or else the first."""
    same = [item for item in items if item.phrase.casefold() == phrase.casefold().strip()]
    if same:
        return same
    likeness = [fuzz.WRatio(item.phrase, phrase) for item in items]
    if max(likeness) >= ALIKE:
        return [item for item, one in zip(items, likeness, strict=True) if one == max(likeness)]
    return [item for item in items if item.phrase == items[0].phrase]


# Answers in prose


def answered(said: Said, tags: Tags, unanswered: frozenset[str]) -> Decoded:
    """Return the `Answer` that was said: its text without tags, and what was tagged in it."""
    faults = Faults()
    finished(said, faults)
    pieces = pieces_of(said, tags, faults)
    mentions, texts = [], []
    for piece in pieces:
        if isinstance(piece, Plain):
            texts.append(piece.text)
            continue
        texts.append(said.text[piece.start : piece.end])
        if not piece.complete:
            faults["answer_truncated"] = 1
        if not piece.phrase:
            faults["answer_strayed"] += bool(piece.boxes)
        elif piece.complete or piece.boxes:
            mentions.append(
                Mention(
                    phrase=piece.phrase,
                    boxes=tuple(piece.boxes),
                    confidence=said.confidence(piece.start, piece.over),
                    likelihood=said.likelihood(piece.start, piece.over),
                )
            )
    text = "".join(texts).strip()
    if not text or said.finish == "failed":
        faults["answer_unreadable"] += 1
        return Decoded(None, problems_of(faults))
    whole = (0, len(said.text))
    answer = Answer(
        text="" if text in unanswered else text,
        mentions=tuple(mentions),
        confidence=said.confidence(*whole),
        likelihood=said.likelihood(*whole),
    )
    return Decoded(answer, problems_of(faults))


def told_answer(answer: Answer, tags: Tags, unanswered: frozenset[str], empty: str) -> str:
    """Return an answer with its mentions tagged where they stand in its text.

    Raises:
        ValueError: It has tags in its text, is what stands for no answer, or a mention is not in its text, in order.
    """
    if not tags.is_plain(answer.text) or answer.text in unanswered:
        raise ValueError(f"the dialect has no words for the answer {answer.text[:80]!r}; leave it out")
    pieces, place = [], 0
    for mention in answer.mentions:
        start = answer.text.find(mention.phrase, place) if mention.phrase else -1
        if start < 0:
            raise ValueError(f"{mention.phrase[:80]!r} does not stand in the answer, after the mentions before it")
        pieces += [answer.text[place:start], tagged(mention.phrase, mention.boxes, tags)]
        place = start + len(mention.phrase)
    return "".join([*pieces, answer.text[place:]]) if answer.text else empty
