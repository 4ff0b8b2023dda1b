"""The built-in backend reads ruled tables cell by cell, says what it cannot read, and keeps the law of all backends."""

from __future__ import annotations

from dataclasses import dataclass

import pymupdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import docai
from docai.backends.classical import Backend
from docai.box import Box
from docai.document import Table
from docai.exchange import Request
from docai.rulings import find_grids
from docai.sources import Rule
from docai.tasks.chart import ReadChart
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import View
from tests.drawn_pages import BOLD, HEIGHT, PLAIN, REFERENCE, WIDTH, Sheet, grid_rules, page_of, word, words

XS, YS = (100.0, 200.0, 300.0, 400.0), (100.0, 120.0, 140.0, 160.0)
WHERE = Box(100 / WIDTH, 100 / HEIGHT, 400 / WIDTH, 160 / HEIGHT)


@dataclass(frozen=True)
class Unheard:
    """A task that no backend knows."""

    name: str = "unheard of"


def asked(task, view):
    return Request(task, (view,), "classical")


def reply_to(view, task=None):
    (reply,) = Backend().answer([asked(task or ReadTable(), view)])
    return reply


def view_of(texts, *, rules=None, fonts=(), size=9.0):
    """Return a view of a table of three columns and rows; `texts` are rows, `fonts` those of their rows."""
    found = []
    for n, (top, row) in enumerate(zip(YS, texts, strict=False)):
        font = fonts[n] if n < len(fonts) else PLAIN
        for x, text in zip(XS, row, strict=False):
            found += words(text, x + 5, top + 14, size, font)
    return View(REFERENCE, WIDTH, HEIGHT, WHERE, tuple(found), tuple(rules if rules is not None else grid_rules(XS, YS)))


def table_of(*texts, **more):
    answer = reply_to(view_of(texts, **more)).answer
    assert isinstance(answer, Table)
    return answer


def texts_of(table):
    return [[cell.text for cell in row] for row in table.grid()]


DEPOTS = (("Depot", "Vans", "Floor area"), ("North", "12", "8,400"), ("East Quay", "9", "6,150"))


def test_words_fall_into_the_cells_of_a_ruled_table():
    table = table_of(*DEPOTS)
    assert (table.row_count, table.column_count) == (3, 3)
    assert texts_of(table) == [list(row) for row in DEPOTS]
    assert [part.text for part in table.words] == " ".join(" ".join(row) for row in DEPOTS).split()


def test_cells_have_their_boxes_on_the_page():
    table = table_of(*DEPOTS)
    expected = Box(XS[1] / WIDTH, YS[1] / HEIGHT, XS[2] / WIDTH, YS[2] / HEIGHT)
    assert tuple(table.grid()[1][1].box) == pytest.approx(tuple(expected), abs=1e-4)
    assert table.box == WHERE


def test_a_table_whose_words_fit_is_read_with_full_confidence():
    assert reply_to(view_of(DEPOTS)).confidence == 1.0
    assert all(cell.confidence == 1.0 for cell in table_of(*DEPOTS).cells)


def test_a_word_that_a_rule_cuts_lowers_the_confidence():
    cut = view_of([("Depot", "Vans", "Floor area"), ("Kraftfahrzeugversicherer", "12", "8,400")], size=14.0)
    assert reply_to(cut).confidence < 1.0


def test_a_missing_rule_makes_a_cell_that_spans():
    rules = [rule for rule in grid_rules(XS, YS) if rule.horizontal or round(rule.position * WIDTH) != 200]
    rules.append(Rule(False, 200 / WIDTH, 120 / HEIGHT, 160 / HEIGHT, 0.5))
    table = table_of(("Parcels", "", "On time"), ("2023", "2024", "2024"), ("1", "2", "3"), rules=rules)
    first = table.grid()[0][0]
    assert (first.text, first.column_span, first.row_span) == ("Parcels", 2, 1)
    assert texts_of(table)[0] == ["Parcels", "Parcels", "On time"]


def test_text_of_several_lines_is_joined_in_its_cell():
    found = (*words("Seaboard and is-", 105, 112, 7), *words("lands", 105, 118.5, 7), *words("12", 205, 114, 7))
    view = View(REFERENCE, WIDTH, HEIGHT, WHERE, found, tuple(grid_rules(XS, YS)))
    assert reply_to(view).answer.grid()[0][0].text == "Seaboard and islands"


def test_bold_rows_over_plain_ones_are_headers():
    assert table_of(("a", "b", "c"), ("d", "e", "f"), ("g", "h", "i"), fonts=(BOLD,)).header_row_count == 1
    assert table_of(("a", "b", "c"), ("d", "e", "f"), ("g", "h", "i"), fonts=(BOLD, BOLD)).header_row_count == 2


