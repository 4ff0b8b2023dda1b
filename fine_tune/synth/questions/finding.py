"""What is to be found on a drawn page, what stands at a place of it, and what its fields say."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from random import Random
from typing import Final

from docai.box import Box, hull
from docai.document import Answer, Mention, Text, Word
from docai.tasks.asking import Ask
from docai.tasks.grounding import Find, Name
from fine_tune.samples import Turn
from fine_tune.synth.pages.labels import LABELS
from fine_tune.synth.questions.paper import Paper, joined
from fine_tune.synth.questions.texts import Made
from fine_tune.synth.questions.words import asked, said
from fine_tune.synth.words import VOCABULARIES

LONGEST: Final = 4  # words of a phrase that is looked for
NAMED: Final = 8  # words of a text that is named; more is to be read, not to be named
MOST_PLACES: Final = 6  # at which a phrase stands that is looked for; a page has dozens of "the"
ABSENT: Final = 0.2  # of phrases that are looked for and of fields that are asked for in vain
TRIES: Final = 12  # phrases that are tried until one can be asked for without doubt
NEAR: Final = 0.35  # of findings that are shown a part of the page, on which small models learn first
OWN_LABEL: Final = 0.6  # of fields that are asked for as the page calls them; the rest under another of their names

# Of the names of labels, those of headings, of columns, and of what has no value in words
NO_FIELDS: Final = frozenset(
    "invoice form personal more choices page_thanks terms signature item quantity unit_price amount".split()
)


def grounding(paper: Paper, random: Random, most: int) -> Made | None:
    """Return phrases to find: once there, several times, or not at all; None on a page without words that can be asked for.

    A phrase is made of whole words that stand beside each other; small and large letters are the same, as are signs
    round them, so that none is asked for that somebody might see elsewhere as well.
    """
    lines, box = list(paper.runs), None
    if lines and random.random() < NEAR:
        near = random.choice(paper.blocks).content.words
        box = paper.cut_out(near)
        if box is not None:
            words = set(map(id, near))
            lines = [line for line in lines if id(line[0]) in words]
    turns: list[Turn] = []
    for _ in range(random.randint(1, most)):
        turn = _absent(paper, lines, random) if not lines or random.random() < ABSENT else _present(lines, random)
        if turn is not None and all(turn.task != other.task for other in turns):
            turns.append(turn)
    if not turns:
        return None
    return paper.view(box) if box is not None else paper.view(), tuple(turns)


def _present(lines: Sequence[Sequence[Word]], random: Random) -> Turn | None:
    for _ in range(TRIES):
        line = random.choice(lines)
        count = random.randint(1, min(LONGEST, len(line)))
        start = random.randrange(len(line) - count + 1)
        phrase = joined(line[start : start + count])
        places = places_of(phrase, lines)
        if places is not None and 0 < len(places) <= MOST_PLACES and any(map(str.isalnum, phrase)):
            return Turn(Find(phrase), Mention(phrase=phrase, boxes=tuple(dict.fromkeys(places))))
    return None


def _absent(paper: Paper, lines: Sequence[Sequence[Word]], random: Random) -> Turn | None:
    """Return a phrase that is not there: of other pages, or one of this page with a figure or a word changed."""
    others = VOCABULARIES[paper.drawn.language].prose.replace("|", " ").split()
    there = {plain(word.text) for line in lines for word in line}
    for _ in range(TRIES):
        words = [word.text for word in random.choice(lines)[:LONGEST]] if lines and random.random() < 0.5 else []
        if words:
            place = random.randrange(len(words))
            words[place] = _changed(words[place], random) if any(map(str.isdigit, words[place])) else random.choice(others)
        else:
            start = random.randrange(len(others) - LONGEST)
            words = others[start : start + random.randint(1, LONGEST)]
        if any(plain(word) and plain(word) not in there for word in words):
            phrase = " ".join(words)
            return Turn(Find(phrase), Mention(phrase=phrase))
    return None


def _changed(text: str, random: Random) -> str:
    """Return a text with one of its figures another one."""
    place = random.choice([place for place, sign in enumerate(text) if sign.isdigit()])
    return text[:place] + random.choice([figure for figure in "0123456789" if figure != text[place]]) + text[place + 1 :]


def plain(text: str) -> str:
    """Return a word without the signs round it, in small letters."""
    start, end = 0, len(text)
    while start < end and unicodedata.category(text[start])[0] in "PSZ":
        start += 1
    while end > start and unicodedata.category(text[end - 1])[0] in "PSZ":
        end -= 1
    return text[start:end].casefold()


def places_of(phrase: str, lines: Sequence[Sequence[Word]]) -> list[Box] | None:
    """Return where a phrase stands in lines of words, in their order; None where something so like it stands that one may doubt.

    Doubtful are the same words with other signs or in letters of another size, and the same words broken over two lines.
    """
    exact, alike = phrase.split(" "), [plain(word) for word in phrase.split(" ")]
    found: list[Box] = []
    for line in lines:
        texts = [word.text for word in line]
        for start in range(len(texts) - len(exact) + 1):
            part = texts[start : start + len(exact)]
            if part == exact:
                found.append(hull(word.box for word in line[start : start + len(exact)]))
            elif all(map(_reads_as, part, alike)):
                return None
    stream = [plain(word.text) for line in lines for word in line]
    told = sum(stream[start : start + len(alike)] == alike for start in range(len(stream) - len(alike) + 1))
    return found if told == len(found) else None


def _reads_as(text: str, wanted: str) -> bool:
    """Return whether somebody may take a word for another; a word that holds it, as Korean words hold their stems, included."""
    return wanted in plain(text) if wanted else False


def referring(paper: Paper, random: Random, most: int) -> Made | None:
    """Return places of which to tell what stands there: words, lines, short blocks, tables, charts; None on an empty page."""
    contents = [block.content for block in paper.blocks if block.content.words or not isinstance(block.content, Text)]
    if not contents:
        return None
    language, turns = paper.drawn.language, list[Turn]()
    for _ in range(random.randint(1, most)):
        content = random.choice(contents)
        if not isinstance(content, Text):
            phrase, box = said(type(content).__name__, language), content.box
        elif len(content.words) <= NAMED and random.random() < 0.6:
            phrase, box = joined(content.words), hull(word.box for word in content.words)
        else:
            own = set(map(id, content.words))
            line = random.choice([line for line in paper.runs if id(line[0]) in own])
            count = random.randint(1, min(NAMED, len(line)))
            start = random.randrange(len(line) - count + 1)
            phrase, box = joined(line[start : start + count]), hull(word.box for word in line[start : start + count])
        turn = Turn(Name(box), Mention(phrase=phrase, boxes=(box,)))
        if all(turn.task != other.task for other in turns):
            turns.append(turn)
    return paper.view(), tuple(turns)


def keys(paper: Paper, random: Random, most: int, *, held_out: bool) -> Made | None:
    """Return fields to ask for, by the label that the page has or by another name of the same; None on a page without fields.

    One in five is not on the page.
    """
    drawn, language = paper.drawn, paper.drawn.language
    labels = [field.label.casefold() for field in drawn.fields]
    own = [field for field in drawn.fields if labels.count(field.label.casefold()) == 1]
    if not own:
        return None
    names, written = LABELS[language], joined(paper.words).casefold()
    # what is missing under all its names: a page may have what is no field, such as a column of that name
    absent = [name for name, forms in names.items() if not any(form.casefold() in written for form in forms.split(" | "))]
    missing = [name for name in absent if name not in NO_FIELDS]
    turns: dict[Ask, Turn] = {}
    for field in random.sample(own, min(len(own), random.randint(1, most))):
        if missing and random.random() < ABSENT:
            label, answer = _called(names[random.choice(missing)], random, held_out=held_out), Answer(text="")
        else:
            renamed = field.name in names and random.random() > OWN_LABEL
            label = _called(names[field.name], random, held_out=held_out) if renamed else field.label
            others = [other for other in drawn.fields if other is not field]
            if any(label in (other.label, *names.get(other.name, "").split(" | ")) for other in others):
                label = field.label  # which is its own, while the other may be that of two
            answer = Answer(text=field.value, mentions=(Mention(phrase=field.value, boxes=(field.box,)),))
        task = Ask(asked("field", language, random, label, held_out=held_out))
        turns[task] = Turn(task, answer)
    return paper.view(), tuple(turns.values())


def _called(forms: str, random: Random, *, held_out: bool) -> str:
    """Return one of the names of a field; the last is that of held-out pages alone."""
    own = forms.split(" | ")
    return own[-1] if held_out else random.choice(own[:-1] or own)
