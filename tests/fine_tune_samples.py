"""Small samples for training, drawn on the spot, and tiny checkpoints that know their dialects."""

from __future__ import annotations

import json

import cv2
import numpy as np

from docai.backends.opening import dialect_of
from docai.backends.transformers import words_of
from docai.box import WHOLE, Box
from docai.document import Answer, Axis, Cell, Chart, Mention, Point, Series, Table, Text, Word
from docai.sources import Origin, PageReference
from docai.tasks.asking import Ask
from docai.tasks.chart import ReadChart
from docai.tasks.grounding import Find, Name
from docai.tasks.page import ReadPage
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import View
from fine_tune.encoding import Encoder
from fine_tune.samples import Sample, Turn
from fine_tune.stage import Sight
from tests.tiny_models import tiny_internvl, tiny_onevision

FAMILIES = ("internvl", "varco", "markup")
TOP, LOW = Box(0.1, 0.1, 0.5, 0.2), Box(0.2, 0.5, 0.8, 0.7)
WORDS = (Word(text="Tổng", box=Box(0.1, 0.1, 0.2, 0.2)), Word(text="합계", box=Box(0.25, 0.1, 0.5, 0.2)))
TEXTS = (Text(page_number=1, box=TOP, text="Tổng 합계", words=WORDS),)
TABLE = Table(
    page_number=1,
    box=LOW,
    row_count=2,
    column_count=2,
    cells=tuple(
        Cell(row=row, column=column, text=text, box=LOW, header="none" if row else "column")
        for row, texts in enumerate((("품목", "금액"), ("사과", "1,234.50")))
        for column, text in enumerate(texts)
    ),
)
CHART = Chart(
    page_number=1,
    box=LOW,
    chart_type="bar",
    title="Revenue",
    x_axis=Axis(scale="category"),
    series=(Series(name="2024", points=(Point(x="Q1", y=4.5, box=LOW), Point(x="Q2", y=12.0, box=LOW))),),
)
ASKED = {
    "ask": (Ask("Bao nhiêu?"), Answer(text="It is 1,234.50 there.", mentions=(Mention(phrase="1,234.50", boxes=(LOW,)),))),
    "find": (Find("the total"), Mention(phrase="the total", boxes=(TOP, LOW))),
    "name": (Name(TOP), Mention(phrase="a total", boxes=(TOP,))),
    "reading": (ReadText(("ko",)), TEXTS),
    "table": (ReadTable(("vi",)), TABLE),
    "chart": (ReadChart(), CHART),
    "page": (ReadPage(), (*TEXTS, TABLE)),
}


def drawn(path, size=(300, 420), seed=0):
    """Write a picture of noise, (height, width), and return its path."""
    cv2.imwrite(str(path), np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8))
    return path


def view_of(path, box=WHOLE, quarter=0):
    """Return the view of a picture, or of a part of it."""
    return View(PageReference(Origin(str(path)), 1), 151.2, 108.0, box, quarter=quarter)


def words_in(folder, family, tiles=1):
    """Write a tiny checkpoint that speaks the dialect of a family and return its words."""
    make = tiny_onevision if family == "varco" else tiny_internvl
    make(folder)
    if family == "markup":
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "docai_dialect": "markup"}))
    return words_of(str(folder), most_tiles=tiles)


def encoder_of(words, tokens=4096):
    """Return who encodes for a checkpoint."""
    has_system, kind = words.prompter.has_system, words.config.model_type
    dialect = dialect_of(words.family.dialect, has_system=has_system, model_type=kind, special=words.special)
    return Encoder(words, dialect, Sight(tokens=tokens))


def sample_of(*turns, views=(), origin="data.jsonl:1", system=None):
    """Return a sample of (question or task, answer) or (…, answer, rejected)."""
    made = tuple(Turn(Ask(turn[0]) if isinstance(turn[0], str) else turn[0], *turn[1:]) for turn in turns)
    return Sample(tuple(views), made, origin, system)
