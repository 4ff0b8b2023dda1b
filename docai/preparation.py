"""A picture of a page made fit to be read: cut out, upright, straight, its ground white and its print dark."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.box import Box
from docai.document import Quarter
from docai.marks import Grey, Marks, Mask, find_marks
from docai.panels import whiten_panels

if TYPE_CHECKING:
    from docai.sources import Pixels

Matrix = NDArray[np.float64]  # (3, 3), of a projective map between pictures, both in fractions of their width and height

# Of the picture's shorter side, about: at 200 dpi 31 pixels of the quartered picture are 16 mm, which holds a line of a
# heading and a shaded row, so that these stay darker than their ground, while lighting hardly changes over it.
GROUND_SHARE: Final = 0.075
DARK_SHARE: Final = 0.65  # of the pixels on the dark side of Otsu's threshold, from which on a page is light on dark
DARK_LEVEL: Final = 110  # of 255: the median of a page that is light on dark lies below
FAINTEST: Final = 22  # of 255 that print differs from its ground by; pencil and worn ribbons reach 30
NOISES: Final = 4.5  # standard deviations of the noise that print stands out of it by
INK_SHARE: Final = 0.42  # of the strongest print nearby, from which on a pixel is ink
NOISY: Final = 2.0  # grey levels that pixels of the ground differ by from their neighbours; renderings 0, good scans under 1
SPECK_LEVEL: Final = 60  # of 255 that a speck differs from its neighbours by
SPECKS: Final = 0.002  # of the ground's pixels, from which on the picture is smoothed; clean scans have a tenth of it
BLOCK: Final = 32  # pixels a side of the halved picture: a few letters, so that most of it is ground
MOST_LEAST: Final = 130.0  # of 255: darker is print whatever the noise
MOST_SKEW: Final = 15.0  # degrees; what is tilted more was photographed so on purpose
LEAST_SKEW: Final = 0.08  # degrees; 2 pixels over an A4 line at 200 dpi, which no reader minds
SHEET_SHARE: Final = 0.25  # of a photograph that a sheet covers at least
SHEET_EDGE: Final = 0.985  # of it at most: what fills the whole picture has no corners to find
QUARTERS: Final[tuple[Quarter, ...]] = (0, 90, 180, 270)
SHEET_LIGHT: Final = 0.75  # of it that is paper; print covers less than a quarter
MOST_POINTS: Final = 20_000  # that skew is measured on


@dataclass(frozen=True, slots=True)
class Pose:
    """How an upright picture lies on the picture it was made from.

    `quarter` is the clockwise turn of the content as it was given and `skew` its clockwise tilt, both in degrees; `matrix`
    maps fractions of the upright picture to fractions of the given one, row by row.

    Law: `to_given` of a box contains the places of all its points.
    """

    quarter: Quarter = 0
    skew: float = 0.0
    matrix: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)

    @property
    def changes(self) -> bool:
        """Whether the upright picture differs from the given one in geometry."""
        return self.matrix != Pose().matrix

    def to_given(self, box: Box) -> Box:
        """Return the smallest box of the given picture that holds a box of the upright one."""
        return _mapped(box, np.array(self.matrix).reshape(3, 3)) if self.changes else box

    def from_given(self, box: Box) -> Box:
        """Return the smallest box of the upright picture that holds a box of the given one."""
        return _mapped(box, np.linalg.inv(np.array(self.matrix).reshape(3, 3))) if self.changes else box


def _mapped(box: Box, matrix: Matrix) -> Box:
    corners = np.array([(x, y, 1.0) for x in (box.left, box.right) for y in (box.top, box.bottom)])
    places = corners @ matrix.T
    x, y = places[:, 0] / places[:, 2], places[:, 1] / places[:, 2]
    return Box.clipped(float(x.min()), float(y.min()), float(x.max()), float(y.max()))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture fit to be read: `grey` with white ground, its print as `ink`, in `marks`, and how it lies on the given picture."""

    grey: Grey
    ink: Mask
    pose: Pose
    marks: Marks


def prepare(pixels: Pixels, *, straighten: bool = True) -> Prepared:
    """Return a picture, (height, width, 3) uint8 RGB, evenly lit, and where asked, cut out and straight.

    Which way is up is not judged, and what was drawn by a program need not be straightened.
    """
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    matrix: Matrix = np.eye(3)
    sheet = find_sheet(grey) if straighten else None
    if sheet is not None:
        grey, matrix = _cut_out(grey, sheet)
    grey = flatten(grey)
    ink = find_ink(grey)
    marks = find_marks(ink)
    skew = find_skew(marks) if straighten else 0.0
    if abs(skew) >= LEAST_SKEW:
        grey, turn = _straightened(grey, skew)
        matrix = matrix @ turn
        ink = find_ink(grey)
        marks = find_marks(ink)
    else:
        skew = 0.0
    pose = Pose(skew=round(skew, 3), matrix=tuple(float(v) for v in (matrix / matrix[2, 2]).ravel()))
    return Prepared(whiten(grey), ink, pose, marks)


