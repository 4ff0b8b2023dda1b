"""K-DTCBench: 240 questions in Korean on documents, tables and charts, each with four options, by NCSOFT.

Parquet as published (NCSOFT/K-DTCBench: `index`, `question`, `choice_a` … `choice_d`, `answer`, `category`, `image`), or JSON rows
with the same fields. Asked and scored as lmms-eval does (lmms_eval/tasks/dtcbench): the first character of the answer is held
against the letter. lmms-eval has worded the request differently over time, so that figures compare only where it is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from docai.labelled import Item, Judged, judged, said
from docai.labelled.files import picture, rows
from docai.tasks.asking import Ask, chosen

REQUEST: Final = "주어진 선택지 중 해당 옵션의 문자로 바로 답하세요."


class Layout:
    """K-DTCBench on disk."""

    metrics = ("accuracy",)

    def __init__(self, path: Path) -> None:
        self.path = path

    def items(self) -> Iterator[Item]:
        """Yield the questions in order."""
        for row in rows(self.path, ("*.jsonl", "*.json"), ("test",)):
            options = ", ".join(f"{letter}: {row.text(f'choice_{letter.lower()}')}" for letter in "ABCD")
            yield Item(
                name=row.text("index"),
                source=picture(row.get("image"), self.path),
                truth=row.text("answer").strip().upper(),
                task=Ask(f"{row.text('question')}\nOptions: {options}\n{REQUEST}"),
                group=str(row.fields.get("category") or ""),
            )

    def judge(self, item: Item, answer: Any) -> Judged:
        """Return whether the answer begins with the right letter."""
        return judged("accuracy", float(chosen(said(answer)) == item.truth), said(answer), (item.truth,))
