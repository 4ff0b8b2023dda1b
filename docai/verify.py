"""What a model said, held against what stands on the page: a number that the page does not have is told, never believed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rapidfuzz.distance import Levenshtein

from docai import document
from docai.chart_evidence import against_words, weighed
from docai.document import Cell, Chart, Problem, Reading, Table, Text, Word, mean_confidence
from docai.exchange import Reply
from docai.sources import SourceWord

TRUSTED: Final = 0.6  # confidence from which on a word that was read from a picture may contradict a model
CONTRADICTED: Final = 0.3  # what is left of the confidence of a value that contradicts the page
COVERED: Final = 0.8  # share of a region's words that an answer must hold to be chosen
MOST_WRONG: Final = 0.1  # share of an answer's numbers that may contradict the page where it is chosen all the same
ALIKE: Final = 0.5  # share of the words of two readings of a text that are the same where they read the same text
MOST_LISTED: Final = 10  # values that a problem names
MOST_GROUPS: Final = 4  # of digits that spaces set apart in a number, which is below a million millions then
HYPHENS: Final = "-\u00ad\u2010"  # that part a word between lines
CONTRADICTS: Final = "number_contradicts_page"
DIFFERS: Final = "chart_readings_differ"
_NUMBER: Final = re.compile(r"\d(?:[\d.,'’ \u00a0\u2009\u202f]*\d)?")  # with all that sets thousands apart


def choose(rules: Reply, model: Reply, words: Sequence[SourceWord]) -> Reply:
    """Return which of two answers about a table or chart holds, that of rules and geometry or that of a model.

    The model's is verified first; it holds where there is no other, or where it has nearly all of the words that stand there,
    few numbers that do not, and the other is less sure. Usage and problems of an answer that does not hold are kept, as notes
    where there is another. Of two charts, the better evidence of each value holds.
    """
    if isinstance(rules.answer, Chart) and isinstance(model.answer, Chart):
        return _weighed_reply(rules, model, words)
    held, problems = against_page(model.answer, words)
    checked = replace(model, answer=held, problems=(*model.problems, *problems))
    if held is not None and (rules.answer is None or (_holds(held, words) and rules.confidence < checked.confidence)):
        return checked
    told = model.problems
    if rules.answer is not None:
        told = tuple(document.replace(problem, severity="note") for problem in told)
    return replace(rules, problems=(*rules.problems, *told), usage=model.usage)


def against_page(answer: Table | Chart | None, words: Sequence[SourceWord]) -> tuple[Table | Chart | None, tuple[Problem, ...]]:
    """Return an answer in which numbers that are not among the words of its region are less sure, and a problem that names them.

    Words that were read from a picture contradict where they are sure enough, and confirm in any case; without any words, nothing
    is said. The values of a chart need not be printed: those that are become surer, and those that are not are doubted only where
    nearly all others of their series are printed.
    """
    known, telling = _numbers(words), _tell_numbers(words)
    wrong: list[str] = []
    if isinstance(answer, Chart):
        answer, wrong = against_words(answer, words, trusted=telling)
    elif answer is not None and telling:
        cells = []
        for cell in answer.cells:
            odd = [number for number in _digits(cell.text) if number not in known]
            wrong += [cell.text] * bool(odd)
            cells.append(_doubted(cell, words) if odd else cell)
        answer = document.replace(answer, cells=tuple(cells))
    if answer is None or not wrong:
        return answer, ()
    listed = ", ".join(wrong[:MOST_LISTED]) + (" …" if len(wrong) > MOST_LISTED else "")
    message = f"the page does not have these numbers, which a model read: {listed}; look at them before they are used"
    return answer, (Problem(code=CONTRADICTS, message=message, page_number=answer.page_number),)


def _weighed_reply(rules: Reply, model: Reply, words: Sequence[SourceWord]) -> Reply:
    """Return what geometry read of a chart with what a model said of it weighed in; what it cost is told."""
    said, _ = against_words(model.answer, words, trusted=_tell_numbers(words))
    answer, wrong = weighed(rules.answer, said, words)
    problems = [*rules.problems, *(document.replace(problem, severity="note") for problem in model.problems)]
    if wrong:
        listed = ", ".join(wrong[:MOST_LISTED]) + (" …" if len(wrong) > MOST_LISTED else "")
        message = f"geometry and a model differ on these values of a chart: {listed}; look at them before they are used"
        problems.append(Problem(code=DIFFERS, message=message, page_number=answer.page_number))
    return replace(rules, answer=answer, problems=tuple(problems), usage=model.usage)


def _doubted(cell: Cell, words: Sequence[SourceWord]) -> Cell:
    """Return a cell that is less sure, with what stands at its place as another reading."""
    inside = [word for word in words if word.box.intersection(cell.box) > 0.5 * word.box.area]
    text = " ".join(word.text for word in inside)
    source = "ocr" if any(word.recognised for word in inside) else "text_layer"
    readings = (
        (*cell.readings, Reading(source=source, text=text, confidence=round(mean_confidence(inside, of_none=1.0), 4)))
        if inside and len(inside) < len(words)
        else cell.readings
    )
    return document.replace(cell, confidence=round(CONTRADICTED * cell.confidence, 4), readings=readings)


def _holds(answer: Table | Chart, words: Sequence[SourceWord]) -> bool:
    """Return whether an answer has nearly all of the words of its region, and hardly a number that is not there."""
    texts = [cell.text for cell in answer.cells] if isinstance(answer, Table) else []
    if not texts or not words:
        return True
    here, there = Counter(_tokens(" ".join(texts))), Counter(_tokens(" ".join(word.text for word in words)))
    known = _numbers(words)
    numbers = [number for text in texts for number in _digits(text)]
    wrong = sum(number not in known for number in numbers)
    return (here & there).total() >= COVERED * there.total() and wrong <= MOST_WRONG * max(1, len(numbers))


def held_text(text: Text, said: str, confidence: float) -> tuple[Text, tuple[Problem, ...]]:
    """Return a text that was read from a picture, held against what a model said of the same place, and what contradicts.

    Where both agree on a word, it is surer; where they differ, the surer reading holds and the other is kept beside it; numbers
    on which they differ are not sure. What only the model said has no place on the page and is left out.

    Args:
        text: With the words as they were read, in reading order.
        said: The model's words.
        confidence: The model's, 0..1.
    """
    given, told = [word.text for word in text.words], said.split()
    if not given or Levenshtein.normalized_similarity(given, told) < ALIKE:
        return text, ()
    words, wrong = list(text.words), []
    for place, other in _aligned(given, told):
        word = words[place]
        if other == word.text:
            words[place] = document.replace(word, confidence=round(1 - (1 - word.confidence) * (1 - confidence), 4))
            continue
        words[place] = _decided(word, other, confidence)
        if any(map(str.isdigit, word.text + other)):
            words[place] = document.replace(words[place], confidence=round(CONTRADICTED * words[place].confidence, 4))
            wrong.append(f"{word.text} or {other}")
    changed = document.replace(text, words=tuple(words), text=_retold(text, words))
    if not wrong:
        return changed, ()
    message = f"two readers differ on numbers: {', '.join(wrong[:MOST_LISTED])}; look at them before they are used"
    return changed, (Problem(code=CONTRADICTS, message=message, page_number=text.page_number),)


def _decided(word: Word, other: str, confidence: float) -> Word:
    """Return a word that reads as the surer of two readers says, with what the other says beside it."""
    if confidence > word.confidence:
        reading = Reading(source="ocr", text=word.text, confidence=word.confidence)
        return document.replace(word, text=other, confidence=confidence, readings=(*word.readings, reading))
    return document.replace(word, readings=(*word.readings, Reading(source="model", text=other, confidence=confidence)))


def _aligned(given: Sequence[str], told: Sequence[str]) -> list[tuple[int, str]]:
    """Return which words of two readings stand for each other: the places of the first with the words of the second."""
    return [
        (place, other)
        for code in Levenshtein.opcodes(given, told)
        if code.tag == "equal" or (code.tag == "replace" and code.src_end - code.src_start == code.dest_end - code.dest_start)
        for place, other in zip(range(code.src_start, code.src_end), told[code.dest_start : code.dest_end], strict=True)
    ]


def _retold(text: Text, words: Sequence[Word]) -> str:
    """Return the running text of a text with each word that now reads otherwise exchanged, in order."""
    told, start = text.text, 0
    for old, new in zip(text.words, words, strict=True):
        place = start + len(told[start:]) - len(told[start:].lstrip())
        before, after = old.text, new.text
        if not told.startswith(before, place):  # hyphens at the ends of lines are undone in running text
            before, after = before.rstrip(HYPHENS), after.rstrip(HYPHENS)
        if not before or not told.startswith(before, place):
            before, after, place = old.text, new.text, told.find(old.text, start)
        if place >= 0:
            told = told[:place] + after + told[place + len(before) :]
            start = place + len(after)
    return told


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _digits(text: str) -> list[str]:
    """Return the numbers of a text by their digits alone; single digits tell nothing."""
    found = (re.sub(r"\D", "", match) for match in _NUMBER.findall(text))
    return [number for number in found if len(number) > 1]


def _tell_numbers(words: Sequence[SourceWord]) -> bool:
    """Return whether words tell which numbers stand there: some trusted ones are, or all can be trusted and none is."""
    trusted = [word for word in words if word.confidence >= TRUSTED]
    return bool(_numbers(trusted)) or (bool(words) and len(trusted) == len(words))


def _numbers(words: Sequence[SourceWord]) -> frozenset[str]:
    """Return the numbers of words, and those that up to `MOST_GROUPS` in a row make: a space may set thousands apart."""
    texts = [word.text for word in words]
    rows = (texts[place : place + count] for place in range(len(texts)) for count in range(1, MOST_GROUPS + 1))
    return frozenset(number for row in rows for number in _digits(" ".join(row)))
