from __future__ import annotations

import cv2
import numpy as np
import pytest

from docai.backends.classical.charts.raster import scene_of_picture, take
from docai.backends.classical.charts.raster.borders import lengthened, settled, without_outlines
from docai.backends.classical.charts.raster.colours import find_layers
from docai.backends.classical.charts.raster.covers import find_inks
from docai.backends.classical.charts.raster.edges import find_lines, find_ticks
from docai.backends.classical.charts.raster.overlaps import find_overlaps
from docai.backends.classical.charts.raster.prints import find_rows
from docai.backends.classical.charts.raster.slabs import find_slabs
from docai.backends.classical.charts.scene import HALF_A_PIXEL
from docai.box import Box
from docai.sources import open_source, origin_of
from docai.tiling import View
from tests.chart_pictures import BLUE, GREY, ORANGE, bars, blank, box, compressed, outlined, text, veil


def slabs_of(picture):
    layers = find_layers(picture)
    return find_slabs(layers, find_lines(layers)[1])


def view_of(picture, path, box=None):
    cv2.imwrite(str(path), picture[..., ::-1])
    page = open_source(origin_of(path)).page(1)
    dpi = picture.shape[1] / page.width_points * 72
    view = View(page.reference, page.width_points, page.height_points, resolution=dpi)
    return view if box is None else View(page.reference, page.width_points, page.height_points, box, resolution=dpi)


def off(slab, place):
    return max(abs(side - true) for side, true in zip(slab.extent, place, strict=True))


# Colours


def test_each_colour_of_a_picture_has_a_layer():
    picture = blank()
    box(picture, 20, 20, 80, 180, BLUE)
    box(picture, 80, 60, 140, 180, ORANGE)
    layers = find_layers(picture)
    assert {layers.name(number) for number in range(layers.count)} == {"#ffffff", "#4c78a8", "#f58518"}


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_a_photograph_is_told_from_a_heat_map(tmp_path, quality):
    random = np.random.default_rng(5)
    scene = cv2.resize(random.integers(0, 256, (12, 16, 3)).astype(np.uint8), (640, 480), interpolation=cv2.INTER_CUBIC)
    photograph = compressed(np.clip(scene + random.normal(0, 3, scene.shape), 0, 255).astype(np.uint8), quality)
    beside = cv2.copyMakeBorder(photograph, 0, 60, 90, 0, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    assert find_layers(photograph).photographed
    assert find_layers(beside).photographed
    assert scene_of_picture(view_of(beside, tmp_path / "photograph.png")).labels == ()
    colours = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_JET)
    cells = np.kron(random.permuted(np.tile(colours, (4, 1, 1))[:900], axis=0).reshape(30, 30, 3), np.ones((14, 14, 1), np.uint8))
    heat_map = compressed(cv2.copyMakeBorder(cells, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=(255, 255, 255)), quality)
    assert int(find_layers(heat_map).areas.sum()) > 100
    assert not find_layers(heat_map).photographed


def test_smoothed_edges_count_in_part():
    picture = blank()
    box(picture, 20.5, 20, 80, 180, BLUE)
    layers = find_layers(picture)
    nothing = np.zeros(layers.labels.shape, np.uint8)
    cover = find_inks(layers, np.zeros(layers.labels.shape, np.int16), nothing, nothing).cover(1)
    assert layers.mask(1)[100, 20] == 0
    assert cover[100, 20] == pytest.approx(0.5, abs=0.05)


def test_smoothed_edges_are_no_colours():
    picture, _ = bars()
    names = {find_layers(picture).name(n) for n in range(find_layers(picture).count)}
    assert "#4c78a8" in names
    assert len([name for name in names if name not in ("#ffffff", "#4c78a8", "#dddddd", "#5a5a5a")]) == 0


