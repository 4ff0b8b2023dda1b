"""Where Tesseract's models lie, which there are, and how one is brought that is missing."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from docai.errors import MissingDependency

# Where the packages of Debian, Fedora, Arch, Homebrew, MacPorts and the installer for Windows put them
PLACES: Final = (
    "/usr/share/tesseract-ocr/*/tessdata",
    "/usr/share/tesseract-ocr/tessdata",
    "/usr/share/tesseract/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
    "/opt/local/share/tessdata",
    "C:/Program Files/Tesseract-OCR/tessdata",
)


def folders() -> Iterator[Path]:
    """Yield the folders that models may lie in, those that `TESSDATA_PREFIX` names first, as Tesseract has it."""
    prefix = os.environ.get("TESSDATA_PREFIX")
    if prefix:
        yield Path(prefix)
        yield Path(prefix, "tessdata")
    yield Path(sys.prefix, "share", "tessdata")  # of conda
    for place in PLACES:
        anchor = Path(Path(place).anchor)
        if anchor.exists():
            yield from sorted(anchor.glob(str(Path(place).relative_to(anchor))), reverse=True)


@cache
def find_tessdata(language: str) -> Path:
    """Return the folder that holds the model of `language`, such as "kor".

    Raises:
        MissingDependency: No folder does; the message names what to install.
    """
    for folder in folders():
        if (folder / f"{language}.traineddata").is_file():
            return folder
    raise MissingDependency(f"Tesseract's model {language!r} is not installed; {remedy(language)}")


def is_there(language: str) -> bool:
    """Return whether the model of `language`, such as "kor", is installed."""
    try:
        find_tessdata(language)
    except MissingDependency:
        return False
    return True


def remedy(language: str) -> str:
    """Return how the model of a language is brought to this machine."""
    package = f"tesseract-ocr-{language.replace('_', '-')}"
    system = platform.system()
    if system == "Darwin":
        return "run: brew install tesseract-lang"
    if system == "Windows":
        return f"run the Tesseract installer and choose it, or put {language}.traineddata into the folder TESSDATA_PREFIX names"
    return f"run: apt-get install {package} (or put {language}.traineddata into the folder TESSDATA_PREFIX names)"
