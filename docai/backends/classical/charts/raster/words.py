"""Rows of print in a chart's picture read, each by itself, and made labels: what a reader of whole pages misses or misreads."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np

from docai.backends.classical.calibration import calibrated
from docai.backends.classical.charts.raster.decimals import pointed_number
from docai.backends.classical.charts.raster.page_words import COVERED, as_label, covers, extent_of, seen, shared, without_tick
from docai.backends.classical.charts.raster.prints import Row
from docai.backends.classical.charts.raster.progressions import with_doubts
from docai.backends.classical.charts.raster.raised import as_power
from docai.backends.classical.charts.scene import Extent, Label
from docai.backends.classical.engines import TESSERACT_NAMES, LabelEngine, LineEngine, OfLabels, Once, ReadLine, ReadWord
from docai.backends.classical.letters import line_size
from docai.backends.classical.scanned import ENGINES
from docai.errors import MissingDependency
from docai.lines import is_hangul
from docai.marks import Rectangle
from docai.registry import load
from docai.sources import SourceWord
from docai.tiling import View

UNSURE: Final = 0.94  # confidence of Tesseract under which a row is read a second time: 1 of 5 is wrong just below, 1 of 100 above
BELIEVED: Final = 0.9  # confidence of that network from which on it is believed; in small print it loses fewer full stops
MOST_SECOND: Final = 40  # rows that are read a second time, 11 CPU-ms each
# How sure a label is at most that two readers read differently, and at least that both read alike, where they are not both unsure:
# of 121 and 186 such ones in charts by matplotlib and Vega-Lite, 78 % and 98 % were right, however sure each reader was
DISPUTED, AGREED, LEAST_AGREED = 0.78, 0.95, 0.5
# Confidence under which Tesseract's reading does not speak against a sure one of the network: 8 of 8 were wrong
NOTHING: Final = 0.5
ALIKE: Final = 0.7  # of their letters that two readings of one name share, accents aside
LEAST_FOREIGN: Final = 0.75  # confidence of another language's reader from which on it is believed where letters need it
FOREIGN_LETTERS: Final = "[\u0102\u0103\u0110\u0111\u0128\u0129\u0168\u0169\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]"  # of Vietnamese
SAME_FORM: Final = frozenset("cosuvwxz0")  # letters that are as large ones, but smaller
UPRIGHT, TURNED = 0.9, 0.97  # confidence under which a letter is looked at in a turn, and from which on it is believed there
MISTAKEN: Final = {"I": "1l|\\/!'", "O": "0"}  # capitals, and what they are read as where nothing stands beside them
LEAST_COMPANY, IN_COMPANY = 3, 0.8  # such capitals in line that tell what another letter is, and how sure it then is
BROAD: Final = 1.2  # times its height that a letter is wide at most
TALL: Final = 0.86  # of the height of figures from which on a letter is a capital; an x is 0.75 high
ROUND: Final = 0.85  # times its height that an O is wide at least; a 0 is 0.7 wide
LEAST_NUMBERS: Final = 2  # that tell how high figures are
MANY_SYMBOLS: Final = 12  # coloured marks of one size that are no letters
SYMBOL_SPREAD: Final = 0.15  # of their size that they differ by
HOPELESS: Final = 0.3  # confidence under which nothing was read; of one or two letters, icons are read as such
HOPELESS_SHORT: Final = 0.55
FOREIGN: Final = 0.1  # that another language must be read better by than the page's
LEAST_TOLD: Final = 0.1  # of a page's words that were read in a language which its charts may be in
ENOUGH_TOLD: Final = 8  # words of a page that tell of its languages
EVEN: Final = 0.14  # of their usual distance that the middles of an axis' labels are off at most
CROWDED: Final = 1.2  # times as long as usual that labels without a gap between them may seem, as letters are taken for as wide
LEAST_EVEN: Final = 4  # words in a row that are labels of an axis where they stand evenly
SPACE: Final = 0.6  # of the letters' height that words of one label stand apart at most
SURELY_PRINT: Final = 0.8  # probability from which on a word of the page is taken that no row of the chart covers
MOST_UNUSUAL: Final = 2.2  # times as high as most labels, in its box, that such a word is at most
SHORT: Final = 2  # letters and digits; signs are read as no more
LEAST_UNIT, MOST_UNIT = 0.7, 1.25  # times as high as small words and numbers, and as large words, that short print is
FAR_OFF: Final = 1.2  # times those sizes, as far as other rows alone tell them, that what is not even read is off
ENCLOSED: Final = 0.8  # of a sign that lies in other print


_POINTLESS = re.compile(r"[-–−+]?0\d+|10\d?")
_NUMBER = re.compile(r"[-–−+(]?[$€£₩¥]?\d[\d.,' ]*\s?(?:%|[kKMBT]|bn|m)?\)?")
_GROUPED = re.compile(r"\d{1,3}(?: \d{3})+(?:[.,]\d+)?")
_EXPONENT = re.compile(r"[lI|](e[-–−+]?\d+)")
_POWER = re.compile(r"[-–−]?10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")  # whose exponent Tesseract reads as figures
_WON = re.compile(r"[Ww\\]\d[\d.,]*[KMB만억조]?")
_BACKSLASH = re.compile(r"\\\d[\d.,]*[KMB]?")
_SAMPLE = re.compile(r"^[-–—~_.+|:=]+\s+(?=[^\W\d])")
_NO_TEXT = re.compile(r"^[\W_]+$")
_RUN_ON = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a row says."""

    row: Row
    line: ReadLine
    agreed: bool | None = None  # whether two readers read the same; None where only one of them saw anything

    @property
    def text(self) -> str:
        """The text, without a tick that stands beside a number, and the piece of line before a name that a legend shows."""
        return as_power(_SAMPLE.sub("", without_tick(self.line.text.strip())), self.row.strip)


