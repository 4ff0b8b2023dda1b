"""Where things stand on a drawn page: words in lines, lines in columns, rules and bands beside them; all in pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, NamedTuple

from docai.box import Box, hull
from docai.document import Block, Content, Document, Page, Role, Text, Word
from docai.errors import MissingDependency
from fine_tune.synth.drawn import PrintedField
from fine_tune.synth.fonts import Face, letters_and_spaces
from fine_tune.synth.ink import Area, Colour, Font, Letters, Stroke, font_of, turned

Align = Literal["left", "right", "middle", "both"]
BLACK: Final[Colour] = (0, 0, 0)
_SMALLEST: Final = 0.55  # of its size that letters shrink to where a word is wider than its column
_WIDEST_GAP: Final = 3.0  # of a space that words of a line are moved apart to fill it; more looks like two columns


class Faces:
    """Families in order of preference; a text is set in the first that has all its letters."""

    def __init__(self, families: Sequence[Face]) -> None:
        """Look up which letters they have."""
        self._families = tuple(families)
        self._files = {
            bold: [(str(path), letters_and_spaces(path)) for path in (face[1 + bold] for face in self._families)]
            for bold in (False, True)
        }

    def file(self, text: str, *, bold: bool) -> str:
        """Return the file of the font that a text is set in: a letter that a font lacks would be drawn as an empty box.

        Raises:
            MissingDependency: None has all its letters.
        """
        wanted = list(map(ord, text))
        for file, has in self._files[bold]:
            if has.issuperset(wanted):
                return file
        raise MissingDependency(
            f"no font on this machine has all letters of {text!r}; run: apt-get install fonts-dejavu-core fonts-nanum"
        )


def stepped(size: float) -> float:
    """Return a size in pixels, in steps of half a pixel: so many fonts are few enough to keep."""
    return math.floor(2 * size) / 2


@dataclass(frozen=True, slots=True)
class Lettering:
    """How words look.

    Attributes:
        size: In pixels.
        leading: From baseline to baseline, in sizes.
    """

    faces: Faces
    size: float
    bold: bool = False
    colour: Colour = BLACK
    leading: float = 1.35
    underlined: bool = False

    @property
    def line(self) -> float:
        """From baseline to baseline, in pixels."""
        return self.size * self.leading

    def set(self, text: str) -> SetWord:
        """Return a text without spaces at its ends with the font that has its letters, and its width."""
        font = font_of(self.faces.file(text, bold=self.bold), self.size)
        return SetWord(text, font, font.width(text))

    @property
    def space(self) -> float:
        """The width of a space, in pixels."""
        return max(self.set(" ").width, 0.2 * self.size)

    def length(self, text: str) -> float:
        """Return how long a line of words is, in pixels."""
        return length_of([self.set(word) for word in text.split()], self.space)


class SetWord(NamedTuple):
    """A word with its font, and how far it moves the pen, in pixels."""

    text: str
    font: Font
    width: int


@dataclass(frozen=True, slots=True)
class Setting:
    """Words broken into lines, which are not printed yet; widths in pixels.

    Attributes:
        first: How far the first line stands in.
    """

    lines: tuple[tuple[SetWord, ...], ...]
    lettering: Lettering
    width: float
    align: Align = "left"
    first: float = 0.0

    @property
    def height(self) -> float:
        """From the top of the first line to the bottom of the last, in pixels."""
        return self.lettering.line * len(self.lines)

    @property
    def longest(self) -> float:
        """The length of the longest line, in pixels."""
        space = self.lettering.space
        return max((length_of(line, space) for line in self.lines), default=0.0)


def length_of(line: Sequence[SetWord], space: float) -> float:
    """Return how long a line of words is with such spaces, in pixels."""
    return sum([word.width for word in line]) + space * (len(line) - 1)


def in_lines(words: Sequence[str], width: float, lettering: Lettering, align: Align = "left", *, first: float = 0.0) -> Setting:
    """Return words in lines that are at most so wide; letters are smaller where a word would be wider alone.

    Raises:
        ValueError: A word is too long even in letters about half as large.
    """
    ready = [lettering.set(word) for word in words]
    widest = max([word.width for word in ready], default=0)
    if widest > width - first:
        share = 0.96 * (width - first) / widest  # advances are rounded
        if share < _SMALLEST:
            raise ValueError(f"a word of {widest} pixels in a column of {width - first:.0f}: {max(words, key=len)!r}")
        lettering = replace(lettering, size=stepped(lettering.size * share))
        ready = [lettering.set(word) for word in words]
    space, left = lettering.space, width - first
    lines: list[list[SetWord]] = [[]]
    for word in ready:
        if lines[-1] and word.width > left:
            lines.append([])
            left = width
        lines[-1].append(word)
        left -= word.width + space
    return Setting(tuple(map(tuple, lines)), lettering, width, align, first)


@dataclass(slots=True)
class Sheet:
    """A page while it is made.

    Attributes:
        unit: Pixels per point.
        strokes: What is to be painted, in order.
        marks: Where there is ink that is no word.
        contents: The blocks in reading order; `captions` tells the places, from 0, of those that are captions of a block.
    """

    width: int
    height: int
    dpi: int
    paper: Colour
    strokes: list[Stroke] = field(default_factory=list)
    marks: list[Box] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    captions: dict[int, int] = field(default_factory=dict)
    fields: list[PrintedField] = field(default_factory=list)

    @property
    def unit(self) -> float:
        """Pixels per point."""
        return self.dpi / 72

    def box(self, pixels: tuple[float, float, float, float]) -> Box:
        """Return a rectangle of pixels in fractions of the page; what sticks out is cut off."""
        left, top, right, bottom = pixels
        return Box.clipped(left / self.width, top / self.height, right / self.width, bottom / self.height)

    # ---- ink that says nothing

    def area(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Fill a rectangle; at least a pixel wide and high."""
        x, y = round(left), round(top)
        pixels = (x, y, max(x + 1, round(right)), max(y + 1, round(bottom)))
        self.strokes.append(Area(pixels, colour))
        self.marks.append(self.box(pixels))

    def rule(self, left: float, top: float, right: float, bottom: float, thickness: float, colour: Colour = BLACK) -> None:
        """Draw a rule along the longer side of what is mostly a line; `thickness` in pixels, at least one."""
        thick = max(1, round(thickness))
        if right - left >= bottom - top:
            self.area(left, top, right, round(top) + thick, colour)
        else:
            self.area(left, top, round(left) + thick, bottom, colour)

    def frame(self, pixels: tuple[float, float, float, float], thickness: float, colour: Colour = BLACK) -> None:
        """Draw four rules round a rectangle."""
        left, top, right, bottom = pixels
        thick = max(1, round(thickness))
        self.rule(left, top, right, top, thick, colour)
        self.rule(left, bottom - thick, right, bottom - thick, thick, colour)
        self.rule(left, top, left, bottom, thick, colour)
        self.rule(right - thick, top, right - thick, bottom, thick, colour)

    # ---- words

    def word(self, word: SetWord, x: float, baseline: float, colour: Colour) -> Word | None:
        """Print a word with its pen at `x`, in pixels; None where it has no ink.

        Raises:
            ValueError: It would stand off the page.
        """
        ink = word.font.stamp(word.text)
        return None if ink is None else self._printed(word.text, Letters(ink, round(x), round(baseline), colour))

    def _printed(self, text: str, ink: Letters) -> Word:
        left, top, right, bottom = ink.box
        if left < 0 or top < 0 or right > self.width or bottom > self.height:
            raise ValueError(f"{text!r} would stand off the page: {ink.box} of {self.width} x {self.height} pixels")
        self.strokes.append(ink)
        return Word(text=text, box=Box(left / self.width, top / self.height, right / self.width, bottom / self.height))

    def turned(self, word: SetWord, x: float, bottom: float, colour: Colour) -> Word | None:
        """Print a word that is read upwards, with its baseline at `x` and its pen at `bottom`, in pixels."""
        ink = word.font.stamp(word.text)
        return None if ink is None else self._printed(word.text, Letters(turned(ink), round(x), round(bottom), colour))

    def line(self, text: str, place: tuple[float, float], width: float, lettering: Lettering, align: Align = "left") -> list[Word]:
        """Print a line of words; `place` is its left end and baseline, in pixels."""
        return self._line([lettering.set(word) for word in text.split()], place, width, lettering, align)

    def _line(
        self, line: Sequence[SetWord], place: tuple[float, float], width: float, lettering: Lettering, align: Align
    ) -> list[Word]:
        x, baseline = place
        space = lettering.space
        rest = width - length_of(line, space)
        if align == "both" and len(line) > 1 and 0 < rest < (_WIDEST_GAP - 1) * space * (len(line) - 1):
            space += rest / (len(line) - 1)
        elif align in ("right", "middle"):
            x += rest if align == "right" else rest / 2
        start, found = x, []
        for word in line:
            found.append(self.word(word, x, baseline, lettering.colour))
            x += word.width + space
        if lettering.underlined:
            y = baseline + 0.16 * lettering.size
            self.rule(start, y, x - space, y, lettering.size / 14, lettering.colour)
        return [word for word in found if word is not None]

    def lines(self, setting: Setting, place: tuple[float, float]) -> list[Word]:
        """Print words in lines below `place`, the left and top corner, in pixels."""
        x, top = place
        lettering, found = setting.lettering, []
        for number, line in enumerate(setting.lines):
            indent = 0.0 if number else setting.first
            align = "left" if setting.align == "both" and number == len(setting.lines) - 1 else setting.align
            baseline = top + lettering.line * (number + 0.5) + 0.35 * lettering.size  # half of the height of capitals
            found += self._line(line, (x + indent, baseline), setting.width - indent, lettering, align)
        return found

    # ---- blocks

    def add(self, content: Content, captions: int | None = None) -> int:
        """Add a block, and the place of the block that is its caption; return its place."""
        self.contents.append(content)
        if captions is not None:
            self.captions[len(self.contents) - 1] = captions
        return len(self.contents) - 1

    def text(self, words: Sequence[Word], role: Role = "paragraph", level: int | None = None) -> int:
        """Add words that are printed as a block of text; return its place."""
        joined = " ".join(word.text for word in words)
        box = hull(word.box for word in words)
        return self.add(Text(page_number=1, box=box, role=role, level=level, text=joined, words=tuple(words)))

    def field(self, name: str, label: str, words: Sequence[Word]) -> None:
        """Note that printed words are the value of a field."""
        box = hull(word.box for word in words)
        self.fields.append(PrintedField(name, label.rstrip(" :"), " ".join(word.text for word in words), box))

    def document(self, name: str) -> Document:
        """Return what was printed."""
        blocks = tuple(
            Block(
                id=f"p1/{place + 1}",
                content=content,
                captions=(f"p1/{self.captions[place] + 1}",) if place in self.captions else (),
            )
            for place, content in enumerate(self.contents)
        )
        page = Page(number=1, width_points=self.width / self.unit, height_points=self.height / self.unit, blocks=blocks)
        return Document(name=name, page_count=1, pages=(page,))
