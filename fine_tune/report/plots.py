"""Curves over steps as SVG, to stand in a page of HTML: thin lines of what was logged, a smoothed one over them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

WIDTH, HEIGHT = 460, 230  # pixels; two stand beside each other on a page of 70 rem
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 34, 30  # margins for labels
COLOURS: Final = ("#0969da", "#bf3989", "#1a7f37", "#9a6700")  # apart for most eyes, by hue and lightness
INK, FAINT, GRID = "#1f2328", "#59636e", "#e4e8ec"
SMOOTHED_OVER: Final = 0.05  # of the points of a curve: an exponential mean's reach to each side
LEAST_SMOOTHED: Final = 12  # points, from which on a curve is smoothed
TICKS: Final = 5
FINE: Final = 1e-3  # under which numbers are written with an exponent

Points = Sequence[tuple[float, float]]


class Curve(NamedTuple):
    """What is drawn: a name for the legend, (step, value) pairs in order, and whether they scatter and are smoothed."""

    name: str
    points: Points
    scatters: bool = True


def plot(title: str, curves: Sequence[Curve]) -> str:
    """Return curves as an SVG element, with axes from the least to the greatest; "" where no curve has a finite point."""
    shown = [curve._replace(points=[point for point in curve.points if math.isfinite(point[1])]) for curve in curves]
    shown = [curve for curve in shown if curve.points]
    if not shown:
        return ""
    steps = [step for curve in shown for step, _ in curve.points]
    values = [value for curve in shown for _, value in curve.points]
    across, down = _axis(min(steps), max(steps)), _axis(min(values), max(values))
    low, high = min(down[0], *values), max(down[-1], *values)
    first, last = min(steps), max(*steps, min(steps) + 1)

    def place(step: float, value: float) -> tuple[float, float]:
        x = LEFT + (step - first) / (last - first) * (WIDTH - LEFT - RIGHT)
        return x, HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    drawn = [f'<text x="{LEFT}" y="16" font-weight="600" fill="{INK}">{escape(title)}</text>', *_legend(shown)]
    for value in down:
        _, y = place(first, value)
        drawn.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>')
        drawn.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="{FAINT}">{number(value)}</text>')
    for step in across:
        if first <= step <= last:
            x, _ = place(step, low)
            drawn.append(f'<text x="{x:.1f}" y="{HEIGHT - 12}" text-anchor="middle" fill="{FAINT}">{number(step)}</text>')
    for index, curve in enumerate(shown):
        drawn += _lines(COLOURS[index % len(COLOURS)], [place(*point) for point in curve.points], scatters=curve.scatters)
    label = f"{title}: " + "; ".join(f"{curve.name} from {curve.points[0][1]:.4g} to {curve.points[-1][1]:.4g}" for curve in shown)
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return f'<svg class="plot" {size} role="img" aria-label="{escape(label)}" font-size="12">{"".join(drawn)}</svg>'


def _legend(curves: Sequence[Curve]) -> list[str]:
    """Return the names of the curves on the right of the title, each with its last value; of a single one the value alone."""
    pieces = []
    for index, curve in enumerate(curves):
        name = f"{escape(curve.name)} " if len(curves) > 1 else ""
        colour = COLOURS[index % len(COLOURS)]
        pieces.append(f'<tspan fill="{colour}" dx="{10 if index else 0}">{name}{curve.points[-1][1]:.4g}</tspan>')
    return [f'<text x="{WIDTH - RIGHT}" y="16" text-anchor="end">{"".join(pieces)}</text>']


def _lines(colour: str, places: Sequence[tuple[float, float]], *, scatters: bool) -> list[str]:
    if len(places) == 1:
        return [f'<circle cx="{places[0][0]:.1f}" cy="{places[0][1]:.1f}" r="3" fill="{colour}"/>']
    if len(places) < LEAST_SMOOTHED:
        dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in places]
        return [_line(places, colour, "2"), *dots]
    if not scatters:
        return [_line(places, colour, "2")]
    heights = smoothed([y for _, y in places])
    over = [(x, y) for (x, _), y in zip(places, heights, strict=True)]
    return [_line(places, colour, "1", 'opacity=".35"'), _line(over, colour, "2")]


def _line(places: Sequence[tuple[float, float]], colour: str, width: str, more: str = "") -> str:
    told = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline points="{told}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round" {more}/>'


def smoothed(values: Sequence[float]) -> list[float]:
    """Return the mean of values round each, weights falling off exponentially to both sides, so that nothing lags behind."""
    forth, back = _mean(values), _mean(values[::-1])[::-1]
    return [(one + other) / 2 for one, other in zip(forth, back, strict=True)]


def _mean(values: Sequence[float]) -> list[float]:
    """Return the exponential mean of values up to each, weighted so that the first ones are not drawn to 0 (as Adam does)."""
    kept = 1 - 1 / max(1.0, SMOOTHED_OVER * len(values))
    mean, made = 0.0, []
    for count, value in enumerate(values, 1):
        mean = kept * mean + (1 - kept) * value
        made.append(mean / (1 - kept**count))
    return made


def _axis(low: float, high: float) -> list[float]:
    """Return round numbers that a range is told by, about `TICKS`, from at or below its least to at or above its greatest."""
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        high, low = high + (abs(high) or 1.0) / 2, low - (abs(low) or 1.0) / 2
    raw = (high - low) / (TICKS - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= raw * (1 - 1e-9))
    start = math.floor(low / step)
    return [step * place for place in range(start, math.ceil(high / step - 1e-9) + 1)]


def number(value: float) -> str:
    """Return a number as an axis tells it."""
    if value and abs(value) < FINE:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    return f"{round(value, 6):,.6g}"