def read_labels(rows: Sequence[Row], view: View, size: tuple[float, float], languages: Sequence[str]) -> tuple[Label, ...]:
    """Return the labels of a chart's picture: its rows as they are read, and words of the page in places where there is no row.

    `size` is the picture's width and height in the scene; rows are in its frame.
    """
    exact = [word for word in view.words if word.recognised is None and word.visible]
    free = [row for row in rows if not any(covers(row.extent, word, view, size) for word in exact)]
    readings = _without_icons([reading for reading in _readings(free, view, size, languages) if _is_text(reading)])
    labels = with_doubts([label for reading in readings for label in _labels(reading)])
    placed = [label.extent for label in labels]
    usual = float(np.median([min(e.width, e.height) for e in placed])) if placed else 0.0
    for word in view.words:
        extent = extent_of(word, view, size)
        if not word.visible:
            continue
        if word.recognised is None or (_is_print(word, extent, usual) and not any(_is_over(extent, other) for other in placed)):
            labels.append(as_label(word, extent, size[0] / view.size_points[0]))
    return tuple(labels)


def _is_print(word: SourceWord, extent: Extent, usual: float) -> bool:
    """Return whether a word that was read on the page, but is in no row of its chart, is print and no drawing read as such."""
    high = min(extent.width, extent.height)
    even = not usual or high <= MOST_UNUSUAL * usual
    return even and word.confidence >= SURELY_PRINT and any(map(str.isalnum, word.text))


# Reading


@cache
def _engine(name: str) -> LineEngine | None:
    """Return who reads a language (its name with Tesseract), or "rapid"; None where nobody can."""
    kinds = ("rapid",) if name == "rapid" else ("tesseract", "command")
    for kind in kinds:
        try:
            engine: LineEngine = load(ENGINES[kind])(name)
        except MissingDependency:
            continue
        return engine
    return None


def _names(view: View, languages: Sequence[str]) -> list[str]:
    """Return the languages to read in, by their names with Tesseract: those of the page's words, English among them.

    Where the page has few words, they are `languages`, too.
    """
    told = Counter(
        word.recognised.engine.split(":")[1]
        for word in view.words
        if word.recognised is not None and word.recognised.engine.startswith("tesseract:")
    )
    names = [name for name, count in told.most_common() if count >= LEAST_TOLD * sum(told.values())]
    if sum(told.values()) < ENOUGH_TOLD:
        names += [TESSERACT_NAMES.get(language, language) for language in languages]
    return list(dict.fromkeys([*names, "eng"]))


