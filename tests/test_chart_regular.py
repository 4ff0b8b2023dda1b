"""Vertices of lines in pictures that have one at each tick."""

from __future__ import annotations

import pytest

from docai.backends.classical.charts.readers.framing import Frame
from docai.backends.classical.charts.readers.joining import Trace
from docai.backends.classical.charts.readers.regular import on_ticks
from docai.backends.classical.charts.readers.vertices import Vertex
from docai.backends.classical.charts.scales import Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Stroke

PLACES = (20.0, 60.0, 100.0, 140.0, 180.0)
NAMES = Scale(
    "category",
    True,
    0.0,
    200.0,
    tuple(Tick(place, Label(str(n), Extent(place, 200.0, place, 210.0), 10.0)) for n, place in enumerate(PLACES)),
)
VALUES = Scale("linear", False, 0.0, 200.0, slope=-1.0, intercept=200.0)
FRAME = Frame(NAMES, VALUES, (0.0, 200.0), (0.0, 200.0), upright=True)


def read(*places, runs=(0,)):
    trace = Trace(places, (Stroke(places, "#2874dc", 3.0),), runs)
    return on_ticks(tuple(Vertex(place) for place in places), trace, FRAME)


def test_bends_that_noise_adds_between_ticks_are_no_values():
    found = read((20.0, 50.0), (60.0, 90.0), (80.0, 70.5), (100.0, 50.0), (121.0, 60.5), (140.0, 70.0), (180.0, 60.0))
    assert [vertex.place[0] for vertex in found] == list(PLACES)
    assert [vertex.place[1] for vertex in found] == pytest.approx([50.0, 90.0, 50.0, 70.0, 60.0])


def test_places_beside_their_ticks_by_as_much_each_are_those_of_the_ticks():
    found = read(*((place + 2.0, 50.0 + 30 * (n % 2)) for n, place in enumerate(PLACES)))
    assert [vertex.place[0] for vertex in found] == list(PLACES)
    assert [vertex.place[1] for vertex in found] == pytest.approx([50.0, 80.0, 50.0, 80.0, 50.0])


def test_the_tip_of_a_peak_is_its_value():
    found = read((20.0, 150.0), (60.0, 150.0), (98.0, 42.0), (100.0, 36.0), (101.0, 30.0), (140.0, 150.0), (180.0, 150.0))
    assert found[2].place == (100.0, 30.0)


def test_a_line_that_bends_between_its_ticks_keeps_its_vertices():
    places = tuple((20.0 + 20 * n, 50.0 + 40 * (n % 2)) for n in range(9))
    assert [vertex.place for vertex in read(*places)] == list(places)


def test_nothing_is_told_in_the_gap_of_a_line():
    found = read((20.0, 50.0), (60.0, 90.0), (140.0, 70.0), (180.0, 60.0), runs=(0, 2))
    assert 100.0 not in [vertex.place[0] for vertex in found]


def test_the_end_of_a_line_that_its_marker_hides_is_told():
    found = read((20.0, 50.0), (60.0, 90.0), (100.0, 50.0), (140.0, 70.0), (175.0, 105.0))
    assert found[-1].place == pytest.approx((180.0, 110.0))


def test_what_a_low_line_does_between_ticks_is_no_noise():
    low = tuple((20.0 + 10 * n, 50.0 + 1.6 * (n % 2) + 2.0 * (n // 4 % 2)) for n in range(17))
    assert read(*low) == tuple(Vertex(place) for place in low)


def test_the_tips_of_thick_lines_that_are_seen_as_two_bends_each_are_values():
    years = tuple(Tick(tick.place, tick.label, 2003.0 + n) for n, tick in enumerate(NAMES.ticks))
    dates = Frame(Scale("linear", True, 0.0, 200.0, years, 0.025, 2002.5), VALUES, (0.0, 200.0), (0.0, 200.0), upright=True)
    places = ((23.0, 53.0), (56.2, 87.0), (63.7, 87.0), (96.1, 53.0), (103.8, 53.0), (136.2, 87.0), (143.8, 87.0), (177.0, 53.0))
    trace = Trace(places, (Stroke(places, "#2874dc", 3.0),))
    found = on_ticks(tuple(Vertex(place) for place in places), trace, dates)
    assert [vertex.place[0] for vertex in found] == list(PLACES)
