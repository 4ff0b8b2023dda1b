"""Pictures of text read: prepared, cut into lines, each line read in its language, words placed on the page."""

from __future__ import annotations

import math
import os
import statistics
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat
from typing import TYPE_CHECKING, Final, Literal

import cv2
import numpy as np

from docai.backends.classical.calibration import calibrated
from docai.backends.classical.cells import ENGINE
from docai.backends.classical.comparison import Opinion, read_line
from docai.backends.classical.engines import TESSERACT_NAMES, LabelEngine, LineEngine, OfLabels, ReadLine
from docai.backends.classical.letters import line_size
from docai.backends.classical.plotted import is_plotted, plotted, stands_straight
from docai.backends.classical.strips import Found, Strip, find_strips, letter_height
from docai.box import WHOLE, Box
from docai.chart_regions import has_axis
from docai.document import Problem, Severity, mean_confidence
from docai.errors import InputError, MissingDependency
from docai.exchange import Reply
from docai.lines import is_hangul
from docai.marks import Rectangle
from docai.preparation import Prepared, prepare, turned
from docai.processes import cores
from docai.registry import load
from docai.sources import Font, Picture, Recognised, Rule, SourceWord, VectorPath
from docai.tasks.reading import Layer, ReadText
from docai.tiling import Lens, View

if TYPE_CHECKING:
    from docai.sources import Pixels

# Between these, a scan is read as it is: finer ones gain nothing and take longer, coarser ones are enlarged, since marks of
# three pixels fall together (measured on 10.5-point text: 300 dpi reads no better than 200).
FINEST, COARSEST = 300.0, 150.0  # dots per inch
FINE: Final = 8.0  # pixels; smaller letters run together, and are read better in a picture twice as large
LARGEST_FINE: Final = 1_500_000  # pixels of a picture that is enlarged for them: in larger ones it is texture that is as fine
DRAWN_DPI: Final = 200.0  # for what is drawn by a program
SAMPLES: Final = 4  # lines that a page's language and which way is up are told from
UPRIGHT: Final = 0.72  # confidence of the sample from which on no other direction is tried
FEW_LETTERS: Final = 20  # of the sample, under which its confidence alone tells nothing
TURN: Final = 1.15  # times the weight of the picture as it is that another direction must have
SIDEWAYS: Final = 0.4  # confidence of the sample under which a chart may lie on its side: its few short words are read unsurely
MANY_LETTERS: Final = (
    60  # of a sample that runs upwards, from which on a page with a chart lies on its side: more than a title of an axis has
)
PRIOR: Final = 0.04  # that a language must be read better by for each that was named before it
LEAST: Final = 0.4  # confidence under which a word is not believed to be one
SOUND: Final = 0.8  # confidence of a line from which on all its words are kept, however unsure; in others they are dirt and logos
LEAST_SHORT: Final = 0.8  # the same for a line of one or two letters or digits, which dirt looks like
LEAST_ODD: Final = 0.95  # the same for one that is also far smaller or larger than the picture's other lines
ODD: Final = (0.7, 2.0)  # times the usual height of letters, outside which a line is of an odd size
# Of 60 receipts and pages, clean and dirty, lines beyond doubt hold 0.49 and more letters for each unit of line found; of
# noise, textures and drawn shapes none does.
TEXT_LETTERS, TEXT_CONFIDENCE, TEXT_SHARE = 4, 0.75, 0.1
BLANK_INK: Final = 2e-5  # of a picture's pixels, under which it is blank: a full stop on A4 has 1e-6, a short word 5e-5
HOPELESS: Final = 0.6  # confidence of the sample under which a picture may have no text at all
LEVEL: Final = 0.4  # units that the middles, and the letter heights, of strips in one row differ by
SHORT_UNITS: Final = 6.0  # that a word or two are wide
PLAIN_UNITS: Final = 8.0  # that a label of a chart is wide at most which is read in one language
LETTER_UNITS: Final = 1.5  # that a letter or figure is wide at most
SURE_LABEL: Final = 0.9  # confidence from which on a label need not be looked at as a line of text, too
MOST_LABELS: Final = 120  # short lines of a picture in which an axis is looked for; those of charts are fewer
MORE_SAMPLES: Final = 12  # lines that are then looked at
DRAWN_SIDE: Final = 3.0  # line heights that a picture on a page measures at least
LATIN: Final = frozenset("cs da de en es et fi fr hr hu id it lt lv ms nl no pl pt ro sk sl sv tr".split())

