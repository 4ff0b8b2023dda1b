"""Loops: what goes round is stopped, and what a page may really say is not."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.backends.loops import ROWS, SENTENCES, loops

SENTENCE = "The quick brown fox jumps over the lazy dog.\n"
BOXED = "<char>{}</char><bbox>0.1, 0.2, 0.3, 0.4</bbox>\n"


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE * 12,
        "Some honest text before it.\n" * 2 + SENTENCE * 20 + "The quick",
        "합계 금액은 부가가치세를 포함한 금액입니다. 감사합니다.\n" * 20,
        "本合同一式两份，甲乙双方各执一份，具有同等法律效力。" * 30,
        "<p>The first of two sentences.</p>\n<p>And the second one, which differs.</p>\n" * 10,
        "0 | 0 | 0\n" * 61,
        "." * 500,
        "\n" * 500,
        '{"text": "Total", "bbox_2d": [1, 2, 3, 4]},\n' * 8,
        "".join(BOXED.format(word) for word in "one two three four five six seven eight".split()),
        "".join(f"<ref>thing {n}</ref><box>[[10, 20, 30, 40]]</box>" for n in range(9)),
    ],
)
def test_a_text_that_goes_round_is_a_loop(text):
    assert loops(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0 | 0 | 0\n" * 40,
        "| " + "0 | " * 40 + "\n" + ("| " + "0 | " * 40 + "\n") * 30,
        "<tr><td>n/a</td><td>n/a</td><td>Not applicable</td></tr>\n" * 40,
        "<fcel>0<fcel>-<fcel>Yes<nl>" * 50,
        '{"label": "", "value": null, "unit": "EUR", "description": ""},\n' * 40,
        "Contents" + "." * 200 + "12\nIndex" + "." * 200,
        "Name: " + "_" * 300,
        SENTENCE * 7,
        "".join(BOXED.format(word) for word in "one two three four five six seven".split()),
        "".join(f"<ref>0</ref><box>[[10, {y}, 30, 40]]</box>" for y in range(60)),
        "[0, 0, 0, 0],\n" * 50,
        "\n".join(f"{number} | total | 0 | 0" for number in range(1000)),
    ],
)
def test_what_a_page_may_say_is_none(text):
    assert not any(loops(text[:end]) for end in range(0, len(text) + 256, 256))


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=12, max_size=80), st.text(max_size=200), st.integers(0, 11))
def test_whatever_comes_back_often_enough_is_a_loop_wherever_it_stops(unit, before, cut):
    times = max(ROWS, 400 // len(unit)) + 2
    assert loops(before + unit * times + unit[:cut])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32))
def test_text_by_chance_is_none(seed):
    draw = random.Random(seed)
    assert not loops(" ".join("".join(draw.choices("abcdefgh", k=5)) for _ in range(400)))


def test_a_look_at_a_long_text_takes_milliseconds():
    rows = "".join(f"| {'0 | ' * 40}\n" for _ in range(500))
    began = time.process_time()
    for _ in range(5):
        loops(rows)
    assert (time.process_time() - began) / 5 < 0.2  # seconds; some 10 ms where nothing else runs


def test_the_thresholds_leave_room_for_tables():
    assert ROWS > 30 > SENTENCES
