"""Bars of colours on scenes built by hand, and shadings and pictures on pages drawn for it."""

from __future__ import annotations

import numpy as np
import pymupdf
import pytest

from docai import sources
from docai.backends.classical.charts import read_chart
from docai.backends.classical.charts.ramps import Strip, find_ramp, has_numbers, ramp_of
from docai.backends.classical.charts.scene import Extent, Label, Rectangle, Scene, Stroke
from docai.backends.classical.charts.vector.pictures import _is_smooth, _piled
from docai.tiling import View

BAR = Extent(100.0, 20.0, 110.0, 120.0)  # of values 0 (at the bottom) to 100


def label(text, x, y, size=8.0):
    return Label(text, Extent(x, y - size / 2, x + 0.6 * size * len(text), y + size / 2), size)


def numbers(values=(0, 25, 50, 75, 100)):
    return tuple(label(str(value), 115.0, 120.0 - value) for value in values)


def ticks(values=(0, 25, 50, 75, 100)):
    return tuple(Stroke(((110.0, 120.0 - value), (113.0, 120.0 - value)), "#000000") for value in values)


def strip(steps=100, extent=BAR):
    """From blue at the bottom to red at the top."""
    shares = (np.arange(steps) + 0.5) / steps
    colours = np.stack([255 * (1 - shares), 0 * shares, 255 * shares], axis=1).round()
    return Strip(extent, True, extent.top + shares * extent.height, colours)


def colour(value):
    return f"#{round(2.55 * value):02x}00{round(255 - 2.55 * value):02x}"


def scene(labels=None, strokes=None, rectangles=()):
    return Scene(200.0, 150.0, numbers() if labels is None else labels, rectangles, ticks() if strokes is None else strokes)


@pytest.mark.parametrize("value", [3.0, 40.0, 62.5, 97.0])
def test_a_colour_tells_its_value_within_the_error_that_is_told(value):
    told = find_ramp(scene(), [strip()]).read(colour(value))
    assert abs(told.value - value) <= told.error < 1.5
    assert not told.ambiguous


def test_the_outermost_colours_stand_for_the_ends():
    ramp = find_ramp(scene(), [strip()])
    assert [ramp.read(colour(value)).value for value in (0.5, 99.5)] == pytest.approx([0, 100], abs=0.1)


def test_a_colour_of_a_binned_bar_may_be_off_by_half_a_bin():
    ramp = find_ramp(scene(), [strip(5)])
    told = ramp.read(colour(30))
    assert (told.value, told.error) == (pytest.approx(30, abs=0.5), pytest.approx(10, abs=0.1))


def test_a_colour_that_comes_twice_is_ambiguous():
    half = strip(50).colours
    there_and_back = Strip(BAR, True, strip().places, np.concatenate([half, half[::-1]]))
    assert find_ramp(scene(), [there_and_back]).read(colour(50)).ambiguous


def test_a_colour_off_the_bar_tells_nothing():
    assert find_ramp(scene(), [strip()]).read("#00ff00") is None


def test_two_numbers_flush_with_the_ends_stand_for_them():
    flush = (label("100", 115.0, 24.0), label("0", 115.0, 116.0))
    ramp = find_ramp(scene(flush, ()), [strip()])
    assert ramp.values[[0, -1]].tolist() == pytest.approx([100, 0])
    assert ramp.halves.min() >= 0.5  # the numbers are rounded


def test_thin_rectangles_in_a_row_are_a_bar_of_colours_and_go_with_their_numbers():
    steps = tuple(Rectangle(Extent(100.0, 20.0 + n, 110.0, 21.0 + n), colour(99.5 - n)) for n in range(100))
    frame, cell = Rectangle(BAR, "", "#000000", 0.8), Rectangle(Extent(10.0, 20.0, 60.0, 70.0), "#ff0000")
    whole = scene(rectangles=(cell, *steps, frame))
    ramp = find_ramp(whole)
    assert ramp.read(colour(30)).value == pytest.approx(30, abs=1)
    assert whole.without(ramp.marks, ramp.used) == Scene(200.0, 150.0, (), (cell,))


def test_its_title_goes_with_it():
    title = Label("Load (%)", Extent(130.0, 50.0, 138.0, 90.0), 8.0, -90.0)
    ramp = find_ramp(scene((*numbers(), title)), [strip()])
    assert ramp.title == "Load (%)"
    assert title in ramp.used


def test_a_shaded_bar_beside_an_axis_that_goes_on_is_no_bar_of_colours():
    longer = numbers((0, 25, 50, 75, 100))
    bar = Extent(100.0, 60.0, 110.0, 120.0)
    assert find_ramp(scene(longer), [strip(60, bar)]) is None


def test_shaded_bars_of_one_width_are_no_bars_of_colours():
    other = strip(100, Extent(140.0, 20.0, 150.0, 120.0))
    assert find_ramp(scene(), [strip(), other]) is None


def test_only_what_has_numbers_beside_it_may_be_a_bar_of_colours():
    assert has_numbers(BAR, scene())
    assert not has_numbers(BAR, scene(()))


def test_a_legend_of_colours_tells_what_lies_between():
    told = ramp_of(["#ff0000", "#0000ff"], [10.0, 0.0]).read(colour(70))
    assert (told.value, told.error) == (pytest.approx(7, abs=0.1), 5.0)


# Pages


