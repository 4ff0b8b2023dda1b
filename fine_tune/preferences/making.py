"""Pairs of answers to learn preferences from: a model's own mistakes, people's corrections, and mistakes made on purpose."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from docai.backends.loops import loops
from docai.backends.speaker import Asked
from docai.backends.speech import MOST_TOKENS, PAGE_TOKENS, TEMPERATURES, SpeakingBackend, as_seen, on_page
from docai.corrections import append_lines
from docai.dialects import Dialect, Finish, Prompt, Said, Sight
from docai.errors import InputError
from docai.tasks import Task
from docai.tasks.asking import Ask
from docai.tiling import AnyresLens, GridLens, Lens, Seen, View, look
from fine_tune.preferences.diagnosis import Kinds, kinds_of, likeness
from fine_tune.preferences.mistakes import KINDS, MADE, Kind, mistaken
from fine_tune.preferences.pairs import Drawn, How, Paged, Pair, Passed, read_line, task_json
from fine_tune.samples import BadSample, Sample, Source, Turn

ATTEMPTS: Final = (0, 2, 3)  # of a request: the likeliest answer, and two at other temperatures; 1 only looks closer
LONGEST: Final = 2.0  # times the good answer that a worse one is cut at; a loop repeats itself by then
LEAST_LONGEST: Final = 400  # characters that are left of it in any case; so long is what is known as a loop

Outcome = Counter[str]  # how many pairs were made, by "pairs", and how many questions gave none, by why
AnyLens = Lens | GridLens | AnyresLens


@dataclass(frozen=True, slots=True)
class Options:
    """Which pairs are wanted.

    Attributes:
        attempts: How often, and at which temperatures (`docai.backends.speech.TEMPERATURES`), a model is asked.
        kinds: Of mistakes; answers that make none of these count as right. None for all.
        quota: Most pairs of one kind of mistake; None for as many as come.
        own_from: Score from which on a model's own best answer is the better one of a pair, in place of the truth, so that both
            are its own words; None for the truth always.
        seed: What the source of samples was begun with.
        languages: Of its pages.
    """

    attempts: tuple[int, ...] = ATTEMPTS
    kinds: frozenset[Kind] | None = None
    quota: int | None = None
    own_from: float | None = None
    seed: int = 0
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A turn as it is put to a model.

    Attributes:
        task: In the frame of the page.
        put: The same in the frame of what is seen.
        right: What should be said, in the words of the dialect.
        truth: What that means, read back: as much as the dialect can tell. Of answers that are words already, those words.
    """

    task: Task
    put: Task
    seen: tuple[Seen, ...]
    sight: Sight
    prompt: Prompt
    right: str
    truth: Any


def question(turn: Turn, views: Sequence[View], system: str | None, dialect: Dialect, lens: AnyLens) -> Question:
    """Return a turn as a model is asked it.

    Raises:
        InputError: A view cannot be drawn.
        ValueError: There is no view, or the dialect has no words for the task or the answer.
    """
    if not views:
        raise ValueError("nothing is shown")
    if turn.task.name not in dialect.tasks:
        raise ValueError(f"models that speak {dialect.name} are not asked for {turn.task.name!r}")
    seen = tuple(look(view, lens) for view in views)
    sight = Sight(getattr(turn.task, "languages", ("en",)), seen[0].width, seen[0].height)
    put = as_seen(turn.task, views[0], seen[0])
    prompt = dialect.prompt(put, sight)
    prompt = prompt if system is None else replace(prompt, system=system)
    if isinstance(turn.answer, str):
        return Question(turn.task, put, seen, sight, prompt, turn.answer, turn.answer)
    answer = on_page(turn.answer, lambda box: seen[0].from_view(views[0].from_page(box)), 1)
    right = dialect.encode(put, answer, sight)
    told = dialect.decode(put, Said(right), sight).answer
    return Question(turn.task, put, seen, sight, prompt, right, answer if told is None else told)


# A file of pairs


