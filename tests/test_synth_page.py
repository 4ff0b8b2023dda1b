"""Drawn pages: the same for the same seed, their ink where the truth says, and their truth in words that models can say."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import unicodedata
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest

from docai.dialects import Said, Sight
from docai.dialects.markup import Dialect
from docai.document import Chart, Document, Table, Text
from docai.errors import MissingDependency
from docai.tasks.chart import ReadChart, score
from docai.tasks.page import ReadPage
from docai.tasks.table import ReadTable
from fine_tune.synth.pages import PAGE_KINDS, draw_page
from fine_tune.synth.pages.chart import CHART_KINDS, HELD_OUT_CHART_KINDS
from fine_tune.synth.pages.content import Author
from fine_tune.synth.pages.words import SYLLABLES, TONES, VIETNAMESE_VOWELS
from fine_tune.synth.words import LANGUAGES
from tests import inked_pages

PAGES = [(kind, language, held_out) for kind in PAGE_KINDS for language in LANGUAGES for held_out in (False, True)]
SEEDED = [pytest.param(seed, *page, id=f"{seed}-{'-'.join(map(str, page))}") for seed, page in enumerate(PAGES + PAGES[::3])]


@cache
def drawn(seed, kind=None, language=None, held_out=False):
    try:
        return draw_page(seed, kind=kind, language=language, held_out=held_out)
    except MissingDependency as missing:
        pytest.skip(str(missing))


ANY = range(50)


def contents(page, kind):
    return [block.content for block in page.document.blocks if isinstance(block.content, kind)]


# ---- ink


@pytest.mark.parametrize(("seed", "kind", "language", "held_out"), SEEDED)
def test_boxes_are_those_of_the_ink_and_no_ink_is_untold(seed, kind, language, held_out):
    drawn(seed, kind, language, held_out)  # or the fonts are missing
    sheet = inked_pages.composed(seed, kind, language, held_out).sheet
    assert inked_pages.faults(sheet) == []
    assert inked_pages.overlaps(sheet) == []


def test_what_is_checked_is_what_is_drawn():
    page = drawn(3, "invoice", "en")
    sheet = inked_pages.composed(3, "invoice", "en").sheet
    assert np.array_equal(inked_pages.painted(sheet.strokes, sheet.width, sheet.height, sheet.paper), page.pixels)
    assert page.document.pages[0].words == tuple(word for content in sheet.contents for word in content.words)


def test_the_check_sees_a_box_that_is_off():
    drawn(3, "letter", "en")
    sheet = inked_pages.composed(3, "letter", "en").sheet
    text = next(content for content in sheet.contents if isinstance(content, Text))
    word = text.words[0]
    for moved in (
        word.box._replace(right=word.box.right + 4 / sheet.width),
        word.box._replace(right=word.box.right - 4 / sheet.width),
    ):
        off = text.model_copy(update={"words": (word.model_copy(update={"box": moved}), *text.words[1:])})
        sheet.contents[sheet.contents.index(text)] = off
        assert inked_pages.faults(sheet)
        sheet.contents[sheet.contents.index(off)] = text
    assert not inked_pages.faults(sheet)


def test_more_dots_per_inch_make_a_larger_picture():
    drawn(1, "form", "vi")
    small, large = (draw_page(1, kind="form", language="vi", dpi=dpi) for dpi in (100, 200))
    assert large.pixels.shape[0] == pytest.approx(2 * small.pixels.shape[0], abs=2)
    assert large.document.pages[0].width_points == pytest.approx(small.document.pages[0].width_points, abs=1)


# ---- seeds


def told(page):
    return hashlib.sha256(page.pixels.tobytes() + page.document.to_json().encode() + repr(page.fields).encode()).hexdigest()


def test_a_seed_gives_the_same_page_in_any_process():
    seeds = (3, 4, 5, 6)
    here = [told(drawn(seed)) for seed in reversed(seeds)][::-1]
    program = (
        "import hashlib\nfrom fine_tune.synth.pages import draw_page\n"
        f"for seed in {seeds}:\n"
        "    page = draw_page(seed)\n"
        "    data = page.pixels.tobytes() + page.document.to_json().encode() + repr(page.fields).encode()\n"
        "    print(hashlib.sha256(data).hexdigest())\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == here
    assert len(set(here)) == len(seeds)


def test_kinds_and_languages_are_all_drawn_without_asking():
    pages = [drawn(seed) for seed in ANY]
    assert {page.kind for page in pages} == set(PAGE_KINDS)
    assert {page.language for page in pages} == set(LANGUAGES)


# ---- truth


@pytest.mark.parametrize(("seed", "kind", "language", "held_out"), SEEDED[::2])
def test_a_page_is_a_document_that_crosses_json(seed, kind, language, held_out):
    page = drawn(seed, kind, language, held_out)
    document = page.document
    assert Document.model_validate_json(document.to_json()) == document
    ids = [block.id for block in document.blocks]
    assert len(set(ids)) == len(ids) > 0
    assert {caption for block in document.blocks for caption in block.captions} <= set(ids)
    for text in contents(page, Text):
        assert text.text == " ".join(word.text for word in text.words)
        assert text.text == unicodedata.normalize("NFC", text.text)
    for table in contents(page, Table):
        printed = "".join(word.text for word in table.words)
        assert sorted(printed) == sorted(re.sub(r"\s", "", "".join(cell.text for cell in table.cells)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["letter", "invoice", "receipt", "form"])
def test_fields_stand_where_the_page_says_their_values(kind, language):
    for seed in range(2):
        page = drawn(seed, kind, language)
        words = page.document.pages[0].words
        assert page.fields
        for field in page.fields:
            inside = [word.text for word in words if field.box.contains(word.box, 0.0005)]
            assert " ".join(inside) == field.value
            assert field.label.split()[0] in " ".join(word.text for word in words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sums_of_invoices_add_up(language):
    for seed in range(3):
        fields = {field.name: field.value for field in drawn(seed, "invoice", language).fields}
        sums = ("subtotal", "discount", "tax", "total")
        found = {name: number_in(fields[name], language) for name in sums if name in fields}
        assert found["total"] == pytest.approx(found["subtotal"] + found.get("discount", 0.0) + found["tax"])


def number_in(text, language):
    digits = re.sub(r"[^\d.,-]", "", text)
    return float(digits.replace(".", "").replace(",", ".") if language == "vi" else digits.replace(",", ""))


def test_pages_about_tables_and_charts_have_them():
    assert all(contents(drawn(seed, "table"), Table) for seed in range(12))
    assert all(contents(drawn(seed, "chart"), Chart) for seed in range(12))


def test_tables_span_rows_and_columns():
    cells = [cell for seed in range(40) for table in contents(drawn(seed, "table"), Table) for cell in table.cells]
    assert any(cell.row_span > 1 and cell.header == "row" for cell in cells)
    assert any(cell.column_span > 1 and cell.header == "column" for cell in cells)
    assert any(cell.column_span > 1 and cell.header == "row" for cell in cells)


@pytest.mark.parametrize("seed", range(20))
def test_charts_score_1_and_bars_are_as_long_as_their_values(seed):
    page = drawn(seed, "chart")
    high, wide, _ = page.pixels.shape
    for chart in contents(page, Chart):
        assert score(chart, chart).f1 == pytest.approx(1.0)
        if chart.chart_type != "bar" or chart.stacking != "none":
            continue
        lying = chart.orientation == "horizontal"
        bars = [
            (p.y - (p.low or 0.0), p.box.width * wide if lying else p.box.height * high) for s in chart.series for p in s.points
        ]
        values, lengths = np.array(bars).T
        slope = (values @ lengths) / (values @ values)
        assert np.abs(lengths - slope * values).max() <= 1.5  # pixels: either end is rounded


def test_marks_of_lines_are_as_high_as_their_values():
    found = 0
    for chart in (chart for seed in range(30) for chart in contents(drawn(seed, "chart"), Chart)):
        if chart.chart_type not in ("line", "scatter"):
            continue
        points = [point for series in chart.series for point in series.points]
        values = np.array([point.y for point in points])
        middles = np.array([(point.box.top + point.box.bottom) / 2 for point in points])
        slope, base = np.polyfit(values, middles, 1)
        assert slope < 0  # upwards on the page
        assert np.abs(slope * values + base - middles).max() < 0.001  # of the page: a pixel
        found += 1
    assert found > 1


def test_held_out_charts_are_of_more_kinds():
    assert set(HELD_OUT_CHART_KINDS) > set(CHART_KINDS)


@pytest.mark.parametrize(("seed", "kind", "language", "held_out"), SEEDED[::3])
def test_what_is_drawn_can_be_said_in_our_markup(seed, kind, language, held_out):
    page, dialect, sight = drawn(seed, kind, language, held_out), Dialect(), Sight((language,))
    read = tuple(block.content for block in page.document.blocks)
    assert dialect.decode(ReadPage(), Said(dialect.encode(ReadPage(), read, sight)), sight).problems == ()
    for table in contents(page, Table):
        assert dialect.encode(ReadTable(), table, sight)
    for chart in contents(page, Chart):
        assert dialect.encode(ReadChart(), chart, sight)


# ---- letters


def test_made_up_words_reach_all_syllables_of_ks_x_1001():
    author = Author(Random(1), "ko")
    assert len(SYLLABLES) == 2350
    assert set(SYLLABLES) <= set("".join(author.made_up() for _ in range(20_000)))


def test_made_up_words_reach_all_toned_letters_of_vietnamese():
    author = Author(Random(1), "vi")
    toned = {unicodedata.normalize("NFC", letter + tone) for letter in VIETNAMESE_VOWELS for tone in TONES} | {"đ"}
    assert len(toned) == 73  # twelve vowels in six tones, and đ
    assert toned | {letter.upper() for letter in toned} <= set("".join(author.made_up() for _ in range(20_000)))


def test_pages_hold_numbers_dates_codes_and_addresses():
    text = " ".join(word.text for seed in ANY for word in drawn(seed).document.pages[0].words)
    for form in (r"\d{4}-\d\d-\d\d", r"\$[\d,]+\.\d\d", r"[A-Z]+-\d+", r"\S+@\S+\.\S+", r"\d%", r"[“(\[]"):
        assert re.search(form, text), form
