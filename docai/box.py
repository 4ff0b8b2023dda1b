"""One frame: a box is in fractions of its page *as displayed*, origin top-left; points and pixels are made at the door."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Protocol

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

DECIMALS: Final = 5  # of a page fraction: 0.008 points on A4, below what any renderer places


class Sized(Protocol):
    """What has a size in points: a page."""

    @property
    def width_points(self) -> float:
        """The width as displayed."""

    @property
    def height_points(self) -> float:
        """The height as displayed."""


class _Corners(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


class Box(_Corners):
    """A rectangle in fractions of its page as displayed, origin top-left: `left, top, right, bottom`, each 0..1.

    Rounded to 5 decimals where it is made, so that JSON gives back an equal value.

    Raises:
        ValueError: A side is not a number, lies off the page, or the corners are swapped.
    """

    __slots__ = ()

    def __new__(cls, left: float, top: float, right: float, bottom: float) -> Box:
        """Return the box with its sides checked and rounded."""
        if not (0.0 <= left <= right <= 1.0 and 0.0 <= top <= bottom <= 1.0):
            raise ValueError(
                f"not a box on a page: left {left}, top {top}, right {right}, bottom {bottom}; want 0 <= left <= right <= 1"
            )
        return _Corners.__new__(cls, round(left, DECIMALS), round(top, DECIMALS), round(right, DECIMALS), round(bottom, DECIMALS))

    @classmethod
    def _make(cls, iterable: Iterable[Any]) -> Box:  # type: ignore[override]  # typing.Self came with Python 3.11
        """Return a box of four sides; a named tuple's `_replace` comes here too, and is checked."""
        return cls(*iterable)

    @property
    def width(self) -> float:
        """The width as a fraction of the page's width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """The height as a fraction of the page's height."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """The area as a fraction of the page's area."""
        return self.width * self.height

    def points(self, page: Sized) -> tuple[float, float, float, float]:
        """Return left, top, right, bottom in PDF points (1/72 inch) from the top-left of `page`."""
        width, height = page.width_points, page.height_points
        return self.left * width, self.top * height, self.right * width, self.bottom * height

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return the smallest pixel rectangle that holds the box in a `width` x `height` picture of its page."""
        slack = 10.0**-DECIMALS  # rounding must not push a side into the next pixel
        return (
            math.floor((self.left + slack) * width),
            math.floor((self.top + slack) * height),
            min(width, math.ceil((self.right - slack) * width)),
            min(height, math.ceil((self.bottom - slack) * height)),
        )

    def contains(self, other: Box, tolerance: float = 0.0) -> bool:
        """Return whether `other` lies within this box, give or take `tolerance` (page fractions)."""
        return (
            self.left - tolerance <= other.left
            and self.top - tolerance <= other.top
            and other.right <= self.right + tolerance
            and other.bottom <= self.bottom + tolerance
        )

    def intersection(self, other: Box) -> float:
        """Return the area that both cover, as a fraction of the page's area."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return width * height if width > 0 and height > 0 else 0.0

    def union(self, *others: Box) -> Box:
        """Return the smallest box that holds this one and `others`."""
        return hull((self, *others))

    @classmethod
    def clipped(cls, left: float, top: float, right: float, bottom: float) -> Box:
        """Return the part of a rectangle that lies on the page; swapped corners are put right.

        Raises:
            ValueError: A side is not a number.
        """
        if not math.isfinite(left + top + right + bottom):
            raise ValueError(f"not a box: left {left}, top {top}, right {right}, bottom {bottom}")
        if left > right:
            left, right = right, left
        if top > bottom:
            top, bottom = bottom, top
        return cls(min(max(left, 0.0), 1.0), min(max(top, 0.0), 1.0), max(min(right, 1.0), 0.0), max(min(bottom, 1.0), 0.0))

    @classmethod
    def _from_json(cls, value: Any) -> Box:
        if isinstance(value, cls):
            return value
        if not isinstance(value, (list, tuple)) or len(value) != 4:  # the four sides
            raise ValueError("a box is four numbers: left, top, right, bottom")
        try:
            return cls(*(float(side) for side in value))
        except (TypeError, OverflowError) as error:  # pydantic reports only a ValueError as one of the value's faults
            raise ValueError("a box is four numbers: left, top, right, bottom") from error

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check a box and write it as `[left, top, right, bottom]`."""
        return core_schema.no_info_plain_validator_function(
            cls._from_json, serialization=core_schema.plain_serializer_function_ser_schema(list, when_used="json")
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Publish a box as an array of four fractions."""
        return {
            "type": "array",
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "minItems": 4,
            "maxItems": 4,
            "description": "left, top, right, bottom in fractions of the page as displayed, origin top-left",
        }


WHOLE = Box(0, 0, 1, 1)  # all of a page


def hull(boxes: Iterable[Box]) -> Box:
    """Return the smallest box that holds all `boxes`.

    Raises:
        ValueError: There are no boxes.
    """
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))
