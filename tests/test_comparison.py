"""Readings of one line held against each other: the better wins, agreement makes surer, and what lost is kept with its word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from docai.backends.classical.comparison import is_korean, read_line
from docai.backends.classical.engines import ReadLine, ReadWord
from docai.backends.classical.strips import Strip
from docai.document import Reading
from docai.marks import Rectangle

LETTER, GAP, UNIT = 10, 15, 20  # pixels: a letter's width, a space's, and the height of letters
STRIP = Strip(Rectangle(0, 0, 600, 24), np.full((44, 620), 255, np.uint8), 10, UNIT)


def line(engine: str, text: str, sure: float | Sequence[float]) -> ReadLine:
    """Return a line as an engine reads it; words are as sure as `sure` says."""
    words, left = [], 10.0
    for n, part in enumerate(text.split()):
        right = left + LETTER * len(part)
        words.append(ReadWord(part, left, right, sure if isinstance(sure, float) else sure[n]))
        left = right + GAP
    return ReadLine(engine, tuple(words))


class Says:
    """An engine that reads the same on every strip, and remembers the strips."""

    def __init__(self, name: str, text: str = "", sure: float | Sequence[float] = 1.0) -> None:
        self.name, self.asked = name, []
        self._line = line(name, text, sure)

    def read(self, strip: Strip) -> ReadLine:
        self.asked.append(strip)
        return self._line


def english(text="", sure=1.0):
    return Says("tesseract:eng", text, sure)


def korean(text="", sure=1.0):
    return Says("tesseract:kor", text, sure)


def vietnamese(text="", sure=1.0):
    return Says("tesseract:vie", text, sure)


def second(text="", sure=1.0):
    return Says("rapidocr", text, sure)


def reading(engine, text, sure):
    return Reading(source=engine, text=text, confidence=sure)


# ---- one engine


def test_a_sure_line_is_taken_as_it_is_and_nobody_else_is_asked():
    reader, other, rapid = english("Delivery note", 0.96), vietnamese(), second()
    opinion = read_line(STRIP, "en", {"en": reader, "vi": other}, rapid)
    assert opinion.line == line("tesseract:eng", "Delivery note", 0.96)
    assert opinion.readings == ((), ())
    assert (reader.asked, other.asked, rapid.asked) == ([STRIP], [], [])


def test_a_line_without_words_has_no_readings():
    opinion = read_line(STRIP, "en", {"en": english()}, second())
    assert opinion.line.words == opinion.readings == ()


# ---- two engines


def test_two_engines_that_agree_make_each_word_as_sure_as_the_surer_one():
    opinion = read_line(STRIP, "en", {"en": english("Delivery note", [0.6, 0.9])}, second("Delivery note", 0.85))
    assert opinion.line.engine == "tesseract:eng"
    assert [word.confidence for word in opinion.line.words] == [0.85, 0.9]
    assert opinion.readings == ((), ())


def test_engines_that_differ_in_spaces_alone_agree():
    opinion = read_line(STRIP, "en", {"en": english("Delivery note", 0.7)}, second("Deliverynote", 0.95))
    assert opinion.line.text == "Delivery note"
    assert opinion.line.confidence == pytest.approx(0.95)


def test_a_second_engine_that_is_sure_wins_and_what_lost_is_kept_with_its_word():
    opinion = read_line(STRIP, "en", {"en": english("Tota1 29.51", 0.75)}, second("Total 29.51", 0.9))
    assert (opinion.line.engine, opinion.line.text) == ("rapidocr", "Total 29.51")
    assert opinion.readings == ((reading("tesseract:eng", "Tota1", 0.75),), ())


def test_a_second_engine_that_is_unsure_loses_and_is_kept_with_its_word():
    opinion = read_line(STRIP, "en", {"en": english("Total 29.51", 0.85)}, second("Total 2g.5l", 0.5))
    assert (opinion.line.engine, opinion.line.text) == ("tesseract:eng", "Total 29.51")
    assert opinion.readings == ((), (reading("rapidocr", "2g.5l", 0.5),))


def test_of_two_unsure_engines_the_surer_wins():
    opinion = read_line(STRIP, "en", {"en": english("Tota1", 0.4)}, second("Total", 0.6))
    assert opinion.line.text == "Total"
    assert opinion.readings == ((reading("tesseract:eng", "Tota1", 0.4),),)


def test_spaces_of_one_engine_are_carried_to_the_other():
    opinion = read_line(STRIP, "en", {"en": english("T0tal of May", 0.7)}, second("TotalofMay", 0.95))
    assert opinion.line.engine == "rapidocr"
    assert opinion.line.text == "Total of May"
    lefts = [word.left for word in opinion.line.words]
    assert lefts == sorted(lefts)
    assert opinion.line.words[0].left == 10
    assert opinion.line.words[-1].right == 10 + 10 * LETTER


def test_spaces_of_another_text_are_not_carried():
    opinion = read_line(STRIP, "en", {"en": english("a b c d e f g h", 0.5)}, second("TotalofMay", 0.95))
    assert opinion.line.text == "TotalofMay"


def test_an_engine_that_is_the_first_one_already_is_not_asked_again():
    rapid = second("Tota1", 0.7)
    read_line(STRIP, "en", {"en": rapid}, rapid)
    assert len(rapid.asked) == 1


@pytest.mark.parametrize(("language", "text"), [("vi", "quản trị"), ("ko", "보고서")])
def test_the_second_engine_is_asked_for_plain_latin_letters_alone(language, text):
    rapid = second("quan tri", 0.99)
    reader = vietnamese(text, 0.85) if language == "vi" else korean(text, 0.85)
    opinion = read_line(STRIP, language, {language: reader}, rapid)
    assert rapid.asked == []
    assert opinion.line.text == text


# ---- languages


def test_another_language_wins_where_the_first_is_unsure_and_that_is_sure():
    readers = {"en": english("Hoi dong", 0.5), "vi": vietnamese("Hội đồng", 0.92)}
    opinion = read_line(STRIP, "en", readers, None)
    assert (opinion.line.engine, opinion.line.text) == ("tesseract:vie", "Hội đồng")
    assert opinion.readings == ((reading("tesseract:eng", "Hoi", 0.5),), (reading("tesseract:eng", "dong", 0.5),))


def test_another_language_that_is_hardly_surer_loses_and_is_kept_with_its_words():
    readers = {"en": english("Total May", 0.7), "vi": vietnamese("Tổtal May", 0.75)}
    opinion = read_line(STRIP, "en", readers, None)
    assert opinion.line.text == "Total May"
    assert opinion.readings == ((reading("tesseract:vie", "Tổtal", 0.75),), ())


def test_latin_letters_on_a_korean_page_are_read_by_another_language_where_that_is_surer():
    readers = {"ko": korean("T0TAL", 0.85), "en": english("TOTAL", 0.96)}
    opinion = read_line(STRIP, "ko", readers, None)
    assert opinion.line.text == "TOTAL"
    assert opinion.readings == ((reading("tesseract:kor", "T0TAL", 0.85),),)


def test_a_line_without_words_is_read_by_another_language():
    assert read_line(STRIP, "ko", {"ko": korean(), "en": english("TOTAL", 0.9)}, None).line.text == "TOTAL"


def test_every_reader_is_asked_once():
    readers = {"en": english("TOTAL", 0.95), "ko": korean("T0TAL", 0.5)}
    opinion = read_line(STRIP, "ko", readers, None)
    assert [len(reader.asked) for reader in readers.values()] == [1, 1]
    assert opinion.readings == ((reading("tesseract:kor", "T0TAL", 0.5),),)


# ---- codes in Korean lines


def test_a_code_in_a_korean_line_is_read_again_and_the_other_reading_is_kept():
    latin = english("B-2", 0.95)
    opinion = read_line(STRIP, "ko", {"ko": korean("창고 8-2 입고", 0.88), "en": latin}, None)
    assert opinion.line.text == "창고 B-2 입고"
    assert [word.confidence for word in opinion.line.words] == pytest.approx([0.88, 0.95, 0.88])
    assert opinion.readings == ((), (reading("tesseract:kor", "8-2", 0.88),), ())


def test_of_a_code_that_is_read_again_only_its_own_part_of_the_strip_is_shown():
    latin = english("B-2", 0.95)
    picture = np.full(STRIP.picture.shape, 255, np.uint8)
    picture[:, 45:75] = 0  # where the code stands: after two syllables and a space
    read_line(Strip(STRIP.place, picture, 10, UNIT), "ko", {"ko": korean("창고 8-2 입고", 0.88), "en": latin}, None)
    (part,) = latin.asked
    dark = np.flatnonzero(part.picture.min(axis=0) == 0)
    assert len(dark) == 30
    assert dark[0] >= STRIP.margin
    assert dark[-1] < part.picture.shape[1] - STRIP.margin
    assert part.picture.shape[1] < 30 + 4 * STRIP.margin


@pytest.mark.parametrize(
    ("korean_text", "latin_text", "latin_sure"),
    [
        ("창고 8-2", "B-2", 0.5),  # unsure
        ("창고 8-2", "B -2", 0.99),  # several words
        ("창고 8-2", "", 1.0),  # nothing
        ("창고 8-2", "8-2", 0.99),  # the same
        ("창고 8", "B", 0.99),  # one character is no code
        ("창고 입고", "YY", 0.99),  # Hangul
    ],
)
def test_what_is_no_better_reading_of_a_code_is_not_taken(korean_text, latin_text, latin_sure):
    opinion = read_line(STRIP, "ko", {"ko": korean(korean_text, 0.88), "en": english(latin_text, latin_sure)}, None)
    assert opinion.line.text == korean_text
    assert [word.confidence for word in opinion.line.words] == [0.88, 0.88]


@pytest.mark.parametrize("word", ["제3", "약3,000", "총12"])
def test_hangul_with_digits_is_no_code(word):
    opinion = read_line(STRIP, "ko", {"ko": korean(f"합계 {word}", 0.88), "en": english("M3", 0.95)}, None)
    assert opinion.line.text == f"합계 {word}"


def test_codes_stay_as_they_are_where_nobody_reads_latin_script():
    assert read_line(STRIP, "ko", {"ko": korean("창고 8-2", 0.88)}, None).line.text == "창고 8-2"


# ---- laws


TEXTS = st.lists(st.text("abcB82-가나ạ", min_size=1, max_size=5), max_size=5).map(" ".join)
SURE = st.floats(0, 1)


@given(
    st.builds(korean, TEXTS, SURE), st.builds(english, TEXTS, SURE), st.builds(second, TEXTS, SURE), st.sampled_from(["en", "ko"])
)
@example(korean("22 가", 0.5), english("2", 0.5), second("", 0.0), "en")
def test_every_word_has_its_readings_and_none_that_says_the_same(first, other, third, language):
    opinion = read_line(STRIP, language, {"ko": first, "en": other}, third)
    assert len(opinion.readings) == len(opinion.line.words)
    for word, readings in zip(opinion.line.words, opinion.readings, strict=True):
        assert all(other.text != word.text for other in readings)
        assert word.text.split() == [word.text]
        assert word.left <= word.right
        assert 0 <= word.confidence <= 1


@given(TEXTS, SURE, TEXTS, SURE)
def test_carried_spaces_change_no_letter(first, sure, text, other_sure):
    opinion = read_line(STRIP, "en", {"en": english(first, sure)}, second(text, other_sure))
    assert opinion.line.text.replace(" ", "") in {first.replace(" ", ""), text.replace(" ", "")}


@pytest.mark.parametrize(("text", "yes"), [("보고서", True), ("KB국민", True), ("Total", False), ("2024", False), ("", False)])
def test_a_text_with_hangul_is_korean(text, yes):
    assert is_korean(text) is yes
