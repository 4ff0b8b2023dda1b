"""Which category, number or date the bars of a plot stand for, and which of them stand for the same."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from statistics import median
from typing import Final

from docai.backends.classical.charts.periods import WEEK
from docai.backends.classical.charts.scales import Scale, Tick

DAY: Final = 86_400.0  # seconds
UNITS: Final[dict[str, float]] = {
    "year": 365.2425 * DAY,
    "quarter": 91.310625 * DAY,
    "month": 30.436875 * DAY,
    "week": 7 * DAY,
    "day": DAY,
    "hour": 3600.0,
    "minute": 60.0,
    "second": 1.0,
}  # in seconds, on average in the Gregorian calendar
_PLAIN: Final = re.compile(r"[-+−]?[\d.,\s]*\d(?:[eE][-+]?\d+)?")
ON_TICK: Final = 0.5  # points or pixels between a bar's middle and its tick, at most, where the tick tells the value
IN_MIDDLE: Final = 0.3  # of the breadth of bars that their label is off their middle at most; beyond, it stands at their end
EVENLY_OFF: Final = 0.2  # points or pixels that the bars on ticks may be off them unevenly for all bars to stand as far off: Vega's


@dataclass(frozen=True, slots=True)
class Column:
    """Bars over each other: where they lie along the axis of names, and their colour, "" where they have several."""

    begin: float
    end: float
    colour: str

    @property
    def middle(self) -> float:
        """Its middle."""
        return (self.begin + self.end) / 2


@dataclass(frozen=True, slots=True)
class Place:
    """What a column stands for: the number of its group, its name or value, and how sure that is, 0..1."""

    group: int
    name: float | str
    sure: float = 1.0


def name_columns(columns: Sequence[Column], names: Scale | None, slack: float) -> list[Place]:
    """Return what each column stands for, in their order, which is that of their places."""
    if names is None or (names.kind == "category" and not names.ticks):
        return [Place(number, "", 0.5) for number in range(len(columns))]
    if names.kind == "category":
        return _held_against(_categories(columns, names, slack), columns, names, slack)
    groups = _groups(columns)
    spans = _spans(columns, groups)
    texts = _texts(spans, names, slack)
    if texts:
        return [Place(group, texts[group]) for group in groups]
    told = _dates(spans, names, slack) if names.kind == "date" else _numbers(spans, names, slack)
    return [Place(group, told[group]) for group in groups]


# Categories


def _categories(columns: Sequence[Column], names: Scale, slack: float) -> list[Place]:
    ticks, step = names.ticks, names.step
    between = _between_ticks(columns, ticks, slack)
    if between:
        return between
    in_order = len(columns) == len(ticks) > 1 and all(
        abs(column.middle - tick.place) < 0.75 * step for column, tick in zip(columns, ticks, strict=True)
    )
    thinned = not in_order and _are_thinned(columns, names)
    found = []
    for number, column in enumerate(columns):
        index = number if in_order else min(range(len(ticks)), key=lambda i: abs(ticks[i].place - column.middle))
        off = abs(ticks[index].place - column.middle) / step if len(ticks) > 1 else 0.0
        if thinned:
            here = off < 0.15
            found.append(Place(number, ticks[index].text if here else "", 1.0 if here else 0.3))
        elif off > 0.55:  # of a step: further off than the group of any tick reaches
            found.append(Place(len(ticks) + number, "", 0.3))
        else:
            found.append(Place(index, ticks[index].text, 0.7 if (in_order and off > 0.3) or off > 0.47 else 1.0))
    return _doubted(columns, found)


def _held_against(places: list[Place], columns: Sequence[Column], names: Scale, slack: float) -> list[Place]:
    """Return places as sure as the axis is; where all labels stand in the middle of their columns, that proves both."""
    groups: dict[int, list[Column]] = defaultdict(list)
    for place, column in zip(places, columns, strict=True):
        groups[place.group].append(column)
    middles = [(group[0].begin + group[-1].end) / 2 for group in groups.values()]
    most = max(len(group) for group in groups.values())
    full = [middle for middle, group in zip(middles, groups.values(), strict=True) if len(group) == most]
    if len(middles) > 1 and len(groups) == len(names.ticks) and len(full) > 1 and stand_on_ticks(full, names, slack):
        return places
    return [replace(place, sure=place.sure * names.confidence) for place in places]


def _doubted(columns: Sequence[Column], places: Sequence[Place]) -> list[Place]:
    """Return places, those less sure at which several columns of one colour stand side by side: some of them lack a label."""
    alike = Counter((place.group, column.colour) for column, place in zip(columns, places, strict=True) if column.colour)
    return [
        replace(place, sure=place.sure * 0.5) if alike[place.group, column.colour] > 1 else place
        for column, place in zip(columns, places, strict=True)
    ]


def _between_ticks(columns: Sequence[Column], ticks: Sequence[Tick], slack: float) -> list[Place]:
    """Return names such as "10 – 20" for columns that reach from tick to tick; none where they do not."""
    found = []
    for number, column in enumerate(columns):
        begin = min(ticks, key=lambda tick: abs(tick.place - column.begin))
        end = min(ticks, key=lambda tick: abs(tick.place - column.end))
        close = 2 * slack + 0.05 * (column.end - column.begin)
        if begin is end or abs(begin.place - column.begin) > close or abs(end.place - column.end) > close:
            return []
        found.append(Place(number, f"{begin.text} – {end.text}"))
    return found


def _are_thinned(columns: Sequence[Column], names: Scale) -> bool:
    """Return whether only some of evenly spaced columns of one colour are labelled: every second, every fifth."""
    if len(columns) < 3 or len(names.ticks) < 2 or len({column.colour for column in columns}) > 1:
        return False
    steps = [after.middle - before.middle for before, after in pairwise(columns)]
    pitch = median(steps)
    times = round(names.step / max(pitch, 1e-9))
    even = sum(abs(step - round(step / pitch) * pitch) < 0.1 * pitch for step in steps) >= 0.9 * len(steps)
    on_ticks = sum(min(abs(tick.place - column.middle) for column in columns) < 0.15 * pitch for tick in names.ticks)
    return times >= 2 and even and abs(times * pitch - names.step) < 0.1 * pitch * times and on_ticks >= 0.7 * len(names.ticks)


# Numbers and dates


def _groups(columns: Sequence[Column]) -> list[int]:
    """Return the number of the group of each column: side by side in different colours, again and again."""
    colours = Counter(column.colour for column in columns)
    alone = list(range(len(columns)))
    if len(colours) < 2 or "" in colours or max(colours.values()) < 2:
        return alone
    groups, seen = [0], {columns[0].colour}
    for before, column in pairwise(columns):
        gap, thickness = column.begin - before.end, column.end - column.begin
        if gap < -0.5 * thickness:
            return alone
        if column.colour in seen or gap > 0.5 * thickness:
            groups.append(groups[-1] + 1)
            seen = set()
        else:
            groups.append(groups[-1])
        seen.add(column.colour)
    sizes = Counter(groups)
    full = sum(size == len(colours) for size in sizes.values())
    return groups if full >= 0.5 * len(sizes) else alone


def stand_on_ticks(middles: Sequence[float], names: Scale, slack: float) -> list[Tick]:
    """Return the tick at each of some places, in their order; none at all where a place has none, or two have the same."""
    found = [tick for middle in middles if (tick := names.at(middle, 2 * slack)) is not None]
    return found if len({tick.place for tick in found}) == len(middles) else []


def _texts(spans: Sequence[tuple[float, float]], names: Scale, slack: float) -> list[str]:
    """Return what is printed under each bar if each has a label that is no plain number, as dates and "1월"; else nothing."""
    widest = max((end - begin for begin, end in spans), default=0.0)
    near = min(slack, max(slack / 2, IN_MIDDLE * widest / 2))
    ticks = stand_on_ticks([(begin + end) / 2 for begin, end in spans], names, near)
    texts = [tick.text for tick in ticks]
    plain = names.kind != "date" and all(_PLAIN.fullmatch(text) for text in texts)
    return texts if len(set(texts)) == len(spans) and not plain else []


def _spans(columns: Sequence[Column], groups: Sequence[int]) -> list[tuple[float, float]]:
    """Return where each group begins and ends; where columns are missing, by the usual places of the others."""
    by_group: dict[int, list[Column]] = defaultdict(list)
    for group, column in zip(groups, columns, strict=True):
        by_group[group].append(column)
    most = max(len(members) for members in by_group.values())
    before: dict[str, list[float]] = defaultdict(list)
    behind: dict[str, list[float]] = defaultdict(list)
    for members in by_group.values():
        if len(members) == most:
            for column in members:
                before[column.colour].append(column.begin - members[0].begin)
                behind[column.colour].append(members[-1].end - column.end)
    spans = []
    for number in sorted(by_group):
        first, last = by_group[number][0], by_group[number][-1]
        missing = len(by_group[number]) < most and first.colour in before
        begin = first.begin - median(before[first.colour]) if missing else first.begin
        spans.append((begin, first.end + median(behind[first.colour]) if missing else last.end))
    return spans


def _numbers(spans: Sequence[tuple[float, float]], names: Scale, slack: float) -> list[float | str]:
    """Return the middles of bars; those on a tick are told by it, those a pixel short of their bins by the bins."""
    middles = [(begin + end) / 2 for begin, end in spans]
    gaps = [after[0] - before[1] for before, after in pairwise(spans)]
    if names.kind == "linear" and gaps and 0.1 < min(gaps) <= 2 * slack:
        width = median(after - before for before, after in pairwise(middles))
        bin_width = abs(names.pace * width)
        off = [names.value(middle) / bin_width - 0.5 for middle in middles]
        if all(abs(o - round(o)) * width <= 2 * slack for o in off) and width > 4 * slack:
            return [_rounded((round(o) + 0.5) * bin_width, bin_width) for o in off]
    nearest = [names.nearest(middle) for middle in middles]
    on_ticks = [
        (middle, tick)
        for middle, tick in zip(middles, nearest, strict=True)
        if tick is not None and abs(tick.place - middle) <= ON_TICK
    ]
    offs = [middle - tick.place for middle, tick in on_ticks]
    beside = median(offs) if len(offs) > 1 and max(offs) - min(offs) <= EVENLY_OFF else 0.0
    told = {middle: tick.value for middle, tick in on_ticks if tick.value is not None}
    return [told.get(middle, names.value(middle - beside)) for middle in middles]


def _rounded(value: float, unit: float) -> float:
    """Return a value without the noise of floating point, exact to a thousandth of a unit."""
    return float(f"{round(value / unit * 1000) / 1000 * unit:.6g}")


def _dates(spans: Sequence[tuple[float, float]], names: Scale, slack: float) -> list[float | str]:
    """Return the dates of bars: of bins from one date to the next where they begin, of bars around a date that date.

    Bins begin on the first moment of a unit of the calendar; bars around a date have it in their middle.
    """
    middles = [(begin + end) / 2 for begin, end in spans]
    steps = [abs(names.pace) * (after - before) for before, after in pairwise(middles)]
    if not steps:
        return [names.value(middle) for middle in middles]
    usual = median(steps)
    short = 2 * slack * abs(names.pace)  # a pixel on each side that bins are drawn apart
    coarsest = UNITS["week"] if WEEK in names.form else math.inf  # nine weeks are two months by chance
    fitting = [name for name, length in UNITS.items() if length <= min(min(steps) * 1.15, coarsest)]
    ways = []
    for unit in fitting:
        for rank, places in enumerate(([begin for begin, _ in spans], middles)):
            seconds = [names.value(place) for place in places]
            rounded = [round_to_unit(second, unit) for second in seconds]
            off = max(abs(a - b) for a, b in zip(seconds, rounded, strict=True))
            if off <= min(0.12 * min(usual, 4 * UNITS[unit]) + short, 0.3 * UNITS[unit]):
                ways.append((off / usual + 0.02 * rank, rounded))
        if ways:
            break
    return list(min(ways)[1]) if ways else [names.value(middle) for middle in middles]


def round_to_unit(seconds: float, unit: str) -> float:
    """Return the first moment of a unit of the calendar that is nearest, as seconds since 1970-01-01 UTC.

    Weeks begin on Mondays or Sundays, whichever is nearer.

    Raises:
        KeyError: There is no such unit.
    """
    length = UNITS[unit]
    if unit == "week":
        monday, sunday = 4 * DAY, 3 * DAY  # the first ones after 1970-01-01, a Thursday
        return min((round((seconds - d) / length) * length + d for d in (monday, sunday)), key=lambda s: abs(s - seconds))
    if unit not in ("year", "quarter", "month"):
        return round(seconds / length) * length
    months = {"year": 12, "quarter": 3, "month": 1}[unit]
    moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    first = (moment.year * 12 + moment.month - 1) // months * months
    choices = [datetime(m // 12, m % 12 + 1, 1, tzinfo=timezone.utc).timestamp() for m in (first, first + months)]
    return min(choices, key=lambda choice: abs(choice - seconds))
