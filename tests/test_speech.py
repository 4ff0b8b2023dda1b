"""What a model says becomes an answer on the page: seen through its lens, asked and read in its dialect, boxes put in place."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from docai.backends.replay import Speaker
from docai.backends.speech import SpeakingBackend
from docai.box import WHOLE, Box
from docai.dialects import Said, Token
from docai.dialects.varco import Dialect
from docai.document import Answer, Mention, Problem, Table, Usage
from docai.exchange import Request
from docai.sources import Origin, PageReference, opened
from docai.tasks.asking import Ask
from docai.tasks.chart import ReadChart
from docai.tasks.grounding import Find, Name
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import AnyresLens, GridLens, Lens, View
from tests.drawn_pages import Sheet, filled, word

LENSES = [Lens(dpi=100), GridLens(by_need=False), GridLens(), AnyresLens(pinpoints=((384, 768), (768, 384), (768, 768)))]
PART = Box(0.5, 0.25, 1.0, 0.75)


@pytest.fixture(scope="module")
def origin():
    sheet = Sheet()
    sheet.text(330, 300, "Harwick").text(330, 320, "1,204 parcels")
    origin = Origin(None, sheet.data())
    with opened(origin):
        yield origin


def view(origin, box=PART, **more):
    return View(PageReference(origin, 1), 595, 842, box, **more)


def told(task, *said, lens=LENSES[0], views=()):
    """Return the replies to a task, asked once for each thing said, and what the model was shown and asked."""
    speaker = Speaker(said)
    requests = [Request(task, (one,), "model") for one in views]
    return SpeakingBackend(speaker, Dialect(), lens).answer(requests), speaker.asked


@pytest.mark.parametrize("lens", LENSES, ids=lambda lens: type(lens).__name__)
@pytest.mark.parametrize("quarter", [0, 90, 180, 270])
def test_boxes_are_put_on_the_page_whatever_the_lens_shows(origin, lens, quarter):
    where = view(origin, quarter=quarter)
    speaker = Speaker([Said("")])
    SpeakingBackend(speaker, Dialect(), lens).answer([Request(Find("Harwick"), (where,), "model")])
    place = where.from_page(Box(0.6, 0.3, 0.7, 0.4))
    seen = speaker.asked[0].seen[0].from_view(place)
    said = f"<obj>Harwick</obj><bbox>{', '.join(f'{side:.3f}' for side in seen)}</bbox>"
    (reply,), _ = told(Find("Harwick"), Said(said), lens=lens, views=[where])
    (box,) = reply.answer.boxes
    assert max(abs(a - b) for a, b in zip(box, Box(0.6, 0.3, 0.7, 0.4), strict=True)) < 0.001
    assert reply.answer.page_number == 1


def test_a_box_that_is_asked_about_is_asked_as_it_is_seen(origin):
    (reply,), (asked,) = told(Name(Box(0.5, 0.25, 0.75, 0.5)), Said("a depot"), views=[view(origin)])
    assert "<bbox>0.0, 0.0, 0.5, 0.5</bbox>" in asked.prompt.text
    assert reply.answer == Mention(phrase="a depot", boxes=(Box(0.5, 0.25, 0.75, 0.5),), confidence=0.5)


def test_words_are_read_with_their_boxes_their_likelihood_and_what_they_cost(origin):
    text = "<char>Harwick</char><bbox>0, 0, 0.5, 0.1</bbox>"
    said = Said(text, (Token(0, len(text), -0.1),), usage=Usage(tiles=1, prompt_tokens=100, tokens=20))
    (reply,), (asked,) = told(ReadText(), said, views=[view(origin)])
    (read,) = reply.answer[0].words
    assert (read.text, read.box) == ("Harwick", Box(0.5, 0.25, 0.75, 0.3))
    assert read.likelihood.mean == read.likelihood.least == -0.1
    assert read.confidence == reply.confidence == 0.9048
    assert (reply.usage.tokens, reply.engine.dialect, reply.text) == (20, "varco", text)
    assert asked.prompt.text == "<ocr>"


def test_cells_are_found_among_the_words_of_the_page(origin):
    with opened(origin) as source:
        words = source.page(1).words
    html = "<table><tr><td>Harwick</td></tr><tr><td>1,204 parcels</td></tr></table>"
    (reply,), _ = told(ReadTable(), Said(html), views=[view(origin, words=words)])
    assert isinstance(reply.answer, Table)
    harwick = next(word.box for word in words if word.text == "Harwick")
    assert reply.answer.cells[0].box == harwick


def test_a_question_is_answered_in_words_by_the_engine_that_was_asked(origin):
    (reply,), (asked,) = told(Ask("How many parcels?"), Said("1,204"), views=[view(origin)])
    assert isinstance(reply.answer, Answer)
    assert (reply.answer.text, reply.answer.engine, asked.prompt.text) == ("1,204", "replay", "How many parcels?")


def test_blank_views_are_told_and_not_asked_about(origin):
    (reply,), asked = told(ReadText(), views=[view(origin, Box(0.0, 0.8, 1.0, 1.0))])
    assert asked == []
    assert [problem.code for problem in reply.problems] == ["view_blank"]
    assert reply.answer is None


def test_what_failed_is_a_problem_of_its_page_and_spoils_no_other(origin):
    broken = Said("", finish="failed", problems=(Problem(code="out_of_memory", message="…", severity="error"),))
    replies, _ = told(Ask("Where?"), broken, Said("Harwick"), views=[view(origin)] * 2)
    assert [reply.answer is None for reply in replies] == [True, False]
    assert [(problem.code, problem.page_number) for problem in replies[0].problems] == [("out_of_memory", 1)]
    assert replies[0].confidence == 0.0


def test_a_page_that_cannot_be_drawn_is_a_problem_and_the_rest_is_answered(origin):
    lost = View(PageReference(Origin(None, b"%PDF-1.4 nothing"), 1), 595, 842)
    replies, asked = told(Ask("Where?"), Said("Harwick"), views=[lost, view(origin)])
    assert [problem.code for problem in replies[0].problems] == ["view_not_drawn"]
    assert replies[1].answer.text == "Harwick"
    assert len(asked) == 1


def test_further_attempts_try_other_words_and_charts_are_asked_in_the_language_of_the_page(origin):
    speaker = Speaker([Said("{}"), Said("{}")])
    backend = SpeakingBackend(speaker, Dialect(), LENSES[0])
    backend.answer([Request(ReadChart(("ko",)), (view(origin),), "model", attempt) for attempt in (0, 3)])
    assert [asked.temperature for asked in speaker.asked] == [0.0, 0.8]
    assert "차트" in speaker.asked[0].prompt.text


# ---- what is shown


@pytest.fixture(scope="module")
def fine():
    """Return a page of fine print, and its words."""
    sheet = Sheet()
    sheet.lines(40, 60, [filled(34, n) for n in range(110)], size=6)
    origin = Origin(None, sheet.data())
    with opened(origin) as source:
        yield origin, source.page(1).words


def test_fine_print_is_asked_about_in_parts_whose_answers_are_joined(fine):
    origin, words = fine
    speaker = Speaker([Said(f"<char>{name}</char><bbox>0, 0, 1, 1</bbox>") for name in ("one", "two", "three", "four")])
    lens = GridLens()
    request = Request(ReadText(), (View(PageReference(origin, 1), 595, 842, words=words),), "model")
    (reply,) = SpeakingBackend(speaker, Dialect(), lens).answer([request])
    parts = len(speaker.asked)
    assert 1 < parts <= 4
    assert all(asked.seen[0].met >= 0.8 for asked in speaker.asked)
    assert [text.text for text in reply.answer] == ["one", "two", "three", "four"][:parts]
    assert all(a.box.bottom <= b.box.top + 0.01 for a, b in pairwise(reply.answer))


def test_the_parts_of_a_long_table_show_its_headings_and_are_one_table(fine):
    origin, words = fine
    heads = "<tr><th>Depot</th><th>Vans</th></tr>"
    said = [Said(f"<table>{heads}<tr><td>{name}</td><td>1</td></tr></table>") for name in "abcdefgh"]
    speaker = Speaker(said)
    request = Request(ReadTable(), (View(PageReference(origin, 1), 595, 842, words=words),), "model")
    (reply,) = SpeakingBackend(speaker, Dialect(), GridLens()).answer([request])
    parts = len(speaker.asked)
    assert parts > 1
    assert [row[0].text for row in reply.answer.grid()] == ["Depot", *"abcdefgh"[:parts]]
    assert reply.answer.header_row_count == 1


def test_text_that_is_shown_too_small_is_told(fine):
    origin, words = fine
    where = View(PageReference(origin, 1), 595, 842, words=words)
    (reply,), _ = told(Ask("What is this?"), Said("A page"), lens=GridLens(most=2), views=[where])
    assert [problem.code for problem in reply.problems] == ["text_shown_small"]
    assert reply.problems[0].severity == "note"


def test_an_answer_much_shorter_than_the_ink_on_a_scan_is_told(fine):
    origin, _ = fine
    (reply,), _ = told(
        ReadText(), Said("<char>the</char><bbox>0, 0, 1, 1</bbox>"), views=[View(PageReference(origin, 1), 595, 842)]
    )
    assert "answer_short" in {problem.code for problem in reply.problems}


def test_nothing_is_asked_of_nothing():
    assert SpeakingBackend(Speaker([]), Dialect(), Lens()).answer([]) == []


@pytest.mark.parametrize("quarter", [0, 90, 180, 270])
def test_cells_are_found_among_words_that_lie_on_their_side(origin, quarter):
    upright = View(PageReference(origin, 1), 595, 842, PART, quarter=quarter)
    places = {"Depot": (0.1, 0.1), "Vans": (0.6, 0.1), "Harwick": (0.1, 0.5), "12": (0.6, 0.5)}
    there = {text: upright.to_page(Box(x, y, x + 0.2, y + 0.1)) for text, (x, y) in places.items()}
    words = tuple(word(text, 0, 0)._replace(box=box) for text, box in there.items())
    html = "<table><tr><td>Depot</td><td>Vans</td></tr><tr><td>Harwick</td><td>12</td></tr></table>"
    (reply,), _ = told(ReadTable(), Said(html), views=[replace(upright, words=words)])
    for cell in reply.answer.cells:
        assert max(abs(a - b) for a, b in zip(cell.box, there[cell.text], strict=True)) < 0.001
        assert cell.confidence == 0.5
    assert reply.answer.box == PART


@pytest.mark.parametrize("quarter", [90, 270])
def test_a_table_that_lies_on_its_side_is_split_between_its_rows(fine, quarter):
    origin, words = fine
    upright = View(PageReference(origin, 1), 842, 595, quarter=quarter)
    lying = tuple(one._replace(box=upright.to_page(one.box), direction=quarter) for one in words)
    speaker = Speaker([Said(f"<table><tr><td>{name}</td><td>1</td></tr></table>") for name in "abcdefgh"])
    request = Request(ReadTable(), (replace(upright, words=lying),), "model")
    (reply,) = SpeakingBackend(speaker, Dialect(), GridLens()).answer([request])
    assert len(speaker.asked) > 1
    assert [row[0].text for row in reply.answer.grid()] == [*"abcdefgh"[: len(speaker.asked)]]


def test_text_that_is_shown_smaller_for_want_of_memory_is_told(origin):
    (reply,), _ = told(Ask("What?"), Said("A page"), lens=GridLens(), views=[view(origin, WHOLE).closer(0.25)])
    assert "text_shown_small" in {problem.code for problem in reply.problems}
    (closer,), _ = told(Ask("What?"), Said("A page"), lens=Lens(dpi=120), views=[view(origin, WHOLE).closer(1.5)])
    assert closer.problems == ()


def test_what_is_not_asked_is_told_by_the_same_engine_as_what_is(origin):
    replies, _ = told(ReadText(), Said("Harwick"), views=[view(origin, Box(0.0, 0.8, 1.0, 1.0)), view(origin)])
    assert replies[0].engine == replies[1].engine
