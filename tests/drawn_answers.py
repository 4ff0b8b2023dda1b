"""Answers drawn by chance, on the lattices of dialects and off them."""

from __future__ import annotations

from hypothesis import strategies as st

from docai.box import WHOLE, Box, hull
from docai.dialects import Sight
from docai.dialects.instruct import Dialect as Instruct
from docai.dialects.internvl import Dialect as Internvl
from docai.dialects.markup import STEPS
from docai.dialects.markup import Dialect as Markup
from docai.dialects.varco import Dialect as Varco
from docai.document import Answer, Axis, Cell, Chart, Figure, Mention, Point, Series, Table, Text, Word
from docai.tasks.asking import Ask
from docai.tasks.chart import ReadChart
from docai.tasks.grounding import Find, Name
from docai.tasks.page import ReadPage
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable

SIGHT = Sight(("ko", "en"), 640, 480)
DIALECTS = {
    "varco": Varco(),
    "internvl": Internvl(),
    "pixels": Instruct("pixels"),
    "thousandths": Instruct("thousandths"),
    "markup": Markup(),
}
LATTICES = {"pixels": (640, 480), "markup": (STEPS, STEPS)}  # steps across and down; of the others a thousand
TASKS = ("reading", "table", "chart", "grounding", "referring", "ask", "page")
UNSURE = 0.5

PIECES = (
    "<char> </char> <obj> </obj> <bbox> </bbox> <delim> <ref> </ref> <box> </box> <td> </td> <tr> </table> <p> </p> <br> "
    '<fcel> <nl> <loc_5> <word> </paragraph> <c> <place> &lt; &amp; &#32; & < > " \\ [ ] { } , : | # - * ``` 가나 Số “ ” '
    "[[1,2,3,4]] 0.5 12 ' \\n"
).split()
WILD = st.lists(st.sampled_from([*PIECES, " ", "\n", "\t"]) | st.text(max_size=3), max_size=5).map("".join)
LETTERS = st.text("abcdeXYZ가각힣ươđáß0123456789.,%-&", min_size=1, max_size=6)
CLEAN = st.lists(LETTERS, min_size=1, max_size=3).map(" ".join)


@st.composite
def boxes(draw, across=1000, down=1000):
    """Return a box on a lattice of so many steps."""
    left, top = draw(st.integers(0, across - 1)), draw(st.integers(0, down - 1))
    right, bottom = draw(st.integers(left + 1, across)), draw(st.integers(top + 1, down))
    return Box(left / across, top / down, right / across, bottom / down)


@st.composite
def any_boxes(draw):
    """Return a box anywhere, of any size."""
    left, right = sorted(draw(st.tuples(*[st.floats(0, 1)] * 2)))
    top, bottom = sorted(draw(st.tuples(*[st.floats(0, 1)] * 2)))
    return Box(left, top, right, bottom)


ANYWHERE = any_boxes()


def task_of(name, *, box=WHOLE, phrase="the total"):
    made = {"reading": ReadText, "table": ReadTable, "chart": ReadChart, "page": ReadPage}
    if name in made:
        return made[name]()
    return {"grounding": Find(phrase), "referring": Name(box), "ask": Ask("무엇인가요?")}[name]


def text_of(words, **told):
    return Text(page_number=1, box=hull(w.box for w in words), text=" ".join(w.text for w in words), words=tuple(words), **told)


def word(text, box):
    return Word(text=text, box=box, confidence=UNSURE)


@st.composite
def printed_lines(draw, texts, places):
    """Return lines of words that stand one below the other, each word to the right of the one before; a text anywhere else."""
    lines = []
    if places is ANYWHERE:
        return (text_of([word(draw(texts), draw(places)) for _ in range(draw(st.integers(1, 4)))]),)
    for row in range(draw(st.integers(0, 4))):
        words = []
        for column in range(draw(st.integers(1, 3))):
            top, left = row * 200 + draw(st.integers(0, 20)), column * 250 + draw(st.integers(0, 100))
            box = Box(
                left / 1000, top / 1000, (left + draw(st.integers(1, 200))) / 1000, (top + draw(st.integers(100, 150))) / 1000
            )
            words.append(word(draw(texts), box))
        lines.append(text_of(words))
    return tuple(lines)


@st.composite
def readings(draw, dialect, texts, places):
    if dialect == "varco":
        return draw(printed_lines(texts, places))
    found = []
    for _ in range(draw(st.integers(0, 4))):
        text, box = draw(texts), draw(st.none() | places)
        if dialect == "markup":
            found.append(draw(paragraphs(texts, places)))
        elif box is None:
            found.append(Text(page_number=1, box=WHOLE, text=text))
        else:
            found.append(Text(page_number=1, box=box, text=text, words=(word(text, box),)))
    seen = [(one.text, one.box) for text in found for one in text.words]
    return tuple(found) if len(set(seen)) == len(seen) else ()


@st.composite
def paragraphs(draw, texts, places, *, with_words=True, boxed=True):
    role = draw(
        st.sampled_from("title heading paragraph list_item caption formula footnote header footer page_number code".split())
    )
    level = draw(st.none() | st.integers(1, 6))
    words = [word(draw(texts), draw(places)) for _ in range(draw(st.integers(0, 3)) if with_words else 0)]
    words = list({(one.text, one.box): one for one in words}.values())
    if words and draw(st.booleans()):
        return text_of(words, role=role, level=level)
    box = draw(st.just(WHOLE) | places) if boxed else WHOLE
    return Text(page_number=1, box=box, role=role, level=level, text=draw(texts.filter(bool)), words=tuple(words))


