"""Charts drawn by ReportLab's own graphics, for measuring only: nothing but Python."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from reportlab.graphics import renderPDF
from reportlab.graphics.charts.barcharts import HorizontalBarChart, VerticalBarChart
from reportlab.graphics.charts.doughnut import Doughnut
from reportlab.graphics.charts.legends import Legend
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.charts.lineplots import LinePlot, ScatterPlot
from reportlab.graphics.charts.piecharts import Pie
from reportlab.graphics.shapes import Drawing, Group, String, mmult, rotate, translate
from reportlab.graphics.widgets.markers import makeMarker
from reportlab.lib.colors import HexColor, black
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from docai.document import Series
from fine_tune.synth.charts.plan import Plan, titled

DRAWN: Final = (
    "bar",
    "bar_horizontal",
    "bar_grouped",
    "bar_grouped_horizontal",
    "bar_stacked",
    "bar_stacked_horizontal",
    "bar_negative",
    "line",
    "line_many",
    "line_categories",
    "scatter",
    "pie",
    "donut",
)
_MARKS: Final = ("FilledCircle", "FilledSquare", "FilledDiamond", "FilledTriangle")


def draw(plan: Plan, random: Random) -> bytes:
    """Return a PDF of one page with the chart."""
    out = io.BytesIO()
    look = plan.look
    canvas = Canvas(out, pagesize=(look.width, look.height), invariant=1)
    renderPDF.draw(_Drawing(plan, random).drawing(), canvas, 0, 0)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


@cache
def _registered(path: Path) -> str:
    pdfmetrics.registerFont(TTFont(path.stem, str(path)))
    return path.stem


class _Drawing:
    def __init__(self, plan: Plan, random: Random) -> None:
        self.plan, self.random, self.chart, self.look = plan, random, plan.chart, plan.look
        self.font, self.size = _registered(plan.look.face.regular), plan.look.size
        self.flat = plan.chart.orientation == "horizontal"
        self.several = plan.look.legend != "none"

    def drawing(self) -> Drawing:
        look, size = self.look, self.size
        drawn = Drawing(look.width, look.height)
        top = look.height - 4
        for text in simpleSplit(self.chart.title, self.font, size * 1.3, look.width - 20) if self.chart.title else ():
            top -= size * 1.6
            drawn.add(self._string(look.width / 2, top, text, size * 1.3))
        if self.chart.chart_type == "pie":
            self._pie(drawn, top)
            return drawn
        if self.several:
            pairs = [(HexColor(series.colour), series.name) for series in self.chart.series]
            drawn.add(self._legend(pairs, 30, top - 4, columns=len(pairs)))
            top -= 2 * size
        plot = self._plot()
        turned = (
            not self.flat
            and self.chart.x_axis.scale == "category"
            and self._width(" ".join(self.plan.categories)) > 0.7 * look.width
        )
        ticks = [self.plan.numbers.text(point.y or 0.0) for series in self.chart.series for point in series.points]
        plot.x = max(map(self._width, self.plan.categories if self.flat else ticks)) + 2.2 * size + 6
        plot.y = 3.5 * size + (0.6 * max(map(self._width, self.plan.categories)) if turned else 0)
        plot.width, plot.height = look.width - plot.x - 30, top - plot.y - 1.5 * size
        if turned:
            plot.categoryAxis.labels.angle, plot.categoryAxis.labels.boxAnchor = 35, "ne"
        drawn.add(plot)
        across, up = titled(self.chart.x_axis), self.plan.value_title
        across, up = (up, across) if self.flat else (across, up)
        drawn.add(self._string(plot.x + plot.width / 2, 4, across, size))
        upwards = Group(self._string(0, 0, up, size), transform=mmult(translate(size + 2, plot.y + plot.height / 2), rotate(90)))
        drawn.add(upwards)
        return drawn

    def _string(self, x: float, y: float, text: str, size: float) -> String:
        return String(x, y, text, fontName=self.font, fontSize=size, textAnchor="middle")

    def _width(self, text: str) -> float:
        width: float = pdfmetrics.stringWidth(text, self.font, self.size)
        return width

    def _legend(self, pairs: Sequence[tuple[HexColor, str]], x: float, y: float, columns: int) -> Legend:
        legend = Legend()
        legend.x, legend.y, legend.boxAnchor, legend.alignment = x, y, "nw", "right"
        legend.fontName, legend.fontSize, legend.columnMaximum = self.font, self.size, -(-len(pairs) // columns)
        legend.dx = legend.dy = legend.dxTextSpace = self.size * 0.8
        legend.deltax, legend.strokeWidth = self.size, 0
        legend.variColumn = 1
        legend.colorNamePairs = list(pairs)
        return legend

    # ---- plots

    def _plot(self) -> Any:
        chart = self.chart
        makers: dict[str, Callable[[], Any]] = {"bar": self._bars, "scatter": self._scatter}
        if chart.chart_type == "line":
            return self._lines() if chart.x_axis.scale == "category" else self._plotted()
        return makers[chart.chart_type]()

    def _values(self, series: Series) -> list[float]:
        return [point.y or 0.0 for point in series.points]

    def _texts(self, axis: Any) -> None:
        axis.labels.fontName, axis.labels.fontSize = self.font, self.size

    def _scale(self, axis: Any) -> None:
        values = [value for series in self.chart.series for value in self._values(series)]
        if self.chart.stacking == "stacked":
            values = [sum(column) for column in zip(*map(self._values, self.chart.series), strict=True)]
        step = _step(max(map(abs, values)) / self.random.choice((4, 6)))
        low = -step * -(min(0.0, *values) // step)
        axis.valueMin, axis.valueMax = min(0.0, low), step * (max(0.0, *values) // step + 1)
        axis.valueStep = step
        axis.labelTextFormat = lambda value: self.plan.numbers.tick(value, step)
        axis.visibleGrid = int(self.look.grid)
        axis.gridStrokeColor = HexColor("#cccccc")
        self._texts(axis)

    def _categorised(self, plot: Any) -> None:
        plot.data = [self._values(series) for series in self.chart.series]
        plot.categoryAxis.categoryNames = list(self.plan.categories)
        self._texts(plot.categoryAxis)
        self._scale(plot.valueAxis)

    def _bars(self) -> Any:
        plot = HorizontalBarChart() if self.flat else VerticalBarChart()
        self._categorised(plot)
        if self.flat:
            plot.categoryAxis.reverseDirection = 1
        else:
            plot.categoryAxis.labelAxisMode = "low"
        if self.chart.stacking == "stacked":
            plot.categoryAxis.style = "stacked"
        plot.groupSpacing, plot.barSpacing = 10 * self.look.gap / (1 - self.look.gap), 0
        edge = self.random.choice((None, black))
        for place, series in enumerate(self.chart.series):
            plot.bars[place].fillColor, plot.bars[place].strokeColor = HexColor(series.colour), edge
        if self.look.labels and self.chart.stacking == "none":
            plot.barLabels.fontName, plot.barLabels.fontSize = self.font, 0.8 * self.size
            plot.barLabelFormat = self.plan.numbers.text
            plot.barLabels.nudge = 1.2 * self.size if self.flat else 0.7 * self.size
        return plot

    def _lines(self) -> Any:
        plot = HorizontalLineChart()
        self._categorised(plot)
        self._styled(plot)
        return plot

    def _styled(self, plot: Any) -> None:
        for place, series in enumerate(self.chart.series):
            line = plot.lines[place]
            line.strokeColor, line.strokeWidth = HexColor(series.colour), self.random.choice((1, 1.5, 2))
            if self.look.markers:
                line.symbol = makeMarker(_MARKS[place % 4], size=4)
            if self.look.dashed and place:
                line.strokeDashArray = (4, 2)

    def _pairs(self) -> list[list[tuple[float, float]]]:
        return [[(float(point.x), point.y or 0.0) for point in series.points] for series in self.chart.series]

    def _plotted(self) -> Any:
        plot = LinePlot()
        plot.data = self._pairs()
        self._styled(plot)
        self._across(plot)
        return plot

    def _across(self, plot: Any) -> None:
        xs = [x for pairs in plot.data for x, _ in pairs]
        step = _step((max(xs) - min(xs)) / 6)
        plot.xValueAxis.valueMin, plot.xValueAxis.valueMax = step * (min(xs) // step), step * -(-max(xs) // step)
        plot.xValueAxis.valueStep = step
        plot.xValueAxis.labelTextFormat = lambda value: f"{value:g}"
        self._texts(plot.xValueAxis)
        self._scale(plot.yValueAxis)

    def _scatter(self) -> Any:
        plot = ScatterPlot()
        plot.data = self._pairs()
        plot.joinedLines, plot.outerBorderOn, plot.xLabel, plot.yLabel, plot.lineLabelFormat = 0, 0, "", "", None
        for place, series in enumerate(self.chart.series):
            plot.lines[place].symbol = makeMarker(_MARKS[place % 4], size=4)
            plot.lines[place].strokeColor = plot.lines[place].symbol.fillColor = HexColor(series.colour)
        self._across(plot)
        return plot

    def _pie(self, drawn: Drawing, top: float) -> None:
        (series,) = self.chart.series
        plot = Doughnut() if self.plan.kind == "donut" else Pie()
        values, texts = self._values(series), list(self.plan.categories)
        colours = [HexColor(colour) for colour in (*self.look.palette, "#17becf", "#bcbd22")][: len(values)]
        side = min(top - 30, 0.55 * self.look.width)
        plot.x, plot.y, plot.width, plot.height, plot.data = 30, (top - side) / 2, side, side, values
        named = self.plan.kind == "pie" and self.random.random() < 0.5
        shown = [self.plan.numbers.text(value) for value in values] if self.look.labels else [""] * len(values)
        plot.labels = [f"{text} {value}".strip() for text, value in zip(texts, shown, strict=True)] if named else shown
        if named:
            plot.x = 0.5 * (self.look.width - side)
            plot.sideLabels = 1
        for place, colour in enumerate(colours):
            part = plot.slices[place]
            part.fillColor, part.strokeColor, part.fontName, part.fontSize = colour, HexColor("#ffffff"), self.font, self.size
        drawn.add(plot)
        if not named:
            drawn.add(self._legend(list(zip(colours, texts, strict=True)), 30 + side + 45, top - 10, columns=1))


def _step(width: float) -> float:
    """Return the round step, 1, 2 or 5 times a power of ten, that is next to a width."""
    power: float = 10.0 ** math.floor(math.log10(width))
    return next((factor * power for factor in (1, 2, 5) if factor * power >= width), 10 * power)
