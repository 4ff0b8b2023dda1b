"""Page images by Pillow: PNG, JPEG, TIFF (each frame a page), WebP and BMP, upright and in RGB, one frame in memory.

The only reader in the package that imports Pillow's file formats, so that another could replace it.
"""

from __future__ import annotations

import io
import math
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps
from PIL.BmpImagePlugin import BmpImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import BITSPERSAMPLE, PHOTOMETRIC_INTERPRETATION, TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from docai.box import WHOLE, Box
from docai.document import Attachment, FormField, OutlineEntry, Problem
from docai.errors import InputError, NoSuchPage, OverLimit, Unreadable
from docai.limits import PIXELS, Limits, raising
from docai.sources import LETTER, Glyph, Origin, PageReference, Picture, SourcePage, TextRun
from docai.sources.jpeg import has_more_scans

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from docai.sources import Pixels

# Opened by their classes, since `Image.open` warns of bombs at half of PIXELS, and tries formats that docai does not read
FORMATS: Final[tuple[tuple[bytes, type[ImageFile]], ...]] = (
    (b"\x89PNG", PngImageFile),
    (b"\xff\xd8", JpegImageFile),
    (b"II", TiffImageFile),
    (b"MM", TiffImageFile),
    (b"RIFF", WebPImageFile),
    (b"BM", BmpImageFile),
)
# What Pillow's readers raise for damaged files, found by cutting and flipping bytes of good ones; no common base class.
# UserWarning is how they tell of damaged tags where the caller has turned warnings into errors.
DAMAGE: Final = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError, ZeroDivisionError, MemoryError,
    struct.error, zlib.error, UserWarning, Image.DecompressionBombError,
)  # fmt: skip

LOWEST_DPI, HIGHEST_DPI = 50, 2400  # fax is 98 and flat-bed scanners end at 2,400: what lies beyond is a wrong unit
ASSUMED_DPI: Final = 200.0  # between fax (204 x 196) and archive scans (300); an A4 page then is off by half at worst
SCREEN_DPI: Final = (72, 96)  # what cameras and browsers write who do not know; a photographed page would be a poster
TABLOID: Final = 17 * 72  # points; the longer side of the largest sheet that offices print, above which SCREEN_DPI is not believed
STRIP: Final = 512  # rows turned into RGB at once: 40 MB for the widest page, where the whole would take two more copies
END_OF_JPEG: Final = b"\xff\xd9"
SIDEWAYS: Final = (5, 6, 7, 8)  # EXIF orientations that swap width and height (EXIF 2.32, 4.6.4)
CENTIMETRES: Final = 3  # EXIF ResolutionUnit; 2 and none are inches
_one_at_a_time = threading.Lock()  # `catch_warnings` changes the filters of all threads


@dataclass(frozen=True, slots=True)
class _Frame:
    number: int
    pixels: Pixels  # (height, width) where it is grey, so that a large black and white scan takes a third
    width_points: float
    height_points: float
    problems: tuple[Problem, ...] = ()


