"""A chart is drawn anew so that a person sees whether it is the same."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from docai.document import Axis, replace
from docai.exporters.redraw import cut, text_width
from tests.made_charts import CITIES, GALLERY, chart, series

SVG = "{http://www.w3.org/2000/svg}"


def texts_of(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def ink(picture, colour, tolerance=12):
    """Return how many pixels have a colour."""
    apart = np.abs(np.asarray(picture).astype(int) - [int(colour[n : n + 2], 16) for n in (1, 3, 5)])
    return int((apart.max(axis=2) <= tolerance).sum())


@pytest.mark.parametrize("name", GALLERY)
@pytest.mark.parametrize("size", [(640, 400), (120, 90), (1, 1)])
def test_every_chart_is_drawn_at_any_size(name, size):
    width, height = size
    svg = GALLERY[name].to_svg(width=width, height=height)
    root = ElementTree.fromstring(svg)
    assert (root.get("width"), root.get("height")) == (str(width), str(height))
    assert GALLERY[name].render(width=width, height=height, scale=1).size == (width, height)


def test_a_picture_is_scaled_to_be_sharp():
    picture = GALLERY["bars"].render(width=300, height=200)
    assert (picture.size, picture.mode) == ((600, 400), "RGB")


@pytest.mark.parametrize("size", [{"width": 0}, {"height": -3}, {"width": 9000}, {"scale": 100}])
def test_a_picture_of_no_or_too_many_pixels_is_refused(size):
    with pytest.raises(ValueError, match="give sides of 1 to 8000"):
        GALLERY["bars"].render(**size)


def test_titles_axes_units_and_the_legend_are_told():
    told = texts_of(GALLERY["bars"].to_svg())
    assert {"도시별 매출", "금액 (억 원)", "도시", "2022 매출", "Doanh thu", *CITIES} <= set(told)
    assert {"Growth (%)", "Sales", "growth", "-2", "6"} <= set(texts_of(GALLERY["mixed"].to_svg()))


def test_korean_and_vietnamese_letters_are_drawn():
    plain = chart("pie", title="")
    for title in ("서울", "Hà Nội đường ệ"):
        drawn, empty = (ink(replace(plain, title=text).render(scale=1), "#222222", 120) for text in (title, " "))
        assert drawn > empty + 10 * len(title)
    letters = [np.asarray(replace(plain, title=text).render(scale=1)) for text in ("가나다", "라마바")]
    assert not np.array_equal(*letters)  # and not as boxes that stand for what a font lacks


def test_bars_have_their_colour_and_their_share_of_the_picture():
    one = chart("bar", series("", ["a"], [10.0], series={"colour": "#ff0000"}), y_axis=Axis(low=0.0, high=10.0))
    half = replace(one, series=(series("", ["a"], [5.0], series={"colour": "#ff0000"}),))
    whole_ink, half_ink = ink(one.render(), "#ff0000"), ink(half.render(), "#ff0000")
    assert half_ink == pytest.approx(whole_ink / 2, rel=0.03)


def test_doubtful_values_are_pale():
    doubted = chart("bar", series("", ["a"], [10.0], series={"colour": "#ff0000"}, confidence=0.3))
    assert ink(doubted.render(), "#ff0000") == 0
    assert ink(doubted.render(), "#ffb2b2") > 1000


def test_white_marks_have_an_edge():
    assert 'stroke="#888888" stroke-width="0.5"' in chart("bar", series("", ["a"], [1.0], series={"colour": "#ffffff"})).to_svg()


def test_what_texts_say_cannot_break_the_picture():
    odd = chart("bar", series("<b>&\x00\n]]>", ['"x"', "y<"], [1.0, 2.0]), series("b", ["y<"], [1.0]), title="</svg><script>")
    assert "</svg><script>" in texts_of(odd.to_svg())
    assert odd.render(scale=1).size == (640, 400)


def test_a_colour_that_is_none_is_one_of_the_palette():
    assert "javascript" not in chart("bar", series("", ["a"], [1.0], series={"colour": 'javascript"'})).to_svg()


def test_the_legend_of_a_pie_tells_values_and_shares():
    assert "삼성: 50 (50.0%)" in texts_of(GALLERY["pie"].to_svg())


def test_a_chart_with_values_of_any_size_is_drawn():
    wild = [1e300, -1e300, 1e-300, 0.0]
    for kind in ("bar", "line", "scatter", "area", "pie", "heatmap"):
        for scale in ("linear", "log", "date"):
            one = chart(kind, series("", list(map(float, range(4))), wild), y_axis=Axis(scale=scale), x_axis=Axis(scale=scale))
            assert ElementTree.fromstring(one.to_svg()) is not None


def test_long_names_are_cut_and_wide_letters_counted_twice():
    assert cut("a" * 40) == "a" * 27 + "…"
    assert text_width("서울") == pytest.approx(24)
    assert chart("line", series("n" * 500, ["a"], [1.0]), series("b", ["a"], [1.0])).to_svg().count("n" * 27) == 1
