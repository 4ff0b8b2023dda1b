"""Tables: the question, what readers and exporters ask of an answer, and how good it is. Answered by a `Table`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from docai.document import Cell, Table, replace
from docai.numbers import EXPECTED, read_columns
from docai.table_parts import is_crossed


@dataclass(frozen=True, slots=True)
class ReadTable:
    """Asks for the cells of the one table in a view; `languages` are ISO 639-1 codes, most likely first."""

    languages: tuple[str, ...] = ("en",)
    name: str = "table"


def with_numbers(table: Table, languages: Sequence[str] = EXPECTED, *, around: str = "") -> Table:
    """Return `table` with the number of each cell of its body whose text is one, as `docai.numbers` reads it.

    `languages` are those that its document may be written in, `around` the words round it, which tell which of them it is.
    """
    columns: dict[int, list[Cell]] = {}
    for cell in table.cells:
        if cell.header == "none":
            columns.setdefault(cell.column, []).append(cell)
    context = " ".join(cell.text for cell in table.cells if cell.header != "none")
    texts = [[cell.text for cell in column] for column in columns.values()]
    found = read_columns(texts, context=context, languages=languages, around=around)
    numbers = {
        (cell.row, cell.column): float(number.value)
        for column, own in zip(columns.values(), found, strict=True)
        for cell, number in zip(column, own, strict=True)
        if number is not None
    }
    pairs = ((cell, numbers.get((cell.row, cell.column))) for cell in table.cells)
    return replace(table, cells=tuple(cell if cell.number == number else replace(cell, number=number) for cell, number in pairs))


def valued(table: Table) -> Table:
    """Return a table with its numbers: as they were read with the document, or else as its own texts tell them."""
    return table if any(cell.number is not None for cell in table.cells) else with_numbers(table)


def in_reading_order(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return cells row by row, from left to right."""
    return tuple(sorted(cells, key=lambda cell: (cell.row, cell.column)))


def stacked(tables: Sequence[Table]) -> Table | None:
    """Return the parts of one table below each other as one, headers that a part repeats left out; None if widths differ.

    Its page, box and words are those of the first part and all words.
    """
    first = tables[0]
    if any(table.column_count != first.column_count for table in tables):
        return None
    cells, rows = list(first.cells), first.row_count
    for table in tables[1:]:
        repeated = _repeated(first, table)
        shift = rows - repeated
        cells += [replace(cell, row=cell.row + shift) for cell in table.cells if cell.row >= repeated]
        rows += table.row_count - repeated
    words = tuple(word for table in tables for word in table.words)
    return replace(first, row_count=rows, cells=tuple(cells), words=words)


def _repeated(first: Table, table: Table) -> int:
    """Return how many leading rows of a part are the headers of the first part again, or its first row where it has none.

    A part may show fewer of several header rows than the first part has.
    """
    heads = [[cell.text for cell in row] for row in first.grid()[: max(1, first.header_row_count)]]
    here = [[cell.text for cell in row] for row in table.grid()]
    for count in range(min(len(heads), table.row_count - 1), 0, -1):
        if here[:count] == heads[:count] and any(map(any, heads[:count])) and not is_crossed(table, count):
            return count
    return 0


# Scores


