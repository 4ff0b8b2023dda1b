"""Where pages come from: one file a kind of source, all giving `SourcePage`s in fractions of the page as displayed.

A `SourcePage` is a value: it pickles, holds no open file, and is made one at a time and dropped. Pixels are cut later,
by `render`, from the source that its `reference` names.
"""

from __future__ import annotations

import errno
import hashlib
import io
import math
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Literal, NamedTuple, Protocol

from docai.box import WHOLE, Box
from docai.document import Attachment, FormField, Link, OutlineEntry, Problem, Reading, Word
from docai.errors import Unreadable
from docai.limits import Limits
from docai.registry import SOURCES, load

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]  # (height, width, 3) RGB

LETTER: Final = (612.0, 792.0)  # points; the page size that viewers assume where a file has none
RULE_THICKNESS: Final = 3.0  # points; a filled rectangle thinner than this reads as a line


class Font(NamedTuple):
    """A font by its name and the styles that its flags or its name tell."""

    name: str
    bold: bool = False
    italic: bool = False
    monospace: bool = False
    serif: bool = False


class Recognised(NamedTuple):
    """How a word was read from a picture: by which engine, how sure it is (probability, 0..1), and what others read."""

    engine: str
    confidence: float
    readings: tuple[Reading, ...] = ()


class SourceWord(NamedTuple):
    """A word of the text layer, or one that was read from a picture, which `recognised` tells of.

    `size` is in points; `baseline` is the vertical place of its origin as a page fraction; `line` counts the runs of
    text as the file stores them; `direction` is the clockwise turn in degrees of its reading direction; `space_after`
    tells that the file itself has a space behind the word.
    """

    text: str
    box: Box
    size: float
    font: Font
    baseline: float
    line: int = 0
    direction: int = 0
    colour: int = 0
    visible: bool = True
    superscript: bool = False
    space_after: bool = False
    recognised: Recognised | None = None

    @property
    def confidence(self) -> float:
        """Probability, 0..1, that it says what is printed; 1 for a text layer, which is judged as a whole."""
        return self.recognised.confidence if self.recognised else 1.0

    def told(self, confidence: float = 1.0) -> Word:
        """Return the word as it stands in a document; one of a text layer is as sure as `confidence` says."""
        if self.recognised is None:
            return Word(text=self.text, box=self.box, confidence=confidence)
        return Word(text=self.text, box=self.box, confidence=self.confidence, readings=self.recognised.readings)


def basis_of(words: Sequence[SourceWord]) -> Literal["ocr", "text_layer"]:
    """Return where most of the words come from: read from a picture, or told by a text layer."""
    return "ocr" if 2 * sum(word.recognised is not None for word in words) > len(words) else "text_layer"


class Glyph(NamedTuple):
    """A character as it is drawn: its box, font and size in points, and the page fraction that its baseline is at."""

    text: str
    box: Box
    size: float
    font: Font
    baseline: float
    direction: int = 0
    colour: int = 0


class TextRun(NamedTuple):
    """Text as one operation of a file shows it, character by character, spaces included.

    `starts` are the places on the baseline where the characters begin, in page fractions as displayed and not cut at the page's
    edge; `advances` are their widths in points; `turn` is the clockwise turn of the reading direction in degrees, -180..180.
    """

    text: tuple[str, ...]
    starts: tuple[tuple[float, float], ...]
    advances: tuple[float, ...]
    size: float
    turn: float
    font: Font
    colour: int = 0
    visible: bool = True


class Rule(NamedTuple):
    """A straight horizontal or vertical line, or a bar so thin that it reads as one.

    A horizontal rule stands at `position` from the top and runs from `start` to `end`; a vertical one at `position` from
    the left and runs down. Page fractions; `thickness` is in points.
    """

    horizontal: bool
    position: float
    start: float
    end: float
    thickness: float


