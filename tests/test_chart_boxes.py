"""Box plots on scenes built by hand: a value is 20 less a tenth of its place, so that zero lies 200 points from the top."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docai.backends.classical.charts.legends import Entry, Legend
from docai.backends.classical.charts.readers.boxes import _are_piled, _Box, read_boxes
from docai.backends.classical.charts.scales import Plot, Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Polygon, Rectangle, Scene, Stroke, Symbol

RED, BLUE, BLACK = "#cc0000", "#0000cc", "#000000"
NAMES = ["minimum", "lower quartile", "median", "upper quartile", "maximum"]
FIRST, SECOND = (1.0, 4.0, 5.0, 8.0, 12.0), (2.0, 5.0, 7.0, 9.0, 10.0)


def label(text):
    return Label(text, Extent(0.0, 0.0, 10.0, 8.0), 8.0)


def place(value):
    return 200.0 - 10.0 * value


def box(column, numbers, *, shift=0.0, fill=BLUE, capped=True, notched=False):
    """A rectangle (or a notched outline), and the strokes of its median, whiskers and caps."""
    low, lower, middle, upper, high = (place(value) for value in numbers)
    x = 25.0 + 50.0 * column + shift
    extent = Extent(x - 10, upper, x + 10, lower)
    shape = Rectangle(extent, fill, BLACK, 1.0)
    if notched:
        sides = ((x - 10, lower), (x + 10, lower), (x + 10, middle + 5), (x + 5, middle), (x + 10, middle - 5))
        shape = Polygon(
            (*sides, (x + 10, upper), (x - 10, upper), (x - 10, middle - 5), (x - 5, middle), (x - 10, middle + 5)), fill
        )
    half = 5 if notched else 10
    lines = [((x - half, middle), (x + half, middle)), ((x, lower), (x, low)), ((x, upper), (x, high))]
    lines += [((x - 5, end), (x + 5, end)) for end in (low, high)] if capped else []
    return shape, tuple(Stroke(line, BLACK) for line in lines)


def plot(*, sideways=False):
    names = tuple(Tick(25.0 + 50.0 * n, label(name)) for n, name in enumerate("AB"))
    categories = Scale("category", not sideways, 0.0, 100.0, names)
    slope, intercept = (0.1, -5.0) if sideways else (-0.1, 20.0)
    values = Scale("linear", sideways, 0.0, 250.0, (), slope, intercept)
    return (
        Plot(Extent(0.0, 0.0, 250.0, 100.0), values, categories)
        if sideways
        else Plot(Extent(0.0, 0.0, 100.0, 250.0), categories, values)
    )


def read(*boxes, legend=None, **scene):
    shapes = [shape for shape, _ in boxes]
    return read_boxes(
        Scene(
            100.0,
            250.0,
            rectangles=tuple(shape for shape in shapes if isinstance(shape, Rectangle)),
            polygons=tuple(shape for shape in shapes if isinstance(shape, Polygon)),
            strokes=(*(stroke for _, strokes in boxes for stroke in strokes), *scene.pop("strokes", ())),
            **scene,
        ),
        plot(),
        legend or Legend(),
    )


def dot(x, value):
    y = place(value)
    return Symbol((x, y), Extent(x - 2, y - 2, x + 2, y + 2), "disc", "", BLACK)


@pytest.mark.parametrize("capped", [True, False])
@pytest.mark.parametrize("notched", [True, False])
def test_a_box_tells_its_five_numbers(capped, notched):
    boxes = [box(n, numbers, capped=capped, notched=notched) for n, numbers in enumerate((FIRST, SECOND))]
    part = read(*boxes)
    assert [strand.name for strand in part.strands] == NAMES
    for column, numbers in enumerate((FIRST, SECOND)):
        assert [strand.values[column].y for strand in part.strands] == pytest.approx(list(numbers))
    assert [value.x for value in part.strands[0].values] == ["A", "B"]
    assert len(part.marks) == sum(1 + len(strokes) for _, strokes in boxes)


def test_symbols_beyond_the_whiskers_are_outliers_and_one_inside_the_box_is_none():
    part = read(box(0, FIRST), box(1, SECOND), symbols=(dot(25.0, 15.0), dot(25.0, -2.0), dot(75.0, 6.0)))
    assert part.strands[-1].name == "outlier"
    assert [(value.x, value.y) for value in part.strands[-1].values] == [("A", pytest.approx(15)), ("A", pytest.approx(-2))]
    assert sum(isinstance(mark, Symbol) for mark in part.marks) == 3


def test_groups_stand_before_the_names_of_the_series():
    swatch = Extent(0.0, 0.0, 1.0, 1.0)
    legend = Legend(tuple(Entry(name, Rectangle(swatch, colour), label(name)) for name, colour in (("old", RED), ("new", BLUE))))
    boxes = [box(n, num, shift=s, fill=f) for n in (0, 1) for num, s, f in ((FIRST, -12, BLUE), (SECOND, 12, RED))]
    part = read(*boxes, legend=legend)
    assert [strand.name for strand in part.strands] == [f"{group} {name}" for group in ("old", "new") for name in NAMES]
    assert [value.y for value in part.strands[2].values] == pytest.approx([7.0, 7.0])


def test_boxes_that_lie_on_their_side_are_read_to_the_right():
    def turned(extent):
        return Extent(extent.top, extent.left, extent.bottom, extent.right)

    shape, strokes = box(0, FIRST)
    other, more = box(1, SECOND)
    part = read_boxes(
        Scene(
            250.0,
            100.0,
            rectangles=tuple(Rectangle(turned(mark.extent), BLUE) for mark in (shape, other)),
            strokes=tuple(Stroke(tuple(p[::-1] for p in mark.places), BLACK) for mark in (*strokes, *more)),
        ),
        plot(sideways=True),
        Legend(),
    )
    assert part.orientation == "horizontal"
    assert [strand.values[0].y for strand in part.strands] == pytest.approx([15.0 - value for value in FIRST[::-1]])


def test_grid_lines_through_boxes_are_no_whiskers():
    lines = tuple(Stroke(((x, 0.0), (x, 250.0)), "#dddddd") for x in (25.0, 75.0))
    part = read(box(0, FIRST), box(1, SECOND), strokes=lines)
    assert [value.y for value in part.strands[0].values] == pytest.approx([1.0, 2.0])


def test_bars_with_error_bars_are_no_boxes():
    bars = [(Rectangle(Extent(15 + 50.0 * n, place(h), 35 + 50.0 * n, 200.0), BLUE), h) for n, h in enumerate((6.0, 8.0))]
    errors = []
    for n, (mark, high) in enumerate(bars):
        x, ends = 25.0 + 50 * n, (place(high - 1), place(high + 1))
        errors += [Stroke(((x, ends[0]), (x, ends[1])), BLACK), *(Stroke(((x - 8, end), (x + 8, end)), BLACK) for end in ends)]
        assert mark.extent.height == pytest.approx(10 * high)
    assert read(*((mark, ()) for mark, _ in bars), strokes=tuple(errors)) is None


def test_plain_bars_are_no_boxes():
    assert read(*((Rectangle(Extent(15.0 + 50 * n, 100.0 + n, 35.0 + 50 * n, 200.0), BLUE), ()) for n in (0, 1))) is None


def test_ticks_outside_the_plot_are_no_whiskers():
    cut = box(0, (-5.6, -5.0, -1.0, 3.0, 3.0), capped=False), box(1, (-4.0, -4.0, 0.0, 2.0, 2.0), capped=False)
    assert read(*cut) is None


def test_pieces_of_stacked_bars_before_a_grid_line_are_no_boxes():
    box = _Box(10.0, 20.0, 50.0, 80.0, 60.0, 40.0, 90.0, 2, "#336699", ())
    on_it, apart = replace(box, first=20.0, last=50.0), replace(box, begin=40.0, end=50.0)
    assert _are_piled([box, on_it], 0.5)
    assert not _are_piled([box, apart], 0.5)
