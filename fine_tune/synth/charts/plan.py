"""What a drawn chart shows and how, before any producer draws it: the data are the truth, the look is left to chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from docai.box import WHOLE
from docai.document import Axis, Chart, ChartType, Point, Series
from fine_tune.synth.fonts import Face, faces, letters
from fine_tune.synth.words import VOCABULARIES, Language

Scaling = Literal["plain", "percent", "short", "offset", "millions", "money"]
Legend = Literal["none", "right", "top", "bottom", "inside"]

PALETTES: Final = (
    "#1f77b4 #ff7f0e #2ca02c #d62728 #9467bd #8c564b".split(),  # matplotlib
    "#4c78a8 #f58518 #e45756 #72b7b2 #54a24b #eeca3b".split(),  # Vega
    "#4c72b0 #dd8452 #55a868 #c44e52 #8172b3 #937860".split(),  # seaborn, deep
    "#66c2a5 #fc8d62 #8da0cb #e78ac3 #a6d854 #ffd92f".split(),  # ColorBrewer, Set2
    "#4472c4 #ed7d31 #a5a5a5 #ffc000 #5b9bd5 #70ad47".split(),  # Office
    "#1b3a57 #2e6f95 #5fa8d3 #9cc5dd #cbdfeb #7a8aa0".split(),  # blues
    "#222222 #666666 #999999 #bbbbbb #444444 #888888".split(),  # greys
    "#003f5c #58508d #bc5090 #ff6361 #ffa600 #2f4b7c".split(),
)
MONTHS: Final = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
    "ko": [f"{month}월" for month in range(1, 13)],
    "vi": [f"Tháng {month}" for month in range(1, 13)],
}
_MILLIONS: Final = {"en": "in millions", "ko": "백만", "vi": "triệu"}
_CONVENTIONS: Final = {  # thousands and decimal signs; those of the language's country first
    "en": [(",", "."), (",", "."), (",", "."), ("", "."), (".", ","), ("\u202f", ","), ("\u00a0", ",")],
    "ko": [(",", "."), (",", "."), ("", ".")],
    "vi": [(".", ","), (".", ","), (",", ".")],
}
_MONEY: Final = {"en": ["$", "€", "£"], "ko": ["₩"], "vi": ["$"]}


@dataclass(frozen=True, slots=True)
class Numbers:
    """How numbers are written: signs, decimals, what stands before and behind, and what they are divided by."""

    thousands: str
    decimal: str
    decimals: int
    scaling: Scaling = "plain"
    before: str = ""
    minus: str = "-"
    divisor: float = 1.0
    behind: str = ""

    def text(self, value: float, decimals: int | None = None) -> str:
        """Return a value as it is printed; with as many `decimals`, else as many as the data have."""
        number = value / self.divisor
        whole = f"{abs(number):,.{self.decimals if decimals is None else decimals}f}"
        digits = whole.replace(",", "\0").replace(".", self.decimal).replace("\0", self.thousands)
        sign = self.minus if number < 0 and any(letter in "123456789" for letter in whole) else ""
        return f"{sign}{self.before}{digits}{self.behind}"

    def tick(self, value: float, step: float) -> str:
        """Return a value as it stands at a tick, one of those that are a `step` apart."""
        scaled, decimals = abs(step) / self.divisor, 0
        while decimals < 8 and abs(scaled * 10**decimals - round(scaled * 10**decimals)) > 1e-6 * scaled * 10**decimals:
            decimals += 1
        return self.text(value, decimals)


@dataclass(frozen=True, slots=True)
class Look:
    """How a chart looks, in words that any producer understands.

    Attributes:
        style: A number that each producer makes one of its own styles of.
        width: Of the chart, in points; the same for `height`.
        size: Of letters, in points.
        labels: Whether values are printed at their marks.
        gap: The share of a category's width that is left free between bars.
        page: Whether the chart stands on a page with text round it.
        face: The font, which has all letters of the chart.
        minus: The sign of numbers below 0 that the font has.
    """

    style: int
    width: float
    height: float
    size: float
    palette: tuple[str, ...]
    labels: bool
    legend: Legend
    grid: bool
    markers: bool
    dashed: bool
    gap: float
    turned: bool
    page: bool
    face: Face
    minus: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A chart as its author means it: `chart` is the truth, without places; `kind` is what the generator calls it."""

    kind: str
    language: Language
    chart: Chart
    numbers: Numbers
    look: Look

    @property
    def categories(self) -> tuple[str, ...]:
        """The texts along the axis of categories."""
        return tuple(dict.fromkeys(str(point.x) for series in self.chart.series for point in series.points))

    @property
    def value_title(self) -> str:
        """What is written at the value axis: title and unit."""
        return titled(self.chart.y_axis)


