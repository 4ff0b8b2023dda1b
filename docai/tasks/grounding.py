"""Grounding and referring: where on a page something stands, and what it is that stands there."""

from __future__ import annotations

from dataclasses import dataclass

from docai.box import Box


@dataclass(frozen=True, slots=True)
class Find:
    """Asks where what a phrase tells of stands; answered by a `Mention`, without boxes where it is not there."""

    phrase: str
    name: str = "grounding"


@dataclass(frozen=True, slots=True)
class Name:
    """Asks what stands in a box of the page; answered by a `Mention` of that box."""

    box: Box
    name: str = "referring"
