"""Titles over charts and behind their axes: short lines that stand nearer to a chart than to other text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from docai.chart_regions.shapes import Place, around
from docai.chart_regions.texts import Labelled, Text, away, has_discs, is_note, is_numeric, take

MOST_TITLE_LINES: Final = 3
TITLE_WORDS: Final = 18  # of a line of a title at most
TITLE_GAP: Final = 2.6  # font sizes that a title stands above its chart
FAR_TITLE: Final = 5.0  # the same over a disc
AXIS_WORDS: Final = 5  # of an axis title that stands apart at most
LARGER: Final = (1.15, 1.8)  # times the size of its labels that a title is printed in; headings of sections are larger still
CENTRED: Final = 0.06  # of a chart's width that a title is off its middle
APART: Final = 1.2  # times its distance from the chart that a title stands below other text at least
PANEL: Final = 0.25  # of what is drawn that the panel of a plot covers at least
HEADING = re.compile(
    r"^(\d{1,2}|[A-Z])(\.\d{1,2})+\.?\s+\w|^(chapter|section|chương|phần)\s+[\dIVX]+\b|^제\s?\d+\s?[장절]", re.IGNORECASE
)


def take_titles(chart: Labelled, charts: Sequence[Labelled], texts: Sequence[Text], taken: set[int]) -> None:
    """Give a chart the lines above it that stand nearer to it than to other text, flush with it or centred over it."""
    for _ in range(2):  # a title, and one over it in another size
        above = [
            (chart.place.top - text.place.bottom, n)
            for n, text in enumerate(texts)
            if n not in taken
            and -0.6 * text.size <= chart.place.top - text.place.bottom <= _title_gap(chart, text, texts) * text.size
            and _is_above(chart, text, texts)
        ]
        if not above:
            return
        gap, number = min(above)
        title = _title_lines(number, texts, taken)
        if not _is_title(title, chart, texts):
            return
        first = texts[title[-1]]
        others = [
            first.place.top - other.place.bottom
            for n, other in enumerate(texts)
            if n not in taken
            and n not in title
            and other.place.bottom <= first.place.top + 0.3 * first.size
            and min(other.place.right, first.place.right) > max(other.place.left, first.place.left)
            and not _is_title_part(other, first)
        ]
        if others and min(others) < APART * max(gap, 0.25 * first.size):
            return
        if any(
            is_note(other.text) and -0.6 * other.size < first.place.top - other.place.bottom < 0.6 * other.size for other in texts
        ):
            return
        nearer = [other for other in charts if other is not chart and away(other.place, texts[number].place) < gap]
        if any(not (has_discs(chart) and is_larger(texts[number], other, texts)) for other in nearer):
            return
        if is_over_row(first, chart, charts, texts):
            return
        for n in title:
            take(chart, n, texts, taken)


def is_over_row(text: Text, chart: Labelled, charts: Sequence[Labelled], texts: Sequence[Text]) -> bool:
    """Return whether a line is the title of a row of small multiples, each of which has a header of its own below it."""
    headers = [own for own in (texts[n] for n in chart.lines) if text.place.bottom <= own.place.middle[1] < chart.core.top]
    if not headers:
        return False
    header = headers[0]
    row = [other for other in charts if abs(other.core.top - chart.core.top) < text.size]
    hull = around(other.core for other in row)
    level = [other.place.middle for other in texts if abs(other.place.middle[1] - header.place.middle[1]) < 0.5 * header.size]
    headed = all(any(other.core.left < x < other.core.right for x, _ in level) for other in row)
    return len(row) > 1 and headed and abs(text.place.middle[0] - hull.middle[0]) < max(CENTRED * hull.width, text.size)


def _is_above(chart: Labelled, text: Text, texts: Sequence[Text]) -> bool:
    """Return whether a line stands over a chart with most of its width, or in larger print over a part of one of discs."""
    over = min(text.place.right, chart.place.right) - max(text.place.left, chart.place.left)
    return over > 0.6 * text.place.width or (over > 0 and has_discs(chart) and is_larger(text, chart, texts))


def is_larger(text: Text, chart: Labelled, texts: Sequence[Text]) -> bool:
    """Return whether a line is in somewhat larger print than most of a chart's, as titles are."""
    sizes = sorted(texts[number].size for number in chart.lines)
    return bool(sizes) and LARGER[0] < text.size / max(sizes[len(sizes) // 2], 0.1) < LARGER[1]


def _title_lines(number: int, texts: Sequence[Text], taken: set[int]) -> list[int]:
    """Return the lines of a title from its last, which is given, upwards: of one size, close to each other, flush or centred."""
    lines = [number]
    while len(lines) < MOST_TITLE_LINES + 1:
        below = texts[lines[-1]]
        above = [
            n
            for n, text in enumerate(texts)
            if n not in taken
            and n not in lines
            and abs(text.size - below.size) < 0.6
            and -0.6 * below.size < below.place.top - text.place.bottom < 0.7 * below.size
            and text.place.bottom < below.place.bottom - 0.5 * below.size
            and (
                abs(text.place.left - below.place.left) < below.size
                or abs(text.place.middle[0] - below.place.middle[0]) < below.size
                or abs(text.place.right - below.place.right) < below.size
            )
        ]
        if len(above) != 1:
            break
        lines.append(above[0])
    return lines


def _title_gap(chart: Labelled, text: Text, texts: Sequence[Text]) -> float:
    """Return how many font sizes a title stands above a chart at most: discs leave room around them."""
    centred = abs(chart.core.middle[0] - text.place.middle[0]) < CENTRED * chart.core.width
    is_far = has_discs(chart) and not is_numeric(text.text) and (centred or is_larger(text, chart, texts))
    return FAR_TITLE if is_far else TITLE_GAP


def _is_title(title: Sequence[int], chart: Labelled, texts: Sequence[Text]) -> bool:
    """Return whether lines are a title: short, without a full stop, and flush with their chart or centred over it."""
    lines = [texts[number] for number in title]
    if len(lines) > MOST_TITLE_LINES or sum(line.count for line in lines) > TITLE_WORDS * min(2, len(lines)):
        return False
    if any(is_note(line.text) or HEADING.match(line.text) or line.turned for line in lines):
        return False
    if any(line.text.endswith((".", ";", ":")) for line in lines):
        return False
    place = around(line.place for line in lines)
    if place.width > 1.4 * chart.place.width:
        return False
    slack = max(0.06 * chart.place.width, lines[0].size)
    centred = any(abs(place.middle[0] - own.middle[0]) <= slack for own in (chart.core, chart.place))
    flush = any(abs(place.left - own.left) <= slack for own in (chart.core, chart.place))
    right = any(abs(place.right - own.right) <= slack for own in (chart.core, chart.place))
    return centred or flush or right or _is_over(place, lines, chart, texts, slack)


def _is_over(place: Place, lines: Sequence[Text], chart: Labelled, texts: Sequence[Text], slack: float) -> bool:
    """Return whether a title is centred over the panel of a plot that has a legend beside it, or in larger print over discs."""
    panels = [s.place for s in chart.shapes if s.kind in ("rectangle", "frame") and s.place.area > PANEL * chart.core.area]
    if any(abs(place.middle[0] - panel.middle[0]) <= slack for panel in panels):
        return True
    return has_discs(chart) and is_larger(lines[0], chart, texts)


def _is_title_part(other: Text, text: Text) -> bool:
    """Return whether a line above a title may be a line of it: as large or larger, short, flush or centred with it."""
    same = abs(other.place.left - text.place.left) < text.size or abs(other.place.middle[0] - text.place.middle[0]) < text.size
    return same and other.count <= TITLE_WORDS and other.size >= text.size - 0.5 and not other.text.endswith((".", ";"))


# Titles of axes and plots


def take_low_title(chart: Labelled, texts: Sequence[Text], taken: set[int]) -> None:
    """Give a chart the title of its axis where nothing has been taken as one: short, centred below, behind long slanted names."""
    if not any(texts[number].turned and texts[number].place.top > chart.core.bottom - 1 for number in chart.lines):
        return
    below = [
        (text.place.top - chart.place.bottom, n)
        for n, text in enumerate(texts)
        if n not in taken
        and text.place.top >= chart.place.bottom
        and min(text.place.right, chart.place.right) > max(text.place.left, chart.place.left)
    ]
    if not below:
        return
    gap, number = min(below)
    text = texts[number]
    centred = any(abs(text.place.middle[0] - place.middle[0]) < CENTRED * place.width for place in (chart.core, chart.place))
    alone = not any(abs(other.place.middle[1] - text.place.middle[1]) < text.size for other in texts if other is not text)
    if gap < FAR_TITLE * text.size and centred and alone and text.count <= AXIS_WORDS and not is_note(text.text):
        take(chart, number, texts, taken)


def take_inner(chart: Labelled, texts: Sequence[Text], taken: set[int]) -> None:
    """Give a chart the short lines between its plot and its labels or legend: a title under its legend, or on its marks."""
    for number, text in enumerate(texts):
        short = text.count <= TITLE_WORDS and not text.text.endswith((".", ";")) and not is_note(text.text)
        middle, _ = text.place.middle
        begun = text.place._replace(right=middle) if not text.turned else text.place  # names over the plot may run out of it
        if number not in taken and short and chart.place.holds(begun, 0.5 * text.size):
            take(chart, number, texts, taken)
