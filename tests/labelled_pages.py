"""Tiny data sets in the layouts of benchmarks, made on the spot, and a backend that answers what it is told to."""

from __future__ import annotations

import io
import json

import pyarrow
from PIL import Image, ImageDraw
from pyarrow import parquet

from docai.document import Answer, Engine, Problem
from docai.exchange import Reply
from docai.tiling import Lens


class Answering:
    """Answers each request by a function of its task: a text is an `Answer`, None is no answer."""

    batch = 3
    lens = Lens()
    engine = Engine(backend="told", model="tiny")

    def __init__(self, tell):
        self.tell, self.requests, self.batches = tell, [], []

    def answer(self, requests):
        self.requests += requests
        self.batches.append(len(requests))
        return [self._reply(self.tell(request.task)) for request in requests]

    def _reply(self, told):
        if told is None:
            return Reply(problems=(Problem(code="refused", message="it did not say", severity="error"),), engine=self.engine)
        return Reply(Answer(text=told) if isinstance(told, str) else told, engine=self.engine)


def png(words="page", size=(200, 120)):
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).text((10, 40), words, fill="black")
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def write_lines(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_parquet(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


def write_png(path, words="page", size=(200, 120)):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png(words, size))
    return path


def dtcbench(folder, count=6):
    """K-DTCBench as published: question `n` is answered by the letter at `n % 4`."""
    kinds = ("document", "table", "chart")
    rows = [
        {
            "index": f"{kinds[n % 3]}_{n}",
            "question": f"질문 {n}?",
            **{f"choice_{letter}": f"{letter}{n}" for letter in "abcd"},
            "answer": "ABCD"[n % 4],
            "category": kinds[n % 3],
            "image": {"bytes": png(f"page {n}"), "path": f"{n}.png"},
        }
        for n in range(count)
    ]
    write_parquet(folder / "data" / "test-00000-of-00001.parquet", rows)
    return folder