class VectorPath(NamedTuple):
    """A drawn path: its box, colours as `#rrggbb` ("" for none) and segments.

    A segment is its kind and coordinates in page fractions: `("line", x0, y0, x1, y1)`, `("curve", x0, y0, …, x3, y3)`
    (cubic Bézier) or `("rectangle", left, top, right, bottom)`. `dashes` are the lengths in points of the strokes and gaps of
    its outline, () where it is solid; `opacity` is its fill's, or its outline's where it has no fill, 0..1; `clip` is what may
    be seen of it, None for all. The box is cut by the clip; segments are not. `shaded` tells that its fill is only the middle one
    of the colours that fill it.
    """

    box: Box
    fill: str
    stroke: str
    thickness: float
    segments: tuple[tuple[str | float, ...], ...]
    dashes: tuple[float, ...] = ()
    opacity: float = 1.0
    clip: Box | None = None
    shaded: bool = False

    def rules(self, width_points: float, height_points: float) -> Iterator[Rule]:
        """Yield the straight lines along the axes that the path draws on a page of that size."""
        if self.fill == "#ffffff" and not self.stroke:
            return
        for kind, *place in self.segments:
            if kind == "curve" or not all(math.isfinite(float(value)) for value in place):
                continue
            left, top, right, bottom = (min(1.0, max(0.0, float(value))) for value in place)
            left, right, top, bottom = min(left, right), max(left, right), min(top, bottom), max(top, bottom)
            across, down = (right - left) * width_points, (bottom - top) * height_points
            if down <= RULE_THICKNESS and across > down:
                yield Rule(
                    horizontal=True,
                    position=(top + bottom) / 2,
                    start=left,
                    end=right,
                    thickness=max(down, self.thickness if self.stroke else 0.0),
                )
            elif across <= RULE_THICKNESS and down > across:
                yield Rule(
                    horizontal=False,
                    position=(left + right) / 2,
                    start=top,
                    end=bottom,
                    thickness=max(across, self.thickness if self.stroke else 0.0),
                )
            elif kind == "rectangle" and self.stroke and self.stroke != "#ffffff":
                yield Rule(horizontal=True, position=top, start=left, end=right, thickness=self.thickness)
                yield Rule(horizontal=True, position=bottom, start=left, end=right, thickness=self.thickness)
                yield Rule(horizontal=False, position=left, start=top, end=bottom, thickness=self.thickness)
                yield Rule(horizontal=False, position=right, start=top, end=bottom, thickness=self.thickness)


class Picture(NamedTuple):
    """A raster picture placed on the page; `width` and `height` are its own pixels."""

    box: Box
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Which document: a path, or bytes, its password, and how large it may be. Opens again in another process."""

    path: str | None
    data: bytes | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    limits: Limits = field(default=Limits(), repr=False)

    @property
    def name(self) -> str:
        """The file's name, or "document" for bytes; what is not UTF-8 in it is replaced, so that it can be written as JSON."""
        return os.fsencode(Path(self.path).name).decode("utf-8", "replace") if self.path else "document"

    def open(self) -> IO[bytes]:
        """Return a stream of the bytes; of bytes in memory, one that copies nothing."""
        return io.BytesIO(self.data) if self.data is not None else Path(self.path or "").open("rb")

    def read(self, count: int = -1) -> bytes:
        """Return the first `count` bytes, or all."""
        with self.open() as stream:
            return stream.read(count)

    def size(self) -> int:
        """Return how many bytes it has.

        Raises:
            OSError: There is no such file, or it is a device or a pipe, which may never end.
        """
        if self.data is not None:
            return len(self.data)
        told = Path(self.path or "").stat()
        if not stat.S_ISREG(told.st_mode) and not stat.S_ISDIR(told.st_mode):  # what is wrong with a folder, its opening tells
            raise OSError(errno.EINVAL, "neither a file nor bytes but a device or pipe")
        return told.st_size

    def sha256(self) -> str:
        """Return the digest of the bytes as `sha256:…`."""
        digest = hashlib.sha256()
        with self.open() as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
        return f"sha256:{digest.hexdigest()}"


@dataclass(frozen=True, slots=True)
class PageReference:
    """Which page of which document; `number` counts from 1."""

    origin: Origin
    number: int


