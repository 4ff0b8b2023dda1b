"""Heat maps: a grid of cells whose colours, or the numbers printed in them, tell values."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np

from docai.backends.classical.charts.axes.categories import filled
from docai.backends.classical.charts.axes.readings import read_numbers
from docai.backends.classical.charts.axes.unmeasured import tiled
from docai.backends.classical.charts.legends import Legend, paled
from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.ramps import Ramp, ramp_of
from docai.backends.classical.charts.readers.blocks import slack_of
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Label, Rectangle, Scene
from docai.numbers import read_columns

LEAST_CELLS: Final = 4
MANY_CELLS, LEAST_SHADES = 9, 4  # that are surely no swatches, nor the pieces of stacked bars
LEAST_FILLED: Final = 0.5  # of a grid's places that have a cell; others are missing
MOST_OTHERS: Final = 0.5  # of its cells, that are in their colours and of another size; of stacked bars a few are alike by chance
CLOSE: Final = 0.7  # of the distance of two cells that they are wide; bars of a grouped chart are further apart or unlike
PRINTED: Final = 0.6  # of the cells that have a number in them where numbers tell the values
AGREEING: Final = 0.04  # of what a bar of colours spans that a printed number may be off what its colour tells
FINE: Final = 0.006  # of what a bar of colours spans that a value may be off, up to which it is a sure one
SURE_BY_COLOUR: Final = 0.96  # of such a value
FAIR: Final = 0.9  # of one between
COARSE: Final = 0.012  # of what a bar of colours spans that a value may be off, from which on it is a rough one
ROUGH: Final = 0.7  # of such a value
AMBIGUOUS: Final = 0.5  # of a value whose colour is that of others, too
SURE_PRINTED: Final = 0.98
CENTRED: Final = 0.2  # of the distance of two cells that a label may be off the middle of its own
NEAR_STEP: Final = 0.1  # of the step of an axis' ticks that the middle of a cell is off its value at most
OFF_GRID: Final = 0.1  # of the rectangles of a heat map in a picture that are no whole number of cells large
UNNAMED: Final = 0.4  # of a cell whose row or column has no name


_PARTED = re.compile(r"\d[.,]\d")
_THOUSANDS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:[.,]\d{3})+(?![\d.,])")


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells by column and row, the middles of columns and rows in the order of their places, and what cells are drawn with."""

    cells: dict[tuple[int, int], Rectangle]
    columns: list[float]
    rows: list[float]
    marks: tuple[Rectangle, ...]


def read_heatmap(scene: Scene, plot: Plot, legend: Legend) -> Part | None:
    """Return the cells of a heat map, a series for each row; `None` where there is no grid, or nothing tells its values.

    Numbers printed in the cells tell them, or their colours; where both do, the numbers go before unless they are rounded more
    coarsely (`printed.py`).
    """
    grid = find_grid(scene, plot, slack_of(scene))
    if grid is None or plot.across is None or plot.down is None:
        return None
    numbers = _numbers_in_cells(scene, grid)
    printed = {place: _printed(numbers.get(place), cell) for place, cell in grid.cells.items()}
    are_printed = len(numbers) >= PRINTED * len(grid.cells)
    ramp = legend.ramp or _ramp_of_legend(legend)
    coloured = {place: _coloured(ramp, cell, scene.blur) for place, cell in grid.cells.items()} if ramp is not None else {}
    if are_printed and ramp is not None and not _agree(printed, coloured, ramp):
        coloured = {}
    if not are_printed and sum(value is not None for value in coloured.values()) < PRINTED * len(grid.cells):
        return None
    values = {place: _told(coloured.get(place), printed[place] if are_printed else None, ramp) for place in grid.cells}
    columns = _names(scene, grid, plot.across, across=True)
    rows = [name if isinstance(name, str) else _text(name, plot.down) for name in _names(scene, grid, plot.down, across=False)]
    sure = 0.98 if are_printed or ramp is None else 0.98 * ramp.confidence
    return Part("heatmap", _strands(values, columns, rows), grid.marks, sure=sure)


def outside_cells(scene: Scene) -> list[Label]:
    """Return the labels of a scene but those that are printed in the cells of a grid, which name no swatch beside them."""
    cells = _tiles(scene)
    return [label for label in scene.labels if not any(cell.holds(label.extent.middle) for cell in cells)]


