"""What labels of axes say: numbers of many customs, and dates."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from docai.backends.classical.charts.axes.dates import read_dates, read_moment
from docai.backends.classical.charts.axes.readings import figures_of, mended, misread, read_numbers, read_powers, said, tells_powers


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1,234", 1234, ""),
        ("−1.5", -1.5, ""),
        ("(20)", -20, ""),
        ("$(20)", -20, "$"),
        ("-$5", -5, "$"),
        ("25%", 25, "%"),
        ("100k", 1e5, ""),
        ("1.5M", 1.5e6, ""),
        ("$3m", 3e6, "$"),
        ("5 bn", 5e9, ""),
        ("3만", 3e4, ""),
        ("10억원", 1e9, "원"),
        ("1억 2,000만", 1.2e8, ""),
        ("20 triệu", 2e7, ""),
        ("2 tỷ", 2e9, ""),
        ("10^3", 1e3, ""),
        ("10⁻²", 1e-2, ""),
        ("1e3", 1e3, ""),
        ("8.00e+6", 8e6, ""),
        ("2×10^5", 2e5, ""),
        ("1 234", 1234, ""),
        ("5 kg", 5, "kg"),
        ("10°C", 10, "°C"),
    ],
)
def test_a_label_says_its_number_and_its_unit(text: str, value: float, unit: str) -> None:
    found = said(text, ".")
    assert found is not None
    assert (found.value, found.unit) == (pytest.approx(value), unit)


@pytest.mark.parametrize("text", ["∞", "1st", "Q1", "A1", "S5", "5-9", "", "x", "10:30", "(5"])
def test_what_is_no_number_says_none(text: str) -> None:
    assert said(text, ".") is None


def test_a_custom_that_changes_the_values_is_read_twice() -> None:
    by_points, by_commas = read_numbers(["0", "1.250", "2.500"])
    assert {by_points.values[1], by_commas.values[1]} == {1.25, 1250.0}


def test_thousands_are_read_first_where_three_zeros_stand_behind_points() -> None:
    assert read_numbers(["1.000 €", "2.000 €"])[0].values == (1000.0, 2000.0)


def test_a_number_with_another_unit_than_its_neighbours_is_none() -> None:
    assert read_numbers(["10%", "20%", "30 kg"])[0].values == (10.0, 20.0, None)


def test_exponents_that_lost_their_raising_are_powers_of_ten() -> None:
    found = read_powers(["10−2", "10−1", "100"])
    assert found is not None
    assert found.values == (0.01, 0.1, 1.0)
    assert read_powers(["100", "101"]) is None
    assert read_powers(["100", "200", "300"]) is None


def test_letters_that_look_like_figures_are_put_right_beside_figures_only() -> None:
    assert mended("1O0") == "100"
    assert mended("l5%") == "15%"
    assert mended("IBM") == "IBM"
    assert mended("SO") == "SO"
    assert figures_of("−0.5") == "5"


def test_a_misread_number_has_the_same_figures() -> None:
    assert misread("25", -25.0)
    assert misread("25", 2.5)
    assert misread("2O", 20.0)
    assert not misread("25", 35.0)
    assert not misread("25", 250.0)
    assert not misread("no", 10.0)


# Dates


def seconds(year: int, month: int = 1, day: int = 1, hour: int = 0) -> float:
    return datetime(year, month, day, hour, tzinfo=timezone.utc).timestamp()


@pytest.mark.parametrize(
    ("text", "year", "month", "day"),
    [
        ("2005", 2005, None, None),
        ("Jan 2005", 2005, 1, None),
        ("2005-01", 2005, 1, None),
        ("2005/03/07", 2005, 3, 7),
        ("Mar '20", 2020, 3, None),
        ("Jan-05", 2005, 1, None),
        ("5 May 2019", 2019, 5, 5),
        ("May 5", None, 5, 5),
        ("15. März", None, 3, 15),
        ("2월", None, 2, None),
        ("2019년 3월", 2019, 3, None),
        ("Tháng 2", None, 2, None),
        ("T2/2019", 2019, 2, None),
        ("Q2 2019", 2019, 4, None),
        ("1Q19", 2019, 1, None),
        ("Quý 3/2019", 2019, 7, None),
        ("2019년 4분기", 2019, 10, None),
        ("03/2019", 2019, 3, None),
        ("'98", 1998, None, None),
        ("Fri 14", None, None, 14),
    ],
)
def test_a_label_tells_its_date(text: str, year: int | None, month: int | None, day: int | None) -> None:
    found = read_moment(text)
    assert found is not None
    assert (found.year, found.month, found.day) == (year, month, day)


@pytest.mark.parametrize("text", ["12.5", "A", "Great", "13월", "99", "Mar Del Plata"])
def test_what_is_no_date_tells_none(text: str) -> None:
    assert read_moment(text) is None


def test_hours_are_told_in_both_ways() -> None:
    noon, evening = read_moment("12 PM"), read_moment("18:30")
    assert noon is not None
    assert evening is not None
    assert (noon.minutes, evening.minutes) == (720, 1110)


def test_months_go_on_into_the_next_year() -> None:
    found, form = read_dates(["Oct 2018", "Nov", "Dec", "Jan", "Feb"])
    assert found == [seconds(2018, 10), seconds(2018, 11), seconds(2018, 12), seconds(2019, 1), seconds(2019, 2)]
    assert form == "%Y-%m"


def test_months_lead_up_to_the_year_that_a_later_label_tells() -> None:
    found, _ = read_dates(["Oct", "Nov", "Dec", "2005", "Feb"])
    assert found == [seconds(2004, 10), seconds(2004, 11), seconds(2004, 12), seconds(2005, 1), seconds(2005, 2)]


def test_months_follow_the_year_that_stands_where_it_begins() -> None:
    found, _ = read_dates(["2019", "Mar", "May", "2020"])
    assert found == [seconds(2019), seconds(2019, 3), seconds(2019, 5), seconds(2020)]


def test_days_lead_up_to_the_month_that_a_later_label_tells() -> None:
    found, form = read_dates(["Fri 14", "12 PM", "Sat 15", "Jul 16"], year=2017)
    assert found == [seconds(2017, 7, 14), seconds(2017, 7, 14, 12), seconds(2017, 7, 15), seconds(2017, 7, 16)]
    assert form == "%m-%d %H:%M"


def test_hours_go_on_into_the_next_day() -> None:
    found, _ = read_dates(["18:00", "00:00", "06:00"], year=2001)
    assert found == [seconds(2001, 1, 1, 18), seconds(2001, 1, 2), seconds(2001, 1, 2, 6)]


def test_a_second_row_tells_the_years() -> None:
    found, _ = read_dates(["Nov", "Dec", "Jan"], above=[(0, "2018"), (2, "2019")])
    assert found == [seconds(2018, 11), seconds(2018, 12), seconds(2019, 1)]


def test_weeks_begin_on_sundays() -> None:
    found, _ = read_dates(["1971 W00", "1971 W01"])
    assert found == [seconds(1971), seconds(1971, 1, 3)]


def test_powers_of_ten_are_told_by_one_that_kept_its_raised_exponent() -> None:
    assert tells_powers(["10^3", "102", "101"])
    assert tells_powers(["10°", "101", "102"])
    assert not tells_powers(["100", "101", "102"])
