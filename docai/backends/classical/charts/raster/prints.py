"""Print in a chart's picture: small marks that stand in rows, upright, turned or slanted, each row cut out dark on white."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.backends.classical.charts.raster.colours import Layers
from docai.backends.classical.charts.raster.edges import Line
from docai.backends.classical.charts.raster.grounds import ground_of_print, take_out
from docai.backends.classical.charts.scene import Extent
from docai.backends.classical.charts.scene import Rectangle as Slab
from docai.backends.classical.strips import Strip
from docai.marks import Grey, Marks, Mask, Rectangle, find_marks

if TYPE_CHECKING:
    from docai.sources import Pixels

Strength = NDArray[np.float32]  # (height, width), how much lighter or darker than its ground a pixel is, 0..255

FAINTEST: Final = 30.0  # of 255 that print stands out of its ground by
LEAST_RANGE: Final = 70.0  # of 255: what is darker than nearly black is noise
SHARE: Final = 0.38  # of its strongest pixels, from which on a pixel is ink: less joins letters of 8 pixels, more breaks them
SMALLEST, LARGEST = 4, 64  # pixels that a letter or digit is high
LEAST_SIDE: Final = 2  # pixels that a mark of print, such as a full stop, measures at least, in area
SOLID: Final = 0.74  # of its box that a mark fills that is a symbol, not a letter
SYMBOL_GAP: Final = 0.35  # of its size that a symbol stands apart from its name at least; letters of a word stand closer
SOLID_SIDE: Final = 5  # pixels that such a symbol measures at least; full stops and dashes are as solid
WORD_GAP: Final = 0.72  # of the letters' height, between words of one label; labels beside each other stand further apart
PIECE_GAP: Final = 0.95  # of the height of most letters of a row, between its pieces
LEVEL: Final = 0.75  # of that height that such pieces share
MOST_UNLIKE: Final = 1.5  # times that it differs between them
EVEN_STEPS: Final = 0.08  # of the distance of two labels' middles, that those of an axis differ by at most
EVEN_LEVEL: Final = 2  # pixels that they differ in height, or letters in their other measure
LEAST_BESIDE: Final = 2  # turned rows on the level of a mark that may be one
LEAST_TURNED: Final = 3  # letters that are turned alike
TURNED_GAP: Final = 1.1  # of the letters' height, between words of rows that run up: labels are not side by side there
TURNED_UNLIKE: Final = 1.75  # times that words of one such row differ in thickness: by accents and brackets
LITTLE: Final = 0.5  # of a letter's height that full stops, dashes and accents measure at most
LITTLE_GAP: Final = 0.2  # of a letter's height that such a one stands over or under it
ALIKE: Final = 2.2  # times that letters of one row differ in height at most
BLOB_GAP: Final = 0.2  # of the letters' height, half the gap between letters, and parts of letters, of one word
SLANTS: Final = (18.0, 72.0)  # degrees, between which labels of an axis are slanted
SLANTED_GAP, SLANTED_OFF = 1.0, 0.5  # of the letters' height, between words of a slanted row, and that they lie beside its line
MOST_WORDS: Final = 4  # of a slanted row that are found one after the other
LEVEL_HIGH: Final = 1.5  # of the letters' height that level print is high at most, with what stands out below
SLANT_SPREAD: Final = 9.0  # degrees that short words seem to differ by
LEAST_SLANTED: Final = 3  # words that must be slanted alike, and begin or end on a level
MARGIN: Final = 0.5  # of the letters' height, of white put around a row
OVERLAID: Final = 0.6  # of the smaller of two rows that lie in one place
GREY: Final = 25  # of 255 that those of grey print do at most, in compressed pictures
COLOUR_SIDE: Final = 5  # pixels that a mark measures at least for its colour to be told: small ones are blurred all over
COLOURED: Final = 40  # of 255 that the parts of a colour differ by
MOSTLY: Final = 0.6  # of a row's ink that is coloured where the row is
TICK_THICK, TICK_LONG = 3, (3, 14)  # pixels that a tick is thick at most, and long
CUT_GAP: Final = 2  # pixels between labels of an axis at least
TICK_REACH, TICK_OFF = 1.2, 0.25  # of a row's height, that its ticks stand off, and its labels are off their middles, at most
TICK_APART: Final = 5  # pixels between ticks, and what is beside them, at least; strokes of letters stand closer
SHORTEST: Final = 3  # pixels that a digit is wide at least
LEAST_TICKS: Final = 3  # that stand one above the other
MOST_MARKS: Final = 2500  # in a picture; more are texture


@dataclass(frozen=True, slots=True)
class Row:
    """A row of print: its picture, where it is in the chart's picture, and which way it reads.

    Attributes:
        strip: The row upright, dark on white.
        extent: In pixels of the chart's picture; of slanted rows, what holds all of it.
        turn: The clockwise turn of its reading direction, in degrees: -90 for print that reads upwards.
        marks: How many pieces it is made of.
        coloured: Whether it shows a colour that is no grey, as few labels do.
    """

    strip: Strip
    extent: Extent
    turn: float
    marks: int
    coloured: bool = False


def find_rows(layers: Layers, slabs: Sequence[Slab], lines: Sequence[Line]) -> list[Row]:
    """Return the rows of print of a picture, in its pixels, from its rectangles and straight lines."""
    rows: list[Row] = []
    base = ground_of_print(layers, slabs)
    for line in lines:
        take_out(base, layers, line)
    grey = cv2.cvtColor(layers.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    colour = np.abs(layers.pixels.astype(np.float32) - base).max(2)
    lightness = base @ np.array([0.299, 0.587, 0.114], np.float32)
    # As shares of what black, or white, print would make
    darker = np.clip(lightness - grey, 0, None) * (255 / np.maximum(lightness, LEAST_RANGE))
    lighter = np.clip(grey - lightness, 0, None) * (255 / np.maximum(255 - lightness, LEAST_RANGE))
    vivid = (colour > 2 * np.maximum(darker, lighter)) & (colour > FAINTEST)  # as light as its ground, but of another colour
    darker = np.where(vivid, colour, darker)
    lively = np.ptp(layers.pixels, axis=2) > COLOURED
    ticks = [line for line in lines if not line.across and line.end - line.start <= TICK_LONG[1]]
    for strength in (darker, lighter):
        rows += _rows(np.asarray(strength, np.float32), layers.pixels, ticks)
    ink = np.maximum(darker, lighter) > FAINTEST
    return [replace(row, coloured=_share(lively & ink, ink, row.extent) > MOSTLY) for row in _without_halos(rows)]


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_], extent: Extent) -> float:
    """Return which share of what is true in an extent is true of a part of it."""
    left, top, right, bottom = (max(0, round(side)) for side in extent)
    return float(part[top:bottom, left:right].sum()) / max(1.0, float(whole[top:bottom, left:right].sum()))


def _rows(strength: Strength, pixels: Pixels, ticks: Sequence[Line]) -> list[Row]:
    """Return the rows of what is darker, or lighter, than its ground."""
    ink = _ink(strength)
    marks = find_marks(ink)
    members = np.setdiff1d(_letters(marks), _ticks(marks))
    short, long = np.minimum(marks.height, marks.width)[members], np.maximum(marks.height, marks.width)[members]
    letters = members[(short >= 3) & (long >= SMALLEST)]
    if not len(letters) or len(members) > MOST_MARKS:
        return []
    unit = float(np.median(np.maximum(marks.height, marks.width)[letters]))
    coloured = _coloured(marks, pixels)
    parts = (members[coloured[members] > 0], members[coloured[members] <= 0])
    blobs = [blob for part in parts if len(part) for blob in _blobs(marks, part, unit)]
    turned, slanted, angle = _directions(marks, blobs, unit, coloured)
    rows = [row for group in turned for row in _cut_turned(strength, marks, group)]
    if angle:
        rows += _cut_slanted(strength, marks, slanted, angle)
    taken = np.concatenate([slanted, *turned])
    rest = np.setdiff1d(members, taken)
    groups = [piece for group in _groups(marks, rest, coloured) for piece in _at_ticks(marks, group, ticks)]
    letters_turned = _turned_letters(marks, rest, groups)
    letters_turned += _beside_turned(marks, turned, [g for g in groups if len(g) == 1 and int(g[0]) not in letters_turned])
    rows += [row for place in letters_turned for row in _cut_turned(strength, marks, np.array([place], np.int64))]
    alone = set(letters_turned)
    rows += [row for group in groups if int(group[0]) not in alone for row in _cut(strength, marks, group)]
    return rows


def _ink(strength: Strength) -> Mask:
    """Return where print is: where a pixel is about as strong as the strongest within a letter's reach."""
    strongest = cv2.dilate(strength, np.ones((9, 9), np.uint8))
    return np.asarray(strength >= np.maximum(FAINTEST, SHARE * strongest), np.uint8)


