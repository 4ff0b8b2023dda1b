"""Drawings and pictures into figures: what is drawn close together is one thing, told from frames, shading and charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.box import Box, hull
from docai.captions import is_caption
from docai.lines import Line
from docai.sources import Picture, SourcePage, VectorPath

CELL_POINTS: Final = 3.0  # of the raster on which nearness is judged
JOIN_CELLS: Final = 5  # marks nearer than this many cells (12 to 15 points) belong together: a bar chart's bars, a diagram's boxes
THIN: Final = 0.003  # of the page, 2 points; what is thinner is a rule
SMALLEST_POINTS: Final = 22.0  # a side; smaller drawings are bullets, icons and ticks
TEXT_SHARE: Final = 0.12  # of a frame's area, from which on it frames text; charts and diagrams stay below
SCAN_SHARE: Final = 0.7  # of the page that one picture covers when the page is a scan
LEGEND: Final = 0.3  # of the page's width that a legend may stand beside its chart; a third of that above or below
BAND: Final = 0.8  # of a cluster's width that a shaded row of a table covers, and a bar of a chart does not
MIN_TICKS: Final = 8  # paths that axes with ticks or grid lines are drawn with, at least
TICK_EMS: Final = 1.6  # how far a tick label stands from its chart
TITLE_EMS: Final = 2.6  # how far an axis title that runs upwards does
MIN_BENDS: Final = 6  # curves and slanted lines that make a diagram; a frame's round corners are four

Looks = Literal["picture", "drawing", "chart", "scan"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure on the page: its box, what it looks like, and the lines of text inside it."""

    box: Box
    looks_like: Looks
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """A ruled or shaded box around text."""

    box: Box


@dataclass(slots=True)
class _Cluster:
    box: Box
    paths: list[VectorPath]
    pictures: list[Picture]


def find_figures(page: SourcePage, lines: Sequence[Line], tables: Sequence[Box]) -> tuple[list[Drawn], list[Frame]]:
    """Return the figures and the text frames of a page; what lies in `tables` is left to them."""
    found: list[tuple[_Cluster, Looks, list[Line]]] = []
    frames: list[Frame] = []
    axes: list[Box] = []
    swatches: list[VectorPath] = []
    for cluster in _clusters(page, tables):
        box = cluster.box
        if min(box.width * page.width_points, box.height * page.height_points) < SMALLEST_POINTS:
            swatches += [path for path in cluster.paths if path.fill or path.stroke]
            continue
        inside = [line for line in lines if box.contains(_middle(line.box))]
        looks = _looks(cluster, inside)
        if looks is None or looks == "frame":
            frames += [Frame(box)] if looks else []
            axes += [box] if _text_share(box, inside) <= TEXT_SHARE and not any(_is_prose(line, box) for line in inside) else []
        else:
            found.append((cluster, looks, inside))
    drawn = []
    for cluster, looks, inside in found:
        box, members = cluster.box, inside
        if looks != "picture":
            box, members = _with_axes(box, members, axes, lines)
            legend = _legend(cluster, swatches, lines)
            box = hull((box, *(swatch for swatch, _ in legend), *(line.box for _, line in legend)))
            members = list({id(line): line for line in (*members, *(line for _, line in legend))}.values())
        drawn.append(_with_labels(box, looks, members, lines))
    return _each_line_once(_without_nested(drawn)), [frame for frame in frames if not _in_any(frame.box, [d.box for d in drawn])]


def _with_axes(box: Box, inside: list[Line], axes: Sequence[Box], lines: Sequence[Line]) -> tuple[Box, list[Line]]:
    """Return a drawing made one with the axes or frame that it hovers in, if they hold nothing else but labels."""
    around = [axis for axis in axes if axis.contains(box, 0.01) and box.area > 0.05 * axis.area]
    if not around:
        return box, inside
    box = hull((box, *around))
    return box, [line for line in lines if box.contains(_middle(line.box))]


def _legend(cluster: _Cluster, swatches: Sequence[VectorPath], lines: Sequence[Line]) -> list[tuple[Box, Line]]:
    """Return the legend beside a drawing: two and more small marks in its colours, each with its line right behind it."""
    colours = {path.fill or path.stroke for path in cluster.paths}
    box = cluster.box
    beside = Box.clipped(box.left - LEGEND, box.top, box.right + LEGEND, box.bottom)
    below = Box.clipped(box.left, box.top - LEGEND / 3, box.right, box.bottom + LEGEND / 3)
    own = [s.box for s in swatches if (s.fill or s.stroke) in colours and (beside.contains(s.box) or below.contains(s.box))]
    named = [(swatch, line) for swatch in own for line in lines if _names(line, swatch)]
    return named if len(named) > 1 else []


