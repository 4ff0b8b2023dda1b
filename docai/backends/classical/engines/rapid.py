"""RapidOCR's recognition network, whose model comes inside its wheel: for Latin script, without Vietnamese letters or Hangul."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
import rapidocr
from numpy.typing import NDArray

from docai.backends.classical.engines import ReadLine, ReadWord, on_ink
from docai.backends.classical.strips import Strip
from docai.marks import Grey

PRINT_LEVEL, MOST_GAIN = 235.0, 3.0  # of 255 that print is made darker than its ground, and by how much at most
SURE: Final = 0.98  # confidence from which on a line is read once
CLOSER: Final = 0.2  # units of white around a line that is read again; of the two, the surer one is right more often
PITCH: Final = 3.0  # units from one letter to the next within a word at most; letters set apart on purpose make 2
TRAINED_WIDTH: Final = 320 / 48  # times its height that a line was wide at least when the network was trained
LEAST_WIDTH, BEHIND = 3.5, 1.35  # times its height, and times its own width, that it is wide enough with what is behind it
ROWS: Final = 48  # pixels that the network takes lines at
# A label of a chart: units of white around it, times its height and its own width that it is wide with what is behind it. Measured
# over 234 labels: as many are read right as on wider lines, in two thirds of the time, which goes with the width
LABEL_WHITE, LABEL_WIDTH, LABEL_BEHIND = 0.4, 2.2, 1.1
LATIN_END: Final = 0x250  # the first code point behind the letters of Latin script
SIGNS: Final = frozenset("–—‘’“”•…‰€₩₫£¥−⁰¹²³⁴⁵⁶⁷⁸⁹⁻°")  # in labels, beside the letters and signs of Latin script
NEITHER: Final = 127  # grey level that is 0 to the network
LOADING: Final = threading.Lock()


class Engine:
    """The recognition network of PP-OCRv6, small."""

    name = "rapidocr"

    def __init__(self, language: str = "") -> None:
        """Begin; nothing is loaded yet. It reads all of Latin script alike, so that `language` says nothing to it."""
        self._latin: NDArray[np.int64] | None = None

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
        read = _loaded()(
            cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), use_det=False, use_cls=False, use_rec=True, return_word_box=True
        )
        places = read.word_results[0] if read.word_results else None
        if not read.txts or places is None or not places.words:
            return ReadLine(self.name)
        found = words_of(read.txts[0], places, picture.shape[1], strip.unit)
        words = (word._replace(left=word.left + left, right=word.right + left) for word in found)
        return on_ink(ReadLine(self.name, tuple(words)), strip)

    def read_label(self, strip: Strip) -> ReadLine:
        """Return what is written on a strip of a few letters or figures: in one look, and by letters of Latin script alone."""
        picture = _raised(strip)
        cut = max(0, strip.margin - round(LABEL_WHITE * strip.unit))
        picture = picture[cut : len(picture) - cut, cut : picture.shape[1] - cut]
        if not picture.size:  # a crumb of a pixel at the edge of its picture
            return ReadLine(self.name)
        wide = max(4, round(picture.shape[1] * ROWS / picture.shape[0]))
        full = max(round(LABEL_WIDTH * ROWS), round(LABEL_BEHIND * wide))
        line = np.full((ROWS, full), NEITHER, np.uint8)
        line[:, :wide] = cv2.resize(picture, (wide, ROWS))
        letters, columns = self._letters(line)
        pieces: list[list[tuple[str, float, float]]] = [[]]
        for letter, column, sure in letters:
            left = column * full / columns
            apart = pieces[-1] and left - pieces[-1][-1][1] > PITCH * strip.unit * ROWS / len(picture)
            if letter.isspace() or apart:
                pieces.append([])
            if not letter.isspace():
                pieces[-1].append((letter, left, sure))
        words = [_word(piece, full / columns, wide) for piece in pieces if piece]
        scale = len(picture) / ROWS
        placed = (word._replace(left=cut + word.left * scale, right=cut + word.right * scale) for word in words)
        return on_ink(ReadLine(self.name, tuple(placed)), strip)

    def _letters(self, line: Grey) -> tuple[list[tuple[str, int, float]], int]:
        """Return the letters on a line of `ROWS` rows, each with its column and how sure it is, and how many columns there are."""
        recogniser = self._recogniser()
        known = recogniser.postprocess_op.character
        if self._latin is None:
            self._latin = np.array([n for n, letter in enumerate(known) if n == 0 or _is_latin(letter)])
        scaled = np.repeat(((line.astype(np.float32) / 255 - 0.5) / 0.5)[None, None], 3, axis=1)
        shares = np.asarray(recogniser.session(scaled))[0][:, self._latin]
        found, before = [], 0
        for column, (best, sure) in enumerate(zip(shares.argmax(1).tolist(), shares.max(1).tolist(), strict=True)):
            if best and best != before:
                found.append((known[self._latin[best]], column, sure))
            before = best
        return found, len(shares)

    def _recogniser(self) -> Any:
        """Return the network itself, beneath what prepares lines for it; it is loaded with the first line that is read."""
        whole = _loaded()
        if whole.text_rec is None:
            whole(np.full((ROWS, ROWS, 3), 255, np.uint8), use_det=False, use_cls=False, use_rec=True)
        return whole.text_rec


def _loaded() -> Any:
    """Return the network, one for all engines, since it takes 200 CPU-ms to load."""
    with LOADING:
        return _network()


@cache
def _network() -> Any:
    before = logging.getLogger("RapidOCR").level
    network = rapidocr.RapidOCR(
        params={
            "Global.use_cls": False,  # it turns good lines by 180 degrees
            "Global.log_level": "error",
            "Rec.rec_img_shape": [3, 48, 48],  # at least; `_widened` sees to more
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,  # lines are read side by side
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    logging.getLogger("RapidOCR").setLevel(max(before, logging.ERROR))
    return network


def _sure(line: ReadLine) -> float:
    return line.confidence


def _is_latin(letter: str) -> bool:
    return letter in SIGNS or all(ord(part) < LATIN_END for part in letter)


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