def _letters(marks: Marks) -> NDArray[np.int64]:
    """Return the marks that may be letters, digits or their parts."""
    height, width = marks.height, marks.width
    picture_high, picture_wide = marks.labels.shape
    fit = (height <= min(LARGEST, picture_high / 4)) & (width <= min(3 * LARGEST, picture_wide / 4)) & (marks.area >= LEAST_SIDE)
    fit &= (width <= 8 * height + 4) & (height <= 12 * width)
    return np.flatnonzero(fit)


def _ticks(marks: Marks) -> NDArray[np.int64]:
    """Return the marks that are ticks behind the labels of an axis that has no line: alike, at one level, with nothing behind."""
    found = []
    for turned in (False, True):
        low, high = (-marks.bottom, -marks.top) if turned else (marks.left, marks.right)  # along rows, turned ones running up
        top, bottom = (marks.left, marks.right) if turned else (marks.top, marks.bottom)
        long = high - low
        thin = np.flatnonzero(
            (bottom - top <= TICK_THICK) & (long >= TICK_LONG[0]) & (long <= TICK_LONG[1]) & (long >= 2 * (bottom - top))
        )
        if len(thin) < LEAST_TICKS:
            continue
        places, counts = np.unique(np.stack([low[thin], high[thin]]), axis=1, return_counts=True)
        for start, end in places[:, counts >= LEAST_TICKS].T:
            alike = thin[(low[thin] == start) & (high[thin] == end)]
            behind = (low >= end) & (low <= end + TICK_LONG[1]) & (long >= SHORTEST)  # and no piece of the axis
            level = (top < bottom[alike][:, None]) & (bottom > top[alike][:, None])
            apart = np.maximum(top[alike][:, None] - bottom, top - bottom[alike][:, None])
            beside = (apart >= 0) & (apart < TICK_APART) & (np.minimum(high, end) - np.maximum(low, start) > 0)
            alone = ~((level & behind) | beside).any(1)
            if alone.sum() >= LEAST_TICKS:
                found.append(alike[alone])
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _is_symbol(marks: Marks, place: int) -> bool:
    """Return whether a mark is a disc or a square, as legends have them; bold letters are as solid, but stand in words."""
    height, width = int(marks.height[place]), int(marks.width[place])
    return (
        bool(marks.area[place] > SOLID * height * width)
        and min(height, width) >= SOLID_SIDE
        and max(height, width) < 2 * min(height, width)
    )


