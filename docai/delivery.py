"""What goes out: outputs named after their document, each written page by page, whole or not at all."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, Final, Literal

import numpy as np

from docai import document
from docai.document import Block, Chart, Document, Figure, Page, Table
from docai.errors import InputError
from docai.exporters import Exporter, Files, Place, with_margins
from docai.exporters.overlay import draw
from docai.extraction import PageStream, save_picture
from docai.registry import EXPORTERS, load
from docai.sources import Origin, PageReference, render

OVERLAY_DPI: Final = 100  # enough to read the labels, small enough to leaf through


class Stdout:
    """The standard output as a place to write; parts follow one another."""

    def __init__(self, source: Origin | None = None) -> None:
        self.source = source

    def open(self, part: str = "") -> IO[bytes]:  # parts have no names on a stream
        """Return the stream."""
        return sys.stdout.buffer


class Selection:
    """The only kind of content that is wanted, and how much of it there was.

    Attributes:
        kind: What is kept, with its captions.
        read: How many so far were read.
        unread: How many charts so far could not be, and are figures.
    """

    def __init__(self, kind: Literal["charts", "tables"]) -> None:
        self.kind = kind
        self.read = self.unread = 0

    def of(self, page: Page) -> Page:
        """Return a page with nothing else on it."""
        wanted = Chart if self.kind == "charts" else Table
        kept = [block for block in page.blocks if isinstance(block.content, wanted)]
        self.read += len(kept)
        figures = [block.content for block in page.blocks if isinstance(block.content, Figure)]
        self.unread += sum(figure.looks_like == "chart" for figure in figures) if self.kind == "charts" else 0
        names = {name for block in kept for name in (block.id, *block.captions)}
        return document.replace(page, blocks=tuple(block for block in page.blocks if block.id in names))


def deliver(  # noqa: PLR0913  # what is written of a document, all by keyword
    stream: PageStream,
    formats: Sequence[str],
    stem: Path | None,
    *,
    overlay: bool = False,
    margins: bool = False,
    only: Selection | None = None,
    temporary: Path | None = None,
) -> tuple[Document, tuple[Path, ...]]:
    """Write pages as they are read, in each of `formats`; return the document without its pages, and the files.

    Outputs appear whole or not at all; `stem` is their path without the format's suffix, None for the standard output. With
    `margins`, the formats that are read by people hold running headers, footers and page numbers too; with `only`, nothing else
    is written. Where these are charts, they are drawn anew as pictures beside. What is not whole yet lies in `temporary`, a
    folder on the same disk, or beside the outputs.
    """
    with ExitStack() as stack:
        stack.enter_context(closing(stream))
        exporters: list[Exporter] = []
        places: list[Files] = []
        for name in formats:
            place: Place = Stdout(stream.origin)
            if stem is not None:
                place = stack.enter_context(Files(stem, name, stream.origin, temporary))
                places.append(place)
            exporters.append(load(EXPORTERS[name])(place))
        for read in stream:
            page = read if only is None else only.of(read)
            if only is not None and stem is not None:
                save_redraws(page, stem.with_name(f"{stem.name}.charts"))
            whole = with_margins(page) if margins else page
            for name, exporter in zip(formats, exporters, strict=True):
                exporter.add(page if name == "json" else whole)
            if overlay and stem is not None:
                save_overlay(read, stream.origin, stem.with_name(f"{stem.name}.overlay"))
        for exporter in exporters:
            exporter.close(stream.rest)
        if stem is None:
            sys.stdout.buffer.flush()
    return stream.rest, tuple(path for place in places for path in place.paths)


def save_overlay(page: Page, origin: Origin, folder: Path) -> Path | None:
    """Save a page with its boxes drawn on it as `folder`/pN.png; None where nobody can draw the page."""
    scale = OVERLAY_DPI / 72 * min(1.0, 3000 / (OVERLAY_DPI / 72 * max(page.width_points, page.height_points)))
    size = max(1, round(page.width_points * scale)), max(1, round(page.height_points * scale))
    try:
        pixels, _ = render(PageReference(origin, page.number), *size)
    except InputError:
        return None
    path = folder / f"p{page.number}.png"
    save_picture(draw(page, pixels), path)
    return path


def save_redraws(page: Page, folder: Path) -> list[Path]:
    """Save what was read of the charts of a page as pictures, `folder`/p3-7.png for the block `p3/7`."""
    return [_save_redraw(block, block.content, folder) for block in page.blocks if isinstance(block.content, Chart)]


def _save_redraw(block: Block, chart: Chart, folder: Path) -> Path:
    path = folder / f"{block.id.replace('/', '-')}.png"
    save_picture(np.asarray(chart.render()), path)
    return path
