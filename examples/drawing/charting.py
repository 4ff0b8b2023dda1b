"""Draws charts as vector paths, with axes, tick labels and a legend."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import pymupdf

from drawing.typesetting import GREY, INK, Colour, Pen, Style, measure

HEXADECIMAL = 16
LIGHT_GREY: Colour = (0.87, 0.88, 0.90)


@dataclass(frozen=True)
class Series:
    """A series of values, one for each category, and its colour as `#rrggbb`."""

    name: str
    colour: str
    values: tuple[float, ...]

    @property
    def ink(self) -> Colour:
        """The colour as fractions of red, green and blue."""
        red, green, blue = (int(self.colour[place : place + 2], HEXADECIMAL) / 255 for place in (1, 3, 5))
        return red, green, blue


@dataclass(frozen=True)
class Chart:
    """What a chart shows; `low`, `high` and `step` describe the axis of values."""

    chart_type: Literal["bar", "line", "pie"]
    series: tuple[Series, ...]
    categories: tuple[str, ...] = ()
    y_title: str = ""
    low: float = 0
    high: float = 0
    step: float = 1


def draw_chart(pen: Pen, frame: Sequence[float], chart: Chart, style: Style) -> None:
    """Draw a chart within `frame` (left, top, right, bottom in points), labels in `style`."""
    if chart.chart_type == "pie":
        _draw_pie(pen, frame, chart, style)
        return
    left, top, right, bottom = frame[0] + 44, frame[1] + 22, frame[2] - 6, frame[3] - 20
    slot = (right - left) / len(chart.categories)

    def height(value: float) -> float:
        return bottom - (value - chart.low) / (chart.high - chart.low) * (bottom - top)

    for tick in range(round((chart.high - chart.low) / chart.step) + 1):
        value = chart.low + tick * chart.step
        pen.rule((left, height(value)), (right, height(value)), width=0.4, colour=LIGHT_GREY)
        pen.rule((left - 3, height(value)), (left, height(value)), width=0.6, colour=GREY)
        pen.write(left - 6, height(value) + style.size * 0.35, f"{value:g}", style, align="r")
    (_draw_bars if chart.chart_type == "bar" else _draw_curves)(pen, left, slot, height, chart)
    pen.rule((left, top - 4), (left, bottom), width=0.8, colour=GREY)
    pen.rule((left, bottom), (right, bottom), width=0.8, colour=GREY)
    for place, category in enumerate(chart.categories):
        pen.write(left + slot * (place + 0.5), bottom + style.size + 4, category, style, align="c")
    pen.write_upwards(frame[0] + 10, (top + bottom) / 2, chart.y_title, style)
    x = left + 8
    for series in chart.series:
        if chart.chart_type == "bar":
            pen.fill((x, frame[1] + 2, x + 8, frame[1] + 10), series.ink)
        else:
            pen.rule((x - 3, frame[1] + 6), (x + 11, frame[1] + 6), width=1.4, colour=series.ink)
        pen.write(x + 15, frame[1] + 9, series.name, style)
        x += 36 + measure(series.name, style)


def _draw_bars(pen: Pen, left: float, slot: float, height: Callable[[float], float], chart: Chart) -> None:
    bar = slot * 0.72 / len(chart.series)
    for rank, series in enumerate(chart.series):
        for place, value in enumerate(series.values):
            x = left + slot * (place + 0.14) + bar * rank
            pen.fill((x, height(value), x + bar * 0.92, height(chart.low)), series.ink)


def _draw_curves(pen: Pen, left: float, slot: float, height: Callable[[float], float], chart: Chart) -> None:
    for series in chart.series:
        points = [pymupdf.Point(left + slot * (place + 0.5), height(value)) for place, value in enumerate(series.values)]
        pen.page.draw_polyline(points, color=series.ink, width=1.4)
        for point in points:
            pen.page.draw_circle(point, 2.3, color=series.ink, fill=(1, 1, 1), width=1.2)


def _draw_pie(pen: Pen, frame: Sequence[float], chart: Chart, style: Style) -> None:
    left, top, right, bottom = frame
    radius = (bottom - top) / 2 - 6
    centre = pymupdf.Point(left + (right - left) * 0.33, (top + bottom) / 2)
    total = sum(series.values[0] for series in chart.series)
    angle = -90.0  # degrees clockwise from three o'clock: the first slice starts at noon
    for rank, series in enumerate(chart.series):
        share = 360 * series.values[0] / total
        start = _around(centre, radius, angle)
        pen.page.draw_sector(centre, start, -share, color=(1, 1, 1), fill=series.ink, width=0.8, fullSector=True)
        middle = _around(centre, radius * 0.66, angle + share / 2)
        dark = sum(series.ink) < 1.7  # white figures can be read on it
        label = Style(style.font, style.size, style.leading, (1, 1, 1) if dark else INK)
        pen.write(middle.x, middle.y + style.size * 0.35, f"{series.values[0]:g}%", label, align="c")
        row = top + (bottom - top) / 2 + (rank - len(chart.series) / 2) * (style.leading + 4)
        pen.fill((left + (right - left) * 0.6, row, left + (right - left) * 0.6 + 9, row + 9), series.ink)
        pen.write(left + (right - left) * 0.6 + 16, row + 8, series.name, style)
        angle += share


def _around(centre: pymupdf.Point, radius: float, angle: float) -> pymupdf.Point:
    return pymupdf.Point(centre.x + radius * math.cos(math.radians(angle)), centre.y + radius * math.sin(math.radians(angle)))
