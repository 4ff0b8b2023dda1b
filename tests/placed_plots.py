"""Plots built by hand for the tests of readers of marks: 200 wide, 100 high, its top left corner at (50, 20)."""

from __future__ import annotations

from docai.backends.classical.charts.scales import Plot, Scale, Tick
from docai.backends.classical.charts.scene import Extent, Label, Scene

LEFT, TOP, RIGHT, BOTTOM = 50.0, 20.0, 250.0, 120.0
EXTENT = Extent(LEFT, TOP, RIGHT, BOTTOM)
WIDTH, HEIGHT = 300.0, 150.0
RED, GREEN, BLUE, GREY = "#d62728", "#2ca02c", "#1f77b4", "#808080"


def label(text, left, middle, **changes):
    """Return a label that begins at a place, its letters 8 high and 5 wide."""
    extent = Extent(left, middle - 4, left + 5 * len(text), middle + 4)
    return Label(text, extent, 8.0, **changes)


def numbers(low, high, *, horizontal=False, kind="linear", ticks=5):
    """Return a scale from `low` to `high` over the whole plot: upwards, or to the right; of a log scale they are powers of 10."""
    start, end = (LEFT, RIGHT) if horizontal else (TOP, BOTTOM)
    slope = (high - low) / (end - start) * (1 if horizontal else -1)
    intercept = low - slope * (start if horizontal else end)
    places = [start + (end - start) * n / (ticks - 1) for n in range(ticks)]
    made = []
    for place in places:
        plain = slope * place + intercept
        value = 10**plain if kind == "log" else plain
        at = label(f"{value:g}", place - 5, BOTTOM + 10) if horizontal else label(f"{value:g}", LEFT - 25, place)
        made.append(Tick(place, at, value))
    return Scale(kind, horizontal, start, end, tuple(made), slope, intercept)


def names(texts, *, horizontal=True):
    """Return a scale of categories, each in the middle of its share of the plot."""
    start, end = (LEFT, RIGHT) if horizontal else (TOP, BOTTOM)
    step = (end - start) / len(texts)
    places = [start + step * (n + 0.5) for n in range(len(texts))]
    made = [
        Tick(place, label(text, place - 5, BOTTOM + 10) if horizontal else label(text, LEFT - 30, place))
        for place, text in zip(places, texts, strict=True)
    ]
    return Scale("category", horizontal, start, end, tuple(made))


def plot_of(across, down, second=None):
    """Return the plot with such axes, and their labels as used."""
    used = tuple(tick.label for scale in (across, down, second) if scale for tick in scale.ticks)
    return Plot(EXTENT, across, down, second, used)


def scene_of(**marks):
    """Return a scene with such marks; labels of the axes need not be among them."""
    return Scene(WIDTH, HEIGHT, **{name: group if name == "blur" else tuple(group) for name, group in marks.items()})


def at(plot, x, y):
    """Return the place of a value in a plot whose axes both tell numbers, or whose `across` has categories, by their numbers."""
    across = plot.across.ticks[x].place if plot.across.kind == "category" else plot.across.place(x)
    return across, plot.down.place(y)


def told(strand):
    """Return the values of a series as pairs, rounded."""
    return [(round(v.x, 3) if isinstance(v.x, float) else v.x, round(v.y, 3)) for v in strand.values]
