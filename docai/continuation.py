"""What goes on elsewhere: paragraphs that run over columns and pages, tables over pages, joined as they are read."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from docai.document import Block, Page, Table, Text, replace
from docai.lines import join_texts
from docai.table_parts import join_tables


@dataclass(frozen=True, slots=True)
class Passage:
    """A block with the blocks that go on with it; `text` is theirs joined ("" for tables, charts and figures)."""

    blocks: tuple[Block, ...]

    @property
    def first(self) -> Block:
        """The block that the passage begins with; its kind and role are the passage's."""
        return self.blocks[0]

    @property
    def text(self) -> str:
        """The text of all parts, hyphenation at the seams undone."""
        return join_texts([block.content.text for block in self.blocks if isinstance(block.content, Text)])

    @property
    def parts(self) -> tuple[Block, ...]:
        """The blocks that are tables."""
        return tuple(block for block in self.blocks if isinstance(block.content, Table))

    @property
    def whole(self) -> tuple[Block, ...]:
        """The blocks, with those that are parts of one table made one block: that of the first, with the captions of all.

        A table that would be larger than tables may be stays in parts.
        """
        parts = self.parts
        table = join_tables([block.content for block in parts if isinstance(block.content, Table)]) if len(parts) > 1 else None
        if table is None:
            return self.blocks
        captions = tuple(dict.fromkeys(name for block in parts for name in block.captions))
        one = replace(parts[0], content=table, captions=captions, confidence=min(block.confidence for block in parts))
        kept = (block for block in self.blocks if block is parts[0] or not isinstance(block.content, Table))
        return tuple(one if block is parts[0] else block for block in kept)


class Joiner:
    """Turns pages, one after the other, into passages, holding back only what may still go on.

    A page's blocks come out when the next page has been added, or at `close`; behind a table that runs over many pages, all
    wait for its end.
    """

    def __init__(self) -> None:
        self._held: deque[list[Block]] = deque()
        self._released = 0  # passages that came out, and so the number of the first one held
        self._place: dict[str, int] = {}

    def add(self, page: Page) -> list[Passage]:
        """Take the next page; return the passages that are complete now, in reading order."""
        for block in page.blocks:
            earlier = self._place.get(block.continues) if block.continues else None
            if earlier is None:
                earlier = self._released + len(self._held)
                self._held.append([])
            self._held[earlier - self._released].append(block)
            self._place[block.id] = earlier
        return self._release(page.number)

    def close(self) -> list[Passage]:
        """Return what is left."""
        return self._release(None)

    def _release(self, number: int | None) -> list[Passage]:
        """Return the passages up to the first that has a block of page `number`."""
        done: list[Passage] = []
        while self._held and (number is None or self._held[0][-1].page_number < number):
            blocks = self._held.popleft()
            for block in blocks:
                if self._place.get(block.id) == self._released:
                    del self._place[block.id]
            self._released += 1
            done.append(Passage(tuple(blocks)))
        return done


def passages(pages: Sequence[Page]) -> list[Passage]:
    """Return the passages of `pages` in reading order."""
    joiner = Joiner()
    return [passage for page in pages for passage in joiner.add(page)] + joiner.close()


def tables_with_parts(pages: Sequence[Page]) -> tuple[tuple[Table, tuple[Block, ...]], ...]:
    """Return the tables of `pages`, joined over pages, in reading order, each with the blocks that are its parts."""
    return tuple(
        (block.content, passage.parts if block not in passage.blocks else (block,))
        for passage in passages(pages)
        for block in passage.whole
        if isinstance(block.content, Table)
    )
