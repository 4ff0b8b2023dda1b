"""Makes pictures that look scanned or photographed: tilted, unevenly lit, noisy."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy
import pymupdf
from PIL import Image, ImageFilter

from drawing.typesetting import INK, Pen, Style

DESK = 96  # the grey under the sheet
STEP = 8  # grey levels are rounded to it: noise that is not compressed away would make up most of the file
TILL, TILL_BOLD = Style("fimo", 7.6, 11.0), Style("fimbo", 9.4, 14.0)


@dataclass(frozen=True)
class Wear:
    """How a sheet was scanned: tilt in degrees counter-clockwise, light lost to the far corner (0..1), noise in grey levels."""

    tilt: float
    shade: float
    noise: float
    seed: int


def render(page: pymupdf.Page, dpi: int) -> Image.Image:
    """Return a page as a grey picture."""
    pixels = page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY)
    return Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)


def scan(picture: Image.Image, wear: Wear, *, desk: int = DESK) -> Image.Image:
    """Return a grey picture as a worn scanner would see it; the same for the same `wear`."""
    tilted = picture.rotate(wear.tilt, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=desk)
    soft = numpy.asarray(tilted.filter(ImageFilter.GaussianBlur(0.6)), dtype=numpy.float64)
    rows, columns = numpy.mgrid[0 : soft.shape[0], 0 : soft.shape[1]]
    way = columns / soft.shape[1] * 0.6 + rows / soft.shape[0] * 0.4  # from the lamp to the far corner, 0..1
    light = 1 - wear.shade * way**2
    noise = numpy.random.default_rng(wear.seed).normal(0, wear.noise, soft.shape)
    grey = (30 + soft * (246 - 30) / 255) * light + noise
    return Image.fromarray((numpy.clip(grey / STEP, 0, 255 // STEP).round() * STEP).astype(numpy.uint8))


def photograph_receipt(texts: dict[str, Any]) -> tuple[Image.Image, dict[str, Any]]:
    """Return a till receipt as a picture, and its truth."""
    width, height, margin = 227.0, 292.0, 18.0  # points: a roll of 80 mm
    document = pymupdf.open()
    pen = Pen(document.new_page(width=width, height=height))
    y, lines = 30.0, []

    def put(parts: Sequence[str], style: Style, *, centred: bool = False) -> None:
        nonlocal y
        pen.write(width / 2 if centred else margin, y, parts[0], style, align="c" if centred else "l")
        if len(parts) > 1:
            pen.write(width - margin, y, parts[1], style, align="r")
        lines.append(" ".join(parts))
        y += style.leading

    def separate() -> None:
        nonlocal y
        pen.page.draw_line((margin, y - 4), (width - margin, y - 4), color=INK, width=0.7, dashes="[2 2] 0")
        y += TILL.leading * 0.7

    for rank, line in enumerate(texts["heading"]):
        put([line], TILL if rank else TILL_BOLD, centred=True)
    for group in ("details", "items", "sums", "total", "payment"):
        separate()
        for parts in [texts[group]] if group == "total" else texts[group]:
            put(parts, TILL_BOLD if group == "total" else TILL)
    separate()
    for line in texts["closing"]:
        put([line], TILL, centred=True)
    pen.finish()
    sheet = render(pen.page, dpi=200)
    framed = Image.new("L", (sheet.width + 50, sheet.height + 60), DESK)
    framed.paste(sheet, (25, 30))
    items = [{"description": name, "amount": amount} for name, amount in texts["items"]]
    return scan(framed, Wear(tilt=1.4, shade=0.28, noise=5, seed=7)), {"lines": lines, "items": items, "total": texts["total"][1]}


def scanned_pdf(page: pymupdf.Page, wear: Wear) -> pymupdf.Document:
    """Return a PDF that holds only a picture of `page`, turned clockwise by 90 degrees, at 150 dots per inch."""
    picture = scan(render(page, dpi=150), wear, desk=235).transpose(Image.Transpose.ROTATE_270)
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=55, dpi=(150, 150))
    document = pymupdf.open()
    sheet = document.new_page(width=page.rect.height, height=page.rect.width)
    sheet.insert_image(sheet.rect, stream=data.getvalue())
    return document
