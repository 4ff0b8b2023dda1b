"""Lines of print in a picture: its marks grouped to lines, each cut out alone; rules and pictures told from print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.marks import Grey, Marks, Mask, Rectangle, find_marks, weighted_median
from docai.preparation import find_ink

# Heights below are in units: the height of most letters of a page, about 0.6 of the font size, in Korean 0.75.
# What Tesseract's networks read best, over 25 pages in three languages, clean and dirty: of the white around a line, more
# makes them see full stops in it, and less letters that touch its border.
LINE_UNITS: Final = 1.7  # that a line is high at least, with room for what it has no letters for
ROOM: Final = 1 / 7  # of its height, of white above it and below
SIDES: Final = 0.2  # units of white before its first letter and behind its last
BLURRED: Final = 0.45  # of a strip in tones between its darkest and white; print at 70 dpi has 0.35, receipts at 200 dpi 0.25
SMALL_PICTURE: Final = 80  # pixels; letters of a picture hardly higher than a line may be nearly as high as it
SMALLEST: Final = 4  # pixels that a letter is high at least
LARGEST: Final = 7.0  # units that a letter is high at most; larger marks are drawings
HEADING: Final = 2.3  # units from which on letters are put to lines of their own size
RULE_UNITS: Final = 3.5  # that a rule is long at least; the longest straight stroke of a letter is 1.5
RULE_THICK: Final = 0.4  # units that a rule is thick at most
# Of a line's height that most of its letters have; in Korean, whose letters fall apart, it is the better measure
LETTER_SHARE: Final = 0.6
SPACE: Final = 2.1  # units that a gap between words of a line is wide at most; justified ones reach 1.9
WIDEST_SPACE: Final = 3.6  # units that it may be wide where all spaces are wide
SPACE_SPREAD: Final = 1.8  # times the narrow spaces of a page that its wide ones, after a comma, measure
LETTER_GAP: Final = 0.5  # units that letters of a word stand apart at most
FEW_GAPS: Final = 20  # fewer tell nothing of a font
STACK: Final = 0.22  # units between the parts of a letter that stand above each other: accents, dots, Korean vowels
LONE_GAP: Final = 4.0  # units that a dash or dots stand apart from their line at most
TALL: Final = 1.9  # times the usual line height, from which on what hangs together is several lines
VALLEY: Final = 0.3  # of the fullest row, below which a row lies between two lines
LONG_UNITS: Final = 12.0  # from which on a rule is longer than a word; letters of a word that touch are not as many
TOUCHED: Final = 0.3  # of a rule's length that print may touch it on either side
PIECE: Final = 2.2  # units from which on a thin stroke is a piece of a rule; the longest dash measures 2
DOT: Final = 0.35  # units that the dots of a dotted rule measure at most
DASH: Final = 1.5  # units that its dashes are long at most
DOT_GAP: Final = 1.0  # units between the dots of a dotted rule
DOTTED_UNITS: Final = 6.0  # that it is long at least
LITTLE: Final = 0.35  # units that dots and accents measure at most
NEAR: Final = 3.5  # units beside a letter within which they are more than dirt: a colon may stand far behind its word
BLEED: Final = 0.3  # units around a line's ink where fainter ends of its strokes may be
SPECK: Final = 0.17  # units a side; smaller marks are dirt unless they stand at a line
FILLED: Final = 0.45  # of its box that a dark panel covers, the letters in it being light
PANEL_UNITS: Final = 8.0  # that it is wide at least; letters, which are as dark, are not
PANEL_LEVEL: Final = 80.0  # of 255 that it is darker than its ground at least, for light letters to stand out of it
MARGIN: Final = 0.5  # units of white put around a strip; both engines read best with half a letter's height


NOBODY: Final = -1  # owns what is on no line
FOREIGN: Final = -2  # owns drawings and rules


class Fitted(NamedTuple):
    """A line as an engine is given it: `picture` is `scale` times as large as the strip and begins at its column `left`."""

    picture: Grey
    scale: float
    left: int

    def column(self, place: float) -> float:
        """Return the column of the strip that a column of the picture stands for."""
        return self.left + place / self.scale


@dataclass(frozen=True, slots=True)
class Strip:
    """A line of print: where its ink is, and its picture with nothing else on it, dark on white.

    `picture` begins `margin` pixels above and left of `place`; `unit` is the height of most of its letters in pixels.
    """

    place: Rectangle
    picture: Grey
    margin: int
    unit: float

    @property
    def is_crisp(self) -> bool:
        """Whether it is dark on light, as print is, and not mostly of tones between, as textures of photographs are."""
        inner = self.picture[self.margin : -self.margin, self.margin : -self.margin]
        darkest = float(np.percentile(inner, 3)) if inner.size else 255.0
        low, high = darkest + 0.25 * (255 - darkest), darkest + 0.75 * (255 - darkest)
        return bool(inner.size) and float(((inner > low) & (inner < high)).mean()) < BLURRED

    def fitted(self, rows: int) -> Fitted:
        """Return the line, with little white around it, `rows` pixels high."""
        side = min(self.margin, max(1, round(SIDES * self.unit)))
        left = self.margin - side
        picture = self.picture[:, left : self.picture.shape[1] - left]
        high = max(float(self.place.height), LINE_UNITS * self.unit) * (1 + 2 * ROOM)
        missing = round((high - picture.shape[0]) / 2)
        if missing > 0:
            picture = np.pad(picture, ((missing, missing), (0, 0)), constant_values=255)
        elif missing < 0:
            picture = picture[-missing:missing]
        scale = rows / picture.shape[0]
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        resized = cv2.resize(picture, (max(8, round(picture.shape[1] * scale)), rows), interpolation=how)
        return Fitted(np.asarray(resized, np.uint8), scale, left)


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in a picture: lines of print in no order, rules across and down, and what is drawn or photographed."""

    strips: tuple[Strip, ...]
    across: tuple[Rectangle, ...]
    down: tuple[Rectangle, ...]
    drawn: tuple[Rectangle, ...]


