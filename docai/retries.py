"""What becomes of documents that ended the process that read them: once more, without the page that is to blame, or given up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from docai import document
from docai.document import Problem
from docai.errors import Crashed, MemoryLimit, TimeLimit, code_of
from docai.work import Work
from docai.workers import Broken, Ended

MOST_BLAMED: Final = 20  # pages of a document; then those that are not read yet are given up together
FIRST_DELAY: Final = 1.0  # seconds before what may pass is tried again; doubled each time
MOST_DELAY: Final = 60.0
SPARE: Final = 0.5  # of the time that a document took in vain, for its first pages

_CODES: Final[Mapping[Ended, str]] = {
    "time_limit": code_of(TimeLimit),
    "document_time_limit": code_of(TimeLimit),
    "memory_limit": code_of(MemoryLimit),
    "crashed": code_of(Crashed),
}
_STEPS: Final[Mapping[Ended, str]] = {
    "time_limit": "give it longer (--timeout-page), or look at it in a viewer",
    "document_time_limit": "give it longer (--timeout-doc), or read fewer pages (--pages)",
    "memory_limit": "give more (--max-memory), or use fewer workers (--workers)",
    "crashed": "open it in a viewer and save it anew, and please report it",
}


class Retries:
    """The attempts at documents that are not done yet.

    A page that takes too long is left out of the next attempt; one over which a process died, or took too much memory, only after
    the second time, since the first may have come from outside. That is progress, and costs none of a document's retries;
    what cannot be blamed on a page costs one. A document over its own time keeps the pages that it has; one that has none yet,
    since it was still being looked through, gets half as long again for its first pages.
    """

    def __init__(self, most: int) -> None:
        """Begin; `most` is how often a document is read again. With 0, nothing is."""
        self._most = most
        self._used: Counter[str] = Counter()
        self._strikes: Counter[tuple[str, int]] = Counter()

    def used(self, stem: str) -> int:
        """Return how many retries a document has used up."""
        return self._used[stem]

    def forget(self, stem: str) -> None:
        """Hear that a document is done."""
        self._used.pop(stem, None)
        for key in [key for key in self._strikes if key[0] == stem]:
            del self._strikes[key]

    def delay(self, stem: str) -> float | None:
        """Return in how many seconds a document is read again of which a server or network said that it may go well then.

        None where it is given up.
        """
        if self._used[stem] >= self._most:
            return None
        self._used[stem] += 1
        return min(FIRST_DELAY * 2.0 ** (self._used[stem] - 1), MOST_DELAY)

    def after(self, news: Broken) -> tuple[Work | None, Problem]:
        """Return what to read next of a document that was broken off, None where it is given up; and what went wrong."""
        work, page, stem = news.work, news.page, news.work.stem
        of_page = page is not None and news.ended != "document_time_limit"
        said = f"{news.detail}; {_STEPS[news.ended]}"
        told = said if of_page else f"the document: {said}"
        problem = Problem(code=_CODES[news.ended], message=told, severity="error", page_number=page)
        whole = document.replace(problem, message=f"page {page}: {said}" if of_page else told, page_number=None)
        again = replace(work, alone=True)
        if not self._most:
            return None, whole
        if work.rest is None and news.ended == "document_time_limit":
            return replace(again, rest=whole, spare=news.seconds * SPARE), problem
        if work.spare:
            return replace(again, spare=0.0), problem
        if work.rest is None and page is not None and page not in work.blamed:
            self._strikes[stem, page] += 1
            if news.ended == "time_limit" or self._strikes[stem, page] > 1:
                blamed = {**work.blamed, page: problem}
                return replace(again, blamed=blamed, rest=whole if len(blamed) > MOST_BLAMED else None), problem
        if self._used[stem] >= self._most:
            return None, whole
        self._used[stem] += 1
        return again, problem
