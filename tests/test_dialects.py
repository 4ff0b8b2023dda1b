"""The laws of dialects: what is encoded is read back, and nothing that is said, wherever it breaks off, is too much for one."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docai import registry
from docai.box import WHOLE
from docai.dialects import Decoded, Said, Token, confidence_of
from docai.document import Answer, Chart, Mention, Table, Text
from tests.drawn_answers import ANYWHERE, CLEAN, DIALECTS, LATTICES, PIECES, SIGHT, TASKS, WILD, cases, task_of

PAIRS = [(dialect, name) for dialect in DIALECTS for name in TASKS]
SLACK = 2e-5  # boxes are rounded to 5 decimals, twice
QUICK = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def back(dialect, task, text, finish="stop"):
    return DIALECTS[dialect].decode(task, Said(text, finish=finish), SIGHT)


@pytest.mark.parametrize(("dialect", "name"), PAIRS)
def test_what_lies_on_the_lattice_is_read_back_as_it_was(dialect, name):
    @QUICK
    @given(cases(dialect, name, CLEAN))
    def law(case):
        task, answer = case
        assert back(dialect, task, DIALECTS[dialect].encode(task, answer, SIGHT)).answer == answer

    law()


@pytest.mark.parametrize(("dialect", "name"), PAIRS)
def test_texts_that_look_like_the_dialect_survive_or_are_refused(dialect, name):
    free = dialect in ("pixels", "thousandths", "markup") or name in ("table", "chart")

    @QUICK
    @given(cases(dialect, name, WILD))
    def law(case):
        task, answer = case
        try:
            text = DIALECTS[dialect].encode(task, answer, SIGHT)
        except ValueError:
            assert not free or name in ("ask", "reading", "page", "referring")
            return
        assert back(dialect, task, text).answer == answer

    law()


def boxes_in(answer):
    """Return all boxes of an answer, in order."""
    if isinstance(answer, (Mention, Answer)):
        mentions = [answer] if isinstance(answer, Mention) else answer.mentions
        return [box for mention in mentions for box in mention.boxes]
    if isinstance(answer, Table):
        return [answer.box, *(cell.box for cell in answer.cells)]
    if isinstance(answer, Chart):
        return [answer.box, *(point.box for series in answer.series for point in series.points)]
    if isinstance(answer, Text):
        return [word.box for word in answer.words] or [answer.box]
    return [
        box
        for content in answer
        for box in (boxes_in(content) if hasattr(content, "kind") and content.kind != "figure" else [content.box])
    ]


def is_near(one, other, across, down):
    """Return whether a box has moved by at most half a step, or one where it is thinner than a step."""
    return all(
        abs(one[side] - other[side]) * steps <= (0.5 if one[side % 2 + 2] - one[side % 2] >= 1 / steps else 1.0) + SLACK * steps
        for side, steps in enumerate((across, down, across, down))
    )


@pytest.mark.parametrize(
    ("dialect", "name"),
    [
        *((d, n) for d, n in PAIRS if n in ("grounding", "ask", "reading")),
        *((d, n) for d in ("pixels", "thousandths", "markup") for n in ("table", "chart", "page")),
    ],
)
def test_boxes_off_the_lattice_move_by_half_a_step_and_then_stay(dialect, name):
    across, down = LATTICES.get(dialect, (1000, 1000))

    @QUICK
    @given(cases(dialect, name, CLEAN, ANYWHERE))
    def law(case):
        task, answer = case
        coder = DIALECTS[dialect]
        try:
            text = coder.encode(task, answer, SIGHT)
        except ValueError:  # two boxes fell on one
            return
        once = back(dialect, task, text).answer
        found, expected = boxes_in(once), boxes_in(answer)
        assert len(found) == len(expected)
        assert all(is_near(one, other, across, down) for one, other in zip(expected, found, strict=True))
        assert back(dialect, task, coder.encode(task, once, SIGHT)).answer == once

    law()


# Answers that break off


def items_of(answer):
    """Return what an answer is made of, as texts that do not tell of boxes that are those of the whole."""
    if answer is None:
        return []
    if isinstance(answer, Mention):
        return list(answer.boxes)
    if isinstance(answer, Answer):
        return [(mention.phrase, box) for mention in answer.mentions for box in (*mention.boxes, None)]
    if isinstance(answer, Table):
        return [(cell.row, cell.column, cell.text) for cell in answer.cells if cell.confidence > 0]
    if isinstance(answer, Chart):
        return [(n, p.x, p.y, p.low, p.high, p.size) for n, series in enumerate(answer.series) for p in series.points]
    return [
        item for content in answer for item in (items_of(content) if isinstance(content, (Table, Chart)) else words_of(content))
    ]


def words_of(content):
    return [(word.text, word.box) for word in content.words] or [(content.text if isinstance(content, Text) else "", content.box)]


@pytest.mark.parametrize(("dialect", "name"), PAIRS)
def test_an_answer_that_breaks_off_anywhere_keeps_what_was_complete(dialect, name):
    grows = name != "referring"
    replies = set()

    @settings(max_examples=13, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(cases(dialect, name, CLEAN))
    def law(case):
        task, answer = case
        text = DIALECTS[dialect].encode(task, answer, SIGHT)
        whole = items_of(answer)
        before = 0
        for place in range(len(text)):
            assert isinstance(back(dialect, task, text[:place], "stop"), Decoded)
            decoded = back(dialect, task, text[:place], "length")
            assert "answer_truncated" in {problem.code for problem in decoded.problems} or not text[:place].strip()
            items = items_of(decoded.answer)
            if grows:
                assert len(items) >= before
                assert all(item in whole for item in items), (text[:place], [i for i in items if i not in whole])
            before = len(items)
        replies.add(text)
        if grows and text:
            assert before >= len(whole) - (2 if name == "ask" else 1)  # a mention and its last box
        if name in ("reading", "page"):
            for count in range(1, len(answer)):
                written = DIALECTS[dialect].encode(task, answer[:count], SIGHT)
                place = len(written.removesuffix("]}")) + 1 if dialect in ("pixels", "thousandths") else len(written) + 1
                assert len(items_of(back(dialect, task, text[:place], "length").answer)) >= len(items_of(answer[:count]))
        if name == "table" and dialect not in ("pixels", "thousandths"):
            for row, match in enumerate(re.finditer("</tr>|<nl>", text)):
                kept = items_of(back(dialect, task, text[: match.end()], "length").answer)
                assert {cell for cell in whole if cell[0] <= row} <= set(kept)

    law()
    assert len(replies) >= 6  # of each dialect and task: more than two hundred in all


# Whatever is said

SOUP = st.lists(
    st.sampled_from(
        [
            *PIECES,
            *"<obj>a</obj> <bbox>0.1,0.2,0.3,0.4</bbox> <ref>a</ref> <box>[[1,2,3,4]]</box> [x1,y1,x2,y2] nan inf 1e999".split(),
            *'<bbox>nan,nan,inf,1</bbox> <table> <tr> <td colspan="999999"> <th rowspan=7> <thead> <h1> <li> <pre> <img'.split(),
            *'{"rows": {"lines":[ {"t":"a", "b": [0,0,10,10] }, ] } "series": "points" null true <otsl> <chart> <grid>'.split(),
            *"<loc_1><loc_2><loc_30><loc_40> <loc_9999> <lcel> <ucel> <xcel> <bar> <heading> |a|b| |---|---| \ud800".split(),
            "9" * 400,
            "\n\n",
        ]
    )
    | st.text(max_size=4),
    max_size=25,
)


@pytest.mark.parametrize(("dialect", "name"), PAIRS)
def test_nothing_that_is_said_raises(dialect, name):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(SOUP, st.sampled_from(["", " ", ","]), st.sampled_from(["stop", "length", "loop", "failed"]), st.data())
    def law(pieces, between, finish, data):
        text = between.join(pieces)
        edges = data.draw(st.lists(st.integers(0, max(1, len(text))), max_size=6).map(sorted))
        logs = st.sampled_from([0.0, -0.1, -3.0, 2.0, float("nan"), float("-inf"), float("inf")])
        tokens = tuple(Token(a, b, data.draw(logs)) for a, b in pairwise(edges))
        decoded = DIALECTS[dialect].decode(task_of(name), Said(text, tokens, finish), SIGHT)
        assert isinstance(decoded, Decoded)
        assert decoded.answer is not None or decoded.problems
        if finish == "failed":
            assert decoded.answer is None

    law()


@pytest.mark.parametrize(("dialect", "name"), PAIRS)
@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "{",
        '{"a":',
        '["',
        "<table><tr><td>",
        "<obj>",
        "<char>a</char><bbox>",
        "<ref>",
        "<otsl><fcel>",
        "<c>",
        "|",
        "- \n",
        "```\n",
        "<p>",
        '"' * 2,
        " " * 3 + "\n",
        "<",
        "&",
    ],
)
def test_what_is_said_again_and_again_is_read_in_time(dialect, name, piece):
    decoded = back(dialect, task_of(name), piece * (20_000 // len(piece)), "loop")
    assert "answer_loops" in {problem.code for problem in decoded.problems}


# How sure


def test_the_confidence_of_a_value_is_that_of_its_own_letters():
    text = "<char>sure</char><bbox>0.1, 0.1, 0.2, 0.2</bbox>\n<char>unsure</char><bbox>0.1, 0.3, 0.2, 0.4</bbox>"
    start = text.index("unsure")
    tokens = (
        Token(0, 6, -1.0),
        Token(6, 10, 0.0),
        Token(10, start, -1.0),
        Token(start, start + 2, -0.5),
        Token(start + 2, start + 6, -1.5),
    )
    (one, other) = DIALECTS["varco"].decode(task_of("reading"), Said(text, tokens), SIGHT).answer
    assert (one.words[0].confidence, other.words[0].confidence) == (1.0, 0.3679)  # exp(-1)
    assert (other.words[0].likelihood.mean, other.words[0].likelihood.least) == (-1.0, -1.5)


def test_a_value_of_a_chart_within_a_page_is_as_sure_as_its_own_letters():
    text = '<p>a</p><figure class="chart">{"type": "bar", "series": [{"points": [["x", 12], ["y", 7]]}]}</figure>'
    tokens = tuple(Token(place, place + 1, -2.0 if text[place] in "12" else -0.5) for place in range(len(text)))
    _, chart = DIALECTS["varco"].decode(task_of("page"), Said(text, tokens), SIGHT).answer
    assert [point.confidence for point in chart.series[0].points] == [0.1353, 0.6065]  # exp(-2), exp(-0.5)


def test_where_nobody_tells_probabilities_nothing_is_sure():
    assert confidence_of(None) == 0.5
    assert Said("a", (Token(0, 1, float("nan")),)).confidence(0, 1) == 0.0


def test_the_registry_names_every_dialect():
    assert {registry.load(place).name for place in registry.DIALECTS.values()} == set(registry.DIALECTS)
    assert all(registry.load(place)().tasks == frozenset(TASKS) for place in registry.DIALECTS.values())


def test_a_view_without_anything_in_it_is_read_as_nothing():
    assert all(
        back(dialect, task_of("reading"), DIALECTS[dialect].encode(task_of("reading"), (), SIGHT)).answer == ()
        for dialect in DIALECTS
    )
    assert all(
        coder.decode(task_of("referring"), Said('{"name": "a"}'), SIGHT).answer.boxes[0] == WHOLE for coder in DIALECTS.values()
    )
