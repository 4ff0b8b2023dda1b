"""Tables on drawn pages: how wide columns are, where lines break, which rules and bands show what belongs together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from docai.document import Table, Word
from docai.document import replace as changed
from fine_tune.synth.content import HEADS, Content, Entry
from fine_tune.synth.drawn import truth
from fine_tune.synth.ink import Colour
from fine_tune.synth.pages.layout import Align, Lettering, Setting, Sheet, in_lines
from fine_tune.synth.pages.scene import Scene, tint

_WHITE: Final[Colour] = (255, 255, 255)
_MARK_SIZE: Final = 0.7  # of a footnote's mark, in sizes of the text


@dataclass(frozen=True, slots=True)
class Ruling:
    """What shows the rows and columns of a table; thicknesses in points, 0 for none.

    Attributes:
        rows: Of rules between the rows of the body; `columns` between columns.
        ends: Of rules above and below the table; `head` of that below the heads; `sides` at the left and right.
        bands: Whether every other row has a shade; `column_bands` every other column.
        head_fill: Whether the heads are shaded: not, with a light shade, or dark with white letters.
    """

    rows: float = 0.0
    columns: float = 0.0
    ends: float = 0.0
    head: float = 0.0
    sides: float = 0.0
    bands: bool = False
    column_bands: bool = False
    head_fill: str = ""

    @property
    def grid(self) -> bool:
        """Whether rules surround each cell."""
        return bool(self.rows and self.columns)


RULINGS: Final[dict[str, Ruling]] = {
    "ruled": Ruling(rows=0.5, columns=0.5, ends=0.5, head=0.5, sides=0.5),
    "ruled_shaded": Ruling(rows=0.5, columns=0.5, ends=1.0, head=1.0, sides=1.0, head_fill="light"),
    "ruled_dark": Ruling(rows=0.5, columns=0.5, ends=0.5, head=0.5, sides=0.5, head_fill="dark"),
    "row_rules": Ruling(rows=0.5, ends=1.0, head=1.0),
    "booktabs": Ruling(ends=1.2, head=0.6),
    "zebra": Ruling(ends=0.5, head=0.5, bands=True),
    "zebra_dark": Ruling(bands=True, head_fill="dark"),
    "shaded_head": Ruling(rows=0.4, ends=0.4, head=0.4, head_fill="light"),
    "borderless": Ruling(),
    "framed": Ruling(ends=1.0, sides=1.0, head=0.5),
    "column_rules": Ruling(columns=0.5, ends=0.8, head=0.8),
}
HELD_OUT_RULINGS: Final[dict[str, Ruling]] = {
    "heavy": Ruling(rows=0.5, columns=1.5, ends=2.0, head=2.0, sides=2.0),
    "column_zebra": Ruling(ends=1.0, head=1.0, column_bands=True),
    "dark_band": Ruling(rows=0.3, ends=1.5, head_fill="dark"),
    "open_sides": Ruling(rows=0.7, columns=0.7, head=1.4),
}


@dataclass(frozen=True, slots=True)
class _Cell:
    """An entry with its words in lines; `mark` is how much room a footnote's mark takes, in pixels."""

    entry: Entry
    setting: Setting | None
    mark: float


@dataclass(frozen=True, slots=True)
class SetTable:
    """A table whose words are in lines and whose columns and rows have their sizes, all in pixels; nothing is printed yet."""

    content: Content
    cells: tuple[_Cell, ...]
    widths: tuple[float, ...]
    heights: tuple[float, ...]
    padding: tuple[float, float]
    ruling: Ruling

    @property
    def width(self) -> float:
        """Of the whole table."""
        return sum(self.widths)

    @property
    def height(self) -> float:
        """Of the whole table."""
        return sum(self.heights)


def set_table(
    scene: Scene, content: Content, width: float, ruling: Ruling, scale: float = 0.9, *, fill: bool = False
) -> SetTable | None:
    """Return a table at most so many pixels wide, just so wide with `fill`; None where its words are too long for that."""
    random, letters = scene.random, scene.letters(scale)
    across, down = scene.points(random.uniform(2.5, 7)), scene.points(random.uniform(1, 5))
    styles = _styles(scene, content, letters, ruling)
    widths = _column_widths(content, styles, across)
    if sum(widths[1]) > width:
        return None
    chosen = _shared(widths, width, fill=fill or random.random() < 0.5)
    cells: list[_Cell] = []
    for entry in content.entries:
        lettering, align = styles[entry]
        inset = scene.points(8) * entry.level
        room = sum(chosen[entry.column : entry.right]) - 2 * across - inset
        mark = _mark_room(entry, lettering)
        words = entry.text.split()
        try:
            setting = in_lines(words, room - mark, lettering, align) if words else None
        except ValueError:  # a word of a spanning cell is too long
            return None
        cells.append(_Cell(entry, setting, mark))
    return SetTable(
        content, tuple(cells), tuple(chosen), tuple(_row_heights(content, cells, down, letters.line)), (across, down), ruling
    )


def _mark_room(entry: Entry, lettering: Lettering) -> float:
    return _raised(lettering).set(entry.mark).width + 2.0 if entry.mark else 0.0


