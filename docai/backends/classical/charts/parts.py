"""What readers of marks find: series of values, each with the mark that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from docai.backends.classical.charts.legends import Legend
from docai.backends.classical.charts.scales import Plot
from docai.backends.classical.charts.scene import Extent, Label, Polygon, Rectangle, Scene, Sector, Stroke, Symbol

Mark = Rectangle | Stroke | Polygon | Symbol | Sector


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a mark shows; see `docai.document.Point` for `x`, `y`, `low`, `high` and `size`.

    Attributes:
        extent: Where the mark lies; of a line, a small square around its vertex.
        error: What half a pixel makes in `y`; None for drawn marks.
        end: The coordinate of the mark's end that `y` was read at, along the value axis, None where it was not read on an axis.
        printed: The label that tells `y` beside the mark, if there is one (see `printed.py`).
        sure: How sure it is that the mark was found and named rightly, 0..1, the calibration of the axes left aside.
    """

    x: float | str
    y: float | None
    extent: Extent
    error: float | None = None
    end: float | None = None
    low: float | None = None
    high: float | None = None
    size: float | None = None
    printed: Label | None = None
    sure: float = 1.0


@dataclass(frozen=True, slots=True)
class Strand:
    """A series as it was found: its values in the order of their places; `axis` tells which value axis measures them."""

    name: str
    colour: str
    values: tuple[Value, ...]
    axis: Literal["first", "second"] = "first"


@dataclass(frozen=True, slots=True)
class Part:
    """What one reader makes of a plot.

    Attributes:
        kind: What shows the values.
        strands: The series, in the order of the legend, else as they stand in the plot.
        marks: The marks that it explains, so that no other reader takes them.
        orientation: In which direction values grow.
        sure: How sure it is that this is such a chart, 0..1.
        faults: What is to be told of it: pairs of a problem's code and its message.
    """

    kind: Literal["bar", "line", "area", "point", "pie", "box", "heatmap"]
    strands: tuple[Strand, ...]
    marks: tuple[Mark, ...]
    orientation: Literal["vertical", "horizontal"] = "vertical"
    stacking: Literal["none", "stacked", "percent"] = "none"
    sure: float = 1.0
    faults: tuple[tuple[str, str], ...] = ()


Reader = Callable[[Scene, Plot, Legend], Part | None]
"""Reads the marks of its kind in a plot; `None` where there are none. Marks that others have explained are not in the scene."""
