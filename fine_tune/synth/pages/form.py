"""Forms that are filled in: sections of fields in boxes, on lines, on bands or in a table, choices and a signature."""

from __future__ import annotations

from collections.abc import Sequence

from docai.document import Word
from fine_tune.synth.content import Content, Entry
from fine_tune.synth.ink import Colour
from fine_tune.synth.pages.fields import put_field, values_of, words_in
from fine_tune.synth.pages.layout import Align, Lettering, in_lines
from fine_tune.synth.pages.letter import signature
from fine_tune.synth.pages.scene import Column, Scene, tint
from fine_tune.synth.pages.table import Ruling, coloured, print_table, set_table


def draw(scene: Scene) -> None:
    """Draw a form that is filled in: sections of fields in boxes, on lines, or in a table."""
    author, random, column = scene.author, scene.random, scene.page_column()
    values, line = values_of(scene), scene.letters().line
    align: Align = author.pick(("left", "middle"))
    title = scene.letters(author.pick((1.5, 1.8)), bold=True, colour=scene.look.accent, display=True)
    scene.put(author.label("form"), column, title, align, role="title", level=1)
    column.skip(0.5 * line)
    if author.chance(0.5):
        scene.put(author.sentence(), column, scene.letters(0.9), align)
        column.skip(0.5 * line)
    style = author.template((_boxed, _lined, _tabled, _shaded))
    hand = scene.letters(1.05, colour=author.pick(((0, 0, 0), (20, 40, 140), (10, 10, 80))))
    parts = {
        "personal": ["name", "birth_date", "identity_number", "nationality", "address", "city", "phone", "email"],
        "more": ["occupation", "employer", "reference", "date", "customer_number", "bank", "account", "website"],
    }
    for heading, names in parts.items():
        chosen = [name for name in names if random.random() < 0.75] or names[:2]
        random.shuffle(chosen)
        if scene.heading(author.label(heading), column, 1.15, level=2) is None:
            break
        column.skip(0.3 * line)
        style(scene, column, [(name, values[name]()) for name in chosen], hand)
        column.skip(0.6 * line)
        if author.chance(0.6):
            _choice(scene, column)
            column.skip(0.5 * line)
    if column.room > 5 * line:
        put_field(scene, column, "date", values["date"](), "row")
        column.skip(0.5 * line)
        label = scene.put(author.label("signature"), column, scene.letters())
        if label is not None:
            signature(scene, column.left, column.top, scene.points(100), 2.5 * line)


def _boxed(scene: Scene, column: Column, fields: Sequence[tuple[str, str]], hand: Lettering) -> None:
    """Print fields in boxes, one or two in a row, the label small above the value."""
    small, pad = scene.letters(0.75), scene.points(3)
    place = 0
    while place < len(fields):
        count = min(scene.random.choice((1, 2, 2)), len(fields) - place)
        width = column.width / count
        parts: list[list[Word]] = []
        heads = [in_lines(scene.author.label(name).split(), width - 2 * pad, small) for name, _ in fields[place : place + count]]
        tails = [in_lines(value.split(), width - 2 * pad, hand) for _, value in fields[place : place + count]]
        height = max(head.height + tail.height for head, tail in zip(heads, tails, strict=True)) + 2.5 * pad
        if height > column.room:
            return
        for number, (head, tail) in enumerate(zip(heads, tails, strict=True)):
            left = column.left + number * width
            scene.sheet.frame((left, column.top, left + width, column.top + height), 1, (90, 90, 90))
            parts.append(scene.sheet.lines(head, (left + pad, column.top + pad)))
            value = scene.sheet.lines(tail, (left + pad, column.top + 1.5 * pad + head.height))
            scene.sheet.text([*parts[-1], *value])
            scene.sheet.field(fields[place + number][0], " ".join(word.text for word in parts[-1]), value)
        column.skip(height)
        place += count


def _shaded(scene: Scene, column: Column, fields: Sequence[tuple[str, str]], hand: Lettering) -> None:
    """Print fields with their values on bands of a light colour."""
    _lined(scene, column, fields, hand, shaded=True)


def _lined(scene: Scene, column: Column, fields: Sequence[tuple[str, str]], hand: Lettering, *, shaded: bool = False) -> None:
    """Print fields with a line below each value, or a band under it."""
    letters = scene.letters()
    for name, value in fields:
        head = in_lines([*scene.author.label(name).split()], 0.45 * column.width, letters)
        start = column.left + max(head.longest + scene.points(6), 0.3 * column.width)
        tail = in_lines(value.split(), column.right - start, hand)
        height = max(head.height, tail.height) + scene.points(4)
        if height > column.room:
            return
        y = column.top + height - scene.points(3)
        if shaded:
            scene.sheet.area(start - scene.points(3), column.top, column.right, y, tint(scene.look.accent, 0.12))
        else:
            scene.sheet.rule(start, y, column.right, y, 1, (110, 110, 110))
        label = scene.sheet.lines(head, (column.left, column.top))
        found = scene.sheet.lines(tail, (start, column.top))
        scene.sheet.text([*label, *found])
        scene.sheet.field(name, " ".join(word.text for word in label), found)
        column.skip(height)


def _tabled(scene: Scene, column: Column, fields: Sequence[tuple[str, str]], hand: Lettering) -> None:
    """Print fields as a ruled table of two columns, the labels at the left."""
    labels = [scene.author.label(name) for name, _ in fields]
    entries = [Entry(row, 0, "label", label) for row, label in enumerate(labels)]
    entries += [Entry(row, 1, "value", value) for row, (_, value) in enumerate(fields)]
    content = Content(
        language=scene.author.language,
        columns=("label", "sentence"),
        row_count=len(fields),
        head_rows=0,
        entries=tuple(entries),
    )
    table = set_table(scene, content, column.width, Ruling(rows=0.5, columns=0.5, ends=0.5, sides=0.5), 1.0)
    if table is None or table.height > column.room:
        return
    printed = print_table(scene, coloured(table, hand.colour), column.left, column.top)
    scene.sheet.add(printed)
    column.skip(table.height)
    for row, (name, _) in enumerate(fields):
        scene.sheet.field(name, labels[row], words_in(printed, row, 1))


def _choice(scene: Scene, column: Column) -> None:
    """Print a question with boxes to tick, one of them ticked."""
    letters, author = scene.letters(), scene.author
    if column.room < 2 * letters.line:
        return
    choices = [part.strip() for part in author.label("choices").split(",")]
    ticked = scene.random.randrange(len(choices))
    x, side = column.left, 0.75 * letters.size
    baseline = column.top + 0.5 * letters.line + 0.35 * letters.size
    label = author.label("sex") if author.chance(0.3) else author.phrase(1, 3)
    words = scene.sheet.line(label, (x, baseline), column.width, letters)
    x += letters.length(label) + 2 * letters.space
    for number, choice in enumerate(choices):
        needed = side + letters.length(choice) + 4 * letters.space
        if x + needed > column.right:
            break
        place = (x, baseline - side, x + side, baseline)
        scene.sheet.frame(place, 1)
        if number == ticked:
            _tick(scene, place, (0, 0, 0))
        words += scene.sheet.line(choice, (x + side + letters.space, baseline), needed, letters)
        x += needed
    scene.sheet.text(words)
    column.skip(letters.line)


def _tick(scene: Scene, place: tuple[float, float, float, float], colour: Colour) -> None:
    left, top, right, bottom = place
    scene.sheet.area(left + 3, top + 3, right - 2, bottom - 2, colour)
