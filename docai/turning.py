"""Pages whose text runs up or down, turned upright: where points, words, rules and paths lie after quarter turns."""

from __future__ import annotations

from dataclasses import replace

from docai.box import Box
from docai.document import Link
from docai.sources import Picture, Rule, SourcePage, SourceWord, VectorPath


def turned_page(page: SourcePage, quarter: int) -> SourcePage:
    """Return the page as it is displayed after a turn of `quarter` degrees counter-clockwise, so that its text runs across."""
    wide = quarter in (90, 270)
    width, height = (page.height_points, page.width_points) if wide else (page.width_points, page.height_points)
    return replace(
        page,
        width_points=width,
        height_points=height,
        words=tuple(turned_word(word, quarter) for word in page.words),
        rules=tuple(turned_rule(rule, quarter) for rule in page.rules),
        paths=tuple(turned_path(path, quarter) for path in page.paths),
        pictures=tuple(Picture(turned_box(p.box, quarter), p.width, p.height) for p in page.pictures),
        links=tuple(Link(box=turned_box(p.box, quarter), uri=p.uri, page_number=p.page_number) for p in page.links),
    )


def turned_point(x: float, y: float, quarter: int) -> tuple[float, float]:
    """Return where a point of a page lies after a counter-clockwise turn by `quarter` degrees."""
    return {0: (x, y), 90: (y, 1 - x), 180: (1 - x, 1 - y), 270: (1 - y, x)}[quarter]


def turned_box(box: Box, quarter: int) -> Box:
    """Return where a box of a page lies after a counter-clockwise turn by `quarter` degrees."""
    return Box.clipped(*turned_point(box.left, box.top, quarter), *turned_point(box.right, box.bottom, quarter))


def turned_word(word: SourceWord, quarter: int) -> SourceWord:
    """Return a word as it stands after a counter-clockwise turn by `quarter` degrees; its baseline is told by its box."""
    box = turned_box(word.box, quarter)
    descent = 0.22 * box.height  # of a font's height, about, that lies under the baseline
    return word._replace(box=box, baseline=box.bottom - descent, direction=(word.direction - quarter) % 360)


def turned_rule(rule: Rule, quarter: int) -> Rule:
    """Return a rule as it lies after a counter-clockwise turn by `quarter` degrees."""
    ends = [(rule.start, rule.position), (rule.end, rule.position)]
    if not rule.horizontal:
        ends = [(y, x) for x, y in ends]
    (x0, y0), (x1, y1) = (turned_point(x, y, quarter) for x, y in ends)
    if rule.horizontal ^ (quarter in (90, 270)):
        return rule._replace(horizontal=True, position=y0, start=min(x0, x1), end=max(x0, x1))
    return rule._replace(horizontal=False, position=x0, start=min(y0, y1), end=max(y0, y1))


def turned_path(path: VectorPath, quarter: int) -> VectorPath:
    """Return a path as it is drawn after a counter-clockwise turn by `quarter` degrees."""

    def turn(segment: tuple[str | float, ...]) -> tuple[str | float, ...]:
        numbers = [float(value) for value in segment[1:]]
        points = [turned_point(x, y, quarter) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
        if segment[0] == "rectangle":
            (x0, y0), (x1, y1) = points
            points = [(min(x0, x1), min(y0, y1)), (max(x0, x1), max(y0, y1))]
        return (segment[0], *(value for point in points for value in point))

    return path._replace(
        box=turned_box(path.box, quarter),
        segments=tuple(turn(segment) for segment in path.segments),
        clip=turned_box(path.clip, quarter) if path.clip else None,
    )
