"""Bars: rectangles that stand on a common line, one upon the other, or float."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final, Literal

from docai.backends.classical.charts.legends import Legend
from docai.backends.classical.charts.parts import Mark, Part, Strand, Value
from docai.backends.classical.charts.readers.blocks import THIN, Block, directions, find_blocks, find_lollipops, slack_of
from docai.backends.classical.charts.readers.error_bars import ErrorBar, Foot, find_error_bars
from docai.backends.classical.charts.readers.heatmaps import find_grid
from docai.backends.classical.charts.readers.naming import Column, Place, name_columns, stand_on_ticks
from docai.backends.classical.charts.readers.stacks import Bar, closed, find_baseline, find_columns, stand
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Scene

SURE: Final = 0.98  # of a bar that nothing speaks against
CLIPPED: Final = 0.5  # of one whose end lies outside the plot
BESIDE_ZERO: Final = 0.6  # of bars that do not stand on the zero that their axis shows: one of both may be misread
OVERLAPPED: Final = 0.93  # of one that others lie over
SHARED_COLOUR: Final = 0.6  # of one whose colour several names of the legend have
UNKNOWN_COLOUR: Final = 0.85  # of one whose colour is not in the legend
FLOATING: Final = 0.96  # of floating bars that stand each at its own label, equally thick
LOOSE: Final = 0.85  # of floating bars, which have no common line that tells them from other rectangles
CAP: Final = 0.1  # of the length of bars; what floats as a thin rule is a cap of an error bar, or marks a target
TOTAL_OFF: Final = 0.005  # of 100 %, that the pieces of a column may be off together


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the blocks of a plot stand if they are bars: the bars, their baseline, the share of bars that stand or are piled up."""

    upright: bool
    values: Scale | None
    names: Scale | None
    bars: tuple[Bar, ...]
    columns: tuple[Column, ...]
    base: float
    share: float
    sure: float


def read_bars(scene: Scene, plot: Plot, legend: Legend) -> Part | None:
    """Return the bars of a plot, a series for each colour that tells one; `None` where there are none."""
    slack = slack_of(scene)
    if find_grid(scene, plot, slack) is not None:
        return None  # the cells of a heat map, read or not
    layouts = [_layout(scene, plot, slack, upright=upright) for upright in directions(plot)]
    fitting = [layout for layout in layouts if layout is not None]
    if not fitting:
        return None
    layout = max(fitting, key=lambda layout: (round(layout.share, 2), _evenness(layout), layout.upright))
    places = name_columns(layout.columns, layout.names, slack)
    marks: list[Mark] = [mark for bar in layout.bars for mark in bar.block.marks]
    errors = _error_bars(scene, plot, layout, marks, slack)
    marks.extend(mark for error in errors.values() for mark in error.marks)
    strands = _strands(scene, plot, legend, _Named(layout, places, errors, slack))
    stacking = _stacking(layout, slack)
    orientation: Literal["vertical", "horizontal"] = "vertical" if layout.upright else "horizontal"
    return Part("bar", strands, tuple(marks), orientation, stacking, layout.sure)


def _layout(scene: Scene, plot: Plot, slack: float, *, upright: bool) -> _Layout | None:
    """Return how the blocks of a plot stand in one direction, None where they cannot be bars."""
    values, names = (plot.down, plot.across) if upright else (plot.across, plot.down)
    blocks = find_blocks(scene, plot, upright=upright)
    layout = _stood(blocks, values, names, slack, upright=upright)
    if layout is None:
        layout = _stood(find_lollipops(scene, plot, upright=upright), values, names, slack, upright=upright)
    return replace(layout, bars=tuple(closed(layout.bars))) if layout is not None and scene.blur else layout


def _stood(blocks: Sequence[Block], values: Scale | None, names: Scale | None, slack: float, *, upright: bool) -> _Layout | None:
    if not blocks:
        return None
    base = find_baseline(blocks, values, slack)
    columns = find_columns(blocks, slack)
    bars = _without_strays(stand(columns, base, slack), slack)
    share = sum(bar.how != "floating" for bar in bars) / len(bars)
    sure = _sureness(bars, share, base, values, names, slack)
    if sure == 0:
        return None
    numbers = sorted({bar.column for bar in bars})
    renumbered = {number: index for index, number in enumerate(numbers)}
    bars = [replace(bar, column=renumbered[bar.column]) for bar in bars]
    return _Layout(upright, values, names, tuple(bars), _columns(bars), base, share, sure)