def without_tiles(scene: Scene) -> Scene:
    """Return a picture's scene without the cells of a grid, which are no swatches of the names beside them."""
    cells = set(_tiles(scene)) if scene.blur else set()
    marks = [mark for mark in scene.rectangles if mark.extent in cells]
    return scene.without(marks) if len(marks) >= MANY_CELLS and len({mark.fill for mark in marks}) >= LEAST_SHADES else scene


def _tiles(scene: Scene) -> list[Extent]:
    found = filled(scene)
    return tiled(found) if len(found) >= LEAST_CELLS else []


# The grid


def find_grid(scene: Scene, plot: Plot, slack: float) -> Grid | None:
    """Return the grid of equal rectangles in a plot; None where there is none."""
    shown = [
        mark
        for mark in scene.rectangles
        if mark.fill and plot.extent.holds(mark.extent.middle, slack) and min(mark.extent.width, mark.extent.height) > slack
    ]
    marks = _parted(shown, slack) if scene.blur else shown
    by_size = _by_size(marks)
    if not by_size:
        return None
    cells = _of_one_size(by_size)
    fills = {cell.fill for cell in cells}
    others = sum(mark.fill in fills for marks in by_size.values() for mark in marks) - len(cells)
    if len(cells) < LEAST_CELLS or len(fills) < 2 or others > MOST_OTHERS * len(cells):
        return None
    columns = _places([cell.extent.middle[0] for cell in cells], slack)
    rows = _places([cell.extent.middle[1] for cell in cells], slack)
    if len(columns) < 2 or len(rows) < 2:
        return None
    at = {(_index(columns, cell.extent.middle[0]), _index(rows, cell.extent.middle[1])): cell for cell in cells}
    width, height = median(cell.extent.width for cell in cells), median(cell.extent.height for cell in cells)
    across, down = _pitch(columns), _pitch(rows)
    if len(at) < LEAST_FILLED * len(columns) * len(rows) or not CLOSE * across <= width <= across + slack:
        return None
    if not CLOSE * down <= height <= down + slack:
        return None
    return Grid(at, columns, rows, tuple(shown) if len(marks) > len(shown) else tuple(at.values()))


def _by_size(marks: Sequence[Rectangle]) -> dict[tuple[int, int], list[Rectangle]]:
    """Return rectangles by half their width and height in whole units."""
    by_size: dict[tuple[int, int], list[Rectangle]] = defaultdict(list)
    for mark in marks:
        by_size[round(mark.extent.width / 2), round(mark.extent.height / 2)].append(mark)
    return by_size


def _of_one_size(by_size: dict[tuple[int, int], list[Rectangle]]) -> list[Rectangle]:
    """Return the rectangles of about the size that most have."""
    size = max(by_size, key=lambda key: len(by_size[key]))
    return [mark for key, marks in by_size.items() if abs(key[0] - size[0]) <= 1 and abs(key[1] - size[1]) <= 1 for mark in marks]


def _parted(shown: Sequence[Rectangle], slack: float) -> list[Rectangle]:
    """Return the rectangles of a picture as cells: what is as large as several, of one colour, is parted where no smaller one lies.

    Cells of nearly the same shade that touch are one piece in pictures. The rectangles as they are where few cells are one by one.
    """
    by_size = _by_size(shown)
    single = _of_one_size(by_size) if by_size else []
    if len(single) < LEAST_CELLS or len({mark.fill for mark in shown}) < LEAST_SHADES:
        return list(shown)
    columns = _places([cell.extent.middle[0] for cell in single], slack)
    rows = _places([cell.extent.middle[1] for cell in single], slack)
    if len(columns) < 2 or len(rows) < 2:
        return list(shown)
    across, down = _pitch(columns), _pitch(rows)
    size = single[0].extent
    if not (CLOSE * across <= size.width <= across + slack and CLOSE * down <= size.height <= down + slack):
        return list(shown)
    found: dict[tuple[int, int], Rectangle] = {}
    kept = []
    for mark in sorted(shown, key=lambda mark: mark.extent.width * mark.extent.height):
        left, top, right, bottom = mark.extent
        wide, high = max(1, round((right - left) / across)), max(1, round((bottom - top) / down))
        begin, above = (left - columns[0]) / across + 0.5, (top - rows[0]) / down + 0.5
        placed = abs(begin - round(begin)) * across <= slack + 1 and abs(above - round(above)) * down <= slack + 1
        if not placed or abs(right - left - wide * across) > slack + wide or abs(bottom - top - high * down) > slack + high:
            kept.append(mark)
            continue
        step, fall = (right - left) / wide, (bottom - top) / high
        for column in range(wide):
            for row in range(high):
                extent = Extent(left + column * step, top + row * fall, left + (column + 1) * step, top + (row + 1) * fall)
                place = round(extent.middle[0] / across - columns[0] / across), round(extent.middle[1] / down - rows[0] / down)
                found.setdefault(place, replace(mark, extent=extent))
    return [*found.values(), *kept] if len(kept) <= OFF_GRID * len(shown) else list(shown)


