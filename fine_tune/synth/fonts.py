"""Fonts found on this machine that have the letters of a language."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from fontTools.ttLib import TTFont

from docai.errors import MissingDependency
from fine_tune.synth.words import VOCABULARIES, Language

_FILES: Final = (  # family, regular, bold; the held-out ones are drawn by the other producer alone
    ("DejaVu Sans", "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("DejaVu Serif", "DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf"),
    ("DejaVu Sans Condensed", "DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf"),
    ("Noto Sans", "NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    ("Noto Serif", "NotoSerif-Regular.ttf", "NotoSerif-Bold.ttf"),
    ("Nanum Gothic", "NanumGothic.ttf", "NanumGothicBold.ttf"),
    ("Nanum Myeongjo", "NanumMyeongjo.ttf", "NanumMyeongjoBold.ttf"),
    ("Nanum Barun Gothic", "NanumBarunGothic.ttf", "NanumBarunGothicBold.ttf"),
)
_HELD_OUT_FILES: Final = (
    ("Noto Sans Display", "NotoSansDisplay-Regular.ttf", "NotoSansDisplay-Bold.ttf"),
    ("Noto Serif Display", "NotoSerifDisplay-Regular.ttf", "NotoSerifDisplay-Bold.ttf"),
    ("DejaVu Serif Condensed", "DejaVuSerifCondensed.ttf", "DejaVuSerifCondensed-Bold.ttf"),
    ("Nanum Square", "NanumSquareR.ttf", "NanumSquareB.ttf"),
    ("Nanum Square Round", "NanumSquareRoundR.ttf", "NanumSquareRoundB.ttf"),
)
_PAGE_FILES: Final = (  # that pages are set in beside those above
    ("Liberation Sans", "LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
    ("Liberation Serif", "LiberationSerif-Regular.ttf", "LiberationSerif-Bold.ttf"),
    ("Liberation Sans Narrow", "LiberationSansNarrow-Regular.ttf", "LiberationSansNarrow-Bold.ttf"),
    ("DejaVu Serif Italic", "DejaVuSerif-Italic.ttf", "DejaVuSerif-BoldItalic.ttf"),
    ("Noto Sans Italic", "NotoSans-Italic.ttf", "NotoSans-BoldItalic.ttf"),
    ("Liberation Mono", "LiberationMono-Regular.ttf", "LiberationMono-Bold.ttf"),
    ("Noto Sans Mono", "NotoSansMono-Regular.ttf", "NotoSansMono-Bold.ttf"),
    ("Nanum Gothic Coding", "NanumGothicCoding.ttf", "NanumGothicCodingBold.ttf"),
)
_HELD_OUT_PAGE_FILES: Final = (
    ("DejaVu Sans Mono", "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"),
    ("Liberation Serif Italic", "LiberationSerif-Italic.ttf", "LiberationSerif-BoldItalic.ttf"),
    ("Noto Serif Display Italic", "NotoSerifDisplay-Italic.ttf", "NotoSerifDisplay-BoldItalic.ttf"),
)
_SPACES: Final = frozenset({0x20, 0xA0})
_PACKAGES: Final = {"en": "fonts-dejavu-core", "ko": "fonts-nanum", "vi": "fonts-dejavu-core"}


class Face(NamedTuple):
    """A font family as two files."""

    name: str
    regular: Path
    bold: Path


@cache
def faces(language: Language, *, held_out: bool = False) -> tuple[Face, ...]:
    """Return the families that have all letters of a language; the others, if there are no held-out ones.

    Raises:
        MissingDependency: There are none.
    """
    named = tuple(_covering(_HELD_OUT_FILES, language)) if held_out else ()
    named = named or tuple(_covering(_FILES, language))
    if not named:
        raise MissingDependency(
            f"no font on this machine has all letters of the language {language!r}; run: apt-get install {_PACKAGES[language]}"
        )
    return named


@cache
def page_faces(language: Language, *, held_out: bool = False) -> tuple[Face, ...]:
    """Return the families that pages of a language are set in: those of `faces` first, then more.

    Rare letters may be missing in some; so may those of other languages.

    Raises:
        MissingDependency: There are none.
    """
    more = _HELD_OUT_PAGE_FILES if held_out else _PAGE_FILES
    return (*faces(language, held_out=held_out), *_covering(more, language))


def _covering(families: tuple[tuple[str, str, str], ...], language: Language) -> Iterator[Face]:
    alphabet = {ord(letter) for letter in VOCABULARIES[language].alphabet}
    for name, *files in families:
        paths = [_installed()[file] for file in files if file in _installed()]
        if len(paths) == len(files) and all(alphabet <= letters(path) for path in paths):
            yield Face(name, *paths)


@cache
def letters(path: Path) -> frozenset[int]:
    """Return the code points that a font file has letters for."""
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


@cache
def letters_and_spaces(path: Path) -> frozenset[int]:
    """Return the code points that a font file can set: those that it has letters for, and spaces."""
    return letters(path) | _SPACES


@cache
def family(path: Path) -> str:
    """Return the name by which programs know the family of a font file."""
    with TTFont(path, lazy=True) as font:
        return str(font["name"].getBestFamilyName())


@cache
def _installed() -> dict[str, Path]:
    """Return the TrueType files of the system and the user by their names."""
    folders = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts", Path.home() / ".local/share/fonts"]
    if sys.platform == "darwin":
        folders = [Path("/System/Library/Fonts"), Path("/Library/Fonts"), Path.home() / "Library/Fonts"]
    elif sys.platform == "win32":
        folders = [Path("C:/Windows/Fonts")]
    return {path.name: path for folder in folders if folder.is_dir() for path in sorted(folder.rglob("*.ttf"))}
