"""hOCR 1.2: XHTML that tells box and confidence of areas, lines and words; and how words make lines, for ALTO and PDF too.

Boxes are in pixels of the page drawn at `RESOLUTION`. Ids are those of the blocks, `p3/7` written `p3-7`. A document does not
tell its language, so `lang` is left out.

Source: http://kba.github.io/hocr-spec/1.2/
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from docai.box import WHOLE, Box, hull
from docai.document import Block, Chart, Document, Figure, Page, Table, Text, Word
from docai.exporters import Place, program
from docai.lines import is_han_or_kana
from docai.turning import turned_box

RESOLUTION: Final = 300  # dots an inch; what archives scan at, and fine enough that a box is off by 0.1 mm at most
SAME_LINE: Final = 0.4  # of a word's height that it shares with the line it is on; lines set solid share under 0.3
LEAST_LETTERS, ON_END = 3, 1.5  # a word of so many letters that is so many times as high as it is wide runs up or down
STEEPEST: Final = 20.0  # degrees; what is tilted further is no scan that lies askew, and its boxes tell nothing of its letters
# What XML 1.0 has no place for (section 2.2): control characters, halves of surrogate pairs, two that are no characters
FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

HEAD: Final = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<title>{title}</title>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
<meta name="ocr-system" content="{program}" />
<meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_par ocr_line ocrx_word ocr_photo ocrp_wconf" />
</head>
<body>
"""


class Placed(NamedTuple):
    """A word as its line runs: where it starts and ends along the line, its top and bottom across it.

    In points, on the page turned by quarters about its top-left corner so that the line runs across, and sheared so that a
    tilted line is level: its words lie lower by `TextLine.slope` times the middle between their start and end.
    """

    word: Word
    start: float
    top: float
    end: float
    bottom: float


class TextLine(NamedTuple):
    """The words of a line, at least one, and how it is turned (by quarters) and tilted, both in degrees clockwise."""

    quarter: int
    skew: float
    words: tuple[Placed, ...]

    @property
    def box(self) -> Box:
        """The box of all words on the page."""
        return hull(each.word.box for each in self.words)

    @property
    def slope(self) -> float:
        """How far the line goes down for each point that it goes on."""
        return math.tan(math.radians(self.skew))

    @property
    def counterclockwise(self) -> float:
        """Turn and tilt together as hOCR and ALTO count them, 0 up to 360 degrees."""
        return round(-(self.quarter + self.skew) % 360, 2) % 360


def escape(text: str) -> str:
    """Return `text` safe inside an element or a quoted attribute; what XML has no place for becomes U+FFFD."""
    return html.escape(FORBIDDEN.sub("\ufffd", text))


def name_of(block: Block) -> str:
    """Return a block's id as one that XML allows."""
    return block.id.replace("/", "-")


def size_of(page: Page) -> tuple[int, int]:
    """Return the width and height of a page in pixels at `RESOLUTION`."""
    scale = RESOLUTION / 72
    return max(1, round(page.width_points * scale)), max(1, round(page.height_points * scale))


def text_lines(words: Sequence[Word], page: Page) -> list[TextLine]:
    """Return the words of a block as lines: a word is on the line of the one before unless it starts left of it or lies lower."""
    skew = page.skew if abs(page.skew) < STEEPEST else 0.0
    lines: list[TextLine] = []
    for word, quarter in zip(words, _quarters(words, page), strict=True):
        here = _placed(word, page, quarter, skew)
        if lines and lines[-1].quarter == quarter and _goes_on(lines[-1], here):
            lines[-1] = lines[-1]._replace(words=(*lines[-1].words, here))
        else:
            lines.append(TextLine(quarter, skew, (here,)))
    return lines


def _quarters(words: Sequence[Word], page: Page) -> Iterator[int]:
    """Yield the clockwise turn of each word of a block: the page's, unless it stands on end, as along the axis of a chart."""
    wide, high = _sides(page, page.quarter)
    boxes = [turned_box(word.box, page.quarter) for word in words]
    shapes = [box.height * high / max(box.width * wide, 1e-9) for box in boxes]
    on_end = [shape > ON_END and len(word.text) >= LEAST_LETTERS for word, shape in zip(words, shapes, strict=True)]
    middles = [box.top + box.bottom for box, stands in zip(boxes, on_end, strict=True) if stands]
    turn = 90 if middles and middles[0] < middles[-1] else 270  # words that go up the page; a lone one is read so too
    stands_before, before = False, WHOLE
    for box, shape, stands in zip(boxes, shapes, on_end, strict=True):
        in_file = before.left < (box.left + box.right) / 2 < before.right  # short words tell nothing by their shape
        stands_before, before = stands or (stands_before and in_file and shape > 1 / ON_END), box
        yield (page.quarter + turn) % 360 if stands_before else page.quarter


