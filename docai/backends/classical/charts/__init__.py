"""Charts become data: a scene of labels and marks, calibrated axes, and a reader for each kind of mark.

The story is told here: the scene (`paths.py`, or `pixels.py` for pictures), its plots with their axes (`axes.py`), the legend
(`legends.py`), the readers in turn, each of which takes the marks that it explains (`bars.py`, …), printed values (`printed.py`),
checks (`checks.py`), and the `Chart` that comes of it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from itertools import pairwise
from typing import Final

from docai.backends.classical.cells import ENGINE
from docai.backends.classical.charts.areas import read_areas
from docai.backends.classical.charts.axes import find_plots
from docai.backends.classical.charts.bars import read_bars
from docai.backends.classical.charts.boxes import read_boxes
from docai.backends.classical.charts.checks import checked
from docai.backends.classical.charts.heatmaps import outside_cells, read_heatmap
from docai.backends.classical.charts.legends import Legend, find_legend
from docai.backends.classical.charts.lines import read_lines
from docai.backends.classical.charts.parts import Part, Reader, Strand, Value
from docai.backends.classical.charts.paths import scene_of_paths
from docai.backends.classical.charts.pictured import find_strips, with_cells
from docai.backends.classical.charts.pies import find_pies, read_pies
from docai.backends.classical.charts.pixels import scene_of_picture
from docai.backends.classical.charts.points import read_points
from docai.backends.classical.charts.printed import with_printed
from docai.backends.classical.charts.ramps import find_ramp
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Label, Scene
from docai.backends.classical.charts.strays import without_strays
from docai.backends.classical.charts.titles import find_titles
from docai.document import Axis, Chart, ChartType, Point, Problem, Series
from docai.errors import InputError
from docai.exchange import Reply
from docai.tiling import View

READERS: Final[tuple[Reader, ...]] = (read_heatmap, read_boxes, read_bars, read_areas, read_lines, read_points)
"""In the order in which they take their marks."""
TYPES: Final[dict[str, ChartType]] = {
    "bar": "bar",
    "line": "line",
    "area": "area",
    "point": "scatter",
    "pie": "pie",
    "box": "box",
    "heatmap": "heatmap",
}
"""The types of charts that show their values by one kind of mark alone."""


def read_chart(view: View, languages: tuple[str, ...]) -> Reply:
    """Return the data of the chart in a view; a problem and no answer where it cannot be read."""
    if not view.paths and view.resolution is None:
        return unread(view, "neither what it is drawn with nor its pixels are there")
    try:
        scene = scene_of_paths(view) if view.paths else scene_of_picture(view, languages)
        ramp = find_ramp(scene, find_strips(view, scene))
        scene = with_cells(view, scene if ramp is None else scene.without(ramp.marks, ramp.used))
    except InputError as error:
        return unread(view, f"its picture cannot be looked at ({error})")
    legend = replace(find_legend(scene, outside_cells(scene)), ramp=ramp)
    bare = scene.without(legend.marks, legend.used)
    pies = find_pies(bare)
    plots = [] if pies else find_plots(bare)
    if not plots and not pies:
        return unread(view, "no axis with values was found")
    if pies:
        whole = Plot(Extent(0.0, 0.0, scene.width, scene.height), None, None)
        found = [(whole, part) for part in read_pies(bare, legend)]
    else:
        found = [(plot, part) for plot in _apart(plots) for part in _parts(bare, plot, legend)]
    used = {id(label) for plot in plots for label in plot.used}
    free = [label for label in bare.labels if id(label) not in used]
    found = [(plot, with_printed(part, plot, bare, free)) for plot, part in found]
    if not any(value.y is not None for _, part in found for strand in part.strands for value in strand.values):
        return unread(view, "nothing in it was recognised as marks of values")
    return _reply(bare, view, _checked(bare, found), free)


def _apart(plots: Sequence[Plot]) -> list[Plot]:
    """Return plots without those that lie mostly over a better one: axes made of labels that are none."""
    chosen: list[Plot] = []
    for plot in sorted(
        plots, key=lambda plot: -min((s.confidence for s in (plot.across, plot.down) if s is not None), default=0.0)
    ):
        area = plot.extent.width * plot.extent.height
        if all(plot.extent.shared(other.extent) <= OVER * min(area, other.extent.width * other.extent.height) for other in chosen):
            chosen.append(plot)
    return [plot for plot in plots if any(plot is other for other in chosen)]


def _checked(scene: Scene, found: Sequence[tuple[Plot, Part]]) -> list[tuple[Plot, Part]]:
    """Return the parts of plots held against what is drawn in their plot."""
    plots = list({id(plot): plot for plot, _ in found}.values())
    return [(plot, part) for plot in plots for part in checked(scene, plot, [part for own, part in found if own is plot])]


def unread(view: View, why: str) -> Reply:
    """Return that a chart could not be read."""
    message = f"this looks like a chart; its values are not read, since {why}; it is kept as a picture with the words in it"
    return Reply(problems=(_problem(view, "chart_not_read", message),), confidence=0.0, engine=ENGINE)


def _problem(view: View, code: str, message: str) -> Problem:
    return Problem(code=code, message=message, severity="note", page_number=view.page.number)


def _parts(scene: Scene, plot: Plot, legend: Legend) -> list[Part]:
    """Return what the readers find in turn; marks that one has explained are hidden from the next."""
    found = []
    for read in READERS:
        part = read(scene, plot, legend)
        if part is not None:
            found.append(part)
            scene = scene.without(part.marks)
    return without_strays(found, plot) if scene.blur else found


# The chart


def _reply(scene: Scene, view: View, found: Sequence[tuple[Plot, Part]], free: Sequence[Label]) -> Reply:
    """Return the chart that the parts of its plots make, with what is to be told of them."""
    plot, main = found[0]
    kinds = {part.kind for _, part in found}
    names, values = (plot.across, plot.down) if main.orientation == "vertical" else (plot.down, plot.across)
    chart = Chart(
        page_number=view.page.number,
        box=view.box,
        chart_type=TYPES[main.kind] if len(kinds) == 1 else "mixed",
        orientation=main.orientation,
        stacking=main.stacking,
        title=find_titles(free, plot.extent).title,
        x_axis=_axis(names, named=main.kind == "heatmap" and isinstance(main.strands[0].values[0].x, str)),
        y_axis=_axis(values, named=main.kind == "heatmap"),
        second_axis=_axis(plot.second) if plot.second else None,
        series=tuple(
            _series(strand, part, scene, view, own, mixed=len(kinds) > 1) for own, part in found for strand in part.strands
        ),
    )
    problems = tuple(_problem(view, code, message) for _, part in found for code, message in part.faults)
    return Reply(answer=chart, problems=problems, confidence=min(part.sure for _, part in found), engine=ENGINE)


def _axis(scale: Scale | None, *, named: bool = False) -> Axis:
    if scale is None:
        return Axis()
    if named or scale.kind == "category":
        return Axis(title=scale.title, unit=scale.unit, scale="category")
    ends = scale.value(scale.start), scale.value(scale.end)
    low, high = ends if scale.horizontal else ends[::-1]
    kind = "linear" if scale.kind == "power" else scale.kind
    return Axis(title=scale.title, unit=scale.unit, scale=kind, low=low, high=high)


def _series(strand: Strand, part: Part, scene: Scene, view: View, plot: Plot, *, mixed: bool) -> Series:
    mark = part.kind if mixed and part.kind in ("bar", "line", "area", "point") else None
    points = tuple(_point(value, part, scene, view, plot) for value in strand.values)
    return Series(name=strand.name, colour=strand.colour, mark=mark, axis=strand.axis, points=points)


def _point(value: Value, part: Part, scene: Scene, view: View, plot: Plot) -> Point:
    names, values = (plot.across, plot.down) if part.orientation == "vertical" else (plot.down, plot.across)
    labelled = part.kind in ("bar", "box") and isinstance(value.x, str)  # named by the labels themselves, which `sure` judges
    scales = [scale for scale in (values, None if labelled else names) if scale is not None]
    measured = min((scale.confidence for scale in scales), default=1.0)
    off = scene.blur / 10 or FINEST
    return Point(
        x=_name(value, part, names, scene),
        y=value.y if value.printed is not None else _fine(value.y, values, off),
        box=scene.to_page(value.extent, view),
        confidence=round(min(1.0, value.sure * part.sure * (1.0 if value.printed is not None else measured)), 4),
        basis="printed" if value.printed is not None else scene.basis,
        error=value.error,
        low=_fine(value.low, values, off),
        high=_fine(value.high, values, off),
        size=value.size,
    )


def _fine(value: float | None, scale: Scale | None, off: float) -> float | None:
    """Return a value as finely as `off` scene units tell it: 11.2 for 11.19999881."""
    if value is None or scale is None or scale.kind in ("category", "date"):
        return value
    try:
        step = scale.error(scale.place(value), off)
    except (ValueError, ZeroDivisionError, OverflowError):
        return value
    return round(value, -math.floor(math.log10(step))) + 0.0 if 0 < step < math.inf else value


FINEST: Final = 0.01  # points; drawings are stored to a hundredth or a thousandth of a point
OVER: Final = 0.5  # of the smaller of two plots that both cover where they cannot both be plots
DAY: Final = 86_400.0  # seconds
MONTH: Final = 30 * DAY  # seconds
MOST_MONTHS: Final = 9999 * 12  # to the last year that has a date
PIXELS_OFF: Final = 1.5  # pixels that a mark and the axis of a picture together are off at most
FORMS: Final = (
    "%Y",
    "%b %Y",
    "%B %Y",
    "%b %y",
    "%b '%y",
    "%b",
    "%B",
    "%Y-%m",
    "%m/%Y",
    "%H:%M",
    "%b %d",
    "%d %b",
    "%B %d",
    "%b %d, %Y",
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d",
    "%d/%m",
    "%Y.%m",
    "%Y년",
    "%m월",
    "%Y년 %m월",
    "Tháng %m",
    "%m/%d/%Y",
)  # of dates on axes, as strftime tells
FORMED: Final = 0.6  # of an axis' labels that are printed in one form; "Jan" may stand among years
TOUCHING: Final = 0.15  # of a bar's width that bars of a histogram stand apart at most; some leave a pixel between them
BIN_OFF: Final = 0.02  # of a bin's width by which its drawn ends may be off
FIGURES: Final = 6  # of numbers that were read off an axis; more are noise of the drawing


def _name(value: Value, part: Part, names: Scale | None, scene: Scene) -> float | str:
    """Return the independent value of a mark; of a bar always a text: its bin or number among numbers, its period among dates."""
    if isinstance(value.x, str) or names is None:
        return value.x
    if names.kind == "date":
        seconds = value.x if scene.basis == "vector" else _calendar(value.x, names)
        return _period(value, part, names) if part.kind == "bar" else _date(seconds, names)
    if part.kind == "bar" and _are_bins(part, names):
        low, high = _bin(value, part, names, scene.blur)
        return f"{low:g} – {high:g}"
    number = float(f"{value.x:.{FIGURES}g}")
    return f"{number:.15g}" if part.kind == "bar" else number


def _sides(value: Value, names: Scale) -> tuple[float, float]:
    """Return where a bar begins and ends along the axis that its name stands at."""
    extent = value.extent
    return (extent.left, extent.right) if names.horizontal else (extent.top, extent.bottom)


def _gap(part: Part, names: Scale) -> float:
    """Return how far bars stand apart, as most do, in shares of a bar's width."""
    sides = sorted(_sides(value, names) for strand in part.strands for value in strand.values)
    wide = statistics.median(after - before for before, after in sides)
    return statistics.median([after[0] - before[1] for before, after in pairwise(sides)] or [wide]) / max(wide, 1e-9)


