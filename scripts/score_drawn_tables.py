"""Print how well docai reads tables drawn by chance: TEDS, TEDS-struct, adjacency and spans, by style and by language.

`PYTHONPATH=. .venv/bin/python scripts/score_drawn_tables.py --seeds 500`, from the project's root. The best of the tables found on
a page counts, 0 where there is none; with `--dpi` the pages are read from pictures alone.
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import pymupdf

import docai
from docai.document import Table
from docai.errors import MissingDependency
from docai.tasks.table import Agreement, adjacency, teds
from fine_tune.synth.table import draw_table

WORST = 10  # seeds told at the end


@dataclass(frozen=True, slots=True)
class Score:
    """How well one page was read."""

    seed: int
    style: str
    language: str
    size: str
    tables: int
    structure: float
    text: float
    neighbours: Agreement
    spans: Agreement


def spans(table: Table) -> set[tuple[int, int, int, int]]:
    """Return the places of the cells that span others."""
    return {(c.row, c.column, c.row_span, c.column_span) for c in table.cells if c.row_span * c.column_span > 1}


def photographed(pdf: bytes, dpi: int) -> bytes:
    """Return the page as PNG."""
    with pymupdf.open(stream=pdf, filetype="pdf") as file:
        png: bytes = file[0].get_pixmap(dpi=dpi, alpha=False).tobytes("png")
        return png


def score(seed: int, *, held_out: bool, dpi: int | None) -> Score | str:
    """Draw a page, read it, and return how well; or why it could not be drawn."""
    try:
        drawn = draw_table(seed, held_out)
    except MissingDependency as missing:
        return str(missing)
    data = photographed(drawn.pdf, dpi) if dpi else drawn.pdf
    found = docai.extract(data, languages=(drawn.language,)).tables
    expected = drawn.table
    best = max(found, key=lambda table: teds(table, expected, structure_only=True), default=None)
    return Score(
        seed,
        drawn.style,
        drawn.language,
        f"{expected.row_count} x {expected.column_count}",
        len(found),
        teds(best, expected, structure_only=True) if best else 0.0,
        teds(best, expected) if best else 0.0,
        adjacency(found, [expected]),
        Agreement(len(spans(best) & spans(expected)), len(spans(best)), len(spans(expected)))
        if best
        else Agreement(0, 0, len(spans(expected))),
    )


def line(name: str, scores: Iterable[Score]) -> str:
    """Return what a line of the report says of some pages."""
    some = list(scores)
    spanning = Agreement(*(sum(one.spans[n] for one in some) for n in range(3)))
    return (
        f"{name:16s} {len(some):5d} {statistics.mean(one.structure for one in some):11.3f} "
        f"{statistics.mean(one.text for one in some):6.3f} {statistics.mean(one.neighbours.f1 for one in some):9.3f} "
        f"{spanning.recall:11.3f} {spanning.precision:10.3f} {sum(one.structure > 1 - 1e-9 for one in some):8d} "
        f"{sum(one.tables != 1 for one in some):8d}"
    )


def details(one: Score) -> str:
    """Return what a line says of one page."""
    return (
        f"seed {one.seed:4d} {one.style:14s} {one.language} {one.size:7s} tables {one.tables} structure {one.structure:.3f} "
        f"TEDS {one.text:.3f} adjacency {one.neighbours.f1:.3f} spans {one.spans.common}/{one.spans.expected}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=500, help="how many pages")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--held-out", action="store_true", help="pages of the producer and styles kept for measuring")
    parser.add_argument("--dpi", type=int, help="read pictures of the pages at this resolution")
    parser.add_argument("--each", action="store_true", help="print a line for each page")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes")
    arguments = parser.parse_args()
    work = partial(score, held_out=arguments.held_out, dpi=arguments.dpi)
    scores, left_out = [], set()
    with ProcessPoolExecutor(arguments.jobs, mp_context=get_context("spawn")) as pool:
        for one in pool.map(work, range(arguments.first, arguments.first + arguments.seeds)):
            if isinstance(one, str):
                left_out.add(one)
                continue
            scores.append(one)
            if arguments.each:
                print(details(one), flush=True)
    for reason in sorted(left_out):
        print(f"left out: {reason}")
    if not scores:
        raise SystemExit("nothing could be drawn")
    print(f"{'':16s} pages TEDS-struct   TEDS adjacency spans found of those,  exactly  not one")
    print(f"{'':16s} {'':5s} {'':11s} {'':6s} {'F1':>9s} {'':11s} {'right':>10s} {'right':>8s} {'table':>8s}")
    print(line("all", scores))
    for key in ("style", "language"):
        groups = defaultdict(list)
        for one in scores:
            groups[getattr(one, key)].append(one)
        for name in sorted(groups):
            print(line(name, groups[name]))
    print("\nthe worst:")
    for one in sorted(scores, key=lambda one: (one.structure, one.text))[:WORST]:
        print(details(one))


if __name__ == "__main__":
    main()
