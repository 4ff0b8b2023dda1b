"""RapidOCR's recognition network, whose model comes inside its wheel: for Latin script, without Vietnamese letters or Hangul."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
import rapidocr

from docai.backends.classical.engines import ReadLine, ReadWord, on_ink
from docai.backends.classical.strips import Strip
from docai.marks import Grey

PRINT_LEVEL, MOST_GAIN = 235.0, 3.0  # of 255 that print is made darker than its ground, and by how much at most
SURE: Final = 0.98  # confidence from which on a line is read once
CLOSER: Final = 0.2  # units of white around a line that is read again; of the two, the surer one is right more often
PITCH: Final = 3.0  # units from one letter to the next within a word at most; letters set apart on purpose make 2
TRAINED_WIDTH: Final = 320 / 48  # times its height that a line was wide at least when the network was trained
LEAST_WIDTH, BEHIND = 3.5, 1.35  # times its height, and times its own width, that it is wide enough with what is behind it
NEITHER: Final = 127  # grey level that is 0 to the network
LOADING: Final = threading.Lock()


class Engine:
    """The recognition network of PP-OCRv6, small."""

    name = "rapidocr"

    def __init__(self, language: str = "") -> None:
        """Begin; nothing is loaded yet. It reads all of Latin script alike, so that `language` says nothing to it."""
        self._network: Any = None

    def read(self, strip: Strip) -> ReadLine:
        """Return what is written on a strip; where it is unsure of it, the surer of that and of what it sees cut out closer."""
        picture = _raised(strip)
        line = self._line(picture, 0, strip)
        if line.confidence >= SURE:
            return line
        cut = max(0, strip.margin - round(CLOSER * strip.unit))
        return max(line, self._line(picture[cut : len(picture) - cut, cut : picture.shape[1] - cut], cut, strip), key=_sure)

    def _line(self, picture: Grey, left: int, strip: Strip) -> ReadLine:
        """Return what is written on the part of a strip from column `left`."""
        picture = _widened(picture)
        read = self._loaded()(
            cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), use_det=False, use_cls=False, use_rec=True, return_word_box=True
        )
        places = read.word_results[0] if read.word_results else None
        if not read.txts or places is None or not places.words:
            return ReadLine(self.name)
        found = words_of(read.txts[0], places, picture.shape[1], strip.unit)
        words = (word._replace(left=word.left + left, right=word.right + left) for word in found)
        return on_ink(ReadLine(self.name, tuple(words)), strip)

    def _loaded(self) -> Any:
        with LOADING:
            if self._network is None:
                before = logging.getLogger("RapidOCR").level
                self._network = rapidocr.RapidOCR(
                    params={
                        "Global.use_cls": False,  # it turns good lines by 180 degrees
                        "Global.log_level": "error",
                        "Rec.rec_img_shape": [3, 48, 48],  # at least; `_widened` sees to more
                        "EngineConfig.onnxruntime.intra_op_num_threads": 1,  # lines are read side by side
                        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                    }
                )
                logging.getLogger("RapidOCR").setLevel(max(before, logging.ERROR))
        return self._network


def _sure(line: ReadLine) -> float:
    return line.confidence


def _raised(strip: Strip) -> Grey:
    """Return a strip's picture with its contrast raised as far as its print is faint: the network was trained on strong print."""
    darkest = float(np.percentile(strip.picture, 2))  # of what is ink, not of single pixels
    gain = min(MOST_GAIN, PRINT_LEVEL / max(1.0, 255 - darkest))
    return np.asarray(255 - cv2.convertScaleAbs(np.asarray(255 - strip.picture, np.uint8), alpha=gain), np.uint8)


def _widened(picture: Grey) -> Grey:
    """Return a line with the grey behind it that the network was trained with, but no more than does it good."""
    height, width = picture.shape
    wanted = max(LEAST_WIDTH * height, min(BEHIND * width, TRAINED_WIDTH * height))
    missing = max(0, round(wanted) - width)
    return np.pad(picture, ((0, 0), (0, missing)), constant_values=NEITHER) if missing else picture


def words_of(text: str, places: Any, width: int, unit: float) -> list[ReadWord]:
    """Return the words of a line: cut at its spaces, and where letters stand far apart, since it loses spaces.

    The network tells a column for each letter, of `line_txt_len` over the width of the picture.
    """
    columns = iter([column for word in places.word_cols for column in word])
    step = width / places.line_txt_len
    words: list[list[tuple[str, float, float]]] = [[]]
    for letter, sure in zip(text, places.confs, strict=False):
        if letter.isspace():
            words.append([])
            continue
        left = next(columns, 0) * step
        if words[-1] and left - words[-1][-1][1] > PITCH * unit:
            words.append([])
        words[-1].append((letter, left, sure))
    return [_word(letters, step, width) for letters in words if letters]


def _word(letters: Sequence[tuple[str, float, float]], step: float, width: int) -> ReadWord:
    text, left, right = "".join(letter for letter, _, _ in letters), letters[0][1], letters[-1][1] + step
    return ReadWord(text, left, max(left, min(float(width), right)), sum(sure for _, _, sure in letters) / len(letters))
