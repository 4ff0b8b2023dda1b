"""Our own compact language: OTSL for tables and for the values of charts, four shared location tokens a box, roles as tags.

Texts: `<paragraph>`, the box, the text, words as `<word>` with theirs where they are told, `</paragraph>`; a heading's level as
`<level_2>`. Tables: `<otsl>`, rows as `docai.tasks.otsl` tells, `</otsl>`. Charts: `<chart>`, its type, then titles, units, scales
and ends of axes, each behind its word; then grids of `<c>` cells, rows ended by `<nl>`: a head of series, and a row for each x. A
grid holds the neighbouring series that share their x. What shows a series, and that the second axis measures it, stand behind its
name; behind a value its error, its ends and its size. Text that looks like a number is told from one by a `'` before it, as in
spreadsheets. A box that is not told is that of what it stands in: of a text that of its words, of all else the view.

Texts stand as they are, but for each `<`, and an `&` that would make `&lt;` or `&amp;`: these become `&lt;` and `&amp;`. So a `<`
is always the beginning of a word, which lets a grammar tell the end of a text by its next letter.

Sources: as in `docai.tasks.otsl`; location tokens as in Pix2Seq, Chen et al. 2021, arXiv 2109.10852, and DocTags. Of three series
of eight categories, the grid takes 208 tokens where JSON of records takes 951.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any, Final, Literal, cast, get_args

from docai.box import WHOLE, Box, hull
from docai.dialects import (
    Decoded,
    Faults,
    Grammar,
    Prompt,
    Said,
    Sight,
    faithful,
    finished,
    joined_likelihood,
    problems_of,
    readable,
)
from docai.dialects.grids import EMPTY_CONFIDENCE, MOST_COLUMNS, MOST_POSITIONS
from docai.dialects.lattice import box_of, steps_of
from docai.dialects.tagged import Tags, answered, told_answer
from docai.dialects.unfinished import plain_number
from docai.document import (
    Answer,
    Axis,
    Cell,
    Chart,
    ChartType,
    Content,
    Figure,
    Mention,
    Point,
    Role,
    Series,
    Table,
    Text,
    Word,
    replace,
)
from docai.numbers import is_missing, read_columns
from docai.tasks import Task
from docai.tasks.asking import Ask
from docai.tasks.grounding import Find, Name
from docai.tasks.otsl import COVERED, word_at

STEPS: Final = 999  # of 1000 location tokens: the first is the left or top side of the view, the last the right or bottom
ROLES: Final[tuple[str, ...]] = get_args(Role)
TYPES: Final[tuple[str, ...]] = get_args(ChartType)
LOOKS: Final = ("picture", "drawing", "chart", "scan")
SCALES: Final = ("log", "date", "category")  # linear is not told
_AXIS_WORDS: Final = ["y2", *(f"{axis}_{what}" for axis in ("x", "y", "y2") for what in ("title", "unit", *SCALES, "low", "high"))]
_CELLS: Final[dict[str, str]] = {"fcel": "none", "ecel": "none", "ched": "column", "rhed": "row", "srow": "row"}
_COVERED: Final = ("lcel", "ucel", "xcel")
_MARKS: Final = {f"mark_{mark}": mark for mark in ("bar", "line", "area", "point")}
_TOLD: Final = ("error", "low", "high", "size")  # of a value, behind it
_FIRST: Final = ("chart_title", "horizontal", "stacked", "percent")
WORDS: Final = (
    *(
        "word",
        "otsl",
        *_CELLS,
        *_COVERED,
        "nl",
        "chart",
        *TYPES,
        *_FIRST,
        *_AXIS_WORDS,
        "grid",
        "c",
        "colour",
        *_MARKS,
        "second",
        *_TOLD,
    ),
    *("figure", *(f"looks_{look}" for look in LOOKS), "obj", "place", "none", *ROLES, *(f"level_{level}" for level in range(1, 7))),
)
_NAMES: Final = rf"(?:{'|'.join(sorted(WORDS, key=len, reverse=True))}|loc_\d{{1,3}})"
_TAG: Final = re.compile(rf"<(/?)({_NAMES})>")
_MISLEADING: Final = re.compile("<|&(?=(?:lt|amp);)")
_PARTIAL: Final = re.compile(r"<[/a-z0-9_]*$|&[a-z]*$")  # a word or sign that breaks off
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_BLOCKS: Final = frozenset([*ROLES, "otsl", "chart", "figure"])


def escaped(text: str) -> str:
    """Return a text with nothing in it that would be read as a word of the language."""
    return _MISLEADING.sub(lambda match: "&lt;" if match[0] == "<" else "&amp;", text)


def unescaped(text: str) -> str:
    """Return the text that was escaped."""
    return re.sub("&(lt|amp);", lambda match: {"lt": "<", "amp": "&"}[match[1]], text)


def _locations(box: Box) -> str:
    return "".join(f"<loc_{step}>" for step in steps_of(box, STEPS, STEPS))


def _told(box: Box, within: Box = WHOLE) -> str:
    """Return a box as location tokens; nothing where it is that of what it stands in."""
    return "" if steps_of(box, STEPS, STEPS) == steps_of(within, STEPS, STEPS) else _locations(box)


def _boxes_in(text: str) -> list[Box | None]:
    steps = [float(step) for step in re.findall(r"<loc_(\d+)>", text)]  # of any number of digits
    return [box_of(steps[place : place + 4], STEPS, STEPS) for place in range(0, len(steps), 4)]


def _complete(text: str) -> str:
    steps = re.findall(r"<loc_\d+>", text)
    return "".join(steps[: len(steps) // 4 * 4])


_TAGS: Final = Tags("obj", "place", ("none",), _boxes_in, _complete, lambda boxes: "".join(map(_locations, boxes)))


# Grammars, in the Lark syntax of llguidance

_OTSL_RULES: Final = r"""
table: "<otsl>" box? first_row row* "</otsl>"
first_row: (cell "<lcel>"*)+ "<nl>"
row: (cell "<lcel>"* | "<ucel>" "<xcel>"*)+ "<nl>"
cell: ("<fcel>" | "<ched>" | "<rhed>" | "<srow>") box? TEXT? | "<ecel>" box?
box: LOC LOC LOC LOC
LOC: "<loc_" /[0-9]{1,3}/ ">"
TEXT: /[^<]+/
"""
_CHART_RULES: Final = f"""
chart: "<chart>" box? type "<horizontal>"? ("<stacked>" | "<percent>")? chart_title? axis* grid* "</chart>"
type: {" | ".join(f'"<{name}>"' for name in TYPES)}
chart_title: "<chart_title>" TEXT
axis: ({" | ".join(f'"<{name}>"' for name in _AXIS_WORDS)}) TEXT?
grid: "<grid>" "<c>" series* "<nl>" values*
series: "<c>" TEXT? ("<colour>" TEXT)? mark? "<second>"?
mark: {" | ".join(f'"<{mark}>"' for mark in _MARKS)}
values: "<c>" TEXT? ("<c>" box? TEXT? {" ".join(f'("<{told}>" TEXT)?' for told in _TOLD)})* "<nl>"
"""
_TEXT_RULES: Final = f"""
text: {" | ".join(f'"<{role}>" text_body "</{role}>"' for role in ROLES)}
text_body: level? box? TEXT? word*
level: {" | ".join(f'"<level_{level}>"' for level in range(1, 7))}
word: "<word>" box TEXT?
figure: "<figure>" ({" | ".join(f'"<looks_{look}>"' for look in LOOKS)}) box? "</figure>"
"""
_GRAMMARS: Final = {
    "table": f"start: table\n{_OTSL_RULES}",
    "page": f"start: (text | table | chart | figure)*\n{_TEXT_RULES}{_OTSL_RULES}{_CHART_RULES}",
}
_USED_BY_CHART: Final = "".join(line + "\n" for line in _OTSL_RULES.splitlines() if line.startswith(("box", "LOC", "TEXT")))


# The dialect


class Dialect:
    """Our markup.

    Args:
        special: Whether the words of the language are special tokens of the model, which grammars name without quotes.
    """

    name = "markup"
    tasks = frozenset(["reading", "table", "chart", "grounding", "referring", "ask", "page"])

    def __init__(self, *, special: bool = False) -> None:
        self.special = special

    def prompt(self, task: Task, sight: Sight) -> Prompt:
        """Return how a task is asked: its word, and its argument."""
        if isinstance(task, Find):
            return Prompt(f"<task_grounding>{escaped(task.phrase)}")
        if isinstance(task, Name):
            return Prompt(f"<task_referring>{_locations(task.box)}")
        if isinstance(task, Ask):
            return Prompt(f"<task_ask>{escaped(task.question)}")
        return Prompt(f"<task_{task.name}>")

    def grammar(self, task: Task) -> Grammar | None:
        """Return the grammar of tables, charts, texts and pages; None where prose is free."""
        if task.name == "chart":
            text = f"start: chart\n{_CHART_RULES}{_USED_BY_CHART}"
        elif task.name == "reading":
            rules = "".join(line + "\n" for line in _TEXT_RULES.splitlines() if not line.startswith("figure"))
            text = f"start: text*\n{rules}{_USED_BY_CHART}"
        elif task.name in _GRAMMARS:
            text = _GRAMMARS[task.name]
        else:
            return None
        return Grammar("lark", _with_special_tokens(text) if self.special else text)

    def encode(self, task: Task, answer: Any, sight: Sight) -> str:
        """Return an answer in the language.

        Raises:
            ValueError: It is not the answer of the task, or has what the language has no words for.
        """
        text = _written(task, answer)
        return faithful(text, lambda said: self.decode(task, said, sight), lambda read: _written(task, read))

    def decode(self, task: Task, said: Said, sight: Sight) -> Decoded:
        """Return what was said as an answer of the task's type, None where nothing of it can be read."""
        said, faults = readable(said), Faults()
        if isinstance(task, Ask):
            return _plain(answered(said, _TAGS, frozenset(["<none>"])))
        finished(said, faults)
        answer = _read(task, said, faults) if said.finish != "failed" else None
        faults["answer_unreadable"] += answer is None
        return Decoded(answer, problems_of(faults))


