"""Charts from the page to their data, as users meet them: drawn by several programs, as PDF and as pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pymupdf
import pytest

import docai
from docai.backends.classical.cells import ENGINE
from docai.backends.classical.charts import _is_doubtful
from docai.exchange import Reply
from docai.tasks.chart import ChartScore, score
from fine_tune.synth.charts import draw_chart
from tests.made_charts import chart, series

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


def hanging(*values: float) -> bytes:
    """Bars that hang from their axis at the top, beside digits and above single letters."""
    document = pymupdf.open()
    page = document.new_page(width=360, height=250)
    page.draw_rect(pymupdf.Rect(45, 30, 325, 225), width=0.8)
    for number, value in enumerate(values):
        page.draw_rect(pymupdf.Rect(60 + 66 * number, 30, 112 + 66 * number, 30 + 25 * value), color=None, fill=(0.12, 0.47, 0.71))
        page.insert_text((82 + 66 * number, 240), "ABCD"[number], fontsize=10)
    for tick in range(8):
        page.draw_line((41, 30 + 25 * tick), (45, 30 + 25 * tick), width=0.8)
        page.insert_text((32, 33.5 + 25 * tick), str(tick), fontsize=10)
    return bytes(document.tobytes())


def test_a_picture_of_a_chart_that_says_no_more_than_digits_and_letters_is_read():
    chart = read(picture(hanging(3, 7, 2, 5), 110))
    assert [point.y for series in chart.series for point in series.points] == pytest.approx([3, 7, 2, 5], abs=0.05)


def test_the_title_of_a_pie_is_none_of_its_sectors_names():
    drawn = [draw_chart(seed, "matplotlib", "pie") for seed in (40, 41)]
    for one in drawn:
        assert read(one.pdf).title == one.chart.title


@pytest.mark.parametrize(("confidence", "doubtful"), [(0.01, True), (0.3, False)])
def test_a_chart_is_doubtful_where_most_of_its_values_are_hardly_sure(confidence, doubtful):
    made = series("a", ["x", "y", "z"], [1.0, 2.0, 3.0])
    points = tuple(point.model_copy(update={"confidence": confidence}) for point in made.points)
    sure = series("b", ["x"], [4.0])
    one = chart("bar", made.model_copy(update={"points": points}), sure)
    assert _is_doubtful(Reply(answer=one, confidence=0.5, engine=ENGINE)) is doubtful
