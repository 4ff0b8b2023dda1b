"""Titles of axes with their units: the text beside the middle of an axis, and what multiplies its numbers at its end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from docai.backends.classical.charts.axes.readings import said
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Label

FAR_EMS: Final = 4.0  # between the labels of an axis and its title, at most
OFF_CENTRE: Final = 0.2  # of an axis' length that the middle of its title may be off its middle
VALUED: Final = ("linear", "log", "power")  # kinds of scales that have units
LONGEST: Final = 70  # characters of a title; sources and notes are longer

LONGEST_UNIT: Final = 30  # characters, with what stands around it

MISREAD: Final = 0.5  # of its confidence that an axis keeps whose multiplier may be misread
_MISREAD: Final = re.compile(r"[1lI|][\wé]{1,2}\d?")

_UNIT: Final = re.compile(r"(?P<title>.*?)\s*[(\[](?P<unit>[^()\[\]]{1,30})[)\]]")
_NAMED_UNIT: Final = re.compile(
    r"[(\[]?\s*(?:단위|units?|đơn vị(?: tính)?|đvt|in)\s*[:：]?\s*(?P<unit>[^()\[\]]{1,30})[)\]]?", re.IGNORECASE
)
_BARE_UNIT: Final = re.compile(
    r"[(\[]?\s*(?P<unit>%|[$€£¥₩₫]|(?:US\$|USD|EUR|억|만|조|천|백만|tỷ|triệu|nghìn|million|billion)[^()\[\]]{0,16}|[^\W\d]{1,4}/[^\W\d]{1,4})\s*[)\]]?"
)
_NO_UNITS: Final = frozenset(
    "binned log scale linear month year day week hours hour minutes quarter date mean median average count n log10".split()
)
_NOTE: Final = re.compile(r"(?:source|sources|note|notes|data|출처|자료|주|nguồn|ghi chú|quelle)\s*[:：]", re.IGNORECASE)
_OFFSET: Final = re.compile(
    r"(?:(?:1\s*)?(?:[eE]|[×x·]\s?10\s?\^?)(?P<power>[-+\u2212]?\d{1,3})|10\^(?P<raised>[-+\u2212]?\d{1,3}))?"
    r"(?P<added>[-+\u2212]\d+(?:\.\d+)?(?:[eE][-+\u2212]?\d+)?)?"
)


def with_titles(plot: Plot, labels: Sequence[Label], plots: Sequence[Extent]) -> Plot:
    """Return a plot whose axes have their titles, units and multipliers.

    Args:
        plot: The plot.
        labels: All of the scene.
        plots: What the plots of the scene span: a title above another plot is that plot's.
    """
    labels = [label for label in labels if not any(_is_over(label, other, plot.extent) for other in plots)]
    used = list(plot.used)
    found: list[Scale | None] = []
    for scale in (plot.across, plot.down, plot.second):
        titled, own = (None, []) if scale is None else _titled(scale, plot, labels, used)
        found.append(titled)
        used += own
    across, down, second = found
    return replace(plot, across=across, down=down, second=second, used=tuple(used))


def _is_over(label: Label, other: Extent, own: Extent) -> bool:
    """Return whether a label stands right above another plot that lies below its own."""
    gap = other.top - label.extent.bottom
    return (
        other.top > own.bottom and -0.5 * label.size < gap < 1.2 * label.size and other.left < label.extent.middle[0] < other.right
    )


def _titled(scale: Scale, plot: Plot, labels: Sequence[Label], used: Sequence[Label]) -> tuple[Scale, list[Label]]:
    """Return a scale with its title, unit and multiplier, and the labels that tell them."""
    values = scale.kind in VALUED
    taken = [label.extent for label in used]  # some are joined of several
    free = [
        label
        for label in labels
        if not _NOTE.match(label.text) and not any(extent.holds(label.extent.middle, 0.01) for extent in taken)
    ]
    told, own = _multiplied(scale, free)
    title = find_title(told, plot, [label for label in free if label not in own])
    if title is not None:
        own.append(title)
        name, unit = parted(title.text, values=values)
        told = replace(told, title=name, unit=unit or told.unit, title_label=title)
    if values and not told.unit:
        above = _unit_above(told, [label for label in free if label not in own])
        if above is not None:
            own.append(above[0])
            told = replace(told, unit=above[1])
    return told, own


def parted(text: str, *, values: bool) -> tuple[str, str]:
    """Return a title and its unit.

    >>> parted("Sales (USD millions)", values=True), parted("단위: 억원", values=True), parted("date (month)", values=False)
    (('Sales', 'USD millions'), ('', '억원'), ('date (month)', ''))
    """
    text = " ".join(text.split())
    if not values:
        return text, ""
    named = _NAMED_UNIT.fullmatch(text)
    if named and re.match(r"[(\[]?\s*in\b", text, re.IGNORECASE) is None:
        return "", named["unit"].strip()
    bare = _BARE_UNIT.fullmatch(text)
    if bare:
        return "", bare["unit"].strip()
    match = _UNIT.fullmatch(text)
    spaced = match is not None and (text[match.end("title")] == " " or len(match["unit"]) > 1)
    if match and spaced and not set(match["unit"].lower().split()) & _NO_UNITS:
        inner = _NAMED_UNIT.fullmatch(match["unit"]) if re.match(r"단위|unit|đơn|đvt", match["unit"], re.IGNORECASE) else None
        return match["title"], (inner["unit"] if inner else match["unit"]).strip()
    return text, ""


def _ticks(scale: Scale) -> Extent:
    extents = [tick.label.extent for tick in scale.ticks]
    return Extent(
        min(e.left for e in extents), min(e.top for e in extents), max(e.right for e in extents), max(e.bottom for e in extents)
    )


def find_title(scale: Scale, plot: Plot, free: Sequence[Label]) -> Label | None:
    """Return the label that is the title of an axis: it stands beside the middle of its labels, away from the plot."""
    ticks, size = _ticks(scale), scale.ticks[0].label.size
    middle = (scale.start + scale.end) / 2
    most = OFF_CENTRE * (scale.end - scale.start)
    best: tuple[float, Label] | None = None
    for label in free:
        if len(label.text) > LONGEST or not any(letter.isalpha() or letter == "%" for letter in label.text):
            continue
        extent = label.extent
        if scale.horizontal:
            below = ticks.middle[1] > plot.extent.middle[1]
            away = extent.top - ticks.bottom if below else ticks.top - extent.bottom
            off, fitting = abs(extent.middle[0] - middle), label.turn == 0 and below
        else:
            left = ticks.middle[0] < plot.extent.middle[0]
            away = ticks.left - extent.right if left else extent.left - ticks.right
            off, fitting = abs(extent.middle[1] - middle), label.turn % 360 in (90, 270) or extent.width < 6 * size
        shared = min(extent.right, scale.end) - max(extent.left, scale.start) if scale.horizontal else 1.0
        if not fitting or shared <= 0 or not -0.8 * size < away < FAR_EMS * size or off > max(most, size):
            continue
        if best is None or away < best[0]:
            best = away, label
    return best[1] if best else None


def _unit_above(scale: Scale, free: Sequence[Label]) -> tuple[Label, str] | None:
    """Return the label above a value axis that tells its unit only, and the unit."""
    if scale.horizontal:
        return None
    ticks, size = _ticks(scale), scale.ticks[0].label.size
    for label in free:
        extent = label.extent
        over = -0.5 * size < ticks.top - extent.bottom < 3 * size
        beside = extent.left < ticks.right + 2 * size and extent.right > ticks.left - 2 * size
        if not over or not beside or len(label.text) > LONGEST_UNIT:
            continue
        name, unit = parted(label.text, values=True)
        if unit and not name:
            return label, unit
    return None


# Multipliers


def doubted(scale: Scale | None, labels: Sequence[Label]) -> Scale | None:
    """Return a scale of a picture, less sure where a number stands at its end as a multiplier does: "1e6" is read as 166."""
    if scale is None or scale.kind != "linear" or scale.multiplier != 1.0:
        return scale
    ticks = _ticks(scale)
    size = scale.ticks[0].label.size
    for label in labels:
        misread = not scale.has_label(label) and _MISREAD.fullmatch(label.text.replace(" ", ""))
        if misread and _is_at_end(label.extent, scale, ticks, size):
            return replace(scale, confidence=MISREAD * scale.confidence)
    return scale


def _is_at_end(extent: Extent, scale: Scale, ticks: Extent, size: float) -> bool:
    """Return whether something stands where the multiplier of an axis does: behind its end, or above it."""
    if scale.horizontal:
        at_end = extent.top > ticks.top - size and extent.middle[0] > scale.end - 0.25 * (scale.end - scale.start)
        return at_end and extent.top - ticks.bottom < 2 * size
    beside = extent.left < ticks.right + 4 * size and extent.right > ticks.left - 2 * size
    return beside and -0.5 * size < scale.start - extent.middle[1] < 3 * size


def _multiplied(scale: Scale, free: Sequence[Label]) -> tuple[Scale, list[Label]]:
    """Return a scale whose numbers are multiplied and shifted as a label at its end says ("1e6", "+2.3e4"), with that label."""
    if scale.kind != "linear":
        return scale, []
    ticks, size = _ticks(scale), scale.ticks[0].label.size
    for label in free:
        extent, match = label.extent, _OFFSET.fullmatch(label.text.replace(" ", ""))
        if match is None or not label.text.strip():
            continue
        if _is_at_end(extent, scale, ticks, size):
            power = int((match["power"] or match["raised"] or "0").replace("\u2212", "-"))
            added = said((match["added"] or "0").lstrip("+"), ".")
            return _scaled(scale, 10.0**power, added.value if added else 0.0), [label]
    return scale, []


def _scaled(scale: Scale, factor: float, added: float) -> Scale:
    ticks = tuple(tick._replace(value=None if tick.value is None else tick.value * factor + added) for tick in scale.ticks)
    return replace(
        scale,
        ticks=ticks,
        slope=scale.slope * factor,
        intercept=scale.intercept * factor + added,
        multiplier=scale.multiplier * factor,
    )