class ImageSource:
    """An open picture; each frame of a TIFF is a page, of an animation only the first."""

    def __init__(self, origin: Origin) -> None:
        """Open it; nothing is decoded yet.

        Raises:
            Unreadable: No picture that docai knows, or its header is damaged.
            OverLimit: More pixels or frames than its limits let.
        """
        self.origin = origin
        self._current: _Frame | None = None
        self._failure: tuple[int, Unreadable] | None = None
        with self.origin.open() as stream:
            try:
                image = _open(stream, origin.limits)
                _check_size(image, origin.limits)
                self.page_count = _count_frames(image, origin.limits)
                self._labelled = isinstance(image, TiffImageFile)
            except Image.DecompressionBombError as error:  # a WebP, whose reader looks for itself
                more = f"{raising('pixels')}, or scale it down to at most {origin.limits.pixels:,} pixels"
                raise OverLimit(f"{origin.name}: {error}; {more}") from error
            except OverLimit as error:
                raise OverLimit(f"{origin.name}: {error}") from error
            except DAMAGE as error:
                raise Unreadable(f"the picture's header is damaged ({_reason(error)}); open it in a viewer to check") from error

    def page(self, number: int) -> SourcePage:
        """Return page `number` (from 1): a picture without words; a frame that cannot be decoded is told in its problems.

        Raises:
            NoSuchPage: There is no such frame.
        """
        reference = PageReference(self.origin, number)
        label = str(number) if self._labelled else ""
        try:
            frame = self._frame(number)
        except NoSuchPage:
            raise
        except InputError as error:
            problem = Problem(code="page_unreadable", message=str(error), severity="error", page_number=number)
            return SourcePage(reference, *LETTER, label=label, problems=(problem,))
        height, width = frame.pixels.shape[:2]
        return SourcePage(
            reference=reference,
            width_points=frame.width_points,
            height_points=frame.height_points,
            label=label,
            pictures=(Picture(WHOLE, width, height),),
            problems=frame.problems,
        )

    def glyphs(self, number: int) -> tuple[Glyph, ...]:
        """Return nothing: a picture has no text layer."""
        return ()

    def text_runs(self, number: int) -> tuple[TextRun, ...]:
        """Return nothing: a picture has no text layer."""
        return ()

    def render(self, number: int, width: int, height: int, clip: Box = WHOLE) -> tuple[Pixels, Problem | None]:
        """Return `clip` of a page as `width` x `height` RGB pixels; its sides fall on the nearest pixels of the picture.

        Raises:
            InputError: The frame cannot be decoded, or there is no such frame.
        """
        pixels = self._frame(number).pixels
        left, right = _span(clip.left, clip.right, pixels.shape[1])
        top, bottom = _span(clip.top, clip.bottom, pixels.shape[0])
        cut = pixels[top:bottom, left:right]
        shrinks = width * height < cut.shape[0] * cut.shape[1]
        resized = cv2.resize(cut, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
        return np.asarray(cv2.cvtColor(resized, cv2.COLOR_GRAY2RGB) if resized.ndim == 2 else resized, np.uint8), None

    def form_fields(self) -> tuple[FormField, ...]:
        """Return nothing: a picture has no form."""
        return ()

    def outline(self) -> tuple[OutlineEntry, ...]:
        """Return nothing: a picture has no bookmarks."""
        return ()

    def attachments(self) -> tuple[Attachment, ...]:
        """Return nothing: a picture has no files inside."""
        return ()

    def problems(self) -> tuple[Problem, ...]:
        """Return nothing: what is wrong with a picture is told page by page."""
        return ()

    def close(self) -> None:
        """Release the frame held in memory."""
        self._current = None

    def _frame(self, number: int) -> _Frame:
        if not 1 <= number <= self.page_count:
            raise NoSuchPage(f"{self.origin.name} has no page {number}; it has {self.page_count}")
        if self._failure is not None and self._failure[0] == number:  # there are bombs that take 10 s to fail
            raise self._failure[1]
        if self._current is None or self._current.number != number:
            self._current = None  # before the next is decoded, or two would be in memory
            try:
                self._current = self._decode(number)
            except Unreadable as error:
                self._failure = number, error
                raise
        return self._current

    def _decode(self, number: int) -> _Frame:
        problems: tuple[Problem, ...] = ()
        try:
            with self.origin.open() as stream:
                image = _open(stream, self.origin.limits)
                if number > 1:
                    image.seek(number - 1)
                _check_size(image, self.origin.limits)
                if isinstance(image, JpegImageFile):
                    _check_scans(self.origin)
                width_dpi, height_dpi = _dpi(image)
                try:
                    _load(image, self.origin.limits)
                except OSError:
                    if not isinstance(image, JpegImageFile):
                        raise
                    # With its end put back, libjpeg draws as much as there is, and grey below
                    image = _open(io.BytesIO(self.origin.read() + END_OF_JPEG), self.origin.limits)
                    _load(image, self.origin.limits)
                    message = "the JPEG is cut off; what is missing of it is grey. Was the file copied completely?"
                    problems = (Problem(code="picture_truncated", message=message, page_number=number),)
                pixels = _pixels(image)
        except DAMAGE as error:
            message = f"the picture of page {number} cannot be decoded ({_reason(error)}); was the file copied completely?"
            raise Unreadable(f"{self.origin.name}: {message}") from error
        height, width = pixels.shape[:2]
        return _Frame(number, pixels, width * 72 / width_dpi, height * 72 / height_dpi, problems)


def _open(stream: IO[bytes], limits: Limits) -> ImageFile:
    head = stream.read(4)
    stream.seek(0)
    for signature, reader in FORMATS:
        if head.startswith(signature):
            with _pillow_lets(limits) if limits.pixels > PIXELS else nullcontext():
                return reader(stream)
    raise ValueError("no PNG, JPEG, TIFF, WebP or BMP")


def _check_size(image: ImageFile, limits: Limits) -> None:
    width, height = image.size
    wide = max(width, height) >= limits.side
    if not wide and width * height <= limits.pixels:
        return
    scale = min((limits.side - 1) / max(width, height), math.sqrt(limits.pixels / (width * height)))
    least = f"scale it down to at most {max(1, int(width * scale)):,} x {max(1, int(height * scale)):,}"
    limits.refuse("side" if wide else "pixels", f"the picture has {width:,} x {height:,} pixels", least)


def _check_scans(origin: Origin) -> None:
    most = origin.limits.jpeg_scans
    if has_more_scans(origin.read(), most):
        origin.limits.refuse("jpeg_scans", f"the JPEG has more than {most:,} scans", "save it anew")


def _count_frames(image: ImageFile, limits: Limits) -> int:
    """Return the frames that a TIFF leads to; one whose header is damaged counts, so that its page tells of it.

    Raises:
        OverLimit: There are more than `limits` let.
    """
    if not isinstance(image, TiffImageFile):
        return 1
    count = 1
    while True:
        try:
            image.seek(count)
        except EOFError:
            return count
        except DAMAGE:
            return count + 1
        count += 1
        if count > limits.pages:
            limits.refuse("pages", f"the picture has at least {count:,} frames")


def _dpi(image: ImageFile) -> tuple[float, float]:
    """Return dots per inch across and down the picture as displayed; `ASSUMED_DPI` where the file tells none or cannot be right."""
    exif = image.getexif()
    told = image.info.get("dpi")
    if told is None:  # WebP has no other place for it
        unit = 2.54 if exif.get(ExifTags.Base.ResolutionUnit) == CENTIMETRES else 1.0
        told = tuple(unit * _number(exif.get(tag)) for tag in (ExifTags.Base.XResolution, ExifTags.Base.YResolution))
    across, down = (value if LOWEST_DPI <= value <= HIGHEST_DPI else 0.0 for value in map(_number, told))
    across, down = across or down or ASSUMED_DPI, down or across or ASSUMED_DPI
    if round(across) in SCREEN_DPI and max(image.size) * 72 / across > TABLOID:
        across, down = ASSUMED_DPI, ASSUMED_DPI
    return (down, across) if exif.get(ExifTags.Base.Orientation) in SIDEWAYS else (across, down)


def _number(value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]  # a rational, a number, or whatever a damaged tag holds
    except (TypeError, ValueError, ArithmeticError):
        return 0.0
    return number if math.isfinite(number) else 0.0


def _load(image: ImageFile, limits: Limits) -> None:
    """Decode the current frame, as large as `_check_size` lets it be."""
    if image.width * image.height <= PIXELS // 2:
        image.load()
        return
    with _pillow_lets(limits):
        image.load()


@contextmanager
def _pillow_lets(limits: Limits) -> Iterator[None]:
    """Let the readers of TIFF and WebP, which look for bombs themselves, take what `limits` let."""
    with _one_at_a_time, warnings.catch_warnings():  # they warn of bombs above half of PIXELS
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        own = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = max(own or 0, (limits.pixels + 1) // 2)  # at twice that they raise
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = own


def _pixels(image: Image.Image) -> Pixels:
    """Return a decoded frame upright, over white: (height, width) uint8 where it is grey, else (height, width, 3) RGB."""
    if image.mode.startswith(("I", "F")):
        return _pixels_of_deep(image)
    ImageOps.exif_transpose(image, in_place=True)
    width, height = image.size
    grey = image.mode in ("1", "L") and not image.has_transparency_data
    pixels = np.empty((height, width) if grey else (height, width, 3), np.uint8)
    for top in range(0, height, STRIP):
        strip = image.crop((0, top, width, min(height, top + STRIP)))
        if strip.has_transparency_data:
            paper = Image.new("RGBA", strip.size, "white")
            strip = Image.alpha_composite(paper, strip.convert("RGBA"))
        pixels[top : top + STRIP] = np.asarray(strip.convert("L" if grey else "RGB"))
    return pixels


def _pixels_of_deep(image: Image.Image) -> Pixels:
    """Return a frame of more than 8 bits: 16-bit and 12-bit ones by their range, others from their darkest to their lightest."""
    tags = image.tag_v2 if isinstance(image, TiffImageFile) else {}
    negative = tags.get(PHOTOMETRIC_INTERPRETATION) == 0  # white is zero, which Pillow undoes only for 8 bits
    bits = tags.get(BITSPERSAMPLE, (16,))[0]
    ImageOps.exif_transpose(image, in_place=True)
    values = np.asarray(image).astype(np.float32)
    if image.mode.startswith("I;16"):
        low, high = 0.0, float(2**bits - 1)
    else:
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    scaled = np.clip((np.nan_to_num(values, nan=high) - low) / max(high - low, 1e-12), 0.0, 1.0)
    return np.asarray(np.rint(255 * (1 - scaled if negative else scaled)), np.uint8)


def _span(start: float, end: float, length: int) -> tuple[int, int]:
    """Return the pixels from `start` to `end` (fractions of `length`), at least one."""
    first = min(round(start * length), length - 1)
    return first, max(round(end * length), first + 1)


def _reason(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
