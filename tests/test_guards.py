"""Blank views are told, and what was answered badly is asked again: closer, in halves, in other words; the best answer holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.backends.replay import Backend
from docai.box import Box
from docai.document import Cell, Problem, Table, Text, Usage
from docai.exchange import Reply, Request, drive
from docai.guards import BAD, BLANK, better, blank, checked, guarded, is_bad, joined, ladder, letter_count
from docai.sources import Origin, PageReference
from docai.tasks.page import ReadPage
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import AnyresLens, Lens, Seen, View, look
from tests.drawn_pages import HEIGHT, REFERENCE, WIDTH, Sheet, prose, word

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


def test_a_table_is_not_asked_for_in_halves_beside_each_other():
    cells = tuple(word(f"{n}{c}", x, 60 + 14 * n) for n in range(5) for c, x in enumerate((60, 200, 340, 480)))
    where = View(REFERENCE, WIDTH, HEIGHT, Box(0.05, 0.05, 0.95, 0.15), words=cells)
    _, requests = asked([reply("", "answer_unreadable")] * 5, ReadTable(), where)
    lefts = {(request.views[0].box.left, request.views[0].box.right) for request in requests}
    assert lefts == {(0.05, 0.95)}


def test_the_lower_half_of_a_table_shows_its_first_row():
    cells = tuple(word(f"{n}{c}", x, 60 + 14 * n) for n in range(40) for c, x in enumerate((60, 200, 340)))
    _, requests = asked([reply("", "answer_unreadable")] * 5, ReadTable(), view(cells))
    assert [request.views[0].head is not None for request in requests] == [False, False, False, True, False]


def test_where_memory_is_full_for_a_part_what_the_others_said_is_kept():
    full = Problem(code="out_of_memory", message="…", severity="error")
    some = Reply((text("the upper part"),), (full,), "the upper part", 0.9)
    none = Reply(problems=(full,), confidence=0.0)
    where = Request(ReadTable(), (view(),), "model")
    backend = Backend([some, none, none])
    assert drive(ladder(where), {"model": backend}).answer == some.answer


def test_a_page_that_is_a_table_is_no_short_answer():
    cells = tuple(Cell(row=0, column=n, text=part, box=BOX) for n, part in enumerate(WHOLE_TEXT.split()))
    whole = Table(page_number=1, box=BOX, row_count=1, column_count=len(cells), cells=cells)
    answer = Reply((whole,), (), WHOLE_TEXT, 0.9)
    assert checked(Request(ReadPage(), (view(),), "model"), answer) == answer


def test_a_table_lacks_nothing_of_a_part_where_nothing_is_printed():
    whole = Table(page_number=1, box=BOX, row_count=1, column_count=1, cells=(Cell(row=0, column=0, text="a", box=BOX),))
    white = Reply(problems=(Problem(code=BLANK, message="…", severity="note"),), confidence=0.0)
    request = Request(ReadTable(), (view(),), "model")
    assert joined(request, [Reply(whole), white]).answer == whole
    assert joined(request, [white, white]).problems == white.problems


def test_letters_are_counted_on_the_grid_whether_the_whole_is_shown_first_or_last():
    sheet = Sheet()
    sheet.lines(40, 60, ["some words of print"] * 30)
    where = View(PageReference(Origin(None, sheet.data()), 1), 595, 842)
    seen = look(where, AnyresLens(pinpoints=((768, 768),)))
    grid = replace(seen, tiles=seen.tiles[1:])
    assert letter_count(seen, whole_first=True) == letter_count(grid)


def test_half_an_answer_is_not_better_than_a_whole_one_that_goes_round_in_circles():
    half = Reply(reply(UPPER).answer, (Problem(code="out_of_memory", message="…", severity="error"),), UPPER, 0.9)
    whole = reply(WHOLE_TEXT, "answer_loops")
    assert better(whole, half) is whole
