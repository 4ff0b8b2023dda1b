"""Mistakes made on purpose differ, can be said, and are told for what they are."""

from __future__ import annotations

import unicodedata
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docai.box import WHOLE, Box, hull
from docai.dialects import Said
from docai.document import Answer, Cell, Chart, Figure, Mention, Point, Series, Table, Text, Word, replace
from fine_tune.preferences.diagnosis import extent, kinds_of
from fine_tune.preferences.lookalikes import confused, plain
from fine_tune.preferences.mistakes import MADE, mistaken
from tests.drawn_answers import CLEAN, DIALECTS, SIGHT, TASKS, cases, task_of

ROWS = [
    ["Depot", "Parcels", "Share"],
    ["Harwick", "1,240.5", "12.5"],
    ["Ely", "317", "48"],
    ["Số lượng", "2,650", ""],
    ["합계", "8,120", "9"],
]
LINES = ["Invoice 4711", "Hóa đơn số 12.50", "서울특별시 강남구", "Total 1,240", "Thank you"]


def table(rows=ROWS, box=WHOLE):
    high, wide = 1 / len(rows), 1 / len(rows[0])
    cells = tuple(
        Cell(
            row=r,
            column=c,
            text=text,
            header="none" if r else "column",
            box=WHOLE if box == WHOLE else Box(c * wide, r * high, (c + 1) * wide, (r + 1) * high),
        )
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    )
    return Table(page_number=1, box=box, row_count=len(rows), column_count=len(rows[0]), cells=cells)


def line(text, place):
    words = tuple(
        Word(text=word, box=Box(0.1 + 0.2 * column, 0.1 * place, 0.25 + 0.2 * column, 0.1 * place + 0.03))
        for column, word in enumerate(text.split())
    )
    return Text(page_number=1, box=hull(word.box for word in words), text=text, words=words)


def lines(texts=LINES):
    return tuple(line(text, place) for place, text in enumerate(texts, 1))


def chart(values=(12.5, 317.0, 48.25), names=("May", "June", "July")):
    points = tuple(Point(x=name, y=value, box=WHOLE) for name, value in zip(names, values, strict=True))
    return Chart(page_number=1, box=WHOLE, chart_type="bar", series=(Series(name="2025", points=points),))


def spanned(whole):
    """Return a table whose first two cells are one."""
    first = replace(whole.cells[0], column_span=2, text="Depots of 2025")
    return replace(whole, cells=(first, *whole.cells[2:]))


ANSWERS = {
    "table": [table(), spanned(table())],
    "reading": [lines()],
    "chart": [chart()],
    "grounding": [Mention(phrase="the total", boxes=(Box(0.2, 0.2, 0.4, 0.25),)), Mention(phrase="the total")],
    "ask": [Answer(text="It is 12.50"), Answer(text="")],
    "page": [(Text(page_number=1, box=WHOLE, text="Depots of 2025"), table(), Text(page_number=1, box=WHOLE, text="Ely is new."))],
}
POSSIBLE = {
    "table": {
        *("dropped_row", "swapped_digits", "repeated", "wrong_span", "invented", "confused_letters"),
        *("merged_columns", "moved_decimal"),
    },
    "reading": set(MADE) - {"dropped_row", "wrong_span", "merged_columns"},
    "chart": {"dropped_row", "swapped_digits", "confused_letters", "moved_decimal"},
    "grounding": {"shifted_box", "invented"},
    "ask": {"swapped_digits", "confused_letters", "moved_decimal", "invented"},
    "page": set(MADE) - {"shifted_box"},
}
PAIRS = [(dialect, name) for dialect in DIALECTS for name in ANSWERS]


def writer(dialect, name):
    return lambda answer: DIALECTS[dialect].encode(task_of(name), answer, SIGHT)


def back(dialect, name, text):
    return DIALECTS[dialect].decode(task_of(name), Said(text), SIGHT).answer


# Made


@pytest.mark.parametrize(("dialect", "name"), PAIRS)
def test_every_kind_that_an_answer_can_have_is_made_and_told_for_what_it_is(dialect, name):
    made = set()
    for answer in ANSWERS[name]:
        write = writer(dialect, name)
        right = back(dialect, name, write(answer))
        for kind in MADE:
            for seed in range(3):
                mistake = mistaken(right, write, seed, [kind])
                if mistake is not None:
                    assert mistake.kind == kind
                    assert mistake.text == write(mistake.answer) != write(right)
                    assert kinds_of(back(dialect, name, mistake.text), right)[kind] > 0, (kind, mistake.text)
                    made.add(kind)
    assert made >= POSSIBLE[name]


@pytest.mark.parametrize(("dialect", "name"), [(dialect, name) for dialect in DIALECTS for name in TASKS])
def test_a_mistake_differs_can_be_said_and_is_the_same_again(dialect, name):
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cases(dialect, name, CLEAN), st.integers(0, 10**6))
    def law(case, seed):
        task, answer = case

        def write(answer):
            return DIALECTS[dialect].encode(task, answer, SIGHT)

        mistake = mistaken(answer, write, seed)
        assert mistake == mistaken(answer, write, seed)
        if mistake is None:
            return
        assert write(mistake.answer) == mistake.text != write(answer)
        assert DIALECTS[dialect].decode(task, Said(mistake.text), SIGHT).answer is not None

    law()


def test_seeds_give_different_mistakes():
    texts = {mistaken(table(), writer("varco", "table"), seed).text for seed in range(40)}
    assert len(texts) > 30