def _are_bins(part: Part, names: Scale) -> bool:
    """Return whether bars stand side by side without gaps, or all but: those of a histogram."""
    return sum(len(strand.values) for strand in part.strands) > 2 and -TOUCHING < _gap(part, names) < TOUCHING


def _bin(value: Value, part: Part, names: Scale, blur: float) -> tuple[float, float]:
    """Return the ends of a histogram's bin: the roundest numbers at which its bar may end, the gap to its neighbour included."""
    sides = _sides(value, names)
    low, high = sorted(map(names.value, sides))
    near = BIN_OFF * (high - low) + 2 * max(names.error(side, blur) for side in sides)
    off = near + max(0.0, _gap(part, names)) * (high - low)
    return _roundest(low - off, low + near), _roundest(high - near, high + off)


def _roundest(low: float, high: float) -> float:
    """Return the number with the fewest figures between two."""
    middle = (low + high) / 2
    for decimals in range(-15, 16):
        number = round(middle, decimals)
        if low <= number <= high:
            return number + 0.0  # never -0.0
    return middle


def _date(seconds: float, scale: Scale) -> str:
    """Return a date as ISO 8601 writes it, with its time where the axis shows few days; only what it tells if it has no day."""
    span = abs(scale.value(scale.end) - scale.value(scale.start))
    moment = _moment(seconds)
    if scale.form and not {"%Y", "%y", "%d"} & {scale.form[place : place + 2] for place in range(len(scale.form))}:
        return moment.strftime(scale.form)
    return moment.date().isoformat() if span > 3 * DAY else moment.isoformat(timespec="minutes")


