"""Where bars stand: their common baseline, columns of bars, and stacks in them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Final, Literal

from docai.backends.classical.charts.readers.blocks import Block
from docai.backends.classical.charts.scales import Scale

LEAST_SHARE: Final = 0.6  # of the columns of a plot, that stand on its baseline if it is not zero or an end of the axis
GAP: Final = 2.0  # points or pixels between the pieces of a stack at most: white outlines, or gaps of a pixel


@dataclass(frozen=True, slots=True)
class Bar:
    """A block and how it stands.

    Attributes:
        near, far: The coordinates of its ends along the values; `far` is the one further from the baseline.
        how: `standing` on the baseline, a `piece` further up in a stack, or `floating`.
        column: The number of its column, in the order of their places.
        overlapped: Whether others of its column lie over it or under it.
    """

    block: Block
    near: float
    far: float
    how: Literal["standing", "piece", "floating"]
    column: int
    overlapped: bool = False


def find_baseline(blocks: Sequence[Block], values: Scale | None, slack: float) -> float:
    """Return the place at which blocks of the most columns have an end.

    Where several places have as many, zero wins, then the end of the axis with the lower values. A place that few share is none
    that bars stand on, unless it is one of these: then zero is returned, or that end of the axis.
    """
    edges = sorted((edge, round(block.middle)) for block in blocks for edge in {block.first, block.last})
    places = [edge for edge, _ in edges]
    zero = _zero(values)
    low = _low_end(values)
    best = (-1.0, 0.0, 0)
    known = False
    for start, edge in enumerate(places):
        if start and places[start - 1] == edge:
            continue
        stop = bisect_right(places, edge + slack)
        place, count = float(median(places[start:stop])), len({column for _, column in edges[start:stop]})
        score, at_end = float(count), False
        if zero is not None and abs(place - zero) <= 2 * slack:
            score += 1.5 + 0.5 * count
            at_end = True
        elif low is not None and abs(place - low) <= 2 * slack:
            score += 0.6 + 0.1 * count
            at_end = True
        if score > best[0]:
            best, known = (score, place, count), at_end
    columns = len({round(block.middle) for block in blocks})
    everywhere = all(_distance(block, best[1]) <= slack for block in blocks)
    if known or everywhere or best[2] >= max(3, LEAST_SHARE * columns):
        return best[1]
    return next((place for place in (zero, low) if place is not None), best[1])


def _zero(values: Scale | None) -> float | None:
    """Return the place of zero on the axis of values, None where it has none or shows none."""
    if values is None or values.kind != "linear":
        return None
    place = values.place(0.0)
    margin = 0.1 * (values.end - values.start)
    return place if values.start - margin <= place <= values.end + margin else None


def _low_end(values: Scale | None) -> float | None:
    """Return the end of the axis of values at which they are lower; of an axis without values the bottom or the left."""
    if values is None:
        return None
    if values.kind == "category":
        return values.start if values.horizontal else values.end
    return values.start if values.value(values.start) < values.value(values.end) else values.end


def find_columns(blocks: Sequence[Block], slack: float) -> list[list[Block]]:
    """Return blocks by column: those over and under each other, with one middle."""
    columns: list[list[Block]] = []
    for block in sorted(blocks, key=lambda block: (block.middle, block.first)):
        if columns:
            first = columns[-1][0]
            if abs(block.middle - first.middle) <= min(slack, 0.25 * min(block.thickness, first.thickness)):
                columns[-1].append(block)
                continue
        columns.append([block])
    return columns


def stand(columns: Sequence[Sequence[Block]], base: float, slack: float) -> list[Bar]:
    """Return how each block of the columns stands, by column, and in a column by place."""
    return [bar for number, column in enumerate(columns) for bar in _stand_in_column(column, number, base, slack)]


def closed(bars: Sequence[Bar]) -> list[Bar]:
    """Return the bars of a picture with the gaps closed that outlines in the paper's colour leave between the pieces of a stack.

    An outline is drawn half on each side of an edge, so that two pieces meet in the middle of it, and the last piece of a stack
    reaches half as far out.
    """
    found = list(bars)
    by_column: dict[int, list[int]] = {}
    for number, bar in enumerate(found):
        if bar.how != "floating" and not bar.overlapped:
            by_column.setdefault(bar.column, []).append(number)
    for numbers in by_column.values():
        up = [n for n in numbers if found[n].far < found[n].near]
        for side in (sorted(up, key=lambda n: -found[n].near), sorted(set(numbers) - set(up), key=lambda n: found[n].near)):
            half = 0.0
            for below, above in pairwise(side):
                gap = found[above].near - found[below].far
                half = gap / 2 if 0 < abs(gap) <= GAP and (gap < 0) == (found[below].far < found[below].near) else 0.0
                found[below] = replace(found[below], far=found[below].far + half)
                found[above] = replace(found[above], near=found[above].near - half)
            if side and half:
                found[side[-1]] = replace(found[side[-1]], far=found[side[-1]].far + half)
    return found


def _stand_in_column(column: Sequence[Block], number: int, base: float, slack: float) -> list[Bar]:
    column = _merged(column, base, slack)
    overlapping = {id(block) for block in column if any(_overlap(block, other, slack) for other in column if other is not block)}
    bars = [
        _bar(block, "standing", number, base, overlapped=id(block) in overlapping)
        for block in column
        if min(abs(block.first - base), abs(block.last - base)) <= slack
    ]
    standing = {id(bar.block) for bar in bars}
    rest = sorted((block for block in column if id(block) not in standing), key=lambda block: _distance(block, base))
    piled = [bar for bar in bars if not bar.overlapped]
    reach = [
        min((bar.block.first for bar in piled), default=base),
        max((bar.block.last for bar in piled), default=base),
    ]
    if not piled:
        reach = [base, base]
    loose = []
    for block in rest:
        if id(block) in overlapping:
            loose.append(block)
        elif -slack <= reach[0] - block.last <= max(GAP, slack):
            reach[0] = block.first
            bars.append(_bar(block, "piece", number, base))
        elif -slack <= block.first - reach[1] <= max(GAP, slack):
            reach[1] = block.last
            bars.append(_bar(block, "piece", number, base))
        else:
            loose.append(block)
    how: Literal["piece", "floating"] = "piece" if len(loose) >= 3 and _is_chain(loose, slack) else "floating"
    bars.extend(_bar(block, how, number, base, overlapped=id(block) in overlapping) for block in loose)
    return sorted(bars, key=lambda bar: bar.block.first)


def _bar(block: Block, how: Literal["standing", "piece", "floating"], number: int, base: float, *, overlapped: bool = False) -> Bar:
    up = abs(block.first - base) > abs(block.last - base)
    near, far = (block.last, block.first) if up else (block.first, block.last)
    return Bar(block, near, far, how, number, overlapped)


def _distance(block: Block, base: float) -> float:
    return min(abs(block.first - base), abs(block.last - base))


def _overlap(one: Block, other: Block, slack: float) -> bool:
    return min(one.last, other.last) - max(one.first, other.first) > slack


def _is_chain(blocks: Sequence[Block], slack: float) -> bool:
    """Return whether blocks follow each other without gaps."""
    row = sorted(blocks, key=lambda block: block.first)
    return all(-slack <= after.first - before.last <= max(GAP, slack) for before, after in pairwise(row))


def _merged(column: Sequence[Block], base: float, slack: float) -> list[Block]:
    """Return the blocks of a column as they are seen: of opaque ones in one colour that stand over each other, the longest."""
    if len(column) == 1:
        return list(column)
    seen: list[Block] = []
    for block in sorted(column, key=lambda block: -block.length):
        hidden = any(
            block.colour == other.colour and other.opacity == 1 and block.length > slack and block.within(other, 0.1)
            for other in seen
            if _distance(other, base) <= slack and _distance(block, base) <= slack
        )
        if not hidden:
            seen.append(block)
    return seen
