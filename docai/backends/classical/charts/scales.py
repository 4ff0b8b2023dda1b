"""Calibrated axes: from places in the scene to values and back."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from docai.backends.classical.charts.periods import MONTH, months_of, of_months
from docai.backends.classical.charts.scene import Extent, Label

MOST_DECADES: Final = 300.0  # of a value that a float keeps


class Tick(NamedTuple):
    """What an axis says of a place: the label, the place it stands for, and the value it tells (None of a category).

    Dates are seconds since 1970-01-01 UTC.
    """

    place: float
    label: Label
    value: float | None = None

    @property
    def text(self) -> str:
        """What the label says."""
        return self.label.text


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis, calibrated: a place is told by its coordinate along the axis, in scene units.

    A value is `slope * place + intercept`; on a logarithmic scale its logarithm to base 10 is, and on a power scale its root, so
    that a value is what `exponent` makes of it, with its sign.

    Attributes:
        kind: Of a date scale values are seconds since 1970-01-01 UTC; a category scale has none.
        horizontal: Whether it runs to the right; otherwise it runs down.
        start, end: Where it begins and ends, `start` < `end`.
        ticks: In the order of their places.
        residual: How far the ticks are off the fit at most, in scene units.
        confidence: How sure it is that the calibration is right, 0..1.
        title, unit: As they are printed beside it ("Sales (USD)": title "Sales", unit "USD"), with the label of the title.
        multiplier: By which printed numbers were multiplied to give values ("1e6" at its end).
        form: How fine dates are printed, as `strftime` tells ("%Y", "%Y-%m", "%m" where no label tells the year); "" for others.
        exponent: Of a power scale; 2 where values grow as the square of places.
        monthly: Of a date scale: whether all its months are as wide, as on those of office programs; `slope` and `intercept` then
            give months since 1970-01.
    """

    kind: Literal["linear", "log", "date", "category", "power"]
    horizontal: bool
    start: float
    end: float
    ticks: tuple[Tick, ...] = ()
    slope: float = math.nan
    intercept: float = math.nan
    residual: float = 0.0
    confidence: float = 1.0
    title: str = ""
    unit: str = ""
    title_label: Label | None = field(default=None)
    multiplier: float = 1.0
    form: str = ""
    exponent: float = 1.0
    monthly: bool = False

    @property
    def tells_years(self) -> bool:
        """Whether its values, if they are dates, are known with their years."""
        return not self.form or "%Y" in self.form or "%y" in self.form

    def value(self, place: float) -> float:
        """Return the value at a place.

        Raises:
            ValueError: It is a scale of categories.
        """
        if self.kind == "category":
            raise ValueError("an axis of categories has no values")
        plain = self.slope * place + self.intercept
        if self.kind == "log":
            return float(10.0 ** min(plain, MOST_DECADES))
        if self.monthly:
            return of_months(plain)
        return math.copysign(abs(plain) ** self.exponent, plain) if self.kind == "power" else plain

    def place(self, value: float) -> float:
        """Return the place of a value.

        Raises:
            ValueError: It is a scale of categories, or a logarithmic one and the value is not above 0.
        """
        if self.kind == "category":
            raise ValueError("an axis of categories has no values")
        plain = value
        if self.kind == "log":
            plain = math.log10(value)
        elif self.monthly:
            plain = months_of(value)
        elif self.kind == "power":
            plain = math.copysign(abs(value) ** (1 / self.exponent), value)
        return (plain - self.intercept) / self.slope

    def error(self, place: float, off: float) -> float:
        """Return how far off a value is that was read at a place which may be off by `off` scene units."""
        return abs(self.value(place + off) - self.value(place - off)) / 2

    def nearest(self, place: float) -> Tick | None:
        """Return the tick nearest to a place."""
        return min(self.ticks, key=lambda tick: abs(tick.place - place), default=None)

    def has_label(self, label: Label) -> bool:
        """Return whether a label is that of one of its ticks, or a part of it."""
        own = label.extent
        return any(own.holds(tick.label.extent.middle) or tick.label.extent.holds(own.middle) for tick in self.ticks)

    def at(self, place: float, off: float) -> Tick | None:
        """Return the tick that stands at a place, or at most `off` beside it."""
        tick = self.nearest(place)
        return tick if tick is not None and abs(tick.place - place) <= off else None

    @property
    def pace(self) -> float:
        """By how much values grow from one scene unit to the next, on average; below 0 where they fall."""
        return self.slope * MONTH if self.monthly else self.slope

    @property
    def step(self) -> float:
        """The usual distance between neighbouring ticks, more than 0; the whole axis where fewer than two stand apart."""
        places = sorted({tick.place for tick in self.ticks})
        steps = sorted(after - before for before, after in pairwise(places))
        return steps[len(steps) // 2] if steps else self.end - self.start


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot: the extent that its axes span, and its scales.

    `across` and `down` are None where there is no such axis; `second` is the value axis on the other side (to the right, or above).
    `used` are the labels of the axes and their titles.
    """

    extent: Extent
    across: Scale | None
    down: Scale | None
    second: Scale | None = None
    used: tuple[Label, ...] = ()