class Book:
    """A file of pairs that grows: what was asked is known, what is there already is not written again."""

    def __init__(self, path: Path, how: How, quota: int | None = None) -> None:
        """Go on with a file, or begin one, by pairs that come from `how`; lines that are broken count as not there."""
        self.path, self.how, self.quota = path, how, quota
        self.kinds = Counter[Kind]()
        self._asked: set[str] = set()
        self._known: set[str] = set()
        for line in path.read_bytes().split(b"\n") if path.exists() else ():
            try:
                told = read_line(line)
            except ValueError:
                continue
            self._note(told)

    def asked(self, place: Drawn | Paged) -> bool:
        """Return whether a place was asked about before."""
        return _key(place, self.how) in self._asked

    def free(self, kinds: Iterable[Kind]) -> list[Kind]:
        """Return those kinds of mistakes of which there are not enough yet."""
        return [kind for kind in kinds if self.quota is None or self.kinds[kind] < self.quota]

    def write(self, place: Drawn | Paged, found: Sequence[Pair | str]) -> Outcome:
        """Write what a place gave, in one write: pairs, or the reasons why there are none; return how many of each."""
        outcome, lines = Outcome(), []
        for one in found:
            if isinstance(one, Pair) and not self.free([one.kind]):
                told: Pair | Passed = Passed(place=place, how=self.how, reason=f"enough of {one.kind}")
            elif isinstance(one, Pair) and _words(one) in self._known:
                told = Passed(place=place, how=self.how, reason="known already")
            else:
                told = one if isinstance(one, Pair) else Passed(place=place, how=self.how, reason=one)
            self._note(told)
            lines.append(told.model_dump_json())
            outcome["pairs" if isinstance(told, Pair) else told.reason] += 1
        append_lines(self.path, ["\n".join(lines)] if lines else [])
        return outcome

    def _note(self, told: Pair | Passed) -> None:
        self._asked.add(_key(told.place, told.how))
        if isinstance(told, Pair):
            self.kinds[told.kind] += 1
            self._known.add(_words(told))


def _key(place: Drawn | Paged, how: How) -> str:
    return f"{how} {place.model_dump_json()}"


def _words(pair: Pair) -> str:
    return json.dumps([pair.task, pair.chosen, pair.rejected])


