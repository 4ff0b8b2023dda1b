"""Which pictures of text a page has, and what was read in them put where a text layer would have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from docai import document
from docai.box import WHOLE, Box
from docai.document import Content, Engine, Problem, Severity, Text
from docai.errors import InputError, MalformedReply
from docai.exchange import Reply
from docai.figures import SCAN_SHARE
from docai.layout import UNSOUND_CHARACTERS, Region
from docai.lines import find_lines
from docai.preparation import Pose
from docai.sources import Picture, SourcePage, SourceWord, VectorPath, render
from docai.tasks.reading import Layer
from docai.textlayer import agreement, is_sound, unsound_fonts
from docai.tiling import View

Ocr = Literal["auto", "always", "never"]

AGREE: Final = 0.6  # share of hidden words that must stand on print; layers shifted by a line or of another page stay under 0.4
CHECK_DPI: Final = 72  # at which print shows as ink
VISIBLE: Final = 0.1  # of a scanned page's characters that may be no hidden layer: stamps and page numbers put over it
SMALLEST_POINTS: Final = (60.0, 14.0)  # width and height of a picture that may hold a line of text
COVERED: Final = 0.5  # of a read word that a word of the text layer covers when it is the same
BLANK: Final = "page_blank"  # the code of the problem that tells of a page without any print
PROSE_WORDS: Final = 12  # in a picture from which on it may be a picture of text
PROSE_SHARE: Final = 0.08  # of its area that its words cover then; labels of charts and maps cover less


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a page is to be read from pictures.

    Attributes:
        views: Where to look.
        whole: Whether the one view is the whole page, whose own pictures then are the paper that it is printed on.
        kept: The words of the text layer that are believed.
    """

    views: tuple[View, ...]
    whole: bool
    kept: tuple[SourceWord, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as it is laid out: upright, with the words read from its pictures, and how it lies on the page as given.

    `drawn` is what is plotted in its pictures.
    `regions` and `texts` are what needs no layout: scans that nobody read, and texts that a reader has laid out itself, each with
    the reply that it came in.
    """

    page: SourcePage
    pose: Pose = field(default_factory=Pose)
    regions: tuple[Region, ...] = ()
    texts: tuple[tuple[Text, Reply], ...] = ()
    problems: tuple[Problem, ...] = ()
    engines: tuple[Engine, ...] = ()
    drawn: tuple[VectorPath, ...] = ()

    def placed(self, contents: Sequence[Content]) -> list[Content]:
        """Return contents with their boxes on the page as it was given."""
        return [document.moved(content, self.pose.to_given) for content in contents] if self.pose.changes else list(contents)


def what_to_read(page: SourcePage, ocr: Ocr) -> tuple[Wanted, list[Problem]]:
    """Return what of a page is to be read from pictures, and what is to be said of its text layer."""
    visible = tuple(word for word in page.words if word.visible)
    hidden = [word for word in page.words if not word.visible]
    scan = next((picture for picture in page.pictures if picture.box.area >= SCAN_SHARE), None)
    is_scan = scan is not None and _characters(visible) <= VISIBLE * _characters(page.words)
    whole = View(page.reference, page.width_points, page.height_points, resolution=_resolution(scan, page) if is_scan else None)
    problems = []
    if is_scan and hidden and ocr != "always":
        if _is_believed(page, hidden):
            problems.append(
                _problem(page, "text_layer_of_scan", "this page is a scan; its text was read by whoever made the file", "note")
            )
            return Wanted((), whole=False, kept=page.words), problems
        message = "the hidden text under this scan does not agree with the picture and is not used"
        problems.append(_problem(page, "text_layer_unsound", message))
    if ocr == "never":
        return _left_unread(page, visible, problems, is_scan=is_scan)
    if is_scan or ocr == "always":
        return Wanted((whole,), whole=True, kept=() if ocr == "always" else visible), problems
    fonts = unsound_fonts(visible)
    unsound = [word for word in visible if word.font.name in fonts]
    if _characters(unsound) >= UNSOUND_CHARACTERS:
        return Wanted((whole,), whole=False, kept=tuple(word for word in page.words if word.font.name not in fonts)), problems
    views = tuple(
        View(page.reference, page.width_points, page.height_points, picture.box, resolution=_resolution(picture, page))
        for picture in page.pictures
        if _may_hold_text(picture, page)
    )
    return Wanted(views, whole=False, kept=page.words), problems


def _left_unread(
    page: SourcePage, visible: tuple[SourceWord, ...], problems: list[Problem], *, is_scan: bool
) -> tuple[Wanted, list[Problem]]:
    """Return that nothing is to be read, with what is said of a page on which there would be something."""
    if is_scan:
        message = "this page is a scan, and reading pictures of text was not wanted; it is kept as a picture"
        return Wanted((), whole=True, kept=visible), [*problems, _problem(page, "text_not_read", message, "note")]
    fonts = unsound_fonts(visible)
    if _characters([word for word in visible if word.font.name in fonts]) >= UNSOUND_CHARACTERS:
        message = "some of the text layer cannot be what is printed, and reading it from the picture was not wanted"
        problems = [*problems, _problem(page, "text_layer_unsound", message)]
    return Wanted((), whole=False, kept=page.words), problems


def _problem(page: SourcePage, code: str, message: str, severity: Severity = "warning") -> Problem:
    return Problem(code=code, message=message, severity=severity, page_number=page.number)


def _characters(words: Sequence[SourceWord]) -> int:
    return sum(len(word.text) for word in words)


def _resolution(picture: Picture | None, page: SourcePage) -> float | None:
    if picture is None or not picture.box.width:
        return None
    return picture.width / (picture.box.width * page.width_points / 72)


def _may_hold_text(picture: Picture, page: SourcePage) -> bool:
    """Return whether a picture is large enough for a line of text, and no background with text printed over it."""
    width, height = picture.box.width * page.width_points, picture.box.height * page.height_points
    if width < SMALLEST_POINTS[0] or height < SMALLEST_POINTS[1] or picture.box.area >= SCAN_SHARE:
        return False
    return not any(picture.box.contains(word.box) for word in page.words)


def _is_believed(page: SourcePage, hidden: Sequence[SourceWord]) -> bool:
    """Return whether hidden words are plausible text and stand where the picture has print."""
    if not is_sound([word.text for word in hidden]):
        return False
    scale = CHECK_DPI / 72 * min(1.0, 2000 / max(page.width_points, page.height_points))
    try:
        picture, _ = render(page.reference, max(1, round(page.width_points * scale)), max(1, round(page.height_points * scale)))
    except InputError:
        return False
    return agreement(hidden, picture) >= AGREE


# What was read


def with_layers(page: SourcePage, wanted: Wanted, replies: Sequence[Reply]) -> Sheet:
    """Return a page with what was read from its pictures.

    Raises:
        MalformedReply: A backend answered by something else than a `Layer` or `Text`s.
    """
    odd = next((reply.answer for reply in replies if not isinstance(reply.answer, (Layer, tuple, type(None)))), None)
    if odd is not None:
        raise MalformedReply(f"what is written was answered by {type(odd).__name__}; a backend answers by a Layer or by Texts")
    problems = tuple(problem for reply in replies for problem in reply.problems)
    engines = tuple(dict.fromkeys(reply.engine for reply in replies if reply.engine))
    texts = tuple((text, reply) for reply in replies if isinstance(reply.answer, tuple) for text in reply.answer)
    layers = [(view, reply.answer) for view, reply in zip(wanted.views, replies, strict=True) if isinstance(reply.answer, Layer)]
    blank = any(problem.code == BLANK for problem in problems)
    if wanted.whole and not blank and not any(layer.words or wanted.kept for _, layer in layers):
        scan = next((picture.box for picture in page.pictures if picture.box.area >= SCAN_SHARE), WHOLE)
        lines = tuple(find_lines(page.words, page.width_points, page.height_points))
        region = Region("scan", scan, lines, sound=False, looks_like="scan")
        empty = replace(page, words=(), rules=(), paths=(), pictures=())
        return Sheet(empty, regions=() if texts else (region,), texts=texts, problems=problems, engines=engines)
    if wanted.whole:
        sheet = _upright(page, wanted, layers[0][1])
        return replace(sheet, problems=problems, engines=engines)
    pictures = tuple(picture for picture in page.pictures if picture.box.area < SCAN_SHARE)
    words = list(wanted.kept if layers else page.words)
    drawn = tuple(_path_in_page(path, view, layer) for view, layer in layers if view.resolution for path in layer.drawn)
    for view, layer in layers:
        found = [word for word in (_in_page(word, view, layer) for word in layer.words) if not _is_covered(word, wanted.kept)]
        if _is_prose(view, found):
            pictures = tuple(picture for picture in pictures if picture.box != view.box)
        line = 1 + max((word.line for word in words), default=0)
        words += [word._replace(line=word.line + line) for word in found]
    if words == list(page.words) and pictures == page.pictures:
        return Sheet(page, texts=texts, problems=problems, engines=engines, drawn=drawn)
    read = replace(page, words=tuple(words), pictures=pictures)
    return Sheet(read, texts=texts, problems=problems, engines=engines, drawn=drawn)


def _upright(page: SourcePage, wanted: Wanted, layer: Layer) -> Sheet:
    """Return a page that was read as a whole, upright; what the file itself has as text over the picture stays."""
    given = [(word, layer.pose.to_given(word.box)) for word in layer.words]
    new = [word for word, box in given if not _is_covered(word._replace(box=box), wanted.kept)]
    line = 1 + max((word.line for word in new), default=0)
    kept = [word._replace(box=layer.pose.from_given(word.box), line=word.line + line) for word in wanted.kept]
    kept = [word._replace(baseline=word.box.bottom - 0.2 * word.box.height) if layer.pose.changes else word for word in kept]
    upright = replace(
        page,
        width_points=layer.width_points,
        height_points=layer.height_points,
        words=(*new, *kept),
        rules=layer.rules,
        paths=(),
        pictures=layer.pictures,
    )
    return Sheet(upright, layer.pose, drawn=layer.drawn)


def _path_in_page(path: VectorPath, view: View, layer: Layer) -> VectorPath:
    """Return what is plotted in a picture in the frame of the page that its view is a part of."""

    def place(x: float, y: float) -> tuple[float, float]:
        box = view.to_page(layer.pose.to_given(Box.clipped(x, y, x, y)))
        return box.left, box.top

    segments = []
    for kind, *values in path.segments:
        numbers = [float(value) for value in values]
        points = [place(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
        segments.append((kind, *(value for point in points for value in point)))
    return path._replace(box=view.to_page(layer.pose.to_given(path.box)), segments=tuple(segments))


def resolution_at(page: SourcePage, box: Box) -> float | None:
    """Return the dots per inch of the picture that a box of a page lies in; None where there is none."""
    found = [picture for picture in page.pictures if picture.box.intersection(box) > COVERED * box.area]
    return _resolution(min(found, key=lambda picture: picture.box.area), page) if found else None


def _in_page(word: SourceWord, view: View, layer: Layer) -> SourceWord:
    """Return a word of a layer in the frame of the page that its view is a part of."""
    box = view.to_page(layer.pose.to_given(word.box))
    return word._replace(box=box, baseline=max(0.0, box.bottom - (word.box.bottom - word.baseline) * view.box.height))


def _is_covered(word: SourceWord, others: Sequence[SourceWord]) -> bool:
    return any(other.box.intersection(word.box) > COVERED * word.box.area for other in others)


def _is_prose(view: View, words: Sequence[SourceWord]) -> bool:
    """Return whether a picture is one of text, which is to be read as text, and not one with words in it."""
    return len(words) >= PROSE_WORDS and sum(word.box.area for word in words) > PROSE_SHARE * view.box.area
