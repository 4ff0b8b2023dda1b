"""Whole pages: everything at once, in reading order. Answered by a tuple of `Text`, `Table`, `Chart` and `Figure`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadPage:
    """Asks for all that a view of a page holds; `languages` are ISO 639-1 codes, most likely first."""

    languages: tuple[str, ...] = ("en",)
    name: str = "page"
