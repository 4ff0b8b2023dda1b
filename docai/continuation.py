"""What goes on elsewhere: paragraphs that run over columns and pages, joined as they are read."""

from __future__ import annotations

from dataclasses import dataclass

from docai.document import Block, Page, Text
from docai.lines import join_texts


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


class Joiner:
    """Turns pages, one after the other, into passages, holding back only what may still go on.

    A page's blocks come out when the next page has been added, or at `close`.
    """

    def __init__(self) -> None:
        self._held: list[list[Block]] = []
        self._place: dict[str, int] = {}

    def add(self, page: Page) -> list[Passage]:
        """Take the next page; return the passages that are complete now, in reading order."""
        for block in page.blocks:
            earlier = self._place.get(block.continues) if block.continues else None
            if earlier is None:
                earlier = len(self._held)
                self._held.append([])
            self._held[earlier].append(block)
            self._place[block.id] = earlier
        still_open = next((n for n, blocks in enumerate(self._held) if blocks[-1].page_number >= page.number), len(self._held))
        return self._release(still_open)

    def close(self) -> list[Passage]:
        """Return what is left."""
        return self._release(len(self._held))

    def _release(self, count: int) -> list[Passage]:
        done, self._held = self._held[:count], self._held[count:]
        self._place = {block.id: place for place, blocks in enumerate(self._held) for block in blocks}
        return [Passage(tuple(blocks)) for blocks in done]


def passages(pages: tuple[Page, ...]) -> list[Passage]:
    """Return the passages of `pages` in reading order."""
    joiner = Joiner()
    return [passage for page in pages for passage in joiner.add(page)] + joiner.close()
