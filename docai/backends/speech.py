"""What all backends share that answer in words: see, prompt, say, decode, and put the answer on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from docai import document
from docai.backends.speaker import Asked, Speaker
from docai.box import WHOLE, Box
from docai.dialects import Decoded, Dialect, Said, Sight
from docai.document import Answer, Chart, Engine, Mention, Problem, Table
from docai.errors import InputError
from docai.exchange import Reply, Request
from docai.guards import BLANK, blank, joined, letter_count, said_count
from docai.matching import placed
from docai.splitting import first_row, in_rows, parts
from docai.tasks import Task
from docai.tasks.grounding import Name
from docai.tasks.page import ReadPage
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import AnyresLens, GridLens, Lens, Seen, View, look, met

MOST_TOKENS: Final = {"ask": 512, "grounding": 512, "referring": 256}  # of short answers; runaway ones stop there
PAGE_TOKENS: Final = 4096  # of a page: 3,000 characters of Korean are 2,000 tokens, and each word of OCR costs a box
LEGIBLE: Final = 0.8  # of 20 pixels an em, under which views are split; 16 are still read, and a split costs twice the tiles
LEAST_MARKS: Final = 60  # of print, from which on their number tells how long an answer should be
MARKS_SHARE: Final = 0.15  # characters a mark: Korean syllables are 2 to 4, texture and pictures bring marks that say nothing
TEMPERATURES: Final = (0.0, 0.0, 0.4, 0.8)  # by attempt: the second looks closer, those after it try other words


@dataclass(frozen=True, slots=True)
class _Question:
    """A view of a request as it was put to a model: which request, counted from 0, what was shown and asked."""

    place: int
    view: View
    asked: Asked
    task: Task
    sight: Sight


class SpeakingBackend:
    """Answers by asking a model in the words of a dialect."""

    def __init__(self, speaker: Speaker, dialect: Dialect, lens: Lens | GridLens | AnyresLens) -> None:
        """Begin; `lens` tells how the model sees."""
        self.batch, self.lens = speaker.batch, lens
        self._speaker, self._dialect = speaker, dialect

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """Return a reply for each request, in order; views over the lens's budget are asked about in parts, and joined."""
        held: list[list[Reply]] = [[] for _ in requests]
        questions: list[_Question] = []
        for place, request in enumerate(requests):
            for views in self._parts(request):
                question = self._question(place, replace(request, views=views))
                if isinstance(question, Problem):
                    held[place].append(Reply(problems=(question,), confidence=0.0, engine=self._engine))
                else:
                    questions.append(question)
        said = self._speaker.say([question.asked for question in questions]) if questions else []
        for question, one in zip(questions, said, strict=True):
            held[question.place].append(self._reply(question, one))
        return [joined(request, replies) for request, replies in zip(requests, held, strict=True)]

    @property
    def speaker(self) -> Speaker:
        """Who is asked."""
        return self._speaker

    @property
    def dialect(self) -> Dialect:
        """In whose words."""
        return self._dialect

    @property
    def _engine(self) -> Engine:
        """Who answers, with the dialect; the same for what could not be asked, so that a document names it once."""
        return document.replace(self._speaker.engine, dialect=self._dialect.name)

    def _parts(self, request: Request) -> Sequence[tuple[View, ...]]:
        """Return the views of a request, split where text would be shown too small to be read, unless they belong together."""
        splits = isinstance(self.lens, (GridLens, AnyresLens)) and isinstance(request.task, (ReadText, ReadPage, ReadTable))
        if len(request.views) > 1 or not splits:
            return [request.views]
        (view,) = request.views
        try:
            if met(view, self.lens) >= LEGIBLE:
                return [request.views]
            header = first_row(view) if isinstance(request.task, ReadTable) else None
            found = parts(view, self.lens, header)
        except (InputError, ValueError):  # told when the view is looked at
            return [request.views]
        if isinstance(request.task, ReadTable) and not in_rows(found):
            return [request.views]
        return [(part,) for part in found]

    def _question(self, place: int, request: Request) -> _Question | Problem:
        """Return how views of a request are put, or what keeps them from being."""
        number = request.views[0].page.number
        if request.task.name not in self._dialect.tasks:
            message = f"models that speak {self._dialect.name} are not asked for {request.task.name!r}; ask another backend"
            return Problem(code="task_unknown", message=message, severity="error", page_number=number)
        try:
            seen = tuple(look(view, self.lens) for view in request.views)
        except (InputError, ValueError) as error:
            return Problem(code="view_not_drawn", message=str(error), severity="error", page_number=number)
        if len(seen) == 1 and not request.views[0].words and blank(seen[0]):
            message = "nothing is printed there; no model was asked, since models make up what they cannot see"
            return Problem(code=BLANK, message=message, severity="note", page_number=number)
        sight = Sight(getattr(request.task, "languages", ("en",)), seen[0].width, seen[0].height)
        task = as_seen(request.task, request.views[0], seen[0])
        asked = Asked(
            seen,
            self._dialect.prompt(task, sight),
            self._dialect.grammar(task),
            most_tokens=MOST_TOKENS.get(task.name, PAGE_TOKENS),
            temperature=TEMPERATURES[min(request.attempt, len(TEMPERATURES) - 1)],
            seed=request.attempt,
        )
        return _Question(place, request.views[0], asked, task, sight)

    def _reply(self, question: _Question, said: Said) -> Reply:
        """Return what was said as a reply, on the page."""
        view, seen = question.view, question.asked.seen[0]
        decoded = self._dialect.decode(question.task, said, question.sight) if said.finish != "failed" else Decoded()
        number = view.page.number
        doubts = _doubts(question, decoded.answer, self.lens) if said.finish != "failed" else ()
        told = (*said.problems, *decoded.problems, *doubts)
        problems = tuple(document.replace(problem, page_number=number) for problem in told)
        answer = _placed(decoded.answer, view, seen)
        if isinstance(answer, Answer):
            answer = document.replace(answer, engine=self._engine.name)
        confidence = said.confidence(0, len(said.text)) if answer is not None else 0.0
        return Reply(answer, problems, said.text, confidence, said.usage, self._engine)


