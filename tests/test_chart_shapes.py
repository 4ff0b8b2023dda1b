"""Lines, symbols, sectors and areas are found in pictures that the tests draw themselves, smoothed eight by eight."""

from __future__ import annotations

import math
from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.bends import simplified
from docai.backends.classical.charts.raster.colours import Layers, find_layers
from docai.backends.classical.charts.raster.doubles import without_doubles
from docai.backends.classical.charts.raster.mistaken import without_marks
from docai.backends.classical.charts.raster.sectors import fit_circle
from docai.backends.classical.charts.raster.shapes import Shapes, _without_steps, find_shapes
from docai.backends.classical.charts.scene import Extent, Label, Place, Rectangle, Stroke

FINE = 8  # drawn so many times larger, and made smaller again
BLUE, ORANGE, GREEN = (31, 119, 180), (255, 127, 14), (44, 160, 44)

Picture = NDArray[np.uint8]


def canvas(width: int, height: int) -> Picture:
    return np.full((height * FINE, width * FINE, 3), 255, np.uint8)


def drawn(places: list[Place]) -> NDArray[np.int32]:
    return np.asarray((np.array(places) * FINE).round(), np.int32)


def line(picture: Picture, places: list[Place], colour: tuple[int, int, int], thickness: float = 2.0) -> None:
    cv2.polylines(picture, [drawn(places)], False, colour, round(thickness * FINE))


