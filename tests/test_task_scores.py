"""The scores of answers in words, of text and of boxes, on examples worked out by hand or told by those who published them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.box import Box
from docai.document import Word
from docai.tasks.asking import chosen, contains, exact, likeness, relaxed, shared_words
from docai.tasks.grounding import matched, overlap, words_in_place
from docai.tasks.reading import character_errors, word_errors

WORDS = st.text("ab c", max_size=12)


@pytest.mark.parametrize(
    ("read", "truth", "edits", "length"),
    [
        ("kitten", "sitting", 3, 7),  # Levenshtein's textbook pair
        ("a  b\n c", "a b c", 0, 5),
        ("", "abcd", 4, 4),
        ("abcd", "", 4, 0),
        (unicodedata.normalize("NFD", "tiếng Việt"), "tiếng Việt", 0, 10),
    ],
)
def test_wrong_characters_are_counted(read, truth, edits, length):
    assert character_errors(read, truth) == (edits, length)


def test_rates_are_errors_by_the_length_of_the_truth_and_may_exceed_one():
    assert character_errors("sitting", "kitten").rate == pytest.approx(3 / 6)
    assert word_errors("the bat sat", "the cat sat down") == (2, 4)
    assert word_errors("a b c", "x").rate == 3.0
    assert character_errors("", "").rate == 0.0


@pytest.mark.parametrize(
    ("answer", "truths", "value"),
    [
        ("ITC Limited", ("itc limited", "ITC Limited"), 1.0),
        ("hallo", ("hello",), 0.8),  # one edit of five characters
        ("abcd", ("abxy",), 0.0),  # half of it is wrong: the distance is not below the threshold
        ("abcde", ("abcxy", "zzzzz"), 0.6),
        ("  12  March ", ("12 march",), 1.0),
        ("", ("x",), 0.0),
    ],
)
def test_likeness_is_that_of_the_nearest_truth_and_nothing_below_a_half(answer, truths, value):
    assert likeness(answer, truths) == pytest.approx(value)


@given(WORDS, WORDS)
def test_likeness_is_none_or_at_least_a_half(answer, truth):
    value = likeness(answer, (truth,))
    assert value == 0.0 or 0.5 < value <= 1.0


@pytest.mark.parametrize(
    ("answer", "truth", "right"),
    [
        ("95", "100", True),  # 5 % is still right
        ("94.9", "100", False),
        ("105", "100", True),
        ("3.0", "3.14", True),
        ("-95", "-100", True),
        ("12%", "0.12", True),
        ("50%", "0.51", True),
        ("0", "0", True),
        ("0.01", "0", False),
        ("yes", "Yes", True),
        ("Yes.", "Yes", False),
        ("2014", "2013", True),  # years too are numbers to this measure
        ("nan", "nan", True),  # as a word
        ("inf", "100", False),
        ("1,000", "1000", False),  # no number as published: commas are not read
    ],
)
def test_relaxed_accuracy_allows_five_per_cent_of_numbers_and_nothing_of_words(answer, truth, right):
    assert relaxed(answer, truth) is right


@pytest.mark.parametrize(("answer", "letter"), [("B", "B"), (" c: 12,000", "C"), ("(A)", "("), ("정답은 B", "정"), ("", "")])
def test_the_choice_is_the_first_character(answer, letter):
    assert chosen(answer) == letter


def test_an_answer_that_holds_a_truth_is_right_and_formulas_have_no_spaces_but_a_case():
    assert contains("The text says CENTRE.", ("centre",))
    assert contains("one\ntwo", ("one two",))
    assert not contains("cent", ("centre",))
    assert contains(r"$ \frac { a } { B } $", (r"\frac{a}{B}",), formula=True)
    assert not contains(r"\frac{a}{b}", (r"\frac{a}{B}",), formula=True)
    assert not contains(r"\frac { a } { b }", (r"\frac{a}{b}",))


def test_exact_answers_and_shared_words():
    assert exact(" Hà  Nội", ("hà nội", "thủ đô"))
    assert not exact("Hà Nội.", ("hà nội",))
    assert shared_words("nhà hàng hải sản", ("quán hải sản",)) == pytest.approx(2 * 2 / 7)
    assert shared_words("a a b", ("a b b",)) == pytest.approx(4 / 6)  # each as often as it stands
    assert shared_words("x", ("a", "x")) == 1.0


def test_the_overlap_of_boxes():
    assert overlap(Box(0, 0, 0.5, 1), Box(0.25, 0, 0.75, 1)) == pytest.approx(1 / 3)
    assert overlap(Box(0, 0, 0.5, 0.5), Box(0, 0, 0.5, 0.5)) == 1.0
    assert overlap(Box(0, 0, 0.2, 0.2), Box(0.5, 0.5, 1, 1)) == 0.0
    assert overlap(Box(0.1, 0.1, 0.1, 0.1), Box(0.1, 0.1, 0.1, 0.1)) == 1.0


def test_each_box_is_matched_once_the_best_pairs_first():
    truth = Box(0, 0, 0.4, 0.4)
    near, exact_box, far = Box(0, 0, 0.4, 0.3), Box(0, 0, 0.4, 0.4), Box(0.6, 0.6, 1, 1)
    assert matched([near, exact_box, far], [truth]) == [(1, 0, 1.0)]
    assert matched([], [truth]) == []


def test_a_word_in_place_has_the_text_and_the_box():
    here, there = Box(0, 0, 0.1, 0.1), Box(0.5, 0.5, 0.6, 0.6)
    true = [Word(text="the", box=here), Word(text="the", box=there), Word(text="end", box=here)]
    assert words_in_place(true, true) == 3
    assert words_in_place([Word(text="the", box=here), Word(text="the", box=here)], true) == 1
    assert words_in_place([Word(text="The", box=here), Word(text="end", box=there)], true) == 0
