"""Straight lines through the ticks of an axis, of which some may be misread: what most agree on, found by votes of pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from docai.backends.classical.charts.axes.readings import misread
from docai.backends.classical.charts.periods import months_of

Places = npt.NDArray[np.float64]
Kind = Literal["linear", "log", "date", "month", "power"]

EXPONENTS: Final = (0.5, 2.0, 1 / 3, 3.0)  # of scales on which values are powers of places: squares, roots and the like
LEAST_FOR_CURVES: Final = 4  # ticks that must agree before an axis is said to be logarithmic or a power; any three bend somehow
LEAST_FOR_POWERS: Final = 5  # the same of a power, which has one more figure to choose and fits four of which one is misread
MOST_LABELS: Final = 40  # of which all pairs vote; of more, each with those that stand near
NEAR: Final = 6
MOST_OUTLIERS: Final = 0.25  # of the labels between the first and the last that agree may be misread
LEAST_GAIN: Final = 0.05  # scene units by which a curve must be better than a line
THREE: Final = 3  # what stands between powers of ten where axes have a tick twice in a decade
ROUNDING: Final = 1e-9  # of floats
BETTER: Final = 0.3  # of a linear fit's residual, at most, that of a curve has to be


class Fit(NamedTuple):
    """A place is `step * plain value + origin`, where the plain value is the logarithm or root on scales that are not linear.

    Of dates it is their seconds, or their months where all months are as wide.

    Attributes:
        inliers: The numbers of the ticks that agree, in the order of their places.
        values: Those that they tell, misread ones put right.
        residual: How far they are off at most, in scene units.
        mended: How many were put right.
    """

    kind: Kind
    step: float
    origin: float
    inliers: tuple[int, ...]
    values: tuple[float, ...]
    residual: float
    exponent: float = 1.0
    mended: int = 0


def plain(values: Sequence[float] | Places, kind: Kind, exponent: float = 1.0) -> Places:
    """Return values as they stand evenly on an axis; NaN for those that cannot stand on it."""
    array: Places = np.asarray(values, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        if kind == "log":
            array = np.where(array > 0, np.log10(array), np.nan)
        if kind == "month":
            array = np.array([months_of(value) if np.isfinite(value) else np.nan for value in array.tolist()])
        if kind == "power":
            array = np.sign(array) * np.abs(array) ** (1 / exponent)
    return array


def straight(places: Places, values: Places) -> tuple[float, float, float]:
    """Return step, origin and the largest residual of the line through all; places are `step * value + origin`."""
    middle, centre = float(values.mean()), float(places.mean())
    spread = values - middle
    step = float((spread * (places - centre)).sum() / (spread**2).sum())
    origin = centre - step * middle
    return step, origin, float(np.abs(places - step * values - origin).max())


def agreeing(places: Places, values: Places, tolerance: float) -> npt.NDArray[np.intp]:
    """Return which ticks lie within `tolerance` of the line through two of them that most agree on."""
    told = np.flatnonzero(np.isfinite(values))
    if len(told) < 2:
        return told[:0]
    here, said = places[told], values[told]
    if np.ptp(said) > 0 and np.ptp(here) > 0:
        step, _, residual = straight(here, said)
        if residual <= tolerance and step != 0:
            return told
    first, second = np.triu_indices(len(told), 1)
    if len(told) > MOST_LABELS:
        near = second - first <= NEAR
        first, second = first[near], second[near]
    apart = (said[first] != said[second]) & (np.abs(here[first] - here[second]) > tolerance)
    first, second = first[apart], second[apart]
    if not len(first):
        return told[:0]
    steps = (here[second] - here[first]) / (said[second] - said[first])
    off = np.abs(here - here[first][:, None] - steps[:, None] * (said - said[first][:, None]))
    good = off <= tolerance
    best = int(np.lexsort((np.where(good, off, 0).sum(axis=1), -good.sum(axis=1)))[0])
    chosen: npt.NDArray[np.intp] = told[good[best]]
    return chosen


def fit(places: Sequence[float], values: Sequence[float | None], kind: Kind, tolerance: float, exponent: float = 1.0) -> Fit | None:
    """Return the line that most ticks agree on within `tolerance`, None where no two do."""
    here = np.asarray(places, dtype=float)
    said = plain([np.nan if value is None else value for value in values], kind, exponent)
    inliers = agreeing(here, said, tolerance)
    if len(inliers) < 2 or np.ptp(said[inliers]) == 0:
        return None
    step, origin, residual = straight(here[inliers], said[inliers])
    if step == 0 or not np.isfinite(step) or residual > 2 * tolerance:
        return None
    told = tuple(float(values[index] or 0.0) for index in inliers)
    return Fit(kind, step, origin, tuple(int(index) for index in inliers), told, residual, exponent)


def best_fit(places: Sequence[float], values: Sequence[float | None], tolerance: float, *, powers: bool = False) -> Fit | None:
    """Return the best fit of numbers: linear, or where the ticks say so clearly, logarithmic or a power.

    `powers` tells that they are written as powers of ten, which two suffice to tell a logarithmic axis by.
    """
    linear = fit(places, values, "linear", tolerance)
    told = [value for value in values if value is not None]
    if linear is not None and len(linear.inliers) == len(told) > 2 and linear.residual <= LEAST_GAIN and not powers:
        return linear
    curves: list[Fit | None] = []
    if sum(value > 0 for value in told) >= (2 if powers else 3):
        curves.append(fit(places, values, "log", tolerance))
    if all(value >= 0 for value in told):
        curves.extend(fit(places, values, "power", tolerance, exponent) for exponent in EXPONENTS)
    best = linear
    for curve in curves:
        if curve is None or (best is not None and not _is_better(curve, best, powers=powers)):
            continue
        least = LEAST_FOR_POWERS if curve.kind == "power" else LEAST_FOR_CURVES
        if len(curve.inliers) >= least or (curve.kind == "log" and (powers or _is_geometric(curve.values))):
            best = curve
    return best


def _is_better(curve: Fit, other: Fit, *, powers: bool) -> bool:
    more = len(curve.inliers) - len(other.inliers)
    if more == 1 and curve.kind == "power" and other.kind == "linear":  # the one may be misread
        return False
    if more == 0:
        wide = max(curve.values) / min(curve.values) > 50 if curve.kind == "log" else False
        surely = curve.residual + LEAST_GAIN < BETTER * other.residual and len(curve.values) > 2
        certain = wide or are_logarithmic(curve.values, upright=True)
        return surely or (powers and curve.kind == "log" and len(curve.values) == 2 and certain)
    return more > 0


def _are_powers_of_ten(values: Sequence[float]) -> bool:
    """Return whether values are whole powers of ten: "10^1, 10^2" is no linear axis, "1e6, 2e6" may be."""
    powers = np.log10(np.asarray(values, dtype=float))
    return bool(np.all(np.abs(powers - np.round(powers)) < ROUNDING))


def are_logarithmic(values: Sequence[float | None], *, upright: bool) -> bool:
    """Return whether values can only be those of a logarithmic axis: two powers of ten, or neighbours in 1, 3, 10, 30, 100.

    No linear axis has steps of 9, 90, 7 or 70. Alone, 1 and 3 may be every other number of those along a level axis.
    """
    told = sorted(value for value in values if value is not None)
    if len(told) < 2 or told[0] <= 0 or len(set(told)) < len(told):
        return False
    if len(told) == 2 and _are_powers_of_ten(told):
        return True
    steps = [2 * math.floor(math.log10(value) + ROUNDING) for value in told]
    leads = [value / 10 ** (step // 2) for value, step in zip(told, steps, strict=True)]
    if any(min(abs(lead - 1), abs(lead - THREE)) > ROUNDING * 10 for lead in leads):
        return False
    steps = [step + (lead > 2) for step, lead in zip(steps, leads, strict=True)]
    alone = len(told) == 2 and leads[0] < 2
    return all(after - before == 1 for before, after in pairwise(steps)) and (upright or not alone)


def _is_geometric(values: Sequence[float]) -> bool:
    """Return whether three or more values grow by one factor, which is 2 or more."""
    ratios = [after / before for before, after in pairwise(values)]
    return len(values) >= 3 and all(abs(ratio / ratios[0] - 1) < 1e-6 for ratio in ratios) and not 0.5 < ratios[0] < 2


def mend(found: Fit, texts: Sequence[str], places: Sequence[float], tolerance: float) -> Fit:
    """Return a fit with the labels that were misread put right where three others or more tell what they must say."""
    if len(found.inliers) < 3 or found.kind == "date":
        return found
    extra: dict[int, float] = {}
    values = sorted(found.values)
    least = min(after - before for before, after in pairwise(values)) if found.kind == "linear" else 0.0
    for index, text in enumerate(texts):
        if index in found.inliers:
            continue
        value = value_at(found, places[index])
        if least > 0:
            steps = round((value - values[0]) / least)
            even = values[0] + steps * least
            if abs(even - value) * abs(found.step) > tolerance:
                continue
            value = float(f"{even:.12g}")
        else:
            value = float(f"{value:.2g}") if found.kind == "log" else value
        if misread(text, value):
            extra[index] = value
    if not extra:
        return found
    told = dict(zip(found.inliers, found.values, strict=True)) | extra
    inliers = tuple(sorted(told, key=lambda index: places[index]))
    return found._replace(inliers=inliers, values=tuple(told[index] for index in inliers), mended=len(extra))


def value_at(found: Fit, place: float) -> float:
    """Return the value at a place."""
    even = (place - found.origin) / found.step
    if found.kind == "log":
        return float(10.0**even)
    if found.kind == "power":
        return float(np.sign(even) * abs(even) ** found.exponent)
    return even