def turned(prepared: Prepared, quarter: Quarter) -> Prepared:
    """Return a picture turned counter-clockwise by `quarter` degrees."""
    if not quarter:
        return prepared
    back: Matrix = np.array(
        {90: [[0, -1, 1], [1, 0, 0], [0, 0, 1]], 180: [[-1, 0, 1], [0, -1, 1], [0, 0, 1]], 270: [[0, 1, 0], [-1, 0, 1], [0, 0, 1]]}[
            quarter
        ],
        np.float64,
    )
    matrix = np.array(prepared.pose.matrix).reshape(3, 3) @ back
    pose = replace(
        prepared.pose,
        quarter=QUARTERS[(prepared.pose.quarter + quarter) // 90 % 4],
        matrix=tuple(float(v) for v in (matrix / matrix[2, 2]).ravel()),
    )
    grey, ink = (np.ascontiguousarray(np.rot90(picture, quarter // 90)) for picture in (prepared.grey, prepared.ink))
    return Prepared(grey, ink, pose, find_marks(ink))


# Light


def flatten(grey: Grey) -> Grey:
    """Return a picture with its ground made near white and its print dark.

    Light on dark is inverted, specks are smoothed, uneven light is divided out, and so are panels with print on them.
    """
    if _is_dark(grey):
        grey = np.asarray(255 - grey, np.uint8)
    if _is_noisy(grey):
        grey = np.asarray(cv2.medianBlur(grey, 3), np.uint8)
    height, width = grey.shape
    small = np.asarray(cv2.resize(grey, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA), np.uint8)
    reach = _reach(small)
    ground = cv2.GaussianBlur(cv2.dilate(small, np.ones((reach, reach), np.uint8)), (reach, reach), 0)
    flat = cv2.divide(grey, cv2.resize(ground, (width, height), interpolation=cv2.INTER_LINEAR), scale=255)
    halved = cv2.resize(grey, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)
    return whiten_panels(grey, np.asarray(halved, np.uint8), np.asarray(flat, np.uint8))


def _reach(small: NDArray[Any]) -> int:
    return max(9, int(min(small.shape) * GROUND_SHARE) | 1)


def _is_dark(grey: Grey) -> bool:
    small = cv2.resize(np.ascontiguousarray(grey[::3, ::3]), (256, 256), interpolation=cv2.INTER_AREA)
    if np.median(small) >= DARK_LEVEL:
        return False
    threshold, dark = cv2.threshold(small, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    return float(dark.mean()) >= DARK_SHARE and threshold < 200


def _is_noisy(grey: Grey) -> bool:
    """Return whether pixels differ from their neighbours where there is no print, all by some noise or some as specks."""
    step = max(1, grey.shape[0] // 128)
    bands = [grey[top : top + 3] for top in range(0, grey.shape[0] - 2, 3 * step)]
    if not bands or grey.shape[1] < 3:
        return False
    sample = np.asarray(np.concatenate(bands), np.uint8)
    middle, around = sample[1::3], np.asarray(cv2.medianBlur(sample, 3), np.uint8)[1::3]
    ground = around >= np.median(around) - 8
    ring = np.array([(1, 1, 1), (1, 0, 1), (1, 1, 1)], np.uint8)  # a stroke, however thin, has a neighbour that is as dark
    darkest, lightest = np.asarray(cv2.erode(sample, ring))[1::3], np.asarray(cv2.dilate(sample, ring))[1::3]
    alone = np.maximum(cv2.subtract(darkest, middle), cv2.subtract(middle, lightest)) > SPECK_LEVEL
    return float(cv2.absdiff(middle, around)[ground].mean()) > NOISY or float(alone.mean()) > SPECKS


def find_ink(flat: Grey) -> Mask:
    """Return where print is in a picture with near white ground: 1 where a pixel is about as dark as the darkest nearby.

    What stands out of its ground by less than its noise does is none. Both are judged block by block: the ground is the
    median of a block, and the noise its upper quartile's distance, since print is darker and covers less than half.
    """
    height, width = flat.shape
    strength = np.asarray(255 - flat, np.uint8)
    small = cv2.resize(strength, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)
    reach = _reach(small)
    strongest = cv2.blur(cv2.dilate(small, np.ones((reach, reach), np.uint8)), (reach, reach))
    threshold = np.maximum(np.asarray(strongest, np.float32) * INK_SHARE, _least(flat, (small.shape[1], small.shape[0])))
    threshold = cv2.resize(np.minimum(threshold, 250).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(strength > threshold, np.uint8)


def _least(flat: Grey, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return how dark print must be at least, as a picture of `size`."""
    thin = flat[::2, ::2]
    rows, columns = max(1, thin.shape[0] // BLOCK), max(1, thin.shape[1] // BLOCK)
    high, wide = thin.shape[0] // rows, thin.shape[1] // columns
    blocks = thin[: rows * high, : columns * wide].reshape(rows, high, columns, wide).swapaxes(1, 2).reshape(rows, columns, -1)
    ordered = np.sort(blocks, axis=2)
    count = ordered.shape[2]
    ground, above = (ordered[:, :, min(count - 1, round(count * share))].astype(np.float32) for share in (0.5, 0.75))
    least = 255 - ground + np.maximum(FAINTEST, NOISES * (above - ground) / 0.6745)  # 0.6745: quartile of the normal distribution
    return np.asarray(
        cv2.resize(np.minimum(cv2.medianBlur(least, 3), MOST_LEAST), size, interpolation=cv2.INTER_LINEAR), np.float32
    )


def whiten(flat: Grey) -> Grey:
    """Return a picture with near white ground with its ground all white and its contrast raised by as much."""
    counts = np.bincount(flat[::2, ::2].ravel(), minlength=256)
    bright = counts[160:]
    white = 160 + int(bright.argmax())
    spread = np.abs(np.arange(160, 256) - white)
    noise = float((bright * np.minimum(spread, 20)).sum() / max(1, bright.sum()))
    return np.asarray(cv2.convertScaleAbs(flat, alpha=255 / max(1.0, white - noise)), np.uint8)


# Geometry


def find_skew(marks: Marks) -> float:
    """Return the clockwise tilt of print in degrees, -15 to 15: the turn that makes its feet, or its left edges, fall in rows.

    Each mark's lowest, and leftmost, point counts; the sum of squares of the histogram of their places, across the turned
    direction, is greatest where lines lie level (Postl 1986, US patent 4,723,297, on marks instead of pixels).
    """
    height, width = marks.labels.shape
    left, top, wide, high = (side.astype(np.float64) for side in (marks.left, marks.top, marks.width, marks.height))
    letters = (high >= 4) & (high <= height / 12) & (wide <= width / 12) & (high * wide >= 20)
    if letters.sum() < 8:  # fewer marks than a word or two have no direction
        return 0.0
    size = float(np.median(high[letters]))
    letters &= (high > 0.5 * size) & (high < 2.5 * size)
    across, feet = (left + wide / 2)[letters], (top + high)[letters]
    down, edges = (top + high / 2)[letters], left[letters]
    if len(across) > MOST_POINTS:
        chosen = np.linspace(0, len(across) - 1, MOST_POINTS).astype(int)
        across, feet, down, edges = across[chosen], feet[chosen], down[chosen], edges[chosen]

    def sharpness(degrees: float) -> float:
        slope = math.tan(math.radians(degrees))
        return max(_peaks(feet - slope * across, size / 5), 1.02 * _peaks(edges + slope * down, size / 5))

    coarse = max(np.arange(-MOST_SKEW, MOST_SKEW + 0.01, 0.5), key=lambda d: (sharpness(float(d)), -abs(float(d))))
    middle = max(np.arange(coarse - 0.5, coarse + 0.51, 0.1), key=lambda d: (sharpness(float(d)), -abs(float(d))))
    fine = max(np.arange(middle - 0.1, middle + 0.101, 0.02), key=lambda d: (sharpness(float(d)), -abs(float(d))))
    return float(fine) if sharpness(float(fine)) > 1.05 * sharpness(0.0) else 0.0


def _peaks(places: NDArray[np.float64], step: float) -> float:
    counts = np.bincount(((places - places.min()) / max(step, 1.0)).astype(np.int64)).astype(np.float64)
    return float((counts * counts).sum())


def _straightened(grey: Grey, degrees: float) -> tuple[Grey, Matrix]:
    """Return a picture turned counter-clockwise by `degrees`, white where nothing was, and the map back in fractions."""
    height, width = grey.shape
    radians = math.radians(degrees)
    cos, sin = abs(math.cos(radians)), abs(math.sin(radians))
    wide, high = math.ceil(width * cos + height * sin), math.ceil(width * sin + height * cos)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turn[:, 2] += (wide - width) / 2, (high - height) / 2
    straight = cv2.warpAffine(grey, turn, (wide, high), flags=cv2.INTER_CUBIC, borderValue=255.0)
    forward: Matrix = np.vstack([turn, (0.0, 0.0, 1.0)])
    return np.asarray(straight, np.uint8), _in_fractions(np.linalg.inv(forward), (wide, high), (width, height))


def find_sheet(grey: Grey) -> NDArray[np.float32] | None:
    """Return the corners of a light sheet on a darker ground in a photograph, clockwise from its top left, in pixels.

    None where there is none, or where it fills the picture square: then there is nothing to put right.
    """
    height, width = grey.shape
    scale = 500 / max(height, width)
    small = cv2.resize(grey, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    smooth = cv2.morphologyEx(cv2.GaussianBlur(small, (5, 5), 0), cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))  # print filled
    level, light = cv2.threshold(smooth, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if not SHEET_SHARE < float(light.mean()) < SHEET_EDGE or not 40 < level < 230:
        return None
    contours, _ = cv2.findContours(np.asarray(light, np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest: Any = max(contours, key=cv2.contourArea)
    area = float(cv2.contourArea(largest))
    rectangle = cv2.approxPolyDP(cv2.convexHull(largest), 0.03 * float(cv2.arcLength(largest, closed=True)), closed=True)
    if len(rectangle) != 4 or not SHEET_SHARE < area / small.size < SHEET_EDGE:
        return None
    quad = np.asarray(rectangle, np.float32).reshape(4, 2)
    if area < 0.9 * float(cv2.contourArea(quad)) or not _stands_out(small, smooth, quad, level):
        return None
    sums, differences = quad.sum(1), quad[:, 0] - quad[:, 1]
    ordered = np.array(
        [quad[sums.argmin()], quad[differences.argmax()], quad[sums.argmax()], quad[differences.argmin()]], np.float32
    )
    if len({tuple(corner) for corner in ordered.tolist()}) < 4:  # turned by 45 degrees: no corner is the top left
        return None
    edge = 0.02 * max(small.shape)
    frame = np.array([(0, 0), (small.shape[1], 0), (small.shape[1], small.shape[0]), (0, small.shape[0])], np.float32)
    if np.abs(ordered - frame).max() < edge:
        return None
    return np.asarray(ordered / scale, np.float32)


def _stands_out(small: NDArray[Any], smooth: Any, quad: NDArray[np.float32], level: float) -> bool:
    """Return whether a light quadrangle is a sheet: light and even but for its print, with nothing light around it.

    The text of a page that is light on dark is no sheet, nor is what a dark band leaves of a page: that reaches its edges.
    """
    height, width = small.shape
    inside = np.asarray(cv2.fillConvexPoly(np.zeros_like(small), quad.astype(np.int32), 1), bool)
    around = ~np.asarray(cv2.dilate(inside.astype(np.uint8), np.ones((9, 9), np.uint8)), bool)
    if not around.any() or float((small[inside] > level).mean()) < SHEET_LIGHT or float((small[around] > level).mean()) > 0.02:
        return False
    edge = 0.012 * max(height, width)
    x, y = quad[:, 0], quad[:, 1]
    sides = (x < edge, y < edge, x > width - 1 - edge, y > height - 1 - edge)
    if sum(int(side.sum()) >= 2 for side in sides) > 1:  # both corners of a side lie on the picture's edge
        return False
    return bool(smooth[inside].mean() - smooth[around].mean() > 50 and smooth[inside].std() < 35)


def _cut_out(grey: Grey, corners: NDArray[np.float32]) -> tuple[Grey, Matrix]:
    """Return the sheet with those corners as a rectangle, and the map back in fractions."""
    height, width = grey.shape
    top_left, top_right, bottom_right, bottom_left = corners.astype(np.float64)
    wide = max(1, round(max(math.dist(top_left, top_right), math.dist(bottom_left, bottom_right))))
    high = max(1, round(max(math.dist(top_left, bottom_left), math.dist(top_right, bottom_right))))
    target = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    forward: Matrix = np.asarray(cv2.getPerspectiveTransform(corners, target), np.float64)
    flat = cv2.warpPerspective(grey, forward, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(flat, np.uint8), _in_fractions(np.linalg.inv(forward), (wide, high), (width, height))


def _in_fractions(matrix: NDArray[Any], made: tuple[int, int], given: tuple[int, int]) -> Matrix:
    """Return a map from pixels of a made picture to those of the given one as a map between their fractions."""
    result: Matrix = np.diag([1 / given[0], 1 / given[1], 1.0]) @ matrix @ np.diag([float(made[0]), float(made[1]), 1.0])
    return result
