"""What scanners, copiers, fax machines and telephones do to a page: to its pixels, and to where its boxes then lie.

Law: what was in a box before is in it afterwards, and nothing that the page holds leaves the picture.
How much is done goes by how large the letters are: what no eye could read any more would only teach to invent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from random import Random
from typing import TYPE_CHECKING, Final

import numpy as np

from docai.box import WHOLE, Box, hull
from docai.document import Block, Document, Figure, Text, moved, replace
from fine_tune.synth.drawn import DrawnPage
from fine_tune.synth.scanning.light import (
    binarised,
    blurred,
    coarser,
    compressed,
    faded,
    folded,
    ground,
    halved_lines,
    noisy,
    shadowed,
    shown_through,
    speckled,
    tinted,
    unevenly_lit,
)
from fine_tune.synth.scanning.places import Placing, photographed, skewed
from fine_tune.synth.scanning.stamps import stamped
from fine_tune.synth.words import Language

if TYPE_CHECKING:
    from docai.sources import Pixels

# Pixels that words must stay high: screens of 5 x 7 could just show Latin letters; marks of tone above and below take
# one or two more, and the smallest fonts that show all of Hangul have 10 or 11
LEAST_LETTERS: Final[dict[Language, float]] = {"en": 6.5, "vi": 8.0, "ko": 10.0}
SOFTEST: Final = 0.5  # pixels of a blur's standard deviation on letters as low as that: it takes half of a stroke's contrast
ROOM: Final = 1.4  # times as high as that: then letters are still told apart in black and white alone
LETTERS: Final = 10.0  # pixels that words are taken to be high on a page without any: 10 points at 100 dpi
SMALL: Final = 0.15  # of the words are smaller than those that decide how much is done: labels of charts, but no footnote alone
_LOW: Final = re.compile(r"[acemnorsuvwxz\W_]*")  # words that are no measure of how large they are printed
TILT: Final = 2.5  # degrees that a sheet lies askew on the glass at most; feeders promise less than one
FAX_LINES: Final = 0.6  # of the lines of a page that a fax sends at least; of its "standard", 98 dpi, against 200 dots across


@dataclass(frozen=True, slots=True, eq=False)
class ScannedPage(DrawnPage):
    """A page after what happened to it.

    Attributes:
        traits: What that was, in order: "photographed", "skewed", "folded", …
    """

    traits: tuple[str, ...] = ()


# How likely each artefact is. Shares as they may be among the documents of an office, which nobody has counted; each artefact is
# common enough to be learnt
_FLATBED: Final = {
    "shown_through": 0.2,
    "stamped": 0.2,
    "folded": 0.1,
    "skewed": 0.7,
    "unevenly_lit": 0.2,
    "blurred": 0.4,
    "coarser": 0.2,
    "noisy": 0.4,
    "compressed": 0.6,
}
_COPIER: Final = {"stamped": 0.15, "folded": 0.2, "skewed": 0.8, "faded": 0.4, "binarised": 0.6, "speckled": 0.7}
_FAX: Final = {"stamped": 0.1, "skewed": 0.8, "halved_lines": 0.6, "binarised": 1.0, "speckled": 0.4}
_ARCHIVE: Final = {
    "tinted": 1.0,
    "shown_through": 0.5,
    "stamped": 0.4,
    "folded": 0.4,
    "faded": 0.6,
    "skewed": 0.7,
    "unevenly_lit": 0.5,
    "blurred": 0.5,
    "noisy": 0.4,
    "compressed": 0.6,
}
_TELEPHONE: Final = {
    "tinted": 0.2,
    "stamped": 0.1,
    "folded": 0.3,
    "photographed": 1.0,
    "unevenly_lit": 0.5,
    "shadowed": 0.6,
    "blurred": 0.6,
    "coarser": 0.15,
    "noisy": 0.5,
    "compressed": 0.8,
}
WAYS: Final = ((0.42, _FLATBED), (0.15, _COPIER), (0.08, _FAX), (0.12, _ARCHIVE), (0.23, _TELEPHONE))  # how likely, and what then


def scanned(drawn: DrawnPage, seed: int, strength: float | None = None) -> ScannedPage:
    """Return a page as it comes from a scanner, a copier, a fax machine, an archive or a telephone; the same for the same seed.

    Args:
        drawn: The page; pages that were scanned before keep their traits and get more.
        seed: Any number.
        strength: How bad it gets, 0..1; by chance if None, rather little than much.

    Raises:
        ValueError: `strength` is out of range.
    """
    if strength is not None and not 0 <= strength <= 1:
        raise ValueError(f"a strength of {strength}; want 0..1")
    random = Random(f"scan {seed}")
    chance = random.betavariate(1.3, 1.8)
    strength = chance if strength is None else strength
    _, way = random.choices(WAYS, [weight for weight, _ in WAYS])[0]
    return _scanned(drawn, random, strength, [name for name, likely in way.items() if random.random() < likely])


def scanned_as(drawn: DrawnPage, artefacts: tuple[str, ...], seed: int, strength: float = 0.5) -> ScannedPage:
    """Return a page with just these artefacts, in this order; `ARTEFACTS` are their names.

    Raises:
        KeyError: There is none of such a name.
    """
    return _scanned(drawn, Random(f"scan as {seed}"), strength, list(artefacts))


def _scanned(drawn: DrawnPage, random: Random, strength: float, artefacts: list[str]) -> ScannedPage:
    scan = _Scan(drawn, random, strength)
    for name in artefacts:
        if ARTEFACTS[name](scan):
            scan.traits.append(name)
    return scan.page()


class _Scan:
    """A page while things happen to it.

    Attributes:
        content: The hull of all that the page holds, which must stay in the picture.
        letters: How high small words are, in pixels; `least` is how high they must stay.
    """

    def __init__(self, drawn: DrawnPage, random: Random, strength: float) -> None:
        self.drawn, self.random, self.strength = drawn, random, strength
        self.pixels: Pixels = drawn.pixels
        self.document, self.dpi, self.paper = drawn.document, float(drawn.dpi), drawn.paper
        self.fields, self.marks = drawn.fields, drawn.marks
        self.traits = list(drawn.traits) if isinstance(drawn, ScannedPage) else []
        boxes = [block.content.box for block in drawn.document.blocks]
        self.content = hull(boxes) if boxes else WHOLE
        words = [word for page in drawn.document.pages for word in page.words if not _LOW.fullmatch(word.text)]
        high = sorted(min(word.box.height * self.size[1], word.box.width * self.size[0]) for word in words)
        self.letters = high[int(SMALL * len(high))] if high else LETTERS
        self.least = LEAST_LETTERS["ko" if drawn.kind == "mixed" else drawn.language]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def blur(self) -> float:
        """Return the largest standard deviation of a blur, in pixels, that leaves the letters legible."""
        return SOFTEST * self.letters / self.least * (0.3 + 0.7 * self.strength)

    def place(self, placing: Placing, surface: Pixels | tuple[int, int, int]) -> None:
        """Lay the page into a picture, and its boxes with it."""
        self.pixels = placing.warp(self.pixels, surface)
        move = placing.moves()
        self.document = moved_document(self.document, move)
        self.fields = tuple(field._replace(box=move(field.box)) for field in self.fields)
        self.marks = tuple(map(move, self.marks))
        self.content = move(self.content)

    def light(self, change: Callable[[Pixels, Random, float], Pixels]) -> bool:
        """Change the pixels alone, as strongly as all else."""
        self.pixels = change(self.pixels, self.random, self.strength)
        return True

    def page(self) -> ScannedPage:
        """Return the page; its size in points goes with its pixels."""
        width, height = self.size
        dpi = round(self.dpi)
        page = self.document.pages[0]
        page = replace(page, width_points=width * 72 / dpi, height_points=height * 72 / dpi)
        told = {field.name: getattr(self.drawn, field.name) for field in fields(DrawnPage)}
        told |= {"pixels": self.pixels, "dpi": dpi, "document": replace(self.document, pages=(page,)), "paper": self.paper}
        return ScannedPage(**{**told, "fields": self.fields, "marks": self.marks}, traits=tuple(self.traits))


def moved_document(document: Document, move: Callable[[Box], Box]) -> Document:
    """Return a document of one page with all boxes where `move` puts them; a text that was as large as its words stays so."""

    def changed(block: Block) -> Block:
        content = moved(block.content, move)
        if isinstance(content, Text) and content.words and block.box == hull(word.box for word in block.content.words):
            content = replace(content, box=hull(word.box for word in content.words))
        return replace(block, content=content)

    page = document.pages[0]
    return replace(document, pages=(replace(page, blocks=tuple(map(changed, page.blocks))),))


# What can happen: each changes the scan, and returns whether it has


def _tinted(scan: _Scan) -> bool:
    before = np.array(scan.paper, np.uint8).reshape(1, 1, 3)
    state = scan.random.getstate()
    scan.pixels = tinted(scan.pixels, scan.random)
    scan.random.setstate(state)
    red, green, blue = tinted(before, scan.random)[0, 0].tolist()
    scan.paper = (red, green, blue)
    return True


def _stamped(scan: _Scan) -> bool:
    if not scan.document.pages[0].blocks:
        return False  # a stamp is something to read, and an empty page would no longer be one
    scan.pixels, box = stamped(scan.pixels, scan.random, scan.dpi, scan.drawn.language)
    page = scan.document.pages[0]
    block = Block(id=f"p1/{len(page.blocks) + 1}", content=Figure(page_number=1, box=box), source="picture")
    scan.document = replace(scan.document, pages=(replace(page, blocks=(*page.blocks, block)),))
    scan.content = scan.content.union(box)
    return True


def _skewed(scan: _Scan) -> bool:
    degrees = scan.random.choice((-1, 1)) * scan.random.uniform(0.15, 0.3 + (TILT - 0.3) * scan.strength)
    lid = scan.random.choice((scan.paper, scan.paper, (255, 255, 255), (24, 24, 26)))  # what a scanner sees beside the sheet
    scan.place(skewed(scan.size, scan.content, degrees), lid)
    return True


def _photographed(scan: _Scan) -> bool:
    width, height = scan.size
    placing = photographed(scan.size, scan.random, 0.2 + 0.8 * scan.strength)
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]]) @ placing.matrix.T
    scan.place(placing, ground(placing.after, corners[:, :2] / corners[:, 2:], scan.random))
    return True


def _blurred(scan: _Scan) -> bool:
    most = scan.blur()
    if most >= 0.2:  # pixels; a Gauss curve that is narrower leaves a picture as it is
        scan.pixels = blurred(scan.pixels, scan.random, most)
    return most >= 0.2


def _coarser(scan: _Scan) -> bool:
    least = max(scan.least / scan.letters, 55 / scan.dpi)  # under 50 dpi, a file's word is not believed
    wanted = scan.random.uniform(1 - 0.5 * scan.strength, 0.95)
    factor = max(wanted, least)
    enlarged = scan.random.random() < 0.5
    if factor >= 0.97:
        return False
    if not enlarged:
        factor = round(scan.dpi * factor) / scan.dpi
    width, height = (max(1, round(side * factor)) for side in scan.size)
    scan.pixels = coarser(scan.pixels, (width, height), enlarged=enlarged)
    scan.letters *= factor
    scan.dpi *= 1.0 if enlarged else factor
    return True


def _halved_lines(scan: _Scan) -> bool:
    share = max(FAX_LINES, scan.least / scan.letters)
    if share >= 0.9:
        return False
    scan.pixels = halved_lines(scan.pixels, share)
    scan.letters *= share
    return True


def _binarised(scan: _Scan) -> bool:
    scan.pixels = binarised(scan.pixels, scan.random, scan.blur(), fine=scan.letters < ROOM * scan.least)
    return True


ARTEFACTS: Final[dict[str, Callable[[_Scan], bool]]] = {
    "tinted": _tinted,
    "shown_through": lambda scan: scan.light(shown_through),
    "stamped": _stamped,
    "folded": lambda scan: scan.light(folded),
    "faded": lambda scan: scan.light(faded),
    "skewed": _skewed,
    "photographed": _photographed,
    "unevenly_lit": lambda scan: scan.light(unevenly_lit),
    "shadowed": lambda scan: scan.light(shadowed),
    "blurred": _blurred,
    "coarser": _coarser,
    "halved_lines": _halved_lines,
    "binarised": _binarised,
    "noisy": lambda scan: scan.light(noisy),
    "speckled": lambda scan: scan.light(speckled),
    "compressed": lambda scan: scan.light(compressed),
}
