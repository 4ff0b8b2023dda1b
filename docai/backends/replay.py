"""Answers that were given before: a backend that plays back replies, for tests and for reproducing a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from docai.backends.speaker import Asked
from docai.dialects import Said
from docai.document import Engine
from docai.errors import MalformedReply
from docai.exchange import Reply, Request
from docai.tiling import Lens


class Backend:
    """Gives the replies it was made with, in order, and keeps what it was asked in `requests`."""

    def __init__(self, replies: Iterable[Reply], *, batch: int = 8) -> None:
        """Begin with `replies`; `batch` is how many requests it likes at once."""
        self.batch, self.lens = batch, Lens()
        self.requests: list[Request] = []
        self._replies = deque(replies)

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """Return the next reply for each request.

        Raises:
            MalformedReply: More was asked than was recorded.
        """
        self.requests.extend(requests)
        if len(requests) > len(self._replies):
            raise MalformedReply(
                f"{len(requests)} requests, but only {len(self._replies)} replies were recorded; record the run again"
            )
        return [self._replies.popleft() for _ in requests]


class Speaker:
    """Says what was said before, in order, and keeps what it was asked in `asked`."""

    def __init__(self, said: Iterable[Said], *, batch: int = 8) -> None:
        """Begin with what is said; `batch` is how much it likes to be asked at once."""
        self.batch, self.engine = batch, Engine(backend="replay")
        self.asked: list[Asked] = []
        self._said = deque(said)

    def say(self, asked: Sequence[Asked]) -> list[Said]:
        """Return what was said next, once for each question.

        Raises:
            MalformedReply: More was asked than was recorded.
        """
        self.asked.extend(asked)
        if len(asked) > len(self._said):
            raise MalformedReply(f"{len(asked)} questions, but only {len(self._said)} answers were recorded; record the run again")
        return [self._said.popleft() for _ in asked]