def _sides(page: Page, quarter: int) -> tuple[float, float]:
    """Return the width and height in points of a page that is turned by quarters."""
    return (page.width_points, page.height_points) if quarter in (0, 180) else (page.height_points, page.width_points)


def _placed(word: Word, page: Page, quarter: int, skew: float) -> Placed:
    """Return where a word stands along its line, its box taken for the smallest that holds the tilted letters."""
    box = turned_box(word.box, quarter)
    wide, high = _sides(page, quarter)
    tilt = math.radians(abs(skew))
    across, down = box.width * wide, box.height * high
    length = (across * math.cos(tilt) - down * math.sin(tilt)) / math.cos(2 * tilt)
    height = (down * math.cos(tilt) - across * math.sin(tilt)) / math.cos(2 * tilt)
    length, height = max(length, across / 2), max(height, down / 2)  # a reader may have boxed the letters more tightly
    along = (box.left + box.right) / 2 * wide
    level = (box.top + box.bottom) / 2 * high - along * math.tan(math.radians(skew))
    return Placed(word, along - length / 2, level - height / 2, along + length / 2, level + height / 2)


def _goes_on(line: TextLine, here: Placed) -> bool:
    top, bottom = min(each.top for each in line.words), max(each.bottom for each in line.words)
    shared = min(bottom, here.bottom) - max(top, here.top)
    return here.start >= line.words[-1].start and shared >= SAME_LINE * (here.bottom - here.top)


def spaced(before: Word, after: Word) -> bool:
    """Return whether a space stands between two words of a line; Chinese and Japanese are written without."""
    return not (is_han_or_kana(before.text[-1:]) and is_han_or_kana(after.text[:1]))


def words_in(block: Block) -> list[Word]:
    """Return the words of a block; where none have a place of their own, those of its text or cells, placed where these are."""
    content = block.content
    words = list(content.words)
    if not words and isinstance(content, Text):
        words = [Word(text=text, box=content.box, confidence=block.confidence) for text in content.text.split()]
    elif not words and isinstance(content, Table):
        words = [Word(text=text, box=c.box, confidence=c.confidence) for c in content.cells for text in c.text.split()]
    return [word for word in words if word.text.strip()]


class Exporter:
    """Writes each page as it comes; holds none."""

    def __init__(self, place: Place) -> None:
        self._stream = place.open()
        self._image = place.source.name if place.source else ""
        self._put(HEAD.format(title=escape(self._image), program=escape(program())))

    def add(self, page: Page) -> None:
        """Write `page` as an `ocr_page`."""
        for piece in _page(page, self._image):
            self._put(piece)

    def close(self, rest: Document) -> None:
        """Write the end."""
        self._put("</body>\n</html>\n")

    def _put(self, text: str) -> None:
        self._stream.write(text.encode())


def _page(page: Page, image: str) -> Iterator[str]:
    width, height = size_of(page)
    name = f'image "{image.replace(chr(34), chr(39))}"; ' if image else ""  # a quote cannot stand in hOCR's strings
    place = f"{name}bbox 0 0 {width} {height}; ppageno {page.number - 1}; scan_res {RESOLUTION} {RESOLUTION}"
    yield f'<div class="ocr_page" id="p{page.number}" title="{escape(place)}">\n'
    for block in page.blocks:
        lines = text_lines(words_in(block), page)
        if isinstance(block.content, (Figure, Chart)):
            yield f'<div class="ocr_photo" id="{name_of(block)}" title="{_bbox(block.box, page)}">\n'
            yield from _lines(block, lines, page)
            yield "</div>\n"
        elif lines:
            yield f'<div class="ocr_carea" id="{name_of(block)}" title="{_bbox(block.box, page)}">\n'
            yield f'<p class="ocr_par" id="{name_of(block)}-par" title="{_bbox(block.box, page)}">\n'
            yield from _lines(block, lines, page)
            yield "</p>\n</div>\n"
    yield "</div>\n"


def _lines(block: Block, lines: Sequence[TextLine], page: Page) -> Iterator[str]:
    count = 0
    for number, line in enumerate(lines, 1):
        turn = line.counterclockwise
        angle = f"; textangle {turn:g}" if turn else ""
        yield f'<span class="ocr_line" id="{name_of(block)}-l{number}" title="{_bbox(line.box, page)}{angle}">'
        for word, before in zip((each.word for each in line.words), (None, *(each.word for each in line.words)), strict=False):
            count += 1
            between = " " if before is not None and spaced(before, word) else ""
            title = f"{_bbox(word.box, page)}; x_wconf {round(100 * word.confidence)}"
            yield f'{between}<span class="ocrx_word" id="{name_of(block)}-w{count}" title="{title}">{escape(word.text)}</span>'
        yield "</span>\n"


def _bbox(box: Box, page: Page) -> str:
    left, top, right, bottom = box.pixels(*size_of(page))
    return f"bbox {left} {top} {right} {bottom}"
