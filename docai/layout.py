"""A page into regions: paragraphs, tables, charts and figures, in the order a person reads them."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final, Literal

from docai.borderless import find_aligned
from docai.box import Box, hull
from docai.chart_regions import Plotted, find_charts, stands_upright
from docai.document import Quarter, Role
from docai.figures import Drawn, Frame, Looks, find_figures
from docai.lines import Line, breaks_between_words, ends_in_hangul, find_lines, join_lines
from docai.ordering import Item, order
from docai.sources import Rule, SourcePage, SourceWord, VectorPath
from docai.tables import find_tables
from docai.tabular import Found, starts_in
from docai.textlayer import unsound_fonts
from docai.turned_headings import with_turned_text
from docai.turning import turned_box, turned_page, turned_path, turned_rule, turned_word

UNSOUND_SHARE: Final = 0.3  # of a region's characters in fonts that cannot be believed
UNSOUND_CHARACTERS: Final = 8  # fewer are a symbol or two of a formula
SLANTED: Final = 2.0  # times the size of its letters that a slanted word is wide at least
SLACK: Final = 0.003  # of the page, 2 points, that a rule of a chart may stick out of its box
INDENT_EMS: Final = 0.9  # from which on a line is indented
SENTENCE_END = re.compile(r"""[.!?:;。！？…][)\]"'”’»]*$|[다요음함임됨][.)]?$""")

ASLANT: Final = 10_000  # the column of what runs along the margin, behind all others
Kind = Literal["text", "table", "chart", "figure", "scan"]


@dataclass(frozen=True, slots=True)
class Region:
    """A piece of a page, found once.

    Attributes:
        lines: Its lines of text, from top to bottom.
        rules: The rules of a table.
        role, level: What a text is (set by `docai.roles`).
        sound: Whether its text layer can be believed; otherwise it is to be read from the picture.
        looks_like: What kind of figure.
        captions: The places, among the regions of the page, of its captions.
        frame: The ruled or shaded box that it stands in.
        column: Which column of the page it stands in, counted in reading order.
        quarter: The clockwise turn in degrees of its text, where a whole page is printed sideways.
        borrowed: Lines that a chart needs to be read but that are another's: labels of a shared axis, moved to where they would
            stand beside its own plot.
        paths: What is drawn of a chart.
        pictured: Whether a chart is in a picture, of which nothing but its words is known.
        whole_words: Whether lines end between words on this page (see `docai.lines.breaks_between_words`).
    """

    kind: Kind
    box: Box
    lines: tuple[Line, ...] = ()
    rules: tuple[Rule, ...] = ()
    role: Role = "paragraph"
    level: int | None = None
    sound: bool = True
    looks_like: Looks = "picture"
    captions: tuple[int, ...] = field(default=())
    frame: Box | None = None
    column: int = 0
    quarter: Quarter = 0
    whole_words: bool = False
    borrowed: tuple[Line, ...] = ()
    paths: tuple[VectorPath, ...] = ()
    pictured: bool = False

    @property
    def words(self) -> tuple[SourceWord, ...]:
        """Its words, line by line."""
        return tuple(word for line in self.lines for word in line.words)

    @property
    def text(self) -> str:
        """Its running text."""
        return join_lines(self.lines, whole_words=self.whole_words) if self.lines else ""

    @property
    def size(self) -> float:
        """The font size of its first line in points."""
        return self.lines[0].size if self.lines else 0.0

    @property
    def bold(self) -> bool:
        """Whether all its lines are bold."""
        return bool(self.lines) and all(line.bold for line in self.lines)


