"""Which marks of print make an upright row, and which of its pieces are labels of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.edges import Line
from docai.marks import Marks

SMALLEST, LARGEST = 4, 64  # pixels that a letter or digit is high
EVEN_LEVEL: Final = 2  # pixels that they differ in height, or letters in their other measure
SOLID: Final = 0.74  # of its box that a mark fills that is a symbol, not a letter
SYMBOL_GAP: Final = 0.35  # of its size that a symbol stands apart from its name at least; letters of a word stand closer
SOLID_SIDE: Final = 5  # pixels that such a symbol measures at least; full stops and dashes are as solid
WORD_GAP: Final = 0.72  # of the letters' height, between words of one label; labels beside each other stand further apart
PIECE_GAP: Final = 0.95  # of the height of most letters of a row, between its pieces
LEVEL: Final = 0.75  # of that height that such pieces share
MOST_UNLIKE: Final = 1.5  # times that it differs between them
EVEN_STEPS: Final = 0.08  # of the distance of two labels' middles, that those of an axis differ by at most
LITTLE: Final = 0.5  # of a letter's height that full stops, dashes and accents measure at most
LITTLE_GAP: Final = 0.2  # of a letter's height that such a one stands over or under it
ALIKE: Final = 2.2  # times that letters of one row differ in height at most
CUT_GAP: Final = 2  # pixels between labels of an axis at least
TOUCHING: Final = 0.6  # of the room that twice as many labels would have, that the shortest of them takes at least
MOST_SKIPPED: Final = 6  # ticks from label to label at most, where labels are left out
TICK_REACH, TICK_OFF = 1.2, 0.25  # of a row's height, that its ticks stand off, and its labels are off their middles, at most


def is_symbol(marks: Marks, place: int) -> bool:
    """Return whether a mark is a disc or a square, as legends have them; bold letters are as solid, but stand in words."""
    height, width = int(marks.height[place]), int(marks.width[place])
    return (
        bool(marks.area[place] > SOLID * height * width)
        and min(height, width) >= SOLID_SIDE
        and max(height, width) < 2 * min(height, width)
    )


def without_symbols(marks: Marks, group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a row without a symbol that stands apart before its words; nothing of a row that is a symbol alone."""
    order = group[np.argsort(marks.left[group])]
    while len(order) and is_symbol(marks, int(order[0])):
        size = max(int(marks.height[order[0]]), int(marks.width[order[0]]))
        if len(order) > 1 and marks.left[order[1]] - marks.right[order[0]] <= SYMBOL_GAP * size:
            break
        order = order[1:]
    return order


