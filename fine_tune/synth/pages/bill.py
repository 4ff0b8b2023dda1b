"""Invoices and receipts: fields that say what they are, and items with sums that add up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from docai.document import Figure
from fine_tune.synth.content import Content, Entry
from fine_tune.synth.ink import Area, Dot, Patch
from fine_tune.synth.pages.fields import Form, put_field, values_of, words_in
from fine_tune.synth.pages.scene import Column, Scene, tint
from fine_tune.synth.pages.table import HELD_OUT_RULINGS, RULINGS, Ruling, print_table, set_table

_TAXES: Final = {"en": (5, 7.5, 20), "ko": (10,), "vi": (8, 10)}  # per cent
_INVOICE_FORMS: Final[tuple[Form, ...]] = ("row", "tab", "apart", "below")
_RECEIPT_FORMS: Final[tuple[Form, ...]] = ("row", "apart", "tab")


class _Bill:
    """Items with prices that add up."""

    def __init__(self, scene: Scene, count: int) -> None:
        author, random = scene.author, scene.random
        self.author = author
        whole = author.language != "en"
        names = [author.any("products") if author.chance(0.75) else author.phrase(1, 3) for _ in range(count)]
        self.rows = []
        for name in names:
            quantity, price = random.choice((1, 1, 1, 2, 3, random.randint(4, 40))), author.price()
            self.rows.append((name, quantity, price, round(quantity * price, 2)))
        self.subtotal = round(sum(row[3] for row in self.rows), 2)
        self.rate = random.choice(_TAXES[author.language])
        self.discount = self._rounded(self.subtotal * random.choice((0.05, 0.1)), whole=whole) if random.random() < 0.25 else 0.0
        self.tax = self._rounded((self.subtotal - self.discount) * self.rate / 100, whole=whole)
        self.total = round(self.subtotal - self.discount + self.tax, 2)

    @staticmethod
    def _rounded(value: float, *, whole: bool) -> float:
        return float(round(value)) if whole else round(value, 2)

    def sums(self) -> list[tuple[str, str]]:
        """Return the fields below the items, in order."""
        amount = self.author.amount
        rows = [("subtotal", amount(self.subtotal))]
        rows += [("discount", "-" + amount(self.discount))] if self.discount else []
        return [*rows, ("tax", amount(self.tax)), ("total", amount(self.total))]

    def plain(self, value: float) -> str:
        """Return an amount without the sign of its money."""
        return self.author.written(value, 2 if self.author.language == "en" else 0)

    def content(self, *, numbered: bool, prices: bool, sums: bool) -> Content:
        """Return the items as a table; with their sums as its last rows."""
        names = ["item", "quantity", *(["unit_price"] if prices else []), "amount"]
        columns = [*(["code"] if numbered else []), "label", *["number"] * (len(names) - 1)]
        heads = [*(["#"] if numbered else []), *map(self.author.label, names)]
        entries = [Entry(0, column, "head", text) for column, text in enumerate(heads)]
        for row, (name, quantity, price, amount) in enumerate(self.rows, 1):
            cells = [
                *([str(row)] if numbered else []),
                name,
                str(quantity),
                *([self.plain(price)] if prices else []),
                self.plain(amount),
            ]
            labels = 2 if numbered else 1
            entries += [Entry(row, column, "label" if column < labels else "value", text) for column, text in enumerate(cells)]
        count = len(self.rows) + 1
        self.sum_names = [name for name, _ in self.sums()] if sums else []
        for name, text in self.sums() if sums else ():
            entries.append(Entry(count, 0, "label", self.author.label(name), column_span=len(columns) - 1))
            entries.append(Entry(count, len(columns) - 1, "value", text))
            count += 1
        return Content(
            language=self.author.language,
            columns=tuple(columns),  # type: ignore[arg-type]
            row_count=count,
            head_rows=1,
            entries=tuple(entries),
            total=sums,
        )


def _print_items(scene: Scene, column: Column, bill: _Bill, ruling: Ruling, scale: float, *, sums: bool) -> bool:
    """Print the items; return whether they fit."""
    random = scene.random
    content = bill.content(numbered=random.random() < 0.3, prices=random.random() < 0.8, sums=sums)
    table = set_table(scene, content, column.width, ruling, scale, fill=random.random() < 0.85)
    if table is None or table.height > column.room:
        return False
    printed = print_table(scene, table, column.left, column.top)
    scene.sheet.add(printed)
    column.skip(table.height)
    if sums:
        first = content.row_count - len(bill.sum_names)
        for row, name in enumerate(bill.sum_names, first):
            scene.sheet.field(name, printed.grid()[row][0].text, words_in(printed, row, len(content.columns) - 1))
    return True


# ---- pages


def draw_invoice(scene: Scene) -> None:
    """Draw an invoice: who sells to whom, fields, items and sums."""
    author, random, column = scene.author, scene.random, scene.page_column()
    line = scene.letters().line
    values = values_of(scene)
    half = 0.48 * column.width
    if author.chance(0.4):
        _logo(scene, column)
    left = Column(column.left, column.top, half, column.bottom)
    right = Column(column.right - half, column.top, half, column.bottom)
    title = scene.letters(author.pick((1.6, 2.0, 2.4)), bold=True, colour=scene.look.accent, display=True)
    company = scene.letters(1.2, bold=True, display=True)
    first, second = (left, right) if author.template((True, True, False)) else (right, left)
    scene.put(author.company(), first, company)
    for text in (author.street(), author.city(), author.phone()):
        scene.put(text, first, scene.letters(0.9))
    scene.put(author.label("invoice"), second, title, author.pick(("left", "right")), role="title", level=1)
    second.skip(0.4 * line)
    form: Form = author.template(_INVOICE_FORMS)
    names = [
        "invoice_number",
        "invoice_date",
        *random.sample(["due_date", "order_number", "customer_number"], random.randint(1, 3)),
    ]
    for name in names:
        put_field(scene, second, name, values[name](), form)
    buyer = Column(column.left, max(left.top, right.top) + line, half, column.bottom)
    label = scene.put(author.label("buyer"), buyer, scene.letters(0.9, bold=True, colour=scene.look.accent))
    name_words = scene.print(author.company() if author.chance(0.6) else author.name(), buyer, scene.letters())
    if label is not None and name_words:
        scene.sheet.text(name_words)
        scene.sheet.field("buyer", " ".join(word.text for word in scene.sheet.contents[label].words), name_words)
    for text_line in (author.street(), author.city()):
        scene.put(text_line, buyer, scene.letters())
    column.top = buyer.top + line
    rulings = HELD_OUT_RULINGS if author.held_out else RULINGS
    bill, inside = _Bill(scene, random.randint(1, 14)), author.chance(0.35)
    column.bottom -= 8 * line
    while not _print_items(
        scene, column, bill, random.choice(tuple(rulings.values())), 1.0 if author.chance(0.7) else 0.9, sums=inside
    ):
        if len(bill.rows) == 1:
            break
        bill = _Bill(scene, len(bill.rows) // 2)
    column.bottom += 8 * line
    column.skip(0.5 * line)
    if not inside:
        _sums(scene, column, bill)
    column.skip(line)
    _payment(scene, column, values)
    scene.footer(author.website() if author.chance(0.4) else "", scene.number() if author.chance(0.2) else "")


def _sums(scene: Scene, column: Column, bill: _Bill) -> None:
    """Print subtotal, tax and total at the right."""
    share = scene.author.pick((0.4, 0.45, 0.55))
    own = Column(column.right - share * column.width, column.top, share * column.width, column.bottom)
    for name, text in bill.sums():
        strong = name == "total"
        if strong and scene.author.chance(0.5):
            scene.sheet.rule(own.left, own.top + 1, own.right, own.top + 1, scene.points(0.8))
            own.skip(4)
        put_field(scene, own, name, text, "apart", scene.letters(1.15 if strong else 1.0, bold=strong))
    column.top = own.top


def _payment(scene: Scene, column: Column, values: dict[str, Callable[[], str]]) -> None:
    author = scene.author
    if author.chance(0.6):
        scene.put(author.label("terms"), column, scene.letters(1.0, bold=True), role="heading", level=3)
        for name in scene.random.sample(["bank", "account", "email", "website"], scene.random.randint(1, 3)):
            put_field(scene, column, name, values[name](), "row", scene.letters(0.9))
    if author.chance(0.6):
        column.skip(0.4 * scene.letters().line)
        scene.put(author.paragraph(1, 2), column, scene.letters(0.85))


def _logo(scene: Scene, column: Column) -> None:
    """Draw a sign of the company, as a figure."""
    size, accent = scene.points(scene.random.uniform(24, 48)), scene.look.accent
    left, top = column.left, column.top
    middle, radius = (left + size / 2, top + size / 2), size / 2 - 1
    if scene.author.chance(0.5):
        scene.sheet.strokes.append(Dot(middle, radius, accent))
        scene.sheet.strokes.append(Dot((middle[0] + radius / 3, middle[1] - radius / 4), radius / 2.5, scene.sheet.paper))
    else:
        place = (round(left), round(top), round(left + size), round(top + size))
        scene.sheet.strokes.append(Area(place, accent))
        corners = ((left + 4, top + size - 4), (middle[0], top + 4), (left + size - 4, top + size - 4))
        scene.sheet.strokes.append(Patch(corners, tint(accent, 0.3)))
    scene.sheet.add(Figure(page_number=1, box=scene.sheet.box((left, top, left + size, top + size)), looks_like="drawing"))
    column.skip(size + scene.points(6))


def draw_receipt(scene: Scene) -> None:
    """Draw a receipt on a roll of paper: shop, items, sums, thanks."""
    author, random, column = scene.author, scene.random, scene.page_column()
    line, values = scene.letters().line, values_of(scene)
    scene.put(author.company(), column, scene.letters(1.4, bold=author.chance(0.7)), "middle", role="title", level=1)
    for text in (author.address(), author.phone()):
        scene.put(text, column, scene.letters(), "middle")
    _parting(scene, column)
    form: Form = author.template(_RECEIPT_FORMS)
    for name in ("date", *random.sample(["time", "receipt_number", "cashier", "table_number"], random.randint(1, 4))):
        put_field(scene, column, name, values[name](), form)
    _parting(scene, column)
    bill = _Bill(scene, random.randint(1, 12))
    ruling = author.template((Ruling(), Ruling(), Ruling(head=0.5), Ruling(ends=0.8, head=0.8)))
    while not _print_items(scene, column, bill, ruling, 1.0, sums=False):
        if len(bill.rows) == 1:
            break
        bill = _Bill(scene, len(bill.rows) // 2)
    _parting(scene, column)
    for name, text in bill.sums():
        put_field(scene, column, name, text, "apart", scene.letters(1.3 if name == "total" else 1.0, bold=name == "total"))
    if author.chance(0.6):
        paid = bill.total + random.choice((0, 1, 5, 10)) * (1 if author.language == "en" else 1000)
        put_field(scene, column, "cash", author.amount(paid), "apart")
        put_field(scene, column, "change", author.amount(paid - bill.total), "apart")
    _parting(scene, column)
    scene.put(author.label("page_thanks"), column, scene.letters(), "middle")
    if author.chance(0.4):
        column.skip(0.4 * line)
        _bars(scene, column)


def _parting(scene: Scene, column: Column) -> None:
    """Draw what parts the pieces of a receipt: dashes, a rule, or a gap."""
    line = scene.letters().line
    y = column.top + line / 2
    form = scene.author.template(("rule", "dashes", "gap", "dots"))
    step = scene.points({"dashes": 5.0, "dots": 2.5}.get(form, 0.0))
    if form == "rule":
        scene.sheet.rule(column.left, y, column.right, y, 1)
    elif step:
        x = column.left
        while x < column.right - step:
            scene.sheet.rule(x, y, x + max(1.0, 0.5 * step), y, 1)
            x += step
    column.skip(line)


def _bars(scene: Scene, column: Column) -> None:
    """Draw a bar code, as a figure, and its number."""
    height, unit = scene.points(28), max(1, round(0.7 * scene.sheet.unit))
    if column.room < height + scene.letters().line:
        return
    left = x = round(column.left + 0.15 * column.width)
    while x < column.right - 0.15 * column.width:
        width = unit * scene.random.randint(1, 3)
        scene.sheet.strokes.append(Area((x, round(column.top), x + width, round(column.top + height)), (0, 0, 0)))
        x += width + unit * scene.random.randint(1, 3)
    place = (left, round(column.top), x, round(column.top + height))
    scene.sheet.add(Figure(page_number=1, box=scene.sheet.box(place), looks_like="drawing"))
    column.skip(height)
    scene.put("".join(str(scene.random.randint(0, 9)) for _ in range(13)), column, scene.letters(), "middle")
