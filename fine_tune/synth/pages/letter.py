"""Letters: who writes to whom, when, about what, some paragraphs and a signature."""

from __future__ import annotations

import math

from docai.document import Figure
from fine_tune.synth.ink import Outline
from fine_tune.synth.pages.layout import Align
from fine_tune.synth.pages.scene import Column, Scene


def draw(scene: Scene) -> None:
    """Draw a letter on a sheet."""
    author, column = scene.author, scene.page_column()
    small = scene.letters(0.85)
    _head(scene, column)
    column.skip(scene.letters().line)
    buyer = Column(column.left, column.top, 0.5 * column.width, column.bottom)
    name = author.name()
    for text in (name, author.company(), author.street(), author.city()):
        scene.put(text, buyer, scene.letters())
    column.top = buyer.top + scene.letters().line
    _references(scene, column)
    column.skip(scene.letters().line)
    subject = author.title()
    if author.chance(0.4):
        subject = f"{author.label('subject')}: {subject}"
    scene.heading(subject, column, author.pick((1.0, 1.1, 1.3)), level=2)
    column.skip(0.6 * scene.letters().line)
    scene.put(author.any("salutations").format(name), column, scene.letters())
    column.skip(0.5 * scene.letters().line)
    column.bottom -= 7 * scene.letters().line  # for what closes it
    gap = author.pick((0.4, 0.6, 1.0)) * scene.letters().line
    for _ in range(scene.random.randint(2, 6)):
        if scene.put(author.paragraph(), column, scene.letters(), scene.look.align) is None:
            break
        column.skip(gap)
    column.bottom += 7 * scene.letters().line
    scene.put(author.any("closings"), column, scene.letters())
    if author.chance(0.7):
        signature(scene, column.left + scene.points(10), column.top, scene.points(author.pick((60, 90, 120))), 2.2 * small.line)
    column.skip(2.6 * small.line)
    scene.put(author.name(), column, scene.letters())
    if author.chance(0.3):
        column.skip(0.5 * small.line)
        scene.put(f"{author.label('enclosure')}: {author.phrase()}", column, small)
    scene.footer(author.company() if author.chance(0.5) else "", scene.number() if author.chance(0.4) else "")


def _head(scene: Scene, column: Column) -> None:
    """Print who writes: in the middle, at a side, or on a band of colour."""
    author = scene.author
    align: Align = author.template(("left", "right", "middle"))
    scene.put(author.company(), column, scene.letters(1.5, bold=True, colour=scene.look.accent, display=True), align, role="header")
    contact = f"{author.address()} {author.pick('·|•-')} {author.phone()}"
    scene.put(contact, column, scene.letters(0.85), align, role="header")
    if author.chance(0.6):
        column.skip(scene.points(3))
        scene.sheet.rule(
            column.left, column.top, column.right, column.top, scene.points(author.pick((0.5, 1, 2))), scene.look.accent
        )
        column.skip(scene.points(4))


def _references(scene: Scene, column: Column) -> None:
    """Print the fields of a letter: date, number and others, below each other or in a row."""
    author = scene.author
    values = {"reference": author.code(), "date": author.day(author.today), "phone": author.phone(), "email": author.email()}
    names = ["date", *scene.random.sample(["reference", "phone", "email"], scene.random.randint(0, 3))]
    align: Align = author.template(("left", "right", "middle"))
    for name in names:
        label = author.label(name) + author.pick((":", ":", ""))
        text = f"{label} {values[name]}"
        words = scene.print(text, column, scene.letters(), align)
        if words:
            scene.sheet.text(words)
            scene.sheet.field(name, label, words[len(label.split()) :])


def signature(scene: Scene, left: float, top: float, width: float, height: float) -> None:
    """Draw a curve such as pens leave under letters, as a figure."""
    random, turns = scene.random, scene.random.uniform(2.5, 6.0)
    phase, slope = random.uniform(0, 6.3), random.uniform(-0.2, 0.2)
    places = []
    for step in range(60):
        share = step / 59
        swing = math.sin(turns * 2 * math.pi * share + phase) * (1 - 0.7 * share) * random.uniform(0.7, 1.0)
        loop = 0.05 * math.cos(turns * 2 * math.pi * share)
        places.append(
            (left + width * min(1.0, max(0.0, share + loop)), top + height * (0.5 + 0.42 * swing + slope * (share - 0.5)))
        )
    colour = random.choice(((10, 20, 90), (20, 20, 20), (30, 60, 150)))
    scene.sheet.strokes.append(Outline(tuple(places), colour, max(1, round(scene.points(0.9)))))
    xs, ys = zip(*places, strict=True)
    scene.sheet.add(
        Figure(page_number=1, box=scene.sheet.box((min(xs) - 2, min(ys) - 2, max(xs) + 2, max(ys) + 2)), looks_like="drawing")
    )