def _columns(bars: Sequence[Bar]) -> tuple[Column, ...]:
    by_column: dict[int, list[Block]] = defaultdict(list)
    for bar in bars:
        by_column[bar.column].append(bar.block)
    return tuple(
        Column(
            min(b.begin for b in blocks),
            max(b.end for b in blocks),
            blocks[0].colour if len({b.colour for b in blocks}) == 1 else "",
        )
        for blocks in by_column.values()
    )


def _without_strays(bars: list[Bar], slack: float) -> list[Bar]:
    """Return bars without what floats between them in another thickness: swatches, boxes around notes, caps of error bars."""
    standing = [bar for bar in bars if bar.how != "floating"]
    if len(standing) < 2:
        return bars
    flat = min(THIN, CAP * median(bar.block.length for bar in standing))
    bars = [bar for bar in bars if bar.how != "floating" or bar.block.length > flat]
    if len(standing) < 0.5 * len(bars):
        return bars
    usual = median(bar.block.thickness for bar in standing)
    return [bar for bar in bars if bar.how != "floating" or abs(bar.block.thickness - usual) <= max(slack, 0.1 * usual)]


def _sureness(bars: Sequence[Bar], share: float, base: float, values: Scale | None, names: Scale | None, slack: float) -> float:
    """Return how sure it is that these are bars, 0 where they cannot be."""
    if not any(bar.block.length > slack for bar in bars):
        return 0.0
    if share >= 0.5:
        few = {1: 0.92, 2: 0.96}.get(len(bars), 1.0)
        return few if share > 0.9 or _is_at_zero(base, values, slack) else LOOSE
    lengths = [bar.block.length for bar in bars]
    thicknesses = sorted(bar.block.thickness for bar in bars)
    alike = max(lengths) - min(lengths) <= 2 * slack
    even = thicknesses[-1] - thicknesses[0] <= max(2 * slack, 0.1 * thicknesses[-1])  # both sides are off
    if names is None or len(bars) < 2 or not even or alike:
        return 0.0
    if len(bars) > 2 and stand_on_ticks(sorted({bar.block.middle for bar in bars}), names, slack):
        return FLOATING
    return LOOSE if names.kind in ("category", "date") else 0.0


def _is_at_zero(base: float, values: Scale | None, slack: float) -> bool:
    return values is not None and values.kind == "linear" and abs(values.place(0.0) - base) <= 2 * slack


def _evenness(layout: _Layout) -> float:
    """Return how alike the bars' thicknesses are, 0..1."""
    thicknesses = [bar.block.thickness for bar in layout.bars]
    return round(min(thicknesses) / max(thicknesses), 2)


def _stacking(layout: _Layout, slack: float) -> Literal["none", "stacked", "percent"]:
    """Return whether bars are piled up in their columns, and whether all columns come to 100 %."""
    by_column: dict[int, list[Bar]] = defaultdict(list)
    for bar in layout.bars:
        by_column[bar.column].append(bar)
    piles = [column for column in by_column.values() if sum(bar.how == "piece" for bar in column) > 0]
    layered = [column for column in by_column.values() if any(bar.overlapped for bar in column)]
    if not piles or len(piles) < len(layered):
        return "none"
    if layout.values is None or layout.values.kind != "linear":
        return "stacked"
    slope = abs(layout.values.slope)
    totals = [sum(bar.block.length for bar in column) * slope for column in by_column.values()]
    whole = next((w for w in (1.0, 100.0) if all(abs(t - w) <= TOTAL_OFF * w + slack * slope for t in totals)), None)
    return "percent" if whole is not None and len(piles) >= 0.5 * len(by_column) else "stacked"