def find_strips(grey: Grey, ink: Mask, marks: Marks | None = None, *, on_panel: bool = False) -> Found:
    """Return the lines of print of a straight picture with white ground.

    Args:
        grey: (height, width), 0 black to 255 white.
        ink: (height, width), 1 where print is.
        marks: The marks of `ink`, where they are known.
        on_panel: Whether the picture is a dark panel of another; light letters are looked for in panels of the page only.
    """
    marks = find_marks(ink) if marks is None else marks
    unit = letter_height(marks)
    if unit is None:
        return Found((), (), (), ())
    across, down, rest = _without_rules(ink, unit)
    if across or down:
        marks = find_marks(rest)
    unit = max(unit, LETTER_SHARE * _line_height(marks, unit))
    large = (marks.height > LARGEST * unit) | (marks.width > 6 * LARGEST * unit) | _at_edge(marks, unit)
    dotted_across, dotted_down, dots = _dotted_rules(marks, unit)
    thin = np.minimum(marks.height, marks.width) <= DOT * unit
    pieces = thin & (np.maximum(marks.height, marks.width) > PIECE * unit)
    panels = () if on_panel else _panels(marks, unit)
    inside = _in_panels(marks, panels)
    members = np.flatnonzero(~large & ~dots & ~pieces & ~inside & ~_specks(marks, unit, large))
    strips = list(_strips(_without(grey, ink, rest), marks, unit, members, np.flatnonzero(large | dots | pieces | inside)))
    for panel in panels:
        strips += _on_panel(grey, panel, unit)
    drawn = tuple(marks.rectangle(place) for place in np.flatnonzero(large))
    return Found(tuple(strips), across + dotted_across, down + dotted_down, drawn)


