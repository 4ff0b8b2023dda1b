"""What the dialects of VARCO-VISION and InternVL share: text in lines, prose with tags, and questions for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final, cast

from docai.box import WHOLE, Box, hull
from docai.dialects import (
    Decoded,
    Faults,
    Grammar,
    Prompt,
    Said,
    Sight,
    faithful,
    finished,
    joined_likelihood,
    problems_of,
    readable,
)
from docai.dialects.hypertext import table_html
from docai.dialects.questions import UNANSWERED, question
from docai.dialects.replies import chart_text, decode_chart, decode_page, decode_table, page_html
from docai.dialects.tagged import Item, Plain, Tags, answered, found, items_of, pieces_of, tagged, told_answer
from docai.document import Answer, Chart, Content, Mention, Table, Text, Word
from docai.tasks import Task
from docai.tasks.asking import Ask
from docai.tasks.grounding import Find, Name

TASKS: Final = frozenset(["reading", "table", "chart", "grounding", "referring", "ask", "page"])
LOOP_FROM: Final = 10  # times in a row that a line without a box says the same; fewer are printed so, as in columns of dashes
ON_LINE: Final = 0.5  # of the lower word's height that two words of a line share


class Prose:
    """A dialect of lines and tagged prose; what families differ in stands in what `tags` and `read` are, and in `prompt`.

    `tags` are those of prose, `read` those of what is read. `alone` reads boxes that stand without tags.
    """

    tags: Tags
    read: Tags
    tasks = TASKS
    joins_words = False

    def alone(self, text: str) -> list[Box | None]:
        """Return the boxes of a text without tags, None for each that is none."""
        return []

    def prompt(self, task: Task, sight: Sight) -> Prompt:
        """Return how a task is asked, which each family does in its own way."""
        raise NotImplementedError(f"{type(self).__name__} asks nothing")

    def grammar(self, task: Task) -> Grammar | None:
        """Return None: these models were trained on their words, and prose is free."""
        return None

    def encode(self, task: Task, answer: Any, sight: Sight) -> str:
        """Return an answer in the dialect's words.

        Raises:
            ValueError: It has tags in its texts, or else the dialect has no words for it.
        """
        text = self._write(task, answer, sight)
        return faithful(text, lambda said: self.decode(task, said, sight), lambda read: self._write(task, read, sight))

    def decode(self, task: Task, said: Said, sight: Sight) -> Decoded:
        """Return what was said as an answer of the task's type, None where nothing of it can be read."""
        said = readable(said)
        if isinstance(task, Find):
            return found(task.phrase, said, self.tags, alone=self.alone)
        if isinstance(task, Name):
            named = answered(said, self.tags, frozenset())
            return replace(named, answer=_named(task, named.answer))
        if isinstance(task, Ask):
            return answered(said, self.tags, UNANSWERED)
        if task.name == "reading":
            return self._lines(said)
        return {"table": decode_table, "chart": decode_chart, "page": decode_page}[task.name](said)

    def _write(self, task: Task, answer: Any, sight: Sight) -> str:
        if isinstance(task, Find):
            return self._find_text(task, cast("Mention", answer), sight)
        if isinstance(task, Name):
            return _name_text(task, cast("Mention", answer), self.tags)
        if isinstance(task, Ask):
            empty = question("unanswered", sight.languages)
            return told_answer(cast("Answer", answer), self.tags, UNANSWERED, empty)
        if task.name == "reading":
            return "\n".join(line for text in cast("Sequence[Text]", answer) for line in self._text_lines(text))
        if task.name == "table":
            return table_html(cast("Table", answer))
        if task.name == "chart":
            return chart_text(cast("Chart", answer))
        return page_html(cast("Sequence[Content]", answer))

    def _find_text(self, task: Find, mention: Mention, sight: Sight) -> str:
        if mention.phrase != task.phrase:
            raise ValueError(f"asked for {task.phrase!r}, the answer tells of {mention.phrase!r}")
        if not mention.boxes:
            return question("absent", sight.languages)
        return tagged(mention.phrase, mention.boxes, self.tags)

    # Reading

    def _text_lines(self, text: Text) -> list[str]:
        """Return the lines that a text is told in: a word each, or the whole of it where its words have no boxes."""
        told = () if text.box == WHOLE else (text.box,)
        words: list[tuple[str, Sequence[Box]]] = [(word.text, (word.box,)) for word in text.words] or [(text.text, told)]
        if any("\n" in word or not word.strip() for word, _ in words):
            raise ValueError(f"a word is empty, or has several lines, in {text.text[:80]!r}; give it words of one line")
        return [self._line(word, boxes) for word, boxes in words]

    def _line(self, word: str, boxes: Sequence[Box]) -> str:
        return tagged(word, boxes, self.read)

    def _lines(self, said: Said) -> Decoded:
        faults = Faults()
        finished(said, faults)
        if said.finish == "failed":
            faults["answer_unreadable"] += 1
            return Decoded(None, problems_of(faults))
        pieces = pieces_of(said, self.read, faults)
        told = [item for item in items_of(pieces) if item.phrase and (item.complete or item.boxes)]
        if any(not item.complete for item in items_of(pieces)):
            faults["answer_truncated"] = 1
        lines = _without_repeats([*_split(pieces, said)] if self._has_plain(told) else told, faults)
        if not self._has_plain(told):
            faults["answer_strayed"] += sum(isinstance(piece, Plain) and bool(piece.text.strip()) for piece in pieces)
        faults["box_missing"] += sum(not item.boxes for item in lines)
        if not lines and said.text.strip():
            faults["answer_unreadable"] += 1
            return Decoded(None, problems_of(faults))
        return Decoded(tuple(self._texts(lines, said)), problems_of(faults))

    def _has_plain(self, told: Sequence[Item]) -> bool:
        """Return whether text without tags is part of what was read: where nothing is tagged."""
        return not told

    def _texts(self, lines: Sequence[Item], said: Said) -> list[Text]:
        """Return texts: the words of a line together, those without boxes alone."""
        texts: list[Text] = []
        held: list[Word] = []
        for item in lines:
            likelihood, sure = said.likelihood(item.start, item.end), said.confidence(item.start, item.end)
            word = Word(text=item.phrase, box=hull(item.boxes), confidence=sure, likelihood=likelihood) if item.boxes else None
            if held and (word is None or not (self.joins_words and _on_one_line(held[-1].box, word.box))):
                texts.append(_text_of(held))
                held = []
            if word is None:
                texts.append(Text(page_number=1, box=WHOLE, text=item.phrase, likelihood=likelihood))
            else:
                held.append(word)
        return [*texts, _text_of(held)] if held else texts