def _with_special_tokens(grammar: str) -> str:
    """Return a grammar in which the words of the language are special tokens of a model."""
    named = re.sub(r'"(</?\w+>)"', r"\1", grammar)
    return re.sub(r"^LOC:.*$", "", named, flags=re.MULTILINE).replace("LOC LOC LOC LOC", "loc loc loc loc") + (
        "loc: " + " | ".join(f"<loc_{step}>" for step in range(STEPS + 1)) + "\n"
    )


def _plain(decoded: Decoded) -> Decoded:
    """Return an answer with its texts unescaped."""
    answer = cast("Answer | None", decoded.answer)
    if answer is None:
        return decoded
    mentions = tuple(replace(mention, phrase=unescaped(mention.phrase)) for mention in answer.mentions)
    return Decoded(replace(answer, text=unescaped(answer.text), mentions=mentions), decoded.problems)


# Writing


def _written(task: Task, answer: Any) -> str:
    if isinstance(task, Find):
        if answer.phrase != task.phrase:
            raise ValueError(f"asked for {task.phrase!r}, the answer tells of {answer.phrase!r}")
        return "".join(map(_locations, answer.boxes)) or "<none>"
    if isinstance(task, Name):
        if answer.boxes != (task.box,):
            raise ValueError(f"asked what stands in {task.box}, the answer tells of {answer.boxes}")
        return escaped(answer.phrase)
    if isinstance(task, Ask):
        mentions = tuple(replace(mention, phrase=escaped(mention.phrase)) for mention in answer.mentions)
        return told_answer(replace(answer, text=escaped(answer.text), mentions=mentions), _TAGS, frozenset(), "<none>")
    contents = [answer] if task.name in ("table", "chart") else answer
    return "".join(map(_content, contents))


