"""Dates on axes: those whose months are all as wide, those printed in figures, and slanted ones."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timezone

import pytest

from docai.backends.classical.charts.axes import find_plots
from docai.backends.classical.charts.axes.categories import with_periods
from docai.backends.classical.charts.axes.dates import other_dates, with_months_first
from docai.backends.classical.charts.axes.wholes import prepare
from docai.backends.classical.charts.periods import months_of, of_months
from docai.backends.classical.charts.scales import Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Stroke
from tests.test_chart_axes import BOTTOM, SIZE, Drawn, bars, known, line, lying, only, upright

NOWHERE = Extent(0, 0, 1, 1)
VALUES = upright(["0", "10", "20"], [230, 130, 30])


def day(seconds: float) -> str:
    return datetime.fromtimestamp(round(seconds), tz=timezone.utc).date().isoformat()


def evenly(texts: list[str], step: float = 50.0, months: int = 1) -> Scale:
    """Return the axis of texts at even steps, with a line through months that are all as wide."""
    places = [90.0 + step * n for n in range(len(texts))]
    marks = tuple(line((place, BOTTOM), (place, BOTTOM + 3.5)) for place in places)
    count = (len(texts) - 1) * months + 1
    drawn = Stroke(tuple((90.0 + step / months * n, 100.0 + 11 * (n % 3)) for n in range(count)), "#1f77b4", 1.5)
    return known(only(VALUES + lying(texts, places) + Drawn((), (*marks, drawn))).across)


def test_moments_in_months_are_whole_where_months_begin():
    for year, month in ((1969, 12), (1970, 1), (2024, 2), (2024, 3)):
        seconds = datetime(year, month, 1, tzinfo=timezone.utc).timestamp()
        assert months_of(seconds) == (year - 1970) * 12 + month - 1
        assert of_months(months_of(seconds)) == seconds
    assert day(of_months(-1e9)) == "0001-01-01"


@pytest.mark.parametrize(
    "texts",
    [
        ["2021-01", "2021-02", "2021-03", "2021-04", "2021-05"],
        ["Jan 2021", "Feb 2021", "Mar 2021", "Apr 2021", "May 2021"],
        ["01/01/2021", "02/01/2021", "03/01/2021", "04/01/2021", "05/01/2021"],
        ["01.01.21", "01.02.21", "01.03.21", "01.04.21", "01.05.21"],
        ["01/21", "02/21", "03/21", "04/21", "05/21"],
        ["Jan 21", "Feb 21", "Mar 21", "Apr 21", "May 21"],
    ],
)
def test_a_line_over_months_that_are_all_as_wide_has_its_values_at_their_begins(texts: list[str]):
    scale = evenly(texts)
    assert scale.kind == "date"
    assert [day(scale.value(90.0 + 50 * n)) for n in range(5)] == [f"2021-{n:02d}-01" for n in range(1, 6)]
    assert scale.place(scale.value(117.0)) == pytest.approx(117.0)


def test_the_values_of_a_line_tell_that_months_between_labels_of_half_years_are_all_as_wide():
    scale = evenly(["2018-02-01", "2018-08-01", "2019-02-01"], 72.0, months=6)
    assert [day(scale.value(90.0 + 12 * n)) for n in (1, 7)] == ["2018-03-01", "2018-09-01"]


def test_quarters_on_a_line_are_named_as_they_are_printed():
    scale = evenly(["Q1 2018", "Q2 2018", "Q3 2018", "Q4 2018", "Q1 2019"])
    assert scale.kind == "category"
    assert [tick.text for tick in scale.ticks] == ["Q1 2018", "Q2 2018", "Q3 2018", "Q4 2018", "Q1 2019"]


def test_labels_between_close_ticks_stand_in_the_middle_of_their_bands():
    texts = ["2021-01", "2021-03", "2021-05", "2021-07"]
    places = [84.0 + 14 * n for n in range(4)]
    ticks = tuple(line((80.5 + 7 * n, BOTTOM), (80.5 + 7 * n, BOTTOM + 3.5)) for n in range(8))
    labels = tuple(
        replace(label, turn=-90.0, extent=Extent(at - 4, BOTTOM + 6, at + 4, BOTTOM + 40))
        for at, label in zip(places, lying(texts, places).labels, strict=True)
    )
    scale = known(only(VALUES + Drawn(labels, ticks)).across)
    assert [tick.place for tick in scale.ticks] == pytest.approx(places, abs=0.5)


def test_days_that_begin_months_are_no_years():
    for texts in (["11/01", "12/01", "01/01"], ["Jan 5", "Jan 12", "Jan 19"]):
        assert with_months_first(texts) == texts
    assert with_months_first(["12/20", "01/21", "02/21"]) == ["2020-12", "2021-01", "2021-02"]
    assert other_dates(["03/04/21", "04/04/21"]) == [["2021-03-04", "2021-04-04"]]


def test_groups_of_bars_are_no_periods_of_their_own():
    middles = [90.0, 100, 110, 150, 160, 170, 210, 220, 230]
    printed = zip(middles[1::3], ["2019", "2020", "2021"], strict=True)
    names = Scale("category", True, 60, 360, tuple(Tick(place, Label(text, NOWHERE, 8)) for place, text in printed))
    assert with_periods(names, middles) == names


def rising(text: str, end: tuple[float, float], turn: float, length: float) -> Label:
    """Return a label whose baseline ends at a place and rises by `turn` degrees."""
    across, up = length * math.cos(math.radians(turn)), length * math.sin(math.radians(turn))
    begin = end[0] - across, end[1] + up
    return Label(text, Extent(begin[0] - 4, end[1] - 7, end[0], begin[1]), SIZE, -turn, ends=(begin, end))


def test_slanted_labels_point_to_ticks_with_their_ends_where_their_middles_stand_near_others():
    places = [80.0 + 24 * n for n in range(8)]
    marks = tuple(line((place, BOTTOM), (place, BOTTOM + 3.5)) for place in places)
    texts = [str(2001 + n) for n in range(8)]
    labels = tuple(rising(text, (place + 1.5, BOTTOM + 12), 30, 54.0) for text, place in zip(texts, places, strict=True))
    scale = known(only(Drawn(labels, marks) + VALUES).across)
    assert [tick.place for tick in scale.ticks] == pytest.approx(places)


def test_slanted_words_on_one_baseline_are_one_label():
    month, year = rising("Jul", (100.0, 100.0), 45, 10), rising("2012", (115.0, 85.0), 45, 18)
    (label,) = prepare([month, year])
    assert label.text == "Jul 2012"
    assert label.ends == (month.ends[0], year.ends[1])
    assert len(prepare([month, replace(year, turn=-30.0)])) == 2


def test_an_axis_of_powers_of_ten_may_begin_far_above_the_names_below():
    names = lying(["0", "5", "10", "15"], [90.0, 150, 210, 270])
    plots = find_plots((upright(["100", "10"], [40.0, 140.0]) + names).scene())
    assert [(plot.across is not None, plot.down is not None) for plot in plots] == [(True, True)]


def test_the_names_of_bars_stay_those_that_are_printed_though_months_are_as_wide():
    places = [90.0 + 50 * n for n in range(5)]
    texts = ["Jan 2021", "Feb 2021", "Mar 2021", "Apr 2021", "May 2021"]
    scale = known(only(VALUES + lying(texts, places) + bars(places, [60.0, 90, 120, 70, 80])).across)
    assert (scale.kind, [tick.text for tick in scale.ticks]) == ("category", texts)
