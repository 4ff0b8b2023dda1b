"""What keeps models honest: blank views are told, and what was answered badly is asked again, otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import cv2
import numpy as np

from docai import document
from docai.document import Problem, Table
from docai.exchange import Reply, Request, Talk, together
from docai.splitting import halves
from docai.tasks.page import ReadPage
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable, stacked
from docai.tiling import Seen

BAD: Final = frozenset(
    {"answer_truncated", "answer_loops", "answer_unreadable", "answer_short"}
)  # codes that tell of an answer to ask again
BLANK: Final = "view_blank"
INK: Final = 40  # of 255 that print is darker than the paper around it; the noise of scans and the texture of paper are less
SPECK: Final = 6  # pixels of ink that hang together; fewer are noise, three digits of 10 points at 60 dpi are 10 each
LEAST_INK: Final = 20  # pixels of ink that a view has where it is not blank
SHORT: Final = 0.4  # share of the characters that a view's words have, under which an answer left something out
LEAST_CHARACTERS: Final = 40  # of the words of a view that tell how long an answer should be


def blank(seen: Seen) -> bool:
    """Return whether hardly any ink is to be seen, so that whatever a model says of it is made up."""
    ink = 0
    for tile in seen.tiles:
        grey = cv2.cvtColor(tile, cv2.COLOR_RGB2GRAY)
        paper = cv2.dilate(grey, np.ones((15, 15), np.uint8))
        marks = np.asarray(cv2.subtract(paper, grey) > INK, np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(marks, connectivity=8)
        areas = stats[1:, cv2.CC_STAT_AREA]
        ink += int(areas[areas >= SPECK].sum())
    return ink < LEAST_INK


def checked(request: Request, reply: Reply) -> Reply:
    """Return a reply that says so where its text is much shorter than the words that stand in the view."""
    expected = sum(len(word.text) for view in request.views for word in view.words)
    if expected < LEAST_CHARACTERS or not isinstance(request.task, (ReadText, ReadPage)) or not isinstance(reply.answer, tuple):
        return reply
    said = sum(len(word) for content in reply.answer for word in getattr(content, "text", "").split())
    if said >= SHORT * expected:
        return reply
    message = f"{said} characters were read where about {expected} stand; the answer leaves something out"
    problem = Problem(code="answer_short", message=message, page_number=request.views[0].page.number)
    return replace(reply, problems=(*reply.problems, problem))


def is_bad(reply: Reply) -> bool:
    """Return whether an answer broke off, ran in circles, left something out, or cannot be read."""
    return any(problem.code in BAD for problem in reply.problems)


def better(one: Reply, other: Reply) -> Reply:
    """Return the reply with less wrong, the one that says more where they are alike, the first where they are equal."""

    def rank(reply: Reply) -> tuple[bool, bool, float]:
        return reply.answer is not None, not is_bad(reply), reply.confidence * len(reply.text)

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
    for attempt in range(1, 4):
        if not is_bad(best):
            break
        requests = _again(request, attempt)
        if not requests:
            continue
        replies = [checked(one, reply) for one, reply in zip(requests, (yield requests), strict=True)]
        spent += replies
        best = better(best, _joined(request, replies))
    return replace(best, usage=_sum(spent))


def _again(request: Request, attempt: int) -> list[Request]:
    """Return what is asked at an attempt from 1: the view seen closer, in halves, or the same in other words."""
    if attempt == 1:
        return [replace(request, views=tuple(view.closer() for view in request.views), attempt=1)]
    if attempt == 2 and len(request.views) == 1 and isinstance(request.task, (ReadText, ReadPage, ReadTable)):
        views = halves(request.views[0])
        return [replace(request, views=(view,), attempt=1) for view in views] if len(views) > 1 else []
    return [replace(request, attempt=attempt)]


def _joined(request: Request, replies: Sequence[Reply]) -> Reply:
    """Return the replies to the parts of a view as one; None as the answer where they do not fit together."""
    if len(replies) == 1:
        return replies[0]
    first = replies[0]
    answers = [reply.answer for reply in replies]
    problems = tuple(problem for reply in replies for problem in reply.problems)
    text = "\n".join(reply.text for reply in replies)
    confidence = min(reply.confidence for reply in replies)
    joined: Any = None
    if all(isinstance(answer, tuple) for answer in answers):
        joined = tuple(content for answer in answers for content in answer)
    elif all(isinstance(answer, Table) for answer in answers):
        joined = stacked(answers)
        joined = document.replace(joined, box=request.views[0].box) if joined is not None else None
    return replace(first, answer=joined, problems=problems, text=text, confidence=confidence if joined is not None else 0.0)


def _sum(replies: Sequence[Reply]) -> document.Usage:
    """Return what several replies cost together."""
    return document.Usage(
        tiles=sum(reply.usage.tiles for reply in replies),
        prompt_tokens=sum(reply.usage.prompt_tokens for reply in replies),
        tokens=sum(reply.usage.tokens for reply in replies),
    )