def _names(line: Line, swatch: Box) -> bool:
    level = min(line.box.bottom, swatch.bottom) - max(line.box.top, swatch.top) >= 0.4 * swatch.height
    return level and -0.5 * line.em < line.box.left - swatch.right < 2 * line.em


def _text_share(box: Box, inside: Sequence[Line]) -> float:
    return sum(line.box.area for line in inside) / max(box.area, 1e-9)


def _is_prose(line: Line, box: Box) -> bool:
    return len(line.words) >= 6 and line.box.width > 0.6 * box.width


def _clusters(page: SourcePage, tables: Sequence[Box]) -> Iterator[_Cluster]:
    paths = [path for path in page.paths if path.box.area < 0.9 and not _in_any(path.box, tables) and _is_seen(path)]
    pictures = [picture for picture in page.pictures if not _in_any(picture.box, tables)]
    if not paths and not pictures:
        return
    cell = max(CELL_POINTS, max(page.width_points, page.height_points) / 1000)
    columns, rows = int(page.width_points / cell) + 1, int(page.height_points / cell) + 1
    mask = np.zeros((rows, columns), np.uint8)
    marks: list[VectorPath | Picture] = [*pictures, *paths]
    for mark in marks:
        for left, top, right, bottom in _painted(mark):
            mask[
                int(top * (rows - 1)) : int(bottom * (rows - 1)) + 1, int(left * (columns - 1)) : int(right * (columns - 1)) + 1
            ] = 1
    dilated = cv2.dilate(mask, np.ones((JOIN_CELLS, JOIN_CELLS), np.uint8))
    labels = np.asarray(cv2.connectedComponents(dilated)[1], np.int32)
    members: dict[int, _Cluster] = {}
    for mark in marks:
        cluster = members.setdefault(_label(labels, mark), _Cluster(mark.box, [], []))
        if isinstance(mark, Picture):
            cluster.pictures.append(mark)
        else:
            cluster.paths.append(mark)
    for cluster in members.values():
        joined = cluster.paths  # a separator that ends at a picture is not part of it
        if cluster.pictures:
            joined = [path for path in cluster.paths if min(path.box.width, path.box.height) > THIN]
        cluster.box = hull([*(path.box for path in joined), *(picture.box for picture in cluster.pictures)])
        yield cluster


def _label(labels: NDArray[np.int32], mark: VectorPath | Picture) -> int:
    """Return the component of a mark: the one of the first rectangle that it covers."""
    left, top, _, _ = next(_painted(mark), mark.box)
    return int(labels[int(top * (labels.shape[0] - 1)), int(left * (labels.shape[1] - 1))])


def _painted(mark: VectorPath | Picture) -> Iterator[tuple[float, float, float, float]]:
    """Yield the rectangles that a mark covers; of an outline its sides only, so that a frame does not cover its content."""
    if isinstance(mark, Picture) or mark.fill:
        yield mark.box
        return
    for kind, *values in mark.segments:
        numbers = [min(1.0, max(0.0, float(value))) for value in values]
        left, right = min(numbers[::2]), max(numbers[::2])
        top, bottom = min(numbers[1::2]), max(numbers[1::2])
        if kind == "rectangle":
            yield from (
                (left, top, right, top),
                (left, bottom, right, bottom),
                (left, top, left, bottom),
                (right, top, right, bottom),
            )
        else:
            yield left, top, right, bottom


def _is_seen(path: VectorPath) -> bool:
    return bool(path.stroke and path.stroke != "#ffffff") or bool(path.fill and path.fill != "#ffffff")


def _in_any(box: Box, others: Sequence[Box]) -> bool:
    return any(other.contains(box, 0.006) for other in others)


def _middle(box: Box) -> Box:
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    return Box(x, y, x, y)


