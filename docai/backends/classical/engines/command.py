"""Tesseract by its command, where tesserocr has no wheel for the platform: a process for each line, so several times slower."""

from __future__ import annotations

import csv
import shutil
import subprocess
from typing import Final

import cv2

from docai.backends.classical.engines import LINE_ROWS, ReadLine, ReadWord, joined, on_ink
from docai.backends.classical.engines.tessdata import find_tessdata
from docai.backends.classical.strips import Strip
from docai.errors import MissingDependency

WORD_LEVEL: Final = "5"  # of a row of Tesseract's TSV, whose levels are page, block, paragraph, line and word
TABS: Final = 11  # in each row of it
SECONDS: Final = 60  # that one line takes at most; a process that takes longer hangs


class Engine:
    """One language of Tesseract."""

    def __init__(self, language: str) -> None:
        """Choose the language by the name of its model, such as "kor".

        Raises:
            MissingDependency: There is no such model, or no `tesseract` on the PATH.
        """
        self.name = f"tesseract:{language}"
        self._language, self._folder = language, find_tessdata(language)
        self._program = shutil.which("tesseract") or ""
        if not self._program:
            raise MissingDependency("neither tesserocr nor the tesseract command is installed; run: pip install tesserocr")

    def read(self, strip: Strip) -> ReadLine:
        """Return what is written on a strip; no words where the process fails or hangs."""
        fitted = strip.fitted(LINE_ROWS)
        command = [self._program, "stdin", "stdout", "--tessdata-dir", str(self._folder), "-l", self._language]
        command += ["--psm", "13", "--oem", "1"]  # 13: the picture is one line
        for setting in ("tessedit_do_invert=0", "tessedit_create_txt=1", "tessedit_create_tsv=1"):
            command += ["-c", setting]
        png = cv2.imencode(".png", fitted.picture)[1].tobytes()
        try:
            run = subprocess.run(command, input=png, capture_output=True, check=True, timeout=SECONDS)
        except (subprocess.SubprocessError, OSError):
            return ReadLine(self.name)
        lines = run.stdout.decode("utf-8", "replace").splitlines()
        table = [line for line in lines if line.count("\t") == TABS]  # the text stands before or after it, by version
        text = " ".join(line for line in lines if line.count("\t") != TABS)
        rows = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        words = [
            ReadWord(
                row["text"].strip(),
                fitted.column(int(row["left"])),
                fitted.column(int(row["left"]) + int(row["width"])),
                max(0.0, float(row["conf"])) / 100,
            )
            for row in rows
            if row["level"] == WORD_LEVEL and (row["text"] or "").strip()
        ]
        return on_ink(ReadLine(self.name, joined(words, text)), strip)