def _gaps(marks: Marks, members: NDArray[np.int64], *, turned: bool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return, of all pairs of marks, the gap along a row, inf where they are not level, and the larger one's height."""
    if turned:
        left, right, top, bottom = marks.top[members], marks.bottom[members], marks.left[members], marks.right[members]
    else:
        left, right, top, bottom = marks.left[members], marks.right[members], marks.top[members], marks.bottom[members]
    size = bottom - top
    gap = np.maximum(left[:, None], left[None]) - np.minimum(right[:, None], right[None])
    high = np.maximum(size[:, None], size[None])
    low = np.minimum(size[:, None], size[None])
    overlap = np.minimum(bottom[:, None], bottom[None]) - np.maximum(top[:, None], top[None])
    little = low < LITTLE * high
    level = np.where(little, overlap > -LITTLE_GAP * high, (overlap > 0.55 * low) & (high < ALIKE * low))
    both = (size < SMALLEST)[:, None] & (size < SMALLEST)[None]
    gap = np.where(level & ~both, np.maximum(gap, 0), np.inf).astype(np.float32)
    np.fill_diagonal(gap, np.inf)
    return gap, np.asarray(high, np.float32)


def linked(links: NDArray[np.bool_], members: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return members in groups: those that a chain of links joins."""
    group = np.arange(len(members))
    pairs = np.argwhere(np.triu(links))

    def root(place: int) -> int:
        while group[place] != place:
            group[place] = group[group[place]]
            place = int(group[place])
        return place

    for one, other in pairs:
        first, second = root(int(one)), root(int(other))
        if first != second:
            group[max(first, second)] = min(first, second)
    roots = np.array([root(place) for place in range(len(members))])
    return [members[roots == value] for value in np.unique(roots)]


def find_groups(marks: Marks, members: NDArray[np.int64], coloured: NDArray[np.int64] | None = None) -> list[NDArray[np.int64]]:
    """Return upright rows; print of one row is coloured or grey, which tells it from the symbol of a legend before it."""
    if not len(members):
        return []
    gap, high = _gaps(marks, members, turned=False)
    near = gap <= WORD_GAP * high
    if coloured is not None:
        near &= coloured[members][:, None] * coloured[members][None] >= 0
    pieces = [group for group in linked(near, members) if marks.height[group].max() >= SMALLEST]
    return _rejoined(marks, pieces, coloured)


def _rejoined(
    marks: Marks, pieces: Sequence[NDArray[np.int64]], coloured: NDArray[np.int64] | None = None
) -> list[NDArray[np.int64]]:
    """Return pieces of rows joined over spaces that are wide beside the small letters at their ends."""
    if len(pieces) < 2:
        return list(pieces)
    left, top = (np.array([side[piece].min() for piece in pieces]) for side in (marks.left, marks.top))
    right, bottom = (np.array([side[piece].max() for piece in pieces]) for side in (marks.right, marks.bottom))
    unit = np.array([float(np.percentile(marks.height[piece], 75)) for piece in pieces])
    gap = np.maximum(left[:, None], left[None]) - np.minimum(right[:, None], right[None])
    shared = np.minimum(bottom[:, None], bottom[None]) - np.maximum(top[:, None], top[None])
    low, high = np.minimum(unit[:, None], unit[None]), np.maximum(unit[:, None], unit[None])
    links = (gap > 0) & (gap <= PIECE_GAP * high) & (shared >= LEVEL * low) & (high <= MOST_UNLIKE * low)
    alone = np.array([len(piece) == 1 and is_symbol(marks, int(piece[0])) for piece in pieces])
    alone |= _evenly_placed(left, right, top, bottom)
    links &= ~alone[:, None] & ~alone[None]
    if coloured is not None:
        colour = np.array([int(coloured[piece].sum()) for piece in pieces])
        links &= colour[:, None] * colour[None] >= 0
    return [np.concatenate([pieces[n] for n in row]) for row in linked(links, np.arange(len(pieces)))]


def at_ticks(marks: Marks, group: NDArray[np.int64], ticks: Sequence[Line]) -> list[NDArray[np.int64]]:
    """Return a row as the labels that it is made of where each of several stands in the middle under, or over, a tick."""
    order = group[np.argsort(marks.left[group])]
    low, far = int(marks.left[group].min()), int(marks.right[group].max())
    top, bottom = int(marks.top[group].min()), int(marks.bottom[group].max())
    reach = TICK_REACH * (bottom - top)
    loose = TICK_OFF * (bottom - top) + 1
    near = sorted(
        t.place
        for t in ticks
        if low - loose <= t.place <= far + loose and (-2 <= top - t.end <= reach or -2 <= t.start - bottom <= reach)
    )
    if len(near) < 2:
        return [group]
    row = _Marked(marks, order, np.maximum.accumulate(marks.right[order]), loose)
    for stride in range(1, min(MOST_SKIPPED, len(near) // 2) + 1):  # of labels that would touch each other every other is left out
        for offset in range(stride):
            cuts = _cut(row, near[offset::stride])
            if cuts is not None and (stride == 1 or _would_touch(marks, cuts, near, stride)):
                return cuts
    inner = any(abs(2 * place - low - far) <= 2 * loose for place in near)
    if not inner and abs(low - near[0]) <= loose:  # the first is moved inwards, to stay in the picture
        for last in range(len(order) - 1):
            if marks.left[order[last + 1]] - row.right[last] >= CUT_GAP:
                rest = order[last + 1 :]
                cuts = _cut(_Marked(marks, rest, np.maximum.accumulate(marks.right[rest]), loose), near[1:])
                if cuts is not None:
                    return [order[: last + 1], *cuts]
    return [group]


def _would_touch(marks: Marks, cuts: Sequence[NDArray[np.int64]], ticks: Sequence[float], stride: int) -> bool:
    """Return whether labels are so wide that twice as many would touch; no tick between two of them lies under either."""
    lefts, rights = [int(marks.left[cut].min()) for cut in cuts], [int(marks.right[cut].max()) for cut in cuts]
    step = (ticks[-1] - ticks[0]) / (len(ticks) - 1)
    narrow = min(right - left for left, right in zip(lefts, rights, strict=True)) < TOUCHING * stride / 2 * step
    under = max(sum(left < tick < right for tick in ticks) for left, right in zip(lefts, rights, strict=True))
    return not narrow and under < stride


class _Marked(NamedTuple):
    """Marks of a row from left to right, where each and those before it end, and how far labels are off their ticks at most."""

    marks: Marks
    order: NDArray[np.int64]
    right: NDArray[np.int64]
    loose: float


def _cut(row: _Marked, ticks: Sequence[float]) -> list[NDArray[np.int64]] | None:
    """Return the labels of a row of which one stands in the middle of each tick, None where that is not so."""
    marks, order, right, loose = row
    far = int(marks.right[order].max())
    cuts: list[NDArray[np.int64]] = []
    first = 0
    for place in ticks:
        if first >= len(order):
            return None
        ends = 2 * place - marks.left[order[first]]
        last = first + int(np.argmin(np.abs(right[first:] - ends)))
        if place == ticks[-1] and abs(far - place) <= loose:  # moved inwards, to stay in the picture
            last, ends = len(order) - 1, far
        gap = int(marks.left[order[first]] - right[first - 1]) if first else 0
        inwards = bool(cuts) and ends == far and gap <= _widest_gap(marks, [*cuts, order[first:]])
        if abs(right[last] - ends) > loose or inwards or (first and gap < CUT_GAP):
            return None
        while last + 1 < len(order) and right[last + 1] == right[last]:  # accents, and what stands over each other
            last += 1
        cuts.append(order[first : last + 1])
        first = last + 1
    return cuts if first == len(order) else None


def _widest_gap(marks: Marks, rows: Sequence[NDArray[np.int64]]) -> int:
    """Return the widest gap within rows of marks, each in order, in pixels."""
    return max(
        (int((marks.left[row[1:]] - np.maximum.accumulate(marks.right[row])[:-1]).max()) for row in rows if len(row) > 1), default=0
    )


def _evenly_placed(
    left: NDArray[np.int64], right: NDArray[np.int64], top: NDArray[np.int64], bottom: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which pieces of rows stand between two on their level as far from the one as from the other: labels of an axis."""
    even = np.zeros(len(left), np.bool_)
    middle, level = (left + right) / 2, (top + bottom) / 2
    order = np.lexsort((middle, np.round(level / 4)))
    for before, here, after in zip(order, order[1:], order[2:], strict=False):
        heights = level[[before, here, after]]
        step, next_step = middle[here] - middle[before], middle[after] - middle[here]
        if np.ptp(heights) <= EVEN_LEVEL and step > 0 and abs(next_step - step) <= EVEN_STEPS * step + 1:
            even[[before, here, after]] = True
    return even
