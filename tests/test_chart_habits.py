"""Habits of R's devices: points as letters, lines that stop short of them, triangles by their weight, hyphens as minus signs."""

from __future__ import annotations

import pymupdf
import pytest

from docai.backends.classical.charts.axes.dates import read_moment
from docai.backends.classical.charts.axes.fits import are_logarithmic
from docai.backends.classical.charts.legend_finding import find_legend
from docai.backends.classical.charts.readers.heatmaps import find_grid
from docai.backends.classical.charts.scales import Plot
from docai.backends.classical.charts.scene import Extent, Label, Rectangle, Scene, Stroke
from docai.backends.classical.charts.vector import scene_of_paths
from docai.sources import SourcePage, open_source, origin_of
from docai.tiling import View
from tests.test_chart_paths import circle, scene_of

INK = "0 0 0 RG 0 0 0 rg 1 w"


def page_of(content: str) -> SourcePage:
    """Return a page of 200 x 200 points with Helvetica as /F2 and ZapfDingbats as /F1, which has no encoding, as R's."""
    file = pymupdf.open()
    file.new_page(width=200, height=200)
    fonts = []
    for name in ("ZapfDingbats", "Helvetica"):
        fonts.append(file.get_new_xref())
        file.update_object(fonts[-1], f"<</Type/Font/Subtype/Type1/BaseFont/{name}>>")
    stream = file.get_new_xref()
    file.update_object(stream, "<<>>")
    file.update_stream(stream, content.encode())
    file.xref_set_key(file[0].xref, "Resources", f"<</Font<</F1 {fonts[0]} 0 R/F2 {fonts[1]} 0 R>>>>")
    file.xref_set_key(file[0].xref, "Contents", f"{stream} 0 R")
    source = open_source(origin_of(file.tobytes()))
    page = source.page(1)
    source.close()
    return page


def point(x: float, y: float, radius: float, mode: int) -> str:
    """Return how R shows a point: a letter of ZapfDingbats, filled (mode 0) or outlined (1)."""
    size = 2 / 0.722 * radius
    return f"BT /F1 1 Tf {mode} Tr {size:.2f} 0 0 {size:.2f} {x - 0.396 * size:.2f} {y - 0.347 * size:.2f} Tm (l) Tj 0 Tr ET "


def test_points_that_are_set_as_letters_are_symbols_and_no_text():
    page = page_of(f"{INK} {point(50, 60, 2, 0)} {point(120, 140, 2, 1)} BT /F2 9 Tf 20 20 Td (label) Tj ET")
    assert [word.text for word in page.words] == ["label"]
    view = View(page.reference, 200, 200, words=page.words, paths=page.paths)
    scene = scene_of_paths(view)
    assert [label.text for label in scene.labels] == ["label"]
    assert [symbol.centre for symbol in scene.symbols] == [pytest.approx((50, 140), abs=0.02), pytest.approx((120, 60), abs=0.02)]
    assert [(symbol.fill, symbol.stroke) for symbol in scene.symbols] == [("#000000", ""), ("", "#000000")]


def test_a_bullet_before_its_text_stays_a_word():
    page = page_of("BT /F1 9 Tf 20 100 Td (l) Tj /F2 9 Tf 15 0 Td (item) Tj ET")
    assert len(page.words) == 2
    assert page.paths == ()


def test_a_line_that_stops_short_of_its_points_runs_through_them():
    centres = [(20, 40), (80, 100), (140, 70)]
    rings = " ".join(f"{circle(x, y, 3)} S" for x, y in centres)
    pieces = "26 46 m 74 94 l S 88 96 m 132 74 l S"
    scene = scene_of(f"{INK} {rings} {pieces}")
    middles = [symbol.centre for symbol in scene.symbols]
    assert len(middles) == 3
    assert [stroke.places for stroke in scene.strokes] == [(middles[0], middles[1]), (middles[1], middles[2])]


def test_a_triangle_from_its_tip_to_the_right_is_placed_by_its_weight_and_one_to_the_left_by_its_middle():
    def triangles(way: int) -> str:
        return " ".join(f"{x} 106 m {x + way * 6} {106 - 10.392} l {x - way * 6} {106 - 10.392} l h S" for x in (50, 120))

    weight, middle = (scene_of(f"{INK} {triangles(way)}").symbols[0].centre[1] for way in (1, -1))
    assert weight == pytest.approx(94 + 2 * 10.392 / 3, abs=0.01)
    assert middle == pytest.approx(94 + 10.392 / 2, abs=0.01)


def test_hyphens_of_dates_may_be_minus_signs():
    assert read_moment("2014\u221210\u221201") == read_moment("2014-10-01") is not None


@pytest.mark.parametrize(
    ("values", "upright", "told"),
    [
        ([3, 10], False, True),
        ([30, 100, 300], False, True),
        ([100, 300], True, True),
        ([1, 3], False, False),
        ([10, 20], True, False),
        ([10, 30, 50], True, False),
        ([10, 100], False, True),
    ],
)
def test_thirds_of_decades_are_logarithmic(values, upright, told):
    assert are_logarithmic(values, upright=upright) == told


def name(text: str, left: float, middle: float) -> Label:
    return Label(text, Extent(left, middle - 4, left + 5 * len(text), middle + 4), 10.0)


def test_the_title_before_a_row_of_keys_is_no_name_though_the_names_are_years():
    keys = tuple(Stroke(((60 + 60 * n, 20), (80 + 60 * n, 20)), "#000000", dashes=(3.0 * n,) * (n > 0)) for n in range(3))
    labels = [name("factor", 22, 20), *(name(str(2018 + n), 85 + 60 * n, 20) for n in range(3))]
    scene = Scene(400, 300, tuple(labels), strokes=keys)
    assert [entry.name for entry in find_legend(scene, scene.labels).entries] == ["2018", "2019", "2020"]


def test_stacked_bars_of_which_some_are_alike_are_no_cells():
    heights = ((50, 50, 50), (50, 50, 50), (50, 70, 30), (40, 65, 45))
    colours = ("#dd3333", "#33aa33", "#3333dd")
    bars = []
    for column, parts in enumerate(heights):
        top = 0.0
        for height, colour in zip(parts, colours, strict=True):
            bars.append(Rectangle(Extent(45 * column, top, 45 * column + 40, top + height), colour))
            top += height
    plot = Plot(Extent(0, 0, 200, 150), None, None)
    assert find_grid(Scene(200, 150, rectangles=tuple(bars[:6])), plot, 0.5) is not None
    assert find_grid(Scene(200, 150, rectangles=tuple(bars)), plot, 0.5) is None
