"""What office programs do in charts: legends with symbols on lines, names between ticks, slanted labels, rounded places."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from docai.backends.classical.charts.axes.categories import _parted, _unevenness, _whole
from docai.backends.classical.charts.axes.ticks import Line, anchor, put_midway
from docai.backends.classical.charts.legend_finding import find_legend
from docai.backends.classical.charts.scene import Extent, Label, Rectangle, Scene, Stroke, Symbol
from docai.backends.classical.charts.vector.outlines import Edge, Outline, sector_of
from docai.box import Box
from docai.sources import Font, SourceWord


def label(text, left, top, size=6.0, width=None, turn=0.0):
    width = 0.5 * size * len(text) if width is None else width
    return Label(text, Extent(left, top, left + width, top + 0.8 * size), size, turn=turn)


def square(left, top, side, colour, order=0):
    return Rectangle(Extent(left, top, left + side, top + side), colour, colour, 0.5, order=order)


def legend_of(scene):
    return {entry.name: entry.colour for entry in find_legend(scene, scene.labels).entries}


def test_a_legend_shows_a_bar_and_a_line_with_a_square_on_it():
    bar = Rectangle(Extent(243.5, 75.9, 259.8, 79.7), "#1b3a57")
    line = Stroke(((243.5, 87.4), (259.8, 87.4)), "#2e6f95", 1.5, order=1)
    labels = (label("Women", 261.9, 75.1), label("Men", 261.9, 84.7))
    scene = Scene(320, 165, labels, rectangles=(bar, square(249.7, 85.5, 3.9, "#2e6f95", 2)), strokes=(line,))
    assert legend_of(scene) == {"Women": "#1b3a57", "Men": "#2e6f95"}


def test_a_swatch_stands_beside_the_first_line_of_a_name():
    labels = (label("Net income", 20, 10), Label("Grants to all organisations", Extent(20, 22, 80, 33.8), 6.0))
    swatches = (square(13, 10.2, 4.2, "#003f5c"), square(13, 22.2, 4.2, "#bc5090"))
    assert legend_of(Scene(200, 100, labels, rectangles=swatches)) == {labels[0].text: "#003f5c", labels[1].text: "#bc5090"}


def test_points_under_a_legend_are_no_swatches():
    def dot(across, down, colour, order):
        return Symbol((across, down), Extent(across - 2, down - 2, across + 2, down + 2), "disc", colour, order=order)

    labels = (label("Coast", 110, 40), label("Inland", 110, 50))
    own = (dot(105, 42.4, "#1f77b4", 8), dot(105, 52.4, "#ff7f0e", 9))
    beneath = (dot(107.5, 54.2, "#1f77b4", 1), dot(106.5, 40.8, "#ff7f0e", 2))
    assert legend_of(Scene(200, 100, labels, symbols=(*beneath, *own))) == {"Coast": "#1f77b4", "Inland": "#ff7f0e"}


def worded(text, left, width):
    """Return a label whose words have a place each."""
    parts = text.split()
    step = 1 / len(parts)
    font = Font("Sans")
    words = tuple(SourceWord(part, Box(n * step, 0.0, (n + 0.8) * step, 1.0), 6.0, font, 1.0) for n, part in enumerate(parts))
    return replace(label(text, left, 90, width=width), words=words)


def test_two_words_over_a_group_of_bars_are_one_name():
    names = [worded("Oxygen", 45, 30), worded("Linear model", 130, 60), worded("Harbour", 245, 30)]
    assert _parted(names, [], [50, 70, 148, 172, 250, 270]) == names


def test_words_of_one_label_at_bars_of_their_own_are_parted():
    row = [worded("Jan Feb", 50, 110), worded("Mar", 240, 20)]
    assert [one.text for one in _parted(row, [], [75, 135, 250])] == ["Jan", "Feb", "Mar"]


def test_a_name_goes_on_in_a_wide_line_below_but_not_in_the_title_of_the_axis():
    row = [label(text, left, 90, width=20) for text, left in (("North", 40), ("Upper", 90), ("West", 140))]
    below = [label("coast", 140, 90 + 1.42 * 6, width=20), label("Area", 90, 90 + 2.4 * 6, width=20)]
    assert [name.text for name in _whole(row, [*row, *below], [], horizontal=True)] == ["North", "Upper", "West coast"]
    title = [label("Area", 90, 90 + 1.42 * 6, width=20)]
    assert [name.text for name in _whole(row, [*row, *title], [], horizontal=True)] == ["North", "Upper", "West"]


def test_labels_between_marks_point_to_the_very_middle():
    marks = [Line(place, 0.0, 3.0, 0.5) for place in (10.0, 20.0, 30.0)]
    moved = put_midway([label("1", 13.7, 5, width=2), label("2", 25.5, 5, width=2)], marks)
    assert [anchor(one, horizontal=True) for one in moved] == pytest.approx([15.0, 25.0])


def test_a_sector_with_a_sliver_of_an_arc_at_its_end_is_one():
    def at(degrees):
        return 50 + 40 * math.sin(math.radians(degrees)), 50 - 40 * math.cos(math.radians(degrees))

    def arc(first, last):
        reach = 4 / 3 * math.tan(math.radians(last - first) / 4) * 40
        one, two = (math.radians(angle) for angle in (first, last))
        (ax, ay), (bx, by) = at(first), at(last)
        controls = (
            (ax + reach * math.cos(one), ay + reach * math.sin(one)),
            (bx - reach * math.cos(two), by - reach * math.sin(two)),
        )
        return Edge((ax, ay), (bx, by), controls)

    x, y = at(36)
    sliver = Edge((x, y), (x - 0.03, y + 0.03), ((x, y), (x - 0.03, y + 0.03)))  # heads elsewhere by rounding
    edges = (
        sliver,
        Edge((x - 0.03, y + 0.03), arc(36, 80).end, arc(36, 80).controls),
        Edge(at(80), (50, 50)),
        Edge((50, 50), (x, y)),
    )
    found = sector_of(Outline(edges, closed=True))
    assert found is not None
    assert found.sweep == pytest.approx(44, abs=0.3)


def test_labels_that_lie_over_each_other_have_no_even_steps():
    def row(*places):
        return [Label("a", Extent(place, 0.0, place + 5.0, 8.0), 8.0) for place in places]

    assert _unevenness(row(0.0, 0.0, 0.0)) == math.inf
    assert _unevenness(row(0.0)) == math.inf
    assert _unevenness(row(0.0, 20.0, 40.0)) == pytest.approx(0.0)