def titled(axis: Axis) -> str:
    """Return what is written at an axis."""
    return f"{axis.title} ({axis.unit})" if axis.unit and axis.unit != "%" else axis.title


def make_plan(random: Random, kind: str, language: Language, *, held_out: bool = False) -> Plan:
    """Return a chart of that kind, with data, numbers, words and looks by chance."""
    return _Author(random, kind, language, held_out=held_out).write()


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a kind of chart is."""

    chart_type: ChartType
    categories: tuple[int, int] = (3, 9)
    series: tuple[int, int] = (1, 1)
    stacking: Literal["none", "stacked", "percent"] = "none"
    horizontal: bool = False
    x: Literal["category", "number", "date"] = "category"


SHAPES: Final[dict[str, _Shape]] = {
    "bar": _Shape("bar", (3, 14)),
    "bar_horizontal": _Shape("bar", (3, 12), horizontal=True),
    "bar_grouped": _Shape("bar", (2, 7), (2, 4)),
    "bar_grouped_horizontal": _Shape("bar", (2, 6), (2, 3), horizontal=True),
    "bar_stacked": _Shape("bar", (3, 9), (2, 5), "stacked"),
    "bar_stacked_horizontal": _Shape("bar", (3, 8), (2, 4), "stacked", horizontal=True),
    "bar_percent": _Shape("bar", (3, 8), (2, 5), "percent"),
    "bar_negative": _Shape("bar", (4, 12)),
    "bar_floating": _Shape("bar", (3, 9)),
    "bar_errors": _Shape("bar", (3, 8)),
    "histogram": _Shape("bar", (6, 24), x="number"),
    "line": _Shape("line", (5, 30), x="number"),
    "line_many": _Shape("line", (5, 24), (2, 5), x="number"),
    "line_step": _Shape("line", (5, 16), x="number"),
    "line_log": _Shape("line", (5, 20), (1, 3), x="number"),
    "line_dates": _Shape("line", (8, 36), (1, 3), x="date"),
    "line_categories": _Shape("line", (4, 12), (1, 4)),
    "line_inverted": _Shape("line", (5, 16), x="number"),
    "area": _Shape("area", (5, 24), x="number"),
    "area_stacked": _Shape("area", (5, 20), (2, 4), "stacked", x="number"),
    "scatter": _Shape("scatter", (10, 80), (1, 3), x="number"),
    "bubble": _Shape("scatter", (5, 20), x="number"),
    "pie": _Shape("pie", (2, 8)),
    "donut": _Shape("pie", (2, 7)),
    "box": _Shape("box", (2, 7)),
    "heatmap": _Shape("heatmap", (3, 9), (3, 8)),
    "mixed": _Shape("mixed", (4, 12), (2, 2)),
}
KINDS: Final = tuple(SHAPES)


class _Author:
    def __init__(self, random: Random, kind: str, language: Language, *, held_out: bool) -> None:
        self.random, self.kind, self.language = random, kind, language
        self.face = random.choice(faces(language, held_out=held_out))
        self.letters = letters(self.face.regular)
        self.minus = random.choice([sign for sign in "-−−" if ord(sign) in self.letters])
        self.shape = SHAPES[kind]
        self.words = VOCABULARIES[language]
        self.palette = random.choice(PALETTES)
        self.count = random.randint(*self.shape.categories)
        self.series = random.randint(*self.shape.series)
        self.percent = kind == "bar_percent" or random.random() < 0.15
        self.top = (
            100.0 if self.percent else random.choice((1, 1, 10, 10, 100, 1000, 1000, 1e4, 1e5, 1e6)) * random.uniform(1.2, 9.9)
        )
        self.step = 0.1 if self.percent else 10.0 ** (len(str(int(self.top * 1000))) - 6)  # three digits of the largest

    def write(self) -> Plan:
        series = {
            "bar_floating": self._floating,
            "bar_errors": self._with_errors,
            "bar_percent": self._shares,
            "histogram": self._bins,
            "box": self._boxes,
            "mixed": self._mixed,
            "scatter": self._cloud,
            "bubble": self._cloud,
        }.get(self.kind, self._plain)()
        y_axis, numbers = self._value_axis()
        bare = self.shape.chart_type in ("pie", "heatmap")
        chart = Chart(
            page_number=1,
            box=WHOLE,
            chart_type=self.shape.chart_type,
            orientation="horizontal" if self.shape.horizontal else "vertical",
            stacking=self.shape.stacking,
            title=self._pick(self.words.all("captions")) if self.random.random() < 0.8 else "",
            x_axis=Axis() if bare else self._other_axis(),
            y_axis=Axis() if bare else y_axis,
            second_axis=Axis(title=self._pick(self.words.all("measures")[6:])) if self.kind == "mixed" else None,
            series=tuple(series),
        )
        return Plan(self.kind, self.language, chart, numbers, self._look(len(series)))

    # ---- words

    def _pick(self, texts: Sequence[str]) -> str:
        return self.random.choice(texts)

    def _some(self, texts: Sequence[str], count: int) -> list[str]:
        kept = list(dict.fromkeys(texts))
        return self.random.sample(kept, min(count, len(kept)))

    def _categories(self) -> list[str]:
        form = self.random.random()
        if form < 0.3:
            first = self.random.randint(1990, 2025 - self.count)
            return [str(first + place) for place in range(self.count)]
        if form < 0.45 and self.count <= 12:
            return MONTHS[self.language][: self.count]
        if form < 0.55:
            start, years = self.random.randint(0, 3), self.random.randint(2015, 2021)
            return [f"Q{(start + place) % 4 + 1} {years + (start + place) // 4}" for place in range(self.count)]
        long = self.words.all("long_labels") if self.count <= 5 and form > 0.92 else []
        return self._some(long or [label for label in self.words.all("labels") if len(label) < 18], self.count)

    def _names(self, count: int) -> list[str]:
        if count == 1:
            return [""]
        if self.random.random() < 0.25:
            first = self.random.randint(2000, 2020)
            return [str(first + place) for place in range(count)]
        return self._some(self.words.all("groups") + self.words.all("outer_labels"), count)

    # ---- numbers

    def _round(self, value: float) -> float:
        return round(round(value / self.step) * self.step, 6)

    def _value(self) -> float:
        return max(self.step, self._round(self.random.uniform(0.1, 1.0) * self.top))

    def _xs(self) -> list[float | str]:
        if self.shape.x == "number":
            start, step = self.random.choice(((0, 1), (0, 5), (0, 0.5), (1, 1), (10, 10), (2000, 1), (1990, 2), (-20, 4)))
            return [float(start + step * place) for place in range(self.count)]
        if self.shape.x == "date":
            year, month = self.random.randint(2005, 2019), self.random.randint(1, 12)
            months = [month - 1 + place for place in range(self.count)]
            return [f"{year + number // 12}-{number % 12 + 1:02d}-01" for number in months]
        return list(self._categories())

    def _series(self, name: str, place: int, points: Sequence[Point], **changes: str) -> Series:
        colour = self.palette[place % len(self.palette)]
        return Series.model_validate({"name": name, "colour": colour, "points": tuple(points), **changes})

    def _plain(self) -> list[Series]:
        xs = self._xs()
        names = self._names(self.series)
        if self.kind == "heatmap":
            names = self._some([label for label in self.words.all("labels") if label not in xs and len(label) < 18], self.series)
        return [
            self._series(name, place, [Point(x=x, y=y, box=WHOLE) for x, y in zip(xs, self._run(len(xs)), strict=True)])
            for place, name in enumerate(names)
        ]

    def _run(self, count: int) -> list[float]:
        """Return values for a row of places: by chance, or for lines and areas such as go up and down slowly."""
        if self.kind == "line_log":
            height, run = self.random.uniform(0, 1), []
            for _ in range(count):
                run.append(float(f"{10 ** (height + 0.0):.3g}"))
                height += self.random.uniform(-0.15, 0.5)
            return run
        if self.shape.chart_type in ("line", "area"):
            height, run = self.random.uniform(0.3, 0.8), []
            for _ in range(count):
                run.append(max(self.step, self._round(height * self.top)))
                height = min(1.0, max(0.08, height + self.random.uniform(-0.15, 0.15)))
            return run
        values = [self._value() for _ in range(count)]
        if self.kind == "bar_negative":
            signs = [self.random.choice((-1, 1, 1)) for _ in values]
            signs[self.random.randrange(count)] = -1
            values = [sign * value for sign, value in zip(signs, values, strict=True)]
        return values

    def _floating(self) -> list[Series]:
        points = []
        for x in self._categories():
            low = self._round(self.random.uniform(0.1, 0.5) * self.top)
            high = self._round(low + self.random.uniform(0.1, 0.5) * self.top)
            points.append(Point(x=x, y=high, low=low, high=high, box=WHOLE))
        return [self._series("", 0, points)]

    def _with_errors(self) -> list[Series]:
        points = []
        for x in self._categories():
            y = self._round(self.random.uniform(0.3, 0.9) * self.top)
            error = max(self.step, self._round(self.random.uniform(0.03, 0.12) * self.top))
            points.append(Point(x=x, y=y, low=round(y - error, 6), high=round(y + error, 6), box=WHOLE))
        return [self._series("", 0, points)]

    def _shares(self) -> list[Series]:
        """Return shares in tenths of a per cent whose sum is 100 for each category."""
        xs, names = self._categories(), self._names(self.series)
        columns = []
        for _ in xs:
            parts = [self.random.uniform(0.5, 2.0) for _ in names]
            shares = [round(100 * part / sum(parts), 1) for part in parts]
            shares[-1] = round(100 - sum(shares[:-1]), 1)
            columns.append(shares)
        return [
            self._series(name, place, [Point(x=x, y=c[place], box=WHOLE) for x, c in zip(xs, columns, strict=True)])
            for place, name in enumerate(names)
        ]

    def _bins(self) -> list[Series]:
        self.percent, self.top, self.step = False, self.random.choice((40, 120, 900, 4000)), 1.0
        start, width = self.random.choice(((0, 5), (0, 1), (10, 2.5), (-3, 0.5), (100, 20)))
        middle, points = self.count * self.random.uniform(0.3, 0.7), []
        for place in range(self.count):
            height = self.top / (1 + ((place - middle) / (0.25 * self.count)) ** 2) * self.random.uniform(0.8, 1.2)
            points.append(Point(x=start + width * (place + 0.5), y=max(1.0, self._round(height)), box=WHOLE))
        return [self._series("", 0, points)]

    def _cloud(self) -> list[Series]:
        groups = []
        bubble = self.kind == "bubble"
        for place, name in enumerate(self._names(self.series)):
            slope, points = self.random.uniform(-0.5, 0.5), []
            for _ in range(max(4, self.count // self.series)):
                x = round(self.random.uniform(0, 100), 1)
                height = 0.5 + slope * (x / 100 - 0.5) + self.random.gauss(0, 0.12)
                y = self._round(min(1.0, max(0.05, height)) * self.top)
                size = round(self.random.uniform(0.05, 1.0), 2) if bubble else None
                points.append(Point(x=x, y=y, size=size, box=WHOLE))
            if bubble:
                largest = max(point.size or 0.0 for point in points)
                points = [Point(x=p.x, y=p.y, size=round((p.size or 0.0) / largest, 3), box=WHOLE) for p in points]
                points.sort(key=lambda point: -(point.size or 0.0))  # smaller ones are drawn upon larger ones
            groups.append(self._series(name, place, points))
        return groups

    def _boxes(self) -> list[Series]:
        names = ("minimum", "lower quartile", "median", "upper quartile", "maximum")
        rows: dict[str, list[Point]] = {name: [] for name in names}
        outliers = []
        for x in self._categories():
            five = sorted(self.random.uniform(0.15, 0.8) for _ in names)
            five = [height + 0.03 * place for place, height in enumerate(five)]
            for name, height in zip(names, five, strict=True):
                rows[name].append(Point(x=x, y=self._round(height * self.top), box=WHOLE))
            for _ in range(self.random.choice((0, 0, 1, 2))):
                reach = self.random.uniform(0.05, 0.12)
                height = self.random.choice((five[0] - reach, five[-1] + reach))
                outliers.append(Point(x=x, y=self._round(height * self.top), box=WHOLE))
        series = [self._series(name, 0, points) for name, points in rows.items()]
        return series + ([self._series("outlier", 0, outliers)] if outliers else [])

    def _mixed(self) -> list[Series]:
        xs, names = self._categories(), self._some(self.words.all("groups"), 2)
        bars = [Point(x=x, y=self._value(), box=WHOLE) for x in xs]
        line = [Point(x=x, y=round(self.random.uniform(5, 95), 1), box=WHOLE) for x in xs]
        return [self._series(names[0], 0, bars, mark="bar"), self._series(names[1], 1, line, mark="line", axis="second")]

    # ---- axes and looks

    def _value_axis(self) -> tuple[Axis, Numbers]:
        thousands, decimal = self._pick_pair()
        decimals = max(0, -round(math.log10(self.step)))
        scaling: Scaling = self._scaling()
        before = self._pick(self._having(_MONEY[self.language])) if scaling == "money" else ""
        divisor, behind = 1.0, "%" if scaling == "percent" else ""
        if scaling == "short":
            divisor, behind = (1e6, "M") if self.top >= 1e6 else (1e3, "K")
            decimals = max(0, round(math.log10(divisor / self.step)))
        title = self._pick(self.words.all("long_measures"))
        unit = {"percent": "%", "millions": _MILLIONS[self.language]}.get(scaling, "")
        if scaling == "plain" and self.random.random() < 0.3:
            unit = self._pick([unit for unit in self.words.all("units") if unit != "%"])
        log = self.kind == "line_log"
        if log:
            decimals = 2
        axis = Axis(title=title, unit=unit, scale="log" if log else "linear")
        if self.kind == "line_inverted":
            axis = Axis(title=title, unit=unit, low=self.top * 1.05, high=0.0)
        return axis, Numbers(thousands, decimal, decimals, scaling, before, self.minus, divisor, behind)

    def _having(self, texts: Sequence[str]) -> list[str]:
        return [text for text in texts if all(ord(letter) in self.letters for letter in text)] or ["$"]

    def _pick_pair(self) -> tuple[str, str]:
        return self.random.choice([pair for pair in _CONVENTIONS[self.language] if self._having([pair[0]]) == [pair[0]]])

    def _scaling(self) -> Scaling:
        if self.percent:
            return "percent"
        if self.kind in ("line_log", "histogram", "pie", "donut"):
            return "plain"
        choices: list[Scaling] = ["plain", "plain", "plain", "money", "millions" if self.top < 1e5 else "plain"]
        choices += ["short", "short", "offset"] if self.top >= 1e4 else []
        return self.random.choice(choices)

    def _other_axis(self) -> Axis:
        title = self._pick(self.words.all("stubs")) if self.random.random() < 0.5 or self.shape.x == "number" else ""
        scales: dict[str, Literal["category", "linear", "date"]] = {"category": "category", "number": "linear", "date": "date"}
        return Axis(title=title, scale=scales[self.shape.x])

    def _look(self, series: int) -> Look:
        random = self.random
        several = series > 1 and self.shape.chart_type not in ("box", "heatmap")
        labelled = {"pie": 0.85, "heatmap": 0.5, "bar": 0.4, "mixed": 0.2, "line": 0.1}.get(self.shape.chart_type, 0.0)
        if self.kind in ("bar_errors", "bar_floating", "histogram", "line_log") or (self.count > 12 and not self.shape.horizontal):
            labelled = 0.0
        wide = random.uniform(280, 520)
        return Look(
            style=random.randrange(6),
            width=round(wide),
            height=round(wide * random.uniform(0.55, 0.85)),
            size=random.choice((7.0, 8.0, 9.0, 10.0)),
            palette=tuple(self.palette),
            labels=random.random() < labelled,
            legend=random.choice(("right", "top", "bottom", "inside")) if several else "none",
            grid=random.random() < 0.6,
            markers=random.random() < 0.5,
            dashed=random.random() < 0.3,
            gap=random.uniform(0.1, 0.55),
            turned=random.random() < 0.2,
            page=random.random() < 0.3,
            face=self.face,
            minus=self.minus,
        )
