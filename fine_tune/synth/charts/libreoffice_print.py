"""Charts of a spreadsheet, drawn by LibreOffice: Debian's libreoffice-calc, and XlsxWriter for the file."""

from __future__ import annotations

import io
import math
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import xlsxwriter

from docai.document import Axis, Series
from docai.errors import MissingDependency
from fine_tune.synth.charts.placing import text_of, trimmed
from fine_tune.synth.charts.plan import Plan, titled
from fine_tune.synth.fonts import family

DRAWN: Final = (
    "bar",
    "bar_horizontal",
    "bar_grouped",
    "bar_grouped_horizontal",
    "bar_stacked",
    "bar_stacked_horizontal",
    "bar_percent",
    "bar_negative",
    "bar_floating",
    "bar_errors",
    "line",
    "line_many",
    "line_log",
    "line_dates",
    "line_categories",
    "line_inverted",
    "area",
    "area_stacked",
    "scatter",
    "pie",
    "donut",
    "mixed",
)
_LIMIT: Final = 120.0  # seconds, for one file; it needs a few
_SIZES: Final = (1.0, 1.5, 2.2)  # times the size planned that charts are drawn in until all their names have room
_LEGENDS: Final = {"right": "right", "top": "top", "bottom": "bottom", "inside": "overlay_right", "none": "none"}
_SHEET: Final = "Data"
_FIRST: Final = 60  # the column, from 0, where the data begin: beyond what is printed
_MARKS: Final = ("circle", "square", "diamond", "triangle", "x")


def draw(plan: Plan, random: Random) -> bytes:
    """Return a PDF of one page with the chart.

    Raises:
        MissingDependency: LibreOffice is not installed.
        RuntimeError: It failed.
    """
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise MissingDependency("LibreOffice is not installed; run: apt-get install libreoffice-calc")
    shown = plan.chart.series if plan.look.legend != "none" else ()
    names = [series.name for series in shown if plan.chart.chart_type != "pie"]
    names += plan.categories if plan.chart.x_axis.scale == "category" and plan.chart.chart_type != "pie" else []
    pdf = b""
    for larger in _SIZES:
        pdf = _printed(program, plan, random, larger)
        if _tells(pdf, names):
            break
    return trimmed(pdf, random)


def _printed(program: str, plan: Plan, random: Random, larger: float) -> bytes:
    """Return the chart that LibreOffice prints, `larger` than planned."""
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder, "chart.xlsx")
        book.write_bytes(_Book(plan, random, larger).made())
        profile = f"-env:UserInstallation=file://{folder}/profile"
        settings = ["env", "LC_ALL=C.UTF-8", f"HOME={folder}"]
        command = [*settings, program, profile, "--headless", "--convert-to", "pdf", "--outdir", folder, str(book)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT, check=False)
        made = book.with_suffix(".pdf")
        if not made.exists():
            raise RuntimeError(f"LibreOffice could not print a chart of the kind {plan.kind!r}: {done.stderr.strip()[-400:]}")
        return made.read_bytes()


def _tells(pdf: bytes, names: Sequence[str]) -> bool:
    """Return whether all names are printed: LibreOffice leaves labels out that have no room."""
    printed = "".join("".join(text_of(pdf).split()).split("-"))
    return all("".join("".join(name.split()).split("-")) in printed for name in names)