def _readings(rows: Sequence[Row], view: View, size: tuple[float, float], languages: Sequence[str]) -> list[Reading]:
    """Return what rows say: numbers as the English reader sees them, names in the page's language, or as read on the page."""
    readers = {name: Once(engine) for name in _names(view, languages) if (engine := _engine(name))}
    found = _firsts(_without_symbols(rows), readers)
    rows, names, second = [reading.row for reading in found], list(readers), _second()
    if second is not None:
        words = [(word, extent_of(word, view, size)) for word in view.words if word.recognised is not None and not word.direction]
        found = [_as_seen(reading, words) for reading in found]
        unsure = [place for place, reading in enumerate(found) if reading.agreed is None and _is_doubtful(reading)]
        unsure.sort(key=lambda place: (rows[place].coloured and rows[place].marks == 1, not _is_short(found[place].line.text)))
        for place in unsure[:MOST_SECOND]:
            reading = found[place]
            again = second.read(reading.row.strip)
            line = _of_two(reading.line, again, names)
            found[place] = Reading(reading.row, line, _agree(reading.line, again))
            if _may_be_turned(found[place]):
                found[place] = _in_turn(found[place], second)
    found = _in_company(found)
    pointed = [replace(reading, line=pointed_number(reading.line, reading.row.strip)) for reading in found]
    spelt = [replace(reading, line=_with_exponent(reading.line)) for reading in _sized(pointed)]
    return [replace(reading, line=_with_won(reading.line, korean="kor" in names)) for reading in spelt]


def _as_seen(reading: Reading, words: Sequence[tuple[SourceWord, Extent]]) -> Reading:
    """Return a doubtful reading as another look at its row, that of the page, tells: the same, or another that is surer."""
    there = seen(reading.row, words) if _is_doubtful(reading) else None
    if there is None:
        return reading
    if _agree(reading.line, there):
        return replace(reading, agreed=True)
    return reading if any(map(str.isdigit, reading.text)) else Reading(reading.row, there)


def _firsts(rows: Sequence[Row], readers: Mapping[str, LineEngine]) -> list[Reading]:
    """Return what rows say at first sight, in order, without those of one mark that are of no size of letters: icons."""
    found = {id(row): Reading(row, _first(row, readers)) for row in rows if row.marks > 1}
    least, most = _sizes([reading for reading in found.values() if _is_text(reading)]) or (0.0, math.inf)
    for row in rows:
        broad = row.strip.place.width > BROAD * row.strip.place.height  # it may be a word whose letters touch
        if row.marks == 1 and (broad or _fits(row, least / FAR_OFF, most * FAR_OFF)):
            found[id(row)] = Reading(row, _first(row, readers))
    return [found[id(row)] for row in rows if id(row) in found]


def _with_exponent(line: ReadLine) -> ReadLine:
    """Return a power of ten as computers write it, "1e6", whose figure is read as a letter."""
    power = _EXPONENT.fullmatch(line.text)
    return line if power is None else ReadLine(line.engine, (line.words[0]._replace(text=f"1{power[1]}"), *line.words[1:]))


def _in_company(readings: Sequence[Reading]) -> list[Reading]:
    """Return readings with an I and an O that were read as signs or figures among single capitals on their level, or above them."""
    single = [reading for reading in readings if len(reading.text) == 1]
    capitals = [reading.row for reading in single if reading.text.isupper()]
    found = []
    for reading in readings:
        extent, turn = reading.row.extent, reading.row.turn
        letter = next((own for own, signs in MISTAKEN.items() if reading.text in signs), None)
        company = [row for row in capitals if row.turn == turn and _in_line(row.extent, extent)] if letter else []
        if letter is None or len(company) < LEAST_COMPANY or reading.row.marks != 1 or not reading.line.words:
            found.append(reading)
            continue
        word = reading.line.words[0]._replace(text=letter, confidence=max(IN_COMPANY, reading.line.words[0].confidence))
        found.append(Reading(reading.row, ReadLine(reading.line.engine, (word,))))
    return found


