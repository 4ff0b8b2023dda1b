"""Tables, charts and pages in the answers of general models, in whichever form they come: HTML, Markdown, JSON, CSV."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, Literal, cast

from docai.box import WHOLE
from docai.dialects import Decoded, Faults, Said, Token, finished, problems_of
from docai.dialects.grids import ToldCell, table_of
from docai.dialects.hypertext import Told, escaped, is_html, read_html, role_of, table_html, text_html
from docai.dialects.records import Scale, chart_record, read_chart, read_table
from docai.dialects.unfinished import read_json
from docai.document import Chart, Content, Figure, Role, Table, Text

_FENCE: Final = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)
_RULE_ROW: Final = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_PIPE: Final = re.compile(r"(?<!\\)\|")
_CSV_CELL: Final = re.compile(r'\s*"((?:[^"]|"")*)"\s*(?:,|$)|([^,]*)(?:,|$)')
_HEADING: Final = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t#]*$")
_ITEM: Final = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+")
_PICTURE: Final = re.compile(r"!\[[^\]]*\]\([^)]*\)\s*")
_LOOKS: Final = ("picture", "drawing", "chart", "scan")
NO_BOXES: Final = Scale()


# Tables


def decode_table(said: Said) -> Decoded:
    """Return the table that an answer tells, as HTML, JSON, Markdown, or values parted by tabs or commas."""
    faults = Faults()
    finished(said, faults)
    table = _table_in(said, faults) if said.finish != "failed" else None
    if table is not None and said.finish == "loop":
        table = _without_loop(table)
    faults["answer_unreadable"] += table is None
    return Decoded(table, problems_of(faults))


def _table_in(said: Said, faults: Faults) -> Table | None:
    text = said.text
    if re.search("<t(?:able|r|d|h)[ >]", text, re.IGNORECASE):
        bare = re.search("<table", text, re.IGNORECASE) is None
        cut = said.finish != "stop"
        source = f"<table>{text}{'' if cut else '</table>'}" if bare else text
        shift = -len("<table>") if bare else 0
        told = next((block for block in read_html(source, faults, cut=cut) if block.tag == "table"), None)
        return table_of(shifted(told.rows, shift), said, faults) if told else None
    lines = [(match.start(), match[0]) for match in re.finditer(r"[^\n]+", text) if not _FENCE.match(match[0])]
    fewest = 1 if any("|" in line and _RULE_ROW.fullmatch(line) for _, line in lines) else 2  # a single one may be a sign in a text
    piped = [line for line in lines if len(_PIPE.findall(line[1])) >= fewest or line[1].lstrip().startswith("|")]
    if len(piped) > 1:
        return table_of(_piped_rows(piped, said, faults), said, faults)
    node = read_json(text)
    if node is not None and (table := read_table(node, said, NO_BOXES, faults)) is not None:
        faults["answer_truncated"] += not node.complete and not faults["answer_truncated"]
        return table
    return table_of(_separated_rows(lines, said), said, faults)


def shifted(rows: Iterable[Sequence[ToldCell]], shift: int) -> list[list[ToldCell]]:
    """Return rows whose texts stand so many characters farther on in what was said."""
    return [
        [ToldCell(c.text, max(0, c.start + shift), max(0, c.end + shift), c.row_span, c.column_span, c.header, c.box) for c in row]
        for row in rows
    ]


def _piped_rows(lines: Sequence[tuple[int, str]], said: Said, faults: Faults) -> list[list[ToldCell]]:
    """Return the rows of a table in Markdown; what stands above its rule heads columns."""
    rule = next((place for place, (_, line) in enumerate(lines) if _RULE_ROW.fullmatch(line)), 0)
    rows = [_piped_row(start, line, header=place < rule) for place, (start, line) in enumerate(lines) if place != rule or not rule]
    if said.finish == "length" and lines[-1][0] + len(lines[-1][1]) == len(said.text) and not lines[-1][1].rstrip().endswith("|"):
        faults["answer_truncated"] = 1
        rows[-1] = rows[-1][:-1]  # what breaks off is not complete
    return rows


def _piped_row(start: int, line: str, *, header: bool) -> list[ToldCell]:
    edges = [-1, *(match.start() for match in _PIPE.finditer(line)), len(line)]
    cells = []
    for left, right in pairwise(edges):
        inner = line[left + 1 : right]
        if (left == -1 or right == len(line)) and not inner.strip():
            continue  # outside of the outer pipes
        begin = start + left + 1 + len(inner) - len(inner.lstrip())
        text = html.unescape(re.sub(r"<br\s*/?>", "\n", inner.strip().replace("\\|", "|"))).replace("**", "")
        cells.append(ToldCell(text, begin, begin + len(inner.strip()), header="column" if header else "none"))
    return cells


def _separated_rows(lines: Sequence[tuple[int, str]], said: Said) -> list[list[ToldCell]]:
    """Return rows of values parted by tabs, or else by commas; none where most lines do not have as many."""
    own = list(lines)
    if said.finish == "length" and own:
        own.pop()  # its last value may break off
    if sum("\t" in line for _, line in own) * 2 > len(own):
        rows = [
            _between(start, line, [(m.start(), m.end()) for m in re.finditer(r"[^\t]*(?:\t|$)", line)], "\t") for start, line in own
        ]
    else:
        rows = [_between(start, line, [(m.start(), m.end()) for m in _CSV_CELL.finditer(line)], ",") for start, line in own]
        counts = Counter(map(len, rows))
        usual, times = counts.most_common(1)[0] if counts else (0, 0)
        if usual < 2 or times < 2 or 2 * times <= len(rows):
            return []
        rows = [row for row in rows if len(row) == usual]
    return rows


def _between(start: int, line: str, spans: Sequence[tuple[int, int]], sign: str) -> list[ToldCell]:
    cells = []
    for place, (begin, end) in enumerate(spans):
        if begin == len(line) and not (place and line.endswith(sign) and place == len(spans) - 1):
            continue  # nothing behind the last value
        told = line[begin:end].removesuffix(sign).strip()
        text = told[1:-1].replace('""', '"') if sign == "," and len(told) > 1 and told[0] == told[-1] == '"' else told
        cells.append(ToldCell(text, start + begin, start + end))
    return cells


def _without_loop(table: Table) -> Table:
    """Return a table without the rows at its end that only repeat the one before."""
    grid = table.grid()
    texts = [[cell.text for cell in row] for row in grid]
    end = len(texts)
    while end > 1 and texts[end - 1] == texts[end - 2]:
        end -= 1
    cells = [cell for cell in table.cells if cell.row < end]
    if end == len(texts) or any(cell.row + cell.row_span > end for cell in cells):
        return table
    return Table(page_number=1, box=table.box, row_count=end, column_count=table.column_count, cells=tuple(cells))


# Charts


def chart_text(chart: Chart) -> str:
    """Return a chart as JSON, without boxes."""
    return json.dumps(chart_record(chart, NO_BOXES), ensure_ascii=False)


def decode_chart(said: Said, scale: Scale = NO_BOXES) -> Decoded:
    """Return the chart that an answer tells as JSON, or as a table of its values."""
    faults = Faults()
    finished(said, faults)
    node = read_json(said.text) if said.finish != "failed" else None
    chart = read_chart(node, said, scale, faults) if node is not None else None
    if node is not None and not node.complete:
        faults["answer_truncated"] = 1
    faults["answer_unreadable"] += chart is None
    return Decoded(chart, problems_of(faults))


# Pages


def page_html(contents: Iterable[Content]) -> str:
    """Return a page as HTML, without boxes."""
    return "\n".join(_content_html(content) for content in contents)


def _content_html(content: Content) -> str:
    if isinstance(content, Text):
        return text_html(content)
    if isinstance(content, Table):
        return table_html(content)
    if isinstance(content, Chart):
        return f'<figure class="chart">{escaped(chart_text(content))}</figure>'
    return f'<figure class="{content.looks_like}"></figure>'


def decode_page(said: Said) -> Decoded:
    """Return what a page holds, in order, as an answer tells it in HTML, Markdown, or both mixed."""
    faults = Faults()
    finished(said, faults)
    if said.finish == "failed" or (not said.text.strip() and said.finish != "stop"):
        faults["answer_unreadable"] += 1
        return Decoded(None, problems_of(faults))
    contents: list[Content] = []
    if is_html(said.text):
        for block in read_html(said.text, faults, cut=said.finish != "stop"):
            contents += _contents_of(block, said, faults)
    else:
        contents += markdown_contents(said.text, 0, said, faults)
    return Decoded(_once(contents, faults), problems_of(faults))


def _once(contents: Sequence[Content], faults: Faults) -> tuple[Content, ...]:
    """Return contents without those at the end that only repeat, where the answer ended in a loop."""
    end = len(contents)
    while faults["answer_loops"] and end > 1 and contents[end - 1] == contents[end - 2]:
        end -= 1
    return tuple(contents[:end])


def _contents_of(block: Told, said: Said, faults: Faults) -> Iterator[Content]:
    if block.tag == "table":
        table = table_of(block.rows, said, faults)
        if table is not None:
            yield table
    elif block.tag == "":
        yield from markdown_contents(block.text, block.start, said, faults)
    elif block.tag in ("figure", "img"):
        figure = _figure(block, said, faults)
        if block.complete or isinstance(figure, Chart):  # which keeps the points that are complete
            yield figure
    elif not block.complete:
        return
    elif block.text or block.tag == "p":
        role, level = role_of(block)
        yield _text(block.text, (block.start, block.end), said, role, level)


def _figure(block: Told, said: Said, faults: Faults) -> Content:
    named = block.attributes.get("class", "picture")
    node = read_json(block.text) if block.text else None
    chart = read_chart(node, _within(block, said), NO_BOXES, faults) if node is not None else None
    if chart is not None:
        return chart
    looks = cast("Literal['picture', 'drawing', 'chart', 'scan']", named if named in _LOOKS else "picture")
    return Figure(page_number=1, box=WHOLE, looks_like=looks)


def _within(block: Told, said: Said) -> Said:
    """Return what was said within a block, with its tokens where its text stands there letter by letter."""
    if said.text[block.start : block.end] != block.text:
        return Said(block.text)
    own = (token for token in said.tokens if token.start < block.end and token.end > block.start)
    tokens = tuple(Token(start - block.start, end - block.start, log) for start, end, log in own)
    return Said(block.text, tokens)


def _text(text: str, span: tuple[int, int], said: Said, role: str, level: int | None = None) -> Text:
    likelihood = said.likelihood(*span)
    return Text(page_number=1, box=WHOLE, text=text, role=cast("Role", role), level=level, likelihood=likelihood)


def markdown_contents(source: str, start: int, said: Said, faults: Faults) -> Iterator[Content]:
    """Give what Markdown tells: headings, items, code, tables, pictures, and paragraphs, whose lines are joined."""
    lines = [(start + match.start(), match[1]) for match in re.finditer(r"([^\n]*)(?:\n|$)", source)]
    if said.finish == "length" and start + len(source) == len(said.text) and source.strip():
        lines = [line for line in lines if line[0] + len(line[1]) < len(said.text)]  # the last one breaks off
    held: list[tuple[int, str]] = []
    kind = ""
    for place, line in [*lines, (start + len(source), "")]:
        here = _kind_of(line, kind)
        if held and (here != kind or here in ("heading", "item", "picture", "blank")):
            yield from _markdown_block(kind, held, said, faults)
            held = []
        kind = "code" if here == "fence" and kind != "code" else "blank" if here == "fence" else here
        if here not in ("fence", "blank"):
            held.append((place, line))
    if held:  # code whose fence is not closed
        yield from _markdown_block(kind, held, said, faults)


def _kind_of(line: str, before: str) -> str:
    """Return what a line of Markdown is a part of, after one that is part of `before`."""
    if _FENCE.match(line):
        return "fence"
    if before == "code":
        return "code"
    if not line.strip():
        return "blank"
    if _HEADING.match(line):
        return "heading"
    if line.lstrip().startswith("|"):
        return "table"
    if _PICTURE.fullmatch(line.strip()):
        return "picture"
    if _ITEM.match(line):
        return "item"
    return "paragraph"


def _markdown_block(kind: str, lines: Sequence[tuple[int, str]], said: Said, faults: Faults) -> Iterator[Content]:
    span = lines[0][0], lines[-1][0] + len(lines[-1][1])
    if kind == "table":
        table = table_of(_piped_rows(lines, said, faults), said, faults)
        if table is not None:
            yield table
    elif kind == "picture":
        yield Figure(page_number=1, box=WHOLE)
    elif kind == "heading":
        match = _HEADING.match(lines[0][1])
        assert match is not None
        yield _text(match[2], span, said, "heading", len(match[1]))
    elif kind == "item":
        yield _text(_ITEM.sub("", lines[0][1], count=1).strip(), span, said, "list_item")
    elif kind == "code":
        yield _text("\n".join(line for _, line in lines), span, said, "code")
    else:
        yield _text(" ".join(line.strip() for _, line in lines), span, said, "paragraph")