@pytest.mark.parametrize("quality", [40, 75, 95])
def test_fringes_of_a_lossy_picture_belong_to_their_area(quality):
    picture = blank()
    box(picture, 21, 21, 140, 180, (214, 39, 40))
    layers = find_layers(compressed(picture, quality))
    assert layers.lossy
    assert layers.labels[25, 25] == layers.labels[100, 80] > 0
    assert abs(int(layers.mask(int(layers.labels[100, 80])).sum()) - 119 * 159) < 0.03 * 119 * 159


def test_a_grey_panel_is_a_plate_and_no_rectangle():
    picture = blank()
    box(picture, 30, 10, 290, 200, (234, 234, 242))
    for level in (60, 110, 160):
        box(picture, 30, level, 290, level + 1, (255, 255, 255))
    box(picture, 60, 80, 100, 200, BLUE)
    layers = find_layers(picture)
    slabs = find_slabs(layers, find_lines(layers)[1])
    assert [slab.fill for slab in slabs] == ["#4c78a8"]


# Rectangles


def test_bars_are_found_to_parts_of_a_pixel():
    picture, places = bars()
    slabs = sorted(slabs_of(picture), key=lambda slab: slab.extent.left)
    assert [slab.fill for slab in slabs] == ["#4c78a8"] * 4
    assert max(off(slab, place) for slab, place in zip(slabs, places, strict=True)) < 0.1


@pytest.mark.parametrize("quality", [60, 75, 95])
def test_bars_of_a_lossy_picture_are_found_to_a_pixel(quality):
    picture, places = bars()
    slabs = slabs_of(compressed(picture, quality))
    assert all(min(off(slab, place) for slab in slabs) < 1.0 for place in places)


def test_bars_a_pixel_apart_are_not_one():
    picture, places = bars(gap=1.0)
    slabs = slabs_of(picture)
    assert all(min(off(slab, place) for slab in slabs) < 0.6 for place in places)


def test_gaps_of_half_covered_pixels_are_no_lines_over_bars():
    picture = blank()
    places = [(40 + n * 20, 40 + 12 * n, 59.5 + n * 20, 200) for n in range(10)]
    for place in places:
        box(picture, *place, BLUE)
    layers = find_layers(picture)
    lines, over = find_lines(layers)
    assert not any(not line.across for line in lines)
    slabs = find_slabs(layers, over)
    assert len(slabs) == len(places)
    assert all(min(off(slab, place) for slab in slabs) < 0.3 for place in places)


def test_translucent_bars_over_each_other_are_told_apart():
    picture = blank()
    places = [((40 + 50 * n, 40 + 30 * n, 80 + 50 * n, 200), (40 + 50 * n, 110, 80 + 50 * n, 200)) for n in range(5)]
    for first, second in places:
        veil(picture, first, BLUE, 0.7)
        veil(picture, second, ORANGE, 0.7)
    slabs = slabs_of(picture)
    assert len(slabs) == 10
    for pair in zip(*places, strict=True):
        assert all(min(off(slab, place) for slab in slabs) < 0.3 for place in pair)
    assert len({slab.fill for slab in slabs}) == 2


def test_the_colours_of_a_stack_are_no_mixtures():
    picture = blank()
    for number, colour in enumerate([(31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40)]):
        box(picture, 40, 40 + 40 * number, 100, 80 + 40 * number, colour)
        box(picture, 140, 40 + 40 * number, 200, 80 + 40 * number, colour)
    assert find_overlaps(find_layers(picture)) == {}


@pytest.mark.parametrize(
    ("line", "thickness"), [((0, 0, 0), 1.0), ((0, 0, 0), 1.4), ((255, 255, 255), 1.4), ((255, 255, 255), 2.0)]
)
def test_outlined_bars_end_in_the_middle_of_their_outline(line, thickness):
    picture = blank()
    picture[10:210, 10:290] = (234, 234, 242)
    places = [(40.3 + 60 * n, 50.2 + 31.3 * n, 80.7 + 60 * n, 190.6) for n in range(4)]
    for place in places:
        outlined(picture, place, BLUE, line, thickness)
    slabs = slabs_of(picture)
    assert all(min(off(slab, place) for slab in slabs) < 0.4 for place in places)


