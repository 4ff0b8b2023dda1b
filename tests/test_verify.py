"""What a model said is held against the page: numbers that are not there are told, words that differ kept beside each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.box import Box
from docai.document import Cell, Engine, Problem, Table, Text, Usage, Word
from docai.exchange import Reply
from docai.sources import Recognised
from docai.verify import CONTRADICTED, CONTRADICTS, against_page, choose, held_text
from tests.drawn_pages import words

BOX = Box(0.1, 0.1, 0.9, 0.4)
ROWS = (("Depot", "Parcels"), ("Harwick", "1,204"), ("Penfold", "903"))
ON_PAGE = tuple(
    word for n, row in enumerate(ROWS) for x, text in zip((70, 300), row, strict=True) for word in words(text, x, 100 + 20 * n)
)
MODEL, RULES = Engine(backend="vlm", model="m"), Engine(backend="classical")


def table(rows=ROWS, confidence=0.9):
    cells = tuple(
        Cell(row=r, column=c, text=text, box=BOX, confidence=confidence, basis="model")
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    )
    return Table(page_number=1, box=BOX, row_count=len(rows), column_count=len(rows[0]), cells=cells)


def reply(answer, confidence=0.9, engine=MODEL, problems=()):
    usage = Usage(tokens=40) if engine is MODEL else Usage()
    return Reply(answer, problems, "", confidence, usage, engine)


def test_numbers_that_stand_on_the_page_are_as_sure_as_before():
    assert against_page(table(), ON_PAGE) == (table(), ())


def test_a_number_that_the_page_does_not_have_is_told_and_hardly_sure():
    wrong = (*ROWS[:1], ("Harwick", "1,294"), ROWS[2])
    held, (problem,) = against_page(table(wrong), ON_PAGE)
    assert [cell.confidence for cell in held.cells] == [0.9, 0.9, 0.9, round(CONTRADICTED * 0.9, 4), 0.9, 0.9]
    assert held.cells[3].text == "1,294"
    assert problem.code == CONTRADICTS
    assert "1,294" in problem.message


def test_a_cell_with_a_place_of_its_own_keeps_what_stands_there_beside_it():
    wrong = table((*ROWS[:1], ("Harwick", "1,294"), ROWS[2]))
    place = next(word.box for word in ON_PAGE if word.text == "1,204")
    cells = tuple(cell.model_copy() if cell.text != "1,294" else Cell(**{**dict(cell), "box": place}) for cell in wrong.cells)
    held, _ = against_page(Table(**{**dict(wrong), "cells": cells}), ON_PAGE)
    assert [(reading.source, reading.text) for reading in held.cells[3].readings] == [("text_layer", "1,204")]


def test_thousands_that_the_page_sets_apart_are_the_same_number():
    spaced = words("1 204", 300, 120)
    assert against_page(table((("Parcels",), ("1,204",))), spaced)[1] == ()
    assert against_page(table((("Parcels",), ("1 204",))), words("1,204", 300, 120))[1] == ()


def test_words_that_were_read_unsurely_contradict_nothing():
    doubtful = tuple(word._replace(recognised=Recognised("tesseract", 0.3)) for word in ON_PAGE)
    assert against_page(table((("Harwick", "1,294"),)), doubtful)[1] == ()


def test_without_words_nothing_is_said():
    assert against_page(table(), ()) == (table(), ())
    assert against_page(None, ON_PAGE) == (None, ())


def test_a_model_answers_where_rules_do_not():
    chosen = choose(reply(None, 0.0, RULES), reply(table()), ON_PAGE)
    assert (chosen.answer, chosen.engine) == (table(), MODEL)


def test_a_surer_model_whose_words_stand_on_the_page_is_chosen():
    chosen = choose(reply(table(ROWS[:2]), 0.4, RULES), reply(table()), ON_PAGE)
    assert chosen.engine == MODEL


def test_a_less_sure_model_is_not_chosen_but_what_it_cost_is_told():
    chosen = choose(reply(table(), 0.97, RULES), reply(table(), 0.6), ON_PAGE)
    assert (chosen.engine, chosen.usage) == (RULES, Usage(tokens=40))


def test_a_model_that_leaves_words_out_or_makes_numbers_up_is_not_chosen():
    unsure = reply(table(), 0.4, RULES)
    for rows in (ROWS[:1], (("Depot", "Parcels"), ("Harwick", "7,777"), ("Penfold", "8,888"))):
        assert choose(unsure, reply(table(rows)), ON_PAGE).engine == RULES


def test_problems_of_an_answer_that_is_not_chosen_are_notes():
    broken = Problem(code="answer_truncated", message="cut", severity="warning")
    chosen = choose(reply(table(), 0.97, RULES), reply(None, 0.0, problems=(broken,)), ON_PAGE)
    assert [problem.severity for problem in chosen.problems] == ["note"]


def test_where_nobody_answers_what_went_wrong_with_the_model_is_as_bad_as_it_was():
    down = Problem(code="endpoint_unreachable", message="nobody listens", severity="error")
    chosen = choose(reply(None, 0.0, RULES), reply(None, 0.0, problems=(down,)), ON_PAGE)
    assert [problem.severity for problem in chosen.problems] == ["error"]


def test_nothing_is_chosen_of_nothing():
    assert choose(reply(None, 0.0, RULES), reply(None, 0.0), ON_PAGE).answer is None


# ---- texts


def read(text, confidence=0.8):
    found = tuple(Word(text=part, box=BOX, confidence=confidence) for part in text.split())
    return Text(page_number=1, box=BOX, words=found, text=text)


def test_words_on_which_both_agree_are_surer():
    held, problems = held_text(read("the van stops here"), "the van stops here", 0.5)
    assert [word.confidence for word in held.words] == [0.9] * 4
    assert (held.text, problems) == ("the van stops here", ())


def test_the_surer_reading_of_a_word_holds_and_the_other_is_kept():
    held, _ = held_text(read("the vau stops here"), "the van stops here", 0.95)
    assert held.text == "the van stops here"
    assert [(r.source, r.text) for r in held.words[1].readings] == [("ocr", "vau")]
    kept, _ = held_text(read("the van stops here", 0.9), "the vau stops here", 0.5)
    assert kept.text == "the van stops here"
    assert [(r.source, r.text) for r in kept.words[1].readings] == [("model", "vau")]


def test_numbers_on_which_readers_differ_are_told_and_not_sure():
    held, (problem,) = held_text(read("total 1,204 parcels sent"), "total 1,264 parcels sent", 0.9)
    assert held.words[1].confidence < 0.3
    assert "1,204 or 1,264" in problem.message


def test_a_model_that_tells_of_something_else_changes_nothing():
    text = read("the van stops here")
    assert held_text(text, "A nice picture of a dog in a garden", 0.99) == (text, ())
    assert held_text(text, "", 0.99) == (text, ())


TEXTS = st.lists(st.text("ab1", min_size=1, max_size=3), max_size=8).map(" ".join)


@given(TEXTS, TEXTS, st.floats(0, 1), st.floats(0, 1))
def test_no_word_is_lost_or_made_up_whatever_a_model_says(given_text, said, sure, confidence):
    text = read(given_text, sure)
    held, _ = held_text(text, said, confidence)
    assert len(held.words) == len(text.words)
    assert held.text.split() == [word.text for word in held.words]
    for before, after in zip(text.words, held.words, strict=True):
        assert before.text in (after.text, *(reading.text for reading in after.readings))


def test_a_reading_beside_a_cell_is_as_sure_as_it_was_read():
    wrong = table((*ROWS[:1], ("Harwick", "1,294"), ROWS[2]))
    place = next(word.box for word in ON_PAGE if word.text == "1,204")
    cells = tuple(cell if cell.text != "1,294" else Cell(**{**dict(cell), "box": place}) for cell in wrong.cells)
    scanned = tuple(word._replace(recognised=Recognised("tesseract", 0.7)) for word in ON_PAGE)
    held, _ = against_page(Table(**{**dict(wrong), "cells": cells}), scanned)
    assert [reading.confidence for reading in held.cells[3].readings] == [0.7]


def test_a_number_that_a_reader_was_not_sure_of_is_confirmed_by_a_model_that_says_the_same():
    partly = tuple(word._replace(recognised=Recognised("tesseract", 0.3 if word.text == "1,204" else 0.9)) for word in ON_PAGE)
    assert against_page(table(), partly) == (table(), ())


def test_numbers_are_made_up_where_a_text_layer_has_none():
    held, (problem,) = against_page(table((("Harwick", "1,294"),)), words("Harwick unknown", 70, 120))
    assert problem.code == CONTRADICTS
    assert held.cells[1].confidence < 0.3


def test_a_number_of_four_groups_is_the_same_with_commas():
    assert against_page(table((("1,234,567,890",),)), words("1 234 567 890", 70, 120))[1] == ()


def test_a_word_that_is_parted_between_lines_is_exchanged_in_running_text_as_well():
    found = tuple(Word(text=part, box=BOX, confidence=0.5) for part in "the exarn- ple of vaus in- side".split())
    text = Text(page_number=1, box=BOX, words=found, text="the exarnple of vaus inside")
    held, _ = held_text(text, "the exam- ple of vans in- side", 0.9)
    assert held.text == "the example of vans inside"


@pytest.mark.parametrize("sign", [" ", "\u00a0", "\u2009", "\u202f", "'", "’", ".", ""])
def test_whatever_sets_thousands_apart_a_number_is_the_same(sign):
    assert against_page(table(((f"1{sign}204",),)), words("1,204", 300, 120))[1] == ()
