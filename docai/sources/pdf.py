"""PDF pages by PyMuPDF: words with fonts, rules, vector paths, pictures, links, form fields; pixels on demand.

The only reader in the package that imports pymupdf, with weights.py beside it, so that another could replace it.
"""

from __future__ import annotations

import logging
import math
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import cv2
import numpy as np

from docai.box import WHOLE, Box
from docai.document import Attachment, FormField, Link, OutlineEntry, Problem
from docai.errors import Encrypted, InputError, NoSuchPage, OverLimit, Unreadable
from docai.limits import Limits
from docai.sources import (
    LETTER,
    Font,
    Glyph,
    Origin,
    PageReference,
    Picture,
    Rule,
    SourcePage,
    SourceWord,
    TextRun,
    VectorPath,
    poppler,
)
from docai.sources.discs import DISCS, LEVEL, Disc, paths_of, plotted_discs
from docai.sources.frame import MAX_POINTS, Frame, rgb, vector_paths
from docai.sources.shadings import shadings_among, with_shadings
from docai.sources.sizes import with_plausible_sizes
from docai.sources.spelling import (
    SPACING_ACCENTS,
    SURROGATE,
    accents_composed,
    accents_over_letters,
    check_marks,
    clean,
    clean_lines,
)

if TYPE_CHECKING:
    from docai.sources import Pixels


@contextmanager
def _without_layout_nets() -> Iterator[None]:
    # pymupdf 2 imports its layout nets and onnxruntime when it is itself imported: 0.5 s and 90 MB that nothing here
    # uses, and `find_tables` would silently run them. Whoever imports them later still can.
    names = [name for name in ("pymupdf.layout", "pymupdf4llm") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]  # None marks a module as not to be found
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)


with _without_layout_nets():
    import pymupdf

    from docai.sources.weights import Scales

logger = logging.getLogger(__name__)
pymupdf.TOOLS.mupdf_display_errors(False)  # noqa: FBT003  # its signature; damage is told as problems, not on stderr
pymupdf.TOOLS.mupdf_display_warnings(False)  # noqa: FBT003

# What pymupdf raises for damaged files, found by running it over hostile ones; no common base class
DAMAGE: Final = (
    RuntimeError,
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
    pymupdf.mupdf.FzErrorBase,
)

TEXT_FLAGS: Final = pymupdf.TEXT_MEDIABOX_CLIP  # ligatures taken apart, unknown glyphs as U+FFFD
FILLED_OR_STROKED: Final = 8 | 16  # char_flags of a span; neither: text render mode 3, invisible
INVISIBLE: Final = 3  # "type" of a text span that is neither filled nor stroked (PyMuPDF, `Page.get_texttrace`)
SUPERSCRIPT, ITALIC, SERIF, MONOSPACE, BOLD = 1, 2, 4, 8, 16  # flags of a span (PyMuPDF, "Font Property Flags")
LEAST_CLIP: Final = 1e-4  # of a page's side; MuPDF counts in single precision, and places no pixels on less
MOST_NESTED: Final = 60  # forms in forms, with whose clips MuPDF 1.28 ends the process from about 100 on
PIECE: Final = 1 << 20  # bytes unpacked at once to see whether there is an end
SCAN_DPI: Final = 200  # of a page that is only there as a picture

_SPACE = re.compile(r"[ \t\r\n\u00a0\u2000-\u200a\u202f\u3000]")
Found = TypeVar("Found")
_BOLD_NAME = re.compile(r"bold|black|heavy|semibold|demi(?!-?light)", re.IGNORECASE)
_ITALIC_NAME = re.compile(r"italic|oblique", re.IGNORECASE)


_Document: Any = pymupdf.Document  # whose methods have no types


class File(_Document):  # type: ignore[misc]
    """A file that PyMuPDF has open, whose bookmarks cannot end the process.

    Attributes:
        has_deep_outline: Whether they are deeper than its limits let, and so were not loaded.
    """

    def __init__(self, origin: Origin) -> None:
        self._nesting, self.has_deep_outline = origin.limits.nesting, False
        if origin.path is not None and not SURROGATE.search(origin.path):
            super().__init__(origin.path, filetype="pdf")
        else:  # bytes, or a path that is not UTF-8, which MuPDF cannot open
            super().__init__(stream=origin.read(), filetype="pdf")

    def _loadOutline(self) -> Any:  # noqa: N802  # PyMuPDF's, which calls it when it opens a file
        """Load the bookmarks unless they are too deep: MuPDF takes a step of C's stack for each, and ends the process."""
        self.has_deep_outline = self.is_pdf and _outline_depth(self.this, self._nesting) > self._nesting
        return None if self.has_deep_outline else super()._loadOutline()