def _looks(cluster: _Cluster, inside: Sequence[Line]) -> Looks | Literal["frame"] | None:
    """Return what a cluster is; None for underlines, separators and other decoration. Its labels tell later if it is a chart."""
    text = _text_share(cluster.box, inside)
    prose = sum(_is_prose(line, cluster.box) for line in inside)
    framed = text > 2 * TEXT_SHARE and 2 * prose >= len(inside)
    if cluster.pictures:
        shown = sum(picture.box.area for picture in cluster.pictures) / max(cluster.box.area, 1e-9)
        if framed:  # a background behind text
            return "frame"
        return "picture" if shown > 0.3 or not cluster.paths else "drawing"
    fills = [path for path in cluster.paths if path.fill and path.fill != "#ffffff" and min(path.box.width, path.box.height) > THIN]
    bends = sum(is_bent(segment) for path in cluster.paths for segment in path.segments)
    if inside and not framed and bends < MIN_BENDS and _are_fields(cluster, fills):
        return None
    if not bends and not fills:
        return "frame" if inside and len(cluster.paths) <= 8 else None
    if framed or (bends < MIN_BENDS and (text > TEXT_SHARE or (inside and _are_shaded_rows(fills, cluster.box)))):
        return "frame"
    ruled = bends and len(cluster.paths) >= MIN_TICKS  # a line between axes with ticks, however short
    if bends < 3 and len(fills) < 3 and not ruled:
        return None
    return "drawing"


def _are_fields(cluster: _Cluster, fills: Sequence[VectorPath]) -> bool:
    """Return whether a cluster is boxes below each other, like the fields of a form, and not one frame around all."""
    boxes = [path for path in cluster.paths if any(segment[0] == "rectangle" for segment in path.segments)]
    small = all(path.box.area < 0.5 * cluster.box.area for path in boxes)
    return len(boxes) > 1 and small and (not fills or _are_shaded_rows(fills, cluster.box))


def _are_shaded_rows(fills: Sequence[VectorPath], box: Box) -> bool:
    """Return whether fills shade whole rows, each in one piece or cell by cell, as in a table and not in a bar chart."""
    widths: dict[tuple[float, float], float] = {}
    for path in fills:
        place = round(path.box.top, 3), round(path.box.bottom, 3)
        widths[place] = widths.get(place, 0.0) + path.box.width
    return sum(width > BAND * box.width for width in widths.values()) > 0.5 * len(widths)


def is_bent(segment: tuple[str | float, ...]) -> bool:
    """Return whether a segment is a curve or a slanted line."""
    if segment[0] == "curve":
        return True
    if segment[0] == "rectangle":
        return False
    _, x0, y0, x1, y1 = segment
    return abs(float(x0) - float(x1)) > 0.002 and abs(float(y0) - float(y1)) > 0.002


def _with_labels(box: Box, looks: Looks, inside: Sequence[Line], lines: Sequence[Line]) -> Drawn:
    """Return a figure with the labels that stand just outside."""
    members = {id(line): line for line in inside}
    if looks == "drawing":
        for _ in range(2):  # tick labels first, then the axis title behind them
            for line in lines:
                near = line.box.intersection(_grown(box, line)) > 0
                if id(line) not in members and near and _is_label(line, box):
                    members[id(line)] = line
            box = hull((box, *(line.box for line in members.values())))
    return Drawn(box, looks, tuple(members.values()))


def _grown(box: Box, line: Line) -> Box:
    reach = TITLE_EMS if line.words[0].direction else TICK_EMS
    x, y = reach * line.em, reach * line.leading
    return Box.clipped(box.left - x, box.top - y, box.right + x, box.bottom + y)


def _is_label(line: Line, box: Box) -> bool:
    """Return whether a line beside a drawing labels it, rather than being text or a caption of its own."""
    short = line.box.width < 0.5 * box.width or line.words[0].direction != 0
    return short and len(line.words) <= 6 and not is_caption(line.text) and not line.text.endswith((".", ":", ";"))


def _without_nested(drawn: list[Drawn]) -> list[Drawn]:
    """Return figures, those that lie in or mostly over another made part of it."""
    result: list[Drawn] = []
    for figure in sorted(drawn, key=lambda d: -d.box.area):
        for n, larger in enumerate(result):
            if larger.box.intersection(figure.box) > 0.5 * figure.box.area:
                lines = {id(line): line for line in (*larger.lines, *figure.lines)}
                looks = "chart" if "chart" in (larger.looks_like, figure.looks_like) else larger.looks_like
                result[n] = Drawn(hull((larger.box, figure.box)), looks, tuple(lines.values()))
                break
        else:
            result.append(figure)
    return result


def _each_line_once(drawn: list[Drawn]) -> list[Drawn]:
    """Return figures in which a line that labels two belongs to the first."""
    seen: set[int] = set()
    result = []
    for figure in drawn:
        own = tuple(line for line in figure.lines if id(line) not in seen)
        seen.update(map(id, own))
        result.append(Drawn(figure.box, figure.looks_like, own))
    return result
