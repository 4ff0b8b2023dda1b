"""Numbers written by the customs of several languages are read back; what may be two things is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from docai.extraction import LANGUAGES
from docai.numbers import COMMAED, EXPECTED, POINTED, SPACED, Convention, as_printed, is_missing, parse, read_columns

ENGLISH = "The table tells what was sold in each of the regions, and by whom."
KOREAN = "이 표는 지역마다 무엇이 얼마나 팔렸는지를 보여 준다."
VIETNAMESE = "Bảng này cho biết những gì đã được bán ở mỗi vùng trong năm."
GERMAN = "Die Tabelle erklärt, was in den größten Städten für wie viel verkauft wurde."


def values(*texts, context="", around=ENGLISH, languages=EXPECTED):
    """Return the values of a column of texts."""
    (column,) = read_columns([texts], context=context, around=around, languages=languages)
    return [None if number is None else float(number.value) for number in column]


def value(text, **told):
    return values(text, **told)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("2019", 2019),
        ("0.5", 0.5),
        (".034", 0.034),
        ("1,234.50", 1234.5),
        ("1.234,5", 1234.5),
        ("12,5", 12.5),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        ("0,123", 0.123),
        ("12345.678", 12345.678),
        ("1'234.50", 1234.5),
        ("1’234’567", 1234567),
        ("1\u2009234", 1234),
        ("1\u202f234,5", 1234.5),
        ("1 234 567", 1234567),
        ("１２３，４５６．７", 123456.7),
        ("-5", -5),
        ("\u22125", -5),
        ("\u2212 5", -5),
        ("–5", -5),
        ("5-", -5),
        ("1,234.5\u2212", -1234.5),
        ("+5", 5),
        ("±0.5", 0.5),
        ("12.5%", 12.5),
        ("12.5 %", 12.5),
        ("−3％", -3),
        ("5‰", 5),
        ("$5", 5),
        ("-$5", -5),
        ("$-5", -5),
        ("US$ 1,234.50", 1234.5),
        ("5 €", 5),
        ("£5", 5),
        ("₩1,200,000", 1200000),
        ("￦1,200,000", 1200000),
        ("5.000.000 ₫", 5000000),
        ("5.000.000đ", 5000000),
        ("1,234.5원", 1234.5),
        ("VND 5.000.000", 5000000),
        ("5 USD", 5),
        ("$5 USD", 5),
        ("($1,234)", -1234),
        ("$(1,234)", -1234),
        ("12.3*", 12.3),
        ("12.3 **", 12.3),
        ("12.3†", 12.3),
        ("12.5%‡", 12.5),
        ("12.3²", 12.3),
        ("12.3¹⁾", 12.3),
        ("12.3ᵃ", 12.3),
        ("3만", 30000),
        ("1억 2,000만", 120000000),
        ("1억2,000만원", 120000000),
        ("1조 2,345억", 1234500000000),
        ("1만 2,345", 12345),
        ("3천만", 30000000),
        ("5백만원", 5000000),
        ("1.5억", 150000000),
        ("5조원", 5 * 10**12),
        ("1,5 tỷ đồng", 1500000000),
        ("2 triệu 500 nghìn", 2500000),
        ("3 nghìn tỷ", 3 * 10**12),
        ("5 million", 5000000),
        ("$3.2bn", 3200000000),
        ("€10k", 10000),
    ],
)
def test_a_number_is_what_its_text_says(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    """- — – . , ... n/a abc 007 00.5 1. 1.2.3 12,34,567 1,23,4 --1 1e5 5kg 5m 5조 ٣ 3-5 3–5 3~5 1/2 3:1 12:30 2019-03-04 12.03.2019
    2019.3.4 03/04/2019 02-123-4567 0912345678 +84912345678 +82101234567 192.168.0.1 10² 10⁻³ <0.001 ~5 1) (1 1( 5%% 5%원 $$5 +-5
    +5- ±5- (-5) 1234567890123456 1억2억 1만2억 2.5만3,000 1억2만3.5 A12 12A 제5조 5m² 1²3""".split(),
)
def test_what_is_no_number_or_may_be_two_things_is_none(text):
    assert value(text) is None


@pytest.mark.parametrize(
    "text", ["", "- 5", "5 -", "1 2", "12 345", "2019 2020", "12.3 ± 0.4", "1\n234", "5 and 6", "1 - 2", "5" * 99]
)
def test_neither_is_a_text_of_several_pieces(text):
    assert value(text) is None


# Points and commas


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("1.234", "12,5"), [1234, 12.5]),
        (("1.234", "1.234.567"), [1234, 1234567]),
        (("1,234", "12.5"), [1234, 12.5]),
        (("1,234", "0,5"), [1.234, 0.5]),
        (("1.234", "1234.5"), [1.234, 1234.5]),
        (("1.234", "1 234,5"), [1234, 1234.5]),
    ],
)
def test_cells_that_can_be_read_in_one_way_decide_for_the_others(texts, expected):
    assert values(*texts, around=GERMAN) == expected


def test_one_column_decides_for_the_whole_table():
    first, second = read_columns([["1.234", "5.678"], ["12,5", "7"]])
    assert [[number.value for number in column] for column in (first, second)] == [[1234, 5678], [Decimal("12.5"), 7]]


def test_columns_that_disagree_decide_for_themselves_alone():
    columns = [["1.234", "12,5"], ["1.234", "1,234.5"], ["1.234", "7"]]
    numbers = read_columns(columns, around=ENGLISH)
    assert [column[0] and column[0].value for column in numbers] == [1234, Decimal("1.234"), None]


def test_a_comma_misread_among_many_does_not_decide():
    assert values("1.5", "2.5", "3.5", "4.5", "5,5", "1.234") == [1.5, 2.5, 3.5, 4.5, None, 1.234]
    assert values("1.5", "5,5", "1.234") == [1.5, 5.5, None]


@pytest.mark.parametrize(
    ("around", "languages", "expected"),
    [
        (ENGLISH, EXPECTED, 1.234),
        (KOREAN, EXPECTED, 1.234),
        (VIETNAMESE, EXPECTED, 1234),
        (ENGLISH + " Nguyễn Văn An sold most.", EXPECTED, 1.234),
        (GERMAN, EXPECTED, None),
        (GERMAN, ("de", "en"), 1234),
        (GERMAN, ("de-DE",), 1234),
        (ENGLISH, ("de", "en"), None),
        ("", ("vi",), 1234),
        ("", ("ko", "en"), 1.234),
        ("", EXPECTED, None),
        (ENGLISH, (), None),
        (ENGLISH, ("es",), None),
        (VIETNAMESE, ("en",), None),
    ],
)
def test_where_no_cell_tells_the_language_does_or_nothing(around, languages, expected):
    assert value("1.234", around=around, languages=languages) == expected


def test_the_languages_expected_are_those_of_the_reader():
    assert EXPECTED == LANGUAGES
    assert not POINTED & COMMAED
    assert SPACED < COMMAED


def test_the_words_of_a_table_tell_its_language_too():
    assert value("1.234", around="", context="Vùng Doanh thu được bán") == 1234


def test_money_without_cents_has_no_decimals():
    assert values("1.234 ₫", "5.678") == [1234, 5678]
    assert value("1,234원", around=VIETNAMESE) == 1234


def test_a_space_parts_thousands_only_where_another_cell_or_the_language_says_so():
    assert value("12 345") is None
    assert values("12 345", "1 234 567") == [12345, 1234567]
    assert value("12 345", around="Le tableau dit ce qui a été vendu à chaque région", languages=("fr",)) == 12345


# What else stands in the table


def test_parentheses_are_negative_among_amounts_and_words_of_accounts_only():
    assert values("1,234", "(56)") == [1234, None]
    assert values("1,234", "(56)", context="2019 (USD)") == [1234, -56]
    assert values("1,234", "(56)", context="Net loss") == [1234, -56]
    assert values("1,234", "(56)", context="영업이익") == [1234, -56]
    assert values("1,234", "(56)", context="Weight loss after surgery") == [1234, None]
    assert values("$1,234", "(5.6%)") == [1234, -5.6]
    assert values("1,234", "△56", context="단위: 백만원") == [1234, -56]
    assert values("1,234", "△56") == [1234, None]


def test_parentheses_are_something_else_beside_a_minus_a_star_or_nothing_plain():
    assert values("1,234", "(56)", "-7", context="USD") == [1234, None, -7]
    assert values("0.12*", "(0.05)", context="USD") == [0.12, None]
    assert values("(1)", "(2)", context="USD") == [None, None]


def test_a_minus_behind_is_none_in_a_column_of_ranges():
    assert values("0-17", "18-64", "65-") == [None, None, None]


def test_months_are_no_decimals_where_all_are_months():
    assert values("2019.01", "2019.12", "2020") == [None, None, 2020]
    assert values("2019.12", "2018.5") == [2019.12, 2018.5]


@pytest.mark.parametrize("text", ["", " ", "-", "–", "—", "−", "--", "..", "...", "…", "n/a", "N/A", "n.a."])
def test_dashes_dots_and_nothing_are_missing(text):
    assert is_missing(text)
    assert value(text) is None


@pytest.mark.parametrize("text", ["0", ".", "a", "n", "*", "x"])
def test_other_texts_are_not_missing(text):
    assert not is_missing(text)


# There and back


CUSTOMS = [(".", ","), (",", "."), (",", "\u2009"), (",", " "), (".", "'"), (".", ""), (",", "")]


def written(amount, point, group, decimals):
    """Return an amount as it is written by a custom."""
    return f"{amount:,.{decimals}f}".translate(str.maketrans({",": group, ".": point}))


AMOUNTS = st.builds(
    lambda digits, decimals: (Decimal(digits).scaleb(-decimals), decimals), st.integers(0, 10**11), st.integers(0, 4)
)
BEFORE = st.sampled_from(["", "-", "\u2212", "+", "$", "-$", "₩ ", "USD "])
AFTER = st.sampled_from(["", "%", " %", "*", "¹", " €", "원"])


@given(AMOUNTS, st.sampled_from(CUSTOMS), BEFORE, AFTER)
def test_a_number_written_by_a_custom_is_read_back(amount, custom, before, after):
    (size, decimals), (point, group) = amount, custom
    assume(not (before.strip("+-\u2212") and "%" in after))  # money is no share
    assume(not (before == "+" and size >= 10**9))  # a telephone number
    assume(not (after == "¹" and size == 10))  # a power
    text = before + written(size, point, group, decimals) + after
    number = parse(text, Convention(point, spaced=True))
    assert number is not None
    assert number.value == (-size if before[:1] in ("-", "\u2212") else size)
    assert (number.decimals, number.grouped) == (decimals, bool(group) and size >= 1000)
    assert as_printed(text, float(number.value)) is not None


@given(st.lists(AMOUNTS, min_size=1, max_size=6), st.sampled_from(CUSTOMS))
def test_a_column_is_read_as_it_was_written_or_what_is_open_is_left_out(amounts, custom):
    point, group = custom
    texts = [written(size, point, group, decimals) for size, decimals in amounts]
    assume(not any(1900 <= size < 2100 and decimals == 2 for size, decimals in amounts))  # months
    found = values(*texts, around="", languages=["en" if point == "." else "vi"])
    assert all(number in (None, float(size)) for number, (size, _) in zip(found, amounts, strict=True))
    if group != " ":
        assert None not in found


@given(st.text("0123456789.,'- %()$€억만원đ*±+²\u2009\u2212x", max_size=12))
def test_whatever_stands_there_one_custom_gives_one_finite_number_or_none(text):
    number = value(text)
    assert number is None or abs(number) < 1e30
    for point in (".", ","):
        parsed = parse(text, Convention(point))
        assert parsed is None or any(character.isdigit() for character in text)
