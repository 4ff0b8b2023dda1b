"""Vector paths into the scene of a chart: exact places, colours and order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from docai.backends.classical.charts.labels import find_labels
from docai.backends.classical.charts.scene import Extent, Polygon, Rectangle, Scene, Stroke, around
from docai.sources import VectorPath
from docai.tiling import View

UPRIGHT: Final = 0.05  # points that the sides of an upright rectangle may lean by
Places = list[tuple[float, float]]


def scene_of_paths(view: View) -> Scene:
    """Return the scene of a chart that is drawn by the paths of a view, in points of the page."""
    width, height = view.size_points
    rectangles: list[Rectangle] = []
    strokes: list[Stroke] = []
    polygons: list[Polygon] = []
    for order, path in enumerate(view.paths):
        for places, closed in _pieces(path, view, width, height):
            upright = _upright(places) if closed else None
            if upright is not None:
                rectangles.append(Rectangle(upright, path.fill, path.stroke, path.thickness, order=order))
            elif path.fill:
                polygons.append(Polygon(tuple(places), path.fill, path.stroke, order=order))
            elif path.stroke and len(places) > 1:
                strokes.append(Stroke(tuple(places), path.stroke, path.thickness, order=order))
    return Scene(width, height, find_labels(view, width, height), tuple(rectangles), tuple(strokes), tuple(polygons))


def _pieces(path: VectorPath, view: View, width: float, height: float) -> Iterator[tuple[Places, bool]]:
    """Yield the subpaths of a path, each with its places in the scene and whether it is closed."""

    def moved(x: float, y: float) -> tuple[float, float]:
        box = view.box  # not by boxes, which are cut at the view's edge
        return (x - box.left) / max(box.width, 1e-9) * width, (y - box.top) / max(box.height, 1e-9) * height

    places: Places = []
    for kind, *numbers in path.segments:
        values = [float(number) for number in numbers]
        if kind == "rectangle":
            if places:
                yield places, _is_closed(places, path)
                places = []
            (left, top), (right, bottom) = moved(*values[:2]), moved(*values[2:])
            yield [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], True
            continue
        start, *rest = [moved(x, y) for x, y in zip(values[::2], values[1::2], strict=True)]
        if not places or max(abs(places[-1][0] - start[0]), abs(places[-1][1] - start[1])) > UPRIGHT:
            if places:
                yield places, _is_closed(places, path)
            places = [start]
        places.append(rest[-1])
    if places:
        yield places, _is_closed(places, path)


def _is_closed(places: Places, path: VectorPath) -> bool:
    ends = abs(places[0][0] - places[-1][0]) + abs(places[0][1] - places[-1][1])
    return bool(path.fill) or ends < UPRIGHT


def _upright(places: Places) -> Extent | None:
    """Return the rectangle that four sides make, None where they make none."""
    corners = places[:-1] if places[0] == places[-1] else places
    if len(corners) != 4:
        return None
    extent = around(corners)
    for x, y in corners:
        if min(abs(x - extent.left), abs(x - extent.right)) > UPRIGHT or min(abs(y - extent.top), abs(y - extent.bottom)) > UPRIGHT:
            return None
    return extent
