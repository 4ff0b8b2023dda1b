"""The whole story of a page, in order: regions, questions to whoever can answer, blocks with their proof."""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from docai import document
from docai.box import Box, hull
from docai.chart_regions.headers import with_row_headers
from docai.document import (
    NO_USAGE,
    Block,
    Chart,
    Content,
    Engine,
    Figure,
    Page,
    Problem,
    Quarter,
    Role,
    Table,
    Text,
    mean_confidence,
)
from docai.exchange import Reply, Request, Talk, together
from docai.guards import guarded
from docai.layout import ASLANT, SENTENCE_END, Region, find_regions
from docai.lines import Line, find_lines
from docai.long_tables import Follower
from docai.pictures import Ocr, Sheet, resolution_at, what_to_read, with_layers
from docai.roles import Running, Style, assign_roles, learn_style, margin_roles, running_lines
from docai.rulings import find_grids
from docai.sources import LETTER, Source, SourcePage, basis_of
from docai.tasks import Task
from docai.tasks.chart import ReadChart
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable, with_numbers
from docai.tiling import View
from docai.verify import choose, held_text

logger = logging.getLogger(__name__)

NEIGHBOURS: Final = (-2, -1, 1, 2)  # pages compared for running headers; two, since books alternate left and right
SAMPLE: Final = 12  # pages that a document's style is learnt from, evenly spread
HELD: Final = 18  # pages kept at hand: the sample of a short document, so that it is not read twice
RULED_SHARE: Final = 0.8  # of a table's box that a grid of rules takes where rules part all of it
PICTURE_MARGIN: Final = 0.005  # of the page by which a picture within a chart may stick out of its box
DOUBTFUL: Final = 0.1  # confidence of text whose layer cannot be believed

ENGINE: Final = Engine(backend="classical")


@dataclass(frozen=True, slots=True)
class PageInHand:
    """A source page with its lines, and which of them run along its edges (place in `lines` to role)."""

    page: SourcePage
    lines: tuple[Line, ...]
    margins: Mapping[int, Role] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """What a page is read with.

    Attributes:
        style: The document's.
        languages: Those to expect, most likely first.
        reader: The backend that is asked for everything.
        model: The backend that is also asked for what text layers and rules do not tell: charts, tables without rules, scans;
            None for none.
        ocr: When pictures of text are read: `auto` where no text layer tells what they say, `always` in place of every text
            layer, `never`.
    """

    style: Style
    languages: tuple[str, ...]
    reader: str
    model: str | None = None
    ocr: Ocr = "auto"