def _content(content: Content) -> str:
    if isinstance(content, Text):
        return _text(content)
    if isinstance(content, Table):
        return _table(content)
    if isinstance(content, Chart):
        return _chart(content)
    return f"<figure><looks_{content.looks_like}>{_told(content.box)}</figure>"


def _text(text: Text) -> str:
    words = "".join(f"<word>{_locations(word.box)}{escaped(word.text)}" for word in text.words)
    joined = " ".join(word.text for word in text.words)
    if joined and not text.text:
        raise ValueError(f"a text without words of its own has the words {joined[:80]!r}; give it a text")
    level = f"<level_{text.level}>" if text.level else ""
    box = _told(text.box, _hull_of(text.words))
    own = "" if text.words and text.text == joined else escaped(text.text)
    return f"<{text.role}>{level}{box}{own}{words}</{text.role}>"


def _hull_of(words: Sequence[Word]) -> Box:
    """Return the hull of words as the language tells it; all of the view where there are none."""
    boxes = [box_of(steps_of(word.box, STEPS, STEPS), STEPS, STEPS) for word in words]
    return hull(box for box in boxes if box is not None) if boxes else WHOLE


def _table(table: Table) -> str:
    rows = (
        "".join(_position(cell, row, column, table) for column, cell in enumerate(cells)) + "<nl>"
        for row, cells in enumerate(table.grid())
    )
    return f"<otsl>{_told(table.box)}{''.join(rows)}</otsl>"


