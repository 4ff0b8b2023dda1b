"""Legends beside charts: small marks in their colours with a name each, ramps of colours, and what neighbours share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from docai.chart_regions.shapes import Place, Shape, around
from docai.chart_regions.texts import Labelled, Text, away, has_discs, take

LEGEND_OVER: Final = 0.3  # of a chart's height that a legend beside it may reach over its top or bottom
SQUARE: Final = 1.0  # points that the sides of a key may differ by that is larger: those of sizes are bubbles
BESIDE: Final = 45.0  # points that the keys of a legend stand apart at most, and a legend of sizes or a ramp from its plot
MOST_KEYS: Final = 500  # small marks that are looked at for a legend
LEAST_RAMP: Final = 40.0  # points that a ramp of colours is long at least
LEGEND: Final = 0.35  # of the page's width that a legend may stand beside its chart
BEHIND: Final = 3.5  # ems that keys stand behind names at most, which are flush left
SWATCH_WIDTH, SWATCH_HEIGHT = 45.0, 16.0  # points of a legend's key at most


def take_legend(
    chart: Labelled, charts: Sequence[Labelled], shapes: Sequence[Shape], texts: Sequence[Text], taken: set[int], page: Place
) -> None:
    """Give a chart the legend beside it: two and more small marks in its colours, each with its line beside it.

    Right beside the plot, a legend may have other colours: one of sizes is grey.
    """
    own = {id(shape) for one in charts for shape in one.shapes}
    colours = {shape.colour for shape in chart.shapes}
    reach, place = LEGEND * page.width, chart.place
    over = 1.0 if has_discs(chart) else LEGEND_OVER  # a disc has room around it
    around_it = (
        place.grown(reach, over * place.height),
        place.grown(LEGEND_OVER * place.width, reach if has_discs(chart) else reach / 3),
    )
    small = [
        shape
        for shape in shapes
        if id(shape) not in own
        and shape.place.width <= SWATCH_WIDTH
        and (shape.place.height <= SWATCH_HEIGHT or abs(shape.place.height - shape.place.width) < SQUARE)
    ]
    free = [n for n in range(len(texts)) if n not in taken or n in chart.lines]
    named = [(key, n) for key in small[:MOST_KEYS] for n in free if _names(texts[n], key.place)]
    alike = [(key, n) for key, n in named if key.colour in colours and any(part.holds(key.place) for part in around_it)]
    if len(alike) < 2:
        strip = Place(place.right, place.top, place.right + BESIDE, place.bottom)
        alike = [(key, n) for key, n in named if strip.holds(key.place) and n not in chart.lines]
    if len({n for _, n in alike}) < 2:
        chart.legend = _own_legend(chart, texts)
        return
    legend = around(key.place for key, _ in alike)
    for key, number in [*alike, *(pair for pair in named if pair[0].colour in colours and pair not in alike)]:
        if not legend.grown(BESIDE).holds(key.place):
            continue
        legend = around((legend, key.place))
        chart.shapes.append(key)
        chart.legend.append((key, number))
        chart.place = around((chart.place, key.place))
        if number not in taken:
            take(chart, number, texts, taken)


def is_legend(shapes: Sequence[Shape], texts: Sequence[Text]) -> bool:
    """Return whether shapes are the keys of a legend: two and more rectangles of one size over each other, each with its name."""
    first = shapes[0].place
    return len(shapes) > 1 and all(
        shape.kind in ("rectangle", "frame")
        and abs(shape.place.left - first.left) < SQUARE
        and abs(shape.place.right - first.right) < SQUARE
        and abs(shape.place.height - first.height) < SQUARE
        and shape.place.width <= SWATCH_WIDTH
        and shape.place.height <= SWATCH_HEIGHT
        and any(_names(text, shape.place) for text in texts)
        for shape in shapes
    )


def _own_legend(chart: Labelled, texts: Sequence[Text]) -> list[tuple[Shape, int]]:
    """Return the keys beside discs that were drawn close enough to be found with them, with the numbers of their lines."""
    if not has_discs(chart):
        return []
    keys = [s for s in chart.shapes if s.kind != "sector" and max(s.place.width, s.place.height) <= SWATCH_HEIGHT]
    named = [(key, n) for key in keys for n in chart.lines if _names(texts[n], key.place)]
    return named if len(named) > 1 else []


def take_ramp(chart: Labelled, shapes: Sequence[Shape]) -> None:
    """Give a chart the colour ramp right beside its plot: a high narrow mark, or a low wide one."""
    core = chart.core
    for shape in shapes:
        place = shape.place
        long, narrow = max(place.width, place.height), min(place.width, place.height)
        if long < LEAST_RAMP or narrow > SWATCH_WIDTH:
            continue
        upright = place.height > place.width
        over = (
            min(core.bottom, place.bottom) - max(core.top, place.top)
            if upright
            else min(core.right, place.right) - max(core.left, place.left)
        )
        if over > 0.5 * long and away(chart.place, place) <= BESIDE:
            chart.shapes.append(shape)
            chart.place = around((chart.place, place))


def _names(text: Text, key: Place) -> bool:
    level = text.place.top <= key.middle[1] <= text.place.bottom
    slack = 0.5 * text.size  # a key in a picture is read as a letter, or as some
    inside = text.place.left - slack <= key.left and key.right <= text.place.right + slack
    before, behind = text.place.left - key.right, key.left - text.place.right  # keys of gnuplot and lattice stand behind names
    near = -0.5 * text.size < before < 2 * text.size or -0.5 * text.size < behind < BEHIND * text.size
    return level and (inside or near)


def borrow_legend(chart: Labelled, charts: Sequence[Labelled]) -> None:
    """Lend a chart without a legend that of the nearest with two and more of its colours."""
    if chart.legend:
        return
    colours = {shape.colour for shape in chart.shapes}
    lending = [other for other in charts if len({key.colour for key, _ in other.legend} & colours) > 1]
    if not lending:
        return
    other = min(lending, key=lambda one: away(one.core, chart.core))
    chart.borrowed += [(number, 0.0, 0.0) for number in dict.fromkeys(number for _, number in other.legend)]
    chart.keys += [key for key, _ in other.legend]
