"""Charts drawn by R's ggplot2, for measuring only: Debian's r-base-core and r-cran-ggplot2."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Final

from docai.document import Axis
from docai.errors import MissingDependency
from fine_tune.synth.charts.plan import KINDS, Plan, titled
from fine_tune.synth.fonts import family

DRAWN: Final = KINDS
_THEMES: Final = ("theme_gray", "theme_bw", "theme_minimal", "theme_classic", "theme_light", "theme_linedraw")
_LIMIT: Final = 60.0  # seconds, for one chart; R needs one or two
_SPOTS: Final = {"right": "'right'", "top": "'top'", "bottom": "'bottom'", "inside": "c(0.85, 0.85)"}
_FORMAT: Final = """
tell <- function(v) {{
  text <- format(abs(v) / {divisor}, big.mark = {thousands}, decimal.mark = {decimal}, trim = TRUE, scientific = FALSE)
  ifelse(is.na(v), NA, paste0(ifelse(v < 0, {minus}, ""), {before}, text, {behind}))
}}
"""


def draw(plan: Plan, random: Random) -> bytes:
    """Return a PDF of one page with the chart.

    Raises:
        MissingDependency: R or ggplot2 is not installed.
        RuntimeError: R failed.
    """
    program = shutil.which("Rscript")
    if program is None:
        raise MissingDependency("Rscript is not installed; run: apt-get install r-base-core r-cran-ggplot2")
    with tempfile.TemporaryDirectory() as folder:
        script, made = Path(folder, "chart.R"), Path(folder, "chart.pdf")
        script.write_text("\n".join(_Drawing(plan, random).script(made)), encoding="utf-8")
        settings = ["env", "LC_ALL=C.UTF-8", "TZ=UTC", "SOURCE_DATE_EPOCH=0"]
        done = subprocess.run(
            [*settings, program, "--vanilla", str(script)], capture_output=True, text=True, timeout=_LIMIT, check=False
        )
        if "there is no package called" in done.stderr:
            raise MissingDependency("R's package ggplot2 is not installed; run: apt-get install r-cran-ggplot2")
        if done.returncode or not made.exists():
            raise RuntimeError(f"Rscript could not draw a chart of the kind {plan.kind!r}: {done.stderr.strip()[-400:]}")
        return made.read_bytes()


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _vector(values: Iterable[float | str | None]) -> str:
    return "c(" + ", ".join("NA" if v is None else _text(v) if isinstance(v, str) else repr(v) for v in values) + ")"


class _Drawing:
    def __init__(self, plan: Plan, random: Random) -> None:
        self.plan, self.random, self.chart, self.look = plan, random, plan.chart, plan.look
        self.flat = plan.chart.orientation == "horizontal"
        self.several = plan.look.legend != "none"

    def script(self, made: Path) -> Iterator[str]:
        plan, look, numbers = self.plan, self.look, self.plan.numbers
        plain = plan.language == "en" and numbers.minus == "-" and numbers.thousands in ",." and self.random.random() < 0.5
        font = "Helvetica" if plain else family(look.face.regular)  # the standard fonts have no other letters
        yield "suppressMessages(library(ggplot2))"
        signs = {name: _text(getattr(numbers, name)) for name in ("thousands", "decimal", "minus", "before", "behind")}
        yield _FORMAT.format(divisor=repr(numbers.divisor), **signs)
        yield from self._data()
        kinds = {"donut": "pie", "bubble": "cloud", "scatter": "cloud", "histogram": "histogram"}
        layers = getattr(self, f"_{kinds.get(plan.kind, self.chart.chart_type)}")()
        yield "p <- " + " +\n  ".join([*layers, *self._dress(font)])
        size = f"width = {look.width / 72:.3f}, height = {look.height / 72:.3f}"
        device = f"pdf({_text(str(made))}, {size})" if plain else f"cairo_pdf({_text(str(made))}, {size}, family = {_text(font)})"
        yield f"{device}\nprint(p)\ninvisible(dev.off())"

    def _data(self) -> Iterator[str]:
        rows = [(series, point) for series in self.chart.series for point in series.points]
        xs = _vector(point.x for _, point in rows)
        if self.chart.x_axis.scale == "category":
            xs = f"factor({xs}, levels = {_vector(self.plan.categories)})"
        elif self.chart.x_axis.scale == "date":
            xs = f"as.Date({xs})"
        names = _vector(series.name for series in self.chart.series)
        yield f"d <- data.frame(x = {xs}, y = {_vector(point.y for _, point in rows)},"
        yield f"  low = {_vector(p.low for _, p in rows)}, high = {_vector(p.high for _, p in rows)},"
        yield f"  size = {_vector(p.size for _, p in rows)}, text = {_vector(self.plan.numbers.text(p.y or 0.0) for _, p in rows)},"
        yield f"  name = factor({_vector(series.name for series, _ in rows)}, levels = unique({names})))"

    # ---- axes, legends, looks

    def _dress(self, font: str) -> Iterator[str]:
        plan, chart, look = self.plan, self.chart, self.look
        yield f"{_THEMES[look.style]}(base_size = {look.size + 1}, base_family = {_text(font)})"
        bare = chart.chart_type in ("pie", "heatmap")
        value, other = ("", "") if bare else (plan.value_title, titled(chart.x_axis))
        across, up = (value, other) if self.flat else (other, value)
        title = (
            f"paste(strwrap({_text(chart.title)}, {int(look.width / (0.65 * look.size))}), collapse = '\\n')"
            if chart.title
            else "NULL"
        )
        yield f"labs(title = {title}, x = {_text(across)}, y = {_text(up)}, fill = NULL, colour = NULL, size = NULL)"
        if plan.kind in ("pie", "donut"):
            yield "theme(axis.text = element_blank(), axis.ticks = element_blank(), panel.grid = element_blank())"
            return
        if chart.chart_type == "heatmap":
            yield "scale_y_discrete(limits = rev)"
            yield "theme(axis.text.x = element_text(angle = 45, hjust = 1))"
            return
        if plan.kind != "mixed":
            yield self._value_scale()
        if self.flat:
            yield "scale_y_discrete(limits = rev)"
        elif chart.x_axis.scale == "category":
            long = sum(map(len, plan.categories)) * look.size * 0.6 > look.width * 0.7
            if long or look.turned:
                yield f"theme(axis.text.x = element_text(angle = {self.random.choice((30, 45, 90))}, hjust = 1))"
        yield (
            f"theme(legend.position = {_SPOTS.get(look.legend, chr(39) + 'none' + chr(39))})"
            if plan.kind != "bubble"
            else "theme()"
        )
        if look.legend == "inside":
            yield "theme(legend.background = element_blank(), legend.key = element_blank())"
        if not look.grid:
            yield "theme(panel.grid = element_blank())"

    def _value_scale(self) -> str:
        side, axis = "x" if self.flat else "y", self.chart.y_axis
        if axis.scale == "log":
            return "scale_y_log10()"
        if axis.low is not None and axis.high is not None and axis.low > axis.high:
            return f"scale_y_reverse(limits = c({axis.low}, {axis.high}), labels = tell)"
        tight = (
            "expand = expansion(mult = c(0, 0.08))"
            if self.chart.chart_type in ("bar", "area") and self.random.random() < 0.5
            else ""
        )
        signed = self.plan.kind in ("bar_negative", "bar_floating")
        if self.look.labels:
            tight, signed = "expand = expansion(mult = 0.16)", False  # room for what stands beyond the bars
        return f"scale_{side}_continuous(labels = tell{', ' + tight if tight and not signed else ''})"

    def _colours(self, what: str) -> str:
        names = [series.name for series in self.chart.series]
        pairs = ", ".join(f"{_text(name)} = '{series.colour}'" for name, series in zip(names, self.chart.series, strict=True))
        return f"scale_{what}_manual(values = c({pairs}))"

    def _sides(self, other: str, value: str) -> str:
        return f"x = {value}, y = {other}" if self.flat else f"x = {other}, y = {value}"

    # ---- marks

    def _bar(self) -> Iterator[str]:
        stacked = self.chart.stacking != "none"
        width, colour = f"width = {1 - self.look.gap:.3f}", f"fill = '{self.chart.series[0].colour}'"
        edge = self.random.choice(("", ", colour = 'black'", ", colour = 'white'"))
        fill = ", fill = name" if self.several else ""
        yield f"ggplot(d, aes({self._sides('x', 'y')}{fill}))"
        if self.plan.kind == "bar_floating":
            yield f"geom_crossbar(aes(ymin = low, ymax = high), {width}, {colour}, fatten = 0, colour = NA)"
            return
        place = "position_stack(reverse = TRUE)" if stacked else f"position_dodge({1 - self.look.gap:.3f})"
        yield f"geom_col(position = {place}, {width}{edge}{'' if self.several else ', ' + colour})"
        if self.several:
            yield self._colours("fill")
        if self.plan.kind == "bar_errors":
            yield f"geom_errorbar(aes(ymin = low, ymax = high), width = {self.random.choice((0, 0.2, 0.3))})"
        if self.look.labels:
            middle = "position_stack(vjust = 0.5, reverse = TRUE)" if stacked else place
            shift = "" if stacked else ", hjust = -0.1" if self.flat else ", vjust = -0.4"
            yield f"geom_text(aes(label = text), position = {middle}{shift}, size = {self.look.size * 0.3:.2f})"

    def _histogram(self) -> Iterator[str]:
        points = self.chart.series[0].points
        width = float(points[1].x) - float(points[0].x)
        yield "ggplot(d, aes(x = x, weight = y))"
        edge = self.random.choice(("NA", "'white'", "'black'"))
        low = float(points[0].x) - width / 2
        yield f"geom_histogram(binwidth = {width}, boundary = {low}, fill = '{self.chart.series[0].colour}', colour = {edge})"

    def _line(self) -> Iterator[str]:
        grouped = ", colour = name, group = name" if self.several else ", group = 1"
        plain = "" if self.several else f", colour = '{self.chart.series[0].colour}'"
        dashed = "aes(linetype = name), " if self.look.dashed and self.several else ""
        yield f"ggplot(d, aes(x = x, y = y{grouped}))"
        mark = "geom_step" if self.plan.kind == "line_step" else "geom_line"
        yield f"{mark}({dashed}size = {self.random.choice((0.5, 0.8, 1.1))}{plain})"
        if dashed:
            yield "guides(linetype = 'none')"
        if self.look.markers:
            yield f"geom_point(size = 1.5{plain})"
        if self.several:
            yield self._colours("colour")

    def _area(self) -> Iterator[str]:
        if self.several:
            yield "ggplot(d, aes(x = x, y = y, fill = name))"
            yield "geom_area(position = position_stack(reverse = TRUE))"
            yield self._colours("fill")
        else:
            yield "ggplot(d, aes(x = x, y = y))"
            yield f"geom_area(fill = '{self.chart.series[0].colour}', alpha = {self.random.choice((1, 0.6))})"

    def _cloud(self) -> Iterator[str]:
        plain = "" if self.several else f", colour = '{self.chart.series[0].colour}'"
        if self.plan.kind == "bubble":
            yield "ggplot(d, aes(x = x, y = y, size = size))"
            yield f"geom_point(alpha = 0.6{plain})"
            yield "scale_size_area(max_size = 10)"
            return
        yield "ggplot(d, aes(x = x, y = y{}))".format(", colour = name" if self.several else "")
        shaped = "aes(shape = name), " if self.several and self.look.markers else ""
        yield f"geom_point({shaped}size = {self.random.choice((1, 1.5, 2))}{plain})"
        if shaped:
            yield "guides(shape = 'none')"
        if self.several:
            yield self._colours("colour")

    def _pie(self) -> Iterator[str]:
        texts = self.plan.categories
        colours = _vector([*self.look.palette, "#17becf", "#bcbd22"][: len(texts)])
        yield "ggplot(d, aes(x = 1, y = y, fill = x))"
        yield "geom_col(width = 1, colour = 'white')"
        if self.plan.kind == "donut":
            yield "xlim(-0.5, 1.5)"
        yield "coord_polar(theta = 'y', direction = -1)"
        yield f"scale_fill_manual(values = {colours})"
        if self.look.labels:
            yield f"geom_text(aes(label = text), position = position_stack(vjust = 0.5), size = {self.look.size * 0.3:.2f})"

    def _box(self) -> Iterator[str]:
        five = "subset(d, name != 'outlier')[, c('x', 'y', 'name')]"
        yield f"ggplot(reshape({five}, idvar = 'x', timevar = 'name', direction = 'wide'))"
        stats = "ymin = y.minimum, lower = `y.lower quartile`, middle = y.median, upper = `y.upper quartile`, ymax = y.maximum"
        fill = self.random.choice((f", fill = '{self.look.palette[0]}'", ""))
        yield f"geom_boxplot(aes(x = x, {stats}), stat = 'identity', width = {1 - self.look.gap:.3f}{fill})"
        yield "geom_point(data = subset(d, name == 'outlier'), aes(x = x, y = y))"

    def _heatmap(self) -> Iterator[str]:
        yield "ggplot(d, aes(x = x, y = name, fill = y))"
        yield "geom_tile({})".format(self.random.choice(("", "colour = 'white'")))
        yield self.random.choice(("scale_fill_viridis_c()", "scale_fill_gradient(low = 'white', high = '#08519c')"))
        if self.look.labels:
            yield f"geom_text(aes(label = text), size = {self.look.size * 0.3:.2f})"

    def _mixed(self) -> Iterator[str]:
        bars, line = self.chart.series
        ratio = max(point.y or 0.0 for point in bars.points) * 1.1 / 100
        second = titled(self.chart.second_axis or Axis())
        yield "ggplot(d, aes(x = x))"
        width = f"width = {1 - self.look.gap:.3f}"
        yield f"geom_col(data = subset(d, name == {_text(bars.name)}), aes(y = y, fill = name), {width})"
        of_line = f"data = subset(d, name == {_text(line.name)}), aes(y = y * {ratio!r}, colour = name"
        yield f"geom_line({of_line}, group = 1))"
        if self.look.markers:
            yield f"geom_point({of_line}))"
        yield f"scale_fill_manual(values = '{bars.colour}')"
        yield f"scale_colour_manual(values = '{line.colour}')"
        yield f"scale_y_continuous(labels = tell, sec.axis = sec_axis(~ . / {ratio!r}, name = {_text(second)}))"
