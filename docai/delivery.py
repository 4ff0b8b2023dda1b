"""Which files come in and which go out: inputs found, outputs named after them, each written page by page."""

from __future__ import annotations

import glob
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import IO, Final, Literal

import numpy as np

from docai import document
from docai.document import Block, Chart, Document, Figure, Page, Table
from docai.errors import InputError, NothingToDo
from docai.exporters import Exporter, Files, Place, with_margins
from docai.exporters.overlay import draw
from docai.extraction import PageStream, save_picture
from docai.registry import EXPORTERS, load
from docai.sources import Origin, PageReference, render

SUFFIXES: Final = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"})
OUR_FOLDERS: Final = frozenset({".charts", ".figures", ".overlay"})  # what docai wrote is no document to read on the next run
OVERLAY_DPI: Final = 100  # enough to read the labels, small enough to leaf through


@dataclass(frozen=True, slots=True)
class Job:
    """A document to read, and where its outputs go below the output folder."""

    path: Path
    stem: PurePath


def find_jobs(paths: Iterable[str]) -> list[Job]:
    """Return the documents that paths mean: files, folders with all below them, and patterns, in order and each once.

    A folder's subfolders are kept in the outputs; files that share a name are told apart by their folders. What docai
    itself wrote into a folder is not read again unless it is named: `a.pdf.pdf` beside `a.pdf`, and folders of figures.

    Law: no two jobs share a stem.

    Raises:
        NothingToDo: A folder or pattern has no documents in it.
    """
    jobs: dict[str, Job] = {}  # by where they really are, since one file has many paths
    for text in paths:
        found = list(_meant(text))
        if not found:
            kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
            raise NothingToDo(f"{text}: no documents found here; docai looks for {kinds}")
        for path, stem in found:
            jobs.setdefault(os.path.normcase(_plain(path)), Job(path, stem))
    return _told_apart(list(jobs.values()))


def _told_apart(jobs: list[Job]) -> list[Job]:
    names = Counter(job.stem for job in jobs)
    apart = [job if names[job.stem] == 1 else replace(job, stem=stem) for job, stem in zip(jobs, _below_all(jobs), strict=True)]
    if len({job.stem for job in apart}) == len(jobs):
        return apart
    return [replace(job, stem=stem) for job, stem in zip(jobs, _below_all(jobs), strict=True)]  # a/x told apart met another a/x


def _below_all(jobs: list[Job]) -> list[PurePath]:
    """Return where each job's document is below the folder that all share."""
    paths = [_plain(job.path) for job in jobs]
    if len({path.anchor for path in paths}) > 1:  # several drives share no folder
        return [PurePath(path.drive.strip("\\/").replace(":", ""), *path.parts[1:]) for path in paths]
    common = os.path.commonpath([path.parent for path in paths]) if paths else ""
    return [path.relative_to(common) for path in paths]


def _plain(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  # resolve() would follow links, which keep their own names


def _meant(text: str) -> Iterator[tuple[Path, PurePath]]:
    if not text:  # an unset variable of a shell, which a path takes for the current folder
        raise NothingToDo("an empty path; name a file, a folder or a pattern")
    path = Path(text)
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except OSError:  # a name that is too long is told, like that of a missing file, when it is opened
        is_folder, exists = False, True
    if is_folder:
        for below in sorted(path.rglob("*")):
            stem = below.relative_to(path)
            ours = any(map(_is_ours, stem.parts[:-1])) or _is_searchable_copy(below)
            if below.suffix.lower() in SUFFIXES and not ours and below.is_file():
                yield below, stem
    elif exists or not glob.has_magic(text):
        yield path, PurePath(path.name)
    else:  # cmd and PowerShell leave patterns to the program
        matches = (Path(match) for match in sorted(glob.glob(text, recursive=True)))  # noqa: PTH207  # absolute patterns too
        yield from ((match, PurePath(match.name)) for match in matches if match.is_file())


def _is_ours(folder: str) -> bool:
    document, kind = PurePath(folder).stem, PurePath(folder).suffix
    return kind in OUR_FOLDERS and PurePath(document).suffix.lower() in SUFFIXES


def _is_searchable_copy(path: Path) -> bool:
    """Return whether a file is named as docai's PDF of the document that lies beside it: `scan.png.pdf` of `scan.png`."""
    original = path.with_suffix("")
    return path.suffix == ".pdf" and original.suffix.lower() in SUFFIXES and original.is_file()


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


def deliver(  # what is written of a document, all by keyword
    stream: PageStream,
    formats: Sequence[str],
    stem: Path | None,
    *,
    overlay: bool = False,
    margins: bool = False,
    only: Selection | None = None,
) -> Document:
    """Write pages as they are read, in each of `formats`, and return the document without its pages.

    Outputs appear whole or not at all; `stem` is their path without the format's suffix, None for the standard output. With
    `margins`, the formats that are read by people hold running headers, footers and page numbers too; with `only`, nothing else
    is written. Where these are charts, they are drawn anew as pictures beside.
    """
    with ExitStack() as stack:
        stack.enter_context(closing(stream))
        exporters: list[Exporter] = []
        for name in formats:
            place: Place = Stdout(stream.origin) if stem is None else stack.enter_context(Files(stem, name, stream.origin))
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
    return stream.rest


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
