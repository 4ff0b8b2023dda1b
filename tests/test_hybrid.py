"""With a model beside rules and geometry: sound text is trusted, the model reads the rest, and its words are held to the page."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from docai import document
from docai.backends import classical
from docai.backends.replay import Backend as Replay
from docai.box import WHOLE, Box
from docai.document import Cell, Chart, Engine, Point, Series, Table, Text, Usage
from docai.exchange import Reply, drive
from docai.reading import Context, Pages, read_page
from docai.sources import opened, origin_of
from docai.tasks.chart import ReadChart
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import Lens, look
from docai.verify import CONTRADICTS
from tests.drawn_pages import Sheet, filled, page_of, photographed

ROWS = (
    ("Depot", "Vans", "Parcels"),
    ("Harwick", "12", "1,204"),
    ("Stonebridge", "31", "2,310"),
    ("Penfold", "9", "903"),
    ("Marlow", "7", "641"),
    ("Eastmoor", "15", "1,377"),
    ("Alder Mill", "22", "1,820"),
)
MODEL = Engine(backend="vlm", model="tiny", quantization="nf4", dialect="varco")
COST = Usage(tiles=3, prompt_tokens=800, tokens=90)


def sheet(*, ruled=False, rows=ROWS, bars=False) -> Sheet:
    page = Sheet()
    page.column(60, 80, 500, filled(60))
    if bars:
        page.bars(100, 400, (40, 90, 60, 120))
        return page
    xs, ys = (60, 200, 300, 400), [200 + 20 * n for n in range(len(rows) + 1)]
    if ruled:
        page.grid(xs, ys)
    for y, row in zip(ys, rows, strict=False):
        for x, text in zip(xs, row, strict=False):
            page.text(x + 5, y + 14, text)
    return page


def table(rows=ROWS, confidence=0.99):
    cells = tuple(
        Cell(row=r, column=c, text=text, box=WHOLE, confidence=confidence, basis="model", header="column" if r == 0 else "none")
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    )
    return Table(page_number=1, box=Box(0.1, 0.2, 0.7, 0.4), row_count=len(rows), column_count=3, cells=cells)


def read(data, *replies):
    """Return the page that rules and a model read together, and what the model was asked."""
    model = Replay(replies)
    with opened(origin_of(data)) as source:
        pages = Pages(source)
        context = Context(pages.style(), ("en",), "classical", "vlm")
        got = drive(read_page(pages[1], context), {"classical": classical.Backend(), "vlm": model})
    return got, model.requests


def answered(answer, confidence=0.99):
    return Reply(answer, (), "", confidence, COST, MODEL)


def only(page, kind):
    (block,) = [block for block in page.blocks if isinstance(block.content, kind)]
    return block


def test_sound_text_and_ruled_tables_are_not_asked_for():
    got, asked = read(sheet(ruled=True).data())
    assert asked == []
    assert only(got.page, Table).engine == "classical"


def test_a_table_without_rules_is_read_by_both_and_the_surer_answer_holds():
    got, asked = read(sheet().data(), answered(table()))
    assert [request.task for request in asked] == [ReadTable(("en",))]
    block = only(got.page, Table)
    assert (block.engine, block.source, block.usage) == ("vlm:tiny", "model", COST)
    assert MODEL in got.engines
    assert {word.text for word in block.content.words} >= {"Harwick", "1,204"}


def test_a_less_sure_answer_of_the_model_does_not_hold_but_its_cost_is_told():
    got, _ = read(sheet().data(), answered(table(), 0.3))
    block = only(got.page, Table)
    assert (block.engine, block.usage) == ("classical", COST)


def test_an_answer_with_a_number_that_the_page_does_not_have_says_so():
    wrong = table((*ROWS[:4], ("Marlow", "7", "941"), *ROWS[5:]))
    got, _ = read(sheet().data(), answered(wrong))
    block = only(got.page, Table)
    cell = next(cell for cell in block.content.cells if cell.text == "941")
    assert block.engine == "vlm:tiny"
    assert cell.confidence < 0.4
    assert CONTRADICTS in {problem.code for problem in got.page.problems}


def test_an_answer_that_makes_its_numbers_up_does_not_hold():
    wrong = table((ROWS[0], *((name, "55", "9,999") for name, _, _ in ROWS[1:])))
    got, _ = read(sheet().data(), answered(wrong))
    assert only(got.page, Table).engine == "classical"


def test_a_chart_is_read_by_geometry_and_the_model_and_both_are_weighed():
    points = tuple(Point(x=name, y=value, box=WHOLE, basis="model") for name, value in (("a", 40.0), ("b", 90.0)))
    chart = Chart(page_number=1, box=WHOLE, chart_type="bar", series=(Series(points=points),))
    got, asked = read(sheet(bars=True).data(), answered(chart))
    assert [request.task for request in asked] == [ReadChart(("en",))]
    assert only(got.page, Chart).usage == COST
    failed, _ = read(sheet(bars=True).data(), Reply(confidence=0.0, engine=MODEL))
    assert {point.basis for series in only(failed.page, Chart).content.series for point in series.points} == {"vector"}


@pytest.fixture(scope="module")
def scan():
    page = Sheet()
    page.column(60, 100, 440, "The van stops in Harwick at 1,204 parcels each day of the week")
    grey = photographed(page.data(), 200)
    _, png = cv2.imencode(".png", np.asarray(grey))
    return png.tobytes()


def test_text_of_a_scan_is_read_by_both_and_held_against_each_other(scan):
    said = "The van stops in Harwick at 1,264 parcels each day of the week"
    text = Text(page_number=1, box=WHOLE, text=said)
    got, asked = read(scan, answered((text,), 0.9))
    assert [request.task for request in asked] == [ReadText(("en",))]
    block = only(got.page, Text)
    assert CONTRADICTS in {problem.code for problem in got.page.problems}
    doubted = next(word for word in block.content.words if "," in word.text)
    assert doubted.confidence < 0.4
    assert {doubted.text, *(reading.text for reading in doubted.readings)} == {"1,204", "1,264"}


def test_what_a_model_says_of_something_else_leaves_a_scan_as_it_was_read(scan):
    dog = answered((Text(page_number=1, box=WHOLE, text="A photograph of a dog"),))
    alone, asked = read(scan, *[dog] * 5)
    assert "Harwick" in only(alone.page, Text).content.text
    assert len(asked) > 1  # much shorter than what stands there: it was asked again
    assert page_of(scan).words == ()


def turned(grey, quarter):
    _, png = cv2.imencode(".png", np.ascontiguousarray(np.rot90(grey, -quarter // 90)))
    return png.tobytes()


@pytest.mark.parametrize("quarter", [0, 90, 180, 270])
def test_a_model_is_shown_the_same_part_of_a_scan_however_it_lies(quarter):
    page = Sheet()
    page.column(60, 100, 440, "The van stops in Harwick at 1,204 parcels each day of the week")
    grey = photographed(page.data(), 200)
    said = answered((Text(page_number=1, box=WHOLE, text="The van stops in Harwick at 1,204 parcels each day of the week"),))
    got, (request,) = read(turned(grey, quarter), said)
    assert got.page.quarter == quarter
    (view,) = request.views
    pixels = look(view, Lens(dpi=72)).tiles[0]
    dark = pixels.max(axis=2) < 128
    assert pixels.shape[1] > 10 * pixels.shape[0]  # a line of text, upright
    assert dark.mean() > 0.05
    _, (upright,) = read(turned(grey, 0), said)
    assert pixels.shape == pytest.approx(look(upright.views[0], Lens(dpi=72)).tiles[0].shape, abs=6)


@dataclass
class Tables:
    """A backend that tells every table to be the same one, and nothing else."""

    table: Table
    batch: int = 1
    lens: Lens = field(default_factory=Lens)

    def answer(self, requests):
        return [answered(self.table) if isinstance(request.task, ReadTable) else Reply(engine=MODEL) for request in requests]


@pytest.mark.parametrize("quarter", [0, 90, 180, 270])
def test_what_a_model_tells_of_a_turned_scan_stands_where_it_told(quarter):
    where = Box(0.3, 0.25, 0.5, 0.5)
    model = Tables(document.moved(table(), lambda _: where))
    with opened(origin_of(turned(photographed(sheet().data(), 200), quarter))) as source:
        pages = Pages(source)
        context = Context(pages.style(), ("en",), "classical", "vlm")
        got = drive(read_page(pages[1], context), {"classical": classical.Backend(), "vlm": model})
    assert got.page.quarter == quarter
    block = only(got.page, Table)
    assert block.engine == "vlm:tiny"
    assert max(abs(a - b) for a, b in zip(block.box, where, strict=True)) < 0.001


def test_what_a_scan_cost_is_told_once_however_many_texts_it_has():
    texts = tuple(Text(page_number=1, box=WHOLE, text=text) for text in ("one", "two", "three"))
    page = Sheet()
    page.column(60, 100, 440, filled(30))
    _, png = cv2.imencode(".png", np.asarray(photographed(page.data())))
    with opened(origin_of(png.tobytes())) as source:
        pages = Pages(source)
        got = drive(read_page(pages[1], Context(pages.style(), ("en",), "vlm")), {"vlm": Replay([answered(texts)])})
    assert [block.usage for block in got.page.blocks] == [COST, None, None]


def test_a_table_of_a_server_that_does_not_tell_its_model_is_told_to_be_a_models():
    nameless = Engine(backend="endpoint", dialect="instruct")
    got, _ = read(sheet().data(), Reply(table(), (), "", 0.99, COST, nameless))
    assert only(got.page, Table).source == "model"
