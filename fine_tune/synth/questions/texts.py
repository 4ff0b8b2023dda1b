"""What is to be read on a drawn page: lines, blocks, tables, charts, all of it; and what kind of page it is."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final, Literal

from docai.box import hull
from docai.document import Answer, Block, Chart, Content, Table, Text, replace
from docai.tasks.asking import Ask
from docai.tasks.chart import ReadChart
from docai.tasks.page import ReadPage
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import View
from fine_tune.samples import Turn
from fine_tune.synth.questions.paper import Paper, joined, lines_of
from fine_tune.synth.questions.words import asked, counted, said

Form = Literal["words", "lines", "blocks"]
LINE, BLOCK = 0.3, 0.4  # of readings that are of a line and of a block; the rest are of the whole page
LONGEST_TITLE: Final = 80  # characters that a caption repeats

Made = tuple[View, tuple[Turn, ...]]


def reading(paper: Paper, random: Random, form: Form) -> Made | None:
    """Return a line, a block or the page to read; None where what was chosen cannot be cut out of the page.

    `form` is how it is told: word by word with boxes, as blocks with their boxes, or as lines of nothing but text, which are the
    words of the model already.
    """
    chance = random.random()
    task = ReadText(languages=paper.languages)
    if not paper.words or chance > LINE + BLOCK:
        return paper.view(), (Turn(task, _told([block.content for block in paper.blocks], form)),)
    content: Content
    if chance < LINE:
        line = random.choice(paper.lines)
        content = Text(page_number=1, text=joined(line), words=line, box=hull(word.box for word in line))
    else:
        blocks = paper.texts()
        if not blocks:
            return None
        content = random.choice(blocks)
    box = paper.cut_out(content.words)
    if box is None:
        return None
    return paper.view(box), (Turn(task, _told([content], form)),)


def _told(contents: Sequence[Content], form: Form) -> tuple[Text, ...] | str:
    """Return what is written in contents as a reader tells it; nothing is an empty tuple in every form."""
    written = [content for content in contents if content.words]
    if form == "lines" and written:
        return "\n".join(joined(line) for content in written for line in lines_of(content.words))
    told: list[Text] = []
    for content in written:
        if form == "blocks" and isinstance(content, Text):
            told.append(replace(content, words=()))
            continue
        for line in lines_of(content.words):
            words = line if form == "words" else ()
            told.append(Text(page_number=1, text=joined(line), words=words, box=hull(word.box for word in line)))
    return tuple(told)


def pages(paper: Paper) -> Made:
    """Return a whole page to read: its blocks, without their words."""
    return paper.view(), (Turn(ReadPage(languages=paper.languages), tuple(_bare(block.content) for block in paper.blocks)),)


def _bare(content: Content) -> Content:
    return replace(content, words=())


def tables(paper: Paper, random: Random) -> Made | None:
    """Return a table to read; None on a page without."""
    return _one(paper, random, Table)


def charts(paper: Paper, random: Random) -> Made | None:
    """Return a chart to read; None on a page without."""
    return _one(paper, random, Chart)


def _one(paper: Paper, random: Random, kind: type[Table | Chart]) -> Made | None:
    own = [block.content for block in paper.blocks if isinstance(block.content, kind)]
    if not own:
        return None
    content = random.choice(own)
    task = ReadTable(languages=paper.languages) if kind is Table else ReadChart(languages=paper.languages)
    inside = hull([content.box, *(word.box for word in content.words)])
    return paper.view(paper.padded(inside)), (Turn(task, _bare(content)),)


def captions(paper: Paper, random: Random, *, held_out: bool) -> Made:
    """Return a page to describe in a sentence: what kind it is, in which language, and what it holds."""
    language = paper.drawn.language
    question = asked("caption", language, random, held_out=held_out)
    return paper.view(), (Turn(Ask(question), Answer(text=_caption(paper))),)


def _caption(paper: Paper) -> str:
    language, blocks = paper.drawn.language, paper.blocks
    if not blocks:
        return said("blank", language)
    text = said(paper.drawn.kind, language)
    if paper.drawn.kind != "mixed":
        text = said("in", language, text, said("language", language))
    title = title_of(blocks)
    if title is not None and len(title.text) <= LONGEST_TITLE:
        text += said("titled", language, title.text)
    counts = {
        "paragraphs": sum(isinstance(block.content, Text) and block.content.role == "paragraph" for block in blocks),
        "tables": sum(isinstance(block.content, Table) for block in blocks),
        "charts": sum(isinstance(block.content, Chart) for block in blocks),
    }
    held = [counted(name, language, count) for name, count in counts.items() if count]
    if held:
        parts = [", ".join(held[:-1]), held[-1]] if len(held) > 1 else held
        text += said("holds", language, said("and", language).join(parts))
    return f"{text}."


def title_of(blocks: Sequence[Block]) -> Text | None:
    """Return the title of a page; None where it has none, or several."""
    titles = [block.content for block in blocks if isinstance(block.content, Text) and block.content.role == "title"]
    return titles[0] if len(titles) == 1 else None
