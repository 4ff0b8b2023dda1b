"""Words become lines where a reader sees one, and lines become text as it would be written without line breaks."""

from __future__ import annotations

from collections import Counter

import pymupdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.lines import Line, find_lines, is_han_or_kana, is_hangul, join_lines, join_texts, most_common
from docai.sources import Font
from tests.drawn_pages import BOLD, HEIGHT, PLAIN, TYPEWRITER, WIDTH, Sheet, filled, line, page_of, word, words


def texts(found):
    """Return the texts of lines, from top to bottom and left to right."""
    return [row.text for row in sorted(found, key=lambda row: (round(row.baseline, 2), row.box.left))]


def found_in(*rows):
    """Return the lines that stored runs of words make; each run is told apart from the others."""
    stored = [part._replace(line=n) for n, row in enumerate(rows) for part in row]
    return find_lines(stored, WIDTH, HEIGHT)


def drawn_lines(sheet):
    page = page_of(sheet.data())
    return texts(find_lines(page.words, page.width_points, page.height_points))


def joined(*rows, spaced=False):
    return join_lines([line(row, space_after=spaced) for row in rows])


# ---- words into lines


def test_a_stored_run_is_a_line():
    (row,) = found_in(words("one two three", 60, 100))
    assert row.text == "one two three"
    assert (row.size, row.baseline, row.em, row.leading) == (10, 100 / HEIGHT, 10 / WIDTH, 10 / HEIGHT)
    assert row.box.left == pytest.approx(60 / WIDTH, abs=1e-4)


def test_no_words_make_no_lines():
    assert find_lines([], WIDTH, HEIGHT) == []


def test_a_gap_as_wide_as_a_gutter_splits_a_stored_run():
    row = [*words("left column", 60, 100), *words("right column", 260, 100)]
    assert texts(found_in(row)) == ["left column", "right column"]


def test_a_wide_gap_in_justified_text_is_a_word_space():
    """A line forced to full width has gaps like a gutter, but text above and below runs across them."""
    gap = 25  # points: 2.5 em
    above, below = words(filled(12), 60, 88), words(filled(12, 20), 60, 112)
    forced = [word("few", 60, 100), word("words", 60 + 15 + gap, 100), word("here", 60 + 15 + gap + 25 + gap, 100)]
    assert "few words here" in texts(found_in(above, forced, below))
    assert texts(found_in(forced)) == ["few", "words", "here"]


def test_a_gutter_stays_one_when_only_the_line_above_runs_across_it():
    heading = words(filled(12), 60, 88)
    row = [*words("left column", 60, 100), *words("right column", 150, 100)]
    assert texts(found_in(heading, row))[1:] == ["left column", "right column"]


def test_a_run_cut_in_pieces_is_put_together():
    pieces = [[part] for part in words("cut in many pieces", 60, 100)]
    assert texts(found_in(*pieces)) == ["cut in many pieces"]
    assert texts(found_in(*reversed(pieces))) == ["cut in many pieces"]


def test_lines_above_each_other_stay_apart():
    assert texts(found_in(words("first line", 60, 100), words("second line", 60, 112))) == ["first line", "second line"]


def test_columns_on_one_baseline_stay_apart():
    gutter = 9  # points: 0.9 em, narrow for a journal
    left, right = words("abcde fghij klmno", 60, 100), words("pqrst uvwxy", 60 + 80 + gutter, 100)
    assert texts(found_in(left, right)) == ["abcde fghij klmno", "pqrst uvwxy"]


def test_a_superscript_belongs_to_the_line_it_stands_on():
    mark = [word("1", 95, 98, 6, superscript=True)]
    assert texts(found_in(words("diesel.", 60, 100), mark, words("Volume and fuel", 101, 100))) == ["diesel. 1 Volume and fuel"]
    sheet = Sheet()
    sheet.text(60, 100, "less diesel.")
    end = 60 + pymupdf.get_text_length("less diesel.", "helv", 10)
    sheet.text(end, 96.5, "1", 6)
    sheet.text(end + 6, 100, "Volume and fuel")
    assert drawn_lines(sheet) == ["less diesel.1 Volume and fuel"]


@pytest.mark.parametrize("marker", ["•", "–", "1.", "a)", "(iv)", "①", "가.", "[12]"])
def test_the_marker_of_a_list_belongs_to_its_item(marker):
    gap = 30  # points: 3 em, a wide tabulator
    item = words("the text of the item", 60 + 5 * len(marker) + gap, 100)
    (row,) = found_in([word(marker, 60, 100)], item)
    assert row.text == f"{marker} the text of the item"
    assert row.marker


def test_a_number_belongs_to_the_heading_behind_it():
    number, heading = word("2.1", 60, 100, 12, BOLD), words("Depots and vans", 95, 100, 12, BOLD)
    assert texts(found_in([number], heading)) == ["2.1 Depots and vans"]


def test_a_number_in_another_font_stands_for_itself():
    label, value = word("12", 60, 100), words("Depots and vans", 90, 100, 10, BOLD)
    assert texts(found_in([label], value)) == ["12", "Depots and vans"]


