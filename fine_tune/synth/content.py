"""What a drawn table says and how its cells span, before anybody decides how it looks.

The tables are such as authors set: heads of one to three levels, labels in the first columns, rows of a section's title, labels
that stand once for several rows. A few conventions settle what a reader could see in two ways: a head reaches down to the first
row of the body, the corner above the labels is one cell, and the title of a section spans all columns where rules show it and
is a label with blank cells beside it where none do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Literal

from fine_tune.synth.words import VOCABULARIES, Language, Vocabulary

Role = Literal["head", "group", "unit", "outer", "label", "section", "value"]
Kind = Literal["outer", "label", "number", "date", "code", "word", "sentence"]
HEADS: Final[frozenset[Role]] = frozenset({"head", "group", "unit"})
_MARKS: Final = (("a", "b", "c"), ("*", "**", "***"), ("*", "†", "**"), ("1)", "2)", "3)"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell as its author means it: `level` is how deep a label is nested, `mark` a footnote's mark behind the text."""

    row: int
    column: int
    role: Role
    text: str = ""
    row_span: int = 1
    column_span: int = 1
    level: int = 0
    mark: str = ""

    @property
    def bottom(self) -> int:
        """The row below the last that it covers."""
        return self.row + self.row_span

    @property
    def right(self) -> int:
        """The column after the last that it covers."""
        return self.column + self.column_span


@dataclass(frozen=True, slots=True)
class Content:
    """A table and the text around it.

    Attributes:
        columns: What each column holds.
        head_rows: How many rows the heads take.
        group_starts: The rows of the body at which a label for several rows, or what follows them, begins.
        total: Whether the last row is a sum.
        notes: Marks, or nothing, and what they mean.
    """

    language: Language
    columns: tuple[Kind, ...]
    row_count: int
    head_rows: int
    entries: tuple[Entry, ...]
    group_starts: frozenset[int] = frozenset()
    total: bool = False
    label: str = ""
    title: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def blocks(self) -> Iterator[range]:
        """Yield the rows of the body that belong together: those of one label, or each row alone."""
        outer = {entry.row: entry.bottom for entry in self.entries if entry.role == "outer"}
        row = self.head_rows
        while row < self.row_count:
            yield range(row, outer.get(row, row + 1))
            row = outer.get(row, row + 1)


def write_table(random: Random, language: Language, column_count: int, body_rows: int, *, grid: bool, ruled: bool) -> Content:
    """Return a table of about that size.

    One whose cells are all ruled (`grid`) may also span cells within its body; where its rows are (`ruled`), the title of a
    section spans all columns.
    """
    author = _Author(random, language, column_count, grid=grid, ruled=ruled)
    return author.write(body_rows)


@dataclass(frozen=True, slots=True)
class _Quantity:
    """How the numbers of a column are written."""

    form: Literal["plain", "percent", "money", "signed", "range", "error"]
    decimals: int
    magnitude: int

    def draw(self, random: Random, words: Vocabulary) -> str:
        value = random.random() * 10**self.magnitude
        text = _number(value, self.decimals, words)
        if self.form == "percent":
            return text + "%"
        if self.form == "money":
            return words.money.format(text)
        if self.form == "signed":
            return random.choice(("-", "-", "+", "")) + text
        if self.form == "range":
            return f"{text}–{_number(value * (1.1 + random.random()), self.decimals, words)}"
        if self.form == "error":
            return f"{text} ({_number(value / 10, self.decimals, words)})"
        return text


def _number(value: float, decimals: int, words: Vocabulary) -> str:
    whole, _, fraction = f"{value:,.{decimals}f}".partition(".")
    return whole.replace(",", words.thousands) + (words.decimal + fraction if fraction else "")


