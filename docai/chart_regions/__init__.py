"""Charts among a page's drawings, told by what charts are: marks that differ as numbers do, beside scales that say by how much.

A chart has bars of equal width on a common baseline, lines, areas, scattered symbols or sectors around one centre; and numbers at
even steps, or numbers at its marks. Tables, forms, logos and diagrams have one or the other, not both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from docai.box import Box, hull
from docai.chart_regions.labels import at_even_steps, fill_picture, label_charts, leave_room
from docai.chart_regions.panels import clusters_of, panels_of
from docai.chart_regions.scales import SURE, Scale, Token, find_scales, value_of
from docai.chart_regions.shapes import PAPER, THIN, Place, Shape, around, shapes_of
from docai.chart_regions.signs import LEAST_SIDE, PROSE_WORDS, crosses_of, is_chart, is_facet, is_ruled
from docai.chart_regions.texts import Labelled, Text
from docai.lines import Line
from docai.sources import SourcePage, SourceWord, VectorPath

PAGE_SHARE: Final = 0.9  # of the page that its paper covers
GROUND_LINES: Final = 3  # lines of prose in a shape from which on it is a ground of text
TICK_MARKS: Final = "-–—_|.,:;'’`~=•"  # what a tick beside a number is read as
SPACE: Final = 0.45  # ems between words of a text at most
READ_SPACE: Final = 0.8  # the same where words were read from a picture, whose boxes end at their ink
BADGE: Final = 40.0  # points that the ground of a number of a step measures at most
TURNED: Final = 0.8  # of the lines that run up or down which label upright charts, where a page is not printed sideways
LEVEL_LABELS: Final = 2  # lines that run level among the labels of a chart that stands upright
UPWARDS: Final = 270  # degrees clockwise, of text that runs upwards
WORD: Final = 3  # letters of a word in a picture; fewer may be plotted symbols that were taken for letters
LETTER: Final = 0.7  # of its width that a letter of a word, or some that touch, measure at most
TALLEST: Final = 40.0  # points that a letter measures at most
EVEN: Final = 1.4  # times as long as wide that a legend's key is at most which is read as its name's first letter
SLACK: Final = 1.0  # points that the box of a word may cut its letters by
BOX_SHARE: Final = 0.3  # of a chart that one of its boxes covers at most
MOST_BOXES: Final = 100  # of a chart that are looked at one by one
ACROSS: Final = 0.9  # of a box's breadth that a line from side to side is long at least
MANY_CELLS: Final = 4  # of one size that make a heat map
NEAR: Final = 60.0  # points between a plot and its legend at most: the labels and the title of its axis are between
LARGER: Final = 8.0  # times as large as its legend that a plot is at least
OVER: Final = 0.1  # of the smaller of two panels that lie over each other
_GROUPED = re.compile(r"^[-\u2212(]?[$€£₩₫¥]?\d{1,3}( \d{3})*$")
_GROUP = re.compile(r"^\d{3}([.,]\d+)?[)%]?$")


@dataclass(frozen=True, slots=True)
class Plotted:
    """A chart on the page.

    Attributes:
        box: Where it is, its labels, titles and legend included.
        lines: Its text.
        borrowed: Labels of an axis that it shares with a neighbour, moved to where its own would stand; legends that it shares.
        paths: What is drawn of it, and of a legend that it shares.
    """

    box: Box
    lines: tuple[Line, ...]
    borrowed: tuple[Line, ...]
    paths: tuple[VectorPath, ...]


def find_charts(page: SourcePage, lines: Sequence[Line], *, pictured: bool = False) -> list[Plotted]:
    """Return the charts that are drawn on a page; `lines` are those that may belong to them.

    Of a picture (`pictured`) not all labels are read, and all edges are off by a pixel: fewer signs are enough.
    """
    width, height = page.width_points, page.height_points
    thin = 0.0 if pictured else THIN  # rectangles and rules of pictures have been told apart by pixels
    found_shapes = shapes_of(page.paths, width, height, thin=thin)
    shapes = [shape for shape in found_shapes if shape.place.area < PAGE_SHARE * width * height]
    if not lines or (not pictured and all(shape.kind == "rule" for shape in shapes) and not any(crosses_of(shapes))):
        return []
    texts = [_text(line, width, height) for line in lines]
    tokens = [token for number, line in enumerate(lines) for token in _tokens(line, number, width, height)]
    if pictured:  # a tick is read with its number
        tokens = [_without_tick(token) for token in tokens]
        shapes = _without_print(shapes, tokens)
    grounds = {id(shape) for shape in shapes if _is_ground(shape, texts)}
    drawn = [shape for shape in shapes if id(shape) not in grounds]
    scales = [scale for scale in find_scales(tokens, read=pictured) if len(scale.tokens) >= SURE or not _are_badges(scale, drawn)]
    rules = [shape.place for shape in drawn if shape.kind == "rule"]
    scales = [replace(scale, ruled=is_ruled(scale, rules)) for scale in scales]
    plots: list[list[Shape]] = []
    rest: list[list[Shape]] = []
    for cluster in clusters_of(drawn, scales, width, height, pictured=pictured):
        panels = list(panels_of(cluster))
        for panel in _joined(panels) if pictured else panels:
            (plots if is_chart(panel, scales, tokens, texts, pictured=pictured) else rest).append(panel)
    plots += [panel for panel in rest if is_facet(panel, plots)]
    if pictured:
        plots = _without_legends(plots)
    if not plots:
        return []
    pictures = [_placed(picture.box, width, height) for picture in page.pictures]
    drawn += [Shape(place, "other", "", -1) for place in pictures if not pictured]
    found = label_charts(plots, drawn, scales, texts, Place(0, 0, width, height))
    for chart in found if pictured else ():
        leave_room(chart, found, texts, Place(0, 0, width, height))
    if pictured and len(found) == 1:
        fill_picture(found[0], texts, Place(0, 0, width, height))
    result = []
    for chart in found:
        place = chart.place
        result.append(
            Plotted(
                Box.clipped(place.left / width, place.top / height, place.right / width, place.bottom / height),
                tuple(lines[number] for number in chart.lines),
                tuple(_moved(lines[number], across / width, down / height) for number, across, down in chart.borrowed),
                tuple(page.paths[number] for number in sorted(_paths_of(chart, found, shapes) | _of_paper(chart, page))),
            )
        )
    return result


def _without_legends(plots: list[list[Shape]]) -> list[list[Shape]]:
    """Return plots without low ones near to a much larger one: the keys of its legend, whose outlines make them look unlike."""
    places = [around(shape.place for shape in plot) for plot in plots]

    def is_legend(place: Place) -> bool:
        low = min(place.width, place.height) < LEAST_SIDE
        return low and any(other.grown(NEAR).shared(place) > 0 and other.area > LARGER * place.area for other in places)

    return [plot for plot, place in zip(plots, places, strict=True) if not is_legend(place)]


def has_axis(words: Sequence[SourceWord], width: float, height: float) -> bool:
    """Return whether some of the words read in a picture of `width` x `height` points are the numbers of an axis."""
    tokens = []
    for number, word in enumerate(words):
        tokens.append(_without_tick(Token(_placed(word.box, width, height), word.text, value_of(word.text), number)))
    return bool(find_scales(tokens, read=True))


def stands_upright(page: SourcePage, lines: Sequence[Line], *, pictured: bool = False) -> bool:
    """Return whether what is written up or down on a page are labels of charts that stand upright."""
    tokens = [
        token
        for number, line in enumerate(lines)
        if not line.words[0].direction
        for token in _tokens(line, number, page.width_points, page.height_points)
    ]
    turned = [line for line in lines if line.words[0].direction]
    if not find_scales(tokens, read=pictured) and not (_upwards(page, turned) and len(lines) - len(turned) >= LEVEL_LABELS):
        return False
    labels = {id(line) for chart in find_charts(page, lines, pictured=pictured) for line in chart.lines}
    level = sum(id(line) in labels for line in lines if not line.words[0].direction)
    return level >= min(LEVEL_LABELS, len(lines) - len(turned)) and sum(id(line) in labels for line in turned) >= TURNED * len(
        turned
    )


def _upwards(page: SourcePage, lines: Sequence[Line]) -> bool:
    """Return whether the numbers of an upright axis run upwards along it, as R sets them; no sideways print has level ones, too."""
    upwards = [line for line in lines if line.words[0].direction == UPWARDS]
    tokens = [token for n, line in enumerate(upwards) for token in _tokens(line, n, page.width_points, page.height_points)]
    return any(not scale.across for scale in find_scales(tokens))


def _joined(panels: Sequence[Sequence[Shape]]) -> list[list[Shape]]:
    """Return panels of a picture, those that lie partly over another made one with it: broken grid lines look like frames."""
    joined: list[list[Shape]] = []
    for panel in sorted(panels, key=lambda panel: -around(shape.place for shape in panel).area):
        whole, kept = list(panel), []
        for other in joined:
            place, beside = around(shape.place for shape in whole), around(shape.place for shape in other)
            if place.shared(beside) > OVER * min(place.area, beside.area):
                whole = [*other, *whole]
            else:
                kept.append(other)
        joined = [*kept, whole]
    return sorted(joined, key=lambda panel: -around(shape.place for shape in panel).area)


def _paths_of(chart: Labelled, charts: Sequence[Labelled], shapes: Sequence[Shape]) -> set[int]:
    """Return the places of the paths that are drawn of a chart: its own, and what lies in it and is no other's."""
    others = {shape.path for other in charts if other is not chart for shape in other.shapes}
    inside = {shape.path for shape in shapes if chart.place.holds(shape.place, 2)}
    return {number for number in {shape.path for shape in (*chart.shapes, *chart.keys)} | (inside - others) if number >= 0}