class _Book:
    def __init__(self, plan: Plan, random: Random, larger: float) -> None:
        self.larger = larger
        self.plan, self.random, self.chart, self.look = plan, random, plan.chart, plan.look
        self.several = plan.look.legend != "none"
        self.font = {"name": family(plan.look.face.regular), "size": plan.look.size}

    def made(self) -> bytes:
        out = io.BytesIO()
        with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
            book.set_properties({"created": datetime(2024, 1, 1)})  # noqa: DTZ001  # the file format has no zones
            sheet = book.add_worksheet(_SHEET)
            chart = self._chart(book, sheet)
            pixels = 96 / 72 * self.larger
            chart.set_size({"width": self.look.width * pixels, "height": self.look.height * pixels})
            if self.chart.title:
                chart.set_title(
                    {"name": self.chart.title, "name_font": {**self.font, "size": self.look.size * 1.3}, "overlay": False}
                )
            else:
                chart.set_title({"none": True})
            shown = self.several or self.chart.chart_type == "pie"
            inside = self.look.legend == "inside" and self.chart.chart_type not in ("line", "scatter")
            wanted = "right" if self.chart.chart_type == "pie" or inside else self.look.legend  # over bars nobody can read it
            place = _LEGENDS[wanted] if shown else "none"
            chart.set_legend({"none": True} if place == "none" else {"position": place, "font": self.font})
            if self.random.random() < 0.5:
                chart.set_chartarea({"border": {"none": True}})
            sheet.insert_chart(1, 0, chart)
            sheet.print_area(0, 0, round(50 * self.larger), round(12 * self.larger))
            sheet.fit_to_pages(1, 1)
            sheet.hide_gridlines(2)
        return out.getvalue()

    # ---- data

    def _columns(self, sheet: Any, series: Series, place: int) -> tuple[list[Any], list[Any]]:
        """Write a series and return where its categories and its values stand, as XlsxWriter names ranges."""
        column = _FIRST + 4 * place
        sheet.write(0, column + 1, series.name)
        for row, point in enumerate(series.points, start=1):
            if self.chart.x_axis.scale == "date":
                moment = datetime.fromisoformat(str(point.x))
                sheet.write_number(row, column, (moment - datetime(1899, 12, 30)).days)  # noqa: DTZ001  # days of a sheet
            else:
                sheet.write(row, column, point.x)
            sheet.write(row, column + 1, point.y)
        last = len(series.points)
        return [_SHEET, 1, column, last, column], [_SHEET, 1, column + 1, last, column + 1]

    def _format(self) -> str:
        numbers = self.plan.numbers
        grouped = "#,##0" if numbers.thousands else "0"
        if numbers.scaling == "short":
            return grouped + ("," if numbers.divisor == 1e3 else ",,") + '"' + numbers.behind + '"'
        if numbers.scaling == "percent":
            return '0"%"'
        form = grouped + ("." + "0" * numbers.decimals if numbers.decimals else "")
        return f'"{numbers.before}"{form}' if numbers.before else form

    # ---- the chart

    def _chart(self, book: Any, sheet: Any) -> Any:
        chart, plan = self.chart, self.plan
        if plan.kind == "mixed":
            return self._mixed(book, sheet)
        kind = {
            "bar": "bar" if chart.orientation == "horizontal" else "column",
            "pie": "doughnut" if plan.kind == "donut" else "pie",
        }
        options: dict[str, Any] = {"type": kind.get(chart.chart_type, chart.chart_type)}
        if chart.stacking != "none":
            options["subtype"] = {"stacked": "stacked", "percent": "percent_stacked"}[chart.stacking]
        if chart.chart_type == "line" and chart.x_axis.scale == "linear":
            options = {"type": "scatter", "subtype": "straight_with_markers" if self.look.markers else "straight"}
        if plan.kind == "bar_floating":
            options["subtype"] = "stacked"
        drawn = book.add_chart(options)
        if plan.kind == "bar_floating":
            self._floating(drawn, sheet)
        else:
            for place, series in enumerate(chart.series):
                drawn.add_series(self._series(sheet, series, place))
        if chart.chart_type != "pie":
            across, up = self._other(), self._value()
            if chart.orientation == "horizontal":
                across, up = up, across
            drawn.set_x_axis(across)
            drawn.set_y_axis(up)
        return drawn

    def _series(self, sheet: Any, series: Series, place: int) -> dict[str, Any]:
        chart, look = self.chart, self.look
        categories, values = self._columns(sheet, series, place)
        named = {"name": [_SHEET, 0, _FIRST + 4 * place + 1]} if self.several else {}
        made: dict[str, Any] = {"categories": categories, "values": values, **named}
        if chart.chart_type == "pie":
            made["points"] = [{"fill": {"color": colour}} for colour in [*look.palette, "#17becf", "#bcbd22"][: len(series.points)]]
            if look.labels:
                what = self.random.choice(("percentage", "value"))
                made["data_labels"] = {
                    what: True,
                    "num_format": "0.0%" if what == "percentage" else self._format(),
                    "font": self.font,
                }
            return made
        if chart.chart_type == "line":
            dash = {"dash_type": self.random.choice(("dash", "round_dot"))} if look.dashed and place else {}
            made["line"] = {"color": series.colour, "width": self.random.choice((1.25, 2.25)), **dash}
        elif chart.chart_type != "scatter":
            made["fill"] = {"color": series.colour}
        if look.markers or chart.chart_type == "scatter":
            fill = {"fill": {"color": series.colour}, "border": {"color": series.colour}}
            made["marker"] = {"type": _MARKS[place % 5] if look.markers else "circle", "size": 5, **fill}
        elif chart.chart_type == "line":
            made["marker"] = {"type": "none"}
        if chart.chart_type == "bar":
            made["gap"] = round(100 * look.gap / (1 - look.gap))
        if look.labels:
            made["data_labels"] = {"value": True, "font": {**self.font, "size": look.size * 0.85}, "num_format": self._labels()}
        if self.plan.kind == "bar_errors":
            minus = [(point.y or 0) - (point.low or 0) for point in series.points]
            plus = [(point.high or 0) - (point.y or 0) for point in series.points]
            made["y_error_bars"] = {
                "type": "custom",
                "plus_values": self._spare(sheet, plus, 2),
                "minus_values": self._spare(sheet, minus, 3),
            }
        return made

    def _labels(self) -> str:
        numbers = self.plan.numbers
        if numbers.scaling in ("short", "percent"):
            decimals = "." + "0" * numbers.decimals if numbers.decimals else ""
            return self._format().replace("0,", f"0{decimals},", 1) if numbers.scaling == "short" else f'0{decimals}"%"'
        return self._format()

    @staticmethod
    def _spare(sheet: Any, values: Sequence[float], shift: int) -> str:
        column = _FIRST + shift
        for row, value in enumerate(values, start=1):
            sheet.write(row, column, value)
        name = xlsxwriter.utility.xl_col_to_name(column, col_abs=True)
        return f"={_SHEET}!{name}$2:{name}${len(values) + 1}"

    def _floating(self, drawn: Any, sheet: Any) -> None:
        """Stack what can be seen upon bars that cannot."""
        (series,) = self.chart.series
        categories, _ = self._columns(sheet, series, 0)
        gap = {"gap": round(100 * self.look.gap / (1 - self.look.gap))}
        low = self._spare(sheet, [point.low or 0.0 for point in series.points], 2)
        length = self._spare(sheet, [(point.high or 0.0) - (point.low or 0.0) for point in series.points], 3)
        drawn.add_series({"categories": categories, "values": low, "fill": {"none": True}, "border": {"none": True}, **gap})
        drawn.add_series({"categories": categories, "values": length, "fill": {"color": series.colour}, **gap})

    def _mixed(self, book: Any, sheet: Any) -> Any:
        bars, line = self.chart.series
        drawn, other = book.add_chart({"type": "column"}), book.add_chart({"type": "line"})
        drawn.add_series(self._series(sheet, bars, 0) | {"marker": None})
        second = self._series(sheet, line, 1)
        second.pop("fill", None)
        other.add_series(second | {"y2_axis": True, "line": {"color": line.colour, "width": 2}})
        drawn.combine(other)
        drawn.set_x_axis(self._other())
        drawn.set_y_axis(self._value())
        share = titled(self.chart.second_axis or Axis())
        other.set_y2_axis({"name": share, "name_font": self.font, "num_font": self.font, "min": 0, "max": 100})
        return drawn

    # ---- axes

    def _value(self) -> dict[str, Any]:
        axis = self.chart.y_axis
        made: dict[str, Any] = {"num_format": self._format(), "major_gridlines": {"visible": self.look.grid}, "num_font": self.font}
        if self.plan.kind == "bar_percent":
            made["num_format"] = "0%"
        if self.plan.kind == "bar_errors":  # LibreOffice chooses the ends by the bars alone, and cuts error bars off
            highest = max(point.high or 0.0 for point in self.chart.series[0].points)
            step = 10 ** math.floor(math.log10(highest))
            made.update(min=0, max=math.ceil(highest / step + 0.1) * step)
        if axis.scale == "log":
            made.update(log_base=10, num_format="#,##0.##" if self.random.random() < 0.3 else "General")
        if axis.low is not None and axis.high is not None and axis.low > axis.high:
            made["reverse"] = True
        return made | ({"name": titled(axis), "name_font": self.font} if titled(axis) else {})

    def _other(self) -> dict[str, Any]:
        axis, texts = self.chart.x_axis, self.plan.categories
        made: dict[str, Any] = {"num_font": dict(self.font), "label_position": "low"}
        if axis.scale == "date":
            made.update(date_axis=True, num_format=self.random.choice(("yyyy-mm", "mmm yyyy")))
        elif axis.scale == "linear":
            xs = [float(point.x) for series in self.chart.series for point in series.points]
            made.update(min=min(xs), max=max(xs), major_gridlines={"visible": self.look.grid and self.random.random() < 0.5})
        elif self.look.turned and self.chart.orientation == "vertical" and sum(map(len, texts)) > 30:
            made["num_font"] = {**self.font, "rotation": -45}
        if self.chart.orientation == "horizontal":
            made["reverse"] = True
        return made | ({"name": titled(axis), "name_font": self.font} if titled(axis) else {})
