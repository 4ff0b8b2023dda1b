"""The table competition of ICDAR 2013: PDFs of governments with the structure of their tables, scored by neighbouring cells.

As published: `us-003.pdf` beside `us-003-str.xml`, whose regions, also on several pages, make up tables. A document is one item,
its tables taken together, as the competition's own evaluation does. Source: Göbel et al. 2013, "ICDAR 2013 table competition".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from docai.document import Document, Table
from docai.errors import NothingToDo, Unreadable
from docai.labelled import Item, Judged, Score
from docai.labelled.grids import Placed, table_of, told
from docai.tasks.table import adjacency

ENDING = "-str.xml"


class Layout:
    """The competition's documents in a folder."""

    metrics = ("adjacency_f1", "adjacency_precision", "adjacency_recall")

    def __init__(self, path: Path) -> None:
        self.path = path

    def items(self) -> Iterator[Item]:
        """Yield the documents by their names; they are grouped by where they come from, `eu` or `us`."""
        found = sorted(self.path.rglob(f"*{ENDING}")) if self.path.is_dir() else []
        if not found:
            raise NothingToDo(f"{self.path}: no *{ENDING} in it; name the folder that holds them and their PDFs")
        for file in found:
            name = file.name.removesuffix(ENDING)
            tables, shown = _tables(file)
            yield Item(name, file.with_name(f"{name}.pdf"), tables, group=name.partition("-")[0], shown=shown)

    def judge(self, item: Item, answer: Any) -> Judged:
        """Return how many neighbourhoods of cells are those of the true tables; weights make the sums those of all documents."""
        found = answer.tables if isinstance(answer, Document) else ()
        agreed = adjacency(found, item.truth)
        scores = (
            Score(metric="adjacency_f1", value=agreed.f1, weight=agreed.found + agreed.expected),
            Score(metric="adjacency_precision", value=agreed.precision, weight=agreed.found),
            Score(metric="adjacency_recall", value=agreed.recall, weight=agreed.expected),
        )
        return Judged(scores, "\n\n".join(map(told, found)), "\n\n".join(map(told, item.truth)))


def _tables(file: Path) -> tuple[tuple[Table, ...], int]:
    """Return the true tables of a document, and the page of the first.

    Raises:
        Unreadable: The file is not XML, or its cells have no rows and columns.
    """
    try:
        tree = Xml.parse(file)  # noqa: S314  # expat, from 2.4.1 on, limits how entities grow
        tables = (table_of(_cells(table)) for table in tree.iter("table"))
        regions = tree.iter("region")
        return tuple(table for table in tables if table is not None), max(1, _number(next(regions), "page", "1"))
    except (Xml.ParseError, OSError, ValueError, StopIteration) as error:
        raise Unreadable(f"{file}: not the structure of tables ({error}); was it copied completely?") from error


def _cells(table: Xml.Element) -> Iterator[Placed]:
    for region in table.iter("region"):
        rows, columns = _number(region, "row-increment", "0"), _number(region, "col-increment", "0")
        for cell in region.iter("cell"):
            top, left = _number(cell, "start-row"), _number(cell, "start-col")
            bottom, right = _number(cell, "end-row", str(top)), _number(cell, "end-col", str(left))
            text = (cell.findtext("content") or "").strip()
            yield Placed(top + rows, left + columns, max(1, bottom - top + 1), max(1, right - left + 1), text)


def _number(element: Xml.Element, name: str, default: str | None = None) -> int:
    """Return an attribute that is a whole number from 0; `default` where it is missing, or "-1" or no number, as in some files."""
    told_number = element.get(name) or default
    if told_number is None:
        raise ValueError(f"a {element.tag} without {name}")
    if default is not None and not told_number.isdigit():
        return int(default)
    number = int(told_number)
    if not 0 <= number < 10_000:  # more rows than any page of the competition has points
        raise ValueError(f"{name} is {number}")
    return number
