"""Reading: what is written in a region that has no text layer, or none that can be believed. Answered by `Text`s."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadText:
    """Asks for the text of a view as a tuple of `Text`; `languages` are ISO 639-1 codes, most likely first."""

    languages: tuple[str, ...] = ("en",)
    name: str = "reading"
