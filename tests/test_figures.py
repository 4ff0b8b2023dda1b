"""What is drawn together is one figure, with its labels; frames, shading and underlines are none."""

from __future__ import annotations

import numpy as np
import pytest

from docai.box import Box
from docai.captions import is_caption
from docai.chart_regions import find_charts
from docai.figures import find_figures, is_bent
from docai.lines import find_lines
from docai.sources import Picture, VectorPath
from tests.drawn_pages import HEIGHT, WIDTH, Sheet, filled, line, lines_of, page_of, source_page


def figures(sheet, tables=()):
    page = page_of(sheet.data())
    return find_figures(page, find_lines(page.words, page.width_points, page.height_points), tables)


def only_chart(sheet):
    page = page_of(sheet.data())
    (chart,) = find_charts(page, find_lines(page.words, page.width_points, page.height_points))
    return chart


def only_figure(sheet):
    (drawn,), frames = figures(sheet)
    assert frames == []
    return drawn


def texts(drawn):
    return {row.text for row in drawn.lines}


def path(left, top, right, bottom, fill="#1050a0", stroke=""):
    """Return a rectangle; places are in points."""
    box = Box(left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT)
    return VectorPath(box, fill, stroke, 1.0, (("rectangle", *box),))


# ---- pictures


def test_a_picture_is_a_figure():
    drawn = only_figure(Sheet().picture(100, 100, 300, 250))
    assert drawn.looks_like == "picture"
    assert [round(side * size) for side, size in zip(drawn.box, (595, 842) * 2, strict=True)] == [100, 100, 300, 250]


def test_pictures_apart_are_two_figures_and_those_side_by_side_are_one():
    sheet = Sheet().picture(100, 100, 200, 200).picture(100, 400, 200, 500)
    assert len(figures(sheet)[0]) == 2
    strips = Sheet().picture(100, 100, 300, 140).picture(100, 140, 300, 180).picture(100, 180, 300, 220)
    assert only_figure(strips).box.height == pytest.approx(120 / 842, abs=0.002)


def test_words_on_a_picture_belong_to_it():
    drawn = only_figure(Sheet().picture(100, 100, 300, 250).text(120, 180, "inside").text(120, 300, "below"))
    assert texts(drawn) == {"inside"}


def test_bullets_and_icons_are_no_figures():
    sheet = Sheet().picture(100, 100, 110, 110)
    sheet.page.draw_circle((60, 300), 2, color=None, fill=(0, 0, 0))
    assert figures(sheet) == ([], [])


def test_a_picture_behind_text_is_a_frame():
    sheet = Sheet().picture(50, 80, 545, 400, np.full((20, 20, 3), 235, np.uint8))
    sheet.column(60, 100, 470, filled(260))
    drawn, frames = figures(sheet)
    assert drawn == []
    assert len(frames) == 1


def test_what_lies_in_a_table_is_no_figure():
    sheet = Sheet().picture(100, 100, 300, 250)
    assert figures(sheet, [Box(0.1, 0.1, 0.6, 0.4)]) == ([], [])


# ---- charts and drawings


def test_bars_on_axes_with_numbers_are_one_chart_with_its_labels():
    drawn = only_chart(Sheet().bars(150, 400, [30, 60, 90, 110]))
    assert texts(drawn) >= {"0", "10", "20", "2020", "2021", "2022", "2023"}


def ticked(sheet):
    """Draw tick labels on the left of and below 100, 200, 400, 400."""
    for n in range(5):
        sheet.text(82, 203 + 50 * n, str(40 - 10 * n), 8)
    for n in range(6):
        sheet.text(122 + 48 * n, 412, str(2019 + n), 8)
    return sheet


def test_a_line_that_touches_its_axes_is_a_chart_with_their_labels():
    sheet = ticked(Sheet().rule(100, 400, 400, 400).rule(100, 400, 100, 200))
    sheet.page.draw_polyline([(100, 390), (180, 290), (230, 310), (280, 260), (330, 270), (400, 205)], color=(0, 0, 1))
    drawn = only_chart(sheet)
    assert {"0", "10", "20", "30", "40", "2019", "2024"} <= texts(drawn)


def test_a_line_that_hovers_inside_its_axes_is_a_chart_with_their_labels():
    sheet = ticked(Sheet())
    sheet.page.draw_rect((100, 200, 400, 400), color=(0, 0, 0))
    sheet.page.draw_polyline([(130, 330), (180, 290), (230, 310), (280, 260), (330, 270), (370, 240)], color=(0, 0, 1))
    drawn = only_chart(sheet)
    assert {"0", "10", "20", "30", "40", "2019", "2024"} <= texts(drawn)


def test_points_between_axes_are_a_chart():
    sheet = ticked(Sheet())
    sheet.page.draw_rect((100, 200, 400, 400), color=(0, 0, 0))
    places = np.random.default_rng(3).uniform((108, 208), (392, 392), (40, 2))
    for x, y in places:
        sheet.page.draw_circle((x, y), 2, color=None, fill=(0, 0, 0.8))
    drawn = only_chart(sheet)
    assert {"0", "40", "2019", "2024"} <= texts(drawn)


