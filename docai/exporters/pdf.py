"""The document once more as a searchable PDF: its own pages, with the words that were read of pictures as invisible text on them.

The text is written in a font whose glyphs paint nothing and are all of one width, stretched so that each word fills its box,
as Tesseract and OCRmyPDF do it. What a page shows is not touched.
"""

from __future__ import annotations

import io
import logging
import shutil
import statistics
import struct
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import IO, TYPE_CHECKING, Any, Final, Protocol

import cv2
import numpy as np
from PIL import ExifTags, Image
from PIL.JpegImagePlugin import JpegImageFile

from docai.document import Block, Document, Page, Table, Word
from docai.exporters import Place, program
from docai.exporters.hocr import TextLine, spaced, text_lines
from docai.sources import Origin, kind_of, open_source
from docai.sources.frame import Frame
from docai.sources.pdf import DAMAGE, File

# isort: split
import pymupdf  # after docai.sources.pdf, which keeps it from loading its layout nets

if TYPE_CHECKING:
    from docai.sources import Pixels

logger = logging.getLogger(__name__)

FONT_NAME: Final = "GlyphLessFont"  # Tesseract's name for the like, by which other programs know a layer of read text
ADVANCE: Final = 0.5  # ems; the width of every glyph, which `Tz` then stretches
ASCENT, DESCENT = 0.8, -0.2  # ems; together one, so that a word's box is as high as its font size
SAME_HEIGHT: Final = 0.6  # share of a word's height and its line's that are common where the line's is taken
LEAST_SPACE: Final = 0.2  # ems; pdftotext sees a space from 0.15 on, whatever characters the file has
LEAST_SIZE: Final = 0.3  # points; a dash is hardly higher
LEAST_WORD: Final = 0.6  # of a word's width that it keeps where the next one stands too near
TURNED: Final = range(2, 9)  # EXIF orientations other than upright (EXIF 2.32, 4.6.4)
CHECK_PIXELS: Final = 2000  # of the longer side, at most, of a page drawn to see that it looks the same


class Exporter:
    """Writes the pages that were read, and no others; of no pages it writes nothing.

    Of a PDF, words are added only where they were read of a picture (`source` or `basis` is "ocr"), since all others are in
    the file; hidden text that was found unsound gives way to them. Of a picture, each frame becomes a page, its pixels as
    they are.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._book: _Book | None = None

    def add(self, page: Page) -> None:
        """Add the words of `page` to its original.

        Raises:
            ValueError: The place knows no source.
        """
        if self._book is None:
            origin = self._place.source
            if origin is None:
                raise ValueError('a PDF is made of the pages of its source; pass it: write(document, "pdf", stem, source=path)')
            self._book = _Copy(origin) if kind_of(origin.read(2048)) == "pdf" else _Album(origin)
        self._book.add(page)

    def close(self, rest: Document) -> None:
        """Write the file."""
        if self._book is not None:
            self._book.write(self._place.open())


class _Book(Protocol):
    """A PDF that grows page by page."""

    def add(self, page: Page) -> None: ...

    def write(self, stream: IO[bytes]) -> None: ...


class _Copy:
    """The pages of a PDF."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._file = _open(origin)
        self._text = _InvisibleText(self._file)
        self._numbers: list[int] = []

    def add(self, page: Page) -> None:
        self._numbers.append(page.number)
        lines = [line for block in page.blocks for line in text_lines(list(_unwritten(block)), page)]
        if not lines:
            return
        try:
            if any(problem.code == "text_layer_unsound" for problem in page.problems):
                _remove_hidden_text(self._file, page.number)
            self._text.put(lines, page, self._file[page.number - 1])
        except DAMAGE as error:
            logger.warning("page %d of %s: no text can be added: %s", page.number, self._origin.name, error)

    def write(self, stream: IO[bytes]) -> None:
        whole = len(self._numbers) == len(self._file)
        encrypted = self._file.xref_get_key(-1, "Encrypt")[0] != "null"
        if whole and not self._text.used and not encrypted:  # nothing is to change, so that signatures stay valid
            with self._origin.open() as original:
                shutil.copyfileobj(original, stream)
            return
        if not whole:
            self._file.select([number - 1 for number in self._numbers])
        self._text.finish()
        _save(self._file, stream)