def _position(cell: Cell, row: int, column: int, table: Table) -> str:
    word = word_at(cell, row, column, table)
    return f"<{word}>" if word in COVERED else f"<{word}>{_told(cell.box, table.box)}{escaped(cell.text)}"


def _chart(chart: Chart) -> str:
    pieces = [f"<chart>{_told(chart.box)}<{chart.chart_type}>"]
    pieces += ["<horizontal>"] if chart.orientation == "horizontal" else []
    pieces += [f"<{chart.stacking}>"] if chart.stacking != "none" else []
    pieces += [f"<chart_title>{escaped(chart.title)}"] if chart.title else []
    pieces += [_axis("x", chart.x_axis), _axis("y", chart.y_axis)]
    pieces += ["<y2>", _axis("y2", chart.second_axis)] if chart.second_axis is not None else []
    for xs, group in groupby(chart.series, key=lambda series: [(type(point.x), point.x) for point in series.points]):
        pieces.append(_grid([x for _, x in xs], list(group), chart.box))
    return f"{''.join(pieces)}</chart>"


def _axis(name: str, axis: Axis) -> str:
    told = [f"<{name}_{what}>{escaped(text)}" for what, text in (("title", axis.title), ("unit", axis.unit)) if text]
    told += [f"<{name}_{axis.scale}>"] if axis.scale != "linear" else []
    ends = (("low", axis.low), ("high", axis.high))
    return "".join([*told, *(f"<{name}_{what}>{plain_number(end)}" for what, end in ends if end is not None)])


def _grid(xs: Sequence[float | str], group: Sequence[Series], within: Box) -> str:
    heads = map(_head, group)
    rows = (f"<c>{_x_text(x)}{''.join(_value(s.points[place], within) for s in group)}<nl>" for place, x in enumerate(xs))
    return f"<grid><c>{''.join(heads)}<nl>{''.join(rows)}"


def _head(series: Series) -> str:
    colour = f"<colour>{escaped(series.colour)}" if series.colour else ""
    mark = f"<mark_{series.mark}>" if series.mark else ""
    return f"<c>{escaped(series.name)}{colour}{mark}{'<second>' if series.axis == 'second' else ''}"


def _x_text(x: float | str) -> str:
    if isinstance(x, float):
        return plain_number(x)
    return escaped(f"'{x}" if x.startswith("'") or _NUMBER.fullmatch(x) else x)


def _value(point: Point, within: Box) -> str:
    told = "" if point.y is None else plain_number(point.y)
    more = ((name, getattr(point, name)) for name in _TOLD)
    behind = "".join(f"<{name}>{plain_number(value)}" for name, value in more if value is not None)
    return f"<c>{_told(point.box, within)}{told}{behind}"


# Reading


@dataclass(slots=True)
class _Element:
    """A word of the language with the location tokens and the text behind it, which stands from `start` to `end`.

    `last` tells that nothing follows, so that its text may break off.
    """

    name: str
    closing: bool
    steps: list[int]
    text: str
    start: int
    end: int
    last: bool = False

    def box(self, faults: Faults) -> Box | None:
        """Return the box that is told; None where none is, or none that is one."""
        box = box_of(self.steps, STEPS, STEPS) if self.steps else None
        faults["box_invalid"] += bool(self.steps) and box is None and not self.last
        return box


def _elements(text: str, faults: Faults) -> list[_Element]:
    """Return the words of a text, in order; what stands before the first is left out."""
    elements: list[_Element] = []
    matches = list(_TAG.finditer(text))
    strayed = text[: matches[0].start()] if matches else text
    faults["answer_strayed"] += bool(strayed.strip())
    for place, match in enumerate(matches):
        end = matches[place + 1].start() if place + 1 < len(matches) else len(text)
        behind = text[match.end() : end]
        if match[2].startswith("loc_"):
            if not elements:
                elements.append(_Element("", closing=False, steps=[], text="", start=match.start(), end=end))
            one = elements[-1]
            one.steps.append(int(match[2][4:]))
            one.start, one.end = (one.start, end) if one.text else (match.end(), end)
            one.text += behind
        else:
            elements.append(_Element(match[2], bool(match[1]), [], behind, match.end(), end))
    if elements:
        elements[-1].last = True
    return elements