def test_words_over_numbers_are_headers():
    assert table_of(*DEPOTS).header_row_count == 1


def test_a_table_of_words_alone_has_no_headers():
    assert table_of(("a", "b", "c"), ("d", "e", "f"), ("g", "h", "i")).header_row_count == 0
    assert table_of(("a", "b", "c"), ("d", "e", "f"), ("g", "h", "i"), fonts=(BOLD, BOLD, BOLD)).header_row_count == 0


def test_numbers_alone_have_no_headers():
    assert table_of(("1", "2", "3"), ("4", "5", "6"), ("7", "8", "9")).header_row_count == 0


def test_a_spanning_header_takes_the_row_below_it_along():
    rules = [rule for rule in grid_rules(XS, YS) if rule.horizontal or round(rule.position * WIDTH) != 300]
    rules.append(Rule(False, 300 / WIDTH, 120 / HEIGHT, 160 / HEIGHT, 0.5))
    rules = [rule for rule in rules if not rule.horizontal or round(rule.position * HEIGHT) != 120]
    rules.append(Rule(True, 120 / HEIGHT, 200 / WIDTH, 400 / WIDTH, 0.5))
    table = table_of(("Depot", "Parcels", ""), ("", "2023", "2024"), ("North", "12", "13"), rules=rules)
    assert (table.grid()[0][0].row_span, table.grid()[0][1].column_span) == (2, 2)
    assert table.header_row_count == 2


def test_empty_cells_are_cells():
    table = table_of(("Depot", "", "Vans"), ("", "", "12"))
    assert texts_of(table) == [["Depot", "", "Vans"], ["", "", "12"], ["", "", ""]]


def test_a_word_outside_the_rules_goes_to_the_nearest_cell():
    view = view_of(DEPOTS)
    beside = View(REFERENCE, WIDTH, HEIGHT, WHERE, (*view.words, word("*", 405, 134, 9)), view.rules)
    assert texts_of(reply_to(beside).answer)[1][2] == "8,400 *"


def test_a_drawn_table_is_read_whole():
    sheet = Sheet().table(
        (100, 220, 300, 400),
        (100, 120, 140, 160),
        [["Depot", "Vans", "Area"], ["North", "12", "8,400"], ["South", "9", "6,150"]],
        "hebo",
    )
    page = page_of(sheet.data())
    (found,) = find_grids(page.rules, page.width_points, page.height_points)
    view = View(page.reference, page.width_points, page.height_points, found.box, page.words, page.rules)
    table = reply_to(view).answer
    assert texts_of(table) == [["Depot", "Vans", "Area"], ["North", "12", "8,400"], ["South", "9", "6,150"]]
    assert table.header_row_count == 1


def test_a_view_without_rules_or_columns_is_a_problem_and_no_table():
    reply = reply_to(View(REFERENCE, WIDTH, HEIGHT, WHERE, tuple(words("one line of text", 105, 114)), ()))
    assert reply.answer is None
    assert [problem.code for problem in reply.problems] == ["table_unclear"]
    assert reply.confidence == 0.0


def test_pictures_that_cannot_be_drawn_and_charts_are_said_to_be_unread():
    text, chart = reply_to(view_of([]), ReadText()), reply_to(view_of([]), ReadChart())
    assert (text.answer, chart.answer) == (None, None)
    assert [(problem.code, problem.severity) for reply in (text, chart) for problem in reply.problems] == [
        ("page_unreadable", "error"),
        ("chart_not_read", "note"),
    ]


def test_a_task_that_is_unknown_is_a_problem_and_no_exception():
    reply = reply_to(view_of([]), Unheard())
    assert reply.answer is None
    assert [(problem.code, problem.severity) for problem in reply.problems] == [("task_unknown", "error")]
    assert "unheard of" in reply.problems[0].message


def test_problems_name_the_page():
    assert reply_to(view_of([]), ReadText()).problems[0].page_number == REFERENCE.number


TASKS = st.sampled_from([ReadTable(), ReadText(), ReadText(("ko",)), ReadChart(), Unheard()])
RULES = st.one_of(
    st.just([]),
    st.just(grid_rules(XS, YS)),
    st.lists(
        st.builds(
            lambda across, place, one, other: Rule(across, place / 10, min(one, other) / 10, max(one, other) / 10, 0.5),
            st.booleans(),
            st.integers(0, 10),
            st.integers(0, 10),
            st.integers(0, 10),
        ),
        max_size=12,
    ),
)
TEXTS = st.lists(st.tuples(*[st.sampled_from(["", "12", "two words", "가나 다", "-3.5%"])] * 3), max_size=3)
REQUESTS = st.lists(st.builds(lambda task, texts, rules: asked(task, view_of(texts, rules=rules)), TASKS, TEXTS, RULES), max_size=5)


