"""Which text belongs to which chart: labels of axes and marks, titles, legends; and what a chart shares with its neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from docai.captions import is_caption
from docai.chart_scales import Scale
from docai.chart_shapes import Place, Shape, around

LABEL_EMS: Final = 1.9  # font sizes that a label stands from what it labels
TITLE_EMS: Final = 2.8  # the same for an axis title that runs upwards, behind tick labels
LABEL_WORDS: Final = 8  # of a label or axis title at most, unless the words are labels in a row
TITLE_WORDS: Final = 18  # of a line of a title at most
TITLE_GAP: Final = 2.6  # font sizes that a title stands above its chart
FAR_TITLE: Final = 5.0  # the same over a disc
CENTRED: Final = 0.06  # of a chart's width that a title is off its middle
APART: Final = 1.2  # times its distance from the chart that a title stands below other text at least
LEAST_ROW: Final = 4  # labels in a row whose steps tell something
EVEN: Final = 0.2  # of the mean step that steps between labels in a row differ by
ROUNDS: Final = 4  # tick labels, then titles of axes, then legends
LEGEND: Final = 0.35  # of the page's width that a legend may stand beside its chart
SWATCH_WIDTH, SWATCH_HEIGHT = 45.0, 16.0  # points of a legend's key at most
REACH: Final = 60.0  # points that an axis's labels stand from what is plotted at most
GROUND: Final = 3.0  # times a chart's area that the panel behind it has at most
PICTURE_SHARE: Final = 0.2  # of a picture that is plotted on where the picture is a chart
PROSE: Final = 12  # words of a line in a picture that is more than a chart
PICTURE_GAP: Final = 3.5  # font sizes that text stands from the rest of a chart in such a picture
PICTURE_SIZE: Final = 0.04  # of its height that the font size counts for at most
ROOM: Final = 1.6  # font sizes around a chart where labels may be that could not be read
SAME: Final = 3.0  # points that the sides of plots in one row or column differ by

SOURCE = re.compile(
    r"^\W*(sources?|notes?|quelle|fuente|출처|자료|주|참고|nguồn|ghi chú|chú thích)\s*[:：*)]|^\W*©|^[*†‡]\s?\w+", re.IGNORECASE
)
_PART = re.compile(r"^\(?[a-h][.)]\s+\S+(\s+\S+){2}")  # "(a) Forward, without mask"
_HEADING = re.compile(r"^(\d{1,2}|[A-Z])(\.\d{1,2})+\.?\s+\w|^(chapter|section|제\s?\d+\s?[장절]|chương|phần)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text with its place in points.

    Attributes:
        count: How many words it has.
        size: Its font size in points.
        turned: Whether it runs up or down.
        even: Whether its words stand at even steps, as the labels of an axis do.
    """

    place: Place
    text: str
    count: int
    size: float
    turned: bool
    even: bool = False


@dataclass(slots=True)
class Labelled:
    """A chart with the numbers of its lines.

    `borrowed` are lines of other charts with how far, in points, they are moved to where they would stand beside this one.
    """

    core: Place
    place: Place
    shapes: list[Shape]
    lines: list[int] = field(default_factory=list)
    borrowed: list[tuple[int, float, float]] = field(default_factory=list)


def label_charts(
    plots: Sequence[Sequence[Shape]], shapes: Sequence[Shape], scales: Sequence[Scale], texts: Sequence[Text], page: Place
) -> list[Labelled]:
    """Return charts with what belongs to them; `plots` are the shapes of each, `shapes` all that are drawn on the page."""
    charts = []
    for plot in plots:
        core = around(shape.place for shape in plot)
        charts.append(Labelled(core, core, list(plot)))
    taken: set[int] = set()
    _take_scales(charts, scales, texts, taken)
    for _ in range(ROUNDS):
        _take_near(charts, texts, taken)
    for chart in charts:
        _take_ground(chart, charts, shapes, texts, taken)
    for chart in charts:
        _take_legend(chart, charts, shapes, texts, taken, page)
    _take_shapes(charts, shapes)
    for _ in range(2):
        _take_near(charts, texts, taken)
    for chart in charts:
        _take_titles(chart, charts, texts, taken)
    for chart in charts:
        _borrow(chart, charts, scales)
    return charts


def at_even_steps(middles: Sequence[float], size: float) -> bool:
    """Return whether words with such middles stand at even steps, which are wider than letters of `size` points."""
    if len(middles) < LEAST_ROW:
        return False
    steps = [b - a for a, b in pairwise(middles)]
    mean = sum(steps) / len(steps)
    return mean > size and all(abs(step - mean) <= EVEN * mean for step in steps)


