"""A chart on a page with text round it, as reports have them."""

from __future__ import annotations

from random import Random
from typing import Final

import pymupdf

from fine_tune.synth.charts.plan import Plan
from fine_tune.synth.words import VOCABULARIES

_A4: Final = (595.0, 842.0)  # points
_MARGIN: Final = 60.0  # points


def placed(pdf: bytes, plan: Plan, random: Random) -> bytes:
    """Return an A4 page with paragraphs above and below the chart, which is as large as before unless it is too wide."""
    words = VOCABULARIES[plan.language]
    sentences = words.all("prose")
    with pymupdf.open(stream=pdf, filetype="pdf") as chart, pymupdf.open() as file:
        page = file.new_page(width=_A4[0], height=_A4[1])
        page.insert_font(fontname="prose", fontfile=str(plan.look.face.regular))
        above = pymupdf.Rect(_MARGIN, _MARGIN, _A4[0] - _MARGIN, _MARGIN + 90)
        page.insert_textbox(above, " ".join(random.sample(sentences, 4)), fontname="prose", fontsize=10, lineheight=1.35)
        size = chart[0].rect
        scale = min(1.0, (_A4[0] - 2 * _MARGIN) / size.width, (_A4[1] - 340) / size.height)
        left = (_A4[0] - scale * size.width) / 2
        where = pymupdf.Rect(left, above.y1 + 25, left + scale * size.width, above.y1 + 25 + scale * size.height)
        page.show_pdf_page(where, chart, 0)
        below = pymupdf.Rect(_MARGIN, where.y1 + 30, _A4[0] - _MARGIN, where.y1 + 150)
        page.insert_textbox(below, " ".join(random.sample(sentences, 5)), fontname="prose", fontsize=10, lineheight=1.35)
        file.subset_fonts()
        made: bytes = file.tobytes(garbage=3, deflate=True, no_new_id=True)
        return made


def text_of(pdf: bytes) -> str:
    """Return the text of the first page."""
    with pymupdf.open(stream=pdf, filetype="pdf") as file:
        text: str = file[0].get_text()
    return text


def trimmed(pdf: bytes, random: Random) -> bytes:
    """Return the first page, sometimes cut to what is drawn there."""
    with pymupdf.open(stream=pdf, filetype="pdf") as file:
        file.select([0])
        page = file[0]
        if random.random() < 0.7:
            drawn = pymupdf.Rect()
            for path in page.get_drawings():
                drawn |= path["rect"] & page.rect
            for block in page.get_text("blocks"):
                drawn |= pymupdf.Rect(block[:4])
            frame = pymupdf.Rect(drawn.x0 - 6, drawn.y0 - 6, drawn.x1 + 6, drawn.y1 + 6)
            page.set_cropbox(frame & page.rect)
        made: bytes = file.tobytes(garbage=3, deflate=True, no_new_id=True)
        return made