def _raised(lettering: Lettering) -> Lettering:
    return replace(lettering, size=max(7.0, round(lettering.size * _MARK_SIZE)))


def _styles(scene: Scene, content: Content, letters: Lettering, ruling: Ruling) -> dict[Entry, tuple[Lettering, Align]]:
    """Return how the words of each entry look and where they stand in it."""
    random = scene.random
    bold_heads, bold_labels = random.random() < 0.75, random.random() < 0.25
    numbers: Align = random.choice(("right", "right", "middle"))
    words: Align = random.choice(("left", "left", "middle"))
    heads: Align = random.choice(("middle", "middle", "left"))
    dark = ruling.head_fill == "dark"
    head = replace(letters, bold=bold_heads, colour=_WHITE if dark else letters.colour)
    label, strong = replace(letters, bold=bold_labels), replace(letters, bold=True)
    found: dict[Entry, tuple[Lettering, Align]] = {}
    for entry in content.entries:
        kind = content.columns[entry.column]
        if entry.role in HEADS:
            align: Align = "left" if heads == "left" and kind != "number" and entry.column_span == 1 else "middle"
            found[entry] = (head, "right" if heads == "left" and kind == "number" and entry.column_span == 1 else align)
        elif entry.role == "section":
            found[entry] = (strong, "left")
        elif entry.role in ("label", "outer"):
            total = content.total and entry.row == content.row_count - 1
            found[entry] = (strong if total else label, "left")
        elif kind == "number":
            found[entry] = (letters, "middle" if entry.column_span > 1 else numbers)
        else:
            found[entry] = (letters, words if kind in ("word", "date", "code") else "left")
    return found


def _column_widths(
    content: Content, styles: dict[Entry, tuple[Lettering, Align]], across: float
) -> tuple[list[float], list[float]]:
    """Return for each column how wide it wants to be, to have all in one line, and how narrow it can be."""
    count = len(content.columns)
    wanted, least = [2 * across + 8.0] * count, [2 * across + 8.0] * count
    for entry in sorted(content.entries, key=lambda entry: entry.column_span):
        lettering = styles[entry][0]
        mark = _mark_room(entry, lettering)
        words = [lettering.set(word).width for word in entry.text.split()]
        if not words:
            continue
        inset = 2 * across + mark + lettering.size * entry.level
        own = slice(entry.column, entry.right)
        for widths, needed in ((wanted, sum(words) + lettering.space * (len(words) - 1)), (least, max(words))):
            missing = needed + inset + 1.0 - sum(widths[own])
            if missing > 0:
                widths[own] = [width + missing / entry.column_span for width in widths[own]]
    return [max(pair) for pair in zip(wanted, least, strict=True)], least


def _shared(widths: tuple[list[float], list[float]], room: float, *, fill: bool) -> list[float]:
    """Return widths of columns that have room together: narrower where they must be, wider where all room is filled."""
    wanted, least = widths
    if sum(wanted) <= room:
        return [width * room / sum(wanted) for width in wanted] if fill else wanted
    share = (room - sum(least)) / (sum(wanted) - sum(least))
    return [low + share * (high - low) for low, high in zip(least, wanted, strict=True)]


def _row_heights(content: Content, cells: Sequence[_Cell], down: float, line: float) -> list[float]:
    heights = [line + 2 * down] * content.row_count
    for cell in sorted(cells, key=lambda cell: cell.entry.row_span):
        needed = (cell.setting.height if cell.setting else 0.0) + 2 * down
        own = slice(cell.entry.row, cell.entry.bottom)
        missing = needed - sum(heights[own])
        if missing > 0:
            heights[own] = [height + missing / cell.entry.row_span for height in heights[own]]
    return heights


def coloured(table: SetTable, colour: Colour) -> SetTable:
    """Return a table whose values are printed in a colour."""
    return replace(table, cells=tuple(_coloured(cell, colour) if cell.entry.role == "value" else cell for cell in table.cells))


def _coloured(cell: _Cell, colour: Colour) -> _Cell:
    if cell.setting is None:
        return cell
    return replace(cell, setting=replace(cell.setting, lettering=replace(cell.setting.lettering, colour=colour)))


# ---- printing


def print_table(scene: Scene, table: SetTable, left: float, top: float) -> Table:
    """Print a table and return what it is, with the boxes of its cells and all its words."""
    sheet = scene.sheet
    xs, ys = _sums(left, table.widths), _sums(top, table.heights)
    places = {
        cell.entry: (xs[cell.entry.column], ys[cell.entry.row], xs[cell.entry.right], ys[cell.entry.bottom]) for cell in table.cells
    }
    _shade(scene, table, places)
    _rule(scene, table, xs, ys)
    high = scene.random.random() < 0.25  # whether words stand at the top of their cells
    words: list[Word] = []
    for cell in sorted(table.cells, key=lambda cell: (cell.entry.row, cell.entry.column)):
        upper = high or (cell.entry.role == "outer" and not table.ruling.rows)  # where nothing else shows where a group begins
        words += _print_cell(scene, cell, places[cell.entry], table.padding, high=upper)
    found = truth(table.content, {entry: sheet.box(place) for entry, place in places.items()})
    return changed(found, words=tuple(words))


