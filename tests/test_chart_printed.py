"""Values printed beside their marks: which label belongs to which mark, and what it is worth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.printed import on_bars, with_printed
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Label, Rectangle, Scene

EM = 8.0


def label(text, across, down, confidence=1.0):
    width = 0.55 * EM * len(text)
    extent = Extent(across - width / 2, down - EM / 2, across + width / 2, down + EM / 2)
    return Label(text, extent, EM, confidence=confidence)


def bars(values, *, scale=True, basis="bar", error=None):
    """Bars 20 wide, 40 apart, on a line at 200 down, a unit of value for each unit of height."""
    found = tuple(
        Value(
            f"bar {n}",
            float(value) if scale else None,
            Extent(40.0 * n + 10, 200.0 - value, 40.0 * n + 30, 200.0),
            error,
            200.0 - value,
        )
        for n, value in enumerate(values)
    )
    return Part(basis, (Strand("", "#4c78a8", found),), ())


def plot(values, *, scale=True):
    width = 40.0 * len(values)
    down = Scale("linear", horizontal=False, start=0.0, end=200.0, slope=-1.0, intercept=200.0) if scale else None
    return Plot(Extent(0.0, 0.0, width, 200.0), Scale("category", horizontal=True, start=0.0, end=width), down)


def above(values, texts=None):
    return [
        label(texts[n] if texts else f"{value:g}", 40.0 * n + 20, 200.0 - value - 0.8 * EM)
        for n, value in enumerate(values)
        if texts is None or texts[n]
    ]


def read(part, labels, *, scale=True):
    count = sum(len(strand.values) for strand in part.strands)
    scene = Scene(400.0, 220.0, tuple(labels))
    return with_printed(part, plot(range(count), scale=scale), scene, labels).strands[0].values


DRAWN = [50.3, 81.2, 120.4, 33.9]


def test_labels_above_bars_are_their_values():
    values = read(bars([50.28, 81.24, 120.41, 33.87]), above(DRAWN))
    assert [value.y for value in values] == DRAWN
    assert all(value.printed is not None and value.sure == 1.0 for value in values)


def test_labels_inside_bars_are_their_values():
    labels = [label(f"{value:g}", 40.0 * n + 20, 200.0 - value / 2) for n, value in enumerate(DRAWN)]
    assert [value.y for value in read(bars(DRAWN), labels)] == DRAWN


def test_a_drawn_value_stays_where_the_printed_one_is_rounded_coarsely():
    values = read(bars([2.6, 81.4, 120.4]), above([3, 81, 120]))
    assert [value.y for value in values] == [2.6, 81.4, 120]  # 81 may be 0.6 % off, 120 half of that
    assert [value.printed is None for value in values] == [True, True, False]


def test_printed_values_of_pictures_are_finer_than_their_pixels():
    values = read(bars([2.4, 81.4, 120.4], error=1.5), above([3, 81, 120]))
    assert [value.y for value in values] == [3, 81, 120]


def test_labels_that_disagree_with_their_marks_are_told_and_doubted():
    part = bars([50, 80, 120, 30])
    labels = above([50, 80, 120, 30], ["50", "80", "12", "30"])
    found = with_printed(part, plot(range(4)), Scene(400.0, 220.0, tuple(labels)), labels)
    assert [value.y for value in found.strands[0].values] == [50, 80, 120, 30]
    assert found.strands[0].values[2].sure <= 0.4
    assert [code for code, _ in found.faults] == ["chart_label_contradicts"]
    assert "12" in found.faults[0][1]


def test_labels_that_are_other_quantities_leave_the_values_as_drawn():
    values = read(bars([50, 80, 120, 30]), above([50, 80, 120, 30], ["3", "9", "1", "7"]))
    assert [value.y for value in values] == [50, 80, 120, 30]
    assert all(value.printed is None for value in values)


def test_an_axis_in_thousands_and_labels_in_full_agree():
    values = read(bars([50, 80, 120]), above([50, 80, 120], ["50,123", "80,456", "119,987"]))
    assert [value.y for value in values] == pytest.approx([50.123, 80.456, 119.987])


def test_losses_printed_without_their_sign_stay_losses():
    part = bars([50, 80])
    loss = replace(part.strands[0].values[0], y=-50.0)
    part = replace(part, strands=(replace(part.strands[0], values=(loss, part.strands[0].values[1])),))
    assert [value.y for value in read(part, above([50.0, 80.0], ["50.0", "80.0"]))] == [-50, 80]


def test_without_a_value_axis_labels_calibrate_the_marks_without_one():
    values = read(bars([50, 80, 120, 30], scale=False), above([50, 80, 120, 30], ["100", "160", "", "60"]), scale=False)
    assert [value.y for value in values] == pytest.approx([100, 160, 240, 60])
    assert [value.printed is None for value in values] == [False, False, True, False]
    assert values[2].sure < values[0].sure


def test_without_a_value_axis_and_out_of_proportion_only_what_is_printed_is_told():
    values = read(bars([50, 80, 120, 30], scale=False), above([50, 80, 120, 30], ["3", "900", "", "41"]), scale=False)
    assert [value.y for value in values] == [3, 900, None, 41]


def test_a_label_belongs_to_one_mark_only():
    values = read(bars([50, 50.2], error=1.0), [label("50", 20, 200 - 50 - 0.8 * EM)])
    assert [value.printed is not None for value in values] == [True, False]


def pie(*shares):
    found = []
    start = 0.0
    for n, share in enumerate(shares):
        found.append(Value(f"part {n}", share, Extent(50.0 * n, 0.0, 50.0 * n + 40, 40.0)))
        start += share
    return Part("pie", (Strand("", "", tuple(found)),), ())


def test_amounts_printed_in_the_sectors_of_a_pie_are_its_values():
    labels = [label(text, 50.0 * n + 20, 20.0) for n, text in enumerate(("412", "206", "206"))]
    found = with_printed(pie(50.0, 25.0, 25.0), None, Scene(200.0, 100.0, tuple(labels)), labels)
    assert [value.y for value in found.strands[0].values] == [412, 206, 206]


def test_numbers_out_of_proportion_to_the_sectors_of_a_pie_are_not_its_values():
    labels = [label(text, 50.0 * n + 20, 20.0) for n, text in enumerate(("12", "206", "406"))]
    found = with_printed(pie(50.0, 25.0, 25.0), None, Scene(200.0, 100.0, tuple(labels)), labels)
    assert [value.y for value in found.strands[0].values] == [50, 25, 25]


def test_a_value_read_from_a_picture_is_as_sure_as_its_label_where_its_mark_is_a_little_off():
    labels = [label(f"{value:g}", 40.0 * n + 20, 200.0 - value - 0.8 * EM, confidence=0.7) for n, value in enumerate(DRAWN)]
    assert {value.sure for value in read(bars([value + 3 for value in DRAWN], error=0.5), labels)} == {0.7}


def test_a_label_that_says_what_its_mark_measures_is_sure_however_hard_it_was_to_read():
    labels = [label(f"{value:g}", 40.0 * n + 20, 200.0 - value - 0.8 * EM, confidence=0.7) for n, value in enumerate(DRAWN)]
    assert all(value.sure >= 0.98 for value in read(bars([value + 0.3 for value in DRAWN], error=0.5), labels))


def test_bars_drawn_as_high_as_their_rounded_labels_say_have_the_printed_values():
    values = read(bars([7.01, 23.02, 3.99, 10.0], error=0.02), above([7, 23, 4, 10]))
    assert [value.y for value in values] == [7, 23, 4, 10]
    assert all(value.printed is not None for value in values)


def test_bars_drawn_before_rounding_keep_their_finer_values():
    values = read(bars([7.31, 22.74, 4.22, 9.81], error=0.02), above([7, 23, 4, 10]))
    assert [value.y for value in values] == [7.31, 22.74, 4.22, 9.81]


def test_a_label_whose_full_stop_was_lost_is_read_as_its_mark_and_the_other_labels_say():
    labels = above([50.5, 80.2, 120.4, 33.9], ["50.5", "80.2", "1204", "33.9"])
    values = read(bars([50.4, 80.3, 120.5, 33.8], error=0.5), labels)
    assert [value.y for value in values] == pytest.approx([50.5, 80.2, 120.4, 33.9])


def test_figures_with_what_multiplies_them_are_values():
    values = read(bars(DRAWN, scale=False), above(DRAWN, ["50.3K", "81.2K", "120.4K", "33.9K"]), scale=False)
    assert [value.y for value in values] == pytest.approx([50300.0, 81200.0, 120400.0, 33900.0])


def test_numbers_on_bars_are_told_from_those_beside_them():
    bar, panel = Extent(10, 20, 60, 120), Extent(0, 0, 400, 200)
    inside, outside = label("52", 35, 60), label("60", 35, 10)
    marks = (Rectangle(panel, "#eeeeee"), Rectangle(bar, "#4c78a8"))
    assert on_bars(Scene(400.0, 220.0, (inside, outside), marks)) == [inside]
    assert on_bars(Scene(400.0, 220.0, (inside, outside), marks, blur=0.5)) == []


def test_values_of_a_picture_are_those_printed_as_long_as_its_pixels_tell_nothing_else():
    values = read(bars([6.98, 8.175, 8.36, 8.573, 8.97], error=0.015), above([7, 8.2, 8.4, 8.6, 9]))
    assert [value.y for value in values] == [7, 8.2, 8.4, 8.6, 9]
    assert all(value.printed is not None for value in values)


def test_values_of_a_picture_stay_as_measured_where_rounding_shows_in_its_pixels():
    drawn = [8.34, 16.67, 33.34, 22.8, 12.45]
    values = read(bars(drawn, error=0.08), above([8, 17, 33, 23, 12]))
    assert [value.y for value in values] == drawn


def test_a_loss_printed_with_its_minus_and_without_its_last_zero_is_the_value():
    part = bars([-8.817, 1.24, 2.73, 3.8], error=0.015)
    strand = part.strands[0]
    loss = replace(strand.values[0], extent=Extent(10.0, 200.0, 30.0, 208.8))
    part = replace(part, strands=(replace(strand, values=(loss, *strand.values[1:])),))
    labels = [label("-8.8", 20, 215.2), *above([0, 1.23, 2.72, 3.81])[1:]]
    assert [value.y for value in read(part, labels)] == [-8.8, 1.23, 2.72, 3.81]


def test_labels_well_above_the_points_of_a_line_are_their_values():
    heights = [7.8, 8.2, 8.1, 7.7]
    values = tuple(
        Value(f"{n}", y + 0.004, Extent(60 * n + 26, 200 - 20 * y - 4, 60 * n + 34, 200 - 20 * y + 4), 0.01)
        for n, y in enumerate(heights)
    )
    part = Part("line", (Strand("", "#1f77b4", values),), ())
    labels = [label(f"{y}", 60 * n + 30, 200 - 20 * y - 25) for n, y in enumerate(heights)]
    scene = Scene(400.0, 220.0, tuple(labels), blur=0.5)
    found = with_printed(part, plot(range(4)), scene, labels)
    assert [value.y for value in found.strands[0].values] == heights
