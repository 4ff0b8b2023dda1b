"""Any chat model: asked in plain words, answers in JSON of short keys, which `grammar` gives the JSON Schema of.

Boxes are `[left, top, right, bottom]` in pixels of the picture as the model sees it (Qwen2.5-VL) or in thousandths of its sides
(Qwen3-VL, and most others). What comes round the JSON, small slips in it and answers that break off are read all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, cast, get_args

from docai.box import WHOLE, Box
from docai.dialects import Decoded, Faults, Grammar, Prompt, Said, Sight, faithful, finished, problems_of, readable
from docai.dialects.records import Scale, chart_record, read_chart, read_table, table_record, without_usual
from docai.dialects.replies import decode_page, decode_table
from docai.dialects.unfinished import Node, read_json
from docai.document import Answer, Chart, ChartType, Content, Figure, Mention, Role, Table, Text, Word
from docai.tasks import Task
from docai.tasks.asking import Ask
from docai.tasks.grounding import Find, Name

STEPS: Final = 1000
_ROLES: Final[tuple[str, ...]] = get_args(Role)
_LOOKS: Final = ("picture", "drawing", "chart", "scan")

# What is asked

_ROWS: Final = (
    '"rows": a list of rows, each a list of cells from left to right. A cell is its text, or an object where there is more to '
    'tell: "t" its text, "rs" how many rows and "cs" how many columns it spans, "h" what it heads ("c" a column, "r" a row, "b" '
    'both), "b" its box. A cell that spans rows stands in the first of them only. Leave nothing out, write every text as printed.'
)
_CHART: Final = (
    '"type": one of ' + ", ".join(get_args(ChartType)) + '. "title". "orientation": "horizontal" where bars lie. "stacking": '
    '"stacked" or "percent". "x" and "y": the axes, objects of "title", "unit", "scale" (linear, log, date, category), "low", '
    '"high"; x is that of the categories or independent values, "y2" a second axis of values. "series": a list of objects of '
    '"name", "colour" (#rrggbb), "mark" (bar, line, area, point) where they differ, "axis": "second" where y2 measures it, and '
    '"points", a list of [x, y], of [x, y, box of its mark], or of objects of "x", "y", "lo" and "hi", the ends of an error bar or '
    'of a bar that floats, and "s", the size of a bubble. Numbers are plain; one that cannot be read is null, never a guess.'
)
_ASKED: Final = {
    "reading": 'Read all text in the picture, in reading order. Answer with JSON: {{"lines": [{{"t": text of a line as printed, '
    '"b": its box}}]}}. {boxes}',
    "table": f"Read the table in the picture. Answer with JSON, an object of {_ROWS} {{boxes}}",
    "chart": f"Read the data of the chart in the picture. Answer with JSON, an object of {_CHART} {{boxes}}",
    "page": 'Read all of the page in the picture, in reading order. Answer with JSON: {{"blocks": [...]}}. A block is an object of '
    '"k", what it is, and "b", its box. Texts: "k" is one of '
    + ", ".join(_ROLES)
    + ', "t" the text with its lines joined, "l" the level 1 to 6 of a heading. Tables: "k" is "table", '
    + f'{_ROWS} Charts: "k" is "chart", {_CHART} Pictures: "k" is "figure", "looks" one of {", ".join(_LOOKS)}. {{boxes}}',
    "grounding": 'Where in the picture is {phrase}? Answer with JSON: {{"boxes": [a box for each place]}}, an empty list where it '
    "is nowhere to be seen. {boxes}",
    "referring": 'What stands in the box {box} of the picture? Answer with JSON: {{"name": a short phrase}}. {boxes}',
    "ask": '{question}\nAnswer with JSON: {{"answer": the answer, in the language of the question, "" where the picture does not '
    'tell, "places": [{{"p": a phrase of the answer, "b": [the boxes of what it names in the picture]}}]}}. {boxes}',
}
_BOXES: Final = {
    "pixels": "Boxes are [left, top, right, bottom] in pixels of the picture, which is {width} wide and {height} high.",
    "thousandths": "Boxes are [left, top, right, bottom] in thousandths of the picture's width and height, from 0 to 1000.",
}

# What may be answered

_TEXT: Final[dict[str, Any]] = {"type": "string"}
_NUMBER: Final[dict[str, Any]] = {"type": "number"}
_SPAN: Final[dict[str, Any]] = {"type": "integer", "minimum": 2, "maximum": 1000}
_BOX: Final[dict[str, Any]] = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 4, "maxItems": 4}


def _one_of(values: Iterable[str]) -> dict[str, Any]:
    return {"enum": list(values)}


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


_CELL: Final = _object({"t": _TEXT, "rs": _SPAN, "cs": _SPAN, "h": _one_of("crb"), "b": _BOX}, "t")
_TABLE_FIELDS: Final = {"b": _BOX, "rows": _list_of(_list_of({"anyOf": [_TEXT, _CELL]}))}
_SCALES: Final = ("linear", "log", "date", "category")
_AXIS: Final = _object({"title": _TEXT, "unit": _TEXT, "scale": _one_of(_SCALES), "low": _NUMBER, "high": _NUMBER})
_X: Final = {"type": ["string", "number"]}
_Y: Final = {"type": ["number", "null"]}
_PAIR: Final = {"type": "array", "prefixItems": [_X, _Y, _BOX], "items": False, "minItems": 2}
_POINT: Final = {
    "anyOf": [_PAIR, _object({"x": _X, "y": _Y, **dict.fromkeys(("e", "lo", "hi", "s"), _NUMBER), "b": _BOX}, "x", "y")]
}
_MARKS: Final = {"mark": _one_of(["bar", "line", "area", "point"]), "axis": _one_of(["first", "second"])}
_SERIES: Final = _object({"name": _TEXT, "colour": _TEXT, **_MARKS, "points": _list_of(_POINT)}, "points")
_CHART_FIELDS: Final = {
    "type": _one_of(get_args(ChartType)),
    "b": _BOX,
    "title": _TEXT,
    "orientation": _one_of(["vertical", "horizontal"]),
    "stacking": _one_of(["none", "stacked", "percent"]),
    "x": _AXIS,
    "y": _AXIS,
    "y2": _AXIS,
    "series": _list_of(_SERIES),
}
_LEVEL: Final = {"type": "integer", "minimum": 1, "maximum": 6}
_BLOCKS: Final = [
    _object({"k": _one_of(_ROLES), "l": _LEVEL, "t": _TEXT, "b": _BOX}, "k", "t"),
    _object({"k": _one_of(["table"]), **_TABLE_FIELDS}, "k", "rows"),
    _object({"k": _one_of(["chart"]), **_CHART_FIELDS}, "k", "type", "series"),
    _object({"k": _one_of(["figure"]), "looks": _one_of(_LOOKS), "b": _BOX}, "k"),
]
_PLACE: Final = _object({"p": _TEXT, "b": _list_of(_BOX)}, "p", "b")
_SCHEMAS: Final = {
    "reading": _object({"lines": _list_of(_object({"t": _TEXT, "b": _BOX}, "t"))}, "lines"),
    "table": _object(_TABLE_FIELDS, "rows"),
    "chart": _object(_CHART_FIELDS, "type", "series"),
    "page": _object({"blocks": _list_of({"anyOf": _BLOCKS})}, "blocks"),
    "grounding": _object({"boxes": _list_of(_BOX)}, "boxes"),
    "referring": _object({"name": _TEXT}, "name"),
    "ask": _object({"answer": _TEXT, "places": _list_of(_PLACE)}, "answer"),
}


class Dialect:
    """JSON by our schemas.

    Args:
        boxes: What boxes are told in: "pixels" of the picture, as `Sight` has it, or "thousandths" of its sides.
    """

    name = "instruct"
    tasks = frozenset(_SCHEMAS)

    def __init__(self, boxes: Literal["pixels", "thousandths"] = "thousandths") -> None:
        self.boxes = boxes

    def prompt(self, task: Task, sight: Sight) -> Prompt:
        """Return how a task is asked."""
        filled = {"boxes": _BOXES[self.boxes].format(width=sight.width, height=sight.height)}
        if isinstance(task, Find):
            filled["phrase"] = task.phrase
        elif isinstance(task, Name):
            filled["box"] = str(self._scale(sight).steps(task.box))
        elif isinstance(task, Ask):
            filled["question"] = task.question
        asked = _ASKED[task.name]
        return Prompt(asked.format(**filled))

    def grammar(self, task: Task) -> Grammar:
        """Return the JSON Schema of an answer."""
        return Grammar("json_schema", json.dumps(_SCHEMAS[task.name]))

    def _scale(self, sight: Sight) -> Scale:
        return Scale(max(1, sight.width), max(1, sight.height)) if self.boxes == "pixels" else Scale(STEPS, STEPS)

    def encode(self, task: Task, answer: Any, sight: Sight) -> str:
        """Return an answer as JSON in one line.

        Raises:
            ValueError: JSON has no words for it: it is not the answer of the task.
        """
        text = self._write(task, answer, sight)
        return faithful(text, lambda said: self.decode(task, said, sight), lambda read: self._write(task, read, sight))

    def _write(self, task: Task, answer: Any, sight: Sight) -> str:
        return json.dumps(_record(task, answer, self._scale(sight)), ensure_ascii=False, separators=(",", ":"))

    def decode(self, task: Task, said: Said, sight: Sight) -> Decoded:
        """Return what was said as an answer of the task's type, None where nothing of it can be read."""
        said, faults = readable(said), Faults()
        node = read_json(said.text) if said.finish != "failed" else None
        if node is None:
            return self._without_json(task, said)
        finished(said, faults)
        faults["answer_truncated"] += not node.complete and not faults["answer_truncated"]
        answer = _Reader(said, self._scale(sight), faults).read(task, node)
        faults["answer_unreadable"] += answer is None
        return Decoded(answer, problems_of(faults))

    def _without_json(self, task: Task, said: Said) -> Decoded:
        """Return what an answer that is no JSON tells all the same."""
        if task.name == "table":
            return decode_table(said)
        if task.name == "page" and said.text.strip():
            return decode_page(said)
        faults = Faults()
        finished(said, faults)
        text = said.text.strip()
        span = 0, len(said.text)
        if text and not text.startswith("```") and said.finish != "failed":
            sure, likelihood = said.confidence(*span), said.likelihood(*span)
            if isinstance(task, Ask):
                return Decoded(Answer(text=text, confidence=sure, likelihood=likelihood), problems_of(faults))
            if isinstance(task, Name):
                named = Mention(phrase=text, boxes=(task.box,), confidence=sure, likelihood=likelihood)
                return Decoded(named, problems_of(faults))
        faults["answer_unreadable"] += 1
        return Decoded(None, problems_of(faults))


