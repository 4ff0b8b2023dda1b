"""Text and sizes as a reader would tell them."""

import pytest

from docai.box import Box
from docai.sources import Font, SourceWord
from docai.sources.sizes import with_plausible_sizes
from docai.sources.spelling import accents_composed, clean


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("plain", "plain"),
        ("Vie\u0323\u0302t", "Việt"),
        ("exam\u00ad", "exam-"),
        ("ex\u00adam", "exam"),
        ("\uf0b7", "•"),
        ("zero\u200bwidth", "zerowidth"),
        ("bro\ud800ken", "broken"),
    ],
)
def test_text_is_cleaned_as_a_reader_would_spell_it(stored, read):
    assert clean(stored) == read


def test_an_accent_before_its_letter_becomes_part_of_it():
    assert accents_composed("caf´e") == "café"


def words(size, *, width_points=7.0):
    """Words of five letters, each letter `width_points` wide on a page of 600 points, of a font that says it is `size` large."""
    return [
        SourceWord("words", Box(0.1 * n, 0.5, 0.1 * n + 5 * width_points / 600, 0.5002), size, Font("T3"), 0.5) for n in range(5)
    ]


def test_a_font_that_calls_itself_tiny_is_as_large_as_its_letters_are_wide():
    resized = with_plausible_sizes(words(0.12, width_points=5.0), 600, 800)
    assert {word.size for word in resized} == {10.0}
    assert all(0.009 < word.box.height < 0.015 for word in resized)


def test_a_font_of_normal_size_stays_as_it_is():
    given = words(14.0)
    assert with_plausible_sizes(given, 600, 800) == given


def test_print_that_really_is_tiny_stays_tiny():
    given = words(1.5, width_points=0.75)
    assert list(with_plausible_sizes(given, 600, 800)) == given
