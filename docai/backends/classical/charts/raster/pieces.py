"""Pieces of a bar in a picture: what a printed label with its halo has cut one thin bar of a stack into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from docai.backends.classical.charts.scene import Extent, Label, Rectangle

ALIGNED: Final = 2.0  # pixels that the sides of a stack's parts, and of the pieces of one, differ by at most
HIGHEST: Final = 40.0  # pixels that a bar is thick at most for a label to cut it right through
PRINT: Final = 18.0  # pixels that a piece of a letter is long at most
LARGER: Final = 2.0  # times as large as such a piece what it stands on is at least
MANY: Final = 8  # pieces of one colour and of several sizes that letters leave at least
MOSTLY: Final = 0.7  # of them that stand on something larger; print beside bars has other colours
HALO: Final = 3.0  # pixels that the halo of print reaches beyond its box at most
LETTER_OFF: Final = 1.0  # pixel that a stroke of a letter reaches out of the box of its label at most
SHOWN: Final = 0.25  # of the whole bar that its pieces cover at least


def without_cuts(slabs: Sequence[Rectangle]) -> list[Rectangle]:
    """Return the rectangles of a picture, in its pixels, with those made whole that labels have cut, from large to small.

    The pieces have one colour and stand side by side from one end to the other of a larger bar that they lie along. So are bars
    made whole that a narrower one in front of them has cut: in two sides, and what is left beyond its end.
    """
    turned = [_turned(slab) for slab in _joined(_around_others(_without_halos(slabs)))]
    return sorted(
        (_turned(slab) for slab in _joined(_around_others(turned))), key=lambda slab: -slab.extent.width * slab.extent.height
    )


def without_print(slabs: Sequence[Rectangle], labels: Sequence[Label]) -> list[Rectangle]:
    """Return rectangles without the strokes of letters, and with those made whole that a label has cut in two, in their order.

    Labels and rectangles are told in one frame. Strokes of letters are small and lie wholly in a label. What a label has cut goes
    on behind it in its colour and between the same two sides.
    """
    prints = [(label.extent.grown(LETTER_OFF), label.size) for label in labels]
    kept = [
        slab
        for slab in slabs
        if not any(
            max(slab.extent.width, slab.extent.height) <= size
            and text.holds((slab.extent.left, slab.extent.top))
            and text.holds((slab.extent.right, slab.extent.bottom))
            for text, size in prints
        )
    ]
    texts = [label.extent for label in labels if not label.turn]
    turned = [_turned(slab) for slab in _rejoined(kept, texts)]
    return [_turned(slab) for slab in _rejoined(turned, [_exchanged(text) for text in texts])]


def _rejoined(slabs: Sequence[Rectangle], texts: Sequence[Extent]) -> list[Rectangle]:
    """Return rectangles with those made one of which one lies above and one below a text that hides what is between them."""
    kept = list(slabs)
    for text in texts:
        own = [slab for slab in kept if slab.extent.left - HALO <= text.middle[0] <= slab.extent.right + HALO]
        above = [slab for slab in own if text.top - HALO <= slab.extent.bottom <= text.bottom and slab.extent.top < text.top]
        below = [slab for slab in own if text.top <= slab.extent.top <= text.bottom + HALO and slab.extent.bottom > text.bottom]
        pair = next(((one, two) for one in above for two in below if _goes_on(one, two)), None)
        if pair is None:
            continue
        first, second = pair
        whole = replace(first, extent=Extent(*first.extent[:3], second.extent.bottom))
        kept = [whole if slab is first else slab for slab in kept if slab is not second]
    return kept


def _goes_on(above: Rectangle, below: Rectangle) -> bool:
    """Return whether two rectangles have one colour and the same sides, and a gap between them."""
    one, two = above.extent, below.extent
    alike = abs(one.left - two.left) <= ALIGNED and abs(one.right - two.right) <= ALIGNED
    return alike and above.fill == below.fill and one.bottom < two.top


def _without_halos(slabs: Sequence[Rectangle]) -> list[Rectangle]:
    """Return rectangles without the pieces of letters and of their halos: small ones, nearly all on larger ones."""
    kept: list[Rectangle] = []
    for fill in {slab.fill for slab in slabs}:
        own = [slab for slab in slabs if slab.fill == fill]
        grounds = [slab.extent for slab in slabs if slab.fill != fill and _area(slab.extent) > LARGER * PRINT**2]
        small = all(max(slab.extent.width, slab.extent.height) <= PRINT for slab in own)
        sizes = {(round(slab.extent.width), round(slab.extent.height)) for slab in own}
        if small and len(own) >= MANY and 2 * len(sizes) >= min(len(own), 2 * MANY):
            on = sum(any(ground.holds(slab.extent.middle, ALIGNED) for ground in grounds) for slab in own)
            own = [] if on >= MOSTLY * len(own) else own
        kept += own
    return kept


def _area(extent: Extent) -> float:
    return extent.width * extent.height


def _joined(slabs: Sequence[Rectangle]) -> list[Rectangle]:
    """Return rectangles with those pieces made one that stand side by side."""
    kept = list(slabs)
    for bar in [slab for slab in slabs if slab.extent.width > 2 * ALIGNED]:
        left, _, right, _ = bar.extent
        pieces = [
            slab
            for slab in kept
            if left - ALIGNED <= slab.extent.left
            and slab.extent.right <= right + ALIGNED
            and slab.extent.width < right - left - 2 * ALIGNED
            and slab.extent.height < min(HIGHEST, right - left)
        ]
        for first in [piece for piece in pieces if abs(piece.extent.left - left) <= ALIGNED]:
            whole = _whole(first, pieces, bar.extent)
            if whole is not None:
                inside = {id(p) for p in pieces if p.fill == first.fill and whole.grown(ALIGNED / 2).holds(p.extent.middle)}
                kept = [slab for slab in kept if id(slab) not in inside]
                kept.append(replace(first, extent=whole))
    return kept


def _around_others(slabs: Sequence[Rectangle]) -> list[Rectangle]:
    """Return rectangles with upright bars made whole that narrower ones stand in front of: two sides, and what is left above."""
    kept = list(slabs)
    for front in slabs:
        left, top, right, bottom = front.extent
        if bottom - top <= 2 * ALIGNED or right - left <= 2 * ALIGNED:
            continue
        behind = [slab for slab in kept if slab.fill != front.fill and slab.extent.bottom > top and slab.extent.top < bottom]
        before = [slab for slab in behind if abs(slab.extent.right - left) <= ALIGNED and _stands_by(slab.extent, front.extent)]
        after = [slab for slab in behind if abs(slab.extent.left - right) <= ALIGNED and _stands_by(slab.extent, front.extent)]
        for one, other in ((one, other) for one in before for other in after if one.fill == other.fill):
            (x, y, _, low), (_, v, u, down) = one.extent, other.extent
            widths = one.extent.width, other.extent.width
            if max(abs(y - v), abs(low - down), abs(widths[0] - widths[1])) > ALIGNED:
                continue
            whole = Extent(x, min(y, v), u, max(low, down))
            beyond = [
                s
                for s in kept
                if s.fill == one.fill and s is not one and s is not other and whole.grown(ALIGNED).holds(s.extent.middle)
            ]
            if abs(sum(s.extent.height for s in beyond) - (top - whole.top)) <= 2 * ALIGNED:
                taken = {id(one), id(other), *(id(s) for s in beyond)}
                kept = [slab for slab in kept if id(slab) not in taken]
                kept.append(replace(one, extent=whole))
                break
    return kept


def _stands_by(extent: Extent, front: Extent) -> bool:
    """Return whether a piece beside a bar goes on along all of it, from where it stands."""
    return abs(extent.bottom - front.bottom) <= ALIGNED and extent.top <= front.top + ALIGNED


def _whole(first: Rectangle, pieces: Sequence[Rectangle], bar: Extent) -> Extent | None:
    """Return where the bar lies that a piece at its beginning is of; None where its pieces do not reach from end to end."""
    top, bottom = first.extent.top, first.extent.bottom
    level = [p.extent for p in pieces if abs(p.extent.top - top) <= ALIGNED and abs(p.extent.bottom - bottom) <= ALIGNED]
    own = [piece.extent for piece in pieces if piece.fill == first.fill and piece.extent in level]
    shown = sum(extent.width * extent.height for extent in own)
    end = max(extent.right for extent in own)
    if len(own) < 2 or abs(end - bar.right) > ALIGNED or shown < SHOWN * bar.width * (bottom - top):
        return None
    return Extent(bar.left, top, bar.right, bottom)


def _turned(slab: Rectangle) -> Rectangle:
    """Return a rectangle with its sides exchanged: what runs across runs down."""
    return replace(slab, extent=_exchanged(slab.extent))


def _exchanged(extent: Extent) -> Extent:
    left, top, right, bottom = extent
    return Extent(top, left, bottom, right)
