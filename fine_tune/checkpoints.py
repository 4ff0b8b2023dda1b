"""Checkpoints that count only once they are whole, so that training may be killed at any moment."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any, Final

MARK: Final = "whole.json"  # written last; a folder without it was broken off
FOLDER: Final = re.compile(r"checkpoint-(\d+)$")  # as transformers names them


def numbered(folder: Path) -> list[tuple[int, Path]]:
    """Return the checkpoints in a folder with their steps, the last first, whole or not."""
    found = [(int(match[1]), path) for path in folder.glob("checkpoint-*") if (match := FOLDER.search(path.name))]
    return sorted(found, reverse=True)


def last_whole(folder: Path) -> Path | None:
    """Return the last checkpoint that is whole; None where there is none."""
    return next((path for _, path in numbered(folder) if (path / MARK).is_file()), None)


def mark_whole(checkpoint: Path, step: int) -> None:
    """Say that a checkpoint is whole, after all that is in it has reached the disk."""
    for path in sorted(checkpoint.rglob("*")):
        if path.is_file():
            _flush(path)
    write_whole(checkpoint / MARK, {"step": step})


def remove_torn(folder: Path) -> None:
    """Remove the checkpoints that were broken off."""
    for _, path in numbered(folder):
        if not (path / MARK).is_file():
            shutil.rmtree(path)


def keep(folder: Path, count: int) -> None:
    """Remove all checkpoints but the last `count`; each first ceases to be whole, so that none is ever whole in part."""
    for _, path in numbered(folder)[count:]:
        (path / MARK).unlink(missing_ok=True)
        shutil.rmtree(path)


def write_whole(path: Path, value: Any) -> None:
    """Write a JSON file that is there as a whole or not at all, even if the power fails."""
    started = path.with_name(f".{path.name}.part")
    started.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _flush(started)
    started.replace(path)
    if os.name == "posix":  # elsewhere, folders cannot be opened
        _flush(path.parent)


def _flush(path: Path) -> None:
    # To flush a file for writing only is enough on POSIX systems, and a folder can be opened for reading alone
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() or os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