def page_of(commands, resources="", size=(300, 200)):
    """A page of PDF commands, y upwards, with an axial shading /Up from blue at y 20 to red at y 120."""
    file = pymupdf.open()
    page = file.new_page(width=size[0], height=size[1])
    function, shading, content = (file.get_new_xref() for _ in range(3))
    file.update_object(function, "<</FunctionType 2 /Domain [0 1] /C0 [0 0 1] /C1 [1 0 0] /N 1>>")
    axial = f"<</ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 20 0 120] /Function {function} 0 R /Extend [true true]>>"
    file.update_object(shading, axial)
    file.xref_set_key(
        page.xref,
        "Resources",
        f"<</Shading <</Up {shading} 0 R>> /Font <</F <</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>> {resources}>>",
    )
    file.update_object(content, "<<>>")
    file.update_stream(content, commands.encode())
    file.xref_set_key(page.xref, "Contents", f"{content} 0 R")
    return file.tobytes()


def text(x, y, words):
    return f"BT /F 8 Tf {x} {y - 2.9} Td ({words}) Tj ET "


def view_of(pdf):
    with sources.opened(sources.origin_of(pdf)) as source:
        page = source.page(1)
    return View(page.reference, page.width_points, page.height_points, words=page.words, paths=page.paths, pictures=page.pictures)


def test_a_shading_in_a_clip_is_a_path_with_its_exact_place():
    view = view_of(page_of("q 50.25 20 30 61.5 re W n /Up sh Q"))
    (path,) = view.paths
    assert path.shaded
    assert path.box.points(view) == pytest.approx((50.25, 118.5, 80.25, 180.0), abs=0.01)
    assert path.fill.startswith("#")
    assert view.pictures == ()


def test_shaded_bars_that_look_alike_have_one_colour():
    bars = "".join(f"q 1 0 0 1 {40 * n} 0 cm 50 20 30 {60 + n} re W n /Up sh Q " for n in range(3))
    assert len({path.fill for path in view_of(page_of(bars)).paths}) == 1


def test_a_heat_map_beside_a_shading_is_read_by_it():
    values = [[10, 35, 80], [95, 60, 20]]
    cells = "".join(
        f"{value / 100} 0 {1 - value / 100} rg {60 + 40 * c} {80 - 40 * r} 40 40 re f "
        for r, row in enumerate(values)
        for c, value in enumerate(row)
    )
    names = "".join(text(78 + 40 * c, 32, name) for c, name in enumerate("ABC"))
    names += text(40, 100, "pp") + text(40, 60, "qq")
    scale = "".join(text(226, 20 + value, str(value)) + f"220 {20 + value} m 223 {20 + value} l S " for value in range(0, 101, 25))
    pdf = page_of(f"{cells}q 210 20 10 100 re W n /Up sh Q 0 g {names}{scale}")
    reply = read_chart(view_of(pdf), ("en",))
    assert reply.answer.chart_type == "heatmap"
    assert [series.name for series in reply.answer.series] == ["pp", "qq"]
    for series, row in zip(reply.answer.series, values, strict=True):
        assert [point.x for point in series.points] == ["A", "B", "C"]
        assert [point.y for point in series.points] == pytest.approx(row, abs=1.0)
        assert all(point.basis == "vector" and point.error < 2 for point in series.points)


def test_a_column_of_a_heat_map_is_no_bar_of_colours():
    cells = [
        Rectangle(
            Extent(20.0 + 12 * column, 20.0 + 20 * row, 32.0 + 12 * column, 40.0 + 20 * row), colour(100 - 20 * row - 5 * column)
        )
        for column in range(3)
        for row in range(5)
    ]
    values = tuple(label(str(10 * (5 - row)), 57.0, 30.0 + 20 * row) for row in range(5))
    column = [cell for cell in cells if cell.extent.left == 44.0]
    assert find_ramp(scene(values, (), tuple(column))) is not None
    assert find_ramp(scene(values, (), tuple(cells))) is None


def test_swatches_apart_with_a_year_each_are_no_bar_of_colours():
    keys = tuple(Rectangle(Extent(100.0, 20.0 + 17 * n, 115.6, 35.6 + 17 * n), colour(20 * n)) for n in range(6))
    years = tuple(label(str(2006 + n), 120.0, 27.8 + 17 * n) for n in range(6))
    assert find_ramp(scene(years, (), keys)) is None


def test_the_last_row_of_a_heat_map_is_no_bar_of_colours_by_the_years_below_it():
    cells = tuple(
        Rectangle(Extent(10.0 + 30 * n, 20.0 + 10 * row, 40.0 + 30 * n, 30.0 + 10 * row), colour(8 * n + 20 * row))
        for n in range(6)
        for row in range(3)
    )
    years = tuple(label(str(2006 + n), 15.0 + 30 * n, 56.0) for n in range(6))
    assert find_ramp(scene(years, (), cells)) is None


def test_the_flat_pieces_of_a_smooth_bar_of_colours_in_a_picture_are_one_though_their_sides_are_a_pixel_off():
    pieces = tuple(Rectangle(Extent(210.0 + n % 2, 10.0 + 8 * n, 224.8, 17.0 + 8 * n), colour(n * 10)) for n in range(10))
    cells = tuple(Rectangle(Extent(20.0 * n, 10.0, 20.0 * n + 20, 30.0), colour(n * 10)) for n in range(6))
    (place,) = _piled(Scene(300.0, 200.0, rectangles=(*pieces, *cells), blur=0.5))
    assert place == Extent(210.0, 10.0, 224.8, 89.0)


def test_a_colour_that_jumps_is_that_of_stacked_pieces():
    places = np.arange(60.0)
    smooth = np.stack([places * 4, places * 2, 255 - places * 4], axis=1)
    jumping = np.where(places[:, None] < 30, [[31.0, 119, 180]], [[255.0, 127, 14]])
    assert _is_smooth(Strip(Extent(0, 0, 5, 60), upright=True, places=places, colours=smooth))
    assert not _is_smooth(Strip(Extent(0, 0, 5, 60), upright=True, places=places, colours=jumping))
