"""Charts as data. Answered by a `Chart`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadChart:
    """Asks for the data of the one chart in a view; `languages` are ISO 639-1 codes, most likely first."""

    languages: tuple[str, ...] = ("en",)
    name: str = "chart"