def test_a_mistake_that_cannot_be_said_is_another_one():
    seen = {mistaken(table(), writer("varco", "table"), seed, ["shifted_box", "dropped_row"]).kind for seed in range(20)}
    assert seen == {"dropped_row"}  # tables are told without boxes there
    assert mistaken(table(), writer("varco", "table"), 0, ["shifted_box"]) is None


def test_of_what_is_blank_only_something_invented_can_be_made():
    for seed in range(20):
        assert mistaken((), writer("varco", "reading"), seed).kind == "invented"


def test_an_answer_that_cannot_be_said_is_the_callers_fault():
    with pytest.raises(ValueError, match="no words"):
        mistaken(
            Mention(phrase="<obj>", boxes=(WHOLE,)),
            lambda answer: DIALECTS["varco"].encode(task_of("grounding", phrase="<obj>"), answer, SIGHT),
            0,
        )


# Look-alikes


@pytest.mark.parametrize("word", ["Đặng", "hường", "강남구", "뷁", "Illinois", "được"])
def test_letters_are_taken_for_others_that_look_alike(word):
    found = {confused(word, Random(seed)) for seed in range(60)}
    assert word not in found
    assert len(found) >= 2
    assert {plain(other) for other in found} == {plain(word)}
    assert all(unicodedata.is_normalized("NFC", other) for other in found)


def test_what_has_no_look_alike_is_left_alone():
    assert confused("12 + 7", Random(1)) is None


# Told


@pytest.mark.parametrize("answer", [answer for several in ANSWERS.values() for answer in several])
def test_a_right_answer_makes_no_mistake(answer):
    assert kinds_of(answer, answer) == {}


def test_rows_are_told_as_dropped_repeated_and_invented():
    found = [ROWS[0], ROWS[1], ROWS[1], ROWS[1], ROWS[3], ["Thank you for your business", "", ""], ROWS[4]]
    assert kinds_of(table(found), table()) == {"repeated": 2, "dropped_row": 1, "invented": 1}


def test_rows_that_are_equal_in_truth_are_no_repetition():
    zeros = [ROWS[0], *[["-", "0", "0"]] * 6]
    assert kinds_of(table(zeros), table(zeros)) == {}
    assert kinds_of(table(zeros[:-2]), table(zeros)) == {"dropped_row": 2}
    assert kinds_of(table([*zeros, *[["-", "0", "0"]] * 5]), table(zeros)) == {"repeated": 5}


def test_each_kind_of_wrong_cell_is_told():
    found = [row[:] for row in ROWS]
    found[1][1], found[2][1], found[3][0], found[3][2], found[4][0] = "1,24.05", "371", "Sồ lượng", "7", "zzz"
    told = kinds_of(table(found), table())
    assert told == {"moved_decimal": 1, "swapped_digits": 1, "confused_letters": 1, "invented": 1, "misread": 1}


def test_merged_columns_are_told_from_missing_ones():
    merged = [[f"{row[0]} {row[1]}".strip(), row[2]] for row in ROWS]
    assert kinds_of(table(merged), table()) == {"merged_columns": 1}
    assert kinds_of(table([row[:2] for row in ROWS]), table())["missed"] >= 1


def test_a_line_of_a_page_that_is_left_out_a_block_repeated_and_a_place_shifted_are_told():
    found = lines([*LINES[:2], LINES[1], LINES[1], *LINES[3:]])
    told = kinds_of(found, lines())
    assert (told["dropped_line"], told["repeated"]) == (1, 2)
    away = (lines()[0], *(replace(one, box=Box(0.8, 0.9, 0.9, 0.95)) for one in lines()[1:]))
    assert kinds_of(away, lines()) == {"shifted_box": 4}


def test_a_text_that_runs_in_a_circle_is_a_repetition():
    said = "the total of the year " * 40
    assert kinds_of(Answer(text=said), Answer(text="the total of the year")) == {"repeated": 1}
    assert kinds_of("ab " * 9, "ab ab") == {"repeated": 1}


def test_values_of_charts_are_told_within_what_drawings_tell():
    told = kinds_of(chart((12.6, 371.0, 482.5)), chart())
    assert told == {"swapped_digits": 1, "moved_decimal": 1}
    assert kinds_of(chart((12.5, 48.25), ("May", "July")), chart()) == {"dropped_row": 1}
    assert kinds_of(chart((12.5, None, 99.0)), chart()) == {"missed": 1, "misread": 1}


def test_places_are_told_as_missed_invented_or_shifted():
    truth, empty = ANSWERS["grounding"]
    assert kinds_of(empty, truth) == {"missed": 1}
    assert kinds_of(truth, empty) == {"invented": 1}
    assert kinds_of(replace(truth, boxes=(Box(0.7, 0.7, 0.8, 0.75),)), truth) == {"shifted_box": 1}
    assert kinds_of(replace(truth, boxes=(*truth.boxes, Box(0.7, 0.7, 0.8, 0.75))), truth) == {"invented": 1}


def test_no_answer_and_one_of_another_type_are_told():
    assert kinds_of(None, table()) == {"unreadable": 1}
    assert kinds_of(table(), chart()) == {"misread": 1}
    figure = Figure(page_number=1, box=WHOLE)
    assert kinds_of((figure,), (figure,)) == {}


def test_the_extent_of_an_answer_is_its_rows_values_and_lines():
    assert extent((*lines(), table(), chart())) == 5 + 5 + 3
