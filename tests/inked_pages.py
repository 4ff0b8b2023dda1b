"""Whether the ink of a drawn page is where its truth says; shared by the tests of drawn pages."""

from __future__ import annotations

import numpy as np

from docai.document import Chart, Figure
from fine_tune.synth.ink import Letters, painted
from fine_tune.synth.pages import compose

INK = 32  # of 255: a pixel that differs so much from what is below it has ink on it
FAINT = 16  # the same within a box: thin lines of pale letters differ less
FAR = 2  # pixels at 100 dpi that a box may be off


def composed(seed, kind, language, held_out=False):
    """Return the scene of a page before it is painted."""
    return compose(f"page {seed} {held_out}", kind, language, held_out=held_out, dpi=100)


def _pixels(box, width, height):
    return round(box.left * width), round(box.top * height), round(box.right * width), round(box.bottom * height)


def faults(sheet):
    """Return what is wrong with the boxes of a page, in words; nothing where all is right.

    The page is painted with and without its words, and without anything: what differs is their ink.
    """
    width, height = sheet.width, sheet.height
    full = painted(sheet.strokes, width, height, sheet.paper)
    bare = painted([stroke for stroke in sheet.strokes if not isinstance(stroke, Letters)], width, height, sheet.paper)
    empty = painted([], width, height, sheet.paper)
    ink, faint = _differ(full, bare, INK), _differ(full, bare, FAINT)
    found, rest = [], ink.copy()
    words = [word for content in sheet.contents for word in content.words]
    for word in words:
        left, top, right, bottom = _pixels(word.box, width, height)
        part = faint[top:bottom, left:right]
        rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        if not rows.size:
            found.append(f"{word.text!r} has no ink in its box")
            continue
        gaps = (columns[0], rows[0], part.shape[1] - 1 - columns[-1], part.shape[0] - 1 - rows[-1])
        if max(gaps) > FAR:
            found.append(f"{word.text!r} is {max(gaps)} pixels off its box")
        rest[max(0, top - FAR) : bottom + FAR, max(0, left - FAR) : right + FAR] = False
    if rest.any():
        found.append(f"{rest.sum()} pixels of words lie in no box, the first at {np.argwhere(rest)[0][::-1]}")
    marks = _differ(bare, empty, INK)
    places = [content.box for content in sheet.contents if isinstance(content, Chart | Figure)] + sheet.marks
    for box in places:
        left, top, right, bottom = _pixels(box, width, height)
        marks[max(0, top - FAR) : bottom + FAR, max(0, left - FAR) : right + FAR] = False
    if marks.any():
        found.append(f"{marks.sum()} pixels of marks are not told, the first at {np.argwhere(marks)[0][::-1]}")
    return found


def _differ(one, other, least):
    return np.abs(one.astype(np.int16) - other).max(axis=2) > least


def overlaps(sheet):
    """Return the texts of words that lie on each other by more than a fifth of the smaller one."""
    words = [word for content in sheet.contents for word in content.words]
    boxes = np.array([word.box for word in words])
    wide = np.minimum(boxes[:, None, 2], boxes[None, :, 2]) - np.maximum(boxes[:, None, 0], boxes[None, :, 0])
    high = np.minimum(boxes[:, None, 3], boxes[None, :, 3]) - np.maximum(boxes[:, None, 1], boxes[None, :, 1])
    shared = np.clip(wide, 0, None) * np.clip(high, 0, None)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    bad = np.argwhere(np.triu(shared > 0.2 * np.minimum(areas[:, None], areas[None, :]), 1))
    return [(words[one].text, words[other].text) for one, other in bad]
