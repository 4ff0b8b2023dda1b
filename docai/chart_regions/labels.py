"""Which text belongs to which chart: labels of axes and marks, titles, legends; and what a chart shares with its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from docai.chart_regions.legends import borrow_legend, take_legend, take_ramp
from docai.chart_regions.scales import Scale
from docai.chart_regions.shapes import Place, Shape, around
from docai.chart_regions.texts import LABEL_WORDS, Labelled, Text, away, continues_prose, has_discs, is_note, is_numeric, take
from docai.chart_regions.titles import (
    AXIS_WORDS,
    CENTRED,
    FAR_TITLE,
    HEADING,
    TITLE_WORDS,
    is_larger,
    is_over_row,
    take_inner,
    take_low_title,
    take_titles,
)

LABEL_EMS: Final = 1.9  # font sizes that a label stands from what it labels
TITLE_EMS: Final = 2.8  # the same for an axis title that runs upwards, behind tick labels
LEAST_ROW: Final = 4  # labels in a row whose steps tell something
EVEN: Final = 0.2  # of the mean step that steps between labels in a row differ by
PART: Final = 0.5  # of what is plotted that something beside it covers at most which belongs to it
ROUNDS: Final = 4  # tick labels, then titles of axes, then legends
REACH: Final = 60.0  # points that an axis's labels stand from what is plotted at most
GROUND: Final = 3.0  # times a chart's area that the panel behind it has at most
PICTURE_SHARE: Final = 0.2  # of a picture that is plotted on where the picture is a chart
PROSE: Final = 12  # words of a line in a picture that is more than a chart
PICTURE_GAP: Final = 3.5  # font sizes that text stands from the rest of a chart in such a picture
LEGEND_GAP: Final = 6.0  # the same beside a plot, where the key of a legend, two to three long, stands between spaces
PICTURE_SIZE: Final = 0.04  # of its height that the font size counts for at most
ROOM: Final = 1.6  # font sizes around a chart where labels may be that could not be read
AT_PLOT: Final = 1.0  # font sizes between a plot with its ticks and the names of an axis at most
TURNED_NAMES: Final = 12.0  # font sizes that names which run upwards are long: some 24 letters
NUMBERS: Final = 8.0  # font sizes that the numbers of an axis and its title take beside a plot
SAME: Final = 3.0  # points that the sides of plots in one row or column differ by


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
        take_legend(chart, charts, shapes, texts, taken, page)
        if any(shape.kind in ("rectangle", "symbol", "area") for shape in chart.shapes):
            take_ramp(chart, ramps)
    _take_shapes(charts, shapes)
    for _ in range(2):
        _take_near(charts, texts, taken)
    for chart in charts:
        take_inner(chart, texts, taken)
        take_low_title(chart, texts, taken)
        take_titles(chart, charts, texts, taken)
    for chart in charts:
        _borrow_beside(chart, charts, scales, texts)
        _borrow(chart, charts, scales, texts)
        borrow_legend(chart, charts)
    return charts


def at_even_steps(middles: Sequence[float], size: float) -> bool:
    """Return whether words with such middles stand at even steps, which are wider than letters of `size` points."""
    if len(middles) < LEAST_ROW:
        return False
    steps = [b - a for a, b in pairwise(middles)]
    mean = sum(steps) / len(steps)
    return mean > size and all(abs(step - mean) <= EVEN * mean for step in steps)


def _take_scales(charts: Sequence[Labelled], scales: Sequence[Scale], texts: Sequence[Text], taken: set[int]) -> None:
    """Give each number axis to the chart that it stands beside."""
    for scale in scales:
        gaps = [(_gap(chart.core, scale), n) for n, chart in enumerate(charts)]
        gap, nearest = min(gaps)
        if gap > REACH:
            continue
        for number in dict.fromkeys(token.line for token in scale.tokens):
            if number not in taken and texts[number].place.area:
                take(charts[nearest], number, texts, taken)


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
        near = [(away(chart.place, text.place), away(chart.core, text.place), n) for n, chart in enumerate(charts)]
        near = [one for one in near if one[0] <= reach]
        if near:
            chart = charts[min(near)[2]]
            if _is_title_of_another(chart, charts, text, texts) or is_over_row(text, chart, charts, texts):
                continue
            if _is_alongside(chart, text) and not continues_prose(number, texts, taken) and not _is_cut_off(chart, text, texts):
                found.append((chart, number))
    for chart, number in found:
        take(chart, number, texts, taken)


def _is_label(text: Text, *, is_name: bool) -> bool:
    if is_note(text.text) or HEADING.match(text.text):
        return False
    if text.count > LABEL_WORDS and not text.turned and not text.even and not is_numeric(text.text) and not is_name:
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


def _is_alongside(chart: Labelled, text: Text) -> bool:
    """Return whether a line does not stick far out beyond the chart that it stands above, below or beside."""
    place, x, y = chart.place, *text.place.middle
    over = min(place.right, text.place.right) - max(place.left, text.place.left)
    if place.top <= y <= place.bottom:
        return True
    return over > 0.6 * text.place.width and place.left - text.size <= x <= place.right + text.size


def _is_title_of_another(chart: Labelled, charts: Sequence[Labelled], text: Text, texts: Sequence[Text]) -> bool:
    """Return whether a line below a chart, behind its labels, is centred over the next chart.

    One in larger print may stand close to the labels: a disc leaves room below its title.
    """
    if text.place.top < chart.core.bottom:
        return False
    near, larger = text.place.top - chart.core.bottom < LABEL_EMS * text.size, is_larger(text, chart, texts)
    return any(
        other is not chart
        and (not near or (larger and has_discs(other)))
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
        and is_note(other.text)
        and min(other.place.right, text.place.right) > max(other.place.left, text.place.left)
        for other in texts
        if other is not text
    )


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
            if not is_note(texts[n].text):
                take(chart, n, texts, taken)
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


def fill_picture(chart: Labelled, texts: Sequence[Text], page: Place) -> None:
    """Give the one chart of a picture that shows little else all text near it, and room for labels that could not be read."""
    own = set(chart.lines)
    if chart.core.area < PICTURE_SHARE * page.area or any(t.count >= PROSE and n not in own for n, t in enumerate(texts)):
        return
    for _ in range(ROUNDS):
        for number, text in enumerate(texts):
            beside = chart.core.top <= text.place.middle[1] <= chart.core.bottom
            gap = LEGEND_GAP if beside else PICTURE_GAP
            near = away(chart.place, text.place) <= gap * min(text.size, PICTURE_SIZE * page.height)
            if number not in chart.lines and near and not is_note(text.text):
                chart.lines.append(number)
                chart.place = around((chart.place, text.place))
    _take_far_title(chart, texts)
    others = [text.place for number, text in enumerate(texts) if number not in chart.lines]
    sizes = sorted(texts[number].size for number in chart.lines) or [0.0]
    room = ROOM * sizes[len(sizes) // 2]
    left, top, right, bottom = chart.place
    floor = min([other.top for other in others if other.top >= bottom] + [page.bottom])
    ceiling = max([other.bottom for other in others if other.bottom <= top] + [page.top])
    below = max(bottom + room, chart.core.bottom + TURNED_NAMES * sizes[len(sizes) // 2])  # names that run upwards are long
    chart.place = Place(max(0.0, left - room), max(ceiling, top - room), min(page.right, right + room), min(floor, below))


def _take_far_title(chart: Labelled, texts: Sequence[Text]) -> None:
    """Give the one chart of a picture the title of its axis, centred below it, behind names that run upwards and are not read."""
    below = [(text.place.top, n) for n, text in enumerate(texts) if n not in chart.lines and text.place.top >= chart.core.bottom]
    if not below:
        return
    text = texts[min(below)[1]]
    centred = abs(text.place.middle[0] - chart.core.middle[0]) < CENTRED * chart.core.width
    near = text.place.top - chart.core.bottom < TURNED_NAMES * text.size
    if near and centred and text.count <= AXIS_WORDS and not is_note(text.text):
        chart.lines.append(min(below)[1])
        chart.place = around((chart.place, text.place))


def leave_room(chart: Labelled, charts: Sequence[Labelled], texts: Sequence[Text], page: Place) -> None:
    """Give a chart of a picture room for the labels of an axis where none was read: slanted names, and small or faint print."""
    if has_discs(chart) or not texts:
        return
    sizes = sorted(text.size for text in texts)
    size, core = sizes[len(sizes) // 2], chart.core
    bare_below = not any(texts[number].place.middle[1] > core.bottom for number in chart.lines)
    if bare_below:
        _take_far_title(chart, texts)
    others = [text.place for number, text in enumerate(texts) if number not in chart.lines]
    others += [other.place for other in charts if other is not chart]
    left, top, right, bottom = chart.place
    if bare_below:
        below = [o.top for o in others if o.top >= core.bottom and min(o.right, right) > max(o.left, left)]
        bottom = max(bottom, min([*below, core.bottom + TURNED_NAMES * size, page.bottom]))
    if not any(texts[number].place.middle[0] < core.left for number in chart.lines):
        before = [o.right for o in others if o.right <= core.left and min(o.bottom, bottom) > max(o.top, top)]
        left = min(left, max([*before, core.left - NUMBERS * size, page.left]))
    chart.place = Place(left, top, right, bottom)


def _borrow(chart: Labelled, charts: Sequence[Labelled], scales: Sequence[Scale], texts: Sequence[Text]) -> None:
    """Lend a chart the number axis of a neighbour whose plot stands in the same row or column, where it has none and no names."""
    for across in (False, True):
        own = any(scale.across == across and scale.tokens[0].line in chart.lines for scale in scales)
        if (
            own
            or sum(texts[number].count for number in _beside(chart, texts, across=across)) > 1
            or _has_borrowed(chart, across=across)
        ):
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
        other, scale = min(lending, key=lambda pair: away(pair[0].core, chart.core))
        move = (0.0, chart.core.top - other.core.top) if across else (chart.core.left - other.core.left, 0.0)
        chart.borrowed += [(number, *move) for number in dict.fromkeys(token.line for token in scale.tokens)]


def _has_borrowed(chart: Labelled, *, across: bool) -> bool:
    return any(down != 0 if across else right != 0 for _, right, down in chart.borrowed)


def _has_scale(chart: Labelled, scales: Sequence[Scale], *, across: bool) -> bool:
    return any(scale.across == across and scale.tokens[0].line in chart.lines for scale in scales)


def _borrow_beside(chart: Labelled, charts: Sequence[Labelled], scales: Sequence[Scale], texts: Sequence[Text]) -> None:
    """Lend a chart all that is printed at a neighbour's axis in the same row or column, where it has nothing there itself."""
    for across in (False, True):
        if _has_scale(chart, scales, across=across) or _beside(chart, texts, across=across):
            continue
        sides = (0, 2) if across else (1, 3)
        lending = [
            (away(other.core, chart.core), n)
            for n, other in enumerate(charts)
            if other is not chart
            and all(abs(other.core[side] - chart.core[side]) <= SAME for side in sides)
            and sum(texts[number].count for number in _beside(other, texts, across=across)) > 1
        ]
        if lending:
            other = charts[min(lending)[1]]
            names = _beside(other, texts, across=across)
            move = (0.0, chart.core.top - other.core.top) if across else (chart.core.left - other.core.left, 0.0)
            chart.borrowed += [(number, *move) for number in names]


def _beside(chart: Labelled, texts: Sequence[Text], *, across: bool) -> list[int]:
    """Return a chart's own lines that stand right below its plot, or right beside it on the left."""
    left, _, _, bottom = chart.core
    found = []
    for number in chart.lines:
        place, size = texts[number].place, texts[number].size
        x, y = place.middle
        within = chart.core.grown(0.4 * size)
        below = abs(place.top - bottom) < AT_PLOT * size and y > bottom and within.left <= x <= within.right
        beside = abs(left - place.right) < AT_PLOT * size and x < left and within.top <= y <= within.bottom
        if below if across else beside and not texts[number].turned:
            found.append(number)
    return found
