"""Labels from the text operations of a file: what one operation shows belongs together, what stands apart does not.

Words of a text layer hide this: neighbouring labels that touch are one word in it, and words of turned text overlap.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from docai.backends.classical.charts.scene import Extent, Label, Place, around
from docai.backends.classical.charts.vector.placing import mover
from docai.errors import InputError
from docai.sources import SourceWord, TextRun, text_runs
from docai.sources.spelling import clean
from docai.tiling import View

ASCENT, DESCENT = 0.75, 0.05  # ems over and under the baseline: its middle is that of digits and capitals, by which labels are set
CLOSE_EMS: Final = 0.13  # between characters of one word, at most; labels that touch by chance stand further apart
BACK_EMS: Final = 0.4  # by which a character may stand over the one before it, by kerning, at most
WORD_EMS: Final = 0.5  # between words of one label that no space is drawn between, at most
SCRIPTS_APART_EMS: Final = 0.32  # between East Asian characters and others in a word at most: a quarter, and what is rounded
ALIKE_EMS: Final = 0.025  # by which the gaps between words differ; TeX's are all 0.333 but for those behind stops
USUAL: Final = 0.6  # of the gaps must be alike to part words
SAME_START: Final = 0.01  # scene units between the letters of a ligature, which is drawn as one
EXACT_EMS: Final = 0.008  # between characters that are set each by itself, but exactly behind each other
MOSTLY_EXACT: Final = 0.5  # of such gaps that are none where characters are set exactly; kerned pairs are the others
OUT_OF_STEP_EMS: Final = 0.015  # of a gap there that parts labels, of characters that are never kerned
OFF_GRID: Final = 0.35  # points that rounding moves a character of an operation at most: LibreOffice lays text out at 600 dpi
KERNED_APART_EMS: Final = 0.043  # the same of letters: kerning brings them nearer, and hardly ever apart; Helvetica's rt by 0.040
KERNED_EMS: Final = 0.2  # by which it brings them nearer at most, as "Yo" in most fonts (0.1) and "T." (0.11)
KERNED_ONES: Final = "1"  # the figure that fonts without figures of equal width draw nearer to another 1 (Arial: 0.074)
OVERLAPPING_EMS: Final = 0.05  # by which the text of one operation begins over that of another, each of several letters
WIDE_EMS, NARROW_EMS = 0.9, 0.5  # how far characters reach about, East Asian ones and others, in fonts that do not tell it
SINGLY: Final = 0.9  # of the characters that have an operation each where they are set one by one
LEVEL_EMS: Final = 0.08  # off the baseline that a character of the same size may be
RAISED_EMS: Final = (0.15, 0.8)  # over the baseline of an exponent
SMALL: Final = 0.85  # of the size of the letters before it that an exponent's is at most
DISAGREE: Final = 0.1  # of the characters that runs and words may not have in common

_SUPERSCRIPTS: Final = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_EXPONENT = re.compile(r"[-+−]?\d+$")


class _Glyph(NamedTuple):
    text: str
    start: Place  # in the scene
    advance: float
    size: float
    run: TextRun


@dataclass(slots=True)
class _Piece:
    """Characters that follow each other; `raised` are the places in `glyphs` of exponents, `gaps` those with a space before."""

    glyphs: list[_Glyph]
    turn: float
    gaps: set[int] = field(default_factory=set)
    raised: set[int] = field(default_factory=set)
    space: bool = False  # whether the last character shown was a space
    ink: float = 0.0  # the width of the last character without the space behind it


def labels_of_runs(view: View, width: float, height: float) -> list[Label] | None:
    """Return the labels in a view by the text operations of its page; None where these do not show its words."""
    if not view.words or any(word.recognised is not None for word in view.words):
        return None
    try:
        runs = text_runs(view.page)
    except InputError:
        return None
    glyphs = list(_glyphs(view, runs, width, height))
    if not _agree(glyphs, view.words):
        return None
    pieces = list(_pieces(glyphs, _Gaps(glyphs, view), view))
    places = _Words(view, width, height)
    return [label for piece in pieces if (label := _label(piece, places)) is not None]


def _glyphs(view: View, runs: Iterable[TextRun], width: float, height: float) -> Iterator[_Glyph]:
    """Yield the characters seen in a view, in the order in which they are drawn."""
    moved = mover(view, width, height)
    scale = width / max(view.size_points[0], 1e-9)
    window = Extent(0, 0, width, height).grown(0.01)
    for run in runs:
        if not run.visible:
            continue
        turn = math.radians(run.turn - view.quarter)
        along, down = math.cos(turn), math.sin(turn)
        shown: Place | None = None
        reach = 0.0
        for text, place, advance in zip(run.text, run.starts, advances_of(run, view), strict=True):
            before, shown = shown, moved(*place)
            if before is not None and advance <= SAME_START and math.dist(before, shown) < SAME_START:
                start = shown[0] + along * reach, shown[1] + down * reach  # a ligature's next letter; the first has all its width
                own = 0.0
            else:
                start, own = shown, advance * scale
                reach = own
            # a view's box ends at the words' ink: what matters is the middle of the character
            middle = start[0] + along * own / 2 + down * 0.3 * run.size, start[1] + down * own / 2 - along * 0.3 * run.size
            if window.holds(middle):
                yield _Glyph(text, start, own, run.size * scale, run)


def advances_of(run: TextRun, view: View) -> Sequence[float]:
    """Return how far each character of a run reaches, in points; where its font tells no widths, by where the next one starts."""
    if any(advance > 0 for advance in run.advances):
        return run.advances
    wide = [WIDE_EMS if _is_unkerned(text) and not text.isdigit() else NARROW_EMS for text in run.text]
    places = [(x * view.width_points, y * view.height_points) for x, y in run.starts]
    steps = [math.dist(one, other) for one, other in pairwise(places)]
    return [*steps, run.size * wide[-1]] if wide else run.advances


def _agree(glyphs: Sequence[_Glyph], words: Sequence[SourceWord]) -> bool:
    """Return whether the characters are those of the words, but for a few that were cleaned."""
    one = Counter(c for glyph in glyphs for c in unicodedata.normalize("NFKD", glyph.text) if not c.isspace())
    other = Counter(c for word in words if word.visible for c in unicodedata.normalize("NFKD", word.text) if not c.isspace())
    different = sum(((one - other) + (other - one)).values())
    return different <= DISAGREE * 2 * max(1, sum(other.values()))


def _pieces(glyphs: Sequence[_Glyph], gaps: _Gaps, view: View) -> Iterator[_Piece]:
    piece: _Piece | None = None
    for glyph in glyphs:
        turn = glyph.run.turn - view.quarter
        if piece is not None and _goes_on(piece, glyph, turn, gaps):
            continue
        if piece is not None:
            yield piece
        piece = None if glyph.text.isspace() else _Piece([glyph], turn, ink=glyph.advance)
    if piece is not None:
        yield piece


def _goes_on(piece: _Piece, glyph: _Glyph, turn: float, gaps: _Gaps) -> bool:
    """Add a character to a piece, and return whether it belongs to it."""
    if abs((turn - piece.turn + 180) % 360 - 180) > 1:
        return False
    first, last = piece.glyphs[0], piece.glyphs[-1]
    em = max(first.size, glyph.size)
    gap, rise = _step(last, glyph, turn)
    height = _step(first, glyph, turn)[1]  # over the baseline of the first
    is_small = glyph.size < SMALL * first.size
    highest, lowest = (RAISED_EMS[1], -0.4) if is_small else (LEVEL_EMS, -LEVEL_EMS)
    if not lowest * em <= height <= highest * em or (abs(rise) > LEVEL_EMS * em and last.size == glyph.size):
        return False
    if not -BACK_EMS * em <= gap <= WORD_EMS * em:
        return False
    if glyph.text.isspace():
        piece.space = True
        piece.glyphs[-1] = last._replace(advance=max(last.advance, gap + last.advance + glyph.advance))  # the next starts there
        return True
    is_word = not piece.space and gap > CLOSE_EMS * em and gaps.is_of_scripts(last, glyph, gap / em)
    if is_word:
        pass  # the room between scripts
    elif gap > CLOSE_EMS * em:
        if piece.space or not gaps.parts_words(last, glyph, gap / em):
            return False
    elif gaps.is_out_of_step(last, glyph, gap / em) and not (piece.space and abs(gap) < KERNED_EMS * em):  # spaces are kerned, too
        return False
    if piece.space or (gap > CLOSE_EMS * em and not is_word):
        piece.gaps.add(len(piece.glyphs))
    if is_small and height > RAISED_EMS[0] * first.size:
        piece.raised.add(len(piece.glyphs))
    piece.glyphs.append(glyph)
    piece.ink = glyph.advance
    piece.space = False
    return True


def _step(before: _Glyph, after: _Glyph, turn: float) -> tuple[float, float]:
    """Return how far a character starts behind the end of another, and how far above its baseline."""
    along, down = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    x, y = after.start[0] - before.start[0], after.start[1] - before.start[1]
    return along * x + down * y - before.advance, down * x - along * y


class _Gaps:
    """Which gaps without a drawn space part the words of a label, and which part labels.

    A producer that draws spaces draws them in each label. One that draws none sets all words equally far apart, while labels
    stand near each other by chance.
    """

    def __init__(self, glyphs: Sequence[_Glyph], view: View) -> None:
        self._spaces_drawn = any(glyph.text == " " for glyph in glyphs)  # those in numbers are others, and drawn in any case
        found: list[float] = []
        steps: dict[object, list[float]] = defaultdict(list)
        within: dict[object, list[float]] = defaultdict(list)
        for before, after in pairwise(glyphs):
            if before.run.turn != after.run.turn or before.size != after.size:
                continue
            gap, rise = _step(before, after, after.run.turn - view.quarter)
            if abs(rise) >= LEVEL_EMS * after.size:
                continue
            if CLOSE_EMS < gap / after.size < WORD_EMS and not _are_figures(before, after):
                found.append(gap / after.size)
            if abs(gap) < CLOSE_EMS * after.size:
                # cairo sets letters by widths of whole pixels, and figures, all equally wide, as exactly as others do
                key = (after.run.font, _are_figures(before, after)) if before.run is after.run else after.run.font
                (within if before.run is after.run else steps)[key].append(abs(gap) / after.size)
        usual = sorted(found)[len(found) // 2] if found else 0.0
        alike = sum(abs(gap - usual) < ALIKE_EMS for gap in found)
        self._usual = usual if alike >= USUAL * len(found) else 0.0
        self._is_rule = alike > 1  # one gap between two operations proves nothing
        self._exact = {font for font, found in steps.items() if _are_exact(found)}
        self._exact_within = {key for key, found in within.items() if _are_exact(found)}
        alone = sum(glyph.run.starts[0] == glyph.run.starts[-1] for glyph in glyphs)
        self._one_by_one = alone >= SINGLY * len(glyphs)

    def parts_words(self, last: _Glyph, glyph: _Glyph, ems: float) -> bool:
        """Return whether a gap in front of a character parts words, not labels."""
        if self._spaces_drawn or not (self._is_rule or last.run is glyph.run):
            return False
        if _are_figures(last, glyph):  # labels of neighbouring ticks stand so far apart by chance only
            return self._is_rule and abs(ems - self._usual) < EXACT_EMS
        return abs(ems - self._usual) < 2 * ALIKE_EMS

    def is_of_scripts(self, last: _Glyph, glyph: _Glyph, ems: float) -> bool:
        """Return whether a gap is the room that parts East Asian characters from others within a word, as in "1월".

        Where no spaces are drawn, it may be one, but hardly behind a figure.

        Source: JIS X 4051, 4.7: a quarter of an em.
        """
        scripts = _is_east_asian(last.text), _is_east_asian(glyph.text)
        if scripts[0] == scripts[1] or not (last.text.isalnum() and glyph.text.isalnum()) or ems > SCRIPTS_APART_EMS:
            return False
        return self._spaces_drawn or last.text.isdigit()

    def is_out_of_step(self, last: _Glyph, glyph: _Glyph, ems: float) -> bool:
        """Return whether a character begins a label that touches the one before, since it does not follow as others do.

        Characters that are set one by one follow exactly, but for kerning; so does an operation that goes on in another. One
        operation may show several labels, as those of cairo do: then they stand further apart than kerning parts characters.
        """
        if last.size != glyph.size:
            return False
        if last.run is glyph.run:
            if last.text in ".," and glyph.text.isdigit():
                return False  # no label ends so; some programs round the places behind
            exact = (glyph.run.font, _are_figures(last, glyph)) in self._exact_within
            return exact and ems > max(KERNED_APART_EMS, OFF_GRID / last.size)
        if glyph.run.font in self._exact:
            if _is_unkerned(last.text) and _is_unkerned(glyph.text) and not last.text == glyph.text == KERNED_ONES:
                return abs(ems) > OUT_OF_STEP_EMS
            if ems < -KERNED_EMS:
                return True
            if last.text.islower() and glyph.text.isupper():
                return abs(ems) > EXACT_EMS
            if self._one_by_one:
                return ems > KERNED_APART_EMS
        both_long = min(len(last.run.text), len(glyph.run.text)) > 1
        return both_long and last.run.font == glyph.run.font and ems < -OVERLAPPING_EMS


def _are_exact(steps: Sequence[float]) -> bool:
    """Return whether most gaps between characters that are set by themselves are none."""
    exact = sum(step < EXACT_EMS for step in steps)
    return exact > 1 and exact >= MOSTLY_EXACT * len(steps)


def _is_unkerned(text: str) -> bool:
    """Return whether characters are figures or of East Asian scripts, all equally wide."""
    return text.isdigit() or _is_east_asian(text)


def _is_east_asian(text: str) -> bool:
    return unicodedata.east_asian_width(text[:1] or " ") in ("W", "F")


def _are_figures(one: _Glyph, other: _Glyph) -> bool:
    """Return whether two characters belong to numbers, as those of neighbouring ticks do."""
    return one.text.isdigit() and other.text.isdigit()


class _Words:
    """The words of a view by where they stand."""

    def __init__(self, view: View, width: float, height: float) -> None:
        moved = mover(view, width, height)
        self._rows: dict[int, list[tuple[Extent, SourceWord]]] = {}
        for word in view.words:
            extent = around([moved(word.box.left, word.box.top), moved(word.box.right, word.box.bottom)])
            for row in range(int(extent.top // 20), int(extent.bottom // 20) + 1):
                self._rows.setdefault(row, []).append((extent, word))

    def within(self, extent: Extent) -> tuple[SourceWord, ...]:
        """Return the words that a label covers: at least half of each, or half of the label."""
        found: dict[int, SourceWord] = {}
        area = extent.width * extent.height
        for row in range(int(extent.top // 20), int(extent.bottom // 20) + 1):
            for place, word in self._rows.get(row, ()):
                shared = extent.shared(place)
                if shared > 0.4 * min(area, place.width * place.height):
                    found[id(word)] = word
        return tuple(found.values())


def _label(piece: _Piece, words: _Words) -> Label | None:
    text = _text(piece)
    if not text:
        return None
    first, last = piece.glyphs[0], piece.glyphs[-1]
    turn = (piece.turn + 180) % 360 - 180
    if abs(turn - 90 * round(turn / 90)) < 1:
        turn = 90.0 * round(turn / 90)
    along, down = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    size = first.size if len(piece.raised) < len(piece.glyphs) else last.size
    reach = along * (last.start[0] - first.start[0]) + down * (last.start[1] - first.start[1]) + piece.ink
    end = first.start[0] + along * reach, first.start[1] + down * reach
    corners = [(x + down * rise, y - along * rise) for x, y in (first.start, end) for rise in (ASCENT * size, -DESCENT * size)]
    extent = around(corners)
    run = first.run
    return Label(
        text=text,
        extent=extent,
        size=size,
        turn=turn if turn != -180 else 180.0,
        bold=all(glyph.run.font.bold for glyph in piece.glyphs),
        words=words.within(extent),
        colour=f"#{run.colour:06x}",
        ends=(first.start, end),
    )


def _text(piece: _Piece) -> str:
    """Return what the characters say; exponents as "10^2" tells them, other raised figures as such."""
    parts: list[str] = []
    place = 0
    while place < len(piece.glyphs):
        if place in piece.gaps:
            parts.append(" ")
        if place not in piece.raised:
            parts.append(piece.glyphs[place].text)
            place += 1
            continue
        end = place
        while end < len(piece.glyphs) and end in piece.raised:
            end += 1
        raised = "".join(glyph.text for glyph in piece.glyphs[place:end])
        before = "".join(parts)[-1:]
        parts.append(f"^{raised}" if before.isdigit() and _EXPONENT.match(raised) else raised.translate(_SUPERSCRIPTS))
        place = end
    text = "".join(parts)
    spelt = clean("".join(unicodedata.normalize("NFKC", c) if "\ufb00" <= c <= "\ufb06" else c for c in text))
    return re.sub(r"\s+", " ", spelt).strip()
