"""Lines that are drawn as thin filled outlines, as some producers write strokes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from docai.backends.classical.charts.readers.bands import LEAST
from docai.backends.classical.charts.readers.furniture import alike, background
from docai.backends.classical.charts.readers.joining import turned
from docai.backends.classical.charts.scales import Plot
from docai.backends.classical.charts.scene import Place, Polygon, Scene, Stroke

THIN: Final = 4.0  # scene units that such a line is thick at most
EVEN: Final = 0.25  # of its thickness that the thickness may vary by; more at sharp corners, where the mitre is longer


def strokes_of_outlines(scene: Scene, plot: Plot, *, upright: bool) -> list[tuple[Stroke, Polygon]]:
    """Return the lines in the middle of thin outlines, each with its polygon."""
    ground = background(scene, plot)
    length = plot.extent.width if upright else plot.extent.height
    found = []
    for polygon in scene.polygons:
        extent = polygon.extent
        along = extent.width if upright else extent.height
        if len(polygon.places) < 6 or along < LEAST * length or alike(polygon.fill, ground):
            continue
        places = _middle(list(polygon.places))
        if places:
            thickness = _thickness(polygon.places)
            stroke = Stroke(tuple(places), polygon.fill, thickness, opacity=polygon.opacity, order=polygon.order)
            if turned(places[0], upright=upright) != turned(places[-1], upright=upright):
                found.append((stroke, polygon))
    return found


def _thickness(ring: Sequence[Place]) -> float:
    """Return twice the area of an outline by its length, which is the thickness of a long thin one."""
    area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2
    around = sum(math.dist(one, two) for one, two in zip(ring, [*ring[1:], ring[0]], strict=True))
    return 2 * abs(area) / max(around, 1e-9)


def _middle(ring: list[Place]) -> list[Place] | None:
    """Return the places halfway between both sides of an outline that runs there and back through as many corners."""
    if math.dist(ring[0], ring[-1]) < 0.01:
        ring = ring[:-1]
    thickness = _thickness(ring)
    if len(ring) % 2 or not 0.05 < thickness <= THIN:
        return None
    half = len(ring) // 2
    for shift in range(min(half, 4)):
        turned_ring = ring[shift:] + ring[:shift]
        pairs = list(zip(turned_ring[:half], turned_ring[half:][::-1], strict=True))
        apart = sorted(math.dist(one, two) for one, two in pairs)
        if apart[0] >= (1 - EVEN) * thickness and apart[half // 2] <= (1 + EVEN) * thickness * 1.5 and apart[-1] <= 4 * thickness:
            return [((x0 + x1) / 2, (y0 + y1) / 2) for (x0, y0), (x1, y1) in pairs]
    return None
