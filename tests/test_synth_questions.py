"""What is asked about drawn pages, and that the answers are right and can be said."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from docai.backends.speech import on_page
from docai.box import WHOLE, Box, hull
from docai.dialects import Sight
from docai.dialects.internvl import Dialect as Internvl
from docai.dialects.markup import Dialect as Markup
from docai.dialects.varco import Dialect as Varco
from docai.document import Answer, Block, Cell, Chart, Point, Series, Table, Word
from docai.document import replace as changed
from docai.sources import kind_of
from docai.tiling import AnyresLens, GridLens, Lens, look
from fine_tune.synth.pages import draw_page
from fine_tune.synth.questions import DRAWN_FOR, KINDS, MOST_TURNS, asked_about, blank, form_of, learnable
from fine_tune.synth.questions.counting import added_up, sheet_of
from fine_tune.synth.questions.finding import places_of
from fine_tune.synth.questions.paper import HARDLY, MOSTLY, Paper, lines_of
from fine_tune.synth.questions.words import ASKED, SAID
from fine_tune.synth.scanning import scanned_as

DIALECTS = (Varco(), Internvl(), Markup())
LENSES = {"varco": AnyresLens(), "internvl": GridLens(), "markup": Lens(dpi=100)}
LETTER = draw_page(1, kind="letter", language="en")
EMPTY = blank(LETTER)


def samples_of(kind, count, **options):
    """Return samples of a kind about pages that may have something of it, upright and askew."""
    found = []
    for seed in range(count):
        kinds = DRAWN_FOR.get(kind, ("letter", "receipt", "report"))
        drawn = draw_page(seed, kind=kinds[seed % len(kinds)])
        drawn = scanned_as(drawn, ("skewed",), seed) if seed % 2 else drawn
        sample = asked_about(drawn, kind, seed, **options)
        if sample is not None:
            found.append((drawn, sample))
    assert found
    return found


def page_with(*contents):
    blocks = tuple(Block(id=f"p1/{place + 1}", content=content) for place, content in enumerate(contents))
    page = changed(EMPTY.document.pages[0], blocks=blocks)
    return replace(EMPTY, document=changed(EMPTY.document, pages=(page,)), language="en")


def table_of(rows, heads="row"):
    cells = [
        Cell(
            row=row,
            column=column,
            text=text,
            header="column" if row == 0 else heads if column == 0 else "none",
            box=Box(column / 10, row / 20, (column + 1) / 10, (row + 1) / 20),
        )
        for row, line in enumerate(rows)
        for column, text in enumerate(line)
    ]
    box = hull(cell.box for cell in cells)
    return Table(page_number=1, box=box, row_count=len(rows), column_count=len(rows[0]), cells=tuple(cells))


SALES = table_of([["Region", "Sales", "Staff"], ["North", "1,250", "12"], ["South", "980", "31"], ["West", "1,310", "7"]])


def asked(drawn, kind, count=60, **options):
    """Return all questions about a page with their answers, by their words."""
    found = {}
    for seed in range(count):
        sample = asked_about(drawn, kind, seed, **options)
        if sample is not None:
            found |= {getattr(turn.task, "question", turn.task): turn.answer for turn in sample.turns}
    return found


# Pictures


def test_a_view_shows_the_very_pixels_of_the_page():
    view = Paper(LETTER).view()
    assert kind_of(view.page.origin.read(64)) == "image"
    assert np.array_equal(view.pixels(Lens(dpi=LETTER.dpi)), LETTER.pixels)
    assert np.array_equal(look(view, Lens(dpi=LETTER.dpi)).tiles[0], LETTER.pixels)


def test_a_view_of_a_part_shows_the_very_pixels_of_the_part():
    paper = Paper(LETTER)
    box = paper.cut_out(paper.lines[4])
    left, top, right, bottom = box.pixels(*paper.size)
    assert np.array_equal(paper.view(box).pixels(Lens(dpi=LETTER.dpi)), LETTER.pixels[top:bottom, left:right])


def test_a_sample_pickles_and_the_far_side_sees_the_same():
    sample = asked_about(LETTER, "reading", 3)
    there = pickle.loads(pickle.dumps(sample))
    assert there == sample
    assert np.array_equal(there.views[0].pixels(Lens()), sample.views[0].pixels(Lens()))


# All kinds


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_each_dialect_has_words_for_what_is_asked_and_answered(kind, dialect):
    for drawn, sample in samples_of(kind, 5, form=form_of(dialect)):
        view = sample.views[0]
        seen = look(view, LENSES[dialect.name])
        for turn in sample.turns:
            task = turn.task
            if task.name == "referring":
                task = replace(task, box=seen.from_view(view.from_page(task.box)))
            assert dialect.prompt(task, Sight((drawn.language,))).text
            if isinstance(turn.answer, str):
                assert turn.answer.strip()
                continue
            answer = on_page(turn.answer, lambda box: seen.from_view(view.from_page(box)), 1)  # noqa: B023  # called at once
            dialect.encode(task, answer, Sight((drawn.language,), seen.width, seen.height))  # raises where it has no words


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_asks_the_same(kind):
    pairs = samples_of(kind, 3), samples_of(kind, 3)
    assert [sample for _, sample in pairs[0]] == [sample for _, sample in pairs[1]]


@pytest.mark.parametrize("kind", ["grounding", "referring", "keys", "questions"])
def test_there_are_no_more_questions_than_allowed_and_none_twice(kind):
    for turns in (1, MOST_TURNS):
        for _, sample in samples_of(kind, 8, turns=turns):
            tasks = [turn.task for turn in sample.turns]
            assert 1 <= len(tasks) <= turns
            assert len(set(tasks)) == len(tasks)


def test_an_empty_page_has_nothing_to_read_and_nothing_to_find():
    assert asked_about(EMPTY, "reading", 1).turns[0].answer == ()
    assert asked_about(EMPTY, "reading", 1, form="lines").turns[0].answer == ()
    assert asked_about(EMPTY, "pages", 1).turns[0].answer == ()
    assert asked_about(EMPTY, "captions", 1).turns[0].answer.text == "An empty page."
    assert all(turn.answer.boxes == () for seed in range(5) for turn in asked_about(EMPTY, "grounding", seed).turns)
    assert set(asked(EMPTY, "questions").values()) == {Answer(text="")}
    assert [kind for kind in KINDS if asked_about(EMPTY, kind, 1) is None] == ["referring", "tables", "charts", "keys"]


def test_a_dialect_learns_the_kinds_that_it_has_words_for():
    assert learnable(Markup()) == KINDS
    few = Varco()
    few.tasks = frozenset(["reading", "ask"])
    assert learnable(few) == ("reading", "captions", "keys", "questions")


def test_each_language_has_all_wordings_and_one_more_for_held_out_pages():
    for texts in (ASKED, SAID):
        assert texts["en"].keys() == texts["ko"].keys() == texts["vi"].keys()
    assert all(len(wordings) > 1 for texts in ASKED.values() for wordings in texts.values())
    ordinary, held_out = asked(LETTER, "captions"), asked(LETTER, "captions", held_out=True)
    assert not ordinary.keys() & held_out.keys()


# Reading


def test_a_part_that_is_read_shows_its_words_and_no_others():
    parts = [(drawn, sample) for drawn, sample in samples_of("reading", 24, form="words") if sample.views[0].box != WHOLE]
    assert len(parts) >= 6
    for drawn, sample in parts:
        paper, box = Paper(drawn), sample.views[0].box
        told = [word for text in sample.turns[0].answer for word in text.words]
        assert sorted(paper.within(box), key=str) == sorted(told, key=str)
        assert all(share >= MOSTLY or share <= HARDLY for share in paper.shares(box))


def test_the_forms_of_a_reading_say_the_same():
    for seed in range(6):
        words, lines, blocks = (asked_about(LETTER, "reading", seed, form=form) for form in ("words", "lines", "blocks"))
        assert words.views == lines.views == blocks.views
        text = " ".join(part.text for part in words.turns[0].answer)
        assert text.split() == lines.turns[0].answer.split()
        assert text.split() == " ".join(part.text for part in blocks.turns[0].answer).split()


def test_words_are_parted_into_lines_where_they_go_on_at_the_left():
    boxes = [(0.1, 0.1), (0.3, 0.102), (0.5, 0.104), (0.1, 0.13), (0.3, 0.132)]
    words = [Word(text=str(place), box=Box(x, y, x + 0.15, y + 0.02)) for place, (x, y) in enumerate(boxes)]
    assert ["".join(word.text for word in line) for line in lines_of(words)] == ["012", "34"]


# Finding


def test_a_phrase_is_found_wherever_it_stands_and_nowhere_else():
    seen = set()
    for drawn, sample in samples_of("grounding", 30):
        for turn in sample.turns:
            words = Paper(drawn).within(sample.views[0].box)
            whole = f" {'  '.join(word.text for word in words)} "  # two spaces, or neighbours would share one
            phrase = f" {turn.task.phrase.replace(' ', '  ')} "
            assert whole.count(phrase) == len(turn.answer.boxes)
            assert turn.answer.phrase == turn.task.phrase
            for box in turn.answer.boxes:
                inside = [word.text for word in words if box.contains(word.box, 1e-5)]
                assert " ".join(inside) == turn.task.phrase
            seen.add(min(2, len(turn.answer.boxes)))
    assert seen == {0, 1, 2}


def line(text, top):
    return tuple(Word(text=part, box=Box(0.1 * n, top, 0.1 * n + 0.09, top + 0.02)) for n, part in enumerate(text.split()))


@pytest.mark.parametrize(
    ("phrase", "count"),
    [("green door", 2), ("the", 1), ("The", None), ("door", None), ("blue door", None), ("old", 0), ("car", None)],
)
def test_a_phrase_that_could_be_taken_for_another_is_not_asked_for(phrase, count):
    lines = [line("the green door", 0.1), line("a green door blue", 0.2), line("door cards (blue)", 0.3)]
    if phrase == "door":
        lines.append(line("doors", 0.4))
    places = places_of(phrase, lines)
    assert (places if places is None else len(places)) == count


def test_what_is_named_stands_in_the_box():
    for drawn, sample in samples_of("referring", 12):
        for turn in sample.turns:
            box = turn.task.box
            assert turn.answer.boxes == (box,)
            inside = [word.text for word in drawn.document.pages[0].words if box.contains(word.box, 1e-5)]
            if turn.answer.phrase not in {SAID[drawn.language][name] for name in ("Table", "Chart", "Figure")}:
                assert " ".join(inside) == turn.answer.phrase


def test_fields_are_answered_with_what_stands_in_their_boxes_and_missing_ones_with_nothing():
    empty = 0
    for drawn, sample in samples_of("keys", 30):
        for turn in sample.turns:
            if turn.answer.text:
                (mention,) = turn.answer.mentions
                values = {(field.value, field.box) for field in drawn.fields}
                assert (turn.answer.text, mention.boxes[0]) in values
            empty += not turn.answer.text
    assert empty


# Counting


def test_answers_about_a_table_are_computed_from_it_and_prove_themselves():
    found = asked(page_with(SALES), "questions", 80)
    assert found["Where is “Sales” highest?"].text == "West (1,310)"
    assert [mention.boxes for mention in found["Where is “Sales” highest?"].mentions] == [
        (SALES.grid()[3][0].box,),
        (SALES.grid()[3][1].box,),
    ]
    assert found["Which row has the smallest value under “Staff”?"].text == "West (7)"
    assert found["What is the sum of “Sales” over all rows?"].text == "3540"
    assert set(found["What is the sum of “Sales” over all rows?"].mentions[0].boxes) == {
        SALES.grid()[row][1].box for row in (1, 2, 3)
    }
    assert found["In how many rows is “Staff” more than 7?"].text == "2"
    assert found["How many rows does the table have below its header?"].text == "3"
    assert found["How many columns does the table have?"].text == "3"
    assert found["What stands in the row “South” under “Staff”?"].text == "31"


def test_a_total_is_neither_the_largest_value_nor_added_up():
    table = table_of([["Region", "Sales"], ["North", "1,250"], ["South", "980"], ["Total", "2,230"]])
    assert not [question for question in asked(page_with(table), "questions") if "largest" in question or "sum" in question]


def test_a_table_whose_names_are_not_its_own_is_not_looked_up_in():
    assert sheet_of(table_of([["Region", "Sales"], ["North", "1"], ["North", "2"]])) is None
    assert sheet_of(table_of([["Region", ""], ["North", "1"], ["South", "2"]])) is None
    assert sheet_of(table_of([["Region", "Sales"], ["North", "1"], ["South", "2"]], heads="none")) is None
    assert sheet_of(SALES).columns == ("Sales", "Staff")


@pytest.mark.parametrize(
    ("values", "point", "text"), [([0.1, 0.2], ".", "0.3"), ([1.5, 2.5], ",", "4"), ([1250.0, -0.25], ",", "1249,75")]
)
def test_sums_are_as_exact_as_their_numbers(values, point, text):
    assert added_up(values, point) == text


def chart_of(**series):
    box = Box(0.1, 0.1, 0.9, 0.5)
    told = [
        Series(name=name, points=tuple(Point(x=x, y=y, box=Box(0.2, 0.2 + y / 1000, 0.3, 0.4)) for x, y in points.items()))
        for name, points in series.items()
    ]
    return Chart(page_number=1, box=box, chart_type="bar", series=tuple(told))


def test_the_highest_bar_is_asked_for_where_an_eye_can_see_which_it_is():
    clear = chart_of(Oil={"May": 10.0, "June": 30.0, "July": 20.0}, Gas={"May": 30.0, "June": 30.1, "July": 5.0})
    found = asked(page_with(clear), "questions", 80)
    assert found["Where is “Oil” highest?"].text == "June"
    assert found["Where is “Oil” highest?"].mentions[0].boxes == (clear.series[0].points[1].box,)
    assert "Where is “Gas” highest?" not in found
    assert found["Where is “Gas” lowest?"].text == "July"
    assert found["How many series does the chart show?"].text == "2"


def test_a_blank_page_keeps_its_paper_and_its_size():
    assert EMPTY.pixels.shape == LETTER.pixels.shape
    assert (EMPTY.pixels == LETTER.paper).all()
    assert EMPTY.document.pages[0].blocks == ()
