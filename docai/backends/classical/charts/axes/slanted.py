"""Slanted labels: whether each ends at its tick, or has its middle there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from docai.backends.classical.charts.axes.ticks import REACH_EMS, Lines, anchor, lines_near, marks_near, stand_between
from docai.backends.classical.charts.scene import Label, Scene

LEAST_SLANT, MOST_SLANT = 10.0, 80.0  # degrees; others stand with their middles at their ticks
FLUSH_EMS: Final = 0.35  # by which slanted labels of one axis begin, or have their middles, out of line
CLEARLY: Final = 0.6  # of how far off their ends are, at most, that middles are off ticks if these tell the places
TIGHT: Final = 0.3  # of the reach of tick marks that labels are off marks of values at most
EXACTLY_EMS: Final = 0.1  # that middles are off ticks at most which are meant to be there
LEAST: Final = 2  # labels that tell how a row stands


def with_middles_told(labels: Sequence[Label], lines: Lines, scene: Scene) -> list[Label]:
    """Return labels, slanted ones that have their middles at their ticks as such that run up or down: these point so as well.

    Most producers let slanted labels end at their ticks; matplotlib centres them unless it is told otherwise. Which it is,
    tick marks, grid lines, bars and the vertices of lines tell. Labels above a plot point down with their other ends, which are
    exchanged.
    """
    rows: dict[tuple[float, int], list[Label]] = defaultdict(list)
    for label in labels:
        turn = (label.turn + 180) % 360 - 180
        if LEAST_SLANT < abs(turn) < MOST_SLANT:
            rows[round(turn), round(label.size)].append(label)
    centred: set[int] = set()
    above = {id(label) for row in rows.values() if _stand_above(row, lines) for label in row}
    for row in rows.values():
        if len(row) >= LEAST and _have_middles_at_ticks(row, lines, scene):
            centred |= {id(label) for label in row}
    told = (replace(label, turn=90.0 if label.turn > 0 else -90.0) if id(label) in centred else label for label in labels)
    return [replace(one, ends=one.ends[::-1]) if id(label) in above else one for one, label in zip(told, labels, strict=True)]


def _stand_above(row: Sequence[Label], lines: Lines) -> bool:
    """Return whether labels stand above the tick marks or grid lines by them: those that rise begin at these, and do not end."""
    low = max(label.extent.bottom for label in row)
    near = lines_near(row, lines.down, horizontal=True)
    return bool(near) and 2 * sum((line.low + line.high) / 2 > low for line in near) > len(near)


def _have_middles_at_ticks(row: Sequence[Label], lines: Lines, scene: Scene) -> bool:
    """Return whether the middles of labels stand at ticks, and their ends do not; ends at which marks of values stand tell more."""
    ends = [anchor(label, horizontal=True) for label in row]
    middles = [label.extent.middle[0] for label in row]
    reach = REACH_EMS * row[0].size
    ticks = [mark.place for mark in lines_near(row, lines.down, horizontal=True)]
    between = stand_between(row, marks_near(row, lines.down, horizontal=True), horizontal=True)
    if between and float(np.median(_off(middles, ticks))) > EXACTLY_EMS * row[0].size:
        return False  # bands are named in their middles
    marks = _of_marks(scene, len(row))
    if not ticks or (marks and _told_by(ends, middles, marks, reach)):
        ticks, reach = marks, TIGHT * reach  # vertices of lines are many: some are near to any place
    return bool(ticks) and _told_by(middles, ends, ticks, reach)


def _told_by(places: Sequence[float], others: Sequence[float], marks: Sequence[float], reach: float) -> bool:
    """Return whether most places are within `reach` of marks, as many as of the others that may be meant, and clearly nearer.

    Others that are very near are off by no more than the letters' own shape.
    """
    near, far = _off(places, marks), _off(others, marks)
    as_many = (near <= reach).sum() >= (far <= reach).sum()
    off, other = float(np.median(near)), float(np.median(far))
    return bool(as_many) and off <= reach and off < CLEARLY * other and other > TIGHT * reach


def _off(found: Sequence[float], places: Sequence[float]) -> npt.NDArray[np.float64]:
    """Return how far each is off the nearest of the places."""
    off: npt.NDArray[np.float64] = np.abs(np.asarray(found)[:, None] - np.asarray(places)[None, :]).min(axis=1)
    return off


def _of_marks(scene: Scene, count: int) -> list[float]:
    """Return where bars have their middles, or lines their vertices, along the axis of slanted labels, `count` of which there are.

    Fewer rectangles than half the labels are swatches or symbols.
    """
    bars = [mark.extent.middle[0] for mark in scene.rectangles if mark.fill not in ("", "#ffffff")]
    return bars if 2 * len(bars) >= count else [x for stroke in scene.strokes if len(stroke.places) > 2 for x, _ in stroke.places]