# Writing


def _record(task: Task, answer: Any, scale: Scale) -> Any:
    if isinstance(task, Find):
        if answer.phrase != task.phrase:
            raise ValueError(f"asked for {task.phrase!r}, the answer tells of {answer.phrase!r}")
        return {"boxes": [scale.steps(box) for box in answer.boxes]}
    if isinstance(task, Name):
        if answer.boxes != (task.box,):
            raise ValueError(f"asked what stands in {task.box}, the answer tells of {answer.boxes}")
        return {"name": answer.phrase}
    if isinstance(task, Ask):
        places = [{"p": mention.phrase, "b": [scale.steps(box) for box in mention.boxes]} for mention in answer.mentions]
        return {"answer": answer.text, **({"places": places} if places else {})}
    if task.name == "reading":
        return {"lines": [without_usual({"t": text.text, "b": scale.told(text.box)}) for text in answer]}
    if task.name == "table":
        return table_record(answer, scale)
    if task.name == "chart":
        return chart_record(answer, scale)
    return {"blocks": [_block_record(content, scale) for content in answer]}


def _block_record(content: Content, scale: Scale) -> dict[str, Any]:
    if isinstance(content, Table):
        return {"k": "table", **table_record(content, scale)}
    if isinstance(content, Chart):
        return {"k": "chart", **chart_record(content, scale)}
    box = scale.told(content.box)
    if isinstance(content, Figure):
        return without_usual({"k": "figure", "looks": content.looks_like, "b": box})
    return without_usual({"k": content.role, "l": content.level, "t": content.text, "b": box})


