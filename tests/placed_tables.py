"""Tables placed in points on a page of values: their words, the rules between them, and what is found and read there.

Words are those of `tests.drawn_pages`, with letters half as wide as the font is high; `align` has a letter for each column:
l, c and r for texts that begin at, stand centred on, or end at the column's place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from docai.alignment import Row, find_rows
from docai.backends.classical import Backend
from docai.backends.classical.pieces import Setting, TextRow, cut_rows, find_rule_rows
from docai.box import Box, hull
from docai.document import Table
from docai.exchange import Request
from docai.lines import Line, find_lines
from docai.sources import Rule, SourceWord, VectorPath
from docai.tabular import Found
from docai.tasks.table import ReadTable
from docai.tiling import View
from tests.drawn_pages import HEIGHT, LETTER_EMS, REFERENCE, SPACE_EMS, WIDTH, words

EM, LEADING = 10 / WIDTH, 10 / HEIGHT  # of text of 10 points
SHARES = {"l": 0.0, "c": 0.5, "r": 1.0}


def put(text: str, x: float, baseline: float, align: str = "l", size: float = 10.0, **more: Any) -> list[SourceWord]:
    """Return the words of a text that begins at `x`, is centred on it, or ends there."""
    width = (LETTER_EMS * len(text.replace(" ", "")) + SPACE_EMS * text.count(" ")) * size
    return words(text, x - SHARES[align] * width, baseline, size, line=round(1000 * baseline + x), **more)


def rows_at(
    rows: Sequence[Sequence[str]],
    xs: Sequence[float],
    align: str = "",
    *,
    top: float = 100.0,
    step: float = 14.0,
    tops: Sequence[float] = (),
    styles: Mapping[int, Mapping[str, Any]] | None = None,
) -> list[SourceWord]:
    """Return the words of rows of texts, blank ones left out; row n has the style `styles[n]`, and `tops` are the baselines."""
    found = []
    for n, row in enumerate(rows):
        for place, (x, text) in enumerate(zip(xs, row, strict=False)):
            baseline = tops[n] if tops else top + n * step
            found += put(text, x, baseline, align[place] if align else "l", **(styles or {}).get(n, {}))
    return found


def across(y: float, start: float, end: float) -> Rule:
    return Rule(True, y / HEIGHT, start / WIDTH, end / WIDTH, 0.5)


def down(x: float, start: float, end: float) -> Rule:
    return Rule(False, x / WIDTH, start / HEIGHT, end / HEIGHT, 0.5)


def shade(left: float, top: float, right: float, bottom: float, fill: str = "#dde6f0") -> VectorPath:
    box = Box.clipped(left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT)
    return VectorPath(box, fill, "", 0.0, (("rectangle", *box),))


def curve(left: float, top: float, right: float, bottom: float) -> VectorPath:
    """Return the outline of a box with four round corners."""
    box = Box.clipped(left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT)
    corner = ("curve", box.left, box.top, box.left, box.top, box.right, box.bottom, box.right, box.bottom)
    return VectorPath(box, "", "#000000", 1.0, (corner,) * 4)


# ---- as the modules take them


def lines_in(found: Sequence[SourceWord]) -> list[Line]:
    """Return the lines that words make, from top to bottom and from left to right."""
    return sorted(find_lines(found, WIDTH, HEIGHT), key=lambda line: (line.baseline, line.box.left))


def rows_in(found: Sequence[SourceWord]) -> list[Row]:
    return find_rows(lines_in(found))


def pieces_in(found: Sequence[SourceWord], columns: Sequence[tuple[float, float]]) -> list[TextRow]:
    """Return rows of text cut at columns, which are in points."""
    return cut_rows(rows_in(found), fractions(columns), EM)


def setting(columns: Sequence[tuple[float, float]], rules: Sequence[Rule] = ()) -> Setting:
    return Setting(tuple(fractions(columns)), tuple(find_rule_rows(rules, EM, LEADING)), EM, LEADING)


def fractions(columns: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(left / WIDTH, right / WIDTH) for left, right in columns]


# ---- what is read


def read(found: Sequence[SourceWord], rules: Sequence[Rule] = ()) -> Table:
    """Return the table that the built-in backend reads, of which each word given is part once."""
    table = read_or_none(found, rules)
    assert table is not None
    return table


def read_or_none(found: Sequence[SourceWord], rules: Sequence[Rule] = ()) -> Table | None:
    """Return the same, or None where a problem says that it could not be read."""
    box = hull([one.box for one in found])
    view = View(REFERENCE, WIDTH, HEIGHT, box, tuple(found), tuple(rules))
    (reply,) = Backend().answer([Request(ReadTable(), (view,), "classical")])
    table = reply.answer
    if table is None:
        assert [problem.code for problem in reply.problems] == ["table_unclear"]
        return None
    assert isinstance(table, Table)
    assert Counter(w.text for w in table.words) == Counter(w.text for w in found)
    assert letters(*(cell.text for cell in table.cells)) == letters(*(w.text for w in found))
    return table


def letters(*held: str) -> Counter[str]:
    """Return what texts hold, but for spaces and the hyphens at which lines are broken."""
    return Counter("".join(held).replace(" ", "").replace("-", ""))


def texts(table: Table) -> list[list[str]]:
    """Return the texts of all positions; a cell that spans several stands at each."""
    return [[cell.text for cell in row] for row in table.grid()]


def spans(table: Table) -> dict[str, tuple[int, int]]:
    """Return how many rows and columns the cells cover that cover more than one, by their text."""
    return {c.text: (c.row_span, c.column_span) for c in table.cells if c.row_span * c.column_span > 1}


def texts_found(tables: Sequence[Found]) -> list[str]:
    """Return the text of each table that was found, from top to bottom and from left to right, its lines as they are read."""
    ordered = sorted(tables, key=lambda found: (round(found.box.top, 2), found.box.left))
    return [
        " | ".join(" ".join(line.text for line in row.lines) for row in find_rows(sorted(t.lines, key=lambda n: n.baseline)))
        for t in ordered
    ]