def _read(task: Task, said: Said, faults: Faults) -> Any:
    if isinstance(task, Name):
        phrase = unescaped(_PARTIAL.sub("", said.text) if said.finish == "length" else said.text)
        span = 0, len(said.text)
        sure, likelihood = said.confidence(*span), said.likelihood(*span)
        return Mention(phrase=phrase, boxes=(task.box,), confidence=sure, likelihood=likelihood) if phrase else None
    if isinstance(task, Find):
        return _found(task, said, faults)
    contents = _contents(said, faults)
    if task.name == "page":
        return tuple(contents) if contents or not said.text.strip() else None
    if task.name == "reading":
        texts = _once([content for content in contents if isinstance(content, Text)], faults)
        return tuple(texts) if texts or not said.text.strip() else None
    kind = Table if task.name == "table" else Chart
    return next((content for content in contents if isinstance(content, kind)), None)


def _found(task: Find, said: Said, faults: Faults) -> Mention | None:
    steps = [int(step) for step in re.findall(r"<loc_(\d{1,3})>", said.text)]
    if len(steps) % 4 or (said.finish != "stop" and not steps):
        faults["answer_truncated"] = 1
    told = [box_of(steps[place : place + 4], STEPS, STEPS) for place in range(0, len(steps) // 4 * 4, 4)]
    faults["box_invalid"] += sum(box is None for box in told)
    boxes = tuple(dict.fromkeys(box for box in told if box is not None))
    if not boxes and "<none>" not in said.text:
        return None
    span = 0, len(said.text)
    return Mention(phrase=task.phrase, boxes=boxes, confidence=said.confidence(*span), likelihood=said.likelihood(*span))


def _once(texts: Sequence[Text], faults: Faults) -> list[Text]:
    """Return texts, without those words that have the text and box of one before them, and without texts that only have such."""
    seen: set[tuple[str, Box]] = set()
    kept: list[Text] = []
    for text in texts:
        fresh: list[Word] = []
        for word in text.words:
            if (word.text, word.box) not in seen:
                fresh.append(word)
            seen.add((word.text, word.box))
        if len(fresh) == len(text.words):
            kept.append(text)
            continue
        faults["answer_loops"] += 1
        if fresh:
            joined = " ".join(word.text for word in fresh)
            kept.append(replace(text, words=tuple(fresh), text=joined, box=hull(word.box for word in fresh)))
    return kept


def _contents(said: Said, faults: Faults) -> list[Content]:
    """Return the blocks that are told, in order; of one that breaks off, what was complete before."""
    elements = _elements(said.text, faults)
    readers: dict[str, Callable[[Sequence[_Element], Said, Faults], Content | None]] = {
        "otsl": _read_table,
        "chart": _read_chart,
        "figure": _read_figure,
    }
    contents: list[Content] = []
    place = 0
    while place < len(elements):
        first = elements[place]
        if first.name in _CELLS and not first.closing:  # rows without the word round them
            first = _Element("otsl", closing=False, steps=[], text="", start=first.start, end=first.start)
            elements.insert(place, first)
        if first.closing or first.name not in _BLOCKS:
            faults["answer_strayed"] += 1
            place += 1
            continue
        end = place + 1
        while end < len(elements) and not _ends(first.name, elements[end]):
            end += 1
        closed = end < len(elements) and elements[end].closing and elements[end].name == first.name
        if end == len(elements):
            faults["answer_truncated"] = 1
        content = readers.get(first.name, _read_text)(elements[place:end], said, faults)
        if content is not None:
            contents.append(content)
        faults["answer_strayed"] += closed and bool(elements[end].text.strip())
        place = end + closed
    return contents


def _ends(block: str, element: _Element) -> bool:
    """Return whether a word ends a block: its closing word, or one that begins another."""
    if element.closing:
        return element.name == block
    return element.name in _BLOCKS


def _text_of(element: _Element) -> str:
    return unescaped(element.text)


def _read_text(elements: Sequence[_Element], said: Said, faults: Faults) -> Text | None:
    first = elements[0]
    body = [element for element in elements if element.name != "word"]
    words = [_word(element, said, faults) for element in elements if element.name == "word" and not element.last]
    own = "" if any(element.last for element in body) else "".join(_text_of(element) for element in body)
    if elements[-1].last and not words:
        return None
    told = next((element for element in body if element.steps), None)
    level = next((int(element.name[-1]) for element in body if element.name.startswith("level_")), None)
    likelihood = said.likelihood(body[0].start, body[-1].end) if own else joined_likelihood([word.likelihood for word in words])
    return Text(
        page_number=1,
        box=(told.box(faults) if told else None) or (hull(word.box for word in words) if words else WHOLE),
        role=cast("Role", first.name),
        level=level,
        text=own or " ".join(word.text for word in words),
        words=tuple(words),
        likelihood=likelihood,
    )


def _word(element: _Element, said: Said, faults: Faults) -> Word:
    box = element.box(faults)
    faults["box_missing"] += not element.steps
    span = element.start, element.end
    return Word(text=_text_of(element), box=box or WHOLE, confidence=said.confidence(*span), likelihood=said.likelihood(*span))


def _read_figure(elements: Sequence[_Element], _: Said, faults: Faults) -> Figure | None:
    if elements[-1].last:
        return None
    told = next((element for element in elements if element.steps), None)
    looks: Any = next((element.name[6:] for element in elements if element.name.startswith("looks_")), "picture")
    return Figure(page_number=1, box=(told.box(faults) if told else None) or WHOLE, looks_like=looks)


# Tables


def _read_table(elements: Sequence[_Element], said: Said, faults: Faults) -> Table | None:
    rows: list[list[_Element]] = [[]]
    for element in elements[1:]:
        if element.name == "nl" and not element.closing:
            rows.append([])
        elif element.name in _CELLS or element.name in _COVERED:
            rows[-1].append(element)
    if elements[-1].last:
        rows.pop()  # what breaks off is not complete
    rows = [row[:MOST_COLUMNS] for row in rows if row]
    columns = max(map(len, rows), default=0)
    rows = rows[: MOST_POSITIONS // max(1, columns)]
    if not rows:
        return None
    names = [[element.name for element in row] + ["ecel"] * (columns - len(row)) for row in rows]
    faults["table_uneven"] += sum(columns - len(row) for row in rows)
    box = elements[0].box(faults) or WHOLE
    covered = [[False] * columns for _ in rows]
    cells = []
    for r, row in enumerate(names):
        for c, name in enumerate(row):
            if covered[r][c]:
                continue
            down, across = _extent(names, covered, r, c) if name in _CELLS else (1, 1)
            faults["table_uneven"] += name in _COVERED  # it goes on with nothing
            for line in covered[r : r + down]:
                line[c : c + across] = [True] * across
            told = rows[r][c] if c < len(rows[r]) and name in _CELLS else None
            cells.append(_read_cell(told, (r, c, down, across), box, said, faults))
    return Table(page_number=1, box=box, row_count=len(rows), column_count=columns, cells=tuple(cells))


def _extent(names: Sequence[Sequence[str]], covered: Sequence[Sequence[bool]], row: int, column: int) -> tuple[int, int]:
    """Return how many rows and columns the cell that begins at a position covers, of those that no other does."""
    across, down = 1, 1
    while column + across < len(names[row]) and names[row][column + across] == "lcel" and not covered[row][column + across]:
        across += 1
    while (
        row + down < len(names)
        and names[row + down][column : column + across] == ["ucel", *["xcel"] * (across - 1)]
        and not any(covered[row + down][column : column + across])
    ):
        down += 1
    return down, across


def _read_cell(element: _Element | None, place: tuple[int, int, int, int], box: Box, said: Said, faults: Faults) -> Cell:
    row, column, down, across = place
    told: dict[str, Any] = {"row": row, "column": column, "row_span": down, "column_span": across, "basis": "model"}
    if element is None:
        return Cell(**told, box=box, confidence=EMPTY_CONFIDENCE)
    span = element.start, element.end
    return Cell(
        **told,
        text=_text_of(element),
        header=cast("Any", _CELLS[element.name]),
        box=element.box(faults) or box,
        confidence=said.confidence(*span),
        likelihood=said.likelihood(*span),
    )


# Charts


def _read_chart(elements: Sequence[_Element], said: Said, faults: Faults) -> Chart | None:
    told = [element for element in elements if not element.last]
    names = {element.name: element for element in reversed(told)}
    kind = next((element.name for element in told[1:] if element.name in TYPES), None)
    if kind is None:
        return None
    box = elements[0].box(faults) or WHOLE
    series: list[Series] = []
    starts = [place for place, element in enumerate(elements) if element.name == "grid"]
    for start, end in pairwise([*starts, len(elements)]):
        series += _read_grid(elements[start + 1 : end], box, said, faults)
    return Chart(
        page_number=1,
        box=box,
        chart_type=cast("ChartType", kind),
        orientation="horizontal" if "horizontal" in names else "vertical",
        stacking="stacked" if "stacked" in names else "percent" if "percent" in names else "none",
        title=_text_of(names["chart_title"]) if "chart_title" in names else "",
        x_axis=_read_axis("x", names),
        y_axis=_read_axis("y", names),
        second_axis=_read_axis("y2", names) if any(name.startswith("y2") for name in names) else None,
        series=tuple(series),
    )


def _read_axis(axis: str, names: dict[str, _Element]) -> Axis:
    texts = {what: _text_of(names[f"{axis}_{what}"]) for what in ("title", "unit", "low", "high") if f"{axis}_{what}" in names}
    scale: Any = next((scale for scale in SCALES if f"{axis}_{scale}" in names), "linear")
    return Axis(
        title=texts.get("title", ""),
        unit=texts.get("unit", ""),
        scale=scale,
        low=_number(texts.get("low", "")),
        high=_number(texts.get("high", "")),
    )


def _number(text: str) -> float | None:
    """Return the number that a text of the language is; None where it is none, or one too large."""
    value = float(text) if _NUMBER.fullmatch(text) else None
    return None if value is None or abs(value) == float("inf") else value


@dataclass(slots=True)
class _Value:
    """A cell of a grid, and what stands behind it."""

    element: _Element
    colour: str = ""
    mark: Literal["bar", "line", "area", "point"] | None = None
    second: bool = False
    told: dict[str, float | None] = field(default_factory=dict)

    def take(self, element: _Element) -> None:
        """Take what stands behind it."""
        if element.name == "colour":
            self.colour = _text_of(element)
        elif element.name in _MARKS:
            self.mark = cast("Any", _MARKS[element.name])
        elif element.name == "second":
            self.second = True
        elif element.name in _TOLD:
            self.told[element.name] = _number(_text_of(element))


def _read_grid(elements: Sequence[_Element], box: Box, said: Said, faults: Faults) -> list[Series]:
    rows: list[list[_Value]] = [[]]
    for element in elements:
        if element.name == "nl":
            rows.append([])
        elif element.name == "c":
            rows[-1].append(_Value(element))
        elif rows[-1]:
            rows[-1][-1].take(element)
    rows.pop()  # what stands behind the last <nl> is not complete
    if not rows:
        return []
    heads, body = rows[0][1:], [row for row in rows[1:] if row]
    return [
        Series(
            name=_text_of(head.element),
            colour=head.colour,
            mark=head.mark,
            axis="second" if head.second else "first",
            points=_points(body, place + 1, box, said, faults),
        )
        for place, head in enumerate(heads)
    ]


def _points(rows: Sequence[Sequence[_Value]], column: int, box: Box, said: Said, faults: Faults) -> tuple[Point, ...]:
    values = [row[column] if column < len(row) else None for row in rows]
    texts = ["" if value is None else _text_of(value.element) for value in values]
    (numbers,) = read_columns([texts])
    points = []
    for row, value, text, number in zip(rows, values, texts, numbers, strict=True):
        y = _number(text)
        y = float(number.value) if y is None and number is not None else y
        faults["value_unreadable"] += y is None and not is_missing(text)
        span = (value.element.start, value.element.end) if value else (0, 0)
        points.append(
            Point(
                x=_x_of(_text_of(row[0].element)),
                y=y,
                box=(value.element.box(faults) if value else None) or box,
                confidence=said.confidence(*span),
                basis="model",
                likelihood=said.likelihood(*span),
                **(value.told if value else {}),
            )
        )
    return tuple(points)


def _x_of(text: str) -> float | str:
    number = _number(text)
    return number if number is not None else text.removeprefix("'")


def used_words(texts: Iterable[str]) -> set[str]:
    """Return the words of the language that some texts use, location tokens included: what a tokenizer must know."""
    return {match[0] for text in texts for match in _TAG.finditer(text)}