def _calendar(seconds: float, scale: Scale) -> float:
    """Return the begin of a year, or of a month, where a date read off a picture is within what its pixels can tell of it."""
    off = PIXELS_OFF * abs(scale.value(scale.end) - scale.value(scale.start)) / max(abs(scale.end - scale.start), 1.0)
    moment = _moment(seconds)
    for months in (12, 1):
        count = round((moment.year * 12 + moment.month - 1 + (moment.day - 1) / 31) / months) * months
        if not 12 <= count < MOST_MONTHS:
            continue
        begin = datetime(count // 12, count % 12 + 1, 1, tzinfo=timezone.utc).timestamp()
        if abs(begin - seconds) <= off < months * MONTH / 2:
            return begin
    return seconds


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds), tz=timezone.utc).replace(tzinfo=None)


def _period(value: Value, part: Part, names: Scale) -> str:
    """Return the period that a bar stands for as the axis prints dates, if that tells the bars of a series apart."""
    for form in (names.form, *FORMS):
        told = [tick for tick in names.ticks if tick.value is not None and _moment(tick.value).strftime(form) == tick.text]
        if not form or not told or len(told) < FORMED * len(names.ticks):
            continue
        series = [{_moment(v.x).strftime(form) for v in s.values if not isinstance(v.x, str)} for s in part.strands]
        if all(len(periods) == len(s.values) for periods, s in zip(series, part.strands, strict=True)):
            return _moment(float(value.x)).strftime(form)
    return _date(float(value.x), names)