def _outline_depth(file: Any, most: int) -> int:
    """Return how deep the bookmarks go, or, where that is more than `most`, some number above it."""
    mupdf = pymupdf.mupdf
    root = mupdf.pdf_dict_get(mupdf.pdf_trailer(mupdf.pdf_document_from_fz_document(file)), mupdf.PDF_ENUM_NAME_Root)
    entry = mupdf.pdf_dict_get(mupdf.pdf_dict_get(root, mupdf.PDF_ENUM_NAME_Outlines), mupdf.PDF_ENUM_NAME_First)
    waiting, seen, deepest = [(1, entry)], set[int](), 0
    while waiting and deepest <= most:
        depth, entry = waiting.pop()
        number = mupdf.pdf_to_num(entry)
        if not mupdf.pdf_is_dict(entry) or number in seen:  # in a circle
            continue
        if number:  # 0 is an entry that is told in place
            seen.add(number)
        deepest = max(deepest, depth)
        waiting.append((depth, mupdf.pdf_dict_get(entry, mupdf.PDF_ENUM_NAME_Next)))
        waiting.append((depth + 1, mupdf.pdf_dict_get(entry, mupdf.PDF_ENUM_NAME_First)))
    return deepest


class PdfSource:
    """An open PDF."""

    def __init__(self, origin: Origin) -> None:
        """Open it.

        Raises:
            Unreadable: No PDF, damaged beyond repair, or without pages.
            Encrypted: The password is missing or wrong.
            OverLimit: It has more objects or pages than its limits let.
        """
        self.origin = origin
        self._limits = origin.limits
        self._runs: tuple[int, tuple[TextRun, ...]] | None = None  # charts of one page ask for the same
        self._losses: dict[Problem, None] = {}  # each once, however often it is asked for
        try:
            self._file: Any = File(origin)
            if not self._file.is_pdf:  # MuPDF goes by the bytes, whatever it is told to expect
                raise Unreadable(
                    f"not a PDF but {(self._file.metadata or {}).get('format') or 'another kind of file'}; print it to PDF first"
                )
            locked = bool(self._file.needs_pass) and not self._file.authenticate(origin.password or "")
            self.page_count = 0 if locked else len(self._file)
        except DAMAGE as error:
            raise Unreadable(f"not a PDF, or damaged beyond repair ({_first_line(error)}); open it in a viewer to check") from error
        if locked:
            wrong = "the password given is wrong" if origin.password else "it is encrypted"
            raise Encrypted(f"{origin.name}: {wrong}; pass the right one: --password on the command line, password= in Python")
        if self.page_count == 0:
            raise Unreadable("the PDF has no pages")
        if self._file.xref_length() > self._limits.objects:
            self._limits.refuse("objects", f"{origin.name}: the PDF has {self._file.xref_length():,} objects")
        if self.page_count > self._limits.pages:
            self._limits.refuse("pages", f"{origin.name}: the PDF has {self.page_count:,} pages")
        self._scales = Scales(self._file, self._limits)
        self._sound: int | None = None  # the page whose commands were last found within their limits

    def page(self, number: int) -> SourcePage:
        """Return page `number` (from 1); what cannot be read of it is told in its problems.

        Raises:
            NoSuchPage: The document has fewer pages.
        """
        self._check_number(number)
        reference = PageReference(self.origin, number)
        try:
            page = self._file[number - 1]
            if self._file.xref_object(page.xref) == "null":  # MuPDF shows an empty page for one that was cut off
                raise ValueError("the file ends before it")
            reader = _PageReader(page, number, self._limits, self._scales)
        except DAMAGE as error:
            return self._page_without_mupdf(reference, _first_line(error))
        try:
            self._check_weight(page, number)
        except OverLimit as error:
            problems = (*reader.problems, _problem("page_over_limit", f"the page is not read: {error}", number, "error"))
            return SourcePage(reference, reader.width, reader.height, problems=problems)
        whole = reader.part("content", reader.check_contents)
        words = reader.part("text", reader.words) or ()
        rules, paths = reader.part("drawings", reader.drawings) or ((), ())
        if whole and not words and not paths:
            reader.part("content", reader.check_streams)
        return SourcePage(
            reference=reference,
            width_points=reader.width,
            height_points=reader.height,
            label=reader.part("label", lambda: clean(page.get_label() or "")) or "",
            words=words,
            rules=rules,
            paths=paths,
            pictures=reader.part("pictures", reader.pictures) or (),
            links=reader.part("links", reader.links) or (),
            problems=tuple(reader.problems),
        )

    def _check_number(self, number: int) -> None:
        if not 1 <= number <= self.page_count:
            raise NoSuchPage(f"{self.origin.name} has no page {number}; it has {self.page_count}")

    def _check_weight(self, page: Any, number: int) -> None:
        """Raise `OverLimit` where drawing a page carries out more commands than its limits let; damage is told by who reads it."""
        if self._sound == number:
            return
        try:
            weight = self._scales.weight(page)
        except DAMAGE as error:
            logger.info("page %d of %s: its commands cannot be weighed: %s", number, self.origin.name, _first_line(error))
            weight = 0
        if weight > self._limits.decompressed_bytes:
            self._limits.refuse("decompressed_bytes", f"its drawing commands unpack to at least {weight:,} bytes")
        self._sound = number

    def _page_to_draw(self, number: int) -> Any:
        """Return a page of MuPDF's, for a reader that carries out its commands.

        Raises:
            OverLimit: They, or one of its pictures, are more than its limits let.
        """
        page = self._file[number - 1]
        self._check_weight(page, number)
        for info in self._scales.pictures(page):
            for limit, found in _over(info, self._limits):
                self._limits.refuse(limit, f"a picture of the page {found}")
        return page

    def _page_without_mupdf(self, reference: PageReference, reason: str) -> SourcePage:
        number = reference.number
        try:
            width, height = poppler.page_size(self.origin, number)
        except InputError as error:
            message = f"the page is damaged and cannot be loaded ({reason}; {error})"
            return SourcePage(reference, *LETTER, problems=(_problem("page_unreadable", message, number, "error"),))
        message = f"the page is damaged: MuPDF cannot load it ({reason}), but poppler can draw it, so it can be read as a picture"
        picture = Picture(WHOLE, round(width * SCAN_DPI / 72), round(height * SCAN_DPI / 72))  # for a reader, it is a scan
        problem = _problem("page_damaged", message, number, "warning")
        return SourcePage(reference, width, height, pictures=(picture,), problems=(problem,))

    def glyphs(self, number: int) -> tuple[Glyph, ...]:
        """Return the characters of a page's text layer one by one, white space left out; none of a page that is damaged.

        Raises:
            NoSuchPage: The document has no such page.
        """
        self._check_number(number)
        try:
            page = self._file[number - 1]
            self._check_weight(page, number)
            return tuple(_PageReader(page, number, self._limits, self._scales).glyphs())
        except (*DAMAGE, OverLimit) as error:
            logger.warning("page %d of %s: glyphs cannot be read: %s", number, self.origin.name, error)
            return ()

    def text_runs(self, number: int) -> tuple[TextRun, ...]:
        """Return the text of a page as its operations show it; none of a page that is damaged. The last page's are kept.

        Raises:
            NoSuchPage: The document has no such page.
        """
        self._check_number(number)
        if self._runs is None or self._runs[0] != number:
            try:
                page = self._file[number - 1]
                self._check_weight(page, number)
                self._runs = number, tuple(_PageReader(page, number, self._limits, self._scales).text_runs())
            except (*DAMAGE, OverLimit) as error:
                logger.warning("page %d of %s: text cannot be read: %s", number, self.origin.name, error)
                self._runs = number, ()
        return self._runs[1]

    def render(self, number: int, width: int, height: int, clip: Box = WHOLE) -> tuple[Pixels, Problem | None]:
        """Return `clip` of a page as `width` x `height` RGB pixels; drawn by poppler, and said so, where MuPDF cannot.

        Raises:
            InputError: Neither can draw the page, or there is no such page.
            OverLimit: The page has more to draw than its limits let; poppler is not asked to, either.
        """
        self._check_number(number)
        try:
            return _render(self._page_to_draw(number), width, height, clip), None
        except DAMAGE as error:
            reason = _first_line(error)
        logger.info("page %d of %s: MuPDF cannot render it (%s); trying poppler", number, self.origin.name, reason)
        pixels = poppler.render(self.origin, number, width, height, clip)
        return pixels, _problem("rendered_by_poppler", f"MuPDF could not render the page ({reason}); poppler did", number, "note")

    def form_fields(self) -> tuple[FormField, ...]:
        """Return the fields of the interactive form, in page order; a radio group is one field for each of its buttons."""
        if not self._file.is_form_pdf:
            return ()
        return tuple(field for number in range(1, self.page_count + 1) for field in self._form_fields_of(number))

    def _form_fields_of(self, number: int) -> Iterator[FormField]:
        try:
            page = self._file[number - 1]
            frame = Frame(page)
            places = [xref for xref, kind, *_ in page.annot_xrefs() if kind == pymupdf.mupdf.PDF_ANNOT_WIDGET]
            widgets = _widgets_of(page)
        except DAMAGE as error:
            self._lost("the form fields of the page cannot be read", error, number)
            return
        for xref in places:
            try:
                field = _form_field(widgets.get(xref) or page.load_widget(xref), number, frame)
            except DAMAGE as error:
                self._lost("a form field of the page cannot be read", error, number)
                continue
            if field is not None:
                yield field

    def outline(self) -> tuple[OutlineEntry, ...]:
        """Return the bookmarks."""
        try:
            if self._file.has_deep_outline:
                told = self._limits.told("nesting", f"the bookmarks are not read: they are more than {self._limits.nesting:,} deep")
                self._losses[Problem(code="document_over_limit", message=told, severity="warning")] = None
                return ()
            entries = self._file.get_toc(simple=True)
        except DAMAGE as error:
            self._lost("the bookmarks cannot be read", error)
            return ()
        return tuple(
            OutlineEntry(level=max(1, level), title=clean(title), page_number=page if page >= 1 else None)
            for level, title, page in entries
        )

    def attachments(self) -> tuple[Attachment, ...]:
        """Return the embedded files, unopened; of more than its limits let, the names of the first."""
        most = self._limits.attachments
        try:
            names = self._file.embfile_names()
            if len(names) > most:  # PyMuPDF looks through all of them for each
                told = self._limits.told("attachments", f"only the names of the first of {len(names):,} attachments are told")
                self._losses[Problem(code="document_over_limit", message=told, severity="warning")] = None
                return tuple(Attachment(name=clean(name)) for name in names[:most])
            infos = [self._file.embfile_info(name) for name in names]
        except DAMAGE as error:
            self._lost("the attachments cannot be listed", error)
            return ()
        return tuple(
            Attachment(
                name=clean(info.get("filename") or info.get("name") or ""),
                size_bytes=size if isinstance(size := info.get("size"), int) and size >= 0 else None,
                description=clean(info.get("description") or ""),
            )
            for info in infos
        )

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong with the file as a whole, and what of its form fields, bookmarks and attachments was lost."""
        repaired = Problem(code="repaired", message="the file is damaged and was repaired on reading", severity="note")
        return (*([repaired] if self._file.is_repaired else []), *self._losses)

    def _lost(self, what: str, error: BaseException, number: int | None = None) -> None:
        message = f"{what} ({_first_line(error)})"
        self._losses[Problem(code="document_damaged", message=message, severity="warning", page_number=number)] = None

    def close(self) -> None:
        """Release the file and what MuPDF keeps of it in memory."""
        self._file.close()
        pymupdf.TOOLS.store_shrink(100)


class _PageReader:
    """Reads the parts of one page; a part that is damaged becomes a problem and leaves the others whole."""

    def __init__(self, page: Any, number: int, limits: Limits, scales: Scales) -> None:
        self._page, self._number, self._limits, self._scales = page, number, limits, scales
        self.problems: list[Problem] = []
        self._shaded: set[tuple[float, float, float, float]] = set()  # shadings that are told as paths
        self._discs: dict[tuple[float, float], Disc] | None = None  # letters that are told as paths
        self.frame = Frame(page)
        self.width, self.height = self.frame.width, self.frame.height
        if not self.frame.sane:
            self.problems.append(
                _problem("page_size_unknown", "the page has no usable size; US Letter is assumed", number, "warning")
            )
        if self.frame.scale < 1:
            message = f"the page is larger than {MAX_POINTS} points; sizes are told {self.frame.scale:.3g} times as large"
            self.problems.append(_problem("page_size_reduced", message, number, "note"))

    def part(self, what: str, read: Callable[[], Found]) -> Found | None:
        try:
            return read()
        except DAMAGE as error:
            message = f"the {what} of the page cannot be read ({_first_line(error)})"
            self.problems.append(_problem("page_damaged", message, self._number, "error"))
            return None

    def check_contents(self) -> bool:
        """Return true; raise where commands that the page names are missing or cut off, since MuPDF shows such a page empty."""
        file = self._page.parent
        numbers = self._page.get_contents()
        if any(file.xref_object(number) == "null" for number in numbers):
            raise ValueError("the file ends before them")
        if file.is_repaired and any(_is_cut_off(file, number) for number in numbers):
            raise ValueError("the file ends within them")
        return True

    def check_streams(self) -> None:
        """Raise where the drawing commands of a page that shows nothing are no valid stream."""
        if any(_is_cut_off(self._page.parent, number) for number in self._page.get_contents()):
            raise ValueError("they are not compressed as the file says")

    def words(self) -> tuple[SourceWord, ...]:
        textpage = self._page.get_textpage(flags=TEXT_FLAGS)
        lines = {
            (block["number"], n): line
            for block in textpage.extractDICT()["blocks"]
            for n, line in enumerate(block.get("lines", ()))
        }
        grouped: dict[tuple[int, int], list[tuple[Any, ...]]] = {}
        stored = textpage.extractWORDS()
        most = self._limits.words
        if len(stored) > most:
            message = self._limits.told("words", f"only the first words of the page are read: it has {len(stored):,}")
            self.problems.append(_problem("page_too_complex", message, self._number, "error"))
        for word in stored[:most]:
            grouped.setdefault((word[5], word[6]), []).append(word)
        found: list[SourceWord] = []
        for ordinal, (place, words) in enumerate(grouped.items()):
            found.extend(self._line_words(lines[place], words, ordinal))
        if any(SPACING_ACCENTS.search(word.text) for word in found):
            found = _compose_accents(found, self._page, self.frame)
        return tuple(with_plausible_sizes(found, self.width, self.height))

    def _line_words(self, line: dict[str, Any], words: list[tuple[Any, ...]], ordinal: int) -> list[SourceWord]:
        found: list[SourceWord] = []
        spans = line["spans"]
        direction = self.frame.direction(*line["dir"])
        whole = "".join(span["text"] for span in spans)
        place, span_index, span_end = 0, 0, len(spans[0]["text"])
        for x0, y0, x1, y1, text, *_ in words:
            begin = max(place, whole.find(text, place))
            torn = begin > place and bool(found) and not _SPACE.search(whole[place:begin])
            place = begin
            while place >= span_end and span_index + 1 < len(spans):
                span_index += 1
                span_end += len(spans[span_index]["text"])
            span = spans[span_index]
            place += len(text)
            cleaned = check_marks(clean(text)) if "Dingbats" in span["font"] else clean(text)
            if not cleaned or not math.isfinite(x0 + y0 + x1 + y1):
                continue
            x, y = span["origin"]
            if "Dingbats" in span["font"] and self._are_discs(text, x0, x1, y):
                continue
            top, bottom = y0, y1
            if direction == 0 and self.frame.matrix is None:  # fonts that lie about their height must not reach other lines
                top, bottom = max(y0, y - 1.1 * span["size"]), min(y1, y + 0.4 * span["size"])
            word = SourceWord(
                text=cleaned,
                box=self.frame.box((x0, top, x1, bottom)),
                size=span["size"] * self.frame.scale,
                font=_font(span["font"], span["flags"]),
                baseline=self.frame.point(x, y)[1],
                line=ordinal,
                direction=direction,
                colour=span["color"],
                visible=bool(span["char_flags"] & FILLED_OR_STROKED) and span["alpha"] > 0,
                superscript=bool(span["flags"] & SUPERSCRIPT),
                space_after=bool(_SPACE.match(whole, place)),
            )
            if torn:  # a letter without a meaning stands between: MuPDF takes control characters for spaces
                before = found.pop()
                word = word._replace(text=f"{before.text}\ufffd{word.text}", box=before.box.union(word.box))
            found.append(word)
        return found

    def _plotted(self, trace: Sequence[Mapping[str, Any]] | None = None) -> dict[tuple[float, float], Disc]:
        """Return the points of plots that are set as letters, by where these begin."""
        if self._discs is None:
            self._discs = plotted_discs(self._page.get_texttrace() if trace is None else trace)
        return self._discs

    def _are_discs(self, text: str, left: float, right: float, baseline: float) -> bool:
        """Return whether a word is made of points of a plot."""
        if set(text) - set(DISCS):
            return False
        within = sum(left - LEVEL <= x < right and abs(y - baseline) <= LEVEL for x, y in self._plotted())
        return within >= len(text)

    def glyphs(self) -> Iterator[Glyph]:
        for block in self._page.get_text("rawdict", flags=TEXT_FLAGS)["blocks"]:
            for line in block.get("lines", ()):
                direction = self.frame.direction(*line["dir"])
                for span in line["spans"]:
                    font, size = _font(span["font"], span["flags"]), span["size"] * self.frame.scale
                    for glyph in span["chars"]:
                        text, place = clean(glyph["c"]).strip(), glyph["bbox"]
                        if text and math.isfinite(sum(place)):
                            baseline = self.frame.point(*glyph["origin"])[1]
                            yield Glyph(text, self.frame.box(place), size, font, baseline, direction, span["color"])

    def text_runs(self) -> Iterator[TextRun]:
        trace = self._page.get_texttrace()
        discs = self._plotted(trace)
        for span in trace:
            if discs and len(span["chars"]) == 1 and span["chars"][0][2] in discs and "Dingbats" in span["font"]:
                continue
            size, (cosine, sine) = float(span["size"]), span["dir"]
            if not math.isfinite(size + cosine + sine):
                continue
            shown = [(chr(code), place, box) for code, _, place, box in span["chars"] if math.isfinite(sum(box)) and code > 0]
            red, green, blue = (round(255 * part) for part in rgb(span["color"]))
            yield TextRun(
                text=tuple(text for text, *_ in shown),
                starts=tuple(self.frame.point(*place) for _, place, _ in shown),
                advances=tuple(_advance(box, cosine, sine, size) * self.frame.scale for *_, box in shown),
                size=size * self.frame.scale,
                turn=self.frame.turn(cosine, sine),
                font=_font(span["font"], span["flags"]),
                colour=red << 16 | green << 8 | blue,
                visible=span["type"] != INVISIBLE and span["opacity"] > 0,
            )

    def drawings(self) -> tuple[tuple[Rule, ...], tuple[VectorPath, ...]]:
        size, most = self._scales.size(self._page), self._limits.paths
        if size > self._limits.drawing_bytes:
            found = f"the lines and drawings of the page are left out: they are told in {size:,} bytes"
            message = self._limits.told("drawing_bytes", found)
            self.problems.append(_problem("page_too_complex", message, self._number, "warning"))
            return (), ()
        nested = len(self._page.get_xobjects()) > MOST_NESTED  # these at most are within each other
        drawings = self._page.get_cdrawings(extended=not nested)  # with clips and groups; as quick as without
        if len(drawings) > most:
            message = self._limits.told("paths", f"only the first drawings of the page are read: it has {len(drawings):,}")
            self.problems.append(_problem("page_too_complex", message, self._number, "warning"))
        rules: list[Rule] = []
        paths: list[VectorPath] = []
        drawings = drawings[:most]
        shadings = shadings_among(self._scales.pictures(self._page))
        if shadings:
            drawings, self._shaded = with_shadings(drawings, shadings, self.frame, partial(_render, self._page))
        for path in vector_paths(drawings, self.frame):
            paths.append(path)
            rules.extend(path.rules(self.width, self.height))
        paths.extend(paths_of(self._discs or {}, self.frame))  # which the words have told
        return tuple(rules), tuple(paths)

    def pictures(self) -> tuple[Picture, ...]:
        found = []
        for info in self._scales.pictures(self._page):
            if not math.isfinite(sum(info["bbox"])) or pymupdf.Rect(info["bbox"]).is_empty or info["bbox"] in self._shaded:
                continue
            over = next(_over(info, self._limits), None)
            if over is not None:
                told = self._limits.told(over[0], f"a picture of the page is left out: it {over[1]}")
                self.problems.append(_problem("picture_over_limit", told, self._number, "error"))
                continue
            found.append(Picture(self.frame.box(info["bbox"]), info["width"], info["height"]))
        return tuple(found)

    def links(self) -> tuple[Link, ...]:
        found = []
        for link in self._link_infos():
            rectangle = tuple(link["from"])
            if not math.isfinite(sum(rectangle)):
                continue
            uri, page = link.get("uri"), link.get("page", -1)
            if uri or page >= 0:
                box = self.frame.box(rectangle)
                found.append(Link(box=box, uri=clean(uri) if uri else None, page_number=page + 1 if page >= 0 else None))
        return tuple(found)

    def _link_infos(self) -> Iterator[dict[str, Any]]:
        """Yield what `get_links` of PyMuPDF returns, except the places in the file.

        For these it looks through all annotations at each link: minutes for ten thousand.
        """
        link = self._page.first_link
        while link:
            link.xref = 0  # as of one whose place is not known
            yield pymupdf.utils.getLinkDict(link, self._page.parent)
            link = link.next


def _over(info: dict[str, Any], limits: Limits) -> Iterator[tuple[str, str]]:
    """Yield the limits that a picture is over, each with what it has."""
    if info["width"] * info["height"] > limits.pixels:
        yield "pixels", f"has {info['width']:,} x {info['height']:,} pixels"
    if info["endless"]:
        yield "jpeg_scans", f"is a JPEG of more than {limits.jpeg_scans:,} scans"


def _advance(box: tuple[float, float, float, float], cosine: float, sine: float, height: float) -> float:
    """Return the width of a character along its baseline from the upright box around it, turned with its height.

    Source: PyMuPDF's `jm_trace_text_span`, which makes each character as high as the font's size.
    """
    across, down, cosine, sine = box[2] - box[0], box[3] - box[1], abs(cosine), abs(sine)
    return float((across - height * sine) / cosine if cosine > sine else (down - height * cosine) / sine)


def _is_cut_off(file: Any, number: int) -> bool:
    """Return whether a compressed stream stops before its end."""
    if "FlateDecode" not in file.xref_get_key(number, "Filter")[1]:
        return False
    stored = file.xref_stream_raw(number)
    if not stored:  # an empty page's, said to be compressed all the same
        return False
    stream = zlib.decompressobj()
    try:
        while stored and not stream.eof:  # piece by piece: it may be gigabytes
            stream.decompress(stored, PIECE)
            stored = stream.unconsumed_tail
    except zlib.error:
        return True
    return not stream.eof


def _first_line(error: BaseException) -> str:
    told = error.__cause__ or error  # pymupdf says only that opening failed; MuPDF, which it quotes as the cause, says why
    return (re.sub(r"^code=\d+: ", "", str(told).strip()).splitlines() or [type(error).__name__])[0][:120]


def _problem(code: str, message: str, number: int, severity: Any) -> Problem:
    return Problem(code=code, message=message, severity=severity, page_number=number)


@lru_cache(maxsize=4096)
def _font(name: str, flags: int) -> Font:
    return Font(
        name=clean(name),
        bold=bool(flags & BOLD) or bool(_BOLD_NAME.search(name)),
        italic=bool(flags & ITALIC) or bool(_ITALIC_NAME.search(name)),
        monospace=bool(flags & MONOSPACE),
        serif=bool(flags & SERIF),
    )


def _compose_accents(words: list[SourceWord], page: Any, frame: Frame) -> list[SourceWord]:
    """Return words in which an accent that is printed over a letter as a glyph of its own has become part of the letter."""
    glyphs = accents_over_letters(page.get_text("rawdict", flags=TEXT_FLAGS)["blocks"])
    accents = [(accent, frame.box(place)) for accent, place in glyphs]
    composed = []
    for word in words:
        if any(accent in word.text and word.box.contains(box, 0.005) for accent, box in accents):
            composed.append(word._replace(text=accents_composed(word.text)))
        else:
            composed.append(word)
    return composed


_WIDGET_KINDS: Final[dict[int, Literal["text", "choice", "checkbox", "radio", "signature", "button"]]] = {
    pymupdf.mupdf.PDF_WIDGET_TYPE_TEXT: "text",
    pymupdf.mupdf.PDF_WIDGET_TYPE_COMBOBOX: "choice",
    pymupdf.mupdf.PDF_WIDGET_TYPE_LISTBOX: "choice",
    pymupdf.mupdf.PDF_WIDGET_TYPE_CHECKBOX: "checkbox",
    pymupdf.mupdf.PDF_WIDGET_TYPE_RADIOBUTTON: "radio",
    pymupdf.mupdf.PDF_WIDGET_TYPE_SIGNATURE: "signature",
    pymupdf.mupdf.PDF_WIDGET_TYPE_BUTTON: "button",
}


def _chosen(widget: Any) -> tuple[str, ...]:
    """Return what is chosen in a list that allows several, for which pymupdf gives an empty text."""
    if widget.field_type != pymupdf.mupdf.PDF_WIDGET_TYPE_LISTBOX:
        return ()
    annotation = pymupdf.mupdf.pdf_annot_obj(getattr(widget._annot, "this", widget._annot))  # noqa: SLF001  # no public way
    values = pymupdf.mupdf.pdf_dict_get_inheritable(annotation, pymupdf.mupdf.PDF_ENUM_NAME_V)
    count = pymupdf.mupdf.pdf_array_len(values)
    return tuple(pymupdf.mupdf.pdf_to_text_string(pymupdf.mupdf.pdf_array_get(values, place)) for place in range(count))


def _widgets_of(page: Any) -> dict[int, Any]:
    """Return the form fields of a page by their numbers in the file, up to the first that is damaged.

    PyMuPDF's `load_widget` looks for each from the first on: a minute for four thousand.
    """
    widgets: dict[int, Any] = {}
    with suppress(*DAMAGE):
        widget = page.first_widget
        while widget:
            widgets.setdefault(widget.xref, widget)
            widget = widget.next
    return widgets


def _form_field(widget: Any, number: int, frame: Frame) -> FormField | None:
    kind = _WIDGET_KINDS.get(widget.field_type)
    if kind is None or not math.isfinite(sum(widget.rect)):
        return None
    value: Any = _chosen(widget) or widget.field_value
    if kind in ("checkbox", "radio"):
        value = value not in (None, False, "", "Off") and str(value) == str(widget.on_state() or value)
    elif kind == "signature":
        value = bool(widget.is_signed)
    elif isinstance(value, (list, tuple)):
        value = tuple(clean(str(v)) for v in value) or None
    else:
        value = clean_lines(str(value)) if value not in (None, "") else None
    options = widget.choice_values or ()
    if kind == "radio":
        options = [widget.on_state()]  # which choice this button of the group stands for
    return FormField(
        name=clean(widget.field_name or ""),
        kind=kind,
        value=value,
        label=clean(widget.field_label or ""),
        options=tuple(clean(str(option[-1] if isinstance(option, (list, tuple)) else option)) for option in options),
        read_only=bool(widget.field_flags & pymupdf.mupdf.PDF_FIELD_IS_READ_ONLY),
        required=bool(widget.field_flags & pymupdf.mupdf.PDF_FIELD_IS_REQUIRED),
        page_number=number,
        box=frame.box(tuple(widget.rect)),
    )


def _render(page: Any, width: int, height: int, clip: Box) -> Pixels:
    rect = page.rect
    if not (math.isfinite(rect.width + rect.height) and rect.width > 0 and rect.height > 0):
        raise ValueError("the page has no usable size")
    clip_width, clip_height = max(clip.width, LEAST_CLIP) * rect.width, max(clip.height, LEAST_CLIP) * rect.height
    matrix = pymupdf.Matrix(width / clip_width, height / clip_height)
    left, top = rect.x0 + min(clip.left, 1 - LEAST_CLIP) * rect.width, rect.y0 + min(clip.top, 1 - LEAST_CLIP) * rect.height
    pixmap = page.get_pixmap(matrix=matrix, clip=(left, top, left + clip_width, top + clip_height), colorspace="rgb", alpha=False)
    pixels = np.frombuffer(pixmap.samples_mv, np.uint8).reshape(pixmap.height, pixmap.width, 3)
    if pixels.shape[:2] == (height, width):
        return np.array(pixels, np.uint8)
    x, y = round(left * matrix.a) - pixmap.x, round(top * matrix.d) - pixmap.y  # MuPDF rounds a clip outward: 449 pixels for 448
    padded = cv2.copyMakeBorder(pixels[max(0, y) : y + height, max(0, x) : x + width], 0, 1, 0, 1, cv2.BORDER_REPLICATE)
    exact = padded[:height, :width]
    return np.array(exact if exact.shape[:2] == (height, width) else cv2.resize(pixels, (width, height)), np.uint8)
