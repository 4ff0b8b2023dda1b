"""Charts from the page to their data, as users meet them: drawn by several programs, as PDF and as pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pymupdf
import pytest

import docai
from docai.tasks.chart import ChartScore, score
from fine_tune.synth.charts import draw_chart

# Charts of every kind that are read wholly from their paths, whatever is changed elsewhere
EXACT = [
    ("matplotlib", "bar_negative"),
    ("matplotlib", "bar_grouped_horizontal"),
    ("matplotlib", "bar_percent"),
    ("matplotlib", "histogram"),
    ("matplotlib", "line_log"),
    ("matplotlib", "line_inverted"),
    ("matplotlib", "area"),
    ("matplotlib", "scatter"),
    ("matplotlib", "pie"),
    ("vega", "bar"),
    ("vega", "bar_stacked"),
    ("vega", "bar_errors"),
    ("vega", "line_step"),
    ("vega", "area_stacked"),
    ("vega", "donut"),
]


def read(pdf: bytes) -> docai.Chart | None:
    charts = docai.extract(pdf).charts
    return charts[0] if charts else None


def picture(pdf: bytes, dpi: int, quality: int | None = None) -> bytes:
    """The first page as PNG, or as JPEG of some quality."""
    pixels = pymupdf.open(stream=pdf)[0].get_pixmap(dpi=dpi, alpha=False)
    image = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.h, pixels.w, 3)[:, :, ::-1]
    options = [] if quality is None else [cv2.IMWRITE_JPEG_QUALITY, quality]
    return bytes(cv2.imencode(".png" if quality is None else ".jpg", image, options)[1])


def together(scores: list[ChartScore]) -> tuple[float, float]:
    """Mean RMS F1, and the share of values within 0.5 %."""
    return float(np.mean([one.f1 for one in scores])), sum(one.met[0] for one in scores) / sum(one.expected for one in scores)


@pytest.mark.parametrize(("producer", "kind"), EXACT)
def test_drawn_charts_are_read_exactly(producer, kind):
    drawn = [draw_chart(seed, producer, kind) for seed in (40, 41)]
    f1, within = together([score(read(one.pdf), one.chart) for one in drawn])
    assert f1 >= 0.9
    assert within >= 0.9


def test_sure_values_of_drawn_charts_are_right():
    drawn = [draw_chart(seed, producer, kind) for producer, kind in EXACT for seed in (50,)]
    scores = [score(read(one.pdf), one.chart) for one in drawn]
    sure, right = sum(one.sure for one in scores), sum(one.sure_right for one in scores)
    assert sure >= 0.6 * sum(one.expected for one in scores)
    assert right >= 0.95 * sure
