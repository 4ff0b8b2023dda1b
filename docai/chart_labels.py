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
MOST_TITLE_LINES: Final = 3
TITLE_WORDS: Final = 18  # of a line of a title at most
TITLE_GAP: Final = 2.6  # font sizes that a title stands above its chart
FAR_TITLE: Final = 5.0  # the same over a disc
AXIS_WORDS: Final = 5  # of an axis title that stands apart at most
LARGER: Final = (1.15, 1.8)  # times the size of its labels that a title is printed in; headings of sections are larger still
CENTRED: Final = 0.06  # of a chart's width that a title is off its middle
APART: Final = 1.2  # times its distance from the chart that a title stands below other text at least
LEAST_ROW: Final = 4  # labels in a row whose steps tell something
EVEN: Final = 0.2  # of the mean step that steps between labels in a row differ by
PART: Final = 0.5  # of what is plotted that something beside it covers at most which belongs to it
PANEL: Final = 0.25  # of what is drawn that the panel of a plot covers at least
ROUNDS: Final = 4  # tick labels, then titles of axes, then legends
LEGEND_OVER: Final = 0.3  # of a chart's height that a legend beside it may reach over its top or bottom
SQUARE: Final = 1.0  # points that the sides of a key may differ by that is larger: those of sizes are bubbles
BESIDE: Final = 45.0  # points that the keys of a legend stand apart at most, and a legend of sizes or a ramp from its plot
MOST_KEYS: Final = 500  # small marks that are looked at for a legend
LEAST_RAMP: Final = 40.0  # points that a ramp of colours is long at least
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
_HEADING = re.compile(
    r"^(\d{1,2}|[A-Z])(\.\d{1,2})+\.?\s+\w|^(chapter|section|chương|phần)\s+[\dIVX]+\b|^제\s?\d+\s?[장절]", re.IGNORECASE
)


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
    `legend` is its own legend, keys with the numbers of their lines, and `keys` are those of a legend that it shares.
    """

    core: Place
    place: Place
    shapes: list[Shape]
    lines: list[int] = field(default_factory=list)
    borrowed: list[tuple[int, float, float]] = field(default_factory=list)
    legend: list[tuple[Shape, int]] = field(default_factory=list)
    keys: list[Shape] = field(default_factory=list)


def label_charts(
    plots: Sequence[Sequence[Shape]], shapes: Sequence[Shape], scales: Sequence[Scale], texts: Sequence[Text], page: Place
) -> list[Labelled]:
    """Return charts with what belongs to them; `plots` are the shapes of each, `shapes` all that are drawn on the page.

    Pictures are among the shapes, as those of kind "other" without a path; a ramp of colours is drawn as one.
    """
    ramps = [shape for shape in shapes if shape.path < 0]
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
        if any(shape.kind in ("rectangle", "symbol", "area") for shape in chart.shapes):
            _take_ramp(chart, ramps)
    _take_shapes(charts, shapes)
    for _ in range(2):
        _take_near(charts, texts, taken)
    for chart in charts:
        _take_inner(chart, texts, taken)
        _take_low_title(chart, texts, taken)
        _take_titles(chart, charts, texts, taken)
    for chart in charts:
        _borrow(chart, charts, scales)
        _borrow_legend(chart, charts)
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
        if not _is_label(text, is_name=text.count > LABEL_WORDS and any(_names_bar(chart, text) for chart in charts)):
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


def _is_label(text: Text, *, is_name: bool) -> bool:
    if _is_note(text.text) or _HEADING.match(text.text):
        return False
    if text.count > LABEL_WORDS and not text.turned and not text.even and not _is_numeric(text.text) and not is_name:
        return False
    return not (text.count >= 4 and text.text.endswith((".", ";")))


def _names_bar(chart: Labelled, text: Text) -> bool:
    """Return whether a line is a long name of a bar: it ends right beside the plot, level with a rectangle."""
    beside = -0.5 * text.size <= chart.core.left - text.place.right <= LABEL_EMS * text.size and text.count <= TITLE_WORDS
    level = text.place.middle[1]
    return beside and any(
        shape.kind == "rectangle" and shape.place.top <= level <= shape.place.bottom and shape.place.left < chart.core.middle[0]
        for shape in chart.shapes
    )


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
            if chart.place.holds(shape.place, 1) or (
                chart.place.shared(shape.place) > 0.5 * room and room < PART * chart.core.area
            ):
                chart.shapes.append(shape)
                chart.place = around((chart.place, shape.place))
                break


def _take_legend(
    chart: Labelled, charts: Sequence[Labelled], shapes: Sequence[Shape], texts: Sequence[Text], taken: set[int], page: Place
) -> None:
    """Give a chart the legend beside it: two and more small marks in its colours, each with its line beside it.

    Right beside the plot, a legend may have other colours: one of sizes is grey.
    """
    own = {id(shape) for one in charts for shape in one.shapes}
    colours = {shape.colour for shape in chart.shapes}
    reach, place = LEGEND * page.width, chart.place
    over = 1.0 if _has_discs(chart) else LEGEND_OVER  # a disc has room around it
    around_it = (
        place.grown(reach, over * place.height),
        place.grown(LEGEND_OVER * place.width, reach if _has_discs(chart) else reach / 3),
    )
    small = [
        shape
        for shape in shapes
        if id(shape) not in own
        and shape.place.width <= SWATCH_WIDTH
        and (shape.place.height <= SWATCH_HEIGHT or abs(shape.place.height - shape.place.width) < SQUARE)
    ]
    free = [n for n in range(len(texts)) if n not in taken or n in chart.lines]
    named = [(key, n) for key in small[:MOST_KEYS] for n in free if _names(texts[n], key.place)]
    alike = [(key, n) for key, n in named if key.colour in colours and any(part.holds(key.place) for part in around_it)]
    if len(alike) < 2:
        strip = Place(place.right, place.top, place.right + BESIDE, place.bottom)
        alike = [(key, n) for key, n in named if strip.holds(key.place) and n not in chart.lines]
    if len({n for _, n in alike}) < 2:
        chart.legend = _own_legend(chart, texts)
        return
    legend = around(key.place for key, _ in alike)
    for key, number in [*alike, *(pair for pair in named if pair[0].colour in colours and pair not in alike)]:
        if not legend.grown(BESIDE).holds(key.place):
            continue
        legend = around((legend, key.place))
        chart.shapes.append(key)
        chart.legend.append((key, number))
        chart.place = around((chart.place, key.place))
        if number not in taken:
            _take(chart, number, texts, taken)


def _own_legend(chart: Labelled, texts: Sequence[Text]) -> list[tuple[Shape, int]]:
    """Return the keys beside discs that were drawn close enough to be found with them, with the numbers of their lines."""
    if not _has_discs(chart):
        return []
    keys = [s for s in chart.shapes if s.kind != "sector" and max(s.place.width, s.place.height) <= SWATCH_HEIGHT]
    named = [(key, n) for key in keys for n in chart.lines if _names(texts[n], key.place)]
    return named if len(named) > 1 else []


def _take_ramp(chart: Labelled, shapes: Sequence[Shape]) -> None:
    """Give a chart the colour ramp right beside its plot: a high narrow mark, or a low wide one."""
    core = chart.core
    for shape in shapes:
        place = shape.place
        long, narrow = max(place.width, place.height), min(place.width, place.height)
        if (
            shape.kind not in ("other", "rectangle")
            or not long >= LEAST_RAMP
            or not narrow <= SWATCH_WIDTH
            or shape in chart.shapes
        ):
            continue
        upright = place.height > place.width
        over = (
            min(core.bottom, place.bottom) - max(core.top, place.top)
            if upright
            else min(core.right, place.right) - max(core.left, place.left)
        )
        if over > 0.5 * long and _away(chart.place, place) <= BESIDE:
            chart.shapes.append(shape)
            chart.place = around((chart.place, place))


def _names(text: Text, key: Place) -> bool:
    level = text.place.top <= key.middle[1] <= text.place.bottom
    inside = text.place.left <= key.left and key.right <= text.place.right  # a key in a picture is read as a letter
    gaps = text.place.left - key.right, key.left - text.place.right  # gnuplot's keys stand behind their names
    return level and (inside or any(-0.5 * text.size < gap < 2 * text.size for gap in gaps))


def _take_low_title(chart: Labelled, texts: Sequence[Text], taken: set[int]) -> None:
    """Give a chart the title of its axis where nothing has been taken as one: short, centred below, behind long slanted names."""
    if not any(texts[number].turned and texts[number].place.top > chart.core.bottom - 1 for number in chart.lines):
        return
    below = [
        (text.place.top - chart.place.bottom, n)
        for n, text in enumerate(texts)
        if n not in taken
        and text.place.top - chart.place.bottom >= 0
        and min(text.place.right, chart.place.right) > max(text.place.left, chart.place.left)
    ]
    if not below:
        return
    gap, number = min(below)
    text = texts[number]
    centred = any(abs(text.place.middle[0] - place.middle[0]) < CENTRED * place.width for place in (chart.core, chart.place))
    alone = not any(abs(other.place.middle[1] - text.place.middle[1]) < text.size for other in texts if other is not text)
    if gap < FAR_TITLE * text.size and centred and alone and text.count <= AXIS_WORDS and not _is_note(text.text):
        _take(chart, number, texts, taken)


def _take_inner(chart: Labelled, texts: Sequence[Text], taken: set[int]) -> None:
    """Give a chart the short lines between its plot and its labels or legend: a title under its legend."""
    for number, text in enumerate(texts):
        short = text.count <= TITLE_WORDS and not text.text.endswith((".", ";")) and not _is_note(text.text)
        if number not in taken and short and chart.place.holds(text.place, 0.5 * text.size):
            _take(chart, number, texts, taken)


def _take_titles(chart: Labelled, charts: Sequence[Labelled], texts: Sequence[Text], taken: set[int]) -> None:
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
            _is_note(other.text) and -0.6 * other.size < first.place.top - other.place.bottom < 0.6 * other.size for other in texts
        ):
            return
        if any(other is not chart and _away(other.place, texts[number].place) < gap for other in charts):
            return
        for n in title:
            _take(chart, n, texts, taken)


def _is_above(chart: Labelled, text: Text, texts: Sequence[Text]) -> bool:
    """Return whether a line stands over a chart with most of its width, or in larger print over a part of one of discs."""
    over = min(text.place.right, chart.place.right) - max(text.place.left, chart.place.left)
    return over > 0.6 * text.place.width or (over > 0 and _has_discs(chart) and _is_larger(text, chart, texts))


def _is_larger(text: Text, chart: Labelled, texts: Sequence[Text]) -> bool:
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
    is_far = _has_discs(chart) and not _is_numeric(text.text) and (centred or _is_larger(text, chart, texts))
    return FAR_TITLE if is_far else TITLE_GAP


def _has_discs(chart: Labelled) -> bool:
    return any(shape.kind == "sector" for shape in chart.shapes)


def _is_title(title: Sequence[int], chart: Labelled, texts: Sequence[Text]) -> bool:
    """Return whether lines are a title: short, without a full stop, and flush with their chart or centred over it."""
    lines = [texts[number] for number in title]
    if len(lines) > MOST_TITLE_LINES or sum(line.count for line in lines) > TITLE_WORDS * min(2, len(lines)):
        return False
    if any(_is_note(line.text) or _HEADING.match(line.text) or line.turned for line in lines):
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
    return _has_discs(chart) and _is_larger(lines[0], chart, texts)


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


def _borrow_legend(chart: Labelled, charts: Sequence[Labelled]) -> None:
    """Lend a chart without a legend that of the nearest with two and more of its colours."""
    if chart.legend:
        return
    colours = {shape.colour for shape in chart.shapes}
    lending = [other for other in charts if len({key.colour for key, _ in other.legend} & colours) > 1]
    if not lending:
        return
    other = min(lending, key=lambda one: _away(one.core, chart.core))
    chart.borrowed += [(number, 0.0, 0.0) for number in dict.fromkeys(number for _, number in other.legend)]
    chart.keys += [key for key, _ in other.legend]