class _Album:
    """A new PDF of pictures, one a page."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._source = open_source(origin)
        self._file = pymupdf.open()
        self._text = _InvisibleText(self._file)

    def add(self, page: Page) -> None:
        sheet = self._file.new_page(width=page.width_points, height=page.height_points)
        for picture in self._source.page(page.number).pictures:  # none of a frame that cannot be decoded
            cut_off = any(problem.code == "picture_truncated" for problem in page.problems)
            jpeg = None if cut_off else _upright_jpeg(self._origin)
            if jpeg is not None:
                sheet.insert_image(sheet.rect, stream=jpeg, keep_proportion=False)
            else:
                pixels, _ = self._source.render(page.number, picture.width, picture.height)
                sheet.insert_image(sheet.rect, xref=_add_picture(self._file, pixels), keep_proportion=False)
        lines = [line for block in page.blocks for line in text_lines(block.content.words, page)]
        self._text.put(lines, page, sheet)

    def write(self, stream: IO[bytes]) -> None:
        self._text.finish()
        self._file.set_metadata({"producer": program()})
        _save(self._file, stream)


def _open(origin: Origin) -> Any:
    """Return the PDF, which a source has already read."""
    file: Any = File(origin)
    if file.needs_pass:
        file.authenticate(origin.password or "")
    if file.has_deep_outline:  # with which MuPDF would end the process when pages are taken out
        file.xref_set_key(file.pdf_catalog(), "Outlines", "null")
    return file


def _unwritten(block: Block) -> Iterator[Word]:
    """Yield the words of a block that the file itself does not have as text."""
    content = block.content
    cells = [cell.box for cell in content.cells if cell.basis == "ocr"] if isinstance(content, Table) else []
    for word in content.words:
        if block.source == "ocr" or any(2 * cell.intersection(word.box) > word.box.area for cell in cells):
            yield word


def _remove_hidden_text(file: Any, number: int) -> None:
    """Remove the invisible text of a page, unless that fails or would change what the page shows."""
    trial = pymupdf.open()
    try:
        trial.insert_pdf(file, from_page=number - 1, to_page=number - 1)
        before = _drawn(trial[0])
        _redact_invisible(trial, 0)
        if _drawn(trial[0]) == before:
            _redact_invisible(file, number - 1)
    except DAMAGE as error:
        logger.info("page %d: its hidden text stays: %s", number, error)


def _drawn(page: Any) -> bytes:
    scale = min(1.0, CHECK_PIXELS / max(page.rect.width, page.rect.height))
    samples: bytes = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale)).samples
    return samples


def _redact_invisible(file: Any, index: int) -> None:
    mupdf = pymupdf.mupdf
    page = file[index]
    annotations = file.xref_get_key(page.xref, "Annots")[1]
    file.xref_set_key(page.xref, "Annots", "null")  # a redaction would remove links that it covers
    page = file.reload_page(page)
    page.add_redact_annot(page.rect)
    # Early versions can only remove all text; where there is other text too, the page then shows the difference
    invisible = getattr(mupdf, "PDF_REDACT_TEXT_REMOVE_INVISIBLE", mupdf.PDF_REDACT_TEXT_REMOVE)
    page.apply_redactions(images=mupdf.PDF_REDACT_IMAGE_NONE, graphics=mupdf.PDF_REDACT_LINE_ART_NONE, text=invisible)
    file.xref_set_key(page.xref, "Annots", annotations)
    file.reload_page(page)


# Invisible text


class _InvisibleText:
    """The text that is added to a file, and the font that it is written in.

    The font has a code for each character used, in the order of use, and all codes lead to one glyph; what they stand for
    is told by its ToUnicode map alone.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self._font = 0  # its object number, once there is text
        self._codes: dict[str, int] = {" ": 1}  # 0 is the glyph that stands for missing ones

    @property
    def used(self) -> bool:
        """Whether there is any text."""
        return self._font > 0

    def put(self, lines: Sequence[TextLine], page: Page, sheet: Any) -> None:
        """Write lines of `page` on its PyMuPDF page."""
        frame = Frame(sheet)
        if not lines or not frame.sane:
            return
        self._font = self._font or _add(self._file, "<</Type/Font>>")
        name = f"{FONT_NAME}{self._font}"
        body = "".join(self._line(line, name, _to_user_space(line.quarter, page, sheet)) for line in lines)
        commands = _add(self._file, "<<>>", body.encode())
        self._name_font(sheet, name)
        # Before what the page draws, where no state of its is in force; invisible text covers nothing
        contents = " ".join(f"{number} 0 R" for number in (commands, *sheet.get_contents()))
        self._file.xref_set_key(sheet.xref, "Contents", f"[{contents}]")

    def _name_font(self, sheet: Any, name: str) -> None:
        """Put the font among the resources of a page, its own or those that it inherits."""
        mupdf = pymupdf.mupdf
        node = mupdf.pdf_page_from_fz_page(sheet.this).obj()
        resources = mupdf.pdf_dict_get_inheritable(node, mupdf.PDF_ENUM_NAME_Resources)
        if not mupdf.pdf_is_dict(resources):
            resources = mupdf.pdf_dict_put_dict(node, mupdf.PDF_ENUM_NAME_Resources, 1)
        fonts = mupdf.pdf_dict_get(resources, mupdf.PDF_ENUM_NAME_Font)
        if not mupdf.pdf_is_dict(fonts):
            fonts = mupdf.pdf_dict_put_dict(resources, mupdf.PDF_ENUM_NAME_Font, 1)
        file = mupdf.pdf_document_from_fz_document(self._file.this)
        mupdf.pdf_dict_puts(fonts, name, mupdf.pdf_new_indirect(file, self._font, 0))

    def _line(self, line: TextLine, font: str, matrix: Any) -> str:
        """Return the commands that write a line in its own frame, invisibly (text render mode 3)."""
        frame = " ".join(f"{value:.6f}" for value in matrix)
        return "\n".join([f"q {frame} cm BT 3 Tr", *self._commands(line, font), "ET Q\n"])

    def _commands(self, line: TextLine, font: str) -> Iterator[str]:
        """Yield the commands that write the words, each in its box, and a space behind it that reaches to the next."""
        top, bottom = (statistics.median(sides) for sides in zip(*((each.top, each.bottom) for each in line.words), strict=True))
        for each, following in zip_longest(line.words, line.words[1:]):
            common = min(each.bottom, bottom) - max(each.top, top)
            even = common >= SAME_HEIGHT * (max(each.bottom, bottom) - min(each.top, top))
            upper, lower = (top, bottom) if even else (each.top, each.bottom)
            size = max(lower - upper, LEAST_SIZE)
            whole = each.end - each.start
            gap = LEAST_SPACE * size if spaced(each.word, (following or each).word) else 0.0
            until = following.start if following else each.end + gap  # a space there too: not all readers see a line's end
            width = min(whole, max(until - gap - each.start, LEAST_WORD * whole))
            baseline = lower + DESCENT * size + line.slope * (each.start + each.end) / 2
            yield f"/{font} {size:.2f} Tf 1 0 0 1 {each.start:.2f} {-baseline:.2f} Tm"
            yield self._stretched(" ".join(each.word.text.split()), width, size)
            if gap:
                yield self._stretched(" ", until - each.start - width, size)

    def _stretched(self, text: str, width: float, size: float) -> str:
        """Return the command that writes `text` `width` points wide."""
        codes = "".join(f"{self._codes.setdefault(character, len(self._codes) + 1):04X}" for character in text)
        percent = 100 * width / (ADVANCE * size * max(1, len(text)))
        return f"{max(percent, 0.1):.2f} Tz <{codes}> Tj"

    def finish(self) -> None:
        """Write the font, now that all its characters are known."""
        if not self.used:
            return
        program = glyphless_font()
        file = _add(self._file, f"<</Length1 {len(program)}>>", program)
        up, down, wide = round(1000 * ASCENT), round(1000 * DESCENT), round(1000 * ADVANCE)
        descriptor = _add(
            self._file,
            f"<</Type/FontDescriptor/FontName/{FONT_NAME}/Flags 5/FontBBox[0 {down} {wide} {up}]/Ascent {up}/Descent {down}"
            f"/CapHeight {up}/ItalicAngle 0/StemV 80/FontFile2 {file} 0 R>>",  # flags: of fixed width, not of Latin letters
        )
        glyphs = _add(self._file, "<<>>", struct.pack(">H", 0) + struct.pack(">H", 1) * len(self._codes))
        descendant = _add(
            self._file,
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{FONT_NAME}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
            f"/Supplement 0>>/DW {wide}/CIDToGIDMap {glyphs} 0 R/FontDescriptor {descriptor} 0 R>>",
        )
        meaning = _add(self._file, "<<>>", _to_unicode(self._codes))
        self._file.update_object(
            self._font,
            f"<</Type/Font/Subtype/Type0/BaseFont/{FONT_NAME}/Encoding/Identity-H/DescendantFonts[{descendant} 0 R]"
            f"/ToUnicode {meaning} 0 R>>",
        )


