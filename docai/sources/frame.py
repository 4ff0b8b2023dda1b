"""From a PDF page's own points to fractions of the page as displayed: boxes, directions, drawn paths."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, Final

from docai.box import WHOLE, Box
from docai.sources import LETTER, VectorPath

SLANT: Final = 10.0  # degrees, from which on text does not run across; scans lie askew by less
MAX_POINTS: Final = 14_400  # a side; the largest page that PDF 1.7 allows without a user unit (annex C)
LEAST_POINTS: Final = 0.001  # a side: sizes are told to so many decimals


class Frame:
    """The door between a PDF page's own points and fractions of the page as displayed.

    Attributes:
        sane: Whether the page has a usable size; US Letter is taken where it has none.
        scale: By what sizes in points are told smaller, for pages beyond `MAX_POINTS`.
        width, height: In points, as told.
    """

    def __init__(self, page: Any) -> None:
        """Take the size and `/Rotate` of a PyMuPDF page."""
        width, height = float(page.rect.width), float(page.rect.height)
        thin = min(width, height) * MAX_POINTS < LEAST_POINTS * max(width, height)  # as told, nothing would be left of a side
        self.sane = math.isfinite(width + height) and min(width, height) >= LEAST_POINTS and not thin
        self._width, self._height = (width, height) if self.sane else LETTER
        self.scale = min(1.0, MAX_POINTS / max(self._width, self._height))  # sizes in points are told as if the page were smaller
        self.width, self.height = self._width * self.scale, self._height * self.scale
        self.matrix = tuple(page.rotation_matrix) if page.rotation else None  # text comes unrotated from MuPDF

    def _turned(self, x: float, y: float) -> tuple[float, float]:
        a, b, c, d, e, f = self.matrix or (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
        return a * x + c * y + e, b * x + d * y + f

    def box(self, rectangle: tuple[float, float, float, float]) -> Box:
        """Return where a rectangle of the page lies; what sticks out is cut off."""
        x0, y0, x1, y1 = rectangle
        if self.matrix is not None:
            (x0, y0), (x1, y1) = self._turned(x0, y0), self._turned(x1, y1)
        return Box.clipped(x0 / self._width, y0 / self._height, x1 / self._width, y1 / self._height)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the page lies."""
        if self.matrix is not None:
            x, y = self._turned(x, y)
        return x / self._width, y / self._height

    def turn(self, cosine: float, sine: float) -> float:
        """Return the clockwise turn in degrees, -180..180, of text that runs along (`cosine`, `sine`)."""
        if self.matrix is not None:
            a, b, c, d, _, _ = self.matrix
            cosine, sine = a * cosine + c * sine, b * cosine + d * sine
        return math.degrees(math.atan2(sine, cosine))

    def direction(self, cosine: float, sine: float) -> int:
        """Return the clockwise turn in degrees (0, 90, 180, 270) of text that runs along (`cosine`, `sine`)."""
        angle = self.turn(cosine, sine)
        quarter = round(angle / 90) % 4 * 90
        if quarter == 0 and abs(angle) > SLANT:  # a stamp across the page: kept together like text that runs up or down
            return 90 if angle > 0 else 270
        return quarter


def rgb(colour: tuple[float, ...] | None) -> tuple[float, float, float]:
    """Return a colour of one, three or four parts as red, green and blue, 0..1; black where it is not told.

    Source: PDF 1.7, 10.3.5, for cyan, magenta, yellow and black.
    """
    if not colour:
        return 0.0, 0.0, 0.0
    if len(colour) == 4:
        cyan, magenta, yellow, black = colour
        colour = 1 - (cyan + black), 1 - (magenta + black), 1 - (yellow + black)
    red, green, blue = colour if len(colour) == 3 else (colour[0],) * 3
    return _within(red), _within(green), _within(blue)


def _within(part: float) -> float:
    return min(1.0, max(0.0, part))  # in this order, which makes 0 of what is no number


def _colour(components: tuple[float, ...] | None) -> str:
    if not components:
        return ""
    red, green, blue = (round(255 * _within(value)) for value in components)
    return f"#{red:02x}{green:02x}{blue:02x}"


