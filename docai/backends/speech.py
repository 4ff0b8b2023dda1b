"""What all backends share that answer in words: see, prompt, say, decode, and put the answer on the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from docai import document
from docai.backends.speaker import Asked, Speaker
from docai.box import Box
from docai.dialects import Decoded, Dialect, Said, Sight
from docai.document import Answer, Chart, Mention, Problem, Table
from docai.errors import InputError
from docai.exchange import Reply, Request
from docai.guards import BLANK, blank
from docai.matching import placed
from docai.tasks import Task
from docai.tasks.grounding import Name
from docai.tiling import AnyresLens, GridLens, Lens, Seen, View, look

MOST_TOKENS: Final = {"ask": 512, "grounding": 512, "referring": 256}  # of short answers; runaway ones stop there
PAGE_TOKENS: Final = 4096  # of a page: 3,000 characters of Korean are 2,000 tokens, and each word of OCR costs a box
TEMPERATURES: Final = (0.0, 0.0, 0.4, 0.8)  # by attempt: the second looks closer, those after it try other words


@dataclass(frozen=True, slots=True)
class _Question:
    """A request as it was put to a model."""

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
        """Return a reply for each request, in order."""
        replies: list[Reply] = [Reply()] * len(requests)
        questions: dict[int, _Question] = {}
        for place, request in enumerate(requests):
            question = self._question(request)
            if isinstance(question, Problem):
                replies[place] = Reply(problems=(question,), confidence=0.0, engine=self._speaker.engine)
            else:
                questions[place] = question
        said = self._speaker.say([question.asked for question in questions.values()]) if questions else []
        for (place, question), one in zip(questions.items(), said, strict=True):
            replies[place] = self._reply(requests[place], question, one)
        return replies

    def _question(self, request: Request) -> _Question | Problem:
        """Return how a request is put, or what keeps it from being."""
        number = request.views[0].page.number
        if request.task.name not in self._dialect.tasks:
            message = f"models that speak {self._dialect.name} are not asked for {request.task.name!r}; ask another backend"
            return Problem(code="task_unknown", message=message, severity="error", page_number=number)
        try:
            seen = tuple(look(view, self.lens) for view in request.views)
        except InputError as error:
            return Problem(code="view_not_drawn", message=str(error), severity="error", page_number=number)
        if len(seen) == 1 and not request.views[0].words and blank(seen[0]):
            message = "nothing is printed there; no model was asked, since models make up what they cannot see"
            return Problem(code=BLANK, message=message, severity="note", page_number=number)
        sight = Sight(getattr(request.task, "languages", ("en",)), seen[0].width, seen[0].height)
        task = _as_seen(request.task, request.views[0], seen[0])
        asked = Asked(
            seen,
            self._dialect.prompt(task, sight),
            self._dialect.grammar(task),
            most_tokens=MOST_TOKENS.get(task.name, PAGE_TOKENS),
            temperature=TEMPERATURES[min(request.attempt, len(TEMPERATURES) - 1)],
            seed=request.attempt,
        )
        return _Question(asked, task, sight)

    def _reply(self, request: Request, question: _Question, said: Said) -> Reply:
        """Return what was said as a reply, on the page."""
        view, seen = request.views[0], question.asked.seen[0]
        decoded = self._dialect.decode(question.task, said, question.sight) if said.finish != "failed" else Decoded()
        number = view.page.number
        problems = tuple(document.replace(problem, page_number=number) for problem in (*said.problems, *decoded.problems))
        engine = document.replace(self._speaker.engine, dialect=self._dialect.name)
        answer = on_page(decoded.answer, lambda box: view.to_page(seen.to_view(box)), number)
        if isinstance(answer, (Table, Chart)) and view.words:
            answer = placed(answer, view.words, view.box)
        if isinstance(answer, Answer):
            answer = document.replace(answer, engine=engine.name)
        confidence = said.confidence(0, len(said.text)) if answer is not None else 0.0
        return Reply(answer, problems, said.text, confidence, said.usage, engine)


def _as_seen(task: Task, view: View, seen: Seen) -> Task:
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
