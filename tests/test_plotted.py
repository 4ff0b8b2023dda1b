"""What is plotted in a picture becomes paths: bars, lines over a grid, discs; text and photographs do not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from docai.backends.classical.plotted import is_plotted, plotted, stands_straight

WIDTH, HEIGHT = 400, 300


def sheet():
    return np.full((HEIGHT, WIDTH, 3), 255, np.uint8)


def bars(heights):
    pixels = sheet()
    for place, high in enumerate(heights):
        cv2.rectangle(pixels, (60 + 70 * place, 250 - high), (95 + 70 * place, 249), (31, 119, 180), -1)
    return pixels


def rectangles(paths):
    return [path for path in paths if path.fill and path.segments[0][0] == "rectangle"]


def test_bars_are_rectangles_within_a_pixel():
    found = sorted(rectangles(plotted(bars([60, 120, 200]))), key=lambda path: path.box.left)
    assert [path.box.left * WIDTH for path in found] == pytest.approx([60, 130, 200], abs=1)
    assert [path.box.height * HEIGHT for path in found] == pytest.approx([60, 120, 200], abs=2)
    assert {path.fill for path in found} == {"#1f77b4"}


def test_bars_of_different_length_on_one_line_are_plotted_and_those_of_one_length_are_not():
    assert is_plotted(plotted(bars([60, 120, 200])))
    assert not is_plotted(plotted(bars([90, 90, 90])))


def test_a_disc_of_several_colours_is_plotted_and_one_of_one_colour_is_not():
    pixels = sheet()
    for colour, start, end in (((255, 127, 14), 0, 130), ((44, 160, 44), 130, 250), ((31, 119, 180), 250, 360)):
        cv2.ellipse(pixels, (200, 150), (90, 90), 0, start, end, colour, -1)
    assert is_plotted(plotted(pixels))
    plain = sheet()
    cv2.circle(plain, (200, 150), 90, (255, 127, 14), -1)
    assert not is_plotted(plotted(plain))


def test_a_line_over_a_grid_is_plotted():
    pixels = sheet()
    for down in (60, 110, 160, 210):
        cv2.line(pixels, (40, down), (380, down), (222, 222, 222), 1)
    points = np.array([(50, 200), (130, 80), (210, 150), (290, 70), (370, 120)], np.int32)
    cv2.polylines(pixels, [points], isClosed=False, color=(214, 39, 40), thickness=2)
    assert is_plotted(plotted(pixels))


def test_text_and_noise_are_not_plotted():
    text = sheet()
    for row in range(6):
        cv2.putText(text, "quarterly review", (20, 50 + 40 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (0, 0, 0), 2)
    noise = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    assert not is_plotted(plotted(text))
    assert not is_plotted(plotted(noise))


def test_too_small_a_picture_has_nothing_plotted():
    assert plotted(np.full((30, 30, 3), 200, np.uint8)) == ()


def test_bars_in_one_row_of_pixels_stand_straight_where_a_skew_would_show():
    paths = plotted(bars([60, 120, 200]))
    assert stands_straight(paths, 0.6, WIDTH, HEIGHT)
    assert stands_straight(paths, -0.6, WIDTH, HEIGHT)
    assert not stands_straight(paths, 0.1, WIDTH, HEIGHT)


def test_bars_that_were_turned_do_not_stand_straight():
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 1.0, 1.0)
    turned = cv2.warpAffine(bars([60, 120, 200]), turn, (WIDTH, HEIGHT), borderValue=(255, 255, 255))
    assert not stands_straight(plotted(np.asarray(turned, np.uint8)), 1.0, WIDTH, HEIGHT)


def test_a_few_small_rings_of_a_vivid_colour_are_symbols():
    pixels = sheet()
    for x, y in ((80, 60), (160, 200), (300, 120)):
        cv2.circle(pixels, (x, y), 4, (228, 87, 86), 1)
    rings = [path for path in plotted(pixels) if path.fill and path.segments[0][0] == "line"]
    assert sorted(round(path.box.left * WIDTH) for path in rings) == [76, 156, 296]


def test_what_is_filled_and_not_square_is_an_area():
    pixels = sheet()
    corners = np.array([(50, 250), (50, 150), (150, 90), (250, 170), (350, 60), (350, 250)], np.int32)
    cv2.fillPoly(pixels, [corners], (31, 119, 180))
    (area,) = [path for path in plotted(pixels) if path.fill]
    assert area.segments[0][0] == "line"
    assert [side * size for side, size in zip(area.box, (WIDTH, HEIGHT) * 2, strict=True)] == pytest.approx(
        [50, 60, 350, 250], abs=5
    )


def test_an_area_that_covers_most_of_a_picture_is_not_its_ground():
    pixels = sheet()
    cv2.fillPoly(pixels, [np.array([(30, 280), (30, 40), (200, 20), (380, 60), (380, 280)], np.int32)], (34, 34, 34))
    assert {path.fill for path in plotted(pixels) if path.fill} == {"#222222"}


def test_a_line_of_steps_is_a_line_and_a_ruled_table_is_none():
    steps = sheet()
    corners = [(40, 220), (120, 220), (120, 120), (200, 120), (200, 180), (280, 180), (280, 70), (360, 70)]
    cv2.polylines(steps, [np.array(corners, np.int32)], isClosed=False, color=(31, 119, 180), thickness=2)
    assert any(len(path.segments) > 1 and path.stroke for path in plotted(steps))
    table = sheet()
    for place in range(5):
        cv2.line(table, (40, 40 + 50 * place), (360, 40 + 50 * place), (0, 0, 0), 1)
        cv2.line(table, (40 + 80 * place, 40), (40 + 80 * place, 240), (0, 0, 0), 1)
    assert not any(len(path.segments) > 1 for path in plotted(table))


def test_a_light_plate_is_found_with_its_white_grid_lines():
    pixels = sheet()
    cv2.rectangle(pixels, (60, 40), (360, 240), (235, 235, 235), -1)
    for down in (90, 140, 190):
        cv2.line(pixels, (60, down), (360, down), (255, 255, 255), 1)
    cv2.rectangle(pixels, (60, 100), (200, 130), (31, 119, 180), -1)
    paths = plotted(pixels)
    plates = [path for path in paths if path.segments[0][0] == "rectangle" and not path.fill]
    assert [round(plates[0].box.left * WIDTH), round(plates[0].box.bottom * HEIGHT)] == [60, 241]
    assert sorted(round(path.box.top * HEIGHT) for path in paths if path.segments[0][0] == "line") == [90, 140, 190]


def test_points_at_all_heights_over_a_grid_are_plotted_and_points_in_a_row_are_not():
    for scattered in (True, False):
        pixels = sheet()
        for down in range(50, 260, 50):
            cv2.line(pixels, (40, down), (380, down), (221, 221, 221), 1)
        for place in range(12):
            middle = (60 + 25 * place, 60 + 53 * place % 180 if scattered else 120)
            cv2.circle(pixels, middle, 4, (31, 119, 180), -1)
        assert is_plotted(plotted(pixels)) == scattered