def _without_symbols(marks: Marks, group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a row without a symbol that stands apart before its words; nothing of a row that is a symbol alone."""
    order = group[np.argsort(marks.left[group])]
    while len(order) and _is_symbol(marks, int(order[0])):
        size = max(int(marks.height[order[0]]), int(marks.width[order[0]]))
        if len(order) > 1 and marks.left[order[1]] - marks.right[order[0]] <= SYMBOL_GAP * size:
            break
        order = order[1:]
    return order


# Which marks make a row


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


def _linked(links: NDArray[np.bool_], members: NDArray[np.int64]) -> list[NDArray[np.int64]]:
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


def _coloured(marks: Marks, pixels: Pixels) -> NDArray[np.int64]:
    """Return of each mark whether it is coloured, 1, or grey, -1; 0 where that cannot be told.

    It is told by the mean of its pixels: single ones of grey print are coloured, too, where it was smoothed for a screen.
    """
    places = marks.labels.ravel()
    sums = [np.bincount(places, weights=pixels[..., part].ravel(), minlength=marks.count + 1)[1:] for part in range(3)]
    off = np.ptp(np.stack(sums), axis=0) / np.maximum(marks.area, 1)
    told = np.where(off > COLOURED, 1, np.where(off < GREY, -1, 0))
    return np.asarray(np.where(np.maximum(marks.height, marks.width) >= COLOUR_SIDE, told, 0), np.int64)


def _groups(marks: Marks, members: NDArray[np.int64], coloured: NDArray[np.int64] | None = None) -> list[NDArray[np.int64]]:
    """Return upright rows; print of one row is coloured or grey, which tells it from the symbol of a legend before it."""
    if not len(members):
        return []
    gap, high = _gaps(marks, members, turned=False)
    near = gap <= WORD_GAP * high
    if coloured is not None:
        near &= coloured[members][:, None] * coloured[members][None] >= 0
    pieces = [group for group in _linked(near, members) if marks.height[group].max() >= SMALLEST]
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
    alone = np.array([len(piece) == 1 and _is_symbol(marks, int(piece[0])) for piece in pieces])
    alone |= _evenly_placed(left, right, top, bottom)
    links &= ~alone[:, None] & ~alone[None]
    if coloured is not None:
        colour = np.array([int(coloured[piece].sum()) for piece in pieces])
        links &= colour[:, None] * colour[None] >= 0
    return [np.concatenate([pieces[n] for n in row]) for row in _linked(links, np.arange(len(pieces)))]


def _at_ticks(marks: Marks, group: NDArray[np.int64], ticks: Sequence[Line]) -> list[NDArray[np.int64]]:
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
    right = np.maximum.accumulate(marks.right[order])  # of a mark and those before it
    cuts, first = [], 0
    for place in near:
        if first >= len(order):
            return [group]
        ends = 2 * place - marks.left[order[first]]
        last = first + int(np.argmin(np.abs(right[first:] - ends)))
        if place == near[-1] and abs(far - place) <= loose:  # moved inwards, to stay in the picture
            last, ends = len(order) - 1, far
        if abs(right[last] - ends) > loose or (first and marks.left[order[first]] - right[first - 1] < CUT_GAP):
            return [group]
        while last + 1 < len(order) and right[last + 1] == right[last]:  # accents, and what stands over each other
            last += 1
        cuts.append(order[first : last + 1])
        first = last + 1
    return cuts if first == len(order) else [group]


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


def _turned_letters(marks: Marks, members: NDArray[np.int64], groups: Sequence[NDArray[np.int64]]) -> list[int]:
    """Return the single letters along a level that are turned: capitals are as wide as each other then, and differ in height."""
    grouped = {int(place) for group in groups if len(group) > 1 for place in group}
    single = np.array([place for place in members if int(place) not in grouped and marks.width[place] >= SMALLEST], np.int64)
    found: list[int] = []
    order = single[np.argsort(marks.top[single], kind="stable")]
    for level in np.split(order, np.flatnonzero(np.diff(marks.top[order]) > EVEN_LEVEL) + 1):
        if len(level) < LEAST_TURNED:
            continue
        usual = float(np.median(marks.width[level]))
        alike = level[np.abs(marks.width[level] - usual) <= 1]
        if len(alike) >= max(LEAST_TURNED, 0.8 * len(level)) and np.ptp(marks.height[alike]) >= EVEN_LEVEL:
            found += [int(place) for place in alike if marks.height[place] <= usual + 1]
    return found


def _beside_turned(marks: Marks, turned: Sequence[NDArray[np.int64]], groups: Sequence[NDArray[np.int64]]) -> list[int]:
    """Return the single marks that are turned as the rows beside them are: as thick, and beginning or ending on their level."""
    rows = np.array(
        [(marks.top[g].min(), marks.bottom[g].max(), np.ptp((marks.left[g].min(), marks.right[g].max()))) for g in turned]
    )
    found = []
    for place in (int(group[0]) for group in groups):
        if not len(rows) or marks.height[place] < SMALLEST:
            continue
        level = (np.abs(rows[:, 0] - marks.top[place]) <= 1) | (np.abs(rows[:, 1] - marks.bottom[place]) <= 1)
        if int((level & (np.abs(rows[:, 2] - marks.width[place]) <= 1)).sum()) >= LEAST_BESIDE:
            found.append(place)
    return found


def _blobs(marks: Marks, members: NDArray[np.int64], unit: float) -> list[NDArray[np.int64]]:
    """Return members in blobs: letters of a word, and parts of letters, in whatever direction they follow each other."""
    side = 2 * max(1, round(BLOB_GAP * unit)) + 1  # closes gaps of a pixel less
    closed = cv2.morphologyEx(marks.mask(members), cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    numbers = cv2.connectedComponents(np.asarray(closed, np.uint8), connectivity=8)[1][marks.first_pixels(members)]
    order = np.argsort(numbers, kind="stable")
    return np.split(members[order], np.flatnonzero(np.diff(numbers[order])) + 1)


def _directions(
    marks: Marks, blobs: Sequence[NDArray[np.int64]], unit: float, coloured: NDArray[np.int64]
) -> tuple[list[NDArray[np.int64]], NDArray[np.int64], float]:
    """Return the rows that run up or down, the marks of slanted rows, and their slant, clockwise (0 where there are none)."""
    left, top = (np.array([side[blob].min() for blob in blobs]) for side in (marks.left, marks.top))
    right, bottom = (np.array([side[blob].max() for blob in blobs]) for side in (marks.right, marks.bottom))
    wide, high = right - left, bottom - top
    several = np.array([len(blob) for blob in blobs]) > 1
    upward = (high >= np.where(several, 1.25, 1.4) * wide) & (high >= np.where(several, 1.25, 1.6) * unit) & (wide >= 0.6 * unit)
    sparse = (np.minimum(wide, high) >= 1.6 * unit) & (np.maximum(wide, high) <= 2.2 * np.minimum(wide, high))
    slants = {int(place): _slant(marks, blobs[int(place)]) for place in np.flatnonzero(sparse | (upward & (wide >= 1.5 * unit)))}
    # Pieces of lines lie along a slant, too, but are coloured, as labels hardly ever are
    told = np.array([slant for place, slant in slants.items() if slant and coloured[blobs[place]].sum() < 0])
    angle, slanted = 0.0, np.zeros(0, np.int64)
    if len(told) >= LEAST_SLANTED:
        angle = float(np.median(told))
        alike = [int(place) for place, slant in slants.items() if slant and abs(slant - angle) <= SLANT_SPREAD]
        level = min(float(np.median(np.abs(side[alike] - np.median(side[alike])))) for side in (top, bottom)) if alike else np.inf
        if len(alike) >= max(LEAST_SLANTED, 0.6 * len(told)) and level <= unit:
            low, far = top[alike].min() - unit / 2, bottom[alike].max() + unit / 2
            within = (low <= top) & (bottom <= far) & ((wide < 2 * unit) | sparse)
            within[alike] = True
            level_print = (wide >= 2 * unit) & (high <= LEVEL_HIGH * unit)
            lying = np.flatnonzero(_continued(within, ~level_print, (left, top, right, bottom), (unit, angle)))
            slanted = np.concatenate([blobs[int(place)] for place in lying])
            upward[lying] = False
            angle = float(np.median([slants[place] for place in alike]))
        else:
            angle = 0.0
    rest = [n for n in range(len(blobs)) if not np.isin(blobs[n][0], slanted)]
    return _upward_rows(marks, blobs, rest, upward), slanted, angle


def _continued(
    lying: NDArray[np.bool_], free: NDArray[np.bool_], sides: Sequence[NDArray[np.int64]], frame: tuple[float, float]
) -> NDArray[np.bool_]:
    """Return which blobs are of slanted rows: those that are `lying` in them, and free ones that go on before or behind these.

    `frame` is the height of letters and the slant.
    """
    left, top, right, bottom = sides
    unit, angle = frame[0], math.radians(frame[1])
    across, down = (left + right) / 2, (top + bottom) / 2
    along, beside = across * math.cos(angle) + down * math.sin(angle), down * math.cos(angle) - across * math.sin(angle)
    long = np.hypot(right - left, bottom - top)
    near = np.abs(along[:, None] - along[None]) - (long[:, None] + long[None]) / 2 <= SLANTED_GAP * unit
    near &= np.abs(beside[:, None] - beside[None]) <= SLANTED_OFF * unit
    for _ in range(MOST_WORDS):
        grown = lying | (free & (near & lying[None]).any(1))
        if (grown == lying).all():
            break
        lying = grown
    return lying


def _slant(marks: Marks, blob: NDArray[np.int64]) -> float:
    """Return the clockwise angle of the line that a blob's ink lies along; 0 where it lies along none, or a level one."""
    left, top = int(marks.left[blob].min()), int(marks.top[blob].min())
    part = marks.labels[top : int(marks.bottom[blob].max()), left : int(marks.right[blob].max())]
    rows, columns = np.nonzero(np.isin(part, blob + 1))
    spread = np.cov(np.stack([columns, rows]).astype(np.float64))
    values, vectors = np.linalg.eigh(spread)
    if values[1] < 3.5 * max(values[0], 1e-6):
        return 0.0
    across, down = vectors[:, 1]
    angle = math.degrees(math.atan2(down, across))
    angle = (angle + 90) % 180 - 90
    return angle if SLANTS[0] <= abs(angle) <= SLANTS[1] else 0.0


def _upward_rows(
    marks: Marks, blobs: Sequence[NDArray[np.int64]], places: Sequence[int], upward: NDArray[np.bool_]
) -> list[NDArray[np.int64]]:
    """Return the rows that run up or down: words that do, and what follows on them, such as a bracket or a short word."""
    if not places:
        return []
    left, top = (np.array([side[blobs[place]].min() for place in places]) for side in (marks.left, marks.top))
    right, bottom = (np.array([side[blobs[place]].max() for place in places]) for side in (marks.right, marks.bottom))
    wide, up = right - left, upward[list(places)]
    gap = np.maximum(top[:, None], top[None]) - np.minimum(bottom[:, None], bottom[None])
    shared = np.minimum(right[:, None], right[None]) - np.maximum(left[:, None], left[None])
    narrow, broad = np.minimum(wide[:, None], wide[None]), np.maximum(wide[:, None], wide[None])
    word = np.where(up, wide, 0)  # of the upward ones, how thick their row is
    thick = np.maximum(word[:, None], word[None])
    links = (thick > 0) & (gap <= TURNED_GAP * thick) & (shared >= 0.6 * narrow) & (broad <= TURNED_UNLIKE * thick)
    rows = _linked(links, np.arange(len(places)))
    return [np.sort(np.concatenate([blobs[places[n]] for n in row])) for row in rows if up[row].any()]


# Rows cut out


def _cut(strength: Strength, marks: Marks, group: NDArray[np.int64]) -> Iterator[Row]:
    """Yield a row upright."""
    group = _without_symbols(marks, group)
    if not len(group):
        return
    place = Rectangle(
        int(marks.left[group].min()), int(marks.top[group].min()), int(marks.right[group].max()), int(marks.bottom[group].max())
    )
    unit = float(np.percentile(marks.height[group], 75))
    if place.height < SMALLEST or unit < SMALLEST:
        return
    grown = Rectangle(max(0, place.left - 1), max(0, place.top - 1), place.right + 1, place.bottom + 1)
    picture = _picture(strength, marks, group, grown)
    yield Row(_strip(picture, place, unit), Extent(*map(float, place)), 0.0, len(group))


def _cut_turned(strength: Strength, marks: Marks, group: NDArray[np.int64]) -> Iterator[Row]:
    """Yield a row that runs up or down, as it reads upwards."""
    left, top = int(marks.left[group].min()), int(marks.top[group].min())
    right, bottom = int(marks.right[group].max()), int(marks.bottom[group].max())
    unit = float(np.percentile(marks.width[group], 75))
    grown = Rectangle(max(0, left - 1), max(0, top - 1), right + 1, bottom + 1)
    picture = _picture(strength, marks, group, grown)
    upright = np.ascontiguousarray(np.rot90(picture, -1))
    place = Rectangle(0, 0, bottom - top, right - left)
    yield Row(_strip(upright, place, unit), Extent(float(left), float(top), float(right), float(bottom)), -90.0, len(group))


def _cut_slanted(strength: Strength, marks: Marks, members: NDArray[np.int64], angle: float) -> list[Row]:
    """Return slanted rows, found anew in the picture turned upright."""
    mask = cv2.dilate(marks.mask(members), np.ones((3, 3), np.uint8))
    left, top = max(0, int(marks.left[members].min()) - 2), max(0, int(marks.top[members].min()) - 2)
    right, bottom = int(marks.right[members].max()) + 2, int(marks.bottom[members].max()) + 2
    part = (strength * mask)[top:bottom, left:right]
    height, width = part.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    wide, high = math.ceil(width * cos + height * sin), math.ceil(width * sin + height * cos)
    turn[:, 2] += (wide - width) / 2, (high - height) / 2
    straight = np.asarray(cv2.warpAffine(part, turn, (wide, high), flags=cv2.INTER_CUBIC), np.float32)
    again = find_marks(_ink(straight))
    letters = _letters(again)
    back = cv2.invertAffineTransform(turn)
    low_left = np.array([left, top], np.float64)
    rows = []
    for group in _groups(again, letters):
        for cut in _cut(straight, again, group):
            e = cut.extent
            corners = np.array([(e.left, e.top, 1), (e.right, e.top, 1), (e.right, e.bottom, 1), (e.left, e.bottom, 1)]) @ back.T
            low, far = corners.min(0) + low_left, corners.max(0) + low_left
            rows.append(Row(cut.strip, Extent(float(low[0]), float(low[1]), float(far[0]), float(far[1])), angle, cut.marks))
    return rows


def _picture(strength: Strength, marks: Marks, group: NDArray[np.int64], place: Rectangle) -> Grey:
    """Return a part of a picture with print dark on white, and no marks but those of a group and the specks among them."""
    part = marks.labels[place.top : place.bottom, place.left : place.right]
    inside = strength[place.top : place.bottom, place.left : place.right]
    own = np.isin(part, group + 1)
    others = np.setdiff1d(np.unique(part[~own & (part > 0)]) - 1, group)
    others = others[np.maximum(marks.width, marks.height)[others] >= SMALLEST]
    foreign = cv2.dilate(np.isin(part, others + 1).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    near = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    kept = np.where(foreign & ~near, 0, inside)
    peak = float(np.percentile(inside[own], 85)) if own.any() else 255.0
    return np.asarray(255 - np.clip(kept * (255 / max(peak, 1.0)), 0, 255), np.uint8)


def _strip(picture: Grey, place: Rectangle, unit: float) -> Strip:
    margin = max(2, round(MARGIN * unit))
    return Strip(place, np.pad(picture, margin - 1, constant_values=255), margin, unit)


def _without_halos(rows: Sequence[Row]) -> list[Row]:
    """Return rows without the outlines of print: of two in one place, one lighter and one darker, one is none."""
    return [row for row in rows if not any(other is not row and _is_halo(row, other) for other in rows)]


def _is_halo(row: Row, other: Row) -> bool:
    """Return whether a row is the outline of another, which it encloses, or a piece of what the other stands out of."""
    own, print_ = row.extent, other.extent
    least = min(own.width * own.height, print_.width * print_.height)
    if row.turn != other.turn or row.turn % 90 or own.shared(print_) <= OVERLAID * max(1.0, least):
        return False
    inner = (
        print_.top > own.top and print_.bottom < own.bottom and print_.height > 0.5 * own.height and print_.width > 0.5 * own.width
    )
    outer = own.top > print_.top and own.bottom < print_.bottom and own.height > 0.5 * print_.height
    if inner or outer:
        return inner
    return (row.strip.unit, own.width, own.height) < (other.strip.unit, print_.width, print_.height)
