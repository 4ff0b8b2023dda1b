"""Forms filled in by hand: the values of a page's fields, written again letter by letter where they were printed.

Fonts that look handwritten are used where the machine has one with the letters of the value; elsewhere the letters of a printed
font lean, dance and swell, which is less than handwriting, but no longer print.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from functools import cache, lru_cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from docai.box import Box, hull
from docai.document import Block, Document, Table, Text, Word, replace
from fine_tune.synth.drawn import DrawnPage
from fine_tune.synth.fonts import faces, letters
from fine_tune.synth.words import Language

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from docai.sources import Pixels

HANDS: Final = (  # file names of fonts that look handwritten; Nanum's in fonts-nanum-extra, Z003 in fonts-urw-base35
    "NanumPen.ttf",
    "NanumBrush.ttf",
    "Z003-MediumItalic.otf",
    "DancingScript-Regular.ttf",
    "PatrickHand-Regular.ttf",
    "Caveat-Regular.ttf",
)
INKS: Final = ((20, 28, 92), (28, 40, 130), (16, 16, 20), (40, 40, 48), (18, 52, 140))  # RGB, of ball pens
FINE: Final = 2  # times as large as they are seen that letters are drawn, so that they can lean smoothly
GROWTH: Final = 0.3  # of a printed word's height that a written one may reach over and under it
SEEN: Final = 64  # of 255: ink thinner than that does not count for the box of a word, as in print
WRITTEN_KINDS: Final = frozenset({"form", "receipt", "letter", "invoice"})  # of pages whose fields people fill in by hand


@cache
def _hands() -> tuple[Path, ...]:
    """Return the fonts that look handwritten on this machine."""
    return tuple(path for path in map(_found, HANDS) if path is not None)


def _found(name: str) -> Path | None:
    """Return where a font is, which Pillow looks for in the folders of the system; None where it is not."""
    try:
        return Path(str(ImageFont.truetype(name, 12).path))
    except OSError:
        return None


@lru_cache(maxsize=64)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


def hand_of(text: str, language: Language, random: Random, *, held_out: bool = False) -> Path:
    """Return the font in which a text is written by hand: one that looks so if there is one with its letters, else a printed one.

    Raises:
        MissingDependency: No font has the letters of the language.
    """
    wanted = {ord(letter) for letter in text if not letter.isspace()}
    fitting = [path for path in _hands() if wanted <= letters(path)]
    return random.choice(fitting or [face.regular for face in faces(language, held_out=held_out)])


def handwritten(drawn: DrawnPage, seed: int, *, held_out: bool = False) -> DrawnPage:
    """Return a page whose fields are filled in by hand: the same words, with the boxes of the new ink.

    The same for the same seed, on a machine with the same fonts.
    """
    random = Random(f"hand {seed}")
    values = "".join(field.value for field in drawn.fields)
    if not values:
        return drawn
    pen = _Pen(hand_of(values, drawn.language, random, held_out=held_out), random.choice(INKS), random)
    pixels, taken = drawn.pixels.copy(), [*drawn.marks, *(word.box for word in drawn.document.pages[0].words)]
    written: dict[tuple[str, Box], Word] = {}
    for block in drawn.document.blocks:
        if not isinstance(block.content, Text | Table):
            continue
        for word in block.content.words:
            if any(field.box.contains(word.box) for field in drawn.fields):
                written[word.text, word.box] = replace(word, box=_rewritten(pixels, word, taken, pen))
    told = {field.name: getattr(drawn, field.name) for field in fields(drawn)}
    told |= {"pixels": pixels, "document": _with_words(drawn.document, written)}
    own = ((field, [new for (_, old), new in written.items() if field.box.contains(old)]) for field in drawn.fields)
    told["fields"] = tuple(field._replace(box=hull(word.box for word in new)) if new else field for field, new in own)
    return type(drawn)(**told)


class _Pen:
    """A font, an ink, and the habits of a hand."""

    def __init__(self, path: Path, ink: tuple[int, int, int], random: Random) -> None:
        self.path, self.ink, self.random = path, ink, random
        self.turn, self.lift, self.swell = random.uniform(2, 7), random.uniform(0.02, 0.07), random.uniform(0.02, 0.1)
        self.slant = random.uniform(-0.05, 0.3)

    def write(self, text: str, width: int, height: int) -> NDArray[np.uint8]:
        """Return the ink of a word, 0..255, at most so large, cut to what is seen."""
        size = FINE * height
        font = _font(self.path, size)
        sheet = Image.new("L", (round(font.getlength(text) * 1.5) + 2 * size, 3 * size))
        x = float(size)
        for letter in text:
            x += self._letter(sheet, letter, x, font, size)
        left, top, right, bottom = sheet.getbbox() or (0, 0, 1, 1)
        reach = math.ceil(abs(self.slant) * (bottom - top)) + 1  # by which leaning letters stand out on either side
        upright = sheet.crop((left - reach, top, right + reach, bottom))
        leaning = (1, self.slant, -self.slant * upright.height / 2, 0, 1, 0)
        ink = np.asarray(upright.transform(upright.size, Image.Transform.AFFINE, leaning, Image.Resampling.BILINEAR))
        rows, columns = np.flatnonzero((ink > SEEN).any(1)), np.flatnonzero((ink > SEEN).any(0))
        if not rows.size:
            return np.zeros((0, 0), np.uint8)
        cut = Image.fromarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
        scale = min(width / cut.width, height / cut.height)
        shrunk = cut.resize((max(1, int(cut.width * scale)), max(1, int(cut.height * scale))), Image.Resampling.BOX)
        # strokes of a pen do not get thinner with the letters
        return np.asarray(np.minimum(255, np.asarray(shrunk).astype(np.uint16) * 5 // 4), np.uint8)

    def _letter(self, sheet: Image.Image, letter: str, x: float, font: ImageFont.FreeTypeFont, size: int) -> float:
        """Draw a letter on a sheet, a little turned, raised and swollen; return how far the pen moves."""
        random = self.random
        piece = Image.new("L", (2 * size, 3 * size))
        ImageDraw.Draw(piece).text(
            (size // 2, 2 * size), letter, fill=255, font=font, anchor="ls", stroke_width=random.randint(0, 1)
        )
        turned = piece.rotate(random.gauss(0, self.turn), Image.Resampling.BILINEAR, center=(size, 2 * size))
        place = round(x - size / 2), round(random.gauss(0, self.lift) * size)
        sheet.paste(255, (*place, place[0] + turned.width, place[1] + turned.height), turned)
        return font.getlength(letter) * (1 + random.uniform(-self.swell, self.swell))


def _rewritten(pixels: Pixels, word: Word, taken: Sequence[Box], pen: _Pen) -> Box:
    """Write a word where it was printed, which changes the pixels; return the box of its ink."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = word.box.pixels(width, height)
    grown = round(GROWTH * (bottom - top))
    larger = Box.clipped(left / width, (top - grown) / height, right / width, (bottom + grown) / height)
    around = [box for box in taken if box != word.box and not box.contains(word.box)]
    free = not any(box.intersection(larger) for box in around)
    ring = pixels[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2]
    sides = np.concatenate([ring[0], ring[-1], ring[:, 0], ring[:, -1]])
    paper = np.median(sides, axis=0).astype(np.uint8)
    edge = 1 if free else 0  # what little ink of the letters lies outside of their box
    pixels[max(0, top - edge) : bottom + edge, max(0, left - edge) : right + edge] = paper
    top, bottom = (max(0, top - grown), min(height, bottom + grown)) if free else (top, bottom)
    ink = pen.write(word.text, right - left, bottom - top)
    if not ink.size:
        return word.box
    y, x = top + (bottom - top - ink.shape[0]) // 2, left
    under = pixels[y : y + ink.shape[0], x : x + ink.shape[1]]
    cover = (ink.astype(np.float32) / 255)[..., None]
    under[:] = np.rint(under * (1 - cover) + np.array(pen.ink, np.float32) * cover)
    rows, columns = np.flatnonzero((ink > SEEN).any(1)), np.flatnonzero((ink > SEEN).any(0))
    return Box((x + columns[0]) / width, (y + rows[0]) / height, (x + columns[-1] + 1) / width, (y + rows[-1] + 1) / height)


def _with_words(document: Document, written: dict[tuple[str, Box], Word]) -> Document:
    """Return a document with some words of its blocks of text in other places."""

    def changed(block: Block) -> Block:
        content: Any = block.content
        words = tuple(written.get((word.text, word.box), word) for word in content.words)
        if words == content.words:
            return block
        if not isinstance(content, Text):
            return replace(block, content=replace(content, words=words))  # a table is as large as its cells
        tight = content.box == hull(word.box for word in content.words)
        box = hull(word.box for word in words) if tight else content.box.union(*(word.box for word in words))
        return replace(block, content=replace(content, words=words, box=box))

    page = document.pages[0]
    return replace(document, pages=(replace(page, blocks=tuple(map(changed, page.blocks))),))