def test_a_diagram_of_curves_without_numbers_is_a_drawing():
    sheet = Sheet()
    for n in range(4):
        sheet.page.draw_circle((150 + 40 * n, 200), 25, color=(0, 0, 0))
    drawn = only_figure(sheet.text(140, 203, "one").text(180, 203, "two"))
    assert drawn.looks_like == "drawing"
    assert " ".join(sorted(texts(drawn))) == "one two"


def test_an_axis_title_that_runs_upwards_belongs_to_its_chart():
    sheet = Sheet().bars(150, 400, [30, 60, 90, 110]).text(122, 370, "Million parcels", 8, rotate=90)
    assert "Million parcels" in texts(only_figure(sheet))


def test_text_below_a_chart_does_not_belong_to_it():
    sheet = Sheet().bars(150, 400, [30, 60, 90, 110]).text(150, 436, "Figure 1: Parcels").text(60, 470, filled(12))
    assert not any(text.startswith(("Figure", "The")) for text in texts(only_figure(sheet)))


def test_a_line_that_labels_two_charts_belongs_to_one():
    sheet = Sheet().bars(60, 300, [30, 60, 90]).bars(270, 300, [30, 60, 90])
    drawn, _ = figures(sheet)
    rows = [id(row) for one in drawn for row in one.lines]
    assert len(rows) == len(set(rows)) > 0


# ---- what is none


def test_underlines_and_separators_are_no_figures():
    sheet = Sheet().text(60, 100, "underlined").rule(60, 102, 110, 102).rule(60, 200, 535, 200).rule(60, 780, 200, 780)
    assert figures(sheet) == ([], [])


def test_white_paint_is_no_figure():
    page = source_page(paths=(path(100, 100, 300, 300, "#ffffff"), path(350, 100, 500, 300, "", "#ffffff")))
    assert find_figures(page, [], []) == ([], [])


def test_paint_that_fills_the_page_is_no_figure():
    page = source_page(paths=(path(0, 0, WIDTH, HEIGHT),))
    assert find_figures(page, [], []) == ([], [])


def test_a_ruled_or_shaded_box_around_text_is_a_frame():
    rows = lines_of("\n".join(filled(12, 12 * n) for n in range(8)), 70, 120)
    outlined = path(60, 100, 460, 230, "", "#000000")
    shaded = path(60, 100, 460, 230, "#e0e8f0")
    for one in (outlined, shaded):
        drawn, frames = find_figures(source_page(paths=(one,)), rows, [])
        assert drawn == []
        assert [frame.box for frame in frames] == [one.box]


def test_a_frame_with_round_corners_is_a_frame():
    sheet = Sheet()
    sheet.page.draw_rect((60, 100, 460, 230), radius=0.1, color=(0, 0, 0))
    sheet.column(70, 120, 380, filled(80))
    drawn, frames = figures(sheet)
    assert drawn == []
    assert len(frames) == 1


def test_an_empty_page_has_no_figures():
    assert find_figures(source_page(), [], []) == ([], [])


def test_a_picture_inside_a_drawing_is_part_of_it():
    sheet = Sheet()
    for n in range(4):
        sheet.page.draw_circle((200 + 40 * n, 200), 90, color=(0, 0, 0))
    sheet.picture(220, 180, 280, 220)
    assert len(figures(sheet)[0]) == 1


# ---- curves and captions


def test_curves_and_slanted_lines_are_bent():
    assert is_bent(("curve", 0.1, 0.1, 0.2, 0.2, 0.3, 0.1, 0.4, 0.1))
    assert is_bent(("line", 0.1, 0.1, 0.2, 0.3))
    assert not is_bent(("line", 0.1, 0.1, 0.5, 0.1))
    assert not is_bent(("rectangle", 0.1, 0.1, 0.5, 0.4))


@pytest.mark.parametrize(
    "text",
    [
        "Table 1: Depots",
        "TABLE IV. Results",
        "Fig. 2.3 The network",
        "Figure A1",
        "Exhibit 12 – Costs",
        "표 1. 부문별 매출액",
        "<표 3> 예산",
        "[그림 2] 조직도",
        "Bảng 1: Sản lượng",
        "Hình 2.1. Sơ đồ",
        "Biểu đồ 3: Doanh thu",
        "Chart 3",
    ],
)
def test_a_caption_begins_with_its_kind_and_number(text):
    assert is_caption(text)


@pytest.mark.parametrize(
    "text", ["Tables are read", "The table 1", "Figure out how", "표준 1", "그림자 2", "Hình thức 1", "Plate with food", "12 Table"]
)
def test_other_text_is_no_caption(text):
    assert not is_caption(text)


def test_a_caption_beside_a_chart_is_not_taken_for_a_label():
    page = source_page(paths=tuple(path(100 + 30 * n, 200 - 10 * n, 120 + 30 * n, 300) for n in range(5)), pictures=())
    rows = [line("Figure 3", 100, 324, 8), *(line(str(n), 105 + 30 * n, 312, 8) for n in range(5))]
    (drawn,), _ = find_figures(page, rows, [])
    assert texts(drawn) == set("01234")


def test_a_small_picture_beside_a_large_one_stays_small_enough():
    found = source_page(pictures=(Picture(Box(0.1, 0.1, 0.5, 0.5), 10, 10), Picture(Box(0.8, 0.8, 0.81, 0.81), 4, 4)))
    (drawn,), _ = find_figures(found, [], [])
    assert drawn.box == Box(0.1, 0.1, 0.5, 0.5)
