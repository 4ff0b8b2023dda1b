"""Charts on drawn pages: planned like all drawn charts, and painted exactly so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from docai.document import Axis, Chart, Point, Series
from docai.document import replace as changed
from fine_tune.synth.charts.plan import make_plan
from fine_tune.synth.ink import Area, Colour, Dot, Outline, Patch
from fine_tune.synth.pages.frame import Frame, Place, Scale, nice_ticks, plain, whole
from fine_tune.synth.pages.layout import in_lines
from fine_tune.synth.pages.scene import Scene, tint

CHART_KINDS: Final = (
    *("bar", "bar", "bar_horizontal", "bar_grouped", "bar_grouped_horizontal", "bar_stacked", "bar_stacked_horizontal"),
    *("bar_percent", "line", "line_many", "line_categories", "area", "area_stacked", "scatter", "pie", "donut"),
)
HELD_OUT_CHART_KINDS: Final = (*dict.fromkeys(CHART_KINDS), "bar_negative", "bar_floating")
_WHITE: Final[Colour] = (255, 255, 255)
_SIDES: Final = 64  # of the polygon that a full circle is drawn as: less than a pixel off at 300 pixels
_MARKER: Final = 2.2  # points: the radius of the dot at a value of a line


def draw_chart(scene: Scene, kind: str, place: Place) -> Chart | None:
    """Print a chart in a rectangle of pixels and return what it shows; None where its words have no room there."""
    plan = make_plan(scene.random, kind, scene.author.language, held_out=scene.author.held_out)
    sheet = scene.sheet
    kept = len(sheet.strokes), len(sheet.marks)
    try:
        return _Painter(scene, plan, place).paint()
    except ValueError:  # a word is too long, or would stand off the page
        del sheet.strokes[kept[0] :], sheet.marks[kept[1] :]
        return None


class _Painter(Frame):
    def paint(self) -> Chart:
        self._title()
        self._legend()
        if self.chart.chart_type == "pie":
            series, axes = self._pie(), (Axis(), Axis())
        else:
            series, axes = self._plot()
        return changed(
            self.chart,
            box=self.sheet.box(self.whole),
            words=tuple(self.words),
            series=tuple(series),
            x_axis=axes[0],
            y_axis=axes[1],
        )

    # ---- pies

    def _pie(self) -> list[Series]:
        (series,) = self.chart.series
        values = [point.y or 0.0 for point in series.points]
        colours, total = self._slices(len(values)), sum(values)
        middle = ((self.left + self.right) / 2, (self.top + self.bottom) / 2)
        radius = min(self.right - self.left, self.bottom - self.top) / 2 - 3
        inner = radius * self.scene.random.uniform(0.4, 0.6) if self.plan.kind == "donut" else 0.0
        points, angle = [], -math.pi / 2
        for point, colour in zip(series.points, colours, strict=True):
            turn = 2 * math.pi * (point.y or 0.0) / total
            corners = _sector(middle, radius, inner, (angle, angle + turn))
            self.sheet.strokes.append(Patch(corners, colour))
            self.sheet.strokes.append(Outline(corners, self.sheet.paper, 1, closed=True))
            points.append(changed(point, box=self.sheet.box(_hull(corners))))
            if self.plan.look.labels:
                at = radius * 0.72 if not inner else (radius + inner) / 2
                where = (middle[0] + at * math.cos(angle + turn / 2), middle[1] + at * math.sin(angle + turn / 2))
                self._label(point.y or 0.0, where, colour, room=turn * at)
            angle += turn
        return [changed(series, points=tuple(points))]

    def _label(self, value: float, middle: tuple[float, float], under: Colour | None, room: float) -> None:
        """Print a value round a place; not where it has no room."""
        letters = self.small
        if under is not None:
            letters = replace(letters, colour=_WHITE if sum(under) < 380 else (0, 0, 0))  # of 765: what is dark
        text = self.plan.numbers.text(value)
        width = letters.length(text)
        if width <= room - 4:
            self._print(in_lines(text.split(), width + 1, letters), middle[0] - width / 2, middle[1] - letters.line / 2)

    # ---- plots with axes

    def _plot(self) -> tuple[list[Series], tuple[Axis, Axis]]:
        chart, random = self.chart, self.scene.random
        low, high = self._range()
        ticks = nice_ticks(low, high, random.randint(4, 7))
        value_labels = [self.plan.numbers.tick(tick, ticks[1] - ticks[0]) for tick in ticks]
        categories = chart.x_axis.scale == "category"
        xs = [] if categories else self._x_ticks()
        across = list(self.plan.categories) if categories else [plain(x) for x in xs]
        value_axis, x_axis = self._frames(value_labels, across)
        values = Scale(ticks[0], ticks[-1], *value_axis)
        self._grid(values, ticks, value_labels)
        if categories:
            self._category_labels(across, x_axis)
            places = Scale(-0.5, len(across) - 0.5, *x_axis)
        else:
            places = Scale(xs[0], xs[-1], *x_axis)
            self._number_labels(xs, across, places)
        series = self._bars(values, places) if chart.chart_type == "bar" else self._marks(values, places)
        self._axis_lines(values)
        x_truth = chart.x_axis if categories else changed(chart.x_axis, low=xs[0], high=xs[-1])
        return series, (x_truth, changed(chart.y_axis, low=ticks[0], high=ticks[-1]))

    def _bars(self, values: Scale, places: Scale) -> list[Series]:
        stacked = self.chart.stacking != "none"
        share = 1.0 - self.plan.look.gap
        each = share if stacked else share / len(self.chart.series)
        sums: dict[int, float] = {}
        found = []
        for number, (series, colour) in enumerate(zip(self.chart.series, self.colours, strict=True)):
            points: list[Point] = []
            for place, point in enumerate(series.points):
                y = point.y or 0.0
                base = sums.get(place, 0.0) if stacked else (point.low or 0.0)
                top = base + y if stacked else y
                sums[place] = top
                start = place - share / 2 + (0.0 if stacked else number * each)
                sides = sorted((places.at(start), places.at(start + each)))
                ends = sorted((values.at(base), values.at(top)))
                box = (ends[0], sides[0], ends[1], sides[1]) if self.horizontal else (sides[0], ends[0], sides[1], ends[1])
                pixels = whole(box)
                self.sheet.strokes.append(Area(pixels, colour))
                points.append(changed(point, box=self.sheet.box(pixels)))
                self._bar_label(y, box, colour, stacked=stacked)
            found.append(changed(series, points=tuple(points)))
        return found

    def _bar_label(self, value: float, box: Place, colour: Colour, *, stacked: bool) -> None:
        if not self.plan.look.labels or value < 0:
            return
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        width = self.small.length(self.plan.numbers.text(value))
        if stacked:
            if box[3] - box[1] > self.small.line:
                self._label(value, middle, colour, box[2] - box[0])
        elif self.horizontal:
            if box[2] + width + 4 < self.right and box[3] - box[1] > 0.8 * self.small.line:
                self._label(value, (box[2] + 3 + width / 2, middle[1]), None, width + 4)
        elif width < 1.15 * (box[2] - box[0]) or len(self.chart.series) == 1:
            self._label(value, (middle[0], box[1] - 0.55 * self.small.line), None, (box[2] - box[0]) / (1 - self.plan.look.gap))

    def _marks(self, values: Scale, places: Scale) -> list[Series]:
        sums: dict[int, float] = {}
        found, kind = [], self.chart.chart_type
        paints = []
        for series, colour in zip(self.chart.series, self.colours, strict=True):
            corners, lower = [], []
            for place, point in enumerate(series.points):
                base = sums.get(place, 0.0) if self.chart.stacking != "none" else 0.0
                sums[place] = base + (point.y or 0.0)
                x = float(place) if self.chart.x_axis.scale == "category" else float(point.x)
                corners.append((places.at(x), values.at(sums[place] if kind == "area" else point.y or 0.0)))
                lower.append((places.at(x), values.at(max(base, values.low))))
            paints.append((corners, lower, colour))
            radius = max(2.0, _MARKER * self.sheet.unit * (1.2 if kind == "scatter" else 1.0))
            boxes = [self.sheet.box((x - radius, y - radius, x + radius, y + radius)) for x, y in corners]
            points = tuple(changed(point, box=box) for point, box in zip(series.points, boxes, strict=True))
            found.append(changed(series, points=points))
        for corners, lower, colour in paints:
            if kind == "area":
                light = tint(colour, 0.55)
                self.sheet.strokes.append(Patch((*corners, *reversed(lower)), light if self.chart.stacking == "none" else colour))
            if kind in ("line", "area"):
                self.sheet.strokes.append(Outline(tuple(corners), colour, max(1, round(1.3 * self.sheet.unit))))
            if kind == "scatter" or (kind == "line" and self.plan.look.markers):
                self.sheet.strokes += [Dot(corner, radius, colour) for corner in corners]
        return found


def _sector(middle: tuple[float, float], outer: float, inner: float, turn: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """Return the corners of a part of a disc or ring between two angles."""
    steps = max(2, math.ceil(_SIDES * (turn[1] - turn[0]) / (2 * math.pi)) + 1)
    angles = [turn[0] + (turn[1] - turn[0]) * step / (steps - 1) for step in range(steps)]
    rim = [(middle[0] + outer * math.cos(angle), middle[1] + outer * math.sin(angle)) for angle in angles]
    core = [(middle[0] + inner * math.cos(angle), middle[1] + inner * math.sin(angle)) for angle in reversed(angles)]
    return (*rim, *(core if inner else [middle]))


def _hull(corners: Sequence[tuple[float, float]]) -> Place:
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
