"""The ink of a line tells the size of its font and where its baseline is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.backends.classical.letters import line_size
from tests.drawn_scans import Paper

SIZES = (10, 12, 18)  # points


def measured(text, font, size):
    """Return the errors of the font size and of the baseline of a drawn line, as shares of the font size."""
    line = Paper(460, 60, 200).text(20, 40, text, size, font).scan().lines[0]
    top, bottom = line.box[1], line.box[3]
    found, below = line_size(text, bottom - top)
    return found / line.size - 1, (bottom - below - line.baseline) / line.size


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("text", "font"),
    [
        ("Booking number", "helv"),  # with both
        ("express quays", "helv"),  # with descenders alone
        ("the miller", "helv"),  # with ascenders alone
        ("NORTH 2024", "helv"),  # capitals
        ("Delivery note", "hebo"),
        ("Booking number", "tiro"),
        ("HARWICK", "tiro"),
        ("time table", "tiro"),
        ("gypsy morning", "tiro"),
        ("Ägypten", "helv"),
        ("Hội đồng quản trị", "notos"),
        ("HỘI ĐỒNG QUẢN TRỊ", "notos"),
        ("BÁO CÁO", "notos"),
        ("Ấp ếch ầm ầm", "notos"),
        ("cơm ăn", "notos"),
        ("tăng ở mọi miền", "notos"),
        ("이사회는 보고서를", "korea"),
        ("한글", "korea"),
        ("제3조 2항", "korea"),
        ("KB국민은행", "korea"),
        ("nước", "notos"),
        ("서울 Seoul", "korea"),
        ("Tel. 전화", "korea"),
        ("12,450", "tiro"),
    ],
)
def test_the_font_size_is_found_within_a_seventh_and_the_baseline_within_a_twelfth(text, font, size):
    error, baseline_error = measured(text, font, size)
    assert abs(error) <= 0.14
    assert abs(baseline_error) <= 0.08


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("text", "font"), [("none", "helv"), ("over", "tiro"), ("sum", "notos")])
def test_the_size_of_a_line_of_low_letters_alone_is_found_within_a_sixth(text, font, size):
    error, baseline_error = measured(text, font, size)
    assert abs(error) <= 1 / 6  # an x is between 0.44 of the font size in Times and 0.55 in others
    assert abs(baseline_error) <= 0.08


@given(st.text(), st.floats(1, 500))
def test_the_size_is_at_least_the_ink_and_the_depth_within_it(text, height):
    size, below = line_size(text, height)
    assert size > 0
    assert 0 <= below < height


@given(st.text(), st.floats(1, 500))
def test_a_line_twice_as_high_is_twice_as_large(text, height):
    size, below = line_size(text, height)
    assert line_size(text, 2 * height) == (pytest.approx(2 * size), pytest.approx(2 * below))


@given(st.text(alphabet="acemnorsuvwxz ", min_size=1), st.floats(1, 500))
def test_letters_without_descenders_stand_on_the_baseline(text, height):
    assert line_size(text, height)[1] == 0
