"""Charts become data: a scene of labels and marks, calibrated axes, and a reader for each kind of mark.

The story is told here: the scene (`vector/` from paths, `raster/` from pictures), its plots with their axes (`axes/`), the legend
(`legend_finding.py`), the readers in turn, each of which takes the marks that it explains (`readers/`), printed values
(`printed.py`), checks (`checks.py`), and the `Chart` that comes of it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import Final

from docai.backends.classical.cells import ENGINE
from docai.backends.classical.charts.axes import find_plots
from docai.backends.classical.charts.breaks import with_breaks
from docai.backends.classical.charts.checks import checked
from docai.backends.classical.charts.doubts import doubted
from docai.backends.classical.charts.legend_finding import find_legend
from docai.backends.classical.charts.legends import Legend
from docai.backends.classical.charts.parts import Part, Reader, Strand, Value
from docai.backends.classical.charts.printed import on_bars, with_printed
from docai.backends.classical.charts.ramps import find_ramp
from docai.backends.classical.charts.raster import scene_of_picture
from docai.backends.classical.charts.readers.areas import read_areas
from docai.backends.classical.charts.readers.bars import read_bars
from docai.backends.classical.charts.readers.boxes import read_boxes
from docai.backends.classical.charts.readers.heatmaps import outside_cells, read_heatmap, without_tiles
from docai.backends.classical.charts.readers.lines import read_lines
from docai.backends.classical.charts.readers.pies import find_pies, read_pies
from docai.backends.classical.charts.readers.points import read_points
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Label, Scene, around
from docai.backends.classical.charts.strays import without_plates, without_strays
from docai.backends.classical.charts.telling import Namer, named_by_axes, namer_of, since_told
from docai.backends.classical.charts.titles import find_titles
from docai.backends.classical.charts.vector import scene_of_paths
from docai.backends.classical.charts.vector.pictures import find_strips, with_cells
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
    beside = outside_cells(scene)
    legend = replace(find_legend(without_tiles(scene), beside), ramp=ramp)
    bare = scene.without(legend.marks, legend.used)
    pies = find_pies(bare)
    kept = {id(label) for label in beside}
    inside = [label for label in bare.labels if id(label) not in kept]
    plots = [] if pies else find_plots(bare.without((), [*inside, *on_bars(bare)]))
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
    reply = _reply(bare, view, named_by_axes(_checked(bare, found, legend)), free)
    return (
        unread(view, "what was recognised in it is too doubtful to be its values") if scene.blur and _is_doubtful(reply) else reply
    )


def _is_doubtful(reply: Reply) -> bool:
    """Return whether most values of a chart are hardly sure: made of something else, as tables and drawings of other kinds are."""
    assert isinstance(reply.answer, Chart)
    return median(point.confidence for series in reply.answer.series for point in series.points) < HARDLY


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


def _checked(scene: Scene, found: Sequence[tuple[Plot, Part]], legend: Legend) -> list[tuple[Plot, Part]]:
    """Return the parts of plots held against what is drawn in their plot, and against what cannot be."""
    plots = list({id(plot): plot for plot, _ in found}.values())
    held = []
    for plot in plots:
        parts = with_breaks(scene, plot, checked(scene, plot, [part for own, part in found if own is plot]))
        held += [(plot, part) for part in (doubted(scene, plot, parts, legend) if scene.blur else parts)]
    return held


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
        if read is read_heatmap and scene.blur:  # cells may be as pale as paper
            scene = without_plates(scene)
    return without_strays(found, plot, scene.labels) if scene.blur else found


# The chart


def _reply(scene: Scene, view: View, found: Sequence[tuple[Plot, Part]], free: Sequence[Label]) -> Reply:
    """Return the chart that the parts of its plots make, with what is to be told of them."""
    plot, main = found[0]
    kinds = {part.kind for _, part in found}
    printed = {id(value.printed) for _, part in found for strand in part.strands for value in strand.values}
    names, values = (plot.across, plot.down) if main.orientation == "vertical" else (plot.down, plot.across)
    off = scene.blur / 10 or FINEST
    chart = Chart(
        page_number=view.page.number,
        box=view.box,
        chart_type=TYPES[main.kind] if len(kinds) == 1 else "mixed",
        orientation=main.orientation,
        stacking=main.stacking,
        title=find_titles(
            [label for label in free if id(label) not in printed and not _names(label, main)], _reach(plot, main)
        ).title,
        x_axis=_axis(names, off, named=main.kind == "heatmap" and isinstance(main.strands[0].values[0].x, str)),
        y_axis=_axis(values, off, named=main.kind == "heatmap"),
        second_axis=_axis(plot.second, off) if plot.second else None,
        series=tuple(series for own, part in found for series in _series(part, scene, view, own, mixed=len(kinds) > 1)),
    )
    problems = tuple(_problem(view, code, message) for _, part in found for code, message in part.faults)
    return Reply(answer=chart, problems=problems, confidence=min(part.sure for _, part in found), engine=ENGINE)


def _reach(plot: Plot, part: Part) -> Extent:
    """Return what titles stand above: what the axes of a plot span, or what a pie covers."""
    if part.kind != "pie":
        return plot.extent
    extents = [value.extent for strand in part.strands for value in strand.values]
    return around([place for e in extents for place in ((e.left, e.top), (e.right, e.bottom))])


def _names(label: Label, part: Part) -> bool:
    """Return whether a label is the name of a sector of a pie, or a line of it, with or without its share."""
    letters = _letters(label.text)
    return part.kind == "pie" and any(letters in _letters(str(value.x)) for strand in part.strands for value in strand.values)


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalpha())


def _axis(scale: Scale | None, off: float, *, named: bool = False) -> Axis:
    """Return an axis with its ends as finely as `off` scene units tell them."""
    if scale is None:
        return Axis()
    if named or scale.kind == "category":
        return Axis(title=scale.title, unit=scale.unit, scale="category")
    if scale.kind == "date" and not scale.tells_years:
        return Axis(title=scale.title, unit=scale.unit, scale="date")
    ends = _fine(scale.value(scale.start), scale, off), _fine(scale.value(scale.end), scale, off)
    low, high = ends if scale.horizontal else ends[::-1]
    kind = "linear" if scale.kind == "power" else scale.kind
    return Axis(title=scale.title, unit=scale.unit, scale=kind, low=low, high=high)


def _series(part: Part, scene: Scene, view: View, plot: Plot, *, mixed: bool) -> Iterator[Series]:
    """Yield the series of a part."""
    mark = part.kind if mixed and part.kind in ("bar", "line", "area", "point") else None
    names, values = (plot.across, plot.down) if part.orientation == "vertical" else (plot.down, plot.across)
    namer = namer_of(part, names, scene)
    for strand in part.strands:
        own = plot.second if strand.axis == "second" and plot.second is not None else values
        points = tuple(_point(value, part, scene, view, namer, own) for value in _once_named(strand, part, namer))
        yield Series(name=strand.name, colour=strand.colour, mark=mark, axis=strand.axis, points=points)


def _once_named(strand: Strand, part: Part, namer: Namer) -> tuple[Value, ...]:
    """Return the values of a series, less sure those of bars that share a name or have none: a label is misread or missing."""
    if part.kind != "bar":
        return strand.values
    names = [namer.name(value) for value in strand.values]
    times = Counter(names)
    return tuple(
        replace(value, sure=DOUBTFUL_NAME * value.sure) if times[name] > 1 or (not name and len(names) > 1) else value
        for value, name in zip(strand.values, names, strict=True)
    )


def _point(value: Value, part: Part, scene: Scene, view: View, namer: Namer, values: Scale | None) -> Point:
    labelled = part.kind in ("bar", "box") and isinstance(value.x, str)  # named by the labels themselves, which `sure` judges
    measuring = None if value.printed is not None else values
    scales = [scale for scale in (measuring, None if labelled else namer.scale) if scale is not None]
    measured = min((scale.confidence for scale in scales), default=1.0)
    off = scene.blur / 10 or FINEST
    return Point(
        x=namer.name(value),
        y=value.y if value.printed is not None else _fine(value.y, values, off),
        box=scene.to_page(value.extent, view),
        confidence=round(min(1.0, value.sure * part.sure * measured), 4),
        basis="printed" if value.printed is not None else scene.basis,
        error=value.error,
        low=_fine(value.low, values, off),
        high=_fine(value.high, values, off),
        size=value.size,
    )


def _fine(value: float | None, scale: Scale | None, off: float) -> float | None:
    """Return a value as finely as `off` scene units tell it: 11.2 for 11.19999881."""
    if value is None or scale is None or scale.kind in ("category", "date"):
        return since_told(value, scale)
    try:
        step = scale.error(scale.place(value), off)
    except (ValueError, ZeroDivisionError, OverflowError):
        return value
    return round(value, -math.floor(math.log10(step))) + 0.0 if 0 < step < math.inf else value


FINEST: Final = 0.01  # points; drawings are stored to a hundredth or a thousandth of a point
DOUBTFUL_NAME: Final = 0.5  # of the confidence of bars whose name is no name of theirs alone
HARDLY: Final = 0.05  # confidence below which values of a picture tell nothing; a dozen right ones without names are surer
OVER: Final = 0.5  # of the smaller of two plots that both cover where they cannot both be plots
