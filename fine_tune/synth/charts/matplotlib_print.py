"""Charts drawn by matplotlib, in six of its styles, with text as TrueType (42) or as glyphs drawn one by one (Type 3)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

import matplotlib as mpl
from matplotlib import font_manager, style
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.dates import AutoDateFormatter, AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from docai.document import Series
from fine_tune.synth.charts.plan import KINDS, Plan, titled

STYLES: Final = ("default", "seaborn-v0_8-whitegrid", "ggplot", "bmh", "seaborn-v0_8-darkgrid", "classic")
DRAWN: Final = KINDS
_LEGENDS: Final = {"right": "outside right center", "top": "outside upper center", "bottom": "outside lower center"}
_MARKERS: Final = "os^Dv"
_DASHES: Final = ("-", "--", ":", "-.", (0, (5, 1)))


def draw(plan: Plan, random: Random) -> bytes:
    """Return a PDF of one page with the chart."""
    look = plan.look
    fonts = {"font.family": _named(look.face.regular), "font.size": look.size, "pdf.fonttype": random.choice((3, 42, 42))}
    sizes = dict.fromkeys(("axes.titlesize", "axes.labelsize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize"), look.size)
    with mpl.rc_context(), style.context(STYLES[look.style]):
        settings: Any = {**fonts, **sizes, "axes.titlesize": look.size * 1.25, "axes.unicode_minus": look.minus == "−"}
        mpl.rcParams.update(settings)
        longest = max(map(len, plan.categories), default=0) if plan.chart.x_axis.scale == "category" else 0
        height = look.height + max(0.0, 0.5 * look.size * longest - 30)  # room for labels that stand upright
        figure = Figure(figsize=(look.width / 72, height / 72), layout="constrained")
        figure.set_facecolor("white")
        _Drawing(plan, random, figure).draw()
        out = io.BytesIO()
        trimmed: dict[str, Any] = (
            {"bbox_inches": "tight"} if look.legend in ("right", "top", "bottom") or random.random() < 0.5 else {}
        )
        FigureCanvasPdf(figure).print_figure(out, format="pdf", metadata={"CreationDate": None}, **trimmed)
    return out.getvalue()


@cache
def _named(path: Path) -> str:
    font_manager.fontManager.addfont(path)
    return font_manager.FontProperties(fname=path).get_name()


class _Drawing:
    def __init__(self, plan: Plan, random: Random, figure: Figure) -> None:
        self.plan, self.random, self.chart, self.look = plan, random, plan.chart, plan.look
        self.figure: Any = figure  # its many words for places are no type of ours
        self.flat = plan.chart.orientation == "horizontal"
        self.axes: Any = figure.subplots()

    def draw(self) -> None:
        chart, axes = self.chart, self.axes
        kind = {"pie": "pie", "donut": "pie", "bubble": "cloud", "scatter": "cloud", "line_step": "line"}.get(
            self.plan.kind, chart.chart_type
        )
        getattr(self, f"_{kind}" if self.plan.kind != "histogram" else "_histogram")()
        if chart.title:
            axes.set_title(chart.title, wrap=True)
        if chart.chart_type in ("pie", "heatmap"):
            return
        self._dress()
        if self.look.legend != "none":
            self._name()

    def _name(self) -> None:
        """Draw the legend."""
        handles: list[Any] = []
        names: list[str] = []
        for axes in self.figure.axes:
            more, others = axes.get_legend_handles_labels()
            handles, names = handles + more, names + others
        framed = self.random.random() < 0.6
        if self.look.legend == "inside":
            self.axes.legend(handles, names, frameon=framed, loc="best")
            return
        columns = 1 if self.look.legend == "right" else min(4, len(names))
        self.figure.legend(handles, names, frameon=framed, ncols=columns, loc=_LEGENDS[self.look.legend])

    # ---- axes

    def _dress(self) -> None:
        plan, chart, axes = self.plan, self.chart, self.axes
        value_axis, other_axis = (axes.xaxis, axes.yaxis) if self.flat else (axes.yaxis, axes.xaxis)
        value_axis.set_label_text(plan.value_title)
        other_axis.set_label_text(titled(chart.x_axis))
        axes.set_axisbelow(True)
        if self.look.grid:
            value_axis.grid(visible=True)
        if self.random.random() < 0.4:
            axes.spines[["top", "right"]].set_visible(False)
        if chart.y_axis.scale == "log":
            axes.set_yscale("log")
            return
        if chart.y_axis.low is not None and chart.y_axis.high is not None:
            axes.set_ylim(chart.y_axis.low, chart.y_axis.high)
        if plan.numbers.scaling == "offset":
            value_axis.get_major_formatter().set_powerlimits((-3, 3))
            return
        if chart.x_axis.scale == "date":
            self._date()
        if self.random.random() < 0.75 or plan.numbers.scaling != "plain":
            ticks = [tick for tick in value_axis.get_majorticklocs() if tick is not None]
            step = float(ticks[1] - ticks[0])
            value_axis.set_major_formatter(FuncFormatter(lambda value, _: plan.numbers.tick(value, step)))

    def _date(self) -> None:
        """Have few enough dates at the axis that they stand beside each other, in one of two styles."""
        few = AutoDateLocator(minticks=3, maxticks=7)
        self.axes.xaxis.set_major_locator(few)
        concise = self.random.random() < 0.5
        self.axes.xaxis.set_major_formatter(ConciseDateFormatter(few) if concise else AutoDateFormatter(few))
        self.axes.tick_params(axis="x", rotation=0 if concise else self.random.choice((30, 45)))

    def _at_categories(self) -> list[float]:
        texts = self.plan.categories
        places = [float(place) for place in range(len(texts))]
        axis = self.axes.yaxis if self.flat else self.axes.xaxis
        axis.set_ticks(places, texts)
        if self.flat:
            self.axes.invert_yaxis()
        elif self.look.turned or sum(map(len, texts)) * self.look.size * 0.6 > self.look.width * 0.8:
            angle = self.random.choice((30, 45, 90))
            anchored = {"ha": "right", "rotation_mode": "anchor"} if angle < 90 else {}
            self.axes.tick_params(axis="x", rotation=angle)
            for label in self.axes.get_xticklabels():
                label.set(**anchored)
        return places

    # ---- marks

    def _values(self, series: Series) -> list[float]:
        return [point.y or 0.0 for point in series.points]

    def _bar(self) -> None:
        chart, places = self.chart, self._at_categories()
        stacked, count = chart.stacking != "none", len(chart.series)
        room = 1 - self.look.gap
        width = room if stacked else room / count
        bottoms = [0.0] * len(places)
        for place, series in enumerate(chart.series):
            values = self._values(series)
            shift = 0.0 if stacked else (place - (count - 1) / 2) * width
            starts = [point.low or 0.0 for point in series.points] if self.plan.kind == "bar_floating" else bottoms
            lengths = [value - start for value, start in zip(values, starts, strict=True)] if starts is not bottoms else values
            drawn = [where + shift for where in places]
            options: dict[str, Any] = {"color": series.colour, "label": series.name or None, "edgecolor": self._edge()}
            ends = [((p.y or 0) - (p.low or 0), (p.high or 0) - (p.y or 0)) for p in series.points]
            if self.plan.kind == "bar_errors":
                options["yerr"], options["capsize"] = list(zip(*ends, strict=True)), self.random.choice((0, 3, 5))
                options["error_kw"] = {"elinewidth": 1, "ecolor": self.random.choice(("black", "#444444"))}
            if self.flat:
                bars = self.axes.barh(drawn, lengths, height=width, left=starts, **options)
            else:
                bars = self.axes.bar(drawn, lengths, width=width, bottom=starts, **options)
            if self.look.labels:
                texts = [self.plan.numbers.text(value) for value in values]
                inside = {"label_type": "center"} if stacked else {"padding": 2}
                self.axes.bar_label(bars, texts, fontsize=self.look.size * 0.85, **inside)
            if stacked:
                bottoms = [bottom + value for bottom, value in zip(bottoms, values, strict=True)]
        if self.look.labels and not stacked:
            self.axes.margins(**{"x" if self.flat else "y": 0.14})

    def _edge(self) -> str | None:
        return self.random.choice((None, None, "black", "white")) if self.look.style != 5 else "black"

    def _histogram(self) -> None:
        (series,) = self.chart.series
        middles = [float(point.x) for point in series.points]
        width = middles[1] - middles[0]
        edges = [middle - width / 2 for middle in middles] + [middles[-1] + width / 2]
        filled = self.random.random() < 0.75
        self.axes.hist(
            middles,
            bins=edges,
            weights=self._values(series),
            color=series.colour,
            histtype="bar" if filled else "stepfilled",
            edgecolor=self.random.choice(("white", "black", None)) if filled else None,
        )

    def _xs(self, series: Series) -> Sequence[Any]:
        if self.chart.x_axis.scale == "category":
            return range(len(series.points))
        if self.chart.x_axis.scale == "date":
            return [datetime.fromisoformat(str(point.x)).replace(tzinfo=timezone.utc) for point in series.points]
        return [float(point.x) for point in series.points]

    def _line(self) -> None:
        chart = self.chart
        for place, series in enumerate(chart.series):
            self.axes.plot(
                self._xs(series),
                self._values(series),
                color=series.colour,
                label=series.name or None,
                linewidth=self.random.choice((1.0, 1.5, 2.0)),
                linestyle=_DASHES[place % 5] if self.look.dashed else "-",
                marker=_MARKERS[place % 5] if self.look.markers else None,
                markersize=self.random.choice((3, 4, 5)),
                drawstyle=self.random.choice(("steps-post", "steps-mid")) if self.plan.kind == "line_step" else "default",
            )
            if self.look.labels and len(chart.series) == 1:
                for x, y in zip(self._xs(series), self._values(series), strict=True):
                    self.axes.annotate(self.plan.numbers.text(y), (x, y), (0, 4), textcoords="offset points", ha="center")
        if chart.x_axis.scale == "category":
            self._at_categories()

    def _area(self) -> None:
        series = self.chart.series
        names = [one.name for one in series]
        rows = [self._values(one) for one in series]
        named = {"labels": names} if len(series) > 1 else {}
        edge = self.random.choice((None, "white"))
        self.axes.stackplot(self._xs(series[0]), rows, colors=[s.colour for s in series], edgecolor=edge, **named)
        self.axes.set_ylim(bottom=0)

    def _cloud(self) -> None:
        for place, series in enumerate(self.chart.series):
            sizes = [600 * point.size if point.size is not None else 25.0 for point in series.points]
            self.axes.scatter(
                self._xs(series),
                self._values(series),
                s=sizes,
                color=series.colour,
                alpha=self.random.choice((1.0, 0.7)) if sizes[0] == 25.0 else 0.6,
                marker=_MARKERS[place % 5] if self.look.markers else "o",
                label=series.name or None,
                linewidths=self.random.choice((0.0, 0.5)),
            )

    def _pie(self) -> None:
        (series,) = self.chart.series
        values, texts = self._values(series), [str(point.x) for point in series.points]
        beside = self.random.random() < 0.4
        options: dict[str, Any] = {} if beside else {"labels": texts}
        if self.look.labels:
            whole = sum(values)
            shown = iter(self._printed(values, whole))
            options["autopct"] = lambda _: next(shown)
        if self.plan.kind == "donut":
            options["wedgeprops"] = {"width": self.random.uniform(0.3, 0.5), "edgecolor": "white"}
            options["pctdistance"] = 0.8
        colours = [*self.look.palette, "#17becf", "#bcbd22"][: len(values)]
        wedges = self.axes.pie(values, colors=colours, startangle=self.random.choice((0, 90)), counterclock=False, **options)[0]
        if beside:
            self.figure.legend(wedges, texts, loc=self.random.choice(list(_LEGENDS.values())), ncols=1)
        self.axes.set_aspect("equal")

    def _printed(self, values: Sequence[float], whole: float) -> Iterator[str]:
        shares = self.random.random() < 0.7
        for value in values:
            share = f"{100 * value / whole:.1f}".replace(".", self.plan.numbers.decimal) + "%"
            yield share if shares else self.plan.numbers.text(value)

    def _box(self) -> None:
        rows = {series.name: {point.x: point.y for point in series.points} for series in self.chart.series}
        beyond = [p for series in self.chart.series if series.name == "outlier" for p in series.points]
        boxes = [
            {
                "whislo": rows["minimum"][text],
                "q1": rows["lower quartile"][text],
                "med": rows["median"][text],
                "q3": rows["upper quartile"][text],
                "whishi": rows["maximum"][text],
                "fliers": [point.y for point in beyond if point.x == text],
            }
            for text in self.plan.categories
        ]
        filled = {"patch_artist": True, "boxprops": {"facecolor": self.look.palette[0]}} if self.random.random() < 0.6 else {}
        self.axes.bxp(boxes, positions=range(len(boxes)), widths=1 - self.look.gap, **filled)
        self._at_categories()

    def _heatmap(self) -> None:
        chart = self.chart
        rows = [self._values(series) for series in chart.series]
        picture = self.axes.pcolormesh(rows, cmap=self.random.choice(("viridis", "Blues", "YlOrRd", "coolwarm")))
        places = [place + 0.5 for place in range(len(self.plan.categories))]
        self.axes.set_xticks(places, self.plan.categories, rotation=45, ha="right", rotation_mode="anchor")
        self.axes.set_yticks([place + 0.5 for place in range(len(rows))], [series.name for series in chart.series])
        self.axes.invert_yaxis()
        if self.look.labels:
            low, high = min(map(min, rows)), max(map(max, rows))
            for row, values in enumerate(rows):
                for column, value in enumerate(values):
                    red, green, blue, _ = picture.cmap(picture.norm(value))
                    ink = "white" if 0.3 * red + 0.6 * green + 0.1 * blue < 0.5 and high > low else "black"
                    text = self.plan.numbers.text(value)
                    self.axes.text(
                        column + 0.5, row + 0.5, text, ha="center", va="center", color=ink, fontsize=self.look.size * 0.85
                    )
        if not self.look.labels or self.random.random() < 0.5:
            self.figure.colorbar(picture, ax=self.axes)

    def _mixed(self) -> None:
        bars, line = self.chart.series
        places = self._at_categories()
        self.axes.bar(places, self._values(bars), width=1 - self.look.gap, color=bars.colour, label=bars.name)
        other = self.axes.twinx()
        marker = "o" if self.look.markers else None
        other.plot(places, self._values(line), color=line.colour, label=line.name, marker=marker)
        other.set_ylim(0, 100)
        other.grid(visible=False)
        other.set_ylabel(titled(self.chart.second_axis) if self.chart.second_axis else "")
