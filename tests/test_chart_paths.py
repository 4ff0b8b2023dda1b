"""Vector paths into scenes: exact shapes, from hand-made content streams and values."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.backends.classical.charts.scene import Extent, Scene
from docai.backends.classical.charts.vector import scene_of_paths
from docai.backends.classical.charts.vector.cutting import cut_line, cut_outline
from docai.backends.classical.charts.vector.outlines import Edge, Outline, disc_of, rectangle_of, sector_of
from docai.sources import open_source, origin_of
from docai.tiling import View
from tests.test_sources import one_page

KAPPA = 0.5522847498  # of the radius: control points of a quarter circle


def scene_of(content: str) -> Scene:
    """Return the scene of a page of 200 x 200 points, drawn by PDF operators (which count upwards)."""
    source = open_source(origin_of(one_page(content)))
    page = source.page(1)
    source.close()
    return scene_of_paths(View(page.reference, page.width_points, page.height_points, words=page.words, paths=page.paths))


def arc(centre: tuple[float, float], radius: float, start: float, end: float) -> str:
    """Return curve operators along a circle between angles in degrees (counter-clockwise from the right), without the move."""
    parts, count = [], max(1, math.ceil(abs(end - start) / 45))
    step = math.radians((end - start) / count)
    k = 4 / 3 * math.tan(step / 4) * radius
    for n in range(count):
        a = math.radians(start) + n * step
        b = a + step
        x0, y0 = centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)
        x1, y1 = centre[0] + radius * math.cos(b), centre[1] + radius * math.sin(b)
        places = (x0 - k * math.sin(a), y0 + k * math.cos(a), x1 + k * math.sin(b), y1 - k * math.cos(b), x1, y1)
        parts.append(" ".join(f"{place:.3f}" for place in places) + " c")
    return " ".join(parts)


def circle(x: float, y: float, radius: float) -> str:
    return f"{x + radius} {y} m {arc((x, y), radius, 0, 360)} h"


def wedge(radius: float, start: float, end: float, inner: float = 0.0) -> str:
    def at(r: float, angle: float) -> str:
        return f"{100 + r * math.cos(math.radians(angle)):.3f} {100 + r * math.sin(math.radians(angle)):.3f}"

    back = f"{at(inner, end)} l {arc((100, 100), inner, end, start)} h" if inner else "100 100 l h"
    return f"{at(radius, start)} m {arc((100, 100), radius, start, end)} {back} f"


def test_a_rectangle_is_one_however_it_is_drawn():
    four_lines = "1 0 0 rg 20 20 m 50 20 l 50 90 l 20 90 l h f"
    round_corners = "1 0 0 rg 20 20 m 50 20 l 50 86 l 50 88.2 48.2 90 46 90 c 24 90 l 21.8 90 20 88.2 20 86 c h f"
    for content in ("1 0 0 rg 20 20 30 70 re f", four_lines, round_corners):
        (rectangle,) = scene_of(content).rectangles
        assert rectangle.extent == pytest.approx((20, 110, 50, 180), abs=0.02)
        assert rectangle.fill == "#ff0000"


def test_many_bars_of_one_path_are_bars_of_their_own():
    scene = scene_of("0 0 1 rg 10 10 20 50 re 40 10 20 80 re 70 10 m 90 10 l 90 40 l 70 40 l h f")
    assert [round(one.extent.height) for one in scene.rectangles] == [50, 80, 30]


def test_a_bar_filled_and_then_outlined_is_one():
    (bar,) = scene_of("1 0 0 rg 20 20 30 70 re f 0 0 1 RG 2 w 20 20 30 70 re S").rectangles
    assert (bar.fill, bar.stroke, bar.thickness) == ("#ff0000", "#0000ff", 2)


def test_discs_are_symbols_with_their_place_and_size():
    scene = scene_of(f"1 0 0 rg {circle(60, 140, 4)} f 0 0 1 RG {circle(120, 40, 9)} S")
    first, second = scene.symbols
    assert first.centre == pytest.approx((60, 60), abs=0.01)
    assert (first.extent.width, first.shape, first.fill) == (pytest.approx(8, abs=0.01), "disc", "#ff0000")
    assert (second.centre, second.stroke) == (pytest.approx((120, 160), abs=0.01), "#0000ff")


@given(st.floats(0, 359), st.floats(4, 300), st.sampled_from([0.0, 30.0, 60.0]))
def test_sectors_have_the_angles_that_they_are_drawn_with(start, sweep, inner):
    content = f"0 1 0 rg {wedge(80, start, start + sweep, inner)}"
    if inner:  # the wide one tells the centre of narrow ones
        content += f" 1 0 0 rg {wedge(80, start + sweep, start + 360, inner)}"
    sector = scene_of(content).sectors[0]
    assert sector.centre == pytest.approx((100, 100), abs=0.05)
    assert sector.sweep == pytest.approx(sweep, abs=0.05)
    wanted = (90 - start - sweep) % 360  # clockwise from the top
    assert abs((sector.start - wanted + 180) % 360 - 180) < 0.05
    assert (sector.inner, sector.outer) == (pytest.approx(inner, abs=0.05), pytest.approx(80, abs=0.05))


def test_a_sector_drawn_by_short_lines_is_one():
    places = [(100 + 70 * math.cos(math.radians(a)), 100 + 70 * math.sin(math.radians(a))) for a in range(10, 131, 4)]
    lines = " ".join(f"{x:.2f} {y:.2f} l" for x, y in places[1:])
    (sector,) = scene_of(f"0 1 0 rg {places[0][0]:.2f} {places[0][1]:.2f} m {lines} 100 100 l h f").sectors
    assert (sector.start, sector.sweep) == (pytest.approx(320, abs=0.05), pytest.approx(120, abs=0.05))


def test_a_whole_donut_is_a_sector_all_around():
    (sector,) = scene_of(f"0 1 0 rg {circle(100, 100, 80)} {circle(100, 100, 40)} f*").sectors
    assert (sector.sweep, sector.inner, sector.outer) == (360, pytest.approx(40, abs=0.1), pytest.approx(80, abs=0.1))


def test_an_outline_that_is_drawn_again_is_a_symbol_and_its_form_has_one_name():
    up = "{0} {1} m {2} {1} l {3} {4} l h f"
    triangles = " ".join(up.format(x, 50, x + size, x + size / 2, 50 + size) for x, size in ((20, 6), (60, 6), (90, 9)))
    down = " ".join(f"{x} 100 m {x + 6} 100 l {x + 3} 94 l h f" for x in (20, 60))
    scene = scene_of(f"1 0 0 rg {triangles} 0 0 1 rg {down}")
    assert len({symbol.shape for symbol in scene.symbols if symbol.fill == "#ff0000"}) == 1
    assert len({symbol.shape for symbol in scene.symbols}) == 2
    assert len(scene.symbols) == 5
    assert scene_of("1 0 0 rg 20 50 m 26 50 l 23 56 l h f").symbols == ()  # drawn once: nobody knows


def test_strokes_that_cross_in_their_middles_are_symbols():
    cross = "{0} 50 m {1} 56 l {0} 56 m {1} 50 l S"
    scene = scene_of(f"1 0 0 RG {cross.format(20, 26)} {cross.format(60, 66)}")
    assert [symbol.centre for symbol in scene.symbols] == [pytest.approx((23, 147)), pytest.approx((63, 147))]
    assert scene.strokes == ()


def test_scattered_squares_are_symbols_and_bars_and_cells_are_not():
    squares = " ".join(f"{x} {y} 6 6 re f" for x, y in ((20, 30), (60, 71), (90, 55)))
    assert len(scene_of(f"1 0 0 rg {squares}").symbols) == 3
    bars = " ".join(f"{x} 30 6 6 re f" for x in (20, 60, 90))
    cells = " ".join(f"{20 + 6 * n} {20 + 6 * m} 6 6 re f" for n in range(3) for m in range(3))
    assert (scene_of(f"1 0 0 rg {bars}").symbols, scene_of(f"1 0 0 rg {cells}").symbols) == ((), ())


def test_thin_rectangles_are_lines_unless_bars_are_filled_alike():
    grid = "0.5 g 10 50 180 0.5 re f 10 100 180 0.5 re f"
    assert [line.thickness for line in scene_of(grid).strokes] == [pytest.approx(0.5, abs=0.01)] * 2
    bars = "0 0 1 rg 10 50 20 80 re f 40 50 20 0.4 re f"
    scene = scene_of(bars)
    assert (len(scene.rectangles), scene.strokes) == (2, ())


def test_dashes_opacity_and_curves_are_told():
    scene = scene_of("[6 2] 0 d 0 0 1 RG 10 10 m 100 100 l S [] 0 d 10 20 m 40 90 70 0 100 40 c S")
    dashed, curved = scene.strokes
    assert (dashed.dashes, dashed.curved) == ((6, 2), False)
    assert (curved.dashes, curved.curved) == ((), True)


def test_subpaths_of_a_line_are_lines_of_their_own():
    scene = scene_of("0 0 1 RG 10 10 m 50 60 l 90 20 l 120 30 m 160 90 l S")
    assert [len(line.places) for line in scene.strokes] == [3, 2]


def test_what_a_clip_hides_is_cut_and_told_or_gone():
    inside = "40 40 100 100 re W n"
    scene = scene_of(
        f"q {inside} 1 0 0 rg 60 40 20 140 re f 160 10 20 20 re f 0 0 1 RG 0 90 m 200 90 l S Q 0 1 0 rg 0 0 20 20 re f"
    )
    cut, whole = scene.rectangles
    assert cut.extent == pytest.approx((60, 60, 80, 160), abs=0.02)
    assert (cut.cut, whole.cut, whole.fill) == (True, False, "#00ff00")
    (line,) = scene.strokes
    assert line.cut
    assert line.extent.width == pytest.approx(100, abs=2)


@given(st.lists(st.tuples(st.floats(-50, 150), st.floats(-50, 150)), min_size=2, max_size=12))
def test_a_cut_line_lies_in_its_clip(places):
    clip = Extent(0, 0, 100, 100)
    for part, _ in cut_line(places, clip):
        assert len(part) > 1
        assert all(clip.holds(place, 0.61) for place in part)
    assert all(clip.holds(place, 1e-6) for place in cut_outline(places, clip))


def outline(*places: tuple[float, float]) -> Outline:
    closed = [*places, places[0]]
    return Outline(tuple(Edge(p, q) for p, q in pairwise(closed)), closed=True)


def test_a_triangle_a_notched_box_and_a_hexagon_are_neither_rectangle_nor_disc_nor_sector():
    triangle = outline((0, 0), (10, 0), (5, 8))
    notched = outline((0, 0), (20, 0), (20, 10), (16, 15), (20, 20), (20, 30), (0, 30), (0, 20), (4, 15), (0, 10))
    hexagon = outline(*((10 * math.cos(n * math.pi / 3), 10 * math.sin(n * math.pi / 3)) for n in range(6)))
    for shape in (triangle, notched, hexagon):
        assert (rectangle_of(shape), disc_of(shape), sector_of(shape)) == (None, None, None)


def test_a_bar_of_nothing_is_a_rectangle_without_height_beside_bars_as_wide():
    bars = "1 0 0 rg 20 20 30 60 re f 100 20 30 40 re f "
    heights = [one.extent.height for one in scene_of(bars + "60 20 m 90 20 l 60 20 l h f").rectangles]
    assert sorted(heights) == [0, pytest.approx(40), pytest.approx(60)]
    assert len(scene_of(bars + "60 20 m 75 20 l 60 20 l h f").rectangles) == 2


def test_axes_drawn_in_one_line_are_one_stroke_each():
    axes = "0 0 0 RG 0.5 w 30 180 m 30 20 l 190 20 l S"
    assert [len(line.places) for line in scene_of(axes).strokes] == [2, 2]
    coloured, steps = axes.replace("0 0 0 RG", "1 0 0 RG"), "0 0 0 RG 30 20 m 50 20 l 50 60 l 70 60 l S"
    assert [[len(line.places) for line in scene_of(content).strokes] for content in (coloured, steps)] == [[3], [4]]


@pytest.mark.parametrize("sweep", [20, 165, 175, 185, 200, 300])
def test_a_sector_whose_sides_are_drawn_piece_by_piece_is_one(sweep):
    rim = [(100 + 70 * math.cos(math.radians(a)), 100 + 70 * math.sin(math.radians(a))) for a in np.linspace(10, 10 + sweep, 60)]
    out, back = (np.linspace((100, 100), rim[0], 15), np.linspace(rim[-1], (100, 100), 15))
    places = [*map(tuple, out), *rim, *map(tuple, back)]
    lines = " ".join(f"{x:.2f} {y:.2f} l" for x, y in places[1:])
    (sector,) = scene_of(f"0 1 0 rg {places[0][0]:.2f} {places[0][1]:.2f} m {lines} h f").sectors
    assert sector.sweep == pytest.approx(sweep, abs=0.1)


def test_grey_rectangles_right_behind_others_of_their_size_are_shadows():
    bars = "".join(f"0.7 g {20 + 40 * n} 18 20 {50 + n} re f 0 0 1 rg {18 + 40 * n} 20 20 {50 + n} re f " for n in range(3))
    assert [mark.fill for mark in scene_of(bars).rectangles] == ["#0000ff"] * 3
