"""Reports in one to three columns, pages about a table or a chart, and pages in several languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from docai.document import Figure
from fine_tune.synth.content import write_table
from fine_tune.synth.ink import Area, Dot, Patch
from fine_tune.synth.pages.chart import CHART_KINDS, HELD_OUT_CHART_KINDS, draw_chart
from fine_tune.synth.pages.content import Author
from fine_tune.synth.pages.layout import Align, in_lines
from fine_tune.synth.pages.scene import Column, Scene, tint
from fine_tune.synth.pages.table import HELD_OUT_RULINGS, RULINGS, print_table, set_table
from fine_tune.synth.words import LANGUAGES

_BULLETS: Final = ("•", "-", "–", "·", "1.", "(1)", "a)", "*")


def draw(scene: Scene) -> None:
    """Draw a report: a title, sections of prose with lists, at times a table, a chart or a figure."""
    author = scene.author
    column = scene.page_column()
    _running_head(scene, column)
    if author.chance(0.6):
        _title(scene, column)
    for own in _columns(scene, column):
        _fill(scene, own, [_prose, _prose, _prose, _list, _figure, _table, _chart])
    _foot(scene)


def draw_table(scene: Scene) -> None:
    """Draw a page about a table."""
    column = scene.page_column()
    _running_head(scene, column)
    _around(scene, column, _table)


def draw_chart_page(scene: Scene) -> None:
    """Draw a page about a chart, at times two."""
    column = scene.page_column()
    _running_head(scene, column)
    _around(scene, column, _chart)
    if scene.author.chance(0.3):
        _chart(scene, column)


def draw_mixed(scene: Scene) -> None:
    """Draw a page whose paragraphs are in several languages, by turns."""
    column = scene.page_column()
    own = scene.author
    _title(scene, column)
    others = [Author(scene.random, language, held_out=own.held_out) for language in LANGUAGES]
    for part in _columns(scene, column):
        while part.room > 6 * scene.letters().line:
            scene.author = scene.random.choice((own, *others))
            scene.random.choice((_prose, _prose, _list))(scene, part)
            part.skip(0.5 * scene.letters().line)
            if own.chance(0.1):
                break
    scene.author = own
    _foot(scene)


def _around(scene: Scene, column: Column, main: Callable[[Scene, Column], bool]) -> None:
    author = scene.author
    if author.chance(0.5):
        _title(scene, column)
    gap = scene.random.uniform(0.4, 0.9) * scene.letters().line
    for _ in range(scene.random.randint(0, 2)):
        _prose(scene, column)
        column.skip(gap)
    tries = 0
    while not main(scene, column) and tries < 20:  # tables that are too large for the room are tried again
        tries += 1
    column.skip(gap)
    for _ in range(scene.random.randint(0, 6)):
        _prose(scene, column)
        column.skip(gap)
    _foot(scene)


def _running_head(scene: Scene, column: Column) -> None:
    if not scene.author.chance(0.4):
        return
    small = scene.letters(0.8)
    align: Align = scene.author.pick(("left", "right", "middle"))
    top = Column(column.left, 0.5 * column.top, column.width, column.top + small.line)
    if scene.put(scene.author.title(), top, small, align, role="header") is not None and scene.author.chance(0.4):
        scene.sheet.rule(column.left, top.top + 2, column.right, top.top + 2, scene.points(0.5), scene.look.accent)
    column.top = max(column.top, top.top + small.line)


def _title(scene: Scene, column: Column) -> None:
    author = scene.author
    align: Align = author.template(("left", "middle", "right"))
    letters = scene.letters(author.pick((1.6, 1.9, 2.3)), bold=author.chance(0.7), colour=scene.look.accent, display=True)
    scene.put(author.title(), column, letters, align, role="title", level=1)
    column.skip(0.4 * letters.line)
    if author.chance(0.5):
        scene.put(", ".join(author.name() for _ in range(scene.random.randint(1, 3))), column, scene.letters(), align)
        column.skip(0.5 * letters.line)
    if author.chance(0.2):
        scene.sheet.rule(column.left, column.top, column.right, column.top, scene.points(1), scene.look.accent)
        column.skip(0.4 * letters.line)


def _columns(scene: Scene, whole: Column) -> list[Column]:
    count = scene.random.choice((1, 1, 2, 2, 3)) if scene.look.size <= 10 else scene.random.choice((1, 1, 2))
    gap = scene.points(scene.random.uniform(14, 26)) + scene.look.size
    width = (whole.width - gap * (count - 1)) / count
    columns = [Column(whole.left + place * (width + gap), whole.top, width, whole.bottom) for place in range(count)]
    if count > 1 and scene.author.template((False, False, False, True)):
        for column in columns[1:]:
            x = column.left - gap / 2
            scene.sheet.rule(x, whole.top, x, whole.bottom, scene.points(0.5), (150, 150, 150))
    return columns


def _fill(scene: Scene, column: Column, makers: list[Callable[[Scene, Column], bool]]) -> None:
    """Fill a column with blocks of several kinds until there is no more room; at times earlier."""
    line = scene.letters().line
    scene.heading(scene.author.any("headings"), column, 1.25, level=2)
    column.skip(0.3 * line)
    failures = 0
    while column.room > 3 * line and failures < 4 and not scene.author.chance(0.03):
        if scene.author.chance(0.18):
            column.skip(0.7 * line)
            number = f"{scene.random.randint(1, 9)}. " if scene.author.chance(0.3) else ""
            text = scene.author.any("headings") if scene.author.chance(0.5) else scene.author.phrase()
            level = scene.random.choice((2, 2, 3))
            if scene.heading(number + text, column, 1.25 if level == 2 else 1.08, level=level) is None:
                return
            column.skip(0.3 * line)
        failures += not scene.random.choice(makers)(scene, column)
        column.skip(scene.random.uniform(0.3, 0.8) * line)


def _prose(scene: Scene, column: Column) -> bool:
    """Print a paragraph; a shorter one at the end of a column."""
    letters = scene.letters()
    first = scene.points(12) if scene.look.align == "both" and scene.author.chance(0.6) else 0.0
    words = scene.print(scene.author.paragraph(1, 6), column, letters, scene.look.align, first=first)
    if not words:
        words = scene.print(scene.author.sentence(), column, letters, scene.look.align)
    if words:
        scene.sheet.text(words)
    return bool(words)


def _list(scene: Scene, column: Column) -> bool:
    """Print a list with bullets or numbers; each entry is a block."""
    letters, bullet = scene.letters(), scene.author.template(_BULLETS)
    inset = letters.set("(9)").width + letters.space
    found = False
    for number in range(scene.random.randint(2, 5)):
        text = scene.author.sentence() if scene.author.chance(0.5) else scene.author.phrase(2, 8)
        own = Column(column.left + inset, column.top, column.width - inset, column.bottom)
        mark = bullet.replace("1", str(number + 1)).replace("a", "abcde"[number])
        baseline = column.top + letters.line * 0.5 + 0.35 * letters.size
        words = scene.print(text, own, letters)
        if not words:
            return found
        head = scene.sheet.line(mark, (column.left, baseline), inset, letters)
        scene.sheet.text([*head, *words], "list_item")
        column.top = own.top + 0.15 * letters.line
        found = True
    return found


def _figure(scene: Scene, column: Column) -> bool:
    """Draw a picture of shapes with a caption below it."""
    random, small = scene.random, scene.letters(0.85)
    width, height = random.uniform(0.5, 1.0) * column.width, random.uniform(60, 160) * scene.sheet.unit
    if height + 4 * small.line > column.room:
        return False
    left, top = column.left + (column.width - width) / 2, column.top
    place = (round(left), round(top), round(left + width), round(top + height))
    scene.sheet.strokes.append(Area(place, tint(scene.look.accent, random.uniform(0.1, 0.4))))
    for _ in range(random.randint(2, 7)):
        colour = tint(scene.look.accent, random.uniform(0.2, 1.0))
        x, y = random.uniform(place[0], place[2]), random.uniform(place[1], place[3])
        radius = min(x - place[0], place[2] - x, y - place[1], place[3] - y) - 2
        if radius < 4:
            continue
        if random.random() < 0.5:
            scene.sheet.strokes.append(Dot((x, y), radius, colour))
        else:
            corners = tuple((x + random.uniform(-radius, radius), y + random.uniform(-radius, radius)) for _ in range(3))
            scene.sheet.strokes.append(Patch(corners, colour))
    figure = scene.sheet.add(Figure(page_number=1, box=scene.sheet.box(place), looks_like="picture"))
    column.top = place[3] + 0.4 * small.line
    _caption(scene, column, scene.author.lexicon.figure, figure)
    return True


def _caption(scene: Scene, column: Column, form: str, block: int, text: str = "") -> None:
    label = form.format(scene.random.randint(1, 12))
    caption = scene.put(f"{label} {text or scene.author.phrase(3, 8)}", column, scene.letters(0.85), role="caption")
    if caption is not None:
        scene.sheet.captions[block] = caption
    column.skip(0.5 * scene.letters().line)


def _table(scene: Scene, column: Column) -> bool:
    """Print a table with its caption and notes, if one is found that fits."""
    random, author = scene.random, scene.author
    rulings = HELD_OUT_RULINGS if author.held_out else RULINGS
    ruling = random.choice(tuple(rulings.values()))
    most = max(2, min(8, int(column.width / (8 * scene.letters(0.9).size))))
    rows = random.randint(3, max(3, min(20, int(column.room / (3.2 * scene.letters(0.9).line)))))
    content = write_table(random, author.language, random.randint(2, most), rows, grid=ruling.grid, ruled=bool(ruling.rows))
    table = set_table(scene, content, column.width, ruling)
    line = scene.letters().line
    title = f"{content.label} {content.title}" if author.chance(0.75) else ""
    needed = in_lines(title.split(), column.width, scene.letters(0.9)).height + line
    if table is None or table.height + needed > column.room:
        return False
    above, caption = author.chance(0.5), None
    if title and above:
        caption = scene.put(title, column, scene.letters(0.9), role="caption")
        column.skip(0.3 * line)
    left = column.left + random.choice((0.0, 0.5)) * (column.width - table.width)
    block = scene.sheet.add(print_table(scene, table, left, column.top))
    column.skip(table.height + 0.4 * line)
    for mark, note in content.notes:
        scene.put(f"{mark} {note}".strip(), column, scene.letters(0.8), role="footnote")
    if title and not above:
        caption = scene.put(title, column, scene.letters(0.9), role="caption")
    if caption is not None:
        scene.sheet.captions[block] = caption
    column.skip(0.5 * line)
    return True


def _chart(scene: Scene, column: Column) -> bool:
    """Draw a chart with a caption, if there is room."""
    random, line = scene.random, scene.letters().line
    width = min(column.width, scene.points(random.uniform(230, 480)))
    height = width * random.uniform(0.55, 0.85)
    if height + 4 * line > column.room or width < scene.points(150):
        return False
    kind = random.choice(HELD_OUT_CHART_KINDS if scene.author.held_out else CHART_KINDS)
    left = column.left + random.choice((0.0, 0.5)) * (column.width - width)
    chart = draw_chart(scene, kind, (left, column.top, left + width, column.top + height))
    if chart is None:
        return False
    block = scene.sheet.add(chart)
    column.skip(height + 0.4 * line)
    if scene.author.chance(0.6):
        _caption(scene, column, scene.author.lexicon.figure, block)
    return True


def _foot(scene: Scene) -> None:
    author = scene.author
    scene.footer(author.title() if author.chance(0.3) else "", scene.number() if author.chance(0.7) else "")
