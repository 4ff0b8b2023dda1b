"""Pages beside their text, `page.png` and `page.txt` (or `.gt.txt`, `.gold.txt`): rates of wrong characters and words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from docai.document import Document
from docai.errors import NothingToDo, Unreadable
from docai.labelled import Item, Judged
from docai.labelled.pages import PAGES, reading_scores

ENDINGS: Final = (".gt.txt", ".gold.txt", ".txt")  # the first are those of OCR-D and Tesseract's tests


class Layout:
    """Pages and texts in a folder."""

    metrics = ("cer", "wer")

    def __init__(self, path: Path) -> None:
        self.path = path

    def items(self) -> Iterator[Item]:
        """Yield the pages by their names; those of a folder within are a group."""
        pairs = [
            (file, text)
            for file in (sorted(self.path.rglob("*")) if self.path.is_dir() else ())
            for text in [next((text for text in _beside(file) if text.is_file()), None)]
            if file.suffix.lower() in PAGES and text is not None
        ]
        if not pairs:
            raise NothingToDo(f"{self.path}: no page beside a text of its name (page.png, page.txt); name the folder with both")
        for file, text in pairs:
            try:
                truth = text.read_text(encoding="utf-8-sig")
            except (OSError, ValueError) as error:
                raise Unreadable(f"{text}: not text in UTF-8 that can be read ({error}); store it as UTF-8") from error
            place = file.relative_to(self.path)
            yield Item(place.as_posix(), file, truth, group=place.parent.as_posix() if place.parent.parts else "")

    def judge(self, item: Item, answer: Any) -> Judged:
        """Return how many characters and words are wrong."""
        read = answer.text if isinstance(answer, Document) else ""
        return Judged(reading_scores(read, item.truth), read, item.truth)


def _beside(file: Path) -> Iterator[Path]:
    """Yield where the text of a page may stand: beside `page.png` as `page.txt` or `page.png.txt`."""
    for ending in ENDINGS:
        yield file.with_suffix(ending)
        yield file.with_name(file.name + ending)
