"""What the kinds of pages are made with: a sheet, an author, a look, and text that flows down columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Final

from docai.document import Role, Word
from fine_tune.synth.fonts import page_faces
from fine_tune.synth.ink import Colour
from fine_tune.synth.pages.content import Author
from fine_tune.synth.pages.layout import BLACK, Align, Faces, Lettering, Sheet, in_lines, stepped
from fine_tune.synth.words import LANGUAGES, Language

A4: Final = (595.3, 841.9)  # points
LETTER: Final = (612.0, 792.0)
_INKS: Final[tuple[Colour, ...]] = (BLACK, BLACK, BLACK, (34, 34, 34), (51, 51, 51), (20, 24, 60))
_ACCENTS: Final[tuple[Colour, ...]] = (
    *((31, 78, 121), (0, 102, 153), (158, 27, 50), (46, 105, 60), (91, 45, 134), (176, 84, 0), (60, 60, 60), (0, 0, 0)),
    *((13, 71, 161), (0, 77, 64), (183, 28, 28)),
)
_PAPERS: Final[tuple[Colour, ...]] = (*[(255, 255, 255)] * 6, (253, 251, 244), (250, 250, 250), (247, 243, 232), (244, 248, 252))
_SIZES: Final = (7.0, 8.0, 8.5, 9.0, 9.5, 10.0, 10.0, 10.5, 11.0, 11.0, 12.0, 13.0, 14.0)  # points


@dataclass(frozen=True, slots=True)
class Look:
    """How a page looks.

    Attributes:
        body: What running text is set in, `display` headings.
        size: Of running text, in points.
        accent: The colour of headings, bands and rules.
        margin: In points.
        align: How paragraphs end.
    """

    body: Faces
    display: Faces
    size: float
    ink: Colour
    accent: Colour
    margin: float
    align: Align
    leading: float
    paper: Colour


def look_of(random: Random, language: Language, *, held_out: bool) -> Look:
    """Return a look by chance.

    Raises:
        MissingDependency: No font has the letters of the language.
    """
    count = len(page_faces(language, held_out=held_out))
    body, display = random.randrange(count), random.randrange(count)
    if random.random() < 0.6:
        display = body
    return Look(
        body=_faces(language, body, held_out=held_out),
        display=_faces(language, display, held_out=held_out),
        size=random.choice(_SIZES),
        ink=random.choice(_INKS),
        accent=random.choice(_ACCENTS),
        margin=random.uniform(36, 80),
        align=random.choice(("left", "left", "both")),
        leading=random.uniform(1.2, 1.7),
        paper=random.choice(_PAPERS),
    )


@cache
def _faces(language: Language, place: int, *, held_out: bool) -> Faces:
    """Return all families for a language, that at a place first; those of other languages last."""
    own = page_faces(language, held_out=held_out)
    others = [face for other in LANGUAGES if other != language for face in page_faces(other, held_out=held_out)]
    return Faces(tuple(dict.fromkeys((own[place], *own, *others))))


def tint(colour: Colour, share: float) -> Colour:
    """Return a colour mixed with white; `share` is how much of it is left, 0..1."""
    red, green, blue = (round(255 - (255 - part) * share) for part in colour)
    return red, green, blue


@dataclass(slots=True)
class Column:
    """A column that is filled from top to bottom; all in pixels."""

    left: float
    top: float
    width: float
    bottom: float

    @property
    def right(self) -> float:
        """Its right side."""
        return self.left + self.width

    @property
    def room(self) -> float:
        """How much of its height is left."""
        return self.bottom - self.top

    def skip(self, pixels: float) -> None:
        """Leave a gap."""
        self.top += pixels


class Scene:
    """A page in the making."""

    def __init__(self, sheet: Sheet, author: Author, look: Look) -> None:
        """Take a sheet without anything on it."""
        self.sheet, self.author, self.look = sheet, author, look
        self.random = author.random

    # ---- letters

    def points(self, points: float) -> float:
        """Return points in pixels."""
        return points * self.sheet.unit

    def letters(self, scale: float = 1.0, *, bold: bool = False, colour: Colour | None = None, display: bool = False) -> Lettering:
        """Return letters of so many sizes of running text; at least 7 points, at most 28."""
        look = self.look
        points = min(28.0, max(7.0, look.size * scale))
        leading = look.leading if scale < 1.3 else 1.25
        faces = look.display if display else look.body
        return Lettering(faces, stepped(self.points(points)), bold, look.ink if colour is None else colour, leading)

    def page_column(self) -> Column:
        """Return all of the page within its margins."""
        margin = self.points(self.look.margin)
        return Column(margin, margin, self.sheet.width - 2 * margin, self.sheet.height - margin)

    # ---- text that flows

    def print(
        self, text: str | Sequence[str], column: Column, lettering: Lettering, align: Align = "left", *, first: float = 0.0
    ) -> list[Word]:
        """Print words down a column; nothing, where they do not fit in what is left of it."""
        words = text.split() if isinstance(text, str) else text
        setting = in_lines(words, column.width, lettering, align, first=first)
        if setting.height > column.room:
            return []
        found = self.sheet.lines(setting, (column.left, column.top))
        column.top += setting.height
        return found

    def put(
        self,
        text: str | Sequence[str],
        column: Column,
        lettering: Lettering,
        align: Align = "left",
        *,
        role: Role = "paragraph",
        level: int | None = None,
    ) -> int | None:
        """Print a block of text down a column and return its place; None, and nothing printed, where it does not fit."""
        words = self.print(text, column, lettering, align)
        return self.sheet.text(words, role, level) if words else None

    def heading(self, text: str, column: Column, scale: float, *, level: int, role: Role = "heading") -> int | None:
        """Print a heading, if there is room for it and for some lines below."""
        colour = self.look.accent if self.author.chance(0.5) else self.look.ink
        lettering = self.letters(scale, bold=True, colour=colour, display=True)
        if self.author.chance(0.08):
            lettering = replace(lettering, underlined=True)
        setting = in_lines(text.split(), column.width, lettering)
        if setting.height + 3 * self.letters().line > column.room:
            return None
        return self.put(text, column, lettering, role=role, level=level)

    def footer(self, text: str, number: str) -> None:
        """Print the foot of the page: a running line and the page's number, each where it is given."""
        size = self.letters(0.8)
        column = self.page_column()
        baseline = self.sheet.height - 0.5 * self.points(self.look.margin)
        if text and size.length(text) < 0.7 * column.width:
            self.sheet.text(self.sheet.line(text, (column.left, baseline), column.width, size), "footer")
        if number:
            align: Align = "right" if text else self.author.pick(("middle", "right"))
            self.sheet.text(self.sheet.line(number, (column.left, baseline), column.width, size, align), "page_number")

    def number(self) -> str:
        """Return what stands at the foot of a page to number it."""
        form = self.author.any("continued")
        first = self.random.randint(1, 40)
        return form.format(first, first + self.random.randint(0, 20))
