"""What a chart is drawn with: labels and marks in one frame, whether they come from vector paths or from pixels.

Coordinates run to the right and downwards, in points of the page where a chart is drawn by paths, and in pixels of its picture
where it is one. All readers of charts see charts in this form only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from docai.box import Box

if TYPE_CHECKING:
    from docai.marks import Mask
    from docai.sources import SourceWord
    from docai.tiling import View

Place = tuple[float, float]  # across, down
HALF_A_PIXEL: Final = 0.5  # how far off an edge may be that was found in a picture


class Extent(NamedTuple):
    """A rectangle in the scene: where something lies."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right, at least 0."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom, at least 0."""
        return self.bottom - self.top

    @property
    def middle(self) -> Place:
        """The place in the middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def holds(self, place: Place, margin: float = 0.0) -> bool:
        """Return whether a place lies inside, or at most `margin` outside."""
        across, down = place
        return self.left - margin <= across <= self.right + margin and self.top - margin <= down <= self.bottom + margin

    def encloses(self, other: Extent, margin: float = 0.0) -> bool:
        """Return whether another lies inside, or at most `margin` outside."""
        return self.holds((other.left, other.top), margin) and self.holds((other.right, other.bottom), margin)

    def grown(self, margin: float) -> Extent:
        """Return it with `margin` more on each side."""
        return Extent(self.left - margin, self.top - margin, self.right + margin, self.bottom + margin)

    def shared(self, other: Extent) -> float:
        """Return the area that both cover."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down)


def around(places: list[Place] | tuple[Place, ...]) -> Extent:
    """Return the smallest extent that holds all places.

    Raises:
        ValueError: There are none.
    """
    across, down = [x for x, _ in places], [y for _, y in places]
    return Extent(min(across), min(down), max(across), max(down))


@dataclass(frozen=True, slots=True)
class Label:
    """A piece of text that stands for itself: a tick's, a category's, a title, a value printed beside its mark.

    `size` is the font's in scene units; `turn` is the clockwise turn of its reading direction in degrees, 0 for upright text, -45
    for labels that rise; `words` are those of the page that it is made of. `colour` is the text's, "" where it is not known;
    `ends` are the places on its baseline where it begins and ends, () where they are not known.
    """

    text: str
    extent: Extent
    size: float
    turn: float = 0.0
    bold: bool = False
    confidence: float = 1.0
    words: tuple[SourceWord, ...] = ()
    colour: str = ""
    ends: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An upright rectangle, filled, outlined or both; colours as `#rrggbb`, "" for none.

    `cut` tells that it goes on outside what is shown of it, as a bar that is longer than its axis does.
    """

    extent: Extent
    fill: str = ""
    stroke: str = ""
    thickness: float = 0.0
    opacity: float = 1.0
    order: int = 0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through two or more places, in the order in which it is drawn.

    `dashes` is the pattern in scene units (() for a solid line). `curved` tells that some of its places stand for Bézier curves
    between them, as those of smoothed lines; `cut`, that it goes on outside what is shown: its first or last place lies on the
    border there and is no vertex.
    """

    places: tuple[Place, ...]
    colour: str
    thickness: float = 1.0
    dashes: tuple[float, ...] = ()
    opacity: float = 1.0
    curved: bool = False
    order: int = 0
    cut: bool = False

    @property
    def extent(self) -> Extent:
        """Where it lies, without its thickness."""
        return around(self.places)


@dataclass(frozen=True, slots=True)
class Polygon:
    """A filled outline that is no upright rectangle, disc or sector: an area under a line, a notched box, a violin."""

    places: tuple[Place, ...]
    fill: str
    stroke: str = ""
    opacity: float = 1.0
    order: int = 0

    @property
    def extent(self) -> Extent:
        """Where it lies."""
        return around(self.places)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A small mark that stands for one place: a disc, square, triangle, cross; or a bubble.

    `shape` tells equal outlines apart and nothing else: symbols of one series have the same.
    """

    centre: Place
    extent: Extent
    shape: str
    fill: str = ""
    stroke: str = ""
    opacity: float = 1.0
    order: int = 0


@dataclass(frozen=True, slots=True)
class Sector:
    """A piece of a pie or donut.

    Angles are in degrees, clockwise from the top; `start` is 0..360 and `sweep` above 0, up to 360.
    """

    centre: Place
    inner: float
    outer: float
    start: float
    sweep: float
    fill: str
    order: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a chart is drawn with.

    `blur` is how far off the edges of marks may be: 0 for paths, half a pixel for pictures.
    Marks stand in the order in which they were drawn, or from large to small in pictures. `coloured`, (height, width), is 1 where a
    picture shows a colour that is no grey; None for paths.
    """

    width: float
    height: float
    labels: tuple[Label, ...] = ()
    rectangles: tuple[Rectangle, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    polygons: tuple[Polygon, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    sectors: tuple[Sector, ...] = ()
    blur: float = 0.0
    coloured: Mask | None = field(default=None, repr=False, compare=False)

    @property
    def basis(self) -> Literal["vector", "measured"]:
        """How values come about that are read from its marks."""
        return "measured" if self.blur else "vector"

    @property
    def em(self) -> float:
        """The middle one of its labels' sizes; a fiftieth of its height where it has none."""
        sizes = sorted(label.size for label in self.labels)
        return sizes[len(sizes) // 2] if sizes else self.height / 50

    def without(self, marks: Iterable[Rectangle | Stroke | Polygon | Symbol | Sector], labels: Iterable[Label] = ()) -> Scene:
        """Return it without some of its own marks and labels; equal ones that are others stay."""
        taken = {id(mark) for mark in (*marks, *labels)}
        return replace(
            self,
            labels=tuple(label for label in self.labels if id(label) not in taken),
            rectangles=tuple(mark for mark in self.rectangles if id(mark) not in taken),
            strokes=tuple(mark for mark in self.strokes if id(mark) not in taken),
            polygons=tuple(mark for mark in self.polygons if id(mark) not in taken),
            symbols=tuple(mark for mark in self.symbols if id(mark) not in taken),
            sectors=tuple(mark for mark in self.sectors if id(mark) not in taken),
        )

    def to_page(self, extent: Extent, view: View) -> Box:
        """Return where something of the scene of a view lies on the page."""
        return view.to_page(
            Box.clipped(extent.left / self.width, extent.top / self.height, extent.right / self.width, extent.bottom / self.height)
        )