def _in_line(one: Extent, other: Extent) -> bool:
    """Return whether two labels of one letter stand on one level, or above each other."""
    ends = ((one.bottom, other.bottom), (one.top, other.top), (one.left, other.left), (one.right, other.right))
    return min(abs(a - b) for a, b in (*ends, (sum(one[::2]) / 2, sum(other[::2]) / 2))) <= 1


def _may_be_turned(reading: Reading) -> bool:
    """Return whether a row is one letter that is unsurely read as it stands, or broader than letters are."""
    place = reading.row.strip.place
    broad = place.width > BROAD * place.height and not set(reading.text) & set("mwMW")
    return reading.row.marks == 1 and not reading.row.turn and (reading.line.confidence < UPRIGHT or broad)


def _in_turn(reading: Reading, second: LineEngine) -> Reading:
    """Return what a row of one letter says upright, or as it reads upwards where it says that surely: the title of an axis."""
    row = reading.row
    place = row.strip.place
    upwards = replace(
        row.strip,
        place=Rectangle(place.top, place.left, place.bottom, place.right),
        picture=np.ascontiguousarray(np.rot90(row.strip.picture, -1)),
        unit=float(place.width),
    )
    again = second.read(upwards)
    if again.confidence < TURNED or not again.text.isalpha():
        return reading
    return Reading(replace(row, strip=upwards, turn=-90.0), again)


def _without_symbols(rows: Sequence[Row]) -> list[Row]:
    """Return rows without the marks of a scatter plot: many single ones, coloured and of about one size."""
    single = [row for row in rows if row.coloured and row.marks == 1]
    usual = float(np.median([row.strip.unit for row in single])) if single else 0.0
    alike = {id(row) for row in single if abs(row.strip.unit - usual) <= SYMBOL_SPREAD * usual + 1}
    return list(rows) if len(alike) < MANY_SYMBOLS else [row for row in rows if id(row) not in alike]


def _second() -> LineEngine | None:
    """Return the network for Latin script, which reads what looks the same once; None where it is not installed."""
    engine = _engine("rapid")
    return Once(OfLabels(engine)) if isinstance(engine, LabelEngine) else None


def _of_two(first: ReadLine, second: ReadLine, names: Sequence[str]) -> ReadLine:
    """Return the better of two readings of one row, Tesseract's and that of the network for Latin script.

    Where they differ in accents alone, which that network does not know all of, a reader of another language is right. Two that
    agree are as sure as the surer one of them, two that do not are unsure.
    """
    if not second.words or not any(map(str.isalnum, second.text)):
        return first if len(first.text) > SHORT else ReadLine(first.engine)
    own, other = _bare(first.text), _bare(second.text)
    if _is_foreign(first.text) and names[0] != "eng":
        alike = SequenceMatcher(None, own, other).ratio()
        if alike >= ALIKE or first.confidence > LEAST_FOREIGN:
            return first
    if own == other:
        better = second.confidence >= first.confidence or len(own) <= SHORT or _POWER.fullmatch(second.text)
        return second if better else first
    if second.confidence >= BELIEVED or second.confidence > first.confidence:
        return second
    return first


def _agree(first: ReadLine, second: ReadLine) -> bool | None:
    """Return whether two readings of a row differ by no more than spaces, dashes, accents and the size of letters.

    None where one of them says nothing: an unsure one of Tesseract's beside a sure one of the network says nothing, either.
    """
    if not first.words or not second.words or (first.confidence < NOTHING and second.confidence >= TURNED):
        return None
    if _POWER.fullmatch(second.text) and not _POWER.fullmatch(first.text):
        return None
    return _bare(first.text).lower() == _bare(second.text).lower()


def _bare(text: str) -> str:
    """Return a text without spaces, accents, and differences between dashes."""
    plain = unicodedata.normalize("NFKD", re.sub("[\u2212\u2013\u2014]", "-", text))
    return "".join(letter for letter in plain if not unicodedata.combining(letter) and not letter.isspace())


def _is_foreign(text: str) -> bool:
    """Return whether a text has letters that the network for Latin script does not know."""
    return any(is_hangul(letter) for letter in text) or re.search(FOREIGN_LETTERS, text) is not None


def _is_short(text: str) -> bool:
    """Return whether a text is a number or has a few letters only, so that little tells a reader what they are."""
    return sum(map(str.isalnum, text)) <= SHORT or any(map(str.isdigit, text))