def _sums(start: float, parts: Sequence[float]) -> list[int]:
    sums = [start]
    for part in parts:
        sums.append(sums[-1] + part)
    return [round(place) for place in sums]


def _print_cell(
    scene: Scene, cell: _Cell, place: tuple[int, int, int, int], padding: tuple[float, float], *, high: bool
) -> list[Word]:
    if cell.setting is None:
        return []
    across, down = padding
    x = place[0] + across + scene.points(8) * cell.entry.level
    free = place[3] - place[1] - cell.setting.height
    y = place[1] + (down if high else free / 2)
    words = scene.sheet.lines(cell.setting, (x, y))
    if not cell.entry.mark or not words:
        return words
    lettering = cell.setting.lettering
    small = _raised(lettering)
    baseline = y + lettering.line * (len(cell.setting.lines) - 0.5)  # at the middle of the capitals
    behind = words[-1].box.right * scene.sheet.width + 1.0
    mark = scene.sheet.word(small.set(cell.entry.mark), behind, baseline, lettering.colour)
    if mark is None:
        return words
    return [*words[:-1], Word(text=words[-1].text + mark.text, box=words[-1].box.union(mark.box))]


def _shade(scene: Scene, table: SetTable, places: dict[Entry, tuple[int, int, int, int]]) -> None:
    accent = scene.look.accent
    light, dark = tint(accent, 0.12), accent
    band = tint(accent, scene.random.choice((0.06, 0.1, 0.15)))
    for entry, place in places.items():
        if entry.role in HEADS:
            if table.ruling.head_fill:
                scene.sheet.area(*place, dark if table.ruling.head_fill == "dark" else light)
            continue
        odd_row = entry.row_span == 1 and (entry.row - table.content.head_rows) % 2
        odd_column = entry.column_span == 1 and entry.column % 2
        if (table.ruling.bands and odd_row) or (table.ruling.column_bands and odd_column):
            scene.sheet.area(*place, band)


def _rule(scene: Scene, table: SetTable, xs: Sequence[int], ys: Sequence[int]) -> None:
    """Draw rules where cells end, none through cells that span."""
    ruling, sheet, random = table.ruling, scene.sheet, scene.random
    colour = _rule_colour(random, scene.look.accent)
    owners = _owners(table)
    heads, last = table.content.head_rows, len(table.heights)
    for row in range(last + 1):
        weight = ruling.ends if row in (0, last) else ruling.head if row == heads else ruling.rows
        if 0 < row < heads and not ruling.columns:
            _rule_groups(scene, table, (row, ys[row]), xs, colour)
            continue
        if not weight:
            continue
        for start, stop in _runs([row in (0, last) or owners[row - 1][c] != owners[row][c] for c in range(len(table.widths))]):
            _line(sheet, (xs[start], ys[row], xs[stop], ys[row]), scene.points(weight), colour, end=row == last)
    for column in range(len(table.widths) + 1):
        edge = column in (0, len(table.widths))
        weight = ruling.sides if edge else ruling.columns
        if not weight:
            continue
        for start, stop in _runs([edge or owners[r][column - 1] != owners[r][column] for r in range(last)]):
            _line(
                sheet, (xs[column], ys[start], xs[column], ys[stop]), scene.points(weight), colour, end=column == len(table.widths)
            )


def _rule_groups(scene: Scene, table: SetTable, at: tuple[int, int], xs: Sequence[int], colour: Colour) -> None:
    """Draw a rule below each head that stands above several columns, a little shorter than these, so that they are told apart."""
    row, y = at
    inset = max(2, round(0.6 * table.padding[0]))
    for entry in (cell.entry for cell in table.cells):
        if entry.role == "group" and entry.bottom == row:
            _line(scene.sheet, (xs[entry.column] + inset, y, xs[entry.right] - inset, y), scene.points(0.4), colour, end=False)


def _rule_colour(random: Random, accent: Colour) -> Colour:
    return random.choice(((0, 0, 0), (0, 0, 0), (120, 120, 120), (170, 170, 170), accent))


def _line(sheet: Sheet, place: tuple[int, int, int, int], weight: float, colour: Colour, *, end: bool) -> None:
    """Draw a rule; the last of a table stands within it."""
    thick = max(1, round(weight))
    left, top, right, bottom = place
    if top == bottom:
        sheet.rule(left, top - thick * end, right, top - thick * end, thick, colour)
    else:
        sheet.rule(left - thick * end, top, left - thick * end, bottom, thick, colour)


def _owners(table: SetTable) -> list[list[Entry | None]]:
    """Return which entry covers each position."""
    owners: list[list[Entry | None]] = [[None] * len(table.widths) for _ in table.heights]
    for cell in table.cells:
        for row in range(cell.entry.row, cell.entry.bottom):
            for column in range(cell.entry.column, cell.entry.right):
                owners[row][column] = cell.entry
    return owners


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield where rows of true flags begin and end."""
    start = None
    for place, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = place
        if not flag and start is not None:
            yield start, place
            start = None