def test_a_label_and_its_value_stay_apart():
    assert texts(found_in(words("Invoice number", 60, 100), words("2024-17", 160, 100))) == ["Invoice number", "2024-17"]


def test_text_that_runs_upwards_is_kept_as_it_is_stored():
    upwards = [word("axis", 60, 300, line=0, direction=270), word("title", 60, 280, line=0, direction=270)]
    across = words("axis of symmetry", 60, 300, line=1)
    assert sorted(texts(find_lines([*upwards, *across], WIDTH, HEIGHT))) == ["axis of symmetry", "axis title"]


def test_words_in_an_unusual_order_are_read_from_left_to_right():
    first, second = words("one two", 60, 100), words("three four", 95, 100)
    assert texts(found_in(second, first)) == ["one two three four"]


def test_a_drawn_page_of_justified_columns_gives_each_line_once():
    sheet = Sheet()
    sheet.column(50, 100, 230, filled(90))
    sheet.column(300, 100, 230, filled(90, 7))
    rows = drawn_lines(sheet)
    assert all(len(row) < 70 for row in rows)
    assert Counter(" ".join(rows).split()) == Counter(f"{filled(90)} {filled(90, 7)}".split())


def test_a_line_drawn_letter_by_letter_is_one_line():
    sheet = Sheet()
    x = 60.0
    for letter in "pieces":
        sheet.text(x, 100, letter, 12)
        x += 6.5
    assert "".join(drawn_lines(sheet)).replace(" ", "") == "pieces"


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.builds(
            word,
            st.text("abc•1.-가", min_size=1, max_size=8),
            st.floats(0, 590),
            st.floats(10, 790),
            st.floats(0.5, 60),
            st.sampled_from([PLAIN, BOLD]),
            line=st.integers(0, 5),
            direction=st.sampled_from([0, 0, 0, 90, 180, 270]),
        ),
        max_size=30,
    )
)
def test_each_word_is_in_one_line(found):
    rows = find_lines(found, WIDTH, HEIGHT)
    assert Counter(part for row in rows for part in row.words) == Counter(found)
    assert all(row.words for row in rows)


# ---- what a line is like


def test_the_size_of_a_line_is_that_of_most_letters():
    parts = (*words("mostly at ten points", 60, 100), word("7", 170, 97, 6))
    assert Line(parts, 0.1, 0.1).size == 10


def test_a_line_is_bold_when_all_its_words_are_but_bullets_do_not_count():
    assert line("all bold", font=BOLD).bold
    assert not line("not bold").bold
    assert Line((word("•", 60, 100), *words("bold item", 70, 100, font=BOLD)), 0.1, 0.1).bold
    assert not Line((word("plain", 60, 100), word("bold", 90, 100, font=BOLD)), 0.1, 0.1).bold


def test_a_line_is_italic_when_most_words_are():
    slanted = Font("Slanted", italic=True)
    assert Line((word("plain", 60, 100), *words("two slanted", 90, 100, font=slanted)), 0.1, 0.1).italic
    assert not Line((word("plain", 60, 100), word("slanted", 90, 100, font=slanted)), 0.1, 0.1).italic


def test_a_line_is_monospace_when_all_words_are():
    assert line("x = 1", font=TYPEWRITER).monospace
    assert not Line((word("call", 60, 100), word("f()", 90, 100, font=TYPEWRITER)), 0.1, 0.1).monospace


@pytest.mark.parametrize(
    "text", ["• one", "- one", "– one", "1. one", "(1) one", "a) one", "ii. one", "① one", "나. one", "[3] one"]
)
def test_a_marker_begins_a_list_item(text):
    assert line(text).marker


@pytest.mark.parametrize("text", ["•", "one two", "2024 was", "-5 degrees", "e.g. one", "1.5 kg", "Mr. Price", "A. Price"])
def test_other_words_are_no_marker(text):
    assert not line(text).marker


def test_the_most_common_value_has_the_greatest_weight():
    assert most_common([(10.0, 3), (12.0, 5), (10.04, 3)]) == 10.0
    assert most_common([]) == 0.0


# ---- lines into text: hyphens


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ("the consoli-", "dating of depots", "the consolidating of depots"),
        ("Verkehrs\u2010", "betriebe", "Verkehrsbetriebe"),
        ("a self-", "evident truth", "a self-evident truth"),
        ("a well-", "known firm", "a well-known firm"),
        ("the Franco-", "German border", "the Franco-German border"),
        ("the COVID-", "19 wave", "the COVID-19 wave"),
        ("the EU-", "wide rules", "the EU-wide rules"),
        ("the years 2019-", "2024 were", "the years 2019-2024 were"),
        ("a 20-", "year lease", "a 20-year lease"),
        ("pre-", "and post-war", "pre- and post-war"),
        ("costs rose -", "they doubled", "costs rose - they doubled"),
        ("costs rose –", "they doubled", "costs rose – they doubled"),
    ],
)
def test_a_hyphen_at_a_line_end_goes_where_it_only_breaks_a_word(first, second, text):
    assert joined(first, second) == text


