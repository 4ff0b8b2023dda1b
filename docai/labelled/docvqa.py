"""DocVQA and InfographicVQA: questions on scanned documents and on infographics, scored by ANLS.

As the competition's site gives them: `val_v1.0_withQT.json` with `data` of `questionId`, `question`, `image` (`image_local_name`
for infographics), `answers`, and `question_types` or `answer_type`; or as lmms-lab/DocVQA keeps them, in parquet. Of test splits
the answers are kept back, so that they cannot be scored here. Source: https://rrc.cvc.uab.es/?ch=17&com=downloads.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from docai.labelled import Item, Judged, judged, said
from docai.labelled.files import Row, picture, rows
from docai.tasks.asking import Ask, likeness

# As LLaVA and InternVL were trained to be asked for short answers, and lmms-eval asks (lmms_eval/tasks/docvqa)
SHORTLY: Final = "\nAnswer the question using a single word or phrase."
SPLITS: Final = ("validation", "val")


class Layout:
    """DocVQA on disk."""

    metrics = ("anls",)
    kinds = "question_types"  # the field that tells kinds of questions, of which one may be several

    def __init__(self, path: Path) -> None:
        self.path = path

    def items(self) -> Iterator[Item]:
        """Yield the questions in order."""
        for row in rows(self.path, ("*val*.json", "*.jsonl", "*.json"), SPLITS):
            yield Item(
                name=row.text("questionId", "question_id"),
                source=picture(row.get("image", "image_local_name"), self.path),
                truth=row.texts("answers"),
                task=Ask(row.text("question") + SHORTLY),
                group=self._group(row),
            )

    def _group(self, row: Row) -> str:
        kinds = row.fields.get(self.kinds) or ()
        return " + ".join(kinds) if isinstance(kinds, (list, tuple)) else str(kinds)

    def judge(self, item: Item, answer: Any) -> Judged:
        """Return how like the nearest true answer the answer is."""
        return judged("anls", likeness(said(answer), item.truth), said(answer), item.truth)


class Infographics(Layout):
    """InfographicVQA on disk."""

    kinds = "answer_type"
