"""Stages and samples so small that tiny models train on them in seconds."""

from __future__ import annotations

import io

from PIL import Image

from docai.box import WHOLE
from docai.sources import open_source, origin_of
from docai.tasks.asking import Ask
from docai.tiling import View
from fine_tune.samples import Listed, Sample, Turn
from fine_tune.stage import Stage

FULL = {"learning_rate": 1e-3}
LORA = {"learning_rate": 1e-3, "how": "lora"}


def a_stage(number=2, **changes):
    """Return a stage of few steps on a CPU, on one tile."""
    told = {
        "number": number,
        "name": "tried",
        "about": "tried in a test",
        "trains": {"projector": FULL},
        "mixture": {"own": 1},
        "sight": {"tiles": 1, "tokens": 2048, "pack": False},
        "schedule": {"steps": 3, "batch": 2, "micro_batch": 2, "warmup": 0.0, "shape": "constant"},
        "saving": {"checkpointing": False, "precision": "fp32"},
    }
    return Stage.model_validate(
        {
            **told,
            **{
                key: {**told.get(key, {}), **value} if key in ("sight", "schedule", "saving") else value
                for key, value in changes.items()
            },
        }
    )


def a_view(seed=0):
    """Return a view of a small picture, of a colour of its own."""
    file = io.BytesIO()
    Image.new("RGB", (48, 48), (40 + 37 * seed % 200, 90, 200 - 23 * seed % 150)).save(file, "PNG")
    page = open_source(origin_of(file.getvalue())).page(1)
    return View(page.reference, page.width_points, page.height_points, WHOLE)


def talks(count, pictures=0, words=("apple", "pear", "plum", "fig")):
    """Return a source of questions and answers, the first `pictures` of them about a picture."""
    samples = []
    for number in range(count):
        answer = f"{words[number % len(words)]} {number}"
        views = (a_view(number),) if number < pictures else ()
        samples.append(
            Sample(views, (Turn(Ask(f"What is number {number}?"), answer, f"nothing {number + 1}"),), f"talk:{number}", "Say.")
        )
    return Listed("own", samples)
