"""What stands round the marks of a painted chart: its title, legend, axes and their labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from docai.document import Word
from fine_tune.synth.charts.plan import Plan, titled
from fine_tune.synth.ink import Area, Colour
from fine_tune.synth.pages.layout import Setting, in_lines
from fine_tune.synth.pages.scene import Scene, tint

_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)  # of axes, as people choose them

Place = tuple[float, float, float, float]


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most about `most` round numbers, equally far apart, of which the first and last hold `low` and `high` between."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * step for step in _STEPS if power * step * most >= span * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Scale:
    """Where the values of an axis stand: `low` at pixel `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


class Frame:
    """A chart while it is painted; each part of it takes its room from what is left of the rectangle.

    Raises:
        ValueError: By any method: there is no room, or a word is too long.
    """

    def __init__(self, scene: Scene, plan: Plan, place: Place) -> None:
        self.scene, self.sheet, self.plan, self.chart = scene, scene.sheet, plan, plan.chart
        self.left, self.top, self.right, self.bottom = place
        self.whole = place
        self.small = replace(scene.letters(0.8), bold=False, leading=1.2)
        self.colours = [colour_of(series.colour) for series in self.chart.series]
        self.words: list[Word] = []
        self.grey = scene.random.choice(((0, 0, 0), (90, 90, 90), (140, 140, 140)))
        self.horizontal = self.chart.orientation == "horizontal"
        self.gap = 0.5 * self.small.size

    def _print(self, setting: Setting, x: float, y: float) -> None:
        self.words += self.sheet.lines(setting, (x, y))

    def _title(self) -> None:
        if self.chart.title:
            letters = self.scene.letters(0.95, bold=self.scene.author.chance(0.6), display=True)
            align = self.scene.author.pick(("middle", "middle", "left"))
            setting = in_lines(self.chart.title.split(), self.right - self.left, letters, align)  # type: ignore[arg-type]
            self._print(setting, self.left, self.top)
            self.top += setting.height + self.gap

    def _legend(self) -> None:
        where = self.plan.look.legend
        names = [series.name for series in self.chart.series]
        colours = self.colours
        if self.chart.chart_type == "pie":
            names, where = [str(point.x) for point in self.chart.series[0].points], "right"
            colours = self._slices(len(names))
        if where == "none" or not any(names):
            return
        swatch, line = self.small.size, self.small.line
        if where == "right":
            width = max(self.small.length(name) for name in names) + swatch + self.gap
            width = min(width, 0.4 * (self.right - self.left))
            x, y = self.right - width, self.top + self.gap
            for name, colour in zip(names, colours, strict=True):
                setting = in_lines(name.split(), width - swatch - self.gap, self.small)
                self._swatch(x, y, colour)
                self._print(setting, x + swatch + self.gap, y)
                y += setting.height + 0.2 * line
            self.right -= width + 2 * self.gap
            return
        rows: list[list[tuple[str, Colour]]] = [[]]
        room = self.right - self.left
        for name, colour in zip(names, colours, strict=True):
            needed = self.small.length(name) + swatch + 3 * self.gap
            if rows[-1] and needed > room:
                rows.append([])
                room = self.right - self.left
            rows[-1].append((name, colour))
            room -= needed
        height = line * len(rows) + self.gap
        y = self.bottom - height + self.gap if where == "bottom" else self.top
        for row in rows:
            width = sum(self.small.length(name) + swatch + 3 * self.gap for name, _ in row)
            x = self.left + max(0.0, (self.right - self.left - width) / 2)
            for name, colour in row:
                self._swatch(x, y, colour)
                length = self.small.length(name)
                self._print(in_lines(name.split(), length + 2, self.small), x + swatch + self.gap, y)
                x += length + swatch + 3 * self.gap
            y += line
        if where == "bottom":
            self.bottom -= height
        else:
            self.top += height

    def _slices(self, count: int) -> list[Colour]:
        palette = [colour_of(colour) for colour in self.plan.look.palette]
        return [tint(palette[place % len(palette)], 1.0 if place < len(palette) else 0.55) for place in range(count)]

    def _swatch(self, x: float, y: float, colour: Colour) -> None:
        top = y + (self.small.line - 0.7 * self.small.size) / 2
        self.sheet.strokes.append(Area(whole((x, top, x + 0.8 * self.small.size, top + 0.7 * self.small.size)), colour))

    def _range(self) -> tuple[float, float]:
        """Return the ends of what the value axis must show."""
        columns: dict[float | str, float] = {}
        values: list[float] = []
        for series in self.chart.series:
            for point in series.points:
                y = point.y or 0.0
                columns[point.x] = columns.get(point.x, 0.0) + y
                values += [y, point.low if point.low is not None else y, point.high if point.high is not None else y]
        if self.chart.stacking != "none":
            return 0.0, 100.0 if self.chart.stacking == "percent" else max(columns.values())
        if self.chart.chart_type in ("bar", "area"):
            return min(0.0, *values), max(0.0, *values)
        low, high = min(values), max(values)
        return (0.0 if self.scene.random.random() < 0.5 and low > 0 else low), high

    def _x_ticks(self) -> list[float]:
        xs = [float(point.x) for series in self.chart.series for point in series.points]
        return nice_ticks(min(xs), max(xs), self.scene.random.randint(4, 8))

    def _frames(self, value_labels: Sequence[str], across: Sequence[str]) -> tuple[tuple[float, float], tuple[float, float]]:
        """Make room for labels and titles of axes and print the titles; return start and end of the value and of the other axis."""
        value_title = titled(self.chart.y_axis) if self.scene.author.chance(0.8) or self.chart.y_axis.unit else ""
        x_title = self.chart.x_axis.title
        values = max(map(self.small.length, value_labels))
        names = max(map(self.small.length, across))
        left_title, low_title = (x_title, value_title) if self.horizontal else (value_title, x_title)
        bottom = self.bottom
        if low_title:
            bottom -= self.small.line + self.gap
        if self.horizontal:
            wide = min(names, 0.35 * (self.right - self.left))
            bottom -= self.small.line + self.gap
        else:
            wide = values
        left = self.left + (self.small.line + self.gap if left_title else 0.0) + wide + 1.5 * self.gap
        right = self.right - max(0.6 * values, 4) if self.horizontal else self.right - self.small.size
        top = self.top + 0.8 * self.small.line
        if not self.horizontal:
            bottom -= self._label_height(across, (right - left) / len(across)) + self.gap
        if right - left < 60 or bottom - top < 50:  # pixels: no chart is smaller
            raise ValueError("no room for a plot")
        self.area = (left, top, right, bottom)
        if left_title:
            self._turned(left_title, (top + bottom) / 2)
        if low_title:
            setting = in_lines(low_title.split(), right - left, self.small, "middle")
            self._print(setting, left, self.bottom - setting.height)
        if self.horizontal:
            return (left, right), (top, bottom)
        return (bottom, top), (left, right)

    def _turned(self, text: str, middle: float) -> None:
        """Print a text along the left side, read upwards, in one line."""
        length = self.small.length(text)
        if length > self.bottom - self.top:
            raise ValueError(f"no room for {text!r}")
        bottom = middle + length / 2
        bottom = min(max(bottom, self.top + length), self.bottom)
        for part in text.split():
            word = self.small.set(part)
            printed = self.sheet.turned(word, self.left + 0.85 * self.small.size, bottom, self.small.colour)
            if printed is not None:
                self.words.append(printed)
            bottom -= word.width + self.small.space

    def _label_height(self, across: Sequence[str], slot: float) -> float:
        """Return how high the labels below the plot are: in lines where they fit their slots, else turned."""
        if self.chart.x_axis.scale != "category":
            return self.small.line
        widest = max(self.small.set(word).width for text in across for word in text.split())
        self.upright = widest <= slot - 4
        if self.upright:
            settings = [in_lines(text.split(), slot - 4, self.small) for text in across]
            return max(setting.height for setting in settings)
        if slot < self.small.size + 2:
            raise ValueError("no room for labels")
        return max(map(self.small.length, across))

    def _category_labels(self, across: Sequence[str], axis: tuple[float, float]) -> None:
        left, _, _, bottom = self.area
        slot = abs(axis[1] - axis[0]) / len(across)
        for number, text in enumerate(across):
            middle = axis[0] + (number + 0.5) * (axis[1] - axis[0]) / len(across)
            if self.horizontal:
                wide = min(max(map(self.small.length, across)) + 1, 0.35 * (self.right - self.left))
                setting = in_lines(text.split(), wide, self.small, "right")
                if setting.height > slot:
                    raise ValueError("no room for labels")
                self._print(setting, left - self.gap - wide, middle - setting.height / 2)
            elif self.upright:
                self._print(in_lines(text.split(), slot - 4, self.small, "middle"), middle - slot / 2 + 2, bottom + self.gap)
            else:
                pen = bottom + self.gap + self.small.length(text)
                for part in text.split():
                    word = self.small.set(part)
                    printed = self.sheet.turned(word, middle + 0.35 * self.small.size, pen, self.small.colour)
                    self.words += [printed] if printed is not None else []
                    pen -= word.width + self.small.space

    def _number_labels(self, xs: Sequence[float], texts: Sequence[str], places: Scale) -> None:
        bottom = self.area[3]
        if max(map(self.small.length, texts)) > 0.9 * (places.at(xs[1]) - places.at(xs[0])):
            raise ValueError("no room for labels")
        for x, text in zip(xs, texts, strict=True):
            length = self.small.length(text)
            self._print(in_lines([text], length + 1, self.small), places.at(x) - length / 2, bottom + self.gap)
            self._stroke((places.at(x), bottom, places.at(x), bottom + 3), self.grey)

    def _grid(self, values: Scale, ticks: Sequence[float], texts: Sequence[str]) -> None:
        left, top, right, bottom = self.area
        light = (225, 225, 225)
        apart = (right - left if self.horizontal else bottom - top) / (len(texts) - 1)
        if (max(map(self.small.length, texts)) if self.horizontal else 0.8 * self.small.line) > 0.9 * apart:
            raise ValueError("no room for labels")
        for tick, text in zip(ticks, texts, strict=True):
            at, length = values.at(tick), self.small.length(text)
            setting = in_lines(text.split(), length + 1, self.small)
            if self.horizontal:
                if self.plan.look.grid:
                    self._stroke((at, top, at, bottom), light)
                self._print(setting, at - length / 2, bottom + self.gap)
            else:
                if self.plan.look.grid:
                    self._stroke((left, at, right, at), light)
                self._print(setting, left - self.gap - length, at - self.small.line / 2)

    def _axis_lines(self, values: Scale) -> None:
        left, top, right, bottom = self.area
        zero = values.at(min(max(0.0, values.low), values.high))
        if self.horizontal:
            self._stroke((zero, top, zero, bottom), self.grey)
        else:
            self._stroke(
                (
                    left,
                    zero if self.chart.chart_type == "bar" else bottom,
                    right,
                    zero if self.chart.chart_type == "bar" else bottom,
                ),
                self.grey,
            )
        if self.scene.author.chance(0.5):
            self._stroke((left, bottom, right, bottom) if self.horizontal else (left, top, left, bottom), self.grey)

    def _stroke(self, place: Place, colour: Colour) -> None:
        """Draw a line a pixel thick, upright or level."""
        left, top, right, bottom = map(round, place)
        self.sheet.strokes.append(Area((left, top, max(right, left + 1), max(bottom, top + 1)), colour))


def whole(place: Place) -> tuple[int, int, int, int]:
    """Return whole pixels, at least one each way."""
    left, top, right, bottom = map(round, place)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def colour_of(text: str) -> Colour:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def plain(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e5 else f"{value:.0f}"
