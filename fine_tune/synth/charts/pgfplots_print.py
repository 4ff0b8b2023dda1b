"""Charts drawn by LaTeX with pgfplots and pgf-pie, for measuring only: Debian's texlive-pictures and texlive-luatex.

Options are those of the manuals: Feuersänger, "Manual for Package PGFPLOTS" 1.18, and Xu, "pgf-pie".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from random import Random
from typing import Final

from docai.document import Axis, Series
from fine_tune.synth.charts.latex import ESCAPES, FONTS, face_lines, listed, tex, typeset
from fine_tune.synth.charts.plan import KINDS, Plan, titled

DRAWN: Final = KINDS
_FRAMES: Final = (  # around plots
    (),
    ("tick align=outside", "tick pos=left"),
    ("axis lines=left",),
    ("axis lines*=left",),
    ("axis x line*=bottom", "axis y line*=left", "tick align=outside"),
    ("tick pos=left", "axis line style={gray}", "every tick/.style={gray}"),
)
_MARKS: Final = ("*", "square*", "triangle*", "diamond*", "pentagon*")
_HOLLOW: Final = ("o", "square", "x", "triangle", "+")
_DASHES: Final = ("solid", "dashed", "dotted", "dash dot", "densely dashed")
_PATTERNS: Final = ("north east lines", "crosshatch", "north west lines", "dots")
_MAPS: Final = ("viridis", "hot", "blackwhite", "cool", "bluered", "jet", "greenyellow", "violet")
_PALE: Final = ("{pale}{color=(white) color=(blue!45)}", "{pale}{color=(yellow!15) color=(red!60)}", "{pale}{gray=(1) gray=(0.55)}")
_DATES: Final = (r"\year-\month", r"\month/\year", r"\year-\month-\day")


def draw(plan: Plan, random: Random) -> bytes:
    """Return a PDF of one page with the chart.

    Raises:
        MissingDependency: LaTeX or one of its packages is not installed.
        RuntimeError: LaTeX failed.
    """
    plain = plan.language == "en" and random.random() < 0.8  # other languages have letters that the fonts of TeX lack
    return typeset(_Drawing(plan, random, plain=plain).script(), "pdflatex" if plain else "lualatex")


def _places(points: Iterable[tuple[float | str, float]]) -> str:
    return "{" + " ".join(f"({x},{y!r})" for x, y in points) + "}"


class _Drawing:
    def __init__(self, plan: Plan, random: Random, *, plain: bool) -> None:
        self.plan, self.random, self.chart, self.look, self.plain = plan, random, plan.chart, plan.look, plain
        self.flat = plan.chart.orientation == "horizontal"
        self.stacked = plan.chart.stacking != "none"
        self.fonts, self.texts = random.choice(FONTS) if plain else ("", random.random() < 0.6)
        self.colours = [*self.look.palette, "#17becf", "#bcbd22"]
        self.legend = self.look.legend
        if self.legend == "inside" and (plan.kind in ("bar_percent", "mixed", "bubble") or self.flat):
            self.legend = "right"
        middle = plan.kind in ("line", "line_many", "scatter", "area") and random.random() < 0.15
        self.frame = ("axis lines=middle",) if middle else _FRAMES[self.look.style]
        self.tight = any(option.startswith("axis lines") for option in self.frame)  # its axes end at the least and the largest

    def script(self) -> Iterator[str]:
        look = self.look
        yield r"\documentclass{article}\usepackage{textcomp}"
        if self.plain:
            yield r"\usepackage[T1]{fontenc}\usepackage{lmodern}" + self.fonts
        else:
            yield from face_lines(look.face)
        yield r"\usepackage{pgfplots,pgf-pie}\usepgfplotslibrary{dateplot,statistics,colormaps}\usetikzlibrary{patterns}"
        yield rf"\pgfplotsset{{compat={self.random.choice(('1.18', '1.14', '1.9'))}}}"
        for place, colour in enumerate(self.colours):
            yield rf"\definecolor{{c{place}}}{{HTML}}{{{colour[1:].upper()}}}"
        signs = self.plan.numbers  # in groups, as else there is space behind them in mathematics
        yield rf"\def\thousands{{{tex(signs.thousands)}}}\def\decimal{{{tex(signs.decimal)}}}"
        yield r"\begin{document}\newbox\chart\setbox\chart\hbox{" + self._sized(1.0) + r"\begin{tikzpicture}"
        kinds = {"pie": self._pie, "heatmap": self._heatmap, "mixed": self._mixed}
        yield from kinds[self.chart.chart_type]() if self.chart.chart_type in kinds else self._axis()
        yield r"\end{tikzpicture}}"

    def _sized(self, part: float) -> str:
        return rf"\fontsize{{{part * self.look.size:.1f}}}{{{1.2 * part * self.look.size:.1f}}}\selectfont"

    # ---- axes

    def _axis(self) -> Iterator[str]:
        marks = {
            "bubble": self._bubbles,
            "histogram": self._histogram,
            "bar_floating": self._floating,
            "scatter": self._cloud,
            "box": self._boxes,
            "area": self._areas,
            "line": self._lines,
        }
        kind = self.plan.kind if self.plan.kind in marks else self.chart.chart_type
        options, body = marks.get(kind, self._bars)()
        value, other = ("x", "y") if self.flat else ("y", "x")
        dressed = [*self._frame(), *self._value_axis(value), *self._other_axis(other), *self._legend(), *options]
        yield self._environment(dressed, body)

    def _environment(self, options: Iterable[str], body: Iterable[str]) -> str:
        lines = "\n".join([*body, *self._entries()])
        return "\\begin{axis}[\n" + ",\n".join(options) + "\n]\n" + lines + "\n\\end{axis}"

    def _frame(self) -> Iterator[str]:
        look, title = self.look, self.chart.title
        yield f"width={look.width}bp,height={look.height}bp"
        yield from self.frame
        if "axis lines=middle" in self.frame:
            yield "xlabel style={at={(ticklabel* cs:1)},anchor=south east}"
            yield "ylabel style={at={(ticklabel* cs:1)},anchor=south west,rotate=0}"
        if title:
            bold = r",font=\bfseries" if self.random.random() < 0.3 else ""
            raised = 1.6 * look.size * self._rows() + 4 if self.legend == "top" else 0.0
            raised += 1.5 * look.size if "axis lines=middle" in self.frame else 0.0
            yield f"title={tex(title)}"
            yield f"title style={{align=center,text width={0.8 * look.width:.0f}bp,yshift={raised:.0f}bp{bold}}}"
        if self.random.random() < 0.5:
            yield f"tick label style={{font={self._sized(0.88)}}}"

    def _value_axis(self, side: str, axis: Axis | None = None) -> Iterator[str]:
        """Yield options for the axis `side` of the values, or those for another axis with plain numbers."""
        numbers, own = self.plan.numbers, axis is None
        axis = axis or self.chart.y_axis
        yield f"{side}label={tex(titled(axis))}"
        if self.look.grid and own:
            dashes = self.random.choice(("", "dashed,", "dotted,"))
            grid = self.random.choice((f"{side}majorgrids", f"{side}majorgrids", "grid=major"))
            yield f"{grid},major grid style={{{dashes}gray!{self.random.choice((30, 50))}}}"
        if self.flat:
            yield "max space between ticks=60"
        if axis.scale == "log":
            yield f"{side}mode=log"
            return
        yield from self._numbers(side, plain=not own)
        if self.plan.kind == "line_inverted" and own:
            yield f"{side} dir=reverse,ymin=0,ymax={axis.low!r},axis x line*=bottom"
        if own and numbers.scaling == "percent" and self.plan.kind == "bar_percent":
            yield f"{side}max=100"

    def _numbers(self, side: str, *, plain: bool = False) -> Iterator[str]:
        """Yield how an axis writes its numbers."""
        numbers = self.plan.numbers
        form = "/pgf/number format"
        signs = f"{form}/1000 sep=\\thousands,{form}/dec sep=\\decimal"
        text = f",{form}/assume math mode=true" if self.texts else ""
        style = f"{side} tick label style={{{signs}{text}"
        if numbers.scaling == "offset" and not plain:
            yield style + "}" + ("" if self.random.random() < 0.75 else f",scaled {side} ticks=false")
            return
        yield f"{style},{form}/fixed,{form}/precision=3}}"
        before, behind = ("", "") if plain else (tex(numbers.before), tex(numbers.behind))
        if numbers.divisor != 1 and not plain:
            yield f"scaled {side} ticks=real:{numbers.divisor:.0f},{side}tick scale label code/.code={{}}"
        else:
            yield f"scaled {side} ticks=false"
        if len(before + behind) > 4:
            printed = r"\pgfmathprintnumber{\tick}"
            yield f"{side}ticklabel={{{before}{printed}{behind}}}"

    def _other_axis(self, side: str) -> Iterator[str]:
        plan, chart = self.plan, self.chart
        yield f"{side}label={tex(titled(chart.x_axis))}"
        if chart.x_axis.scale == "category":
            yield from self._categories(side)
        elif chart.x_axis.scale == "date":
            days = [str(point.x) for point in chart.series[0].points]
            apart = math.ceil(len(days) / self.random.choice((4, 6, 8)))
            form = self.random.choice(_DATES)
            if plan.language == "en" and self.random.random() < 0.5:
                form = r"\pgfcalendarmonthshortname{\month}~\year"
            yield f"date coordinates in=x,date ZERO={days[0]},xtick={{{','.join(days[::apart])}}},xticklabel={{{form}}}"
            yield f"x tick label style={self.random.choice(('{rotate=45,anchor=east}', '{rotate=90,anchor=east}'))}"
        else:
            yield r"x tick label style={/pgf/number format/1000 sep={},/pgf/number format/dec sep=\decimal}"
            if chart.chart_type == "line" and "axis lines=middle" not in self.frame and self.random.random() < 0.3:
                yield "enlarge x limits=false"

    def _turned(self) -> bool:
        texts = self.plan.categories
        return not self.flat and (self.look.turned or sum(map(len, texts)) * self.look.size * 0.6 > self.look.width * 0.7)

    def _categories(self, side: str) -> Iterator[str]:
        texts = self.plan.categories
        yield f"{side}tick={{{','.join(map(str, range(len(texts))))}}}"
        named = texts[::-1] if self.flat else texts
        yield f"{side}ticklabels={listed(named)}"
        if self._turned():
            yield (
                "x tick label style={"
                + self.random.choice(("rotate=45,anchor=north east", "rotate=90,anchor=east", "rotate=30,anchor=east"))
                + "}"
            )
        if self.random.random() < 0.4:
            yield f"{side}tick style={{draw=none}}"
        yield f"{side}min=-0.6,{side}max={len(texts) - 0.4:.1f}"

    # ---- legends

    def _columns(self) -> int:
        if self.legend in ("right", "inside"):
            return 1
        longest = max(len(series.name) for series in self.chart.series)
        fitting = int(0.85 * self.look.width / (0.55 * self.look.size * longest + 30))
        return max(1, min(len(self.chart.series), fitting))

    def _rows(self) -> int:
        return math.ceil(len(self.chart.series) / self._columns())

    def _legend(self) -> Iterator[str]:
        if self.legend == "none":
            return
        style = "cells={anchor=west}" + self.random.choice(("", ",draw=none", ",fill=none", ",draw=none,fill=none"))
        if self.legend == "right" and self.plan.kind == "mixed":
            style += f",at={{(1,1)}},anchor=north west,xshift={5 * self.look.size:.0f}bp"  # beyond the second axis
        elif self.legend == "right":
            yield "legend pos=outer north east"
        elif self.legend == "top":
            style += f",at={{(0.5,1.02)}},anchor=south,legend columns={self._columns()}"
        elif self.legend == "bottom":
            below = 2.2 * self.look.size + (1.6 * self.look.size if self.chart.x_axis.title or self.flat else 0.0)
            if self.chart.x_axis.scale == "category" and self._turned():
                below += 0.55 * self.look.size * max(map(len, self.plan.categories))
            elif self.chart.x_axis.scale == "date":
                below += 5 * self.look.size
            style += f",at={{(0.5,0)}},anchor=north,yshift=-{below + 6:.0f}bp,legend columns={self._columns()}"
        else:
            yield "legend pos=" + self.random.choice(("north west", "north east"))
        yield f"legend style={{{style}}}"
        if self.random.random() < 0.3 and self.legend == "right":
            yield "reverse legend"

    def _entries(self) -> Iterator[str]:
        if self.legend != "none" and self.plan.kind != "mixed":
            yield rf"\legend{listed(series.name for series in self.chart.series)}"

    def _room(self) -> Iterator[str]:
        """Yield the end of the axis of values such that a legend above the marks hides none of them."""
        if self.legend != "inside":
            return
        columns = zip(*([point.y or 0.0 for point in series.points] for series in self.chart.series), strict=False)
        top = max(map(sum, columns)) if self.stacked else max(self._values())
        low = min(self._values()) if self.chart.chart_type in ("line", "scatter") else 0.0
        free = (1.45 * self.look.size * len(self.chart.series) + 14) / (self.look.height - 50)
        if self.chart.y_axis.scale == "log":
            yield f"ymax={top * (top / low) ** (free / (1 - free)):.6g}"
        else:
            yield f"ymax={top + (top - low) * 1.1 * free / (1 - free):.6g}"

    def _values(self) -> list[float]:
        return [point.y or 0.0 for series in self.chart.series for point in series.points]

    # ---- marks: options of the axis, and what is drawn there

    def _xs(self, series: Series) -> list[float | str]:
        if self.chart.x_axis.scale == "category":
            texts = self.plan.categories
            found = [texts.index(str(point.x)) for point in series.points]
            return [float(len(texts) - 1 - place if self.flat else place) for place in found]
        return [point.x for point in series.points]

    def _points(self, series: Series) -> str:
        return _places(zip(self._xs(series), (point.y or 0.0 for point in series.points), strict=True))

    def _labelled(self, series: Series) -> str:
        """Return the points with the texts that stand at them."""
        texts = [self.plan.numbers.text(point.y or 0.0).translate(ESCAPES) for point in series.points]
        pairs = [(x, point.y or 0.0) for x, point in zip(self._xs(series), series.points, strict=True)]
        places = [f"({y!r},{x})" if self.flat else f"({x},{y!r})" for x, y in pairs]
        return "{" + " ".join(f"{place} [{{{text}}}]" for place, text in zip(places, texts, strict=True)) + "}"

    def _texts_at_marks(self) -> Iterator[str]:
        """Yield how texts stand at marks."""
        part = 0.7 if len(self.chart.series) > 1 else 0.85
        turned = not self.flat and not self.stacked and len(self._values()) > 8
        beside = ",anchor=west" if self.flat and not self.stacked else ""
        turn = ",rotate=90,anchor=west" if turned else beside
        yield "nodes near coords,point meta=explicit symbolic"
        yield f"every node near coord/.append style={{font={self._sized(part)},black{turn}}}"

    def _fill(self, place: int, style: int) -> str:
        colour, pattern = f"c{place}", _PATTERNS[place % len(_PATTERNS)]
        return (
            f"fill={colour},draw=none",
            f"fill={colour},draw={colour}",
            f"fill={colour},draw=black",
            f"fill={colour}!50,draw={colour}",
            f"pattern={pattern},pattern color={colour},draw={colour}",
        )[style]

    def _bars(self) -> tuple[Iterable[str], Iterable[str]]:
        plan, count = self.plan, len(self.chart.series)
        side, value = ("xbar", "x") if self.flat else ("ybar", "y")
        room = (1 - self.look.gap) / (1 if self.stacked else count)
        options = [f"{side} stacked" if self.stacked else f"{side}=0pt", f"bar width={room:.4f}"]
        signed = plan.kind == "bar_negative"
        if signed:
            options += [
                f"extra {value} ticks={{0}},extra {value} tick labels={{}}",
                f"extra {value} tick style={{grid=major,major grid style={{black,solid}}}}",
            ]
        elif plan.kind != "bar_errors" or self.random.random() < 0.75:
            options += [f"{value}min=0"]
        options += [*self._room()]
        options += [*self._texts_at_marks()] if self.look.labels else []
        if self.legend != "inside" and plan.kind != "bar_percent":
            room_beyond = 0.2 if self.look.labels and not self.stacked else self.random.choice((0.0, 0.05, 0.1))
            options += [
                f"enlarge {value} limits={{value={max(0.1, room_beyond) if signed else room_beyond}{'' if signed else ',upper'}}}"
            ]
        if count > 1 and self.random.random() < 0.5:
            options += ["area legend"]
        style = self.random.randrange(5 if plan.kind in ("bar_grouped", "bar_errors", "bar_stacked_horizontal") else 3)
        body = []
        for place, series in enumerate(self.chart.series):
            ends = self._ends() if plan.kind == "bar_errors" else ""
            drawn = self._labelled(series)
            if plan.kind == "bar_errors":
                pairs = zip(self._xs(series), series.points, strict=True)
                drawn = "{" + " ".join(f"({x},{p.y!r}) +- (0,{(p.high or 0.0) - (p.y or 0.0):.6g})" for x, p in pairs) + "}"
            ink = f",nodes near coords style={{{self._ink(place)}}}" if self.look.labels and self.stacked else ""
            body.append(rf"\addplot[{self._fill(place, style)}{ink}{ends}] coordinates {drawn};")
        return options, body

    def _ink(self, place: int) -> str:
        """Return the colour of letters upon a colour, by its brightness (ITU-R BT.601)."""
        red, green, blue = (int(self.colours[place][start : start + 2], 16) for start in (1, 3, 5))
        return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 110 else "black"

    def _ends(self) -> str:
        bare = (
            "error mark=none,"
            if self.random.random() < 0.3
            else f"error mark options={{rotate=90,mark size={self.random.choice((2, 3, 4))}pt,black}},"
        )
        return f",error bars/.cd,y dir=both,y explicit,{bare}error bar style={{black}}"

    def _floating(self) -> tuple[Iterable[str], Iterable[str]]:
        """Stack the bars upon bars that are not drawn."""
        (series,) = self.chart.series
        style = self._fill(0, self.random.randrange(3))
        lows = _places(zip(self._xs(series), (point.low or 0.0 for point in series.points), strict=True))
        heights = [round((point.high or 0.0) - (point.low or 0.0), 6) for point in series.points]
        options = ["ybar stacked", f"bar width={1 - self.look.gap:.4f}", "ymin=0"]
        return options, [
            rf"\addplot[draw=none,fill=none,forget plot] coordinates {lows};",
            rf"\addplot[{style}] coordinates {_places(zip(self._xs(series), heights, strict=True))};",
        ]

    def _histogram(self) -> tuple[Iterable[str], Iterable[str]]:
        (series,) = self.chart.series
        middles = [float(point.x) for point in series.points]
        width, fill = middles[1] - middles[0], self._fill(0, self.random.choice((1, 2, 3)))
        lefts: list[float | str] = [middle - width / 2 for middle in middles]
        heights = [point.y or 0.0 for point in series.points]
        if self.random.random() < 0.5:
            drawn = _places([*zip(lefts, heights, strict=True), (middles[-1] + width / 2, heights[-1])])
            return ["ymin=0"], [rf"\addplot[ybar interval,{fill},mark=none] coordinates {drawn};"]
        return ["ymin=0", f"ybar,bar width={width}"], [rf"\addplot[{fill}] coordinates {self._points(series)};"]

    def _lines(self) -> tuple[Iterable[str], Iterable[str]]:
        step, labelled = self.plan.kind == "line_step", self.look.labels and len(self.chart.series) == 1
        width, marks = (
            self.random.choice(("thin", "semithick", "thick", "very thick")),
            self.random.choice((_MARKS, _MARKS, _HOLLOW)),
        )
        options = ["enlargelimits=0.05"] if self.tight and self.random.random() < 0.6 else []
        options += [*self._room(), *(self._texts_at_marks() if labelled else ())]
        if self.chart.y_axis.scale != "log" and self.plan.kind != "line_inverted" and self.random.random() < 0.3:
            options += ["ymin=0"]
        size, steps = self.random.choice((1.2, 1.6, 2.0)), self.random.choice(("const plot", "const plot mark mid"))
        body = []
        for place, series in enumerate(self.chart.series):
            dash = _DASHES[place % 5] if self.look.dashed else "solid"
            mark = f"mark={marks[place % 5]},mark size={size}pt,mark options={{solid}}" if self.look.markers else "no marks"
            style = f"c{place},{width},{dash},{mark}{',' + steps if step else ''}"
            body.append(rf"\addplot[{style}] coordinates {self._labelled(series) if labelled else self._points(series)};")
        return options, body

    def _areas(self) -> tuple[Iterable[str], Iterable[str]]:
        options = ["ymin=0", "enlarge x limits=false", *self._room()]
        if self.stacked:
            options += ["stack plots=y", "area style"]
        opaque = self.stacked or self.random.random() < 0.5
        edge = self.random.choice(("draw=none", "draw=black", "same"))
        body = []
        for place, series in enumerate(self.chart.series):
            line = f"draw=c{place}" if edge == "same" else edge
            style = f"{line},fill=c{place},mark=none{'' if opaque else ',fill opacity=0.5'}"
            body.append(rf"\addplot[{style}] coordinates {self._points(series)} \closedcycle;")
        return options, body

    def _cloud(self) -> tuple[Iterable[str], Iterable[str]]:
        marks, size = self.random.choice((_MARKS, _MARKS, _HOLLOW)), self.random.choice((1.2, 1.6, 2.0))
        body = []
        for place, series in enumerate(self.chart.series):
            mark = marks[place % 5 if self.look.markers else 0]
            body.append(rf"\addplot[only marks,c{place},mark={mark},mark size={size}pt] coordinates {self._points(series)};")
        return [*(["enlargelimits=0.05"] if self.tight else []), *self._room()], body

    def _bubbles(self) -> tuple[Iterable[str], Iterable[str]]:
        """Draw marks whose areas are the sizes."""
        (series,) = self.chart.series
        rows = r"\\".join(f"{p.x} {p.y!r} {14 * math.sqrt(p.size or 0.0):.4f}" for p in series.points)
        sized = (
            r"visualization depends on={\thisrow{r}\as\radius},scatter/@pre marker code/.append style={/tikz/mark size=\radius pt}"
        )
        plain = "scatter/use mapped color={draw=c0,fill=c0}"
        style = f"scatter,only marks,mark=*,{plain},{sized},fill opacity=0.6"
        return ["enlargelimits=0.15"], [rf"\addplot[{style}] table[x=x,y=y,row sep=\\] {{x y r\\{rows}\\}};"]

    def _boxes(self) -> tuple[Iterable[str], Iterable[str]]:
        rows = {series.name: {point.x: point.y or 0.0 for point in series.points} for series in self.chart.series}
        beyond = [point for series in self.chart.series if series.name == "outlier" for point in series.points]
        keys = {"lower whisker": "minimum", "upper whisker": "maximum"}
        keys |= {name: name for name in ("lower quartile", "median", "upper quartile")}
        style = self.random.choice(("black", "black,fill=c0!60", "c0", "c0,fill=c0!30", "black,fill=c0!40,thick"))
        mark = self.random.choice(("*", "o", "x", "+"))
        body = []
        for place, text in enumerate(self.plan.categories):
            five = ",".join(f"{key}={rows[name][text]!r}" for key, name in keys.items())
            prepared = f"boxplot prepared={{{five},draw position={place},box extend={1 - self.look.gap:.3f}}}"
            outliers = _places((float(place), point.y or 0.0) for point in beyond if point.x == text)
            body.append(rf"\addplot[{style},mark={mark},mark size=1.5pt,solid,{prepared}] coordinates {outliers};")
        return ["boxplot/draw direction=y"], body

    # ---- charts that are no axis with marks

    def _heatmap(self) -> Iterator[str]:
        chart, columns = self.chart, self.plan.categories
        rows = len(chart.series)
        names = [series.name for series in chart.series][::-1]
        turned = self.random.choice(("rotate=45,anchor=north east", "rotate=90,anchor=east"))
        options = [*self._frame(), "enlargelimits=false,axis on top", f"xtick={{{','.join(map(str, range(len(columns))))}}}"]
        options += [f"xticklabels={listed(columns)},x tick label style={{{turned}}},tick style={{draw=none}}"]
        options += [f"ytick={{{','.join(map(str, range(rows)))}}},yticklabels={listed(names)}"]
        options += [f"colormap={self.random.choice(_PALE)}" if self.look.labels else f"colormap/{self.random.choice(_MAPS)}"]
        if not self.look.labels or self.random.random() < 0.4:
            options += ["colorbar", f"colorbar style={{{','.join(self._numbers('y'))}}}"]
        drawn, texts = [], []
        for place, series in enumerate(chart.series):
            for x, point in enumerate(series.points):
                drawn.append(f"({x},{rows - 1 - place}) [{point.y!r}]")
                text = tex(self.plan.numbers.text(point.y or 0.0))
                texts.append(rf"\node[font={self._sized(0.8)}] at (axis cs:{x},{rows - 1 - place}) {text};")
        edge = self.random.choice(("", "draw=white,", "draw=black,"))
        body = [rf"\addplot[matrix plot*,{edge}point meta=explicit,mesh/cols={len(columns)}] coordinates {{{' '.join(drawn)}}};"]
        self.legend = "none"
        yield self._environment(options, [*body, *(texts if self.look.labels else ())])

    def _mixed(self) -> Iterator[str]:
        bars, line = self.chart.series
        fill = self._fill(0, self.random.randrange(3))
        ends = next(option for option in self._categories("x") if option.startswith("xmin"))
        self.frame = ("axis y line*=left", "axis x line*=bottom")
        labelled = [*self._texts_at_marks(), "enlarge y limits={value=0.2,upper}"] if self.look.labels else []
        options = [
            *self._frame(),
            *self._value_axis("y"),
            *self._other_axis("x"),
            "ymin=0",
            f"ybar,bar width={1 - self.look.gap:.3f}",
        ]
        yield self._environment([*options, *labelled], [rf"\addplot[{fill}] coordinates {self._labelled(bars)};"])
        style = f"c1,thick,{'mark=*' if self.look.markers else 'no marks'}"
        size = f"width={self.look.width}bp,height={self.look.height}bp"
        second = [size, "axis y line*=right,axis x line=none,ymin=0,ymax=100,ylabel near ticks", ends, *self._legend()]
        second += self._value_axis("y", self.chart.second_axis or Axis())
        body = [rf"\addplot[{style}] coordinates {self._points(line)};"]
        if self.legend != "none":
            image = rf"\addlegendimage{{ybar,ybar legend,{fill}}}\addlegendentry{tex(bars.name)}"
            body = [image, *body, rf"\addlegendentry{tex(line.name)}"]
        yield self._environment(second, body)

    def _pie(self) -> Iterator[str]:
        """Draw a pie; one with a hole is a pie with a white disc upon it, and no numbers."""
        (series,) = self.chart.series
        hole, labelled = self.plan.kind == "donut", self.look.labels and self.plan.kind == "pie"
        values = [point.y or 0.0 for point in series.points]
        raw = sum(values) < 5000 and self.random.random() < 0.4  # TeX's lengths end at 16383
        shares = [value if raw else 100 * value / sum(values) for value in values]
        digits = 1 if labelled or raw else 3
        slices = ",".join(f"{share:.{digits}f}/{{{tex(str(p.x))}}}" for share, p in zip(shares, series.points, strict=True))
        radius = 0.3 * min(self.look.width, self.look.height) / 28.35  # cm
        text = self.random.choice(("label", "label", "pin", "legend"))
        edge = self.random.choice(("draw=none", "draw=white,thick", "draw=black,thin"))
        colours = ",".join(f"c{place}" for place in range(len(values)))
        options = [f"radius={radius:.2f},rotate={self.random.choice((0, 90, 180))},sum=auto,text={text},style=edge"]
        options += [f"color={{{colours}}}", "change direction" if self.random.random() < 0.5 else ""]
        options += [r"after number=\%" if not raw else ""] if labelled else ["hide number"]
        yield rf"\tikzset{{edge/.style={{{edge}}}}}"
        yield rf"\pie[{','.join(option for option in options if option)}]{{{slices}}}"
        if hole:
            yield rf"\fill[white] (0,0) circle ({self.random.uniform(0.45, 0.65) * radius:.2f});"
        if self.chart.title:
            placed = rf"above=6bp,align=center,text width={0.9 * self.look.width:.0f}bp"
            yield rf"\node[{placed}] at (current bounding box.north) {tex(self.chart.title)};"
