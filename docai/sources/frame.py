"""From a PDF page's own points to fractions of the page as displayed: boxes, directions, drawn paths."""

from __future__ import annotations

import math
from typing import Any, Final

from docai.box import Box
from docai.sources import LETTER, VectorPath

SLANT: Final = 10.0  # degrees, from which on text does not run across; scans lie askew by less
MAX_POINTS: Final = 14_400  # a side; the largest page that PDF 1.7 allows without a user unit (annex C)


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
        self.sane = math.isfinite(width + height) and width > 0 and height > 0
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

    def direction(self, cosine: float, sine: float) -> int:
        """Return the clockwise turn in degrees (0, 90, 180, 270) of text that runs along (`cosine`, `sine`)."""
        if self.matrix is not None:
            a, b, c, d, _, _ = self.matrix
            cosine, sine = a * cosine + c * sine, b * cosine + d * sine
        angle = math.degrees(math.atan2(sine, cosine))
        quarter = round(angle / 90) % 4 * 90
        if quarter == 0 and abs(angle) > SLANT:  # a stamp across the page: kept together like text that runs up or down
            return 90 if angle > 0 else 270
        return quarter


def _colour(components: tuple[float, ...] | None) -> str:
    if not components:
        return ""
    red, green, blue = (min(255, max(0, round(255 * value))) for value in components)
    return f"#{red:02x}{green:02x}{blue:02x}"


def vector_path(drawing: dict[str, Any], frame: Frame) -> VectorPath | None:
    """Return one of PyMuPDF's drawings as a path; None for clips, groups and what is not seen."""
    kind = drawing["type"]
    if kind not in ("f", "s", "fs") or not math.isfinite(sum(drawing["rect"])):  # clips and groups draw nothing
        return None
    segments: list[tuple[str | float, ...]] = []
    for item in drawing["items"]:
        if item[0] == "l":
            segments.append(("line", *frame.point(*item[1]), *frame.point(*item[2])))
        elif item[0] == "c":
            segments.append(("curve", *(value for point in item[1:5] for value in frame.point(*point))))
        elif item[0] == "re":
            x0, y0, x1, y1 = item[1]
            (left, top), (right, bottom) = frame.point(x0, y0), frame.point(x1, y1)
            segments.append(("rectangle", min(left, right), min(top, bottom), max(left, right), max(top, bottom)))
        else:  # "qu": upper left, upper right, lower left, lower right
            a, b, c, d = (frame.point(*point) for point in (item[1][0], item[1][1], item[1][3], item[1][2]))
            segments.extend(("line", *p, *q) for p, q in ((a, b), (b, c), (c, d), (d, a)))
    fill = _colour(drawing.get("fill")) if "f" in kind and drawing.get("fill_opacity", 1) != 0 else ""
    stroke = _colour(drawing.get("color")) if "s" in kind and drawing.get("stroke_opacity", 1) != 0 else ""
    if not segments or not (fill or stroke):
        return None
    return VectorPath(frame.box(drawing["rect"]), fill, stroke, float(drawing.get("width") or 0.0) * frame.scale, tuple(segments))