def _of_paper(chart: Labelled, page: SourcePage) -> set[int]:
    """Return the places of the paths in the paper's colour, which no shapes show, that belong to a chart.

    They are the cells of a heat map's end, and the lines across boxes, as those of medians.
    """
    width, height = page.width_points, page.height_points
    rectangles = [shape.place for shape in chart.shapes if shape.kind == "rectangle"]
    sizes = Counter(map(_size, rectangles))
    many = {size for size, count in sizes.items() if count >= MANY_CELLS}
    boxes = [place for place in rectangles if place.area <= BOX_SHARE * chart.core.area][:MOST_BOXES]
    found = set[int]()
    for number, path in enumerate(page.paths if boxes or many else ()):
        if PAPER not in (path.fill, path.stroke):
            continue
        place = _placed(path.box, width, height)
        is_cell = path.fill == PAPER and _size(place) in many
        if chart.core.holds(place, SLACK) and (is_cell or any(_is_across(place, box) for box in boxes)):
            found.add(number)
    return found


def _is_across(place: Place, box: Place) -> bool:
    """Return whether a thin line runs from side to side of a box."""
    if min(place.width, place.height) > THIN or not box.holds(place, SLACK):
        return False
    return place.width > ACROSS * box.width or place.height > ACROSS * box.height