def _take(chart: Labelled, number: int, texts: Sequence[Text], taken: set[int]) -> None:
    chart.lines.append(number)
    chart.place = around((chart.place, texts[number].place))
    taken.add(number)


def _take_scales(charts: Sequence[Labelled], scales: Sequence[Scale], texts: Sequence[Text], taken: set[int]) -> None:
    """Give each number axis to the chart that it stands beside."""
    for scale in scales:
        gaps = [(_gap(chart.core, scale), n) for n, chart in enumerate(charts)]
        gap, nearest = min(gaps)
        if gap > REACH:
            continue
        for number in dict.fromkeys(token.line for token in scale.tokens):
            if number not in taken and texts[number].place.area:
                _take(charts[nearest], number, texts, taken)


def _gap(core: Place, scale: Scale) -> float:
    """Return how far the labels of an axis stand from a plot, along which they must run."""
    place = scale.place
    if scale.across:
        along = min(place.right, core.right) - max(place.left, core.left)
        away = max(place.top - core.bottom, core.top - place.bottom, 0.0)
        return away if along > 0.5 * min(place.width, core.width) else REACH + 1
    along = min(place.bottom, core.bottom) - max(place.top, core.top)
    away = max(core.left - place.right, place.left - core.right, 0.0)
    return away if along > 0.5 * min(place.height, core.height) else REACH + 1


def _take_near(charts: Sequence[Labelled], texts: Sequence[Text], taken: set[int]) -> None:
    """Give lines that stand in or right beside a chart to the nearest."""
    found = []
    for number, text in enumerate(texts):
        if number in taken:
            continue
        inside = [chart for chart in charts if chart.core.holds(text.place, 0.5 * text.size)]
        if inside:
            found.append((min(inside, key=lambda chart: chart.core.area), number))
            continue
        if not _is_label(text):
            continue
        reach = (TITLE_EMS if text.turned else LABEL_EMS) * text.size
        near = [(_away(chart.place, text.place), _away(chart.core, text.place), n) for n, chart in enumerate(charts)]
        near = [one for one in near if one[0] <= reach]
        if near:
            chart = charts[min(near)[2]]
            if _is_title_of_another(chart, charts, text):
                continue
            if _is_alongside(chart, text) and not _continues_prose(number, texts, taken) and not _is_cut_off(chart, text, texts):
                found.append((chart, number))
    for chart, number in found:
        _take(chart, number, texts, taken)


def _away(place: Place, other: Place) -> float:
    """Return the larger of the distances across and down between two rectangles."""
    return max(place.left - other.right, other.left - place.right, place.top - other.bottom, other.top - place.bottom, 0.0)


def _is_label(text: Text) -> bool:
    if _is_note(text.text) or _HEADING.match(text.text):
        return False
    if text.count > LABEL_WORDS and not text.turned and not text.even and not _is_numeric(text.text):
        return False
    return not (text.count >= 4 and text.text.endswith((".", ";")))


def _is_numeric(text: str) -> bool:
    words = text.split()
    return 2 * sum(any(character.isdigit() for character in word) for word in words) >= len(words)


def _is_alongside(chart: Labelled, text: Text) -> bool:
    """Return whether a line does not stick far out beyond the chart that it stands above, below or beside."""
    place, x, y = chart.place, *text.place.middle
    over = min(place.right, text.place.right) - max(place.left, text.place.left)
    if place.top <= y <= place.bottom:
        return True
    return over > 0.6 * text.place.width and place.left - text.size <= x <= place.right + text.size


def _continues_prose(number: int, texts: Sequence[Text], taken: set[int]) -> bool:
    """Return whether a line belongs to a paragraph right below it as a heading or, by its size, as a line, or ends one above."""
    text = texts[number]
    for other_number, other in enumerate(texts):
        if other_number == number or other_number in taken or other.count < LABEL_WORDS or other.place.width < text.place.width:
            continue
        same = abs(other.size - text.size) < 0.6
        above, below = text.place.top - other.place.bottom, other.place.top - text.place.bottom
        flush = abs(other.place.left - text.place.left) < 2.5 * text.size
        if flush and (max(above, below) < 0.6 * text.size if same else -0.5 * text.size < below < 1.2 * text.size):
            return True
    return False


def _is_title_of_another(chart: Labelled, charts: Sequence[Labelled], text: Text) -> bool:
    """Return whether a line below a chart, behind its labels, is centred over the next chart."""
    if text.place.top - chart.core.bottom < LABEL_EMS * text.size:
        return False
    return any(
        other is not chart
        and 0 <= other.core.top - text.place.bottom + text.size < FAR_TITLE * text.size
        and abs(other.core.middle[0] - text.place.middle[0]) < CENTRED * other.core.width
        for other in charts
    )


