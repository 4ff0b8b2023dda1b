"""Numbers along an axis that do not go on as the others do: they were misread, however sure a reader is of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.scene import Label

LEVEL: Final = 2.0  # pixels that the ends, or middles, of labels of one axis are off their line at most
LEAST: Final = 5  # numbers that an axis shows at least for one among them to be told as wrong
IN_STEP: Final = 0.8  # of them that must go on evenly; numbers that are printed on marks do not
OFF: Final = 0.25  # of a step that a number is off its place at most: labels are moved inwards at the ends of axes
MISREAD: Final = 0.3  # how sure a number is at most that is out of step

_PLAIN = re.compile(r"[-–−+]?\d[\d,]*(?:\.\d+)?%?")


def with_doubts(labels: Sequence[Label]) -> list[Label]:
    """Return labels, numbers that are out of step with those beside or above them as less sure."""
    numbers = [place for place, label in enumerate(labels) if label.turn % 90 == 0 and _PLAIN.fullmatch(label.text)]
    doubted: set[int] = set()
    for turned in {labels[place].turn for place in numbers}:
        alike = [place for place in numbers if labels[place].turn == turned]
        sides = np.array([labels[place].extent for place in alike], np.float64).reshape(-1, 4)
        values = np.array([_value(labels[place].text) for place in alike])
        middles = (sides[:, :2] + sides[:, 2:]) / 2
        for along in (0, 1):
            for line in (sides[:, 1 - along], sides[:, 3 - along], middles[:, 1 - along]):
                for row in _rows(line):
                    out = _out_of_step(middles[row, along], values[row])
                    doubted |= {alike[place] for place in row[out]}
    return [
        replace(label, confidence=min(label.confidence, MISREAD)) if place in doubted else label
        for place, label in enumerate(labels)
    ]


def _value(text: str) -> float:
    return float(re.sub("[–−]", "-", text.rstrip("%")).replace(",", ""))


def _rows(line: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Return which numbers are on one line."""
    order = np.argsort(line, kind="stable")
    rows = np.split(order, np.flatnonzero(np.diff(line[order]) > LEVEL) + 1)
    return [np.asarray(row, np.int64) for row in rows if len(row) >= LEAST]


def _out_of_step(places: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of the numbers on a line are off the straight line between place and value that nearly all others are on.

    The line goes through the middle one of the slopes between neighbours, and the middle one of its offsets (Theil and Sen).
    """
    none = np.zeros(len(places), np.bool_)
    order = np.argsort(places)
    slopes = [(values[b] - values[a]) / (places[b] - places[a]) for a, b in pairwise(order) if places[b] > places[a]]
    slope = float(np.median(slopes)) if slopes else 0.0
    if not slope:
        return none
    off = values - slope * places
    off = np.abs(off - np.median(off))
    step = abs(slope) * float(np.median(np.diff(places[order])))
    good = off <= OFF * step
    if good.sum() < max(LEAST - 1, IN_STEP * len(places)):
        return none
    inside = (places >= places[good].min()) & (places <= places[good].max())
    return np.asarray(~good & inside, np.bool_)
