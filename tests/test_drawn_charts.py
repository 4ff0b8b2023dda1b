"""Drawn charts: the same for the same seed, and what is drawn is as large as the truth says."""

from __future__ import annotations

import datetime
from functools import cache
from itertools import pairwise
from random import Random

import numpy as np
import pymupdf
import pytest

from docai.document import Chart
from docai.errors import MissingDependency
from docai.tasks.chart import score
from fine_tune.synth.charts import HELD_OUT, KINDS, PRODUCERS, draw_chart, kinds_of
from fine_tune.synth.charts.latex import listed, tex
from fine_tune.synth.charts.plan import Numbers, make_plan

QUICK = ("matplotlib", "vega", "reportlab")  # libraries; the others start a program for each chart
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in PRODUCERS if name not in QUICK]
EXACT = [*QUICK, pytest.param("pgfplots", marks=pytest.mark.slow)]  # marks are told by their colours
SEEDS = range(4)


@cache
def drawn(seed, producer, kind):
    try:
        return draw_chart(seed, producer, kind)
    except MissingDependency as missing:
        pytest.skip(str(missing))


def kinds(producer):
    try:
        return kinds_of(producer)
    except MissingDependency:
        return ()


def colour_of(path):
    return "#" + "".join(f"{round(255 * part):02x}" for part in path["fill"] or ()) if path["fill"] else ""


def filled(page, colour):
    """Return the rectangles that are filled with a colour, and those round what else is, in their paths' order."""
    found = []
    for path in page.get_drawings():
        if colour_of(path) == colour:
            rectangles = [item[1] for item in path["items"] if item[0] == "re"]  # all bars of a series may be one path
            found += rectangles if len(rectangles) == len(path["items"]) else [path["rect"]]
    return found


def letters(page):
    return "".join(page.get_text().split())


@pytest.mark.parametrize("producer", [*QUICK, *SLOW])
def test_a_seed_always_gives_the_same_chart(producer):
    again = draw_chart(2, producer, "bar") if drawn(2, producer, "bar") else None
    assert again.chart == drawn(2, producer, "bar").chart
    assert pictured(again.pdf) == pictured(drawn(2, producer, "bar").pdf)
    assert drawn(4, producer, "bar").chart != again.chart


def pictured(pdf):
    with pymupdf.open(stream=pdf, filetype="pdf") as file:
        return file[0].get_pixmap(dpi=50).samples


@pytest.mark.parametrize(("producer", "kind"), [(producer, kind) for producer in QUICK for kind in kinds(producer)])
def test_each_kind_can_be_drawn_on_one_page_with_its_words(producer, kind):
    chart = drawn(1, producer, kind)
    with pymupdf.open(stream=chart.pdf, filetype="pdf") as file:
        assert len(file) == 1
        found = letters(file[0])
    names = {series.name for series in chart.chart.series} if chart.chart.chart_type not in ("box", "heatmap") else set()
    words = (
        {str(point.x) for series in chart.chart.series for point in series.points}
        if chart.chart.x_axis.scale == "category"
        else set()
    )
    missing = [word for word in (*words, *names, *chart.chart.title.split()) if "".join(word.split()) not in found]
    assert missing == []


@pytest.mark.parametrize("producer", SLOW)
def test_programs_draw_the_kinds_that_they_name(producer):
    for kind in sorted({"bar_grouped", "line_many", "pie"} & set(kinds_of(producer))):
        chart = drawn(0, producer, kind)
        with pymupdf.open(stream=chart.pdf, filetype="pdf") as file:
            assert len(file) == 1
            assert len(file[0].get_drawings()) > 5


@pytest.mark.parametrize("producer", EXACT)
@pytest.mark.parametrize("seed", SEEDS)
def test_bars_are_as_high_as_their_values(producer, seed):
    chart = drawn(seed, producer, "bar")
    (series,) = chart.chart.series
    with pymupdf.open(stream=chart.pdf, filetype="pdf") as file:
        found = sorted(filled(file[0], series.colour), key=lambda box: box.x0)
    values = [point.y for point in series.points]
    assert len(found) == len(values)
    heights = [box.height for box in found]
    for height, value in zip(heights, values, strict=True):
        assert height / max(heights) == pytest.approx(value / max(values), abs=0.01)


@pytest.mark.parametrize("producer", EXACT)
@pytest.mark.parametrize("seed", SEEDS)
def test_lying_bars_are_as_long_as_their_values_from_top_to_bottom(producer, seed):
    chart = drawn(seed, producer, "bar_horizontal")
    (series,) = chart.chart.series
    with pymupdf.open(stream=chart.pdf, filetype="pdf") as file:
        found = sorted(filled(file[0], series.colour), key=lambda box: box.y0)
    values = [point.y for point in series.points]
    assert [box.width / max(one.width for one in found) for box in found] == [
        pytest.approx(value / max(values), abs=0.01) for value in values
    ]


@pytest.mark.parametrize("producer", EXACT)
@pytest.mark.parametrize("seed", SEEDS)
def test_parts_of_stacks_are_as_high_as_their_values(producer, seed):
    chart = drawn(seed, producer, "bar_stacked")
    with pymupdf.open(stream=chart.pdf, filetype="pdf") as file:
        found = [[box.height for box in filled(file[0], series.colour)] for series in chart.chart.series]
    largest, values = max(map(max, found)), [[point.y for point in series.points] for series in chart.chart.series]
    for heights, own in zip(found, values, strict=True):
        assert len(heights) in range(len(own), len(own) + 3)  # one or two more in the legend
        for value in own:
            assert min(abs(height / largest - value / max(map(max, values))) for height in heights) < 0.01


