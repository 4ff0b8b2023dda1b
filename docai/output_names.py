"""Names of outputs that stay below their folder, whatever the documents they come from are called."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath, PureWindowsPath
from typing import Final

from docai.errors import InputError

# Names that Windows keeps for devices, with any suffix (Microsoft, "Naming Files, Paths, and Namespaces")
DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\..*)?", re.IGNORECASE)
_NO_PART_OF_A_NAME: Final = re.compile(r'[<>:"|?*\x00-\x1f]|[. ]$')  # ibid.


def below(folder: Path, stem: str | PurePath, *, windows: bool = os.name == "nt") -> Path:
    """Return the path of `stem` below `folder`.

    Raises:
        InputError: It would lie elsewhere, or is no name that this system (Windows, with `windows`) can write.
    """
    told = str(stem)
    wrong = _wrong_with(PureWindowsPath(told) if windows else PurePath(told), told, windows=windows)
    if wrong:
        raise InputError(f"{told!r} cannot be the name of an output: {wrong}; rename the document")
    return folder / told


def _wrong_with(path: PurePath, told: str, *, windows: bool) -> str:
    if "\0" in told:
        return "it has a zero character"
    if path.anchor or ".." in path.parts or not path.parts:
        return "it does not lie below the output folder"
    if windows and any(_NO_PART_OF_A_NAME.search(part) for part in path.parts):
        return "Windows does not write such names"
    if windows and any(DEVICES.fullmatch(part) for part in path.parts):
        return "Windows keeps that name for a device"
    return ""
