"""Draws tiny pictures together with their truth: a few lines of words, or a small table, as large as one tile of a small model.

Sizes, weights, fonts, ink and paper differ, nothing else does. So little is hard about them that a model of two million weights
learns to read them in minutes on a CPU, which shows that a pipeline works, not that the model reads documents. Fonts whose
thinnest strokes are not drawn at 17 to 22 pixels, faces for headlines, are left out, of what is learnt and of what is held out.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from docai.box import WHOLE, Box, hull
from docai.document import Cell, Mention, Table, Text, Word, replace
from docai.sources import Origin, PageReference
from docai.tasks.grounding import Find
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import View
from fine_tune.samples import Sample, Turn
from fine_tune.synth.fonts import faces, letters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

SIDE: Final = 112  # pixels of the picture: the tile of the smallest model
PITCH: Final = 28  # pixels from line to line, at most four; one row of a tile's tokens, each of which is four patches of 14
MOST_ROWS: Final = SIDE // PITCH
RESOLUTION: Final = 144.0  # dots per inch, at which 10 points have the 20 pixels that docai shows models text at
SIZES: Final = range(17, 23)  # pixels an em, round those 20
SHIFT: Final = 3  # pixels that a line stands above or below the middle of its place, at most
EDGE: Final = 3  # pixels between the edge of the picture and its print
GAP: Final = 0.35  # ems between words
INKED: Final = 96  # of 255, from which coverage counts as ink: what is left of a hair line of a third of a pixel is not seen
LETTERS: Final = "0123456789ABCEHKMPTXÁĐ가나"  # digits, and some of the letters of three languages
COLUMN: Final = SIDE // 2  # pixels of each of two columns
PREFIX: Final = "synth/strips/"  # before the names of sources of these pictures
SEED_STEP: Final = 100_000_000  # pictures between those of one seed and of the next
Kind = Literal["lines", "alike", "columns", "table"]
StripTask = Literal["reading", "alike", "columns", "table", "grounding"]
STRIP_TASKS: Final[tuple[StripTask, ...]] = get_args(StripTask)


@dataclass(frozen=True, slots=True)
class Strip:
    """A picture and what stands there; boxes are in fractions of the picture, round ink.

    Attributes:
        pixels: (112, 112) uint8, grey.
        lines: Of a picture of lines: one paragraph each, from the top, with its words; else none.
        table: Of a picture of a table; the boxes of its cells are those of their places in it.
        glyphs: All letters, line by line.
    """

    pixels: Pixels
    lines: tuple[Text, ...] = ()
    table: Table | None = None
    glyphs: tuple[Word, ...] = ()

    def view(self) -> View:
        """Return the picture as a view of all of it."""
        _, encoded = cv2.imencode(".png", self.pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        points = SIDE * 72 / RESOLUTION
        return View(PageReference(Origin(None, encoded.tobytes()), 1), points, points, resolution=RESOLUTION)


def draw_strip(seed: int, kind: Kind = "lines", *, rows: tuple[int, int] = (1, MOST_ROWS), held_out: bool = False) -> Strip:
    """Return a picture, the same for the same seed.

    Args:
        seed: From 0.
        kind: What is drawn; lines that are "alike" are made of two words: a reader who finds its place by what stands
            there drops some of them, or says them twice. "columns" are two, of one word in each of their lines: up to
            twice as many as elsewhere, of which a reader drops some.
        rows: The fewest and the most lines of text or rows of a table; of a table at least 2; of columns in both together.
        held_out: Whether its fonts are those that nothing should be learnt from.
    """
    random = np.random.default_rng([seed, zlib.crc32(f"{kind} {held_out}".encode())])
    pen = _Pen.any(random, held_out=held_out)
    least = max(rows[0], 2) if kind == "table" else rows[0]
    count = int(random.integers(least, max(rows[1], least) + 1))
    if kind == "table":
        return _table(pen, count)
    if kind == "columns":
        return _columns(pen, count)
    return _lines(pen, count, [pen.word(3, 4) for _ in range(2)] if kind == "alike" else [])


def lesson(strip: Strip) -> tuple[Text, ...] | Table:
    """Return what a model should say of a picture: its lines, or its table with the box of it all; boxes of words are asked for."""
    if strip.table is not None:
        cells = tuple(replace(cell, box=strip.table.box) for cell in strip.table.cells)
        return replace(strip.table, cells=cells)
    return tuple(replace(line, words=(), box=WHOLE) for line in strip.lines)


@dataclass(frozen=True, slots=True)
class Strips:
    """Pictures that never end, as a source of samples.

    Attributes:
        kind: What is asked: to read lines, lines that are alike, or columns, row by row; to read a table; or where on a picture
            of lines a word stands that is there once.
        rows: The fewest and the most.
        held_out: Whether the fonts are those that nothing should be learnt from.
        first: Of the first sample; where pictures are to learn from and others to be tried on, their seeds should not meet.
    """

    kind: StripTask
    rows: tuple[int, int] = (1, MOST_ROWS)
    held_out: bool = False
    first: int = 0
    count: None = None

    @property
    def name(self) -> str:
        """As mixtures call it: "synth/strips/reading"."""
        return f"{PREFIX}{self.kind}"

    def sample(self, number: int) -> Sample:
        """Return a sample, by its number from 0."""
        seed = self.first + number
        drawn: dict[str, Kind] = {"table": "table", "alike": "alike", "columns": "columns"}
        strip = draw_strip(seed, drawn.get(self.kind, "lines"), rows=self.rows, held_out=self.held_out)
        turn = Turn(ReadTable() if self.kind == "table" else ReadText(), lesson(strip))
        if self.kind == "grounding":
            words = [word for line in strip.lines for word in line.words]
            counts = Counter(word.text for word in words)
            alone = [word for word in words if counts[word.text] == 1]
            if alone:  # else the picture is read
                word = alone[seed % len(alone)]
                turn = Turn(Find(word.text), Mention(phrase=word.text, boxes=(word.box,)))
        return Sample((strip.view(),), (turn,), f"{self.name}:{number}", glyphs=strip.glyphs)


def strips_source(name: str, *, seed: int = 0) -> Strips:
    """Return the source that a mixture calls "synth/strips/reading", or by another of the tasks.

    Args:
        name: With its prefix.
        seed: Sources of other seeds have other pictures, as long as fewer than 100 million are drawn of each.

    Raises:
        ValueError: There is none of that name.
    """
    kind = name.removeprefix(PREFIX)
    for known in STRIP_TASKS:
        if name.startswith(PREFIX) and kind == known:
            return Strips(known, rows=(3, 2 * MOST_ROWS) if known == "columns" else (1, MOST_ROWS), first=seed * SEED_STEP)
    raise ValueError(f"no source {name!r}; there are {', '.join(f'{PREFIX}{known}' for known in STRIP_TASKS)}")


# Letters


class Mask(NamedTuple):
    """A letter: (height, width) coverage 0..255 of its ink, where its left top lies from the pen, and how far the pen moves."""

    ink: Pixels
    left: int
    top: int
    advance: float


@cache
def _files(*, held_out: bool) -> tuple[tuple[Path, str], ...]:
    """Return font files, regular and bold, that can be read so small, each with the letters of `LETTERS` that it has."""
    families = [face for language in ("en", "ko", "vi") for face in faces(language, held_out=held_out)]
    files = [path for path in dict.fromkeys(path for face in families for path in (face.regular, face.bold)) if _legible(path)]
    return tuple((path, "".join(letter for letter in LETTERS if ord(letter) in letters(path))) for path in files)


def _legible(path: Path) -> bool:
    """Return whether the bar of an H, a font's thinnest stroke, is drawn as ink in all sizes.

    In display cuts, made for titles, it covers a sixth of a pixel at 20 pixels an em: Noto Serif Display has 44 of 255, where
    the faintest of twelve others has 164.
    """
    bars = [_mask(path, size, "H").ink for size in SIZES]
    return all(ink[:, ink.shape[1] // 2].max() >= INKED for ink in bars)


@cache
def _mask(path: Path, size: int, letter: str) -> Mask:
    font = ImageFont.truetype(str(path), size)
    left, top, right, bottom = (int(side) for side in font.getbbox(letter, anchor="ls"))
    picture = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(picture).text((-left, -top), letter, fill=255, font=font, anchor="ls")
    return Mask(np.asarray(picture), left, top, font.getlength(letter))


@dataclass(slots=True)
class _Pen:
    """Writes on one picture, in one font."""

    random: np.random.Generator
    path: Path
    letters: str
    size: int
    coverage: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((SIDE, SIDE), np.uint8))
    glyphs: list[Word] = field(default_factory=list)

    @classmethod
    def any(cls, random: np.random.Generator, *, held_out: bool) -> _Pen:
        files = _files(held_out=held_out)
        path, known = files[int(random.integers(len(files)))]
        return cls(random, path, known, int(random.choice(SIZES)))

    def word(self, least: int, most: int) -> str:
        """Return a word of some letters: of digits, or of the letters that are none, or of both."""
        count = int(self.random.integers(least, most + 1))
        kind = self.random.random()
        of = self.letters[:10] if kind < 0.4 else self.letters[10:] if kind < 0.8 else self.letters
        return "".join(of[place] for place in self.random.integers(0, len(of), count))

    def width(self, text: str) -> float:
        """Return how far the pen moves for a text without spaces."""
        return sum(_mask(self.path, self.size, letter).advance for letter in text)

    def write(self, text: str, x: float, baseline: int) -> Word:
        """Write a word from a place on, and return it with its box."""
        boxes = []
        for letter in text:
            ink, left, top, advance = _mask(self.path, self.size, letter)
            boxes.append(self._stamp(ink, round(x) + left, baseline + top))
            self.glyphs.append(Word(text=letter, box=boxes[-1]))
            x += advance
        return Word(text=text, box=hull(boxes))

    def _stamp(self, ink: Pixels, left: int, top: int) -> Box:
        """Put ink on the paper where it is, cut at the edges, and return its box."""
        x, y = max(0, left), max(0, top)
        part = ink[y - top : SIDE - top, x - left : SIDE - left]
        under = self.coverage[y : y + part.shape[0], x : x + part.shape[1]]
        np.maximum(under, part, out=under)
        dark = part >= INKED
        columns, rows = np.flatnonzero(dark.any(0)), np.flatnonzero(dark.any(1))
        if not len(columns):
            return Box.clipped(x / SIDE, y / SIDE, (x + 1) / SIDE, (y + 1) / SIDE)
        sides = x + columns[0], y + rows[0], x + columns[-1] + 1, y + rows[-1] + 1
        return Box.clipped(*(float(side) / SIDE for side in sides))

    def rule(self, left: int, top: int, right: int, bottom: int) -> None:
        """Draw a rule."""
        self.coverage[top:bottom, left:right] = 255

    def picture(self) -> Pixels:
        """Return the paper with its ink, neither of which is quite white or black, and a little noise."""
        paper, ink = self.random.uniform(215, 255), self.random.uniform(0, 80)
        noise = self.random.normal(0, self.random.uniform(0, 6), (SIDE, SIDE))
        shade = paper + (ink - paper) * (self.coverage / 255.0) + noise
        return np.clip(shade, 0, 255).astype(np.uint8)

    def baseline(self, middle: float, shift: int) -> int:
        """Return where a line stands whose capitals, 0.7 ems high, are in the middle of a place, but for a shift."""
        return int(middle + shift + 0.35 * self.size)


# Lines


def _lines(pen: _Pen, count: int, known: Sequence[str]) -> Strip:
    """Write lines: of words that are known, one each, or of others."""
    rows = sorted(pen.random.choice(MOST_ROWS, count, replace=False).tolist())
    lines = []
    for row in rows:
        if known:
            words = [known[int(pen.random.integers(len(known)))]]
        else:
            words = _fitting(pen, [pen.word(1, 4) for _ in range(int(pen.random.integers(1, 3)))])
        gap = GAP * pen.size
        width = sum(map(pen.width, words)) + gap * (len(words) - 1)
        x = pen.random.uniform(EDGE, max(EDGE, SIDE - EDGE - width))
        baseline = pen.baseline((row + 0.5) * PITCH, int(pen.random.integers(-SHIFT, SHIFT + 1)))
        placed = []
        for word in words:
            placed.append(pen.write(word, x, baseline))
            x += pen.width(word) + gap
        box = hull(word.box for word in placed)
        lines.append(Text(page_number=1, box=box, text=" ".join(words), words=tuple(placed)))
    return Strip(pen.picture(), lines=tuple(lines), glyphs=tuple(pen.glyphs))


def _columns(pen: _Pen, count: int) -> Strip:
    """Write lines of one word each in two columns, told row by row."""
    shifts = pen.random.integers(-SHIFT, SHIFT + 1, MOST_ROWS).tolist()
    lines = []
    for place in sorted(pen.random.choice(2 * MOST_ROWS, min(count, 2 * MOST_ROWS), replace=False).tolist()):
        row, column = divmod(place, 2)
        word = pen.word(1, 3)
        while len(word) > 1 and pen.width(word) > COLUMN - 2 * EDGE:
            word = word[:-1]
        x = column * COLUMN + pen.random.uniform(EDGE, max(EDGE, COLUMN - EDGE - pen.width(word)))
        written = pen.write(word, x, pen.baseline((row + 0.5) * PITCH, shifts[row]))
        lines.append(Text(page_number=1, box=written.box, text=word, words=(written,)))
    return Strip(pen.picture(), lines=tuple(lines), glyphs=tuple(pen.glyphs))


def _fitting(pen: _Pen, words: Sequence[str]) -> list[str]:
    """Return as many words as fit in a line; of the first, as many letters."""
    kept, room = [], float(SIDE - 2 * EDGE)
    for word in words:
        width = pen.width(word)
        if width > room:
            break
        kept.append(word)
        room -= width + GAP * pen.size
    return kept or [words[0][:3]]


# Tables


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a cell stands in the grid of a table."""

    row: int
    column: int
    down: int = 1
    across: int = 1


