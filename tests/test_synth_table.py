"""Drawn tables: the same for the same seed, each cell's text where the truth says, and read exactly where all is ruled."""

from __future__ import annotations

import re
from functools import cache

import pymupdf
import pytest

import docai
from docai.errors import MissingDependency
from docai.tasks.table import teds
from fine_tune.synth.fonts import faces
from fine_tune.synth.table import HELD_OUT_STYLES, STYLES, draw_table
from fine_tune.synth.words import LANGUAGES

DRAWN = tuple(range(len(STYLES) * len(LANGUAGES)))
HELD_OUT = tuple(range(0, len(HELD_OUT_STYLES) * len(LANGUAGES), 2))


@cache
def drawn(seed, held_out=False):
    try:
        return draw_table(seed, held_out)
    except (MissingDependency, OSError) as missing:  # OSError: WeasyPrint is there, the libraries that it needs are not
        pytest.skip(str(missing).splitlines()[0])


def without_spaces(text):
    return re.sub(r"\s+", "", text)


def letters_in(data, boxes):
    """Return for each box, in fractions of the displayed page, the letters whose middle lies in it."""
    with pymupdf.open(stream=data, filetype="pdf") as file:
        page = file[0]
        turn, width, height = page.rotation_matrix, page.rect.width, page.rect.height
        lines = [line for block in page.get_text("rawdict")["blocks"] for line in block.get("lines", ())]
        letters = [letter for line in lines for span in line["spans"] for letter in span["chars"]]
    found = [""] * len(boxes)
    for letter in letters:
        middle = (pymupdf.Rect(letter["bbox"]) * turn).normalize()
        x, y = (middle.x0 + middle.x1) / 2 / width, (middle.y0 + middle.y1) / 2 / height
        for place, box in enumerate(boxes):
            if box.left <= x < box.right and box.top <= y < box.bottom:
                found[place] += letter["c"]
    return found


@pytest.mark.parametrize("held_out", [False, True])
def test_a_seed_always_gives_the_same_page(held_out):
    assert drawn(4, held_out) == draw_table(4, held_out)
    assert drawn(4, held_out).pdf != drawn(5, held_out).pdf


@pytest.mark.parametrize(("seed", "held_out"), [(seed, False) for seed in DRAWN] + [(seed, True) for seed in HELD_OUT])
def test_each_cell_has_its_text_on_the_page_and_nothing_else(seed, held_out):
    page = drawn(seed, held_out)
    cells = page.table.cells
    found = letters_in(page.pdf, [cell.box for cell in cells])
    assert [without_spaces(text) for text in found] == [without_spaces(cell.text) for cell in cells]


@pytest.mark.parametrize(("seed", "held_out"), [(seed, False) for seed in DRAWN] + [(seed, True) for seed in HELD_OUT])
def test_a_table_is_one_that_people_set(seed, held_out):
    table = drawn(seed, held_out).table
    heads = table.header_row_count
    assert 1 <= heads <= 4
    assert table.column_count >= 2
    assert table.row_count - heads >= 3
    assert {cell.header for cell in table.cells if cell.row < heads} <= {"column", "both"}
    assert all(any(cell.text for cell in row) for row in table.grid())


def test_styles_and_languages_take_turns():
    assert {(page.style, page.language) for page in map(drawn, DRAWN)} == {(s, lang) for s in STYLES for lang in LANGUAGES}
    assert {drawn(seed, held_out=True).style for seed in HELD_OUT} == set(HELD_OUT_STYLES)
    assert not set(STYLES) & set(HELD_OUT_STYLES)


def test_some_tables_span_rows_and_columns():
    cells = [cell for seed in DRAWN for cell in drawn(seed).table.cells]
    assert any(cell.row_span > 1 and cell.header == "row" for cell in cells)
    assert any(cell.column_span > 1 and cell.header == "column" for cell in cells)
    assert any(cell.column_span > 1 and cell.header == "row" for cell in cells)


def test_a_turned_page_is_displayed_upright():
    page = drawn(HELD_OUT_STYLES.index("rotated"), held_out=True)
    with pymupdf.open(stream=page.pdf, filetype="pdf") as file:
        assert file[0].rotation == 90
        assert file[0].rect.width > file[0].rect.height


def test_a_language_without_a_font_is_named(monkeypatch):
    monkeypatch.setattr("fine_tune.synth.fonts._installed", dict)
    faces.cache_clear()
    with pytest.raises(MissingDependency, match=r"'ko'.*fonts-nanum"):
        faces("ko")
    faces.cache_clear()


@pytest.mark.parametrize("turn", range(12))
def test_tables_ruled_in_full_are_read_exactly(turn):
    page = drawn(len(STYLES) * turn + STYLES.index("ruled"))
    (found,) = docai.extract(page.pdf, languages=(page.language,)).tables
    places = [{(c.row, c.column, c.row_span, c.column_span) for c in table.cells} for table in (found, page.table)]
    assert places[0] == places[1]
    assert teds(found, page.table, structure_only=True) > 0.95  # how many rows are heads is another question
