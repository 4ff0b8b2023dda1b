"""How large a document may be: what stands in the way of files that are made to fill a machine's memory or time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final, NoReturn

from docai.errors import OverLimit

PIXELS: Final = 178_956_970  # Pillow's own limit against decompression bombs (Image.MAX_IMAGE_PIXELS * 2)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much docai takes of one document. A document that has too much as a whole is not read, nor a page that has.

    Attributes:
        file_bytes: Of the file.
        pages: Of a document.
        objects: Entries of a PDF's table of objects, which MuPDF holds in memory.
        nesting: How deep a PDF's bookmarks go.
        pixels: Of one picture.
        side: Of one picture that is no PDF: the longer side, in pixels.
        jpeg_scans: Of one JPEG: how often it goes over its picture.
        decompressed_bytes: Of the drawing commands of a page; forms, patterns and shadings count as often as they are drawn.
        drawing_bytes: Of the drawing commands of a page; above, its text is read and its drawings are left out.
        words: Of a page; those behind are left out.
        paths: Drawings of a page; those behind are left out.
        attachments: Files inside a document that are told in full; of more, the names of the first. None is ever unpacked.
    """

    file_bytes: int = 2_000_000_000
    pages: int = 50_000  # half an hour of reading; bound volumes end at some thousands
    objects: int = 2_000_000  # 100 MB of table; PDF 1.7, annex C, ends at 8,388,607
    nesting: int = 100  # books have six levels of headings; MuPDF takes C's stack for each level
    pixels: int = PIXELS
    side: int = 100_000  # JPEG ends at 65,535 and WebP at 16,383, so what is longer is a bomb or no page
    jpeg_scans: int = 100  # progressive ones have about ten, each costing a nanosecond or two a pixel; libtiff ends at 100
    decompressed_bytes: int = 3 * PIXELS  # a picture of that many pixels in RGB
    drawing_bytes: int = 40_000_000  # above, vector paths alone would take gigabytes
    words: int = 100_000  # a newspaper's page has about 10,000, and each costs some 100 microseconds
    paths: int = 60_000  # a detailed map has about 50,000, each costing some kilobytes in Python
    attachments: int = 1_000

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            TypeError: One is no whole number.
            ValueError: One is below 1.
        """
        for name in NAMES:
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool):
                raise TypeError(f"the limit {name} is a whole number, not {value!r}")
            if value < 1:
                raise ValueError(f"the limit {name} is at least 1, not {value}")

    def told(self, name: str, found: str, instead: str = "") -> str:
        """Return the sentence for what is over the limit `name`: what was `found`, how much may be, what to do."""
        more = f", or {instead}" if instead else ""
        return f"{found}, and docai takes {getattr(self, name):,}; {raising(name)}{more}"

    def refuse(self, name: str, found: str, instead: str = "") -> NoReturn:
        """Raise `OverLimit` for a document that has too much of `name`."""
        raise OverLimit(self.told(name, found, instead))


NAMES: Final = tuple(field.name for field in fields(Limits))


def raising(name: str) -> str:
    """Return how the limit `name` is raised."""
    return f"if you trust the file, raise the limit: --limit {name}=N, or limits=docai.Limits({name}=N)"


def parsed(told: Iterable[str]) -> Limits:
    """Return the limits that texts such as `pages=5000` tell; the last of several for one name counts.

    Raises:
        ValueError: One names no limit, or no whole number from 1 on.
    """
    values: dict[str, int] = {}
    for text in told:
        name, _, number = (part.strip() for part in text.partition("="))
        digits = number.replace("_", "").replace(",", "")
        if name not in NAMES or not digits.isdecimal() or len(digits) > 18 or int(digits) < 1:
            raise ValueError(f"{text!r} is no limit; write NAME=NUMBER, the number from 1 on, the name one of {', '.join(NAMES)}")
        values[name] = int(digits)
    return Limits(**values)