ENGINES: Final = {
    "tesseract": "docai.backends.classical.engines.tesseract:Engine",
    "command": "docai.backends.classical.engines.command:Engine",
    "rapid": "docai.backends.classical.engines.rapid:Engine",
}


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A view made ready: the picture, its lines, the language that most are in, and the size of a pixel in points.

    `sampled` holds the lines that were read already, by the `id` of their strips, which live as long as the sheet; `drawn` is
    what is plotted in the upright picture.
    """

    prepared: Prepared
    found: Found
    language: str
    points: float
    sampled: Mapping[int, ReadLine]
    drawn: tuple[VectorPath, ...] = ()


def threads() -> int:
    """Return how many lines are read side by side: as `OMP_NUM_THREADS` says, or else one a processor core."""
    told = os.environ.get("OMP_NUM_THREADS", "")  # as libraries for numbers are told; one of many processes has one
    return int(told) if told.isdecimal() and int(told) else cores()


class Scans:
    """Reads pictures of text, several lines at a time; engines are loaded when they are first needed."""

    def __init__(self) -> None:
        """Begin; nothing is loaded yet."""
        self._engines: dict[str, LineEngine | MissingDependency] = {}
        self._loading = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    def answer(self, asked: Sequence[tuple[View, ReadText]]) -> list[Reply]:
        """Return a `Layer` for each view, in order."""
        if not asked:
            return []
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=threads(), thread_name_prefix="ocr")
        pixels = [_pixels(view) for view, _ in asked]  # one at a time, since PDF readers are not made for several threads
        sheets = list(self._pool.map(self._sheet, asked, pixels))
        replies = []
        for (view, task), sheet in zip(asked, sheets, strict=True):
            replies.append(sheet if isinstance(sheet, Reply) else self._reply(view, task, sheet))
        return replies

    # Preparing

    def _sheet(self, asked: tuple[View, ReadText], pixels: Pixels | InputError) -> _Sheet | Reply:
        view, task = asked
        if isinstance(pixels, InputError):
            return _unread("page_unreadable", str(pixels), view)
        readers, missing = self._known(task.languages)
        if not readers:
            message = "; ".join(map(str, missing.values()))
            return _unread("text_not_read", f"this picture of text cannot be read: {message}", view)
        drawn = plotted(pixels)
        has_plot = is_plotted(drawn)
        straighten = view.resolution is not None
        prepared = _prepared(pixels, drawn if has_plot else (), straighten=straighten)
        points = view.box.width * view.width_points / pixels.shape[1]
        sheet, sure, letters = self._sampled(prepared, task.languages, points)
        if sure < UPRIGHT and _is_fine(prepared):
            doubled = np.asarray(cv2.resize(pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
            larger = _prepared(doubled, drawn if has_plot else (), straighten=straighten)
            other = self._sampled(larger, task.languages, points / 2)
            if other[1] * other[2] > sure * letters:  # codes and names are read unsurely, but more of their letters are
                prepared, points, (sheet, sure, letters) = larger, points / 2, other
        unsure = sure < SIDEWAYS if has_plot else sure < UPRIGHT or letters < FEW_LETTERS
        if unsure and view.resolution is not None:
            quarters: tuple[Literal[90, 180, 270], ...] = (180, 90, 270)
            others = [self._sampled(turned(prepared, quarter), task.languages, points) for quarter in quarters]
            turned_sheet, turned_sure, turned_letters = max(others, key=lambda other: _weight(*other[1:]))
            enough = turned_letters >= MANY_LETTERS or not has_plot
            better = enough and _weight(turned_sure, turned_letters) > TURN * _weight(sure, letters)
            if better and not (drawn and self._has_level_axis(sheet, task.languages)):
                sheet, sure = turned_sheet, turned_sure
        if sure < HOPELESS and not has_plot and not self._has_text(sheet, task.languages):
            sheet = replace(sheet, found=replace(sheet.found, strips=()))
        return replace(sheet, drawn=plotted(_posed(pixels, sheet.prepared)) if sheet.prepared.pose.changes else drawn)

    def _has_level_axis(self, sheet: _Sheet, languages: Sequence[str]) -> bool:
        """Return whether a picture shows an axis of numbers as it is: an upright chart, whose other labels run upwards."""
        strips = [strip for strip in sheet.found.strips if strip.place.width < PLAIN_UNITS * strip.unit]
        if len(strips) > MOST_LABELS:
            return False
        readers = self._readers(languages)
        lines = [(strip, self._read(strip, sheet.language, readers, sheet.sampled.get(id(strip)), plain=True)) for strip in strips]
        height, width = sheet.prepared.grey.shape
        return has_axis(_words(lines, width, height, sheet.points), width * sheet.points, height * sheet.points)

    def _has_text(self, sheet: _Sheet, languages: Sequence[str]) -> bool:
        """Return whether any of some lines, taken from all over a picture, can be read: textures are full of seeming lines."""
        strips = sheet.found.strips
        some = [strips[place * len(strips) // min(len(strips), MORE_SAMPLES)] for place in range(min(len(strips), MORE_SAMPLES))]
        readers = self._readers(languages)
        return any(_is_text(self._read(strip, sheet.language, readers).line) for strip in some)

    def _sampled(self, prepared: Prepared, languages: Sequence[str], points: float) -> tuple[_Sheet, float, int]:
        """Return a picture's lines with the language that a few of them are read best in, how well, and how many letters."""
        found = find_strips(prepared.grey, prepared.ink, prepared.marks)
        found = replace(found, strips=tuple(_crisp(found.strips)))
        readers = self._readers(languages)
        chosen = _samples(found.strips)
        samples = {language: [engine.read(strip) for strip in chosen] for language, engine in readers.items()}
        scores = {language: _score(lines) - PRIOR * place for place, (language, lines) in enumerate(samples.items())}
        best = max(scores, key=scores.__getitem__)
        letters = sum(map(_letters, samples[best]))
        sampled = {id(strip): line for strip, line in zip(chosen, samples[best], strict=True)}
        return _Sheet(prepared, found, best, points, sampled), scores[best] if chosen else 0.0, letters

    # Reading

    def _reply(self, view: View, task: ReadText, sheet: _Sheet) -> Reply:
        assert self._pool is not None
        readers = self._readers(task.languages)
        strips = sheet.found.strips
        has_plot = is_plotted(sheet.drawn)
        firsts = [sheet.sampled.get(id(strip)) for strip in strips]
        opinions = list(self._pool.map(self._read, strips, repeat(sheet.language), repeat(readers), firsts, repeat(has_plot)))
        read = list(zip(strips, opinions, strict=True))
        strict = not has_plot and sum(_letters(o.line) for _, o in read if _is_text(o.line)) < TEXT_SHARE * sum(
            s.place.width / s.unit for s in strips
        )
        usual = statistics.median(strip.unit for strip in strips) if strips else 1.0
        height, width = sheet.prepared.grey.shape
        if strict and sheet.drawn:  # the labels of a chart may be digits and single letters, but its axis tells
            shown = [(strip, o) for strip, o in read if _is_believed(o.line, strip.unit / usual, strict=False)]
            strict = not has_axis(_words(shown, width, height, sheet.points), width * sheet.points, height * sheet.points)
        lines = [(strip, o) for strip, o in read if _is_believed(o.line, strip.unit / usual, strict=strict)]
        words = _words(lines, width, height, sheet.points)
        sure = mean_confidence(words, of_none=0.0)
        layer = Layer(
            words=words,
            rules=_rules(sheet.found, width, height, sheet.points),
            pictures=_pictures(sheet.found, width, height),
            width_points=max(1.0, width * sheet.points),
            height_points=max(1.0, height * sheet.points),
            pose=sheet.prepared.pose,
            drawn=sheet.drawn,
        )
        problems = self._problems(view, task, sure) if words else _told(view, sheet.prepared)
        return Reply(layer, problems, confidence=sure, engine=ENGINE)

    def _read(
        self,
        strip: Strip,
        language: str,
        readers: Mapping[str, LineEngine],
        first: ReadLine | None = None,
        plain: bool = False,  # noqa: FBT001, FBT002  # it is mapped over strips
    ) -> Opinion:
        """Return the best reading of a strip: in the page's language, or where that is unsure, in another or by another engine.

        Of a picture that is a chart (`plain`) short strips are read in the page's language only, and as labels: its keys, ticks
        and marks look like letters, and are unsure in any.
        """
        second = self._engine("rapid") if LATIN & set(readers) else None
        if plain and strip.place.width < PLAIN_UNITS * strip.unit:
            readers = {name: reader for name, reader in readers.items() if name == language}
            if isinstance(second, LabelEngine):
                second = OfLabels(second, 0.0 if strip.place.width < LETTER_UNITS * strip.unit else SURE_LABEL)
        return read_line(strip, language, readers, None if isinstance(second, MissingDependency) else second, first)

    # Engines

    def _readers(self, languages: Sequence[str]) -> dict[str, LineEngine]:
        """Return an engine for each language that there is one for, in order."""
        return self._known(languages)[0]

    def _known(self, languages: Sequence[str]) -> tuple[dict[str, LineEngine], dict[str, MissingDependency]]:
        """Return an engine for each language that there is one for, and for the others what is missing, both in order."""
        readers: dict[str, LineEngine] = {}
        missing: dict[str, MissingDependency] = {}
        for language in dict.fromkeys(languages):
            engine = self._engine(language)
            if isinstance(engine, MissingDependency):
                missing[language] = engine
            else:
                readers[language] = engine
        return readers, missing

    def _engine(self, language: str) -> LineEngine | MissingDependency:
        with self._loading:
            if language not in self._engines:
                self._engines[language] = _load_engine(language)
            return self._engines[language]

    def _problems(self, view: View, task: ReadText, sure: float) -> tuple[Problem, ...]:
        """Return what is to be said of languages that were asked for and have no engine."""
        _, missing = self._known(task.languages)
        if not missing:
            return ()
        message = "; ".join(f"{language} cannot be read: {error}" for language, error in missing.items())
        severity: Severity = "note" if sure >= UPRIGHT else "warning"
        return (Problem(code="language_missing", message=message, severity=severity, page_number=view.page.number),)


