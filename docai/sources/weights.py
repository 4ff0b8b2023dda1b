"""What the drawing commands and pictures of a PDF page cost, counted before anybody carries them out and without holding it.

Forms that draw forms that draw forms make billions of drawings of a few lines, a stream that is packed twice makes
gigabytes of a kilobyte, and a JPEG of a megabyte goes over its picture a hundred thousand times.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pymupdf  # under docai.sources.pdf, which keeps it from loading its layout nets

from docai.limits import Limits
from docai.sources.jpeg import has_more_scans

MOST_PACKED: Final = 2  # times that a stream is packed; programs do it once, and each more may be a thousand times as large
DEEPEST: Final = 100  # forms in forms, beyond which MuPDF draws no more
_PACKERS: Final = frozenset({"FlateDecode", "Fl", "LZWDecode", "LZW"})
_DRAWN = re.compile(rb"/([^\s/<>\[\](){}%]+)\s+Do\b")
_PAINTED = re.compile(rb"/([^\s/<>\[\](){}%]+)\s+(?:scn|SCN)\b")
_PAINTING = re.compile(rb"(?<![^\s\])>])(?:[fBb]\*?|[FSs]|T[jJ]|['\"])(?!\S)")  # what uses a pattern (PDF 1.7, table 51)

mupdf = pymupdf.mupdf


class Scales:
    """Weighs the pages of one PDF; of a form that several pages draw, once."""

    def __init__(self, file: Any, limits: Limits) -> None:
        self._file = file
        self._most = limits.decompressed_bytes
        self._most_scans = limits.jpeg_scans
        self._known: dict[tuple[int, bool], int] = {}
        self._pictures: tuple[int, list[dict[str, Any]]] | None = None

    def size(self, page: Any) -> int:
        """Return the bytes of a page's own commands; where they are more than the limit, how many more is not counted."""
        total = 0
        for number in page.get_contents():
            total += self._unpacked(mupdf.pdf_new_indirect(mupdf.pdf_document_from_fz_document(self._file.this), number, 0))
            if total > self._most:
                break
        return total

    def weight(self, page: Any) -> int:
        """Return the bytes of the commands that drawing a page carries out; above the limit, some number above it."""
        size = self.size(page)
        if size > self._most:
            return size
        resources = mupdf.pdf_dict_get_inheritable(mupdf.pdf_page_from_fz_page(page.this).obj(), mupdf.PDF_ENUM_NAME_Resources)
        parts = _Parts(resources)
        if not parts:
            return size
        commands = b"\n".join(self._file.xref_stream(number) or b"" for number in page.get_contents())
        return min(size + self._drawn(commands, parts, (), in_pattern=False), self._most + 1)

    def pictures(self, page: Any) -> list[dict[str, Any]]:
        """Return what PyMuPDF tells of each picture on a page (`get_image_info`), and whether it is "endless"; the last are kept.

        That is one that is a JPEG of more scans than the limit, or has such a mask.
        """
        if self._pictures is None or self._pictures[0] != page.number:
            text = page.get_textpage(flags=pymupdf.TEXT_PRESERVE_IMAGES)
            pictures = [block.i_image() for block in text.this if block.m_internal.type != mupdf.FZ_STEXT_BLOCK_TEXT]
            known: dict[int, bool] = {}  # by where MuPDF holds it: a picture may be drawn a thousand times
            infos: list[dict[str, Any]] = text.extractIMGINFO()
            for info, picture in zip(infos, pictures, strict=True):
                parts = [part for part in (picture, picture.mask()) if part.m_internal]
                info["endless"] = any(_is_endless(part, self._most_scans, known) for part in parts)
            self._pictures = page.number, infos
        return self._pictures[1]

    def _drawn(self, commands: bytes, parts: _Parts, around: tuple[int, ...], *, in_pattern: bool) -> int:
        """Return the bytes of what commands draw beside themselves."""
        forms = dict.fromkeys(parts.pictures, 0)
        forms |= {name: self._weight_of(form, around, in_pattern=in_pattern) for name, form in parts.forms.items()}
        total = _times(Counter(_DRAWN.findall(commands)), commands.count(b"Do"), forms)
        patterns = {name: self._weight_of(pattern, around, in_pattern=True) for name, pattern in parts.patterns.items()}
        if patterns and in_pattern:  # patterns in patterns, which nobody draws with, are counted for all that may be painted so
            total += len(_PAINTING.findall(commands)) * max(patterns.values())
        elif patterns:
            total += sum(count * patterns.get(name, 0) for name, count in Counter(_PAINTED.findall(commands)).items())
        for shading in parts.shadings:
            total += self._unpacked(shading)
        return min(total, self._most + 1)

    def _weight_of(self, form: Any, around: tuple[int, ...], *, in_pattern: bool) -> int:
        number = mupdf.pdf_to_num(form)
        if number in around or len(around) > DEEPEST:  # MuPDF draws neither
            return 0
        if (number, in_pattern) not in self._known:
            size = self._unpacked(form)
            resources = mupdf.pdf_dict_get(form, mupdf.PDF_ENUM_NAME_Resources)
            if size <= self._most and (parts := _Parts(resources)):
                size += self._drawn(self._file.xref_stream(number) or b"", parts, (*around, number), in_pattern=in_pattern)
            self._known[number, in_pattern] = min(size, self._most + 1)
        return self._known[number, in_pattern]

    def _unpacked(self, stream: Any) -> int:
        """Return how many bytes a stream unpacks to, by MuPDF as it reads them; what is packed too often counts as too much."""
        if not mupdf.pdf_is_stream(stream):
            return 0
        filters = mupdf.pdf_dict_get(stream, mupdf.PDF_ENUM_NAME_Filter)
        names = [mupdf.pdf_to_name(mupdf.pdf_array_get(filters, place)) for place in range(mupdf.pdf_array_len(filters))]
        if sum(name in _PACKERS for name in names) > MOST_PACKED:
            return self._most + 1
        return int(mupdf.fz_skip(mupdf.pdf_open_stream(stream), self._most + 1))