def vector_paths(drawings: Iterable[dict[str, Any]], frame: Frame) -> Iterator[VectorPath]:
    """Yield PyMuPDF's drawings as paths, without those that are not seen; `extended` drawings, which tell clips and groups.

    A clip or a group counts for what follows it on a deeper level (PyMuPDF, `Page.get_drawings`).
    """
    clips: list[tuple[int, Box, float]] = []  # level, what may be seen, opacity; each the product of those around it
    for drawing in drawings:
        level = drawing.get("level", 0)
        while clips and clips[-1][0] >= level:
            clips.pop()
        _, shown, opacity = clips[-1] if clips else (-1, WHOLE, 1.0)
        if drawing["type"] == "clip":
            place = drawing.get("scissor")
            if place is not None and math.isfinite(sum(place)):
                clips.append((level, _met(shown, frame.box(place)), opacity))
        elif drawing["type"] == "group":
            clips.append((level, shown, opacity * float(drawing.get("opacity", 1.0))))
        else:
            path = vector_path(drawing, frame, shown, opacity)
            if path is not None:
                yield path


def _met(box: Box, other: Box) -> Box:
    """Return what two boxes share; of two that lie apart, an empty box on the border of the first."""
    left, top = min(max(box.left, other.left), box.right), min(max(box.top, other.top), box.bottom)
    return Box(left, top, max(left, min(box.right, other.right)), max(top, min(box.bottom, other.bottom)))


def vector_path(drawing: dict[str, Any], frame: Frame, clip: Box = WHOLE, opacity: float = 1.0) -> VectorPath | None:
    """Return one of PyMuPDF's drawings as a path; None for clips, groups and what is not seen.

    `clip` is what may be seen of it; `opacity` is that of the group it belongs to, 0..1.
    """
    kind = drawing["type"]
    if kind not in ("f", "s", "fs") or not math.isfinite(sum(drawing["rect"])):  # clips and groups draw nothing
        return None
    segments = tuple(_segments(drawing["items"], frame))
    fill_opacity, stroke_opacity = drawing.get("fill_opacity"), drawing.get("stroke_opacity")
    fill = _colour(drawing.get("fill")) if "f" in kind and fill_opacity != 0 else ""
    stroke = _colour(drawing.get("color")) if "s" in kind and stroke_opacity != 0 else ""
    if not segments or not (fill or stroke) or not opacity:
        return None
    box, thickness = frame.box(drawing["rect"]), float(drawing.get("width") or 0.0) * frame.scale
    cut = not clip.contains(box)
    if cut:
        if not _reaches(clip, box, thickness, frame):
            return None
        box = _met(box, clip)
    own = (fill_opacity if fill else stroke_opacity) or 1.0
    dashes = _dashes(drawing.get("dashes"), frame.scale) if stroke else ()
    return VectorPath(
        box,
        fill,
        stroke,
        thickness,
        segments,
        dashes,
        round(float(own) * opacity, 4),
        clip if cut else None,
        bool(drawing.get("shaded")),
    )


def _segments(items: Iterable[tuple[Any, ...]], frame: Frame) -> Iterator[tuple[str | float, ...]]:
    for item in items:
        if item[0] == "l":
            yield ("line", *frame.point(*item[1]), *frame.point(*item[2]))
        elif item[0] == "c":
            yield ("curve", *(value for point in item[1:5] for value in frame.point(*point)))
        elif item[0] == "re":
            x0, y0, x1, y1 = item[1]
            (left, top), (right, bottom) = frame.point(x0, y0), frame.point(x1, y1)
            yield ("rectangle", min(left, right), min(top, bottom), max(left, right), max(top, bottom))
        else:  # "qu": upper left, upper right, lower left, lower right
            a, b, c, d = (frame.point(*point) for point in (item[1][0], item[1][1], item[1][3], item[1][2]))
            yield from (("line", *p, *q) for p, q in ((a, b), (b, c), (c, d), (d, a)))


def _reaches(clip: Box, box: Box, thickness: float, frame: Frame) -> bool:
    """Return whether anything of a box, with its outline around it, lies in a clip; a point more, since clips are told coarsely."""
    across, down = (thickness / 2 + 1) / frame.width, (thickness / 2 + 1) / frame.height
    return (
        box.left - across <= clip.right
        and box.right + across >= clip.left
        and box.top - down <= clip.bottom
        and box.bottom + down >= clip.top
    )


def _dashes(pattern: str | None, scale: float) -> tuple[float, ...]:
    """Return the dash pattern that "[ 3 2 ] 0" tells, in points; () for a solid line."""
    inside = (pattern or "").partition("[")[2].partition("]")[0].split()
    lengths = tuple(round(float(length) * scale, 4) for length in inside)
    return lengths if any(lengths) and len(lengths) > 0 and not _is_solid(lengths) else ()


def _is_solid(lengths: tuple[float, ...]) -> bool:
    return len(lengths) > 1 and not any(lengths[1::2]) and len(lengths) % 2 == 0  # gaps of no length