def _load_engine(language: str) -> LineEngine | MissingDependency:
    """Return who reads a language: Tesseract, or where it or its model is missing and the script is Latin, RapidOCR."""
    name = TESSERACT_NAMES.get(language, language)
    kinds = ("rapid",) if language == "rapid" else ("tesseract", "command", *(("rapid",) if language in LATIN else ()))
    tried = [_try_engine(kind, name) for kind in kinds]
    # Of what is missing the command tells best: the model, which tesserocr would want too, or else both programs
    return next((engine for engine in tried if not isinstance(engine, MissingDependency)), tried[:2][-1])


def _try_engine(kind: str, name: str) -> LineEngine | MissingDependency:
    try:
        engine: LineEngine = load(ENGINES[kind])(name)
    except MissingDependency as error:
        return error
    return engine


def _unread(code: str, message: str, view: View) -> Reply:
    problem = Problem(code=code, message=message, severity="error", page_number=view.page.number)
    return Reply(problems=(problem,), confidence=0.0, engine=ENGINE)


def _prepared(pixels: Pixels, drawn: Sequence[VectorPath], *, straighten: bool) -> Prepared:
    """Return a picture made ready, `straighten`ed unless what is `drawn` in it, that of a chart, stands straight as it is."""
    prepared = prepare(pixels, straighten=straighten)
    skew = prepared.pose.skew
    if skew and stands_straight(drawn, skew, pixels.shape[1], pixels.shape[0]):
        return prepare(pixels, straighten=False)
    return prepared


