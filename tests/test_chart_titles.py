"""Titles of charts, on labels made by hand."""

from __future__ import annotations

from docai.backends.classical.charts.scene import Extent, Label
from docai.backends.classical.charts.titles import find_titles

PLOT = Extent(40, 60, 360, 260)


def label(text: str, top: float, *, size: float = 10, left: float = 60, bold: bool = False, turn: float = 0) -> Label:
    return Label(text, Extent(left, top, left + 0.5 * size * len(text), top + 0.8 * size), size, turn, bold)


def test_the_largest_text_above_is_the_title_and_smaller_text_below_it_the_subtitle():
    titles = find_titles([label("thousands of people", 36), label("Population of cities", 14, size=14)], PLOT)
    assert (titles.title, titles.subtitle, titles.notes) == ("Population of cities", "thousands of people", "")
    assert len(titles.used) == 2


def test_a_title_goes_on_over_lines_that_look_alike():
    found = [label("Sales of books", 10, bold=True), label("and films", 22, bold=True), label("in EUR", 34)]
    titles = find_titles(found, PLOT)
    assert (titles.title, titles.subtitle) == ("Sales of books and films", "in EUR")


def test_sources_multipliers_and_turned_text_are_no_title():
    found = [label("Source: our own count", 40), label("1e6", 48, left=40), label("Value", 50, turn=-90), label("Notes below", 290)]
    titles = find_titles(found, PLOT)
    assert (titles.title, titles.subtitle) == ("", "")
    assert titles.notes == "Source: our own count Notes below"
    assert find_titles([label("출처: 통계청", 280)], PLOT).notes == "출처: 통계청"


def test_the_header_of_a_row_runs_upwards_beside_the_middle_of_its_plot():
    beside = Label("North", Extent(2, 145, 10, 175), 10, turn=-90)
    assert find_titles([beside], PLOT).title == "North"
    assert find_titles([beside, label("Sales", 5, size=14)], PLOT).title == "Sales"
    assert find_titles([Label("North", Extent(2, 65, 10, 95), 10, turn=-90)], PLOT).title == ""
