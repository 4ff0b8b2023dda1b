"""How a piece of a page is asked about: requests, replies, and conversations that are driven.

Work that asks is a conversation: a generator that yields `list[Request]`, is sent `list[Reply]`, and returns its result.
`drive` runs one; `drive_many` runs many and fills each backend's batches across documents, so that a second question
joins the next full batch instead of starting a small one. A retry, a split and a comparison are `yield from`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from docai.document import NO_USAGE, Engine, Problem, Usage
from docai.errors import MalformedReply
from docai.tasks import Task
from docai.tiling import AnyresLens, GridLens, Lens, View

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Request:
    """A task for one or several views; `to` names the backend, chosen by whoever asks.

    `attempt` counts from 0 how often it was asked before; models that would say the same again then try other words.
    """

    task: Task
    views: tuple[View, ...]
    to: str
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer *and* its problems: a truncated table keeps its good rows. Boxes are in the page's frame.

    `answer` is of the task's answer type, or None where there is nothing to say; `confidence` is 0..1.
    """

    answer: Any = None
    problems: tuple[Problem, ...] = ()
    text: str = ""
    confidence: float = 1.0
    usage: Usage = NO_USAGE
    engine: Engine | None = None


class Backend(Protocol):
    """Who answers.

    Law: `len(answer(requests)) == len(requests)`, in order, and `answer(a + b) == answer(a) + answer(b)`; a request that
    fails gives a reply with a problem, never an exception.
    """

    batch: int
    lens: Lens | GridLens | AnyresLens

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """Return a reply for each request, in order."""


Talk = Generator[list[Request], list[Reply], Result]


def together(talks: Sequence[Talk[Result]]) -> Talk[list[Result]]:
    """Run several conversations as one: what they ask is asked together, round by round; return their results, in order."""
    running = [_Running(talk) for talk in talks]
    try:
        asked = [one.advance() for one in running]
        while any(asked):
            replies = iter((yield [request for requests in asked for request in requests]))
            for one, requests in zip(running, asked, strict=True):
                one.replies = [next(replies) for _ in requests]
            asked = [one.advance() if requests else [] for one, requests in zip(running, asked, strict=True)]
    finally:
        with ExitStack() as closing:  # one that fails to close must not keep the others open
            for one in running:
                closing.callback(one.talk.close)
    return [one.result[0] for one in running]


def drive(talk: Talk[Result], backends: Mapping[str, Backend]) -> Result:
    """Run one conversation to its end and return its result; a backend that raises, raises where the conversation asked."""
    (result,) = drive_many([talk], backends, window=1)
    return result


def _ask(backend: Backend, requests: Sequence[Request]) -> list[Reply | Exception]:
    """Return a reply for each request, or what the backend raised in place of all of them."""
    try:
        replies = list(backend.answer(requests))
    except Exception as error:  # noqa: BLE001  # not swallowed: it is raised in each conversation that asked
        return [error] * len(requests)
    if len(replies) != len(requests):
        message = f"{len(requests)} requests got {len(replies)} replies; a backend answers each, in order"
        return [MalformedReply(message)] * len(requests)
    return list(replies)


@dataclass(slots=True, eq=False)
class _Running(Generic[Result]):
    """A conversation under way: what it has been answered so far, and its result once it has ended."""

    talk: Talk[Result]
    replies: list[Reply | Exception | None] = field(default_factory=list)
    result: list[Result] = field(default_factory=list)

    def advance(self) -> list[Request]:
        """Go on with the replies at hand; return what is asked next, nothing once the conversation has ended."""
        failure = next((reply for reply in self.replies if isinstance(reply, Exception)), None)
        try:
            if failure is not None:
                requests = self.talk.throw(failure)
            else:
                replies = [reply for reply in self.replies if isinstance(reply, Reply)]
                requests = self.talk.send(replies) if self.replies else next(self.talk)
            while not requests:
                requests = self.talk.send([])
        except StopIteration as end:
            self.result.append(end.value)
            return []
        self.replies = [None] * len(requests)
        return requests


def drive_many(talks: Iterable[Talk[Result]], backends: Mapping[str, Backend], *, window: int = 64) -> Iterator[Result]:
    """Run many conversations and yield their results in order, the same as `drive` gives one by one.

    At most `window` conversations are begun whose results have not been taken, so that memory is bounded. A backend is asked
    when its batch is full, or when no conversation can go on, or begin, without it. What a backend raises is raised in the
    conversations whose requests it was given, which may handle it. Every conversation is closed on exit, also when the caller
    stops early.

    Raises:
        ValueError: `window` is below 1.
    """
    if window < 1:
        raise ValueError(f"a window of {window} conversations; want at least 1")
    source, order = iter(talks), deque[_Running[Result]]()
    waiting: dict[str, deque[tuple[_Running[Result], int, Request]]] = {name: deque() for name in backends}
    exhausted = False

    def advance(running: _Running[Result]) -> None:
        for place, request in enumerate(running.advance()):
            waiting[request.to].append((running, place, request))

    def ask(name: str) -> None:
        queue = waiting[name]
        chosen = [queue.popleft() for _ in range(min(backends[name].batch, len(queue)))]
        for (running, place, _), reply in zip(chosen, _ask(backends[name], [request for _, _, request in chosen]), strict=True):
            running.replies[place] = reply
            if None not in running.replies:
                advance(running)

    try:
        while order or not exhausted:
            asked = [name for name, queue in waiting.items() if queue]
            fullest = max(asked, key=lambda name: len(waiting[name]) / backends[name].batch, default=None)
            full = fullest is not None and len(waiting[fullest]) >= backends[fullest].batch
            if not full and not exhausted and len(order) < window:
                talk = next(source, None)
                exhausted = talk is None
                if talk is not None:
                    order.append(_Running(talk))
                    advance(order[-1])
            elif fullest is not None:
                ask(fullest)
            while order and order[0].result:
                yield order.popleft().result[0]
    finally:
        with ExitStack() as closing:  # one that fails to close must not keep the others open
            for running in order:
                closing.callback(running.talk.close)
