"""Labels of number axes are told from other numbers by their even steps."""

from __future__ import annotations

import pytest

from docai.chart_regions.scales import Token, find_scales, value_of
from docai.chart_regions.shapes import Place


def column(texts, step=30.0, left=100.0):
    return [
        Token(Place(left - 5 * len(text), 50 + step * n, left, 60 + step * n), text, value_of(text), n)
        for n, text in enumerate(texts)
    ]


def row(texts, step=40.0):
    return [
        Token(Place(100 + step * n - 2.5 * len(text), 500, 100 + step * n + 2.5 * len(text), 510), text, value_of(text), n)
        for n, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    "texts", [["30", "20", "10", "0"], ["1000", "100", "10", "1"], ["$4", "$2", "$0", "-$2"], ["50%", "25%", "0%"]]
)
def test_labels_at_even_steps_are_an_axis(texts):
    (scale,) = find_scales(column(texts))
    assert not scale.across
    assert [token.text for token in scale.tokens] == texts


@pytest.mark.parametrize("texts", [["30", "22", "10", "0"], ["17", "5"], ["a", "b", "c"], ["13.75", "9.5", "5.25"]])
def test_other_numbers_and_names_are_none(texts):
    assert find_scales(column(texts)) == []


def test_an_axis_may_run_across():
    (scale,) = find_scales(row(["0", "5", "10", "15"]))
    assert scale.across


def test_labels_that_are_not_evenly_placed_are_none():
    tokens = column(["30", "20", "10", "0"])
    moved = tokens[1].place._replace(top=tokens[1].place.top + 15, bottom=tokens[1].place.bottom + 15)
    tokens[1] = Token(moved, tokens[1].text, tokens[1].value, 1)
    assert find_scales(tokens) == []
