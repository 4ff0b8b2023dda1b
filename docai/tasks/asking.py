"""Free questions about what a view, or several, show. Answered by an `Answer`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ask:
    """Asks a question in words."""

    question: str
    name: str = "ask"
