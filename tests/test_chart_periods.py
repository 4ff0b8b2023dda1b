"""Periods are named as their axis prints them, those between whose labels are left out too."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from docai.backends.classical.charts.axes import find_plots
from docai.backends.classical.charts.axes.categories import with_periods
from docai.backends.classical.charts.axes.dates import month_begins, read_dates
from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.periods import filled_in, form_of, period_of, spelt
from docai.backends.classical.charts.scales import Plot, Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Scene
from docai.backends.classical.charts.telling import named_by_axes, namer_of
from tests.test_chart_axes import BOTTOM, bars, lying, upright

NOWHERE = Extent(0, 0, 1, 1)
VALUES = upright(["0", "10", "20"], [230, 130, 30])


def seconds(year: int, month: int, day: int = 1) -> float:
    return datetime(year, month, day, tzinfo=timezone.utc).timestamp()


def names_below(texts: list[str], places: list[float], middles: list[float]) -> list[str]:
    tops = [60.0 + 17 * (n % 5) for n in range(len(middles))]
    (plot,) = find_plots((VALUES + lying(texts, places) + bars(middles, tops)).scene())
    assert plot.across is not None
    return [tick.text for tick in plot.across.ticks]


@pytest.mark.parametrize("text", ["2018 Q2", "Q2 2018", "Q2 '18", "Apr 2018", "2018-04", "2018"])
def test_a_period_is_spelt_as_its_label_is(text):
    (moment,), form = read_dates([text])
    assert moment is not None
    assert spelt(moment, form_of([text], [moment], form)) == text


def test_a_week_is_named_by_the_sunday_that_it_begins_with():
    assert period_of(seconds(1971, 1, 1), "%Y W%U") == "1970 W52"
    assert period_of(seconds(2021, 1, 6), "%Y W%U") == "2021 W01"


def test_ticks_of_months_that_print_their_weeks_stand_for_the_months_begins():
    dates, form = read_dates(["1971 W00", "1971 W09", "1971 W17", "1971 W26"])
    assert month_begins(dates, form) == [[seconds(1971, 1), seconds(1971, 3), seconds(1971, 5), seconds(1971, 7)]]
    dates, form = read_dates(["1971 W01", "1971 W02", "1971 W03"])
    assert month_begins(dates, form) == []


def test_periods_between_are_told_where_those_printed_go_on_evenly():
    months = [(0, "Jan 2019", seconds(2019, 1)), (2, "Mar 2019", seconds(2019, 3)), (4, "May 2019", seconds(2019, 5))]
    assert filled_in(months, 6, "%b %Y") == {1: "Feb 2019", 3: "Apr 2019", 5: "Jun 2019"}
    assert filled_in([*months[:2], (4, "Jul 2019", seconds(2019, 7))], 6, "%b %Y") == {}
    assert filled_in(months[:2], 6, "%b %Y") == {}


def test_bars_whose_months_have_no_room_are_named_by_those_around_them():
    middles = [90.0 + 30 * n for n in range(9)]
    printed = zip(middles[::3], ["Jan 2019", "Apr 2019", "Jul 2019"], strict=True)
    names = Scale("category", True, 60, 360, tuple(Tick(place, Label(text, NOWHERE, 8)) for place, text in printed))
    told = [tick.text for tick in with_periods(names, middles).ticks]
    assert told == [f"{month} 2019" for month in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep")]
    cities = Scale(
        "category", True, 60, 360, tuple(Tick(place, Label(text, NOWHERE, 8)) for place, text in zip(middles, "ABC", strict=False))
    )
    assert with_periods(cities, middles) == cities


def test_a_name_among_months_stays_what_it_is():
    middles = [90.0 + 50 * n for n in range(5)]
    assert names_below(["Begin", "Jan", "Feb", "Mar", "Apr"], middles, middles) == ["Begin", "Jan", "Feb", "Mar", "Apr"]


def test_stacked_bars_that_touch_are_named_by_their_bins():
    ticks = tuple(Tick(100.0 * n, Label(str(10 * n), NOWHERE, 8), 10.0 * n) for n in range(4))
    scale = Scale("linear", True, 0, 300, ticks, 0.1, 0.0)
    strands = tuple(
        Strand(name, "", tuple(Value(10 * n + 5, 1.0, Extent(100 * n + 1, top, 100 * n + 99, top + 10)) for n in range(3)))
        for name, top in (("a", 0.0), ("b", 10.0))
    )
    part = Part("bar", strands, ())
    namer = namer_of(part, scale, Scene(300, 300))
    assert [namer.name(value) for value in strands[1].values] == ["0 – 10", "10 – 20", "20 – 30"]


def test_a_series_alone_on_its_axis_has_the_name_of_the_axis():
    scales = [Scale("linear", False, 0, BOTTOM, (), -1.0, 100.0, title=title) for title in ("Rain", "Heat")]
    plot = Plot(Extent(0, 0, 100, BOTTOM), Scale("category", True, 0, 100), scales[0], scales[1])
    value = Value("a", 1.0, NOWHERE)
    parts = [Part("bar", (Strand("", "", (value,)),), ()), Part("line", (Strand("", "", (value,), "second"),), ())]
    named = named_by_axes([(plot, part) for part in parts])
    assert [part.strands[0].name for _, part in named] == ["Rain", "Heat"]
    both = Part("line", (Strand("", "", (value,)), Strand("", "", (value,))), ())
    assert named_by_axes([(plot, both)]) == [(plot, both)]