def find_regions(
    page: SourcePage, lines: Sequence[Line], margins: Mapping[int, Role], drawn: Sequence[VectorPath] = ()
) -> list[Region]:
    """Return the regions of a page in reading order; every word of the page is in exactly one.

    `lines` are the page's lines; those at the places that `margins` names are running headers, footers and page numbers,
    which come first and last. `drawn` is what is plotted in the page's pictures. A page whose text mostly runs up or down
    is read turned.
    """
    quarter = reading_direction([word for word in page.words if not _is_slanted(word, page)])
    if quarter and not _has_turned_labels(page, lines, drawn):
        upright = turned_page(page, quarter)
        regions = find_regions(
            upright,
            find_lines(upright.words, upright.width_points, upright.height_points),
            {},
            [turned_path(path, quarter) for path in drawn],
        )
        return [replace(_turned_region(region, 360 - quarter), quarter=quarter) for region in regions]
    whole = page
    plotted = find_charts(page, [line for place, line in enumerate(lines) if place not in margins])
    page, lines, margins = _without(page, lines, margins, plotted)
    charts = [_chart(chart) for chart in plotted]
    if drawn:
        free = [line for place, line in enumerate(lines) if place not in margins]
        plotted = find_charts(replace(page, paths=tuple(drawn)), free, pictured=True)
        page, lines, margins = _without(page, lines, margins, plotted)
        charts += [replace(_chart(chart), paths=(), pictured=True) for chart in plotted]
    ruled = find_tables(page, lines)
    in_tables = {id(line) for table in ruled for line in table.lines}
    roles = {id(lines[place]): role for place, role in margins.items() if id(lines[place]) not in in_tables}
    free = [line for line in lines if id(line) not in in_tables and id(line) not in roles]
    found, frames = find_figures(page, free, [table.box for table in ruled])
    figures = [_figure(figure) for figure in found]
    in_figures = {id(line) for figure in figures for line in figure.lines}
    free = [line for line in lines if id(line) not in in_tables | in_figures]
    aligned = [found for found in find_aligned(free, page.rules, page.paths) if _has_own_lines(found, roles)]
    tables: list[Region] = []
    taken = {id(line) for told in (*ruled, *aligned) for line in told.lines} | roles.keys()
    for told in (*ruled, *aligned):
        tables.append(_table(with_turned_text(told, [line for line in free if id(line) not in taken], page.rules)))
        taken.update(id(line) for line in tables[-1].lines)
    in_tables = {id(line) for table in tables for line in table.lines}
    running = [
        Region("text", line.box, (line,), role=roles[id(line)], column=-1)
        for line in lines
        if id(line) in roles and id(line) not in in_tables
    ]
    free = [line for line in free if id(line) not in in_tables and id(line) not in roles]
    unsound = unsound_fonts([word for word in whole.words if word.visible])
    running.sort(key=lambda region: (region.box.top, region.box.left))
    heads = [region for region in running if region.box.top < 0.5]
    regions = [*heads, *_in_order(free, [*tables, *figures, *charts], frames), *running[len(heads) :]]
    whole_words = any(ends_in_hangul(r.lines) and breaks_between_words(r.lines) for r in regions if r.kind == "text")
    return [replace(region, sound=_is_sound(region, unsound), whole_words=whole_words) for region in regions]


def _has_turned_labels(page: SourcePage, lines: Sequence[Line], drawn: Sequence[VectorPath]) -> bool:
    """Return whether the text that runs up or down on a page is the labels of upright charts, and no print of it."""
    if drawn and stands_upright(replace(page, paths=tuple(drawn)), lines, pictured=True):
        return True
    return stands_upright(page, lines)


def _without(
    page: SourcePage, lines: Sequence[Line], margins: Mapping[int, Role], charts: Sequence[Plotted]
) -> tuple[SourcePage, Sequence[Line], Mapping[int, Role]]:
    """Return a page, its lines and the places of those in its margins without what belongs to charts."""
    if not charts:
        return page, lines, margins
    taken = {id(line) for chart in charts for line in chart.lines}
    kept = [place for place, line in enumerate(lines) if id(line) not in taken]
    places = {old: new for new, old in enumerate(kept)}
    paths = {id(path) for chart in charts for path in chart.paths}
    rest = replace(
        page,
        paths=tuple(path for path in page.paths if id(path) not in paths),
        rules=tuple(rule for rule in page.rules if not any(_lies_in(rule, chart.box) for chart in charts)),
        pictures=tuple(p for p in page.pictures if not any(chart.box.contains(p.box, SLACK) for chart in charts)),
    )
    return rest, [lines[place] for place in kept], {places[place]: role for place, role in margins.items() if place in places}


def _lies_in(rule: Rule, box: Box) -> bool:
    """Return whether a rule lies in a box."""
    along, at = (
        ((box.left, box.right), (box.top, box.bottom)) if rule.horizontal else ((box.top, box.bottom), (box.left, box.right))
    )
    return at[0] - SLACK <= rule.position <= at[1] + SLACK and along[0] - SLACK <= rule.start and rule.end <= along[1] + SLACK


def _chart(chart: Plotted) -> Region:
    lines = tuple(sorted(chart.lines, key=lambda line: (line.box.top, line.box.left)))
    return Region("chart", chart.box, lines, looks_like="chart", borrowed=chart.borrowed, paths=chart.paths)


def reading_direction(words: Sequence[SourceWord]) -> Quarter:
    """Return the clockwise turn in degrees of the direction that most characters are written in."""
    quarters: tuple[Quarter, ...] = (0, 90, 180, 270)
    totals = Counter[int]()
    for word in words:
        totals[word.direction] += len(word.text)
    return max(quarters, key=lambda quarter: totals[quarter])