def letter_height(marks: Marks) -> float | None:
    """Return the height of most letters in pixels: the median over marks of a letter's shape, wider ones counting more."""
    height, width = marks.labels.shape
    letters = (marks.height >= SMALLEST) & (marks.height < max(height / 4, SMALL_PICTURE)) & (marks.width < max(width / 4, 40))
    letters &= (marks.width < 8 * marks.height) & (marks.height < 10 * marks.width) & (marks.area > 6)
    if not letters.any():
        return None
    heights, weights = marks.height[letters], np.minimum(marks.width, 2 * marks.height)[letters]
    return weighted_median(heights, weights)


def _line_height(marks: Marks, unit: float) -> float:
    """Return the height of most lines in pixels, told from what hangs together when letters are joined to words."""
    mask = marks.mask((marks.height < HEADING * unit) & (marks.height > SPECK * unit) & (marks.width < LARGEST * unit))
    small = (mask.shape[1] // 2 or 1, mask.shape[0] // 2 or 1)
    halved = cv2.resize(np.multiply(mask, 255, dtype=np.uint8), small, interpolation=cv2.INTER_AREA)
    stack, space = np.ones((round(STACK * unit / 2) | 1, 1), np.uint8), np.ones((1, round(unit / 2) | 1), np.uint8)
    joined = cv2.morphologyEx(np.asarray(halved > 60, np.uint8), cv2.MORPH_CLOSE, stack)
    words = find_marks(np.asarray(cv2.morphologyEx(joined, cv2.MORPH_CLOSE, space), np.uint8))
    unit = unit / 2
    whole = (words.width > 1.5 * unit) & (words.height > 0.6 * unit) & (words.height < 3 * unit)
    if not whole.any():
        return 2 * unit
    return 2 * weighted_median(words.height[whole], words.width[whole])


def _at_edge(marks: Marks, unit: float) -> NDArray[np.bool_]:
    """Return which marks are the shadow of a sheet's edge, or cut by it: they reach the picture's border and are no letter."""
    height, width = marks.labels.shape
    reaches = (marks.left == 0) | (marks.top == 0) | (marks.right == width) | (marks.bottom == height)
    return np.asarray(reaches & (np.maximum(marks.height, marks.width) > 1.5 * unit))


def _specks(marks: Marks, unit: float, large: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which marks are dirt: small ones with no letter near."""
    small = np.maximum(marks.height, marks.width) < LITTLE * unit
    reach = round(NEAR * unit)
    mask = marks.mask(~small & ~large)
    near = cv2.dilate(cv2.dilate(mask, np.ones((1, 2 * reach + 1), np.uint8)), np.ones((round(unit) + 1, 1), np.uint8))
    rows = np.minimum((marks.top + marks.bottom) // 2, mask.shape[0] - 1)
    columns = np.minimum((marks.left + marks.right) // 2, mask.shape[1] - 1)
    return np.asarray((small & (near[rows, columns] == 0)) | (marks.area < 3))


# Rules


def _without_rules(ink: Mask, unit: float) -> tuple[tuple[Rectangle, ...], tuple[Rectangle, ...], Mask]:
    """Return the rules across and down, and the ink without them; letters that touch a rule keep their strokes."""
    rest = ink.copy()
    across = _take_rules(ink, rest, unit)
    turned = [Rectangle(r.top, r.left, r.bottom, r.right) for r in across]
    down = _take_rules(ink.T, rest.T, unit, turned)
    return across, tuple(Rectangle(r.top, r.left, r.bottom, r.right) for r in down), rest


def _take_rules(ink: Mask, rest: Mask, unit: float, others: Sequence[Rectangle] | None = None) -> tuple[Rectangle, ...]:
    """Return the rules that run across and take them out of `rest`.

    Where `others` that run down are given, a rule no longer than a tall letter must meet one: stems stand free too.
    """
    ink = np.ascontiguousarray(ink)
    length, thick = max(12, round(RULE_UNITS * unit)), max(3, round(RULE_THICK * unit))
    runs = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    runs[cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((thick + 1, 1), np.uint8)) > 0] = 0
    runs = cv2.morphologyEx(runs, cv2.MORPH_CLOSE, np.ones((1, 2 * thick + 1), np.uint8))
    if not runs.any():
        return ()
    marks = find_marks(np.asarray(runs, np.uint8))
    long = [(int(place), marks.rectangle(int(place))) for place in np.flatnonzero(marks.width >= length)]
    keep = [
        place
        for place, rule in long
        if _stands_free(ink, rule, thick, unit) and (others is None or rule.width > LARGEST * unit or _meets(rule, others, unit))
    ]
    rest[cv2.dilate(marks.mask(np.array(keep, np.int64)), np.ones((3, 3), np.uint8)) > 0] = 0
    return tuple(marks.rectangle(int(place)) for place in keep)


def _meets(rule: Rectangle, others: Sequence[Rectangle], unit: float) -> bool:
    reach = 0.6 * unit
    return any(
        o.left - reach <= rule.right
        and rule.left <= o.right + reach
        and o.top - reach <= rule.bottom
        and rule.top <= o.bottom + reach
        for o in others
    )


def _stands_free(ink: Mask, rule: Rectangle, thick: int, unit: float) -> bool:
    """Return whether there is little ink right above and below: the feet of letters that touch have their stems there.

    Letters may well stand close over a rule that is longer than a word, but not on it.
    """
    reach = thick if rule.width < LONG_UNITS * unit else max(1, thick // 4)
    above = ink[max(0, rule.top - 1 - reach) : max(0, rule.top - 1), rule.left : rule.right]
    below = ink[rule.bottom + 1 : rule.bottom + 1 + reach, rule.left : rule.right]
    return all(not side.size or float(side.any(axis=0).mean()) < TOUCHED for side in (above, below))


def _dotted_rules(marks: Marks, unit: float) -> tuple[tuple[Rectangle, ...], tuple[Rectangle, ...], NDArray[np.bool_]]:
    """Return rules made of dots or dashes, across and down, and which marks they are made of."""
    dots = np.zeros(marks.count, np.bool_)
    rules: list[tuple[Rectangle, ...]] = []
    for turned in (False, True):
        long, thick = (marks.height, marks.width) if turned else (marks.width, marks.height)
        small = (thick <= DOT * unit) & (long < (DOT if turned else DASH) * unit)
        reach = round(DOT_GAP * unit) | 1
        kernel = np.ones((reach, 1) if turned else (1, reach), np.uint8)
        closed = cv2.morphologyEx(marks.mask(small), cv2.MORPH_CLOSE, kernel)
        least = np.ones((round(DOTTED_UNITS * unit), 1) if turned else (1, round(DOTTED_UNITS * unit)), np.uint8)
        if not cv2.erode(closed, least).any():  # counting what hangs together is the dearer way to know
            rules.append(())
            continue
        runs = find_marks(np.asarray(closed, np.uint8))
        length, width = (runs.height, runs.width) if turned else (runs.width, runs.height)
        keep = np.flatnonzero((length > DOTTED_UNITS * unit) & (width <= RULE_THICK * unit + 2))
        rules.append(tuple(runs.rectangle(place) for place in keep))
        kept = np.zeros(runs.count + 1, np.bool_)
        kept[keep + 1] = True
        dots |= small & kept[runs.labels[marks.top, np.minimum((marks.left + marks.right) // 2, runs.labels.shape[1] - 1)]]
    return rules[0], rules[1], dots


def _without(grey: Grey, ink: Mask, rest: Mask) -> Grey:
    """Return a picture without the ink that was taken out of it as rules."""
    taken = cv2.subtract(ink, rest)
    if not taken.any():
        return grey
    clean = grey.copy()
    clean[cv2.dilate(taken, np.ones((3, 3), np.uint8)) > cv2.dilate(rest, np.ones((3, 3), np.uint8))] = 255
    return np.asarray(clean, np.uint8)


# Lines


def _strips(grey: Grey, marks: Marks, unit: float, members: NDArray[np.int64], foreign: NDArray[np.int64]) -> Iterator[Strip]:
    """Yield the lines that `members` among the marks make, body text and headings apart; `foreign` ones are left out of them."""
    tall = marks.height[members] > HEADING * unit
    body, headings = members[~tall], members[tall]
    lines = _grouped(marks, body, unit, SPACE)
    space = min(WIDEST_SPACE, SPACE_SPREAD * _narrow_space(marks, lines, unit))
    if space > SPACE:  # a font whose spaces are as wide as other fonts' gutters
        lines = _grouped(marks, body, unit, space)
    if len(headings):
        lines += _grouped(marks, headings, float(np.median(marks.height[headings])), SPACE)
    lines = _joined(marks, lines, unit, max(SPACE, space))
    owner = np.full(marks.count + 1, NOBODY, np.int32)
    owner[foreign + 1] = FOREIGN
    for number, line in enumerate(lines):
        owner[line + 1] = number
    for number, line in enumerate(lines):
        yield _cut(grey, marks, owner, number, line)


def _grouped(marks: Marks, members: NDArray[np.int64], unit: float, space: float) -> list[NDArray[np.int64]]:
    """Return marks of about one size as lines: what lies a word space apart, cut where it is several lines high."""
    if not len(members):
        return []
    mask = marks.mask(members)
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((round(STACK * unit) | 1, 1), np.uint8))
    joined = cv2.morphologyEx(joined, cv2.MORPH_CLOSE, np.ones((1, round(space * unit) | 1), np.uint8))
    blobs = np.asarray(cv2.connectedComponents(np.asarray(joined, np.uint8), connectivity=4)[1], np.int32)
    first = marks.first_pixels(members)
    blob_of = blobs[first]
    lines = []
    order = np.argsort(blob_of, kind="stable")
    bounds = np.flatnonzero(np.diff(blob_of[order])) + 1
    for group in np.split(members[order], bounds):
        lines += _cut_apart(marks, group, unit)
    return lines


def _narrow_space(marks: Marks, lines: Sequence[NDArray[np.int64]], unit: float) -> float:
    """Return how wide narrow spaces between words are, in units: the lower quartile of their gaps."""
    gaps: list[NDArray[np.int64]] = []
    for line in lines:
        order = line[np.argsort(marks.left[line])]
        gaps.append(marks.left[order][1:] - np.maximum.accumulate(marks.right[order])[:-1])
    wide = np.concatenate(gaps) / unit if gaps else np.zeros(0)
    wide = wide[wide > LETTER_GAP]
    return float(np.percentile(wide, 25)) if len(wide) >= FEW_GAPS else 0.0


def _cut_apart(marks: Marks, group: NDArray[np.int64], unit: float) -> list[NDArray[np.int64]]:
    """Return marks that hang together as lines, told by the empty rows between them."""
    top, bottom = int(marks.top[group].min()), int(marks.bottom[group].max())
    body = marks.height[group] > 0.5 * unit
    usual = max(unit, float(np.percentile(marks.height[group][body], 75))) if body.any() else unit
    if bottom - top < TALL * usual or len(group) < 4:
        return [group]
    rows = np.zeros(bottom - top, np.float64)
    for place in group:  # each mark counts by its ink, spread over its rows
        rows[marks.top[place] - top : marks.bottom[place] - top] += marks.area[place] / marks.height[place]
    smooth = np.convolve(rows, np.ones(max(1, round(unit / 4))) / max(1, round(unit / 4)), mode="same")
    cuts = _valleys(smooth, usual)
    if not cuts:
        return [group]
    middles = (marks.top[group] + marks.bottom[group]) / 2 - top
    bands = np.searchsorted(np.array(cuts), middles)
    return [group[bands == band] for band in range(len(cuts) + 1) if (bands == band).any()]


def _valleys(rows: NDArray[np.float64], usual: float) -> list[int]:
    """Return the rows that lie between lines: the emptiest between two full ones that are a line apart."""
    cuts: list[int] = []
    reach = max(2, round(0.8 * usual))
    for row in range(reach // 2, len(rows) - reach // 2):
        low, high = max(0, row - reach), min(len(rows), row + reach + 1)
        if rows[row] > rows[max(0, row - reach // 2) : row + reach // 2 + 1].min():
            continue
        if rows[row] < VALLEY * min(rows[low:row].max(initial=0), rows[row + 1 : high].max(initial=0)):
            if cuts and row - cuts[-1] < 0.7 * usual:
                continue
            cuts.append(row)
    return cuts


def _joined(marks: Marks, lines: Sequence[NDArray[np.int64]], unit: float, space: float) -> list[NDArray[np.int64]]:
    """Return lines with those made one that are pieces of one line, dashes and dots put to theirs, and dirt left out."""
    if not lines:
        return []
    left, top = (np.array([side[line].min() for line in lines]) for side in (marks.left, marks.top))
    right, bottom = (np.array([side[line].max() for line in lines]) for side in (marks.right, marks.bottom))
    size = np.array([float(marks.height[line].max()) for line in lines])
    small = size < 0.5 * unit
    group = np.arange(len(lines))
    for n in np.argsort(left):
        gap = np.maximum(left[n] - right, left - right[n])
        if small[n]:
            middle = (top[n] + bottom[n]) / 2
            level = ~small & (top - 0.35 * size <= middle) & (middle <= bottom + 0.35 * size)
            reach = LONE_GAP * unit
        else:
            overlap = np.minimum(bottom[n], bottom) - np.maximum(top[n], top)
            level = ~small & (overlap > 0.6 * np.minimum(bottom[n] - top[n], bottom - top))
            level &= (size[n] < 2.2 * size) & (size < 2.2 * size[n])
            reach = space * np.maximum(unit, np.minimum(size[n], size) / 1.5)
        near = np.flatnonzero(level & (gap <= reach) & (group != group[n]))
        if len(near):
            nearest = near[np.argmin(gap[near])]
            group[group == group[n]] = group[nearest]
    usual = np.array([float(np.median(marks.height[line])) for line in lines])
    for n in range(len(lines)):  # accents, dots and vowels of a heading, which are as small as letters of the text
        middle, wide = (top[n] + bottom[n]) / 2, right - left
        around = (
            (usual > 1.6 * unit)
            & (size > 1.5 * size[n])
            & (wide > 1.5 * size)
            & (top - 0.35 * size <= middle)
            & (middle <= bottom + 0.2 * size)
        )
        ends = np.where(right[n] - left[n] < 0.5 * size, 0.35 * size, 0.0)
        heads = np.flatnonzero(around & (left - 0.1 * size <= left[n]) & (right[n] <= right + ends) & (group != group[n]))
        if len(heads):
            group[group == group[n]] = group[heads[np.argmin(size[heads])]]
    joined = [np.concatenate([lines[n] for n in np.flatnonzero(group == g).tolist()]) for g in np.unique(group)]
    return [line for line in joined if _is_print(marks, line, unit)]


def _is_print(marks: Marks, line: NDArray[np.int64], unit: float) -> bool:
    height, width = marks.bottom[line].max() - marks.top[line].min(), marks.right[line].max() - marks.left[line].min()
    return bool(height >= 0.45 * unit and marks.area[line].sum() > (SPECK * unit) ** 2 and width >= 0.15 * unit)


def _cut(grey: Grey, marks: Marks, owner: NDArray[np.int32], number: int, line: NDArray[np.int64]) -> Strip:
    """Return a line cut out with white around it and in place of what belongs to other lines."""
    place = Rectangle(
        int(marks.left[line].min()), int(marks.top[line].min()), int(marks.right[line].max()), int(marks.bottom[line].max())
    )
    heights = marks.height[line]
    letters = heights >= 0.5 * heights.max()
    unit = float(np.median(heights[letters]))
    margin = max(4, round(MARGIN * unit))
    height, width = grey.shape
    left, top = max(0, place.left - margin), max(0, place.top - margin)
    right, bottom = min(width, place.right + margin), min(height, place.bottom + margin)
    labels = marks.labels[top:bottom, left:right]
    own = np.asarray(owner[labels] == number, np.uint8)
    others = np.asarray((owner[labels] != number) & (owner[labels] != NOBODY), np.uint8)  # specks may be faint dots: they stay
    fringe = np.ones((3, 3), np.uint8)  # the grey around a stroke
    cut = grey[top:bottom, left:right].copy()
    cut[(cv2.dilate(others, fringe) > 0) & (cv2.dilate(own, fringe) == 0)] = 255
    bleed = max(2, round(BLEED * unit))
    cut[: max(0, place.top - top - bleed)] = 255
    cut[place.bottom - top + bleed :] = 255
    picture = cv2.copyMakeBorder(
        cut,
        margin - (place.top - top),
        margin - (bottom - place.bottom),
        margin - (place.left - left),
        margin - (right - place.right),
        cv2.BORDER_CONSTANT,
        value=255.0,
    )
    return Strip(place, np.asarray(picture, np.uint8), margin, unit)


# Light letters on dark


class _Panel(NamedTuple):
    """A dark area that may have light letters on it: where, its ink, and what its outline encloses."""

    place: Rectangle
    own: Mask
    inside: Mask


def _panels(marks: Marks, unit: float) -> tuple[_Panel, ...]:
    """Return the dark areas that may have light letters on them."""
    found = []
    wide = (marks.width >= PANEL_UNITS * unit) & (marks.height >= 1.4 * unit)
    for place in np.flatnonzero(wide & (marks.area > FILLED * marks.width * marks.height)):
        box = marks.rectangle(int(place))
        own = np.asarray(marks.labels[box.top : box.bottom, box.left : box.right] == place + 1, np.uint8)
        contours, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        found.append(_Panel(box, own, np.asarray(cv2.drawContours(np.zeros_like(own), contours, -1, 1, cv2.FILLED), np.uint8)))
    return tuple(found)


def _in_panels(marks: Marks, panels: Sequence[_Panel]) -> NDArray[np.bool_]:
    """Return which marks are panels or lie in one: the insides of its light letters."""
    if not panels:
        return np.zeros(marks.count, np.bool_)
    covered = np.zeros(marks.labels.shape, np.uint8)
    for panel in panels:
        part = covered[panel.place.top : panel.place.bottom, panel.place.left : panel.place.right]
        np.maximum(part, panel.inside, out=part)
    rows, columns = marks.first_pixels(np.arange(marks.count))
    return np.asarray(covered[rows, columns] > 0)


def _on_panel(grey: Grey, panel: _Panel, unit: float) -> list[Strip]:
    """Return the lines of light letters on a dark panel."""
    box = panel.place
    negative = np.where(panel.inside > 0, 255 - grey[box.top : box.bottom, box.left : box.right], 0).astype(np.uint8)
    level = float(np.median(negative[panel.own > 0]))
    if level < PANEL_LEVEL:
        return []
    negative = np.asarray(cv2.convertScaleAbs(negative, alpha=255 / level), np.uint8)
    negative[panel.inside == 0] = 255
    found = find_strips(negative, find_ink(negative), on_panel=True)
    return [
        replace(strip, place=_moved(strip.place, box.left, box.top))
        for strip in found.strips
        if strip.unit > 0.4 * unit and strip.place.width > 1.2 * strip.unit
    ]


def _moved(place: Rectangle, right: int, down: int) -> Rectangle:
    return Rectangle(place.left + right, place.top + down, place.right + right, place.bottom + down)
