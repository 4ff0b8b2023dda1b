"""Answers that were given before: a backend that plays back replies, for tests and for reproducing a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

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