class _Author:
    """Writes one table; each method takes the next step by chance."""

    def __init__(self, random: Random, language: Language, column_count: int, *, grid: bool, ruled: bool) -> None:
        self._random, self._language, self._grid, self._ruled = random, language, grid, ruled
        self._words = VOCABULARIES[language]
        self._register = random.random() < 0.3  # a list of cases rather than of numbers
        self._columns = self._kinds(column_count)
        self._labels = 2 if self._columns[0] == "outer" else 1  # columns of labels
        self._properties = self._dealt("properties")
        self._values_of: dict[int, list[str]] = {}

    def write(self, body_rows: int) -> Content:
        heads, head_rows = self._heads()
        rows = self._rows(body_rows)
        self._total = "total" in rows
        entries = heads + self._labels_of(rows, head_rows) + self._values(rows, head_rows)
        if self._grid:
            entries = self._spanned(entries)
        entries, notes = self._marked(entries)
        starts = {entry.row for entry in entries if entry.role == "outer"} | {
            entry.bottom for entry in entries if entry.role == "outer"
        }
        row_count = head_rows + len(rows)
        return Content(
            self._language,
            self._columns,
            row_count,
            head_rows,
            tuple(sorted(entries, key=lambda entry: (entry.row, entry.column))),
            frozenset(starts - {head_rows, row_count}),
            self._total,
            self._words.caption.format(self._random.randint(1, 24)),
            self._any("captions"),
            notes,
            self._paragraphs(),
            self._paragraphs(),
        )

    # ---- chance

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _any(self, name: str) -> str:
        return self._random.choice(self._words.all(name))

    def _dealt(self, name: str) -> list[str]:
        found = self._words.all(name)
        self._random.shuffle(found)
        return found

    def _paragraphs(self) -> tuple[str, ...]:
        if self._chance(0.15):
            return ()
        return tuple(" ".join(self._dealt("prose")[: self._random.randint(2, 6)]) for _ in range(self._random.randint(1, 3)))

    # ---- columns and their heads

    def _kinds(self, count: int) -> tuple[Kind, ...]:
        if not self._register:
            outer: tuple[Kind, ...] = ("outer",) if count >= 3 and self._chance(0.3) else ()
            words: list[Kind] = ["number"] * (count - 1 - len(outer))
            if len(words) >= 2 and self._chance(0.2):
                words[self._random.choice((0, -1))] = self._random.choice(("word", "date"))
            if len(words) >= 2 and count <= 5 and self._chance(0.15):
                words[-1] = "sentence"
            return (*outer, "label", *words)
        first: Kind = self._random.choice(("label", "label", "code", "date"))
        pool: list[Kind] = ["word", "number", "date", "word", "label"]
        rest = [self._random.choice(pool) for _ in range(count - 1)]
        for _ in range(self._random.choice((0, 1, 1, 2)) if count <= 6 else 0):
            rest[self._random.randrange(len(rest))] = "sentence"
        return (first, *rest)

    def _heads(self) -> tuple[list[Entry], int]:
        """Return the heads and how many rows they take."""
        first, count = self._labels, len(self._columns)
        runs = self._runs(count - first)
        levels = 1 + max((level for _, _, level in runs), default=-1) + 1
        units = not self._register and self._chance(0.2)
        head_rows = levels + units
        groups, tops = self._dealt("groups"), self._dealt("tops")
        entries = [
            Entry(level, first + start, "group", (tops if level < levels - 2 else groups).pop(), column_span=stop - start)
            for start, stop, level in runs
        ]
        texts = self._head_texts(runs)
        for column, kind in enumerate(self._columns):
            level = sum(start <= column - first < stop for start, stop, _ in runs)
            unit = units and kind == "number"
            entries.append(Entry(level, column, "head", texts[column], row_span=head_rows - level - unit))
            if unit:
                entries.append(Entry(head_rows - 1, column, "unit", f"({self._any('units')})"))
        return entries, head_rows

    def _runs(self, count: int) -> list[tuple[int, int, int]]:
        """Return which of `count` columns have a common head: first, last + 1, and the head's level."""
        wish = self._random.choices((1, 2, 3), (50, 36, 14))[0]
        if wish == 3 and count >= 4:
            parts, each = self._random.choice([(p, e) for p in (2, 3, 4) for e in (2, 3, 4) if p * e <= count])
            start = self._random.choice((0, count - parts * each))
            inner = [(start + n * each, start + (n + 1) * each, 1) for n in range(parts)]
            return [(start, start + parts * each, 0), *inner]
        if wish >= 2 and count >= 2:
            runs, start = [], 0
            even = self._random.choice((0, 0, 2, 3))
            while start < count:
                size = min(even or self._random.choice((1, 2, 2, 3, 4)), count - start)
                if size > 1:
                    runs.append((start, start + size, 0))
                start += size
            return runs or [(0, 2, 0)]
        return []

    def _head_texts(self, runs: list[tuple[int, int, int]]) -> list[str]:
        texts, numbers = [], self._dealt("measures")
        if self._chance(0.4):
            numbers = [
                self._random.choice((text, long)) for text, long in zip(numbers, self._dealt("long_measures") * 3, strict=False)
            ]
            numbers = list(dict.fromkeys(numbers))
        lasts = [run for run in runs if run[2] == max(level for *_, level in runs)]
        alike = len({stop - start for start, stop, _ in lasts}) == 1 and self._chance(0.7)
        for column, kind in enumerate(self._columns):
            place = column - self._labels
            run = next((run for run in lasts if run[0] <= place < run[1]), None)
            if column == 0 or kind == "outer" or (kind == "label" and column < self._labels):
                texts.append("" if self._chance(0.15) and not self._register else self._label_head(kind))
            elif kind == "number" and alike and run:
                texts.append(numbers[place - run[0]])
            elif kind == "number":
                texts.append(numbers[(4 + column) % len(numbers)])
            else:
                texts.append(self._label_head(kind, column))
        return texts

    def _label_head(self, kind: Kind, column: int = 0) -> str:
        if kind == "word":
            name, _, values = self._properties[column % len(self._properties)].partition(":")
            self._values_of[column] = [value.strip() for value in values.split(",")]
            return name
        return self._any({"date": "dates", "code": "codes", "sentence": "remarks"}.get(kind, "stubs"))

    # ---- rows

    def _rows(self, count: int) -> list[Literal["section", "item", "total"]]:
        rows: list[Literal["section", "item", "total"]] = ["item"] * count
        if self._labels == 1 and count >= 5 and len(self._columns) >= 3 and self._chance(0.3):
            rows, left = [], count
            while left > 0:
                size = min(left, self._random.randint(2, 6))
                rows += ["section", *["item"] * size]  # type: ignore[list-item]
                left -= size + 1
        if not self._register and (self._labels == 1 or self._grid) and self._chance(0.3):
            rows.append("total")  # below two columns of labels it spans both, which only rules can show
        return rows

    def _labels_of(self, rows: list[Literal["section", "item", "total"]], head_rows: int) -> list[Entry]:
        labels, sections = self._label_texts(len(rows)), self._dealt("sections")
        entries = self._outer(rows, head_rows) if self._labels == 2 else []
        nested = self._labels == 1 and self._columns[0] == "label" and self._chance(0.3)
        level = 0
        for row, what in enumerate(rows, head_rows):
            if what == "section":
                text = sections[sum(entry.role == "section" for entry in entries) % len(sections)]
                wide = len(self._columns) if self._ruled else 1
                entries.append(Entry(row, 0, "section", text, column_span=wide))
                entries += [Entry(row, column, "value") for column in range(wide, len(self._columns))]
                level = 0
            elif what == "total":
                entries.append(Entry(row, 0, "label", self._words.total, column_span=self._labels))
            else:
                text = next(labels)
                entries.append(Entry(row, self._labels - 1, "label", text, level=level))
                level = self._random.randint(0, min(2, level + 1)) if nested else 0
        return entries

    def _outer(self, rows: list[Literal["section", "item", "total"]], head_rows: int) -> list[Entry]:
        entries: list[Entry] = []
        names = self._dealt("outer_labels")
        row, end = head_rows, head_rows + rows.count("item")
        while row < end:
            size = self._random.choice((1, 2, 2, 3, 3, 4, 5))
            size = size if end - row - size != 1 else size + 1
            size = min(size, end - row)
            entries.append(Entry(row, 0, "outer", names[len(entries) % len(names)], row_span=size))
            row += size
        return entries

    def _label_texts(self, count: int) -> Iterator[str]:
        kind = self._columns[self._labels - 1]
        if kind in ("code", "date"):
            return (self._value(kind, 0) for _ in range(count))
        if not self._register and self._chance(0.15):
            suffix = "년" if self._language == "ko" else ""
            return (f"{2024 - count + n}{suffix}" for n in range(count))
        texts = self._dealt("labels")
        if self._chance(0.4):
            longer = self._dealt("long_labels")
            texts = [longer.pop() if longer and self._chance(0.4) else text for text in texts]
        return iter(texts)

    # ---- values

    def _values(self, rows: list[Literal["section", "item", "total"]], head_rows: int) -> list[Entry]:
        places = list(range(self._labels, len(self._columns)))
        quantities = self._quantities()
        blanks = self._random.choice((0.0, 0.0, 0.05, 0.2))
        dash = self._random.choice(("–", "-", "–", ""))
        entries = []
        for row, what in enumerate(rows, head_rows):
            if what == "section":
                continue
            left = math.ceil(len(places) / 2)  # so many of a row, and at least every other one, are filled
            for column in places:
                kind = self._columns[column]
                text = quantities[column].draw(self._random, self._words) if kind == "number" else self._value(kind, column)
                if what == "total" and kind != "number":
                    text = ""
                elif left < len(places) - (column - self._labels) and row % 3 and self._chance(blanks):
                    text = dash if self._chance(0.5) else ""
                left -= bool(text)
                entries.append(Entry(row, column, "value", text))
        return entries

    def _quantities(self) -> dict[int, _Quantity]:
        def one() -> _Quantity:
            form = self._random.choices(("plain", "percent", "money", "signed", "range", "error"), (60, 12, 8, 8, 4, 8))[0]
            decimals = self._random.choice((0, 0, 1, 1, 2, 2, 3)) if form != "money" or self._language == "en" else 0
            magnitude = self._random.randint(1, 3) if decimals else self._random.randint(2, 7)
            return _Quantity(form, min(decimals, 2) if form == "money" else decimals, magnitude)  # type: ignore[arg-type]

        shared = one() if self._chance(0.4) else None
        return {column: shared or one() for column, kind in enumerate(self._columns) if kind == "number"}

    def _value(self, kind: Kind, column: int) -> str:
        draw = self._random
        if kind == "date":
            return self._words.date.format(d=draw.randint(1, 28), m=draw.randint(1, 12), y=draw.randint(2015, 2025))
        if kind == "code":
            return f"{draw.choice('ABCDF')}{draw.choice('-/')}{draw.randint(10, 9999)}"
        if kind == "word":
            return draw.choice(self._values_of[column])
        return self._any("sentences" if kind == "sentence" else "labels")

    def _spanned(self, entries: list[Entry]) -> list[Entry]:
        """Return the cells, some of the body made to span others; their neighbours must be seen by rules."""
        across, down = self._chance(0.25), self._chance(0.25)
        taken: set[tuple[int, int]] = set()
        values = {(entry.row, entry.column): entry for entry in entries if entry.role == "value"}
        last = max(entry.row for entry in entries)
        made = []
        for (row, column), entry in values.items():
            if (row, column) in taken:
                continue
            size, kind = self._random.randint(2, 3), self._columns[column]
            wide = [(row, column + n) for n in range(size)]
            high = [(row + n, column) for n in range(size)]
            new, covered = entry, [(row, column)]
            if across and self._chance(0.06) and self._free(wide, values, taken) and size < len(self._columns) - self._labels:
                new, covered = replace(entry, text=self._any("missing"), column_span=size), wide
            elif down and kind == "word" and row + size <= last and self._chance(0.3) and self._free(high, values, taken):
                new, covered = replace(entry, row_span=size), high
            taken.update(covered)
            made.append(new)
        return [entry for entry in entries if entry.role != "value"] + made

    @staticmethod
    def _free(places: Iterable[tuple[int, int]], values: dict[tuple[int, int], Entry], taken: set[tuple[int, int]]) -> bool:
        return all(place in values and place not in taken for place in places)

    def _marked(self, entries: list[Entry]) -> tuple[list[Entry], tuple[tuple[str, str], ...]]:
        """Return the cells with footnote marks, and the notes that explain them."""
        notes = self._dealt("notes")
        if self._chance(0.6):
            return entries, (("", notes[0]),) if self._chance(0.2) else ()
        marks = self._random.choice(_MARKS)[: self._random.randint(1, 3)]
        for mark in marks:
            for _ in range(self._random.randint(1, 3)):
                place = self._random.randrange(len(entries))
                entry = entries[place]
                if len(entry.text) > 1 and entry.role in ("head", "label", "value") and not entry.mark:
                    entries[place] = replace(entry, mark=mark)
        used = [mark for mark in marks if any(entry.mark == mark for entry in entries)]
        return entries, tuple(zip(used, notes, strict=False))