def _placed(answer: Any, view: View, seen: Seen) -> Any:
    """Return what a dialect gives on the page; the texts of tables and charts where the words stand that print them."""
    number = view.page.number
    if not isinstance(answer, (Table, Chart)) or not view.words:
        return on_page(answer, lambda box: view.to_page(seen.to_view(box)), number)
    if not view.quarter:
        there = on_page(answer, lambda box: view.to_page(seen.to_view(box)), number)
        return placed(there, view.words, view.box)
    words = (word._replace(box=view.from_page(word.box)) for word in view.words)  # lines are found where they lie level
    there = placed(on_page(answer, seen.to_view, number), [word for word in words if word.box.area > 0], WHOLE)
    return on_page(there, view.to_page, number)


def _doubts(question: _Question, answer: Any, lens: Lens | GridLens | AnyresLens) -> Iterator[Problem]:
    """Yield what is to be said of an answer for what the model was shown: too small text, more ink than words."""
    seen = question.asked.seen[0]
    met = seen.met * question.view.zoom  # of a view seen smaller than usual for want of memory, `met` is a share of less
    if met < LEGIBLE:
        message = f"the smallest text was shown at {met:.0%} of the size it needs; ask for smaller regions, or allow more tiles"
        yield Problem(code="text_shown_small", message=message, severity="note")
    if isinstance(question.task, (ReadText, ReadPage)) and isinstance(answer, tuple) and not question.view.words:
        said = said_count(answer)
        marks = letter_count(seen, whole_first=isinstance(lens, AnyresLens))
        if marks >= LEAST_MARKS and said < MARKS_SHARE * marks:
            message = f"{said} characters were read where about {marks} marks of print stand; the answer leaves something out"
            yield Problem(code="answer_short", message=message)


def as_seen(task: Task, view: View, seen: Seen) -> Task:
    """Return a task whose box, if it has one, is in fractions of what is seen."""
    return replace(task, box=seen.from_view(view.from_page(task.box))) if isinstance(task, Name) else task


def on_page(answer: Any, move: Callable[[Box], Box], number: int) -> Any:
    """Return an answer, of whatever type, with its boxes where `move` puts them, on page `number`."""
    if isinstance(answer, tuple):
        return tuple(on_page(one, move, number) for one in answer)
    if isinstance(answer, Mention):
        return document.replace(answer, boxes=tuple(map(move, answer.boxes)), page_number=number)
    if isinstance(answer, Answer):
        mentions = tuple(on_page(mention, move, number) for mention in answer.mentions)
        return document.replace(answer, mentions=mentions, page_number=number)
    return answer if answer is None else document.moved(answer, move, page_number=number)