@pytest.mark.parametrize("producer", EXACT)
@pytest.mark.parametrize("seed", SEEDS)
def test_lines_bend_where_their_values_are(producer, seed):
    chart = drawn(seed, producer, "line")
    (series,) = chart.chart.series
    with pymupdf.open(stream=chart.pdf, filetype="pdf") as file:
        found = longest_line(file[0], series.colour)
    values = np.array([point.y for point in series.points])
    assert len(found) == len(values)
    slope, base = np.polyfit(values, [point.y for point in found], 1)
    assert slope < 0  # upwards on the page
    assert np.abs(slope * values + base - [point.y for point in found]).max() < 0.01 * abs(slope) * np.ptp(values)
    xs = [float(point.x) for point in series.points]
    assert np.corrcoef(xs, [point.x for point in found])[0, 1] == pytest.approx(1)


def longest_line(page, colour):
    """Return the vertices of the longest path of lines that is drawn in a colour."""
    lines = []
    for path in page.get_drawings():
        stroke = "#" + "".join(f"{round(255 * part):02x}" for part in path["color"] or ())
        if stroke == colour and path["items"] and all(item[0] == "l" for item in path["items"]):
            lines.append([path["items"][0][1], *(item[2] for item in path["items"])])
    return max(lines, key=len)


@pytest.mark.parametrize("kind", KINDS)
def test_a_plan_is_a_chart_that_scores_1_against_itself(kind):
    for seed in range(40):
        plan = make_plan(Random(seed), kind, "en")
        assert score(plan.chart, plan.chart).f1 == pytest.approx(1.0)
        assert Chart.model_validate_json(plan.chart.model_dump_json()) == plan.chart


@pytest.mark.parametrize("seed", range(20))
def test_shares_of_a_hundred_make_a_hundred(seed):
    plan = make_plan(Random(seed), "bar_percent", "ko")
    for points in zip(*(series.points for series in plan.chart.series), strict=True):
        assert sum(point.y for point in points) == pytest.approx(100)


@pytest.mark.parametrize("seed", range(20))
def test_the_numbers_of_a_box_plot_rise(seed):
    rows = {series.name: [point.y for point in series.points] for series in make_plan(Random(seed), "box", "vi").chart.series}
    five = zip(rows["minimum"], rows["lower quartile"], rows["median"], rows["upper quartile"], rows["maximum"], strict=True)
    assert all(list(group) == sorted(group) for group in five)


def test_dates_are_the_first_days_of_months_in_a_row():
    plan = make_plan(Random(1), "line_dates", "en")
    days = [datetime.date.fromisoformat(point.x) for point in plan.chart.series[0].points]
    assert all(day.day == 1 for day in days)
    assert all(27 < (after - before).days < 32 for before, after in pairwise(days))


def test_printed_labels_tell_the_whole_value():
    for seed in range(200):
        plan = make_plan(Random(seed), "bar", "en")
        numbers = plan.numbers
        for point in plan.chart.series[0].points:
            text = numbers.text(point.y).removeprefix(numbers.before).removesuffix(numbers.behind)
            printed = float(text.replace(numbers.thousands, "").replace(numbers.decimal, ".")) if numbers.thousands else float(text)
            assert printed * numbers.divisor == pytest.approx(point.y)


@pytest.mark.parametrize(
    ("numbers", "value", "printed"),
    [
        (Numbers(",", ".", 1), 1234.5, "1,234.5"),
        (Numbers(".", ",", 1), 1234.5, "1.234,5"),
        (Numbers("\u202f", ",", 0), 1234567, "1\u202f234\u202f567"),
        (Numbers(",", ".", 1, minus="−"), -0.5, "−0.5"),
        (Numbers(",", ".", 1, minus="−"), -0.01, "0.0"),
        (Numbers(",", ".", 1, "short", divisor=1e3, behind="K"), 12300, "12.3K"),
        (Numbers(",", ".", 0, "money", before="$", minus="-"), -20, "-$20"),
    ],
)
def test_numbers_are_written_as_their_locale_does(numbers, value, printed):
    assert numbers.text(value) == printed


def test_ticks_have_as_many_decimals_as_their_steps_need():
    numbers = Numbers(",", ".", 3)
    assert [numbers.tick(value, 0.25) for value in (0, 0.25, 1.5)] == ["0.00", "0.25", "1.50"]
    assert numbers.tick(1500, 500) == "1,500"


def test_signs_that_latex_takes_for_commands_are_escaped():
    assert tex("R&D, 5 % of $3_000 {a}") == r"{R\&D, 5 \% of \$3\_000 \{a\}}"
    assert tex("a\\b") == r"{a\textbackslash{}b}"
    assert listed(["A, B", "C"]) == "{{A, B},{C}}"


def test_held_out_producers_are_producers_and_not_all():
    assert set(PRODUCERS) > HELD_OUT


def test_a_program_that_is_missing_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingDependency, match="Rscript"):
        draw_chart(0, "ggplot", "bar")
    with pytest.raises(MissingDependency, match="LibreOffice"):
        draw_chart(0, "libreoffice", "bar")
    with pytest.raises(MissingDependency, match="gnuplot"):
        draw_chart(0, "gnuplot", "bar")
    with pytest.raises(MissingDependency, match="LaTeX"):
        draw_chart(0, "pgfplots", "bar")
