"""Who answers in words: what a model is shown and asked, and the one method that all such models share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from docai.dialects import Grammar, Prompt, Said
from docai.document import Engine
from docai.tiling import Seen


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is shown and asked.

    Attributes:
        seen: What it sees, one for each view.
        prompt: What it is asked.
        grammar: What its answer may be; None for anything.
        most_tokens: After how many tokens it is cut short.
        temperature: Of sampling; 0 takes the likeliest token.
        seed: Of the sampling.
    """

    seen: tuple[Seen, ...]
    prompt: Prompt
    grammar: Grammar | None = None
    most_tokens: int = 4096
    temperature: float = 0.0
    seed: int = 0


class Speaker(Protocol):
    """Who says something about pictures.

    Law: `len(say(asked)) == len(asked)`, in order; what cannot be said is `Said(finish="failed")` with its problem.
    """

    batch: int
    engine: Engine

    def say(self, asked: Sequence[Asked]) -> list[Said]:
        """Return what is said to each, in order."""