def _to_user_space(quarter: int, page: Page, sheet: Any) -> Any:
    """Return the matrix from the page turned by `quarter` (see `Placed`; but upwards) to the PDF page's own coordinates."""
    width, height = page.width_points, page.height_points
    given = {  # where the turned page's corner and sides lie on the page as it was given
        0: (1, 0, 0, -1, 0, 0),
        90: (0, 1, 1, 0, width, 0),
        180: (-1, 0, 0, 1, width, height),
        270: (0, -1, -1, 0, 0, height),
    }[quarter]
    scale = pymupdf.Matrix(sheet.rect.width / width, sheet.rect.height / height)
    # From user space to points as displayed: /Rotate, crop box and user unit in one
    box, matrix = pymupdf.mupdf.FzRect(pymupdf.mupdf.FzRect.Fixed_UNIT), pymupdf.mupdf.FzMatrix()
    pymupdf.mupdf.pdf_page_transform(pymupdf.mupdf.pdf_page_from_fz_page(sheet.this), box, matrix)
    displayed = pymupdf.Matrix(matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)
    return pymupdf.Matrix(*given) * scale * ~displayed


def _to_unicode(codes: dict[str, int]) -> bytes:
    """Return the CMap that tells what each code of the font stands for, in UTF-16 (PDF 1.7, 9.10.3)."""
    pairs = [f"<{code:04X}> <{_utf_16(character)}>" for character, code in codes.items()]
    blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]  # more than 100 are not allowed
    lines = [line for block in blocks for line in (f"{len(block)} beginbfchar", *block, "endbfchar")]
    head = (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
    )
    tail = "\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    return (head + "\n".join(lines) + tail).encode("ascii")


