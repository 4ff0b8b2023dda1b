"""What a mark is named by, as it is told: the bin of a histogram's bar, the period of a bar among dates, a date, a number."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import pairwise
from typing import Final

from docai.backends.classical.charts.parts import Part, Value
from docai.backends.classical.charts.periods import DAY, form_of, moment_of, period_of
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Scene

MONTH: Final = 30 * DAY  # seconds
MOST_MONTHS: Final = 9999 * 12  # to the last year that has a date
PIXELS_OFF: Final = 1.5  # pixels that a mark and the axis of a picture together are off at most
TOUCHING: Final = 0.15  # of a bar's width that bars of a histogram stand apart at most; some leave a pixel between them
BIN_OFF: Final = 0.02  # of a bin's width by which its drawn ends may be off
FIGURES: Final = 6  # of numbers that were read off an axis; more are noise of the drawing


@dataclass(frozen=True, slots=True)
class Namer:
    """Names the values of one part.

    Attributes:
        scale: The axis that names stand at; None where there is none.
        bars: Whether the part is bars, which are always named by a text.
        gap: How far the bars of a histogram stand apart, in shares of a bar's width; None for all other marks.
        form: How the axis prints the periods of bars among dates, as `strftime` tells; "" where it does not tell them apart.
        blur: The scene's.
    """

    scale: Scale | None
    bars: bool = False
    gap: float | None = None
    form: str = ""
    blur: float = 0.0

    def name(self, value: Value) -> float | str:
        """Return the independent value of a mark."""
        if isinstance(value.x, str) or self.scale is None:
            return value.x
        if self.scale.kind == "date":
            if self.bars:
                return period_of(value.x, self.form) if self.form else _date(value.x, self.scale)
            return _date(_calendar(value.x, self.scale) if self.blur else value.x, self.scale)
        if self.gap is not None:
            low, high = _bin(value, self.scale, self.gap, self.blur)
            return f"{low:g} – {high:g}"
        off = self.scale.error(self.scale.place(value.x), self.blur) if self.bars and self.blur else 0.0
        number = float(f"{_roundest(value.x - off, value.x + off) if off else value.x:.{FIGURES}g}")
        return f"{number:.15g}" if self.bars else number


def namer_of(part: Part, scale: Scale | None, scene: Scene) -> Namer:
    """Return what names the values of a part, whose names stand at `scale`."""
    bars = part.kind == "bar"
    if scale is None or not bars or scale.kind == "category":
        return Namer(scale, bars, blur=scene.blur)
    if scale.kind == "date":
        return Namer(scale, bars, form=_form(part, scale), blur=scene.blur)
    gap = _gap(part, scale) if sum(len(strand.values) for strand in part.strands) > 2 else None
    return Namer(scale, bars, gap if gap is not None and -TOUCHING < gap < TOUCHING else None, blur=scene.blur)


def named_by_axes(found: Sequence[tuple[Plot, Part]]) -> list[tuple[Plot, Part]]:
    """Return the parts of a plot with two axes of values, a series that is alone on its axis named by the axis' title.

    Only where nothing else names any of them.
    """
    result = list(found)
    for plot in {id(plot): plot for plot, _ in found}.values():
        second, parts = plot.second, [part for own, part in found if own is plot]
        strands = [strand for part in parts for strand in part.strands]
        first = plot.down if second is not None and not second.horizontal else plot.across
        if second is None or first is None or any(strand.name for strand in strands):
            continue
        if sorted(strand.axis for strand in strands) != ["first", "second"] or first.title == second.title:
            continue
        titles = {"first": first.title, "second": second.title}
        named = {id(p): replace(p, strands=tuple(replace(s, name=titles[s.axis]) for s in p.strands)) for p in parts}
        result = [(own, named.get(id(part), part)) for own, part in result]
    return result


def _form(part: Part, names: Scale) -> str:
    """Return how the axis prints dates, if that tells the bars of a series apart."""
    form = form_of([tick.text for tick in names.ticks], [tick.value for tick in names.ticks], names.form)
    if not form:
        return ""
    series = [{period_of(v.x, form) for v in s.values if not isinstance(v.x, str)} for s in part.strands]
    return form if all(len(periods) == len(s.values) for periods, s in zip(series, part.strands, strict=True)) else ""


def _sides(value: Value, names: Scale) -> tuple[float, float]:
    """Return where a bar begins and ends along the axis that its name stands at."""
    extent = value.extent
    return (extent.left, extent.right) if names.horizontal else (extent.top, extent.bottom)


def _gap(part: Part, names: Scale) -> float:
    """Return how far bars stand apart, as most do, in shares of a bar's width."""
    sides = sorted({_sides(value, names) for strand in part.strands for value in strand.values})  # those of a stack are the same
    wide = statistics.median(after - before for before, after in sides)
    gaps = [after[0] - before[1] for before, after in pairwise(sides)]
    beside = [gap for gap in gaps if part.stacking == "none" or gap > -wide / 2]  # pieces of a stack lie over each other
    return statistics.median(beside or [wide]) / max(wide, 1e-9)


def _bin(value: Value, names: Scale, gap: float, blur: float) -> tuple[float, float]:
    """Return the ends of a histogram's bin: the roundest numbers at which its bar may end, the gap to its neighbour included."""
    sides = _sides(value, names)
    low, high = sorted(map(names.value, sides))
    near = BIN_OFF * (high - low) + 2 * max(names.error(side, blur) for side in sides)
    off = near + max(0.0, gap) * (high - low)
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
    """Return a date as ISO 8601 writes it, with its time where the axis shows few days; without a year where none is printed."""
    span = abs(scale.value(scale.end) - scale.value(scale.start))
    moment = moment_of(seconds)
    if not scale.tells_years:
        form = scale.form.replace("%m %H", "%m-%d %H")  # hours of a day that is told by its month: "May, 01 AM"
        if form == "%m":  # the day nearest: months are told by themselves where marks stand at their beginnings
            day = moment_of(seconds + DAY / 2)
            return day.strftime("%m" if day.day == 1 else "%m-%d")
        return moment.strftime(form)
    return moment.date().isoformat() if span > 3 * DAY else moment.isoformat(timespec="minutes")


def since_told(seconds: float | None, scale: Scale | None) -> float | None:
    """Return a value of an axis of dates in seconds since 1970, or since the first year began where no year is printed.

    Values of other axes are returned as they are.
    """
    if seconds is None or scale is None or scale.kind != "date" or scale.tells_years:
        return seconds
    first = moment_of(min(tick.value for tick in scale.ticks if tick.value is not None))
    return seconds - datetime(first.year, 1, 1, tzinfo=timezone.utc).timestamp()


def _calendar(seconds: float, scale: Scale) -> float:
    """Return the begin of a year, or of a month, where a date read off a picture is within what its pixels can tell of it."""
    off = PIXELS_OFF * abs(scale.value(scale.end) - scale.value(scale.start)) / max(abs(scale.end - scale.start), 1.0)
    moment = moment_of(seconds)
    for months in (12, 1):
        count = round((moment.year * 12 + moment.month - 1 + (moment.day - 1) / 31) / months) * months
        if not 12 <= count < MOST_MONTHS:
            continue
        begin = datetime(count // 12, count % 12 + 1, 1, tzinfo=timezone.utc).timestamp()
        if abs(begin - seconds) <= off < months * MONTH / 2:
            return begin
    return seconds