def _table(pen: _Pen, rows: int) -> Strip:
    columns = int(pen.random.integers(2, 4))
    ruled = pen.random.random() < 0.7
    width = int(pen.random.integers(SIDE - 22, SIDE - 6))
    left = int(pen.random.integers(3, SIDE - width - 2))
    top = int(pen.random.integers(0, MOST_ROWS - rows + 1)) * PITCH
    xs = [left + round(width * column / columns) for column in range(columns + 1)]
    ys = [top + PITCH * row for row in range(rows + 1)]
    table_box = Box.clipped(*(side / SIDE for side in (xs[0], ys[0], xs[-1], ys[-1])))
    shifts = [int(shift) for shift in pen.random.integers(-SHIFT, SHIFT + 1, rows)]
    cells = []
    for place in _places(pen.random, rows, columns):
        box = (xs[place.column], ys[place.row], xs[place.column + place.across], ys[place.row + place.down])
        text = pen.word(1, 2) if pen.random.random() < 0.9 else ""
        if pen.width(text) > box[2] - box[0] - 4:
            text = text[:1]
        if text:
            x = (box[0] + box[2] - pen.width(text)) / 2
            pen.write(text, x, pen.baseline((box[1] + box[3]) / 2, shifts[place.row]))
        if ruled:
            _frame(pen, box)
        cells.append(
            Cell(
                row=place.row,
                column=place.column,
                row_span=place.down,
                column_span=place.across,
                text=text,
                header="column" if place.row == 0 else "none",
                box=Box.clipped(*(side / SIDE for side in box)),
            )
        )
    if not ruled:  # the header's rule alone
        pen.rule(xs[0], ys[1] - 1, xs[-1], ys[1])
    table = Table(page_number=1, box=table_box, row_count=rows, column_count=columns, cells=tuple(cells))
    return Strip(pen.picture(), table=table, glyphs=tuple(pen.glyphs))


def _places(random: np.random.Generator, rows: int, columns: int) -> list[_Place]:
    """Return the cells of a grid, of which one may span two columns or two rows, in reading order."""
    places = {(row, column): _Place(row, column) for row in range(rows) for column in range(columns)}
    kind = random.random()
    if kind < 0.3:  # two columns, of the header or of a row
        row, column = int(random.integers(rows)), int(random.integers(columns - 1))
        places[row, column] = _Place(row, column, 1, 2)
        del places[row, column + 1]
    elif kind < 0.6 and rows > 2:  # two rows below the header
        row, column = int(random.integers(1, rows - 1)), int(random.integers(columns))
        places[row, column] = _Place(row, column, 2, 1)
        del places[row + 1, column]
    return [places[place] for place in sorted(places)]


def _frame(pen: _Pen, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    pen.rule(left, top, right + 1, top + 1)
    pen.rule(left, bottom - 1 if bottom >= SIDE else bottom, right + 1, bottom if bottom >= SIDE else bottom + 1)
    pen.rule(left, top, left + 1, bottom + 1)
    pen.rule(right, top, right + 1, bottom + 1)
