"""Tesseract in this process, by tesserocr: models are loaded once, and again only for threads that read at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import tesserocr
from PIL import Image

from docai.backends.classical.engines import LINE_ROWS, ReadLine, ReadWord, joined, on_ink
from docai.backends.classical.engines.tessdata import find_tessdata
from docai.backends.classical.strips import Strip

MOST_IDLE: Final = 4  # loaded models of a language that are kept for the next document, 30 to 60 CPU-ms and some 10 MB each

_idle: dict[tuple[str, str], list[tesserocr.PyTessBaseAPI]] = {}  # by folder and language; appending and popping are atomic


class Engine:
    """One language of Tesseract."""

    def __init__(self, language: str) -> None:
        """Choose the language by the name of its model, such as "kor"; nothing is loaded yet.

        Raises:
            MissingDependency: There is no such model.
        """
        self.name = f"tesseract:{language}"
        self._language, self._folder = language, find_tessdata(language)

    def read(self, strip: Strip) -> ReadLine:
        """Return what is written on a strip."""
        fitted = strip.fitted(LINE_ROWS)
        with self._api() as api:
            api.SetImage(Image.fromarray(fitted.picture))
            if not api.Recognize():
                return ReadLine(self.name)
            words = []
            for word in tesserocr.iterate_level(api.GetIterator(), tesserocr.RIL.WORD):
                if word.Empty(tesserocr.RIL.WORD):
                    continue
                text = word.GetUTF8Text(tesserocr.RIL.WORD).strip()
                box = word.BoundingBox(tesserocr.RIL.WORD)
                if text and box:
                    confidence = word.Confidence(tesserocr.RIL.WORD) / 100
                    words.append(ReadWord(text, fitted.column(box[0]), fitted.column(box[2]), confidence))
            whole = api.GetUTF8Text()
        return on_ink(ReadLine(self.name, joined(words, whole)), strip)

    @contextmanager
    def _api(self) -> Iterator[tesserocr.PyTessBaseAPI]:
        """Yield a loaded model that nobody else reads with."""
        idle = _idle.setdefault((str(self._folder), self._language), [])
        try:
            api = idle.pop()
        except IndexError:
            api = tesserocr.PyTessBaseAPI(
                path=str(self._folder), lang=self._language, psm=tesserocr.PSM.RAW_LINE, oem=tesserocr.OEM.LSTM_ONLY
            )  # RAW_LINE: looking for lines in a strip costs a fifth of the time, and misplaces some
            api.SetVariable("tessedit_do_invert", "0")  # strips are dark on white; trying the negative costs a second reading
        yield api
        if len(idle) < MOST_IDLE:
            idle.append(api)