def _places(middles: Sequence[float], slack: float) -> list[float]:
    """Return the distinct places of middles, those within a slack as one."""
    groups: list[list[float]] = []
    for middle in sorted(middles):
        if groups and middle - groups[-1][-1] <= slack:
            groups[-1].append(middle)
        else:
            groups.append([middle])
    return [float(median(group)) for group in groups]


def _index(places: Sequence[float], place: float) -> int:
    return int(np.abs(np.asarray(places) - place).argmin())


def _pitch(places: Sequence[float]) -> float:
    return min(after - before for before, after in pairwise(places))


# Values


def _numbers_in_cells(scene: Scene, grid: Grid) -> dict[tuple[int, int], tuple[Label, float]]:
    """Return the numbers printed in cells."""
    first = next(iter(grid.cells.values())).extent
    found: list[tuple[tuple[int, int], Label]] = []
    for label in scene.labels:
        across, down = label.extent.middle
        place = _index(grid.columns, across), _index(grid.rows, down)
        cell = grid.cells.get(place)
        if cell is not None and cell.extent.holds((across, down)) and label.extent.width <= 1.2 * first.width:
            found.append((place, label))
    counts = Counter(place for place, _ in found)
    told = _numbers_of([label.text for _, label in found])
    return {
        place: (label, number)
        for (place, label), number in zip(found, told, strict=False)
        if number is not None and counts[place] == 1
    }


def _numbers_of(texts: Sequence[str]) -> Sequence[float | None]:
    """Return what numbers in cells say; signs that all stand before three figures part thousands where others have none."""
    customs = read_numbers(texts)
    if len(customs) < 2:
        return customs[0].values if customs else ()
    parted = [text for text in texts if _PARTED.search(text)]
    thousands = all(_THOUSANDS.search(text) for text in parted) and (
        len(parted) < len(texts) or all(text.rstrip(" %").endswith("0") for text in texts)
    )
    by_size = sorted(customs[:2], key=lambda custom: sum(abs(value or 0.0) for value in custom.values))
    return by_size[-1].values if thousands else customs[0].values


def _printed(number: tuple[Label, float] | None, cell: Rectangle) -> Value | None:
    if number is None:
        return None
    label, value = number
    return Value("", value, cell.extent, printed=label, sure=SURE_PRINTED * label.confidence)


def _coloured(ramp: Ramp, cell: Rectangle, blur: float) -> Value | None:
    told = ramp.read(paled(cell.fill, cell.opacity), blur)
    if told is None:
        return None
    sure = SURE_BY_COLOUR if told.error <= FINE * ramp.span else ROUGH if told.error > COARSE * ramp.span else FAIR
    if told.ambiguous:
        sure = min(sure, AMBIGUOUS)
    return Value("", told.value, cell.extent, error=told.error, sure=sure)


def _agree(printed: dict[tuple[int, int], Value | None], coloured: dict[tuple[int, int], Value | None], ramp: Ramp) -> bool:
    """Return whether most numbers are what the colours of their cells tell; others are percentages, or counts, beside them."""
    pairs = [(one.y, other.y) for place, one in printed.items() if one is not None and (other := coloured.get(place)) is not None]
    near = sum(abs((one or 0.0) - (other or 0.0)) <= AGREEING * ramp.span for one, other in pairs)
    return bool(pairs) and near >= PRINTED * len(pairs)


