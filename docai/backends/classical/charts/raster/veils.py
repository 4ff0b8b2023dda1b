"""Translucent marks in a chart's picture: grid lines that shine through them are parts of the marks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from docai.backends.classical.charts.raster.colours import GROUND, Layers
from docai.backends.classical.charts.raster.edges import Line

REACH: Final = 3  # pixels on both sides of a grid line's pixel at which a mark shows
SMOOTHED: Final = 1  # pixels beside such a line that are its smoothed edges
FAINTEST: Final = 110.0  # of 255 that a grid line differs from the ground by at most; stronger ones are axes, and marks' outlines
FAINTER: Final = 0.9  # of a grid line's own contrast that is left of it under a mark at most


def without_grid_below(layers: Layers, lines: Sequence[Line]) -> Layers:
    """Return a picture in which grid lines under translucent marks have the colour of the marks.

    A line that shines through changes a mark's colour by less than it changes the ground's; a mark that lies on both sides of it
    goes on there.
    """
    labels = layers.labels.copy()
    height, width = labels.shape
    for line in lines:
        half = line.thickness / 2 + SMOOTHED
        beside = slice(max(0, math.floor(line.place - half)), math.ceil(line.place + half))
        along = slice(max(0, math.floor(line.start)), math.ceil(line.end))
        box = (beside, along) if line.across else (along, beside)
        rows, columns = np.nonzero(labels[box] != GROUND)
        rows, columns = rows + box[0].start, columns + box[1].start
        colour = np.array([int(line.colour[place : place + 2], 16) for place in (1, 3, 5)], np.float32)
        limit = max(layers.tolerance, FAINTER * float(np.linalg.norm(colour - layers.palette[GROUND])))
        if limit > FAINTEST or not len(rows):
            continue
        pixels = layers.pixels[rows, columns].astype(np.float32)
        across, down = (0, 1) if line.across else (1, 0)
        for reach in range(1, REACH + 1):
            before = labels[np.maximum(rows - reach * down, 0), np.maximum(columns - reach * across, 0)]
            after = labels[np.minimum(rows + reach * down, height - 1), np.minimum(columns + reach * across, width - 1)]
            same = (before == after) & (before > GROUND) & ~np.isin(before, list(layers.plates))
            same &= np.linalg.norm(pixels - layers.palette[np.maximum(before, 0)], axis=1) <= limit
            labels[rows[same], columns[same]] = before[same]
    return replace(layers, labels=labels)
