"""Places of the page into the scene of a chart."""

from __future__ import annotations

from collections.abc import Callable

from docai.backends.classical.charts.scene import Place
from docai.tiling import View

Mover = Callable[[float, float], Place]


def mover(view: View, width: float, height: float) -> Mover:
    """Return what brings a place of the page, in page fractions, into the scene of a view that is `width` x `height` units large.

    Not by boxes, which are cut at the view's edge and rounded.
    """
    left, top = view.box.left, view.box.top
    across, down = 1 / max(view.box.width, 1e-9), 1 / max(view.box.height, 1e-9)
    if view.quarter == 0:
        across, down = across * width, down * height
        return lambda x, y: ((x - left) * across, (y - top) * down)
    turns: dict[int, Callable[[float, float], Place]] = {
        90: lambda x, y: (y, 1 - x),
        180: lambda x, y: (1 - x, 1 - y),
        270: lambda x, y: (1 - y, x),
    }
    turn = turns[view.quarter]

    def moved(x: float, y: float) -> Place:
        u, v = turn((x - left) * across, (y - top) * down)
        return u * width, v * height

    return moved
