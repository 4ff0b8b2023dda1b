"""Tesseract in this process, by tesserocr: one engine a thread and language, its model loaded once."""

from __future__ import annotations

import threading

import tesserocr
from PIL import Image

from docai.backends.classical.engines import LINE_ROWS, ReadLine, ReadWord, joined, on_ink
from docai.backends.classical.engines.tessdata import find_tessdata
from docai.backends.classical.strips import Strip


class Engine:
    """One language of Tesseract."""

    def __init__(self, language: str) -> None:
        """Choose the language by the name of its model, such as "kor"; nothing is loaded yet.

        Raises:
            MissingDependency: There is no such model.
        """
        self.name = f"tesseract:{language}"
        self._language, self._folder = language, find_tessdata(language)
        self._own = threading.local()

    def read(self, strip: Strip) -> ReadLine:
        """Return what is written on a strip."""
        fitted = strip.fitted(LINE_ROWS)
        api = self._api()
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
        return on_ink(ReadLine(self.name, joined(words, api.GetUTF8Text())), strip)

    def _api(self) -> tesserocr.PyTessBaseAPI:
        api = getattr(self._own, "api", None)
        if api is None:
            api = tesserocr.PyTessBaseAPI(
                path=str(self._folder), lang=self._language, psm=tesserocr.PSM.RAW_LINE, oem=tesserocr.OEM.LSTM_ONLY
            )  # RAW_LINE: looking for lines in a strip costs a fifth of the time, and misplaces some
            api.SetVariable("tessedit_do_invert", "0")  # strips are dark on white; trying the negative costs a second reading
            self._own.api = api
        return api
