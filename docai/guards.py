"""What keeps models honest: blank views are told, and what was answered badly is asked again, otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from docai import document
from docai.document import Chart, Problem, Table
from docai.exchange import Reply, Request, Talk, together
from docai.splitting import first_row, halves, in_rows
from docai.tasks.page import ReadPage
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable, stacked
from docai.tiling import Seen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from docai.sources import Pixels

BAD: Final = frozenset(
    {"answer_truncated", "answer_loops", "answer_unreadable", "answer_short"}
)  # codes that tell of an answer to ask again
BLANK: Final = "view_blank"
INK: Final = 40  # of 255 that print is darker than the paper around it; the noise of scans and the texture of paper are less
SPECK: Final = 6  # pixels of ink that hang together; fewer are noise, three digits of 10 points at 60 dpi are 10 each
LEAST_LETTER: Final = 4  # pixels that a letter is high where it can be read at all
LETTER_SHARE: Final = 0.15  # of a tile's side that a letter is high and wide at most; what is larger is drawn
LEAST_INK: Final = 20  # pixels of ink that a view has where it is not blank
NO_MEMORY: Final = "out_of_memory"  # the code of what a model says whose memory is full even for one view
SMALLER, MOST_SMALLER = 0.5, 2  # times as large that a view is seen then, and how often: a quarter of the tiles each time
SHORT: Final = 0.4  # share of the characters that a view's words have, under which an answer left something out
LEAST_CHARACTERS: Final = 40  # of the words of a view that tell how long an answer should be


def blank(seen: Seen) -> bool:
    """Return whether hardly any ink is to be seen, so that whatever a model says of it is made up."""
    ink = 0
    for tile in seen.tiles:
        _, _, stats, _ = cv2.connectedComponentsWithStats(_marks(tile), connectivity=8)
        areas = stats[1:, cv2.CC_STAT_AREA]
        ink += int(areas[areas >= SPECK].sum())
    return ink < LEAST_INK


def letter_count(seen: Seen, *, whole_first: bool = False) -> int:
    """Return how many marks of the size of letters are to be seen; of several tiles, those of the grid, not of the whole again.

    `whole_first` tells that the whole is the first tile, as an `AnyresLens` shows it, and not the last.
    """
    count, grid = 0, seen.columns * seen.rows
    for tile in seen.tiles[len(seen.tiles) - grid :] if whole_first else seen.tiles[:grid]:
        marks = _marks(tile)
        _, _, stats, _ = cv2.connectedComponentsWithStats(marks, connectivity=8)
        height, width = stats[1:, cv2.CC_STAT_HEIGHT], stats[1:, cv2.CC_STAT_WIDTH]
        largest = LETTER_SHARE * min(tile.shape[:2])
        count += int(np.count_nonzero((height >= LEAST_LETTER) & (height < largest) & (width < largest)))
    return count


def _marks(tile: Pixels) -> NDArray[np.uint8]:
    """Return where a tile is darker than the paper around, 1, and elsewhere 0."""
    grey = cv2.cvtColor(tile, cv2.COLOR_RGB2GRAY)
    paper = cv2.dilate(grey, np.ones((15, 15), np.uint8))
    return np.asarray(cv2.subtract(paper, grey) > INK, np.uint8)


def checked(request: Request, reply: Reply) -> Reply:
    """Return a reply that says so where its text is much shorter than the words that stand in the view."""
    expected = sum(len(word.text) for view in request.views for word in view.words)
    if expected < LEAST_CHARACTERS or not isinstance(request.task, (ReadText, ReadPage)) or not isinstance(reply.answer, tuple):
        return reply
    said = said_count(reply.answer)
    if said >= SHORT * expected:
        return reply
    message = f"{said} characters were read where about {expected} stand; the answer leaves something out"
    problem = Problem(code="answer_short", message=message, page_number=request.views[0].page.number)
    return replace(reply, problems=(*reply.problems, problem))


def said_count(answer: Sequence[Any]) -> int:
    """Return how many characters the contents of an answer say, white space apart: those of texts, tables and charts."""
    return sum(len(word) for content in answer for text in _texts(content) for word in text.split())


def _texts(content: Any) -> Iterator[str]:
    """Yield what a content says."""
    if isinstance(content, Table):
        yield from (cell.text for cell in content.cells)
    elif isinstance(content, Chart):
        yield from (content.title, content.x_axis.title, content.y_axis.title)
        for series in content.series:
            yield series.name
            yield from (str(value) for point in series.points for value in (point.x, point.y) if value is not None)
    else:
        yield getattr(content, "text", "")


def is_bad(reply: Reply) -> bool:
    """Return whether an answer broke off, ran in circles, left something out, or cannot be read."""
    return any(problem.code in BAD for problem in reply.problems)


def better(one: Reply, other: Reply) -> Reply:
    """Return the reply with less wrong, the one that says more where they are alike, the first where they are equal."""

    def rank(reply: Reply) -> tuple[bool, bool, float]:
        lacks = any(problem.severity == "error" for problem in reply.problems)  # such as a half that was not answered
        return reply.answer is not None, not is_bad(reply) and not lacks, reply.confidence * len(reply.text)

    return other if rank(other) > rank(one) else one


def guarded(requests: Sequence[Request]) -> Talk[list[Reply]]:
    """Ask as a conversation, so that what is asked again joins the next full batch; return a reply for each request, in order."""
    return (yield from together([ladder(request) for request in requests]))


def ladder(request: Request) -> Talk[Reply]:
    """Ask, and ask again where the answer is bad: seen closer, in halves, and in other words.

    The best answer is returned, with what is still wrong with it, and the usage of all.
    """
    (first,) = yield [request]
    best = checked(request, first)
    spent = [best]
    for _ in range(MOST_SMALLER):
        if not any(problem.code == NO_MEMORY for problem in best.problems):
            break
        request = replace(request, views=tuple(view.closer(SMALLER) for view in request.views))
        (smaller,) = yield [request]
        spent.append(checked(request, smaller))
        if smaller.answer is not None or best.answer is None:  # some parts of a view may be answered where others are not
            best = spent[-1]
    for attempt in range(1, 4):
        if not is_bad(best):
            break
        requests = _again(request, attempt)
        if not requests:
            continue
        replies = [checked(one, reply) for one, reply in zip(requests, (yield requests), strict=True)]
        spent += replies
        best = better(best, joined(request, replies))
    return replace(best, usage=_sum(spent))


def _again(request: Request, attempt: int) -> list[Request]:
    """Return what is asked at an attempt from 1: the view seen closer, in halves, or the same in other words."""
    if attempt == 1:
        return [replace(request, views=tuple(view.closer() for view in request.views), attempt=1)]
    if attempt == 2 and len(request.views) == 1 and isinstance(request.task, (ReadText, ReadPage, ReadTable)):
        is_table = isinstance(request.task, ReadTable)
        views = halves(request.views[0], first_row(request.views[0]) if is_table else None)
        if len(views) == 1 or (is_table and not in_rows(views)):
            return []
        return [replace(request, views=(view,), attempt=1) for view in views]
    return [replace(request, attempt=attempt)]


def joined(request: Request, replies: Sequence[Reply]) -> Reply:
    """Return the replies to the parts of a request's view, in reading order, as one; no answer where they do not fit together.

    Text of parts that were not answered is missing, and their problems say so; a table needs all of its parts.
    """
    replies = [reply for reply in replies if not _is_blank(reply)] or replies[:1]  # of white nothing is missing
    if len(replies) == 1:
        return replies[0]
    answers = [reply.answer for reply in replies if reply.answer is not None]
    answer: Any = None
    if answers and all(isinstance(one, tuple) for one in answers):
        answer = tuple(content for one in answers for content in one)
    elif len(answers) == len(replies) and all(isinstance(one, Table) for one in answers):
        answer = stacked(answers)
        answer = document.replace(answer, box=request.views[0].box) if answer is not None else None
    return Reply(
        answer,
        tuple(dict.fromkeys(problem for reply in replies for problem in reply.problems)),
        "\n".join(reply.text for reply in replies),
        min(reply.confidence for reply in replies if reply.answer is not None) if answer is not None else 0.0,
        _sum(replies),
        next((reply.engine for reply in replies if reply.engine), None),
    )


def _is_blank(reply: Reply) -> bool:
    return reply.answer is None and any(problem.code == BLANK for problem in reply.problems)


def _sum(replies: Sequence[Reply]) -> document.Usage:
    """Return what several replies cost together."""
    return document.Usage(
        tiles=sum(reply.usage.tiles for reply in replies),
        prompt_tokens=sum(reply.usage.prompt_tokens for reply in replies),
        tokens=sum(reply.usage.tokens for reply in replies),
    )
