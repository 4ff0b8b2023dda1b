"""Lines that stop short of their points: R's type "b" leaves room around each symbol, and its lines are pieces between them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from docai.backends.classical.charts.scene import Place, Stroke, Symbol

ROOM: Final = 14.0  # points between the end of a piece and the middle of its symbol at most: R leaves half a letter
BESIDE: Final = 0.3  # points that a piece passes by the middle of its symbol at most
LEAST: Final = 2  # pieces that make a line

Cells = dict[tuple[int, int], list[Symbol]]


def through_symbols(strokes: Sequence[Stroke], symbols: Sequence[Symbol]) -> list[Stroke]:
    """Return strokes, those that would run on at both ends into symbols of their colour and one shape drawn to these."""
    cells: Cells = defaultdict(list)
    for symbol in symbols:
        cells[round(symbol.centre[0] / ROOM), round(symbol.centre[1] / ROOM)].append(symbol)
    found: dict[int, tuple[Symbol, Symbol]] = {}
    for number, stroke in enumerate(strokes):
        if len(stroke.places) != 2 or not cells:
            continue
        start, end = stroke.places
        first, last = _ahead(end, start, stroke, cells), _ahead(start, end, stroke, cells)
        if first is not None and last is not None and first is not last and first.shape == last.shape:
            found[number] = first, last
    looks = Counter((strokes[n].colour, first.shape) for n, (first, _) in found.items())
    return [
        replace(stroke, places=(found[n][0].centre, found[n][1].centre))
        if n in found and looks[stroke.colour, found[n][0].shape] >= LEAST
        else stroke
        for n, stroke in enumerate(strokes)
    ]


def _ahead(start: Place, end: Place, stroke: Stroke, cells: Cells) -> Symbol | None:
    """Return the symbol that a piece would run into next if it went on straight behind its end."""
    length = math.dist(start, end)
    if length == 0:
        return None
    along, down = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    column, row = round(end[0] / ROOM), round(end[1] / ROOM)
    best: tuple[float, Symbol] | None = None
    for symbol in (s for c in (-1, 0, 1) for r in (-1, 0, 1) for s in cells.get((column + c, row + r), ())):
        x, y = symbol.centre[0] - end[0], symbol.centre[1] - end[1]
        ahead = along * x + down * y
        if not 0 < ahead <= ROOM or abs(along * y - down * x) > BESIDE or stroke.colour not in (symbol.fill, symbol.stroke):
            continue
        if best is None or ahead < best[0]:
            best = ahead, symbol
    return best[1] if best else None