def _sized(readings: Sequence[Reading]) -> list[Reading]:
    """Return readings with single letters that have one form large and small, and O and 0, told by their height and width."""
    heights = [reading.row.strip.place.height for reading in readings if _NUMBER.fullmatch(reading.text) and reading.row.marks > 1]
    usual = float(np.median(heights)) if len(heights) >= LEAST_NUMBERS else 0.0
    return [_fitting(reading, usual) for reading in readings]


def _fitting(reading: Reading, usual: float) -> Reading:
    text, place = reading.text, reading.row.strip.place
    if not text or len(text) > SHORT or not set(text.lower()) <= SAME_FORM or len(reading.line.words) != 1:
        return reading
    tall = bool(usual) and place.height >= TALL * usual
    if reading.row.marks == 1 and len(set(text.lower())) == 1 and place.width <= BROAD * place.height:
        text = text[0]  # read in both its forms
    if text in "Oo0" and (tall or not usual):
        text = "O" if place.width > ROUND * place.height else "0"
    elif usual and (tall if text.islower() else text.isupper()):
        text = text.upper() if tall else text.lower()
    word = reading.line.words[0]
    return replace(reading, line=ReadLine(reading.line.engine, (word._replace(text=text),)))


def _with_won(line: ReadLine, *, korean: bool) -> ReadLine:
    """Return a sum of money in won with its sign, which no reader knows: they see a W, or a backslash as on old keyboards."""
    if len(line.words) != 1 or not (_WON if korean else _BACKSLASH).fullmatch(line.words[0].text):
        return line
    word = line.words[0]
    return ReadLine(line.engine, (word._replace(text="₩" + word.text[1:]),))


def _first(row: Row, readers: Mapping[str, LineEngine]) -> ReadLine:
    best: ReadLine | None = None
    worth = -1.0
    names = list(readers)
    for place, name in enumerate(sorted(names, key="eng".__ne__)):
        line = readers[name].read(row.strip)
        if name == "eng" and _NUMBER.fullmatch(line.text) and line.confidence > 0.85:
            return line
        own = line.confidence + (FOREIGN if name == names[0] and name != "eng" else 0.0)
        if name == "kor" and not any(map(is_hangul, line.text)):
            own -= FOREIGN
        if best is None or own > worth:
            best, worth = line, own
        if place == 0 and names[0] == "eng" and own >= UNSURE:
            break
    return best or ReadLine("none")


def _is_doubtful(reading: Reading) -> bool:
    """Return whether a row should be read again: unsurely read, short, or a number that begins with a nought and has no point."""
    line = reading.line
    if any(map(is_hangul, line.text)) and len(line.text) > 1:
        return False
    letters = sum(map(str.isalnum, line.text))
    return line.confidence < UNSURE or letters < SHORT or _POINTLESS.fullmatch(line.text) is not None


def _is_text(reading: Reading) -> bool:
    """Return whether a reading is of print, not of an icon, a symbol or a piece of a line."""
    text, sure = reading.text, reading.line.confidence
    if not text or _NO_TEXT.match(text):
        return False
    letters = sum(map(str.isalnum, text))
    if not letters or sure < HOPELESS:
        return False
    return letters > 2 or sure >= HOPELESS_SHORT


def _without_icons(readings: Sequence[Reading]) -> list[Reading]:
    """Return readings without those of one or two letters that are buttons and other signs.

    They are much larger than all words, or much smaller, or lie in the midst of other print.
    """
    sizes = _sizes(readings)
    if sizes is None:
        return list(readings)
    kept = []
    for reading in readings:
        if sum(map(str.isalnum, reading.text)) > SHORT:
            kept.append(reading)
            continue
        own = reading.row
        around = any(
            shared(own.extent, other.row.extent) > ENCLOSED and len(other.text) > len(reading.text)
            for other in readings
            if other is not reading
        )
        if not around and _fits(own, *sizes):
            kept.append(reading)
    return kept


