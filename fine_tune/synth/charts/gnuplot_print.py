"""Charts drawn by gnuplot through cairo: Debian's gnuplot-nox."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Final

from docai.document import Axis, Series
from docai.errors import MissingDependency
from fine_tune.synth.charts.plan import Plan, titled
from fine_tune.synth.fonts import family

DRAWN: Final = (
    "bar",
    "bar_grouped",
    "bar_stacked",
    "bar_percent",
    "bar_negative",
    "bar_errors",
    "histogram",
    "line",
    "line_many",
    "line_step",
    "line_log",
    "line_dates",
    "line_categories",
    "line_inverted",
    "area",
    "scatter",
    "mixed",
)
_LIMIT: Final = 30.0  # seconds, for one chart; it needs less than one
_KEYS: Final = {
    "none": "unset key",
    "right": "set key outside right center",
    "top": "set key outside top center horizontal",
    "bottom": "set key outside bottom center horizontal",
    "inside": "set key inside top right",
}


def draw(plan: Plan, random: Random) -> bytes:
    """Return a PDF of one page with the chart.

    Raises:
        MissingDependency: gnuplot is not installed.
        RuntimeError: It failed.
    """
    program = shutil.which("gnuplot")
    if program is None:
        raise MissingDependency("gnuplot is not installed; run: apt-get install gnuplot-nox")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "chart.pdf")
        script = "\n".join(_Drawing(plan, random).script(made))
        settings = ["env", "LC_ALL=C.UTF-8", "SOURCE_DATE_EPOCH=0"]
        done = subprocess.run([*settings, program, "-"], input=script, capture_output=True, text=True, timeout=_LIMIT, check=False)
        if done.returncode or not made.exists():
            raise RuntimeError(f"gnuplot could not draw a chart of the kind {plan.kind!r}: {done.stderr.strip()[-400:]}")
        return made.read_bytes()


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _block(name: str, rows: Iterable[Iterable[object]]) -> str:
    lines = (" ".join(_text(value) if type(value) is str else repr(value) for value in row) for row in rows)
    return f"${name} << EOD\n" + "\n".join(lines) + "\nEOD"


class _Bare(str):
    """A text that stands in data without quotation marks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class _Drawing:
    def __init__(self, plan: Plan, random: Random) -> None:
        self.plan, self.random, self.chart, self.look = plan, random, plan.chart, plan.look

    def script(self, made: Path) -> Iterator[str]:
        plan, look, chart = self.plan, self.look, self.chart
        longest = max(map(len, plan.categories)) if chart.x_axis.scale == "category" else 0
        height = look.height + max(0.0, 0.4 * look.size * longest - 30)  # room for labels that are turned
        font = _text(f"{family(look.face.regular)},{look.size * 2:.0f}")
        yield "set encoding utf8"
        yield f"set terminal pdfcairo noenhanced font {font} fontscale 0.5 size {look.width / 72:.3f}in,{height / 72:.3f}in"
        yield f"set output {_text(str(made))}"
        if chart.title:
            lines = textwrap.wrap(chart.title, int(look.width / (0.62 * look.size)))
            yield f"set title {_text('|'.join(lines)).replace('|', chr(92) + 'n')} noenhanced"
        yield f"set ylabel {_text(plan.value_title)} noenhanced"
        yield f"set xlabel {_text(titled(chart.x_axis))} noenhanced"
        yield _KEYS["top" if look.legend in ("inside", "right") and chart.chart_type in ("bar", "mixed") else look.legend]
        yield from self._axes()
        for place, series in enumerate(chart.series):
            yield self._data(place, series)
        kind = {"histogram": "histogram", "mixed": "mixed"}.get(plan.kind, chart.chart_type)
        yield "plot " + ", \\\n  ".join(getattr(self, f"_{kind}")())

    def _axes(self) -> Iterator[str]:
        plan, chart, look, numbers = self.plan, self.chart, self.look, self.plan.numbers
        if look.grid:
            yield f"set grid ytics lc rgb '#cccccc' lt {self.random.choice((0, 1))}"
        yield self.random.choice(("set border 3", "set border 31"))
        yield self.random.choice(("set tics nomirror out", "set tics nomirror"))
        if chart.y_axis.scale == "log":
            yield "set logscale y"
        elif chart.y_axis.low is not None and chart.y_axis.high is not None:
            yield f"set yrange [{chart.y_axis.low}:{chart.y_axis.high}]"
        elif chart.chart_type in ("bar", "area", "mixed") and plan.kind != "bar_negative":
            yield "set yrange [0:*]"
        if numbers.scaling == "short":
            yield "set format y '%.1s%c'"  # its own suffixes: k and M
        elif numbers.scaling == "percent":
            yield "set format y '%g%%'"
        elif numbers.scaling != "offset" and chart.y_axis.scale != "log":
            yield f"set format y {_text(numbers.before + '%.' + str(min(2, numbers.decimals)) + 'f')}"
        if plan.kind == "mixed":
            yield f"set y2range [0:100]\nset y2tics\nset y2label {_text(titled(chart.second_axis or Axis()))} noenhanced"
        if chart.x_axis.scale == "date":
            yield "set xdata time\nset timefmt '%Y-%m-%d'"
            yield f"set format x '{self.random.choice(('%Y-%m', '%b %Y'))}'\nset xtics rotate by -35"
        elif chart.x_axis.scale == "category":
            long = sum(map(len, plan.categories)) * look.size * 0.6 > look.width * 0.7
            ticks = ", ".join(f"{_text(text)} {place}" for place, text in enumerate(plan.categories))
            yield f"set xtics ({ticks}) {'rotate by -40 left' if long or look.turned else ''} noenhanced"
            yield f"set xrange [-0.6:{len(plan.categories) - 0.4}]"

    def _data(self, place: int, series: Series) -> str:
        dated = self.chart.x_axis.scale == "date"
        rows = []
        for number, point in enumerate(series.points):
            x: object = point.x if isinstance(point.x, float) else number
            first = _Bare(point.x) if dated and isinstance(point.x, str) else x
            rows.append((first, str(point.x), point.y, point.low or 0.0, point.high or 0.0))
        return _block(f"d{place}", rows)

    def _named(self, series: Series) -> str:
        return f"title {_text(series.name)} noenhanced" if series.name else "notitle"

    def _filled(self, series: Series) -> str:
        edge = "border lc rgb 'black'" if self.look.style % 2 else "noborder"
        return f"fs solid 1.0 {edge} fc rgb '{series.colour}'"

    # ---- marks

    def _bar(self) -> Iterator[str]:
        """Draw boxes from a height to a height, each beside or upon those before it."""
        count, stacked = len(self.chart.series), self.chart.stacking != "none"
        room = 1 - self.look.gap
        width = room if stacked else room / count
        below = [0.0] * len(self.plan.categories)
        for place, series in enumerate(self.chart.series):
            shift = 0.0 if stacked else (place - (count - 1) / 2) * width
            half = width / 2
            values = [point.y or 0.0 for point in series.points]
            starts = list(below) if stacked else [0.0] * len(values)
            # gnuplot evaluates word(text, n), so that what a part stands upon needs no column of its own
            heights = _text(" ".join(repr(start) for start in starts))
            start = f"(word({heights}, int($1) + 1) + 0.0)"
            place_of = f"($1 + {shift:.4f})"
            box = f"{place_of}:($3 + {start}):({place_of} - {half:.4f}):({place_of} + {half:.4f}):{start}:($3 + {start})"
            yield f"$d{place} using {box} with boxxyerror {self._filled(series)} {self._named(series)}"
            if stacked:
                below = [start_of + value for start_of, value in zip(below, values, strict=True)]
        if self.plan.kind == "bar_errors":
            # not yerrorbars, which clear the place of their points
            ends = self.random.choice(("nohead", "heads size graph 0.01,90"))
            yield f"$d0 using 1:4:(0):($5 - $4) with vectors {ends} lc rgb 'black' notitle"
        if self.look.labels and count == 1 and self.plan.kind == "bar":
            texts = _text(
                " ".join(self.plan.numbers.text(point.y or 0.0).replace(" ", "\u00a0") for point in self.chart.series[0].points)
            )
            yield f"$d0 using 1:3:(word({texts}, int($0) + 1)) with labels offset 0,0.6 notitle"

    def _histogram(self) -> Iterator[str]:
        points = self.chart.series[0].points
        width = float(points[1].x) - float(points[0].x)
        yield f"$d0 using 1:3:({width}) with boxes {self._filled(self.chart.series[0])} notitle"

    def _line(self) -> Iterator[str]:
        step = self.random.choice(("steps", "histeps")) if self.plan.kind == "line_step" else ""
        width = self.random.choice((1, 2, 3))
        for place, series in enumerate(self.chart.series):
            with_points = self.look.markers and not step
            mark = "linespoints" if with_points else step or "lines"
            dash = f"dt {1 + place}" if self.look.dashed else "dt 1"
            points = f"pt {(7, 5, 9, 13, 11)[place % 5]} ps 0.5" if with_points else ""
            yield f"$d{place} using 1:3 with {mark} lc rgb '{series.colour}' lw {width} {dash} {points} {self._named(series)}"

    def _area(self) -> Iterator[str]:
        (series,) = self.chart.series
        yield f"$d0 using 1:3 with filledcurves y1=0 fs solid 1.0 lc rgb '{series.colour}' notitle"

    def _scatter(self) -> Iterator[str]:
        for place, series in enumerate(self.chart.series):
            kind = (7, 5, 9, 13, 6)[place % 5]
            yield f"$d{place} using 1:3 with points pt {kind} ps 0.6 lc rgb '{series.colour}' {self._named(series)}"

    def _mixed(self) -> Iterator[str]:
        bars, line = self.chart.series
        width = 1 - self.look.gap
        yield f"$d0 using 1:3:({width:.3f}) with boxes {self._filled(bars)} {self._named(bars)}"
        mark = "linespoints pt 7 ps 0.5" if self.look.markers else "lines"
        yield f"$d1 using 1:3 axes x1y2 with {mark} lw 2 lc rgb '{line.colour}' {self._named(line)}"
