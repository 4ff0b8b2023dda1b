"""The report: nothing from elsewhere, nothing of a page that a browser would obey, the worst items first."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from docai.box import Box
from docai.evaluation import Evaluation, Outcome, estimates
from docai.evaluation_report import SHOWN, marked, report, worst_of
from docai.labelled import Item, Score
from docai.tasks.asking import Ask
from tests.labelled_pages import png

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="<>&\"'"), max_size=20)


def outcome(name, value, **more):
    score = Score(metric="accuracy", value=value)
    return Outcome(**{"name": name, "scores": (score,), "prediction": "answer", "truth": "true", **more})


def written(outcomes, items=()):
    found = Evaluation(
        layout="docvqa", dataset="/data/<docs>", backend="vlm", estimates=estimates(outcomes), items=tuple(outcomes), seconds=3
    )
    return report(found, items)


def pixels_of(html):
    (data,) = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', html)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")).astype(int)


def test_the_report_has_figures_and_the_worst_items_with_their_pictures():
    items = [Item("good", png(), None), Item("bad", png(), None, Ask("How <many>?"))]
    html = written([outcome("good", 1.0), outcome("bad", 0.0)], items)
    assert "<b>0.500</b>" in html
    assert "The worst of 2 items" in html
    assert html.count('<section class="item">') == html.count("<img") == 1
    assert "How &lt;many&gt;?" in html
    assert pixels_of(html).shape[1] == 900


def test_nothing_is_fetched_and_nothing_of_the_data_is_obeyed():
    evil = '<script>alert(1)</script><img src="http://elsewhere/x.png" onerror="x">'
    html = written([outcome(evil, 0.0, prediction=evil, truth=evil + "!", problem=evil, group=evil)], [Item(evil, b"none", None)])
    assert "<script" not in html
    assert not re.search(r"<(img|link|script|iframe|object)\b", html)
    assert not re.search(r'(src|href)="(?!data:)', html)
    assert "no picture: " in html
    assert "&lt;docs&gt;" in html


def test_boxes_of_both_sides_are_drawn():
    true, found = Box(0.1, 0.1, 0.4, 0.9), Box(0.6, 0.1, 0.9, 0.9)
    html = written([outcome("a", 0.0, found=(found,), expected=(true,))], [Item("a", png(" "), None)])
    pixels = pixels_of(html)
    height, width = pixels.shape[:2]
    green, red = pixels[height // 2, width // 10 + 1], pixels[height // 2, 6 * width // 10 + 1]
    assert green[1] > green[0] + 40
    assert red[0] > red[1] + 40


def test_the_worst_come_first_and_right_ones_not_at_all():
    outcomes = [outcome(f"{n}", n / 40) for n in range(41)]
    failed = outcome("failed", 0.0, prediction="", problem="gone")
    chosen = worst_of([*outcomes, failed])
    assert [one.name for one in chosen[:3]] == ["failed", "0", "1"]
    assert len(chosen) == SHOWN
    assert worst_of([outcome("right", 1.0)]) == []
    assert "All items are right" in written([outcome("right", 1.0)])


@given(TEXTS, TEXTS)
def test_marks_leave_the_texts_as_they_are(prediction, truth):
    here, there = marked(prediction, truth)
    assert re.sub("</?del>", "", here) == prediction
    assert re.sub("</?ins>", "", there) == truth
    assert (here == prediction and there == truth) == (prediction == truth)


@pytest.mark.parametrize(
    ("prediction", "truth", "marks"),
    [
        ("1,234", "1,284", ("1,2<del>3</del>4", "1,2<ins>8</ins>4")),
        ("a|b", "a|b|c", ("a|b", "a|b<ins>|c</ins>")),
        ("<b>", "b", ("<del>&lt;</del>b<del>&gt;</del>", "b")),
    ],
)
def test_what_differs_is_marked(prediction, truth, marks):
    assert marked(prediction, truth) == marks


def test_long_texts_are_cut_and_say_so():
    here, there = marked("a" * 5000, "a" * 4000)
    assert here.endswith("a…")
    assert there.endswith("a")
    assert len(here) == 4001