def _size(place: Place) -> tuple[int, int]:
    """Return the width and height of a place in whole points."""
    return round(place.width), round(place.height)


def _without_tick(token: Token) -> Token:
    """Return a word of a picture without the ticks that were read with it; letters are taken to be equally wide."""
    text, (left, top, right, bottom) = token.text.strip(TICK_MARKS), token.place
    if text == token.text:
        return token
    if not text or value_of(text) is None:
        return replace(token, value=None)
    letter = (right - left) / len(token.text)
    before = len(token.text) - len(token.text.lstrip(TICK_MARKS))
    behind = len(token.text) - len(text) - before
    return replace(token, place=Place(left + before * letter, top, right - behind * letter, bottom), value=value_of(text))


def _without_print(shapes: Sequence[Shape], tokens: Sequence[Token]) -> list[Shape]:
    """Return the shapes of a picture without those that are letters of its words; a legend's key is read with its name."""
    places = np.array([token.place for token in tokens if len(token.text) >= WORD]).reshape(-1, 4)
    low, high, wide = places[:, :2] - SLACK, places[:, 2:] + SLACK, LETTER * (places[:, 2] - places[:, 0])

    def is_letter(place: Place) -> bool:
        corners = np.array(place)
        inside = (low <= corners[:2]).all(axis=1) & (corners[2:] <= high).all(axis=1) & (place.width <= wide)
        return bool(inside.any())

    def is_key(shape: Shape) -> bool:
        place = shape.place
        first = (np.abs(places[:, 0] - place.left) <= SLACK) & (low[:, 1] <= place.top) & (place.bottom <= high[:, 1])
        square = max(place.width, place.height) <= EVEN * min(place.width, place.height)
        return square and shape.colour in marked and bool(first.any())

    letters = [shape.kind != "rule" and shape.place.height <= TALLEST and is_letter(shape.place) for shape in shapes]
    marked = {shape.colour for shape, letter in zip(shapes, letters, strict=True) if shape.colour and not letter}
    return [shape for shape, letter in zip(shapes, letters, strict=True) if not letter or is_key(shape)]


