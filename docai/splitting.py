"""Views over a reader's budget, split in the white between words and along the rows of tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from docai.box import Box
from docai.lenses import Lens
from docai.seams import BINS, coverage, free_split
from docai.tiling import met, spans_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from docai.lenses import AnyresLens, GridLens
    from docai.sources import Rule, SourceWord
    from docai.tiling import View

MOST_PARTS: Final = 8
SMALL: Final = 72.0  # points; a view whose longer side is no longer than this inch is not split
TABLE: Final = 2.0  # times its height that a table is wide from which on it is split between columns, whose rows lose their labels
NEAR: Final = 0.2  # of what is split that each half has at least
INK_DPI: Final = 72.0  # at which pictures that nobody has read are looked at for white rows and columns
INK: Final = 64  # levels of grey, of 255, between the lightest and the darkest pixel of a row that is not white
RULE_SHARE: Final = 0.5  # of a view that a rule crosses at least where it parts rows or columns


def halves(view: View, header: Box | None = None) -> tuple[View, ...]:
    """Return a view split in two across its longer side, or else the other one, in the white nearest the middle.

    No word is cut. Tables, told by their header, are split between rows unless they are very wide. Along the rules of a table
    it is split where two of its rows or columns meet. `header` is the place of a table's header rows on the page: they stay
    above the lower half, as its `head`; the two halves of a view with a head both have it. The view alone comes back where
    nothing of it is free.
    """
    width, height = view.size_points
    in_rows = TABLE if header is not None or view.head is not None else 1.0
    down_first = in_rows * height * (1 - view.head_share) >= width
    for down in (down_first, not down_first):
        split = _split_down(view, header) if down else _split_across(view)
        if split:
            return split
    return (view,)


def parts(
    view: View, lens: Lens | GridLens | AnyresLens, header_rows_box: Box | None = None, *, most: int = MOST_PARTS
) -> tuple[View, ...]:
    """Return a view split until a reader sees the text of each part as large as it needs, or the parts are small.

    They come in reading order, at most `most` of them, each of which shows the header rows of the table that it is of.
    """
    found, done = [view], set[int]()
    while len(found) < most:
        waiting = [n for n, part in enumerate(found) if id(part) not in done and max(part.size_points) > SMALL]
        worst = min(waiting, key=lambda n: met(found[n], lens), default=None)
        if worst is None or met(found[worst], lens) >= 1:
            break
        split = halves(found[worst], header_rows_box)
        if len(split) == 1:
            done.add(id(found[worst]))
        found[worst : worst + 1] = split
    return tuple(found)


def first_row(view: View) -> Box | None:
    """Return where the first row of a table stands, as wide as the view; None where its words are not known, or it is turned."""
    if not view.words or view.quarter:
        return None
    first = min(view.words, key=lambda word: word.box.top)
    bottom = max(word.box.bottom for word in view.words if word.box.top < first.box.bottom)
    return Box.clipped(view.box.left, view.box.top, view.box.right, max(view.box.top, min(bottom, view.box.bottom)))


def in_rows(views: Sequence[View]) -> bool:
    """Return whether the parts of a table stand below each other; columns without their labels are no rows of it."""
    sides = {(view.box.left, view.box.right) if view.quarter in (0, 180) else (view.box.top, view.box.bottom) for view in views}
    return len(sides) == 1


def _split_down(view: View, header: Box | None) -> tuple[View, ...]:
    """Return the upper and the lower half; nothing where no line of a page is free between them."""
    begin = view.head_share
    above = view.from_page(header) if header is not None and view.head is None else None
    if above is not None and above.height == 0:  # of another part of the page
        above = None
    low, high = begin + NEAR * (1 - begin), 1 - NEAR * (1 - begin)
    place = _place(view, max(low, above.bottom if above else 0.0), high, down=True)
    if place is None:
        return ()
    upper, lower = view.to_page(Box(0, begin, 1, place)), view.to_page(Box(0, place, 1, 1))
    head = view.head if above is None else view.to_page(Box(0, above.top, 1, above.bottom))
    return _piece(view, upper, view.head), _piece(view, lower, head)


def _split_across(view: View) -> tuple[View, ...]:
    """Return the left and the right half; nothing where no column of a page is free between them."""
    begin, place = view.head_share, _place(view, NEAR, 1 - NEAR, down=False)
    if place is None:
        return ()
    sides = ((0.0, place), (place, 1.0))
    heads = [view.to_page(Box(left, 0, right, begin)) if view.head is not None else None for left, right in sides]
    bodies = [view.to_page(Box(left, begin, right, 1)) for left, right in sides]
    return tuple(_piece(view, body, head) for body, head in zip(bodies, heads, strict=True))


def _place(view: View, low: float, high: float, *, down: bool) -> float | None:
    """Return where a view is split; boxes of words are kept whole if they can be, else the ink in them."""
    if low >= high:
        return None
    if not view.words:
        return free_split(_inked(view, down=down), low, high)
    borders = _borders(view, down=down)
    boxes = [box for box in (view.from_page(word.box) for word in view.words) if box.area > 0]
    whole = [(box.top, box.bottom) if down else (box.left, box.right) for box in boxes]
    place = free_split(coverage(whole), low, high, borders)
    return free_split(coverage(spans_of(view)[1]), low, high, borders) if place is None and down else place


def _inked(view: View, *, down: bool) -> NDArray[np.int32]:
    """Return the coverage of a view whose words nobody knows, told by its pixels."""
    grey = view.pixels(Lens(dpi=INK_DPI / view.zoom)).max(axis=2)
    rows = np.ptp(grey if down else grey.T, axis=1) > INK
    return np.asarray(rows[np.arange(BINS) * len(rows) // BINS], np.int32)


def _piece(view: View, box: Box, head: Box | None) -> View:
    """Return a part of a view with the words and rules in it."""
    boxes = (box,) if head is None else (head, box)
    words = tuple(word for word in view.words if any(_holds(one, word) for one in boxes))
    rules = tuple(rule for rule in view.rules if any(_crosses(one, rule) for one in boxes))
    return replace(view, box=box, head=head, words=words, rules=rules)


def _holds(box: Box, word: SourceWord) -> bool:
    x, y = (word.box.left + word.box.right) / 2, (word.box.top + word.box.bottom) / 2
    return box.left <= x <= box.right and box.top <= y <= box.bottom


def _crosses(box: Box, rule: Rule) -> bool:
    (near, far), (low, high) = ((box.top, box.bottom), (box.left, box.right))[:: 1 if rule.horizontal else -1]
    return near <= rule.position <= far and rule.start < high and rule.end > low


def _borders(view: View, *, down: bool) -> list[float]:
    """Return where rules part the rows of a view, or its columns, in its fractions."""
    lying = down == (view.quarter in (0, 180))  # whether rules that part so lie on the page
    found = []
    for rule in view.rules:
        if rule.horizontal == lying:
            sides = (rule.start, rule.position, rule.end, rule.position)
            box = view.from_page(Box.clipped(*(sides if rule.horizontal else (sides[1], sides[0], sides[3], sides[2]))))
            if (box.width if down else box.height) >= RULE_SHARE:
                found.append(box.top if down else box.left)
    return found