def test_a_word_broken_over_three_lines_is_one():
    assert joined("in-", "sti-", "tution") == "institution"


# ---- lines into text: scripts


def test_words_of_two_lines_have_a_space_between_them():
    assert joined("one two", "three") == "one two three"


def test_a_line_alone_is_its_own_text():
    assert joined("one two") == "one two"


def test_korean_that_breaks_inside_a_word_is_joined():
    assert joined("전년 대비 성", "장하였습니다") == "전년 대비 성장하였습니다"


def test_korean_that_is_set_ragged_breaks_between_words():
    rows = [
        "위 과제를 추진하는 데 필요한 예산",
        "집행 내역은 이사회 의결을 거쳐 한 달 가까이",
        "공개할 예정이며 모든 임직원",
        "에게",
    ]
    assert joined(*rows) == " ".join(rows)


def test_korean_whose_lines_are_filled_to_the_last_syllable_breaks_inside_words():
    rows = ["가나다라 마바사 아자차카 타파", "하거너더 러머버 서어저처 커터", "퍼허고노 도로모 보소오조 초코", "토포호"]
    assert joined(*rows) == "가나다라 마바사 아자차카 타파하거너더 러머버 서어저처 커터퍼허고노 도로모 보소오조 초코토포호"


def test_korean_with_a_stored_space_keeps_it():
    assert joined("처리 물량이 소폭", "줄었습니다", spaced=True) == "처리 물량이 소폭 줄었습니다"


@pytest.mark.parametrize("first", ["거점 통합이", "역량을", "효과를", "도심에서는", "물량과", "성장하였습니다"])
def test_a_korean_ending_closes_its_word(first):
    assert joined(first, "본격적으로") == f"{first} 본격적으로"


def test_korean_after_a_full_stop_or_a_number_begins_a_new_word():
    assert joined("감소하였다.", "반면 강원") == "감소하였다. 반면 강원"
    assert joined("예산은 126", "정도이다") == "예산은 126 정도이다"


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ("電気自動車の割", "合を増やす", "電気自動車の割合を増やす"),
        ("カタカ", "ナ", "カタカナ"),
        ("增加。", "同时", "增加。同时"),
        ("使用 DHL", "配送", "使用 DHL 配送"),
    ],
)
def test_chinese_and_japanese_lines_are_joined_without_a_space(first, second, text):
    assert joined(first, second) == text


def test_scripts_are_told_by_their_characters():
    assert [is_hangul(character) for character in "가힣aㄱ中"] == [True, True, False, False, False]
    assert [is_han_or_kana(character) for character in "中あア。，a가"] == [True, True, True, True, True, False, False]


def test_texts_of_several_blocks_are_joined_like_lines():
    assert join_texts([]) == ""
    assert join_texts(["one"]) == "one"
    assert join_texts(["a break in the mid-", "dle of a word", "and no more"]) == "a break in the middle of a word and no more"
    assert join_texts(["", "one", ""]) == "one"
    assert join_texts(["운행이 한 달", "가까이"]) == "운행이 한 달가까이"


@settings(deadline=None)
@given(st.lists(st.text("ab-가은中 。A1", min_size=1, max_size=6), min_size=1, max_size=5))
def test_joining_loses_no_character_but_hyphens(parts):
    def bare(text):
        return "".join(text.replace("-", "").split())

    assert bare(join_texts(parts)) == bare("".join(parts))


def test_a_bracket_that_hangs_over_its_line_is_part_of_it():
    row = [word("deg", 60, 200), word("v(x)", 90, 200), word("<W", 116, 200)]
    bracket = word("\ufffd", 84, 192, line=1)  # TeX's extension font, 0.8 of the size above the line
    below = word("next", 60, 214, line=2)
    found = {one.text for one in find_lines([*row, bracket, below], WIDTH, HEIGHT)}
    assert found == {"deg \ufffd v(x) <W", "next"}


def test_a_sign_far_from_any_line_stays_alone():
    found = {one.text for one in find_lines([word("deg", 60, 200), word("§", 300, 300, line=1)], WIDTH, HEIGHT)}
    assert found == {"deg", "§"}


def test_text_above_and_below_a_gutter_does_not_join_the_columns():
    wide = words("A heading that runs over both of the columns of this page", 60, 100)
    left, right = words("text of the left column here", 60, 114, line=1), words("text of the right one", 230, 114, line=2)
    across = words("A pull quote that runs over both of the columns of the page", 60, 128, line=3)
    found = {one.text for one in find_lines([*wide, *left, *right, *across], WIDTH, HEIGHT)}
    assert {"text of the left column here", "text of the right one"} < found


def test_a_line_forced_to_full_width_stays_one_line():
    above = words("administration notwithstanding internationally", 60, 100)
    stretched = [word(text, x, 114, line=x) for text, x in (("Bishop", 60), ("of", 115), ("Winchester.", 150))]
    below = words("internationalisation responsibilities", 60, 128, line=9)
    found = {one.text for one in find_lines([*above, *stretched, *below], WIDTH, HEIGHT)}
    assert "Bishop of Winchester." in found
