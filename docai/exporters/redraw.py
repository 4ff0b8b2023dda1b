"""Charts drawn anew from what was read of them: as SVG, and as a picture of it.

A person sees at a glance whether it is the same chart. Values that are not known are left out, doubtful ones are pale. It is
drawn by PyMuPDF, whose fonts have Korean, Vietnamese and Chinese letters, so that nothing has to be installed.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from docai.chart_marks import Mark, marks
from docai.charting import PALETTE, Frame, Plot, Scale, box_part, colour_of, mark_of, plot_of, with_unit
from docai.document import Axis, Chart
from docai.exporters.charts import value_text
from docai.exporters.html import CONTROLS
from docai.exporters.pdf import drawn_svg
from docai.exporters.text import one_line
from docai.ticks import ticks

if TYPE_CHECKING:
    from PIL.Image import Image

FONT: Final = 12.0  # pixels, of ticks and legends
TITLE: Final = 16.0  # pixels, of the chart's title
PAD: Final = 8.0  # pixels between the parts of a chart
LINE: Final = 1.35  # of a font's size from line to line
EM: Final = 0.56  # of a font's size: the width of a usual letter of sans-serif fonts
LONGEST: Final = 28  # letters of a tick or of a name in the legend; more are cut
MOST_NAMES: Final = 24  # in a legend
PALE: Final = "0.3"  # opacity
INK, GREY, LIGHT = "#222222", "#888888", "#e3e3e3"
SLANT: Final = 0.72  # about the sine of 45 degrees, by which labels are turned where they have no room
LEAST: Final = 80.0  # pixels of a side of a plot, whatever stands round it
LARGEST: Final = 8000  # pixels of a side of a picture

Anchor = Literal["start", "middle", "end"]


def render(chart: Chart, *, width: int = 640, height: int = 400, scale: float = 2.0) -> Image:
    """Return a chart as a picture of `scale` times `width` x `height` pixels.

    Raises:
        ValueError: A side has no pixels, or too many.
    """
    _check(width * scale, height * scale)
    return drawn_svg(to_svg(chart, width=width, height=height), scale)


def to_svg(chart: Chart, *, width: int = 640, height: int = 400) -> str:
    """Return a chart as SVG.

    Raises:
        ValueError: A side has no pixels, or too many.
    """
    _check(width, height)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    pieces = [f'<svg xmlns="http://www.w3.org/2000/svg" {size}>']
    pieces += [f'<rect width="{width}" height="{height}" fill="#ffffff"/>', *_Drawing(chart, width, height).pieces(), "</svg>"]
    return "\n".join(pieces) + "\n"


def _check(width: float, height: float) -> None:
    if not (1 <= width <= LARGEST and 1 <= height <= LARGEST):
        raise ValueError(f"a picture of {width:g} x {height:g} pixels; give sides of 1 to {LARGEST}")


def text_width(text: str, size: float = FONT) -> float:
    """Return about how wide a text is, in pixels; Korean and Chinese letters are as wide as they are high."""
    return sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else EM for letter in text) * size


@dataclass(frozen=True, slots=True)
class _Entry:
    """A name in the legend, with what it is the name of."""

    name: str
    colour: str
    mark: str


def _entries(chart: Chart) -> list[_Entry]:
    """Return the legend of a chart: its series, the sectors of a pie, the groups of a box plot, the range of a heat map."""
    if chart.chart_type == "heatmap":
        return []
    if chart.chart_type == "pie":
        parts = [(s, p, n, place) for n, s in enumerate(chart.series) for place, p in enumerate(s.points)]
        whole = sum(max(0.0, p.y or 0.0) for _, p, _, _ in parts) or 1.0
        alone = all(len(series.points) < 2 for series in chart.series)
        return [
            _Entry(
                f"{value_text(p.x) or s.name}: {value_text(p.y)} ({max(0.0, p.y or 0.0) / whole:.1%})",
                colour_of(s, number) if alone else PALETTE[place % len(PALETTE)],
                "bar",
            )
            for s, p, number, place in parts
        ]
    if chart.chart_type == "box":
        groups = {part[0]: series for series in chart.series if (part := box_part(series)) is not None and part[0]}
        return [_Entry(g, s.colour or PALETTE[n % len(PALETTE)], "bar") for n, (g, s) in enumerate(groups.items())]
    if not any(series.name for series in chart.series) or (len(chart.series) == 1 and not chart.series[0].name.strip()):
        return []
    return [_Entry(s.name, colour_of(s, number), mark_of(chart, s)) for number, s in enumerate(chart.series)]


class _Drawing:
    """A chart on a sheet of some size."""

    def __init__(self, chart: Chart, width: float, height: float) -> None:
        self.chart, self.width, self.height = chart, width, height
        self.round = chart.chart_type == "pie"
        self.legend = _entries(chart)[:MOST_NAMES]
        self.plot = plot_of(chart, self._frame(plot_of(chart, Frame(0, 0, 1, 1))))

    def pieces(self) -> Iterator[str]:
        """Yield the elements of the picture, from back to front."""
        if self.chart.title.strip():
            yield _text((self.width / 2, PAD + TITLE), cut(self.chart.title, 90), size=TITLE)
        if not self.round:
            yield from self._axes()
        yield from map(_mark, marks(self.chart, self.plot))
        if self.chart.chart_type == "heatmap":
            yield from self._values()
        yield from self._legend()

    # The frame

    def _sides(self, plot: Plot) -> tuple[Scale, Axis, Scale, Axis, Scale | None, Axis | None]:
        """Return the scale and axis at the bottom, those on the left, and those of the second axis."""
        x, y = (plot.x, self.chart.x_axis), (plot.y, self.chart.y_axis)
        bottom, left = (y, x) if plot.horizontal else (x, y)
        return *bottom, *left, plot.second, self.chart.second_axis

    def _frame(self, rough: Plot) -> Frame:
        top = PAD + (LINE * TITLE + PAD if self.chart.title.strip() else PAD)
        right = self.width - PAD - self._legend_width()
        if self.round:
            return Frame(PAD, top, max(right, LEAST), max(self.height - PAD, top + LEAST))
        below, below_axis, beside, beside_axis, second, second_axis = self._sides(rough)
        left = PAD + _widest(beside) + PAD + (LINE * FONT if axis_title(beside_axis) else 0.0)
        if second is not None and second_axis is not None:
            extra = LINE * FONT if axis_title(second_axis) else 0.0
            if rough.horizontal:
                top += LINE * FONT + PAD + extra
            else:
                right -= _widest(second) + PAD + extra
        right = max(right - PAD, left + LEAST)
        foot = LINE * FONT if axis_title(below_axis) else 0.0
        labels = _widest(below) * SLANT if self._is_slanted(below, right - left) else 0.0
        if labels:  # a slanted label reaches to the left of its tick
            left = max(left, *(PAD + SLANT * text_width(cut(text)) - share * (right - left) for share, text in ticks(below)))
        bottom = self.height - PAD - foot - max(labels, LINE * FONT) - PAD
        return Frame(left, top, right, max(bottom, top + LEAST))

    def _legend_width(self) -> float:
        if not self.legend:
            return 0.0
        return min(0.4 * self.width, max(text_width(cut(one.name)) for one in self.legend) + 3 * PAD + FONT)

    def _is_slanted(self, scale: Scale, length: float) -> bool:
        told = ticks(scale)
        return sum(text_width(cut(text)) + PAD for _, text in told) > length

    # What stands round it

    def _axes(self) -> Iterator[str]:
        left, top, right, bottom = self.plot.frame
        below, below_axis, beside, beside_axis, second, second_axis = self._sides(self.plot)
        slanted = self._is_slanted(below, right - left)
        for share, text in ticks(below):
            x = left + share * (right - left)
            if below.kind != "category":
                yield _line((x, top), (x, bottom), LIGHT)
            yield _line((x, bottom), (x, bottom + 4), GREY)
            place = (x + 3, bottom + 14) if slanted else (x, bottom + FONT + 5)
            yield _text(place, cut(text), anchor="end" if slanted else "middle", turn=-45 if slanted else 0)
        for share, text in ticks(beside):
            down = share if self.plot.horizontal and beside.kind == "category" else 1 - share
            y = top + down * (bottom - top)
            if beside.kind != "category":
                yield _line((left, y), (right, y), LIGHT)
            yield _line((left - 4, y), (left, y), GREY)
            yield _text((left - 7, y + FONT / 3), cut(text), anchor="end")
        yield from self._second(second)
        yield _line((left, top), (left, bottom), GREY)
        yield _line((left, bottom), (right, bottom), GREY)
        yield _text(((left + right) / 2, self.height - PAD), cut(axis_title(below_axis), 80))
        yield _text((PAD + FONT * 0.8, (top + bottom) / 2), cut(axis_title(beside_axis), 60), turn=-90)
        if second_axis is not None:
            at = (
                ((left + right) / 2, top - LINE * FONT - PAD)
                if self.plot.horizontal
                else (right + _widest(second or beside) + 2 * PAD + FONT * 0.8, (top + bottom) / 2)
            )
            yield _text(at, cut(axis_title(second_axis), 60), turn=0 if self.plot.horizontal else -90)

    def _second(self, scale: Scale | None) -> Iterator[str]:
        """Yield the ticks of the second axis: on the right, or above horizontal bars."""
        if scale is None:
            return
        left, top, right, bottom = self.plot.frame
        for share, text in ticks(scale):
            if self.plot.horizontal:
                x = left + share * (right - left)
                yield _line((x, top - 4), (x, top), GREY)
                yield _text((x, top - 7), cut(text))
            else:
                y = bottom - share * (bottom - top)
                yield _line((right, y), (right + 4, y), GREY)
                yield _text((right + 7, y + FONT / 3), cut(text), anchor="start")
        yield _line((left, top), (right, top), GREY) if self.plot.horizontal else _line((right, top), (right, bottom), GREY)

    def _legend(self) -> Iterator[str]:
        left = self.width - PAD - self._legend_width() + PAD
        for number, entry in enumerate(self.legend):
            y = self.plot.frame.top + (number + 0.5) * LINE * FONT
            if entry.mark == "line":
                yield _line((left, y), (left + FONT, y), entry.colour, 2.0)
            elif entry.mark == "point":
                yield _circle((left + FONT / 2, y), FONT / 3, entry.colour, "")
            else:
                yield f'<rect x="{left:.1f}" y="{y - FONT / 2:.1f}" width="{FONT:g}" height="{FONT:g}" fill="{entry.colour}"/>'
            yield _text((left + FONT + PAD, y + FONT / 3), cut(entry.name), anchor="start")

    def _values(self) -> Iterator[str]:
        """Yield the values of a heat map, where its tiles have room for them."""
        for mark in marks(self.chart, self.plot):
            (left, bottom), _, (right, top), _ = mark.places
            value = self.chart.series[mark.series].points[mark.point].y or 0.0
            text = f"{value:.4g}"
            if text_width(text) < right - left and bottom - top > FONT:
                light = sum(int(mark.colour[place : place + 2], 16) for place in (1, 3, 5)) > 380  # of 765: where white is not read
                yield _text(((left + right) / 2, (top + bottom) / 2 + FONT / 3), text, colour=INK if light else "#ffffff")


def axis_title(axis: Axis) -> str:
    """Return the title of an axis with its unit."""
    return with_unit(axis.title, axis.unit)


def cut(text: str, letters: int = LONGEST) -> str:
    """Return a text on one line, cut where it is longer than so many letters."""
    line = one_line(text)
    return line if len(line) <= letters else line[: letters - 1] + "…"


def _widest(scale: Scale) -> float:
    return max((text_width(cut(text)) for _, text in ticks(scale)), default=0.0)


# Elements of SVG


def _mark(mark: Mark) -> str:
    opacity = f' opacity="{PALE}"' if mark.pale else ""
    if mark.shape == "line":
        return _line(mark.places[0], mark.places[1], INK if mark.dark else mark.colour, 1.2 if mark.dark else 2.0, opacity)
    edge = f' stroke="{GREY}" stroke-width="0.5"' if _is_white(mark.colour) else ""
    if mark.shape == "circle":
        return _circle(mark.places[0], mark.radius, mark.colour, edge + (opacity or (' opacity="0.75"' if mark.radius > 5 else "")))
    corners = " ".join(f"{x:.2f},{y:.2f}" for x, y in mark.places)
    return f'<polygon points="{corners}" fill="{mark.colour}"{edge}{opacity}/>'


def _is_white(colour: str) -> bool:
    return all(int(colour[place : place + 2], 16) > 235 for place in (1, 3, 5))  # of 255: hardly to be told from the paper


def _line(start: tuple[float, float], end: tuple[float, float], colour: str, width: float = 1.0, more: str = "") -> str:
    places = f'x1="{start[0]:.2f}" y1="{start[1]:.2f}" x2="{end[0]:.2f}" y2="{end[1]:.2f}"'
    return f'<line {places} stroke="{colour}" stroke-width="{width:g}"{more}/>'


def _circle(middle: tuple[float, float], radius: float, colour: str, more: str) -> str:
    return f'<circle cx="{middle[0]:.2f}" cy="{middle[1]:.2f}" r="{radius:.2f}" fill="{colour}"{more}/>'


def _text(
    at: tuple[float, float],
    text: str,
    *,
    anchor: Anchor = "middle",
    size: float = FONT,
    turn: int = 0,
    colour: str = INK,
) -> str:
    if not text:
        return ""
    weight = ' font-weight="bold"' if size == TITLE else ""
    place = f'transform="translate({at[0]:.2f},{at[1]:.2f}) rotate({turn})"' if turn else f'x="{at[0]:.2f}" y="{at[1]:.2f}"'
    look = f'font-family="sans-serif" font-size="{size:g}" text-anchor="{anchor}" fill="{colour}"{weight}'
    return f"<text {place} {look}>{html.escape(text, quote=False).translate(CONTROLS)}</text>"
