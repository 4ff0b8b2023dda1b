"""Charts drawn by Vega, from Vega-Lite specifications, by vl-convert."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

import vl_convert

from docai.document import Axis, Point, Series
from fine_tune.synth.charts.plan import KINDS, Plan, titled
from fine_tune.synth.fonts import family

DRAWN: Final = KINDS
THEMES: Final = (None, "quartz", "fivethirtyeight", "ggplot2", "vox", "googlecharts")
_SCHEMES: Final = ("viridis", "blues", "yelloworangered", "tealblues")
_SPOTS: Final = {"right": "right", "top": "top", "bottom": "bottom", "inside": "top-right"}
Spec = dict[str, Any]


def draw(plan: Plan, random: Random) -> bytes:
    """Return a PDF of one page with the chart."""
    made: bytes = vl_convert.vegalite_to_pdf(
        json.dumps(_Drawing(plan, random).spec()), theme=THEMES[plan.look.style], format_locale=_locale(plan)
    )
    return made


def _locale(plan: Plan) -> Spec:
    numbers = plan.numbers
    signs = {"decimal": numbers.decimal, "thousands": numbers.thousands, "grouping": [3], "currency": [numbers.before, ""]}
    return {**signs, "minus": numbers.minus}


@cache
def _known(folder: Path) -> None:
    """Make the fonts of a folder known."""
    vl_convert.register_font_directory(str(folder))


class _Drawing:
    def __init__(self, plan: Plan, random: Random) -> None:
        self.plan, self.random, self.chart, self.look = plan, random, plan.chart, plan.look
        self.flat = plan.chart.orientation == "horizontal"
        self.several = plan.look.legend != "none"

    def spec(self) -> Spec:
        plan, look = self.plan, self.look
        kinds = {"donut": "pie", "bubble": "cloud", "scatter": "cloud", "histogram": "histogram", "mixed": "mixed"}
        drawing: Spec = getattr(self, f"_{kinds.get(plan.kind, plan.chart.chart_type)}")()
        _known(look.face.regular.parent)
        font = family(look.face.regular)
        view = {"stroke": None} if self.random.random() < 0.5 else {}
        title = {"title": {"text": self._broken(plan.chart.title), "anchor": self.random.choice(("start", "middle"))}}
        return {
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            **(title if plan.chart.title else {}),
            "width": 0.75 * look.width,
            "height": 0.75 * look.height,
            "background": "white",
            "data": {"values": self._rows()},
            **drawing,
            "config": {
                "font": font,
                "view": view,
                "axis": {"labelFontSize": look.size, "titleFontSize": look.size + 1, "labelFont": font, "titleFont": font},
                "legend": {"labelFontSize": look.size, "titleFontSize": look.size + 1, "labelFont": font, "titleFont": font},
                "title": {"fontSize": look.size * 1.3, "font": font},
                "text": {"font": font, "fontSize": look.size * 0.9},
            },
        }

    def _broken(self, text: str) -> list[str]:
        words, lines = text.split(), [""]
        for word in words:
            if len(lines[-1]) + len(word) > self.look.width / (0.9 * self.look.size):
                lines.append("")
            lines[-1] = f"{lines[-1]} {word}".strip()
        return lines

    # ---- data

    def _rows(self) -> list[Spec]:
        return [self._row(series, point) for series in self.chart.series for point in series.points]

    def _row(self, series: Series, point: Point) -> Spec:
        row: Spec = {"x": point.x, "y": point.y, "name": series.name, "text": self.plan.numbers.text(point.y or 0.0)}
        return {**row, "low": point.low, "high": point.high, "size": point.size}

    def _only(self, name: str) -> list[Spec]:
        return [{"filter": {"field": "name", "equal": name}}]

    # ---- axes and legends

    def _value(self, axis: Axis | None = None, **changes: Any) -> Spec:
        axis = axis or self.chart.y_axis
        numbers = self.plan.numbers
        looks: Spec = {"grid": self.look.grid}
        whole = "datum.value" if numbers.divisor == 1 else f"datum.value / {numbers.divisor:.0f}"
        if numbers.scaling in ("short", "percent"):
            looks["labelExpr"] = f"format({whole}, ',') + '{numbers.behind}'"
        elif numbers.scaling == "money":
            looks["format"] = "$,.6~f"
        if axis.scale == "log":
            looks["tickCount"] = 6
        scale: Spec = {"type": axis.scale} if axis.scale == "log" else {}
        if axis.low is not None and axis.high is not None and axis.low > axis.high:
            scale.update(domain=[axis.high, axis.low], reverse=True)
        elif self.chart.chart_type == "line":
            scale["zero"] = self.random.random() < 0.5
        return {"field": "y", "type": "quantitative", "title": titled(axis), "axis": looks, "scale": scale, **changes}

    def _other(self, **changes: Any) -> Spec:
        axis = self.chart.x_axis
        kind = {"category": "nominal", "date": "temporal"}.get(axis.scale, "quantitative")
        spec: Spec = {"field": "x", "type": kind, "title": titled(axis) or None, "axis": {"grid": False}, **changes}
        if kind == "nominal":
            spec["sort"] = None
            turned = self.random.choice((-45, -90, 0)) if self.look.turned else -30
            long = sum(map(len, self.plan.categories)) * self.look.size * 0.55 > self.look.width * 0.7
            spec["axis"] = {"labelAngle": 0 if self.flat else turned * (long or self.look.turned)}
            if self.chart.chart_type == "bar":
                spec["scale"] = {"paddingInner": self.look.gap}
        elif kind == "temporal":
            spec["scale"] = {"type": "utc"}
        else:
            years = all(isinstance(p.x, float) and 1900 <= p.x <= 2100 for s in self.chart.series for p in s.points)
            spec["scale"] = {"zero": False, "nice": self.random.random() < 0.5}
            spec["axis"] = {"grid": self.look.grid, **({"format": "d"} if years else {})}
        return spec

    def _sides(self, value: Spec, other: Spec) -> Spec:
        return {"x": value, "y": other} if self.flat else {"x": other, "y": value}

    def _colour(self) -> Spec:
        if not self.several:
            return {"value": self.chart.series[0].colour}
        names = [series.name for series in self.chart.series]
        colours = [series.colour for series in self.chart.series]
        legend = {"orient": _SPOTS[self.look.legend], "title": None}
        return {"field": "name", "sort": None, "scale": {"domain": names, "range": colours}, "legend": legend}

    # ---- marks

    def _bar(self) -> Spec:
        plan, chart = self.plan, self.chart
        stacked, several = chart.stacking != "none", len(chart.series) > 1
        value = self._value(stack="zero" if stacked else None)
        if chart.stacking == "percent" and self.random.random() < 0.5:
            value.update(stack="normalize", axis={"format": "%", "grid": self.look.grid})
        channels: Spec = {**self._sides(value, self._other()), "color": self._colour()}
        if stacked:
            channels["order"] = {"field": "place"}
        side, far = ("x", "x2") if self.flat else ("y", "y2")
        if several and not stacked:
            channels["yOffset" if self.flat else "xOffset"] = {"field": "name", "sort": None}
        if plan.kind == "bar_floating":
            channels[side] = {**value, "field": "low"}
            channels[far] = {"field": "high"}
        mark: Spec = {"type": "bar"} | ({"cornerRadiusEnd": 3} if self.random.random() < 0.15 and not stacked else {})
        layers: list[Spec] = [{"mark": mark, "encoding": channels}]
        if plan.kind == "bar_errors":
            ends = {"field": "low", "type": "quantitative", "title": value["title"]}
            rule = {**channels, side: ends, far: {"field": "high"}, "color": {"value": "black"}}
            layers.append({"mark": {"type": "rule"}, "encoding": rule})
        if self.look.labels:
            shift = {"align": "left", "dx": 3} if self.flat else {"baseline": "bottom", "dy": -3}
            if stacked:
                # a value at the middle of its part: Vega-Lite's `bandPosition`
                channels = {**channels, side: {**value, "bandPosition": 0.5}}
                shift = {}
            text = {**channels, "text": {"field": "text"}, "color": {"value": "black"}}
            layers.append({"mark": {"type": "text", **shift}, "encoding": text})
        return {"transform": [{"calculate": self._place(), "as": "place"}], "layer": layers}

    def _place(self) -> str:
        names = json.dumps([series.name for series in self.chart.series], ensure_ascii=False)
        return f"indexof({names}, datum.name)"

    def _histogram(self) -> Spec:
        xs = [float(point.x) for point in self.chart.series[0].points]
        half = (xs[1] - xs[0]) / 2
        steps = [{"calculate": f"datum.x - {half}", "as": "start"}, {"calculate": f"datum.x + {half}", "as": "end"}]
        other = {"field": "start", "bin": {"binned": True, "step": 2 * half}, "title": titled(self.chart.x_axis)}
        channels = {"x": other, "x2": {"field": "end"}, "y": self._value(), "color": self._colour()}
        return {"transform": steps, "mark": {"type": "bar", "binSpacing": self.random.choice((0, 1))}, "encoding": channels}

    def _line(self) -> Spec:
        mark: Spec = {"type": "line", "strokeWidth": self.random.choice((1, 2, 2.5))}
        if self.look.markers:
            mark["point"] = {"filled": True} if self.random.random() < 0.7 else {"filled": False, "fill": "white"}
        if self.plan.kind == "line_step":
            mark["interpolate"] = self.random.choice(("step-after", "step"))
        channels: Spec = {"x": self._other(), "y": self._value(), "color": self._colour()}
        if self.look.dashed and self.several:
            channels["strokeDash"] = {"field": "name", "sort": None, "legend": None}
        if not self.look.labels:
            return {"mark": mark, "encoding": channels}
        text = {**channels, "text": {"field": "text"}}
        return {"layer": [{"mark": mark, "encoding": channels}, {"mark": {"type": "text", "dy": -8}, "encoding": text}]}

    def _area(self) -> Spec:
        channels = {"x": self._other(), "y": self._value(stack="zero"), "color": self._colour(), "order": {"field": "place"}}
        mark = {"type": "area", "line": self.random.random() < 0.3, "opacity": self.random.choice((1, 0.7))}
        return {"transform": [{"calculate": self._place(), "as": "place"}], "mark": mark, "encoding": channels}

    def _cloud(self) -> Spec:
        channels: Spec = {"x": self._other(), "y": self._value(), "color": self._colour()}
        if self.plan.kind == "bubble":
            # the area is the size, and the legend says so
            channels["size"] = {
                "field": "size",
                "type": "quantitative",
                "scale": {"domain": [0, 1], "range": [0, 700]},
                "title": None,
            }
            return {"mark": {"type": "circle", "opacity": 0.6}, "encoding": channels}
        if self.look.markers and self.several:
            channels["shape"] = {"field": "name", "sort": None, "legend": None}
        return {
            "mark": {"type": "point", "filled": self.random.random() < 0.5, "size": self.random.choice((20, 30, 50))},
            "encoding": channels,
        }

    def _pie(self) -> Spec:
        names = list(self.plan.categories)
        colours = [*self.look.palette, "#17becf", "#bcbd22"][: len(names)]
        radius = 0.3 * min(self.look.width, self.look.height)
        inner = {"innerRadius": radius * self.random.uniform(0.4, 0.65)} if self.plan.kind == "donut" else {}
        channels: Spec = {
            "theta": {"field": "y", "type": "quantitative", "stack": True},
            "order": {"field": "place"},
            "color": {"field": "x", "type": "nominal", "sort": None, "scale": {"domain": names, "range": colours}, "title": None},
        }
        order = json.dumps(names, ensure_ascii=False)
        layers: list[Spec] = [{"mark": {"type": "arc", "outerRadius": radius, **inner}, "encoding": channels}]
        if self.look.labels:
            text: Spec = {**channels, "text": {"field": "text"}, "color": {"value": "black"}}
            layers.append({"mark": {"type": "text", "radius": radius * 1.15}, "encoding": text})
        return {"transform": [{"calculate": f"indexof({order}, datum.x)", "as": "place"}], "layer": layers}

    def _box(self) -> Spec:
        other, value = self._other(), self._value()
        five = ("minimum", "lower quartile", "median", "upper quartile", "maximum")
        wide = [{"pivot": "name", "value": "y", "groupby": ["x"]}]
        width = 0.55 * self.look.width / len(self.plan.categories)

        def between(low: str, high: str) -> Spec:
            return {"x": other, "y": {**value, "field": low}, "y2": {"field": high}}

        def of(names: tuple[str, ...]) -> list[Spec]:
            return [{"filter": {"field": "name", "oneOf": list(names)}}]

        whiskers = {"transform": of(five) + wide, "mark": {"type": "rule"}, "encoding": between(five[0], five[4])}
        box = {"type": "bar", "size": width, "fill": self.look.palette[0], "stroke": "black"}
        boxes = {"transform": of(five) + wide, "mark": box, "encoding": between(five[1], five[3])}
        line = {"type": "tick", "size": width, "color": self.random.choice(("white", "black")), "thickness": 1.5}
        middles = {"transform": of(("median",)), "mark": line, "encoding": {"x": other, "y": value}}
        beyond = {"transform": of(("outlier",)), "mark": {"type": "point", "size": 18}, "encoding": {"x": other, "y": value}}
        return {"layer": [whiskers, boxes, middles, beyond]}

    def _heatmap(self) -> Spec:
        plain = {"type": "nominal", "sort": None, "title": None}
        channels: Spec = {"x": {"field": "x", **plain}, "y": {"field": "name", **plain}}
        colour = {"field": "y", "type": "quantitative", "scale": {"scheme": self.random.choice(_SCHEMES)}, "title": None}
        layers: list[Spec] = [{"mark": "rect", "encoding": {**channels, "color": colour}}]
        if self.look.labels:
            layers.append({"mark": "text", "encoding": {**channels, "text": {"field": "text"}, "color": {"value": "black"}}})
            if self.random.random() < 0.5:
                colour["legend"] = None
        return {"layer": layers}

    def _mixed(self) -> Spec:
        bars, line = self.chart.series
        share = {
            "title": titled(self.chart.second_axis or Axis()),
            "axis": {"grid": False, "orient": "right"},
            "scale": {"domain": [0, 100]},
        }
        first = {"x": self._other(), "y": self._value(), "color": self._colour()}
        second = {"x": self._other(), "y": {**self._value(), **share}, "color": self._colour()}
        point = {"point": True} if self.look.markers else {}
        return {
            "layer": [
                {"transform": self._only(bars.name), "mark": "bar", "encoding": first},
                {"transform": self._only(line.name), "mark": {"type": "line", **point}, "encoding": second},
            ],
            "resolve": {"scale": {"y": "independent"}},
        }