def _are_badges(scale: Scale, shapes: Sequence[Shape]) -> bool:
    """Return whether the numbers of a short scale stand on small grounds of their own, as the numbers of steps do."""
    grounds = [shape.place for shape in shapes if shape.kind in ("rectangle", "symbol", "area") and shape.place.width < BADGE]
    return all(any(ground.holds(token.place, 2) and ground.height < BADGE for ground in grounds) for token in scale.tokens)


def _placed(box: Box, width: float, height: float) -> Place:
    """Return a box of a page of `width` x `height` points in points."""
    return Place(box.left * width, box.top * height, box.right * width, box.bottom * height)


def _text(line: Line, width: float, height: float) -> Text:
    place = _placed(line.box, width, height)
    size, turned = max(line.size, 1.0), bool(line.words[0].direction)
    middles = [(word.box.left + word.box.right) / 2 * width for word in line.words]
    return Text(place, line.text, len(line.words), size, turned, not turned and at_even_steps(middles, size))


def _tokens(line: Line, number: int, width: float, height: float) -> Iterator[Token]:
    """Yield the words of a line; numbers that stand in a text, as in "May 21, 2009", are no values."""
    words = list(_with_thousands(line))
    for place, word in enumerate(words):
        box = word.box
        beside = words[max(0, place - 1) : place] + words[place + 1 : place + 2]
        within = any(
            _between_words(word.box, other.box) < (SPACE if word.recognised is None else READ_SPACE) * line.em
            and len(other.text) > 1
            and value_of(other.text) is None
            for other in beside
        )
        where = _placed(box, width, height)
        yield Token(where, word.text, None if within and not word.direction else value_of(word.text), number)


def _with_thousands(line: Line) -> Iterator[SourceWord]:
    """Yield the words of a line, those of one number made one: "200 000"."""
    before: SourceWord | None = None
    for word in line.words:
        if before is not None:
            near = not word.direction and 0 < word.box.left - before.box.right < SPACE * line.em
            if near and _GROUP.match(word.text) and _GROUPED.match(before.text):
                before = before._replace(text=f"{before.text} {word.text}", box=hull((before.box, word.box)))
                continue
            yield before
        before = word
    if before is not None:
        yield before


def _between_words(box: Box, other: Box) -> float:
    """Return how far two words of a line stand apart."""
    return max(box.left - other.right, other.left - box.right)


def _moved(line: Line, across: float, down: float) -> Line:
    """Return a line of a neighbour's where it would stand if it were the chart's own."""
    words = []
    for word in line.words:
        left, top, right, bottom = word.box
        box = Box.clipped(left + across, top + down, right + across, bottom + down)
        words.append(word._replace(box=box, baseline=min(1.0, max(0.0, word.baseline + down))))
    return Line(tuple(words), line.em, line.leading)


def _is_ground(shape: Shape, texts: Sequence[Text]) -> bool:
    """Return whether a shape is the ground of running text."""
    if shape.kind not in ("rectangle", "frame", "other", "area") or shape.place.width < 4 * LEAST_SIDE:
        return False
    return sum(text.count >= PROSE_WORDS and shape.place.holds(text.place, 2) for text in texts) >= GROUND_LINES