@dataclass(frozen=True, slots=True)
class Seam:
    """Where a text may go on from, or to, another column or page."""

    block: str
    text: str
    size: float
    ends_full: bool


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page that was read, the engines that took part, and the seams at its start and end."""

    page: Page
    engines: tuple[Engine, ...] = ()
    head: Seam | None = None
    tail: Seam | None = None


class Pages:
    """The pages of a source with their lines, a few kept at hand."""

    def __init__(self, source: Source, *, alone: int | None = None) -> None:
        """Begin; nothing is read yet.

        Args:
            source: Of the pages.
            alone: None to learn the style and running lines from many pages; where there is no time for that, the page that the
                style is learnt from, and all are then read without a look at their neighbours.
        """
        self._source, self._alone = source, alone
        self._held: OrderedDict[int, PageInHand] = OrderedDict()

    def style(self) -> Style:
        """Return the style of the document, learnt from a sample of its pages."""
        return learn_style([self._at_hand(number).lines for number in self._sample()], self._source.outline())

    def _sample(self) -> Sequence[int]:
        count = self._source.page_count
        if self._alone is not None:
            return (self._alone,)
        return sorted({1 + n * (count - 1) // (SAMPLE - 1) for n in range(SAMPLE)}) if count > SAMPLE else range(1, count + 1)

    def __getitem__(self, number: int) -> PageInHand:
        """Return page `number` (from 1) with its running lines known by comparison with its neighbours."""
        hand = self._at_hand(number)
        steps = NEIGHBOURS if self._alone is None else ()
        return replace(hand, margins=margin_roles(hand.lines, [self._running(number + step) for step in steps]))

    def _running(self, number: int) -> tuple[Running, ...]:
        return running_lines(self._at_hand(number).lines) if 1 <= number <= self._source.page_count else ()

    def _at_hand(self, number: int) -> PageInHand:
        if number in self._held:
            self._held.move_to_end(number)
            return self._held[number]
        page = self._source.page(number)
        hand = PageInHand(page, tuple(find_lines(page.words, page.width_points, page.height_points)))
        self._held[number] = hand
        if len(self._held) > HELD:
            self._held.popitem(last=False)
        return hand


def read_page(hand: PageInHand, context: Context) -> Talk[PageRead]:
    """Read a page: lay it out, ask for what its text layer does not tell, and return it as blocks."""
    wanted, problems = what_to_read(hand.page, context.ocr)
    reading = ReadText(context.languages)
    sheet = with_layers(hand.page, wanted, (yield from guarded([Request(reading, (v,), context.reader) for v in wanted.views])))
    page, style = sheet.page, context.style
    lines, margins = hand.lines, hand.margins
    if page.words != hand.page.words:
        running = {hand.lines[place].words: role for place, role in margins.items()}
        lines = tuple(find_lines(page.words, page.width_points, page.height_points))
        margins = {place: running[line.words] for place, line in enumerate(lines) if line.words in running}
        style = style if hand.lines and not wanted.whole else learn_style([lines], ())
    regions = [*sheet.regions, *assign_roles(find_regions(page, lines, margins, sheet.drawn), page.number, style)]
    replies = yield from together([_asked(region, sheet, hand.page, context) for region in regions])
    answers = _headed({place: _valued(reply, page, context) for place, reply in enumerate(replies) if reply is not None})
    made = [(place, *content) for place, region in enumerate(regions) for content in _contents(region, answers.get(place), page)]
    placed = sheet.placed([content for _, content, _ in made])
    contents: list[_Made] = [
        _Made(content, source, regions[place], answers.get(place)) for (place, _, source), content in zip(made, placed, strict=True)
    ]
    numbers = {place: f"p{page.number}/{n}" for n, (place, _, _) in reversed(list(enumerate(made, 1)))}
    contents += [_Made(text, "ocr", None, reply) for text, reply in _costed(sheet.texts)]
    blocks = [_block(f"p{page.number}/{n}", one, numbers) for n, one in enumerate(contents, 1)]
    problems += hand.page.problems
    scan = f"p{page.number}/1" if blocks and (sheet.regions or sheet.texts) else None
    problems += [document.replace(problem, block=scan) for problem in sheet.problems]
    for place, reply in answers.items():
        problems += [document.replace(problem, block=numbers.get(place)) for problem in reply.problems]
    blocks = _linked(blocks, regions, numbers)
    engines = dict.fromkeys([ENGINE, *sheet.engines, *(reply.engine for reply in answers.values() if reply.engine)])
    return PageRead(
        page=Page(
            number=page.number,
            width_points=round(hand.page.width_points, 3),
            height_points=round(hand.page.height_points, 3),
            label=page.label,
            quarter=sheet.pose.quarter,
            skew=sheet.pose.skew,
            blocks=tuple(blocks),
            links=hand.page.links,
            problems=tuple(problems),
        ),
        engines=tuple(engines),
        head=_first_seam(regions, numbers),
        tail=_last_seam(regions, numbers),
    )


def unread_page(number: int, *problems: Problem) -> PageRead:
    """Return what stands for a page that was not read, of a size that viewers assume."""
    return PageRead(Page(number=number, width_points=LETTER[0], height_points=LETTER[1], problems=problems))


def safe_page(pages: Pages, number: int, context: Context, begun: Callable[[int], None] = lambda _: None) -> Talk[PageRead]:
    """Read page `number`; whatever goes wrong with it becomes a problem of an empty page, so that the others are not lost.

    `begun` is called when its neighbours have been looked at, and whatever happens next is its own doing.
    """
    try:
        hand = pages[number]
        begun(number)
        return (yield from read_page(hand, context))
    except MemoryError:
        message = "the page wants more memory than this process may hold; give more (--max-memory), or use fewer workers"
        return unread_page(number, Problem(code="memory_limit", message=message, severity="error", page_number=number))
    except Exception as error:  # the one place where a page may fail for a reason nobody foresaw
        logger.warning("page %d failed", number, exc_info=True)
        message = f"the page could not be read ({type(error).__name__}: {str(error)[:200]}); please report this with the document"
        problem = Problem(code="page_failed", message=message, severity="error", page_number=number)
        return unread_page(number, problem)


# What is asked


def _asked(region: Region, sheet: Sheet, given: SourcePage, context: Context) -> Talk[Reply | None]:
    """Ask for what a region holds where its text layer does not tell; return None where it does.

    Rules and text layers are trusted where they are whole; what they cannot give, a model is asked for as well, if there is
    one, and its answer is held against the words of the page. Models see the page as it was `given`.
    """
    page = sheet.page
    size = page.width_points, page.height_points
    view = View(page.reference, *size, region.box, region.words, region.rules, quarter=region.quarter)
    if region.kind == "chart":
        view = _of_chart(view, region, sheet, given)
    if region.kind == "text":
        if not context.model or not _is_doubtful(region):
            return None
        return (yield from _text(region, _as_given(view, sheet, given), page, context))
    if region.kind not in ("table", "chart"):
        return None
    task: Task = ReadTable(context.languages) if region.kind == "table" else ReadChart(context.languages)
    requests = [Request(task, (view,), context.reader)]
    if context.model and (region.kind == "chart" or _is_doubtful(region) or not _is_ruled(region, page)):
        seen = view if region.pictured else _as_given(view, sheet, given)
        requests.append(Request(task, (seen,), context.model))
    rules, *model = yield from guarded(requests)
    rules = _upright(rules, sheet) if region.pictured else rules
    if isinstance(rules.answer, Chart) and region.borrowed:  # what it shares with a neighbour is not where it stands
        rules = replace(rules, answer=document.replace(_without_neighbours(rules.answer, region.box), box=region.box))
    return choose(rules, _upright(model[0], sheet), region.words) if model else rules


def _headed(answers: dict[int, Reply]) -> dict[int, Reply]:
    """Return the answers of a page, charts that are small multiples with the headers of their rows as titles."""
    charts = {place: reply.answer for place, reply in answers.items() if isinstance(reply.answer, Chart)}
    headed = dict(zip(charts, with_row_headers(list(charts.values())), strict=True))
    return {place: replace(reply, answer=headed[place]) if place in headed else reply for place, reply in answers.items()}


def _without_neighbours(chart: Chart, box: Box) -> Chart:
    """Return a chart without series that lie outside its box: those of a neighbour in the same picture, whose labels it shares."""
    own = tuple(
        series
        for series in chart.series
        if not series.points or any(box.contains(point.box, PICTURE_MARGIN) for point in series.points)
    )
    return document.replace(chart, series=own) if own else chart


def _of_chart(view: View, region: Region, sheet: Sheet, given: SourcePage) -> View:
    """Return the view of a chart with what is drawn of it, and with the labels that it shares with a neighbour.

    One in a picture has nothing that is drawn; its view is of the page as it was given, which is the one that can be looked at.
    """
    borrowed = tuple(word for line in region.borrowed for word in line.words)
    box = hull([view.box, *(word.box for word in borrowed)])
    pictures = tuple(picture for picture in sheet.page.pictures if box.contains(picture.box, PICTURE_MARGIN))
    view = replace(view, box=box, words=(*view.words, *borrowed), paths=region.paths, pictures=pictures)
    if not region.pictured:
        return view
    view = _as_given(replace(view, paths=(), pictures=()), sheet, given)
    return replace(view, resolution=resolution_at(given, view.box))


def _as_given(view: View, sheet: Sheet, given: SourcePage) -> View:
    """Return a view of an upright sheet on the page as it was given, which is the one that can be drawn."""
    pose = sheet.pose
    if not pose.changes:
        return view
    words = tuple(
        word._replace(box=pose.to_given(word.box), baseline=0.0, direction=(word.direction + pose.quarter) % 360)
        for word in view.words
    )
    turned: dict[int, Quarter] = {0: 0, 90: 90, 180: 180, 270: 270}
    quarter = turned[(view.quarter + pose.quarter) % 360]
    return View(given.reference, given.width_points, given.height_points, pose.to_given(view.box), words, quarter=quarter)


def _upright(reply: Reply, sheet: Sheet) -> Reply:
    """Return a reply about the page as it was given with its boxes on the upright sheet."""
    if reply.answer is None or not sheet.pose.changes:
        return reply
    return replace(reply, answer=document.moved(reply.answer, sheet.pose.from_given))


def _text(region: Region, view: View, page: SourcePage, context: Context) -> Talk[Reply | None]:
    """Ask a model what a text says that was read from a picture, and hold the one against the other."""
    (reply,) = yield from guarded([Request(ReadText(context.languages), (view,), context.model or context.reader)])
    if not isinstance(reply.answer, tuple):
        return replace(reply, answer=None)
    said = " ".join(one.text for one in reply.answer if isinstance(one, Text))
    text, problems = held_text(_as_text(region, page), said, reply.confidence)
    return replace(reply, answer=text, problems=(*reply.problems, *problems), confidence=1.0)


def _is_doubtful(region: Region) -> bool:
    """Return whether the words of a region were read from a picture, or its text layer cannot be believed."""
    return not region.sound or basis_of(region.words) == "ocr"


def _is_ruled(region: Region, page: SourcePage) -> bool:
    """Return whether rules part the rows and columns of a table."""
    grids = find_grids(region.rules, page.width_points, page.height_points)
    return any(len(grid.xs) > 2 and len(grid.ys) > 2 and grid.box.area > RULED_SHARE * region.box.area for grid in grids)


def _valued(reply: Reply, page: SourcePage, context: Context) -> Reply:
    """Return a reply in which the numbers of a table have their values, whoever read it."""
    if not isinstance(reply.answer, Table):
        return reply
    words = " ".join(word.text for word in page.words)
    return replace(reply, answer=with_numbers(reply.answer, context.languages, around=words))


# Blocks


def _contents(region: Region, reply: Reply | None, page: SourcePage) -> list[tuple[Content, str]]:
    """Return what a region holds, each with where it came from; without an answer, a text is its text layer, the rest a figure."""
    answer = reply.answer if reply else None
    basis = basis_of(region.words)
    if answer is not None and not answer.words and region.words:
        answer = document.replace(answer, words=tuple(word.told() for word in region.words))
    if answer is not None:
        engine = reply.engine if reply else None
        told = engine is not None and (engine.model or engine.dialect) and not isinstance(answer, Text)
        return [(answer, "model" if told else basis)]
    if region.kind == "text" or (region.kind == "table" and region.words):
        return [(_as_text(region, page), basis)]
    words = tuple(word.told(1.0 if region.sound else DOUBTFUL) for word in region.words)
    return [(Figure(page_number=page.number, box=region.box, words=words, looks_like=region.looks_like), "picture")]


def _as_text(region: Region, page: SourcePage) -> Text:
    """Return what a region says as a text."""
    words = tuple(word.told(1.0 if region.sound else DOUBTFUL) for word in region.words)
    return Text(page_number=page.number, box=region.box, words=words, role=region.role, level=region.level, text=region.text)


@dataclass(frozen=True, slots=True)
class _Made:
    """A content with where it came from: the region it stands in, and the reply that told of it."""

    content: Content
    source: str
    region: Region | None
    reply: Reply | None


def _costed(texts: Sequence[tuple[Text, Reply]]) -> Iterator[tuple[Text, Reply]]:
    """Yield texts with their replies, each of which tells with its first text alone what it cost."""
    before: Reply | None = None
    for text, reply in texts:
        yield text, replace(reply, usage=NO_USAGE) if reply is before else reply
        before = reply


def _block(name: str, made: _Made, names: Mapping[int, str]) -> Block:
    """Return a block; what was read is as sure as its words are, the longer ones counting more."""
    reply, sure = made.reply, mean_confidence(made.content.words, of_none=1.0)
    if reply is not None and reply.answer is not None:
        sure = min(reply.confidence, sure)
    return Block.model_validate(
        {
            "id": name,
            "content": made.content,
            "captions": tuple(names[place] for place in made.region.captions if place in names) if made.region else (),
            "source": made.source,
            "confidence": round(sure, 4),
            "engine": reply.engine.name if reply is not None and reply.engine else ENGINE.name,
            "usage": reply.usage if reply is not None and reply.usage != NO_USAGE else None,
        }
    )


# What goes on elsewhere


def _seam(region: Region, block: str) -> Seam:
    last = region.lines[-1]
    full = len(region.lines) > 1 and region.box.right - last.box.right < 2 * last.em
    return Seam(block, region.text, region.size, full)


def goes_on(tail: Seam, head: Seam) -> bool:
    """Return whether the text of `head` goes on with the sentence that `tail` breaks off."""
    if abs(tail.size - head.size) > 0.6 or not head.text or SENTENCE_END.search(tail.text):
        return False
    first = head.text[0]
    if first.islower() or re.search(r"\w[-\u2010]$", tail.text):
        return True
    return tail.ends_full and (first.isalnum() or first in "(“\"'‘")


_SKIPPED: Final = frozenset({"header", "footer", "page_number", "footnote", "caption"})


def _linked(blocks: list[Block], regions: Sequence[Region], names: Mapping[int, str]) -> list[Block]:
    """Return blocks in which a paragraph that goes on with one of an earlier column, or above a figure, says so."""
    continues: dict[str, str] = {}
    earlier: int | None = None
    for place, region in enumerate(regions):
        if region.kind != "text" or region.role in _SKIPPED or region.frame:
            continue
        if earlier is not None and region.role == "paragraph" and place in names:
            apart = place - earlier > 1 or region.column != regions[earlier].column
            if apart and goes_on(_seam(regions[earlier], names[earlier]), _seam(region, names[place])):
                continues[names[place]] = names[earlier]
        earlier = place if region.role in ("paragraph", "list_item") and place in names else None
    return [document.replace(block, continues=continues[block.id]) if block.id in continues else block for block in blocks]


def _first_seam(regions: Sequence[Region], names: Mapping[int, str]) -> Seam | None:
    for place, region in enumerate(regions):
        if region.kind == "text" and region.role not in _SKIPPED and not region.frame:
            return _seam(region, names[place]) if region.role == "paragraph" and region.sound else None
    return None


def _last_seam(regions: Sequence[Region], names: Mapping[int, str]) -> Seam | None:
    for place, region in reversed(list(enumerate(regions))):
        if region.kind == "text" and region.role not in _SKIPPED and not region.frame and region.column < ASLANT:
            return _seam(region, names[place]) if region.role in ("paragraph", "list_item") and region.sound else None
    return None


def joined(pages: Iterator[PageRead]) -> Iterator[PageRead]:
    """Yield pages in order, the first text or table of each tied to the last of the page before where it goes on with it."""
    before: PageRead | None = None
    tables = Follower()
    for read in pages:
        result = read
        if before and before.tail and read.head and read.page.number == before.page.number + 1 and goes_on(before.tail, read.head):
            tail, head = before.tail, read.head
            blocks = tuple(document.replace(b, continues=tail.block) if b.id == head.block else b for b in read.page.blocks)
            result = replace(read, page=document.replace(read.page, blocks=blocks))
        yield replace(result, page=tables.tied(result.page))
        before = read
