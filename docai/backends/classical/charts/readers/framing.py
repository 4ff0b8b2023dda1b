"""The plot as readers of lines, areas and points walk through it: along the axis of names, and along that of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from docai.backends.classical.charts.readers.naming import UNITS, round_to_unit
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Place

OUTSIDE: Final = 2.0  # scene units beyond the plot's edge at which a place still is in it: half of a thick line
ON_TICK: Final = 0.15  # of the step between categories that a mark stands off its category's tick, and is surely meant by it
OFF_TICK: Final = 0.5  # of a step, beyond which it belongs to none
UNIT_OFF: Final = 0.2  # of a unit of the calendar that dates are off its beginning at most if they are meant to be at it
PLACE_OFF: Final = 0.5  # scene units that they are off it at most; Vega draws lines half a pixel beside their ticks
MANY: Final = 5  # dates, of which so many are rarely all near by chance; of fewer, each must be nearer by a factor of four
SNAP: Final = 0.02  # of the step between ticks that a number is off its tick at most if it is meant to be on it


@dataclass(frozen=True, slots=True)
class Frame:
    """The axes of a plot by what they tell; `upright` tells that values grow upwards or downwards, names to the right.

    `along` is where the plot begins and ends along the axis of names, `beside` along that of values. Places are pairs: the
    coordinate along the axis of names, then that along the axis of values, in scene units. `unit` is the calendar's at whose
    beginnings all marks stand, "" for none.
    """

    names: Scale
    values: Scale
    along: tuple[float, float]
    beside: tuple[float, float]
    upright: bool
    unit: str = ""

    @property
    def start(self) -> float:
        """Where the plot begins along the names."""
        return self.along[0]

    @property
    def end(self) -> float:
        """Where the plot ends along the names."""
        return self.along[1]

    @property
    def low(self) -> float:
        """The lesser coordinate of the plot's edges along the values."""
        return self.beside[0]

    @property
    def high(self) -> float:
        """The greater coordinate of the plot's edges along the values."""
        return self.beside[1]

    @property
    def length(self) -> float:
        """The plot's length along the axis of names."""
        return max(self.end - self.start, 1e-9)

    def holds(self, place: Place) -> bool:
        """Return whether a place lies in the plot."""
        u, v = place
        return self.start - OUTSIDE <= u <= self.end + OUTSIDE and self.low - OUTSIDE <= v <= self.high + OUTSIDE

    def on_tick(self, along: float) -> bool:
        """Return whether a coordinate is that of a tick of the names."""
        tick = self.names.nearest(along)
        return tick is not None and abs(tick.place - along) <= ON_TICK * self.names.step

    def name_at(self, along: float) -> tuple[float | str, float]:
        """Return the name, number or date at a coordinate, and how sure it is, 0..1; "" where no category is near."""
        tick = self.names.nearest(along)
        if self.names.kind != "category":
            if self.unit:
                return round_to_unit(self.names.value(along), self.unit), 1.0
            if tick is not None and tick.value is not None and abs(tick.place - along) <= min(0.1, SNAP * self.names.step):
                return tick.value, 1.0
            return self.names.value(along), 1.0
        off = abs(tick.place - along) / max(self.names.step, 1e-9) if tick else 1.0
        if tick is None or off > OFF_TICK:
            return "", 0.3
        return tick.text, 1.0 if off <= ON_TICK else 0.85

    def around(self, place: Place, half: float) -> Extent:
        """Return the square around a place, in the scene."""
        across, down = place if self.upright else place[::-1]
        return Extent(across - half, down - half, across + half, down + half)

    def on_calendar(self, along: Sequence[float]) -> Frame:
        """Return it with the unit of the calendar on whose first moments all these places lie; as it is where there is none."""
        if self.names.kind != "date" or not along:
            return self
        share = UNIT_OFF if len(along) >= MANY else UNIT_OFF / 4
        seconds = [self.names.value(u) for u in along]
        for unit, length in UNITS.items():
            off = min(PLACE_OFF * abs(self.names.pace), share * length)
            if unit != "week" and all(abs(round_to_unit(second, unit) - second) <= off for second in seconds):
                return replace(self, unit=unit)
        return self


def frame_of(plot: Plot, *, upright: bool | None = None) -> Frame | None:
    """Return the axes of a plot as those of names and values; None where it lacks one, or both tell categories.

    `upright` tells in which direction values grow if that is known; by itself, an axis of categories or dates tells the names.
    """
    across, down = plot.across, plot.down
    if across is None or down is None or (across.kind == "category" and down.kind == "category"):
        return None
    if upright is None:
        upright = not (down.kind == "category" or (down.kind == "date" and across.kind not in {"category", "date"}))
    extent = plot.extent
    if upright:
        return Frame(across, down, (extent.left, extent.right), (extent.top, extent.bottom), upright=True)
    return Frame(down, across, (extent.top, extent.bottom), (extent.left, extent.right), upright=False)
