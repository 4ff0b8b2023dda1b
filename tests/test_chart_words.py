"""Words read in charts' pictures: the better of two readings, letters told by their size and company, labels parted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docai.backends.classical.charts.raster.decimals import pointed_number
from docai.backends.classical.charts.raster.words import _agree, _fitting, _in_company, _labels, _of_two, _parted, _with_exponent
from docai.backends.classical.engines import ReadLine, ReadWord
from tests.test_chart_prints import reading


def line(said, sure, engine="tesseract:eng"):
    return ReadLine(engine, tuple(ReadWord(word, 0.0, 8.0 * len(word), sure) for word in said.split()))


def network(said, sure):
    return line(said, sure, "rapidocr")


def words(*places):
    return [ReadWord(said, left, right, 0.9) for said, left, right in places]


def parted(*places):
    found = _parted(words(*places), 8.0)
    return None if found is None else [" ".join(word.text for word in group) for group in found]


@pytest.mark.parametrize("said", ["Hải Phòng", "Đà Nẵng", "Cần Thơ"])
def test_accents_that_the_network_does_not_know_are_kept(said):
    bare = {"Hải Phòng": "Hai Phong", "Đà Nẵng": "Đà Nang", "Cần Thơ": "Can Tho"}[said]
    assert _of_two(line(said, 0.6, "tesseract:vie"), network(bare, 0.99), ["vie", "eng"]).text == said


def test_the_network_is_believed_where_a_reader_sees_accents_in_another_word_unsurely():
    assert _of_two(line("ữÁ", 0.3, "tesseract:vie"), network("2019", 0.99), ["vie", "eng"]).text == "2019"


def test_a_short_row_that_the_network_does_not_see_says_nothing():
    assert _of_two(line("|", 0.6), network("", 0.0), ["eng"]).text == ""


@pytest.mark.parametrize(("said", "expected"), [("le6", "1e6"), ("Ie-5", "1e-5"), ("le", "le"), ("file5", "file5")])
def test_the_figure_of_a_power_of_ten_is_no_letter(said, expected):
    assert _with_exponent(line(said, 0.8)).text == expected


def test_percentages_beside_each_other_are_labels_of_their_own():
    assert parted(("80%", 0.0, 24.0), ("90%", 28.0, 52.0)) == ["80%", "90%"]


def test_a_number_grouped_by_spaces_is_one_label():
    assert parted(("12", 0.0, 11.0), ("000", 16.0, 34.0)) is None


def test_names_that_touch_are_parted_before_their_capitals():
    assert parted(("NorthSouthEastWest", 0.0, 90.0)) == ["North", "South", "East", "West"]
    assert parted(("MarAprMayJun", 0.0, 84.0)) == ["Mar", "Apr", "May", "Jun"]


def test_a_name_with_capitals_inside_is_one_label():
    assert parted(("PowerPoint", 0.0, 60.0)) is None


def test_an_i_and_an_o_among_single_capitals_are_letters():
    row = [reading(said, 20.0 * n, 100.0, 8.0, marks=1) for n, said in enumerate(("G", "H", "|", "J", "0"))]
    assert [each.text for each in _in_company(row)] == ["G", "H", "I", "J", "O"]


def test_a_one_among_figures_stays_one():
    row = [reading(said, 20.0 * n, 100.0, 8.0, marks=1) for n, said in enumerate("3210")]
    assert [each.text for each in _in_company(row)] == ["3", "2", "1", "0"]


def test_a_letter_that_has_one_form_large_and_small_is_told_by_its_height_beside_figures():
    assert _fitting(reading("x", 0.0, 0.0, 8.0, wide=7.0, marks=1), 8.0).text == "X"
    assert _fitting(reading("S", 0.0, 0.0, 6.0, wide=5.0, marks=1), 8.0).text == "s"


def test_one_mark_that_is_read_as_a_letter_in_both_its_forms_is_one_letter():
    assert _fitting(reading("Xx", 0.0, 0.0, 8.0, wide=8.0, marks=1), 8.0).text == "X"


def test_a_number_whose_point_is_seen_or_not_is_as_it_was_read_where_its_picture_shows_none():
    each = reading("12", 0.0, 0.0, 8.0)
    assert pointed_number(each.line, each.row.strip).text == "12"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("2ep", "ep", False), ("100", "10", False), ("Xx", "xX", True), ("−5", "-5", True), ("Huế", "Hue", True), ("0", "", None)],
)
def test_two_readings_agree_where_no_letter_figure_or_sign_differs(one, other, expected):
    assert _agree(line(one, 0.9), network(other, 0.9)) is expected


def test_what_tesseract_is_unsure_of_does_not_speak_against_a_sure_reading():
    assert _agree(line("we", 0.1), network("1", 0.99)) is None


def test_the_exponent_of_a_power_of_ten_is_seen_by_the_network_alone():
    assert _of_two(line("103", 0.95), network("10³", 0.9), ["eng"]).text == "10³"


@pytest.mark.parametrize(("agreed", "low", "high"), [(True, 0.95, 1.0), (False, 0.0, 0.78)])
def test_a_label_is_as_sure_as_its_readers_agree(agreed, low, high):
    row = reading("Seoul", 0.0, 0.0, 8.0)
    assert all(low <= label.confidence <= high for label in _labels(replace(row, agreed=agreed)))