def _text_of(words: Sequence[Word]) -> Text:
    return Text(
        page_number=1,
        box=hull(word.box for word in words),
        text=" ".join(word.text for word in words),
        words=tuple(words),
        likelihood=joined_likelihood([word.likelihood for word in words]),
    )


def _on_one_line(one: Box, other: Box) -> bool:
    """Return whether a word goes on the line of the one before it."""
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return other.left > one.left and shared >= ON_LINE * min(one.height, other.height)


def _split(pieces: Sequence[Item | Plain], said: Said) -> list[Item]:
    """Return tagged phrases, and the lines of what stands between, in order; a last line that breaks off is none."""
    items: list[Item] = []
    for piece in pieces:
        if isinstance(piece, Item):
            if piece.phrase and (piece.complete or piece.boxes):
                items.append(piece)
            continue
        place = piece.start
        for line in piece.text.split("\n"):
            breaks_off = said.finish == "length" and place + len(line) == len(said.text)
            if line.strip() and not breaks_off:
                items.append(Item(line.strip(), place, place + len(line), place + len(line)))
            place += len(line) + 1
    return items


def _without_repeats(items: Sequence[Item], faults: Faults) -> list[Item]:
    """Return items, each once that has the text and boxes of one before it; and once what is said on and on without boxes."""
    kept: dict[tuple[str, tuple[Box, ...], int], Item] = {}
    for run, (_, group) in enumerate(groupby(items, key=lambda item: (item.phrase, tuple(item.boxes)))):
        own = list(group)
        looping = len(own) >= LOOP_FROM
        for place, item in enumerate(own):
            # a box is of one text alone; lines without may say the same at several places
            key = item.phrase, tuple(item.boxes), 0 if item.boxes else -run - 1 if looping else run * LOOP_FROM + place + 1
            faults["answer_loops"] += key in kept
            kept.setdefault(key, item)
    return list(kept.values())


def _named(task: Name, answer: Answer | None) -> Mention | None:
    if answer is None:
        return None
    return Mention(phrase=answer.text, boxes=(task.box,), confidence=answer.confidence, likelihood=answer.likelihood)


def _name_text(task: Name, mention: Mention, tags: Tags) -> str:
    if mention.boxes != (task.box,):
        raise ValueError(f"asked what stands in {task.box}, the answer tells of {mention.boxes}")
    if not tags.is_plain(mention.phrase):
        raise ValueError(f"{mention.phrase[:80]!r} has tags of the dialect in it, which has no words for them; leave it out")
    return mention.phrase
