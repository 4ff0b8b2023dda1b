"""ViTextVQA: questions in Vietnamese on the text in pictures, scored by exact match, F1 of words, and ANLS.

As published: `ViTextVQA_test.json` (or `test.json`, `dev.json`), in the manner of COCO: `images` of `id` and `filename`,
`annotations` of `id`, `image_id`, `question`, `answers`, beside a folder of pictures. Source: Nguyen et al. 2024, "ViTextVQA",
arXiv 2404.10652, whose metrics are the first two; the third is there since long answers are seldom exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from docai.errors import NothingToDo, Unreadable
from docai.labelled import Item, Judged, Score, said
from docai.labelled.files import Row, picture, read_json
from docai.tasks.asking import Ask, exact, likeness, shared_words

SHORTLY: Final = "\nTrả lời câu hỏi bằng một từ hoặc cụm từ."  # our translation of what is asked of English benchmarks
NAMES: Final = ("ViTextVQA_test.json", "test.json", "ViTextVQA_dev.json", "dev.json")


class Layout:
    """ViTextVQA on disk."""

    metrics = ("exact", "words_f1", "anls")

    def __init__(self, path: Path) -> None:
        self.path = path

    def items(self) -> Iterator[Item]:
        """Yield the questions in order."""
        file = self._file()
        held = read_json(file)
        if not isinstance(held, dict) or not {"images", "annotations"} <= held.keys():
            raise Unreadable(f"{file}: no images and annotations in it; is this the right --layout?")
        pictures = {}
        for number, fields in enumerate(held["images"], 1):
            row = Row(fields, f"{file.name}, image {number}")
            pictures[row.get("id")] = row.text("filename", "file_name")
        for number, fields in enumerate(held["annotations"], 1):
            row = Row(fields, f"{file.name}, annotation {number}")
            if row.get("image_id") not in pictures:
                raise Unreadable(f"{row.place}: there is no image {row.get('image_id')}; was the file copied completely?")
            yield Item(
                name=row.text("id"),
                source=picture(pictures[row.get("image_id")], file),
                truth=row.texts("answers", "answer"),
                task=Ask(row.text("question") + SHORTLY),
            )

    def _file(self) -> Path:
        if self.path.is_file():
            return self.path
        found = [self.path / name for name in NAMES if (self.path / name).is_file()]
        if not found:
            raise NothingToDo(f"{self.path}: neither {' nor '.join(NAMES)} in it; name the JSON file itself")
        return found[0]

    def judge(self, item: Item, answer: Any) -> Judged:
        """Return whether and how far the answer is a true one."""
        told = said(answer)
        scores = (
            Score(metric="exact", value=float(exact(told, item.truth))),
            Score(metric="words_f1", value=shared_words(told, item.truth)),
            Score(metric="anls", value=likeness(told, item.truth)),
        )
        return Judged(scores, told, "\n".join(item.truth))