def _is_slanted(word: SourceWord, page: SourcePage) -> bool:
    """Return whether a word that is kept with those that run up or down is slanted, as many labels of charts are.

    It is both wide and high, while the box of a word that runs upwards is as wide as its letters are high.
    """
    wide, high = word.box.width * page.width_points, word.box.height * page.height_points
    return word.direction in (90, 270) and len(word.text) > 1 and wide > SLANTED * word.size and high > 0.5 * wide


def _table(found: Found) -> Region:
    return Region("table", found.box, found.lines, found.rules)


def _has_own_lines(found: Found, roles: Mapping[int, Role]) -> bool:
    """Return whether most lines of a table are not repeated on other pages; headings, and rows alike but for digits, may be."""
    return 2 * sum(id(line) in roles for line in found.lines) <= len(found.lines)


def _figure(drawn: Drawn) -> Region:
    lines = tuple(sorted(drawn.lines, key=lambda line: (line.box.top, line.box.left)))
    kind: Kind = "chart" if drawn.looks_like == "chart" else "figure"
    return Region(kind, drawn.box, lines, looks_like=drawn.looks_like)


def _is_sound(region: Region, unsound: frozenset[str]) -> bool:
    characters = sum(len(word.text) for word in region.words)
    doubtful = sum(len(word.text) for word in region.words if word.font.name in unsound)
    return doubtful < UNSOUND_CHARACTERS or doubtful <= UNSOUND_SHARE * characters


# Reading order and paragraphs


def _in_order(lines: Sequence[Line], blocks: Sequence[Region], frames: Sequence[Frame]) -> list[Region]:
    """Return text regions and `blocks` in reading order; what stands in a frame stays together."""
    upright = [line for line in lines if line.words[0].direction == 0]
    aslant = [line for line in lines if line.words[0].direction != 0]  # stamps and notes along the margin: read last
    framed: list[tuple[Frame, list[Line]]] = []
    for frame in sorted(frames, key=lambda f: f.box.area):
        own = [line for line in upright if starts_in(line, frame.box)]
        rest = [line for line in upright if not starts_in(line, frame.box)]
        if own and rest and frame.box.height < 0.85:
            framed.append((frame, own))
            upright = rest
    items: dict[Item, Line | Region | tuple[Frame, list[Line]]] = {}
    for line in upright:
        items[Item(line.box, line.em, line.baseline, is_line=True)] = line
    em = statistics.median([line.em for line in lines]) if lines else 0.02
    for region in blocks:
        items[Item(region.box, em, region.box.bottom, is_line=False)] = region
    for frame, own in framed:
        items[Item(hull(line.box for line in own), em, frame.box.bottom, is_line=False)] = (frame, own)
    regions: list[Region] = []
    for column, leaf in enumerate(_rejoined(order(list(items)))):
        regions.extend(_column([items[item] for item in leaf], column))
    return [*regions, *_aslant(aslant)]


def _rejoined(columns: Sequence[list[Item]]) -> list[list[Item]]:
    """Return columns with those made one that go on straight below each other: a column beside may begin in mid-paragraph."""
    joined: list[list[Item]] = []
    for column in columns:
        above, below = (joined[-1][-1] if joined else None), column[0]
        if above is not None and above.is_line and below.is_line:
            step = (below.box.top - above.box.top) / max(above.box.height, 1e-6)
            flush = abs(above.box.left - below.box.left) < 0.5 * below.em and abs(above.em - below.em) < 0.06 * above.em
            if flush and 0.7 < step < 1.6:
                joined[-1].extend(column)
                continue
        joined.append(list(column))
    return joined


def _aslant(lines: Sequence[Line]) -> list[Region]:
    """Return lines that run up or down as regions, those that stand above each other made one."""
    groups: list[list[Line]] = []
    for line in lines:
        last = groups[-1][-1] if groups else None
        if last and last.words[0].direction == line.words[0].direction and abs(last.box.left - line.box.left) < line.em:
            groups[-1].append(line)
        else:
            groups.append([line])
    return [Region("text", hull(line.box for line in group), tuple(group), column=ASLANT) for group in groups]


def _column(members: Iterable[Line | Region | tuple[Frame, list[Line]]], column: int) -> list[Region]:
    """Return the regions of a column, its lines made paragraphs."""
    regions: list[Region] = []
    run: list[Line] = []
    for member in members:
        if isinstance(member, Line):
            run.append(member)
            continue
        regions.extend(_paragraphs(run, column))
        run = []
        if isinstance(member, Region):
            regions.append(replace(member, column=column))
        else:
            frame, lines = member
            regions.extend(replace(region, frame=frame.box, column=column) for region in _in_order(lines, (), ()))
    return [*regions, *_paragraphs(run, column)]


