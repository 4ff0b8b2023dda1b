"""OCRBench: 1,000 questions in five groups, right where the answer holds a true one.

As published: `OCRBench.json`, rows of `dataset_name`, `id`, `type`, `question`, `image_path`, `answers`, beside `OCRBench_Images/`;
or as echo840/OCRBench keeps it, in parquet (`dataset`, `question`, `question_type`, `answer`, `image`). The published score is the
number of right answers: 1,000 times the accuracy. Source: https://github.com/Yuliang-Liu/MultimodalOCR, arXiv 2305.07895.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from docai.labelled import Item, Judged, judged, said
from docai.labelled.files import picture, rows
from docai.tasks.asking import Ask, contains

FORMULAS: Final = "HME100k"  # the data set whose answers are LaTeX, compared without spaces
RECOGNITION: Final = "Text Recognition"
GROUPS: Final = {  # the five groups; the first has six kinds of questions
    **dict.fromkeys(
        (
            "Regular Text Recognition",
            "Irregular Text Recognition",
            "Artistic Text Recognition",
            "Handwriting Recognition",
            "Digit String Recognition",
            "Non-Semantic Text Recognition",
        ),
        RECOGNITION,
    ),
    "Scene Text-centric VQA": "Scene Text-centric VQA",
    "Doc-oriented VQA": "Doc-oriented VQA",
    "Key Information Extraction": "Key Information Extraction",
    "Handwritten Mathematical Expression Recognition": "Handwritten Mathematical Expression Recognition",
}


class Layout:
    """OCRBench on disk."""

    metrics = ("accuracy",)

    def __init__(self, path: Path) -> None:
        self.path = path

    def items(self) -> Iterator[Item]:
        """Yield the questions in order."""
        pictures = self.path / "OCRBench_Images"
        for row in rows(self.path, ("OCRBench.json", "*.jsonl", "*.json"), ("test",)):
            kind = row.text("type", "question_type")
            yield Item(
                name=str(row.fields.get("id") or row.place),
                source=picture(row.get("image_path", "image"), pictures if pictures.is_dir() else self.path),
                truth=(row.texts("answers", "answer"), row.text("dataset_name", "dataset") == FORMULAS),
                task=Ask(row.text("question").strip()),
                group=GROUPS.get(kind, kind),
            )

    def judge(self, item: Item, answer: Any) -> Judged:
        """Return whether a true answer stands in the answer."""
        truths, formula = item.truth
        return judged("accuracy", float(contains(said(answer), truths, formula=formula)), said(answer), truths)
