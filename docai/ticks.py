"""Where the ticks of an axis stand, and what is written at them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Final

from docai.charting import Scale

FEW: Final = 5  # steps that an axis is parted into, about
SLACK: Final = 0.005  # of an axis: a tick so far beyond an end, which was measured, stands at it
MOST: Final = 40  # categories that are all named
DAY: Final = 86_400  # seconds
SPANS: Final = (  # of dates: seconds of a step, months of it (0 where days or less are counted), how its ticks are written
    *((seconds, 0, "%H:%M:%S") for seconds in (1, 5, 15)),
    *((60 * minutes, 0, "%H:%M") for minutes in (1, 5, 15)),
    *((3600 * hours, 0, "%m-%d %H:%M") for hours in (1, 3, 6, 12)),
    *((DAY * days, 0, "%Y-%m-%d") for days in (1, 2, 7, 14)),
    *((30 * DAY * months, months, "%Y-%m") for months in (1, 3, 6)),
    *((365 * DAY * years, 12 * years, "%Y") for years in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
)


def ticks(scale: Scale) -> list[tuple[float, str]]:
    """Return the shares, 0..1, of an axis at which ticks stand, with their texts, in the order of the values.

    Whole multiples of 1, 2 or 5 times a power of ten (Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990), powers of
    ten on logarithmic scales, whole days, months and years of dates.
    """
    if scale.kind == "category":
        step = math.ceil(len(scale.places) / MOST) or 1
        count = len(scale.places)
        return [((number + 0.5) / count, name) for name, number in scale.places.items() if number % step == 0]
    low, high = sorted((scale.low, scale.high))
    values = {"log": _powers, "date": _dates, "linear": _numbers}[scale.kind](low, high)
    shares = [(scale.share(value), text) for value, text in values]
    on_axis = [(share, text) for share, text in shares if share is not None and -SLACK <= share <= 1 + SLACK]
    return [(min(1.0, max(0.0, share)), text) for share, text in on_axis]


def nice_step(span: float) -> float:
    """Return the step of 1, 2 or 5 times a power of ten by which a span has about `FEW` steps."""
    raw = span / FEW
    power: float = 10.0 ** math.floor(math.log10(raw))
    return power * min((1, 2, 5, 10), key=lambda factor: abs(math.log(factor * power / raw)))


def _numbers(low: float, high: float) -> Iterator[tuple[float, str]]:
    step = nice_step(high - low)
    for number in range(math.ceil(low / step) - 1, math.floor(high / step) + 2):
        yield number * step, number_text(number * step, step)


def number_text(value: float, step: float) -> str:
    """Return a number as a tick shows it: with the decimals of the step, thousands parted by commas from 10,000 on."""
    size = max(abs(value), step)
    if size >= 1e15 or size < 1e-6:  # what a float holds, and what people like to count zeros of
        return f"{value:.6g}"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    shown = round(value, decimals) + 0.0  # which makes a zero of -0.0
    return f"{shown:,.{decimals}f}" if abs(shown) >= 10_000 else f"{shown:.{decimals}f}"  # below, it may be a year


def _powers(low: float, high: float) -> Iterator[tuple[float, str]]:
    first, last = (round(math.log10(end) + inward) for end, inward in ((low, 0.48), (high, -0.48)))  # nearly: the power itself
    factors = (1,) if last - first > 1 else (1, 2, 5)
    step = max(1, (last - first) // (2 * FEW))
    for power in range(first - 1, last + 2, step):
        for factor in factors:
            value = factor * 10.0**power
            yield value, f"{value:,.15g}" if abs(power) < 7 else f"{value:.0e}"


def _dates(low: float, high: float) -> Iterator[tuple[float, str]]:
    length, months, form = min(SPANS, key=lambda span: abs(math.log((high - low) / FEW / span[0])))
    if not months:
        for number in range(math.ceil(low / length) - 1, math.floor(high / length) + 2):
            yield number * length, _date(number * length).strftime(form)
        return
    begin, end = _date(low), _date(high)
    month = (begin.year * 12 + begin.month - 1) // months * months
    while month <= end.year * 12 + end.month:
        if 12 <= month < 12 * 9999:  # years that Python has
            at = datetime(month // 12, month % 12 + 1, 1, tzinfo=timezone.utc)
            yield at.timestamp(), f"{at.year:04d}" if form == "%Y" else f"{at.year:04d}-{at.month:02d}"
        month += months


def _date(seconds: float) -> datetime:
    bounded = min(max(seconds, -62_135_596_800), 253_402_300_799)  # from year 1 to 9999
    return datetime.fromtimestamp(bounded, tz=timezone.utc)
