"""Words into lines, and lines into text: hyphenation undone, Korean and Chinese joined as they are written."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from docai.box import Box, hull
from docai.sources import SourceWord

SPLIT_EMS = 1.6  # a gap inside a stored run that is wider than this is no word space; measured: justified text stays under 1.2 em
BEARING_EMS = (
    0.3  # white that belongs to the letters beside a gap, which boxes of ink leave out: 0.1 on each side, after commas 0.2
)
MERGE_EMS = 0.45  # runs on one baseline nearer than this are one line; the narrowest gutters met are 0.7 em
RAGGED_EMS = 0.8  # less than a syllable's width is left where lines may break anywhere
STRETCHED_EMS = 0.2  # a syllable's width shared among the five and more spaces of a line
HANGING_EMS = 0.8  # how far the brackets of TeX's extension fonts, which have no character map, hang above their line's baseline
SIGN_EMS = 0.6  # how far from there the baseline may be
MAX_SIGNS = 400  # of a page; more are an ornament, or a font without a character map
STRETCH = 1.6  # times the widest space of a line so far that the next may be wide
TWO_LINES = 3.2  # font sizes that two lines take, set with half a line between them
DOUBTFUL_EMS = 1.1  # up to here a gap between runs is judged by the lines above and below it
JUSTIFIED_EMS = 4.0  # the widest word space in a stored run; a short line forced to full width, with text above and below
SECTION_EMS = 2.5  # how far a heading may stand behind its number
MARKER_EMS = 5.0  # how far a list's text may stand behind its marker

BULLET = re.compile(r"^[•◦▪▫■□●○‣⁃∙·▸►➢➤✓✔❖*–—−-]$")
NUMBERED = re.compile(
    r"^(\(?\d{1,3}[.)]|\(?[a-z][.)]|\(?[A-Z]\)|\(?[ivxl]{1,5}[.)]|\(\d{1,3}\)|\[\d{1,3}\]|[①-⑳]|[가나다라마바사아자차카타파하][.)])$"
)
SECTION = re.compile(r"^(\d{1,2}|[A-Z])(\.\d{1,2})*\.?$")  # "2", "2.1", "A.3" before a heading
# First parts that keep their hyphen at a line's end; "pre", "ex" or "in" begin too many words that are merely broken there
_KEPT_HYPHENS = frozenset("self non well cross half all".split())
_INNER = frozenset("of the to in on up by and at or".split())  # inside a compound: "state-of-the-", but not in "in-formation"
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_SIGN = re.compile(r"^[^\w\s]{1,3}$")
_CONJUNCTIONS = frozenset("and or to und oder et ou".split())
# Second parts that English compounds keep their hyphen before, where a line happens to end at it
_KEPT_BEFORE = frozenset(
    "aware based bound centred centric date dependent driven efficient end fold free friendly grade handed heavy home in intensive "
    "known level like line minded neutral of off old oriented out powered proof quality rate ready related resistant rich scale "
    "sensitive sided size specific speed step style term third thirds time to type up way weight wide year years".split()
)
_HANGUL_ENDINGS = frozenset(
    "은는이가을를의에로와과도만서며고다나요니면지게해한된될할및등간"
)  # particles and endings that close a word


@dataclass(frozen=True)
class Line:
    """Words on one baseline, in the order they are read."""

    words: tuple[SourceWord, ...]
    em: float  # the font size as a fraction of the page's width
    leading: float  # the font size as a fraction of the page's height

    @cached_property
    def box(self) -> Box:
        """The box of all words."""
        return hull(word.box for word in self.words)

    @cached_property
    def text(self) -> str:
        """The words with spaces between them, but for scripts that are written without."""
        text = self.words[0].text
        for previous, word in pairwise(self.words):
            joined = not previous.space_after and is_han_or_kana(previous.text[-1]) and is_han_or_kana(word.text[0])
            text += word.text if joined else f" {word.text}"
        return text

    @cached_property
    def size(self) -> float:
        """The font size in points that most characters have."""
        return most_common((word.size, len(word.text)) for word in self.words)

    @cached_property
    def baseline(self) -> float:
        """The vertical place of the baseline, as a page fraction."""
        return statistics.median_low([word.baseline for word in self.words])

    @cached_property
    def bold(self) -> bool:
        """Whether all words with a letter are bold."""
        return all(word.font.bold for word in self.words if word.text.isalnum()) and any(word.font.bold for word in self.words)

    @cached_property
    def italic(self) -> bool:
        """Whether most words are italic."""
        return 2 * sum(word.font.italic for word in self.words) > len(self.words)

    @cached_property
    def monospace(self) -> bool:
        """Whether all words are in a fixed-width font."""
        return all(word.font.monospace for word in self.words)

    @property
    def marker(self) -> bool:
        """Whether the line begins like a list item."""
        first = self.words[0].text
        return len(self.words) > 1 and bool(BULLET.match(first) or NUMBERED.match(first))


def most_common(weighted: Iterable[tuple[float, int]]) -> float:
    """Return the value with the greatest total weight, values rounded to a tenth; 0 where there are none."""
    totals: dict[float, int] = {}
    for value, weight in weighted:
        key = round(value, 1)
        totals[key] = totals.get(key, 0) + weight
    return max(totals, key=totals.__getitem__) if totals else 0.0


def find_lines(words: Sequence[SourceWord], width_points: float, height_points: float) -> list[Line]:
    """Return the lines that `words` make, in no particular order.

    Runs of the text layer are split at gaps no word space has, and joined where a producer cut a line in pieces. A gap of
    doubtful width is a word space where text above or below runs across it, and a gutter where none does.
    """
    rows = _Rows(words, height_points)
    runs: list[list[SourceWord]] = []
    previous: SourceWord | None = None
    for word in words:
        if (
            previous is None
            or word.line != previous.line
            or (word.direction == 0 and not _is_space(previous, word, width_points, rows))
        ):
            runs.append([word])
        else:
            runs[-1].append(word)
        previous = word
    lines = []
    for run in _with_signs(_merge(runs, width_points, rows), width_points, height_points):
        size = max(most_common((word.size, len(word.text)) for word in run), 1.0)
        lines.append(Line(tuple(_as_read(run)), size / width_points, size / height_points))
    return lines


def _with_signs(runs: list[list[SourceWord]], width_points: float, height_points: float) -> list[list[SourceWord]]:
    """Return runs in which a sign that stands alone over or in a line, such as a tall bracket of a formula, is part of it.

    TeX hangs large brackets from a baseline of their own, up to a font size above that of the line.
    """
    level = [run for run in runs if run[0].direction == 0]
    signs = [run for run in level if len(run) == 1 and _SIGN.match(run[0].text) and not BULLET.match(run[0].text)]
    if not signs or len(signs) > MAX_SIGNS:
        return runs
    alone = {id(run) for run in signs}
    others = [run for run in level if id(run) not in alone]
    places = [(run[0].baseline * height_points, run[0].box.left * width_points, run[-1].box.right * width_points) for run in others]
    for sign in signs:
        word = sign[0]
        size = max(word.size, 1.0)
        x = (word.box.left + word.box.right) / 2 * width_points
        y = word.baseline * height_points + (HANGING_EMS * size if "\ufffd" in word.text else 0.0)
        near = [
            (abs(baseline - y), place)
            for place, (baseline, left, right) in enumerate(places)
            if abs(baseline - y) < SIGN_EMS * size and left - size < x < right + size
        ]
        if near:
            others[min(near)[1]].append(word)
            alone.discard(id(sign))
    kept = [run for run in runs if id(run) in alone or run[0].direction]
    return [*(sorted(run, key=lambda w: w.box.left) for run in others), *kept]


def _as_read(run: list[SourceWord]) -> list[SourceWord]:
    """Return the words of a line, given from left to right, as they are read: Arabic and Hebrew from the right.

    What is written from left to right inside such a line, numbers and names, keeps its own order.
    """
    if 2 * sum(bool(_RIGHT_TO_LEFT.search(word.text)) for word in run) <= len(run):
        return run
    read: list[SourceWord] = []
    place = 0
    for word in sorted(run, key=lambda w: -w.box.left):
        place = 0 if _RIGHT_TO_LEFT.search(word.text) else place + 1
        read.insert(len(read) - max(0, place - 1), word)
    return read


class _Rows:
    """Words by the height of their baseline, to be asked whether text stands above or below a gap."""

    STEPS = 200  # of a page's height; a line of 10 points on A4 is 2.4 of them

    def __init__(self, words: Sequence[SourceWord], height_points: float) -> None:
        self._height = height_points
        self._rows: dict[int, list[SourceWord]] = {}
        for word in words:
            if word.direction == 0:
                self._rows.setdefault(int(word.baseline * self.STEPS), []).append(word)

    def crossings(self, left: float, right: float, beside: SourceWord) -> tuple[bool, bool]:
        """Return whether a word of the two lines above, and of the two below, runs across a gap."""
        leading = max(beside.size, 1.0) / self._height
        middle = (left + right) / 2
        above = self._any(beside.baseline - TWO_LINES * leading, beside.baseline - 0.7 * leading, middle)
        below = self._any(beside.baseline + 0.7 * leading, beside.baseline + TWO_LINES * leading, middle)
        return above, below

    def _any(self, top: float, bottom: float, x: float) -> bool:
        return any(
            word.box.left < x < word.box.right and top < word.baseline < bottom
            for step in range(int(top * self.STEPS), int(bottom * self.STEPS) + 1)
            for word in self._rows.get(step, ())
        )


def _is_space(previous: SourceWord, word: SourceWord, width_points: float, rows: _Rows) -> bool:
    """Return whether the gap between two words that the file stores in one run is a word space."""
    em = max(word.size, 1.0) / width_points
    gap = word.box.left - previous.box.right
    if gap < (SPLIT_EMS + (BEARING_EMS if word.recognised else 0.0)) * em:
        return gap > -0.5 * em
    return gap < JUSTIFIED_EMS * em and all(rows.crossings(previous.box.right, word.box.left, word))


def _merge(runs: list[list[SourceWord]], width_points: float, rows: _Rows) -> list[list[SourceWord]]:
    """Return runs with those on one baseline that stand close together made one."""
    order = sorted(runs, key=lambda run: run[0].box.left)
    merged: list[list[SourceWord]] = []
    by_place: dict[int, list[list[SourceWord]]] = {}  # by the baseline's place in steps of 1/400 of the page
    reach = MARKER_EMS * max((run[0].size for run in runs), default=1.0) / width_points
    for run in order:
        first = run[0]
        if first.direction:  # text that runs up or down is kept as the file stores it
            merged.append(run)
            continue
        step = int(first.baseline * 400)
        near = []
        for key in (step - 1, step, step + 1):
            row = by_place.get(key, [])
            row[:] = [candidate for candidate in row if candidate[-1].box.right > first.box.left - reach]  # the rest is behind
            near += [candidate for candidate in row if _follows(candidate, first, width_points, rows)]
        if near:
            max(near, key=lambda candidate: candidate[-1].box.right).extend(run)
        else:
            merged.append(run)
            by_place.setdefault(step, []).append(run)
    return merged


def _follows(run: list[SourceWord], word: SourceWord, width_points: float, rows: _Rows) -> bool:
    """Return whether `word` goes on where `run` ends."""
    last = run[-1]
    em = max(last.size, word.size, 1.0) / width_points
    gap = word.box.left - last.box.right
    overlap = min(last.box.bottom, word.box.bottom) - max(last.box.top, word.box.top)
    if not -0.3 * em < gap < MARKER_EMS * em or overlap <= 0.5 * min(last.box.height, word.box.height):
        return False
    if gap < MERGE_EMS * em:
        return True
    if len(run) == 1 and (BULLET.match(last.text) or NUMBERED.match(last.text)):
        return True
    if len(run) == 1 and SECTION.match(last.text) and last.font == word.font:
        return gap < SECTION_EMS * em
    crossed = rows.crossings(last.box.right, word.box.left, word)
    if gap < DOUBTFUL_EMS * em:
        return any(crossed)
    inner = [after.box.left - before.box.right for before, after in pairwise(run)]  # where one space is stretched, all are
    return gap < JUSTIFIED_EMS * em and all(crossed) and (not inner or gap < STRETCH * max(inner))


def join_lines(lines: Sequence[Line], *, whole_words: bool = False) -> str:
    """Return the running text of `lines`; `whole_words` tells that they end between words, which matters in Korean."""
    text = lines[0].text
    whole_words = whole_words or (ends_in_hangul(lines) and breaks_between_words(lines))
    for previous, line in pairwise(lines):
        text = _join(text, line.text, spaced=whole_words or previous.words[-1].space_after)
    return text


def ends_in_hangul(lines: Sequence[Line]) -> bool:
    """Return whether any of `lines` ends in Korean, so that it matters how lines break."""
    return any(is_hangul(line.text[-1]) for line in lines)


def breaks_between_words(lines: Sequence[Line]) -> bool:
    """Return whether a paragraph's lines end where words do, told by its setting: a ragged margin, or stretched spaces.

    Korean is set either way. Where lines may break inside a word, each is filled to the last syllable, so that right ends
    agree and word spaces hardly differ.
    """
    full = lines[:-1]
    if len(full) < 2:
        return False
    em = max(line.em for line in full)
    ends = [line.box.right for line in full]
    spaces = [
        statistics.mean(after.box.left - before.box.right for before, after in pairwise(line.words))
        for line in full
        if len(line.words) > 2
    ]
    ragged = max(ends) - min(ends) > RAGGED_EMS * em
    return ragged or (len(spaces) > 1 and max(spaces) - min(spaces) > STRETCHED_EMS * em)


def join_texts(parts: Sequence[str]) -> str:
    """Return texts that go on with one another as one, as `join_lines` would."""
    text = parts[0] if parts else ""
    for part in parts[1:]:
        text = _join(text, part, spaced=False)
    return text


def _join(text: str, following: str, *, spaced: bool) -> str:
    if not text or not following:
        return text + following
    last, first = text[-1], following[0]
    if last in "-\u2010" and len(text) > 1 and text[-2].isalnum():
        return _join_hyphenated(text, following)
    if is_han_or_kana(last) and is_han_or_kana(first):
        return text + following
    if is_hangul(last) and is_hangul(first) and not spaced and last not in _HANGUL_ENDINGS:
        return text + following  # Korean breaks lines inside words; only a space in the file, or an ending, tells a word's end
    return f"{text} {following}"


def _join_hyphenated(text: str, following: str) -> str:
    """Return a text that ends with a hyphen and what follows it: the hyphen goes where it only broke a word."""
    begun = re.split(r"[^\w]", following, maxsplit=1)[0].lower()
    if begun in _CONJUNCTIONS:  # "pre- and post-war"
        return f"{text} {following}"
    parts = re.split(r"[\u2010-]", text[:-1].rsplit(maxsplit=1)[-1])
    stem = parts[-1]
    compound = stem.lower() in _KEPT_HYPHENS or (len(parts) > 1 and stem.lower() in _INNER) or begun in _KEPT_BEFORE
    if following[0].islower() and stem.isalpha() and not stem.isupper() and not compound:
        return text[:-1] + following
    return text + following if following[0].isalnum() else f"{text} {following}"


def is_hangul(character: str) -> bool:
    """Return whether a character is a Hangul syllable."""
    return "\uac00" <= character <= "\ud7a3"


def is_han_or_kana(character: str) -> bool:
    """Return whether a character is of a script, or its punctuation, that puts no spaces between words."""
    return "\u3000" <= character <= "\u30ff" or "\u3400" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"