def _is_endless(picture: Any, most_scans: int, known: dict[int, bool]) -> bool:
    held = picture.m_internal_value()
    if held not in known:
        packed = mupdf.fz_compressed_image_buffer(picture).m_internal
        is_jpeg = packed and packed.params.type == mupdf.FZ_IMAGE_JPEG
        data = mupdf.fz_buffer_extract_copy(mupdf.FzBuffer(mupdf.ll_fz_keep_buffer(packed.buffer))) if is_jpeg else b""
        known[held] = has_more_scans(data, most_scans)
    return known[held]


class _Parts:
    """What of a page's or form's resources can be drawn: by their names as commands spell them."""

    def __init__(self, resources: Any) -> None:
        drawn = dict(_entries(resources, mupdf.PDF_ENUM_NAME_XObject))
        kinds = {name: mupdf.pdf_to_name(mupdf.pdf_dict_get(entry, mupdf.PDF_ENUM_NAME_Subtype)) for name, entry in drawn.items()}
        self.forms = {name: entry for name, entry in drawn.items() if kinds[name] == "Form"}
        self.pictures = drawn.keys() - self.forms.keys()
        painted = dict(_entries(resources, mupdf.PDF_ENUM_NAME_Pattern))
        self.patterns = {name: entry for name, entry in painted.items() if mupdf.pdf_is_stream(entry)}
        self.shadings = [entry for _, entry in _entries(resources, mupdf.PDF_ENUM_NAME_Shading) if mupdf.pdf_is_stream(entry)]
        for entry in painted.values():
            shading = mupdf.pdf_dict_get(entry, mupdf.PDF_ENUM_NAME_Shading)
            if mupdf.pdf_is_stream(shading):
                self.shadings.append(shading)

    def __bool__(self) -> bool:
        return bool(self.forms or self.patterns or self.shadings)


def _entries(resources: Any, kind: int) -> Iterator[tuple[bytes, Any]]:
    entries = mupdf.pdf_dict_get(resources, kind)
    for place in range(mupdf.pdf_dict_len(entries)):
        name = mupdf.pdf_to_name(mupdf.pdf_dict_get_key(entries, place))
        yield name.encode("utf-8", "surrogateescape"), mupdf.pdf_dict_get_val(entries, place)


def _times(named: Mapping[bytes, int], all_told: int, weights: Mapping[bytes, int]) -> int:
    """Return the weights by how often each is named; what else is `all_told`, whatever it names, counts as the heaviest."""
    if not weights:
        return 0
    known = {name: count for name, count in named.items() if name in weights}
    others = max(all_told, sum(named.values())) - sum(known.values())
    return sum(count * weights[name] for name, count in known.items()) + others * max(weights.values())