def _utf_16(character: str) -> str:
    return character.encode("utf-16-be", "replace").hex().upper()


def glyphless_font() -> bytes:
    """Return a TrueType font of two glyphs, `ADVANCE` wide: an empty one that stands for missing ones, and one to use.

    The second is a mere line from corner to corner, which has no area to paint but gives a letter its height: PDFium, the
    reader in Chrome, takes letters without for nothing.

    Source: Apple, TrueType Reference Manual, chapter 6; the tables that PDF 1.7 (9.9) asks for.
    """
    up, down, wide = round(1000 * ASCENT), round(1000 * DESCENT), round(1000 * ADVANCE)
    glyph = struct.pack(">hhhhh HH BB hhhh", 1, 0, down, wide, up, 1, 0, 1, 1, 0, wide, down, up - down)
    tables = {
        b"glyf": glyph,
        b"head": struct.pack(">IIIIHHQQ4hHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, 1000, 0, 0, 0, down, wide, up, 0, 8, 2, 0, 0),
        b"hhea": struct.pack(">I3hH11hH", 0x10000, up, down, 0, wide, 0, 0, wide, 1, 0, 0, 0, 0, 0, 0, 0, 1),
        b"hmtx": struct.pack(">Hhh", wide, 0, 0),
        b"loca": struct.pack(">3H", 0, 0, len(glyph) // 2),
        b"maxp": struct.pack(">I14H", 0x10000, 2, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    place = 12 + 16 * len(tables)
    directory, body = struct.pack(">IHHHH", 0x10000, len(tables), 64, 2, 16 * len(tables) - 64), b""
    for tag, data in tables.items():
        padded = data + bytes(-len(data) % 4)
        total = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        directory += struct.pack(">4sIII", tag, total, place + len(body), len(data))
        body += padded
    return directory + body


# Pictures


def _upright_jpeg(origin: Origin) -> bytes | None:
    """Return the bytes of a JPEG that is shown as it is stored; None of all other pictures."""
    if not origin.read(3).startswith(b"\xff\xd8\xff"):
        return None
    data = origin.read()
    orientation = JpegImageFile(io.BytesIO(data)).getexif().get(ExifTags.Base.Orientation)
    return None if orientation in TURNED else data


def _add_picture(file: Any, pixels: Pixels) -> int:
    """Return the number of a new object that holds RGB pixels without loss: as grey or black and white where they are no more."""
    grey = pixels[..., 1]
    colours, bits = 3, 8
    if (pixels == grey[..., None]).all():
        colours, bits = 1, 1 if ((grey == 0) | (grey == 255)).all() else 8
    shown = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if colours == 3 else grey
    options = [cv2.IMWRITE_PNG_COMPRESSION, 6, cv2.IMWRITE_PNG_BILEVEL, int(bits == 1)]
    _, png = cv2.imencode(".png", np.ascontiguousarray(shown), options)
    height, width = grey.shape
    number = _add(
        file,
        f"<</Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/Device{'RGB' if colours == 3 else 'Gray'}"
        f"/BitsPerComponent {bits}>>",
    )
    file.update_stream(number, _png_data(png.tobytes()), compress=False)
    file.xref_set_key(number, "Filter", "/FlateDecode")
    file.xref_set_key(number, "DecodeParms", f"<</Predictor 15/Colors {colours}/BitsPerComponent {bits}/Columns {width}>>")
    return number


def _png_data(png: bytes) -> bytes:
    """Return the compressed pixels of a PNG, which are those of a PDF with its predictor 15 (PDF 1.7, 7.4.4.4)."""
    parts, place = [], 8  # behind the signature
    while place < len(png):
        length = int.from_bytes(png[place : place + 4], "big")
        if png[place + 4 : place + 8] == b"IDAT":
            parts.append(png[place + 8 : place + 8 + length])
        place += 12 + length  # length, name and checksum
    return b"".join(parts)


# Files


def _add(file: Any, dictionary: str, data: bytes | None = None) -> int:
    """Return the number of a new object, a compressed stream if there is `data`."""
    number: int = file.get_new_xref()
    file.update_object(number, dictionary)
    if data is not None:
        file.update_stream(number, data)
    return number


def drawn_svg(svg: str, scale: float) -> Image.Image:
    """Return a picture of an SVG, each unit of it `scale` pixels; letters that its font lacks come from fonts that have them."""
    with pymupdf.open(stream=svg.encode(), filetype="svg") as file:
        pixels = file[0].get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=False)
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


def _save(file: Any, stream: IO[bytes]) -> None:
    """Write a file without what nothing refers to, such as the pages left out, and without encryption; then close it."""
    sink = _Sink(stream)
    file.save(sink, garbage=1, encryption=pymupdf.mupdf.PDF_ENCRYPT_NONE)
    file.close()
    if sink.error is not None:
        raise sink.error


class _Sink:
    """A stream as MuPDF wants it: one that tells where it stands, be it a pipe, and raises nothing into C."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._length = 0
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        if self.error is None:
            try:
                self._stream.write(data)
            except OSError as error:
                self.error = error
        self._length += len(data)
        return len(data)

    def tell(self) -> int:
        return self._length

    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation("a PDF is written from front to back")