def _is_cut_off(chart: Labelled, text: Text, texts: Sequence[Text]) -> bool:
    """Return whether a caption or a source stands between a chart and a line below it."""
    top, bottom = chart.core.bottom, text.place.top
    return any(
        top - 2 <= other.place.top
        and other.place.bottom <= bottom + 0.5 * text.size
        and _is_note(other.text)
        and min(other.place.right, text.place.right) > max(other.place.left, text.place.left)
        for other in texts
        if other is not text
    )


def _is_note(text: str) -> bool:
    """Return whether a line is a caption, one of a part of a figure, or tells of sources."""
    return is_caption(text) or bool(SOURCE.match(text) or _PART.match(text))


def _take_ground(
    chart: Labelled, charts: Sequence[Labelled], shapes: Sequence[Shape], texts: Sequence[Text], taken: set[int]
) -> None:
    """Give a chart the panel or frame that it alone stands on, with the text on it."""
    grounds = [
        shape
        for shape in shapes
        if shape.kind in ("rectangle", "frame", "other")
        and shape.place.holds(chart.core, 2)
        and shape.place.area <= GROUND * chart.core.area
        and not any(other is not chart and shape.place.shared(other.core) > 0.3 * other.core.area for other in charts)
    ]
    for shape in grounds:
        inside = [n for n, text in enumerate(texts) if n not in taken and shape.place.holds(text.place, 2)]
        if sum(texts[n].count > TITLE_WORDS for n in inside) > 2:
            continue
        for n in inside:
            if not _is_note(texts[n].text):
                _take(chart, n, texts, taken)
        chart.place = around((chart.place, shape.place))
        if shape not in chart.shapes:
            chart.shapes.append(shape)


def _take_shapes(charts: Sequence[Labelled], shapes: Sequence[Shape]) -> None:
    """Give a chart what is drawn mostly inside it: a legend's frame and keys."""
    own = {id(shape) for chart in charts for shape in chart.shapes}
    for shape in shapes:
        if id(shape) in own:
            continue
        for chart in charts:
            room = max(shape.place.area, 1e-6)
            if chart.place.holds(shape.place, 1) or (chart.place.shared(shape.place) > 0.5 * room and room < 0.3 * chart.core.area):
                chart.shapes.append(shape)
                chart.place = around((chart.place, shape.place))
                break


def _take_legend(
    chart: Labelled, charts: Sequence[Labelled], shapes: Sequence[Shape], texts: Sequence[Text], taken: set[int], page: Place
) -> None:
    """Give a chart the legend beside it: two and more small marks in its colours, each with its line right behind it."""
    own = {id(shape) for one in charts for shape in one.shapes}
    colours = {shape.colour for shape in chart.shapes}
    reach = LEGEND * page.width
    beside, below = chart.place.grown(reach, 10), chart.place.grown(10, reach / 3)
    keys = [
        shape
        for shape in shapes
        if id(shape) not in own
        and shape.colour in colours
        and shape.place.width <= SWATCH_WIDTH
        and shape.place.height <= SWATCH_HEIGHT
        and (beside.holds(shape.place) or below.holds(shape.place))
    ]
    named = [(key, n) for key in keys for n, text in enumerate(texts) if n not in taken and _names(text, key.place)]
    if len(named) < 2:
        return
    for key, number in named:
        chart.shapes.append(key)
        chart.place = around((chart.place, key.place))
        if number not in taken:
            _take(chart, number, texts, taken)


def _names(text: Text, key: Place) -> bool:
    level = min(text.place.bottom, key.bottom) - max(text.place.top, key.top) >= 0.4 * max(key.height, 1.0)
    inside = text.place.left <= key.left and key.right <= text.place.right  # a key in a picture is read as a letter
    return level and (inside or -0.5 * text.size < text.place.left - key.right < 2 * text.size)


