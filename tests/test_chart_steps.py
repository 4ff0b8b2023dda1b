"""Lines of steps: a value for each tread, wherever its place is in it."""

from __future__ import annotations

import pytest

from docai.backends.classical.charts.readers.vertices import treads_of


def around_middles(values: list[float]) -> list[tuple[float, float]]:
    """Return a line whose values, 10 apart, hold half a step before and behind their places."""
    places = []
    for number, value in enumerate(values):
        start, end = 10 * number - 5 * (number > 0), 10 * number + 5 * (number < len(values) - 1)
        places += [(float(start), value), (float(end), value)]
    return places


@pytest.mark.parametrize("values", [[5.0, 9.0, 3.0, 7.0], [5.0, 9.0, 3.0, 7.0, 7.0], [4.0, 4.0, 4.0, 9.0, 3.0, 3.0, 8.0, 6.0, 6.0]])
def test_values_that_hold_around_their_places_are_told_by_the_halves_of_steps_at_the_ends(values):
    assert treads_of(around_middles(values)) == [(10.0 * number, value) for number, value in enumerate(values)]


def test_values_that_hold_from_their_places_on_are_no_halves():
    places = [(0.0, 5.0), (10.0, 5.0), (10.0, 9.0), (20.0, 9.0), (20.0, 3.0), (30.0, 3.0), (30.0, 4.0), (40.0, 4.0)]
    assert treads_of(places) == [(0.0, 5.0), (10.0, 9.0), (20.0, 3.0), (30.0, 4.0), (40.0, 4.0)]
