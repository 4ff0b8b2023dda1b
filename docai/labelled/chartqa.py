"""ChartQA: questions on charts, asked by people ("human") and made of summaries ("augmented"), scored by relaxed accuracy.

As published: `test/test_human.json` and `test/test_augmented.json`, rows of `imgname`, `query`, `label`, beside `test/png/`; or as
lmms-lab/ChartQA keeps it, in parquet (`type`, `question`, `answer`, `image`). Source: https://github.com/vis-nlp/ChartQA.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from docai.labelled import Item, Judged, judged, said
from docai.labelled.files import Row, picture, rows
from docai.tasks.asking import Ask, relaxed

SHORTLY: Final = "\nAnswer the question with a single word."  # as lmms-eval asks (lmms_eval/tasks/chartqa/chartqa.yaml)
KINDS: Final = ("human", "augmented")


class Layout:
    """ChartQA on disk."""

    metrics = ("relaxed",)

    def __init__(self, path: Path) -> None:
        self.path = path

    def items(self) -> Iterator[Item]:
        """Yield the questions, those asked by people first."""
        for file in self._files():
            for row in rows(file, ("*.jsonl", "*.json"), ("test",)):
                yield Item(
                    name=row.place,
                    source=picture(row.get("imgname", "image"), file),
                    truth=row.texts("label", "answer")[0],
                    task=Ask(row.text("query", "question") + SHORTLY),
                    group=_kind(row, file),
                )

    def _files(self) -> Sequence[Path]:
        """Return the two files of the test split where they are there, else what was named."""
        found = [self.path / folder / f"test_{kind}.json" for kind in KINDS for folder in ("", "test")]
        return [file for file in found if file.is_file()] or [self.path]

    def judge(self, item: Item, answer: Any) -> Judged:
        """Return whether the answer is right, numbers within 5 %."""
        return judged("relaxed", float(relaxed(said(answer), item.truth)), said(answer), (item.truth,))


def _kind(row: Row, file: Path) -> str:
    """Return who asked: `human_test` in the parquet of lmms-lab, or what the name of the file tells."""
    told = str(row.fields.get("type") or file.stem)
    return next((kind for kind in KINDS if kind in told), "")
