"""InternVL and Vintern: `<ref>phrase</ref><box>[[x1, y1, x2, y2]]</box>`, in whole thousandths of the view.

What is read comes as lines of text, with boxes where the model tells them. Tables, charts and pages are asked for in the page's
language, as HTML and JSON without boxes.

Source: OpenGVLab/InternVL, internvl_chat/internvl/conversation.py (system prompts), internvl_chat/eval/refcoco/
evaluate_grounding.py (the question, and that boxes may be fractions), streamlit_demo/app.py (how answers are read).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from docai.box import Box
from docai.dialects import Prompt, Sight
from docai.dialects.lattice import box_of, numbers_in, steps_of
from docai.dialects.prose import Prose
from docai.dialects.questions import question
from docai.dialects.tagged import Item, Tags, tagged
from docai.tasks import Task
from docai.tasks.asking import Ask
from docai.tasks.grounding import Find, Name

STEPS: Final = 1000
SYSTEM: Final = {
    "hermes-2": "你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，英文名叫InternVL, 是一个有用无害的人工智能助手。",
    "internvl2_5": "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。",
}
GROUNDING: Final = "Please provide the bounding box coordinate of the region this sentence describes: <ref>{}</ref>"
_LIST: Final = re.compile(r"\[([^\[\]]*)\]")


def _box(inner: str) -> Box | None:
    numbers = numbers_in(inner)
    fractions = numbers is not None and "." in inner and all(abs(number) <= 1.05 for number in numbers)  # some were trained so
    return box_of(numbers, *((1.0, 1.0) if fractions else (STEPS, STEPS)))


def _boxes_in(text: str) -> list[Box | None]:
    """Return the boxes of a list of lists, or of a list."""
    lists = _LIST.findall(text)
    return [_box(inner) for inner in lists] if lists else [_box(text)] if text.strip() else []


def _complete(text: str) -> str:
    return text[: text.rfind("]") + 1]


def _written(boxes: Sequence[Box]) -> str:
    return f"[{', '.join(str(list(steps_of(box, STEPS, STEPS))) for box in boxes)}]"


class Dialect(Prose):
    """The words of InternVL's family.

    Args:
        template: Which system prompt: that of InternVL 2 with Qwen2 and of Vintern 1 and 2, "hermes-2", that of InternVL 2.5 and
            later, or None where the checkpoint's own template has it.
    """

    name = "internvl"
    tags = Tags("ref", "box", ("quad", "img", "IMG_CONTEXT", "image"), _boxes_in, _complete, _written)
    read = tags

    def __init__(self, template: Literal["hermes-2", "internvl2_5"] | None = "internvl2_5") -> None:
        self.template = template

    def prompt(self, task: Task, sight: Sight) -> Prompt:
        """Return how a task is asked."""
        return Prompt(self._question(task, sight), SYSTEM[self.template] if self.template else None)

    def _question(self, task: Task, sight: Sight) -> str:
        if isinstance(task, Find):
            return GROUNDING.format(task.phrase)
        if isinstance(task, Name):
            this = tagged(question("this", sight.languages), [task.box], self.tags)
            return question("referring", sight.languages, this=this)
        if isinstance(task, Ask):
            return task.question
        return question(task.name, sight.languages)

    def alone(self, text: str) -> list[Box | None]:
        """Return the boxes of a text without tags: lists of numbers, as the published evaluation looks for them."""
        return [_box(inner) for inner in _LIST.findall(text)]

    def _line(self, word: str, boxes: Sequence[Box]) -> str:
        if boxes:
            return super()._line(word, boxes)
        if not self.read.is_plain(word):
            raise ValueError(f"{word[:80]!r} has tags of the dialect in it, which has no words for them; leave it out")
        return word

    def _has_plain(self, told: Sequence[Item]) -> bool:
        return True  # lines without boxes are as good as those with them
