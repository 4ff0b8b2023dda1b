"""VARCO-VISION: `<ocr>` and `<gro>` ask, `<char>`, `<obj>` and `<bbox>` answer, boxes are fractions of three decimals.

Words are told one a line: `<char>word</char><bbox>0.172, 0.266, 0.328, 0.341</bbox>`; several boxes of a phrase are parted by
`<delim>`. Tables, charts and pages, for which the family has no words of its own, are asked for in the page's language, as HTML
and JSON without boxes.

Source: model cards of NCSOFT/VARCO-VISION-14B-HF and NCSOFT/VARCO-VISION-2.0-1.7B-OCR; arXiv 2411.19103, 2509.10105.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from docai.box import Box
from docai.dialects import Prompt, Sight
from docai.dialects.lattice import box_of, numbers_in, steps_of
from docai.dialects.prose import Prose
from docai.dialects.questions import question
from docai.dialects.tagged import Tags, tagged
from docai.tasks import Task
from docai.tasks.asking import Ask
from docai.tasks.grounding import Find, Name

STEPS: Final = 1000  # three decimals


def _boxes_in(text: str) -> list[Box | None]:
    """Return the boxes that stand in one tag, parted by `<delim>`."""
    return [box_of(numbers_in(part), 1.0, 1.0) for part in text.split("<delim>")] if text.strip() else []


def _complete(text: str) -> str:
    return text.rpartition("<delim>")[0]


def _written(boxes: Sequence[Box]) -> str:
    # as Python's round(v, 3) prints them, which is how the published answers look: 0.51, not 0.510
    return "<delim>".join(", ".join(str(round(step / STEPS, 3)) for step in steps_of(box, STEPS, STEPS)) for box in boxes)


_OTHERS: Final = ("char", "obj", "bbox", "delim", "ocr", "gro", "image")


class Dialect(Prose):
    """The words of VARCO-VISION-14B and its successors."""

    name = "varco"
    tags = Tags("obj", "bbox", _OTHERS, _boxes_in, _complete, _written)
    read = Tags("char", "bbox", _OTHERS, _boxes_in, _complete, _written)
    joins_words = True  # a line of the answer is a word

    def prompt(self, task: Task, sight: Sight) -> Prompt:
        """Return how a task is asked; the system prompt is the model's own."""
        if isinstance(task, Find):
            return Prompt(f"<gro>\n{question('grounding', sight.languages, phrase=task.phrase)}")
        if isinstance(task, Name):
            this = tagged(question("this", sight.languages), [task.box], self.tags)
            return Prompt(question("referring", sight.languages, this=this))
        if isinstance(task, Ask):
            return Prompt(task.question)
        return Prompt("<ocr>" if task.name == "reading" else question(task.name, sight.languages))