def shapes_of(picture: Picture, slabs: tuple[Rectangle, ...] = ()) -> Shapes:
    height, width = (side // FINE for side in picture.shape[:2])
    small = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    none = np.zeros((height, width), np.uint8)
    return find_shapes(find_layers(small), slabs, none, none)


def off(stroke: Stroke, places: list[Place]) -> float:
    """How far a stroke is from a line at most, down, over the line's width."""
    columns = np.arange(places[0][0] + 2, places[-1][0] - 2, 1.0)
    true = np.interp(columns, [x for x, _ in places], [y for _, y in places])
    read = np.interp(columns, [x for x, _ in stroke.places], [y for _, y in stroke.places], left=math.inf, right=math.inf)
    return float(np.abs(true - read).max())


def test_a_line_is_one_stroke_with_its_bends() -> None:
    places = [(20.0, 100.0), (80.0, 40.0), (140.0, 90.0), (220.0, 60.0)]
    picture = canvas(240, 140)
    line(picture, places, BLUE)
    (stroke,) = shapes_of(picture).strokes
    assert stroke.colour == "#1f77b4"
    assert off(stroke, places) < 0.7
    for place in places[1:-1]:
        assert min(math.dist(place, found) for found in stroke.places) < 0.8


def test_lines_of_two_colours_are_bridged_where_they_cross() -> None:
    one, other = [(20.0, 30.0), (220.0, 110.0)], [(20.0, 110.0), (220.0, 30.0)]
    picture = canvas(240, 140)
    line(picture, one, BLUE)
    line(picture, other, ORANGE)
    strokes = {stroke.colour: stroke for stroke in shapes_of(picture).strokes}
    assert off(strokes["#1f77b4"], one) < 1
    assert off(strokes["#ff7f0e"], other) < 1


def test_lines_of_one_colour_are_kept_apart_where_they_cross() -> None:
    one, other = [(20.0, 20.0), (220.0, 120.0)], [(20.0, 120.0), (220.0, 20.0)]
    picture = canvas(240, 140)
    line(picture, one, BLUE)
    line(picture, other, BLUE)
    strokes = shapes_of(picture).strokes
    assert len(strokes) == 2
    assert min(off(stroke, one) for stroke in strokes) < 1
    assert min(off(stroke, other) for stroke in strokes) < 1


def test_dashes_are_one_line() -> None:
    picture = canvas(240, 100)
    for start in range(20, 210, 12):
        line(picture, [(start, 20 + start / 4), (start + 7, 20 + (start + 7) / 4)], GREEN)
    (stroke,) = shapes_of(picture).strokes
    assert off(stroke, [(20.0, 25.0), (207.0, 71.75)]) < 1


def test_steps_keep_their_risers_upright() -> None:
    places = [(20.0, 100.0), (80.0, 100.0), (80.0, 40.0), (150.0, 40.0), (150.0, 70.0), (220.0, 70.0)]
    picture = canvas(240, 140)
    line(picture, places, BLUE)
    (stroke,) = shapes_of(picture).strokes
    for place in places:
        assert min(math.dist(place, found) for found in stroke.places) < 2.5


def test_discs_are_symbols_and_no_lines() -> None:
    centres = [(30.3, 40.7), (90.5, 80.2), (150.8, 30.5), (200.1, 95.6)]
    picture = canvas(240, 140)
    for centre in centres:
        cv2.circle(picture, tuple(drawn([centre])[0].tolist()), 4 * FINE, BLUE, cv2.FILLED)
    shapes = shapes_of(picture)
    assert not shapes.strokes
    assert {symbol.shape for symbol in shapes.symbols} == {"disc"}
    for centre, symbol in zip(centres, sorted(shapes.symbols, key=lambda symbol: symbol.centre), strict=True):
        assert math.dist(centre, symbol.centre) < 0.3
        assert symbol.extent.width == pytest.approx(8, abs=0.6)


def test_rings_are_hollow_symbols() -> None:
    picture = canvas(120, 100)
    for centre in ((30, 40), (80, 60)):
        cv2.circle(picture, (centre[0] * FINE, centre[1] * FINE), 5 * FINE, ORANGE, round(1.6 * FINE))
    symbols = sorted(shapes_of(picture).symbols, key=lambda symbol: symbol.centre)
    assert [(symbol.fill, symbol.stroke) for symbol in symbols] == [("", "#ff7f0e")] * 2
    assert math.dist(symbols[0].centre, (30, 40)) < 0.4


def test_bubbles_that_overlap_are_told_apart() -> None:
    picture = canvas(320, 160)
    for centre, radius in (((60, 60), 22), ((90, 60), 18)):
        cv2.circle(picture, (centre[0] * FINE, centre[1] * FINE), radius * FINE, BLUE, cv2.FILLED)
    found = sorted(shapes_of(picture).symbols, key=lambda symbol: symbol.centre)
    assert len(found) == 2
    assert math.dist(found[0].centre, (60, 60)) < 1
    assert math.dist(found[1].centre, (90, 60)) < 1
    assert found[0].extent.width == pytest.approx(44, abs=2)


@pytest.mark.parametrize("inner", [0, 40])
def test_sectors_have_their_angles(inner: int) -> None:
    picture = canvas(220, 220)
    starts = [0.0, 100.0, 220.0, 250.0, 360.0]
    colours = [BLUE, ORANGE, GREEN, (214, 39, 40)]
    for (start, end), colour in zip(pairwise(starts), colours, strict=True):
        cv2.ellipse(picture, (110 * FINE, 110 * FINE), (80 * FINE, 80 * FINE), -90, start, end, colour, cv2.FILLED)
    if inner:
        cv2.circle(picture, (110 * FINE, 110 * FINE), inner * FINE, (255, 255, 255), cv2.FILLED)
    sectors = sorted(shapes_of(picture).sectors, key=lambda sector: (sector.start + 1) % 360)
    assert len(sectors) == 4
    for sector, (start, end) in zip(sectors, pairwise(starts), strict=True):
        assert sector.sweep == pytest.approx(end - start, abs=0.5)
        assert math.dist(sector.centre, (110, 110)) < 0.3
        assert sector.outer == pytest.approx(80, abs=0.4)
        assert sector.inner == pytest.approx(inner, abs=1.0)


def test_a_disc_of_one_colour_is_no_pie() -> None:
    picture = canvas(120, 120)
    cv2.circle(picture, (60 * FINE, 60 * FINE), 30 * FINE, BLUE, cv2.FILLED)
    shapes = shapes_of(picture)
    assert not shapes.sectors
    assert len(shapes.symbols) == 1


def test_an_area_is_a_polygon_and_no_slab() -> None:
    upper = [(20.0, 60.0), (90.0, 30.0), (150.0, 70.0), (220.0, 50.0)]
    picture = canvas(240, 140)
    cv2.fillPoly(picture, [drawn([*upper, (220.0, 120.0), (20.0, 120.0)])], BLUE)
    shapes = shapes_of(picture, (Rectangle(Extent(20, 72, 220, 120), "#1f77b4"),))
    assert not shapes.slabs
    assert not shapes.strokes
    (polygon,) = shapes.polygons
    for place in upper:
        assert min(math.dist(place, found) for found in polygon.places) < 1.5


def test_bars_stay_rectangles() -> None:
    picture = canvas(240, 140)
    bars = [Extent(20 + 50 * number, 30.0 + 15 * number, 50 + 50 * number, 120) for number in range(4)]
    for bar in bars:
        picture[round(bar.top * FINE) : round(bar.bottom * FINE), round(bar.left * FINE) : round(bar.right * FINE)] = BLUE
    slabs = tuple(Rectangle(bar, "#1f77b4") for bar in bars)
    shapes = shapes_of(picture, slabs)
    assert shapes == Shapes(slabs=slabs)


def test_shapes_move_together() -> None:
    picture = canvas(240, 140)
    line(picture, [(20.0, 100.0), (80.0, 40.0), (140.0, 90.0)], BLUE)
    shapes = shapes_of(picture)
    moved = shapes.moved(10, -5)
    (x, y), (across, down) = shapes.strokes[0].places[0], moved.strokes[0].places[0]
    assert (across, down) == (x + 10, y - 5)


def test_a_circle_is_fitted_to_places_on_it() -> None:
    angles = np.linspace(0, 2, 20)
    places = np.column_stack([3 + 7 * np.cos(angles), -2 + 7 * np.sin(angles)])
    assert fit_circle(places) == pytest.approx((3, -2, 7))


def test_bends_are_where_straight_parts_meet() -> None:
    places = [(float(x), abs(x - 20.5)) for x in range(42)]
    assert simplified(places, 0.6)[1] == pytest.approx((20.5, 0.0), abs=0.05)


def test_a_thin_slanted_line_has_one_colour_and_no_shades() -> None:
    places = [(20.0, 60.0), (220.0, 66.0)]
    picture = canvas(240, 140)
    line(picture, places, (46, 111, 149), 1.0)
    (stroke,) = shapes_of(picture).strokes
    assert off(stroke, places) < 0.7


def test_a_paler_line_of_the_same_hue_is_a_line_of_its_own() -> None:
    one, other = [(20.0, 30.0), (120.0, 60.0), (220.0, 40.0)], [(20.0, 110.0), (120.0, 80.0), (220.0, 100.0)]
    picture = canvas(240, 140)
    line(picture, one, (49, 130, 189), 2.5)
    line(picture, other, (158, 202, 225), 2.5)
    strokes = sorted(shapes_of(picture).strokes, key=lambda stroke: stroke.places[0][1])
    assert len(strokes) == 2
    assert off(strokes[0], one) < 0.8
    assert off(strokes[1], other) < 0.8


def test_a_dashed_grey_grid_line_is_no_line() -> None:
    places = [(20.0, 110.0), (120.0, 40.0), (220.0, 90.0)]
    picture = canvas(240, 140)
    for start in range(20, 215, 9):
        line(picture, [(start, 75.0), (start + 6, 75.0)], (190, 190, 190), 1.0)
    line(picture, places, BLUE)
    (stroke,) = shapes_of(picture).strokes
    assert off(stroke, places) < 1


def test_small_markers_on_a_line_are_its_bends() -> None:
    places = [(20.0, 100.0), (80.0, 40.0), (140.0, 90.0), (220.0, 60.0)]
    picture = canvas(240, 140)
    line(picture, places, BLUE)
    for place in places:
        cv2.circle(picture, tuple(drawn([place])[0].tolist()), 3 * FINE, BLUE, cv2.FILLED)
    shapes = shapes_of(picture)
    assert len(shapes.symbols) == len(places)
    (stroke,) = shapes.strokes
    assert len(stroke.places) == len(places)
    for place, found in zip(places, stroke.places, strict=True):
        assert math.dist(place, found) < 0.7


def test_the_ground_is_around_a_panel_that_fills_most_of_a_picture() -> None:
    picture = canvas(240, 140)
    picture[10 * FINE : 130 * FINE, 20 * FINE : 235 * FINE] = (234, 234, 242)
    for level in (40.0, 70.0, 100.0):
        line(picture, [(20.0, level), (235.0, level)], (255, 255, 255), 2.0)
    line(picture, [(30.0, 100.0), (120.0, 40.0), (220.0, 90.0)], BLUE)
    layers = find_layers(np.asarray(cv2.resize(picture, (240, 140), interpolation=cv2.INTER_AREA), np.uint8))
    assert layers.name(0) == "#ffffff"
    assert [layers.name(plate) for plate in layers.plates] == ["#eaeaf2"]


# What was read as print


def label(text: str, left: float, top: float, right: float, bottom: float) -> Label:
    return Label(text, Extent(left, top, right, bottom), bottom - top)


def kept_of(picture: Picture, *labels: Label) -> list[str]:
    height, width = (side // FINE for side in picture.shape[:2])
    small = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return [found.text for found in without_marks(labels, find_layers(small))]


def test_rings_that_were_read_as_letters_are_no_labels() -> None:
    picture = canvas(120, 100)
    for centre in ((30, 40), (42, 44)):
        cv2.circle(picture, (centre[0] * FINE, centre[1] * FINE), 5 * FINE, ORANGE, round(1.6 * FINE))
    assert kept_of(picture, label("oo", 24, 34, 48, 50), label("•", 24, 34, 36, 46)) == []


def test_a_piece_of_a_line_that_was_read_as_a_digit_is_no_label() -> None:
    picture = canvas(240, 140)
    line(picture, [(20.0, 110.0), (220.0, 30.0)], BLUE)
    assert kept_of(picture, label("1", 100, 66, 114, 82), label("~", 100, 66, 180, 82)) == []


def test_print_stays_print() -> None:
    picture = canvas(240, 140)
    picture[20 * FINE : 120 * FINE, 20 * FINE : 90 * FINE] = BLUE
    for text, left, colour in (("80", 30, (255, 255, 255)), ("64", 120, ORANGE), ("7", 180, (0, 0, 0))):
        part = picture[45 * FINE : 65 * FINE, left * FINE : (left + 24) * FINE]
        written = np.tile(part[:1, :1], (part.shape[0], 2 * part.shape[1], 1))
        cv2.putText(written, text, (0, 15 * FINE), cv2.FONT_HERSHEY_SIMPLEX, 0.5 * FINE, colour, FINE)
        part[:] = cv2.resize(written[:, : part.shape[1] * 4 // 3], part.shape[1::-1])  # digits as narrow as those of most fonts
    labels = [label("80", 29, 48, 46, 61), label("64", 119, 48, 136, 61), label("7", 179, 48, 188, 61)]
    assert kept_of(picture, *labels) == ["80", "64", "7"]


def test_the_swatch_before_a_name_is_none_of_its_letters() -> None:
    picture = canvas(240, 60)
    line(picture, [(20.0, 30.0), (40.0, 30.0)], BLUE)
    cv2.putText(picture, "Name", (50 * FINE, 35 * FINE), cv2.FONT_HERSHEY_SIMPLEX, 0.5 * FINE, (60, 60, 60), FINE)
    small = np.asarray(cv2.resize(picture, (240, 60), interpolation=cv2.INTER_AREA), np.uint8)
    (found,) = without_marks([label("— Name", 20, 23, 96, 37)], find_layers(small))
    assert found.text == "Name"
    assert found.extent.left == pytest.approx(50, abs=2)
    assert found.extent.right == 96


@pytest.mark.parametrize(("begin", "marked"), [(20, False), (14, True)])
def test_the_piece_of_a_line_before_a_name_is_no_part_of_its_label(begin: int, marked: bool) -> None:
    picture = canvas(240, 60)
    line(picture, [(float(begin), 30.0), (40.0, 30.0)], BLUE)
    if marked:
        cv2.circle(picture, (27 * FINE, 30 * FINE), 4 * FINE, BLUE, -1)
    cv2.putText(picture, "2019", (50 * FINE, 35 * FINE), cv2.FONT_HERSHEY_SIMPLEX, 0.5 * FINE, (60, 60, 60), FINE)
    small = np.asarray(cv2.resize(picture, (240, 60), interpolation=cv2.INTER_AREA), np.uint8)
    (found,) = without_marks([label("2019", begin - 1, 23, 96, 37)], find_layers(small))
    assert found.text == "2019"
    assert found.extent.left == pytest.approx(50, abs=2)


def layers_of(picture: Picture) -> Layers:
    height, width = (side // FINE for side in picture.shape[:2])
    return find_layers(np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8))


def test_the_overlap_of_translucent_discs_is_of_their_colour_and_a_disc_on_another_is_not() -> None:
    picture = canvas(200, 140)
    for left, radius in ((70, 25), (105, 25), (165, 25), (165, 7)):
        veil = picture.copy()
        cv2.circle(veil, (left * FINE, 70 * FINE), radius * FINE, BLUE, cv2.FILLED)
        picture = np.asarray(cv2.addWeighted(veil, 0.5, picture, 0.5, 0), np.uint8)
    before = layers_of(picture)
    after = without_doubles(before, np.zeros(before.labels.shape, np.int16))
    assert before.labels[70, 87] != before.labels[70, 70]
    assert after.labels[70, 87] == after.labels[70, 70]
    assert after.labels[70, 165] == before.labels[70, 165] != after.labels[70, 150]


def test_even_narrow_steps_that_hardly_differ_in_height_are_the_slant_of_an_area_and_those_of_a_histogram_are_bars():
    slant = [Rectangle(Extent(6.0 * n, 50.0 + 2 * n, 6.0 * n + 6, 200.0), "#222222") for n in range(20)]
    bins = [Rectangle(Extent(6.0 * n, 50.0 + 37 * n % 90, 6.0 * n + 6, 200.0), "#222222") for n in range(20)]
    assert _without_steps(slant) == []
    assert _without_steps(bins) == bins
