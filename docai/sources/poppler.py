"""Pages that MuPDF cannot load or draw, by poppler's programs: their size, and their pixels."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import pdf2image
from pdf2image.exceptions import PDFInfoNotInstalledError, PDFPageCountError, PDFPopplerTimeoutError, PDFSyntaxError

from docai.box import DECIMALS, WHOLE, Box
from docai.errors import InputError
from docai.sources import Origin

if TYPE_CHECKING:
    from docai.sources import Pixels

TIME_LIMIT: Final = 60  # seconds a page; poppler, too, meets files on which it does not end
MAX_DRAWN_PIXELS: Final = 40_000_000  # poppler draws the whole page for any clip; A4 at 600 dpi is 35 million
_SIZE = re.compile(r"([\d.]+) x ([\d.]+) pts")


def page_size(origin: Origin, number: int) -> tuple[float, float]:
    """Return width and height in points of a page as displayed.

    Raises:
        InputError: Poppler has no such page, cannot read the file, or is not installed.
    """
    with _failures_told(), _on_disk(origin) as path:
        told = pdf2image.pdfinfo_from_path(path, origin.password or "", timeout=TIME_LIMIT, first_page=number, last_page=number)
    values = {" ".join(str(key).split()): str(value) for key, value in told.items()}
    size = _SIZE.match(values.get(f"Page {number} size", ""))
    width, height = (float(size[1]), float(size[2])) if size else (0.0, 0.0)
    if width <= 0 or height <= 0:  # a page that is counted and does not exist is 0 x 0
        raise InputError("neither MuPDF nor poppler finds the page")
    return (height, width) if values.get(f"Page {number} rot") in ("90", "270") else (width, height)


def render(origin: Origin, number: int, width: int, height: int, clip: Box = WHOLE) -> Pixels:
    """Return `clip` of a page as `width` x `height` RGB pixels.

    Raises:
        InputError: Poppler cannot draw the page, or is not installed.
    """
    page_width, page_height = page_size(origin, number)  # of a page that does not exist poppler draws a blank one
    least = 10.0**-DECIMALS
    scale = max(width / max(clip.width, least) / page_width, height / max(clip.height, least) / page_height)
    scale = min(scale, math.sqrt(MAX_DRAWN_PIXELS / (page_width * page_height)))
    with _failures_told(), _on_disk(origin) as path:
        pictures = pdf2image.convert_from_path(
            path,
            first_page=number,
            last_page=number,
            dpi=72 * scale,  # type: ignore[arg-type]  # a number; given a size instead, poppler stretches turned pages
            userpw=origin.password or "",
            use_cropbox=True,
            timeout=TIME_LIMIT,
        )
        if not pictures:
            raise InputError("neither MuPDF nor poppler can draw the page")
        drawn = np.asarray(pictures[0].convert("RGB"), np.uint8)
    left, top, right, bottom = clip.pixels(drawn.shape[1], drawn.shape[0])
    left, top = min(left, drawn.shape[1] - 1), min(top, drawn.shape[0] - 1)
    cut = drawn[top : max(bottom, top + 1), left : max(right, left + 1)]
    return np.asarray(cv2.resize(cut, (width, height)), np.uint8)


@contextmanager
def _on_disk(origin: Origin) -> Iterator[str]:
    if origin.data is None:
        yield str(Path(origin.path or "").resolve())  # a name that starts with "-" would be taken for an option
        return
    with tempfile.TemporaryDirectory(prefix="docai-") as folder:
        path = Path(folder, "document.pdf")
        path.write_bytes(origin.data)
        yield str(path)


@contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except PDFInfoNotInstalledError as error:
        raise InputError("MuPDF cannot read the page, and poppler is not installed; run: apt-get install poppler-utils") from error
    except (PDFPageCountError, PDFSyntaxError, PDFPopplerTimeoutError, OSError, ValueError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1][:120]
        raise InputError(f"neither MuPDF nor poppler can read the page ({reason})") from error
