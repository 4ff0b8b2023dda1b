"""ALTO 4.4: XML of pages, blocks, lines and words with their boxes and confidences, as libraries and archives keep it.

Boxes are in pixels of the page drawn at `docai.exporters.hocr.RESOLUTION`; ids are those of the blocks, `p3/7` written `p3-7`.

Source: https://www.loc.gov/standards/alto/v4/alto-4-4.xsd
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from docai.box import Box
from docai.document import Block, Chart, Document, Figure, Page
from docai.exporters import Place, program
from docai.exporters.hocr import TextLine, escape, name_of, size_of, spaced, text_lines, words_in

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
SCHEMA = "http://www.loc.gov/standards/alto/v4/alto-4-4.xsd"


class Exporter:
    """Writes each page as it comes; holds none."""

    def __init__(self, place: Place) -> None:
        self._stream = place.open()
        self._put('<?xml version="1.0" encoding="UTF-8"?>\n')
        self._put(f'<alto xmlns="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"')
        self._put(f' xsi:schemaLocation="{NAMESPACE} {SCHEMA}" SCHEMAVERSION="4.4">\n')
        self._put(_description(place.source.name if place.source else ""))
        self._put("<Layout>\n")

    def add(self, page: Page) -> None:
        """Write `page`."""
        for piece in _page(page):
            self._put(piece)

    def close(self, rest: Document) -> None:
        """Write the end."""
        self._put("</Layout>\n</alto>\n")

    def _put(self, text: str) -> None:
        self._stream.write(text.encode())


def _description(file: str) -> str:
    name, _, version = program().partition(" ")
    image = f"<sourceImageInformation><fileName>{escape(file)}</fileName></sourceImageInformation>\n" if file else ""
    software = f"<softwareName>{name}</softwareName>" + (f"<softwareVersion>{version}</softwareVersion>" if version else "")
    step = f"<ocrProcessingStep><processingSoftware>{software}</processingSoftware></ocrProcessingStep>"
    processing = f'<OCRProcessing ID="docai">{step}</OCRProcessing>\n'
    return f"<Description>\n<MeasurementUnit>pixel</MeasurementUnit>\n{image}{processing}</Description>\n"


def _page(page: Page) -> Iterator[str]:
    width, height = size_of(page)
    label = f' PRINTED_IMG_NR="{escape(page.label)}"' if page.label else ""
    yield f'<Page ID="p{page.number}" PHYSICAL_IMG_NR="{page.number}"{label} WIDTH="{width}" HEIGHT="{height}">\n'
    yield f'<PrintSpace HPOS="0" VPOS="0" WIDTH="{width}" HEIGHT="{height}">\n'
    for block in page.blocks:
        lines = text_lines(words_in(block), page)
        if not isinstance(block.content, (Figure, Chart)):
            yield from _text_block(name_of(block), block, lines, page)
        elif not lines:
            yield _illustration(name_of(block), block, page)
        else:  # an illustration holds no words
            yield f'<ComposedBlock ID="{name_of(block)}" TYPE="{block.content.kind}"{_place(block.box, page)}>\n'
            yield _illustration(f"{name_of(block)}-picture", block, page)
            yield from _text_block(f"{name_of(block)}-text", block, lines, page)
            yield "</ComposedBlock>\n"
    yield "</PrintSpace>\n</Page>\n"


def _illustration(name: str, block: Block, page: Page) -> str:
    kind = block.content.looks_like if isinstance(block.content, Figure) else block.content.kind
    return f'<Illustration ID="{name}" TYPE="{kind}"{_place(block.box, page)}/>\n'


def _text_block(name: str, block: Block, lines: Sequence[TextLine], page: Page) -> Iterator[str]:
    turn = lines[0].counterclockwise if lines else 0
    rotation = f' ROTATION="{turn:g}"' if turn else ""
    yield f'<TextBlock ID="{name}"{_place(block.box, page)}{rotation}>\n'
    count = 0
    for number, line in enumerate(lines, 1):
        yield f'<TextLine ID="{name}-l{number}"{_place(line.box, page)}>\n'
        words = [each.word for each in line.words]
        for word, following in zip_longest(words, words[1:]):
            count += 1
            content = f'CONTENT="{escape(word.text)}" WC="{word.confidence:.4g}"'
            yield f'<String ID="{name}-w{count}" {content}{_place(word.box, page)}/>\n'
            if following is not None and spaced(word, following):
                yield "<SP/>\n"
        yield "</TextLine>\n"
    yield "</TextBlock>\n"


def _place(box: Box, page: Page) -> str:
    left, top, right, bottom = box.pixels(*size_of(page))
    return f' HPOS="{left}" VPOS="{top}" WIDTH="{right - left}" HEIGHT="{bottom - top}"'