def _is_fine(prepared: Prepared) -> bool:
    """Return whether a small picture has small letters."""
    if prepared.ink.size > LARGEST_FINE:
        return False
    height = letter_height(prepared.marks)
    return height is not None and height < FINE


def _told(view: View, prepared: Prepared) -> tuple[Problem, ...]:
    """Return what is to be said of a picture in which no text was found."""
    if view.resolution is None or view.box != WHOLE:
        return ()
    blank = float(prepared.ink.mean()) < BLANK_INK
    code, message = ("page_blank", "the page is blank") if blank else ("no_text_found", "no text was found in this picture")
    return (Problem(code=code, message=message, severity="note", page_number=view.page.number),)


def _pixels(view: View) -> Pixels | InputError:
    try:
        return view.pixels(_lens(view))
    except InputError as error:
        return error


def _posed(pixels: Pixels, prepared: Prepared) -> Pixels:
    """Return a picture upright and straight, as it was prepared, with its colours."""
    height, width = prepared.grey.shape
    given = np.diag([pixels.shape[1], pixels.shape[0], 1.0])
    matrix = given @ np.array(prepared.pose.matrix).reshape(3, 3) @ np.diag([1 / width, 1 / height, 1.0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpPerspective(pixels, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _lens(view: View) -> Lens:
    return Lens(dpi=DRAWN_DPI if view.resolution is None else min(FINEST, max(COARSEST, view.resolution)))


def _crisp(strips: Sequence[Strip]) -> list[Strip]:
    """Return the strips that are crisp, and short ones level with them: of a word or two in thin letters little is dark."""
    crisp = [strip.is_crisp for strip in strips]
    middles = np.array([(strip.place.top + strip.place.bottom) / 2 for strip in strips])
    units = np.array([strip.unit for strip in strips])
    sure = np.array(crisp, bool)
    kept = []
    for place, strip in enumerate(strips):
        level = sure & (np.abs(middles - middles[place]) < LEVEL * strip.unit) & (np.abs(units - strip.unit) < LEVEL * strip.unit)
        if crisp[place] or (strip.place.width < SHORT_UNITS * strip.unit and level.any()):
            kept.append(strip)
    return kept


def _samples(strips: Sequence[Strip]) -> list[Strip]:
    """Return a few lines of the usual size, those that hold most letters."""
    if not strips:
        return []
    usual = statistics.median(strip.unit for strip in strips)
    body = [strip for strip in strips if 0.6 * usual < strip.unit < 1.7 * usual] or list(strips)
    return sorted(body, key=lambda strip: -min(30.0, strip.place.width / strip.unit))[:SAMPLES]


def _score(lines: Sequence[ReadLine]) -> float:
    return mean_confidence((word for line in lines for word in line.words), of_none=0.0)


def _letters(line: ReadLine) -> int:
    """Return how many letters and digits a line has; a syllable of Hangul is made of two and more."""
    return sum(2 if is_hangul(character) else 1 for character in line.text if character.isalnum())


def _weight(sure: float, letters: int) -> float:
    """Return how much a sample speaks for its direction: a line read sideways gives few letters, and those unsurely."""
    return sure * sure * math.sqrt(letters)


def _is_text(line: ReadLine) -> bool:
    """Return whether a line is text beyond doubt: several letters that are surely read."""
    return _letters(line) >= TEXT_LETTERS and line.confidence >= TEXT_CONFIDENCE


def _is_believed(line: ReadLine, size: float, *, strict: bool) -> bool:
    """Return whether a reading is of print; where little else on the picture is (`strict`), it must be beyond doubt.

    Dirt, logos and textures are read too: as a letter or two, unsurely, and of a `size`, times the usual one, that text hardly has.
    """
    if strict:
        return _is_text(line)
    letters, odd = _letters(line), not ODD[0] <= size <= ODD[1]
    if letters > 2:
        return line.confidence >= LEAST
    return bool(line.words) and not (odd and not letters) and line.confidence >= (LEAST_ODD if odd else LEAST_SHORT)


# Places


def _words(lines: Sequence[tuple[Strip, Opinion]], width: int, height: int, points: float) -> tuple[SourceWord, ...]:
    """Return the words of lines in fractions of the upright picture; `points` is the size of a pixel."""
    sizes = [line_size(opinion.line.text, strip.place.height) for strip, opinion in lines]
    usual = _snapped([size * points for size, _ in sizes])
    words = []
    for number, ((strip, opinion), (_, descent), size) in enumerate(zip(lines, sizes, usual, strict=True)):
        place = strip.place
        left, top, engine = place.left - strip.margin, place.top, opinion.line.engine
        for word, readings in zip(opinion.line.words, opinion.readings, strict=True):
            if word.confidence < LEAST and opinion.line.confidence < SOUND:
                continue
            words.append(
                SourceWord(
                    text=word.text,
                    box=Box.clipped(
                        (left + max(word.left, strip.margin)) / width,
                        top / height,
                        (left + min(word.right, strip.margin + place.width)) / width,
                        place.bottom / height,
                    ),
                    size=size,
                    font=Font("print"),
                    baseline=min(1.0, (place.bottom - descent) / height),
                    line=number,
                    recognised=Recognised(engine, round(calibrated(engine, word.confidence), 4), readings),
                )
            )
    return tuple(words)


def _snapped(sizes: Sequence[float]) -> list[float]:
    """Return font sizes in which those that differ by no more than measuring does are the same."""
    order = sorted(range(len(sizes)), key=lambda place: sizes[place])
    snapped = list(sizes)
    group: list[int] = []
    for place in order:
        if group and sizes[place] > 1.18 * sizes[group[0]]:
            middle = statistics.median(sizes[n] for n in group)
            for n in group:
                snapped[n] = middle
            group = []
        group.append(place)
    if group:
        middle = statistics.median(sizes[n] for n in group)
        for n in group:
            snapped[n] = middle
    return [round(size, 1) for size in snapped]


def _rules(found: Found, width: int, height: int, points: float) -> tuple[Rule, ...]:
    rules = []
    for horizontal, found_rules in ((True, found.across), (False, found.down)):
        for left, top, right, bottom in found_rules:
            x, y = (left / width, right / width), (top / height, bottom / height)
            along, at = (x, y) if horizontal else (y, x)
            thickness = ((bottom - top) if horizontal else (right - left)) * points
            rules.append(Rule(horizontal, sum(at) / 2, *along, thickness))
    return tuple(rules)


def _pictures(found: Found, width: int, height: int) -> tuple[Picture, ...]:
    """Return what is drawn as pictures, but for the edges of the sheet and what is no larger than a few letters."""
    units = [strip.unit for strip in found.strips]
    least = DRAWN_SIDE * (statistics.median(units) * 1.4 if units else 20)
    return tuple(
        Picture(_box(place, width, height), place.width, place.height)
        for place in found.drawn
        if min(place.width, place.height) >= least and not _is_edge(place, width, height)
    )


def _is_edge(place: Rectangle, width: int, height: int) -> bool:
    sides = (place.left <= 1, place.top <= 1, place.right >= width - 1, place.bottom >= height - 1)
    return sum(sides) >= 2 or (any(sides) and min(place.width / width, place.height / height) < 0.05)


def _box(place: Rectangle, width: int, height: int) -> Box:
    return Box.clipped(place.left / width, place.top / height, place.right / width, place.bottom / height)