@settings(max_examples=60, deadline=None)
@given(REQUESTS, REQUESTS)
def test_each_request_has_a_reply_in_order_whatever_stands_beside_it(first, second):
    backend = Backend()
    replies = backend.answer(first + second)
    assert len(replies) == len(first) + len(second)
    assert replies == backend.answer(first) + backend.answer(second)


@settings(max_examples=80, deadline=None)
@given(TEXTS, RULES)
def test_every_table_covers_its_grid_and_keeps_every_word(texts, rules):
    view = view_of(texts, rules=rules)
    reply = reply_to(view)
    if reply.answer is None:
        assert reply.problems
    else:
        assert len(reply.answer.grid()) == reply.answer.row_count
        assert sorted(part.text for part in reply.answer.words) == sorted(part.text for part in view.words)
        assert 0 <= reply.confidence <= 1


@pytest.mark.parametrize("turn", [90, 270])
def test_a_table_printed_sideways_is_read_as_if_it_stood_upright(turn, tmp_path):
    rows = [("Region", "Depots", "Parcels"), ("North", "3", "12.1"), ("Central", "2", "15.3"), ("South", "2", "10.4")]
    path = tmp_path / "sideways.pdf"
    with pymupdf.open() as upright, pymupdf.open() as sideways:
        page = upright.new_page(width=600, height=400)
        page.insert_text((60, 60), "The volumes of the year by region, in millions of parcels.", fontsize=11)
        for n, row in enumerate(rows):
            for m, text in enumerate(row):
                page.draw_rect((60 + 120 * m, 100 + 30 * n, 180 + 120 * m, 130 + 30 * n), color=(0, 0, 0))
                page.insert_text((68 + 120 * m, 120 + 30 * n), text, fontsize=10, fontname="hebo" if n == 0 else "helv")
        sheet = sideways.new_page(width=400, height=600)
        sheet.show_pdf_page(sheet.rect, upright, 0, rotate=turn)
        sideways.save(path)
    (read,) = docai.extract(path).tables
    assert [[cell.text for cell in row] for row in read.grid()] == [list(row) for row in rows]
    assert {cell.header for cell in read.cells if cell.row == 0} == {"column"}
    for cell in read.cells:
        (found,) = (one for one in read.words if one.text == cell.text and cell.box.intersection(one.box) > 0)
        assert cell.box.contains(found.box, 0.002)
        assert cell.box.height * 600 == pytest.approx(120, abs=2)


def test_columns_ruled_in_the_header_only_go_on_in_the_body():
    rules = [*grid_rules((60, 160, 260, 360), (100, 120)), *grid_rules((60, 360), (120, 140, 160))]
    rows = [
        ("Country", 65, 114),
        ("Domestic", 165, 114),
        ("Total", 265, 114),
        ("Austria", 65, 134),
        ("12", 165, 134),
        ("3", 265, 134),
    ]
    found = [one for text, x, y in [*rows, ("All the countries of the union together", 65, 154)] for one in words(text, x, y)]
    view = View(REFERENCE, WIDTH, HEIGHT, Box(0.1, 0.125, 0.6, 0.2), tuple(found), tuple(rules))
    texts = [[cell.text for cell in row] for row in reply_to(view).answer.grid()]
    assert texts[:2] == [["Country", "Domestic", "Total"], ["Austria", "12", "3"]]
    assert texts[2] == ["All the countries of the union together"] * 3  # one text over all columns stays one cell


def test_labels_without_borders_between_them_are_rows_of_their_own():
    ys = [100 + 20 * n for n in range(6)]
    rules = [
        *(Rule(True, y / HEIGHT, (60 if y in (100, 200) else 160) / WIDTH, 360 / WIDTH, 0.5) for y in ys),
        *(Rule(False, x / WIDTH, 100 / HEIGHT, 200 / HEIGHT, 0.5) for x in (60, 160, 360)),
    ]
    labels = ["Salaries", "Benefits", "Travel", "Rent", "Supplies"]
    found = [one for n, label in enumerate(labels) for one in (*words(label, 65, 114 + 20 * n), *words(str(n), 300, 114 + 20 * n))]
    view = View(REFERENCE, WIDTH, HEIGHT, Box(0.1, 0.125, 0.6, 0.25), tuple(found), tuple(rules))
    assert [[cell.text for cell in row] for row in reply_to(view).answer.grid()] == [
        [label, str(n)] for n, label in enumerate(labels)
    ]