def test_a_bar_may_end_where_the_picture_does():
    picture = blank()
    outlined(picture, (40, 60, 100, 220), BLUE, (0, 0, 0), 2.0)
    (slab,) = slabs_of(picture)
    assert off(slab, (40, 60, 100, 220)) < 1.1


def test_swatches_of_a_legend_stay_apart():
    picture = blank()
    for number, colour in enumerate([BLUE, ORANGE, (44, 160, 44), (214, 39, 40)]):
        box(picture, 200, 40 + 13 * number, 210, 50 + 13 * number, colour)
    slabs = slabs_of(picture)
    assert all(min(off(slab, (200, 40 + 13 * n, 210, 50 + 13 * n)) for slab in slabs) < 0.1 for n in range(4))


def test_a_falling_histogram_without_gaps_is_of_upright_bars():
    picture = blank()
    places = [(40 + n * 20, 30 + (5, 14, 14, 31, 62, 90, 121, 140)[n], 60 + n * 20, 200) for n in range(8)]
    for place in places:
        box(picture, *place, BLUE)
    slabs = slabs_of(picture)
    assert len(slabs) == 8
    assert all(min(off(slab, place) for slab in slabs) < 1.1 for place in places)


def test_outlines_are_no_lines_of_the_plot():
    picture = blank()
    for number in range(4):
        outlined(picture, (40 + 60 * number, 50, 80 + 60 * number, 190), BLUE, (0, 0, 0), 2.0)
    layers = find_layers(picture)
    lines, over = find_lines(layers)
    assert without_outlines(lines, find_slabs(layers, over)) == []


def test_bars_on_both_sides_of_a_line_meet_in_its_middle():
    picture = blank()
    box(picture, 40, 60, 80, 120, BLUE)
    box(picture, 100, 120, 140, 170, BLUE)
    box(picture, 20, 119, 280, 121, (60, 60, 60))
    layers = find_layers(picture)
    lines, over = find_lines(layers)
    slabs = sorted(settled(find_slabs(layers, over), lines), key=lambda slab: slab.extent.left)
    assert [slabs[0].extent.bottom, slabs[1].extent.top] == pytest.approx([120, 120], abs=0.1)


def test_a_line_that_shines_through_a_bar_is_no_rectangle():
    picture = blank()
    for level in range(20, 200, 36):
        box(picture, 30, level, 290, level + 1, GREY)
    for number in range(4):
        veil(picture, (50 + 60 * number, 30, 90 + 60 * number, 200), BLUE, 0.6)
    slabs = slabs_of(picture)
    assert len(slabs) == 4
    assert all(slab.extent.height > 160 for slab in slabs)


def test_touching_bars_of_one_colour_are_told_by_their_heights():
    picture, places = bars(gap=0.0)
    slabs = slabs_of(picture)
    assert all(min(off(slab, place) for slab in slabs) < 1.0 for place in places)


def test_print_in_a_bar_leaves_it_whole():
    picture = blank()
    box(picture, 40, 40, 120, 180, BLUE)
    text(picture, "12.5", 55, 100, (255, 255, 255))
    (slab,) = slabs_of(picture)
    assert off(slab, (40, 40, 120, 180)) < 0.1


def test_a_line_over_a_bar_leaves_it_whole():
    picture = blank()
    box(picture, 40, 40, 120, 180, BLUE)
    cv2.line(picture, (10, 190), (200, 60), (200, 30, 30), 2, cv2.LINE_AA)
    assert any(off(slab, (40, 40, 120, 180)) < 0.5 for slab in slabs_of(picture))


def test_a_disc_is_no_rectangle():
    picture = blank()
    cv2.circle(picture, (100, 100), 40, BLUE, -1, cv2.LINE_AA)
    assert slabs_of(picture) == []


# Lines