class Agreement(NamedTuple):
    """How many of the things found are among those expected."""

    common: int
    found: int
    expected: int

    @property
    def precision(self) -> float:
        """Share of what was found that was expected, 0..1; 1 where nothing was found."""
        return self.common / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of what was expected that was found, 0..1; 1 where nothing was expected."""
        return self.common / self.expected if self.expected else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.common / (self.found + self.expected) if self.found + self.expected else 1.0


def adjacency(found: Iterable[Table], expected: Iterable[Table]) -> Agreement:
    """Return how many neighbourhoods of cells the tables of a document share with those expected.

    A neighbourhood is a cell's text, that of the nearest cell with text to its right or below it, and which of the two;
    texts are compared by their letters and digits alone (Göbel et al. 2012, "A methodology for evaluating algorithms for
    table understanding in PDF documents", as in the ICDAR 2013 table competition).
    """
    here = Counter(pair for table in found for pair in _neighbours(table))
    there = Counter(pair for table in expected for pair in _neighbours(table))
    return Agreement((here & there).total(), here.total(), there.total())


def _neighbours(table: Table) -> Iterator[tuple[str, str, str]]:
    grid = table.grid()
    texts = {id(cell): re.sub(r"[\W_]+", "", cell.text).lower() for cell in table.cells}
    seen: set[tuple[int, int, str]] = set()
    for row, cells in enumerate(grid):
        for column, cell in enumerate(cells):
            ways = {
                "right": cells[column + 1 :],
                "below": [below[column] for below in grid[row + 1 :]],
            }
            for way, others in ways.items():
                other = next((o for o in others if o is not cell and texts[id(o)]), None)
                if texts[id(cell)] and other is not None and (id(cell), id(other), way) not in seen:
                    seen.add((id(cell), id(other), way))
                    yield texts[id(cell)], texts[id(other)], way


def teds(found: Table, expected: Table, *, structure_only: bool = False) -> float:
    """Return how alike two tables are as trees of HTML, 0..1: the tree-edit-distance-based similarity.

    1 minus the edit distance over the number of elements of the larger one; cells of the same spans are exchanged at the
    normalised edit distance of their texts, or for nothing with `structure_only` (Zhong et al. 2020, "Image-based table
    recognition: data, model, and evaluation", arXiv 1911.10683). The distance is that of Zhang and Shasha (1989); the time
    grows with the product of the numbers of cells: half a second for two of 200.
    """
    one, other = _tree(found), _tree(expected)
    larger = max(one.size, other.size) - 1  # the table itself is none of its elements
    # below 0 where hardly an element can keep its place: rows of heads against rows of a body
    return max(0.0, 1.0 - _edit_distance(one, other, structure_only=structure_only) / larger)


@dataclass(frozen=True, slots=True)
class _Element:
    """An element of a table as HTML has it; a cell's `label` tells its spans."""

    label: tuple[str, int, int]
    text: str = ""
    children: list[_Element] = field(default_factory=list)

    @property
    def size(self) -> int:
        return 1 + sum(child.size for child in self.children)


def _tree(table: Table) -> _Element:
    heads = table.header_row_count
    rows = [_Element(("tr", 1, 1)) for _ in range(table.row_count)]
    for cell in in_reading_order(table.cells):
        rows[cell.row].children.append(_Element(("td", cell.row_span, cell.column_span), cell.text))
    parts = [_Element((name, 1, 1), children=own) for name, own in (("thead", rows[:heads]), ("tbody", rows[heads:])) if own]
    return _Element(("table", 1, 1), children=parts)


def _postorder(element: _Element) -> tuple[list[_Element], list[int]]:
    """Return the elements of a tree, children first, and for each the place of the first leaf below it."""
    elements: list[_Element] = []
    leaves: list[int] = []

    def visit(one: _Element) -> int:
        first = [visit(child) for child in one.children]
        elements.append(one)
        leaves.append(first[0] if first else len(elements) - 1)
        return leaves[-1]

    visit(element)
    return elements, leaves


def _edit_distance(one: _Element, other: _Element, *, structure_only: bool) -> float:
    """Return what it costs to make one tree the other, by Zhang and Shasha's names: `keyroots` have a sibling on their left."""
    (ones, ones_leaves), (others, others_leaves) = _postorder(one), _postorder(other)
    distance = [[0.0] * len(others) for _ in ones]
    for i in _keyroots(ones_leaves):
        for j in _keyroots(others_leaves):
            top, left = ones_leaves[i], others_leaves[j]
            forest = [[0.0] * (j - left + 2) for _ in range(i - top + 2)]
            forest[0] = [float(n) for n in range(j - left + 2)]
            for a in range(top, i + 1):
                row, above = forest[a - top + 1], forest[a - top]
                row[0] = above[0] + 1
                for b in range(left, j + 1):
                    least = min(above[b - left + 1], row[b - left]) + 1
                    if ones_leaves[a] == top and others_leaves[b] == left:
                        swap = above[b - left] + _exchange(ones[a], others[b], structure_only=structure_only)
                        distance[a][b] = row[b - left + 1] = min(least, swap)
                    else:
                        whole = forest[ones_leaves[a] - top][others_leaves[b] - left] + distance[a][b]
                        row[b - left + 1] = min(least, whole)
    return distance[-1][-1]


def _keyroots(leaves: Sequence[int]) -> list[int]:
    return sorted({leaf: place for place, leaf in enumerate(leaves)}.values())


def _exchange(one: _Element, other: _Element, *, structure_only: bool) -> float:
    if one.label != other.label:
        return 1.0
    return 0.0 if structure_only else float(Levenshtein.normalized_distance(one.text, other.text))