# Reading


class _Reader:
    """What makes values of the JSON of an answer."""

    def __init__(self, said: Said, scale: Scale, faults: Faults) -> None:
        self.said = said
        self.scale = scale
        self.faults = faults

    def read(self, task: Task, node: Node) -> Any:
        """Return the answer of a task."""
        if isinstance(task, Find):
            return self._found(task, node)
        if isinstance(task, Name):
            name = node.get("name", "label", "phrase", "answer")
            return self._mention(name.text, (task.box,), name) if name is not None and name.text else None
        if isinstance(task, Ask):
            return self._answer(node)
        if task.name == "reading":
            return self._lines(node)
        if task.name == "table":
            return read_table(node, self.said, self.scale, self.faults)
        if task.name == "chart":
            return read_chart(node, self.said, self.scale, self.faults)
        return self._blocks(node)

    def _mention(self, phrase: str, boxes: Sequence[Box], node: Node) -> Mention:
        likelihood, sure = self.said.likelihood(node.start, node.end), self.said.confidence(node.start, node.end)
        return Mention(phrase=phrase, boxes=tuple(boxes), confidence=sure, likelihood=likelihood)

    def _boxes(self, node: Node) -> list[Box]:
        """Return the boxes of a list of them, of objects that have one, or of one alone; each once."""
        items = node.items
        if not items:
            boxes = [self.scale.box(node, self.faults)] if node.fields else []
        elif not any(item.items or item.fields for item in items):
            boxes = [self.scale.read(node, self.faults)] if node.complete else []
        else:
            boxes = [
                self.scale.box(item, self.faults) if item.fields else self.scale.read(item, self.faults)
                for item in items
                if item.complete
            ]
        return list(dict.fromkeys(box for box in boxes if box is not None))

    def _found(self, task: Find, node: Node) -> Mention | None:
        inner = node.get("boxes", "objects", "results") or node
        boxes = self._boxes(inner)
        told_none = inner.complete and isinstance(inner.value, list) and not inner.items
        return self._mention(task.phrase, boxes, inner) if boxes or told_none else None

    def _answer(self, node: Node) -> Answer | None:
        told = node.get("answer", "text", "response")
        if told is None or not isinstance(told.value, (str, float)):
            return None
        places = node.get("places", "mentions", "evidence")
        mentions = []
        for place in places.items if places else ():
            phrase, boxes = place.get("p", "phrase", "text", "label"), place.get("b", "boxes", "bbox_2d", "bbox", "box")
            if place.complete and phrase is not None and phrase.text:
                mentions.append(self._mention(phrase.text, self._boxes(boxes) if boxes else (), place))
        likelihood, sure = self.said.likelihood(told.start, told.end), self.said.confidence(told.start, told.end)
        return Answer(text=told.text, mentions=tuple(mentions), confidence=sure, likelihood=likelihood)

    def _lines(self, node: Node) -> tuple[Text, ...] | None:
        lines = node.get("lines", "texts", "words", "blocks", "text") or (node if isinstance(node.value, list) else None)
        if lines is None:
            return None
        texts: dict[tuple[str, Box | int], Text] = {}
        for line in lines.items:
            told = (
                (line.get("t", "text", "text_content", "content", "label") or Node("", line.start, line.start))
                if line.fields
                else line
            )
            if not line.complete or not told.text:
                continue
            box = self.scale.box(line, self.faults)
            likelihood, sure = self.said.likelihood(told.start, told.end), self.said.confidence(told.start, told.end)
            word = Word(text=told.text, box=box, confidence=sure, likelihood=likelihood) if box else None
            own = Text(page_number=1, box=box or WHOLE, text=told.text, words=(word,) if word else (), likelihood=likelihood)
            key = told.text, box or len(texts)
            self.faults["answer_loops"] += key in texts
            self.faults["box_missing"] += word is None
            texts.setdefault(key, own)
        return tuple(texts.values())

    def _blocks(self, node: Node) -> tuple[Content, ...] | None:
        blocks = node.get("blocks", "elements", "content") or (node if isinstance(node.value, list) else None)
        if blocks is None:
            return None
        found = [self._block(block) for block in blocks.items]
        return tuple(content for content in found if content is not None)

    def _block(self, block: Node) -> Content | None:
        kind = block.get("k", "kind", "type", "role", "category")
        named = kind.text.lower() if kind else "paragraph"
        if named == "table":
            return read_table(block, self.said, self.scale, self.faults)
        if named == "chart" and block.get("series", "data", "points"):
            return read_chart(block, self.said, self.scale, self.faults)
        if not block.complete:
            return None
        box = self.scale.box(block, self.faults) or WHOLE
        if named in ("figure", "picture", "image", "chart"):
            looks = block.get("looks")
            like = looks.text if looks else "chart" if named == "chart" else "picture"
            return Figure(
                page_number=1,
                box=box,
                looks_like=cast("Literal['picture', 'drawing', 'chart', 'scan']", like if like in _LOOKS else "picture"),
            )
        told, level = block.get("t", "text", "content"), block.get("l", "level")
        if told is None:
            return None
        number = level.value if level else None
        return Text(
            page_number=1,
            box=box,
            role=cast("Role", named if named in _ROLES else "paragraph"),
            level=int(number) if isinstance(number, float) and number in range(1, 7) else None,
            text=told.text,
            likelihood=self.said.likelihood(told.start, told.end),
        )
