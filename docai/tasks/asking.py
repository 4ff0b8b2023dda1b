"""Free questions about what a view, or several, show. Answered by an `Answer`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import Levenshtein

from docai.tasks.reading import plain

FAR: Final = 0.5  # normalised edit distance from which on an answer is another one: tau of ST-VQA, section 3.3
TOLERANCE: Final = 0.05  # of the true number, within which a number counts as right: ChartQA, section 5.1


@dataclass(frozen=True, slots=True)
class Ask:
    """Asks a question in words."""

    question: str
    name: str = "ask"


# Scores


def likeness(answer: str, truths: Sequence[str]) -> float:
    """Return how like the nearest of several true answers an answer is, 0..1; its mean over all questions is the ANLS.

    1 less the edit distance over the length of the longer one, 0 where that distance is half of it or more; case and stretches of
    white space do not count (Biten et al. 2019, "Scene text visual question answering", arXiv 1905.13648, and the ICDAR 2019
    competition, arXiv 1907.00490: average normalised Levenshtein similarity).
    """
    here = plain(answer).lower()
    distances = [float(Levenshtein.normalized_distance(here, plain(truth).lower())) for truth in truths]
    return max((1.0 - distance for distance in distances if distance < FAR), default=0.0)


def relaxed(answer: str, truth: str) -> bool:
    """Return whether an answer is right within 5 % where the truth is a number, and else the same words, whatever their case.

    "12%" is 0.12; of a true 0 there is no share, so that it has to be said as it is printed (Masry et al. 2022, "ChartQA",
    arXiv 2203.10244, section 5.1, with the numbers as the evaluation of Pix2Struct and lmms-eval read them).
    """
    said, true = _number(answer), _number(truth)
    if said is not None and true:
        return abs(said - true) <= TOLERANCE * abs(true)
    return answer.strip().lower() == truth.strip().lower()


def _number(text: str) -> float | None:
    """Return the number that a text is, shares for percent; None where it is none, as "nan" and "inf" are none."""
    text = text.strip()
    try:
        number = float(text.rstrip("%")) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def chosen(answer: str) -> str:
    """Return the letter of the option that an answer chooses: its first character, as a capital; "" of an empty one.

    As lmms-eval scores K-DTCBench (lmms_eval/tasks/dtcbench/utils.py); "The answer is B" chooses T, which is no option.
    """
    return answer.strip()[:1].upper()


def contains(answer: str, truths: Sequence[str], *, formula: bool = False) -> bool:
    """Return whether one of several true answers stands in an answer; of a `formula`, white space does not count, but case does.

    Source: Liu et al. 2023, "OCRBench", arXiv 2305.07895, section 3, as its own evaluation script does it.
    """

    def told(text: str) -> str:
        return "".join(text.split()) if formula else text.strip().replace("\n", " ").lower()

    return any(told(truth) in told(answer) for truth in truths)


def exact(answer: str, truths: Sequence[str]) -> bool:
    """Return whether an answer is one of the true ones, letter by letter but for case and stretches of white space."""
    return plain(answer).lower() in {plain(truth).lower() for truth in truths}


def shared_words(answer: str, truths: Sequence[str]) -> float:
    """Return the best F1 of the words of an answer with those of a true one, 0..1, each word counted as often as it stands.

    Source: Rajpurkar et al. 2016, "SQuAD", arXiv 1606.05250, section 6.1, which ViTextVQA (arXiv 2404.10652) scores by.
    """
    here = Counter(plain(answer).lower().split())
    best = 0.0
    for truth in truths:
        there = Counter(plain(truth).lower().split())
        total = here.total() + there.total()
        best = max(best, 2 * (here & there).total() / total if total else 1.0)
    return best
