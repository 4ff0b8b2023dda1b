"""Files that appear whole or not at all, and stay when the power goes."""

from __future__ import annotations

import os
from pathlib import Path


def settle(temporary: Path, final: Path) -> None:
    """Give a file that was written under a temporary name its own; once this returns, it outlasts a crash of the machine.

    The bytes are on the disk before the name is, since a name that comes first may stand for an empty file after a crash
    (rename(2) orders nothing; see "Files are hard", Pillai et al., OSDI 2014).
    """
    with temporary.open("rb+") as stream:
        os.fsync(stream.fileno())
    temporary.replace(final)
    if os.name == "posix":  # elsewhere folders cannot be opened, and renaming is written through
        folder = os.open(final.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