@dataclass(frozen=True, slots=True)
class SourcePage:
    """What a source knows of a page before anybody reads it. Boxes are page fractions."""

    reference: PageReference
    width_points: float
    height_points: float
    label: str = ""
    words: tuple[SourceWord, ...] = ()
    rules: tuple[Rule, ...] = ()
    paths: tuple[VectorPath, ...] = ()
    pictures: tuple[Picture, ...] = ()
    links: tuple[Link, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def number(self) -> int:
        """The page's number, from 1."""
        return self.reference.number


class Source(Protocol):
    """An open document."""

    origin: Origin
    page_count: int

    def page(self, number: int) -> SourcePage:
        """Return page `number` (from 1); a page that cannot be read comes back empty, with a problem."""

    def glyphs(self, number: int) -> tuple[Glyph, ...]:
        """Return the characters of a page's text layer one by one; words (`page`) are ten times as cheap."""

    def text_runs(self, number: int) -> tuple[TextRun, ...]:
        """Return the text of a page as its operations show it: what stands together in a chart's labels, which words hide."""

    def render(self, number: int, width: int, height: int, clip: Box = WHOLE) -> tuple[Pixels, Problem | None]:
        """Return `clip` of a page as `width` x `height` pixels, RGB, and what is to be said of how it was done."""

    def form_fields(self) -> tuple[FormField, ...]:
        """Return the fields of the interactive form, in page order."""

    def outline(self) -> tuple[OutlineEntry, ...]:
        """Return the bookmarks."""

    def attachments(self) -> tuple[Attachment, ...]:
        """Return the files inside the document, unopened."""

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong with the document as a whole."""

    def close(self) -> None:
        """Release the file."""


Input = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]


def origin_of(source: Input, password: str | None = None, limits: Limits | None = None) -> Origin:
    """Return where a document comes from; file objects are read to their end, or a byte beyond what `limits` let.

    Raises:
        TypeError: `source` is neither a path, bytes nor a binary file object.
    """
    limits = limits or Limits()
    if isinstance(source, (str, os.PathLike)):
        return Origin(os.fspath(source), None, password, limits)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return Origin(None, bytes(source), password, limits)
    if hasattr(source, "read"):
        data = source.read(limits.file_bytes + 1)
        if not isinstance(data, bytes):
            raise TypeError("a file object must be opened in binary mode: open(path, 'rb')")
        return Origin(None, data, password, limits)
    raise TypeError(f"a document is a path, bytes or a binary file object, not {type(source).__name__}")


_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_BMP_HEADERS: Final = (12, 40, 52, 56, 64, 108, 124)  # bytes, by version; "BM" alone may begin a text
_OTHERS: Final = {
    b"PK\x03\x04": "a ZIP or Office file; save it as PDF first",
    b"\xd0\xcf\x11\xe0": "an old Office file; save it as PDF first",
    b"{\\rtf": "an RTF file; save it as PDF first",
    b"GIF8": "a GIF picture; save it as PNG first",
    b"<!doctype html": "an HTML page; print it to PDF first",
    b"<html": "an HTML page; print it to PDF first",
    b"\x1f\x8b\x08": "a gzip archive; unpack it first",
}


def kind_of(head: bytes) -> str:
    """Return "pdf" or "image", told from the first bytes of a file and never from its name.

    What bears no known signature is tried as a PDF, since readers repair files whose header is lost.

    Raises:
        Unreadable: The bytes are of another kind of file.
    """
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "image"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "image"
    if head.startswith(b"PK\x03\x04") or b"%PDF-" not in head[:1024]:  # PDF 1.7, implementation note 13: junk may go before
        start = head.lstrip().lower()
        for signature, what in _OTHERS.items():
            if head.startswith(signature) or start.startswith(signature):
                raise Unreadable(f"not a PDF or picture but {what}")
        if head[4:8] == b"ftyp":
            raise Unreadable("not a PDF or picture that docai reads but HEIC, AVIF or a film; save it as PNG or JPEG first")
    return "pdf"


def open_source(origin: Origin) -> Source:
    """Open a document by the kind that its bytes tell.

    Raises:
        Unreadable: It is no file, empty, or no document that docai reads.
        Encrypted: It wants a password, or another one.
        OverLimit: The file, its pages or its objects are more than `origin.limits` let, or a picture is.
    """
    try:
        size = origin.size()
        head = origin.read(2048)
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        reason = getattr(error, "strerror", None) or error
        raise Unreadable(f"{origin.path}: cannot be read: {reason}; check the path and its permissions") from error
    if not head:
        raise Unreadable(f"{origin.name}: the file is empty (0 bytes); was it copied completely?")
    if size > origin.limits.file_bytes:
        origin.limits.refuse("file_bytes", f"{origin.name}: the file has {size:,} bytes")
    try:
        source: Source = load(SOURCES[kind_of(head)])(origin)
    except Unreadable as error:
        raise Unreadable(f"{origin.name}: {error}") from error
    return source


_open: dict[Origin, Source] = {}  # what `render` finds open


@contextmanager
def opened(origin: Origin, through: Callable[[Source], Source] | None = None) -> Iterator[Source]:
    """Hold a document open for a `with` block, seen `through` what is wrapped round it; `render` uses it meanwhile."""
    source = open_source(origin)
    source = source if through is None else through(source)
    outer = _open.get(origin)
    _open[origin] = source
    try:
        yield source
    finally:
        if outer is None:
            _open.pop(origin, None)
        else:
            _open[origin] = outer
        source.close()


def render(reference: PageReference, width: int, height: int, clip: Box = WHOLE) -> tuple[Pixels, Problem | None]:
    """Return `clip` of a page as exactly `width` x `height` RGB pixels, and a problem where a fall-back drew it.

    Raises:
        InputError: The document cannot be opened, or nobody can draw the page.
    """
    source = _open.get(reference.origin)
    if source is not None:
        return source.render(reference.number, width, height, clip)
    with opened(reference.origin) as source:
        return source.render(reference.number, width, height, clip)


def text_runs(reference: PageReference) -> tuple[TextRun, ...]:
    """Return the text of a page as its operations show it; none of a picture, and of a page that is damaged.

    Raises:
        InputError: The document cannot be opened, or has no such page.
    """
    source = _open.get(reference.origin)
    if source is not None:
        return source.text_runs(reference.number)
    with opened(reference.origin) as source:
        return source.text_runs(reference.number)
