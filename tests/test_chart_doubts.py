"""What speaks against values that were read from a picture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docai.backends.classical.charts.doubts import doubted
from docai.backends.classical.charts.legends import Entry, Legend
from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.scales import Plot, Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Rectangle, Scene, Stroke

BLUE, RED = "#4c78a8", "#e45756"
SCENE = Scene(300.0, 220.0, blur=0.5)


def label(text, across, confidence=1.0):
    return Label(text, Extent(across - 10, 205.0, across + 10, 213.0), 8.0, confidence=confidence)


def plot(confidences=(1.0, 1.0, 1.0), top=0.0):
    ticks = tuple(Tick(40.0 * n + 20, label(f"bar {n}", 40.0 * n + 20, sure)) for n, sure in enumerate(confidences))
    down = Scale("linear", False, top, 200.0, (Tick(200.0, label("0", 0.0), 0.0), Tick(0.0, label("200", 0.0), 200.0)), -1.0, 200.0)
    return Plot(Extent(0.0, top, 120.0, 200.0), Scale("category", True, 0.0, 120.0, ticks), down)


def values(heights, shift=0.0, names=None):
    return tuple(
        Value(
            names[n] if names else f"bar {n}",
            float(high),
            Extent(40.0 * n + 10 + shift, 200.0 - high, 40.0 * n + 30 + shift, 200.0),
            0.5,
            200.0 - high,
        )
        for n, high in enumerate(heights)
    )


def part(*strands, kind="bar", stacking="none"):
    return Part(kind, strands, (), stacking=stacking)


def sure(*parts, where=None, legend=None):
    found = doubted(SCENE, where or plot(), parts, legend or Legend())
    return [[value.sure for value in strand.values] for one in found for strand in one.strands]


def test_bars_that_nothing_speaks_against_stay_sure():
    assert sure(part(Strand("", BLUE, values([100, 150, 120])))) == [pytest.approx([1.0, 1.0, 1.0], abs=1e-3)]


def test_a_value_is_no_surer_than_its_name_was_read():
    found = sure(part(Strand("", BLUE, values([100, 150, 120]))), where=plot((0.99, 0.4, 0.95)))
    assert found == [pytest.approx([1.0, 0.4, 1.0], abs=1e-3)]


def test_a_series_is_no_surer_than_its_name_was_read():
    swatch = Rectangle(Extent(0.0, 0.0, 8.0, 8.0), BLUE)
    legend = Legend((Entry("Wcmen", swatch, label("Wcmen", 20.0, 0.5)),))
    assert sure(part(Strand("Wcmen", BLUE, values([100]))), legend=legend) == [pytest.approx([0.5], abs=1e-3)]


def test_two_series_of_one_name_are_doubted_and_the_pieces_of_a_cut_line_are_not():
    long, beside, behind = values([50, 60, 70]), values([90, 80, 90], 1.0), values([80, 90, 70], 130.0)
    assert max(map(max, sure(part(Strand("Men", BLUE, long), Strand("Men", RED, beside), kind="line")))) < 0.9
    assert min(map(min, sure(part(Strand("Men", BLUE, long), Strand("Men", BLUE, behind), kind="line")))) == 1.0


def test_a_series_without_a_name_is_doubted_where_others_have_one():
    named, nameless = sure(part(Strand("Men", BLUE, values([100, 150])), Strand("", RED, values([90, 80], 5.0))))
    assert min(named) > 0.9 > max(nameless)


def test_bars_in_the_colour_of_a_line_are_doubted():
    bars, line = part(Strand("", BLUE, values([100, 150]))), part(Strand("", BLUE, values([90, 80])), kind="line")
    assert max(map(max, sure(bars, line))) < 0.9
    other = replace(line, strands=(replace(line.strands[0], colour=RED),))
    assert min(map(min, sure(bars, other))) > 0.9


def test_two_values_of_one_name_in_a_series_are_doubted():
    first, *others = sure(part(Strand("", BLUE, values([100, 150, 120], names=["a", "b", "b"]))))[0]
    assert first > 0.9 > max(others)


def test_a_bar_up_to_the_edge_of_its_plot_is_doubted_unless_a_tick_stands_there():
    bars = part(Strand("", BLUE, values([190, 150, 120])))
    assert [one > 0.9 for one in sure(bars, where=plot(top=10.0))[0]] == [False, True, True]
    assert sure(part(Strand("", BLUE, values([200]))))[0][0] > 0.9


def test_a_bar_of_few_pixels_tells_its_value_less_surely():
    short, long = sure(part(Strand("", BLUE, values([6, 150]))))[0]
    assert short < 0.9 < long


def test_areas_that_are_not_piled_up_are_doubted():
    areas = (Strand("A", BLUE, values([100, 150])), Strand("B", RED, values([50, 60])))
    assert max(map(max, sure(part(*areas, kind="area")))) < 0.9 < min(map(min, sure(part(*areas, kind="area", stacking="stacked"))))


def test_names_are_doubted_where_the_legend_leaves_as_many_colours_without_one():
    named = [Strand(name, colour, values([100, 150], 2.0 * n)) for n, (name, colour) in enumerate((("Men", RED), ("Women", BLUE)))]
    nameless = [Strand("", colour, values([90, 80], 6.0 + n)) for n, colour in enumerate(("#54a24b", "#eeca3b"))]
    assert max(map(max, sure(part(*named, *nameless)))) < 0.9
    assert min(min(one) for one in sure(part(*named, nameless[0]))[:2]) > 0.9


def test_few_points_in_the_colour_of_a_line_are_doubted_and_a_cloud_is_not():
    line = part(Strand("", BLUE, values([90, 80, 85, 95, 70, 60])), kind="line")
    few, cloud = (part(Strand("", BLUE, values(highs)), kind="point") for highs in ([90], [90, 20, 50, 60, 30, 80]))
    assert sure(line, few)[1][0] < 0.9
    assert min(sure(line, cloud)[1]) == 1.0


def test_bars_parted_by_outlines_that_hide_their_ends_are_doubted_where_that_matters():
    places = tuple(Tick(40.0 * n, label(f"{100 * n}", 40.0 * n), 100.0 * n) for n in range(4))
    where = replace(plot(), across=Scale("linear", True, 0.0, 120.0, places, 2.5, 0.0))

    def bins(gap):
        return tuple(
            Value(
                100.0 * n + 50, high, Extent(40.0 * n + gap / 2, 200.0 - high, 40.0 * (n + 1) - gap / 2, 200.0), 0.5, 200.0 - high
            )
            for n, high in enumerate((190.0, 60.0, 180.0))
        )

    outlined, touching = (sure(part(Strand("", BLUE, bins(gap))), where=where)[0] for gap in (4.0, 0.0))
    assert outlined[1] < 0.9 < touching[1]
    assert outlined[0] > 0.9


def test_a_line_without_a_name_among_bubbles_is_doubted():
    bubbles = tuple(replace(value, size=0.5) for value in values([90, 80, 85]))
    line = part(Strand("", RED, values([20, 30, 40])), kind="line")
    assert max(sure(part(Strand("", BLUE, bubbles), kind="point"), line)[1]) < 0.9
    assert min(sure(part(Strand("", BLUE, values([90, 80, 85])), kind="point"), line)[1]) == 1.0


def floating(bars):
    return tuple(
        replace(value, low=value.y - 40, high=value.y, extent=value.extent._replace(bottom=240 - value.y)) for value in bars
    )


def test_floating_bars_with_strokes_at_their_ends_are_not_sure():
    bars = part(Strand("", BLUE, floating(values([100, 150, 120]))))
    assert sure(bars) == [pytest.approx([1.0, 1.0, 1.0], abs=1e-3)]
    whisker = Stroke(((20.0, 80.0), (20.0, 170.0)), "#000000")
    grid = Stroke(((20.0, 0.0), (20.0, 200.0)), "#cccccc")
    assert doubted(replace(SCENE, strokes=(grid,)), plot(), [bars], Legend())[0].strands[0].values[0].sure > 0.9
    assert doubted(replace(SCENE, strokes=(whisker,)), plot(), [bars], Legend())[0].strands[0].values[0].sure < 0.7


@pytest.mark.parametrize(
    ("name", "across", "expected"), [("41.3", 60.0, 0.7), ("2019", 60.0, 1.0), ("41.3", 200.0, 1.0), ("A", 60.0, 1.0)]
)
def test_a_series_named_by_a_number_in_the_plot_is_not_sure(name, across, expected):
    here = Label(name, Extent(across - 5, 96.0, across + 5, 104.0), 8.0)
    legend = Legend((Entry(name, Rectangle(Extent(across - 20, 96.0, across - 12, 104.0), BLUE), here),))
    assert sure(part(Strand(name, BLUE, values([100, 150, 120]))), legend=legend)[0] == pytest.approx([expected] * 3, abs=0.01)