def _sizes(readings: Sequence[Reading]) -> tuple[float, float] | None:
    """Return how small and how large the letters of short print are, in pixels; None where no other print tells."""
    units = [reading.row.strip.unit for reading in readings if sum(map(str.isalnum, reading.text)) > SHORT]
    numbers = [reading.row.strip.unit for reading in readings if _NUMBER.fullmatch(reading.text) and reading.row.marks > 1]
    if not units:
        return None
    usual = float(np.median([reading.row.strip.unit for reading in readings]))
    return LEAST_UNIT * float(np.percentile(units + numbers, 10)), MOST_UNIT * max(usual, float(np.percentile(units, 90)))


def _fits(row: Row, least: float, most: float) -> bool:
    """Return whether a row is of the size of letters; the largest side of a single mark tells how small it is."""
    size = max(row.extent.width, row.extent.height) if row.marks == 1 else row.strip.unit
    return least <= size and row.strip.unit <= most


# Labels


def _labels(reading: Reading) -> Iterator[Label]:
    """Yield the labels in a row: one, or several of an axis that stand so close that they look like words."""
    words = [word for word in reading.line.words if not _NO_TEXT.match(word.text) or len(reading.line.words) == 1]
    groups = _parted(words, reading.row.strip.unit) if reading.row.turn == 0 else None
    if groups is None:
        yield _label(reading, reading.text, None)
        return
    for group in groups:
        yield _label(reading, " ".join(word.text for word in group), (group[0].left, group[-1].right))


def _parted(words: Sequence[ReadWord], unit: float) -> list[list[ReadWord]] | None:
    """Return the words of a row as labels of their own, None where they are one label."""
    pieces = [piece for word in words for piece in _apart(word)]
    if len(pieces) >= LEAST_EVEN:
        middles = np.array([(word.left + word.right) / 2 for word in pieces])
        steps = np.diff(middles)
        usual = float(np.median(steps))
        long = max(word.right - word.left for word in pieces) / (CROWDED if len(pieces) > len(words) else 1.0)
        spaced = len(pieces) > len(words) or min(b.left - a.right for a, b in pairwise(words)) > SPACE * unit
        if usual > 0 and float(np.abs(steps - usual).max()) <= EVEN * usual + 1.5 and long < 1.1 * usual and spaced:
            return [[word] for word in pieces]
    numbers = [word for word in words if _NUMBER.fullmatch(word.text)]
    if len(words) > 1 and len(numbers) == len(words) and not _GROUPED.fullmatch(" ".join(word.text for word in words)):
        gaps = [after.left - before.right for before, after in pairwise(words)]
        if min(gaps) > 0.5 * unit or all(word.text.endswith("%") for word in words):
            return [[word] for word in words]
    return None


def _apart(word: ReadWord) -> list[ReadWord]:
    """Return the words that were read as one since nothing parts them but a capital: "MarAprMay"."""
    parts = _RUN_ON.split(word.text)
    if len(parts) == 1:
        return [word]
    letter = (word.right - word.left) / len(word.text)
    found, left = [], word.left
    for part in parts:
        found.append(word._replace(text=part, left=left, right=left + letter * len(part)))
        left += letter * len(part)
    return found


def _label(reading: Reading, text: str, span: tuple[float, float] | None) -> Label:
    row, line = reading.row, reading.line
    extent = row.extent
    if span is not None:
        left = row.extent.left - row.strip.margin
        extent = Extent(left + span[0], extent.top, left + span[1], extent.bottom)
    size, _ = line_size(text, float(row.strip.place.height))
    sure = calibrated(line.engine, line.confidence)
    if reading.agreed is False:
        sure = min(sure, DISPUTED)
    elif reading.agreed and sure >= LEAST_AGREED:
        sure = max(sure, AGREED)
    return Label(text, extent, size, row.turn, confidence=round(sure, 4), colour=row.colour)


def _is_over(extent: Extent, other: Extent) -> bool:
    """Return whether two extents cover a good part of the smaller of them."""
    return max(shared(extent, other), shared(other, extent)) > COVERED


def moved(rows: Sequence[Row], left: float, top: float) -> list[Row]:
    """Return rows moved to the right and down."""
    return [
        replace(row, extent=Extent(row.extent.left + left, row.extent.top + top, row.extent.right + left, row.extent.bottom + top))
        for row in rows
    ]
