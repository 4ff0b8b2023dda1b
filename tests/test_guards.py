"""Blank views are told, and what was answered badly is asked again: closer, in halves, in other words; the best answer holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.backends.replay import Backend
from docai.box import Box
from docai.document import Problem, Text, Usage
from docai.exchange import Reply, Request, drive
from docai.guards import BAD, better, blank, checked, guarded, is_bad, ladder
from docai.sources import Origin, PageReference
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import Lens, Seen, View, look
from tests.drawn_pages import HEIGHT, REFERENCE, WIDTH, Sheet, prose

BOX = Box(0.1, 0.1, 0.9, 0.4)
WORDS = tuple(word for line in prose(20, 60, 100) for word in line.words)


def view(found=WORDS):
    return View(REFERENCE, WIDTH, HEIGHT, words=tuple(found))


def text(said, box=BOX):
    return Text(page_number=1, box=box, text=said)


def reply(said="", *codes, confidence=0.9):
    problems = tuple(Problem(code=code, message="…") for code in codes)
    return Reply((text(said),) if said else None, problems, said, confidence, Usage(tokens=10))


WHOLE_TEXT = " ".join(word.text for word in WORDS)
UPPER, LOWER = WHOLE_TEXT[: len(WHOLE_TEXT) // 2], WHOLE_TEXT[len(WHOLE_TEXT) // 2 :]
GOOD = reply(WHOLE_TEXT)


def asked(replies, task=None, where=None):
    """Return the reply that a ladder comes to, and what was asked on the way."""
    backend = Backend(replies)
    request = Request(task or ReadText(), (where or view(),), "model")
    return drive(ladder(request), {"model": backend}), backend.requests


# ---- blank views


def seen_of(sheet, dpi=100):
    origin = Origin(None, sheet.data())
    return look(View(PageReference(origin, 1), 595, 842), Lens(dpi=dpi))


@pytest.mark.parametrize("dpi", [60, 100, 200])
def test_an_empty_page_is_blank_and_one_with_a_page_number_is_not(dpi):
    assert blank(seen_of(Sheet(), dpi))
    assert not blank(seen_of(Sheet().text(290, 800, "117"), dpi))


@pytest.mark.parametrize("level", [255, 240, 128, 20])
def test_paper_of_any_colour_without_print_is_blank_in_spite_of_noise(level):
    noise = np.random.default_rng(1).normal(level, 4, (1, 300, 200, 1)).clip(0, 255).astype(np.uint8)
    assert blank(Seen(np.repeat(noise, 3, axis=3), 1, 1, 200, 300))


# ---- the ladder


def test_a_good_answer_is_asked_for_once():
    answer, requests = asked([GOOD])
    assert answer == GOOD
    assert [request.attempt for request in requests] == [0]


@pytest.mark.parametrize("code", sorted(BAD))
def test_a_bad_answer_is_asked_for_again_seen_closer(code):
    answer, requests = asked([reply("cut", code), GOOD])
    assert answer.text == WHOLE_TEXT
    assert requests[1].views[0].zoom > requests[0].views[0].zoom
    assert answer.usage == Usage(tokens=20)


def test_then_in_halves_which_are_joined():
    upper, lower = reply(UPPER), reply(LOWER)
    answer, requests = asked([reply("a", "answer_loops"), reply("a", "answer_loops"), upper, lower])
    assert [request.views[0].box for request in requests[:2]] == [view().box] * 2
    assert requests[2].views[0].box.bottom <= requests[3].views[0].box.top
    assert [content.text for content in answer.answer] == [UPPER, LOWER]
    assert not is_bad(answer)


def test_the_last_attempt_is_in_other_words_and_the_best_answer_holds_with_what_is_wrong_with_it():
    bad = [reply(said, "answer_truncated") for said in ("a", "a b", "a", "a", "a b c")]
    answer, requests = asked(bad)
    assert requests[-1].attempt == 3
    assert answer.text in {"a b c", "a b"}
    assert is_bad(answer)


def test_an_answer_much_shorter_than_the_words_that_stand_there_is_bad():
    request = Request(ReadText(), (view(),), "model")
    short = checked(request, reply("only a few words"))
    assert [problem.code for problem in short.problems] == ["answer_short"]
    assert checked(request, GOOD) == GOOD
    assert checked(Request(ReadTable(), (view(),), "model"), reply("few")) == reply("few")


def test_many_are_asked_together_and_answered_in_order():
    backend = Backend([reply("one", "answer_loops"), reply(WHOLE_TEXT), reply(WHOLE_TEXT)])
    requests = [Request(ReadText(), (view(),), "model") for _ in range(2)]
    answers = drive(guarded(requests), {"model": backend})
    assert [answer.text for answer in answers] == [WHOLE_TEXT] * 2
    assert [request.attempt for request in backend.requests] == [0, 0, 1]


def test_where_memory_is_full_less_is_shown():
    full = Reply(problems=(Problem(code="out_of_memory", message="…", severity="error"),), confidence=0.0)
    answer, requests = asked([full, full, GOOD])
    assert answer.text == WHOLE_TEXT
    assert [request.views[0].zoom for request in requests] == [1.0, 0.5, 0.25]
    still, requests = asked([full] * 3)
    assert [problem.code for problem in still.problems] == ["out_of_memory"]
    assert len(requests) == 3


REPLIES = st.builds(reply, st.sampled_from(["", "a", "a b"]), st.sampled_from([*sorted(BAD), "other"]), confidence=st.floats(0, 1))


@given(REPLIES, REPLIES)
def test_the_better_of_two_answers_is_one_of_them_and_never_none_where_there_is_one(one, other):
    best = better(one, other)
    assert best in (one, other)
    assert best.answer is not None or (one.answer is None and other.answer is None)
    assert better(one, one) is one
