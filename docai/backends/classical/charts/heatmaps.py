"""Heat maps: a grid of cells whose colours, or the numbers printed in them, tell values."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np

from docai.backends.classical.charts.blocks import slack_of
from docai.backends.classical.charts.legends import Legend
from docai.backends.classical.charts.parts import Mark, Part, Strand, Value
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Label, Rectangle, Scene
from docai.numbers import read_columns

LEAST_CELLS: Final = 4
LEAST_FILLED: Final = 0.5  # of a grid's places that have a cell; others are missing
CLOSE: Final = 0.7  # of the distance of two cells that they are wide; bars of a grouped chart are further apart or unlike
PRINTED: Final = 0.6  # of the cells that have a number in them where numbers tell the values
LEAST_STEPS: Final = 8  # colours of a ramp
OFF_RAMP: Final = 12.0  # of 255 in RGB, that a cell's colour may be off the colours of the ramp
RAMP_OFF: Final = 0.01  # of a ramp's length that its labels may be off a straight fit
SURE_BY_COLOUR: Final = 0.93  # of a value that a colour tells, exact to a step of the ramp
SURE_PRINTED: Final = 0.98
UNNAMED: Final = 0.4  # of a cell whose row or column has no name

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells by column and row, and the middles of columns and rows in the order of their places."""

    cells: dict[tuple[int, int], Rectangle]
    columns: list[float]
    rows: list[float]


@dataclass(frozen=True, slots=True)
class _Ramp:
    """The colours of a bar of colours, each with its value, in the order of its steps; `step` is the value of one."""

    colours: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    values: np.ndarray[tuple[int], np.dtype[np.float64]]
    step: float
    marks: tuple[Mark, ...]

    def value(self, colour: Colour) -> float | None:
        """Return the value of a colour, between two neighbouring steps by their nearness; None where it is not on the ramp."""
        starts, ends = self.colours[:-1], self.colours[1:]
        ways = ends - starts
        lengths = np.maximum((ways**2).sum(axis=1), 1e-9)
        shares = np.clip(((np.array(colour) - starts) * ways).sum(axis=1) / lengths, 0.0, 1.0)
        off = np.linalg.norm(starts + shares[:, None] * ways - np.array(colour), axis=1)
        best = int(off.argmin())
        if off[best] > OFF_RAMP:
            return None
        return float(self.values[best] + shares[best] * (self.values[best + 1] - self.values[best]))


def read_heatmap(scene: Scene, plot: Plot, legend: Legend) -> Part | None:
    """Return the cells of a heat map, a series for each row; `None` where there is no grid, or nothing tells its values."""
    slack = slack_of(scene)
    grid = find_grid(scene, plot, slack)
    if grid is None or plot.across is None or plot.down is None:
        return None
    numbers = _numbers_in_cells(scene, grid)
    marks: list[Mark] = list(grid.cells.values())
    if len(numbers) >= PRINTED * len(grid.cells):
        values = {place: _printed(numbers.get(place), cell) for place, cell in grid.cells.items()}
    else:
        ramp = _find_ramp(scene, grid, slack) or _ramp_of_legend(legend)
        if ramp is None:
            return None
        marks.extend(ramp.marks)
        values = {place: _coloured(ramp, cell) for place, cell in grid.cells.items()}
    columns = _names(scene, grid, plot.across, across=True)
    rows = [name if isinstance(name, str) else _text(name, plot.down) for name in _names(scene, grid, plot.down, across=False)]
    return Part("heatmap", _strands(values, columns, rows), tuple(marks), sure=0.98)


# The grid


def find_grid(scene: Scene, plot: Plot, slack: float) -> Grid | None:
    """Return the grid of equal rectangles in a plot; None where there is none."""
    by_size: dict[tuple[int, int], list[Rectangle]] = defaultdict(list)
    for mark in scene.rectangles:
        if mark.fill and plot.extent.holds(mark.extent.middle, slack) and min(mark.extent.width, mark.extent.height) > slack:
            by_size[round(mark.extent.width / 2), round(mark.extent.height / 2)].append(mark)
    if not by_size:
        return None
    size = max(by_size, key=lambda key: len(by_size[key]))
    cells = [mark for key, marks in by_size.items() if abs(key[0] - size[0]) <= 1 and abs(key[1] - size[1]) <= 1 for mark in marks]
    if len(cells) < LEAST_CELLS or len({cell.fill for cell in cells}) < 2:
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
    return Grid(at, columns, rows) if CLOSE * down <= height <= down + slack else None


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
    told = read_columns([[label.text for _, label in found]])[0] if found else []
    return {
        place: (label, float(number.value))
        for (place, label), number in zip(found, told, strict=True)
        if number is not None and counts[place] == 1
    }


def _printed(number: tuple[Label, float] | None, cell: Rectangle) -> Value | None:
    if number is None:
        return None
    label, value = number
    return Value("", value, cell.extent, printed=label, sure=SURE_PRINTED * label.confidence)