def _paragraphs(lines: Sequence[Line], column: int) -> list[Region]:
    """Return the paragraphs that the lines of a column make."""
    if not lines:
        return []
    left, right = min(line.box.left for line in lines), max(line.box.right for line in lines)
    pitch = _pitch(lines)
    groups: list[list[Line]] = [[lines[0]]]
    for line in lines[1:]:
        if _goes_on(groups[-1], line, Box(left, 0, right, 1), pitch):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [Region("text", hull(line.box for line in group), tuple(group), column=column) for group in groups]


def _pitch(lines: Sequence[Line]) -> float:
    """Return the usual distance of baselines in a column, in font sizes; between 1 and 2."""
    steps = [
        (line.baseline - previous.baseline) / line.leading
        for previous, line in pairwise(lines)
        if abs(previous.size - line.size) < 0.6 and 0.8 < (line.baseline - previous.baseline) / line.leading < 2.2
    ]
    return min(2.0, max(1.0, statistics.median_low(steps))) if steps else 1.3


def _goes_on(paragraph: Sequence[Line], line: Line, column: Box, pitch: float) -> bool:
    """Return whether `line` belongs to the paragraph before it."""
    first, previous = paragraph[0], paragraph[-1]
    step = (line.baseline - previous.baseline) / line.leading
    if step < 0.3:  # pieces of one row: a label and its value
        return abs(step) < 0.3 and line.box.left - previous.box.right < 4 * line.em and not line.marker
    if step > 1.22 * pitch + 0.08 or abs(line.size - previous.size) > 0.12 * max(line.size, previous.size):
        return False
    inline_code = min(len(line.words), len(previous.words)) <= 2 and not first.monospace and not _would_fit(previous, line, column)
    if line.bold != previous.bold or (line.monospace != previous.monospace and not inline_code):
        return False
    if line.marker and _begins_item(paragraph, line, column):
        return False
    if previous.monospace and line.monospace:
        return True
    if _centred(previous, line):
        return previous.text.endswith(":") or not (SENTENCE_END.search(previous.text) and _would_fit(previous, line, column))
    indent = (line.box.left - previous.box.left) / line.em
    if first.marker or (len(paragraph) > 1 and paragraph[1].box.left - first.box.left > INDENT_EMS * line.em):
        hanging = paragraph[1].box.left if len(paragraph) > 1 else None
        aligned = line.box.left > first.box.left - INDENT_EMS * line.em and (
            hanging is None or abs(line.box.left - hanging) < INDENT_EMS * line.em
        )
        return aligned and not _ends(previous, line, column)
    if len(paragraph) == 1 and indent < -INDENT_EMS:  # the first line was indented, or stands apart
        return line.box.right > previous.box.left and not _ends(previous, line, column)
    if abs(indent) > INDENT_EMS:
        return len(paragraph) == 1 and indent > 0 and not _would_fit(previous, line, column)
    return not _ends(previous, line, column)


def _begins_item(paragraph: Sequence[Line], line: Line, column: Box) -> bool:
    """Return whether a line with a marker begins a list item; within a paragraph "[12]" or "2." may just lead a line."""
    first, previous = paragraph[0], paragraph[-1]
    flush = abs(line.box.left - previous.box.left) < 0.4 * line.em
    if first.marker or not flush:
        return True
    if line.text.startswith("["):  # a citation leads a line as often as it does not
        return False
    return bool(SENTENCE_END.search(previous.text)) or _would_fit(previous, line, column)


def _centred(previous: Line, line: Line) -> bool:
    same_middle = abs(previous.box.left + previous.box.right - line.box.left - line.box.right) < 1.2 * line.em
    return same_middle and abs(previous.box.left - line.box.left) > INDENT_EMS * line.em


def _ends(previous: Line, line: Line, column: Box) -> bool:
    """Return whether a paragraph ends with `previous`: its line stops early, at a sentence's end or well before the margin."""
    if not _would_fit(previous, line, column):
        return False
    return bool(SENTENCE_END.search(previous.text)) or column.right - previous.box.right > 0.35 * column.width


def _would_fit(previous: Line, line: Line, column: Box) -> bool:
    """Return whether the first word of `line` would have fitted behind `previous`."""
    return column.right - previous.box.right > line.words[0].box.width + 1.2 * line.em


def _turned_region(region: Region, quarter: int) -> Region:
    lines = tuple(_turned_line(line, quarter) for line in region.lines)
    return replace(
        region,
        box=turned_box(region.box, quarter),
        lines=lines,
        rules=tuple(turned_rule(rule, quarter) for rule in region.rules),
        frame=turned_box(region.frame, quarter) if region.frame else None,
        borrowed=tuple(_turned_line(line, quarter) for line in region.borrowed),
        paths=tuple(turned_path(path, quarter) for path in region.paths),
    )


def _turned_line(line: Line, quarter: int) -> Line:
    return Line(tuple(turned_word(word, quarter) for word in line.words), line.em, line.leading)