def test_axis_and_grid_lines_are_found_where_bars_cover_them():
    picture, _ = bars()
    lines, _ = find_lines(find_layers(picture))
    rows = sorted(round(line.place, 1) for line in lines if line.across)
    assert [row for row in (20.5, 56.5, 92.5, 128.5, 200.5) if row not in rows] == []


def test_a_line_that_bars_stand_over_has_no_dashes():
    picture = blank()
    box(picture, 20, 150, 280, 151, (60, 60, 60))
    for number in range(8):
        box(picture, 30 + 30 * number, 60, 44 + 30 * number, 151, BLUE)
    (line,) = [line for line in find_lines(find_layers(picture))[0] if line.across]
    assert not line.dashed


def test_an_axis_goes_on_behind_the_bar_that_stands_over_it():
    picture = blank()
    box(picture, 40, 20, 41, 200, (60, 60, 60))
    box(picture, 40, 200, 280, 201, (60, 60, 60))
    box(picture, 40, 90, 80, 200, BLUE)
    layers = find_layers(picture)
    lines, over = find_lines(layers)
    (axis,) = [line for line in lengthened(lines, find_slabs(layers, over)) if not line.across]
    assert (axis.start, axis.end) == pytest.approx((20, 200), abs=1.5)


def test_ticks_stand_on_their_axis():
    picture = blank()
    box(picture, 30, 180, 280, 181, (90, 90, 90))
    for place in (50, 100, 150, 200, 250):
        box(picture, place, 181, place + 1, 186, (90, 90, 90))
    layers = find_layers(picture)
    ticks = find_ticks(layers, find_lines(layers)[0])
    assert sorted(round(tick.place, 1) for tick in ticks) == [50.5, 100.5, 150.5, 200.5, 250.5]
    assert not any(tick.across for tick in ticks)


# Print


def rows_of(picture):
    layers = find_layers(picture)
    lines, over = find_lines(layers)
    return find_rows(layers, find_slabs(layers, over), lines)


def test_labels_of_an_axis_are_rows_of_their_own():
    picture, _ = bars()
    for place, word in zip((50, 105, 162, 218), ("North", "South", "East", "West"), strict=True):
        text(picture, word, place, 216, size=0.35)
    rows = [row for row in rows_of(picture) if row.turn == 0]
    assert len(rows) == 4


def test_light_print_on_a_bar_is_a_row():
    picture = blank()
    box(picture, 40, 40, 140, 180, BLUE)
    text(picture, "12.5", 55, 100, (255, 255, 255))
    (row,) = rows_of(picture)
    assert row.strip.picture.min() < 60
    assert float((row.strip.picture > 200).mean()) > 0.5


def test_print_that_runs_up_is_a_turned_row():
    picture = blank()
    upright = np.full((40, 160, 3), 255, np.uint8)
    text(upright, "Number of cars", 5, 25)
    picture[30:190, 10:50] = np.rot90(upright)
    rows = rows_of(picture)
    assert {row.turn for row in rows} == {-90.0}


# The scene


def test_a_scene_lies_in_the_pixels_of_its_view(tmp_path):
    picture, places = bars()
    view = view_of(picture, tmp_path / "chart.png", Box(left=0.05, top=0.0, right=1.0, bottom=1.0))
    scene = scene_of_picture(view)
    slabs = sorted(scene.rectangles, key=lambda slab: slab.extent.left)
    left = slabs[0].extent.left + 0.05 * picture.shape[1]
    assert scene.blur == HALF_A_PIXEL
    assert scene.basis == "measured"
    assert left == pytest.approx(places[0][0], abs=0.1)
    on_page = scene.to_page(slabs[0].extent, view)
    assert on_page.top * picture.shape[0] == pytest.approx(places[0][1], abs=0.1)


def test_a_page_that_is_a_picture_is_seen_in_its_own_pixels(tmp_path):
    picture, _ = bars()
    shot = take(view_of(picture, tmp_path / "chart.png", Box(left=0.1, top=0.2, right=0.9, bottom=0.95)))
    assert np.array_equal(shot.pixels, picture[44:209, 30:270])
