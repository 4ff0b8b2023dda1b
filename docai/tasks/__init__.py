"""What can be asked of a piece of a page: one file a task, each a frozen value that carries its arguments."""

from __future__ import annotations

from typing import Protocol


class Task(Protocol):
    """A question: frozen, hashable and picklable, its arguments plain values."""

    @property
    def name(self) -> str:
        """What dialects and backends know the task by."""
