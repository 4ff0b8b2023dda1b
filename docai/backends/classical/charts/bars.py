"""Bars: rectangles that stand on a common line."""

from __future__ import annotations

from collections import defaultdict

from docai.backends.classical.charts.legends import Legend
from docai.backends.classical.charts.parts import Part, Strand, Value
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Rectangle, Scene


def read_bars(scene: Scene, plot: Plot, legend: Legend) -> Part | None:
    """Return the bars of a plot, a series for each colour."""
    if plot.across is None or plot.down is None:
        return None
    upright = plot.down.kind != "category"
    values, names = (plot.down, plot.across) if upright else (plot.across, plot.down)
    bars = [r for r in scene.rectangles if r.fill not in ("", "#ffffff") and plot.extent.holds(r.extent.middle)]
    if not bars:
        return None
    series: dict[str, list[Value]] = defaultdict(list)
    for bar in bars:
        series[bar.fill].append(_value(bar, values, names, upright=upright))
    strands = tuple(Strand(legend.name_of(colour), colour, tuple(found)) for colour, found in series.items())
    return Part("bar", strands, tuple(bars), "vertical" if upright else "horizontal")


def _value(bar: Rectangle, values: Scale, names: Scale, *, upright: bool) -> Value:
    across, down = bar.extent.middle
    end = bar.extent.top if upright else bar.extent.right
    tick = names.nearest(across if upright else down)
    name = tick.text if tick and names.kind == "category" else names.value(across if upright else down)
    return Value(name, values.value(end), bar.extent, end=end)
