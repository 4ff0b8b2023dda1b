"""Fields of drawn pages: a label and a value, in one of the ways that they are set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal

from docai.document import Table, Word
from fine_tune.synth.pages.layout import Lettering
from fine_tune.synth.pages.scene import Column, Scene

Form = Literal["row", "tab", "apart", "below"]
_LOOSE: Final = 0.003  # of the page: how far a letter may reach over the side of its cell, two pixels or so


def put_field(scene: Scene, column: Column, name: str, value: str, form: Form, lettering: Lettering | None = None) -> bool:
    """Print a field down a column and note it; `form` is how: in a row, apart, with a tab, or below each other."""
    label = scene.author.label(name) + (":" if form in ("row", "tab") and scene.author.language != "ko" else "")
    lettering = lettering or scene.letters()
    before = column.top
    if form == "row":
        words = scene.print(f"{label} {value}", column, lettering)
        count = len(label.split())
        head, tail = words[:count], words[count:]
    else:
        width = column.width * {"tab": 0.42, "apart": 0.5, "below": 1.0}[form]
        left = Column(column.left, column.top, width, column.bottom)
        strong = replace(lettering, bold=form == "below" or lettering.bold)
        small = replace(strong, size=max(8.0, round(0.8 * lettering.size))) if form == "below" else strong
        head = scene.print(label, left, small)
        right = Column(column.left, left.top, column.width, column.bottom)
        if form != "below":
            right = Column(column.left + width, column.top, column.width - width, column.bottom)
        tail = scene.print(value, right, lettering, "right" if form == "apart" else "left") if head else []
        column.top = max(left.top, right.top) if tail else before
    if not head or not tail:
        if head:
            scene.sheet.text(head)
            column.top = before + lettering.line
        return False
    scene.sheet.text([*head, *tail])
    scene.sheet.field(name, label, tail)
    return True


def values_of(scene: Scene) -> dict[str, Callable[[], str]]:
    author, days = scene.author, scene.random.choice((7, 14, 30, 60))
    return {
        **dict.fromkeys(
            ("invoice_number", "order_number", "customer_number", "receipt_number", "reference", "identity_number"), author.code
        ),
        "invoice_date": lambda: author.day(author.today),
        "date": lambda: author.day(author.today),
        "due_date": lambda: author.later(days),
        "birth_date": lambda: author.later(-scene.random.randint(7000, 25000)),
        **dict.fromkeys(("name", "cashier", "attention"), author.name),
        **dict.fromkeys(("bank", "employer"), author.company),
        "account": lambda: "-".join(str(scene.random.randint(100, 999999)) for _ in range(3)),
        "email": author.email,
        "phone": author.phone,
        "website": author.website,
        "time": author.time,
        "table_number": lambda: str(scene.random.randint(1, 40)),
        "address": author.address,
        "city": author.city,
        "nationality": lambda: author.any("places"),
        "occupation": lambda: author.phrase(1, 2),
    }


def words_in(table: Table, row: int, column: int) -> list[Word]:
    """Return the words that are printed in a cell."""
    cell = table.grid()[row][column]
    return [word for word in table.words if cell.box.contains(word.box, _LOOSE)]
