"""Tesseract in this process, by tesserocr: one engine a thread and language, its model loaded once."""

from __future__ import annotations

import threading

import tesserocr
from PIL import Image

from docai.backends.classical.engines import LINE_HEIGHT, ReadLine, ReadWord, joined
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
        picture, scale = strip.scaled(LINE_HEIGHT)
        api = self._api()
        api.SetImage(Image.fromarray(picture))
        if not api.Recognize():
            return ReadLine(self.name)
        words = []
        for word in tesserocr.iterate_level(api.GetIterator(), tesserocr.RIL.WORD):
            if word.Empty(tesserocr.RIL.WORD):
                continue
            text = word.GetUTF8Text(tesserocr.RIL.WORD).strip()
            box = word.BoundingBox(tesserocr.RIL.WORD)
            if text and box:
                words.append(ReadWord(text, box[0] / scale, box[2] / scale, word.Confidence(tesserocr.RIL.WORD) / 100))
        return ReadLine(self.name, joined(words, api.GetUTF8Text()))

    def _api(self) -> tesserocr.PyTessBaseAPI:
        api = getattr(self._own, "api", None)
        if api is None:
            api = tesserocr.PyTessBaseAPI(
                path=str(self._folder), lang=self._language, psm=tesserocr.PSM.SINGLE_LINE, oem=tesserocr.OEM.LSTM_ONLY
            )
            api.SetVariable("tessedit_do_invert", "0")  # strips are dark on white; trying the negative costs a second reading
            self._own.api = api
        return api
