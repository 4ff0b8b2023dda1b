"""The title of a chart, its subtitle, and what is said of its source: text that neither axes nor legend have taken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from docai.backends.classical.charts.scene import Extent, Label

STEP: Final = 0.25  # points or pixels in which sizes are compared
SMALLER: Final = 0.97  # of the title's size; smaller text below it is a subtitle
OFF_CENTRE: Final = 0.1  # of a plot's height that the header of its row is off its middle

_NOTE = re.compile(r"^(?:source|sources|note|notes|data|quelle|fuente|nguồn|출처|자료|주)\b\s*[:.：]|^[*†‡]", re.IGNORECASE)
_NUMBER = re.compile(r"^[-+−–(]?[$€£¥₩]?\d[\d.,\s]*\s*(?:%|[kKMB]\b)?\)?(?:e[-+−]?\d+|\^\d+)?$|^[×x]?\s*10?(?:\^|e)[-+−]?\d+$")


@dataclass(frozen=True, slots=True)
class Titles:
    """What is said of a chart above and below it; "" where nothing is. `used` are the labels."""

    title: str = ""
    subtitle: str = ""
    notes: str = ""
    used: tuple[Label, ...] = ()


def find_titles(free: Sequence[Label], plot: Extent) -> Titles:
    """Return the titles among labels that nobody else has taken; `plot` is what the axes span, or what a pie covers.

    The title is the text above the plot that is largest, or bold, or uppermost; smaller text below it is the subtitle. Text
    that begins as notes do, or stands below the plot, is notes.
    """
    level = [label for label in free if label.turn == 0]
    notes = [label for label in level if _NOTE.match(label.text) or label.extent.top > plot.bottom + 2 * label.size]
    above = [
        label
        for label in level
        if not any(label is note for note in notes)
        and not _NUMBER.match(label.text)
        and label.extent.bottom <= plot.top + 0.5 * label.size
    ]
    rows = _rows(above)
    main = _main(rows)
    title = _paragraph(rows, main) if main is not None else []
    under = [row for row in rows if title and row[0].extent.top > title[0][0].extent.top and not any(row is one for one in title)]
    subtitle = [row for row in under if row[0].size <= max(label.size for label in title[0])]
    notes.sort(key=lambda label: (label.extent.top, label.extent.left))
    return Titles(
        title=_text(title) or _beside(free, plot),
        subtitle=_text(subtitle),
        notes=" ".join(label.text for label in notes if len(label.text) > 1),
        used=tuple(label for row in (*title, *subtitle) for label in row) + tuple(notes),
    )


def _beside(free: Sequence[Label], plot: Extent) -> str:
    """Return the header of a row of small multiples: it runs upwards beside the middle of its plot, outside of the axis' title."""
    most = OFF_CENTRE * plot.height
    found = [
        label
        for label in free
        if label.turn % 180 == 90
        and label.extent.right < plot.left
        and label.extent.height <= plot.height
        and abs(label.extent.middle[1] - plot.middle[1]) <= most
        and any(letter.isalpha() for letter in label.text)
    ]
    return max(found, key=lambda label: label.extent.right).text if found else ""


def _rows(labels: Sequence[Label]) -> list[list[Label]]:
    """Return labels that stand level together, from above; each from left to right."""
    rows: list[list[Label]] = []
    for label in sorted(labels, key=lambda label: label.extent.middle[1]):
        if rows and abs(rows[-1][0].extent.middle[1] - label.extent.middle[1]) < 0.4 * min(label.size, rows[-1][0].size):
            rows[-1].append(label)
        else:
            rows.append([label])
    return [sorted(row, key=lambda label: label.extent.left) for row in rows]


def _main(rows: Sequence[list[Label]]) -> int | None:
    """Return which row is the title's: the largest, of equals the bold one, of these the uppermost."""
    if not rows:
        return None

    def weight(n: int) -> tuple[float, bool, int]:
        row = rows[n]
        return round(max(label.size for label in row) / STEP), all(label.bold for label in row), -n

    return max(range(len(rows)), key=weight)


def _paragraph(rows: Sequence[list[Label]], first: int) -> list[list[Label]]:
    """Return the rows that go on with the title: right below each other, as large and as bold."""
    found = [rows[first]]
    for row in rows[first + 1 :]:
        before = found[-1][0]
        alike = row[0].size >= SMALLER * before.size and row[0].bold == before.bold
        if not alike or row[0].extent.top - before.extent.bottom > before.size:
            break
        found.append(row)
    return found


def _text(rows: Sequence[list[Label]]) -> str:
    return " ".join(label.text for row in rows for label in row)
