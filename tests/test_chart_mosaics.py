"""Heat maps in pictures: cells of one shade that touch are one piece."""

from __future__ import annotations

from dataclasses import replace

from docai.backends.classical.charts.legends import Legend
from docai.backends.classical.charts.readers.boxes import read_boxes
from docai.backends.classical.charts.readers.heatmaps import find_grid
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Rectangle, Scene, Stroke
from docai.chart_regions.mosaics import find_mosaic
from docai.chart_regions.shapes import Place, Shape

SHADES = ("#234b9e", "#c6e9b5", "#50b9c1", "#edf8bc", "#93d5b9")
PLOT = Plot(Extent(0.0, 0.0, 100.0, 80.0), None, None)


def _shapes(*, off: float = 0.0) -> list[Shape]:
    """Return 5 by 4 cells of 20 points, two of them one piece; every other `off` the grid."""
    cells = [(column, row) for column in range(5) for row in range(4) if (column, row) != (1, 0)]
    return [
        Shape(
            Place(20 * c + off * (r % 2), 20 * r + off * (c % 2), 20 * c + (39 if (c, r) == (0, 0) else 19), 20 * r + 19),
            "rectangle",
            SHADES[(c + r) % 5],
            0,
        )
        for c, r in cells
    ]


def test_a_mosaic_is_rectangles_of_several_colours_on_a_grid() -> None:
    assert len(find_mosaic(_shapes())) == 19


def test_rectangles_off_a_grid_or_of_few_colours_are_no_mosaic() -> None:
    assert not find_mosaic(_shapes(off=7.0))
    assert not find_mosaic([replace(shape, colour=SHADES[0]) for shape in _shapes()])


def test_a_piece_as_large_as_two_cells_of_a_picture_is_two_cells() -> None:
    marks = tuple(Rectangle(Extent(*shape.place), shape.colour) for shape in _shapes())
    grid = find_grid(Scene(100.0, 80.0, rectangles=marks, blur=0.5), PLOT, 1.5)
    assert grid is not None
    assert len(grid.cells) == 20
    assert grid.cells[0, 0].fill == grid.cells[1, 0].fill


def test_a_box_of_a_picture_that_a_white_median_parts_is_one_box() -> None:
    down = Scale("linear", horizontal=False, start=0.0, end=100.0, ticks=(), slope=-1.0, intercept=100.0)
    across = Scale("category", horizontal=True, start=0.0, end=100.0, ticks=())
    rectangles, strokes = [], []
    for left, top in ((10.0, 20.0), (40.0, 30.0), (70.0, 25.0)):
        rectangles += [Rectangle(Extent(left, top, left + 20, top + 15), "#4c78a8")]
        rectangles += [Rectangle(Extent(left, top + 16, left + 20, top + 40), "#4c78a8")]
        strokes += [Stroke(((left + 10, top - 10), (left + 10, top + 55)), "#808080")]
    scene = Scene(100.0, 100.0, rectangles=tuple(rectangles), strokes=tuple(strokes), blur=0.5)
    part = read_boxes(scene, Plot(Extent(0.0, 0.0, 100.0, 100.0), across, down), Legend())
    assert part is not None
    assert [round(value.y or 0.0, 1) for value in part.strands[2].values] == [64.5, 54.5, 59.5]
    assert [round(value.y or 0.0, 1) for value in part.strands[0].values] == [25.0, 15.0, 20.0]