def _error_bars(scene: Scene, plot: Plot, layout: _Layout, marks: Sequence[Mark], slack: float) -> dict[int, ErrorBar]:
    """Return the error bars at the ends of bars, by the number of the bar."""
    feet = [Foot(bar.block.middle, bar.far, bar.block.thickness) for bar in layout.bars]
    return find_error_bars(scene.without(marks), plot, feet, slack, upright=layout.upright)


# Series


@dataclass(frozen=True, slots=True)
class _Named:
    """A layout with what each of its columns stands for, and its error bars."""

    layout: _Layout
    places: list[Place]
    errors: dict[int, ErrorBar]
    slack: float


def _strands(scene: Scene, plot: Plot, legend: Legend, named: _Named) -> tuple[Strand, ...]:
    bars = named.layout.bars
    keys = _keys(named.layout, named.places, legend)
    by_key: dict[str | int, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        by_key[key].append(number)
    found = []
    for key, numbers in by_key.items():
        colour = Counter(bars[number].block.colour for number in numbers).most_common(1)[0][0]
        one_colour = len({bars[number].block.colour for number in numbers}) == 1
        name = legend.name_of(colour) if one_colour and (isinstance(key, str) or len(by_key) == 1) else ""
        scale, axis = _scale_of(colour, name, plot, named.layout)
        sure = _sure_of_colour(colour, legend, by_colour=isinstance(key, str) and len(by_key) > 1)
        values = tuple(
            _value(bars[number], named, named.errors.get(number), scale, scene.blur, sure)
            for number in sorted(numbers, key=lambda number: (bars[number].column, abs(bars[number].near - named.layout.base)))
        )
        found.append((_rank(colour, legend), _position(numbers, named), Strand(name, colour, values, axis)))
    return tuple(strand for _, _, strand in sorted(found, key=lambda ranked: ranked[:2]))


def _rank(colour: str, legend: Legend) -> int:
    return next((rank for rank, entry in enumerate(legend.entries) if entry.colour == colour), len(legend.entries))


def _position(numbers: Sequence[int], named: _Named) -> tuple[float, float]:
    """Return where the bars of a series usually stand in their groups: aside, then from the baseline."""
    bars = named.layout.bars
    first: dict[int, int] = {}
    for bar in bars:
        group = named.places[bar.column].group
        first[group] = min(first.get(group, bar.column), bar.column)
    aside = [bars[n].column - first[named.places[bars[n].column].group] for n in numbers]
    along = [abs(bars[n].near - named.layout.base) for n in numbers]
    return float(median(aside)), float(median(along))


def _sure_of_colour(colour: str, legend: Legend, *, by_colour: bool) -> float:
    names = {entry.name for entry in legend.entries if entry.colour == colour}
    if len(names) > 1:
        return SHARED_COLOUR
    return UNKNOWN_COLOUR if by_colour and legend.entries and not names else 1.0


def _keys(layout: _Layout, places: Sequence[Place], legend: Legend) -> list[str | int]:
    """Return what tells the series of each bar: its colour, or its place in its group, or nothing (one series)."""
    bars = layout.bars
    groups = [places[bar.column].group for bar in bars]
    sizes = Counter(groups)
    colours = {bar.block.colour for bar in bars}
    known = {entry.colour for entry in legend.entries if legend.name_of(entry.colour)} & colours
    if max(sizes.values()) == 1:
        of_categories = {entry.name for entry in legend.entries} <= {str(place.name) for place in places}
        return [bar.block.colour if len(known) > 1 and not of_categories else 0 for bar in bars]
    if len(known) > 1 or (known and len(known) == len(colours)):
        return [bar.block.colour for bar in bars]
    most = max(sizes.values())
    if layout.share < 0.5 and most > len(colours):  # several pieces of one colour float in a row, as in plans of time
        return [bar.block.colour for bar in bars]
    usual = sum(size == most for size in sizes.values()) >= 0.5 * len(sizes)
    for keys in ([bar.block.colour for bar in bars], [f"{bar.block.colour} {bar.block.opacity:.2f}" for bar in bars]):
        if len(set(zip(groups, keys, strict=True))) == len(keys) and (len(set(keys)) <= 1.5 * most or not usual):
            return list(keys)
    return [*_ranks(bars, groups, layout.base)] if usual or len(colours) == 1 else [bar.block.colour for bar in bars]


def _ranks(bars: Sequence[Bar], groups: Sequence[int], base: float) -> list[int]:
    """Return the place of each bar in its group: from left to right or from the top, in a column from the baseline on."""
    by_group: dict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        by_group[group].append(number)
    ranks = [0] * len(bars)
    for numbers in by_group.values():
        for rank, number in enumerate(sorted(numbers, key=lambda n: (bars[n].column, abs(bars[n].near - base), n))):
            ranks[number] = rank
    return ranks


def _scale_of(colour: str, name: str, plot: Plot, layout: _Layout) -> tuple[Scale | None, Literal["first", "second"]]:
    """Return the axis of values that measures a series: the second where its title or the colour of its labels tells so."""
    first, second = layout.values, plot.second
    if first is None or second is None or second.horizontal != first.horizontal:
        return first, "first"
    titles = first.title.casefold(), second.title.casefold()
    told = name.casefold()
    if told and (told in titles[0]) != (told in titles[1]):
        return (second, "second") if told in titles[1] else (first, "first")
    inks = _ink(first), _ink(second)
    if inks[0] != inks[1] and colour == inks[1]:
        return second, "second"
    return first, "first"


def _ink(scale: Scale) -> str:
    """Return the colour of an axis' labels, "" where they have none or several."""
    inks = {word.colour for tick in scale.ticks for word in tick.label.words}
    return f"#{inks.pop():06x}" if len(inks) == 1 else ""


# Values


def _value(bar: Bar, named: _Named, error: ErrorBar | None, scale: Scale | None, blur: float, sure: float) -> Value:
    layout = named.layout
    place = named.places[bar.column]
    sure = SURE * place.sure * sure * (OVERLAPPED if bar.overlapped else 1.0)
    if scale is None or scale.kind == "category":
        return Value(place.name, None, bar.block.extent, end=bar.far, sure=sure)
    margin = 2 * named.slack + 0.01 * (scale.end - scale.start)
    if bar.block.cut or not scale.start - margin <= bar.far <= scale.end + margin:
        at_edge = min(abs(bar.far - scale.start), abs(bar.far - scale.end)) <= margin
        sure *= CLIPPED if at_edge or not bar.block.cut else 1.0
    off = _off_zero(layout.base, scale, named.slack)
    if bar.how == "standing" and _misses_zero(layout.base, scale, named.slack):
        sure *= BESIDE_ZERO
    low: float | None = None
    high: float | None = None
    y = scale.value(bar.far) - scale.value(bar.near) if bar.how == "piece" else scale.value(bar.far - off)
    if bar.how == "floating" or (layout.share < 0.5 and scale.kind != "log"):
        low, high = sorted((scale.value(bar.near - off), y))
    elif error is not None:
        low, high = sorted((scale.value(error.first - off), scale.value(error.last - off)))
        if bar.how == "piece":  # an error bar of a stack's top stands for its total
            low, high = low - scale.value(bar.near - off), high - scale.value(bar.near - off)
    half = scale.error(bar.far, blur) if blur else None
    return Value(place.name, y, bar.block.extent, half, bar.far, low, high, sure=sure)


def _misses_zero(base: float, scale: Scale, slack: float) -> bool:
    """Return whether bars stand on another place than zero although the axis shows zero."""
    if scale.kind != "linear" or not scale.slope:
        return False
    zero, margin = scale.place(0.0), 0.02 * (scale.end - scale.start)
    return scale.start - margin < zero < scale.end + margin and abs(zero - base) > 2 * slack


def _off_zero(base: float, scale: Scale, slack: float) -> float:
    """Return how far the line that bars stand on is off the place of zero, where it is meant to be zero.

    Vega draws its grid half a pixel beside the bars.
    """
    if scale.kind != "linear":
        return 0.0
    off = base - scale.place(0.0)
    return off if abs(off) <= 1.5 * slack else 0.0
