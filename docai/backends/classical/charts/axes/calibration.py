"""Labels in a line become a calibrated scale: what they say, where they point to, and which line most of them agree on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from docai.backends.classical.charts.axes.dates import (
    ANY_LEAP_YEAR,
    ANY_YEAR,
    month_begins,
    other_dates,
    read_dates,
    with_months_first,
)
from docai.backends.classical.charts.axes.fits import (
    MOST_OUTLIERS,
    Fit,
    Kind,
    Places,
    agreeing,
    are_logarithmic,
    best_fit,
    fit,
    mend,
    plain,
    straight,
)
from docai.backends.classical.charts.axes.readings import Numbers, mended, read_numbers, read_powers, tells_powers
from docai.backends.classical.charts.axes.ticks import (
    EDGE_EMS,
    Line,
    anchor,
    lines_near,
    marks_near,
    put_midway,
    snapped,
    stand_between,
)
from docai.backends.classical.charts.axes.wholes import split
from docai.backends.classical.charts.scales import Scale, Tick
from docai.backends.classical.charts.scene import Label, Scene

LOOSE_EMS: Final = 0.35  # that the middle of a label may be off its place, of a letter's size
EXACT: Final = 0.06  # scene units that drawn ticks are off at most, rounding of the file's numbers included
LEAST_MARKED: Final = 0.25  # share of labels with a mark below which marks tell nothing: a stray one is no tick
SNAPPED: Final = 0.6  # share of labels with a mark from which on marks tell the places
MOST_YEARS: Final = 0.7  # share of a line's labels that must be dates
MARKED_EMS: Final = 0.15  # that a mark may be off its place, of a letter's size: producers round them to whole pixels
YEARS: Final = (1700, 2100)  # numbers outside are no years, nor are those of an upright axis
LEAP_DAYS: Final = 0.006  # scene units by which one of two fits is off that differ by leap days: years as numbers and as dates
MOST_MINOR: Final = 40  # lines near each label of an axis, at most, with minor ticks and grid lines on both sides
DECADES: Final = 0.012  # of a decade that a minor tick may be off its place
TIGHT_EMS: Final = 0.1  # that the middle of a label is off its place where it was not moved
LEAST_INNER: Final = 3  # labels that must fit closely before the outer ones are said to be moved
FLUSH: Final = 1.5  # scene units that a tick may stand outside its label, which is moved inwards to stay on the picture
PIXELS: Final = (1.0, 0.75)  # sides of pixels in points: as they are written to PDFs by most, and as CSS has them
LEAST_PIXEL: Final = 0.6  # scene units; anything is a whole number of smaller ones
STRETCHED: Final = 0.15  # scene units by which an axis is longer by its labels than by marks that are rounded to pixels
SAME_THICKNESS: Final = 0.01  # scene units
MONTHLY: Final = ("%Y-%m", "%Y-%m-%d")  # forms of dates on axes whose months may all be as wide
LEAST_MONTHS: Final = 4  # labels that tell that all months are as wide; three months are so by chance
UNLIKE_DAYS: Final = 0.25  # scene units that dates are off at least by their days where they go by months
OUTLIERS_IN_PICTURES: Final = 0.4  # share of labels that may be misread by OCR


class Axis(NamedTuple):
    """A calibrated scale with what speaks for it.

    Attributes:
        labels: Those of the ticks, in the order of places.
        marks: The tick marks or grid lines of the ticks; None for a tick without one.
        support: The share of ticks that have a mark.
        rounded: How far marks are off by the rounding of their producer: the side of a pixel; 0 where they are not rounded.
    """

    scale: Scale
    labels: tuple[Label, ...]
    marks: tuple[Line | None, ...]
    support: float
    rounded: float = 0.0

    @property
    def size(self) -> float:
        """The size of its letters."""
        return self.labels[0].size

    @property
    def low(self) -> float:
        """Where the labels begin the other way: their top, or left."""
        return min(label.extent.top if self.scale.horizontal else label.extent.left for label in self.labels)

    @property
    def high(self) -> float:
        """Where the labels end the other way."""
        return max(label.extent.bottom if self.scale.horizontal else label.extent.right for label in self.labels)

    @property
    def side(self) -> int:
        """On which side of its labels the plot lies, as their marks tell: 1 for right or below, -1 for left or above, else 0."""
        place = (self.low + self.high) / 2
        sides = [(mark.low + mark.high) / 2 - place for mark in self.marks if mark is not None]
        if len(sides) < LEAST_MARKED * len(self.marks) or not sides or abs(sum(sides)) < max(abs(side) for side in sides):
            return 0
        return 1 if sum(sides) > 0 else -1

    @property
    def weight(self) -> tuple[int, float, float]:
        """By which of several readings of the same labels one is chosen."""
        return len(self.labels), self.support, -self.scale.residual


def calibrated(group: Sequence[Label], lines: Sequence[Line], scene: Scene, *, horizontal: bool) -> list[Axis]:
    """Return the value axes that labels in a line make: none, one, or several side by side.

    `lines` are those that cross the axis.
    """
    near = lines_near(group, lines, horizontal=horizontal)
    marks = marks_near(group, near, horizontal=horizontal)
    if horizontal and stand_between(group, marks, horizontal=horizontal):
        group, marks = put_midway(group, marks), []
    labels = _apart(group, marks, horizontal=horizontal) if horizontal else list(group)
    found: list[Axis] = []
    pieces = [labels]
    while pieces:
        piece = pieces.pop()
        best = _best(piece, marks, near, scene, horizontal=horizontal) if len(piece) >= 2 else None
        if best is None:
            continue
        first, last = best.fit.inliers[0], best.fit.inliers[-1]
        within = last - first + 1
        share = OUTLIERS_IN_PICTURES if scene.blur else MOST_OUTLIERS
        if within - len(best.fit.inliers) > share * within:
            continue
        found.append(_axis(piece, best, marks, scene, horizontal=horizontal))
        pieces += [piece[:first], piece[last + 1 :]]
    return found


def _apart(group: Sequence[Label], marks: Sequence[Line], *, horizontal: bool) -> list[Label]:
    """Return labels with those parted whose words stand at ticks of their own."""
    labels: list[Label] = []
    for label in group:
        words = split(label)
        places = [snapped(word, anchor(word, horizontal=horizontal), marks) for word in words]
        labels.extend(words if len(words) > 1 and None not in places and len(set(places)) == len(words) else [label])
    return sorted(labels, key=lambda label: anchor(label, horizontal=horizontal))


class _Reading(NamedTuple):
    fit: Fit
    unit: str = ""
    form: str = ""
    exact: bool = False
    certain: bool = False


def _best(
    labels: Sequence[Label], marks: Sequence[Line], near: Sequence[Line], scene: Scene, *, horizontal: bool
) -> _Reading | None:
    """Return what labels say as the values of an axis, the reading that most of them agree on.

    Labels stand by their middles, or by their marks where each has one: producers move the outer ones inwards.
    """
    centres = [anchor(label, horizontal=horizontal) for label in labels]
    best: _Reading | None = None
    own = [_mark(label, place, marks) for label, place in zip(labels, centres, strict=True)]
    moved = False  # whether outer labels have their marks at their edges, and none at their middles
    if horizontal:
        inner = own[0], own[-1]
        own[0] = _at_edge(labels[0], labels[0].extent.left, marks) or own[0]
        own[-1] = _at_edge(labels[-1], labels[-1].extent.right, marks) or own[-1]
        moved = any(mark is None and edge is not None for mark, edge in zip(inner, (own[0], own[-1]), strict=True))
    marked = [mark for mark in own if mark is not None]
    exact = len(marked) == len(own) and len({mark.place for mark in marked}) == len(marked)
    size = labels[0].size
    flat = read_powers([label.text for label in labels]) is not None
    ways = [(centres, LOOSE_EMS * size), ([mark.place for mark in marked], MARKED_EMS * size)][: 1 + exact]
    for places, loose in reversed(ways) if moved else ways:
        for reading in _readings(labels, places, near, scene, horizontal=horizontal, loose=loose):
            if best is None or _is_better(reading, best):
                best = reading._replace(exact=places is not centres)
        if best is not None and len(best.fit.inliers) == len(labels) > 2 - moved and not flat:
            break
    return best


def _at_edge(label: Label, edge: float, marks: Sequence[Line]) -> Line | None:
    """Return the mark at the outer edge of a label that is moved inwards; None where there is none."""
    return next((mark for mark in marks if abs(mark.place - edge) <= EDGE_EMS * label.size), None)


def _readings(
    labels: Sequence[Label], places: Sequence[float], near: Sequence[Line], scene: Scene, *, horizontal: bool, loose: float
) -> Iterator[_Reading]:
    """Yield what labels say as numbers by each custom, and as dates, with the best fit of each."""
    texts = [label.text for label in labels]
    tolerance = loose + scene.blur
    printed = with_months_first(texts)
    dates, form = read_dates(printed)
    worded = all(date is not None and any(map(str.isalpha, text)) for date, text in zip(dates, texts, strict=True))
    for numbers in () if worded else _numbers(texts, mending=scene.blur > 0):  # "1월, 2월" are no numbers of months
        powers = numbers.powers or (not scene.blur and are_logarithmic(numbers.values, upright=not horizontal))
        found = best_fit(places, numbers.values, tolerance, powers=powers)
        if found is not None:
            found = with_flush(found, numbers.values, labels, horizontal=horizontal)
            if horizontal and len(found.inliers) > LEAST_INNER:
                close = best_fit(places, numbers.values, TIGHT_EMS * labels[0].size + scene.blur / 2, powers=powers)
                found = _inner(close, found, numbers.values, labels)
            yield _Reading(mend(found, texts, places, tolerance) if scene.blur else found, numbers.unit)
    raised = read_powers(texts)
    if raised is not None:
        found = fit(places, raised.values, "log", tolerance)
        if found is not None and (tells_powers(texts) or _has_decades(found, near)):
            yield _Reading(found, certain=True)
    if sum(date is not None for date in dates) < max(2.0, MOST_YEARS * len(texts)):
        return
    if form == "%Y" and not (horizontal and all(YEARS[0] <= int(text) <= YEARS[1] for text in texts if text.isdecimal())):
        return
    told = [read_dates(printed, year=year)[0] for year in (ANY_YEAR, ANY_LEAP_YEAR)[: 1 + (form.startswith("%m"))]]
    ways = [(other, read_dates(other)) for other in other_dates(printed)]
    dated = [(seconds, written) for _, (seconds, written) in ways]
    for seconds, written in (*dated, *((one, form) for one in (*told, *month_begins(dates, form)))):
        kinds: tuple[Kind, ...] = ("month", "date") if written in MONTHLY else ("date",)
        for kind in kinds:
            found = fit(places, seconds, kind, tolerance)
            if found is not None and (kind == "date" or len(found.inliers) >= LEAST_MONTHS):
                yield _Reading(with_flush(found, seconds, labels, horizontal=horizontal), form=written)


def _inner(close: Fit | None, loose: Fit, values: Sequence[float | None], labels: Sequence[Label]) -> Fit:
    """Return the fit of labels without the outer ones that are moved inwards, where the others fit closely; else the loose fit."""
    if close is None or len(close.inliers) < LEAST_INNER:
        return loose
    whole = with_flush(close, values, labels, horizontal=True)
    return whole if set(whole.inliers) >= set(loose.inliers) else loose


def with_flush(found: Fit, values: Sequence[float | None], labels: Sequence[Label], *, horizontal: bool) -> Fit:
    """Return a fit with the labels at its ends that are moved inwards, as producers do that keep them on the picture."""
    if not horizontal or len(found.inliers) < 2:
        return found
    told = dict(zip(found.inliers, found.values, strict=True))
    for index in {0, len(labels) - 1} - set(found.inliers):
        value, extent = values[index], labels[index].extent
        even = float(plain([np.nan if value is None else value], found.kind, found.exponent)[0])
        place = found.step * even + found.origin
        if value is not None and extent.left - FLUSH <= place <= extent.right + FLUSH:
            told[index] = value
    return found._replace(inliers=tuple(sorted(told)), values=tuple(told[index] for index in sorted(told)))


def _numbers(texts: Sequence[str], *, mending: bool) -> list[Numbers]:
    """Return what labels say as numbers; of pictures also with letters read as the figures that they look like."""
    found = read_numbers(texts)
    told = max((sum(value is not None for value in numbers.values) for numbers in found), default=0)
    if not mending or told < SNAPPED * len(texts):
        return found
    swapped = [mended(text) for text in texts]
    if swapped != list(texts):
        found += [numbers for numbers in read_numbers(swapped) if all(numbers.values != other.values for other in found)]
    return found


def _has_decades(found: Fit, marks: Sequence[Line]) -> bool:
    """Return whether minor ticks stand where 2 to 9 times the powers of ten are."""
    if len(marks) < 2 * len(found.inliers):
        return False
    if len(marks) > MOST_MINOR * len(found.inliers):
        return False
    parts = [((mark.place - found.origin) / found.step) % 1.0 for mark in marks]
    minor = [part for part in parts if 0.02 < part < 0.98]
    decades = [math.log10(number) for number in range(2, 10)]
    own = sum(min(abs(part - decade) for decade in decades) < DECADES for part in minor)
    return len(minor) >= 3 and own >= 0.9 * len(minor)


def _is_better(one: _Reading, other: _Reading) -> bool:
    """Return whether one reading is to be preferred: more ticks agree, fewer had to be put right, they fit more exactly."""
    if one.certain != other.certain:
        return one.certain
    votes = len(one.fit.inliers) - one.fit.mended, len(other.fit.inliers) - other.fit.mended
    if votes[0] != votes[1]:
        return votes[0] > votes[1]
    if "month" in (one.fit.kind, other.fit.kind) and one.fit.kind != other.fit.kind:
        month, day = (one, other) if one.fit.kind == "month" else (other, one)
        monthly = day.fit.residual > UNLIKE_DAYS and month.fit.residual < 0.3 * day.fit.residual
        return monthly == (one is month)
    if "date" in (one.fit.kind, other.fit.kind):
        low, high = sorted((one.fit.residual, other.fit.residual))
        if high > LEAP_DAYS and low < 0.3 * high:
            return one.fit.residual < other.fit.residual
        return one.fit.kind == "date"
    return one.fit.residual + EXACT < 0.5 * other.fit.residual


# Places


def _axis(labels: Sequence[Label], reading: _Reading, marks: Sequence[Line], scene: Scene, *, horizontal: bool) -> Axis:
    """Return the axis that a reading makes, with its places by tick marks or grid lines where most labels have one."""
    found = reading.fit
    chosen = [labels[index] for index in found.inliers]
    centres = np.array([anchor(label, horizontal=horizontal) for label in chosen])
    values = plain(found.values, found.kind, found.exponent)
    expected = found.step * values + found.origin
    loose = np.full(len(chosen), LOOSE_EMS * chosen[0].size + scene.blur)
    if horizontal and len(chosen) > LEAST_INNER:
        loose[[0, -1]] = TIGHT_EMS * chosen[0].size + scene.blur
    flush = np.abs(centres - expected) > loose
    centres = np.where(flush, np.nan, centres)
    own = [_mark(label, place, marks) for label, place in zip(chosen, np.where(flush, expected, centres), strict=True)]
    own = _each_once(own, expected)
    support = sum(mark is not None for mark in own) / len(own)
    step, origin, residual, rounded = _placed(centres, values, own, scene, horizontal=horizontal)
    ticks = tuple(
        Tick(mark.place if mark is not None else float(step * even + origin), label, value)
        for mark, label, even, value in zip(own, chosen, values, found.values, strict=True)
    )
    places = [tick.place for tick in ticks]
    scale = Scale(
        kind="date" if found.kind == "month" else found.kind,
        monthly=found.kind == "month",
        horizontal=horizontal,
        start=min(places),
        end=max(places),
        ticks=ticks,
        slope=1 / step,
        intercept=-origin / step,
        residual=residual,
        confidence=_confidence(ticks, support, residual, found, scene),
        unit=reading.unit,
        form=reading.form,
        exponent=found.exponent,
    )
    return Axis(scale, tuple(chosen), tuple(own), support, rounded)


def _mark(label: Label, place: float, marks: Sequence[Line]) -> Line | None:
    here = snapped(label, place, marks)
    return next((mark for mark in marks if mark.place == here), None) if here is not None else None


def _each_once(own: Sequence[Line | None], centres: Places) -> list[Line | None]:
    """Return marks with none for two labels: it belongs to the nearer."""
    best: dict[int, float] = {}
    for mark, centre in zip(own, centres, strict=True):
        if mark is not None:
            off = abs(mark.place - centre)
            best[id(mark)] = min(off, best.get(id(mark), off))
    return [
        mark if mark is not None and abs(mark.place - centre) <= best[id(mark)] else None
        for mark, centre in zip(own, centres, strict=True)
    ]


def _placed(
    centres: Places, values: Places, own: Sequence[Line | None], scene: Scene, *, horizontal: bool
) -> tuple[float, float, float, float]:
    """Return step and origin of places over plain values, the residual, and the pixel that marks are rounded to, or 0.

    Marks are where values are, but for producers that round them to whole pixels, while the labels stand exactly: then steps are
    told by the labels, and the origin by the marks; those at the ends of an axis that runs across may be moved inwards.
    """
    central = np.isfinite(centres)
    kept = np.array([mark is not None for mark in own])
    places = np.array([mark.place for mark in own if mark is not None])
    if kept.sum() < 2 or kept.mean() < SNAPPED or np.ptp(values[kept]) == 0:
        step, origin, residual = straight(centres[central], values[central])
        return step, origin + _shift(origin, step, values, own), residual, 0.0
    by_marks = straight(places, values[kept])
    pixel = _pixel(own)
    even = agreeing(np.where(central, centres, 0.0), np.where(central, values, np.nan), EXACT)
    if len(even) < max(2 + horizontal, SNAPPED * len(values)):
        return *_without_strays(places, values[kept], scene), 0.0
    exact = straight(centres[even], values[even])
    stretched = abs(exact[0] - by_marks[0]) * float(np.ptp(values[even])) > STRETCHED  # all rounded alike, they still fit a line
    if stretched and not scene.blur and pixel == 0 and len(even) == len(values) and max(exact[2], by_marks[2]) <= EXACT:
        return *exact, 0.0  # the grid lines near the labels are another axis'
    fitting = by_marks[2] <= EXACT and not stretched
    if scene.blur or fitting or exact[2] > EXACT or pixel == 0 or by_marks[2] > 0.75 * pixel:
        return *_without_strays(places, values[kept], scene), 0.0
    off = places - exact[0] * values[kept]
    origin = float(off.max() + off.min()) / 2
    return exact[0], origin, float(np.abs(off - origin).max()), pixel


def _shift(origin: float, step: float, values: Places, own: Sequence[Line | None]) -> float:
    """Return how far the middles of labels are off the places of the few that have a mark."""
    off = [mark.place - step * value - origin for mark, value in zip(own, values, strict=True) if mark is not None]
    return float(np.median(off)) if len(off) > 1 and max(off) - min(off) <= EXACT else 0.0  # one may be the other axis' line


def _without_strays(places: Places, values: Places, scene: Scene) -> tuple[float, float, float]:
    """Return the line through marks, those left aside that are no tick marks but stood near a label."""
    found = straight(places, values)
    least = max(EXACT, scene.blur)
    while len(places) > 3 and found[2] > 4 * least:
        off = np.abs(places - found[0] * values - found[1])
        keep = off < off.max()
        others = straight(places[keep], values[keep])
        if others[2] > 0.5 * found[2]:
            break
        places, values, found = places[keep], values[keep], others
    return found


def _pixel(own: Sequence[Line | None]) -> float:
    """Return the side of a pixel if marks are whole pixels apart, of the usual size or as large as they are thick; else 0."""
    marks = [mark for mark in own if mark is not None]
    thickness = marks[0].thickness
    if any(abs(mark.thickness - thickness) > SAME_THICKNESS for mark in marks):
        return 0.0
    apart = [other.place - one.place for one, other in pairwise(sorted(marks, key=lambda mark: mark.place))]
    for side in (thickness, *PIXELS):
        if side >= LEAST_PIXEL and all(abs(by / side - round(by / side)) < 0.03 for by in apart):
            return side
    return 0.0


def _confidence(ticks: Sequence[Tick], support: float, residual: float, found: Fit, scene: Scene) -> float:
    """Return how sure a calibration is: by how many ticks agree, how exactly, and whether they have marks.

    The figures are set by hand: two ticks fit every line, a third can hardly agree by chance, a fifth adds little.
    """
    count = len(ticks) - found.mended
    exactly = support == 1.0 and residual <= max(EXACT, scene.blur / 2)  # three marks where they must be are no accident
    agreed = {2: 0.5, 3: 0.93 if exactly else 0.85, 4: 0.95 if exactly else 0.93}.get(count, 0.97 if count > 4 else 0.4)
    marked = 0.03 + 0.25 * (count == 2) if support >= SNAPPED else 0.0
    span = abs(ticks[-1].place - ticks[0].place) or 1.0
    loose = max(0.0, residual - scene.blur - EXACT) / span
    written = min(1.0, 0.9 + 0.1 * min(tick.label.confidence for tick in ticks))
    return float(max(0.0, min(1.0, agreed + marked) * (1 - min(0.8, 8 * loose)) * written))