def _take_titles(chart: Labelled, charts: Sequence[Labelled], texts: Sequence[Text], taken: set[int]) -> None:
    """Give a chart the lines above it that stand nearer to it than to other text, flush with it or centred over it."""
    for _ in range(3):
        above = [
            (chart.place.top - text.place.bottom, n)
            for n, text in enumerate(texts)
            if n not in taken
            and -0.6 * text.size <= chart.place.top - text.place.bottom <= _title_gap(chart, text) * text.size
            and min(text.place.right, chart.place.right) - max(text.place.left, chart.place.left) > 0.6 * text.place.width
        ]
        if not above:
            return
        gap, number = min(above)
        text = texts[number]
        if not _is_title(text, chart) or _continues_prose(number, texts, taken):
            return
        others = [
            text.place.top - other.place.bottom
            for n, other in enumerate(texts)
            if n not in taken
            and n != number
            and other.place.bottom <= text.place.top + 0.3 * text.size
            and min(other.place.right, text.place.right) > max(other.place.left, text.place.left)
            and not _is_title_part(other, text)
        ]
        if others and min(others) < APART * max(gap, 0.25 * text.size):
            return
        if any(
            _is_note(other.text) and -0.6 * other.size < text.place.top - other.place.bottom < 0.6 * other.size for other in texts
        ):
            return
        if any(other is not chart and _away(other.place, text.place) < gap for other in charts):
            return
        _take(chart, number, texts, taken)


def _title_gap(chart: Labelled, text: Text) -> float:
    """Return how many font sizes a title stands above a chart at most: discs leave room around them."""
    centred = abs(chart.core.middle[0] - text.place.middle[0]) < CENTRED * chart.core.width
    return FAR_TITLE if centred and any(shape.kind == "sector" for shape in chart.shapes) else TITLE_GAP


def _is_title(text: Text, chart: Labelled) -> bool:
    if _is_note(text.text) or _HEADING.match(text.text) or text.turned:
        return False
    if text.count > TITLE_WORDS or text.text.endswith((".", ";", ":")) or text.place.width > 1.25 * chart.place.width:
        return False
    middle = text.place.middle[0]
    slack = max(0.06 * chart.place.width, text.size)
    centred = any(abs(middle - place.middle[0]) <= slack for place in (chart.core, chart.place))
    flush = any(abs(text.place.left - place.left) <= slack for place in (chart.core, chart.place))
    right = any(abs(text.place.right - place.right) <= slack for place in (chart.core, chart.place))
    return centred or flush or right


def _is_title_part(other: Text, text: Text) -> bool:
    """Return whether a line above a title may be a line of it: as large or larger, short, flush or centred with it."""
    same = abs(other.place.left - text.place.left) < text.size or abs(other.place.middle[0] - text.place.middle[0]) < text.size
    return same and other.count <= TITLE_WORDS and other.size >= text.size - 0.5 and not other.text.endswith((".", ";"))


def fill_picture(chart: Labelled, texts: Sequence[Text], page: Place) -> None:
    """Give the one chart of a picture that shows little else all text near it, and room for labels that could not be read."""
    if chart.core.area < PICTURE_SHARE * page.area or any(text.count >= PROSE for text in texts):
        return
    for _ in range(ROUNDS):
        for number, text in enumerate(texts):
            near = _away(chart.place, text.place) <= PICTURE_GAP * min(text.size, PICTURE_SIZE * page.height)
            if number not in chart.lines and near and not _is_note(text.text):
                chart.lines.append(number)
                chart.place = around((chart.place, text.place))
    others = [text.place for number, text in enumerate(texts) if number not in chart.lines]
    sizes = sorted(texts[number].size for number in chart.lines) or [0.0]
    room = ROOM * sizes[len(sizes) // 2]
    left, top, right, bottom = chart.place
    floor = min([other.top for other in others if other.top >= bottom] + [page.bottom])
    ceiling = max([other.bottom for other in others if other.bottom <= top] + [page.top])
    chart.place = Place(max(0.0, left - room), max(ceiling, top - room), min(page.right, right + room), min(floor, bottom + room))


def _borrow(chart: Labelled, charts: Sequence[Labelled], scales: Sequence[Scale]) -> None:
    """Lend a chart the number axis of a neighbour whose plot stands in the same row or column, where it has none of its own."""
    for across in (False, True):
        if any(scale.across == across and scale.tokens[0].line in chart.lines for scale in scales):
            continue
        sides = (0, 2) if across else (1, 3)
        level = [
            other
            for other in charts
            if other is not chart and all(abs(other.core[side] - chart.core[side]) <= SAME for side in sides)
        ]
        lending = [(o, s) for o in level for s in scales if s.across == across and s.tokens[0].line in o.lines]
        if not lending:
            continue
        other, scale = min(lending, key=lambda pair: _away(pair[0].core, chart.core))
        move = (0.0, chart.core.top - other.core.top) if across else (chart.core.left - other.core.left, 0.0)
        chart.borrowed += [(number, *move) for number in dict.fromkeys(token.line for token in scale.tokens)]
