"""Straight rules into grids: what layout finds ruled tables by, and what their structure is read from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from docai.box import Box
from docai.sources import Rule

TOUCH_POINTS: Final = 2.5  # how far apart rules that are meant to meet may end; Word and Excel leave up to 2 points
SHORTEST_POINTS: Final = 6.0  # a rule shorter than a letter is no border
MAX_RULES: Final = 3000  # a direction; engineering drawings have more, tables have not
COVERED: Final = 0.6  # share of a cell's side that rules must cover to be a border


@dataclass(frozen=True, slots=True)
class Grid:
    """Rules that hang together, and the lines of the grid that they make, in page fractions.

    `xs` and `ys` are the places of its column and row borders, in order.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    rules: tuple[Rule, ...]

    @property
    def box(self) -> Box:
        """The box from the first border to the last."""
        return Box(self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])


@dataclass(frozen=True, slots=True)
class Span:
    """A cell of a grid: its first row and column, and how many it covers."""

    row: int
    column: int
    row_span: int
    column_span: int


def find_grids(rules: Iterable[Rule], width_points: float, height_points: float) -> list[Grid]:
    """Return the grids that `rules` make on a page, each with at least two borders in both directions."""
    across = _merge([rule for rule in rules if rule.horizontal], height_points, width_points)
    down = _merge([rule for rule in rules if not rule.horizontal], width_points, height_points)
    if len(across) < 2 or len(down) < 2:
        return []
    slack_x, slack_y = TOUCH_POINTS / width_points, TOUCH_POINTS / height_points
    h = np.array([(rule.position, rule.start, rule.end) for rule in across])
    v = np.array([(rule.position, rule.start, rule.end) for rule in down])
    meet = (
        (v[None, :, 0] >= h[:, 1, None] - slack_x)
        & (v[None, :, 0] <= h[:, 2, None] + slack_x)
        & (h[:, 0, None] >= v[None, :, 1] - slack_y)
        & (h[:, 0, None] <= v[None, :, 2] + slack_y)
    )
    grids = []
    for rows, columns in _connected(meet):
        grid = _grid([across[n] for n in rows], [down[n] for n in columns], slack_x, slack_y)
        if len(grid.xs) > 1 and len(grid.ys) > 1:
            grids.append(grid)
    return grids


def _merge(rules: Sequence[Rule], breadth_points: float, length_points: float) -> list[Rule]:
    """Return rules of one direction with those that lie on one line, end to end, made one; the short ones left out."""
    near, gap = 1.2 / breadth_points, TOUCH_POINTS / length_points
    merged: list[Rule] = []
    row: list[Rule] = []

    def close_row() -> None:
        ends = -1.0
        for rule in sorted(row, key=lambda r: r.start):
            if merged and rule.start <= ends + gap and ends >= 0:
                last = merged[-1]
                merged[-1] = last._replace(end=max(last.end, rule.end), thickness=max(last.thickness, rule.thickness))
            else:
                merged.append(rule)
            ends = max(ends, rule.end)

    for rule in sorted(rules, key=lambda r: r.position):
        if row and rule.position - row[0].position > near:
            close_row()
            row = []
        row.append(rule)
    close_row()
    long = [rule for rule in merged if (rule.end - rule.start) * length_points >= SHORTEST_POINTS]
    return sorted(long, key=lambda r: r.start - r.end)[:MAX_RULES]


def _connected(meet: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[tuple[list[int], list[int]]]:
    """Return the connected groups of rows and columns of a matrix that tells which of them meet."""
    left = set(range(meet.shape[0]))
    groups = []
    while left:
        rows = np.zeros(meet.shape[0], bool)
        rows[left.pop()] = True
        while True:
            columns = meet[rows].any(axis=0)
            grown = meet[:, columns].any(axis=1) | rows
            if (grown == rows).all():
                break
            rows = grown
        left.difference_update(np.flatnonzero(rows).tolist())
        groups.append((np.flatnonzero(rows).tolist(), np.flatnonzero(columns).tolist()))
    return groups


def _grid(across: Sequence[Rule], down: Sequence[Rule], slack_x: float, slack_y: float) -> Grid:
    xs = [rule.position for rule in down]
    ys = [rule.position for rule in across]
    if xs and ys:  # half-ruled: where the outer border is missing, the crossing rules end there
        xs += [min(rule.start for rule in across), max(rule.end for rule in across)]
        ys += [min(rule.start for rule in down), max(rule.end for rule in down)]
    return Grid(_clustered(xs, 2 * slack_x), _clustered(ys, 1.6 * slack_y), (*across, *down))


def _clustered(values: list[float], slack: float) -> tuple[float, ...]:
    """Return sorted values with those nearer than `slack` made one."""
    groups: list[list[float]] = []
    for value in sorted(values):
        if groups and value - groups[-1][-1] <= slack:
            groups[-1].append(value)
        else:
            groups.append([value])
    return tuple(sum(group) / len(group) for group in groups)


def spans(grid: Grid) -> list[Span]:
    """Return the cells of a grid: elementary ones, those without a border between them made one where that is a rectangle.

    Law: every position of the grid is covered exactly once.
    """
    rows, columns = len(grid.ys) - 1, len(grid.xs) - 1
    below, beside = _borders(grid)
    taken = np.zeros((rows, columns), bool)
    found = []
    for row in range(rows):
        for column in range(columns):
            if taken[row, column]:
                continue
            group = _open_to(row, column, below, beside, rows, columns)
            bottom, right = max(r for r, _ in group), max(c for _, c in group)
            first_row, first_column = min(r for r, _ in group), min(c for _, c in group)
            whole = (bottom - first_row + 1) * (right - first_column + 1) == len(group)
            if not whole or (first_row, first_column) != (row, column) or taken[row : bottom + 1, column : right + 1].any():
                bottom, right = row, column  # borders that contradict each other: no span can be told
            taken[row : bottom + 1, column : right + 1] = True
            found.append(Span(row, column, bottom - row + 1, right - column + 1))
    return found


def _borders(grid: Grid) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.bool_]], np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """Return whether each elementary cell has a border below it, and beside it on the right."""
    rows, columns = len(grid.ys) - 1, len(grid.xs) - 1
    below, beside = np.zeros((rows, columns), bool), np.zeros((rows, columns), bool)
    xs, ys = np.array(grid.xs), np.array(grid.ys)
    for rule in grid.rules:
        places, along, marks = (ys, xs, below) if rule.horizontal else (xs, ys, beside.T)
        nearest = int(np.abs(places - rule.position).argmin())
        if 0 < nearest < len(places) - 1:
            covered = np.minimum(along[1:], rule.end) - np.maximum(along[:-1], rule.start)
            marks[nearest - 1] |= covered >= COVERED * (along[1:] - along[:-1])
    return below, beside


def _open_to(
    row: int,
    column: int,
    below: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    beside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    rows: int,
    columns: int,
) -> set[tuple[int, int]]:
    """Return the elementary cells that can be reached from one without crossing a border."""
    group, todo = {(row, column)}, [(row, column)]
    while todo:
        r, c = todo.pop()
        steps = (
            (r + 1, c, r + 1 < rows and not below[r, c]),
            (r - 1, c, r > 0 and not below[r - 1, c]),
            (r, c + 1, c + 1 < columns and not beside[r, c]),
            (r, c - 1, c > 0 and not beside[r, c - 1]),
        )
        for next_row, next_column, is_open in steps:
            if is_open and (next_row, next_column) not in group:
                group.add((next_row, next_column))
                todo.append((next_row, next_column))
    return group
