"""Heat maps on scenes built by hand: cells of 40 x 20 points."""

from __future__ import annotations

import pytest

from docai.backends.classical.charts.legends import Entry, Legend
from docai.backends.classical.charts.ramps import find_ramp
from docai.backends.classical.charts.readers.bars import read_bars
from docai.backends.classical.charts.readers.heatmaps import SURE_PRINTED, outside_cells, read_heatmap
from docai.backends.classical.charts.scales import Plot, Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Rectangle, Scene

NUMBERS = [[10.0, 25.0, 40.0], [55.0, 70.0, 100.0]]


def label(text, x, y):
    return Label(text, Extent(x - 6, y - 4, x + 6, y + 4), 8.0)


def shade(value):
    """A ramp from blue (0) over white (50) to red (100)."""
    light = round(255 * (1 - abs(value - 50) / 50))
    return f"#{light:02x}{light:02x}ff" if value < 50 else f"#ff{light:02x}{light:02x}"


def cells():
    return tuple(
        Rectangle(Extent(40.0 * c, 20.0 * r, 40.0 * c + 40, 20.0 * r + 20), shade(NUMBERS[r][c]))
        for r in range(2)
        for c in range(3)
    )


def plot(down=None):
    columns = tuple(Tick(40.0 * c + 20, label(name, 40.0 * c + 20, 50.0)) for c, name in enumerate("ABC"))
    rows = tuple(Tick(20.0 * r + 10, label(name, -10.0, 20.0 * r + 10)) for r, name in enumerate("pq"))
    across, side = Scale("category", True, 0.0, 120.0, columns), Scale("category", False, 0.0, 40.0, rows)
    return Plot(Extent(0.0, 0.0, 120.0, 40.0), across, down or side)


def ramp():
    """A bar of colours to the right, 100 at its top, with three labels."""
    steps = tuple(Rectangle(Extent(140.0, 1.0 * n, 150.0, n + 1.0), shade(100 - 2.0 * n - 1)) for n in range(50))
    return steps, tuple(label(str(value), 160.0, 50 - value / 2) for value in (0, 50, 100))


def read(rectangles, labels=(), legend=None, where=None):
    scene = Scene(200.0, 60.0, labels=labels, rectangles=rectangles)
    bar = find_ramp(scene)
    bare = scene if bar is None else scene.without(bar.marks, bar.used)
    return read_heatmap(bare, where or plot(), legend or Legend(ramp=bar))


def test_numbers_printed_in_cells_are_its_values():
    labels = tuple(label(str(NUMBERS[r][c]), 40.0 * c + 20, 20.0 * r + 10) for r in range(2) for c in range(3))
    part = read(cells(), labels)
    assert [(strand.name, [(v.x, v.y) for v in strand.values]) for strand in part.strands] == [
        (name, list(zip("ABC", row, strict=True))) for name, row in zip("pq", NUMBERS, strict=True)
    ]
    assert part.strands[0].values[1].printed is labels[1]


def test_a_bar_of_colours_tells_the_values_of_cells():
    steps, labels = ramp()
    part = read((*cells(), *steps), labels)
    assert [value.y for strand in part.strands for value in strand.values] == pytest.approx(
        [v for row in NUMBERS for v in row], abs=1.0
    )
    assert 1.0 <= part.strands[0].values[0].error < 3.0  # half a step, and labels without ticks
    assert len(part.marks) == 6


def test_a_colour_that_is_not_on_the_ramp_tells_no_value():
    steps, labels = ramp()
    odd = (Rectangle(cells()[0].extent, "#00aa00"), *cells()[1:])
    part = read((*odd, *steps), labels)
    assert [value.x for value in part.strands[0].values] == ["B", "C"]


def test_a_legend_with_a_number_for_each_colour_tells_values():
    entries = tuple(
        Entry(str(value), Rectangle(Extent(0.0, 0.0, 1.0, 1.0), shade(value)), label(str(value), 0, 0)) for value in (0, 50, 100)
    )
    part = read(cells(), legend=Legend(entries))
    assert [value.y for value in part.strands[1].values] == pytest.approx([55, 70, 100], abs=0.5)


def test_numbers_that_are_not_what_colours_tell_are_the_values():
    steps, labels = ramp()
    shares = tuple(label(str(n + 1), 40.0 * (n % 3) + 20, 20.0 * (n // 3) + 10) for n in range(6))
    part = read((*cells(), *steps), (*labels, *shares))
    assert [value.y for strand in part.strands for value in strand.values] == [1, 2, 3, 4, 5, 6]


def test_numbers_in_cells_may_be_short_for_thousands():
    labels = tuple(label(f"{n + 1}.5K", 40.0 * (n % 3) + 20, 20.0 * (n // 3) + 10) for n in range(6))
    assert [value.y for value in read(cells(), labels).strands[0].values] == [1500, 2500, 3500]


def test_numbers_in_cells_are_no_names_of_the_cells_beside_them():
    labels = (label("7", 20.0, 10.0), label("p", -10.0, 10.0))
    assert outside_cells(Scene(200.0, 60.0, labels=labels, rectangles=cells())) == [labels[1]]


def test_a_column_with_its_own_date_is_named_as_it_is_printed():
    days = tuple(Tick(40.0 * c + 20, label(name, 40.0 * c + 20, 50.0), 2.6e6 * c) for c, name in enumerate(("Jan", "Feb", "Mar")))
    dated = Scale("date", True, 0.0, 120.0, days, 65000.0, -1.3e6)
    labels = tuple(label(str(NUMBERS[r][c]), 40.0 * c + 20, 20.0 * r + 10) for r in range(2) for c in range(3))
    part = read(cells(), labels, where=Plot(plot().extent, dated, plot().down))
    assert [value.x for value in part.strands[0].values] == ["Jan", "Feb", "Mar"]


def test_without_anything_that_tells_values_neither_cells_nor_bars_are_read():
    scene = Scene(200.0, 60.0, rectangles=cells())
    assert read_heatmap(scene, plot(), Legend()) is None
    linear = Plot(Extent(0.0, 0.0, 120.0, 40.0), plot().across, Scale("linear", False, 0.0, 40.0, (), -1.0, 40.0))
    assert read_bars(scene, linear, Legend()) is None


def test_bars_side_by_side_are_no_heat_map():
    bars = tuple(Rectangle(Extent(40.0 * c, 10.0 * c, 40.0 * c + 30, 40.0), "#0000cc") for c in range(3))
    assert read(bars) is None


@pytest.mark.parametrize(
    ("texts", "first"),
    [(("1.640", "3.370", "750"), 1640.0), (("342.000", "98.000", "591.000"), 342000.0), (("1.64", "2.5", "3"), 1.64)],
)
def test_signs_before_three_figures_part_thousands_where_nothing_else_is_told(texts, first):
    labels = tuple(label(text, 40.0 * (n % 3) + 20, 20.0 * (n // 3) + 10) for n, text in enumerate(texts * 2))
    assert read(cells(), labels).strands[0].values[0].y == first


def test_a_number_that_says_what_its_cell_shows_makes_it_as_sure_as_the_surer_of_both():
    steps, marks = ramp()
    labels = tuple(label(str(NUMBERS[r][c]), 40.0 * c + 20, 20.0 * r + 10) for r in range(2) for c in range(3))
    by_colour = [value.sure for strand in read((*cells(), *steps), marks).strands for value in strand.values]
    by_both = [value.sure for strand in read((*cells(), *steps), (*marks, *labels)).strands for value in strand.values]
    assert max(by_colour) < SURE_PRINTED
    assert by_both == pytest.approx([SURE_PRINTED] * 6)