def _told(coloured: Value | None, printed: Value | None, ramp: Ramp | None) -> Value | None:
    """Return what the colour of a cell tells, else the number in it; as sure as the surer one where both say the same."""
    if coloured is None or printed is None or ramp is None:
        return coloured or printed
    agree = abs((coloured.y or 0.0) - (printed.y or 0.0)) <= AGREEING * ramp.span
    return replace(coloured, sure=max(coloured.sure, printed.sure)) if agree else coloured


def _ramp_of_legend(legend: Legend) -> Ramp | None:
    """Return what a legend of colours with a number each tells."""
    told = read_columns([[entry.name for entry in legend.entries]])[0] if legend.entries else []
    pairs = [
        (entry.colour, float(number.value))
        for entry, number in zip(legend.entries, told, strict=True)
        if number is not None and entry.colour
    ]
    if len(pairs) < max(2, len(legend.entries)):
        return None
    return ramp_of([colour for colour, _ in pairs], [value for _, value in pairs])


# Series


def _strands(
    values: dict[tuple[int, int], Value | None], columns: Sequence[float | str], rows: Sequence[str]
) -> tuple[Strand, ...]:
    strands = []
    for row, title in enumerate(rows):
        found = []
        for column, name in enumerate(columns):
            value = values.get((column, row))
            if value is not None:
                sure = value.sure * (1.0 if name != "" and title else UNNAMED)
                found.append(Value(name, value.y, value.extent, value.error, printed=value.printed, sure=sure))
        strands.append(Strand(title, "", tuple(found)))
    return tuple(strand for strand in strands if strand.values)


def _names(scene: Scene, grid: Grid, scale: Scale, *, across: bool) -> list[float | str]:
    """Return what the columns (`across`) or rows of a grid stand for, "" where nothing tells."""
    places = grid.columns if across else grid.rows
    off = 0.3 * _pitch(places)
    if scale.kind != "category":
        own = [scale.at(place, CENTRED * _pitch(places)) for place in places]
        if len(scale.ticks) == len(places) and None not in own:
            return [tick.text for tick in own if tick is not None]  # each has its own label
        beside = _labels_beside(scene, grid, across=across)
        if all(place in beside for place in range(len(places))) and not any(tick.label in beside.values() for tick in scale.ticks):
            return [beside[place].text for place in range(len(places))]  # the scale is that of the bar of colours
        return _on_steps([scale.value(place) for place in places], scale)
    nearest = [scale.nearest(place) for place in places]
    return [
        tick.text if tick is not None and abs(tick.place - place) <= max(off, 0.5 * scale.step) else ""
        for tick, place in zip(nearest, places, strict=True)
    ]


def _on_steps(values: Sequence[float], scale: Scale) -> list[float | str]:
    """Return values by the steps of the ticks of a scale where all lie near them: labels tell places less exactly than cells do."""
    told = sorted(tick.value for tick in scale.ticks if tick.value is not None)
    step = min((after - before for before, after in pairwise(told)), default=0.0)
    if scale.kind != "linear" or step <= 0:
        return list(values)
    even = [told[0] + round((value - told[0]) / step) * step for value in values]
    near = all(abs(one - value) <= NEAR_STEP * step for one, value in zip(even, values, strict=True))
    return list(even if near and len(set(even)) == len(even) else values)


def _labels_beside(scene: Scene, grid: Grid, *, across: bool) -> dict[int, Label]:
    """Return the labels under the columns of a grid, or to the left of its rows, by the number of the column or row."""
    extents = [cell.extent for cell in grid.cells.values()]
    edge = max(extent.bottom for extent in extents) if across else min(extent.left for extent in extents)
    places = grid.columns if across else grid.rows
    off = 0.3 * _pitch(places)
    found: dict[int, Label] = {}
    for label in scene.labels:
        middle = label.extent.middle[0 if across else 1]
        away = label.extent.top - edge if across else edge - label.extent.right
        number = _index(places, middle)
        if -0.2 * label.size <= away <= 3 * label.size and abs(places[number] - middle) <= off:
            found.setdefault(number, label)
    return found


def _text(value: float, scale: Scale) -> str:
    if scale.kind == "date":
        return datetime.fromtimestamp(round(value), tz=timezone.utc).date().isoformat()
    return f"{value:g}"