# From a model


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a model said, what it is worth, and what is wrong with it."""

    said: Said
    score: float
    kinds: Kinds
    circles: bool  # what it says comes back again and again

    @property
    def kind(self) -> Kind:
        """What is most wrong: where it runs in a circle, that, for nothing else can be right behind it."""
        return "repeated" if self.circles else main_kind(self.kinds)


@dataclass(frozen=True, slots=True)
class _Place:
    """A sample that is asked about, and its questions, or why there are none."""

    place: Drawn
    questions: tuple[Question | str, ...]


def pairs_from_model(
    backend: SpeakingBackend, source: Source, numbers: Iterable[int], path: Path, options: Options | None = None
) -> Outcome:
    """Ask a model about samples whose truth is known, and write down where it was wrong, in its own words.

    The worse answer of a pair is the worst that the model gave, as it said it, but cut where it ran on; the better one is the
    truth, or, if wanted, its best. Where all that it said is right, there is no pair. Each turn is asked alone; free questions
    that follow on others are not asked. Lines are written as samples are done, and numbers in the file are not asked again, so
    that one who was interrupted goes on.

    Args:
        backend: The model, asked in its dialect and through its lens just as for documents, blank views too.
        source: Of samples; its name is kept.
        numbers: Which ones.
        path: Of the file, made or gone on with.
        options: Which pairs are wanted.
    """
    options = options or Options()
    book, outcome = Book(path, "model", options.quota), Outcome()
    places = _places(backend.dialect, backend.lens, source, numbers, options, book)
    while group := list(islice(places, max(1, backend.batch))):
        asked = [question for place in group for question in place.questions if isinstance(question, Question)]
        said = iter(_said(backend, asked, options.attempts))
        for place in group:
            found = [
                _pair(place.place, one, next(said), backend.dialect, options) if isinstance(one, Question) else one
                for one in place.questions
            ]
            told = [one for one in found if one is not None]
            outcome += Outcome(failed=len(found) - len(told)) + book.write(place.place, told)
    return +outcome


def _places(
    dialect: Dialect, lens: AnyLens, source: Source, numbers: Iterable[int], options: Options, book: Book
) -> Iterator[_Place]:
    """Yield the samples that were not asked about before, with their questions."""
    for number in numbers:
        place = Drawn(source=source.name, seed=options.seed, number=number, languages=options.languages)
        if book.asked(place):
            continue
        try:
            sample = source.sample(number)
        except BadSample as error:
            yield _Place(place, (f"bad sample: {error.reason}",))
            continue
        alone = [turn for place, turn in enumerate(sample.turns) if not place or not isinstance(turn.task, Ask)]
        yield _Place(place, tuple(_asked_or_why(turn, sample, dialect, lens) for turn in alone))


def _asked_or_why(turn: Turn, sample: Sample, dialect: Dialect, lens: AnyLens) -> Question | str:
    try:
        return question(turn, sample.views, sample.system, dialect, lens)
    except (InputError, ValueError) as error:
        return f"cannot be asked: {error}"


def _said(backend: SpeakingBackend, questions: Sequence[Question], attempts: Sequence[int]) -> list[list[Said]]:
    """Return what a model says to each question, at each attempt."""
    said: list[list[Said]] = [[] for _ in questions]
    for attempt in attempts if questions else ():
        asked = [
            Asked(
                one.seen,
                one.prompt,
                backend.dialect.grammar(one.put),
                most_tokens=MOST_TOKENS.get(one.put.name, PAGE_TOKENS),
                temperature=TEMPERATURES[min(attempt, len(TEMPERATURES) - 1)],
                seed=attempt,
            )
            for one in questions
        ]
        for own, one in zip(said, backend.speaker.say(asked), strict=True):
            own.append(one)
    return said


def _pair(place: Drawn, asked: Question, said: Sequence[Said], dialect: Dialect, options: Options) -> Pair | str | None:
    """Return the truth and the worst of what was said, or why not; None where asking failed, so that it is asked again."""
    judged = [_judged(one, asked, dialect) for one in said if one.finish != "failed"]
    if not judged:
        return None
    faulty = [one for one in judged if (one.kinds if options.kinds is None else options.kinds & set(+one.kinds))]
    wrong = [one for one in faulty if one.said.text.strip()]
    if not wrong:
        return "nothing said" if faulty else "right"
    worst = min(wrong, key=lambda one: (one.score, -one.kinds.total()))
    best = max(judged, key=lambda one: (one.score, -one.kinds.total()))
    good = options.own_from is not None and best.score >= options.own_from and best.kinds.total() < worst.kinds.total()
    own = good and best.said.finish == "stop" and bool(best.said.text.strip())
    chosen, score = (best.said.text, best.score) if own else (asked.right, 1.0)
    rejected, finish = _bounded(worst.said, asked.right)
    if chosen == rejected:
        return "says the same"
    return Pair(
        place=place,
        how="model",
        task=task_json(asked.task),
        chosen=chosen,
        own=own,
        rejected=rejected,
        finish=finish,
        kind=worst.kind,
        kinds=dict(worst.kinds),
        scores=(score, worst.score),
        dialect=dialect.name,
    )


def _judged(said: Said, asked: Question, dialect: Dialect) -> _Judged:
    if isinstance(asked.truth, str):
        answer, codes = said.text, set[str]()
    else:
        decoded = dialect.decode(asked.put, said, asked.sight)
        answer, codes = decoded.answer, {problem.code for problem in decoded.problems}
    kinds = kinds_of(answer, asked.truth)
    circles = said.finish == "loop" or "answer_loops" in codes or loops(said.text)
    if circles:  # and a dialect has read it once
        kinds["repeated"] += 1
    elif said.finish == "length":
        kinds["dropped_line"] += 1  # it broke off, and the end is missing
    return _Judged(said, min(1.0, likeness(answer, asked.truth)), kinds, circles)


def _bounded(said: Said, right: str) -> tuple[str, Finish]:
    most = max(LEAST_LONGEST, round(LONGEST * len(right)))
    return (said.text, said.finish) if len(said.text) <= most else (said.text[:most], "length")


def main_kind(kinds: Kinds) -> Kind:
    """Return the kind of mistake that is made most often, the first of `KINDS` where several are."""
    return max(KINDS, key=lambda kind: (kinds[kind], -KINDS.index(kind)))


# Made on purpose


def pairs_from_mistakes(
    dialect: Dialect, lens: AnyLens, source: Source, numbers: Iterable[int], path: Path, options: Options | None = None
) -> Outcome:
    """Write pairs whose worse answer is the truth with a mistake made on purpose; for a model that cannot be asked yet.

    They are marked as "made": a model learns less from mistakes that it would not make. Resumable as `pairs_from_model`.
    """
    options = options or Options()
    book, outcome = Book(path, "made", options.quota), Outcome()
    for place in _places(dialect, lens, source, numbers, options, book):
        found = [_made(place.place, one, dialect, book.free(MADE)) if isinstance(one, Question) else one for one in place.questions]
        outcome += book.write(place.place, found)
    return +outcome


def _made(place: Drawn, asked: Question, dialect: Dialect, kinds: Sequence[Kind]) -> Pair | str:
    if isinstance(asked.truth, str):
        return "an answer in words of its own, in which no mistakes are made"
    mistake = mistaken(asked.truth, lambda answer: dialect.encode(asked.put, answer, asked.sight), place.number, kinds)
    if mistake is None or not mistake.text.strip():
        return "no mistake can be made"
    answer = dialect.decode(asked.put, Said(mistake.text), asked.sight).answer
    return Pair(
        place=place,
        how="made",
        task=task_json(asked.task),
        chosen=asked.right,
        rejected=mistake.text,
        kind=mistake.kind,
        kinds=dict(kinds_of(answer, asked.truth)) or {mistake.kind: 1},
        scores=(1.0, min(1.0, likeness(answer, asked.truth))),
        dialect=dialect.name,
    )