@st.composite
def tables(draw, texts, places, *, headers=("none", "column", "row"), boxed=True):
    """Return a table whose cells come of cutting its area again and again."""
    box = draw(st.just(WHOLE) | places) if boxed else WHOLE
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    areas, cells = [(0, 0, rows, columns)], []
    while areas:
        row, column, down, across = areas.pop()
        cut = draw(st.integers(0, down + across - 2))
        if cut == 0:
            told = {"row": row, "column": column, "row_span": down, "column_span": across, "basis": "model", "confidence": UNSURE}
            cell_box = draw(st.just(box) | places) if boxed else WHOLE
            cells.append(Cell(**told, text=draw(texts), header=draw(st.sampled_from(headers)), box=cell_box))
        elif cut < down:
            areas += [(row, column, cut, across), (row + cut, column, down - cut, across)]
        else:
            cut -= down - 1
            areas += [(row, column, down, cut), (row, column + cut, down, across - cut)]
    cells.sort(key=lambda cell: (cell.row, cell.column))
    return Table(page_number=1, box=box, row_count=rows, column_count=columns, cells=tuple(cells))


NUMBERS = st.integers(-(10**6), 10**6).map(float) | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.5, 1e22])


@st.composite
def charts(draw, texts, places, *, boxed=True):
    box = draw(st.just(WHOLE) | places) if boxed else WHOLE
    shared = draw(st.lists(NUMBERS | texts, max_size=3))
    series = []
    for _ in range(draw(st.integers(0, 3))):
        xs = shared if draw(st.booleans()) else draw(st.lists(NUMBERS | texts, max_size=3))
        points = []
        for x in xs:
            y, error = draw(st.none() | NUMBERS), draw(st.none() | st.floats(0, 100))
            ends = {name: draw(st.none() | NUMBERS) for name in ("low", "high", "size")} if draw(st.booleans()) else {}
            at = draw(st.just(box) | places) if boxed else box
            points.append(Point(x=x, y=y, box=at, confidence=UNSURE, basis="model", error=error, **ends))
        looks = {
            "colour": draw(st.sampled_from(["", "#336699"])),
            "mark": draw(st.sampled_from([None, "bar", "line", "area", "point"])),
        }
        series.append(Series(name=draw(texts), axis=draw(st.sampled_from(["first", "second"])), points=tuple(points), **looks))
    scales = st.sampled_from(["linear", "log", "date", "category"])
    axes = [
        Axis(title=draw(texts), unit=draw(texts), scale=draw(scales), low=draw(st.none() | NUMBERS), high=draw(st.none() | NUMBERS))
        for _ in range(3)
    ]
    return Chart(
        page_number=1,
        box=box,
        chart_type=draw(st.sampled_from("bar line area scatter pie box heatmap mixed".split())),
        orientation=draw(st.sampled_from(["vertical", "horizontal"])),
        stacking=draw(st.sampled_from(["none", "stacked", "percent"])),
        title=draw(texts),
        x_axis=axes[0],
        y_axis=axes[1],
        second_axis=draw(st.sampled_from([None, Axis(), axes[2]])),
        series=tuple(series),
    )


@st.composite
def answers(draw, texts, places):
    parts, mentions = [], []
    for _ in range(draw(st.integers(1, 3))):
        parts.append(draw(texts))
        if draw(st.booleans()):
            own = draw(st.lists(places, max_size=2, unique=True))
            mentions.append(Mention(phrase=draw(texts.filter(str.strip)), boxes=tuple(own), confidence=UNSURE))
            parts.append(mentions[-1].phrase)
    return Answer(text=" ".join(parts), mentions=tuple(mentions), confidence=UNSURE)


@st.composite
def cases(draw, dialect, name, texts, places=None):
    """Return a task of a name and an answer to it, on the lattice of a dialect unless `places` are given."""
    places = boxes(*LATTICES.get(dialect, (1000, 1000))) if places is None else places
    prose = dialect not in ("pixels", "thousandths", "markup")
    headers = ("none", "column", "row") if dialect == "markup" else ("none", "column", "row", "both")
    if name == "reading":
        return task_of(name), draw(readings(dialect, texts, places))
    if name == "table":
        return task_of(name), draw(tables(texts, places, headers=headers, boxed=not prose))
    if name == "chart":
        return task_of(name), draw(charts(texts, places, boxed=not prose))
    if name == "grounding":
        task = task_of(name, phrase=draw(texts))
        own = tuple(draw(st.lists(places, max_size=3, unique=True)))
        return task, Mention(phrase=task.phrase, boxes=own, confidence=UNSURE)
    if name == "referring":
        task = task_of(name, box=draw(any_boxes()))
        return task, Mention(phrase=draw(texts.filter(bool)), boxes=(task.box,), confidence=UNSURE)
    if name == "ask":
        return task_of(name), draw(answers(texts, places))
    content = st.one_of(
        paragraphs(texts, places, with_words=dialect == "markup", boxed=not prose),
        tables(texts, places, headers=headers, boxed=not prose),
        charts(texts, places, boxed=not prose),
        st.builds(
            Figure,
            page_number=st.just(1),
            box=st.just(WHOLE) if prose else places,
            looks_like=st.sampled_from(["picture", "drawing", "chart", "scan"]),
        ),
    )
    return task_of(name), tuple(draw(st.lists(content, max_size=3)))