def _coloured(ramp: _Ramp, cell: Rectangle) -> Value | None:
    value = ramp.value(_rgb(cell.fill))
    return None if value is None else Value("", value, cell.extent, error=ramp.step / 2, sure=SURE_BY_COLOUR)


def _rgb(colour: str) -> Colour:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _find_ramp(scene: Scene, grid: Grid, slack: float) -> _Ramp | None:
    """Return the bar of colours beside a grid: rectangles of one thickness that follow each other, with numbers along it."""
    cells = {id(cell) for cell in grid.cells.values()}
    free = [mark for mark in scene.rectangles if mark.fill and id(mark) not in cells]
    for upright in (True, False):
        by_side: dict[tuple[int, int], list[Rectangle]] = defaultdict(list)
        for mark in free:
            left, top, right, bottom = mark.extent
            by_side[(round(left), round(right)) if upright else (round(top), round(bottom))].append(mark)
        for steps in by_side.values():
            if len(steps) < LEAST_STEPS or len({mark.fill for mark in steps}) < LEAST_STEPS:
                continue
            ramp = _calibrated(scene, steps, slack, upright=upright)
            if ramp is not None:
                return ramp
    return None


def _calibrated(scene: Scene, steps: Sequence[Rectangle], slack: float, *, upright: bool) -> _Ramp | None:
    """Return the steps of a bar of colours with the values that the labels beside it tell."""
    side, along = (1, 1) if upright else (0, 0)
    steps = sorted(steps, key=lambda mark: mark.extent[side])
    shown = [
        mark
        for mark in steps
        if mark.extent[side + 2] - mark.extent[side] < 0.5 * (steps[-1].extent[side + 2] - steps[0].extent[side])
    ]
    if len(shown) < LEAST_STEPS:
        return None
    gaps = [after.extent[side] - before.extent[side + 2] for before, after in pairwise(shown)]
    if max(gaps) > slack:
        return None
    start, end = shown[0].extent[side], shown[-1].extent[side + 2]
    outer = (shown[0].extent[1 - side], shown[0].extent[3 - side])
    near = [
        label
        for label in scene.labels
        if start - slack <= label.extent.middle[along] <= end + slack
        and max(label.extent[1 - side] - outer[1], outer[0] - label.extent[3 - side]) < 2.5 * label.size
    ]
    fit = _straight([label.extent.middle[along] for label in near], near, end - start)
    if fit is None:
        return None
    slope, intercept = fit
    places = np.array([(mark.extent[side] + mark.extent[side + 2]) / 2 for mark in shown])
    colours = np.array([_rgb(mark.fill) for mark in shown], dtype=np.float64)
    return _Ramp(colours, slope * places + intercept, abs(slope) * (end - start) / len(shown), tuple(steps))


def _straight(places: Sequence[float], labels: Sequence[Label], length: float) -> tuple[float, float] | None:
    """Return the slope and intercept of the numbers along a bar of colours; None where they are no straight scale."""
    told = read_columns([[label.text for label in labels]])[0] if labels else []
    pairs = [(place, float(number.value)) for place, number in zip(places, told, strict=True) if number is not None]
    if len({round(place) for place, _ in pairs}) < 2 or len({value for _, value in pairs}) < 2:
        return None
    x, y = np.array(pairs, dtype=np.float64).T
    slope, intercept = (float(number) for number in np.polyfit(x, y, 1))
    off = np.abs((y - intercept) / slope - x).max()
    return (slope, intercept) if off <= max(RAMP_OFF * length, 1.0) else None


def _ramp_of_legend(legend: Legend) -> _Ramp | None:
    """Return what a legend of colours with a number each tells."""
    told = read_columns([[entry.name for entry in legend.entries]])[0] if legend.entries else []
    pairs = [
        (entry.colour, float(number.value))
        for entry, number in zip(legend.entries, told, strict=True)
        if number is not None and entry.colour
    ]
    if len(pairs) < max(2, len(legend.entries)):
        return None
    colours = np.array([_rgb(colour) for colour, _ in pairs], dtype=np.float64)
    values = np.array([value for _, value in pairs], dtype=np.float64)
    return _Ramp(colours, values, float(np.abs(np.diff(values)).min()), ())


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
        beside = _labels_beside(scene, grid, across=across)
        if all(place in beside for place in range(len(places))) and not any(tick.label in beside.values() for tick in scale.ticks):
            return [beside[place].text for place in range(len(places))]  # the scale is that of the bar of colours
        return [scale.value(place) for place in places]
    nearest = [scale.nearest(place) for place in places]
    return [
        tick.text if tick is not None and abs(tick.place - place) <= max(off, 0.5 * scale.step) else ""
        for tick, place in zip(nearest, places, strict=True)
    ]


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
