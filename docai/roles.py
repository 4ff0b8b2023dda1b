"""What each text of a page is: title, heading, list item, caption, footnote, running header …, told by size, place and words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from docai.captions import CAPTION, unbracketed
from docai.document import OutlineEntry, Role
from docai.layout import Region
from docai.lines import BULLET, Line, most_common
from docai.tabular import LEADERS

MARGIN: Final = 0.12  # of the page's height at the top and bottom where running lines stand
NUMBER_MARGIN: Final = 0.09  # where a number alone is a page number
SAME_PLACE: Final = 0.012  # of the page's height that a running line may move from page to page
LEVEL: Final = 0.004  # of the page's sides that labels of one axis stand out of line at most
FACING: Final = 0.35  # of the page's width that the numbers of two facing pages stand apart at least
EVEN: Final = 0.08  # of two steps between labels of an axis that these differ by at most; numbers are of different widths
LARGER: Final = 1.12  # times the body size, from which on a text is a heading by its size
TITLE: Final = 1.25  # times the body size, from which on the largest text of the first page is the title
SMALLER: Final = 0.94  # times the body size, below which a text at the foot may be a footnote
HEADING_WORDS: Final = 24
TITLE_WORDS: Final = 40
BODY_WORDS: Final = 25  # of a paragraph that is text and not a name, address or date
MAX_STACK: Final = 3  # headings in a row: part, chapter and section; more are something else

_PAGE_NUMBER = re.compile(
    r"^[\[(<–—-]?\s*(?:(?:page|seite|trang|p\.?|쪽|페이지)\s*:?\s*)?(\d{1,4}|[ivxlc]{1,7}|[A-Z]{1,2}-\d{1,3})\s*"
    r"(?:(?:of|/|von|trên|중)\s*\d{1,4})?\s*(?:쪽|페이지)?\s*[\])>–—-]?$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^[-+−]?[$€£¥₩]?\d[\d.,\s]*\s*[%kKMB]?$")
_LETTERS = re.compile(r"^[^\W\d_]{1,2}$")
_NUMBERING = re.compile(
    r"^(?:(?:chapter|section|part|article|annex|appendix|chương|phần|mục|điều|제)\s*)?(\d{1,3}(?:\.\d{1,3})*|[IVX]{1,5}|[A-H])[.)장절조]?\s+\S",
    re.IGNORECASE,
)
_SECTION_NAME = re.compile(
    r"^(abstract|summary|keywords?|introduction|contents|초록|요약|서론|목차|tóm tắt|mở đầu|mục lục)\b", re.IGNORECASE
)
_NOTE_MARK = re.compile(r"^([*†‡§¶]+|\(?\d{1,3}\)?|[a-z]\)?)\s")
_MATH_FONT = re.compile(r"cmmi|cmsy|cmex|math|msbm|msam|eufm|stix|symbol", re.IGNORECASE)
_MATH = re.compile(r"[=≈≠≤≥<>±×÷∑∏∫√∂∇∞∈∉⊂∪∩→↦∝αβγδεζηθλμπρσφψωΓΔΘΛΣΦΨΩ^_]")
_TERMINAL = (".", ";", ",", "。")


@dataclass(frozen=True, slots=True)
class Style:
    """How a document sets its text: the size of its body, the larger sizes from the largest down, its bookmarks by page."""

    body_size: float = 0.0
    heading_sizes: tuple[float, ...] = ()
    body_is_bold: bool = False
    body_is_monospace: bool = False
    outline: Mapping[int, tuple[tuple[str, int], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Running:
    """A line near the top or bottom edge, as it is compared with those of neighbouring pages; digits count as equal."""

    text: str
    top: float


def learn_style(pages: Iterable[Sequence[Line]], outline: Sequence[OutlineEntry] = ()) -> Style:
    """Return the style that the lines of sampled pages show."""
    lines = [line for page in pages for line in page]
    sizes = [(line.size, len(line.text)) for line in lines]
    body = most_common(sizes)
    totals: dict[float, int] = {}
    for size, characters in sizes:
        if size >= LARGER * body:
            totals[round(size, 1)] = totals.get(round(size, 1), 0) + characters
    of_body = [line for line in lines if abs(line.size - body) < 0.3]
    bold = sum(len(line.text) for line in of_body if line.bold)
    monospace = sum(len(line.text) for line in of_body if line.monospace)
    total = max(1, sum(len(line.text) for line in of_body))
    by_page: dict[int, list[tuple[str, int]]] = {}
    for entry in outline:
        if entry.page_number:
            by_page.setdefault(entry.page_number, []).append((_folded(entry.title), entry.level))
    return Style(
        body_size=body,
        heading_sizes=tuple(sorted(totals, reverse=True)),
        body_is_bold=bold > total / 2,
        body_is_monospace=monospace > total / 2,
        outline={number: tuple(entries) for number, entries in by_page.items()},
    )


def running_lines(lines: Sequence[Line]) -> tuple[Running, ...]:
    """Return what stands near the top and bottom edge of a page, to be compared with its neighbours."""
    return tuple(Running(_signature(line.text), line.box.top) for line in lines if _in_margin(line))


def margin_roles(lines: Sequence[Line], neighbours: Sequence[Sequence[Running]]) -> dict[int, Role]:
    """Return the role of each line, by its place in `lines`, that is a running header, footer or page number.

    A line is one when a neighbouring page has the same at the same height, or when it is a number alone at the edge.
    """
    known = [running for page in neighbours for running in page]
    roles: dict[int, Role] = {}
    for place, line in enumerate(lines):
        if not _in_margin(line):
            continue
        signature = _signature(line.text)
        repeated = any(other.text == signature and abs(other.top - line.box.top) < SAME_PLACE for other in known)
        at_edge = line.box.bottom < NUMBER_MARGIN or line.box.top > 1 - NUMBER_MARGIN
        if _PAGE_NUMBER.match(line.text) and at_edge and _is_in_series(line, lines):
            continue  # a label of a chart's axis
        if _PAGE_NUMBER.match(line.text) and (repeated or (at_edge and _is_outermost(line, lines))):
            roles[place] = "page_number"
        elif repeated:
            roles[place] = "header" if line.box.top < 0.5 else "footer"
    return roles


def _in_margin(line: Line) -> bool:
    return line.box.bottom < MARGIN or line.box.top > 1 - MARGIN


def _is_outermost(line: Line, lines: Sequence[Line]) -> bool:
    if line.box.top < 0.5:
        return all(other.box.top > line.box.top - 0.01 for other in lines)
    return all(other.box.bottom < line.box.bottom + 0.01 for other in lines)


def _is_in_series(line: Line, lines: Sequence[Line]) -> bool:
    """Return whether a number stands at even steps with two others in its row or column, as the labels of an axis do.

    One near it in its row is enough: of those two a legend has, a page none; those of facing pages stand far apart. Letters that
    could be a Roman number (x) stand beside other letters where they are labels (y, z).
    """
    box = line.box
    alike = _LETTERS if line.text.isalpha() else _NUMBER
    numbers = [other.box for other in lines if other is not line and alike.match(other.text)]
    middle = (box.left + box.right) / 2
    row = [(other.left + other.right) / 2 for other in numbers if abs(other.top - box.top) < LEVEL]
    column = [other.top for other in numbers if abs(other.right - box.right) < LEVEL]
    return any(abs(other - middle) < FACING for other in row) or _is_even(middle, row) or _is_even(box.top, column)


def _is_even(place: float, others: Sequence[float]) -> bool:
    """Return whether a place and two of the others that are nearest to it are at even steps."""
    near = sorted(others, key=lambda other: abs(other - place))[:2]
    if len(near) < 2:
        return False
    low, middle, high = sorted((place, *near))
    return high > low and abs((middle - low) - (high - middle)) <= EVEN * (high - low)


def _signature(text: str) -> str:
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", text.casefold())


def _folded(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", text.casefold())


def assign_roles(regions: Sequence[Region], number: int, style: Style) -> list[Region]:
    """Return the regions of page `number` with roles and levels, and captions tied to what they caption."""
    body = style.body_size or most_common((line.size, len(line.text)) for region in regions for line in region.lines)
    title = _title(regions, body) if number == 1 else None
    result = []
    for place, region in enumerate(regions):
        if region.kind != "text" or region.role != "paragraph":
            result.append(region)
        elif place == title:
            result.append(replace(region, role="title", level=1))
        else:
            role, level = _role(region, regions[place + 1 :], number, replace(style, body_size=body))
            result.append(replace(region, role=role, level=level))
    return _with_captions(_without_stacks(result))


def _without_stacks(regions: list[Region]) -> list[Region]:
    """Return regions in which what stands between title and text (a subtitle, authors), or stacks without text, is no headings."""
    title = next((place for place, region in enumerate(regions) if region.role == "title"), None)
    result = list(regions)
    run: list[int] = []
    for place, region in enumerate([*regions, None]):
        if region is not None and region.role == "heading":
            run.append(place)
            continue
        of_title = title is not None and bool(run) and title < run[0]
        if of_title and region is not None and not _is_body(region):  # the run goes on behind a line of names
            continue
        for inner in run[:-1] if len(run) > (1 if of_title else MAX_STACK) else ():
            if not _NUMBERING.match(regions[inner].text) and not _SECTION_NAME.match(regions[inner].text):
                result[inner] = replace(regions[inner], role="paragraph", level=None)
        if region is not None and _is_body(region):
            title = None
        run = []
    return result


def _is_body(region: Region) -> bool:
    return region.kind != "text" or (region.role in ("paragraph", "list_item") and len(region.words) >= BODY_WORDS)


def _title(regions: Sequence[Region], body: float) -> int | None:
    candidates = [
        place
        for place, region in enumerate(regions)
        if region.kind == "text" and region.role == "paragraph" and region.box.top < 0.6 and len(region.words) <= TITLE_WORDS
        and _is_wordy(region) and _is_upright(region)
    ]  # fmt: skip
    largest = max((regions[place].size for place in candidates), default=0.0)
    if not candidates or largest < TITLE * body:
        return None
    return next(place for place in candidates if regions[place].size > largest - 0.3)


def _is_upright(region: Region) -> bool:
    return region.words[0].direction == 0


def _is_wordy(region: Region) -> bool:
    return sum(character.isalpha() for character in region.text) >= 2


def _role(region: Region, following: Sequence[Region], number: int, style: Style) -> tuple[Role, int | None]:
    text = region.text
    if _is_caption(region, text):
        return "caption", None
    level = None if _is_contents_entry(region, text, following) else _heading_level(region, text, number, style)
    if level is not None:
        return "heading", level
    if region.lines[0].monospace and all(line.monospace for line in region.lines) and not style.body_is_monospace:
        return "code", None
    if _is_footnote(region, text, following, style):
        return "footnote", None
    if region.lines[0].marker and not _is_formula(region, text):
        return "list_item", None
    return ("formula" if _is_formula(region, text) else "paragraph"), None


def _is_caption(region: Region, text: str) -> bool:
    text = unbracketed(text)
    match = CAPTION.match(text)
    if not match or len(region.lines) > 8:
        return False
    rest = text[match.end() :]
    stripped = rest.lstrip(" >])】〉")
    return not stripped or stripped[0] in ".:|–—-" or rest[0] in ".:|" or not stripped[0].islower()


def _heading_level(region: Region, text: str, number: int, style: Style) -> int | None:
    """Return the level of a heading; None for what is none."""
    words = region.words
    if len(words) > HEADING_WORDS or len(region.lines) > 4 or not _is_wordy(region) or not _is_upright(region):
        return None
    folded = _folded(text)
    for title, level in style.outline.get(number, ()):
        if folded and (folded == title or (len(title) > 8 and folded.startswith(title) and len(folded) < len(title) + 12)):
            return min(6, level)
    numbered = _NUMBERING.match(text)
    larger = region.size >= LARGER * style.body_size
    bold = region.bold and not style.body_is_bold
    capitals = text.isupper() and len(text) > 3 and len(words) <= 12
    alone = len(region.lines) == 1 or larger
    ends = text.endswith(_TERMINAL) and not (numbered and len(words) <= 10)
    if region.size < 0.93 * style.body_size or ends or BULLET.match(words[0].text):
        return None
    if not (larger or (bold and (alone or numbered)) or (capitals and numbered and alone)):
        return None
    if larger and region.size < 1.25 * style.body_size and not bold and len(words) > 14:
        return None
    if numbered and numbered[1][0].isdigit():
        return min(6, numbered[1].count(".") + 1)
    rank = sum(size > region.size + 0.3 for size in _ranks(style)) + 1
    return min(6, rank)


def _ranks(style: Style) -> list[float]:
    """Return the sizes that count as levels: those that differ by half a point and more."""
    ranks: list[float] = []
    for size in style.heading_sizes:
        if not ranks or ranks[-1] - size >= 0.5:
            ranks.append(size)
    return ranks


def _is_contents_entry(region: Region, text: str, following: Sequence[Region]) -> bool:
    """Return whether a text is a line of a table of contents: leaders, or a page number on the same row."""
    if LEADERS.search(text):
        return True
    after = following[0] if following else None
    if after is None or after.kind != "text" or not after.lines or not region.lines:
        return False
    level = abs(after.lines[0].baseline - region.lines[-1].baseline) < 0.3 * region.lines[-1].leading
    return level and bool(_PAGE_NUMBER.match(after.text))


def _is_footnote(region: Region, text: str, following: Sequence[Region], style: Style) -> bool:
    if region.box.top < 0.5 or region.size > SMALLER * style.body_size:
        return False
    if not (region.words[0].superscript or _NOTE_MARK.match(text)):
        return False
    return not any(
        later.kind == "text"
        and later.role == "paragraph"
        and later.column == region.column
        and later.size > SMALLER * style.body_size
        for later in following
    )


def _is_formula(region: Region, text: str) -> bool:
    if len(region.lines) > 4 or len(text) > 160:
        return False
    characters = max(1, sum(len(word.text) for word in region.words))
    in_math_fonts = sum(len(word.text) for word in region.words if _MATH_FONT.search(word.font.name))
    plain = sum(len(word.text) >= 4 and word.text.isalpha() and not _MATH_FONT.search(word.font.name) for word in region.words)
    signs = len(_MATH.findall(text))
    return plain <= 3 and signs > 0 and (in_math_fonts > 0.35 * characters or signs > 0.08 * characters)


_TABLE_WORD = re.compile(r"^(table|표|bảng|exhibit)", re.IGNORECASE)


def _with_captions(regions: list[Region]) -> list[Region]:
    """Return regions in which each table, chart and figure knows the places of its captions."""
    owners: dict[int, list[int]] = {}
    for place, caption in enumerate(regions):
        if caption.role != "caption":
            continue
        of_table = bool(_TABLE_WORD.match(unbracketed(caption.text)))
        candidates = [
            (_distance(caption, region) + (0.0 if (region.kind == "table") == of_table else 0.06), n)
            for n, region in enumerate(regions)
            if region.kind in ("table", "chart", "figure")
        ]
        nearest = min(candidates, default=None)
        if nearest is not None and nearest[0] < 0.1:  # of the page's height; farther off, a caption belongs to something unfound
            owners.setdefault(nearest[1], []).append(place)
    return [replace(region, captions=tuple(owners.get(place, ()))) for place, region in enumerate(regions)]


def _distance(caption: Region, region: Region) -> float:
    """Return the white space between a caption and a figure in page heights; beside it counts more than above or below."""
    down = max(0.0, region.box.top - caption.box.bottom, caption.box.top - region.box.bottom)
    across = max(0.0, region.box.left - caption.box.right, caption.box.left - region.box.right)
    return down + 3 * across
